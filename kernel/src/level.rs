//! Levelling: the dates of a plan when its crews, cranes and formwork sets are scarce.
//!
//! Work is done only while its own calendar and those of its resources work, and holds its resources in the units it
//! works. The search of [`crate::rcpsp`] looks for the order in which the plan ends soonest, mandated dates first.
//! Hard dates win over resources; what is then overloaded is named. Same plan, effort: same answer.

mod needs;
mod routes;
mod site;
mod steps;

use needs::Needs;
use routes::Routes;
use site::{Shortage, Site, UNPLACED};

use crate::calendar::date_of;
use crate::compile::Draft;
use crate::cpm::{Passes, backward, forward};
use crate::diagnose::{Diagnostic, Severity};
use crate::explain::{Driver, driver};
use crate::network::{Hard, Network, Role, VIRTUAL, traits};
use crate::plan::{Moment, Plan};
use crate::rcpsp::Effort;
use crate::rcpsp::population::Population;
use crate::schedule::{BreakDates, breaks_of, dates_at, finish_moment, finish_of, start_moment};

/// A levelled plan. Indexes are positions in the plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Levelled {
    /// Earliest start of anything, in the style of the plan's calendar.
    pub start: Option<Moment>,
    /// Latest finish of anything, in the style of the plan's calendar.
    pub finish: Option<Moment>,
    /// Dates of each activity; `None` where it has no place.
    pub activities: Vec<Option<Placed>>,
    /// Breaks within unfinished activities at their levelled dates, in the order of the plan.
    pub breaks: Vec<BreakDates>,
    /// One entry for each mandated date whose activity has a place.
    pub milestones: Vec<Outcome>,
    /// For each resource, what is used of it from each change on.
    pub usage: Vec<Vec<Usage>>,
    /// One entry for each resource with a route of which something has a place.
    pub runs: Vec<Run>,
    /// Schedules generated.
    pub schedules: u32,
    /// What was found, errors among it.
    pub diagnostics: Vec<Diagnostic>,
}

/// Levelled dates of an activity.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Start; the actual start once there is one.
    pub start: Moment,
    /// Finish, inclusive wherever it is printed as a day.
    pub finish: Moment,
    /// Start if resources were plenty.
    pub early_start: Moment,
    /// Working days of its own calendar that resources delay it; `None` for summaries, hammocks and what is finished.
    pub delay_days: Option<f64>,
    /// What keeps it from starting sooner; `None` for summaries and hammocks.
    pub held_by: Option<Holder>,
}

/// What keeps an activity from starting sooner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A link, bound or fact.
    Logic(Driver),
    /// Too little of a resource.
    Capacity {
        /// The resource.
        resource: usize,
        /// Activities that hold it, ascending; empty when the capacity alone is too small at the time.
        by: Vec<usize>,
    },
    /// The crew goes on from here without waiting, and could not if it came sooner.
    Continuity {
        /// The resource.
        resource: usize,
        /// The activity it goes on to.
        next: usize,
    },
}

/// The way of a crew along its route: beats (流水节拍) and step (流水步距).
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The resource.
    pub resource: usize,
    /// Activities of its route that have a place and are not finished, and the days each takes, in its own calendar.
    pub stays: Vec<(usize, f64)>,
    /// Days from the start of the run before to the start of this one, in the calendar of the first place of that; `None` for
    /// the first run.
    pub step_days: Option<f64>,
}

/// What levelling leaves of a mandated date.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Index in [`Plan::mandated`].
    pub mandate: usize,
    /// Index of the activity.
    pub activity: usize,
    /// The mandated date.
    pub finish_by: Moment,
    /// Levelled finish.
    pub forecast: Moment,
    /// Working days of the milestone's calendar from forecast to date, negative when late; `None` once finished.
    pub float_days: Option<f64>,
}

/// Use of a resource from a moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The moment.
    pub from: Moment,
    /// Units used.
    pub units: u32,
}

impl Levelled {
    /// Breaks of an activity, in order.
    pub fn breaks_of(&self, activity: usize) -> impl Iterator<Item = &BreakDates> {
        breaks_of(&self.breaks, activity)
    }

    /// Whether any diagnostic is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|found| found.severity == Severity::Error)
    }
}

