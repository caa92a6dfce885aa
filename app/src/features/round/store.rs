//! Decisions, who has looked, and minutes.

use super::gather::Figures;
use super::model::{Command, Fact, Known, State};
use crate::args;
use crate::db::{Conn, Row};
use crate::features::Fact as AnyFact;
use crate::features::authority::{self, Verb};
use crate::features::places;
use crate::journal::domain::Entry;
use anyhow::Result;
use jiff::civil::Date;

/// A decision as the tables hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundDecision {
    /// Identifier.
    pub id: String,
    /// The place it is about.
    pub place: String,
    /// What is to be done.
    pub content: String,
    /// The account that owns it.
    pub owner: String,
    /// By when.
    pub due: Date,
    /// The account that recorded it.
    pub decided_by: String,
    /// When it was decided.
    pub decided_on: Date,
    /// When it ended, and how.
    pub done: Option<(Date, String)>,
    /// The fact that last changed it: that it was decided, or how it ended.
    pub number: u64,
}

impl RoundDecision {
    /// Whether its day has passed without an end.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.done.is_none() && self.due < today
    }
}

macro_rules! decision_columns {
    () => {
        "id, place, content, owner, due_on, decided_by, decided_on, done_on, outcome, number"
    };
}

fn read_decision(row: &Row) -> Result<RoundDecision> {
    Ok(RoundDecision {
        id: row.text(0)?,
        place: row.text(1)?,
        content: row.text(2)?,
        owner: row.text(3)?,
        due: row.date(4)?,
        decided_by: row.text(5)?,
        decided_on: row.date(6)?,
        done: row.opt_date(7)?.zip(row.opt_text(8)?),
        number: row.count(9)?,
    })
}

/// One decision.
pub async fn decision(conn: &mut Conn, id: &str) -> Result<Option<RoundDecision>> {
    let sql = concat!("SELECT ", decision_columns!(), " FROM decision WHERE id = ?");
    conn.row(sql, args![id]).await?.map(|row| read_decision(&row)).transpose()
}

/// Decisions that are open, and those decided or ended on a day or after it; what is due first comes first.
pub async fn decisions(conn: &mut Conn, since: Date) -> Result<Vec<RoundDecision>> {
    let sql = concat!(
        "SELECT ",
        decision_columns!(),
        " FROM decision WHERE done_on IS NULL OR done_on >= ? OR decided_on >= ? ORDER BY due_on, number"
    );
    conn.rows(sql, args![since, since]).await?.iter().map(read_decision).collect()
}

/// Where a person's last look at a round stood, and on which day.
pub async fn seen(conn: &mut Conn, place: &str, account: &str) -> Result<Option<(u64, Date)>> {
    let sql = "SELECT seen_number, seen_on FROM round_seen WHERE place = ? AND account = ?";
    conn.row(sql, args![place, account]).await?.map(|row| Ok((row.count(0)?, row.date(1)?))).transpose()
}

/// Frozen minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minutes {
    /// Identifier.
    pub id: String,
    /// The place.
    pub place: String,
    /// The day.
    pub on: Date,
    /// Who was there and what else was said.
    pub remark: String,
    /// What the round showed.
    pub figures: Figures,
    /// The ledger number the figures stand on.
    pub frozen_number: u64,
    /// Who froze them.
    pub minuted_by: String,
}

macro_rules! minutes_columns {
    () => {
        "id, place, on_day, remark, figures, frozen_number, minuted_by"
    };
}

fn read_minutes(row: &Row) -> Result<Minutes> {
    Ok(Minutes {
        id: row.text(0)?,
        place: row.text(1)?,
        on: row.date(2)?,
        remark: row.text(3)?,
        figures: row.json(4)?,
        frozen_number: row.count(5)?,
        minuted_by: row.text(6)?,
    })
}

/// One set of minutes.
pub async fn minutes(conn: &mut Conn, id: &str) -> Result<Option<Minutes>> {
    let sql = concat!("SELECT ", minutes_columns!(), " FROM minutes WHERE id = ?");
    conn.row(sql, args![id]).await?.map(|row| read_minutes(&row)).transpose()
}

/// Minutes of a place, newest first, at most `limit`.
pub async fn minutes_of(conn: &mut Conn, place: &str, limit: u64) -> Result<Vec<Minutes>> {
    let sql = concat!("SELECT ", minutes_columns!(), " FROM minutes WHERE place = ? ORDER BY on_day DESC, number DESC LIMIT ?");
    conn.rows(sql, args![place, limit]).await?.iter().map(read_minutes).collect()
}

pub(super) async fn load(conn: &mut Conn, command: &Command) -> Result<State> {
    let mut state = State::default();
    match command {
        Command::Decide { decision: id, place, owner, due, .. } => {
            state.is_id_taken = decision(conn, id).await?.is_some();
            let path = places::path(conn, place).await?.unwrap_or_default();
            // Whoever owns it must see it on the day it is due.
            state.is_owner_known = authority::rights(conn, owner, *due).await?.may(Verb::Read, &path);
        }
        Command::Finish { decision: id, .. } => {
            state.decision = decision(conn, id).await?.map(|found| Known {
                place: found.place,
                owner: found.owner,
                done_on: found.done.map(|(on, _)| on),
            });
        }
        Command::See { .. } => {}
        Command::Minute { minutes: id, place, .. } => {
            state.is_id_taken = minutes(conn, id).await?.is_some();
            state.last_minuted = minutes_of(conn, place, 1).await?.first().map(|one| one.on);
        }
    }
    Ok(state)
}

/// What one fact does to the tables.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let (id, place, by, on, number) = (&entry.subject, &entry.place, &entry.actor, entry.occurred_on, entry.number);
    let done = match fact {
        Fact::Decided { content, owner, due } => {
            let sql = "INSERT INTO decision (id, place, content, owner, due_on, decided_by, decided_on, number) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
            conn.execute(sql, args![id, place, content, owner, *due, by, on, number]).await
        }
        Fact::Finished { outcome } => {
            let sql = "UPDATE decision SET done_by = ?, done_on = ?, outcome = ?, number = ? WHERE id = ?";
            conn.execute(sql, args![by, on, outcome, number, id]).await
        }
        Fact::Seen { number: seen } => {
            let sql = "INSERT INTO round_seen (place, account, seen_number, seen_on) VALUES (?, ?, ?, ?)
                       ON CONFLICT (place, account) DO UPDATE SET seen_number = excluded.seen_number, seen_on = excluded.seen_on";
            conn.execute(sql, args![place, by, *seen, on]).await
        }
        Fact::Minuted { remark, figures, frozen_number } => {
            let sql = "INSERT INTO minutes (id, place, on_day, remark, figures, frozen_number, minuted_by, number) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
            conn.execute(sql, args![id, place, on, remark, figures, *frozen_number, by, number]).await
        }
    };
    done.map(drop)
}
