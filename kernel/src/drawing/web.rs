//! The web of events behind an arrow diagram: which ends of works are one node, and which dummies are left.
//!
//! A plan says which work waits for which; an arrow diagram says it by nodes that works share. Every work begins with two
//! nodes of its own and one dummy for each precedence. Then, until nothing changes any more,
//!
//! 1. dummies that a longer way says already are taken out (transitive reduction);
//! 2. nodes that only begin works and wait for the same nodes become one, and so do nodes that only end works and are
//!    waited for by the same nodes;
//! 3. a dummy that is the only way into a node, or the only way out of one, is drawn together to a point;
//! 4. where a node waits for all that another one waits for and for more, it waits for that other one instead: one
//!    dummy in the place of several; likewise at the ends.
//!
//! Each of these keeps exactly what waits for what, so the diagram says what the plan says, no more and no less (tests
//! compare both on random networks). The least number of dummies is not sought beyond that: to find it is NP-hard
//! (Krishnamoorthy & Deo 1979); the rules are those of Sterboul & Wertheimer (1981) and suffice for the networks of
//! buildings.
//!
//! Nodes have times. A node at which a work begins stands at that work's start, so works that begin at different times
//! never share one: the later gets a node of its own and a dummy in which time passes.

use std::collections::{BTreeMap, BTreeSet};

/// Dummies among which those are sought that others can stand for.
const MOST_LEANING: usize = 1_500;
/// No bound from below.
const EARLIEST: i32 = i32::MIN;
/// No bound from above.
const LATEST: i32 = i32::MAX;

/// A work between two points: its end and where waiting begins when its end falls on days it does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) tail: usize,
    pub(super) head: usize,
    /// Position at which it ends.
    pub(super) end: i32,
    /// Position at which its calendar could go on.
    pub(super) ready: i32,
    /// Whether it is a part of a work that goes on with another part.
    pub(super) goes_on: bool,
}

/// Points, what joins them, and what of them has become one node.
#[derive(Clone, Debug, Default)]
pub(super) struct Web {
    /// The node a point belongs to, for each point; a node is called by one of its points.
    node_of: Vec<usize>,
    /// Position a node must stand at; `None` where it follows from what leads to it.
    at: Vec<Option<i32>>,
    pub(super) works: Vec<Span>,
    pub(super) dummies: BTreeSet<(usize, usize)>,
}

/// What leads into each node and out of it, and within which positions it can stand.
struct Sight {
    in_works: Vec<usize>,
    out_works: Vec<usize>,
    ins: Vec<Vec<usize>>,
    outs: Vec<Vec<usize>>,
    early: Vec<i32>,
    late: Vec<i32>,
}

impl Web {
    /// A new point, at a fixed position or at none.
    pub(super) fn point(&mut self, at: Option<i32>) -> usize {
        self.node_of.push(self.node_of.len());
        self.at.push(at);
        self.node_of.len() - 1
    }

    /// A work from a start to a new finish, which it returns.
    pub(super) fn work(&mut self, tail: usize, end: i32, ready: i32, is_cut_at: Option<i32>) -> usize {
        let head = self.point(is_cut_at);
        self.works.push(Span { tail, head, end, ready, goes_on: is_cut_at.is_some() });
        head
    }

    /// The node of a point.
    pub(super) fn node(&self, point: usize) -> usize {
        self.node_of[point]
    }

    /// Nodes, each once, ascending.
    pub(super) fn nodes(&self) -> Vec<usize> {
        (0..self.node_of.len()).filter(|point| self.node_of[*point] == *point).collect()
    }

    /// All arrows between nodes, works first.
    pub(super) fn arcs(&self) -> Vec<(usize, usize)> {
        self.works.iter().map(|work| (work.tail, work.head)).chain(self.dummies.iter().copied()).collect()
    }

    /// Nodes in an order in which every arrow goes forward.
    pub(super) fn order(&self) -> Vec<usize> {
        let mut waits = vec![0usize; self.node_of.len()];
        let mut outs: Vec<Vec<usize>> = vec![Vec::new(); self.node_of.len()];
        for (tail, head) in self.arcs() {
            waits[head] += 1;
            outs[tail].push(head);
        }
        let mut open: BTreeSet<usize> = self.nodes().into_iter().filter(|node| waits[*node] == 0).collect();
        let mut order = Vec::new();
        while let Some(node) = open.pop_first() {
            order.push(node);
            for head in &outs[node] {
                waits[*head] -= 1;
                if waits[*head] == 0 {
                    open.insert(*head);
                }
            }
        }
        order
    }

