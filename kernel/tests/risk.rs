//! Risk: small plans whose probabilities can be told by hand, and the same bytes on any number of threads.

mod reader;

use guatu_kernel::plan::*;
use guatu_kernel::risk::{Cause, Event, Group, Impact, RiskReport, Simulation, risk, risk_among};
use guatu_kernel::{Network, schedule};
use jiff::civil::date;
use reader::text::plan;

const SIMULATION: Simulation = Simulation { iterations: 20_000, seed: 7, threads: 2, correlation: None };

fn simulated(plan: &Plan, simulation: Simulation) -> RiskReport {
    risk(plan, simulation, &mut |_| {})
}

fn triangular(low: i64, likely: i64, high: i64) -> Option<Box<Risk>> {
    Some(Box::new(Risk::Triangular { low: Span::days(low), likely: Span::days(likely), high: Span::days(high) }))
}

fn day(month: i8, day: i8) -> Moment {
    Moment::Day(date(2026, month, day))
}

#[test]
fn without_risk_the_forecast_is_certain() {
    let plan = plan("A 3d\nB 2d\nA -> B FS\nby B 2026-06-05");
    let report = simulated(&plan, SIMULATION);
    assert_eq!(report.milestones[0].probability, 1.0);
    let finish = report.finish.expect("dates");
    assert_eq!([finish.p50, finish.p80, finish.p90].map(Some), [schedule(&plan).finish; 3]);
    assert_eq!(report.diagnostics[0].code, "K-304");
}

#[test]
fn an_expected_finish_is_as_certain_as_the_forecast() {
    let mut plan = plan("A 3d calendar=all\nB 2d expected_finish=2026-06-12\nC 1d\nA -> B\nB -> C\nby C 2026-06-15");
    plan.activities[0].risk = triangular(1, 3, 9);
    plan.activities[1].risk = triangular(1, 2, 30);
    let report = simulated(&plan, SIMULATION);
    assert_eq!((report.milestones[0].probability, report.milestones[0].percentiles.p90), (1.0, day(6, 15)));
}

#[test]
fn an_event_happens_as_often_as_it_should() {
    let mut plan = plan("A 3d calendar=all\nby A 2026-06-03");
    plan.activities[0].risk = Some(Box::new(Risk::Discrete { probability: 0.3, impact: Span::days(4) }));
    let report = simulated(&plan, SIMULATION);
    let milestone = &report.milestones[0];
    assert!((milestone.probability - 0.7).abs() < 0.02, "{}", milestone.probability);
    assert_eq!((milestone.percentiles.p50, milestone.percentiles.p80), (day(6, 3), day(6, 7)));
    assert_eq!(milestone.movers[0].cause, Cause::Activity(0));
    assert_eq!((milestone.movers[0].correlation, milestone.movers[0].swing_days), (1.0, 3.0), "Wednesday to Sunday");
}

#[test]
fn shares_of_a_triangle_are_its_areas() {
    // Of a triangle from 10 over 20 to 30 half lies below the mode, an eighth below 15.
    let mut plan = plan("A 20d calendar=all");
    plan.activities[0].risk = triangular(10, 20, 30);
    for (limit, share) in [(20, 0.549), (15, 0.151), (29, 0.999)] {
        // A day counts from half a day before it to half a day after.
        plan.mandated = vec![Mandate { activity: "A".to_owned(), finish_by: day(6, limit), name: None }];
        let probability = simulated(&plan, SIMULATION).milestones[0].probability;
        assert!((probability - share).abs() < 0.015, "{limit}: {probability}");
    }
}

#[test]
fn the_p80_is_not_exceeded_by_four_fifths() {
    let mut plan =
        plan("A 20d calendar=all\nB 15d calendar=all\nC 5d calendar=all\nA -> C FS\nB -> C FS\nby C 2026-06-30");
    for activity in &mut plan.activities {
        activity.risk =
            Some(Box::new(Risk::Pert { low: Span::days(4), likely: activity.duration, high: Span::days(40) }));
    }
    let p80 = simulated(&plan, SIMULATION).milestones[0].percentiles.p80;
    let kept_by = |on: Moment| {
        let mut plan = plan.clone();
        plan.mandated[0].finish_by = on;
        simulated(&plan, SIMULATION).milestones[0].probability
    };
    assert!(kept_by(p80) >= 0.8);
    assert!(kept_by(Moment::Day(p80.date().yesterday().expect("not the first day of time"))) < 0.8);
}

