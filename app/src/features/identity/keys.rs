//! Keys of programs: a calendar or a form program has no session, an address that its person made is all it brings. Only hashes
//! are kept, another key ends the one before, and what its person may see is asked each time.

use crate::args;
use crate::db::Conn;
use anyhow::Result;
use guatu_ledger::hash::sha256;

/// What a key opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The person's calendar, to read.
    Calendar,
    /// The person's inspections, for a program that fills forms.
    Forms,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Purpose::Calendar => "calendar",
            Purpose::Forms => "forms",
        }
    }
}

/// A key of one purpose opens nothing of another.
fn hash(purpose: Purpose, key: &str) -> Vec<u8> {
    sha256(&[b"guatu ", purpose.name().as_bytes(), key.as_bytes()]).0.to_vec()
}

/// Gives a person another key, which ends the one before; with `None` there is none.
pub async fn set(conn: &mut Conn, account: &str, purpose: Purpose, key: Option<&str>) -> Result<()> {
    let Some(key) = key else {
        let sql = "DELETE FROM program_key WHERE account = ? AND purpose = ?";
        return conn.execute(sql, args![account, purpose.name()]).await.map(drop);
    };
    let sql = "INSERT INTO program_key (account, purpose, hash) VALUES (?, ?, ?)
               ON CONFLICT (account, purpose) DO UPDATE SET hash = excluded.hash";
    conn.execute(sql, args![account, purpose.name(), hash(purpose, key)]).await.map(drop)
}

/// Whether a person has a key.
pub async fn is_set(conn: &mut Conn, account: &str, purpose: Purpose) -> Result<bool> {
    let sql = "SELECT 1 FROM program_key WHERE account = ? AND purpose = ?";
    Ok(conn.row(sql, args![account, purpose.name()]).await?.is_some())
}

/// Whose key it is.
pub async fn owner(conn: &mut Conn, purpose: Purpose, key: &str) -> Result<Option<String>> {
    let sql = "SELECT account FROM program_key WHERE hash = ? AND purpose = ?";
    conn.row(sql, args![hash(purpose, key), purpose.name()]).await?.map(|row| row.text(0)).transpose()
}
