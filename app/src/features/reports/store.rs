//! Reports, and where each work item stands.

use super::model::{Command, Content, Fact, Hindrance, Known, MOST_REPORTS, MeasuredAgain, Photo, Standing, State, Work};
use super::reasons::Said;
use crate::args;
use crate::db::{Conn, Row};
use crate::features::places::model::Kind;
use crate::features::targets::model::Grade;
use crate::features::{Fact as AnyFact, places, plan};
use crate::journal::domain::Entry;
use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use std::collections::{BTreeMap, HashMap};

/// A report as the tables hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Identifier.
    pub id: String,
    /// The project.
    pub project: String,
    /// The building.
    pub building: String,
    /// The day.
    pub on: Date,
    /// Whether nothing had changed.
    pub is_unchanged: bool,
    /// How good it is.
    pub grade: Grade,
    /// Who filed it.
    pub filed_by: String,
    /// When, as in the record.
    pub filed_at: String,
    /// When the phone says it was written.
    pub written_at: Option<String>,
    /// What it says.
    pub content: Content,
    /// Who judged it.
    pub judged_by: Option<String>,
    /// When.
    pub judged_on: Option<Date>,
    /// On what grounds.
    pub reason: Option<String>,
    /// The fact that filed it.
    pub number: u64,
}

impl Report {
    /// Hands on site, where it says how many: none is a number too.
    pub fn hands(&self) -> Option<u32> {
        self.content.hands_said()
    }
}

/// A building that waits for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hindered {
    /// The building.
    pub building: String,
    /// The day of the report that says so.
    pub on: Date,
    /// That report.
    pub report: String,
    /// What hinders, and who must decide.
    pub hindrance: Hindrance,
}

macro_rules! columns {
    () => {
        "id, project, building, on_day, is_unchanged, grade, filed_by, filed_at, written_at, content, judged_by, judged_on, reason, number"
    };
}

/// One report.
pub async fn report(conn: &mut Conn, id: &str) -> Result<Option<Report>> {
    conn.row(concat!("SELECT ", columns!(), " FROM report WHERE id = ?"), args![id]).await?.map(|row| read(&row)).transpose()
}

/// Reports of a building, newest first, at most `limit`.
pub async fn of_building(conn: &mut Conn, building: &str, limit: u64) -> Result<Vec<Report>> {
    let sql = concat!("SELECT ", columns!(), " FROM report WHERE building = ? ORDER BY on_day DESC LIMIT ?");
    conn.rows(sql, args![building, limit]).await?.iter().map(read).collect()
}

/// The newest reports of a building that moved one of its works, newest day first.
pub async fn of_work(conn: &mut Conn, building: &str, activity: &str, limit: u64) -> Result<Vec<Report>> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM report WHERE building = ? AND id IN (SELECT report FROM work_day WHERE activity = ?) ORDER BY on_day DESC LIMIT ?"
    );
    conn.rows(sql, args![building, activity, limit]).await?.iter().map(read).collect()
}

/// Reports of a day, by building.
pub async fn of_day(conn: &mut Conn, on: Date) -> Result<HashMap<String, Report>> {
    let rows = conn.rows(concat!("SELECT ", columns!(), " FROM report WHERE on_day = ?"), args![on]).await?;
    rows.iter().map(|row| read(row).map(|one| (one.building.clone(), one))).collect()
}

/// By how many days the clock of a device differs from the server's, when it does by more than can be: a report may be written
/// in a basement and sent the next day, but a clock that runs ahead, or lags for long, is wrong.
pub fn clock_difference(written_at: Option<&str>, filed_at: &str) -> Option<i64> {
    let written: Timestamp = written_at?.parse().ok()?;
    let filed: Timestamp = filed_at.parse().ok()?;
    let hours = filed.duration_since(written).as_hours();
    (!(-1..=72).contains(&hours)).then_some((hours as f64 / 24.0).round() as i64)
}

/// What a report that waits has moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The work.
    pub name: String,
    /// By how much, in thousandths.
    pub amount_e3: i64,
    /// What was measured in all of it before the site put it right, in thousandths.
    pub measured_e3: Option<i64>,
    /// Unit.
    pub unit: String,
}

/// What the reports that wait have moved, by report.
pub async fn amounts_waiting(conn: &mut Conn) -> Result<HashMap<String, Vec<Moved>>> {
    let sql = "SELECT w.report, b.name, w.reported_e3, w.measured_e3, b.unit FROM report r JOIN work_day w ON w.report = r.id
               JOIN bar b ON b.project = w.project AND b.activity = w.activity
               WHERE r.grade = 'reported' AND r.is_unchanged = 0 ORDER BY w.report, b.ordinal";
    let mut moved: HashMap<String, Vec<Moved>> = HashMap::new();
    for row in conn.rows(sql, &[]).await? {
        let unit = row.opt_text(4)?.unwrap_or_default();
        moved.entry(row.text(0)?).or_default().push(Moved { name: row.text(1)?, amount_e3: row.int(2)?, measured_e3: row.opt_int(3)?, unit });
    }
    Ok(moved)
}

