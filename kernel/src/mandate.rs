//! Mandated milestones one by one: forecast, float to each, the chain that drives it, and what would keep its date.

use crate::calendar::FAR;
use crate::cpm::EARLIEST;
use crate::cpm::Passes;
use crate::crews::MoreCrews;
use crate::diagnose::Diagnostic;
use crate::explain::driving_chain;
use crate::network::{Goal, NO_CAP, Network, VIRTUAL};
use crate::plan::{Moment, Plan};
use crate::rest_days::RestDays;
use crate::schedule::{Dates, finish_of};
use crate::shorten::{self, Concession, Late};
use crate::worklist::Worklist;

/// What is to be expected of a mandated date.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    /// Index in [`Plan::mandated`].
    pub mandate: usize,
    /// Index of the activity in the plan.
    pub activity: usize,
    /// The mandated date.
    pub finish_by: Moment,
    /// Early finish.
    pub forecast: Moment,
    /// Working days, in the milestone's calendar, from forecast to date; negative when late. `None` once finished.
    pub float_days: Option<f64>,
    /// Activities from the origin of what drives the forecast to the milestone, as indexes in the plan.
    pub driving_chain: Vec<usize>,
    /// Float to this date alone of every activity that leads to it: index in the plan, ascending, and working days of
    /// the activity's own calendar.
    pub floats: Vec<(usize, f64)>,
    /// What repairs a late milestone; empty when it is not late.
    pub concessions: Vec<Concession>,
}

