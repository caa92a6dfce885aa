//! Leads of corruption (线索移送): what somebody who looks at a project hands to the discipline inspection body, sealed so that this
//! program cannot read it afterwards.
//!
//! # Mechanism
//! The recipient makes a pair of keys with `guatu lead-key new` and keeps the secret one. The system administrator puts the
//! public key forward, the security administrator adopts it, and every change stays on the page on which leads are written,
//! with its fingerprint. Without a key that page takes nothing.
//!
//! Whoever leads, supervises, inspects or audits writes a text and adds photographs. They are encrypted to the key while the
//! request is answered (`envelope.rs`), padded to one of few sizes, and kept beside the ledger; the words themselves are written
//! nowhere. Nobody asks for an account: the sealed envelope does not say who closed it, and the fact that one left is written
//! by the timer, as the system, with the others of its half minute in the order of their hashes. A fact says that a lead left,
//! the hash and the size. The sender keeps the hash as a receipt, and looks its ledger number up with it.
//!
//! The recipient's post holds one page: envelopes by number and size. Each download is a fact. `guatu leads open` opens one where
//! the secret key is; the recipient says so, and then the system administrator may have it removed: two people, each with a fact,
//! and only the bytes go. `docs/spec/leads.md` has the format and what this does not protect against.
//!
//! Refusals: E-201 … E-216. Extra file: `envelope.rs` (the format).

pub mod envelope;
pub mod model;
pub mod pages;
pub mod store;
#[cfg(test)]
mod tests;

use super::authority::{Need, Scope, Verb, missing};
use crate::db::Conn;
use crate::journal::domain::{Context, Decision};
use anyhow::Result;
use model::{Command, Fact};

/// The rights a command needs. That an envelope left, the rule lets nobody say but the timer.
pub async fn scope(_: &mut Conn, command: &Command) -> Result<Scope> {
    Ok(Ok(match command {
        Command::PutKeyForward { .. } => vec![Need::everywhere(Verb::Administer)],
        Command::AdoptKey { .. } => vec![Need::everywhere(Verb::Secure)],
        Command::Leave { .. } => Vec::new(),
        Command::Fetch { .. } | Command::Confirm { .. } => vec![Need::everywhere(Verb::Receive)],
        Command::Remove { .. } => vec![Need::everywhere(Verb::Administer)],
    }))
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let state = store::load(conn, command).await?;
    let is_of_envelope = matches!(command, Command::Fetch { .. } | Command::Confirm { .. } | Command::Remove { .. });
    if is_of_envelope && !state.has_left {
        return Ok(Err(missing()));
    }
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
