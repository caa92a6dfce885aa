//! From a plan to a network: reads every activity and link once, names what is wrong, and leaves only arithmetic.

use std::collections::HashMap;

use crate::diagnose::Diagnostic;
use crate::measure::{DayEdge, Length, label};
use crate::network::{Edge, FactFloor, Floor, Hammock, Hard, Network, Node, Reach, Role, Row, VIRTUAL, traits};
use crate::order::order;
use crate::plan::{ActivityKind, AsLateRule, Calendar, Granularity, Plan};
use crate::progress::Standing;
use crate::reading::{Read, Reading};
use crate::shifts::{Shifts, fallback_calendar};
use crate::tie::Tie;

/// What is known of an activity of the plan once it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fact {
    pub(crate) role: Role,
    pub(crate) standing: Standing,
    /// Calendar as written, for lags.
    pub(crate) lag_calendar: u32,
    pub(crate) original: Length,
    pub(crate) has_incoming: bool,
}

/// A plan read but not yet ordered.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    plan: &'a Plan,
    network: Network,
    edges: Vec<Edge>,
    is_broken: Vec<bool>,
    /// By activity of the plan.
    pub(crate) facts: Vec<Fact>,
    /// Calendars as written, by compiled calendar.
    pub(crate) written: Vec<Calendar>,
    /// The data date as a label.
    pub(crate) data_date: Option<i32>,
}

impl Network {
    /// Compiles a plan. Never fails: what cannot be dated is left out and named in [`Network::diagnostics`].
    pub fn compile(plan: &Plan) -> Network {
        Draft::read(plan).order()
    }
}

/// The state of compiling.
pub(crate) struct Reader<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) is_day_axis: bool,
    pub(crate) shifts: Shifts<'a>,
    pub(crate) index: HashMap<&'a str, u32>,
    pub(crate) facts: Vec<Fact>,
    /// Both ends of each link, where they exist.
    pub(crate) ends: Vec<(Option<u32>, Option<u32>)>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) hard: Vec<(u32, Hard)>,
    pub(crate) fact_floors: Vec<(u32, FactFloor)>,
    pub(crate) is_broken: Vec<bool>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) ties: Vec<Tie>,
    pub(crate) hammocks: Vec<Hammock>,
    pub(crate) parents: Vec<u32>,
    /// Children of each activity that is somebody's parent.
    pub(crate) children: HashMap<u32, Vec<u32>>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) data_date: Option<i32>,
}

