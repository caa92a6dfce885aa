//! The period guarantee: the vectors of its definition, and its properties against brute force.

#![allow(clippy::unwrap_used, reason = "a test that cannot prepare its plan has failed")]

use guatu_kernel::guarantee::{
    Actuals, Boundary, Capacity, Commitment, Grade, Item, Measured, PeriodKind, Programme, Restoration, Window,
    WorkDays, ahead, assess, check, whole_units,
};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;

const MONDAY: Date = date(2026, 6, 1);

fn day(offset: i64) -> Date {
    MONDAY + offset.days()
}

fn targets(shares: &[f64], rate: f64, boundaries: &[(i64, f64)]) -> (Vec<f64>, Programme) {
    let work = WorkDays::from_shares(MONDAY, shares);
    let capacity = Capacity::new(&work, rate, MONDAY, MONDAY);
    let boundaries: Vec<Boundary> =
        boundaries.iter().map(|(on, quantity)| Boundary { on: day(*on), quantity: *quantity }).collect();
    let programme = Programme::compute(&boundaries, &capacity);
    let last = day(shares.len() as i64 - 1);
    assert_eq!(check::faults(&boundaries, &capacity, &programme, MONDAY, last), Vec::<String>::new());
    let mut before = 0.0;
    let daily = (0..shares.len() as i64).map(|at| {
        let now = programme.at(capacity.through(day(at)));
        let target = now - before;
        before = now;
        target
    });
    (daily.collect(), programme)
}

fn close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?} is not {expected:?}");
}

/// Name, share of each day worked, rate, boundaries, targets by day, peak utilisation.
type Case<'a> = (&'a str, &'a [f64], f64, &'a [(i64, f64)], &'a [f64], f64);

#[test]
fn programmes() {
    let third = 10.0 / 3.0;
    let cases: &[Case] = &[
        (
            "over two free days",
            &[1.0, 1.0, 0.0, 0.0, 1.0],
            4.0,
            &[(4, 10.0)],
            &[third, third, 0.0, 0.0, third],
            10.0 / 12.0,
        ),
        ("nothing due", &[1.0, 1.0], 4.0, &[], &[0.0, 0.0], 0.0),
        ("done already", &[1.0, 1.0], 4.0, &[(1, -3.0)], &[0.0, 0.0], 0.0),
        (
            "a boundary on a free day counts on the day worked before",
            &[1.0, 0.0, 1.0],
            4.0,
            &[(1, 3.0)],
            &[3.0, 0.0, 0.0],
            0.75,
        ),
        ("of two on one day the larger", &[1.0, 1.0], 4.0, &[(1, 2.0), (1, 6.0)], &[3.0, 3.0], 0.75),
        ("early and steep, then slow", &[1.0; 4], 4.0, &[(0, 3.0), (3, 6.0)], &[3.0, 1.0, 1.0, 1.0], 0.75),
        (
            "early and slow, then steep, is worked evenly",
            &[1.0; 4],
            4.0,
            &[(0, 1.0), (3, 12.0)],
            &[3.0, 3.0, 3.0, 3.0],
            0.75,
        ),
        ("a later boundary that asks for less", &[1.0; 3], 4.0, &[(0, 4.0), (2, 3.0)], &[4.0, 0.0, 0.0], 1.0),
        ("half a day left by a stop", &[0.5, 1.0], 4.0, &[(1, 3.0)], &[1.0, 2.0], 0.5),
        (
            "one that cannot be kept is reached as soon as can be",
            &[1.0; 4],
            2.0,
            &[(1, 6.0)],
            &[2.0, 2.0, 2.0, 0.0],
            1.0,
        ),
        ("one that is never reached takes everything", &[1.0; 3], 2.0, &[(0, 100.0)], &[2.0, 2.0, 2.0], 1.0),
    ];
    for (name, shares, rate, boundaries, expected, utilisation) in cases {
        let (found, programme) = targets(shares, *rate, boundaries);
        assert!(found.iter().zip(*expected).all(|(a, b)| (a - b).abs() < 1e-6), "{name}: {found:?}");
        assert!((programme.utilisation - utilisation).abs() < 1e-6, "{name}: {}", programme.utilisation);
    }
}

