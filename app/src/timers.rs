//! What happens by itself: the data date moves with the day, what periods need is frozen on their first day, changed lamps are
//! noted, so are rungs that orders have reached, what is owed is raised, contingency plans hear of float that ran out, sealed leads
//! that left are noted, and the ledger's head is signed.
//!
//! A timer decides nothing. It submits commands as the system, with ids made of the object and the day, so that two nodes
//! or a restart do a thing once.

use crate::clock::{Clock, civil, since_boot};
use crate::features::{Command, contingencies, duties, inspections, leads, orders, plan, targets, wall_chart};
use crate::journal::domain::Permit;
use crate::journal::replay;
use crate::journal::{Submission, SubmitError};
use crate::web::Site;
use anyhow::Result;
use std::time::Duration;

/// Between two looks at the clock.
const PACE: Duration = Duration::from_secs(30);

/// Runs until the write door closes.
pub async fn run(site: Site) {
    let mut pace = tokio::time::interval(PACE);
    loop {
        pace.tick().await;
        if let Err(fault) = once(&site).await {
            tracing::error!("timer: {fault:#}");
        }
    }
}

/// One look: what is due is done. A fault of one kind keeps the others from nothing: least of all the clocks of orders.
pub async fn once(site: &Site) -> Result<()> {
    let (rung, sealed, kept, raised) = (ring(site).await, seal(site).await, keep(site).await, raise(site).await);
    let (watched, noted) = (watch(site).await, note_leads(site).await);
    site.signer.sign_head(&site.db).await?;
    inspections::pieces::sweep(&mut site.db.writer().await?, site.clock.now()).await?;
    rung.and(sealed).and(kept).and(raised).and(watched).and(noted)
}

/// Plans, periods and lamps follow the day.
async fn keep(site: &Site) -> Result<()> {
    let today = site.clock.today();
    let plans = plan::store::project_plans(&mut site.db.reader().await?).await?;
    for plan in plans.iter().filter(|plan| plan.data_date < today) {
        let id = format!("roll-{}-{today}", plan.project);
        submit(site, id, plan::model::Command::RollTo { project: plan.project.clone(), data_date: today }).await;
    }
    for plan in plans.into_iter().filter(|plan| plan.active_on.is_some()) {
        let project = plan.project;
        let periods = targets::assess::unfrozen(&mut site.db.reader().await?, &site.domain, &project, today).await?;
        if !periods.is_empty() {
            submit(site, format!("periods-{project}-{today}"), targets::model::Command::Freeze { project, periods })
                .await;
        }
    }
    // Whatever waits for its schedule is noted at the next look.
    let changed = site.domain.lamps.outdated(&mut site.db.reader().await?, today).await?;
    for project in changed {
        submit(site, format!("lamps-{project}-{}", site.head()), wall_chart::model::Command::Note { project }).await;
    }
    Ok(())
}

/// Seals the hour, whether or not an inspection was planned in it, and opens plans whose last day is over. An hour in which
/// nothing ran stays without a seal.
async fn seal(site: &Site) -> Result<()> {
    let mut conn = site.db.writer().await?;
    let command = inspections::store::seal(&mut conn, civil(site.clock.now())).await?;
    drop(conn);
    if let Some((id, command)) = command {
        submit(site, id, command).await;
    }
    for inspection in inspections::store::lapsed(&mut site.db.reader().await?, site.clock.today()).await? {
        submit(site, format!("lapse-{inspection}"), inspections::model::Command::Lapse { inspection }).await;
    }
    Ok(())
}

/// Raises what rules say is owed, day by day: also what came while nothing ran, each at its own day.
async fn raise(site: &Site) -> Result<()> {
    let occurrences = duties::store::occurrences(&mut site.db.reader().await?, site.clock.today()).await?;
    for (rule, on) in occurrences {
        submit(site, format!("duty-{rule}-{on}"), duties::model::Command::Raise { rule, on }).await;
    }
    Ok(())
}

/// Tells contingency plans of float that has run out: a figure, which no fact says.
async fn watch(site: &Site) -> Result<()> {
    let short = contingencies::store::short_of_float(&mut site.db.reader().await?, site.clock.today()).await?;
    for (id, command) in short {
        submit(site, id, command).await;
    }
    Ok(())
}

/// Notes which sealed leads have left since the last look: here, so that no fact names who closed one, nor the second.
async fn note_leads(site: &Site) -> Result<()> {
    for command in leads::store::unnoted(&mut site.db.reader().await?).await? {
        let id = format!("lead-{}", command.envelope());
        submit(site, id, command).await;
    }
    // Also what a program that ended between the fact and the deed has left.
    leads::store::sweep(&mut site.db.writer().await?).await
}

/// Notes what orders have reached. Nothing while the machine's clock cannot be trusted: an order must not be called late
/// because somebody set a clock.
async fn ring(site: &Site) -> Result<()> {
    let mut conn = site.db.reader().await?;
    if matches!(site.clock, Clock::System) {
        let (head, trusted) = (replay::head_number(&mut conn).await?, orders::store::newest_trust(&mut conn).await?);
        site.watch.look(site.clock.machine(), since_boot(), head, trusted);
    }
    if site.watch.jump().is_some() || site.clock_behind().await.is_some() {
        return Ok(());
    }
    let due = site.domain.due.at(&mut conn, civil(site.clock.now())).await?;
    drop(conn);
    // One after another: an order's rungs are noted in the order in which they were reached.
    for one in due {
        submit(site, one.request, one.command).await;
    }
    Ok(())
}

async fn submit(site: &Site, request_id: String, command: impl Into<Command>) {
    let submission =
        Submission { permit: Permit::system(), request_id, command: command.into(), documents: Vec::new() };
    match site.journal.submit(submission).await {
        // A refusal means that another node was faster.
        Ok(_) | Err(SubmitError::Refused(_)) => {}
        // One project's fault does not keep the others from their day.
        Err(SubmitError::Fault(fault)) => tracing::error!("timer: {fault:#}"),
    }
}
