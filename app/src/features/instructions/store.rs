//! Instructions, their items, who was told, and what is heard of the orders that come from them.

use super::model::{Command, Fact, Kind, Known, KnownItem, Number, Ordered, Seat, Stage, State, item_of};
use crate::args;
use crate::clock;
use crate::db::{Conn, Row};
use crate::features::orders::model::{Fact as OrderFact, SourceKind, Stage as OrderStage};
use crate::features::reports::model::Photo;
use crate::features::{Fact as AnyFact, identity, organisations, places};
use crate::journal::course;
use crate::journal::domain::Entry;
use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use std::collections::HashMap;

/// A unit that was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Which.
    pub unit: String,
    /// When, civil time in China.
    pub at: DateTime,
    /// By when it was to acknowledge that.
    pub due: Option<Date>,
    /// When it did, who said so, and the paper where somebody else did.
    pub acknowledged: Option<(DateTime, String, String)>,
}

impl Told {
    /// Whether its day has passed without an answer.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.acknowledged.is_none() && self.due.is_some_and(|due| due < today)
    }
}

/// How an item was reported back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// What came of it.
    pub outcome: String,
    /// What shows it.
    pub evidence: String,
    /// The paper.
    pub paper: String,
}

/// An order that comes from an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub id: String,
    /// Its place.
    pub place: String,
    /// What it is about.
    pub title: String,
    /// Where it stands.
    pub stage: OrderStage,
}

/// An item as the tables hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// As the rule sees it.
    pub known: KnownItem,
    /// What is to be done.
    pub content: String,
    /// The post that owns it; empty where the unit does.
    pub post: String,
    /// How it was reported back.
    pub reported: Option<Reported>,
    /// Its orders, oldest first.
    pub orders: Vec<Order>,
}

/// An instruction as the tables hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Its id.
    pub id: String,
    /// The place it is about.
    pub place: String,
    /// What it came as.
    pub kind: Kind,
    /// The post or body that gave it.
    pub source: String,
    /// Number of its paper; empty for none.
    pub reference: String,
    /// Its day.
    pub on: Date,
    /// What it is about.
    pub subject: String,
    /// Its text.
    pub content: String,
    /// Its pages.
    pub photos: Vec<Photo>,
    /// Posts that were due at a meeting; empty before that is known.
    pub roster: Vec<Seat>,
    /// When it was taken back.
    pub withdrawn_on: Option<Date>,
    /// Units that were told, by when they were.
    pub told: Vec<Told>,
    /// Its items, by number.
    pub items: Vec<Item>,
    /// The fact that last changed it.
    pub number: u64,
}

impl Instruction {
    /// Where it stands.
    pub fn stage(&self) -> Stage {
        Stage::of(self.withdrawn_on.is_some(), self.items.iter().map(|item| &item.known))
    }

    /// Whether a unit was told, or was due at the meeting.
    pub fn addresses(&self, unit: &str) -> bool {
        self.told.iter().any(|told| told.unit == unit) || self.roster.iter().any(|seat| seat.unit == unit)
    }

    /// By what it is called: its number and what it is about.
    pub fn name(&self) -> String {
        if self.reference.is_empty() { self.subject.clone() } else { format!("{} {}", self.reference, self.subject) }
    }

    /// An item.
    pub fn item(&self, number: Number) -> Option<&Item> {
        self.items.iter().find(|item| item.known.number == number)
    }
}

macro_rules! columns {
    () => {
        "id, place, kind, source, reference, given_on, subject, content, photos, roster, withdrawn_on, number"
    };
}

fn read(row: &Row) -> Result<Instruction> {
    Ok(Instruction {
        id: row.text(0)?,
        place: row.text(1)?,
        kind: Kind::from_name(&row.text(2)?).context("a stored kind is known")?,
        source: row.text(3)?,
        reference: row.text(4)?,
        on: row.date(5)?,
        subject: row.text(6)?,
        content: row.text(7)?,
        photos: row.json(8)?,
        roster: row.json(9)?,
        withdrawn_on: row.opt_date(10)?,
        told: Vec::new(),
        items: Vec::new(),
        number: row.count(11)?,
    })
}

fn civil(text: &str) -> Result<DateTime> {
    Ok(clock::civil(text.parse::<Timestamp>()?))
}

