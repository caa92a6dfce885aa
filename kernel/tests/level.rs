//! Levelling: small plans whose levelled dates are plain to see, reasons why work has no place, and random plans against
//! the walking checker.

mod reader;

use guatu_kernel::check::check_levelled;
use guatu_kernel::flowline::{Process, flow};
use guatu_kernel::level::{Holder, Levelled, level};
use guatu_kernel::plan::*;
use guatu_kernel::pool::pooled;
use guatu_kernel::rcpsp::Effort;
use guatu_kernel::schedule;
use jiff::civil::date;
use proptest::prelude::*;
use reader::text::plan;

fn levelled(plan: &Plan, effort: Effort) -> Levelled {
    let found = level(plan, effort, &mut |_| {});
    let faults = check_levelled(plan, &found);
    assert!(faults.is_empty(), "{faults:#?}");
    found
}

const EFFORT: Effort = Effort { schedules: 200, seed: 7 };

/// One row for each activity: id, start, finish, and what holds it.
fn rows(plan: &Plan, found: &Levelled) -> Vec<String> {
    let day = |moment: Moment| moment.date().to_string()[5..].to_owned();
    let id = |at: &usize| plan.activities[*at].id.clone();
    let row = |(at, activity): (usize, &Activity)| {
        let Some(placed) = &found.activities[at] else { return format!("{} none", activity.id) };
        let held = match &placed.held_by {
            Some(Holder::Capacity { resource, by }) => {
                let by: Vec<String> = by.iter().map(id).collect();
                format!("{}:{}", plan.resources[*resource].id, by.join("+"))
            }
            Some(Holder::Continuity { resource, next }) => {
                format!("{}>{}", plan.resources[*resource].id, id(next))
            }
            Some(Holder::Logic(driver)) => format!("{driver:?}").to_lowercase(),
            None => "-".to_owned(),
        };
        format!("{} {} {} {held}", activity.id, day(placed.start), day(placed.finish))
    };
    plan.activities.iter().enumerate().map(row).collect()
}

fn check(text: &str, expected: &[&str]) {
    let plan = plan(text);
    let found = levelled(&plan, EFFORT);
    let mut got = rows(&plan, &found);
    got.extend(found.diagnostics.iter().map(|one| {
        let params = one.params.join(" ");
        format!("{} {} {params}", one.code, one.activity.as_deref().unwrap_or("-")).trim_end().to_owned()
    }));
    assert_eq!(got, expected, "{text}");
}

#[test]
fn work_with_an_expected_finish_keeps_its_length() {
    // A lasts until Thursday, four days; B waits for the crew.
    check(
        "A 2d expected_finish=2026-06-04\nB 2d\nresource crew 1 -\nA needs crew 1\nB needs crew 1\nby A 2026-06-04",
        &["A 06-01 06-04 start", "B 06-05 06-08 crew:A"],
    );
}

#[test]
fn one_crew_does_one_thing_at_a_time() {
    check(
        "A 3d\nB 2d\nresource crew 1 -\nA needs crew 1\nB needs crew 1\nB -> C FS\nC 4d",
        &["A 06-03 06-05 crew:B", "B 06-01 06-02 start", "C 06-03 06-08 link { from: 1 }"],
    );
}

#[test]
fn a_mandated_date_comes_before_the_end_of_the_plan() {
    // Two days late weigh eight days of the plan, which ends seven days later for it.
    check(
        "A 2d\nB 6d\nC 5d\nA -> C FS\nresource crew 1 -\nA needs crew 1\nB needs crew 1\nby B 2026-06-08",
        &["A 06-09 06-10 crew:B", "B 06-01 06-08 start", "C 06-11 06-17 link { from: 0 }"],
    );
}

