//! The writer task: groups submissions, decides each in a savepoint, commits once, then answers.
//!
//! Schedules are settled once for a whole group. When that, or a rule, fails, each submission of the group is written
//! again by itself, so that one that cannot be done takes no other with it.

use super::domain::{Actor, Context, Domain, Draft, Entry, Urgency};
use super::replay::head_number;
use super::{Document, Receipt, Submission, SubmitError, Waiting};
use crate::args;
use crate::clock::{Clock, civil_date, record_text};
use crate::db::{self, Conn, Db, Dialect};
use crate::refusal::{Reason, Refusal};
use anyhow::{Context as _, Result, anyhow, bail};
use futures_util::FutureExt;
use guatu_ledger::hash::{Algorithm, Hash, SALT_LEN, commitment, leaf_hash, sha256};
use guatu_ledger::record::Record;
use guatu_ledger::tree::Frontier;
use jiff::Timestamp;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout};

/// Submissions that share one commit at most.
const GROUP_LEN: usize = 256;

/// So long without a submission, and what may wait is recomputed.
const IDLE: Duration = Duration::from_millis(5);

/// And after this long in any case.
const LONGEST_BEHIND: Duration = Duration::from_millis(500);

/// Where recomputing takes long, this many times as long passes before the next: a busy door spends a tenth of its time on it.
const BETWEEN_RECOMPUTING: u32 = 10;

/// Until that is more than anybody waits for.
const MOST_BEHIND: Duration = Duration::from_secs(2);

/// Between two looks for facts that another process wrote: the command line, or a second node on one PostgreSQL.
const LOOK: Duration = Duration::from_secs(1);

/// Consequences of consequences: deeper than this is a loop in the reactions table.
const MAX_DEPTH: usize = 4;

/// End of the ledger while a group is being written.
#[derive(Clone)]
struct Head {
    number: u64,
    hash: Hash,
    frontier: Frontier,
    recorded_at: String,
}

type Outcome = Result<Receipt, SubmitError>;
type Answer = oneshot::Sender<Outcome>;

pub(super) async fn run<D: Domain>(
    db: Db,
    clock: Clock,
    domain: Arc<D>,
    mut waiting: mpsc::Receiver<Waiting<D::Command>>,
    announce: watch::Sender<u64>,
) {
    // What an earlier run left undone is done first.
    let mut behind_since = Some(Instant::now());
    let mut patience = LONGEST_BEHIND;
    let mut has_followed = false;
    loop {
        let first = match behind_since {
            None => match timeout(LOOK, waiting.recv()).await {
                Ok(first) => first,
                Err(_) => {
                    has_followed = follow(&db, &announce, has_followed).await;
                    continue;
                }
            },
            Some(since) if since.elapsed() < patience => match timeout(IDLE, waiting.recv()).await {
                Ok(first) => first,
                Err(_) => {
                    catch_up(&db, &*domain, &announce).await;
                    behind_since = None;
                    continue;
                }
            },
            Some(_) => {
                let begun = Instant::now();
                catch_up(&db, &*domain, &announce).await;
                patience = (begun.elapsed() * BETWEEN_RECOMPUTING).clamp(LONGEST_BEHIND, MOST_BEHIND);
                behind_since = None;
                continue;
            }
        };
        let Some(first) = first else {
            catch_up(&db, &*domain, &announce).await;
            return;
        };
        behind_since.get_or_insert_with(Instant::now);
        let mut group = vec![first];
        while group.len() < GROUP_LEN {
            match waiting.try_recv() {
                Ok(next) => group.push(next),
                Err(_) => break,
            }
        }
        let (submissions, answers): (Vec<_>, Vec<Answer>) =
            group.into_iter().map(|one| (one.submission, one.answer)).unzip();
        let (outcomes, number) = match write_group(&db, &clock, &*domain, &submissions).await {
            Ok((outcomes, number)) => (outcomes, Some(number)),
            Err(fault) if submissions.len() == 1 => (vec![Err(faulty(fault, &mut String::new()))], None),
            Err(_) => write_apart(&db, &clock, &*domain, &submissions).await,
        };
        if let Some(number) = number {
            announce.send_if_modified(|head| std::mem::replace(head, number) != number);
        }
        for (answer, outcome) in answers.into_iter().zip(outcomes) {
            // A caller that went away has its receipt waiting under its request id.
            let _ = answer.send(outcome);
        }
    }
}

