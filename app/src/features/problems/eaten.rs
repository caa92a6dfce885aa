//! Float that a blocker has eaten: what each mandated date would have left, had work gone on while it stood.
//!
//! The plan is scheduled twice, as it stands and without the blocker. Without it, every work of the place that was under way or
//! could have begun (papers aside, which offices go on with) would have done a day's work on each working day since; what it did
//! all the same is taken off, day by day. The difference in float is what was eaten. Work whose progress nobody measured is left out: of it
//! nobody can say how long it stood.

use super::model::Cause;
use super::store::Problem;
use crate::db::Conn;
use crate::features::Guatu;
use crate::features::places::Tree;
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::{plan, targets};
use crate::features::plan::network::{LaidOver, STAGES, STATE_OF_PLACE};
use crate::features::plan::store::Bar;
use crate::features::targets::measured::Works;
use anyhow::Result;
use guatu_kernel::guarantee::TOLERANCE;
use guatu_kernel::plan::{Activity, LinkKind, Moment, Span};
use guatu_kernel::{LivePlan, WorkTime};
use jiff::ToSpan;
use jiff::civil::{Date, time};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Problems that are kept at a time.
const MOST_KEPT: usize = 1_000;

/// What a mandated date has lost.
#[derive(Clone, Debug, PartialEq)]
pub struct Eaten {
    /// The name of the milestone.
    pub name: String,
    /// The date that is commanded.
    pub finish_by: Date,
    /// Float in working days as the plan stands.
    pub left_days: f64,
    /// Float in working days had work gone on.
    pub without_days: f64,
}

impl Eaten {
    /// Working days of float that are gone.
    pub fn days(&self) -> f64 {
        self.without_days - self.left_days
    }
}

/// What a blocker holds up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held {
    /// Works: their place, their name, and for how many working days they stood.
    pub works: Vec<(Option<String>, String, i64)>,
    /// Mandated dates that have lost float, the most first.
    pub eaten: Vec<Eaten>,
}

/// What problems held up when it was asked last, by problem: one holds for as long as schedule, measurements and the problem's own
/// days and place are the same.
#[derive(Debug, Default)]
pub struct Kept(Mutex<HashMap<String, Stamped>>);

/// What it follows from, and what was held up.
type Stamped = (String, Option<Arc<Held>>);

impl Kept {
    /// What a problem has held up so far; `None` where it blocks nothing or no plan is approved.
    pub async fn held(&self, conn: &mut Conn, domain: &Guatu, tree: &Tree, case: &Problem) -> Result<Option<Arc<Held>>> {
        let (Cause::Blocker { .. }, Some(place)) = (&case.cause, tree.get(&case.place)) else { return Ok(None) };
        let Some(project) = tree.lineage(place).find(|above| above.kind == Kind::Project) else { return Ok(None) };
        let Some(state) = plan::store::project_plan(conn, &project.id).await? else { return Ok(None) };
        let digest = plan::store::digest(conn, &project.id).await?.unwrap_or_default();
        let measured = targets::store::newest(conn, &project.id).await?;
        let closed = case.closed.as_ref().map(|(on, ..)| on);
        let stamp = format!("{digest} {measured} {} {} {closed:?} {}", state.data_date, case.opened_on, place.path);
        if let Some((known, held)) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&case.id)
            && *known == stamp
        {
            return Ok(held.clone());
        }
        let found = held(conn, domain, tree, (case, place, project)).await?.map(Arc::new);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(case.id.clone(), (stamp, found.clone()));
        Ok(found)
    }
}

async fn held(conn: &mut Conn, domain: &Guatu, tree: &Tree, (case, place, project): (&Problem, &Place, &Place)) -> Result<Option<Held>> {
    let Some(laid) = domain.networks.laid_over(conn, &project.id, None).await? else { return Ok(None) };
    let scheduled = domain.networks.scheduled(conn, &project.id).await?;
    let done = domain.measured.of(conn, &project.id).await?;
    // What stopped the place on paper is the blocker's doing as well.
    let mut free = laid.plan.clone();
    free.activities.iter_mut().for_each(|activity| activity.stops.retain(|stop| stop.source.as_deref() != Some(STATE_OF_PLACE)));
    let time = WorkTime::of_plan(&free);
    let through = case.closed.as_ref().map_or(laid.data_date, |(on, ..)| (*on).min(laid.data_date));
    let is_within = |bar: &Bar| {
        let at = bar.place.as_deref().unwrap_or(&project.id);
        tree.get(at).is_some_and(|at| at.path.starts_with(&place.path))
    };
    let stood = Stood { laid: &laid, done: &done, time: &time, from: case.opened_on, through };
    let mut held = Held::default();
    let mut unblocked = laid.plan.clone();
    for (at, bar) in scheduled.bars.iter().enumerate().filter(|(_, bar)| is_within(bar)) {
        let Some(days) = stood.days(at, bar).filter(|days| *days > 0) else { continue };
        unblocked.activities[at] = without(&free.activities[at], stood.planned_days(at), days);
        held.works.push((bar.place.clone(), bar.name.clone(), days));
    }
    let (before, after) = (LivePlan::new(laid.plan.clone()), LivePlan::new(unblocked));
    for (before, after) in before.milestones().iter().zip(after.milestones()) {
        let mandate = &laid.plan.mandated[before.mandate];
        let (Some(left_days), Some(without_days)) = (before.float_days, after.float_days) else { continue };
        if without_days > left_days {
            let name = mandate.name.clone().unwrap_or_else(|| mandate.activity.clone());
            held.eaten.push(Eaten { name, finish_by: mandate.finish_by.date(), left_days, without_days });
        }
    }
    held.eaten.sort_by(|one, other| other.days().total_cmp(&one.days()));
    Ok(Some(held))
}

