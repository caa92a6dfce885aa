//! Scenarios of bulletins.

use super::figures::{Line, rank};
use super::model::{Command, Known, MOST_PHOTOS, Photo, Refused, Stage, State, decide};
use crate::clock::civil_date;
use crate::features::identity::model::Role;
use crate::journal::domain::{Actor, Context};
use crate::on_both_databases;
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};

const MONDAY: Date = date(2026, 11, 23);

fn context(actor: &str) -> Context {
    let now = crate::testing::NOW.parse().unwrap();
    Context { actor: Actor::Account(actor.into()), now, today: civil_date(now) }
}

/// A bulletin of a week that ends on a day, drafted so many hours ago.
fn known(stage: Stage, reviewer: Option<&str>, to: Date, hours_ago: i64) -> Known {
    let now: Timestamp = crate::testing::NOW.parse().unwrap();
    let object_until = now - hours_ago.hours() + 4.hours();
    Known {
        stage,
        drafter: "wen".into(),
        object_until,
        object_until_local: crate::clock::civil(object_until),
        reviewer: reviewer.map(str::to_owned),
        to,
    }
}

/// Until when units named in a bulletin drafted so many hours ago may object, as it is shown.
fn object_time(hours_ago: i64) -> String {
    let now: Timestamp = crate::testing::NOW.parse().unwrap();
    crate::clock::civil(now - hours_ago.hours() + 4.hours()).strftime("%m-%d %H:%M").to_string()
}

