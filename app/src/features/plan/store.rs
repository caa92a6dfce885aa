//! Versions, mandated dates, progress and bars: what facts made of them, and how others read them.

use super::model::{ActivityFound, Command, Fact, Progress, State, VersionState};
use super::heard;
use super::network;
use crate::args;
use crate::db::{Conn, Row, Value};
use crate::features::{Fact as AnyFact, identity, organisations, places, task_force};
use crate::journal::domain::{Actor, Context as JournalContext, Entry};
use anyhow::{Context, Result};
use jiff::civil::Date;
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// A version of a project's plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Identifier.
    pub id: String,
    /// The project.
    pub project: String,
    /// 1, 2, 3 … within the project.
    pub ordinal: u64,
    /// State.
    pub state: VersionState,
    /// SHA-256 of the guatu-plan document.
    pub document: String,
    /// Where it came from, as JSON of [`super::model::Source`].
    pub source: String,
    /// Activities in it.
    pub activity_count: u64,
    /// Who put it forward.
    pub drafted_by: String,
    /// When.
    pub drafted_on: Date,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// When.
    pub approved_on: Option<Date>,
    /// Why.
    pub reason: Option<String>,
}

/// A mandated date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mandate {
    /// Identifier.
    pub id: String,
    /// The project.
    pub project: String,
    /// The activity whose finish is bound.
    pub activity: String,
    /// Name of the milestone.
    pub name: String,
    /// Latest finish, inclusive.
    pub finish_by: Date,
    /// Who commands it.
    pub issuer: String,
    /// By which document.
    pub document: String,
    /// In which edition.
    pub edition: String,
}

/// A request for another date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Identifier.
    pub id: String,
    /// The mandated date.
    pub mandate: String,
    /// The project.
    pub project: String,
    /// The date that held.
    pub old_finish_by: Date,
    /// The date asked for.
    pub new_finish_by: Date,
    /// Why.
    pub reason: String,
    /// `open`, `accepted`, `declined`.
    pub state: String,
    /// The answer's reason.
    pub answer: Option<String>,
    /// When it was asked.
    pub requested_on: Date,
}

/// A link between projects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tie {
    /// Identifier.
    pub id: String,
    /// Project of the predecessor.
    pub from_project: String,
    /// The predecessor.
    pub from_activity: String,
    /// Project of the successor.
    pub to_project: String,
    /// The successor.
    pub to_activity: String,
    /// Working days after its finish.
    pub lag_days: i32,
    /// What is shared.
    pub reason: String,
}

/// The state of a project's approved plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectPlan {
    /// The project.
    pub project: String,
    /// The approved version.
    pub version: String,
    /// Since when the project is active.
    pub active_on: Option<Date>,
    /// Facts up to the day before are in.
    pub data_date: Date,
    /// The day of the last fact that touched it, other than that a day has passed.
    pub changed_on: Date,
    /// That fact.
    pub changed_number: u64,
    /// Earliest start of anything.
    pub start_on: Option<Date>,
    /// Latest forecast finish of anything.
    pub finish_on: Option<Date>,
    /// Why there is no schedule.
    pub problem: Option<String>,
}

/// One bar of the schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bar {
    /// The project.
    pub project: String,
    /// Order in the plan.
    pub ordinal: u64,
    /// The activity.
    pub activity: String,
    /// Its name.
    pub name: String,
    /// Its kind: `task`, `milestone`, `summary`, `hammock`.
    pub kind: String,
    /// Depth in the breakdown structure, 0 at the top.
    pub depth: u64,
    /// The place it belongs to, where it is known.
    pub place: Option<String>,
    /// The stage it belongs to, where it is known.
    pub stage: Option<String>,
    /// Kind of work for stops.
    pub work_kind: Option<String>,
    /// Start and finish in the approved plan, before any fact.
    pub baseline: Option<(Date, Date)>,
    /// Forecast or actual start and finish.
    pub early: Option<(Date, Date)>,
    /// When nobody works on it between these two: from a day to a day, inclusive, in order.
    pub breaks: Vec<(Date, Date)>,
    /// Latest start and finish that keep every mandated date.
    pub late: Option<(Date, Date)>,
    /// Total float in thousandths of a working day.
    pub float_days_e3: Option<i64>,
    /// Whether it is critical.
    pub is_critical: bool,
    /// Actual start.
    pub actual_start: Option<Date>,
    /// Actual finish.
    pub actual_finish: Option<Date>,
    /// Per cent complete × 1000.
    pub percent_e3: u32,
    /// What holds it where it is: `link`, `constraint`, `start`, `data_date`, `actual`, `calendar`, `none`.
    pub driver: String,
    /// The activity that holds it.
    pub driver_activity: Option<String>,
    /// Measured work: total in thousandths of the unit.
    pub quantity_e3: Option<i64>,
    /// Its unit.
    pub unit: Option<String>,
    /// Whether only whole units count.
    pub is_whole: bool,
}

