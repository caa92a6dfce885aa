//! Cases of risk events: every refusal, which works an entry touches, and a register that moves the chances of a date.

use super::model::{Assessment, Command, Ending, Known, Refused, State, Terms, Works, decide};
use super::store;
use crate::clock::civil_date;
use crate::features::orders::tests::with_firm;
use crate::journal::domain::{Actor, Context};
use crate::on_both_databases;
use crate::testing::{Page, TestSite};
use jiff::civil::{Date, date};
use std::collections::BTreeSet;

const TODAY: Date = date(2026, 11, 23);

fn terms() -> Terms {
    Terms {
        name: "The road is closed".into(),
        assessment: Assessment { probability_percent: 30, low_days: 2, likely_days: 5, high_days: 20 },
        works: Works::Under { place: "b1".into() },
        unit: "firm".into(),
        post: "Logistics officer".into(),
        from: date(2026, 11, 1),
        to: date(2026, 12, 31),
    }
}

#[test]
fn rules() {
    let enter = |terms: Terms| Command::Enter { event: "e".into(), project: "p".into(), terms: Box::new(terms) };
    let assessed = |probability_percent, low_days, likely_days, high_days| Assessment { probability_percent, low_days, likely_days, high_days };
    let enter_as = |assessment| enter(Terms { assessment, ..terms() });
    let reassess = |assessment, reason: &str| Command::Reassess { event: "e".into(), assessment, reason: reason.into() };
    let close = |reason: &str| Command::Close { event: "e".into(), ending: Ending::Happened, reason: reason.into() };
    let named = |count: usize| Terms { works: Works::Named { activities: vec!["a".into(); count] }, ..terms() };
    let project = || State {
        project: "p".into(),
        is_project: true,
        is_place_inside: true,
        is_unit_known: true,
        names: vec!["Ren Zhao".into()],
        keeps: true,
        ..State::default()
    };
    let there = |closed_on| State { event: Some(Known { id: "e".into(), closed_on }), ..project() };
    let unfit_days = || Err(Refused::UnfitDays { most: "1000".into() });
    let over = |date: Date| Err(Refused::PeriodOutside { date: date.to_string() });
    let worse = assessed(60, 5, 10, 20);
    type Case = (&'static str, State, Command, Result<usize, Refused>);
    let cases: Vec<Case> = vec![
        ("entered", project(), enter(terms()), Ok(1)),
        ("entered for works", project(), enter(named(100)), Ok(1)),
        ("entered twice", State { is_id_taken: true, ..project() }, enter(terms()), Err(Refused::IdTaken)),
        ("of a building", State { is_project: false, ..project() }, enter(terms()), Err(Refused::NotAProject)),
        ("by a reader", State { keeps: false, ..project() }, enter(terms()), Err(Refused::MayNot)),
        ("without a name", project(), enter(Terms { name: " ".into(), ..terms() }), Err(Refused::NoName)),
        ("impossible", project(), enter_as(assessed(0, 1, 2, 3)), Err(Refused::UnfitProbability)),
        ("certain", project(), enter_as(assessed(100, 1, 2, 3)), Err(Refused::UnfitProbability)),
        ("of no days", project(), enter_as(assessed(30, 0, 0, 0)), unfit_days()),
        ("at least more than likely", project(), enter_as(assessed(30, 3, 2, 5)), unfit_days()),
        ("likely more than at most", project(), enter_as(assessed(30, 1, 6, 5)), unfit_days()),
        ("of years", project(), enter_as(assessed(30, 1, 6, 1001)), unfit_days()),
        ("always as bad", project(), enter_as(assessed(30, 5, 5, 5)), Ok(1)),
        ("at somebody else's building", State { is_place_inside: false, ..project() }, enter(terms()), Err(Refused::OutsidePlace)),
        ("of a work that is not there", State { unknown_work: Some("x".into()), ..project() }, enter(named(1)), Err(Refused::UnknownWork { work: "x".into() })),
        ("of a hundred works and one", project(), enter(named(101)), Err(Refused::TooManyWorks { most: "100".into() })),
        ("of nobody", State { is_unit_known: false, ..project() }, enter(terms()), Err(Refused::UnknownUnit)),
        ("of a person", project(), enter(Terms { post: "Ren Zhao".into(), ..terms() }), Err(Refused::PostNamesSomebody)),
        ("backwards", project(), enter(Terms { from: date(2027, 1, 2), to: date(2027, 1, 1), ..terms() }), over(date(2027, 1, 2))),
        ("over already", project(), enter(Terms { to: date(2026, 11, 22), ..terms() }), over(TODAY)),
        ("assessed anew", there(None), reassess(worse, "the river rises"), Ok(1)),
        ("assessed anew for no reason", there(None), reassess(worse, ""), Err(Refused::NoReason)),
        ("assessed as certain", there(None), reassess(assessed(100, 5, 10, 20), "it comes"), Err(Refused::UnfitProbability)),
        ("closed", there(None), close("on Friday"), Ok(1)),
        ("closed without a word", there(None), close(" "), Err(Refused::NoReason)),
        ("closed twice", there(Some(TODAY)), close("again"), Err(Refused::AlreadyClosed { date: TODAY.to_string() })),
        ("assessed after it was closed", there(Some(TODAY)), reassess(worse, "x"), Err(Refused::AlreadyClosed { date: TODAY.to_string() })),
        ("closed by a reader", State { keeps: false, ..there(None) }, close("x"), Err(Refused::MayNot)),
    ];
    let now = crate::testing::NOW.parse().unwrap();
    let context = Context { actor: Actor::Account("jian".into()), now, today: civil_date(now) };
    let mut seen = BTreeSet::new();
    for (name, state, command, expected) in cases {
        let came = decide(&state, &command, &context).map(|drafts| drafts.len());
        assert_eq!(came, expected, "{name}");
        seen.extend(came.err().map(|refused| crate::refusal::Refusal::from(refused).code));
    }
    let missing: Vec<&&str> = Refused::CODES.iter().filter(|code| !seen.contains(**code)).collect();
    assert!(missing.is_empty(), "{missing:?} have no case");
}

#[test]
fn works_that_an_entry_touches() {
    let (november, january) = (Some((TODAY, date(2026, 11, 30))), Some((date(2027, 1, 1), date(2027, 1, 9))));
    let ends_before = Some((date(2026, 10, 1), date(2026, 10, 31)));
    let last_day = Some((date(2026, 12, 31), date(2027, 3, 1)));
    let named = Terms { works: Works::Named { activities: vec!["a".into()] }, ..terms() };
    for (name, terms, activity, is_under, runs, expected) in [
        ("at the place", terms(), "a", true, november, true),
        ("elsewhere", terms(), "a", false, november, false),
        ("in its last days", terms(), "a", true, last_day, true),
        ("after them", terms(), "a", true, january, false),
        ("before them", terms(), "a", true, ends_before, false),
        ("without dates", terms(), "a", true, None, false),
        ("named", named.clone(), "a", false, november, true),
        ("not named", named, "b", true, november, false),
    ] {
        assert_eq!(terms.touches(activity, |_| is_under, runs), expected, "{name}");
    }
}

/// Enters an event with fields changed.
async fn entered(site: &TestSite, who: &str, id: &str, changes: &[(&str, &str)]) -> Page {
    let usual = [
        ("name", "The road is closed"),
        ("probability_percent", "90"),
        ("low_days", "60"),
        ("likely_days", "90"),
        ("high_days", "120"),
        ("about", "ours-b1"),
        ("owner", "firm"),
        ("post", "Logistics officer"),
        ("from", "2026-11-01"),
        ("to", "2030-12-31"),
    ];
    let mut fields: Vec<(&str, &str)> = usual.into_iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name)).collect();
    fields.extend(changes);
    fields.push(("request_id", id));
    site.post(who, "/risk-events/new?place=ours", &fields).await
}

