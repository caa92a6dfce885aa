//! Scenarios of risks and hazards.

use super::model::{Chain, Command, Fact, Grade, Known, Needed, Outcome, Posts, Recipient, Refused, Remedy, Side, Stage, State, Stopping, decide};
use super::risks::{Recorded, dangerous, risks};
use super::rules::{Colour, HAZARDS, RISKS};
use super::store;
use crate::clock::civil_date;
use crate::features::identity::model::Role;
use crate::features::plan::network::STAGES;
use crate::features::plan::heard;
use crate::features::plan::store::{self as plans, Bar};
use crate::features::reports::model::Photo;
use crate::features::reports::tests::{active, settled};
use crate::journal::domain::{Actor, Context};
use crate::on_both_databases;
use crate::testing::{Page, TestSite};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use std::collections::BTreeSet;

const TODAY: Date = date(2026, 11, 23);

#[test]
fn the_data_says_what_it_stands_on_and_names_what_there_is() {
    let stages = RISKS.risk.iter().flat_map(|risk| &risk.stages).chain(RISKS.danger.iter().flat_map(|one| one.stages.iter().chain(&one.next)));
    for stage in stages {
        assert!(STAGES.iter().any(|known| known.id == *stage), "{stage}");
    }
    let parameters = RISKS.risk.iter().filter_map(|risk| risk.parameter.as_ref()).chain(RISKS.danger.iter().map(|one| &one.parameter));
    for parameter in parameters {
        assert!(super::rules::parameter(parameter).is_some(), "{parameter}");
    }
    let marks = RISKS.colour.iter().map(|one| (&one.source, &one.mark)).chain(RISKS.risk.iter().map(|one| (&one.source, &one.mark)));
    let marks = marks.chain(RISKS.danger.iter().map(|one| (&one.source, &one.mark))).chain(HAZARDS.kind.iter().map(|one| (&one.source, &one.mark)));
    for (source, mark) in marks {
        assert!(!source.is_empty() && ["S", "G", "setting"].contains(&mark.as_str()), "{source}: {mark}");
    }
    assert_eq!(RISKS.colour.iter().map(|rule| rule.id).collect::<Vec<_>>(), Colour::ALL.map(|(colour, _)| colour));
    for risk in &RISKS.risk {
        let [likelihood, exposure, consequence] = risk.lec.unwrap_or([10, 10, 1]);
        assert!(RISKS.lec.likelihood_e1.contains(&likelihood) && RISKS.lec.exposure_e1.contains(&exposure) && RISKS.lec.consequence.contains(&consequence), "{}", risk.id);
        assert!(risk.lec.is_some() != risk.ls.is_some(), "{} is graded by one method", risk.id);
    }
    for language in [crate::web::locale::Language::Zh, crate::web::locale::Language::En] {
        let keys = RISKS.risk.iter().flat_map(|risk| [format!("risk.{}", risk.id), format!("risk_measure.{}", risk.id)]);
        let keys = keys.chain(HAZARDS.kind.iter().map(|kind| format!("hazard_kind.{}", kind.id))).chain(RISKS.danger.iter().map(|one| format!("danger.{}", one.id)));
        let keys = keys.chain(RISKS.parameter.iter().flat_map(|one| [format!("site_parameter.{}", one.id), format!("site_unit.{}", one.unit)]));
        for key in keys.chain(RISKS.colour.iter().map(|one| format!("risk_level.{}", one.level))) {
            assert!(language.has(&key), "{key}");
        }
    }
}

#[test]
fn bands() {
    // L and E in tenths. The products around each edge, and those of a published worked table: 20, 450, 90, 108, 15.
    let lec = [
        ([20, 160, 10], Colour::Red), // 320
        ([30, 100, 15], Colour::Red), // 450
        ([10, 30, 100], Colour::Orange), // 300
        ([160, 10, 10], Colour::Orange), // 160
        ([30, 60, 7], Colour::Yellow), // 126
        ([30, 30, 10], Colour::Yellow), // 90
        ([60, 60, 3], Colour::Yellow), // 108
        ([10, 100, 7], Colour::Yellow), // 70
        ([30, 30, 7], Colour::Blue), // 63
        ([10, 20, 10], Colour::Blue), // 20
        ([5, 30, 10], Colour::Blue), // 15
    ];
    for (values, colour) in lec {
        assert_eq!(Colour::of_lec(values), colour, "{values:?}");
    }
    let ls = [([5, 5], Colour::Red), ([4, 5], Colour::Red), ([4, 4], Colour::Orange), ([3, 5], Colour::Orange), ([3, 4], Colour::Yellow), ([3, 3], Colour::Yellow), ([2, 4], Colour::Blue), ([1, 1], Colour::Blue)];
    for (values, colour) in ls {
        assert_eq!(Colour::of_ls(values), colour, "{values:?}");
    }
}

fn bar(stage: &str, early: (Date, Date), actual: (Option<Date>, Option<Date>)) -> Bar {
    Bar {
        project: "p".into(),
        ordinal: 0,
        activity: format!("b/{stage}"),
        name: stage.into(),
        kind: "task".into(),
        depth: 1,
        place: Some("b".into()),
        stage: Some(stage.into()),
        work_kind: None,
        baseline: None,
        early: Some(early),
        late: None,
        float_days_e3: None,
        is_critical: false,
        actual_start: actual.0,
        actual_finish: actual.1,
        percent_e3: 0,
        driver: "none".into(),
        driver_activity: None,
        quantity_e3: None,
        unit: None,
        is_whole: false,
        breaks: Vec::new(),
    }
}

