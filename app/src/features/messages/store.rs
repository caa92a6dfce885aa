//! Notices and robots, derived; what people have read and how they want to be told, beside the ledger.

use super::model::{Channel, Command, Fact, Known, Party, Reader, State, concerns};
use super::rules;
use crate::args;
use crate::clock::record_text;
use crate::db::{Conn, Row};
use crate::features::Fact as AnyFact;
use crate::features::authority::{self, Verb};
use crate::features::identity;
use crate::features::identity::keys::{self, Purpose};
use crate::journal::domain::Entry;
use crate::web::locale::Language;
use anyhow::{Context as _, Result};
use guatu_ledger::hash::sha256;
use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};

/// What concerns somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Identifier: number and place in the row of its fact's notices.
    pub id: String,
    /// The fact.
    pub number: u64,
    /// Its kind, of `rules/messages.toml`.
    pub kind: String,
    /// Whom it concerns.
    pub party: Party,
    /// The unit that it does not concern.
    pub not_unit: Option<String>,
    /// The place; `-` for none.
    pub place: String,
    /// What it is about, in a line.
    pub title: String,
    /// A key of the locale files that fills the sentence; empty for none.
    pub word: String,
    /// The day it is about.
    pub due_on: Option<Date>,
    /// The minute, where hours are counted, as people read it.
    pub due_at: Option<String>,
    /// The page where it is done.
    pub link: String,
    /// Who did what it tells of.
    pub by: String,
    /// Whether it does not wait for daylight.
    pub is_urgent: bool,
    /// When the fact was recorded.
    pub recorded_at: Timestamp,
    /// The path of its place; absent where it belongs to none.
    pub path: Option<String>,
}

impl Notice {
    /// Whether it concerns a reader, who may see its place.
    pub fn concerns(&self, reader: &Reader) -> bool {
        concerns(&self.party, self.not_unit.as_deref(), &self.by, self.path.as_deref(), reader)
    }

    /// Whether another notice tells the same of another place.
    pub fn says_the_same(&self, other: &Notice) -> bool {
        (self.number, &self.kind, &self.link, &self.title) == (other.number, &other.kind, &other.link, &other.title)
    }

    /// When it is due: the day, or the minute where hours are counted.
    pub fn due(&self) -> Option<String> {
        self.due_at.clone().or(self.due_on.map(|on| on.to_string()))
    }

    /// The sentence in a language; `place` is the name of its place.
    pub fn sentence(&self, language: Language, place: &str) -> String {
        let word = if self.word.is_empty() { String::new() } else { language.t(&self.word) };
        let date = self.due().unwrap_or_else(|| "—".to_owned());
        let params = [("title", language.shown(&self.title).into_owned()), ("word", word), ("date", date), ("place", place.to_owned())];
        language.tf(&format!("message.{}", self.kind), &params)
    }
}

/// A verb as the table holds it.
fn verb_name(verb: Verb) -> String {
    serde_json::to_value(verb).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn read_party(party: &str, id: String) -> Result<Party> {
    Ok(match party {
        "account" => Party::Account(id),
        "unit" => Party::Unit(id),
        _ => Party::Verb(serde_json::from_value(serde_json::Value::String(id)).context("a stored verb is known")?),
    })
}

macro_rules! notice_columns {
    () => {
        "n.id, n.number, n.kind, n.party, n.party_id, n.not_unit, n.place, n.title, n.word, n.due_on, n.link, n.by_account, n.is_urgent, n.recorded_at, l.path, n.due_at"
    };
}

/// Columns of a notice in a row.
const NOTICE_COLUMNS: usize = 16;

fn read_notice(row: &Row) -> Result<Notice> {
    Ok(Notice {
        id: row.text(0)?,
        number: row.count(1)?,
        kind: row.text(2)?,
        party: read_party(row.str(3)?, row.text(4)?)?,
        not_unit: row.opt_text(5)?,
        place: row.text(6)?,
        title: row.text(7)?,
        word: row.text(8)?,
        due_on: row.opt_date(9)?,
        link: row.text(10)?,
        by: row.text(11)?,
        is_urgent: row.flag(12)?,
        recorded_at: row.str(13)?.parse()?,
        path: row.opt_text(14)?,
        due_at: row.opt_text(15)?,
    })
}

/// A notice before it is kept.
pub(super) struct NewNotice<'a> {
    pub(super) kind: &'a str,
    pub(super) party: &'a Party,
    pub(super) not_unit: Option<&'a str>,
    pub(super) place: &'a str,
    pub(super) title: &'a str,
    pub(super) word: &'a str,
    pub(super) due_on: Option<Date>,
    pub(super) due_at: Option<&'a str>,
    pub(super) link: &'a str,
    pub(super) is_urgent: bool,
}

