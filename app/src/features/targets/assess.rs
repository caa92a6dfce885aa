//! From facts and the plan to what pages show: every work item of a project assessed on a day, kept while nothing changes.

use super::model::{Grade, Needed, Period};
use super::progress::Weighed;
use super::store;
use super::terms::{EndOfDay, Terms};
use crate::db::Conn;
use crate::features::Guatu;
use crate::features::plan;
use crate::features::plan::network::first_counted;
use crate::web::past::Looked;
use anyhow::Result;
use guatu_kernel::guarantee::{ItemFacts, PeriodKind, TOLERANCE, Window, ahead};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::HashMap;
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
    /// Total.
    pub total: f64,
    /// Done through today.
    pub done: f64,
    /// Who stands for that; `None` where nothing was measured by then.
    pub grade: Option<Grade>,
    /// What the kernel found, standing on what was done before today.
    pub facts: ItemFacts,
    /// Who promised for a kind of period that holds today.
    pub promised_by: Vec<(PeriodKind, String)>,
    /// On which days of the week, Monday first, its calendar works.
    pub(super) workdays: [bool; 7],
    /// Done today, once today's report is in.
    pub done_today: Option<f64>,
    /// What today's report has made of the days after it, where it is in and says something else than the morning did.
    pub(super) ahead: Option<Box<ItemFacts>>,
    /// Share planned to date by the approved baseline, 0 to 1.
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
    match Terms::read(conn, domain, id, today).await? {
        Some(terms) => Ok(terms.assess(&*domain.measured.of(conn, id).await?)),
        None => Ok(ProjectTargets::default()),
    }
}

/// The same on the terms of the end of a day that has passed, with what has been reported and judged of it since; as they are
/// known now where none are given.
pub async fn on_terms(conn: &mut Conn, domain: &Guatu, id: &str, day: Date, end: Option<&EndOfDay>) -> Result<Arc<ProjectTargets>> {
    let Some(end) = end else { return project(conn, domain, id, day).await };
    let Some(terms) = end.of(id) else { return Ok(Arc::default()) };
    Ok(Arc::new(terms.assess(&*domain.measured.of(conn, id).await?)))
}

/// The same on the day that a page is about. Of a day that has passed: on the terms that stood at its end, what nobody then knew
/// of changes nothing, with what has been reported and judged of it since.
pub async fn looked(conn: &mut Conn, domain: &Guatu, id: &str, looked: &Looked) -> Result<Arc<ProjectTargets>> {
    let Some(then) = looked.then() else { return project(conn, domain, id, looked.day).await };
    let Some(terms) = Terms::read(&mut then.db.reader().await?, &then.domain, id, looked.day).await? else { return Ok(Arc::default()) };
    Ok(Arc::new(terms.assess(&*domain.measured.of(conn, id).await?)))
}

/// The windows that can be promised of each work item of a building, by activity: those that hold today and the next of each
/// kind, which stand on today's report once it is in.
pub async fn promisable(conn: &mut Conn, domain: &Guatu, id: &str, building: &str, today: Date) -> Result<HashMap<String, Vec<Window>>> {
    let targets = project(conn, domain, id, today).await?;
    let mut windows: HashMap<String, Vec<Window>> = targets.of(building).map(|item| (item.activity.clone(), item.facts.windows.clone())).collect();
    let scheduled = domain.networks.scheduled(conn, id).await?;
    let first = first_counted(&scheduled.bars, today);
    let Some(work) = domain.networks.work(conn, id, first).await? else { return Ok(windows) };
    let tomorrow = today.saturating_add(1.days());
    let stands = targets.of(building).map(|item| (item.activity.as_str(), (item.done, if item.done_today.is_some() { tomorrow } else { today })));
    let stands: HashMap<&str, (f64, Date)> = stands.collect();
    for (at, item) in work.items.iter() {
        let activity = &work.base.plan.activities[at].id;
        if let (Some(windows), Some((done, data_date))) = (windows.get_mut(activity), stands.get(activity.as_str())) {
            let next = PeriodKind::ALL.map(|kind| kind.around(kind.around(today).to.saturating_add(1.days())));
            windows.extend(next.map(|period| ahead(&item, *done, period, *data_date)));
        }
    }
    Ok(windows)
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

/// From thousandths.
pub(super) fn units(amount_e3: i64) -> f64 {
    amount_e3 as f64 / 1000.0
}