#[test]
fn work_is_done_only_when_its_resource_works() {
    // The crew works Monday to Saturday, the activity's own calendar every day.
    check("A 7d calendar=all\nresource crew 1 six\nA needs crew 1", &["A 06-01 06-08 start"]);
    check("A 3d calendar=sundays\nresource crew 1 six\nA needs crew 1", &["A none", "K-104 A sundays"]);
}

#[test]
fn a_crew_is_free_on_days_its_work_rests() {
    // A rests on the weekend, B takes the crew on Saturday and Sunday.
    check(
        "A 7d\nB 2d calendar=all snet=2026-06-06\nresource crew 1 -\nA needs crew 1\nB needs crew 1",
        &["A 06-01 06-09 start", "B 06-06 06-07 constraint"],
    );
}

#[test]
fn steps_let_work_begin() {
    check(
        "A 2d\nB 2d\nresource crane 0 - 2026-06-10=1 2026-06-12=2\nA needs crane 1\nB needs crane 2",
        &["A 06-10 06-11 crane:", "B 06-12 06-15 crane:A"],
    );
}

#[test]
fn what_never_finds_room_says_why() {
    check(
        "A 2d\nB 2d\nC 1d\nB -> C FS\nresource crew 2 -\nA needs crew 3\nB needs crowd 1",
        &["A none", "B none", "C none", "K-122 A crew 3 2", "K-121 B crowd", "K-301 - 1"],
    );
    // Two of the crew until Thursday, one after; A takes them all.
    check(
        "A 4d !start_on=2026-06-01\nB 3d\nC 1d\nB -> C FS\nresource crew 2 - 2026-06-05=1\nA needs crew 1\nB needs crew 2",
        &["A 06-01 06-04 constraint", "B none", "C none", "K-124 B capacity crew 2026-06-01 A", "K-303 - 1"],
    );
    check("B 6d\nresource crew 2 - 2026-06-05=1\nB needs crew 2", &["B none", "K-124 B intrinsic crew 2026-06-05"]);
}

#[test]
fn hard_dates_win_and_the_overload_is_named() {
    check(
        "A 3d !start_on=2026-06-02\nB 3d !start_on=2026-06-03\nresource crew 1 -\nA needs crew 1\nB needs crew 1",
        &["A 06-02 06-04 constraint", "B 06-03 06-05 constraint", "K-221 - crew 2026-06-03 A, B"],
    );
}

#[test]
fn bands_of_a_minute_plan_share_a_crane() {
    let band = |from: u16, to: u16| DayWork::Bands(vec![Band { from_minute: from * 60, to_minute: to * 60 }]);
    let mut plan = plan("A 16h calendar=day\nB 16h calendar=night\nC 10h calendar=day\nresource crane 1 -");
    plan.granularity = Granularity::Minute;
    let calendar = |id: &str, from, to| Calendar {
        id: id.to_owned(),
        name: None,
        week: std::array::from_fn(|_| band(from, to)),
        minutes_per_day: 480,
        exceptions: Vec::new(),
    };
    plan.calendars = vec![calendar("day", 8, 16), calendar("night", 20, 28)];
    plan.calendar = Some("day".to_owned());
    for activity in &mut plan.activities {
        activity.needs = vec![Need { resource: "crane".to_owned(), amount: 1 }];
    }
    let found = levelled(&plan, EFFORT);
    let instant = |day, hour| Moment::Instant(date(2026, 6, day).at(hour, 0, 0, 0));
    let starts: Vec<Moment> = found.activities.iter().flatten().map(|placed| placed.start).collect();
    assert_eq!(starts[1], instant(1, 20), "the night shift waits for nobody");
    assert_eq!(found.finish, Some(instant(4, 10)), "both day jobs in a row");
}

#[test]
fn a_crew_is_free_in_a_break() {
    // B and C fit into A's break of three days; D, of four, waits until A is done.
    check(
        "A 4d break=2d+3d\nB 1d\nC 2d\nD 4d\nresource crew 1 -\nA needs crew 1\nB needs crew 1\nC needs crew 1\n\
         D needs crew 1\nA -> B SS 2d\nA -> C SS 2d\nby A 2026-06-09",
        &["A 06-01 06-09 start", "B 06-03 06-03 link { from: 0 }", "C 06-04 06-05 crew:B", "D 06-10 06-15 crew:A"],
    );
}

