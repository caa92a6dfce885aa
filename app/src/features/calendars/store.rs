//! Alerts, exemptions and seasonal stops: what facts made of them, and how others read them.

use super::model::{Command, Fact, Level, State};
use crate::args;
use crate::db::{Conn, Row};
use crate::features::{Fact as AnyFact, places};
use crate::journal::domain::Entry;
use anyhow::{Context, Result};
use jiff::civil::{Date, DateTime};

/// One level of an alert, from an hour to an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertSpan {
    /// The level.
    pub level: Level,
    /// First hour.
    pub begins_at: DateTime,
    /// First hour after; `None` while it runs.
    pub ends_at: Option<DateTime>,
    /// Number of the notice.
    pub notice: String,
}

/// A pollution alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Identifier.
    pub id: String,
    /// When it was forecast to end.
    pub expected_end: Option<DateTime>,
    /// Who published it.
    pub source: String,
    /// The notice that lifted it.
    pub end_notice: Option<String>,
    /// The fact that last changed it.
    pub changed_number: u64,
    /// Its levels, oldest first; never empty.
    pub spans: Vec<AlertSpan>,
}

impl Alert {
    /// The level that runs, and since when.
    pub fn running(&self) -> Option<(Level, DateTime)> {
        self.spans.last().filter(|span| span.ends_at.is_none()).map(|span| (span.level, span.begins_at))
    }
}

/// A paper that lets a project work on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemption {
    /// Identifier.
    pub id: String,
    /// The project.
    pub project: String,
    /// Number of the paper.
    pub document: String,
    /// The highest level it covers.
    pub level: Level,
    /// Kinds of work it covers; empty: all.
    pub kinds: Vec<String>,
    /// First day it is valid.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// The fact that made it.
    pub changed_number: u64,
}

/// A stop between two days that people set: around the Spring Festival, or in winter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// Identifier; the year for the Spring Festival.
    pub id: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Kinds of work that stop; empty: all.
    pub kinds: Vec<String>,
    /// Who says so.
    pub source: String,
    /// The fact that set it.
    pub changed_number: u64,
}

/// Every alert, the newest first.
pub async fn alerts(conn: &mut Conn) -> Result<Vec<Alert>> {
    let mut alerts = Vec::new();
    for row in conn.rows("SELECT id, expected_end, source, end_notice, changed_number FROM alert", &[]).await? {
        let id = row.text(0)?;
        let sql = "SELECT level, begins_at, ends_at, notice FROM alert_span WHERE alert = ? ORDER BY begins_at";
        let spans = conn.rows(sql, args![&id]).await?.iter().map(read_span).collect::<Result<Vec<_>>>()?;
        alerts.push(Alert {
            expected_end: row.opt_text(1)?.map(|at| at.parse()).transpose()?,
            source: row.text(2)?,
            end_notice: row.opt_text(3)?,
            changed_number: row.count(4)?,
            spans,
            id,
        });
    }
    alerts.sort_by_key(|alert| std::cmp::Reverse(alert.spans.first().map(|span| span.begins_at)));
    Ok(alerts)
}

/// One alert.
pub async fn alert(conn: &mut Conn, id: &str) -> Result<Option<Alert>> {
    Ok(alerts(conn).await?.into_iter().find(|alert| alert.id == id))
}

fn read_span(row: &Row) -> Result<AlertSpan> {
    Ok(AlertSpan {
        level: read_level(&row.text(0)?)?,
        begins_at: row.text(1)?.parse()?,
        ends_at: row.opt_text(2)?.map(|at| at.parse()).transpose()?,
        notice: row.text(3)?,
    })
}

fn read_level(name: &str) -> Result<Level> {
    Level::from_name(name).context("a stored level is known")
}

/// Every exemption, oldest first.
pub async fn exemptions(conn: &mut Conn) -> Result<Vec<Exemption>> {
    let sql = "SELECT id, project, document, level, kinds, from_on, to_on, changed_number FROM exemption ORDER BY changed_number";
    let mut exemptions = Vec::new();
    for row in conn.rows(sql, &[]).await? {
        exemptions.push(Exemption {
            id: row.text(0)?,
            project: row.text(1)?,
            document: row.text(2)?,
            level: read_level(&row.text(3)?)?,
            kinds: row.json(4)?,
            from: row.date(5)?,
            to: row.date(6)?,
            changed_number: row.count(7)?,
        });
    }
    Ok(exemptions)
}

/// Spring Festival stops that people have set, by year.
pub async fn festivals(conn: &mut Conn) -> Result<Vec<Period>> {
    let mut periods = Vec::new();
    for row in
        conn.rows("SELECT year, from_on, to_on, source, changed_number FROM spring_festival ORDER BY year", &[]).await?
    {
        periods.push(Period {
            id: row.int(0)?.to_string(),
            from: row.date(1)?,
            to: row.date(2)?,
            kinds: Vec::new(),
            source: row.text(3)?,
            changed_number: row.count(4)?,
        });
    }
    Ok(periods)
}

