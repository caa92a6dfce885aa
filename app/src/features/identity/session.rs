//! Logging in: passwords, sessions and one-time links. Only hashes of tokens are stored.
//!
//! Kept outside the ledger on purpose: a session is not a fact about the district, and a token must be erasable.

use super::store;
use crate::args;
use crate::clock::record_text;
use crate::db::{Conn, Db};
use anyhow::{Result, anyhow};
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use guatu_ledger::hash::sha256;
use jiff::{SignedDuration, Timestamp};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// A session ends after this long without a request (GB/T 22239 asks for an idle exit; the length is ours).
pub const IDLE_LIMIT: SignedDuration = SignedDuration::from_hours(8);
/// And after this long in any case.
pub const ABSOLUTE_LIMIT: SignedDuration = SignedDuration::from_hours(24 * 7);
/// That a session was used is noted so often: more would be a write to the disk beside every other.
const SEEN_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Life of a one-time link.
pub const LINK_LIFE: SignedDuration = SignedDuration::from_mins(30);
/// Life of an invitation.
pub const INVITATION_LIFE: SignedDuration = SignedDuration::from_hours(24 * 3);
/// Shortest password.
pub const MIN_PASSWORD_CHARS: usize = 12;
/// Longest password: hashing is not for free.
pub const MAX_PASSWORD_CHARS: usize = 128;

/// Hashes worth computing at once: each takes a core and 19 MiB.
static HASHING: Semaphore = Semaphore::const_new(2);

/// A hash that no password has, so that an unknown login costs as much as a known one.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now(&token()).unwrap_or_default());

/// argon2id with 19 MiB, two passes (OWASP Password Storage Cheat Sheet).
fn argon2() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).unwrap_or(Params::DEFAULT);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_now(password: &str) -> Result<String> {
    Ok(argon2().hash_password(password.as_bytes()).map_err(|fault| anyhow!("{fault}"))?.to_string())
}

/// The PHC string of a password.
pub async fn hash_password(password: String) -> Result<String> {
    let _turn = HASHING.acquire().await?;
    tokio::task::spawn_blocking(move || hash_now(&password)).await?
}

