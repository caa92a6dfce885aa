//! The weekly bulletin: drafted from figures frozen at a ledger number, reviewed, issued, never edited afterwards.
//!
//! # Mechanism
//! The supervision office drafts the bulletin of a week: for every active project what was planned to date and done, the gap
//! in percentage points against last issue's, promises kept, buildings that reported, disputes, and a ranking with its rule.
//! The figures are frozen with the number of the ledger they stand on; what people write around them can be changed until
//! it is reviewed. Before it is issued those who write, review and issue bulletins read all of it; a project named in it sees its
//! own line, and who is asked for a photograph that photograph; for everybody else there is no draft. A project may object to
//! its line once; the objection is settled with a sentence or printed. It has some hours for that: whoever issues before, or before the week is over, is asked first and
//! the issue says so. Somebody else reviews, a third person issues it; it takes the next number of its year and names the
//! newest signed checkpoint. A wrong figure is corrected in a later issue that refers to it. Photographs are chosen from the
//! reports of the week, each with its own report, caption and word, though another's show the same; one is printed only when
//! those who report from its building have allowed it.
//!
//! States: draft → reviewed → issued; draft or reviewed → withdrawn.
//!
//! Refusals: B-101 … B-119. Extra files: `figures.rs` (what is frozen), `gather.rs` (where it comes from), `hindered.rs` (what held
//! projects up), `print.rs` (the paper).

pub mod figures;
pub mod gather;
pub mod hindered;
pub mod model;
pub mod pages;
pub mod print;
pub mod store;
#[cfg(test)]
mod tests;

use super::authority::{self, Need, Scope, Verb, missing};
use super::places;
use crate::db::Conn;
use crate::journal::domain::{Actor, Context, Decision};
use anyhow::Result;
use model::{Command, Fact};

/// The rights a command needs.
pub async fn scope(conn: &mut Conn, command: &Command) -> Result<Scope> {
    let (id, need) = match command {
        Command::Draft { .. } => return Ok(Ok(vec![Need::everywhere(Verb::Govern)])),
        Command::Edit { bulletin, .. } | Command::Review { bulletin } | Command::Withdraw { bulletin, .. } | Command::Settle { bulletin, .. } => {
            (bulletin, Need::everywhere(Verb::Govern))
        }
        Command::Issue { bulletin, .. } => (bulletin, Need::everywhere(Verb::Approve)),
        Command::Choose { bulletin, .. } => (bulletin, Need::everywhere(Verb::Govern)),
        // A photograph belongs to those who report from where it was taken.
        Command::Allow { bulletin, report, copy, .. } => {
            let chosen = store::photos(conn, bulletin).await?;
            let Some(chosen) = chosen.into_iter().find(|one| one.photo.is_that(report, copy)) else { return Ok(Err(missing())) };
            (bulletin, Need::at(Verb::Report, chosen.photo.building))
        }
        Command::Object { bulletin, project, .. } => {
            if places::path(conn, project).await?.is_none() {
                return Ok(Err(missing()));
            }
            (bulletin, Need::at(Verb::Plan, project))
        }
    };
    if store::bulletin(conn, id).await?.is_none() {
        return Ok(Err(missing()));
    }
    Ok(Ok(vec![need]))
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let mut state = store::load(conn, command).await?;
    if let (Command::Object { .. }, Actor::Account(account)) = (command, &context.actor) {
        state.is_writer = authority::rights(conn, account, context.today).await?.may(Verb::Govern, "/");
    }
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