#[test]
fn a_broken_boundary_names_its_shortfall_and_recovery() {
    let (_, programme) = targets(&[1.0, 1.0, 0.0, 1.0, 1.0], 2.0, &[(1, 6.0), (4, 7.0)]);
    let first = programme.broken[0];
    assert_eq!((first.on, first.short, first.recovers_on), (day(1), 2.0, Some(day(3))));
    assert_eq!(programme.broken.len(), 1, "the later one is kept");
    let (_, never) = targets(&[1.0, 1.0], 2.0, &[(0, 9.0)]);
    assert_eq!(never.broken[0].recovers_on, None);
}

#[test]
fn whole_floors() {
    for (done, target, capacity, expected) in [
        (0.0, 1.2, 1.5, 1.0),
        (0.0, 1.2, 2.0, 2.0),
        (3.0, 0.4, 0.9, 0.0),
        (3.5, 0.5, 0.5, 1.0),
        (3.5, 0.3, 0.4, 0.0),
        (3.0, 1.0, 1.0, 1.0),
    ] {
        assert_eq!(whole_units(done, target, capacity), expected, "{done} + {target} of {capacity}");
    }
}

#[test]
fn periods_do_not_nest() {
    let cases = [
        (PeriodKind::Week, date(2026, 7, 1), date(2026, 6, 29), date(2026, 7, 5)),
        (PeriodKind::TenDays, date(2026, 6, 10), date(2026, 6, 1), date(2026, 6, 10)),
        (PeriodKind::TenDays, date(2024, 2, 21), date(2024, 2, 21), date(2024, 2, 29)),
        (PeriodKind::TenDays, date(2026, 7, 31), date(2026, 7, 21), date(2026, 7, 31)),
        (PeriodKind::Month, date(2026, 2, 3), date(2026, 2, 1), date(2026, 2, 28)),
        (PeriodKind::Quarter, date(2026, 5, 31), date(2026, 4, 1), date(2026, 6, 30)),
        (PeriodKind::Year, date(2026, 5, 31), date(2026, 1, 1), date(2026, 12, 31)),
    ];
    for (kind, day, from, to) in cases {
        let found = kind.around(day);
        assert_eq!((found.from, found.to), (from, to), "{} of {day}", kind.name());
    }
    // Thirty-six a year, and every day in exactly one.
    let mut day = date(2023, 1, 1);
    let mut count = 0;
    while day.year() == 2023 {
        count += i32::from(PeriodKind::TenDays.around(day).from == day);
        day = day.tomorrow().unwrap();
    }
    assert_eq!(count, 36);
}

/// Forty floors at half a floor a working day, every day worked, from June to the end of August.
fn tower(work: &WorkDays) -> Item<'_> {
    Item {
        total: 40.0,
        rate: 0.5,
        crews: 1,
        is_whole: true,
        work,
        starts: MONDAY,
        late_finish: Some(date(2026, 8, 31)),
    }
}

fn every_day() -> WorkDays {
    WorkDays::from_shares(date(2026, 1, 1), &[1.0; 365])
}

#[test]
fn the_best_grade_of_a_day_counts() {
    let one = |on, quantity, grade| Measured { on: day(on), quantity, grade };
    let actuals = Actuals::cumulate(&[
        one(0, 1.0, Grade::Reported),
        one(0, 0.5, Grade::Confirmed),
        one(1, 1.0, Grade::Reported),
        one(1, 0.0, Grade::Verified),
        one(2, 1.0, Grade::Reported),
        one(2, 0.5, Grade::Reported),
    ]);
    assert_eq!([0, 1, 2, 3].map(|at| actuals.before(day(at))), [0.0, 0.5, 0.5, 2.0]);
}

