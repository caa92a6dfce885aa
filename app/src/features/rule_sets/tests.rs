//! Scenarios of rule sets.

use super::model::{Command, GapRules, LampRules, Measure, Refused, RuleSet, SHIPPED, State, Thresholds, decide, gap_rules, lamp_rules};
use crate::clock::civil_date;
use crate::journal::domain::{Actor, Context};
use crate::on_both_databases;
use jiff::ToSpan;
use jiff::civil::{Date, date};

const TODAY: Date = date(2026, 11, 23);

fn context() -> Context {
    let now = crate::testing::NOW.parse().unwrap();
    Context { actor: Actor::Account("office".into()), now, today: civil_date(now) }
}

fn gap(warn_points_e1: i64, bad_points_e1: i64) -> Thresholds {
    Thresholds::Gap(GapRules { measure: Measure::Curve, warn_points_e1, bad_points_e1 })
}

fn lamps(warn_float_days: i64, look_ahead_days: i64) -> Thresholds {
    Thresholds::Lamps(LampRules { warn_float_days, look_ahead_days })
}

fn adopt(name: &str, source: &str, from: Date, thresholds: Thresholds, reason: &str) -> Command {
    Command::Adopt { rule_set: "u".into(), name: name.into(), source: source.into(), from, thresholds, reason: reason.into() }
}

#[test]
fn rules() {
    let free = State::default();
    let out = |most: &str| Some(Refused::OutOfOrder { most: most.into() });
    let cases = [
        ("gaps", free, adopt("strict", "Notice 7", TODAY, gap(50, 100), "too lenient"), None),
        ("lamps", free, adopt("strict", "Notice 7", TODAY, lamps(15, 45), "too lenient"), None),
        ("one colour", free, adopt("strict", "Notice 7", TODAY, gap(50, 50), "too lenient"), None),
        ("an id twice", State { is_id_taken: true, ..free }, adopt("strict", "Notice 7", TODAY, gap(50, 100), "too lenient"), Some(Refused::IdTaken)),
        ("no name", free, adopt(" ", "Notice 7", TODAY, gap(50, 100), "too lenient"), Some(Refused::NameLength)),
        ("a name twice", State { is_name_taken: true, ..free }, adopt("strict", "Notice 7", TODAY, gap(50, 100), "x"), Some(Refused::NameTaken { name: "strict".into() })),
        ("no source", free, adopt("strict", "", TODAY, gap(50, 100), "too lenient"), Some(Refused::NoSource)),
        ("from yesterday", free, adopt("strict", "Notice 7", date(2026, 11, 22), gap(50, 100), "x"), Some(Refused::BeginsInThePast { date: "2026-11-23".into() })),
        ("red before yellow", free, adopt("strict", "Notice 7", TODAY, gap(101, 100), "too lenient"), out("100")),
        ("yellow for who keeps the plan", free, adopt("strict", "Notice 7", TODAY, gap(0, 50), "too lenient"), out("100")),
        ("ahead of the plan", free, adopt("strict", "Notice 7", TODAY, gap(-1, 100), "too lenient"), out("100")),
        ("more than there is", free, adopt("strict", "Notice 7", TODAY, gap(50, 1001), "too lenient"), out("100")),
        ("years ahead", free, adopt("strict", "Notice 7", TODAY, lamps(10, 366), "too lenient"), out("365")),
        ("no reason", free, adopt("strict", "Notice 7", TODAY, gap(50, 100), " "), Some(Refused::NoReason)),
    ];
    for (name, state, command, expected) in cases {
        assert_eq!(decide(&state, &command, &context()).err(), expected, "{name}");
    }
}

#[test]
fn the_one_adopted_last_whose_day_has_come_holds() {
    let set = |id: &str, from, thresholds, number| RuleSet { id: id.into(), name: Some(id.into()), source: "x".into(), from, thresholds, number };
    let adopted = [
        set("december", date(2026, 12, 1), gap(10, 20), 7),
        set("now", TODAY, gap(30, 40), 8),
        set("now again", TODAY, gap(50, 60), 9),
        set("wall", TODAY, lamps(15, 45), 10),
    ];
    let cases = [
        (date(2026, 11, 22), "yinchuan_2025", "wall_2026"),
        (TODAY, "now again", "wall"),
        (date(2026, 12, 1), "december", "wall"),
    ];
    for (on, gaps, wall) in cases {
        assert_eq!((gap_rules(&adopted, on).0.id.as_str(), lamp_rules(&adopted, on).0.id.as_str()), (gaps, wall), "{on}");
    }
    assert!(SHIPPED.iter().all(|set| !set.source.is_empty()), "every rule set says where it comes from");
}

