//! Task forces: one project – one plan – one task force, and who sat in which seat when.
//!
//! # Mechanism
//! Who may appoint fills the seats of a project's task force: leader, deputies, liaison, lead official, member units,
//! sub-district, employer, contractor, supervision engineer. A seat is held by a person or an organisation from a day to a
//! day; leaving says why. History stays. A project is not activated before the seats in `REQUIRED` are held.
//!
//! Refusals: T-101 … T-106.

pub mod model;
pub mod pages;
pub mod store;
#[cfg(test)]
mod tests;

use super::authority::{Need, Scope, Verb, missing};
use super::places;
use crate::db::Conn;
use crate::journal::domain::{Context, Decision};
use anyhow::Result;
use model::{Command, Fact};

pub use store::empty_seats;

/// The rights a command needs, on the rows it names.
pub async fn scope(conn: &mut Conn, command: &Command) -> Result<Scope> {
    let project = match command {
        Command::Fill { project, .. } => project.clone(),
        Command::Vacate { member, .. } => match store::member(conn, member).await? {
            Some(member) => member.project,
            None => return Ok(Err(missing())),
        },
    };
    if places::path(conn, &project).await?.is_none() {
        return Ok(Err(missing()));
    }
    Ok(Ok(vec![Need::at(Verb::Appoint, project)]))
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let state = store::load(conn, command).await?;
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
