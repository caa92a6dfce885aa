//! Rules of inspections as tables: draws and scores, what was sealed and is opened, years, every refusal.

use super::checklists::{self, checklist, outcome};
use super::doubts::{Paces, doubts};
use super::draw::{Candidate, Drawing, Eligible, RULES, draw};
use super::known::*;
use super::model::*;
use super::planning::*;
use super::sealing::*;
use super::store;
use crate::features::orders::model::Stage as OrderStage;
use crate::features::plan::store::Pace;
use crate::features::reports::store::{Done, Labour};
use crate::journal::domain::{Actor, Context};
use crate::testing::NOW;
use guatu_ledger::hash::Hash;
use guatu_ledger::tree::{inclusion_proof, root};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use std::collections::{BTreeMap, BTreeSet};
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
    let one = outcome(checklist("safety_duty").unwrap(), &BTreeMap::from([("scheme".into(), 9)])).unwrap();
    assert_eq!((one.scored, one.items), (1, 10), "one of ten says so");
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
                Labour { report: "r".into(), building: "b".into(), on, hands: Some(numbers[1]), machines: numbers[2], moved: numbers[3], overruled: numbers[4], ..Labour::default() }
            })
            .collect();
        let found: Vec<String> = doubts(&labour, &Paces::new(), &RULES.doubt)
            .iter()
            .map(|one| format!("{} {} {} {} {}", one.rule.name(), one.on.day(), one.days, one.hands.unwrap(), one.works))
            .collect();
        assert_eq!(found.join(", "), expected, "{why}");
    }
    let two = |building: &str| (16..=18).map(|day| Labour { report: "r".into(), building: building.into(), on: date(2026, 11, day), hands: Some(3), machines: 0, moved: 0, overruled: 0, ..Labour::default() }).collect::<Vec<_>>();
    assert!(doubts(&[two("a"), two("b")].concat(), &Paces::new(), &RULES.doubt).is_empty(), "another building is another row");
}