#[test]
fn what_is_on() {
    let in_days = |days: i64| TODAY.saturating_add(days.days());
    let (planned, soon, later) = ((in_days(-3), in_days(20)), (in_days(7), in_days(20)), (in_days(8), in_days(20)));
    let depth = |value_e3: i64| Recorded { parameters: [("pit_depth".to_owned(), (value_e3, in_days(-1)))].into(), ..Recorded::default() };
    let none = Recorded::default();
    let crane = Recorded { parameters: [("tower_cranes".to_owned(), (1000, in_days(-40)))].into(), ..Recorded::default() };
    // Stage, dates, what was recorded; whether a risk is on, and what is missing.
    type Case<'a> = (&'a str, Bar, &'a Recorded, &'a str, bool, &'a [&'a str]);
    let (shallow, deep, very_deep, edge) = (depth(2_999), depth(3_000), depth(5_000), depth(4_999));
    let cases: [Case; 11] = [
        ("planned now", bar("pit", planned, (None, None)), &none, "muck_transport", true, &["pit_depth"]),
        ("a week ahead", bar("pit", soon, (None, None)), &none, "muck_transport", true, &["pit_depth"]),
        ("eight days ahead", bar("pit", later, (None, None)), &none, "muck_transport", false, &[]),
        ("begun early", bar("pit", later, (Some(in_days(-1)), None)), &none, "muck_transport", true, &["pit_depth"]),
        ("finished", bar("pit", planned, (Some(in_days(-9)), Some(in_days(-1)))), &none, "muck_transport", false, &[]),
        ("shallow", bar("pit", planned, (None, None)), &shallow, "pit_shallow", true, &[]),
        ("three metres", bar("pit", planned, (None, None)), &deep, "pit_deep", true, &[]),
        ("below five", bar("pit", planned, (None, None)), &edge, "pit_very_deep", false, &[]),
        ("five metres", bar("pit", planned, (None, None)), &very_deep, "pit_very_deep", true, &[]),
        ("a crane at any time", bar("registration", later, (None, None)), &crane, "tower_crane", true, &[]),
        ("another stage", bar("fit_out", planned, (None, None)), &deep, "pit_deep", false, &[]),
    ];
    for (name, bar, recorded, risk, is_on, gaps) in &cases {
        let found = risks(&[bar], recorded, TODAY);
        assert_eq!(found.points.iter().any(|point| point.risk.id == *risk), *is_on, "{name}");
        assert_eq!(found.gaps.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), *gaps, "{name}");
    }
    // Looked at: the next look counts from the last one, by the colour as it was regraded.
    let pit = bar("pit", planned, (Some(in_days(-30)), None));
    let point = |recorded: &Recorded| risks(&[&pit], recorded, TODAY).points.into_iter().find(|point| point.risk.id == "muck_transport").unwrap();
    let unseen = point(&none);
    assert_eq!((unseen.colour, unseen.due, unseen.is_overdue(TODAY)), (Colour::Yellow, in_days(-23), true));
    let seen = Recorded { checks: [("muck_transport".to_owned(), (in_days(-7), true))].into(), ..Recorded::default() };
    assert_eq!((point(&seen).due, point(&seen).is_overdue(TODAY)), (TODAY, false));
    let regraded = Recorded { grades: [("muck_transport".to_owned(), (Colour::Red, "narrow".to_owned()))].into(), ..seen };
    assert_eq!((point(&regraded).due, point(&regraded).reason.as_str()), (in_days(-6), "narrow"));
    // A dangerous work whose next step began.
    let (done, next) = (bar("pit", planned, (Some(in_days(-9)), Some(in_days(-1)))), bar("piles", planned, (Some(TODAY), None)));
    let works = dangerous(&[&done, &next], &deep, TODAY);
    assert_eq!(works.iter().map(|work| (work.danger.id.as_str(), work.overtaken)).collect::<Vec<_>>(), [("pit", Some(TODAY))]);
    assert_eq!(dangerous(&[&done, &next], &shallow, TODAY).len(), 0);
}

fn context(actor: &str) -> Context {
    let now = crate::testing::NOW.parse().unwrap();
    Context { actor: Actor::Account(actor.into()), now, today: civil_date(now) }
}

fn photo() -> Vec<Photo> {
    vec![Photo::of("o".into())]
}

