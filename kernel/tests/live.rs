//! A live plan equals the plan scheduled from nothing, bit for bit, after every revision of any kind.

mod reader;

use guatu_kernel::plan::*;
use guatu_kernel::{LivePlan, Network, Ripple, forward, schedule};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;

const KINDS: [LinkKind; 4] = [LinkKind::FS, LinkKind::SS, LinkKind::FF, LinkKind::SF];

/// One activity: everything that dates depend on, and links to earlier ones.
#[derive(Clone, Debug)]
struct Draw {
    days: i64,
    kind: u8,
    calendar: u8,
    is_below: bool,
    bound: Bound,
    standing: u8,
    breaks: Breaks,
    mandated: Option<i64>,
    links: Vec<(usize, u8, i64, u8)>,
}

/// Of each break after how much work, and how long; now and then none that can be meant.
type Breaks = Vec<(i64, i64)>;

/// A constraint, and a deadline.
#[derive(Clone, Debug)]
struct Bound {
    constraint: u8,
    is_hard: bool,
    on: i64,
    deadline: Option<i64>,
}

/// A revision: which activity, and what becomes of it.
#[derive(Clone, Debug)]
enum Change {
    Duration(i64),
    Bound(Bound),
    Standing(u8),
    Breaks(Breaks),
    Calendar(u8),
    Kind(u8),
}

fn bound() -> impl Strategy<Value = Bound> {
    (0u8..16, prop::bool::weighted(0.3), -3i64..25, prop::option::weighted(0.2, 0i64..40))
        .prop_map(|(constraint, is_hard, on, deadline)| Bound { constraint, is_hard, on, deadline })
}

fn breaks() -> impl Strategy<Value = Breaks> {
    prop::collection::vec((0i64..7, 0i64..6), 0..3)
}

fn draw() -> impl Strategy<Value = Draw> {
    let links = prop::collection::vec((0usize..20, 0u8..4, -3i64..=3, 0u8..8), 0..4);
    let mandated = prop::option::weighted(0.2, 0i64..40);
    let is_below = prop::bool::weighted(0.3);
    (0i64..8, 0u8..14, 0u8..3, is_below, bound(), (0u8..10, breaks()), mandated, links).prop_map(
        |(days, kind, calendar, is_below, bound, (standing, breaks), mandated, links)| Draw {
            days,
            kind,
            calendar,
            is_below,
            bound,
            standing,
            breaks,
            mandated,
            links,
        },
    )
}

fn change() -> impl Strategy<Value = (usize, Change)> {
    let change = prop_oneof![
        6 => (-2i64..9).prop_map(Change::Duration),
        4 => bound().prop_map(Change::Bound),
        2 => (0u8..10).prop_map(Change::Standing),
        2 => breaks().prop_map(Change::Breaks),
        1 => (0u8..3).prop_map(Change::Calendar),
        1 => (0u8..14).prop_map(Change::Kind),
    ];
    (0usize..20, change)
}

fn day(offset: i64) -> Date {
    date(2026, 6, 1).saturating_add(offset.days())
}

fn set_bound(activity: &mut Activity, bound: &Bound) {
    use ConstraintKind::*;
    let kind = match bound.constraint {
        0 => Some(StartNoEarlierThan),
        1 => Some(FinishNoEarlierThan),
        2 => Some(StartNoLaterThan),
        3 => Some(FinishNoLaterThan),
        4 => Some(StartOn),
        5 => Some(FinishOn),
        6 => Some(AsLateAsPossible),
        _ => None,
    };
    let on = kind.filter(|kind| *kind != AsLateAsPossible).map(|_| Moment::Day(day(bound.on)));
    activity.constraints = kind.map(|kind| Constraint { kind, on, is_hard: bound.is_hard }).into_iter().collect();
    activity.deadline = bound.deadline.map(|offset| Moment::Day(day(offset)));
    activity.expected_finish = (bound.constraint == 7).then(|| Moment::Day(day(bound.on)));
}

/// 0 finished, 1 to 3 begun (a percentage, what remains, interrupted), everything else not begun.
fn set_standing(activity: &mut Activity, standing: u8) {
    (activity.actual_start, activity.actual_finish, activity.percent_e3, activity.remaining) = match standing {
        0 => (Some(Moment::Day(day(0))), Some(Moment::Day(day(2))), None, None),
        1 => (Some(Moment::Day(day(1))), None, Some(40_000), None),
        2 => (Some(Moment::Day(day(1))), None, None, Some(Span::days(2))),
        3 => (Some(Moment::Day(day(1))), None, Some(25_000), None),
        _ => (None, None, None, None),
    };
    activity.resume = (standing == 3).then(|| Moment::Day(day(9)));
}

fn set_breaks(activity: &mut Activity, breaks: &Breaks) {
    let of = |(after, length): &(i64, i64)| Break { after: Span::days(*after), length: Span::days(*length) };
    activity.breaks = breaks.iter().map(of).collect();
}

