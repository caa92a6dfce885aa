//! Forms whose photographs have not all come. One person's are nobody else's; what has come stays as it is.

use super::super::model::Refused;
use super::super::pieces::{MOST_WAITING_BYTES, ended};
use super::other_bytes;
use crate::args;
use crate::clock::record_text;
use crate::db::Conn;
use crate::refusal::Refusal;
use anyhow::Result;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What came of a form at once.
pub(super) struct Arrived<'a> {
    /// The id that the phone made.
    pub(super) instance: &'a str,
    /// The form as it came.
    pub(super) form: &'a [u8],
    /// By how much the phone's clock was behind the server's, in seconds.
    pub(super) behind_s: Option<i64>,
    /// Photographs by name.
    pub(super) photos: BTreeMap<String, Vec<u8>>,
}

/// A form that waits.
pub(super) struct Waiting {
    /// The form as it came.
    pub(super) form: Vec<u8>,
    /// By how much the phone's clock was behind when it came first.
    pub(super) behind_s: Option<i64>,
    /// Photographs that have come, by name.
    pub(super) photos: BTreeMap<String, Vec<u8>>,
}

/// Keeps what came. Other bytes under an id or name in use are refused, and then nothing of it is kept.
pub(super) async fn keep(conn: &mut Conn, account: &str, arrived: Arrived<'_>, now: Timestamp) -> Result<Result<(), Refusal>> {
    conn.begin_write().await?;
    match insert(conn, account, arrived, now).await {
        Ok(Err(refusal)) => conn.rollback().await.map(|()| Err(refusal)),
        done => ended(conn, done).await,
    }
}

async fn insert(conn: &mut Conn, account: &str, arrived: Arrived<'_>, now: Timestamp) -> Result<Result<(), Refusal>> {
    let Arrived { instance, form, behind_s, photos } = arrived;
    let sql = "INSERT INTO waiting_form (account, instance, content, behind_s, begun_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
    conn.execute(sql, args![account, instance, form, behind_s, record_text(now)]).await?;
    let stood = conn.row("SELECT content FROM waiting_form WHERE account = ? AND instance = ?", args![account, instance]).await?;
    if stood.map(|row| row.blob(0)).transpose()?.as_deref() != Some(form) {
        return Ok(Err(other_bytes()));
    }
    for (name, bytes) in photos {
        let sql = "INSERT INTO waiting_photo (account, instance, name, bytes) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
        conn.execute(sql, args![account, instance, &name, bytes.as_slice()]).await?;
        let sql = "SELECT bytes FROM waiting_photo WHERE account = ? AND instance = ? AND name = ?";
        let stood = conn.row(sql, args![account, instance, name]).await?;
        if stood.map(|row| row.blob(0)).transpose()? != Some(bytes) {
            return Ok(Err(other_bytes()));
        }
    }
    let sql = "SELECT CAST(COALESCE(SUM(LENGTH(bytes)), 0) AS BIGINT) + (SELECT CAST(COALESCE(SUM(LENGTH(content)), 0) AS BIGINT) FROM waiting_form WHERE account = ?)
               FROM waiting_photo WHERE account = ?";
    let held = conn.row(sql, args![account, account]).await?.map_or(Ok(0), |row| row.count(0))?;
    if held > MOST_WAITING_BYTES {
        return Ok(Err(Refused::TooManyPieces { limit: (MOST_WAITING_BYTES >> 20).to_string() }.into()));
    }
    Ok(Ok(()))
}

/// A form that waits.
pub(super) async fn read(conn: &mut Conn, account: &str, instance: &str) -> Result<Option<Waiting>> {
    let sql = "SELECT content, behind_s FROM waiting_form WHERE account = ? AND instance = ?";
    let Some(row) = conn.row(sql, args![account, instance]).await? else { return Ok(None) };
    let rows = conn.rows("SELECT name, bytes FROM waiting_photo WHERE account = ? AND instance = ?", args![account, instance]).await?;
    let photos = rows.iter().map(|row| Ok((row.text(0)?, row.blob(1)?))).collect::<Result<_>>()?;
    Ok(Some(Waiting { form: row.blob(0)?, behind_s: row.opt_int(1)?, photos }))
}

/// A person's forms that wait, the oldest first: id, form, when it came, and photographs that have come.
pub(super) async fn all(conn: &mut Conn, account: &str) -> Result<Vec<(String, Vec<u8>, Timestamp, u64)>> {
    let sql = "SELECT f.instance, f.content, f.begun_at, (SELECT COUNT(*) FROM waiting_photo p WHERE p.account = f.account AND p.instance = f.instance)
               FROM waiting_form f WHERE f.account = ? ORDER BY f.begun_at, f.instance";
    conn.rows(sql, args![account]).await?.iter().map(|row| Ok((row.text(0)?, row.blob(1)?, row.text(2)?.parse()?, row.count(3)?))).collect()
}

/// Throws a form away: it is in the ledger now, or its program has it and sends it again.
pub(super) async fn drop_one(conn: &mut Conn, account: &str, instance: &str) -> Result<()> {
    conn.begin_write().await?;
    let done = remove(conn, account, instance).await;
    ended(conn, done).await
}

async fn remove(conn: &mut Conn, account: &str, instance: &str) -> Result<()> {
    conn.execute("DELETE FROM waiting_photo WHERE account = ? AND instance = ?", args![account, instance]).await?;
    conn.execute("DELETE FROM waiting_form WHERE account = ? AND instance = ?", args![account, instance]).await.map(drop)
}
