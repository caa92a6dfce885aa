//! Forward passes of a block of iterations side by side, and the critical paths of each.
//!
//! The pass is that of [`crate::cpm`], a lane for each iteration; between day calendars a link is a table over the
//! positions that can occur. What is critical in an iteration is found by walking back from its latest finish along
//! links that hold exactly: the longest path, which unlike float is well defined across calendars.

use std::collections::HashMap;

use super::sample::{Lanes, Sampler};
use super::{CORRELATED, LANES};
use crate::calendar::FAR;
use crate::cpm::{expected_finish, forward_with, hardened, lasting_until};
use crate::network::{Network, Row, VIRTUAL, traits};

/// Widest range of positions a link is tabulated for.
const WIDEST: i32 = 1 << 16;

/// A link of a lane: an addition, a table, or computed.
#[derive(Clone, Copy)]
enum Step {
    Shift(i32),
    Table(u32),
    Computed,
}

/// What is the same in every iteration.
pub(crate) struct Model<'a> {
    network: &'a Network,
    sampler: &'a Sampler,
    /// A step for each row.
    steps: Vec<Step>,
    tables: Vec<Vec<i32>>,
    /// First position of the tables of each calendar.
    first: Vec<i32>,
    /// Nodes of which one finishes last.
    last: Vec<usize>,
    /// Uncertain activity of each node.
    drawn: Vec<u32>,
}

/// Working memory and sums of one thread.
pub(crate) struct Block {
    /// Start and finish of each node, in pairs of lanes.
    early: Vec<Lanes<i32>>,
    /// Spans of the uncertain activities.
    spans: Vec<Lanes<i32>>,
    /// What moves dates: spans before events lengthen them, then which events happen. Kept of the first iterations.
    pub(crate) causes: Vec<Lanes<i32>>,
    waiting: Vec<u64>,
    /// Iterations in which each node was critical.
    pub(crate) critical: Vec<u32>,
}