on_both_databases!(a_district_adopts_its_own_rule_and_old_bulletins_keep_theirs, |site| async move {
    let site = crate::features::reports::tests::active(site.with_cast().await).await;
    let date = [("activity", "ours-b1/topping_out"), ("name", "Topped out"), ("finish_by", "2027-12-31"), ("issuer", "headquarters"), ("document", "Notice 7"), ("edition", "1")];
    assert_eq!(site.post("chief", "/plans/ours/mandate", &date).await.status, 303);
    crate::features::reports::tests::settled(&site).await;
    let draft = [("request_id", "bulletin-1"), ("from", "2026-11-23")];
    let drafted = site.post("office", "/bulletins", &draft).await;
    assert_eq!(drafted.status, 303, "{:?}", drafted.texts(".summary li"));
    let lamp = async || site.get("chief", "/bulletins/bulletin-1").await.attributes("tbody .lamp", "class");
    let wall = async || site.get("chief", "/wall?place=ours").await.texts(".under-head .quiet").join(" ");
    let before = lamp().await;

    assert_eq!(site.get("builder", "/rule-sets").await.status, 200);
    assert_eq!(site.get("builder", "/rule-sets/new?copy=yinchuan_2025").await.status, 403);
    assert_eq!(site.get("office", "/rule-sets/new?copy=nothing").await.status, 404);
    let form = site.get("office", "/rule-sets/new?copy=yinchuan_2025").await;
    assert_eq!((form.attributes("#field-warn_points", "value"), form.attributes("#field-bad_points", "value")), (vec!["10".to_owned()], vec!["30".to_owned()]));
    let own = [("name", "Ours"), ("gap_measure", "curve"), ("warn_points", "0.1"), ("bad_points", "0.1"), ("from", "2026-11-23"), ("source", "Notice 9"), ("reason", "too lenient")];
    assert_eq!(site.post("builder", "/rule-sets/new?copy=yinchuan_2025", &own).await.status, 403);
    for (field, value, code) in [("bad_points", "many", "G-107"), ("gap_measure", "moons", "G-108"), ("bad_points", "0.15", "G-107"), ("from", "2026-11-22", "U-105"), ("source", " ", "U-104")] {
        let fields: Vec<(&str, &str)> = own.iter().map(|(name, said)| if *name == field { (*name, value) } else { (*name, *said) }).collect();
        let page = site.post("office", "/rule-sets/new?copy=yinchuan_2025", &fields).await;
        assert_eq!((page.status.as_u16(), page.texts(".summary .quiet")), (422, vec![code.to_owned()]), "{field} {value}");
        assert_eq!(page.attributes("#field-name", "value"), ["Ours"], "still filled");
    }
    assert_eq!(site.post("office", "/rule-sets/new?copy=yinchuan_2025", &own).await.status, 303);
    assert_eq!(site.get("builder", "/rule-sets").await.texts("tbody tr:first-child .lamp.good").len(), 1, "it holds");
    assert!(site.get("chief", "/targets?place=ours").await.body.contains("Notice 9"), "its source is printed beside the lamps it gives");
    let targets = site.get("chief", "/targets?place=ours").await;
    let said = targets.texts("p.quiet").join(" ");
    assert!(said.contains("0.1"), "and its numbers: {said}");
    let lamps = targets.attributes("tbody .lamp[title]", "title");
    assert!(!lamps.is_empty() && lamps.iter().all(|said| said.contains("0.1")), "each lamp has the sentence that gave it: {lamps:?}");
    assert_eq!(site.get("chief", "/round").await.attributes("table.round .lamp", "title"), lamps[..1]);
    assert_eq!(lamp().await, before, "what was frozen is judged by the rule of its day");

    // A district that reports by months of the year sees its lamps by them: ten of twelve have passed.
    let planned = async || site.get("chief", "/targets?place=ours").await.texts("tbody td.number")[0].clone();
    assert_ne!(planned().await, "83.3");
    let months = own.map(|(name, said)| match name {
        "name" => (name, "By months"),
        "gap_measure" => (name, "months"),
        _ => (name, said),
    });
    assert_eq!(site.post("office", "/rule-sets/new?copy=yinchuan_2025_months", &months).await.status, 303);
    assert_eq!(planned().await, "83.3");

    // Lamps of the wall follow theirs, from its day on.
    let wide = [("name", "Wide"), ("warn_float_days", "300"), ("look_ahead_days", "365"), ("from", "2026-11-24"), ("source", "Notice 10"), ("reason", "look further")];
    assert_eq!(site.post("office", "/rule-sets/new?copy=wall_2026", &wide).await.status, 303);
    assert!(!wall().await.contains("Wide"));
    assert!(site.site.clock.advance(site.site.clock.now() + 24.hours()));
    assert!(wall().await.contains("Wide"));
    site
});
