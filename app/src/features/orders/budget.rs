//! The clock of an order: a budget that is used up while it runs. A deadline is never kept, it follows from the budget.
//!
//! Engines that keep a deadline as an instant lose time when a clock is stopped, when a limit changes, or when a holiday is
//! announced. Here a clock is the list of its ticks (begun, stopped, going on, prolonged), each a fact with its instant;
//! everything else is computed: what is used, what is left, the deadline, and when a rung of a ladder is reached.
//!
//! Counting follows the Civil Code, Art. 200-203: the day of a beginning is not counted, that of an end is; natural days
//! that end on a day off end on the next working day. A clock that stands still on a day counts that day and goes on with
//! the day after it is resumed: standing from one day to another is worth exactly the days between them.

use super::rules::HOURS;
use crate::features::calendars::holidays::{end_of_period, is_working_day, missing_years, working_days_after, working_days_between};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time, time};
use serde::{Deserialize, Serialize};

/// What a budget is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Every day; the end moves behind days off.
    NaturalDays,
    /// Working days of the State Council's calendar.
    WorkingDays,
    /// Hours of the office on such days.
    WorkingHours,
}

impl Unit {
    /// Every unit with its name in tables and locale keys.
    pub const ALL: [(Unit, &'static str); 3] =
        [(Unit::NaturalDays, "natural_days"), (Unit::WorkingDays, "working_days"), (Unit::WorkingHours, "working_hours")];

    /// Its name.
    pub fn name(self) -> &'static str {
        Unit::ALL.iter().find(|(unit, _)| *unit == self).map_or("", |(_, name)| name)
    }

    /// How many grains one unit has: hours are counted in minutes.
    pub fn grains(self) -> i64 {
        if self == Unit::WorkingHours { 60 } else { 1 }
    }

    /// Grains between two instants: the day of the first is not counted, that of the second is.
    fn between(self, from: DateTime, to: DateTime) -> i64 {
        match self {
            Unit::NaturalDays => i64::from((to.date() - from.date()).get_days()),
            Unit::WorkingDays if to.date() > from.date() => working_days_between(day_after(from.date()), to.date()) as i64,
            Unit::WorkingDays => 0,
            Unit::WorkingHours => minutes_between(from, to),
        }
    }

    /// The instant so many grains after another, before any moving behind days off; days are meant by their first instant.
    fn after(self, from: DateTime, grains: i64) -> DateTime {
        match self {
            Unit::NaturalDays => begin(from.date().saturating_add(grains.days())),
            Unit::WorkingDays => begin(working_days_after(from.date(), u32::try_from(grains).unwrap_or(0)).on),
            Unit::WorkingHours => minutes_after(from, grains),
        }
    }

    /// The last instant of a period that ends there: behind days off, where it counts in days.
    fn end(self, at: DateTime) -> DateTime {
        if self == Unit::WorkingHours { at } else { begin(end_of_period(at.date()).on) }
    }
}

fn begin(date: Date) -> DateTime {
    date.to_datetime(time(0, 0, 0, 0))
}

fn day_after(date: Date) -> Date {
    date.tomorrow().unwrap_or(date)
}

/// Office spans of a day; none on a day off.
fn spans(date: Date) -> &'static [(Time, Time)] {
    if is_working_day(date).is_worked() { &HOURS.spans } else { &[] }
}

/// Longest walk over days: a limit of hours ends long before.
const MOST_DAYS: usize = 4_000;

fn minutes_between(from: DateTime, to: DateTime) -> i64 {
    let mut minutes = 0;
    let mut date = from.date();
    for _ in 0..MOST_DAYS {
        if date > to.date() {
            break;
        }
        for (opens, closes) in spans(date) {
            let (first, last) = (date.to_datetime(*opens).max(from), date.to_datetime(*closes).min(to));
            if last > first {
                minutes += last.duration_since(first).as_mins();
            }
        }
        date = day_after(date);
    }
    minutes
}

fn minutes_after(from: DateTime, minutes: i64) -> DateTime {
    if minutes <= 0 {
        return from;
    }
    let (mut left, mut date) = (minutes.max(0), from.date());
    for _ in 0..MOST_DAYS {
        for (opens, closes) in spans(date) {
            let first = date.to_datetime(*opens).max(from);
            let open = minutes_between(first, date.to_datetime(*closes));
            if first < date.to_datetime(*closes) && left <= open {
                return first.saturating_add(left.minutes());
            }
            left -= open.max(0);
        }
        date = day_after(date);
    }
    begin(date)
}

