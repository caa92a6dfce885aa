//! Planned to date against done: in percentage points, with the lamp and the rule that gave it. Pure.
//!
//! The gap is done − planned in percentage points, never a ratio. Roll-ups weigh each work item by its planned working days;
//! an average of percentages is never taken. The numbers that make it a lamp are a rule set's (`rule_sets`).

use crate::features::rule_sets::model::{GapRules, Measure};
use guatu_kernel::guarantee::WorkDays;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The lamp of a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapLamp {
    /// As planned or ahead.
    Good,
    /// At risk.
    Warn,
    /// Late.
    Bad,
}

impl GapLamp {
    /// Its class and locale key.
    pub fn name(self) -> &'static str {
        match self {
            GapLamp::Good => "good",
            GapLamp::Warn => "warn",
            GapLamp::Bad => "bad",
        }
    }
}

/// Grades a gap in tenths of a percentage point, negative when behind.
pub fn grade(gap_e1: i64, rules: &GapRules) -> GapLamp {
    match -gap_e1 {
        behind if behind > rules.bad_points_e1 => GapLamp::Bad,
        behind if behind >= rules.warn_points_e1 => GapLamp::Warn,
        _ => GapLamp::Good,
    }
}

/// Planned share of the year by elapsed months, in tenths of a per cent: the common official reading, 8 of 12 is 66.7 %.
pub fn linear_by_months_e1(months: u8) -> i64 {
    (i64::from(months.min(12)) * 1000 + 6) / 12
}

/// Planned share of the year at the end of a day by a linear measure, in tenths of a per cent; a month has passed with its last
/// day. `None` of the curve, which is no share of a year.
pub fn linear_e1(measure: Measure, on: Date) -> Option<i64> {
    match measure {
        Measure::Curve => None,
        Measure::Months => Some(linear_by_months_e1(on.month().unsigned_abs() - u8::from(on != on.last_of_month()))),
        Measure::Days => Some((i64::from(on.day_of_year()) * 1000 + i64::from(on.days_in_year()) / 2) / i64::from(on.days_in_year())),
    }
}

/// A planned and a done share, each the sum of weights.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weighed {
    /// Sum of weights.
    pub weight: f64,
    /// Weight of what is planned to date.
    pub planned: f64,
    /// Weight of what is done.
    pub done: f64,
    /// Weight of what the year of the day is to bring: planned through its end, less what stood at its start.
    pub year_planned: f64,
    /// Weight of what was done in that year.
    pub year_done: f64,
}

impl Weighed {
    /// Adds a work item: its weight, and the shares planned and done, 0 to 1.
    pub fn add(&mut self, weight: f64, planned: f64, done: f64) {
        self.weight += weight;
        self.planned += weight * planned;
        self.done += weight * done;
    }

    /// Adds what a work item has of the year: the shares of it that are planned for the year and were done in it.
    pub fn add_year(&mut self, weight: f64, planned: f64, done: f64) {
        self.year_planned += weight * planned;
        self.year_done += weight * done;
    }

    /// Planned, done and gap as a rule set measures them on a day. By a linear measure these are shares of the year's plan;
    /// what has none is measured by the curve.
    pub fn judged_e1(&self, measure: Measure, on: Date) -> Option<(i64, i64, i64)> {
        match linear_e1(measure, on).filter(|_| self.year_planned > 0.0) {
            Some(planned) => {
                let done = (self.year_done / self.year_planned * 1000.0).round() as i64;
                Some((planned, done, done - planned))
            }
            None => self.points_e1(),
        }
    }

    /// Adds another sum.
    pub fn join(&mut self, other: &Weighed) {
        self.year_planned += other.year_planned;
        self.year_done += other.year_done;
        self.weight += other.weight;
        self.planned += other.planned;
        self.done += other.done;
    }

    /// Planned, done and gap in tenths of a per cent or percentage point; `None` when nothing is weighed.
    pub fn points_e1(&self) -> Option<(i64, i64, i64)> {
        if self.weight <= 0.0 {
            return None;
        }
        let share = |part: f64| (part / self.weight * 1000.0).round() as i64;
        // What is not done is not called done, however little is left.
        let is_done = self.done >= self.weight * (1.0 - 1e-9);
        let (planned, done) = (share(self.planned), if is_done { share(self.done) } else { share(self.done).min(999) });
        Some((planned, done, done - planned))
    }
}

/// Share of an activity planned through a day: working days of its baseline that have passed.
pub fn planned_share(work: &WorkDays, baseline: (Date, Date), through: Date) -> f64 {
    let (start, finish) = baseline;
    if through >= finish {
        return 1.0;
    }
    let before = work.before(start);
    let whole = work.through(finish) - before;
    if through < start || whole <= 0.0 { 0.0 } else { (work.through(through) - before) / whole }
}

/// Share done through a day before anything was measured: work that began on a day and stood at a share by another grew evenly by
/// working days between them.
pub fn recorded_share(work: &WorkDays, start: Option<Date>, (until, share): (Date, f64), through: Date) -> f64 {
    start.filter(|start| *start <= until).map_or(0.0, |start| share * planned_share(work, (start, until), through))
}

/// Tenths as people write them: `-3.5`.
pub fn tenths_text(value_e1: i64) -> String {
    let sign = if value_e1 < 0 { "-" } else { "" };
    format!("{sign}{}.{}", value_e1.abs() / 10, value_e1.abs() % 10)
}

/// Tenths with a sign, of what is ahead as well.
pub fn signed(value_e1: i64) -> String {
    if value_e1 > 0 { format!("+{}", tenths_text(value_e1)) } else { tenths_text(value_e1) }
}