/// Whether a password belongs to a login. Takes the same time for an unknown login.
pub async fn check_password(db: &Db, login: &str, password: String) -> Result<Option<String>> {
    let row = db.reader().await?.row("SELECT account, password_hash FROM credential WHERE login = ?", args![login]).await?;
    let (account, stored) = match row {
        Some(row) => (Some(row.text(0)?), row.text(1)?),
        None => (None, NOBODY.clone()),
    };
    let _turn = HASHING.acquire().await?;
    let is_right = tokio::task::spawn_blocking(move || {
        PasswordHash::new(&stored).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await?;
    Ok(account.filter(|_| is_right))
}

/// A fresh token of 256 random bits, safe in a URL and a cookie.
pub fn token() -> String {
    let mut bytes = [0u8; 32];
    rand::fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

fn token_hash(token: &str) -> Vec<u8> {
    sha256(&[token.as_bytes()]).0.to_vec()
}

/// What the forms of a session's pages carry: made of the session's token, which cannot be made of it again.
pub fn form_token(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(&[b"guatu form", token.as_bytes()]).0)
}

/// Opens a session and returns its token.
pub async fn open(db: &Db, account: &str, now: Timestamp) -> Result<String> {
    let token = token();
    let mut conn = db.writer().await?;
    conn.execute(
        "INSERT INTO session (token_hash, account, created_at, seen_at) VALUES (?, ?, ?, ?)",
        args![token_hash(&token), account, record_text(now), record_text(now)],
    )
    .await?;
    Ok(token)
}

/// The account of a token, if its session still runs.
pub async fn account_of(conn: &mut Conn, token: &str, now: Timestamp) -> Result<Option<String>> {
    let row = conn.row("SELECT account, created_at, seen_at FROM session WHERE token_hash = ?", args![token_hash(token)]).await?;
    let Some(row) = row else { return Ok(None) };
    let created: Timestamp = row.text(1)?.parse()?;
    let seen: Timestamp = row.text(2)?.parse()?;
    let runs = now.duration_since(created) < ABSOLUTE_LIMIT && now.duration_since(seen) < IDLE_LIMIT;
    runs.then(|| row.text(0)).transpose()
}

/// Notes that a session was used. Called for writes only, so that reading pages never writes.
pub async fn touch(db: &Db, token: &str, now: Timestamp) -> Result<()> {
    let before = now.saturating_sub(SEEN_EVERY)?;
    let sql = "UPDATE session SET seen_at = ? WHERE token_hash = ? AND seen_at < ?";
    db.writer().await?.execute(sql, args![record_text(now), token_hash(token), record_text(before)]).await.map(drop)
}

/// Ends one session.
pub async fn close(db: &Db, token: &str) -> Result<()> {
    db.writer().await?.execute("DELETE FROM session WHERE token_hash = ?", args![token_hash(token)]).await?;
    Ok(())
}

/// Ends every session of an account.
pub async fn close_all(db: &Db, account: &str) -> Result<()> {
    db.writer().await?.execute("DELETE FROM session WHERE account = ?", args![account]).await?;
    Ok(())
}

/// What a one-time link is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Become the first administrator.
    FirstAdministrator,
    /// Set login and password of an account that has neither, nor any post: one administrator alone hands it over.
    Invitation {
        /// The account.
        account: String,
    },
    /// Set login and password of an account that has something to lose: two administrators have agreed.
    Reset {
        /// The account.
        account: String,
    },
}

impl Purpose {
    /// Its name in the table, and the account.
    fn columns(&self) -> (&'static str, Option<&String>) {
        match self {
            Purpose::FirstAdministrator => ("first_administrator", None),
            Purpose::Invitation { account } => ("invitation", Some(account)),
            Purpose::Reset { account } => ("reset", Some(account)),
        }
    }
}

/// Makes a one-time link and returns its token. Every earlier link of the account, or to become the first administrator,
/// ends: only the newest counts.
pub async fn make_link(db: &Db, purpose: &Purpose, now: Timestamp) -> Result<String> {
    let token = token();
    let (name, account) = purpose.columns();
    let mut conn = db.writer().await?;
    let life = match account {
        None => {
            conn.execute("DELETE FROM one_time_link WHERE purpose = ?", args![name]).await?;
            LINK_LIFE
        }
        Some(account) => {
            conn.execute("DELETE FROM one_time_link WHERE account = ?", args![account]).await?;
            INVITATION_LIFE
        }
    };
    conn.execute(
        "INSERT INTO one_time_link (token_hash, purpose, account, expires_at) VALUES (?, ?, ?, ?)",
        args![token_hash(&token), name, account, record_text(now + life)],
    )
    .await?;
    Ok(token)
}

/// What a link is for, if it can still be used.
pub async fn read_link(conn: &mut Conn, token: &str, now: Timestamp) -> Result<Option<Purpose>> {
    let sql = "SELECT purpose, account FROM one_time_link WHERE token_hash = ? AND used_at IS NULL AND expires_at > ?";
    let Some(row) = conn.row(sql, args![token_hash(token), record_text(now)]).await? else { return Ok(None) };
    Ok(match (row.text(0)?.as_str(), row.opt_text(1)?) {
        ("first_administrator", _) => Some(Purpose::FirstAdministrator),
        ("invitation", Some(account)) => Some(Purpose::Invitation { account }),
        ("reset", Some(account)) => Some(Purpose::Reset { account }),
        _ => None,
    })
}

/// What became of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// Login and password are set; every other session of the account has ended.
    Done,
    /// The link had been used or had run out: nothing was changed.
    LinkGone,
    /// Another account has the login: nothing was changed, and the link can still be used.
    LoginTaken,
    /// The account has come to hold a post or a password since the invitation: nothing was changed.
    NeedsTwo,
}

