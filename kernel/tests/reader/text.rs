//! Plans as a few lines of text, and what a schedule says about them, for cases that read as tables.
//!
//! ```text
//! start 2026-06-01
//! A 3d snet=2026-06-03          an activity: id, duration or kind, attributes
//! A 5d break=3d+2d              a break: after how much of the work, for how long
//! A -> B FS 2d                  a link
//! by Z 2026-06-30               a mandated date
//! resource crew 2 six 2026-07-01=3   a resource: capacity, calendar or `-`, steps
//! crew goes A B C               the route of a resource
//! A needs crew 2                what an activity needs
//! A makes 26 1 2                what it makes: total, a day and crew (or `-`), crews
//! ```

use guatu_kernel::plan::*;
use guatu_kernel::{Concession, Driver, Schedule, schedule};
use serde_json::{Value, json};

const KINDS: [&str; 5] = ["milestone", "start_milestone", "finish_milestone", "summary", "hammock"];

/// Weekdays worked, from a word: `mf` Monday to Friday, `six` to Saturday, `all` every day.
fn calendars() -> Value {
    let week =
        |days: &[&str]| days.iter().map(|day| ((*day).to_owned(), json!(true))).collect::<serde_json::Map<_, _>>();
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    json!([
        {"id": "mf", "week": week(&days[..5])},
        {"id": "six", "week": week(&days[..6])},
        {"id": "all", "week": week(&days)},
    ])
}

fn activity(words: &[&str]) -> Value {
    let mut value = json!({"id": words[0], "constraint": []});
    if KINDS.contains(&words[1]) {
        value["kind"] = json!(words[1]);
    } else {
        value["duration"] = json!(words[1]);
    }
    for word in &words[2..] {
        let (key, of) = word.split_once('=').unwrap_or((word, ""));
        let (key, is_hard) = key.strip_prefix('!').map_or((key, false), |key| (key, true));
        let kind = match key {
            "snet" => "start_no_earlier_than",
            "snlt" => "start_no_later_than",
            "fnet" => "finish_no_earlier_than",
            "fnlt" => "finish_no_later_than",
            "start_on" => "start_on",
            "finish_on" => "finish_on",
            "alap" => "as_late_as_possible",
            _ => "",
        };
        match (kind, key) {
            ("", "stop") => {
                let (from, to) = of.split_once('/').expect("from/to");
                value["stops"] = json!([{"from": from, "to": to}]);
            }
            ("", "break") => {
                let (after, length) = of.split_once('+').expect("after+length");
                let broken = json!({"after": after, "length": length});
                match value["breaks"].as_array_mut() {
                    Some(list) => list.push(broken),
                    None => value["breaks"] = json!([broken]),
                }
            }
            ("", "fixed") => value["compressible"] = json!(false),
            ("", "percent") => value["percent"] = json!(of.parse::<f64>().expect("a percentage")),
            ("", key) => value[key] = json!(of),
            ("as_late_as_possible", _) => {
                value["constraint"].as_array_mut().expect("a list").push(json!({"kind": kind}));
            }
            (kind, _) => {
                let constraint = json!({"kind": kind, "on": of, "hard": is_hard});
                value["constraint"].as_array_mut().expect("a list").push(constraint);
            }
        }
    }
    value
}

/// Reads a plan from text. `option key=value` sets an option, `free 2026-10-01/2026-10-07` and `work …` are exceptions
/// of calendar `mf`, `data_date …` and `start …` are dates.
pub fn plan(text: &str) -> Plan {
    let mut value = json!({"granularity": "day", "start": "2026-06-01", "calendar": "mf", "calendars": calendars(),
        "options": {}, "activities": [], "links": [], "mandated": []});
    fn push(value: &mut Value, key: &str, item: Value) {
        value[key].as_array_mut().expect("a list").push(item);
    }
    let (mut resources, mut needs, mut makes, mut routes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["resource", id, units, calendar, ref steps @ ..] => resources.push(resource(id, units, calendar, steps)),
            [resource, "goes", ref route @ ..] => {
                routes.push((resource, route.iter().map(|id| (*id).to_owned()).collect::<Vec<String>>()));
            }
            [activity, "needs", resource, amount] => {
                needs.push((activity, Need { resource: resource.to_owned(), amount: amount.parse().expect("units") }))
            }
            [activity, "makes", total, ref rates @ ..] => makes.push((activity, quantity(total, rates))),
            ["start" | "data_date", on] => value[words[0]] = json!(on),
            ["option", option] => {
                let (key, of) = option.split_once('=').expect("key=value");
                value["options"][key] = json!(of);
            }
            ["free" | "work", days] => {
                let (from, to) = days.split_once('/').unwrap_or((days, days));
                let exceptions = &mut value["calendars"][0]["exceptions"];
                let exception = json!({"from": from, "to": to, "working": words[0] == "work"});
                match exceptions.as_array_mut() {
                    Some(list) => list.push(exception),
                    None => *exceptions = json!([exception]),
                }
            }
            ["by", id, on] => push(&mut value, "mandated", json!({"activity": id, "finish_by": on})),
            [from, "->", to, ref rest @ ..] => {
                let kind = rest.first().unwrap_or(&"FS");
                let lag = rest.get(1).unwrap_or(&"0d");
                push(&mut value, "links", json!({"from": from, "to": to, "kind": kind, "lag": lag}));
            }
            _ => push(&mut value, "activities", activity(&words)),
        }
    }
    let mut plan = super::plan(&value);
    plan.resources = resources;
    for (resource, route) in routes {
        let found = plan.resources.iter_mut().find(|one| one.id == resource);
        found.expect("a resource with a route").route = route;
    }
    for (activity, quantity) in makes {
        let found = plan.activities.iter_mut().find(|one| one.id == activity);
        found.expect("an activity that makes something").quantity = Some(Box::new(quantity));
    }
    for (activity, need) in needs {
        let found = plan.activities.iter_mut().find(|one| one.id == activity);
        found.expect("an activity that needs something").needs.push(need);
    }
    plan
}

