//! Which risk points of a building are on today, how they are graded, and when each must be looked at: derived from its bars
//! and from what was measured there, kept nowhere.

use super::rules::{Colour, Danger, Parameter, RISKS, Risk, parameter};
use crate::features::plan::store::Bar;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// What people recorded of one building.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Measured values in thousandths of their units, with the day each was recorded.
    pub parameters: BTreeMap<String, (i64, Date)>,
    /// Risks that were regraded: colour and reason.
    pub grades: BTreeMap<String, (Colour, String)>,
    /// When risks were last looked at, and whether they were under control.
    pub checks: BTreeMap<String, (Date, bool)>,
}

/// A risk point that is on.
#[derive(Clone, Debug)]
pub struct Point {
    /// The risk.
    pub risk: &'static Risk,
    /// Its colour as it counts.
    pub colour: Colour,
    /// Why it is not the catalogue's; empty where it is.
    pub reason: String,
    /// Since when it is on.
    pub since: Date,
    /// When it was last looked at, and whether it was under control.
    pub checked: Option<(Date, bool)>,
    /// By when it must be looked at next.
    pub due: Date,
}

impl Point {
    /// Whether that day has passed.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.due < today
    }
}

/// The risks of a building.
#[derive(Clone, Debug, Default)]
pub struct Risks {
    /// Points that are on, the gravest first.
    pub points: Vec<Point>,
    /// What would have to be measured to know of others.
    pub gaps: Vec<&'static Parameter>,
}

/// Since when the plan has a building in one of some stages: a stage is on from a few days before its planned start, or from
/// its first report, until it is finished.
fn since(stages: &[String], bars: &[&Bar], today: Date) -> Option<Date> {
    let lead = i64::from(RISKS.lead.days).days();
    let running = bars.iter().filter(|bar| bar.kind != "summary" && bar.actual_finish.is_none());
    let within = running.filter(|bar| bar.stage.as_ref().is_some_and(|stage| stages.contains(stage)));
    let begins = within.filter_map(|bar| bar.actual_start.or_else(|| bar.early.map(|(start, _)| start.saturating_sub(lead))));
    begins.filter(|begin| *begin <= today).min()
}

/// The risks of a building on a day.
pub fn risks(bars: &[&Bar], recorded: &Recorded, today: Date) -> Risks {
    let mut found = Risks::default();
    for risk in &RISKS.risk {
        let by_plan = if risk.stages.is_empty() { None } else { since(&risk.stages, bars, today) };
        if !risk.stages.is_empty() && by_plan.is_none() {
            continue;
        }
        let measured = match risk.parameter.as_deref() {
            None => None,
            Some(id) => match recorded.parameters.get(id) {
                Some((value_e3, on)) if risk.holds(*value_e3) => Some(*on),
                Some(_) => continue,
                None => {
                    // Nobody counts the cranes of a building that has not begun: a gap is what the plan asks for.
                    if by_plan.is_some() {
                        found.gaps.extend(parameter(id));
                    }
                    continue;
                }
            },
        };
        let Some(since) = by_plan.max(measured) else { continue };
        let (colour, reason) = recorded.grades.get(&risk.id).cloned().unwrap_or_else(|| (risk.colour(), String::new()));
        let checked = recorded.checks.get(&risk.id).copied();
        let last = checked.map_or(since, |(on, _)| on.max(since));
        let due = last.saturating_add(i64::from(colour.rule().check_days).days());
        found.points.push(Point { risk, colour, reason, since, checked, due });
    }
    found.points.sort_by_key(|point| point.colour);
    found.gaps.sort_by_key(|parameter| &parameter.id);
    found.gaps.dedup_by_key(|parameter| &parameter.id);
    found
}

/// A dangerous work that is on, or whose next step is.
#[derive(Clone, Copy, Debug)]
pub struct Dangerous {
    /// The work.
    pub danger: &'static Danger,
    /// Its measured value in thousandths.
    pub value_e3: i64,
    /// A stage that waits for its acceptance and has begun, since when.
    pub overtaken: Option<Date>,
}

/// Dangerous works of a building: by what was measured, once their stage is on or has been.
///
/// A next step that begins without acceptance is not refused as a report: what a site says it did must be in the ledger,
/// above all when it should not have done it. It is listed instead, and offered as a major hazard, which it is by the
/// published list.
pub fn dangerous(bars: &[&Bar], recorded: &Recorded, today: Date) -> Vec<Dangerous> {
    let measured = RISKS.danger.iter().filter_map(|danger| {
        let (value_e3, _) = recorded.parameters.get(&danger.parameter)?;
        let in_stage = |bar: &&&Bar| bar.kind != "summary" && bar.stage.as_ref().is_some_and(|stage| danger.stages.contains(stage));
        let has_come = since(&danger.stages, bars, today).is_some() || bars.iter().filter(in_stage).any(|bar| bar.actual_start.is_some());
        let waits = |bar: &&&Bar| bar.stage.as_ref().is_some_and(|stage| danger.next.contains(stage));
        let overtaken = bars.iter().filter(waits).filter_map(|bar| bar.actual_start).min();
        (danger.is_one(*value_e3) && has_come).then_some(Dangerous { danger, value_e3: *value_e3, overtaken })
    });
    measured.collect()
}