/// What is to be expected of a mandated date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outlook {
    /// The mandated date.
    pub mandate: String,
    /// Forecast.
    pub forecast: Date,
    /// Float in thousandths of a working day; negative when late.
    pub float_days_e3: Option<i64>,
    /// Activities that drive the forecast.
    pub driving_chain: Vec<String>,
    /// What would keep the date, as in guatu-schedule/1.
    pub concessions: serde_json::Value,
}

macro_rules! version_columns {
    () => {
        "id, project, ordinal, state, document, source, activity_count, drafted_by, drafted_on, approved_by, approved_on, reason"
    };
}

/// One version.
pub async fn version(conn: &mut Conn, id: &str) -> Result<Option<Version>> {
    let sql = concat!("SELECT ", version_columns!(), " FROM plan_version WHERE id = ?");
    conn.row(sql, args![id]).await?.map(|row| read_version(&row)).transpose()
}

/// All versions of a project, oldest first.
pub async fn versions(conn: &mut Conn, project: &str) -> Result<Vec<Version>> {
    let sql = concat!("SELECT ", version_columns!(), " FROM plan_version WHERE project = ? ORDER BY ordinal");
    conn.rows(sql, args![project]).await?.iter().map(read_version).collect()
}

/// How many drafts wait for approval, by project.
pub async fn draft_counts(conn: &mut Conn) -> Result<HashMap<String, u64>> {
    let rows = conn.rows("SELECT project, COUNT(*) FROM plan_version WHERE state = 'draft' GROUP BY project", &[]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.count(1)?))).collect()
}

fn read_version(row: &Row) -> Result<Version> {
    Ok(Version {
        id: row.text(0)?,
        project: row.text(1)?,
        ordinal: row.count(2)?,
        state: VersionState::from_name(&row.text(3)?).context("a stored state is known")?,
        document: row.text(4)?,
        source: row.text(5)?,
        activity_count: row.count(6)?,
        drafted_by: row.text(7)?,
        drafted_on: row.date(8)?,
        approved_by: row.opt_text(9)?,
        approved_on: row.opt_date(10)?,
        reason: row.opt_text(11)?,
    })
}

/// One mandated date.
pub async fn mandate(conn: &mut Conn, id: &str) -> Result<Option<Mandate>> {
    let sql = "SELECT id, project, activity, name, finish_by, issuer, document, edition FROM mandate WHERE id = ?";
    conn.row(sql, args![id]).await?.map(|row| read_mandate(&row)).transpose()
}

