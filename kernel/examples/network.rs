//! Times the phases of scheduling a construction-like network and prints them as JSON.
//!
//! `cargo run --release -q -p guatu-kernel --example network -- --activities 100000 --seed 7 [--threads N] [--passes]`
//!
//! The network is buildings of storeys of trades: trades follow each other on a storey (FS, some SS or FF with a lag)
//! and each trade climbs from storey to storey; 2.15 links per activity. Milliseconds are the least of several rounds.
//! `incremental_p50_us` and `incremental_p99_us` are microseconds of one revision of a live plan: a random activity
//! becomes 1 to 5 days longer or shorter, early dates and the float of every mandated milestone follow.
//! `risk_10k` is 10,000 iterations, criticality included, on a fixed network of 5,000 activities with triangular
//! durations, whose trades work in four calendars; `risk_10k_full` is the same network with PERT durations that are
//! correlated within each building and a register of events that each lengthen works of a building. `float_to_1000` is the
//! float of every activity of a network of the size asked for to each of 1,000 mandated milestones, all of which all of them
//! lead to: streamed, none kept. `--threads` is for these three; everything else uses one. With `--passes` only the first five phases run: a million activities take long.

use std::time::Instant;

use guatu_kernel::plan::{
    Activity, ActivityKind, Calendar, CalendarException, DayWork, Granularity, Link, LinkKind, Mandate, Moment,
    Options, Plan, Risk, Span,
};
use guatu_kernel::risk::{Event, Group, Impact, Simulation, risk_among, risk_of};
use guatu_kernel::{Draft, LivePlan, MilestoneFloats, Network, Passes, backward, forward};
use jiff::civil::date;

/// Trades of a storey; a building has [`STOREYS`] of them.
const TRADES: usize = 10;
const STOREYS: usize = 30;
/// Milestones of the phase `float_to_1000`.
const MILESTONES: usize = 1_000;
/// Entries of the register of the phase `risk_10k_full`.
const EVENTS: usize = 40;
/// Rounds of each phase.
const ROUNDS: usize = 7;
/// Revisions timed one by one.
const REVISIONS: usize = 20_000;

/// SplitMix64 (Steele, Lea & Flood 2014): the same numbers on every machine.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}

fn argument(name: &str, default: u64) -> u64 {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1).and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn calendar() -> Calendar {
    let week = std::array::from_fn(|day| if day < 6 { DayWork::Usual } else { DayWork::Free });
    let holiday = |year, month, day, length| CalendarException {
        from: date(year, month, day),
        to: date(year, month, day).saturating_add(jiff::Span::new().days(length - 1)),
        work: DayWork::Free,
        name: None,
    };
    let exceptions = (2026..2032).flat_map(|year| [holiday(year, 2, 10, 15), holiday(year, 10, 1, 7)]).collect();
    Calendar { id: "site".to_owned(), name: None, week, minutes_per_day: 480, exceptions }
}

fn plan(count: usize, seed: u64) -> Plan {
    let mut numbers = Numbers(seed);
    let mut activities = Vec::with_capacity(count);
    let mut links = Vec::with_capacity(count * 9 / 4);
    let mut mandated = Vec::new();
    let link = |from: usize, to: usize, kind, lag| Link {
        from: format!("A{from}"),
        to: format!("A{to}"),
        kind,
        lag: Span::days(lag),
        at: None,
    };
    for at in 0..count {
        let (trade, storey) = (at % TRADES, at / TRADES % STOREYS);
        let building_start = at - at % (TRADES * STOREYS);
        let mut activity = Activity::task(format!("A{at}"), Span::days(1 + numbers.below(9) as i64));
        if trade > 0 {
            let (kind, lag) = match numbers.below(10) {
                0 => (LinkKind::SS, 1 + numbers.below(3) as i64),
                1 => (LinkKind::FF, 1 + numbers.below(3) as i64),
                _ => (LinkKind::FS, 0),
            };
            links.push(link(at - 1, at, kind, lag));
        }
        if storey > 0 {
            links.push(link(at - TRADES, at, LinkKind::FS, 0));
        }
        if at > building_start && numbers.below(100) < 29 {
            let back = 1 + numbers.below((at - building_start).min(3 * TRADES) as u64) as usize;
            links.push(link(at - back, at, LinkKind::FS, 0));
        }
        if trade + 1 == TRADES && storey + 1 == STOREYS {
            activity.kind = ActivityKind::FinishMilestone;
            mandated.push(Mandate {
                activity: activity.id.clone(),
                finish_by: Moment::Day(date(2029, 6, 30)),
                name: None,
            });
        }
        activities.push(activity);
    }
    Plan {
        name: None,
        granularity: Granularity::Day,
        start: Moment::Day(date(2026, 3, 2)),
        data_date: None,
        calendar: Some("site".to_owned()),
        options: Options::default(),
        calendars: vec![calendar()],
        activities,
        links,
        resources: Vec::new(),
        mandated,
        stops: Vec::new(),
    }
}

