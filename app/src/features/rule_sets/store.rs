//! Adopted rule sets.

use super::model::{Command, Fact, RuleSet, SHIPPED, State};
use crate::args;
use crate::db::Conn;
use crate::features::Fact as AnyFact;
use crate::journal::domain::Entry;
use anyhow::Result;

/// Every rule set that was adopted, in order.
pub async fn adopted(conn: &mut Conn) -> Result<Vec<RuleSet>> {
    let rows = conn.rows("SELECT id, name, source, from_on, thresholds, number FROM rule_set ORDER BY number", &[]).await?;
    let read = |row: &crate::db::Row| {
        Ok(RuleSet {
            id: row.text(0)?,
            name: Some(row.text(1)?),
            source: row.text(2)?,
            from: row.date(3)?,
            thresholds: row.json(4)?,
            number: row.count(5)?,
        })
    };
    rows.iter().map(read).collect()
}

/// A rule set, adopted or brought by the program.
pub async fn find(conn: &mut Conn, id: &str) -> Result<Option<RuleSet>> {
    let shipped = SHIPPED.iter().find(|set| set.id == id).cloned();
    Ok(match shipped {
        Some(set) => Some(set),
        None => adopted(conn).await?.into_iter().find(|set| set.id == id),
    })
}

pub(super) async fn load(conn: &mut Conn, command: &Command) -> Result<State> {
    let Command::Adopt { rule_set, name, .. } = command;
    let is_name_taken = conn.row("SELECT 1 FROM rule_set WHERE name = ?", args![name.trim()]).await?.is_some();
    Ok(State { is_id_taken: find(conn, rule_set).await?.is_some(), is_name_taken })
}

/// What one fact does to the table.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let Fact::Adopted { name, source, from, thresholds, reason } = fact;
    let sql = "INSERT INTO rule_set (id, name, source, from_on, thresholds, reason, adopted_by, adopted_on, number) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let (by, on) = (&entry.actor, entry.occurred_on);
    let values = args![&entry.subject, name, source, *from, serde_json::to_string(thresholds)?, reason, by, on, entry.number];
    conn.execute(sql, values).await.map(drop)
}
