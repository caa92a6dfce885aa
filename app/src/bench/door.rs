//! `guatu bench-door`: how fast the write door is beside the same database without it. Hidden; `make bench` runs it.
//!
//! Everything happens in a folder that goes away. Four figures: facts a second of 32 people who register organisations
//! at once; rows a second of bare inserts for 32 people at once; milliseconds from recording progress on the first of a
//! chain of activities to the commit in which all of them have their dates anew; and milliseconds of a wall chart on A0.

use super::in_passing;
use crate::args;
use crate::clock::Clock;
use crate::db::Db;
use crate::features::organisations::model as organisations;
use crate::features::places::model as places;
use crate::features::plan::model as plans;
use crate::features::{Command, Guatu, identity};
use crate::journal::domain::Permit;
use crate::journal::{Document, Journal, Submission};
use crate::serve;
use crate::web::papers;
use anyhow::{Context, Result};
use guatu_formats::charts::{Heading, Ink, Lamp, Sheet, bars};
use guatu_formats::pdf;
use guatu_formats::plans::json;
use guatu_kernel::plan::{Activity, Granularity, Link, LinkKind, Moment, Options, Plan, Span};
use jiff::ToSpan;
use jiff::civil::Date;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// How long to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
}

/// People who write at once.
pub(super) const WRITERS: u64 = 32;
/// Activities of the chain.
const CHAIN_LEN: usize = 200;
/// Moves of the chain's head; the median counts.
const MOVES: usize = 15;

/// `guatu bench-door`.
pub async fn run(arguments: Arguments) -> Result<ExitCode> {
    let time = Duration::from_secs(arguments.seconds);
    in_passing("bench", async |folder: &std::path::Path| measure(folder, time).await).await
}

async fn measure(folder: &std::path::Path, time: Duration) -> Result<serde_json::Value> {
    let bare = Db::open_sqlite(&folder.join("bare.sqlite")).await?;
    let rows = bare_rows_per_second(&bare, time).await?;
    let db = Db::open_sqlite(&folder.join("guatu.sqlite")).await?;
    let opened = serve::open(db, folder, Clock::System).await?;
    let journal = opened.site.journal.clone();
    let facts = facts_per_second(&journal, time).await?;
    let chain_ms = chain_ms(&journal, opened.site.clock.today()).await?;
    Ok(serde_json::json!({
        "bare_rows_per_second": rows.round(),
        "door_facts_per_second": facts.round(),
        "bare_over_door": (rows / facts * 100.0).round() / 100.0,
        "chain_of_200_ms": chain_ms,
        "paper_of_5000_bars_ms": paper_ms()?,
    }))
}

/// Rows of the size of a fact on the same database with the same settings, written for as many people at once as write at the
/// door: each waits until their row is durable, and one writer makes a commit of all that wait. What a door could do at most
/// that checks nothing and remembers nothing else.
async fn bare_rows_per_second(db: &Db, time: Duration) -> Result<f64> {
    let mut conn = db.writer().await?;
    conn.script(
        "CREATE TABLE bare (id BIGINT NOT NULL PRIMARY KEY, record BYTEA NOT NULL, payload TEXT NOT NULL)".into(),
    )
    .await
    .ok();
    let (record, payload) = (vec![7u8; 300], "x".repeat(120));
    let (ask, mut asked) = mpsc::channel::<oneshot::Sender<()>>(WRITERS as usize);
    let begun = Instant::now();
    let writer = tokio::spawn(async move {
        let (mut rows, mut waiting) = (0_i64, Vec::new());
        while asked.recv_many(&mut waiting, WRITERS as usize).await > 0 {
            conn.begin_write().await?;
            for _ in &waiting {
                rows += 1;
                conn.execute(
                    "INSERT INTO bare (id, record, payload) VALUES (?, ?, ?)",
                    args![rows, record.clone(), &payload],
                )
                .await?;
            }
            conn.commit().await?;
            for one in waiting.drain(..) {
                // Whoever is gone does not want to know.
                let _ = one.send(());
            }
        }
        anyhow::Ok(rows)
    });
    let people = (0..WRITERS).map(|_| {
        let ask = ask.clone();
        async move {
            while begun.elapsed() < time {
                let (done, is_done) = oneshot::channel();
                ask.send(done).await.context("the writer has ended")?;
                is_done.await.context("the row was not written")?;
            }
            anyhow::Ok(())
        }
    });
    futures_util::future::try_join_all(people).await?;
    let took = begun.elapsed();
    drop(ask);
    Ok(writer.await.context("the writer has ended early")?? as f64 / took.as_secs_f64())
}

/// Asks the write door as the system.
pub(super) async fn submit(
    journal: &Journal<Guatu>,
    request_id: String,
    command: impl Into<Command>,
    documents: Vec<Document>,
) -> Result<()> {
    let submission = Submission { permit: Permit::system(), request_id, command: command.into(), documents };
    journal.submit(submission).await.map(drop).context("a benchmark keeps the rules")
}