/// The fixed network of the risk phase: three points for every duration, and a calendar for each group of trades.
fn uncertain_plan() -> Plan {
    let mut plan = plan(5_000, 7);
    let mut weeks = [("five", 5, true), ("seven", 7, true), ("mild", 6, false)].map(|(id, days, keeps_holidays)| {
        let week = std::array::from_fn(|day| if day < days { DayWork::Usual } else { DayWork::Free });
        let exceptions = if keeps_holidays { calendar().exceptions } else { Vec::new() };
        Calendar { id: id.to_owned(), name: None, week, minutes_per_day: 480, exceptions }
    });
    let winter = |year: i16| CalendarException {
        from: date(year, 12, 1),
        to: date(year + 1, 2, 28),
        work: DayWork::Free,
        name: None,
    };
    weeks[2].exceptions = (2026..2032).map(winter).collect();
    plan.calendars.extend(weeks);
    for (at, activity) in plan.activities.iter_mut().enumerate() {
        activity.calendar = [None, None, Some("five"), None, Some("seven")][at % TRADES / 2].map(str::to_owned);
        if at % TRADES == TRADES - 1 {
            activity.calendar = Some("mild".to_owned());
        }
        if let (ActivityKind::Task, Span::Working { days_e3, .. }) = (activity.kind, activity.duration) {
            let share = |percent: i64| Span::Working { days_e3: days_e3 * percent / 100, minutes: 0 };
            activity.risk =
                Some(Box::new(Risk::Triangular { low: share(80), likely: activity.duration, high: share(160) }));
        }
    }
    plan
}

/// The same network with PERT durations, each in the place of its building, and what may happen to buildings.
fn eventful_plan() -> (Plan, Vec<Event>) {
    let mut plan = uncertain_plan();
    for (at, activity) in plan.activities.iter_mut().enumerate() {
        activity.place = Some(format!("B{}", at / (TRADES * STOREYS)));
        if let Some(Risk::Triangular { low, likely, high }) = activity.risk.as_deref() {
            activity.risk = Some(Box::new(Risk::Pert { low: *low, likely: *likely, high: *high }));
        }
    }
    let hit = |event: usize| (0..STOREYS).map(move |storey| event * 97 % 16 * 300 + storey * TRADES);
    let impact = |activity| Impact { activity, low: Span::days(1), likely: Span::days(3), high: Span::days(8) };
    let register =
        (0..EVENTS).map(|event| Event { probability: 0.1, impacts: hit(event).map(impact).collect() }).collect();
    (plan, register)
}

/// Least milliseconds of some rounds of a phase, and what the last round made.
fn timed<T>(mut phase: impl FnMut() -> T) -> (f64, T) {
    let mut best = f64::INFINITY;
    let mut made = None;
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        made = Some(phase());
        best = best.min(begin.elapsed().as_secs_f64() * 1000.0);
    }
    (best, made.expect("at least one round has run"))
}

/// How many floats to mandated milestones there are, each computed.
fn floats(network: &Network, passes: &Passes, threads: usize) -> usize {
    let count = |sum: &mut (usize, f64), floats: &MilestoneFloats<'_>| {
        *sum = (sum.0 + floats.reached, sum.1.min(floats.least_days()));
    };
    let sums = passes.float_per_milestone(network, threads, || (0, f64::INFINITY), count);
    std::hint::black_box(&sums).iter().map(|(count, _)| count).sum()
}

/// The worst there is: every activity leads to every one of a thousand milestones.
fn plan_with_milestones(count: usize, seed: u64) -> Plan {
    let mut plan = plan(count.saturating_sub(MILESTONES + 1), seed);
    let link = |from: &str, to: &str| Link {
        from: from.to_owned(),
        to: to.to_owned(),
        kind: LinkKind::FS,
        lag: Span::ZERO,
        at: None,
    };
    let milestone = |id: String| {
        let mut milestone = Activity::task(id, Span::ZERO);
        milestone.kind = ActivityKind::FinishMilestone;
        milestone
    };
    // Nothing follows what stands on the last storey, or ends a building that was not finished.
    let mut has_successor = vec![false; plan.activities.len()];
    for one in &plan.links {
        let from: usize = one.from[1..].parse().expect("ids are numbers behind a letter");
        has_successor[from] = true;
    }
    let open = plan.activities.iter().zip(has_successor).filter(|(_, has_successor)| !has_successor);
    let ends: Vec<Link> = open.map(|(activity, _)| link(&activity.id, "all")).collect();
    plan.links.extend(ends);
    plan.activities.push(milestone("all".to_owned()));
    plan.mandated.clear();
    for at in 0..MILESTONES {
        let id = format!("M{at}");
        plan.links.push(link("all", &id));
        let finish_by = Moment::Day(date(2029, 1, 1).saturating_add(jiff::Span::new().days(at as i64)));
        plan.mandated.push(Mandate { activity: id.clone(), finish_by, name: None });
        plan.activities.push(milestone(id));
    }
    plan
}

