//! The compiled network: activities in topological order and their links in compressed rows.
//!
//! A plan is compiled once; passes run over it with any set of durations, so that a server, a risk simulation or the
//! search for concessions never reads the plan again. Links are rows of eight bytes: most are one addition in the
//! common calendar of both ends, the rest point to a [`Tie`].

use crate::calendar::{FAR, WorkCalendar};
use crate::diagnose::Diagnostic;
use crate::pause::Pause;
use crate::tie::Tie;

/// No lower bound.
pub(crate) const NO_FLOOR: i32 = -FAR;
/// No upper bound.
pub(crate) const NO_CAP: i32 = FAR;
/// In place of a plan index: a node that stands for the ends of many leaves.
pub(crate) const VIRTUAL: u32 = u32::MAX;

/// Why an activity is not earlier than its floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Floor {
    /// The plan's start, or its own.
    Start,
    /// The data date.
    DataDate,
    /// A constraint.
    Constraint,
    /// A fact about itself.
    Actual,
    /// The start or data date is not worked in its calendar.
    Calendar,
    /// A fact about a predecessor (plan index), which no longer moves.
    Link(u32),
}

/// Bits of [`Node::traits`].
pub(crate) mod traits {
    /// Its finish label is its start label: a milestone at the beginning of a unit.
    pub(crate) const START_POINT: u8 = 1;
    /// A hard constraint overrides logic.
    pub(crate) const HARD: u8 = 2;
    /// Moves right after the forward pass.
    pub(crate) const AS_LATE: u8 = 4;
    /// No live link leaves its finish: the project end bounds it.
    pub(crate) const OPEN_FINISH: u8 = 8;
    /// A mandated date bounds it in place of the project end.
    pub(crate) const MANDATED: u8 = 16;
    /// A mandated activity is downstream.
    pub(crate) const LEADS_TO_MANDATE: u8 = 32;
    /// Work has begun; positions are those of the remaining work.
    pub(crate) const STARTED: u8 = 64;
    /// Stands for ends of many leaves.
    pub(crate) const VIRTUAL: u8 = 128;
}

/// A hard bound on a position; the date wins over logic, or over the duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hard {
    /// Starts exactly there.
    StartAt(i32),
    /// Finishes exactly there.
    FinishAt(i32),
    /// Starts no later.
    StartBy(i32),
    /// Finishes no later.
    FinishBy(i32),
    /// Lasts until there from wherever it starts.
    Expected(i32),
}

/// What a link from a predecessor that no longer moves asks of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FactFloor {
    /// Least position of the end it arrives at.
    pub(crate) position: i32,
    pub(crate) arrives_finish: bool,
    /// Plan index of the predecessor.
    pub(crate) from: u32,
}

/// An activity that moves in the passes. Positions are units of its calendar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    /// Index in the plan, or [`VIRTUAL`].
    pub(crate) activity: u32,
    /// Calendar its positions count in.
    pub(crate) calendar: u32,
    /// Calendar its floats count in.
    pub(crate) own: u32,
    /// Finish position less start position, its breaks among it.
    pub(crate) span: i32,
    /// Least start position.
    pub(crate) start_floor: i32,
    /// Least finish position.
    pub(crate) finish_floor: i32,
    /// Greatest late start position.
    pub(crate) start_cap: i32,
    /// Greatest late finish position.
    pub(crate) finish_cap: i32,
    /// What set the floor.
    pub(crate) floor: Floor,
    /// Bits of [`traits`].
    pub(crate) traits: u8,
}

impl Node {
    pub(crate) fn has(&self, bit: u8) -> bool {
        self.traits & bit != 0
    }

    /// Greatest finish position whose label is not after an axis value.
    pub(crate) fn last_finish(&self, calendars: &[WorkCalendar], at: i32) -> i32 {
        let calendar = &calendars[self.calendar as usize];
        if self.has(traits::START_POINT) { calendar.last_start(at) } else { calendar.last_finish(at) }
    }
}

/// A row of the network: one predecessor of a node.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Row {
    /// Node of the predecessor × 8, plus [`Row::TIED`], [`Row::TO_FINISH`], [`Row::FROM_FINISH`].
    bits: u32,
    /// Added to the source position, or the index of a tie.
    value: i32,
}

