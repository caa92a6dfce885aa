//! Arrow diagrams: textbook networks as tables of their arrows, and random plans against their own precedences and floats.

mod reader;

use guatu_kernel::Schedule;
use guatu_kernel::drawing::{self, ArrowDiagram, ArrowKind, Climb, Layout, Untold, lay_out, meetings};
use guatu_kernel::plan::*;
use guatu_kernel::schedule;
use proptest::prelude::*;
use reader::text::plan;
use std::collections::BTreeSet;

/// A diagram of a plan that is no tangle.
fn arrow_diagram(plan: &Plan, schedule: &Schedule, is_drawn: impl Fn(usize) -> bool) -> ArrowDiagram {
    drawing::arrow_diagram(plan, schedule, is_drawn).expect("few links")
}

/// A plan's diagram with its rows, works of every day unless they say otherwise.
fn drawn(text: &str) -> (Plan, ArrowDiagram, Layout) {
    let mut plan = plan(text);
    plan.calendar = Some("all".into());
    let diagram = arrow_diagram(&plan, &schedule(&plan), |_| true);
    let layout = lay_out(&diagram, 2.0);
    (plan, diagram, layout)
}

/// Arrows as `A 1-2 3d`, a wave as `~2`, critical ones with `!`; `B/1` is the first part of a work, `wait` and `dummy` the rest.
fn arrows(text: &str) -> Vec<String> {
    let (plan, diagram, layout) = drawn(text);
    let mut found: Vec<(u32, u32, String)> = Vec::new();
    for arrow in &diagram.arrows {
        let (tail, head) = (layout.numbers[arrow.tail], layout.numbers[arrow.head]);
        let name = match arrow.kind {
            ArrowKind::Work { activity, parts: 1, .. } => plan.activities[activity].id.clone(),
            ArrowKind::Work { activity, part, .. } => format!("{}/{}", plan.activities[activity].id, part + 1),
            ArrowKind::Waiting { .. } => "wait".into(),
            ArrowKind::Dummy => "dummy".into(),
        };
        let wave = if arrow.wave_days() > 0.0 { format!("~{}", arrow.wave_days()) } else { String::new() };
        let length = if arrow.kind == ArrowKind::Dummy {
            String::new()
        } else {
            format!(" {}d", arrow.solid_day - arrow.from_day)
        };
        let mark = if arrow.is_critical { "!" } else { "" };
        found.push((tail, head, format!("{name} {tail}-{head}{length}{wave}{mark}")));
    }
    found.sort();
    found.into_iter().map(|(_, _, text)| text).collect()
}

