//! From facts to dates: the approved plan, with progress, mandated dates and links laid over it, through the kernel into
//! the bar table.
//!
//! Nothing here decides anything. A schedule is a function of facts, so a replay gives the same rows.

use super::model::{Progress, Source};
use super::heard;
use super::mapping;
use super::store::{self, Bar};
use crate::args;
use crate::db::{Conn, Value};
use crate::features::{calendars, places};
use crate::journal::domain::Urgency;
use crate::journal::sha256_hex;
use anyhow::{Context, Result, ensure};
use guatu_formats::plans::{self, Format, Limits};
use guatu_ledger::hash::sha256;
use guatu_kernel::diagnose::Severity;
use guatu_kernel::guarantee::{PeriodKind, PlanItems};
use guatu_kernel::plan::{Activity, ActivityKind, Constraint, ConstraintKind, Link, LinkKind, Mandate, Moment, Plan, Span, Stop};
use guatu_kernel::{Dates, Driver, Schedule, schedule};
use jiff::ToSpan;
use jiff::civil::{Date, time};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// An approved plan as kept, with what never changes about it.
#[derive(Debug)]
pub struct BasePlan {
    /// The plan as approved.
    pub plan: Plan,
    /// Index of each activity.
    pub index: HashMap<String, usize>,
    /// Its schedule before any fact: the baseline.
    pub baseline: Schedule,
    /// Depth of each activity in the breakdown structure.
    pub depths: Vec<u64>,
    /// Stage of each activity, by itself or by what it stands under.
    pub stages: Vec<Option<&'static str>>,
}

/// Plans read before, by the hash of their documents: a document never changes, so neither does this.
#[derive(Debug, Default)]
pub struct Networks {
    plans: Mutex<HashMap<String, Arc<BasePlan>>>,
    /// Schedules read before, by project: one holds for as long as the project's digest is the same.
    scheduled: Mutex<HashMap<String, (String, Arc<Scheduled>)>>,
    /// Measured work by project, under the same digest: whoever schedules a project has everything it is made of at hand.
    works: Mutex<HashMap<String, (String, Arc<ProjectWork>)>>,
}

/// What a project's schedule says.
#[derive(Debug, Default, Serialize)]
pub struct Scheduled {
    /// Its bars in the order of the plan.
    pub bars: Vec<Bar>,
    /// Its mandated dates in order.
    pub mandates: Vec<store::Mandate>,
    /// What is to be expected of them.
    pub outlooks: Vec<store::Outlook>,
}

impl Scheduled {
    async fn read(conn: &mut Conn, project: &str) -> Result<Scheduled> {
        Ok(Scheduled {
            bars: store::bars(conn, project, 0, u64::MAX >> 1).await?,
            mandates: store::mandates(conn, project).await?,
            outlooks: store::outlooks(conn, project).await?,
        })
    }

    /// What is to be expected of a mandated date.
    pub fn outlook(&self, mandate: &str) -> Option<&store::Outlook> {
        self.outlooks.iter().find(|outlook| outlook.mandate == mandate)
    }
}

/// The measured work of a project.
#[derive(Debug)]
pub struct ProjectWork {
    /// The approved plan, whose positions the items name.
    pub base: Arc<BasePlan>,
    /// Its work items.
    pub items: PlanItems,
    /// The first day whose working days are counted.
    first: Date,
}

impl ProjectWork {
    /// The measured work of a plan of the same activities, as it is scheduled; days from `first` on are covered.
    pub fn of(base: Arc<BasePlan>, plan: &Plan, computed: &Schedule, first: Date, data_date: Date) -> ProjectWork {
        ProjectWork { base, items: PlanItems::read(plan, computed, first, data_date), first }
    }
}

/// A plan with what facts say laid over it: what is scheduled.
#[derive(Debug)]
pub struct LaidOver {
    /// The approved plan.
    pub base: Arc<BasePlan>,
    /// The plan as it is scheduled. Waiting for other projects stands behind its own activities.
    pub plan: Plan,
    /// Facts up to the day before are in.
    pub data_date: Date,
    /// Whether the approved plan came from templates.
    pub is_from_template: bool,
}

/// The first day whose working days are counted on a day: the week over which its year began, or when work was first planned, or
/// earlier work would weigh nothing.
pub fn first_counted(bars: &[Bar], today: Date) -> Date {
    let year = PeriodKind::Year.around(today).from.saturating_sub(7.days());
    bars.iter().filter_map(|bar| bar.baseline).map(|(start, _)| start).min().map_or(year, |start| start.min(year))
}