/// Reports with a change that nobody has judged, newest day first.
pub async fn waiting(conn: &mut Conn) -> Result<Vec<Report>> {
    let sql = concat!("SELECT ", columns!(), " FROM report WHERE grade = 'reported' AND is_unchanged = 0 ORDER BY on_day DESC, id");
    conn.rows(sql, &[]).await?.iter().map(read).collect()
}

/// Reports between two days that stand disputed, in the order of days.
pub async fn disputed(conn: &mut Conn, from: Date, to: Date) -> Result<Vec<Report>> {
    let sql = concat!("SELECT ", columns!(), " FROM report WHERE grade = 'disputed' AND on_day >= ? AND on_day <= ? ORDER BY on_day, id");
    conn.rows(sql, args![from, to]).await?.iter().map(read).collect()
}

/// Reports between two days by project, and how many of them stand disputed.
pub async fn counts(conn: &mut Conn, from: Date, to: Date) -> Result<HashMap<String, (u32, u32)>> {
    let sql = "SELECT project, COUNT(*), CAST(SUM(CASE WHEN grade = 'disputed' THEN 1 ELSE 0 END) AS BIGINT) FROM report WHERE on_day >= ? AND on_day <= ? GROUP BY project";
    let rows = conn.rows(sql, args![from, to]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, (u32::try_from(row.count(1)?)?, u32::try_from(row.count(2)?)?)))).collect()
}

/// Hindrances that hold: of the newest report with a change of each building, not older than a day.
pub async fn hindered(conn: &mut Conn, since: Date, on: Date) -> Result<Vec<Hindered>> {
    let sql = "SELECT r.building, r.on_day, r.id, r.hindrance FROM report r
               WHERE r.hindrance IS NOT NULL AND r.on_day >= ? AND r.on_day <= ? AND NOT EXISTS (
                   SELECT 1 FROM report later WHERE later.building = r.building AND later.on_day > r.on_day AND later.on_day <= ? AND later.is_unchanged = 0)
               ORDER BY r.on_day, r.building";
    let rows = conn.rows(sql, args![since, on, on]).await?;
    rows.iter().map(|row| Ok(Hindered { building: row.text(0)?, on: row.date(1)?, report: row.text(2)?, hindrance: row.json(3)? })).collect()
}

/// What reports with a change say of waiting between two days, by building and day.
pub async fn said(conn: &mut Conn, from: Date, to: Date) -> Result<Vec<Said>> {
    let sql = "SELECT building, on_day, hindrance FROM report WHERE on_day >= ? AND on_day <= ? AND is_unchanged = 0 ORDER BY building, on_day";
    let rows = conn.rows(sql, args![from, to]).await?;
    let kind = |text: String| Ok::<String, anyhow::Error>(serde_json::from_str::<Hindrance>(&text)?.kind);
    rows.iter().map(|row| Ok(Said { building: row.text(0)?, on: row.date(1)?, kind: row.opt_text(2)?.map(kind).transpose()? })).collect()
}

/// Reports of some days, in their order and that of buildings.
pub async fn between(conn: &mut Conn, from: Date, to: Date) -> Result<Vec<Report>> {
    let sql = concat!("SELECT ", columns!(), " FROM report WHERE on_day >= ? AND on_day <= ? ORDER BY on_day, building");
    conn.rows(sql, args![from, to]).await?.iter().map(read).collect()
}

/// How a report was judged, whatever has become of it since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The building.
    pub building: String,
    /// The day of the report.
    pub on: Date,
    /// How.
    pub grade: Grade,
    /// By whom.
    pub judged_by: String,
    /// When.
    pub judged_on: Date,
    /// On what grounds.
    pub reason: Option<String>,
}

/// How a report was judged over time, the newest last.
pub async fn judgements_of(conn: &mut Conn, report: &str) -> Result<Vec<(Judgement, u64)>> {
    let sql = "SELECT building, on_day, grade, judged_by, judged_on, reason, number FROM report_judgement WHERE report = ? ORDER BY number";
    let read = |row: &Row| {
        let grade = Grade::from_name(&row.text(2)?).context("a stored grade is known")?;
        let judgement = Judgement { building: row.text(0)?, on: row.date(1)?, grade, judged_by: row.text(3)?, judged_on: row.date(4)?, reason: row.opt_text(5)? };
        Ok((judgement, row.count(6)?))
    };
    conn.rows(sql, args![report]).await?.iter().map(read).collect()
}