#[test]
fn windows_say_what_was_needed_possible_promised_and_done() {
    let work = every_day();
    let item = tower(&work);
    // 92 days at half a floor hold 46; 40 are needed, so by 7 June 40 − 85 × 0.5 < 0 is needed, by 30 June 9.
    assert_eq!(
        (item.required(date(2026, 6, 7)), item.required(date(2026, 6, 30)), item.required(date(2026, 9, 30))),
        (0.0, 9.0, 40.0)
    );
    let measured: Vec<Measured> =
        (0..20).map(|at| Measured { on: day(at), quantity: 0.25, grade: Grade::Confirmed }).collect();
    let actuals = Actuals::cumulate(&measured);
    let week = PeriodKind::Week.around(day(21));
    let promise = Commitment { period: week, will: 3.0, cumulative: actuals.before(week.from) + 3.0 };
    let found = assess(&item, &actuals, &[promise], day(21));
    assert_eq!(found.done, 5.0);
    let by_kind = |kind| found.windows.iter().find(|window| window.period.kind == kind).unwrap();
    let month = by_kind(PeriodKind::Month);
    assert_eq!((month.should, month.can, month.done), (9.0, 15.0, 5.0));
    assert!((month.required_complete().unwrap() - 5.0 / 9.0).abs() < 1e-9);
    assert_eq!(month.plan_complete(), None, "nothing was promised");
    assert_eq!(month.commitment_level(), Some(0.0), "which is shown");
    let seen = by_kind(PeriodKind::Week);
    // By 28 June 40 − 64 × 0.5 = 8 are needed and 5 were there on the 22nd.
    assert_eq!((seen.should, seen.will, seen.done, seen.promise_debt()), (3.0, Some(3.0), 0.0, 3.0));
    assert_eq!(by_kind(PeriodKind::Day).should, 0.0, "by the end of the 22nd 40 − 70 × 0.5 = 5 are needed");
    assert!(found.programme.broken.is_empty());
    // The promise binds today: three floors in seven days.
    assert!((found.today - 35.0 / 71.0).abs() < 1e-6, "{}", found.today);
    assert_eq!(found.today_whole, Some(0.0), "half a floor a day makes no whole floor today");
    assert_eq!(found.next_whole_on, Some(day(22)), "but one by tomorrow");
}

#[test]
fn a_period_to_come_stands_on_what_is_needed_and_possible_until_it_begins() {
    let work = every_day();
    let item = tower(&work);
    let next = PeriodKind::Week.around(day(28));
    // By 28 June 8 are needed, by 5 July 11.5; the seven days from the 22nd hold 3.5, as does the week.
    for (done, should, can, debt) in
        [(5.0, 3.5, 3.5, 0.0), (2.0, 6.0, 3.5, 2.5), (9.0, 2.5, 3.5, 0.0), (40.0, 0.0, 0.0, 0.0)]
    {
        let window = ahead(&item, done, next, day(21));
        assert_eq!((window.should, window.can, window.requirement_debt), (should, can, debt), "{done} done");
        assert_eq!((window.will, window.done), (None, 0.0));
    }
}

#[test]
fn what_cannot_be_kept_is_named_with_its_level_and_what_would_restore_it() {
    let mut shares = [1.0; 365];
    for (at, share) in shares.iter_mut().enumerate() {
        if (date(2026, 1, 1) + (at as i64).days()).weekday().to_monday_zero_offset() == 6 {
            *share = 0.0;
        }
    }
    let work = WorkDays::from_shares(date(2026, 1, 1), &shares);
    let item = tower(&work);
    let late = assess(&item, &Actuals::default(), &[], date(2026, 6, 22));
    let first = late.first_impossible().unwrap();
    // 61 working days are left and hold 30.5 floors of 40: today's need is already past.
    assert_eq!(first.on, date(2026, 6, 22));
    assert_eq!(late.broken_periods, [PeriodKind::Day]);
    assert_eq!(PeriodKind::Day.level(), "site");
    let crews = late.restorations.iter().find_map(|one| match one {
        Restoration::AddCrews { crews } => Some(*crews),
        _ => None,
    });
    assert!(crews.unwrap() >= 1);

    let promise = Commitment { period: PeriodKind::Week.around(MONDAY), will: 3.5, cumulative: 3.5 };
    let broken = assess(&Item { late_finish: None, ..item }, &Actuals::default(), &[promise], MONDAY);
    let first = broken.first_impossible().unwrap();
    assert_eq!((first.on, first.short, first.recovers_on), (date(2026, 6, 7), 0.5, Some(date(2026, 6, 8))));
    assert_eq!(broken.broken_periods, [PeriodKind::Day, PeriodKind::Week]);
    let expected = [
        Restoration::ExtraShift { days: 2 },
        Restoration::WorkDays { on: vec![date(2026, 6, 7)] },
        Restoration::AddCrews { crews: 1 },
    ];
    assert_eq!(broken.restorations, expected);
}

