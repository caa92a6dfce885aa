//! From facts and the plan to what pages show: every work item of a project assessed on a day, kept while nothing changes.

use super::model::{Needed, Period};
use super::progress::{Weighed, planned_share};
use super::measured::Measured;
use super::store;
use crate::db::Conn;
use crate::features::Guatu;
use crate::features::plan;
use crate::features::plan::network::{PlannedOn, ProjectWork};
use anyhow::Result;
use guatu_kernel::guarantee::{Actuals, Commitment, Item, ItemFacts, PeriodKind, TOLERANCE, Window, ahead, assess};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::HashMap;
use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError};

/// A work item as pages show it.
#[derive(Clone, Debug)]
pub struct Assessed {
    /// The activity.
    pub activity: String,
    /// Its name.
    pub name: String,
    /// Its stage on the wall chart, where it has one.
    pub stage: Option<String>,
    /// Its unit.
    pub unit: String,
    /// Total, by the plan that was in force on the day.
    pub total: f64,
    /// Done through today.
    pub done: f64,
    /// What the kernel found, standing on what was done before today.
    pub facts: ItemFacts,
    /// Who promised for a kind of period that holds today.
    pub promised_by: Vec<(PeriodKind, String)>,
    /// On which days of the week, Monday first, its calendar works.
    workdays: [bool; 7],
    /// Done today, once today's report is in.
    pub done_today: Option<f64>,
    /// What today's report has made of the days after it, where it is in and says something else than the morning did.
    ahead: Option<Box<ItemFacts>>,
    /// Share planned to date by the baseline that was in force on the day, 0 to 1.
    pub planned: f64,
    /// Crew-days that a unit takes by the approved baseline: what works of different units are added up by.
    pub unit_crew_days: f64,
}

