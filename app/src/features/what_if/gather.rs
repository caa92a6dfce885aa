//! What a trial does: the plan as it is scheduled, the same plan with changes, and what differs.

use crate::db::Conn;
use crate::features::Guatu;
use crate::features::plan::changes::{Change, apply};
use crate::features::plan::network::{LaidOver, ProjectWork, Scheduled, breaks, first_counted};
use crate::features::plan::store::Bar;
use crate::features::targets::assess::{self, Assessed, ProjectTargets};
use crate::features::targets::terms::Terms;
use crate::refusal::Refusal;
use anyhow::{Context, Result};
use guatu_kernel::guarantee::TOLERANCE;
use guatu_kernel::{Dates, LivePlan, MilestoneFloat, Schedule, WorkTime};
use guatu_kernel::plan::{Moment, Plan, Span};
use jiff::ToSpan;
use jiff::civil::{Date, time};
use std::sync::Arc;

/// Of work that is as good as done a day more is no hundred days of duration.
const LEAST_LEFT: f64 = 0.01;

/// A mandated date before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Milestone {
    /// Its name.
    pub name: String,
    /// The date that is commanded.
    pub finish_by: Date,
    /// Forecast and float in working days as the plan stands.
    pub before: (Option<Date>, Option<f64>),
    /// The same with the changes.
    pub after: (Option<Date>, Option<f64>),
}

/// An activity that other dates are forecast for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Position of its bar.
    pub at: usize,
    /// Start and finish as the plan stands.
    pub before: (Date, Date),
    /// The same with the changes.
    pub after: (Date, Date),
}

/// What a trial does.
#[derive(Debug)]
pub struct Trial {
    /// The approved plan and what facts say of it.
    pub now: LaidOver,
    /// The approved plan with the changes: what would be put forward.
    pub changed: Plan,
    /// The schedule as it stands.
    pub scheduled: Arc<Scheduled>,
    /// The bars of the trial; the dates that are in force stand in the place of the baseline.
    pub bars: Vec<Bar>,
    /// Mandated dates, in order.
    pub milestones: Vec<Milestone>,
    /// Activities that move, in the order of the plan.
    pub moved: Vec<Moved>,
    /// Today's targets as the plan stands and with the changes.
    pub targets: (Arc<ProjectTargets>, ProjectTargets),
    /// Dates with the changes, by activity.
    schedule: Schedule,
}

impl Trial {
    /// Work items whose target of today is another one: position in both assessments.
    pub fn other_targets(&self) -> impl Iterator<Item = (&str, &Assessed, &Assessed)> {
        let (before, after) = &self.targets;
        before.by_building.iter().flat_map(move |(building, items)| {
            let pairs = items.iter().filter_map(|at| Some((building.as_str(), before.items.get(*at)?, after.items.get(*at)?)));
            pairs.filter(|(_, one, other)| (one.facts.today - other.facts.today).abs() > TOLERANCE)
        })
    }

    /// How many work items cannot be kept as the plan stands, and with the changes.
    pub fn broken(&self) -> (usize, usize) {
        let count = |targets: &ProjectTargets| targets.items.iter().filter(|item| item.outlook().first_impossible().is_some()).count();
        (count(&self.targets.0), count(&self.targets.1))
    }

    /// Duration in working days, at least one, with which an activity ends on a day: that of a bar whose end is drawn there.
    ///
    /// The end moves by what is left to do, and of begun work that is a share of the whole: a bar drawn one day longer lasts so
    /// much longer in all that its remaining part takes a day more. How late it is already is in its end and not counted twice.
    pub fn days_through(&self, activity: &str, finish: Date) -> Option<i64> {
        let at = *self.now.base.index.get(activity)?;
        let dates = self.schedule.activities.get(at)?.as_ref()?;
        let now = self.now.plan.activities.get(at)?;
        let end_of = |day: Date| Some(day.checked_add(1.day()).ok()?.to_datetime(time(0, 0, 0, 0)));
        let working = |from, to| WorkTime::of_plan(&self.now.plan).days_between(&self.now.plan, at, from, to);
        let present = match self.changed.activities.get(at)?.duration {
            Span::Working { days_e3, minutes: 0 } => days_e3 as f64 / 1000.0,
            _ => working(dates.early_start.date().to_datetime(time(0, 0, 0, 0)), end_of(dates.early_finish.date())?),
        };
        let moved = working(end_of(dates.early_finish.date())?, end_of(finish)?);
        let done = if now.actual_start.is_some() { f64::from(now.percent_e3.unwrap_or(0)) / 100_000.0 } else { 0.0 };
        let days = present + moved / (1.0 - done).max(LEAST_LEFT);
        Some((days.round() as i64).max(1))
    }
}

