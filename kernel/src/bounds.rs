//! Floors and caps of one activity: start, data date, facts, constraints, deadline, as positions in its calendar.

use crate::calendar::{FAR, Unit};
use crate::diagnose::Diagnostic;
use crate::measure::{DayEdge, Length, label};
use crate::network::{Floor, Hard, Node, traits};
use crate::plan::{ActivityKind, Constraint, ConstraintKind, Moment, Span};
use crate::progress::Standing;
use crate::reading::Reading;

impl Node {
    /// Raises the least start.
    fn raise_start(&mut self, position: i32, floor: Floor) {
        if position > self.least_start() {
            self.floor = floor;
        }
        self.start_floor = self.start_floor.max(position);
    }

    /// Raises the least finish.
    fn raise_finish(&mut self, position: i32, floor: Floor) {
        if position - self.span > self.least_start() {
            self.floor = floor;
        }
        self.finish_floor = self.finish_floor.max(position);
    }

    /// Raises the end that a link arrives at, for a predecessor that no longer moves.
    pub(crate) fn raise(&mut self, arrives_finish: bool, position: i32, floor: Floor) {
        if arrives_finish { self.raise_finish(position, floor) } else { self.raise_start(position, floor) }
    }

    fn least_start(&self) -> i32 {
        self.start_floor.max(self.finish_floor.saturating_sub(self.span))
    }

    fn lower_start(&mut self, position: i32) {
        self.start_cap = self.start_cap.min(position);
    }

    fn lower_finish(&mut self, position: i32) {
        self.finish_cap = self.finish_cap.min(position);
    }
}

impl Reading<'_> {
    /// Reads all of them into the node; `None` when a date lies outside the axis. `past_units` have been worked or paused.
    pub(crate) fn set_bounds(
        &self,
        original: Length,
        standing: Standing,
        past_units: i32,
        node: &mut Node,
        hard: &mut Vec<Hard>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<()> {
        if let Standing::Started { start, .. } = standing {
            self.set_remaining(node, start, past_units)?;
        } else {
            self.set_start(node)?;
            for constraint in &self.activity.constraints {
                self.set_constraint(constraint, node, hard, diagnostics)?;
            }
        }
        if let Some(expected) = self.activity.expected_finish.filter(|_| original.units > 0) {
            let label = self.label_of(expected, DayEdge::End)?;
            node.traits |= traits::HARD;
            hard.push(Hard::Expected(self.last_finish(node, label)));
        }
        if let Some(deadline) = self.activity.deadline {
            let label = self.label_of(deadline, DayEdge::End)?;
            node.lower_finish(self.last_finish(node, label));
        }
        Some(())
    }

    /// Label of a moment in the activity's calendar.
    fn label_of(&self, moment: Moment, edge: DayEdge) -> Option<i32> {
        label(moment, self.own(), Some(self.written), edge)
    }

    /// Least start position at or after a label, first in the activity's own calendar.
    fn position_from(&self, node: &Node, label: i32) -> i32 {
        let position = self.own().ceil(label);
        if node.calendar == node.own {
            return position;
        }
        let is_elapsed_work =
            self.activity.kind == ActivityKind::Task && matches!(self.activity.duration, Span::Elapsed { .. });
        if is_elapsed_work { label } else { self.own().start_label(position) }
    }

    /// From where begun work goes on.
    fn set_remaining(&self, node: &mut Node, start: i32, past_units: i32) -> Option<()> {
        let from = self.data_date.map_or(start, |data_date| data_date.max(start));
        node.raise_start(self.position_from(node, from), Floor::Actual);
        if self.plan.options.follows_worked_part(self.plan.data_date) {
            node.raise_start(self.position_from(node, start) + past_units, Floor::Actual);
        }
        if let Some(resume) = self.activity.resume {
            let label = self.label_of(resume, DayEdge::Beginning)?;
            node.raise_start(self.position_from(node, label), Floor::Actual);
        }
        Some(())
    }

    /// Plan start (or own start, unless links come in) and data date.
    fn set_start(&self, node: &mut Node) -> Option<()> {
        let start = self.activity.start.filter(|_| !self.has_incoming).unwrap_or(self.plan.start);
        let label = self.label_of(start, DayEdge::Beginning)?;
        let position = self.position_from(node, label);
        let is_rolled = self.calendars[node.calendar as usize].start_label(position) != label;
        node.raise_start(position, if is_rolled { Floor::Calendar } else { Floor::Start });
        if let Some(data_date) = self.plan.data_date {
            let label = self.label_of(data_date, DayEdge::Beginning)?;
            node.raise_start(self.position_from(node, label), Floor::DataDate);
        }
        Some(())
    }

    fn set_constraint(
        &self,
        constraint: &Constraint,
        node: &mut Node,
        hard: &mut Vec<Hard>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<()> {
        use ConstraintKind as Kind;
        if constraint.kind == Kind::AsLateAsPossible {
            return Some(());
        }
        let Some(on) = constraint.on else {
            diagnostics.push(self.finding("K-209", "a constraint has no date and is ignored; give it one"));
            return Some(());
        };
        let beginning = self.label_of(on, DayEdge::Beginning)?;
        // A finish in a calendar of whole days is inclusive, as it is printed.
        let edge = if self.own().unit == Unit::WholeDay { DayEdge::End } else { DayEdge::Beginning };
        let finish = self.label_of(on, edge)?;
        let calendar = &self.calendars[node.calendar as usize];
        let start_from = self.position_from(node, beginning);
        let start_by = calendar.last_start(beginning);
        let finish_from = calendar.ceil(finish).clamp(-FAR, FAR);
        let finish_by = self.last_finish(node, finish);
        let bound = match constraint.kind {
            Kind::StartNoEarlierThan => {
                node.raise_start(start_from, Floor::Constraint);
                None
            }
            Kind::FinishNoEarlierThan => {
                node.raise_finish(finish_from, Floor::Constraint);
                None
            }
            Kind::StartNoLaterThan => {
                node.lower_start(start_by);
                Some(Hard::StartBy(start_by))
            }
            Kind::FinishNoLaterThan => {
                node.lower_finish(finish_by);
                Some(Hard::FinishBy(finish_by))
            }
            Kind::StartOn if constraint.is_hard => Some(Hard::StartAt(start_from)),
            Kind::FinishOn if constraint.is_hard => Some(Hard::FinishAt(finish_from)),
            Kind::StartOn => {
                node.raise_start(start_from, Floor::Constraint);
                node.lower_start(start_by);
                None
            }
            Kind::FinishOn => {
                node.raise_finish(finish_from, Floor::Constraint);
                node.lower_finish(finish_by);
                None
            }
            Kind::AsLateAsPossible => None,
        };
        if let Some(bound) = bound.filter(|_| constraint.is_hard) {
            node.traits |= traits::HARD;
            hard.push(bound);
        }
        Some(())
    }

    fn last_finish(&self, node: &Node, label: i32) -> i32 {
        node.last_finish(self.calendars, label)
    }
}
