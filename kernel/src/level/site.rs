//! Serial generation over a compiled plan: all link kinds, every activity in its own calendar, resources in steps.
//!
//! Forwards it places an activity at the first position its links and bounds allow at which every unit it works has
//! room; backwards at the last, which only serves to find better orders. Work holds its resources in the units it
//! works, not over the nights and free days between.

use super::needs::Needs;
use super::steps::{EVER, Steps};
use crate::calendar::{FAR, Unit};
use crate::cpm::{Passes, hard_of};
use crate::network::{Goal, Hard, NO_FLOOR, Network, traits};
use crate::rcpsp::population::{Generation, Pass, Scheme};

/// What has no place.
pub(crate) const UNPLACED: i32 = i32::MIN;
/// How much worse a day after a mandated date is than a day of the whole plan.
const LATENESS: i64 = 4;
/// What a node without a place costs.
const MISSING: i64 = 1 << 26;

/// A time in which work would find too little of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shortage {
    /// Index in the plan.
    pub(crate) resource: u32,
    /// First axis value of it.
    pub(crate) from: i32,
    /// Where it ends; `None`: never.
    pub(crate) to: Option<i32>,
}

/// First entry of each node, and the nodes with the index of the row.
type Neighbours = (Vec<u32>, Vec<(u32, i32)>);

/// A plan being levelled.
pub(crate) struct Site<'a> {
    pub(crate) network: &'a Network,
    pub(crate) needs: &'a Needs,
    /// What stands before each node, and after it: first index and the nodes, with the index of the row.
    sides: [Neighbours; 2],
    latest_finish: Vec<i32>,
    pub(crate) free: Vec<Steps>,
    /// Nodes that hard dates fix, and where: they hold their resources before anything else is placed.
    fixed: Vec<(usize, i32)>,
    is_fixed: Vec<bool>,
    /// Earliest start of anything by links alone.
    origin: i32,
    /// Latest finish of the best schedule so far; backward passes end there.
    end: i32,
}