#[test]
fn more_than_hands_and_materials_allow_is_doubtful() {
    // Thirty-three floors in 231 days: a floor in seven days by one crew. Fit-out in square metres: ten a day.
    let pace = |name: &str, stage: &str, is_whole, total_e3, days| Pace { name: name.into(), unit: "u".into(), stage: Some(stage.into()), is_whole, total_e3, days };
    let key = |activity: &str| ("ours".to_owned(), activity.to_owned());
    let paces = Paces::from([(key("floors"), pace("floors", "structure", true, 33_000, 231)), (key("fit"), pace("fit", "fit_out", false, 1_000_000, 100))]);
    // Days as `day hands activity done stocks covers`, stocks and covers of rebar/concrete with - for unsaid; the rules with their
    // figures as `rule day days crews most`.
    let cases = [
        ("19 40 floors 0 -/- -/-, 20 40 floors 1 9/9 3/1", "", "a floor a day is finished on some day"),
        ("19 40 floors 0 -/- -/-, 20 40 floors 2 9/9 3/1", "too_fast 20 1 2 1000", "two are not"),
        ("20 1 floors 29 0/0 0/0", "too_fast 20 30 1 13000, no_materials 20 1 1 13000", "one hand in a month, of nothing"),
        ("19 20 fit 0 -/- -/-, 20 20 fit 30 -/- -/-", "", "three times the pace"),
        ("19 20 fit 0 -/- -/-, 20 20 fit 31 -/- -/-", "too_fast 20 1 1 30000", "more than that"),
        ("19 20 fit 0 -/- -/-, 20 21 fit 31 -/- -/-", "", "a second crew"),
        ("18 20 fit 0 -/- -/-, 20 20 fit 31 -/- -/-", "", "two days"),
        ("19 20 floors 0 0/0 0/0, 20 20 floors 1 0/0 -/-", "no_materials 20 2 1 1000", "nothing on both days"),
        ("19 20 floors 0 -/- 0/0, 20 20 floors 1 -/- 0/0", "no_materials 20 2 1 1000", "nothing that lasts"),
        ("19 20 floors 0 5/0 0/0, 20 20 floors 1 0/0 0/0", "", "steel on the day before"),
        ("19 20 floors 0 0/0 0/0, 20 20 floors 1 0/5 0/1", "", "concrete on that day"),
        ("19 20 floors 0 0/0 0/0, 20 20 floors 1 -/0 -/0", "", "unsaid is not nothing"),
        ("19 20 fit 0 0/0 0/0, 20 20 fit 1 0/0 0/0", "", "what is not cast"),
    ];
    for (days, expected, why) in cases {
        let by_kind = |said: &str| -> BTreeMap<String, u32> {
            let kinds = ["rebar", "concrete"].into_iter().zip(said.split('/'));
            kinds.filter_map(|(kind, number)| Some((kind.to_owned(), number.parse().ok()?))).collect()
        };
        let day = |day: &str| {
            let words: Vec<&str> = day.split(' ').collect();
            let done_e3 = words[3].parse::<i64>().unwrap() * 1000;
            let done = if done_e3 > 0 { vec![Done { project: "ours".into(), activity: words[2].into(), done_e3 }] } else { Vec::new() };
            let stock_e3 = by_kind(words[4]).into_iter().map(|(kind, number)| (kind, u64::from(number))).collect();
            let (on, hands, moved) = (date(2026, 11, words[0].parse().unwrap()), words[1].parse().ok(), u32::from(done_e3 > 0));
            Labour { report: "r".into(), building: "b".into(), on, hands, moved, done, stock_e3, cover_days: by_kind(words[5]), ..Labour::default() }
        };
        let labour: Vec<Labour> = days.split(", ").map(day).collect();
        let found = doubts(&labour, &paces, &RULES.doubt);
        let said = found.iter().map(|one| {
            let work = one.work.as_ref().unwrap();
            format!("{} {} {} {} {}", one.rule.name(), one.on.day(), one.days, work.crews, work.most_e3)
        });
        assert_eq!(said.collect::<Vec<_>>().join(", "), expected, "{why}");
    }
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
    let stops = drawn(&drawing, &commitment, date(2026, 11, 30), ("office", ""), &Ground { today: date(2026, 11, 23), ..Ground::default() }).unwrap();
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
            inspect: BTreeMap::from([("ours".to_owned(), people("wang li zhao")), ("theirs".to_owned(), people("wang li")), ("next".to_owned(), people("wang li"))]),
            interested: BTreeMap::from([("ours".to_owned(), people("zhao"))]),
            visited_on: BTreeMap::from([("theirs".to_owned(), date(2026, 11, 3))]),
            planned: BTreeSet::from(["next".to_owned()]),
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
        (plan("next", "wang li", "look", next, " "), "V-153"),
        (plan("next", "wang li", "look", next, "it rained"), "1"),
    ];
    for (at, (came, expected)) in cases.into_iter().enumerate() {
        let text = came.map_or_else(|refused| crate::refusal::Refusal::from(refused).code.to_owned(), |count| count.to_string());
        assert_eq!(text, expected, "case {at}");
    }
    let lots = |count, people| drawn(&drawing("s", count, "ours 10", people), "c", next, ("office", ""), &ground()).map(|stops| stops.len());
    assert_eq!(lots(1, "wang ours, li ours"), Ok(1));
    assert_eq!(lots(1, "wang ours"), Err(Refused::NothingToDraw), "V-108");
    assert_eq!(lots(0, "wang ours, li ours"), Err(Refused::CountOutside { most: "10".into() }), "V-109");
    // Places that would be visited again soon: visited twenty days ago, and planned by whoever draws.
    let pool = drawing("s", 3, "ours 10, theirs 10, next 10", "wang ours theirs next, li ours theirs next");
    let draw_again = |drawing: &Drawing, again| drawn(drawing, "c", next, ("office", again), &ground());
    assert_eq!(draw_again(&pool, " "), Err(Refused::RepeatsInPool { places: "theirs next".into() }), "V-154");
    let stops = draw_again(&pool, "it rained").unwrap();
    let why: BTreeMap<&str, &str> = stops.iter().map(|stop| (stop.place.as_str(), stop.again.as_str())).collect();
    assert_eq!(why, BTreeMap::from([("next", "it rained"), ("ours", ""), ("theirs", "it rained")]), "said of those alone");
    let left = Drawing { candidates: without_repeats(pool.candidates.clone(), &ground()), ..pool };
    assert_eq!(draw_again(&left, "").unwrap().iter().map(|stop| stop.place.as_str()).collect::<Vec<_>>(), ["ours"], "left out, they are not drawn");
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
        may_inspect: ["wang", "li", "zhao", "sun"].contains(&account),
        may_govern: ["office", "second", "chief", "deputy"].contains(&account),
        is_chief: account == "chief",
        may_report: ["jian", "second"].contains(&account),
        is_interested: ["jian", "second", "sun"].contains(&account),
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
        ("wang", State { now, unopened: unopened(Some(opening.clone())), person: Person { is_interested: true, ..person("wang") }, ..State::default() }, check_in(), "V-104"),
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
        // Who declared an interest is recused, and does not speak for the target.
        ("sun", state("sun", DONE), Command::Receive { inspection: at(), paper: String::new() }, "V-111"),
        ("sun", state("sun", RECEIVED), object("no hole"), "V-111"),
        ("sun", state("sun", ""), acknowledge(), "V-111"),
        ("sun", reported("sun", OrderStage::Reported), reinspect(), "V-111"),
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
        ("deputy", state("deputy", "scored wang, found wang, concluded wang, proposed wang"), settle(), "V-111"),
        ("chief", state("chief", "scored wang, found wang, concluded wang, received jian, proposed wang, objected jian"), settle(), "V-155"),
        ("chief", state("chief", "scored wang, found wang, concluded wang, received jian, proposed wang"), settle(), "settled"),
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
    let elsewhere = ["V-101", "V-102", "V-103", "V-106", "V-107", "V-108", "V-109", "V-132", "V-134", "V-135", "V-136", "V-137", "V-138", "V-139", "V-141", "V-143", "V-144", "V-148", "V-149", "V-150", "V-152", "V-153", "V-154", "V-156"];
    let missing: Vec<&&str> = Refused::CODES.iter().filter(|code| !seen.contains(**code) && !elsewhere.contains(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
