//! Returns as they were sent, and the forms that are asked for.

use super::figures::Form;
use super::model::{Adopting, Command, Fact, SHIPPED, Sending, State, Template};
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
    /// The unit that reported; empty where that was not asked yet.
    pub unit: String,
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
        "id, template, from_on, to_on, unit, form, frozen_number, remark, corrects, reason, sent_by, sent_on, number"
    };
}

fn read(row: &Row) -> Result<Return> {
    Ok(Return {
        id: row.text(0)?,
        template: row.text(1)?,
        from: row.date(2)?,
        to: row.date(3)?,
        unit: row.text(4)?,
        form: row.json(5)?,
        frozen_number: row.count(6)?,
        remark: row.text(7)?,
        corrects: row.opt_text(8)?,
        reason: row.text(9)?,
        sent_by: row.text(10)?,
        sent_on: row.date(11)?,
        number: row.count(12)?,
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

/// Every form that is or was asked for: those of the program, then those of the district in the order of their adoption.
pub async fn templates(conn: &mut Conn) -> Result<Vec<Template>> {
    let mut all: Vec<Template> = SHIPPED.clone();
    for row in conn.rows("SELECT id, name, source, from_on, content FROM return_template ORDER BY number", &[]).await? {
        all.push(Template {
            id: row.text(0)?,
            name: Some(row.text(1)?),
            source: row.text(2)?,
            from: row.date(3)?,
            to: None,
            content: row.json(4)?,
        });
    }
    for row in conn.rows("SELECT template, to_on FROM return_template_end", &[]).await? {
        let to = row.date(1)?;
        if let Some(template) = all.iter_mut().find(|template| row.str(0).is_ok_and(|id| template.id == id)) {
            template.to = Some(template.to.map_or(to, |known| known.min(to)));
        }
    }
    Ok(all)
}

/// The form of an id.
pub async fn template(conn: &mut Conn, id: &str) -> Result<Option<Template>> {
    Ok(templates(conn).await?.into_iter().find(|template| template.id == id))
}

/// The unit that reported last; what a form asks about is what was answered before.
pub async fn last_unit(conn: &mut Conn) -> Result<Option<String>> {
    let sql = "SELECT unit FROM statutory_return WHERE unit <> '' ORDER BY number DESC LIMIT 1";
    conn.row(sql, &[]).await?.map(|row| row.text(0)).transpose()
}

/// Last day of the last period of which a return was sent.
async fn sent_to(conn: &mut Conn, template: &str) -> Result<Option<Date>> {
    let sql = "SELECT to_on FROM statutory_return WHERE template = ? ORDER BY to_on DESC LIMIT 1";
    conn.row(sql, args![template]).await?.map(|row| row.date(0)).transpose()
}

pub(super) async fn load(conn: &mut Conn, command: &Command) -> Result<State> {
    Ok(match command {
        Command::Send(Sending { id, template: name, from, .. }) => {
            let before = of_period(conn, name, *from).await?.into_iter().next();
            State {
                is_id_taken: sent(conn, id).await?.is_some(),
                template: template(conn, name).await?,
                before: before.map(|one| (one.id, one.sent_on)),
                ..State::default()
            }
        }
        Command::Adopt(Adopting { template: id, name, .. }) => {
            let all = templates(conn).await?;
            State {
                is_id_taken: all.iter().any(|template| template.id == *id),
                is_name_taken: all.iter().any(|template| template.name.as_deref() == Some(name.trim())),
                ..State::default()
            }
        }
        Command::End { template: id, .. } => {
            State { template: template(conn, id).await?, sent_to: sent_to(conn, id).await?, ..State::default() }
        }
    })
}

/// What one fact does to the tables.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let (by, on) = (&entry.actor, entry.occurred_on);
    match fact {
        Fact::Sent { template, from, to, unit, form, frozen_number, remark, corrects, reason } => {
            let sql = "INSERT INTO statutory_return (id, template, from_on, to_on, unit, form, frozen_number, remark, corrects, reason, sent_by, sent_on, number)
                       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
            let form = serde_json::to_string(form)?;
            let values = args![&entry.subject, template, *from, *to, unit, form, *frozen_number, remark, corrects.as_ref(), reason, by, on, entry.number];
            conn.execute(sql, values).await.map(drop)
        }
        Fact::Adopted { name, source, from, content, reason } => {
            let sql = "INSERT INTO return_template (id, name, source, from_on, content, reason, adopted_by, adopted_on, number) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
            let values = args![&entry.subject, name, source, *from, serde_json::to_string(content)?, reason, by, on, entry.number];
            conn.execute(sql, values).await.map(drop)
        }
        Fact::Ended { to, reason } => {
            let sql = "INSERT INTO return_template_end (template, to_on, reason, ended_by, ended_on, number) VALUES (?, ?, ?, ?, ?, ?)";
            conn.execute(sql, args![&entry.subject, *to, reason, by, on, entry.number]).await.map(drop)
        }
    }
}
