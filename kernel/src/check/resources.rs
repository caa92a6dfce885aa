//! Slow checks of schedules under scarce resources: every arc and every period, one by one.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use super::{Days, Walker, day_of, works_at};
use crate::level::Levelled;
use crate::plan::{Activity, ActivityKind, Calendar, DayWork, Granularity, LinkKind, Moment, Plan, Resource, Span};
use crate::rcpsp::{Capacity, Project};

/// What is wrong with starts of a project's activities, as sentences; empty when nothing is.
pub fn check_project(project: &Project, starts: &[i32], makespan: i32) -> Vec<String> {
    let mut faults = Vec::new();
    let jobs = project.jobs();
    if starts.len() != jobs.len() {
        return vec![format!("{} starts for {} activities", starts.len(), jobs.len())];
    }
    let end = |job: usize| starts[job] + jobs[job].duration as i32;
    for (job, start) in starts.iter().enumerate() {
        if *start < 0 || end(job) > makespan {
            faults.push(format!("{job} runs from {start} to {}, outside 0 to {makespan}", end(job)));
        }
    }
    if (0..jobs.len()).map(end).max().unwrap_or(0) != makespan {
        faults.push(format!("nothing ends at the makespan {makespan}"));
    }
    for arc in project.arcs() {
        if starts[arc.to] < starts[arc.from] + arc.gap {
            faults.push(format!("{} starts at {}, less than {} after {}", arc.to, starts[arc.to], arc.gap, arc.from));
        }
    }
    for period in 0..makespan {
        for (at, resource) in project.resources().iter().enumerate() {
            let runs = |job: &usize| starts[*job] <= period && period < end(*job);
            let need = |job: usize| jobs[job].needs.get(at).copied().unwrap_or(0);
            let used: u32 = (0..jobs.len()).filter(runs).map(need).sum();
            let units = units_at(resource, period);
            if used > units {
                faults.push(format!("{used} of {units} units of resource {at} are used in period {period}"));
            }
        }
    }
    faults
}

fn units_at(resource: &Capacity, period: i32) -> u32 {
    let mut units = resource.units;
    for (from, to) in &resource.steps {
        if *from as i32 <= period {
            units = *to;
        }
    }
    units
}

/// What is wrong with a levelled plan, as sentences: work that does not take its time, links not kept, resources of
/// which more is used than there is. Plans with progress, stops or hard dates are only checked for resources.
pub fn check_levelled(plan: &Plan, levelled: &Levelled) -> Vec<String> {
    let walker = Walker::new(plan);
    let mut faults = Vec::new();
    // Units used of each resource in each day or minute that somebody works.
    let mut used: BTreeMap<(usize, i64), u32> = BTreeMap::new();
    for (at, (activity, placed)) in plan.activities.iter().zip(&levelled.activities).enumerate() {
        let Some(placed) = placed else { continue };
        let is_task = activity.kind == ActivityKind::Task && matches!(activity.duration, Span::Working { .. });
        let is_begun = activity.actual_start.is_some() || activity.actual_finish.is_some();
        if !is_task || walker.days_of(activity) == 0 || is_begun || !activity.stops.is_empty() || !plan.stops.is_empty()
        {
            continue;
        }
        let mut worked = worked(&walker, activity, placed.start, placed.finish);
        // What is left before a break, once those before it are taken out, is the work before it.
        let mut breaks = Vec::new();
        for (after, length) in walker.breaks_of(activity) {
            let from = (after as usize).min(worked.len());
            let off: Vec<i64> = worked.drain(from..(from + length as usize).min(worked.len())).collect();
            breaks.extend(off.first().zip(off.last()).map(|(first, last)| (date_at(*first), date_at(*last))));
        }
        let told: Vec<(Date, Date)> = levelled.breaks_of(at).map(|one| (one.from.date(), one.to.date())).collect();
        if plan.granularity == Granularity::Day && breaks != told {
            faults.push(format!("{} breaks off {told:?}, walked {breaks:?}", activity.id));
        }
        let wanted = wanted(&walker, activity);
        if activity.expected_finish.is_none() && worked.len() as i64 != wanted {
            faults.push(format!("{} works {} units of time, not {wanted}", activity.id, worked.len()));
        }
        for need in &activity.needs {
            let Some(at) = plan.resources.iter().position(|resource| resource.id == need.resource) else { continue };
            for slot in &worked {
                *used.entry((at, *slot)).or_default() += need.amount;
            }
        }
    }
    if !levelled.diagnostics.iter().any(|found| found.code == "K-221") {
        for ((at, slot), units) in used {
            let day = if plan.granularity == Granularity::Day { slot } else { slot.div_euclid(1440) };
            let capacity = capacity_on(&plan.resources[at], date_at(day));
            if units > capacity {
                faults.push(format!("{units} of {capacity} {} are used at {slot}", plan.resources[at].id));
            }
        }
    }
    check_routes(&walker, levelled, &mut faults);
    if walker.is_plain() && plan.granularity == Granularity::Day {
        check_links(&walker, levelled, &mut faults);
    }
    faults
}

