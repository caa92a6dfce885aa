//! Changes that are tried on a plan: another duration, another day of start. Pure.
//!
//! They travel in addresses, so that what one person tries another can look at, and nothing is kept until it is put forward.

use crate::refusals;
use guatu_kernel::plan::{Activity, ActivityKind, Constraint, ConstraintKind, Moment, Plan, Span};
use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Changes tried at once at most: they have to fit an address.
pub const MOST_CHANGES: usize = 50;
/// Longest duration in working days: ten years.
const MOST_DAYS: i64 = 3_650;
/// Days of start that a plan can hold.
const YEARS: (Date, Date) = (date(2000, 1, 1), date(2100, 12, 31));
/// Characters of an activity that a refusal repeats.
const ID_CHARS: usize = 60;
/// Constraints that an activity has at most, as in the programs that plans come from.
const MOST_CONSTRAINTS: usize = 2;

/// Another duration or day of start of one activity. Names are short because they stand in addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The activity.
    #[serde(rename = "a")]
    pub activity: String,
    /// Its duration in working days.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub days: Option<i64>,
    /// The day before which it does not start.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Date>,
}

refusals! {
    /// What should be changes cannot be read.
    Unreadable = "L-129" Rule changes;
    /// More changes than are tried at once.
    TooMany { limit } = "L-130" Rule changes;
    /// The plan has no such activity.
    UnknownActivity { activity } = "L-131" Rule activity;
    /// Only work has a duration of its own.
    NotWork { name } = "L-132" Rule activity;
    /// A duration no work has.
    DaysOut { limit } = "L-133" Rule days;
    /// A day outside plans.
    StartOut = "L-134" Rule start;
    /// What is finished stays as it was.
    Finished { name } = "L-135" Rule activity;
    /// What has begun, began when it did.
    Begun { name } = "L-136" Rule start;
    /// It has as many bounds as a plan holds.
    TooManyBounds { name } = "L-137" Rule start;
    /// Nothing is changed, so nothing is put forward.
    NothingChanged = "L-138" Rule changes;
}

/// Changes as an address holds them; none where it holds none.
pub fn read(text: &str) -> Result<Vec<Change>, Refused> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let changes: Vec<Change> = serde_json::from_str(text).map_err(|_| Refused::Unreadable)?;
    if changes.len() > MOST_CHANGES {
        return Err(Refused::TooMany { limit: MOST_CHANGES.to_string() });
    }
    Ok(changes)
}

/// Changes for an address; empty for none.
pub fn print(changes: &[Change]) -> String {
    if changes.is_empty() { String::new() } else { serde_json::to_string(changes).unwrap_or_default() }
}

/// Changes with one more, which takes the place of an earlier one of the same activity. One that changes nothing takes it away.
pub fn with(mut changes: Vec<Change>, change: Change) -> Vec<Change> {
    changes.retain(|known| known.activity != change.activity);
    if change.days.is_some() || change.start.is_some() {
        changes.push(change);
    }
    changes
}

/// The approved plan with changes in it. `now` is the same plan with what facts say laid over it: it knows what has begun.
pub fn apply(approved: &Plan, now: &Plan, index: &HashMap<String, usize>, changes: &[Change]) -> Result<Plan, Refused> {
    let mut plan = approved.clone();
    for change in changes {
        let unknown = || Refused::UnknownActivity { activity: change.activity.chars().take(ID_CHARS).collect() };
        let at = *index.get(&change.activity).ok_or_else(unknown)?;
        check(&now.activities[at], change)?;
        let activity = &mut plan.activities[at];
        if let Some(days) = change.days {
            activity.duration = Span::days(days);
            // An expected finish would say how long it lasts in spite of it.
            activity.expected_finish = None;
        }
        if let Some(start) = change.start {
            begin_at(activity, start)?;
        }
    }
    Ok(plan)
}

fn check(now: &Activity, change: &Change) -> Result<(), Refused> {
    let name = || now.name.clone();
    if now.kind != ActivityKind::Task {
        return Err(Refused::NotWork { name: name() });
    }
    if now.actual_finish.is_some() {
        return Err(Refused::Finished { name: name() });
    }
    if change.days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
        return Err(Refused::DaysOut { limit: MOST_DAYS.to_string() });
    }
    match change.start {
        Some(start) if !(YEARS.0..=YEARS.1).contains(&start) => Err(Refused::StartOut),
        Some(_) if now.actual_start.is_some() => Err(Refused::Begun { name: name() }),
        _ => Ok(()),
    }
}

