//! What plans hear of other features, and what they keep of it: progress that daily reports measured, stops of alerts and
//! seasons, gates that are confirmed, places where work stands still.

use super::binding;
use super::store::{Bar, from_root, project_plans, touch, written_on};
use crate::args;
use crate::db::{Conn, Row};
use crate::features::calendars::model::Fact as CalendarFact;
use crate::features::gates::model::Fact as GateFact;
use crate::features::hazards::model::Fact as HazardFact;
use crate::features::places::model::{Fact as PlaceFact, IDLE, Kind};
use crate::features::reports::model::Standing;
use crate::features::{Fact as AnyFact, places};
use crate::journal::domain::Entry;
use anyhow::Result;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashSet};

/// What ids of stops begin with that follow from the state of a place.
const STATE: &str = "state-";

/// What facts of other features mean for plans: alerts, exemptions and seasonal stops move dates, and so do places where work
/// stands still because something there is dangerous.
pub async fn hear(conn: &mut Conn, entry: &Entry<AnyFact>) -> Result<()> {
    let on = written_on(entry)?;
    if let AnyFact::Reports(fact) = &entry.fact {
        return measure(conn, entry, fact.standings()).await;
    }
    if let AnyFact::Gates(fact) = &entry.fact {
        return pass(conn, entry, fact).await;
    }
    if let AnyFact::Hazards(fact) = &entry.fact {
        return stand_still(conn, entry, fact, on).await;
    }
    if let AnyFact::Places(PlaceFact::StateSet { state, since }) = &entry.fact {
        return set_idle(conn, entry, IDLE.contains(state), *since, on).await;
    }
    let AnyFact::Calendars(fact) = &entry.fact else { return Ok(()) };
    if let CalendarFact::ProjectExempted { project, .. } = fact {
        return touch(conn, project, on, entry.number).await;
    }
    for plan in project_plans(conn).await? {
        touch(conn, &plan.project, on, entry.number).await?;
    }
    Ok(())
}

/// A gate is confirmed, or its confirmation is taken back. What was met stays met: pages say that it was without its gate.
async fn pass(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &GateFact) -> Result<()> {
    let place = &entry.place;
    match fact {
        GateFact::Confirmed { gate } => {
            let sql = "INSERT INTO gate_passed (place, gate, number) VALUES (?, ?, ?) ON CONFLICT (place, gate) DO NOTHING";
            conn.execute(sql, args![place, gate, entry.number]).await.map(drop)
        }
        GateFact::Withdrawn { gate, .. } => {
            conn.execute("DELETE FROM gate_passed WHERE place = ? AND gate = ?", args![place, gate]).await.map(drop)
        }
        GateFact::Filed { .. } | GateFact::Returned { .. } => Ok(()),
    }
}

/// Work at a place stands still, or goes on.
async fn stand_still(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &HazardFact, on: Date) -> Result<()> {
    let (id, place) = (&entry.subject, &entry.place);
    let Some(project) = project_of(conn, place).await? else { return Ok(()) };
    match fact {
        HazardFact::WorkStopped { until } => {
            begin_stop(conn, id, (place, &project), (entry.occurred_on, *until)).await?;
        }
        HazardFact::WorkResumed {} => end_stop(conn, id, entry.occurred_on).await?,
        _ => return Ok(()),
    }
    touch(conn, &project, on, entry.number).await
}

/// A stop begins. One of the same that nobody has ended is that one, told again; one that was ended stays what it was.
async fn begin_stop(conn: &mut Conn, id: &str, (place, project): (&str, &str), (from, until): (Date, Date)) -> Result<()> {
    conn.execute("DELETE FROM work_stop WHERE id = ? AND ended_on IS NULL", args![id]).await?;
    // Ended and begun again within a day it has stood all the while.
    let sql = "INSERT INTO work_stop (id, place, project, from_on, until_on) VALUES (?, ?, ?, ?, ?)
               ON CONFLICT (id, from_on) DO UPDATE SET until_on = excluded.until_on, ended_on = NULL";
    conn.execute(sql, args![id, place, project, from, until]).await.map(drop)
}

async fn end_stop(conn: &mut Conn, id: &str, on: Date) -> Result<()> {
    conn.execute("UPDATE work_stop SET ended_on = ? WHERE id = ? AND ended_on IS NULL", args![on, id]).await.map(drop)
}

