//! The calendars of a plan: each compiled once, and once more for each set of stops that cuts it.

use std::collections::HashMap;

use crate::calendar::{DAY_MINUTES, StopMinutes, WorkCalendar, day_number, minute_number};
use crate::diagnose::Diagnostic;
use crate::plan::{Activity, Calendar, DayWork, Granularity, Moment, Plan, Resource, Stop};

/// The calendars of a plan while it is compiled. Calendar 0 works around the clock.
pub(crate) struct Shifts<'a> {
    pub(crate) compiled: Vec<WorkCalendar>,
    written: Vec<&'a Calendar>,
    by_id: HashMap<&'a str, u32>,
    /// Calendars by what is written, what stops them, and the calendars of resources they meet.
    cut: HashMap<(u32, Vec<StopMinutes>, Vec<u32>), u32>,
    /// Calendars of resources by their ids, when work waits for its resources.
    resources: HashMap<&'a str, &'a str>,
    /// The plan's default.
    pub(crate) default: Option<u32>,
    plan_stops: Vec<(&'a Stop, StopMinutes)>,
    data_date: Option<Moment>,
    is_minute_axis: bool,
}

/// Monday to Friday, eight hours: the calendar of a plan that has none.
pub(crate) fn fallback_calendar() -> Calendar {
    let week = std::array::from_fn(|day| if day < 5 { DayWork::Usual } else { DayWork::Free });
    Calendar { id: String::new(), name: None, week, minutes_per_day: 480, exceptions: Vec::new() }
}

