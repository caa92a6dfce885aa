//! Daily reports: what was done on a building today, who was there, what hinders; confirmed or disputed by supervision.
//!
//! # Mechanism
//! Whoever may report for a building files one report a day from a phone: cumulative quantities of its work items beside
//! yesterday's, hands by trade, machines, materials with days of cover, what hinders and who must decide, hours lost to
//! weather. A day without change is one tap and still a fact. A resend is harmless: the id is the client's. One report
//! feeds every level: quantities become progress of the plan, the plan is scheduled again, targets follow.
//!
//! Many buildings report by one workbook: it is fetched with what was done before, filled in, and read in a child of limited
//! memory (`limited`). A dry run says what would be filed and names the cell of everything that is wrong, by asking the rule of
//! a report of every cell alone; then all its reports are filed in one submission, or none. Programs post one report or many
//! under the same rules. What comes as JSON or as a workbook is held to everything that a form is.
//!
//! Truth has grades: a report is self-reported until the supervision engineer confirms it or disputes it with figures and a
//! reason, and verified when an inspection has measured the same place. The best grade of a day counts: a site corrects a
//! disputed figure as far as was measured, and nothing an inspection verified. Reports say what is done in all, so a figure has
//! on each day the grade of the newest report by then that moved it. Every dispute is a problem with an owner (`problems`). A correction is a
//! later fact with a reason; the first report stays. A claim that a work item is complete needs a photograph, other reports do
//! not: nobody is asked for pictures without cause.
//!
//! States of a report: reported → confirmed | disputed → verified; corrected → reported again.
//!
//! Refusals: R-101 … … … … R-149 of the rules; R-119 … … of what is sent; R-139 of their diaries (`diaries`). Extra files:
//! `photos.rs` (photographs: checked, sealed, and how their copies are drawn), `copies.rs` (when they are drawn and where they are kept), `reasons.rs` (what holds work up, over
//! time), `sheet.rs` (from facts to a workbook, and from a filled one to reports and findings), `upload.rs` (its pages),
//! `programs.rs` (reports from programs), `register.rs` (a day as a list). Tests of workbooks stand in `sheet_tests.rs`.

pub mod copies;
pub mod model;
pub mod pages;
pub mod photos;
pub mod programs;
pub mod reasons;
mod register;
pub mod sheet;
pub mod store;
mod upload;
#[cfg(test)]
mod sheet_tests;
#[cfg(test)]
pub mod tests;

use super::authority::{Need, Scope, Verb, missing};
use super::places::{self, tree::Tree};
use super::targets::assess::ProjectTargets;
use crate::db::Conn;
use crate::journal::domain::{Context, Decision};
use anyhow::Result;
use jiff::civil::Date;
use model::{Command, Fact};

/// Whether a building owes the report of a day: it had something left to measure in the morning (reporting the last of it does
/// not end what was owed that day) that is worked on such a day, and work goes on there. Nobody is asked for a report of a
/// holiday or of a winter's rest; who works all the same may file one.
pub fn owes(tree: &Tree, targets: &ProjectTargets, building: &str, on: Date) -> bool {
    let is_open = targets.of(building).any(|item| item.was_open() && item.is_worked_on(on));
    is_open && !tree.get(building).is_some_and(|place| tree.is_idle(place, on))
}

/// The rights a command needs, on the rows it names.
pub async fn scope(conn: &mut Conn, command: &Command) -> Result<Scope> {
    if let Command::FileSheet { reports } = command {
        let mut needs = Vec::new();
        // More than the rule allows are not looked up one by one.
        for one in reports.iter().take(model::MOST_REPORTS) {
            if places::path(conn, &one.building).await?.is_none() {
                return Ok(Err(missing()));
            }
            needs.push(Need::at(Verb::Report, &one.building));
        }
        return Ok(Ok(needs));
    }
    let (verb, building): (Verb, Option<String>) = match command {
        Command::File { building, .. } | Command::FileUnchanged { building, .. } => (Verb::Report, Some(building.clone())),
        Command::FileSheet { .. } => (Verb::Report, None),
        Command::Correct { report, .. } => (Verb::Report, store::report(conn, report).await?.map(|one| one.building)),
        Command::Confirm { report } | Command::Dispute { report, .. } => {
            (Verb::Confirm, store::report(conn, report).await?.map(|one| one.building))
        }
        Command::Verify { report, .. } => (Verb::Inspect, store::report(conn, report).await?.map(|one| one.building)),
    };
    match building {
        Some(building) if places::path(conn, &building).await?.is_some() => Ok(Ok(vec![Need::at(verb, building)])),
        _ => Ok(Err(missing())),
    }
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let state = store::load(conn, command).await?;
    Ok(model::decide(&state, command, context))
}