/// A row of the units that were told, with the instruction.
fn read_told(row: &Row) -> Result<(String, Told)> {
    let acknowledged = match (row.opt_text(4)?, row.opt_text(5)?) {
        (Some(at), Some(by)) => Some((civil(&at)?, by, row.opt_text(6)?.unwrap_or_default())),
        _ => None,
    };
    let told = Told { unit: row.text(1)?, at: civil(&row.text(2)?)?, due: row.opt_date(3)?, acknowledged };
    Ok((row.text(0)?, told))
}

fn number_of(row: &Row, index: usize) -> Result<Number> {
    Ok(Number::try_from(row.count(index)?)?)
}

fn read_item(row: &Row) -> Result<(String, Item)> {
    let known = KnownItem {
        number: number_of(row, 1)?,
        place: row.text(2)?,
        unit: row.text(4)?,
        due: row.date(6)?,
        dropped_on: row.opt_date(7)?,
        reported_on: row.opt_date(8)?,
        ordered: Ordered::No,
    };
    let reported = match (row.opt_text(9)?, row.opt_text(10)?, row.opt_text(11)?) {
        (Some(outcome), Some(evidence), Some(paper)) => Some(Reported { outcome, evidence, paper }),
        _ => None,
    };
    Ok((row.text(0)?, Item { known, content: row.text(3)?, post: row.text(5)?, reported, orders: Vec::new() }))
}

/// How the orders of an item stand together.
fn ordered(orders: &[Order]) -> Ordered {
    let mut stages = orders.iter().map(|order| order.stage).filter(|stage| *stage != OrderStage::Withdrawn).peekable();
    match stages.peek().copied() {
        None => Ordered::No,
        Some(_) if stages.all(|stage| stage == OrderStage::Closed) => Ordered::Closed,
        Some(_) => Ordered::Open,
    }
}

/// Rows of the parts of some instructions: who was told, items, orders.
struct Parts {
    told: Vec<Row>,
    items: Vec<Row>,
    orders: Vec<Row>,
}

/// Gives instructions their parts.
fn with_parts(rows: &[Row], parts: &Parts) -> Result<Vec<Instruction>> {
    let mut all = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    let index: HashMap<String, usize> = all.iter().enumerate().map(|(at, one)| (one.id.clone(), at)).collect();
    for row in &parts.told {
        let (instruction, told) = read_told(row)?;
        if let Some(at) = index.get(&instruction) {
            all[*at].told.push(told);
        }
    }
    for row in &parts.items {
        let (instruction, item) = read_item(row)?;
        if let Some(at) = index.get(&instruction) {
            all[*at].items.push(item);
        }
    }
    for row in &parts.orders {
        let (instruction, number) = (row.text(1)?, number_of(row, 2)?);
        let stage = OrderStage::from_name(&row.text(5)?).context("a stored stage is known")?;
        let order = Order { id: row.text(0)?, place: row.text(3)?, title: row.text(4)?, stage };
        let items = index.get(&instruction).map(|at| &mut all[*at].items);
        if let Some(item) = items.and_then(|items| items.iter_mut().find(|item| item.known.number == number)) {
            item.orders.push(order);
            item.known.ordered = ordered(&item.orders);
        }
    }
    Ok(all)
}

macro_rules! parts {
    ($conn:expr, $condition:literal, $args:expr) => {
        Parts {
            told: $conn
                .rows(
                    concat!(
                        "SELECT instruction, unit, told_at, due_on, acknowledged_at, acknowledged_by, paper FROM instruction_unit ",
                        $condition,
                        " ORDER BY told_at, unit"
                    ),
                    $args,
                )
                .await?,
            items: $conn
                .rows(
                    concat!(
                        "SELECT instruction, item, place, content, unit, post, due_on, dropped_on, reported_on, outcome, evidence, paper FROM instruction_item ",
                        $condition,
                        " ORDER BY instruction, item"
                    ),
                    $args,
                )
                .await?,
            orders: $conn
                .rows(
                    concat!(
                        "SELECT order_id, instruction, item, place, title, stage FROM instruction_order ",
                        $condition,
                        " ORDER BY order_id"
                    ),
                    $args,
                )
                .await?,
        }
    };
}

/// One instruction.
pub async fn instruction(conn: &mut Conn, id: &str) -> Result<Option<Instruction>> {
    let rows = conn.rows(concat!("SELECT ", columns!(), " FROM instruction WHERE id = ?"), args![id]).await?;
    let parts = parts!(conn, "WHERE instruction = ?", args![id]);
    Ok(with_parts(&rows, &parts)?.pop())
}