/// Microseconds that half, and 99 in a hundred, of many revisions do not exceed.
fn revisions(plan: Plan, seed: u64) -> (f64, f64) {
    let mut numbers = Numbers(seed);
    let count = plan.activities.len() as u64;
    let mut live = LivePlan::new(plan);
    let mut microseconds: Vec<f64> = (0..REVISIONS)
        .map(|_| {
            let at = numbers.below(count) as usize;
            let days = 1 + numbers.below(5) as i64;
            let change = if numbers.below(2) == 0 { days } else { -days };
            let begin = Instant::now();
            let mut activity = live.plan().activities[at].clone();
            if let Span::Working { days_e3, .. } = &mut activity.duration {
                *days_e3 = (*days_e3 + change * 1000).max(1000);
            }
            std::hint::black_box(live.revise(at, activity));
            begin.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    microseconds.sort_unstable_by(f64::total_cmp);
    (microseconds[REVISIONS / 2], microseconds[REVISIONS * 99 / 100])
}

type Told = serde_json::Map<String, serde_json::Value>;

/// Compiling, both passes and the floats to the plan's own milestones.
fn tell_passes(plan: &Plan, told: &mut Told) {
    let (build, draft) = timed(|| Draft::read(plan));
    let (order, network) = {
        let mut drafts: Vec<Draft> = (0..ROUNDS).map(|_| draft.clone()).collect();
        timed(|| drafts.pop().map(Draft::order))
    };
    let network: Network = network.expect("one draft for each round");
    let (forward_ms, early) = timed(|| forward(&network));
    let (backward_ms, passes) = {
        let mut rounds: Vec<Vec<i32>> = (0..ROUNDS).map(|_| early.clone()).collect();
        timed(|| backward(&network, rounds.pop().expect("one forward pass for each round")))
    };
    let (float_ms, visited) = timed(|| floats(&network, &passes, 1));
    let (activities, links) = (network.activity_count(), network.link_count());
    let (mandated, bytes) = (plan.mandated.len(), network.bytes());
    eprintln!(
        "{activities} activities, {links} links, {mandated} mandated milestones, {visited} floats to them, {bytes} bytes"
    );
    told.insert("activities".to_owned(), activities.into());
    told.insert("links".to_owned(), links.into());
    for (name, milliseconds) in [
        ("build", build),
        ("order", order),
        ("forward", forward_ms),
        ("backward", backward_ms),
        ("float_per_milestone", float_ms),
    ] {
        told.insert(name.to_owned(), milliseconds.into());
    }
}

/// Simulations, plain and with everything.
fn tell_risks(threads: usize, told: &mut Told) {
    let plan = uncertain_plan();
    let network = Network::compile(&plan);
    let simulation = Simulation { iterations: 10_000, seed: 7, threads, correlation: None };
    let (milliseconds, _) = timed(|| risk_of(&plan, &network, simulation, &mut |_| {}));
    told.insert("risk_10k".to_owned(), milliseconds.into());
    let (plan, register) = eventful_plan();
    let networks = [Network::compile(&plan)];
    let simulation = Simulation { correlation: Some((Group::Place, 0.3)), ..simulation };
    let (milliseconds, _) = timed(|| risk_among(&plan, &networks, &register, simulation, &mut |_| {}));
    told.insert("risk_10k_full".to_owned(), milliseconds.into());
}

fn main() {
    let (count, seed) = (argument("--activities", 100_000) as usize, argument("--seed", 7));
    let threads = argument("--threads", std::thread::available_parallelism().map_or(1, |n| n.get() as u64)) as usize;
    let plan = plan(count, seed);
    let mut told = Told::new();
    tell_passes(&plan, &mut told);
    if !std::env::args().any(|argument| argument == "--passes") {
        tell_risks(threads, &mut told);
        let crowded = Network::compile(&plan_with_milestones(count, seed));
        let passes = backward(&crowded, forward(&crowded));
        let (milliseconds, found) = timed(|| floats(&crowded, &passes, threads));
        drop((crowded, passes));
        eprintln!("{found} floats to {MILESTONES} milestones");
        told.insert("float_to_1000".to_owned(), milliseconds.into());
        let (p50_us, p99_us) = revisions(plan, seed);
        told.insert("incremental_p50_us".to_owned(), p50_us.into());
        told.insert("incremental_p99_us".to_owned(), p99_us.into());
    }
    println!("{}", serde_json::Value::Object(told));
}
