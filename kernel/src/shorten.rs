//! Concessions: what restores a mandated date that the forecast misses.
//!
//! Shortening is first sought among what is late to the date alone. That leaves out constraints, so when the full
//! recomputation accepts the answer it is as good as the answer of the whole. Where it does not (shortening one
//! activity can make another milestone later through SS, FF and SF links) everything that leads to any mandated date
//! takes part, and no milestone ends with less float than it had.

use jiff::civil::Date;

use crate::calendar::Unit;
use crate::cpm::{Passes, forward_with};
use crate::crash::{Event, EventNetwork};
use crate::crews::Shared;
use crate::measure::length;
use crate::network::{Goal, Hard, NO_FLOOR, Network, Node, VIRTUAL, traits};
use crate::plan::{Activity, ActivityKind, Moment, Plan, Span};
use crate::schedule::finish_of;

/// How strong a concession is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// Minimal: nothing less does it.
    Proved,
    /// Nothing in it can be left out; another choice might be smaller.
    Irreducible,
    /// It does it; less might.
    Found,
}

/// One way to restore a mandated date, or the finding that there is none of its kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Concession {
    /// Move the date to the forecast; proved.
    MoveDate {
        /// Working days of the milestone's calendar.
        working_days: f64,
        /// Calendar days.
        calendar_days: i64,
        /// The new date.
        to: Moment,
    },
    /// Shorten activities by whole days.
    Shorten {
        /// Sum of the days.
        days: i64,
        /// Minimal or merely sufficient.
        strength: Strength,
        /// Activities (indexes in the plan, ascending) and days.
        on: Vec<(usize, i64)>,
    },
    /// Work on days of rest: everybody on site whose work leads to the date and may be shortened.
    WorkDays {
        /// The days, ascending.
        on: Vec<Date>,
        /// Irreducible; proved when one day is enough.
        strength: Strength,
    },
    /// Put more crews on one activity.
    AddCrews {
        /// The activity (index in the plan).
        activity: usize,
        /// Crews it is planned with.
        crews: u32,
        /// Crews more.
        added: u32,
        /// Working days of its calendar by which it gets shorter.
        days: f64,
        /// Proved: fewer crews on this activity alone do not keep the date.
        strength: Strength,
        /// Resources of the activity that others need at the same time.
        shared: Vec<Shared>,
    },
    /// No shortening within the least durations keeps the date.
    NotCurable {
        /// Working days it is late at best.
        remaining_days: f64,
        /// Exact in one working calendar.
        strength: Strength,
    },
}

/// Default share of the remaining duration that must be left, per cent × 1000.
const MIN_DURATION_PERCENT_E3: u32 = 80_000;

/// A late milestone.
pub(crate) struct Late<'a> {
    /// Its date.
    pub(crate) goal: &'a Goal,
    /// Its latest end.
    pub(crate) node: usize,
    /// Float of that end in units of its calendar; negative.
    pub(crate) float: i32,
    /// Nodes with negative float to the date, ascending.
    pub(crate) nodes: Vec<usize>,
}

/// Concessions for a late milestone.
pub(crate) fn concessions(plan: &Plan, network: &Network, passes: &Passes, late: &Late<'_>) -> Vec<Concession> {
    let (goal, node) = (late.goal, late.node);
    let narrow = Problem::new(plan, network, passes, goal, late.nodes.iter().copied());
    let shortening = narrow.solve(node).unwrap_or_else(|| {
        let leads_to_a_date = |index: &usize| network.nodes[*index].has(traits::LEADS_TO_MANDATE);
        let wide = Problem::new(plan, network, passes, goal, (0..network.nodes.len()).filter(leads_to_a_date));
        wide.solve(node).unwrap_or_else(|| wide.late_at_best(node))
    });
    vec![move_date(plan, network, passes, late), shortening]
}

/// The date moved to the forecast.
pub(crate) fn move_date(plan: &Plan, network: &Network, passes: &Passes, late: &Late<'_>) -> Concession {
    let node = &network.nodes[late.node];
    let to = finish_of(network, node, passes.early[late.node * 2 + 1]);
    let written = &plan.mandated[late.goal.mandate as usize];
    Concession::MoveDate {
        working_days: network.days(node, -late.float),
        calendar_days: i64::from((to.date() - written.finish_by.date()).get_days()),
        to,
    }
}

/// An activity that leads to a mandated date.
struct Candidate {
    node: usize,
    /// Remaining duration in its units.
    duration: i64,
    /// Units of a day.
    day: i64,
    /// Most whole days it may be shortened by.
    most_days: i64,
}