impl<'a> Model<'a> {
    pub(crate) fn new(network: &'a Network, sampler: &'a Sampler) -> Model<'a> {
        let early = forward_with(network, &network.spans());
        let mut first = vec![i32::MAX; network.calendars.len()];
        for (index, node) in network.nodes.iter().enumerate() {
            let slot = &mut first[node.calendar as usize];
            *slot = (*slot).min(early[index * 2]);
        }
        // Durations below the planned ones let positions fall below the planned ones.
        for first in first.iter_mut().filter(|first| **first != i32::MAX) {
            *first -= WIDEST / 8;
        }
        let mut model = Model {
            network,
            sampler,
            steps: Vec::with_capacity(network.rows.len()),
            tables: Vec::new(),
            first,
            last: Vec::new(),
            drawn: vec![u32::MAX; network.nodes.len()],
        };
        model.tabulate(early.iter().copied().max().unwrap_or(0));
        model.last = model.undominated();
        for (at, one) in sampler.uncertain.iter().enumerate() {
            model.drawn[one.node] = at as u32;
        }
        model
    }

    fn tabulate(&mut self, highest: i32) {
        let network = self.network;
        let mut known = HashMap::new();
        for row in &network.rows {
            let Some(tie) = row.tie(network) else {
                self.steps.push(Step::Shift(row.shift().unwrap_or(0)));
                continue;
            };
            let from = self.first[tie.from_calendar as usize];
            if network.is_minute_axis || highest.saturating_sub(from) > WIDEST / 2 {
                self.steps.push(Step::Computed);
                continue;
            }
            let table = *known.entry(*tie).or_insert_with(|| {
                // As far again as the plan is long: what runs past that is computed.
                let length = ((highest - from) * 3).clamp(1, WIDEST);
                self.tables.push((from..from + length).map(|at| tie.bound(&network.calendars, at)).collect());
                self.tables.len() as u32 - 1
            });
            self.steps.push(Step::Table(table));
        }
    }

    /// Nodes that no link from their finish makes another finish as late.
    fn undominated(&self) -> Vec<usize> {
        let network = self.network;
        let mut is_dominated = vec![false; network.nodes.len()];
        for row in &network.rows {
            if row.source() % 2 == 1 && row.shift().is_some_and(|shift| shift >= 0) {
                is_dominated[row.from()] = true;
            }
        }
        // A hard date may put a successor before what it waits for.
        let has_hard = !network.hard.is_empty();
        (0..network.nodes.len())
            .filter(|&index| network.nodes[index].activity != VIRTUAL && (has_hard || !is_dominated[index]))
            .collect()
    }

    pub(crate) fn block(&self) -> Block {
        let count = self.network.nodes.len();
        Block {
            early: vec![[0; LANES]; count * 2],
            spans: vec![[0; LANES]; self.sampler.uncertain.len()],
            causes: Vec::new(),
            waiting: vec![0; count.div_ceil(64)],
            critical: vec![0; count],
        }
    }

    /// Runs the iterations from a first one on.
    pub(crate) fn run(&self, block: &mut Block, first: usize) {
        let (mut streams, shared) = self.sampler.block(first);
        for (one, spans) in self.sampler.uncertain.iter().zip(&mut block.spans) {
            *spans = self.sampler.draw(one, &mut streams, &shared);
        }
        if first < CORRELATED {
            block.causes.clone_from(&block.spans);
            block.causes.extend_from_slice(&shared.events);
        }
        if !shared.events.is_empty() {
            for (one, spans) in self.sampler.uncertain.iter().zip(&mut block.spans) {
                self.sampler.lengthen(one, spans, &shared);
            }
        }
        let network = self.network;
        for (index, node) in network.nodes.iter().enumerate() {
            let span = self.span_of(block, index);
            let (before, own) = block.early.split_at_mut(index * 2);
            let mut start = [node.start_floor; LANES];
            for lane in 0..LANES {
                start[lane] = start[lane].max(node.finish_floor - span[lane]);
            }
            let rows = network.first_row[index] as usize..network.first_row[index + 1] as usize;
            for (row, step) in network.rows[rows.clone()].iter().zip(&self.steps[rows]) {
                let mut bound = self.bounds(*row, *step, &before[row.source()]);
                if row.arrives_finish() {
                    for lane in 0..LANES {
                        bound[lane] -= span[lane];
                    }
                }
                for lane in 0..LANES {
                    start[lane] = start[lane].max(bound[lane]);
                }
            }
            if node.has(traits::HARD) {
                for lane in 0..LANES {
                    start[lane] = hardened(network, index, span[lane], start[lane]);
                }
            }
            for lane in 0..LANES {
                own[0][lane] = start[lane].clamp(-FAR, FAR);
                own[1][lane] = own[0][lane] + span[lane];
            }
            if node.has(traits::HARD)
                && let Some(expected) = expected_finish(network, index)
            {
                for lane in 0..LANES {
                    if let Some(place) = lasting_until(network, index, expected, |source| before[source][lane]) {
                        (own[0][lane], own[1][lane]) = (place[0], place[1]);
                    }
                }
            }
        }
    }

    fn span_of(&self, block: &Block, index: usize) -> Lanes<i32> {
        match self.drawn[index] {
            u32::MAX => [self.network.nodes[index].span; LANES],
            drawn => block.spans[drawn as usize],
        }
    }

    fn bounds(&self, row: Row, step: Step, source: &Lanes<i32>) -> Lanes<i32> {
        match step {
            Step::Shift(shift) => source.map(|at| at + shift),
            Step::Table(table) => {
                let table = &self.tables[table as usize];
                let first = self.first[self.network.nodes[row.from()].calendar as usize];
                source.map(|at| match table.get((at - first) as usize) {
                    Some(bound) => *bound,
                    None => row.bound(self.network, at),
                })
            }
            Step::Computed => source.map(|at| row.bound(self.network, at)),
        }
    }

    /// Finish label of a node in a lane.
    fn finish_label(&self, block: &Block, index: usize, lane: usize) -> i32 {
        self.network.finish_label(&self.network.nodes[index], block.early[index * 2 + 1][lane])
    }

    /// Finish of a goal in a lane as a label, and whether it is kept.
    pub(crate) fn goal(&self, block: &Block, goal: usize, lane: usize) -> (i32, bool) {
        let goal = &self.network.goals[goal];
        let labels = goal.ends.iter().map(|end| self.finish_label(block, end.0 as usize, lane));
        let is_kept = goal.ends.iter().all(|&(node, latest)| block.early[node as usize * 2 + 1][lane] <= latest);
        (labels.max().unwrap_or(i32::MIN), is_kept)
    }

    /// The end of the project in a lane as a label; counts what is critical.
    pub(crate) fn end(&self, block: &mut Block, lane: usize) -> i32 {
        let labels = self.last.iter().map(|&index| self.finish_label(block, index, lane));
        let end = labels.max().unwrap_or(i32::MIN);
        for &index in &self.last {
            if self.finish_label(block, index, lane) == end {
                block.waiting[index / 64] |= 1 << (index % 64);
            }
        }
        for word in (0..block.waiting.len()).rev() {
            while block.waiting[word] != 0 {
                let bit = 63 - block.waiting[word].leading_zeros() as usize;
                block.waiting[word] &= !(1 << bit);
                let index = word * 64 + bit;
                block.critical[index] += 1;
                let rows = self.network.first_row[index] as usize..self.network.first_row[index + 1] as usize;
                for (row, step) in self.network.rows[rows.clone()].iter().zip(&self.steps[rows]) {
                    let target = block.early[index * 2 + usize::from(row.arrives_finish())][lane];
                    if self.bound(*row, *step, block.early[row.source()][lane]) == target {
                        block.waiting[row.from() / 64] |= 1 << (row.from() % 64);
                    }
                }
            }
        }
        end
    }

    fn bound(&self, row: Row, step: Step, source: i32) -> i32 {
        match step {
            Step::Shift(shift) => source + shift,
            Step::Table(table) => {
                let first = self.first[self.network.nodes[row.from()].calendar as usize];
                let found = self.tables[table as usize].get((source - first) as usize);
                found.copied().unwrap_or_else(|| row.bound(self.network, source))
            }
            Step::Computed => row.bound(self.network, source),
        }
    }
}