#[test]
fn a_break_falls_where_others_have_the_crew() {
    // A stop of B's dates leaves no crew from Wednesday to Friday: A begins so that its break lies there.
    check(
        "B 3d !start_on=2026-06-03\nA 3d break=1d+3d snet=2026-06-01\nresource crew 1 -\nA needs crew 1\nB needs crew 1",
        &["B 06-03 06-05 constraint", "A 06-02 06-09 crew:B"],
    );
}

#[test]
fn usage_and_delay_are_told() {
    let plan = plan("A 2d\nB 2d\nC 2d\nresource crew 2 -\nA needs crew 1\nB needs crew 1\nC needs crew 1");
    let found = levelled(&plan, EFFORT);
    let usage: Vec<(String, u32)> = found.usage[0].iter().map(|one| (one.from.date().to_string(), one.units)).collect();
    let expected = [("2026-06-01", 2), ("2026-06-03", 1), ("2026-06-05", 0)];
    assert_eq!(usage, expected.map(|(day, units)| (day.to_owned(), units)));
    let mut delays: Vec<f64> = found.activities.iter().flatten().filter_map(|placed| placed.delay_days).collect();
    delays.sort_by(f64::total_cmp);
    assert_eq!(delays, [0.0, 0.0, 2.0]);
}

const KINDS: [LinkKind; 4] = [LinkKind::FS, LinkKind::SS, LinkKind::FF, LinkKind::SF];

/// One activity: days, calendar, needs of two resources, links to earlier ones, a break (after how many days, how long).
type Draw = (i64, u8, u32, u32, Vec<(usize, u8, i64)>, Option<(i64, i64)>);

fn draw() -> impl Strategy<Value = Draw> {
    (
        0i64..7,
        0u8..3,
        0u32..3,
        0u32..2,
        prop::collection::vec((0usize..20, 0u8..4, -2i64..3), 0..3),
        prop::option::of((1i64..6, 1i64..5)),
    )
}

fn random_plan(draws: &[Draw], step: u32) -> Plan {
    let mut plan = plan("free 2026-06-08/2026-06-09\nresource crew 3 six\nresource crane 1 all");
    plan.resources[0].steps = vec![CapacityStep { from: date(2026, 6, 4), capacity: 2 + step }];
    for (at, (days, calendar, crew, crane, links, broken)) in draws.iter().enumerate() {
        let mut activity = Activity::task(format!("A{at}"), Span::days(*days));
        activity.calendar = Some(["mf", "six", "all"][usize::from(*calendar)].to_owned());
        let need = |resource: &str, amount: u32| Need { resource: resource.to_owned(), amount };
        let of = |(after, length): &(i64, i64)| Break { after: Span::days(*after), length: Span::days(*length) };
        activity.breaks = broken.iter().filter(|(after, _)| after < days).map(of).collect();
        activity.needs = vec![need("crew", *crew), need("crane", *crane)];
        plan.activities.push(activity);
        for (from, kind, lag) in links.iter().filter(|_| at > 0) {
            let (from, to) = (format!("A{}", from % at), format!("A{at}"));
            plan.links.push(Link { from, to, kind: KINDS[usize::from(*kind)], lag: Span::days(*lag), at: None });
        }
    }
    plan
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::default() })]

    /// Levelled plans keep links, durations and capacities, are the same twice, and never end before the plan without
    /// scarce resources.
    #[test]
    fn levelled_plans_are_sound(draws in prop::collection::vec(draw(), 1..20), step in 0u32..3, seed in any::<u64>()) {
        let plan = random_plan(&draws, step);
        let effort = Effort { schedules: 40, seed };
        let found = levelled(&plan, effort);
        prop_assert!(!found.has_errors());
        prop_assert_eq!(&found, &levelled(&plan, effort));
        let unlimited = schedule(&plan);
        prop_assert!(found.finish.map(Moment::date) >= unlimited.finish.map(Moment::date));
    }

    /// Where resources are plenty and have no calendars of their own, levelling changes nothing.
    #[test]
    fn plenty_changes_nothing(draws in prop::collection::vec(draw(), 1..20)) {
        let mut plan = random_plan(&draws, 0);
        for resource in &mut plan.resources {
            (resource.capacity, resource.calendar) = (1000, None);
            resource.steps.clear();
        }
        let found = levelled(&plan, EFFORT);
        let unlimited = schedule(&plan);
        for (placed, dates) in found.activities.iter().zip(&unlimited.activities) {
            let (placed, dates) = (placed.as_ref().expect("a place"), dates.as_ref().expect("dates"));
            prop_assert_eq!((placed.start, placed.finish), (dates.early_start, dates.early_finish));
        }
    }
}

