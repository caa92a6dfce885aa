//! Float paths to one activity: what leads to it strung into ways, those with the least float first.
//!
//! The first path goes back from the activity along the best link; each further one begins at the best branch that is in no
//! path yet and goes back until the best link before comes from one that is. Every activity that can still move and leads there is in one
//! path. Best is, as the planner chooses, the least float to the date (total float), or the least room in the link itself
//! (free float): total float alone is no driving logic, since work with little float of its own may hold nothing up.
//! Primavera P6 numbers float paths in these two ways.
//!
//! Floats are those to this one date: its mandated date where it has one, its own early finish where not.

use crate::cpm::{Passes, backward, forward};
use crate::mandate::{Limits, worst_end};
use crate::network::{Goal, Network, Role, Row, VIRTUAL};
use crate::plan::Plan;

/// By what the best branch is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathOrder {
    /// The least float to the date.
    TotalFloat,
    /// The least room of the link.
    FreeFloat,
}

/// A way to the activity. Indexes are positions in [`Plan::activities`].
#[derive(Clone, Debug, PartialEq)]
pub struct PathTo {
    /// Its activities, from the first to the one that joins.
    pub activities: Vec<usize>,
    /// The least float of its activities: by how many working days of its own calendar the one with the least can slip and keep
    /// the date; negative when it must be faster. What the last can slip says less where calendars differ: the milestone at the
    /// end of the way has more days of its own than the work that holds it.
    pub float_days: f64,
    /// The activity of an earlier path that it leads to; `None` for the first path.
    pub joins: Option<usize>,
    /// The activity of an earlier path that it follows, where it begins behind one.
    pub leaves: Option<usize>,
}

/// At most so many paths to an activity; none where it is finished, has no dates or is no work of its own.
pub fn float_paths(plan: &Plan, activity: usize, order: PathOrder, most: usize) -> Vec<PathTo> {
    let network = Network::compile(plan);
    let passes = backward(&network, forward(&network));
    let Some(goal) = goal(&network, &passes, activity) else { return Vec::new() };
    let mut floats = vec![f64::NAN; network.nodes.len()];
    Limits::new(&network).visit(&network, &passes, &goal, |index, late| {
        let node = &network.nodes[index];
        floats[index] = network.days(node, network.units_between(node, passes.early[index * 2], late));
    });
    let Some((end, _)) = worst_end(&network, &passes.early, &goal) else { return Vec::new() };
    let mut strings =
        Strings { network: &network, passes: &passes, floats, order, next: Vec::new(), branches: Vec::new() };
    strings.next = vec![Next::Open; network.nodes.len()];
    let mut paths = Vec::new();
    let mut begins = Some((end, Next::End));
    while let Some((last, joins)) = begins.filter(|_| paths.len() < most) {
        paths.extend(strings.string(last, joins));
        begins = strings.best_branch().map(|branch| (branch.from, Next::Node(branch.to)));
    }
    paths
}

/// The mandated date of an activity, or its own early finish as if it were mandated.
fn goal(network: &Network, passes: &Passes, activity: usize) -> Option<Goal> {
    let mandated = network.goals.iter().find(|goal| goal.activity as usize == activity);
    mandated.cloned().or_else(|| {
        let Role::Node(node) = *network.roles.get(activity)? else { return None };
        let position = passes.early[node as usize * 2 + 1];
        let latest = network.finish_label(&network.nodes[node as usize], position);
        Some(Goal { mandate: 0, activity: activity as u32, ends: vec![(node, position)], latest })
    })
}

/// What follows a node on its path.
#[derive(Clone, Copy)]
enum Next {
    /// It is in no path yet.
    Open,
    /// It is the end of all paths.
    End,
    /// The node of its own or of an earlier path.
    Node(usize),
}

/// A link whose successor is in a path.
#[derive(Clone, Copy)]
struct Branch {
    from: usize,
    to: usize,
    row: Row,
}