#[test]
fn of_two_equal_paths_each_is_critical_half_of_the_time() {
    let mut plan = plan(
        "A 20d calendar=all\nB 20d calendar=all\nC 1d calendar=all\nD 2d calendar=all\nA -> C FS\nB -> C FS\nD -> C FS",
    );
    for at in [0, 1, 3] {
        plan.activities[at].risk = if at == 3 { triangular(1, 2, 3) } else { triangular(1, 30, 59) };
    }
    let report = simulated(&plan, SIMULATION);
    let of = |at: usize| report.activities[at].expect("it moves");
    for at in [0, 1] {
        assert!((of(at).criticality - 0.51).abs() < 0.03, "{}", of(at).criticality);
        assert!(of(at).cruciality.expect("uncertain") > 0.4);
    }
    assert_eq!((of(2).criticality, of(2).cruciality), (1.0, None));
    assert!(of(3).criticality < 0.01 && of(3).cruciality.expect("uncertain") < 0.1);
}

#[test]
fn correlation_widens_the_end() {
    let mut plan = plan("A 20d\nB 20d\nC 20d\nD 20d\nA -> B FS\nB -> C FS\nC -> D FS");
    for activity in &mut plan.activities {
        activity.place = Some("one".to_owned());
        activity.risk = Some(Box::new(Risk::Lognormal { p50: Span::days(20), p90: Span::days(40) }));
    }
    let free = simulated(&plan, SIMULATION).finish.expect("dates");
    let correlation = Some((Group::Place, 0.9));
    let tied = simulated(&plan, Simulation { correlation, ..SIMULATION }).finish.expect("dates");
    assert!(tied.p90.date() > free.p90.date(), "{tied:?} {free:?}");
}

#[test]
fn lanes_walk_like_the_schedule() {
    // Every link kind, lags, calendars, hard and soft bounds, an event that always happens: as the schedule says when
    // the impact is written into the duration.
    let text = "A 3d\nB 4d calendar=six\nC 2d calendar=all\nD finish_milestone\nE 5d !fnlt=2026-06-18\nF 1d snet=2026-06-12\n\
                A -> B SS 1d\nB -> C FF 2d\nA -> C SF 3d\nC -> D FS\nB -> E FS -1d\nE -> F FS e2d\nfree 2026-06-08/2026-06-09";
    let mut certain = plan(text);
    let mut uncertain = certain.clone();
    for at in [0, 1, 2, 4] {
        uncertain.activities[at].risk = Some(Box::new(Risk::Discrete { probability: 1.0, impact: Span::days(2) }));
        if let Span::Working { days_e3, .. } = &mut certain.activities[at].duration {
            *days_e3 += 2000;
        }
    }
    let by = |id: &str| Mandate { activity: id.to_owned(), finish_by: day(7, 1), name: None };
    uncertain.mandated = ["A", "B", "C", "D", "E", "F"].map(by).to_vec();
    let dates = schedule(&certain);
    for milestone in simulated(&uncertain, SIMULATION).milestones {
        let finish = dates.activities[milestone.activity].as_ref().expect("dates").early_finish;
        assert_eq!(milestone.percentiles.p50, finish, "{}", certain.activities[milestone.activity].id);
    }
}

#[test]
fn threads_do_not_show() {
    let mut plan = plan("A 20d\nB 15d calendar=six\nC 5d\nA -> C FS\nB -> C SS 2d\nby C 2026-07-10");
    for activity in &mut plan.activities {
        activity.risk = triangular(3, 12, 40);
    }
    let of = |threads, iterations| simulated(&plan, Simulation { threads, iterations, ..SIMULATION });
    for iterations in [1, 15, 16, 17, 1000, 3001] {
        let one = of(1, iterations);
        assert_eq!(one.iterations, iterations);
        for threads in [2, 3, 8, 200] {
            assert_eq!(one, of(threads, iterations), "{threads} threads, {iterations} iterations");
        }
    }
}

