//! Returns as they were sent.

use super::figures::Form;
use super::model::{Command, Fact, State};
use crate::args;
use crate::db::{Conn, Row};
use crate::features::Fact as AnyFact;
use crate::journal::domain::Entry;
use anyhow::Result;
use jiff::civil::Date;

/// A return that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// Identifier.
    pub id: String,
    /// Its template.
    pub template: String,
    /// First day of its period.
    pub from: Date,
    /// Last day of it.
    pub to: Date,
    /// Its cells.
    pub form: Form,
    /// The ledger number they stand on.
    pub frozen_number: u64,
    /// What is said beside them.
    pub remark: String,
    /// The return it corrects.
    pub corrects: Option<String>,
    /// Why; empty for the first of its period.
    pub reason: String,
    /// Who sent it.
    pub sent_by: String,
    /// When.
    pub sent_on: Date,
    /// The fact that it was sent.
    pub number: u64,
}

macro_rules! columns {
    () => {
        "id, template, from_on, to_on, form, frozen_number, remark, corrects, reason, sent_by, sent_on, number"
    };
}

fn read(row: &Row) -> Result<Return> {
    Ok(Return {
        id: row.text(0)?,
        template: row.text(1)?,
        from: row.date(2)?,
        to: row.date(3)?,
        form: row.json(4)?,
        frozen_number: row.count(5)?,
        remark: row.text(6)?,
        corrects: row.opt_text(7)?,
        reason: row.text(8)?,
        sent_by: row.text(9)?,
        sent_on: row.date(10)?,
        number: row.count(11)?,
    })
}

/// One return.
pub async fn sent(conn: &mut Conn, id: &str) -> Result<Option<Return>> {
    let sql = concat!("SELECT ", columns!(), " FROM statutory_return WHERE id = ?");
    conn.row(sql, args![id]).await?.map(|row| read(&row)).transpose()
}

/// The return of a period and its corrections, the newest first.
pub async fn of_period(conn: &mut Conn, template: &str, from: Date) -> Result<Vec<Return>> {
    let sql = concat!("SELECT ", columns!(), " FROM statutory_return WHERE template = ? AND from_on = ? ORDER BY number DESC");
    conn.rows(sql, args![template, from]).await?.iter().map(read).collect()
}

/// Returns, the newest first, at most `limit`.
pub async fn newest(conn: &mut Conn, limit: u64) -> Result<Vec<Return>> {
    let sql = concat!("SELECT ", columns!(), " FROM statutory_return ORDER BY number DESC LIMIT ?");
    conn.rows(sql, args![limit]).await?.iter().map(read).collect()
}

pub(super) async fn load(conn: &mut Conn, command: &Command) -> Result<State> {
    let Command::Send { id, template, from, .. } = command;
    let before = of_period(conn, template, *from).await?.into_iter().next();
    Ok(State { is_id_taken: sent(conn, id).await?.is_some(), before: before.map(|one| (one.id, one.sent_on)) })
}

/// What one fact does to the tables.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let Fact::Sent { template, from, to, form, frozen_number, remark, corrects, reason } = fact;
    let sql = "INSERT INTO statutory_return (id, template, from_on, to_on, form, frozen_number, remark, corrects, reason, sent_by, sent_on, number)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let form = serde_json::to_string(form)?;
    let (by, on) = (&entry.actor, entry.occurred_on);
    let values = args![&entry.subject, template, *from, *to, form, *frozen_number, remark, corrects.as_ref(), reason, by, on, entry.number];
    conn.execute(sql, values).await.map(drop)
}