/// The fact that last changed a mandated date.
pub async fn mandate_number(conn: &mut Conn, id: &str) -> Result<u64> {
    let row = conn.row("SELECT changed_number FROM mandate WHERE id = ?", args![id]).await?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// Mandated dates of a project, in the order issued.
pub async fn mandates(conn: &mut Conn, project: &str) -> Result<Vec<Mandate>> {
    let sql = "SELECT id, project, activity, name, finish_by, issuer, document, edition FROM mandate WHERE project = ? ORDER BY finish_by, id";
    conn.rows(sql, args![project]).await?.iter().map(read_mandate).collect()
}

fn read_mandate(row: &Row) -> Result<Mandate> {
    Ok(Mandate {
        id: row.text(0)?,
        project: row.text(1)?,
        activity: row.text(2)?,
        name: row.text(3)?,
        finish_by: row.date(4)?,
        issuer: row.text(5)?,
        document: row.text(6)?,
        edition: row.text(7)?,
    })
}

/// One request for another date.
pub async fn request(conn: &mut Conn, id: &str) -> Result<Option<Request>> {
    let sql = "SELECT id, mandate, project, old_finish_by, new_finish_by, reason, state, answer, requested_on FROM mandate_request WHERE id = ?";
    conn.row(sql, args![id]).await?.map(|row| read_request(&row)).transpose()
}

/// Requests of a project, oldest first.
pub async fn requests(conn: &mut Conn, project: &str) -> Result<Vec<Request>> {
    let sql = "SELECT id, mandate, project, old_finish_by, new_finish_by, reason, state, answer, requested_on FROM mandate_request WHERE project = ? ORDER BY requested_on, id";
    conn.rows(sql, args![project]).await?.iter().map(read_request).collect()
}

fn read_request(row: &Row) -> Result<Request> {
    Ok(Request {
        id: row.text(0)?,
        mandate: row.text(1)?,
        project: row.text(2)?,
        old_finish_by: row.date(3)?,
        new_finish_by: row.date(4)?,
        reason: row.text(5)?,
        state: row.text(6)?,
        answer: row.opt_text(7)?,
        requested_on: row.date(8)?,
    })
}

/// One link between projects.
pub async fn tie(conn: &mut Conn, id: &str) -> Result<Option<Tie>> {
    Ok(ties(conn).await?.into_iter().find(|tie| tie.id == id))
}

/// All links between projects: there are few.
pub async fn ties(conn: &mut Conn) -> Result<Vec<Tie>> {
    let sql = "SELECT id, from_project, from_activity, to_project, to_activity, lag_days, reason FROM tie ORDER BY id";
    let mut ties = Vec::new();
    for row in conn.rows(sql, &[]).await? {
        ties.push(Tie {
            id: row.text(0)?,
            from_project: row.text(1)?,
            from_activity: row.text(2)?,
            to_project: row.text(3)?,
            to_activity: row.text(4)?,
            lag_days: i32::try_from(row.int(5)?)?,
            reason: row.text(6)?,
        });
    }
    Ok(ties)
}

macro_rules! project_plan_columns {
    () => {
        "project, version, active_on, data_date, changed_on, changed_number, start_on, finish_on, problem"
    };
}

/// The state of a project's approved plan.
pub async fn project_plan(conn: &mut Conn, project: &str) -> Result<Option<ProjectPlan>> {
    let sql = concat!("SELECT ", project_plan_columns!(), " FROM project_plan WHERE project = ?");
    conn.row(sql, args![project]).await?.map(|row| read_project_plan(&row)).transpose()
}

/// Places above each other at most, the district first.
const MOST_LEVELS: usize = 8;

/// The ids of a path, as many as a statement has room for: an empty id is nobody's.
pub(super) fn from_root(path: &str) -> Vec<Value> {
    let mut ids: Vec<Value> = path.trim_matches('/').split('/').map(Value::from).collect();
    ids.resize(MOST_LEVELS, Value::from(""));
    ids
}

/// The state of the approved plan under which a place stands, by the path of the place.
pub async fn plan_over(conn: &mut Conn, path: &str) -> Result<Option<ProjectPlan>> {
    let ids = from_root(path);
    let sql = concat!("SELECT ", project_plan_columns!(), " FROM project_plan WHERE project IN (?, ?, ?, ?, ?, ?, ?, ?)");
    conn.row(sql, &ids).await?.map(|row| read_project_plan(&row)).transpose()
}

/// The state of every approved plan.
pub async fn project_plans(conn: &mut Conn) -> Result<Vec<ProjectPlan>> {
    let sql = concat!("SELECT ", project_plan_columns!(), " FROM project_plan ORDER BY project");
    conn.rows(sql, &[]).await?.iter().map(read_project_plan).collect()
}

/// The state of the approved plans of active projects: those that report, are lit and promise.
pub async fn active(conn: &mut Conn) -> Result<Vec<ProjectPlan>> {
    let sql = concat!("SELECT ", project_plan_columns!(), " FROM project_plan WHERE active_on IS NOT NULL ORDER BY project");
    conn.rows(sql, &[]).await?.iter().map(read_project_plan).collect()
}

fn read_project_plan(row: &Row) -> Result<ProjectPlan> {
    Ok(ProjectPlan {
        project: row.text(0)?,
        version: row.text(1)?,
        active_on: row.opt_date(2)?,
        data_date: row.date(3)?,
        changed_on: row.date(4)?,
        changed_number: row.count(5)?,
        start_on: row.opt_date(6)?,
        finish_on: row.opt_date(7)?,
        problem: row.opt_text(8)?,
    })
}

/// Progress recorded for an activity.
pub async fn progress(conn: &mut Conn, project: &str, activity: &str) -> Result<Progress> {
    let sql = "SELECT actual_start, actual_finish, percent_e3, remaining_days FROM progress WHERE project = ? AND activity = ?";
    Ok(match conn.row(sql, args![project, activity]).await? {
        Some(row) => read_progress(&row, 0)?,
        None => Progress::default(),
    })
}

pub(super) fn read_progress(row: &Row, first: usize) -> Result<Progress> {
    Ok(Progress {
        actual_start: row.opt_date(first)?,
        actual_finish: row.opt_date(first + 1)?,
        percent_e3: row.opt_int(first + 2)?.map(u32::try_from).transpose()?,
        remaining_days: row.opt_int(first + 3)?.map(u32::try_from).transpose()?,
    })
}

macro_rules! bar_columns {
    () => {
        "project, ordinal, activity, name, kind, depth, place, stage, work_kind, baseline_start, baseline_finish, early_start, early_finish, late_start, late_finish, float_days_e3, is_critical, actual_start, actual_finish, percent_e3, driver, driver_activity, quantity_e3, unit, is_whole, breaks"
    };
}

/// Bars of a project in order, from `first` on, at most `limit`.
pub async fn bars(conn: &mut Conn, project: &str, first: u64, limit: u64) -> Result<Vec<Bar>> {
    let sql = concat!("SELECT ", bar_columns!(), " FROM bar WHERE project = ? AND ordinal >= ? ORDER BY ordinal LIMIT ?");
    conn.rows(sql, args![project, first, limit]).await?.iter().map(read_bar).collect()
}

/// Digests of the schedules of all projects, in order of their ids.
pub async fn digests(conn: &mut Conn) -> Result<Vec<(String, String)>> {
    let rows = conn.rows("SELECT project, digest FROM project_plan WHERE digest IS NOT NULL ORDER BY project", &[]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}

/// Digest of a project's schedule, when it follows from the newest facts.
pub async fn settled_digest(conn: &mut Conn, project: &str) -> Result<Option<String>> {
    let sql = "SELECT digest FROM project_plan WHERE project = ? AND is_stale = 0";
    conn.row(sql, args![project]).await?.map_or(Ok(None), |row| row.opt_text(0))
}

/// Digest of a project's schedule; `None` before there is one.
pub async fn digest(conn: &mut Conn, project: &str) -> Result<Option<String>> {
    let row = conn.row("SELECT digest FROM project_plan WHERE project = ?", args![project]).await?;
    Ok(row.map(|row| row.opt_text(0)).transpose()?.flatten())
}

/// One bar.
pub async fn bar(conn: &mut Conn, project: &str, activity: &str) -> Result<Option<Bar>> {
    let sql = concat!("SELECT ", bar_columns!(), " FROM bar WHERE project = ? AND activity = ?");
    conn.row(sql, args![project, activity]).await?.map(|row| read_bar(&row)).transpose()
}

fn read_bar(row: &Row) -> Result<Bar> {
    let pair = |index| -> Result<Option<(Date, Date)>> { Ok(row.opt_date(index)?.zip(row.opt_date(index + 1)?)) };
    Ok(Bar {
        project: row.text(0)?,
        ordinal: row.count(1)?,
        activity: row.text(2)?,
        name: row.text(3)?,
        kind: row.text(4)?,
        depth: row.count(5)?,
        place: row.opt_text(6)?,
        stage: row.opt_text(7)?,
        work_kind: row.opt_text(8)?,
        baseline: pair(9)?,
        early: pair(11)?,
        late: pair(13)?,
        float_days_e3: row.opt_int(15)?,
        is_critical: row.flag(16)?,
        actual_start: row.opt_date(17)?,
        actual_finish: row.opt_date(18)?,
        percent_e3: u32::try_from(row.int(19)?)?,
        driver: row.text(20)?,
        driver_activity: row.opt_text(21)?,
        quantity_e3: row.opt_int(22)?,
        unit: row.opt_text(23)?,
        is_whole: row.flag(24)?,
        breaks: row.opt_text(25)?.map_or(Ok(Vec::new()), |text| serde_json::from_str(&text))?,
    })
}

/// Measured work at a place: bars with a quantity, in the order of the plan.
pub async fn measured_bars(conn: &mut Conn, place: &str) -> Result<Vec<Bar>> {
    let sql = concat!("SELECT ", bar_columns!(), " FROM bar WHERE place = ? AND quantity_e3 IS NOT NULL ORDER BY ordinal");
    conn.rows(sql, args![place]).await?.iter().map(read_bar).collect()
}

/// Everything at a place, in the order of the plan.
pub async fn bars_at(conn: &mut Conn, place: &str) -> Result<Vec<Bar>> {
    let sql = concat!("SELECT ", bar_columns!(), " FROM bar WHERE place = ? ORDER BY ordinal");
    conn.rows(sql, args![place]).await?.iter().map(read_bar).collect()
}

/// What is measured of a bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// The project.
    pub project: String,
    /// The activity.
    pub activity: String,
    /// Its name.
    pub name: String,
    /// Total quantity in thousandths of its unit.
    pub total_e3: i64,
    /// Per cent complete × 1000, as the plan has it.
    pub percent_e3: u32,
    /// Whether only whole units count.
    pub is_whole: bool,
    /// The stage it belongs to.
    pub stage: Option<String>,
}

macro_rules! measured {
    ($rest:literal) => {
        concat!("SELECT project, activity, name, quantity_e3, percent_e3, is_whole, stage FROM bar WHERE quantity_e3 IS NOT NULL AND ", $rest)
    };
}

/// What is measured at a place, in the order of the plan: every report asks for it, and for nothing else of a bar.
pub async fn measures(conn: &mut Conn, place: &str) -> Result<Vec<Measure>> {
    conn.rows(measured!("place = ? ORDER BY ordinal"), args![place]).await?.iter().map(read_measure).collect()
}

/// One of them, if it is measured at that place.
pub async fn measure_of(conn: &mut Conn, place: &str, project: &str, activity: &str) -> Result<Option<Measure>> {
    let sql = measured!("project = ? AND activity = ? AND place = ?");
    conn.row(sql, args![project, activity, place]).await?.map(|row| read_measure(&row)).transpose()
}

fn read_measure(row: &Row) -> Result<Measure> {
    Ok(Measure {
        project: row.text(0)?,
        activity: row.text(1)?,
        name: row.text(2)?,
        total_e3: row.int(3)?,
        percent_e3: u32::try_from(row.int(4)?)?,
        is_whole: row.flag(5)?,
        stage: row.opt_text(6)?,
    })
}

/// How fast the approved plan has a work item done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// The stage it belongs to, where it is known.
    pub stage: Option<String>,
    /// Whether only whole units count.
    pub is_whole: bool,
    /// Total quantity in thousandths of its unit.
    pub total_e3: i64,
    /// Days from its first to its last in the approved plan.
    pub days: u32,
}

