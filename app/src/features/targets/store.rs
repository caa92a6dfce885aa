//! What was done by day, and promises as they were frozen.

use super::measured;
use super::model::{Command, Fact, Grade, Needed, Standing, State, Work};
use crate::args;
use crate::db::Conn;
use crate::features::reports::model::Fact as ReportFact;
use crate::features::{Fact as AnyFact, places, plan};
use crate::journal::domain::Entry;
use anyhow::{Context, Result};
use guatu_kernel::guarantee::PeriodKind;
use jiff::civil::Date;
use std::collections::HashMap;

/// A promise as the tables hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitment {
    /// The activity.
    pub activity: String,
    /// Kind of period.
    pub kind: PeriodKind,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Promised, in thousandths.
    pub will_e3: i64,
    /// Needed when it was made.
    pub should_e3: i64,
    /// The boundary it set.
    pub cumulative_e3: i64,
    /// Who promised.
    pub promised_by: String,
}

/// Promises of a project whose period holds or follows a day.
pub async fn commitments(conn: &mut Conn, project: &str, on: Date) -> Result<Vec<Commitment>> {
    let sql = "SELECT activity, kind, from_on, to_on, will_e3, should_e3, cumulative_e3, promised_by FROM commitment WHERE project = ? AND to_on >= ? ORDER BY activity, from_on, kind";
    conn.rows(sql, args![project, on])
        .await?
        .iter()
        .map(|row| {
            Ok(Commitment {
                activity: row.text(0)?,
                kind: PeriodKind::from_name(&row.text(1)?).context("a stored kind is known")?,
                from: row.date(2)?,
                to: row.date(3)?,
                will_e3: row.int(4)?,
                should_e3: row.int(5)?,
                cumulative_e3: row.int(6)?,
                promised_by: row.text(7)?,
            })
        })
        .collect()
}

/// The newest fact about a project's measured work and promises: what is kept in memory holds as long as it stays.
pub async fn newest(conn: &mut Conn, project: &str) -> Result<u64> {
    let mut newest = 0;
    for sql in [
        "SELECT number FROM measured_item WHERE project = ? ORDER BY number DESC LIMIT 1",
        "SELECT number FROM commitment WHERE project = ? ORDER BY number DESC LIMIT 1",
        "SELECT number FROM begun_period WHERE project = ? ORDER BY number DESC LIMIT 1",
    ] {
        if let Some(row) = conn.row(sql, args![project]).await? {
            newest = newest.max(row.count(0)?);
        }
    }
    Ok(newest)
}

/// What a period needed of work items when it began, by activity; `None` when nobody has frozen it.
pub async fn needs(conn: &mut Conn, project: &str, kind: PeriodKind, from: Date) -> Result<Option<HashMap<String, Needed>>> {
    let begun = "SELECT 1 FROM begun_period WHERE project = ? AND kind = ? AND from_on = ?";
    if conn.row(begun, args![project, kind.name(), from]).await?.is_none() {
        return Ok(None);
    }
    let sql = "SELECT activity, should_e3, can_e3, start_e3 FROM period_need WHERE project = ? AND kind = ? AND from_on = ?";
    let mut needs = HashMap::new();
    for row in conn.rows(sql, args![project, kind.name(), from]).await? {
        let activity = row.text(0)?;
        needs.insert(activity.clone(), Needed { activity, should_e3: row.int(1)?, can_e3: row.int(2)?, start_e3: row.int(3)? });
    }
    Ok(Some(needs))
}

/// Done of a building's works before a day, and in all, by activity.
async fn done_of_building(conn: &mut Conn, building: &str, day: Date) -> Result<HashMap<String, (i64, i64)>> {
    let sql = "SELECT i.activity, CAST(i.opening_e3 + COALESCE(SUM(CASE WHEN d.on_day < ? THEN d.quantity_e3 ELSE 0 END), 0) AS BIGINT),
                      CAST(i.opening_e3 + COALESCE(SUM(d.quantity_e3), 0) AS BIGINT)
               FROM measured_item i LEFT JOIN measured_day d ON d.project = i.project AND d.activity = i.activity
               WHERE i.building = ? GROUP BY i.activity, i.opening_e3";
    conn.rows(sql, args![day, building]).await?.iter().map(|row| Ok((row.text(0)?, (row.int(1)?, row.int(2)?)))).collect()
}

