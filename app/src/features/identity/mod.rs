//! Identity: accounts, the posts people hold over time, sessions and one-time links.
//!
//! # Mechanism
//! There is no default account. An empty installation prints a one-time link (30 minutes, this machine's address); who
//! opens it becomes the system administrator, who may create accounts and, while there is none, appoint the security
//! administrator. Only the security administrator grants posts: a role at a place (and everything under it) from a day
//! to a day. The three administrators (system, security, audit) are three people: no account may hold two of these
//! posts, and nobody grants a post to themselves. Only the newest link of an account works. A link for an account that has
//! a password or a post needs two of them: the system administrator asks with a reason, the security administrator allows
//! it and hands the link over, so that nobody alone can become somebody else. People therefore enter first and get their
//! posts then. Whoever is accountable for places is replaced there before being disabled. What a role may do is the table
//! in `model.rs`.
//! Names and passwords are kept beside the ledger; facts name accounts only.
//!
//! Refusals: I-101 … I-115, I-128. Extra files: `session.rs` (what a browser brings), `keys.rs` (what other programs bring).

pub mod keys;
pub mod model;
pub mod pages;
pub mod session;
pub mod store;
#[cfg(test)]
mod tests;

use super::authority::{Need, Scope, Verb, missing};
use crate::db::Conn;
use crate::journal::domain::{Context, Decision};
use anyhow::Result;
use model::{Command, Fact, Role};

pub use store::{accounts, names, posts_held};

/// The rights a command needs.
pub async fn scope(conn: &mut Conn, command: &Command) -> Result<Scope> {
    let need = match command {
        Command::CreateAccount { .. } => Need::everywhere(Verb::Administer),
        Command::Disable { account, .. }
        | Command::Enable { account, .. }
        | Command::Invite { account }
        | Command::Enter { account }
        | Command::AskReset { account, .. }
        | Command::AllowReset { account } => {
            if store::account(conn, account).await?.is_none() {
                return Ok(Err(missing()));
            }
            let verb = if matches!(command, Command::AllowReset { .. }) { Verb::Secure } else { Verb::Administer };
            Need::everywhere(verb)
        }
        Command::Grant { role: Role::SecurityAdmin, .. } if !store::has_role(conn, Role::SecurityAdmin).await? => {
            Need::everywhere(Verb::Administer)
        }
        Command::Grant { .. } => Need::everywhere(Verb::Secure),
        Command::EndPost { post, .. } => {
            if store::post(conn, post).await?.is_none() {
                return Ok(Err(missing()));
            }
            Need::everywhere(Verb::Secure)
        }
    };
    Ok(Ok(vec![need]))
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let state = store::load(conn, command).await?;
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