    fn sight(&self) -> Sight {
        let count = self.node_of.len();
        let mut sight = Sight {
            in_works: vec![0; count],
            out_works: vec![0; count],
            ins: vec![Vec::new(); count],
            outs: vec![Vec::new(); count],
            early: vec![EARLIEST; count],
            late: vec![LATEST; count],
        };
        for work in &self.works {
            sight.in_works[work.head] += 1;
            sight.out_works[work.tail] += 1;
            sight.early[work.head] = sight.early[work.head].max(work.end);
        }
        for (tail, head) in &self.dummies {
            sight.outs[*tail].push(*head);
            sight.ins[*head].push(*tail);
        }
        let order = self.order();
        for node in &order {
            if let Some(at) = self.at[*node] {
                sight.early[*node] = at;
            }
            for head in &sight.outs[*node] {
                sight.early[*head] = sight.early[*head].max(sight.early[*node]);
            }
        }
        for node in order.iter().rev() {
            let late = sight.outs[*node].iter().map(|head| sight.late[*head]).min().unwrap_or(LATEST);
            sight.late[*node] = self.at[*node].unwrap_or(late);
        }
        sight
    }

    /// Whether two nodes may stand at one position, with everything that leads to them and away.
    fn fit(&self, sight: &Sight, one: usize, other: usize) -> bool {
        let at = match (self.at[one], self.at[other]) {
            (Some(a), Some(b)) if a != b => return false,
            (Some(at), _) | (None, Some(at)) => Some(at),
            (None, None) => None,
        };
        let ins = |node: usize| {
            // A fixed node says where it stands, not when what leads to it is over.
            let works = self.works.iter().filter(|work| work.head == node).map(|work| work.end);
            works
                .chain(
                    sight.ins[node]
                        .iter()
                        .filter(|tail| **tail != one && **tail != other)
                        .map(|tail| sight.early[*tail]),
                )
                .max()
        };
        let outs = |node: usize| {
            sight.outs[node].iter().filter(|head| **head != one && **head != other).map(|head| sight.late[*head]).min()
        };
        let early = ins(one).max(ins(other)).unwrap_or(EARLIEST);
        let late = [outs(one), outs(other)].into_iter().flatten().min().unwrap_or(LATEST);
        match at {
            Some(at) => early <= at && at <= late,
            None => early <= late,
        }
    }

    /// Makes two nodes one, called by the first.
    fn join(&mut self, one: usize, other: usize) {
        self.at[one] = self.at[one].or(self.at[other]);
        for node in &mut self.node_of {
            if *node == other {
                *node = one;
            }
        }
        for work in &mut self.works {
            work.tail = if work.tail == other { one } else { work.tail };
            work.head = if work.head == other { one } else { work.head };
        }
        let moved = |node: usize| if node == other { one } else { node };
        let dummies = std::mem::take(&mut self.dummies);
        self.dummies = dummies
            .into_iter()
            .map(|(tail, head)| (moved(tail), moved(head)))
            .filter(|(tail, head)| tail != head)
            .collect();
    }

    /// Draws the web together; afterwards it has one node without ways in, one without ways out, and no two works share
    /// both ends.
    pub(super) fn draw_together(&mut self) {
        loop {
            let before = (self.nodes().len(), self.dummies.len());
            self.reduce();
            while self.join_alike() || self.contract() {}
            self.reduce();
            // Where so much waits for so much, no fewer dummies make it a drawing.
            while self.dummies.len() <= MOST_LEANING && self.lean_on_others() {}
            if (self.nodes().len(), self.dummies.len()) == before {
                break;
            }
        }
        self.close_ends();
        self.part_twins();
        // The last day is the last day, whether or not the next one is worked.
        let sight = self.sight();
        for node in self.nodes() {
            if sight.out_works[node] == 0 && sight.outs[node].is_empty() {
                self.at[node] = Some(sight.early[node]);
            }
        }
    }