/// Writes each submission of a group that failed by itself; with the number of the newest fact, if any was written.
async fn write_apart<D: Domain>(
    db: &Db,
    clock: &Clock,
    domain: &D,
    submissions: &[Submission<D::Command>],
) -> (Vec<Outcome>, Option<u64>) {
    let (mut outcomes, mut newest, mut said) = (Vec::with_capacity(submissions.len()), None, String::new());
    for submission in submissions {
        match write_group(db, clock, domain, std::slice::from_ref(submission)).await {
            Ok((outcome, number)) => {
                outcomes.extend(outcome);
                newest = Some(number);
            }
            Err(fault) => outcomes.push(Err(faulty(fault, &mut said))),
        }
    }
    (outcomes, newest)
}

/// A fault as its caller hears it; logged unless it is what was `said` last: a clock that stands wrong stops a whole group.
fn faulty(fault: anyhow::Error, said: &mut String) -> SubmitError {
    let text = format!("{fault:#}");
    if *said != text {
        tracing::error!(fault = %text, "nothing of this submission was written");
        *said = text;
    }
    SubmitError::Fault(fault)
}

/// Announces what another process wrote. The schedules of its facts follow them a moment later, so whoever watches is told
/// once more at the next look. A fault is logged; the next look tries again.
async fn follow(db: &Db, announce: &watch::Sender<u64>, has_followed: bool) -> bool {
    let looked = async { head_number(&mut db.reader().await?).await };
    let number = match looked.await {
        Ok(number) => number,
        Err(fault) => {
            tracing::error!(fault = %format!("{fault:#}"), "cannot look for the facts of others");
            return has_followed;
        }
    };
    let is_new = announce.send_if_modified(|head| std::mem::replace(head, number.max(*head)) < number);
    if has_followed && !is_new {
        announce.send_modify(|_| ());
    }
    is_new
}

/// Recomputes what may wait a moment, and tells whoever watches. A fault is logged; the next group tries again.
async fn catch_up<D: Domain>(db: &Db, domain: &D, announce: &watch::Sender<u64>) {
    match write_catch_up(db, domain).await {
        Ok(true) => announce.send_modify(|_| ()),
        Ok(false) => {}
        Err(fault) => tracing::error!(fault = %format!("{fault:#}"), "schedules are behind"),
    }
}

async fn write_catch_up<D: Domain>(db: &Db, domain: &D) -> Result<bool> {
    let mut conn = db.writer().await?;
    if !domain.is_behind(&mut conn).await? {
        return Ok(false);
    }
    conn.begin_write().await?;
    let done = async {
        // The head is locked, so that no other node writes meanwhile.
        load_head(&mut conn).await?;
        AssertUnwindSafe(domain.settle(&mut conn, Urgency::Soon))
            .catch_unwind()
            .await
            .unwrap_or_else(|panic| Err(anyhow!("scheduling panicked: {}", panic_text(&*panic))))
    };
    match done.await {
        Ok(()) => conn.commit().await.map(|()| true),
        Err(fault) => Err(conn.undo(fault).await),
    }
}

