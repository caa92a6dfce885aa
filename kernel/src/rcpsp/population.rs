//! The search: two populations that justify each other, after Debels & Vanhoucke (2005, 2007).
//!
//! One population holds schedules as early as possible, the other as late as possible. A child of two late schedules is
//! generated forwards and joins the early ones, and the other way round: every pass is at once a crossover and one half
//! of a double justification (Valls, Ballestín & Quintanilla 2005). What else is in it was kept because it paid in
//! points on PSPLIB:
//! * the first schedules come from regret-based biased random sampling by latest finish (Kolisch & Drexl 1996), some
//!   for each that is kept;
//! * crossover leaves every activity in the part of the list where the mother has it, before, in or after a window,
//!   and takes the order within the window, or outside it, from the father;
//! * some children are generated in parallel, the list giving the priorities (Hartmann 2002 lets each schedule choose):
//!   the same list then makes another, denser schedule, and populations converge later. Only serial generation is sure
//!   to reach an optimum: the share of the others falls faster than what is left of the effort;
//! * populations are small: a second generation bears more than a larger first one;
//! * activities that end together come in an order drawn once for each schedule;
//! * a child must beat its place or come close to the best schedule; how close shrinks to nothing as the search ends,
//!   and a pass is broken off when it cannot come so close;
//! * no schedule is in a population twice.
//!
//! Tried, and of no use beyond chance: mutation that grows with the share of repeated schedules, ties in value broken
//! by the centre of gravity of the work, parallel generation of the first schedules.

use super::{Effort, Solution};
use crate::chance::Chance;

/// Share of the best makespan by which a child may be worse at the beginning.
const TOLERANCE: f64 = 0.04;
/// Least and greatest length of the window of a crossover, as shares of the list.
const WINDOW: (f64, f64) = (0.25, 0.75);
/// How often the father orders the window; elsewhere he orders what is around it.
const WITHIN: f64 = 0.8;
/// How often the mother is the schedule whose place the child competes for.
const OWN_MOTHER: f64 = 0.7;
/// Share of children generated in parallel at the beginning.
const PARALLEL: f64 = 0.5;
/// Exchanges of neighbours in a child, on average.
const EXCHANGES: f64 = 3.0;
/// Schedules sampled for each that is kept.
const SAMPLED: usize = 3;
/// Least share of a schedule that a pass counts for. Near a lower bound passes break off almost at once; this keeps the
/// search from running on.
const LEAST_COUNTED: f64 = 0.1;

/// How a pass uses its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Generation {
    /// One activity after the other, each as early as it can be.
    Serial,
    /// One moment after the other, each with all that can start; the list decides who is asked first.
    Parallel,
}

/// What a pass made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pass {
    /// The measure to be least, or a bound above the limit when the pass was broken off.
    pub(crate) value: i32,
    /// Activities placed.
    pub(crate) placed: usize,
}

/// Generation over some kind of project, forwards and backwards in time. Starts are whatever the scheme makes of
/// them; the search only keeps and compares them.
pub(crate) trait Scheme {
    /// Number of activities.
    fn count(&self) -> usize;
    /// What stands before an activity in every list of a direction; the second number is the scheme's own.
    fn before(&self, is_backward: bool, job: usize) -> &[(u32, i32)];
    /// Latest finish of an activity by arcs alone.
    fn latest_finish(&self, job: usize) -> i32;
    /// Places the activities of a list. Broken off as soon as the value must exceed the limit. A scheme that knows no
    /// parallel generation uses the serial one.
    fn pass(&mut self, generation: Generation, is_backward: bool, list: &[u32], starts: &mut [i32], limit: i32)
    -> Pass;
    /// Brings all activities in the order in which the other direction is to place them: what ends last (backwards: what
    /// starts first) comes first, `ties` deciding.
    fn order(&self, is_backward: bool, starts: &[i32], ties: &[u32], list: &mut Vec<u32>);
    /// Starts of the forward schedule that a backward one is, when it is one.
    fn mirrored(&self, starts: &[i32], value: i32) -> Option<Vec<i32>>;
}

/// A schedule of one of the populations.
#[derive(Clone, Debug)]
struct Individual {
    value: i32,
    /// Its activities in the order in which the other direction places them.
    list: Vec<u32>,
    /// Tells schedules apart.
    digest: u64,
}

/// Search with one scheme.
pub(crate) struct Population<'a, S: Scheme> {
    scheme: &'a mut S,
    lower_bound: i32,
    chance: Chance,
    /// Schedules that may be generated.
    schedules: u32,
    /// Placements of single activities left; a schedule is one for each activity.
    left: i64,
    total: i64,
    best: Vec<i32>,
    best_value: i32,
    /// Early and late schedules, a place in one answering to the same place in the other.
    sides: [Vec<Individual>; 2],
    /// Part of the mother's list in which each activity stands.
    part: Vec<u8>,
    progress: &'a mut dyn FnMut(f64),
}