/// A crew is at one place at a time, in the order of its route, and has no time off in between in which the place it leaves is
/// worked: unless K-222 says so.
fn check_routes(walker: &Walker<'_>, levelled: &Levelled, faults: &mut Vec<String>) {
    let is_known_wrong = |resource: &Resource| {
        levelled.diagnostics.iter().any(|found| found.code == "K-127" && found.params.first() == Some(&resource.id))
    };
    for resource in walker.plan.resources.iter().filter(|resource| !is_known_wrong(resource)) {
        for pair in resource.route.windows(2) {
            let (Some(from), Some(to)) = (walker.find(&pair[0]), walker.find(&pair[1])) else { continue };
            let (Some(source), Some(target)) = (&levelled.activities[from], &levelled.activities[to]) else { continue };
            let [a, b] = [from, to].map(|at| &walker.plan.activities[at]);
            let is_begun = |one: &Activity| one.actual_start.is_some() || one.actual_finish.is_some();
            if is_begun(a)
                || is_begun(b)
                || [a, b].iter().any(|one| one.kind != ActivityKind::Task || walker.days_of(one) == 0)
            {
                continue;
            }
            let is_meeting = match (source.finish, target.start) {
                (Moment::Instant(finish), Moment::Instant(start)) => start < finish,
                (finish, start) => start.date() <= finish.date(),
            };
            if is_meeting {
                faults.push(format!("{} is at {} and at {}", resource.id, a.id, b.id));
                continue;
            }
            // From the finish on, less the day of the finish itself and that of the start.
            let off = worked(walker, a, source.finish, target.start);
            let ends = [source.finish, target.start]
                .map(|end| i64::from((end.date() - jiff::civil::date(1970, 1, 1)).get_days()));
            let is_day = walker.plan.granularity == Granularity::Day;
            let waits = off.iter().filter(|slot| !is_day || !ends.contains(*slot)).count();
            let is_told =
                levelled.diagnostics.iter().any(|found| found.code == "K-222" && found.params[2..] == pair[..]);
            if waits > 0 && !is_told {
                faults.push(format!("{} waits {waits} units of time between {} and {}", resource.id, a.id, b.id));
            }
        }
    }
}

fn date_at(day: i64) -> Date {
    jiff::civil::date(1970, 1, 1).saturating_add(day.days())
}

fn capacity_on(resource: &Resource, on: Date) -> u32 {
    let steps = resource.steps.iter().filter(|step| step.from <= on);
    // Of steps that begin on one day the one written last holds.
    let mut last: Option<(Date, u32)> = None;
    for step in steps {
        if last.is_none_or(|last| step.from >= last.0) {
            last = Some((step.from, step.capacity));
        }
    }
    last.map_or(resource.capacity, |last| last.1)
}

/// Calendars that must work for an activity to be worked: its own and those of its resources.
fn calendars<'a>(walker: &Walker<'a>, activity: &'a Activity) -> Vec<&'a Calendar> {
    let of_resource = |need: &crate::plan::Need| {
        let resource = walker.plan.resources.iter().find(|resource| resource.id == need.resource)?;
        let id = resource.calendar.as_ref()?;
        walker.plan.calendars.iter().find(|calendar| calendar.id == *id)
    };
    let own = activity.calendar.as_deref().or(walker.plan.calendar.as_deref());
    let own = match own {
        Some(id) => walker.plan.calendars.iter().find(|calendar| calendar.id == id),
        None => walker.plan.calendars.first(),
    };
    own.into_iter().chain(activity.needs.iter().filter_map(of_resource)).collect()
}

/// Days or minutes an activity works between its dates, by walking all of them.
fn worked(walker: &Walker<'_>, activity: &Activity, start: Moment, finish: Moment) -> Vec<i64> {
    let calendars = calendars(walker, activity);
    let mut slots = Vec::new();
    match (start, finish) {
        (Moment::Instant(start), Moment::Instant(finish)) => {
            let mut at = start;
            while at < finish {
                if calendars.iter().all(|calendar| has_bands(calendar) && works_at(calendar, at)) {
                    let minute = i64::from(at.hour()) * 60 + i64::from(at.minute());
                    slots.push(i64::from((at.date() - jiff::civil::date(1970, 1, 1)).get_days()) * 1440 + minute);
                }
                at = at.saturating_add(1.minutes());
            }
        }
        _ => {
            let mut on = start.date();
            while on <= finish.date() {
                if calendars.iter().all(|calendar| walker.works(Some(calendar), on)) {
                    slots.push(i64::from((on - jiff::civil::date(1970, 1, 1)).get_days()));
                }
                on = on.saturating_add(1.days());
            }
        }
    }
    slots
}

fn has_bands(calendar: &Calendar) -> bool {
    calendar.week.iter().any(|work| matches!(work, DayWork::Bands(_)))
}

fn wanted(walker: &Walker<'_>, activity: &Activity) -> i64 {
    match (activity.duration, walker.plan.granularity) {
        (Span::Working { days_e3, minutes }, Granularity::Minute) => {
            let per_day = walker.calendar(activity).map_or(480, |calendar| i64::from(calendar.minutes_per_day));
            (days_e3 * per_day + minutes * 1000 + 999).div_euclid(1000)
        }
        // A task of no days is printed with one.
        _ => walker.days_of(activity).max(1),
    }
}

fn check_links(walker: &Walker<'_>, levelled: &Levelled, faults: &mut Vec<String>) {
    for link in &walker.plan.links {
        let (Some(from), Some(to)) = (walker.find(&link.from), walker.find(&link.to)) else { continue };
        let (Some(source), Some(target)) = (&levelled.activities[from], &levelled.activities[to]) else { continue };
        let (a, b) = (&walker.plan.activities[from], &walker.plan.activities[to]);
        let days: Days = (day_of(source.start), day_of(source.finish));
        let bound = walker.bound(link, a, b, days);
        let arrives_finish = matches!(link.kind, LinkKind::FF | LinkKind::SF);
        let end = day_of(if arrives_finish { target.finish } else { target.start });
        if end < bound {
            faults.push(format!("{} → {} {:?}: {end} is before {bound}", a.id, b.id, link.kind));
        }
    }
}
