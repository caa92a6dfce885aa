//! Reads the template.

use std::collections::HashMap;

use guatu_kernel::plan::{
    Activity, ActivityKind, Calendar, CalendarException, CapacityStep, ConstraintKind, DayWork, Granularity, Link,
    LinkKind, Mandate, Moment, Options, Place, Plan, Resource, Span,
};

use super::cells::{apply, content, not, read_day, read_moment, read_span, word};
use super::grid::{self, Formulas, Grid};
use super::labels::labels;
use super::{SHEETS, cell_name};
use crate::plans::findings::{Findings, fault, shortened};
use crate::plans::json::{self, GRANULARITIES, LINKS};
use crate::plans::{Limits, Outcome, SavedDates, codes};

/// Reads a workbook.
pub(crate) fn read(bytes: &[u8], limits: &Limits, findings: &mut Findings) -> Outcome {
    let mut book = grid::open(bytes, limits)?;
    let mut sheets = HashMap::new();
    for (name, columns) in SHEETS {
        let key_of =
            |cell: &str| columns.iter().find(|key| labels().is_heading(key, cell)).map(|key| (*key).to_owned());
        sheets.insert(name, grid::read(&mut book, name, key_of, Formulas::ByValue, limits, findings)?);
    }
    if sheets["Activities"].columns.is_empty() {
        let message = "the workbook has no sheet `Activities` with the headings of the template";
        return Err(fault(codes::UNKNOWN_FORMAT, "file", message));
    }
    let mut plan = read_plan(&sheets["Plan"], findings);
    let codes_to_ids = read_activities(&sheets["Activities"], &mut plan, findings);
    read_links(&sheets["Links"], &codes_to_ids, &mut plan, findings);
    read_calendars(&sheets["Calendars"], &sheets["Exceptions"], &mut plan, findings);
    read_mandated(&sheets["Mandated"], &codes_to_ids, &mut plan, findings);
    read_resources(&sheets["Resources"], &mut plan, findings);
    Ok((plan, SavedDates::default()))
}

fn bad(findings: &mut Findings, at: String, message: String) {
    let message = format!("{at}: {message}");
    findings.error(codes::BAD_VALUE, at, message);
}

/// The sheet of keys and values.
fn read_plan(sheet: &Grid, findings: &mut Findings) -> Plan {
    let mut plan = Plan {
        name: None,
        granularity: Granularity::Day,
        start: Moment::Day(jiff::civil::date(1900, 1, 1)),
        data_date: None,
        calendar: None,
        options: Options::default(),
        calendars: Vec::new(),
        activities: Vec::new(),
        links: Vec::new(),
        resources: Vec::new(),
        mandated: Vec::new(),
        stops: Vec::new(),
    };
    let mut has_start = false;
    for (row, cells) in &sheet.rows {
        let (key, value) = (labels().word(sheet.get(cells, "key")), sheet.get(cells, "value"));
        let at = sheet.cell(*row, "value");
        let mut moment = || {
            read_moment(value).unwrap_or_else(|message| {
                bad(findings, at.clone(), message);
                None
            })
        };
        match key {
            "name" => plan.name = Some(value.to_owned()).filter(|name| !name.is_empty()),
            "start" => {
                if let Some(start) = moment() {
                    (plan.start, has_start) = (start, true);
                } else if !value.is_empty() {
                    has_start = true;
                }
            }
            "data_date" => plan.data_date = moment(),
            "calendar" => plan.calendar = Some(value.to_owned()).filter(|id| !id.is_empty()),
            "granularity" if !value.is_empty() => match word(value, GRANULARITIES) {
                Ok(granularity) => plan.granularity = granularity,
                Err(message) => bad(findings, at, message),
            },
            "options" | "stops" if !value.is_empty() => match serde_json::from_str::<serde_json::Value>(value) {
                Ok(parsed) if key == "options" => plan.options = json::read_options(&parsed, at, findings),
                Ok(serde_json::Value::Array(stops)) => {
                    plan.stops = stops.iter().filter_map(|s| json::read_stop(s, at.clone(), findings)).collect();
                }
                _ => bad(findings, at, not("the text the export wrote", value)),
            },
            _ => {}
        }
    }
    if !has_start {
        findings.error(codes::MISSING, "Plan", "the sheet Plan needs a row `start` with the first day of the plan");
    }
    plan
}

