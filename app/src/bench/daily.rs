//! `guatu bench-daily`: what a day's facts cost. Hidden; `make bench` runs it.
//!
//! A project of 400 buildings with twenty measured work items each, in a folder that goes away. Four figures: durable daily
//! reports a second of 32 people at once; milliseconds to assess every work item in all six periods anew; milliseconds of
//! a bulletin of ten pages as DOCX and PDF; and facts a second of a rebuild of what was written.

use super::door::{WRITERS, submit};
use super::in_passing;
use crate::clock::Clock;
use crate::db::Db;
use crate::features::Guatu;
use crate::features::identity::model as identity;
use crate::features::places::model as places;
use crate::features::plan::model as plans;
use crate::features::reports::model as reports;
use crate::features::targets::assess;
use crate::features::task_force::model as task_force;
use crate::journal::{Document, Journal, replay};
use crate::serve;
use crate::web::{Site, papers};
use anyhow::{Context, Result, ensure};
use guatu_formats::documents::{self, Block, Column, Paper, Table};
use guatu_formats::pdf;
use guatu_formats::plans::json;
use guatu_kernel::plan::{Activity, Granularity, Link, LinkKind, Mandate, Moment, Options, Plan, Quantity, Span};
use jiff::ToSpan;
use jiff::civil::Date;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How long to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Seconds of the measurement of reports.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
}

/// Buildings of the project.
const BUILDINGS: u64 = 400;
/// Measured work items of a building.
const WORK_ITEMS: usize = 20;
/// Days that can be reported after the event.
const DAYS: i64 = 100;
/// Assessments; the median counts.
const ASSESSMENTS: usize = 9;

/// `guatu bench-daily`.
pub async fn run(arguments: Arguments) -> Result<ExitCode> {
    let time = Duration::from_secs(arguments.seconds);
    in_passing("bench-daily", async |folder: &std::path::Path| measure(folder, time).await).await
}

async fn measure(folder: &std::path::Path, time: Duration) -> Result<serde_json::Value> {
    let db = Db::open_sqlite(&folder.join("guatu.sqlite")).await?;
    let opened = serve::open(db, folder, Clock::System).await?;
    let site = &opened.site;
    let today = site.clock.today();
    found(&site.journal, today).await?;
    let reports = reports_per_second(&site.journal, today, time).await?;
    let targets = targets_ms(site, today).await?;
    let rebuilt = rebuilt_per_second(site).await?;
    Ok(serde_json::json!({
        "reports_per_second": reports.round(),
        "targets_ms": targets,
        "rebuilt_facts_per_second": rebuilt.round(),
        "bulletin_ms": bulletin_ms()?,
    }))
}

fn building(number: u64) -> String {
    format!("b{number:03}")
}

/// An active project with its buildings, its plan and its task force.
async fn found(journal: &Journal<Guatu>, today: Date) -> Result<()> {
    let open = |id: &str, parent: Option<&str>, kind, ordinal| {
        places::Command::Open(places::Opening {
            id: id.into(),
            parent: parent.map(str::to_owned),
            kind,
            attributes: places::Attributes {
                name: id.into(),
                ordinal,
                programme: None,
                owner: None,
                figures: places::Figures::default(),
            },
            official: Some("nobody".into()),
        })
    };
    let account = identity::Command::CreateAccount { account: "nobody".into(), organisation: None };
    submit(journal, "found-account".into(), account, Vec::new()).await?;
    submit(journal, "found-district".into(), open("district", None, places::Kind::District, 1), Vec::new()).await?;
    submit(journal, "found-project".into(), open("project", Some("district"), places::Kind::Project, 1), Vec::new())
        .await?;
    submit(journal, "found-parcel".into(), open("parcel", Some("project"), places::Kind::Parcel, 1), Vec::new())
        .await?;
    let buildings = (0..BUILDINGS).map(|number| {
        let id = building(number);
        submit(
            journal,
            format!("found-{id}"),
            open(&id, Some("parcel"), places::Kind::Building, number as u32 + 1),
            Vec::new(),
        )
    });
    futures_util::future::try_join_all(buildings).await?;
    let document = Document { media_type: "application/json", bytes: json::write(&plan(today)).into_bytes() };
    let draft = plans::Command::Draft {
        version: "v1".into(),
        project: "project".into(),
        document: document.sha256(),
        source: plans::Source::Template,
        activity_count: BUILDINGS as u32 * WORK_ITEMS as u32,
    };
    submit(journal, "found-draft".into(), draft, vec![document]).await?;
    let approve = plans::Command::Approve { version: "v1".into(), reason: "bench".into(), accepts_loss: false };
    submit(journal, "found-approve".into(), approve, Vec::new()).await?;
    for seat in task_force::REQUIRED {
        let fill = task_force::Command::Fill {
            member: format!("seat-{}", seat.name()),
            project: "project".into(),
            seat,
            holder: task_force::Holder::Account("nobody".into()),
            from: today,
        };
        submit(journal, format!("found-{}", seat.name()), fill, Vec::new()).await?;
    }
    submit(journal, "found-active".into(), plans::Command::Activate { project: "project".into() }, Vec::new()).await
}

