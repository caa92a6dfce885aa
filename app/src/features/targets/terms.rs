//! What the works of a project are held to on a day, and how they stand by it.
//!
//! Terms follow from the plan with the stops that are known, from promises, and from what periods needed when they began. What
//! was done is none of them: a day that has passed is assessed on the terms of its end with what has been reported of it since.

use super::assess::{Assessed, ProjectTargets, units};
use super::measured::{Measured, Works};
use super::model::Needed;
use super::progress::{Weighed, planned_share, recorded_share};
use super::store;
use crate::db::Conn;
use crate::features::Guatu;
use crate::features::plan::{self, network::{ProjectWork, Scheduled, first_counted}};
use crate::web::past::Looked;
use anyhow::Result;
use guatu_kernel::guarantee::{Actuals, Commitment, Item, Period, PeriodKind, TOLERANCE, assess};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::HashMap;
use std::num::NonZero;
use std::sync::Arc;

/// What the works of a project are held to on a day.
pub struct Terms {
    /// The day.
    day: Date,
    /// The measured work of the plan as it is scheduled.
    work: Arc<ProjectWork>,
    /// Its bars.
    scheduled: Arc<Scheduled>,
    /// Promises that hold on the day or later, by activity.
    promised: HashMap<String, Vec<Commitment>>,
    /// Who made those that hold on it.
    promised_by: HashMap<String, Vec<(PeriodKind, String)>>,
    /// The periods that hold on it, each with what it needed when it began; `None` where nobody has frozen that.
    periods: [(Period, Option<HashMap<String, Needed>>); PeriodKind::ALL.len()],
}

/// The terms of all active projects at the end of a day.
#[derive(Default)]
pub struct EndOfDay(HashMap<String, Terms>);

impl EndOfDay {
    /// The terms as they are known at the end of a day: to be read then, or from the ledger as it stood then.
    pub async fn read(conn: &mut Conn, domain: &Guatu, day: Date) -> Result<EndOfDay> {
        let mut all = HashMap::new();
        for state in plan::store::active(conn).await? {
            if let Some(terms) = Terms::read(conn, domain, &state.project, day).await? {
                all.insert(state.project, terms);
            }
        }
        Ok(EndOfDay(all))
    }

    /// The same of a day that a page is about; `None` of today, and of a day of which nothing is known.
    pub async fn looked(looked: &Looked) -> Result<Option<EndOfDay>> {
        match looked.then() {
            Some(then) => Ok(Some(EndOfDay::read(&mut then.db.reader().await?, &then.domain, looked.day).await?)),
            None => Ok(None),
        }
    }

    /// The terms of a project; `None` where it had none.
    pub fn of(&self, project: &str) -> Option<&Terms> {
        self.0.get(project)
    }
}

impl Terms {
    /// The terms of a day as they are known; `None` where there is no schedule.
    pub async fn read(conn: &mut Conn, domain: &Guatu, id: &str, day: Date) -> Result<Option<Terms>> {
        let scheduled = domain.networks.scheduled(conn, id).await?;
        let Some(work) = domain.networks.work(conn, id, first_counted(&scheduled.bars, day)).await? else { return Ok(None) };
        let mut promised: HashMap<String, Vec<Commitment>> = HashMap::new();
        let mut promised_by: HashMap<String, Vec<(PeriodKind, String)>> = HashMap::new();
        for one in store::commitments(conn, id, day).await? {
            if one.from <= day {
                promised_by.entry(one.activity.clone()).or_default().push((one.kind, one.promised_by));
            }
            let (will, cumulative) = (units(one.will_e3), units(one.cumulative_e3));
            let commitment = Commitment { period: one.kind.around(one.from), will, cumulative };
            promised.entry(one.activity).or_default().push(commitment);
        }
        let mut periods = PeriodKind::ALL.map(|kind| (kind.around(day), None));
        for (period, needs) in &mut periods {
            *needs = store::needs(conn, id, period.kind, period.from).await?;
        }
        Ok(Some(Terms { day, work, scheduled, promised, promised_by, periods }))
    }

    /// The same were its measured work another: of a plan of the same activities that somebody tries.
    pub fn with_work(self, work: ProjectWork) -> Terms {
        Terms { work: Arc::new(work), ..self }
    }

    /// The schedule they follow from, with what was to be expected of mandated dates.
    pub fn scheduled(&self) -> &Scheduled {
        &self.scheduled
    }

