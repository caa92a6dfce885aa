//! The plan as people write it: calendars, activities, links, mandated dates.
//!
//! This is the input of the kernel and the meeting point of every outside format (`guatu-plan/1`, MSPDI, XER,
//! PMXML, XLSX). It keeps what the author wrote (names, moments, durations with their units); nothing here is computed.
//! Field meanings follow `guatu-plan/1`; a reader fills it, [`crate::schedule`] reads it.

use std::fmt;

use jiff::civil::{Date, DateTime, Weekday};

/// Whole days or minutes. In a day plan a finish is inclusive; in a minute plan working bands are half-open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Granularity {
    /// Dates `YYYY-MM-DD`; five working days from a Monday finish that Friday.
    #[default]
    Day,
    /// Instants `YYYY-MM-DDTHH:MM`.
    Minute,
}

/// A moment as written: a date alone, or a date with a time of day.
///
/// In a minute plan a date alone given as a bound means that day's first working instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A civil date without a time.
    Day(Date),
    /// A civil date with a time of day, minute precision.
    Instant(DateTime),
}

impl Moment {
    /// The civil date of the moment, whatever its precision.
    pub fn date(self) -> Date {
        match self {
            Moment::Day(date) => date,
            Moment::Instant(instant) => instant.date(),
        }
    }
}

/// A length of time as written: `3d`, `12h`, `90m`, `2d4h`, elapsed `e2d`, or `50%` of a predecessor's duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Working time: days in thousandths (a day is the calendar's `hours_per_day`) plus minutes. Either may be negative in a lag.
    Working {
        /// Days × 1000, so that `2.5d` is exact.
        days_e3: i64,
        /// Minutes of working time.
        minutes: i64,
    },
    /// Elapsed time, 24 hours a day, seven days a week, in minutes.
    Elapsed {
        /// Minutes of elapsed time.
        minutes: i64,
    },
    /// A share of the predecessor's original duration, in thousandths of a per cent (`50%` is 50 000). Only in lags.
    Percent {
        /// Per cent × 1000.
        percent_e3: i64,
    },
}

impl Span {
    /// No time at all: the lag of a link that names none.
    pub const ZERO: Span = Span::Working { days_e3: 0, minutes: 0 };

    /// A whole number of working days.
    pub const fn days(days: i64) -> Span {
        Span::Working { days_e3: days * 1000, minutes: 0 }
    }

    /// A number of working minutes.
    pub const fn minutes(minutes: i64) -> Span {
        Span::Working { days_e3: 0, minutes }
    }
}

/// A working band of a day in minutes from midnight, half-open. May end after 1440 (`22:00-30:00` passes midnight).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// First working minute.
    pub from_minute: u16,
    /// First minute no longer worked.
    pub to_minute: u16,
}

/// What a weekday or an exception says about work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DayWork {
    /// Not worked.
    Free,
    /// Worked, without saying when: the calendar's usual bands (in a day plan, simply a working day).
    Usual,
    /// Worked in these bands.
    Bands(Vec<Band>),
}

/// A dated exception of a calendar. Later exceptions in the list win over earlier ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarException {
    /// First day it holds for.
    pub from: Date,
    /// Last day it holds for, inclusive.
    pub to: Date,
    /// What these days are. `Usual` on a weekday without bands uses the calendar's usual bands.
    pub work: DayWork,
    /// What it is, for people (`国庆节`), when known.
    pub name: Option<String>,
}

/// A working calendar: a week, the hours of a day, and exceptions.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    /// Identifier used by activities.
    pub id: String,
    /// Name for people.
    pub name: Option<String>,
    /// Monday to Sunday.
    pub week: [DayWork; 7],
    /// Minutes that a `d` means: `hours_per_day` × 60. Default 480.
    pub minutes_per_day: u32,
    /// Dated exceptions in the order written.
    pub exceptions: Vec<CalendarException>,
}

impl Calendar {
    /// The entry of the week for a weekday.
    pub fn weekday(&self, weekday: Weekday) -> &DayWork {
        &self.week[weekday.to_monday_zero_offset() as usize]
    }
}

