//! Somebody with the file edits it, a thousand times, each time with the guards put back: every edit is found.

use crate::chance;
use crate::server::{self, Place};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rusqlite::Connection;
use std::path::Path;

/// How many edits, each on a copy of its own and verified by a process of its own.
const EDITS: usize = 1_000;

/// Columns of a fact.
const COLUMNS: [&str; 10] =
    ["record", "hash", "salt", "payload", "kind", "actor", "subject", "place", "occurred_on", "recorded_at"];

/// Edits one thing. What it was, and the number of the fact at which the walk must stop, where it is one fact's.
fn edit(file: &Connection, newest: i64, chance: &mut ChaCha8Rng) -> (String, Option<i64>) {
    let number = chance.random_range(2..newest);
    // Hashes and salts begin with any byte: the first becomes another one in any case.
    let first = "CASE WHEN substr(CAST({} AS BLOB), 1, 1) = X'00' THEN X'01' ELSE X'00' END";
    let changed = format!("{first} || substr(CAST({{}} AS BLOB), 2)");
    let (sql, at) = match chance.random_range(0..10) {
        0 => (format!("DELETE FROM fact WHERE number = {number}"), Some(number + 1)),
        1 => {
            let other = chance.random_range(2..newest).max(3);
            let other = if other == number { 2 } else { other };
            let swap = format!(
                "UPDATE fact SET number = -1 WHERE number = {number}; UPDATE fact SET number = {number} WHERE number = {other};
                 UPDATE fact SET number = {other} WHERE number = -1"
            );
            (swap, Some(number.min(other)))
        }
        2 => {
            let insert = format!(
                "INSERT INTO fact SELECT {newest} + 1, record, hash, salt, payload, kind, actor, subject, place, occurred_on, recorded_at
                 FROM fact WHERE number = {number}"
            );
            (insert, Some(newest + 1))
        }
        3 => (
            format!(
                "DELETE FROM request WHERE id = (SELECT id FROM request ORDER BY id LIMIT 1 OFFSET {})",
                number % 9
            ),
            None,
        ),
        4 => ("UPDATE ledger_head SET recorded_at = recorded_at || '1'".to_owned(), None),
        kind => {
            let column = COLUMNS[chance.random_range(0..COLUMNS.len())];
            let value = match kind {
                5 => format!("substr({column}, 1, length({column}) - 1)"),
                6 => format!("{column} || {column}"),
                7 => changed.replace("{}", column),
                8 => format!("(SELECT other.{column} || 'x' FROM fact other WHERE other.number = 1)"),
                _ => format!("'{}'", chance.random_range(0..1_000_000)),
            };
            let blob = ["record", "hash", "salt"].contains(&column);
            let value = if blob { format!("CAST({value} AS BLOB)") } else { format!("CAST({value} AS TEXT)") };
            (format!("UPDATE fact SET {column} = {value} WHERE number = {number}"), Some(number))
        }
    };
    file.execute_batch(&sql).unwrap_or_else(|fault| panic!("{sql}: {fault}"));
    (sql, at)
}

/// Runs something on the file with its guards away, and puts them back as they were.
fn behind_its_back<T>(file: &Connection, work: impl FnOnce(&Connection) -> T) -> T {
    let mut guards = file.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").unwrap();
    let guards: Vec<(String, String)> =
        guards.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    assert!(guards.len() > 6, "{guards:?}");
    let all = |line: fn(&(String, String)) -> String| guards.iter().map(line).collect::<String>();
    file.execute_batch(&all(|(name, _)| format!("DROP TRIGGER {name};"))).unwrap();
    let done = work(file);
    file.execute_batch(&all(|(_, sql)| format!("{sql};"))).unwrap();
    done
}

/// One edit on a copy, and what the verifying process says of it.
fn check(original: &Path, seed: u64) {
    let folder = server::copied(original);
    let place = Place::new(folder.path(), None);
    let file = Connection::open(folder.path().join("guatu.sqlite")).unwrap();
    file.execute_batch("PRAGMA synchronous = off; PRAGMA journal_mode = delete").unwrap();
    let newest = file.query_row("SELECT MAX(number) FROM fact", [], |row| row.get(0)).unwrap();
    let (sql, at) = behind_its_back(&file, |file| edit(file, newest, &mut chance(seed)));
    drop(file);
    let verdict = place.command().arg("verify").output().unwrap();
    let said = server::said(&verdict);
    assert_eq!(verdict.status.code(), Some(3), "edit {seed}: {sql}: {said}");
    if let Some(at) = at {
        assert!(said.contains(&format!("broken at fact {at}")), "edit {seed}: {sql}: {said}");
    }
}

#[test]
fn each_of_a_thousand_edits_is_found() {
    let (folder, place, _) = server::on_sqlite();
    place.is_sound(&[]);
    let original = folder.path();
    std::thread::scope(|scope| {
        for worker in 0..2 {
            scope.spawn(move || (worker..EDITS).step_by(2).for_each(|seed| check(original, seed as u64)));
        }
    });
}