/// A crew a row and a floor a column: beats in days; each floor follows the same floor of the crew before.
fn flowing(beats: &[&[u32]]) -> Plan {
    let name = |crew: usize, floor: usize| format!("{}{}", char::from(b'A' + crew as u8), floor + 1);
    let mut text = String::new();
    for (crew, floors) in beats.iter().enumerate() {
        for (floor, days) in floors.iter().enumerate() {
            text += &format!("{} {days}d\n", name(crew, floor));
            if crew > 0 {
                text += &format!("{} -> {} FS\n", name(crew - 1, floor), name(crew, floor));
            }
        }
        text += &format!("resource crew{crew} 1 -\ncrew{crew} goes");
        (0..floors.len()).for_each(|floor| text += &format!(" {}", name(crew, floor)));
        text += "\n";
        (0..floors.len()).for_each(|floor| text += &format!("{} needs crew{crew} 1\n", name(crew, floor)));
    }
    plan(&text)
}

#[test]
fn crews_go_from_floor_to_floor_without_waiting() {
    // What a flow is by hand: steps and days in all, as in the tests of flows.
    let cases: [(&str, &[&[u32]]); 5] = [
        ("the published flow without a rhythm", &[&[3, 5, 2, 4], &[4, 3, 3, 3], &[5, 2, 4, 2]]),
        ("equal beats", &[&[3; 5], &[3; 5], &[3; 5], &[3; 5]]),
        ("a slow crew behind a fast one", &[&[2; 4], &[4; 4]]),
        ("a fast crew behind a slow one", &[&[4; 4], &[2; 4]]),
        ("one crew", &[&[2, 1, 3]]),
    ];
    for (name, beats) in cases {
        let plan = flowing(beats);
        let found = levelled(&plan, EFFORT);
        assert_eq!(found.diagnostics, [], "{name}");
        let flow = flow(&beats.iter().map(|beats| Process::new(*beats)).collect::<Vec<_>>()).expect("a flow");
        let steps: Vec<f64> = found.runs.iter().filter_map(|run| run.step_days).collect();
        assert_eq!(steps, flow.steps_days.iter().map(|days| *days as f64).collect::<Vec<_>>(), "{name}");
        let told: Vec<Vec<f64>> =
            found.runs.iter().map(|run| run.stays.iter().map(|(_, days)| *days).collect()).collect();
        let wanted: Vec<Vec<f64>> =
            beats.iter().map(|beats| beats.iter().map(|days| f64::from(*days)).collect()).collect();
        assert_eq!(told, wanted, "{name}: beats in the order of the route");
        // Five working days a week from Monday 1 June.
        let (whole, rest) = ((flow.total_days - 1) / 5, (flow.total_days - 1) % 5);
        let last = date(2026, 6, 1).saturating_add(jiff::ToSpan::days(whole * 7 + rest));
        assert_eq!(found.finish.map(Moment::date), Some(last), "{name}: {} days", flow.total_days);
    }
}

