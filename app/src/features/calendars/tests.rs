//! Cases of calendars: checksums and vectors of the State Council's calendar, every refusal, and what an alert does to plans.

use super::holidays::{
    Workday, end_of_period, is_working_day, missing_years, working_days_after, working_days_between,
};
use super::model::{Command, Fact, Level, Refused, State, decide, level_rules, work_kinds};
use super::stops;
use crate::features::plan::template::{Setting, compose, template};
use crate::features::plan::{model as plans, store};
use crate::journal::Document;
use crate::journal::domain::{Actor, Context, Permit};
use crate::on_both_databases;
use crate::refusal::Refusal;
use crate::testing::TestSite;
use axum::http::StatusCode;
use guatu_formats::plans::json;
use guatu_kernel::plan::{Activity, Granularity, Moment, Options, Plan, Span};
use jiff::civil::{Date, DateTime, date};
use std::collections::HashMap;

/// Working days of a year and of its quarters, computed from the notices when they were collected.
const CHECKSUMS: [(i16, usize, [usize; 4]); 7] = [
    (2020, 249, [59, 62, 67, 61]),
    (2021, 250, [60, 62, 66, 62]),
    (2022, 249, [60, 62, 65, 62]),
    (2023, 249, [61, 62, 64, 62]),
    (2024, 251, [61, 62, 66, 62]),
    (2025, 248, [59, 61, 67, 61]),
    (2026, 248, [59, 61, 66, 62]),
];

#[test]
fn the_years_have_the_working_days_of_their_notices() {
    for (year, whole, quarters) in CHECKSUMS {
        assert_eq!(working_days_between(date(year, 1, 1), date(year, 12, 31)), whole, "{year}");
        for (at, wanted) in quarters.into_iter().enumerate() {
            let first = date(year, 1 + 3 * at as i8, 1);
            let last = date(year, 3 + 3 * at as i8, 1).last_of_month();
            assert_eq!(working_days_between(first, last), wanted, "{year} quarter {}", at + 1);
        }
    }
}

#[test]
fn working_days_are_counted_without_the_start_day() {
    let vectors = "2023-03-03+5=2023-03-10 2023-04-20+5=2023-04-26 2023-09-27+3=2023-10-08 2024-02-08+3=2024-02-19 2024-04-30+5=2024-05-10 \
                   2025-01-24+3=2025-02-05 2025-09-26+5=2025-10-10 2026-02-13+3=2026-02-25 2026-09-18+5=2026-09-24";
    for vector in vectors.split_whitespace() {
        let (start, rest) = vector.split_once('+').unwrap();
        let (days, end) = rest.split_once('=').unwrap();
        let counted = working_days_after(start.parse().unwrap(), days.parse().unwrap());
        assert_eq!(counted.on.to_string(), end, "{vector}");
        assert!(counted.missing.is_empty());
    }
}

#[test]
fn a_year_without_a_notice_falls_back_and_says_so() {
    assert_eq!(is_working_day(date(2026, 10, 10)), Workday::Known(true), "a Saturday that is worked");
    assert_eq!(is_working_day(date(2024, 2, 9)), Workday::Known(true), "encouraged leave only");
    assert_eq!(is_working_day(date(2022, 12, 31)), Workday::Known(false), "a day off by the notice of the next year");
    assert_eq!(is_working_day(date(2035, 10, 1)), Workday::Fallback(true));
    assert_eq!(missing_years(date(2025, 1, 1), date(2028, 1, 1)), [2027, 2028]);
    assert_eq!(working_days_after(date(2026, 12, 30), 3).missing, [2027]);
    assert_eq!(end_of_period(date(2026, 10, 3)).on, date(2026, 10, 8), "a last day off moves behind the holiday");
}

