//! Cases of inspections: draws and scores as tables, every refusal, plans of which nobody finds a trace, seals on two nodes and
//! after downtime, and an inspection from its plan to the answer of an objection.

use super::checklists::{self, checklist, outcome};
use super::doubts::doubts;
use super::draw::{Candidate, Drawing, Eligible, RULES, draw};
use super::known::*;
use super::model::*;
use super::planning::*;
use super::sealing::*;
use super::store;
use crate::features::identity::model::Role;
use crate::features::orders::model::Stage as OrderStage;
use crate::features::organisations::model as organisations;
use crate::features::reports::store::Labour;
use crate::features::task_force::model as task_force;
use crate::journal::domain::{Actor, Context};
use crate::on_both_databases;
use crate::testing::{NOW, TestSite};
use crate::{serve, timers};
use guatu_ledger::hash::Hash;
use guatu_ledger::tree::{inclusion_proof, root};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A draw of `count` places: candidates as `place weight`, people as `account place…`.
fn drawing(seed: &str, count: u32, candidates: &str, people: &str) -> Drawing {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    Drawing {
        plan: "plan".into(),
        seed: seed.into(),
        count,
        team: 2,
        candidates: candidates.split(", ").map(|one| Candidate { place: words(one)[0].clone(), weight: words(one)[1].parse().unwrap(), ..Candidate::default() }).collect(),
        inspectors: people.split(", ").map(|one| Eligible { account: words(one)[0].clone(), places: words(one)[1..].to_vec() }).collect(),
    }
}

#[test]
fn draws_follow_from_their_seed_and_nothing_else() {
    // Candidates, people, count, and how many places are drawn.
    let cases = [
        ("a 10, b 10, c 10", "wang a b c, li a b c, zhao a b c", 2, 2, "as many as asked"),
        ("a 10, b 10", "wang a b, li a b", 5, 2, "no more than there are"),
        ("a 10, b 10", "wang a b, li b, zhao b", 2, 1, "two people or none: only one is free of interest at a"),
        ("a 0, b 10", "wang a b, li a b", 2, 1, "what weighs nothing is not drawn"),
        ("a 10", "wang a", 1, 0, "one inspector is no team"),
    ];
    for (candidates, people, count, drawn, why) in cases {
        for seed in 0..50 {
            let drawing = drawing(&seed.to_string(), count, candidates, people);
            let picks = draw(&drawing);
            assert_eq!(picks.len(), drawn, "{why}");
            assert_eq!(picks, draw(&drawing), "the same seed gives the same");
            for pick in &picks {
                let may = |account: &String| drawing.inspectors.iter().any(|one| one.account == *account && one.places.contains(&pick.place));
                assert!(pick.inspectors.len() == 2 && pick.inspectors[0] != pick.inspectors[1] && pick.inspectors.iter().all(may), "{why}");
            }
            assert_eq!(picks.iter().map(|pick| &pick.place).collect::<BTreeSet<_>>().len(), drawn, "{why}: no place twice");
        }
    }
    // Three times the weight is drawn about three times as often; each inspector about as often as another.
    let (mut heavy, mut people) = (0, BTreeMap::<String, u32>::new());
    for seed in 0..4000 {
        let pick = draw(&drawing(&seed.to_string(), 1, "a 30, b 10", "wang a b, li a b, zhao a b")).remove(0);
        heavy += u32::from(pick.place == "a");
        for one in pick.inspectors {
            *people.entry(one).or_default() += 1;
        }
    }
    assert!((2900..3100).contains(&heavy), "{heavy} of 4000");
    assert!(people.values().all(|count| (2560..2770).contains(count)), "{people:?} of 8000");
}

#[test]
fn weights_come_from_figures_of_the_day() {
    let base = Candidate { place: "a".into(), visited_on: Some(date(2026, 11, 23)), ..Candidate::default() };
    let cases = [
        (base.clone(), 10, "visited today, nothing speaks for it"),
        (Candidate { late_dates: 1, ..base.clone() }, 30, "a late date"),
        (Candidate { late_dates: 9, ..base.clone() }, 110, "no more than five count"),
        (Candidate { overdue_orders: 1, disputes: 1, problems: 1, ..base.clone() }, 40, "an overdue order, a dispute, a problem"),
        (Candidate { visited_on: Some(date(2026, 11, 17)), ..base.clone() }, 12, "six days"),
        (Candidate { visited_on: Some(date(2026, 1, 1)), ..base.clone() }, 40, "no more than ninety"),
        (Candidate { visited_on: None, ..base }, 40, "never visited"),
    ];
    for (candidate, weight, why) in cases {
        assert_eq!(candidate.weighed(&RULES.draw, date(2026, 11, 23)).weight, weight, "{why}");
    }
}

#[test]
fn scores_by_rule() {
    let full = |id: &str| checklist(id).unwrap().items().map(|item| (item.id.clone(), item.points)).collect::<BTreeMap<_, _>>();
    // Checklist, changes as `item points` or `item -` for what the site has not, `begins* -` for all that begin so; total, grade,
    // zero sub-tables.
    let cases = [
        ("safety_duty", "", 1000, "good", ""),
        ("safety_duty", "scheme 0", 0, "poor", "safety_management"),
        ("safety_duty", "accidents 0, certificates 0", 800, "good", ""),
        ("safety_duty", "accidents 0, certificates 0, subcontractors 9", 790, "fair", ""),
        ("safety_duty", "scheme 6, disclosure 6, safety_checks 6, safety_education 6, emergency 6, safety_duty_system 9", 0, "poor", "safety_management"),
        ("safety_duty", "scheme 6, disclosure 6, safety_checks 6, safety_education 6, emergency 6", 800, "good", ""),
        ("safety_duty", "accidents -, certificates -", 1000, "good", ""),
        // Weights 15, seven times 10, 5: a sub-table that is not there leaves both sides.
        ("construction", "", 1000, "good", ""),
        ("construction", "earthing 0", 889, "poor", "electricity"),
        ("construction", "pit_* -, dewatering -", 1000, "good", ""),
        ("construction", "pit_* -, dewatering -, notice_boards 0", 981, "good", ""),
        ("construction", "outer_lines -, earthing -, wiring 5, boxes 20", 992, "good", ""),
        // Scaffolds of eight kinds share one weight, and so do hoists, and cranes with lifting.
        ("construction", "tube_ways 0", 999, "good", ""),
        ("construction", "tube_ways 0, portal_* -, cup_* -, disk_* -, hall_* -, cantilever_* -, climbing_* -, basket_* -", 994, "good", ""),
        ("construction", "tube_base 0", 986, "poor", "scaffold_tube"),
        ("construction", "tube_* -, portal_* -, cup_* -, disk_* -, hall_* -, cantilever_* -, climbing_* -, basket_* -", 1000, "good", ""),
        ("construction", "hoist_devices 0", 944, "poor", "material_hoist"),
        ("construction", "hoist_* 4, lift_* -", 889, "poor", "material_hoist"),
        ("construction", "hoist_* -, lift_mast 0, lift_base 0", 978, "good", ""),
        ("construction", "crane_several -, crane_load 6, crane_limits 6, crane_devices 6, crane_ropes 6, crane_accepted 9", 944, "poor", "tower_crane"),
        ("construction", "crane_several -, crane_load 6, crane_limits 6, crane_devices 6, crane_ropes 6, crane_accepted 10", 990, "good", ""),
        ("construction", "lifting_* -, crane_frame 0", 989, "good", ""),
        // Work at height and machines have no guarantee items: nothing in them makes all of them nothing.
        ("construction", "height_helmets 0", 989, "good", ""),
        ("construction", "height_* 0, height_helmets 1", 890, "good", ""),
        ("construction", "height_* 0", 889, "poor", "height"),
        ("construction", "machine_piling 0", 993, "good", ""),
        ("construction", "machine_piling -, machine_mixer -, machine_tools 0", 994, "good", ""),
        // Thresholds.
        ("construction", "height_* 0, height_nets 10, machine_* 0, machine_saw 10, public_order 0, notice_boards 0, living 0", 800, "good", ""),
        ("construction", "height_* 0, height_nets 10, machine_* 0, machine_saw 10, public_order 0, notice_boards 0, living 0, neighbours 9", 798, "fair", ""),
        ("materials", "steel_days 0", 800, "good", ""),
        ("materials", "steel_days 0, windows_ordered 0, lifts_ordered 1", 410, "poor", ""),
        ("funds", "wages_paid 0, gap_known 0", 600, "fair", ""),
    ];
    for (id, changes, total, grade, zeros) in cases {
        let mut points = full(id);
        for change in changes.split(", ").filter(|change| !change.is_empty()) {
            let (item, value) = change.split_once(' ').unwrap();
            let is_meant = |known: &str| item.strip_suffix('*').map_or(known == item, |begin| known.starts_with(begin));
            match value.parse() {
                Ok(value) => points.iter_mut().filter(|(known, _)| is_meant(known)).for_each(|(_, points)| *points = value),
                Err(_) => points.retain(|known, _| !is_meant(known)),
            }
        }
        let came = outcome(checklist(id).unwrap(), &points).unwrap();
        let zero: Vec<&str> = came.tables.iter().filter(|table| table.zero.is_some()).map(|table| table.id).collect();
        assert_eq!((came.total_e1, came.grade.name(), zero.join(" ").as_str()), (total, grade, zeros), "{id}: {changes}");
    }
    assert_eq!(outcome(checklist("funds").unwrap(), &BTreeMap::new()), None);
}

