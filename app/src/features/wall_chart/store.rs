//! Lamps as they were noted: since when a bar is late or at risk, and by which fact.

use super::model::{Command, Fact, State, Word, verdict};
use crate::args;
use crate::db::Conn;
use crate::features::plan::store as plans;
use crate::features::rule_sets;
use crate::journal::domain::{Context as JournalContext, Entry};
use anyhow::{Context, Result};
use jiff::civil::Date;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// A lamp as it was noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotedLamp {
    /// What it was called.
    pub word: Word,
    /// The day on which it was first called so, without a break until now.
    pub since: Date,
    /// The fact that says so.
    pub number: u64,
}

/// The noted lamp of a bar, if it has one that accuses.
pub async fn noted(conn: &mut Conn, project: &str, activity: &str) -> Result<Option<NotedLamp>> {
    let sql = "SELECT word, since_on, number FROM noted_lamp WHERE project = ? AND activity = ?";
    let Some(row) = conn.row(sql, args![project, activity]).await? else { return Ok(None) };
    let word = Word::from_key(&row.text(0)?).context("a noted word is known")?;
    Ok(Some(NotedLamp { word, since: row.date(1)?, number: row.count(2)? }))
}

/// The noted lamps of a project, by activity.
pub async fn noted_of(conn: &mut Conn, project: &str) -> Result<HashMap<String, NotedLamp>> {
    let sql = "SELECT activity, word, since_on, number FROM noted_lamp WHERE project = ?";
    let mut lamps = HashMap::new();
    for row in conn.rows(sql, args![project]).await? {
        let word = Word::from_key(&row.text(1)?).context("a noted word is known")?;
        lamps.insert(row.text(0)?, NotedLamp { word, since: row.date(2)?, number: row.count(3)? });
    }
    Ok(lamps)
}

/// Schedules whose lamps have been compared with what is noted: project, with the digest of its schedule, the day and the rule
/// set of that day.
#[derive(Debug, Default)]
pub struct Compared(Mutex<HashMap<String, (String, Date, String)>>);

impl Compared {
    /// Projects whose schedule, day or rule set is another than when this was last asked.
    pub async fn outdated(&self, conn: &mut Conn, today: Date) -> Result<Vec<String>> {
        let digests = plans::digests(conn).await?;
        let adopted = rule_sets::store::adopted(conn).await?;
        let rules = &rule_sets::model::lamp_rules(&adopted, today).0.id;
        let mut compared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let outdated = digests.into_iter().filter_map(|(project, digest)| {
            let now = (digest, today, rules.clone());
            (compared.insert(project.clone(), now.clone()) != Some(now)).then_some(project)
        });
        Ok(outdated.collect())
    }
}

pub(super) async fn load(conn: &mut Conn, command: &Command, context: &JournalContext) -> Result<State> {
    let Command::Note { project } = command;
    let mut state = State::default();
    if plans::settled_digest(conn, project).await?.is_none() {
        return Ok(state);
    }
    state.is_settled = true;
    for row in conn.rows("SELECT activity, word FROM noted_lamp WHERE project = ?", args![project]).await? {
        state.noted.insert(row.text(0)?, Word::from_key(&row.text(1)?).context("a noted word is known")?);
    }
    let adopted = rule_sets::store::adopted(conn).await?;
    let (_, rules) = rule_sets::model::lamp_rules(&adopted, context.today);
    let bars = plans::bars(conn, project, 0, i64::MAX as u64).await?;
    state.lit = bars.iter().map(|bar| (bar.activity.clone(), verdict(bar, context.today, &rules).word())).collect();
    Ok(state)
}

/// Applies a fact to the tables.
pub async fn apply(conn: &mut Conn, entry: &Entry<crate::features::Fact>, fact: &Fact) -> Result<()> {
    let Fact::Noted { project, lit, cleared } = fact;
    for activity in cleared {
        conn.execute("DELETE FROM noted_lamp WHERE project = ? AND activity = ?", args![project, activity]).await?;
    }
    let sql = "INSERT INTO noted_lamp (project, activity, word, since_on, number) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (project, activity) DO UPDATE SET word = excluded.word, since_on = excluded.since_on, number = excluded.number";
    for (activity, word) in lit {
        conn.execute(sql, args![project, activity, word, entry.occurred_on, entry.number]).await?;
    }
    Ok(())
}
