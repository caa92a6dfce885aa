//! What MSPDI has no field for, as one line `guatu-plan/1 {…}` in the notes of a task.
//!
//! The line counts only where the file still says the same; a field changed in MS Project wins over the line.

use guatu_kernel::plan::{Activity, Calendar, Granularity, Mandate, Moment, Options, Plan, Resource, Span, Stop};
use serde_json::Value;

use super::task::Setting;
use crate::plans::findings::Findings;
use crate::plans::json::{self, GRANULARITIES, Object, value_of, word_of};
use crate::plans::span::in_minutes;
use crate::plans::{Limits, moment};

/// Begins our line in a task's notes.
const MARK: &str = "guatu-plan/1 ";
/// MS Project cuts longer notes; calendars are then written without their exceptions.
const LONGEST: usize = 60_000;

/// What travels in the project summary task.
#[derive(Debug, Default)]
pub(crate) struct PlanNote {
    pub(crate) granularity: Option<Granularity>,
    pub(crate) start: Option<Moment>,
    pub(crate) data_date: Option<Moment>,
    pub(crate) calendar: Option<String>,
    pub(crate) has_calendar: bool,
    pub(crate) options: Option<Options>,
    /// In the order of the file's calendar UIDs 1, 2, 3 …
    pub(crate) calendars: Vec<Calendar>,
    pub(crate) resources: Vec<Resource>,
    pub(crate) mandated: Vec<Mandate>,
    pub(crate) stops: Vec<Stop>,
}

/// The JSON of our line in notes, if they hold one.
fn line_of(notes: &str) -> Option<Value> {
    let line = notes.lines().find_map(|line| line.trim().strip_prefix(MARK))?;
    serde_json::from_str(line).ok()
}

/// Reads the note of the plan. A damaged line counts as none: the file stands on its own.
pub(crate) fn read_plan(notes: &str) -> Option<PlanNote> {
    let value = line_of(notes)?;
    let mut ignored = Findings::default();
    let text = |field: &str| value.get(field).and_then(Value::as_str);
    let items = |field: &str| value.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    let path = || String::from("notes");
    let note = PlanNote {
        granularity: text("granularity").and_then(|word| value_of(GRANULARITIES, word)),
        start: text("start").and_then(|text| moment::parse(text).ok()),
        data_date: text("data_date").and_then(|text| moment::parse(text).ok()),
        calendar: text("calendar").map(str::to_owned),
        has_calendar: value.get("calendar").is_some(),
        options: value.get("options").map(|options| json::read_options(options, path(), &mut ignored)),
        calendars: items("calendars").iter().filter_map(|v| json::read_calendar(v, path(), &mut ignored)).collect(),
        resources: items("resources").iter().filter_map(|v| json::read_resource(v, path(), &mut ignored)).collect(),
        mandated: items("mandated").iter().filter_map(|v| json::read_mandate(v, path(), &mut ignored)).collect(),
        stops: items("stops").iter().filter_map(|v| json::read_stop(v, path(), &mut ignored)).collect(),
    };
    (!ignored.has_errors()).then_some(note)
}

/// Writes the note of a plan; also says whether calendars had to lose their exceptions.
pub(crate) fn write_plan(plan: &Plan) -> (String, bool) {
    let note = |calendars: &[Calendar]| {
        let object = Object::new()
            .text("granularity", word_of(GRANULARITIES, plan.granularity))
            .text("start", &moment::print(plan.start))
            .maybe_text("data_date", plan.data_date.map(moment::print).as_deref());
        let object = match &plan.calendar {
            Some(calendar) => object.text("calendar", calendar),
            None => object.raw("calendar", "null"),
        };
        let object = object
            .raw("options", &json::options_json(&plan.options))
            .list("calendars", calendars, json::calendar_json)
            .list("resources", &plan.resources, json::resource_json)
            .list("mandated", &plan.mandated, json::mandate_json)
            .list("stops", &plan.stops, json::stop_json);
        format!("{MARK}{}", object.end())
    };
    let whole = note(&plan.calendars);
    if whole.len() <= LONGEST {
        return (whole, false);
    }
    let mut bare = plan.calendars.clone();
    bare.iter_mut().for_each(|calendar| calendar.exceptions.clear());
    (note(&bare), true)
}

/// Reads the note of a task.
pub(crate) fn read_activity(notes: &str) -> Option<Activity> {
    if !notes.contains(MARK) {
        return None;
    }
    let mut ignored = Findings::default();
    let activity = json::read_activity(&line_of(notes)?, String::new(), &mut ignored)?;
    let is_short = activity.name.len() <= Limits::default().name_chars;
    (is_short && !ignored.has_errors()).then_some(activity)
}

/// Writes the note of a task.
pub(crate) fn write_activity(activity: &Activity) -> String {
    format!("{MARK}{}", json::activity_json(activity))
}

/// Takes from the note what MSPDI cannot say, and what it says less exactly.
pub(crate) fn merge(stated: &mut Activity, note: &Activity, setting: &Setting) {
    let day = setting.minutes_per_day;
    let same_span =
        |a: Span, b: Span| a == b || in_minutes(a, day).is_some() && in_minutes(a, day) == in_minutes(b, day);
    let same_moment = |a: Option<Moment>, b: Option<Moment>| a.map(Moment::date) == b.map(Moment::date);
    stated.id.clone_from(&note.id);
    stated.place.clone_from(&note.place);
    stated.work_kind.clone_from(&note.work_kind);
    stated.quantity.clone_from(&note.quantity);
    stated.risk.clone_from(&note.risk);
    stated.stops.clone_from(&note.stops);
    stated.start = note.start;
    stated.min_duration = note.min_duration;
    stated.value_fen = note.value_fen;
    stated.cost_per_day_fen = note.cost_per_day_fen;
    stated.is_compressible = note.is_compressible;
    stated.expected_finish = note.expected_finish;
    let is_same_class = note.kind == stated.kind || note.kind.is_milestone() == stated.kind.is_milestone();
    if is_same_class && same_span(stated.duration, note.duration) {
        stated.kind = note.kind;
        stated.duration = note.duration;
        stated.breaks.clone_from(&note.breaks);
    }
    for (stated, note) in [
        (&mut stated.deadline, note.deadline),
        (&mut stated.actual_start, note.actual_start),
        (&mut stated.actual_finish, note.actual_finish),
        (&mut stated.resume, note.resume),
    ] {
        if same_moment(*stated, note) {
            *stated = note;
        }
    }
    if stated.percent_e3.unwrap_or(0) / 1000 == note.percent_e3.unwrap_or(0) / 1000 {
        stated.percent_e3 = note.percent_e3;
    }
    match (stated.remaining, note.remaining) {
        (Some(left), Some(noted)) if same_span(left, noted) => stated.remaining = note.remaining,
        // MS Project always states what remains; a plan that leaves it to the percentage says nothing.
        (_, None) => stated.remaining = None,
        (None, Some(_)) => stated.remaining = note.remaining,
        _ => {}
    }
    // The first constraint is the one MSPDI carries.
    let first = note.constraints.first();
    let is_unchanged = match (stated.constraints.first(), first) {
        (Some(stated), Some(note)) => stated.kind == note.kind && same_moment(stated.on, note.on),
        (None, None) => true,
        _ => false,
    };
    if is_unchanged {
        stated.constraints.clone_from(&note.constraints);
    }
}
