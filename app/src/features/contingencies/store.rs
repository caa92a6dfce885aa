//! Contingency plans, their drills and what set them off.

use super::model::{Command, Fact, Happening, Known, Number, State, Terms, Trigger, firing_of};
use crate::args;
use crate::db::{Conn, Row};
use crate::features::{Fact as AnyFact, identity, organisations, places};
use crate::journal::course;
use crate::journal::domain::{Context, Entry};
use anyhow::Result;
use guatu_kernel::guarantee::PeriodKind;
use jiff::civil::Date;
use std::collections::HashMap;

/// One time that a plan was set off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firing {
    /// Its number.
    pub number: Number,
    /// What happened.
    pub happening: Happening,
    /// When.
    pub on: Date,
    /// When it was stood down, and what came of it.
    pub stood_down: Option<(Date, String)>,
}

/// A plan as the tables hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contingency {
    /// Its id.
    pub id: String,
    /// The place.
    pub place: String,
    /// What it says.
    pub terms: Terms,
    /// When it was ended.
    pub ended_on: Option<Date>,
    /// The newest drill.
    pub drilled_on: Option<Date>,
    /// Its firings, oldest first.
    pub firings: Vec<Firing>,
    /// The fact that last changed it.
    pub number: u64,
}

impl Contingency {
    /// Whether it holds on a day.
    pub fn holds(&self, on: Date) -> bool {
        self.ended_on.is_none() && self.terms.holds(on)
    }

    /// By when it is to be drilled.
    pub fn drill_due(&self) -> Date {
        self.terms.drill_due(self.drilled_on)
    }

    /// The firing that is under way.
    pub fn under_way(&self) -> Option<&Firing> {
        self.firings.iter().find(|firing| firing.stood_down.is_none())
    }

    /// A firing.
    pub fn firing(&self, number: Number) -> Option<&Firing> {
        self.firings.iter().find(|firing| firing.number == number)
    }
}

macro_rules! columns {
    () => {
        "c.id, c.place, c.terms, c.ended_on, c.drilled_on, c.number"
    };
}

fn read(row: &Row) -> Result<Contingency> {
    Ok(Contingency {
        id: row.text(0)?,
        place: row.text(1)?,
        terms: row.json(2)?,
        ended_on: row.opt_date(3)?,
        drilled_on: row.opt_date(4)?,
        firings: Vec::new(),
        number: row.count(5)?,
    })
}

/// Gives plans their firings.
fn with_firings(rows: &[Row], firings: &[Row]) -> Result<Vec<Contingency>> {
    let mut all = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    let index: HashMap<String, usize> = all.iter().enumerate().map(|(at, one)| (one.id.clone(), at)).collect();
    for row in firings {
        if let Some(at) = index.get(row.str(0)?) {
            all[*at].firings.push(Firing {
                number: Number::try_from(row.count(1)?)?,
                happening: row.json(2)?,
                on: row.date(3)?,
                stood_down: row.opt_date(4)?.zip(row.opt_text(5)?),
            });
        }
    }
    Ok(all)
}

/// One plan.
pub async fn contingency(conn: &mut Conn, id: &str) -> Result<Option<Contingency>> {
    let rows = conn.rows(concat!("SELECT ", columns!(), " FROM contingency c WHERE c.id = ?"), args![id]).await?;
    let sql = "SELECT contingency, firing, happening, fired_on, stood_down_on, outcome FROM contingency_firing WHERE contingency = ? ORDER BY firing";
    let firings = conn.rows(sql, args![id]).await?;
    Ok(with_firings(&rows, &firings)?.pop())
}

/// Every plan, the newest first.
pub async fn contingencies(conn: &mut Conn) -> Result<Vec<Contingency>> {
    let rows = conn.rows(concat!("SELECT ", columns!(), " FROM contingency c ORDER BY c.number DESC"), &[]).await?;
    let sql = "SELECT contingency, firing, happening, fired_on, stood_down_on, outcome FROM contingency_firing ORDER BY contingency, firing";
    let firings = conn.rows(sql, &[]).await?;
    with_firings(&rows, &firings)
}