#[test]
fn rules() {
    let id = || "b".to_owned();
    let draft = |from: Date, corrects: Option<&str>| Command::Draft {
        bulletin: id(),
        from,
        figures: "{}".into(),
        frozen_number: 9,
        opening: String::new(),
        closing: String::new(),
        corrects: corrects.map(str::to_owned),
        correction: corrects.map_or_else(String::new, |_| "The gap of p1 was -3.0, not 3.0.".into()),
    };
    let worded = |corrects: Option<&str>, words: &str| match draft(MONDAY, corrects) {
        Command::Draft { bulletin, from, figures, frozen_number, opening, closing, corrects, .. } => {
            Command::Draft { bulletin, from, figures, frozen_number, opening, closing, corrects, correction: words.into() }
        }
        other => other,
    };
    let at = |stage, reviewer: Option<&str>| State {
        known: Some(known(stage, reviewer, date(2026, 11, 22), 4)),
        named: vec!["p1".into()],
        ..State::default()
    };
    let (review, issue) = (Command::Review { bulletin: id() }, Command::Issue { bulletin: id(), is_early: false });
    let issue_early = Command::Issue { bulletin: id(), is_early: true };
    let drafted = |to: Date, hours_ago: i64| State { known: Some(known(Stage::Reviewed, Some("lu"), to, hours_ago)), ..at(Stage::Reviewed, Some("lu")) };
    let last_week = date(2026, 11, 22);
    let object = |project: &str, reason: &str| Command::Object { bulletin: id(), project: project.into(), reason: reason.into() };
    let settle = Command::Settle { bulletin: id(), project: "p1".into(), reason: "checked".into() };
    let withdraw = |reason: &str| Command::Withdraw { bulletin: id(), reason: reason.into() };
    let edit = Command::Edit { bulletin: id(), opening: "x".into(), closing: String::new() };
    let wrong = |state: &str| Some(Refused::WrongStage { state: state.into() });
    let objected = |is_settled| State { objected: vec![("p1".into(), is_settled)], ..at(Stage::Draft, None) };
    let cases: Vec<(&str, State, Command, &str, Option<Refused>)> = vec![
        ("a week", State::default(), draft(MONDAY, None), "wen", None),
        ("a week from a Tuesday", State::default(), draft(date(2026, 11, 24), None), "wen", Some(Refused::NotAWeek)),
        ("the week before", State::default(), draft(date(2026, 11, 16), None), "wen", None),
        ("a week long past", State::default(), draft(date(2026, 11, 9), None), "wen", Some(Refused::LongPast { days: "7".into() })),
        ("next week", State::default(), draft(date(2026, 11, 30), None), "wen", Some(Refused::NotAWeek)),
        ("a week twice", State { is_week_taken: true, ..State::default() }, draft(MONDAY, None), "wen", Some(Refused::WeekTaken)),
        ("an id twice", State { is_id_taken: true, ..State::default() }, draft(MONDAY, None), "wen", Some(Refused::IdTaken)),
        ("correcting nothing", State::default(), draft(MONDAY, Some("x")), "wen", Some(Refused::UnknownIssue)),
        ("correcting an issue", State { is_corrected_known: true, ..State::default() }, draft(MONDAY, Some("x")), "wen", None),
        ("correcting without a word", State { is_corrected_known: true, ..State::default() }, worded(Some("x"), " "), "wen", Some(Refused::NoCorrection)),
        ("words that correct no issue", State::default(), worded(None, "the gap was 3.0"), "wen", Some(Refused::NoCorrection)),
        ("edited", at(Stage::Draft, None), edit.clone(), "wen", None),
        ("edited after review", at(Stage::Reviewed, Some("lu")), edit, "wen", wrong("reviewed")),
        ("reviewed by another", at(Stage::Draft, None), review.clone(), "lu", None),
        ("reviewed by its author", at(Stage::Draft, None), review.clone(), "wen", Some(Refused::SamePerson)),
        ("reviewed twice", at(Stage::Reviewed, Some("lu")), review, "jin", wrong("reviewed")),
        ("issued by a third", at(Stage::Reviewed, Some("lu")), issue.clone(), "jin", None),
        ("issued by its reviewer", at(Stage::Reviewed, Some("lu")), issue.clone(), "lu", Some(Refused::SamePerson)),
        ("issued by its author", at(Stage::Reviewed, Some("lu")), issue.clone(), "wen", Some(Refused::SamePerson)),
        ("issued while its week runs", drafted(date(2026, 11, 29), 9), issue.clone(), "jin", Some(Refused::WeekRuns { date: "2026-11-29".into() })),
        ("issued at once", drafted(date(2026, 11, 29), 3), issue.clone(), "jin", Some(Refused::WeekRunsAndTimeToObject { date: "2026-11-29".into(), time: object_time(3) })),
        ("an objection by who drafted it", at(Stage::Draft, None), object("p1", "for them"), "wen", Some(Refused::OwnBulletin)),
        ("an objection by another who writes bulletins", State { is_writer: true, ..at(Stage::Draft, None) }, object("p1", "for them"), "jin", Some(Refused::OwnBulletin)),
        ("issued while its week runs, and meant", drafted(date(2026, 11, 29), 9), issue_early.clone(), "jin", None),
        ("issued before named units had time", drafted(last_week, 3), issue.clone(), "jin", Some(Refused::TimeToObject { time: object_time(3) })),
        ("issued before named units had time, and meant", drafted(last_week, 3), issue_early, "jin", None),
        ("issued when all of them have objected", State { objected: vec![("p1".into(), false)], ..drafted(last_week, 3) }, issue.clone(), "jin", None),
        ("issued without review", at(Stage::Draft, None), issue, "jin", wrong("draft")),
        ("withdrawn", at(Stage::Reviewed, Some("lu")), withdraw("wrong week"), "wen", None),
        ("withdrawn without a reason", at(Stage::Draft, None), withdraw(" "), "wen", Some(Refused::NoText)),
        ("withdrawn after issue", at(Stage::Issued, Some("lu")), withdraw("late"), "wen", wrong("issued")),
        ("an objection", at(Stage::Draft, None), object("p1", "two floors are missing"), "jian", None),
        ("an objection by who is not named", at(Stage::Draft, None), object("p2", "and we"), "jian", Some(Refused::NotNamed)),
        ("an objection twice", objected(false), object("p1", "again"), "jian", Some(Refused::AlreadyObjected)),
        ("settled", objected(false), settle.clone(), "wen", None),
        ("settled twice", objected(true), settle, "wen", Some(Refused::NoObjection)),
    ];
    let cases = cases.into_iter().chain(photo_cases());
    for (name, state, command, actor, expected) in cases {
        assert_eq!(decide(&state, &command, &context(actor)).err(), expected, "{name}");
    }
}