/// Levels a plan. `progress` hears the share of the work done, 0 to 1. Never fails and never panics.
///
/// Crews with a route take several searches: the first half of the schedules are for the first, half of the rest for the next.
pub fn level(plan: &Plan, effort: Effort, progress: &mut dyn FnMut(f64)) -> Levelled {
    let (ordered, mut diagnostics) = routes::ordered(plan);
    let plan = &*ordered;
    let mut network = Draft::read_with(plan, true).order();
    // Moving work to the right afterwards would break what levelling found.
    for node in &mut network.nodes {
        node.traits &= !traits::AS_LATE;
    }
    let early = backward(&network, forward(&network));
    // What lasts until an expected finish takes as long wherever it is put.
    for (index, node) in network.nodes.iter_mut().enumerate() {
        node.span = early.early[index * 2 + 1] - early.early[index * 2];
    }
    network.hard.retain(|(_, hard)| !matches!(hard, Hard::Expected(_)));
    let needs = Needs::read(plan, &network);
    let mut routes = Routes::read(plan, &network);
    let (mut schedules, mut round) = (0, 0);
    let starts = loop {
        let now = if round == 0 { early.clone() } else { backward(&network, forward(&network)) };
        let mut site = Site::new(&network, &needs, &now);
        let unlimited: Vec<i32> = now.early.iter().step_by(2).copied().collect();
        let bound = site.value(&unlimited);
        let left = effort.schedules.saturating_sub(schedules).max(1);
        let share = if routes.is_empty() { left } else { left.div_ceil(2) };
        // Of what is still to come nobody knows how much there is: each search halves what is left of the bar.
        let done = 1.0 - 0.5f64.powi(round);
        let mut hear = |share: f64| progress(if routes.is_empty() { share } else { done + (1.0 - done) * share / 2.0 });
        let found = Population::new(&mut site, bound, Effort { schedules: share, ..effort }, &mut hear).run();
        let fixed: Vec<bool> = (0..found.starts.len()).map(|index| site.is_fixed(index)).collect();
        (schedules, round) = (schedules + found.schedules, round + 1);
        let gaps = routes.gaps(&network, &found.starts);
        if gaps.is_empty()
            || round == MOST_ROUNDS
            || !routes.close(&mut network, &found.starts, |index| fixed[index], &gaps)
        {
            diagnostics.extend(routes.told(plan, &network, &gaps));
            break found.starts;
        }
    };
    let mut site = Site::new(&network, &needs, &early);
    let mut answer = Answer { plan, network: &network, needs: &needs, early: &early, routes: &routes, starts };
    let (found, unplaced) = answer.unplaced(&mut site);
    diagnostics.extend(found);
    answer.write(site, schedules, diagnostics, &unplaced)
}

/// Searches for the sake of routes at most: each closes what gaps the one before left.
const MOST_ROUNDS: i32 = 40;

/// Everything the answer is read from.
struct Answer<'a> {
    plan: &'a Plan,
    network: &'a Network,
    needs: &'a Needs,
    early: &'a Passes,
    routes: &'a Routes,
    starts: Vec<i32>,
}

