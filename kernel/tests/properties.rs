//! Properties over random networks: the walking checker agrees, floats are symmetric, order does not matter, nothing
//! panics, and a proved shortening is the least there is.

mod reader;

use guatu_kernel::plan::*;
use guatu_kernel::risk::{Simulation, risk};
use guatu_kernel::{Concession, Dates, MilestoneFloats, Network, Strength, backward, forward, schedule};
use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;
use reader::text::checked;

/// One activity: days, kind, calendar, constraint, and links to earlier ones.
#[derive(Clone, Debug)]
struct Draw {
    days: i64,
    kind: u8,
    calendar: u8,
    constraint: u8,
    on: i64,
    links: Vec<(usize, u8, i64, bool)>,
    /// After how much more work than the break before, and how long.
    breaks: Vec<(i64, i64)>,
}

fn draw(max_lag: i64) -> impl Strategy<Value = Draw> {
    let link = (0usize..12, 0u8..4, -max_lag..=max_lag, any::<bool>());
    let links = prop::collection::vec(link, 0..3);
    let breaks = prop::collection::vec((1i64..5, 1i64..6), 0..3);
    (0i64..8, 0u8..10, 0u8..3, 0u8..12, 0i64..25, links, breaks).prop_map(
        |(days, kind, calendar, constraint, on, links, breaks)| Draw {
            days,
            kind,
            calendar,
            constraint,
            on,
            links,
            breaks,
        },
    )
}

/// A simulation of what is certain needs no more than one whole block of lanes and a part of another.
const FEW: Simulation = Simulation { iterations: 20, seed: 7, threads: 1, correlation: None };

const KINDS: [LinkKind; 4] = [LinkKind::FS, LinkKind::SS, LinkKind::FF, LinkKind::SF];

fn random_plan(draws: &[Draw], is_simple: bool) -> Plan {
    let mut plan = reader::text::plan("free 2026-06-08/2026-06-09");
    let day = |offset: i64| date(2026, 6, 1).saturating_add(offset.days());
    for (at, draw) in draws.iter().enumerate() {
        let days = if is_simple { draw.days.max(1) } else { draw.days };
        let mut activity = Activity::task(format!("A{at}"), Span::days(days));
        if !is_simple {
            activity.kind = match draw.kind {
                0 => ActivityKind::Milestone,
                1 => ActivityKind::StartMilestone,
                2 => ActivityKind::FinishMilestone,
                _ => ActivityKind::Task,
            };
            activity.calendar = Some(["mf", "six", "all"][draw.calendar as usize].to_owned());
            let kind = match draw.constraint {
                0 => Some(ConstraintKind::StartNoEarlierThan),
                1 => Some(ConstraintKind::FinishNoEarlierThan),
                2 => Some(ConstraintKind::StartNoLaterThan),
                3 => Some(ConstraintKind::FinishNoLaterThan),
                _ => None,
            };
            let on = Some(Moment::Day(day(draw.on)));
            activity.expected_finish = on.filter(|_| draw.constraint == 4);
            activity.constraints = kind.map(|kind| Constraint { kind, on, is_hard: false }).into_iter().collect();
            let mut worked = 0;
            for (more, length) in &draw.breaks {
                worked += more;
                if worked < draw.days {
                    activity.breaks.push(Break { after: Span::days(worked), length: Span::days(*length) });
                }
            }
        }
        plan.activities.push(activity);
        for (from, kind, lag, is_elapsed) in draw.links.iter().filter(|_| at > 0) {
            let lag = if *is_elapsed && !is_simple { Span::Elapsed { minutes: lag * 1440 } } else { Span::days(*lag) };
            let from = format!("A{}", from % at);
            plan.links.push(Link { from, to: format!("A{at}"), kind: KINDS[*kind as usize], lag, at: None });
        }
    }
    plan
}

fn position_of(plan: &Plan, id: &str) -> usize {
    plan.activities.iter().position(|activity| activity.id == id).expect("a known activity")
}