/// The lowest truth grade of what was measured of a work between two days; `None` where nothing was. Of a report whose
/// quantities are disputed a work of which nothing else was measured is still the site's word.
pub async fn lowest_grade(conn: &mut Conn, (project, activity): (&str, &str), (from, to): (Date, Date)) -> Result<Option<Grade>> {
    let sql = "SELECT DISTINCT CASE WHEN r.grade = 'disputed' AND (d.confirmed_e3 IS NULL OR d.measured_e3 = d.said_e3) THEN 'reported' ELSE r.grade END
               FROM work_day d JOIN report r ON r.id = d.report WHERE d.project = ? AND d.activity = ? AND d.on_day >= ? AND d.on_day <= ?";
    let rows = conn.rows(sql, args![project, activity, from, to]).await?;
    let grades: Vec<Grade> = rows.iter().map(|row| Grade::from_name(&row.text(0)?).context("a stored grade is known")).collect::<Result<_>>()?;
    Ok(grades.into_iter().min())
}

/// A correction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// By whom.
    pub corrected_by: String,
    /// When.
    pub corrected_on: Date,
    /// Why.
    pub reason: String,
    /// Its fact.
    pub number: u64,
}

/// How a report was corrected over time, the newest last.
pub async fn corrections_of(conn: &mut Conn, report: &str) -> Result<Vec<Correction>> {
    let sql = "SELECT corrected_by, corrected_on, reason, number FROM report_correction WHERE report = ? ORDER BY number";
    let read = |row: &Row| Ok(Correction { corrected_by: row.text(0)?, corrected_on: row.date(1)?, reason: row.text(2)?, number: row.count(3)? });
    conn.rows(sql, args![report]).await?.iter().map(read).collect()
}

/// Judgements of supervision engineers on some days, in the order in which they were made.
pub async fn supervised(conn: &mut Conn, from: Date, to: Date) -> Result<Vec<Judgement>> {
    let sql = "SELECT building, on_day, grade, judged_by, judged_on, reason FROM report_judgement
               WHERE judged_on >= ? AND judged_on <= ? AND grade <> 'verified' ORDER BY judged_on, number";
    let read = |row: &Row| {
        Ok(Judgement {
            building: row.text(0)?,
            on: row.date(1)?,
            grade: Grade::from_name(&row.text(2)?).context("a stored grade is known")?,
            judged_by: row.text(3)?,
            judged_on: row.date(4)?,
            reason: row.opt_text(5)?,
        })
    };
    conn.rows(sql, args![from, to]).await?.iter().map(read).collect()
}

/// What was done of one work item on a day, as reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The project.
    pub project: String,
    /// The activity.
    pub activity: String,
    /// How much, in thousandths of its unit.
    pub done_e3: i64,
}

/// A day's work of a building as its report has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labour {
    /// The report.
    pub report: String,
    /// The building.
    pub building: String,
    /// The day.
    pub on: Date,
    /// Hands on site.
    pub hands: Option<u32>,
    /// Machines on site.
    pub machines: u32,
    /// Work items of which something was done, as reported.
    pub moved: u32,
    /// Work items of which an inspection found less than was reported.
    pub overruled: u32,
    /// What was done of each work item.
    pub done: Vec<Done>,
    /// Materials on hand by kind, in thousandths of their unit, where it says so.
    pub stock_e3: BTreeMap<String, u64>,
    /// Days that materials on hand will last by kind, where it says so.
    pub cover_days: BTreeMap<String, u32>,
}

