//! Cases of contingency plans: every trigger, every refusal, and scenarios in which facts and figures set plans off.

use super::model::{Command, Fact, Happening, Known, Refused, State, Terms, Trigger, decide, firing_id, firing_of};
use super::rules::{self, CONTINGENCIES};
use super::store;
use crate::clock::civil_date;
use crate::features::calendars::model::Level;
use crate::features::hazards::model::{Command as Hazards, Grade, Remedy};
use crate::features::hazards::rules::RISKS;
use crate::features::orders::tests::with_firm;
use crate::features::places::model::Command as Places;
use crate::features::reports::model::Photo;
use crate::features::reports::tests::{active, settled};
use crate::journal::domain::{Actor, Context, Permit};
use crate::on_both_databases;
use crate::testing::TestSite;
use jiff::civil::{Date, date};
use std::collections::{BTreeMap, BTreeSet};

const TODAY: Date = date(2026, 11, 23);

fn context(actor: &str) -> Context {
    let now = crate::testing::NOW.parse().unwrap();
    let actor = if actor == "system" { Actor::System } else { Actor::Account(actor.into()) };
    Context { actor, now, today: civil_date(now) }
}

fn terms(trigger: Trigger) -> Terms {
    Terms {
        kind: "lifting".into(),
        document: "Plan 7".into(),
        trigger,
        measures: "Clear the radius".into(),
        unit: "firm".into(),
        post: "Safety officer".into(),
        stock: "A mobile crane".into(),
        amount_fen: 5_000_000,
        from: date(2026, 1, 1),
        to: date(2026, 12, 31),
    }
}

fn report(weather_hours: Option<u32>, rebar_days: Option<u32>) -> Happening {
    let cover_days: BTreeMap<String, u32> = rebar_days.map(|days| ("rebar".to_owned(), days)).into_iter().collect();
    Happening::Report { report: "r".into(), weather_hours, cover_days }
}

#[test]
fn triggers() {
    let alert = |level| Happening::Alert { alert: "a".into(), level };
    let float = |float_days_e3| Happening::Float { week: TODAY, float_days_e3 };
    let stopped = || Happening::Stopped { of: "p".into(), since: TODAY };
    let hazard = || Happening::MajorHazard { hazard: "h".into() };
    let orange = || Trigger::Alert { level: Level::Orange };
    let cover = || Trigger::Cover { material: "rebar".into(), days: 5 };
    for (name, trigger, happening, expected) in [
        ("the level", orange(), alert(Level::Orange), true),
        ("above it", orange(), alert(Level::Red), true),
        ("below it", orange(), alert(Level::Yellow), false),
        ("hours enough", Trigger::Weather { hours: 4 }, report(Some(4), None), true),
        ("hours too few", Trigger::Weather { hours: 4 }, report(Some(3), None), false),
        ("no hours", Trigger::Weather { hours: 4 }, report(None, Some(1)), false),
        ("four days of five", cover(), report(None, Some(4)), true),
        ("five days of five", cover(), report(None, Some(5)), false),
        ("nothing said of it", cover(), report(Some(8), None), false),
        ("stopped", Trigger::Stopped {}, stopped(), true),
        ("a hazard is no stop", Trigger::Stopped {}, hazard(), false),
        ("a hazard", Trigger::MajorHazard {}, hazard(), true),
        ("float below", Trigger::Float { days: 3 }, float(2_999), true),
        ("float at it", Trigger::Float { days: 3 }, float(3_000), false),
        ("below zero", Trigger::Float { days: 1 }, float(-4_000), true),
    ] {
        assert_eq!(trigger.is_met(&happening), expected, "{name}");
        if expected {
            assert!(happening.triggers().contains(&trigger.name()), "{name} is looked for");
        }
    }
    assert_eq!(firing_of(&firing_id("0199-a", 3)), Some(("0199-a", 3)));
}

#[test]
fn the_file_names_kinds_and_risks_that_exist() {
    for need in &CONTINGENCIES.need {
        assert!(rules::kind(&need.kind).is_some(), "{}", need.kind);
        for risk in &need.risks {
            assert!(RISKS.risk.iter().any(|known| known.id == *risk), "{risk}");
        }
    }
    let marks = CONTINGENCIES.kind.iter().map(|kind| &kind.mark).chain(CONTINGENCIES.need.iter().map(|need| &need.mark));
    assert!(marks.into_iter().all(|mark| ["S", "G", "setting"].contains(&mark.as_str())));
    assert!(CONTINGENCIES.kind.iter().all(|kind| kind.drill_days > 0 && !kind.source.is_empty()));
}