pub(super) async fn insert_notice(conn: &mut Conn, entry: &Entry<AnyFact>, ordinal: u64, new: &NewNotice<'_>) -> Result<()> {
    let (party, party_id) = match new.party {
        Party::Account(account) => ("account", account.clone()),
        Party::Unit(unit) => ("unit", unit.clone()),
        Party::Verb(verb) => ("verb", verb_name(*verb)),
    };
    let sql = "INSERT INTO notice (id, number, ordinal, kind, party, party_id, not_unit, place, title, word, due_on, due_at, link, by_account, is_urgent, recorded_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let args = args![
        format!("{}-{ordinal}", entry.number),
        entry.number,
        ordinal,
        new.kind,
        party,
        party_id,
        new.not_unit,
        new.place,
        new.title,
        new.word,
        new.due_on,
        new.due_at,
        new.link,
        &entry.actor,
        new.is_urgent,
        &entry.recorded_at
    ];
    conn.execute(sql, args).await.map(drop)
}

/// A reader as of a day; one whose account is disabled may do nothing.
pub async fn reader(conn: &mut Conn, account: &str, on: Date) -> Result<Reader> {
    let organisation = identity::store::account(conn, account).await?.filter(|found| !found.is_disabled).and_then(|found| found.organisation);
    let rights = authority::rights(conn, account, on).await?;
    Ok(Reader { account: account.to_owned(), organisation, rights })
}

/// Notices after a fact and up to another, in order: what the outbox has not seen.
pub async fn between(conn: &mut Conn, after: u64, until: u64) -> Result<Vec<Notice>> {
    let sql = concat!(
        "SELECT ",
        notice_columns!(),
        " FROM notice n LEFT JOIN place l ON l.id = n.place WHERE n.number > ? AND n.number <= ? ORDER BY n.number, n.ordinal"
    );
    conn.rows(sql, args![after, until]).await?.iter().map(read_notice).collect()
}

/// One notice.
pub async fn notice(conn: &mut Conn, id: &str) -> Result<Option<Notice>> {
    let sql = concat!("SELECT ", notice_columns!(), " FROM notice n LEFT JOIN place l ON l.id = n.place WHERE n.id = ?");
    conn.row(sql, args![id]).await?.map(|row| read_notice(&row)).transpose()
}

/// A message of somebody's inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// What it says.
    pub notice: Notice,
    /// Whether the reader has not read it.
    pub is_unread: bool,
    /// Other places of which the same fact says the same: a bulletin names many projects.
    pub elsewhere: usize,
}

/// The beginning of a span of days before an instant, as records write it.
fn since(now: Timestamp, days: i64) -> String {
    record_text(now - SignedDuration::from_hours(24 * days))
}

