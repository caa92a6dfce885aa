//! Cases of orders: clocks against the calendar and against the faults of other engines, every refusal, and scenarios with a
//! timer that sleeps, doubles and jumps.

use super::budget::{Budget, Tick, Unit};
use super::known::{Known, Person, Step};
use super::model::{Choice, Command, Fact, Refused, Source, SourceKind, Stage, State, Terms, decide};
use super::rules::{self, told_at};
use super::{due, rates, store};
use crate::clock::{civil, civil_date};
use crate::features::identity::model::Role;
use crate::features::organisations::model as organisations;
use crate::journal::domain::{Actor, Context};
use crate::on_both_databases;
use crate::testing::{NOW, TestSite};
use crate::{serve, timers};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, date};

/// An instant as `2026-09-18T09:00`, or the morning of a day.
fn at(text: &str) -> DateTime {
    if text.contains('T') { text.parse().unwrap() } else { format!("{text}T09:00").parse().unwrap() }
}

/// A clock from words: `begin 2026-09-18`, `stop …`, `on …`, `back …` (a report that comes back), `until … …`.
fn clock(unit: Unit, amount: u32, story: &str) -> Budget {
    let ticks = story.split(", ").map(|tick| {
        let words: Vec<&str> = tick.split(' ').collect();
        let what = match words[0] {
            "begin" => Tick::Begin,
            "stop" => Tick::Stop,
            "on" => Tick::GoOn { least: 0 },
            "back" => Tick::GoOn { least: 1 },
            "until" => Tick::Until(words[2].parse().unwrap()),
            other => panic!("{other}"),
        };
        (at(words[1]), what)
    });
    Budget::of(unit, amount, ticks)
}

fn due(budget: &Budget) -> String {
    budget.due().map_or_else(|| "stands".to_owned(), |due| due.text())
}

#[test]
fn deadlines_in_working_days_follow_the_nine_vectors() {
    let vectors = "2023-03-03+5=2023-03-10 2023-04-20+5=2023-04-26 2023-09-27+3=2023-10-08 2024-02-08+3=2024-02-19 2024-04-30+5=2024-05-10 \
                   2025-01-24+3=2025-02-05 2025-09-26+5=2025-10-10 2026-02-13+3=2026-02-25 2026-09-18+5=2026-09-24";
    for vector in vectors.split_whitespace() {
        let (start, rest) = vector.split_once('+').unwrap();
        let (days, end) = rest.split_once('=').unwrap();
        let budget = clock(Unit::WorkingDays, days.parse().unwrap(), &format!("begin {start}T23:59"));
        assert_eq!(due(&budget), end, "{vector}");
        assert!(budget.due().unwrap().missing.is_empty(), "{vector} stands on notices");
    }
}

#[test]
fn clocks_by_story() {
    use Unit::{NaturalDays as N, WorkingDays as W, WorkingHours as H};
    // Story, unit, amount, deadline; and at an instant: units left, units used.
    type Case = (&'static str, Unit, u32, &'static str, &'static str, &'static str, i64, i64);
    let cases: &[Case] = &[
        ("the day of issue is not counted", N, 5, "begin 2026-11-23", "2026-11-30", "2026-11-24", 4, 1),
        ("… and natural days that end on a Saturday end on Monday", N, 5, "begin 2026-11-23", "2026-11-30", "2026-11-28", 0, 5),
        ("days behind the end that are off count for nobody", N, 5, "begin 2026-11-23", "2026-11-30", "2026-11-30T23:59", 0, 7),
        ("a minute later it is late", N, 5, "begin 2026-11-23", "2026-11-30", "2026-12-01T00:00", -1, 8),
        ("an end on a holiday moves behind it, to a Thursday", N, 4, "begin 2026-09-29", "2026-10-08", "2026-10-03", 0, 4),
        ("a month ends on the day of its number", N, 30, "begin 2026-09-01", "2026-10-08", "2026-09-02", 29, 1),
        ("a Sunday that is worked is counted", W, 5, "begin 2026-09-18", "2026-09-24", "2026-09-20", 4, 1),
        ("one working day is not 24 working hours", W, 1, "begin 2026-11-27", "2026-11-30", "2026-11-28", 1, 0),
        ("seven working hours are a day, without the hours of lunch", H, 7, "begin 2026-11-23T09:00", "2026-11-24 09:00", "2026-11-23T13:00", 4, 3),
        ("hours that begin at night begin in the morning", H, 1, "begin 2026-11-21T23:00", "2026-11-23 09:30", "2026-11-22T23:00", 1, 0),
        ("hours that end with the day end there", H, 4, "begin 2026-11-23T14:00", "2026-11-24 09:00", "2026-11-23T18:00", 1, 3),
        ("standing from Friday to Monday is worth one working day", W, 3, "begin 2026-11-25, stop 2026-11-27, on 2026-11-30", "2026-12-01", "2026-11-30", 1, 2),
        ("standing over a weekend and no more is worth nothing in working days", W, 3, "begin 2026-11-25, stop 2026-11-28, on 2026-11-29", "2026-11-30", "2026-11-29", 1, 2),
        ("… and its days in natural days", N, 7, "begin 2026-11-25, stop 2026-11-28, on 2026-11-29", "2026-12-03", "2026-11-29", 4, 3),
        ("stopped and resumed within a day it loses nothing and gains nothing", N, 7, "begin 2026-11-23, stop 2026-11-25T09:00, on 2026-11-25T17:00", "2026-11-30", "2026-11-26", 4, 3),
        ("while it stands there is no deadline, and nothing is used", N, 7, "begin 2026-11-23, stop 2026-11-25", "stands", "2027-03-01", 5, 2),
        ("stopped behind its end and before Monday, a working day is left", N, 5, "begin 2026-11-23, stop 2026-11-29, on 2026-12-02", "2026-12-03", "2026-12-02", 1, 6),
        ("stopped twice", W, 10, "begin 2026-11-02, stop 2026-11-04, on 2026-11-09, stop 2026-11-11, on 2026-11-16", "2026-11-24", "2026-11-16", 6, 4),
        ("prolonged to a day", N, 5, "begin 2026-11-02, until 2026-11-05 2026-11-16", "2026-11-16", "2026-11-12", 4, 10),
        ("prolonged when it had been stopped, the stop is not lost", W, 5, "begin 2026-11-02, stop 2026-11-03, on 2026-11-10, until 2026-11-11 2026-11-20", "2026-11-20", "2026-11-11", 7, 2),
        ("… and stopped after that it moves from there", W, 5, "begin 2026-11-02, until 2026-11-04 2026-11-13, stop 2026-11-11, on 2026-11-16", "2026-11-18", "2026-11-16", 2, 7),
        ("prolonged after it passed, because it was asked for before", N, 5, "begin 2026-11-02, until 2026-11-11 2026-11-16", "2026-11-16", "2026-11-12", 4, 10),
        ("judged for a week and sent back, it goes on where it stood", N, 10, "begin 2026-11-02, stop 2026-11-06, back 2026-11-13", "2026-11-19", "2026-11-13", 6, 4),
        ("reported on the last day and sent back, a day is left", N, 5, "begin 2026-11-02, stop 2026-11-09, back 2026-11-12", "2026-11-13", "2026-11-12", 1, 7),
        ("reported late and sent back, it stays as late as it was", N, 5, "begin 2026-11-02, stop 2026-11-12, back 2026-11-20", "2026-11-09", "2026-11-20", -3, 10),
        ("behind the last notice the week is Monday to Friday", W, 3, "begin 2026-12-30", "2027-01-04", "2026-12-31", 2, 1),
    ];
    for (name, unit, amount, story, ends, now, left, used) in cases {
        let budget = clock(*unit, *amount, story);
        assert_eq!((due(&budget).as_str(), budget.left(at(now)), budget.used(at(now))), (*ends, *left, *used), "{name}");
        assert_eq!(budget.is_over(at(now)), *left < 0, "{name}");
    }
    assert_eq!(clock(W, 3, "begin 2026-12-30").due().unwrap().missing, [2027], "and the deadline says so");
    assert_eq!(clock(N, 5, "begin 2026-12-28").due().unwrap().missing, [2027], "a day off may still move natural days");
}

