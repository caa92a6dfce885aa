//! More crews on one activity: the least number that keeps a mandated date.
//!
//! What remains of a measured activity is a number of crew-days: remaining quantity ÷ output of a crew in a day. With k
//! crews more it takes D(k) = ⌈crew-days ÷ (crews + k)⌉ whole days of its calendar. Shortening one activity never moves
//! its start earlier nor its finish later, and every link is monotone; so what its finish holds improves and what its
//! start holds worsens as k grows. Hence when the greatest k keeps the date and makes no other milestone later, so does
//! every smaller k that keeps the date, and bisection finds the least: proved, whatever the calendars and links.
//!
//! A trial places again only what the activity reaches, as a revision does; what is proposed is recomputed in full.

use std::collections::HashMap;

use crate::calendar::Unit;
use crate::cpm::{forward_with, placed};
use crate::guarantee::MAX_ADDED_CREWS;
use crate::measure::length;
use crate::network::{Goal, Network, VIRTUAL, traits};
use crate::order::Outgoing;
use crate::plan::Plan;
use crate::shorten::{Concession, Late, Strength, is_compressible, keeps};
use crate::worklist::Worklist;

/// Placements of activities for one plan before the search is given up: a few seconds.
const MOST_PLACED: usize = 200_000_000;
/// Days closer to a whole number than this are that number.
const TOLERANCE_DAYS: f64 = 1e-9;

/// A resource that is asked for by others while the crews are at work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// Index in [`Plan::resources`].
    pub resource: usize,
    /// Activities (indexes in the plan, ascending) that need it at the same time.
    pub with: Vec<usize>,
}

/// Looks for crews to add; what it knows of the plan serves every late milestone.
pub(crate) struct MoreCrews<'a> {
    plan: &'a Plan,
    network: &'a Network,
    /// Forward positions, also of what is as late as possible.
    early: Vec<i32>,
    /// The same under trial; equal to `early` between trials.
    trial: Vec<i32>,
    /// Nodes that the trial has moved.
    moved: Vec<u32>,
    after: Outgoing,
    waiting: Worklist,
    /// Mandated nodes, the goals they end and the latest finish each sets, ascending.
    ends: Vec<(u32, u32, i32)>,
    /// Index of each resource, and the nodes that need it.
    resources: HashMap<&'a str, (usize, Vec<u32>)>,
    placed: usize,
}

/// What remains of a measured activity.
struct Work {
    node: usize,
    /// Days it would take one crew.
    crew_days: f64,
    crews: u32,
    /// Units of a day of its calendar.
    day: i32,
    /// Remaining units as planned, and the fewest it can be brought to.
    units: i32,
    least_units: i32,
}

impl Work {
    /// D(k) in units of its calendar, neither longer than planned nor shorter than it can be.
    fn units_with(&self, added: u32) -> i32 {
        let days = (self.crew_days / (f64::from(self.crews) + f64::from(added)) - TOLERANCE_DAYS).ceil().max(1.0);
        let units = (days * f64::from(self.day)).min(f64::from(self.units)) as i32;
        units.max(self.least_units)
    }
}

