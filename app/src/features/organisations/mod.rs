//! Organisations: every kind of body that can own an item, answer for it, or build it.
//!
//! # Mechanism
//! A governor registers an organisation once, with its kind (headquarters, bureau, sub-district, court, police, bank,
//! state platform, employer, contractor, supervision firm, village collective …). Names are unique; a name changes by
//! a later fact with a reason.
//!
//! Many are registered at once from a workbook, all or none.
//!
//! Refusals: O-101 … O-105. Extra file: `sheet.rs` (the list by Excel).

pub mod model;
pub mod pages;
pub mod sheet;
pub mod store;
#[cfg(test)]
mod tests;

use super::authority::{Need, Scope, Verb, missing};
use crate::db::Conn;
use crate::journal::domain::{Context, Decision};
use anyhow::Result;
use model::{Command, Fact};

pub use store::{all, get};

/// The rights a command needs.
pub async fn scope(conn: &mut Conn, command: &Command) -> Result<Scope> {
    if let Command::Rename { organisation, .. } = command
        && store::get(conn, organisation).await?.is_none()
    {
        return Ok(Err(missing()));
    }
    Ok(Ok(vec![Need::everywhere(Verb::Govern)]))
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let state = store::load(conn, command).await?;
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