fn digest(starts: &[i32]) -> u64 {
    let step = |sum: u64, start: &i32| {
        (sum ^ u64::from(start.cast_unsigned())).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29)
    };
    starts.iter().fold(0, step)
}

/// Schedules kept in each population: small projects converge early and need more, and more effort bears more.
fn size(count: usize, schedules: u32) -> usize {
    let effort = f64::from(schedules) / 5000.0;
    // To the power of ¾, by operations that are exact on every machine.
    let effort = (effort.sqrt() * effort.sqrt().sqrt()).clamp(0.1, 8.0);
    ((4000.0 / count as f64).clamp(20.0, 150.0) * effort) as usize + 2
}

impl<'a, S: Scheme> Population<'a, S> {
    /// A search that has not begun. `progress` hears the share of the schedules that is spent.
    pub(crate) fn new(
        scheme: &'a mut S,
        lower_bound: i32,
        effort: Effort,
        progress: &'a mut dyn FnMut(f64),
    ) -> Population<'a, S> {
        let count = scheme.count();
        // The first schedule is always made: no schedule is no answer.
        let schedules = effort.schedules.max(1);
        let total = i64::from(schedules) * count as i64;
        Population {
            scheme,
            lower_bound,
            chance: Chance::stream(effort.seed, 0),
            schedules,
            left: total,
            total,
            best: vec![0; count],
            best_value: i32::MAX,
            sides: [Vec::new(), Vec::new()],
            part: vec![0; count],
            progress,
        }
    }

    /// Runs until the schedules are spent or a lower bound is met.
    pub(crate) fn run(mut self) -> Solution {
        let count = self.scheme.count();
        if count > 0 {
            self.fill();
            self.evolve();
        }
        let spent = self.total - self.left;
        Solution {
            starts: self.best,
            makespan: if count > 0 { self.best_value } else { 0 },
            schedules: (spent as u64).div_ceil(count.max(1) as u64) as u32,
            is_optimal: count == 0 || self.best_value <= self.lower_bound,
        }
    }

    /// A pass may be broken off but is never begun without enough left for all of it.
    fn is_over(&self) -> bool {
        self.best_value <= self.lower_bound || self.left < self.scheme.count() as i64
    }

    fn evolve(&mut self) {
        let mut is_backward = false;
        while !self.is_over() && self.sides[0].len() > 1 {
            for place in 0..self.sides[0].len() {
                if self.is_over() {
                    return;
                }
                self.breed(is_backward, place);
            }
            is_backward = !is_backward;
        }
    }

    /// Samples schedules, forwards and then backwards, and keeps the better ones.
    fn fill(&mut self) {
        let count = self.scheme.count();
        let size = size(count, self.schedules);
        let mut pairs = Vec::with_capacity(size * SAMPLED);
        let mut list = Vec::with_capacity(count);
        while pairs.len() < size * SAMPLED && !self.is_over() {
            let mut starts = vec![0; count];
            // Of single schedules this is the best on average, and it may be the only one.
            let is_first = pairs.is_empty();
            let generation = if is_first { Generation::Parallel } else { Generation::Serial };
            self.sample(!is_first, &mut list);
            let value = self.pass(generation, false, &list, &mut starts, i32::MAX).value;
            let early = self.individual(false, &starts, value);
            if self.is_over() {
                break;
            }
            let mut starts = vec![0; count];
            let pass = self.pass(Generation::Serial, true, &early.list, &mut starts, i32::MAX);
            let late = self.individual(true, &starts, pass.value);
            pairs.push((early, late));
        }
        pairs.sort_by_key(|(_, late)| late.value);
        pairs.truncate(size);
        let (early, late) = pairs.into_iter().unzip();
        self.sides = [early, late];
    }

    /// One pass, counted; keeps the best schedule.
    fn pass(
        &mut self,
        generation: Generation,
        is_backward: bool,
        list: &[u32],
        starts: &mut [i32],
        limit: i32,
    ) -> Pass {
        let pass = self.scheme.pass(generation, is_backward, list, starts, limit);
        self.left -= pass.placed.max((list.len() as f64 * LEAST_COUNTED) as usize) as i64;
        let share_left = self.share_left();
        (self.progress)(1.0 - share_left);
        if pass.value <= limit && pass.value < self.best_value {
            let found = if is_backward { self.scheme.mirrored(starts, pass.value) } else { Some(starts.to_vec()) };
            if let Some(found) = found {
                (self.best, self.best_value) = (found, pass.value);
            }
        }
        pass
    }

    fn share_left(&self) -> f64 {
        self.left as f64 / self.total as f64
    }

    fn individual(&mut self, is_backward: bool, starts: &[i32], value: i32) -> Individual {
        let ties: Vec<u32> = starts.iter().map(|_| (self.chance.bits() >> 32) as u32).collect();
        let mut list = Vec::with_capacity(starts.len());
        self.scheme.order(is_backward, starts, &ties, &mut list);
        Individual { digest: digest(starts), value, list }
    }

    /// Draws a list by regret-based biased random sampling: the earlier its latest finish, the likelier an activity.
    /// Without chance the earliest always comes first.
    fn sample(&mut self, is_by_chance: bool, list: &mut Vec<u32>) {
        let count = self.scheme.count();
        let mut waiting: Vec<usize> = (0..count).map(|job| self.scheme.before(false, job).len()).collect();
        let mut ready: Vec<u32> = (0..count as u32).filter(|job| waiting[*job as usize] == 0).collect();
        list.clear();
        while !ready.is_empty() {
            let latest = |job: &u32| i64::from(self.scheme.latest_finish(*job as usize));
            let worst = ready.iter().map(latest).max().unwrap_or(0);
            let regret = |job: &u32| (worst - latest(job) + 1) as f64;
            let mut at = 0;
            if is_by_chance {
                let mut draw = self.chance.unit() * ready.iter().map(regret).sum::<f64>();
                while at + 1 < ready.len() && draw >= regret(&ready[at]) {
                    draw -= regret(&ready[at]);
                    at += 1;
                }
            } else {
                at = (0..ready.len()).min_by_key(|at| latest(&ready[*at])).unwrap_or(0);
            }
            let job = ready.swap_remove(at);
            list.push(job);
            for (after, _) in self.scheme.before(true, job as usize) {
                waiting[*after as usize] -= 1;
                if waiting[*after as usize] == 0 {
                    ready.push(*after);
                }
            }
        }
    }

    /// The better of two drawn places of a population.
    fn tournament(&mut self, side: usize) -> usize {
        let size = self.sides[side].len();
        let (one, other) = (self.chance.below(size), self.chance.below(size));
        if self.sides[side][other].value < self.sides[side][one].value { other } else { one }
    }

    /// Makes a child of two schedules of the other population for a place of this one.
    fn breed(&mut self, is_backward: bool, place: usize) {
        let (into, from) = (usize::from(is_backward), usize::from(!is_backward));
        let mate = self.tournament(from);
        let (mother, father) = if self.chance.unit() < OWN_MOTHER { (place, mate) } else { (mate, place) };
        let mut child = self.cross(from, mother, father);
        self.mutate(is_backward, &mut child);
        let old = self.sides[into][place].value;
        let share_left = self.share_left();
        let tolerance = (f64::from(self.best_value) * TOLERANCE * share_left).round() as i32;
        let limit = old.max(self.best_value.saturating_add(tolerance));
        let mut starts = vec![0; child.len()];
        let is_parallel = self.chance.unit() < PARALLEL * share_left * share_left.sqrt();
        let generation = if is_parallel { Generation::Parallel } else { Generation::Serial };
        let pass = self.pass(generation, is_backward, &child, &mut starts, limit);
        // What holds the best value is only replaced by as good a schedule.
        if pass.value > limit || (pass.value > old && old == self.best_value) {
            return;
        }
        let digest = digest(&starts);
        if !self.sides[into].iter().any(|one| one.digest == digest && one.value == pass.value) {
            self.sides[into][place] = self.individual(is_backward, &starts, pass.value);
        }
    }

    /// Two-point crossover that keeps what stands before, in and after the window where the mother has it.
    fn cross(&mut self, side: usize, mother: usize, father: usize) -> Vec<u32> {
        let count = self.scheme.count();
        let length = ((WINDOW.0 + self.chance.unit() * (WINDOW.1 - WINDOW.0)) * count as f64) as usize;
        let first = self.chance.below(count - length + 1);
        let is_within = self.chance.unit() < WITHIN;
        let (mother, father) = (&self.sides[side][mother].list, &self.sides[side][father].list);
        for (at, job) in mother.iter().enumerate() {
            self.part[*job as usize] = u8::from(at >= first) + u8::from(at >= first + length);
        }
        let mut child = mother.clone();
        let mut next = [0, first, first + length];
        for job in father {
            let part = usize::from(self.part[*job as usize]);
            if (part == 1) == is_within {
                child[next[part]] = *job;
                next[part] += 1;
            }
        }
        child
    }

    /// Exchanges neighbours here and there where nothing forbids it.
    fn mutate(&mut self, is_backward: bool, list: &mut [u32]) {
        let rate = EXCHANGES / list.len() as f64;
        for at in 1..list.len() {
            if self.chance.unit() < rate {
                let (before, after) = (list[at - 1], list[at]);
                if !self.scheme.before(is_backward, after as usize).iter().any(|arc| arc.0 == before) {
                    list.swap(at - 1, at);
                }
            }
        }
    }
}