/// Plans kept in memory at most.
const CACHE_LEN: usize = 64;

/// Limits for documents we wrote ourselves: as large as any plan that could be imported.
fn own_limits() -> Limits {
    Limits { text_bytes: 256 << 20, name_chars: 10_000, ..Limits::default() }
}

impl Networks {
    /// The schedule of a project; empty where it has none.
    pub async fn scheduled(&self, conn: &mut Conn, project: &str) -> Result<Arc<Scheduled>> {
        match store::digest(conn, project).await? {
            Some(digest) => self.under(conn, project, digest).await,
            None => Ok(Arc::default()),
        }
    }

    /// The schedules of all projects, in order of their ids.
    pub async fn all_scheduled(&self, conn: &mut Conn) -> Result<Vec<(String, Arc<Scheduled>)>> {
        let mut all = Vec::new();
        for (project, digest) in store::digests(conn).await? {
            let scheduled = self.under(conn, &project, digest).await?;
            all.push((project, scheduled));
        }
        Ok(all)
    }

    /// What is kept under a digest, or else read: until the digest after reading is the one from before it, since a writer
    /// may come between.
    async fn under(&self, conn: &mut Conn, project: &str, mut digest: String) -> Result<Arc<Scheduled>> {
        loop {
            if let Some((kept, scheduled)) = self.scheduled.lock().unwrap_or_else(PoisonError::into_inner).get(project)
                && *kept == digest
            {
                return Ok(scheduled.clone());
            }
            let scheduled = Arc::new(Scheduled::read(conn, project).await?);
            let after = store::digest(conn, project).await?.unwrap_or_default();
            if after == digest {
                let mut kept = self.scheduled.lock().unwrap_or_else(PoisonError::into_inner);
                kept.insert(project.to_owned(), (digest, scheduled.clone()));
                return Ok(scheduled);
            }
            digest = after;
        }
    }

    /// The measured work of a project as its schedule stands: rates of the baseline, working days with stops, latest dates.
    /// Days from `first` on are covered. `None` where there is no schedule.
    pub async fn work(&self, conn: &mut Conn, project: &str, first: Date) -> Result<Option<Arc<ProjectWork>>> {
        let settled = store::settled_digest(conn, project).await?;
        if let Some(digest) = &settled
            && let Some((known, work)) = self.works.lock().unwrap_or_else(PoisonError::into_inner).get(project)
            && known == digest
            && work.first <= first
        {
            return Ok(Some(work.clone()));
        }
        let Some(state) = store::project_plan(conn, project).await? else { return Ok(None) };
        let version = store::version(conn, &state.version).await?.context("an approved version is a version")?;
        let base = self.base(conn, &version.document).await?;
        let plan = laid_over(conn, (&base.plan, &base.index), &state, &version).await?;
        let computed = schedule(&plan);
        let items = PlanItems::read(&plan, &computed, first, state.data_date);
        let work = Arc::new(ProjectWork { base, items, first });
        // A writer may have come between: what is kept follows from the facts under its digest.
        if let Some(digest) = settled
            && store::settled_digest(conn, project).await?.as_ref() == Some(&digest)
        {
            self.keep(project, digest, work.clone());
        }
        Ok(Some(work))
    }

    /// A project's approved plan with what facts say laid over it, or another plan of the same activities in its place. `None`
    /// where nothing is approved.
    pub async fn laid_over(&self, conn: &mut Conn, project: &str, other: Option<&Plan>) -> Result<Option<LaidOver>> {
        let Some(state) = store::project_plan(conn, project).await? else { return Ok(None) };
        let version = store::version(conn, &state.version).await?.context("an approved version is a version")?;
        let base = self.base(conn, &version.document).await?;
        let plan = laid_over(conn, (other.unwrap_or(&base.plan), &base.index), &state, &version).await?;
        Ok(Some(LaidOver { base, plan, data_date: state.data_date, is_from_template: is_from_template(&version)? }))
    }

    /// The plan of any version of a project with what facts say laid over it, as it would be scheduled were it approved. `None`
    /// where nothing is approved yet: there are no facts about work then.
    pub async fn with_facts(&self, conn: &mut Conn, version: &store::Version) -> Result<Option<Plan>> {
        let Some(state) = store::project_plan(conn, &version.project).await? else { return Ok(None) };
        let base = self.base(conn, &version.document).await?;
        Ok(Some(laid_over(conn, (&base.plan, &base.index), &state, version).await?))
    }