/// The pace of every measured work item, by project and activity.
pub async fn paces(conn: &mut Conn) -> Result<HashMap<(String, String), Pace>> {
    let sql = "SELECT project, activity, name, unit, stage, is_whole, quantity_e3, baseline_start, baseline_finish FROM bar
               WHERE quantity_e3 > 0 AND baseline_start IS NOT NULL AND baseline_finish IS NOT NULL";
    let read = |row: &Row| {
        let days = (row.date(8)? - row.date(7)?).get_days().max(0).unsigned_abs() + 1;
        let unit = row.opt_text(3)?.unwrap_or_default();
        let pace = Pace { name: row.text(2)?, unit, stage: row.opt_text(4)?, is_whole: row.flag(5)?, total_e3: row.int(6)?, days };
        Ok(((row.text(0)?, row.text(1)?), pace))
    };
    conn.rows(sql, &[]).await?.iter().map(read).collect()
}

/// Outlooks of a project.
pub async fn outlooks(conn: &mut Conn, project: &str) -> Result<Vec<Outlook>> {
    let sql = "SELECT mandate, forecast, float_days_e3, driving_chain, concessions FROM outlook WHERE project = ? ORDER BY mandate";
    let mut outlooks = Vec::new();
    for row in conn.rows(sql, args![project]).await? {
        outlooks.push(Outlook {
            mandate: row.text(0)?,
            forecast: row.date(1)?,
            float_days_e3: row.opt_int(2)?,
            driving_chain: row.json(3)?,
            concessions: row.json(4)?,
        });
    }
    Ok(outlooks)
}

