//! Writes MSPDI that MS Project opens and that reads back as the same plan.
//!
//! Calendars are written whole, numbered from 1 in the plan's order. A day without stated times is written with
//! 08:00–12:00 and 13:00–17:00 where that makes the calendar's day, else with one band from 08:00 of its length.

use std::collections::HashMap;
use std::fmt::Write as _;

use guatu_kernel::diagnose::Diagnostic;
use guatu_kernel::plan::{
    Activity, ActivityKind, Band, Calendar, Constraint, ConstraintKind, DayWork, LagCalendar, LinkKind, Moment, Plan,
    ProgressRule, Span,
};
use jiff::civil::{Date, DateTime};

use super::calendars::usual_bands;
use super::read::CONTOURED;
use super::splits::Stretch;
use super::task::{Setting, Task};
use super::{notes, print_duration};
use crate::plans::findings::{Findings, shortened};
use crate::plans::span::in_minutes;
use crate::plans::{PlannedActivity, PlannedDates, codes, moment};

/// The bands a day of a calendar is written with; `None` for a free day.
pub(crate) fn written_bands(calendar: &Calendar, work: &DayWork) -> Option<Vec<Band>> {
    match work {
        DayWork::Free => None,
        DayWork::Bands(bands) if bands.is_empty() => None,
        DayWork::Bands(bands) => Some(bands.clone()),
        DayWork::Usual => Some(usual_of(calendar)),
    }
}

fn usual_of(calendar: &Calendar) -> Vec<Band> {
    let length = |bands: &[Band]| bands.iter().map(|b| u32::from(b.to_minute - b.from_minute)).sum::<u32>();
    let stated = calendar.week.iter().find_map(|day| match day {
        DayWork::Bands(bands) if !bands.is_empty() => Some(bands.clone()),
        _ => None,
    });
    if let Some(bands) = stated {
        return bands;
    }
    let usual = usual_bands();
    if length(&usual) == calendar.minutes_per_day {
        return usual;
    }
    let minutes = calendar.minutes_per_day.clamp(1, 1440) as u16;
    let from_minute = if minutes <= 960 { 480 } else { 0 };
    vec![Band { from_minute, to_minute: from_minute + minutes }]
}

/// Writes a plan, with dates where they are given, and says what the format has no home for.
pub fn write(plan: &Plan, dates: Option<&PlannedDates>) -> (String, Vec<Diagnostic>) {
    let mut findings = Findings::default();
    let mut writer = Writer::new(plan);
    let (note, lost_exceptions) = notes::write_plan(plan);
    if lost_exceptions {
        let message = "the calendars are too long for a note; days without times come back with their written times";
        findings.warn_at(codes::NOT_CARRIED, "calendars", message);
    }
    writer.project();
    writer.calendars();
    writer.tasks(&note, dates, &mut findings);
    writer.resources();
    writer.assignments(dates, &mut findings);
    writer.text.push_str("</Project>\n");
    (writer.text, findings.finish())
}

struct Writer<'p> {
    plan: &'p Plan,
    setting: Setting,
    calendar_uids: HashMap<&'p str, usize>,
    /// The plan's own ids where all of them are numbers, else counted from 1.
    uids: HashMap<&'p str, i64>,
    calendars_by_activity: HashMap<&'p str, Option<&'p str>>,
    text: String,
}