/// What reports say of hands, machines and work between two days, by building and day.
pub async fn labour(conn: &mut Conn, from: Date, to: Date) -> Result<Vec<Labour>> {
    let sql = "SELECT r.id, r.building, r.on_day, r.hands, r.content, w.moved, w.overruled FROM report r LEFT JOIN (
                   SELECT report, CAST(SUM(CASE WHEN reported_e3 > 0 THEN 1 ELSE 0 END) AS BIGINT) AS moved,
                          CAST(SUM(CASE WHEN verified_e3 < reported_e3 THEN 1 ELSE 0 END) AS BIGINT) AS overruled
                   FROM work_day WHERE on_day >= ? AND on_day <= ? GROUP BY report) w ON w.report = r.id
               WHERE r.on_day >= ? AND r.on_day <= ? ORDER BY r.building, r.on_day";
    let read = |row: &Row| {
        let content: Content = row.json(4)?;
        let count = |at| Ok::<u32, anyhow::Error>(row.opt_int(at)?.unwrap_or(0).try_into()?);
        Ok(Labour {
            report: row.text(0)?,
            building: row.text(1)?,
            on: row.date(2)?,
            hands: row.opt_int(3)?.map(u32::try_from).transpose()?,
            machines: content.machines.values().fold(0, |sum, count| sum.saturating_add(*count)),
            moved: count(5)?,
            overruled: count(6)?,
            done: Vec::new(),
            stock_e3: content.stock_e3,
            cover_days: content.cover_days,
        })
    };
    let mut labour: Vec<Labour> = conn.rows(sql, args![from, to, from, to]).await?.iter().map(read).collect::<Result<_>>()?;
    let sql = "SELECT report, project, activity, reported_e3 FROM work_day WHERE on_day >= ? AND on_day <= ? AND reported_e3 > 0 ORDER BY project, activity";
    let mut done: HashMap<String, Vec<Done>> = HashMap::new();
    for row in conn.rows(sql, args![from, to]).await? {
        done.entry(row.text(0)?).or_default().push(Done { project: row.text(1)?, activity: row.text(2)?, done_e3: row.int(3)? });
    }
    for day in &mut labour {
        day.done = done.remove(&day.report).unwrap_or_default();
    }
    Ok(labour)
}

/// Reports between two days that hold photographs, newest first.
pub async fn pictured(conn: &mut Conn, from: Date, to: Date) -> Result<Vec<Report>> {
    let sql = concat!("SELECT ", columns!(), " FROM report WHERE on_day >= ? AND on_day <= ? AND is_unchanged = 0 AND content LIKE '%\"photos\":[{%' ORDER BY on_day DESC, id");
    conn.rows(sql, args![from, to]).await?.iter().map(read).collect()
}

/// The newest day with a report by a day, by building.
pub async fn last_days(conn: &mut Conn, by: Date) -> Result<HashMap<String, Date>> {
    let rows = conn.rows("SELECT building, MAX(on_day) FROM report WHERE on_day <= ? GROUP BY building", args![by]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.date(1)?))).collect()
}

fn read(row: &Row) -> Result<Report> {
    Ok(Report {
        id: row.text(0)?,
        project: row.text(1)?,
        building: row.text(2)?,
        on: row.date(3)?,
        is_unchanged: row.flag(4)?,
        grade: Grade::from_name(&row.text(5)?).context("a stored grade is known")?,
        filed_by: row.text(6)?,
        filed_at: row.text(7)?,
        written_at: row.opt_text(8)?,
        content: row.json(9)?,
        judged_by: row.opt_text(10)?,
        judged_on: row.opt_date(11)?,
        reason: row.opt_text(12)?,
        number: row.count(13)?,
    })
}

/// One day of one work item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkDay {
    /// The project.
    pub project: String,
    /// The activity.
    pub activity: String,
    /// The day.
    pub on: Date,
    /// Its report.
    pub report: String,
    /// As reported, in thousandths.
    pub reported_e3: i64,
    /// As the supervision engineer has it.
    pub confirmed_e3: Option<i64>,
    /// As an inspection found it.
    pub verified_e3: Option<i64>,
    /// In all at the end of the day, as the site says.
    pub said_e3: i64,
    /// In all at the end of the day, as the supervision engineer measured it.
    pub measured_e3: Option<i64>,
}

/// Measured days of one report.
pub async fn days_of_report(conn: &mut Conn, report: &str) -> Result<Vec<WorkDay>> {
    let sql = "SELECT project, activity, on_day, report, reported_e3, confirmed_e3, verified_e3, said_e3, measured_e3 FROM work_day WHERE report = ? ORDER BY activity";
    conn.rows(sql, args![report]).await?.iter().map(read_day).collect()
}

fn read_day(row: &Row) -> Result<WorkDay> {
    Ok(WorkDay {
        project: row.text(0)?,
        activity: row.text(1)?,
        on: row.date(2)?,
        report: row.text(3)?,
        reported_e3: row.int(4)?,
        confirmed_e3: row.opt_int(5)?,
        verified_e3: row.opt_int(6)?,
        said_e3: row.int(7)?,
        measured_e3: row.opt_int(8)?,
    })
}

