//! Institutions, rules and duties as the tables hold them.

use super::model::{Command, Each, Fact, Heard, KnownDuty, KnownRule, Owed, Owner, State};
use crate::args;
use crate::db::{Conn, Row};
use crate::features::bulletin::model::Fact as BulletinFact;
use crate::features::places::store::Place;
use crate::features::places::tree::Tree;
use crate::features::reports::model::Photo;
use crate::features::returns::model::Fact as ReturnFact;
use crate::features::round::model::Fact as RoundFact;
use crate::features::{Fact as AnyFact, places, plan};
use crate::journal::domain::{Context as JournalContext, Entry};
use anyhow::{Context, Result};
use jiff::civil::Date;
use std::collections::HashMap;

/// An institution as the district wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Institution {
    /// What it is called; empty where the campaign names it.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// The fact that wrote it.
    pub number: u64,
}

/// Institutions that are written, by slot.
pub async fn institutions(conn: &mut Conn) -> Result<HashMap<String, Institution>> {
    let rows = conn.rows("SELECT slot, name, purpose, number FROM institution", &[]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, Institution { name: row.text(1)?, purpose: row.text(2)?, number: row.count(3)? }))).collect()
}

/// A rule as the table holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Identifier.
    pub id: String,
    /// What it says.
    pub owed: Owed,
    /// The newest day that was raised.
    pub last_on: Option<Date>,
    /// When it ended, and why.
    pub ended: Option<(Date, String)>,
    /// The fact that last changed it.
    pub number: u64,
}

macro_rules! rule_columns {
    () => {
        "id, owed, last_on, ended_on, reason, number"
    };
}

fn read_rule(row: &Row) -> Result<Rule> {
    let ended = row.opt_date(3)?.zip(row.opt_text(4)?);
    Ok(Rule { id: row.text(0)?, owed: row.json(1)?, last_on: row.opt_date(2)?, ended, number: row.count(5)? })
}

/// One rule.
pub async fn rule(conn: &mut Conn, id: &str) -> Result<Option<Rule>> {
    let sql = concat!("SELECT ", rule_columns!(), " FROM duty_rule WHERE id = ?");
    conn.row(sql, args![id]).await?.map(|row| read_rule(&row)).transpose()
}

/// All rules, in the order in which they were set.
pub async fn rules(conn: &mut Conn) -> Result<Vec<Rule>> {
    let sql = concat!("SELECT ", rule_columns!(), " FROM duty_rule ORDER BY slot, number");
    conn.rows(sql, &[]).await?.iter().map(read_rule).collect()
}

/// How a duty ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// When.
    pub on: Date,
    /// By whom.
    pub by: String,
    /// What was done, or why it was excused; empty when another fact did it.
    pub content: String,
    /// Photographs.
    pub photos: Vec<Photo>,
    /// Whether it was excused.
    pub is_excused: bool,
}

/// A duty as the table holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// Identifier.
    pub id: String,
    /// The rule that raised it.
    pub rule: String,
    /// The slot of its institution.
    pub slot: String,
    /// The place.
    pub place: String,
    /// What is to be done.
    pub name: String,
    /// Who owed it when it was raised.
    pub owner: Option<String>,
    /// Whether it is owed by whoever is the accountable official.
    pub is_official: bool,
    /// Whether a photograph is needed.
    pub needs_photo: bool,
    /// The day of the occurrence.
    pub raised_on: Date,
    /// By when it is to be done.
    pub due_on: Date,
    /// How it ended.
    pub settled: Option<Settled>,
    /// The fact that last changed it.
    pub number: u64,
}

impl Duty {
    /// Whether its day has passed and it is not done.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.settled.is_none() && self.due_on < today
    }

    /// Whether it was done, but after its day.
    pub fn is_late(&self) -> bool {
        self.settled.as_ref().is_some_and(|settled| !settled.is_excused && settled.on > self.due_on)
    }

    /// Who owes it now, or owed it when it ended.
    pub fn owner_now<'a>(&'a self, tree: &'a Tree) -> Option<&'a str> {
        if self.is_official && self.settled.is_none() {
            return tree.get(&self.place).and_then(|place| tree.accountable(place)).map(|(account, _)| account);
        }
        self.owner.as_deref()
    }
}

macro_rules! duty_columns {
    () => {
        "id, rule, slot, place, name, owner, is_official, needs_photo, raised_on, due_on, state, settled_on, settled_by, content, photos, number"
    };
}

fn read_duty(row: &Row) -> Result<Duty> {
    let settled = match (row.opt_date(11)?, row.opt_text(12)?) {
        (Some(on), Some(by)) => Some(Settled {
            on,
            by,
            content: row.opt_text(13)?.unwrap_or_default(),
            photos: row.opt_text(14)?.map(|photos| serde_json::from_str(&photos)).transpose()?.unwrap_or_default(),
            is_excused: row.str(10)? == "excused",
        }),
        _ => None,
    };
    Ok(Duty {
        id: row.text(0)?,
        rule: row.text(1)?,
        slot: row.text(2)?,
        place: row.text(3)?,
        name: row.text(4)?,
        owner: row.opt_text(5)?,
        is_official: row.flag(6)?,
        needs_photo: row.flag(7)?,
        raised_on: row.date(8)?,
        due_on: row.date(9)?,
        settled,
        number: row.count(15)?,
    })
}

