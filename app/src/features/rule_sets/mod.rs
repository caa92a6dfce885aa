//! Rule sets of lamps: by which numbers a gap or a bar turns yellow or red, with source and validity.
//!
//! # Mechanism
//! The program brings rule sets with their sources (`rules/lamps.toml`, `rules/progress.toml`). A district that goes by other
//! numbers copies one, edits it and adopts it: with a name, where it comes from, and the day from which it holds. A rule set
//! is never changed; another one that is adopted follows it. What is shown of a day goes by the rule set that holds on that
//! day, and what was frozen (bulletins, minutes, returns) names the rule set by which it was judged, so that an old report
//! keeps its old rule.
//!
//! Refusals: U-101 … U-107. Extra file: `kept.rs` (the rule sets in memory).

pub mod kept;
pub mod model;
pub mod pages;
pub mod store;
#[cfg(test)]
mod tests;

use super::authority::{Need, Scope, Verb};
use crate::db::Conn;
use crate::journal::domain::{Context, Decision};
use anyhow::Result;
use model::{Command, Fact};

/// The rights a command needs: a rule set holds for the whole district.
pub async fn scope(_conn: &mut Conn, command: &Command) -> Result<Scope> {
    let Command::Adopt { .. } = command;
    Ok(Ok(vec![Need::everywhere(Verb::Govern)]))
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let state = store::load(conn, command).await?;
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