#[test]
fn each_level_stops_what_the_levels_below_it_stop() {
    let rules: Vec<Level> = level_rules().iter().map(|rule| rule.id).collect();
    assert_eq!(rules, Level::ALL.map(|(level, _)| level));
    assert_eq!(Level::Yellow.stops(), ["earthwork", "piling"]);
    assert!(Level::Orange.stops().contains(&"earthwork") && !Level::Orange.stops().contains(&"indoor"));
    let mut red = Level::Red.stops();
    red.sort_unstable();
    let mut all: Vec<&str> = work_kinds().iter().map(String::as_str).collect();
    all.sort_unstable();
    assert_eq!(red, all);
}

fn at(text: &str) -> DateTime {
    text.parse().unwrap()
}

fn announce(at: DateTime) -> Command {
    let (notice, source) = ("N1".into(), "Office".into());
    Command::Announce { alert: "a".into(), level: Level::Orange, at, expected_end: None, notice, source }
}

fn exempt() -> Command {
    Command::Exempt {
        exemption: "e".into(),
        project: "p".into(),
        document: "D1".into(),
        level: Level::Orange,
        kinds: vec![],
        from: date(2026, 11, 1),
        to: date(2027, 3, 31),
    }
}

fn festival(from: Date, to: Date) -> Command {
    Command::SetSpringFestival { year: 2027, from, to, source: "S".into() }
}

fn winter(from: Date, to: Date, kinds: &[&str]) -> Command {
    Command::SetWinter {
        winter: "w".into(),
        from,
        to,
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        source: "S".into(),
    }
}

fn end(at: DateTime) -> Command {
    Command::End { alert: "a".into(), at, notice: "N2".into() }
}

#[test]
fn every_refusal() {
    let context =
        Context { actor: Actor::System, now: "2026-11-20T00:00:00Z".parse().unwrap(), today: date(2026, 11, 20) };
    let free = State { is_project: true, ..State::default() };
    let running = State { running: Some((Level::Orange, at("2026-11-24T08:00"))), ..free.clone() };
    let eight = at("2026-11-24T08:00");
    let (from, to) = (date(2027, 1, 30), date(2027, 2, 20));
    let no_notice =
        Command::ChangeLevel { alert: "a".into(), level: Level::Red, at: at("2026-11-25T08:00"), notice: " ".into() };
    let same = Command::ChangeLevel {
        alert: "a".into(),
        level: Level::Orange,
        at: at("2026-11-25T08:00"),
        notice: "N".into(),
    };
    let unsourced =
        Command::SetWinter { winter: "w".into(), from, to, kinds: vec!["earthwork".into()], source: String::new() };
    let unpapered = match exempt() {
        Command::Exempt { exemption, project, level, kinds, from, to, .. } => {
            Command::Exempt { exemption, project, document: String::new(), level, kinds, from, to }
        }
        other => other,
    };
    let for_ever = match exempt() {
        Command::Exempt { exemption, project, document, level, kinds, from, .. } => {
            Command::Exempt { exemption, project, document, level, kinds, from, to: date(2150, 12, 31) }
        }
        other => other,
    };
    let refused: Refusal = decide(&free, &for_ever, &context).unwrap_err().into();
    assert_eq!(refused.code, "C-115");
    let expected = |end| match announce(eight) {
        Command::Announce { alert, level, at, notice, source, .. } => {
            Command::Announce { alert, level, at, expected_end: Some(end), notice, source }
        }
        other => other,
    };
    let cases: Vec<(&str, State, Command)> = vec![
        ("C-101", State { is_id_taken: true, ..free.clone() }, announce(eight)),
        ("C-102", running.clone(), no_notice),
        ("C-103", free.clone(), unsourced),
        ("C-104", State { other_running: Some(Level::Yellow), ..free.clone() }, announce(eight)),
        ("C-105", free.clone(), announce(at("2026-11-24T08:30"))),
        ("C-106", free.clone(), announce(at("2026-12-24T08:00"))),
        ("C-117", free.clone(), expected(at("2150-01-01T08:00"))),
        ("C-107", running.clone(), end(eight)),
        ("C-108", free.clone(), festival(to, from)),
        ("C-109", free.clone(), end(eight)),
        ("C-110", running.clone(), same),
        ("C-111", State::default(), exempt()),
        ("C-112", free.clone(), winter(from, to, &["knitting"])),
        ("C-113", free.clone(), Command::Withdraw { entry: "a".into(), reason: String::new() }),
        ("C-114", free.clone(), festival(date(2027, 2, 10), to)),
        ("C-115", free.clone(), winter(from, date(2028, 2, 20), &["earthwork"])),
        ("C-116", free.clone(), unpapered),
    ];
    let codes: Vec<&str> = cases.iter().map(|(code, ..)| *code).collect();
    assert_eq!(codes, Refused::CODES, "every code has its case");
    for (code, state, command) in cases {
        let refused: Refusal = decide(&state, &command, &context).unwrap_err().into();
        assert_eq!(refused.code, code);
    }
    let far = at("2027-11-25T08:00");
    let raised = Command::ChangeLevel { alert: "a".into(), level: Level::Red, at: far, notice: "N".into() };
    for command in [end(far), raised] {
        let refused: Refusal = decide(&running, &command, &context).unwrap_err().into();
        assert_eq!(refused.code, "C-106", "{command:?}");
    }
    for (state, command) in [
        (&free, announce(eight)),
        (&free, exempt()),
        (&free, festival(from, to)),
        (&running, end(at("2026-11-26T20:00"))),
    ] {
        assert_eq!(decide(state, &command, &context).unwrap().len(), 1, "{command:?}");
    }
    let ended = decide(&running, &end(at("2026-11-26T20:00")), &context).unwrap();
    assert!(matches!(ended[0].fact, Fact::AlertEnded { .. }));
}