impl<'p> Writer<'p> {
    fn new(plan: &'p Plan) -> Writer<'p> {
        let default = plan.calendars.iter().find(|calendar| Some(&calendar.id) == plan.calendar.as_ref());
        let numbers: Option<Vec<i64>> = plan.activities.iter().map(|activity| own_number(&activity.id)).collect();
        let uids = plan
            .activities
            .iter()
            .enumerate()
            .map(|(index, activity)| {
                let uid = numbers.as_ref().map_or(index as i64 + 1, |numbers| numbers[index]);
                (activity.id.as_str(), uid)
            })
            .collect();
        let honors_constraints = plan.activities.iter().flat_map(|activity| &activity.constraints).any(|constraint| {
            constraint.is_hard
                && matches!(constraint.kind, ConstraintKind::StartNoLaterThan | ConstraintKind::FinishNoLaterThan)
        });
        Writer {
            plan,
            setting: Setting {
                granularity: plan.granularity,
                minutes_per_day: default.map_or(480, |calendar| calendar.minutes_per_day),
                honors_constraints,
            },
            calendar_uids: plan.calendars.iter().enumerate().map(|(i, c)| (c.id.as_str(), i + 1)).collect(),
            uids,
            calendars_by_activity: plan.activities.iter().map(|a| (a.id.as_str(), a.calendar.as_deref())).collect(),
            text: String::with_capacity(4096 + plan.activities.len() * 900),
        }
    }

    /// A leaf element.
    fn leaf(&mut self, name: &str, value: impl std::fmt::Display) {
        write!(self.text, "<{name}>{value}</{name}>").expect("writing to a String cannot fail");
    }

    /// A leaf element with text from people.
    fn text_leaf(&mut self, name: &str, value: &str) {
        let escaped = quick_xml::escape::escape(value);
        self.leaf(name, escaped);
    }

    fn instant_leaf(&mut self, name: &str, value: Option<DateTime>) {
        if let Some(value) = value {
            self.leaf(name, format_args!("{}:00", moment::print_instant(value)));
        }
    }

    fn project(&mut self) {
        self.text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n");
        self.text.push_str("<Project xmlns=\"http://schemas.microsoft.com/project\">\n<SaveVersion>14</SaveVersion>");
        if let Some(name) = &self.plan.name {
            self.text_leaf("Name", name);
            self.text_leaf("Title", name);
        }
        self.leaf("ScheduleFromStart", 1);
        let start = self.instant(self.plan.start, Side::Start, self.plan.calendar.as_deref());
        self.instant_leaf("StartDate", Some(start));
        let calendar = self.plan.calendar.as_deref().and_then(|id| self.calendar_uids.get(id)).copied().unwrap_or(1);
        self.leaf("CalendarUID", calendar);
        let (from, to) = self.default_times();
        self.leaf("DefaultStartTime", format_args!("{:02}:{:02}:00", from / 60, from % 60));
        self.leaf("DefaultFinishTime", format_args!("{:02}:{:02}:00", to / 60 % 24, to % 60));
        self.leaf("MinutesPerDay", self.setting.minutes_per_day);
        self.leaf("MinutesPerWeek", self.setting.minutes_per_day * 5);
        self.leaf("DaysPerMonth", 20);
        self.leaf("HonorConstraints", u8::from(self.setting.honors_constraints));
        self.leaf("SplitsInProgressTasks", u8::from(self.plan.options.progress != ProgressRule::Override));
        self.leaf("NewTasksAreManual", 0);
        if let Some(data_date) = self.plan.data_date {
            let status = self.instant(data_date, Side::Start, self.plan.calendar.as_deref());
            self.instant_leaf("StatusDate", Some(status));
        }
        self.text.push('\n');
    }

    fn default_times(&self) -> (u16, u16) {
        let bands = self.default_bands(self.plan.calendar.as_deref());
        (bands.first().map_or(480, |band| band.from_minute), bands.last().map_or(1020, |band| band.to_minute))
    }

    fn calendar_of(&self, id: Option<&str>) -> Option<&'p Calendar> {
        let id = id.or(self.plan.calendar.as_deref())?;
        self.calendar_uids.get(id).map(|uid| &self.plan.calendars[uid - 1])
    }

    fn default_bands(&self, calendar: Option<&str>) -> Vec<Band> {
        self.calendar_of(calendar).map_or_else(usual_bands, usual_of)
    }

    /// The instant a moment is written as: a day begins with its first band and ends with its last.
    fn instant(&self, moment: Moment, side: Side, calendar: Option<&str>) -> DateTime {
        let date = match moment {
            Moment::Instant(instant) => return instant,
            Moment::Day(date) => date,
        };
        let bands = self.bands_on(date, calendar);
        let minute = match side {
            Side::Start => bands.first().map_or(480, |band| band.from_minute),
            // A band that passes midnight would move the date; the day then ends a minute before midnight.
            Side::Finish => bands.last().map_or(1020, |band| band.to_minute.min(1439)),
        };
        moment::at_minute(date, minute)
    }