/// Something that happens to a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// It begins.
    Begin,
    /// It stands still.
    Stop,
    /// It goes on. So many units are left at least, unless the limit had passed before it stood still.
    GoOn {
        /// Units.
        least: u32,
    },
    /// It ends on another day.
    Until(Date),
}

/// A deadline: the last day, or the last instant where hours are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The last instant; midnight at the beginning of the last day where days are counted.
    pub at: DateTime,
    /// Whether the whole day of `at` is in time.
    pub is_day: bool,
    /// Years on the way that have no notice of the State Council: the date may still move.
    pub missing: Vec<i16>,
}

impl Due {
    /// The last day.
    pub fn on(&self) -> Date {
        self.at.date()
    }

    /// Whether an instant lies behind it.
    pub fn is_past(&self, at: DateTime) -> bool {
        if self.is_day { at.date() > self.at.date() } else { at > self.at }
    }

    /// As people write it.
    pub fn text(&self) -> String {
        if self.is_day { self.on().to_string() } else { self.at.strftime("%Y-%m-%d %H:%M").to_string() }
    }
}

/// A stretch in which the clock runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Where it begins; that day is not counted.
    pub since: DateTime,
    /// Where it ended; `None` while it runs.
    pub until: Option<DateTime>,
    /// Grains left where it begins; negative when the limit had passed.
    left: i64,
    /// Grains used before.
    used: i64,
}

/// The clock of one round of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// What it counts in.
    pub unit: Unit,
    /// Units of the limit it began with.
    pub amount: u32,
    /// Stretches in which it ran, oldest first.
    pub stretches: Vec<Stretch>,
}

impl Budget {
    /// A clock from its ticks. What cannot follow (going on while it runs) changes nothing: rules refuse it before.
    pub fn of(unit: Unit, amount: u32, ticks: impl IntoIterator<Item = (DateTime, Tick)>) -> Budget {
        let mut budget = Budget { unit, amount, stretches: Vec::new() };
        let (mut stood, mut in_grace) = (None, false);
        for (at, tick) in ticks {
            match tick {
                Tick::Begin if budget.stretches.is_empty() => {
                    let left = i64::from(amount) * unit.grains();
                    budget.stretches.push(Stretch { since: at, until: None, left, used: 0 });
                }
                Tick::Stop if budget.is_running() => {
                    let left = budget.left_grains(at);
                    in_grace = left == 0 && budget.due().is_some_and(|due| at.date() < due.on() && due.is_day);
                    stood = Some((left, budget.used_grains(at)));
                    if let Some(last) = budget.stretches.last_mut() {
                        last.until = Some(at);
                    }
                }
                Tick::GoOn { least } => {
                    let Some((left, used)) = stood.take() else { continue };
                    // What was left behind a holiday is left behind the next.
                    let least = i64::from(least).max(i64::from(in_grace)) * unit.grains();
                    let left = if left < 0 { left } else { left.max(least) };
                    budget.stretches.push(Stretch { since: at, until: None, left, used });
                }
                Tick::Until(until) if budget.is_running() => {
                    let used = budget.used_grains(at);
                    if let Some(last) = budget.stretches.last_mut() {
                        last.until = Some(at);
                    }
                    let end = if unit == Unit::WorkingHours { until.to_datetime(time(23, 59, 0, 0)) } else { begin(until) };
                    budget.stretches.push(Stretch { since: at, until: None, left: unit.between(at, end), used });
                }
                Tick::Begin | Tick::Stop | Tick::Until(_) => {}
            }
        }
        budget
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.stretches.last().is_some_and(|last| last.until.is_none())
    }

    /// An instant as this clock knows it: when it stands still, nothing is later than that.
    pub fn here(&self, at: DateTime) -> DateTime {
        self.stretches.last().and_then(|last| last.until).map_or(at, |until| at.min(until))
    }

    /// The stretch in which an instant lies, or the last that began before it.
    fn stretch_at(&self, at: DateTime) -> Option<&Stretch> {
        self.stretches.iter().rev().find(|one| one.since <= at).or(self.stretches.first())
    }