#[test]
fn rules() {
    let hazard = || terms(Trigger::MajorHazard {});
    let lay = |terms: Terms| Command::Lay { contingency: "c".into(), place: "p".into(), terms: Box::new(terms) };
    let end = |reason: &str| Command::End { contingency: "c".into(), reason: reason.into() };
    let drill = |on, who: &str, content: &str, evidence: &str, photos: usize| Command::Drill {
        contingency: "c".into(),
        on,
        who: who.into(),
        content: content.into(),
        evidence: evidence.into(),
        photos: (0..photos).map(|_| Photo::of("o".into())).collect(),
    };
    let stand_down = |firing, outcome: &str| Command::StandDown { contingency: "c".into(), firing, outcome: outcome.into() };
    let hear = |happening| Command::Hear { place: None, happening };
    let major = |id: &str| Happening::MajorHazard { hazard: id.into() };
    let known = |firings: &[(u32, &str, bool)]| Known {
        id: "c".into(),
        place: "p".into(),
        terms: hazard(),
        ended_on: None,
        firings: firings.iter().map(|(number, event, is_down)| (*number, (*event).to_owned(), *is_down)).collect(),
    };
    let site = || State { place: "p".into(), is_site: true, is_unit_known: true, works: true, names: vec!["Ren Zhao".into()], ..State::default() };
    let there = |known: Known| State { contingency: Some(known), ..site() };
    let heard = |candidates: Vec<Known>| State { candidates, ..State::default() };
    let ended = || Known { ended_on: Some(TODAY), ..known(&[]) };
    let unfit = || Err(Refused::UnfitTrigger { most: "1000".into() });
    let tomorrow = date(2026, 11, 24);
    // What is tried, where, by whom, and how many facts follow.
    type Case = (&'static str, State, Command, &'static str, Result<usize, Refused>);
    let cases: Vec<Case> = vec![
        ("laid", site(), lay(hazard()), "jian", Ok(1)),
        ("laid twice", State { is_id_taken: true, ..site() }, lay(hazard()), "jian", Err(Refused::IdTaken)),
        ("for a district", State { is_site: false, ..site() }, lay(hazard()), "jian", Err(Refused::NotASite)),
        ("by a reader", State { works: false, ..site() }, lay(hazard()), "mo", Err(Refused::MayNot)),
        ("for dragons", site(), lay(Terms { kind: "dragon".into(), ..hazard() }), "jian", Err(Refused::UnknownKind)),
        ("of no paper", site(), lay(Terms { document: " ".into(), ..hazard() }), "jian", Err(Refused::NoDocument)),
        ("to do nothing", site(), lay(Terms { measures: String::new(), ..hazard() }), "jian", Err(Refused::NoMeasures)),
        ("of nobody", State { is_unit_known: false, ..site() }, lay(hazard()), "jian", Err(Refused::UnknownUnit)),
        ("of a person", site(), lay(Terms { post: "Ren Zhao".into(), ..hazard() }), "jian", Err(Refused::PostNamesSomebody)),
        ("with debts", site(), lay(Terms { amount_fen: -1, ..hazard() }), "jian", Err(Refused::AmountNegative)),
        ("backwards", site(), lay(Terms { to: date(2025, 12, 31), ..hazard() }), "jian", Err(Refused::PeriodOutside { date: TODAY.to_string() })),
        ("over already", site(), lay(Terms { to: date(2026, 11, 22), ..hazard() }), "jian", Err(Refused::PeriodOutside { date: TODAY.to_string() })),
        ("by no hours", site(), lay(terms(Trigger::Weather { hours: 0 })), "jian", unfit()),
        ("by a day of thirty hours", site(), lay(terms(Trigger::Weather { hours: 30 })), "jian", unfit()),
        ("by a material nobody knows", site(), lay(terms(Trigger::Cover { material: "gold".into(), days: 3 })), "jian", unfit()),
        ("by float without end", site(), lay(terms(Trigger::Float { days: 1001 })), "jian", unfit()),
        ("ended", there(known(&[])), end("a new edition"), "jian", Ok(1)),
        ("ended for no reason", there(known(&[])), end(""), "jian", Err(Refused::NoReason)),
        ("ended twice", there(ended()), end("again"), "jian", Err(Refused::AlreadyEnded { date: TODAY.to_string() })),
        ("ended by a reader", State { works: false, ..there(known(&[])) }, end("x"), "mo", Err(Refused::MayNot)),
        ("drilled", there(known(&[])), drill(TODAY, "Safety officer", "in 4 minutes", "list", 0), "jian", Ok(1)),
        ("drilled in pictures", there(known(&[])), drill(TODAY, "Safety officer", "in 4 minutes", "", 1), "jian", Ok(1)),
        ("drilled tomorrow", there(known(&[])), drill(tomorrow, "Safety officer", "x", "y", 0), "jian", Err(Refused::DrillOutside { from: "2026-01-01".into(), to: TODAY.to_string() })),
        ("drilled before it held", there(known(&[])), drill(date(2025, 12, 31), "Safety officer", "x", "y", 0), "jian", Err(Refused::DrillOutside { from: "2026-01-01".into(), to: TODAY.to_string() })),
        ("drilled by nobody", there(known(&[])), drill(TODAY, " ", "x", "y", 0), "jian", Err(Refused::NoLeader)),
        ("drilled by a person", there(known(&[])), drill(TODAY, "Ren Zhao", "x", "y", 0), "jian", Err(Refused::NoLeader)),
        ("drilled in silence", there(known(&[])), drill(TODAY, "Safety officer", "", "y", 0), "jian", Err(Refused::NoContent)),
        ("drilled unseen", there(known(&[])), drill(TODAY, "Safety officer", "x", " ", 0), "jian", Err(Refused::NoEvidence)),
        ("set off", heard(vec![known(&[])]), hear(major("h1")), "system", Ok(1)),
        ("set off by hand", State { works: true, ..heard(vec![known(&[])]) }, hear(major("h1")), "jian", Err(Refused::MayNot)),
        ("two of three", heard(vec![known(&[]), known(&[]), ended()]), hear(major("h1")), "system", Ok(2)),
        ("by the same event again", heard(vec![known(&[(1, "hazard h1", true)])]), hear(major("h1")), "system", Ok(0)),
        ("by another event", heard(vec![known(&[(1, "hazard h1", true)])]), hear(major("h2")), "system", Ok(1)),
        ("by another event while it is under way", heard(vec![known(&[(1, "hazard h1", false)])]), hear(major("h2")), "system", Ok(0)),
        ("by what it does not wait for", heard(vec![known(&[])]), hear(report(Some(9), Some(1))), "system", Ok(0)),
        ("after its last day", heard(vec![Known { terms: Terms { to: date(2026, 11, 22), ..hazard() }, ..known(&[]) }]), hear(major("h1")), "system", Ok(0)),
        ("stood down", there(known(&[(1, "hazard h1", false)])), stand_down(1, "the crane is tested"), "jian", Ok(1)),
        ("stood down without a word", there(known(&[(1, "hazard h1", false)])), stand_down(1, " "), "jian", Err(Refused::NoOutcome)),
        ("stood down twice", there(known(&[(1, "hazard h1", true)])), stand_down(1, "x"), "jian", Err(Refused::NothingFired)),
        ("stood down after it was ended", there(Known { ended_on: Some(TODAY), ..known(&[(1, "hazard h1", false)]) }), stand_down(1, "x"), "jian", Ok(1)),
    ];
    let mut seen = BTreeSet::new();
    for (name, state, command, actor, expected) in cases {
        let came = decide(&state, &command, &context(actor)).map(|drafts| drafts.len());
        assert_eq!(came, expected, "{name}");
        seen.extend(came.err().map(|refused| crate::refusal::Refusal::from(refused).code));
    }
    let missing: Vec<&&str> = Refused::CODES.iter().filter(|code| !seen.contains(**code)).collect();
    assert!(missing.is_empty(), "{missing:?} have no case");
    let again = decide(&heard(vec![known(&[(1, "hazard h1", true), (2, "hazard h2", true)])]), &hear(major("h3")), &context("system"));
    assert!(matches!(&again.unwrap()[0].fact, Fact::Fired { firing: 3, .. }));
    // Drills are counted from the last one, or from the first day.
    assert_eq!(hazard().drill_due(None), date(2026, 7, 3));
    assert_eq!(hazard().drill_due(Some(date(2026, 8, 1))), date(2027, 1, 31));
}