/// The project that a place is or stands in.
async fn project_of(conn: &mut Conn, place: &str) -> Result<Option<String>> {
    for above in places::path(conn, place).await?.unwrap_or_default().trim_matches('/').split('/') {
        if let Some(found) = places::get(conn, above).await?.filter(|above| above.kind == Kind::Project) {
            return Ok(Some(found.id));
        }
    }
    Ok(None)
}

/// A place is in a state in which no work goes on, or is no longer: until then nothing is planned there.
async fn set_idle(conn: &mut Conn, entry: &Entry<AnyFact>, is_idle: bool, since: Date, on: Date) -> Result<()> {
    let place = &entry.place;
    let Some(project) = project_of(conn, place).await? else { return Ok(()) };
    let id = format!("{STATE}{place}");
    if is_idle {
        begin_stop(conn, &id, (place, &project), (since, since)).await?;
    } else {
        end_stop(conn, &id, since).await?;
    }
    touch(conn, &project, on, entry.number).await
}

/// Since when no work goes on at a place, by its state or that of a place it stands in.
pub async fn idle_since(conn: &mut Conn, path: &str) -> Result<Option<Date>> {
    let sql = "SELECT MIN(from_on) FROM work_stop WHERE place IN (?, ?, ?, ?, ?, ?, ?, ?) AND id LIKE 'state-%' AND ended_on IS NULL";
    conn.row(sql, &from_root(path)).await?.map_or(Ok(None), |row| row.opt_date(0))
}

/// What daily reports measured becomes progress: begun with the first quantity, finished with the last. Dates follow soon,
/// see [`super::network::settle`].
async fn measure(conn: &mut Conn, entry: &Entry<AnyFact>, standings: &[Standing]) -> Result<()> {
    let Some(first) = standings.first() else { return Ok(()) };
    let (on, project) = (written_on(entry)?, &first.project);
    for standing in standings {
        let begun = (standing.done_e3 > 0).then_some(entry.occurred_on);
        let finished = (standing.done_e3 >= standing.total_e3).then_some(entry.occurred_on);
        let percent_e3 = standing.done_e3.saturating_mul(100_000) / standing.total_e3.max(1);
        let sql = "INSERT INTO progress (project, activity, actual_start, actual_finish, percent_e3, remaining_days, recorded_by, recorded_on, changed_number) VALUES (?, ?, ?, ?, ?, NULL, ?, ?, ?)
                   ON CONFLICT (project, activity) DO UPDATE SET actual_start = CASE WHEN excluded.percent_e3 = 0 THEN NULL ELSE COALESCE(progress.actual_start, excluded.actual_start) END,
                   actual_finish = CASE WHEN excluded.actual_finish IS NULL THEN NULL ELSE COALESCE(progress.actual_finish, excluded.actual_finish) END, percent_e3 = excluded.percent_e3,
                   remaining_days = NULL, recorded_by = excluded.recorded_by, recorded_on = excluded.recorded_on, changed_number = excluded.changed_number";
        let percent_e3 = percent_e3.clamp(0, 100_000);
        let values = args![project, &standing.activity, begun, finished, percent_e3, &entry.actor, on, entry.number];
        conn.execute(sql, values).await?;
    }
    let sql = "UPDATE project_plan SET is_stale = CASE WHEN is_stale = 1 THEN 1 ELSE 2 END, changed_on = ?, changed_number = ?, data_date = CASE WHEN data_date < ? THEN ? ELSE data_date END WHERE project = ?";
    conn.execute(sql, args![on, entry.number, on, on, project]).await.map(drop)
}