/// The measured work of a building as it stood on a day: before it, on it, after it.
pub async fn works(conn: &mut Conn, building: &str, on: Option<Date>) -> Result<Vec<Work>> {
    let bars = plan::store::measures(conn, building).await?;
    let sql = "SELECT activity, opening_e3, done_e3 FROM work WHERE building = ?";
    let mut known: HashMap<String, i64> = HashMap::new();
    for row in conn.rows(sql, args![building]).await? {
        known.insert(row.text(0)?, row.int(2)?);
    }
    let mut works = Vec::with_capacity(bars.len());
    for bar in bars {
        let (mut day_e3, mut after_e3, mut measured_e3, mut measured_again) = (0, 0, None, None);
        if let Some(on) = on {
            let sql = "SELECT on_day, COALESCE(verified_e3, confirmed_e3, reported_e3), measured_e3, verified_e3
                       FROM work_day WHERE project = ? AND activity = ? AND on_day >= ? ORDER BY on_day";
            for row in conn.rows(sql, args![&bar.project, &bar.activity, on]).await? {
                let (day, done_e3, measured) = (row.date(0)?, row.int(1)?, row.opt_int(2)?);
                if day == on {
                    (day_e3, measured_e3) = (done_e3, measured);
                    continue;
                }
                if measured_again.is_none() && measured.or(row.opt_int(3)?).is_some() {
                    measured_again = Some(MeasuredAgain { on: day, between_e3: after_e3, day_e3: done_e3 });
                }
                after_e3 += done_e3;
            }
        }
        let open_gates = open_gates(conn, building, &bar).await?;
        let mut work = standing_now(known.get(&bar.activity).copied(), bar);
        work.before_e3 -= day_e3 + after_e3;
        works.push(Work { day_e3, after_e3, measured_again, measured_e3, open_gates, ..work });
    }
    Ok(works)
}

/// The works that a report of the newest day names, as they stand: of twenty works of a building a day moves two or three.
async fn works_named(conn: &mut Conn, building: &str, project: &str, content: &Content) -> Result<Vec<Work>> {
    let mut works = Vec::with_capacity(content.items.len());
    for item in &content.items {
        let Some(bar) = plan::store::measure_of(conn, building, project, &item.activity).await? else { continue };
        let sql = "SELECT done_e3 FROM work WHERE project = ? AND activity = ?";
        let known = conn.row(sql, args![project, &item.activity]).await?.map(|row| row.int(0)).transpose()?;
        let open_gates = open_gates(conn, building, &bar).await?;
        works.push(Work { open_gates, ..standing_now(known, bar) });
    }
    Ok(works)
}

/// Gates without which a measured work is not complete; of most stages there are none, which costs no question.
async fn open_gates(conn: &mut Conn, building: &str, bar: &plan::store::Measure) -> Result<Vec<String>> {
    let open = plan::heard::open_gates(conn, building, bar.stage.as_deref().unwrap_or_default()).await?;
    Ok(open.into_iter().map(|gate| gate.id.clone()).collect())
}

/// A work with all that was ever done before.
fn standing_now(known_e3: Option<i64>, bar: plan::store::Measure) -> Work {
    let plan::store::Measure { activity, name, total_e3, percent_e3, is_whole, .. } = bar;
    // Before anything was measured, the plan's own record of progress says where it begins.
    let recorded = total_e3 * i64::from(percent_e3) / 100_000;
    let recorded = if is_whole { recorded / 1000 * 1000 } else { recorded };
    let before_e3 = known_e3.unwrap_or(recorded);
    Work { activity, name, total_e3, is_whole, before_e3, ..Work::default() }
}

/// Days after one day, and before another, on which reports say that measured work went on: building, day, report.
pub async fn worked(conn: &mut Conn, after: Date, before: Date) -> Result<Vec<(String, Date, String)>> {
    let sql = "SELECT DISTINCT r.building, d.on_day, d.report FROM work_day d JOIN report r ON r.id = d.report
               WHERE d.on_day > ? AND d.on_day < ? AND d.reported_e3 > 0 ORDER BY d.on_day, r.building, d.report";
    let rows = conn.rows(sql, args![after, before]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.date(1)?, row.text(2)?))).collect()
}

