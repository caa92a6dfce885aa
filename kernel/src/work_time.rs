//! Working time between two instants in the calendars of a plan's activities, to compare dates that other programs
//! write differently: the evening of one day and the next morning are one instant of work (contract rule 10).

use jiff::civil::{Date, DateTime};

use crate::calendar::{DAY_MINUTES, Unit, WorkCalendar, day_number};
use crate::plan::{Granularity, Plan};
use crate::shifts::{Shifts, fallback_calendar};

/// The calendar each activity of a plan works in.
#[derive(Clone, Debug)]
pub struct WorkTime {
    calendars: Vec<WorkCalendar>,
    /// By activity of the plan; the first works around the clock and stands for none.
    of: Vec<u32>,
}

impl WorkTime {
    /// Reads the calendars of a plan.
    pub fn of_plan(plan: &Plan) -> WorkTime {
        let fallback = fallback_calendar();
        // Whoever schedules the plan hears what is wrong with its calendars.
        let mut ignored = Vec::new();
        let mut shifts = Shifts::new(plan, &fallback, &mut ignored);
        let of = plan.activities.iter().map(|one| shifts.of(one, &mut ignored).map_or(0, |(_, own)| own)).collect();
        WorkTime { calendars: shifts.compiled, of }
    }

    /// Working minutes of an activity's calendar from one instant to another; negative when the other is earlier. In a
    /// calendar of whole days a day counts the hours of its `d`.
    pub fn minutes_between(&self, plan: &Plan, activity: usize, from: DateTime, to: DateTime) -> i64 {
        let calendar = &self.calendars[self.of.get(activity).map_or(0, |calendar| *calendar as usize)];
        let label = |at: DateTime| match plan.granularity {
            Granularity::Day => day_number(at.date()),
            Granularity::Minute => {
                day_number(at.date()) * DAY_MINUTES + i32::from(at.hour()) * 60 + i32::from(at.minute())
            }
        };
        let units = i64::from(calendar.ceil(label(to))) - i64::from(calendar.ceil(label(from)));
        if calendar.unit == Unit::Minute { units } else { units * i64::from(calendar.minutes_per_day) }
    }

    /// Whether an activity's calendar works at all on a day.
    pub fn works_on(&self, plan: &Plan, activity: usize, on: Date) -> bool {
        let calendar = &self.calendars[self.of.get(activity).map_or(0, |calendar| *calendar as usize)];
        let per_day = if plan.granularity == Granularity::Minute { DAY_MINUTES } else { 1 };
        calendar.ceil(day_number(on) * per_day) != calendar.ceil((day_number(on) + 1) * per_day)
    }

    /// The same in working days of the activity's calendar.
    pub fn days_between(&self, plan: &Plan, activity: usize, from: DateTime, to: DateTime) -> f64 {
        let calendar = &self.calendars[self.of.get(activity).map_or(0, |calendar| *calendar as usize)];
        self.minutes_between(plan, activity, from, to) as f64 / f64::from(calendar.minutes_per_day.max(1))
    }
}
