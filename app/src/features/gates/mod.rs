//! Gates of quality, safety, ecology and facilities (质量关、安全关、生态关、配套设施): evidence without which a milestone is not met.
//!
//! # Mechanism
//! `rules/gates.toml` says what each acceptance, handover or milestone needs (`plan::binding`): the ladder of GB 50300, acceptance
//! household by household, fire, utilities, filing, registration, six dust measures each at a hundred per cent, noise, spoil,
//! planting. Whoever works at a place files evidence: a paper, its day, photographs, measures. Somebody of the supervision,
//! of the inspectors or of the leaders, and not who filed it, confirms it or sends it back with a reason. What turns out wrong is
//! withdrawn with a reason.
//!
//! The plan hears confirmations (`plan::heard::hear`) and refuses to call a bound stage met without them; so does a report that
//! would complete one. What was met before its gate stood, or came so from a file, stays met and is shown as met without its
//! gate: a diagnostic, since the past is not refused. A gate confirmed of a project or parcel holds for what stands in it.
//!
//! Gates have an order (`after`): evidence of one is filed and confirmed once those before it are confirmed, and its paper is not
//! older than theirs, nor than the plan. Of a project or parcel those before must be passed by all of its buildings that have them.
//!
//! States: (open) → filed → confirmed | returned; withdrawn.
//!
//! Refusals: M-101 … M-115.

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

/// The rights a command needs. Whether somebody judges what they filed themselves, the rule says.
pub async fn scope(conn: &mut Conn, command: &Command) -> Result<Scope> {
    let place = command.place();
    if places::path(conn, place).await?.is_none() {
        return Ok(Err(missing()));
    }
    Ok(Ok(vec![Need::at(Verb::Read, place)]))
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let mut state = store::load(conn, command).await?;
    if let Actor::Account(account) = &context.actor {
        let path = places::path(conn, command.place()).await?.unwrap_or_default();
        let rights = authority::rights(conn, account, context.today).await?;
        (state.may_file, state.may_judge) = may(&rights, &path);
    }
    Ok(model::decide(&state, command, context).map_err(Into::into))
}

/// Whether a person may file evidence at a path, and whether they may judge it.
pub fn may(rights: &authority::Rights, path: &str) -> (bool, bool) {
    let any = |verbs: &[Verb]| verbs.iter().any(|verb| rights.may(*verb, path));
    (any(&[Verb::Report, Verb::Plan, Verb::Govern]), any(&[Verb::Confirm, Verb::Inspect, Verb::Govern]))
}
