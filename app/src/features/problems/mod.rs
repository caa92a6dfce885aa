//! Problems: what stands in the way, who owns it, since when, and how it ended.
//!
//! # Mechanism
//! A problem belongs to a place and has one owner. It is opened by itself when a supervision engineer disputes a report or an
//! inspection finds something else than was reported, and by hand when something upstream blocks the work (卡脖子, M13):
//! then it says what kind of thing that is and who must decide. A problem that opens by itself falls to the leader of the
//! project's task force, else to its liaison, else to the accountable official of the place; nobody has to remember it. The
//! owner answers what is being done and by when, or it is handed to somebody else with a reason. It ends when somebody else than
//! its owner closes it; work that went on under a major hazard falls to whoever supervises there; a dispute also ends by itself when the report is judged again.
//!
//! States: open (answered or not) → closed. Days open are counted from the day it was opened and never start anew.
//!
//! Of a blocker the page says which works it holds up and how much float each mandated date has lost by it, computed from the
//! plan with and without it.
//!
//! Refusals: Q-101 … Q-112. Extra file: `eaten.rs` (float that a blocker has eaten).

pub mod eaten;
pub mod model;
pub mod pages;
pub mod store;
#[cfg(test)]
mod tests;

use super::authority::{self, Need, Scope, Verb, missing};
use super::{places, reports};
use crate::db::Conn;
use crate::journal::domain::{Actor, Context, Decision};
use anyhow::Result;
use model::{Command, Fact};

/// Verbs of which one is enough to open a problem at a place.
const MAY_OPEN: [Verb; 5] = [Verb::Govern, Verb::Plan, Verb::Report, Verb::Confirm, Verb::Inspect];

/// The rights a command needs. Who may do what with a problem depends on whose it is; the rule says it.
pub async fn scope(conn: &mut Conn, command: &Command) -> Result<Scope> {
    let place = match command {
        Command::Open { place, .. } => Some(place.clone()),
        Command::Raise { cause, .. } => match cause.report() {
            Some(report) => reports::store::report(conn, report).await?.map(|report| report.building),
            None => None,
        },
        Command::Settle { report } => reports::store::report(conn, report).await?.map(|report| report.building),
        Command::Hand { problem, .. } | Command::Answer { problem, .. } | Command::Close { problem, .. } => {
            store::problem(conn, problem).await?.map(|problem| problem.place)
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
        let rights = authority::rights(conn, account, context.today).await?;
        let path = places::path(conn, &state.place).await?.unwrap_or_default();
        state.may_govern = rights.may(Verb::Govern, &path);
        state.may_open = MAY_OPEN.iter().any(|verb| rights.may(*verb, &path));
    }
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
