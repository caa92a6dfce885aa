//! The outbox: notices become deliveries, deliveries leave, and what cannot leave is seen.
//!
//! Filling and sending are apart. [`fill`] moves the cursor over new notices and writes what they give in one transaction. [`claim`] takes
//! what is due for one receiver in hand, [`carry`] authorises, sends and marks it. Between sending and marking lies no promise: who is cut
//! off there sends the same batch again under the same id when the lease has run out, and whoever keeps ids drops it.
//!
//! Rejected: sending from the write door (a slow mail server would hold up facts), a queue of its own (a second thing to back up and to
//! lose), and a delivery row per person at the time of the fact (a right may be gone when daylight comes).

use super::channels::{Post, dingtalk, feishu, mail, webhook, wecom};
use super::model::{self, Channel, Outcome, Reach, Reader, Refused, Standing, digest};
use super::rules;
use super::store::{self, Notice, Robot};
use crate::args;
use crate::clock::{civil, instant, record_text};
use crate::db::{Conn, Dialect};
use crate::features::authority::{self, Verb};
use crate::features::orders::rules::told_at;
use crate::features::{identity, places};
use crate::journal::replay;
use crate::serve::setting;
use crate::web::Site;
use crate::web::layout::language_setting;
use crate::web::locale::Language;
use anyhow::{Context as _, Result, anyhow};
use futures_util::{StreamExt, stream};
use guatu_ledger::hash::sha256;
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Between two looks.
const PACE: Duration = Duration::from_secs(5);
/// Facts that the cursor passes in one transaction at most.
const STEP: u64 = 2_000;
/// Receivers that are written to at one look at most.
const MOST_RECEIVERS: u64 = 50;

/// Receivers that are written to at the same moment.
const AT_ONCE: usize = 8;

/// What an operator configured of the world outside.
#[derive(Debug, Default)]
pub struct Outward {
    /// The way to a mail server; without one nobody is written to.
    pub mailer: Option<mail::Mailer>,
    /// Under which address people reach this site, without a slash at its end.
    pub base: Option<String>,
    /// What webhooks may reach.
    pub reach: Reach,
}

impl Outward {
    /// The whole address of a page; its path where the site does not know its own address.
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.base.as_deref().unwrap_or_default())
    }
}

/// Runs until the site ends.
pub async fn run(site: Site) {
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        pace.tick().await;
        if let Err(fault) = once(&site).await {
            tracing::error!("outbox: {fault:#}");
        }
    }
}

/// One look: what is new is written down, what is due leaves. A rehearsal sends nothing: nobody outside may take it for real.
pub async fn once(site: &Site) -> Result<()> {
    if site.stamps.is_rehearsal {
        return Ok(());
    }
    fill(site).await?;
    sweep(&mut site.db.writer().await?, site.clock.now()).await?;
    let due = due(&mut site.db.reader().await?, site.clock.now()).await?;
    // One receiver's fault, or slowness, keeps the others from nothing.
    let served = stream::iter(due).for_each_concurrent(AT_ONCE, |(channel, receiver)| async move {
        if let Err(fault) = serve(site, channel, &receiver).await {
            tracing::error!(channel = channel.name(), "outbox: {fault:#}");
        }
    });
    served.await;
    Ok(())
}

async fn serve(site: &Site, channel: Channel, receiver: &str) -> Result<()> {
    match claim(site, channel, receiver).await? {
        Some(batch) => carry(site, batch).await,
        None => Ok(()),
    }
}

/// Ends a transaction: what was done is kept, what failed is forgotten.
async fn ended<T>(conn: &mut Conn, done: Result<T>) -> Result<T> {
    match done {
        Ok(done) => {
            conn.commit().await?;
            Ok(done)
        }
        Err(fault) => Err(conn.undo(fault).await),
    }
}

/// A number from 0 to 1 that is always the same for a text: chance that two nodes agree about.
fn chance(of: &str) -> f64 {
    let [one, two, ..] = sha256(&[of.as_bytes()]).0;
    f64::from(u16::from_be_bytes([one, two])) / f64::from(u16::MAX)
}