/// Every instruction, the newest first.
pub async fn instructions(conn: &mut Conn) -> Result<Vec<Instruction>> {
    let sql = concat!("SELECT ", columns!(), " FROM instruction ORDER BY given_on DESC, number DESC");
    let rows = conn.rows(sql, &[]).await?;
    let parts = parts!(conn, "", &[]);
    with_parts(&rows, &parts)
}

/// The instruction and item of an id among the sources of orders.
pub async fn item(conn: &mut Conn, id: &str) -> Result<Option<(Instruction, Item)>> {
    let Some((of, number)) = item_of(id) else { return Ok(None) };
    let found = instruction(conn, of).await?;
    Ok(found.and_then(|found| found.item(number).cloned().map(|item| (found, item))))
}

/// The place of an item of which an order may be made: it is neither reported nor taken back.
pub async fn place_to_order(conn: &mut Conn, id: &str) -> Result<Option<String>> {
    let Some((of, number)) = item_of(id) else { return Ok(None) };
    let sql = "SELECT i.place FROM instruction_item i JOIN instruction w ON w.id = i.instruction
               WHERE i.instruction = ? AND i.item = ? AND i.dropped_on IS NULL AND i.reported_on IS NULL AND w.withdrawn_on IS NULL";
    conn.row(sql, args![of, u64::from(number)]).await?.map(|row| row.text(0)).transpose()
}

/// The place of an instruction.
pub async fn place_of(conn: &mut Conn, id: &str) -> Result<Option<String>> {
    conn.row("SELECT place FROM instruction WHERE id = ?", args![id]).await?.map(|row| row.text(0)).transpose()
}

/// An instruction that a unit was told and has not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unacknowledged {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub subject: String,
    /// By when it is to be.
    pub due: Option<Date>,
}

/// What a unit has not acknowledged, what is due first comes first.
pub async fn unacknowledged(conn: &mut Conn, unit: &str) -> Result<Vec<Unacknowledged>> {
    let sql = "SELECT w.id, w.subject, u.due_on FROM instruction_unit u JOIN instruction w ON w.id = u.instruction
               WHERE u.unit = ? AND u.acknowledged_at IS NULL AND w.withdrawn_on IS NULL ORDER BY COALESCE(u.due_on, '9999'), w.number";
    let read = |row: &Row| Ok(Unacknowledged { id: row.text(0)?, subject: row.text(1)?, due: row.opt_date(2)? });
    conn.rows(sql, args![unit]).await?.iter().map(read).collect()
}

/// A fact of an instruction.
pub type Step = course::Step<Fact>;

/// Facts of an instruction, oldest first.
pub async fn steps(conn: &mut Conn, id: &str) -> Result<Vec<Step>> {
    let sql = "SELECT number, recorded_at, by_account, fact FROM instruction_step WHERE instruction = ? ORDER BY number";
    conn.rows(sql, args![id]).await?.iter().map(Step::read).collect()
}

fn known(found: Instruction) -> Known {
    Known {
        units: found.told.into_iter().map(|told| (told.unit, told.acknowledged.is_some())).collect(),
        items: found.items.into_iter().map(|item| item.known).collect(),
        id: found.id,
        place: found.place,
        kind: found.kind,
        withdrawn_on: found.withdrawn_on,
    }
}

pub(super) async fn load(conn: &mut Conn, command: &Command) -> Result<State> {
    let mut state = State { may_govern: true, ..State::default() };
    if let Command::Record { instruction, .. } = command {
        state.is_id_taken = place_of(conn, instruction).await?.is_some();
    } else {
        state.instruction = instruction(conn, command.instruction()).await?.map(known);
    }
    let mut named: Vec<&str> = match command {
        Command::TakeRoster { roster, .. } => roster.iter().map(|seat| seat.unit.as_str()).collect(),
        Command::Convey { units, .. } => units.iter().map(String::as_str).collect(),
        Command::Assign { unit, .. } => vec![unit],
        _ => Vec::new(),
    };
    named.sort_unstable();
    named.dedup();
    for unit in named {
        if organisations::get(conn, unit).await?.is_none() {
            state.unknown_units.push(unit.to_owned());
        }
    }
    if matches!(command, Command::Record { .. } | Command::TakeRoster { .. } | Command::Assign { .. }) {
        state.names = identity::names(conn).await?.into_values().collect();
    }
    if let (Command::Assign { place, .. }, Some(known)) = (command, &state.instruction) {
        let (own, whole) = (places::path(conn, place).await?, places::path(conn, &known.place).await?);
        state.is_place_fit = own.zip(whole).is_some_and(|(own, whole)| own.starts_with(&whole));
    }
    Ok(state)
}