/// The newest fact among the reports of a project; 0 without any.
pub async fn newest_of(conn: &mut Conn, project: &str) -> Result<u64> {
    let row = conn.row("SELECT number FROM report WHERE project = ? ORDER BY number DESC LIMIT 1", args![project]).await?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// Days on which a project's buildings reported: how many did, and how many of them lost so many hours to weather.
pub async fn weather_days(conn: &mut Conn, project: &str, lost_hours: u32) -> Result<Vec<(Date, u64, u64)>> {
    let sql = "SELECT on_day, COUNT(*) FROM report WHERE project = ? GROUP BY on_day ORDER BY on_day";
    let rows = conn.rows(sql, args![project]).await?;
    let mut days = rows.iter().map(|row| Ok((row.date(0)?, row.count(1)?, 0))).collect::<Result<Vec<(Date, u64, u64)>>>()?;
    // Few reports speak of weather: only those are opened.
    let sql = "SELECT on_day, content FROM report WHERE project = ? AND content LIKE '%\"weather_hours\":%'";
    for row in conn.rows(sql, args![project]).await? {
        let (on, content) = (row.date(0)?, row.json::<Content>(1)?);
        if content.weather_hours.is_some_and(|hours| hours >= lost_hours)
            && let Ok(at) = days.binary_search_by_key(&on, |day| day.0)
        {
            days[at].2 += 1;
        }
    }
    Ok(days)
}

pub(super) async fn load(conn: &mut Conn, command: &Command) -> Result<State> {
    let mut state = State::default();
    let (building, on) = match command {
        Command::FileSheet { reports } => {
            // More than the rule allows are not looked up one by one.
            for one in reports.iter().take(MOST_REPORTS) {
                state.each.push(of_filing(conn, &one.report, &one.building, one.content.as_deref()).await?);
            }
            return Ok(state);
        }
        Command::File { report, building, content, .. } => return of_filing(conn, report, building, Some(content)).await,
        Command::FileUnchanged { report, building, .. } => return of_filing(conn, report, building, None).await,
        Command::Correct { report: id, .. }
        | Command::Confirm { report: id }
        | Command::Dispute { report: id, .. }
        | Command::Verify { report: id, .. } => {
            let found = report(conn, id).await?.context("scope has found the report")?;
            state.report = Some(Known {
                building: found.building.clone(),
                on: found.on,
                filed_by: found.filed_by,
                grade: found.grade,
                judged: found.judged_by.zip(judged_at(conn, id).await?),
                photo_count: found.content.photos.len(),
            });
            (found.building, found.on)
        }
    };
    of_place(conn, &building, &mut state).await?;
    let needs_works = match command {
        Command::Confirm { .. } => false,
        Command::Verify { items, .. } => !items.is_empty(),
        _ => true,
    };
    if needs_works {
        state.works = works(conn, &building, Some(on)).await?;
    }
    if let Command::Correct { items, .. } = command {
        for item in items {
            let sql = "SELECT r.judged_by, r.judged_on FROM work_day d JOIN report r ON r.id = d.report
                       WHERE d.project = ? AND d.activity = ? AND d.on_day > ? AND d.verified_e3 IS NOT NULL ORDER BY d.on_day LIMIT 1";
            if let Some(row) = conn.row(sql, args![&state.project, &item.activity, on]).await? {
                state.inspected_after = row.opt_text(0)?.zip(row.opt_date(1)?);
            }
        }
    }
    Ok(state)
}

/// When a report was judged, in local time.
async fn judged_at(conn: &mut Conn, report: &str) -> Result<Option<DateTime>> {
    let row = conn.row("SELECT judged_at FROM report WHERE id = ?", args![report]).await?;
    let at = row.map(|row| row.opt_text(0)).transpose()?.flatten();
    at.map(|at| Ok(crate::clock::civil(at.parse()?))).transpose()
}

/// What the rule needs of a report that is to be filed.
pub(super) async fn of_filing(conn: &mut Conn, report: &str, building: &str, content: Option<&Content>) -> Result<State> {
    let is_id_taken = conn.row("SELECT 1 FROM report WHERE id = ?", args![report]).await?.is_some();
    let mut state = State { is_id_taken, ..State::default() };
    of_place(conn, building, &mut state).await?;
    if let Some(content) = content {
        state.works = works_named(conn, building, &state.project, content).await?;
    }
    Ok(state)
}

/// What the rule needs of a building itself.
async fn of_place(conn: &mut Conn, building: &str, state: &mut State) -> Result<()> {
    let place = places::get(conn, building).await?.context("scope has found the building")?;
    state.is_building = matches!(place.kind, Kind::Building | Kind::Facility);
    if let Some(plan) = plan::store::plan_over(conn, &place.path).await? {
        state.is_active = plan.active_on.is_some();
        state.project = plan.project;
    }
    state.idle_since = plan::heard::idle_since(conn, &place.path).await?;
    state.name = place.attributes.name;
    let last = conn.row("SELECT on_day FROM report WHERE building = ? ORDER BY on_day DESC LIMIT 1", args![building]).await?;
    state.last_on = last.map(|row| row.date(0)).transpose()?;
    Ok(())
}

/// What one fact does to the tables.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let (id, on) = (&entry.subject, entry.occurred_on);
    match fact {
        Fact::Filed { project, content, standings } => {
            insert(conn, entry, project, false, content).await?;
            for standing in standings {
                stand(conn, entry, standing).await?;
                let Standing { project, activity, before_e3, through_e3, .. } = standing;
                let day = "INSERT INTO work_day (project, activity, on_day, report, reported_e3, said_e3) VALUES (?, ?, ?, ?, ?, ?)";
                conn.execute(day, args![project, activity, on, id, through_e3 - before_e3, *through_e3]).await?;
            }
            Ok(())
        }
        Fact::Unchanged { project } => insert(conn, entry, project, true, &Content::default()).await,
        Fact::Corrected { reason, standings, besides, photos } => {
            say_again(conn, id, besides.as_deref(), photos.as_deref()).await?;
            let sql = "INSERT INTO report_correction (number, report, corrected_by, corrected_on, reason) VALUES (?, ?, ?, ?, ?)";
            conn.execute(sql, args![entry.number, id, &entry.actor, written_on(entry)?, reason]).await?;
            restate(conn, entry, standings, Grade::Reported).await?;
            // Of a dispute about quantities, hands put right leave it standing.
            let sql = "SELECT 1 FROM report WHERE id = ? AND grade = 'disputed' AND EXISTS
                       (SELECT 1 FROM work_day WHERE report = report.id AND confirmed_e3 IS NOT NULL AND measured_e3 <> said_e3)";
            if conn.row(sql, args![id]).await?.is_some() {
                return conn.execute("UPDATE report SET is_unchanged = 0 WHERE id = ?", args![id]).await.map(drop);
            }
            let sql = "UPDATE report SET grade = 'reported', is_unchanged = 0, judged_by = NULL, judged_on = NULL, judged_at = NULL, reason = NULL WHERE id = ?";
            conn.execute(sql, args![id]).await.map(drop)
        }
        Fact::Confirmed {} => {
            judge(conn, entry, Grade::Confirmed, None).await?;
            conn.execute("UPDATE work_day SET confirmed_e3 = reported_e3 WHERE report = ?", args![id]).await.map(drop)
        }
        Fact::Disputed { reason, standings } => {
            judge(conn, entry, Grade::Disputed, Some(reason)).await?;
            restate(conn, entry, standings, Grade::Disputed).await
        }
        Fact::Verified { finding, standings } => {
            judge(conn, entry, Grade::Verified, Some(finding)).await?;
            conn.execute("UPDATE work_day SET verified_e3 = COALESCE(confirmed_e3, reported_e3) WHERE report = ?", args![id]).await?;
            restate(conn, entry, standings, Grade::Verified).await
        }
    }
}