#[test]
fn textbook_networks() {
    #[rustfmt::skip]
    let cases: [(&str, &str, &[&str]); 9] = [
        ("a row", "A 3d\nB 2d\nA -> B", &["A 1-2 3d!", "B 2-3 2d!"]),
        ("side by side: twins are parted", "A 3d\nB 2d", &["B 1-2 2d", "A 1-3 3d!", "dummy 2-3~1"]),
        ("apart and together: one dummy, its wave the free float", "A 3d\nB 4d\nC 2d\nD 1d\nA -> B\nA -> C\nB -> D\nC -> D",
            &["A 1-2 3d!", "C 2-3 2d", "B 2-4 4d!", "dummy 3-4~2", "D 4-5 1d!"]),
        ("part of what another waits for: one dummy", "A 3d\nB 2d\nC 2d\nD 4d\nA -> C\nA -> D\nB -> D",
            &["A 1-2 3d!", "B 1-3 2d~1", "dummy 2-3!", "C 2-4 2d~2", "D 3-4 4d!"]),
        ("all wait for all: no dummy", "A 3d\nB 2d\nC 2d\nD 4d\nE 1d\nF 2d\nS 1d\nS -> A\nA -> C\nA -> D\nB -> C\nB -> D\nC -> E\nD -> F",
            &["S 1-2 1d!", "B 1-3 2d~2", "A 2-3 3d!", "C 3-4 2d", "D 3-5 4d!", "E 4-6 1d~3", "F 5-6 2d!"]),
        ("what waits for three waits through the node of two",
            "A 3d\nB 3d\nC 5d\nX 1d\nD 2d\nE 1d\nF 3d\nX -> A\nA -> D\nB -> D\nA -> E\nB -> E\nC -> E\nC -> F",
            &["X 1-2 1d", "B 1-3 3d~1", "C 1-4 5d!", "A 2-3 3d", "dummy 3-5~1", "D 3-6 2d~2", "dummy 4-5", "F 4-6 3d!", "E 5-6 1d~2"]),
        ("the network of the domain notes",
            "A 3d\nB 4d\nC 2d\nD 5d\nE 3d\nF 2d\nA -> B\nA -> C\nB -> D\nB -> E\nC -> E\nD -> F\nE -> F",
            &["A 1-2 3d!", "B 2-3 4d!", "C 2-4 2d~2", "dummy 3-4", "D 3-5 5d!", "E 4-5 3d~2", "F 5-6 2d!"]),
        ("a lag is an arrow of waiting", "A 3d\nB 2d\nA -> B FS 4d", &["A 1-2 3d!", "wait 2-3 4d!", "B 3-4 2d!"]),
        ("works that overlap are parted", "A 6d\nB 6d\nA -> B SS 2d\nA -> B FF 3d",
            &["A/1 1-2 2d!", "dummy 2-3~1", "A/2 2-4 4d!", "B/1 3-4 3d!", "B/2 4-5 3d!"]),
    ];
    for (name, text, expected) in cases {
        assert_eq!(arrows(text), expected, "{name}");
    }
}

#[test]
fn float_paths_begin_with_the_critical_one() {
    let (plan, diagram, _) =
        drawn("A 3d\nB 4d\nC 2d\nD 5d\nE 3d\nF 2d\nA -> B\nA -> C\nB -> D\nB -> E\nC -> E\nD -> F\nE -> F");
    let name = |arrow: &usize| match diagram.arrows[*arrow].kind {
        ArrowKind::Work { activity, .. } => Some(plan.activities[activity].id.as_str()),
        _ => None,
    };
    let told: Vec<(String, f64)> = diagram
        .float_paths(9)
        .iter()
        .map(|path| (path.arrows.iter().filter_map(name).collect::<Vec<_>>().join(" "), path.float_days))
        .collect();
    assert_eq!(told, [("A B D F".to_owned(), 0.0), ("E".to_owned(), 2.0), ("C".to_owned(), 4.0)]);
}

#[test]
fn milestones_are_events_and_what_cannot_be_drawn_is_named() {
    let (plan, diagram, layout) = drawn(
        "A 3d\nM finish_milestone\nB 2d\nH hammock\nX 2d\nZ 1d\nA -> M\nM -> B\nA -> H SS\nH -> B FF\nX -> Z\nX -> B SF -1d",
    );
    let at = |id: &str| plan.activities.iter().position(|one| one.id == id).expect("an id");
    let holds: Vec<f64> =
        diagram.events.iter().filter(|event| event.milestones == [at("M")]).map(|event| event.day).collect();
    assert_eq!(holds, [3.0], "the milestone is the event between A and B");
    assert_eq!(layout.numbers.iter().collect::<BTreeSet<_>>().len(), diagram.events.len());
    assert!(diagram.untold.contains(&Untold::Hammock { activity: at("H") }), "{:?}", diagram.untold);
    assert!(diagram.untold.contains(&Untold::Kind { link: 5 }), "{:?}", diagram.untold);
    // A sheet of part of a plan says that links lead away from it.
    let part = arrow_diagram(&plan, &schedule(&plan), |activity| activity == at("Z"));
    assert_eq!((part.arrows.len(), part.untold.as_slice()), (1, [Untold::Outside { link: 4 }].as_slice()));
    // Dates that go against a link are not drawn against time.
    let (_, against, _) = drawn(
        "data_date 2026-06-08\nA 5d actual_start=2026-06-03\nB 3d actual_start=2026-06-01 actual_finish=2026-06-02\nA -> B",
    );
    assert_eq!(against.untold, [Untold::Against { link: 0 }]);
    assert!(arrow_diagram(&plan, &schedule(&plan), |_| false).events.is_empty());
}