on_both_databases!(a_project_keeps_a_register_that_moves_its_chances, |site| async move {
    let site = with_firm(site.with_cast().await).await;
    let drafted = site.post("office", "/plans/ours/template", &[("template", "resettlement_tower"), ("start", "2026-06-01")]).await;
    assert_eq!(site.post("chief", drafted.location(), &[("reason", "checked")]).await.status, 303);
    let end = crate::features::plan::template::END;
    let date = [("activity", end), ("name", "All home"), ("finish_by", "2029-03-15"), ("issuer", "headquarters"), ("document", "Notice 7"), ("edition", "1")];
    assert_eq!(site.post("chief", "/plans/ours/mandate", &date).await.status, 303);

    // Who may not see the project, and who sees it but keeps no register.
    for path in ["/risk-events/new?place=ours", "/risk-events?place=ours"] {
        assert_eq!(site.get("stranger", path).await.status, 404, "{path}");
    }
    assert_eq!(entered(&site, "stranger", "event-00001", &[]).await.status, 404);
    assert_eq!(entered(&site, "office", "event-00001", &[("about", "nowhere")]).await.status, 404);
    let refused = entered(&site, "office", "event-00001", &[("probability_percent", "100")]).await;
    assert_eq!((refused.status.as_u16(), refused.texts(".summary .quiet")), (422, vec!["W-205".to_owned()]));
    assert_eq!(refused.attributes("#field-name", "value"), ["The road is closed"], "the form stays filled");
    let unknown = entered(&site, "office", "event-00001", &[("work.ours-b1/castle", "yes")]).await;
    assert_eq!(unknown.texts(".summary .quiet"), ["W-208"]);

    let address = "/risk-events/event-00001";
    assert_eq!(entered(&site, "office", "event-00001", &[]).await.location(), address);
    let offered = site.get("office", "/risk-events/new?place=ours-b1").await.attributes(".boxes input", "name");
    assert!(offered.contains(&"work.ours-b1/structure".to_owned()), "{offered:?}");
    let named = entered(&site, "builder", "event-00002", &[("name", "The crane is late"), ("work.ours-b1/structure", "yes")]).await;
    assert_eq!(named.location(), "/risk-events/event-00002");
    assert_eq!(site.get("builder", "/risk-events/event-00002").await.texts("ul.rows li").len(), 1);
    assert!(site.get("builder", address).await.texts("ul.rows li").len() > 3, "all that is left of the building");
    for path in [address, "/risk-events/event-00003"] {
        assert_eq!(site.get("stranger", path).await.status, 404, "{path}");
    }
    assert_eq!(site.get("", address).await.status, 303);
    assert_eq!(site.get("chief", "/risk-events?find=crane").await.texts("tbody td:first-child"), ["The crane is late"]);
    assert!(site.get("chief", "/risk-events?place=ours-b1&form=xlsx").await.body.starts_with("PK"));
    assert_eq!(site.get("stranger", "/risk-events").await.texts("tbody a").len(), 0, "nothing of theirs");

    // The chances are told with it, and without it once it is closed.
    let chances = async || loop {
        let page = site.get("builder", "/wall?place=ours&view=risk").await;
        if page.texts("p.notice").is_empty() {
            return page;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    };
    let own = |page: &Page| page.attributes("tbody td:first-child a", "href").into_iter().filter(|href| href.starts_with("/risk-events/")).count();
    let page = chances().await;
    assert_eq!(own(&page), 2);
    assert!(page.attributes("tbody td:last-child a", "href").contains(&address.to_owned()), "it moves the date most");
    let with_both = page.texts("tbody:first-of-type tr:first-child td");
    let milder = [("probability_percent", "10"), ("low_days", "1"), ("likely_days", "2"), ("high_days", "3"), ("reason", "a second road")];
    let unsaid = site.post("builder", "/risk-events/event-00001/reassess", &[&milder[..4], &[("reason", "")]].concat()).await;
    assert_eq!((unsaid.status.as_u16(), unsaid.texts(".summary .quiet")), (422, vec!["W-214".to_owned()]));
    assert_eq!(site.post("builder", "/risk-events/event-00001/reassess", &milder).await.location(), address);
    let with_less = chances().await.texts("tbody:first-of-type tr:first-child td");
    assert_ne!(with_less, with_both);
    assert_eq!(site.post("stranger", "/risk-events/event-00001/close", &[("ending", "passed"), ("reason", "x")]).await.status, 404);
    for id in ["event-00001", "event-00002"] {
        let closed = site.post("builder", &format!("/risk-events/{id}/close"), &[("ending", "passed"), ("reason", "the road is open")]).await;
        assert_eq!(closed.status, 303);
    }
    let again = site.post("builder", "/risk-events/event-00001/close", &[("ending", "happened"), ("reason", "no")]).await;
    assert_eq!((again.status.as_u16(), again.texts(".summary .quiet")), (409, vec!["W-213".to_owned()]));
    let page = chances().await;
    assert_eq!(own(&page), 0);
    assert_ne!(page.texts("tbody:first-of-type tr:first-child td"), with_less);
    let event = store::event(&mut site.site.db.reader().await.unwrap(), "event-00001").await.unwrap().unwrap();
    assert_eq!((event.closed, event.terms.assessment.likely_days), (Some((TODAY, Ending::Passed)), 2));
    site
});