/// Gates confirmed at places, as `(place, gate)`.
pub async fn gates_passed(conn: &mut Conn) -> Result<HashSet<(String, String)>> {
    let rows = conn.rows("SELECT place, gate FROM gate_passed", &[]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}

/// Gates without which a stage of a place is not met, and which nobody has confirmed there or above. A stage that no gate binds
/// costs no question.
pub async fn open_gates(conn: &mut Conn, place: &str, stage: &str) -> Result<Vec<&'static binding::Gate>> {
    if !binding::is_bound(stage) {
        return Ok(Vec::new());
    }
    let rows = conn.rows("SELECT DISTINCT stage FROM bar WHERE place = ? AND stage IS NOT NULL", args![place]).await?;
    let planned = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>>>()?;
    let planned: HashSet<&str> = planned.iter().map(String::as_str).collect();
    let path = places::path(conn, place).await?.unwrap_or_default();
    let sql = "SELECT gate FROM gate_passed WHERE place IN (?, ?, ?, ?, ?, ?, ?, ?)";
    let rows = conn.rows(sql, &from_root(&path)).await?;
    let passed = rows.iter().map(|row| row.text(0)).collect::<Result<HashSet<_>>>()?;
    Ok(binding::of_stage(stage, &planned).filter(|gate| !passed.contains(&gate.id)).collect())
}

/// A place where work stands still, or stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkStop {
    /// The hazard that stopped it; `None` where the state of the place says that no work goes on.
    pub hazard: Option<String>,
    /// The place; everything in it stands.
    pub place: String,
    /// First day.
    pub from: Date,
    /// Last day as far as is known.
    pub until: Date,
    /// First day on which work went on.
    pub ended_on: Option<Date>,
}

/// Stages that are planned at a place and at those in it, by place; what belongs to no place is its project's.
pub async fn planned_under(conn: &mut Conn, path: &str) -> Result<BTreeMap<String, HashSet<String>>> {
    let sql = "SELECT DISTINCT l.id, b.stage FROM bar b JOIN place l ON l.id = COALESCE(b.place, b.project) WHERE b.stage IS NOT NULL AND l.path LIKE ?";
    let mut planned: BTreeMap<String, HashSet<String>> = BTreeMap::new();
    for row in conn.rows(sql, args![format!("{path}%")]).await? {
        planned.entry(row.text(0)?).or_default().insert(row.text(1)?);
    }
    Ok(planned)
}

/// The first day of the approved plan over a place, or of work that was recorded before it: nothing is accepted of what has not
/// begun.
pub async fn begins_on(conn: &mut Conn, path: &str) -> Result<Option<Date>> {
    let Some(plan) = super::store::plan_over(conn, path).await? else { return Ok(None) };
    let sql = "SELECT MIN(baseline_start), MIN(actual_start) FROM bar WHERE project = ?";
    let Some(row) = conn.row(sql, args![&plan.project]).await? else { return Ok(None) };
    Ok([row.opt_date(0)?, row.opt_date(1)?].into_iter().flatten().min())
}

/// Which hazards had stopped work at a place, or at one it stands in, on a day; the longest first.
pub async fn stopped_by(conn: &mut Conn, path: &str, on: Date) -> Result<Vec<WorkStop>> {
    let sql = "SELECT id, place, from_on, until_on, ended_on FROM work_stop
               WHERE place IN (?, ?, ?, ?, ?, ?, ?, ?) AND id NOT LIKE 'state-%' AND from_on <= ? AND (ended_on IS NULL OR ended_on > ?) ORDER BY from_on, id";
    let mut values = from_root(path);
    values.extend([on.to_string().into(), on.to_string().into()]);
    conn.rows(sql, &values).await?.iter().map(read_stop).collect()
}

fn read_stop(row: &Row) -> Result<WorkStop> {
    let id = row.text(0)?;
    let hazard = (!id.starts_with(STATE)).then_some(id);
    Ok(WorkStop { hazard, place: row.text(1)?, from: row.date(2)?, until: row.date(3)?, ended_on: row.opt_date(4)? })
}

/// Where work of a project stands still or stood, earliest first.
pub async fn work_stops(conn: &mut Conn, project: &str) -> Result<Vec<WorkStop>> {
    let sql = "SELECT id, place, from_on, until_on, ended_on FROM work_stop WHERE project = ? ORDER BY from_on, id";
    conn.rows(sql, args![project]).await?.iter().map(read_stop).collect()
}

/// Ids of the gates that are open for a bar; what belongs to no place is bound at its project.
pub(super) async fn open_gates_of(conn: &mut Conn, bar: &Bar) -> Result<Vec<String>> {
    let place = bar.place.as_deref().unwrap_or(&bar.project);
    let open = open_gates(conn, place, bar.stage.as_deref().unwrap_or_default()).await?;
    Ok(open.into_iter().map(|gate| gate.id.clone()).collect())
}
