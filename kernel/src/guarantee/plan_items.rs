//! Work items of a plan: every activity with a quantity, what its baseline holds a day, and how far its dates may go.

use super::WorkDays;
use crate::guarantee::Item;
use crate::plan::{Activity, Calendar, Moment, Plan, Span};
use crate::schedule::Schedule;
use jiff::ToSpan;
use jiff::civil::Date;

/// The work items of a plan and the working days they share.
#[derive(Clone, Debug)]
pub struct PlanItems {
    calendars: Vec<WorkDays>,
    items: Vec<PlanItem>,
}

/// An activity that is measured.
#[derive(Clone, Copy, Debug)]
struct PlanItem {
    activity: usize,
    calendar: usize,
    total: f64,
    rate: f64,
    crews: u32,
    is_whole: bool,
    starts: Date,
    late_finish: Option<Date>,
}

impl PlanItems {
    /// Reads the work items of a plan with its computed schedule. Days from `first` on are covered, through a year after the
    /// last date and at least through `last`.
    ///
    /// The rate is `per_day` × crews of the approved baseline; without `per_day`, the total over the planned working days.
    /// Only what leads to a mandated date or a deadline has a latest finish, unless the plan has neither: then everything
    /// leads to its end.
    pub fn read(plan: &Plan, schedule: &Schedule, first: Date, last: Date) -> PlanItems {
        let latest = schedule.finish.map_or(last, Moment::date).max(last);
        let late = schedule.activities.iter().flatten().filter_map(|dates| dates.late_finish).map(Moment::date).max();
        let last = latest.max(late.unwrap_or(latest)).saturating_add(366.days());
        let (calendars, calendar_of) = WorkDays::of_plan(plan, schedule, first, last);
        let is_bound = !plan.mandated.is_empty() || plan.activities.iter().any(|one| one.deadline.is_some());
        let mut items = Vec::new();
        for (at, activity) in plan.activities.iter().enumerate() {
            let (Some(quantity), Some(calendar), Some(dates)) =
                (&activity.quantity, calendar_of[at], schedule.activities[at].as_ref())
            else {
                continue;
            };
            let days = planned_days(plan, activity);
            let crews = quantity.crews.unwrap_or(1).max(1);
            let rate = quantity.per_day.map_or(quantity.total / days.max(1.0), |per_day| per_day * f64::from(crews));
            let leads_somewhere = !is_bound || activity.deadline.is_some() || schedule.float_to(at).next().is_some();
            items.push(PlanItem {
                activity: at,
                calendar,
                total: quantity.total,
                rate,
                crews,
                is_whole: quantity.is_whole,
                starts: dates.early_start.date(),
                late_finish: dates.late_finish.filter(|_| leads_somewhere).map(Moment::date),
            });
        }
        PlanItems { calendars, items }
    }

    /// Position of the activity in the plan, and the item.
    pub fn iter(&self) -> impl Iterator<Item = (usize, Item<'_>)> {
        self.items.iter().map(|one| {
            let item = Item {
                total: one.total,
                rate: one.rate,
                crews: one.crews,
                is_whole: one.is_whole,
                work: &self.calendars[one.calendar],
                starts: one.starts,
                late_finish: one.late_finish,
            };
            (one.activity, item)
        })
    }
}

/// Planned working days of an activity, a `d` being the hours of its calendar.
fn planned_days(plan: &Plan, activity: &Activity) -> f64 {
    let id = activity.calendar.as_ref().or(plan.calendar.as_ref());
    let calendar: Option<&Calendar> = match id {
        Some(id) => plan.calendars.iter().rev().find(|calendar| calendar.id == *id),
        None => plan.calendars.first(),
    };
    let minutes_per_day = f64::from(calendar.map_or(480, |calendar| calendar.minutes_per_day).max(1));
    match activity.duration {
        Span::Working { days_e3, minutes } => days_e3 as f64 / 1000.0 + minutes as f64 / minutes_per_day,
        Span::Elapsed { minutes } => minutes as f64 / 1440.0,
        // Only lags are shares of something else.
        Span::Percent { .. } => 0.0,
    }
}
