//! Several plans as one, for levelling: a contractor's cranes stand on one site or on another.
//!
//! A resource of the same id is one pool: two plans that name two cranes `crane` mean the same two. Whoever means others gives
//! them another id. So its capacity, steps and calendar must be the same wherever it is named. Everything else stays its plan's
//! own: ids of activities and calendars stand behind the name of their plan.

use std::collections::{HashMap, HashSet};

use jiff::civil::DateTime;

use crate::diagnose::Diagnostic;
use crate::plan::{
    Activity, ActivityKind, Calendar, Constraint, ConstraintKind, LagCalendar, Moment, Plan, Resource, Stop,
};
use crate::shifts::concerns;

/// One plan of some that share their resources. Their names differ; with one, it stays as it is.
///
/// Else what stands in the way: an error for each resource that two plans name differently, and for what must be the same.
pub fn pooled(plans: &[(String, Plan)]) -> Result<Plan, Vec<Diagnostic>> {
    let [(first_name, first), others @ ..] = plans else { return Err(Vec::new()) };
    if others.is_empty() {
        return Ok(first.clone());
    }
    let mut faults: Vec<Diagnostic> = Vec::new();
    for (name, other) in others {
        faults.extend(unlike(first, other).map(|what| apart(what, first_name, name)));
    }
    let resources = resources(plans, &mut faults);
    if !faults.is_empty() {
        return Err(faults);
    }
    let start = plans.iter().map(|(_, plan)| plan.start).min_by_key(|start| instant(*start)).unwrap_or(first.start);
    let mut joined = Plan {
        name: None,
        start,
        // Activities name their calendars; a default could only be that of one plan.
        calendar: (first.options.lag_calendar == LagCalendar::Project).then(|| default_of(first_name, first)).flatten(),
        calendars: Vec::new(),
        activities: Vec::new(),
        links: Vec::new(),
        resources,
        mandated: Vec::new(),
        stops: Vec::new(),
        ..first.clone()
    };
    for (name, plan) in plans {
        join(&mut joined, name, plan);
    }
    Ok(joined)
}

/// What two plans must have in common and have not.
fn unlike(one: &Plan, other: &Plan) -> Option<&'static str> {
    let is_by_project = one.options.lag_calendar == LagCalendar::Project;
    match () {
        () if one.granularity != other.granularity => Some("granularity"),
        () if one.data_date.map(instant) != other.data_date.map(instant) => Some("data_date"),
        () if one.options != other.options => Some("options"),
        () if is_by_project && !is_alike(calendar(one, &one.calendar), calendar(other, &other.calendar)) => {
            Some("calendar")
        }
        () => None,
    }
}

fn apart(what: &str, one: &str, other: &str) -> Diagnostic {
    let message = format!("{what} of {one} and {other} differ; plans that share resources must agree in it");
    Diagnostic::new("K-125", message, vec![what.to_owned(), one.to_owned(), other.to_owned()])
}

/// The resources of all plans, each once.
fn resources(plans: &[(String, Plan)], faults: &mut Vec<Diagnostic>) -> Vec<Resource> {
    let mut joined: Vec<Resource> = Vec::new();
    let mut known: HashMap<&str, (&str, &Plan, &Resource)> = HashMap::new();
    for (name, plan) in plans {
        for resource in &plan.resources {
            let Some((first_name, first, same)) = known.get(resource.id.as_str()) else {
                known.insert(&resource.id, (name, plan, resource));
                let calendar = resource.calendar.as_ref().map(|id| behind(name, id));
                let route = resource.route.iter().map(|id| behind(name, id)).collect();
                joined.push(Resource { calendar, route, ..resource.clone() });
                continue;
            };
            // One crew goes along its route on one site after the other, in the order of the plans.
            if let Some(known) = joined.iter_mut().find(|known| known.id == resource.id).filter(|_| first_name != name)
            {
                known.route.extend(resource.route.iter().map(|id| behind(name, id)));
            }
            let is_same = resource.capacity == same.capacity
                && resource.steps == same.steps
                && is_alike(calendar(first, &same.calendar), calendar(plan, &resource.calendar));
            // A plan that names it twice is no disagreement of two.
            if !is_same && first_name != name {
                let id = &resource.id;
                let message = format!(
                    "{id} is one pool, but {first_name} has {} of it and {name} {}, or its steps or calendar differ; \
                     make them the same, or give another resource another id",
                    same.capacity, resource.capacity
                );
                let params = vec![id.clone(), (*first_name).to_owned(), name.clone()];
                faults.push(Diagnostic::new("K-126", message, params));
            }
        }
    }
    joined
}

fn calendar<'a>(plan: &'a Plan, id: &Option<String>) -> Option<&'a Calendar> {
    plan.calendars.iter().rev().find(|calendar| Some(&calendar.id) == id.as_ref())
}

/// Whether two calendars work at the same times, whatever they are called.
fn is_alike(one: Option<&Calendar>, other: Option<&Calendar>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => {
            let times = |of: &Calendar| Calendar { id: String::new(), name: None, ..of.clone() };
            times(one) == times(other)
        }
        (one, other) => one.is_none() && other.is_none(),
    }
}

fn behind(name: &str, id: &str) -> String {
    format!("{name}/{id}")
}

fn default_of(name: &str, plan: &Plan) -> Option<String> {
    plan.calendar.as_ref().map(|id| behind(name, id))
}

fn instant(moment: Moment) -> DateTime {
    match moment {
        Moment::Day(day) => day.at(0, 0, 0, 0),
        Moment::Instant(at) => at,
    }
}

fn join(joined: &mut Plan, name: &str, plan: &Plan) {
    let own = |id: &String| behind(name, id);
    let waits: HashSet<&str> = plan.links.iter().map(|link| link.to.as_str()).collect();
    for calendar in &plan.calendars {
        joined.calendars.push(Calendar { id: own(&calendar.id), ..calendar.clone() });
    }
    for activity in &plan.activities {
        let mut activity = activity.clone();
        if plan.start != joined.start && is_held_by_start(&activity, waits.contains(activity.id.as_str())) {
            let kind = ConstraintKind::StartNoEarlierThan;
            activity.constraints.push(Constraint { kind, on: Some(plan.start), is_hard: false });
        }
        let stops: Vec<Stop> = plan.stops.iter().filter(|stop| concerns(stop, &activity)).cloned().collect();
        activity.stops.extend(stops);
        activity.calendar = activity.calendar.as_ref().map(own).or_else(|| default_of(name, plan));
        activity.parent = activity.parent.as_ref().map(own);
        activity.id = own(&activity.id);
        joined.activities.push(activity);
    }
    for link in &plan.links {
        let mut link = link.clone();
        (link.from, link.to) = (own(&link.from), own(&link.to));
        joined.links.push(link);
    }
    for mandate in &plan.mandated {
        let mut mandate = mandate.clone();
        mandate.activity = own(&mandate.activity);
        joined.mandated.push(mandate);
    }
}

/// Whether the start of its plan holds an activity: not where it has begun, or has a start of its own that counts.
fn is_held_by_start(activity: &Activity, waits: bool) -> bool {
    let is_leaf = !matches!(activity.kind, ActivityKind::Summary | ActivityKind::Hammock);
    is_leaf && activity.actual_start.is_none() && (activity.start.is_none() || waits)
}