#[test]
fn a_route_says_what_holds_and_what_cannot_be_closed() {
    // B's floors take longer to come than its crew needs for them: the first is begun later.
    check(
        "A1 3d\nA2 3d\nB1 1d\nB2 1d\nA1 -> B1 FS\nA2 -> B2 FS\nresource a 1 -\na goes A1 A2\nresource b 1 -\nb goes B1 B2",
        &[
            "A1 06-01 06-03 start",
            "A2 06-04 06-08 link { from: 0 }",
            "B1 06-08 06-08 b>B2",
            "B2 06-09 06-09 link { from: 1 }",
        ],
    );
    // What stands between two floors begins behind the first: the crew waits, whenever it begins.
    check(
        "S1 2d\nM 3d\nS2 2d\nS1 -> M FS\nM -> S2 FS\nresource c 1 -\nc goes S1 S2",
        &[
            "S1 06-01 06-02 start",
            "M 06-03 06-05 link { from: 0 }",
            "S2 06-08 06-09 link { from: 1 }",
            "K-222 S2 c 3 S1 S2",
        ],
    );
    // Only the wait that cannot be closed stays.
    check(
        "S1 1d\nS2 2d\nM 3d\nS3 2d\nX 4d\nX -> S2 FS\nS2 -> M FS\nM -> S3 FS\nresource c 1 -\nc goes S1 S2 S3",
        &[
            "S1 06-04 06-04 c>S2",
            "S2 06-05 06-08 link { from: 4 }",
            "M 06-09 06-11 link { from: 1 }",
            "S3 06-12 06-15 link { from: 2 }",
            "X 06-01 06-04 start",
            "K-222 S3 c 3 S2 S3",
        ],
    );
    // A hard date is nothing that can be held back.
    check(
        "S1 1d !start_on=2026-06-01\nS2 2d snet=2026-06-04\nresource c 1 -\nc goes S1 S2",
        &["S1 06-01 06-01 constraint", "S2 06-04 06-05 constraint", "K-222 S2 c 2 S1 S2"],
    );
    // A route that names what there is not is no route; what is wrong with it is said.
    check(
        "S1 1d\nS2 2d\nresource c 1 -\nc goes S1 S3",
        &["S1 06-01 06-01 start", "S2 06-01 06-02 start", "K-127 - c S3"],
    );
    check("S1 1d\nresource c 1 -\nc goes S1 S1", &["S1 06-01 06-01 start", "K-127 - c S1"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(11), ..ProptestConfig::default() })]

    /// Crews of any beats go as the flow computed by hand goes, whatever the order in which places are written; the checker
    /// walks every day of every crew.
    #[test]
    fn flows_are_kept(beats in (1usize..5).prop_flat_map(|floors| prop::collection::vec(prop::collection::vec(1u32..7, floors), 1..5)), seed in any::<u64>()) {
        let rows: Vec<&[u32]> = beats.iter().map(Vec::as_slice).collect();
        let found = levelled(&flowing(&rows), Effort { schedules: 40, seed });
        let flow = flow(&rows.iter().map(|beats| Process::new(*beats)).collect::<Vec<_>>()).expect("a flow");
        prop_assert!(found.diagnostics.is_empty());
        let steps: Vec<f64> = found.runs.iter().filter_map(|run| run.step_days).collect();
        prop_assert_eq!(steps, flow.steps_days.iter().map(|days| *days as f64).collect::<Vec<_>>());
    }

    /// Any route on any plan: either it is kept, or K-222 says where it is not.
    #[test]
    fn routes_on_any_plan_are_kept_or_told(draws in prop::collection::vec(draw(), 2..14), step in 0u32..3, seed in any::<u64>()) {
        let mut plan = random_plan(&draws, step);
        let ids: Vec<String> = plan.activities.iter().map(|one| one.id.clone()).collect();
        let count = plan.resources.len();
        for (at, resource) in plan.resources.iter_mut().enumerate() {
            resource.route = ids.iter().skip(at).step_by(count.max(2)).cloned().collect();
        }
        let effort = Effort { schedules: 30, seed };
        let found = levelled(&plan, effort);
        prop_assert_eq!(&found, &levelled(&plan, effort));
    }
}

