//! Primavera P6 XML (`APIBusinessObjects`, schema `p6apibo.xsd`), with the meanings it shares with XER.
//!
//! Times of shifts end with their last minute (`15:59` is worked to 16:00).

use std::borrow::Cow;

use foldhash::HashSet;
use guatu_kernel::diagnose::Diagnostic;
use guatu_kernel::plan::{Band, Calendar, CalendarException, DayWork};
use jiff::civil::DateTime;

use super::assemble::assemble;
use super::{
    Bound, Demand, Model, Node, ObjectId, P6Resource, Relation, Status, Task, TaskKind, link_kind, minutes_of_hours,
    options,
};
use crate::plans::findings::{Findings, fault, shortened};
use crate::plans::moment::{self, Refused};
use crate::plans::xml::Elements;
use crate::plans::{Limits, Outcome, codes, text};

/// Days as P6 XML names them, Monday first.
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A project while it is read, before the parts it shares with others join it.
#[derive(Default)]
struct Project<'a> {
    uid: Cow<'a, str>,
    code: Cow<'a, str>,
    model: Model<'a>,
}

/// Reads a P6 XML file.
pub(crate) fn read(bytes: &[u8], limits: &Limits, findings: &mut Findings) -> Outcome {
    let decoded = text::decode_xml(bytes)?;
    let (mut elements, root) = Elements::open(&decoded, limits)?;
    if root != "APIBusinessObjects" {
        let message = "the XML root element is not `APIBusinessObjects`, as P6 writes it";
        return Err(fault(codes::UNKNOWN_FORMAT, "line 1", message));
    }
    let (mut projects, mut calendars, mut resources) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(name) = elements.child()? {
        match name {
            "Calendar" => calendars.push(read_calendar(&mut elements)?),
            "Resource" => resources.extend(read_resource(&mut elements)?),
            "Project" => projects.push(read_project(&mut elements, findings)?),
            _ => elements.skip()?,
        }
    }
    let count = projects.len();
    let chosen = match &limits.project {
        Some(wanted) => projects.iter().position(|project| *wanted == project.uid || *wanted == project.code),
        // The first of the largest.
        None => (0..count).rev().max_by_key(|index| projects[*index].model.tasks.len()),
    };
    let Some(chosen) = chosen else {
        return Err(match &limits.project {
            Some(wanted) => {
                fault(codes::UNKNOWN_ID, "Project", format!("there is no project `{}` in the file", shortened(wanted)))
            }
            None => fault(codes::MISSING, "Project", "the file holds no project"),
        });
    };
    let project = projects.swap_remove(chosen);
    if count > 1 && limits.project.is_none() {
        let message = format!("the file holds {count} projects; `{}` was read, the largest", shortened(&project.code));
        findings.warn_at(codes::SEVERAL_PROJECTS, "Project", message);
    }
    let mut model = project.model;
    calendars.append(&mut model.calendars);
    model.calendars = calendars;
    model.resources = resources;
    assemble(model, findings)
}

