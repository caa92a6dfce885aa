//! Primavera P6: what its XER tables and its XML say in common, and the plan it stands for.
//!
//! P6 plans are minute plans. Ids are the codes people know (`A1000`, the path of WBS codes), since object ids change with
//! every export; object ids come back as `uid` of the saved dates. Constraint dates at midnight are dates alone, because
//! P6 gives them the activity's own time of day. "Start on" and "finish on" are soft, mandatory ones are hard.

mod assemble;
pub(crate) mod blob;
mod object_id;
pub(crate) mod pmxml;
pub(crate) mod xer;

use std::borrow::Cow;

use guatu_kernel::plan::{
    ActivityKind, Calendar, ConstraintKind, CriticalRule, LagCalendar, LinkKind, Moment, Options, ProgressRule,
};
use jiff::civil::DateTime;

pub(crate) use object_id::ObjectId;

/// A project with everything that belongs to it, as either format states it.
#[derive(Debug, Default)]
pub(crate) struct Model<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) start: Option<DateTime>,
    pub(crate) data_date: Option<DateTime>,
    pub(crate) must_finish_by: Option<DateTime>,
    /// Object id of the default calendar.
    pub(crate) calendar: Cow<'a, str>,
    pub(crate) options: Options,
    /// Whether the program lets work last until its expected finish.
    pub(crate) uses_expected_finishes: bool,
    /// Flattened calendars, their ids being object ids.
    pub(crate) calendars: Vec<Calendar>,
    pub(crate) nodes: Vec<Node<'a>>,
    pub(crate) tasks: Vec<Task<'a>>,
    pub(crate) relations: Vec<Relation>,
    pub(crate) resources: Vec<P6Resource<'a>>,
    pub(crate) demands: Vec<Demand>,
}

/// A node of the work breakdown structure.
#[derive(Debug, Default)]
pub(crate) struct Node<'a> {
    pub(crate) uid: ObjectId,
    pub(crate) parent: ObjectId,
    pub(crate) code: Cow<'a, str>,
    pub(crate) name: Cow<'a, str>,
    pub(crate) sequence: i64,
}

/// An activity. Durations are in minutes.
#[derive(Debug, Default)]
pub(crate) struct Task<'a> {
    pub(crate) line: usize,
    pub(crate) uid: ObjectId,
    pub(crate) code: Cow<'a, str>,
    pub(crate) name: Cow<'a, str>,
    pub(crate) node: ObjectId,
    pub(crate) calendar: Cow<'a, str>,
    pub(crate) kind: TaskKind,
    pub(crate) status: Status,
    pub(crate) planned_minutes: i64,
    pub(crate) remaining_minutes: Option<i64>,
    /// Per cent complete × 1000, of whatever the activity measures.
    pub(crate) percent_e3: u32,
    pub(crate) actual_start: Option<DateTime>,
    pub(crate) actual_finish: Option<DateTime>,
    pub(crate) constraints: [Option<(Bound, Option<DateTime>)>; 2],
    pub(crate) early: (Option<DateTime>, Option<DateTime>),
    pub(crate) late: (Option<DateTime>, Option<DateTime>),
    pub(crate) total_float_minutes: Option<f64>,
    pub(crate) free_float_minutes: Option<f64>,
    pub(crate) is_suspended: bool,
    pub(crate) resume: Option<DateTime>,
    pub(crate) expected_finish: Option<DateTime>,
}

/// Types of activities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TaskKind {
    #[default]
    Task,
    /// Follows the calendars of its resources.
    ResourceDependent,
    StartMilestone,
    FinishMilestone,
    LevelOfEffort,
    WbsSummary,
}

impl TaskKind {
    /// By XER code or PMXML word.
    pub(crate) fn of(word: &str) -> Option<TaskKind> {
        Some(match word {
            "TT_Task" | "Task Dependent" | "" => TaskKind::Task,
            "TT_Rsrc" | "Resource Dependent" => TaskKind::ResourceDependent,
            "TT_Mile" | "Start Milestone" => TaskKind::StartMilestone,
            "TT_FinMile" | "Finish Milestone" => TaskKind::FinishMilestone,
            "TT_LOE" | "Level of Effort" => TaskKind::LevelOfEffort,
            "TT_WBS" | "WBS Summary" => TaskKind::WbsSummary,
            _ => return None,
        })
    }

    /// What it is in a plan.
    fn activity_kind(self) -> ActivityKind {
        match self {
            TaskKind::Task | TaskKind::ResourceDependent | TaskKind::WbsSummary => ActivityKind::Task,
            TaskKind::StartMilestone => ActivityKind::StartMilestone,
            TaskKind::FinishMilestone => ActivityKind::FinishMilestone,
            TaskKind::LevelOfEffort => ActivityKind::Hammock,
        }
    }
}

/// How far an activity is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Status {
    #[default]
    NotStarted,
    Started,
    Completed,
}

