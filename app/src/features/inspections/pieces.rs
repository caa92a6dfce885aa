//! Photographs on their way from phones: they come in parts, wait whole until a submission names them, and are gone afterwards.
//!
//! They lie beside the ledger, since nothing tells of them yet, and in the database rather than in a folder, so that a phone
//! may go on at another node. A person's are their own: whoever knows a hash learns nothing by it and spoils nothing.

use super::model::Refused;
use crate::args;
use crate::clock::record_text;
use crate::db::Conn;
use crate::features::reports::photos::MOST_BYTES;
use crate::journal::sha256_hex;
use anyhow::Result;
use jiff::{Timestamp, ToSpan};
use std::collections::BTreeMap;

/// Largest part, and most that comes with an act, in bytes.
pub const MOST_PART_BYTES: usize = 1 << 20;
/// What may wait of one person, in bytes: many findings of large photographs, and not the disk.
pub const MOST_WAITING_BYTES: u64 = 256 << 20;
/// So long a piece waits for its submission, in hours: phones come back after weeks, and send again what is gone.
const LONGEST_HOURS: i64 = 24 * 14;

/// How much of a piece is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Held {
    /// Bytes that are here: the next part begins there.
    pub held: u64,
    /// Whether that is all of it, and its hash is right.
    pub is_whole: bool,
}

/// A part of a piece.
#[derive(Debug)]
pub struct Part<'a> {
    /// Hexadecimal SHA-256 of the whole piece.
    pub sha256: &'a str,
    /// Bytes of the whole piece.
    pub size: u64,
    /// Where the part begins.
    pub from: u64,
    /// The part.
    pub bytes: &'a [u8],
}

/// Whether a text names a piece.
pub fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// How much of a person's piece is here.
pub async fn held(conn: &mut Conn, account: &str, sha256: &str) -> Result<Held> {
    let row = conn.row("SELECT held, size FROM piece WHERE account = ? AND sha256 = ?", args![account, sha256]).await?;
    let read = |held: u64, size: u64| Held { held, is_whole: held == size };
    row.map_or(Ok(Held { held: 0, is_whole: false }), |row| Ok(read(row.count(0)?, row.count(1)?)))
}

/// Takes a part. One that does not begin where the piece ends changes nothing: the answer says where to go on.
pub async fn put(conn: &mut Conn, account: &str, part: &Part<'_>, now: Timestamp) -> Result<Result<Held, Refused>> {
    if part.size == 0 || part.size > MOST_BYTES as u64 || part.bytes.is_empty() || part.bytes.len() > MOST_PART_BYTES {
        return Ok(Err(Refused::PieceTooLarge { limit: (MOST_BYTES >> 20).to_string() }));
    }
    // What comes in one part is hashed before anybody waits for it.
    if part.from == 0 && part.size == part.bytes.len() as u64 && sha256_hex(part.bytes) != part.sha256 {
        return Ok(Err(Refused::PieceDiffers));
    }
    conn.begin_write().await?;
    // A piece that turns out to be another is thrown away, and that is kept.
    let done = take_part(conn, account, part, now).await;
    ended(conn, done).await
}

/// Ends a transaction: what was done is kept, a fault leaves nothing.
pub(super) async fn ended<T>(conn: &mut Conn, done: Result<T>) -> Result<T> {
    match done {
        Ok(done) => conn.commit().await.map(|()| done),
        Err(fault) => Err(conn.undo(fault).await),
    }
}

