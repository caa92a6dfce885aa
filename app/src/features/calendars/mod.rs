//! Calendars: the State Council's working days, the stops of sites, pollution alerts and exemptions from them.
//!
//! # Mechanism
//! The working days of authorities come from `rules/holidays.toml`, one notice a year; a year without a notice falls back
//! to Monday to Friday and is flagged wherever it is used. Sites work every day but the Spring Festival stop, which a
//! district sets per year, and winter periods, which name the kinds of work they stop. A pollution alert is recorded as
//! the authority announces it: level, hour, notice; it changes level and ends by later notices, never by computation.
//! What each level stops is `rules/pollution.toml`. An exemption paper takes a project out of a level for its validity.
//! What was entered by mistake is withdrawn with a reason. Plans listen: every such fact has them scheduled again.
//!
//! States of an alert: running (at a level) → ended; withdrawn.
//!
//! Refusals: C-101 … C-116. Extra files: `holidays.rs` (the State Council's calendar), `stops.rs` (facts → stops of a plan),
//! `registers.rs` (alerts and exemptions as lists).

pub mod holidays;
pub mod model;
pub mod pages;
mod registers;
pub mod stops;
pub mod store;
#[cfg(test)]
mod tests;

use super::authority::{Need, Scope, Verb, missing};
use super::places;
use crate::db::Conn;
use crate::journal::domain::{Context, Decision};
use anyhow::Result;
use model::{Command, Fact};

pub use stops::{alert_stops, plan_calendars, set_festivals, stops};

/// The rights a command needs: calendars are kept for the whole district.
pub async fn scope(conn: &mut Conn, command: &Command) -> Result<Scope> {
    let is_there = match command {
        Command::ChangeLevel { alert, .. } | Command::End { alert, .. } => store::alert(conn, alert).await?.is_some(),
        Command::Exempt { project, .. } => places::path(conn, project).await?.is_some(),
        Command::Withdraw { entry, .. } => store::is_entry(conn, entry).await?,
        Command::Announce { .. } | Command::SetSpringFestival { .. } | Command::SetWinter { .. } => true,
    };
    if !is_there {
        return Ok(Err(missing()));
    }
    Ok(Ok(vec![Need::everywhere(Verb::Calendar)]))
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let state = store::load(conn, command).await?;
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
