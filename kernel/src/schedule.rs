//! The answer: dates, floats, drivers and what it takes to keep the mandated dates.

use crate::calendar::{DAY_MINUTES, END_DAY, FIRST_DAY, Unit, date_of};
use crate::cpm::{Passes, backward, forward};
use crate::diagnose::Diagnostic;
use crate::explain::{self, Driver};
use crate::mandate::{self, Outlook};
use crate::network::{Hanger, Network, Node, Role, VIRTUAL, traits};
use crate::plan::{CriticalRule, Moment, Plan};

/// Computed dates of a plan. Indexes are positions in [`Plan::activities`] and [`Plan::mandated`].
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Earliest start of anything, in the style of the plan's calendar.
    pub start: Option<Moment>,
    /// Latest early finish of anything, in the style of the plan's calendar.
    pub finish: Option<Moment>,
    /// Dates of each activity; `None` where an error touches it.
    pub activities: Vec<Option<Dates>>,
    /// Breaks within unfinished activities at their early dates, in the order of the plan.
    pub breaks: Vec<BreakDates>,
    /// One entry for each mandated date whose activity has dates.
    pub milestones: Vec<Outlook>,
    /// What was found, errors among it.
    pub diagnostics: Vec<Diagnostic>,
}

impl Schedule {
    /// Float of an activity to each mandated date it leads to: index in [`Schedule::milestones`] and working days of
    /// the activity's own calendar, the milestone's date alone considered (contract rule 13).
    pub fn float_to(&self, activity: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.milestones.iter().enumerate().filter_map(move |(at, outlook)| {
            let found = outlook.floats.binary_search_by_key(&activity, |(activity, _)| *activity).ok()?;
            Some((at, outlook.floats[found].1))
        })
    }

    /// Breaks of an activity, in order.
    pub fn breaks_of(&self, activity: usize) -> impl Iterator<Item = &BreakDates> {
        breaks_of(&self.breaks, activity)
    }

    /// Whether any diagnostic is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|found| found.severity == crate::diagnose::Severity::Error)
    }
}

/// When nobody works on an activity between its dates: from the first instant of a break to its last, or days inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakDates {
    /// Index of the activity.
    pub activity: usize,
    /// First instant or day.
    pub from: Moment,
    /// Last instant or day.
    pub to: Moment,
}

/// Those of one activity among breaks in the order of the plan.
pub(crate) fn breaks_of(breaks: &[BreakDates], activity: usize) -> impl Iterator<Item = &BreakDates> {
    let first = breaks.partition_point(|one| one.activity < activity);
    breaks[first..].iter().take_while(move |one| one.activity == activity)
}

/// Dates of one activity. A finish is inclusive wherever it is printed as a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Dates {
    /// ES; the actual start once there is one.
    pub early_start: Moment,
    /// EF; the actual finish once there is one.
    pub early_finish: Moment,
    /// LS, of the remaining work once begun; `None` when finished.
    pub late_start: Option<Moment>,
    /// LF; `None` when finished.
    pub late_finish: Option<Moment>,
    /// TF in working days of its own calendar; `None` when finished.
    pub total_float_days: Option<f64>,
    /// FF in working days of its own calendar; `None` when finished and for hammocks.
    pub free_float_days: Option<f64>,
    /// By the plan's critical rule.
    pub is_critical: bool,
    /// What holds it where it is; `None` for summaries and hammocks.
    pub driver: Option<Driver>,
}

/// Schedules a plan. Never fails and never panics: what cannot be dated has no dates and a diagnostic says why.
pub fn schedule(plan: &Plan) -> Schedule {
    let network = Network::compile(plan);
    let passes = backward(&network, forward(&network));
    report(plan, &network, &passes)
}

/// What both passes over a plan's network say about the plan.
pub(crate) fn report(plan: &Plan, network: &Network, passes: &Passes) -> Schedule {
    let mut report = Report::new(plan, network, passes);
    report.write_leaves();
    report.write_hammocks();
    report.mark_critical();
    report.roll_up();
    report.finish()
}

