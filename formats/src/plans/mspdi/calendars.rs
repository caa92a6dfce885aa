//! Calendars of MSPDI: weeks, exceptions and chains of base calendars, flattened into plain calendars.

use foldhash::HashMap;

use guatu_kernel::diagnose::Diagnostic;
use guatu_kernel::plan::{Band, Calendar, CalendarException, DayWork};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

use super::recurrence::Rule;
use crate::plans::findings::{Findings, fault};
use crate::plans::validate::MOST_EXCEPTIONS;
use crate::plans::xml::Elements;
use crate::plans::{codes, moment};

/// A chain of base calendars longer than this is taken for a loop.
const LONGEST_CHAIN: usize = 32;

/// A calendar as the file states it.
#[derive(Debug, Default)]
pub(crate) struct RawCalendar {
    pub(crate) uid: i64,
    pub(crate) name: Option<String>,
    pub(crate) is_base: bool,
    base: Option<i64>,
    /// Monday to Sunday; absent days follow the base calendar.
    week: [Option<DayWork>; 7],
    exceptions: Vec<CalendarException>,
}

impl RawCalendar {
    /// The calendar it is derived from.
    pub(crate) fn base(&self) -> Option<i64> {
        self.base
    }

    /// Whether the days that this calendar states cannot be those its resource works in: everything assigned to the resource
    /// begins and ends outside them, and within those of the calendar it is derived from. Who wrote the file from an older
    /// one had lost the days and put usual ones in their place.
    pub(crate) fn is_contradicted(&self, base: &RawCalendar, assigned: &[(DateTime, DateTime)]) -> bool {
        let is_lost = |at: DateTime| !works_at(&self.week, at) && works_at(&base.week, at);
        let spans = assigned.iter().all(|(start, finish)| is_lost(*start) && is_lost(last_minute(*finish)));
        self.week.iter().any(Option::is_some) && !assigned.is_empty() && spans
    }

    /// Follows its base in all its days.
    pub(crate) fn follow_base(&mut self) {
        self.week = [const { None }; 7];
    }
}

/// The minute that ends at an instant.
fn last_minute(finish: DateTime) -> DateTime {
    finish.checked_sub(1.minute()).unwrap_or(finish)
}

/// Whether a stated week works at an instant.
fn works_at(week: &[Option<DayWork>; 7], at: DateTime) -> bool {
    let minute = at.hour() as u16 * 60 + at.minute() as u16;
    let day = at.weekday().to_monday_zero_offset() as usize;
    // A band may run on into the next day.
    [(day, minute), ((day + 6) % 7, minute + 1440)].into_iter().any(|(day, minute)| match &week[day] {
        Some(DayWork::Bands(bands)) => bands.iter().any(|band| (band.from_minute..band.to_minute).contains(&minute)),
        _ => false,
    })
}

/// The bands MS Project gives a working day without times.
pub(crate) fn usual_bands() -> Vec<Band> {
    vec![Band { from_minute: 480, to_minute: 720 }, Band { from_minute: 780, to_minute: 1020 }]
}

/// Reads `Calendars`.
pub(crate) fn read_calendars(
    elements: &mut Elements<'_>,
    findings: &mut Findings,
) -> Result<Vec<RawCalendar>, Diagnostic> {
    let mut calendars = Vec::new();
    while let Some(name) = elements.child()? {
        if name == "Calendar" {
            calendars.push(read_calendar(elements, findings)?);
        } else {
            elements.skip()?;
        }
    }
    Ok(calendars)
}

