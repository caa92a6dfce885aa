//! The calendar of work that several resources share: open whenever one of them works.
//!
//! MS Project measures the duration of a task over the working time of all its resources together, so that a day shift
//! and a night shift finish it in half the days.

use std::collections::BTreeSet;

use guatu_kernel::plan::{Band, Calendar, CalendarException, DayWork};
use jiff::ToSpan;
use jiff::civil::Date;

use super::write::written_bands;

/// Days that exceptions of the calendars may touch before they are not joined.
const MOST_DAYS: usize = 5_000;
/// Exceptions of the calendars together before they are not joined.
const MOST_EXCEPTIONS: usize = 2_000;

/// The calendar that works whenever one of several does. `None` when their exceptions are too many to lay out by day.
pub(crate) fn joint(id: String, calendars: &[&Calendar]) -> Option<Calendar> {
    let exceptions = || calendars.iter().flat_map(|calendar| &calendar.exceptions);
    if exceptions().count() > MOST_EXCEPTIONS {
        return None;
    }
    let mut days: BTreeSet<Date> = BTreeSet::new();
    for exception in exceptions() {
        let range = exception.from.series(1.day()).take_while(|day| *day <= exception.to);
        days.extend(range.take(MOST_DAYS + 1));
        if days.len() > MOST_DAYS {
            return None;
        }
    }
    let week: [DayWork; 7] =
        std::array::from_fn(|day| together(calendars.iter().map(|calendar| (*calendar, &calendar.week[day]))));
    let mut joined: Vec<CalendarException> = Vec::new();
    for day in days {
        let work = together(calendars.iter().map(|calendar| (*calendar, work_on(calendar, day))));
        match joined.last_mut().filter(|last| last.work == work && last.to.tomorrow().ok() == Some(day)) {
            Some(last) => last.to = day,
            None => joined.push(CalendarException { from: day, to: day, work, name: None }),
        }
    }
    let names: Vec<&str> = calendars.iter().filter_map(|calendar| calendar.name.as_deref()).collect();
    Some(Calendar {
        id,
        name: Some(names.join(" + ")).filter(|name| !name.is_empty()),
        week,
        minutes_per_day: calendars.first()?.minutes_per_day,
        exceptions: joined,
    })
}

/// What a calendar says of a day: its last exception, else the week.
fn work_on(calendar: &Calendar, day: Date) -> &DayWork {
    let exception = calendar.exceptions.iter().rev().find(|one| one.from <= day && day <= one.to);
    exception.map_or_else(|| calendar.weekday(day.weekday()), |one| &one.work)
}

/// The bands of several calendars as one list without overlaps.
fn together<'a>(works: impl Iterator<Item = (&'a Calendar, &'a DayWork)>) -> DayWork {
    let mut bands: Vec<Band> = works.filter_map(|(calendar, work)| written_bands(calendar, work)).flatten().collect();
    bands.sort_by_key(|band| (band.from_minute, band.to_minute));
    let mut merged: Vec<Band> = Vec::with_capacity(bands.len());
    for band in bands {
        match merged.last_mut() {
            Some(last) if band.from_minute <= last.to_minute => last.to_minute = last.to_minute.max(band.to_minute),
            _ => merged.push(band),
        }
    }
    if merged.is_empty() { DayWork::Free } else { DayWork::Bands(merged) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn calendar(id: &str, bands: &[(u16, u16)], free: &[Date]) -> Calendar {
        let band = |(from, to): &(u16, u16)| Band { from_minute: *from, to_minute: *to };
        let week = std::array::from_fn(|day| match day {
            0..5 => DayWork::Bands(bands.iter().map(band).collect()),
            _ => DayWork::Free,
        });
        let exceptions =
            free.iter().map(|day| CalendarException { from: *day, to: *day, work: DayWork::Free, name: None });
        let exceptions = exceptions.collect();
        Calendar { id: id.to_owned(), name: Some(id.to_owned()), week, minutes_per_day: 480, exceptions }
    }

    #[test]
    fn a_day_and_a_night_shift_work_sixteen_hours() {
        let day = calendar("day", &[(480, 720), (780, 1020)], &[date(2026, 6, 1), date(2026, 6, 2)]);
        let night = calendar("night", &[(0, 480), (1000, 1100)], &[date(2026, 6, 2), date(2026, 6, 3)]);
        let both = joint("both".to_owned(), &[&day, &night]).expect("few exceptions");
        let bands = |bands: &[(u16, u16)]| {
            DayWork::Bands(bands.iter().map(|b| Band { from_minute: b.0, to_minute: b.1 }).collect())
        };
        assert_eq!(both.week[0], bands(&[(0, 720), (780, 1100)]));
        assert_eq!(both.week[6], DayWork::Free);
        assert_eq!(work_on(&both, date(2026, 6, 1)), &bands(&[(0, 480), (1000, 1100)]));
        assert_eq!(work_on(&both, date(2026, 6, 2)), &DayWork::Free);
        assert_eq!(work_on(&both, date(2026, 6, 3)), &bands(&[(480, 720), (780, 1020)]));
        assert_eq!(both.name.as_deref(), Some("day + night"));
    }

    #[test]
    fn calendars_with_endless_exceptions_are_not_joined() {
        let mut long = calendar("long", &[(480, 720)], &[date(2026, 6, 1)]);
        long.exceptions[0].to = date(2199, 1, 1);
        assert_eq!(joint("both".to_owned(), &[&long, &calendar("day", &[], &[])]), None);
    }
}