impl<'a> Shifts<'a> {
    pub(crate) fn new(plan: &'a Plan, fallback: &'a Calendar, diagnostics: &mut Vec<Diagnostic>) -> Shifts<'a> {
        let is_minute_axis = plan.granularity == Granularity::Minute;
        let mut shifts = Shifts {
            compiled: vec![WorkCalendar::continuous(is_minute_axis)],
            written: vec![fallback],
            by_id: HashMap::new(),
            cut: HashMap::new(),
            resources: HashMap::new(),
            default: None,
            plan_stops: Vec::new(),
            data_date: plan.data_date,
            is_minute_axis,
        };
        for calendar in &plan.calendars {
            let compiled = WorkCalendar::compile(calendar, is_minute_axis, &[]);
            if !compiled.ever_works() {
                let message = format!(
                    "calendar {}: no day works, so nothing in it has dates; give it a working weekday",
                    calendar.id
                );
                diagnostics.push(Diagnostic::new("K-105", message, vec![calendar.id.clone()]));
            }
            let index = shifts.push(compiled, calendar);
            if shifts.by_id.insert(&calendar.id, index).is_some() {
                let message =
                    format!("calendar {}: given twice; the last one is used, rename one of them", calendar.id);
                diagnostics.push(Diagnostic::new("K-211", message, vec![calendar.id.clone()]));
            }
        }
        shifts.default = match (&plan.calendar, plan.calendars.is_empty()) {
            (Some(id), _) => shifts.named(id, None, diagnostics),
            (None, false) => Some(1),
            (None, true) => {
                let message = "the plan has no calendar; Monday to Friday is used, add one".to_owned();
                diagnostics.push(Diagnostic::new("K-210", message, Vec::new()));
                Some(shifts.push(WorkCalendar::compile(fallback, is_minute_axis, &[]), fallback))
            }
        };
        shifts.plan_stops = plan.stops.iter().map(|stop| (stop, shifts.interval(stop, diagnostics))).collect();
        shifts
    }

    fn push(&mut self, compiled: WorkCalendar, written: &'a Calendar) -> u32 {
        self.compiled.push(compiled);
        self.written.push(written);
        self.compiled.len() as u32 - 1
    }

    /// The calendar as written.
    pub(crate) fn written(&self, calendar: u32) -> &'a Calendar {
        self.written[calendar as usize]
    }

    fn named(&self, id: &str, activity: Option<&Activity>, diagnostics: &mut Vec<Diagnostic>) -> Option<u32> {
        let Some(&index) = self.by_id.get(id) else {
            let message = format!("calendar {id} does not exist; add it or name another");
            let diagnostic = Diagnostic::new("K-104", message, vec![id.to_owned()]);
            diagnostics.push(match activity {
                Some(activity) => diagnostic.about(&activity.id, activity.at.as_ref()),
                None => diagnostic,
            });
            return None;
        };
        self.compiled[index as usize].ever_works().then_some(index)
    }

    /// An activity's calendar: as written, for lags, and with its stops, for work. `None` when it has none that works.
    pub(crate) fn of(&mut self, activity: &Activity, diagnostics: &mut Vec<Diagnostic>) -> Option<(u32, u32)> {
        let base = match &activity.calendar {
            Some(id) => self.named(id, Some(activity), diagnostics)?,
            None => self.default?,
        };
        let met = self.resource_calendars(activity, base, diagnostics)?;
        if self.plan_stops.is_empty() && activity.stops.is_empty() && met.is_empty() {
            return Some((base, base));
        }
        let stops = self.stops_of(activity, diagnostics);
        if stops.is_empty() && met.is_empty() {
            return Some((base, base));
        }
        let key = (base, stops, met);
        if let Some(&known) = self.cut.get(&key) {
            return Some((base, known));
        }
        let written = self.written(base);
        let others: Vec<&Calendar> = key.2.iter().map(|met| self.written(*met)).collect();
        let compiled = WorkCalendar::meet(written, &others, self.is_minute_axis, &key.1);
        if !others.is_empty() && !compiled.ever_works() {
            let message = format!(
                "{}: its calendar and those of its resources never work at the same time; change one of them",
                activity.id
            );
            diagnostics.push(Diagnostic::new("K-123", message, Vec::new()).about(&activity.id, activity.at.as_ref()));
            return None;
        }
        let index = self.push(compiled, written);
        self.cut.insert(key, index);
        Some((base, index))
    }

    /// The stops that hold for an activity, in order and each once.
    pub(crate) fn stops_of(&self, activity: &Activity, diagnostics: &mut Vec<Diagnostic>) -> Vec<StopMinutes> {
        let of_plan =
            self.plan_stops.iter().filter(|(stop, _)| concerns(stop, activity)).map(|(_, interval)| *interval);
        let mut stops: Vec<StopMinutes> = of_plan.collect();
        for stop in activity.stops.iter().filter(|stop| concerns(stop, activity)) {
            stops.push(self.interval(stop, diagnostics));
        }
        stops.retain(|(from, to)| from < to);
        stops.sort_unstable();
        stops.dedup();
        stops
    }

    /// From here on work is done only when its resources work.
    pub(crate) fn meet_resources(&mut self, plan: &'a Plan) {
        let calendar = |one: &'a Resource| Some((one.id.as_str(), one.calendar.as_deref()?));
        self.resources = plan.resources.iter().filter_map(calendar).collect();
    }

    /// Calendars other than its own that an activity's resources work in, ascending. `None` when one does not exist.
    fn resource_calendars(
        &self,
        activity: &Activity,
        base: u32,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Vec<u32>> {
        let ids = activity.needs.iter().filter_map(|need| self.resources.get(need.resource.as_str()));
        let mut met = ids.map(|id| self.named(id, Some(activity), diagnostics)).collect::<Option<Vec<u32>>>()?;
        met.retain(|calendar| *calendar != base);
        met.sort_unstable();
        met.dedup();
        Some(met)
    }

    /// A stop in minutes. One without an end lasts to the data date, or through its first day when that is later.
    fn interval(&self, stop: &Stop, diagnostics: &mut Vec<Diagnostic>) -> StopMinutes {
        let from = minute_number(stop.from);
        let to = stop.to.map(minute_number).unwrap_or_else(|| {
            let message = format!(
                "the stop from {} has no end yet; it is counted to the data date, enter its end when it is announced",
                stop.from
            );
            diagnostics.push(Diagnostic::new("K-302", message, vec![stop.from.to_string()]));
            let first_day_end = (i64::from(day_number(stop.from.date())) + 1) * i64::from(DAY_MINUTES);
            let known_to = self.data_date.map(|at| i64::from(day_number(at.date())) * i64::from(DAY_MINUTES));
            known_to.unwrap_or(first_day_end).max(first_day_end)
        });
        (from, to)
    }
}

/// Whether a stop holds for an activity's kind of work; a stop without kinds holds for all.
pub(crate) fn concerns(stop: &Stop, activity: &Activity) -> bool {
    stop.kinds.is_empty() || activity.work_kind.as_ref().is_some_and(|kind| stop.kinds.contains(kind))
}
