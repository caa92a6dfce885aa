//! What happens by itself: the data date moves with the day, and the ledger's head is signed.
//!
//! A timer decides nothing. It submits commands as the system, with ids made of the object and the day, so that two nodes
//! or a restart do a thing once.

use crate::features::plan;
use crate::journal::domain::Permit;
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

/// One look: what is due is done.
pub async fn once(site: &Site) -> Result<()> {
    let today = site.clock.today();
    let plans = plan::store::project_plans(&mut site.db.reader().await?).await?;
    for plan in plans.into_iter().filter(|plan| plan.data_date < today) {
        let submission = Submission {
            permit: Permit::system(),
            request_id: format!("roll-{}-{today}", plan.project),
            command: plan::model::Command::RollTo { project: plan.project, data_date: today }.into(),
            documents: Vec::new(),
        };
        match site.journal.submit(submission).await {
            // A refusal means that another node was faster.
            Ok(_) | Err(SubmitError::Refused(_)) => {}
            // One project's fault does not keep the others from their day.
            Err(SubmitError::Fault(fault)) => tracing::error!("timer: {fault:#}"),
        }
    }
    site.signer.sign_head(&site.db).await?;
    Ok(())
}