    fn bands_on(&self, date: Date, calendar: Option<&str>) -> Vec<Band> {
        let Some(calendar) = self.calendar_of(calendar) else { return usual_bands() };
        let exception = calendar.exceptions.iter().rev().find(|e| e.from <= date && date <= e.to);
        let work = exception.map_or_else(|| calendar.weekday(date.weekday()), |exception| &exception.work);
        written_bands(calendar, work).unwrap_or_else(|| usual_of(calendar))
    }

    fn calendars(&mut self) {
        self.text.push_str("<Calendars>\n");
        for (index, calendar) in self.plan.calendars.iter().enumerate() {
            self.text.push_str("<Calendar>");
            self.leaf("UID", index + 1);
            self.text_leaf("Name", calendar.name.as_deref().unwrap_or(&calendar.id));
            self.text.push_str("<IsBaseCalendar>1</IsBaseCalendar><BaseCalendarUID>-1</BaseCalendarUID><WeekDays>");
            for day_type in 1..=7_usize {
                let bands = written_bands(calendar, &calendar.week[(day_type + 5) % 7]);
                self.text.push_str("<WeekDay>");
                self.leaf("DayType", day_type);
                self.work(bands);
                self.text.push_str("</WeekDay>");
            }
            self.text.push_str("</WeekDays>");
            if !calendar.exceptions.is_empty() {
                self.text.push_str("<Exceptions>");
                for exception in &calendar.exceptions {
                    self.text.push_str("<Exception><EnteredByOccurrences>0</EnteredByOccurrences><TimePeriod>");
                    self.leaf("FromDate", format_args!("{}T00:00:00", exception.from));
                    self.leaf("ToDate", format_args!("{}T23:59:00", exception.to));
                    self.text.push_str("</TimePeriod><Occurrences>1</Occurrences>");
                    if let Some(name) = &exception.name {
                        self.text_leaf("Name", name);
                    }
                    self.leaf("Type", 1);
                    let bands = written_bands(calendar, &exception.work);
                    self.work(bands);
                    self.text.push_str("</Exception>");
                }
                self.text.push_str("</Exceptions>");
            }
            self.text.push_str("</Calendar>\n");
        }
        self.text.push_str("</Calendars>\n");
    }

    fn work(&mut self, bands: Option<Vec<Band>>) {
        let Some(bands) = bands else { return self.leaf("DayWorking", 0) };
        self.leaf("DayWorking", 1);
        self.text.push_str("<WorkingTimes>");
        for band in bands {
            let (from, to) = (band.from_minute, band.to_minute % 1440);
            self.text.push_str("<WorkingTime>");
            self.leaf("FromTime", format_args!("{:02}:{:02}:00", from / 60, from % 60));
            self.leaf("ToTime", format_args!("{:02}:{:02}:00", to / 60, to % 60));
            self.text.push_str("</WorkingTime>");
        }
        self.text.push_str("</WorkingTimes>");
    }

