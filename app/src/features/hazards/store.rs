//! What was measured, graded and looked at, dangerous works, and hazards.

use super::model::{Chain, Command, Fact, Grade, Known, Recipient, Remedy, Stage, State, Stopping, report_days};
use super::risks::{Recorded, risks};
use super::rules::{self, Colour};
use crate::args;
use crate::db::{Conn, Row};
use crate::features::Fact as AnyFact;
use crate::features::authority::{self, Verb};
use crate::features::plan::network::STAGES;
use crate::features::plan::store::Bar;
use crate::features::{places, plan};
use crate::journal::course;
use crate::journal::domain::{Context as JournalContext, Entry};
use anyhow::{Context, Result};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};

/// A hazard as the table holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hazard {
    /// Identifier.
    pub id: String,
    /// As the rule sees it.
    pub known: Known,
    /// Its kind.
    pub kind: String,
    /// What it is.
    pub content: String,
    /// What is settled for it.
    pub remedy: Remedy,
    /// Who found it.
    pub found_by: String,
    /// When work went on.
    pub resumed_on: Option<Date>,
    /// When it ended.
    pub closed_on: Option<Date>,
    /// The fact that last changed it.
    pub number: u64,
}

impl Hazard {
    /// Whether its day has passed and it is not put right.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.known.stage == Stage::Open && self.remedy.due < today
    }

    /// Since when it is major, of one that is.
    pub fn major_on(&self) -> Date {
        self.known.major.as_ref().map_or(self.known.found_on, |(on, _)| *on)
    }

    /// Whether a report of it is late.
    pub fn is_report_late(&self, today: Date) -> bool {
        self.closed_on.is_none() && self.known.unreported().next().is_some() && self.major_on().saturating_add(i64::from(report_days()).days()) < today
    }
}

/// A fact of a hazard.
pub type Step = course::Step<Fact>;

macro_rules! hazard_columns {
    () => {
        "id, place, kind, grade, stage, content, remedy, found_by, found_on, repaired_by, asked_by, regulator_on, congress_on, listed_on, resumed_on, closed_on, number, major_on, raised_by"
    };
}

fn read_hazard(row: &Row) -> Result<Hazard> {
    let remedy: Remedy = row.json(6)?;
    let reported = [(Recipient::Regulator, row.opt_date(11)?), (Recipient::Congress, row.opt_date(12)?)];
    Ok(Hazard {
        id: row.text(0)?,
        known: Known {
            place: row.text(1)?,
            grade: Grade::from_name(&row.text(3)?).context("a stored grade is known")?,
            stage: Stage::from_name(&row.text(4)?).context("a stored stage is known")?,
            found_on: row.date(8)?,
            due: remedy.due,
            major: row.opt_date(17)?.zip(row.opt_text(18)?),
            is_major_kind: rules::kind(row.str(2)?).is_some_and(|kind| kind.is_major),
            repaired_by: row.opt_text(9)?,
            asked_by: row.opt_text(10)?,
            reported: reported.into_iter().filter_map(|(to, on)| Some((to, on?))).collect(),
            listed_on: row.opt_date(13)?,
        },
        kind: row.text(2)?,
        content: row.text(5)?,
        remedy,
        found_by: row.text(7)?,
        resumed_on: row.opt_date(14)?,
        closed_on: row.opt_date(15)?,
        number: row.count(16)?,
    })
}

/// One hazard.
pub async fn hazard(conn: &mut Conn, id: &str) -> Result<Option<Hazard>> {
    let sql = concat!("SELECT ", hazard_columns!(), " FROM hazard WHERE id = ?");
    conn.row(sql, args![id]).await?.map(|row| read_hazard(&row)).transpose()
}

/// Hazards that are open, major ones first, then what is due first; and those that ended on a day or after it.
pub async fn hazards(conn: &mut Conn, since: Date) -> Result<Vec<Hazard>> {
    let sql = concat!(
        "SELECT ",
        hazard_columns!(),
        " FROM hazard WHERE closed_on IS NULL OR closed_on >= ? ORDER BY CASE WHEN closed_on IS NULL THEN 0 ELSE 1 END, CASE WHEN grade = 'major' THEN 0 ELSE 1 END, due_on, number"
    );
    conn.rows(sql, args![since]).await?.iter().map(read_hazard).collect()
}

