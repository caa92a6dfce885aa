//! Breaks within tasks as MS Project tells them, by how it spread the work of assignments. 2026-06-01 is a Monday.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use guatu_formats::plans::{self, Format, Limits, Reading};
use guatu_formats::schedules::planned;
use guatu_kernel::plan::{Break, Moment, Plan, Span};
use guatu_kernel::schedule;

/// A file with one task of some hours, its own fields, and its assignments.
fn file(hours: u32, fields: &str, assignments: &[String]) -> String {
    let week: String = (1..=7)
        .map(|day| match day {
            2..=6 => format!(
                "<WeekDay><DayType>{day}</DayType><DayWorking>1</DayWorking><WorkingTimes><WorkingTime>\
                 <FromTime>08:00:00</FromTime><ToTime>12:00:00</ToTime></WorkingTime><WorkingTime>\
                 <FromTime>13:00:00</FromTime><ToTime>17:00:00</ToTime></WorkingTime></WorkingTimes></WeekDay>"
            ),
            _ => format!("<WeekDay><DayType>{day}</DayType><DayWorking>0</DayWorking></WeekDay>"),
        })
        .collect();
    format!(
        "<?xml version=\"1.0\"?><Project xmlns=\"http://schemas.microsoft.com/project\">\
         <StartDate>2026-06-01T08:00:00</StartDate><CalendarUID>1</CalendarUID><MinutesPerDay>480</MinutesPerDay>\
         <Calendars><Calendar><UID>1</UID><Name>Standard</Name><IsBaseCalendar>1</IsBaseCalendar><WeekDays>{week}</WeekDays>\
         </Calendar></Calendars><Tasks><Task><UID>1</UID><Name>A</Name><Duration>PT{hours}H0M0S</Duration>{fields}</Task>\
         </Tasks><Assignments>{}</Assignments></Project>",
        assignments.concat()
    )
}

/// An assignment from rows such as `1T08-3T08 16`: days of June and hours from which to which, hours of work; `-` tells none.
fn assignment(units: f64, kind: u8, rows: &str) -> String {
    let instant = |at: &str| {
        let (day, hour) = at.split_once('T').unwrap();
        format!("2026-06-{day:0>2}T{hour}:00:00")
    };
    let row = |row: &str| {
        let (span, hours) = row.split_once(' ').unwrap();
        let (from, to) = span.split_once('-').unwrap();
        let value = if hours == "-" { String::new() } else { format!("<Value>PT{hours}H0M0S</Value>") };
        format!(
            "<TimephasedData><Type>{kind}</Type><UID>1</UID><Start>{}</Start><Finish>{}</Finish><Unit>2</Unit>{value}\
             </TimephasedData>",
            instant(from),
            instant(to)
        )
    };
    let rows: String = rows.split(", ").map(row).collect();
    format!(
        "<Assignment><TaskUID>1</TaskUID><ResourceUID>-65535</ResourceUID><Units>{units}</Units>{rows}</Assignment>"
    )
}

fn read(text: &str) -> Reading {
    plans::read(text.as_bytes(), Format::Mspdi, &Limits::default())
}

/// Breaks of the first activity as hours before each and in it.
fn hours(plan: &Plan) -> Vec<(i64, i64)> {
    let hours = |span: Span| match span {
        Span::Working { days_e3: 0, minutes } => minutes / 60,
        other => panic!("{other:?}"),
    };
    plan.activities[0].breaks.iter().map(|one| (hours(one.after), hours(one.length))).collect()
}

/// What it is, hours of work, assignments, breaks, and when the task finishes.
type Case = (&'static str, u32, Vec<String>, Vec<(i64, i64)>, &'static str);

#[test]
fn breaks_are_stretches_without_work_in_working_time() {
    let whole = "1T08-2T08 8, 2T08-3T08 8, 3T08-5T08 0, 5T08-6T08 8, 6T08-8T08 0, 8T08-8T17 8";
    let cases: [Case; 9] = [
        ("two days of rest; the weekend is none", 32, vec![assignment(1.0, 1, whole)], vec![(16, 16)], "06-08T17:00"),
        (
            "older files say nothing instead of nought",
            32,
            vec![assignment(1.0, 1, &whole.replace(" 0", " -"))],
            vec![(16, 16)],
            "06-08T17:00",
        ),
        (
            "from one noon to another",
            16,
            vec![assignment(1.0, 1, "1T08-2T08 8, 2T08-3T08 4, 3T08-4T08 0, 4T08-4T17 4")],
            vec![(12, 16)],
            "06-04T17:00",
        ),
        (
            "two breaks, half of somebody",
            24,
            vec![assignment(0.5, 1, "1T08-2T08 4, 2T08-3T08 0, 3T08-4T08 4, 4T08-5T08 0, 5T08-5T17 4")],
            vec![(8, 8), (16, 8)],
            "06-05T17:00",
        ),
        ("a weekend", 16, vec![assignment(1.0, 1, "5T08-6T08 8, 6T08-8T08 0, 8T08-8T17 8")], vec![], "06-02T17:00"),
        (
            "somebody else works on",
            40,
            vec![assignment(1.0, 1, "1T08-2T08 8, 2T08-5T08 0, 5T08-5T17 8"), assignment(1.0, 1, "1T08-5T17 40")],
            vec![],
            "06-05T17:00",
        ),
        (
            "both rest on Wednesday",
            32,
            vec![
                assignment(1.0, 1, "1T08-2T08 8, 2T08-4T08 0, 4T08-4T17 8"),
                assignment(1.0, 1, "2T08-3T08 8, 3T08-5T08 0, 5T08-5T17 8"),
            ],
            vec![(16, 8)],
            "06-05T17:00",
        ),
        (
            "less work than the duration",
            24,
            vec![assignment(1.0, 1, "1T08-2T08 8, 2T08-3T08 0, 3T08-3T17 8")],
            vec![],
            "06-03T17:00",
        ),
        (
            "baselines say nothing",
            16,
            vec![assignment(1.0, 4, "1T08-2T08 8, 2T08-3T08 0, 3T08-3T17 8")],
            vec![],
            "06-02T17:00",
        ),
    ];
    for (name, duration, assignments, expected, finish) in cases {
        let plan = read(&file(duration, "", &assignments)).plan.unwrap();
        assert_eq!(hours(&plan), expected, "{name}");
        let found = schedule(&plan).activities[0].as_ref().map(|dates| dates.early_finish);
        let Some(Moment::Instant(at)) = found else { panic!("{name}: {found:?}") };
        assert_eq!(at.strftime("%m-%dT%H:%M").to_string(), finish, "{name}");
    }
}