async fn facts_per_second(journal: &Journal<Guatu>, time: Duration) -> Result<f64> {
    let begun = Instant::now();
    let before = *journal.head().borrow();
    let writer = |number: u64| async move {
        let mut written = 0;
        while begun.elapsed() < time {
            let id = format!("bench-{number}-{written}");
            let command =
                organisations::Command::Register { id: id.clone(), name: id.clone(), kind: organisations::Kind::Other };
            submit(journal, id, command, Vec::new()).await?;
            written += 1;
        }
        anyhow::Ok(())
    };
    futures_util::future::try_join_all((0..WRITERS).map(writer)).await?;
    Ok((*journal.head().borrow() - before) as f64 / begun.elapsed().as_secs_f64())
}

/// Median time of a record on the head of the chain, its schedule included.
async fn chain_ms(journal: &Journal<Guatu>, today: Date) -> Result<f64> {
    let attributes = |name: &str| places::Attributes {
        name: name.into(),
        ordinal: 1,
        programme: None,
        owner: None,
        figures: places::Figures::default(),
    };
    let open = |id: &str, parent: Option<&str>, kind| {
        places::Command::Open(places::Opening {
            id: id.into(),
            parent: parent.map(str::to_owned),
            kind,
            attributes: attributes(id),
            official: Some("nobody".into()),
        })
    };
    let account = identity::model::Command::CreateAccount { account: "nobody".into(), organisation: None };
    submit(journal, "bench-account".into(), account, Vec::new()).await?;
    submit(journal, "bench-district".into(), open("district", None, places::Kind::District), Vec::new()).await?;
    submit(journal, "bench-project".into(), open("project", Some("district"), places::Kind::Project), Vec::new())
        .await?;
    let plan = chain(today);
    let document = Document { media_type: "application/json", bytes: json::write(&plan).into_bytes() };
    let draft = plans::Command::Draft {
        version: "v1".into(),
        project: "project".into(),
        document: document.sha256(),
        source: plans::Source::Template,
        activity_count: CHAIN_LEN as u32,
    };
    submit(journal, "bench-draft".into(), draft, vec![document]).await?;
    let approve = plans::Command::Approve { version: "v1".into(), reason: "bench".into(), accepts_loss: false };
    submit(journal, "bench-approve".into(), approve, Vec::new()).await?;
    let mut times = Vec::new();
    for at in 0..MOVES {
        let progress = plans::Progress {
            actual_start: Some(today.checked_sub(1.day())?),
            actual_finish: None,
            percent_e3: None,
            remaining_days: Some(if at % 2 == 0 { 9 } else { 5 }),
        };
        let command =
            plans::Command::Record { project: "project".into(), activity: "a0".into(), progress, reason: None };
        let begun = Instant::now();
        submit(journal, format!("bench-move-{at}"), command, Vec::new()).await?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok((times[MOVES / 2] * 10.0).round() / 10.0)
}

fn chain(today: Date) -> Plan {
    let id = |at: usize| format!("a{at}");
    let link = |at: usize| Link { from: id(at - 1), to: id(at), kind: LinkKind::FS, lag: Span::ZERO, at: None };
    Plan {
        name: None,
        granularity: Granularity::Day,
        start: Moment::Day(today),
        data_date: None,
        calendar: None,
        options: Options::default(),
        calendars: Vec::new(),
        activities: (0..CHAIN_LEN).map(|at| Activity::task(id(at), Span::days(5))).collect(),
        links: (1..CHAIN_LEN).map(link).collect(),
        resources: Vec::new(),
        mandated: Vec::new(),
        stops: Vec::new(),
    }
}

/// Bars of the measured paper.
const BARS: i32 = 5_000;

/// Time of the second of two papers: the first reads the fonts.
fn paper_ms() -> Result<f64> {
    let start = jiff::civil::date(2026, 1, 1);
    let rows = (0..BARS).map(|at| {
        let (from, to) = (start.saturating_add((at / 5).days()), start.saturating_add((at / 5 + 20).days()));
        bars::Row {
            label: format!("{at}"),
            indent: 1,
            kind: bars::Kind::Task,
            baseline: Some((from, to)),
            forecast: Some((from, to)),
            breaks: Vec::new(),
            actual: Some((from, None)),
            percent: f64::from(at % 100),
            lamp: Lamp::Good,
            front: Some(to),
            is_critical: at % 7 == 0,
            href: None,
        }
    });
    let sheet = Sheet::series_a(0);
    let Sheet::Paper { width_mm, height_mm } = sheet else { anyhow::bail!("A0 is paper") };
    let chart = bars::BarChart {
        heading: Heading::default(),
        rows: rows.collect(),
        data_date: Some(start),
        links: Vec::new(),
        flags: Vec::new(),
        sheet,
        ink: Ink::Colour,
        words: bars::Words::default(),
    };
    let draw = || pdf::from_pages(&bars::pages(&chart), width_mm, height_mm, papers::fonts()?).context("drawing");
    draw()?;
    let begun = Instant::now();
    draw()?;
    Ok(begun.elapsed().as_secs_f64() * 1000.0)
}