/// Least total shortening, and the least greatest share at that total, by trying every combination; a shortened plan is
/// scheduled from scratch and must meet every date.
fn least_by_trying(plan: &Plan, limits: &[i64], dates: &[(usize, Moment)]) -> Option<(i64, f64)> {
    let mut least: Option<(i64, f64)> = None;
    let mut days = vec![0i64; limits.len()];
    loop {
        let total: i64 = days.iter().sum();
        let share = greatest_share(plan, days.iter().copied().enumerate());
        if least.is_none_or(|least| (total, share) < least) {
            let mut shortened = plan.clone();
            for (activity, less) in shortened.activities.iter_mut().zip(&days) {
                if let Span::Working { days_e3, .. } = &mut activity.duration {
                    *days_e3 -= less * 1000;
                }
            }
            let schedule = schedule(&shortened);
            let met = dates.iter().all(|(at, by)| {
                schedule.activities[*at].as_ref().is_some_and(|dates| dates.early_finish.date() <= by.date())
            });
            if met {
                least = Some((total, share));
            }
        }
        let Some(next) = (0..days.len()).find(|&at| days[at] < limits[at]) else { return least };
        days[..next].fill(0);
        days[next] += 1;
    }
}

fn greatest_share(plan: &Plan, days: impl Iterator<Item = (usize, i64)>) -> f64 {
    let share = |(at, days): (usize, i64)| match plan.activities[at].duration {
        Span::Working { days_e3, .. } => days as f64 / days_e3 as f64,
        _ => 0.0,
    };
    days.map(share).fold(0.0, f64::max)
}

/// The plan with what leads to its mandated activity also worked on some days.
fn worked_on(plan: &Plan, days: &[jiff::civil::Date]) -> Plan {
    let mut worked = plan.clone();
    let mut leads = vec![plan.mandated[0].activity.clone()];
    while let Some(link) = plan.links.iter().find(|link| leads.contains(&link.to) && !leads.contains(&link.from)) {
        leads.push(link.from.clone());
    }
    for calendar in &plan.calendars {
        let mut more = Calendar { id: format!("{} and rest days", calendar.id), ..calendar.clone() };
        let exception =
            |day: &jiff::civil::Date| CalendarException { from: *day, to: *day, work: DayWork::Usual, name: None };
        more.exceptions.extend(days.iter().map(exception));
        worked.calendars.push(more);
    }
    for activity in worked.activities.iter_mut().filter(|one| leads.contains(&one.id) && one.kind == ActivityKind::Task)
    {
        activity.calendar = activity.calendar.as_ref().map(|id| format!("{id} and rest days"));
    }
    worked
}