fn read_calendar(elements: &mut Elements<'_>, findings: &mut Findings) -> Result<RawCalendar, Diagnostic> {
    let mut calendar = RawCalendar { is_base: true, ..RawCalendar::default() };
    // Files since 2007 repeat exceptions as week days of type 0 for older readers; both would count twice.
    let (mut legacy, mut current, mut weeks) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(name) = elements.child()? {
        match name {
            "UID" => calendar.uid = whole(elements)?.unwrap_or(0),
            "Name" => calendar.name = Some(elements.text()?.into_owned()).filter(|name| !name.is_empty()),
            "IsBaseCalendar" => calendar.is_base = whole(elements)? != Some(0),
            "BaseCalendarUID" => calendar.base = whole(elements)?.filter(|uid| *uid >= 0),
            "WeekDays" => read_week(elements, &mut calendar.week, &mut legacy)?,
            "Exceptions" => read_exceptions(elements, &mut current)?,
            "WorkWeeks" => read_work_weeks(elements, &mut weeks)?,
            _ => elements.skip()?,
        }
    }
    let rules = if current.is_empty() { legacy } else { current };
    calendar.exceptions = weeks;
    for rule in rules {
        let ranges = rule.ranges();
        if ranges.is_empty() && rule.kind != 9 {
            let at = format!("calendar {}", calendar.uid);
            findings.warn_at(codes::CALENDAR_APPROXIMATED, at, "an exception without dates was left out");
        }
        // A few bytes of rules may stand for millions of dates.
        if calendar.exceptions.len() + ranges.len() > MOST_EXCEPTIONS {
            let message = format!("a calendar has at most {MOST_EXCEPTIONS} exceptions");
            return Err(fault(codes::LIMIT, format!("calendar {}", calendar.uid), message));
        }
        calendar.exceptions.extend(ranges.into_iter().map(|(from, to)| CalendarException {
            from,
            to,
            work: rule.work.clone().unwrap_or(DayWork::Free),
            name: rule.name.clone(),
        }));
    }
    Ok(calendar)
}

fn read_week(
    elements: &mut Elements<'_>,
    week: &mut [Option<DayWork>; 7],
    exceptions: &mut Vec<Rule>,
) -> Result<(), Diagnostic> {
    while let Some(name) = elements.child()? {
        if name != "WeekDay" {
            elements.skip()?;
            continue;
        }
        let (mut day_type, mut is_working, mut bands, mut range) = (None, false, None, (None, None));
        while let Some(name) = elements.child()? {
            match name {
                "DayType" => day_type = whole(elements)?,
                "DayWorking" => is_working = whole(elements)? == Some(1),
                "TimePeriod" => range = read_period(elements)?,
                "WorkingTimes" => bands = Some(read_times(elements)?),
                _ => elements.skip()?,
            }
        }
        let work = day_work(is_working, bands);
        match day_type {
            // Sunday is 1.
            Some(day @ 1..=7) => week[(day as usize + 5) % 7] = Some(work),
            Some(0) => {
                exceptions.push(Rule { from: range.0, to: range.1, kind: 1, work: Some(work), ..Rule::default() });
            }
            _ => {}
        }
    }
    Ok(())
}

fn day_work(is_working: bool, bands: Option<Vec<Band>>) -> DayWork {
    match bands.filter(|bands| !bands.is_empty()) {
        _ if !is_working => DayWork::Free,
        Some(bands) => DayWork::Bands(bands),
        None => DayWork::Bands(usual_bands()),
    }
}

fn read_exceptions(elements: &mut Elements<'_>, rules: &mut Vec<Rule>) -> Result<(), Diagnostic> {
    while let Some(name) = elements.child()? {
        if name != "Exception" {
            elements.skip()?;
            continue;
        }
        let mut rule = Rule { kind: 1, ..Rule::default() };
        let (mut is_working, mut bands, mut by_occurrences) = (false, None, false);
        while let Some(name) = elements.child()? {
            match name {
                "EnteredByOccurrences" => by_occurrences = whole(elements)? == Some(1),
                "TimePeriod" => (rule.from, rule.to) = read_period(elements)?,
                "Occurrences" => rule.occurrences = small(elements)?,
                "Name" => rule.name = Some(elements.text()?.into_owned()).filter(|name| !name.is_empty()),
                "Type" => rule.kind = small(elements)?,
                "Period" => rule.period = small(elements)?,
                "DaysOfWeek" => rule.days_of_week = small(elements)?,
                "Month" => rule.month = small(elements)?,
                "MonthDay" => rule.month_day = small(elements)?,
                "MonthItem" => rule.month_item = small(elements)?,
                "MonthPosition" => rule.month_position = small(elements)?,
                "DayWorking" => is_working = whole(elements)? == Some(1),
                "WorkingTimes" => bands = Some(read_times(elements)?),
                _ => elements.skip()?,
            }
        }
        if !by_occurrences {
            rule.occurrences = 0;
        }
        rule.work = Some(day_work(is_working, bands));
        rules.push(rule);
    }
    Ok(())
}

