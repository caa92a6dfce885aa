//! How many messages nobody has opened: the number on every page, counted anew when something has changed it.

use super::model::Reader;
use super::store;
use crate::args;
use crate::clock::record_text;
use crate::db::Conn;
use crate::features::authority::Rights;
use crate::features::identity;
use anyhow::{Context, Result};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Rows that are looked at: more than a person reads.
const LOOKED_AT: u64 = 500;
/// More unread messages are shown as this many and more.
pub const MOST_COUNTED: usize = 99;
/// People whose numbers are kept; when there are more, all are counted anew.
const MOST_KEPT: usize = 10_000;
/// `2026-11-23T06`: messages grow old by the hour.
const HOUR_LEN: usize = 13;

/// What a number stands on: the newest fact, what the person has read, what the person may see, and the hour.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    head: u64,
    read: (i64, i64),
    rights: Rights,
    hour: String,
}

/// Numbers by account.
#[derive(Debug, Default)]
pub struct Kept(Mutex<HashMap<String, (Stamp, usize)>>);

impl Kept {
    /// How many messages an account has not opened, up to [`MOST_COUNTED`] and one more, as the ledger stands at a fact.
    pub async fn count(&self, conn: &mut Conn, account: &str, rights: &Rights, head: u64, now: Timestamp) -> Result<usize> {
        if rights.posts.is_empty() {
            return Ok(0);
        }
        let hour = record_text(now).chars().take(HOUR_LEN).collect();
        let stamp = Stamp { head, read: read_marks(conn, account).await?, rights: rights.clone(), hour };
        if let Some((known, count)) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(account)
            && *known == stamp
        {
            return Ok(*count);
        }
        let organisation = identity::store::account(conn, account).await?.and_then(|found| found.organisation);
        let reader = Reader { account: account.to_owned(), organisation, rights: rights.clone() };
        let all = store::received(conn, &reader, now, LOOKED_AT).await?;
        let count = all.iter().filter(|one| one.is_unread).count().min(MOST_COUNTED + 1);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(account.to_owned(), (stamp, count));
        Ok(count)
    }
}

/// How many messages an account has opened one by one, and up to which fact it has put all away.
async fn read_marks(conn: &mut Conn, account: &str) -> Result<(i64, i64)> {
    let sql = "SELECT (SELECT COUNT(*) FROM message_read WHERE account = ?), COALESCE((SELECT number FROM message_seen WHERE account = ?), 0)";
    let row = conn.row(sql, args![account, account]).await?.context("a count is a row")?;
    Ok((row.int(0)?, row.int(1)?))
}