#[test]
fn rules_are_complete() {
    let lists = checklists::checklists();
    assert_eq!(lists.len(), 7, "the seven subjects");
    for list in lists.iter().filter(|list| list.rule == checklists::Rule::Jgj59) {
        for table in &list.tables {
            let sum = |is: bool| table.items.iter().filter(|item| item.is_guarantee == is).map(|item| item.points).sum::<u32>();
            let expected = if ["height", "machines"].contains(&table.id.as_str()) { (0, 100) } else { (60, 40) };
            assert_eq!((sum(true), sum(false)), expected, "{}", table.id);
        }
    }
    // The ten subjects of JGJ 59 with their weights, each once.
    let tables = lists.iter().filter(|list| list.rule == checklists::Rule::Jgj59).flat_map(|list| &list.tables);
    let mut weights: Vec<(&str, u32)> = tables.map(|table| (table.group.as_ref().unwrap_or(&table.id).as_str(), table.weight)).collect();
    weights.dedup();
    weights.sort_unstable();
    let expected = [
        ("civilised", 15), ("cranes", 10), ("electricity", 10), ("formwork", 10), ("height", 10), ("hoists", 10), ("machines", 5), ("pit", 10),
        ("safety_management", 10), ("scaffolds", 10),
    ];
    assert_eq!(weights, expected);
    for list in lists {
        let ids: BTreeSet<&str> = list.items().map(|item| item.id.as_str()).collect();
        assert_eq!(ids.len(), list.items().count(), "{}: an item is scored once", list.id);
    }
    for one in &RULES.severity {
        let on = date(2026, 11, 23);
        assert!(crate::features::orders::rules::limit(&one.preset, &one.limit, on).is_some() && crate::features::orders::rules::ladder(&one.ladder).is_some(), "{}", one.id);
    }
}

#[test]
fn doubts_come_with_their_figures() {
    // Days of a building as `day hands machines moved overruled`; what is doubtful as `rule day days hands works`.
    let cases = [
        ("20 9 1 2 0", "", "hands and work"),
        ("20 0 0 2 0", "no_hands 20 1 0 2", "work without hands"),
        ("20 0 2 2 0", "", "machines alone do work"),
        ("20 7 0 1 1", "overruled 20 1 7 1", "less was found"),
        ("16 7 0 0 0, 17 7 0 0 0, 18 7 0 0 0, 19 7 0 0 0", "", "four idle days"),
        ("16 7 0 0 0, 17 7 0 0 0, 18 7 0 0 0, 19 7 0 0 0, 20 6 0 0 0", "idle_hands 20 5 6 0", "five"),
        ("15 7 0 0 0, 16 7 0 0 0, 17 7 0 0 0, 18 7 0 0 0, 19 7 0 0 0, 20 6 0 0 0", "idle_hands 20 6 6 0", "six are one row"),
        ("15 7 0 0 0, 16 7 0 0 0, 18 7 0 0 0, 19 7 0 0 0, 20 6 0 0 0", "", "a day without a report ends a row"),
        ("16 7 0 0 0, 17 7 0 0 0, 18 7 0 1 0, 19 7 0 0 0, 20 6 0 0 0", "", "so does work"),
        ("16 7 0 0 0, 17 7 0 0 0, 18 0 0 0 0, 19 7 0 0 0, 20 6 0 0 0", "", "so does a day without hands"),
    ];
    for (days, expected, why) in cases {
        let labour: Vec<Labour> = days
            .split(", ")
            .map(|day| {
                let numbers: Vec<u32> = day.split(' ').map(|word| word.parse().unwrap()).collect();
                let on = date(2026, 11, numbers[0] as i8);
                Labour { report: "r".into(), building: "b".into(), on, hands: Some(numbers[1]), machines: numbers[2], moved: numbers[3], overruled: numbers[4] }
            })
            .collect();
        let found: Vec<String> = doubts(&labour, &RULES.doubt)
            .iter()
            .map(|one| format!("{} {} {} {} {}", one.rule.name(), one.on.day(), one.days, one.hands.unwrap(), one.works))
            .collect();
        assert_eq!(found.join(", "), expected, "{why}");
    }
    let two = |building: &str| (16..=18).map(|day| Labour { report: "r".into(), building: building.into(), on: date(2026, 11, day), hands: Some(3), machines: 0, moved: 0, overruled: 0 }).collect::<Vec<_>>();
    assert!(doubts(&[two("a"), two("b")].concat(), &RULES.doubt).is_empty(), "another building is another row");
}

fn stop() -> Stop {
    Stop {
        id: "plan-0".into(),
        plan: "plan".into(),
        position: 0,
        place: "ours".into(),
        inspectors: vec!["wang".into(), "li".into()],
        basis: Basis::Directed { reason: "look".into() },
        again: String::new(),
        until: date(2026, 11, 30),
        made_by: "chief".into(),
        days: 1,
        beyond: String::new(),
    }
}

/// Something sealed among leaves of chance, and the root of its seal.
fn sealed<T: serde::Serialize>(content: T, at: usize) -> (Opening<T>, String) {
    let mut leaves: Vec<Hash> = (0..LEAVES).map(|leaf| Hash([leaf as u8 + 100; 32])).collect();
    leaves[at] = sealed_leaf(&[7; 32], &serde_json::to_string(&content).unwrap());
    let proof = inclusion_proof(&leaves, at).unwrap().iter().map(ToString::to_string).collect();
    (Opening { content, salt: Hash([7; 32]).to_string(), hour: "2026-11-23T08".into(), leaf: at as u32, proof }, root(&leaves).to_string())
}

#[test]
fn what_is_opened_is_what_was_sealed() {
    let (opening, root) = sealed(stop(), 41);
    assert!(opening.is_proved_by(&root));
    type Change = fn(&mut Opening<Stop>);
    let changes: [(&str, Change); 6] = [
        ("another place", |one| one.content.place = "theirs".into()),
        ("another inspector", |one| one.content.inspectors[1] = "zhao".into()),
        ("another salt", |one| one.salt = Hash([8; 32]).to_string()),
        ("another leaf", |one| one.leaf = 40),
        ("another way", |one| one.proof.swap(0, 1)),
        ("no salt", |one| one.salt.clear()),
    ];
    for (what, change) in changes {
        let mut changed = opening.clone();
        change(&mut changed);
        assert!(!changed.is_proved_by(&root), "{what}");
    }
    // A draw gives its stops, and no others.
    let drawing = drawing("seed", 2, "ours 10, theirs 10", "wang ours theirs, li ours theirs, zhao ours theirs");
    let (opening, _) = sealed(drawing.clone(), 3);
    let commitment = opening.commitment().unwrap();
    let stops = drawn(&drawing, &commitment, date(2026, 11, 30), "office", date(2026, 11, 23)).unwrap();
    assert!(stops.len() == 2 && stops.iter().all(|stop| opening.gives(stop)));
    let steered = Stop { place: stops[1].place.clone(), ..stops[0].clone() };
    assert!(!opening.gives(&steered) && !opening.gives(&stop()));
}

