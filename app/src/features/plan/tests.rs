//! Scenarios of plans: the rules as a table, and the way from a template to a date that cannot be kept.

use super::binding;
use super::model::{ActivityFound, Command, Progress, Refused, Source, State, VersionState, decide};
use super::network::STAGES;
use super::template::TEMPLATES;
use super::{store, template};
use crate::clock::civil_date;
use crate::features::gates::model::{Command as Gates, Evidence};
use crate::journal::domain::{Actor, Context, Permit};
use crate::journal::{Submission, SubmitError};
use crate::on_both_databases;
use crate::testing::TestSite;
use crate::web::forms::new_id;
use crate::web::locale::Language;
use jiff::civil::{Date, date};

const TODAY: Date = date(2026, 11, 23);

fn context() -> Context {
    let now = crate::testing::NOW.parse().unwrap();
    Context { actor: Actor::Account("chief".into()), now, today: civil_date(now) }
}

fn draft(activity_count: u32) -> Command {
    let (version, project, document) = ("v".into(), "ours".into(), "hash".into());
    Command::Draft { version, project, document, source: Source::Template, activity_count }
}

fn approve(reason: &str) -> Command {
    Command::Approve { version: "v".into(), reason: reason.into(), accepts_loss: false }
}

fn mandate(issuer: &str) -> Command {
    Command::Mandate {
        mandate: "m".into(),
        project: "ours".into(),
        activity: "a".into(),
        name: "All done".into(),
        finish_by: date(2027, 12, 31),
        issuer: issuer.into(),
        document: "Notice 1".into(),
        edition: "1".into(),
    }
}

fn record(progress: Progress, reason: Option<&str>) -> Command {
    Command::Record { project: "ours".into(), activity: "a".into(), progress, reason: reason.map(str::to_owned) }
}

fn began(start: Date) -> Progress {
    Progress { actual_start: Some(start), ..Progress::default() }
}

