//! Weather of simulations: what days were like by alerts and reports, and the stops of days as they may come.

use super::chances::SETTINGS;
use crate::db::Conn;
use crate::features::calendars::model::Level;
use crate::features::calendars::store::{self as calendars, Alert, AlertSpan, Exemption};
use crate::features::{calendars as stops, reports};
use anyhow::Result;
use guatu_kernel::plan::Stop;
use guatu_kernel::weather::{Blocks, Record, Usual, draw, known};
use jiff::ToSpan;
use jiff::civil::{Date, time};
use serde::Deserialize;

/// A day that rain took; days of alerts have the number of their level, fine ones 0.
const RAIN: u8 = 4;

/// How weather is drawn, and what is usual where too little is known.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Sequences of days that iterations take in turn.
    sequences: u64,
    block_days: usize,
    least_known: usize,
    spell_days: usize,
    lost_hours: u32,
    lost_percent: u64,
    rain_kinds: Vec<String>,
    usual_level: Level,
    /// Days of alerts by month, January first.
    usual_alert_days: [f64; 12],
    /// Days lost to rain by month.
    usual_rain_days: [f64; 12],
}

impl Rules {
    fn blocks(&self) -> Blocks {
        Blocks { days: self.block_days, least_known: self.least_known, spell_days: self.spell_days }
    }

    fn usual(&self) -> [Usual; 2] {
        [
            Usual { kind: number_of(self.usual_level), days: self.usual_alert_days },
            Usual { kind: RAIN, days: self.usual_rain_days },
        ]
    }
}

fn number_of(level: Level) -> u8 {
    match level {
        Level::Yellow => 1,
        Level::Orange => 2,
        Level::Red => 3,
    }
}

/// What is known of a project's weather, up to the day before.
#[derive(Debug)]
pub struct History {
    record: Record,
    exemptions: Vec<Exemption>,
}

/// What the page says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// First and last day; `None` when nothing is known.
    pub days: Option<(Date, Date)>,
    /// Days of alerts.
    pub alerts: usize,
    /// Days lost to rain.
    pub rain: usize,
    /// Calendar months of which too few days are known.
    pub unknown_months: usize,
}

/// By what a history is another one: it is read again when this changes.
pub async fn mark(conn: &mut Conn, project: &str, today: Date) -> Result<String> {
    let alerts = calendars::alerts(conn).await?.iter().map(|alert| alert.changed_number).max().unwrap_or(0);
    let exemptions = calendars::exemptions(conn).await?.len();
    let reports = reports::store::newest_of(conn, project).await?;
    Ok(format!("{today} {alerts} {exemptions} {reports}"))
}

impl History {
    /// Of a project of which nothing is known.
    #[cfg(test)]
    pub fn unknown(today: Date) -> History {
        History { record: record(&[], &[], today), exemptions: Vec::new() }
    }

    /// Reads it.
    pub async fn read(conn: &mut Conn, project: &str, today: Date) -> Result<History> {
        let alerts = calendars::alerts(conn).await?;
        let mut exemptions = calendars::exemptions(conn).await?;
        exemptions.retain(|exemption| exemption.project == project);
        let reported = reports::store::weather_days(conn, project, SETTINGS.weather.lost_hours).await?;
        Ok(History { record: record(&alerts, &reported, today), exemptions })
    }

    /// What the page says of it.
    pub fn summary(&self) -> Summary {
        let Record { first, days } = &self.record;
        let last = days.len().checked_sub(1).and_then(|length| first.checked_add((length as i64).days()).ok());
        Summary {
            days: last.map(|last| (*first, last)),
            alerts: days.iter().filter(|kind| (1..RAIN).contains(*kind)).count(),
            rain: days.iter().filter(|kind| **kind == RAIN).count(),
            unknown_months: known(&self.record).iter().filter(|days| **days < SETTINGS.weather.least_known).count(),
        }
    }

    /// Stops of the sequences of days as they may come, from a day on.
    pub fn sequences(&self, from: Date, days: usize, seed: u64) -> Vec<Vec<Stop>> {
        let rules = &SETTINGS.weather;
        let drawn = |n| draw(&self.record, &rules.usual(), rules.blocks(), (from, days), seed, n);
        (0..rules.sequences).map(|n| self.stops(from, &drawn(n))).collect()
    }

