//! Scenarios of daily reports.

use super::copies;
use super::model::{Command, Content, Filing, Hindrance, Item, Known, MeasuredAgain, Photo, Refused, State, Work, decide};
use crate::clock::civil_date;
use crate::features::identity::model::Role;
use crate::features::plan::store as plans;
use crate::features::targets::measured::Kept;
use crate::features::targets::model::Grade;
use crate::features::{plan, task_force};
use crate::journal::domain::{Actor, Context};
use crate::on_both_databases;
use crate::refusal::Refusal;
use crate::serve;
use crate::testing::TestSite;
use crate::web::extract::FILE_COUNT;
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use std::io::Cursor;

/// What a form is filled with.
type Fields<'a> = &'a [(&'a str, &'a str)];

const TODAY: Date = date(2026, 11, 23);

fn context(actor: &str) -> Context {
    let now = crate::testing::NOW.parse().unwrap();
    Context { actor: Actor::Account(actor.into()), now, today: civil_date(now) }
}

fn floors(cumulative: i64) -> Content {
    Content { items: vec![Item { activity: "b/structure".into(), cumulative_e3: cumulative * 1000 }], ..Content::default() }
}

fn file(on: Date, content: Content) -> Command {
    Command::File { report: "r".into(), building: "b".into(), on, content: Box::new(content) }
}