#[test]
fn standing_still_is_worth_exactly_the_days_between() {
    use crate::features::calendars::holidays::{end_of_period, working_days_between};
    let after = |from: Date, to: Date| if to > from { working_days_between(from.tomorrow().unwrap(), to) as i64 } else { 0 };
    let units = [Unit::NaturalDays, Unit::WorkingDays, Unit::WorkingHours];
    for first in date(2026, 1, 1).series(1.day()).take(330).step_by(2) {
        let begun = first.at(10, 7, 0, 0);
        for (unit, amount) in units.into_iter().flat_map(|unit| [1, 2, 5, 13].map(|amount| (unit, amount))) {
            let plain = Budget::of(unit, amount, [(begun, Tick::Begin)]);
            let due = plain.due().unwrap();
            for stopped in first.series(1.day()).take_while(|day| *day <= due.on()).map(|day| day.at(16, 0, 0, 0)).filter(|at| *at > begun && !due.is_past(*at)) {
                // Stopped and gone on in the same instant, nothing has happened.
                let at_once = Budget::of(unit, amount, [(begun, Tick::Begin), (stopped, Tick::Stop), (stopped, Tick::GoOn { least: 0 })]);
                assert_eq!(at_once.due().unwrap().at, due.at, "{unit:?} {amount} from {first}, at once on {stopped}");
                let later = stopped.saturating_add(9.days());
                let moved = Budget::of(unit, amount, [(begun, Tick::Begin), (stopped, Tick::Stop), (later, Tick::GoOn { least: 0 })]);
                let end = moved.due().unwrap();
                let name = format!("{unit:?} {amount} from {first}, from {stopped} for nine days");
                // A clock never has more left than it stood with, and what it used is what it had used.
                let grace = i64::from(plain.left(stopped) == 0 && stopped.date() < due.on());
                assert_eq!((moved.left(later), moved.used(later)), (plain.left(stopped).max(grace), plain.used(stopped)), "{name}");
                match unit {
                    // Behind its unmoved end nothing but the last day is left, and that moves as it stands.
                    Unit::NaturalDays if stopped.date() > first.saturating_add(i64::from(amount).days()) => {
                        let last = if grace == 0 { later.date() } else { later.date().tomorrow().unwrap() };
                        assert_eq!(end.on(), end_of_period(last).on, "{name}");
                    }
                    Unit::NaturalDays if grace == 0 => assert_eq!(end.on(), end_of_period(first.saturating_add((i64::from(amount) + 9).days())).on, "{name}"),
                    Unit::WorkingDays if end_of_period(later.date()).on == later.date() || plain.left(stopped) > 0 => {
                        assert_eq!(after(first, end.on()) - after(stopped.date(), later.date()), i64::from(amount), "{name}");
                    }
                    _ => assert!(end.at >= due.at, "{name}"),
                }
            }
        }
    }
}

#[test]
fn no_minute_of_a_day_is_lost_and_no_observance_is_a_holiday() {
    // Zammad #3180: an engine whose calendar was closed for a minute a day.
    let budget = clock(Unit::NaturalDays, 1, "begin 2026-11-24T23:59");
    for (now, is_over) in [("2026-11-25T00:00", false), ("2026-11-25T23:59", false), ("2026-11-26T00:00", true)] {
        assert_eq!(budget.is_over(at(now)), is_over, "{now}");
    }
    // Zammad #390: a feed of holidays held days that are kept and not free. Women's Day, New Year's Eve of 2024, Christmas.
    for (start, end) in [("2027-03-05", "2027-03-08"), ("2024-02-08", "2024-02-09"), ("2026-12-24", "2026-12-25")] {
        assert_eq!(due(&clock(Unit::WorkingDays, 1, &format!("begin {start}"))), end);
    }
    // Hours of a working day add up exactly, however it is cut.
    for cut in 0..24 {
        let minute = format!("2026-11-24T{cut:02}:17");
        let halves = [("2026-11-24T00:00".to_owned(), minute.clone()), (minute, "2026-11-25T00:00".to_owned())];
        let used: i64 = halves.iter().map(|(from, to)| {
            let budget = clock(Unit::WorkingHours, 7, &format!("begin {from}, stop {to}"));
            // In minutes: what is left when there are 420.
            420 - minutes_left(&budget, to)
        }).sum();
        assert_eq!(used, 420, "cut at {cut}");
    }
}

/// Minutes left of a clock that stands, found by letting it go on at the opening of a day of its own.
fn minutes_left(budget: &Budget, stopped: &str) -> i64 {
    let mut ticks = vec![(budget.stretches[0].since, Tick::Begin), (at(stopped), Tick::Stop)];
    ticks.push((at("2026-11-26T08:30"), Tick::GoOn { least: 0 }));
    let end = Budget::of(Unit::WorkingHours, budget.amount, ticks).due().unwrap().at;
    let lunch = if end > at("2026-11-26T12:00") { 150 } else { 0 };
    end.duration_since(at("2026-11-26T08:30")).as_mins() - lunch
}

#[test]
fn rungs_are_reached_on_their_days() {
    // Ladder, whether a report came back, the clock, and the days of its rungs.
    let cases = [
        ("usual", Unit::NaturalDays, 15, "begin 2026-11-02", "remind 2026-11-16 urge 2026-11-18 criticise 2026-11-22 talk 2026-11-27 refer 2026-12-07"),
        ("p13710", Unit::NaturalDays, 7, "begin 2026-11-02", "feedback 2026-11-05 remind 2026-11-08 urge 2026-11-10 criticise 2026-11-12 talk 2026-11-16"),
        ("huating", Unit::WorkingDays, 5, "begin 2026-11-02", "blue 2026-11-04 yellow 2026-11-10 red 2026-11-19"),
        ("suqian", Unit::NaturalDays, 7, "begin 2026-11-02, stop 2026-11-05, back 2026-11-06", "blue 2026-11-07 yellow 2026-11-06 red 2026-11-11"),
        ("yinchuan", Unit::NaturalDays, 7, "begin 2026-11-02", "yellow 2026-11-10 red 2027-01-09"),
        // Standing still, nothing lies ahead; what was reached before was reached then.
        ("huating", Unit::WorkingDays, 5, "begin 2026-11-02, stop 2026-11-05", "blue 2026-11-04 yellow never red never"),
        ("huating", Unit::WorkingDays, 5, "begin 2026-11-02, stop 2026-11-03, on 2026-11-10", "blue 2026-11-11 yellow 2026-11-17 red 2026-11-26"),
        // Prolonged, the paper that was sent stays sent; those ahead move.
        ("huating", Unit::WorkingDays, 5, "begin 2026-11-02, until 2026-11-06 2026-11-20", "blue 2026-11-04 yellow 2026-11-23 red 2026-12-02"),
        // A limit that has no more than that to begin with is not reminded of on its first day.
        ("usual", Unit::WorkingDays, 1, "begin 2026-11-02", "remind never urge 2026-11-04 criticise 2026-11-10 talk 2026-11-17 refer 2026-12-01"),
    ];
    for (ladder, unit, amount, story, days) in cases {
        let budget = clock(unit, amount, story);
        let returned = story.split(", ").find_map(|tick| tick.strip_prefix("back ")).map(at);
        let said: Vec<String> = rules::ladder(ladder)
            .unwrap()
            .rungs
            .iter()
            .map(|rung| format!("{} {}", rung.id, rung.reached(&budget, returned).map_or("never".to_owned(), |at| at.date().to_string())))
            .collect();
        assert_eq!(said.join(" "), days, "{ladder}: {story}");
    }
}

#[test]
fn colours_follow_the_clock_and_go_back_when_it_is_moved() {
    let cases = [
        ("2026-11-03", "begin 2026-11-02", ""),
        ("2026-11-04", "begin 2026-11-02", "blue"),
        ("2026-11-10", "begin 2026-11-02", "yellow"),
        ("2026-11-19", "begin 2026-11-02", "red"),
        ("2026-11-10", "begin 2026-11-02, until 2026-11-06 2026-11-20", ""),
        ("2026-12-30", "begin 2026-11-02, stop 2026-11-05", "blue"),
    ];
    for (now, story, colour) in cases {
        let rung = rules::ladder("huating").unwrap().standing(&clock(Unit::WorkingDays, 5, story), false, at(now));
        assert_eq!(rung.map_or("", |rung| rung.id.as_str()), colour, "{story} on {now}");
    }
}

#[test]
fn nobody_is_woken_by_a_message() {
    // Zammad #4432: reminders at midnight and on weekends.
    let cases = [
        ("2026-11-24T00:00", false, "2026-11-24T08:30"),
        ("2026-11-24T10:00", false, "2026-11-24T10:00"),
        ("2026-11-27T19:00", false, "2026-11-30T08:30"),
        ("2026-10-01T00:00", false, "2026-10-08T08:30"),
        ("2026-09-20T00:00", false, "2026-09-20T08:30"),
        ("2026-11-28T00:00", true, "2026-11-28T00:00"),
    ];
    for (reached, is_urgent, told) in cases {
        assert_eq!(told_at(at(reached), is_urgent), at(told), "{reached}");
    }
}

