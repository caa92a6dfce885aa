//! From calendar facts to what a plan is scheduled with: its calendars, and the intervals in which kinds of work stop.

use super::holidays::{self, festival_stop};
use super::model::work_kinds;
use super::store::{self, Alert, Exemption, Period};
use crate::db::Conn;
use anyhow::Result;
use guatu_kernel::plan::{Calendar, CalendarException, DayWork, Plan, Stop};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, time};

/// Minutes of a working day: eight hours.
const MINUTES_PER_DAY: u32 = 480;

/// The calendars that plans from templates count in: `site` works every day but the Spring Festival stop, `authority`
/// follows the State Council's notices, `continuous` counts every day.
pub async fn plan_calendars(conn: &mut Conn) -> Result<Vec<Calendar>> {
    let set = store::festivals(conn).await?;
    Ok(vec![
        calendar("site", 7, festival_exceptions(&set)),
        calendar("authority", 5, holidays::exceptions()),
        calendar("continuous", 7, Vec::new()),
    ])
}

fn calendar(id: &str, days: usize, exceptions: Vec<CalendarException>) -> Calendar {
    let week = std::array::from_fn(|at| if at < days { DayWork::Usual } else { DayWork::Free });
    Calendar { id: id.into(), name: None, week, minutes_per_day: MINUTES_PER_DAY, exceptions }
}

/// The Spring Festival stop of a year: as the district has set it, else the usual one around New Year's Eve.
pub fn festival(set: &[Period], year: i16) -> Option<(Date, Date)> {
    if let Some(period) = set.iter().find(|period| period.id == year.to_string()) {
        return Some((period.from, period.to));
    }
    let eve = holidays::new_years_eve(year)?;
    let (before, after) = (festival_stop().days_before.days(), festival_stop().days_after.days());
    Some((eve.checked_sub(before).ok()?, eve.checked_add(after).ok()?))
}

fn festival_exceptions(set: &[Period]) -> Vec<CalendarException> {
    let known = festival_stop().eves.iter().map(|eve| eve.year());
    let mut years: Vec<i16> = known.chain(set.iter().filter_map(|period| period.id.parse().ok())).collect();
    years.sort_unstable();
    years.dedup();
    let name = Some(festival_stop().zh.clone());
    let stops = years.into_iter().filter_map(|year| festival(set, year));
    stops.map(|(from, to)| CalendarException { from, to, work: DayWork::Free, name: name.clone() }).collect()
}

/// Lays Spring Festival stops that were set since over a plan from templates: free days of its `site` calendar are
/// nothing but such stops. Plans from files keep the calendars they came with.
pub async fn set_festivals(conn: &mut Conn, plan: &mut Plan) -> Result<()> {
    let set = store::festivals(conn).await?;
    for calendar in plan.calendars.iter_mut().filter(|calendar| calendar.id == "site") {
        calendar.exceptions.retain(|exception| !set.iter().any(|period| period.id == exception.to.year().to_string()));
        calendar.exceptions.extend(set.iter().map(|period| CalendarException {
            from: period.from,
            to: period.to,
            work: DayWork::Free,
            name: Some(festival_stop().zh.clone()),
        }));
    }
    Ok(())
}

/// The stops of a project: alerts without what its exemptions allow, and winter periods.
///
/// `data_date` tells whether an alert has outlived its forecast end: it then runs on, until a notice lifts it.
pub async fn stops(conn: &mut Conn, project: &str, data_date: Date) -> Result<Vec<Stop>> {
    let mut exemptions = store::exemptions(conn).await?;
    exemptions.retain(|exemption| exemption.project == project);
    let mut alerts = store::alerts(conn).await?;
    alerts.reverse();
    let mut stops: Vec<Stop> = alerts.iter().flat_map(|alert| alert_stops(alert, &exemptions, data_date)).collect();
    stops.extend(store::winters(conn).await?.into_iter().map(|winter| Stop {
        from: winter.from.to_datetime(time(0, 0, 0, 0)),
        to: Some(day_after(winter.to)),
        level: None,
        kinds: winter.kinds,
        source: Some(winter.source),
    }));
    Ok(stops)
}

fn day_after(date: Date) -> DateTime {
    date.tomorrow().unwrap_or(date).to_datetime(time(0, 0, 0, 0))
}

/// What an alert stops, without what exemptions allow.
pub fn alert_stops(alert: &Alert, exemptions: &[Exemption], data_date: Date) -> Vec<Stop> {
    let forecast = alert.expected_end.filter(|end| *end > data_date.to_datetime(time(0, 0, 0, 0)));
    let mut stops: Vec<Stop> = Vec::new();
    for span in &alert.spans {
        let end = span.ends_at.or(forecast.filter(|end| *end > span.begins_at));
        let stopped = span.level.stops();
        for kind in work_kinds().iter().filter(|kind| stopped.contains(&kind.as_str())) {
            let covers = |exemption: &&Exemption| {
                exemption.level >= span.level && (exemption.kinds.is_empty() || exemption.kinds.contains(kind))
            };
            let mut allowed: Vec<(DateTime, DateTime)> = exemptions
                .iter()
                .filter(covers)
                .map(|exemption| (exemption.from.to_datetime(time(0, 0, 0, 0)), day_after(exemption.to)))
                .collect();
            allowed.sort_unstable();
            for (from, to) in without(span.begins_at, end, &allowed) {
                match stops
                    .iter_mut()
                    .find(|stop| stop.from == from && stop.to == to && stop.level.as_deref() == Some(span.level.name()))
                {
                    Some(stop) => stop.kinds.push(kind.clone()),
                    None => stops.push(Stop {
                        from,
                        to,
                        level: Some(span.level.name().to_owned()),
                        kinds: vec![kind.clone()],
                        source: Some(span.notice.clone()),
                    }),
                }
            }
        }
    }
    stops
}

/// An interval without others that are sorted by their beginning. `None` as an end: not known yet.
fn without(from: DateTime, to: Option<DateTime>, others: &[(DateTime, DateTime)]) -> Vec<(DateTime, Option<DateTime>)> {
    let mut left = Vec::new();
    let mut at = from;
    for (other_from, other_to) in others {
        let is_before_end = to.is_none_or(|to| *other_from < to);
        if *other_from > at && is_before_end {
            left.push((at, Some(*other_from)));
        }
        if is_before_end {
            at = at.max(*other_to);
        }
    }
    if to.is_none_or(|to| at < to) {
        left.push((at, to));
    }
    left
}