/// Writes a group in one transaction. An error means that nothing of it was kept.
async fn write_group<D: Domain>(
    db: &Db,
    clock: &Clock,
    domain: &D,
    submissions: &[Submission<D::Command>],
) -> Result<(Vec<Outcome>, u64)> {
    if !db.has_room() {
        return Err(db::full().into());
    }
    let mut conn = db.writer().await?;
    conn.begin_write().await?;
    // A rule that panics is a programmer's fault: its group is not written, and the door stays open for the next.
    let written = AssertUnwindSafe(write_all(&mut conn, clock, domain, submissions))
        .catch_unwind()
        .await
        .unwrap_or_else(|panic| Err(anyhow!("a rule panicked: {}", panic_text(&*panic))));
    match written {
        Ok(done) => {
            conn.commit().await?;
            Ok(done)
        }
        Err(fault) => Err(conn.undo(fault).await),
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word")
}

async fn write_all<D: Domain>(
    conn: &mut Conn,
    clock: &Clock,
    domain: &D,
    submissions: &[Submission<D::Command>],
) -> Result<(Vec<Outcome>, u64)> {
    let found = load_head(conn).await?;
    let now = clock.now();
    if record_text(now) < found.recorded_at {
        // The rules say no, and who asks can have it set right: nothing of what was typed is lost.
        let params = vec![("now", record_text(now)), ("newest", found.recorded_at.clone())];
        let refusal = Refusal { code: "J-102", reason: Reason::Conflict, params, field: None };
        tracing::error!(now = %now, newest = %found.recorded_at, "the clock stands before the newest fact: nothing is written");
        let outcomes = submissions.iter().map(|_| Err(SubmitError::Refused(refusal.clone()))).collect();
        return Ok((outcomes, found.number));
    }
    let mut head = found.clone();
    let mut outcomes = Vec::with_capacity(submissions.len());
    for submission in submissions {
        conn.execute("SAVEPOINT submission", &[]).await?;
        let before = head.clone();
        let outcome = write_one(conn, domain, submission, now, &mut head).await;
        if outcome.is_err() {
            conn.execute("ROLLBACK TO SAVEPOINT submission", &[]).await?;
            head = before;
        }
        conn.execute("RELEASE SAVEPOINT submission", &[]).await?;
        outcomes.push(outcome);
    }
    if head.number != found.number {
        domain.settle(conn, Urgency::Now).await?;
        store_head(conn, &found, &head).await?;
    }
    Ok((outcomes, head.number))
}

async fn write_one<D: Domain>(
    conn: &mut Conn,
    domain: &D,
    submission: &Submission<D::Command>,
    now: Timestamp,
    head: &mut Head,
) -> Result<Receipt, SubmitError> {
    let digest = digest(submission).map_err(SubmitError::Fault)?;
    if let Some(earlier) = earlier_receipt(conn, &submission.request_id, &digest).await.map_err(SubmitError::Fault)? {
        return earlier.map_err(SubmitError::Refused);
    }
    for document in &submission.documents {
        keep(conn, document).await.map_err(SubmitError::Fault)?;
    }
    let first_number = head.number + 1;
    let context = Context { actor: submission.permit.actor().clone(), now, today: civil_date(now) };
    write_command(conn, domain, &submission.command, &context, head, 0).await?;
    if head.number >= first_number {
        conn.execute(
            "INSERT INTO request (id, digest, first_number, last_number) VALUES (?, ?, ?, ?)",
            args![&submission.request_id, digest.0.to_vec(), first_number, head.number],
        )
        .await
        .map_err(SubmitError::Fault)?;
    }
    Ok(Receipt { first_number, last_number: head.number, hash: head.hash, is_repeat: false })
}

/// Decides one command, appends its facts, and does the same for their consequences.
async fn write_command<D: Domain>(
    conn: &mut Conn,
    domain: &D,
    command: &D::Command,
    context: &Context,
    head: &mut Head,
    depth: usize,
) -> Result<(), SubmitError> {
    let drafts =
        domain.decide(conn, command, context).await.map_err(SubmitError::Fault)?.map_err(SubmitError::Refused)?;
    for draft in drafts {
        let entry = append(conn, domain, draft, context, head).await.map_err(SubmitError::Fault)?;
        domain.apply(conn, &entry).await.map_err(SubmitError::Fault)?;
        let consequences = domain.react(&entry);
        if consequences.is_empty() {
            continue;
        }
        if depth == MAX_DEPTH {
            return Err(SubmitError::Fault(anyhow!("consequences of fact {} do not end", entry.number)));
        }
        let by_system = Context { actor: Actor::System, ..context.clone() };
        for consequence in consequences {
            Box::pin(write_command(conn, domain, &consequence, &by_system, head, depth + 1)).await?;
        }
    }
    Ok(())
}

async fn append<D: Domain>(
    conn: &mut Conn,
    domain: &D,
    draft: Draft<D::Fact>,
    context: &Context,
    head: &mut Head,
) -> Result<Entry<D::Fact>> {
    let (kind, payload) = domain.encode(&draft.fact)?;
    let mut salt = [0u8; SALT_LEN];
    rand::fill(&mut salt);
    let number = head.number + 1;
    let recorded_at = record_text(context.now);
    let record = Record {
        number,
        algorithm: Algorithm::Sha256,
        previous: head.hash,
        kind,
        actor: context.actor.text().to_owned(),
        subject: draft.subject,
        place: draft.place,
        occurred_on: draft.occurred_on.to_string(),
        recorded_at,
        commitment: commitment(&salt, payload.as_bytes()),
    };
    let bytes = record.to_bytes()?;
    let hash = leaf_hash(&bytes);
    conn.execute(
        "INSERT INTO fact (number, record, hash, salt, payload, kind, actor, subject, place, occurred_on, recorded_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        args![
            number,
            bytes,
            hash.0.to_vec(),
            salt.to_vec(),
            payload,
            &record.kind,
            &record.actor,
            &record.subject,
            &record.place,
            &record.occurred_on,
            &record.recorded_at
        ],
    )
    .await?;
    head.number = number;
    head.hash = hash;
    head.frontier.push(hash);
    head.recorded_at.clone_from(&record.recorded_at);
    Ok(Entry {
        number,
        fact: draft.fact,
        subject: record.subject,
        place: record.place,
        actor: record.actor,
        occurred_on: draft.occurred_on,
        recorded_at: record.recorded_at,
    })
}

