//! Keys and envelopes, and the sealed store beside the ledger.

use super::model::{Command, Fact, State};
use crate::args;
use crate::clock;
use crate::db::{Conn, Row};
use crate::features::Fact as AnyFact;
use crate::journal::domain::Entry;
use anyhow::Result;
use jiff::civil::DateTime;

/// A step of a key on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyStep {
    /// Its number in the ledger.
    pub number: u64,
    /// The key, base64.
    pub key: String,
    /// Who took it.
    pub by: String,
    /// When, civil time in China.
    pub at: DateTime,
    /// Whether the key was adopted by it, or put forward.
    pub is_adopted: bool,
}

/// An envelope as its recipient sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Hexadecimal SHA-256.
    pub sha256: String,
    /// The fact that it left.
    pub number: u64,
    /// Its size.
    pub bytes: u64,
    /// How often it was downloaded.
    pub fetched: u64,
    /// Whether its recipient could open it.
    pub is_confirmed: bool,
    /// Whether it was removed from the store.
    pub is_removed: bool,
}

/// Steps of all keys, the newest first.
pub async fn key_steps(conn: &mut Conn) -> Result<Vec<KeyStep>> {
    let sql = "SELECT number, key, by_account, recorded_at, is_adopted FROM lead_key ORDER BY number DESC";
    let read = |row: &Row| {
        let at = clock::civil(row.text(3)?.parse()?);
        Ok(KeyStep { number: row.count(0)?, key: row.text(1)?, by: row.text(2)?, at, is_adopted: row.count(4)? == 1 })
    };
    conn.rows(sql, &[]).await?.iter().map(read).collect()
}

/// The step that brought the key in force.
pub fn in_force(steps: &[KeyStep]) -> Option<&KeyStep> {
    steps.iter().find(|step| step.is_adopted)
}

/// The key that waits to be adopted.
pub fn put_forward(steps: &[KeyStep]) -> Option<&KeyStep> {
    steps.first().filter(|step| !step.is_adopted)
}

macro_rules! envelope_columns {
    () => {
        "SELECT sha256, number, bytes, fetched, is_confirmed, is_removed FROM lead_envelope"
    };
}