/// Messages of a reader since some days, the newest first, `limit` looked at. What was there before the account was is not
/// its message: what is open stands on the desk.
pub async fn received(conn: &mut Conn, reader: &Reader, now: Timestamp, limit: u64) -> Result<Vec<Received>> {
    let sql = concat!(
        "SELECT ",
        notice_columns!(),
        ", CAST(CASE WHEN n.recorded_at < ? OR n.number <= COALESCE((SELECT s.number FROM message_seen s WHERE s.account = ?), 0)
             OR EXISTS (SELECT 1 FROM message_read r WHERE r.account = ? AND r.notice = n.id) THEN 0 ELSE 1 END AS BIGINT)
         FROM notice n LEFT JOIN place l ON l.id = n.place
         WHERE n.recorded_at >= ? AND n.by_account <> ? AND n.number > COALESCE((SELECT a.created_number FROM account a WHERE a.id = ?), 0)
           AND ((n.party = 'account' AND n.party_id = ?) OR (n.party = 'unit' AND n.party_id = ?) OR (n.party = 'verb' AND ? LIKE '%,' || n.party_id || ',%'))
         ORDER BY n.number DESC, n.ordinal LIMIT ?"
    );
    let account = &reader.account;
    let (unread, listed) = (since(now, rules::inbox().unread_days), since(now, rules::inbox().listed_days));
    let organisation = reader.organisation.clone().unwrap_or_default();
    // Of what concerns a verb only that which the reader may do somewhere; where, is asked of each.
    let verbs: Vec<String> = reader.rights.posts.iter().flat_map(|(role, _)| role.verbs()).map(|verb| verb_name(*verb)).collect();
    let args = args![unread, account, account, listed, account, account, account, organisation, format!(",{},", verbs.join(",")), limit];
    let mut all: Vec<Received> = Vec::new();
    for row in conn.rows(sql, args).await? {
        let notice = read_notice(&row)?;
        if !notice.concerns(reader) {
            continue;
        }
        let of_fact = all.iter_mut().rev().take_while(|one| one.notice.number == notice.number);
        match of_fact.into_iter().find(|one| one.notice.says_the_same(&notice)) {
            Some(said) => said.elsewhere += 1,
            None => all.push(Received { notice, is_unread: row.flag(NOTICE_COLUMNS)?, elsewhere: 0 }),
        }
    }
    Ok(all)
}

/// Notes that a message was read, of all its places.
pub async fn mark_read(conn: &mut Conn, account: &str, notice: &Notice) -> Result<()> {
    let sql = "INSERT INTO message_read (account, notice, number) SELECT ?, n.id, n.number FROM notice n
               WHERE n.number = ? AND n.kind = ? AND n.link = ? ON CONFLICT DO NOTHING";
    conn.execute(sql, args![account, notice.number, &notice.kind, &notice.link]).await.map(drop)
}

/// Notes that everything up to a fact was read.
pub async fn mark_all_read(conn: &mut Conn, account: &str, number: u64) -> Result<()> {
    let sql = "INSERT INTO message_seen (account, number) VALUES (?, ?)
               ON CONFLICT (account) DO UPDATE SET number = excluded.number WHERE message_seen.number < excluded.number";
    conn.execute(sql, args![account, number]).await?;
    conn.execute("DELETE FROM message_read WHERE account = ? AND number <= ?", args![account, number]).await.map(drop)
}

/// How a person wants to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Groups of messages that do not come by mail.
    pub unmailed: Vec<String>,
    /// Hours in which no mail is wanted.
    pub quiet: Option<(Time, Time)>,
    /// Whether there is an address of a calendar.
    pub has_calendar: bool,
    /// Where the person is written to.
    pub mail: Option<String>,
    /// Another address, which the person has not shown to be theirs.
    pub mail_asked: Option<String>,
}

/// How a person wants to be told.
pub async fn wishes(conn: &mut Conn, account: &str) -> Result<Wishes> {
    let has_calendar = keys::is_set(conn, account, Purpose::Calendar).await?;
    let mut wishes = Wishes { mail: mail_of(conn, account).await?, has_calendar, ..Wishes::default() };
    let sql = "SELECT unmailed, quiet_from, quiet_to, mail_asked FROM message_person WHERE account = ?";
    if let Some(row) = conn.row(sql, args![account]).await? {
        wishes.unmailed = row.json(0)?;
        wishes.quiet = read_quiet(row.opt_text(1)?, row.opt_text(2)?)?;
        wishes.mail_asked = row.opt_text(3)?;
    }
    Ok(wishes)
}

fn read_quiet(from: Option<String>, to: Option<String>) -> Result<Option<(Time, Time)>> {
    match (from, to) {
        (Some(from), Some(to)) => Ok(Some((from.parse()?, to.parse()?))),
        _ => Ok(None),
    }
}

/// Where a person is written to.
pub async fn mail_of(conn: &mut Conn, account: &str) -> Result<Option<String>> {
    let row = conn.row("SELECT mail FROM private_person WHERE person = ?", args![account]).await?;
    Ok(row.map(|row| row.opt_text(0)).transpose()?.flatten())
}

