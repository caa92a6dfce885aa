//! Any small plan of days: links of all kinds, calendars, breaks in the work, needs, actual dates. It is scheduled and levelled
//! the same twice, and both pass the slow checker.

#![no_main]

use guatu_kernel::check::{check, check_levelled};
use guatu_kernel::level::level;
use guatu_kernel::plan::{
    Activity, Break, Calendar, DayWork, Granularity, Link, LinkKind, Mandate, Moment, Need, Options, Plan, Resource,
    Span,
};
use guatu_kernel::rcpsp::Effort;
use guatu_kernel::schedule;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

const MOST_ACTIVITIES: usize = 12;
const START: Date = date(2026, 6, 1);
const KINDS: [LinkKind; 4] = [LinkKind::FS, LinkKind::SS, LinkKind::FF, LinkKind::SF];

#[derive(Arbitrary, Debug)]
struct Work {
    days: u8,
    works_on_sunday: bool,
    /// After so many days of work, for so many.
    breaks: Vec<(u8, u8)>,
    need: u8,
    /// From which earlier one, of which kind, with which lag.
    links: Vec<(u8, u8, i8)>,
    /// Began on a day from the start of the plan, and lasted so many, where it did.
    began_on: Option<u8>,
    lasted: Option<u8>,
}

#[derive(Arbitrary, Debug)]
struct Draw {
    works: Vec<Work>,
    capacity: u8,
    data_date: Option<u8>,
    finish_by: Option<u8>,
}

fn day(at: u8) -> Date {
    START.saturating_add(i64::from(at % 60).days())
}

fn calendar(id: &str, works_on_sunday: bool) -> Calendar {
    let mut week: [DayWork; 7] = std::array::from_fn(|_| DayWork::Usual);
    if !works_on_sunday {
        week[6] = DayWork::Free;
    }
    Calendar { id: id.to_owned(), name: None, week, minutes_per_day: 480, exceptions: Vec::new() }
}

fn activity(at: usize, work: &Work) -> Activity {
    let mut activity = Activity::task(format!("A{at}"), Span::days(i64::from(work.days % 12)));
    activity.calendar = Some(if work.works_on_sunday { "all" } else { "six" }.to_owned());
    let breaks = work.breaks.iter().take(3);
    let of = |(after, length): &(u8, u8)| Break {
        after: Span::days(i64::from(after % 12)),
        length: Span::days(i64::from(length % 6)),
    };
    activity.breaks = breaks.map(of).collect();
    if work.need % 4 > 0 {
        activity.needs = vec![Need { resource: "crew".to_owned(), amount: u32::from(work.need % 4) }];
    }
    activity.actual_start = work.began_on.map(|on| Moment::Day(day(on)));
    let lasted =
        |began: u8| work.lasted.map(|days| Moment::Day(day(began).saturating_add(i64::from(days % 20).days())));
    activity.actual_finish = work.began_on.and_then(lasted);
    activity
}

fn plan(draw: &Draw) -> Plan {
    let works = || draw.works.iter().take(MOST_ACTIVITIES).enumerate();
    let links = works().skip(1).flat_map(|(at, work)| {
        work.links.iter().take(3).map(move |(from, kind, lag)| Link {
            from: format!("A{}", usize::from(*from) % at),
            to: format!("A{at}"),
            kind: KINDS[usize::from(kind % 4)],
            lag: Span::days(i64::from(lag % 8)),
            at: None,
        })
    });
    let finish_by = draw.finish_by.filter(|_| !draw.works.is_empty());
    let mandate = |on| Mandate { activity: "A0".to_owned(), finish_by: Moment::Day(day(on)), name: None };
    Plan {
        name: None,
        granularity: Granularity::Day,
        start: Moment::Day(START),
        data_date: draw.data_date.map(|on| Moment::Day(day(on))),
        calendar: Some("six".to_owned()),
        options: Options::default(),
        calendars: vec![calendar("six", false), calendar("all", true)],
        activities: works().map(|(at, work)| activity(at, work)).collect(),
        links: links.collect(),
        resources: vec![Resource {
            id: "crew".to_owned(),
            capacity: u32::from(draw.capacity % 5),
            calendar: None,
            steps: Vec::new(),
            route: Vec::new(),
        }],
        mandated: finish_by.map(mandate).into_iter().collect(),
        stops: Vec::new(),
    }
}

fuzz_target!(|draw: Draw| {
    let plan = plan(&draw);
    let found = schedule(&plan);
    let faults = check(&plan, &found);
    assert!(faults.is_empty(), "{faults:#?}");
    assert_eq!(found, schedule(&plan));
    let effort = Effort { schedules: 20, seed: 7 };
    let levelled = level(&plan, effort, &mut |_| {});
    let faults = check_levelled(&plan, &levelled);
    assert!(faults.is_empty(), "{faults:#?}");
    assert_eq!(levelled, level(&plan, effort, &mut |_| {}));
});
