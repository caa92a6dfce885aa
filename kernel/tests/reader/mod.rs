//! A small reader of guatu-plan JSON for the kernel's tests; the reader people use belongs to `formats`.

#![allow(dead_code)] // each test target uses its part of the reader

pub mod text;

use guatu_kernel::plan::*;
use jiff::civil::{Date, DateTime};
use serde_json::Value;

const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn text(value: &Value, key: &str) -> Option<String> {
    value[key].as_str().map(str::to_owned)
}

pub fn moment(text: &str) -> Moment {
    if text.len() == 10 {
        Moment::Day(text.parse::<Date>().expect("a date in a test"))
    } else {
        Moment::Instant(text.parse::<DateTime>().expect("an instant in a test"))
    }
}

fn moment_at(value: &Value, key: &str) -> Option<Moment> {
    value[key].as_str().map(moment)
}

/// `3d`, `12h`, `2d4h`, `-240m`, `e-2d`, `50%`.
pub fn span(text: &str) -> Span {
    if let Some(percent) = text.strip_suffix('%') {
        return Span::Percent { percent_e3: (percent.parse::<f64>().expect("a percentage") * 1000.0).round() as i64 };
    }
    let (is_elapsed, text) = text.strip_prefix('e').map_or((false, text), |rest| (true, rest));
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (mut days_e3, mut minutes, mut number) = (0i64, 0i64, String::new());
    for c in text.chars() {
        let value = || number.parse::<f64>().expect("a number before a unit");
        match c {
            'd' => days_e3 += (value() * 1000.0).round() as i64,
            'h' => minutes += (value() * 60.0).round() as i64,
            'm' => minutes += value() as i64,
            _ => {
                number.push(c);
                continue;
            }
        }
        number.clear();
    }
    if is_elapsed {
        Span::Elapsed { minutes: sign * (days_e3 * 1440 / 1000 + minutes) }
    } else {
        Span::Working { days_e3: sign * days_e3, minutes: sign * minutes }
    }
}

fn band(text: &str) -> Band {
    let minute = |text: &str| {
        let (hours, minutes) = text.split_once(':').expect("hh:mm");
        hours.parse::<u16>().expect("hours") * 60 + minutes.parse::<u16>().expect("minutes")
    };
    let (from, to) = text.split_once('-').expect("a band");
    Band { from_minute: minute(from), to_minute: minute(to) }
}

fn work(value: &Value) -> DayWork {
    match value {
        Value::Bool(true) => DayWork::Usual,
        Value::Array(bands) => DayWork::Bands(bands.iter().filter_map(Value::as_str).map(band).collect()),
        _ => DayWork::Free,
    }
}

fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

fn calendar(value: &Value) -> Calendar {
    let exceptions = items(value, "exceptions").map(|exception| CalendarException {
        from: moment_at(exception, "from").expect("from").date(),
        to: moment_at(exception, "to").expect("to").date(),
        work: work(&exception["working"]),
        name: None,
    });
    Calendar {
        id: text(value, "id").expect("a calendar id"),
        name: None,
        week: std::array::from_fn(|day| work(&value["week"][WEEK[day]])),
        minutes_per_day: (value["hours_per_day"].as_f64().unwrap_or(8.0) * 60.0) as u32,
        exceptions: exceptions.collect(),
    }
}

fn constraint(value: &Value) -> Constraint {
    let kind = match value["kind"].as_str().expect("a constraint kind") {
        "start_no_earlier_than" => ConstraintKind::StartNoEarlierThan,
        "start_no_later_than" => ConstraintKind::StartNoLaterThan,
        "finish_no_earlier_than" => ConstraintKind::FinishNoEarlierThan,
        "finish_no_later_than" => ConstraintKind::FinishNoLaterThan,
        "start_on" => ConstraintKind::StartOn,
        "finish_on" => ConstraintKind::FinishOn,
        "as_late_as_possible" => ConstraintKind::AsLateAsPossible,
        other => panic!("constraint {other}"),
    };
    Constraint { kind, on: moment_at(value, "on"), is_hard: value["hard"].as_bool().unwrap_or(false) }
}

fn stop(value: &Value) -> Stop {
    let at = |key: &str| value[key].as_str().map(|text| text.parse::<DateTime>().expect("an instant"));
    Stop {
        from: at("from").expect("from"),
        to: at("to"),
        level: text(value, "level"),
        kinds: items(value, "kinds").filter_map(Value::as_str).map(str::to_owned).collect(),
        source: None,
    }
}