/// Facts of a hazard, oldest first.
pub async fn steps(conn: &mut Conn, hazard: &str) -> Result<Vec<Step>> {
    let sql = "SELECT number, recorded_at, by_account, fact FROM hazard_step WHERE hazard = ? ORDER BY number";
    conn.rows(sql, args![hazard]).await?.iter().map(Step::read).collect()
}

/// What was recorded of every building, by building.
pub async fn recorded(conn: &mut Conn) -> Result<HashMap<String, Recorded>> {
    let mut found: HashMap<String, Recorded> = HashMap::new();
    for row in conn.rows("SELECT place, parameter, value_e3, set_on FROM site_parameter", &[]).await? {
        found.entry(row.text(0)?).or_default().parameters.insert(row.text(1)?, (row.int(2)?, row.date(3)?));
    }
    for row in conn.rows("SELECT place, risk, colour, reason FROM risk_grade", &[]).await? {
        let colour = Colour::from_name(&row.text(2)?).context("a stored colour is known")?;
        found.entry(row.text(0)?).or_default().grades.insert(row.text(1)?, (colour, row.text(3)?));
    }
    for row in conn.rows("SELECT place, risk, checked_on, is_sound FROM risk_check", &[]).await? {
        found.entry(row.text(0)?).or_default().checks.insert(row.text(1)?, (row.date(2)?, row.flag(3)?));
    }
    Ok(found)
}

/// What was recorded of one building.
pub async fn recorded_of(conn: &mut Conn, place: &str) -> Result<Recorded> {
    let mut found = Recorded::default();
    for row in conn.rows("SELECT parameter, value_e3, set_on FROM site_parameter WHERE place = ?", args![place]).await? {
        found.parameters.insert(row.text(0)?, (row.int(1)?, row.date(2)?));
    }
    for row in conn.rows("SELECT risk, colour, reason FROM risk_grade WHERE place = ?", args![place]).await? {
        let colour = Colour::from_name(&row.text(1)?).context("a stored colour is known")?;
        found.grades.insert(row.text(0)?, (colour, row.text(2)?));
    }
    for row in conn.rows("SELECT risk, checked_on, is_sound FROM risk_check WHERE place = ?", args![place]).await? {
        found.checks.insert(row.text(0)?, (row.date(1)?, row.flag(2)?));
    }
    Ok(found)
}

/// Where dangerous works stand, by building and work, each with its facts.
pub async fn chains(conn: &mut Conn) -> Result<BTreeMap<(String, String), Chain>> {
    let mut found: BTreeMap<(String, String), Chain> = BTreeMap::new();
    for row in conn.rows("SELECT place, danger, by_account, on_day, fact FROM danger_step ORDER BY number", &[]).await? {
        let key = (row.text(0)?, row.text(1)?);
        let chain = found.remove(&key).unwrap_or_default();
        found.insert(key, chain.after(&row.json(4)?, &row.text(2)?, row.date(3)?));
    }
    Ok(found)
}

/// A step of a dangerous work: day, who, what.
pub type DangerStep = (Date, String, Fact);

/// Steps of a dangerous work of a building, oldest first.
pub async fn danger_steps(conn: &mut Conn, place: &str, danger: &str) -> Result<Vec<DangerStep>> {
    let sql = "SELECT on_day, by_account, fact FROM danger_step WHERE place = ? AND danger = ? ORDER BY number";
    let rows = conn.rows(sql, args![place, danger]).await?;
    rows.iter().map(|row| Ok((row.date(0)?, row.text(1)?, row.json(2)?))).collect()
}

/// Where a dangerous work stands after its facts.
pub fn chain_of(steps: &[DangerStep]) -> Chain {
    steps.iter().fold(Chain::default(), |chain, (on, by, fact)| chain.after(fact, by, *on))
}

