//! Links between bars, float paths and wants of resources: small cases as tables, and random charts against what must hold.

mod reader;

use guatu_kernel::drawing::{Ground, Join, Load, Route, RowBar, loads, route};
use guatu_kernel::plan::*;
use guatu_kernel::{PathOrder, float_paths, schedule};
use proptest::prelude::*;
use reader::text::plan;

const GROUND: Ground = Ground { left: -1_000.0, right: 1_000.0, stub: 1.0 };

/// Spans of bars, or corners of a line.
type Points = &'static [(f64, f64)];

fn bar(from: f64, to: f64) -> Option<RowBar> {
    Some(RowBar { from, to, reach: (from, to), middle: 0.4, top: 0.2 })
}

fn routes(bars: &[(f64, f64)], joins: &[(usize, usize, LinkKind)]) -> Vec<Route> {
    let bars: Vec<_> = bars.iter().map(|(from, to)| bar(*from, *to)).collect();
    let joins: Vec<_> = joins.iter().map(|(from, to, kind)| Join { from: *from, to: *to, kind: *kind }).collect();
    route(&bars, &joins, GROUND)
}

#[test]
fn lines_go_from_the_right_end_to_the_right_end() {
    use LinkKind::{FF, FS, SF, SS};
    #[rustfmt::skip]
    let cases: [(&str, Points, LinkKind, Points); 8] = [
        ("room between: one upright line", &[(0.0, 10.0), (20.0, 30.0)], FS, &[(10.0, 0.4), (11.0, 0.4), (11.0, 1.4), (20.0, 1.4)]),
        ("the day after: down upon it", &[(0.0, 10.0), (10.0, 30.0)], FS, &[(10.0, 0.4), (11.0, 0.4), (11.0, 1.2)]),
        ("before the other has ended: round", &[(0.0, 10.0), (5.0, 30.0)], FS,
            &[(10.0, 0.4), (11.0, 0.4), (11.0, 1.0), (4.0, 1.0), (4.0, 1.4), (5.0, 1.4)]),
        ("start to start: on the left", &[(0.0, 10.0), (5.0, 30.0)], SS, &[(0.0, 0.4), (-1.0, 0.4), (-1.0, 1.4), (5.0, 1.4)]),
        ("finish to finish: on the right", &[(0.0, 10.0), (5.0, 30.0)], FF, &[(10.0, 0.4), (31.0, 0.4), (31.0, 1.4), (30.0, 1.4)]),
        ("start to finish", &[(20.0, 30.0), (0.0, 10.0)], SF, &[(20.0, 0.4), (19.0, 0.4), (19.0, 1.4), (10.0, 1.4)]),
        ("a bar stands in the way of the next row", &[(0.0, 10.0), (8.0, 14.0), (20.0, 30.0)], FS,
            &[(10.0, 0.4), (14.3, 0.4), (14.3, 2.4), (20.0, 2.4)]),
        ("nothing but bars before it: round behind them", &[(0.0, 10.0), (-5.0, 40.0), (12.0, 30.0)], FS,
            &[(10.0, 0.4), (11.0, 0.4), (11.0, 1.0), (-5.3, 1.0), (-5.3, 2.4), (12.0, 2.4)]),
    ];
    for (name, bars, kind, expected) in cases {
        let found = routes(bars, &[(0, bars.len() - 1, kind)]);
        assert_eq!(found[0], expected, "{name}");
    }
    assert_eq!(routes(&[(0.0, 1.0)], &[(0, 0, FS), (0, 7, FS)]), [vec![], vec![]], "no bar, no line");
}

#[test]
fn lines_of_one_end_run_together_and_others_apart() {
    let bars = [(0.0, 10.0), (20.0, 30.0), (20.0, 30.0), (0.0, 10.0), (20.0, 30.0)];
    let found =
        routes(&bars, &[(0, 1, LinkKind::FS), (0, 2, LinkKind::FS), (3, 4, LinkKind::FS), (0, 4, LinkKind::FS)]);
    let upright = |at: usize| found[at][1].0;
    assert_eq!((upright(0), upright(1)), (11.0, 11.0), "a trunk with branches");
    let crossed =
        routes(&[(0.0, 10.0), (0.0, 10.0), (20.0, 30.0), (20.0, 30.0)], &[(0, 2, LinkKind::FS), (1, 3, LinkKind::FS)]);
    assert_ne!(crossed[0][1].0, crossed[1][1].0, "{crossed:?}");
}

