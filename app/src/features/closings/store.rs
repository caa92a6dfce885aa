//! The table of accounts.

use super::model::{Closing, Command, Fact, Figures, Known, Stage, State};
use crate::args;
use crate::db::{Conn, Row};
use crate::features::{Fact as AnyFact, places, plan};
use crate::journal::domain::Entry;
use anyhow::{Context, Result};
use jiff::civil::Date;

/// An account as it was given last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Of which project and period.
    pub closing: Closing,
    /// The last day of the period.
    pub to: Date,
    /// Where it stands.
    pub stage: Stage,
    /// Figures as they were.
    pub figures: Figures,
    /// The ledger number they stand on.
    pub frozen_number: u64,
    /// Kinds of reasons.
    pub reasons: Vec<String>,
    /// In words.
    pub content: String,
    /// Who gave it, and when.
    pub given: (String, Date),
    /// Who judged it, and when.
    pub judged: Option<(String, Date)>,
    /// Why it was sent back.
    pub reason: Option<String>,
    /// How often it was given.
    pub rounds: u64,
    /// The fact that last changed it.
    pub number: u64,
}

macro_rules! columns {
    () => {
        "project, kind, from_on, to_on, stage, figures, frozen_number, reasons, content, given_by, given_on, judged_by, judged_on, reason, rounds, number"
    };
}

fn read(row: &Row) -> Result<Account> {
    Ok(Account {
        closing: Closing { project: row.text(0)?, kind: row.text(1)?, from: row.date(2)? },
        to: row.date(3)?,
        stage: Stage::from_name(row.str(4)?).context("a stored stage is known")?,
        figures: row.json(5)?,
        frozen_number: row.count(6)?,
        reasons: row.json(7)?,
        content: row.text(8)?,
        given: (row.text(9)?, row.date(10)?),
        judged: row.opt_text(11)?.zip(row.opt_date(12)?),
        reason: row.opt_text(13)?,
        rounds: row.count(14)?,
        number: row.count(15)?,
    })
}

/// One account.
pub async fn account(conn: &mut Conn, closing: &Closing) -> Result<Option<Account>> {
    let sql = concat!("SELECT ", columns!(), " FROM closing WHERE project = ? AND kind = ? AND from_on = ?");
    conn.row(sql, args![&closing.project, &closing.kind, closing.from]).await?.map(|row| read(&row)).transpose()
}

/// Accounts of a kind of period that begin on a day or after it, the newest first.
pub async fn since(conn: &mut Conn, kind: &str, from: Date) -> Result<Vec<Account>> {
    let sql = concat!("SELECT ", columns!(), " FROM closing WHERE kind = ? AND from_on >= ? ORDER BY from_on DESC, project");
    conn.rows(sql, args![kind, from]).await?.iter().map(read).collect()
}

pub(super) async fn load(conn: &mut Conn, command: &Command) -> Result<State> {
    let closing = command.closing();
    let known = account(conn, closing).await?.map(|account| {
        let on = account.judged.map_or(account.given.1, |(_, on)| on);
        Known { stage: account.stage, given_by: account.given.0, on }
    });
    let active_on = plan::store::project_plan(conn, &closing.project).await?.and_then(|plan| plan.active_on);
    let mut official = None;
    for above in places::path(conn, &closing.project).await?.unwrap_or_default().trim_matches('/').split('/') {
        official = places::get(conn, above).await?.and_then(|place| place.official).or(official);
    }
    Ok(State { active_on, official, known, ..State::default() })
}

/// What one fact does to the table.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let (place, by, on, number) = (&entry.place, &entry.actor, entry.occurred_on, entry.number);
    if let Fact::Given { kind, from, to, figures, frozen_number, reasons, content } = fact {
        let sql = "INSERT INTO closing (project, kind, from_on, to_on, stage, figures, frozen_number, reasons, content, given_by, given_on, rounds, number)
                   VALUES (?, ?, ?, ?, 'given', ?, ?, ?, ?, ?, ?, 1, ?)
                   ON CONFLICT (project, kind, from_on) DO UPDATE SET stage = excluded.stage, figures = excluded.figures, frozen_number = excluded.frozen_number,
                   reasons = excluded.reasons, content = excluded.content, given_by = excluded.given_by, given_on = excluded.given_on,
                   judged_by = NULL, judged_on = NULL, rounds = closing.rounds + 1, number = excluded.number";
        let (figures, reasons) = (serde_json::to_string(figures)?, serde_json::to_string(reasons)?);
        return conn.execute(sql, args![place, kind, *from, *to, figures, *frozen_number, reasons, content, by, on, number]).await.map(drop);
    }
    let (stage, reason) = match fact {
        Fact::Returned { reason } => (Stage::Returned, Some(reason)),
        _ => (Stage::Accepted, None),
    };
    // The id says which account it is: project, kind and first day.
    let (_, rest) = entry.subject.rsplit_once('#').context("an account's id names its period")?;
    let (kind, from) = rest.split_once('-').context("an account's id names its first day")?;
    let sql = "UPDATE closing SET stage = ?, judged_by = ?, judged_on = ?, reason = COALESCE(?, reason), number = ? WHERE project = ? AND kind = ? AND from_on = ?";
    conn.execute(sql, args![stage.name(), by, on, reason, number, place, kind, from]).await.map(drop)
}
