//! Floats to many mandated dates, streamed: nothing is kept that nobody asked to keep.
//!
//! A thousand dates over a hundred thousand activities are a hundred million floats. A backward pass for each date alone
//! would read the network a thousand times; here one pass carries a lane for each of some dates side by side, visits only
//! what leads to any of them, and hands the floats of each activity over before it goes on. Memory is one pair of lanes a
//! node and thread, whatever the number of dates. Threads take blocks of dates in turn.
//!
//! Where dates share little of what leads to them, most lanes would be idle: then each date goes alone. What a block
//! shared decides about the next ones; it changes the time, never a float.

use crate::calendar::FAR;
use crate::cpm::{EARLIEST, Passes};
use crate::network::{Goal, Network, VIRTUAL};
use crate::worklist::Worklist;

/// Dates side by side: a cache line of positions.
const LANES: usize = 16;
/// A position of a lane whose date the node does not lead to.
const UNREACHED: i32 = i32::MAX;

/// Dates of a block that an activity leads to, on average, below which dates go one by one.
const FEW_LANES: usize = 3;

/// Floats of one activity to some mandated dates.
#[derive(Clone, Copy, Debug)]
pub struct MilestoneFloats<'a> {
    /// Index of the activity in the plan.
    pub activity: usize,
    /// How many of the dates it leads to; one at least.
    pub reached: usize,
    goals: &'a [Goal],
    /// Units of its own calendar for each goal; [`UNREACHED`] where it does not lead to it.
    units: &'a [i32],
    units_per_day: i32,
}

impl MilestoneFloats<'_> {
    /// Index in [`Plan::mandated`](crate::plan::Plan::mandated) and working days of the activity's own calendar, for every
    /// date it leads to.
    pub fn iter(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        let reached = self.goals.iter().zip(self.units).filter(|(_, units)| **units != UNREACHED);
        reached.map(|(goal, units)| (goal.mandate as usize, f64::from(*units) / f64::from(self.units_per_day)))
    }

    /// The least float to one of these dates in working days.
    pub fn least_days(&self) -> f64 {
        let least = self.units.iter().fold(UNREACHED, |least, units| least.min(*units));
        f64::from(least) / f64::from(self.units_per_day)
    }
}

impl Passes {
    /// Streams the float of every activity to every mandated date it leads to, each date alone considered. Every thread
    /// starts with a state of its own and takes the floats of one activity to some dates at a time; the states come back
    /// in the order of the threads.
    pub fn float_per_milestone<S: Send>(
        &self,
        network: &Network,
        threads: usize,
        new: impl Fn() -> S + Sync,
        take: impl Fn(&mut S, &MilestoneFloats<'_>) + Sync,
    ) -> Vec<S> {
        let threads = threads.clamp(1, network.goals.len().div_ceil(LANES).max(1));
        let work = |thread: usize| {
            let mut state = new();
            let mut alone = Sweep::<1>::new(network);
            let mut abreast: Option<Sweep<'_, LANES>> = None;
            let mut is_shared = false;
            let mut seen = Seen { words: vec![0; network.roles.len().div_ceil(64)] };
            for goals in network.goals.chunks(LANES).skip(thread).step_by(threads) {
                let (mut activities, mut floats) = (0, 0);
                let mut count = |found: &MilestoneFloats<'_>| {
                    activities += usize::from(seen.insert(found.activity));
                    floats += found.reached;
                    take(&mut state, found);
                };
                if is_shared {
                    abreast.get_or_insert_with(|| Sweep::new(network)).visit(self, goals, &mut count);
                } else {
                    goals.chunks(1).for_each(|goal| alone.visit(self, goal, &mut count));
                }
                is_shared = floats >= activities * FEW_LANES;
                seen.words.fill(0);
            }
            state
        };
        if threads == 1 {
            return vec![work(0)];
        }
        std::thread::scope(|scope| {
            let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || work(thread))).collect();
            let joined = running.into_iter().map(|one| one.join());
            joined.map(|state| state.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        })
    }
}

