//! What a link means: a monotone function from a position of the predecessor to a bound on the successor, and its
//! exact inverse.
//!
//! A label is an axis value: in a day plan the day itself (a finish is its last day), in a minute plan an instant.
//! Predecessor position → label → lag in its calendar → `plus` days → the successor's first unit not before it.
//! Because every step is monotone and has an exact inverse, late dates and floats are symmetric by construction.

use crate::calendar::{Unit, WorkCalendar};
use crate::plan::LinkKind;

/// A lag, compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lag {
    /// None, or of no length: the label passes unchanged, even on a day not worked.
    None,
    /// Axis units, worked or not.
    Elapsed(i32),
    /// Units of a calendar.
    Working { calendar: u32, units: i32 },
}

/// Whether a link leaves from the finish.
pub(crate) fn leaves_finish(kind: LinkKind) -> bool {
    matches!(kind, LinkKind::FS | LinkKind::FF)
}

/// Whether a link arrives at the finish.
pub(crate) fn arrives_finish(kind: LinkKind) -> bool {
    matches!(kind, LinkKind::FF | LinkKind::SF)
}

/// A link whose ends or lag count in different calendars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tie {
    /// Calendar of the predecessor's positions.
    pub(crate) from_calendar: u32,
    /// Calendar of the successor's positions.
    pub(crate) to_calendar: u32,
    /// The lag.
    pub(crate) lag: Lag,
    /// FS and FF lags count after the finish day, SS and SF lags from the start day.
    pub(crate) counts_after: bool,
    /// The source is printed as a finish; false also for the finish of a point that stands at the start of a unit.
    pub(crate) reads_finish: bool,
    /// Calendar days added in a day plan, where the day after a finish is the first a successor may start on.
    pub(crate) plus: i8,
}

impl Tie {
    /// Least successor position (at the end the link arrives at) for a predecessor position (at the end it leaves).
    pub(crate) fn bound(&self, calendars: &[WorkCalendar], position: i32) -> i32 {
        let from = &calendars[self.from_calendar as usize];
        let label = if self.reads_finish { from.finish_label(position) } else { from.start_label(position) };
        self.bound_of_label(calendars, label)
    }

    /// The same from a label that is a fact, such as an actual date on a day not worked.
    pub(crate) fn bound_of_label(&self, calendars: &[WorkCalendar], label: i32) -> i32 {
        let label = lagged(calendars, self.lag, self.counts_after, label) + i32::from(self.plus);
        calendars[self.to_calendar as usize].ceil(label)
    }

    /// Greatest predecessor position whose bound is not after a successor position.
    pub(crate) fn latest(&self, calendars: &[WorkCalendar], position: i32) -> i32 {
        let label = calendars[self.to_calendar as usize].start_label(position) - i32::from(self.plus);
        let label = unlagged(calendars, self.lag, self.counts_after, label);
        let from = &calendars[self.from_calendar as usize];
        if self.reads_finish { from.last_finish(label) } else { from.last_start(label) }
    }
}

fn lagged(calendars: &[WorkCalendar], lag: Lag, counts_after: bool, label: i32) -> i32 {
    match lag {
        Lag::None => label,
        Lag::Elapsed(length) => label + length,
        Lag::Working { calendar, units } => {
            let calendar = &calendars[calendar as usize];
            match (counts_after, calendar.unit) {
                (false, _) => calendar.start_label(calendar.ceil(label) + units),
                (true, Unit::Day) => calendar.start_label(calendar.ceil(label + 1) - 1 + units),
                (true, _) => calendar.finish_label(calendar.ceil(label) + units),
            }
        }
    }
}

/// Greatest label whose lagged label is not after the given one.
fn unlagged(calendars: &[WorkCalendar], lag: Lag, counts_after: bool, label: i32) -> i32 {
    match lag {
        Lag::None => label,
        Lag::Elapsed(length) => label - length,
        Lag::Working { calendar, units } => {
            let calendar = &calendars[calendar as usize];
            match (counts_after, calendar.unit) {
                (false, _) => calendar.start_label(calendar.last_start(label) - units),
                (true, Unit::Day) => calendar.start_label(calendar.ceil(label + 1) - units) - 1,
                (true, _) => calendar.start_label(calendar.last_finish(label) - units),
            }
        }
    }
}