#[test]
fn a_phone_whose_clock_goes_wrong_is_called_so() {
    let recorded: jiff::Timestamp = NOW.parse().unwrap();
    // Minutes by which the phone's clock stood ahead of the record, was behind the server's when they last spoke, was set back.
    let cases = [
        (-600, 0, 0, false, "captured ten hours before it was sent"),
        (-600, 10, 0, false, "as much as may be"),
        (-600, 11, 0, true, "behind"),
        (-600, -4320, 0, true, "three days ahead"),
        (-600, 0, 11, true, "set back by hand"),
        (9, 0, 0, false, "a little ahead"),
        (11, 0, 0, true, "captured after it was recorded"),
    ];
    for (ahead, behind, set_back, is_doubtful, why) in cases {
        let moment = Moment { phone_at: recorded + (ahead * 60).seconds(), behind_s: behind * 60, set_back_s: set_back * 60, position: None };
        assert_eq!(moment.is_doubtful(recorded), is_doubtful, "{why}");
    }
}

#[test]
fn plans() {
    let ground = || {
        let people = |names: &str| names.split(' ').map(str::to_owned).collect::<Vec<_>>();
        Ground {
            today: date(2026, 11, 23),
            inspect: BTreeMap::from([("ours".to_owned(), people("wang li zhao")), ("theirs".to_owned(), people("wang li"))]),
            interested: BTreeMap::from([("ours".to_owned(), people("zhao"))]),
            visited_on: BTreeMap::from([("theirs".to_owned(), date(2026, 11, 3))]),
            ..Ground::default()
        }
    };
    let plan = |places: &str, people: &str, reason: &str, until: Date, again: &str| {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        let route = Route { plan: "plan".into(), places: words(places), inspectors: words(people), reason: reason.into(), again: again.into(), until, days: 1, beyond: String::new(), made_by: "chief".into() };
        directed(&route, &ground()).map(|stops| stops.len())
    };
    let (next, far) = (date(2026, 11, 30), date(2026, 12, 24));
    let cases = [
        (plan("ours", "wang li", "look", next, ""), "1"),
        (plan("ours theirs", "wang li", "look", next, "again"), "2"),
        (plan("", "wang li", "look", next, ""), "V-101"),
        (plan("ours ours", "wang li", "look", next, ""), "V-101"),
        (plan("gone", "wang li", "look", next, ""), "V-101"),
        (plan("ours", "wang", "look", next, ""), "V-102"),
        (plan("ours", "wang wang", "look", next, ""), "V-102"),
        (plan("theirs", "wang zhao", "look", next, "again"), "V-103"),
        (plan("ours", "wang zhao", "look", next, ""), "V-104"),
        (plan("ours", "wang li", " ", next, ""), "V-105"),
        (plan("ours", "wang li", "look", date(2026, 11, 22), ""), "V-106"),
        (plan("ours", "wang li", "look", far, ""), "V-106"),
        (plan("theirs", "wang li", "look", next, ""), "V-107"),
    ];
    for (at, (came, expected)) in cases.into_iter().enumerate() {
        let text = came.map_or_else(|refused| crate::refusal::Refusal::from(refused).code.to_owned(), |count| count.to_string());
        assert_eq!(text, expected, "case {at}");
    }
    let lots = |count, people| drawn(&drawing("s", count, "ours 10", people), "c", next, "office", date(2026, 11, 23)).map(|stops| stops.len());
    assert_eq!(lots(1, "wang ours, li ours"), Ok(1));
    assert_eq!(lots(1, "wang ours"), Err(Refused::NothingToDraw), "V-108");
    assert_eq!(lots(0, "wang ours, li ours"), Err(Refused::CountOutside { most: "10".into() }), "V-109");
}

#[test]
fn a_year_limits_number_and_length() {
    let people = || vec!["wang".to_owned(), "li".to_owned()];
    let counted = |project: &str, visits| Counted { project: project.into(), visits };
    let ground = Ground {
        today: date(2026, 11, 23),
        inspect: BTreeMap::from(["ours", "ours-b1", "theirs"].map(|place| (place.to_owned(), people()))),
        allowed: Allowed { visits: 3, days: 2 },
        counted: BTreeMap::from([("ours".to_owned(), counted("ours", 2)), ("ours-b1".to_owned(), counted("ours", 2)), ("theirs".to_owned(), counted("theirs", 3))]),
        ..Ground::default()
    };
    // Places, days, why beyond; how many stops, or why not.
    let cases = [
        ("ours", 1, "", "1", "the third of three"),
        ("ours", 2, "", "1", "as long as the year allows"),
        ("ours", 3, "", "V-144", "longer"),
        ("ours", 3, "a collapse", "1", "longer, with a reason"),
        ("ours", 0, "a collapse", "V-144", "no day is no inspection"),
        ("theirs", 1, "", "V-143", "the fourth of three"),
        ("theirs", 1, " ", "V-143", "blanks are no reason"),
        ("theirs", 1, "a collapse", "1", "the fourth, with a reason"),
        ("ours ours-b1", 1, "", "V-143", "two at once in one project count as two"),
    ];
    for (places, days, beyond, expected, why) in cases {
        let places = places.split(' ').map(str::to_owned).collect();
        let route = Route { plan: "plan".into(), places, inspectors: people(), reason: "look".into(), again: String::new(), until: date(2026, 11, 30), days, beyond: beyond.into(), made_by: "chief".into() };
        let came = directed(&route, &ground).map_or_else(|refused| crate::refusal::Refusal::from(refused).code.to_owned(), |stops| stops.len().to_string());
        assert_eq!(came, expected, "{why}");
    }
    let candidate = |place: &str| Candidate { place: place.into(), ..Candidate::default() };
    let weights: Vec<u32> = store::weighed(vec![candidate("ours"), candidate("theirs")], &ground).iter().map(|one| one.weight).collect();
    assert!(weights[0] > 0 && weights[1] == 0, "chance does not go beyond");
    // A stop of one day is sealed with the bytes that such stops always had.
    let usual = serde_json::to_string(&stop()).unwrap();
    assert!(usual.ends_with("\"made_by\":\"chief\"}"), "{usual}");
    let longer = Stop { days: 3, beyond: "a collapse".into(), ..stop() };
    assert_eq!(serde_json::from_str::<Stop>(&serde_json::to_string(&longer).unwrap()).unwrap(), longer);
}

/// An inspection with a story: `kind by`, opened by wang on the 23rd.
fn known(story: &str) -> Known {
    let (opening, _) = sealed(stop(), 1);
    let mut known = Known { opening: opening.clone(), stage: Stage::Visiting, steps: Vec::new() };
    for (number, step) in std::iter::once("opened wang").chain(story.split(", ").filter(|step| !step.is_empty())).enumerate() {
        let (kind, by) = step.split_once(' ').unwrap();
        let text = String::from("text");
        let (fact, stage) = match kind {
            "opened" => (Fact::Opened { opening: opening.clone(), position: None, moment: None, successions: Vec::new() }, Stage::Visiting),
            "signed" => (Fact::Signed { signature: None, moment: None }, known.stage),
            "acknowledged" => (Fact::Acknowledged { content: String::new() }, known.stage),
            "scored" => (Fact::Scored { checklist: "funds".into(), points: BTreeMap::from([("wages_paid".into(), 20)]), moment: None }, Stage::Visiting),
            "found" => {
                let choice = crate::features::orders::model::Choice { preset: "p13710".into(), limit: "ordinary".into(), ladder: "p13710".into() };
                (Fact::Found { finding: "f".into(), content: text, severity: "ordinary".into(), lead: "firm".into(), choice, photos: Vec::new(), moment: None, taken: Vec::new() }, known.stage)
            }
            "concluded" => (Fact::Concluded { verdict: Verdict::Defects, content: text }, Stage::Concluded),
            "received" => (Fact::Received { paper: text }, Stage::Delivered),
            "objected" => (Fact::Objected { content: text }, Stage::Objected),
            "proposed" => (Fact::Proposed { consequence: Consequence::Criticise, content: text }, known.stage),
            other => panic!("{other}"),
        };
        known.stage = stage;
        known.steps.push(Step { number: number as u64 + 1, at: date(2026, 11, 23).at(9, 0, 0, 0), by: by.into(), fact });
    }
    known
}