    fn tasks(&mut self, note: &str, dates: Option<&PlannedDates>, findings: &mut Findings) {
        let mut incoming: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, link) in self.plan.links.iter().enumerate() {
            incoming.entry(link.to.as_str()).or_default().push(index);
        }
        self.text.push_str("<Tasks>\n<Task><UID>0</UID><ID>0</ID>");
        if let Some(name) = &self.plan.name {
            self.text_leaf("Name", name);
        }
        self.text.push_str(
            "<IsNull>0</IsNull><OutlineNumber>0</OutlineNumber><OutlineLevel>0</OutlineLevel><Summary>1</Summary>",
        );
        self.text_leaf("Notes", note);
        self.text.push_str("</Task>\n");
        for (place, (index, level, number)) in outline(self.plan).into_iter().enumerate() {
            let activity = &self.plan.activities[index];
            let planned = dates.and_then(|dates| dates.activities.get(index));
            self.task(activity, place + 1, level, &number, planned, findings);
            for link in incoming.get(activity.id.as_str()).into_iter().flatten() {
                self.link(*link, findings);
            }
            self.text.push_str("</Task>\n");
        }
        self.text.push_str("</Tasks>\n");
    }

    fn task(
        &mut self,
        activity: &Activity,
        place: usize,
        level: u32,
        number: &str,
        planned: Option<&PlannedActivity>,
        findings: &mut Findings,
    ) {
        let calendar = activity.calendar.as_deref();
        let record = self.record(activity, findings);
        let day_minutes = self.calendar_of(calendar).map_or(self.setting.minutes_per_day, |c| c.minutes_per_day);
        let expected = record.activity(read_kind(activity.kind), activity.calendar.clone(), &self.setting);
        self.text.push_str("<Task>");
        self.leaf("UID", record.uid);
        self.leaf("ID", place);
        self.text_leaf("Name", &activity.name);
        self.text.push_str("<Active>1</Active><Manual>0</Manual><Type>1</Type><IsNull>0</IsNull>");
        self.leaf("OutlineNumber", number);
        self.leaf("OutlineLevel", level);
        let planned_start = planned.and_then(|p| p.start).map(|m| self.instant(m, Side::Start, calendar));
        let planned_finish = planned.and_then(|p| p.finish).map(|m| self.instant(m, Side::Finish, calendar));
        self.instant_leaf("Start", record.actual_start.or(planned_start));
        self.instant_leaf("Finish", record.actual_finish.or(planned_finish));
        self.leaf("Duration", print_duration(record.duration));
        self.leaf("DurationFormat", record.duration_format);
        self.instant_leaf("Resume", record.resume);
        self.leaf("Estimated", 0);
        self.leaf("Milestone", u8::from(record.is_milestone));
        self.leaf("Summary", u8::from(activity.kind == ActivityKind::Summary));
        if let Some(planned) = planned {
            self.leaf("Critical", u8::from(planned.is_critical));
            self.instant_leaf("EarlyStart", planned_start);
            self.instant_leaf("EarlyFinish", planned_finish);
            let late = (planned.late_start, planned.late_finish);
            self.instant_leaf("LateStart", late.0.map(|m| self.instant(m, Side::Start, calendar)));
            self.instant_leaf("LateFinish", late.1.map(|m| self.instant(m, Side::Finish, calendar)));
            if let Some(minutes) = planned.total_float_minutes {
                self.leaf("TotalSlack", minutes.saturating_mul(10));
            }
        }
        self.leaf("PercentComplete", record.percent);
        self.instant_leaf("ActualStart", record.actual_start);
        self.instant_leaf("ActualFinish", record.actual_finish);
        if record.actual_start.is_some() && activity.kind == ActivityKind::Task {
            self.leaf("ActualDuration", print_duration(record.actual_duration));
            self.leaf("RemainingDuration", print_duration(record.remaining_duration.unwrap_or(0)));
        }
        self.leaf("ConstraintType", record.constraint_type);
        self.leaf("CalendarUID", record.calendar_uid.unwrap_or(-1));
        self.instant_leaf("ConstraintDate", record.constraint_date);
        self.instant_leaf("Deadline", record.deadline);
        // The task's calendar is the whole truth: the reader must not exchange it for a resource's.
        self.leaf("IgnoreResourceCalendar", 1);
        if !is_carried(&expected, activity) || day_minutes != self.setting.minutes_per_day && has_days(activity) {
            self.text_leaf("Notes", &notes::write_activity(activity));
        }
    }

    /// The record a task is written as.
    fn record(&self, activity: &Activity, findings: &mut Findings) -> Task<'static> {
        let calendar = activity.calendar.as_deref();
        let day = self.calendar_of(calendar).map_or(self.setting.minutes_per_day, |c| c.minutes_per_day);
        let duration = in_minutes(activity.duration, day).unwrap_or(0);
        let percent = activity.percent_e3.unwrap_or(0) / 1000;
        let remaining = match activity.remaining {
            Some(span) => in_minutes(span, day).unwrap_or(0),
            None => duration - duration * i64::from(percent) / 100,
        };
        let stated = |moment: Option<Moment>, side| moment.map(|moment| self.instant(moment, side, calendar));
        let mut record = Task {
            uid: self.uids.get(activity.id.as_str()).copied().unwrap_or(0),
            name: activity.name.clone().into(),
            duration,
            duration_format: if matches!(activity.duration, Span::Elapsed { .. }) { 8 } else { 7 },
            is_milestone: activity.kind.is_milestone(),
            percent,
            actual_start: stated(activity.actual_start, Side::Start),
            actual_finish: stated(activity.actual_finish, Side::Finish),
            resume: stated(activity.resume, Side::Start),
            actual_duration: duration - remaining,
            remaining_duration: Some(remaining),
            deadline: stated(activity.deadline, Side::Finish),
            calendar_uid: calendar.and_then(|id| self.calendar_uids.get(id)).map(|uid| *uid as i64),
            ..Task::default()
        };
        if let Some(constraint) = activity.constraints.first() {
            let (kind, side) = constraint_type(constraint);
            record.constraint_type = kind;
            record.constraint_date = stated(constraint.on, side);
        }
        if activity.constraints.len() > 1 {
            let message = format!(
                "MS Project knows one constraint per task; the second one of `{}` travels in a note only",
                shortened(&activity.name)
            );
            findings.warn(codes::NOT_CARRIED, &activity.id, message);
        }
        if activity.kind == ActivityKind::Hammock {
            let message = format!("MS Project knows no hammocks; `{}` is a task there", shortened(&activity.name));
            findings.warn(codes::NOT_CARRIED, &activity.id, message);
        }
        record
    }

    fn link(&mut self, index: usize, findings: &mut Findings) {
        let link = &self.plan.links[index];
        let day = match self.plan.options.lag_calendar {
            LagCalendar::Predecessor => self.day_of(&link.from),
            LagCalendar::Successor => self.day_of(&link.to),
            LagCalendar::Project | LagCalendar::Elapsed => self.setting.minutes_per_day,
        };
        let (lag, format) = match link.lag {
            Span::Percent { percent_e3 } => {
                if percent_e3 % 1000 != 0 {
                    let message = "MS Project knows whole percentages only; a lag was rounded";
                    findings.warn(codes::NOT_CARRIED, &link.to, message);
                }
                (percent_e3 / 1000, 19)
            }
            Span::Elapsed { minutes } => (minutes.saturating_mul(10), 8),
            working => (in_minutes(working, day).unwrap_or(0).saturating_mul(10), 7),
        };
        let kind = match link.kind {
            LinkKind::FF => 0,
            LinkKind::FS => 1,
            LinkKind::SF => 2,
            LinkKind::SS => 3,
        };
        let from = self.uids.get(link.from.as_str()).copied().unwrap_or(0);
        self.text.push_str("<PredecessorLink>");
        self.leaf("PredecessorUID", from);
        self.leaf("Type", kind);
        self.leaf("CrossProject", 0);
        self.leaf("LinkLag", lag);
        self.leaf("LagFormat", format);
        self.text.push_str("</PredecessorLink>");
    }

    fn day_of(&self, id: &str) -> u32 {
        let calendar = self.calendars_by_activity.get(id).copied().flatten();
        self.calendar_of(calendar).map_or(self.setting.minutes_per_day, |calendar| calendar.minutes_per_day)
    }

    fn resources(&mut self) {
        if self.plan.resources.is_empty() {
            return;
        }
        self.text.push_str("<Resources>\n");
        for (index, resource) in self.plan.resources.iter().enumerate() {
            self.text.push_str("<Resource>");
            self.leaf("UID", index + 1);
            self.leaf("ID", index + 1);
            self.text_leaf("Name", &resource.id);
            self.leaf("Type", 1);
            self.leaf("IsNull", 0);
            self.leaf("MaxUnits", resource.capacity);
            let calendar = resource.calendar.as_deref().and_then(|id| self.calendar_uids.get(id)).copied();
            self.leaf("CalendarUID", calendar.map_or(-1, |uid| uid as i64));
            self.text.push_str("</Resource>\n");
        }
        self.text.push_str("</Resources>\n");
    }

    /// Who works on what. MS Project knows breaks only by how the work of an assignment is spread, so work with breaks has one.
    fn assignments(&mut self, dates: Option<&PlannedDates>, findings: &mut Findings) {
        let plan = self.plan;
        if plan.activities.iter().all(|activity| activity.needs.is_empty() && activity.breaks.is_empty()) {
            return;
        }
        self.text.push_str("<Assignments>\n");
        let uids: HashMap<&str, i64> =
            plan.resources.iter().enumerate().map(|(index, r)| (r.id.as_str(), index as i64 + 1)).collect();
        let mut number = 0;
        for (index, activity) in plan.activities.iter().enumerate() {
            let planned = dates.and_then(|dates| dates.activities.get(index));
            let stretches = planned.map(|planned| self.stretches(activity, planned)).unwrap_or_default();
            if stretches.is_empty() && !activity.breaks.is_empty() {
                let message = format!("the breaks of `{}` travel in a note only", shortened(&activity.name));
                findings.warn(codes::NOT_CARRIED, &activity.id, message);
            }
            let needs = activity.needs.iter();
            let mut shares: Vec<(i64, u32)> =
                needs.map(|need| (uids.get(need.resource.as_str()).copied().unwrap_or(0), need.amount)).collect();
            if shares.is_empty() && !stretches.is_empty() {
                shares.push((UNASSIGNED, 1));
            }
            for share in shares {
                number += 1;
                self.assignment(number, activity, share, &stretches);
            }
        }
        self.text.push_str("</Assignments>\n");
    }

    fn assignment(&mut self, number: u32, activity: &Activity, (resource, units): (i64, u32), stretches: &[Stretch]) {
        let task = self.uids.get(activity.id.as_str()).copied().unwrap_or(0);
        self.text.push_str("<Assignment>");
        self.leaf("UID", number);
        self.leaf("TaskUID", task);
        self.leaf("ResourceUID", resource);
        let work: i64 = stretches.iter().map(|stretch| stretch.work_minutes).sum();
        let work = print_duration(work.saturating_mul(units.into()));
        let ends = stretches.first().map(|first| first.start).zip(stretches.last().map(|last| last.finish));
        if let Some((start, finish)) = ends {
            self.instant_leaf("Finish", Some(finish));
            self.leaf("RemainingWork", &work);
            self.instant_leaf("Start", Some(start));
        }
        self.leaf("Units", units);
        if ends.is_some() {
            self.leaf("Work", &work);
            self.leaf("WorkContour", CONTOURED);
        }
        for stretch in stretches {
            self.text.push_str("<TimephasedData><Type>1</Type>");
            self.leaf("UID", number);
            self.instant_leaf("Start", Some(stretch.start));
            self.instant_leaf("Finish", Some(stretch.finish));
            self.leaf("Unit", 1);
            self.leaf("Value", print_duration(stretch.work_minutes.saturating_mul(units.into())));
            self.text.push_str("</TimephasedData>");
        }
        self.text.push_str("</Assignment>\n");
    }

    /// Work and breaks of an activity in turn, where its dates put them. Empty where it has no breaks, has begun, or is waited
    /// for around the clock: MS Project spreads no such work by hand.
    fn stretches(&self, activity: &Activity, planned: &PlannedActivity) -> Vec<Stretch> {
        let calendar = activity.calendar.as_deref();
        let day = self.calendar_of(calendar).map_or(self.setting.minutes_per_day, |c| c.minutes_per_day);
        let is_elapsed = matches!(activity.duration, Span::Elapsed { .. });
        let ends = planned.start.zip(planned.finish).filter(|_| !is_elapsed && activity.actual_start.is_none());
        let (Some((start, finish)), false) = (ends, planned.breaks.is_empty()) else { return Vec::new() };
        let minutes = |span: Span| in_minutes(span, day).unwrap_or(0);
        let mut stretches = Vec::new();
        let (mut at, mut worked) = (self.instant(start, Side::Start, calendar), 0);
        for (one, (from, to)) in activity.breaks.iter().zip(&planned.breaks) {
            let from = self.instant(*from, Side::Start, calendar);
            let to = self.instant(*to, Side::Finish, calendar);
            let after = minutes(one.after);
            stretches.push(Stretch { start: at, finish: from, work_minutes: after - worked });
            stretches.push(Stretch { start: from, finish: to, work_minutes: 0 });
            (at, worked) = (to, after);
        }
        let finish = self.instant(finish, Side::Finish, calendar);
        stretches.push(Stretch { start: at, finish, work_minutes: minutes(activity.duration) - worked });
        stretches
    }
}

