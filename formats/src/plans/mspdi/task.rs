//! One `Task` element as MSPDI states it, and the activity it stands for.

use std::borrow::Cow;

use guatu_kernel::diagnose::Diagnostic;
use guatu_kernel::plan::{
    Activity, ActivityKind, Constraint, ConstraintKind, Granularity, LinkKind, Moment, Place, Span,
};
use jiff::civil::DateTime;

use super::duration_minutes;
use crate::plans::findings::shortened;
use crate::plans::moment::{self, Refused};
use crate::plans::xml::Elements;
use crate::plans::{SavedActivity, codes};

/// A task as stated. Durations are in minutes; absent fields are as MS Project reads them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Task<'a> {
    pub(crate) line: usize,
    pub(crate) uid: i64,
    pub(crate) name: Cow<'a, str>,
    pub(crate) outline_level: Option<u32>,
    pub(crate) outline_number: Cow<'a, str>,
    pub(crate) is_summary: bool,
    pub(crate) is_milestone: bool,
    pub(crate) is_manual: bool,
    pub(crate) is_inactive: bool,
    pub(crate) is_null: bool,
    pub(crate) is_external: bool,
    pub(crate) duration: i64,
    pub(crate) duration_format: i64,
    pub(crate) actual_duration: i64,
    pub(crate) remaining_duration: Option<i64>,
    pub(crate) percent: u32,
    pub(crate) actual_start: Option<DateTime>,
    pub(crate) actual_finish: Option<DateTime>,
    pub(crate) resume: Option<DateTime>,
    pub(crate) constraint_type: i64,
    pub(crate) constraint_date: Option<DateTime>,
    pub(crate) deadline: Option<DateTime>,
    pub(crate) calendar_uid: Option<i64>,
    pub(crate) ignores_resource_calendar: bool,
    pub(crate) saved: Saved,
    pub(crate) notes: Cow<'a, str>,
    pub(crate) links: Vec<RawLink>,
}

/// Dates the program had computed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Saved {
    pub(crate) start: Option<DateTime>,
    pub(crate) finish: Option<DateTime>,
    pub(crate) early: (Option<DateTime>, Option<DateTime>),
    pub(crate) late: (Option<DateTime>, Option<DateTime>),
    pub(crate) total_slack: Option<f64>,
    pub(crate) free_slack: Option<f64>,
    pub(crate) is_critical: Option<bool>,
    pub(crate) levelling_delay: f64,
}

/// A link as stated inside its successor.
#[derive(Clone, Debug, Default)]
pub(crate) struct RawLink {
    pub(crate) line: usize,
    pub(crate) from: Option<i64>,
    /// 0 FF, 1 FS, 2 SF, 3 SS; absent: FS.
    pub(crate) kind: Option<i64>,
    /// Tenths of a minute, or a whole percentage, as `format` says.
    pub(crate) lag: i64,
    pub(crate) format: i64,
    pub(crate) is_cross_project: bool,
}

/// What an activity needs to know about the file around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    /// Day plans are told by our own note; MS Project's are minute plans.
    pub(crate) granularity: Granularity,
    pub(crate) minutes_per_day: u32,
    /// "Tasks will always honor their constraint dates": later-than bounds are hard too.
    pub(crate) honors_constraints: bool,
}

/// Whether a duration or lag format means elapsed time. The formats repeat from 35 on for estimated values.
pub(crate) fn is_elapsed(format: i64) -> bool {
    let plain = if format >= 32 { format - 32 } else { format };
    matches!(plain, 4 | 6 | 8 | 10 | 12 | 20)
}

/// Whether a lag format means a percentage of the predecessor's duration.
pub(crate) fn is_percent(format: i64) -> bool {
    matches!(format, 19 | 20 | 51 | 52)
}

impl RawLink {
    /// The kind of link, or nothing for a number the schema does not know.
    pub(crate) fn kind(&self) -> Option<LinkKind> {
        match self.kind {
            Some(0) => Some(LinkKind::FF),
            None | Some(1) => Some(LinkKind::FS),
            Some(2) => Some(LinkKind::SF),
            Some(3) => Some(LinkKind::SS),
            Some(_) => None,
        }
    }

    /// The lag; tenths of a minute are rounded half up.
    pub(crate) fn lag(&self, setting: &Setting) -> Span {
        if is_percent(self.format) {
            return Span::Percent { percent_e3: self.lag.saturating_mul(1000) };
        }
        let minutes = self.lag.saturating_add(5).div_euclid(10);
        if is_elapsed(self.format) { Span::Elapsed { minutes } } else { working(minutes, setting) }
    }
}

/// Working minutes as a span: whole days where a day plan can say so.
pub(crate) fn working(minutes: i64, setting: &Setting) -> Span {
    let day = i64::from(setting.minutes_per_day);
    match setting.granularity {
        Granularity::Day if day > 0 => Span::Working { days_e3: minutes / day * 1000, minutes: minutes % day },
        _ => Span::minutes(minutes),
    }
}