pub(super) async fn load(conn: &mut Conn, command: &Command, context: &JournalContext) -> Result<State> {
    let mut state = State::default();
    if let Some(id) = command.hazard() {
        let found = hazard(conn, id).await?.context("scope has found the hazard")?;
        state.place.clone_from(&found.known.place);
        state.hazard = Some(found.known);
    }
    if let Some(id) = command.place() {
        let place = places::get(conn, id).await?.context("scope has found the place")?;
        state.is_site = place.kind.is_site();
        state.place = place.id;
    }
    match command {
        Command::Find { hazard: id, remedy, .. } => {
            state.is_id_taken = hazard(conn, id).await?.is_some();
            let path = places::path(conn, &state.place).await?.unwrap_or_default();
            // Whoever answers for it must see it on the day it is due.
            state.is_person_known = authority::rights(conn, &remedy.person, remedy.due).await?.may(Verb::Read, &path);
        }
        Command::Hear { place, on, works, .. } => state.stopping = stopping(conn, place, *on, works).await?,
        Command::Regrade { place, .. } | Command::Check { place, .. } => {
            let bars = plan::store::bars_at(conn, place).await?;
            let found = risks(&bars.iter().collect::<Vec<&Bar>>(), &recorded_of(conn, place).await?, context.today);
            state.on = found.points.into_iter().map(|point| (point.risk.id.clone(), point.colour)).collect();
        }
        _ => {}
    }
    if let (Some(danger), Some(place)) = (command.danger(), command.place()) {
        state.chain = chain_of(&danger_steps(conn, place, danger).await?);
        if let Some(danger) = rules::danger(danger) {
            let measured = recorded_of(conn, place).await?;
            state.value_e3 = measured.parameters.get(&danger.parameter).map(|(value_e3, _)| *value_e3);
        }
    }
    Ok(state)
}

/// Hazards that had stopped work at a building on a day. Papers go on: of a report that moved nothing else there are none.
async fn stopping(conn: &mut Conn, building: &str, on: Date, works: &[(String, String)]) -> Result<Vec<Stopping>> {
    let path = places::path(conn, building).await?.unwrap_or_default();
    // Every report is heard, and almost none is of a place that stands still: that is asked first.
    let stops = plan::heard::stopped_by(conn, &path, on).await?;
    let mut is_work = false;
    if !stops.is_empty() {
        for (project, activity) in works {
            let stage = plan::store::bar(conn, project, activity).await?.and_then(|bar| bar.stage);
            is_work |= !stage.is_some_and(|stage| STAGES.iter().any(|one| one.is_paper && one.id == stage));
        }
    }
    let mut found = Vec::new();
    for stop in stops.into_iter().filter(|_| is_work) {
        let Some(hazard) = hazard(conn, stop.hazard.as_deref().unwrap_or_default()).await? else { continue };
        let is_told = steps(conn, &hazard.id).await?.iter().any(|step| matches!(&step.fact, Fact::Disregarded { building: told, .. } if told == building));
        let by = hazard.known.major.as_ref().map_or_else(|| hazard.found_by.clone(), |(_, by)| by.clone());
        found.push(Stopping { hazard: hazard.id, place: hazard.known.place, content: hazard.content, by, from: stop.from, is_told });
    }
    Ok(found)
}

/// Where a hazard stands after a fact; `None` where that does not change.
fn stage_after(fact: &Fact, grade: Grade) -> Option<Stage> {
    Some(match fact {
        Fact::Repaired { .. } => Stage::Repaired,
        Fact::Rechecked { is_done: false, .. } | Fact::Reviewed { is_fit: false, .. } => Stage::Open,
        Fact::Rechecked { .. } if grade == Grade::Major => Stage::Rechecked,
        Fact::Rechecked { .. } | Fact::Closed { .. } => Stage::Closed,
        Fact::Asked { .. } => Stage::Asked,
        Fact::WorkResumed {} if grade == Grade::Major => Stage::Resumed,
        _ => return None,
    })
}