#[test]
fn days_that_nobody_works_are_no_float() {
    // 2026-06-01 is a Monday: A ends on a Friday, B begins on the Monday after.
    let mut plan = plan("A 5d\nB 2d\nC 1d\nA -> B\nC -> B");
    let of = |plan: &Plan| -> Vec<(f64, f64)> {
        arrow_diagram(plan, &schedule(plan), |_| true)
            .arrows
            .iter()
            .map(|arrow| (arrow.solid_day, arrow.wave_days()))
            .collect()
    };
    assert_eq!(of(&plan), [(7.0, 0.0), (9.0, 0.0), (1.0, 0.0), (1.0, 6.0)], "C ends at a node of its own");
    // Who works on Saturdays could have gone on.
    plan.activities[0].calendar = Some("all".into());
    assert_eq!(of(&plan)[0], (5.0, 2.0));
}

/// What can be reached from each event, itself included.
fn reach(diagram: &ArrowDiagram) -> Vec<BTreeSet<usize>> {
    let mut reach: Vec<BTreeSet<usize>> = (0..diagram.events.len()).map(|event| BTreeSet::from([event])).collect();
    loop {
        let mut is_same = true;
        for arrow in &diagram.arrows {
            let further = reach[arrow.head].clone();
            let before = reach[arrow.tail].len();
            reach[arrow.tail].extend(further);
            is_same &= reach[arrow.tail].len() == before;
        }
        if is_same {
            return reach;
        }
    }
}

/// What must hold of every diagram: one beginning and one end, numbers that grow along arrows, no twins, no time lost.
fn check(plan: &Plan, diagram: &ArrowDiagram, layout: &Layout) {
    let numbers: BTreeSet<u32> = layout.numbers.iter().copied().collect();
    assert_eq!(numbers.len(), diagram.events.len(), "numbers are unique");
    let mut pairs = BTreeSet::new();
    let mut parts: Vec<Vec<(usize, usize)>> = vec![Vec::new(); plan.activities.len()];
    for arrow in &diagram.arrows {
        assert!(layout.numbers[arrow.tail] < layout.numbers[arrow.head], "{arrow:?}");
        assert!(arrow.from_day <= arrow.solid_day && arrow.solid_day <= arrow.to_day, "{arrow:?}");
        assert_eq!((arrow.from_day, arrow.to_day), (diagram.events[arrow.tail].day, diagram.events[arrow.head].day));
        assert!(pairs.insert((arrow.tail, arrow.head)), "two arrows between the same events: {arrow:?}");
        if let ArrowKind::Work { activity, part, .. } = arrow.kind {
            assert_eq!(parts[activity].len(), part, "parts in order, each once");
            // A dummy may stand between two parts where two works are parted at the same two events.
            let follows = |head: usize| {
                head == arrow.tail || diagram.arrows.iter().any(|one| (one.tail, one.head) == (head, arrow.tail))
            };
            assert!(parts[activity].last().is_none_or(|(_, head)| follows(*head)), "parts follow each other");
            parts[activity].push((arrow.tail, arrow.head));
        }
    }
    let is_event = |activity: usize| diagram.events.iter().filter(|event| event.milestones.contains(&activity)).count();
    for (activity, parts) in parts.iter().enumerate() {
        assert_eq!(usize::from(!parts.is_empty()) + is_event(activity), 1, "every work is drawn once");
    }
    let ends = |side: fn(&guatu_kernel::drawing::Arrow) -> usize| {
        let touched: BTreeSet<usize> = diagram.arrows.iter().map(side).collect();
        (0..diagram.events.len()).filter(|event| !touched.contains(event)).count()
    };
    if !diagram.arrows.is_empty() {
        assert_eq!((ends(|arrow| arrow.head), ends(|arrow| arrow.tail)), (1, 1), "one beginning, one end");
    }
}