#[test]
fn rules() {
    let work = Work { activity: "b/structure".into(), name: "Structure".into(), total_e3: 18_000, is_whole: true, before_e3: 5_000, ..Work::default() };
    let site = State { is_building: true, is_active: true, project: "p".into(), works: vec![work.clone()], ..State::default() };
    let known = Known { building: "b".into(), on: TODAY, filed_by: "builder".into(), grade: Grade::Reported, judged: None, photo_count: 0 };
    let bound = State { works: vec![Work { open_gates: vec!["fire".into()], ..work.clone() }], ..site.clone() };
    let filed = State { report: Some(known.clone()), works: vec![Work { day_e3: 1_000, ..work.clone() }], ..site.clone() };
    let judged = State { report: Some(Known { grade: Grade::Confirmed, judged: Some(("wei".into(), TODAY.at(14, 5, 0, 0))), ..known.clone() }), ..filed.clone() };
    let later = State { works: vec![Work { day_e3: 1_000, after_e3: 10_000, ..work.clone() }], ..filed.clone() };
    // Five stood before the day; so many after it; then somebody measured seven.
    let again = |through_e3: i64, measured_e3| {
        let measured_again = Some(MeasuredAgain { on: TODAY, between_e3: 1_000, day_e3: 6_000 - through_e3 });
        Work { day_e3: through_e3 - 5_000, after_e3: 7_000 - through_e3, measured_again, measured_e3, ..work.clone() }
    };
    let unchanged = |on| Command::FileUnchanged { report: "r".into(), building: "b".into(), on };
    let confirm = Command::Confirm { report: "r".into() };
    let dispute = |floor: i64, reason: &str| Command::Dispute { report: "r".into(), items: floors(floor).items, reason: reason.into(), is_sure: false };
    let correct = |floor: i64, reason: &str| Command::Correct { report: "r".into(), items: floors(floor).items, besides: None, photos: None, reason: reason.into() };
    let photo = vec![Photo::of("o".into())];
    let hindered = |kind: &str, remark: &str| Content { hindrance: Some(Hindrance { kind: kind.into(), decider: "bureau".into(), remark: remark.into() }), ..floors(6) };
    let crowd = |trade: &str, count| Content { hands: [(trade.to_owned(), count)].into(), ..floors(6) };
    let stocked = |material: &str, amount: u64| Content { stock_e3: [(material.to_owned(), amount * 1000)].into(), ..floors(6) };
    let pictures = |photos| Command::Correct { report: "r".into(), items: Vec::new(), besides: None, photos, reason: "the wrong house".into() };
    let complete = State { works: vec![Work { before_e3: 17_000, day_e3: 1_000, ..work.clone() }], report: Some(Known { photo_count: 1, ..known.clone() }), ..site.clone() };
    let half = Content { items: vec![Item { activity: "b/structure".into(), cumulative_e3: 6_500 }], ..Content::default() };
    let strange = Content { items: vec![Item { activity: "theirs/pit".into(), cumulative_e3: 1 }], ..Content::default() };
    let cases: Vec<(&str, State, Command, Option<Refused>)> = vec![
        ("a day", site.clone(), file(TODAY, floors(6)), None),
        ("a day without change", site.clone(), unchanged(TODAY), None),
        ("hands alone", site.clone(), file(TODAY, crowd("rebar", 12)), None),
        ("an id twice", State { is_id_taken: true, ..site.clone() }, file(TODAY, floors(6)), Some(Refused::IdTaken)),
        ("an acceptance before its gate", bound.clone(), file(TODAY, Content { photos: photo.clone(), ..floors(18) }), Some(Refused::GatesOpen { name: "Structure".into(), gates: "gate_fire".into() })),
        ("a part of it", bound, file(TODAY, floors(6)), None),
        ("for a parcel", State { is_building: false, ..site.clone() }, file(TODAY, floors(6)), Some(Refused::NotABuilding)),
        ("for a project that has not begun", State { is_active: false, ..site.clone() }, unchanged(TODAY), Some(Refused::NotActive)),
        ("where work stands", State { idle_since: Some(date(2026, 11, 20)), ..site.clone() }, unchanged(TODAY), Some(Refused::Stopped { date: "2026-11-20".into() })),
        ("of a day before it stood", State { idle_since: Some(TODAY), ..site.clone() }, unchanged(date(2026, 11, 20)), None),
        ("for tomorrow", site.clone(), file(date(2026, 11, 24), floors(6)), Some(Refused::FutureDay { date: "2026-11-24".into() })),
        ("for last year", site.clone(), file(date(2025, 11, 24), floors(6)), Some(Refused::TooOld { days: "100".into() })),
        ("the same day again", State { last_on: Some(TODAY), ..site.clone() }, unchanged(TODAY), Some(Refused::AlreadyReported { date: "2026-11-23".into() })),
        ("a day before", State { last_on: Some(TODAY), ..site.clone() }, unchanged(date(2026, 11, 22)), Some(Refused::LaterReported { date: "2026-11-23".into() })),
        ("corrected below what earlier days made", filed.clone(), correct(4, "miscounted"), Some(Refused::Falls { name: "Structure".into(), before: "5".into() })),
        ("corrected to the whole without a picture", filed.clone(), correct(18, "miscounted"), Some(Refused::PhotoNeeded { name: "Structure".into() })),
        ("corrected before a day that was verified", State { inspected_after: Some(("lu".into(), TODAY)), ..filed.clone() }, correct(6, "miscounted"), Some(Refused::Inspected { by: "lu".into(), date: TODAY.to_string() })),
        ("work of another building", site.clone(), file(TODAY, strange), Some(Refused::UnknownWork { activity: "theirs/pit".into() })),
        ("less than yesterday", site.clone(), file(TODAY, floors(4)), Some(Refused::Falls { name: "Structure".into(), before: "5".into() })),
        ("more than there is", site.clone(), file(TODAY, floors(19)), Some(Refused::Exceeds { name: "Structure".into(), total: "18".into() })),
        ("half a floor", site.clone(), file(TODAY, half), Some(Refused::NotWhole { name: "Structure".into() })),
        ("complete without a picture", site.clone(), file(TODAY, floors(18)), Some(Refused::PhotoNeeded { name: "Structure".into() })),
        ("complete with a picture", site.clone(), file(TODAY, Content { photos: photo.clone(), ..floors(18) }), None),
        ("hindered", site.clone(), file(TODAY, hindered("funds", "no payment since May")), None),
        ("hindered by nothing in words", site.clone(), file(TODAY, hindered("funds", " ")), Some(Refused::NoReason)),
        ("hindered by nobody in particular", site.clone(), file(TODAY, Content { hindrance: Some(Hindrance { kind: "funds".into(), decider: " ".into(), remark: "unpaid".into() }), ..floors(6) }), Some(Refused::NoDecider)),
        ("hindered by the weather", site.clone(), file(TODAY, Content { hindrance: Some(Hindrance { kind: "weather".into(), decider: String::new(), remark: "rain".into() }), ..floors(6) }), None),
        ("hindered by a dragon", site.clone(), file(TODAY, hindered("dragon", "fire")), Some(Refused::UnknownWord { word: "dragon".into() })),
        ("a trade nobody knows", site.clone(), file(TODAY, crowd("wizard", 1)), Some(Refused::UnknownMeans { word: "wizard".into() })),
        ("an army", site.clone(), file(TODAY, crowd("rebar", 5_001)), Some(Refused::TooMany { limit: "5000".into() })),
        ("a day of thirty hours", site.clone(), file(TODAY, Content { weather_hours: Some(30), ..floors(6) }), Some(Refused::TooMany { limit: "24".into() })),
        ("a whole day of weather, and a floor more", site.clone(), file(TODAY, Content { weather_hours: Some(24), ..floors(6) }), Some(Refused::StoppedAllDay)),
        ("a whole day of weather", site.clone(), file(TODAY, Content { weather_hours: Some(24), ..Content::default() }), None),
        ("more pumps than there are", site.clone(), file(TODAY, Content { machines: [("pump".to_owned(), 61)].into(), ..floors(6) }), Some(Refused::TooMany { limit: "60".into() })),
        ("a remark of a book's length", site.clone(), file(TODAY, hindered("funds", &"n".repeat(10_000))), Some(Refused::TextTooLong { limit: "2000".into() })),
        ("a remark that is a formula", site.clone(), file(TODAY, hindered("funds", "=cmd|' /C calc'!A0")), Some(Refused::LikeFormula)),
        ("written at no instant", site.clone(), file(TODAY, Content { written_at: Some("soon".into()), ..floors(6) }), Some(Refused::NoInstant)),
        ("a work item twice", site.clone(), file(TODAY, Content { items: [floors(6).items, floors(7).items].concat(), ..Content::default() }), Some(Refused::ItemTwice { name: "Structure".into() })),
        ("confirmed", filed.clone(), confirm.clone(), None),
        ("confirmed after somebody else", judged.clone(), confirm, Some(Refused::AlreadyJudged { by: "wei".into(), when: "2026-11-23 14:05".into(), grade: "grade_confirmed".into() })),
        ("disputed", filed.clone(), dispute(5, "five slabs stand"), None),
        ("disputed after somebody else", judged, dispute(5, "five slabs stand"), Some(Refused::AlreadyJudged { by: "wei".into(), when: "2026-11-23 14:05".into(), grade: "grade_confirmed".into() })),
        ("disputed without a reason", filed.clone(), dispute(5, ""), Some(Refused::NoReason)),
        ("disputed with the same figure", filed.clone(), dispute(6, "looks wrong"), Some(Refused::NothingDiffers)),
        ("disputed for its hands alone", filed.clone(), Command::Dispute { report: "r".into(), items: Vec::new(), reason: "three hands stand there".into(), is_sure: false }, None),
        ("disputed by a digit", filed.clone(), dispute(1, "one slab stands"), Some(Refused::FarOff { name: "Structure".into(), counted: "6".into(), measured: "1".into() })),
        ("disputed by all of it, for sure", filed.clone(), Command::Dispute { report: "r".into(), items: floors(0).items, reason: "nothing stands".into(), is_sure: true }, None),
        ("found below the day before without being sure", filed.clone(), Command::Verify { report: "r".into(), items: floors(4).items, finding: "four slabs".into(), is_sure: false }, Some(Refused::FarOff { name: "Structure".into(), counted: "6".into(), measured: "4".into() })),
        ("found below the day before, for sure", filed.clone(), Command::Verify { report: "r".into(), items: floors(4).items, finding: "four slabs".into(), is_sure: true }, None),
        ("found far less without being sure", filed.clone(), Command::Verify { report: "r".into(), items: floors(1).items, finding: "one slab".into(), is_sure: false }, Some(Refused::FarOff { name: "Structure".into(), counted: "6".into(), measured: "1".into() })),
        ("corrected to what it says", filed.clone(), correct(6, "looked again"), Some(Refused::NothingCorrected)),
        ("corrected in nothing", filed.clone(), pictures(None), Some(Refused::NothingCorrected)),
        ("another photograph", filed.clone(), pictures(Some(photo.clone())), None),
        ("seven photographs", filed.clone(), pictures(Some(vec![photo[0].clone(); 7])), Some(Refused::TooManyPhotos { limit: "6".into() })),
        ("complete, its photograph taken out", complete, pictures(Some(Vec::new())), Some(Refused::PhotoNeeded { name: "Structure".into() })),
        ("a material nobody keeps", site.clone(), file(TODAY, stocked("gold", 1)), Some(Refused::UnknownMeans { word: "gold".into() })),
        ("more rebar than any site has", site.clone(), file(TODAY, stocked("rebar", 100_001)), Some(Refused::TooMany { limit: "100000".into() })),
        ("twelve tonnes of rebar", site.clone(), file(TODAY, stocked("rebar", 12)), None),
        ("corrected downwards", filed.clone(), correct(5, "counted the mezzanine"), None),
        ("corrected without a reason", filed, correct(5, " "), Some(Refused::NoReason)),
        ("found above what was measured since, without being sure", State { works: vec![Work { day_e3: 1_000, after_e3: 2_000, measured_again: Some(MeasuredAgain { on: date(2026, 11, 24), between_e3: 0, day_e3: -2_000 }), ..work.clone() }], ..later.clone() }, Command::Verify { report: "r".into(), items: floors(7).items, finding: "seven".into(), is_sure: false }, Some(Refused::AboveLater { name: "Structure".into(), measured: "7".into(), date: "2026-11-24".into(), later: "4".into() })),
        ("found higher, and measured lower since", State { works: vec![Work { day_e3: 1_000, after_e3: 2_000, measured_again: Some(MeasuredAgain { on: TODAY, between_e3: 1_000, day_e3: 1_000 }), ..work.clone() }], ..later.clone() }, Command::Verify { report: "r".into(), items: floors(6).items, finding: "six".into(), is_sure: true }, None),
        ("corrected downwards before a lower measure", State { works: vec![again(9_000, None)], ..later.clone() }, correct(7, "miscounted"), None),
        ("corrected upwards before a lower measure", State { works: vec![again(6_000, None)], ..later.clone() }, correct(9, "miscounted"), Some(Refused::AboveMeasured { name: "Structure".into(), measured: "7".into() })),
        ("given in above a later measure", State { works: vec![again(6_000, Some(9_000))], ..later.clone() }, correct(9, "miscounted"), None),
        ("corrected below the day before", State { works: vec![again(6_000, Some(4_000))], ..later.clone() }, correct(3, "miscounted"), Some(Refused::Falls { name: "Structure".into(), before: "4".into() })),
        ("corrected so that later days exceed", later, correct(9, "more"), Some(Refused::Exceeds { name: "Structure".into(), total: "18".into() })),
    ];
    for (name, state, command, expected) in cases {
        assert_eq!(decide(&state, &command, &context("jian")).err(), expected.map(Refusal::from), "{name}");
    }
    let filed = State { report: Some(Known { building: "b".into(), on: TODAY, filed_by: "jian".into(), grade: Grade::Reported, judged: None, photo_count: 0 }), ..site };
    assert_eq!(decide(&filed, &Command::Confirm { report: "r".into() }, &context("jian")).err(), Some(Refused::OwnReport.into()));
}