/// Writes down what new notices give. On its first run the cursor stands at the newest fact: what is long past is not news.
pub async fn fill(site: &Site) -> Result<()> {
    let mut conn = site.db.reader().await?;
    let head = replay::head_number(&mut conn).await?;
    // Most looks find nothing new, and wait for nobody's writing to see it.
    let cursor = conn.row("SELECT number FROM message_cursor WHERE id = 1", &[]).await?;
    if cursor.map(|row| row.count(0)).transpose()?.is_some_and(|cursor| cursor >= head) {
        return Ok(());
    }
    drop(conn);
    let mut conn = site.db.writer().await?;
    loop {
        conn.begin_write().await?;
        let done = step(site, &mut conn, head).await;
        let cursor = ended(&mut conn, done).await?;
        if cursor >= head {
            return Ok(());
        }
    }
}

async fn step(site: &Site, conn: &mut Conn, head: u64) -> Result<u64> {
    conn.execute("INSERT INTO message_cursor (id, number) VALUES (1, ?) ON CONFLICT DO NOTHING", args![head]).await?;
    let sql = match conn.dialect() {
        Dialect::Sqlite => "SELECT number FROM message_cursor WHERE id = 1",
        // Two nodes fill one after the other.
        Dialect::Postgres => "SELECT number FROM message_cursor WHERE id = 1 FOR UPDATE",
    };
    let cursor = conn.row(sql, &[]).await?.context("the cursor has just been made")?.count(0)?;
    if cursor >= head {
        return Ok(cursor);
    }
    let until = head.min(cursor + STEP);
    let notices = store::between(conn, cursor, until).await?;
    if !notices.is_empty() {
        to_persons(site, conn, &notices).await?;
        to_robots(site, conn, &notices).await?;
    }
    conn.execute("UPDATE message_cursor SET number = ? WHERE id = 1", args![until]).await?;
    Ok(until)
}

async fn to_persons(site: &Site, conn: &mut Conn, notices: &[Notice]) -> Result<()> {
    if site.outward.mailer.is_none() {
        return Ok(());
    }
    let today = site.clock.today();
    for person in store::correspondents(conn).await? {
        let reader = store::reader(conn, &person.account, today).await?;
        let mut told: Vec<&Notice> = Vec::new();
        for notice in notices {
            let is_wanted = rules::kind(&notice.kind).is_some_and(|kind| kind.mail && !person.wishes.unmailed.contains(&kind.group));
            let is_new = || !told.iter().rev().take_while(|one| one.number == notice.number).any(|one| one.says_the_same(notice));
            if is_wanted && notice.concerns(&reader) && is_new() {
                told.push(notice);
                put(site, conn, notice, Channel::Mail, &person.account, person.wishes.quiet).await?;
            }
        }
    }
    Ok(())
}

async fn to_robots(site: &Site, conn: &mut Conn, notices: &[Notice]) -> Result<()> {
    let robots = store::robots(conn).await?;
    for robot in &robots {
        let Some(root) = places::path(conn, &robot.place).await? else { continue };
        // A group hears of a fact once, to however many parties it is told.
        let mut told: HashSet<(u64, &str, &str)> = HashSet::new();
        for notice in notices {
            let Some(kind) = rules::kind(&notice.kind).filter(|kind| kind.robot && robot.groups.contains(&kind.group)) else { continue };
            let is_within = notice.number > robot.number && notice.path.as_ref().is_some_and(|path| path.starts_with(&root));
            if is_within && told.insert((notice.number, &kind.id, &notice.place)) {
                put(site, conn, notice, robot.channel, &robot.id, None).await?;
            }
        }
    }
    Ok(())
}

