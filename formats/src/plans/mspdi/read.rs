//! Reads the document of MSPDI into records; [`super::assemble`] makes the plan of them.

use std::borrow::Cow;

use guatu_kernel::diagnose::Diagnostic;
use jiff::civil::DateTime;

use super::assemble::assemble;
use super::calendars::{RawCalendar, read_calendars};
use super::duration_minutes;
use super::splits::{Stretch, has_gap};
use super::task::{Task, flag, instant, lenient, number};
use crate::plans::findings::{Findings, fault};
use crate::plans::xml::Elements;
use crate::plans::{Limits, Outcome, codes, text};

/// A file of MSPDI as stated.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) title: Cow<'a, str>,
    pub(crate) start: Option<DateTime>,
    pub(crate) status_date: Option<DateTime>,
    pub(crate) is_from_start: bool,
    pub(crate) calendar_uid: Option<i64>,
    pub(crate) minutes_per_day: u32,
    pub(crate) honors_constraints: bool,
    pub(crate) splits_in_progress: bool,
    pub(crate) critical_slack_limit: i64,
    pub(crate) calendars: Vec<RawCalendar>,
    pub(crate) tasks: Vec<Task<'a>>,
    pub(crate) resources: Vec<RawResource<'a>>,
    pub(crate) assignments: Vec<Assignment>,
}

impl Default for Document<'_> {
    fn default() -> Self {
        Document {
            name: Cow::Borrowed(""),
            title: Cow::Borrowed(""),
            start: None,
            status_date: None,
            is_from_start: true,
            calendar_uid: None,
            minutes_per_day: 480,
            honors_constraints: false,
            splits_in_progress: true,
            critical_slack_limit: 0,
            calendars: Vec::new(),
            tasks: Vec::new(),
            resources: Vec::new(),
            assignments: Vec::new(),
        }
    }
}

/// A resource as stated.
#[derive(Debug, Default)]
pub(crate) struct RawResource<'a> {
    pub(crate) uid: i64,
    pub(crate) name: Cow<'a, str>,
    /// 1 is work; material and cost do not bind calendars or capacity.
    pub(crate) kind: i64,
    /// 1.0 is one person full time.
    pub(crate) max_units: f64,
    pub(crate) calendar_uid: Option<i64>,
    pub(crate) is_null: bool,
}

/// An assignment as stated.
#[derive(Debug, Default)]
pub(crate) struct Assignment {
    pub(crate) task: i64,
    pub(crate) resource: i64,
    pub(crate) units: f64,
    pub(crate) start: Option<DateTime>,
    pub(crate) finish: Option<DateTime>,
    /// The work is spread by hand instead of evenly or by one of the program's shapes.
    pub(crate) is_contoured: bool,
    /// The file says how the work is spread.
    pub(crate) is_timephased: bool,
    /// How, in order; empty where no stretch within is without work.
    pub(crate) stretches: Box<[Stretch]>,
}

/// `WorkContour` of work that somebody spread by hand.
pub(crate) const CONTOURED: i64 = 8;

/// Reads an MSPDI file.
pub(crate) fn read(bytes: &[u8], limits: &Limits, findings: &mut Findings) -> Outcome {
    let decoded = text::decode_xml(bytes)?;
    let (mut elements, root) = Elements::open(&decoded, limits)?;
    if root != "Project" {
        let message = "the XML root element is not `Project`, as MS Project writes it";
        return Err(fault(codes::UNKNOWN_FORMAT, "line 1", message));
    }
    let mut document = Document::default();
    while let Some(name) = elements.child()? {
        match name {
            "Name" => document.name = elements.text()?,
            "Title" => document.title = elements.text()?,
            "StartDate" => document.start = instant(&mut elements, "StartDate")?,
            "StatusDate" => document.status_date = instant(&mut elements, "StatusDate")?,
            "ScheduleFromStart" => document.is_from_start = flag(&mut elements)?,
            "CalendarUID" => document.calendar_uid = Some(number(&mut elements, "CalendarUID")?),
            "MinutesPerDay" => document.minutes_per_day = day_length(&mut elements)?,
            "HonorConstraints" => document.honors_constraints = flag(&mut elements)?,
            "SplitsInProgressTasks" => document.splits_in_progress = flag(&mut elements)?,
            "CriticalSlackLimit" => document.critical_slack_limit = number(&mut elements, "CriticalSlackLimit")?,
            "Calendars" => document.calendars = read_calendars(&mut elements, findings)?,
            "Tasks" => {
                while let Some(name) = elements.child()? {
                    match name {
                        "Task" => document.tasks.push(Task::read(&mut elements)?),
                        _ => elements.skip()?,
                    }
                }
            }
            "Resources" => {
                while let Some(name) = elements.child()? {
                    match name {
                        "Resource" => document.resources.push(read_resource(&mut elements)?),
                        _ => elements.skip()?,
                    }
                }
            }
            "Assignments" => {
                while let Some(name) = elements.child()? {
                    match name {
                        "Assignment" => document.assignments.push(read_assignment(&mut elements)?),
                        _ => elements.skip()?,
                    }
                }
            }
            _ => elements.skip()?,
        }
    }
    assemble(document, findings)
}

