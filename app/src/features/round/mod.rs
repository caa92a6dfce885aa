//! The daily round: who has reported, what is or turns red, what was due yesterday or promised up to then and not done, whom we
//! wait for, and what is decided about it.
//!
//! # Mechanism
//! The page of a place reads everything it shows from other features as of today; it keeps nothing but what people do there.
//! A decision names what is to be done, who owns it and by when; its owner, or whoever governs the place, says how it ended.
//! Whoever looks through a round says so, so that the next look begins with what has changed since. The minutes of a day
//! freeze its figures with the ledger number they stand on, once a place and day; decisions and names are printed beside them.
//! The brief of a day is a view of the round as it stands, as a paper. Whoever governs the place prints the letter that asks
//! the owner of an open decision to do it.
//!
//! States of a decision: open → done.
//!
//! Refusals: D-101 … D-108. Extra files: `gather.rs` (what a round shows), `print.rs` (its papers).

pub mod gather;
mod lists;
pub mod model;
pub mod pages;
pub mod print;
pub mod store;
#[cfg(test)]
mod tests;
mod wall;

use super::authority::{Need, Scope, Verb, missing};
use super::places;
use crate::db::Conn;
use crate::journal::domain::{Actor, Context, Decision};
use anyhow::Result;
use model::{Command, Fact};

/// The rights a command needs. A decision's owner may say how it ended without governing its place.
pub async fn scope(conn: &mut Conn, command: &Command) -> Result<Scope> {
    let (place, verb) = match command {
        Command::Decide { place, .. } | Command::Minute { place, .. } => (place.clone(), Verb::Govern),
        Command::See { place, .. } => (place.clone(), Verb::Read),
        Command::Finish { decision, .. } => match store::decision(conn, decision).await? {
            Some(found) => (found.place, Verb::Read),
            None => return Ok(Err(missing())),
        },
    };
    if places::path(conn, &place).await?.is_none() {
        return Ok(Err(missing()));
    }
    Ok(Ok(vec![Need::at(verb, place)]))
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let mut state = store::load(conn, command).await?;
    if let (Command::Finish { .. }, Actor::Account(account), Some(found)) = (command, &context.actor, &state.decision) {
        let path = places::path(conn, &found.place).await?.unwrap_or_default();
        state.may_govern = super::authority::rights(conn, account, context.today).await?.may(Verb::Govern, &path);
    }
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