/// A form that lays a plan, with fields changed. Returns where it leads.
async fn laid(site: &TestSite, who: &str, id: &str, changes: &[(&'static str, &'static str)]) -> crate::testing::Page {
    let usual = [
        ("about", "ours-b1"),
        ("contingency_kind", "lifting"),
        ("document", "Plan 7"),
        ("trigger", "major_hazard"),
        ("content", "Clear the radius"),
        ("owner", "firm"),
        ("post", "Safety officer"),
        ("stock", "A mobile crane"),
        ("reserve_yuan", "50000"),
        ("from", "2026-11-01"),
        ("to", "2027-10-31"),
    ];
    let mut fields: Vec<(&str, &str)> = usual.into_iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name)).collect();
    fields.extend(changes);
    fields.push(("request_id", id));
    site.post(who, "/contingencies/new", &fields).await
}

async fn find_major(site: &TestSite, id: &str, place: &str) {
    let remedy = Remedy {
        measure: "Replace the limiter".into(),
        amount_fen: Some(100),
        person: "builder".into(),
        due: date(2026, 11, 30),
        contingency: "Clear the radius".into(),
    };
    let photos = vec![Photo::of("o".into())];
    let command = Hazards::Find {
        hazard: id.into(),
        place: place.into(),
        kind: "height".into(),
        grade: Grade::Major,
        content: "The limiter is dead".into(),
        remedy: Box::new(remedy),
        photos,
    };
    site.submit_as(Permit::account("builder".into()), command, Vec::new()).await.unwrap();
}