#[test]
fn rules() {
    let work = Some(ActivityFound { is_work: true });
    let planned = State { is_project: true, has_plan: true, activity: work, is_issuer_known: true, ..State::default() };
    let drafted = |by: &str, state| State { version: Some(("ours".into(), state, by.into())), ..State::default() };
    let asked = |is_open| State { request: Some(("m".into(), "ours".into(), date(2028, 1, 31), is_open)), is_of_issuer: true, ..State::default() };
    let mandated = State { mandate: Some(("ours".into(), date(2027, 12, 31))), ..State::default() };
    let change = |on, reason: &str| Command::RequestChange { request: "r".into(), mandate: "m".into(), finish_by: on, reason: reason.into() };
    let answer = |is_accepted, document: &str| Command::AnswerChange { request: "r".into(), is_accepted, reason: "seen".into(), document: document.into(), edition: "2".into() };
    let activate = Command::Activate { project: "ours".into() };
    let roll = |data_date| Command::RollTo { project: "ours".into(), data_date };
    let tie_to = |to: &str, lag_days| Command::Tie { tie: "t".into(), from_project: "ours".into(), from_activity: "a".into(), to_project: to.into(), to_activity: "b".into(), lag_days, reason: "one pipe".into() };
    let tie = |to: &str| tie_to(to, 0);
    let tie_after = |lag_days| tie_to("theirs", lag_days);
    let (yesterday, tomorrow) = (date(2026, 11, 22), date(2026, 11, 24));
    let finished = Progress { actual_start: Some(yesterday), actual_finish: Some(TODAY), percent_e3: Some(100_000), remaining_days: None };
    let known = State { progress: began(yesterday), ..planned.clone() };
    let cases: Vec<(&str, State, Command, Option<Refused>)> = vec![
        ("a draft", planned.clone(), draft(3), None),
        ("an empty draft", planned.clone(), draft(0), Some(Refused::EmptyPlan)),
        ("a draft for a parcel", State::default(), draft(3), Some(Refused::NotAProject)),
        ("a draft twice", State { is_id_taken: true, ..planned.clone() }, draft(3), Some(Refused::IdTaken)),
        ("approved by another", drafted("builder", VersionState::Draft), approve("checked"), None),
        ("approved by its author", drafted("chief", VersionState::Draft), approve("checked"), Some(Refused::OwnDraft)),
        ("approved though dates lose their activity", State { lost: vec!["All home 2027-12-31".into()], ..drafted("builder", VersionState::Draft) }, approve("checked"), Some(Refused::Loses { lost: "All home 2027-12-31".into() })),
        ("a draft without dates", State { flaw: Some("F-115".into()), ..planned.clone() }, draft(3), Some(Refused::NoDates { finding: "F-115".into() })),
        ("approved without dates", State { flaw: Some("K-114 a".into()), ..drafted("builder", VersionState::Draft) }, approve("checked"), Some(Refused::NoDates { finding: "K-114 a".into() })),
        ("approved twice", drafted("builder", VersionState::Approved), approve("checked"), Some(Refused::NotADraft { state: "approved".into() })),
        ("approved without a reason", drafted("builder", VersionState::Draft), approve(" "), Some(Refused::NoReason)),
        ("a mandated date", planned.clone(), mandate("Headquarters"), None),
        ("by nobody", State { is_issuer_known: false, ..planned.clone() }, mandate("nobody"), Some(Refused::NoIssuer)),
        ("without a plan", State::default(), mandate("Headquarters"), Some(Refused::NoPlan)),
        ("on nothing", State { activity: None, ..planned.clone() }, mandate("Headquarters"), Some(Refused::UnknownActivity { activity: "a".into() })),
        ("twice", State { is_mandated: true, ..planned.clone() }, mandate("Headquarters"), Some(Refused::AlreadyMandated)),
        ("a change asked for", mandated.clone(), change(date(2028, 1, 31), "archaeology"), None),
        ("a second one meanwhile", State { has_open_request: true, ..mandated.clone() }, change(date(2028, 2, 28), "more"), Some(Refused::RequestOpen)),
        ("a change to the same date", mandated, change(date(2027, 12, 31), "archaeology"), Some(Refused::SameDate)),
        ("a change accepted", asked(true), answer(true, "Notice 2"), None),
        ("accepted by people of another organisation", State { is_of_issuer: false, ..asked(true) }, answer(true, "Notice 2"), Some(Refused::NotIssuer)),
        ("accepted without a document", asked(true), answer(true, ""), Some(Refused::NoIssuer)),
        ("declined without a document", asked(true), answer(false, ""), None),
        ("answered twice", asked(false), answer(true, "Notice 2"), Some(Refused::AlreadyAnswered)),
        ("activated", planned.clone(), activate.clone(), None),
        ("activated without a plan", State::default(), activate.clone(), Some(Refused::NoPlan)),
        ("activated with empty seats", State { empty_seats: vec!["leader".into()], ..planned.clone() }, activate.clone(), Some(Refused::SeatsEmpty { seats: "leader".into() })),
        ("activated twice", State { is_active: true, ..planned.clone() }, activate, Some(Refused::AlreadyActive)),
        ("begun", planned.clone(), record(began(yesterday), None), None),
        ("begun tomorrow", planned.clone(), record(began(tomorrow), None), Some(Refused::FutureActual { date: "2026-11-24".into() })),
        ("finished", planned.clone(), record(finished.clone(), None), None),
        ("met before its gate", State { open_gates: vec!["fire".into()], ..planned.clone() }, record(finished.clone(), None), Some(Refused::GatesOpen { gates: "gate_fire".into() })),
        ("met before its gate stood", State { open_gates: vec!["fire".into()], progress: finished.clone(), ..planned.clone() }, record(finished.clone(), None), None),
        ("finished before it began", planned.clone(), record(Progress { actual_start: Some(TODAY), actual_finish: Some(yesterday), ..Progress::default() }, None), Some(Refused::FinishBeforeStart)),
        ("finished without beginning", planned.clone(), record(Progress { actual_finish: Some(TODAY), ..Progress::default() }, None), Some(Refused::FinishBeforeStart)),
        ("all of it but not finished", planned.clone(), record(Progress { percent_e3: Some(100_000), ..began(yesterday) }, None), Some(Refused::WrongPercent)),
        ("more than all", planned.clone(), record(Progress { percent_e3: Some(101_000), ..began(yesterday) }, None), Some(Refused::WrongPercent)),
        ("some of it but not begun", planned.clone(), record(Progress { percent_e3: Some(10_000), ..Progress::default() }, None), Some(Refused::WrongPercent)),
        ("longer than any plan", planned.clone(), record(Progress { remaining_days: Some(7_301), ..began(yesterday) }, None), Some(Refused::TooLong { limit: "7300".into() })),
        ("on a summary", State { activity: Some(ActivityFound { is_work: false }), ..planned.clone() }, record(began(yesterday), None), Some(Refused::NotWork { activity: "a".into() })),
        ("another day of beginning", known.clone(), record(began(TODAY), None), Some(Refused::TakenBack)),
        ("with a reason", known, record(began(TODAY), Some("mistyped")), None),
        ("the data date moves", State { data_date: Some(yesterday), ..planned.clone() }, roll(TODAY), None),
        ("backwards", State { data_date: Some(TODAY), ..planned.clone() }, roll(yesterday), Some(Refused::DataDateBack { date: "2026-11-22".into() })),
        ("two projects linked", planned.clone(), tie("theirs"), None),
        ("with a wait of ten years", planned.clone(), tie_after(3_650), None),
        ("with a longer one", planned.clone(), tie_after(-3_651), Some(Refused::LagTooLong { limit: "3650".into() })),
        ("in a circle", State { closes_circle: true, ..planned.clone() }, tie("theirs"), Some(Refused::TieCircle)),
        ("to itself", planned, tie("ours"), Some(Refused::TieCircle)),
    ];
    for (name, state, command, expected) in cases {
        assert_eq!(decide(&state, &command, &context()).err(), expected, "{name}");
    }
}