/// Winter periods, earliest first.
pub async fn winters(conn: &mut Conn) -> Result<Vec<Period>> {
    let sql = "SELECT id, from_on, to_on, kinds, source, changed_number FROM winter_period ORDER BY from_on, id";
    let mut periods = Vec::new();
    for row in conn.rows(sql, &[]).await? {
        periods.push(Period {
            id: row.text(0)?,
            from: row.date(1)?,
            to: row.date(2)?,
            kinds: row.json(3)?,
            source: row.text(4)?,
            changed_number: row.count(5)?,
        });
    }
    Ok(periods)
}

/// Whether an id is an alert, an exemption or a winter period.
pub async fn is_entry(conn: &mut Conn, id: &str) -> Result<bool> {
    let sql = "SELECT id FROM alert WHERE id = ? UNION SELECT id FROM exemption WHERE id = ? UNION SELECT id FROM winter_period WHERE id = ?";
    Ok(conn.row(sql, args![id, id, id]).await?.is_some())
}

pub(super) async fn load(conn: &mut Conn, command: &Command) -> Result<State> {
    let mut state = State::default();
    match command {
        Command::Announce { alert: id, .. } => {
            state.is_id_taken = is_entry(conn, id).await?;
            state.other_running = alerts(conn).await?.iter().find_map(|alert| alert.running()).map(|(level, _)| level);
        }
        Command::ChangeLevel { alert: id, .. } | Command::End { alert: id, .. } => {
            state.running = alert(conn, id).await?.context("scope has found the alert")?.running();
        }
        Command::Exempt { exemption: id, project, .. } => {
            state.is_id_taken = is_entry(conn, id).await?;
            let place = places::get(conn, project).await?;
            state.is_project = place.is_some_and(|place| place.kind == places::model::Kind::Project);
        }
        Command::SetWinter { winter: id, .. } => state.is_id_taken = is_entry(conn, id).await?,
        Command::SetSpringFestival { .. } | Command::Withdraw { .. } => {}
    }
    Ok(state)
}

/// What one fact does to the tables.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let (id, number) = (&entry.subject, entry.number);
    match fact {
        Fact::AlertAnnounced { level, at, expected_end, notice, source } => {
            conn.execute(
                "INSERT INTO alert (id, expected_end, notice, source, changed_number) VALUES (?, ?, ?, ?, ?)",
                args![id, expected_end.map(|end| end.to_string()), notice, source, number],
            )
            .await?;
            open_span(conn, id, *level, *at, notice).await
        }
        Fact::LevelChanged { level, at, notice } => {
            close_span(conn, id, *at, number).await?;
            open_span(conn, id, *level, *at, notice).await
        }
        Fact::AlertEnded { at, notice } => {
            close_span(conn, id, *at, number).await?;
            conn.execute("UPDATE alert SET end_notice = ? WHERE id = ?", args![notice, id]).await.map(drop)
        }
        Fact::ProjectExempted { project, document, level, kinds, from, to } => conn
            .execute(
                "INSERT INTO exemption (id, project, document, level, kinds, from_on, to_on, changed_number) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                args![id, project, document, level.name(), serde_json::to_string(kinds)?, *from, *to, number],
            )
            .await
            .map(drop),
        Fact::SpringFestivalSet { year, from, to, source } => conn
            .execute(
                "INSERT INTO spring_festival (year, from_on, to_on, source, changed_number) VALUES (?, ?, ?, ?, ?)
                 ON CONFLICT (year) DO UPDATE SET from_on = excluded.from_on, to_on = excluded.to_on, source = excluded.source, changed_number = excluded.changed_number",
                args![i64::from(*year), *from, *to, source, number],
            )
            .await
            .map(drop),
        Fact::WinterSet { from, to, kinds, source } => conn
            .execute(
                "INSERT INTO winter_period (id, from_on, to_on, kinds, source, changed_number) VALUES (?, ?, ?, ?, ?, ?)",
                args![id, *from, *to, serde_json::to_string(kinds)?, source, number],
            )
            .await
            .map(drop),
        Fact::EntryWithdrawn { .. } => {
            conn.execute("DELETE FROM alert WHERE id = ?", args![id]).await?;
            conn.execute("DELETE FROM alert_span WHERE alert = ?", args![id]).await?;
            conn.execute("DELETE FROM exemption WHERE id = ?", args![id]).await?;
            conn.execute("DELETE FROM winter_period WHERE id = ?", args![id]).await.map(drop)
        }
    }
}

async fn open_span(conn: &mut Conn, alert: &str, level: Level, at: DateTime, notice: &str) -> Result<()> {
    conn.execute(
        "INSERT INTO alert_span (alert, begins_at, level, notice) VALUES (?, ?, ?, ?)",
        args![alert, at.to_string(), level.name(), notice],
    )
    .await
    .map(drop)
}

async fn close_span(conn: &mut Conn, alert: &str, at: DateTime, number: u64) -> Result<()> {
    conn.execute("UPDATE alert_span SET ends_at = ? WHERE alert = ? AND ends_at IS NULL", args![at.to_string(), alert])
        .await?;
    conn.execute("UPDATE alert SET changed_number = ? WHERE id = ?", args![number, alert]).await.map(drop)
}