async fn take_part(conn: &mut Conn, account: &str, part: &Part<'_>, now: Timestamp) -> Result<Result<Held, Refused>> {
    let key = || args![account, part.sha256].to_vec();
    let (held, size) = match conn.row("SELECT held, size FROM piece WHERE account = ? AND sha256 = ?", &key()).await? {
        Some(row) => (row.count(0)?, row.count(1)?),
        None => {
            let waiting = conn.row("SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM piece WHERE account = ?", args![account]).await?;
            if waiting.map_or(Ok(0), |row| row.count(0))? + part.size > MOST_WAITING_BYTES {
                return Ok(Err(Refused::TooManyPieces { limit: (MOST_WAITING_BYTES >> 20).to_string() }));
            }
            let sql = "INSERT INTO piece (account, sha256, size, held, begun_at) VALUES (?, ?, ?, 0, ?) ON CONFLICT DO NOTHING";
            conn.execute(sql, args![account, part.sha256, part.size, record_text(now)]).await?;
            (0, part.size)
        }
    };
    if part.from != held || held == size {
        return Ok(Ok(Held { held, is_whole: held == size }));
    }
    let grown = held + part.bytes.len() as u64;
    if size != part.size || grown > size {
        remove(conn, account, part.sha256).await?;
        return Ok(Err(Refused::PieceDiffers));
    }
    // Of two that bring the same part at once one is later, on another node too: it is told how far the first came.
    let sql = "UPDATE piece SET held = ? WHERE account = ? AND sha256 = ? AND held = ?";
    if conn.execute(sql, args![grown, account, part.sha256, held]).await? == 0 {
        return Ok(Ok(self::held(conn, account, part.sha256).await?));
    }
    let sql = "INSERT INTO piece_part (account, sha256, first_byte, bytes) VALUES (?, ?, ?, ?)";
    conn.execute(sql, args![account, part.sha256, held, part.bytes]).await?;
    let is_first = held == 0;
    if grown == size && !is_first && sha256_hex(&bytes(conn, account, part.sha256).await?) != part.sha256 {
        remove(conn, account, part.sha256).await?;
        return Ok(Err(Refused::PieceDiffers));
    }
    Ok(Ok(Held { held: grown, is_whole: grown == size }))
}

async fn bytes(conn: &mut Conn, account: &str, sha256: &str) -> Result<Vec<u8>> {
    let sql = "SELECT bytes FROM piece_part WHERE account = ? AND sha256 = ? ORDER BY first_byte";
    let parts: Vec<Vec<u8>> = conn.rows(sql, args![account, sha256]).await?.iter().map(|row| row.blob(0)).collect::<Result<_>>()?;
    Ok(parts.concat())
}

async fn remove(conn: &mut Conn, account: &str, sha256: &str) -> Result<()> {
    conn.execute("DELETE FROM piece_part WHERE account = ? AND sha256 = ?", args![account, sha256]).await?;
    conn.execute("DELETE FROM piece WHERE account = ? AND sha256 = ?", args![account, sha256]).await.map(drop)
}

/// The bytes of a person's pieces, in order, or how many of them are not here whole. Those that are in hand are not looked for.
pub async fn read(conn: &mut Conn, account: &str, hashes: &[String], in_hand: &BTreeMap<String, Vec<u8>>) -> Result<Result<Vec<Vec<u8>>, Refused>> {
    let (mut found, mut missing) = (Vec::new(), 0);
    for sha256 in hashes {
        if let Some(bytes) = in_hand.get(sha256) {
            found.push(bytes.clone());
        } else if held(conn, account, sha256).await?.is_whole {
            found.push(bytes(conn, account, sha256).await?);
        } else {
            missing += 1;
        }
    }
    Ok(if missing == 0 { Ok(found) } else { Err(Refused::PieceMissing { count: missing.to_string() }) })
}

/// Throws away pieces that a submission named: they are papers of the ledger now.
pub async fn drop_all(conn: &mut Conn, account: &str, hashes: &[String]) -> Result<()> {
    if hashes.is_empty() {
        return Ok(());
    }
    conn.begin_write().await?;
    let mut done = Ok(());
    for sha256 in hashes {
        done = remove(conn, account, sha256).await;
        if done.is_err() {
            break;
        }
    }
    ended(conn, done).await
}

/// Throws away what waited too long for its submission.
pub async fn sweep(conn: &mut Conn, now: Timestamp) -> Result<()> {
    let before = record_text(now.saturating_sub(LONGEST_HOURS.hours())?);
    let sql = "SELECT account, sha256 FROM piece WHERE begun_at < ?";
    for row in conn.rows(sql, args![before]).await? {
        remove(conn, &row.text(0)?, &row.text(1)?).await?;
    }
    Ok(())
}