#[test]
fn every_template_is_a_sound_plan_of_named_stages() {
    for one in TEMPLATES.iter() {
        let stage_name = |stage: &str| Language::En.t(&format!("stage.{stage}"));
        let week = || std::array::from_fn(|_| guatu_kernel::plan::DayWork::Usual);
        let calendar = |id: &str| guatu_kernel::plan::Calendar { id: id.into(), name: None, week: week(), minutes_per_day: 480, exceptions: vec![] };
        let setting = template::Setting {
            template: one,
            days: Default::default(),
            calendars: vec![calendar("site"), calendar("authority"), calendar("continuous")],
            stage_name: &stage_name,
            end_name: "End".into(),
        };
        let building = template::Building { place: "b1".into(), name: "B1".into(), floors_above: 26, floors_below: 2, start: TODAY };
        let plan = template::compose("P", &[building], &setting);
        let schedule = guatu_kernel::schedule(&plan);
        assert_eq!(schedule.diagnostics, vec![], "{}", one.id);
        assert_eq!(guatu_kernel::check::check(&plan, &schedule), Vec::<String>::new(), "{}", one.id);
        for stage in &one.stage {
            assert!(STAGES.iter().any(|known| known.id == stage.id), "{} is not a stage of the wall", stage.id);
        }
        assert!(Language::Zh.has(&format!("template.{}", one.id)));
    }
    for stage in STAGES.iter() {
        let key = format!("stage.{}", stage.id);
        assert!(Language::Zh.has(&key) && Language::En.has(&key), "{key}");
    }
}

/// A plan from a template, approved by the chief.
async fn approved(site: &TestSite) -> String {
    let drafted = site.post("builder", "/plans/ours/template", &[("template", "resettlement_tower"), ("start", "2026-06-01"), ("days_structure", "100")]).await;
    assert_eq!(drafted.status, 303, "{}", drafted.body);
    let version = drafted.location().to_owned();
    assert_eq!(site.post("builder", &version, &[("reason", "mine")]).await.status, 403, "a contractor does not approve");
    assert_eq!(site.post("chief", &version, &[("reason", "")]).await.status, 422);
    assert_eq!(site.post("chief", &version, &[("reason", "checked with the site")]).await.location(), "/plans/ours");
    version
}

