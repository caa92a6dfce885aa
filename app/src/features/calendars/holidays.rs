//! The State Council's calendar from `rules/holidays.toml`: which days are worked, and counting working days.
//!
//! A year without a notice falls back to Monday to Friday. The fallback is never silent: every answer says whether it
//! stands on a notice, and [`missing_years`] names the years a page has to warn about.

use guatu_kernel::plan::{CalendarException, DayWork};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A public holiday.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// Identifier in the lists of days off.
    pub id: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
}

/// The notice of one year.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// The year it arranges.
    pub year: i16,
    /// Document number.
    pub document: String,
    /// How far dates and number have been checked.
    pub mark: String,
    /// Holiday, first and last day off.
    pub off: Vec<(String, Date, Date)>,
    /// Saturdays and Sundays that are worked.
    pub work: Vec<Date>,
}

/// The usual stop of sites around the Spring Festival.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FestivalStop {
    /// Days before New Year's Eve.
    pub days_before: i64,
    /// Days after New Year's Eve.
    pub days_after: i64,
    /// Where the numbers come from.
    pub source: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// New Year's Eve of each year.
    pub eves: Vec<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidayFile {
    holiday: Vec<Holiday>,
    year: Vec<Notice>,
    spring_festival_stop: FestivalStop,
}

static FILE: LazyLock<HolidayFile> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../rules/holidays.toml"))
        .expect("rules/holidays.toml is part of the program and read by a test")
});

/// Days that differ from Monday to Friday: whether each is worked.
static DAYS: LazyLock<BTreeMap<Date, bool>> = LazyLock::new(|| {
    let mut days = BTreeMap::new();
    for notice in &FILE.year {
        for (_, from, to) in &notice.off {
            days.extend(from.series(1.day()).take_while(|day| day <= to).map(|day| (day, false)));
        }
        days.extend(notice.work.iter().map(|day| (*day, true)));
    }
    days
});

/// All notices, oldest first.
pub fn notices() -> &'static [Notice] {
    &FILE.year
}

/// The holiday of an id.
pub fn holiday(id: &str) -> Option<&'static Holiday> {
    FILE.holiday.iter().find(|holiday| holiday.id == id)
}

/// The usual stop around the Spring Festival.
pub fn festival_stop() -> &'static FestivalStop {
    &FILE.spring_festival_stop
}

/// New Year's Eve before the Spring Festival of a year, where the file knows it.
pub fn new_years_eve(year: i16) -> Option<Date> {
    festival_stop().eves.iter().copied().find(|eve| eve.year() == year)
}

/// Whether a day is worked, and what that stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workday {
    /// By the notice of its year.
    Known(bool),
    /// Its year has no notice: Monday to Friday.
    Fallback(bool),
}

impl Workday {
    /// Whether it is worked, whatever that stands on.
    pub fn is_worked(self) -> bool {
        let (Workday::Known(is_worked) | Workday::Fallback(is_worked)) = self;
        is_worked
    }
}

/// Whether a day is a working day.
pub fn is_working_day(date: Date) -> Workday {
    let is_weekday = !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
    let is_worked = DAYS.get(&date).copied().unwrap_or(is_weekday);
    let is_known = FILE.year.iter().any(|notice| notice.year == date.year());
    if is_known { Workday::Known(is_worked) } else { Workday::Fallback(is_worked) }
}

/// The end of a count of working days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The last day counted.
    pub on: Date,
    /// Years on the way that have no notice: the date may move when it comes.
    pub missing: Vec<i16>,
}

/// The day that ends a period of `days` working days. The start day is not counted (Civil Code Art. 201).
pub fn working_days_after(start: Date, days: u32) -> Counted {
    let mut on = start;
    let mut left = days;
    while left > 0 {
        let Ok(next) = on.tomorrow() else { break };
        on = next;
        if is_working_day(on).is_worked() {
            left -= 1;
        }
    }
    Counted { on, missing: missing_years(start, on) }
}

/// The last day of a period of natural days that ends on `on`: a day off moves it to the next working day (Art. 203).
pub fn end_of_period(on: Date) -> Counted {
    let mut end = on;
    while !is_working_day(end).is_worked() {
        let Ok(next) = end.tomorrow() else { break };
        end = next;
    }
    Counted { on: end, missing: missing_years(on, end) }
}

/// Working days from one day to another, both included.
pub fn working_days_between(from: Date, to: Date) -> usize {
    from.series(1.day()).take_while(|day| *day <= to).filter(|day| is_working_day(*day).is_worked()).count()
}

/// Years between two days that have no notice.
pub fn missing_years(from: Date, to: Date) -> Vec<i16> {
    (from.year()..=to.year()).filter(|year| !FILE.year.iter().any(|notice| notice.year == *year)).collect()
}

/// The exceptions of the State Council's calendar to Monday to Friday, each with the name of its holiday.
pub fn exceptions() -> Vec<CalendarException> {
    let mut exceptions = Vec::new();
    for notice in notices() {
        for (id, from, to) in &notice.off {
            let name = holiday(id).map(|holiday| holiday.zh.clone());
            exceptions.push(CalendarException { from: *from, to: *to, work: DayWork::Free, name });
        }
        for day in &notice.work {
            exceptions.push(CalendarException { from: *day, to: *day, work: DayWork::Usual, name: None });
        }
    }
    exceptions
}