#[test]
fn every_refusal_has_its_case() {
    let now = date(2026, 11, 23).at(9, 30, 0, 0);
    let (opening, _) = sealed(stop(), 1);
    let unopened = |opening: Option<Opening<Stop>>| Some(Unopened { stop: stop(), successions: Vec::new(), opening, drawing: None });
    let person = |account: &str| Person {
        account: account.into(),
        may_inspect: ["wang", "li", "zhao"].contains(&account),
        may_govern: ["office", "second", "chief"].contains(&account),
        may_approve: account == "chief",
        may_report: ["jian", "second"].contains(&account),
        is_target: ["jian", "second"].contains(&account),
    };
    let state = |who: &str, story: &str| State { now, known: Some(known(story)), person: person(who), is_lead_known: true, ..State::default() };
    let at = || "plan-0".to_owned();
    let find = |content: &str, severity: &str| Command::Find { inspection: at(), finding: "g".into(), content: content.into(), severity: severity.into(), lead: "firm".into(), photos: Vec::new(), moment: None, taken: Vec::new() };
    let score = |list: &str, item: &str, points: u32| Command::Score { inspection: at(), checklist: list.into(), points: BTreeMap::from([(item.into(), points)]), moment: None };
    let conclude = |verdict, content: &str| Command::Conclude { inspection: at(), verdict, content: content.into() };
    let reinspect = || Command::Reinspect { inspection: at(), finding: "f".into(), is_done: true, content: "seen".into(), photos: Vec::new() };
    let check_in = || Command::CheckIn { inspection: at(), position: None, moment: None };
    let at_phone = |latitude_e6: Option<i64>| {
        let position = latitude_e6.map(|latitude_e6| Position { latitude_e6, longitude_e6: 0, accuracy_m: None, datum: Datum::Wgs84, source: Source::Device });
        Command::CheckIn { inspection: at(), position: None, moment: Some(Moment { phone_at: NOW.parse().unwrap(), behind_s: 0, set_back_s: 0, position }) }
    };
    let sign = |signature: &str| Command::Sign { inspection: at(), signature: Some(signature.into()), moment: None };
    let typed = |moment| Command::Sign { inspection: at(), signature: None, moment };
    let acknowledge = || Command::Acknowledge { inspection: at(), content: "seen".into() };
    let answer = || Command::Answer { inspection: at(), is_upheld: true, content: "seen".into() };
    let object = |content: &str| Command::Object { inspection: at(), content: content.into() };
    let propose = || Command::Propose { inspection: at(), consequence: Consequence::Praise, content: "well".into() };
    let settle = || Command::Settle { inspection: at(), is_approved: true, reason: "yes".into() };
    let plan_year = |year, visits, days, reason: &str| Command::PlanYear { year, visits, days, reason: reason.into() };
    let fill = |acts| Command::Fill { inspection: at(), form: "5e".into(), acts };
    let seal = |hour: &str| Command::Seal { hour: hour.into(), root: "r".into() };
    const DONE: &str = "scored wang, found wang, concluded wang";
    const RECEIVED: &str = "scored wang, found wang, concluded wang, received jian";
    const OBJECTED: &str = "scored wang, found wang, concluded wang, received jian, objected jian";
    let late = { let mut late = state("jian", RECEIVED); late.now = date(2026, 12, 24).at(9, 0, 0, 0); late };
    let reported = |who: &str, stage| State { order: Some(("f-order".into(), stage)), ..state(who, DONE) };
    let timer = "system";
    let cases: Vec<(&str, State, Command, &str)> = vec![
        (timer, State { now, ..State::default() }, seal("2026-11-23T09"), "sealed"),
        (timer, State { now, ..State::default() }, seal("2026-11-23T08"), "V-110"),
        (timer, State { now, is_hour_sealed: true, ..State::default() }, seal("2026-11-23T09"), "V-110"),
        ("wang", State { now, ..State::default() }, seal("2026-11-23T09"), "V-111"),
        ("wang", State { now, unopened: unopened(Some(opening.clone())), person: person("wang"), ..State::default() }, check_in(), "opened"),
        ("zhao", State { now, unopened: unopened(Some(opening.clone())), person: person("zhao"), ..State::default() }, check_in(), "V-111"),
        ("wang", State { now, unopened: unopened(Some(opening.clone())), person: Person { is_target: true, ..person("wang") }, ..State::default() }, check_in(), "V-104"),
        ("wang", State { now, unopened: unopened(None), person: person("wang"), ..State::default() }, check_in(), "V-112"),
        ("wang", state("wang", ""), check_in(), "V-113"),
        // Without a signal two arrive at one place, and the second one's word counts too; once.
        ("li", state("li", ""), at_phone(None), "arrived"),
        ("wang", state("wang", ""), at_phone(None), "V-113"),
        ("zhao", state("zhao", ""), at_phone(None), "V-113"),
        ("li", state("li", DONE), at_phone(None), "V-113"),
        ("li", state("li", ""), at_phone(Some(91_000_000)), "V-132"),
        ("li", state("li", ""), sign("5e"), "signed"),
        ("li", state("li", DONE), sign("5e"), "signed"),
        ("li", state("li", RECEIVED), sign("5e"), "V-113"),
        ("zhao", state("zhao", ""), sign("5e"), "V-111"),
        ("li", state("li", ""), sign(" "), "V-133"),
        ("li", state("li", ""), typed(None), "signed"),
        ("li", state("li", "signed wang"), typed(None), "signed"),
        ("li", state("li", "signed li"), typed(None), "V-147"),
        ("li", state("li", "signed li"), sign("5e"), "signed"),
        ("jian", state("jian", ""), typed(None), "V-111"),
        ("li", state("li", ""), typed(Some(Moment { phone_at: NOW.parse().unwrap(), behind_s: 0, set_back_s: 0, position: None })), "V-133"),
        ("jian", state("jian", ""), acknowledge(), "acknowledged"),
        ("jian", state("jian", DONE), acknowledge(), "acknowledged"),
        ("jian", state("jian", RECEIVED), acknowledge(), "V-113"),
        ("jian", state("jian", "acknowledged jian"), acknowledge(), "V-147"),
        ("second", state("second", "acknowledged jian"), acknowledge(), "acknowledged"),
        ("li", state("li", ""), acknowledge(), "V-111"),
        ("office", state("office", ""), acknowledge(), "V-111"),
        (timer, State { now, unopened: unopened(Some(opening.clone())), ..State::default() }, Command::Lapse { inspection: at() }, "V-130"),
        ("wang", State { now, ..State::default() }, Command::Declare { project: "ours".into() }, "declared"),
        ("wang", State { now, is_declared: true, ..State::default() }, Command::Declare { project: "ours".into() }, "V-131"),
        ("wang", state("wang", ""), score("funds", "wages_paid", 20), "scored"),
        ("zhao", state("zhao", ""), score("funds", "wages_paid", 20), "V-111"),
        ("wang", state("wang", DONE), score("funds", "wages_paid", 20), "V-113"),
        ("wang", state("wang", ""), score("funds", "wages_paid", 21), "V-151"),
        ("wang", state("wang", ""), score("funds", "moon", 1), "V-115"),
        ("wang", state("wang", ""), score("moon", "wages_paid", 1), "V-115"),
        ("wang", state("wang", ""), Command::Score { inspection: at(), checklist: "funds".into(), points: BTreeMap::new(), moment: None }, "V-116"),
        ("wang", state("wang", ""), find("a hole", "ordinary"), "found"),
        ("wang", State { is_id_taken: true, ..state("wang", "") }, find("a hole", "ordinary"), "V-114"),
        ("wang", state("wang", ""), find(" ", "ordinary"), "V-117"),
        ("wang", state("wang", ""), find("a hole", "terrible"), "V-118"),
        ("wang", State { is_lead_known: false, ..state("wang", "") }, find("a hole", "ordinary"), "V-119"),
        ("li", state("li", "scored wang, found wang"), conclude(Verdict::Defects, "so"), "concluded"),
        ("li", state("li", "scored wang, found wang"), conclude(Verdict::Defects, ""), "V-120"),
        ("li", state("li", "found wang"), conclude(Verdict::Defects, "so"), "V-121"),
        ("li", state("li", "scored wang, found wang"), conclude(Verdict::Sound, "so"), "V-122"),
        ("li", state("li", "scored wang"), conclude(Verdict::Grave, "so"), "V-122"),
        ("jian", state("jian", DONE), Command::Receive { inspection: at(), paper: String::new() }, "received"),
        ("office", state("office", DONE), Command::Receive { inspection: at(), paper: String::new() }, "V-123"),
        ("jian", state("jian", RECEIVED), object("no hole"), "objected"),
        ("jian", state("jian", RECEIVED), object(""), "V-129"),
        ("office", state("office", RECEIVED), object("no hole"), "V-111"),
        ("jian", late, object("no hole"), "V-124"),
        ("office", state("office", OBJECTED), answer(), "answered"),
        ("chief", state("chief", OBJECTED), answer(), "V-125"),
        ("second", state("second", OBJECTED), answer(), "V-125"),
        ("office", state("office", OBJECTED), Command::Answer { inspection: at(), is_upheld: true, content: String::new() }, "V-105"),
        ("wang", state("wang", DONE), propose(), "proposed"),
        ("wang", state("wang", "scored wang, found wang, concluded wang, proposed wang"), propose(), "V-126"),
        ("chief", state("chief", "scored wang, found wang, concluded wang, proposed wang"), settle(), "settled"),
        ("chief", state("chief", DONE), settle(), "V-126"),
        ("zhao", reported("zhao", OrderStage::Reported), reinspect(), "reinspected"),
        ("wang", reported("wang", OrderStage::Reported), reinspect(), "V-127"),
        ("zhao", reported("zhao", OrderStage::Signed), reinspect(), "V-128"),
        ("chief", State { now, ..State::default() }, plan_year(2027, 6, 2, "paper 7"), "year_planned"),
        ("chief", State { now, ..State::default() }, plan_year(2025, 6, 2, "paper 7"), "V-145"),
        ("chief", State { now, ..State::default() }, plan_year(2028, 6, 2, "paper 7"), "V-145"),
        ("chief", State { now, ..State::default() }, plan_year(2026, 0, 2, "paper 7"), "V-146"),
        ("chief", State { now, ..State::default() }, plan_year(2026, 53, 2, "paper 7"), "V-146"),
        ("chief", State { now, ..State::default() }, plan_year(2026, 6, 31, "paper 7"), "V-146"),
        ("chief", State { now, ..State::default() }, plan_year(2026, 6, 2, " "), "V-105"),
        ("wang", state("wang", ""), fill(vec![score("funds", "wages_paid", 20), find("a hole", "ordinary")]), "filled"),
        ("wang", state("wang", ""), fill(Vec::new()), "V-142"),
        ("wang", state("wang", ""), fill(vec![find("a hole", "ordinary"), find("a pit", "ordinary")]), "V-140"),
        ("wang", state("wang", ""), fill(vec![sign("5e")]), "V-140"),
        ("zhao", state("zhao", ""), fill(vec![find("a hole", "ordinary")]), "V-111"),
        ("wang", state("wang", DONE), fill(vec![find("a hole", "ordinary")]), "V-113"),
    ];
    let mut seen = BTreeSet::new();
    for (at, (who, state, command, expected)) in cases.into_iter().enumerate() {
        let actor = if who == timer { Actor::System } else { Actor::Account(who.into()) };
        let context = Context { actor, now: NOW.parse().unwrap(), today: state.now.date() };
        let came = match decide(&state, &command, &context) {
            Ok(drafts) => serde_json::to_value(&drafts[0].fact).unwrap().as_object().unwrap().keys().next().unwrap().clone(),
            Err(refused) => crate::refusal::Refusal::from(refused).code.to_owned(),
        };
        assert_eq!(came, expected, "case {at}: {command:?}");
        seen.insert(came);
    }
    let elsewhere = ["V-101", "V-102", "V-103", "V-106", "V-107", "V-108", "V-109", "V-132", "V-134", "V-135", "V-136", "V-137", "V-138", "V-139", "V-141", "V-143", "V-144", "V-148", "V-149", "V-150", "V-152"];
    let missing: Vec<&&str> = Refused::CODES.iter().filter(|code| !seen.contains(**code) && !elsewhere.contains(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

pub(super) fn advance(site: &TestSite, span: jiff::Span) {
    assert!(site.site.clock.advance(site.site.clock.now() + span));
}

/// Beside the usual cast three inspectors, a firm in the task force of `ours` with `jian` and `ban` of it, and whoever governs
/// `ours` alone.
pub(super) async fn with_inspectors(mut site: TestSite) -> TestSite {
    for (id, kind) in [("firm", organisations::Kind::Contractor), ("audit-bureau", organisations::Kind::Headquarters)] {
        site.submit(organisations::Command::Register { id: id.into(), name: format!("{id} name"), kind }).await.unwrap();
    }
    site.person_of("jian", "firm", Role::Contractor, Some("ours")).await;
    for name in ["wang", "li", "zhao"] {
        site.person_of(name, "audit-bureau", Role::Inspector, None).await;
    }
    // An inspector of the firm itself is never sent to what the firm builds.
    site.person_of("partial", "firm", Role::Inspector, None).await;
    site.person("guard", Role::SupervisionOffice, Some("ours")).await;
    site.person("deputy", Role::Leader, Some("ours")).await;
    site.person("engineer", Role::SupervisionEngineer, Some("ours")).await;
    site.person("auditor", Role::Auditor, None).await;
    let holder = task_force::Holder::Organisation("firm".into());
    let fill = task_force::Command::Fill { member: "m1".into(), project: "ours".into(), seat: task_force::Seat::Contractor, holder, from: date(2026, 1, 1) };
    site.submit(fill).await.unwrap();
    site
}

pub(super) const PLAN: [(&str, &str); 6] = [("request_id", "secret-plan"), ("site1", "ours"), ("inspector1", "wang"), ("inspector2", "li"), ("reason", "whispered-reason"), ("last_day", "2026-11-30")];

pub(super) fn plan_with(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let kept = PLAN.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name)).copied();
    kept.chain(changes.iter().copied()).collect()
}

/// A page without what changes each time it is asked for.
fn masked(body: &str) -> String {
    let mut parts = body.split("name=\"request_id\" value=\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |page, part| page + part.split_once('"').map_or(part, |(_, rest)| rest))
}

/// Pages a person comes to by links, the nearest first.
async fn crawl(site: &TestSite, who: &str) -> BTreeMap<String, String> {
    const MOST: usize = 220;
    let mut waiting = VecDeque::from(["/".to_owned(), "/inspections".into(), "/facts?subject=secret-plan-0".into(), "/facts?place=ours".into(), "/search?q=whispered".into(), "/metrics".into(), "/api/openapi.json".into(), "/inspections?form=xlsx".into(), "/orders/proposals".into()]);
    let mut pages = BTreeMap::new();
    while let Some(address) = waiting.pop_front() {
        if pages.contains_key(&address) || pages.len() == MOST {
            continue;
        }
        let page = site.get(who, &address).await;
        let is_page = page.headers.get("content-type").is_some_and(|kind| kind.to_str().unwrap().starts_with("text/html"));
        if is_page {
            for link in page.attributes("a[href^='/']", "href") {
                let link = link.split('#').next().unwrap_or_default().to_owned();
                if !["/assets", "/language", "/wall/events", "/logout"].iter().any(|fixed| link.starts_with(fixed)) {
                    waiting.push_back(link);
                }
            }
        }
        // Workbooks and papers hold the rows of their pages; numbers of the process itself change by themselves.
        let body = if is_page { masked(&page.body) } else { String::new() };
        pages.insert(address, format!("{} {body}", page.status));
    }
    pages
}

on_both_databases!(nobody_else_finds_a_trace_of_a_plan, |site| async move {
    let site = with_inspectors(site.with_cast().await).await;
    timers::once(&site.site).await.unwrap();
    // The contractor of the site, who govern and lead the project, its supervision engineer, administrators, auditors, a third
    // inspector with an interest, the public.
    let others = ["jian", "guard", "deputy", "engineer", "builder", "stranger", "admin", "auditor", "office", "partial", ""];
    let mut before = BTreeMap::new();
    for who in others {
        before.insert(who, crawl(&site, who).await);
    }
    assert!(before["jian"].len() > 40, "{} pages were seen", before["jian"].len());
    for who in ["jian", "guard", "deputy", "engineer", "auditor", "office", "partial"] {
        for (address, start) in [("/inspections", "200"), ("/orders", "200"), ("/places/ours", "200"), ("/round", "200")] {
            assert!(before[who].get(address).is_some_and(|page| page.starts_with(start)), "{who} saw {address}");
        }
    }
    let head = site.site.head();
    assert_eq!(site.post("chief", "/inspections/new", &PLAN).await.location(), "/inspections#sealed");
    assert_eq!(site.site.head(), head, "no fact tells of it");
    let probe = async |site: &TestSite, who: &'static str| {
        for (real, gone) in [("secret-plan-0", "secret-plan-9"), ("secret-plan-draw", "secret-plan-8")] {
            let (known, unknown) = (site.get(who, &format!("/inspections/{real}")).await, site.get(who, &format!("/inspections/{gone}")).await);
            assert_eq!((known.status, known.body.replace(real, "")), (unknown.status, unknown.body.replace(gone, "")), "{who}: {real}");
            assert_ne!(known.status, 200, "{who}");
            for act in ["check_in", "score", "find"] {
                let (known, unknown) = (site.post(who, &format!("/inspections/{real}/{act}"), &[]).await, site.post(who, &format!("/inspections/{gone}/{act}"), &[]).await);
                assert_eq!((known.status, known.body.replace(real, "")), (unknown.status, unknown.body.replace(gone, "")), "{who}: {act}");
            }
        }
    };
    for who in others {
        assert_eq!(crawl(&site, who).await, before[who], "{who} sees what was there before");
        probe(&site, who).await;
    }
    // Sealed, it is as hidden; the seal's size is that of any other.
    advance(&site, 1.hour());
    timers::once(&site.site).await.unwrap();
    for who in others {
        for (address, page) in crawl(&site, who).await {
            for trace in ["secret-plan", "whispered-reason"] {
                let asked = address.contains(trace) || page.contains(&format!("value=\"{trace}"));
                assert!(asked || !page.contains(trace), "{who} finds `{trace}` at {address}");
            }
        }
        probe(&site, who).await;
    }
    let mut conn = site.site.reader().await.unwrap();
    let sizes = conn.rows("SELECT DISTINCT LENGTH(payload) FROM fact WHERE kind = 'inspections.sealed/1'", &[]).await.unwrap();
    assert_eq!(sizes.len(), 1, "every seal has one size");
    drop(conn);
    // Who goes, who planned and who inspects everywhere know it, in a past state nobody.
    for (who, status) in [("wang", 200), ("li", 200), ("chief", 200), ("zhao", 200)] {
        assert_eq!(site.get(who, "/inspections/secret-plan-0").await.status, status, "{who}");
    }
    let past = format!("/inspections?as_of={}", site.site.head());
    assert!(!site.get("chief", &past).await.body.contains("secret-plan"));
    assert_eq!(site.post("zhao", "/inspections/secret-plan-0/check_in", &[]).await.status, 404, "who does not go opens nothing");
    assert_eq!(site.post("wang", "/inspections/secret-plan-0/check_in", &[]).await.status, 303);
    assert_eq!(site.get("jian", "/inspections/secret-plan-0").await.status, 200, "open, it is there for whoever reads the place");
    assert_eq!(site.get("stranger", "/inspections/secret-plan-0").await.status, 404);
    site
});

on_both_databases!(a_sealed_plan_changes_hands_and_nobody_else_is_told, |site| async move {
    let mut site = with_inspectors(site.with_cast().await).await;
    site.person_of("sun", "audit-bureau", Role::Inspector, Some("ours")).await;
    assert_eq!(site.post("chief", "/inspections/new", &PLAN).await.status, 303);
    advance(&site, 1.hour());
    timers::once(&site.site).await.unwrap();
    const PATH: &str = "/inspections/hand-over";
    let others = ["jian", "guard", "engineer", "stranger", "admin", "auditor", "office", "partial", "sun", "li", ""];
    let seen = async |site: &TestSite, who: &'static str| {
        let mut pages = crawl(site, who).await;
        pages.retain(|address, _| who != "li" || address != PATH);
        pages
    };
    let mut before = BTreeMap::new();
    for who in others.into_iter().filter(|who| *who != "sun") {
        before.insert(who, seen(&site, who).await);
    }
    let head = site.site.head();
    // Who hands over, to whom, under which name; who may not be handed it.
    let cases = [
        ("wang", "sun", "li", "V-148"),
        ("wang", "sun", "", "V-148"),
        ("wang", "li", "wang", "V-149"),
        ("wang", "jian", "wang", "V-103"),
        ("wang", "partial", "wang", "V-104"),
        ("zhao", "sun", "zhao", "V-150"),
        ("sun", "zhao", "sun", "V-150"),
    ];
    for (who, coming, name, code) in cases {
        let page = site.post(who, PATH, &[("coming", coming), ("own_name", name)]).await;
        assert_eq!(page.texts(".summary .quiet"), [code], "{who} to {coming} as {name}");
    }
    for who in ["jian", "chief", "office", "stranger", "admin"] {
        assert_eq!(site.get(who, PATH).await.status, 404, "{who}");
        assert_eq!(site.post(who, PATH, &[("coming", "sun"), ("own_name", who)]).await.status, 404, "{who}");
        assert_eq!(site.get(who, &format!("{PATH}/pdf")).await.status, 404, "{who}");
    }
    assert_eq!(site.get("zhao", &format!("{PATH}/pdf")).await.status, 404, "who has nothing in hand has no list");
    // Signed by one, nothing changes but for whoever comes.
    assert_eq!(site.post("wang", PATH, &[("coming", "sun"), ("own_name", "wang")]).await.location(), PATH);
    assert_eq!(site.get("sun", "/inspections/secret-plan-0").await.status, 404);
    assert_eq!(site.get("sun", PATH).await.texts("#offered ul.rows li").len(), 1);
    assert_eq!(site.post("zhao", &format!("{PATH}/take"), &[("own_name", "zhao")]).await.texts(".summary .quiet"), ["V-150"]);
    assert_eq!(site.post("sun", &format!("{PATH}/take"), &[("own_name", "wang")]).await.texts(".summary .quiet"), ["V-148"]);
    assert_eq!(site.post("sun", &format!("{PATH}/take"), &[("own_name", "sun")]).await.location(), PATH);
    assert_eq!(site.site.head(), head, "no fact tells of it");
    for who in ["wang", "sun"] {
        assert_eq!(site.get(who, PATH).await.texts("#handed li").len(), 1, "{who}");
        for format in ["pdf", "docx"] {
            assert_eq!(site.get(who, &format!("{PATH}/{format}")).await.status, 200, "{who}");
        }
    }
    for who in others.into_iter().filter(|who| !["sun", "li"].contains(who)) {
        assert_eq!(seen(&site, who).await, before[who], "{who} sees what was there before");
    }
    // From then on the other goes: on the page, on a phone, and when it is opened.
    assert_eq!((site.get("sun", "/inspections/secret-plan-0").await.status.as_u16(), site.get("sun", PATH).await.texts("#held ul.rows li").len()), (200, 1));
    let sites = async |who: &str| site.get(who, "/phone/pack").await.json()["sites"].as_array().map_or(0, Vec::len);
    assert_eq!((sites("wang").await, sites("sun").await, sites("li").await), (0, 1, 1));
    assert_eq!(site.post("wang", "/inspections/secret-plan-0/check_in", &[]).await.status, 404);
    assert_eq!(site.post("sun", "/inspections/secret-plan-0/check_in", &[]).await.status, 303);
    // Open, everybody who reads the place sees what was sealed, and how it changed hands.
    let page = site.get("jian", "/inspections/secret-plan-0").await;
    assert!(page.body.contains("由wang移交sun") && page.texts(".lamp.good").iter().any(|lamp| lamp == "核验通过"), "{}", page.body);
    let score = [("checklist", "safety_duty"), ("item-scheme", "0")];
    assert_eq!(site.post("wang", "/inspections/secret-plan-0/score", &score).await.status, 403);
    for who in ["sun", "li"] {
        assert_eq!(site.post(who, "/inspections/secret-plan-0/score", &score).await.status, 303, "{who}");
    }
    assert!(site.get("wang", PATH).await.texts("#handed li").is_empty(), "what is open is a fact");
    site
});