fn photo_cases() -> Vec<(&'static str, State, Command, &'static str, Option<Refused>)> {
    let photo = |at: usize| Photo { report: format!("r{at}"), copy: format!("c{at}"), building: "b1".into(), on: MONDAY };
    let at = |stage| State {
        known: Some(known(stage, None, date(2026, 11, 29), 0)),
        offered: (0..9).map(photo).collect(),
        chosen: vec!["c1".into()],
        ..State::default()
    };
    let choose = |pairs: Vec<(String, String)>| Command::Choose { bulletin: "b".into(), photos: pairs };
    let first = |count: usize| choose((0..count).map(|at| (format!("r{at}"), format!("c{at}"))).collect());
    let allow = |copy: &str| Command::Allow { bulletin: "b".into(), copy: copy.into(), is_allowed: true };
    let wrong = |state: &str| Some(Refused::WrongStage { state: state.into() });
    vec![
        ("photographs chosen", at(Stage::Draft), first(MOST_PHOTOS), "wen", None),
        ("none chosen any more", at(Stage::Draft), first(0), "wen", None),
        ("one too many", at(Stage::Draft), first(MOST_PHOTOS + 1), "wen", Some(Refused::TooManyPhotos { most: "6".into() })),
        ("of another week", at(Stage::Draft), choose(vec![("r9".into(), "c9".into())]), "wen", Some(Refused::UnknownPhoto)),
        ("of another report", at(Stage::Draft), choose(vec![("r1".into(), "c2".into())]), "wen", Some(Refused::UnknownPhoto)),
        ("chosen after review", at(Stage::Reviewed), first(1), "wen", wrong("reviewed")),
        ("allowed after review", at(Stage::Reviewed), allow("c1"), "jian", None),
        ("allowed after issue", at(Stage::Issued), allow("c1"), "jian", wrong("issued")),
        ("allowed, though not chosen", at(Stage::Draft), allow("c2"), "jian", Some(Refused::NotChosen)),
    ]
}

#[test]
fn a_ranking_never_depends_on_chance() {
    let line = |name: &str, gap_e1, before| Line { name: name.into(), gap_e1, gap_before_e1: before, ..Line::default() };
    let mut lines = vec![line("c", -50, None), line("a", 10, None), line("b", -50, Some(-90)), line("d", -50, Some(-20))];
    rank(&mut lines);
    let order: Vec<&str> = lines.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(order, ["a", "b", "c", "d"]);
    let silent = Line { reports_due: 10, reports_came: 1, ..line("silent", 90, None) };
    lines.extend([silent, line("e", 20, None)]);
    rank(&mut lines);
    let order: Vec<&str> = lines.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(order, ["e", "silent", "a", "b", "c", "d"], "who hardly reports is not the first");
}

on_both_databases!(three_people_issue_a_bulletin_that_never_changes, |site| async move {
    let mut site = crate::features::reports::tests::active(site.with_cast().await).await;
    site.person("second", Role::SupervisionOffice, None).await;
    site.person("owner", Role::Employer, Some("ours")).await;
    assert_eq!(site.post("builder", "/bulletins", &[("from", "2026-11-23")]).await.status, 403);
    assert_eq!(site.post("office", "/bulletins", &[("from", "2026-11-24")]).await.texts(".summary .quiet"), ["B-102"]);
    let drafted = site.post("office", "/bulletins", &[("from", "2026-11-23"), ("opening", "A quiet week.")]).await;
    let address = drafted.location().to_owned();
    assert_eq!(drafted.status, 303);
    let page = site.get("office", &address).await;
    assert_eq!(page.texts("tbody td:nth-child(2)"), ["ours name"]);

    // A named unit sees its own line and nothing else, and objects.
    let own = site.get("owner", &address).await;
    assert_eq!((own.status.as_u16(), own.body.contains("A quiet week.")), (200, false));
    assert_eq!(site.get("stranger", &address).await.status, 404);
    assert_eq!(site.get("owner", &format!("{address}/paper/pdf")).await.status, 404, "no paper before it is issued");
    let objection = [("project", "ours"), ("reason", "a floor is missing")];
    assert_eq!(site.post("stranger", &format!("{address}/object"), &objection).await.status, 404);
    assert_eq!(site.post("second", &format!("{address}/object"), &objection).await.texts(".summary .quiet"), ["B-119"], "in no unit's name");
    assert_eq!(site.post("owner", &format!("{address}/object"), &objection).await.status, 303);

    assert_eq!(site.post("office", &format!("{address}/review"), &[]).await.texts(".summary .quiet"), ["B-105"]);
    assert_eq!(site.post("second", &format!("{address}/review"), &[]).await.status, 303);
    assert_eq!(site.post("office", &address, &[("opening", "Changed.")]).await.texts(".summary .quiet"), ["B-104"]);
    site.site.signer.sign_head(&site.site.db).await.unwrap();
    let early = site.post("chief", &format!("{address}/issue"), &[]).await;
    assert_eq!(early.texts(".summary .quiet"), ["B-116"], "its week runs on");
    assert_eq!(early.attributes("input[type=checkbox][name=early]", "value"), ["yes"]);
    assert_eq!(site.post("chief", &format!("{address}/issue"), &[("early", "yes")]).await.status, 303);
    assert_eq!(site.get("chief", &address).await.texts(".notice").len(), 3, "the week, that it is early, and the objection");
    let before = site.get("chief", &address).await.texts("tbody td");

    // Later facts do not move it, and its papers are what they were.
    let pdf = site.get("chief", &format!("{address}/paper/pdf")).await;
    assert!(pdf.body.starts_with("%PDF-"));
    let day = [("building", "ours-b1"), ("on", "2026-11-23"), ("done.ours-b1/pit", "900")];
    assert_eq!(site.post("builder", "/reports/new", &day).await.status, 303);
    assert_eq!(site.get("chief", &address).await.texts("tbody td"), before);
    assert_eq!(site.get("builder", &format!("{address}/paper/docx")).await.status, 200, "once issued it is for everybody who reads");
    assert!(site.get("builder", &address).await.body.contains("a floor is missing"), "an objection that was not settled is printed");
    assert_eq!(site.post("office", "/bulletins", &[("from", "2026-11-23")]).await.texts(".summary .quiet"), ["B-103"]);
    site
});