on_both_databases!(from_a_template_to_a_date_that_cannot_be_kept, |site| async move {
    let site = site.with_cast().await;
    approved(&site).await;
    let mut conn = site.site.db.reader().await.unwrap();
    let structure = store::bar(&mut conn, "ours", "ours-b1/structure").await.unwrap().unwrap();
    assert_eq!(structure.stage.as_deref(), Some("structure"));
    assert_eq!(structure.place.as_deref(), Some("ours-b1"));
    let (start, finish) = structure.baseline.unwrap();
    let stop_days = 21;
    assert_eq!((finish - start).get_days() + 1, 100 + stop_days, "the form's own days replace the formula; the Spring Festival stop comes between");
    let (forecast_start, _) = structure.early.unwrap();
    assert!(forecast_start >= TODAY, "what has not begun is not before the data date");

    let date = [
        ("activity", template::END), ("name", "All home"), ("finish_by", "2027-06-30"),
        ("issuer", "headquarters"), ("document", "Notice 7"), ("edition", "1"),
    ];
    assert_eq!(site.post("builder", "/plans/ours/mandate", &date).await.status, 403);
    assert_eq!(site.post("chief", "/plans/ours/mandate", &date).await.status, 303);
    let outlook = store::outlooks(&mut conn, "ours").await.unwrap().remove(0);
    assert!(outlook.float_days_e3.unwrap() < 0 && outlook.forecast > Date::constant(2027, 6, 30));
    assert_eq!(outlook.driving_chain.last().map(String::as_str), Some(template::END));
    let kinds: Vec<&str> = outlook.concessions.as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["move_date", "shorten"]);
    let page = site.get("builder", "/plans/ours").await;
    assert_eq!(page.texts("section.sheet h3"), ["All home"]);
    assert_eq!(page.texts("section.sheet span.lamp.bad").len(), 1);

    // A change is asked for and answered; old and new both stay.
    let mandate = store::mandates(&mut conn, "ours").await.unwrap().remove(0);
    let change = format!("/mandates/{}/change", mandate.id);
    let far = (outlook.forecast + jiff::ToSpan::days(60)).to_string();
    assert_eq!(site.post("builder", &change, &[("finish_by", &far), ("reason", "archaeology")]).await.status, 303);
    let request = store::requests(&mut conn, "ours").await.unwrap().remove(0);
    let answer = format!("/mandate-requests/{}", request.id);
    let yes = [("answer", "accepted"), ("reason", "seen on site"), ("document", "Notice 9"), ("edition", "2")];
    assert_eq!(site.post("builder", &answer, &yes).await.status, 403);
    assert_eq!(site.post("chief", &answer, &yes).await.status, 303);
    let request = store::requests(&mut conn, "ours").await.unwrap().remove(0);
    assert_eq!((request.old_finish_by.to_string().as_str(), request.state.as_str()), ("2027-06-30", "accepted"));
    assert!(store::outlooks(&mut conn, "ours").await.unwrap()[0].float_days_e3.unwrap() > 0);
    drop(conn);
    site
});

on_both_databases!(a_project_needs_a_plan_and_a_task_force, |site| async move {
    let site = site.with_cast().await;
    let refused = site.post("chief", "/plans/ours/activate", &[]).await;
    assert_eq!(refused.texts(".summary .quiet"), ["L-107"]);
    approved(&site).await;
    let refused = site.post("chief", "/plans/ours/activate", &[]).await;
    assert_eq!(refused.texts(".summary .quiet"), ["L-108"]);
    for seat in crate::features::task_force::model::REQUIRED {
        let form = [("seat", seat.name()), ("holder", "account:builder"), ("from", "2026-11-01")];
        assert_eq!(site.post("chief", "/task-forces/ours", &form).await.status, 303, "{}", seat.name());
    }
    assert_eq!(site.post("chief", "/plans/ours/activate", &[]).await.status, 303);
    assert_eq!(site.post("chief", "/plans/ours/activate", &[]).await.status, 409);
    site
});

