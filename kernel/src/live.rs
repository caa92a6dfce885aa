//! A plan that stays scheduled while it is changed: the engine of what-if.
//!
//! A revision of one activity reads that activity again, by the rules that compile the whole plan, and places again
//! what its dates reach, by the rule of the full pass, in topological order and no further than dates change
//! (Katriel, Michel & Van Hentenryck 2005 bound such work by what changes). Early dates and the float of every mandated
//! date are right after each revision; late dates and floats come from one backward pass when somebody asks.
//!
//! A revision that changes the shape of the network (another calendar, a task without duration, work that begins or
//! ends) compiles the plan again. Either way everything equals scheduling the changed plan from nothing, bit for bit.

use std::collections::HashMap;

use crate::compile::{Draft, Fact};
use crate::cpm::{Passes, backward, forward, placed};
use crate::mandate::worst_end;
use crate::network::{Network, Role, VIRTUAL, at_node, traits};
use crate::order::Outgoing;
use crate::plan::{Activity, Calendar, Moment, Plan, Span};
use crate::progress::Standing;
use crate::reading::{Read, Reading};
use crate::schedule::{Schedule, finish_of, report};
use crate::worklist::Worklist;

/// Nodes visited one by one before the rest is swept in order; a sixteenth of a plan where that is more.
const MOST_VISITS: usize = 1_000;

/// How a mandated date stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MilestoneFloat {
    /// Index in [`Plan::mandated`].
    pub mandate: usize,
    /// Index of the activity in the plan.
    pub activity: usize,
    /// Working days, in the milestone's calendar, from forecast to date; negative when late. `None` when finished or
    /// without dates.
    pub float_days: Option<f64>,
    /// Early finish; `None` when finished or without dates.
    pub forecast: Option<Moment>,
}

/// What a revision did.
#[derive(Clone, Debug, PartialEq)]
pub struct Revised {
    /// The activity as it was; revising with it takes the revision back.
    pub before: Activity,
    /// How far it reached.
    pub ripple: Ripple,
}

/// How far a revision reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ripple {
    /// The activities of [`LivePlan::moved`] have other early dates, and summaries and hammocks may.
    Moved,
    /// The network has another shape; any date may be another.
    Everything,
}

/// A plan and its schedule, kept together.
#[derive(Clone, Debug)]
pub struct LivePlan {
    plan: Plan,
    derived: Derived,
}

impl LivePlan {
    /// Schedules a plan and keeps what is needed to revise it.
    pub fn new(plan: Plan) -> LivePlan {
        let derived = Derived::new(&plan);
        LivePlan { plan, derived }
    }

    /// The plan as revised.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Ends the what-if with the plan as revised.
    pub fn into_plan(self) -> Plan {
        self.plan
    }

    /// Puts an activity in the place of the one at an index of the plan. `None`, and nothing done, when the plan has no
    /// such index.
    pub fn revise(&mut self, at: usize, activity: Activity) -> Option<Revised> {
        let before = self.plan.activities.get(at)?;
        let read = if keeps_shape(before, &activity) { self.derived.reread(&self.plan, at, &activity) } else { None };
        let before = std::mem::replace(&mut self.plan.activities[at], activity);
        let ripple = match read {
            Some(read) => {
                self.derived.exchange(at, read);
                self.derived.update_milestones(at);
                Ripple::Moved
            }
            None => {
                self.derived = Derived::new(&self.plan);
                Ripple::Everything
            }
        };
        Some(Revised { before, ripple })
    }

    /// Activities whose early dates the last revision moved, as indexes in the plan, in the order of the network.
    pub fn moved(&self) -> impl Iterator<Item = usize> + '_ {
        let activities = self.derived.moved.iter().map(|node| self.derived.network.nodes[*node as usize].activity);
        activities.filter(|activity| *activity != VIRTUAL).map(|activity| activity as usize)
    }

    /// Every mandated date of a known activity, in the order of the plan.
    pub fn milestones(&self) -> &[MilestoneFloat] {
        &self.derived.milestones
    }

    /// Early start and finish positions of the network's nodes in pairs, before anything moves as late as possible.
    pub fn early(&self) -> &[i32] {
        &self.derived.early
    }

    /// All dates, floats, drivers and concessions: what [`crate::schedule()`] answers for the plan as revised.
    pub fn schedule(&mut self) -> Schedule {
        let passes = self.derived.demand_passes();
        let schedule = report(&self.plan, &self.derived.network, &passes);
        self.derived.passes = Some(passes);
        schedule
    }
}

/// Whether two forms of an activity differ only in what reading it alone can tell.
fn keeps_shape(before: &Activity, after: &Activity) -> bool {
    before.id == after.id
        && before.kind == after.kind
        && before.parent == after.parent
        && before.calendar == after.calendar
        && before.work_kind == after.work_kind
        && before.stops == after.stops
        && before.start.is_some() == after.start.is_some()
}

