//! Orders and what happened to them.

use super::known::{Known, Person, Step};
use super::model::{Command, Fact, MOST_DEPTH, Source, SourceKind, Stage, State};
use crate::args;
use crate::clock;
use crate::db::{Conn, Row};
use crate::features::Fact as AnyFact;
use crate::features::authority::{self, Rights, Verb};
use crate::features::{contingencies, duties, hazards, identity, instructions, organisations, places, plan, problems, round};
use crate::journal::domain::{Context, Entry};
use anyhow::{Context as _, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::HashMap;

/// An order as the tables hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Where it comes from.
    pub source: Source,
    /// What it is about, in a line.
    pub title: String,
    /// What is to be done.
    pub content: String,
    /// The order it is a part of.
    pub parent: Option<String>,
    /// The fact that last changed it.
    pub number: u64,
    /// What rules know of it: place, units, stage, and its facts.
    pub known: Known,
}

macro_rules! columns {
    () => {
        "id, place, source_kind, reference, title, content, lead, supporting, parent, choice, stage, round, number"
    };
}

fn read(row: &Row) -> Result<Order> {
    let known = Known {
        id: row.text(0)?,
        place: row.text(1)?,
        lead: row.text(6)?,
        supporting: row.json(7)?,
        choice: row.json(9)?,
        stage: Stage::from_name(&row.text(10)?).context("a stored stage is known")?,
        round: u32::try_from(row.count(11)?)?,
        steps: Vec::new(),
    };
    Ok(Order {
        source: Source {
            kind: SourceKind::from_name(&row.text(2)?).context("a stored source is known")?,
            reference: row.text(3)?,
        },
        title: row.text(4)?,
        content: row.text(5)?,
        parent: row.opt_text(8)?,
        number: row.count(12)?,
        known,
    })
}

fn read_step(row: &Row) -> Result<(String, Step)> {
    let at: Timestamp = row.text(3)?.parse()?;
    let step = Step {
        number: row.count(1)?,
        round: u32::try_from(row.count(2)?)?,
        at: clock::civil(at),
        by: row.text(4)?,
        fact: row.json(5)?,
    };
    Ok((row.text(0)?, step))
}

/// Gives orders their facts.
fn with_steps(rows: &[Row], steps: &[Row]) -> Result<Vec<Order>> {
    let mut orders = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    let index: HashMap<String, usize> = orders.iter().enumerate().map(|(at, order)| (order.known.id.clone(), at)).collect();
    for row in steps {
        let (order, step) = read_step(row)?;
        if let Some(at) = index.get(&order) {
            orders[*at].known.steps.push(step);
        }
    }
    Ok(orders)
}

/// One order.
pub async fn order(conn: &mut Conn, id: &str) -> Result<Option<Order>> {
    let rows = conn.rows(concat!("SELECT ", columns!(), " FROM order_ WHERE id = ?"), args![id]).await?;
    let sql = "SELECT order_id, number, round, recorded_at, by_account, fact FROM order_step WHERE order_id = ? ORDER BY number";
    let steps = conn.rows(sql, args![id]).await?;
    Ok(with_steps(&rows, &steps)?.pop())
}

/// Which orders are read with all their facts: those that have ended are many, and few pages need them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those whose lead unit is bound.
    Open,
    /// Those that have not ended, drafts among them.
    Active,
    /// Every one.
    All,
}

/// Orders with their facts, the newest change first.
pub async fn orders(conn: &mut Conn, which: Which) -> Result<Vec<Order>> {
    macro_rules! reading {
        ($condition:literal) => {
            [
                concat!("SELECT ", columns!(), " FROM order_ WHERE ", $condition, " ORDER BY number DESC"),
                concat!(
                    "SELECT s.order_id, s.number, s.round, s.recorded_at, s.by_account, s.fact FROM order_step s JOIN order_ o ON o.id = s.order_id WHERE ",
                    $condition,
                    " ORDER BY s.number"
                ),
            ]
        };
    }
    let [orders, steps] = match which {
        Which::Open => reading!("stage IN ('issued', 'signed', 'paused', 'reported')"),
        Which::Active => reading!("stage NOT IN ('closed', 'withdrawn')"),
        Which::All => reading!("1 = 1"),
    };
    let (rows, steps) = (conn.rows(orders, &[]).await?, conn.rows(steps, &[]).await?);
    with_steps(&rows, &steps)
}