#[test]
fn presets_name_limits_of_published_rules() {
    let on = date(2026, 1, 30);
    let cases = [
        ("city", "document", Unit::NaturalDays, 30),
        ("city", "minutes", Unit::NaturalDays, 20),
        ("city", "urgent", Unit::NaturalDays, 5),
        ("city", "instruction", Unit::NaturalDays, 15),
        ("p13710", "ordinary", Unit::NaturalDays, 7),
        // Within a month, from the 30th of January: the last day of February.
        ("p13710", "grave", Unit::NaturalDays, 29),
        ("petitions", "objection", Unit::WorkingDays, 5),
        ("petitions", "settle", Unit::NaturalDays, 60),
        ("urgent", "half_day", Unit::WorkingHours, 4),
    ];
    for (preset, limit, unit, amount) in cases {
        assert_eq!(rules::limit(preset, limit, on).unwrap().1.budget(on), (unit, amount), "{preset}/{limit}");
    }
    assert!(rules::limit("petitions", "settle", date(2022, 4, 30)).is_none(), "not before it held");
    assert_eq!(rules::presets().iter().find(|preset| preset.id == "petitions").unwrap().extension_most_days, 30);
}

fn context(actor: &str) -> Context {
    let now = NOW.parse().unwrap();
    let actor = if actor == "system" { Actor::System } else { Actor::Account(actor.into()) };
    Context { actor, now, today: civil_date(now) }
}

fn on_ladder(ladder: &str) -> Choice {
    Choice { preset: "city".into(), limit: "instruction".into(), ladder: ladder.into() }
}

/// An order with a story: `kind day by`, from its draft on.
fn known(story: &str) -> Known {
    let terms = Terms { unit: Unit::NaturalDays, amount: 15, extension_most_days: 30, rework_days: 1, is_urgent: false };
    let mut known = Known {
        id: "o".into(),
        place: "p".into(),
        stage: Stage::Drafted,
        round: 1,
        lead: "firm".into(),
        supporting: vec!["bureau".into()],
        choice: on_ladder("huating"),
        steps: Vec::new(),
    };
    for (number, step) in story.split(", ").enumerate() {
        let words: Vec<&str> = step.split(' ').collect();
        let reason = String::from("r");
        let day: Date = words[1].parse().unwrap();
        let (fact, stage) = match words[0] {
            "drafted" => (Fact::Drafted { source: Source { kind: SourceKind::Instruction, reference: "1".into() }, title: "t".into(), content: "c".into(), lead: "firm".into(), supporting: Vec::new(), choice: on_ladder("huating"), parent: None, by: None }, Stage::Drafted),
            "found" => (Fact::Drafted { source: Source { kind: SourceKind::Finding, reference: "f".into() }, title: "t".into(), content: "c".into(), lead: "firm".into(), supporting: Vec::new(), choice: on_ladder("huating"), parent: None, by: Some(words[2].into()) }, Stage::Drafted),
            "approved" => (Fact::Approved {}, Stage::Approved),
            "issued" => (Fact::Issued { terms: terms.clone(), due_on: day.saturating_add(15.days()) }, Stage::Issued),
            "signed" => (Fact::Signed { paper: String::new() }, Stage::Signed),
            "asked" => (Fact::ExtensionAsked { until: date(2026, 12, 10), reason, progress: "half".into() }, Stage::Signed),
            "extended" => (Fact::Extended { until: date(2026, 12, 10), reason }, Stage::Signed),
            "paused" => (Fact::Paused { reason }, Stage::Paused),
            "reported" => (Fact::Reported { content: "done".into(), evidence: "photo".into(), photos: Vec::new(), paper: String::new() }, Stage::Reported),
            "returned" => (Fact::Returned { reason, due_on: day }, Stage::Signed),
            "closed" => (Fact::Closed { evidence: "seen".into(), photos: Vec::new() }, Stage::Closed),
            "blue" => (Fact::Rung { round: 1, rung: "blue".into(), reached_at: day.into() }, known.stage),
            other => panic!("{other}"),
        };
        known.stage = stage;
        known.steps.push(Step { number: number as u64 + 1, round: 1, at: at(words[1]), by: words[2].into(), fact });
    }
    known
}

const DRAFT: &str = "drafted 2026-11-09 wen";
const APPROVED: &str = "drafted 2026-11-09 wen, approved 2026-11-09 chief";
const ISSUED: &str = "drafted 2026-11-09 wen, approved 2026-11-09 chief, issued 2026-11-10 wen";
const SIGNED: &str = "drafted 2026-11-09 wen, approved 2026-11-09 chief, issued 2026-11-10 wen, signed 2026-11-10 jian";
/// The same, issued so early that its deadline has passed today.
const LATE: &str = "drafted 2026-11-02 wen, approved 2026-11-02 chief, issued 2026-11-02 wen, signed 2026-11-03 jian";
const REPORTED: &str = "drafted 2026-11-09 wen, approved 2026-11-09 chief, issued 2026-11-10 wen, signed 2026-11-10 jian, reported 2026-11-20 jian";
const CLOSED: &str = "drafted 2026-11-09 wen, approved 2026-11-09 chief, issued 2026-11-10 wen, signed 2026-11-10 jian, reported 2026-11-20 jian, closed 2026-11-21 wen";

#[test]
fn drafts() {
    let ready = State { is_lead_known: true, is_supporting_known: true, is_source_known: true, is_parent_fit: true, now: at("2026-11-23"), ..State::default() };
    let draft = |change: &dyn Fn(&mut Command)| {
        let mut command = Command::Draft {
            order: "o".into(),
            place: "p".into(),
            source: Source { kind: SourceKind::Instruction, reference: "No. 7".into() },
            title: "Power".into(),
            content: "Bring power to the site".into(),
            lead: "firm".into(),
            supporting: vec!["bureau".into()],
            choice: on_ladder("usual"),
            parent: None,
        };
        change(&mut command);
        command
    };
    macro_rules! with {
        ($field:ident = $value:expr) => {
            draft(&|command| {
                let Command::Draft { $field, .. } = command else { panic!() };
                *$field = $value;
            })
        };
    }
    let reference = |words: &str| Source { kind: SourceKind::Instruction, reference: words.into() };
    let cases: Vec<(&str, State, Command, Option<Refused>)> = vec![
        ("drafted", ready.clone(), draft(&|_| ()), None),
        ("an id twice", State { is_id_taken: true, ..ready.clone() }, draft(&|_| ()), Some(Refused::IdTaken)),
        ("without a title", ready.clone(), with!(title = " ".into()), Some(Refused::NoTitle)),
        ("without content", ready.clone(), with!(content = String::new()), Some(Refused::NoContent)),
        ("led by nobody", State { is_lead_known: false, ..ready.clone() }, draft(&|_| ()), Some(Refused::UnknownLead)),
        ("helped by nobody", State { is_supporting_known: false, ..ready.clone() }, draft(&|_| ()), Some(Refused::UnknownSupporting)),
        ("helped by its lead", ready.clone(), with!(supporting = vec!["firm".into()]), Some(Refused::UnknownSupporting)),
        ("helped twice", ready.clone(), with!(supporting = vec!["bureau".into(), "bureau".into()]), Some(Refused::UnknownSupporting)),
        ("by no limit", ready.clone(), with!(choice = Choice { limit: "never".into(), ..on_ladder("usual") }), Some(Refused::UnknownLimit)),
        ("on no ladder", ready.clone(), with!(choice = on_ladder("none")), Some(Refused::UnknownLadder)),
        ("from nowhere", ready.clone(), with!(source = reference(" ")), Some(Refused::UnknownSource)),
        ("from elsewhere", State { is_source_known: false, ..ready.clone() }, draft(&|_| ()), Some(Refused::UnknownSource)),
        ("under what has ended", State { is_parent_fit: false, ..ready }, draft(&|_| ()), Some(Refused::UnknownParent)),
    ];
    for (name, state, command, expected) in cases {
        assert_eq!(decide(&state, &command, &context("wen")).err(), expected, "{name}");
    }
}

