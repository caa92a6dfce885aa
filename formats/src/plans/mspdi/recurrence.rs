//! Recurring calendar exceptions of MSPDI, expanded into dates.
//!
//! `Type` counts 1 daily, 2 yearly by date, 3 yearly by position, 4 monthly by date, 5 monthly by position, 6 weekly,
//! 7 every n days, 8 on weekdays, 9 none. `Month` counts from 0, `MonthPosition` 0–3 then 4 for the last, `MonthItem`
//! 0 any day, 1 weekday, 2 weekend day, 3–9 Sunday to Saturday, `DaysOfWeek` is a bit set with Sunday as 1.

use guatu_kernel::plan::DayWork;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// No rule gives more dates than this.
const MOST: usize = 10_000;

/// An exception as the file states it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rule {
    pub(crate) from: Option<Date>,
    pub(crate) to: Option<Date>,
    pub(crate) kind: u8,
    /// Every how many days, weeks or months.
    pub(crate) period: u16,
    pub(crate) days_of_week: u8,
    pub(crate) month: u8,
    pub(crate) month_day: u8,
    pub(crate) month_item: u8,
    pub(crate) month_position: u8,
    /// How often at most; 0: until the end of the range.
    pub(crate) occurrences: usize,
    pub(crate) work: Option<DayWork>,
    pub(crate) name: Option<String>,
}

impl Rule {
    /// Ranges of days the rule holds for, in order. A daily rule is one range.
    pub(crate) fn ranges(&self) -> Vec<(Date, Date)> {
        let (Some(from), Some(to)) = (self.from, self.to) else { return Vec::new() };
        if to < from {
            return Vec::new();
        }
        let period = i64::from(self.period.max(1));
        let dates: Vec<Date> = match self.kind {
            2 | 3 => self.months(from, to, 12),
            4 | 5 => self.months(from, to, period),
            6 => {
                let sunday = from.saturating_sub(i64::from(from.weekday().to_sunday_zero_offset()).days());
                let is_chosen = |date: &Date| self.days_of_week >> date.weekday().to_sunday_zero_offset() & 1 == 1;
                every(sunday, to, period * 7)
                    .flat_map(|week| (0..7_i64).map(move |day| week.saturating_add(day.days())))
                    .filter(|date| *date >= from && *date <= to && is_chosen(date))
                    .take(self.most())
                    .collect()
            }
            7 => every(from, to, period).take(self.most()).collect(),
            8 => every(from, to, 1)
                .filter(|date| !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday))
                .take(self.most())
                .collect(),
            9 => Vec::new(),
            _ => return vec![(from, to)],
        };
        dates.into_iter().map(|date| (date, date)).collect()
    }

    fn most(&self) -> usize {
        if self.occurrences == 0 { MOST } else { self.occurrences.min(MOST) }
    }

    /// One date in every `step`-th month: by date for even kinds, by position for odd ones.
    fn months(&self, from: Date, to: Date, step: i64) -> Vec<Date> {
        let yearly = matches!(self.kind, 2 | 3);
        let first_month = if yearly { i8::try_from(self.month.min(11)).unwrap_or(0) + 1 } else { from.month() };
        let Ok(mut first) = Date::new(from.year(), first_month, 1) else { return Vec::new() };
        let mut found = Vec::new();
        while first <= to && found.len() < self.most() {
            let date = if matches!(self.kind, 2 | 4) { self.by_date(first) } else { self.by_position(first) };
            if let Some(date) = date.filter(|date| *date >= from && *date <= to) {
                found.push(date);
            }
            let next = first.saturating_add(step.months());
            if next <= first {
                break;
            }
            first = next;
        }
        found
    }

    fn by_date(&self, first: Date) -> Option<Date> {
        Date::new(first.year(), first.month(), i8::try_from(self.month_day).ok()?).ok()
    }

    fn by_position(&self, first: Date) -> Option<Date> {
        let is_weekend = |date: &Date| matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        let fits = |date: &Date| match self.month_item {
            0 => true,
            1 => !is_weekend(date),
            2 => is_weekend(date),
            item => i16::from(date.weekday().to_sunday_zero_offset()) + 3 == i16::from(item),
        };
        let mut days = (0..i64::from(first.days_in_month())).map(|day| first.saturating_add(day.days())).filter(fits);
        if self.month_position >= 4 { days.next_back() } else { days.nth(self.month_position.into()) }
    }
}

/// Days from `from` to `to`, every `step` days.
fn every(from: Date, to: Date, step: i64) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(from), move |date| date.checked_add(step.days()).ok())
        .take_while(move |date| *date <= to)
        .take(MOST * 7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn rules_end_where_the_program_says_they_end() {
        let rule = |kind, period, occurrences, from| Rule {
            from: Some(from),
            to: Some(date(2030, 1, 1)),
            kind,
            period,
            occurrences,
            ..Rule::default()
        };
        let monday = date(2001, 1, 1);
        for (rule, last) in [
            (rule(7, 3, 4, date(2000, 2, 1)), date(2000, 2, 10)),
            (Rule { days_of_week: 2, ..rule(6, 1, 3, monday) }, date(2001, 1, 15)),
            (Rule { days_of_week: 1, ..rule(6, 7, 9, monday) }, date(2002, 3, 17)),
            (Rule { month_item: 4, month_position: 0, ..rule(5, 2, 3, date(2002, 1, 1)) }, date(2002, 5, 6)),
            (Rule { month_item: 8, month_position: 4, ..rule(5, 6, 7, date(2002, 1, 1)) }, date(2005, 1, 28)),
            (Rule { month: 1, month_day: 1, ..rule(2, 0, 3, date(2005, 1, 1)) }, date(2007, 2, 1)),
            (Rule { month: 2, month_item: 5, ..rule(3, 0, 4, date(2004, 1, 1)) }, date(2007, 3, 6)),
        ] {
            assert_eq!(rule.ranges().last(), Some(&(last, last)), "{rule:?}");
            assert_eq!(rule.ranges().len(), rule.occurrences, "{rule:?}");
        }
        assert_eq!(rule(1, 0, 0, monday).ranges(), [(monday, date(2030, 1, 1))]);
    }
}