    /// Latest start and finish of the works of a project's approved plan before anything happened, by position: what its mandated
    /// dates asked of work that has no such dates any more. Stops that came later are not known there.
    pub async fn required(&self, conn: &mut Conn, project: &str) -> Result<Vec<Option<(Date, Date)>>> {
        let Some(state) = store::project_plan(conn, project).await? else { return Ok(Vec::new()) };
        let version = store::version(conn, &state.version).await?.context("an approved version is a version")?;
        let base = self.base(conn, &version.document).await?;
        let mut plan = untouched(&base.plan);
        plan.mandated = mandated(&store::mandates(conn, project).await?, &base.index);
        if is_from_template(&version)? {
            calendars::set_festivals(conn, &mut plan).await?;
        }
        Ok(schedule(&plan).activities.iter().map(|dates| late(dates.as_ref()?)).collect())
    }

    fn keep(&self, project: &str, digest: String, work: Arc<ProjectWork>) {
        self.works.lock().unwrap_or_else(PoisonError::into_inner).insert(project.to_owned(), (digest, work));
    }

    /// The plan of a document.
    pub async fn base(&self, conn: &mut Conn, document: &str) -> Result<Arc<BasePlan>> {
        if let Some(found) = self.plans.lock().unwrap_or_else(PoisonError::into_inner).get(document) {
            return Ok(found.clone());
        }
        let bytes = store::document(conn, document).await?.with_context(|| format!("document {document} is kept"))?;
        ensure!(sha256_hex(&bytes) == document, "document {document} has other bytes: run `guatu verify`");
        let reading = plans::read(&bytes, Format::GuatuJson, &own_limits());
        let plan = reading.plan.with_context(|| format!("document {document} is a plan: {:?}", reading.diagnostics.first()))?;
        let base = Arc::new(base_plan(plan));
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if plans.len() >= CACHE_LEN {
            plans.clear();
        }
        plans.insert(document.to_owned(), base.clone());
        Ok(base)
    }
}

/// Why no dates follow from a kept plan: the first error, as its code and what it is about. `None` when they do.
pub(super) async fn flaw(conn: &mut Conn, document: &str) -> Result<Option<String>> {
    let bytes = store::document(conn, document).await?.with_context(|| format!("document {document} is kept"))?;
    let reading = plans::read(&bytes, Format::GuatuJson, &own_limits());
    let computed = reading.plan.as_ref().map(|plan| schedule(&as_approved(plan)));
    let found = reading.diagnostics.iter().chain(computed.iter().flat_map(|computed| &computed.diagnostics));
    let mut errors = found.filter(|found| found.severity == Severity::Error);
    Ok(errors.next().map(|found| format!("{} {}", found.code, found.activity.as_deref().unwrap_or_default()).trim().to_owned()))
}

fn base_plan(plan: Plan) -> BasePlan {
    let index: HashMap<String, usize> =
        plan.activities.iter().enumerate().map(|(at, activity)| (activity.id.clone(), at)).collect();
    let depths = plan
        .activities
        .iter()
        .map(|activity| {
            let mut above = activity.parent.as_ref();
            let mut depth = 0;
            while let Some(parent) = above.and_then(|id| index.get(id)).filter(|_| depth < 64) {
                depth += 1;
                above = plan.activities[*parent].parent.as_ref();
            }
            depth
        })
        .collect();
    let baseline = schedule(&as_approved(&plan));
    let above = |at: usize| plan.activities[at].parent.as_ref().and_then(|parent| index.get(parent)).copied();
    let stages = mapping::inherited(&plan.activities, above, mapping::own_stage);
    BasePlan { plan, index, baseline, depths, stages }
}

/// A plan as it was put forward and approved: its own progress in it, no commands from above. Its schedule is the baseline;
/// what had been done by then is not planned a second time.
pub fn as_approved(plan: &Plan) -> Plan {
    Plan { mandated: Vec::new(), ..plan.clone() }
}

/// A plan as it was before anything happened, without commands from above.
pub fn untouched(plan: &Plan) -> Plan {
    let mut untouched = plan.clone();
    untouched.data_date = None;
    untouched.mandated.clear();
    for activity in &mut untouched.activities {
        (activity.actual_start, activity.actual_finish, activity.percent_e3, activity.remaining) = (None, None, None, None);
        activity.expected_finish = None;
    }
    untouched
}

