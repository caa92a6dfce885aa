//! Double prevention (安全生产双重预防机制): risks that are known before anything happens, and hazards found all the same.
//!
//! # Mechanism
//! A risk point of the catalogue (`rules/risks.toml`) is on at a building while the plan has it in the point's stage, and where
//! the point depends on something measured – the depth of a pit, the height of formwork, a crane that stands – while that is so.
//! A value that nobody has recorded is a gap, and listed. LEC or LS grades it; its colour says who controls it and how often
//! it is looked at; a look that is overdue is offered as an order. Nothing of that is kept but what people do: measure, regrade
//! with a reason, look.
//!
//! A dangerous work (危大工程) passes through a plan signed by two people of two firms, experts where it is over scale, disclosure,
//! and acceptance before the next step. A next step that begins before is listed, and offered as a major hazard.
//!
//! Reported quantities of a stopped building are kept, since a report is what somebody said; of each building and hazard the
//! first says so in the hazard's course (`reactions.rs`), and opens a problem of whoever supervises. Hands alone are no offence: making safe
//! is what a stop asks for. Of the day of the stop itself nothing is said: a report does not tell what was done before it.
//!
//! A hazard names what is settled for it (五落实): measure, money, person, time limit, contingency. An ordinary one is put right,
//! with a photograph, and somebody else looks. A major one stops work at its place from that day on: the plan hears it and moves
//! (`plan::heard::hear`), and goes on moving while it is not known to be over. It is reported to the regulator and to the
//! workers' congress, may be listed by a higher office, and work goes on only after a review by somebody who neither repaired it
//! nor asked for that. It is not closed without both reports. An ordinary one may be raised to major while it is not put right or
//! nobody has looked, with a reason, a picture, money and contingency: all of that follows from then on. It is lowered by somebody
//! else than whoever called it major, with a reason, unless its kind is major by the published list; work goes on in the same moment.
//!
//! Stages of a hazard: open → repaired → (ordinary) closed; (major) → rechecked → asked → resumed → closed; back to open when a look
//! finds that it is not put right.
//!
//! Refusals: H-101 … H-131. Extra files: `rules.rs` (the data), `risks.rs` (which points are on), `gather.rs` (of many places), `safety.rs` (pages of risks:
//! the four-colour map, a building, dangerous works), `print.rs` (notice cards).

pub mod gather;
pub mod model;
pub mod pages;
mod print;
pub mod risks;
pub mod rules;
mod safety;
pub mod store;
#[cfg(test)]
pub mod tests;

use super::authority::{self, Need, Scope, Verb, missing};
use super::places;
use crate::db::Conn;
use crate::journal::domain::{Actor, Context, Decision};
use anyhow::Result;
use model::{Command, Fact, Posts};

/// What a person may do at a path, as far as safety goes.
pub fn posts(rights: &authority::Rights, path: &str) -> Posts {
    let may = |verb| rights.may(verb, path);
    Posts {
        works: may(Verb::Report),
        plans: may(Verb::Plan),
        supervises: may(Verb::Confirm),
        oversees: may(Verb::Inspect) || may(Verb::Govern) || may(Verb::Approve),
        governs: may(Verb::Govern),
    }
}

/// The rights a command needs. Who may do what depends on where a thing stands and who has done what before; the rule says it.
pub async fn scope(conn: &mut Conn, command: &Command) -> Result<Scope> {
    let place = match (command.place(), command.hazard()) {
        (Some(place), _) => Some(place.to_owned()),
        (None, Some(hazard)) => store::hazard(conn, hazard).await?.map(|hazard| hazard.known.place),
        (None, None) => None,
    };
    match place {
        Some(place) if places::path(conn, &place).await?.is_some() => Ok(Ok(vec![Need::at(Verb::Read, place)])),
        _ => Ok(Err(missing())),
    }
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let mut state = store::load(conn, command, context).await?;
    if let Actor::Account(account) = &context.actor {
        let path = places::path(conn, &state.place).await?.unwrap_or_default();
        state.posts = posts(&authority::rights(conn, account, context.today).await?, &path);
    }
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