/// What must hold of every line: it goes from end to end, only level or upright, and through no bar of another row.
fn check(bars: &[Option<RowBar>], join: Join, route: &Route) {
    let bar = |row: usize| bars[row].expect("a bar");
    let (from, to) = (bar(join.from), bar(join.to));
    let leaves = if matches!(join.kind, LinkKind::FS | LinkKind::FF) { from.to } else { from.from };
    let enters = if matches!(join.kind, LinkKind::FS | LinkKind::SS) { to.from } else { to.to };
    let (first, last) = (route[0], route[route.len() - 1]);
    assert_eq!(first, (leaves, join.from as f64 + from.middle), "{join:?} {route:?}");
    let is_above = last.1 == join.to as f64 + to.top && (enters..=enters + 2.0).contains(&last.0) && last.0 <= to.to;
    assert!(is_above || last == (enters, join.to as f64 + to.middle), "{join:?} {route:?}");
    for pair in route.windows(2) {
        let ((x, y), (next_x, next_y)) = (pair[0], pair[1]);
        assert!(x == next_x || y == next_y, "{route:?}");
        for (row, bar) in bars.iter().enumerate().filter(|(row, _)| *row != join.from && *row != join.to) {
            let Some(bar) = bar else { continue };
            // A bar stands from a fifth of its row down.
            let (top, bottom) = (row as f64 + 0.2, row as f64 + 0.85);
            let is_through = x.max(next_x) > bar.reach.0
                && x.min(next_x) < bar.reach.1
                && y.max(next_y) > top
                && y.min(next_y) < bottom;
            assert!(!is_through, "{join:?} {route:?} goes through row {row}");
        }
    }
}

proptest! {
    /// However bars and links lie: right ends, no foreign bar, and the same lines again.
    #[test]
    fn lines_keep_clear_of_bars(
        spans in prop::collection::vec((0u32..60, 0u32..20, any::<bool>()), 2..14),
        links in prop::collection::vec((0usize..14, 0usize..14, 0usize..4), 0..20),
    ) {
        let row = |(from, days, is_empty): &(u32, u32, bool)| {
            if *is_empty && *days % 5 == 0 { None } else { bar(f64::from(*from), f64::from(from + days)) }
        };
        let bars: Vec<Option<RowBar>> = spans.iter().map(row).collect();
        let kinds = [LinkKind::FS, LinkKind::SS, LinkKind::FF, LinkKind::SF];
        let joins: Vec<Join> = links.iter().map(|(from, to, kind)| Join { from: from % bars.len(), to: to % bars.len(), kind: kinds[*kind] }).collect();
        let found = route(&bars, &joins, GROUND);
        for (join, line) in joins.iter().zip(&found) {
            let has_line = join.from != join.to && bars[join.from].is_some() && bars[join.to].is_some();
            prop_assert_eq!(line.is_empty(), !has_line);
            if has_line {
                check(&bars, *join, line);
            }
        }
        prop_assert_eq!(route(&bars, &joins, GROUND), found);
    }
}

/// Paths as `A B C: 0 -> D < E`: works, float, the work they lead to, the work they follow.
fn paths(text: &str, to: &str, order: PathOrder) -> Vec<String> {
    let mut plan = plan(text);
    plan.calendar = Some("all".into());
    let at = plan.activities.iter().position(|one| one.id == to).expect("an activity");
    let name = |at: usize| plan.activities[at].id.as_str();
    let told = float_paths(&plan, at, order, 9).into_iter().map(|path| {
        let works: Vec<&str> = path.activities.iter().map(|at| name(*at)).collect();
        let joins = path.joins.map(|at| format!(" -> {}", name(at))).unwrap_or_default();
        let leaves = path.leaves.map(|at| format!(" < {}", name(at))).unwrap_or_default();
        format!("{}: {}{joins}{leaves}", works.join(" "), path.float_days)
    });
    told.collect()
}