/// One duty.
pub async fn duty(conn: &mut Conn, id: &str) -> Result<Option<Duty>> {
    let sql = concat!("SELECT ", duty_columns!(), " FROM duty WHERE id = ?");
    conn.row(sql, args![id]).await?.map(|row| read_duty(&row)).transpose()
}

/// Duties that are open, what is due first comes first.
pub async fn open(conn: &mut Conn) -> Result<Vec<Duty>> {
    let sql = concat!("SELECT ", duty_columns!(), " FROM duty WHERE state = 'open' ORDER BY due_on, id");
    conn.rows(sql, &[]).await?.iter().map(read_duty).collect()
}

/// Duties that are or were due between two days, in that order.
pub async fn due_between(conn: &mut Conn, from: Date, to: Date) -> Result<Vec<Duty>> {
    let sql = concat!("SELECT ", duty_columns!(), " FROM duty WHERE due_on >= ? AND due_on <= ? ORDER BY due_on, id");
    conn.rows(sql, args![from, to]).await?.iter().map(read_duty).collect()
}

/// Duties of a rule, the newest first.
pub async fn of_rule(conn: &mut Conn, rule: &str, limit: u64) -> Result<Vec<Duty>> {
    let sql = concat!("SELECT ", duty_columns!(), " FROM duty WHERE rule = ? ORDER BY raised_on DESC, id LIMIT ?");
    conn.rows(sql, args![rule, limit]).await?.iter().map(read_duty).collect()
}

/// Occurrences that have come and were not raised, the earliest first: rule and day. Days in which nothing ran are among them.
pub async fn occurrences(conn: &mut Conn, today: Date) -> Result<Vec<(String, Date)>> {
    let sql = concat!("SELECT ", rule_columns!(), " FROM duty_rule WHERE ended_on IS NULL OR last_on IS NULL OR last_on < ended_on ORDER BY number");
    let mut found = Vec::new();
    for row in conn.rows(sql, &[]).await? {
        let rule = read_rule(&row)?;
        let known = KnownRule { owed: rule.owed, ended_on: rule.ended.map(|(on, _)| on), last_on: rule.last_on, places: Vec::new() };
        let before = known.owed.from.yesterday().unwrap_or(known.owed.from);
        found.extend(known.days(before, today).into_iter().map(|day| (rule.id.clone(), day)));
    }
    found.sort_by_key(|(_, day)| *day);
    Ok(found)
}

pub(super) async fn load(conn: &mut Conn, command: &Command, context: &JournalContext) -> Result<State> {
    let mut state = State::default();
    match command {
        Command::Write { .. } => {}
        Command::Set { id, rule: owed } => {
            state.is_id_taken = rule(conn, id).await?.is_some();
            let is_stored = conn.row("SELECT 1 FROM institution WHERE slot = ?", args![&owed.slot]).await?.is_some();
            state.is_written = is_stored || super::rules::is_named(&owed.slot);
            // Rights of a named person are asked by whoever may ask them.
            state.is_owner_known = owed.owner.account().is_some() && context.actor == crate::journal::domain::Actor::System;
        }
        Command::End { rule: id, .. } | Command::Raise { rule: id, .. } => {
            if let Some(rule) = rule(conn, id).await? {
                let places = match command {
                    Command::Raise { .. } => places_of(conn, &rule.owed).await?,
                    _ => Vec::new(),
                };
                state.rule = Some(KnownRule { owed: rule.owed, ended_on: rule.ended.map(|(on, _)| on), last_on: rule.last_on, places });
            }
        }
        Command::Do { duty: id, .. } | Command::Excuse { duty: id, .. } => {
            if let Some(duty) = duty(conn, id).await? {
                let owner = if duty.is_official { accountable(conn, &duty.place).await? } else { duty.owner };
                let settled_on = duty.settled.map(|settled| settled.on);
                state.duty = Some(KnownDuty { place: duty.place, owner, needs_photo: duty.needs_photo, settled_on });
            }
        }
    }
    Ok(state)
}

/// Where a rule's occurrence is owed, and by whom.
async fn places_of(conn: &mut Conn, owed: &Owed) -> Result<Vec<(String, Option<String>)>> {
    let places = match owed.each {
        Each::Place => vec![owed.place.clone()],
        Each::Project => {
            let path = places::path(conn, &owed.place).await?.unwrap_or_default();
            let mut within = Vec::new();
            for plan in plan::store::active(conn).await? {
                let is_within = places::path(conn, &plan.project).await?.is_some_and(|project| project.starts_with(&path) || path.starts_with(&project));
                within.extend(is_within.then_some(plan.project));
            }
            within
        }
    };
    let mut found = Vec::new();
    for place in places {
        let owner = match &owed.owner {
            Owner::Person(account) => Some(account.clone()),
            Owner::Official => accountable(conn, &place).await?,
        };
        found.push((place, owner));
    }
    Ok(found)
}

