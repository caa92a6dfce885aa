//! Days of a recurrence rule (RFC 5545 §3.3.10) on the State Council's calendar.

use super::model::FreeDays;
use crate::features::calendars::holidays::{end_of_period, is_working_day};
use chrono::{Datelike, TimeZone};
use jiff::ToSpan;
use jiff::civil::Date;
use rrule::{Frequency, RRule, RRuleSet, Tz, Unvalidated};

/// Occurrences of one reading at most: a year of days, and some.
const MOST_OCCURRENCES: u16 = 400;
/// Longest rule in characters.
const RULE_CHARS: usize = 200;

/// A rule as it is written.
#[derive(Clone, Debug)]
pub struct Recurrence(RRule<Unvalidated>);

impl Recurrence {
    /// Reads a rule: daily, weekly, monthly or yearly, with everything RFC 5545 lets such rules say but hours.
    pub fn read(text: &str) -> Option<Recurrence> {
        if text.chars().count() > RULE_CHARS || ["BYHOUR", "BYMINUTE", "BYSECOND"].iter().any(|part| text.to_ascii_uppercase().contains(part)) {
            return None;
        }
        let rule: RRule<Unvalidated> = text.parse().ok()?;
        let is_of_days = matches!(rule.get_freq(), Frequency::Daily | Frequency::Weekly | Frequency::Monthly | Frequency::Yearly);
        is_of_days.then_some(Recurrence(rule))
    }

    fn from(&self, start: Date) -> Option<RRuleSet> {
        self.0.clone().build(at(start)?).ok()
    }

    /// Whether it ever occurs when it begins on a day; a rule that does not is no rule.
    pub fn begins(&self, start: Date) -> bool {
        self.from(start).is_some_and(|set| !set.all(1).dates.is_empty())
    }

    /// Days after `after` and through `through` on which something is owed, of a rule that begins on `start`. What falls on a day
    /// off is left out where the rule says so.
    pub fn days(&self, start: Date, after: Date, through: Date, free_days: FreeDays) -> Vec<Date> {
        let from = after.saturating_add(1.days()).max(start);
        let (Some(set), Some(first), Some(last)) = (self.from(start), at(from), at(through)) else { return Vec::new() };
        if through < from {
            return Vec::new();
        }
        let found = set.after(first).before(last).all(MOST_OCCURRENCES).dates;
        let days = found.iter().filter_map(|at| Date::new(i16::try_from(at.year()).ok()?, i8::try_from(at.month()).ok()?, i8::try_from(at.day()).ok()?).ok());
        days.filter(|day| free_days != FreeDays::Skip || is_working_day(*day).is_worked()).collect()
    }
}

/// The day by which what is owed on a day is to be done.
pub fn due(on: Date, grace_days: u32, free_days: FreeDays) -> Date {
    let due = on.saturating_add(i64::from(grace_days).days());
    if free_days == FreeDays::Keep { due } else { end_of_period(due).on }
}

fn at(day: Date) -> Option<chrono::DateTime<Tz>> {
    Tz::UTC.with_ymd_and_hms(day.year().into(), day.month().unsigned_abs().into(), day.day().unsigned_abs().into(), 0, 0, 0).single()
}
