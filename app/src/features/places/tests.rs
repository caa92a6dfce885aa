//! Scenarios of places.

use super::model::{Attributes, Command, Fact, Figures, IDLE, Kind, MOST_AT_ONCE, Opening, PROGRAMMES, Refused, Standing, State, decide};
use crate::clock::civil_date;
use crate::features::identity::model::Role;
use crate::journal::domain::{Actor, Context};
use crate::on_both_databases;
use crate::web::locale::Language;
use jiff::civil::{Date, date};

const TODAY: Date = date(2026, 11, 23);

fn context() -> Context {
    let now = crate::testing::NOW.parse().unwrap();
    assert_eq!(civil_date(now), TODAY);
    Context { actor: Actor::Account("office".into()), now, today: TODAY }
}

fn attributes(name: &str, programme: Option<&str>) -> Attributes {
    Attributes { name: name.into(), ordinal: 1, programme: programme.map(str::to_owned), owner: None, figures: Figures::default() }
}

fn open(parent: Option<&str>, kind: Kind, name: &str, programme: Option<&str>, official: Option<&str>) -> Command {
    Command::Open(Opening {
        id: "p".into(),
        parent: parent.map(str::to_owned),
        kind,
        attributes: attributes(name, programme),
        official: official.map(str::to_owned),
    })
}

#[test]
fn rules() {
    let top = State::default();
    let under = |kind| State { parent_kind: Some(kind), sibling_names: vec!["Taken".into()], ..State::default() };
    let project = State { programme: Some("presold".into()), kind: Some(Kind::Project), ..State::default() };
    let root = State { is_root: true, ..State::default() };
    let taken = State { is_id_taken: true, ..State::default() };
    let amend = |reason: &str| Command::Amend { place: "p".into(), attributes: attributes("Other", None), reason: reason.into(), seen_number: None };
    let floors = |above, below| {
        let figures = Figures { floors_above: Some(above), floors_below: Some(below), ..Figures::default() };
        Command::Amend { place: "p".into(), attributes: Attributes { figures, ..attributes("Other", None) }, reason: "resurveyed".into(), seen_number: None }
    };
    let appoint = |official: Option<&str>, from| Command::Appoint { place: "p".into(), official: official.map(str::to_owned), from };
    let set = |state: &str, since| Command::SetState { place: "p".into(), state: state.into(), since };
    let tomorrow = date(2026, 11, 24);
    let long = "n".repeat(61);
    let cases: Vec<(&str, State, Command, Option<Refused>)> = vec![
        ("a district with an official", top.clone(), open(None, Kind::District, "D", None, Some("chief")), None),
        ("a district without one", top.clone(), open(None, Kind::District, "D", None, None), Some(Refused::NoOfficial)),
        ("a project at the top", top.clone(), open(None, Kind::Project, "P", None, Some("chief")), Some(Refused::WrongLevel { kind: "project".into(), parent: "-".into() })),
        ("a building under a parcel", under(Kind::Parcel), open(Some("x"), Kind::Building, "B", None, None), None),
        ("a building under a project", under(Kind::Project), open(Some("x"), Kind::Building, "B", None, None), Some(Refused::WrongLevel { kind: "building".into(), parent: "project".into() })),
        ("a name that a sibling has", under(Kind::Parcel), open(Some("x"), Kind::Building, " Taken ", None, None), Some(Refused::NameTaken { name: "Taken".into() })),
        ("no name", under(Kind::Parcel), open(Some("x"), Kind::Building, " ", None, None), Some(Refused::NameLength)),
        ("a name too long", under(Kind::Parcel), open(Some("x"), Kind::Building, &long, None, None), Some(Refused::NameLength)),
        ("an id in use", taken, open(None, Kind::District, "D", None, Some("chief")), Some(Refused::IdTaken)),
        ("an unknown programme", under(Kind::District), open(Some("x"), Kind::Project, "P", Some("nonsense"), None), Some(Refused::UnknownProgramme { programme: "nonsense".into() })),
        ("amended with a reason", under(Kind::Parcel), amend("resurveyed"), None),
        ("amended without", under(Kind::Parcel), amend(" "), Some(Refused::NoReason)),
        ("two hundred storeys", under(Kind::Parcel), floors(200, 20), None),
        ("more", under(Kind::Parcel), floors(201, 1), Some(Refused::TooManyFloors { above: "200".into(), below: "20".into() })),
        ("deeper than any basement", under(Kind::Parcel), floors(1, 21), Some(Refused::TooManyFloors { above: "200".into(), below: "20".into() })),
        ("a term that began long ago", under(Kind::Parcel), appoint(Some("chief"), date(2016, 11, 23)), None),
        ("longer ago than programmes run", under(Kind::Parcel), appoint(Some("chief"), date(2016, 11, 22)), Some(Refused::TooLongAgo { earliest: "2016-11-23".into() })),
        ("the root loses its official", root.clone(), appoint(None, TODAY), Some(Refused::NoOfficial)),
        ("the root gets another", root, appoint(Some("deputy"), TODAY), None),
        ("a term that begins tomorrow", under(Kind::Parcel), appoint(Some("chief"), tomorrow), Some(Refused::FutureDate { date: "2026-11-24".into() })),
        ("a state of the programme", project.clone(), set("fully_resumed", TODAY), None),
        ("a state of another programme", project.clone(), set("archaeology", TODAY), Some(Refused::UnknownState { state: "archaeology".into() })),
        ("a state from tomorrow", project, set("fully_resumed", tomorrow), Some(Refused::FutureDate { date: "2026-11-24".into() })),
    ];
    for (name, state, command, expected) in cases {
        assert_eq!(decide(&state, &command, &context()).err(), expected, "{name}");
    }
}