/// Reads activities; gives the id of every code.
fn read_activities(sheet: &Grid, plan: &mut Plan, findings: &mut Findings) -> HashMap<String, String> {
    let mut ids = HashMap::new();
    for (row, cells) in &sheet.rows {
        let (id, code) = (sheet.get(cells, "id"), sheet.get(cells, "code"));
        let id = if id.is_empty() { code } else { id };
        if id.is_empty() {
            findings.error(codes::MISSING, sheet.cell(*row, "code"), "an activity needs a code");
            continue;
        }
        let more = sheet.get(cells, "more");
        let noted = serde_json::from_str(more)
            .ok()
            .and_then(|value| json::read_activity(&value, String::new(), &mut Findings::default()));
        let mut activity = noted.clone().unwrap_or_else(|| Activity::task(code, Span::ZERO));
        for (key, _) in &sheet.columns {
            let cell = sheet.get(cells, key);
            // A name left out is the code; a cell that says what the hidden column says changes nothing.
            let is_default = noted.is_none() && cell.is_empty();
            if is_default || noted.as_ref().is_some_and(|noted| content(noted, key).as_read().trim() == cell) {
                continue;
            }
            if let Err(message) = apply(&mut activity, key, cell) {
                bad(findings, sheet.cell(*row, key), message);
            }
        }
        id.clone_into(&mut activity.id);
        activity.at = Some(Place::Named(cell_name(sheet.name, *row, sheet.position("code").unwrap_or(0))));
        if activity.kind == ActivityKind::Task && sheet.get(cells, "duration").is_empty() {
            findings.error(codes::MISSING, sheet.cell(*row, "duration"), "a task needs a duration such as 5d");
        }
        let undated = |kind| kind != ConstraintKind::AsLateAsPossible;
        if activity.constraints.iter().any(|constraint| constraint.on.is_none() && undated(constraint.kind)) {
            findings.error(codes::MISSING, sheet.cell(*row, "constraint_on"), "this constraint needs a date");
        }
        ids.insert(if code.is_empty() { id.to_owned() } else { code.to_owned() }, id.to_owned());
        plan.activities.push(activity);
    }
    for activity in &mut plan.activities {
        if let Some(id) = activity.parent.as_ref().and_then(|code| ids.get(code)) {
            activity.parent = Some(id.clone());
        }
    }
    ids
}

fn read_links(sheet: &Grid, ids: &HashMap<String, String>, plan: &mut Plan, findings: &mut Findings) {
    for (row, cells) in &sheet.rows {
        let mut end = |key: &str| {
            let code = sheet.get(cells, key);
            if code.is_empty() {
                findings.error(codes::MISSING, sheet.cell(*row, key), "a link needs both of its activities");
            }
            ids.get(code).cloned().unwrap_or_else(|| code.to_owned())
        };
        let (from, to) = (end("from"), end("to"));
        let (kind, lag) = (sheet.get(cells, "link"), sheet.get(cells, "lag"));
        let kind = if kind.is_empty() { Ok(LinkKind::FS) } else { word(kind, LINKS) };
        let lag = if lag.is_empty() { Ok(Span::ZERO) } else { read_span(lag) };
        let at = cell_name(sheet.name, *row, sheet.position("from").unwrap_or(0));
        match (kind, lag) {
            (Ok(kind), Ok(lag)) => plan.links.push(Link { from, to, kind, lag, at: Some(Place::Named(at)) }),
            (Err(message), _) => bad(findings, sheet.cell(*row, "link"), message),
            (_, Err(message)) => bad(findings, sheet.cell(*row, "lag"), message),
        }
    }
}