#[test]
fn work_done_and_work_left_are_one_row_of_stretches() {
    let done = assignment(1.0, 2, "1T08-2T08 8, 2T08-3T08 0, 3T08-4T08 4");
    let left = assignment(1.0, 1, "3T13-4T08 4, 4T08-5T08 0, 5T08-5T17 8");
    let both = left.replace("</Assignment>", &done[done.find("<TimephasedData").unwrap()..]);
    let fields = "<ActualStart>2026-06-01T08:00:00</ActualStart><ActualDuration>PT12H0M0S</ActualDuration>\
                  <RemainingDuration>PT12H0M0S</RemainingDuration><PercentComplete>50</PercentComplete>";
    let plan = read(&file(24, fields, &[both])).plan.unwrap();
    assert_eq!(hours(&plan), [(8, 8), (16, 8)]);
    let dates = schedule(&plan).activities[0].clone().unwrap();
    assert_eq!(dates.early_finish, Moment::Instant("2026-06-05T17:00".parse().unwrap()));
}

#[test]
fn contours_that_are_not_told_are_named() {
    let contoured = |rows: &str| assignment(1.0, 1, rows).replace("<Units>", "<WorkContour>8</WorkContour><Units>");
    let untold =
        "<Assignment><TaskUID>1</TaskUID><ResourceUID>-65535</ResourceUID><WorkContour>8</WorkContour></Assignment>";
    for (assignment, is_named) in [
        (untold.to_owned(), true),
        (contoured("1T08-2T08 8, 2T08-3T08 0, 3T08-3T17 8"), false),
        (contoured("1T08-2T08 4, 2T08-2T17 8"), false),
        (contoured("1T08-2T08 3, 2T08-3T08 0, 3T08-4T08 2, 4T08-4T17 1"), true),
        (assignment(1.0, 1, "1T08-2T08 8, 2T08-3T08 0, 3T08-4T08 8, 4T08-4T17 8"), true),
        (assignment(1.0, 1, "5T08-6T08 8, 6T08-8T08 0, 8T08-8T17 3"), false),
    ] {
        let reading = read(&file(16, "", std::slice::from_ref(&assignment)));
        let found: Vec<&str> = reading.diagnostics.iter().map(|found| found.code).collect();
        assert_eq!(found.contains(&"F-206"), is_named, "{assignment}: {found:?}");
    }
}

#[test]
fn breaks_survive_our_writer_and_are_told_to_ms_project() {
    let mut plan = read(&file(40, "", &[])).plan.unwrap();
    let of = |after, length| Break { after: Span::minutes(after), length: Span::minutes(length) };
    plan.activities[0].breaks = vec![of(12 * 60, 10 * 60), of(20 * 60, 90)];
    let placeless = |mut plan: Plan| {
        plan.activities.iter_mut().for_each(|activity| activity.at = None);
        plan
    };
    let (written, said) = plans::mspdi::write(&plan, Some(&planned(&plan, &schedule(&plan))));
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(placeless(read(&written).plan.unwrap()), placeless(plan.clone()));
    // What the file says without our note; and an edit in MS Project wins over it.
    let bare = &written.replace("<Notes>guatu-plan/1 ", "<Notes>");
    assert_eq!(read(bare).plan.unwrap().activities[0].breaks, plan.activities[0].breaks);
    let gone = written.replace("<Value>PT0H0M0S</Value>", "<Value>PT8H0M0S</Value>");
    assert_eq!(read(&gone).plan.unwrap().activities[0].breaks, []);
    // Without dates the note alone tells them.
    let (undated, said) = plans::mspdi::write(&plan, None);
    assert_eq!(said.iter().map(|found| found.code).collect::<Vec<_>>(), ["F-213"]);
    assert_eq!(placeless(read(&undated).plan.unwrap()), placeless(plan));
}
