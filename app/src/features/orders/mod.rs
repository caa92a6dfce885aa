//! Orders (督查督办): what a unit is told to do, by when, how it went, and who says that it is done.
//!
//! # Mechanism
//! An order belongs to a place and hangs on a unit that leads, with up to three that help: whoever holds a post in a unit
//! acts for it, so a change of person changes no order and begins no clock anew. The supervision office drafts it, with where
//! it comes from and by which rule of `rules/orders.toml` it is to be done; a leader agrees; it is issued and its clock begins.
//! The lead unit signs for it and reports; somebody of another unit who governs the place closes it or sends the report back;
//! whoever looks back later opens it again when it does not stand, as a new round beside the old one. What a unit does on
//! paper somebody who governs may enter; they name the paper and do not judge the report then.
//!
//! The clock is a budget (`budget.rs`): no deadline, no lateness and no colour is kept anywhere; they follow from facts, rules
//! and the State Council's calendar. It stands still while it is paused and while a report is judged. It is prolonged once,
//! when that was asked for before the deadline. The timer notes each rung of the order's ladder as a fact of the day on which
//! it was reached, once a round, in order, however long nothing ran; and it says so when a deadline is another than people
//! were told because holidays have been announced. It notes nothing while the machine's clock cannot be trusted.
//!
//! Stages: drafted → approved → issued → signed (⇄ paused) → reported (→ signed, when sent back) → closed (→ issued, in a new
//! round); withdrawn.
//!
//! Refusals: S-101 … S-128. Extra files: `budget.rs` (clocks), `rules.rs` (limits and ladders), `known.rs` (what follows from
//! an order's facts, and who may do what), `due.rs` (what the timer notes of orders), `proposals.rs` (what could become an
//! order), `rates.rs` (how units do), `drafts.rs`, `acts.rs`, `doing.rs` (pages of drafts, of one order, of units and rules),
//! `drawing.rs` (a clock as a picture), `print.rs` (papers).

pub mod acts;
pub mod budget;
mod doing;
mod drafts;
mod drawing;
pub mod due;
pub mod known;
pub mod model;
pub mod pages;
mod print;
pub mod proposals;
pub mod rates;
pub mod rules;
pub mod store;
#[cfg(test)]
pub mod tests;

use super::authority::{self, Need, Scope, Verb, missing};
use super::places;
use crate::db::Conn;
use crate::journal::domain::{Actor, Context, Decision};
use anyhow::Result;
use model::{Command, Fact};

/// The rights a command needs. Who may do what with an order depends on whose it is; the rule says it.
pub async fn scope(conn: &mut Conn, command: &Command) -> Result<Scope> {
    let (place, verb) = match command {
        Command::Draft { place, .. } | Command::Rectify { place, .. } => (Some(place.clone()), Verb::Govern),
        Command::TrustClock { .. } => return Ok(Ok(vec![Need::everywhere(Verb::Govern)])),
        other => match other.order() {
            Some(order) => (store::place_of(conn, order).await?, Verb::Read),
            None => (None, Verb::Read),
        },
    };
    match place {
        Some(place) if places::path(conn, &place).await?.is_some() => Ok(Ok(vec![Need::at(verb, place)])),
        _ => Ok(Err(missing())),
    }
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let mut state = store::load(conn, command, context).await?;
    if let (Actor::Account(account), Some(known)) = (&context.actor, &state.order) {
        let rights = authority::rights(conn, account, context.today).await?;
        let path = places::path(conn, &known.place).await?.unwrap_or_default();
        state.person = store::person(conn, account, &rights, &path).await?;
    }
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