/// Bounds an activity's start by a day: its own start where it has no predecessors, else a soft constraint in the place of an
/// earlier one.
fn begin_at(activity: &mut Activity, start: Date) -> Result<(), Refused> {
    let on = Some(Moment::Day(start));
    if activity.start.is_some() {
        activity.start = on;
    }
    activity.constraints.retain(|one| !matches!(one.kind, ConstraintKind::StartNoEarlierThan | ConstraintKind::StartOn));
    if activity.constraints.len() >= MOST_CONSTRAINTS {
        return Err(Refused::TooManyBounds { name: activity.name.clone() });
    }
    activity.constraints.push(Constraint { kind: ConstraintKind::StartNoEarlierThan, on, is_hard: false });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use guatu_kernel::plan::{Granularity, Options};

    fn plan_of(activities: Vec<Activity>) -> Plan {
        Plan {
            name: None,
            granularity: Granularity::Day,
            start: Moment::Day(date(2026, 6, 1)),
            data_date: None,
            calendar: None,
            options: Options::default(),
            calendars: Vec::new(),
            activities,
            links: Vec::new(),
            resources: Vec::new(),
            mandated: Vec::new(),
            stops: Vec::new(),
        }
    }

    #[test]
    fn changes_are_read_from_addresses_and_change_what_may_be_changed() {
        let task = |id: &str| Activity::task(id, Span::days(10));
        let mut plan = plan_of(["pit", "walls", "done", "begun", "bound", "end"].map(task).to_vec());
        let bound = |kind| Constraint { kind, on: Some(Moment::Day(date(2026, 6, 1))), is_hard: false };
        plan.activities[1].constraints = vec![bound(ConstraintKind::StartNoEarlierThan)];
        plan.activities[4].constraints = vec![bound(ConstraintKind::FinishNoLaterThan), bound(ConstraintKind::FinishNoEarlierThan)];
        plan.activities[5].kind = ActivityKind::Milestone;
        let mut now = plan.clone();
        now.activities[2].actual_finish = Some(Moment::Day(date(2026, 11, 1)));
        now.activities[3].actual_start = Some(Moment::Day(date(2026, 11, 1)));
        let index: HashMap<String, usize> = plan.activities.iter().enumerate().map(|(at, one)| (one.id.clone(), at)).collect();
        let name = |name: &str| name.to_owned();
        let many = format!("[{}]", [r#"{"a":"pit","d":1}"#; MOST_CHANGES + 1].join(","));
        let cases: Vec<(&str, Option<Refused>)> = vec![
            ("", None),
            (r#"[{"a":"pit","d":12},{"a":"walls","s":"2026-12-01"}]"#, None),
            (r#"[{"a":"begun","d":20}]"#, None),
            ("pit 12", Some(Refused::Unreadable)),
            (r#"[{"a":"pit","x":1}]"#, Some(Refused::Unreadable)),
            (r#"[{"a":"pit","s":"2026-02-30"}]"#, Some(Refused::Unreadable)),
            (&many, Some(Refused::TooMany { limit: "50".into() })),
            (r#"[{"a":"roof","d":1}]"#, Some(Refused::UnknownActivity { activity: name("roof") })),
            (r#"[{"a":"end","d":1}]"#, Some(Refused::NotWork { name: name("end") })),
            (r#"[{"a":"pit","d":0}]"#, Some(Refused::DaysOut { limit: "3650".into() })),
            (r#"[{"a":"pit","s":"1999-12-31"}]"#, Some(Refused::StartOut)),
            (r#"[{"a":"done","d":5}]"#, Some(Refused::Finished { name: name("done") })),
            (r#"[{"a":"begun","s":"2026-12-01"}]"#, Some(Refused::Begun { name: name("begun") })),
            (r#"[{"a":"bound","s":"2026-12-01"}]"#, Some(Refused::TooManyBounds { name: name("bound") })),
        ];
        for (text, expected) in cases {
            let applied = read(text).and_then(|changes| apply(&plan, &now, &index, &changes));
            assert_eq!(applied.err(), expected, "{text}");
        }
        let changes = read(r#"[{"a":"pit","d":12},{"a":"walls","s":"2026-12-01"}]"#).unwrap();
        let changed = apply(&plan, &now, &index, &changes).unwrap();
        assert_eq!(changed.activities[0].duration, Span::days(12));
        assert_eq!(changed.activities[1].constraints, [Constraint { on: Some(Moment::Day(date(2026, 12, 1))), ..bound(ConstraintKind::StartNoEarlierThan) }]);
        assert_eq!(changed.activities[2..], plan.activities[2..], "and nothing else");
        let again = with(changes.clone(), Change { activity: "pit".into(), days: Some(9), start: None });
        assert_eq!(print(&again), r#"[{"a":"walls","s":"2026-12-01"},{"a":"pit","d":9}]"#);
        let none = with(with(changes, Change { activity: "pit".into(), days: None, start: None }), Change { activity: "walls".into(), days: None, start: None });
        assert_eq!(print(&none), "", "taken back");
    }
}
