//! Risk events as they stand, and what became of each.

use super::model::{Command, Ending, Fact, Known, State, Terms, Works};
use crate::args;
use crate::db::{Conn, Row};
use crate::features::places::model::Kind as PlaceKind;
use crate::features::places::Tree;
use crate::features::plan::store::Bar;
use crate::features::{Fact as AnyFact, identity, organisations, places, plan};
use crate::journal::course;
use crate::journal::domain::Entry;
use anyhow::Result;
use jiff::civil::Date;

/// An event as the tables hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RiskEvent {
    /// Its id.
    pub id: String,
    /// The project.
    pub project: String,
    /// What it says, as assessed last.
    pub terms: Terms,
    /// When it was closed, and how it ended.
    pub closed: Option<(Date, Ending)>,
    /// The fact that last changed it.
    pub number: u64,
}

impl RiskEvent {
    /// Whether it may still happen.
    pub fn is_open(&self, today: Date) -> bool {
        self.closed.is_none() && today <= self.terms.to
    }
}

fn read(row: &Row) -> Result<RiskEvent> {
    let ending = row.opt_text(4)?.as_deref().and_then(Ending::from_name);
    Ok(RiskEvent {
        id: row.text(0)?,
        project: row.text(1)?,
        terms: row.json(2)?,
        closed: row.opt_date(3)?.zip(ending),
        number: row.count(5)?,
    })
}

/// One event.
pub async fn event(conn: &mut Conn, id: &str) -> Result<Option<RiskEvent>> {
    let sql = "SELECT id, project, terms, closed_on, ending, number FROM risk_event WHERE id = ?";
    conn.row(sql, args![id]).await?.as_ref().map(read).transpose()
}

/// Every event, the newest first.
pub async fn events(conn: &mut Conn) -> Result<Vec<RiskEvent>> {
    let sql = "SELECT id, project, terms, closed_on, ending, number FROM risk_event ORDER BY entered_number DESC";
    conn.rows(sql, &[]).await?.iter().map(read).collect()
}

/// Events of a project that may still happen, in the order in which they were entered.
pub async fn open_of(conn: &mut Conn, project: &str, today: Date) -> Result<Vec<RiskEvent>> {
    let sql = "SELECT id, project, terms, closed_on, ending, number FROM risk_event
               WHERE project = ? AND closed_on IS NULL ORDER BY entered_number";
    let mut found = conn.rows(sql, args![project]).await?.iter().map(read).collect::<Result<Vec<_>>>()?;
    found.retain(|event| event.is_open(today));
    Ok(found)
}

/// By what the register of a project is another one: its newest fact.
pub async fn mark(conn: &mut Conn, project: &str) -> Result<u64> {
    let row = conn.row("SELECT MAX(number) FROM risk_event WHERE project = ?", args![project]).await?;
    Ok(row.map(|row| row.opt_int(0)).transpose()?.flatten().map_or(0, i64::unsigned_abs))
}

/// The project of an event.
pub async fn project_of(conn: &mut Conn, id: &str) -> Result<Option<String>> {
    conn.row("SELECT project FROM risk_event WHERE id = ?", args![id]).await?.map(|row| row.text(0)).transpose()
}

/// A fact of an event.
pub type Step = course::Step<Fact>;

/// Facts of an event, oldest first.
pub async fn steps(conn: &mut Conn, id: &str) -> Result<Vec<Step>> {
    let sql = "SELECT number, recorded_at, by_account, fact FROM risk_event_step WHERE event = ? ORDER BY number";
    conn.rows(sql, args![id]).await?.iter().map(Step::read).collect()
}

/// Whether a bar is work of which something is left.
pub fn is_open(bar: &Bar) -> bool {
    bar.kind == "task" && bar.actual_finish.is_none()
}

/// Works that an event lengthens as they are forecast.
pub fn touched<'a>(event: &'a RiskEvent, tree: &'a Tree, bars: &'a [Bar]) -> impl Iterator<Item = &'a Bar> {
    let path = |id: &str| tree.get(id).map(|place| place.path.as_str());
    bars.iter().filter(move |bar| {
        let is_under = |place: &str| {
            bar.place.as_deref().and_then(path).zip(path(place)).is_some_and(|(own, place)| own.starts_with(place))
        };
        is_open(bar) && event.terms.touches(&bar.activity, is_under, bar.early)
    })
}

pub(super) async fn load(conn: &mut Conn, command: &Command) -> Result<State> {
    let mut state = State::default();
    match command {
        Command::Enter { event, project, terms } => {
            state.is_id_taken = project_of(conn, event).await?.is_some();
            state.is_project = places::get(conn, project).await?.is_some_and(|place| place.kind == PlaceKind::Project);
            state.is_unit_known = organisations::get(conn, &terms.unit).await?.is_some();
            state.names = identity::names(conn).await?.into_values().collect();
            state.project.clone_from(project);
            match &terms.works {
                Works::Under { place } => state.is_place_inside = is_inside(conn, place, project).await?,
                Works::Named { activities } => state.unknown_work = first_unknown(conn, project, activities).await?,
            }
        }
        Command::Reassess { event: id, .. } | Command::Close { event: id, .. } => {
            if let Some(found) = event(conn, id).await? {
                state.project = found.project;
                state.event = Some(Known { id: found.id, closed_on: found.closed.map(|(on, _)| on) });
            }
        }
    }
    Ok(state)
}

async fn is_inside(conn: &mut Conn, place: &str, project: &str) -> Result<bool> {
    let (inner, outer) = (places::path(conn, place).await?, places::path(conn, project).await?);
    Ok(inner.zip(outer).is_some_and(|(inner, outer)| inner.starts_with(&outer)))
}

async fn first_unknown(conn: &mut Conn, project: &str, activities: &[String]) -> Result<Option<String>> {
    for activity in activities {
        if plan::store::bar(conn, project, activity).await?.is_none() {
            return Ok(Some(activity.clone()));
        }
    }
    Ok(None)
}

/// What one fact does to the tables.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let (id, number) = (&entry.subject, entry.number);
    match fact {
        Fact::Entered { terms } => {
            let sql = "INSERT INTO risk_event (id, project, terms, entered_number, number) VALUES (?, ?, ?, ?, ?)";
            conn.execute(sql, args![id, &entry.place, serde_json::to_string(terms)?, number, number]).await?;
        }
        Fact::Reassessed { assessment, .. } => {
            if let Some(found) = event(conn, id).await? {
                let terms = serde_json::to_string(&Terms { assessment: *assessment, ..found.terms })?;
                conn.execute("UPDATE risk_event SET terms = ?, number = ? WHERE id = ?", args![terms, number, id]).await?;
            }
        }
        Fact::Closed { ending, .. } => {
            let sql = "UPDATE risk_event SET closed_on = ?, ending = ?, number = ? WHERE id = ?";
            conn.execute(sql, args![entry.occurred_on, ending.name(), number, id]).await?;
        }
    }
    let sql = "INSERT INTO risk_event_step (number, event, recorded_at, by_account, fact) VALUES (?, ?, ?, ?, ?)";
    conn.execute(sql, args![number, id, &entry.recorded_at, &entry.actor, serde_json::to_string(fact)?]).await.map(drop)
}