#[test]
fn rules() {
    let works = Posts { works: true, ..Posts::default() };
    let supervises = Posts { supervises: true, ..Posts::default() };
    let governs = Posts { oversees: true, governs: true, ..Posts::default() };
    let site = |posts: Posts| State { place: "b".into(), is_site: true, posts, is_person_known: true, on: vec![("edges".into(), Colour::Orange)], ..State::default() };
    let remedy = || Remedy { measure: "guard it".into(), amount_fen: Some(100_000), person: "jian".into(), due: TODAY, contingency: "leave".into() };
    let find = |kind: &str, grade, remedy: Remedy, photos| Command::Find { hazard: "h".into(), place: "b".into(), kind: kind.into(), grade, content: "an open edge".into(), remedy: Box::new(remedy), photos };
    let known = |grade, stage| Known { place: "b".into(), grade, stage, found_on: TODAY, due: date(2026, 11, 20), major: (grade == Grade::Major).then(|| (TODAY, "wen".to_owned())), is_major_kind: false, repaired_by: Some("jian".into()), asked_by: Some("lu".into()), reported: Vec::new(), listed_on: None };
    let at = |posts, grade, stage| State { hazard: Some(known(grade, stage)), ..site(posts) };
    let h = || "h".to_owned();
    let words = || "seen".to_owned();
    let repair = |content: &str, photos| Command::Repair { hazard: h(), content: content.into(), photos };
    let recheck = |is_done| Command::Recheck { hazard: h(), is_done, content: words(), photos: Vec::new() };
    let report = |on| Command::Report { hazard: h(), recipient: Recipient::Regulator, on, document: "No. 1".into() };
    let ask = || Command::Ask { hazard: h(), content: words() };
    let review = |is_fit| Command::Review { hazard: h(), is_fit, content: words() };
    let close = || Command::Close { hazard: h(), content: words() };
    let list = |document: &str| Command::List { hazard: h(), document: document.into() };
    let reported = |to: &[Recipient]| State {
        hazard: Some(Known { reported: to.iter().map(|one| (*one, TODAY)).collect(), ..known(Grade::Major, Stage::Resumed) }),
        ..site(supervises)
    };
    let raise = |reason: &str, amount_fen, contingency: &str, photos| Command::Raise { hazard: h(), reason: reason.into(), amount_fen, contingency: contingency.into(), photos };
    let raised = |photos| raise("it hangs by a bolt", Some(1), "leave", photos);
    let lower = |reason: &str| Command::Lower { hazard: h(), reason: reason.into() };
    let listed_kind = State { hazard: Some(Known { is_major_kind: true, ..known(Grade::Major, Stage::Open) }), ..site(governs) };
    let wrong = |stage: &str| Err(Refused::WrongStage { stage: format!("hazard_stage.{stage}") });
    let measure = |parameter: &str, value_e3| Command::Measure { place: "b".into(), parameter: parameter.into(), value_e3 };
    let regrade = |risk: &str, colour, reason: &str| Command::Regrade { place: "b".into(), risk: risk.into(), colour, reason: reason.into() };
    let check = |risks: &[&str], is_sound, content: &str| Command::Check { place: "b".into(), risks: risks.iter().map(|one| (*one).to_owned()).collect(), is_sound, content: content.into() };
    let danger = |posts, value_e3: i64, chain: Chain| State { value_e3: Some(value_e3), chain, ..site(posts) };
    let sign = |side| Command::Sign { place: "b".into(), danger: "pit".into(), side, document: "plan 1".into() };
    let argue = |experts, outcome| Command::Argue { place: "b".into(), danger: "pit".into(), experts, outcome, document: "minutes".into() };
    let disclose = || Command::Disclose { place: "b".into(), danger: "pit".into(), document: "list".into() };
    let accept = |document: &str| Command::Accept { place: "b".into(), danger: "pit".into(), document: document.into() };
    let one = || Chain { signed: vec![(Side::Builder, "jian".into())], ..Chain::default() };
    let two = || Chain { signed: vec![(Side::Builder, "jian".into()), (Side::Supervision, "wei".into())], ..Chain::default() };
    let told = |by: &str| Chain { disclosed_by: Some(by.into()), ..two() };
    let (ordinary, major) = (Grade::Ordinary, Grade::Major);
    // What is tried, where, by whom, and how many facts follow.
    type Case = (&'static str, State, Command, &'static str, Result<usize, Refused>);
    let cases: Vec<Case> = vec![
        ("an ordinary one", site(works), find("height", ordinary, Remedy { amount_fen: None, contingency: String::new(), ..remedy() }, Vec::new()), "jian", Ok(1)),
        ("a major one stops work", site(supervises), find("height", major, remedy(), photo()), "wei", Ok(2)),
        ("major by the list", site(works), find("no_licence", ordinary, remedy(), photo()), "jian", Ok(2)),
        ("an id twice", State { is_id_taken: true, ..site(works) }, find("height", ordinary, remedy(), Vec::new()), "jian", Err(Refused::IdTaken)),
        ("a floor", State { is_site: false, ..site(works) }, find("height", ordinary, remedy(), Vec::new()), "jian", Err(Refused::NotASite)),
        ("a reader", site(Posts::default()), find("height", ordinary, remedy(), Vec::new()), "mo", Err(Refused::MayNot)),
        ("a dragon", site(works), find("dragon", ordinary, remedy(), Vec::new()), "jian", Err(Refused::UnknownKind)),
        ("without a measure", site(works), find("height", ordinary, Remedy { measure: " ".into(), ..remedy() }, Vec::new()), "jian", Err(Refused::NoMeasure)),
        ("of a stranger", State { is_person_known: false, ..site(works) }, find("height", ordinary, remedy(), Vec::new()), "jian", Err(Refused::UnknownPerson)),
        ("for yesterday", site(works), find("height", ordinary, Remedy { due: date(2026, 11, 22), ..remedy() }, Vec::new()), "jian", Err(Refused::DueOutside)),
        ("major without money", site(works), find("height", major, Remedy { amount_fen: None, ..remedy() }, photo()), "jian", Err(Refused::NoMoney)),
        ("below zero", site(works), find("height", ordinary, Remedy { amount_fen: Some(-1), ..remedy() }, Vec::new()), "jian", Err(Refused::NoMoney)),
        ("major without contingency", site(works), find("height", major, Remedy { contingency: String::new(), ..remedy() }, photo()), "jian", Err(Refused::NoContingency)),
        ("major without a picture", site(works), find("height", major, remedy(), Vec::new()), "jian", Err(Refused::PhotoNeeded)),
        ("put right", at(works, ordinary, Stage::Open), repair("guarded", photo()), "jian", Ok(1)),
        ("put right by supervision", at(supervises, ordinary, Stage::Open), repair("guarded", photo()), "wei", Err(Refused::MayNot)),
        ("put right in words", at(works, ordinary, Stage::Open), repair("guarded", Vec::new()), "jian", Err(Refused::PhotoNeeded)),
        ("put right in silence", at(works, ordinary, Stage::Open), repair(" ", photo()), "jian", Err(Refused::NoContent)),
        ("put right twice", at(works, ordinary, Stage::Repaired), repair("guarded", photo()), "jian", wrong("repaired")),
        ("looked at again", at(supervises, ordinary, Stage::Repaired), recheck(true), "wei", Ok(1)),
        ("sent back", at(governs, major, Stage::Repaired), recheck(false), "wen", Ok(1)),
        ("looked at by who works", at(works, ordinary, Stage::Repaired), recheck(true), "lu", Err(Refused::MayNot)),
        ("looked at by who repaired", at(supervises, ordinary, Stage::Repaired), recheck(true), "jian", Err(Refused::SamePerson)),
        ("looked at too early", at(supervises, ordinary, Stage::Open), recheck(true), "wei", wrong("open")),
        ("reported", at(works, major, Stage::Open), report(TODAY), "jian", Ok(1)),
        ("an ordinary one reported", at(works, ordinary, Stage::Open), report(TODAY), "jian", Err(Refused::NotMajor)),
        ("reported before it was found", at(works, major, Stage::Open), report(date(2026, 11, 22)), "jian", Err(Refused::DayOutside)),
        ("reported twice", reported(&[Recipient::Regulator]), report(TODAY), "wei", Err(Refused::AlreadyReported { date: "2026-11-23".into() })),
        ("reported when closed", at(works, major, Stage::Closed), report(TODAY), "jian", wrong("closed")),
        ("listed", at(governs, major, Stage::Open), list("No. 9"), "wen", Ok(1)),
        ("listed by the site", at(works, major, Stage::Open), list("No. 9"), "jian", Err(Refused::MayNot)),
        ("listed by no paper", at(governs, major, Stage::Open), list(""), "wen", Err(Refused::NoDocument)),
        ("listed twice", State { hazard: Some(Known { listed_on: Some(TODAY), ..known(major, Stage::Open) }), ..site(governs) }, list("No. 9"), "wen", Err(Refused::AlreadyListed { date: "2026-11-23".into() })),
        ("asked to go on", at(works, major, Stage::Rechecked), ask(), "jian", Ok(1)),
        ("asked too early", at(works, major, Stage::Repaired), ask(), "jian", wrong("repaired")),
        ("may go on", at(supervises, major, Stage::Asked), review(true), "wei", Ok(2)),
        ("may not go on", at(governs, major, Stage::Asked), review(false), "wen", Ok(1)),
        ("reviewed by who repaired", at(supervises, major, Stage::Asked), review(true), "jian", Err(Refused::SamePerson)),
        ("reviewed by who asked", at(governs, major, Stage::Asked), review(true), "lu", Err(Refused::SamePerson)),
        ("reviewed by the site", at(works, major, Stage::Asked), review(true), "an", Err(Refused::MayNot)),
        ("reviewed unasked", at(supervises, major, Stage::Rechecked), review(true), "wei", wrong("rechecked")),
        ("closed", reported(&[Recipient::Regulator, Recipient::Congress]), close(), "wei", Ok(1)),
        ("closed with one report", reported(&[Recipient::Regulator]), close(), "wei", Err(Refused::ReportsMissing)),
        ("closed while work stands", at(supervises, major, Stage::Asked), close(), "wei", wrong("asked")),
        ("raised", at(works, ordinary, Stage::Open), raised(photo()), "jian", Ok(2)),
        ("raised when repaired", at(supervises, ordinary, Stage::Repaired), raised(photo()), "wei", Ok(2)),
        ("raised when closed", at(supervises, ordinary, Stage::Closed), raised(photo()), "wei", wrong("closed")),
        ("raised twice", at(supervises, major, Stage::Open), raised(photo()), "wei", Err(Refused::AlreadyMajor)),
        ("raised by a reader", at(Posts::default(), ordinary, Stage::Open), raised(photo()), "mo", Err(Refused::MayNot)),
        ("raised for no reason", at(works, ordinary, Stage::Open), raise(" ", Some(1), "leave", photo()), "jian", Err(Refused::NoReason)),
        ("raised without money", at(works, ordinary, Stage::Open), raise("x", None, "leave", photo()), "jian", Err(Refused::NoMoney)),
        ("raised below zero", at(works, ordinary, Stage::Open), raise("x", Some(-1), "leave", photo()), "jian", Err(Refused::NoMoney)),
        ("raised without contingency", at(works, ordinary, Stage::Open), raise("x", Some(1), "", photo()), "jian", Err(Refused::NoContingency)),
        ("raised without a picture", at(works, ordinary, Stage::Open), raised(Vec::new()), "jian", Err(Refused::PhotoNeeded)),
        ("lowered", at(supervises, major, Stage::Open), lower("the bolt holds"), "wei", Ok(2)),
        ("lowered by who raised", at(governs, major, Stage::Open), lower("x"), "wen", Err(Refused::SamePerson)),
        ("lowered by who repaired", at(supervises, major, Stage::Repaired), lower("x"), "jian", Err(Refused::SamePerson)),
        ("lowered by the site", at(works, major, Stage::Open), lower("x"), "jian", Err(Refused::MayNot)),
        ("lowered for no reason", at(supervises, major, Stage::Open), lower(""), "wei", Err(Refused::NoReason)),
        ("lowered after a look", at(supervises, major, Stage::Rechecked), lower("x"), "wei", wrong("rechecked")),
        ("an ordinary one lowered", at(supervises, ordinary, Stage::Open), lower("x"), "wei", Err(Refused::NotMajor)),
        ("major by the list lowered", listed_kind, lower("x"), "wei", Err(Refused::MajorByList)),
        ("measured", site(works), measure("pit_depth", 5_500), "jian", Ok(1)),
        ("a dragon measured", site(works), measure("dragon", 1), "jian", Err(Refused::UnknownParameter)),
        ("deeper than any pit", site(works), measure("pit_depth", 60_001), "jian", Err(Refused::ValueOutside { most: "60".into() })),
        ("graded higher", site(works), regrade("edges", Some(Colour::Red), "wind"), "jian", Ok(1)),
        ("graded lower by the site", site(works), regrade("edges", Some(Colour::Blue), "calm"), "jian", Err(Refused::MayNot)),
        ("graded lower by supervision", site(supervises), regrade("edges", Some(Colour::Blue), "netted"), "wei", Ok(1)),
        ("graded without a reason", site(works), regrade("edges", Some(Colour::Red), ""), "jian", Err(Refused::NoReason)),
        ("a dragon graded", site(works), regrade("dragon", None, "fire"), "jian", Err(Refused::UnknownRisk)),
        ("looked at", site(works), check(&["edges"], true, ""), "jian", Ok(1)),
        ("out of control without words", site(works), check(&["edges"], false, ""), "jian", Err(Refused::NoContent)),
        ("nothing looked at", site(works), check(&[], true, ""), "jian", Err(Refused::NothingChecked)),
        ("what is off looked at", site(works), check(&["hoist"], true, ""), "jian", Err(Refused::NothingChecked)),
        ("signed by the builder", danger(works, 4_000, Chain::default()), sign(Side::Builder), "jian", Ok(1)),
        ("signed by supervision first", danger(supervises, 4_000, Chain::default()), sign(Side::Supervision), "wei", Err(Refused::OutOfTurn)),
        ("signed by supervision", danger(supervises, 4_000, one()), sign(Side::Supervision), "wei", Ok(1)),
        ("both by one", danger(supervises, 4_000, one()), sign(Side::Supervision), "jian", Err(Refused::SamePerson)),
        ("a shallow pit", danger(works, 2_999, Chain::default()), sign(Side::Builder), "jian", Err(Refused::NotDangerous)),
        ("not measured", site(works), sign(Side::Builder), "jian", Err(Refused::NotDangerous)),
        ("a dragon signed", danger(works, 4_000, Chain::default()), Command::Sign { place: "b".into(), danger: "dragon".into(), side: Side::Builder, document: "x".into() }, "jian", Err(Refused::UnknownDanger)),
        ("experts in scale", danger(works, 4_999, two()), argue(5, Outcome::Passed), "jian", Err(Refused::OutOfTurn)),
        ("experts over scale", danger(works, 5_000, two()), argue(5, Outcome::Amended), "jian", Ok(1)),
        ("four experts", danger(works, 5_000, two()), argue(4, Outcome::Passed), "jian", Err(Refused::TooFewExperts { least: "5".into() })),
        ("disclosed before experts", danger(works, 5_000, two()), disclose(), "jian", Err(Refused::OutOfTurn)),
        ("disclosed", danger(works, 4_000, two()), disclose(), "jian", Ok(1)),
        ("accepted", danger(supervises, 4_000, told("jian")), accept("minutes"), "wei", Ok(1)),
        ("accepted by the site", danger(works, 4_000, told("jian")), accept("minutes"), "lu", Err(Refused::MayNot)),
        ("accepted by who disclosed", danger(supervises, 4_000, told("wei")), accept("minutes"), "wei", Err(Refused::SamePerson)),
        ("accepted undisclosed", danger(supervises, 4_000, two()), accept("minutes"), "wei", Err(Refused::OutOfTurn)),
        ("accepted by no paper", danger(supervises, 4_000, told("jian")), accept(" "), "wei", Err(Refused::NoDocument)),
    ];
    let mut seen = BTreeSet::from(["H-129"]);
    for (name, state, command, actor, expected) in cases {
        let came = decide(&state, &command, &context(actor)).map(|drafts| drafts.len());
        assert_eq!(came, expected, "{name}");
        if let Err(refused) = came {
            seen.insert(crate::refusal::Refusal::from(refused).code);
        }
    }
    // Work that goes on in a stop: not of its first day, and once.
    let hear = |on| Command::Hear { place: "b".into(), report: "r".into(), on, works: Vec::new() };
    let stopping = |is_told| State { is_site: true, place: "b".into(), stopping: vec![Stopping { hazard: "h".into(), place: "p".into(), by: "wei".into(), from: TODAY, is_told, ..Stopping::default() }], ..State::default() };
    let next = TODAY.tomorrow().unwrap();
    let system = Context { actor: Actor::System, ..context("wei") };
    for (name, is_told, on, count) in [("the day after", false, next, 1), ("the first day", false, TODAY, 0), ("told before", true, next, 0)] {
        assert_eq!(decide(&stopping(is_told), &hear(on), &system).map(|drafts| drafts.len()), Ok(count), "{name}");
    }
    assert_eq!(decide(&stopping(false), &hear(next), &context("wei")), Err(Refused::MayNot));
    let missing: Vec<&&str> = Refused::CODES.iter().filter(|code| !seen.contains(**code)).collect();
    assert!(missing.is_empty(), "{missing:?} have no case");
    // What experts refuse begins again.
    let failed = Fact::Argued { danger: "pit".into(), experts: 5, outcome: Outcome::Failed, document: String::new() };
    assert_eq!(two().after(&failed, "jian", TODAY).next(true), Some(Needed::Signature(Side::Builder)));
}