fn break_of(value: &Value) -> Break {
    let of = |key: &str| span(&text(value, key).expect(key));
    Break { after: of("after"), length: of("length") }
}

fn activity(value: &Value) -> Activity {
    let kind = match value["kind"].as_str().unwrap_or("task") {
        "task" => ActivityKind::Task,
        "milestone" => ActivityKind::Milestone,
        "start_milestone" => ActivityKind::StartMilestone,
        "finish_milestone" => ActivityKind::FinishMilestone,
        "summary" => ActivityKind::Summary,
        "hammock" => ActivityKind::Hammock,
        other => panic!("kind {other}"),
    };
    let duration = text(value, "duration").map_or(Span::ZERO, |duration| span(&duration));
    let constraints = match &value["constraint"] {
        Value::Array(several) => several.iter().map(constraint).collect(),
        Value::Null => Vec::new(),
        one => vec![constraint(one)],
    };
    Activity {
        kind,
        parent: text(value, "parent"),
        work_kind: text(value, "work_kind"),
        calendar: text(value, "calendar"),
        start: moment_at(value, "start"),
        constraints,
        deadline: moment_at(value, "deadline"),
        actual_start: moment_at(value, "actual_start"),
        actual_finish: moment_at(value, "actual_finish"),
        percent_e3: value["percent"].as_f64().map(|percent| (percent * 1000.0) as u32),
        breaks: items(value, "breaks").map(break_of).collect(),
        remaining: text(value, "remaining").map(|remaining| span(&remaining)),
        resume: moment_at(value, "resume"),
        expected_finish: moment_at(value, "expected_finish"),
        min_duration: text(value, "min_duration").map(|least| span(&least)),
        is_compressible: value["compressible"].as_bool().unwrap_or(true),
        stops: items(value, "stops").map(stop).collect(),
        ..Activity::task(text(value, "id").expect("an id"), duration)
    }
}

fn link(value: &Value) -> Link {
    let kind = match value["kind"].as_str().unwrap_or("FS") {
        "SS" => LinkKind::SS,
        "FF" => LinkKind::FF,
        "SF" => LinkKind::SF,
        _ => LinkKind::FS,
    };
    Link {
        from: text(value, "from").expect("from"),
        to: text(value, "to").expect("to"),
        kind,
        lag: text(value, "lag").map_or(Span::ZERO, |lag| span(&lag)),
        at: None,
    }
}

fn options(value: &Value) -> Options {
    Options {
        lag_calendar: match value["lag_calendar"].as_str() {
            Some("successor") => LagCalendar::Successor,
            Some("project") => LagCalendar::Project,
            Some("elapsed") => LagCalendar::Elapsed,
            _ => LagCalendar::Predecessor,
        },
        progress: match value["progress"].as_str() {
            Some("override") => ProgressRule::Override,
            Some("actual_dates") => ProgressRule::ActualDates,
            _ => ProgressRule::RetainedLogic,
        },
        remaining: match value["remaining"].as_str() {
            Some("after_worked_part") => RemainingRule::AfterWorkedPart,
            _ => RemainingRule::FromDataDate,
        },
        critical: match value["critical"].as_str() {
            Some("minimum") => CriticalRule::Minimum,
            Some("longest_path") => CriticalRule::LongestPath,
            _ => CriticalRule::Zero,
        },
        as_late: if value["as_late"] == "total_float" { AsLateRule::TotalFloat } else { AsLateRule::FreeFloat },
        min_duration_percent_e3: None,
    }
}

/// Reads a plan from its JSON value.
pub fn plan(value: &Value) -> Plan {
    let mandate = |value: &Value| Mandate {
        activity: text(value, "activity").expect("a mandated activity"),
        finish_by: moment_at(value, "finish_by").expect("a mandated date"),
        name: None,
    };
    Plan {
        name: None,
        granularity: if value["granularity"] == "minute" { Granularity::Minute } else { Granularity::Day },
        start: moment_at(value, "start").expect("a start"),
        data_date: moment_at(value, "data_date"),
        calendar: text(value, "calendar"),
        options: options(&value["options"]),
        calendars: items(value, "calendars").map(calendar).collect(),
        activities: items(value, "activities").map(activity).collect(),
        links: items(value, "links").map(link).collect(),
        resources: Vec::new(),
        mandated: items(value, "mandated").map(mandate).collect(),
        stops: items(value, "stops").map(stop).collect(),
    }
}
