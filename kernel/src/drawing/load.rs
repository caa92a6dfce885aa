//! What work wants of scarce resources day by day when it is done as early as it can be, and the days on which that is more
//! than there is.
//!
//! A schedule does not look at resources; levelling does. Between the two this says where the shortage lies. Work wants its
//! resources on the days that its own calendar works; of a plan in minutes, on every day in which it works at all.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::calendar::{date_of, day_number};
use crate::plan::{ActivityKind, Plan, Resource};
use crate::schedule::Schedule;
use crate::work_time::WorkTime;

/// The wants of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// Position in [`Plan::resources`].
    pub resource: usize,
    /// Units wanted from each day on, ascending; nothing before the first and after the last, which is 0.
    pub wanted: Vec<(Date, u32)>,
    /// Units there are from each day on, ascending; the first entry holds from the first day wanted.
    pub capacity: Vec<(Date, u32)>,
    /// Most units wanted on a day.
    pub peak: u32,
    /// Stretches of days on which more is wanted than there is.
    pub over: Vec<Overload>,
}

/// Days in a row on which more is wanted than there is; days on which nothing is wanted do not end them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overload {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// On how many days.
    pub days: u32,
    /// Most units wanted.
    pub wanted: u32,
    /// Units there are on the day on which most are lacking.
    pub capacity: u32,
    /// Who wants it on these days: positions in [`Plan::activities`], ascending.
    pub activities: Vec<usize>,
}

/// Units there are on a day: of steps that begin on one day the last written holds.
fn capacity_on(resource: &Resource, day: i32) -> u32 {
    let begun = resource.steps.iter().filter(|step| day_number(step.from) <= day);
    begun.max_by_key(|step| step.from).map_or(resource.capacity, |step| step.capacity)
}

/// Loads of all resources that dated work of a plan wants, in the order of the plan.
pub fn loads(plan: &Plan, schedule: &Schedule) -> Vec<Load> {
    let work_time = WorkTime::of_plan(plan);
    let mut wanted: Vec<BTreeMap<i32, u32>> = vec![BTreeMap::new(); plan.resources.len()];
    let mut users: Vec<Vec<(usize, i32, i32)>> = vec![Vec::new(); plan.resources.len()];
    for (at, (activity, dates)) in plan.activities.iter().zip(&schedule.activities).enumerate() {
        let Some(dates) = dates.as_ref().filter(|_| activity.kind == ActivityKind::Task) else { continue };
        let (from, to) = (day_number(dates.early_start.date()), day_number(dates.early_finish.date()));
        for need in activity.needs.iter().filter(|need| need.amount > 0) {
            let Some(resource) = plan.resources.iter().position(|one| one.id == need.resource) else { continue };
            for day in (from..=to).filter(|day| work_time.works_on(plan, at, date_of(*day))) {
                let units = wanted[resource].entry(day).or_default();
                *units = units.saturating_add(need.amount);
            }
            users[resource].push((at, from, to));
        }
    }
    let all = wanted.iter().zip(&users).enumerate().filter(|(_, (wanted, _))| !wanted.is_empty());
    all.map(|(at, (wanted, users))| load(plan, at, wanted, users, &work_time)).collect()
}

fn load(
    plan: &Plan,
    at: usize,
    by_day: &BTreeMap<i32, u32>,
    users: &[(usize, i32, i32)],
    work_time: &WorkTime,
) -> Load {
    let resource = &plan.resources[at];
    let mut wanted: Vec<(Date, u32)> = Vec::new();
    let mut over: Vec<(Vec<i32>, u32, u32)> = Vec::new();
    let (mut was_over, mut last) = (false, i32::MIN);
    for (&day, &units) in by_day {
        if day > last.saturating_add(1) && last > i32::MIN {
            wanted.push((date_of(last + 1), 0));
        }
        if wanted.last().is_none_or(|(_, known)| *known != units) {
            wanted.push((date_of(day), units));
        }
        let capacity = capacity_on(resource, day);
        let is_over = units > capacity;
        match over.last_mut().filter(|_| was_over) {
            Some((days, most, there)) if is_over => {
                days.push(day);
                if units - capacity > *most - *there {
                    (*most, *there) = (units, capacity);
                }
            }
            _ if is_over => over.push((vec![day], units, capacity)),
            _ => {}
        }
        (was_over, last) = (is_over, day);
    }
    wanted.push((date_of(last.saturating_add(1)), 0));
    let overload = |(days, wanted, capacity): (Vec<i32>, u32, u32)| {
        let (from, to) = (days.first().copied().unwrap_or(last), days.last().copied().unwrap_or(last));
        let wants = |activity: usize, start: i32, finish: i32| {
            days.iter().any(|day| (start..=finish).contains(day) && work_time.works_on(plan, activity, date_of(*day)))
        };
        let mut activities: Vec<usize> =
            users.iter().filter(|(one, start, finish)| wants(*one, *start, *finish)).map(|(one, _, _)| *one).collect();
        activities.dedup();
        Overload { from: date_of(from), to: date_of(to), days: days.len() as u32, wanted, capacity, activities }
    };
    let first = by_day.keys().next().copied().unwrap_or(0);
    let mut changes: Vec<i32> =
        resource.steps.iter().map(|step| day_number(step.from)).filter(|day| *day > first).collect();
    changes.push(first);
    changes.sort_unstable();
    changes.dedup();
    Load {
        resource: at,
        peak: by_day.values().copied().max().unwrap_or(0),
        over: over.into_iter().map(overload).collect(),
        capacity: changes.into_iter().map(|day| (date_of(day), capacity_on(resource, day))).collect(),
        wanted,
    }
}