impl Row {
    const FROM_FINISH: u32 = 1;
    const TO_FINISH: u32 = 2;
    const TIED: u32 = 4;

    pub(crate) fn new(from: u32, from_finish: bool, to_finish: bool, reach: Reach) -> Row {
        let (tied, value) = match reach {
            Reach::Same(value) => (0, value),
            Reach::Tied(index) => (Self::TIED, index as i32),
        };
        let from_finish = if from_finish { Self::FROM_FINISH } else { 0 };
        let to_finish = if to_finish { Self::TO_FINISH } else { 0 };
        Row { bits: from << 3 | tied | from_finish | to_finish, value }
    }

    /// The same link from its predecessor's place in the order.
    pub(crate) fn placed(self, from: u32) -> Row {
        Row { bits: from << 3 | self.bits & 7, value: self.value }
    }

    /// Node of the predecessor.
    pub(crate) fn from(self) -> usize {
        (self.bits >> 3) as usize
    }

    /// Index of the source in pairs of start and finish.
    pub(crate) fn source(self) -> usize {
        (self.bits >> 3 << 1 | self.bits & Self::FROM_FINISH) as usize
    }

    pub(crate) fn leaves_finish(self) -> bool {
        self.bits & Self::FROM_FINISH != 0
    }

    pub(crate) fn arrives_finish(self) -> bool {
        self.bits & Self::TO_FINISH != 0
    }

    /// What is added, when both ends and the lag share a calendar.
    pub(crate) fn shift(self) -> Option<i32> {
        (self.bits & Self::TIED == 0).then_some(self.value)
    }

    /// The tie it points to, when it is more than an addition.
    pub(crate) fn tie(self, network: &Network) -> Option<&Tie> {
        (self.bits & Self::TIED != 0).then(|| &network.ties[self.value as usize])
    }

    /// Bound on the target position for a source position.
    pub(crate) fn bound(self, network: &Network, source: i32) -> i32 {
        match self.shift() {
            Some(shift) => source + shift,
            None => network.ties[self.value as usize].bound(&network.calendars, source),
        }
    }

    /// Greatest source position for a target position.
    pub(crate) fn latest(self, network: &Network, target: i32) -> i32 {
        match self.shift() {
            Some(shift) => target - shift,
            None => network.ties[self.value as usize].latest(&network.calendars, target),
        }
    }
}

/// How far a link reaches.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reach {
    /// A number of units of the calendar both ends share.
    Same(i32),
    /// Through a tie, by index.
    Tied(u32),
}

/// A link before ordering: the node it arrives at, and a row that names its predecessor by the draft's number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    pub(crate) to: u32,
    pub(crate) row: Row,
}

/// What an activity of the plan became.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Moves in the passes: its node.
    Node(u32),
    /// Finished: labels of its actual dates.
    Done { start: i32, finish: i32 },
    /// Dates come from the leaves below.
    Summary,
    /// Dates come from what it hangs between: index in [`Network::hammocks`].
    Hammock(u32),
    /// An error touches it.
    Undated,
}

/// An end of a hammock: what its start or finish hangs on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hanger {
    /// Plan index of the other activity.
    pub(crate) activity: u32,
    /// Whether it is the finish of the other activity that is read.
    pub(crate) reads_finish: bool,
    /// From the other activity's label to the hammock's position.
    pub(crate) tie: Tie,
}

/// An activity whose length is derived.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hammock {
    pub(crate) calendar: u32,
    pub(crate) starts: Vec<Hanger>,
    pub(crate) finishes: Vec<Hanger>,
}

/// A mandated date, compiled: the nodes it binds and the greatest finish position of each.
#[derive(Clone, Debug)]
pub(crate) struct Goal {
    /// Index in the plan's `mandated`.
    pub(crate) mandate: u32,
    /// Plan index of the activity.
    pub(crate) activity: u32,
    /// Nodes and latest finish positions; several for a summary.
    pub(crate) ends: Vec<(u32, i32)>,
    /// Latest finish as an axis label.
    pub(crate) latest: i32,
}