struct Problem<'a> {
    network: &'a Network,
    /// Early positions before anything is shortened, also of what is as late as possible.
    early: Vec<i32>,
    goal: &'a Goal,
    candidates: Vec<Candidate>,
    /// Place of each node among the candidates.
    place: Vec<u32>,
    is_exact: bool,
}

impl<'a> Problem<'a> {
    fn new(
        plan: &Plan,
        network: &'a Network,
        passes: &Passes,
        goal: &'a Goal,
        nodes: impl Iterator<Item = usize>,
    ) -> Problem<'a> {
        let mut place = vec![u32::MAX; network.nodes.len()];
        let mut candidates = Vec::new();
        for index in nodes {
            place[index] = candidates.len() as u32;
            candidates.push(candidate(plan, network, index, &network.nodes[index]));
        }
        let first_calendar = candidates.first().map(|candidate| network.nodes[candidate.node].calendar);
        let is_exact = candidates.iter().all(|candidate| {
            let node = &network.nodes[candidate.node];
            Some(node.calendar) == first_calendar
                && network.calendars[node.calendar as usize].unit == Unit::Day
                && !node.has(traits::HARD)
                && network.pauses_of(candidate.node).is_empty()
                && network
                    .rows_of(candidate.node)
                    .iter()
                    .all(|row| place[row.from()] == u32::MAX || row.shift().is_some())
        });
        // Forward positions, without the moves of what is as late as possible: those push nothing.
        let early = if network.nodes.iter().any(|node| node.has(traits::AS_LATE)) {
            forward_with(network, &network.spans())
        } else {
            passes.early.clone()
        };
        Problem { network, early, goal, candidates, place, is_exact }
    }

    /// Units of the common scale in one unit of a node's positions: days in a day plan, minutes in a minute plan.
    fn scale(&self, node: &Node) -> i64 {
        let calendar = &self.network.calendars[node.calendar as usize];
        if calendar.unit == Unit::WholeDay { i64::from(calendar.minutes_per_day) } else { 1 }
    }

    /// The event network with each candidate's limit, the date tightened by some days.
    fn events(&self, most_days: &[i64], tighter_days: i64) -> EventNetwork {
        let network = self.network;
        let mut events = EventNetwork::new();
        for (candidate, most) in self.candidates.iter().zip(most_days) {
            let node = &network.nodes[candidate.node];
            let scale = self.scale(node);
            let start = i64::from(self.early[candidate.node * 2]) * scale;
            let span = self.early[candidate.node * 2 + 1] - self.early[candidate.node * 2];
            events.add_activity(start, i64::from(span) * scale, most * candidate.day * scale);
        }
        for (activity, candidate) in self.candidates.iter().enumerate() {
            self.add_lower_bounds(&mut events, activity, candidate.node);
        }
        for goal in &network.goals {
            for &(node, latest) in &goal.ends {
                let (index, place) = (node as usize, self.place[node as usize]);
                if place == u32::MAX {
                    continue;
                }
                let scale = self.scale(&network.nodes[index]);
                let event = Event { activity: place as usize, is_finish: true };
                let before = i64::from(self.early[index * 2 + 1]) * scale;
                let day = self.candidates[place as usize].day * scale;
                let date = i64::from(latest) * scale - tighter_days * day;
                events.add_bound(event, if std::ptr::eq(goal, self.goal) { date } else { before });
            }
        }
        events
    }

    /// Floors and links of one activity. A link between calendars is a fixed distance at the current dates, and so is
    /// what a hard latest date breaks: the search begins at dates that satisfy every bound it knows.
    fn add_lower_bounds(&self, events: &mut EventNetwork, activity: usize, index: usize) {
        let (network, node) = (self.network, &self.network.nodes[index]);
        let scale = self.scale(node);
        let (start, finish) = (Event { activity, is_finish: false }, Event { activity, is_finish: true });
        // What lasts until an expected finish ends then however early it starts.
        let is_fixed = crate::cpm::hard_of(network, index).any(|hard| match hard {
            Hard::StartAt(_) | Hard::FinishAt(_) => true,
            Hard::Expected(position) => position >= self.early[index * 2],
            Hard::StartBy(_) | Hard::FinishBy(_) => false,
        });
        if is_fixed {
            return events.add_floor(start, i64::from(self.early[index * 2]) * scale);
        }
        for (event, floor) in [(start, node.start_floor), (finish, node.finish_floor)] {
            if floor != NO_FLOOR {
                let held = self.early[index * 2 + usize::from(event.is_finish)];
                events.add_floor(event, i64::from(floor.min(held)) * scale);
            }
        }
        for row in network.rows_of(index).iter().filter(|row| self.place[row.from()] != u32::MAX) {
            let source = self.early[row.source()];
            let source_scale = self.scale(&network.nodes[row.from()]);
            let held = self.early[index * 2 + usize::from(row.arrives_finish())];
            let target = row.bound(network, source).min(held);
            let distance = i64::from(target) * scale - i64::from(source) * source_scale;
            let from = Event { activity: self.place[row.from()] as usize, is_finish: row.source() % 2 == 1 };
            events.add_link(from, if row.arrives_finish() { finish } else { start }, distance);
        }
    }

    fn not_curable(&self, remaining: i64, tighter: i64, late_node: usize) -> Concession {
        let place = self.place[late_node] as usize;
        let day = self.candidates[place].day * self.scale(&self.network.nodes[late_node]);
        let remaining_days = (remaining as f64 / day as f64 - tighter as f64).max(0.0);
        Concession::NotCurable { remaining_days, strength: self.strength() }
    }

    fn strength(&self) -> Strength {
        if self.is_exact { Strength::Proved } else { Strength::Found }
    }

    /// A shortening that a full recomputation confirms, or that there is none; `None` when this part of the network
    /// does not tell.
    fn solve(&self, late_node: usize) -> Option<Concession> {
        let most: Vec<i64> = self.candidates.iter().map(|candidate| candidate.most_days).collect();
        // Every round asks for a day more than the last, which linear distances between calendars may have hidden.
        for tighter in 0..=MAX_TIGHTENING_DAYS {
            let days = match self.events(&most, tighter).shorten() {
                Ok(units) => self.whole_days(&units, &most),
                Err(remaining) if self.is_exact => return Some(self.not_curable(remaining, tighter, late_node)),
                // Distances that stand still where several calendars meet can say neither that there is nothing nor by
                // how much: everything at its shortest, recomputed, can.
                Err(_) => break,
            };
            if !self.restores(&days) {
                if self.is_exact {
                    return None;
                }
                continue;
            }
            let days = if self.is_exact { self.even(days, &most) } else { self.given_back(days) };
            return Some(self.shortening(&days));
        }
        let is_enough = !self.is_exact && self.restores(&most);
        is_enough.then(|| self.shortening(&self.given_back(most)))
    }

    fn shortening(&self, days: &[i64]) -> Concession {
        let shortened = self.candidates.iter().zip(days).filter(|(_, days)| **days > 0);
        let mut on: Vec<(usize, i64)> =
            shortened.map(|(candidate, days)| (self.network.nodes[candidate.node].activity as usize, *days)).collect();
        on.sort_unstable();
        Concession::Shorten { days: days.iter().sum(), strength: self.strength(), on }
    }

    /// Units as whole days, rounded up, within each limit.
    fn whole_days(&self, units: &[i64], most: &[i64]) -> Vec<i64> {
        let candidates = self.candidates.iter().zip(units).zip(most);
        candidates
            .map(|((candidate, units), most)| {
                let day = candidate.day * self.scale(&self.network.nodes[candidate.node]);
                (-(-units).div_euclid(day)).min(*most)
            })
            .collect()
    }

    /// Recomputes in full: the date is kept and no other milestone is later than it was.
    fn restores(&self, days: &[i64]) -> bool {
        keeps(self.network, self.goal, &self.early, &self.recomputed(days))
    }

    fn recomputed(&self, days: &[i64]) -> Vec<i32> {
        let mut spans = self.network.spans();
        for (candidate, days) in self.candidates.iter().zip(days).filter(|(_, days)| **days > 0) {
            let units = candidate.duration - days * candidate.day;
            spans[candidate.node] = self.network.span_of_work(candidate.node, units as i32);
        }
        forward_with(self.network, &spans)
    }

    /// How late the milestone is when everything is as short as it may be, in days of its own calendar.
    fn late_at_best(&self, late_node: usize) -> Concession {
        let most: Vec<i64> = self.candidates.iter().map(|candidate| candidate.most_days).collect();
        let finish = self.recomputed(&most)[late_node * 2 + 1];
        let latest = self.goal.ends.iter().find(|end| end.0 as usize == late_node).map_or(finish, |end| end.1);
        let node = &self.network.nodes[late_node];
        let remaining_days = self.network.days(node, self.network.units_between(node, latest, finish)).max(0.0);
        Concession::NotCurable { remaining_days, strength: self.strength() }
    }

    /// Of all least shortenings one whose greatest share of a duration is least: bisection over the possible shares.
    fn even(&self, days: Vec<i64>, most: &[i64]) -> Vec<i64> {
        let total: i64 = days.iter().sum();
        let is_smaller = |a: (i64, i64), b: (i64, i64)| a.0 * b.1 < b.0 * a.1;
        let mut greatest = (0, 1);
        for (candidate, days) in self.candidates.iter().zip(&days) {
            if is_smaller(greatest, (*days, candidate.duration)) {
                greatest = (*days, candidate.duration);
            }
        }
        let mut shares: Vec<(i64, i64)> = self
            .candidates
            .iter()
            .zip(most)
            .flat_map(|(candidate, most)| (1..=*most).map(|k| (k, candidate.duration)))
            .filter(|share| is_smaller(*share, greatest))
            .collect();
        shares.sort_unstable_by(|a, b| (a.0 * b.1).cmp(&(b.0 * a.1)));
        shares.dedup_by(|a, b| a.0 * b.1 == b.0 * a.1);
        let (mut best, mut low, mut high) = (days, 0, shares.len());
        while low < high {
            let middle = low.midpoint(high);
            let (k, of) = shares[middle];
            let limits: Vec<i64> =
                self.candidates.iter().zip(most).map(|(c, most)| (k * c.duration / of).min(*most)).collect();
            let found = self.events(&limits, 0).shorten().ok();
            match found.filter(|found| found.iter().sum::<i64>() == total && self.restores(found)) {
                Some(found) => (best, high) = (found, middle),
                None => low = middle + 1,
            }
        }
        best
    }

    /// Takes back a day wherever the date is kept without it.
    fn given_back(&self, mut days: Vec<i64>) -> Vec<i64> {
        for at in 0..days.len() {
            while days[at] > 0 {
                days[at] -= 1;
                if !self.restores(&days) {
                    days[at] += 1;
                    break;
                }
            }
        }
        days
    }
}