fn read_project<'a>(elements: &mut Elements<'a>, findings: &mut Findings) -> Result<Project<'a>, Diagnostic> {
    let mut project = Project::default();
    let model = &mut project.model;
    let (mut lag, mut sequence, mut critical, mut threshold) = Default::default();
    while let Some(name) = elements.child()? {
        match name {
            "ObjectId" => project.uid = elements.text()?,
            "Id" => project.code = elements.text()?,
            "Name" => model.name = elements.text()?,
            "PlannedStartDate" => model.start = date(elements, name)?,
            "DataDate" => model.data_date = date(elements, name)?,
            "MustFinishByDate" => model.must_finish_by = date(elements, name)?,
            "ActivityDefaultCalendarObjectId" => model.calendar = word(elements)?,
            "RelationshipLagCalendar" => lag = word(elements)?,
            "OutOfSequenceScheduleType" => sequence = word(elements)?,
            "CriticalActivityPathType" => critical = word(elements)?,
            "CriticalActivityFloatThreshold" => threshold = word(elements)?,
            "ScheduleOptions" => {
                while let Some(name) = elements.child()? {
                    match name {
                        "RelationshipLagCalendar" => lag = word(elements)?,
                        "OutOfSequenceScheduleType" => sequence = word(elements)?,
                        "UseExpectedFinishDates" => {
                            model.uses_expected_finishes = matches!(&*word(elements)?, "1" | "true");
                        }
                        _ => elements.skip()?,
                    }
                }
            }
            "Calendar" => model.calendars.push(read_calendar(elements)?),
            "WBS" => model.nodes.push(read_node(elements)?),
            "Activity" => model.tasks.push(read_task(elements)?),
            "Relationship" => model.relations.push(read_relation(elements)?),
            "ResourceAssignment" => model.demands.push(read_demand(elements)?),
            _ => elements.skip()?,
        }
    }
    let progress = (sequence != "Actual Dates", sequence == "Progress Override");
    model.options = options(&lag, progress.0, progress.1, &critical);
    if minutes_of_hours(&threshold).is_some_and(|minutes| minutes != 0) && critical != "Longest Path" {
        let message = format!(
            "activities with up to {} hours of float were called critical; here only those without",
            shortened(&threshold)
        );
        findings.warn_at(codes::NO_HOME, "CriticalActivityFloatThreshold", message);
    }
    // Links name object ids of activities; one that is not here belongs to another project.
    let own: HashSet<&ObjectId> = model.tasks.iter().map(|task| &task.uid).collect();
    for relation in model.relations.iter_mut().filter(|relation| relation.is_external) {
        relation.is_external = !(own.contains(&relation.from) && own.contains(&relation.to));
    }
    Ok(project)
}

fn read_node<'a>(elements: &mut Elements<'a>) -> Result<Node<'a>, Diagnostic> {
    let mut node = Node::default();
    while let Some(name) = elements.child()? {
        match name {
            "ObjectId" => node.uid = object_id(elements)?,
            "ParentObjectId" => node.parent = object_id(elements)?,
            "Code" => node.code = elements.text()?,
            "Name" => node.name = elements.text()?,
            "SequenceNumber" => node.sequence = word(elements)?.parse().unwrap_or(0),
            _ => elements.skip()?,
        }
    }
    Ok(node)
}

fn read_task<'a>(elements: &mut Elements<'a>) -> Result<Task<'a>, Diagnostic> {
    let mut task = Task { line: elements.line(), ..Task::default() };
    let (mut words, mut dates) = ([Cow::Borrowed(""), Cow::Borrowed("")], [None, None]);
    while let Some(name) = elements.child()? {
        match name {
            "ObjectId" => task.uid = object_id(elements)?,
            "Id" => task.code = elements.text()?,
            "Name" => task.name = elements.text()?,
            "WBSObjectId" => task.node = object_id(elements)?,
            "CalendarObjectId" => task.calendar = word(elements)?,
            "Type" => {
                let kind = word(elements)?;
                task.kind = TaskKind::of(&kind).ok_or_else(|| unknown(elements, "activity type", &kind))?;
            }
            "Status" => {
                let status = word(elements)?;
                task.status = Status::of(&status).ok_or_else(|| unknown(elements, "status", &status))?;
            }
            "PlannedDuration" => task.planned_minutes = hours(elements, name)?.unwrap_or(0),
            "RemainingDuration" => task.remaining_minutes = hours(elements, name)?,
            "PercentComplete" => {
                let share = word(elements)?.parse::<f64>().unwrap_or(0.0).clamp(0.0, 1.0);
                task.percent_e3 = (share * 100_000.0).round() as u32;
            }
            "ActualStartDate" => task.actual_start = date(elements, name)?,
            "ActualFinishDate" => task.actual_finish = date(elements, name)?,
            "PrimaryConstraintType" => words[0] = word(elements)?,
            "PrimaryConstraintDate" => dates[0] = date(elements, name)?,
            "SecondaryConstraintType" => words[1] = word(elements)?,
            "SecondaryConstraintDate" => dates[1] = date(elements, name)?,
            "EarlyStartDate" | "RemainingEarlyStartDate" if task.early.0.is_none() => task.early.0 = lenient(elements)?,
            "EarlyFinishDate" | "RemainingEarlyFinishDate" if task.early.1.is_none() => {
                task.early.1 = lenient(elements)?;
            }
            "LateStartDate" | "RemainingLateStartDate" if task.late.0.is_none() => task.late.0 = lenient(elements)?,
            "LateFinishDate" | "RemainingLateFinishDate" if task.late.1.is_none() => task.late.1 = lenient(elements)?,
            "TotalFloat" => task.total_float_minutes = float(elements)?,
            "FreeFloat" => task.free_float_minutes = float(elements)?,
            "SuspendDate" => task.is_suspended = !word(elements)?.is_empty(),
            "ResumeDate" => task.resume = date(elements, name)?,
            "ExpectedFinishDate" => task.expected_finish = date(elements, name)?,
            _ => elements.skip()?,
        }
    }
    for (slot, (word, on)) in task.constraints.iter_mut().zip(words.iter().zip(dates)) {
        let bound = Bound::of(word).ok_or_else(|| unknown(elements, "constraint", word))?;
        *slot = bound.map(|bound| (bound, on));
    }
    Ok(task)
}