on_both_databases!(an_hour_is_sealed_once_on_two_nodes_and_not_afterwards, |site| async move {
    let site = with_inspectors(site.with_cast().await).await;
    let folder = tempfile::tempdir().unwrap();
    let second = serve::open(site.site.db.clone(), folder.path(), site.site.clock.clone()).await.unwrap();
    assert_eq!(site.post("chief", "/inspections/new", &plan_with(&[("site2", "theirs")])).await.status, 303);
    let refused = site.post("wang", "/inspections/secret-plan-0/check_in", &[]).await;
    assert_eq!(refused.texts(".summary .quiet"), ["V-112"], "what is not sealed proves nothing");
    let hours = async |site: &TestSite| {
        let seals = store::seals(&mut site.site.reader().await.unwrap(), 99).await.unwrap();
        seals.into_iter().rev().map(|(hour, ..)| hour).collect::<Vec<_>>()
    };
    let (one, other) = tokio::join!(timers::once(&site.site), timers::once(&second.site));
    one.and(other).unwrap();
    timers::once(&site.site).await.unwrap();
    assert_eq!(hours(&site).await, ["2026-11-23T09"]);
    advance(&site, 1.hour());
    let (one, other) = tokio::join!(timers::once(&second.site), timers::once(&site.site));
    one.and(other).unwrap();
    // Nothing runs for five hours: they stay without.
    advance(&site, 6.hours());
    timers::once(&second.site).await.unwrap();
    assert_eq!(hours(&site).await, ["2026-11-23T09", "2026-11-23T10", "2026-11-23T16"]);
    assert_eq!(site.post("wang", "/inspections/secret-plan-0/check_in", &[("position", "34.7466, 113.6253"), ("accuracy_m", "12")]).await.status, 303);
    let page = site.get("jian", "/inspections/secret-plan-0").await;
    assert!(page.texts("dl.facts .lamp.good").len() == 1 && page.body.contains("34.746600"), "{}", page.body);
    // Each site of a route opens at its own check-in.
    assert!(!page.body.contains("theirs") && site.get("stranger", "/inspections").await.texts("tbody td a").is_empty());
    assert_eq!(site.get("stranger", "/inspections/secret-plan-1").await.status, 404);
    assert_eq!(site.post("li", "/inspections/secret-plan-1/check_in", &[]).await.status, 303);
    assert_eq!(site.get("stranger", "/inspections/secret-plan-1").await.texts("dl.facts .lamp.good").len(), 1);
    assert_eq!(site.get("jian", "/inspections/seals").await.texts("tbody tr").len(), 3);
    let serve::Opened { site: node, writer, .. } = second;
    drop(node);
    writer.await.unwrap();
    site
});