#[test]
fn rules_of_an_order() {
    let office = Person { account: "wen".into(), organisation: Some("headquarters".into()), may_govern: true, may_approve: false };
    let leader = Person { account: "chief".into(), may_approve: true, ..office.clone() };
    let lead = Person { account: "jian".into(), organisation: Some("firm".into()), ..Person::default() };
    let helper = Person { account: "lu".into(), organisation: Some("bureau".into()), ..Person::default() };
    let stranger = Person { account: "mo".into(), organisation: Some("other".into()), ..Person::default() };
    let both = Person { may_govern: true, ..lead.clone() };
    let o = || "o".to_owned();
    let words = || "words".to_owned();
    let sign = |paper: &str| Command::Sign { order: o(), paper: paper.into() };
    let report = |content: &str, evidence: &str, paper: &str| Command::Report { order: o(), content: content.into(), evidence: evidence.into(), photos: Vec::new(), paper: paper.into() };
    let ask = |until: &str, reason: &str, progress: &str| Command::AskExtension { order: o(), until: until.parse().unwrap(), reason: reason.into(), progress: progress.into() };
    let answer = |is_granted, until: Option<&str>| Command::AnswerExtension { order: o(), is_granted, until: until.map(|until| until.parse().unwrap()), reason: words() };
    let outside = |to: &str| Some(Refused::UntilOutside { from: "2026-11-25".into(), to: to.into() });
    let wrong = |stage: &str| Some(Refused::WrongStage { stage: stage.into() });
    let ring = |rung: &str, reached: &str| Command::Ring { order: o(), round: 1, rung: rung.into(), reached_at: format!("{reached}T00:00").parse().unwrap() };
    let asked = format!("{SIGNED}, asked 2026-11-20 jian");
    let extended = format!("{asked}, extended 2026-11-21 wen");
    let late_asked = format!("{LATE}, asked 2026-11-10 jian");
    let paused = format!("{SIGNED}, paused 2026-11-12 wen");
    let returned = format!("{REPORTED}, returned 2026-11-22 wen");
    let entered = REPORTED.replace("20 jian", "20 wen");
    // What is tried, on which story, by whom, and why it is refused.
    let cases: Vec<(&str, &str, &Person, Command, Option<Refused>)> = vec![
        ("approved", DRAFT, &leader, Command::Approve { order: o() }, None),
        ("approved by the office", DRAFT, &office, Command::Approve { order: o() }, Some(Refused::NotYours)),
        ("approved by who drafted", "drafted 2026-11-09 chief", &leader, Command::Approve { order: o() }, Some(Refused::OwnDraft)),
        ("approved twice", APPROVED, &leader, Command::Approve { order: o() }, wrong("approved")),
        ("issued", APPROVED, &office, Command::Issue { order: o() }, None),
        ("issued before it is approved", DRAFT, &office, Command::Issue { order: o() }, wrong("drafted")),
        ("issued by a stranger", APPROVED, &stranger, Command::Issue { order: o() }, Some(Refused::NotYours)),
        ("signed for", ISSUED, &lead, sign(""), None),
        ("signed for by the office, by a paper", ISSUED, &office, sign("receipt 3"), None),
        ("signed for by the office, by nothing", ISSUED, &office, sign(" "), Some(Refused::NoPaper)),
        ("signed for by a helper", ISSUED, &helper, sign(""), Some(Refused::NotYours)),
        ("signed for twice", SIGNED, &lead, sign(""), wrong("signed")),
        ("a word on it by a helper", SIGNED, &helper, Command::Note { order: o(), content: words() }, None),
        ("no word on it", SIGNED, &lead, Command::Note { order: o(), content: String::new() }, Some(Refused::NoRemark)),
        ("a word on it by the office", SIGNED, &office, Command::Note { order: o(), content: words() }, Some(Refused::NotYours)),
        ("pressed for", ISSUED, &office, Command::Urge { order: o(), content: words() }, None),
        ("pressed for by a helper", ISSUED, &helper, Command::Urge { order: o(), content: words() }, Some(Refused::NotYours)),
        ("another date", SIGNED, &lead, ask("2026-12-10", "rain", "half"), None),
        ("another date for no reason", SIGNED, &lead, ask("2026-12-10", "", "half"), Some(Refused::NoReason)),
        ("another date from nowhere", SIGNED, &lead, ask("2026-12-10", "rain", " "), Some(Refused::NoProgress)),
        ("a date that is the deadline", SIGNED, &lead, ask("2026-11-25", "rain", "half"), outside("2026-12-25")),
        ("a date on a Saturday", SIGNED, &lead, ask("2026-12-12", "rain", "half"), outside("2026-12-25")),
        ("a date beyond the rule", SIGNED, &lead, ask("2026-12-28", "rain", "half"), outside("2026-12-25")),
        ("another date, late", LATE, &lead, ask("2026-12-10", "rain", "half"), Some(Refused::TooLate { date: "2026-11-17".into() })),
        ("another date, twice", &asked, &lead, ask("2026-12-10", "rain", "half"), Some(Refused::AlreadyAsked)),
        ("another date, once more", &extended, &lead, ask("2026-12-21", "rain", "half"), Some(Refused::AlreadyAsked)),
        ("another date for a helper", SIGNED, &helper, ask("2026-12-10", "rain", "half"), Some(Refused::NotYours)),
        ("granted as asked", &asked, &office, answer(true, None), None),
        ("granted earlier", &asked, &office, answer(true, Some("2026-12-07")), None),
        ("granted beyond what was asked", &asked, &office, answer(true, Some("2026-12-11")), outside("2026-12-10")),
        ("granted late, asked in time", &late_asked, &office, answer(true, None), None),
        ("not granted", &asked, &office, answer(false, None), None),
        ("granted unasked", SIGNED, &office, answer(true, None), Some(Refused::NotAsked)),
        ("granted by the lead", &asked, &lead, answer(true, None), Some(Refused::NotYours)),
        ("stopped", SIGNED, &office, Command::Pause { order: o(), reason: words() }, None),
        ("stopped by the lead", SIGNED, &lead, Command::Pause { order: o(), reason: words() }, Some(Refused::NotYours)),
        ("stopped late", LATE, &office, Command::Pause { order: o(), reason: words() }, Some(Refused::TooLate { date: "2026-11-17".into() })),
        ("going on", &paused, &office, Command::Resume { order: o(), reason: words() }, None),
        ("going on while it runs", SIGNED, &office, Command::Resume { order: o(), reason: words() }, wrong("signed")),
        ("reported", SIGNED, &lead, report("done", "photo", ""), None),
        ("reported late", LATE, &lead, report("done", "photo", ""), None),
        ("reported again", &returned, &lead, report("done", "photo", ""), None),
        ("reported by the office, by a paper", SIGNED, &office, report("done", "photo", "letter 5"), None),
        ("reported by the office, by nothing", SIGNED, &office, report("done", "photo", ""), Some(Refused::NoPaper)),
        ("reported as nothing", SIGNED, &lead, report("", "photo", ""), Some(Refused::NoOutcome)),
        ("reported by nothing", SIGNED, &lead, report("done", " ", ""), Some(Refused::NoEvidence)),
        ("reported unsigned", ISSUED, &lead, report("done", "photo", ""), wrong("issued")),
        ("reported while it stands", &paused, &lead, report("done", "photo", ""), wrong("paused")),
        ("sent back", REPORTED, &office, Command::Return { order: o(), reason: words() }, None),
        ("sent back for nothing", REPORTED, &office, Command::Return { order: o(), reason: String::new() }, Some(Refused::NoReason)),
        ("closed", REPORTED, &office, Command::Close { order: o(), evidence: words(), photos: Vec::new() }, None),
        ("closed by nothing", REPORTED, &office, Command::Close { order: o(), evidence: String::new(), photos: Vec::new() }, Some(Refused::NoEvidence)),
        ("closed by its unit", REPORTED, &both, Command::Close { order: o(), evidence: words(), photos: Vec::new() }, Some(Refused::OwnReport)),
        ("closed by who entered the report", &entered, &office, Command::Close { order: o(), evidence: words(), photos: Vec::new() }, Some(Refused::OwnReport)),
        ("closed unreported", SIGNED, &office, Command::Close { order: o(), evidence: words(), photos: Vec::new() }, wrong("signed")),
        ("looked back, and it stands", CLOSED, &office, Command::LookBack { order: o(), is_sound: true, finding: words(), choice: None }, None),
        ("looked back, and it does not", CLOSED, &office, Command::LookBack { order: o(), is_sound: false, finding: words(), choice: None }, None),
        ("looked back at nothing", CLOSED, &office, Command::LookBack { order: o(), is_sound: true, finding: String::new(), choice: None }, Some(Refused::NoFinding)),
        ("closed by who found it", "found 2026-11-09 wen, issued 2026-11-10 system, signed 2026-11-10 jian, reported 2026-11-20 jian", &office, Command::Close { order: o(), evidence: words(), photos: Vec::new() }, Some(Refused::OwnFinding)),
        ("what was found, closed at a desk", "found 2026-11-09 ren, issued 2026-11-10 system, signed 2026-11-10 jian, reported 2026-11-20 jian", &office, Command::Close { order: o(), evidence: words(), photos: Vec::new() }, Some(Refused::ByReinspection)),
        ("what was found, sent back at a desk", "found 2026-11-09 ren, issued 2026-11-10 system, signed 2026-11-10 jian, reported 2026-11-20 jian", &office, Command::Return { order: o(), reason: words() }, None),
        ("judged by a person", REPORTED, &office, Command::Judge { order: o(), is_done: true, content: words(), photos: Vec::new() }, Some(Refused::NotYours)),
        ("looked back by its unit", CLOSED, &both, Command::LookBack { order: o(), is_sound: true, finding: words(), choice: None }, Some(Refused::OwnReport)),
        ("withdrawn", SIGNED, &office, Command::Withdraw { order: o(), reason: words() }, None),
        ("withdrawn when it is done", CLOSED, &office, Command::Withdraw { order: o(), reason: words() }, wrong("closed")),
        ("a rung by hand", SIGNED, &office, ring("blue", "2026-11-22"), Some(Refused::NotYours)),
    ];
    for (name, story, person, command, expected) in cases {
        let state = State { order: Some(known(story)), person: person.clone(), is_parent_fit: true, now: at("2026-11-23"), ..State::default() };
        assert_eq!(decide(&state, &command, &context(&person.account)).err(), expected, "{name}");
    }
    // What the timer asks.
    let blue = format!("{LATE}, blue 2026-11-14 system");
    let cases = [
        ("the first rung", LATE, ring("blue", "2026-11-14"), None),
        ("a rung before the first", LATE, ring("yellow", "2026-11-18"), Some(Refused::NotReached)),
        ("the second rung", blue.as_str(), ring("yellow", "2026-11-18"), None),
        ("a rung twice", blue.as_str(), ring("blue", "2026-11-14"), Some(Refused::NotReached)),
        ("a rung on another day", LATE, ring("blue", "2026-11-15"), Some(Refused::NotReached)),
        ("a rung that is not reached", SIGNED, ring("yellow", "2026-11-26"), Some(Refused::NotReached)),
        ("a rung of what is done", CLOSED, ring("blue", "2026-11-22"), Some(Refused::NotReached)),
        ("the deadline people know", SIGNED, Command::Redate { order: o(), due_on: date(2026, 11, 25) }, Some(Refused::SameDue)),
        ("a deadline that is not", SIGNED, Command::Redate { order: o(), due_on: date(2026, 11, 26) }, Some(Refused::SameDue)),
    ];
    for (name, story, command, expected) in cases {
        let state = State { order: Some(known(story)), is_parent_fit: true, now: at("2026-11-23"), ..State::default() };
        assert_eq!(decide(&state, &command, &context("system")).err(), expected, "{name}");
    }
    // Told before the notice of holidays came out, the deadline is now another.
    let mut told = known(SIGNED);
    let Fact::Issued { due_on, .. } = &mut told.steps[2].fact else { panic!() };
    *due_on = date(2026, 11, 24);
    let state = State { order: Some(told), is_parent_fit: true, now: at("2026-11-23"), ..State::default() };
    assert_eq!(decide(&state, &Command::Redate { order: o(), due_on: date(2026, 11, 25) }, &context("system")).map(|drafts| drafts.len()), Ok(1));
    // Parts and the whole.
    let under = |due: Date| State { parent_due: Some(due), order: Some(known(APPROVED)), is_parent_fit: true, person: office.clone(), now: at("2026-11-23"), ..State::default() };
    assert_eq!(decide(&under(date(2026, 12, 8)), &Command::Issue { order: o() }, &context("wen")).map(|drafts| drafts.len()), Ok(1));
    assert_eq!(decide(&under(date(2026, 12, 7)), &Command::Issue { order: o() }, &context("wen")), Err(Refused::AfterParent { date: "2026-12-07".into() }));
    let whole = State { open_parts: 2, order: Some(known(REPORTED)), is_parent_fit: true, person: office.clone(), now: at("2026-11-23"), ..State::default() };
    assert_eq!(decide(&whole, &Command::Close { order: o(), evidence: words(), photos: Vec::new() }, &context("wen")), Err(Refused::OpenParts { count: "2".into() }));
    let trust = |reason: &str| decide(&State::default(), &Command::TrustClock { reason: reason.into() }, &context("wen")).map(|drafts| drafts.len());
    assert_eq!((trust("compared with the telephone"), trust("")), (Ok(1), Err(Refused::NoReason)));
}

