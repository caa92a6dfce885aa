//! Plans: versions, mandated dates, progress, and the schedule that follows from them.
//!
//! # Mechanism
//! A plan comes from a file or a template and is a draft; somebody else approves it with a reason and it becomes the
//! project's baseline. A re-plan is a new version; nothing is overwritten, and two versions can be seen side by side. A
//! mandated date names which organisation issued it, by which document and edition; changing it is a request that somebody
//! of that organisation answers, one at a time, and old and new stay. A project is activated when it has an approved plan and a complete task force. Progress is recorded per
//! activity. Every fact that touches a project's plan makes the kernel schedule it again before the commit, so a page
//! never shows dates that do not follow from the ledger number it stands on.
//!
//! States of a version: draft → approved → superseded. Of a request: open → accepted | declined.
//!
//! Refusals: L-101 … L-128; L-129 … L-138 of changes that are tried. Extra files: `amounts.rs` (quantities as people write them), `changes.rs` (what is tried on a plan), `binding.rs` (gates without which a stage is not met), `heard.rs` (what facts of other features mean for plans), `mapping.rs` (work to buildings and stages), `network.rs` (facts → kernel → tables), `template.rs` (plans from
//! templates); pages of their own for versions, mandated dates, progress and links: `versions.rs`, `mandates.rs`, `progress.rs`, `ties.rs`; `registers.rs` (dates and versions of
//! all projects).

pub mod amounts;
pub mod binding;
pub mod changes;
pub mod heard;
mod mandates;
pub mod mapping;
pub mod model;
pub mod network;
pub mod pages;
mod progress;
mod registers;
pub mod store;
pub mod template;
mod ties;
pub mod versions;
#[cfg(test)]
mod tests;

use super::authority::{Need, Scope, Verb, missing};
use super::places;
use crate::db::Conn;
use crate::journal::domain::{Context, Decision};
use anyhow::Result;
use model::{Command, Fact};

pub use network::{Networks, is_behind, settle};

/// The rights a command needs, on the rows it names.
pub async fn scope(conn: &mut Conn, command: &Command) -> Result<Scope> {
    let mut needs = Vec::new();
    let (verb, project) = match command {
        Command::Draft { project, .. } => (Verb::Plan, Some(project.clone())),
        Command::Approve { version, .. } => (Verb::Approve, store::version(conn, version).await?.map(|one| one.project)),
        Command::Mandate { project, .. } => (Verb::Mandate, Some(project.clone())),
        Command::RequestChange { mandate, .. } => (Verb::Plan, store::mandate(conn, mandate).await?.map(|one| one.project)),
        Command::AnswerChange { request, .. } => (Verb::Mandate, store::request(conn, request).await?.map(|one| one.project)),
        Command::Record { project, .. } => (Verb::Report, Some(project.clone())),
        Command::Activate { project } => (Verb::Approve, Some(project.clone())),
        Command::RollTo { project, .. } => (Verb::Plan, Some(project.clone())),
        Command::Tie { from_project, to_project, .. } => {
            needs.push(Need::at(Verb::Plan, from_project));
            (Verb::Plan, Some(to_project.clone()))
        }
        Command::Untie { tie, .. } => (Verb::Plan, store::tie(conn, tie).await?.map(|one| one.to_project)),
    };
    let Some(project) = project else { return Ok(Err(missing())) };
    if places::path(conn, &project).await?.is_none() {
        return Ok(Err(missing()));
    }
    needs.push(Need::at(verb, project));
    Ok(Ok(needs))
}

/// Loads what the rule needs and asks it.
pub async fn decide(conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
    let state = store::load(conn, command, context).await?;
    Ok(model::decide(&state, command, context).map_err(Into::into))
}
