//! Why a bar is where it is: the link, bound or fact that holds each activity, and the chain that leads to it.

use crate::cpm::{Passes, hard_of};
use crate::network::{Floor, Hard, Network, Role, VIRTUAL, traits};

/// What holds an activity at its early start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// A link from this activity (index in the plan).
    Link {
        /// The predecessor.
        from: usize,
    },
    /// A constraint of its own.
    Constraint,
    /// The plan's start, or its own.
    Start,
    /// The data date.
    DataDate,
    /// A fact about itself.
    Actual,
    /// The first working day or instant of its calendar after the start or data date.
    Calendar,
}

/// The driver of a node: a tight link first, in the order of the plan, then the floor.
pub(crate) fn driver(network: &Network, passes: &Passes, index: usize) -> Driver {
    let node = &network.nodes[index];
    let start = passes.early[index * 2];
    if node.has(traits::HARD) && hard_holds(network, passes, index) {
        return Driver::Constraint;
    }
    if let Some(from) = tight_source(network, passes, index) {
        return Driver::Link { from };
    }
    let span = passes.early[index * 2 + 1] - start;
    if node.start_floor.max(node.finish_floor - span) < start {
        // Only an activity that is as late as possible stands right of everything that holds it.
        return Driver::Constraint;
    }
    match node.floor {
        Floor::Start => Driver::Start,
        Floor::DataDate => Driver::DataDate,
        Floor::Constraint => Driver::Constraint,
        Floor::Actual => Driver::Actual,
        Floor::Calendar => Driver::Calendar,
        Floor::Link(from) => Driver::Link { from: from as usize },
    }
}

fn hard_holds(network: &Network, passes: &Passes, index: usize) -> bool {
    hard_of(network, index).any(|hard| match hard {
        Hard::StartAt(position) | Hard::StartBy(position) => position == passes.early[index * 2],
        Hard::FinishAt(position) | Hard::FinishBy(position) | Hard::Expected(position) => {
            position == passes.early[index * 2 + 1]
        }
    })
}

/// Nodes whose links hold a node exactly where it is.
fn tight_nodes<'a>(network: &'a Network, passes: &'a Passes, index: usize) -> impl Iterator<Item = usize> + 'a {
    network.rows_of(index).iter().filter_map(move |row| {
        let target = passes.early[index * 2 + usize::from(row.arrives_finish())];
        (row.bound(network, passes.early[row.source()]) == target).then_some(row.from())
    })
}

/// The first activity a tight link comes from, looking through nodes that stand for others.
fn tight_source(network: &Network, passes: &Passes, index: usize) -> Option<usize> {
    let mut from = tight_nodes(network, passes, index).next()?;
    while network.nodes[from].activity == VIRTUAL {
        match (tight_nodes(network, passes, from).next(), network.nodes[from].floor) {
            (Some(before), _) => from = before,
            (None, Floor::Link(activity)) => return Some(activity as usize),
            (None, _) => return None,
        }
    }
    Some(network.nodes[from].activity as usize)
}

/// The activity whose link a hard date overrules the most, and by how many units of the node's calendar: the date stands, the
/// link is not kept.
pub(crate) fn overruled(network: &Network, passes: &Passes, index: usize) -> Option<(usize, i32)> {
    let node = &network.nodes[index];
    if !node.has(traits::HARD) {
        return None;
    }
    let broken = network.rows_of(index).iter().filter_map(|row| {
        let end = passes.early[index * 2 + usize::from(row.arrives_finish())];
        let short = row.bound(network, passes.early[row.source()]) - end;
        // Nodes that stand for others are looked through where their dates come from.
        let from = network.nodes[row.from()].activity;
        (short > 0 && from != VIRTUAL).then_some((from as usize, short))
    });
    broken.max_by_key(|(from, short)| (*short, std::cmp::Reverse(*from)))
}

/// Activities from the origin of the driving chain to a node, in order.
pub(crate) fn driving_chain(network: &Network, passes: &Passes, index: usize) -> Vec<usize> {
    let mut chain = vec![network.nodes[index].activity as usize];
    let mut at = index;
    while let Driver::Link { from } = driver(network, passes, at) {
        chain.push(from);
        match network.roles[from] {
            Role::Node(node) if (node as usize) < at => at = node as usize,
            _ => break,
        }
    }
    chain.reverse();
    chain
}

/// All nodes on tight chains to the latest early finish.
pub(crate) fn longest_path(network: &Network, passes: &Passes) -> Vec<usize> {
    let is_last = |index: usize| {
        let node = &network.nodes[index];
        node.activity != VIRTUAL && Some(network.finish_label(node, passes.early[index * 2 + 1])) == passes.end
    };
    let mut is_on_path: Vec<bool> = (0..network.nodes.len()).map(is_last).collect();
    for index in (0..network.nodes.len()).rev() {
        if is_on_path[index] {
            for from in tight_nodes(network, passes, index) {
                is_on_path[from] = true;
            }
        }
    }
    (0..network.nodes.len()).filter(|&index| is_on_path[index]).collect()
}
