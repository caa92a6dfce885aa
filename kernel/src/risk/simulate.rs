//! Forward passes of a block of iterations side by side, and the critical paths of each.
//!
//! The pass is that of [`crate::cpm`], a lane for each iteration; between day calendars a link is a table over the
//! positions that can occur. What is critical in an iteration is found by walking back from its latest finish along
//! links that hold exactly: the longest path, which unlike float is well defined across calendars. One walk serves all
//! lanes of a block: a node is met with a bit for each lane in which it is critical.

use std::collections::HashMap;

use super::sample::{Lanes, Sampler, in_lanes};
use super::{CORRELATED, LANES};
use crate::calendar::FAR;
use crate::cpm::{expected_finish, forward_with, hardened, lasting_until};
use crate::network::{NO_FLOOR, Network, Row, VIRTUAL, traits};

/// Positions that a link is tabulated for at most: of days twenty-two years. A power of two, so that a place in a table is
/// known to be in it.
const TABULATED: usize = 1 << 13;
/// Positions below the planned ones that are tabulated: durations may be drawn shorter than planned.
const BELOW: i32 = 256;

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
    tables: Vec<Table>,
    /// First position of the tables of each calendar.
    first: Vec<i32>,
    /// Nodes of which one finishes last.
    last: Vec<Last>,
}

/// Bounds on a successor by the position of its predecessor.
struct Table {
    /// A power of two: entries from there on are not filled.
    filled: u32,
    bounds: Box<[i32; TABULATED]>,
}

/// Nodes that may finish last and whose finishes are printed alike: of two of them the later position has the later label.
struct Last {
    calendar: u32,
    is_point: bool,
    nodes: Vec<usize>,
}