fn read_calendars(sheet: &Grid, exceptions: &Grid, plan: &mut Plan, findings: &mut Findings) {
    for (row, cells) in &sheet.rows {
        let mut week = [const { DayWork::Free }; 7];
        for (day, key) in week.iter_mut().zip(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]) {
            match read_day(sheet.get(cells, key)) {
                Ok(work) => *day = work,
                Err(message) => bad(findings, sheet.cell(*row, key), message),
            }
        }
        let hours = sheet.get(cells, "hours_per_day");
        let minutes_per_day = match hours.parse::<f64>() {
            _ if hours.is_empty() => 480,
            Ok(hours) if hours > 0.0 && hours <= 24.0 => (hours * 60.0).round() as u32,
            _ => {
                bad(findings, sheet.cell(*row, "hours_per_day"), not("hours from 0 to 24", hours));
                480
            }
        };
        let name = Some(sheet.get(cells, "name").to_owned()).filter(|name| !name.is_empty());
        let id = sheet.get(cells, "code").to_owned();
        plan.calendars.push(Calendar { id, name, week, minutes_per_day, exceptions: Vec::new() });
    }
    let sheet = exceptions;
    let at: HashMap<String, usize> = plan.calendars.iter().enumerate().map(|(i, c)| (c.id.clone(), i)).collect();
    for (row, cells) in &sheet.rows {
        let id = sheet.get(cells, "calendar");
        let Some(calendar) = at.get(id).map(|index| &mut plan.calendars[*index]) else {
            let message = format!("there is no calendar `{}`", shortened(id));
            findings.error(codes::UNKNOWN_ID, sheet.cell(*row, "calendar"), message);
            continue;
        };
        let mut date = |key: &str| match read_moment(sheet.get(cells, key)) {
            Ok(found) => found.map(Moment::date),
            Err(message) => {
                bad(findings, sheet.cell(*row, key), message);
                None
            }
        };
        let (first, last) = (date("first"), date("last"));
        let work = read_day(sheet.get(cells, "working")).unwrap_or_else(|message| {
            bad(findings, sheet.cell(*row, "working"), message);
            DayWork::Free
        });
        let Some(from) = first else {
            findings.error(codes::MISSING, sheet.cell(*row, "first"), "an exception needs its first day");
            continue;
        };
        let name = Some(sheet.get(cells, "name").to_owned()).filter(|name| !name.is_empty());
        calendar.exceptions.push(CalendarException { from, to: last.unwrap_or(from), work, name });
    }
}

fn read_mandated(sheet: &Grid, ids: &HashMap<String, String>, plan: &mut Plan, findings: &mut Findings) {
    for (row, cells) in &sheet.rows {
        let code = sheet.get(cells, "activity");
        let activity = ids.get(code).cloned().unwrap_or_else(|| code.to_owned());
        let name = Some(sheet.get(cells, "name").to_owned()).filter(|name| !name.is_empty());
        match read_moment(sheet.get(cells, "finish_by")) {
            Ok(Some(finish_by)) => plan.mandated.push(Mandate { activity, finish_by, name }),
            Ok(None) => findings.error(codes::MISSING, sheet.cell(*row, "finish_by"), "a mandated date is missing"),
            Err(message) => bad(findings, sheet.cell(*row, "finish_by"), message),
        }
    }
}

fn read_resources(sheet: &Grid, plan: &mut Plan, findings: &mut Findings) {
    for (row, cells) in &sheet.rows {
        let capacity = sheet.get(cells, "capacity");
        let capacity = if capacity.is_empty() { Ok(1) } else { capacity.parse::<u32>() };
        let Ok(capacity) = capacity else {
            bad(findings, sheet.cell(*row, "capacity"), not("a whole number", sheet.get(cells, "capacity")));
            continue;
        };
        let mut steps = Vec::new();
        for step in sheet.get(cells, "steps").split(';').map(str::trim).filter(|step| !step.is_empty()) {
            let parts = step.split_once('=').map(|(on, amount)| (read_moment(on.trim()), amount.trim().parse()));
            match parts {
                Some((Ok(Some(from)), Ok(capacity))) => steps.push(CapacityStep { from: from.date(), capacity }),
                _ => bad(findings, sheet.cell(*row, "steps"), not("steps such as 2026-07-01=4", step)),
            }
        }
        let calendar = Some(sheet.get(cells, "calendar").to_owned()).filter(|id| !id.is_empty());
        plan.resources.push(Resource {
            id: sheet.get(cells, "code").to_owned(),
            capacity,
            calendar,
            steps,
            route: Vec::new(),
        });
    }
}