fn random_plan(days: &[i64], pairs: &[(usize, usize, u8, i64)], not_before: &[(usize, i64)]) -> Plan {
    let mut plan = plan("");
    plan.calendar = Some("all".into());
    plan.activities =
        days.iter().enumerate().map(|(at, days)| Activity::task(format!("A{at}"), Span::days(*days))).collect();
    for (from, to, kind, lag) in pairs {
        let (from, to) = (from % days.len(), to % days.len());
        if from < to {
            let kind = [LinkKind::FS, LinkKind::SS, LinkKind::FF, LinkKind::SF][*kind as usize];
            plan.links.push(Link {
                from: format!("A{from}"),
                to: format!("A{to}"),
                kind,
                lag: Span::days(*lag),
                at: None,
            });
        }
    }
    for (at, day) in not_before {
        plan.activities[at % days.len()].constraints = vec![Constraint {
            kind: ConstraintKind::StartNoEarlierThan,
            on: Some(Moment::Day(plan.start.date().saturating_add(jiff::Span::new().days(*day)))),
            is_hard: false,
        }];
    }
    plan
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// After and only after: the diagram has exactly the precedences of the plan, and its waves are the free floats.
    #[test]
    fn a_diagram_says_what_its_plan_says(
        days in prop::collection::vec(1i64..9, 1..11),
        pairs in prop::collection::vec((0usize..11, 0usize..11), 0..24),
        not_before in prop::collection::vec((0usize..11, 0i64..20), 0..3),
    ) {
        let pairs: Vec<_> = pairs.into_iter().map(|(from, to)| (from, to, 0, 0)).collect();
        let plan = random_plan(&days, &pairs, &not_before);
        let computed = schedule(&plan);
        let diagram = arrow_diagram(&plan, &computed, |_| true);
        check(&plan, &diagram, &lay_out(&diagram, 0.5));
        prop_assert_eq!(&diagram.untold, &[]);
        let count = days.len();
        let mut after = vec![vec![false; count]; count];
        let at = |id: &str| plan.activities.iter().position(|one| one.id == id).expect("an id");
        plan.links.iter().for_each(|link| after[at(&link.from)][at(&link.to)] = true);
        for via in 0..count {
            for from in 0..count {
                for to in 0..count {
                    after[from][to] |= after[from][via] && after[via][to];
                }
            }
        }
        let reach = reach(&diagram);
        let works: Vec<_> = diagram.arrows.iter().filter(|arrow| matches!(arrow.kind, ArrowKind::Work { .. })).collect();
        for (from, one) in works.iter().enumerate() {
            for (to, other) in works.iter().enumerate() {
                prop_assert_eq!(reach[one.head].contains(&other.tail), after[from][to], "A{} before A{}", from, to);
            }
            let dates = computed.activities[from].as_ref().expect("dates");
            prop_assert_eq!(one.solid_day - one.from_day, days[from] as f64);
            prop_assert!(!not_before.is_empty() || one.is_critical == dates.is_critical, "critical A{}", from);
            prop_assert_eq!(Some(diagram.float_days(from)), dates.free_float_days, "free float of A{}", from);
        }
        let floats = diagram.total_floats();
        for (at, _) in works.iter().enumerate() {
            let dates = computed.activities[at].as_ref().expect("dates");
            prop_assert_eq!(Some(floats[at]), dates.total_float_days, "total float of A{}", at);
        }
        let paths = diagram.float_paths(usize::MAX);
        prop_assert!(paths.windows(2).all(|pair| pair[0].float_days <= pair[1].float_days), "{:?}", paths);
        let mut strung: Vec<usize> = paths.iter().flat_map(|path| path.arrows.iter().copied()).collect();
        for path in &paths {
            prop_assert!(path.arrows.windows(2).all(|pair| diagram.arrows[pair[0]].head == diagram.arrows[pair[1]].tail));
        }
        strung.sort_unstable();
        prop_assert_eq!(strung, (0..diagram.arrows.len()).collect::<Vec<_>>(), "every arrow is in one path");
        // Never more dummies than a dummy for each precedence would be.
        prop_assert!(diagram.arrows.len() - works.len() <= plan.links.len() + 2 * count);
    }

    /// Whatever links there are: a sound diagram, each link in it or named.
    #[test]
    fn links_of_all_kinds_are_drawn_or_named(
        days in prop::collection::vec(0i64..9, 1..12),
        pairs in prop::collection::vec((0usize..12, 0usize..12, 0u8..4, -4i64..7), 0..20),
        not_before in prop::collection::vec((0usize..12, 0i64..20), 0..3),
        is_week in any::<bool>(),
    ) {
        let mut plan = random_plan(&days, &pairs, &not_before);
        if is_week {
            plan.activities.iter_mut().step_by(2).for_each(|one| one.calendar = Some("mf".into()));
        }
        let diagram = arrow_diagram(&plan, &schedule(&plan), |_| true);
        check(&plan, &diagram, &lay_out(&diagram, 0.5));
        let reach = reach(&diagram);
        let tail = |id: &str, is_head: bool| {
            let mut of = diagram.arrows.iter().filter(|arrow| matches!(arrow.kind, ArrowKind::Work { activity, .. } if plan.activities[activity].id == id));
            if is_head { of.next_back().map(|arrow| arrow.head) } else { of.next().map(|arrow| arrow.tail) }
        };
        for (at, link) in plan.links.iter().enumerate().filter(|(_, link)| link.kind == LinkKind::FS && link.lag == Span::ZERO) {
            if let (Some(from), Some(to)) = (tail(&link.from, true), tail(&link.to, false)) {
                prop_assert!(reach[from].contains(&to) || diagram.untold.contains(&Untold::Against { link: at }), "{:?}", link);
            }
        }
    }
}