/// Where in a file something came from. A line is kept as its number: a plan has a hundred thousand, and few are ever said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line, counted from 1.
    Line(usize),
    /// A cell, a path, or the number of an object.
    Named(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(line) => write!(f, "line {line}"),
            Place::Named(name) => f.write_str(name),
        }
    }
}

/// What an activity is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ActivityKind {
    /// Work with a duration.
    #[default]
    Task,
    /// A point; behaves like a start milestone except after FF (see the contract's rule 5).
    Milestone,
    /// A point at the beginning of a working day.
    StartMilestone,
    /// A point at the end of a working day.
    FinishMilestone,
    /// A node of the breakdown structure; dates come from its leaves.
    Summary,
    /// Spans from its SS predecessors to its FF successors; its length is derived.
    Hammock,
}

impl ActivityKind {
    /// Whether it is one of the three milestone kinds.
    pub fn is_milestone(self) -> bool {
        matches!(self, Self::Milestone | Self::StartMilestone | Self::FinishMilestone)
    }
}

/// A bound on dates. Soft unless [`Constraint::is_hard`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstraintKind {
    /// Early start not before the date.
    StartNoEarlierThan,
    /// Late start not after the date.
    StartNoLaterThan,
    /// Early finish not before the date.
    FinishNoEarlierThan,
    /// Late finish not after the date.
    FinishNoLaterThan,
    /// Both start bounds.
    StartOn,
    /// Both finish bounds.
    FinishOn,
    /// Moves right by its free float after the forward pass; has no date.
    AsLateAsPossible,
}

/// A constraint of an activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Constraint {
    /// Which bound.
    pub kind: ConstraintKind,
    /// Its date; `None` only for `AsLateAsPossible`.
    pub on: Option<Moment>,
    /// Hard: the date wins over logic and negative float appears upstream.
    pub is_hard: bool,
}

/// How much of something an activity makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// Total quantity in `unit`.
    pub total: f64,
    /// Unit, e.g. `floor`.
    pub unit: String,
    /// Whole units only (floors).
    pub is_whole: bool,
    /// Output per working day of one crew; absent: total ÷ planned working days.
    pub per_day: Option<f64>,
    /// Crews on it; absent: one.
    pub crews: Option<u32>,
}

/// A demand on a resource while the activity runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Need {
    /// Resource id.
    pub resource: String,
    /// Units of it.
    pub amount: u32,
}

/// A duration that is not certain.
#[derive(Clone, Debug, PartialEq)]
pub enum Risk {
    /// Triangular between low and high with the given mode.
    Triangular {
        /// Least.
        low: Span,
        /// Mode.
        likely: Span,
        /// Most.
        high: Span,
    },
    /// PERT (beta) with the given mode.
    Pert {
        /// Least.
        low: Span,
        /// Mode.
        likely: Span,
        /// Most.
        high: Span,
    },
    /// Lognormal through its median and its 90th percentile.
    Lognormal {
        /// Median.
        p50: Span,
        /// 90th percentile.
        p90: Span,
    },
    /// An event that happens with a probability and then adds its impact.
    Discrete {
        /// 0 to 1.
        probability: f64,
        /// Added when it happens.
        impact: Span,
    },
}

/// An interval in which kinds of work stop, e.g. a pollution alert. Hour precision.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// First stopped instant.
    pub from: DateTime,
    /// First instant allowed again; `None` while only the start is known.
    pub to: Option<DateTime>,
    /// Level as announced (`orange`).
    pub level: Option<String>,
    /// Activity kinds it stops; empty: all.
    pub kinds: Vec<String>,
    /// The notice it stands on.
    pub source: Option<String>,
}

/// A break planned within the work. It is counted from the start, so it moves where the work moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Break {
    /// After how much of the work.
    pub after: Span,
    /// For how long, in time in which the activity would otherwise be worked on.
    pub length: Span,
}

