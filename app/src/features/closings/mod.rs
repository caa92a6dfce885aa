//! Account-closing reviews (对标交账): at the end of each period a project says what it promised, what it delivered, what is
//! missing and why, and somebody else accepts that or sends it back.
//!
//! # Mechanism
//! When a period is over, whoever reports, plans or governs a project, or is accountable for it, gives its account. The figures are
//! those of the period guarantee, added up in crew-days of the approved plan and frozen with the ledger number they stand on; a
//! shortfall needs its reasons, of the same kinds as hindrances of daily reports, so that they can be counted over time. Somebody
//! else who governs the project accepts the account, or returns it with a reason; then it is given again. An accepted account is
//! never changed: what is measured otherwise later shows in the next one.
//!
//! States: not given → given → accepted | returned → given.
//!
//! Refusals: Z-101 … Z-110. Extra file: `gather.rs` (figures of a period).

pub mod gather;
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

/// Whether a person may give the account of a project at a path.
pub fn may_give(rights: &authority::Rights, path: &str, is_official: bool) -> bool {
    is_official || [Verb::Report, Verb::Plan, Verb::Govern].iter().any(|verb| rights.may(*verb, path))
}

/// The rights a command needs. Who gives and who judges, the rule says.
pub async fn scope(conn: &mut Conn, command: &Command) -> Result<Scope> {
    let place = &command.closing().project;
    if places::path(conn, place).await?.is_none() {
        return Ok(Err(missing()));
    }
    Ok(Ok(vec![Need::at(Verb::Read, place)]))
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let mut state = store::load(conn, command).await?;
    if let Actor::Account(account) = &context.actor {
        let path = places::path(conn, &command.closing().project).await?.unwrap_or_default();
        let rights = authority::rights(conn, account, context.today).await?;
        let is_official = state.official.as_ref() == Some(account);
        state.may_give = may_give(&rights, &path, is_official);
        state.may_judge = rights.may(Verb::Govern, &path);
    }
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