    /// Takes out dummies that a longer way says already.
    fn reduce(&mut self) {
        let order = self.order();
        let mut rank = vec![0usize; self.node_of.len()];
        for (at, node) in order.iter().enumerate() {
            rank[*node] = at;
        }
        let words = order.len().div_ceil(64);
        let mut heads: Vec<Vec<usize>> = vec![Vec::new(); order.len()];
        for (tail, head) in self.arcs() {
            heads[rank[tail]].push(rank[head]);
        }
        // What each node leads to, itself included, from last to first.
        let mut reach = vec![0u64; words * order.len()];
        for at in (0..order.len()).rev() {
            reach[at * words + at / 64] |= 1 << (at % 64);
            for head in std::mem::take(&mut heads[at]) {
                for word in 0..words {
                    reach[at * words + word] |= reach[head * words + word];
                }
            }
        }
        let mut outs: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (tail, head) in self.arcs() {
            outs.entry(rank[tail]).or_default().insert(rank[head]);
        }
        let by_work: BTreeSet<(usize, usize)> = self.works.iter().map(|work| (work.tail, work.head)).collect();
        self.dummies.retain(|(tail, head)| {
            let to = rank[*head];
            let is_said =
                outs[&rank[*tail]].iter().any(|via| *via != to && reach[via * words + to / 64] >> (to % 64) & 1 == 1);
            !is_said && !by_work.contains(&(*tail, *head))
        });
    }

    /// Makes one of two nodes that only begin works and wait for the same, or only end works and are waited for by the
    /// same.
    fn join_alike(&mut self) -> bool {
        let sight = self.sight();
        let nodes = self.nodes();
        for is_start in [true, false] {
            let mut known: BTreeMap<(&[usize], Option<i32>), usize> = BTreeMap::new();
            for node in &nodes {
                let (works, joined) =
                    if is_start { (&sight.in_works, &sight.ins) } else { (&sight.out_works, &sight.outs) };
                let is_bare =
                    sight.in_works[*node] + sight.out_works[*node] + sight.ins[*node].len() + sight.outs[*node].len()
                        == 0;
                if works[*node] > 0 || (is_bare && !is_start) {
                    continue;
                }
                let key = (joined[*node].as_slice(), self.at[*node]);
                match known.get(&key) {
                    Some(first) if self.fit(&sight, *first, *node) => {
                        let first = *first;
                        self.join(first, *node);
                        return true;
                    }
                    Some(_) => {}
                    None => {
                        known.insert(key, *node);
                    }
                }
            }
        }
        false
    }

    /// Draws a dummy together to a point where it is the only way into its head, or the only way out of its tail.
    fn contract(&mut self) -> bool {
        let sight = self.sight();
        // The earliest head first: where several wait for one node, the first of them stands at it.
        let mut dummies: Vec<(usize, usize)> = self.dummies.iter().copied().collect();
        dummies.sort_by_key(|(tail, head)| (sight.late[*head], *tail, *head));
        for (tail, head) in dummies {
            let is_only_in = sight.in_works[head] == 0 && sight.ins[head].len() == 1;
            let is_only_out = sight.out_works[tail] == 0 && sight.outs[tail].len() == 1;
            if (is_only_in || is_only_out) && self.fit(&sight, tail, head) {
                self.join(tail, head);
                return true;
            }
        }
        false
    }

    /// Lets a node wait for another that waits for part of the same, and lets nodes that lead to the same go through one.
    fn lean_on_others(&mut self) -> bool {
        let sight = self.sight();
        let nodes = self.nodes();
        let is_part =
            |part: &[usize], whole: &[usize]| part.len() > 1 && part.iter().all(|one| whole.binary_search(one).is_ok());
        let mut best: Option<(usize, usize, usize, bool)> = None;
        for other in &nodes {
            let (ins, outs) = (&sight.ins[*other], &sight.outs[*other]);
            if ins.len().max(outs.len()) < 2 {
                continue;
            }
            for node in nodes.iter().filter(|node| *node != other) {
                if sight.in_works[*other] == 0
                    && is_part(ins, &sight.ins[*node])
                    && sight.early[*other] <= sight.late[*node]
                    && (ins.len() < sight.ins[*node].len()
                        || (sight.early[*other], *other) < (sight.early[*node], *node))
                {
                    let found = (ins.len(), *other, *node, true);
                    best = best.filter(|best| best.0 >= found.0).or(Some(found));
                }
                if sight.out_works[*other] == 0
                    && is_part(outs, &sight.outs[*node])
                    && sight.early[*node] <= sight.late[*other]
                    && (outs.len() < sight.outs[*node].len()
                        || (sight.late[*node], *node) < (sight.late[*other], *other))
                {
                    let found = (outs.len(), *other, *node, false);
                    best = best.filter(|best| best.0 >= found.0).or(Some(found));
                }
            }
        }
        let Some((_, other, node, is_in)) = best else { return false };
        if is_in {
            for tail in &sight.ins[other] {
                self.dummies.remove(&(*tail, node));
            }
            self.dummies.insert((other, node));
        } else {
            for head in &sight.outs[other] {
                self.dummies.remove(&(node, *head));
            }
            self.dummies.insert((node, other));
        }
        true
    }