/// Schedules every project that facts have touched since the last time, predecessors in other projects first.
///
/// A decision about a plan is scheduled before its commit. What daily reports measured may wait a moment: hundreds of sites
/// report in the same minutes of the evening, and each project is then scheduled once for many reports.
pub async fn settle(conn: &mut Conn, networks: &Networks, urgency: Urgency) -> Result<()> {
    let most: i64 = match urgency {
        Urgency::Now => 1,
        Urgency::Soon => 2,
    };
    loop {
        let sql = "SELECT project FROM project_plan WHERE is_stale BETWEEN 1 AND ? ORDER BY project";
        let rows = conn.rows(sql, args![most]).await?;
        let mut stale = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>>>()?;
        if stale.is_empty() {
            return Ok(());
        }
        let ties = store::ties(conn).await?;
        while !stale.is_empty() {
            let is_ready = |project: &String| {
                !ties.iter().any(|tie| tie.to_project == *project && tie.from_project != *project && stale.contains(&tie.from_project))
            };
            let at = stale.iter().position(is_ready).unwrap_or(0);
            let project = stale.remove(at);
            let sources: Vec<&store::Tie> = ties.iter().filter(|tie| tie.from_project == project).collect();
            let before = tied_dates(conn, &sources).await?;
            schedule_project(conn, networks, &project).await?;
            if tied_dates(conn, &sources).await? != before {
                for tie in sources {
                    conn.execute("UPDATE project_plan SET is_stale = 1 WHERE project = ?", args![&tie.to_project]).await?;
                }
                break;
            }
        }
    }
}

/// Whether a project waits to be scheduled.
pub async fn is_behind(conn: &mut Conn) -> Result<bool> {
    Ok(conn.row("SELECT 1 FROM project_plan WHERE is_stale > 0 LIMIT 1", &[]).await?.is_some())
}

async fn tied_dates(conn: &mut Conn, sources: &[&store::Tie]) -> Result<Vec<Option<(Date, Date)>>> {
    let mut dates = Vec::new();
    for tie in sources {
        dates.push(store::bar(conn, &tie.from_project, &tie.from_activity).await?.and_then(|bar| bar.early));
    }
    Ok(dates)
}

async fn schedule_project(conn: &mut Conn, networks: &Networks, project: &str) -> Result<()> {
    let state = store::project_plan(conn, project).await?.context("a stale plan is a plan")?;
    let version = store::version(conn, &state.version).await?.context("an approved version is a version")?;
    let base = networks.base(conn, &version.document).await?;
    let mandates = store::mandates(conn, project).await?;
    let plan = laid_over(conn, (&base.plan, &base.index), &state, &version).await?;
    let computed = schedule(&plan);
    let bars = bars(conn, project, &base, &plan, &computed).await?;
    write_bars(conn, project, &bars).await?;
    let mut outlooks = Vec::new();
    conn.execute("DELETE FROM outlook WHERE project = ?", args![project]).await?;
    for outlook in &computed.milestones {
        let Some(mandate) = mandates.iter().find(|one| one.activity == plan.activities[outlook.activity].id) else { continue };
        let concessions: Vec<_> = outlook.concessions.iter().map(|one| guatu_formats::schedules::concession(&plan, one)).collect();
        let outlook = store::Outlook {
            mandate: mandate.id.clone(),
            forecast: outlook.forecast.date(),
            float_days_e3: outlook.float_days.map(e3),
            driving_chain: outlook.driving_chain.iter().map(|at| plan.activities[*at].id.clone()).collect(),
            concessions: concessions.into(),
        };
        conn.execute(
            "INSERT INTO outlook (project, mandate, forecast, float_days_e3, driving_chain, concessions) VALUES (?, ?, ?, ?, ?, ?)",
            args![
                project,
                &outlook.mandate,
                outlook.forecast,
                outlook.float_days_e3,
                serde_json::to_string(&outlook.driving_chain)?,
                outlook.concessions.to_string()
            ],
        )
        .await?;
        outlooks.push(outlook);
    }
    outlooks.sort_by(|one, other| one.mandate.cmp(&other.mandate));
    let first = first_counted(&bars, state.data_date);
    // Capacity hangs on more than dates: on rates of the document, on working days, on stops in which nothing was planned.
    let stand_still: Vec<_> = plan.activities.iter().filter(|one| !one.stops.is_empty()).map(|one| (&one.id, &one.stops)).collect();
    let under = format!("{} {:?} {:?} {stand_still:?}", version.document, plan.calendars, plan.stops);
    let scheduled = serde_json::to_vec(&Scheduled { bars, mandates, outlooks })?;
    let digest = sha256(&[&scheduled, under.as_bytes()]).to_string();
    let items = PlanItems::read(&plan, &computed, first, state.data_date);
    networks.keep(project, digest.clone(), Arc::new(ProjectWork { base, items, first }));
    let problem = computed.diagnostics.iter().find(|found| found.severity == Severity::Error);
    conn.execute(
        "UPDATE project_plan SET is_stale = 0, start_on = ?, finish_on = ?, problem = ?, digest = ? WHERE project = ?",
        args![
            computed.start.map(Moment::date),
            computed.finish.map(Moment::date),
            problem.map(|found| format!("{} {}", found.code, found.message)),
            digest,
            project
        ],
    )
    .await
    .map(drop)
}