on_both_databases!(an_inspection_from_its_plan_to_the_answer, |site| async move {
    let mut site = with_inspectors(site.with_cast().await).await;
    site.person("second", Role::SupervisionOffice, None).await;
    for (changes, code) in [
        (&[("inspector2", "partial")][..], "V-104"),
        (&[("inspector2", "")], "V-102"),
        (&[("inspector2", "office")], "V-103"),
        (&[("site2", "ours")], "V-101"),
        (&[("last_day", "2027-11-30")], "V-106"),
    ] {
        let page = site.post("chief", "/inspections/new", &plan_with(changes)).await;
        assert_eq!((page.status.as_u16(), page.texts(".summary .quiet")), (422, vec![code.to_owned()]));
        assert_eq!(page.texts("#field-reason"), ["whispered-reason"], "what was typed is there");
    }
    assert_eq!(site.post("office", "/inspections/new", &PLAN).await.status, 404, "leaders direct");
    assert_eq!(site.post("deputy", "/inspections/new", &plan_with(&[("site1", "theirs")])).await.status, 404);
    assert_eq!(site.post("chief", "/inspections/new", &PLAN).await.status, 303);
    timers::once(&site.site).await.unwrap();
    let at = "/inspections/secret-plan-0";
    let unreadable = site.post("wang", &format!("{at}/check_in"), &[("position", "here")]).await;
    assert_eq!(unreadable.texts(".summary .quiet"), ["V-132"]);
    assert_eq!(site.post("wang", &format!("{at}/check_in"), &[]).await.status, 303);
    assert_eq!(site.get("wang", &format!("{at}/score?checklist=funds")).await.status, 200);
    assert_eq!(site.get("jian", &format!("{at}/score?checklist=funds")).await.status, 403);
    let bad = site.post("li", &format!("{at}/score"), &[("checklist", "safety_duty"), ("item-scheme", "11")]).await;
    assert_eq!((bad.texts(".summary .quiet"), bad.attributes("#item-scheme", "value")), (vec!["V-151".to_owned()], vec!["11".to_owned()]));
    let score = [("checklist", "safety_duty"), ("item-scheme", "0"), ("item-disclosure", "10")];
    assert_eq!(site.post("li", &format!("{at}/score"), &score).await.status, 303);
    let find = [("request_id", "finding-01"), ("finding", "No scheme for the tower crane"), ("severity", "serious"), ("lead", "firm")];
    assert_eq!(site.post("wang", &format!("{at}/find"), &find).await.status, 303);
    // The order is there with the finding, issued in the inspector's name.
    let order = site.get("jian", "/orders/finding-01-order").await;
    assert_eq!((order.texts("h1"), order.texts("h1 ~ .lamp")), (vec!["No scheme for the tower crane".to_owned()], vec!["待签收".to_owned()]));
    assert_eq!(order.texts("ol.course p .quiet")[..2], ["wang", "wang"], "drafted and issued");
    assert!(order.attributes("dl.facts a", "href").contains(&"/inspections/findings/finding-01".to_owned()));
    assert_eq!(site.get("jian", "/inspections/findings/finding-01").await.location(), "/inspections/secret-plan-0#findings");
    assert_eq!(site.get("stranger", "/inspections/findings/finding-01").await.status, 404);
    // Signed at a desk: each types their own name, and the fact says which account it was; the party says that it was shown it.
    let typed = |name: &'static str| [("own_name", name), ("remark", "shown at the crane")];
    for (who, act, name, code) in [("wang", "sign", "li", "V-148"), ("wang", "sign", "", "V-133"), ("jian", "acknowledge", "wang", "V-148"), ("jian", "acknowledge", "", "V-148")] {
        let page = site.post(who, &format!("{at}/{act}"), &typed(name)).await;
        assert_eq!((page.status.as_u16(), page.texts(".summary .quiet")), (422, vec![code.to_owned()]), "{who} {act} {name}");
    }
    for (who, act) in [("wang", "acknowledge"), ("jian", "sign"), ("guard", "acknowledge"), ("engineer", "acknowledge")] {
        assert_eq!(site.post(who, &format!("{at}/{act}"), &typed(who)).await.status, 403, "{who} {act}");
    }
    assert_eq!(site.post("stranger", &format!("{at}/acknowledge"), &typed("stranger")).await.status, 404);
    for (who, act) in [("wang", "sign"), ("li", "sign"), ("jian", "acknowledge")] {
        assert_eq!(site.post(who, &format!("{at}/{act}"), &typed(who)).await.status, 303, "{who} {act}");
    }
    assert_eq!(site.post("li", &format!("{at}/sign"), &typed("li")).await.texts(".summary .quiet"), ["V-147"]);
    assert!(site.get("jian", at).await.body.contains("shown at the crane"));
    let mut conn = site.site.reader().await.unwrap();
    let kept = conn.rows("SELECT payload FROM fact WHERE kind IN ('inspections.signed/1', 'inspections.acknowledged/1') ORDER BY number", &[]).await.unwrap();
    let kept: Vec<String> = kept.iter().map(|row| row.text(0).unwrap()).collect();
    assert_eq!(kept, ["{}", "{}", "{\"content\":\"shown at the crane\"}"], "no name is in the ledger");
    drop(conn);
    let conclude = [("verdict", "grave"), ("conclusion", "No crane works until there is a scheme")];
    assert_eq!(site.post("wang", &format!("{at}/conclude"), &[("verdict", "sound"), ("conclusion", "fine")]).await.texts(".summary .quiet"), ["V-122"]);
    assert_eq!(site.post("wang", &format!("{at}/conclude"), &conclude).await.status, 303);
    // The letter names who stands by it and what the inspected party said.
    let letter = site.get("jian", &format!("{at}/paper/docx")).await;
    let mut letter = zip::ZipArchive::new(std::io::Cursor::new(letter.bytes)).unwrap();
    let letter = std::io::read_to_string(letter.by_name("word/document.xml").unwrap()).unwrap();
    for (name, what) in [("wang", "现场签名"), ("li", "现场签名"), ("jian", "被检查方确认"), ("wang", "作出结论")] {
        let cells = letter.split("<w:tr>").filter(|row| row.contains(&format!(">{name}<")) && row.contains(what));
        assert_eq!(cells.filter(|row| row.contains("2026-11-23 09:")).count(), 1, "{name} {what}: {letter}");
    }
    assert!(letter.contains("shown at the crane") && !letter.contains("现场无人签名"));
    for format in ["pdf", "docx"] {
        assert_eq!(site.get("jian", &format!("{at}/paper/{format}")).await.status, 200);
        assert_eq!(site.get("stranger", &format!("{at}/paper/{format}")).await.status, 404);
    }
    // Received, objected to, answered by somebody who took no part; the chief sent the inspectors and may not.
    assert_eq!(site.post("office", &format!("{at}/receive"), &[("paper", "")]).await.texts(".summary .quiet"), ["V-123"]);
    assert_eq!(site.post("jian", &format!("{at}/receive"), &[]).await.status, 303);
    assert!(site.get("jian", at).await.body.contains("2026-12-23"), "thirty days from receipt");
    advance(&site, (24 * 30).hours());
    assert_eq!(site.post("jian", &format!("{at}/object"), &[("objection", "The scheme was in the office")]).await.status, 303);
    let answer = [("upheld", "yes"), ("reason", "It was not signed")];
    assert_eq!(site.post("chief", &format!("{at}/answer"), &answer).await.texts(".summary .quiet"), ["V-125"]);
    assert_eq!(site.post("office", &format!("{at}/answer"), &answer).await.status, 303);
    // A proposal waits for a leader.
    assert_eq!(site.post("wang", &format!("{at}/propose"), &[("consequence", "criticise"), ("reason", "twice")]).await.status, 303);
    assert_eq!(site.post("office", &format!("{at}/settle"), &[("approved", "yes"), ("reason", "so be it")]).await.status, 403);
    assert_eq!(site.post("chief", &format!("{at}/settle"), &[("approved", "yes"), ("reason", "so be it")]).await.status, 303);
    // Put right, and looked at by another inspector: sent back, then closed.
    let again = |done: &'static str| [("found", "finding-01"), ("done", done), ("finding", "seen at the crane")];
    assert_eq!(site.post("zhao", &format!("{at}/reinspect"), &again("yes")).await.texts(".summary .quiet"), ["V-128"]);
    assert_eq!(site.post("jian", "/orders/finding-01-order/sign", &[]).await.status, 303);
    let report = [("outcome", "scheme signed"), ("evidence", "scheme 7")];
    assert_eq!(site.post("jian", "/orders/finding-01-order/report", &report).await.status, 303);
    assert_eq!(site.post("wang", &format!("{at}/reinspect"), &again("yes")).await.texts(".summary .quiet"), ["V-127"]);
    assert_eq!(site.post("partial", &format!("{at}/reinspect"), &again("yes")).await.status, 403, "nor whose firm it is");
    assert_eq!(site.post("zhao", &format!("{at}/reinspect"), &again("no")).await.status, 303);
    assert_eq!(site.get("jian", "/orders/finding-01-order").await.texts("h1 ~ .lamp").len(), 1);
    assert_eq!(site.post("jian", "/orders/finding-01-order/report", &report).await.status, 303);
    assert_eq!(site.post("zhao", &format!("{at}/reinspect"), &again("yes")).await.status, 303);
    assert_eq!(site.get("chief", "/orders?show=ended").await.texts("tbody td:first-child"), ["No scheme for the tower crane"]);
    for form in ["", "?form=xlsx"] {
        assert_eq!(site.get("jian", &format!("/inspections{form}")).await.status, 200);
    }
    assert_eq!(site.get("jian", "/inspections/rules").await.status, 200);
    assert_eq!(site.get("stranger", at).await.status, 404);
    site
});