#[test]
fn on_time_is_a_report_in_time_that_was_accepted() {
    let returned = format!("{REPORTED}, returned 2026-11-21 wen");
    let cases = [
        (CLOSED.to_owned(), Some(true), "reported in time"),
        (format!("{LATE}, reported 2026-11-17 jian, closed 2026-12-30 wen"), Some(true), "on the last day, however long it is judged"),
        (format!("{LATE}, reported 2026-11-18 jian, closed 2026-11-19 wen"), Some(false), "a day later"),
        (format!("{returned}, reported 2026-11-26 jian, closed 2026-11-27 wen"), Some(true), "sent back, and again in time"),
        (format!("{returned}, reported 2026-12-08 jian, closed 2026-12-09 wen"), Some(false), "the first report was in time, but not accepted"),
        (format!("{SIGNED}, asked 2026-11-20 jian, extended 2026-11-23 wen, reported 2026-12-10 jian, closed 2026-12-11 wen"), Some(true), "in the time that was granted"),
        (REPORTED.to_owned(), None, "not judged yet"),
    ];
    for (story, expected, name) in cases {
        assert_eq!(known(&story).was_on_time(1), expected, "{name}");
    }
}

#[test]
fn ranks_compare_fractions_and_equals_share() {
    let unit = |name: &str, issued, closed, on_time, over| rates::Unit { unit: name.into(), issued, closed, on_time, over, ..rates::Unit::default() };
    let mut units = vec![unit("a", 3, 2, 1, 0), unit("b", 8, 4, 4, 0), unit("c", 6, 2, 1, 0), unit("d", 5, 0, 0, 0), unit("e", 2, 1, 1, 0), unit("f", 4, 0, 0, 1)];
    rates::rank(&mut units);
    let said: Vec<(&str, Option<usize>)> = units.iter().map(|unit| (unit.unit.as_str(), unit.rank)).collect();
    assert_eq!(said, [("b", Some(1)), ("e", Some(1)), ("a", Some(3)), ("c", Some(4)), ("f", Some(5)), ("d", None)]);
    assert_eq!(unit("x", 3, 2, 2, 1).on_time_rate().unwrap().text(), "66.6 %", "never rounded up");
}

/// A cast with a firm that builds `ours` and a bureau that helps.
pub async fn with_firm(mut site: TestSite) -> TestSite {
    for (id, kind) in [("firm", organisations::Kind::Contractor), ("bureau", organisations::Kind::Bureau)] {
        site.submit(organisations::Command::Register { id: id.into(), name: format!("{id} name"), kind }).await.unwrap();
    }
    for (name, organisation) in [("jian", "firm"), ("jia", "firm"), ("lu", "bureau")] {
        site.person_of(name, organisation, Role::Contractor, Some("ours")).await;
    }
    site
}

const FORM: [(&str, &str); 9] = [
    ("source", "instruction"),
    ("reference", "No. 7"),
    ("title", "Power for building 1"),
    ("content", "Bring power to the site"),
    ("about", "ours"),
    ("lead", "firm"),
    ("supporting1", "bureau"),
    ("limit", "city/urgent"),
    ("ladder", "huating"),
];

/// Drafts, approves and issues an order with fields changed. Returns its address.
pub async fn issued(site: &TestSite, id: &str, changes: &[(&'static str, &'static str)]) -> String {
    let mut fields: Vec<(&str, &str)> = FORM.to_vec();
    fields.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    fields.extend(changes);
    fields.push(("request_id", id));
    let drafted = site.post("office", "/orders/new", &fields).await;
    assert_eq!(drafted.status, 303, "{:?}", drafted.texts(".summary li"));
    let address = drafted.location().to_owned();
    for (who, act) in [("chief", "approve"), ("office", "issue")] {
        let page = site.post(who, &format!("{address}/{act}"), &[]).await;
        assert_eq!(page.status, 303, "{act}: {:?}", page.texts(".summary li"));
    }
    address
}