#[test]
fn reports_filed_together_are_held_to_the_rule_of_each() {
    let work = Work { activity: "b/structure".into(), name: "Structure".into(), total_e3: 18_000, is_whole: true, before_e3: 5_000, ..Work::default() };
    let building = |name: &str| State { name: name.into(), is_building: true, is_active: true, project: "p".into(), works: vec![work.clone()], ..State::default() };
    let filing = |building: &str, on, floor: Option<i64>| Filing {
        report: format!("r-{building}-{floor:?}"),
        building: building.into(),
        on,
        content: floor.map(|floor| Box::new(floors(floor))),
    };
    let two = State { each: vec![building("One"), building("Two")], ..State::default() };
    let many: Vec<Filing> = (0..501).map(|at| filing(&format!("b{at}"), TODAY, None)).collect();
    let last_year = date(2025, 11, 23);
    let cases: Vec<(&str, Vec<Filing>, Option<Refusal>)> = vec![
        ("two buildings", vec![filing("a", TODAY, Some(6)), filing("b", TODAY, None)], None),
        ("nothing", vec![], Some(Refused::NothingToFile.into())),
        ("501 buildings", many, Some(Refused::TooManyReports { limit: "500".into() }.into())),
        ("two days", vec![filing("a", TODAY, None), filing("b", date(2026, 11, 22), None)], Some(Refused::SeveralDays { days: "2026-11-22\n2026-11-23".into() }.into())),
        ("two years", vec![filing("a", TODAY, None), filing("b", last_year, None)], Some(Refused::SeveralDays { days: "2025-11-23\n2026-11-23".into() }.into())),
        ("a building twice", vec![filing("a", TODAY, Some(6)), filing("a", TODAY, Some(7))], Some(Refused::BuildingTwice { building: "a".into() }.into())),
        ("an id twice", vec![filing("a", TODAY, Some(6)), Filing { building: "b".into(), ..filing("a", TODAY, Some(6)) }], Some(Refused::IdTaken.into())),
        ("the second falls", vec![filing("a", TODAY, Some(6)), filing("b", TODAY, Some(4))], Some(Refusal::from(Refused::Falls { name: "Structure".into(), before: "5".into() }).at("Two"))),
    ];
    for (name, reports, expected) in cases {
        let count = reports.len();
        let decided = decide(&two, &Command::FileSheet { reports }, &context("jian"));
        assert_eq!(decided.as_ref().err(), expected.as_ref(), "{name}");
        if let Ok(facts) = decided {
            assert_eq!(facts.len(), count, "{name}: a fact a report");
        }
    }
}

/// `ours` is active: a plan from a template that began in June, a task force, a supervision engineer `wei`.
pub async fn active(mut site: TestSite) -> TestSite {
    site.person("wei", Role::SupervisionEngineer, Some("ours")).await;
    let drafted = site.post("office", "/plans/ours/template", &[("template", "resettlement_tower"), ("start", "2026-06-01")]).await;
    assert_eq!(site.post("chief", drafted.location(), &[("reason", "checked")]).await.status, 303);
    for seat in task_force::model::REQUIRED {
        let form = [("seat", seat.name()), ("holder", "account:builder"), ("from", "2026-11-01")];
        assert_eq!(site.post("chief", "/task-forces/ours", &form).await.status, 303);
    }
    assert_eq!(site.post("chief", "/plans/ours/activate", &[]).await.status, 303);
    site
}

