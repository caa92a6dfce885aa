//! Reading the ledger back: rebuilding derived tables, and verifying chain, tree, checkpoints and replay.

use super::domain::{Domain, Entry, Urgency};
use crate::args;
use crate::db::{Conn, Dialect, Value, portable};
use anyhow::{Context, Result};
use guatu_ledger::checkpoint::Checkpoint;
use guatu_ledger::hash::Hash;
use guatu_ledger::verify::{StoredRow, Walk};

/// Facts read at a time.
const PAGE_LEN: u64 = 500;

/// The number of the newest fact; 0 for an empty ledger.
pub async fn head_number(conn: &mut Conn) -> Result<u64> {
    Ok(match conn.row("SELECT number FROM ledger_head WHERE id = 1", &[]).await? {
        Some(row) => row.count(0)?,
        None => 0,
    })
}

/// Entries after a number, oldest first, at most `limit`.
pub async fn entries_after<D: Domain>(
    conn: &mut Conn,
    domain: &D,
    number: u64,
    limit: u64,
) -> Result<Vec<Entry<D::Fact>>> {
    let sql = "SELECT number, kind, payload, subject, place, actor, occurred_on, recorded_at FROM fact WHERE number > ? ORDER BY number LIMIT ?";
    let mut entries = Vec::new();
    for row in conn.rows(sql, args![number, limit]).await? {
        let number = row.count(0)?;
        entries.push(Entry {
            number,
            fact: domain.decode(&row.text(1)?, &row.text(2)?).with_context(|| format!("fact {number}"))?,
            subject: row.text(3)?,
            place: row.text(4)?,
            actor: row.text(5)?,
            occurred_on: row.date(6)?,
            recorded_at: row.text(7)?,
        });
    }
    Ok(entries)
}

/// Names of all derived tables.
pub fn derived_tables<D: Domain>(domain: &D) -> Vec<&'static str> {
    domain.tables().into_iter().flat_map(portable::table_names).collect()
}

/// Drops derived tables and makes them again from facts, inside the caller's transaction, where nobody reads them: at a start,
/// and in memory. `progress` hears how far it is.
pub async fn rebuild<D: Domain>(conn: &mut Conn, domain: &D, progress: impl FnMut(u64, u64)) -> Result<u64> {
    make_again(conn, domain).await?;
    replay(conn, domain, progress).await
}

/// As [`rebuild`], while others read: facts are replayed aside, and the tables are changed at the end, so that pages wait for
/// the copy alone.
pub async fn rebuild_beside_readers<D: Domain>(
    conn: &mut Conn,
    domain: &D,
    progress: impl FnMut(u64, u64),
) -> Result<u64> {
    lock_head(conn).await?;
    let number = replay_aside(conn, domain, progress).await?;
    let aside = match conn.dialect() {
        Dialect::Sqlite => "temp",
        Dialect::Postgres => "pg_temp",
    };
    let tables = derived_tables(domain);
    for table in &tables {
        conn.script(format!("ALTER TABLE {aside}.{table} RENAME TO replayed_{table}")).await?;
    }
    make_again(conn, domain).await?;
    for table in &tables {
        conn.script(format!("INSERT INTO {table} SELECT * FROM replayed_{table}; DROP TABLE replayed_{table}")).await?;
    }
    forget_plans(conn).await?;
    Ok(number)
}

async fn make_again<D: Domain>(conn: &mut Conn, domain: &D) -> Result<()> {
    for table in derived_tables(domain).into_iter().rev() {
        conn.script(format!("DROP TABLE IF EXISTS {table}")).await?;
    }
    for definition in domain.tables() {
        conn.script(portable::definitions(definition, conn.dialect())).await?;
    }
    Ok(())
}

/// Replays all facts into temporary tables of this connection, which stand before those of the same names until the
/// transaction ends: nothing that others read is touched.
async fn replay_aside<D: Domain>(conn: &mut Conn, domain: &D, progress: impl FnMut(u64, u64)) -> Result<u64> {
    for definition in domain.tables() {
        conn.script(portable::temporary(definition, conn.dialect())).await?;
    }
    forget_plans(conn).await?;
    replay(conn, domain, progress).await
}