#[test]
fn an_amendment_keeps_its_reason() {
    let command = Command::Amend { place: "p".into(), attributes: attributes("Other", None), reason: " resurveyed ".into(), seen_number: None };
    let state = State { parent_kind: Some(Kind::Parcel), ..State::default() };
    let drafts = decide(&state, &command, &context()).unwrap();
    assert_eq!(drafts[0].fact, Fact::Amended { attributes: attributes("Other", None), reason: "resurveyed".into() });
}

#[test]
fn programmes_have_names_states_and_templates() {
    assert!(IDLE.iter().all(|idle| PROGRAMMES.iter().any(|programme| programme.states.contains(idle))), "{IDLE:?}");
    for programme in PROGRAMMES.iter() {
        assert!(crate::features::plan::template::template(&programme.template).is_some(), "{}", programme.id);
        for key in programme.states.iter().map(|state| format!("state.{state}")).chain([format!("programme.{}", programme.id)]) {
            assert!(Language::Zh.has(&key) && Language::En.has(&key), "{key}");
        }
        assert!(programme.counts.iter().all(|count| Language::Zh.has(&format!("count.{count}"))));
    }
}

on_both_databases!(a_foreign_place_looks_like_a_missing_one, |site| async move {
    let site = site.with_cast().await;
    let foreign = site.get("builder", "/places/theirs-b1").await;
    let missing = site.get("builder", "/places/no-such-place").await;
    assert_eq!(foreign.status, 404);
    assert_eq!(missing.status, 404);
    assert_eq!(foreign.texts("main"), missing.texts("main"));
    for path in ["/places/theirs/amend", "/places/theirs/official", "/places/theirs/state"] {
        let fields = [("name", "X"), ("reason", "r"), ("from", "2026-11-01"), ("state", "stopped"), ("since", "2026-11-01")];
        assert_eq!(site.post("builder", path, &fields).await.status, 404, "{path}");
    }
    // The own project is seen but not governed by a contractor.
    assert_eq!(site.post("builder", "/places/ours/state", &[("state", "stopped"), ("since", "2026-11-01")]).await.status, 403);
    let tree = site.get("builder", "/places").await;
    assert!(tree.body.contains("ours name") && !tree.body.contains("theirs"));
    site
});

on_both_databases!(every_place_shows_who_is_accountable, |site| async move {
    let site = site.with_cast().await;
    let page = site.get("builder", "/places/ours-b1").await;
    assert!(page.texts("dl.facts dd")[0].contains("chief"), "inherited from the district");
    let form = [("official", "office"), ("from", "2026-11-20")];
    assert_eq!(site.post("chief", "/places/ours/official", &form).await.location(), "/places/ours");
    assert!(site.get("builder", "/places/ours-b1").await.texts("dl.facts dd")[0].contains("office"));
    assert!(site.get("stranger", "/places/theirs-b1").await.texts("dl.facts dd")[0].contains("chief"));
    let refused = site.post("chief", "/places/district/official", &[("official", ""), ("from", "2026-11-20")]).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.attributes(".summary a", "href"), ["#field-official"]);
    site
});

