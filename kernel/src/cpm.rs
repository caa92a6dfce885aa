//! Forward and backward passes over a compiled network: early and late positions, free float.
//!
//! Both passes walk the rows in storage order. The backward pass scatters: a node's limits are complete when it is
//! reached, because every successor stands after it. Kelley & Walker 1959 with the four link kinds and calendars.

use crate::calendar::{FAR, Unit};
use crate::network::{Hard, NO_CAP, Network, Node, VIRTUAL, traits};

/// Positions computed for a network.
#[derive(Clone, Debug)]
pub struct Passes {
    /// Early start and finish of each node, in pairs.
    pub(crate) early: Vec<i32>,
    /// Late start of each node.
    pub(crate) late: Vec<i32>,
    /// Latest start of each node that moves no successor's early date.
    pub(crate) free: Vec<i32>,
    /// Latest early finish of the plan as an axis label; `None` when nothing has dates.
    pub(crate) end: Option<i32>,
}

/// Forward pass: the least positions that satisfy every floor and link, as pairs of start and finish.
pub fn forward(network: &Network) -> Vec<i32> {
    forward_by(network, |index| network.nodes[index].span)
}

/// The same with other durations.
pub(crate) fn forward_with(network: &Network, spans: &[i32]) -> Vec<i32> {
    forward_by(network, |index| spans[index])
}

fn forward_by(network: &Network, span: impl Fn(usize) -> i32) -> Vec<i32> {
    let mut early = vec![0; network.nodes.len() * 2];
    for index in 0..network.nodes.len() {
        let place = placed(network, &early, index, span(index));
        early[index * 2..index * 2 + 2].copy_from_slice(&place);
    }
    early
}

/// Start and finish of one node, its predecessors being placed.
#[inline(always)]
pub(crate) fn placed(network: &Network, early: &[i32], index: usize, span: i32) -> [i32; 2] {
    let start = earliest_start(network, early, index, span);
    if network.nodes[index].has(traits::HARD)
        && let Some(expected) = expected_finish(network, index)
        && let Some(place) = lasting_until(network, index, expected, |source| early[source])
    {
        return place;
    }
    [start, start + span]
}

/// The finish that people expect of a node.
pub(crate) fn expected_finish(network: &Network, index: usize) -> Option<i32> {
    hard_of(network, index).find_map(|hard| match hard {
        Hard::Expected(position) => Some(position),
        _ => None,
    })
}

/// Start and finish of a node that lasts until its expected finish: from the least start that floors, links and hard
/// constraints leave it, and longer where something holds its finish. `None` when that day is over by then: it says no
/// more how long the work takes. `early` reads a position of a predecessor.
#[cold]
pub(crate) fn lasting_until(
    network: &Network,
    index: usize,
    expected: i32,
    early: impl Fn(usize) -> i32,
) -> Option<[i32; 2]> {
    let node = &network.nodes[index];
    let least_span = i32::from(network.calendars[node.calendar as usize].unit != Unit::Day);
    let (mut start, mut finish) = (node.start_floor, node.finish_floor.max(expected));
    for row in network.rows_of(index) {
        let bound = row.bound(network, early(row.source()));
        let end = if row.arrives_finish() { &mut finish } else { &mut start };
        *end = bound.max(*end);
    }
    for hard in hard_of(network, index) {
        match hard {
            Hard::StartAt(position) => start = position,
            Hard::StartBy(position) => start = start.min(position),
            Hard::FinishAt(position) => finish = position,
            Hard::FinishBy(position) => finish = finish.min(position),
            Hard::Expected(_) => {}
        }
    }
    let start = start.clamp(-FAR, FAR);
    (expected >= start + least_span).then(|| [start, finish.clamp(start + least_span, FAR + least_span)])
}

/// The forward rule for one node: the least start that floors, links and hard constraints leave it, its predecessors
/// being placed.
// A call for every node makes the pass a fifth slower.
#[inline(always)]
pub(crate) fn earliest_start(network: &Network, early: &[i32], index: usize, span: i32) -> i32 {
    let node = &network.nodes[index];
    let mut start = node.start_floor.max(node.finish_floor - span);
    for row in network.rows_of(index) {
        let target = row.bound(network, early[row.source()]);
        start = start.max(target - if row.arrives_finish() { span } else { 0 });
    }
    if node.has(traits::HARD) {
        start = hardened(network, index, span, start);
    }
    start.clamp(-FAR, FAR)
}

/// The start that hard constraints leave of a start that logic asks for.
pub(crate) fn hardened(network: &Network, index: usize, span: i32, start: i32) -> i32 {
    hard_of(network, index).fold(start, |start, hard| match hard {
        Hard::StartAt(position) => position,
        Hard::FinishAt(position) => position - span,
        Hard::StartBy(position) => start.min(position),
        Hard::FinishBy(position) => start.min(position - span),
        Hard::Expected(_) => start,
    })
}

pub(crate) fn hard_of(network: &Network, index: usize) -> impl Iterator<Item = Hard> + '_ {
    let first = network.hard.partition_point(|(node, _)| (*node as usize) < index);
    network.hard[first..].iter().take_while(move |(node, _)| *node as usize == index).map(|(_, hard)| *hard)
}