impl Status {
    /// By XER code or PMXML word.
    pub(crate) fn of(word: &str) -> Option<Status> {
        Some(match word {
            "TK_NotStart" | "Not Started" | "" => Status::NotStarted,
            "TK_Active" | "In Progress" => Status::Started,
            "TK_Complete" | "Completed" => Status::Completed,
            _ => return None,
        })
    }
}

/// A constraint: its kind and whether it breaks logic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    pub(crate) kind: ConstraintKind,
    pub(crate) is_hard: bool,
}

impl Bound {
    /// By XER code or PMXML word; the outer `None` is an unknown word, the inner one no constraint.
    pub(crate) fn of(word: &str) -> Option<Option<Bound>> {
        let (kind, is_hard) = match word {
            "" | "None" => return Some(None),
            "CS_MSOA" | "Start On or After" => (ConstraintKind::StartNoEarlierThan, false),
            "CS_MSOB" | "Start On or Before" => (ConstraintKind::StartNoLaterThan, false),
            "CS_MEOA" | "Finish On or After" => (ConstraintKind::FinishNoEarlierThan, false),
            "CS_MEOB" | "Finish On or Before" => (ConstraintKind::FinishNoLaterThan, false),
            "CS_MSO" | "Start On" => (ConstraintKind::StartOn, false),
            "CS_MEO" | "Finish On" => (ConstraintKind::FinishOn, false),
            "CS_ALAP" | "As Late As Possible" => (ConstraintKind::AsLateAsPossible, false),
            "CS_MANDSTART" | "Mandatory Start" => (ConstraintKind::StartOn, true),
            "CS_MANDFIN" | "Mandatory Finish" => (ConstraintKind::FinishOn, true),
            _ => return None,
        };
        Some(Some(Bound { kind, is_hard }))
    }
}

/// A relationship between two activities of the file.
#[derive(Debug, Default)]
pub(crate) struct Relation {
    pub(crate) line: usize,
    pub(crate) from: ObjectId,
    pub(crate) to: ObjectId,
    pub(crate) kind: LinkKind,
    pub(crate) lag_minutes: i64,
    /// One end belongs to another project.
    pub(crate) is_external: bool,
}

/// A labour or equipment resource.
#[derive(Debug, Default)]
pub(crate) struct P6Resource<'a> {
    pub(crate) uid: ObjectId,
    pub(crate) code: Cow<'a, str>,
    pub(crate) units: f64,
    pub(crate) calendar: Cow<'a, str>,
}

/// A resource on an activity, in units per hour.
#[derive(Debug, Default)]
pub(crate) struct Demand {
    pub(crate) task: ObjectId,
    pub(crate) resource: ObjectId,
    pub(crate) units: f64,
}

/// The kind of a relationship by XER code or PMXML word.
pub(crate) fn link_kind(word: &str) -> Option<LinkKind> {
    Some(match word {
        "PR_FS" | "Finish to Start" | "" => LinkKind::FS,
        "PR_SS" | "Start to Start" => LinkKind::SS,
        "PR_FF" | "Finish to Finish" => LinkKind::FF,
        "PR_SF" | "Start to Finish" => LinkKind::SF,
        _ => return None,
    })
}

/// Scheduling options by XER code or PMXML word; unknown words leave the defaults of P6.
pub(crate) fn options(lag: &str, retains_logic: bool, overrides: bool, critical: &str) -> Options {
    Options {
        lag_calendar: match lag {
            "rcal_Successor" | "Successor Activity Calendar" => LagCalendar::Successor,
            "rcal_24Hour" | "24 Hour Calendar" => LagCalendar::Elapsed,
            "rcal_ProjDefault" | "Project Default Calendar" => LagCalendar::Project,
            _ => LagCalendar::Predecessor,
        },
        progress: match (retains_logic, overrides) {
            (_, true) => ProgressRule::Override,
            (true, false) => ProgressRule::RetainedLogic,
            (false, false) => ProgressRule::ActualDates,
        },
        critical: match critical {
            "CT_DrivPath" | "Longest Path" => CriticalRule::LongestPath,
            _ => CriticalRule::Zero,
        },
        ..Options::default()
    }
}

/// Hours as minutes; absurd numbers are kept large enough for the check of ranges to refuse them.
pub(crate) fn minutes_of_hours(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(hours) = text.parse::<i32>() {
        return Some(i64::from(hours) * 60);
    }
    let hours: f64 = text.replace(',', ".").parse().ok()?;
    hours.is_finite().then(|| (hours * 60.0).round().clamp(-1e12, 1e12) as i64)
}

/// A bound at midnight is a date alone.
fn bound_moment(instant: DateTime) -> Moment {
    if instant.hour() == 0 && instant.minute() == 0 { Moment::Day(instant.date()) } else { Moment::Instant(instant) }
}