/// Keeps which groups come by mail and when none is wanted.
pub async fn keep_wishes(conn: &mut Conn, account: &str, wishes: &Wishes) -> Result<()> {
    let (from, to) = wishes.quiet.map(|(from, to)| (from.strftime("%H:%M").to_string(), to.strftime("%H:%M").to_string())).unzip();
    let sql = "INSERT INTO message_person (account, unmailed, quiet_from, quiet_to, mail_tries) VALUES (?, ?, ?, ?, 0)
               ON CONFLICT (account) DO UPDATE SET unmailed = excluded.unmailed, quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to";
    conn.execute(sql, args![account, serde_json::to_string(&wishes.unmailed)?, from, to]).await.map(drop)
}

/// Sets where a person is written to. The address stands with the person's name, and goes with it.
pub async fn set_mail(conn: &mut Conn, account: &str, mail: Option<&str>) -> Result<()> {
    conn.execute("UPDATE private_person SET mail = ? WHERE person = ?", args![mail, account]).await?;
    let sql = "UPDATE message_person SET mail_asked = NULL, mail_code = NULL, mail_tries = 0 WHERE account = ?";
    conn.execute(sql, args![account]).await.map(drop)
}

/// Times a code may be tried: after that another must be sent.
const MOST_TRIES: u64 = 5;

fn code_hash(account: &str, code: &str) -> Vec<u8> {
    sha256(&[b"guatu mail", account.as_bytes(), &[0], code.as_bytes()]).0.to_vec()
}

/// Keeps an address that is not shown to be the person's yet, with the code that was sent there; without one nothing was.
pub async fn ask_mail(conn: &mut Conn, account: &str, mail: &str, code: Option<&str>) -> Result<()> {
    let sql = "INSERT INTO message_person (account, unmailed, mail_asked, mail_code, mail_tries) VALUES (?, '[]', ?, ?, 0)
               ON CONFLICT (account) DO UPDATE SET mail_asked = excluded.mail_asked, mail_code = excluded.mail_code, mail_tries = 0";
    conn.execute(sql, args![account, mail, code.map(|code| code_hash(account, code))]).await.map(drop)
}

/// Tries a code; with the right one the address is the person's.
pub async fn try_code(conn: &mut Conn, account: &str, code: &str) -> Result<bool> {
    // Counted before it is compared, so that trying at once from many sides is counted too.
    let sql = "UPDATE message_person SET mail_tries = mail_tries + 1 WHERE account = ? AND mail_code IS NOT NULL AND mail_tries < ?";
    if conn.execute(sql, args![account, MOST_TRIES]).await? == 0 {
        return Ok(false);
    }
    let sql = "SELECT mail_asked FROM message_person WHERE account = ? AND mail_code = ?";
    let row = conn.row(sql, args![account, code_hash(account, code)]).await?;
    let Some(mail) = row.map(|row| row.opt_text(0)).transpose()?.flatten() else { return Ok(false) };
    set_mail(conn, account, Some(&mail)).await?;
    Ok(true)
}

/// Somebody who is written to.
#[derive(Clone, Debug)]
pub struct Correspondent {
    /// Who.
    pub account: String,
    /// How.
    pub wishes: Wishes,
}

/// Everybody who gave an address.
pub async fn correspondents(conn: &mut Conn) -> Result<Vec<Correspondent>> {
    let sql = "SELECT p.person, p.mail, m.unmailed, m.quiet_from, m.quiet_to FROM private_person p LEFT JOIN message_person m ON m.account = p.person
               WHERE p.mail IS NOT NULL ORDER BY p.person";
    let read = |row: &Row| {
        let unmailed = row.opt_text(2)?.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default();
        let wishes = Wishes { mail: row.opt_text(1)?, unmailed, quiet: read_quiet(row.opt_text(3)?, row.opt_text(4)?)?, ..Wishes::default() };
        Ok(Correspondent { account: row.text(0)?, wishes })
    };
    conn.rows(sql, &[]).await?.iter().map(read).collect()
}