/// Envelopes that left, the newest first.
pub async fn envelopes(conn: &mut Conn) -> Result<Vec<Envelope>> {
    conn.rows(concat!(envelope_columns!(), " ORDER BY number DESC"), &[]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Envelope> {
    Ok(Envelope {
        sha256: row.text(0)?,
        number: row.count(1)?,
        bytes: row.count(2)?,
        fetched: row.count(3)?,
        is_confirmed: row.count(4)? == 1,
        is_removed: row.count(5)? == 1,
    })
}

/// The envelope of a fact.
pub async fn envelope(conn: &mut Conn, number: u64) -> Result<Option<Envelope>> {
    let sql = concat!(envelope_columns!(), " WHERE number = ?");
    conn.row(sql, args![number]).await?.map(|row| read(&row)).transpose()
}

/// The number of the fact that an envelope left.
pub async fn number_of(conn: &mut Conn, sha256: &str) -> Result<Option<u64>> {
    let sql = "SELECT number FROM lead_envelope WHERE sha256 = ?";
    conn.row(sql, args![sha256]).await?.map(|row| row.count(0)).transpose()
}

/// Keeps an envelope, unless the same form with the same words has left one: then it is that. Answers with the hash of what is kept.
pub async fn keep(conn: &mut Conn, id: &str, sha256: &str, content: Vec<u8>) -> Result<String> {
    let sql = "INSERT INTO sealed_lead (id, sha256, size, content) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
    conn.execute(sql, args![id, sha256, content.len() as u64, content]).await?;
    let kept = conn.row("SELECT sha256 FROM sealed_lead WHERE id = ?", args![id]).await?;
    kept.map_or_else(|| Ok(sha256.to_owned()), |row| row.text(0))
}

/// An envelope's bytes.
pub async fn content(conn: &mut Conn, sha256: &str) -> Result<Option<Vec<u8>>> {
    conn.row("SELECT content FROM sealed_lead WHERE sha256 = ?", args![sha256]).await?.map(|row| row.blob(0)).transpose()
}

/// Throws away what a fact says is removed: the fact first, so that nothing goes of which no fact tells.
pub async fn sweep(conn: &mut Conn) -> Result<()> {
    let sql = "DELETE FROM sealed_lead WHERE sha256 IN (SELECT sha256 FROM lead_envelope WHERE is_removed = 1)";
    conn.execute(sql, &[]).await.map(drop)
}

/// Bytes that no recipient has fetched.
pub async fn unfetched_bytes(conn: &mut Conn) -> Result<u64> {
    let sql = "SELECT s.size FROM sealed_lead s LEFT JOIN lead_envelope e ON e.sha256 = s.sha256 WHERE COALESCE(e.fetched, 0) = 0";
    conn.rows(sql, &[]).await?.iter().map(|row| row.count(0)).sum()
}

/// What the timer would submit now: envelopes of which no fact tells yet. Their order is that of their hashes, so that it tells
/// nothing of the order in which they were closed.
pub async fn unnoted(conn: &mut Conn) -> Result<Vec<Command>> {
    let sql = "SELECT s.sha256, s.size FROM sealed_lead s LEFT JOIN lead_envelope e ON e.sha256 = s.sha256 WHERE e.sha256 IS NULL ORDER BY s.sha256";
    let read = |row: &Row| Ok(Command::Leave { envelope: row.text(0)?, bytes: row.count(1)? });
    conn.rows(sql, &[]).await?.iter().map(read).collect()
}

pub(super) async fn load(conn: &mut Conn, command: &Command) -> Result<State> {
    Ok(match command {
        Command::PutKeyForward { .. } | Command::AdoptKey { .. } => {
            let steps = key_steps(conn).await?;
            State {
                key: in_force(&steps).map(|step| step.key.clone()),
                put_forward: put_forward(&steps).map(|step| (step.key.clone(), step.by.clone())),
                ..State::default()
            }
        }
        about => {
            let sql = concat!(envelope_columns!(), " WHERE sha256 = ?");
            let found = conn.row(sql, args![about.envelope()]).await?.map(|row| read(&row)).transpose()?;
            State {
                has_left: found.is_some(),
                is_fetched: found.as_ref().is_some_and(|found| found.fetched > 0),
                is_confirmed: found.as_ref().is_some_and(|found| found.is_confirmed),
                is_removed: found.is_some_and(|found| found.is_removed),
                ..State::default()
            }
        }
    })
}

/// What one fact does to the tables.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let (subject, number) = (&entry.subject, entry.number);
    match fact {
        Fact::KeyPutForward { key } | Fact::KeyAdopted { key } => {
            let is_adopted = matches!(fact, Fact::KeyAdopted { .. });
            let sql = "INSERT INTO lead_key (number, key, by_account, recorded_at, is_adopted) VALUES (?, ?, ?, ?, ?)";
            conn.execute(sql, args![number, key, &entry.actor, &entry.recorded_at, is_adopted]).await?;
        }
        Fact::Left { bytes } => {
            let sql = "INSERT INTO lead_envelope (sha256, number, bytes, fetched, is_confirmed, is_removed) VALUES (?, ?, ?, 0, 0, 0)";
            conn.execute(sql, args![subject, number, *bytes]).await?;
        }
        Fact::Fetched {} => {
            conn.execute("UPDATE lead_envelope SET fetched = fetched + 1 WHERE sha256 = ?", args![subject]).await?;
        }
        Fact::Confirmed {} => {
            conn.execute("UPDATE lead_envelope SET is_confirmed = 1 WHERE sha256 = ?", args![subject]).await?;
        }
        Fact::Removed {} => {
            conn.execute("UPDATE lead_envelope SET is_removed = 1 WHERE sha256 = ?", args![subject]).await?;
        }
    }
    Ok(())
}