/// Events for which a plan fired, oldest first, each with whether it was stood down.
async fn fired(site: &TestSite, id: &str) -> Vec<(String, bool)> {
    let plan = store::contingency(&mut site.site.db.reader().await.unwrap(), id).await.unwrap().unwrap();
    plan.firings.iter().map(|firing| (firing.happening.event(), firing.stood_down.is_some())).collect()
}

on_both_databases!(a_plan_fires_once_for_an_event_and_becomes_an_order, |site| async move {
    let site = active(with_firm(site.with_cast().await).await).await;
    assert_eq!(site.get("stranger", "/contingencies/new?place=ours").await.status, 404);
    assert_eq!(laid(&site, "stranger", "plan-00001", &[]).await.status, 404);
    assert_eq!(laid(&site, "wei", "plan-00001", &[]).await.status, 404, "supervision does not lay plans");
    let refused = laid(&site, "jian", "plan-00001", &[("trigger", "weather"), ("threshold", "")]).await;
    assert_eq!((refused.status.as_u16(), refused.texts(".summary .quiet")), (422, vec!["X-211".to_owned()]));
    assert_eq!(refused.attributes("#field-document", "value"), ["Plan 7"], "the form stays filled");
    let address = "/contingencies/plan-00001";
    assert_eq!(laid(&site, "jian", "plan-00001", &[]).await.location(), address);
    assert_eq!(laid(&site, "jian", "plan-00002", &[("about", "ours-b2")]).await.status, 303);
    assert_eq!(laid(&site, "office", "plan-00003", &[("about", "ours"), ("document", "Plan 8")]).await.status, 303);
    for path in [address, "/contingencies/firings/plan-00001-1", "/contingencies?place=ours", "/contingencies/gaps?place=ours"] {
        assert_eq!(site.get("stranger", path).await.status, 404, "{path}");
    }
    assert_eq!(site.get("", address).await.status, 303);
    assert_eq!(site.get("jian", "/contingencies/firings/plan-00001-1").await.status, 404, "nothing has happened");

    // A major hazard sets off the plans of its building and of what it stands in, and no other.
    find_major(&site, "hazard-1", "ours-b1").await;
    let once = vec![("hazard hazard-1".to_owned(), false)];
    assert_eq!([fired(&site, "plan-00001").await, fired(&site, "plan-00003").await], [once.clone(), once.clone()]);
    assert_eq!(fired(&site, "plan-00002").await, []);
    find_major(&site, "hazard-2", "ours-b1").await;
    assert_eq!(fired(&site, "plan-00001").await, once, "it is under way");
    assert!(site.get("jian", "/messages").await.body.contains(address), "its owner hears of it");

    // It is offered as an order with its measures, which a person issues; the order names it.
    let proposals = site.get("office", "/orders/proposals").await;
    assert!(proposals.attributes("td a", "href").contains(&"/orders/new?kind=contingency&id=plan-00001-1".to_owned()));
    let form = site.get("office", "/orders/new?kind=contingency&id=plan-00001-1").await;
    assert!(form.texts("#field-content")[0].starts_with("Clear the radius"));
    let order = [
        ("source", "contingency"), ("reference", "plan-00001-1"), ("title", "Clear"), ("content", "Clear the radius"), ("about", "ours-b1"),
        ("lead", "firm"), ("limit", "city/urgent"), ("request_id", "order-0001"),
    ];
    assert_eq!(site.post("office", "/orders/new", &order).await.location(), "/orders/order-0001");
    assert!(site.get("jian", "/orders/order-0001").await.attributes("dl.facts a", "href").contains(&"/contingencies/firings/plan-00001-1".to_owned()));
    assert_eq!(site.get("jian", "/contingencies/firings/plan-00001-1").await.location(), "/contingencies/plan-00001#firing-1");
    assert!(!site.get("office", "/orders/proposals").await.body.contains("id=plan-00001-1"), "not offered twice");
    let before = site.site.head();

    // Stood down; what happens next sets it off anew, the old events do not.
    let down = format!("{address}/stand-down");
    assert_eq!(site.post("wei", &down, &[("firing", "1"), ("outcome", "tested")]).await.status, 403);
    assert_eq!(site.post("stranger", &down, &[("firing", "1"), ("outcome", "tested")]).await.status, 404);
    assert_eq!(site.post("jian", &down, &[("firing", "1"), ("outcome", "")]).await.texts(".summary .quiet"), ["X-219"]);
    assert_eq!(site.post("jian", &down, &[("firing", "1"), ("outcome", "tested")]).await.status, 303);
    assert_eq!(site.post("jian", &down, &[("firing", "1"), ("outcome", "tested")]).await.status, 409);
    find_major(&site, "hazard-3", "ours-b1").await;
    assert_eq!(fired(&site, "plan-00001").await, [("hazard hazard-1".to_owned(), true), ("hazard hazard-3".to_owned(), false)]);
    assert_eq!(site.get("jian", &format!("{address}?as_of={before}")).await.texts("ul.rows li").len(), 1, "as it was known then");
    assert_eq!(site.get("jian", address).await.texts("ul.rows li").len(), 2);

    // Drilled, with who led it by post.
    let drilled = [("on", "2026-11-20"), ("drill_leader", "Safety officer"), ("remark", "Left in four minutes"), ("evidence", "List")];
    let mut by_name = drilled;
    by_name[1].1 = "builder";
    assert_eq!(site.post("jian", &format!("{address}/drill"), &by_name).await.texts(".summary .quiet"), ["X-215"]);
    assert_eq!(site.post("jian", &format!("{address}/drill"), &drilled).await.status, 303);
    let plan = store::contingency(&mut site.site.db.reader().await.unwrap(), "plan-00001").await.unwrap().unwrap();
    assert_eq!((plan.drilled_on, plan.drill_due()), (Some(date(2026, 11, 20)), date(2027, 5, 22)));
    assert_eq!(site.post("jian", &format!("{address}/end"), &[("reason", "")]).await.texts(".summary .quiet"), ["X-213"]);
    assert_eq!(site.post("jian", &format!("{address}/end"), &[("reason", "a new edition")]).await.status, 303);
    assert_eq!(site.post("jian", &format!("{address}/drill"), &drilled).await.status, 409);

    // The register: sorted, filtered, a workbook.
    assert_eq!(site.get("chief", "/contingencies?find=Plan+8&sort=-to").await.texts("tbody td:first-child"), ["Plan 8"]);
    let book = site.get("chief", "/contingencies?form=xlsx").await;
    assert!(book.status == 200 && book.body.starts_with("PK"));
    assert_eq!(site.get("stranger", "/contingencies").await.texts("tbody td").len(), 1, "nothing of theirs");
    site
});

