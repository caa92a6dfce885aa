//! Unannounced inspections (暗访、四不两直): plans that nobody can know before and anybody can check after, and what is found.
//!
//! # Mechanism
//! A leader directs a visit and says why, or the supervision office lets chance choose places and people: a place the likelier
//! the more speaks for a look at it, at least two people who have no interest there (`draw.rs`, `rules/inspections.toml`). Each
//! site of a plan is written down beside the ledger with a salt. Once in every hour the timer commits to 64 leaves, of which
//! some are plans and the rest is chance: a seal has always the same size, so that its existence tells nothing. An hour in
//! which nothing ran has no seal and gets none later; what was planned in it goes into the next.
//!
//! A site can be opened by its inspectors once it is sealed, on the spot; then a fact carries the plan, its salt and the way to
//! the root of the seal, and everybody may check that it stood before anybody left. With a plan's last site the draw is opened
//! too. A site to which nobody went is opened when its last day is over, so that nobody can draw until the draw suits. Until
//! then a plan is seen by its inspectors, by who made it, and by who inspects everywhere and has no interest there; to
//! everybody else it is not there.
//!
//! Who leaves a post hands over what is sealed and theirs to somebody who may go too, and both sign (`handing.rs`). Nothing of that
//! is a fact before the site is opened; the fact that opens it says how it changed hands. A planner has nothing left to do in a
//! sealed plan, so nothing of it hangs on a planner's post.
//!
//! How often and how long a project is inspected is limited by the year's plan (`yearly.rs`): a leader goes beyond it with a reason,
//! chance does not. What others have sealed is not counted, since a number would tell of it.
//!
//! Inspectors score checklists (`checklists.rs`, `rules/checklists.toml`) and say what is wrong. A finding becomes an order to
//! the unit that puts it right, in the same transaction; somebody else looks again. The conclusion is written; the target,
//! those who work at the place and whose units sit in its task force, receives it, may object, and is answered by people who took no
//! part (政府督查工作条例 Art. 17). Who only has an interest there, sits in a task force or declared one, is recused: neither inspects
//! nor answers, and does not speak for the target either. Praise, criticism and accountability are proposed, and wait for the
//! district's chief (Art. 21), not for a leader of the inspected part, and not while an objection waits for its answer.
//!
//! On a phone all of a visit can be written down without a signal and sent when there is one (`phone.rs`): the same commands with
//! ids that the phone makes, photographs as they were taken, and a receipt before anything is deleted. Whoever has ODK Collect
//! fills forms in that instead (`openrosa/`): the same commands, all of a form or nothing, and forms only of what is open.
//!
//! Inspectors sign for what was done with a picture, or at a desk by typing their own name; the inspected party acknowledges that it
//! was shown it, by its own account. A name that is typed is compared and not kept: the fact says which account signed.
//!
//! Stages: (sealed) → visiting → concluded → delivered → objected → answered; lapsed, when nobody went.
//!
//! Refusals: V-101 … V-156. Extra files: `planning.rs` and `sealing.rs` (rules of plans, and the proof of one), `known.rs` (what
//! follows from an inspection's facts, and who may do what), `draw.rs`, `gather.rs` (what a draw weighs), `doubts.rs` (reports
//! that stand against each other), `checklists.rs`, `plans.rs`, `handing.rs` (a sealed plan changes hands), `yearly.rs`, `acts.rs`, `showing.rs` (pages of plans and of one inspection),
//! `print.rs` (the conclusion as a letter), `phone.rs`, `pack.rs` and `pieces.rs` with the page in `phone/` (a day without a signal), `openrosa/` (forms for
//! ODK Collect: the protocol, the forms, what waits for its photographs, and the page on which a key is made).

mod acts;
pub mod checklists;
pub mod doubts;
pub mod draw;
pub mod gather;
mod handing;
pub mod known;
pub mod model;
mod openrosa;
mod pack;
pub mod pages;
mod phone;
#[cfg(test)]
mod phone_tests;
pub mod pieces;
pub mod planning;
mod plans;
mod print;
pub mod sealing;
mod showing;
pub mod store;
#[cfg(test)]
mod rule_tests;
#[cfg(test)]
mod tests;
mod yearly;

use super::authority::{self, Need, Scope, Verb, missing};
use super::places;
use crate::db::Conn;
use crate::journal::domain::{Actor, Context, Decision};
use anyhow::Result;
use model::{Command, Fact};

/// The rights a command needs. Who may do what in an inspection depends on the inspection; the rule says it.
pub async fn scope(conn: &mut Conn, command: &Command) -> Result<Scope> {
    match command {
        // The place of a sealed plan is asked of nobody here: whoever may read it and not open the plan would be told so.
        Command::Seal { .. } | Command::CheckIn { .. } | Command::Lapse { .. } => Ok(Ok(Vec::new())),
        Command::Declare { project } => Ok(Ok(vec![Need::at(Verb::Inspect, project.clone())])),
        Command::PlanYear { .. } => Ok(Ok(vec![Need::everywhere(Verb::Approve)])),
        other => match store::place_of(conn, other.inspection().unwrap_or_default()).await? {
            Some(place) => Ok(Ok(vec![Need::at(Verb::Read, place)])),
            None => Ok(Err(missing())),
        },
    }
}

/// Loads what the rule needs and asks it; of a form it is asked about the form and then about each thing that the form says.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let Command::Fill { acts, .. } = command else { return decide_one(conn, command, context).await };
    let mut drafts = match decide_one(conn, command, context).await? {
        Ok(drafts) => drafts,
        refused => return Ok(refused),
    };
    let mut found = 0;
    for act in acts {
        found += usize::from(matches!(act, Command::Find { .. }));
        match decide_one(conn, act, context).await? {
            Ok(more) => drafts.extend(more),
            // Which of several findings it is about.
            Err(refusal) if found > 0 && acts.len() > 1 => return Ok(Err(refusal.at(&found.to_string()))),
            refused => return Ok(refused),
        }
    }
    Ok(Ok(drafts))
}

async fn decide_one(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let mut state = store::load(conn, command, context).await?;
    let place = match (&state.known, &state.unopened) {
        (Some(known), _) => Some(known.stop().place.clone()),
        (None, Some(unopened)) => Some(unopened.stop.place.clone()),
        (None, None) => None,
    };
    if let (Actor::Account(account), Some(place)) = (&context.actor, place) {
        let rights = authority::rights(conn, account, context.today).await?;
        let path = places::path(conn, &place).await?.unwrap_or_default();
        state.person = store::person(conn, account, &rights, &path, context.today).await?;
        let is_foreign = state.known.is_some() && !rights.may(Verb::Read, &path);
        // A sealed plan is not there for anybody but who goes.
        let is_hidden = state.unopened.as_ref().is_some_and(|unopened| !unopened.stop.inspectors.contains(account));
        if is_foreign || is_hidden {
            return Ok(Err(missing()));
        }
    }
    if matches!(command, Command::CheckIn { .. } | Command::Lapse { .. }) && state.known.is_none() && state.unopened.is_none() {
        return Ok(Err(missing()));
    }
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