/// A robot or another program that gets the messages of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Robot {
    /// Identifier.
    pub id: String,
    /// The place.
    pub place: String,
    /// Of which service.
    pub channel: Channel,
    /// What it is called.
    pub name: String,
    /// Groups of messages that it gets.
    pub groups: Vec<String>,
    /// Who added it: it gets what that person may tell.
    pub added_by: String,
    /// When.
    pub added_on: Date,
    /// When it was taken away.
    pub removed_on: Option<Date>,
    /// The fact that last changed it.
    pub number: u64,
}

macro_rules! robot_columns {
    () => {
        "id, place, channel, name, message_groups, added_by, added_on, removed_on, number"
    };
}

fn read_robot(row: &Row) -> Result<Robot> {
    Ok(Robot {
        id: row.text(0)?,
        place: row.text(1)?,
        channel: Channel::from_name(row.str(2)?).context("a stored channel is known")?,
        name: row.text(3)?,
        groups: row.json(4)?,
        added_by: row.text(5)?,
        added_on: row.date(6)?,
        removed_on: row.opt_date(7)?,
        number: row.count(8)?,
    })
}

/// One robot.
pub async fn robot(conn: &mut Conn, id: &str) -> Result<Option<Robot>> {
    let sql = concat!("SELECT ", robot_columns!(), " FROM robot WHERE id = ?");
    conn.row(sql, args![id]).await?.map(|row| read_robot(&row)).transpose()
}

/// Robots that get messages, oldest first.
pub async fn robots(conn: &mut Conn) -> Result<Vec<Robot>> {
    let sql = concat!("SELECT ", robot_columns!(), " FROM robot WHERE removed_on IS NULL ORDER BY number");
    conn.rows(sql, &[]).await?.iter().map(read_robot).collect()
}

/// Keeps the address and the key of a robot: before the fact that adds it, since an address without a robot is harmless.
pub async fn keep_secret(conn: &mut Conn, robot: &str, address: &str, secret: &str) -> Result<()> {
    // A form that was refused comes again under its id, with another address perhaps; one of a robot that is there stays.
    let sql = "INSERT INTO message_secret (robot, address, secret) VALUES (?, ?, ?)
               ON CONFLICT (robot) DO UPDATE SET address = excluded.address, secret = excluded.secret
               WHERE NOT EXISTS (SELECT 1 FROM robot r WHERE r.id = message_secret.robot)";
    conn.execute(sql, args![robot, address, secret]).await.map(drop)
}

/// Forgets them.
pub async fn forget_secret(conn: &mut Conn, robot: &str) -> Result<()> {
    conn.execute("DELETE FROM message_secret WHERE robot = ?", args![robot]).await.map(drop)
}

/// The address and the key of a robot.
pub async fn secret(conn: &mut Conn, robot: &str) -> Result<Option<(String, String)>> {
    let row = conn.row("SELECT address, secret FROM message_secret WHERE robot = ?", args![robot]).await?;
    row.map(|row| Ok((row.text(0)?, row.text(1)?))).transpose()
}

pub(super) async fn load(conn: &mut Conn, command: &Command) -> Result<State> {
    let (Command::AddRobot { robot: id, .. } | Command::RemoveRobot { robot: id, .. }) = command;
    let found = robot(conn, id).await?;
    Ok(State { is_id_taken: found.is_some(), robot: found.map(|found| Known { place: found.place, removed_on: found.removed_on }) })
}

/// What one fact does to the tables.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let (id, number) = (&entry.subject, entry.number);
    let done = match fact {
        Fact::RobotAdded { channel, name, groups } => {
            let sql = "INSERT INTO robot (id, place, channel, name, message_groups, added_by, added_on, number) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
            let args = args![id, &entry.place, channel.name(), name, serde_json::to_string(groups)?, &entry.actor, entry.occurred_on, number];
            conn.execute(sql, args).await?
        }
        Fact::RobotRemoved { .. } => {
            conn.execute("UPDATE robot SET removed_on = ?, number = ? WHERE id = ?", args![entry.occurred_on, number, id]).await?
        }
    };
    anyhow::ensure!(done == 1, "{id} is not there");
    Ok(())
}