on_both_databases!(facts_and_figures_set_plans_off, |site| async move {
    let site = active(with_firm(site.with_cast().await).await).await;
    for (id, changes) in [
        ("plan-alert", [("trigger", "alert"), ("level", "orange"), ("about", "ours")]),
        ("plan-hours", [("trigger", "weather"), ("threshold", "4"), ("about", "ours-b1")]),
        ("plan-rebar", [("trigger", "cover"), ("threshold", "5"), ("material", "rebar")]),
        ("plan-still", [("trigger", "stopped"), ("threshold", ""), ("about", "ours-b2")]),
        ("plan-float", [("trigger", "float"), ("threshold", "1000"), ("about", "ours-b1")]),
    ] {
        let page = laid(&site, "office", id, &changes).await;
        assert_eq!(page.status, 303, "{id}: {:?}", page.texts(".summary li"));
    }
    let alert = [("level", "yellow"), ("at", "2026-11-24T08:00"), ("notice", "No. 1"), ("source", "office"), ("request_id", "alert-0001")];
    assert_eq!(site.post("office", "/calendars/new/alert", &alert).await.status, 303);
    assert_eq!(fired(&site, "plan-alert").await, [], "yellow is below it");
    let raised = [("level", "red"), ("at", "2026-11-24T20:00"), ("notice", "No. 2")];
    assert_eq!(site.post("office", "/calendars/entries/alert-0001/level", &raised).await.status, 303);
    assert_eq!(fired(&site, "plan-alert").await, [("alert alert-0001".to_owned(), false)]);

    let day = |id: &'static str, hours: &'static str, rebar: &'static str, on: &'static str| {
        [("building", "ours-b1"), ("on", on), ("weather_hours", hours), ("material.rebar", rebar), ("request_id", id)]
    };
    assert_eq!(site.post("builder", "/reports/new", &day("report-0001", "3", "5", "2026-11-21")).await.status, 303);
    assert_eq!([fired(&site, "plan-hours").await, fired(&site, "plan-rebar").await], [vec![], vec![]], "at their thresholds");
    assert_eq!(site.post("builder", "/reports/new", &day("report-0002", "6", "4", "2026-11-22")).await.status, 303);
    let once = vec![("report report-0002".to_owned(), false)];
    assert_eq!([fired(&site, "plan-hours").await, fired(&site, "plan-rebar").await], [once.clone(), once]);

    site.submit(Places::SetState { place: "ours".into(), state: "stopped".into(), since: TODAY }).await.unwrap();
    assert_eq!(fired(&site, "plan-still").await, [("stop ours 2026-11-23".to_owned(), false)], "all of the project stands still");

    // Float is no fact: the timer looks, once a week, on whichever node.
    settled(&site).await;
    for _ in 0..2 {
        crate::timers::once(&site.site).await.unwrap();
    }
    assert_eq!(fired(&site, "plan-float").await, [("float 2026-11-23".to_owned(), false)]);
    let down = [("firing", "1"), ("outcome", "two crews more")];
    assert_eq!(site.post("office", "/contingencies/plan-float/stand-down", &down).await.status, 303);
    crate::timers::once(&site.site).await.unwrap();
    assert_eq!(fired(&site, "plan-float").await.len(), 1, "not twice in a week");
    assert!(site.site.clock.advance(site.site.clock.now() + jiff::SignedDuration::from_hours(7 * 24)));
    crate::timers::once(&site.site).await.unwrap();
    assert_eq!(fired(&site, "plan-float").await.len(), 2, "next week it is looked at anew");
    site
});