/// Orders that a fact after a number has changed, whatever became of them, the newest change first.
pub async fn changed(conn: &mut Conn, after: u64) -> Result<Vec<Order>> {
    let rows = conn.rows(concat!("SELECT ", columns!(), " FROM order_ WHERE number > ? ORDER BY number DESC"), args![after]).await?;
    let sql = "SELECT s.order_id, s.number, s.round, s.recorded_at, s.by_account, s.fact FROM order_step s JOIN order_ o ON o.id = s.order_id
               WHERE o.number > ? ORDER BY s.number";
    let steps = conn.rows(sql, args![after]).await?;
    with_steps(&rows, &steps)
}

/// Parts of an order, oldest first.
pub async fn parts(conn: &mut Conn, parent: &str) -> Result<Vec<Order>> {
    let ids = conn.rows("SELECT id FROM order_ WHERE parent = ? ORDER BY number", args![parent]).await?;
    let mut parts = Vec::new();
    for row in ids {
        parts.extend(order(conn, &row.text(0)?).await?);
    }
    Ok(parts)
}

/// An order by its title, without its facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Titled {
    /// Identifier.
    pub id: String,
    /// The place.
    pub place: String,
    /// What it is about.
    pub title: String,
    /// Where it stands.
    pub stage: Stage,
    /// The organisation that answers for it.
    pub lead: String,
    /// Where it comes from.
    pub source: Source,
}

/// Every order by its title, the newest first.
pub async fn titles(conn: &mut Conn) -> Result<Vec<Titled>> {
    let sql = "SELECT id, place, title, stage, source_kind, reference, lead FROM order_ ORDER BY number DESC";
    conn.rows(sql, &[]).await?.iter().map(read_titled).collect()
}

fn read_titled(row: &Row) -> Result<Titled> {
    let kind = SourceKind::from_name(&row.text(4)?).context("a stored source is known")?;
    Ok(Titled {
        id: row.text(0)?,
        place: row.text(1)?,
        title: row.text(2)?,
        stage: Stage::from_name(&row.text(3)?).context("a stored stage is known")?,
        source: Source { kind, reference: row.text(5)? },
        lead: row.text(6)?,
    })
}

/// Orders that come from something, oldest first.
pub async fn of_source(conn: &mut Conn, source: &Source) -> Result<Vec<Titled>> {
    let sql = "SELECT id, place, title, stage, source_kind, reference, lead FROM order_ WHERE source_kind = ? AND reference = ? ORDER BY number";
    conn.rows(sql, args![source.kind.name(), &source.reference]).await?.iter().map(read_titled).collect()
}

/// The place of an order.
pub async fn place_of(conn: &mut Conn, id: &str) -> Result<Option<String>> {
    conn.row("SELECT place FROM order_ WHERE id = ?", args![id]).await?.map(|row| row.text(0)).transpose()
}

/// How many orders wait for a person: to be signed for or reported by the person's unit; or to be approved, issued, judged or
/// answered by whoever may. Every page asks, so it reads no clock: an own draft or report is counted, and its page says why
/// it waits for somebody else.
pub async fn waiting_for(conn: &mut Conn, account: &str, rights: &Rights) -> Result<usize> {
    let sql = "SELECT p.path FROM order_ o JOIN account a ON a.organisation = o.lead JOIN place p ON p.id = o.place
               WHERE a.id = ? AND o.stage IN ('issued', 'signed')";
    let own = conn.rows(sql, args![account]).await?.iter().map(|row| row.text(0)).collect::<Result<Vec<_>>>()?;
    let own = own.iter().filter(|path| rights.may(Verb::Read, path)).count();
    if !rights.may_somewhere(Verb::Govern) {
        return Ok(own);
    }
    let sql = "SELECT p.path, o.stage FROM order_ o JOIN place p ON p.id = o.place JOIN account a ON a.id = ?
               WHERE (o.stage IN ('drafted', 'approved', 'reported') OR o.is_asked = 1) AND (a.organisation IS NULL OR a.organisation <> o.lead)";
    let mut others = 0;
    for row in conn.rows(sql, args![account]).await? {
        let verb = if row.text(1)? == Stage::Drafted.name() { Verb::Approve } else { Verb::Govern };
        others += usize::from(rights.may(verb, &row.text(0)?));
    }
    Ok(own + others)
}

