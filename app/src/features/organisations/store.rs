//! The organisation table.

use super::model::{Command, Fact, Kind, State};
use crate::args;
use crate::db::{Conn, Row};
use crate::features::Fact as AnyFact;
use crate::journal::domain::Entry;
use anyhow::{Context, Result};

/// An organisation as the tables hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Identifier.
    pub id: String,
    /// Full name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The fact that last changed it.
    pub changed_number: u64,
}

/// One organisation.
pub async fn get(conn: &mut Conn, id: &str) -> Result<Option<Organisation>> {
    let row = conn.row("SELECT id, name, kind, changed_number FROM organisation WHERE id = ?", args![id]).await?;
    row.map(|row| organisation(&row)).transpose()
}

/// Every organisation, in the order registered.
pub async fn all(conn: &mut Conn) -> Result<Vec<Organisation>> {
    let rows = conn.rows("SELECT id, name, kind, changed_number FROM organisation", &[]).await?;
    let mut all = rows.iter().map(organisation).collect::<Result<Vec<_>>>()?;
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

pub(super) async fn load(conn: &mut Conn, command: &Command) -> Result<State> {
    let (ids, own, wanted): (Vec<&str>, Option<&str>, Vec<&str>) = match command {
        Command::Register { id, name, .. } => (vec![id], None, vec![name]),
        Command::RegisterAll { organisations } => {
            (organisations.iter().map(|one| one.id.as_str()).collect(), None, organisations.iter().map(|one| one.name.as_str()).collect())
        }
        Command::Rename { organisation, name, .. } => (Vec::new(), Some(organisation), vec![name]),
    };
    let mut state = State::default();
    for id in ids {
        state.is_id_taken |= get(conn, id).await?.is_some();
    }
    for name in wanted {
        let holder = conn.row("SELECT id FROM organisation WHERE name = ?", args![name.trim()]).await?;
        if let Some(holder) = holder.map(|row| row.text(0)).transpose()?
            && Some(holder.as_str()) != own
        {
            state.names.insert(name.trim().to_owned());
        }
    }
    Ok(state)
}

/// What one fact does to the table.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    match fact {
        Fact::Registered { name, kind } => conn
            .execute(
                "INSERT INTO organisation (id, name, kind, changed_number) VALUES (?, ?, ?, ?)",
                args![&entry.subject, name, kind.name(), entry.number],
            )
            .await
            .map(drop),
        Fact::Renamed { name, .. } => conn
            .execute("UPDATE organisation SET name = ?, changed_number = ? WHERE id = ?", args![name, entry.number, &entry.subject])
            .await
            .map(drop),
    }
}

fn organisation(row: &Row) -> Result<Organisation> {
    Ok(Organisation {
        id: row.text(0)?,
        name: row.text(1)?,
        kind: Kind::from_name(&row.text(2)?).context("a stored kind is known")?,
        changed_number: row.count(3)?,
    })
}