#[test]
fn several_are_opened_together_or_not_at_all() {
    let opening = |id: &str, parent: &str, kind, name: &str| Opening {
        id: id.into(),
        parent: Some(parent.into()),
        kind,
        attributes: attributes(name, None),
        official: None,
    };
    let mut standing = Standing::default();
    standing.add("p1", None, Kind::Project, "P");
    standing.add("l1", Some("p1"), Kind::Parcel, "L");
    let state = State { standing, ..State::default() };
    let parcel = |id: &str, name: &str| opening(id, "p1", Kind::Parcel, name);
    let block = |id: &str, parent: &str, name: &str| opening(id, parent, Kind::Building, name);
    let many: Vec<Opening> = (0..=MOST_AT_ONCE).map(|at| block(&format!("b{at}"), "l1", &at.to_string())).collect();
    let level = || Refused::WrongLevel { kind: "building".into(), parent: "project".into() };
    let cases: Vec<(&str, Vec<Opening>, Result<usize, Refused>)> = vec![
        ("a parcel and its building", vec![parcel("l2", "M"), block("b1", "l2", "B")], Ok(2)),
        ("a building before its parcel", vec![block("b1", "l2", "B"), parcel("l2", "M")], Err(Refused::UnknownParent { parent: "l2".into() })),
        ("a place of somebody else's", vec![block("b1", "elsewhere", "B")], Err(Refused::UnknownParent { parent: "elsewhere".into() })),
        ("a name that stands already", vec![parcel("l2", " L ")], Err(Refused::NameTaken { name: "L".into() })),
        ("a name twice", vec![block("b1", "l1", "B"), block("b2", "l1", "B")], Err(Refused::NameTaken { name: "B".into() })),
        ("a name in two parcels", vec![parcel("l2", "M"), block("b1", "l1", "B"), block("b2", "l2", "B")], Ok(3)),
        ("an id twice", vec![parcel("l2", "M"), parcel("l2", "N")], Err(Refused::IdTaken)),
        ("a wrong level", vec![block("b1", "p1", "B")], Err(level())),
        ("none", Vec::new(), Err(Refused::Count { most: "2000".into() })),
        ("too many", many, Err(Refused::Count { most: "2000".into() })),
    ];
    for (name, openings, expected) in cases {
        let command = Command::OpenAll { under: Some("p1".into()), openings };
        assert_eq!(decide(&state, &command, &context()).map(|drafts| drafts.len()), expected, "{name}");
    }
}

on_both_databases!(places_come_from_a_workbook, |site| async move {
    let mut site = site.with_cast().await;
    site.person("zone", Role::Leader, Some("ours")).await;
    let path = "/places/excel?place=ours";
    for (who, status) in [("builder", 403), ("stranger", 404), ("zone", 200), ("office", 200)] {
        assert_eq!(site.get(who, path).await.status, status, "{who}");
        assert_eq!(site.get(who, "/places/excel/sheet?place=ours").await.status, status, "{who}");
    }
    assert_eq!(site.get("zone", "/places/excel").await.status, 403, "the whole tree is not theirs");
    let empty = site.get("office", "/places/excel/sheet?place=ours").await.bytes;
    assert_eq!(site.hand_in_bytes("office", path, &empty).await.found(), ["G-121 —"]);

    let keys = ["parent", "kind", "name", "floors_above", "flats", "owner", "official", "programme"];
    let wrong: [&[&str]; 8] = [
        &["", "parcel", "New parcel"],
        &["New parcel", "building", "Tower", "18", "72", "Headquarters", "chief"],
        &["New parcel", "building", "Tower", "", "", "", "", ""],
        &["theirs-parcel name", "building", "Abroad"],
        &["ours-parcel name", "tower", "T"],
        &["ours-parcel name", "building", "T", "900", "many", "Nobody", "nobody", "nothing"],
        &["", "building", "Under a project"],
        &["", "", "", "5"],
    ];
    let page = site.hand_in("zone", path, &keys, &wrong).await;
    assert_eq!(page.status, 422);
    let expected = [
        "P-102 list!C4", "P-114 list!A5", "G-108 list!B6", "G-108 list!H7", "G-108 list!F7", "G-108 list!G7", "G-107 list!E7",
        "P-110 list!D7", "P-101 list!B8", "G-108 list!A9",
    ];
    assert_eq!(page.found(), expected);

    let right: [&[&str]; 4] = [
        &["", "parcel", "New parcel"],
        &["New parcel", "building", "Tower", "18", "72", "Headquarters", "chief"],
        &["ours name / ours-parcel name", "building", "Tower"],
        &["ours name/New parcel", "facility", "School"],
    ];
    let shown = site.hand_in("zone", path, &keys, &right).await;
    assert_eq!((shown.status.as_u16(), shown.texts("ul.rows b")), (200, vec!["New parcel".into(), "Tower".into(), "Tower".into(), "School".into()]), "{:?}", shown.found());
    assert!(!site.get("office", "/places/ours").await.body.contains("New parcel"), "nothing is kept yet");
    let id = shown.attributes("input[name=request_id]", "value").remove(0);
    let done = "/places/excel/do?place=ours";
    assert_eq!(site.post("zone", "/places/excel/do?place=theirs", &[("request_id", &id)]).await.status, 404);
    assert_eq!(site.post("zone", done, &[("request_id", &id)]).await.location(), "/places/ours");
    assert!(site.get("zone", "/places/ours").await.body.contains("New parcel"));
    assert_eq!(site.hand_in("zone", path, &keys, &right).await.found(), ["P-102 list!C2", "P-115 list!A3", "P-102 list!C4", "P-115 list!A5"], "the same again");
    site
});