/// Alternative weeks for a range of dates, laid down as exceptions day by day.
fn read_work_weeks(elements: &mut Elements<'_>, found: &mut Vec<CalendarException>) -> Result<(), Diagnostic> {
    while let Some(name) = elements.child()? {
        if name != "WorkWeek" {
            elements.skip()?;
            continue;
        }
        let (mut range, mut label, mut week) = ((None, None), None, [const { None }; 7]);
        while let Some(name) = elements.child()? {
            match name {
                "TimePeriod" => range = read_period(elements)?,
                "Name" => label = Some(elements.text()?.into_owned()).filter(|name| !name.is_empty()),
                "WeekDays" => read_week(elements, &mut week, &mut Vec::new())?,
                _ => elements.skip()?,
            }
        }
        let (Some(from), Some(to)) = range else { continue };
        if found.len() > MOST_EXCEPTIONS {
            return Err(elements.fault(codes::LIMIT, format!("a calendar has at most {MOST_EXCEPTIONS} exceptions")));
        }
        for date in from.series(jiff::ToSpan::days(1)).take_while(|date| *date <= to).take(10_000) {
            if let Some(work) = &week[date.weekday().to_monday_zero_offset() as usize] {
                found.push(CalendarException { from: date, to: date, work: work.clone(), name: label.clone() });
            }
        }
    }
    Ok(())
}

fn read_period(elements: &mut Elements<'_>) -> Result<(Option<Date>, Option<Date>), Diagnostic> {
    let mut range = (None, None);
    while let Some(name) = elements.child()? {
        match name {
            "FromDate" => range.0 = moment::parse_instant(&elements.text()?).ok().map(|instant| instant.date()),
            "ToDate" => range.1 = moment::parse_instant(&elements.text()?).ok().map(|instant| instant.date()),
            _ => elements.skip()?,
        }
    }
    Ok(range)
}

fn read_times(elements: &mut Elements<'_>) -> Result<Vec<Band>, Diagnostic> {
    let mut bands = Vec::new();
    while let Some(name) = elements.child()? {
        if name != "WorkingTime" {
            elements.skip()?;
            continue;
        }
        let (mut from, mut to) = (None, None);
        while let Some(name) = elements.child()? {
            match name {
                "FromTime" => from = moment::clock(&elements.text()?),
                "ToTime" => to = moment::clock(&elements.text()?),
                _ => elements.skip()?,
            }
        }
        if let (Some(from), Some(to)) = (from, to) {
            // Midnight as an end is the end of the day; an end before the start lies on the next day.
            let to = if to <= from { to + 1440 } else { to };
            bands.push(Band { from_minute: from, to_minute: to });
        }
    }
    bands.sort_by_key(|band| band.from_minute);
    Ok(bands)
}

/// A whole number, or nothing where the text is none.
fn whole(elements: &mut Elements<'_>) -> Result<Option<i64>, Diagnostic> {
    Ok(elements.text()?.trim().parse().ok())
}

/// A small number; anything else counts as zero, which every rule treats as absent.
fn small<T: std::str::FromStr + Default>(elements: &mut Elements<'_>) -> Result<T, Diagnostic> {
    Ok(elements.text()?.trim().parse().unwrap_or_default())
}

/// Flattens a calendar with its bases: the nearest statement about a week day wins, base exceptions come first.
pub(crate) fn flatten(
    uid: i64,
    calendars: &HashMap<i64, &RawCalendar>,
    minutes_per_day: u32,
    findings: &mut Findings,
) -> Option<Calendar> {
    let mut chain = Vec::new();
    let mut next = Some(uid);
    while let Some(uid) = next {
        let Some(calendar) = calendars.get(&uid) else { break };
        if chain.len() == LONGEST_CHAIN {
            let at = format!("calendar {uid}");
            findings.error(codes::BAD_VALUE, at, "the chain of base calendars is endless");
            return None;
        }
        chain.push(*calendar);
        next = calendar.base;
    }
    let own = chain.first()?;
    let mut week = [const { DayWork::Free }; 7];
    let is_silent = chain.iter().all(|calendar| calendar.week.iter().all(Option::is_none));
    for (index, day) in week.iter_mut().enumerate() {
        if let Some(stated) = chain.iter().find_map(|calendar| calendar.week[index].as_ref()) {
            *day = stated.clone();
        } else if is_silent && index < 5 {
            *day = DayWork::Bands(usual_bands());
        }
    }
    let exceptions = chain.iter().rev().flat_map(|calendar| calendar.exceptions.iter().cloned()).collect();
    Some(Calendar { id: own.uid.to_string(), name: own.name.clone(), week, minutes_per_day, exceptions })
}
