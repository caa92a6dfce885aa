//! Floors and bounds of one activity: start, data date, facts, constraints, deadline, as positions in its calendar.

use crate::calendar::{FAR, Unit};
use crate::compile::Reader;
use crate::measure::{DayEdge, label};
use crate::network::{Floor, Hard, traits};
use crate::plan::{Constraint, ConstraintKind, Moment};
use crate::progress::Standing;

impl Reader<'_> {
    /// Label of a moment in an activity's calendar.
    fn label_of(&self, node: u32, moment: Moment, edge: DayEdge) -> Option<i32> {
        let node = &self.nodes[node as usize];
        let base = self.facts[node.activity as usize].lag_calendar;
        label(moment, &self.shifts.compiled[node.own as usize], Some(self.shifts.written(base)), edge)
    }

    /// Least start position at or after a label, first in the activity's own calendar.
    fn position_from(&self, node: u32, label: i32) -> i32 {
        let node = &self.nodes[node as usize];
        let own = &self.shifts.compiled[node.own as usize];
        let position = own.ceil(label);
        if node.calendar == node.own {
            return position;
        }
        let is_elapsed_work = self.facts[node.activity as usize].original.is_elapsed;
        if is_elapsed_work { label } else { own.start_label(position) }
    }

    fn raise_start(&mut self, node: u32, position: i32, floor: Floor) {
        let node = &mut self.nodes[node as usize];
        if position > node.start_floor.max(node.finish_floor.saturating_sub(node.span)) {
            node.floor = floor;
        }
        node.start_floor = node.start_floor.max(position);
    }

    fn raise_finish(&mut self, node: u32, position: i32, floor: Floor) {
        let node = &mut self.nodes[node as usize];
        if position - node.span > node.start_floor.max(node.finish_floor.saturating_sub(node.span)) {
            node.floor = floor;
        }
        node.finish_floor = node.finish_floor.max(position);
    }

    /// Raises a floor that only links from facts know: used while links are read.
    pub(crate) fn raise_from_fact(&mut self, node: u32, target: i32, arrives_finish: bool, from: u32) {
        if arrives_finish {
            self.raise_finish(node, target, Floor::Link(from));
        } else {
            self.raise_start(node, target, Floor::Link(from));
        }
    }

    /// Reads all of them into the node; `None` when a date lies outside the axis.
    pub(crate) fn set_bounds(&mut self, at: u32, node: u32) -> Option<()> {
        let activity = &self.plan.activities[at as usize];
        if let Standing::Started { start, .. } = self.facts[at as usize].standing {
            let from = self.data_date.map_or(start, |data_date| data_date.max(start));
            let position = self.position_from(node, from);
            self.raise_start(node, position, Floor::Actual);
        } else {
            self.set_start(at, node)?;
            for constraint in &activity.constraints {
                self.set_constraint(node, constraint)?;
            }
        }
        if let Some(deadline) = activity.deadline {
            let label = self.label_of(node, deadline, DayEdge::End)?;
            let cap = self.last_finish(node, label);
            self.lower_finish(node, cap);
        }
        Some(())
    }

    /// Plan start (or own start, unless links turn out to come in) and data date.
    fn set_start(&mut self, at: u32, node: u32) -> Option<()> {
        let activity = &self.plan.activities[at as usize];
        let is_root = !self.facts[at as usize].has_incoming;
        let start = activity.start.filter(|_| is_root).unwrap_or(self.plan.start);
        let label = self.label_of(node, start, DayEdge::Beginning)?;
        let position = self.position_from(node, label);
        let rolled = |label: i32| {
            self.shifts.compiled[self.nodes[node as usize].calendar as usize].start_label(position) != label
        };
        let floor = if rolled(label) { Floor::Calendar } else { Floor::Start };
        self.raise_start(node, position, floor);
        if let Some(data_date) = self.plan.data_date {
            let label = self.label_of(node, data_date, DayEdge::Beginning)?;
            let position = self.position_from(node, label);
            self.raise_start(node, position, Floor::DataDate);
        }
        Some(())
    }

    fn set_constraint(&mut self, node: u32, constraint: &Constraint) -> Option<()> {
        use ConstraintKind as Kind;
        if constraint.kind == Kind::AsLateAsPossible {
            return Some(());
        }
        let Some(on) = constraint.on else {
            let at = self.nodes[node as usize].activity;
            let id = &self.plan.activities[at as usize].id;
            self.report("K-209", at, format!("{id}: a constraint has no date and is ignored; give it one"), Vec::new());
            return Some(());
        };
        let beginning = self.label_of(node, on, DayEdge::Beginning)?;
        // A finish in a calendar of whole days is inclusive, as it is printed.
        let own = &self.shifts.compiled[self.nodes[node as usize].own as usize];
        let edge = if own.unit == Unit::WholeDay { DayEdge::End } else { DayEdge::Beginning };
        let finish = self.label_of(node, on, edge)?;
        let start_from = self.position_from(node, beginning);
        let start_by = self.last_start(node, beginning);
        let finish_from = self.finish_from(node, finish);
        let finish_by = self.last_finish(node, finish);
        let mut bounds = Vec::new();
        match constraint.kind {
            Kind::StartNoEarlierThan => self.raise_start(node, start_from, Floor::Constraint),
            Kind::FinishNoEarlierThan => self.raise_finish(node, finish_from, Floor::Constraint),
            Kind::StartNoLaterThan => {
                self.lower_start(node, start_by);
                bounds.push(Hard::StartBy(start_by));
            }
            Kind::FinishNoLaterThan => {
                self.lower_finish(node, finish_by);
                bounds.push(Hard::FinishBy(finish_by));
            }
            Kind::StartOn if constraint.is_hard => bounds.push(Hard::StartAt(start_from)),
            Kind::FinishOn if constraint.is_hard => bounds.push(Hard::FinishAt(finish_from)),
            Kind::StartOn => {
                self.raise_start(node, start_from, Floor::Constraint);
                self.lower_start(node, start_by);
            }
            Kind::FinishOn => {
                self.raise_finish(node, finish_from, Floor::Constraint);
                self.lower_finish(node, finish_by);
            }
            Kind::AsLateAsPossible => {}
        }
        if constraint.is_hard && !bounds.is_empty() {
            self.nodes[node as usize].traits |= traits::HARD;
            self.hard.extend(bounds.into_iter().map(|bound| (node, bound)));
        }
        Some(())
    }

    /// Least finish position at or after a label.
    fn finish_from(&self, node: u32, label: i32) -> i32 {
        let calendar = &self.shifts.compiled[self.nodes[node as usize].calendar as usize];
        calendar.ceil(label).clamp(-FAR, FAR)
    }

    fn last_start(&self, node: u32, label: i32) -> i32 {
        self.shifts.compiled[self.nodes[node as usize].calendar as usize].last_start(label)
    }

    pub(crate) fn last_finish(&self, node: u32, label: i32) -> i32 {
        let node = &self.nodes[node as usize];
        let calendar = &self.shifts.compiled[node.calendar as usize];
        if node.has(traits::START_POINT) { calendar.last_start(label) } else { calendar.last_finish(label) }
    }

    fn lower_start(&mut self, node: u32, position: i32) {
        let node = &mut self.nodes[node as usize];
        node.start_cap = node.start_cap.min(position);
    }

    fn lower_finish(&mut self, node: u32, position: i32) {
        let node = &mut self.nodes[node as usize];
        node.finish_cap = node.finish_cap.min(position);
    }
}