/// A form with a photograph.
pub async fn with_photo(site: &TestSite, who: &str, path: &str, fields: &[(&str, &str)]) -> Page {
    let mut picture = Vec::new();
    let drawn = image::RgbImage::from_pixel(40, 30, image::Rgb([120, 90, 60]));
    drawn.write_to(&mut std::io::Cursor::new(&mut picture), image::ImageFormat::Jpeg).unwrap();
    let token = site.form_token(who);
    let id = crate::web::forms::new_id();
    let mut fields: Vec<(&str, &str)> = fields.to_vec();
    if !fields.iter().any(|(name, _)| *name == "request_id") {
        fields.push(("request_id", &id));
    }
    fields.push(("form_token", &token));
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    body.extend(b"--x\r\nContent-Disposition: form-data; name=\"photos\"; filename=\"a.jpg\"\r\n\r\n");
    body.extend(picture);
    body.extend(b"\r\n--x--\r\n");
    site.post_bytes(who, path, "multipart/form-data; boundary=x", body).await
}

on_both_databases!(a_major_hazard_stops_work_until_somebody_else_lets_it_go_on, |site| async move {
    let mut site = active(site.with_cast().await).await;
    site.person("mate", Role::Contractor, Some("ours")).await;
    // Papers stop no site and no site stops papers: with permits in hand, what follows waits for the site alone.
    for building in ["ours-b1", "ours-b2"] {
        let permits = [("actual_start", "2026-09-01"), ("actual_finish", "2026-11-20"), ("percent", "100")];
        assert_eq!(site.post("builder", &format!("/plans/ours/progress?activity={building}/permits"), &permits).await.status, 303);
    }
    let finish = async |building: &str| {
        let mut conn = site.site.db.reader().await.unwrap();
        plans::bar(&mut conn, "ours", &format!("{building}/structure")).await.unwrap().unwrap().early.unwrap().1
    };
    let before = finish("ours-b1").await;
    let other = finish("ours-b2").await;

    // A refused form comes back filled; a foreign place is not there.
    let found = [("about", "ours-b1"), ("hazard_kind", "crane_unaccepted"), ("hazard_grade", "ordinary"), ("remark", "the crane has no limiter"), ("measure", "fit one and accept it"), ("assignee", "builder"), ("due", "2026-12-10"), ("amount_yuan", "30000"), ("request_id", "hazard-0001")];
    let bad = with_photo(&site, "wei", "/hazards/new?place=ours", &found).await;
    assert_eq!((bad.status.as_u16(), bad.texts(".summary .quiet"), bad.texts("#field-remark")), (422, vec!["H-110".to_owned()], vec!["the crane has no limiter".to_owned()]));
    let foreign: Vec<(&str, &str)> = found.iter().map(|(name, value)| (*name, if *name == "about" { "theirs-b1" } else { *value })).collect();
    assert_eq!(with_photo(&site, "wei", "/hazards/new?place=ours", &foreign).await.status, 404);
    let whole: Vec<(&str, &str)> = found.iter().copied().chain([("contingency", "clear the radius")]).collect();
    let done = with_photo(&site, "wei", "/hazards/new?place=ours", &whole).await;
    assert_eq!((done.status.as_u16(), done.location()), (303, "/hazards/hazard-0001"), "{:?}", done.texts(".summary li"));
    let address = "/hazards/hazard-0001";

    // The plan has moved in the same transaction: by the days until it is to be gone; the other building has not.
    let stopped = finish("ours-b1").await;
    assert!(stopped > before, "{before} → {stopped}");
    assert_eq!(finish("ours-b2").await, other);
    let list = site.get("chief", "/hazards").await;
    assert_eq!((list.texts("tbody td:nth-child(1)"), list.texts("strong.major")), (vec!["the crane has no limiter".to_owned()], vec!["重大隐患".to_owned()]));
    assert_eq!(list.texts("#stopped li").len(), 1);
    assert_eq!(site.get("chief", "/risks/ours-b1").await.attributes("#hazards a", "href"), [address]);
    assert_eq!(site.get("chief", "/risks/ours-b2").await.attributes("#hazards a", "href").len(), 0);
    assert_eq!(site.get("stranger", "/hazards").await.texts("tbody td:nth-child(2)").len(), 0);
    assert_eq!((site.get("stranger", address).await.status, site.post("stranger", &format!("{address}/ask"), &[("remark", "x")]).await.status), (404.try_into().unwrap(), 404.try_into().unwrap()));
    let workbook = site.get("chief", "/hazards?form=xlsx").await;
    assert_eq!(workbook.status, 200);
    let photo = site.get("chief", address).await.attributes(".photos img", "src").remove(0);
    assert_eq!((site.get("chief", &photo).await.status, site.get("stranger", &photo).await.status), (200.try_into().unwrap(), 404.try_into().unwrap()));

    // Work that is reported all the same is said on the hazard's page.
    assert!(site.site.clock.advance(site.site.clock.now() + 24.hours()));
    let dug = [("building", "ours-b1"), ("on", "2026-11-24"), ("done.ours-b1/pit", "300")];
    assert_eq!(site.post("builder", "/reports/new", &dug).await.status, 303);
    assert_eq!(site.get("wei", address).await.texts("#worked a"), ["2026-11-24"]);

    // Whoever reports, confirms or asks for today's work is told of the stop; work that was reported is a problem of supervision.
    for (who, path) in [("builder", "/reports/new?building=ours-b1"), ("builder", "/targets/ours-b1"), ("wei", "/reports/of/ours-b1")] {
        let page = match site.get(who, path).await {
            page if page.status == 303 => site.get(who, page.location()).await,
            page => page,
        };
        assert_eq!(page.attributes(".notice.stopped a", "href"), [address], "{path}");
        assert!(page.texts(".notice.stopped strong")[0].contains("2026-11-23"), "{path}");
    }
    assert_eq!(site.get("wei", "/reports/waiting").await.texts("tbody .lamp.bad"), ["停工中"]);
    assert_eq!(site.get("builder", "/targets/ours-b2").await.attributes(".notice.stopped a", "href").len(), 0);
    let problem = "/problems/hazard-0001-ours-b1";
    let facts = site.get("chief", problem).await;
    assert_eq!(facts.texts("h1"), ["the crane has no limiter"]);
    assert_eq!(facts.texts("dl.facts dd")[2], "wei");
    let course = site.get("chief", address).await.attributes("ol.course a", "href");
    let step = course.iter().find(|href| href.starts_with("/problems/of/")).unwrap().clone();
    assert_eq!(site.get("chief", &step).await.location(), problem);
    assert_eq!(site.get("stranger", problem).await.status, 404);
    let told = site.get("office", "/messages").await;
    assert!(told.texts("tbody td:first-child").iter().any(|text| text.contains("停工期间仍有施工")), "{:?}", told.texts("tbody td:first-child"));
    // Once of each building and hazard, and confirming how much was done ends nothing. Hands that make safe are no offence.
    let report = site.get("wei", "/reports/of/ours-b1").await.location().to_owned();
    assert_eq!(site.post("wei", &format!("{report}/confirm"), &[]).await.status, 303);
    assert!(site.site.clock.advance(site.site.clock.now() + 24.hours()));
    for fields in [
        vec![("building", "ours-b1"), ("on", "2026-11-25"), ("done.ours-b1/pit", "310")],
        vec![("building", "ours-b2"), ("on", "2026-11-25"), ("done.ours-b2/pit", "10")],
    ] {
        assert_eq!(site.post("builder", "/reports/new", &fields).await.status, 303);
    }
    assert_eq!(site.get("chief", "/problems").await.texts("tbody tr td:nth-child(3)"), ["停工期间仍有施工"]);
    settled(&site).await;
    let wall = site.get("chief", "/wall/bar?project=ours&activity=ours-b1/structure").await;
    assert_eq!(wall.attributes("section.sheet strong + a", "href"), [address]);

    // Past the day by which it was to be gone it goes on moving, day by day.
    assert!(site.site.clock.advance(site.site.clock.now() + (24 * 20).hours()));
    crate::timers::once(&site.site).await.unwrap();
    settled(&site).await;
    assert!(finish("ours-b1").await > stopped, "nobody has let it go on");
    let overdue = site.get("office", "/orders/proposals").await;
    assert!(overdue.texts("tbody td:nth-child(1)").contains(&"the crane has no limiter".to_owned()), "overdue, it is proposed as an order");
    assert_eq!(site.get("office", "/orders/new?kind=hazard&id=hazard-0001").await.status, 200);
    assert_eq!(site.get("office", "/orders/of?kind=hazard&id=hazard-0001").await.status, 200);

    // Repaired with a picture; nobody judges what they did themselves.
    assert_eq!(with_photo(&site, "wei", &format!("{address}/repair"), &[("remark", "fitted")]).await.status, 403);
    assert_eq!(site.post("builder", &format!("{address}/repair"), &[("remark", "fitted")]).await.texts(".summary .quiet"), ["H-128"]);
    assert_eq!(with_photo(&site, "builder", &format!("{address}/repair"), &[("remark", "fitted")]).await.status, 303);
    assert_eq!(site.post("mate", &format!("{address}/recheck"), &[("done", "yes"), ("remark", "fine")]).await.status, 403);
    assert_eq!(site.post("wei", &format!("{address}/recheck"), &[("done", "no"), ("remark", "the alarm is silent")]).await.status, 303);
    assert_eq!(with_photo(&site, "builder", &format!("{address}/repair"), &[("remark", "alarm mended")]).await.status, 303);
    assert_eq!(site.post("wei", &format!("{address}/recheck"), &[("done", "yes"), ("remark", "it sounds")]).await.status, 303);
    assert!(finish("ours-b1").await > stopped, "looked at, and still standing");
    assert_eq!(site.post("mate", &format!("{address}/ask"), &[("remark", "may we")]).await.status, 303);
    assert_eq!(site.post("wei", &format!("{address}/close"), &[("remark", "x")]).await.texts(".summary .quiet"), ["H-111"]);
    let shown = site.get("mate", address).await;
    assert!(!shown.texts("h2").contains(&"审查复工".to_owned()), "whoever asked is not offered the review");
    let late = finish("ours-b1").await;
    assert_eq!(site.post("wei", &format!("{address}/review"), &[("done", "yes"), ("remark", "fit")]).await.status, 303);
    assert!(finish("ours-b1").await < late, "work goes on");
    assert_eq!(site.get("chief", address).await.texts("#stopped").len(), 0);

    // Both reports, then it is closed.
    let report = |recipient: &'static str| [("recipient", recipient), ("on", "2026-12-01"), ("document", "No. 1")];
    assert_eq!(site.post("builder", &format!("{address}/report"), &report("regulator")).await.status, 303);
    assert_eq!(site.post("wei", &format!("{address}/close"), &[("remark", "over")]).await.texts(".summary .quiet"), ["H-117"]);
    assert_eq!(site.post("builder", &format!("{address}/report"), &report("regulator")).await.texts(".summary .quiet"), ["H-114"]);
    assert_eq!(site.post("builder", &format!("{address}/report"), &report("congress")).await.status, 303);
    assert_eq!(site.post("builder", &format!("{address}/list"), &[("document", "No. 2")]).await.status, 403);
    assert_eq!(site.post("office", &format!("{address}/list"), &[("document", "No. 2")]).await.status, 303);
    assert_eq!(site.post("wei", &format!("{address}/close"), &[("remark", "over")]).await.status, 303);
    assert_eq!(site.get("chief", address).await.texts(".lamp.good").len(), 1);
    site
});

