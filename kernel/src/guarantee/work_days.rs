//! Working time of a calendar, cumulated by day, with the exact fraction that stops leave of a day.

use crate::calendar::{DAY_MINUTES, StopMinutes, date_of, day_fraction, day_number, minute_number};
use crate::plan::{Activity, Calendar, Moment, Plan};
use crate::schedule::{BreakDates, Schedule};
use crate::shifts::Shifts;
use jiff::civil::Date;

/// Minutes of a break; days are counted whole.
fn paused(one: &BreakDates) -> StopMinutes {
    let minute = |moment, days| match moment {
        Moment::Day(day) => (i64::from(day_number(day)) + days) * i64::from(DAY_MINUTES),
        Moment::Instant(at) => minute_number(at),
    };
    (minute(one.from, 0), minute(one.to, 1))
}

/// Cumulated working days from a first day on; 1.0 is a full day of the calendar.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkDays {
    first: i32,
    /// Working days before each day; one entry more than days.
    before: Vec<f64>,
    /// Free days that are merely not worked: no stop lies on them, so that they could be.
    free: Vec<i32>,
}

impl WorkDays {
    /// From the share of each day that is worked, the first day first. Days with no share could be worked when asked for.
    pub fn from_shares(first: Date, shares: &[f64]) -> WorkDays {
        let mut days = WorkDays { first: day_number(first), before: vec![0.0], free: Vec::new() };
        for (at, share) in shares.iter().enumerate() {
            days.push(*share, *share == 0.0, at as i32);
        }
        days
    }

    fn push(&mut self, share: f64, could_be_worked: bool, at: i32) {
        self.before.push(self.before[self.before.len() - 1] + share);
        if could_be_worked {
            self.free.push(self.first + at);
        }
    }

    /// Days of a calendar with its stops, from `first` through `last`.
    pub(crate) fn of_calendar(calendar: &Calendar, stops: &[StopMinutes], first: Date, last: Date) -> WorkDays {
        let first_day = day_number(first);
        let mut days = WorkDays { first: first_day, before: vec![0.0], free: Vec::new() };
        for day in first_day..=day_number(last) {
            let share = day_fraction(calendar, stops, day);
            let start = i64::from(day) * i64::from(DAY_MINUTES);
            let is_stopped = stops.iter().any(|(from, to)| *from < start + i64::from(DAY_MINUTES) && *to > start);
            days.push(share, share == 0.0 && !is_stopped, day - first_day);
        }
        days
    }

    /// Working days of every activity of a plan that has a quantity, calendars shared between those that work alike: the list of
    /// distinct calendars, and for each activity its position in it. In a break of an activity nobody works on it.
    pub fn of_plan(plan: &Plan, schedule: &Schedule, first: Date, last: Date) -> (Vec<WorkDays>, Vec<Option<usize>>) {
        let fallback = crate::shifts::fallback_calendar();
        let mut ignored = Vec::new();
        let mut shifts = Shifts::new(plan, &fallback, &mut ignored);
        let (mut distinct, mut known) = (Vec::new(), std::collections::HashMap::new());
        let mut of = |at: usize, activity: &Activity| {
            let (base, cut) = shifts.of(activity, &mut ignored)?;
            let mut stops = shifts.stops_of(activity, &mut ignored);
            let shared = stops.len();
            stops.extend(schedule.breaks_of(at).map(paused));
            let mut days = || {
                distinct.push(WorkDays::of_calendar(shifts.written(base), &stops, first, last));
                distinct.len() - 1
            };
            // Breaks are its own.
            Some(if stops.len() > shared { days() } else { *known.entry(cut).or_insert_with(days) })
        };
        let measured = plan.activities.iter().enumerate().map(|(at, one)| (at, one, one.quantity.is_some()));
        let places = measured.map(|(at, one, is_measured)| if is_measured { of(at, one) } else { None }).collect();
        (distinct, places)
    }

    /// First day covered.
    pub fn first(&self) -> Date {
        date_of(self.first)
    }

    /// Last day covered.
    pub fn last(&self) -> Date {
        date_of(self.first + self.before.len() as i32 - 2)
    }

    fn index(&self, day: Date) -> usize {
        (day_number(day) - self.first).clamp(0, self.before.len() as i32 - 1) as usize
    }

    /// Working days before a day, counted from the first day covered.
    pub fn before(&self, day: Date) -> f64 {
        self.before[self.index(day)]
    }

    /// Working days through a day, counted from the first day covered.
    pub fn through(&self, day: Date) -> f64 {
        let index = (self.index(day) + usize::from(day_number(day) >= self.first)).min(self.before.len() - 1);
        self.before[index]
    }

    /// Share of one day that is worked.
    pub fn share(&self, day: Date) -> f64 {
        self.through(day) - self.before(day)
    }

    /// First day through which so many working days have passed.
    pub fn reaching(&self, working_days: f64) -> Option<Date> {
        let index = self.before[1..].partition_point(|before| *before < working_days - super::TOLERANCE);
        (index + 1 < self.before.len()).then(|| date_of(self.first + index as i32))
    }

    /// Free days between two dates, both included, on which work could be asked for: no stop lies on them.
    pub fn free_days(&self, from: Date, to: Date) -> impl Iterator<Item = Date> + '_ {
        let (from, to) = (day_number(from), day_number(to));
        self.free.iter().copied().filter(move |day| (from..=to).contains(day)).map(date_of)
    }
}