/// Everything computed from the plan.
#[derive(Clone, Debug)]
struct Derived {
    network: Network,
    /// By activity of the plan: what its node does not say.
    facts: Vec<Fact>,
    /// Calendars as written, by compiled calendar.
    written: Vec<Calendar>,
    data_date: Option<i32>,
    /// Activities that a finding names: revising one may change what is found.
    is_named: Vec<bool>,
    /// Activities (or summaries) whose duration measures a lag in per cent.
    measures_lag: Vec<bool>,
    outgoing: Outgoing,
    early: Vec<i32>,
    waiting: Worklist,
    /// Nodes moved by the last revision.
    moved: Vec<u32>,
    /// Mandated nodes and their goals, ascending.
    goals_of: Vec<(u32, u32)>,
    milestones: Vec<MilestoneFloat>,
    /// Both passes, once demanded.
    passes: Option<Passes>,
}

impl Derived {
    fn new(plan: &Plan) -> Derived {
        let mut draft = Draft::read(plan);
        let (facts, written) = (std::mem::take(&mut draft.facts), std::mem::take(&mut draft.written));
        let data_date = draft.data_date;
        let network = draft.order();
        let outgoing = Outgoing::new(network.nodes.len(), || network.links());
        let mut goals_of: Vec<(u32, u32)> = Vec::new();
        for (at, goal) in network.goals.iter().enumerate() {
            goals_of.extend(goal.ends.iter().map(|(node, _)| (*node, at as u32)));
        }
        goals_of.sort_unstable();
        let (is_named, measures_lag) = entangled(plan, &network);
        let early = forward(&network);
        let count = network.nodes.len();
        let mut derived = Derived {
            network,
            facts,
            written,
            data_date,
            is_named,
            measures_lag,
            outgoing,
            early,
            waiting: Worklist::new(count),
            moved: Vec::new(),
            goals_of,
            milestones: Vec::new(),
            passes: None,
        };
        derived.milestones = (0..derived.network.goals.len()).map(|goal| derived.milestone(goal)).collect();
        derived.update_late_milestones();
        derived
    }

    /// The new form of an activity, when putting its node in the place of the old one is all there is to do.
    fn reread(&self, plan: &Plan, at: usize, activity: &Activity) -> Option<Read> {
        let Role::Node(index) = self.network.roles[at] else { return None };
        let (node, fact) = (&self.network.nodes[index as usize], &self.facts[at]);
        if self.is_named[at] {
            return None;
        }
        let reading = Reading {
            plan,
            activity,
            at: at as u32,
            calendars: &self.network.calendars,
            own: node.own,
            written: &self.written[fact.lag_calendar as usize],
            data_date: self.data_date,
            has_incoming: fact.has_incoming,
        };
        let mut found = Vec::new();
        let read = reading.read(true, &mut found);
        let stands_alike = match (fact.standing, read.standing) {
            (Standing::Unstarted, Standing::Unstarted) => true,
            (Standing::Started { start: before, .. }, Standing::Started { start: after, .. }) => before == after,
            _ => false,
        };
        let shape = |traits: u8| traits & (traits::START_POINT | traits::STARTED);
        let is_alike = stands_alike
            && read.original.is_elapsed == fact.original.is_elapsed
            && (read.original.units == 0) == (fact.original.units == 0)
            && (read.original == fact.original || !self.measures_a_lag(at))
            && read.node.calendar == node.calendar
            && shape(read.node.traits) == shape(node.traits);
        (read.is_sound && found.is_empty() && is_alike).then_some(read)
    }

    /// Whether a lag is a share of the activity's duration, itself or by a summary above it.
    fn measures_a_lag(&self, at: usize) -> bool {
        let mut above = at as u32;
        while above != u32::MAX && !self.measures_lag[above as usize] {
            above = self.network.parents[above as usize];
        }
        above != u32::MAX
    }

    /// Puts an activity in the place of its old form and places again what it reaches.
    fn exchange(&mut self, at: usize, read: Read) {
        let Role::Node(index) = self.network.roles[at] else { return };
        (self.facts[at].original, self.facts[at].standing) = (read.original, read.standing);
        self.network.exchange(index, read);
        self.moved.clear();
        self.passes = None;
        let most = MOST_VISITS.max(self.network.nodes.len() / 16);
        let mut visits = 0;
        self.waiting.insert(index as usize);
        while let Some(index) = self.waiting.pop_first() {
            if visits == most {
                self.waiting.clear();
                return self.sweep(index);
            }
            visits += 1;
            if self.place(index) {
                for &to in self.outgoing.of(index as u32) {
                    self.waiting.insert(to as usize);
                }
            }
        }
    }

    /// Places a node by the forward rule; whether that moved it.
    fn place(&mut self, index: usize) -> bool {
        let span = self.network.nodes[index].span;
        let place = placed(&self.network, &self.early, index, span);
        let is_moved = self.early[index * 2..index * 2 + 2] != place;
        if is_moved {
            self.early[index * 2..index * 2 + 2].copy_from_slice(&place);
            self.moved.push(index as u32);
        }
        is_moved
    }