    /// How the works stand by them with what was done.
    pub fn assess(&self, done: &Works) -> ProjectTargets {
        let today = self.day;
        // Windows look at what was done before the start of each period, before today, and through today.
        let eve = |day: Date| day.saturating_sub(1.days());
        let (yesterday, tomorrow) = (eve(today), today.saturating_add(1.days()));
        let starts = self.periods.iter().map(|(period, _)| period.from);
        let mut days: Vec<(Date, Date)> = starts.chain([today, tomorrow]).map(|day| (eve(day), day)).collect();
        days.sort_unstable();
        days.dedup();
        let week = days_of_week(today);
        let year = PeriodKind::Year.around(today);
        let items: Vec<(usize, Item<'_>)> = self.work.items.iter().collect();
        let assessed = side_by_side(&items, |(at, item)| {
            let (bar, activity) = (self.scheduled.bars.get(*at)?, &self.work.base.plan.activities[*at]);
            let (building, baseline) = (bar.place.as_ref()?, bar.baseline?);
            let recorded = item.total * f64::from(bar.percent_e3) / 100_000.0;
            let measured = done.get(&activity.id);
            // Before it began nothing of it was done, whatever was recorded later of what stood when measuring began.
            let has_begun = bar.actual_start.is_none_or(|start| start <= today);
            let actuals = match measured {
                _ if !has_begun && measured.is_none_or(|one| one.first_on > today) => Actuals::from_cumulative(Vec::new()),
                Some(one) => cumulative(&days, one),
                // Not measured yet: what the plan's own record of progress says, as of its start.
                None => Actuals::from_cumulative(vec![(bar.actual_start.unwrap_or(today).min(yesterday), recorded)]),
            };
            let commitments = self.promised.get(&activity.id).map_or(&[][..], Vec::as_slice);
            let mut facts = assess(item, &actuals, commitments, today);
            // Today's target stands on what was done before today, so that doing it does not move it; what is shown as done has
            // today's report in it.
            for window in &mut facts.windows {
                window.done = actuals.before(tomorrow) - actuals.before(window.period.from);
                let Some(needs) = self.periods.iter().find_map(|(period, needs)| needs.as_ref().filter(|_| *period == window.period)) else { continue };
                // What a period needs is what it needed when it began: what was planned again since counts from the next one.
                let need = needs.get(&activity.id);
                window.should = need.map_or(0.0, |need| units(need.should_e3));
                if let Some(need) = need {
                    window.can = units(need.can_e3);
                }
            }
            let is_reported = done.get(&activity.id).is_some_and(|one| one.last_on >= today);
            let done_today = is_reported.then(|| actuals.before(tomorrow) - actuals.before(today));
            // Whoever does today's target keeps all that could be kept this morning: only then nothing has to be asked again.
            let is_changed = done_today.is_some_and(|done| done + TOLERANCE < facts.today || facts.first_impossible().is_some());
            let ahead = is_changed.then(|| Box::new(assess(item, &actuals, commitments, tomorrow)));
            let planned = |through: Date| planned_share(item.work, baseline, through);
            let weight = (item.work.through(baseline.1) - item.work.before(baseline.0)).max(1.0);
            let assessed = Assessed {
                activity: activity.id.clone(),
                name: bar.name.clone(),
                stage: bar.stage.clone(),
                unit: bar.unit.clone().unwrap_or_default(),
                total: item.total,
                done: actuals.before(tomorrow),
                grade: done.get(&activity.id).and_then(|one| one.grade_on(today)),
                planned: planned(yesterday),
                unit_crew_days: if item.rate > 0.0 { f64::from(item.crews) / item.rate } else { 0.0 },
                facts,
                promised_by: self.promised_by.get(&activity.id).cloned().unwrap_or_default(),
                workdays: week.map(|day| item.work.share(day) > 0.0),
                done_today,
                ahead,
            };
            let share = |amount: f64| if item.total > 0.0 { (amount / item.total).clamp(0.0, 1.0) } else { 0.0 };
            // What was done of the year's plan in the year before is no longer to be done, and what was left then still is.
            let stood = match (measured, bar.actual_finish) {
                (Some(one), _) => (eve(one.first_on), share(units(one.opening_e3))),
                (None, Some(finish)) => (finish, 1.0),
                (None, None) => (yesterday, share(recorded)),
            };
            let at_start = match measured {
                Some(one) if one.first_on < year.from => share(actuals.before(year.from)),
                _ => recorded_share(item.work, bar.actual_start, stood, eve(year.from)),
            };
            let of_year = ((planned(year.to) - at_start).max(0.0), share(actuals.before(tomorrow)) - at_start);
            Some((building, weight, of_year, assessed))
        });
        let mut targets = ProjectTargets { items: Vec::with_capacity(assessed.len()), ..ProjectTargets::default() };
        for (building, weight, of_year, assessed) in assessed {
            // Twenty work items share a building: its name is copied for the first.
            if !targets.by_building.contains_key(building) {
                targets.by_building.insert(building.clone(), Vec::new());
                targets.weighed.insert(building.clone(), Weighed::default());
            }
            if let (Some(weighed), Some(items)) = (targets.weighed.get_mut(building), targets.by_building.get_mut(building)) {
                weighed.add(weight, assessed.planned, assessed.done_share());
                weighed.add_year(weight, of_year.0, of_year.1);
                items.push(targets.items.len());
            }
            targets.items.push(assessed);
        }
        targets
    }
}

/// The days of the week of a day, Monday first.
fn days_of_week(day: Date) -> [Date; 7] {
    let monday = PeriodKind::Week.around(day).from;
    std::array::from_fn(|at| monday.saturating_add((at as i64).days()))
}

/// Fewer items than this are done before a thread has begun.
const FEW_ITEMS: usize = 1_000;

/// What becomes of each item, in their order; many are shared among the processors.
fn side_by_side<T: Sync, R: Send>(items: &[T], one: impl Fn(&T) -> Option<R> + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    if threads == 1 || items.len() < FEW_ITEMS {
        return items.iter().filter_map(one).collect();
    }
    std::thread::scope(|scope| {
        let parts = items.chunks(items.len().div_ceil(threads)).map(|part| scope.spawn(|| part.iter().filter_map(&one).collect::<Vec<R>>()));
        let running: Vec<_> = parts.collect();
        running.into_iter().flat_map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

/// Steps at the days asked for, each behind the day before it, in order: all that windows look at.
fn cumulative(days: &[(Date, Date)], done: &Measured) -> Actuals {
    Actuals::from_cumulative(days.iter().map(|(eve, day)| (*eve, units(done.before_e3(*day)))).collect())
}