impl<'a> MoreCrews<'a> {
    pub(crate) fn new(plan: &'a Plan, network: &'a Network) -> MoreCrews<'a> {
        let count = network.nodes.len();
        let early = forward_with(network, &network.spans());
        let mut ends: Vec<(u32, u32, i32)> = Vec::new();
        for (at, goal) in network.goals.iter().enumerate() {
            ends.extend(goal.ends.iter().map(|(node, latest)| (*node, at as u32, *latest)));
        }
        ends.sort_unstable();
        let named = plan.resources.iter().enumerate().map(|(at, resource)| (resource.id.as_str(), (at, Vec::new())));
        let mut resources: HashMap<&str, (usize, Vec<u32>)> = named.collect();
        for (index, node) in network.nodes.iter().enumerate().filter(|(_, node)| node.activity != VIRTUAL) {
            for need in &plan.activities[node.activity as usize].needs {
                if let Some((_, users)) = resources.get_mut(need.resource.as_str()) {
                    users.push(index as u32);
                }
            }
        }
        MoreCrews {
            plan,
            network,
            trial: early.clone(),
            early,
            moved: Vec::new(),
            after: Outgoing::new(count, || network.links()),
            waiting: Worklist::new(count),
            ends,
            resources,
            placed: 0,
        }
    }

    /// Every activity on which more crews alone keep a late date, the fewest crews first.
    pub(crate) fn concessions(&mut self, late: &Late<'_>) -> Vec<Concession> {
        let mut found: Vec<(u32, u32, Concession)> = Vec::new();
        for &index in &late.nodes {
            let Some(work) = self.work(index) else { continue };
            let Some(added) = self.least(late.goal, &work) else { continue };
            if let Some(concession) = self.verified(late.goal, &work, added) {
                found.push((added, self.network.nodes[index].activity, concession));
            }
        }
        found.sort_by_key(|(added, activity, _)| (*added, *activity));
        found.into_iter().map(|(_, _, concession)| concession).collect()
    }

    /// What remains of the activity of a node, when it is measured and crews could shorten it.
    fn work(&self, index: usize) -> Option<Work> {
        let node = &self.network.nodes[index];
        if node.activity == VIRTUAL {
            return None;
        }
        let activity = &self.plan.activities[node.activity as usize];
        let quantity = activity.quantity.as_ref().filter(|_| is_compressible(activity, node))?;
        let (own, continuous) = (&self.network.calendars[node.own as usize], &self.network.calendars[0]);
        let day = own.units_per_day.max(1);
        let units = node.span - self.network.paused_units(index) + i32::from(own.unit == Unit::Day);
        let planned = length(activity.duration, own, continuous)?.units;
        let crews = quantity.crews.unwrap_or(1).max(1);
        let planned_days = f64::from(planned) / f64::from(day);
        let rate = quantity.per_day.unwrap_or(quantity.total / planned_days / f64::from(crews));
        // Where somebody has said what remains, that is what the dates stand on.
        let share = match (node.has(traits::STARTED), activity.remaining, activity.percent_e3) {
            (true, Some(_), _) => f64::from(units) / f64::from(planned),
            (true, None, Some(percent_e3)) => f64::from(100_000 - percent_e3.min(100_000)) / 100_000.0,
            _ => 1.0,
        };
        let crew_days = quantity.total * share / rate;
        let least_units = activity.min_duration.and_then(|least| length(least, own, continuous));
        let least_units = least_units.map_or(1, |least| least.units).clamp(1, units);
        let work = Work { node: index, crew_days, crews, day, units, least_units };
        (crew_days.is_finite() && crew_days > 0.0 && work.units_with(MAX_ADDED_CREWS) < units).then_some(work)
    }

    /// The least number of crews that keeps the date, when the most do.
    fn least(&mut self, goal: &Goal, work: &Work) -> Option<u32> {
        if self.placed > MOST_PLACED || !self.keeps(goal, work, MAX_ADDED_CREWS) {
            return None;
        }
        let (mut too_few, mut enough) = (0, MAX_ADDED_CREWS);
        while enough - too_few > 1 {
            let middle = too_few.midpoint(enough);
            if self.keeps(goal, work, middle) { enough = middle } else { too_few = middle }
        }
        Some(enough)
    }

    /// Whether so many crews more keep the date and make no other milestone later.
    fn keeps(&mut self, goal: &Goal, work: &Work, added: u32) -> bool {
        let shorter = self.span_with(work, added);
        self.waiting.insert(work.node);
        while let Some(index) = self.waiting.pop_first() {
            let span = if index == work.node { shorter } else { self.network.nodes[index].span };
            let place = placed(self.network, &self.trial, index, span);
            self.placed += 1;
            if self.trial[index * 2..index * 2 + 2] != place {
                self.trial[index * 2..index * 2 + 2].copy_from_slice(&place);
                self.moved.push(index as u32);
                self.after.of(index as u32).iter().for_each(|to| self.waiting.insert(*to as usize));
            }
        }
        let is_kept = goal.ends.iter().all(|&(node, latest)| self.trial[node as usize * 2 + 1] <= latest);
        let spares_others = self.moved.iter().all(|node| self.spares_others(goal, *node));
        for node in self.moved.drain(..) {
            let pair = node as usize * 2..node as usize * 2 + 2;
            self.trial[pair.clone()].copy_from_slice(&self.early[pair]);
        }
        is_kept && spares_others
    }

    /// Whether a node that a trial has moved ends no other goal later than it did.
    fn spares_others(&self, goal: &Goal, node: u32) -> bool {
        if !self.network.nodes[node as usize].has(traits::MANDATED) {
            return true;
        }
        let finish = node as usize * 2 + 1;
        let first = self.ends.partition_point(|(end, ..)| *end < node);
        let goals = self.ends[first..].iter().take_while(|(end, ..)| *end == node);
        let mut others = goals.filter(|(_, at, _)| !std::ptr::eq(&self.network.goals[*at as usize], goal));
        others.all(|_| self.trial[finish] <= self.early[finish])
    }

    fn span_with(&self, work: &Work, added: u32) -> i32 {
        self.network.span_of_work(work.node, work.units_with(added))
    }

    /// The concession, when recomputing everything confirms it.
    fn verified(&mut self, goal: &Goal, work: &Work, added: u32) -> Option<Concession> {
        let mut spans = self.network.spans();
        spans[work.node] = self.span_with(work, added);
        self.placed += spans.len();
        let after = forward_with(self.network, &spans);
        keeps(self.network, goal, &self.early, &after).then(|| Concession::AddCrews {
            activity: self.network.nodes[work.node].activity as usize,
            crews: work.crews,
            added,
            days: f64::from(work.units - work.units_with(added)) / f64::from(work.day),
            strength: Strength::Proved,
            shared: self.shared(work.node, &after),
        })
    }

    /// Resources of an activity that others need while it is done.
    fn shared(&self, index: usize, early: &[i32]) -> Vec<Shared> {
        let (from, to) = self.time_of(index, early);
        let needs = &self.plan.activities[self.network.nodes[index].activity as usize].needs;
        let mut shared: Vec<Shared> = Vec::new();
        for (resource, users) in needs.iter().filter_map(|need| self.resources.get(need.resource.as_str())) {
            let at_once = users.iter().filter(|user| {
                let (begins, ends) = self.time_of(**user as usize, early);
                **user as usize != index && begins < to && from < ends
            });
            let mut with: Vec<usize> =
                at_once.map(|user| self.network.nodes[*user as usize].activity as usize).collect();
            with.sort_unstable();
            with.dedup();
            if !with.is_empty() && shared.iter().all(|known| known.resource != *resource) {
                shared.push(Shared { resource: *resource, with });
            }
        }
        shared
    }

    /// Axis values between which an activity is done, half-open; a point is done in no time.
    fn time_of(&self, index: usize, early: &[i32]) -> (i32, i32) {
        let (node, start, finish) = (&self.network.nodes[index], early[index * 2], early[index * 2 + 1]);
        let calendar = &self.network.calendars[node.calendar as usize];
        let begins = calendar.start_label(start);
        let is_point = node.has(traits::START_POINT) || (finish == start && calendar.unit != Unit::Day);
        if is_point {
            return (begins, begins);
        }
        (begins, self.network.finish_label(node, finish) + i32::from(calendar.unit == Unit::Day))
    }
}
