//! What hindered a project in a week, in days that its buildings waited: what their reports say, and what stopped work.

use super::figures::Cause;
use crate::db::Conn;
use crate::features::calendars;
use crate::features::places::store::Place;
use crate::features::places::tree::Tree;
use crate::features::plan::{heard, network::Scheduled, store::Bar};
use crate::features::reports::reasons::{Said, waits};
use anyhow::Result;
use guatu_kernel::plan::Stop;
use jiff::ToSpan;
use jiff::civil::{Date, time};
use std::collections::{BTreeMap, BTreeSet};

/// A day of a building counts once for each cause.
#[derive(Default)]
struct Days<'a>(BTreeMap<&'a str, BTreeSet<(&'a str, Date)>>);

impl<'a> Days<'a> {
    fn add(&mut self, kind: &'a str, building: &'a str, day: Date) {
        self.0.entry(kind).or_default().insert((building, day));
    }

    /// The most first; equal ones by name, so that the same week is the same bytes.
    fn causes(self) -> Vec<Cause> {
        let cause = |(kind, days): (&str, BTreeSet<(&str, Date)>)| Cause { kind: kind.to_owned(), days: days.len() as u64 };
        let mut causes: Vec<Cause> = self.0.into_iter().map(cause).collect();
        causes.sort_by(|one, other| other.days.cmp(&one.days).then_with(|| one.kind.cmp(&other.kind)));
        causes
    }
}

/// What hindered a project between two days. `said` holds what reports say of waiting, from some days before on: a hindrance
/// holds until the next report with a change.
pub async fn of_project(conn: &mut Conn, tree: &Tree, project: &Place, scheduled: &Scheduled, said: &[Said], (from, to): (Date, Date)) -> Result<Vec<Cause>> {
    let mut days = Days::default();
    for wait in waits(said, to).filter(|wait| wait.on >= from) {
        if tree.get(wait.building).is_some_and(|building| building.path.starts_with(&project.path)) {
            days.add(wait.kind, wait.building, wait.on);
        }
    }
    let week = || from.series(1.days()).take_while(|day| *day <= to);
    // What has begun and is not finished stands still; what has yet to begin only waits for its turn.
    let under_way = |bar: &Bar, day: Date| bar.actual_start.is_some_and(|start| start <= day) && bar.actual_finish.is_none_or(|finish| finish > day);
    let worked: Vec<(&str, &Bar)> = scheduled.bars.iter().filter_map(|bar| Some((bar.place.as_deref()?, bar))).collect();
    let hazards: Vec<heard::WorkStop> = heard::work_stops(conn, &project.id).await?.into_iter().filter(|stop| stop.hazard.is_some()).collect();
    let alerts: Vec<Stop> = calendars::stops(conn, &project.id, to).await?.into_iter().filter(|stop| stop.level.is_some()).collect();
    for day in week() {
        for (building, bar) in worked.iter().filter(|(_, bar)| under_way(bar, day)) {
            let is_within = |stop: &heard::WorkStop| tree.get(&stop.place).zip(tree.get(building)).is_some_and(|(place, building)| building.path.starts_with(&place.path));
            if hazards.iter().any(|stop| stop.from <= day && stop.ended_on.is_none_or(|end| day < end) && is_within(stop)) {
                days.add(Cause::HAZARD, building, day);
            }
            if alerts.iter().any(|stop| stands_still(stop, bar.work_kind.as_deref(), day)) {
                days.add(Cause::ALERT, building, day);
            }
        }
    }
    Ok(days.causes())
}

/// Whether an alert stops a kind of work at noon: of a day with less than half its hours left nothing is asked.
fn stands_still(stop: &Stop, kind: Option<&str>, day: Date) -> bool {
    let noon = day.to_datetime(time(12, 0, 0, 0));
    let is_of_kind = stop.kinds.is_empty() || kind.is_some_and(|kind| stop.kinds.iter().any(|stopped| stopped == kind));
    is_of_kind && stop.from <= noon && stop.to.is_none_or(|to| noon < to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_day_of_a_building_counts_once_for_each_cause() {
        let mut days = Days::default();
        for (kind, building, day) in [("funds", "b1", 23), ("funds", "b1", 23), ("funds", "b2", 23), ("land", "b1", 23), ("debt", "b1", 24)] {
            days.add(kind, building, date(2026, 11, day));
        }
        let causes: Vec<(String, u64)> = days.causes().into_iter().map(|cause| (cause.kind, cause.days)).collect();
        assert_eq!(causes, [("funds".to_owned(), 2), ("debt".to_owned(), 1), ("land".to_owned(), 1)]);
    }

    #[test]
    fn an_alert_stops_its_kinds_of_work_at_noon() {
        let at = |day, hour| date(2026, 11, day).at(hour, 0, 0, 0);
        let stop = Stop { from: at(24, 8), to: Some(at(26, 12)), level: Some("orange".into()), kinds: vec!["earthwork".into()], source: None };
        for (name, kind, day, expected) in [
            ("the day before", Some("earthwork"), 23, false),
            ("from the morning", Some("earthwork"), 24, true),
            ("lifted at noon", Some("earthwork"), 26, false),
            ("another kind", Some("interior"), 24, false),
            ("of no kind", None, 24, false),
        ] {
            assert_eq!(stands_still(&stop, kind, date(2026, 11, day)), expected, "{name}");
        }
        assert!(stands_still(&Stop { to: None, kinds: vec![], ..stop }, None, date(2026, 12, 24)), "everything, until it is lifted");
    }
}
