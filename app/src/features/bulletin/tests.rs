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
    // The eighth report shows what the first does.
    let same = Photo { report: "r8".into(), copy: "c1".into(), building: "b2".into(), on: MONDAY };
    let at = |stage| State {
        known: Some(known(stage, None, date(2026, 11, 29), 0)),
        offered: (0..8).map(photo).chain([same.clone()]).collect(),
        chosen: vec![("r1".into(), "c1".into())],
        ..State::default()
    };
    let choose = |pairs: Vec<(String, String)>| Command::Choose { bulletin: "b".into(), photos: pairs };
    let first = |count: usize| choose((0..count).map(|at| (format!("r{at}"), format!("c{at}"))).collect());
    let allow = |report: &str, copy: &str| Command::Allow { bulletin: "b".into(), report: report.into(), copy: copy.into(), is_allowed: true };
    let wrong = |state: &str| Some(Refused::WrongStage { state: state.into() });
    vec![
        ("photographs chosen", at(Stage::Draft), first(MOST_PHOTOS), "wen", None),
        ("none chosen any more", at(Stage::Draft), first(0), "wen", None),
        ("one too many", at(Stage::Draft), first(MOST_PHOTOS + 1), "wen", Some(Refused::TooManyPhotos { most: "6".into() })),
        ("of another week", at(Stage::Draft), choose(vec![("r9".into(), "c9".into())]), "wen", Some(Refused::UnknownPhoto)),
        ("of another report", at(Stage::Draft), choose(vec![("r1".into(), "c2".into())]), "wen", Some(Refused::UnknownPhoto)),
        ("chosen after review", at(Stage::Reviewed), first(1), "wen", wrong("reviewed")),
        ("allowed after review", at(Stage::Reviewed), allow("r1", "c1"), "jian", None),
        ("allowed after issue", at(Stage::Issued), allow("r1", "c1"), "jian", wrong("issued")),
        ("allowed, though not chosen", at(Stage::Draft), allow("r2", "c2"), "jian", Some(Refused::NotChosen)),
        ("allowed, though only another's of the same picture is chosen", at(Stage::Draft), allow("r8", "c1"), "jian", Some(Refused::NotChosen)),
    ]
}