#[test]
fn a_plan_without_a_calendar_is_walked_monday_to_friday() {
    let mut plan = reader::text::plan("A 7d\nB 2d\nA -> B FS");
    plan.calendars.clear();
    plan.calendar = None;
    checked(&plan);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::default() })]

    /// Early dates, drivers and both floats equal what walking day by day gives.
    #[test]
    fn walking_agrees(draws in prop::collection::vec(draw(3), 1..9), lag_calendar in 0u8..4) {
        let mut plan = random_plan(&draws, false);
        plan.options.lag_calendar = [LagCalendar::Predecessor, LagCalendar::Successor, LagCalendar::Project, LagCalendar::Elapsed][lag_calendar as usize];
        checked(&plan);
    }

    /// In one calendar with FS links alone, the longest path by brute force is the project's length, and the float of
    /// each activity is what its longest path leaves.
    #[test]
    fn early_dates_are_longest_paths(draws in prop::collection::vec(draw(0), 1..8)) {
        let mut plan = random_plan(&draws, true);
        for link in &mut plan.links {
            link.kind = LinkKind::FS;
        }
        for activity in &mut plan.activities {
            activity.calendar = Some("all".to_owned());
        }
        let lengths: Vec<i64> = draws.iter().map(|draw| draw.days.max(1)).collect();
        let links: Vec<(usize, usize)> = plan.links.iter().map(|l| (position_of(&plan, &l.from), position_of(&plan, &l.to))).collect();
        fn before(at: usize, lengths: &[i64], links: &[(usize, usize)]) -> i64 {
            links.iter().filter(|link| link.1 == at).map(|link| before(link.0, lengths, links) + lengths[link.0]).max().unwrap_or(0)
        }
        fn after(at: usize, lengths: &[i64], links: &[(usize, usize)]) -> i64 {
            lengths[at] + links.iter().filter(|link| link.0 == at).map(|link| after(link.1, lengths, links)).max().unwrap_or(0)
        }
        let schedule = checked(&plan);
        let simulated = risk(&plan, FEW, &mut |_| {});
        let length = (0..lengths.len()).map(|at| after(at, &lengths, &links)).max().unwrap_or(0);
        for (at, dates) in schedule.activities.iter().enumerate() {
            let dates = dates.as_ref().expect("no errors");
            let start = before(at, &lengths, &links);
            prop_assert_eq!(dates.early_start.date(), date(2026, 6, 1).saturating_add(start.days()));
            let float = length - start - after(at, &lengths, &links);
            prop_assert_eq!(dates.total_float_days, Some(float as f64));
            let criticality = simulated.activities[at].map(|risk| risk.criticality);
            prop_assert_eq!(criticality, Some(if float == 0 { 1.0 } else { 0.0 }), "A{}", at);
        }
    }

    /// The lanes of a simulation walk as the schedule does: an event that always happens moves each date as far as its days
    /// written into the duration.
    #[test]
    fn simulated_dates_are_scheduled_dates(draws in prop::collection::vec(draw(3), 1..14), impact in 0i64..40) {
        let mut certain = random_plan(&draws, false);
        let mut uncertain = certain.clone();
        for (at, draw) in draws.iter().enumerate().filter(|(_, draw)| draw.days > 0) {
            let activity = &mut uncertain.activities[at];
            if activity.kind == ActivityKind::Task && activity.expected_finish.is_none() {
                activity.risk = Some(Box::new(Risk::Discrete { probability: 1.0, impact: Span::days(impact) }));
                certain.activities[at].duration = Span::days(draw.days + impact);
            }
        }
        let by = |activity: &Activity| Mandate { activity: activity.id.clone(), finish_by: Moment::Day(date(2027, 1, 1)), name: None };
        uncertain.mandated = uncertain.activities.iter().map(by).collect();
        let dates = schedule(&certain);
        for milestone in risk(&uncertain, FEW, &mut |_| {}).milestones {
            let finish = dates.activities[milestone.activity].as_ref().map(|dates| dates.early_finish);
            prop_assert_eq!(Some(milestone.percentiles.p50), finish, "A{}", milestone.activity);
        }
    }

    /// The order of activities and links in the file does not change a date, and the same plan gives the same answer.
    #[test]
    fn order_does_not_matter(draws in prop::collection::vec(draw(3), 1..14), turn in 0usize..14) {
        let plan = random_plan(&draws, false);
        let mut turned = plan.clone();
        turned.activities.reverse();
        let by = turn % turned.activities.len();
        turned.activities.rotate_left(by);
        turned.links.reverse();
        let (first, again, other) = (schedule(&plan), schedule(&plan), schedule(&turned));
        prop_assert_eq!(&first, &again);
        prop_assert_eq!(first.finish, other.finish);
        let bare = |dates: &Option<Dates>| dates.clone().map(|dates| Dates { driver: None, ..dates });
        for (at, activity) in plan.activities.iter().enumerate() {
            prop_assert_eq!(bare(&first.activities[at]), bare(&other.activities[position_of(&turned, &activity.id)]));
        }
    }

    /// A proved shortening costs no more than the best of all combinations, and none is missed.
    #[test]
    fn proved_shortening_is_least(draws in prop::collection::vec(draw(2), 3..7), late in 1i64..4) {
        let mut plan = random_plan(&draws, true);
        for activity in &mut plan.activities {
            activity.min_duration = Some(Span::days(match activity.duration {
                Span::Working { days_e3, .. } => (days_e3 / 1000 - 2).max(1),
                _ => 1,
            }));
        }
        let limits: Vec<i64> = draws.iter().map(|draw| (draw.days.max(1) - 1).min(2)).collect();
        let last = plan.activities.last().expect("two or more").id.clone();
        let finish = |at: usize| schedule(&plan).activities[at].clone().expect("no errors").early_finish;
        let at = position_of(&plan, &last);
        let by = Moment::Day(finish(at).date().saturating_sub(late.days()));
        // One in the middle is mandated for its forecast: nothing may make it later.
        let middle = draws.len() / 2;
        let least = least_by_trying(&plan, &limits, &[(at, by), (middle, finish(middle))]);
        let kept = Mandate { activity: plan.activities[middle].id.clone(), finish_by: finish(middle), name: None };
        plan.mandated = vec![Mandate { activity: last, finish_by: by, name: None }, kept];
        let schedule = checked(&plan);
        match schedule.milestones[0].concessions.get(1) {
            Some(Concession::Shorten { days, strength, on }) => {
                prop_assert_eq!(*strength, Strength::Proved);
                prop_assert_eq!(Some((*days, greatest_share(&plan, on.iter().copied()))), least);
                prop_assert!(on.iter().all(|(at, days)| *days <= limits[*at]));
            }
            Some(Concession::NotCurable { .. }) => prop_assert_eq!(least, None),
            other => prop_assert!(least == Some((0, 0.0)), "{:?}", other),
        }
    }

    /// Whatever the calendars, kinds and bounds: a proposed shortening keeps the date when the plan is scheduled anew.
    #[test]
    fn shortening_keeps_the_date(draws in prop::collection::vec(draw(3), 2..12), late in 1i64..5) {
        let mut plan = random_plan(&draws, false);
        plan.options.min_duration_percent_e3 = Some(40_000);
        let at = draws.len() - 1;
        let finish = schedule(&plan).activities[at].clone().expect("no errors").early_finish;
        let by = finish.date().saturating_sub(late.days());
        let activity = plan.activities[at].id.clone();
        plan.mandated = vec![Mandate { activity, finish_by: Moment::Day(by), name: None }];
        if let Some(Concession::Shorten { on, days, .. }) = checked(&plan).milestones[0].concessions.get(1) {
            prop_assert_eq!(*days, on.iter().map(|(_, days)| days).sum::<i64>());
            for (at, less) in on {
                if let Span::Working { days_e3, .. } = &mut plan.activities[*at].duration {
                    *days_e3 -= less * 1000;
                }
            }
            let after = checked(&plan).activities[at].clone().expect("no errors").early_finish;
            prop_assert!(after.date() <= by, "{after:?} is after {by}");
        }
    }

    /// Rest days that are proposed keep the date when they are worked, and no longer when one is left out; where none
    /// are proposed, working on all of them does not keep it.
    #[test]
    fn rest_days_keep_the_date_and_none_is_idle(draws in prop::collection::vec(draw(3), 2..10), late in 1i64..6) {
        let mut plan = random_plan(&draws, false);
        let at = draws.len() - 1;
        let finish = schedule(&plan).activities[at].clone().expect("no errors").early_finish;
        let by = finish.date().saturating_sub(late.days());
        let activity = plan.activities[at].id.clone();
        plan.mandated = vec![Mandate { activity, finish_by: Moment::Day(by), name: None }];
        let concessions = schedule(&plan).milestones[0].concessions.clone();
        let keeps = |days: &[jiff::civil::Date]| {
            let worked = worked_on(&plan, days);
            schedule(&worked).activities[at].clone().expect("no errors").early_finish.date() <= by
        };
        let proposed = concessions.iter().find_map(|one| match one {
            Concession::WorkDays { on, strength } => Some((on, strength)),
            _ => None,
        });
        match proposed {
            Some((on, strength)) => {
                prop_assert!(keeps(on));
                for idle in 0..on.len() {
                    let fewer: Vec<_> = (0..on.len()).filter(|at| *at != idle).map(|at| on[at]).collect();
                    prop_assert!(!keeps(&fewer), "{} is idle", on[idle]);
                }
                prop_assert_eq!(*strength, if on.len() == 1 { Strength::Proved } else { Strength::Irreducible });
            }
            None if !concessions.is_empty() => {
                let first = date(2026, 6, 1);
                let all: Vec<_> = first.series(1.day()).take_while(|day| *day <= by).collect();
                prop_assert!(!keeps(&all));
            }
            None => {}
        }
    }

    /// Added crews are the fewest that keep the date and spare other milestones when the plan is scheduled anew, for every
    /// activity on which the most would do: found by trying each number on each.
    #[test]
    fn added_crews_are_the_fewest(
        draws in prop::collection::vec(draw(3), 3..8),
        rates in prop::collection::vec((1u32..4, 1u32..4, any::<bool>()), 8),
        late in 1i64..5,
    ) {
        let mut plan = random_plan(&draws, false);
        for (activity, (per_day, crews, is_rated)) in plan.activities.iter_mut().zip(&rates) {
            let total = match activity.duration {
                Span::Working { days_e3, .. } => (days_e3 / 1000) as f64 * f64::from(per_day * crews),
                _ => 0.0,
            };
            let per_day = is_rated.then_some(f64::from(*per_day));
            let unit = "floor".to_owned();
            activity.quantity = Some(Box::new(Quantity { total, unit, is_whole: false, per_day, crews: Some(*crews) }));
        }
        let finish = |plan: &Plan, at: usize| schedule(plan).activities[at].clone().expect("no errors").early_finish;
        let (at, middle) = (draws.len() - 1, draws.len() / 2);
        let by = finish(&plan, at).date().saturating_sub(late.days());
        let kept = finish(&plan, middle);
        let mandate = |at: usize, finish_by| Mandate { activity: format!("A{at}"), finish_by, name: None };
        plan.mandated = vec![mandate(at, Moment::Day(by)), mandate(middle, kept)];
        let keeps = |on: usize, added: u32| {
            let (mut more, crews) = (plan.clone(), i64::from(rates[on].1));
            if let (ActivityKind::Task, Span::Working { days_e3, .. }) = (more.activities[on].kind, &mut more.activities[on].duration) {
                let crew_days = *days_e3 / 1000 * crews;
                *days_e3 = -(-crew_days).div_euclid(crews + i64::from(added)) * 1000;
            }
            let anew = schedule(&more);
            let ends = |at: usize| anew.activities[at].as_ref().expect("no errors").early_finish.date();
            ends(at) <= by && ends(middle) <= kept.date()
        };
        let mut fewest = Vec::new();
        // Nobody shortens what people expect to finish on a day, not even when that day is over.
        let may_be_shortened = |on: &usize| plan.activities[*on].expected_finish.is_none();
        for on in (0..draws.len()).filter(may_be_shortened).filter(|on| keeps(*on, 99)) {
            fewest.push((on, (1..=99).find(|added| keeps(on, *added)).expect("99 do")));
        }
        let mut found = Vec::new();
        for concession in &checked(&plan).milestones[0].concessions {
            if let Concession::AddCrews { activity, added, strength, .. } = concession {
                prop_assert_eq!(*strength, Strength::Proved);
                found.push((*activity, *added));
            }
        }
        found.sort_unstable();
        prop_assert_eq!(found, fewest);
    }

    /// Streamed floats are those of the schedule, on any number of threads.
    #[test]
    fn streamed_floats_are_those_of_the_schedule(
        draws in prop::collection::vec(draw(3), 2..12),
        dates in prop::collection::vec((0usize..12, 0i64..40), 1..40),
        threads in 1usize..4,
    ) {
        let mut plan = random_plan(&draws, false);
        let mandate = |(at, on): &(usize, i64)| Mandate {
            activity: format!("A{}", at % draws.len()),
            finish_by: Moment::Day(date(2026, 6, 1).saturating_add(on.days())),
            name: None,
        };
        plan.mandated = dates.iter().map(mandate).collect();
        let network = Network::compile(&plan);
        let passes = backward(&network, forward(&network));
        let keep = |kept: &mut Vec<(usize, usize, f64)>, floats: &MilestoneFloats<'_>| {
            kept.extend(floats.iter().map(|(mandate, days)| (mandate, floats.activity, days)));
        };
        let mut streamed = passes.float_per_milestone(&network, threads, Vec::new, keep).concat();
        streamed.sort_by_key(|(mandate, activity, _)| (*mandate, *activity));
        let outlooks = schedule(&plan).milestones;
        let mut listed: Vec<(usize, usize, f64)> = outlooks
            .iter()
            .flat_map(|one| one.floats.iter().map(|(activity, days)| (one.mandate, *activity, *days)))
            .collect();
        listed.sort_by_key(|(mandate, activity, _)| (*mandate, *activity));
        prop_assert_eq!(streamed, listed);
    }

    /// Whatever is written, nothing panics.
    #[test]
    fn absurd_plans_do_not_panic(
        draws in prop::collection::vec(draw(3), 1..10),
        lengths in prop::collection::vec(any::<i64>(), 10),
        years in prop::collection::vec(-9000i16..9000, 10),
        loops in prop::collection::vec((0usize..10, 0usize..10, any::<i64>()), 0..4),
        is_minute in any::<bool>(),
    ) {
        let mut plan = random_plan(&draws, false);
        plan.granularity = if is_minute { Granularity::Minute } else { Granularity::Day };
        let count = plan.activities.len();
        for (at, activity) in plan.activities.iter_mut().enumerate() {
            if lengths[at] % 3 == 0 {
                activity.duration = Span::Working { days_e3: lengths[at], minutes: lengths[(at + 1) % 10] };
            }
            if years[at] % 4 == 0 {
                activity.start = Some(Moment::Day(date(years[at], 2, 3)));
                activity.deadline = Some(Moment::Day(date(years[(at + 1) % 10], 5, 6)));
            }
            if years[at] % 3 == 0 {
                let total = [0.0, -1.0, f64::MAX, f64::MIN_POSITIVE, f64::NAN, lengths[at] as f64][at % 6];
                let per_day = [None, Some(0.0), Some(f64::MIN_POSITIVE), Some(-3.0), Some(f64::INFINITY)][at % 5];
                let crews = [None, Some(0), Some(u32::MAX)][at % 3];
                activity.quantity = Some(Box::new(Quantity { total, unit: String::new(), is_whole: false, per_day, crews }));
            }
            if lengths[at] % 5 == 0 {
                let length = Span::Working { days_e3: lengths[(at + 2) % 10], minutes: lengths[(at + 3) % 10] };
                activity.breaks = vec![Break { after: Span::days(lengths[at] % 3), length }, Break { after: length, length }];
            }
            if years[at] % 7 == 0 {
                activity.expected_finish = Some(Moment::Day(date(1900 + years[at].rem_euclid(300), 2, 3)));
            }
            if years[at] % 5 == 0 {
                activity.actual_start = Some(Moment::Day(date(1900 + years[at].rem_euclid(300), 2, 3)));
            }
            if lengths[at] % 7 == 0 {
                activity.parent = Some(format!("A{}", lengths[at].unsigned_abs() as usize % count));
            }
        }
        for (from, to, lag) in loops {
            let lag = if lag % 2 == 0 { Span::Elapsed { minutes: lag } } else { Span::Percent { percent_e3: lag } };
            plan.links.push(Link { from: format!("A{from}"), to: format!("A{to}"), kind: LinkKind::SF, lag, at: None });
        }
        plan.mandated = vec![Mandate { activity: "A0".to_owned(), finish_by: Moment::Day(date(2026, 6, 2)), name: None }];
        plan.calendars[2].exceptions = vec![CalendarException { from: date(-9999, 1, 1), to: date(2030, 1, 1), work: DayWork::Free, name: None }];
        let first = schedule(&plan);
        prop_assert_eq!(first.activities.len(), count);
    }
}