#[test]
fn float_paths_to_a_date() {
    let notes = "A 3d\nB 4d\nC 2d\nD 5d\nE 3d\nF 2d\nA -> B\nA -> C\nB -> D\nB -> E\nC -> E\nD -> F\nE -> F";
    #[rustfmt::skip]
    let cases: [(&str, String, &str, PathOrder, &[&str]); 9] = [
        ("to its own finish", notes.into(), "F", PathOrder::TotalFloat, &["A B D F: 0", "E: 2 -> F < B", "C: 4 -> E < A"]),
        ("only what leads there", notes.into(), "E", PathOrder::TotalFloat, &["A B E: 0", "C: 2 -> E < A"]),
        ("to a mandated date with room", format!("{notes}\nby F 2026-06-20"), "F", PathOrder::TotalFloat,
            &["A B D F: 6", "E: 8 -> F < B", "C: 10 -> E < A"]),
        ("late", format!("{notes}\nby F 2026-06-10"), "F", PathOrder::TotalFloat, &["A B D F: -4", "E: -2 -> F < B", "C: 0 -> E < A"]),
        ("what is finished no longer leads anywhere",
            "data_date 2026-06-04\nA 3d actual_start=2026-06-01 actual_finish=2026-06-03\nB 2d\nA -> B".into(), "B", PathOrder::TotalFloat, &["B: 0"]),
        ("to what is finished: none", "data_date 2026-06-04\nA 3d actual_start=2026-06-01 actual_finish=2026-06-03".into(), "A", PathOrder::TotalFloat, &[]),
        ("of two ways in the one with less float", "A 2d\nB 5d\nC 1d\nA -> C\nB -> C".into(), "C", PathOrder::TotalFloat, &["B C: 0", "A: 3 -> C"]),
        // Y ends when X ends, but is mandated nowhere: its float is that of what it leads to.
        ("by total float the branch with the least float", "A 4d\nB 1d snet=2026-06-03\nC 2d\nD 6d\nE 1d\nA -> C\nB -> C\nC -> E\nD -> E".into(), "E", PathOrder::TotalFloat,
            &["A C E: 0", "D: 0 -> E", "B: 1 -> C"]),
        ("by free float the branch whose link leaves least", "A 4d\nB 1d snet=2026-06-04\nC 2d\nD 2d\nE 1d\nA -> C\nB -> C\nC -> E\nD -> E".into(), "E", PathOrder::FreeFloat,
            &["A C E: 0", "B: 0 -> C", "D: 4 -> E"]),
    ];
    for (name, text, to, order, expected) in cases {
        assert_eq!(paths(&text, to, order), expected, "{name}");
    }
}

proptest! {
    /// Every activity that leads to the last is in one path, and by total float paths never have less float than those before.
    #[test]
    fn every_work_is_in_one_path(
        days in prop::collection::vec(1i64..9, 1..12),
        pairs in prop::collection::vec((0usize..12, 0usize..12), 0..30),
    ) {
        let mut plan = plan("");
        plan.calendar = Some("all".into());
        plan.activities = days.iter().enumerate().map(|(at, days)| Activity::task(format!("A{at}"), Span::days(*days))).collect();
        for (from, to) in pairs {
            let (from, to) = (from % days.len(), to % days.len());
            if from < to {
                let (from, to) = (format!("A{from}"), format!("A{to}"));
                plan.links.push(Link { from, to, kind: LinkKind::FS, lag: Span::ZERO, at: None });
            }
        }
        let last = days.len() - 1;
        let mut leads = vec![false; days.len()];
        leads[last] = true;
        for at in (0..days.len()).rev() {
            leads[at] |= plan.links.iter().any(|link| link.from == format!("A{at}") && leads[link.to[1..].parse::<usize>().expect("a number")]);
        }
        for order in [PathOrder::TotalFloat, PathOrder::FreeFloat] {
            let found = float_paths(&plan, last, order, usize::MAX);
            let mut strung: Vec<usize> = found.iter().flat_map(|path| path.activities.iter().copied()).collect();
            strung.sort_unstable();
            prop_assert_eq!(strung, (0..days.len()).filter(|at| leads[*at]).collect::<Vec<_>>());
            prop_assert!(found.iter().skip(1).all(|path| path.joins.is_some()));
            let floats: Vec<f64> = found.iter().map(|path| path.float_days).collect();
            prop_assert!(order == PathOrder::FreeFloat || floats.is_sorted(), "{:?}", floats);
        }
    }
}