on_both_databases!(a_draw_is_opened_with_its_last_place_and_nobody_draws_until_it_suits, |site| async move {
    let site = with_inspectors(crate::features::reports::tests::active(site.with_cast().await).await).await;
    assert_eq!(site.get("guard", "/inspections/draw").await.status, 403, "whoever governs everything draws");
    assert_eq!(site.get("office", "/inspections/draw").await.texts("tbody tr").len(), 1, "the project that is active");
    let lots = |count: &'static str| [("request_id", "draw-0001"), ("count", count), ("last_day", "2026-11-25")];
    assert_eq!(site.post("office", "/inspections/draw", &lots("0")).await.texts(".summary .quiet"), ["V-109"]);
    for _ in 0..2 {
        assert_eq!(site.post("office", "/inspections/draw", &lots("3")).await.status, 303, "sent twice it is drawn once");
    }
    timers::once(&site.site).await.unwrap();
    assert_eq!(site.get("office", "/inspections").await.texts("#sealed li").len(), 1);
    assert_eq!(site.get("office", "/inspections/draws/draw-0001").await.status, 404, "sealed with its places");
    for (who, status) in [("office", 200), ("wang", 200), ("guard", 200), ("jian", 404), ("stranger", 404)] {
        assert_eq!(site.get(who, "/inspections/doubts").await.status, status, "{who}: a doubt is for who sends or goes");
    }
    // Nobody goes: behind its last day it is opened.
    advance(&site, 72.hours());
    timers::once(&site.site).await.unwrap();
    let page = site.get("jian", "/inspections/draw-0001-0").await;
    assert_eq!((page.status.as_u16(), page.texts("dl.facts .lamp.good").len()), (200, 2), "{}", page.body);
    let drawn = site.get("office", "/inspections/draws/draw-0001").await;
    assert_eq!((drawn.status.as_u16(), drawn.texts("ol li").len(), drawn.texts("p .lamp.good").len()), (200, 1, 1));
    assert!(!drawn.texts("ol li")[0].contains("partial"), "who has an interest was not drawn");
    assert_eq!(site.get("jian", "/inspections/draws/draw-0001").await.status, 404, "it speaks of other projects too");
    // Declared, an interest keeps a person from being sent.
    assert_eq!(site.post("wang", "/inspections", &[("project", "ours")]).await.status, 303);
    assert_eq!(site.post("wang", "/inspections", &[("project", "ours")]).await.texts(".summary .quiet"), ["V-131"]);
    let plan = site.post("chief", "/inspections/new", &plan_with(&[("last_day", "2026-12-01")])).await;
    assert_eq!(plan.texts(".summary .quiet"), ["V-104"]);
    site
});