/// The accountable official of a place, its own or the nearest above.
async fn accountable(conn: &mut Conn, place: &str) -> Result<Option<String>> {
    let path = places::path(conn, place).await?.unwrap_or_default();
    for id in path.trim_matches('/').rsplit('/') {
        if let Some(Place { official: Some(official), .. }) = places::get(conn, id).await? {
            return Ok(Some(official));
        }
    }
    Ok(None)
}

/// What one fact does to the tables.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let (id, on, number) = (&entry.subject, entry.occurred_on, entry.number);
    match fact {
        Fact::Written { name, purpose } => {
            let sql = "INSERT INTO institution (slot, name, purpose, number) VALUES (?, ?, ?, ?)
                       ON CONFLICT (slot) DO UPDATE SET name = excluded.name, purpose = excluded.purpose, number = excluded.number";
            conn.execute(sql, args![id, name, purpose, number]).await.map(drop)
        }
        Fact::Set { rule } => {
            let sql = "INSERT INTO duty_rule (id, slot, place, owed, heard, number) VALUES (?, ?, ?, ?, ?, ?)";
            conn.execute(sql, args![id, &rule.slot, &rule.place, serde_json::to_string(rule)?, rule.heard.map(Heard::name), number]).await.map(drop)
        }
        Fact::Ended { reason } => {
            conn.execute("UPDATE duty_rule SET ended_on = ?, reason = ?, number = ? WHERE id = ?", args![on, reason, number, id]).await.map(drop)
        }
        Fact::Raised { due, duties } => {
            let rule = rule(conn, id).await?.context("what raises duties is a rule")?;
            conn.execute("UPDATE duty_rule SET last_on = ? WHERE id = ?", args![on, id]).await?;
            for raised in duties {
                let sql = "INSERT INTO duty (id, rule, slot, place, name, owner, is_official, needs_photo, raised_on, due_on, state, number) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?)";
                let is_official = i64::from(rule.owed.owner == Owner::Official);
                let needs_photo = i64::from(rule.owed.needs_photo);
                let owner = raised.owner.as_ref();
                conn.execute(sql, args![&raised.duty, id, &rule.owed.slot, &raised.place, &rule.owed.name, owner, is_official, needs_photo, on, *due, number]).await?;
            }
            Ok(())
        }
        Fact::Done { content, photos } => settle(conn, entry, id, "done", content, photos).await,
        Fact::Excused { reason } => settle(conn, entry, id, "excused", reason, &[]).await,
    }
}

async fn settle(conn: &mut Conn, entry: &Entry<AnyFact>, duty: &str, state: &str, content: &str, photos: &[Photo]) -> Result<()> {
    // Who did it stays with it, whoever holds the post later.
    let sql = "UPDATE duty SET state = ?, settled_on = ?, settled_by = ?, content = ?, photos = ?, number = ?,
                      owner = CASE WHEN is_official = 1 AND ? = 'done' THEN ? ELSE owner END WHERE id = ?";
    let photos = serde_json::to_string(photos)?;
    conn.execute(sql, args![state, entry.occurred_on, &entry.actor, content, photos, entry.number, state, &entry.actor, duty]).await.map(drop)
}

/// What other facts prove: minutes do the newest open duty of each rule that names them at their place, bulletins and returns
/// that of each rule that names them, since they speak of everything. Older ones stay what they are: that one was forgotten is
/// not mended by doing the next.
pub async fn hear(conn: &mut Conn, entry: &Entry<AnyFact>) -> Result<()> {
    let heard = match &entry.fact {
        AnyFact::Rounds(RoundFact::Minuted { .. }) => Heard::Minutes,
        AnyFact::Bulletins(BulletinFact::Issued { .. }) => Heard::Bulletin,
        AnyFact::Returns(ReturnFact::Sent { .. }) => Heard::Return,
        _ => return Ok(()),
    };
    let sql = "SELECT d.rule, d.id FROM duty_rule r JOIN duty d ON d.rule = r.id
               WHERE r.heard = ? AND (? = '-' OR d.place = ?) AND d.state = 'open' AND d.raised_on <= ? ORDER BY d.rule, d.raised_on DESC";
    let mut last = String::new();
    for row in conn.rows(sql, args![heard.name(), &entry.place, &entry.place, entry.occurred_on]).await? {
        let rule = row.text(0)?;
        if rule != last {
            settle(conn, entry, row.str(1)?, "done", "", &[]).await?;
            last = rule;
        }
    }
    Ok(())
}