fn day_length(elements: &mut Elements<'_>) -> Result<u32, Diagnostic> {
    let minutes = number(elements, "MinutesPerDay")?;
    u32::try_from(minutes)
        .ok()
        .filter(|minutes| (1..=1440).contains(minutes))
        .ok_or_else(|| elements.fault(codes::BAD_VALUE, format!("MinutesPerDay is {minutes}; a day has 1 to 1440")))
}

fn read_resource<'a>(elements: &mut Elements<'a>) -> Result<RawResource<'a>, Diagnostic> {
    let mut resource = RawResource { kind: 1, max_units: 1.0, ..RawResource::default() };
    while let Some(name) = elements.child()? {
        match name {
            "UID" => resource.uid = number(elements, "UID")?,
            "Name" => resource.name = elements.text()?,
            "Type" => resource.kind = number(elements, "Type")?,
            "MaxUnits" => resource.max_units = units(elements)?,
            "CalendarUID" => resource.calendar_uid = Some(number(elements, "CalendarUID")?).filter(|uid| *uid >= 0),
            "IsNull" => resource.is_null = flag(elements)?,
            _ => elements.skip()?,
        }
    }
    Ok(resource)
}

fn read_assignment(elements: &mut Elements<'_>) -> Result<Assignment, Diagnostic> {
    let mut assignment = Assignment { units: 1.0, ..Assignment::default() };
    let mut stretches = Vec::new();
    while let Some(name) = elements.child()? {
        match name {
            "TaskUID" => assignment.task = number(elements, "TaskUID")?,
            "ResourceUID" => assignment.resource = number(elements, "ResourceUID")?,
            "Units" => assignment.units = units(elements)?,
            "Start" => assignment.start = instant(elements, "Start")?,
            "Finish" => assignment.finish = instant(elements, "Finish")?,
            "WorkContour" => assignment.is_contoured = number(elements, "WorkContour")? == CONTOURED,
            "TimephasedData" => {
                assignment.is_timephased = true;
                stretches.extend(read_stretch(elements)?);
            }
            _ => elements.skip()?,
        }
    }
    stretches.sort_by_key(|stretch: &Stretch| stretch.start);
    if has_gap(&stretches) {
        assignment.stretches = stretches.into();
    }
    Ok(assignment)
}

/// A stretch of work that remains (type 1) or is done (2); other types tell baselines and costs. No value is no work.
fn read_stretch(elements: &mut Elements<'_>) -> Result<Option<Stretch>, Diagnostic> {
    let (mut is_work, mut start, mut finish, mut work_minutes) = (false, None, None, 0);
    while let Some(name) = elements.child()? {
        match name {
            "Type" => is_work = matches!(elements.text()?.trim(), "1" | "2"),
            "Start" => start = lenient(elements)?,
            "Finish" => finish = lenient(elements)?,
            "Value" => work_minutes = duration_minutes(&elements.text()?).unwrap_or(0),
            _ => elements.skip()?,
        }
    }
    let whole = start.zip(finish).filter(|(start, finish)| is_work && start < finish);
    Ok(whole.map(|(start, finish)| Stretch { start, finish, work_minutes }))
}

/// Units from 0 to a million; anything else counts as one.
fn units(elements: &mut Elements<'_>) -> Result<f64, Diagnostic> {
    let units = elements.text()?.trim().parse::<f64>().ok();
    Ok(units.filter(|units| (0.0..=1e6).contains(units)).unwrap_or(1.0))
}
