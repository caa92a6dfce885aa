//! Ground tables: the ledger and what cannot be derived from it. They are migrated, never rebuilt.

use super::{Conn, Dialect, portable};
use crate::args;
use anyhow::{Result, bail};

/// Every version of the ground tables, oldest first. A version that has been released is never edited.
const VERSIONS: &[&str] = &[include_str!("ground_1.sql")];

/// Triggers that refuse to change or remove a fact, in each dialect's own words.
const GUARDS_SQLITE: &str = include_str!("guards_sqlite.sql");
const GUARDS_POSTGRES: &str = include_str!("guards_postgres.sql");

/// Brings the ground tables to the newest version, inside the caller's transaction.
pub(super) async fn migrate(conn: &mut Conn) -> Result<()> {
    let dialect = conn.dialect();
    if dialect == Dialect::Postgres {
        // Two nodes that start together must not both create tables.
        conn.rows("SELECT pg_advisory_xact_lock(4710)", &[]).await?;
    }
    conn.script("CREATE TABLE IF NOT EXISTS ground_version (version BIGINT NOT NULL)".into()).await?;
    let found = match conn.row("SELECT version FROM ground_version", &[]).await? {
        Some(row) => usize::try_from(row.int(0)?)?,
        None => {
            conn.execute("INSERT INTO ground_version (version) VALUES (0)", &[]).await?;
            0
        }
    };
    if found > VERSIONS.len() {
        bail!(
            "the database is from a newer version of Guatu (ground tables {found}, this program knows {})",
            VERSIONS.len()
        );
    }
    for sql in &VERSIONS[found..] {
        conn.script(portable::definitions(sql, dialect)).await?;
    }
    // Guards are set again at every start: a database whose guards were taken away gets them back.
    let guards = match dialect {
        Dialect::Sqlite => GUARDS_SQLITE,
        Dialect::Postgres => GUARDS_POSTGRES,
    };
    conn.script(guards.into()).await?;
    if found < VERSIONS.len() {
        conn.execute("UPDATE ground_version SET version = ?", args![VERSIONS.len() as u64]).await?;
    }
    Ok(())
}