#[test]
fn figures_of_before_causes_were_frozen_are_read() {
    let mut line = serde_json::to_value(Line::default()).unwrap();
    line.as_object_mut().unwrap().remove("hindered");
    assert_eq!(serde_json::from_value::<Line>(line).unwrap(), Line::default());
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
    let waits = [("building", "ours-b2"), ("on", "2026-11-23"), ("done.ours-b2/pit", "1"), ("hindrance", "funds"), ("decider", "the bureau"), ("remark", "unpaid"), ("request_id", "report-0009")];
    assert_eq!(site.post("builder", "/reports/new", &waits).await.status, 303);
    let drafted = site.post("office", "/bulletins", &[("from", "2026-11-23"), ("opening", "A quiet week.")]).await;
    let address = drafted.location().to_owned();
    assert_eq!(drafted.status, 303);
    let page = site.get("office", &address).await;
    assert_eq!(page.texts("tbody td:nth-child(2)"), ["ours name"]);
    let causes = page.texts("tbody td:last-child");
    assert!(causes[0].contains(&crate::web::locale::Language::Zh.t("hindrance.funds")) && causes[0].contains('1'), "what its reports say of waiting is frozen: {causes:?}");

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

/// A bulletin of this week at each stage, by its address.
async fn at_each_stage(site: &crate::testing::TestSite) -> [(Stage, String); 4] {
    let draft = async |id: &str| {
        let drafted = site.post("office", "/bulletins", &[("request_id", id), ("from", "2026-11-23"), ("opening", "A quiet week.")]).await;
        assert_eq!(drafted.status, 303, "{:?}", drafted.texts(".summary li"));
        drafted.location().to_owned()
    };
    let withdrawn = draft("bulletin-withdrawn").await;
    assert_eq!(site.post("office", &format!("{withdrawn}/withdraw"), &[("reason", "wrong")]).await.status, 303);
    let issued = draft("bulletin-issued").await;
    assert_eq!(site.post("second", &format!("{issued}/review"), &[]).await.status, 303);
    assert_eq!(site.post("chief", &format!("{issued}/issue"), &[("early", "yes")]).await.status, 303);
    // One of a week at a time, but for corrections.
    let correcting = async |id: &str| {
        let form = [("request_id", id), ("from", "2026-11-23"), ("opening", "A quiet week."), ("corrects", "bulletin-issued"), ("correction", "a figure")];
        site.post("office", "/bulletins", &form).await.location().to_owned()
    };
    let (drafted, reviewed) = (correcting("bulletin-draft").await, correcting("bulletin-reviewed").await);
    assert_eq!(site.post("second", &format!("{reviewed}/review"), &[]).await.status, 303);
    [(Stage::Draft, drafted), (Stage::Reviewed, reviewed), (Stage::Issued, issued), (Stage::Withdrawn, withdrawn)]
}

on_both_databases!(a_draft_is_for_those_who_write_it_and_for_units_named_in_it, |site| async move {
    let mut site = crate::features::reports::tests::active(site.with_cast().await).await;
    site.person("second", Role::SupervisionOffice, None).await;
    let here = Some("ours");
    let cast: [(&'static str, Role, Option<&str>, [u8; 4]); 14] = [
        // How much of a bulletin as a draft, reviewed, issued and withdrawn: 2 all of it, 1 the own line, 0 it is not there.
        ("boss", Role::Leader, None, [2, 2, 2, 2]),
        ("writer", Role::SupervisionOffice, None, [2, 2, 2, 2]),
        ("lead", Role::Leader, here, [1, 1, 2, 0]),
        ("team", Role::TaskForce, here, [1, 1, 2, 0]),
        ("owner", Role::Employer, here, [1, 1, 2, 0]),
        ("works", Role::Contractor, here, [1, 1, 2, 0]),
        ("li", Role::SupervisionEngineer, here, [0, 0, 2, 0]),
        ("street", Role::SubDistrict, Some("district"), [0, 0, 2, 0]),
        ("visitor", Role::Inspector, None, [0, 0, 2, 0]),
        ("funds", Role::FundCustodian, None, [0, 0, 2, 0]),
        ("audit", Role::Auditor, None, [0, 0, 2, 0]),
        ("people", Role::ResidentsRepresentative, Some("district"), [0, 0, 2, 0]),
        ("foreign", Role::Contractor, Some("theirs"), [0, 0, 2, 0]),
        ("root", Role::AuditAdmin, None, [0, 0, 0, 0]),
    ];
    for (name, role, place, _) in cast {
        site.person(name, role, place).await;
    }
    let all = at_each_stage(&site).await;
    for (name, role, _, expected) in cast {
        let list = site.get(name, "/bulletins").await;
        let listed = list.attributes("tbody a", "href");
        for ((stage, address), expected) in all.iter().zip(expected) {
            let what = format!("{} {}", role.name(), stage.name());
            let page = site.get(name, address).await;
            if expected == 0 {
                assert!([403, 404].contains(&page.status.as_u16()), "{what}");
            } else {
                assert_eq!((page.status.as_u16(), page.texts("tbody tr").len()), (200, 1), "{what}");
            }
            assert_eq!(page.body.contains("A quiet week."), expected == 2, "{what}");
            assert_eq!(listed.contains(address), expected > 0, "{what} in the list");
            let paper = site.get(name, &format!("{address}/paper/docx")).await;
            assert_eq!(paper.status == 200, expected == 2, "{what} as a paper");
            let facts = site.get(name, &format!("/facts?subject={}", address.rsplit('/').next().unwrap())).await;
            let is_hidden = expected < 2 && *stage != Stage::Issued;
            assert!(!is_hidden || !facts.body.contains("A quiet week."), "{what} as facts");
            let found = site.get(name, "/search?find=quiet").await;
            assert!(!found.body.contains(address.as_str()), "{what} in a search");
        }
    }
    // The ledger says to who audits what was issued, once.
    for name in ["audit", "root"] {
        assert_eq!(site.get(name, "/ledger").await.body.matches("A quiet week.").count(), 1, "{name}");
    }
    site
});

on_both_databases!(the_same_picture_of_two_reports_is_two_photographs, |site| async move {
    let site = crate::features::reports::tests::active(site.with_cast().await).await;
    let mut site = site;
    site.person("second", Role::SupervisionOffice, None).await;
    for (id, on) in [("report-0001", "2026-11-22"), ("report-0002", "2026-11-23")] {
        let (kind, body) = crate::features::reports::tests::pictured(&site, id, on);
        assert_eq!(site.post_bytes("builder", "/reports/new", kind, body).await.status, 303, "{on}");
    }
    // The days are of two weeks.
    let (kind, body) = crate::features::reports::tests::pictured_of(&site, "report-0003", "2026-11-23", "ours-b2");
    assert_eq!(site.post_bytes("builder", "/reports/new", kind, body).await.status, 303);
    let address = site.post("office", "/bulletins", &[("from", "2026-11-23")]).await.location().to_owned();
    let offered = site.get("office", &address).await.attributes("label.photo input", "name");
    assert_eq!(offered.len(), 2);
    assert_eq!(offered[0].rsplit('/').next(), offered[1].rsplit('/').next(), "one copy");
    let both = [(offered[0].as_str(), "on"), (offered[1].as_str(), "on")];
    assert_eq!(site.post("office", &format!("{address}/photos"), &both).await.status, 303);
    let page = site.get("office", &address).await;
    let (shown, captions) = (page.attributes("figure img", "src"), page.attributes("figure img", "alt"));
    assert!(shown.len() == 2 && shown[0] != shown[1] && captions[0] != captions[1], "{shown:?} {captions:?}");
    // One of them is allowed, the other not.
    assert_eq!(site.post("builder", &shown[0], &[("is_allowed", "yes")]).await.status, 303);
    assert_eq!(site.post("builder", &shown[1], &[("is_allowed", "no")]).await.status, 303);
    assert_eq!(site.post("second", &format!("{address}/review"), &[]).await.status, 303);
    assert_eq!(site.post("chief", &format!("{address}/issue"), &[("early", "yes")]).await.status, 303);
    assert_eq!(site.get("chief", &address).await.attributes("figure img", "src"), shown[..1]);
    for (address, status) in shown.iter().zip([200, 404]) {
        assert_eq!(site.get("builder", address).await.status, status, "{address}");
    }
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