async fn put(site: &Site, conn: &mut Conn, notice: &Notice, channel: Channel, receiver: &str, quiet: Option<(jiff::civil::Time, jiff::civil::Time)>) -> Result<()> {
    let now = site.clock.now();
    let at = model::sent_at(civil(now), notice.is_urgent, channel, quiet, chance(&format!("{} {receiver}", notice.id)));
    let next_at = instant(at).unwrap_or(now).max(now);
    let sql = "INSERT INTO delivery (notice, channel, receiver, state, attempts, is_urgent, made_at, next_at) VALUES (?, ?, ?, 'waiting', 0, ?, ?, ?)
               ON CONFLICT DO NOTHING";
    conn.execute(sql, args![&notice.id, channel.name(), receiver, notice.is_urgent, record_text(now), record_text(next_at)]).await.map(drop)
}

/// Receivers for whom something is due, the longest waiting first.
async fn due(conn: &mut Conn, now: Timestamp) -> Result<Vec<(Channel, String)>> {
    let sql = "SELECT channel, receiver, MIN(next_at) FROM delivery
               WHERE state = 'waiting' AND next_at <= ? AND (leased_until IS NULL OR leased_until < ?)
               GROUP BY channel, receiver ORDER BY MIN(next_at), channel, receiver LIMIT ?";
    let rows = conn.rows(sql, args![record_text(now), record_text(now), MOST_RECEIVERS]).await?;
    rows.iter().map(|row| Ok((Channel::from_name(row.str(0)?).context("a stored channel is known")?, row.text(1)?))).collect()
}

/// What goes to one receiver together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The id under which it goes.
    pub id: String,
    /// On which channel.
    pub channel: Channel,
    /// To whom: an account or a robot.
    pub receiver: String,
    /// The notices.
    pub notices: Vec<String>,
    /// Attempts, this one included.
    pub attempts: u64,
}

/// Takes what is due for a receiver in hand, when nobody else has and the receiver may be written to again. What went together before
/// goes together again.
pub async fn claim(site: &Site, channel: Channel, receiver: &str) -> Result<Option<Batch>> {
    let mut conn = site.db.writer().await?;
    conn.begin_write().await?;
    let done = claim_within(site, &mut conn, channel, receiver).await;
    ended(&mut conn, done).await
}

async fn claim_within(site: &Site, conn: &mut Conn, channel: Channel, receiver: &str) -> Result<Option<Batch>> {
    let now = site.clock.now();
    let (limits, text) = (rules::limits(channel), record_text(now));
    // What comes back later may come back at a round time.
    let is_crowded = !matches!(channel, Channel::Mail | Channel::Webhook) && rules::off_round_times(civil(now)) != civil(now);
    if is_crowded {
        return Ok(None);
    }
    // A person is written to at once of what is urgent; a service counts and does not ask what for.
    let sql = "SELECT 1 FROM delivery WHERE channel = ? AND receiver = ? AND state = 'waiting' AND next_at <= ? AND is_urgent = 1 LIMIT 1";
    let is_forced = channel == Channel::Mail && conn.row(sql, args![channel.name(), receiver, &text]).await?.is_some();
    let sql = "INSERT INTO message_pace (channel, receiver, next_at) VALUES (?, ?, ?)
               ON CONFLICT (channel, receiver) DO UPDATE SET next_at = excluded.next_at WHERE message_pace.next_at <= ? OR ? = 1";
    let free_at = record_text(now + SignedDuration::from_secs(limits.gap_seconds));
    if conn.execute(sql, args![channel.name(), receiver, free_at, &text, is_forced]).await? == 0 {
        return Ok(None);
    }
    let sql = "SELECT batch FROM delivery WHERE channel = ? AND receiver = ? AND state = 'waiting' AND batch IS NOT NULL
               AND next_at <= ? AND (leased_until IS NULL OR leased_until < ?) ORDER BY next_at, batch LIMIT 1";
    let earlier = conn.row(sql, args![channel.name(), receiver, &text, &text]).await?.map(|row| row.text(0)).transpose()?;
    let id = match earlier {
        Some(id) => id,
        None => {
            let id = crate::web::forms::new_id();
            let sql = "UPDATE delivery SET batch = ? WHERE channel = ? AND receiver = ? AND state = 'waiting' AND batch IS NULL AND notice IN (
                           SELECT notice FROM delivery WHERE channel = ? AND receiver = ? AND state = 'waiting' AND batch IS NULL AND next_at <= ?
                           ORDER BY is_urgent DESC, made_at, notice LIMIT ?)";
            conn.execute(sql, args![&id, channel.name(), receiver, channel.name(), receiver, &text, rules::outbox().together]).await?;
            id
        }
    };
    let sql = "UPDATE delivery SET leased_until = ?, attempts = attempts + 1
               WHERE batch = ? AND state = 'waiting' AND (leased_until IS NULL OR leased_until < ?)";
    let until = record_text(now + SignedDuration::from_secs(rules::outbox().lease_seconds));
    if conn.execute(sql, args![until, &id, &text]).await? == 0 {
        return Ok(None);
    }
    let rows = conn.rows("SELECT notice, attempts FROM delivery WHERE batch = ? AND state = 'waiting' ORDER BY made_at, notice", args![&id]).await?;
    let notices = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>>>()?;
    let attempts = rows.iter().map(|row| row.count(1)).collect::<Result<Vec<_>>>()?.into_iter().max().unwrap_or_default();
    Ok(Some(Batch { id, channel, receiver: receiver.to_owned(), notices, attempts }))
}