/// Puts a small plan before a project and approves it: three works of ten days, each of another kind.
async fn plan(site: &TestSite, project: &str) {
    let activity = |id: &str, kind: &str| {
        let mut activity = Activity::task(id, Span::days(10));
        activity.work_kind = Some(kind.into());
        activity
    };
    let plan = Plan {
        name: None,
        granularity: Granularity::Day,
        start: Moment::Day(date(2026, 11, 23)),
        data_date: None,
        calendar: Some("site".into()),
        options: Options::default(),
        calendars: stops::plan_calendars(&mut site.site.db.reader().await.unwrap()).await.unwrap(),
        activities: vec![
            activity("dig", "earthwork"),
            activity("paint", "outdoor_finishing"),
            activity("wire", "indoor"),
        ],
        links: vec![],
        resources: vec![],
        mandated: vec![],
        stops: vec![],
    };
    let document = Document { media_type: "application/json", bytes: json::write(&plan).into_bytes() };
    let version = format!("v-{project}");
    let draft = plans::Command::Draft {
        version: version.clone(),
        project: project.into(),
        document: document.sha256(),
        source: plans::Source::Template,
        activity_count: 3,
    };
    site.submit_as(Permit::system(), draft, vec![document]).await.unwrap();
    site.submit(plans::Command::Approve { version, reason: "first".into(), accepts_loss: false }).await.unwrap();
}

/// Forecast finish of an activity.
async fn finish(site: &TestSite, project: &str, activity: &str) -> Date {
    let mut conn = site.site.db.reader().await.unwrap();
    store::bar(&mut conn, project, activity).await.unwrap().unwrap().early.unwrap().1
}