on_both_databases!(progress_moves_the_forecast_in_the_same_commit, |site| async move {
    let site = site.with_cast().await;
    approved(&site).await;
    let mut conn = site.site.db.reader().await.unwrap();
    let before = store::bar(&mut conn, "ours", "ours-b1/pit").await.unwrap().unwrap().early.unwrap();
    let address = "/plans/ours/progress?activity=ours-b1/permits";
    let form = [("actual_start", "2026-09-01"), ("actual_finish", "2026-11-20"), ("percent", "100")];
    assert_eq!(site.post("stranger", address, &form).await.status, 404);
    assert_eq!(site.post("builder", address, &form).await.status, 303);
    let after = store::bar(&mut conn, "ours", "ours-b1/pit").await.unwrap().unwrap().early.unwrap();
    assert!(after < before, "{after:?} is earlier than {before:?}");
    let back = [("actual_start", "2026-09-01"), ("percent", "50")];
    assert_eq!(site.post("builder", address, &back).await.texts(".summary .quiet"), ["L-118"]);
    assert_eq!(site.post("builder", address, &[back[0], back[1], ("reason", "not accepted")]).await.status, 303);
    drop(conn);
    site
});

on_both_databases!(two_versions_side_by_side_and_projects_linked, |site| async move {
    let site = site.with_cast().await;
    let first = approved(&site).await;
    let second = site.post("builder", "/plans/ours/template", &[("template", "resettlement_tower"), ("start", "2026-06-01"), ("days_structure", "130")]).await;
    let id = |address: &str| address.trim_start_matches("/plan-versions/").to_owned();
    let address = format!("/plans/ours/compare?a={}&b={}", id(&first), id(second.location()));
    let date = [("activity", "ours-b1/topping_out"), ("name", "Topped out"), ("finish_by", "2027-12-31"), ("issuer", "headquarters"), ("document", "Notice 7"), ("edition", "1")];
    assert_eq!(site.post("chief", "/plans/ours/mandate", &date).await.status, 303);
    let page = site.get("builder", &address).await;
    assert!(page.texts("tbody td:last-child").contains(&"+30".to_owned()));
    assert!(page.texts("tbody td:first-child").iter().any(|name| name.contains(" · ")), "which building a work belongs to");
    // What becomes of the mandated date by each, with what has happened: by the one in force what the project's page says.
    let forecast = site.site.domain.networks.scheduled(&mut site.site.db.reader().await.unwrap(), "ours").await.unwrap().outlooks[0].forecast;
    for address in [address.as_str(), second.location()] {
        let row = site.get("chief", address).await.texts("table:first-of-type tbody tr:first-child td");
        assert_eq!((row[0].as_str(), row[1].as_str(), row[2].contains(&forecast.to_string())), ("Topped out", "2027-12-31", true), "{address}: {row:?}");
        assert!(row[4].starts_with('+') && row[4] != "+0", "{address}: {row:?}");
    }
    assert_eq!(site.get("stranger", &address).await.status, 404);
    let page = site.get("builder", "/plans/ours").await;
    assert_eq!(page.texts("tbody td:nth-child(2)").len(), 2, "the first version is still there");

    let drafted = site.post("office", "/plans/theirs/template", &[("template", "resettlement_tower"), ("start", "2026-06-01")]).await;
    assert_eq!(site.post("chief", drafted.location(), &[("reason", "checked")]).await.status, 303);
    let mut conn = site.site.db.reader().await.unwrap();
    let source = store::bar(&mut conn, "ours", "ours-b1/outdoor_pipes").await.unwrap().unwrap().early.unwrap();
    let tie = [("from_project", "ours"), ("from_activity", "ours-b1/outdoor_pipes"), ("to_activity", "theirs-b1/permits"), ("lag_days", "0"), ("reason", "one pipe")];
    assert_eq!(site.post("office", "/plans/theirs/ties", &tie).await.status, 303);
    let bound = store::bar(&mut conn, "theirs", "theirs-b1/permits").await.unwrap().unwrap().early.unwrap();
    assert!(bound.0 > source.1, "{bound:?} starts after {source:?} ends");
    let circle = [("from_project", "theirs"), ("from_activity", "theirs-b1/permits"), ("to_activity", "ours-b1/pit"), ("lag_days", "0"), ("reason", "x")];
    assert_eq!(site.post("office", "/plans/ours/ties", &circle).await.texts(".summary .quiet"), ["L-120"]);
    drop(conn);
    site
});