/// A plan at positions that need not be the earliest.
pub(crate) struct Laid {
    pub(crate) start: Option<Moment>,
    pub(crate) activities: Vec<Option<Dates>>,
    pub(crate) breaks: Vec<BreakDates>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// The dates of a plan at the positions of passes.
pub(crate) fn dates_at(plan: &Plan, network: &Network, passes: &Passes) -> Laid {
    let mut report = Report::new(plan, network, passes);
    report.write_leaves();
    report.write_hammocks();
    report.roll_up();
    let start = report.extents.iter().flatten().map(|extent| extent.start).min();
    let start = start.map(|label| start_moment(network, network.plan_calendar, label));
    let breaks = report.breaks();
    Laid { start, activities: report.activities, breaks, diagnostics: report.diagnostics }
}

/// Labels and floats of an activity before they are printed, for rolling up.
#[derive(Clone, Copy)]
struct Extent {
    start: i32,
    finish: i32,
    late: Option<(i32, i32)>,
}

struct Report<'a> {
    plan: &'a Plan,
    network: &'a Network,
    passes: &'a Passes,
    extents: Vec<Option<Extent>>,
    activities: Vec<Option<Dates>>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Report<'a> {
    fn new(plan: &'a Plan, network: &'a Network, passes: &'a Passes) -> Report<'a> {
        let count = plan.activities.len();
        Report {
            plan,
            network,
            passes,
            extents: vec![None; count],
            activities: vec![None; count],
            diagnostics: network.diagnostics.clone(),
        }
    }

    fn write_leaves(&mut self) {
        for (at, role) in self.network.roles.iter().enumerate() {
            match *role {
                Role::Done { start, finish } => self.write_done(at, start, finish),
                Role::Node(node) => self.write_node(at, node as usize),
                Role::Summary | Role::Hammock(_) | Role::Undated => {}
            }
        }
    }

    fn write_done(&mut self, at: usize, start: i32, finish: i32) {
        let activity = &self.plan.activities[at];
        self.extents[at] = Some(Extent { start, finish, late: None });
        self.activities[at] = Some(Dates {
            // Facts are printed as they were written, also on days nobody planned to work.
            early_start: activity.actual_start.unwrap_or_else(|| self.start_moment(self.network.plan_calendar, start)),
            early_finish: activity
                .actual_finish
                .unwrap_or_else(|| self.finish_moment(self.network.plan_calendar, finish)),
            late_start: None,
            late_finish: None,
            total_float_days: None,
            free_float_days: None,
            is_critical: false,
            driver: Some(Driver::Actual),
        });
    }

    fn write_node(&mut self, at: usize, index: usize) {
        let (network, passes) = (self.network, self.passes);
        let node = &network.nodes[index];
        let calendar = &network.calendars[node.calendar as usize];
        let (early, late) = (passes.early[index * 2], passes.late[index]);
        let (start, finish) = (calendar.start_label(early), network.finish_label(node, passes.early[index * 2 + 1]));
        if !self.is_on_axis(start) || !self.is_on_axis(finish) {
            let id = &self.plan.activities[at].id;
            let message = format!(
                "{id} runs past the years 1900 to 2200 or its calendar ends before it; shorten what leads to it"
            );
            self.diagnostics
                .push(Diagnostic::new("K-114", message, Vec::new()).about(id, self.plan.activities[at].at.as_ref()));
            return;
        }
        let span = passes.early[index * 2 + 1] - early;
        let late_labels = (calendar.start_label(late), network.finish_label(node, late + span));
        let is_point = node.has(traits::START_POINT);
        let fact = self.plan.activities[at].actual_start.filter(|_| node.has(traits::STARTED));
        let shown_start = fact.and_then(|fact| fact_label(network, node, fact)).unwrap_or(start);
        // Begun work cannot start another time; what is left of it can, and that is what the other rule prints.
        let late_fact = fact.filter(|_| self.plan.options.follows_worked_part(self.plan.data_date));
        let late_labels = (if late_fact.is_some() { shown_start } else { late_labels.0 }, late_labels.1);
        self.extents[at] = Some(Extent { start: shown_start, finish, late: Some(late_labels) });
        let finish_moment =
            |label| if is_point { self.start_moment(node.own, label) } else { self.finish_moment(node.own, label) };
        self.activities[at] = Some(Dates {
            early_start: fact.unwrap_or_else(|| self.start_moment(node.own, start)),
            early_finish: finish_moment(finish),
            late_start: late_fact.or_else(|| Some(self.start_moment(node.own, late_labels.0))),
            late_finish: Some(finish_moment(late_labels.1)),
            total_float_days: Some(network.days(node, network.units_between(node, early, late))),
            free_float_days: Some(network.days(node, network.units_between(node, early, passes.free[index]).max(0))),
            is_critical: false,
            driver: Some(explain::driver(network, passes, index)),
        });
        if let Some((from, units)) = explain::overruled(network, passes, index) {
            let [id, from] = [at, from].map(|at| &self.plan.activities[at].id);
            let days = network.days(node, units);
            let message = format!(
                "the hard date of {id} is {days} days sooner than {from} and their link let it be; move the date, shorten what comes before, or take out the link"
            );
            let params = vec![id.clone(), days.to_string(), from.clone()];
            self.diagnostics
                .push(Diagnostic::new("K-223", message, params).about(id, self.plan.activities[at].at.as_ref()));
        }
    }

    fn is_on_axis(&self, label: i32) -> bool {
        let day = if self.network.is_minute_axis { label.div_euclid(DAY_MINUTES) } else { label };
        (FIRST_DAY..END_DAY).contains(&day)
    }

    fn start_moment(&self, calendar: u32, label: i32) -> Moment {
        start_moment(self.network, calendar, label)
    }

    fn finish_moment(&self, calendar: u32, label: i32) -> Moment {
        finish_moment(self.network, calendar, label)
    }

    /// Breaks of everything that has dates, where the passes put them.
    fn breaks(&self) -> Vec<BreakDates> {
        let network = self.network;
        let mut breaks = Vec::new();
        for node in network.pauses.chunk_by(|one, other| one.0 == other.0) {
            let index = node[0].0 as usize;
            let (start, finish) = (self.passes.early[index * 2], self.passes.early[index * 2 + 1]);
            let node = &network.nodes[index];
            let activity = node.activity as usize;
            let calendar = &network.calendars[node.calendar as usize];
            if self.activities[activity].is_none() {
                continue;
            }
            let units = finish - start + i32::from(calendar.unit == Unit::Day);
            breaks.extend(network.breaks(index, units).map(|(from, to)| BreakDates {
                activity,
                from: self.start_moment(node.own, calendar.start_label(start + from)),
                to:
                    self.finish_moment(
                        node.own,
                        calendar.finish_label(start + to - i32::from(calendar.unit == Unit::Day)),
                    ),
            }));
        }
        breaks.sort_by_key(|one| one.activity);
        breaks
    }

    /// Hammocks hang between what has dates by now.
    fn write_hammocks(&mut self) {
        for at in 0..self.plan.activities.len() {
            let Role::Hammock(hammock) = self.network.roles[at] else { continue };
            let hammock = &self.network.hammocks[hammock as usize];
            let early = self.hang(&hammock.starts, &hammock.finishes, |extent| Some((extent.start, extent.finish)));
            let late = self.hang(&hammock.starts, &hammock.finishes, |extent| extent.late);
            let Some((start, finish)) = early else {
                let id = &self.plan.activities[at].id;
                let message =
                    format!("hammock {id} has no dates: tie its start by SS or FS and its finish by FF or SF");
                self.diagnostics.push(Diagnostic::new("K-214", message, Vec::new()).about(id, None));
                continue;
            };
            let calendar = &self.network.calendars[hammock.calendar as usize];
            let labels = |(start, finish): (i32, i32)| (calendar.start_label(start), calendar.finish_label(finish));
            let float = late.map(|(late_start, late_finish)| (late_start - start).min(late_finish - finish));
            let ((start, finish), late) = (labels((start, finish)), late.map(labels));
            self.extents[at] = Some(Extent { start, finish, late });
            self.activities[at] = Some(Dates {
                early_start: self.start_moment(hammock.calendar, start),
                early_finish: self.finish_moment(hammock.calendar, finish),
                late_start: late.map(|(start, _)| self.start_moment(hammock.calendar, start)),
                late_finish: late.map(|(_, finish)| self.finish_moment(hammock.calendar, finish)),
                total_float_days: float.map(|units| f64::from(units) / f64::from(calendar.units_per_day)),
                free_float_days: None,
                is_critical: false,
                driver: None,
            });
        }
    }

    /// Positions of a hammock's two ends from the labels of what they hang on.
    fn hang(
        &self,
        starts: &[Hanger],
        finishes: &[Hanger],
        read: impl Fn(&Extent) -> Option<(i32, i32)>,
    ) -> Option<(i32, i32)> {
        let bound = |hanger: &Hanger| {
            let (start, finish) = read(self.extents[hanger.activity as usize].as_ref()?)?;
            let label = if hanger.reads_finish { finish } else { start };
            Some(hanger.tie.bound_of_label(&self.network.calendars, label))
        };
        let start = starts.iter().filter_map(bound).max()?;
        let finish = finishes.iter().filter_map(bound).max()?;
        Some((start, finish.max(start)))
    }

    fn mark_critical(&mut self) {
        let floats = self.activities.iter().flatten().filter_map(|dates| dates.total_float_days);
        let bound = match self.plan.options.critical {
            CriticalRule::Zero => 0.0,
            CriticalRule::Minimum => floats.fold(f64::INFINITY, f64::min),
            CriticalRule::LongestPath => return self.mark_longest_path(),
        };
        for dates in self.activities.iter_mut().flatten() {
            dates.is_critical = dates.total_float_days.is_some_and(|float| float <= bound);
        }
    }

    fn mark_longest_path(&mut self) {
        for node in explain::longest_path(self.network, self.passes) {
            let activity = self.network.nodes[node].activity;
            if activity != VIRTUAL
                && let Some(dates) = &mut self.activities[activity as usize]
            {
                dates.is_critical = true;
            }
        }
    }

    /// Summaries: least and greatest dates of the leaves, least float, critical if a leaf is (contract rule 8).
    fn roll_up(&mut self) {
        let mut gathered: Vec<Option<(Extent, Dates)>> = vec![None; self.activities.len()];
        for at in 0..self.activities.len() {
            let (Some(extent), Some(dates)) = (self.extents[at], &self.activities[at]) else { continue };
            let mut above = self.network.parents[at];
            while above != u32::MAX {
                let slot = &mut gathered[above as usize];
                match slot {
                    Some((known, sum)) => widen(known, sum, extent, dates),
                    None => *slot = Some((extent, Dates { driver: None, ..dates.clone() })),
                }
                above = self.network.parents[above as usize];
            }
        }
        for (at, gathered) in gathered.into_iter().enumerate() {
            if let (Role::Summary, Some((extent, dates))) = (self.network.roles[at], gathered) {
                (self.extents[at], self.activities[at]) = (Some(extent), Some(dates));
            }
        }
    }

    fn finish(mut self) -> Schedule {
        let calendar = self.network.plan_calendar;
        let start = self.extents.iter().flatten().map(|extent| extent.start).min();
        let is_dated = self.activities.iter().any(Option::is_some);
        let finish = self.passes.end.filter(|end| is_dated && self.is_on_axis(*end));
        let milestones =
            mandate::outlooks(self.plan, self.network, self.passes, &self.activities, &mut self.diagnostics);
        Schedule {
            start: start.map(|label| self.start_moment(calendar, label)),
            finish: finish.map(|label| self.finish_moment(calendar, label)),
            breaks: self.breaks(),
            activities: self.activities,
            milestones,
            diagnostics: self.diagnostics,
        }
    }
}

fn widen(known: &mut Extent, sum: &mut Dates, extent: Extent, dates: &Dates) {
    if extent.start < known.start {
        (known.start, sum.early_start) = (extent.start, dates.early_start);
    }
    if extent.finish > known.finish {
        (known.finish, sum.early_finish) = (extent.finish, dates.early_finish);
    }
    if let Some((late_start, late_finish)) = extent.late {
        let (old_start, old_finish) = known.late.unwrap_or((i32::MAX, i32::MIN));
        if late_start < old_start {
            sum.late_start = dates.late_start;
        }
        if late_finish > old_finish {
            sum.late_finish = dates.late_finish;
        }
        known.late = Some((old_start.min(late_start), old_finish.max(late_finish)));
    }
    sum.total_float_days = least(sum.total_float_days, dates.total_float_days);
    sum.free_float_days = least(sum.free_float_days, dates.free_float_days);
    sum.is_critical |= dates.is_critical;
}

fn least(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// A start label in the style of a calendar: days, or instants.
pub(crate) fn start_moment(network: &Network, calendar: u32, label: i32) -> Moment {
    match network.calendars[calendar as usize].unit {
        Unit::Day => Moment::Day(date_of(label)),
        Unit::WholeDay => Moment::Day(date_of(label.div_euclid(DAY_MINUTES))),
        Unit::Minute => instant(label),
    }
}

/// A finish label in the style of a calendar; a whole day's finish is that day.
pub(crate) fn finish_moment(network: &Network, calendar: u32, label: i32) -> Moment {
    match network.calendars[calendar as usize].unit {
        Unit::Day => Moment::Day(date_of(label)),
        Unit::WholeDay => Moment::Day(date_of((label - 1).div_euclid(DAY_MINUTES))),
        Unit::Minute => instant(label),
    }
}

fn instant(label: i32) -> Moment {
    let minute = label.rem_euclid(DAY_MINUTES);
    Moment::Instant(date_of(label.div_euclid(DAY_MINUTES)).at((minute / 60) as i8, (minute % 60) as i8, 0, 0))
}

/// Label of a node's finish in the style of its own calendar.
pub(crate) fn finish_of(network: &Network, node: &Node, position: i32) -> Moment {
    let label = network.finish_label(node, position);
    if node.has(traits::START_POINT) {
        start_moment(network, node.own, label)
    } else {
        finish_moment(network, node.own, label)
    }
}

/// Label of an actual start, to compare with those of other activities.
fn fact_label(network: &Network, node: &Node, fact: Moment) -> Option<i32> {
    crate::measure::label(fact, &network.calendars[node.own as usize], None, crate::measure::DayEdge::Beginning)
}