async fn judge(conn: &mut Conn, entry: &Entry<AnyFact>, grade: Grade, reason: Option<&String>) -> Result<()> {
    let (reason, on) = (reason.filter(|reason| !reason.is_empty()), written_on(entry)?);
    let sql = "INSERT INTO report_judgement (number, report, building, on_day, grade, judged_by, judged_on, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    conn.execute(sql, args![entry.number, &entry.subject, &entry.place, entry.occurred_on, grade.name(), &entry.actor, on, reason]).await?;
    let sql = "UPDATE report SET grade = ?, judged_by = ?, judged_on = ?, judged_at = ?, reason = ? WHERE id = ?";
    conn.execute(sql, args![grade.name(), &entry.actor, on, &entry.recorded_at, reason, &entry.subject]).await.map(drop)
}

/// Where a work item stands in all.
async fn stand(conn: &mut Conn, entry: &Entry<AnyFact>, standing: &Standing) -> Result<()> {
    let sql = "INSERT INTO work (project, activity, building, opening_e3, done_e3, number) VALUES (?, ?, ?, ?, ?, ?)
               ON CONFLICT (project, activity) DO UPDATE SET done_e3 = excluded.done_e3, number = excluded.number";
    let Standing { project, activity, before_e3, done_e3, .. } = standing;
    conn.execute(sql, args![project, activity, &entry.place, *before_e3, *done_e3, entry.number]).await.map(drop)
}