fn networks() -> impl Strategy<Value = (Vec<f64>, f64, Vec<(i64, f64)>)> {
    let share =
        prop_oneof![3 => Just(1.0), 1 => Just(0.0), 1 => (1u32..10).prop_map(|tenths| f64::from(tenths) / 10.0)];
    (prop::collection::vec(share, 1..14), 1u32..9).prop_flat_map(|(shares, rate)| {
        let days = shares.len() as i64;
        let boundary = (0..days, -5i32..60).prop_map(|(on, quantity)| (on, f64::from(quantity) / 2.0));
        (Just(shares), Just(f64::from(rate)), prop::collection::vec(boundary, 0..6))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// `targets` runs the checker: capacity is never exceeded, the keepable ones are kept, the others named, the peak least.
    #[test]
    fn programmes_pass_the_slow_checker((shares, rate, boundaries) in networks()) {
        targets(&shares, rate, &boundaries);
    }

    /// Doing exactly today's target leaves the days after as they were; doing more never raises tomorrow's.
    #[test]
    fn keeping_today_leaves_tomorrow((shares, rate, boundaries) in networks(), extra in 0u32..4) {
        let (daily, programme) = targets(&shares, rate, &boundaries);
        prop_assume!(daily.len() > 1 && programme.broken.is_empty());
        let done = daily[0];
        let rest = |done: f64| -> Vec<(i64, f64)> {
            boundaries.iter().filter(|(on, _)| *on > 0).map(|(on, quantity)| (on - 1, quantity - done)).collect()
        };
        let (after, _) = targets(&shares[1..], rate, &rest(done));
        close(&after, &daily[1..]);
        let (eased, _) = targets(&shares[1..], rate, &rest(done + f64::from(extra)));
        prop_assert!(eased[0] <= after[0] + 1e-6);
    }

    /// A free day more, or boundaries in another order, change nothing.
    #[test]
    fn free_days_and_order_do_not_matter((shares, rate, boundaries) in networks(), at in 0usize..14) {
        let at = at.min(shares.len());
        let (daily, _) = targets(&shares, rate, &boundaries);
        let mut longer = shares.clone();
        longer.insert(at, 0.0);
        let moved: Vec<(i64, f64)> =
            boundaries.iter().rev().map(|(on, quantity)| (on + i64::from(*on >= at as i64), *quantity)).collect();
        let (mut found, _) = targets(&longer, rate, &moved);
        found.remove(at);
        close(&found, &daily);
    }
}

#[test]
fn what_was_taken_back_is_owed_where_it_was_promised_or_needed_alone() {
    // Needed, promised, done; of these done as needed and as promised, and what is missing of both.
    for (name, should, will, done, expected) in [
        ("half of it", 10.0, Some(8.0), 5.0, [5.0, 5.0, 5.0, 3.0]),
        ("more than asked", 10.0, Some(8.0), 12.0, [10.0, 8.0, 0.0, 0.0]),
        ("promised by nobody", 10.0, None, 5.0, [5.0, 0.0, 5.0, 0.0]),
        ("taken back", 0.0, None, -3.0, [0.0, 0.0, 0.0, 0.0]),
        ("taken back of more than was needed", 10.0, Some(8.0), -3.0, [0.0, 0.0, 13.0, 11.0]),
    ] {
        let window =
            Window { period: PeriodKind::Week.around(MONDAY), should, can: 0.0, will, done, requirement_debt: 0.0 };
        let found = [window.required(), window.kept(), window.shortfall(), window.promise_debt()];
        assert_eq!(found, expected, "{name}");
    }
}
