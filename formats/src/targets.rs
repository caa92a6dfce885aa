//! The period guarantee as files: guatu-actuals/1 in, guatu-targets/1 out.

use crate::plans::{codes, parse_moment};
use guatu_kernel::diagnose::{Diagnostic, Severity};
use guatu_kernel::guarantee::{
    Actuals, Capacity, Commitment, Grade, ItemFacts, Measured, PeriodKind, PlanItems, Restoration, TOLERANCE, Window,
    assess, whole_units,
};
use guatu_kernel::plan::{Activity, Moment, Plan};
use guatu_kernel::{Schedule, schedule};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// What was done and promised, by activity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActualsFile {
    /// Measurements of each activity, in the order written.
    pub measured: HashMap<String, Vec<Measured>>,
    /// Promises of each activity: kind, first and last day, quantity.
    pub promised: HashMap<String, Vec<Promise>>,
}

/// A promise as written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Promise {
    /// Kind of period.
    pub kind: PeriodKind,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Quantity.
    pub will: f64,
}

/// Rows as they were understood, each with its activity and its place in the file.
#[derive(Default)]
struct Rows<'a> {
    measured: Vec<(&'a str, String, Measured)>,
    promised: Vec<(&'a str, String, Promise)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    #[serde(default)]
    facts: Vec<FactRow>,
    #[serde(default)]
    commitments: Vec<PromiseRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FactRow {
    activity: String,
    on: String,
    quantity: f64,
    grade: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PromiseRow {
    activity: String,
    period: String,
    from: String,
    to: String,
    will: f64,
}

/// Quantities beyond this are a slip of the finger.
const MOST: f64 = 1e9;

fn fault(at: String, message: String) -> Diagnostic {
    error(codes::BAD_VALUE, at, message)
}

fn error(code: &'static str, at: String, message: String) -> Diagnostic {
    Diagnostic { code, severity: Severity::Error, activity: None, params: vec![at.clone()], message, at: Some(at) }
}

fn date(text: &str, at: &str) -> Result<Date, Diagnostic> {
    match parse_moment(text) {
        Some(Moment::Day(date)) => Ok(date),
        _ => Err(fault(at.to_owned(), format!("`{text}` is not a date; write 2026-06-05"))),
    }
}

/// Reads guatu-actuals/1. `quantity` is what was done on that day, in the unit of the activity.
///
/// # Errors
/// Every row that cannot be read, and every one that no page would take, each with its path; nothing is taken over then.
pub fn read_actuals(bytes: &[u8], plan: &Plan) -> Result<ActualsFile, Vec<Diagnostic>> {
    let file: File = serde_json::from_slice(bytes)
        .map_err(|error| vec![fault(format!("line {}", error.line()), format!("not guatu-actuals/1: {error}"))])?;
    if file.format != "guatu-actuals/1" {
        return Err(vec![fault("format".into(), format!("`{}` is not guatu-actuals/1", file.format))]);
    }
    let known: HashMap<&str, bool> =
        plan.activities.iter().map(|activity| (activity.id.as_str(), activity.quantity.is_some())).collect();
    let check = |activity: &str, at: &str| match known.get(activity) {
        None => Err(fault(at.to_owned(), format!("the plan has no activity `{activity}`"))),
        Some(false) => Err(fault(at.to_owned(), format!("activity `{activity}` has no quantity in the plan"))),
        Some(true) => Ok(()),
    };
    let amount = |value: f64, least: f64, at: &str| {
        let is_sound = value.is_finite() && value >= least && value <= MOST;
        if is_sound { Ok(value) } else { Err(fault(at.to_owned(), format!("{value} is not a quantity"))) }
    };
    let (mut rows, mut faults) = (Rows::default(), Vec::new());
    for (index, row) in file.facts.iter().enumerate() {
        let at = format!("facts[{index}]");
        let measured = (|| {
            check(&row.activity, &at)?;
            let grade = match &row.grade {
                None => Grade::Reported,
                Some(grade) => Grade::from_name(grade).ok_or_else(|| {
                    fault(at.clone(), format!("grade `{grade}`: write reported, confirmed or verified"))
                })?,
            };
            Ok(Measured { on: date(&row.on, &at)?, quantity: amount(row.quantity, -MOST, &at)?, grade })
        })();
        match measured {
            Ok(measured) => rows.measured.push((&row.activity, at, measured)),
            Err(found) => faults.push(found),
        }
    }
    for (index, row) in file.commitments.iter().enumerate() {
        let at = format!("commitments[{index}]");
        let promise = (|| {
            check(&row.activity, &at)?;
            let kind = PeriodKind::from_name(&row.period).ok_or_else(|| {
                fault(at.clone(), format!("period `{}`: write day, week, ten_days, month, quarter or year", row.period))
            })?;
            let (from, to) = (date(&row.from, &at)?, date(&row.to, &at)?);
            let period = kind.around(from);
            if (period.from, period.to) != (from, to) {
                return Err(fault(
                    at.clone(),
                    format!("{from} to {to} is not a {}; it would be {} to {}", kind.name(), period.from, period.to),
                ));
            }
            Ok(Promise { kind, from, to, will: amount(row.will, 0.0, &at)? })
        })();
        match promise {
            Ok(promise) => rows.promised.push((&row.activity, at, promise)),
            Err(found) => faults.push(found),
        }
    }
    if faults.is_empty() {
        faults = unsound(plan, &rows);
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut read = ActualsFile::default();
    for (activity, _, measured) in rows.measured {
        read.measured.entry(activity.to_owned()).or_default().push(measured);
    }
    for (activity, _, promise) in rows.promised {
        read.promised.entry(activity.to_owned()).or_default().push(promise);
    }
    Ok(read)
}

/// What no page takes, and what therefore no file says either: more done than there is or less than nothing, more promised
/// than is left, parts of what counts whole, two promises for one period.
fn unsound(plan: &Plan, rows: &Rows<'_>) -> Vec<Diagnostic> {
    let mut measured: HashMap<&str, Vec<(&str, Measured)>> = HashMap::new();
    for (activity, at, one) in &rows.measured {
        measured.entry(activity).or_default().push((at, *one));
    }
    let mut promised: HashMap<&str, Vec<(&str, Promise)>> = HashMap::new();
    for (activity, at, one) in &rows.promised {
        promised.entry(activity).or_default().push((at, *one));
    }
    let mut found = Vec::new();
    for activity in &plan.activities {
        let Some(quantity) = &activity.quantity else { continue };
        let id = activity.id.as_str();
        let measured = measured.get(id).map_or(&[][..], Vec::as_slice);
        let done = Actuals::cumulate(&measured.iter().map(|(_, one)| *one).collect::<Vec<_>>());
        found.extend(beyond(id, quantity.total, measured, &done));
        for (index, (at, promise)) in promised.get(id).into_iter().flatten().enumerate() {
            let before =
                if measured.is_empty() { recorded(activity, plan, promise) } else { done.before(promise.from) };
            let (left, Promise { from, to, will, .. }) = ((quantity.total - before).max(0.0), *promise);
            if will > left + TOLERANCE {
                let message = format!("{will} of `{id}` promised for {from} to {to}, but only {left} is left");
                found.push(error(codes::PROMISED_TOO_MUCH, (*at).to_owned(), message));
            }
            // All that is left finishes the last unit.
            let is_counted = (will - will.round()).abs() <= TOLERANCE || (will - left).abs() <= TOLERANCE;
            if quantity.is_whole && !is_counted {
                let message = format!("`{id}` is counted in whole units; promise a whole number, not {will}");
                found.push(error(codes::NOT_WHOLE, (*at).to_owned(), message));
            }
            let known = promised[id][..index].iter().find(|(_, one)| one.kind == promise.kind && one.from == from);
            if let Some((first, known)) = known.filter(|(_, known)| known.will != will) {
                let message = format!("{will} of `{id}` promised for {from} to {to}, and {} in {first}", known.will);
                found.push(error(codes::PROMISED_TWICE, (*at).to_owned(), message));
            }
        }
    }
    found
}

/// The first day on whose evening more of an activity would be done than there is, or less than nothing; at its last row.
fn beyond(id: &str, total: f64, measured: &[(&str, Measured)], done: &Actuals) -> Option<Diagnostic> {
    let through = |on: Date| done.before(on.saturating_add(1.days()));
    let is_beyond = |on: &Date| !(-TOLERANCE..=total + TOLERANCE).contains(&through(*on));
    let on = measured.iter().map(|(_, one)| one.on).filter(is_beyond).min()?;
    let (at, _) = measured.iter().rfind(|(_, one)| one.on == on)?;
    let amount = through(on);
    let message = match amount < 0.0 {
        true => format!("{amount} of `{id}` would be done through {on}, which is less than nothing"),
        false => format!("{amount} of `{id}` would be done through {on}, of a total of {total}"),
    };
    Some(error(codes::DONE_BEYOND, (*at).to_owned(), message))
}

/// What the plan itself says was done before a period, where nothing was measured; of one that is over nobody can tell how much
/// of it was done before.
fn recorded(activity: &Activity, plan: &Plan, promise: &Promise) -> f64 {
    let is_over = plan.data_date.is_some_and(|date| promise.to < date.date());
    let has_begun = activity.actual_start.is_none_or(|start| start.date() < promise.from);
    if is_over || !has_begun {
        0.0
    } else {
        share_done(activity) * activity.quantity.as_ref().map_or(0.0, |quantity| quantity.total)
    }
}

/// Share done by the plan's own record, 0 to 1.
fn share_done(activity: &Activity) -> f64 {
    if activity.actual_finish.is_some() { 1.0 } else { f64::from(activity.percent_e3.unwrap_or(0)) / 100_000.0 }
}

/// Days listed of each item at most: more than a year ahead nobody works by a list.
const LISTED_DAYS: i64 = 400;

/// Computes guatu-targets/1 on a data date: facts up to the day before are in.
pub fn answer(plan: &Plan, actuals: &ActualsFile, data_date: Date, read: &[Diagnostic]) -> Value {
    let plan = &with_progress(plan, actuals, data_date);
    let computed = schedule(plan);
    let promised = actuals.promised.values().flatten();
    let first = promised.clone().map(|one| one.from).chain([PeriodKind::Year.around(data_date).from]).min();
    let last = promised.map(|one| one.to).chain([PeriodKind::Year.around(data_date).to]).max();
    let (first, last) = (first.unwrap_or(data_date).saturating_sub(1.days()), last.unwrap_or(data_date));
    let items = PlanItems::read(plan, &computed, first, last);
    let mut answered = Map::new();
    for (at, item) in items.iter() {
        let id = &plan.activities[at].id;
        let done = cumulated(plan, &computed, at, actuals.measured.get(id).map_or(&[][..], Vec::as_slice), data_date);
        let commitments: Vec<Commitment> = actuals
            .promised
            .get(id)
            .into_iter()
            .flatten()
            .map(|one| Commitment {
                period: one.kind.around(one.from),
                will: one.will,
                cumulative: done.before(one.from) + one.will,
            })
            .collect();
        let facts = assess(&item, &done, &commitments, data_date);
        let capacity = Capacity::new(item.work, item.rate, data_date, item.starts);
        let end = item.late_finish.unwrap_or(data_date).max(PeriodKind::Quarter.around(data_date).to);
        let end = end.min(data_date.saturating_add(LISTED_DAYS.days()));
        let mut days = Vec::new();
        let (mut day, mut before) = (data_date, 0.0);
        while day <= end {
            let through = capacity.through(day);
            let cumulative = facts.programme.at(through);
            let mut row = json!({ "on": day.to_string(), "target": rounded(cumulative - before) });
            if item.is_whole {
                row["cumulative_whole"] = rounded(whole_units(facts.done, cumulative, through));
            }
            days.push(row);
            before = cumulative;
            day = day.saturating_add(1.days());
        }
        answered.insert(id.clone(), item_value(&facts, days));
    }
    let nothing = answered.is_empty().then(nothing_measured);
    let to_come = to_come(plan, actuals, data_date);
    json!({
        "format": "guatu-targets/1",
        "data_date": data_date.to_string(),
        "items": answered,
        "diagnostics": crate::schedules::diagnostics(read.iter().chain(&computed.diagnostics).chain(&nothing).chain(&to_come)),
    })
}

/// Measurements of days that have not come, which are not counted.
fn to_come(plan: &Plan, actuals: &ActualsFile, data_date: Date) -> Vec<Diagnostic> {
    let counted = plan.activities.iter().filter_map(|activity| {
        let measured = actuals.measured.get(&activity.id)?;
        let count = measured.iter().filter(|one| one.on > data_date).count();
        (count > 0).then(|| Diagnostic {
            code: "F-217",
            severity: Severity::Warning,
            activity: Some(activity.id.clone()),
            params: Vec::new(),
            message: format!("measurements of days after {data_date} are not counted: {count}"),
            at: None,
        })
    });
    counted.collect()
}

/// What is said of a plan of which nothing can be asked for.
fn nothing_measured() -> Diagnostic {
    Diagnostic {
        code: "F-216",
        severity: Severity::Warning,
        activity: None,
        params: Vec::new(),
        message: "no activity with dates has a quantity, so there is nothing to ask for: give `quantity` with `total`, `unit` and `per_day`".into(),
        at: None,
    }
}

/// The plan with the progress that measurements show, so that the forecast starts from what is there.
fn with_progress(plan: &Plan, actuals: &ActualsFile, data_date: Date) -> Plan {
    let mut plan = plan.clone();
    for activity in &mut plan.activities {
        let (Some(quantity), Some(measured)) = (&activity.quantity, actuals.measured.get(&activity.id)) else {
            continue;
        };
        let done = Actuals::cumulate(measured).before(data_date);
        let days = measured.iter().filter(|one| one.quantity > 0.0 && one.on < data_date).map(|one| one.on);
        let (Some(first), Some(last)) = (days.clone().min(), days.max()) else { continue };
        if done <= 0.0 {
            continue;
        }
        activity.actual_start.get_or_insert(Moment::Day(first));
        if done >= quantity.total {
            activity.actual_finish.get_or_insert(Moment::Day(last));
        } else {
            activity.percent_e3 = Some((done / quantity.total * 100_000.0) as u32);
            activity.remaining = None;
            (activity.resume, activity.expected_finish) = (None, None);
        }
    }
    plan
}

/// What was done by the measurements; where there are none, by what the plan itself says of its progress.
fn cumulated(plan: &Plan, computed: &Schedule, at: usize, measured: &[Measured], data_date: Date) -> Actuals {
    let activity = &plan.activities[at];
    if !measured.is_empty() {
        return Actuals::cumulate(measured);
    }
    let share = share_done(activity);
    let total = activity.quantity.as_ref().map_or(0.0, |quantity| quantity.total);
    let start = computed.activities[at]
        .as_ref()
        .map(|dates| dates.early_start.date())
        .filter(|_| activity.actual_start.is_some());
    let on = start.unwrap_or(data_date).min(data_date.saturating_sub(1.days()));
    if share > 0.0 { Actuals::from_cumulative(vec![(on, share * total)]) } else { Actuals::default() }
}

fn item_value(facts: &ItemFacts, days: Vec<Value>) -> Value {
    let mut value = json!({
        "done": rounded(facts.done),
        "today": rounded(facts.today),
        "days": days,
        "periods": facts.windows.iter().map(window_value).collect::<Vec<_>>(),
        "utilisation": rounded(facts.programme.utilisation),
        "first_impossible": null,
    });
    if let Some(whole) = facts.today_whole {
        value["today_whole"] = rounded(whole);
    }
    if let Some(first) = facts.first_impossible() {
        let mut levels: Vec<&str> = facts.broken_periods.iter().map(|kind| kind.level()).collect();
        levels.dedup();
        value["first_impossible"] = json!({
            "on": first.on.to_string(),
            "periods": facts.broken_periods.iter().map(|kind| kind.name()).collect::<Vec<_>>(),
            "short": rounded(first.short),
            "recovers_on": first.recovers_on.map(|on| on.to_string()),
            "levels": levels,
            "restore": facts.restorations.iter().map(restoration).collect::<Vec<_>>(),
        });
    }
    value
}

fn window_value(window: &Window) -> Value {
    json!({
        "kind": window.period.kind.name(),
        "from": window.period.from.to_string(),
        "to": window.period.to.to_string(),
        "should": rounded(window.should),
        "can": rounded(window.can),
        "will": window.will.map(rounded),
        "done": rounded(window.done),
        "cl": window.commitment_level().map(rounded),
        "ppc": window.plan_complete().map(rounded),
        "prco": window.required_complete().map(rounded),
        "debt": { "promise": rounded(window.promise_debt()), "requirement": rounded(window.requirement_debt) },
    })
}

fn restoration(one: &Restoration) -> Value {
    match one {
        Restoration::ExtraShift { days } => json!({ "kind": "extra_shift", "days": days }),
        Restoration::WorkDays { on } => {
            json!({ "kind": "work_days", "on": on.iter().map(ToString::to_string).collect::<Vec<_>>() })
        }
        Restoration::AddCrews { crews } => json!({ "kind": "add_crews", "crews": crews }),
    }
}

/// Millionths, and whole numbers without a point.
fn rounded(value: f64) -> Value {
    let value = (value * 1e6).round() / 1e6;
    if value == value.trunc() && value.abs() < 1e15 { json!(value as i64) } else { json!(value) }
}
