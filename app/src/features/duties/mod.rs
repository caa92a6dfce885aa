//! Institutions (六项制度) and the duties they raise: who owes what to whom, how often, and whether it is done.
//!
//! # Mechanism
//! Six slots hold the institutions of the campaign. Two are named in public, and the district writes the others. A rule says what
//! is owed at a place or at each active project under it, by whom, and how often: a recurrence rule of RFC 5545 on the State
//! Council's calendar. A timer raises the duties of each occurrence, once, also after days in which nothing ran; each is a fact
//! of its own day. Whoever owes a duty does it with words, and with a photograph where the rule asks for one. What another fact
//! proves is not asked twice: minutes of a round, an issued bulletin, a sent return do the duty they are named for. Who governs
//! the place may excuse one, with a reason; an excused duty leaves both sides of the rate. Lateness is derived and never stored.
//!
//! A duty of the accountable official hangs on that post: when another official is named, what is open goes to them with the
//! day by which it is due. A rule is never changed: it ends, and another begins.
//!
//! States of a duty: open → done | excused. Of a rule: in force → ended.
//!
//! Refusals: Y-101 … Y-117. Extra files: `recurrence.rs` (days of a rule), `rules.rs` (the data), `rates.rs` (how many were done in time).

pub mod model;
pub mod pages;
mod rates;
pub mod recurrence;
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

/// The rights a command needs. Whose duty it is, the rule says.
pub async fn scope(conn: &mut Conn, command: &Command) -> Result<Scope> {
    let (place, verb) = match command {
        Command::Write { .. } => return Ok(Ok(vec![Need::everywhere(Verb::Govern)])),
        Command::Set { rule, .. } => (Some(rule.place.clone()), Verb::Govern),
        Command::End { rule, .. } | Command::Raise { rule, .. } => (store::rule(conn, rule).await?.map(|rule| rule.owed.place), Verb::Govern),
        Command::Do { duty, .. } => (store::duty(conn, duty).await?.map(|duty| duty.place), Verb::Read),
        Command::Excuse { duty, .. } => (store::duty(conn, duty).await?.map(|duty| duty.place), Verb::Govern),
    };
    match place {
        Some(place) if places::path(conn, &place).await?.is_some() => Ok(Ok(vec![Need::at(verb, place)])),
        _ => Ok(Err(missing())),
    }
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let mut state = store::load(conn, command, context).await?;
    if let (Command::Set { rule, .. }, Actor::Account(_)) = (command, &context.actor)
        && let Some(account) = rule.owner.account()
    {
        let path = places::path(conn, &rule.place).await?.unwrap_or_default();
        state.is_owner_known = authority::rights(conn, account, context.today).await?.may(Verb::Read, &path);
    }
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
