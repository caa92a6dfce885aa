//! `guatu doctor`: numbered checks of this machine and this data folder, each with a way to mend it.

use crate::clock::{Clock, record_text};
use crate::db::{Conn, Dialect};
use crate::journal::replay;
use crate::serve::Place;
use anyhow::Result;
use guatu_formats::pdf::Fonts;
use jiff::civil::Date;
use std::io::Write;
use std::process::ExitCode;

/// Which data folder to look at.
#[derive(Clone, Debug, clap::Args)]
#[command(before_help = "Examples:\n  guatu doctor\n  guatu doctor --data /var/lib/guatu")]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
}

/// A day before which this program did not exist: an earlier clock is wrong.
const FIRST_DAY: Date = Date::constant(2026, 1, 1);

/// A line on standard output. A reader that has seen enough (`| head`) is no failure.
fn say(line: &str) {
    drop(writeln!(std::io::stdout().lock(), "{line}"));
}

/// Prints the checks in order and counts what failed.
#[derive(Default)]
struct Report {
    checks: u32,
    failed: u32,
}

impl Report {
    /// One check: what was looked at, and what is wrong with how to mend it.
    fn check(&mut self, what: &str, outcome: Result<String, (String, &str)>) {
        self.checks += 1;
        let number = self.checks;
        match outcome {
            Ok(found) => say(&format!("{number}. ok    {what}: {found}")),
            Err((wrong, hint)) => {
                self.failed += 1;
                say(&format!("{number}. WRONG {what}: {wrong}\n         {hint}"));
            }
        }
    }
}

/// Runs the verb: exit 0 when every check passes, else 1.
pub async fn run(arguments: Arguments) -> Result<ExitCode> {
    let place = &arguments.place;
    let mut report = Report::default();
    let clock = Clock::System;
    let today = clock.today();
    report.check(
        "clock",
        match today < FIRST_DAY {
            false => Ok(format!("{today} in China")),
            true => Err((
                format!("it says {today}"),
                "Set the date, e.g. with `timedatectl set-ntp true`; facts are never written backwards.",
            )),
        },
    );
    report.check(
        "fonts",
        match Fonts::load() {
            Ok(fonts) => Ok(fonts.family().to_owned()),
            Err(fault) => {
                Err((fault.to_string(), "`apt-get install fonts-noto-cjk`; without it nothing can be printed."))
            }
        },
    );
    report.check("data folder", writable(place));
    if !place.data.is_dir() && place.database_url.is_none() {
        report.check("database", Err(("there is no data folder".into(), "`guatu serve` makes it.")));
    } else {
        match look_into(place, &clock, &mut report).await {
            Ok(()) => {}
            Err(fault) => report.check(
                "database",
                Err((
                    format!("{fault:#}"),
                    "Is another program holding it, or the disk full? `guatu verify` tells whether facts are damaged.",
                )),
            ),
        }
    }
    say(&format!("{} of {} checks passed", report.checks - report.failed, report.checks));
    Ok(if report.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether a file can be made, written and removed in the data folder.
fn writable(place: &Place) -> Result<String, (String, &'static str)> {
    let hint = "Give the account that runs Guatu the folder: `chown guatu FOLDER`, or choose another with --data.";
    if !place.data.is_dir() {
        return Err((
            format!("{} does not exist", place.data.display()),
            "`guatu serve` makes it; or choose another with --data.",
        ));
    }
    let probe = place.data.join(".doctor");
    std::fs::write(&probe, b"ok")
        .and_then(|()| std::fs::remove_file(&probe))
        .map(|()| format!("{} is writable", place.data.display()))
        .map_err(|fault| (format!("{}: {fault}", place.data.display()), hint))
}

async fn look_into(place: &Place, clock: &Clock, report: &mut Report) -> Result<()> {
    let db = place.db().await?;
    let mut conn = db.reader().await?;
    conn.ping().await?;
    let is_sqlite = conn.dialect() == Dialect::Sqlite;
    report.check("database", Ok(if is_sqlite { "SQLite opens".into() } else { "PostgreSQL answers".into() }));
    drop(conn);
    let mut conn = db.writer().await?;
    report.check("durability", durability(&mut conn).await?);
    let head = replay::head_number(&mut conn).await?;
    let count = conn.row("SELECT COUNT(*) FROM fact", &[]).await?.map_or(Ok(0), |row| row.count(0))?;
    report.check(
        "ledger head",
        match head == count {
            true => Ok(format!("{head} facts")),
            false => Err((
                format!("the head counts {head} facts, there are {count}"),
                "Stop the server and run `guatu verify`; restore a backup if it confirms this.",
            )),
        },
    );
    let newest = conn.row("SELECT recorded_at FROM fact ORDER BY number DESC LIMIT 1", &[]).await?;
    if let Some(newest) = newest.map(|row| row.text(0)).transpose()? {
        let now = record_text(clock.now());
        report.check(
            "newest fact",
            match newest <= now {
                true => Ok(newest),
                false => Err((
                    format!("written {newest}, after this clock's {now}"),
                    "Set the clock right; until then nothing can be written.",
                )),
            },
        );
    }
    drop(conn);
    db.close().await;
    Ok(())
}

/// Whether a commit waits until the disk has it.
async fn durability(conn: &mut Conn) -> Result<Result<String, (String, &'static str)>> {
    /// `PRAGMA synchronous` of FULL.
    const FULL: i64 = 2;
    if conn.dialect() == Dialect::Sqlite {
        let found = conn.row("PRAGMA synchronous", &[]).await?.map_or(Ok(0), |row| row.int(0))?;
        return Ok(match found >= FULL {
            true => Ok("a commit waits for the disk (synchronous=FULL)".into()),
            false => Err((
                format!("synchronous is {found}"),
                "The library was built without durable commits; use the packaged build.",
            )),
        });
    }
    let found =
        conn.row("SELECT current_setting('fsync') || ' ' || current_setting('synchronous_commit')", &[]).await?;
    let found = found.map_or(Ok(String::new()), |row| row.text(0))?;
    let hint = "Set fsync = on and synchronous_commit = on in postgresql.conf.";
    Ok(if found == "on on" {
        Ok("fsync and synchronous_commit are on".into())
    } else {
        Err((format!("fsync and synchronous_commit are {found}"), hint))
    })
}