/// Whether new early positions keep a date and make no other milestone later than the old ones did.
pub(crate) fn keeps(network: &Network, goal: &Goal, before: &[i32], after: &[i32]) -> bool {
    network.goals.iter().all(|other| {
        other.ends.iter().all(|&(node, latest)| {
            let finish = node as usize * 2 + 1;
            let bound = if std::ptr::eq(other, goal) { latest } else { before[finish] };
            after[finish] <= bound
        })
    })
}

/// Whether an activity may be shortened at all. Elapsed durations are waiting (curing, statutory periods): nothing
/// shortens them. What is expected to finish on a day has no duration of its own.
pub(crate) fn is_compressible(activity: &Activity, node: &Node) -> bool {
    let is_elapsed = matches!(activity.duration, Span::Elapsed { .. });
    let has_length = node.span > 0 && activity.expected_finish.is_none();
    activity.kind == ActivityKind::Task && activity.is_compressible && !is_elapsed && has_length
}

/// Rounds of tightening before a solution across calendars is given up.
const MAX_TIGHTENING_DAYS: i64 = 60;

fn candidate(plan: &Plan, network: &Network, index: usize, node: &Node) -> Candidate {
    let fixed = Candidate { node: index, duration: 1, day: day_of(network, node), most_days: 0 };
    if node.activity == VIRTUAL {
        return fixed;
    }
    let activity = &plan.activities[node.activity as usize];
    if !is_compressible(activity, node) {
        return fixed;
    }
    let is_day = network.calendars[node.calendar as usize].unit == Unit::Day;
    let duration = i64::from(node.span - network.paused_units(index)) + i64::from(is_day);
    let least = least_units(plan, network, activity, node, duration);
    Candidate { duration, most_days: ((duration - least) / fixed.day).max(0), ..fixed }
}

fn day_of(network: &Network, node: &Node) -> i64 {
    i64::from(network.calendars[node.own as usize].units_per_day).max(1)
}

/// Least remaining duration of an activity, in its units.
fn least_units(plan: &Plan, network: &Network, activity: &Activity, node: &Node, duration: i64) -> i64 {
    let own = &network.calendars[node.own as usize];
    let given = activity.min_duration.and_then(|least| length(least, own, &network.calendars[0]));
    let share = i64::from(plan.options.min_duration_percent_e3.unwrap_or(MIN_DURATION_PERCENT_E3).min(100_000));
    let least = given.map_or(-(-duration * share).div_euclid(100_000), |least| i64::from(least.units));
    least.clamp(1, duration)
}
