//! One SQL text for two databases: `?` becomes `$1 …`, and table definitions take SQLite's strict types.

use std::collections::HashMap;
use std::sync::{LazyLock, RwLock};

/// Statements already rewritten. They are string literals of this program, so the map stays small.
static NUMBERED: LazyLock<RwLock<HashMap<&'static str, &'static str>>> = LazyLock::new(Default::default);

/// Rewrites `?` to `$1`, `$2` … outside quoted text. The result is kept: each literal is rewritten once.
pub fn numbered(sql: &'static str) -> &'static str {
    if let Some(found) = NUMBERED.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(sql) {
        return found;
    }
    let mut text = String::with_capacity(sql.len() + 16);
    let (mut count, mut is_quoted) = (0, false);
    for character in sql.chars() {
        match character {
            '\'' => {
                is_quoted = !is_quoted;
                text.push('\'');
            }
            '?' if !is_quoted => {
                count += 1;
                text.push_str(&format!("${count}"));
            }
            other => text.push(other),
        }
    }
    let leaked: &'static str = Box::leak(text.into_boxed_str());
    NUMBERED.write().unwrap_or_else(std::sync::PoisonError::into_inner).insert(sql, leaked);
    leaked
}

/// Table definitions for a dialect: written with PostgreSQL's type names, made STRICT for SQLite so that a number can
/// never be kept as text or as floating point. `WITHOUT ROWID` keeps SQLite's rows by their key and not as they came.
pub fn definitions(sql: &str, dialect: super::Dialect) -> String {
    match dialect {
        super::Dialect::Postgres => sql.replace("\n) WITHOUT ROWID;", "\n);"),
        super::Dialect::Sqlite => sql
            .replace("BIGINT", "INTEGER")
            .replace("BYTEA", "BLOB")
            .replace("\n);", "\n) STRICT;")
            .replace("\n) WITHOUT ROWID;", "\n) STRICT, WITHOUT ROWID;"),
    }
}

/// The same tables as temporary ones of a connection: they stand before those of the same names.
pub fn temporary(sql: &str, dialect: super::Dialect) -> String {
    definitions(sql, dialect).replace("CREATE TABLE ", "CREATE TEMPORARY TABLE ")
}

/// Names of the tables that definitions create, in order.
pub fn table_names(sql: &'static str) -> Vec<&'static str> {
    sql.lines().filter_map(|line| line.strip_prefix("CREATE TABLE ")?.split([' ', '(']).next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Dialect;

    #[test]
    fn parameters_are_numbered_outside_quotes() {
        assert_eq!(numbered("SELECT '?' WHERE a = ? AND b = ?"), "SELECT '?' WHERE a = $1 AND b = $2");
    }

    #[test]
    fn sqlite_tables_are_strict() {
        let sql = "CREATE TABLE t (\n    a BIGINT NOT NULL,\n    b BYTEA\n);\nCREATE TABLE u (\n    c TEXT\n);\n";
        let strict = definitions(sql, Dialect::Sqlite);
        assert_eq!(strict.matches("STRICT").count(), 2);
        assert!(!strict.contains("BIGINT") && !strict.contains("BYTEA"));
        assert_eq!(table_names(sql), ["t", "u"]);
        let by_key = "CREATE TABLE k (\n    a TEXT NOT NULL PRIMARY KEY\n) WITHOUT ROWID;\n";
        assert!(definitions(by_key, Dialect::Sqlite).ends_with(") STRICT, WITHOUT ROWID;\n"));
        assert!(definitions(by_key, Dialect::Postgres).ends_with("\n);\n"));
    }
}