on_both_databases!(what_has_no_dates_is_not_put_forward, |site| async move {
    let site = site.with_cast().await;
    let version = approved(&site).await;
    let long: Vec<(String, &str)> = TEMPLATES[0].stage.iter().map(|stage| (format!("days_{}", stage.id), "3650")).collect();
    let mut form = vec![("template", TEMPLATES[0].id.as_str()), ("start", "2150-12-31")];
    form.extend(long.iter().map(|(name, days)| (name.as_str(), *days)));
    let refused = site.post("builder", "/plans/ours/template", &form).await;
    assert_eq!(refused.texts(".summary .quiet"), ["L-126"]);
    assert!(refused.body.contains("2150-12-31"), "the form stays filled");
    assert_eq!(site.get("builder", &version).await.status, 200);
    site
});

on_both_databases!(a_summary_is_finished_with_the_last_of_its_works, |site| async move {
    let site = site.with_cast().await;
    approved(&site).await;
    let mut conn = site.site.db.reader().await.unwrap();
    let works: Vec<String> = store::bars(&mut conn, "ours", 0, 1_000).await.unwrap().into_iter()
        .filter(|bar| bar.kind != "summary" && bar.place.as_deref() == Some("ours-b1")).map(|bar| bar.activity).collect();
    let (last, before) = works.split_last().unwrap();
    let summary = async |conn: &mut crate::db::Conn| {
        let bar = store::bar(conn, "ours", "ours-b1").await.unwrap().unwrap();
        (bar.actual_start, bar.actual_finish, bar.percent_e3)
    };
    let finish = |activity: &str| {
        let progress = Progress { actual_start: Some(date(2026, 9, 1)), actual_finish: Some(date(2026, 11, 18)), percent_e3: Some(100_000), remaining_days: None };
        site.submit(Command::Record { project: "ours".into(), activity: activity.into(), progress, reason: None })
    };
    // Acceptances and milestones among them need their gates: confirmed of the whole project, they hold for the building.
    for gate in binding::GATES.iter() {
        let measures = gate.measures.iter().map(|measure| (measure.clone(), 100)).collect();
        let evidence = Evidence { document: "No. 1".into(), on: date(2026, 11, 18), remark: String::new(), measures, photos: Vec::new() };
        site.submit(Gates::File { place: "ours".into(), gate: gate.id.clone(), evidence: Box::new(evidence) }).await.unwrap();
        let confirm = Gates::Confirm { place: "ours".into(), gate: gate.id.clone() };
        site.submit_as(Permit::account("chief".into()), confirm, Vec::new()).await.unwrap();
    }
    for activity in before {
        finish(activity).await.unwrap();
    }
    assert_eq!(summary(&mut conn).await, (Some(date(2026, 9, 1)), None, 91_509));
    finish(last).await.unwrap();
    assert_eq!(summary(&mut conn).await, (Some(date(2026, 9, 1)), Some(date(2026, 11, 18)), 100_000));
    let board = site.get("builder", "/wall/bar?project=ours&activity=ours-b1").await;
    assert_eq!(board.texts(".lamp.done").len(), 1, "{:?}", board.texts(".lamp"));
    drop(conn);
    site
});

on_both_databases!(one_that_cannot_be_scheduled_takes_no_other_with_it, |site| async move {
    let site = site.with_cast().await;
    approved(&site).await;
    let date = [("activity", template::END), ("name", "All home"), ("finish_by", "2027-06-30"), ("issuer", "headquarters"), ("document", "Notice 7"), ("edition", "1")];
    assert_eq!(site.post("chief", "/plans/ours/mandate", &date).await.status, 303);
    let db = site.site.db.clone();
    let damage = async |value: &str| {
        db.writer().await.unwrap().execute("UPDATE mandate SET finish_by = ?", crate::args![value]).await.unwrap();
    };
    damage("no date").await;

    let submit = |command: crate::features::Command| {
        let submission = Submission { permit: Permit::system(), request_id: new_id(), command, documents: Vec::new() };
        let journal = site.site.journal.clone();
        async move { journal.submit(submission).await }
    };
    let register = |id: &str| {
        let kind = crate::features::organisations::model::Kind::Headquarters;
        submit(crate::features::organisations::model::Command::Register { id: id.into(), name: id.into(), kind }.into())
    };
    let begin = || submit(Command::Record { project: "ours".into(), activity: "ours-b1/permits".into(), progress: began(TODAY), reason: None }.into());
    // The door waits for the database, so that all of these are written as one group.
    let mut held = db.writer().await.unwrap();
    held.begin_write().await.unwrap();
    held.execute("UPDATE ledger_head SET number = number WHERE id = 1", &[]).await.unwrap();
    let release = async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        held.rollback().await.unwrap();
        drop(held);
    };
    let (first, second, damaged, third, ()) = tokio::join!(register("first"), register("second"), begin(), register("third"), release);
    assert!(first.is_ok() && second.is_ok() && third.is_ok(), "{first:?} {second:?} {third:?}");
    assert!(matches!(damaged, Err(SubmitError::Fault(_))), "{damaged:?}");

    damage("2027-06-30").await;
    begin().await.unwrap();
    site
});