on_both_databases!(an_orange_alert_moves_outdoor_work_but_not_indoor_work_nor_an_exempt_project, |site| async move {
    let site = site.with_cast().await;
    plan(&site, "ours").await;
    plan(&site, "theirs").await;
    let before = date(2026, 12, 2);
    for activity in ["dig", "paint", "wire"] {
        assert_eq!(finish(&site, "ours", activity).await, before);
    }
    let exempt = Command::Exempt {
        exemption: "e".into(),
        project: "theirs".into(),
        document: "D".into(),
        level: Level::Orange,
        kinds: vec![],
        from: date(2026, 11, 1),
        to: date(2026, 12, 31),
    };
    site.submit(exempt).await.unwrap();
    site.submit(announce(at("2026-11-24T08:00"))).await.unwrap();
    let (alert, notice) = ("a".to_owned(), "N2".to_owned());
    site.submit(Command::ChangeLevel { alert, level: Level::Yellow, at: at("2026-11-26T20:00"), notice })
        .await
        .unwrap();
    site.submit(end(at("2026-11-28T08:00"))).await.unwrap();
    // Orange stops three whole days of both, yellow one more of earthwork; two thirds of the 28th are free.
    assert_eq!(finish(&site, "ours", "paint").await, date(2026, 12, 5));
    assert_eq!(finish(&site, "ours", "dig").await, date(2026, 12, 6));
    assert_eq!(finish(&site, "ours", "wire").await, before);
    for activity in ["dig", "paint", "wire"] {
        assert_eq!(finish(&site, "theirs", activity).await, before, "an exempt project works on");
    }
    site.submit(winter(date(2026, 11, 25), date(2026, 11, 26), &["indoor"])).await.unwrap();
    assert_eq!(finish(&site, "theirs", "wire").await, date(2026, 12, 4));
    let withdrawal = Command::Withdraw { entry: "a".into(), reason: "typed into the wrong district".into() };
    site.submit(withdrawal).await.unwrap();
    assert_eq!(finish(&site, "ours", "dig").await, before);
    site
});

on_both_databases!(a_spring_festival_stop_set_later_moves_approved_plans_from_templates, |site| async move {
    let usual = stops::festival(&[], 2027).unwrap();
    assert_eq!(usual, (date(2027, 1, 31), date(2027, 2, 20)));
    let setting = Setting {
        template: template("facility_works").unwrap(),
        days: HashMap::new(),
        calendars: stops::plan_calendars(&mut site.site.db.reader().await.unwrap()).await.unwrap(),
        stage_name: &|stage| stage.to_owned(),
        end_name: "end".into(),
    };
    let mut plan = compose("p", &[], &setting);
    let stop_of_2027 = |plan: &Plan| {
        let site = plan.calendars.iter().find(|calendar| calendar.id == "site").unwrap();
        let of_year = site.exceptions.iter().filter(|exception| exception.to.year() == 2027);
        of_year.map(|exception| (exception.from, exception.to)).collect::<Vec<_>>()
    };
    assert_eq!(stop_of_2027(&plan), [usual]);
    site.submit(festival(date(2027, 2, 1), date(2027, 2, 15))).await.unwrap();
    stops::set_festivals(&mut site.site.db.reader().await.unwrap(), &mut plan).await.unwrap();
    assert_eq!(stop_of_2027(&plan), [(date(2027, 2, 1), date(2027, 2, 15))]);
    site
});

on_both_databases!(the_keeper_of_calendars_records_an_alert_and_others_read_it, |site| async move {
    let site = site.with_cast().await;
    let fields = [("level", "orange"), ("at", "2026-11-24T08:00"), ("notice", "N7"), ("source", "Office")];
    assert_eq!(site.post("builder", "/calendars/new/alert", &fields).await.status, StatusCode::FORBIDDEN);
    let half = [("level", "orange"), ("at", "2026-11-24T08:30"), ("notice", "N7"), ("source", "Office")];
    let refused = site.post("office", "/calendars/new/alert", &half).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.texts(".summary").join(" ").contains("C-105"));
    assert_eq!(refused.attributes("#field-notice", "value"), ["N7"], "what was typed is still there");
    assert_eq!(site.post("office", "/calendars/new/alert", &fields).await.location(), "/calendars");
    let read = site.get("builder", "/calendars?year=2026").await;
    assert!(read.texts(".notice").len() >= 2, "the missing year and the running alert");
    assert!(read.texts("td").join(" ").contains("N7"));
    assert!(
        read.attributes("a", "href").iter().all(|href| !href.starts_with("/calendars/entries")),
        "only the keeper acts"
    );
    let entry = site.get("office", "/calendars").await.attributes("td a", "href");
    let end = entry.iter().find(|href| href.ends_with("/end")).unwrap();
    assert_eq!(
        site.post("office", end, &[("at", "2026-11-25T08:00"), ("notice", "N8")]).await.location(),
        "/calendars"
    );
    site
});