#[test]
fn a_crew_goes_from_building_to_building_of_several_plans() {
    let site = plan("S1 2d\nS2 2d\nresource crew 1 -\ncrew goes S1 S2\nS1 needs crew 1\nS2 needs crew 1");
    let joined = pooled(&[("east".to_owned(), site.clone()), ("west".to_owned(), site)]).expect("they agree");
    let found = levelled(&joined, EFFORT);
    let days: Vec<String> = rows(&joined, &found).iter().map(|row| row[..row.len().min(19)].to_owned()).collect();
    assert_eq!(days, ["east/S1 06-01 06-02", "east/S2 06-03 06-04", "west/S1 06-05 06-08", "west/S2 06-09 06-10"]);
}

#[test]
fn plans_of_one_contractor_share_its_crane() {
    let east = plan("A 3d\nB 2d\nresource crane 1 -\nA needs crane 1\nby B 2026-07-01");
    let mut west = plan("A 2d\nC 1d\nresource crane 1 -\nA needs crane 1\nA -> C FS\nfree 2026-06-05");
    west.start = Moment::Day(date(2026, 6, 2));
    let joined = pooled(&[("east".to_owned(), east.clone()), ("west".to_owned(), west.clone())]).expect("they agree");
    let found = levelled(&joined, EFFORT);
    let rows = rows(&joined, &found);
    // The crane is one: west, which begins a day later than east, has it first, for its A is shorter and C follows.
    let expected = ["east/A 06-04 06-08 crane:west/A", "east/B 06-01 06-02 start", "west/A 06-02 06-03 constraint"];
    assert_eq!(rows[..3], expected, "{rows:?}");
    assert_eq!((joined.resources.len(), &found.usage[0][0].units), (1, &1));
    assert_eq!(joined.mandated[0].activity, "east/B");

    let apart = |west: &Plan| {
        let plans = [("east".to_owned(), east.clone()), ("west".to_owned(), west.clone())];
        pooled(&plans)
            .expect_err("they disagree")
            .into_iter()
            .map(|one| (one.code, one.params.join(" ")))
            .collect::<Vec<_>>()
    };
    let mut more = west.clone();
    more.resources[0].capacity = 2;
    assert_eq!(apart(&more), [("K-126", "crane east west".to_owned())]);
    let mut later = west.clone();
    later.resources[0].steps = vec![CapacityStep { from: date(2026, 7, 1), capacity: 0 }];
    assert_eq!(apart(&later), [("K-126", "crane east west".to_owned())]);
    let mut shut = west.clone();
    shut.resources[0].calendar = Some("six".to_owned());
    assert_eq!(apart(&shut), [("K-126", "crane east west".to_owned())]);
    let mut dated = west.clone();
    dated.data_date = Some(Moment::Day(date(2026, 6, 3)));
    assert_eq!(apart(&dated), [("K-125", "data_date east west".to_owned())]);
    let mut other = west;
    other.resources[0].id = "hoist".to_owned();
    other.activities[0].needs[0].resource = "hoist".to_owned();
    let two =
        pooled(&[("east".to_owned(), east.clone()), ("west".to_owned(), other)]).expect("another id is another pool");
    assert_eq!(levelled(&two, EFFORT).activities[2].as_ref().expect("a place").start, Moment::Day(date(2026, 6, 2)));
    assert_eq!(pooled(&[("east".to_owned(), east.clone())]), Ok(east), "one plan stays as it is");
}