impl<'a> Draft<'a> {
    /// Reads a plan: calendars, activities, hierarchy, links, mandated dates.
    pub fn read(plan: &'a Plan) -> Draft<'a> {
        Draft::read_with(plan, false)
    }

    /// Reads a plan. `with_resources`: an activity works only when its resources work, and what asks for more of them
    /// than there ever is has no dates.
    pub(crate) fn read_with(plan: &'a Plan, with_resources: bool) -> Draft<'a> {
        let fallback = fallback_calendar();
        let mut reader = Reader::new(plan, &fallback);
        if with_resources {
            reader.shifts.meet_resources(plan);
        }
        reader.read_hierarchy();
        reader.read_activities();
        reader.read_links();
        if with_resources {
            reader.break_impossible_needs();
        }
        reader.warn_ignored_starts();
        let goals = reader.read_mandates();
        let actual_finishes = reader.facts.iter().filter_map(|fact| match fact.role {
            Role::Done { finish, .. } => Some(finish),
            _ => None,
        });
        let last_actual_finish = actual_finishes.max();
        let written = (0..reader.shifts.compiled.len() as u32).map(|at| reader.shifts.written(at).clone()).collect();
        let network = Network {
            is_minute_axis: !reader.is_day_axis,
            as_late_by_total: plan.options.as_late == AsLateRule::TotalFloat,
            plan_calendar: reader.shifts.default.unwrap_or(0),
            calendars: reader.shifts.compiled,
            nodes: reader.nodes,
            first_row: Vec::new(),
            rows: Vec::new(),
            ties: reader.ties,
            hard: reader.hard,
            fact_floors: reader.fact_floors,
            roles: reader.facts.iter().map(|fact| fact.role).collect(),
            parents: reader.parents,
            hammocks: reader.hammocks,
            goals,
            last_actual_finish,
            diagnostics: reader.diagnostics,
        };
        let Reader { edges, is_broken, facts, data_date, .. } = reader;
        Draft { plan, network, edges, is_broken, facts, written, data_date }
    }

    /// Puts nodes in topological order and links in rows; names cycles and what they leave without dates.
    pub fn order(self) -> Network {
        let Draft { plan, mut network, edges, is_broken, .. } = self;
        let order = order(&is_broken, &edges);
        for cycle in &order.cycles {
            network.diagnostics.push(cycle_diagnostic(&network.nodes, plan, cycle));
        }
        let mut place = vec![u32::MAX; network.nodes.len()];
        for (at, &node) in order.sequence.iter().enumerate() {
            place[node as usize] = at as u32;
        }
        if order.sequence.len() < network.nodes.len() {
            drop_unordered(&mut network, &place, &is_broken, &order.cycles, plan);
        }
        for role in &mut network.roles {
            if let Role::Node(node) = role {
                *role = match place[*node as usize] {
                    u32::MAX => Role::Undated,
                    at => Role::Node(at),
                };
            }
        }
        for (node, _) in &mut network.hard {
            *node = place[*node as usize];
        }
        network.hard.retain(|(node, _)| *node != u32::MAX);
        network.hard.sort_by_key(|(node, _)| *node);
        for (node, _) in &mut network.fact_floors {
            *node = place[*node as usize];
        }
        network.fact_floors.retain(|(node, _)| *node != u32::MAX);
        network.fact_floors.sort_by_key(|(node, _)| *node);
        network.nodes = order.sequence.iter().map(|&node| network.nodes[node as usize]).collect();
        for (node, fact) in &network.fact_floors {
            network.nodes[*node as usize].raise(fact.arrives_finish, fact.position, Floor::Link(fact.from));
        }
        store_rows(&mut network, &edges, &place);
        for goal in &mut network.goals {
            for end in &mut goal.ends {
                end.0 = place[end.0 as usize];
            }
            goal.ends.retain(|end| end.0 != u32::MAX);
        }
        mark_mandates(&mut network);
        network
    }
}

/// Rows by successor, by counting sort; within a node in the order of the plan.
fn store_rows(network: &mut Network, edges: &[Edge], place: &[u32]) {
    let count = network.nodes.len();
    let is_live = |edge: &&Edge| place[edge.from as usize] != u32::MAX && place[edge.to as usize] != u32::MAX;
    let mut first = vec![0u32; count + 1];
    for edge in edges.iter().filter(is_live) {
        first[place[edge.to as usize] as usize + 1] += 1;
    }
    for node in 0..count {
        first[node + 1] += first[node];
    }
    let mut next = first.clone();
    let blank = Edge { from: 0, to: 0, from_finish: false, to_finish: false, reach: Reach::Same(0) };
    let mut rows = vec![Row::new(&blank, 0); first[count] as usize];
    let mut is_open = vec![true; count];
    for edge in edges.iter().filter(is_live) {
        let (from, to) = (place[edge.from as usize], place[edge.to as usize]);
        let slot = &mut next[to as usize];
        rows[*slot as usize] = Row::new(edge, from);
        *slot += 1;
        if edge.from_finish {
            is_open[from as usize] = false;
        }
    }
    for (node, is_open) in network.nodes.iter_mut().zip(is_open) {
        if is_open {
            node.traits |= traits::OPEN_FINISH;
        }
    }
    (network.first_row, network.rows) = (first, rows);
}

/// Marks mandated nodes with their bounds, and all that leads to them.
fn mark_mandates(network: &mut Network) {
    let ends: Vec<(u32, i32)> = network.goals.iter().flat_map(|goal| goal.ends.iter().copied()).collect();
    if ends.is_empty() {
        return;
    }
    for (node, latest) in ends {
        let node = &mut network.nodes[node as usize];
        node.traits |= traits::MANDATED | traits::LEADS_TO_MANDATE;
        node.finish_cap = node.finish_cap.min(latest);
    }
    for index in (0..network.nodes.len()).rev() {
        if network.nodes[index].has(traits::LEADS_TO_MANDATE) {
            for at in network.first_row[index]..network.first_row[index + 1] {
                let from = network.rows[at as usize].from();
                network.nodes[from].traits |= traits::LEADS_TO_MANDATE;
            }
        }
    }
}

fn cycle_diagnostic(nodes: &[Node], plan: &Plan, cycle: &[u32]) -> Diagnostic {
    let mut names: Vec<String> = cycle
        .iter()
        .filter(|&&node| nodes[node as usize].activity != VIRTUAL)
        .map(|&node| plan.activities[nodes[node as usize].activity as usize].id.clone())
        .collect();
    let first = names.first().cloned().unwrap_or_default();
    let message = if names.len() == 1 {
        format!("{first} is linked to itself; remove the link")
    } else {
        format!("{} → {first} run in a circle; remove one of these links", names.join(" → "))
    };
    names.push(first.clone());
    Diagnostic::new("K-101", message, names).about(&first, None)
}

/// Tells how much is left without dates because of what is upstream.
fn drop_unordered(network: &mut Network, place: &[u32], is_broken: &[bool], cycles: &[Vec<u32>], plan: &Plan) {
    let mut is_named = is_broken.to_vec();
    for &node in cycles.iter().flatten() {
        is_named[node as usize] = true;
    }
    let downstream: Vec<&String> = (0..place.len())
        .filter(|&node| place[node] == u32::MAX && !is_named[node] && network.nodes[node].activity != VIRTUAL)
        .map(|node| &plan.activities[network.nodes[node].activity as usize].id)
        .collect();
    if let Some(first) = downstream.first() {
        let message = format!(
            "{} activities have no dates because something before them has none, {first} the first; correct the errors",
            downstream.len()
        );
        network.diagnostics.push(Diagnostic::new("K-301", message, vec![downstream.len().to_string()]));
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(plan: &'a Plan, fallback: &'a Calendar) -> Reader<'a> {
        let mut diagnostics = Vec::new();
        let shifts = Shifts::new(plan, fallback, &mut diagnostics);
        let default = shifts.default.unwrap_or(0);
        let data_date = plan.data_date.and_then(|at| {
            label(at, &shifts.compiled[default as usize], Some(shifts.written(default)), DayEdge::Beginning)
        });
        let count = plan.activities.len();
        let blank = Fact {
            role: Role::Undated,
            standing: Standing::Unstarted,
            lag_calendar: 0,
            original: Length { units: 0, is_elapsed: false },
            has_incoming: false,
        };
        Reader {
            plan,
            is_day_axis: plan.granularity == Granularity::Day,
            shifts,
            index: HashMap::with_capacity(count),
            facts: vec![blank; count],
            ends: Vec::new(),
            nodes: Vec::with_capacity(count),
            hard: Vec::new(),
            fact_floors: Vec::new(),
            is_broken: Vec::with_capacity(count),
            edges: Vec::with_capacity(plan.links.len()),
            ties: Vec::new(),
            hammocks: Vec::new(),
            parents: vec![u32::MAX; count],
            children: HashMap::new(),
            diagnostics,
            data_date,
        }
    }

    pub(crate) fn report(&mut self, code: &'static str, activity: u32, message: String, params: Vec<String>) {
        let activity = &self.plan.activities[activity as usize];
        self.diagnostics.push(Diagnostic::new(code, message, params).about(&activity.id, activity.at.as_ref()));
    }

    fn read_activities(&mut self) {
        for at in 0..self.plan.activities.len() as u32 {
            let activity = &self.plan.activities[at as usize];
            let is_summary = activity.kind == ActivityKind::Summary || self.children.contains_key(&at);
            if is_summary {
                self.facts[at as usize].role = Role::Summary;
                if activity.kind != ActivityKind::Summary {
                    self.report(
                        "K-207",
                        at,
                        format!("{} has activities below it and is treated as a summary; make it one", activity.id),
                        Vec::new(),
                    );
                }
                if !self.children.contains_key(&at) {
                    self.report(
                        "K-208",
                        at,
                        format!(
                            "summary {} has nothing below it and no dates; add activities or remove it",
                            activity.id
                        ),
                        Vec::new(),
                    );
                }
                continue;
            }
            self.read_activity(at);
        }
        self.break_duplicates();
    }

    /// Every activity that shares its id with another has no dates: links cannot tell which one they mean.
    fn break_duplicates(&mut self) {
        for at in 0..self.plan.activities.len() as u32 {
            let id = &self.plan.activities[at as usize].id;
            let first = self.index[id.as_str()];
            if first == at {
                continue;
            }
            self.report(
                "K-102",
                at,
                format!("the id {id} is given to more than one activity; rename all but one"),
                vec![id.clone()],
            );
            for twin in [first, at] {
                match self.facts[twin as usize].role {
                    Role::Node(node) => self.is_broken[node as usize] = true,
                    Role::Done { .. } | Role::Hammock(_) => self.facts[twin as usize].role = Role::Undated,
                    Role::Summary | Role::Undated => {}
                }
            }
        }
    }

    fn read_activity(&mut self, at: u32) {
        let activity = &self.plan.activities[at as usize];
        let calendars = self.shifts.of(activity, &mut self.diagnostics);
        let (base, own) = calendars.unwrap_or((0, 0));
        let has_incoming = self.facts[at as usize].has_incoming;
        let reading = Reading {
            plan: self.plan,
            activity,
            at,
            calendars: &self.shifts.compiled,
            own,
            written: self.shifts.written(base),
            data_date: self.data_date,
            has_incoming,
        };
        let read = reading.read(calendars.is_some() && !self.is_orphan(at), &mut self.diagnostics);
        let (original, standing) = (read.original, read.standing);
        let role = match (activity.kind, standing) {
            (ActivityKind::Hammock, _) if read.is_sound => {
                self.hammocks.push(Hammock { calendar: own, ..Hammock::default() });
                Role::Hammock(self.hammocks.len() as u32 - 1)
            }
            (_, Standing::Done { start, finish }) if read.is_sound => Role::Done { start, finish },
            _ => self.add_node(read),
        };
        self.facts[at as usize] = Fact { role, standing, lag_calendar: base, original, has_incoming };
    }

    fn add_node(&mut self, read: Read) -> Role {
        let index = self.nodes.len() as u32;
        self.hard.extend(read.hard.into_iter().map(|bound| (index, bound)));
        self.nodes.push(read.node);
        self.is_broken.push(!read.is_sound);
        Role::Node(index)
    }

    fn warn_ignored_starts(&mut self) {
        for at in 0..self.plan.activities.len() as u32 {
            let activity = &self.plan.activities[at as usize];
            let fact = self.facts[at as usize];
            if fact.has_incoming
                && activity.start.is_some()
                && matches!(fact.role, Role::Node(_))
                && fact.standing == Standing::Unstarted
            {
                self.report("K-201", at, format!("{}: its own start is not used because links lead to it; use a start-no-earlier-than constraint", activity.id), Vec::new());
            }
        }
    }
}