fn set_kind(activity: &mut Activity, kind: u8) {
    activity.kind = match kind {
        0 => ActivityKind::Milestone,
        1 => ActivityKind::StartMilestone,
        2 => ActivityKind::FinishMilestone,
        3 => ActivityKind::Hammock,
        _ => ActivityKind::Task,
    };
}

fn set_duration(activity: &mut Activity, days: i64) {
    activity.duration = match (activity.duration, days) {
        (Span::Elapsed { .. }, days) => Span::Elapsed { minutes: days * 1440 },
        (_, 7) => Span::Elapsed { minutes: 7 * 1440 },
        (_, days) => Span::days(days),
    };
}

fn random_plan(draws: &[Draw], is_minute: bool, options: Options) -> Plan {
    let mut plan = reader::text::plan("free 2026-06-08/2026-06-09");
    // Without a data date begun work goes on by the option.
    plan.data_date = draws.len().is_multiple_of(2).then(|| Moment::Day(day(3)));
    plan.options = options;
    if is_minute {
        plan.granularity = Granularity::Minute;
        let bands = |bands: &[(u16, u16)]| {
            DayWork::Bands(bands.iter().map(|(from, to)| Band { from_minute: *from, to_minute: *to }).collect())
        };
        plan.calendars[0].week[..5].fill(bands(&[(480, 720), (780, 1020)]));
        plan.calendars[1].week[..6].fill(bands(&[(1320, 1800)]));
    }
    plan.activities.push(Activity { kind: ActivityKind::Summary, ..Activity::task("S", Span::ZERO) });
    for (at, draw) in draws.iter().enumerate() {
        let id = format!("A{at}");
        let mut activity = Activity::task(&id, Span::ZERO);
        set_duration(&mut activity, draw.days);
        set_kind(&mut activity, draw.kind);
        set_bound(&mut activity, &draw.bound);
        set_standing(&mut activity, draw.standing);
        set_breaks(&mut activity, &draw.breaks);
        activity.calendar = Some(["mf", "six", "all"][draw.calendar as usize].to_owned());
        activity.parent = draw.is_below.then(|| "S".to_owned());
        plan.activities.push(activity);
        plan.mandated.extend(draw.mandated.map(|offset| Mandate {
            activity: id.clone(),
            finish_by: Moment::Day(day(offset)),
            name: None,
        }));
        for (from, kind, lag, form) in draw.links.iter().filter(|_| at > 0) {
            let lag = match form {
                0 => Span::Elapsed { minutes: lag * 1440 },
                1 => Span::Percent { percent_e3: lag * 25_000 },
                _ => Span::days(*lag),
            };
            // One in eight comes from the summary, where that makes no cycle.
            let from = match form {
                2 if !draw.is_below => "S".to_owned(),
                _ => format!("A{}", from % at),
            };
            plan.links.push(Link { from, to: id.clone(), kind: KINDS[*kind as usize], lag, at: None });
        }
    }
    plan
}

fn revised(activity: &Activity, change: &Change) -> Activity {
    let mut activity = activity.clone();
    match change {
        Change::Duration(days) => set_duration(&mut activity, *days),
        Change::Bound(bound) => set_bound(&mut activity, bound),
        Change::Standing(standing) => set_standing(&mut activity, *standing),
        Change::Breaks(breaks) => set_breaks(&mut activity, breaks),
        Change::Calendar(calendar) => {
            activity.calendar = Some(["mf", "six", "all"][*calendar as usize].to_owned());
        }
        Change::Kind(kind) => set_kind(&mut activity, *kind),
    }
    activity
}