struct Strings<'a> {
    network: &'a Network,
    passes: &'a Passes,
    /// Float of each node to the date; not a number where it does not lead there.
    floats: Vec<f64>,
    order: PathOrder,
    next: Vec<Next>,
    branches: Vec<Branch>,
}

impl Strings<'_> {
    fn is_open(&self, node: usize) -> bool {
        matches!(self.next[node], Next::Open)
    }

    /// Working days that a link leaves between what it asks of its successor and where that is.
    fn room_days(&self, branch: &Branch) -> f64 {
        let bound = branch.row.bound(self.network, self.passes.early[branch.row.source()]);
        let target = self.passes.early[branch.to * 2 + usize::from(branch.row.arrives_finish())];
        let node = &self.network.nodes[branch.to];
        self.network.days(node, self.network.units_between(node, bound, target))
    }

    /// The best of some links: by float, then by room, or the other way round; of equals the first in the network.
    fn best(&self, branches: impl Iterator<Item = Branch>) -> Option<Branch> {
        let key = |branch: &Branch| {
            let (float, room) = (self.floats[branch.from], self.room_days(branch));
            match self.order {
                PathOrder::TotalFloat => (float, room, branch.from),
                PathOrder::FreeFloat => (room, float, branch.from),
            }
        };
        branches.min_by(|one, other| {
            let (one, other) = (key(one), key(other));
            one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1)).then(one.2.cmp(&other.2))
        })
    }

    fn best_branch(&mut self) -> Option<Branch> {
        let mut branches = std::mem::take(&mut self.branches);
        branches.retain(|branch| self.is_open(branch.from));
        let best = self.best(branches.iter().copied());
        self.branches = branches;
        best
    }

    fn branches_of(&self, node: usize) -> impl Iterator<Item = Branch> + '_ {
        self.network.rows_of(node).iter().map(move |row| Branch { from: row.from(), to: node, row: *row })
    }

    /// The path that ends with a node: back along the best link until that comes from an earlier path. `None` where nothing on
    /// it is an activity of the plan.
    fn string(&mut self, last: usize, joins: Next) -> Option<PathTo> {
        let (mut at, mut next) = (last, joins);
        let mut nodes = Vec::new();
        let leaves = loop {
            self.next[at] = next;
            nodes.push(at);
            self.branches.extend(self.network.rows_of(at).iter().map(|row| Branch {
                from: row.from(),
                to: at,
                row: *row,
            }));
            let best = self.best(self.branches_of(at));
            let Some(branch) = best.filter(|branch| self.is_open(branch.from)) else {
                break best.and_then(|branch| self.activity_before(branch.from));
            };
            (next, at) = (Next::Node(at), branch.from);
        };
        nodes.reverse();
        let is_real = |node: &&usize| self.network.nodes[**node].activity != VIRTUAL;
        let float_days = nodes.iter().filter(is_real).map(|node| self.floats[*node]).reduce(f64::min)?;
        let activities = nodes.iter().filter(is_real).map(|node| self.network.nodes[*node].activity as usize).collect();
        let joins = if let Next::Node(node) = joins { self.activity_after(node) } else { None };
        Some(PathTo { activities, float_days, joins, leaves })
    }

    /// The activity at a node, or the first after it where it stands for the ends of others.
    fn activity_after(&self, mut node: usize) -> Option<usize> {
        while self.network.nodes[node].activity == VIRTUAL {
            let Next::Node(next) = self.next[node] else { return None };
            node = next;
        }
        Some(self.network.nodes[node].activity as usize)
    }

    /// The activity at a node, or the best before it where it stands for the ends of others.
    fn activity_before(&self, mut node: usize) -> Option<usize> {
        while self.network.nodes[node].activity == VIRTUAL {
            node = self.best(self.branches_of(node))?.from;
        }
        Some(self.network.nodes[node].activity as usize)
    }
}
