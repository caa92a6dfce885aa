//! The table of gates.

use super::model::{Before, Command, Evidence, Fact, Known, Standing, State};
use crate::args;
use crate::db::{Conn, Row};
use crate::features::Fact as AnyFact;
use crate::features::plan::binding::{self, Gate};
use crate::features::{places, plan};
use crate::journal::domain::Entry;
use anyhow::{Context, Result};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A gate of a place as the table holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// The place.
    pub place: String,
    /// The gate.
    pub gate: String,
    /// As the rule sees it.
    pub known: Known,
    /// Who judged it.
    pub judged_by: Option<String>,
    /// Why it was sent back or withdrawn.
    pub reason: Option<String>,
    /// The fact that last changed it.
    pub number: u64,
}

macro_rules! columns {
    () => {
        "place, gate, standing, evidence, filed_by, judged_by, judged_on, reason, number"
    };
}

fn read(row: &Row) -> Result<Filed> {
    Ok(Filed {
        place: row.text(0)?,
        gate: row.text(1)?,
        known: Known {
            standing: Standing::from_name(&row.text(2)?).context("a stored standing is known")?,
            evidence: row.json::<Evidence>(3)?,
            filed_by: row.text(4)?,
            judged_on: row.opt_date(6)?,
        },
        judged_by: row.opt_text(5)?,
        reason: row.opt_text(7)?,
        number: row.count(8)?,
    })
}

/// Gates of a place for which something was filed, by gate.
pub async fn of_place(conn: &mut Conn, place: &str) -> Result<BTreeMap<String, Filed>> {
    let sql = concat!("SELECT ", columns!(), " FROM gate_evidence WHERE place = ?");
    let rows = conn.rows(sql, args![place]).await?;
    rows.iter().map(|row| read(row).map(|filed| (filed.gate.clone(), filed))).collect()
}

/// Everything that waits for a judgement, oldest first.
pub async fn waiting(conn: &mut Conn) -> Result<Vec<Filed>> {
    let sql = concat!("SELECT ", columns!(), " FROM gate_evidence WHERE standing = 'filed' ORDER BY number");
    conn.rows(sql, &[]).await?.iter().map(read).collect()
}

/// Gates that come before one of a place. A building's own plan says which of them it has; for a project or parcel each of its
/// buildings must have passed its own, unless it was confirmed for the whole.
pub async fn before(conn: &mut Conn, path: &str, gate: &Gate) -> Result<Vec<Before>> {
    let mut found = Vec::new();
    if gate.after.is_empty() {
        return Ok(found);
    }
    let planned = plan::heard::planned_under(conn, path).await?;
    for first in gate.before() {
        let sql = "SELECT place, evidence FROM gate_evidence WHERE gate = ? AND standing = 'confirmed'";
        let mut confirmed: BTreeMap<String, Date> = BTreeMap::new();
        for row in conn.rows(sql, args![&first.id]).await? {
            confirmed.insert(row.text(0)?, row.json::<Evidence>(1)?.on);
        }
        for (place, _) in planned.iter().filter(|(_, stages)| first.exists(stages)) {
            let path = places::path(conn, place).await?.unwrap_or_default();
            let on = path.trim_matches('/').split('/').filter_map(|at| confirmed.get(at)).max().copied();
            found.push(Before { gate: first.id.clone(), place: place.clone(), confirmed: on });
        }
    }
    Ok(found)
}

pub(super) async fn load(conn: &mut Conn, command: &Command) -> Result<State> {
    let place = places::get(conn, command.place()).await?.context("scope has found the place")?;
    let known = of_place(conn, command.place()).await?.remove(command.gate()).map(|filed| filed.known);
    let mut state = State { is_site: place.kind.is_site(), may_file: true, may_judge: true, known, ..State::default() };
    if let Some(gate) = binding::gate(command.gate()).filter(|_| matches!(command, Command::File { .. } | Command::Confirm { .. })) {
        state.before = before(conn, &place.path, gate).await?;
        state.begins_on = plan::heard::begins_on(conn, &place.path).await?;
    }
    Ok(state)
}

/// What one fact does to the table.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let (place, by, number) = (&entry.place, &entry.actor, entry.number);
    let (gate, standing, reason) = match fact {
        Fact::Filed { gate, evidence } => {
            let sql = "INSERT INTO gate_evidence (place, gate, standing, evidence, filed_by, number) VALUES (?, ?, 'filed', ?, ?, ?)
                       ON CONFLICT (place, gate) DO UPDATE SET standing = excluded.standing, evidence = excluded.evidence, filed_by = excluded.filed_by,
                       judged_by = NULL, judged_on = NULL, reason = NULL, number = excluded.number";
            return conn.execute(sql, args![place, gate, serde_json::to_string(evidence)?, by, number]).await.map(drop);
        }
        Fact::Confirmed { gate } => (gate, Standing::Confirmed, None),
        Fact::Returned { gate, reason } => (gate, Standing::Returned, Some(reason)),
        Fact::Withdrawn { gate, reason } => (gate, Standing::Withdrawn, Some(reason)),
    };
    let sql = "UPDATE gate_evidence SET standing = ?, judged_by = ?, judged_on = ?, reason = ?, number = ? WHERE place = ? AND gate = ?";
    conn.execute(sql, args![standing.name(), by, entry.occurred_on, reason, number, place, gate]).await.map(drop)
}