    /// Places everything from a node on, as the full pass does: where a revision reaches a great part of the plan,
    /// walking in order is cheaper than asking what is next.
    fn sweep(&mut self, from: usize) {
        for index in from..self.network.nodes.len() {
            self.place(index);
        }
    }

    /// Milestones of what moved, and of the revised activity itself: it may no longer be as late as possible.
    fn update_milestones(&mut self, revised: usize) {
        if let Role::Node(node) = self.network.roles[revised] {
            self.update_milestones_at(node);
        }
        for at in 0..self.moved.len() {
            self.update_milestones_at(self.moved[at]);
        }
        self.update_late_milestones();
    }

    fn update_milestones_at(&mut self, node: u32) {
        if !self.network.nodes[node as usize].has(traits::MANDATED) {
            return;
        }
        let first = self.goals_of.partition_point(|(mandated, _)| *mandated < node);
        let end = self.goals_of.partition_point(|(mandated, _)| *mandated <= node);
        for at in first..end {
            let goal = self.goals_of[at].1 as usize;
            self.milestones[goal] = self.milestone(goal);
        }
    }

    /// A milestone that is as late as possible stands where the backward pass leaves it.
    fn update_late_milestones(&mut self) {
        let is_late = |(node, _): &&(u32, u32)| self.network.nodes[*node as usize].has(traits::AS_LATE);
        let goals: Vec<u32> = self.goals_of.iter().filter(is_late).map(|(_, goal)| *goal).collect();
        if !goals.is_empty() {
            self.passes = Some(self.demand_passes());
            for goal in goals {
                self.milestones[goal as usize] = self.milestone(goal as usize);
            }
        }
    }

    fn milestone(&self, goal: usize) -> MilestoneFloat {
        let goal = &self.network.goals[goal];
        let early = self.passes.as_ref().map_or(&self.early, |passes| &passes.early);
        let worst = worst_end(&self.network, early, goal);
        MilestoneFloat {
            mandate: goal.mandate as usize,
            activity: goal.activity as usize,
            float_days: worst.map(|(node, float)| self.network.days(&self.network.nodes[node], float)),
            forecast: worst.map(|(node, _)| finish_of(&self.network, &self.network.nodes[node], early[node * 2 + 1])),
        }
    }

    /// Both passes, computed when a revision has made the last ones stale.
    fn demand_passes(&mut self) -> Passes {
        self.passes.take().unwrap_or_else(|| backward(&self.network, self.early.clone()))
    }
}

impl Network {
    /// Puts a node in the place of another form of the same activity; what links and mandates make of it stays.
    fn exchange(&mut self, index: u32, read: Read) {
        let mut node = read.node;
        for (_, fact) in at_node(&self.fact_floors, index) {
            node.raise(fact.arrives_finish, fact.position, crate::network::Floor::Link(fact.from));
        }
        let old = &mut self.nodes[index as usize];
        node.traits |= old.traits & (traits::OPEN_FINISH | traits::MANDATED | traits::LEADS_TO_MANDATE);
        let was_hard = old.has(traits::HARD);
        if node.has(traits::MANDATED) {
            for (_, latest) in self.goals.iter().flat_map(|goal| &goal.ends).filter(|(end, _)| *end == index) {
                node.finish_cap = node.finish_cap.min(*latest);
            }
        }
        *old = node;
        if was_hard || !read.hard.is_empty() {
            exchange_at(&mut self.hard, index, read.hard);
        }
        exchange_at(&mut self.pauses, index, read.pauses);
    }
}

/// Puts other entries of a node in the place of those in a list ascending by node.
fn exchange_at<T>(list: &mut Vec<(u32, T)>, index: u32, entries: Vec<T>) {
    let first = list.partition_point(|(node, _)| *node < index);
    let end = first + at_node(list, index).len();
    list.splice(first..end, entries.into_iter().map(|entry| (index, entry)));
}

/// Activities that findings name, and those whose durations measure lags.
fn entangled(plan: &Plan, network: &Network) -> (Vec<bool>, Vec<bool>) {
    let (mut is_named, mut measures_lag) = (vec![false; plan.activities.len()], vec![false; plan.activities.len()]);
    // A start that is not used stays unused, whatever it is.
    let named = network.diagnostics.iter().filter(|found| found.code != "K-201").filter_map(|f| f.activity.as_deref());
    let measures = plan.links.iter().filter(|link| matches!(link.lag, Span::Percent { .. }));
    let named: Vec<&str> = named.collect();
    let measures: Vec<&str> = measures.map(|link| link.from.as_str()).collect();
    if !named.is_empty() || !measures.is_empty() {
        let ids = plan.activities.iter().enumerate().map(|(at, activity)| (activity.id.as_str(), at));
        let index: HashMap<&str, usize> = ids.collect();
        named.iter().filter_map(|id| index.get(id)).for_each(|at| is_named[*at] = true);
        measures.iter().filter_map(|id| index.get(id)).for_each(|at| measures_lag[*at] = true);
    }
    (is_named, measures_lag)
}
