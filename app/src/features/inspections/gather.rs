//! What speaks for a look at a project: late dates, overdue orders, disputes and problems, read from other features as of now.

use super::draw::Candidate;
use crate::db::Conn;
use crate::features::places::model::Kind;
use crate::features::{Guatu, orders, plan, problems};
use anyhow::Result;
use jiff::civil::{Date, DateTime};
use std::collections::BTreeMap;

/// Projects that could be drawn, with what speaks for each.
pub async fn candidates(conn: &mut Conn, domain: &Guatu, now: DateTime) -> Result<Vec<Candidate>> {
    let tree = domain.places.tree(conn).await?;
    let mut found: BTreeMap<String, Candidate> = BTreeMap::new();
    for plan in plan::store::active(conn).await? {
        found.insert(plan.project.clone(), Candidate { place: plan.project, ..Candidate::default() });
    }
    let project = |place: &str| tree.get(place).and_then(|place| tree.lineage(place).find(|above| above.kind == Kind::Project)).map(|project| project.id.clone());
    for (project, scheduled) in domain.networks.all_scheduled(conn).await? {
        let is_late = |mandate: &&plan::store::Mandate| scheduled.outlook(&mandate.id).and_then(|outlook| outlook.float_days_e3).is_some_and(|float| float < 0);
        if let Some(one) = found.get_mut(&project) {
            one.late_dates = scheduled.mandates.iter().filter(is_late).count() as u32;
        }
    }
    for order in orders::store::orders(conn, orders::store::Which::Open).await? {
        let is_over = order.known.budget(order.known.round).is_some_and(|budget| budget.is_over(now));
        if let Some(one) = project(&order.known.place).and_then(|id| found.get_mut(&id)).filter(|_| is_over) {
            one.overdue_orders += 1;
        }
    }
    for case in problems::store::problems(conn, Date::MAX).await?.into_iter().filter(|case| case.closed.is_none()) {
        if let Some(one) = project(&case.place).and_then(|id| found.get_mut(&id)) {
            if case.cause.report().is_some() {
                one.disputes += 1;
            } else {
                one.problems += 1;
            }
        }
    }
    Ok(found.into_values().collect())
}
