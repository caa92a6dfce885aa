//! What happened at places on days, besides what reports say.

use crate::args;
use crate::clock::civil;
use crate::db::Conn;
use crate::features::authority::{self, Rights, Verb};
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::places::tree::Tree;
use crate::features::{calendars, hazards, orders, places, plan, problems};
use anyhow::Result;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::HashMap;

/// Facts that stand in the diary of a site: what was found there, asked of it, and in its way.
const OF_SITE: [&str; 6] = ["hazards.found", "hazards.raised", "hazards.lowered", "hazards.work_resumed", "orders.signed", "problems.opened"];

/// Facts that stand in the diary of a supervision engineer, when it was one who wrote them.
const OF_SUPERVISION: [&str; 21] = [
    "hazards.measured",
    "hazards.regraded",
    "hazards.checked",
    "hazards.signed",
    "hazards.accepted",
    "hazards.found",
    "hazards.raised",
    "hazards.lowered",
    "hazards.work_stopped",
    "hazards.rechecked",
    "hazards.reported",
    "hazards.reviewed",
    "hazards.work_resumed",
    "hazards.closed",
    "gates.confirmed",
    "gates.returned",
    "gates.withdrawn",
    "problems.opened",
    "problems.answered",
    "problems.handed",
    "problems.closed",
];

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// The day it was recorded, in China.
    pub on: Date,
    /// Where.
    pub place: String,
    /// The key of its name in the locale files.
    pub fact: String,
    /// What it was about, in the words of whoever wrote that.
    pub content: String,
    /// Or the key of what it was about.
    pub word: Option<String>,
    /// Who did it.
    pub by: String,
}

/// What happened to a site.
pub async fn of_site(conn: &mut Conn, path: &str, from: Date, to: Date) -> Result<Vec<Happening>> {
    happened(conn, path, (from, to), &OF_SITE).await
}

/// What supervision engineers did: whoever might confirm reports of the place on that day.
pub async fn of_supervision(conn: &mut Conn, path: &str, from: Date, to: Date) -> Result<Vec<Happening>> {
    let mut known: HashMap<(String, Date), Rights> = HashMap::new();
    let mut found = Vec::new();
    for one in happened(conn, path, (from, to), &OF_SUPERVISION).await? {
        let key = (one.by.clone(), one.on);
        if !known.contains_key(&key) {
            known.insert(key.clone(), authority::rights(conn, &one.by, one.on).await?);
        }
        let path = places::path(conn, &one.place).await?.unwrap_or_default();
        if known[&key].may(Verb::Confirm, &path) {
            found.push(one);
        }
    }
    Ok(found)
}

async fn happened(conn: &mut Conn, path: &str, (from, to): (Date, Date), kinds: &[&str]) -> Result<Vec<Happening>> {
    let mut found = Vec::new();
    // Days of China begin before those of the record: a day more is read on either side.
    let (first, last) = (from.saturating_sub(1.day()).to_string(), to.saturating_add(2.days()).to_string());
    let sql = "SELECT f.kind, f.actor, f.subject, f.place, f.recorded_at FROM fact f JOIN place l ON l.id = f.place
               WHERE l.path LIKE ? AND f.recorded_at >= ? AND f.recorded_at < ? ORDER BY f.number";
    for row in conn.rows(sql, args![format!("{path}%"), first, last]).await? {
        let kind = row.text(0)?;
        let name = kind.split('/').next().unwrap_or_default();
        let on = civil(row.text(4)?.parse()?).date();
        if !kinds.contains(&name) || on < from || on > to {
            continue;
        }
        let (content, word) = about(conn, name, row.str(2)?).await?;
        found.push(Happening { on, place: row.text(3)?, fact: format!("fact.{}", name.replacen('.', "_", 1)), content, word, by: row.text(1)? });
    }
    Ok(found)
}

/// What a fact is about: in words, or by the key of a name.
async fn about(conn: &mut Conn, kind: &str, subject: &str) -> Result<(String, Option<String>)> {
    let part = subject.split_once('#').map(|(_, part)| part);
    Ok(match (kind.split('.').next().unwrap_or_default(), part) {
        ("gates", Some(gate)) => (String::new(), Some(format!("value.gate_{gate}"))),
        ("hazards", Some(risk)) if kind == "hazards.regraded" => (String::new(), Some(format!("risk.{risk}"))),
        ("hazards", Some(danger)) => (String::new(), Some(format!("danger.{danger}"))),
        ("hazards", None) => (hazards::store::hazard(conn, subject).await?.map(|hazard| hazard.content).unwrap_or_default(), None),
        ("orders", _) => (orders::store::order(conn, subject).await?.map(|order| order.title).unwrap_or_default(), None),
        ("problems", _) => (problems::store::problem(conn, subject).await?.map(|problem| problem.content).unwrap_or_default(), None),
        _ => (String::new(), None),
    })
}

/// A day on which something kept a place from work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stood {
    /// The day.
    pub on: Date,
    /// The place.
    pub place: String,
    /// Since when a hazard had stopped it; `None` of an alert.
    pub since: Option<Date>,
    /// The hazard in words, or the key of the alert's level.
    pub what: String,
    /// The notice of the alert.
    pub notice: String,
}

/// Days on which major hazards had stopped work in a place or around it, and on which alerts were in force.
pub async fn stops(conn: &mut Conn, tree: &Tree, place: &Place, (from, to): (Date, Date)) -> Result<Vec<Stood>> {
    let days = || from.series(1.day()).take_while(|day| *day <= to);
    let mut found = Vec::new();
    let projects = tree.lineage(place).chain(tree.under(place)).filter(|one| one.kind == Kind::Project);
    let mut projects: Vec<&str> = projects.map(|project| project.id.as_str()).collect();
    projects.sort_unstable();
    projects.dedup();
    for project in projects {
        for stop in plan::heard::work_stops(conn, project).await? {
            let Some(at) = tree.get(&stop.place).filter(|at| at.path.starts_with(&place.path) || place.path.starts_with(&at.path)) else { continue };
            let Some(hazard) = &stop.hazard else { continue };
            let what = hazards::store::hazard(conn, hazard).await?.map(|hazard| hazard.content).unwrap_or_default();
            let stood = days().filter(|day| *day >= stop.from && stop.ended_on.is_none_or(|ended| *day < ended));
            found.extend(stood.map(|on| Stood { on, place: at.id.clone(), since: Some(stop.from), what: what.clone(), notice: String::new() }));
        }
    }
    for alert in calendars::store::alerts(conn).await? {
        for span in &alert.spans {
            let stood = days().filter(|day| *day >= span.begins_at.date() && span.ends_at.is_none_or(|ended| day.to_datetime(jiff::civil::Time::midnight()) < ended));
            let what = format!("alert_level.{}", span.level.name());
            found.extend(stood.map(|on| Stood { on, place: place.id.clone(), since: None, what: what.clone(), notice: span.notice.clone() }));
        }
    }
    Ok(found)
}