on_both_databases!(a_building_without_the_plan_its_risks_ask_for_is_listed, |site| async move {
    let site = active(with_firm(site.with_cast().await).await).await;
    settled(&site).await;
    let lifting = async || site.get("chief", "/contingencies/gaps?sort=place&find=ours-b1").await.texts("tbody td:nth-child(2)");
    let count = async || lifting().await.iter().filter(|kind| *kind == "起重伤害").count();
    assert_eq!(count().await, 0, "nobody has counted a crane");
    let measure = Hazards::Measure { place: "ours-b1".into(), parameter: "tower_cranes".into(), value_e3: 1_000 };
    site.submit_as(Permit::account("builder".into()), measure, Vec::new()).await.unwrap();
    assert_eq!(count().await, 1);
    assert_eq!(laid(&site, "jian", "plan-other", &[("contingency_kind", "fire")]).await.status, 303);
    assert_eq!(laid(&site, "jian", "plan-later", &[("from", "2026-12-01")]).await.status, 303);
    assert_eq!(count().await, 1, "another kind, or one that does not hold yet, is none");
    let link = site.get("jian", "/contingencies/gaps").await.attributes("td a", "href");
    let form = link.iter().find(|link| link.contains("kind=lifting")).unwrap();
    assert_eq!(site.get("jian", form).await.attributes("#field-contingency_kind option[selected]", "value"), ["lifting"]);
    assert_eq!(laid(&site, "jian", "plan-whole", &[("about", "ours-parcel")]).await.status, 303);
    assert_eq!(count().await, 0, "the parcel's holds for its buildings");
    assert!(site.get("chief", "/contingencies/gaps?form=xlsx").await.body.starts_with("PK"));
    assert_eq!(site.get("stranger", "/contingencies/gaps").await.texts("table tbody td:first-child a").len(), 0);
    site
});
