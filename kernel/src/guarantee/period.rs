//! Periods on one daily curve: day, week, ten days, month, quarter, year, and whose level each is.

use crate::calendar::{date_of, day_number};
use jiff::civil::Date;

/// A kind of period. Weeks run Monday to Sunday and cross the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeriodKind {
    /// One day.
    Day,
    /// Monday to Sunday.
    Week,
    /// 1–10, 11–20, 21–end of a month.
    TenDays,
    /// A calendar month.
    Month,
    /// Three calendar months.
    Quarter,
    /// A calendar year.
    Year,
}

impl PeriodKind {
    /// All kinds, shortest first.
    pub const ALL: [PeriodKind; 6] = [
        PeriodKind::Day,
        PeriodKind::Week,
        PeriodKind::TenDays,
        PeriodKind::Month,
        PeriodKind::Quarter,
        PeriodKind::Year,
    ];

    /// Its word in `guatu-targets/1` and in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            PeriodKind::Day => "day",
            PeriodKind::Week => "week",
            PeriodKind::TenDays => "ten_days",
            PeriodKind::Month => "month",
            PeriodKind::Quarter => "quarter",
            PeriodKind::Year => "year",
        }
    }

    /// The kind of a word; `xun` is understood for ten days.
    pub fn from_name(name: &str) -> Option<PeriodKind> {
        let name = if name == "xun" { "ten_days" } else { name };
        PeriodKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whose level a broken period is: day → site, week → task force, ten days and month → lead official, quarter and
    /// year → district.
    pub fn level(self) -> &'static str {
        match self {
            PeriodKind::Day => "site",
            PeriodKind::Week => "task_force",
            PeriodKind::TenDays | PeriodKind::Month => "lead_official",
            PeriodKind::Quarter | PeriodKind::Year => "district",
        }
    }

    /// The period of this kind that holds a day.
    pub fn around(self, day: Date) -> Period {
        let of_month = |month: i8, day_of_month: i8| {
            Date::new(day.year(), month, day_of_month).expect("months have a first, an eleventh and a twenty-first day")
        };
        let (from, to) = match self {
            PeriodKind::Day => (day, day),
            PeriodKind::Week => {
                let monday = day_number(day) - i32::from(day.weekday().to_monday_zero_offset());
                (date_of(monday), date_of(monday + 6))
            }
            PeriodKind::TenDays => match day.day() {
                1..=10 => (of_month(day.month(), 1), of_month(day.month(), 10)),
                11..=20 => (of_month(day.month(), 11), of_month(day.month(), 20)),
                _ => (of_month(day.month(), 21), day.last_of_month()),
            },
            PeriodKind::Month => (day.first_of_month(), day.last_of_month()),
            PeriodKind::Quarter => {
                let first = (day.month() - 1) / 3 * 3 + 1;
                (of_month(first, 1), of_month(first + 2, 1).last_of_month())
            }
            PeriodKind::Year => (day.first_of_year(), day.last_of_year()),
        };
        Period { kind: self, from, to }
    }
}

/// A period, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    /// Its kind.
    pub kind: PeriodKind,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

/// What one period asked for, promised and got. Quantities in the unit of the work item; a ratio over nothing is `None`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// The period.
    pub period: Period,
    /// Needed within it: `max(0, R(end) − A(start))`.
    pub should: f64,
    /// Possible within it at full speed, as the forecast stands.
    pub can: f64,
    /// Promised; `None` while nobody has.
    pub will: Option<f64>,
    /// Done within it so far.
    pub done: f64,
    /// `max(0, R(start) − A(start))`: behind at its start, and part of `should`.
    pub requirement_debt: f64,
}

impl Window {
    /// Commitment level: `min(WILL, SHOULD) ÷ SHOULD`.
    pub fn commitment_level(&self) -> Option<f64> {
        ratio(self.will.unwrap_or(0.0).min(self.should), self.should)
    }

    /// Per cent plan complete: done ÷ WILL. Never shown alone, since it is easily had by promising little.
    pub fn plan_complete(&self) -> Option<f64> {
        ratio(self.done, self.will?)
    }

    /// Required output: `min(done, SHOULD) ÷ SHOULD`.
    pub fn required_complete(&self) -> Option<f64> {
        ratio(self.done.min(self.should), self.should)
    }

    /// Done of what was needed; never below nothing: what is taken back of an earlier period makes no share below nought.
    pub fn required(&self) -> f64 {
        self.done.min(self.should).max(0.0)
    }

    /// Done of what was promised; likewise.
    pub fn kept(&self) -> f64 {
        self.done.min(self.will.unwrap_or(0.0)).max(0.0)
    }

    /// Promised and not done; nothing where nothing was promised. The boundary promised stays when an inspection lowers what
    /// stood before, so what was taken back is owed again.
    pub fn promise_debt(&self) -> f64 {
        self.will.map_or(0.0, |will| (will - self.done).max(0.0))
    }

    /// Needed and not done; nothing where nothing was needed. What was taken back is needed again.
    pub fn shortfall(&self) -> f64 {
        if self.should > 0.0 { (self.should - self.done).max(0.0) } else { 0.0 }
    }
}

fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > super::TOLERANCE).then(|| part / whole)
}