/// Sends a batch and marks it after the other side has answered.
pub async fn carry(site: &Site, batch: Batch) -> Result<()> {
    let fit = authorised(site, &batch).await?;
    let outcome = match &fit {
        None => Outcome::Sent,
        Some(sent) if sent.notices.is_empty() => Outcome::Sent,
        Some(sent) => send(site, &batch, sent).await?,
    };
    mark(site, &batch, outcome).await
}

/// What of a batch may go, and where.
struct Fit {
    notices: Vec<Notice>,
    to: To,
}

enum To {
    /// A mailbox, in a language.
    Person(String, Language),
    /// A robot with its address and key.
    Robot(Box<Robot>, String, String),
}

/// Looks once more at who may still be told what; the rest is dropped. `None` when the receiver is no longer there.
async fn authorised(site: &Site, batch: &Batch) -> Result<Option<Fit>> {
    let mut conn = site.db.writer().await?;
    let today = site.clock.today();
    let mut notices = Vec::new();
    for id in &batch.notices {
        notices.extend(store::notice(&mut conn, id).await?);
    }
    let to = match batch.channel {
        Channel::Mail => {
            let reader = store::reader(&mut conn, &batch.receiver, today).await?;
            notices.retain(|notice| notice.concerns(&reader));
            let chosen = setting(&mut conn, &language_setting(&batch.receiver)).await?;
            let language = chosen.as_deref().and_then(Language::from_name).unwrap_or_default();
            let is_there = identity::store::account(&mut conn, &batch.receiver).await?.is_some_and(|account| !account.is_disabled);
            store::mail_of(&mut conn, &batch.receiver).await?.filter(|_| is_there).map(|mail| To::Person(mail, language))
        }
        _ => robot_and_what_it_may_hear(&mut conn, batch, &mut notices, today).await?,
    };
    if to.is_none() {
        notices.clear();
    }
    let kept: HashSet<&str> = notices.iter().map(|notice| notice.id.as_str()).collect();
    for id in batch.notices.iter().filter(|id| !kept.contains(id.as_str())) {
        let sql = "UPDATE delivery SET state = 'dropped', leased_until = NULL, settled_at = ?, last_error = 'right' WHERE notice = ? AND batch = ?";
        conn.execute(sql, args![record_text(site.clock.now()), id, &batch.id]).await?;
    }
    Ok(to.map(|to| Fit { notices, to }))
}