impl<'a> Site<'a> {
    pub(crate) fn new(network: &'a Network, needs: &'a Needs, early: &Passes) -> Site<'a> {
        let count = network.nodes.len();
        let label = |index: usize, position: i32| network.finish_label(&network.nodes[index], position);
        let span = |index: usize| early.early[index * 2 + 1] - early.early[index * 2];
        let start = |index: usize| {
            network.calendars[network.nodes[index].calendar as usize].start_label(early.early[index * 2])
        };
        let fixed: Vec<(usize, i32)> =
            (0..count).filter_map(|index| Some((index, fixed_start(network, index)?))).collect();
        let mut is_fixed = vec![false; count];
        for (index, _) in &fixed {
            is_fixed[*index] = true;
        }
        Site {
            fixed,
            is_fixed,
            network,
            needs,
            sides: [before(network), after(network)],
            latest_finish: (0..count).map(|index| label(index, early.late[index] + span(index))).collect(),
            free: needs.capacity.clone(),
            origin: (0..count).map(start).min().unwrap_or(0),
            end: i32::MAX,
        }
    }

    /// Gives everything back but what hard dates fix.
    pub(crate) fn clear(&mut self, is_backward: bool) {
        for (free, capacity) in self.free.iter_mut().zip(&self.needs.capacity) {
            free.copy_from(capacity);
            if is_backward {
                free.open_before(self.origin);
            }
        }
        for at in 0..self.fixed.len() {
            let (index, start) = self.fixed[at];
            self.hold(index, start);
        }
    }

    /// Whether a hard date fixes a node.
    pub(crate) fn is_fixed(&self, index: usize) -> bool {
        self.is_fixed[index]
    }

    /// What a node works between its breaks: the first unit and the one behind the last, counted from its start.
    fn stretches(&self, index: usize) -> impl Iterator<Item = (i32, i32)> + '_ {
        let node = &self.network.nodes[index];
        let calendar = &self.network.calendars[node.calendar as usize];
        self.network.stretches(index, node.span + i32::from(calendar.unit == Unit::Day))
    }

    /// Times worked from a start position, in axis values.
    pub(crate) fn runs(&self, index: usize, start: i32) -> impl Iterator<Item = (i32, i32)> + '_ {
        self.stretches(index).flat_map(move |(from, to)| self.runs_of(index, start + from, to - from))
    }

    /// Times worked from a position on without a break.
    fn runs_of(&self, index: usize, start: i32, units: i32) -> impl Iterator<Item = (i32, i32)> + '_ {
        let calendar = &self.network.calendars[self.network.nodes[index].calendar as usize];
        let mut done = 0;
        std::iter::from_fn(move || {
            if done >= units {
                return None;
            }
            let (from, mut to, length) = calendar.run(start + done, units - done);
            done += length;
            // Days that follow each other are one time.
            while done < units && calendar.unit != Unit::Minute {
                let (next, end, length) = calendar.run(start + done, units - done);
                if next != to {
                    break;
                }
                (to, done) = (end, done + length);
            }
            Some((from, to))
        })
    }

    /// Takes what a node needs, unless it holds it from the beginning.
    pub(crate) fn take(&mut self, index: usize, start: i32) {
        if !self.is_fixed[index] && !self.needs.of_node[index].is_empty() {
            self.hold(index, start);
        }
    }

    fn hold(&mut self, index: usize, start: i32) {
        let times: Vec<(i32, i32)> = self.runs(index, start).collect();
        for (resource, units) in &self.needs.of_node[index] {
            for (from, to) in &times {
                self.free[*resource as usize].take(*from, *to, *units);
            }
        }
    }

    /// Asks something as if a node were not placed.
    pub(crate) fn without<T>(&mut self, index: usize, start: i32, ask: impl FnOnce(&Self) -> T) -> T {
        let times: Vec<(i32, i32)> = self.runs(index, start).collect();
        for (resource, units) in &self.needs.of_node[index] {
            for (from, to) in &times {
                self.free[*resource as usize].give(*from, *to, *units);
            }
        }
        let answer = ask(self);
        self.hold(index, start);
        answer
    }

    /// The first shortage work would meet from a start position.
    pub(crate) fn shortage(&self, index: usize, start: i32) -> Option<Shortage> {
        self.first_shortage(index, start).map(|(_, shortage)| shortage)
    }

    /// The same behind where the stretch that meets it begins, in units from the start.
    fn first_shortage(&self, index: usize, start: i32) -> Option<(i32, Shortage)> {
        self.stretches(index).find_map(|(begin, end)| {
            let found = self.runs_of(index, start + begin, end - begin).find_map(|(from, to)| {
                self.needs.of_node[index].iter().find_map(|(resource, units)| {
                    let (from, to) = self.free[*resource as usize].first_short(from, to, *units)?;
                    Some(Shortage { resource: *resource, from, to })
                })
            });
            found.map(|shortage| (begin, shortage))
        })
    }

    /// First position with room, not before one; `Err` is a shortage that never ends.
    fn first_room(&self, index: usize, earliest: i32) -> Result<i32, Shortage> {
        let calendar = &self.network.calendars[self.network.nodes[index].calendar as usize];
        let mut start = earliest;
        while let Some((begin, shortage)) = self.first_shortage(index, start) {
            // The stretch that meets it must begin behind it: until then it lies in its way.
            match shortage.to.map(|end| calendar.ceil(end)) {
                Some(next) if next < FAR => start = (next - begin).max(start + 1),
                _ => return Err(shortage),
            }
        }
        Ok(start)
    }

    /// Last position with room, not after one.
    fn last_room(&self, index: usize, latest: i32) -> i32 {
        let calendar = &self.network.calendars[self.network.nodes[index].calendar as usize];
        let mut start = latest;
        loop {
            match self.last_shortage(index, start) {
                None => return start,
                // Nothing was open even at the beginning of time: the order is all that matters here.
                Some((_, EVER)) => return latest,
                Some((end, at)) => start = (calendar.ceil(at) - end).min(start - 1),
            }
        }
    }

    /// Where the last shortage begins that work would meet from a start position, behind where the stretch that meets it ends, in
    /// units from the start.
    fn last_shortage(&self, index: usize, start: i32) -> Option<(i32, i32)> {
        let shortages = self.stretches(index).filter_map(|(begin, end)| {
            let short = self.runs_of(index, start + begin, end - begin).fold(None, |short, (from, to)| {
                let needs = self.needs.of_node[index].iter();
                needs
                    .filter_map(|(resource, units)| self.free[*resource as usize].last_short(from, to, *units))
                    .max()
                    .max(short)
            });
            Some((end, short?))
        });
        shortages.last()
    }

    /// Earliest start by floors and links from what is placed; `None` when something it waits for has no place.
    pub(crate) fn earliest(&self, index: usize, starts: &[i32]) -> Option<i32> {
        let node = &self.network.nodes[index];
        let mut start = node.start_floor.max(node.finish_floor - node.span);
        for row in self.network.rows_of(index) {
            let from = row.from();
            if starts[from] == UNPLACED {
                return None;
            }
            let source = starts[from] + if row.source() % 2 == 1 { self.network.nodes[from].span } else { 0 };
            let bound = row.bound(self.network, source) - if row.arrives_finish() { node.span } else { 0 };
            start = start.max(bound);
        }
        Some(start.clamp(-FAR, FAR))
    }

    /// The position a node gets: the first with room, unless a hard date wins over the resources.
    pub(crate) fn position(&self, index: usize, starts: &[i32]) -> Result<i32, Option<Shortage>> {
        let earliest = self.earliest(index, starts).ok_or(None)?;
        let node = &self.network.nodes[index];
        if let Some(start) = fixed_start(self.network, index) {
            return Ok(start);
        }
        let found = self.first_room(index, earliest);
        if !node.has(traits::HARD) {
            return found.map_err(Some);
        }
        Ok(hard_of(self.network, index).fold(found.unwrap_or(earliest), |start, hard| match hard {
            Hard::StartBy(position) => start.min(position),
            Hard::FinishBy(position) => start.min(position - node.span),
            Hard::StartAt(_) | Hard::FinishAt(_) | Hard::Expected(_) => start,
        }))
    }

    fn finish_label(&self, index: usize, start: i32) -> i32 {
        let node = &self.network.nodes[index];
        self.network.finish_label(node, start + node.span)
    }

    fn start_label(&self, index: usize, start: i32) -> i32 {
        self.network.calendars[self.network.nodes[index].calendar as usize].start_label(start)
    }

    fn forward(&mut self, list: &[u32], starts: &mut [i32], limit: i32) -> Pass {
        let (mut missing, mut last) = (0, self.origin);
        for (placed, &job) in list.iter().enumerate() {
            let index = job as usize;
            starts[index] = match self.position(index, starts) {
                Ok(start) => start,
                Err(_) => {
                    missing += 1;
                    starts[index] = UNPLACED;
                    continue;
                }
            };
            self.take(index, starts[index]);
            last = last.max(self.finish_label(index, starts[index]));
            let value = measured(i64::from(last) - i64::from(self.origin) + missing * MISSING);
            if value > limit {
                return Pass { value, placed: placed + 1 };
            }
        }
        self.end = self.end.min(last);
        Pass { value: self.value(starts), placed: list.len() }
    }

    /// The measure: axis units from the earliest start to the latest finish, lateness, and what has no place.
    pub(crate) fn value(&self, starts: &[i32]) -> i32 {
        let finish = |index: usize| self.finish_label(index, starts[index]);
        let is_placed = |index: &usize| starts[*index] != UNPLACED;
        let placed = (0..starts.len()).filter(is_placed);
        let last = placed.clone().map(finish).max().unwrap_or(self.origin);
        let missing = (starts.len() - placed.count()) as i64;
        let late = |goal: &Goal| {
            let ends = goal.ends.iter().map(|end| end.0 as usize).filter(is_placed);
            ends.map(finish).max().map_or(0, |finish| (i64::from(finish) - i64::from(goal.latest)).max(0))
        };
        let lateness: i64 = self.network.goals.iter().map(late).sum();
        measured(i64::from(last) - i64::from(self.origin) + lateness * LATENESS + missing * MISSING)
    }

    fn backward(&mut self, list: &[u32], starts: &mut [i32]) -> Pass {
        let mut first = self.end;
        for &job in list {
            let index = job as usize;
            let node = &self.network.nodes[index];
            let mut latest = node.last_finish(&self.network.calendars, self.end) - node.span;
            for goal in &self.network.goals {
                for (_, finish) in goal.ends.iter().filter(|end| end.0 == job) {
                    latest = latest.min(finish - node.span);
                }
            }
            for (to, row) in self.before(true, index) {
                let row = self.network.rows[*row as usize];
                let target =
                    starts[*to as usize] + if row.arrives_finish() { self.network.nodes[*to as usize].span } else { 0 };
                let bound = row.latest(self.network, target);
                latest = latest.min(bound - if row.source() % 2 == 1 { node.span } else { 0 });
            }
            let start = match fixed_start(self.network, index) {
                Some(start) => start,
                None => self.last_room(index, latest.clamp(-FAR, FAR)),
            };
            self.take(index, start);
            starts[index] = start;
            if node.start_floor != NO_FLOOR {
                first = first.min(self.start_label(index, start));
            }
        }
        Pass { value: measured(i64::from(self.end) - i64::from(first)), placed: list.len() }
    }
}