/// An activity of the plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// Identifier, unique in the plan.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// What it is.
    pub kind: ActivityKind,
    /// The summary above it.
    pub parent: Option<String>,
    /// Place (building, parcel …) it belongs to.
    pub place: Option<String>,
    /// Stage of the wall chart that it and all below it belong to, where the plan says so.
    pub stage: Option<String>,
    /// Kind of work for stops and risks (`earthwork`, `concrete` …).
    pub work_kind: Option<String>,
    /// Original duration, without its breaks; milestones and summaries have none.
    pub duration: Span,
    /// Breaks within it, each after more of the work than the one before.
    pub breaks: Vec<Break>,
    /// Own calendar; absent: the plan's.
    pub calendar: Option<String>,
    /// Own start, used only without incoming links (contract rule 2).
    pub start: Option<Moment>,
    /// Up to two constraints.
    pub constraints: Vec<Constraint>,
    /// Bounds late dates only.
    pub deadline: Option<Moment>,
    /// When it started.
    pub actual_start: Option<Moment>,
    /// When it finished (inclusive in a day plan).
    pub actual_finish: Option<Moment>,
    /// Per cent complete × 1000 (40 % is 40 000).
    pub percent_e3: Option<u32>,
    /// Remaining duration; absent: from the per cent.
    pub remaining: Option<Span>,
    /// From when on interrupted work goes on: what remains is not before it.
    pub resume: Option<Moment>,
    /// When its people expect to finish (inclusive in a day plan): while it is unfinished, it lasts until then, longer or
    /// shorter than its duration. A day before what remains can start is no longer used.
    pub expected_finish: Option<Moment>,
    /// Measured quantity.
    pub quantity: Option<Box<Quantity>>,
    /// What the work is worth when it is done, in fen: dates never depend on it.
    pub value_fen: Option<i64>,
    /// Resources it needs.
    pub needs: Vec<Need>,
    /// Uncertainty of the duration.
    pub risk: Option<Box<Risk>>,
    /// Shortest duration it can be brought to; absent: the setting (80 %).
    pub min_duration: Option<Span>,
    /// Price of a day saved, in fen.
    pub cost_per_day_fen: Option<i64>,
    /// Whether it may be shortened at all: false for waiting, statutory periods and work on an authority's calendar.
    pub is_compressible: bool,
    /// Stops of this activity alone.
    pub stops: Vec<Stop>,
    /// Where it came from in the file, for diagnostics.
    pub at: Option<Place>,
}

impl Activity {
    /// A task with an id, that id as its name, and a duration; everything else absent.
    pub fn task(id: impl Into<String>, duration: Span) -> Activity {
        let id = id.into();
        Activity::named(id.clone(), id, duration)
    }

    /// A task with an id, a name, and a duration; everything else absent.
    pub fn named(id: String, name: String, duration: Span) -> Activity {
        Activity {
            id,
            name,
            kind: ActivityKind::Task,
            parent: None,
            place: None,
            stage: None,
            work_kind: None,
            duration,
            breaks: Vec::new(),
            calendar: None,
            start: None,
            constraints: Vec::new(),
            deadline: None,
            actual_start: None,
            actual_finish: None,
            percent_e3: None,
            remaining: None,
            resume: None,
            expected_finish: None,
            quantity: None,
            value_fen: None,
            needs: Vec::new(),
            risk: None,
            min_duration: None,
            cost_per_day_fen: None,
            is_compressible: true,
            stops: Vec::new(),
            at: None,
        }
    }

    /// Asks for so many more units of a resource.
    pub fn add_need(&mut self, resource: &str, amount: u32) {
        match self.needs.iter_mut().find(|need| need.resource == resource) {
            Some(need) => need.amount = need.amount.saturating_add(amount),
            None => {
                // Most activities need one resource; a vector left to itself begins with room for four.
                if self.needs.is_empty() {
                    self.needs.reserve_exact(1);
                }
                self.needs.push(Need { resource: resource.to_owned(), amount });
            }
        }
    }
}

/// The four precedence relationships.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkKind {
    /// Finish to start.
    #[default]
    FS,
    /// Start to start.
    SS,
    /// Finish to finish.
    FF,
    /// Start to finish.
    SF,
}

/// A precedence relationship between two activities.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Predecessor id.
    pub from: String,
    /// Successor id.
    pub to: String,
    /// Which ends it ties.
    pub kind: LinkKind,
    /// Lag (negative: lead).
    pub lag: Span,
    /// Where it came from in the file, for diagnostics.
    pub at: Option<Place>,
}