/// Measured works of a building as a promise for a period that begins on a day sees them.
pub(super) async fn works(conn: &mut Conn, building: &str, from: Date) -> Result<Vec<Work>> {
    let mut works = Vec::new();
    let done = done_of_building(conn, building, from).await?;
    for bar in plan::store::measures(conn, building).await? {
        let total = bar.total_e3;
        let recorded = total * i64::from(bar.percent_e3) / 100_000;
        let (start, all) = match done.get(&bar.activity) {
            Some((before_e3, all_e3)) => (*before_e3, *all_e3),
            None => (recorded, recorded),
        };
        works.push(Work { activity: bar.activity, name: bar.name, total_e3: total, start_e3: start, done_e3: all, is_whole: bar.is_whole });
    }
    Ok(works)
}

pub(super) async fn load(conn: &mut Conn, command: &Command, today: Date) -> Result<State> {
    let (promise, building, from) = match command {
        Command::Promise { promise, building, from, .. } => (promise, building, from),
        Command::Freeze { project, periods } => {
            let mut state = State { project: project.clone(), ..State::default() };
            for period in periods {
                let begun = "SELECT 1 FROM begun_period WHERE project = ? AND kind = ? AND from_on = ?";
                if conn.row(begun, args![project, &period.kind, period.from]).await?.is_some() {
                    state.frozen.push((period.kind.clone(), period.from));
                }
            }
            return Ok(state);
        }
    };
    let mut state = State { is_id_taken: conn.row("SELECT 1 FROM commitment WHERE id = ?", args![promise]).await?.is_some(), ..State::default() };
    let path = places::path(conn, building).await?.context("scope has found the building")?;
    if let Some(plan) = plan::store::plan_over(conn, &path).await? {
        state.is_active = plan.active_on.is_some();
        state.project = plan.project;
    }
    state.idle_since = plan::heard::idle_since(conn, &path).await?;
    state.works = works(conn, building, *from).await?;
    let sql = "SELECT activity, kind, from_on, will_e3, cumulative_e3 FROM commitment WHERE project = ? AND building = ? AND to_on >= ? ORDER BY from_on, activity";
    for row in conn.rows(sql, args![&state.project, building, today]).await? {
        let kind = PeriodKind::from_name(&row.text(1)?).context("a stored kind is known")?;
        let will_e3 = row.int(3)?;
        state.standing.push(Standing { activity: row.text(0)?, period: kind.around(row.date(2)?), will_e3, start_e3: row.int(4)? - will_e3 });
    }
    Ok(state)
}

/// What one fact does to the tables.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let (project, kind, from, to, items) = match fact {
        Fact::Promised { project, kind, from, to, items } => (project, kind, from, to, items),
        Fact::Frozen { project, periods } => {
            for period in periods {
                let (kind, from) = (&period.kind, period.from);
                let sql = "INSERT INTO begun_period (project, kind, from_on, number) VALUES (?, ?, ?, ?)";
                conn.execute(sql, args![project, kind, from, entry.number]).await?;
                for Needed { activity, should_e3, can_e3, start_e3 } in &period.items {
                    let sql = "INSERT INTO period_need (project, kind, from_on, activity, should_e3, can_e3, start_e3) VALUES (?, ?, ?, ?, ?, ?, ?)";
                    conn.execute(sql, args![project, kind, from, activity, *should_e3, *can_e3, *start_e3]).await?;
                    // Whoever promised before the first day promised that much within the period, from where it truly began.
                    let sql = "UPDATE commitment SET should_e3 = ?, can_e3 = ?, cumulative_e3 = ? + will_e3 WHERE project = ? AND activity = ? AND kind = ? AND from_on = ?";
                    conn.execute(sql, args![*should_e3, *can_e3, *start_e3, project, activity, kind, from]).await?;
                }
            }
            return Ok(());
        }
    };
    for item in items {
        conn.execute(
            "INSERT INTO commitment (id, project, activity, building, kind, from_on, to_on, will_e3, should_e3, can_e3, cumulative_e3, promised_by, promised_on, number)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (project, activity, kind, from_on) DO UPDATE SET
                 id = excluded.id, will_e3 = excluded.will_e3, should_e3 = excluded.should_e3, can_e3 = excluded.can_e3,
                 cumulative_e3 = excluded.cumulative_e3, promised_by = excluded.promised_by, promised_on = excluded.promised_on,
                 number = excluded.number",
            args![
                &entry.subject,
                project,
                &item.activity,
                &entry.place,
                kind,
                *from,
                *to,
                item.will_e3,
                item.should_e3,
                item.can_e3,
                item.start_e3 + item.will_e3,
                &entry.actor,
                entry.occurred_on,
                entry.number
            ],
        )
        .await?;
    }
    Ok(())
}

