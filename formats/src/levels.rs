//! Levelled plans as answers: guatu-level/1 (JSON).

use guatu_kernel::diagnose::Diagnostic;
use guatu_kernel::level::{Holder, Levelled, Outcome, Placed, Run};
use guatu_kernel::plan::Plan;
use guatu_kernel::rcpsp::Effort;
use serde_json::{Map, Value, json};

use crate::schedules::{diagnostics, driver_value, moment, number, tell_breaks};

/// guatu-level/1. `read` are the findings of the reader, printed before the kernel's.
pub fn answer(plan: &Plan, levelled: &Levelled, effort: Effort, read: &[Diagnostic]) -> Value {
    let mut activities = Map::new();
    for (at, placed) in levelled.activities.iter().enumerate() {
        if let Some(placed) = placed {
            let mut told = activity(plan, placed);
            tell_breaks(&mut told, levelled.breaks_of(at));
            activities.insert(plan.activities[at].id.clone(), told);
        }
    }
    let mut milestones = Map::new();
    for outcome in &levelled.milestones {
        milestones.insert(plan.activities[outcome.activity].id.clone(), milestone(plan, outcome));
    }
    let mut resources = Map::new();
    for (resource, usage) in plan.resources.iter().zip(&levelled.usage) {
        let uses: Vec<Value> =
            usage.iter().map(|one| json!({ "from": moment(one.from), "units": one.units })).collect();
        let peak = usage.iter().map(|one| one.units).max().unwrap_or(0);
        resources.insert(resource.id.clone(), json!({ "capacity": resource.capacity, "peak": peak, "usage": uses }));
    }
    let runs: Vec<Value> = levelled.runs.iter().map(|run| self::run(plan, run)).collect();
    json!({
        "format": "guatu-level/1",
        "seed": effort.seed,
        "schedules": levelled.schedules,
        "start": levelled.start.map(moment),
        "finish": levelled.finish.map(moment),
        "activities": activities,
        "milestones": milestones,
        "resources": resources,
        "routes": runs,
        "diagnostics": diagnostics(read.iter().chain(&levelled.diagnostics)),
    })
}

/// The answer to a plan that could not be read: no dates, and why.
pub fn refused(read: &[Diagnostic]) -> Value {
    json!({
        "format": "guatu-level/1",
        "start": null,
        "finish": null,
        "activities": {},
        "milestones": {},
        "resources": {},
        "routes": [],
        "diagnostics": diagnostics(read.iter()),
    })
}

fn activity(plan: &Plan, placed: &Placed) -> Value {
    json!({
        "start": moment(placed.start),
        "finish": moment(placed.finish),
        "early_start": moment(placed.early_start),
        "delay_days": placed.delay_days.map(number),
        "held_by": placed.held_by.as_ref().map(|holder| match holder {
            Holder::Logic(driver) => driver_value(plan, *driver),
            Holder::Capacity { resource, by } => json!({
                "kind": "capacity",
                "resource": plan.resources[*resource].id,
                "by": by.iter().map(|at| plan.activities[*at].id.as_str()).collect::<Vec<_>>(),
            }),
            Holder::Continuity { resource, next } => json!({
                "kind": "continuity",
                "resource": plan.resources[*resource].id,
                "next": plan.activities[*next].id,
            }),
        }),
    })
}

fn run(plan: &Plan, run: &Run) -> Value {
    let stay = |(activity, beat_days): &(usize, f64)| json!({ "activity": plan.activities[*activity].id, "beat_days": number(*beat_days) });
    json!({
        "resource": plan.resources[run.resource].id,
        "step_days": run.step_days.map(number),
        "stays": run.stays.iter().map(stay).collect::<Vec<Value>>(),
    })
}

fn milestone(plan: &Plan, outcome: &Outcome) -> Value {
    json!({
        "name": plan.mandated[outcome.mandate].name,
        "finish_by": moment(outcome.finish_by),
        "forecast": moment(outcome.forecast),
        "float_days": outcome.float_days.map(number),
    })
}
