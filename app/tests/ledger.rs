//! The ledger from outside: a real data folder, the real program, and somebody who edits the file behind its back.

#![allow(clippy::unwrap_used, reason = "a test that cannot prepare its folder has failed")]

use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;

fn guatu(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guatu"));
    command.args(arguments).env("GUATU_DATA", folder).env_remove("GUATU_DATABASE_URL").output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs SQL on the data folder as somebody with the file would.
fn edit(folder: &Path, sql: &str) -> Result<(), rusqlite::Error> {
    rusqlite::Connection::open(folder.join("guatu.sqlite"))?.execute_batch(sql)
}

/// A folder with the invented district, made once and copied for each case. Where `E2E_DEMO` names one that has been told already,
/// it is a copy of that.
static DEMO: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    if let Some(told) = std::env::var_os("E2E_DEMO") {
        return copied(Path::new(&told));
    }
    let folder = tempfile::tempdir().unwrap();
    let made = guatu(folder.path(), &["demo"]);
    assert!(made.status.success(), "{}", text(&made));
    folder
});

fn copied(from: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    folder
}

#[test]
fn tampering_is_named_and_derived_tables_come_back() {
    let original = copied(DEMO.path());
    let sound = guatu(original.path(), &["verify"]);
    assert_eq!(sound.status.code(), Some(0), "{}", text(&sound));

    // Through SQL a fact can be neither changed nor removed.
    let guarded = [
        "UPDATE fact SET actor = 'x' WHERE number = 5",
        "DELETE FROM fact WHERE number = 5",
        "INSERT OR REPLACE INTO fact SELECT * FROM fact WHERE number = 5",
        "DELETE FROM request",
        "DELETE FROM document",
        "UPDATE document SET bytes = x'00'",
        "UPDATE checkpoint SET note = 'x'",
    ];
    for sql in guarded {
        let refused = edit(original.path(), sql);
        let is_empty_table = sql.contains("checkpoint") && refused.is_ok();
        assert!(refused.is_err() || is_empty_table, "{sql}");
    }

    // Whoever drops the guards first is found out.
    let no_guards = "DROP TRIGGER fact_no_update; DROP TRIGGER fact_no_delete; DROP TRIGGER document_no_update; DROP TRIGGER document_no_delete;";
    let cases = [
        ("UPDATE fact SET payload = payload || ' ' WHERE number = 40", "broken at fact 40"),
        ("UPDATE fact SET actor = 'somebody' WHERE number = 41", "broken at fact 41"),
        ("UPDATE fact SET record = zeroblob(200) WHERE number = 42", "broken at fact 42"),
        ("UPDATE fact SET salt = zeroblob(32) WHERE number = 43", "broken at fact 43"),
        ("DELETE FROM fact WHERE number = 44", "broken at fact 45"),
        ("DELETE FROM fact WHERE number = (SELECT MAX(number) FROM fact)", "broken: the checkpoint"),
        ("UPDATE document SET bytes = zeroblob(9)", "its paper"),
        ("DELETE FROM document", "its paper"),
        ("UPDATE place SET name = 'X' WHERE kind = 'district'", "broken: table place"),
        (
            "DROP TRIGGER request_no_delete; DELETE FROM request WHERE first_number = 50",
            "broken: the receipt of the request that made fact 50",
        ),
        ("", "broken: fact_no_update ON fact, fact_no_delete ON fact, document_no_update ON document"),
        ("CREATE TRIGGER fact_no_update BEFORE UPDATE ON fact BEGIN SELECT 1; END", "broken: fact_no_update ON fact, "),
    ];
    for (sql, expected) in cases {
        let folder = copied(original.path());
        edit(folder.path(), &format!("{no_guards}{sql}")).unwrap();
        let found = guatu(folder.path(), &["verify"]);
        assert_eq!(found.status.code(), Some(3), "{sql}: {}", text(&found));
        assert!(text(&found).contains(expected), "{sql}: {}", text(&found));
    }

    let folder = copied(original.path());
    edit(folder.path(), "DELETE FROM bar; UPDATE place SET name = 'X'; DROP TABLE outlook").unwrap();
    assert!(guatu(folder.path(), &["rebuild"]).status.success());
    let mended = guatu(folder.path(), &["verify"]);
    assert_eq!(mended.status.code(), Some(0), "{}", text(&mended));
}

#[test]
fn a_real_ledger_never_becomes_a_rehearsal_nor_the_other_way() {
    let real = copied(DEMO.path());
    let folder = real.path().display().to_string();
    let refused = Command::new(env!("CARGO_BIN_EXE_guatu"))
        .args(["serve", "--rehearsal", &folder, "--now", "2026-11-22T08:00:00+08:00", "--listen", "127.0.0.1:0"])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(5));
    assert!(text(&refused).contains("real ledger"), "{}", text(&refused));
}

#[test]
fn a_checkpoint_kept_outside_closes_what_the_file_alone_cannot() {
    let folder = copied(DEMO.path());
    let missing = guatu(folder.path(), &["verify", "--checkpoint", "/no/such/note"]);
    assert_eq!(missing.status.code(), Some(4), "{}", text(&missing));
    let foreign = folder.path().join("foreign.note");
    std::fs::write(&foreign, "somewhere else\n3\nAAAA\n\n\u{2014} x y\n").unwrap();
    let unknown = guatu(folder.path(), &["verify", "--checkpoint", &foreign.display().to_string()]);
    assert_eq!(unknown.status.code(), Some(7), "{}", text(&unknown));
}
