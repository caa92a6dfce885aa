//! Topological order of a draft network, and the names of the cycles that prevent one.

use crate::network::Edge;

/// In place of a node's place: it could not be ordered.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// An order of nodes, and what could not be ordered.
pub(crate) struct Order {
    /// Nodes in order, broken ones and everything downstream of them and of cycles left out.
    pub(crate) sequence: Vec<u32>,
    /// Place of each node in the sequence, or [`NOWHERE`]. What leads to a node that has one has one too.
    pub(crate) place: Vec<u32>,
    /// How many links arrive at each node of the sequence, by place.
    pub(crate) arriving: Vec<u32>,
    /// Cycles, each in the order its links run.
    pub(crate) cycles: Vec<Vec<u32>>,
}

/// Outgoing rows of a graph: first index per node and the targets.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    first: Vec<u32>,
    to: Vec<u32>,
}

impl Outgoing {
    /// Rows of `count` nodes from links told twice, as source and target: by counting sort, in the order they are told.
    pub(crate) fn new<L: Iterator<Item = (usize, usize)>>(count: usize, links: impl Fn() -> L) -> Outgoing {
        let mut first = vec![0u32; count + 1];
        for (from, _) in links() {
            first[from + 1] += 1;
        }
        for node in 0..count {
            first[node + 1] += first[node];
        }
        let mut next = first.clone();
        let mut targets = vec![0; first[count] as usize];
        for (from, to) in links() {
            let slot = &mut next[from];
            targets[*slot as usize] = to as u32;
            *slot += 1;
        }
        Outgoing { first, to: targets }
    }

    pub(crate) fn of(&self, node: u32) -> &[u32] {
        &self.to[self.first[node as usize] as usize..self.first[node as usize + 1] as usize]
    }
}

/// No further link.
const LAST: u32 = u32::MAX;

/// What is known of a node while it is ordered; side by side, because one step asks for all of it.
#[derive(Clone, Copy)]
struct Pending {
    /// The first link that leaves it.
    leaving: u32,
    /// Links that arrive at it.
    arriving: u32,
    /// Of these, those whose predecessor has no place yet; a broken node waits for one more, which never comes.
    waiting: u32,
}

/// A link by where it leads, and the next one that leaves the same node.
#[derive(Clone, Copy)]
struct Leaving {
    to: u32,
    next: u32,
}

/// Orders nodes by Kahn's algorithm (1962), last in first out: what follows a node comes soon after it, which keeps
/// the rows of a building together in memory. The order depends on the input alone.
pub(crate) fn order(is_broken: &[bool], edges: &[Edge]) -> Order {
    let count = is_broken.len();
    let new = |is_broken: &bool| Pending { leaving: LAST, arriving: 0, waiting: u32::from(*is_broken) };
    let mut pending: Vec<Pending> = is_broken.iter().map(new).collect();
    let mut links = vec![Leaving { to: 0, next: LAST }; edges.len()];
    // From the last to the first, so that the links of a node hang behind each other as they are told.
    for (at, edge) in edges.iter().enumerate().rev() {
        let next = std::mem::replace(&mut pending[edge.row.from()].leaving, at as u32);
        links[at] = Leaving { to: edge.to, next };
        let target = &mut pending[edge.to as usize];
        target.arriving += 1;
        target.waiting += 1;
    }
    let mut ready: Vec<u32> = (0..count as u32).rev().filter(|&node| pending[node as usize].waiting == 0).collect();
    let (mut sequence, mut arriving) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let mut place = vec![NOWHERE; count];
    while let Some(node) = ready.pop() {
        place[node as usize] = sequence.len() as u32;
        sequence.push(node);
        let found = pending[node as usize];
        arriving.push(found.arriving);
        let mut leaving = found.leaving;
        while let Some(&Leaving { to, next }) = links.get(leaving as usize) {
            let target = &mut pending[to as usize];
            target.waiting -= 1;
            if target.waiting == 0 {
                ready.push(to);
            }
            leaving = next;
        }
    }
    let cycles = if sequence.len() == count { Vec::new() } else { cycles(edges, &sequence, count) };
    Order { sequence, place, arriving, cycles }
}

/// One cycle in each strongly connected component of what is left, by Tarjan's algorithm (1972) without recursion.
fn cycles(edges: &[Edge], sequence: &[u32], count: usize) -> Vec<Vec<u32>> {
    const UNSEEN: u32 = u32::MAX;
    let outgoing = &Outgoing::new(count, || edges.iter().map(|edge| (edge.row.from(), edge.to as usize)));
    let mut is_left = vec![true; count];
    for &node in sequence {
        is_left[node as usize] = false;
    }
    let (mut number, mut low) = (vec![UNSEEN; count], vec![0u32; count]);
    let mut component = vec![UNSEEN; count];
    let (mut open, mut walk): (Vec<u32>, Vec<(u32, u32)>) = (Vec::new(), Vec::new());
    let (mut seen, mut found) = (0, Vec::new());
    for root in (0..count as u32).filter(|&node| is_left[node as usize]) {
        if number[root as usize] != UNSEEN {
            continue;
        }
        walk.push((root, 0));
        while let Some((node, place)) = walk.last_mut() {
            let (at, node) = (*node as usize, *node);
            if *place == 0 {
                (number[at], low[at]) = (seen, seen);
                seen += 1;
                open.push(node);
            }
            let target = outgoing.of(node).get(*place as usize).copied();
            *place += 1;
            match target {
                Some(to) if !is_left[to as usize] || component[to as usize] != UNSEEN => {}
                Some(to) if number[to as usize] == UNSEEN => walk.push((to, 0)),
                Some(to) => low[at] = low[at].min(number[to as usize]),
                None => {
                    walk.pop();
                    if let Some((above, _)) = walk.last() {
                        low[*above as usize] = low[*above as usize].min(low[at]);
                    }
                    if low[at] == number[at] {
                        found.extend(close(outgoing, &mut open, &mut component, node));
                    }
                }
            }
        }
    }
    found
}

/// Takes a finished component off the stack; its cycle, when it has one.
fn close(outgoing: &Outgoing, open: &mut Vec<u32>, component: &mut [u32], root: u32) -> Option<Vec<u32>> {
    let first = open.iter().rposition(|&node| node == root)?;
    let members = open.split_off(first);
    for &node in &members {
        component[node as usize] = root;
    }
    if members.len() == 1 && !outgoing.of(root).contains(&root) {
        return None;
    }
    Some(shortest_cycle(outgoing, component, members.iter().copied().min().unwrap_or(root), root))
}

/// The shortest way from a node back to itself within its component.
fn shortest_cycle(outgoing: &Outgoing, component: &[u32], start: u32, label: u32) -> Vec<u32> {
    let mut came_from = std::collections::HashMap::new();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for &to in outgoing.of(node).iter().filter(|&&to| component[to as usize] == label) {
            if to == start {
                let mut cycle = vec![node];
                while let Some(&before) =
                    came_from.get(&cycle[cycle.len() - 1]).filter(|_| cycle[cycle.len() - 1] != start)
                {
                    cycle.push(before);
                }
                cycle.reverse();
                return cycle;
            }
            if to != start && !came_from.contains_key(&to) {
                came_from.insert(to, node);
                queue.push_back(to);
            }
        }
    }
    vec![start]
}
