//! Schedules as answers: guatu-schedule/1 (JSON) and the CSV by which saved files are compared.

use guatu_kernel::diagnose::{Diagnostic, Severity};
use guatu_kernel::plan::{Activity, Moment, Plan};
use guatu_kernel::{BreakDates, Concession, Dates, Driver, Outlook, Schedule, Strength};
use serde_json::{Map, Value, json};

use crate::plans::codes::LEFT_OUT;
use crate::plans::{PlannedActivity, PlannedDates, SavedDates};

/// Floats to single milestones that an answer holds at most: a table of every activity by every date beyond it is larger
/// than any plan, and nobody reads it.
const MOST_FLOATS: usize = 2_000_000;

/// guatu-schedule/1. `read` are the findings of the reader, printed before the kernel's. Where activities times mandated dates
/// are more than [`MOST_FLOATS`], `float_to` is empty and a finding says so; the milestones have their own float all the same.
pub fn answer(plan: &Plan, schedule: &Schedule, read: &[Diagnostic]) -> Value {
    let cells = schedule.activities.len().saturating_mul(schedule.milestones.len());
    let has_floats = cells <= MOST_FLOATS;
    let mut activities = Map::new();
    for (at, dates) in schedule.activities.iter().enumerate() {
        if let Some(dates) = dates {
            activities.insert(plan.activities[at].id.clone(), activity(plan, schedule, at, dates, has_floats));
        }
    }
    let left_out = (!has_floats).then(|| Diagnostic {
        code: LEFT_OUT,
        severity: Severity::Warning,
        activity: None,
        at: None,
        params: vec![cells.to_string()],
        message: format!(
            "`float_to` is left out: it would hold {cells} floats; ask for fewer mandated dates at a time"
        ),
    });
    let mut milestones = Map::new();
    for outlook in &schedule.milestones {
        milestones.insert(plan.activities[outlook.activity].id.clone(), milestone(plan, outlook));
    }
    json!({
        "format": "guatu-schedule/1",
        "start": schedule.start.map(moment),
        "finish": schedule.finish.map(moment),
        "activities": activities,
        "milestones": milestones,
        "diagnostics": diagnostics(read.iter().chain(&schedule.diagnostics).chain(&left_out)),
    })
}

/// The answer to a plan that could not be read: no dates, and why.
pub fn refused(read: &[Diagnostic]) -> Value {
    json!({
        "format": "guatu-schedule/1",
        "start": null,
        "finish": null,
        "activities": {},
        "milestones": {},
        "diagnostics": diagnostics(read.iter()),
    })
}

/// Findings as the answer lists them.
pub fn diagnostics<'a>(found: impl Iterator<Item = &'a Diagnostic>) -> Vec<Value> {
    found
        .map(|one| {
            json!({
                "code": one.code,
                "severity": one.severity.to_string(),
                "activity": one.activity,
                "at": one.at,
                "message": one.message,
            })
        })
        .collect()
}

fn activity(plan: &Plan, schedule: &Schedule, at: usize, dates: &Dates, has_floats: bool) -> Value {
    // Null where a mandated date is not reachable from the activity (contract rule 13).
    let milestones = schedule.milestones.iter().filter(|_| has_floats);
    let mut float_to: Map<String, Value> =
        milestones.map(|outlook| (plan.activities[outlook.activity].id.clone(), Value::Null)).collect();
    for (milestone, days) in schedule.float_to(at).filter(|_| has_floats) {
        let id = &plan.activities[schedule.milestones[milestone].activity].id;
        float_to.insert(id.clone(), number(days));
    }
    let mut told = json!({
        "early_start": moment(dates.early_start),
        "early_finish": moment(dates.early_finish),
        "late_start": dates.late_start.map(moment),
        "late_finish": dates.late_finish.map(moment),
        "total_float_days": dates.total_float_days.map(number),
        "free_float_days": dates.free_float_days.map(number),
        "is_critical": dates.is_critical,
        "float_to": float_to,
        "driver": dates.driver.map(|driver| driver_value(plan, driver)),
    });
    tell_breaks(&mut told, schedule.breaks_of(at));
    told
}

/// Adds the breaks of an activity that has any.
pub(crate) fn tell_breaks<'b>(told: &mut Value, breaks: impl Iterator<Item = &'b BreakDates>) {
    let breaks: Vec<Value> = breaks.map(|one| json!({ "from": moment(one.from), "to": moment(one.to) })).collect();
    if !breaks.is_empty() {
        told["breaks"] = Value::Array(breaks);
    }
}

pub(crate) fn driver_value(plan: &Plan, driver: Driver) -> Value {
    match driver {
        Driver::Link { from } => json!({ "kind": "link", "from": plan.activities[from].id }),
        Driver::Constraint => json!({ "kind": "constraint" }),
        Driver::Start => json!({ "kind": "start" }),
        Driver::DataDate => json!({ "kind": "data_date" }),
        Driver::Actual => json!({ "kind": "actual" }),
        Driver::Calendar => json!({ "kind": "calendar" }),
    }
}

fn milestone(plan: &Plan, outlook: &Outlook) -> Value {
    let chain: Vec<&str> = outlook.driving_chain.iter().map(|at| plan.activities[*at].id.as_str()).collect();
    json!({
        "name": plan.mandated[outlook.mandate].name,
        "finish_by": moment(outlook.finish_by),
        "forecast": moment(outlook.forecast),
        "float_days": outlook.float_days.map(number),
        "driving_chain": chain,
        "concessions": outlook.concessions.iter().map(|one| concession(plan, one)).collect::<Vec<_>>(),
    })
}

