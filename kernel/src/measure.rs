//! What is written, counted: durations and lags in units of a calendar, moments as axis labels.
//!
//! Sums run in 128 bits and are clamped at the end, so that no length written in a plan can overflow.

use crate::calendar::{DAY_MINUTES, END_DAY, FIRST_DAY, Unit, WorkCalendar, carried_over_minutes, day_number};
use crate::plan::{Calendar, Moment, Span};
use crate::tie::Lag;

/// Longest duration or lag that is computed, in days.
const MAX_DAYS: i128 = 100_000;

/// A duration in the calendar it runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Length {
    /// Units of the activity's calendar; of the continuous calendar when elapsed.
    pub(crate) units: i32,
    /// Counted around the clock.
    pub(crate) is_elapsed: bool,
}

/// Thousandths of a minute of a working span; `d` is the calendar's day.
fn minutes_e3(days_e3: i64, minutes: i64, minutes_per_day: i32) -> i128 {
    i128::from(days_e3) * i128::from(minutes_per_day) + i128::from(minutes) * 1000
}

fn round_up(value: i128, by: i128) -> i128 {
    -(-value).div_euclid(by)
}

/// Nearest, halves towards the later (0.5 → 1, −2.5 → −2).
fn round_half_up(value: i128, by: i128) -> i128 {
    (2 * value + by).div_euclid(2 * by)
}

/// A value that fits in the range of lengths, or nothing.
pub(crate) fn within_range(value: i128, calendar: &WorkCalendar) -> Option<i32> {
    let limit = if calendar.unit == Unit::Minute { MAX_DAYS * i128::from(DAY_MINUTES) } else { MAX_DAYS };
    (value.abs() <= limit).then_some(value as i32)
}

/// A duration, rounded up to whole units; `None` when negative, a percentage or out of range.
pub(crate) fn length(span: Span, own: &WorkCalendar, continuous: &WorkCalendar) -> Option<Length> {
    let (value, by, calendar, is_elapsed) = match span {
        Span::Working { days_e3, minutes } => {
            let by = if own.unit == Unit::Minute { 1000 } else { 1000 * i128::from(own.minutes_per_day) };
            (minutes_e3(days_e3, minutes, own.minutes_per_day), by, own, false)
        }
        Span::Elapsed { minutes } => {
            let by = if continuous.unit == Unit::Minute { 1 } else { i128::from(DAY_MINUTES) };
            (i128::from(minutes), by, continuous, true)
        }
        Span::Percent { .. } => return None,
    };
    let units = within_range(round_up(value, by), calendar)?;
    (units >= 0).then_some(Length { units, is_elapsed })
}

/// A duration in units of a calendar, as written and not rounded; `None` as for [`length`].
pub(crate) fn exact_length(span: Span, own: &WorkCalendar, continuous: &WorkCalendar) -> Option<f64> {
    length(span, own, continuous)?;
    let (minutes, calendar, minutes_per_day) = match span {
        Span::Working { days_e3, minutes } => {
            (minutes_e3(days_e3, minutes, own.minutes_per_day) as f64 / 1000.0, own, own.minutes_per_day)
        }
        Span::Elapsed { minutes } => (minutes as f64, continuous, DAY_MINUTES),
        Span::Percent { .. } => return None,
    };
    Some(if calendar.unit == Unit::Minute { minutes } else { minutes / f64::from(minutes_per_day) })
}

/// The share of a duration that is left at a percentage of completion, rounded up.
pub(crate) fn remaining_units(units: i32, percent_e3: u32) -> i32 {
    let left = i128::from(100_000 - percent_e3.min(100_000));
    round_up(i128::from(units) * left, 100_000) as i32
}

/// A predecessor's original duration, for lags in per cent of it.
#[derive(Clone, Copy)]
pub(crate) struct Original<'a> {
    pub(crate) length: Length,
    pub(crate) calendar: &'a WorkCalendar,
}

/// A lag in a lag calendar; calendar 0 is the continuous one. `None` when out of range.
pub(crate) fn lag(span: Span, calendars: &[WorkCalendar], lag_calendar: u32, original: Original<'_>) -> Option<Lag> {
    let calendar = &calendars[lag_calendar as usize];
    let continuous = &calendars[0];
    let elapsed = |minutes: i128| {
        let by = if continuous.unit == Unit::Minute { 1 } else { i128::from(DAY_MINUTES) };
        within_range(round_half_up(minutes, by), continuous).map(elapsed_lag)
    };
    match span {
        Span::Elapsed { minutes } => elapsed(i128::from(minutes)),
        Span::Working { days_e3, minutes } => {
            let by = if calendar.unit == Unit::Minute { 1000 } else { 1000 * i128::from(calendar.minutes_per_day) };
            let units = round_half_up(minutes_e3(days_e3, minutes, calendar.minutes_per_day), by);
            within_range(units, calendar).map(|units| working_lag(lag_calendar, units))
        }
        Span::Percent { percent_e3 } => {
            let share = i128::from(original.length.units) * i128::from(percent_e3);
            if original.length.is_elapsed {
                let per_unit = if continuous.unit == Unit::Minute { 1 } else { i128::from(DAY_MINUTES) };
                return elapsed(round_half_up(share * per_unit, 100_000));
            }
            let (from, to) = (original.calendar, calendar);
            let (share, by) = match (from.unit, to.unit) {
                (Unit::Minute, Unit::WholeDay) => (share, i128::from(from.minutes_per_day)),
                (Unit::WholeDay, Unit::Minute) => (share * i128::from(to.minutes_per_day), 1),
                _ => (share, 1),
            };
            within_range(round_half_up(share, by * 100_000), to).map(|units| working_lag(lag_calendar, units))
        }
    }
}

fn elapsed_lag(length: i32) -> Lag {
    if length == 0 { Lag::None } else { Lag::Elapsed(length) }
}

fn working_lag(calendar: u32, units: i32) -> Lag {
    match (calendar, units) {
        (_, 0) => Lag::None,
        (0, units) => Lag::Elapsed(units),
        (calendar, units) => Lag::Working { calendar, units },
    }
}

/// Which instant of a day a date alone stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DayEdge {
    /// Its first working instant.
    Beginning,
    /// The end of its last working instant: inclusive finishes.
    End,
}

/// A moment as an axis label; `None` outside the years 1900 to 2200.
pub(crate) fn label(moment: Moment, compiled: &WorkCalendar, written: Option<&Calendar>, edge: DayEdge) -> Option<i32> {
    let day = day_number(moment.date());
    if !(FIRST_DAY..END_DAY).contains(&day) {
        return None;
    }
    if compiled.unit == Unit::Day {
        return Some(day);
    }
    Some(match (moment, edge) {
        (Moment::Instant(at), _) => {
            day * DAY_MINUTES + i32::from(at.time().hour()) * 60 + i32::from(at.time().minute())
        }
        // Bands that pass midnight belong to the day they begin on.
        (Moment::Day(_), DayEdge::Beginning) => day * DAY_MINUTES + carried_over(compiled, written, day),
        (Moment::Day(_), DayEdge::End) => (day + 1) * DAY_MINUTES + carried_over(compiled, written, day + 1),
    })
}

fn carried_over(compiled: &WorkCalendar, written: Option<&Calendar>, day: i32) -> i32 {
    match written {
        Some(calendar) if compiled.unit == Unit::Minute => carried_over_minutes(calendar, day),
        _ => 0,
    }
}