    /// The unmoved and the moved end of a stretch that had something left where it began.
    fn ends(&self, one: &Stretch) -> Option<(DateTime, DateTime)> {
        (one.left >= 0).then(|| {
            let end = self.unit.after(one.since, one.left);
            (end, self.unit.end(end))
        })
    }

    /// Grains left at an instant; negative behind the deadline. Days off behind the end count for nobody.
    fn left_grains(&self, at: DateTime) -> i64 {
        let Some(one) = self.stretch_at(at) else { return i64::from(self.amount) * self.unit.grains() };
        let at = one.until.map_or(at, |until| at.min(until));
        let passed = self.unit.between(one.since, at);
        match self.ends(one) {
            Some((_, moved)) if passed >= one.left => -self.unit.between(moved, at).max(0),
            _ => one.left - passed,
        }
    }

    fn used_grains(&self, at: DateTime) -> i64 {
        self.stretch_at(at).map_or(0, |one| {
            let at = one.until.map_or(at, |until| at.min(until));
            one.used + self.unit.between(one.since, at).max(0)
        })
    }

    /// Units left at an instant, rounded up; negative behind the deadline, rounded away from it.
    pub fn left(&self, at: DateTime) -> i64 {
        let (left, grains) = (self.left_grains(at), self.unit.grains());
        if left >= 0 { (left + grains - 1) / grains } else { -((-left + grains - 1) / grains) }
    }

    /// Units used at an instant, rounded down.
    pub fn used(&self, at: DateTime) -> i64 {
        self.used_grains(at) / self.unit.grains()
    }

    /// Units of the limit as it was prolonged: those used when it ends.
    pub fn total(&self) -> i64 {
        let last = self.stretches.iter().rev().find(|one| one.left >= 0);
        last.map_or_else(|| i64::from(self.amount), |one| (one.used + one.left) / self.unit.grains())
    }

    /// The deadline; `None` while the clock stands still or before it begins.
    pub fn due(&self) -> Option<Due> {
        let last = self.stretches.last().filter(|last| last.until.is_none())?;
        Some(self.due_of(last))
    }

    /// The deadline as it was when the clock last ran, for a clock that stands still too.
    pub fn last_due(&self) -> Option<Due> {
        self.stretches.last().map(|last| self.due_of(last))
    }

    fn due_of(&self, one: &Stretch) -> Due {
        let first = self.stretches.first().map_or(one.since, |first| first.since);
        let at = match self.ends(one) {
            Some((_, moved)) => moved,
            // The limit passed in an earlier stretch: there it still is.
            None => self.stretches.iter().rev().find_map(|earlier| self.ends(earlier)).map_or(one.since, |(_, moved)| moved),
        };
        Due { at, is_day: self.unit != Unit::WorkingHours, missing: missing_years(first.date(), at.date()) }
    }

    /// Whether the deadline has passed at an instant. A clock that stands still passes nothing.
    pub fn is_over(&self, at: DateTime) -> bool {
        let at = self.here(at);
        self.stretch_at(at).is_some_and(|one| one.left < 0 || self.due_of(one).is_past(at))
    }

    /// When so many units were first used.
    pub fn reaches_used(&self, units: i64) -> Option<DateTime> {
        let wanted = units * self.unit.grains();
        self.first(|one| (one.used <= wanted).then(|| self.unit.after(one.since, wanted - one.used)))
    }

    /// When only so many units were first left; never for a limit that has no more to begin with.
    pub fn reaches_left(&self, units: i64) -> Option<DateTime> {
        if i64::from(self.amount) <= units {
            return None;
        }
        let wanted = units * self.unit.grains();
        self.first(|one| Some(self.unit.after(one.since, (one.left - wanted).max(0))))
    }

    /// When the deadline was first passed by so many units: the day after it for one.
    pub fn reaches_over(&self, units: i64) -> Option<DateTime> {
        let wanted = units * self.unit.grains();
        self.first(|one| match self.ends(one) {
            Some((_, moved)) => Some(self.unit.after(moved, wanted)),
            None => (one.left >= -wanted).then(|| self.unit.after(one.since, one.left + wanted)),
        })
    }

    /// The earliest instant that lies within its stretch; that of a running clock may lie ahead.
    fn first(&self, reached: impl Fn(&Stretch) -> Option<DateTime>) -> Option<DateTime> {
        self.stretches.iter().find_map(|one| reached(one).filter(|at| one.until.is_none_or(|until| *at <= until)))
    }
}