    /// The stops of one sequence: each run of like days stops what such days stop.
    fn stops(&self, from: Date, days: &[u8]) -> Vec<Stop> {
        let mut found = Vec::new();
        let mut at = 0;
        for run in days.chunk_by(|one, next| one == next) {
            let day = |at: usize| from.saturating_add((at as i64).days()).to_datetime(time(0, 0, 0, 0));
            let (begins, ends) = (day(at), day(at + run.len()));
            at += run.len();
            match Level::ALL.iter().find(|(level, _)| number_of(*level) == run[0]) {
                Some((level, _)) => {
                    let span = AlertSpan { level: *level, begins_at: begins, ends_at: Some(ends), notice: String::new() };
                    let alert = Alert { id: String::new(), expected_end: None, source: String::new(), end_notice: None, changed_number: 0, spans: vec![span] };
                    found.extend(stops::alert_stops(&alert, &self.exemptions, from));
                }
                None if run[0] == RAIN => {
                    found.push(Stop { from: begins, to: Some(ends), level: None, kinds: SETTINGS.weather.rain_kinds.clone(), source: None });
                }
                None => {}
            }
        }
        found
    }
}

/// What days were like from the first alert or report on: the highest alert of the day, or rain where most reports say so.
fn record(alerts: &[Alert], reported: &[(Date, u64, u64)], today: Date) -> Record {
    let spans = || alerts.iter().flat_map(|alert| &alert.spans);
    // Known are days from the first report on: an alert of another season says nothing of the rain since. Alerts alone are what
    // is known where nobody has reported.
    let reports = || reported.iter().map(|(on, ..)| *on);
    let begins = reports().min().or_else(|| spans().map(|span| span.begins_at.date()).min());
    let Some(first) = begins.filter(|first| *first < today) else { return Record { first: today, days: Vec::new() } };
    let mut days = vec![0; (today - first).get_days().max(0) as usize];
    let place = |on: Date| usize::try_from((on - first).get_days()).ok();
    for (on, reports, lost) in reported {
        if let Some(day) = place(*on).and_then(|at| days.get_mut(at))
            && lost * 100 >= reports * SETTINGS.weather.lost_percent
            && *lost > 0
        {
            *day = RAIN;
        }
    }
    for span in spans() {
        // What runs is known until yesterday.
        let end = span.ends_at.map_or(today, |end| if end.time() == time(0, 0, 0, 0) { end.date() } else { end.date().tomorrow().unwrap_or(end.date()) });
        for on in span.begins_at.date().series(1.day()).take_while(|on| *on < end.min(today)) {
            if let Some(day) = place(on).and_then(|at| days.get_mut(at)) {
                let level = number_of(span.level);
                *day = if *day == RAIN { level } else { level.max(*day) };
            }
        }
    }
    Record { first, days }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn days_are_told_by_alerts_and_by_most_reports() {
        let day = |day: i8| date(2026, 11, day);
        let span = |level, from: i8, to: Option<i8>| AlertSpan {
            level,
            begins_at: day(from).at(18, 0, 0, 0),
            ends_at: to.map(|to| day(to).at(8, 0, 0, 0)),
            notice: String::new(),
        };
        let alert = Alert {
            id: "a".into(),
            expected_end: None,
            source: String::new(),
            end_notice: None,
            changed_number: 1,
            spans: vec![span(Level::Yellow, 3, Some(5)), span(Level::Red, 9, None)],
        };
        // Rain is what most say; under an alert hours were lost to it.
        let reported = [(day(1), 4, 1), (day(2), 4, 2), (day(4), 4, 4), (day(7), 4, 0)];
        let found = record(std::slice::from_ref(&alert), &reported, day(11));
        assert_eq!((found.first, &found.days[..]), (day(1), &[0, 4, 1, 1, 1, 0, 0, 0, 3, 3][..]));
        let spring = AlertSpan { begins_at: date(2026, 3, 1).at(8, 0, 0, 0), ends_at: Some(date(2026, 3, 4).at(8, 0, 0, 0)), ..span(Level::Red, 1, None) };
        let early = Alert { spans: [vec![spring], alert.spans.clone()].concat(), ..alert.clone() };
        assert_eq!(record(&[early], &reported, day(11)), found, "an alert of spring makes no dry summer");
        let history = History { record: found, exemptions: Vec::new() };
        let summary = history.summary();
        assert_eq!((summary.days, summary.alerts, summary.rain, summary.unknown_months), (Some((day(1), day(10))), 5, 1, 12));
        let stops = history.stops(day(11), &[0, 4, 4, 3, 0]);
        assert_eq!((stops[0].from, stops[0].to), (day(12).at(0, 0, 0, 0), Some(day(14).at(0, 0, 0, 0))));
        assert!(stops[0].kinds == SETTINGS.weather.rain_kinds && stops[1].kinds.len() > stops[0].kinds.len(), "{stops:?}");
        assert_eq!(record(&[], &[], day(11)).days.len(), 0);
        assert_eq!(history.sequences(day(11), 100, 1).len(), 24);
    }
}
