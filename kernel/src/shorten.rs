//! Concessions: what restores a mandated date that the forecast misses.

use crate::cpm::Passes;
use crate::network::{Goal, Network};
use crate::plan::{Moment, Plan};
use crate::schedule::finish_of;

/// How strong a concession is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// Minimal: nothing less does it.
    Proved,
    /// It does it; less might.
    Found,
}

/// One way to restore a mandated date, or the finding that there is none.
#[derive(Clone, Debug, PartialEq)]
pub enum Concession {
    /// Move the date to the forecast.
    MoveDate {
        /// Working days of the milestone's calendar.
        working_days: f64,
        /// Calendar days.
        calendar_days: i64,
        /// The new date.
        to: Moment,
    },
}

/// Concessions for a late milestone.
pub(crate) fn concessions(
    plan: &Plan,
    network: &Network,
    passes: &Passes,
    goal: &Goal,
    node: usize,
    float: i32,
) -> Vec<Concession> {
    let written = &plan.mandated[goal.mandate as usize];
    let to = finish_of(network, &network.nodes[node], passes.early[node * 2 + 1]);
    let calendar_days = i64::from((to.date() - written.finish_by.date()).get_days());
    vec![Concession::MoveDate { working_days: network.days(&network.nodes[node], -float), calendar_days, to }]
}