/// A statement that was prepared before a table of the same name came or went means the other one until it is prepared again.
async fn forget_plans(conn: &mut Conn) -> Result<()> {
    match conn.dialect() {
        Dialect::Sqlite => Ok(()),
        Dialect::Postgres => conn.script("DISCARD PLANS".into()).await,
    }
}

/// Keeps other processes from writing facts until the transaction ends; an embedded database has one writer anyway.
async fn lock_head(conn: &mut Conn) -> Result<()> {
    match conn.dialect() {
        Dialect::Sqlite => Ok(()),
        Dialect::Postgres => conn.row("SELECT number FROM ledger_head WHERE id = 1 FOR UPDATE", &[]).await.map(drop),
    }
}

async fn replay<D: Domain>(conn: &mut Conn, domain: &D, mut progress: impl FnMut(u64, u64)) -> Result<u64> {
    let total = head_number(conn).await?;
    let mut number = 0;
    loop {
        let page = entries_after(conn, domain, number, PAGE_LEN).await?;
        let Some(last) = page.last() else { break };
        number = last.number;
        for entry in &page {
            domain.apply(conn, entry).await.with_context(|| format!("fact {}", entry.number))?;
        }
        progress(number, total);
    }
    domain.settle(conn, Urgency::Soon).await?;
    Ok(number)
}

/// What `verify` found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Facts that were checked.
    pub checked: u64,
    /// Root of the tree over them.
    pub root: Hash,
    /// Signed checkpoints that agree with the facts.
    pub checkpoints: u64,
    /// The first thing that is wrong.
    pub broken: Option<Broken>,
}

/// The first thing that is wrong with a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// A fact.
    Fact {
        /// Its number.
        number: u64,
        /// What is wrong with it.
        fault: String,
    },
    /// The head row says something else than the facts.
    Head {
        /// What the head row says.
        head: u64,
        /// How many facts there are.
        facts: u64,
    },
    /// A receipt is missing or names other facts, so that a resend of its request would be done again.
    Receipt {
        /// The first fact that no receipt covers, or two cover.
        number: u64,
    },
    /// A signed checkpoint says something else than the facts.
    Checkpoint {
        /// Its size.
        size: u64,
    },
    /// A derived table differs from a replay of the facts.
    Table {
        /// Its name.
        name: &'static str,
    },
    /// A paper that a fact names by its hash is not there, or is another one.
    Document {
        /// The fact.
        number: u64,
        /// Hash of the paper's bytes.
        sha256: String,
    },
    /// Triggers that keep facts from being changed were not there, though the facts agree.
    Guards {
        /// Their names, with their tables.
        lost: Vec<String>,
    },
    /// The facts cannot be replayed.
    Replay {
        /// Why.
        fault: String,
    },
}

impl Broken {
    /// What is wrong, and what to do where something can be done.
    pub fn sentence(&self) -> String {
        match self {
            Broken::Fact { number, fault } => format!("broken at fact {number}: {fault}"),
            Broken::Head { head, facts } if head == facts => {
                format!("broken: the head of {facts} facts has another hash, edge or time than they")
            }
            Broken::Head { head, facts } => format!("broken: the head counts {head} facts, there are {facts}"),
            Broken::Receipt { number } => {
                format!("broken: the receipt of the request that made fact {number} is missing or names other facts")
            }
            Broken::Checkpoint { size } => format!("broken: the checkpoint over {size} facts does not agree"),
            Broken::Table { name } => format!("broken: table {name} differs from a replay; run `guatu rebuild`"),
            Broken::Document { number, sha256 } => {
                format!(
                    "broken at fact {number}: its paper {sha256} is missing or has other bytes; restore it from a backup"
                )
            }
            Broken::Guards { lost } => format!(
                "broken: {} of the database had been taken away and {} set again; the facts agree with each other, compare them with a checkpoint from outside",
                lost.join(", "),
                if lost.len() == 1 { "is" } else { "are" }
            ),
            Broken::Replay { fault } => format!("broken: the facts cannot be replayed: {fault}"),
        }
    }
}

