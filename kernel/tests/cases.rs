//! The published critical-path cases: every date, float and flag they state.
//!
//! Day plans must agree to the day. In minute plans two instants with no working time between them are equal.

mod reader;

use guatu_kernel::plan::{Calendar, DayWork, Granularity, Moment, Plan};
use guatu_kernel::{Dates, schedule};
use jiff::civil::{Date, date};
use serde_json::Value;

/// Minute cases that agree; it must not fall.
const MINUTE_CASES: usize = 29;

/// Working minutes of a day as a list, bands of the day before included; a day without bands is worked around the clock.
fn worked(calendar: &Calendar, on: Date) -> Vec<bool> {
    let bands_of = |day: Date| {
        let exception = calendar.exceptions.iter().rev().find(|e| e.from <= day && day <= e.to);
        match exception.map_or(calendar.weekday(day.weekday()), |e| &e.work) {
            DayWork::Free => Vec::new(),
            DayWork::Usual => vec![(0, 1440)],
            DayWork::Bands(bands) => bands.iter().map(|b| (i32::from(b.from_minute), i32::from(b.to_minute))).collect(),
        }
    };
    let eve = on.yesterday().expect("not the first day of time");
    let carried: Vec<(i32, i32)> = bands_of(eve).iter().map(|(from, to)| (from - 1440, to - 1440)).collect();
    let bands: Vec<(i32, i32)> = bands_of(on).into_iter().chain(carried).collect();
    (0..1440).map(|minute| bands.iter().any(|(from, to)| (*from..*to).contains(&minute))).collect()
}

fn minute(moment: Moment) -> i64 {
    let (day, time) = match moment {
        Moment::Day(day) => (day, 0),
        Moment::Instant(at) => (at.date(), i64::from(at.time().hour()) * 60 + i64::from(at.time().minute())),
    };
    i64::from((day - date(1970, 1, 1)).get_days()) * 1440 + time
}

fn are_equal(calendar: &Calendar, a: Moment, b: Moment) -> bool {
    if matches!(a, Moment::Day(_)) != matches!(b, Moment::Day(_)) {
        return false;
    }
    let (from, to) = (minute(a).min(minute(b)), minute(a).max(minute(b)));
    if matches!(a, Moment::Day(_)) || to - from > 20 * 1440 {
        return from == to;
    }
    (from..to).all(|at| {
        let on = date(1970, 1, 1).saturating_add(jiff::Span::new().days(at.div_euclid(1440)));
        !worked(calendar, on)[at.rem_euclid(1440) as usize]
    })
}

fn differences(plan: &Plan, expected: &Value) -> Vec<String> {
    let schedule = schedule(plan);
    let mut found = Vec::new();
    if expected["error"] == Value::Bool(true) {
        if !schedule.has_errors() {
            found.push("no error reported".to_owned());
        }
        return found;
    }
    if schedule.has_errors() {
        found.push(format!("{:?}", schedule.diagnostics));
    }
    found.extend(guatu_kernel::check::check(plan, &schedule));
    let plan_calendar = &plan.calendars[0];
    let mut compare = |what: String, calendar: &Calendar, got: Option<Moment>, want: &Value| {
        let want = want.as_str().map(reader::moment);
        let is_same = match (got, want) {
            (Some(got), Some(want)) => are_equal(calendar, got, want),
            (got, want) => got == want,
        };
        if !is_same {
            found.push(format!("{what}: {got:?}, expected {want:?}"));
        }
    };
    if let Some(want) = expected.get("finish") {
        compare("finish".to_owned(), plan_calendar, schedule.finish, want);
    }
    let empty = serde_json::Map::new();
    let activities = expected["activities"].as_object().unwrap_or(&empty);
    let find = |id: &str| plan.activities.iter().position(|activity| activity.id == id).expect("a known activity");
    for (id, want) in activities {
        let at = find(id);
        let own = plan.activities[at].calendar.as_ref();
        let calendar = own.and_then(|id| plan.calendars.iter().find(|c| c.id == *id)).unwrap_or(plan_calendar);
        let Some(dates) = &schedule.activities[at] else { continue };
        for (key, want) in want.as_object().expect("expected fields") {
            if let Some(got) = moment_field(dates, key) {
                compare(format!("{id}.{key}"), calendar, got, want);
            }
        }
    }
    for (id, want) in activities {
        match &schedule.activities[find(id)] {
            Some(dates) => found.extend(number_differences(id, dates, want)),
            None => found.push(format!("{id}: no dates")),
        }
    }
    found
}

fn moment_field(dates: &Dates, key: &str) -> Option<Option<Moment>> {
    match key {
        "early_start" => Some(Some(dates.early_start)),
        "early_finish" => Some(Some(dates.early_finish)),
        "late_start" => Some(dates.late_start),
        "late_finish" => Some(dates.late_finish),
        _ => None,
    }
}

fn number_differences(id: &str, dates: &Dates, want: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (key, got) in [("total_float_days", dates.total_float_days), ("free_float_days", dates.free_float_days)] {
        if let Some(want) = want.get(key)
            && want.as_f64() != got
        {
            found.push(format!("{id}.{key}: {got:?}, expected {want}"));
        }
    }
    if let Some(want) = want["is_critical"].as_bool()
        && want != dates.is_critical
    {
        found.push(format!("{id}.is_critical: {}", dates.is_critical));
    }
    found
}

#[test]
fn published_cases() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/cpm-cases.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("{path} is not there; nothing to compare with");
        return;
    };
    let file: Value = serde_json::from_str(&text).expect("the cases are JSON");
    let (mut days, mut days_passed, mut minutes, mut minutes_passed) = (0, 0, 0, 0);
    for case in file["cases"].as_array().expect("a list of cases") {
        let plan = reader::plan(&case["plan"]);
        let found = differences(&plan, &case["expect"]);
        for difference in &found {
            println!("{}: {difference}", case["id"]);
        }
        let (all, passed) = match plan.granularity {
            Granularity::Day => (&mut days, &mut days_passed),
            Granularity::Minute => (&mut minutes, &mut minutes_passed),
        };
        *all += 1;
        *passed += usize::from(found.is_empty());
    }
    println!("day cases {days_passed} of {days}, minute cases {minutes_passed} of {minutes}");
    assert_eq!(days_passed, days, "every day case agrees");
    assert!(minutes_passed >= MINUTE_CASES.min(minutes), "{minutes_passed} of {minutes} minute cases agree");
}