/// Where hard dates put a node, whatever else is said.
fn fixed_start(network: &Network, index: usize) -> Option<i32> {
    let node = &network.nodes[index];
    if !node.has(traits::HARD) {
        return None;
    }
    hard_of(network, index)
        .filter_map(|hard| match hard {
            Hard::StartAt(position) => Some(position),
            Hard::FinishAt(position) => Some(position - node.span),
            Hard::StartBy(_) | Hard::FinishBy(_) | Hard::Expected(_) => None,
        })
        .last()
}

/// A measure as the search compares them.
fn measured(value: i64) -> i32 {
    value.clamp(0, i64::from(i32::MAX / 2)) as i32
}

/// Nodes before each node with the index of the row.
fn before(network: &Network) -> Neighbours {
    let rows = network.rows.iter().enumerate().map(|(at, row)| (row.from() as u32, at as i32));
    (network.first_row.clone(), rows.collect())
}

/// Nodes after each node with the index of the row.
fn after(network: &Network) -> Neighbours {
    let count = network.nodes.len();
    let mut first = vec![0u32; count + 1];
    for row in &network.rows {
        first[row.from() + 1] += 1;
    }
    for node in 0..count {
        first[node + 1] += first[node];
    }
    let mut next = first.clone();
    let mut after = vec![(0, 0); network.rows.len()];
    for to in 0..count {
        for at in network.first_row[to]..network.first_row[to + 1] {
            let slot = &mut next[network.rows[at as usize].from()];
            after[*slot as usize] = (to as u32, at as i32);
            *slot += 1;
        }
    }
    (first, after)
}