/// Walks chain, tree and checkpoints. Without a key no checkpoint holds. `outside` is a checkpoint kept elsewhere, already opened with its key.
pub async fn verify_chain(
    conn: &mut Conn,
    key: Option<&ed25519_dalek::VerifyingKey>,
    outside: Option<&Checkpoint>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Verdict> {
    let mut notes = signed_heads(conn, key).await?;
    notes.extend(outside.map(|checkpoint| (checkpoint.size, Some(checkpoint.clone()))));
    notes.sort_by_key(|(size, _)| *size);
    let total = head_number(conn).await?;
    let mut walk = Walk::default();
    let mut verdict = Verdict { checked: 0, root: walk.frontier().root(), checkpoints: 0, broken: None };
    let mut notes = notes.into_iter().peekable();
    let (mut number, mut recorded_at) = (0, String::new());
    loop {
        let page = conn
            .rows(
                "SELECT number, record, hash, salt, payload, kind, actor, subject, place, occurred_on, recorded_at FROM fact WHERE number > ? ORDER BY number LIMIT ?",
                args![number, PAGE_LEN],
            )
            .await?;
        if page.is_empty() {
            break;
        }
        for row in &page {
            number = row.count(0)?;
            if let Err(fault) = step(&mut walk, row)? {
                verdict.broken = Some(Broken::Fact { number, fault });
                return Ok(verdict);
            }
            verdict.checked = number;
            while let Some((size, note)) = notes.next_if(|(size, _)| *size <= number) {
                if note.is_none_or(|note| note.root != walk.frontier().root()) {
                    verdict.broken = Some(Broken::Checkpoint { size });
                    return Ok(verdict);
                }
                verdict.checkpoints += 1;
            }
        }
        recorded_at = page.last().map_or(Ok(recorded_at), |row| row.text(10))?;
        progress(number, total);
    }
    verdict.root = walk.frontier().root();
    let head = conn.row("SELECT number, hash, frontier, recorded_at FROM ledger_head WHERE id = 1", &[]).await?;
    let agrees = match head {
        None => number == 0,
        Some(row) => {
            row.count(0)? == number
                && row.blob(1)? == walk.head().0
                && row.blob(2)? == walk.frontier().to_bytes()
                && row.text(3)? == recorded_at
        }
    };
    if let Some((size, _)) = notes.next() {
        verdict.broken = Some(Broken::Checkpoint { size });
    } else if !agrees {
        verdict.broken = Some(Broken::Head { head: total, facts: number });
    } else {
        verdict.broken = uncovered(conn, number).await?.map(|number| Broken::Receipt { number });
    }
    Ok(verdict)
}

/// The first fact that is not covered by exactly one receipt: every fact was asked for by one request. Receipts are summed
/// up first; one by one they are looked at only when the sum says that one is wrong.
async fn uncovered(conn: &mut Conn, last: u64) -> Result<Option<u64>> {
    let sql = "SELECT CAST(COALESCE(SUM(last_number - first_number + 1), 0) AS BIGINT), COALESCE(MAX(last_number), 0) FROM request";
    let row = conn.row(sql, &[]).await?.context("a sum is a row")?;
    if (row.count(0)?, row.count(1)?) == (last, last) {
        return Ok(None);
    }
    let mut next = 1;
    for row in conn.rows("SELECT first_number, last_number FROM request ORDER BY first_number", &[]).await? {
        if row.count(0)? != next {
            break;
        }
        next = row.count(1)? + 1;
    }
    Ok(Some(next))
}

/// Checks that every paper a fact names is kept, byte for byte: a plan is evidence as much as the fact that puts it forward.
pub async fn verify_documents<D: Domain>(
    conn: &mut Conn,
    domain: &D,
    mut progress: impl FnMut(u64, u64),
) -> Result<Option<Broken>> {
    let total = head_number(conn).await?;
    let mut number = 0;
    loop {
        let page = entries_after(conn, domain, number, PAGE_LEN).await?;
        let Some(last) = page.last() else { return Ok(None) };
        number = last.number;
        for entry in &page {
            let Some(named) = domain.document(&entry.fact) else { continue };
            let row = conn.row("SELECT bytes FROM document WHERE sha256 = ?", args![named]).await?;
            let bytes = row.map(|row| row.blob(0)).transpose()?;
            if bytes.is_none_or(|bytes| super::sha256_hex(&bytes) != named) {
                return Ok(Some(Broken::Document { number: entry.number, sha256: named.to_owned() }));
            }
        }
        progress(number, total);
    }
}

/// Looks for a moment at which every schedule follows from the newest facts; beyond, they are brought up here.
const LOOKS: usize = 20;

/// Checks that a replay of all facts gives exactly the derived tables: both as they stand at one moment, while others go on
/// writing. Leaves nothing behind.
pub async fn verify_replay<D: Domain>(
    conn: &mut Conn,
    domain: &D,
    progress: impl FnMut(u64, u64),
) -> Result<Option<Broken>> {
    conn.spill().await?;
    for look in 1.. {
        conn.begin_snapshot().await?;
        if look > LOOKS || !domain.is_behind(conn).await? {
            break;
        }
        conn.rollback().await?;
        conn.begin_write().await?;
        lock_head(conn).await?;
        domain.settle(conn, Urgency::Soon).await?;
        conn.commit().await?;
    }
    let outcome = compare_with_replay(conn, domain, progress).await;
    conn.rollback().await?;
    forget_plans(conn).await?;
    outcome
}

async fn compare_with_replay<D: Domain>(
    conn: &mut Conn,
    domain: &D,
    progress: impl FnMut(u64, u64),
) -> Result<Option<Broken>> {
    let tables = derived_tables(domain);
    let mut live: Vec<Vec<Vec<Value>>> = Vec::new();
    for table in &tables {
        live.push(conn.dump(table).await?);
    }
    if let Err(fault) = replay_aside(conn, domain, progress).await {
        return Ok(Some(Broken::Replay { fault: format!("{fault:#}") }));
    }
    for (table, live) in tables.into_iter().zip(live) {
        if conn.dump(table).await? != live {
            return Ok(Some(Broken::Table { name: table }));
        }
    }
    Ok(None)
}

fn step(walk: &mut Walk, row: &crate::db::Row) -> Result<std::result::Result<(), String>> {
    let (record, hash, salt, payload) = (row.blob(1)?, row.blob(2)?, row.blob(3)?, row.text(4)?);
    let columns = [row.text(5)?, row.text(6)?, row.text(7)?, row.text(8)?, row.text(9)?, row.text(10)?];
    let stored = StoredRow {
        number: row.count(0)?,
        record: &record,
        hash: &hash,
        salt: &salt,
        payload: payload.as_bytes(),
        columns: columns.each_ref().map(String::as_str),
    };
    Ok(walk.step(&stored).map(drop).map_err(|fault| fault.to_string()))
}

/// Stored checkpoints; `None` for one whose signature does not hold.
async fn signed_heads(
    conn: &mut Conn,
    key: Option<&ed25519_dalek::VerifyingKey>,
) -> Result<Vec<(u64, Option<Checkpoint>)>> {
    let mut notes = Vec::new();
    for row in conn.rows("SELECT size, note FROM checkpoint ORDER BY size", &[]).await? {
        let (size, note) = (row.count(0)?, row.text(1)?);
        let opened = key.and_then(|key| Checkpoint::open(&note, key)).filter(|checkpoint| checkpoint.size == size);
        notes.push((size, opened));
    }
    Ok(notes)
}
