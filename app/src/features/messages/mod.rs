//! Messages: what concerns a person reaches them, once, at an hour at which they work.
//!
//! # Mechanism
//! A fact that concerns somebody makes a notice in its own transaction (`heard.rs`, `rules/messages.toml`): a person, a unit or
//! whoever may do something at a place. Notices are derived, so a replay makes the same ones. The inbox reads them for whoever
//! asks, by what that person may see today; what was read is kept beside the ledger.
//!
//! What leaves the program goes through one outbox (`outbox.rs`), a table beside the ledger with a cursor: notices behind the
//! cursor become deliveries, one a notice, channel and receiver, in one transaction with the cursor. So nothing is lost, nothing is
//! made twice, and a rebuild sends nothing again. A delivery waits for the hours of a working day unless it is urgent; it is taken
//! in hand by one node at a time, authorised once more when it is sent, and marked after the other side has answered: what was cut
//! off in between is sent again under the same id. What fails comes back later each time, and after some attempts is dead until
//! somebody who may see it sends it again.
//!
//! Mail goes to persons, at an address that they have shown to be theirs by typing a code that was sent there. Robots and webhooks
//! belong to places and are added by who governs them; that is a fact, their address and key are beside the ledger. A robot gets
//! what whoever added it may still tell. The network is touched only for what an operator or a person configured; a rehearsal
//! sends nothing.
//!
//! Refusals: A-101 … A-114. Extra files: `rules.rs`, `heard.rs`, `unread.rs`, `outbox.rs`, `channels/` (mail, three kinds of robots, webhooks,
//! calendars, and the one way to the network), `settings.rs` and `dead.rs` (pages).

pub mod channels;
mod dead;
pub mod heard;
pub mod model;
pub mod outbox;
pub mod pages;
pub mod rules;
mod settings;
pub mod store;
pub mod unread;
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
    let place = match command {
        Command::AddRobot { place, .. } => Some(place.clone()),
        Command::RemoveRobot { robot, .. } => store::robot(conn, robot).await?.map(|robot| robot.place),
    };
    match place {
        Some(place) if places::path(conn, &place).await?.is_some() => Ok(Ok(vec![Need::at(Verb::Govern, place)])),
        _ => Ok(Err(missing())),
    }
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let state = store::load(conn, command).await?;
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