on_both_databases!(an_ordinary_hazard_is_raised_and_lowered_by_somebody_else, |site| async move {
    let mut site = active(site.with_cast().await).await;
    site.person("wen", Role::SupervisionEngineer, Some("ours")).await;
    let permits = [("actual_start", "2026-09-01"), ("actual_finish", "2026-11-20"), ("percent", "100")];
    assert_eq!(site.post("builder", "/plans/ours/progress?activity=ours-b1/permits", &permits).await.status, 303);
    let finish = async || {
        let mut conn = site.site.db.reader().await.unwrap();
        plans::bar(&mut conn, "ours", "ours-b1/structure").await.unwrap().unwrap().early.unwrap().1
    };
    let before = finish().await;
    let found = [("about", "ours-b1"), ("hazard_kind", "height"), ("hazard_grade", "ordinary"), ("remark", "a loose bracket"), ("measure", "tighten it"), ("assignee", "builder"), ("due", "2026-12-10"), ("request_id", "hazard-0001")];
    assert_eq!(site.post("wei", "/hazards/new?place=ours", &found).await.status, 303);
    let address = "/hazards/hazard-0001";
    assert_eq!(finish().await, before, "an ordinary one stops nothing");
    let why = [("reason", "it holds the formwork"), ("amount_yuan", "2000"), ("contingency", "clear the floor")];
    let bare = site.post("wei", &format!("{address}/raise"), &why).await;
    assert_eq!((bare.texts(".summary .quiet"), bare.texts("#field-raise-reason")), (vec!["H-128".to_owned()], vec!["it holds the formwork".to_owned()]));
    assert_eq!(with_photo(&site, "stranger", &format!("{address}/raise"), &why).await.status, 404);
    assert_eq!(with_photo(&site, "wei", &format!("{address}/raise"), &why).await.status, 303);
    // All that follows from a major one.
    let stopped = finish().await;
    assert!(stopped > before, "{before} → {stopped}");
    let page = site.get("chief", address).await;
    assert_eq!((page.texts("strong.major").len(), page.texts("#stopped").len()), (1, 1), "{}", page.body);
    assert_eq!(page.attributes(".photos img", "src").len(), 1);
    assert_eq!(site.get("chief", "/hazards").await.texts("#stopped li").len(), 1);
    assert!(site.get("chief", "/messages").await.body.contains("a loose bracket"), "whoever governs hears of it");
    assert_eq!(site.post("builder", &format!("{address}/report"), &[("recipient", "regulator"), ("on", "2026-11-23"), ("document", "No. 1")]).await.status, 303);
    assert_eq!(site.post("office", &format!("{address}/list"), &[("document", "No. 2")]).await.status, 303);
    // Lowered by somebody else, work goes on.
    let lower = [("reason", "the bracket is spare")];
    assert_eq!(site.post("wei", &format!("{address}/lower"), &lower).await.texts(".summary .quiet"), ["H-112"]);
    assert_eq!(site.get("wei", address).await.texts("details summary"), [""; 0], "whoever raised it is not offered that");
    assert_eq!(site.get("wen", address).await.texts("details summary"), ["降为一般隐患"]);
    assert_eq!(site.post("builder", &format!("{address}/lower"), &lower).await.status, 403);
    assert_eq!(site.post("wen", &format!("{address}/lower"), &lower).await.status, 303);
    assert_eq!(finish().await, before);
    let page = site.get("chief", address).await;
    assert_eq!((page.texts("strong.major").len(), page.texts("#stopped").len()), (0, 0));
    // Raised again it stops work again, and is to be reported again.
    assert!(site.site.clock.advance(site.site.clock.now() + 24.hours()));
    assert_eq!(with_photo(&site, "wen", &format!("{address}/raise"), &why).await.status, 303);
    assert!(finish().await >= stopped);
    let known = store::hazard(&mut site.site.reader().await.unwrap(), "hazard-0001").await.unwrap().unwrap().known;
    assert_eq!((known.unreported().count(), known.listed_on, known.major), (2, None, Some((date(2026, 11, 24), "wen".to_owned()))));
    // Each time is a stop of its own, and what was lost stays lost.
    assert!(site.site.clock.advance(site.site.clock.now() + 24.hours()));
    assert_eq!(site.post("wei", &format!("{address}/lower"), &lower).await.status, 303);
    assert!(finish().await > before);
    assert!(site.site.clock.advance(site.site.clock.now() + 24.hours()));
    assert_eq!(with_photo(&site, "wen", &format!("{address}/raise"), &why).await.status, 303);
    let stops = heard::work_stops(&mut site.site.reader().await.unwrap(), "ours").await.unwrap();
    let spans: Vec<_> = stops.iter().map(|stop| (stop.from.day(), stop.ended_on.map(|on| on.day()))).collect();
    assert_eq!(spans, [(23, Some(23)), (24, Some(25)), (26, None)]);
    // Put right and seen to be, it goes the way of a major one.
    assert_eq!(with_photo(&site, "builder", &format!("{address}/repair"), &[("remark", "tightened")]).await.status, 303);
    assert_eq!(site.post("wei", &format!("{address}/recheck"), &[("done", "yes"), ("remark", "tight")]).await.status, 303);
    assert_eq!(site.post("wei", &format!("{address}/lower"), &lower).await.texts(".summary .quiet"), ["H-111"]);
    assert_eq!(site.get("chief", address).await.texts("#stopped").len(), 1);
    site
});

