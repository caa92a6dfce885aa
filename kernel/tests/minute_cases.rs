//! Minute plans worked out by hand: stops within a day, shifts past midnight, whole days beside hours, dates alone.

mod reader;

use guatu_kernel::plan::Moment;
use guatu_kernel::{Concession, Schedule};
use reader::text::checked;
use serde_json::{Value, json};

const DAY_SHIFT: [&str; 2] = ["08:00-12:00", "13:00-17:00"];

fn week(bands: &Value, days: usize) -> Value {
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    Value::Object(names[..days].iter().map(|day| ((*day).to_owned(), bands.clone())).collect())
}

fn scheduled(mut plan: Value) -> Schedule {
    plan["granularity"] = json!("minute");
    plan["start"] = json!("2026-06-01");
    plan["calendars"] = json!([
        {"id": "site", "week": week(&json!(DAY_SHIFT), 5)},
        {"id": "night", "week": week(&json!(["22:00-30:00"]), 5)},
        {"id": "days", "week": week(&json!(true), 7)},
    ]);
    plan["calendar"] = json!("site");
    checked(&reader::plan(&plan))
}

fn shown(moment: Moment) -> String {
    match moment {
        Moment::Day(day) => day.to_string()[5..].to_owned(),
        Moment::Instant(at) => at.to_string()[5..16].to_owned(),
    }
}

fn early(schedule: &Schedule, at: usize) -> (String, String) {
    let dates = schedule.activities[at].as_ref().expect("it has dates");
    (shown(dates.early_start), shown(dates.early_finish))
}

fn pair(start: &str, finish: &str) -> (String, String) {
    (start.to_owned(), finish.to_owned())
}

#[test]
fn stops_cut_hours_of_the_work_they_name() {
    let schedule = scheduled(json!({
        "stops": [{"from": "2026-06-01T10:00", "to": "2026-06-01T15:00", "kinds": ["earthwork"]}],
        "activities": [{"id": "A", "duration": "8h", "work_kind": "earthwork"}, {"id": "B", "duration": "8h"}],
    }));
    assert_eq!(early(&schedule, 0), pair("06-01T08:00", "06-02T12:00"));
    assert_eq!(early(&schedule, 1), pair("06-01T08:00", "06-01T17:00"));
}

#[test]
fn a_date_alone_begins_with_the_shift_that_begins_on_it() {
    let schedule = scheduled(json!({
        "activities": [{"id": "A", "duration": "8h", "calendar": "night",
            "constraint": {"kind": "start_no_earlier_than", "on": "2026-06-03"}}],
    }));
    assert_eq!(early(&schedule, 0), pair("06-03T22:00", "06-04T06:00"));
}

#[test]
fn whole_days_beside_hours() {
    let schedule = scheduled(json!({
        "activities": [
            {"id": "A", "duration": "4h"},
            {"id": "B", "duration": "2d", "calendar": "days", "deadline": "2026-06-04"},
            {"id": "C", "duration": "4h"},
        ],
        "links": [{"from": "A", "to": "B"}, {"from": "B", "to": "C"}],
    }));
    assert_eq!(early(&schedule, 1), pair("06-02", "06-03"));
    assert_eq!(early(&schedule, 2), pair("06-04T08:00", "06-04T12:00"));
    assert_eq!(
        schedule.activities[1].as_ref().and_then(|dates| dates.late_finish).map(shown),
        Some("06-03".to_owned())
    );
}

#[test]
fn points_between_bands_stay_where_they_are() {
    let schedule = scheduled(json!({
        "activities": [
            {"id": "A", "duration": "8h"},
            {"id": "F", "kind": "finish_milestone"},
            {"id": "S", "kind": "start_milestone"},
        ],
        "links": [{"from": "A", "to": "F"}, {"from": "F", "to": "S"}],
    }));
    assert_eq!(early(&schedule, 1), pair("06-01T17:00", "06-01T17:00"));
    assert_eq!(early(&schedule, 2), pair("06-02T08:00", "06-02T08:00"));
    let floats: Vec<Option<f64>> = schedule.activities.iter().flatten().map(|dates| dates.total_float_days).collect();
    assert_eq!(floats, [Some(0.0); 3]);
}

#[test]
fn a_mandated_date_alone_is_inclusive_and_hours_are_saved_in_days() {
    let mandated = |on: &str| {
        scheduled(json!({
            "activities": [{"id": "A", "duration": "10d"}, {"id": "B", "duration": "10d"}],
            "links": [{"from": "A", "to": "B"}],
            "mandated": [{"activity": "B", "finish_by": on}],
        }))
    };
    let kept = mandated("2026-06-26");
    assert_eq!((kept.milestones[0].float_days, kept.milestones[0].concessions.len()), (Some(0.0), 0));
    let late = mandated("2026-06-25T12:00");
    assert_eq!(late.milestones[0].float_days, Some(-1.5));
    assert!(
        matches!(&late.milestones[0].concessions[1], Concession::Shorten { days: 2, .. }),
        "{:?}",
        late.milestones[0].concessions
    );
}

#[test]
fn breaks_are_counted_in_hours_of_the_shift() {
    // Six hours of work, four of rest over the evening, six of work; a night shift passes midnight within its break.
    let schedule = scheduled(json!({
        "activities": [
            {"id": "A", "duration": "12h", "breaks": [{"after": "6h", "length": "4h"}]},
            {"id": "N", "duration": "8h", "calendar": "night", "breaks": [{"after": "1h", "length": "2h"}]},
            {"id": "D", "duration": "3d", "calendar": "days", "breaks": [{"after": "1d", "length": "2d"}]},
        ],
    }));
    assert_eq!(early(&schedule, 0), pair("06-01T08:00", "06-02T17:00"));
    assert_eq!(early(&schedule, 1), pair("06-01T22:00", "06-03T00:00"));
    assert_eq!(early(&schedule, 2), pair("06-01", "06-05"));
    let breaks: Vec<_> = schedule.breaks.iter().map(|one| (one.activity, shown(one.from), shown(one.to))).collect();
    let told = |activity: usize, from: &str, to: &str| (activity, from.to_owned(), to.to_owned());
    assert_eq!(
        breaks,
        [told(0, "06-01T15:00", "06-02T10:00"), told(1, "06-01T23:00", "06-02T01:00"), told(2, "06-02", "06-03"),]
    );
}
