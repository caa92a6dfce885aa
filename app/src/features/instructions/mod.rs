//! Instructions (指示精神) from above: meetings, leaders' notes and papers, what became of each of their items, and the answer to
//! whoever gave them.
//!
//! # Mechanism
//! Whoever governs a place records an instruction: which post or body gave it, its number, day and subject, and its text or a scan.
//! A source is a post, never a person: words that name somebody of this installation are refused. A meeting has a roster of the
//! posts that were due, each present, stood in for by another post, or absent with a reason. The instruction is conveyed to
//! units, and each acknowledges it by itself; for a unit without anybody here whoever governs enters it and names the paper.
//!
//! The instruction is broken into items, each with the unit and post that own it, a place under the instruction's, and a day.
//! An item is offered as an order (`orders::proposals`); people issue it. From then on the item follows its order, which is
//! heard here, and the order names the item it comes from: the way leads in both directions. An item is reported back to the
//! source once its order is closed, or with evidence of its own where it needed none; an order that is opened again takes the
//! report back. An instruction is done when all its items are reported back, and never otherwise.
//!
//! Who may read its place sees an instruction whole. A unit that it was conveyed to, or that was due at the meeting, sees its
//! text and the unit's own items; whoever may read the place of an item, or belongs to the unit that owns it, sees that item.
//! For everybody else it is not there.
//!
//! Stages, none of which is kept: received (no items) → open → done; withdrawn.
//!
//! Refusals: J-201 … J-229. Extra file: `acts.rs` (the forms of one instruction and what they ask).

mod acts;
pub mod model;
pub mod pages;
pub mod store;
#[cfg(test)]
mod tests;

use super::authority::{self, Need, Scope, Verb, missing};
use super::{identity, places};
use crate::db::Conn;
use crate::journal::domain::{Actor, Context, Decision};
use anyhow::Result;
use model::{Command, Fact};
use store::Instruction;

/// How much of an instruction somebody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// The items that concern them.
    Items,
    /// Its text as well: it was conveyed to their unit.
    Told,
    /// All of it.
    Whole,
}

/// How much of an instruction a person sees; `None`: for them it is not there. `path_of` knows the paths of places.
pub fn sight<'p>(
    rights: &authority::Rights,
    unit: Option<&str>,
    instruction: &Instruction,
    path_of: impl Fn(&str) -> Option<&'p str>,
) -> Option<Sight> {
    let reads = |place: &str| path_of(place).is_some_and(|path| rights.may(Verb::Read, path));
    if reads(&instruction.place) {
        return Some(Sight::Whole);
    }
    // A unit's people are those who hold a post today.
    let unit = unit.filter(|_| rights.may_somewhere(Verb::Read));
    if unit.is_some_and(|unit| instruction.addresses(unit)) {
        return Some(Sight::Told);
    }
    instruction.items.iter().any(|item| unit == Some(item.known.unit.as_str()) || reads(&item.known.place)).then_some(Sight::Items)
}

/// The rights a command needs.
pub async fn scope(conn: &mut Conn, command: &Command) -> Result<Scope> {
    let place = match command {
        Command::Record { place, .. } => Some(place.clone()),
        other => store::place_of(conn, other.instruction()).await?,
    };
    match (place, command) {
        // A unit may have been told without anybody of it seeing the place; who may, is asked with the unit.
        (Some(_), Command::Acknowledge { .. }) => Ok(Ok(Vec::new())),
        (Some(place), _) if places::path(conn, &place).await?.is_some() => Ok(Ok(vec![Need::at(Verb::Govern, place)])),
        _ => Ok(Err(missing())),
    }
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let mut state = store::load(conn, command).await?;
    if let (Actor::Account(account), Command::Acknowledge { instruction, .. }) = (&context.actor, command) {
        let rights = authority::rights(conn, account, context.today).await?;
        let place = store::place_of(conn, instruction).await?.unwrap_or_default();
        let path = places::path(conn, &place).await?.unwrap_or_default();
        state.may_govern = rights.may(Verb::Govern, &path);
        let own = identity::store::account(conn, account).await?.and_then(|found| found.organisation);
        state.own_unit = own.filter(|_| rights.may_somewhere(Verb::Read));
        let found = store::instruction(conn, instruction).await?;
        let is_told = found.zip(state.own_unit.as_ref()).is_some_and(|(found, unit)| found.addresses(unit));
        if !is_told && !rights.may(Verb::Read, &path) {
            return Ok(Err(missing()));
        }
    }
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
