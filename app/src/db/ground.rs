//! Ground tables: the ledger and what cannot be derived from it. They are migrated, never rebuilt.

use super::{Conn, Dialect, portable};
use crate::args;
use anyhow::{Result, bail};
use std::collections::HashMap;

/// Every version of the ground tables, oldest first. A version that has been released is never edited.
const VERSIONS: &[&str] = &[
    include_str!("ground_1.sql"),
    include_str!("ground_2.sql"),
    include_str!("ground_3.sql"),
    include_str!("ground_4.sql"),
    include_str!("ground_5.sql"),
    include_str!("ground_6.sql"),
    include_str!("ground_7.sql"),
    include_str!("ground_8.sql"),
    include_str!("ground_9.sql"),
];

/// Triggers that refuse to change or remove a fact, in each dialect's own words.
const GUARDS_SQLITE: &str = include_str!("guards_sqlite.sql");
const GUARDS_POSTGRES: &str = include_str!("guards_postgres.sql");

/// Brings the ground tables to the newest version, inside the caller's transaction. Answers with the guards that an
/// older database should have had and did not have: somebody took them away.
pub(super) async fn migrate(conn: &mut Conn) -> Result<Vec<String>> {
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
    let guards = match dialect {
        Dialect::Sqlite => GUARDS_SQLITE,
        Dialect::Postgres => GUARDS_POSTGRES,
    };
    let lost = if found == 0 { Vec::new() } else { lost_guards(conn, guards).await? };
    // Guards are set again at every start: a database whose guards were taken away gets them back.
    for name in &lost {
        conn.script(drop_guard(name, dialect)).await?;
    }
    conn.script(guards.into()).await?;
    if found < VERSIONS.len() {
        conn.execute("UPDATE ground_version SET version = ?", args![VERSIONS.len() as u64]).await?;
    }
    Ok(lost)
}

/// Names and tables of the guards a script sets.
fn guard_names(guards: &str) -> impl Iterator<Item = (&str, &str)> {
    guards.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_trigger = words.first() == Some(&"CREATE") && words.contains(&"TRIGGER");
        let name = words.iter().position(|word| *word == "BEFORE").map(|at| words[at - 1])?;
        let table = words.iter().position(|word| *word == "ON").map(|at| words[at + 1])?;
        is_trigger.then_some((name, table))
    })
}

/// Guards of the script that the database has not, has switched off, or has with other words.
async fn lost_guards(conn: &mut Conn, guards: &str) -> Result<Vec<String>> {
    let sql = match conn.dialect() {
        Dialect::Sqlite => "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
        Dialect::Postgres => {
            "SELECT t.tgname::text, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
             WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND c.relnamespace = current_schema()::regnamespace"
        }
    };
    let mut standing = HashMap::new();
    for row in conn.rows(sql, &[]).await? {
        standing.insert(row.text(0)?, squeezed(&row.text(1)?));
    }
    let wanted = squeezed(guards);
    let is_lost = |name: &str| match (conn.dialect(), standing.get(name)) {
        (_, None) => true,
        (Dialect::Sqlite, Some(definition)) => !wanted.contains(definition.as_str()),
        // PostgreSQL writes a definition down in words of its own.
        (Dialect::Postgres, Some(definition)) => !definition.ends_with("EXECUTE FUNCTION refuse_change()"),
    };
    let names = guard_names(guards).filter(|(name, _)| is_lost(name));
    Ok(names.map(|(name, table)| format!("{name} ON {table}")).collect())
}

/// A definition as one line, without the words that only say how it is set.
fn squeezed(sql: &str) -> String {
    sql.replace("IF NOT EXISTS ", "").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Takes away what stands in the place of a lost guard. SQLite names a trigger without its table.
fn drop_guard(guard: &str, dialect: Dialect) -> String {
    let name = guard.split(' ').next().unwrap_or(guard);
    match dialect {
        Dialect::Sqlite => format!("DROP TRIGGER IF EXISTS {name}"),
        Dialect::Postgres => format!("DROP TRIGGER IF EXISTS {guard}"),
    }
}

#[cfg(test)]
mod tests {
    use super::Dialect;
    use crate::on_both_databases;

    on_both_databases!(guards_that_were_taken_away_are_named_and_set_again, |site| async move {
        assert_eq!(site.site.db.prepare().await.unwrap(), [""; 0], "nothing is lost of what stands");
        let mut conn = site.site.db.writer().await.unwrap();
        let (sql, lost) = match conn.dialect() {
            Dialect::Sqlite => (
                "DROP TRIGGER fact_no_update; CREATE TRIGGER fact_no_update BEFORE UPDATE ON fact BEGIN SELECT 1; END;
                 DROP TRIGGER request_no_delete",
                ["fact_no_update ON fact", "request_no_delete ON request"],
            ),
            Dialect::Postgres => (
                "ALTER TABLE fact DISABLE TRIGGER fact_no_truncate; DROP TRIGGER request_no_change ON request",
                ["fact_no_truncate ON fact", "request_no_change ON request"],
            ),
        };
        conn.script(sql.into()).await.unwrap();
        drop(conn);
        assert_eq!(site.site.db.prepare().await.unwrap(), lost);
        assert_eq!(site.site.db.prepare().await.unwrap(), [""; 0], "they stand again");
        site
    });
}
