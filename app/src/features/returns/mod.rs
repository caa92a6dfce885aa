//! Statutory returns: the fixed daily, weekly and monthly forms that a city asks a district for, filled from the ledger.
//!
//! # Mechanism
//! A form is a template: a period, what its rows are, and columns from a closed list of figures, each with the heading the form
//! gives it. The program brings examples (`rules/returns.toml`); a district adopts the forms its city asks for while the program
//! runs, with the paper that asks for them, and ends those that are asked for no longer. A form is never changed: what was sent
//! by it stands beside it. The program fills it with what other features compute already; every cell opens the page its figure comes from. Whoever
//! governs the district looks at the filled form and sends it: its cells are frozen with the ledger number they stand on, and
//! no later figure changes them. What is frozen is what was on the page; had a figure moved in between, the form is shown
//! again. Another return of the same period is a correction: it says why and names the one before, which stays.
//!
//! A reader sees the rows of the projects they may read; whoever may read the whole district has the total, the workbook and
//! the paper as well.
//!
//! Refusals: N-101 … N-120. Extra files: `figures.rs` (the closed list, and a filled form), `gather.rs` (where each figure
//! comes from), `sources.rs` (which page it opens), `print.rs` (workbook and paper), `forms.rs` (pages on which forms are adopted
//! and ended).

pub mod figures;
mod forms;
pub mod gather;
pub mod model;
pub mod pages;
mod print;
mod sources;
pub mod store;
#[cfg(test)]
mod tests;

use super::authority::{Need, Scope, Verb};
use crate::db::Conn;
use crate::journal::domain::{Context, Decision};
use anyhow::Result;
use model::{Command, Fact};

/// The rights a command needs.
pub async fn scope(_conn: &mut Conn, command: &Command) -> Result<Scope> {
    match command {
        // What is said to the city, and by which forms, is said for the whole district.
        Command::Send(_) | Command::Adopt(_) | Command::End { .. } => {}
    }
    Ok(Ok(vec![Need::everywhere(Verb::Govern)]))
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let state = store::load(conn, command).await?;
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
