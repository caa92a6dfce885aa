//! The least total shortening that brings an event network to a date, as the dual of a maximum-weight circulation.
//!
//! Fulkerson 1961 and Phillips & Dessouky 1977, with all four link kinds. Each activity has two events. Between them
//! run an arc of capacity one and the weight of its duration (one day shortened costs one), an arc without capacity
//! limit and the weight of its least duration, and one back with the negative duration (nothing is stretched). Links
//! are arcs without limit. While the longest path to the date is too long, flow is pushed along it; saturated arcs are
//! where shortening pays. Weights are integers, so the potentials, and with them the shortening, are whole.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Capacity of an arc that cannot be cut.
const UNLIMITED: i64 = i64::MAX / 4;
const SOURCE: u32 = 0;
const SINK: u32 = 1;

/// An event network with potentials that satisfy it.
#[derive(Clone, Debug)]
pub(crate) struct EventNetwork {
    /// Arcs out of each event; an arc and its residual differ in the last bit.
    arcs_of: Vec<Vec<u32>>,
    head: Vec<u32>,
    capacity: Vec<i64>,
    weight: Vec<i64>,
    /// Time of each event.
    time: Vec<i64>,
    durations: Vec<i64>,
    lateness: i64,
}

/// One end of an activity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) activity: usize,
    pub(crate) is_finish: bool,
}

impl Event {
    fn number(self) -> u32 {
        (self.activity * 2 + 2 + usize::from(self.is_finish)) as u32
    }
}

impl EventNetwork {
    pub(crate) fn new() -> EventNetwork {
        EventNetwork {
            arcs_of: vec![Vec::new(); 2],
            head: Vec::new(),
            capacity: Vec::new(),
            weight: Vec::new(),
            time: vec![0; 2],
            durations: Vec::new(),
            lateness: 0,
        }
    }

    /// Adds an activity that starts at a time, lasts a duration and may be shortened by at most `most`.
    pub(crate) fn add_activity(&mut self, start: i64, duration: i64, most: i64) -> usize {
        let activity = self.durations.len();
        self.durations.push(duration);
        self.arcs_of.extend([Vec::new(), Vec::new()]);
        self.time.extend([start, start + duration]);
        let from = Event { activity, is_finish: false }.number();
        let to = Event { activity, is_finish: true }.number();
        self.add_arc(from, to, UNLIMITED, duration - most);
        if most > 0 {
            self.add_arc(from, to, 1, duration);
        }
        self.add_arc(to, from, UNLIMITED, -duration);
        activity
    }

    /// One event is at least `lag` after another.
    pub(crate) fn add_link(&mut self, from: Event, to: Event, lag: i64) {
        self.add_arc(from.number(), to.number(), UNLIMITED, lag);
    }

    /// An event is not before a time.
    pub(crate) fn add_floor(&mut self, event: Event, time: i64) {
        self.add_arc(SOURCE, event.number(), UNLIMITED, time);
    }

    /// An event is to be not after a time.
    pub(crate) fn add_bound(&mut self, event: Event, time: i64) {
        self.add_arc(event.number(), SINK, UNLIMITED, -time);
        self.lateness = self.lateness.max(self.time[event.number() as usize] - time);
    }

    fn add_arc(&mut self, from: u32, to: u32, capacity: i64, weight: i64) {
        let arc = self.head.len() as u32;
        self.head.extend([to, from]);
        self.capacity.extend([capacity, 0]);
        self.weight.extend([weight, -weight]);
        self.arcs_of[from as usize].push(arc);
        self.arcs_of[to as usize].push(arc + 1);
    }

    /// The least total shortening that meets every bound, by activity; the lateness that remains when none does.
    pub(crate) fn shorten(mut self) -> Result<Vec<i64>, i64> {
        self.time[SINK as usize] = self.lateness;
        while self.lateness > 0 {
            let search = self.search();
            if search.to_source == Some(0) {
                self.push(&search.next_arc)?;
                continue;
            }
            let step = search.to_source.unwrap_or(self.lateness).min(self.lateness);
            for (event, distance) in search.reached {
                self.time[event as usize] -= (step - distance).max(0);
            }
            self.lateness -= step;
        }
        let shortened = (0..self.durations.len()).map(|activity| {
            let at = |is_finish| self.time[Event { activity, is_finish }.number() as usize];
            (self.durations[activity] - (at(true) - at(false))).max(0)
        });
        Ok(shortened.collect())
    }

    /// How much an arc may still be relaxed before it binds.
    fn slack(&self, arc: usize) -> i64 {
        self.time[self.head[arc] as usize] - self.time[self.head[arc ^ 1] as usize] - self.weight[arc]
    }

    /// Dijkstra backwards from the sink over slacks, no farther than the source or the lateness.
    fn search(&self) -> Search {
        let mut distance = std::collections::HashMap::from([(SINK, 0i64)]);
        let mut next_arc = std::collections::HashMap::new();
        let mut open = BinaryHeap::from([Reverse((0i64, SINK))]);
        let mut reached = Vec::new();
        let mut to_source = None;
        while let Some(Reverse((far, event))) = open.pop() {
            if far >= self.lateness {
                break;
            }
            if distance.get(&event).is_some_and(|known| *known < far) {
                continue;
            }
            if event == SOURCE {
                to_source = Some(far);
                break;
            }
            reached.push((event, far));
            for &out in &self.arcs_of[event as usize] {
                let arc = (out ^ 1) as usize;
                if self.capacity[arc] == 0 {
                    continue;
                }
                let (from, farther) = (self.head[out as usize], far + self.slack(arc));
                let known = distance.entry(from).or_insert(i64::MAX);
                if farther < *known {
                    *known = farther;
                    next_arc.insert(from, arc as u32);
                    open.push(Reverse((farther, from)));
                }
            }
        }
        Search { to_source, reached, next_arc }
    }

    /// Pushes flow from source to sink along binding arcs; fails with the lateness when nothing on the way can give.
    fn push(&mut self, next_arc: &std::collections::HashMap<u32, u32>) -> Result<(), i64> {
        let mut path = Vec::new();
        let mut event = SOURCE;
        while event != SINK {
            let Some(&arc) = next_arc.get(&event) else { return Err(self.lateness) };
            path.push(arc as usize);
            event = self.head[arc as usize];
        }
        let amount = path.iter().map(|&arc| self.capacity[arc]).min().unwrap_or(UNLIMITED);
        if amount >= UNLIMITED / 2 {
            return Err(self.lateness);
        }
        for arc in path {
            self.capacity[arc] -= amount;
            self.capacity[arc ^ 1] += amount;
        }
        Ok(())
    }
}

/// What a search backwards from the sink found.
struct Search {
    /// Distance of the source, when it is near enough.
    to_source: Option<i64>,
    /// Settled events and their distances.
    reached: Vec<(u32, i64)>,
    /// The first arc of the shortest way from each event to the sink.
    next_arc: std::collections::HashMap<u32, u32>,
}
