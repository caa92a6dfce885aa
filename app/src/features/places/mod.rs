//! Places: the tree that every fact hangs on, with an accountable official at every level.
//!
//! # Mechanism
//! District › zone › project › parcel › building, contract lots and supporting facilities beside them. A governor opens
//! a place under its parent; the root of the tree must name an accountable official, any other place names its own or
//! stands under the nearest one above it, so that no place is ever without one. A project carries a programme type
//! (resettlement, finished pre-sold flats, heritage works) from `rules/programmes.toml`, with the states and headline
//! counts that type has. Amendments and appointments are facts; the place's history is read from the ledger.
//!
//! In a state in which no work goes on (`idle` in the same file) nobody owes a report and nothing is planned: `plan` hears of it.
//!
//! Many are opened at once from a workbook, all or none.
//!
//! Refusals: P-101 … P-115. Extra files: `tree.rs` (the tree in memory, for pages that show much of it), `sheet.rs` (places by
//! Excel).

pub mod model;
pub mod pages;
pub mod sheet;
pub mod store;
pub mod tree;
#[cfg(test)]
mod tests;

use super::authority::{Need, Scope, Verb, missing};
use crate::db::Conn;
use crate::journal::domain::{Context, Decision};
use anyhow::Result;
use model::{Command, Fact, Opening};

pub use store::{all, get, names_in_care_of, path};
pub use tree::Tree;

/// The rights a command needs, on the rows it names.
pub async fn scope(conn: &mut Conn, command: &Command) -> Result<Scope> {
    let place = match command {
        Command::Open(Opening { parent: None, .. }) | Command::OpenAll { under: None, .. } => return Ok(Ok(vec![Need::everywhere(Verb::Govern)])),
        // What is opened with others stands under this place by the rule.
        Command::Open(Opening { parent: Some(parent), .. }) | Command::OpenAll { under: Some(parent), .. } => parent,
        Command::Amend { place, .. } | Command::Appoint { place, .. } | Command::SetState { place, .. } => place,
    };
    if store::path(conn, place).await?.is_none() {
        return Ok(Err(missing()));
    }
    Ok(Ok(vec![Need::at(Verb::Govern, place)]))
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let state = store::load(conn, command).await?;
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
