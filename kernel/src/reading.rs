//! One activity read by itself: its length, where it stands, and the node it becomes.
//!
//! Compiling reads every activity this way and a revision reads again the one that changed, so that there is one set of
//! rules. What links say is not looked at here.

use crate::calendar::{Unit, WorkCalendar};
use crate::diagnose::Diagnostic;
use crate::measure::{Length, length};
use crate::network::{Floor, Hard, NO_CAP, NO_FLOOR, Node, traits};
use crate::pause::{Pause, Pauses, parted};
use crate::plan::{Activity, ActivityKind, Calendar, ConstraintKind, Granularity, Plan};
use crate::progress::{Facts, Standing, standing};

/// An activity being read, and what it is read against.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    /// What the plan says to all: its start, its data date, its granularity.
    pub(crate) plan: &'a Plan,
    pub(crate) activity: &'a Activity,
    /// Index of the activity in the plan.
    pub(crate) at: u32,
    /// All calendars; calendar 0 works around the clock.
    pub(crate) calendars: &'a [WorkCalendar],
    /// The calendar it works in.
    pub(crate) own: u32,
    /// The same as written, without stops.
    pub(crate) written: &'a Calendar,
    /// The plan's data date as a label, when there is one.
    pub(crate) data_date: Option<i32>,
    /// Whether links lead to it: then its own start is not used.
    pub(crate) has_incoming: bool,
}

/// What reading an activity found.
pub(crate) struct Read {
    pub(crate) original: Length,
    pub(crate) standing: Standing,
    /// The node of the activity while it is unfinished, with its floors and caps.
    pub(crate) node: Node,
    /// Its hard bounds.
    pub(crate) hard: Vec<Hard>,
    /// Breaks within what remains of it.
    pub(crate) pauses: Vec<Pause>,
    /// Whether it can have dates.
    pub(crate) is_sound: bool,
}

impl<'a> Reading<'a> {
    /// Reads it. `is_sound`: nothing is known yet that leaves it without dates.
    pub(crate) fn read(&self, mut is_sound: bool, diagnostics: &mut Vec<Diagnostic>) -> Read {
        let original = self.original();
        if original.is_none() {
            let message = "the duration is negative, a percentage or longer than 100,000 days; correct it";
            diagnostics.push(self.finding("K-109", message));
            is_sound = false;
        }
        let original = original.unwrap_or(Length { units: 0, is_elapsed: false });
        let pauses = self.pauses(original, diagnostics);
        is_sound &= pauses.is_some();
        let pauses = pauses.unwrap_or_default();
        let planned_units = original.units + pauses.iter().map(|pause| pause.units).sum::<i32>();
        let standing = standing(self.activity, original, planned_units, self.facts(), diagnostics);
        if standing.is_none() {
            diagnostics.push(self.outside_the_axis());
            is_sound = false;
        }
        let standing = standing.unwrap_or(Standing::Unstarted);
        let worked_units = match standing {
            Standing::Started { remaining, .. } => (original.units - remaining).max(0),
            _ => 0,
        };
        let pauses = parted(pauses, worked_units);
        let mut node = self.node(original, standing, &pauses);
        let mut hard = Vec::new();
        let is_finished = matches!(standing, Standing::Done { .. }) || self.activity.kind == ActivityKind::Hammock;
        let past_units = worked_units + pauses.reached_units;
        if is_sound
            && !is_finished
            && self.set_bounds(original, standing, past_units, &mut node, &mut hard, diagnostics).is_none()
        {
            diagnostics.push(self.outside_the_axis());
            is_sound = false;
        }
        Read { original, standing, node, hard, pauses: pauses.left, is_sound }
    }

    pub(crate) fn own(&self) -> &'a WorkCalendar {
        &self.calendars[self.own as usize]
    }

    fn facts(&self) -> Facts<'a> {
        Facts { own: self.own(), written: self.written, continuous: &self.calendars[0], data_date: self.data_date }
    }

    /// A finding about the activity, whose sentence begins with its id.
    pub(crate) fn finding(&self, code: &'static str, message: &str) -> Diagnostic {
        let Activity { id, at, .. } = self.activity;
        Diagnostic::new(code, format!("{id}: {message}"), Vec::new()).about(id, at.as_ref())
    }

    fn outside_the_axis(&self) -> Diagnostic {
        self.finding("K-111", "a date lies outside the years 1900 to 2200; correct it")
    }

    fn original(&self) -> Option<Length> {
        if self.activity.kind != ActivityKind::Task {
            return Some(Length { units: 0, is_elapsed: false });
        }
        length(self.activity.duration, self.own(), &self.calendars[0])
    }

    /// The node without floors and caps.
    fn node(&self, original: Length, standing: Standing, pauses: &Pauses) -> Node {
        let is_day_axis = self.plan.granularity == Granularity::Day;
        let kind = self.activity.kind;
        let units = match standing {
            Standing::Started { remaining, .. } => remaining,
            _ => original.units,
        };
        // At minute granularity a point that may stand between working bands is placed on the minute itself.
        let stays = !is_day_axis
            && self.own().unit == Unit::Minute
            && units == 0
            && matches!(kind, ActivityKind::FinishMilestone | ActivityKind::Task);
        let is_start_point = match kind {
            ActivityKind::Milestone | ActivityKind::StartMilestone => true,
            ActivityKind::Task => is_day_axis && units == 0,
            _ => false,
        };
        let is_started = matches!(standing, Standing::Started { .. });
        let is_as_late = self.activity.constraints.iter().any(|one| one.kind == ConstraintKind::AsLateAsPossible);
        let mut bits = 0;
        for (bit, is_set) in [
            (traits::START_POINT, is_start_point),
            (traits::STARTED, is_started),
            (traits::AS_LATE, is_as_late && !is_started),
        ] {
            bits |= if is_set { bit } else { 0 };
        }
        Node {
            activity: self.at,
            calendar: if stays || original.is_elapsed { 0 } else { self.own },
            own: self.own,
            span: if is_day_axis { (units - 1).max(0) } else { units } + pauses.left_units(),
            start_floor: NO_FLOOR,
            finish_floor: NO_FLOOR,
            start_cap: NO_CAP,
            finish_cap: NO_CAP,
            floor: Floor::Start,
            traits: bits,
        }
    }
}