/// What one fact does to the tables.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let (id, place, by, on, number) = (&entry.subject, &entry.place, &entry.actor, entry.occurred_on, entry.number);
    match fact {
        Fact::Measured { parameter, value_e3 } => {
            let sql = "INSERT INTO site_parameter (place, parameter, value_e3, set_by, set_on, number) VALUES (?, ?, ?, ?, ?, ?)
                       ON CONFLICT (place, parameter) DO UPDATE SET value_e3 = excluded.value_e3, set_by = excluded.set_by, set_on = excluded.set_on, number = excluded.number";
            return conn.execute(sql, args![place, parameter, *value_e3, by, on, number]).await.map(drop);
        }
        Fact::Regraded { risk, colour, reason } => {
            conn.execute("DELETE FROM risk_grade WHERE place = ? AND risk = ?", args![place, risk]).await?;
            let Some(colour) = colour else { return Ok(()) };
            let sql = "INSERT INTO risk_grade (place, risk, colour, reason, number) VALUES (?, ?, ?, ?, ?)";
            return conn.execute(sql, args![place, risk, colour.name(), reason, number]).await.map(drop);
        }
        Fact::Checked { risks, is_sound, .. } => {
            let sql = "INSERT INTO risk_check (place, risk, checked_on, is_sound, number) VALUES (?, ?, ?, ?, ?)
                       ON CONFLICT (place, risk) DO UPDATE SET checked_on = excluded.checked_on, is_sound = excluded.is_sound, number = excluded.number";
            for risk in risks {
                conn.execute(sql, args![place, risk, on, *is_sound, number]).await?;
            }
            return Ok(());
        }
        Fact::Signed { danger, .. } | Fact::Argued { danger, .. } | Fact::Disclosed { danger, .. } | Fact::Accepted { danger, .. } => {
            let sql = "INSERT INTO danger_step (number, place, danger, on_day, by_account, fact) VALUES (?, ?, ?, ?, ?, ?)";
            return conn.execute(sql, args![number, place, danger, on, by, serde_json::to_string(fact)?]).await.map(drop);
        }
        Fact::Found { kind, grade, content, remedy, .. } => {
            let sql = "INSERT INTO hazard (id, place, kind, grade, stage, content, remedy, person, due_on, found_by, found_on, major_on, raised_by, number) VALUES (?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, ?, ?, ?)";
            let major = (*grade == Grade::Major).then_some((on, by));
            let args = args![id, place, kind, grade.name(), content, serde_json::to_string(remedy)?, &remedy.person, remedy.due, by, on, major.map(|(on, _)| on), major.map(|(_, by)| by.as_str()), number];
            conn.execute(sql, args).await?;
        }
        Fact::Raised { amount_fen, contingency, .. } => {
            let found = hazard(conn, id).await?.with_context(|| format!("hazard {id} is there"))?;
            let remedy = Remedy { amount_fen: Some(*amount_fen), contingency: contingency.clone(), ..found.remedy };
            // Raised again it is reported again: what was said of it before was said of something else.
            let sql = "UPDATE hazard SET grade = 'major', major_on = ?, raised_by = ?, remedy = ?, regulator_on = NULL, congress_on = NULL, listed_on = NULL, resumed_on = NULL WHERE id = ?";
            conn.execute(sql, args![on, by, serde_json::to_string(&remedy)?, id]).await?;
        }
        Fact::Lowered { .. } => {
            conn.execute("UPDATE hazard SET grade = 'ordinary', major_on = NULL, raised_by = NULL WHERE id = ?", args![id]).await?;
        }
        Fact::Repaired { .. } => {
            conn.execute("UPDATE hazard SET repaired_by = ? WHERE id = ?", args![by, id]).await?;
        }
        Fact::Asked { .. } => {
            conn.execute("UPDATE hazard SET asked_by = ? WHERE id = ?", args![by, id]).await?;
        }
        Fact::Reported { recipient: Recipient::Regulator, on, .. } => {
            conn.execute("UPDATE hazard SET regulator_on = ? WHERE id = ?", args![*on, id]).await?;
        }
        Fact::Reported { recipient: Recipient::Congress, on, .. } => {
            conn.execute("UPDATE hazard SET congress_on = ? WHERE id = ?", args![*on, id]).await?;
        }
        Fact::Listed { .. } => {
            conn.execute("UPDATE hazard SET listed_on = ? WHERE id = ?", args![on, id]).await?;
        }
        Fact::WorkResumed {} => {
            conn.execute("UPDATE hazard SET resumed_on = ? WHERE id = ?", args![on, id]).await?;
        }
        Fact::Disregarded { .. } | Fact::WorkStopped { .. } | Fact::Rechecked { .. } | Fact::Reviewed { .. } | Fact::Closed { .. } => {}
    }
    let grade = hazard(conn, id).await?.with_context(|| format!("hazard {id} is there"))?.known.grade;
    if let Some(stage) = stage_after(fact, grade) {
        conn.execute("UPDATE hazard SET stage = ? WHERE id = ?", args![stage.name(), id]).await?;
        if stage == Stage::Closed {
            conn.execute("UPDATE hazard SET closed_on = ? WHERE id = ?", args![on, id]).await?;
        }
    }
    conn.execute("UPDATE hazard SET number = ? WHERE id = ?", args![number, id]).await?;
    let sql = "INSERT INTO hazard_step (number, hazard, recorded_at, by_account, fact) VALUES (?, ?, ?, ?, ?)";
    conn.execute(sql, args![number, id, &entry.recorded_at, by, serde_json::to_string(fact)?]).await.map(drop)
}