/// Work items of a building one after the other, begun `DAYS` ago, with a mandated date for each building.
fn plan(today: Date) -> Plan {
    let id = |number: u64, at: usize| format!("{}/w{at:02}", building(number));
    let start = today.saturating_sub(DAYS.days());
    let mut plan = Plan {
        name: None,
        granularity: Granularity::Day,
        start: Moment::Day(start),
        data_date: None,
        calendar: None,
        options: Options::default(),
        calendars: Vec::new(),
        activities: Vec::new(),
        links: Vec::new(),
        resources: Vec::new(),
        mandated: Vec::new(),
        stops: Vec::new(),
    };
    for number in 0..BUILDINGS {
        for at in 0..WORK_ITEMS {
            let mut activity = Activity::task(id(number, at), Span::days(30));
            activity.place = Some(building(number));
            activity.quantity = Some(Box::new(Quantity {
                total: 3000.0,
                unit: "m2".into(),
                is_whole: false,
                per_day: None,
                crews: None,
            }));
            plan.activities.push(activity);
            if at > 0 {
                plan.links.push(Link {
                    from: id(number, at - 1),
                    to: id(number, at),
                    kind: LinkKind::FS,
                    lag: Span::ZERO,
                    at: None,
                });
            }
        }
    }
    let by = start.saturating_add((WORK_ITEMS as i64 * 44).days());
    plan.mandated.push(Mandate { activity: id(0, WORK_ITEMS - 1), finish_by: Moment::Day(by), name: None });
    plan
}

/// Reports of one work item and some hands, thirty-two people at once: each goes round their buildings day by day.
async fn reports_per_second(journal: &Journal<Guatu>, today: Date, time: Duration) -> Result<f64> {
    let begun = Instant::now();
    let before = *journal.head().borrow();
    let writer = |writer: u64| async move {
        for ago in (0..DAYS).rev() {
            let on = today.saturating_sub(ago.days());
            for number in (0..BUILDINGS).filter(|number| number % WRITERS == writer) {
                if begun.elapsed() >= time {
                    return anyhow::Ok(());
                }
                let building = building(number);
                let content = reports::Content {
                    items: vec![reports::Item {
                        activity: format!("{building}/w00"),
                        cumulative_e3: (DAYS - ago) * 20_000,
                    }],
                    hands: [("concrete".to_owned(), 12)].into(),
                    ..reports::Content::default()
                };
                let report = format!("{building}-{on}");
                let command =
                    reports::Command::File { report: report.clone(), building, on, content: Box::new(content) };
                submit(journal, report, command, Vec::new()).await?;
            }
        }
        Ok(())
    };
    futures_util::future::try_join_all((0..WRITERS).map(writer)).await?;
    Ok((*journal.head().borrow() - before) as f64 / begun.elapsed().as_secs_f64())
}

/// Median time to assess all work items on days that were not asked for before.
async fn targets_ms(site: &Site, today: Date) -> Result<f64> {
    let mut conn = site.db.reader().await?;
    let mut times = Vec::new();
    for at in 0..ASSESSMENTS {
        let begun = Instant::now();
        let targets =
            assess::project(&mut conn, &site.domain, "project", today.saturating_sub((at as i64).days())).await?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
        ensure!(targets.items.len() == BUILDINGS as usize * WORK_ITEMS, "{} work items", targets.items.len());
    }
    times.sort_by(f64::total_cmp);
    Ok(times[ASSESSMENTS / 2])
}

/// Facts a second of a replay of all facts into empty tables.
async fn rebuilt_per_second(site: &Site) -> Result<f64> {
    let mut conn = site.db.writer().await?;
    let begun = Instant::now();
    conn.begin_write().await?;
    let facts = replay::rebuild(&mut conn, &*site.domain, |_, _| {}).await?;
    conn.commit().await?;
    Ok(facts as f64 / begun.elapsed().as_secs_f64())
}

/// Time of the second of two bulletins of ten pages, both formats: the first reads the fonts.
fn bulletin_ms() -> Result<f64> {
    let column = |title: &str, share| Column { title: title.into(), share, is_number: false };
    let rows = (0..200).map(|at| vec![at.to_string(), format!("project {at}"), "61.5".into(), "58.0".into()]).collect();
    let table = Table {
        caption: "table".into(),
        columns: vec![column("n", 3), column("project", 11), column("planned", 5), column("done", 5)],
        rows,
    };
    let words = "a sentence of a bulletin that says what was done and what was not ".repeat(6);
    let mut blocks = vec![Block::Table(table)];
    blocks.extend((0..20).map(|_| Block::Paragraph(words.clone())));
    let paper = Paper { masthead: "bulletin".into(), title: "bulletin".into(), blocks, ..Paper::default() };
    ensure!(documents::pages(&paper).len() >= 10, "a bulletin of {} pages", documents::pages(&paper).len());
    let make = || -> Result<()> {
        documents::docx(&paper).map_err(|fault| anyhow::anyhow!(fault))?;
        let (width_mm, height_mm) = paper.form.page_mm();
        pdf::from_pages(&documents::pages(&paper), width_mm, height_mm, papers::fonts()?).context("drawing")?;
        Ok(())
    };
    make()?;
    let begun = Instant::now();
    make()?;
    Ok(begun.elapsed().as_secs_f64() * 1000.0)
}