/// A change of a resource's capacity.
#[derive(Clone, Debug, PartialEq)]
pub struct CapacityStep {
    /// From this day on.
    pub from: Date,
    /// Units available.
    pub capacity: u32,
}

/// A renewable resource: crews, tower cranes, formwork sets.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Identifier.
    pub id: String,
    /// Units available.
    pub capacity: u32,
    /// Its own calendar.
    pub calendar: Option<String>,
    /// Later changes of the capacity.
    pub steps: Vec<CapacityStep>,
    /// Ids of the activities that it works one after the other without waiting, in this order: floors, sections, buildings.
    /// Empty for what has no route. Only levelling keeps it.
    pub route: Vec<String>,
}

/// A date commanded for an activity.
#[derive(Clone, Debug, PartialEq)]
pub struct Mandate {
    /// The activity whose finish is bound, usually a milestone.
    pub activity: String,
    /// Latest finish, inclusive.
    pub finish_by: Moment,
    /// Name of the mandated milestone.
    pub name: Option<String>,
}

/// Whose calendar a lag is counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LagCalendar {
    /// The predecessor's.
    #[default]
    Predecessor,
    /// The successor's.
    Successor,
    /// The plan's default calendar.
    Project,
    /// 24 hours a day.
    Elapsed,
}

/// What logic does to work that has begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProgressRule {
    /// Remaining work waits for unfinished predecessors.
    #[default]
    RetainedLogic,
    /// Remaining work ignores unfinished predecessors.
    Override,
    /// Out-of-sequence work counts its lags from actual dates.
    ActualDates,
}

/// From where the remaining work of begun activities goes on. A data date decides by either rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RemainingRule {
    /// The data date (Primavera P6); in a plan without one, the actual start.
    #[default]
    FromDataDate,
    /// In a plan without a data date, behind the part that is done, counted from the actual start (Microsoft Project);
    /// the late start of begun work is then its actual start.
    AfterWorkedPart,
}

/// Which activities are called critical.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CriticalRule {
    /// Total float ≤ 0.
    #[default]
    Zero,
    /// Total float equal to the least of the plan.
    Minimum,
    /// On the driving chain of the last finish.
    LongestPath,
}

/// How far an as-late-as-possible activity moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AsLateRule {
    /// By its free float (Primavera P6).
    #[default]
    FreeFloat,
    /// By its total float (Microsoft Project).
    TotalFloat,
}

/// Options of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Options {
    /// Calendar of lags.
    pub lag_calendar: LagCalendar,
    /// Progress rule.
    pub progress: ProgressRule,
    /// Remaining rule.
    pub remaining: RemainingRule,
    /// Critical rule.
    pub critical: CriticalRule,
    /// As-late-as-possible rule.
    pub as_late: AsLateRule,
    /// Share of the remaining duration below which nothing is shortened, per cent × 1000; `None` is the setting's 80 %.
    pub min_duration_percent_e3: Option<u32>,
}

impl Options {
    /// Whether remaining work goes on behind the part that is done: nothing says how far the facts reach.
    pub(crate) fn follows_worked_part(&self, data_date: Option<Moment>) -> bool {
        self.remaining == RemainingRule::AfterWorkedPart && data_date.is_none()
    }
}

/// A whole plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Name for people.
    pub name: Option<String>,
    /// Days or minutes.
    pub granularity: Granularity,
    /// Nothing starts before it (contract rule 2 lists the exceptions).
    pub start: Moment,
    /// Facts up to the day before are in; unstarted work is not before it.
    pub data_date: Option<Moment>,
    /// Default calendar id.
    pub calendar: Option<String>,
    /// Options.
    pub options: Options,
    /// Calendars.
    pub calendars: Vec<Calendar>,
    /// Activities in the author's order.
    pub activities: Vec<Activity>,
    /// Links.
    pub links: Vec<Link>,
    /// Resources.
    pub resources: Vec<Resource>,
    /// Mandated dates.
    pub mandated: Vec<Mandate>,
    /// Stops of the whole plan.
    pub stops: Vec<Stop>,
}