fn read_relation<'a>(elements: &mut Elements<'a>) -> Result<Relation, Diagnostic> {
    let mut relation = Relation { line: elements.line(), ..Relation::default() };
    let mut projects = [Cow::Borrowed(""), Cow::Borrowed("")];
    while let Some(name) = elements.child()? {
        match name {
            "PredecessorActivityObjectId" => relation.from = object_id(elements)?,
            "SuccessorActivityObjectId" => relation.to = object_id(elements)?,
            "PredecessorProjectObjectId" => projects[0] = word(elements)?,
            "SuccessorProjectObjectId" => projects[1] = word(elements)?,
            "Type" => {
                let kind = word(elements)?;
                relation.kind = link_kind(&kind).ok_or_else(|| unknown(elements, "relationship type", &kind))?;
            }
            "Lag" => relation.lag_minutes = hours(elements, name)?.unwrap_or(0),
            _ => elements.skip()?,
        }
    }
    relation.is_external = projects[0] != projects[1];
    Ok(relation)
}

fn read_resource<'a>(elements: &mut Elements<'a>) -> Result<Option<P6Resource<'a>>, Diagnostic> {
    let mut resource = P6Resource { units: 1.0, ..P6Resource::default() };
    let mut is_material = false;
    while let Some(name) = elements.child()? {
        match name {
            "ObjectId" => resource.uid = object_id(elements)?,
            "Id" => resource.code = elements.text()?,
            "CalendarObjectId" => resource.calendar = word(elements)?,
            "ResourceType" => is_material = word(elements)? == "Material",
            "DefaultUnitsPerTime" => resource.units = word(elements)?.parse().unwrap_or(1.0),
            _ => elements.skip()?,
        }
    }
    Ok((!is_material).then_some(resource))
}

fn read_demand<'a>(elements: &mut Elements<'a>) -> Result<Demand, Diagnostic> {
    let mut demand = Demand { units: 1.0, ..Demand::default() };
    while let Some(name) = elements.child()? {
        match name {
            "ActivityObjectId" => demand.task = object_id(elements)?,
            "ResourceObjectId" => demand.resource = object_id(elements)?,
            "PlannedUnitsPerTime" => demand.units = word(elements)?.parse().unwrap_or(1.0),
            _ => elements.skip()?,
        }
    }
    Ok(demand)
}

fn read_calendar(elements: &mut Elements<'_>) -> Result<Calendar, Diagnostic> {
    let mut calendar = Calendar {
        id: String::new(),
        name: None,
        week: [const { DayWork::Free }; 7],
        minutes_per_day: 480,
        exceptions: Vec::new(),
    };
    while let Some(name) = elements.child()? {
        match name {
            "ObjectId" => calendar.id = word(elements)?.into_owned(),
            "Name" => calendar.name = Some(elements.text()?.into_owned()).filter(|name| !name.is_empty()),
            "HoursPerDay" => {
                let minutes = minutes_of_hours(&word(elements)?);
                calendar.minutes_per_day = minutes.filter(|m| (60..=1440).contains(m)).map_or(480, |m| m as u32);
            }
            "StandardWorkWeek" => {
                while let Some(name) = elements.child()? {
                    if name != "StandardWorkHours" {
                        elements.skip()?;
                        continue;
                    }
                    let (day, _, bands) = read_day(elements)?;
                    if let Some(index) = DAYS.iter().position(|known| day == *known) {
                        calendar.week[index] = bands;
                    }
                }
            }
            "HolidayOrExceptions" => {
                while let Some(name) = elements.child()? {
                    if name != "HolidayOrException" {
                        elements.skip()?;
                        continue;
                    }
                    if let (_, Some(on), work) = read_day(elements)? {
                        calendar.exceptions.push(CalendarException {
                            from: on.date(),
                            to: on.date(),
                            work,
                            name: None,
                        });
                    }
                }
            }
            _ => elements.skip()?,
        }
    }
    calendar.exceptions.sort_by_key(|exception| exception.from);
    Ok(calendar)
}

