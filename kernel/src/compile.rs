//! From a plan to a network: reads every activity and link once, names what is wrong, and leaves only arithmetic.

use std::collections::HashMap;

use crate::diagnose::Diagnostic;
use crate::measure::{DayEdge, Length, label};
use crate::network::{Edge, FactFloor, Floor, Hammock, Hard, Network, Node, Role, Row, VIRTUAL, traits};
use crate::order::{NOWHERE, Order, order};
use crate::pause::Pause;
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
    pub(crate) pauses: Vec<(u32, Pause)>,
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
            pauses: reader.pauses,
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
        let Order { sequence, place, arriving, cycles } = order(&is_broken, &edges);
        for cycle in &cycles {
            network.diagnostics.push(cycle_diagnostic(&network.nodes, plan, cycle));
        }
        if sequence.len() < network.nodes.len() {
            drop_unordered(&mut network, &place, &is_broken, &cycles, plan);
        }
        for role in &mut network.roles {
            if let Role::Node(node) = role {
                *role = match place[*node as usize] {
                    NOWHERE => Role::Undated,
                    at => Role::Node(at),
                };
            }
        }
        move_to(&place, &mut network.hard);
        move_to(&place, &mut network.fact_floors);
        move_to(&place, &mut network.pauses);
        for goal in &mut network.goals {
            move_to(&place, &mut goal.ends);
        }
        let mut marks = store_rows(&mut network, &edges, &place, &arriving);
        mark_mandates(&network, &mut marks);
        let placed = |(&node, &mark): (&u32, &u8)| {
            let node = network.nodes[node as usize];
            Node { traits: node.traits | mark, ..node }
        };
        network.nodes = sequence.iter().zip(&marks).map(placed).collect();
        for (node, fact) in &network.fact_floors {
            network.nodes[*node as usize].raise(fact.arrives_finish, fact.position, Floor::Link(fact.from));
        }
        for &(node, latest) in network.goals.iter().flat_map(|goal| &goal.ends) {
            let cap = &mut network.nodes[node as usize].finish_cap;
            *cap = latest.min(*cap);
        }
        network
    }
}

/// Has what belongs to nodes follow them to their places, in the order of these; what belongs to none is dropped.
fn move_to<T>(place: &[u32], of_nodes: &mut Vec<(u32, T)>) {
    for (node, _) in &mut *of_nodes {
        *node = place[*node as usize];
    }
    of_nodes.retain(|(node, _)| *node != NOWHERE);
    of_nodes.sort_by_key(|(node, _)| *node);
}

/// Rows by successor, by counting sort; within a node in the order of the plan. Gives [`traits`] by place: whose finish no
/// live link leaves.
fn store_rows(network: &mut Network, edges: &[Edge], place: &[u32], arriving: &[u32]) -> Vec<u8> {
    let mut marks = vec![traits::OPEN_FINISH; arriving.len()];
    // An entry begins as the first row of the node before and is the first of its own once those stand.
    let mut first = vec![0; arriving.len() + 1];
    let mut sum = 0;
    for (first, links) in first[1..].iter_mut().zip(arriving) {
        *first = sum;
        sum += links;
    }
    let mut rows = vec![Row::default(); sum as usize];
    for edge in edges {
        let to = place[edge.to as usize];
        if to == NOWHERE {
            continue;
        }
        let from = place[edge.row.from()];
        let slot = &mut first[to as usize + 1];
        rows[*slot as usize] = edge.row.placed(from);
        *slot += 1;
        if edge.row.leaves_finish() {
            marks[from as usize] = 0;
        }
    }
    (network.first_row, network.rows) = (first, rows);
    marks
}

/// Marks mandated nodes, and all that leads to them.
fn mark_mandates(network: &Network, marks: &mut [u8]) {
    let ends = network.goals.iter().flat_map(|goal| &goal.ends);
    let mut last = 0;
    for &(node, _) in ends {
        marks[node as usize] |= traits::MANDATED | traits::LEADS_TO_MANDATE;
        last = last.max(node as usize + 1);
    }
    for node in (0..last).rev() {
        if marks[node] & traits::LEADS_TO_MANDATE != 0 {
            for row in network.rows_of(node) {
                marks[row.from()] |= traits::LEADS_TO_MANDATE;
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
        .filter(|&node| place[node] == NOWHERE && !is_named[node] && network.nodes[node].activity != VIRTUAL)
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
            pauses: Vec::new(),
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
        self.pauses.extend(read.pauses.into_iter().map(|pause| (index, pause)));
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