/// A concession. Where no shortening cures, `days_remaining` says how late the date still is at best. `cost`, in yuan, is
/// what a shortening costs when every activity it asks has a price of a day; else null.
pub fn concession(plan: &Plan, concession: &Concession) -> Value {
    match concession {
        Concession::MoveDate { working_days, calendar_days, to } => json!({
            "kind": "move_date", "days": number(*working_days), "calendar_days": calendar_days, "to": moment(*to),
            "strength": "proved",
        }),
        Concession::Shorten { days, strength, on } => {
            let price = |(at, days): &(usize, i64)| plan.activities[*at].cost_per_day_fen?.checked_mul(*days);
            let cost_fen = on.iter().map(price).try_fold(0, |sum: i64, price| sum.checked_add(price?));
            let on: Vec<Value> =
                on.iter().map(|(at, days)| json!({ "activity": plan.activities[*at].id, "days": days })).collect();
            json!({
                "kind": "shorten", "days": days, "strength": strength_name(*strength), "on": on,
                "cost": cost_fen.map(|fen| number(fen as f64 / 100.0)),
            })
        }
        Concession::WorkDays { on, strength } => json!({
            "kind": "work_days", "days": on.len(), "strength": strength_name(*strength),
            "on": on.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }),
        Concession::AddCrews { activity, crews, added, days, strength, shared } => {
            let id = |at: &usize| &plan.activities[*at].id;
            let shared: Vec<Value> = shared
                .iter()
                .map(|one| {
                    let with: Vec<_> = one.with.iter().map(id).collect();
                    json!({ "resource": plan.resources[one.resource].id, "with": with })
                })
                .collect();
            json!({
                "kind": "add_crews", "crews": added, "days": number(*days), "strength": strength_name(*strength),
                "on": [{ "activity": id(activity), "crews_now": crews, "crews": added, "days": number(*days) }],
                "shared": shared,
            })
        }
        Concession::NotCurable { remaining_days, strength } => json!({
            "kind": "shorten", "curable": false, "days_remaining": number(*remaining_days),
            "strength": strength_name(*strength), "on": [],
        }),
    }
}

fn strength_name(strength: Strength) -> &'static str {
    match strength {
        Strength::Proved => "proved",
        Strength::Irreducible => "irreducible",
        Strength::Found => "found",
    }
}

/// Whole numbers print without a fraction.
pub(crate) fn number(days: f64) -> Value {
    if days.fract() == 0.0 && days.abs() < 1e15 { json!(days as i64) } else { json!(days) }
}

/// `YYYY-MM-DD`, or `YYYY-MM-DDTHH:MM`.
pub fn moment(moment: Moment) -> String {
    match moment {
        Moment::Day(date) => date.to_string(),
        Moment::Instant(instant) => instant.strftime("%Y-%m-%dT%H:%M").to_string(),
    }
}

/// Dates of a schedule to be written beside its plan.
pub fn planned(plan: &Plan, schedule: &Schedule) -> PlannedDates {
    let each =
        plan.activities.iter().zip(&schedule.activities).enumerate().map(|(at, (activity, dates))| match dates {
            None => PlannedActivity::default(),
            Some(dates) => PlannedActivity {
                start: Some(dates.early_start),
                finish: Some(dates.early_finish),
                late_start: dates.late_start,
                late_finish: dates.late_finish,
                total_float_minutes: dates.total_float_days.map(|days| float_minutes(plan, activity, days)),
                is_critical: dates.is_critical,
                breaks: schedule.breaks_of(at).map(|one| (one.from, one.to)).collect(),
            },
        });
    PlannedDates { activities: each.collect() }
}

/// Float in minutes of an activity's own calendar.
pub(crate) fn float_minutes(plan: &Plan, activity: &Activity, days: f64) -> i64 {
    in_minutes(days, minutes_per_day(plan, activity))
}

/// Minutes that a day of an activity's own calendar means.
fn minutes_per_day(plan: &Plan, activity: &Activity) -> u32 {
    let calendar = activity.calendar.as_ref().or(plan.calendar.as_ref());
    plan.calendars.iter().find(|one| Some(&one.id) == calendar).map_or(480, |calendar| calendar.minutes_per_day)
}

fn in_minutes(days: f64, minutes_per_day: u32) -> i64 {
    (days * f64::from(minutes_per_day)).round() as i64
}

/// CSV with one line an activity: `uid,name,early_start,early_finish,late_start,late_finish,total_float_minutes,is_critical`.
///
/// Total float is in minutes of the activity's own calendar; in a day plan a day is that calendar's `hours_per_day`.
/// `uid` is the number the program that saved the plan knows the activity by, and the id where there is none.
pub fn csv(plan: &Plan, saved: &SavedDates, schedule: &Schedule) -> String {
    let mut text =
        String::from("uid,name,early_start,early_finish,late_start,late_finish,total_float_minutes,is_critical\n");
    for (at, (activity, dates)) in plan.activities.iter().zip(&schedule.activities).enumerate() {
        let uid = saved.activities.get(at).map(|saved| saved.uid.as_str()).filter(|uid| !uid.is_empty());
        let cells = match dates {
            None => [const { String::new() }; 6],
            Some(dates) => [
                moment(dates.early_start),
                moment(dates.early_finish),
                dates.late_start.map(moment).unwrap_or_default(),
                dates.late_finish.map(moment).unwrap_or_default(),
                dates.total_float_days.map(|days| float_minutes(plan, activity, days).to_string()).unwrap_or_default(),
                dates.is_critical.to_string(),
            ],
        };
        text.push_str(&quoted(uid.unwrap_or(&activity.id)));
        text.push(',');
        text.push_str(&quoted(&activity.name));
        for cell in cells {
            text.push(',');
            text.push_str(&cell);
        }
        text.push('\n');
    }
    text
}

/// A CSV cell: quoted where needed, and never taken for a formula by a spreadsheet.
fn quoted(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r', '\'']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}