fn options() -> impl Strategy<Value = Options> {
    (0usize..4, 0usize..3, any::<bool>(), any::<bool>()).prop_map(|(lag_calendar, progress, by_total, after)| Options {
        remaining: if after { RemainingRule::AfterWorkedPart } else { RemainingRule::FromDataDate },
        lag_calendar: [LagCalendar::Predecessor, LagCalendar::Successor, LagCalendar::Project, LagCalendar::Elapsed]
            [lag_calendar],
        progress: [ProgressRule::RetainedLogic, ProgressRule::Override, ProgressRule::ActualDates][progress],
        as_late: if by_total { AsLateRule::TotalFloat } else { AsLateRule::FreeFloat },
        ..Options::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(11), ..ProptestConfig::default() })]

    /// Early dates and the float of milestones are right after each revision; late dates, floats, drivers and
    /// concessions whenever they are demanded.
    #[test]
    fn a_live_plan_equals_scheduling_from_nothing(
        draws in prop::collection::vec(draw(), 1..20),
        changes in prop::collection::vec((change(), prop::bool::weighted(0.3)), 1..8),
        is_minute in any::<bool>(),
        options in options(),
    ) {
        let mut live = LivePlan::new(random_plan(&draws, is_minute, options));
        for ((at, change), is_demanded) in &changes {
            let at = 1 + at % draws.len();
            let activity = revised(&live.plan().activities[at], change);
            let before = live.early().to_vec();
            let done = live.revise(at, activity.clone()).expect("a known activity");
            prop_assert_eq!(&live.plan().activities[at], &activity);
            let network = Network::compile(live.plan());
            prop_assert_eq!(live.early(), &forward(&network)[..]);
            if done.ripple == Ripple::Moved {
                let moved = before.chunks(2).zip(live.early().chunks(2)).filter(|(before, after)| before != after);
                prop_assert!(live.moved().count() <= moved.count());
            }
            let fresh = schedule(live.plan());
            for outlook in &fresh.milestones {
                let found = live.milestones().iter().find(|one| one.mandate == outlook.mandate).expect("the same dates");
                prop_assert_eq!(found.float_days, outlook.float_days);
                prop_assert!(found.forecast.is_none_or(|forecast| forecast == outlook.forecast));
            }
            if *is_demanded {
                prop_assert_eq!(live.schedule(), fresh);
            }
        }
    }

    /// Taking a revision back restores everything.
    #[test]
    fn a_revision_can_be_taken_back(draws in prop::collection::vec(draw(), 1..20), (at, change) in change()) {
        let plan = random_plan(&draws, false, Options::default());
        let mut live = LivePlan::new(plan.clone());
        let at = 1 + at % draws.len();
        let done = live.revise(at, revised(&plan.activities[at], &change)).expect("a known activity");
        live.revise(at, done.before);
        prop_assert_eq!(live.plan(), &plan);
        prop_assert_eq!(live.schedule(), schedule(&plan));
    }
}

#[test]
fn a_longer_activity_moves_what_follows_and_nothing_else() {
    let plan = reader::text::plan("A 3d\nB 2d\nC 2d\nD 9d\nA -> B\nB -> C\nD -> C\nby C 2026-06-12");
    let mut live = LivePlan::new(plan);
    let float = |live: &LivePlan| live.milestones()[0].float_days;
    assert_eq!(float(&live), Some(-1.0));
    let longer = |live: &LivePlan, at: usize, days| Activity {
        duration: Span::days(days),
        ..live.plan().activities[at].clone()
    };
    // A reaches B; C waits for D anyway.
    let activity = longer(&live, 0, 5);
    assert_eq!(live.revise(0, activity).map(|done| done.ripple), Some(Ripple::Moved));
    assert_eq!(live.moved().collect::<Vec<_>>(), [0, 1]);
    assert_eq!(float(&live), Some(-1.0));
    let activity = longer(&live, 3, 7);
    live.revise(3, activity);
    assert_eq!(live.moved().collect::<Vec<_>>(), [3, 2]);
    assert_eq!(float(&live), Some(1.0));
    assert_eq!(live.schedule(), schedule(live.plan()));
}

/// Two chains side by side, so long that a change at the start of one sweeps, and the end of both.
#[test]
fn a_change_that_reaches_thousands_is_right_as_well() {
    let mut plan = reader::text::plan("by A3999 2050-01-01");
    for at in 0..4_000 {
        plan.activities.push(Activity::task(format!("A{at}"), Span::days(1 + at % 3)));
        if at >= 2 {
            plan.links.push(Link {
                from: format!("A{}", at - 2),
                to: format!("A{at}"),
                kind: KINDS[at as usize % 3],
                lag: Span::days(at % 2),
                at: None,
            });
        }
    }
    let mut live = LivePlan::new(plan);
    for (at, days) in [(0, 9), (1_500, 8), (3_999, 1), (0, 1), (1, 7)] {
        let activity = Activity { duration: Span::days(days), ..live.plan().activities[at].clone() };
        assert_eq!(live.revise(at, activity).map(|done| done.ripple), Some(Ripple::Moved));
        assert_eq!(live.early(), &forward(&Network::compile(live.plan()))[..]);
        assert_eq!(
            live.milestones()[0].forecast,
            schedule(live.plan()).activities[3_999].as_ref().map(|d| d.early_finish)
        );
    }
    assert_eq!(live.schedule(), schedule(live.plan()));
}

#[test]
fn a_change_of_shape_compiles_the_plan_again() {
    let mut live = LivePlan::new(reader::text::plan("A 3d\nB 2d\nA -> B"));
    let point = Activity { duration: Span::ZERO, ..live.plan().activities[0].clone() };
    assert_eq!(live.revise(0, point).map(|done| done.ripple), Some(Ripple::Everything));
    assert_eq!(live.schedule(), schedule(live.plan()));
    let longer = Activity::task("X", Span::days(3));
    assert_eq!(live.revise(2, longer), None);
}