/// What makes two submissions the same: who asks, and for what.
fn digest<C: serde::Serialize>(submission: &Submission<C>) -> Result<Hash> {
    let command = serde_json::to_vec(&submission.command)?;
    Ok(sha256(&[submission.permit.actor().text().as_bytes(), &[0], &command]))
}

async fn earlier_receipt(conn: &mut Conn, id: &str, digest: &Hash) -> Result<Option<Result<Receipt, Refusal>>> {
    let sql = "SELECT r.digest, r.first_number, r.last_number, f.hash FROM request r JOIN fact f ON f.number = r.last_number WHERE r.id = ?";
    let Some(row) = conn.row(sql, args![id]).await? else { return Ok(None) };
    if row.blob(0)? != digest.0 {
        return Ok(Some(Err(Refusal { code: "J-101", reason: Reason::Conflict, params: Vec::new(), field: None })));
    }
    let hash = Hash::from_slice(&row.blob(3)?).context("a stored hash has 32 bytes")?;
    Ok(Some(Ok(Receipt { first_number: row.count(1)?, last_number: row.count(2)?, hash, is_repeat: true })))
}

async fn keep(conn: &mut Conn, document: &Document) -> Result<()> {
    conn.execute(
        "INSERT INTO document (sha256, media_type, bytes) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        args![document.sha256(), document.media_type, document.bytes.clone()],
    )
    .await
    .map(drop)
}

async fn load_head(conn: &mut Conn) -> Result<Head> {
    let row = match conn.dialect() {
        Dialect::Sqlite => {
            conn.row("SELECT number, hash, frontier, recorded_at FROM ledger_head WHERE id = 1", &[]).await?
        }
        Dialect::Postgres => {
            conn.row("SELECT number, hash, frontier, recorded_at FROM ledger_head WHERE id = 1 FOR UPDATE", &[]).await?
        }
    };
    let Some(row) = row else {
        let empty = Head { number: 0, hash: Hash::ZERO, frontier: Frontier::default(), recorded_at: String::new() };
        conn.execute(
            "INSERT INTO ledger_head (id, number, hash, frontier, recorded_at) VALUES (1, 0, ?, ?, '')",
            args![Hash::ZERO.0.to_vec(), empty.frontier.to_bytes()],
        )
        .await?;
        return Ok(empty);
    };
    let frontier =
        Frontier::from_bytes(&row.blob(2)?).context("the stored tree edge is damaged: run `guatu verify`")?;
    let head = Head {
        number: row.count(0)?,
        hash: Hash::from_slice(&row.blob(1)?).context("the stored head hash is damaged: run `guatu verify`")?,
        frontier,
        recorded_at: row.text(3)?,
    };
    if head.frontier.size() != head.number {
        bail!("the head counts {} facts and the tree {}: run `guatu verify`", head.number, head.frontier.size());
    }
    Ok(head)
}

async fn store_head(conn: &mut Conn, found: &Head, head: &Head) -> Result<()> {
    let replaced = conn
        .execute(
            "UPDATE ledger_head SET number = ?, hash = ?, frontier = ?, recorded_at = ? WHERE id = 1 AND number = ? AND hash = ?",
            args![
                head.number,
                head.hash.0.to_vec(),
                head.frontier.to_bytes(),
                &head.recorded_at,
                found.number,
                found.hash.0.to_vec()
            ],
        )
        .await?;
    if replaced != 1 {
        bail!("the head moved while writing: nothing was kept");
    }
    Ok(())
}