fn advance(site: &TestSite, days: i64) {
    assert!(site.site.clock.advance(site.site.clock.now() + (24 * days).hours()));
}

/// Rungs of an order as noted: which, and on what day.
async fn rungs(site: &TestSite, id: &str) -> Vec<String> {
    let order = store::order(&mut site.site.db.reader().await.unwrap(), id).await.unwrap().unwrap();
    let rungs = order.known.steps.iter().filter_map(|step| match &step.fact {
        Fact::Rung { rung, reached_at, round } => Some(format!("{round} {rung} {}", reached_at.date())),
        _ => None,
    });
    rungs.collect()
}

on_both_databases!(a_unit_hands_over_the_duties_of_its_people_too, |site| async move {
    let site = with_firm(site.with_cast().await).await;
    let list = async |who: &str| site.get(who, "/orders/hand-over/docx?unit=firm").await.status.as_u16();
    assert_eq!(list("jian").await, 404, "there is nothing to hand over");
    assert_eq!(site.post("chief", "/duties/institutions/third", &[("name", "Ledger of promises"), ("purpose", "who promised what")]).await.status, 303);
    let rule = [("slot", "third"), ("name", "Read the ledger"), ("about", "ours"), ("each", "place"), ("assignee", "jian"), ("recurrence", "FREQ=DAILY"), ("free_days", "skip"), ("from", "2026-11-23"), ("needs_photo", "no")];
    assert_eq!(site.post("chief", "/duties/rules/new", &rule).await.status, 303);
    crate::timers::once(&site.site).await.unwrap();
    for (who, status) in [("jian", 200), ("office", 200), ("lu", 404), ("stranger", 404)] {
        assert_eq!(list(who).await, status, "{who}");
    }
    site
});