/// What may wait a moment has been scheduled.
pub async fn settled(site: &TestSite) {
    for _ in 0..200 {
        if !plan::is_behind(&mut site.site.db.reader().await.unwrap()).await.unwrap() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the schedule never followed");
}

on_both_databases!(a_report_moves_the_plan_and_a_dispute_moves_it_back, |site| async move {
    let site = active(site.with_cast().await).await;
    let form = site.get("builder", "/reports/new?building=ours-b1").await;
    assert_eq!(form.status, 200);
    assert!(form.texts(".work .name").len() > 5, "the work items of the building");
    assert_eq!(site.get("stranger", "/reports/new?building=ours-b1").await.status, 404);
    assert_eq!(site.get("wei", "/reports/new?building=ours-b1").await.status, 403);

    let day = [("building", "ours-b1"), ("on", "2026-11-23"), ("done.ours-b1/pit", "1200"), ("trade.general", "14"), ("request_id", "report-0001")];
    let filed = site.post("builder", "/reports/new", &day).await;
    assert_eq!(filed.status, 303, "{:?}", filed.texts(".summary li"));
    assert!(site.get("builder", filed.location()).await.texts(".receipt").len() == 1, "a receipt with number and hash");
    let number = site.site.head();
    assert_eq!(site.post("builder", "/reports/new", &day).await.status, 303, "a resend is harmless");
    assert_eq!(site.site.head(), number);
    let other = [("building", "ours-b1"), ("on", "2026-11-23"), ("done.ours-b1/pit", "1300"), ("request_id", "report-0001")];
    assert_eq!(site.post("builder", "/reports/new", &other).await.texts(".summary .quiet"), ["J-101"], "other bytes under the same id");

    settled(&site).await;
    let mut conn = site.site.db.reader().await.unwrap();
    let bar = plans::bar(&mut conn, "ours", "ours-b1/pit").await.unwrap().unwrap();
    // 3000 m³ and 2500 for the basement.
    assert_eq!((bar.actual_start, bar.percent_e3), (Some(TODAY), 21_818));

    // The supervision engineer sees only what waits, and measures less.
    let waiting = site.get("wei", "/reports/waiting").await;
    let cells = waiting.texts("tbody td");
    assert_eq!(cells[..4], ["ours-b1 name", "2026-11-23", "ours name", "builder"]);
    assert!(cells[4].ends_with("1200 m³"), "what is to be confirmed: {}", cells[4]);
    assert_eq!(site.get("wei", "/reports/waiting?find=elsewhere").await.texts("tbody td").len(), 1, "nothing found");
    assert_eq!(site.get("wei", "/reports/waiting?form=xlsx").await.status, 200);
    assert_eq!(site.get("builder", "/reports/waiting").await.status, 404);
    let dispute = [("done.ours-b1/pit", "900"), ("reason", "measured by cross section")];
    assert_eq!(site.post("builder", "/reports/report-0001/dispute", &dispute).await.status, 403);
    assert_eq!(site.post("wei", "/reports/report-0001/dispute", &dispute).await.status, 303);
    let late = site.post("wei", "/reports/report-0001/confirm", &[]).await;
    assert_eq!(late.texts(".summary .quiet"), ["R-112"]);
    assert!(late.texts(".summary li")[0].contains("wei"), "by whom");
    settled(&site).await;
    assert_eq!(plans::bar(&mut conn, "ours", "ours-b1/pit").await.unwrap().unwrap().percent_e3, 16_363);
    assert_eq!(site.get("builder", "/reports/report-0001").await.texts("span.lamp.bad").len(), 1, "the dispute is shown");
    let listed = async |who: &str, query: &str| site.get(who, &format!("/reports?{query}")).await.texts("#disputed + ul a");
    assert_eq!(listed("chief", "place=ours").await, ["ours-b1 name · 2026-11-23"], "and stays on the list of its project");
    assert_eq!(listed("chief", "from=2026-11-16&on=2026-11-22").await.len(), 0, "of another week");
    assert_eq!(listed("stranger", "on=2026-11-23").await.len(), 0, "a foreign one");
    assert_eq!(site.get("chief", "/reports?place=ours").await.texts("details.day span.quiet")[0], "14 人在场");

    // Hands put right leave a dispute about quantities standing; quantities put right end it, and it is confirmed.
    let hands = [("besides", "1"), ("trade.rebar", "12"), ("done.ours-b1/pit", ""), ("reason", "two were on leave")];
    let corrected = site.post("builder", "/reports/report-0001/correct", &hands).await;
    assert_eq!(corrected.status, 303, "{:?}", corrected.texts(".summary li"));
    assert_eq!(listed("chief", "place=ours").await.len(), 1, "still disputed");
    assert_eq!(site.post("builder", "/reports/report-0001/correct", &[("done.ours-b1/pit", "900"), ("reason", "")]).await.texts(".summary .quiet"), ["R-111"]);
    assert_eq!(site.post("builder", "/reports/report-0001/correct", &[("done.ours-b1/pit", "900"), ("reason", "double count")]).await.status, 303);
    assert_eq!(site.post("wei", "/reports/report-0001/confirm", &[]).await.status, 303);
    let judged = site.get("chief", "/reports/report-0001").await;
    // Each reason stands with whoever gave it, and none is lost.
    assert!(judged.texts("div.notice").is_empty(), "who confirms without a word says nothing: {:?}", judged.texts("div.notice"));
    let told: Vec<String> = judged.texts("dl.facts dd").into_iter().filter(|line| line.contains("builder") && line.contains('№')).collect();
    assert_eq!(told.iter().map(|line| line.split(" builder").next().unwrap()).collect::<Vec<_>>(), ["two were on leave", "double count"]);
    assert_eq!((judged.texts("div.bar span.lamp.good").len(), judged.texts("ul.rows li").len()), (1, 2), "what was disputed before stays to be seen");
    assert_eq!(listed("chief", "place=ours").await.len(), 0, "until it is corrected");
    assert_eq!(site.get("stranger", "/reports/report-0001").await.status, 404);

    // Nothing at all is no report, and words without the kind of what hinders are not thrown away.
    for (field, code) in [(("remark", ""), "R-132"), (("remark", "the crane stood"), "G-108")] {
        let page = site.post("builder", "/reports/new", &[("building", "ours-b2"), ("on", "2026-11-23"), field]).await;
        assert_eq!(page.texts(".summary .quiet"), [code]);
        assert!(page.body.contains(field.1), "the form is kept filled");
    }
    // Of a day that moved nothing, the hands are disputed and corrected alike.
    let hands = [("building", "ours-b2"), ("on", "2026-11-23"), ("trade.rebar", "40"), ("request_id", "report-0002")];
    assert_eq!(site.post("builder", "/reports/new", &hands).await.status, 303);
    assert_eq!(site.post("wei", "/reports/report-0002/dispute", &[("reason", "three hands stand there")]).await.status, 303);
    assert_eq!(listed("chief", "place=ours").await, ["ours-b2 name · 2026-11-23"]);
    // Hands are corrected as quantities are; a form without them says nothing of them.
    let form = site.get("builder", "/reports/report-0002/correct").await;
    assert!(form.attributes("input[name^='trade.']", "value").iter().any(|value| !value.is_empty()), "what was said stands there");
    let dragon = [("besides", "1"), ("trade.wizard", "3"), ("reason", "counted the whole site")];
    assert_eq!(site.post("builder", "/reports/report-0002/correct", &dragon).await.texts(".summary .quiet"), ["R-148"]);
    let counted = [("besides", "1"), ("trade.general", "3"), ("reason", "counted the whole site")];
    assert_eq!(site.post("builder", "/reports/report-0002/correct", &counted).await.status, 303);
    let mut now = site.site.reader().await.unwrap();
    let hands = crate::features::reports::store::report(&mut now, "report-0002").await.unwrap().unwrap().content.hands;
    assert_eq!(hands.into_iter().collect::<Vec<_>>(), [("general".to_owned(), 3)]);
    drop(now);
    assert_eq!(listed("chief", "place=ours").await.len(), 0);
    drop(conn);
    site
});

on_both_databases!(bad_input_is_refused_with_the_form_still_filled, |site| async move {
    let site = active(site.with_cast().await).await;
    let cases: [(&str, Fields, &str); 5] = [
        ("a future day", &[("on", "2026-11-24"), ("done.ours-b1/pit", "10")], "R-104"),
        ("more than the total", &[("on", "2026-11-23"), ("done.ours-b1/pit", "99999")], "R-109"),
        ("no quantity", &[("on", "2026-11-23"), ("done.ours-b1/pit", "many")], "R-119"),
        ("completion without a picture", &[("on", "2026-11-23"), ("done.ours-b1/pit", "5500")], "R-110"),
        ("work of another building", &[("on", "2026-11-23"), ("done.ours-b2/pit", "5")], "R-107"),
    ];
    for (name, fields, code) in cases {
        let fields: Vec<(&str, &str)> = [("building", "ours-b1")].iter().chain(fields).copied().collect();
        let page = site.post("builder", "/reports/new", &fields).await;
        assert_eq!((page.status.as_u16(), page.texts(".summary .quiet")), (422, vec![code.to_owned()]), "{name}");
        if code == "R-109" {
            assert!(page.attributes(".work input", "value").contains(&"99999".to_owned()), "{name}: still filled");
        }
    }
    let abroad = [("building", "theirs-b1"), ("on", "2026-11-23")];
    assert_eq!(site.post("builder", "/reports/new", &abroad).await.status, 404, "outside one's places");
    let idle = [("building", "theirs-b1"), ("on", "2026-11-23")];
    assert_eq!(site.post("stranger", "/reports/unchanged", &idle).await.texts(".summary .quiet"), ["R-103"], "not active");

    let upload = |bytes: &[u8]| with_photo(&site, "report-0002", "2026-11-23", bytes);
    let picture = jpeg();
    let mut flood = Vec::new();
    image::RgbImage::from_pixel(1, 1, image::Rgb([0, 0, 0])).write_to(&mut std::io::Cursor::new(&mut flood), image::ImageFormat::Png).unwrap();
    // The header of a PNG says its size: 40,000 by 40,000.
    flood[16..24].copy_from_slice(&[0, 0, 0x9c, 0x40, 0, 0, 0x9c, 0x40]);
    let with_small = [&picture[..2], &[0xff, 0xe1, 0, 6, 0xff, 0xd8, 0xff, 0xd9], &picture[2..]].concat();
    let half = with_small[..with_small.len() - 40].to_vec();
    let polyglot = [picture.clone(), b"PK\x05\x06".to_vec(), vec![0; 18]].concat();
    for (name, bytes, codes) in [("a text", b"<svg onload=alert(1)>".to_vec(), &["R-120"][..]), ("a flood of pixels", flood, &["R-122", "R-120"]), ("an archive behind a picture", polyglot, &["R-123"]), ("a paper behind a picture", [&picture[..], b"%PDF-1.7"].concat(), &["R-123"]), ("a program behind a picture", [&picture[..], b"<?php x ?>"].concat(), &["R-123"]), ("half a picture", picture[..picture.len() - 2].to_vec(), &["R-120"]), ("half a picture that holds a small one", half, &["R-120"])] {
        let page = site.post_bytes("builder", "/reports/new", MULTIPART, upload(&bytes)).await;
        let code = page.texts(".summary .quiet");
        assert!(page.status == 422 && codes.contains(&code[0].as_str()), "{name}: {} {code:?}", page.status);
    }
    let empty = site.post_bytes("builder", "/reports/new", MULTIPART, upload(b"")).await;
    assert_eq!(empty.texts(".summary .quiet"), ["R-120"], "a file that was chosen and is empty is no photograph");
    // Seven large files: the first six would fit, what was filled in stays.
    let large = [&picture[..2], &[0xff, 0xfe, 0xff, 0xff], &vec![b'.'; 3 << 20], &picture[2..]].concat();
    let seven = with_files(&site, "report-0002", "2026-11-23", &[&large[..]; 7]);
    let page = site.post_bytes("builder", "/reports/new", MULTIPART, seven).await;
    assert_eq!((page.status.as_u16(), page.texts(".summary .quiet")), (422, vec!["G-114".to_owned()]));
    assert!(page.attributes(".work input", "value").contains(&"5500".to_owned()), "still filled");
    // A phone held upright: the sensor's rows, and beside them which way up they are.
    let upright = [&picture[..2], &[0xff, 0xe1, 0, 34], b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0", &picture[2..]].concat();
    let twice = with_files(&site, "report-0002", "2026-11-23", &[&upright[..]; 2]);
    let done = site.post_bytes("builder", "/reports/new", MULTIPART, twice).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".summary li"));
    let shown = site.get("builder", "/reports/report-0002").await;
    assert_eq!(shown.texts(".photos img").len(), 1, "a picture chosen twice shows nothing more");
    let address = shown.attributes(".photos img", "src").remove(0);
    let served = site.get("chief", &address).await;
    assert_eq!((served.status.as_u16(), served.headers["content-type"].to_str().unwrap()), (200, "image/jpeg"));
    let copy = image::load_from_memory(&served.bytes).unwrap();
    assert_eq!((copy.width(), copy.height()), (30, 40), "turned upright");
    assert!(!served.bytes.windows(4).any(|part| part == b"Exif"), "and nothing beside the pixels");
    assert_eq!(site.get("stranger", &address).await.status, 404);
    for (day, code) in [("2026-11-24", "G-123"), ("99999", "G-124"), ("0", "G-124"), ("soon", "G-106"), ("1970-01-01", "G-126")] {
        let page = site.get("chief", &format!("/reports?as_of={day}")).await;
        assert!(page.status == 422 && page.body.contains(code), "{day}: {}", page.status);
    }
    let then = format!("?as_of={}", site.site.head());
    assert_eq!(site.get("chief", &format!("/reports/of/ours-b1{then}")).await.location(), format!("/reports/report-0002{then}"), "who is led on stays there");
    let shown = site.get("chief", &format!("/reports/report-0002{then}")).await.attributes(".photos img", "src").remove(0);
    assert_eq!(shown, format!("{address}{then}"), "led on into the past");
    assert_eq!(site.get("chief", &shown).await.bytes, served.bytes, "a photograph is what it was");
    assert_eq!(site.get("stranger", &shown).await.status, 404);
    site
});