type Day<'a> = (Cow<'a, str>, Option<DateTime>, DayWork);

/// A day of the week or a dated exception with its shifts.
fn read_day<'a>(elements: &mut Elements<'a>) -> Result<Day<'a>, Diagnostic> {
    let (mut day, mut on, mut bands) = (Cow::Borrowed(""), None, Vec::new());
    while let Some(name) = elements.child()? {
        match name {
            "DayOfWeek" => day = word(elements)?,
            "Date" => on = date(elements, name)?,
            "WorkTime" => {
                let (mut from, mut to) = (None, None);
                while let Some(name) = elements.child()? {
                    match name {
                        "Start" => from = moment::clock(&word(elements)?),
                        "Finish" => to = moment::clock(&word(elements)?),
                        _ => elements.skip()?,
                    }
                }
                if let (Some(from), Some(to)) = (from, to) {
                    // P6 names the last minute worked; other programs write the end itself.
                    let to = if to % 5 == 4 { to + 1 } else { to };
                    let to = if to <= from { to + 1440 } else { to };
                    bands.push(Band { from_minute: from, to_minute: to });
                }
            }
            _ => elements.skip()?,
        }
    }
    bands.sort_by_key(|band| band.from_minute);
    Ok((day, on, if bands.is_empty() { DayWork::Free } else { DayWork::Bands(bands) }))
}

/// A text without the white space around it.
fn word<'a>(elements: &mut Elements<'a>) -> Result<Cow<'a, str>, Diagnostic> {
    Ok(match elements.text()? {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    })
}

fn object_id<'a>(elements: &mut Elements<'a>) -> Result<ObjectId, Diagnostic> {
    word(elements).map(ObjectId::from)
}

fn date(elements: &mut Elements<'_>, field: &str) -> Result<Option<DateTime>, Diagnostic> {
    let text = word(elements)?;
    if text.is_empty() {
        return Ok(None);
    }
    match moment::parse_instant(&text) {
        Ok(instant) => Ok(Some(instant)),
        Err(Refused::Year) => {
            let message = format!("{field} `{}` is outside the years 1900 to 2200", shortened(&text));
            Err(elements.fault(codes::DATE_RANGE, message))
        }
        Err(Refused::Shape) => {
            let message = format!("{field} is `{}`, not a date and time", shortened(&text));
            Err(elements.fault(codes::BAD_VALUE, message))
        }
    }
}

fn lenient(elements: &mut Elements<'_>) -> Result<Option<DateTime>, Diagnostic> {
    Ok(moment::parse_instant(&word(elements)?).ok())
}

fn hours(elements: &mut Elements<'_>, field: &str) -> Result<Option<i64>, Diagnostic> {
    let text = word(elements)?;
    if text.is_empty() {
        return Ok(None);
    }
    minutes_of_hours(&text)
        .map(Some)
        .ok_or_else(|| elements.fault(codes::BAD_VALUE, format!("{field} is `{}`, not hours", shortened(&text))))
}

fn float(elements: &mut Elements<'_>) -> Result<Option<f64>, Diagnostic> {
    Ok(word(elements)?.parse::<f64>().ok().filter(|hours| hours.is_finite()).map(|hours| hours * 60.0))
}

fn unknown(elements: &mut Elements<'_>, what: &str, word: &str) -> Diagnostic {
    elements.fault(codes::BAD_VALUE, format!("the {what} `{}` is not known", shortened(word)))
}