/// The bytes of a kept document.
pub async fn document(conn: &mut Conn, sha256: &str) -> Result<Option<Vec<u8>>> {
    conn.row("SELECT bytes FROM document WHERE sha256 = ?", args![sha256]).await?.map(|row| row.blob(0)).transpose()
}

pub(super) async fn load(conn: &mut Conn, command: &Command, context: &JournalContext) -> Result<State> {
    let mut state = State::default();
    let project = match command {
        Command::Draft { version: id, project, document, .. } => {
            state.flaw = network::flaw(conn, document).await?;
            state.is_id_taken = version(conn, id).await?.is_some();
            state.is_project =
                places::get(conn, project).await?.is_some_and(|place| place.kind == places::model::Kind::Project);
            return Ok(state);
        }
        Command::Approve { version: id, .. } => {
            if let Some(found) = version(conn, id).await? {
                state.flaw = network::flaw(conn, &found.document).await?;
                state.lost = lost_by(conn, &found).await?;
                state.version = Some((found.project, found.state, found.drafted_by));
            }
            return Ok(state);
        }
        Command::Mandate { mandate: id, project, activity, issuer, .. } => {
            state.is_id_taken = mandate(conn, id).await?.is_some();
            state.is_issuer_known = organisations::get(conn, issuer.trim()).await?.is_some();
            state.is_mandated = mandates(conn, project).await?.iter().any(|known| known.activity == *activity);
            state.activity = found(conn, project, activity).await?;
            project.clone()
        }
        Command::RequestChange { request: id, mandate: of, .. } => {
            state.is_id_taken = request(conn, id).await?.is_some();
            let mandate = mandate(conn, of).await?.context("scope has found the mandated date")?;
            state.has_open_request =
                requests(conn, &mandate.project).await?.iter().any(|one| one.mandate == mandate.id && one.state == "open");
            state.mandate = Some((mandate.project.clone(), mandate.finish_by));
            mandate.project
        }
        Command::AnswerChange { request: id, .. } => {
            let request = request(conn, id).await?.context("scope has found the request")?;
            let project = request.project.clone();
            let issuer = mandate(conn, &request.mandate).await?.context("a request is about a mandated date")?.issuer;
            state.is_of_issuer = match &context.actor {
                Actor::System => true,
                Actor::Account(account) => {
                    identity::store::account(conn, account).await?.is_some_and(|one| one.organisation == Some(issuer))
                }
            };
            state.request = Some((request.mandate, request.project, request.new_finish_by, request.state == "open"));
            project
        }
        Command::Record { project, activity, progress: said, .. } => {
            let bar = bar(conn, project, activity).await?;
            state.activity = bar.as_ref().map(found_as);
            state.progress = progress(conn, project, activity).await?;
            if let Some(bar) = bar.filter(|_| said.actual_finish.is_some()) {
                state.open_gates = heard::open_gates_of(conn, &bar).await?;
            }
            project.clone()
        }
        Command::Activate { project } => {
            let empty = task_force::empty_seats(conn, project).await?;
            state.empty_seats = empty.into_iter().map(|seat| seat.name().to_owned()).collect();
            project.clone()
        }
        Command::RollTo { project, .. } => project.clone(),
        Command::Tie { tie: id, from_project, from_activity, to_project, to_activity, .. } => {
            let ties = ties(conn).await?;
            state.is_id_taken = ties.iter().any(|tie| tie.id == *id);
            state.closes_circle = leads_to(&ties, to_project, from_project);
            if found(conn, from_project, from_activity).await?.is_some() {
                state.activity = found(conn, to_project, to_activity).await?;
            }
            to_project.clone()
        }
        Command::Untie { tie: id, .. } => {
            state.tied_project = tie(conn, id).await?.map(|tie| tie.to_project);
            return Ok(state);
        }
    };
    if let Some(plan) = project_plan(conn, &project).await? {
        state.has_plan = true;
        state.is_active = plan.active_on.is_some();
        state.data_date = Some(plan.data_date);
    }
    Ok(state)
}