/// A robot speaks for whoever added it, as long as that person governs its place, and only of places that person may see.
async fn robot_and_what_it_may_hear(conn: &mut Conn, batch: &Batch, notices: &mut Vec<Notice>, today: jiff::civil::Date) -> Result<Option<To>> {
    let Some(robot) = store::robot(conn, &batch.receiver).await?.filter(|robot| robot.removed_on.is_none()) else { return Ok(None) };
    let (Some(root), Some((address, secret))) = (places::path(conn, &robot.place).await?, store::secret(conn, &robot.id).await?) else { return Ok(None) };
    let rights = authority::rights(conn, &robot.added_by, today).await?;
    if !rights.may(Verb::Govern, &root) {
        return Ok(None);
    }
    notices.retain(|notice| notice.path.as_ref().is_some_and(|path| path.starts_with(&root) && rights.may(Verb::Read, path)));
    Ok(Some(To::Robot(Box::new(robot), address, secret)))
}

async fn send(site: &Site, batch: &Batch, fit: &Fit) -> Result<Outcome> {
    let tree = site.domain.places.tree(&mut site.db.reader().await?).await?;
    let place = |notice: &Notice| tree.get(&notice.place).map(|place| tree.full_name(place)).unwrap_or_default();
    let limits = rules::limits(batch.channel);
    let now = site.clock.now();
    let compose = |language: Language| {
        let lines: Vec<String> = fit.notices.iter().map(|notice| line(notice, language, &place(notice))).collect();
        // What may come at night says why.
        let is_urgent = fit.notices.iter().any(|notice| notice.is_urgent);
        let head = language.tf(if is_urgent { "messages.digest_urgent" } else { "messages.digest" }, &[("count", lines.len().to_string())]);
        // Nobody outside may take invented data for real.
        let head = if site.stamps.is_demo { format!("{head} · {}", language.t("shell.demo")) } else { head };
        let foot = site.outward.address("/messages");
        // A path alone leads nowhere outside.
        let foot = if site.outward.base.is_some() { foot.as_str() } else { "" };
        let rest = |count: usize| language.tf("messages.digest_rest", &[("count", count.to_string())]);
        (head.clone(), digest(&head, &lines, foot, limits.most_bytes, rest))
    };
    Ok(match &fit.to {
        To::Person(to, language) => {
            let Some(mailer) = &site.outward.mailer else { return Ok(Outcome::Again { why: "unreachable".to_owned(), after_seconds: None }) };
            let (subject, text) = compose(*language);
            mailer.send(mail::Letter { to, subject: &subject, text: text.replace('\n', "\r\n"), id: &batch.id, at: now.into() }).await
        }
        To::Robot(robot, address, secret) => {
            let text = match batch.channel {
                Channel::Webhook => body(&batch.id, &robot.place, &fit.notices, site.stamps.is_demo),
                _ => compose(Language::Zh).1,
            };
            let post = Post { address, secret, text: &text, reach: &site.outward.reach, now_seconds: now.as_second() };
            match batch.channel {
                Channel::Wecom => wecom::send(post).await,
                Channel::Dingtalk => dingtalk::send(post).await,
                Channel::Feishu => feishu::send(post).await,
                Channel::Webhook => webhook::send(post, &batch.id).await,
                Channel::Mail => return Err(anyhow!("a robot has no mailbox")),
            }
        }
    })
}

/// A message as a line of a digest.
fn line(notice: &Notice, language: Language, place: &str) -> String {
    let sentence = notice.sentence(language, place);
    let sentence = if notice.is_urgent { language.tf("messages.line_urgent", &[("line", sentence)]) } else { sentence };
    if place.is_empty() { format!("· {sentence}") } else { format!("· {place} {sentence}") }
}

/// What a webhook is told.
fn body(id: &str, place: &str, notices: &[Notice], is_demo: bool) -> String {
    let notices: Vec<serde_json::Value> = notices
        .iter()
        .map(|notice| {
            serde_json::json!({
                "id": notice.id,
                "number": notice.number,
                "kind": notice.kind,
                "place": notice.place,
                "title": notice.title,
                "due_on": notice.due_on.map(|on| on.to_string()),
                "due_at": notice.due_at,
                "is_urgent": notice.is_urgent,
                "recorded_at": record_text(notice.recorded_at),
                "link": notice.link,
            })
        })
        .collect();
    serde_json::json!({ "delivery": id, "place": place, "is_demo": is_demo, "notices": notices }).to_string()
}