/// The place of a plan.
pub async fn place_of(conn: &mut Conn, id: &str) -> Result<Option<String>> {
    conn.row("SELECT place FROM contingency WHERE id = ?", args![id]).await?.map(|row| row.text(0)).transpose()
}

/// A plan with one of its firings, by the firing's id among the sources of orders.
pub async fn firing(conn: &mut Conn, id: &str) -> Result<Option<(Contingency, Firing)>> {
    let Some((of, number)) = firing_of(id) else { return Ok(None) };
    let found = contingency(conn, of).await?;
    Ok(found.and_then(|found| found.firing(number).cloned().map(|firing| (found, firing))))
}

/// The place of a firing of which an order may be made: it is under way.
pub async fn place_to_order(conn: &mut Conn, id: &str) -> Result<Option<String>> {
    let found = firing(conn, id).await?.filter(|(_, firing)| firing.stood_down.is_none());
    Ok(found.map(|(found, _)| found.place))
}

/// A fact of a plan.
pub type Step = course::Step<Fact>;

/// Facts of a plan, oldest first.
pub async fn steps(conn: &mut Conn, id: &str) -> Result<Vec<Step>> {
    let sql = "SELECT number, recorded_at, by_account, fact FROM contingency_step WHERE contingency = ? ORDER BY number";
    conn.rows(sql, args![id]).await?.iter().map(Step::read).collect()
}

fn known(found: Contingency) -> Known {
    let firing = |firing: Firing| (firing.number, firing.happening.event(), firing.stood_down.is_some());
    Known {
        firings: found.firings.into_iter().map(firing).collect(),
        id: found.id,
        place: found.place,
        terms: found.terms,
        ended_on: found.ended_on,
    }
}

/// Plans that something at a place may set off: those at the place or above it, and, where everything under a place stands
/// still or the whole district is concerned, those under it.
async fn candidates(conn: &mut Conn, place: Option<&str>, happening: &Happening, today: Date) -> Result<Vec<Known>> {
    let at = match place {
        Some(place) => places::path(conn, place).await?.unwrap_or_default(),
        None => "/".to_owned(),
    };
    let reaches_down = place.is_none() || matches!(happening, Happening::Stopped { .. });
    let mut found = Vec::new();
    for trigger in happening.triggers() {
        let sql = "SELECT c.id, p.path FROM contingency c JOIN place p ON p.id = c.place
                   WHERE c.trigger_kind = ? AND c.ended_on IS NULL AND c.from_on <= ? AND c.to_on >= ? ORDER BY c.number";
        for row in conn.rows(sql, args![*trigger, today, today]).await? {
            let (id, path) = (row.text(0)?, row.text(1)?);
            if at.starts_with(&path) || (reaches_down && path.starts_with(&at)) {
                found.extend(contingency(conn, &id).await?.map(known));
            }
        }
    }
    Ok(found)
}

pub(super) async fn load(conn: &mut Conn, command: &Command, context: &Context) -> Result<State> {
    let mut state = State::default();
    match command {
        Command::Hear { place, happening } => {
            state.candidates = candidates(conn, place.as_deref(), happening, context.today).await?;
            return Ok(state);
        }
        Command::Lay { contingency, place, terms } => {
            state.is_id_taken = place_of(conn, contingency).await?.is_some();
            state.is_site = places::get(conn, place).await?.is_some_and(|place| place.kind.is_site());
            state.is_unit_known = organisations::get(conn, &terms.unit).await?.is_some();
            state.place.clone_from(place);
        }
        Command::End { contingency: id, .. } | Command::Drill { contingency: id, .. } | Command::StandDown { contingency: id, .. } => {
            state.contingency = contingency(conn, id).await?.map(known);
            state.place = state.contingency.as_ref().map_or_else(String::new, |known| known.place.clone());
        }
    }
    if matches!(command, Command::Lay { .. } | Command::Drill { .. }) {
        state.names = identity::names(conn).await?.into_values().collect();
    }
    Ok(state)
}