/// A plan with the index of its activities.
type Indexed<'a> = (&'a Plan, &'a HashMap<String, usize>);

/// Whether a version came from templates, by however many changes.
fn is_from_template(version: &store::Version) -> Result<bool> {
    let source: Source = serde_json::from_str(&version.source)?;
    Ok(matches!(source, Source::Template | Source::Tried { is_from_template: true, .. }))
}

/// The approved plan with everything that facts say about it.
async fn laid_over(conn: &mut Conn, approved: Indexed<'_>, state: &store::ProjectPlan, version: &store::Version) -> Result<Plan> {
    let mandates = store::mandates(conn, &state.project).await?;
    let mut plan = overlay(conn, approved, state, &mandates).await?;
    if is_from_template(version)? {
        calendars::set_festivals(conn, &mut plan).await?;
    }
    Ok(plan)
}

/// Mandated dates of activities that the plan has.
fn mandated(mandates: &[store::Mandate], index: &HashMap<String, usize>) -> Vec<Mandate> {
    let known = mandates.iter().filter(|mandate| index.contains_key(&mandate.activity));
    let mandate = |mandate: &store::Mandate| Mandate {
        activity: mandate.activity.clone(),
        finish_by: Moment::Day(mandate.finish_by),
        name: Some(mandate.name.clone()),
    };
    known.map(mandate).collect()
}

/// Latest start and finish of what is not finished.
fn late(dates: &Dates) -> Option<(Date, Date)> {
    Some((dates.late_start?.date(), dates.late_finish?.date()))
}

/// Lays facts over the approved plan.
async fn overlay(conn: &mut Conn, approved: Indexed<'_>, state: &store::ProjectPlan, mandates: &[store::Mandate]) -> Result<Plan> {
    let project = &state.project;
    let (plan, index) = approved;
    let mut plan = plan.clone();
    plan.data_date = Some(Moment::Day(state.data_date));
    plan.mandated = mandated(mandates, index);
    let sql = "SELECT activity, actual_start, actual_finish, percent_e3, remaining_days FROM progress WHERE project = ?";
    for row in conn.rows(sql, args![project]).await? {
        if let Some(at) = index.get(&row.text(0)?) {
            let Progress { actual_start, actual_finish, percent_e3, remaining_days } = store::read_progress(&row, 1)?;
            let activity = &mut plan.activities[*at];
            activity.actual_start = actual_start.map(Moment::Day);
            activity.actual_finish = actual_finish.map(Moment::Day);
            activity.percent_e3 = percent_e3;
            activity.remaining = remaining_days.map(|days| Span::days(i64::from(days)));
            // Who reports progress knows that the work goes on, and it says more than what was expected before.
            (activity.resume, activity.expected_finish) = (None, None);
        }
    }
    for tie in store::ties(conn).await? {
        if tie.to_project == *project
            && let Some(at) = index.get(&tie.to_activity)
            && let Some((_, finish)) = store::bar(conn, &tie.from_project, &tie.from_activity).await?.and_then(|bar| bar.early)
        {
            tie_in(&mut plan, *at, &tie, finish);
        }
    }
    plan.stops.extend(calendars::stops(conn, project, state.data_date).await?);
    stand_still(conn, approved, &mut plan, state).await?;
    Ok(plan)
}

/// The source of stops that follow from the state of a place.
pub const STATE_OF_PLACE: &str = "state_of_place";

