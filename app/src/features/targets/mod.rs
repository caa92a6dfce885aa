//! Targets: by day, week, ten days, month, quarter and year, each guaranteeing the next.
//!
//! # Mechanism
//! Every measured work item has, in every period, what it needs so that no mandated date is lost (SHOULD), what the forecast
//! allows (CAN), what its owner promises (WILL), and what was done. A promise is drafted as the lesser of need and
//! possibility; whoever reports for the building confirms it for a period, at the latest on its first day. On that day a timer
//! freezes what the period needs and allows and where it starts, so that neither a re-plan nor a later measurement rewrites
//! what was asked or promised. A promise nobody made is nothing, and shown as that. Today's target follows from every promise and requirement at once (`kernel::guarantee`), so
//! that whoever keeps each day keeps the week, the ten days, the month, the quarter and the year. What cannot be kept is
//! named with its shortfall, its level and what would restore it.
//!
//! What was done is heard from `reports`; rates and working days are those of the approved plan.
//!
//! Refusals: E-101 … E-112. Extra files: `assess.rs` (a project's works as pages show them), `terms.rs`
//! (what they are held to on a day → kernel → how they stand), `progress.rs` (planned to
//! date against done, in percentage points), `accounts.rs` (a period by work, place or official), `drawings.rs` (elevation and
//! S-curve), `grades.rs` (who stands for a figure), `measured.rs` (what was done by day, kept between pages).

mod accounts;
pub mod assess;
pub mod drawings;
pub mod grades;
pub mod measured;
pub mod model;
pub mod pages;
pub mod progress;
pub mod store;
pub mod terms;
#[cfg(test)]
mod tests;

use super::authority::{Need, Scope, Verb, missing};
use super::places;
use crate::db::Conn;
use crate::journal::domain::{Context, Decision};
use anyhow::Result;
use model::{Command, Fact};

/// The rights a command needs.
pub async fn scope(conn: &mut Conn, command: &Command) -> Result<Scope> {
    let (verb, place) = match command {
        Command::Promise { building, .. } => (Verb::Report, building),
        Command::Freeze { project, .. } => (Verb::Govern, project),
    };
    if places::path(conn, place).await?.is_none() {
        return Ok(Err(missing()));
    }
    Ok(Ok(vec![Need::at(verb, place)]))
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let state = store::load(conn, command, context.today).await?;
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
