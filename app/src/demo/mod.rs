//! `guatu demo`: a believable, clearly synthetic district, told through the same write door as a person uses.
//!
//! Everything follows from a seed and today's date, so the same two give the same facts (salts and instants aside). The
//! folder is marked as a demonstration for ever, and every page says so. No login is made: the first administrator
//! gets the one-time link as on any empty installation, and may step into the invented posts on `/demo`.

mod closings;
mod contingencies;
mod daily;
mod district;
mod duties;
mod inspections;
mod instructions;
mod orders;
pub mod pages;
mod returns;
mod safety;
mod story;
#[cfg(test)]
mod tests;

use crate::clock::{self, Clock};
use crate::db::Db;
use crate::features::{Command, Guatu};
use crate::journal::domain::Permit;
use crate::journal::{Document, Journal, Submission, replay};
use crate::serve;
use crate::signer::Signer;
use crate::web::Site;
use anyhow::{Context, Result, bail};
use jiff::civil::{Date, time};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How to make the demonstration.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:\n  guatu demo --data demo\n  guatu serve --data demo\n")]
pub struct Arguments {
    #[command(flatten)]
    place: serve::Place,
    /// Do nothing when the folder holds facts already.
    #[arg(long)]
    if_empty: bool,
    /// The same seed on the same day gives the same district.
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

/// Exit code when the folder holds facts already.
const CONFLICT: u8 = 6;

/// `guatu demo`.
pub async fn run(arguments: Arguments) -> Result<ExitCode> {
    let db = arguments.place.db().await?;
    let mut conn = db.writer().await?;
    if replay::head_number(&mut conn).await? > 0 {
        if arguments.if_empty {
            return Ok(ExitCode::SUCCESS);
        }
        eprintln!(
            "guatu: {} holds facts already; choose an empty folder, or --if-empty",
            arguments.place.data.display()
        );
        return Ok(ExitCode::from(CONFLICT));
    }
    serve::set_setting(&mut conn, "demo", &arguments.seed.to_string()).await?;
    drop(conn);
    let today = Clock::System.today();
    let clock = Clock::rehearsal(story::begin(today));
    let opened = serve::open(db.clone(), &arguments.place.data, clock).await?;
    let begun = Instant::now();
    let facts = tell(&opened.site, arguments.seed, today).await?;
    opened.site.signer.sign_head(&db).await?;
    drop(opened.site);
    opened.writer.await?;
    db.close().await;
    println!("{facts} facts in {:.1} s", begun.elapsed().as_secs_f64());
    Ok(ExitCode::SUCCESS)
}

/// Makes the district of a seed as it stands on a day. The clock of the site is moved through the days of the story, so that
/// every fact is recorded on its own. Returns the number of facts.
async fn tell(site: &Site, seed: u64, today: Date) -> Result<u64> {
    let Site { journal, db, domain, signer, clock, .. } = site;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let district = district::invent(&mut rng);
    let mut teller = Teller { journal, db, domain, signer, clock, seed, asked: 0, bar: Bar::new(EXPECTED) };
    story::tell(&mut teller, &district, today, &mut rng).await?;
    teller.bar.end();
    Ok(*journal.head().borrow())
}

/// Accounts of invented people begin so.
const ACCOUNT_PREFIX: &str = "demo";

/// Submissions of a whole demonstration, about: for the progress bar.
const EXPECTED: u64 = 38_660;

/// Submissions on their way at once; the write door makes one commit of them.
const WAVE_LEN: usize = 256;

/// Something asked by somebody, with its papers.
struct Ask {
    permit: Permit,
    command: Command,
    documents: Vec<Document>,
}

impl Ask {
    fn by(account: &str, command: impl Into<Command>) -> Ask {
        Ask { permit: Permit::account(account.to_owned()), command: command.into(), documents: Vec::new() }
    }

    fn by_system(command: impl Into<Command>) -> Ask {
        Ask { permit: Permit::system(), command: command.into(), documents: Vec::new() }
    }
}

/// Knocks at the write door for the people of the story.
struct Teller<'a> {
    journal: &'a Journal<Guatu>,
    db: &'a Db,
    /// What reads figures for the people who freeze them.
    domain: &'a Guatu,
    /// Signs the head under which a bulletin is issued.
    signer: &'a Signer,
    /// Moved from day to day.
    clock: &'a Clock,
    seed: u64,
    asked: u64,
    bar: Bar,
}

impl Teller<'_> {
    /// Waits until an hour of a day.
    fn stand_at(&self, day: Date, hour: i8) {
        if let Some(at) = clock::instant(day.to_datetime(time(hour, 0, 0, 0))) {
            self.clock.advance(at);
        }
    }

    /// Asks for many things at once. All must be granted: the story is written to the rules.
    async fn wave(&mut self, asks: Vec<Ask>) -> Result<()> {
        let journal = self.journal;
        let mut asks = asks.into_iter();
        loop {
            let mut wave = Vec::new();
            for Ask { permit, command, documents } in asks.by_ref().take(WAVE_LEN) {
                self.asked += 1;
                let request_id = format!("demo-{}-{:06}", self.seed, self.asked);
                let what = format!("{command:?}");
                let submission = Submission { permit, request_id, command, documents };
                wave.push(async move { journal.submit(submission).await.with_context(|| what) });
            }
            if wave.is_empty() {
                return Ok(());
            }
            let done = wave.len() as u64;
            // Without the runtime's turn-taking the asks arrive in the order of the story, so that its facts do too.
            for answer in tokio::task::unconstrained(futures_util::future::join_all(wave)).await {
                if let Err(fault) = answer {
                    bail!("the demonstration broke a rule: {fault:#}");
                }
            }
            self.bar.advance(done);
        }
    }
}

/// A progress bar on stderr: drawn over itself in a terminal, else a line each five seconds.
struct Bar {
    total: u64,
    done: u64,
    is_terminal: bool,
    shown: Instant,
}

impl Bar {
    fn new(total: u64) -> Bar {
        Bar { total, done: 0, is_terminal: std::io::stderr().is_terminal(), shown: Instant::now() }
    }

    fn advance(&mut self, by: u64) {
        self.done += by;
        self.total = self.total.max(self.done);
        let pause = if self.is_terminal { Duration::from_millis(200) } else { Duration::from_secs(5) };
        if self.shown.elapsed() < pause {
            return;
        }
        self.shown = Instant::now();
        let percent = self.done * 100 / self.total;
        let mut stderr = std::io::stderr();
        // A closed stderr must not stop the work.
        let _ = if self.is_terminal {
            let full = (percent / 4) as usize;
            write!(stderr, "\r[{}{}] {percent} %", "#".repeat(full), ".".repeat(25 - full))
        } else {
            writeln!(stderr, "demo: {percent} % ({} of about {})", self.done, self.total)
        };
    }

    fn end(&self) {
        if self.is_terminal {
            eprintln!("\r[{}] 100 %", "#".repeat(25));
        }
    }
}