/// Ten towers of thirty works each, tied to their neighbours: as large as a sheet may be.
fn three_hundred() -> Plan {
    let mut text = String::new();
    let mut seed = 7u64;
    let mut next = |most: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % most
    };
    for tower in 0..10 {
        for work in 0..30 {
            text.push_str(&format!("T{tower}W{work} {}d\n", 5 + next(40)));
            if work > 0 {
                text.push_str(&format!(
                    "T{tower}W{} -> T{tower}W{work}\n",
                    work - 1 - next(work.min(3) as u64) as usize
                ));
                if next(5) == 0 {
                    text.push_str(&format!("T{tower}W{} -> T{tower}W{work}\n", next(work as u64)));
                }
            }
            if tower > 0 && next(12) == 0 {
                text.push_str(&format!("T{}W{work} -> T{tower}W{work}\n", tower - 1));
            }
        }
    }
    let mut plan = plan(&text);
    plan.calendar = Some("all".into());
    plan
}

#[test]
fn three_hundred_works_have_few_crossings() {
    let plan = three_hundred();
    let diagram = arrow_diagram(&plan, &schedule(&plan), |_| true);
    let days = diagram.events.iter().map(|event| event.day).fold(0.0, f64::max);
    let layout = lay_out(&diagram, days / 150.0);
    check(&plan, &diagram, &layout);
    // The naive drawing: a row each, in the order of the plan.
    let arrow_rows: Vec<usize> = (0..diagram.arrows.len()).collect();
    let mut event_rows = vec![0; diagram.events.len()];
    for (row, arrow) in diagram.arrows.iter().enumerate().rev() {
        event_rows[arrow.head] = row;
        event_rows[arrow.tail] = row;
    }
    let naive = Layout {
        event_rows,
        row_count: arrow_rows.len(),
        arrow_rows,
        is_level: layout.is_level.clone(),
        numbers: layout.numbers.clone(),
    };
    let (found, naive) = (layout.crossings(&diagram), naive.crossings(&diagram));
    println!(
        "{} events, {} arrows, {} rows, {found} crossings against {naive}",
        diagram.events.len(),
        diagram.arrows.len(),
        layout.row_count
    );
    assert!(found * 10 < naive, "{found} crossings, {naive} in the order of the plan");
    assert_eq!(layout, lay_out(&diagram, days / 150.0), "the same each time");
}