/// The latest early finish of all activities, as an axis label.
pub(crate) fn project_end(network: &Network, early: &[i32]) -> Option<i32> {
    // Labels are monotone in positions, so one label per calendar and way of printing is enough.
    let mut last = vec![[i32::MIN; 2]; network.calendars.len()];
    for (index, node) in network.nodes.iter().enumerate() {
        if node.activity != VIRTUAL {
            let slot = &mut last[node.calendar as usize][usize::from(node.has(traits::START_POINT))];
            *slot = (*slot).max(early[index * 2 + 1]);
        }
    }
    let labels = last.iter().zip(&network.calendars).flat_map(|([finish, point], calendar)| {
        let finish = (*finish != i32::MIN).then(|| calendar.finish_label(*finish));
        finish.into_iter().chain((*point != i32::MIN).then(|| calendar.start_label(*point)))
    });
    labels.chain(network.last_actual_finish).max()
}

/// Greatest finish positions that the end of the project allows, by calendar and way of printing.
struct EndCaps {
    project: Vec<[i32; 2]>,
    /// For what leads to a mandated date later than the project end.
    mandated: Vec<[i32; 2]>,
}

impl EndCaps {
    fn new(network: &Network, end: i32) -> EndCaps {
        let caps = |at: i32| network.calendars.iter().map(|c| [c.last_finish(at), c.last_start(at)]).collect();
        let latest = network.goals.iter().map(|goal| goal.latest).max().unwrap_or(end);
        EndCaps { project: caps(end), mandated: caps(end.max(latest)) }
    }

    fn of(&self, node: &Node) -> i32 {
        if node.traits & (traits::MANDATED | traits::VIRTUAL) != 0 {
            return NO_CAP;
        }
        let is_free_to_pass = node.has(traits::LEADS_TO_MANDATE) && !node.has(traits::OPEN_FINISH);
        let caps = if is_free_to_pass { &self.mandated } else { &self.project };
        caps[node.calendar as usize][usize::from(node.has(traits::START_POINT))]
    }
}

/// Late positions stop here, thousands of years before any date that can be printed: what lies earlier is an error of the
/// plan already, and a chain of absurd durations must not run out of numbers.
pub(crate) const EARLIEST: i32 = -1_000_000_000;

/// Backward pass over a forward pass: late positions and free floats; moves what is as late as possible.
pub fn backward(network: &Network, mut early: Vec<i32>) -> Passes {
    let count = network.nodes.len();
    let end = project_end(network, &early);
    let caps = EndCaps::new(network, end.unwrap_or(0));
    // By start and finish as in `early`: the latest that successors allow, late themselves or where they are now.
    let mut limits = vec![[NO_CAP; 2]; count * 2];
    let mut late = vec![0; count];
    let mut free = vec![0; count];
    for index in (0..count).rev() {
        let (node, span) = (&network.nodes[index], early[index * 2 + 1] - early[index * 2]);
        let end_cap = caps.of(node);
        let ([start_limit, start_move], [finish_limit, finish_move]) = (limits[index * 2], limits[index * 2 + 1]);
        let start_limit = start_limit.min(node.start_cap);
        let finish_limit = finish_limit.min(node.finish_cap).min(end_cap);
        late[index] = start_limit.min(finish_limit - span).max(EARLIEST);
        if node.has(traits::HARD) {
            late[index] = late_hardened(network, index, span, late[index]);
        }
        let open_end = if node.has(traits::OPEN_FINISH) { open_end(network, node, end) } else { NO_CAP };
        free[index] = start_move.min(finish_move.min(open_end) - span);
        if node.has(traits::AS_LATE) {
            let to = if network.as_late_by_total { late[index] } else { free[index] };
            early[index * 2] = early[index * 2].max(to);
            early[index * 2 + 1] = early[index * 2] + span;
            free[index] = free[index].min(early[index * 2]);
        }
        let is_virtual = node.has(traits::VIRTUAL);
        // A node that stands for many successors passes on what they allow, not where it happens to be.
        let moved = if is_virtual { free[index] } else { early[index * 2] };
        for row in network.rows_of(index) {
            let shift = if row.arrives_finish() { span } else { 0 };
            let [limit, move_limit] = &mut limits[row.source()];
            *limit = row.latest(network, late[index] + shift).min(*limit);
            *move_limit = row.latest(network, moved + shift).min(*move_limit);
        }
    }
    Passes { early, late, free, end }
}

/// Where free float ends without a successor of the finish: at the project end.
fn open_end(network: &Network, node: &Node, end: Option<i32>) -> i32 {
    end.map_or(NO_CAP, |end| node.last_finish(&network.calendars, end))
}

/// Late start under hard constraints: a fixed date is its own late date, whatever follows.
fn late_hardened(network: &Network, index: usize, span: i32, late: i32) -> i32 {
    hard_of(network, index).fold(late, |late, hard| match hard {
        Hard::StartAt(position) => position,
        Hard::FinishAt(position) => position - span,
        Hard::StartBy(_) | Hard::FinishBy(_) | Hard::Expected(_) => late,
    })
}