on_both_databases!(an_order_from_its_draft_to_its_end_and_again, |site| async move {
    let site = with_firm(site.with_cast().await).await;
    // Only who governs drafts; a foreign place answers as a missing one; what was typed stays.
    assert_eq!(site.get("jian", "/orders/new").await.status, 404);
    assert_eq!(site.post("jian", "/orders/new", &FORM).await.status, 403);
    assert_eq!(site.post("stranger", "/orders/new", &FORM).await.status, 404);
    let mut bad = FORM.to_vec();
    bad[2] = ("title", " ");
    let refused = site.post("office", "/orders/new", &bad).await;
    assert_eq!((refused.status.as_u16(), refused.texts(".summary .quiet"), refused.texts("#field-content")), (422, vec!["S-102".to_owned()], vec!["Bring power to the site".to_owned()]));
    let mut fields = FORM.to_vec();
    fields.push(("request_id", "order-0001"));
    let drafted = site.post("office", "/orders/new", &fields).await;
    assert_eq!((drafted.status.as_u16(), drafted.location()), (303, "/orders/order-0001"));
    let order = "/orders/order-0001";
    let offered = async |who: &str| site.get(who, order).await.attributes("main form[action^='/orders/order-0001/']", "action").iter().map(|action| action.rsplit('/').next().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!((offered("office").await, offered("chief").await, offered("jian").await), (vec!["withdraw".to_owned()], vec!["approve".to_owned(), "withdraw".to_owned()], vec![]));
    for who in ["", "stranger"] {
        assert_eq!(site.get(who, order).await.status, if who.is_empty() { 303 } else { 404 });
    }
    assert_eq!(site.post("chief", &format!("{order}/approve"), &[]).await.status, 303);
    assert_eq!(site.post("office", &format!("{order}/issue"), &[]).await.status, 303);
    // Five natural days from Monday: Saturday, so Monday.
    let page = site.get("jian", order).await;
    assert_eq!(page.texts(".clock b")[0], "2026-11-30");
    assert_eq!(offered("jian").await, ["sign", "note"]);
    // The sheet of its project and the search know it too, to those who may see it.
    assert!(site.get("jian", "/places/ours/profile").await.attributes("main td a", "href").contains(&order.to_owned()));
    assert_eq!(site.get("jian", "/places/ours/profile/pdf").await.status, 200);
    for (who, found) in [("jian", vec!["Power for building 1"]), ("stranger", vec![])] {
        assert_eq!(site.get(who, "/search?find=power").await.texts("ul.entries li > a"), found, "{who}");
    }
    for format in ["pdf", "docx"] {
        for (who, status) in [("jian", 200), ("office", 200), ("lu", 404), ("stranger", 404)] {
            assert_eq!(site.get(who, &format!("/orders/hand-over/{format}?unit=firm")).await.status, status, "{who}: the list that hands over as {format}");
        }
        assert_eq!(site.get("jian", &format!("/orders/rates/{format}")).await.status, 200);
    }
    assert_eq!(site.get("jian", "/orders/hand-over/pdf").await.status, 404);
    for (who, waits) in [("jian", 1), ("jia", 1), ("lu", 0), ("chief", 0)] {
        let desk = site.get(who, "/desk").await.attributes("section.sheet li a", "href");
        assert_eq!(desk.iter().filter(|link| *link == order).count(), waits, "{who}: it waits for the whole unit and nobody else");
    }
    let list = site.get("jian", "/orders").await;
    assert_eq!(list.texts("tbody td:first-child"), ["Power for building 1"], "whose unit leads sees it first");
    assert_eq!(list.texts("header nav .count"), ["1"], "and is told on every page");
    assert_eq!(site.get("stranger", "/orders?show=all").await.texts("tbody td:first-child a").len(), 0);
    for format in ["pdf", "docx"] {
        assert_eq!(site.get("jian", &format!("{order}/letter/{format}")).await.status, 200, "the letter as {format}");
        assert_eq!(site.get("stranger", &format!("{order}/letter/{format}")).await.status, 404);
    }
    assert_eq!(site.post("lu", &format!("{order}/sign"), &[]).await.status, 403, "a helper does not sign");
    assert_eq!(site.post("jian", &format!("{order}/sign"), &[]).await.status, 303);
    assert_eq!(site.post("lu", &format!("{order}/note"), &[("remark", "the cable is ordered")]).await.status, 303);

    // Stopped for two days: the deadline moves by them, and by nothing else.
    advance(&site, 1);
    assert_eq!(site.post("office", &format!("{order}/pause"), &[("reason", "road closed")]).await.status, 303);
    advance(&site, 2);
    assert_eq!(site.post("office", &format!("{order}/resume"), &[("reason", "open again")]).await.status, 303);
    assert_eq!(site.get("jian", order).await.texts(".clock b")[..2], ["2026-11-30", "4 天"].map(|text| if text == "4 天" { "还有 4 天".to_owned() } else { text.to_owned() }));

    // Prolonged once, asked by whoever of the unit is there.
    let ask = [("until", "2026-12-04"), ("reason", "cable late"), ("progress", "trench dug")];
    let far = site.post("jia", &format!("{order}/ask"), &[("until", "2027-03-01"), ("reason", "cable late"), ("progress", "trench dug")]).await;
    assert_eq!((far.status.as_u16(), far.texts(".summary .quiet"), far.texts("#field-ask-progress")), (422, vec!["S-118".to_owned()], vec!["trench dug".to_owned()]));
    assert_eq!(site.post("jia", &format!("{order}/ask"), &ask).await.status, 303);
    assert_eq!(site.post("office", &format!("{order}/answer"), &[("granted", "yes"), ("reason", "seen")]).await.status, 303);
    assert_eq!(site.post("jia", &format!("{order}/ask"), &ask).await.texts(".summary .quiet"), ["S-116"]);
    assert_eq!(site.get("jian", order).await.texts(".clock b")[0], "2026-12-04");

    // Reported, sent back, reported, closed by somebody else.
    let report = [("outcome", "power is there"), ("evidence", "meter reads 3")];
    assert_eq!(site.post("jian", &format!("{order}/report"), &report).await.status, 303);
    assert_eq!(site.post("jian", &format!("{order}/close"), &[("evidence", "mine")]).await.status, 403);
    assert_eq!(site.post("office", &format!("{order}/return"), &[("reason", "only one meter")]).await.status, 303);
    assert_eq!(site.post("jian", &format!("{order}/report"), &report).await.status, 303);
    assert_eq!(site.post("office", &format!("{order}/close"), &[("evidence", "")]).await.texts(".summary .quiet"), ["S-121"]);
    assert_eq!(site.post("office", &format!("{order}/close"), &[("evidence", "both meters seen")]).await.status, 303);
    assert_eq!(site.post("chief", &format!("{order}/close"), &[("evidence", "again")]).await.texts(".summary .quiet"), ["S-110"], "closed once");
    let rates = site.get("chief", "/orders/rates").await;
    assert_eq!(rates.texts("tbody td"), ["firm name", "1", "0", "1", "1", "1", "0", "100.0 % 1/1", "100.0 % 1/1"]);
    assert_eq!(site.get("jian", "/orders").await.texts("header nav .count").len(), 0);

    // Looked at again, it does not stand: another round, and the first keeps its dates.
    let back = [("sound", "no"), ("finding", "cut off again"), ("limit", "p13710/ordinary")];
    assert_eq!(site.post("office", &format!("{order}/look_back"), &back).await.status, 303);
    let page = site.get("jian", order).await;
    assert_eq!(page.texts(".clock b")[0], "2026-12-03", "seven days from Thursday");
    assert!(page.texts("ol.course p").iter().any(|text| text.contains("2026-12-04")), "what was granted then is still there");
    assert_eq!(site.get("chief", "/orders/rates").await.texts("tbody td")[3..7], ["1", "0", "0", "0"], "open again is not closed");
    // Sixty days end in a year without a notice of holidays: the deadline says so.
    issued(&site, "order-0002", &[("limit", "petitions/settle")]).await;
    assert_eq!(site.get("chief", "/orders?sort=-due").await.texts("tbody td:nth-child(4)"), ["2027-01-25 暂定", "2026-12-03"]);
    assert_eq!(site.get("chief", "/orders").await.texts(".choices a"), ["待我办 0", "在办 2", "逾期 0", "拟办 0", "已结 0", "全部 2"]);
    for form in ["", "?form=xlsx&show=all"] {
        assert_eq!(site.get("chief", &format!("/orders{form}")).await.status, 200);
    }
    assert_eq!(site.get("chief", "/orders/rules").await.status, 200);
    assert_eq!(site.get("chief", "/orders/rates?form=xlsx").await.status, 200);
    assert_eq!(site.post("office", &format!("{order}/explode"), &[]).await.status, 404);
    site
});

on_both_databases!(what_a_unit_does_on_paper_is_entered_and_judged_by_another, |site| async move {
    let mut site = with_firm(site.with_cast().await).await;
    site.person("second", Role::SupervisionOffice, None).await;
    let order = issued(&site, "order-0001", &[]).await;
    assert_eq!(site.get("second", "/orders").await.texts("header nav .count").len(), 0, "what a unit must do waits for the unit");
    let bare = site.post("office", &format!("{order}/sign"), &[("paper", "")]).await;
    assert_eq!((bare.status.as_u16(), bare.texts(".summary .quiet")), (422, vec!["S-113".to_owned()]));
    assert_eq!(site.post("office", &format!("{order}/sign"), &[("paper", "Receipt 3")]).await.status, 303);

    // A report with a photograph: what is shown is a copy, to those alone who may see the order.
    let mut body = Vec::new();
    let fields = [("request_id", "report-0001".to_owned()), ("form_token", site.form_token("office")), ("outcome", "power is there".into()), ("evidence", "meter".into()), ("paper", "Letter 5".into())];
    for (name, value) in &fields {
        body.extend(format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    let send = async |picture: &[u8]| {
        let mut whole = body.clone();
        whole.extend(b"--x\r\ncontent-disposition: form-data; name=\"photos\"; filename=\"a.jpg\"\r\n\r\n");
        whole.extend(picture);
        whole.extend(b"\r\n--x--\r\n");
        site.post_bytes("office", &format!("{order}/report"), "multipart/form-data; boundary=x", whole).await
    };
    let bad = send(b"no picture").await;
    assert_eq!((bad.status.as_u16(), bad.texts(".summary .quiet"), bad.texts("#field-report-outcome")), (422, vec!["R-120".to_owned()], vec!["power is there".to_owned()]));
    let mut picture = Vec::new();
    image::RgbImage::new(8, 8).write_to(&mut std::io::Cursor::new(&mut picture), image::ImageFormat::Jpeg).unwrap();
    assert_eq!(send(&picture).await.status, 303);
    let shown = site.get("second", &order).await.attributes(".photos img", "src");
    assert_eq!(shown.len(), 1);
    for (who, status) in [("jian", 200), ("stranger", 404)] {
        assert_eq!(site.get(who, &shown[0]).await.status, status, "{who}");
    }
    assert_eq!(site.get("jian", &format!("{order}/photos/00")).await.status, 404);

    // Whoever entered it does not judge it; another of the office does.
    assert_eq!(site.post("office", &format!("{order}/close"), &[("evidence", "seen")]).await.texts(".summary .quiet"), ["S-120"]);
    assert_eq!(site.get("second", "/orders?show=mine").await.texts("tbody td:first-child"), ["Power for building 1"]);
    assert_eq!(site.get("second", "/orders").await.texts("header nav .count"), ["1"]);
    assert_eq!(site.post("second", &format!("{order}/close"), &[("evidence", "seen")]).await.status, 303);
    assert_eq!(site.post("second", &format!("{order}/look_back"), &[("sound", "yes"), ("finding", "still there")]).await.status, 303);
    assert_eq!(site.get("chief", &order).await.texts("ol.course strong").last().map(String::as_str), Some("回头看：属实"));
    site
});

on_both_databases!(every_rung_is_noted_once_in_order_after_downtime_and_on_two_nodes, |site| async move {
    let site = with_firm(site.with_cast().await).await;
    let order = issued(&site, "order-0001", &[]).await;
    timers::once(&site.site).await.unwrap();
    assert!(rungs(&site, "order-0001").await.is_empty(), "nothing is reached on the first day");
    // The second node stands on the same database.
    let folder = tempfile::tempdir().unwrap();
    let second = serve::open(site.site.db.clone(), folder.path(), site.site.clock.clone()).await.unwrap();
    advance(&site, 2);
    let (one, other) = tokio::join!(timers::once(&site.site), timers::once(&second.site));
    one.and(other).unwrap();
    assert_eq!(rungs(&site, "order-0001").await, ["1 blue 2026-11-25"]);
    // Nothing runs for three weeks: what was skipped is noted once, in order, each on its own day.
    advance(&site, 21);
    let (one, other) = tokio::join!(timers::once(&second.site), timers::once(&site.site));
    one.and(other).unwrap();
    timers::once(&site.site).await.unwrap();
    assert_eq!(rungs(&site, "order-0001").await, ["1 blue 2026-11-25", "1 yellow 2026-12-01", "1 red 2026-12-08"]);
    let page = site.get("chief", &order).await;
    assert!(page.texts("h1 ~ .slip.red").len() == 1 && page.texts("ol.course .slip").len() == 3, "{}", page.body);
    for format in ["pdf", "docx"] {
        assert_eq!(site.get("jian", &format!("{order}/slip/red/{format}")).await.status, 200, "the slip as {format}");
        assert_eq!(site.get("stranger", &format!("{order}/slip/red/{format}")).await.status, 404);
    }
    assert_eq!(site.get("jian", &format!("{order}/slip/green/pdf")).await.status, 404);
    assert_eq!(site.get("chief", "/orders?show=over").await.texts("tbody td:first-child"), ["Power for building 1"]);
    let serve::Opened { site: node, writer, .. } = second;
    drop(node);
    writer.await.unwrap();
    site
});

on_both_databases!(a_look_that_remembers_finds_what_a_look_at_everything_finds, |site| async move {
    let site = with_firm(site.with_cast().await).await;
    let remembering = due::Kept::default();
    let due = async |when: &str| {
        let (now, mut conn) = (civil(site.site.clock.now()), site.site.db.reader().await.unwrap());
        let ids = |found: Vec<due::Due>| found.into_iter().map(|one| one.request).collect::<Vec<_>>();
        let remembered = ids(remembering.at(&mut conn, now).await.unwrap());
        let read = ids(due::Kept::default().at(&mut conn, now).await.unwrap());
        assert_eq!(remembered, read, "{when}");
        read.len()
    };
    assert_eq!(due("no order").await, 0);
    let first = issued(&site, "order-0001", &[]).await;
    assert_eq!(due("issued today").await, 0);
    advance(&site, 2);
    let second = issued(&site, "order-0002", &[]).await;
    assert_eq!(due("the first rung of one").await, 1);
    assert_eq!(due("nobody has noted it").await, 1);
    timers::once(&site.site).await.unwrap();
    assert_eq!(due("it is noted").await, 0);
    for (who, address) in [("jian", format!("{first}/sign")), ("jian", format!("{second}/sign"))] {
        assert_eq!(site.post(who, &address, &[]).await.status, 303);
    }
    assert_eq!(site.post("office", &format!("{first}/pause"), &[("reason", "road closed")]).await.status, 303);
    advance(&site, 9);
    assert!(due("one stands still, the other is over").await > 0);
    timers::once(&site.site).await.unwrap();
    assert_eq!(site.post("office", &format!("{first}/resume"), &[("reason", "open again")]).await.status, 303);
    advance(&site, 30);
    assert!(due("both are over").await > 1);
    timers::once(&site.site).await.unwrap();
    assert_eq!(site.post("office", &format!("{second}/withdraw"), &[("reason", "built otherwise")]).await.status, 303);
    advance(&site, 300);
    due("one is withdrawn").await;
    site
});

on_both_databases!(a_clock_that_jumped_freezes_rungs_until_somebody_has_looked, |site| async move {
    let site = with_firm(site.with_cast().await).await;
    issued(&site, "order-0001", &[]).await;
    let (start, later) = (site.site.clock.machine(), site.site.clock.machine() + 2.hours());
    site.site.watch.look(start, std::time::Duration::from_secs(100), site.site.head(), 0);
    site.site.watch.look(later, std::time::Duration::from_secs(130), site.site.head(), 0);
    advance(&site, 30);
    timers::once(&site.site).await.unwrap();
    assert!(rungs(&site, "order-0001").await.is_empty(), "nothing is noted");
    for (who, ways) in [("office", 1), ("jian", 0)] {
        let page = site.get(who, "/orders").await;
        assert_eq!((page.texts("#frozen strong").len(), page.texts("#frozen a").len()), (1, ways), "{who} is told");
    }
    assert!(site.get("", "/metrics").await.body.contains("guatu_clock_jumped 1\n"), "and so are operators");
    assert_eq!(site.get("jian", "/orders/clock").await.status, 403);
    assert_eq!(site.post("office", "/orders/clock", &[("reason", " ")]).await.texts(".summary .quiet"), ["S-114"]);
    assert_eq!(site.post("jian", "/orders/clock", &[("reason", "fine")]).await.status, 403);
    assert_eq!(site.post("office", "/orders/clock", &[("reason", "compared with the telephone")]).await.status, 303);
    assert!(site.get("office", "/orders").await.texts("#frozen").is_empty());
    timers::once(&site.site).await.unwrap();
    assert_eq!(rungs(&site, "order-0001").await, ["1 blue 2026-11-25", "1 yellow 2026-12-01", "1 red 2026-12-08"], "what was skipped is noted then");
    site
});

on_both_databases!(what_speaks_for_an_order_is_proposed_and_its_source_knows_the_order, |site| async move {
    let site = with_firm(crate::features::reports::tests::active(site.with_cast().await).await).await;
    let open = [("request_id", "problem-0001"), ("about", "ours-b1"), ("hindrance", "funds"), ("remark", "no payment since May"), ("assignee", "jian")];
    assert_eq!(site.post("chief", "/problems/new?place=ours", &open).await.location(), "/problems/problem-0001");
    let permits = [("actual_start", "2026-09-01"), ("actual_finish", "2026-11-20"), ("percent", "100")];
    assert_eq!(site.post("builder", "/plans/ours/progress?activity=ours-b1/permits", &permits).await.status, 303);
    assert_eq!(site.post("builder", "/targets/ours-b1/promise", &[("period", "week 2026-11-23"), ("will.ours-b1/pit", "700")]).await.status, 303);
    let decide = [("request_id", "decision-1"), ("about", "ours"), ("content", "Pay the May instalment"), ("assignee", "jian"), ("due", "2026-11-24")];
    assert_eq!(site.post("office", "/round/decisions?place=ours", &decide).await.status, 303);
    let mandated = [("activity", "ours-b1/topping_out"), ("name", "Topped out"), ("finish_by", "2026-12-31"), ("issuer", "headquarters"), ("document", "Notice 7"), ("edition", "1"), ("request_id", "mandate-1")];
    assert_eq!(site.post("chief", "/plans/ours/mandate", &mandated).await.status, 303);
    timers::once(&site.site).await.unwrap();
    let proposed = async || site.get("office", "/orders/proposals").await.texts("tbody td:nth-child(2)");
    assert_eq!(proposed().await, ["节点时限"], "a problem of today and a decision of tomorrow speak for nothing yet");
    advance(&site, 5);
    timers::once(&site.site).await.unwrap();
    assert_eq!(proposed().await, ["问题", "日调度决定", "节点时限"]);
    // The week that was promised is over, and nothing was reported.
    advance(&site, 2);
    timers::once(&site.site).await.unwrap();
    crate::features::reports::tests::settled(&site).await;
    assert_eq!(proposed().await, ["问题", "日调度决定", "节点时限", "未兑现的承诺"]);
    let form = site.get("office", "/orders/new?kind=promise&id=ours-b1").await;
    assert!(form.attributes("#field-title", "value")[0].contains("2026-11-29"), "{:?}", form.attributes("#field-title", "value"));
    assert_eq!(site.get("jian", "/orders/proposals").await.status, 404);
    assert_eq!(site.get("stranger", "/orders/of?kind=problem&id=problem-0001").await.status, 404);
    let form = site.get("office", "/orders/new?kind=problem&id=problem-0001").await;
    assert_eq!((form.attributes("#field-title", "value"), form.texts("#field-content")), (vec!["no payment since May".to_owned()], vec!["no payment since May".to_owned()]));
    let address = issued(&site, "order-0001", &[("source", "problem"), ("reference", "problem-0001"), ("about", "ours-b1")]).await;
    assert_eq!(proposed().await, ["日调度决定", "节点时限", "未兑现的承诺"], "what is ordered is not proposed");
    assert_eq!(site.get("jian", "/orders/of?kind=problem&id=problem-0001").await.attributes("main ul.rows a", "href"), ["/orders/order-0001"]);
    assert_eq!(site.get("jian", "/problems/problem-0001").await.attributes("main a[href^='/orders/of']", "href").len(), 1, "the source leads to its order");
    assert!(site.get("jian", &address).await.attributes("dl.facts a", "href").contains(&"/problems/problem-0001".to_owned()), "and the order to its source");
    let foreign = [("source", "problem"), ("reference", "problem-0001"), ("about", "theirs")];
    let mut fields: Vec<(&str, &str)> = FORM.iter().filter(|(name, _)| !foreign.iter().any(|(changed, _)| changed == name)).copied().collect();
    fields.extend(foreign);
    assert_eq!(site.post("office", "/orders/new", &fields).await.texts(".summary .quiet"), ["S-108"], "a source belongs to its place");

    assert!(site.get("office", &address).await.texts("p.notice").is_empty());
    let far = issued(&site, "order-0003", &[("about", "theirs"), ("ladder", "")]).await;
    let page = site.get("office", &far).await;
    assert_eq!((page.texts("p.notice").len(), page.texts("dl.facts dd").iter().any(|text| text.contains("通行五级"))), (1, true), "nobody of the firm is there; the limit brings its ladder");

    // A part of it: not due after the whole, and the whole waits for it.
    let part = site.get("office", &format!("/orders/new?parent={}", address.rsplit('/').next().unwrap())).await;
    assert_eq!(part.attributes("main input[name=parent]", "value"), ["order-0001"]);
    let changes = [("source", "problem"), ("reference", "problem-0001"), ("about", "ours-b1"), ("parent", "order-0001"), ("request_id", "order-0002"), ("limit", "city/document")];
    let mut fields: Vec<(&str, &str)> = FORM.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name)).copied().collect();
    fields.extend(changes);
    assert_eq!(site.post("office", "/orders/new", &fields).await.status, 303);
    assert_eq!(site.post("chief", "/orders/order-0002/approve", &[]).await.status, 303);
    assert_eq!(site.post("office", "/orders/order-0002/issue", &[]).await.texts(".summary .quiet"), ["S-123"]);
    assert_eq!(site.post("jian", &format!("{address}/sign"), &[]).await.status, 303);
    assert_eq!(site.post("jian", &format!("{address}/report"), &[("outcome", "paid"), ("evidence", "receipt")]).await.status, 303);
    assert_eq!(site.post("office", &format!("{address}/close"), &[("evidence", "seen")]).await.texts(".summary .quiet"), ["S-122"]);
    assert_eq!(site.post("office", "/orders/order-0002/withdraw", &[("reason", "not needed")]).await.status, 303);
    assert_eq!(site.post("office", &format!("{address}/close"), &[("evidence", "seen")]).await.status, 303);
    site
});