/// Whether anybody of a unit may see a path on a day: where nobody may, somebody else enters what the unit does on paper.
pub async fn is_somebody_there(conn: &mut Conn, unit: &str, path: &str, on: Date) -> Result<bool> {
    for account in identity::accounts(conn).await?.into_iter().filter(|account| account.organisation.as_deref() == Some(unit)) {
        if authority::rights(conn, &account.id, on).await?.may(Verb::Read, path) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A person as far as orders at a path go.
pub async fn person(conn: &mut Conn, account: &str, rights: &Rights, path: &str) -> Result<Person> {
    Ok(Person {
        account: account.to_owned(),
        organisation: identity::store::account(conn, account).await?.and_then(|found| found.organisation),
        may_govern: rights.may(Verb::Govern, path),
        may_approve: rights.may(Verb::Approve, path),
    })
}

/// The newest fact by which somebody trusts the machine's clock.
pub async fn newest_trust(conn: &mut Conn) -> Result<u64> {
    let row = conn.row("SELECT number FROM clock_trust ORDER BY number DESC LIMIT 1", &[]).await?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// What an order above allows its parts: whether it is open and not too deep, and its deadline while its clock runs.
async fn above(conn: &mut Conn, parent: Option<&str>, place: &str) -> Result<(bool, Option<Date>)> {
    let Some(id) = parent else { return Ok((true, None)) };
    let Some(found) = order(conn, id).await? else { return Ok((false, None)) };
    let (mut depth, mut next) = (1, found.parent.clone());
    while let Some(id) = next {
        depth += 1;
        let row = conn.row("SELECT parent FROM order_ WHERE id = ?", args![&id]).await?;
        next = row.map(|row| row.opt_text(0)).transpose()?.flatten();
    }
    let (own, whole) = (places::path(conn, place).await?, places::path(conn, &found.known.place).await?);
    let is_within = own.zip(whole).is_some_and(|(own, whole)| own.starts_with(&whole));
    let due = found.known.budget(found.known.round).and_then(|budget| budget.due()).map(|due| due.on());
    Ok((is_within && depth <= MOST_DEPTH && found.known.stage.is_open(), due))
}

/// The place of what an order comes from; `None` when it is not there. A paper has no place.
pub async fn source_place(conn: &mut Conn, source: &Source) -> Result<Option<String>> {
    Ok(match source.kind {
        SourceKind::Problem => problems::store::problem(conn, &source.reference).await?.map(|one| one.place),
        SourceKind::Decision => round::store::decision(conn, &source.reference).await?.map(|one| one.place),
        SourceKind::Mandate => plan::store::mandate(conn, &source.reference).await?.map(|one| one.project),
        SourceKind::Promise | SourceKind::Risk => Some(source.reference.clone()),
        SourceKind::Duty => duties::store::duty(conn, &source.reference).await?.map(|one| one.place),
        SourceKind::Hazard => hazards::store::hazard(conn, &source.reference).await?.map(|one| one.known.place),
        SourceKind::Item => instructions::store::place_to_order(conn, &source.reference).await?,
        SourceKind::Contingency => contingencies::store::place_to_order(conn, &source.reference).await?,
        _ => None,
    })
}

async fn is_source_known(conn: &mut Conn, source: &Source, place: &str) -> Result<bool> {
    if !source.kind.is_object() {
        return Ok(true);
    }
    let (Some(at), Some(own)) = (source_place(conn, source).await?, places::path(conn, place).await?) else { return Ok(false) };
    // About the same place, a part of it or the whole.
    Ok(places::path(conn, &at).await?.is_some_and(|path| path.starts_with(&own) || own.starts_with(&path)))
}

pub(super) async fn load(conn: &mut Conn, command: &Command, context: &Context) -> Result<State> {
    let mut state = State { now: clock::civil(context.now), is_parent_fit: true, ..State::default() };
    if let Command::Draft { order: id, place, source, lead, supporting, parent, .. } = command {
        state.is_id_taken = place_of(conn, id).await?.is_some();
        state.is_lead_known = organisations::get(conn, lead).await?.is_some();
        state.is_supporting_known = true;
        for one in supporting {
            state.is_supporting_known &= organisations::get(conn, one).await?.is_some();
        }
        state.is_source_known = is_source_known(conn, source, place).await?;
        (state.is_parent_fit, state.parent_due) = above(conn, parent.as_deref(), place).await?;
        return Ok(state);
    }
    if let Command::Rectify { order: id, lead, .. } = command {
        state.is_id_taken = place_of(conn, id).await?.is_some();
        state.is_lead_known = organisations::get(conn, lead).await?.is_some();
        return Ok(state);
    }
    let Some(id) = command.order() else { return Ok(state) };
    let Some(found) = order(conn, id).await? else { return Ok(state) };
    (state.is_parent_fit, state.parent_due) = above(conn, found.parent.as_deref(), &found.known.place).await?;
    let sql = "SELECT COUNT(*) FROM order_ WHERE parent = ? AND stage NOT IN ('closed', 'withdrawn')";
    state.open_parts = conn.row(sql, args![id]).await?.map_or(Ok(0), |row| row.count(0))? as usize;
    state.order = Some(found.known);
    Ok(state)
}

/// What one fact does to the tables.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let (id, number) = (&entry.subject, entry.number);
    match fact {
        Fact::ClockTrusted { reason } => {
            let sql = "INSERT INTO clock_trust (number, trusted_on, by_account, reason) VALUES (?, ?, ?, ?)";
            conn.execute(sql, args![number, entry.occurred_on, &entry.actor, reason]).await?;
            return Ok(());
        }
        Fact::Drafted { source, title, content, lead, supporting, choice, parent, .. } => {
            let sql = "INSERT INTO order_ (id, place, source_kind, reference, title, content, lead, supporting, parent, choice, stage, is_asked, round, number) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'drafted', 0, 1, ?)";
            let (supporting, choice) = (serde_json::to_string(supporting)?, serde_json::to_string(choice)?);
            let args = args![id, &entry.place, source.kind.name(), &source.reference, title, content, lead, supporting, parent.as_ref(), choice, number];
            conn.execute(sql, args).await?;
        }
        Fact::Reopened { choice, .. } => {
            let sql = "UPDATE order_ SET round = round + 1, choice = ?, number = ? WHERE id = ?";
            conn.execute(sql, args![serde_json::to_string(choice)?, number, id]).await?;
        }
        _ => {
            conn.execute("UPDATE order_ SET number = ? WHERE id = ?", args![number, id]).await?;
        }
    }
    if let Some(stage) = fact.leads_to() {
        conn.execute("UPDATE order_ SET stage = ?, is_asked = 0 WHERE id = ?", args![stage.name(), id]).await?;
    }
    if let Fact::ExtensionAsked { .. } | Fact::Extended { .. } | Fact::ExtensionRefused { .. } = fact {
        let is_asked = matches!(fact, Fact::ExtensionAsked { .. });
        conn.execute("UPDATE order_ SET is_asked = ? WHERE id = ?", args![is_asked, id]).await?;
    }
    let sql = "INSERT INTO order_step (number, order_id, round, recorded_at, by_account, fact)
               SELECT ?, id, round, ?, ?, ? FROM order_ WHERE id = ?";
    let stepped = conn.execute(sql, args![number, &entry.recorded_at, &entry.actor, serde_json::to_string(fact)?, id]).await?;
    anyhow::ensure!(stepped == 1, "order {id} is not there");
    Ok(())
}