on_both_databases!(risks_follow_the_plan_and_what_is_measured, |site| async move {
    let site = active(site.with_cast().await).await;
    // The template has permits first: nothing is on before the pit is near.
    assert_eq!(site.get("builder", "/risks/ours-b1").await.texts("ul.risks li").len(), 0);
    let dug = [("building", "ours-b1"), ("on", "2026-11-23"), ("done.ours-b1/pit", "1200")];
    assert_eq!(site.post("builder", "/reports/new", &dug).await.status, 303);
    settled(&site).await;
    let page = site.get("builder", "/risks/ours-b1").await;
    let on = |page: &Page| page.attributes("ul.risks input", "name");
    assert_eq!(on(&page), ["risk.muck_transport", "risk.temporary_power"]);
    assert_eq!(page.texts("aside.notice p").len(), 1, "nobody has measured the pit");
    assert_eq!((site.get("stranger", "/risks/ours-b1").await.status, site.get("builder", "/risks/district").await.status), (404.try_into().unwrap(), 404.try_into().unwrap()));
    assert_eq!(site.post("stranger", "/risks/ours-b1/measure", &[("parameter", "pit_depth"), ("value", "5.5")]).await.status, 404);
    let bad = site.post("builder", "/risks/ours-b1/measure", &[("parameter", "pit_depth"), ("value", "deep")]).await;
    assert_eq!((bad.texts(".summary .quiet"), bad.attributes("#field-measure-value", "value")), (vec!["H-129".to_owned()], vec!["deep".to_owned()]));
    assert_eq!(site.post("builder", "/risks/ours-b1/measure", &[("parameter", "pit_depth"), ("value", "5.5")]).await.status, 303);
    let page = site.get("builder", "/risks/ours-b1").await;
    assert_eq!(on(&page), ["risk.pit_very_deep", "risk.muck_transport", "risk.temporary_power"]);
    assert_eq!(page.texts(".risk.red"), ["重"]);

    // Graded otherwise with a reason, looked at, overdue when nobody looks.
    assert_eq!(site.post("builder", "/risks/ours-b1/regrade", &[("risk", "pit_very_deep"), ("colour", "blue"), ("reason", "rock")]).await.status, 403);
    assert_eq!(site.post("wei", "/risks/ours-b1/regrade", &[("risk", "pit_very_deep"), ("colour", "orange"), ("reason", "rock")]).await.status, 303);
    assert_eq!(site.post("builder", "/risks/ours-b1/check", &[("under_control", "yes")]).await.texts(".summary .quiet"), ["H-122"]);
    let look = [("risk.pit_very_deep", "yes"), ("risk.muck_transport", "yes"), ("under_control", "yes")];
    assert_eq!(site.post("builder", "/risks/ours-b1/check", &look).await.status, 303);
    assert_eq!(site.get("builder", "/risks/ours-b1").await.texts(".lamp.good").len(), 2);
    assert!(site.site.clock.advance(site.site.clock.now() + (24 * 8).hours()));
    assert_eq!(site.get("builder", "/risks/ours-b1").await.texts(".lamp.bad").len(), 3);
    let proposed = site.get("office", "/orders/proposals").await;
    assert!(proposed.attributes("tbody a", "href").contains(&"/risks?place=ours".to_owned()), "{:?}", proposed.attributes("tbody a", "href"));
    let draft = site.get("office", "/orders/new?kind=risk&id=ours").await;
    assert!(draft.texts("#field-content")[0].contains("ours-b1 name"), "{:?}", draft.texts("#field-content"));
    let card = site.get("builder", "/risks/ours-b1/card/pdf").await;
    assert_eq!((card.status.as_u16(), &card.bytes[..5]), (200, &b"%PDF-"[..]));
    assert_eq!((site.get("builder", "/risks/ours-b1/card/docx").await.status, site.get("stranger", "/risks/ours-b1/card/pdf").await.status), (200.try_into().unwrap(), 404.try_into().unwrap()));

    // A dangerous work: the next step begins before it is accepted, and is listed.
    let step = async |who: &str, act: &str, more: &[(&str, &str)]| {
        let form: Vec<(&str, &str)> = [("danger", "pit"), ("document", "No. 7")].into_iter().chain(more.iter().copied()).collect();
        site.post(who, &format!("/risks/ours-b1/{act}"), &form).await
    };
    assert_eq!(step("wei", "sign_supervision", &[]).await.texts(".summary .quiet"), ["H-125"]);
    assert_eq!(step("builder", "sign_builder", &[]).await.status, 303);
    assert_eq!(step("wei", "sign_supervision", &[]).await.status, 303);
    assert_eq!(step("builder", "disclose", &[]).await.texts(".summary .quiet"), ["H-125"], "over scale");
    let few = step("builder", "argue", &[("experts", "3"), ("experts_outcome", "passed")]).await;
    assert_eq!((few.texts(".summary .quiet"), few.attributes("[name=experts]", "value")), (vec!["H-126".to_owned()], vec!["3".to_owned()]));
    assert_eq!(step("builder", "argue", &[("experts", "5"), ("experts_outcome", "passed")]).await.status, 303);
    let piled = [("building", "ours-b1"), ("on", "2026-12-01"), ("done.ours-b1/piles", "4")];
    assert_eq!(site.post("builder", "/reports/new", &piled).await.status, 303, "what was done is reported all the same");
    settled(&site).await;
    let page = site.get("wei", "/risks/ours-b1").await;
    assert_eq!(page.attributes("section.sheet .lamp.bad + a", "href"), ["/hazards/new?kind=danger_unaccepted&place=ours-b1"]);
    assert_eq!(step("builder", "disclose", &[]).await.status, 303);
    assert_eq!(step("builder", "accept", &[]).await.status, 403);
    assert_eq!(step("wei", "accept", &[]).await.status, 303);
    let map = site.get("chief", "/risks?place=ours").await;
    assert_eq!(map.texts(".blocks li .risk"), ["较", "–"]);
    assert_eq!(site.get("stranger", "/risks").await.texts("tbody td:nth-child(2)").len(), 0);
    assert_eq!((site.get("chief", "/risks").await.status, site.get("chief", "/risks/rules").await.status, site.get("chief", "/risks?form=xlsx").await.status), (200.try_into().unwrap(), 200.try_into().unwrap(), 200.try_into().unwrap()));
    assert_eq!(store::chains(&mut site.site.db.reader().await.unwrap()).await.unwrap().len(), 1);
    site
});