impl Answer<'_> {
    /// Fills a site with all that has a place, and names what has none.
    fn unplaced(&mut self, site: &mut Site<'_>) -> (Vec<Diagnostic>, Vec<usize>) {
        site.clear(false);
        for (index, start) in self.starts.iter().enumerate().filter(|(_, start)| **start != UNPLACED) {
            site.take(index, *start);
        }
        let unplaced: Vec<usize> = (0..self.starts.len()).filter(|index| self.starts[*index] == UNPLACED).collect();
        let (mut found, mut follows) = (Vec::new(), 0);
        for &index in &unplaced {
            match site.position(index, &self.starts) {
                Err(Some(shortage)) => found.push(self.no_room(site, index, shortage)),
                _ => follows += usize::from(self.network.nodes[index].activity != VIRTUAL),
            }
        }
        if follows > 0 {
            let message = format!("{follows} activities have no place because something before them has none");
            found.push(Diagnostic::new("K-303", message, vec![follows.to_string()]));
        }
        (found, unplaced)
    }

    /// Why an activity never finds room: the work itself does not fit, or others hold what there is.
    fn no_room(&self, site: &Site<'_>, index: usize, shortage: Shortage) -> Diagnostic {
        let activity = &self.plan.activities[self.network.nodes[index].activity as usize];
        let resource = &self.plan.resources[shortage.resource as usize].id;
        let minutes = if self.network.is_minute_axis { crate::calendar::DAY_MINUTES } else { 1 };
        let on = date_of(shortage.from.div_euclid(minutes));
        let holders: Vec<String> =
            self.holders(site, index, shortage).iter().map(|at| self.plan.activities[*at].id.clone()).collect();
        let (reason, message) = if holders.is_empty() {
            let message = format!(
                "{} has no place: from {on} on there is never as much of {resource} as it needs, and before that it does not fit (intrinsic); shorten it, need less or raise the capacity",
                activity.id
            );
            ("intrinsic", message)
        } else {
            let message = format!(
                "{} has no place: from {on} on too little of {resource} is left, which {} hold (capacity); raise the capacity or move them",
                activity.id,
                holders.join(", ")
            );
            ("capacity", message)
        };
        let params = vec![reason.to_owned(), resource.clone(), on.to_string(), holders.join(", ")];
        Diagnostic::new("K-124", message, params).about(&activity.id, activity.at.as_ref())
    }

    /// Activities that use a resource within a shortage, ascending.
    fn holders(&self, site: &Site<'_>, index: usize, shortage: Shortage) -> Vec<usize> {
        let to = shortage.to.unwrap_or(i32::MAX);
        let holds = |other: &usize| {
            *other != index
                && self.starts[*other] != UNPLACED
                && self.needs.of_node[*other].iter().any(|need| need.0 == shortage.resource)
                && site.runs(*other, self.starts[*other]).any(|(begin, end)| begin < to && end > shortage.from)
        };
        let mut by: Vec<usize> =
            (0..self.starts.len()).filter(holds).map(|other| self.network.nodes[other].activity as usize).collect();
        by.sort_unstable();
        by
    }

    /// What keeps a placed node from starting sooner.
    fn holder(&self, site: &mut Site<'_>, levelled: &Passes, index: usize) -> Holder {
        let start = self.starts[index];
        if let Some(&(resource, next)) = self.routes.kept_for.get(&index)
            && start == self.network.nodes[index].start_floor
        {
            return Holder::Continuity { resource, next };
        }
        let earliest = site.earliest(index, &self.starts).unwrap_or(start);
        if start > earliest && !self.needs.of_node[index].is_empty() && !site.is_fixed(index) {
            // Its own units do not stand in its way.
            let shortage = site.without(index, start, |site| site.shortage(index, start - 1));
            if let Some(shortage) = shortage {
                return Holder::Capacity {
                    resource: shortage.resource as usize,
                    by: self.holders(site, index, shortage),
                };
            }
        }
        Holder::Logic(driver(self.network, levelled, index))
    }

    fn write(mut self, mut site: Site<'_>, schedules: u32, found: Vec<Diagnostic>, unplaced: &[usize]) -> Levelled {
        let mut network = self.network.clone();
        for &index in unplaced {
            if network.nodes[index].activity != VIRTUAL {
                network.roles[network.nodes[index].activity as usize] = Role::Undated;
            }
            // Not printed, only kept out of the way of what is.
            self.starts[index] = self.early.early[index * 2];
        }
        let spans = network.spans();
        let pairs = self.starts.iter().zip(&spans).flat_map(|(start, span)| [*start, start + span]).collect();
        let levelled = backward(&network, pairs);
        let laid = dates_at(self.plan, &network, &levelled);
        let unlimited = dates_at(self.plan, &network, self.early).activities;
        for &index in unplaced {
            self.starts[index] = UNPLACED;
        }
        let activities: Vec<Option<Placed>> = (0..unlimited.len())
            .map(|at| {
                let (dates, early) = (laid.activities[at].as_ref()?, unlimited[at].as_ref()?);
                let node = match network.roles[at] {
                    Role::Node(node) => Some(node as usize),
                    _ => None,
                };
                let delay = |index: usize| {
                    let node = &network.nodes[index];
                    network.days(node, network.units_between(node, self.early.early[index * 2], self.starts[index]))
                };
                let held_by = match network.roles[at] {
                    Role::Node(node) => Some(self.holder(&mut site, &levelled, node as usize)),
                    Role::Done { .. } => Some(Holder::Logic(Driver::Actual)),
                    _ => None,
                };
                Some(Placed {
                    start: dates.early_start,
                    finish: dates.early_finish,
                    early_start: early.early_start,
                    delay_days: node.map(delay),
                    held_by,
                })
            })
            .collect();
        let mut diagnostics = laid.diagnostics;
        diagnostics.extend(found);
        diagnostics.extend(self.overloads(&site));
        let ends = (0..self.starts.len()).filter(|index| self.starts[*index] != UNPLACED);
        let labels = ends
            .filter(|index| network.nodes[*index].activity != VIRTUAL)
            .map(|index| network.finish_label(&network.nodes[index], self.starts[index] + network.nodes[index].span));
        let finish = labels.chain(network.last_actual_finish).max();
        Levelled {
            start: laid.start,
            finish: finish
                .filter(|_| activities.iter().any(Option::is_some))
                .map(|label| finish_moment(&network, network.plan_calendar, label)),
            milestones: self.outcomes(&network, &activities),
            activities,
            breaks: laid.breaks,
            usage: self.usage(&site),
            runs: self.runs(),
            schedules,
            diagnostics,
        }
    }

    /// How crews go along their routes.
    fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let mut before: Option<(usize, i32)> = None;
        for route in &self.routes.all {
            let places: Vec<(usize, usize)> =
                route.places.iter().copied().filter(|(_, node)| self.starts[*node] != UNPLACED).collect();
            let Some(&(_, first)) = places.first() else { continue };
            let label = |node: usize| {
                self.network.calendars[self.network.nodes[node].calendar as usize].start_label(self.starts[node])
            };
            let step_days = before.map(|(other, start)| {
                let one = &self.network.nodes[other];
                let at = self.network.calendars[one.calendar as usize].ceil(label(first));
                self.network.days(one, self.network.units_between(one, start, at))
            });
            let beat = |(activity, node): (usize, usize)| {
                let one = &self.network.nodes[node];
                // Days are counted from the first to the last; a finish in minutes is the end of its last.
                let units = one.span + i32::from(!self.network.is_minute_axis && !one.has(traits::START_POINT));
                let start = self.starts[node];
                (activity, self.network.days(one, self.network.units_between(one, start, start + units)))
            };
            runs.push(Run { resource: route.resource, stays: places.into_iter().map(beat).collect(), step_days });
            before = Some((first, self.starts[first]));
        }
        runs
    }

    fn outcomes(&self, network: &Network, activities: &[Option<Placed>]) -> Vec<Outcome> {
        let outcome = |goal: &crate::network::Goal| {
            let placed = activities[goal.activity as usize].as_ref()?;
            let ends = goal.ends.iter().filter(|end| self.starts[end.0 as usize] != UNPLACED);
            let worst = ends
                .map(|&(index, latest)| {
                    let node = &network.nodes[index as usize];
                    let finish = self.starts[index as usize] + node.span;
                    (network.days(node, network.units_between(node, finish, latest)), index as usize, finish)
                })
                .min_by(|a, b| a.0.total_cmp(&b.0));
            Some(Outcome {
                mandate: goal.mandate as usize,
                activity: goal.activity as usize,
                finish_by: self.plan.mandated[goal.mandate as usize].finish_by,
                forecast: worst
                    .map_or(placed.finish, |(_, index, finish)| finish_of(network, &network.nodes[index], finish)),
                float_days: worst.map(|(float, ..)| float),
            })
        };
        network.goals.iter().filter_map(outcome).collect()
    }

    /// Resources of which more is used than there is, with those who hold them: hard dates and what has begun.
    fn overloads(&self, site: &Site<'_>) -> Vec<Diagnostic> {
        let minutes = if self.network.is_minute_axis { crate::calendar::DAY_MINUTES } else { 1 };
        let mut found = Vec::new();
        for (resource, free) in site.free.iter().enumerate() {
            let Some((from, to)) = free.overload() else { continue };
            let shortage = Shortage { resource: resource as u32, from, to };
            let names: Vec<String> = self
                .holders(site, usize::MAX, shortage)
                .iter()
                .map(|at| self.plan.activities[*at].id.clone())
                .collect();
            let (id, on) = (&self.plan.resources[resource].id, date_of(from.div_euclid(minutes)));
            let message = format!(
                "more of {id} is used from {on} than there is: {} have hard dates that leave no choice; move one of them",
                names.join(", ")
            );
            found.push(Diagnostic::new("K-221", message, vec![id.clone(), on.to_string(), names.join(", ")]));
        }
        found
    }

    fn usage(&self, site: &Site<'_>) -> Vec<Vec<Usage>> {
        let moment = |at: i32| start_moment(self.network, self.network.plan_calendar, at);
        let of = |(free, capacity): (&steps::Steps, &steps::Steps)| {
            let mut usage: Vec<Usage> = Vec::new();
            for (at, units) in free.used_of(capacity) {
                if usage.last().map_or(0, |last| last.units) != units {
                    usage.push(Usage { from: moment(at), units });
                }
            }
            usage
        };
        site.free.iter().zip(&self.needs.capacity).map(of).collect()
    }
}
