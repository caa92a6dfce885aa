//! Days on which nobody works, for the ground of a drawing.

use jiff::civil::Date;

use crate::calendar::{DAY_MINUTES, date_of, day_number};
use crate::plan::{Granularity, Plan};
use crate::shifts::{Shifts, fallback_calendar};

/// Stretches of days not worked in the plan's default calendar from one day to another, first and last day of each.
pub fn closed_days(plan: &Plan, first: Date, last: Date) -> Vec<(Date, Date)> {
    let fallback = fallback_calendar();
    let shifts = Shifts::new(plan, &fallback, &mut Vec::new());
    let Some(calendar) = shifts.default.map(|at| &shifts.compiled[at as usize]) else { return Vec::new() };
    let per_day = if plan.granularity == Granularity::Minute { DAY_MINUTES } else { 1 };
    let mut stretches: Vec<(Date, Date)> = Vec::new();
    let mut was_closed = false;
    for day in day_number(first)..=day_number(last) {
        let is_closed = calendar.ceil(day * per_day) == calendar.ceil((day + 1) * per_day);
        match (is_closed, was_closed, stretches.last_mut()) {
            (true, true, Some(stretch)) => stretch.1 = date_of(day),
            (true, _, _) => stretches.push((date_of(day), date_of(day))),
            (false, _, _) => {}
        }
        was_closed = is_closed;
    }
    stretches
}