    /// Leaves one node that nothing leads to and one that leads nowhere.
    fn close_ends(&mut self) {
        let sight = self.sight();
        let nodes = self.nodes();
        let begins = nodes.iter().copied().filter(|node| sight.in_works[*node] == 0 && sight.ins[*node].is_empty());
        let mut begins: Vec<usize> = begins.collect();
        begins.sort_by_key(|node| (sight.early[*node], *node));
        if let Some((first, others)) = begins.split_first() {
            self.dummies.extend(
                others
                    .iter()
                    .filter(|node| sight.out_works[**node] + sight.outs[**node].len() > 0)
                    .map(|node| (*first, *node)),
            );
        }
        let sight = self.sight();
        let ends = self.nodes().into_iter().filter(|node| sight.out_works[*node] == 0 && sight.outs[*node].is_empty());
        let mut ends: Vec<usize> = ends.collect();
        ends.sort_by_key(|node| (std::cmp::Reverse(sight.early[*node]), self.at[*node].is_none(), *node));
        if let Some((last, others)) = ends.split_first() {
            for node in others {
                if self.at[*node].is_none() {
                    self.join(*last, *node);
                } else {
                    self.dummies.insert((*node, *last));
                }
            }
            // A milestone without any link is led to like everything else.
            let sight = self.sight();
            let lonely: Vec<usize> = self
                .nodes()
                .into_iter()
                .filter(|node| sight.in_works[*node] == 0 && sight.ins[*node].is_empty())
                .collect();
            if let Some((first, others)) = lonely.split_first().filter(|(_, others)| !others.is_empty()) {
                let earliest = lonely.iter().copied().min_by_key(|node| (sight.early[*node], *node)).unwrap_or(*first);
                self.dummies.extend(
                    std::iter::once(first)
                        .chain(others)
                        .filter(|node| **node != earliest)
                        .map(|node| (earliest, *node)),
                );
            }
        }
        self.reduce();
    }

    /// Two works between the same two nodes could not be told apart by their numbers: all but one end at a node of their
    /// own, from which a dummy leads on. The one is a part that goes on there, or else the longest.
    fn part_twins(&mut self) {
        let mut twins: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for (at, work) in self.works.iter().enumerate() {
            twins.entry((work.tail, work.head)).or_default().push(at);
        }
        for ((_, head), works) in twins {
            let longest = works
                .iter()
                .copied()
                .max_by_key(|at| (self.works[*at].goes_on, self.works[*at].end, std::cmp::Reverse(*at)));
            for at in works.into_iter().filter(|at| Some(*at) != longest) {
                let own = self.point(None);
                self.works[at].head = own;
                self.dummies.insert((own, head));
            }
        }
    }

    /// Where every node stands: at its fixed position, else when all that leads to it is over, else with the last.
    pub(super) fn positions(&self) -> Vec<i32> {
        let sight = self.sight();
        let mut ready = vec![EARLIEST; self.node_of.len()];
        for work in &self.works {
            ready[work.head] = ready[work.head].max(work.ready);
        }
        let mut positions = vec![EARLIEST; self.node_of.len()];
        for node in self.order() {
            let led = sight.ins[node].iter().map(|tail| positions[*tail]).max().unwrap_or(EARLIEST);
            positions[node] = match self.at[node] {
                Some(at) => at,
                None => ready[node].max(led).min(sight.late[node]),
            };
        }
        positions
    }
}