/// What a version has no activity for: mandated dates, recorded progress, links between projects, in words for people.
pub async fn lost_by(conn: &mut Conn, version: &Version) -> Result<Vec<String>> {
    #[derive(serde::Deserialize)]
    struct Known {
        activities: Vec<Id>,
    }
    #[derive(serde::Deserialize)]
    struct Id {
        id: String,
    }
    let Some(bytes) = document(conn, &version.document).await? else { return Ok(Vec::new()) };
    let known: Known = serde_json::from_slice(&bytes)?;
    let known: HashSet<String> = known.activities.into_iter().map(|one| one.id).collect();
    let mut lost = Vec::new();
    for mandate in mandates(conn, &version.project).await? {
        if !known.contains(&mandate.activity) {
            lost.push(format!("{} {}", mandate.name, mandate.finish_by));
        }
    }
    for row in conn.rows("SELECT activity FROM progress WHERE project = ? ORDER BY activity", args![&version.project]).await? {
        let activity = row.text(0)?;
        if !known.contains(&activity) {
            lost.push(activity);
        }
    }
    for tie in ties(conn).await? {
        let own = [(&tie.from_project, &tie.from_activity), (&tie.to_project, &tie.to_activity)];
        for (_, activity) in own.into_iter().filter(|(project, activity)| **project == version.project && !known.contains(*activity)) {
            lost.push(format!("{activity} · {}", tie.reason));
        }
    }
    // A whole plan under other names would fill pages: the first say enough.
    if lost.len() > LOST_SHOWN {
        let rest = lost.len() - LOST_SHOWN;
        lost.truncate(LOST_SHOWN);
        lost.push(format!("+{rest}"));
    }
    Ok(lost)
}