/// Activities that a block of dates has come to.
struct Seen {
    words: Vec<u64>,
}

impl Seen {
    /// Whether an activity is new.
    fn insert(&mut self, activity: usize) -> bool {
        let (word, bit) = (&mut self.words[activity / 64], 1 << (activity % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

/// Working memory of one thread for some dates side by side.
struct Sweep<'a, const N: usize> {
    network: &'a Network,
    /// Latest start and finish of each node in pairs of lanes; untouched entries are unreached.
    latest: Vec<[i32; N]>,
    /// Nodes still to visit.
    waiting: Worklist,
}

impl<'a, const N: usize> Sweep<'a, N> {
    fn new(network: &'a Network) -> Sweep<'a, N> {
        let count = network.nodes.len();
        Sweep { network, latest: vec![[UNREACHED; N]; count * 2], waiting: Worklist::new(count) }
    }

    /// Visits what leads to any of at most N goals, from last to first.
    fn visit(&mut self, passes: &Passes, goals: &[Goal], found: &mut impl FnMut(&MilestoneFloats<'_>)) {
        let network = self.network;
        for (lane, goal) in goals.iter().enumerate() {
            for &(node, latest) in &goal.ends {
                let slot = &mut self.latest[node as usize * 2 + 1][lane];
                *slot = latest.min(*slot);
                self.waiting.insert(node as usize);
            }
        }
        while let Some(index) = self.waiting.pop_last() {
            let early = passes.early[index * 2];
            let span = passes.early[index * 2 + 1] - early;
            let (starts, finishes) = (self.latest[index * 2], self.latest[index * 2 + 1]);
            self.latest[index * 2..index * 2 + 2].fill([UNREACHED; N]);
            let mut late = [UNREACHED; N];
            for lane in 0..N {
                let finish = if finishes[lane] == UNREACHED { UNREACHED } else { finishes[lane] - span };
                let at = starts[lane].min(finish);
                // As in a pass for one date: a chain of absurd leads or durations must not run out of numbers.
                late[lane] = if at == UNREACHED { UNREACHED } else { at.clamp(EARLIEST, FAR) };
            }
            for row in network.rows_of(index) {
                let shift = if row.arrives_finish() { span } else { 0 };
                let source = &mut self.latest[row.source()];
                match row.shift() {
                    Some(lag) => {
                        for lane in 0..N {
                            let at = if late[lane] == UNREACHED { UNREACHED } else { late[lane] + shift - lag };
                            source[lane] = source[lane].min(at);
                        }
                    }
                    None => {
                        for lane in (0..N).filter(|lane| late[*lane] != UNREACHED) {
                            source[lane] = source[lane].min(row.latest(network, late[lane] + shift));
                        }
                    }
                }
                self.waiting.insert(row.from());
            }
            self.hand_over(index, early, &late, goals, found);
        }
    }

    fn hand_over(
        &self,
        index: usize,
        early: i32,
        late: &[i32; N],
        goals: &[Goal],
        found: &mut impl FnMut(&MilestoneFloats<'_>),
    ) {
        let (network, node) = (self.network, &self.network.nodes[index]);
        if node.activity == VIRTUAL {
            return;
        }
        let mut units = [UNREACHED; N];
        if node.calendar == node.own {
            for lane in 0..N {
                units[lane] = if late[lane] == UNREACHED { UNREACHED } else { late[lane] - early };
            }
        } else {
            for lane in (0..N).filter(|lane| late[*lane] != UNREACHED) {
                units[lane] = network.units_between(node, early, late[lane]);
            }
        }
        let reached: i32 = late.iter().map(|late| i32::from(*late != UNREACHED)).sum();
        found(&MilestoneFloats {
            activity: node.activity as usize,
            goals,
            reached: reached as usize,
            units: &units[..goals.len()],
            units_per_day: network.calendars[node.own as usize].units_per_day,
        });
    }
}