/// What one fact does to the tables.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let (id, by, on, number) = (&entry.subject, &entry.actor, entry.occurred_on, entry.number);
    match fact {
        Fact::Recorded { kind, source, reference, on, subject, content, photos } => {
            let sql = "INSERT INTO instruction (id, place, kind, source, reference, given_on, subject, content, photos, roster, number)
                       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '[]', ?)";
            let photos = serde_json::to_string(photos)?;
            let args = args![id, &entry.place, kind.name(), source, reference, *on, subject, content, photos, number];
            conn.execute(sql, args).await?;
        }
        Fact::RosterTaken { roster } => {
            let sql = "UPDATE instruction SET roster = ? WHERE id = ?";
            conn.execute(sql, args![serde_json::to_string(roster)?, id]).await?;
        }
        Fact::Conveyed { units, due } => {
            for unit in units {
                let sql = "INSERT INTO instruction_unit (instruction, unit, told_at, due_on) VALUES (?, ?, ?, ?)";
                conn.execute(sql, args![id, unit, &entry.recorded_at, *due]).await?;
            }
        }
        Fact::Acknowledged { unit, paper } => {
            let sql = "UPDATE instruction_unit SET acknowledged_at = ?, acknowledged_by = ?, paper = ? WHERE instruction = ? AND unit = ?";
            conn.execute(sql, args![&entry.recorded_at, by, paper, id, unit]).await?;
        }
        Fact::Assigned { item, place, content, unit, post, due } => {
            let sql = "INSERT INTO instruction_item (instruction, item, place, content, unit, post, due_on) VALUES (?, ?, ?, ?, ?, ?, ?)";
            conn.execute(sql, args![id, u64::from(*item), place, content, unit, post, *due]).await?;
        }
        Fact::Dropped { item, .. } => {
            let sql = "UPDATE instruction_item SET dropped_on = ? WHERE instruction = ? AND item = ?";
            conn.execute(sql, args![on, id, u64::from(*item)]).await?;
        }
        Fact::Reported { item, content, evidence, paper } => {
            let sql = "UPDATE instruction_item SET reported_on = ?, outcome = ?, evidence = ?, paper = ? WHERE instruction = ? AND item = ?";
            conn.execute(sql, args![on, content, evidence, paper, id, u64::from(*item)]).await?;
        }
        Fact::Withdrawn { .. } => {
            conn.execute("UPDATE instruction SET withdrawn_on = ? WHERE id = ?", args![on, id]).await?;
        }
    }
    conn.execute("UPDATE instruction SET number = ? WHERE id = ?", args![number, id]).await?;
    let sql = "INSERT INTO instruction_step (number, instruction, recorded_at, by_account, fact) VALUES (?, ?, ?, ?, ?)";
    conn.execute(sql, args![number, id, &entry.recorded_at, by, serde_json::to_string(fact)?]).await.map(drop)
}

/// What orders mean for items: which come from them, and where those stand. One that is opened again was not what was reported.
pub async fn hear(conn: &mut Conn, entry: &Entry<AnyFact>) -> Result<()> {
    let AnyFact::Orders(fact) = &entry.fact else { return Ok(()) };
    let order = &entry.subject;
    if let OrderFact::Drafted { source, title, .. } = fact {
        let item = Some(&source.reference).filter(|_| source.kind == SourceKind::Item);
        if let Some((instruction, item)) = item.and_then(|reference| item_of(reference)) {
            let sql = "INSERT INTO instruction_order (order_id, instruction, item, place, title, stage) VALUES (?, ?, ?, ?, ?, ?)";
            let stage = OrderStage::Drafted.name();
            conn.execute(sql, args![order, instruction, u64::from(item), &entry.place, title, stage]).await?;
        }
        return Ok(());
    }
    if let Some(stage) = fact.leads_to() {
        conn.execute("UPDATE instruction_order SET stage = ? WHERE order_id = ?", args![stage.name(), order]).await?;
    }
    if let OrderFact::Reopened { .. } = fact {
        let sql = "UPDATE instruction_item SET reported_on = NULL, outcome = NULL, evidence = NULL, paper = NULL
                   WHERE EXISTS (SELECT 1 FROM instruction_order o WHERE o.order_id = ? AND o.instruction = instruction_item.instruction AND o.item = instruction_item.item)";
        conn.execute(sql, args![order]).await?;
    }
    Ok(())
}