#[test]
fn no_name_of_a_copy_is_that_of_an_original() {
    let cases = [(r#"{"original":"aa"}"#, "of-aa", Some("aa")), (r#"{"original":"aa","copy":"bb"}"#, "bb", None)];
    for (fact, name, drawn_from) in cases {
        let photo: Photo = serde_json::from_str(fact).unwrap();
        assert_eq!((photo.name().as_str(), Photo::drawn_from(&photo.name())), (name, drawn_from));
        assert_eq!(serde_json::to_string(&photo).unwrap(), fact);
    }
}

on_both_databases!(a_copy_of_a_photograph_is_drawn_once_and_whenever_it_is_missing, |site| async move {
    let mut site = active(site.with_cast().await).await;
    let noted = site.hear_of_photographs();
    let remarked = |remark: u8| [&jpeg()[..2], &[0xff, 0xfe, 0, 3, remark], &jpeg()[2..]].concat();
    let (refused, first, second) = (remarked(b'0'), remarked(b'1'), remarked(b'2'));
    let tomorrow = site.post_bytes("builder", "/reports/new", MULTIPART, with_photo(&site, "report-0001", "2026-11-24", &refused)).await;
    assert_eq!(tomorrow.status, 422, "a photograph whose form is refused");
    let filed = site.post_bytes("builder", "/reports/new", MULTIPART, with_files(&site, "report-0002", "2026-11-23", &[&first, &second])).await;
    assert_eq!(filed.status, 303, "{:?}", filed.texts(".summary li"));
    let count = async |sql: &'static str| site.site.db.reader().await.unwrap().row(sql, &[]).await.unwrap().unwrap().int(0).unwrap();
    let (kept, papers) = ("SELECT COUNT(*) FROM photo_copy", "SELECT COUNT(*) FROM document WHERE media_type LIKE 'image/%'");
    assert_eq!((count(kept).await, count(papers).await), (0, 2), "what came is sealed, and nothing is drawn yet");
    let addresses = site.get("builder", "/reports/report-0002").await.attributes(".photos img", "src");
    let name = addresses[0].rsplit('/').next().unwrap();
    let original = format!("/reports/report-0002/photos/{}", Photo::drawn_from(name).unwrap());
    assert_eq!(site.get("builder", &original).await.status, 404, "no address leads to an original");

    // The program ended before it drew: another one, and this one at the same moment, are asked for a copy.
    let folder = tempfile::tempdir().unwrap();
    let again = serve::open(site.site.db.clone(), folder.path(), site.site.clock.clone()).await.unwrap();
    let (here, there) = tokio::join!(site.get("chief", &addresses[0]), copies::copy(&again.site, name));
    let drawn = image::load_from_memory(&here.bytes).unwrap();
    assert_eq!((drawn.width(), drawn.height(), here.status.as_u16()), (40, 30, 200));
    assert_eq!(there.unwrap().unwrap(), here.bytes);
    assert_eq!((count(kept).await, count(papers).await), (1, 2));

    // What nobody asked for is drawn when no more photographs are coming.
    let drawing = tokio::spawn(copies::run(site.site.clone(), noted));
    while count(kept).await < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    drawing.abort();
    assert!(drawing.await.unwrap_err().is_cancelled(), "a fault of one ends nothing");
    assert_eq!(site.get("chief", &addresses[0]).await.bytes, here.bytes, "it stays what it was");
    assert_eq!(site.get("chief", &addresses[1]).await.status, 200);
    site.site.db.writer().await.unwrap().execute("DELETE FROM photo_copy", &[]).await.unwrap();
    assert_eq!(site.get("chief", &addresses[1]).await.status, 200, "and is drawn again where it is missing");
    let serve::Opened { site: node, writer, .. } = again;
    drop(node);
    writer.await.unwrap();
    site
});

const MULTIPART: &str = "multipart/form-data; boundary=----guatu";

/// A small photograph.
fn jpeg() -> Vec<u8> {
    let mut picture = Vec::new();
    let drawn = image::RgbImage::from_pixel(40, 30, image::Rgb([120, 90, 60]));
    drawn.write_to(&mut std::io::Cursor::new(&mut picture), image::ImageFormat::Jpeg).unwrap();
    picture
}

/// A report of the first building that claims the pit complete, with a photograph: kind and body of the form.
pub fn pictured(site: &TestSite, id: &str, on: &str) -> (&'static str, Vec<u8>) {
    (MULTIPART, with_photo(site, id, on, &jpeg()))
}

/// The same of another building, with the same photograph.
pub fn pictured_of(site: &TestSite, id: &str, on: &str, building: &str) -> (&'static str, Vec<u8>) {
    let token = site.form_token("builder");
    let done = format!("done.{building}/pit");
    (MULTIPART, multipart(&[("form_token", token.as_str()), ("building", building), ("on", on), ("request_id", id), (done.as_str(), "500")], &[&jpeg()]))
}

fn with_photo(site: &TestSite, id: &str, on: &str, bytes: &[u8]) -> Vec<u8> {
    with_files(site, id, on, &[bytes])
}

fn with_files(site: &TestSite, id: &str, on: &str, files: &[&[u8]]) -> Vec<u8> {
    let token = site.form_token("builder");
    multipart(&[("form_token", token.as_str()), ("building", "ours-b1"), ("on", on), ("request_id", id), ("done.ours-b1/pit", "5500")], files)
}

fn multipart(fields: Fields, files: &[&[u8]]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(format!("------guatu\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    for bytes in files {
        body.extend(b"------guatu\r\nContent-Disposition: form-data; name=\"photos\"; filename=\"a.jpg\"\r\n\r\n");
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"------guatu--\r\n");
    body
}

on_both_databases!(what_a_report_said_wrongly_is_put_right_as_a_whole, |site| async move {
    let site = active(site.with_cast().await).await;
    let filed = site.post_bytes("builder", "/reports/new", MULTIPART, with_photo(&site, "report-0001", "2026-11-23", &jpeg())).await;
    assert_eq!(filed.status, 303, "{:?}", filed.texts(".summary li"));
    let show = async || site.get("chief", "/reports/report-0001").await;
    let picture = show().await.attributes(".photos img", "src").remove(0);
    let drop = format!("drop.{}", picture.rsplit('/').next().unwrap());
    let correct = async |fields: Fields<'_>, file: &[u8]| {
        let token = site.form_token("builder");
        let fields: Vec<(&str, &str)> = [("form_token", token.as_str()), ("request_id", "correct-0001"), ("reason", "the wrong house")].into_iter().chain(fields.iter().copied()).collect();
        site.post_bytes("builder", "/reports/report-0001/correct", MULTIPART, multipart(&fields, if file.is_empty() { &[] } else { std::slice::from_ref(&file) })).await
    };
    let other = || {
        let mut picture = Vec::new();
        image::RgbImage::from_pixel(50, 20, image::Rgb([10, 90, 160])).write_to(&mut Cursor::new(&mut picture), image::ImageFormat::Png).unwrap();
        picture
    };
    let cases: [(&str, Fields, &[u8], &str); 4] = [
        ("nothing", &[], b"", "R-142"),
        ("no picture", &[], b"GIF89a", "R-120"),
        ("the only picture of a completed work", &[(&drop, "yes")], b"", "R-110"),
        ("an amount that is none", &[("besides", "1"), ("stock.rebar", "much")], b"", "R-145"),
    ];
    for (name, fields, file, code) in cases {
        let page = correct(fields, file).await;
        assert_eq!((page.status.as_u16(), page.texts(".summary .quiet")), (422, vec![code.to_owned()]), "{name}: {:?}", page.texts(".summary li"));
        assert!(page.body.contains("the wrong house"), "{name}: still filled");
    }
    // Photographs and materials together, one picture for another.
    let done = correct(&[("besides", "1"), ("stock.rebar", "12.5"), ("material.rebar", "4"), (&drop, "yes")], &other()).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".summary li"));
    let page = show().await;
    let now = page.attributes(".photos img", "src");
    assert!(now.len() == 1 && now[0] != picture, "{now:?}");
    assert!(page.texts("dl.facts dd").iter().any(|text| text.contains("12.5")), "{:?}", page.texts("dl.facts dd"));
    assert_eq!(site.get("chief", &picture).await.status, 404, "what was taken out is not shown any more");
    // The next day's form knows what is on hand, and a figure that is none is named.
    let form = site.get("builder", "/reports/new?building=ours-b2").await;
    assert!(!form.attributes("input[name='stock.rebar']", "value").contains(&"12.5".to_owned()), "of another building");
    let named = site.post("builder", "/reports/new", &[("building", "ours-b2"), ("on", "2026-11-23"), ("done.ours-b2/pit", "many")]).await;
    let work = form.texts(".work .name")[0].clone();
    assert!(named.texts(".summary li")[0].starts_with(&work), "{:?} {work}", named.texts(".summary li"));
    // A digit that is missing is asked about once.
    let measured = [("done.ours-b1/pit", "55"), ("reason", "measured by cross section")];
    let asked = site.post("wei", "/reports/report-0001/dispute", &measured).await;
    assert_eq!(asked.texts(".summary .quiet"), ["R-143"]);
    assert_eq!(asked.texts("label input[name='sure']").len(), 1);
    assert_eq!(site.post("wei", "/reports/report-0001/dispute", &[&measured[..], &[("sure", "yes")]].concat()).await.status, 303);
    site
});