#[test]
fn a_chain_names_no_step_twice_and_a_concession_says_its_hour_as_people_do() {
    let outlook = |ids: &[&str]| store::Outlook {
        mandate: "m".into(),
        forecast: TODAY,
        float_days_e3: None,
        driving_chain: ids.iter().map(|id| (*id).to_owned()).collect(),
        concessions: serde_json::Value::Null,
    };
    let names = [("a", "Shell"), ("b", "Total completion"), ("c", "Total completion")].map(|(id, name)| (id.to_owned(), name.to_owned()));
    let names = names.into();
    for (ids, said) in [
        (["a", "b", "c"].as_slice(), "Shell → Total completion"),
        (&["b", "a", "c"], "Total completion → Shell → Total completion"),
        (&["a", "unknown"], "Shell → unknown"),
        (&[], ""),
    ] {
        assert_eq!(super::pages::chain(&outlook(ids), &names), said);
    }
    let visitor = crate::web::visitor::Visitor { language: Language::En, ..Default::default() };
    let moved = serde_json::json!({"kind": "move_date", "to": "2027-03-12T17:00", "days": 1, "calendar_days": 3, "strength": "proved"});
    let sentence = super::pages::concession_sentence(&visitor, &moved, &names);
    assert!(sentence.contains("2027-03-12 17:00 (1 working day, 3 natural days;"), "{sentence}");
    let one = |activity: &str| serde_json::json!({"activity": activity, "days": 1});
    let shorter = serde_json::json!({"kind": "shorten", "days": 2, "on": [one("a"), one("b")], "strength": "proved"});
    let sentence = super::pages::concession_sentence(&visitor, &shorter, &names);
    assert!(sentence.contains("Shell by 1 day, Total completion by 1 day"), "{sentence}");

    let mut priced = shorter.clone();
    priced["cost"] = serde_json::json!(1234.5);
    let sentence = super::pages::concession_sentence(&visitor, &priced, &names);
    assert!(sentence.contains("1234.5 yuan at the plan's price"), "{sentence}");

    let crews = |id: &str, crews: u32, with: &[&str]| {
        serde_json::json!({"kind": "add_crews", "crews": crews, "days": 4, "strength": "proved",
            "on": [{"activity": id, "crews_now": 1, "crews": crews, "days": 4}], "shared": [{"resource": "crew", "with": with}]})
    };
    let said = |concessions: serde_json::Value| {
        super::pages::restorations(&visitor, &store::Outlook { concessions, ..outlook(&[]) }, &names)
    };
    let each = said(serde_json::json!([crews("a", 1, &["b", "c"]), moved, crews("c", 2, &[])]));
    assert!(each.len() == 2 && each[0].contains("2027-03-12 17:00"), "{each:?}");
    let one = "Shell 1 crew more (4 days shorter; its resources are then also needed by Total completion)";
    assert!(each[1].contains(one) && each[1].contains("Total completion 2 crews more (4 days shorter)"), "{each:?}");
    let many: Vec<_> = (0..7).map(|at| crews(&format!("floor {at}"), 1, &[])).collect();
    let many = said(many.into());
    assert!(many.len() == 1 && many[0].contains("2 others") && !many[0].contains("floor 5"), "{many:?}");
    let crowd = said(serde_json::json!([crews("a", 1, &["d", "e", "f", "g", "h", "i"])]));
    assert!(crowd[0].contains("needed by d, e, f, g, h and 1 other)"), "{crowd:?}");
}
