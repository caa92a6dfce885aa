//! Risk as an answer: guatu-risk/1 (JSON).

use guatu_kernel::diagnose::Diagnostic;
use guatu_kernel::plan::Plan;
use guatu_kernel::risk::{Cause, MilestoneRisk, Percentiles, RiskReport, Simulation};
use serde_json::{Map, Value, json};

use crate::schedules::{diagnostics, moment, number};

/// guatu-risk/1. `read` are the findings of the reader, printed before the kernel's.
pub fn answer(plan: &Plan, report: &RiskReport, simulation: Simulation, read: &[Diagnostic]) -> Value {
    let mut activities = Map::new();
    for (at, risk) in report.activities.iter().enumerate() {
        if let Some(risk) = risk {
            let value = json!({ "criticality": number(risk.criticality), "cruciality": risk.cruciality.map(number) });
            activities.insert(plan.activities[at].id.clone(), value);
        }
    }
    let mut milestones = Map::new();
    for one in &report.milestones {
        milestones.insert(plan.activities[one.activity].id.clone(), milestone(plan, one));
    }
    json!({
        "format": "guatu-risk/1",
        "seed": simulation.seed,
        "iterations": report.iterations,
        "finish": report.finish.map(percentiles),
        "milestones": milestones,
        "activities": activities,
        "diagnostics": diagnostics(read.iter().chain(&report.diagnostics)),
    })
}

/// The answer to a plan that could not be read.
pub fn refused(read: &[Diagnostic]) -> Value {
    json!({
        "format": "guatu-risk/1",
        "finish": null,
        "milestones": {},
        "activities": {},
        "diagnostics": diagnostics(read.iter()),
    })
}

fn percentiles(of: Percentiles) -> Value {
    json!({ "p50": moment(of.p50), "p80": moment(of.p80), "p90": moment(of.p90) })
}

fn milestone(plan: &Plan, one: &MilestoneRisk) -> Value {
    let movers = one.movers.iter().filter_map(|mover| {
        // A plan file has no register of events.
        let Cause::Activity(activity) = mover.cause else { return None };
        Some(json!({
            "activity": plan.activities[activity].id,
            "correlation": number(mover.correlation),
            "swing_days": number(mover.swing_days),
        }))
    });
    json!({
        "name": plan.mandated[one.mandate].name,
        "finish_by": moment(one.finish_by),
        "probability": number(one.probability),
        "p50": moment(one.percentiles.p50),
        "p80": moment(one.percentiles.p80),
        "p90": moment(one.percentiles.p90),
        "tornado": movers.collect::<Vec<_>>(),
    })
}