/// Work stands still where a major hazard or the state of the place has stopped it: everything at the place but papers, which offices go on with. While
/// nobody has let it go on, it stands until the day by which the hazard is to be gone, and past that day from one day to the
/// next.
async fn stand_still(conn: &mut Conn, (approved, index): Indexed<'_>, plan: &mut Plan, state: &store::ProjectPlan) -> Result<()> {
    let stops = heard::work_stops(conn, &state.project).await?;
    if stops.is_empty() {
        return Ok(());
    }
    let path = places::path(conn, &state.project).await?.unwrap_or_default();
    let known = places::store::subtree(conn, &path).await?;
    let named = mapping::named(&state.project, &known);
    let activities = &approved.activities;
    let above = |at: usize| activities[at].parent.as_ref().and_then(|parent| index.get(parent)).copied();
    let at_places = mapping::inherited(activities, above, |activity| mapping::own_place(activity, &named));
    let stages = mapping::inherited(activities, above, mapping::own_stage);
    let is_paper = |at: usize| stages[at].is_some_and(|stage| STAGES.iter().any(|one| one.id == stage && one.is_paper));
    for stop in stops {
        let Some(stopped) = known.iter().find(|place| place.id == stop.place) else { continue };
        let to = stop.ended_on.unwrap_or_else(|| stop.until.max(state.data_date).saturating_add(1.days()));
        let stop = Stop {
            from: stop.from.to_datetime(time(0, 0, 0, 0)),
            to: Some(to.to_datetime(time(0, 0, 0, 0))),
            level: None,
            kinds: Vec::new(),
            source: stop.hazard.is_none().then(|| STATE_OF_PLACE.to_owned()),
        };
        for (at, place) in at_places.iter().enumerate() {
            let within = place.and_then(|id| known.iter().find(|place| place.id == id)).is_some_and(|place| place.path.starts_with(&stopped.path));
            // What has no place of its own belongs to the project as a whole.
            if (within || (place.is_none() && stopped.id == state.project)) && !is_paper(at) {
                plan.activities[at].stops.push(stop.clone());
            }
        }
    }
    Ok(())
}

/// A predecessor in another project stands in this plan as a bound: directly, or through a waiting time.
fn tie_in(plan: &mut Plan, at: usize, tie: &store::Tie, finish: Date) {
    let Ok(after) = finish.checked_add(1.day()) else { return };
    if tie.lag_days > 0 {
        let mut waiting = Activity::task(format!("tie:{}", tie.id), Span::days(i64::from(tie.lag_days)));
        waiting.start = Some(Moment::Day(after));
        waiting.calendar.clone_from(&plan.activities[at].calendar);
        waiting.is_compressible = false;
        plan.links.push(Link {
            from: waiting.id.clone(),
            to: plan.activities[at].id.clone(),
            kind: LinkKind::FS,
            lag: Span::ZERO,
            at: None,
        });
        plan.activities.push(waiting);
        return;
    }
    let on = after.checked_add(i64::from(tie.lag_days).days()).unwrap_or(after);
    plan.activities[at].constraints.push(Constraint {
        kind: ConstraintKind::StartNoEarlierThan,
        on: Some(Moment::Day(on)),
        is_hard: false,
    });
}

/// A stage of the wall chart and the names by which imported plans call it.
#[derive(Debug, Deserialize)]
pub struct Stage {
    /// Identifier; its names are `stage.<id>` in the locale files.
    pub id: String,
    /// Other names.
    pub names: Vec<String>,
    /// Where its work is drawn on a building's elevation; without it, work counted in storeys goes up, other work stands
    /// beside the building.
    pub drawn: Option<Drawn>,
    /// Whether it is paperwork: a site that stands still does not stop it.
    #[serde(default)]
    pub is_paper: bool,
}

/// Where a work is drawn on an elevation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drawn {
    /// Under the ground line.
    Below,
    /// Storey by storey from the roof down.
    Down,
}

#[derive(Deserialize)]
struct StageFile {
    stage: Vec<Stage>,
}

/// Stages in the order they are passed, from data with source.
pub static STAGES: LazyLock<Vec<Stage>> = LazyLock::new(|| {
    let file: StageFile = toml::from_str(include_str!("../../../../rules/stages.toml"))
        .expect("rules/stages.toml is part of the program and read by a test");
    file.stage
});