/// Working memory and sums of one thread.
pub(crate) struct Block {
    /// Start and finish of each node, in pairs of lanes.
    early: Vec<Lanes<i32>>,
    /// What moves dates: spans before events lengthen them, then which events happen. Kept of the first iterations.
    pub(crate) causes: Vec<Lanes<i32>>,
    /// End of the project by lane, as labels.
    pub(crate) ends: Lanes<i32>,
    /// Lanes in which each node is found critical, until the walk comes to it.
    waiting: Vec<u16>,
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
        for first in first.iter_mut().filter(|first| **first != i32::MAX) {
            *first -= BELOW;
        }
        let mut model = Model {
            network,
            sampler,
            steps: Vec::with_capacity(network.rows.len()),
            tables: Vec::new(),
            first,
            last: Vec::new(),
        };
        model.tabulate(early.iter().copied().max().unwrap_or(0));
        model.last = model.undominated();
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
            // As far again as the plan is long: what runs past that is computed.
            let wanted = (i64::from(highest) - i64::from(from)) * 2;
            if network.is_minute_axis || wanted > TABULATED as i64 {
                self.steps.push(Step::Computed);
                continue;
            }
            let table = *known.entry(*tie).or_insert_with(|| {
                let filled = (wanted.max(1) as u32).next_power_of_two();
                let mut bounds = Box::new([0; TABULATED]);
                for (bound, at) in bounds.iter_mut().zip(from..from + filled as i32) {
                    *bound = tie.bound(&network.calendars, at);
                }
                self.tables.push(Table { filled, bounds });
                self.tables.len() as u32 - 1
            });
            self.steps.push(Step::Table(table));
        }
    }

    /// Nodes that no link from their finish makes another finish as late.
    fn undominated(&self) -> Vec<Last> {
        let network = self.network;
        let mut is_dominated = vec![false; network.nodes.len()];
        for row in &network.rows {
            if row.source() % 2 == 1 && row.shift().is_some_and(|shift| shift >= 0) {
                is_dominated[row.from()] = true;
            }
        }
        // A hard date may put a successor before what it waits for.
        let has_hard = !network.hard.is_empty();
        let mut found: Vec<Last> = Vec::new();
        for (index, node) in network.nodes.iter().enumerate() {
            if node.activity == VIRTUAL || (is_dominated[index] && !has_hard) {
                continue;
            }
            let (calendar, is_point) = (node.calendar, node.has(traits::START_POINT));
            match found.iter_mut().find(|last| last.calendar == calendar && last.is_point == is_point) {
                Some(last) => last.nodes.push(index),
                None => found.push(Last { calendar, is_point, nodes: vec![index] }),
            }
        }
        found
    }

    pub(crate) fn block(&self) -> Block {
        let count = self.network.nodes.len();
        Block {
            early: vec![[0; LANES]; count * 2],
            causes: Vec::new(),
            ends: [0; LANES],
            waiting: vec![0; count],
            critical: vec![0; count],
        }
    }

    /// Runs the iterations from a first one on; the first `lanes` of them count.
    pub(crate) fn run(&self, block: &mut Block, first: usize, lanes: usize) {
        self.pass(block, first);
        self.find_ends(block, lanes);
        self.walk_back(block);
    }

    /// Forward passes; durations are drawn on the way.
    fn pass(&self, block: &mut Block, first: usize) {
        let (mut streams, shared) = self.sampler.block(first);
        let is_kept = first < CORRELATED;
        block.causes.clear();
        let mut uncertain = self.sampler.uncertain.iter().peekable();
        for (index, node) in self.network.nodes.iter().enumerate() {
            let mut span = [node.span; LANES];
            if let Some(one) = uncertain.next_if(|one| one.node == index) {
                span = self.sampler.draw(one, &mut streams, &shared);
                if is_kept {
                    block.causes.push(span);
                }
                self.sampler.lengthen(one, &mut span, &shared);
            }
            self.place(&mut block.early, index, &span);
        }
        if is_kept {
            block.causes.extend(shared.events.iter().map(|happens| happens.map(i32::abs)));
        }
    }

    /// Places one node in all lanes, its predecessors being placed.
    fn place(&self, early: &mut [Lanes<i32>], index: usize, span: &Lanes<i32>) {
        let network = self.network;
        let node = &network.nodes[index];
        let mut start = match node.finish_floor {
            NO_FLOOR => [node.start_floor; LANES],
            floor => in_lanes(|lane| node.start_floor.max(floor - span[lane])),
        };
        let rows = network.first_row[index] as usize..network.first_row[index + 1] as usize;
        for (row, step) in network.rows[rows.clone()].iter().zip(&self.steps[rows]) {
            let bound = self.bounds(*row, *step, &early[row.source()]);
            // All bits where the link arrives at the finish.
            let mask = -i32::from(row.arrives_finish());
            start = in_lanes(|lane| start[lane].max(bound[lane] - (span[lane] & mask)));
        }
        if node.has(traits::HARD) {
            start = in_lanes(|lane| hardened(network, index, span[lane], start[lane]));
        }
        start = in_lanes(|lane| start[lane].clamp(-FAR, FAR));
        let mut finish = in_lanes(|lane| start[lane] + span[lane]);
        if node.has(traits::HARD)
            && let Some(expected) = expected_finish(network, index)
        {
            for lane in 0..LANES {
                if let Some(place) = lasting_until(network, index, expected, |source| early[source][lane]) {
                    [start[lane], finish[lane]] = place;
                }
            }
        }
        early[index * 2..index * 2 + 2].copy_from_slice(&[start, finish]);
    }

    #[inline(always)]
    fn bounds(&self, row: Row, step: Step, source: &Lanes<i32>) -> Lanes<i32> {
        match step {
            Step::Shift(shift) => in_lanes(|lane| source[lane] + shift),
            Step::Table(table) => {
                let first = self.first[self.network.nodes[row.from()].calendar as usize];
                let places = in_lanes(|lane| (source[lane] - first) as u32);
                let table = &self.tables[table as usize];
                // All lie in the table when none has a bit above it.
                if places.iter().fold(0, |bits, place| bits | place) >= table.filled {
                    return self.computed(row, source);
                }
                in_lanes(|lane| table.bounds[places[lane] as usize % TABULATED])
            }
            Step::Computed => self.computed(row, source),
        }
    }

    #[cold]
    fn computed(&self, row: Row, source: &Lanes<i32>) -> Lanes<i32> {
        source.map(|at| row.bound(self.network, at))
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

    /// The end of the project in each lane, and the nodes that finish there.
    fn find_ends(&self, block: &mut Block, lanes: usize) {
        let label = |last: &Last, position: i32| {
            let calendar = &self.network.calendars[last.calendar as usize];
            if last.is_point { calendar.start_label(position) } else { calendar.finish_label(position) }
        };
        block.ends = [i32::MIN; LANES];
        let latest: Vec<Lanes<i32>> = self.last.iter().map(|last| latest_of(&block.early, &last.nodes)).collect();
        for (last, latest) in self.last.iter().zip(&latest) {
            block.ends = in_lanes(|lane| block.ends[lane].max(label(last, latest[lane])));
        }
        for (last, latest) in self.last.iter().zip(&latest) {
            let ends_here = (0..lanes).filter(|&lane| label(last, latest[lane]) == block.ends[lane]);
            let ends_here = ends_here.fold(0, |bits, lane| bits | 1 << lane);
            for &index in &last.nodes {
                block.waiting[index] = lanes_alike(&block.early[index * 2 + 1], latest) & ends_here;
            }
        }
    }

    /// Walks back from the ends along the links that hold exactly and counts what is critical.
    fn walk_back(&self, block: &mut Block) {
        for index in (0..block.waiting.len()).rev() {
            let lanes = std::mem::take(&mut block.waiting[index]);
            if lanes == 0 {
                continue;
            }
            block.critical[index] += lanes.count_ones();
            let rows = self.network.first_row[index] as usize..self.network.first_row[index + 1] as usize;
            for (row, step) in self.network.rows[rows.clone()].iter().zip(&self.steps[rows]) {
                let target = &block.early[index * 2 + usize::from(row.arrives_finish())];
                let bound = self.bounds(*row, *step, &block.early[row.source()]);
                block.waiting[row.from()] |= lanes_alike(&bound, target) & lanes;
            }
        }
    }
}

/// The latest finish of some nodes in each lane.
fn latest_of(early: &[Lanes<i32>], nodes: &[usize]) -> Lanes<i32> {
    nodes.iter().fold([i32::MIN; LANES], |mut latest, node| {
        for (latest, finish) in latest.iter_mut().zip(&early[node * 2 + 1]) {
            *latest = (*latest).max(*finish);
        }
        latest
    })
}

/// A bit for each lane in which two numbers are the same.
fn lanes_alike(one: &Lanes<i32>, other: &Lanes<i32>) -> u16 {
    (0..LANES).fold(0, |bits, lane| bits | u16::from(one[lane] == other[lane]) << lane)
}