/// An instant as the plan writes moments.
pub(crate) fn moment_of(instant: DateTime, setting: &Setting) -> Moment {
    match setting.granularity {
        Granularity::Day => Moment::Day(instant.date()),
        Granularity::Minute => Moment::Instant(instant),
    }
}

impl<'a> Task<'a> {
    /// Reads the children of a `Task` element.
    pub(crate) fn read(elements: &mut Elements<'a>) -> Result<Task<'a>, Diagnostic> {
        let mut task = Task { line: elements.line(), duration_format: 7, ..Task::default() };
        let mut is_active = true;
        while let Some(name) = elements.child()? {
            match name {
                "UID" => task.uid = number(elements, "UID")?,
                "Name" => task.name = elements.text()?,
                "OutlineLevel" => task.outline_level = u32::try_from(number(elements, "OutlineLevel")?).ok(),
                "OutlineNumber" => task.outline_number = elements.text()?,
                "Summary" => task.is_summary = flag(elements)?,
                "Milestone" => task.is_milestone = flag(elements)?,
                "Manual" => task.is_manual = flag(elements)?,
                "Active" => is_active = flag(elements)?,
                "IsNull" => task.is_null = flag(elements)?,
                "ExternalTask" | "IsSubproject" => task.is_external |= flag(elements)?,
                "Duration" => task.duration = minutes(elements, "Duration")?.unwrap_or(0),
                "DurationFormat" => task.duration_format = number(elements, "DurationFormat")?,
                "ActualDuration" => task.actual_duration = minutes(elements, "ActualDuration")?.unwrap_or(0),
                "RemainingDuration" => task.remaining_duration = minutes(elements, "RemainingDuration")?,
                "PercentComplete" => {
                    task.percent = u32::try_from(number(elements, "PercentComplete")?.clamp(0, 100)).unwrap_or(0);
                }
                "ActualStart" => task.actual_start = instant(elements, "ActualStart")?,
                "ActualFinish" => task.actual_finish = instant(elements, "ActualFinish")?,
                "Resume" => task.resume = lenient(elements)?,
                "ConstraintType" => task.constraint_type = number(elements, "ConstraintType")?,
                "ConstraintDate" => task.constraint_date = instant(elements, "ConstraintDate")?,
                "Deadline" => task.deadline = instant(elements, "Deadline")?,
                "CalendarUID" => task.calendar_uid = Some(number(elements, "CalendarUID")?).filter(|uid| *uid >= 0),
                "IgnoreResourceCalendar" => task.ignores_resource_calendar = flag(elements)?,
                "Start" => task.saved.start = instant(elements, "Start")?,
                "Finish" => task.saved.finish = instant(elements, "Finish")?,
                "EarlyStart" => task.saved.early.0 = lenient(elements)?,
                "EarlyFinish" => task.saved.early.1 = lenient(elements)?,
                "LateStart" => task.saved.late.0 = lenient(elements)?,
                "LateFinish" => task.saved.late.1 = lenient(elements)?,
                "TotalSlack" => task.saved.total_slack = tenths(elements)?,
                "FreeSlack" => task.saved.free_slack = tenths(elements)?,
                "Critical" => task.saved.is_critical = Some(flag(elements)?),
                "LevelingDelay" => task.saved.levelling_delay = tenths(elements)?.unwrap_or(0.0),
                "Notes" => task.notes = elements.text()?,
                "PredecessorLink" => task.links.push(read_link(elements)?),
                _ => elements.skip()?,
            }
        }
        task.is_inactive = !is_active;
        Ok(task)
    }

    /// The activity, without parent, needs and links, which only the whole file knows.
    pub(crate) fn activity(&self, kind: ActivityKind, calendar: Option<String>, setting: &Setting) -> Activity {
        let mut activity = Activity::named(self.uid.to_string(), self.name.to_string(), Span::ZERO);
        activity.kind = kind;
        activity.at = Some(Place::Line(self.line));
        activity.deadline = self.deadline.map(|instant| moment_of(instant, setting));
        if kind == ActivityKind::Summary {
            return activity;
        }
        let span = |minutes: i64| match is_elapsed(self.duration_format) {
            true => Span::Elapsed { minutes },
            false => working(minutes, setting),
        };
        activity.calendar = calendar;
        if !kind.is_milestone() {
            activity.duration = span(self.duration);
        }
        activity.actual_start = self.actual_start.map(|instant| moment_of(instant, setting));
        activity.actual_finish = self.actual_finish.map(|instant| moment_of(instant, setting));
        if self.actual_start.is_some() || self.percent > 0 {
            activity.percent_e3 = Some(self.percent * 1000);
        }
        if self.actual_start.is_some() && self.actual_finish.is_none() && !kind.is_milestone() {
            let left = self.remaining_duration.unwrap_or((self.duration - self.actual_duration).max(0));
            activity.remaining = Some(span(left));
            activity.resume = self.resume.map(|instant| moment_of(instant, setting));
        }
        activity.constraints.extend(self.constraint(setting));
        activity
    }

    /// The constraint. A task kept at its dates gets a hard start instead of what it states.
    fn constraint(&self, setting: &Setting) -> Option<Constraint> {
        if (self.is_manual || self.is_external) && self.actual_start.is_none() {
            let on = moment_of(self.saved.start?, setting);
            return Some(Constraint { kind: ConstraintKind::StartOn, on: Some(on), is_hard: true });
        }
        let (kind, is_hard) = match self.constraint_type {
            1 => return Some(Constraint { kind: ConstraintKind::AsLateAsPossible, on: None, is_hard: false }),
            2 => (ConstraintKind::StartOn, true),
            3 => (ConstraintKind::FinishOn, true),
            4 => (ConstraintKind::StartNoEarlierThan, false),
            5 => (ConstraintKind::StartNoLaterThan, setting.honors_constraints),
            6 => (ConstraintKind::FinishNoEarlierThan, false),
            7 => (ConstraintKind::FinishNoLaterThan, setting.honors_constraints),
            _ => return None,
        };
        Some(Constraint { kind, on: Some(moment_of(self.constraint_date?, setting)), is_hard })
    }

    /// What the file had computed for the task.
    pub(crate) fn saved_dates(&self, outline_level: u32) -> SavedActivity {
        SavedActivity {
            uid: self.uid.to_string(),
            outline_level,
            early_start: self.saved.early.0,
            early_finish: self.saved.early.1,
            late_start: self.saved.late.0,
            late_finish: self.saved.late.1,
            start: self.saved.start,
            finish: self.saved.finish,
            total_float_minutes: self.saved.total_slack,
            free_float_minutes: self.saved.free_slack,
            is_critical: self.saved.is_critical,
            is_manual: self.is_manual,
            is_active: !self.is_inactive,
            is_external: self.is_external,
            is_milestone: self.is_milestone,
            levelling_delay_minutes: self.saved.levelling_delay,
            has_lost_contour: false,
        }
    }
}

fn read_link(elements: &mut Elements<'_>) -> Result<RawLink, Diagnostic> {
    let mut link = RawLink { line: elements.line(), format: 7, ..RawLink::default() };
    while let Some(name) = elements.child()? {
        match name {
            "PredecessorUID" => link.from = Some(number(elements, "PredecessorUID")?),
            "Type" => link.kind = Some(number(elements, "Type")?),
            "LinkLag" => link.lag = number(elements, "LinkLag")?,
            "LagFormat" => link.format = number(elements, "LagFormat")?,
            "CrossProject" => link.is_cross_project = flag(elements)?,
            _ => elements.skip()?,
        }
    }
    Ok(link)
}

/// A whole number; an empty element counts as 0, as MS Project reads it. A fraction is dropped.
pub(crate) fn number(elements: &mut Elements<'_>, field: &str) -> Result<i64, Diagnostic> {
    let text = elements.text()?;
    let text = text.trim();
    if text.is_empty() {
        return Ok(0);
    }
    if let Ok(number) = text.parse::<i64>() {
        return Ok(number);
    }
    match text.parse::<f64>() {
        Ok(number) if number.abs() < 1e15 => Ok(number as i64),
        _ => Err(elements.fault(codes::BAD_VALUE, format!("{field} is `{}`, not a number", shortened(text)))),
    }
}

/// True for `1` and `true`.
pub(crate) fn flag(elements: &mut Elements<'_>) -> Result<bool, Diagnostic> {
    Ok(matches!(elements.text()?.trim(), "1" | "true"))
}

/// A date and time that the plan will use; empty and `NA` count as absent.
pub(crate) fn instant(elements: &mut Elements<'_>, field: &str) -> Result<Option<DateTime>, Diagnostic> {
    let text = elements.text()?;
    let text = text.trim();
    if text.is_empty() || text == "NA" {
        return Ok(None);
    }
    match moment::parse_instant(text) {
        Ok(instant) => Ok(Some(instant)),
        Err(Refused::Year) => {
            let message = format!("{field} `{}` is outside the years 1900 to 2200", shortened(text));
            Err(elements.fault(codes::DATE_RANGE, message))
        }
        Err(Refused::Shape) => {
            let message = format!("{field} is `{}`, not a date and time", shortened(text));
            Err(elements.fault(codes::BAD_VALUE, message))
        }
    }
}

/// A computed date: only kept for comparison, so one that cannot be read is merely absent.
pub(crate) fn lenient(elements: &mut Elements<'_>) -> Result<Option<DateTime>, Diagnostic> {
    Ok(moment::parse_instant(&elements.text()?).ok())
}

/// Tenths of a minute as minutes.
fn tenths(elements: &mut Elements<'_>) -> Result<Option<f64>, Diagnostic> {
    Ok(elements.text()?.trim().parse::<f64>().ok().filter(|value| value.is_finite()).map(|value| value / 10.0))
}

/// A duration in minutes; an empty element counts as absent.
fn minutes(elements: &mut Elements<'_>, field: &str) -> Result<Option<i64>, Diagnostic> {
    let text = elements.text()?;
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    match duration_minutes(text) {
        Some(minutes) => Ok(Some(minutes)),
        None => {
            let message = format!("{field} is `{}`, not a duration such as PT8H0M0S", shortened(text));
            Err(elements.fault(codes::BAD_VALUE, message))
        }
    }
}