#[test]
fn crews_meet_where_the_order_forbids_it() {
    let climb = |from: f64, to: f64| Climb { points: vec![(from, 0.0), (to, 10.0)], floors: 10, is_down: false };
    let down = |from: f64, to: f64| Climb { is_down: true, ..climb(from, to) };
    let resting =
        Climb { points: vec![(0.0, 0.0), (10.0, 5.0), (30.0, 5.0), (40.0, 10.0)], floors: 10, is_down: false };
    #[rustfmt::skip]
    let cases = [
        ("side by side", climb(0.0, 20.0), climb(2.0, 22.0), None),
        ("a beat too early", climb(0.0, 20.0), climb(1.0, 21.0), Some((1, 10, 1.0, 20.0))),
        ("faster, and behind", climb(0.0, 40.0), climb(22.0, 42.0), None),
        ("faster, and catching up", climb(0.0, 40.0), climb(12.0, 32.0), Some((6, 10, 22.0, 40.0))),
        ("begun far too early, then overtaken", climb(0.0, 20.0), climb(0.0, 60.0), Some((1, 1, 0.0, 2.0))),
        ("wholly before", climb(50.0, 60.0), climb(0.0, 10.0), Some((1, 10, 0.0, 60.0))),
        ("from the roof down, after", climb(0.0, 20.0), down(20.0, 40.0), None),
        ("from the roof down, too early", climb(0.0, 20.0), down(16.0, 36.0), Some((10, 10, 16.0, 20.0))),
        ("a crew that rests keeps only the floor it is on", resting.clone(), climb(1.5, 26.5), Some((1, 1, 1.5, 2.0))),
        ("a crew that rests has not come to the next floor", climb(0.0, 20.0), resting, Some((1, 5, 0.0, 10.0))),
    ];
    for (name, first, second, expected) in cases {
        let found = meetings(&[first.clone(), second.clone()], &[(0, 1)]);
        let told = found.first().map(|one| (one.low_floor, one.high_floor, one.from_day, one.to_day));
        assert_eq!(told, expected, "{name}: {found:?}");
        assert_eq!(meetings(&[first, second], &[]), [], "{name}: without an order nothing is forbidden");
    }
}

#[test]
fn a_tangle_is_refused_and_what_is_not_ends_soon() {
    // Every second work waits for a part of all others: no two for the same.
    let tangle = |count: usize, step: usize| {
        let mut text: String = (0..count).map(|at| format!("A{at} {}d\nB{at} 3d\n", 1 + at % 7)).collect();
        for from in 0..count {
            for to in (0..count).filter(|to| (from * to + to / 3) % step == 0) {
                text.push_str(&format!("A{from} -> B{to}\n"));
            }
        }
        plan(&text)
    };
    let large = tangle(150, 2);
    assert!(large.links.len() > 5_000);
    assert_eq!(drawing::arrow_diagram(&large, &schedule(&large), |_| true), None);
    let small = tangle(60, 5);
    let diagram = arrow_diagram(&small, &schedule(&small), |_| true);
    check(&small, &diagram, &lay_out(&diagram, 0.2));
}