/// What one fact does to the tables.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let (id, on, number) = (&entry.subject, entry.occurred_on, entry.number);
    match fact {
        Fact::Laid { terms } => {
            let sql = "INSERT INTO contingency (id, place, kind, trigger_kind, terms, from_on, to_on, number) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
            let args = args![id, &entry.place, &terms.kind, terms.trigger.name(), serde_json::to_string(terms)?, terms.from, terms.to, number];
            conn.execute(sql, args).await?;
        }
        Fact::Ended { .. } => {
            conn.execute("UPDATE contingency SET ended_on = ? WHERE id = ?", args![on, id]).await?;
        }
        Fact::Drilled { on, .. } => {
            let sql = "UPDATE contingency SET drilled_on = ? WHERE id = ? AND (drilled_on IS NULL OR drilled_on < ?)";
            conn.execute(sql, args![*on, id, *on]).await?;
        }
        Fact::Fired { firing, happening } => {
            let sql = "INSERT INTO contingency_firing (contingency, firing, event, happening, fired_on) VALUES (?, ?, ?, ?, ?)";
            conn.execute(sql, args![id, u64::from(*firing), happening.event(), serde_json::to_string(happening)?, on]).await?;
        }
        Fact::StoodDown { firing, outcome } => {
            let sql = "UPDATE contingency_firing SET stood_down_on = ?, outcome = ? WHERE contingency = ? AND firing = ?";
            conn.execute(sql, args![on, outcome, id, u64::from(*firing)]).await?;
        }
    }
    conn.execute("UPDATE contingency SET number = ? WHERE id = ?", args![number, id]).await?;
    let sql = "INSERT INTO contingency_step (number, contingency, recorded_at, by_account, fact) VALUES (?, ?, ?, ?, ?)";
    conn.execute(sql, args![number, id, &entry.recorded_at, &entry.actor, serde_json::to_string(fact)?]).await.map(drop)
}

/// What the timer would submit now: plans whose float is below their threshold, with an id of the plan and the week.
pub async fn short_of_float(conn: &mut Conn, today: Date) -> Result<Vec<(String, Command)>> {
    let week = PeriodKind::Week.around(today).from;
    let sql = "SELECT c.id, c.place, c.terms, p.path FROM contingency c JOIN place p ON p.id = c.place
               WHERE c.trigger_kind = 'float' AND c.ended_on IS NULL AND c.from_on <= ? AND c.to_on >= ?
               AND NOT EXISTS (SELECT 1 FROM contingency_firing f WHERE f.contingency = c.id AND (f.stood_down_on IS NULL OR f.event = ?))
               ORDER BY c.number";
    let event = Happening::Float { week, float_days_e3: 0 }.event();
    let mut found = Vec::new();
    for row in conn.rows(sql, args![today, today, event]).await? {
        let (id, place, terms, path) = (row.text(0)?, row.text(1)?, row.json::<Terms>(2)?, row.text(3)?);
        let Trigger::Float { .. } = terms.trigger else { continue };
        let sql = "SELECT MIN(b.float_days_e3) FROM bar b JOIN place p ON p.id = b.place
                   WHERE p.path LIKE ? AND b.kind <> 'summary' AND b.actual_finish IS NULL";
        let least = conn.row(sql, args![format!("{path}%")]).await?.map(|row| row.opt_int(0)).transpose()?.flatten();
        let Some(float_days_e3) = least else { continue };
        let happening = Happening::Float { week, float_days_e3 };
        if terms.trigger.is_met(&happening) {
            found.push((format!("float-{id}-{week}"), Command::Hear { place: Some(place), happening }));
        }
    }
    Ok(found)
}