impl Scheme for Site<'_> {
    fn count(&self) -> usize {
        self.network.nodes.len()
    }

    fn before(&self, is_backward: bool, job: usize) -> &[(u32, i32)] {
        let (first, rows) = &self.sides[usize::from(is_backward)];
        &rows[first[job] as usize..first[job + 1] as usize]
    }

    fn latest_finish(&self, job: usize) -> i32 {
        self.latest_finish[job]
    }

    fn pass(
        &mut self,
        _generation: Generation,
        is_backward: bool,
        list: &[u32],
        starts: &mut [i32],
        limit: i32,
    ) -> Pass {
        self.clear(is_backward);
        if is_backward { self.backward(list, starts) } else { self.forward(list, starts, limit) }
    }

    fn order(&self, is_backward: bool, starts: &[i32], ties: &[u32], list: &mut Vec<u32>) {
        let key = |index: usize| match (starts[index], is_backward) {
            (UNPLACED, _) => i64::MIN,
            (start, false) => -i64::from(self.finish_label(index, start)),
            (start, true) => i64::from(self.start_label(index, start)),
        };
        // Links of every kind and lag: the least key that nothing unlisted stands before.
        let count = self.count();
        let mut waiting: Vec<usize> = (0..count).map(|job| self.before(!is_backward, job).len()).collect();
        let entry = |job: u32| std::cmp::Reverse((key(job as usize), ties[job as usize], job));
        let mut ready: std::collections::BinaryHeap<_> =
            (0..count as u32).filter(|job| waiting[*job as usize] == 0).map(entry).collect();
        list.clear();
        while let Some(std::cmp::Reverse((_, _, job))) = ready.pop() {
            list.push(job);
            for (next, _) in self.before(is_backward, job as usize) {
                waiting[*next as usize] -= 1;
                if waiting[*next as usize] == 0 {
                    ready.push(entry(*next));
                }
            }
        }
    }

    fn mirrored(&self, _starts: &[i32], _value: i32) -> Option<Vec<i32>> {
        None
    }
}