/// Tries changes on a project's plan as of a day; `None` where no plan is approved.
///
/// # Errors
/// The inner one, when a change cannot be tried.
pub async fn gather(conn: &mut Conn, domain: &Guatu, project: &str, changes: &[Change], today: Date) -> Result<Option<Result<Trial, Refusal>>> {
    let Some(now) = domain.networks.laid_over(conn, project, None).await? else { return Ok(None) };
    let changed = match apply(&now.base.plan, &now.plan, &now.base.index, changes) {
        Ok(changed) => changed,
        Err(refused) => return Ok(Some(Err(refused.into()))),
    };
    let then = domain.networks.laid_over(conn, project, Some(&changed)).await?.context("a plan that was approved a moment ago")?;
    let mut live = LivePlan::new(now.plan.clone());
    let (before, milestones_before) = (live.schedule(), live.milestones().to_vec());
    for change in changes {
        let at = now.base.index[&change.activity];
        live.revise(at, then.plan.activities[at].clone());
    }
    let schedule = live.schedule();
    let milestones = now.plan.mandated.iter().enumerate().map(|(at, mandate)| {
        let of = |floats: &[MilestoneFloat]| {
            let found = floats.iter().find(|one| one.mandate == at);
            (found.and_then(|one| one.forecast).map(Moment::date), found.and_then(|one| one.float_days))
        };
        let name = mandate.name.clone().unwrap_or_else(|| mandate.activity.clone());
        Milestone { name, finish_by: mandate.finish_by.date(), before: of(&milestones_before), after: of(live.milestones()) }
    });
    let milestones = milestones.collect();
    let scheduled = domain.networks.scheduled(conn, project).await?;
    let pair = |dates: Option<&Dates>| dates.map(|dates| (dates.early_start.date(), dates.early_finish.date()));
    let (mut bars, mut moved) = (Vec::with_capacity(scheduled.bars.len()), Vec::new());
    for (at, bar) in scheduled.bars.iter().enumerate() {
        let dates = schedule.activities.get(at).and_then(Option::as_ref);
        let (was, is) = (pair(before.activities.get(at).and_then(Option::as_ref)), pair(dates));
        bars.push(Bar {
            baseline: was,
            early: is,
            breaks: breaks(&schedule, at),
            late: dates.and_then(|dates| Some((dates.late_start?.date(), dates.late_finish?.date()))),
            float_days_e3: dates.and_then(|dates| dates.total_float_days).map(|days| (days * 1000.0).round() as i64),
            is_critical: dates.is_some_and(|dates| dates.is_critical),
            ..bar.clone()
        });
        if let (Some(before), Some(after)) = (was, is)
            && before != after
            && bar.kind != "summary"
        {
            moved.push(Moved { at, before, after });
        }
    }
    let first = first_counted(&scheduled.bars, today);
    let work = ProjectWork::of(now.base.clone(), live.plan(), &schedule, first, now.data_date);
    let Some(terms) = Terms::read(conn, domain, project, today).await? else { return Ok(None) };
    let tried = terms.with_work(work).assess(&*domain.measured.of(conn, project).await?);
    let targets = (assess::project(conn, domain, project, today).await?, tried);
    Ok(Some(Ok(Trial { now, changed, scheduled, bars, milestones, moved, targets, schedule })))
}