/// Marks what became of a batch.
async fn mark(site: &Site, batch: &Batch, outcome: Outcome) -> Result<()> {
    let now = site.clock.now();
    let silence = match &outcome {
        Outcome::Again { after_seconds, .. } => *after_seconds,
        _ => None,
    };
    let standing = model::settle(outcome, batch.attempts, chance(&format!("{} {}", batch.id, batch.attempts)));
    let mut conn = site.db.writer().await?;
    conn.begin_write().await?;
    let done = mark_within(&mut conn, batch, &standing, silence, now).await;
    ended(&mut conn, done).await?;
    if let Standing::Dead { why } = &standing {
        tracing::warn!(channel = batch.channel.name(), %why, count = batch.notices.len(), "messages are dead; see /messages/dead");
    }
    Ok(())
}

async fn mark_within(conn: &mut Conn, batch: &Batch, standing: &Standing, silence: Option<i64>, now: Timestamp) -> Result<()> {
    let text = record_text(now);
    match standing {
        Standing::Sent => {
            let sql = "UPDATE delivery SET state = 'sent', leased_until = NULL, settled_at = ?, last_error = NULL WHERE batch = ? AND state = 'waiting'";
            conn.execute(sql, args![text, &batch.id]).await?;
        }
        Standing::Waiting { seconds, why } => {
            let later = now + SignedDuration::from_secs(*seconds);
            let sql = "SELECT 1 FROM delivery WHERE batch = ? AND state = 'waiting' AND is_urgent = 1 LIMIT 1";
            let is_urgent = conn.row(sql, args![&batch.id]).await?.is_some();
            // Nobody is woken by what went wrong in the evening.
            let next_at = record_text(instant(told_at(civil(later), is_urgent)).unwrap_or(later).max(later));
            let sql = "UPDATE delivery SET leased_until = NULL, next_at = ?, last_error = ? WHERE batch = ? AND state = 'waiting'";
            conn.execute(sql, args![next_at, why, &batch.id]).await?;
        }
        Standing::Dead { why } => {
            let sql = "UPDATE delivery SET state = 'dead', leased_until = NULL, settled_at = ?, last_error = ? WHERE batch = ? AND state = 'waiting'";
            conn.execute(sql, args![text, why, &batch.id]).await?;
        }
    }
    // A service that asks for silence gets it from everything that waits for that receiver.
    if let Some(seconds) = silence {
        let free_at = record_text(now + SignedDuration::from_secs(seconds));
        let sql = "UPDATE message_pace SET next_at = ? WHERE channel = ? AND receiver = ? AND next_at < ?";
        conn.execute(sql, args![&free_at, batch.channel.name(), &batch.receiver, &free_at]).await?;
    }
    Ok(())
}

/// Seconds between two codes for one person: nobody's mailbox is filled from here.
const CODE_GAP_SECONDS: i64 = 60;