async fn bars(conn: &mut Conn, project: &str, base: &BasePlan, plan: &Plan, computed: &Schedule) -> Result<Vec<Bar>> {
    let path = places::path(conn, project).await?.unwrap_or_default();
    let known = places::store::subtree(conn, &path).await?;
    let named = mapping::named(project, &known);
    let activities = &base.plan.activities;
    let above = |at: usize| activities[at].parent.as_ref().and_then(|parent| base.index.get(parent)).copied();
    let places = mapping::inherited(activities, above, |activity| mapping::own_place(activity, &named));
    let mut bars = Vec::with_capacity(activities.len());
    for (at, activity) in activities.iter().enumerate() {
        let now = &plan.activities[at];
        let dates = computed.activities[at].as_ref();
        let (driver, driver_activity) = driver(plan, dates);
        bars.push(Bar {
            project: project.to_owned(),
            ordinal: at as u64,
            activity: activity.id.clone(),
            name: activity.name.clone(),
            kind: kind_name(activity.kind).to_owned(),
            depth: base.depths[at],
            place: places[at].map(str::to_owned),
            // A summary sums up what has stages of its own.
            stage: base.stages[at].filter(|_| activity.kind != ActivityKind::Summary).map(str::to_owned),
            work_kind: activity.work_kind.clone(),
            baseline: base.baseline.activities[at].as_ref().map(early),
            early: dates.map(early),
            breaks: breaks(computed, at),
            late: dates.and_then(late),
            float_days_e3: dates.and_then(|dates| dates.total_float_days).map(e3),
            is_critical: dates.is_some_and(|dates| dates.is_critical),
            actual_start: now.actual_start.map(Moment::date),
            actual_finish: now.actual_finish.map(Moment::date),
            percent_e3: if now.actual_finish.is_some() { 100_000 } else { now.percent_e3.unwrap_or(0) },
            driver: driver.to_owned(),
            driver_activity,
            quantity_e3: activity.quantity.as_ref().map(|quantity| e3(quantity.total)),
            unit: activity.quantity.as_ref().map(|quantity| quantity.unit.clone()),
            is_whole: activity.quantity.as_ref().is_some_and(|quantity| quantity.is_whole),
        });
    }
    finish_summaries(base, &mut bars);
    Ok(bars)
}

/// A summary has begun with the first of its work and is finished with the last.
fn finish_summaries(base: &BasePlan, bars: &mut [Bar]) {
    let mut deepest_first: Vec<usize> = (0..bars.len()).collect();
    deepest_first.sort_by_key(|at| std::cmp::Reverse(base.depths[*at]));
    let mut parts: HashMap<usize, Vec<usize>> = HashMap::new();
    for at in deepest_first {
        if let Some(parts) = parts.remove(&at)
            && base.plan.activities[at].kind == ActivityKind::Summary
        {
            let is_finished = parts.iter().all(|part| bars[*part].actual_finish.is_some());
            bars[at].actual_start = parts.iter().filter_map(|part| bars[*part].actual_start).min();
            bars[at].actual_finish = parts.iter().filter_map(|part| bars[*part].actual_finish).max().filter(|_| is_finished);
            bars[at].percent_e3 = if is_finished { 100_000 } else { share_done(bars, &parts) };
        }
        let parent = base.plan.activities[at].parent.as_ref().and_then(|parent| base.index.get(parent));
        // Hammocks have no progress of their own and keep nothing open.
        if let Some(parent) = parent.filter(|_| base.plan.activities[at].kind != ActivityKind::Hammock) {
            parts.entry(*parent).or_default().push(at);
        }
    }
}

/// Share done of several bars, weighed by their planned days: an average of percentages would count a day like a year.
fn share_done(bars: &[Bar], parts: &[usize]) -> u32 {
    let days = |bar: &Bar| bar.baseline.or(bar.early).map_or(1, |(start, finish)| i64::from((finish - start).get_days()).max(0) + 1);
    let whole: i64 = parts.iter().map(|part| days(&bars[*part])).sum();
    let done: i64 = parts.iter().map(|part| days(&bars[*part]) * i64::from(bars[*part].percent_e3)).sum();
    u32::try_from(done / whole.max(1)).unwrap_or(0)
}

/// When nobody works on an activity between its dates, as days.
pub fn breaks(schedule: &Schedule, at: usize) -> Vec<(Date, Date)> {
    schedule.breaks_of(at).map(|one| (one.from.date(), one.to.date())).collect()
}

fn early(dates: &Dates) -> (Date, Date) {
    (dates.early_start.date(), dates.early_finish.date())
}

fn kind_name(kind: ActivityKind) -> &'static str {
    match kind {
        ActivityKind::Task => "task",
        ActivityKind::Summary => "summary",
        ActivityKind::Hammock => "hammock",
        ActivityKind::Milestone | ActivityKind::StartMilestone | ActivityKind::FinishMilestone => "milestone",
    }
}

fn driver(plan: &Plan, dates: Option<&Dates>) -> (&'static str, Option<String>) {
    match dates.and_then(|dates| dates.driver) {
        Some(Driver::Link { from }) => ("link", Some(plan.activities[from].id.clone())),
        Some(Driver::Constraint) => ("constraint", None),
        Some(Driver::Start) => ("start", None),
        Some(Driver::DataDate) => ("data_date", None),
        Some(Driver::Actual) => ("actual", None),
        Some(Driver::Calendar) => ("calendar", None),
        None => ("none", None),
    }
}

/// Thousandths, so that tables hold no floating point.
fn e3(days: f64) -> i64 {
    (days * 1000.0).round() as i64
}

