//! Facts: what actual dates, a data date and a percentage leave to be scheduled.
//!
//! The data date means its beginning: facts up to the day before are in, and what remains is worked from it.

use crate::calendar::{Unit, WorkCalendar};
use crate::diagnose::Diagnostic;
use crate::measure::{DayEdge, Length, label, length, remaining_units};
use crate::plan::{Activity, Calendar, Moment};

/// Where an activity stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing has happened.
    Unstarted,
    /// Begun on a label; the remaining units are to be worked.
    Started {
        /// Actual start.
        start: i32,
        /// Units of its calendar.
        remaining: i32,
    },
    /// Over.
    Done {
        /// Actual start.
        start: i32,
        /// Actual finish, a finish label.
        finish: i32,
    },
}

/// The calendars an activity's facts are read in.
#[derive(Clone, Copy)]
pub(crate) struct Facts<'a> {
    /// Its own calendar.
    pub(crate) own: &'a WorkCalendar,
    /// The same as written.
    pub(crate) written: &'a Calendar,
    /// Around the clock.
    pub(crate) continuous: &'a WorkCalendar,
    /// The plan's data date as a label, when there is one.
    pub(crate) data_date: Option<i32>,
}

impl Facts<'_> {
    pub(crate) fn start(&self, moment: Moment) -> Option<i32> {
        label(moment, self.own, Some(self.written), DayEdge::Beginning)
    }

    /// Inclusive finishes of a day alone end with its last working instant.
    pub(crate) fn finish(&self, moment: Moment) -> Option<i32> {
        let at = label(moment, self.own, Some(self.written), DayEdge::End)?;
        Some(match moment {
            Moment::Day(_) => self.own.finish_label(self.own.last_finish(at)).max(self.start(moment)?),
            Moment::Instant(_) => at,
        })
    }
}

/// Reads the facts of an activity that is planned to last some units with its breaks. `None`: one of its dates is outside the
/// axis.
pub(crate) fn standing(
    activity: &Activity,
    original: Length,
    planned_units: i32,
    facts: Facts<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Standing> {
    let mut warn = |code, message: String, params| {
        diagnostics.push(Diagnostic::new(code, message, params).about(&activity.id, activity.at.as_ref()));
    };
    let start = activity.actual_start.map(|at| facts.start(at).ok_or(())).transpose().ok()?;
    let finish = activity.actual_finish.map(|at| facts.finish(at).ok_or(())).transpose().ok()?;
    let percent_e3 = activity.percent_e3.unwrap_or(0);
    if let (Some(fact), Some(data_date)) = (start.max(finish), facts.data_date)
        && fact > data_date
    {
        let message =
            format!("{}: an actual date lies after the data date; move the data date or correct the fact", activity.id);
        warn("K-205", message, Vec::new());
    }
    match (start, finish) {
        (Some(start), Some(finish)) if finish < start => {
            warn(
                "K-203",
                format!("{}: the actual finish is before the actual start; correct one of them", activity.id),
                Vec::new(),
            );
            Some(Standing::Done { start: finish, finish })
        }
        (Some(start), Some(finish)) => Some(Standing::Done { start, finish }),
        (None, Some(finish)) => {
            warn(
                "K-206",
                format!(
                    "{}: has an actual finish but no actual start; the planned duration is counted back from the finish",
                    activity.id
                ),
                Vec::new(),
            );
            let calendar = if original.is_elapsed { facts.continuous } else { facts.own };
            let length = if calendar.unit == Unit::Day { (planned_units - 1).max(0) } else { planned_units };
            let start = calendar.start_label(calendar.last_finish(finish) - length).min(finish);
            Some(Standing::Done { start, finish })
        }
        (None, None) => {
            if percent_e3 > 0 || activity.remaining.is_some() {
                warn(
                    "K-202",
                    format!(
                        "{}: has progress but no actual start and is taken as not started; enter the day it started",
                        activity.id
                    ),
                    Vec::new(),
                );
            }
            Some(Standing::Unstarted)
        }
        (Some(start), None) => {
            let remaining = match activity.remaining {
                Some(span) => {
                    length(span, if original.is_elapsed { facts.continuous } else { facts.own }, facts.continuous)?
                        .units
                }
                None => remaining_units(original.units, percent_e3),
            };
            if remaining > 0 {
                return Some(Standing::Started { start, remaining });
            }
            if original.units > 0 {
                warn(
                    "K-204",
                    format!(
                        "{}: nothing remains but there is no actual finish; it is taken as finished before the data date",
                        activity.id
                    ),
                    Vec::new(),
                );
            }
            Some(Standing::Done { start, finish: finish_of_completed(start, facts) })
        }
    }
}

/// The last working finish before the data date, not before the start.
fn finish_of_completed(start: i32, facts: Facts<'_>) -> i32 {
    let Some(data_date) = facts.data_date else { return start };
    let before = match facts.own.unit {
        Unit::Day => data_date - 1,
        _ => data_date,
    };
    facts.own.finish_label(facts.own.last_finish(before)).max(start)
}