fn resource(id: &str, units: &str, calendar: &str, steps: &[&str]) -> Resource {
    let step = |text: &&str| {
        let (from, capacity) = text.split_once('=').expect("date=units");
        CapacityStep { from: from.parse().expect("a date"), capacity: capacity.parse().expect("units") }
    };
    Resource {
        id: id.to_owned(),
        capacity: units.parse().expect("units"),
        calendar: (calendar != "-").then(|| calendar.to_owned()),
        steps: steps.iter().map(step).collect(),
        route: Vec::new(),
    }
}

/// A quantity: the total, then what a crew makes in a day or `-`, then how many crews are planned.
fn quantity(total: &str, rates: &[&str]) -> Quantity {
    let number = |text: &&str| text.parse().expect("a number");
    Quantity {
        total: number(&total),
        unit: "floor".to_owned(),
        is_whole: false,
        per_day: rates.first().filter(|rate| **rate != "-").map(number),
        crews: rates.get(1).map(|crews| crews.parse().expect("crews")),
    }
}

/// Schedules a plan and has the checker confirm it.
pub fn checked(plan: &Plan) -> Schedule {
    let schedule = schedule(plan);
    let faults = guatu_kernel::check::check(plan, &schedule);
    assert!(faults.is_empty(), "{faults:#?}");
    schedule
}

fn day(moment: Moment) -> String {
    moment.date().to_string()[5..].to_owned()
}

/// One row for each activity: id, ES, EF, LS, LF, TF, FF, `*` when critical, and what holds it.
pub fn rows(plan: &Plan, schedule: &Schedule) -> Vec<String> {
    let name = |at: usize| plan.activities[at].id.clone();
    let rows = plan.activities.iter().zip(&schedule.activities).map(|(activity, dates)| {
        let Some(dates) = dates else { return format!("{} none", activity.id) };
        let late = |moment: Option<Moment>| moment.map_or("-".to_owned(), day);
        let float = |float: Option<f64>| float.map_or("-".to_owned(), |days| days.to_string());
        let driver = match dates.driver {
            None => "-".to_owned(),
            Some(Driver::Link { from }) => name(from),
            Some(driver) => format!("{driver:?}").to_lowercase(),
        };
        let critical = if dates.is_critical { " *" } else { "" };
        format!(
            "{} {} {} {} {} {} {}{critical} {driver}",
            activity.id,
            day(dates.early_start),
            day(dates.early_finish),
            late(dates.late_start),
            late(dates.late_finish),
            float(dates.total_float_days),
            float(dates.free_float_days),
        )
    });
    rows.collect()
}

/// One row for each mandated date: id, forecast, float, driving chain.
pub fn outlooks(plan: &Plan, schedule: &Schedule) -> Vec<String> {
    let name = |at: usize| plan.activities[at].id.clone();
    let rows = schedule.milestones.iter().map(|outlook| {
        let chain: Vec<String> = outlook.driving_chain.iter().map(|&at| name(at)).collect();
        let float = outlook.float_days.map_or("-".to_owned(), |days| days.to_string());
        format!("{} {} {float} {}", name(outlook.activity), day(outlook.forecast), chain.join(">"))
    });
    rows.collect()
}

/// The concessions of the first mandated date as words.
pub fn concessions(plan: &Plan, schedule: &Schedule) -> Vec<String> {
    let name = |at: usize| plan.activities[at].id.clone();
    let words = schedule.milestones[0].concessions.iter().map(|concession| match concession {
        Concession::MoveDate { working_days, calendar_days, to } => {
            format!("move {working_days}/{calendar_days} to {}", day(*to))
        }
        Concession::Shorten { days, strength, on } => {
            let on: Vec<String> = on.iter().map(|(at, days)| format!("{}{days}", name(*at))).collect();
            format!("shorten {days} {} {strength:?}", on.join(" "))
        }
        Concession::WorkDays { on, strength } => {
            let on: Vec<String> = on.iter().map(|day| day.to_string()[5..].to_owned()).collect();
            format!("work {} {strength:?}", on.join(" "))
        }
        Concession::AddCrews { activity, crews, added, days, strength, shared } => {
            let shared: Vec<String> = shared
                .iter()
                .map(|one| {
                    let with: Vec<String> = one.with.iter().map(|at| name(*at)).collect();
                    format!(" {} with {}", plan.resources[one.resource].id, with.join(" "))
                })
                .collect();
            format!("{} {crews}+{added} crews -{days}d{} {strength:?}", name(*activity), shared.concat())
        }
        Concession::NotCurable { remaining_days, strength } => format!("not curable {remaining_days} {strength:?}"),
    });
    words.collect()
}