/// Puts the day's quantities right: as the site now says (which takes an earlier judgement off), as the supervision
/// engineer measured, or as an inspection found.
async fn restate(conn: &mut Conn, entry: &Entry<AnyFact>, standings: &[Standing], grade: Grade) -> Result<()> {
    for standing in standings {
        stand(conn, entry, standing).await?;
        let Standing { project, activity, before_e3, through_e3, .. } = standing;
        let (on, share_e3) = (entry.occurred_on, through_e3 - before_e3);
        if let Some(again_on) = standing.measured_again_on {
            keep_measured(conn, standing, on, again_on).await?;
        }
        let sql = match grade {
            Grade::Reported => {
                "INSERT INTO work_day (project, activity, on_day, report, reported_e3, said_e3) VALUES (?, ?, ?, ?, ?, ?)
                 ON CONFLICT (project, activity, on_day) DO UPDATE SET reported_e3 = excluded.reported_e3, said_e3 = excluded.said_e3, confirmed_e3 = NULL"
            }
            Grade::Disputed | Grade::Confirmed => {
                "INSERT INTO work_day (project, activity, on_day, report, reported_e3, confirmed_e3, said_e3, measured_e3) VALUES (?, ?, ?, ?, 0, ?, ?, ?)
                 ON CONFLICT (project, activity, on_day) DO UPDATE SET confirmed_e3 = excluded.confirmed_e3, measured_e3 = excluded.measured_e3"
            }
            Grade::Verified => {
                "INSERT INTO work_day (project, activity, on_day, report, reported_e3, verified_e3, said_e3) VALUES (?, ?, ?, ?, 0, ?, ?)
                 ON CONFLICT (project, activity, on_day) DO UPDATE SET verified_e3 = excluded.verified_e3"
            }
        };
        let id = &entry.subject;
        match grade {
            Grade::Reported => conn.execute(sql, args![project, activity, on, id, share_e3, *through_e3]).await?,
            Grade::Disputed | Grade::Confirmed => conn.execute(sql, args![project, activity, on, id, share_e3, *before_e3, *through_e3]).await?,
            Grade::Verified => conn.execute(sql, args![project, activity, on, id, share_e3, *before_e3]).await?,
        };
    }
    Ok(())
}

/// Leaves what was measured in all on a later day as it is: what a day before it gains or loses is taken from its own share.
async fn keep_measured(conn: &mut Conn, standing: &Standing, on: Date, again_on: Date) -> Result<()> {
    let Standing { project, activity, before_e3, through_e3, .. } = standing;
    let counted = "SELECT COALESCE(verified_e3, confirmed_e3, reported_e3) FROM work_day WHERE project = ? AND activity = ? AND on_day = ?";
    let was_e3 = conn.row(counted, args![project, activity, on]).await?.map_or(Ok(0), |row| row.int(0))?;
    let moved_e3 = through_e3 - before_e3 - was_e3;
    let sql = "UPDATE work_day SET confirmed_e3 = confirmed_e3 - ?, verified_e3 = verified_e3 - ?,
                   reported_e3 = CASE WHEN COALESCE(verified_e3, confirmed_e3) IS NULL THEN reported_e3 - ? ELSE reported_e3 END
               WHERE project = ? AND activity = ? AND on_day = ?";
    conn.execute(sql, args![moved_e3, moved_e3, moved_e3, project, activity, again_on]).await.map(drop)
}

async fn insert(conn: &mut Conn, entry: &Entry<AnyFact>, project: &str, is_unchanged: bool, content: &Content) -> Result<()> {
    let sql = "INSERT INTO report (id, project, building, on_day, is_unchanged, grade, filed_by, filed_at, written_at, content, hindrance, hands, number)
               VALUES (?, ?, ?, ?, ?, 'reported', ?, ?, ?, ?, ?, ?, ?)";
    conn.execute(
        sql,
        args![
            &entry.subject,
            project,
            &entry.place,
            entry.occurred_on,
            is_unchanged,
            &entry.actor,
            &entry.recorded_at,
            content.written_at.as_ref(),
            serde_json::to_string(content)?,
            content.hindrance.as_ref().map(serde_json::to_string).transpose()?,
            content.hands_said().map(i64::from),
            entry.number
        ],
    )
    .await
    .map(drop)
}

/// Takes what is said besides quantities, and photographs, for what was there before.
async fn say_again(conn: &mut Conn, report_id: &str, besides: Option<&Content>, photos: Option<&[Photo]>) -> Result<()> {
    if besides.is_none() && photos.is_none() {
        return Ok(());
    }
    let before = report(conn, report_id).await?.context("what is corrected was filed")?.content;
    let photos = photos.map_or_else(|| before.photos.clone(), <[Photo]>::to_vec);
    let said = besides.unwrap_or(&before).clone();
    let now = Content { items: before.items, photos, written_at: before.written_at, ..said };
    let hindrance = now.hindrance.as_ref().map(serde_json::to_string).transpose()?;
    let sql = "UPDATE report SET content = ?, hindrance = ?, hands = ? WHERE id = ?";
    conn.execute(sql, args![serde_json::to_string(&now)?, hindrance, now.hands_said().map(i64::from), report_id]).await.map(drop)
}

fn written_on(entry: &Entry<AnyFact>) -> Result<Date> {
    Ok(crate::clock::civil_date(entry.recorded_at.parse()?))
}