impl Assessed {
    /// Share done, 0 to 1.
    pub fn done_share(&self) -> f64 {
        if self.total > 0.0 { (self.done / self.total).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// What can still be kept, and what would restore the rest: after today's report from tomorrow on, before it from today on.
    pub fn outlook(&self) -> &ItemFacts {
        self.ahead.as_deref().unwrap_or(&self.facts)
    }

    /// Still to be done today of what is asked for today.
    pub fn left_today(&self) -> f64 {
        (self.facts.today - self.done_today.unwrap_or(0.0).max(0.0)).max(0.0)
    }

    /// Whether what was promised for the period of a kind is done so far; `None` where nobody has promised.
    pub fn is_promise_kept(&self, kind: PeriodKind) -> Option<bool> {
        let window = self.facts.windows.iter().find(|window| window.period.kind == kind)?;
        window.will.map(|will| window.done + TOLERANCE >= will)
    }

    /// Whether it is worked on a day of the week that was assessed.
    pub fn is_worked_on(&self, day: Date) -> bool {
        self.workdays[usize::from(day.weekday().to_monday_zero_offset().unsigned_abs())]
    }

    /// Whether anything was left to do this morning.
    pub fn was_open(&self) -> bool {
        self.facts.done + TOLERANCE < self.total
    }

    /// Whether anything is left to do.
    pub fn is_open(&self) -> bool {
        self.done + TOLERANCE < self.total
    }
}

/// A project assessed on a day.
#[derive(Debug, Default)]
pub struct ProjectTargets {
    /// Work items in the order of the plan.
    pub items: Vec<Assessed>,
    /// Position of each building's items.
    pub by_building: HashMap<String, Vec<usize>>,
    /// Planned to date and done, by building.
    pub weighed: HashMap<String, Weighed>,
}

impl ProjectTargets {
    /// Work items of a building.
    pub fn of<'a>(&'a self, building: &str) -> impl Iterator<Item = &'a Assessed> + use<'a> {
        self.by_building.get(building).into_iter().flatten().map(|at| &self.items[*at])
    }

    /// Planned to date and done, of all buildings together.
    pub fn whole(&self) -> Weighed {
        self.weighed_of(|_| true)
    }

    /// The same of some of them.
    pub fn weighed_of(&self, is_counted: impl Fn(&str) -> bool) -> Weighed {
        let mut sum = Weighed::default();
        self.weighed.iter().filter(|(building, _)| is_counted(building)).for_each(|(_, weighed)| sum.join(weighed));
        sum
    }
}

/// What an assessment stands on: digest of the schedule, newest fact about the work, day.
type Stamp = (String, u64, Date);

/// Assessments made before, by project: one holds for as long as schedule, measurements, promises and day are the same. Two
/// days of a project are kept, since a round looks at today and at yesterday.
#[derive(Debug, Default)]
pub struct Kept(Mutex<HashMap<String, Days>>);

/// Assessments of one project, each with what it stands on.
type Days = Vec<(Stamp, Arc<ProjectTargets>)>;

/// Days of a project that are kept.
const KEPT_DAYS: usize = 2;

/// A project's work items on a day: facts up to the day before are in, and today's own count towards the periods.
pub async fn project(conn: &mut Conn, domain: &Guatu, id: &str, today: Date) -> Result<Arc<ProjectTargets>> {
    let Some(digest) = plan::store::digest(conn, id).await? else { return Ok(Arc::default()) };
    let stamp: Stamp = (digest, store::newest(conn, id).await?, today);
    if let Some(kept) = domain.assessments.0.lock().unwrap_or_else(PoisonError::into_inner).get(id)
        && let Some((_, targets)) = kept.iter().find(|(known, _)| *known == stamp)
    {
        return Ok(targets.clone());
    }
    let targets = Arc::new(compute(conn, domain, id, today).await?);
    let mut all = domain.assessments.0.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = all.entry(id.to_owned()).or_default();
    kept.retain(|((_, _, day), _)| *day != today);
    if kept.len() == KEPT_DAYS {
        kept.remove(0);
    }
    kept.push((stamp, targets.clone()));
    Ok(targets)
}

async fn compute(conn: &mut Conn, domain: &Guatu, id: &str, today: Date) -> Result<ProjectTargets> {
    let scheduled = domain.networks.scheduled(conn, id).await?;
    let planned = domain.networks.planned_on(conn, id, today).await?;
    let first = planned.first_counted(&scheduled.bars, today);
    match domain.networks.work(conn, id, first).await? {
        Some(work) => of_work(conn, domain, id, today, (&work, &planned)).await,
        None => Ok(ProjectTargets::default()),
    }
}

/// The windows that can be promised of each work item of a building, by activity: those that hold today and the next of each kind.
pub async fn promisable(conn: &mut Conn, domain: &Guatu, id: &str, building: &str, today: Date) -> Result<HashMap<String, Vec<Window>>> {
    let targets = project(conn, domain, id, today).await?;
    let mut windows: HashMap<String, Vec<Window>> = targets.of(building).map(|item| (item.activity.clone(), item.facts.windows.clone())).collect();
    let scheduled = domain.networks.scheduled(conn, id).await?;
    let first = PlannedOn::default().first_counted(&scheduled.bars, today);
    let Some(work) = domain.networks.work(conn, id, first).await? else { return Ok(windows) };
    let done: HashMap<&str, f64> = targets.of(building).map(|item| (item.activity.as_str(), item.facts.done)).collect();
    for (at, item) in work.items.iter() {
        let activity = &work.base.plan.activities[at].id;
        if let (Some(windows), Some(done)) = (windows.get_mut(activity), done.get(activity.as_str())) {
            let next = PeriodKind::ALL.map(|kind| kind.around(kind.around(today).to.saturating_add(1.days())));
            windows.extend(next.map(|period| ahead(&item, *done, period, today)));
        }
    }
    Ok(windows)
}

/// A project's work items were its measured work what is given, that of its schedule or of one that somebody tries, against the
/// plan they are held to.
pub async fn of_work(conn: &mut Conn, domain: &Guatu, id: &str, today: Date, (work, planned_on): (&ProjectWork, &PlannedOn)) -> Result<ProjectTargets> {
    let periods = PeriodKind::ALL.map(|kind| kind.around(today));
    let scheduled = domain.networks.scheduled(conn, id).await?;
    // Windows look at what was done before the start of each period, before today, and through today.
    let eve = |day: Date| day.saturating_sub(1.days());
    let (yesterday, tomorrow) = (eve(today), today.saturating_add(1.days()));
    let mut days: Vec<(Date, Date)> = periods.iter().map(|period| period.from).chain([today, tomorrow]).map(|day| (eve(day), day)).collect();
    days.sort_unstable();
    days.dedup();
    let week = days_of_week(today);
    let done = domain.measured.of(conn, id).await?;
    let mut promised: HashMap<String, Vec<Commitment>> = HashMap::new();
    let mut promisers: HashMap<String, Vec<(PeriodKind, String)>> = HashMap::new();
    for one in store::commitments(conn, id, today).await? {
        if one.from <= today {
            promisers.entry(one.activity.clone()).or_default().push((one.kind, one.promised_by));
        }
        let (will, cumulative) = (units(one.will_e3), units(one.cumulative_e3));
        let commitment = Commitment { period: one.kind.around(one.from), will, cumulative };
        promised.entry(one.activity).or_default().push(commitment);
    }
    let Some(year) = periods.iter().find(|period| period.kind == PeriodKind::Year) else { return Ok(ProjectTargets::default()) };
    let year_eve = eve(year.from);
    let mut begun: Vec<Option<HashMap<String, Needed>>> = Vec::new();
    for period in &periods {
        begun.push(store::needs(conn, id, period.kind, period.from).await?);
    }
    let items: Vec<(usize, Item<'_>)> = work.items.iter().collect();
    let assessed = side_by_side(&items, |(at, item)| {
        let (bar, activity) = (scheduled.bars.get(*at)?, &work.base.plan.activities[*at]);
        let (building, _) = (bar.place.as_ref()?, bar.baseline?);
        let baseline = planned_on.of(bar);
        let total = planned_on.total(&activity.id, item.total).unwrap_or(item.total);
        let recorded = item.total * f64::from(bar.percent_e3) / 100_000.0;
        let actuals = match done.get(&activity.id) {
            Some(one) => cumulative(&days, one),
            // Not measured yet: what the plan's own record of progress says, as of its start.
            None => Actuals::from_cumulative(vec![(bar.actual_start.unwrap_or(today).min(yesterday), recorded)]),
        };
        let commitments = promised.get(&activity.id).map_or(&[][..], Vec::as_slice);
        let mut facts = assess(item, &actuals, commitments, today);
        // Today's target stands on what was done before today, so that doing it does not move it; what is shown as done has
        // today's report in it.
        for window in &mut facts.windows {
            window.done = actuals.before(tomorrow) - actuals.before(window.period.from);
            let Some(needs) = periods.iter().zip(&begun).find_map(|(period, needs)| needs.as_ref().filter(|_| *period == window.period)) else { continue };
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
        let planned = |through: Date| baseline.map_or(0.0, |baseline| planned_share(item.work, baseline, through));
        // What was not in the plan yet is no part of what was to be done.
        let weight = baseline.map_or(0.0, |(start, finish)| (item.work.through(finish) - item.work.before(start)).max(1.0));
        let assessed = Assessed {
            activity: activity.id.clone(),
            name: bar.name.clone(),
            stage: bar.stage.clone(),
            unit: bar.unit.clone().unwrap_or_default(),
            total,
            done: actuals.before(tomorrow),
            planned: planned(yesterday),
            unit_crew_days: if item.rate > 0.0 { f64::from(item.crews) / item.rate } else { 0.0 },
            facts,
            promised_by: promisers.get(&activity.id).cloned().unwrap_or_default(),
            workdays: week.map(|day| item.work.share(day) > 0.0),
            done_today,
            ahead,
        };
        let share = |amount: f64| if total > 0.0 { (amount / total).clamp(0.0, 1.0) } else { 0.0 };
        let of_year = (
            planned(year.to) - planned(year_eve),
            share(actuals.before(tomorrow)) - share(actuals.before(year.from)),
        );
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
    Ok(targets)
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

/// The periods of a project that hold today and that nobody has frozen yet, with what they need; none while the schedule does
/// not follow from the newest facts.
pub async fn unfrozen(conn: &mut Conn, domain: &Guatu, id: &str, today: Date) -> Result<Vec<Period>> {
    let mut missing = Vec::new();
    for period in PeriodKind::ALL.map(|kind| kind.around(today)) {
        if store::needs(conn, id, period.kind, period.from).await?.is_none() {
            missing.push(period);
        }
    }
    if missing.is_empty() || plan::store::settled_digest(conn, id).await?.is_none() {
        return Ok(Vec::new());
    }
    let targets = project(conn, domain, id, today).await?;
    let done = domain.measured.of(conn, id).await?;
    let e3 = |value: f64| (value * 1000.0).round() as i64;
    let needed = |period: &guatu_kernel::guarantee::Period| {
        let items = targets.items.iter().filter_map(|item| {
            let window = item.facts.windows.iter().find(|window| window.period == *period)?;
            let is_asked = window.should > TOLERANCE || window.will.is_some();
            let start_e3 = done.get(&item.activity).map_or_else(|| e3(item.facts.done), |done| done.before_e3(period.from));
            is_asked.then(|| Needed { activity: item.activity.clone(), should_e3: e3(window.should), can_e3: e3(window.can), start_e3 })
        });
        Period { kind: period.kind.name().into(), from: period.from, items: items.collect() }
    };
    Ok(missing.iter().map(needed).collect())
}

/// Steps at the days asked for, each behind the day before it, in order: all that windows look at.
fn cumulative(days: &[(Date, Date)], done: &Measured) -> Actuals {
    Actuals::from_cumulative(days.iter().map(|(eve, day)| (*eve, units(done.before_e3(*day)))).collect())
}

/// From thousandths.
pub(super) fn units(amount_e3: i64) -> f64 {
    amount_e3 as f64 / 1000.0
}