/// `ResourceUID` of work that nobody is assigned to.
const UNASSIGNED: i64 = -65_535;

#[derive(Clone, Copy)]
enum Side {
    Start,
    Finish,
}

/// The number an id is, when it is exactly how a UID would be written.
fn own_number(id: &str) -> Option<i64> {
    let number: i64 = id.parse().ok()?;
    ((1..=i64::from(i32::MAX)).contains(&number) && number.to_string() == id).then_some(number)
}

/// What the reader makes of a kind without a note.
fn read_kind(kind: ActivityKind) -> ActivityKind {
    match kind {
        ActivityKind::Milestone | ActivityKind::StartMilestone => ActivityKind::FinishMilestone,
        ActivityKind::Hammock => ActivityKind::Task,
        kind => kind,
    }
}

fn constraint_type(constraint: &Constraint) -> (i64, Side) {
    match constraint.kind {
        ConstraintKind::AsLateAsPossible => (1, Side::Start),
        ConstraintKind::StartOn => (2, Side::Start),
        ConstraintKind::FinishOn => (3, Side::Finish),
        ConstraintKind::StartNoEarlierThan => (4, Side::Start),
        ConstraintKind::StartNoLaterThan => (5, Side::Start),
        ConstraintKind::FinishNoEarlierThan => (6, Side::Finish),
        ConstraintKind::FinishNoLaterThan => (7, Side::Finish),
    }
}