/// A load as `crew peak 3: 06-01=2 06-03=0 | over 06-01–06-02 (2 days) 3 of 2 by A B`.
fn load(plan: &Plan, load: &Load) -> String {
    let day = |on: jiff::civil::Date| on.strftime("%m-%d").to_string();
    let wanted: Vec<String> = load.wanted.iter().map(|(from, units)| format!("{}={units}", day(*from))).collect();
    let over = load.over.iter().map(|one| {
        let by: Vec<&str> = one.works.iter().map(|(_, at)| plan.activities[*at].id.as_str()).collect();
        format!(
            " | over {}–{} ({} days) {} of {} by {}",
            day(one.from),
            day(one.to),
            one.days,
            one.wanted,
            one.capacity,
            by.join(" ")
        )
    });
    format!("{} peak {}: {}{}", load.resource, load.peak, wanted.join(" "), over.collect::<String>())
}

#[test]
fn wants_of_resources_day_by_day() {
    #[rustfmt::skip]
    let cases: [(&str, &str, &[&str]); 7] = [
        ("nobody is wanted in a break", "A 3d break=1d+4d\nB 2d\nresource crew 1 -\nA needs crew 1\nB needs crew 1",
            &["crew peak 2: 06-01=2 06-02=1 06-03=0 06-08=1 06-10=0 | over 06-01–06-01 (1 days) 2 of 1 by A B"]),
        ("one after the other", "A 3d\nB 2d\nA -> B\nresource crew 2 -\nA needs crew 2\nB needs crew 1", &["crew peak 2: 06-01=2 06-04=1 06-06=0"]),
        ("side by side: too few", "A 3d\nB 2d\nresource crew 2 -\nA needs crew 2\nB needs crew 1",
            &["crew peak 3: 06-01=3 06-03=2 06-04=0 | over 06-01–06-02 (2 days) 3 of 2 by A B"]),
        ("a weekend is not worked, and ends no shortage", "A 6d\nB 6d\nresource crew 1 -\nA needs crew 1\nB needs crew 1",
            &["crew peak 2: 06-01=2 06-06=0 06-08=2 06-09=0 | over 06-01–06-08 (6 days) 2 of 1 by A B"]),
        ("more come later", "A 4d\nB 4d\nresource crew 1 - 2026-06-03=2\nA needs crew 1\nB needs crew 1",
            &["crew peak 2: 06-01=2 06-05=0 | over 06-01–06-02 (2 days) 2 of 1 by A B"]),
        ("nobody wants it", "A 4d\nresource crew 1 -", &[]),
        ("a resource that is none, and a milestone", "A 4d\nM milestone\nresource crew 1 -\nA needs crane 1\nM needs crew 3", &[]),
    ];
    for (name, text, expected) in cases {
        let plan = plan(text);
        let found: Vec<String> = loads(&[(&plan, &schedule(&plan))]).iter().map(|one| load(&plan, one)).collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn plans_of_one_contractor_share_what_has_one_name() {
    let one = plan("A 4d\nresource crew 1 -\nresource pump 1 -\nA needs crew 1\nA needs pump 1");
    let other = plan("B 2d\nC 2d\nB -> C\nresource crew 2 - 2026-06-03=0\nB needs crew 2\nC needs crew 1");
    let found = loads(&[(&one, &schedule(&one)), (&other, &schedule(&other))]);
    let told: Vec<_> =
        found.iter().map(|load| (load.resource.as_str(), load.peak, load.capacity.len(), load.over.len())).collect();
    assert_eq!(
        told,
        [("crew", 3, 2, 1), ("pump", 1, 1, 0)],
        "each within its own in the first days, too few together after"
    );
    let over = &found[0].over[0];
    assert_eq!((over.days, over.wanted, over.capacity, &over.works[..]), (2, 2, 1, &[(0, 0), (1, 1)][..]));
    // What another plan wants of a resource that it does not have is not wanted of this one.
    let stranger = plan("S 2d\nS needs pump 3");
    assert_eq!(loads(&[(&one, &schedule(&one)), (&stranger, &schedule(&stranger))])[1].peak, 1);
}