/// Outlooks of all mandated dates whose activities have dates.
pub(crate) fn outlooks(
    plan: &Plan,
    network: &Network,
    passes: &Passes,
    activities: &[Option<Dates>],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Outlook> {
    let mut limits = Limits::new(network);
    let (mut rest_days, mut more_crews) = (None, None);
    let mut outlooks = Vec::new();
    let (late_count, repaired) = latest(network, passes);
    for (at, goal) in network.goals.iter().enumerate() {
        let written = &plan.mandated[goal.mandate as usize];
        let Some(dates) = &activities[goal.activity as usize] else {
            let id = &written.activity;
            let message = format!("{id} has a mandated date but no dates; correct the errors that touch it");
            diagnostics.push(Diagnostic::new("K-115", message, Vec::new()).about(id, None));
            continue;
        };
        let (floats, late_nodes) = limits.floats(network, passes, goal);
        let worst = worst_end(network, &passes.early, goal);
        let float_days = worst.map(|(node, float)| network.days(&network.nodes[node], float));
        let concessions = match worst {
            Some((node, float)) if float < 0 => {
                let late = Late { goal, node, float, nodes: late_nodes };
                if repaired.binary_search(&at).is_err() {
                    vec![shorten::move_date(plan, network, passes, &late)]
                } else {
                    let mut concessions = shorten::concessions(plan, network, passes, &late);
                    concessions.extend(rest_days.get_or_insert_with(|| RestDays::new(plan, network)).concession(goal));
                    let crews = more_crews.get_or_insert_with(|| MoreCrews::new(plan, network));
                    concessions.extend(crews.concessions(&late));
                    concessions
                }
            }
            _ => Vec::new(),
        };
        outlooks.push(Outlook {
            mandate: goal.mandate as usize,
            activity: goal.activity as usize,
            finish_by: written.finish_by,
            forecast: worst.map_or(dates.early_finish, |(node, _)| {
                finish_of(network, &network.nodes[node], passes.early[node * 2 + 1])
            }),
            float_days,
            driving_chain: worst.map_or_else(Vec::new, |(node, _)| driving_chain(network, passes, node)),
            floats,
            concessions,
        });
    }
    if late_count > MOST_REPAIRED {
        let message = format!(
            "{late_count} mandated dates are late; what repairs them besides moving the date was sought for the {MOST_REPAIRED} that are latest"
        );
        diagnostics.push(Diagnostic::new("K-305", message, vec![late_count.to_string(), MOST_REPAIRED.to_string()]));
    }
    outlooks
}

/// Late dates for which repairs are sought: each is a search over the plan, and where hundreds are late one does not repair
/// them one by one.
const MOST_REPAIRED: usize = 50;

/// How many mandated dates are late, and which of them, as indexes of goals in their order, are so by most working days of their own
/// calendars; of equals the first.
fn latest(network: &Network, passes: &Passes) -> (usize, Vec<usize>) {
    let late = network.goals.iter().enumerate().filter_map(|(at, goal)| {
        let (node, float) = worst_end(network, &passes.early, goal).filter(|(_, float)| *float < 0)?;
        Some((network.days(&network.nodes[node], float), at))
    });
    let mut late: Vec<(f64, usize)> = late.collect();
    late.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    let count = late.len();
    let mut repaired: Vec<usize> = late.into_iter().take(MOST_REPAIRED).map(|(_, at)| at).collect();
    repaired.sort_unstable();
    (count, repaired)
}

/// The end with the least float, in units of its own calendar; the first of equals.
pub(crate) fn worst_end(network: &Network, early: &[i32], goal: &Goal) -> Option<(usize, i32)> {
    let floats = goal.ends.iter().map(|&(node, latest)| {
        let index = node as usize;
        (index, network.units_between(&network.nodes[index], early[index * 2 + 1], latest))
    });
    floats.min_by(|a, b| {
        let days = |(node, float): &(usize, i32)| network.days(&network.nodes[*node], *float);
        days(a).total_cmp(&days(b))
    })
}

/// Working memory of backward passes that visit only what leads to one milestone.
pub(crate) struct Limits {
    /// Latest start and finish of each node in pairs; untouched entries have no cap.
    latest: Vec<i32>,
    /// Nodes still to visit.
    waiting: Worklist,
}

impl Limits {
    pub(crate) fn new(network: &Network) -> Limits {
        let count = network.nodes.len();
        Limits { latest: vec![NO_CAP; count * 2], waiting: Worklist::new(count) }
    }

    fn lower(&mut self, source: usize, position: i32) {
        self.latest[source] = self.latest[source].min(position);
        self.waiting.insert(source / 2);
    }

    /// Visits the ancestors of a goal from last to first with the latest start its date leaves each.
    pub(crate) fn visit(&mut self, network: &Network, passes: &Passes, goal: &Goal, mut found: impl FnMut(usize, i32)) {
        for &(node, latest) in &goal.ends {
            self.lower(node as usize * 2 + 1, latest);
        }
        while let Some(index) = self.waiting.pop_last() {
            let span = passes.early[index * 2 + 1] - passes.early[index * 2];
            let late = self.latest[index * 2].min(self.latest[index * 2 + 1] - span).clamp(EARLIEST, FAR);
            (self.latest[index * 2], self.latest[index * 2 + 1]) = (NO_CAP, NO_CAP);
            for row in network.rows_of(index) {
                let target = late + if row.arrives_finish() { span } else { 0 };
                self.lower(row.source(), row.latest(network, target));
            }
            found(index, late);
        }
    }

    /// Floats by activity of the plan, and the nodes whose float is negative, in order.
    fn floats(&mut self, network: &Network, passes: &Passes, goal: &Goal) -> (Vec<(usize, f64)>, Vec<usize>) {
        let (mut floats, mut late_nodes) = (Vec::new(), Vec::new());
        self.visit(network, passes, goal, |index, late| {
            let (node, early) = (&network.nodes[index], passes.early[index * 2]);
            if late < early {
                late_nodes.push(index);
            }
            if node.activity != VIRTUAL {
                let units = network.units_between(node, early, late);
                floats.push((node.activity as usize, network.days(node, units)));
            }
        });
        floats.sort_unstable_by_key(|(activity, _)| *activity);
        late_nodes.reverse();
        (floats, late_nodes)
    }
}
