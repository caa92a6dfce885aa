//! Contingency plans (预案) of projects, parcels and buildings: what sets one off, what is done then, by whom and with what, and
//! when it was drilled.
//!
//! # Mechanism
//! Whoever works at a place, plans or governs it lays a plan: its kind, its paper, one trigger, measures, the unit and post that
//! own it, stock and money set aside, and from when to when it holds. A trigger is a fact or a figure that this program has: a
//! pollution alert of a level, hours lost to weather in a daily report, work that stands still, a major hazard, days of cover of a
//! material, float of the plan's buildings.
//!
//! Facts reach plans through `reactions.rs`; float, which is no fact, is looked at by the timer, once a week for a plan. A plan
//! whose trigger is met fires: a fact, once for each event, and not again before it is stood down. What has fired is offered as
//! an order (`orders::proposals`) with the plan's measures; people issue it. Somebody who works there stands it down with what
//! came of it.
//!
//! `rules/contingencies.toml` says how often each kind is drilled, and which risks of a building (`hazards::gather`: switched on by
//! the plan or by what was measured) may not be on without a plan of which kind, at the building or above it. A building that lacks
//! one is listed.
//!
//! States: laid → ended; fired → stood down.
//!
//! Refusals: X-201 … X-219. Extra files: `rules.rs` (kinds, drills and needs), `gaps.rs` (buildings without a plan they need).

pub mod gaps;
pub mod model;
pub mod pages;
pub mod rules;
pub mod store;
#[cfg(test)]
mod tests;

use super::authority::{self, Need, Scope, Verb, missing};
use super::places;
use crate::db::Conn;
use crate::journal::domain::{Actor, Context, Decision};
use anyhow::Result;
use model::{Command, Fact};

/// Whether somebody works at a path: lays plans, drills them, stands them down.
pub fn works(rights: &authority::Rights, path: &str) -> bool {
    [Verb::Report, Verb::Plan, Verb::Govern].iter().any(|verb| rights.may(*verb, path))
}

/// The rights a command needs. Who works there, the rule asks.
pub async fn scope(conn: &mut Conn, command: &Command) -> Result<Scope> {
    let place = match command {
        // What is heard is asked by the system alone, which the rule checks.
        Command::Hear { .. } => return Ok(Ok(Vec::new())),
        Command::Lay { place, .. } => Some(place.clone()),
        Command::End { contingency, .. } | Command::Drill { contingency, .. } | Command::StandDown { contingency, .. } => {
            store::place_of(conn, contingency).await?
        }
    };
    match place {
        Some(place) if places::path(conn, &place).await?.is_some() => Ok(Ok(vec![Need::at(Verb::Read, place)])),
        _ => Ok(Err(missing())),
    }
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let mut state = store::load(conn, command, context).await?;
    if let Actor::Account(account) = &context.actor {
        let path = places::path(conn, &state.place).await?.unwrap_or_default();
        state.works = works(&authority::rights(conn, account, context.today).await?, &path);
    }
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