#[test]
fn an_event_of_the_register_hits_all_its_activities_at_once() {
    // Two works beside each other: were they hit apart, the date would be lost in 51 of 100 iterations and not in 30.
    let mut plan =
        plan("A 3d calendar=all\nB 3d calendar=all\nC 1d calendar=all\nA -> C FS\nB -> C FS\nby C 2026-06-04");
    let register = [
        Event { probability: 0.3, impacts: vec![Impact::fixed(0, 4), Impact::fixed(1, 2)] },
        Event { probability: 0.5, impacts: Vec::new() },
    ];
    let network = [Network::compile(&plan)];
    let report = risk_among(&plan, &network, &register, SIMULATION, &mut |_| {});
    let milestone = &report.milestones[0];
    assert!((milestone.probability - 0.7).abs() < 0.02, "{}", milestone.probability);
    assert_eq!((milestone.percentiles.p10, milestone.percentiles.p80), (day(6, 4), day(6, 8)));
    assert_eq!((milestone.curve.len(), milestone.curve[49], milestone.curve[99]), (100, day(6, 4), day(6, 8)));
    let [mover] = milestone.movers[..] else { panic!("{:?}", milestone.movers) };
    assert_eq!((mover.cause, mover.swing_days), (Cause::Event(0), 2.0), "Thursday to Monday");
    assert!(mover.correlation > 0.999 && report.activities[0].expect("it moves").cruciality.is_none());
    // Of work of which half is done half is lengthened.
    plan.data_date = Some(day(6, 3));
    for activity in &mut plan.activities[..2] {
        (activity.actual_start, activity.duration) = (Some(day(6, 1)), Span::days(4));
        activity.percent_e3 = Some(50_000);
    }
    let half = risk_among(&plan, &[Network::compile(&plan)], &register, SIMULATION, &mut |_| {});
    assert_eq!(half.milestones[0].curve[99], day(6, 7), "two days left and two more");
}

#[test]
fn an_event_is_mild_or_bad_for_all_its_activities() {
    // From 0 over 10 to 20 days: half of what happens adds ten days or less, an eighth five or less, to each of the two
    // works: were they hit apart, few iterations would add nothing or all of forty days.
    let plan = plan("A 3d calendar=all\nB 3d calendar=all\nA -> B FS\nby B 2026-06-06");
    let impact = |activity| Impact { activity, low: Span::ZERO, likely: Span::days(10), high: Span::days(20) };
    let register = [Event { probability: 0.8, impacts: vec![impact(0), impact(1)] }];
    let report = risk_among(&plan, &[Network::compile(&plan)], &register, SIMULATION, &mut |_| {});
    let curve = &report.milestones[0].curve;
    let added = |percent: usize| (curve[percent - 1].date() - date(2026, 6, 6)).get_days();
    assert_eq!(added(19), 0, "in a fifth it does not happen");
    assert!((9..=11).contains(&added(30)) && (19..=21).contains(&added(60)) && added(100) >= 38, "{curve:?}");
}

#[test]
fn iterations_take_the_weathers_in_turn() {
    let mut plan = plan("A 3d calendar=all\nB 2d calendar=all\nA -> B FS\nby B 2026-06-05");
    let free = Network::compile(&plan);
    let at = |day: i8| date(2026, 6, day).at(0, 0, 0, 0);
    plan.stops = vec![Stop { from: at(2), to: Some(at(4)), level: None, kinds: Vec::new(), source: None }];
    let stopped = Network::compile(&plan);
    let networks = [free.clone(), stopped, free.clone(), free];
    for threads in [1, 2, 3] {
        let report =
            risk_among(&plan, &networks, &[], Simulation { threads, iterations: 6400, ..SIMULATION }, &mut |_| {});
        let milestone = &report.milestones[0];
        assert_eq!((milestone.probability, milestone.percentiles.p50), (0.75, day(6, 5)));
        assert_eq!(milestone.curve[99], day(6, 7));
    }
}
