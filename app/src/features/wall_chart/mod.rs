//! The wall chart: buildings by stages with lamps, bars with baseline, forecast, actual and front line.
//!
//! # Mechanism
//! The board of a place is a matrix: its projects, parcels or buildings by the stages of the work, one lamp a
//! cell with the latest date that keeps every mandated date and the forecast or actual one. A lamp comes from the rule set
//! in force (`rule_sets`) and opens why, who and since when: overdue, begun or finished since a day of its own; a forecast has
//! none, so a timer notes as a fact which lamps have begun or ceased to accuse. Work forecast late is not called overdue;
//! both show the same lamp. Bars carry the progress front line, drawn on the approved plan at dates computed once in
//! `model.rs` for canvas and paper. The same page is the command room's wall with `?wall=1`: it fits its screen, turns pages
//! as `rules/screen.toml` says, and follows the ledger by server-sent events. Refusal: W-101. Extra files: `matrix.rs`, `bars.rs`, `network.rs`,
//! `flowline.rs`, `paths.rs`, `resources.rs`, `contractor.rs` and `risk.rs` gather what the boards show, `links.rs` weighs links between bars, `chances.rs`
//! simulates under what `weather.rs` draws, `paper.rs` prints them, `events.rs` tells the wall of new facts. A float path is a way to one date, found on the plan
//! as facts stand; what resources want is counted on the forecast, which does not look at them. How likely a mandated date is
//! follows from the plan as facts stand and from settings (`rules/uncertainty.toml`) that every page of it shows.

pub mod bars;
pub mod chances;
mod contractor;
mod events;
mod flowline;
pub mod links;
pub mod matrix;
pub mod model;
pub mod network;
pub mod pages;
mod paper;
mod paths;
mod resources;
mod risk;
pub mod store;
mod weather;
#[cfg(test)]
pub mod tests;

use super::authority::{Need, Scope, Verb, missing};
use super::places;
use crate::db::Conn;
use crate::journal::domain::{Context, Decision};
use anyhow::Result;
use model::{Command, Fact};

/// The rights a command needs.
pub async fn scope(conn: &mut Conn, command: &Command) -> Result<Scope> {
    let Command::Note { project } = command;
    if places::path(conn, project).await?.is_none() {
        return Ok(Err(missing()));
    }
    Ok(Ok(vec![Need::at(Verb::Govern, project)]))
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let state = store::load(conn, command, context).await?;
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
