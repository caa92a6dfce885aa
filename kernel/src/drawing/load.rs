//! What work wants of scarce resources day by day when it is done as early as it can be, and the days on which that is more
//! than there is.
//!
//! A schedule does not look at resources; levelling does. Between the two this says where the shortage lies. Work wants its
//! resources on the days that its own calendar works, breaks left out; of a plan in minutes, on every day in which it works at all.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};

use crate::calendar::{date_of, day_after, day_number};
use crate::plan::{ActivityKind, Moment, Plan, Resource};
use crate::schedule::Schedule;
use crate::work_time::WorkTime;

/// The wants of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// Its id; of several plans, those that have a resource of this id share it.
    pub resource: String,
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
    /// Who wants it on these days: plans by their position among those given, with positions in [`Plan::activities`]; ascending.
    pub works: Vec<(usize, usize)>,
}

/// Units there are on a day: of steps that begin on one day the last written holds.
fn capacity_on(resource: &Resource, day: i32) -> u32 {
    let begun = resource.steps.iter().filter(|step| day_number(step.from) <= day);
    begun.max_by_key(|step| step.from).map_or(resource.capacity, |step| step.capacity)
}

/// Whether a break takes the whole of an activity's day.
fn rests_on(work_time: &WorkTime, plan: &Plan, schedule: &Schedule, activity: usize, day: Date) -> bool {
    let works = |from: DateTime, to: DateTime| work_time.minutes_between(plan, activity, from, to) > 0;
    let (midnight, end) = (day.at(0, 0, 0, 0), day_after(day).at(0, 0, 0, 0));
    let mut around = schedule.breaks_of(activity).filter(|one| one.from.date() <= day && day <= one.to.date());
    around.any(|one| {
        let begins_within = matches!(one.from, Moment::Instant(from) if from.date() == day && works(midnight, from));
        let ends_within = matches!(one.to, Moment::Instant(to) if to.date() == day && works(to, end));
        !begins_within && !ends_within
    })
}

/// What is wanted of one resource while it is counted.
#[derive(Default)]
struct Wants<'a> {
    /// The resource in each plan that has it.
    there: Vec<&'a Resource>,
    by_day: BTreeMap<i32, u32>,
    /// Works with their first and last days.
    users: Vec<((usize, usize), i32, i32)>,
}

impl Wants<'_> {
    fn capacity_on(&self, day: i32) -> u32 {
        self.there.iter().fold(0, |sum, resource| sum.saturating_add(capacity_on(resource, day)))
    }
}

/// Loads of all resources that dated work wants, in the order in which the plans name them. Of several plans, as those of one
/// contractor, what is wanted and what there is of a resource is added up.
pub fn loads(plans: &[(&Plan, &Schedule)]) -> Vec<Load> {
    let work_times: Vec<WorkTime> = plans.iter().map(|(plan, _)| WorkTime::of_plan(plan)).collect();
    let works_on = |(at, index): (usize, usize), day: i32| {
        let ((plan, schedule), day) = (plans[at], date_of(day));
        work_times[at].works_on(plan, index, day) && !rests_on(&work_times[at], plan, schedule, index, day)
    };
    let mut ids: Vec<&str> = Vec::new();
    let mut wants: Vec<Wants<'_>> = Vec::new();
    for (at, (plan, schedule)) in plans.iter().enumerate() {
        for resource in &plan.resources {
            match ids.iter().position(|id| *id == resource.id) {
                Some(known) => wants[known].there.push(resource),
                None => {
                    ids.push(&resource.id);
                    wants.push(Wants { there: vec![resource], ..Wants::default() });
                }
            }
        }
        for (index, (activity, dates)) in plan.activities.iter().zip(&schedule.activities).enumerate() {
            let Some(dates) = dates.as_ref().filter(|_| activity.kind == ActivityKind::Task) else { continue };
            let (from, to) = (day_number(dates.early_start.date()), day_number(dates.early_finish.date()));
            for need in activity.needs.iter().filter(|need| need.amount > 0) {
                let is_there = plan.resources.iter().any(|one| one.id == need.resource);
                let Some(known) = ids.iter().position(|id| is_there && *id == need.resource) else { continue };
                for day in (from..=to).filter(|day| works_on((at, index), *day)) {
                    let units = wants[known].by_day.entry(day).or_default();
                    *units = units.saturating_add(need.amount);
                }
                wants[known].users.push(((at, index), from, to));
            }
        }
    }
    let wanted = ids.iter().zip(&wants).filter(|(_, wants)| !wants.by_day.is_empty());
    wanted.map(|(id, wants)| load(id, wants, &works_on)).collect()
}

fn load(id: &str, wants: &Wants<'_>, works_on: &impl Fn((usize, usize), i32) -> bool) -> Load {
    let by_day = &wants.by_day;
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
        let capacity = wants.capacity_on(day);
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
        let is_in_need = |work: (usize, usize), start: i32, finish: i32| {
            days.iter().any(|day| (start..=finish).contains(day) && works_on(work, *day))
        };
        let needing = wants.users.iter().filter(|(work, start, finish)| is_in_need(*work, *start, *finish));
        let mut works: Vec<(usize, usize)> = needing.map(|(work, ..)| *work).collect();
        works.dedup();
        Overload { from: date_of(from), to: date_of(to), days: days.len() as u32, wanted, capacity, works }
    };
    let first = by_day.keys().next().copied().unwrap_or(0);
    let steps = wants.there.iter().flat_map(|resource| &resource.steps);
    let mut changes: Vec<i32> = steps.map(|step| day_number(step.from)).filter(|day| *day > first).collect();
    changes.push(first);
    changes.sort_unstable();
    changes.dedup();
    Load {
        resource: id.to_owned(),
        peak: by_day.values().copied().max().unwrap_or(0),
        over: over.into_iter().map(overload).collect(),
        capacity: changes.into_iter().map(|day| (date_of(day), wants.capacity_on(day))).collect(),
        wanted,
    }
}