/// What sites report, supervision measures, inspections find and corrections say: quantities by day, and who stands for them.
///
/// A report says what is done in all, so whoever judges one stands for the whole figure of its day; what is reported after it
/// is again the site's word. A dispute is about the works that were measured otherwise; it stays until the site puts that day of
/// them right or somebody then judges that day or a later one: another report of the site settles nothing.
pub async fn hear(conn: &mut Conn, entry: &Entry<AnyFact>) -> Result<()> {
    let AnyFact::Reports(fact) = &entry.fact else { return Ok(()) };
    let is_first = matches!(fact, ReportFact::Filed { .. });
    let grade = match fact {
        ReportFact::Filed { .. } | ReportFact::Unchanged { .. } | ReportFact::Corrected { .. } => Grade::Reported,
        ReportFact::Disputed { .. } => Grade::Disputed,
        ReportFact::Confirmed {} => Grade::Confirmed,
        ReportFact::Verified { .. } => Grade::Verified,
    };
    let on = entry.occurred_on;
    for standing in fact.standings() {
        let opening = if is_first { standing.before_e3 } else { 0 };
        let sql = "INSERT INTO measured_item (project, activity, building, opening_e3, first_on, last_on, grade, number) VALUES (?, ?, ?, ?, ?, ?, 'reported', ?)
                   ON CONFLICT (project, activity) DO UPDATE SET number = excluded.number,
                       grade = CASE WHEN excluded.last_on > measured_item.last_on AND measured_item.grade <> 'disputed' THEN 'reported' ELSE measured_item.grade END,
                       last_on = CASE WHEN excluded.last_on > measured_item.last_on THEN excluded.last_on ELSE measured_item.last_on END";
        let (project, activity) = (&standing.project, &standing.activity);
        conn.execute(sql, args![project, activity, &entry.place, opening, on, on, entry.number]).await?;
        let share_e3 = standing.through_e3 - standing.before_e3;
        if let Some(again_on) = standing.measured_again_on {
            let quantity = "SELECT quantity_e3 FROM measured_day WHERE project = ? AND activity = ? AND on_day = ?";
            let was_e3 = conn.row(quantity, args![project, activity, on]).await?.map_or(Ok(0), |row| row.int(0))?;
            let shift = "UPDATE measured_day SET quantity_e3 = quantity_e3 - ? WHERE project = ? AND activity = ? AND on_day = ?";
            conn.execute(shift, args![share_e3 - was_e3, project, activity, again_on]).await?;
        }
        let sql = "INSERT INTO measured_day (project, activity, on_day, quantity_e3, grade, graded_number) VALUES (?, ?, ?, ?, ?, ?)
                   ON CONFLICT (project, activity, on_day) DO UPDATE SET quantity_e3 = excluded.quantity_e3, grade = excluded.grade, graded_number = excluded.graded_number";
        conn.execute(sql, args![project, activity, on, share_e3, grade.name(), entry.number]).await?;
    }
    if is_first || matches!(fact, ReportFact::Unchanged { .. }) {
        return Ok(());
    }
    if grade >= Grade::Confirmed {
        let sql = "UPDATE measured_day SET grade = ?, graded_number = ? WHERE on_day = ? AND (project, activity) IN (SELECT project, activity FROM measured_item WHERE building = ?)";
        conn.execute(sql, args![grade.name(), entry.number, on, &entry.place]).await?;
    }
    for (project, activity, grade) in measured::newest_grades(conn, &entry.place, on).await? {
        let sql = "UPDATE measured_item SET number = ?, grade = ? WHERE project = ? AND activity = ?";
        conn.execute(sql, args![entry.number, grade.name(), project, activity]).await?;
    }
    Ok(())
}