/// Whether the file says everything about an activity without a note. Parent and needs are always said elsewhere.
fn is_carried(expected: &Activity, activity: &Activity) -> bool {
    let mut bare = activity.clone();
    bare.parent = None;
    bare.needs = Vec::new();
    bare.at.clone_from(&expected.at);
    bare == *expected
}

fn has_days(activity: &Activity) -> bool {
    let counts_days = |span: Span| matches!(span, Span::Working { days_e3, .. } if days_e3 != 0);
    counts_days(activity.duration) || activity.remaining.is_some_and(counts_days)
}

/// Activities in outline order with level and number: each index once, children after their parent.
fn outline(plan: &Plan) -> Vec<(usize, u32, String)> {
    let at: HashMap<&str, usize> = plan.activities.iter().enumerate().map(|(i, a)| (a.id.as_str(), i)).collect();
    let mut children: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
    for (index, activity) in plan.activities.iter().enumerate() {
        let parent = activity.parent.as_deref().and_then(|id| at.get(id)).copied();
        children.entry(parent).or_default().push(index);
    }
    let mut order = Vec::with_capacity(plan.activities.len());
    let mut rest: Vec<(usize, u32, String)> = Vec::new();
    let mut push = |rest: &mut Vec<_>, parent: Option<usize>, level: u32, prefix: &str| {
        for (place, index) in children.remove(&parent).unwrap_or_default().into_iter().enumerate().rev() {
            rest.push((index, level, format!("{prefix}{}", place + 1)));
        }
    };
    push(&mut rest, None, 1, "");
    while let Some((index, level, number)) = rest.pop() {
        push(&mut rest, Some(index), level + 1, &format!("{number}."));
        order.push((index, level, number));
    }
    order
}