/// Sends a person the code that shows an address to be theirs. At once and once: whoever asked sees whether it went, and can ask again.
/// Without a mail server the address is kept until there is one.
pub async fn send_code(site: &Site, account: &str, mail: &str, language: Language) -> Result<std::result::Result<(), Refused>> {
    let now = site.clock.now();
    let Some(mailer) = site.outward.mailer.as_ref().filter(|_| !site.stamps.is_rehearsal) else {
        store::ask_mail(&mut site.db.writer().await?, account, mail, None).await?;
        return Ok(Ok(()));
    };
    let mut conn = site.db.writer().await?;
    let sql = "INSERT INTO message_pace (channel, receiver, next_at) VALUES ('code', ?, ?)
               ON CONFLICT (channel, receiver) DO UPDATE SET next_at = excluded.next_at WHERE message_pace.next_at <= ?";
    let free_at = record_text(now + SignedDuration::from_secs(CODE_GAP_SECONDS));
    if conn.execute(sql, args![account, free_at, record_text(now)]).await? == 0 {
        return Ok(Err(Refused::CodeTooSoon));
    }
    let code = format!("{:08}", rand::random_range(0..100_000_000_u32));
    store::ask_mail(&mut conn, account, mail, Some(&code)).await?;
    drop(conn);
    let text = language.tf("messages.code_text", &[("code", code)]);
    let (subject, id) = (language.t("messages.code_subject"), crate::web::forms::new_id());
    let letter = mail::Letter { to: mail, subject: &subject, text: text.replace('\n', "\r\n"), id: &id, at: now.into() };
    Ok(match mailer.send(letter).await {
        Outcome::Sent => Ok(()),
        Outcome::Again { why, .. } | Outcome::Never { why } => Err(Refused::CodeNotSent { why: fault_text(language, &why) }),
    })
}

/// Forgets what was settled long ago.
async fn sweep(conn: &mut Conn, now: Timestamp) -> Result<()> {
    let before = record_text(now - SignedDuration::from_hours(24 * rules::outbox().kept_days));
    conn.execute("DELETE FROM delivery WHERE settled_at < ?", args![before]).await.map(drop)
}

/// Why something was not sent, in words.
pub fn fault_text(language: Language, why: &str) -> String {
    let key = format!("delivery_fault.{why}");
    if language.has(&key) { language.t(&key) } else { language.tf("delivery_fault.code", &[("code", why.to_owned())]) }
}

/// A message that could not be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dead {
    /// What it says.
    pub notice: Notice,
    /// On which channel.
    pub channel: Channel,
    /// To whom: an account or a robot.
    pub receiver: String,
    /// Attempts.
    pub attempts: u64,
    /// Since when it is dead.
    pub since: Timestamp,
    /// Why.
    pub why: String,
}

impl Dead {
    /// Whether somebody may see it and send it again: whoever it is for, and who governs its place.
    pub fn is_for(&self, reader: &Reader) -> bool {
        let governs = self.notice.path.as_ref().is_some_and(|path| reader.rights.may(Verb::Govern, path));
        governs || (self.channel == Channel::Mail && self.receiver == reader.account && self.notice.concerns(reader))
    }
}

/// Dead messages, the newest first.
pub async fn dead(conn: &mut Conn) -> Result<Vec<Dead>> {
    let sql = "SELECT notice, channel, receiver, attempts, settled_at, last_error FROM delivery WHERE state = 'dead' ORDER BY settled_at DESC, notice, receiver";
    let mut notices: HashMap<String, Notice> = HashMap::new();
    let mut all = Vec::new();
    for row in conn.rows(sql, &[]).await? {
        let id = row.text(0)?;
        if !notices.contains_key(&id)
            && let Some(found) = store::notice(conn, &id).await?
        {
            notices.insert(id.clone(), found);
        }
        let Some(notice) = notices.get(&id) else { continue };
        all.push(Dead {
            notice: notice.clone(),
            channel: Channel::from_name(row.str(1)?).context("a stored channel is known")?,
            receiver: row.text(2)?,
            attempts: row.count(3)?,
            since: row.str(4)?.parse()?,
            why: row.opt_text(5)?.unwrap_or_default(),
        });
    }
    Ok(all)
}

/// Sends a dead message again, as if it were new.
pub async fn revive(conn: &mut Conn, dead: &Dead, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE delivery SET state = 'waiting', batch = NULL, attempts = 0, next_at = ?, settled_at = NULL, leased_until = NULL
               WHERE notice = ? AND channel = ? AND receiver = ? AND state = 'dead'";
    let done = conn.execute(sql, args![record_text(now), &dead.notice.id, dead.channel.name(), &dead.receiver]).await?;
    Ok(done == 1)
}