on_both_databases!(programs_report_under_the_same_rules, |site| async move {
    let site = active(site.with_cast().await).await;
    let post = |body: &'static str| site.post_bytes("builder", "/api/reports", "application/json", body.as_bytes().to_vec());
    let day = r#"{"id":"api-00001","building":"ours-b1","on":"2026-11-22","content":{"items":[{"activity":"ours-b1/pit","cumulative_e3":5000}],"hands":{"general":3}}}"#;
    assert_eq!(post(day).await.status, 201);
    assert_eq!(post(day).await.status, 200, "a resend");
    let other = r#"{"id":"api-00001","building":"ours-b1","on":"2026-11-22","content":{"items":[{"activity":"ours-b1/pit","cumulative_e3":6000}]}}"#;
    let cases = [
        (other, 409, "R-101"),
        (r#"{"id":"api-00002","building":"ours-b1","on":"2026-11-23","content":{"items":[{"activity":"ours-b1/pit","cumulative_e3":1}]}}"#, 422, "R-108"),
        (r#"{"id":"api-00003","building":"theirs-b1","on":"2026-11-23"}"#, 404, "G-104"),
        (r#"{"id":"api-00004","building":"ours-b1","on":"2026-11-23","extra":1}"#, 422, "R-135"),
        (r#"not json"#, 422, "R-135"),
        (r#"{"id":"api-00004","building":"ours-b1","on":"2026-11-31"}"#, 422, "R-135"),
        (r#"{"id":"api-00004","building":"ours-b1","on":"2026-11-24","content":{"hands":{"rebar":3}}}"#, 422, "R-104"),
        (r#"{"id":"api-00004","building":"ours-b1","on":"2026-11-23"}"#, 422, "R-132"),
        (r#"{"id":"../passwd","building":"ours-b1","on":"2026-11-23"}"#, 422, "R-135"),
        (r#"{"id":"api-00004","building":"ours-b1","on":"2026-11-23","unchanged":true,"content":{"weather_hours":3}}"#, 422, "R-138"),
        (r#"{"id":"api-00004","building":"ours-b1","on":"2026-11-23","content":{"items":[{"activity":"ours-b1/pit","cumulative_e3":6000},{"activity":"ours-b1/pit","cumulative_e3":7000}]}}"#, 422, "R-131"),
        ("[]", 422, "R-132"),
        (r#"[{"id":"api-00006","building":"ours-b1","on":"2026-11-23","unchanged":true},{"id":"api-00007","building":"ours-b2","on":"2025-11-23","unchanged":true}]"#, 422, "R-126"),
        (r#"[{"id":"api-00006","building":"ours-b1","on":"2026-11-23","unchanged":true},{"id":"api-00007","building":"theirs-b1","on":"2026-11-23","unchanged":true}]"#, 404, "G-104"),
        (r#"[{"id":"api-00006","building":"ours-b1","on":"2026-11-23","unchanged":true},{"id":"api-00007","building":"nowhere","on":"2026-11-23","unchanged":true}]"#, 404, "G-104"),
        (r#"[{"id":"api-00006","building":"ours-b1","on":"2026-11-23","unchanged":true},{"id":"api-00007","building":"ours-b2","on":"2026-11-23","content":{"items":[{"activity":"ours-b2/pit","cumulative_e3":9000000000}]}}]"#, 422, "R-109"),
    ];
    let head = site.site.head();
    for (body, status, code) in cases {
        let answer = post(body).await;
        let said: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((answer.status.as_u16(), said["code"].as_str().unwrap()), (status, code), "{body}: {}", answer.body);
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert!(said["detail"].as_str().is_some_and(|detail| !detail.is_empty() && detail.chars().count() < 400), "{}", answer.body);
        assert_eq!(said["status"], status, "{body}");
    }
    assert_eq!(site.site.head(), head, "nothing of a list of which one is refused");
    let plain = site.post_bytes("builder", "/api/reports", "text/plain", br#"{"id":"api-00005","building":"ours-b1","on":"2026-11-23","unchanged":true}"#.to_vec()).await;
    assert_eq!(plain.status, 422, "as a page of another site could send it");
    assert_eq!(post(r#"{"id":"api-00005","building":"ours-b1","on":"2026-11-23","unchanged":true}"#).await.status, 201);
    let page = site.get("chief", "/reports?on=2026-11-23").await;
    assert_eq!(page.texts("ul.counts b"), ["2", "1", "1"], "one of two buildings of the one active project");
    // A list is one request: all of it is filed, and sent again it is filed no second time.
    assert!(site.site.clock.advance(site.site.clock.now() + 24.hours()));
    let list = r#"[{"id":"api-00008","building":"ours-b1","on":"2026-11-24","unchanged":true},{"id":"api-00009","building":"ours-b2","on":"2026-11-24","content":{"hands":{"rebar":9}}}]"#;
    let head = site.site.head();
    assert_eq!((post(list).await.status.as_u16(), site.site.head()), (201, head + 2));
    assert_eq!((post(list).await.status.as_u16(), site.site.head()), (200, head + 2), "a resend");
    let one = r#"{"id":"api-00008","building":"ours-b1","on":"2026-11-24","content":{"hands":{"rebar":1}}}"#;
    assert!(post(one).await.body.contains("R-101"), "an id of a list is in use by itself");
    assert!(site.site.clock.advance(site.site.clock.now() + 24.hours()));
    // Photographs travel in base64, under the checks of forms; what claims a work complete needs one.
    let pictured = |id: &str, photos: &[String]| {
        let whole = serde_json::json!({"id": id, "building": "ours-b1", "on": "2026-11-25", "photos": photos, "content": {"items": [{"activity": "ours-b1/pit", "cumulative_e3": 5_500_000}]}});
        site.post_bytes("builder", "/api/reports", "application/json", whole.to_string().into_bytes())
    };
    let encoded = |bytes: &[u8]| STANDARD.encode(bytes);
    for (photos, code) in [
        (vec![], "R-110"),
        (vec!["no base64".to_owned()], "R-120"),
        (vec![encoded(b"no picture")], "R-120"),
        (vec![encoded(&jpeg()); FILE_COUNT + 1], "G-114"),
    ] {
        let said: serde_json::Value = serde_json::from_str(&pictured("api-00010", &photos).await.body).unwrap();
        assert_eq!(said["code"], code, "{said}");
    }
    assert_eq!(pictured("api-00010", &[encoded(&jpeg())]).await.status, 201);
    assert_eq!(pictured("api-00010", &[encoded(&jpeg())]).await.status, 200, "a resend");
    assert_eq!(site.get("wei", "/reports/api-00010").await.attributes(".photos img", "src").len(), 1);
    let foreign = site.post_bytes("stranger", "/api/reports", "application/json", list.as_bytes().to_vec()).await;
    assert_eq!(foreign.status, 404, "the same bytes from somebody else");
    site
});

on_both_databases!(a_correction_does_not_move_what_was_verified_later, |site| async move {
    let mut site = active(site.with_cast().await).await;
    site.person("inspector", Role::Inspector, None).await;
    for (id, on, done) in [("report-0001", "2026-11-22", "300"), ("report-0002", "2026-11-23", "500")] {
        let day = [("building", "ours-b1"), ("on", on), ("done.ours-b1/pit", done), ("request_id", id)];
        assert_eq!(site.post("builder", "/reports/new", &day).await.status, 303);
    }
    settled(&site).await;
    let correct = async |id: &str, done: &str| {
        let form = [("done.ours-b1/pit", done), ("reason", "miscounted")];
        site.post("builder", &format!("/reports/{id}/correct"), &form).await
    };
    assert_eq!(correct("report-0001", "250").await.status, 303, "nobody has looked yet");
    assert_eq!(correct("report-0002", "200").await.texts(".summary .quiet"), ["R-108"], "under the day before");
    let corrected = site.get("builder", "/reports/report-0001").await;
    assert!(corrected.texts("dl.facts dd").iter().any(|said| said.starts_with("miscounted")), "and says that it was corrected");
    settled(&site).await;
    let seen = [("done.ours-b1/pit", "400"), ("reason", "half the pit is flooded")];
    assert_eq!(site.post("inspector", "/reports/report-0002/verify", &seen).await.status, 303);
    for id in ["report-0001", "report-0002"] {
        assert_eq!(correct(id, "260").await.texts(".summary .quiet"), ["R-124"], "{id}");
    }
    site
});

on_both_databases!(a_measure_stands_whatever_is_found_of_a_day_before, |site| async move {
    let mut site = active(site.with_cast().await).await;
    site.person("inspector", Role::Inspector, None).await;
    for (id, on, done) in [("report-0001", "2026-11-20", "700"), ("report-0002", "2026-11-21", "750"), ("report-0003", "2026-11-22", "1000"), ("report-0004", "2026-11-23", "1100")] {
        let day = [("building", "ours-b1"), ("on", on), ("done.ours-b1/pit", done), ("request_id", id)];
        assert_eq!(site.post("builder", "/reports/new", &day).await.status, 303);
    }
    let disputed = [("done.ours-b1/pit", "800"), ("reason", "measured by cross section")];
    assert_eq!(site.post("wei", "/reports/report-0003/dispute", &disputed).await.status, 303);
    settled(&site).await;
    // (the day, what is found of it, what then stands in all at the end of each day)
    let cases = [("report-0001", "600", ["600", "650", "800", "900"]), ("report-0002", "640", ["600", "640", "800", "900"])];
    for (id, found, stands) in cases {
        let found = [("done.ours-b1/pit", found), ("reason", "counted trucks"), ("is_sure", "1")];
        let verified = site.post("inspector", &format!("/reports/{id}/verify"), &found).await;
        assert_eq!(verified.status, 303, "{:?}", verified.texts(".summary li"));
        settled(&site).await;
        for (day, stands) in (1..).zip(stands) {
            let shown = site.get("chief", &format!("/reports/report-000{day}")).await.texts("tbody td.number").pop();
            assert_eq!(shown, Some(format!("{stands} / 5500")), "day {day} after {id}");
        }
    }
    let measured = site.get("chief", "/reports/report-0003").await.texts("tbody td.number");
    assert_eq!(measured[1], "800", "as the supervision engineer said");
    let mut conn = site.site.reader().await.unwrap();
    let works = Kept::default().of(&mut conn, "ours").await.unwrap();
    let stands = [22, 23, 24].map(|day| works["ours-b1/pit"].before_e3(date(2026, 11, day)));
    assert_eq!(stands, [640_000, 800_000, 900_000], "and targets count the same");
    assert_eq!(plans::bar(&mut conn, "ours", "ours-b1/pit").await.unwrap().unwrap().percent_e3, 16_363);
    drop(conn);
    let back = [("done.ours-b1/pit", "850"), ("reason", "counted again")];
    let refused = site.post("builder", "/reports/report-0003/correct", &back).await;
    assert_eq!(refused.texts(".summary .quiet"), ["R-125"]);
    assert!(refused.texts(".summary li")[0].contains("800"), "the measure that stands: {:?}", refused.texts(".summary li"));

    // Who gives in does not take it back with the next correction, nor when it was confirmed.
    let correct = async |id: &str, done: &str| {
        let form = [("done.ours-b1/pit", done), ("reason", "counted again")];
        site.post("builder", &format!("/reports/{id}/correct"), &form).await
    };
    assert_eq!(correct("report-0003", "800").await.status, 303);
    assert_eq!(correct("report-0003", "850").await.texts(".summary .quiet"), ["R-125"]);
    assert_eq!(site.post("wei", "/reports/report-0003/confirm", &[]).await.status, 303);
    assert_eq!(correct("report-0003", "850").await.texts(".summary .quiet"), ["R-125"]);
    assert_eq!(site.get("chief", "/reports/report-0003").await.texts("tbody td.number")[1], "800", "the measure stays to be seen");

    // Of a day before, nothing goes beyond what was measured later; a dispute of it moves no later measure, and hands put right
    // leave that measure on its list.
    for (id, on, done) in [("report-0005", "2026-11-22", "600"), ("report-0006", "2026-11-23", "1000")] {
        let day = [("building", "ours-b2"), ("on", on), ("done.ours-b2/pit", done), ("trade.rebar", "9"), ("request_id", id)];
        assert_eq!(site.post("builder", "/reports/new", &day).await.status, 303);
    }
    let measure = async |id: &str, done: &str| {
        let form = [("done.ours-b2/pit", done), ("reason", "measured by cross section")];
        site.post("wei", &format!("/reports/{id}/dispute"), &form).await.status.as_u16()
    };
    assert_eq!(measure("report-0006", "800").await, 303);
    let beyond = [("done.ours-b2/pit", "900"), ("reason", "counted again")];
    assert_eq!(site.post("builder", "/reports/report-0005/correct", &beyond).await.texts(".summary .quiet"), ["R-125"]);
    // What is left of each share is the same by chance: 400 was said, 400 is measured now.
    assert_eq!(measure("report-0005", "400").await, 303);
    let hands = [("besides", "1"), ("trade.rebar", "8"), ("done.ours-b2/pit", ""), ("reason", "one was on leave")];
    assert_eq!(site.post("builder", "/reports/report-0006/correct", &hands).await.status, 303);
    let listed = site.get("chief", "/reports?place=ours&from=2026-11-22&on=2026-11-23").await.texts("#disputed + ul a");
    assert!(listed.contains(&"ours-b2 name · 2026-11-23".to_owned()), "{listed:?}");
    let stands = site.get("chief", "/reports/report-0006").await.texts("tbody td.number").pop();
    assert_eq!(stands.as_deref(), Some("800 / 5500"));
    site
});