/// A plan compiled for passes.
#[derive(Clone, Debug)]
pub struct Network {
    pub(crate) is_minute_axis: bool,
    pub(crate) as_late_by_total: bool,
    pub(crate) calendars: Vec<WorkCalendar>,
    /// Calendar of the plan, for printing its start and finish.
    pub(crate) plan_calendar: u32,
    /// In topological order.
    pub(crate) nodes: Vec<Node>,
    /// First row of each node, one entry more than nodes.
    pub(crate) first_row: Vec<u32>,
    pub(crate) rows: Vec<Row>,
    pub(crate) ties: Vec<Tie>,
    /// Node and bound, ascending by node.
    pub(crate) hard: Vec<(u32, Hard)>,
    /// Node and what facts about predecessors ask of it, ascending by node; in the nodes' floors already.
    pub(crate) fact_floors: Vec<(u32, FactFloor)>,
    /// Node and break, ascending by node; the breaks of one in order.
    pub(crate) pauses: Vec<(u32, Pause)>,
    pub(crate) roles: Vec<Role>,
    /// Plan index of the summary above, or `u32::MAX`.
    pub(crate) parents: Vec<u32>,
    pub(crate) hammocks: Vec<Hammock>,
    pub(crate) goals: Vec<Goal>,
    /// Labels of the latest actual finish, when anything is finished.
    pub(crate) last_actual_finish: Option<i32>,
    /// What compiling found.
    pub diagnostics: Vec<Diagnostic>,
}

/// Entries of a node in a list ascending by node.
pub(crate) fn at_node<T>(list: &[(u32, T)], index: u32) -> &[(u32, T)] {
    let first = list.partition_point(|(node, _)| *node < index);
    &list[first..first + list[first..].partition_point(|(node, _)| *node == index)]
}

impl Network {
    /// Rows of a node.
    pub(crate) fn rows_of(&self, node: usize) -> &[Row] {
        &self.rows[self.first_row[node] as usize..self.first_row[node + 1] as usize]
    }

    /// Live links as nodes of predecessor and successor.
    pub(crate) fn links(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        (0..self.nodes.len()).flat_map(|to| self.rows_of(to).iter().map(move |row| (row.from(), to)))
    }

    /// Number of activities that move in the passes.
    pub fn activity_count(&self) -> usize {
        self.nodes.len()
    }

    /// Number of live links between them.
    pub fn link_count(&self) -> usize {
        self.rows.len()
    }

    /// Durations as planned: finish position less start position of each node.
    pub(crate) fn spans(&self) -> Vec<i32> {
        self.nodes.iter().map(|node| node.span).collect()
    }

    /// Label of a finish position of a node.
    pub(crate) fn finish_label(&self, node: &Node, position: i32) -> i32 {
        let calendar = &self.calendars[node.calendar as usize];
        if node.has(traits::START_POINT) { calendar.start_label(position) } else { calendar.finish_label(position) }
    }

    /// Working time of a node's own calendar between two start positions, in its units.
    pub(crate) fn units_between(&self, node: &Node, from: i32, to: i32) -> i32 {
        if node.calendar == node.own {
            return to - from;
        }
        let positions = &self.calendars[node.calendar as usize];
        let own = &self.calendars[node.own as usize];
        own.ceil(positions.start_label(to)) - own.ceil(positions.start_label(from))
    }

    /// Units of a node's own calendar as days.
    pub(crate) fn days(&self, node: &Node, units: i32) -> f64 {
        f64::from(units) / f64::from(self.calendars[node.own as usize].units_per_day)
    }

    /// Bytes of the compiled arrays and of the results of one set of passes, for budgets.
    pub fn bytes(&self) -> usize {
        let results = self.nodes.len() * 2 * size_of::<i32>() + self.nodes.len() * 2 * size_of::<i32>();
        size_of_val(&*self.nodes)
            + size_of_val(&*self.first_row)
            + size_of_val(&*self.rows)
            + size_of_val(&*self.ties)
            + size_of_val(&*self.fact_floors)
            + size_of_val(&*self.pauses)
            + size_of_val(&*self.roles)
            + size_of_val(&*self.parents)
            + results
    }
}