/// What is known of the time in which a blocker stood.
struct Stood<'a> {
    laid: &'a LaidOver,
    done: &'a Works,
    time: &'a WorkTime,
    from: Date,
    through: Date,
}

impl Stood<'_> {
    /// Working days of an activity from one day to another, which is not counted.
    fn between(&self, at: usize, from: Date, to: Date) -> f64 {
        let start = |day: Date| day.to_datetime(time(0, 0, 0, 0));
        if from >= to { 0.0 } else { self.time.days_between(&self.laid.plan, at, start(from), start(to)) }
    }

    /// How long an activity was planned, in working days.
    fn planned_days(&self, at: usize) -> f64 {
        let dates = self.laid.base.baseline.activities[at].as_ref();
        dates.map_or(0.0, |dates| self.between(at, dates.early_start.date(), dates.early_finish.date().saturating_add(1.day())))
    }

    /// The day since which an activity was under way or could have begun; `None` for what waits for other work.
    fn ready_since(&self, at: usize) -> Option<Date> {
        let activity = &self.laid.plan.activities[at];
        if let Some(start) = activity.actual_start {
            return Some(start.date());
        }
        let mut since = self.laid.plan.start.date();
        for link in self.laid.plan.links.iter().filter(|link| link.to == activity.id) {
            let from = &self.laid.plan.activities[*self.laid.base.index.get(&link.from)?];
            let awaited = match link.kind {
                LinkKind::FS | LinkKind::FF => from.actual_finish.map(Moment::date).map(|on| on.saturating_add(1.day())),
                LinkKind::SS | LinkKind::SF => from.actual_start.map(Moment::date),
            };
            since = since.max(awaited?);
        }
        Some(since)
    }

    /// Whole working days for which an activity stood; `None` where that cannot be said.
    fn days(&self, at: usize, bar: &Bar) -> Option<i64> {
        let is_paper = bar.stage.as_ref().is_some_and(|stage| STAGES.iter().any(|one| one.id == *stage && one.is_paper));
        if bar.kind != "task" || bar.actual_finish.is_some() || is_paper {
            return None;
        }
        let since = self.ready_since(at)?.max(self.from);
        let days = || since.series(1.days()).take_while(|day| *day < self.through);
        let next = |day: Date| day.saturating_add(1.day());
        let stood = match (self.done.get(&bar.activity), bar.quantity_e3) {
            (Some(done), Some(total)) if total > 0 => {
                let day_e3 = total as f64 / self.planned_days(at).max(1.0);
                // A day on which much was made does not make up for one on which nothing was.
                let stood = |day| {
                    let made_days = (done.before_e3(next(day)) - done.before_e3(day)) as f64 / day_e3;
                    (self.between(at, day, next(day)) - made_days).max(0.0)
                };
                days().map(stood).sum()
            }
            _ if bar.percent_e3 == 0 => self.between(at, since, self.through),
            _ => return None,
        };
        Some((stood + TOLERANCE).floor() as i64)
    }
}

/// An activity as it would be with some more days of work done on it.
fn without(activity: &Activity, planned_days: f64, days: i64) -> Activity {
    let mut activity = activity.clone();
    let share_left = 1.0 - f64::from(activity.percent_e3.unwrap_or(0)) / 100_000.0;
    let left_days = match activity.remaining {
        Some(Span::Working { days_e3, .. }) => days_e3 as f64 / 1000.0,
        _ => planned_days * share_left,
    };
    let left = Span::days(((left_days - days as f64).ceil() as i64).max(0));
    if activity.actual_start.is_some() { activity.remaining = Some(left) } else { activity.duration = left }
    // An expected finish would say how long it lasts in spite of it.
    activity.expected_finish = None;
    activity
}
