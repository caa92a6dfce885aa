//! What may happen to a project and cost it days: a register of risk events, each with its probability, its impact, an owner
//! and the days in which it may happen.
//!
//! # Mechanism
//! Whoever plans or reports in a project, or governs it, enters an event: how probable it is, how many working days it adds at
//! least, likely and at most, to which works, and from when to when. Simulations of mandated dates draw it: when it happens, it
//! happens to all its works at once, mildly to all or badly to all. It touches works that are not finished and are forecast to
//! run in its days.
//!
//! An assessment is made anew with a reason. An event ends when it happened, or when it can no longer happen; after its last
//! day it is drawn no more.
//!
//! States: entered (assessed anew any number of times) → closed.
//!
//! Refusals: W-201 … W-214.

pub mod model;
pub mod pages;
pub mod store;
#[cfg(test)]
mod tests;

use super::authority::{self, Need, Scope, Verb, missing};
use super::places;
use crate::db::Conn;
use crate::journal::domain::{Actor, Context, Decision};
use anyhow::Result;
use model::{Command, Fact};

/// Whether somebody keeps the register of a project at a path.
pub fn keeps(rights: &authority::Rights, path: &str) -> bool {
    [Verb::Plan, Verb::Report, Verb::Govern].iter().any(|verb| rights.may(*verb, path))
}

/// The rights a command needs. Who keeps the register, the rule asks.
pub async fn scope(conn: &mut Conn, command: &Command) -> Result<Scope> {
    let project = match command {
        Command::Enter { project, .. } => Some(project.clone()),
        Command::Reassess { event, .. } | Command::Close { event, .. } => store::project_of(conn, event).await?,
    };
    match project {
        Some(project) if places::path(conn, &project).await?.is_some() => Ok(Ok(vec![Need::at(Verb::Read, project)])),
        _ => Ok(Err(missing())),
    }
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let mut state = store::load(conn, command).await?;
    if let Actor::Account(account) = &context.actor {
        let path = places::path(conn, &state.project).await?.unwrap_or_default();
        state.keeps = keeps(&authority::rights(conn, account, context.today).await?, &path);
    }
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