on_both_databases!(a_photograph_is_printed_when_its_owner_allows_it, |site| async move {
    let mut site = crate::features::reports::tests::active(site.with_cast().await).await;
    site.person("second", Role::SupervisionOffice, None).await;
    let (kind, body) = crate::features::reports::tests::pictured(&site, "report-0001", "2026-11-23");
    assert_eq!(site.post_bytes("builder", "/reports/new", kind, body).await.status, 303);
    let address = site.post("office", "/bulletins", &[("from", "2026-11-23")]).await.location().to_owned();
    let offered = site.get("office", &address).await.attributes("label.photo input", "name");
    assert_eq!(offered.len(), 1);
    assert_eq!(site.post("builder", &format!("{address}/photos"), &[(&offered[0], "on")]).await.status, 403);
    let foreign = [("photo.report-0001/0000", "on")];
    assert_eq!(site.post("office", &format!("{address}/photos"), &foreign).await.texts(".summary .quiet"), ["B-112"]);
    assert_eq!(site.post("office", &format!("{address}/photos"), &[(&offered[0], "on")]).await.status, 303);

    // Only who reports from the building answers; until then nothing is printed.
    let shown = site.get("builder", &address).await.attributes(".photos img", "src").remove(0);
    assert_eq!(site.get("builder", "/bulletins").await.texts(".notice a").len(), 1);
    let paper = format!("{address}/paper/docx");
    let without = site.get("office", &paper).await.bytes.len();
    for (who, status) in [("office", 403), ("second", 403), ("stranger", 404), ("builder", 303)] {
        assert_eq!(site.post(who, &shown, &[("is_allowed", "yes")]).await.status, status, "{who}");
    }
    assert_eq!(site.get("stranger", &shown).await.status, 404);
    assert_eq!(site.get("builder", "/bulletins").await.texts(".notice a").len(), 0, "it is answered");
    assert!(site.get("office", &paper).await.bytes.len() > without, "it is printed");
    assert!(site.get("office", &format!("{address}/paper/pdf")).await.body.contains("/DCTDecode"), "as it was sealed");

    // Choosing again keeps what was said; taking the word back takes the picture out.
    assert_eq!(site.post("office", &format!("{address}/photos"), &[(&offered[0], "on")]).await.status, 303);
    assert!(site.get("office", &paper).await.bytes.len() > without);
    assert_eq!(site.post("builder", &shown, &[("is_allowed", "no")]).await.status, 303);
    assert_eq!(site.get("office", &paper).await.bytes.len(), without);
    assert_eq!(site.post("builder", &shown, &[("is_allowed", "yes")]).await.status, 303);
    assert_eq!(site.post("second", &format!("{address}/review"), &[]).await.status, 303);
    assert_eq!(site.post("chief", &format!("{address}/issue"), &[("early", "yes")]).await.status, 303);
    assert_eq!(site.post("builder", &shown, &[("is_allowed", "no")]).await.texts(".summary .quiet"), ["B-104"]);
    assert_eq!(site.get("builder", &shown).await.status, 200);
    site
});