/// Uses a link up and sets login and password, all in one transaction: of two people with one link, one wins.
///
/// `account` is whom the purpose names, or the new account of the first administrator.
pub async fn redeem(
    db: &Db,
    token: &str,
    purpose: &Purpose,
    account: &str,
    login: &str,
    password_hash: &str,
    now: Timestamp,
) -> Result<Redeemed> {
    let mut conn = db.writer().await?;
    conn.begin_write().await?;
    let outcome = redeem_within(&mut conn, token, purpose, account, login, password_hash, now).await;
    match outcome {
        Ok(Redeemed::Done) => conn.commit().await?,
        _ => conn.rollback().await?,
    }
    outcome
}

async fn redeem_within(
    conn: &mut Conn,
    token: &str,
    purpose: &Purpose,
    account: &str,
    login: &str,
    password_hash: &str,
    now: Timestamp,
) -> Result<Redeemed> {
    let sql = "UPDATE one_time_link SET used_at = ? WHERE token_hash = ? AND purpose = ? AND used_at IS NULL AND expires_at > ?";
    if conn.execute(sql, args![record_text(now), token_hash(token), purpose.columns().0, record_text(now)]).await? != 1 {
        return Ok(Redeemed::LinkGone);
    }
    let has_password = conn.row("SELECT 1 FROM credential WHERE account = ?", args![account]).await?.is_some();
    if matches!(purpose, Purpose::Invitation { .. }) && (has_password || store::holds_post(conn, account).await?) {
        return Ok(Redeemed::NeedsTwo);
    }
    if let Some(row) = conn.row("SELECT account FROM credential WHERE login = ?", args![login]).await?
        && row.text(0)? != account
    {
        return Ok(Redeemed::LoginTaken);
    }
    let sql = "INSERT INTO credential (account, login, password_hash) VALUES (?, ?, ?)
               ON CONFLICT (account) DO UPDATE SET login = excluded.login, password_hash = excluded.password_hash";
    conn.execute(sql, args![account, login, password_hash]).await?;
    conn.execute("DELETE FROM session WHERE account = ?", args![account]).await?;
    conn.execute("DELETE FROM one_time_link WHERE account = ? AND used_at IS NULL", args![account]).await?;
    Ok(Redeemed::Done)
}

/// What opened an account before a link was used: login and hash of the password.
pub async fn credential(conn: &mut Conn, account: &str) -> Result<Option<(String, String)>> {
    let row = conn.row("SELECT login, password_hash FROM credential WHERE account = ?", args![account]).await?;
    row.map(|row| Ok((row.text(0)?, row.text(1)?))).transpose()
}

/// Makes a link as if it had not been used, because the facts that belong to it could not be written: the ledger and what lies beside it
/// have no transaction in common.
pub async fn give_back(db: &Db, token: &str, account: &str, before: Option<&(String, String)>) -> Result<()> {
    let mut conn = db.writer().await?;
    conn.begin_write().await?;
    let done = give_back_within(&mut conn, token, account, before).await;
    match done {
        Ok(()) => conn.commit().await?,
        Err(_) => conn.rollback().await?,
    }
    done
}

async fn give_back_within(conn: &mut Conn, token: &str, account: &str, before: Option<&(String, String)>) -> Result<()> {
    conn.execute("UPDATE one_time_link SET used_at = NULL WHERE token_hash = ?", args![token_hash(token)]).await?;
    conn.execute("DELETE FROM credential WHERE account = ?", args![account]).await?;
    if let Some((login, password_hash)) = before {
        let sql = "INSERT INTO credential (account, login, password_hash) VALUES (?, ?, ?)";
        conn.execute(sql, args![account, login, password_hash]).await?;
    }
    Ok(())
}

/// Whether anybody can log in yet.
pub async fn is_anybody_home(conn: &mut Conn) -> Result<bool> {
    Ok(conn.row("SELECT 1 FROM credential LIMIT 1", &[]).await?.is_some())
}