on_both_databases!(a_year_is_planned_by_leaders_and_counted_without_telling, |site| async move {
    let site = with_inspectors(site.with_cast().await).await;
    let year = |visits: &'static str| [("plan_year", "2026"), ("visits", visits), ("visit_days", "2"), ("reason", "paper 7")];
    for (who, status) in [("office", 403), ("deputy", 403), ("jian", 403), ("admin", 403), ("chief", 303)] {
        assert_eq!(site.post(who, "/inspections/year", &year("1")).await.status, status, "{who}");
    }
    let refused = site.post("chief", "/inspections/year", &year("0")).await;
    assert_eq!((refused.texts(".summary .quiet"), refused.texts("#field-reason")), (vec!["V-146".to_owned()], vec!["paper 7".to_owned()]));
    let count = async |who: &str, page: &str| site.get(who, page).await.texts("table tbody tr td.number");
    assert_eq!(count("chief", "/inspections/new").await, ["0 / 1", "0 / 1"]);
    assert_eq!(site.post("chief", "/inspections/new", &PLAN).await.status, 303);
    // Whoever planned it counts it; nobody else is told of what is sealed.
    assert_eq!(count("chief", "/inspections/new").await, ["1 / 1 已满", "0 / 1"]);
    for who in ["jian", "deputy"] {
        assert_eq!(count(who, "/inspections/year").await, ["0 / 1"], "{who}");
    }
    assert_eq!(count("office", "/inspections/year").await, ["0 / 1", "0 / 1"]);
    let again = |changes: &[(&'static str, &'static str)]| plan_with(&[&[("request_id", "second-plan")], changes].concat());
    let page = site.post("chief", "/inspections/new", &again(&[("site1", "ours-b1")])).await;
    assert_eq!((page.status.as_u16(), page.texts(".summary .quiet")), (422, vec!["V-143".to_owned()]), "a building is of its project");
    let page = site.post("chief", "/inspections/new", &again(&[("site1", "theirs"), ("visit_days", "3")])).await;
    assert_eq!(page.texts(".summary .quiet"), ["V-144"]);
    assert_eq!(site.post("chief", "/inspections/new", &again(&[("site1", "ours-b1"), ("visit_days", "3"), ("beyond", "a collapse")])).await.status, 303);
    timers::once(&site.site).await.unwrap();
    assert_eq!(site.post("wang", "/inspections/second-plan-0/check_in", &[]).await.status, 303);
    let page = site.get("jian", "/inspections/second-plan-0").await;
    assert!(page.texts("dl.facts .lamp.good").len() == 1 && page.body.contains("a collapse"), "{}", page.body);
    assert_eq!(count("jian", "/inspections/year").await, ["1 / 1 已满"], "open it counts for everybody");
    site
});