/// Lost things named one by one at most.
const LOST_SHOWN: usize = 12;

async fn found(conn: &mut Conn, project: &str, activity: &str) -> Result<Option<ActivityFound>> {
    Ok(bar(conn, project, activity).await?.as_ref().map(found_as))
}

fn found_as(bar: &Bar) -> ActivityFound {
    ActivityFound { is_work: !matches!(bar.kind.as_str(), "summary" | "hammock") }
}

/// Whether links lead from one project to another.
fn leads_to(ties: &[Tie], from: &str, to: &str) -> bool {
    let mut reached = vec![from];
    let mut next = 0;
    while let Some(project) = reached.get(next).copied() {
        if project == to {
            return true;
        }
        next += 1;
        for tie in ties.iter().filter(|tie| tie.from_project == project) {
            if !reached.contains(&tie.to_project.as_str()) {
                reached.push(&tie.to_project);
            }
        }
    }
    false
}

/// What one fact does to the tables. Schedules follow in [`super::network::settle`].
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let (id, on, number) = (&entry.subject, entry.occurred_on, entry.number);
    let written_on = written_on(entry)?;
    match fact {
        Fact::Drafted { project, document, source, activity_count } => {
            let ordinal = conn
                .row("SELECT COUNT(*) FROM plan_version WHERE project = ?", args![project])
                .await?
                .context("a count is a row")?
                .count(0)?;
            conn.execute(
                "INSERT INTO plan_version (id, project, ordinal, state, document, source, activity_count, drafted_by, drafted_on, changed_number) VALUES (?, ?, ?, 'draft', ?, ?, ?, ?, ?, ?)",
                args![id, project, ordinal + 1, document, serde_json::to_string(source)?, i64::from(*activity_count), &entry.actor, on, number],
            )
            .await
            .map(drop)
        }
        Fact::Approved { project, reason } => {
            conn.execute("UPDATE plan_version SET state = 'superseded' WHERE project = ? AND state = 'approved'", args![project])
                .await?;
            conn.execute(
                "UPDATE plan_version SET state = 'approved', approved_by = ?, approved_on = ?, reason = ?, changed_number = ? WHERE id = ?",
                args![&entry.actor, on, reason, number, id],
            )
            .await?;
            let sql = "INSERT INTO project_plan (project, version, is_active, data_date, changed_on, is_stale, changed_number) VALUES (?, ?, 0, ?, ?, 1, ?)
                       ON CONFLICT (project) DO UPDATE SET version = excluded.version";
            conn.execute(sql, args![project, id, written_on, written_on, number]).await?;
            touch(conn, project, written_on, number).await
        }
        Fact::Mandated { project, activity, name, finish_by, issuer, document, edition } => {
            conn.execute(
                "INSERT INTO mandate (id, project, activity, name, finish_by, issuer, document, edition, issued_on, changed_number) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                args![id, project, activity, name, *finish_by, issuer, document, edition, on, number],
            )
            .await?;
            touch(conn, project, written_on, number).await
        }
        Fact::ChangeRequested { mandate, project, finish_by, reason } => conn
            .execute(
                "INSERT INTO mandate_request (id, mandate, project, old_finish_by, new_finish_by, reason, requested_by, requested_on, state)
                 SELECT ?, id, ?, finish_by, ?, ?, ?, ?, 'open' FROM mandate WHERE id = ?",
                args![id, project, *finish_by, reason, &entry.actor, on, mandate],
            )
            .await
            .map(drop),
        Fact::ChangeAnswered { mandate, is_accepted, finish_by, reason, document, edition } => {
            conn.execute(
                "UPDATE mandate_request SET state = ?, answer = ?, answered_by = ?, answered_on = ?, document = ?, edition = ? WHERE id = ?",
                args![if *is_accepted { "accepted" } else { "declined" }, reason, &entry.actor, on, document, edition, id],
            )
            .await?;
            if *is_accepted {
                conn.execute(
                    "UPDATE mandate SET finish_by = ?, document = ?, edition = ?, changed_number = ? WHERE id = ?",
                    args![*finish_by, document, edition, number, mandate],
                )
                .await?;
            }
            touch(conn, &entry.place, written_on, number).await
        }
        Fact::ProgressRecorded { project, activity, progress, .. } => {
            let sql = "INSERT INTO progress (project, activity, actual_start, actual_finish, percent_e3, remaining_days, recorded_by, recorded_on, changed_number) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                       ON CONFLICT (project, activity) DO UPDATE SET actual_start = excluded.actual_start, actual_finish = excluded.actual_finish, percent_e3 = excluded.percent_e3,
                       remaining_days = excluded.remaining_days, recorded_by = excluded.recorded_by, recorded_on = excluded.recorded_on, changed_number = excluded.changed_number";
            let Progress { actual_start, actual_finish, percent_e3, remaining_days } = progress;
            conn.execute(
                sql,
                args![project, activity, *actual_start, *actual_finish, percent_e3.map(i64::from), remaining_days.map(i64::from), &entry.actor, written_on, number],
            )
            .await?;
            touch(conn, project, written_on, number).await
        }
        Fact::ProjectActivated {} => conn
            .execute("UPDATE project_plan SET is_active = 1, active_on = ? WHERE project = ?", args![on, id])
            .await
            .map(drop),
        Fact::RolledTo { data_date } => {
            // A day that passes changes what is forecast, but says nothing about the project: the last fact about it stays.
            let sql = "UPDATE project_plan SET is_stale = 1, data_date = CASE WHEN ? < ? THEN ? ELSE ? END WHERE project = ?";
            conn.execute(sql, args![*data_date, written_on, written_on, *data_date, id]).await.map(drop)
        }
        Fact::Tied { from_project, from_activity, to_project, to_activity, lag_days, reason } => {
            conn.execute(
                "INSERT INTO tie (id, from_project, from_activity, to_project, to_activity, lag_days, reason) VALUES (?, ?, ?, ?, ?, ?, ?)",
                args![id, from_project, from_activity, to_project, to_activity, i64::from(*lag_days), reason],
            )
            .await?;
            touch(conn, to_project, written_on, number).await
        }
        Fact::Untied { .. } => {
            conn.execute("DELETE FROM tie WHERE id = ?", args![id]).await?;
            touch(conn, &entry.place, written_on, number).await
        }
    }
}

/// The civil date in China on which a fact was written.
pub(super) fn written_on(entry: &Entry<AnyFact>) -> Result<Date> {
    Ok(crate::clock::civil_date(entry.recorded_at.parse()?))
}

/// A fact has touched a project's plan: it must be scheduled again.
pub(super) async fn touch(conn: &mut Conn, project: &str, on: Date, number: u64) -> Result<()> {
    let sql = "UPDATE project_plan SET is_stale = 1, changed_on = ?, changed_number = ?, data_date = CASE WHEN data_date < ? THEN ? ELSE data_date END WHERE project = ?";
    conn.execute(sql, args![on, number, on, on, project]).await.map(drop)
}