/// Bars written with one statement: each way to a database server costs as much as the writing.
const BARS_AT_ONCE: usize = 16;

macro_rules! insert_bars {
    () => {
        "INSERT INTO bar (project, ordinal, activity, name, kind, depth, place, stage, work_kind, baseline_start, baseline_finish, early_start, early_finish, late_start, late_finish, float_days_e3, is_critical, actual_start, actual_finish, percent_e3, driver, driver_activity, quantity_e3, unit, is_whole, breaks) VALUES "
    };
}

macro_rules! bar_row {
    () => {
        "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    };
}

/// As many rows again as make [`BARS_AT_ONCE`].
macro_rules! repeated_bar_rows {
    () => { repeated_bar_rows!(@ 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15) };
    (@ $($nth:literal)+) => { concat!($(repeated_bar_rows!(# $nth)),+) };
    (# $nth:literal) => { concat!(", ", bar_row!()) };
}

/// What is computed anew of a bar that is there.
macro_rules! moves_bars {
    () => {
        " ON CONFLICT (project, ordinal) DO UPDATE SET name = excluded.name, kind = excluded.kind, depth = excluded.depth, place = excluded.place, stage = excluded.stage, work_kind = excluded.work_kind,
              baseline_start = excluded.baseline_start, baseline_finish = excluded.baseline_finish, early_start = excluded.early_start, early_finish = excluded.early_finish, late_start = excluded.late_start, late_finish = excluded.late_finish,
              float_days_e3 = excluded.float_days_e3, is_critical = excluded.is_critical, actual_start = excluded.actual_start, actual_finish = excluded.actual_finish, percent_e3 = excluded.percent_e3, driver = excluded.driver, driver_activity = excluded.driver_activity,
              quantity_e3 = excluded.quantity_e3, unit = excluded.unit, is_whole = excluded.is_whole, breaks = excluded.breaks"
    };
}

/// Writes the rows that differ. A change of one head of a chain rewrites the chain, not the project.
async fn write_bars(conn: &mut Conn, project: &str, bars: &[Bar]) -> Result<()> {
    let known = store::bars(conn, project, 0, u64::MAX >> 1).await?;
    let is_same_plan = known.len() == bars.len() && known.iter().zip(bars).all(|(old, new)| old.activity == new.activity);
    if !is_same_plan {
        conn.execute("DELETE FROM bar WHERE project = ?", args![project]).await?;
    }
    let is_moved = |(at, bar): &(usize, &Bar)| !is_same_plan || known[*at] != **bar;
    let moved: Vec<&Bar> = bars.iter().enumerate().filter(is_moved).map(|(_, bar)| bar).collect();
    for some in moved.chunks(BARS_AT_ONCE) {
        let values: Vec<[Value; 26]> = some.iter().map(|bar| bar_values(project, bar)).collect::<Result<_>>()?;
        if some.len() == BARS_AT_ONCE {
            conn.execute(concat!(insert_bars!(), bar_row!(), repeated_bar_rows!(), moves_bars!()), values.as_flattened()).await?;
            continue;
        }
        for one in &values {
            conn.execute(concat!(insert_bars!(), bar_row!(), moves_bars!()), one).await?;
        }
    }
    Ok(())
}

/// What is written of a bar, in the order of `insert_bars`.
fn bar_values(project: &str, bar: &Bar) -> Result<[Value; 26]> {
    let first = |pair: Option<(Date, Date)>| pair.map(|(start, _)| start).into();
    let second = |pair: Option<(Date, Date)>| pair.map(|(_, finish)| finish).into();
    let breaks = if bar.breaks.is_empty() { None } else { Some(serde_json::to_string(&bar.breaks)?) };
    Ok([
        project.into(),
        bar.ordinal.into(),
        (&bar.activity).into(),
        (&bar.name).into(),
        (&bar.kind).into(),
        bar.depth.into(),
        bar.place.as_ref().into(),
        bar.stage.as_ref().into(),
        bar.work_kind.as_ref().into(),
        first(bar.baseline),
        second(bar.baseline),
        first(bar.early),
        second(bar.early),
        first(bar.late),
        second(bar.late),
        bar.float_days_e3.into(),
        bar.is_critical.into(),
        bar.actual_start.into(),
        bar.actual_finish.into(),
        i64::from(bar.percent_e3).into(),
        (&bar.driver).into(),
        bar.driver_activity.as_ref().into(),
        bar.quantity_e3.into(),
        bar.unit.as_ref().into(),
        bar.is_whole.into(),
        breaks.into(),
    ])
}
