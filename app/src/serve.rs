//! Starting a site from a data folder, and the verbs that look after its ledger.

use crate::args;
use crate::clock::Clock;
use crate::db::{Conn, Db};
use crate::features::Guatu;
use crate::features::identity::session::{self, Purpose};
use crate::features::messages::channels::mail::Mailer;
use crate::features::messages::model::Reach;
use crate::features::messages::outbox::{self, Outward};
use crate::features::reports::copies;
use crate::journal::Journal;
use crate::journal::replay::{self, Broken};
use crate::signer::Signer;
use crate::web::{self, Site, Stamps, connections};
use anyhow::{Context, Result};
use guatu_ledger::checkpoint::Checkpoint;
use guatu_ledger::hash::sha256;
use jiff::Timestamp;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Exit code for a broken ledger.
const BROKEN: u8 = 3;
/// Exit code for a file that is not there.
const NOT_FOUND: u8 = 4;
/// Exit code for what the rules do not allow.
const REFUSED: u8 = 5;
/// Exit code for a checkpoint that proves nothing here.
const CANNOT_VERIFY: u8 = 7;

/// So long are requests that are being answered waited for when the disk has failed.
const LAST_ANSWERS: std::time::Duration = std::time::Duration::from_secs(5);

/// Where the data is.
#[derive(Clone, Debug, clap::Args)]
pub struct Place {
    /// Data folder.
    #[arg(long, env = "GUATU_DATA", default_value_os_t = crate::default_folder())]
    pub data: PathBuf,
    /// PostgreSQL address; without it, SQLite in the data folder.
    #[arg(long, env = "GUATU_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
}

/// How to serve.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// Address to listen on.
    #[arg(long, env = "GUATU_LISTEN", default_value = "127.0.0.1:8420")]
    listen: SocketAddr,
    /// Serve a rehearsal from this folder instead of the data folder: marked for ever, with a clock moved by hand.
    #[arg(long, value_name = "DIR", requires = "now")]
    rehearsal: Option<PathBuf>,
    /// A proxy in front of this server speaks TLS: cookies are then sent over it only.
    #[arg(long, env = "GUATU_BEHIND_TLS")]
    behind_tls: bool,
    #[command(flatten)]
    outside: Outside,
    /// Where a rehearsal's clock stands at first, e.g. `2026-11-22T08:00:00+08:00`.
    #[arg(long, value_name = "INSTANT", requires = "rehearsal")]
    now: Option<Timestamp>,
}

/// What may leave this server. Nothing does unless it is set here, or somebody adds a robot of a place.
#[derive(Clone, Debug, clap::Args)]
struct Outside {
    /// Mail server: `smtps://name:password@host` or `smtp://name:password@host:587?tls=required`.
    #[arg(long, env = "GUATU_SMTP_URL", hide_env_values = true, requires = "mail_from")]
    smtp_url: Option<String>,
    /// Sender of mails, e.g. `Guatu <guatu@example.org>`.
    #[arg(long, env = "GUATU_MAIL_FROM")]
    mail_from: Option<String>,
    /// Address under which people reach this site, for links in messages, e.g. `https://guatu.example.org`.
    #[arg(long, env = "GUATU_PUBLIC_URL")]
    public_url: Option<String>,
    /// Hosts to which webhooks may go, separated by commas.
    #[arg(long, env = "GUATU_WEBHOOK_HOSTS", value_delimiter = ',')]
    webhook_hosts: Vec<String>,
}

impl Outside {
    fn open(&self) -> Result<Outward> {
        let mailer = match (&self.smtp_url, &self.mail_from) {
            (Some(server), Some(from)) => Some(Mailer::open(server, from)?),
            _ => None,
        };
        let base = self.public_url.as_ref().map(|url| url.trim_end_matches('/').to_owned());
        anyhow::ensure!(
            base.as_ref().is_none_or(|base| base.starts_with("https://") || base.starts_with("http://")),
            "the public address (GUATU_PUBLIC_URL) begins with https://"
        );
        let hosts =
            self.webhook_hosts.iter().map(|host| host.trim().to_owned()).filter(|host| !host.is_empty()).collect();
        Ok(Outward { mailer, base, reach: Reach { hosts, allows_loopback: false } })
    }
}

/// An opened site and the task of its write door.
pub struct Opened {
    /// The site.
    pub site: Site,
    /// Ends when every handle of the journal is dropped.
    pub writer: JoinHandle<()>,
    /// Originals of photographs as they come, for [`copies::run`].
    pub uncopied: mpsc::Receiver<String>,
}

impl Place {
    /// Opens the database of this place.
    pub async fn db(&self) -> Result<Db> {
        self.make_folder()?;
        match &self.database_url {
            Some(url) => Db::open_postgres(url).await,
            None => Db::open_sqlite(&self.file()).await,
        }
    }

    /// The database of this place for those who only look: an empty one stays empty. `None` when it holds no ledger.
    async fn existing(&self) -> Result<Option<Db>> {
        if self.database_url.is_none() && !self.file().is_file() {
            return Ok(None);
        }
        let db = match &self.database_url {
            Some(url) => Db::connect_postgres(url).await?,
            None => Db::connect_sqlite(&self.file()).await?,
        };
        Ok(db.has_ledger().await?.then_some(db))
    }

    /// Says that there is no ledger.
    fn say_missing(&self) -> ExitCode {
        match &self.database_url {
            Some(_) => eprintln!("guatu: there is no ledger in that database"),
            None => eprintln!("guatu: there is no ledger in {}", self.data.display()),
        }
        ExitCode::from(NOT_FOUND)
    }

    fn make_folder(&self) -> Result<()> {
        std::fs::create_dir_all(&self.data).with_context(|| format!("cannot make {}", self.data.display()))
    }

    fn file(&self) -> PathBuf {
        self.data.join("guatu.sqlite")
    }
}

/// A value of the `setting` table.
pub async fn setting(conn: &mut Conn, name: &str) -> Result<Option<String>> {
    conn.row("SELECT value FROM setting WHERE name = ?", args![name]).await?.map(|row| row.text(0)).transpose()
}

/// Sets a value of the `setting` table.
pub async fn set_setting(conn: &mut Conn, name: &str, value: &str) -> Result<()> {
    let sql = "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    conn.execute(sql, args![name, value]).await.map(drop)
}

/// Opens a site: database, derived tables, write door, signer.
pub async fn open(db: Db, folder: &Path, clock: Clock) -> Result<Opened> {
    let domain = Arc::new(Guatu::default());
    let mut conn = db.writer().await?;
    bring_tables_up_to_date(&mut conn, &domain).await?;
    let origin = match setting(&mut conn, "origin").await? {
        Some(origin) => origin,
        None => {
            let origin = format!(
                "guatu.invalid/{}",
                session::token()
                    .to_lowercase()
                    .chars()
                    .filter(char::is_ascii_alphanumeric)
                    .take(12)
                    .collect::<String>()
            );
            set_setting(&mut conn, "origin", &origin).await?;
            origin
        }
    };
    let stamps = Stamps {
        is_demo: setting(&mut conn, "demo").await?.is_some(),
        is_rehearsal: setting(&mut conn, "rehearsal").await?.is_some(),
    };
    conn.begin_write().await?;
    let signer = Arc::new(Signer::open(&mut conn, folder, &origin).await?);
    conn.commit().await?;
    drop(conn);
    let (journal, writer) = Journal::open(db.clone(), clock.clone(), domain.clone()).await?;
    let (noting, uncopied) = copies::notes();
    let (closing, is_behind_tls) = (Arc::new(tokio::sync::watch::Sender::new(false)), false);
    let site = Site {
        papers: db.clone(),
        uncopied: noting,
        db,
        journal,
        clock,
        watch: Arc::default(),
        domain,
        stamps,
        signer,
        throttle: web::throttle(),
        closing,
        outward: Arc::default(),
        is_behind_tls,
        past: web::past::Past::default(),
    };
    Ok(Opened { site, writer, uncopied })
}

/// Makes derived tables, or makes them again when their definitions have changed.
async fn bring_tables_up_to_date(conn: &mut Conn, domain: &Guatu) -> Result<()> {
    use crate::journal::domain::Domain;
    let definitions: Vec<&[u8]> = domain.tables().into_iter().map(str::as_bytes).collect();
    let wanted = sha256(&definitions).to_string();
    if setting(conn, "derived_tables").await?.as_deref() == Some(wanted.as_str()) {
        return Ok(());
    }
    conn.begin_write().await?;
    replay::rebuild(conn, domain, |_, _| ()).await?;
    set_setting(conn, "derived_tables", &wanted).await?;
    conn.commit().await
}

/// `guatu serve`.
pub async fn serve(arguments: Arguments) -> Result<ExitCode> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_env("GUATU_LOG").unwrap_or_else(|_| "warn".into()))
        .with_writer(std::io::stderr)
        .init();
    let (place, clock) = match (&arguments.rehearsal, arguments.now) {
        (Some(folder), Some(now)) => (Place { data: folder.clone(), database_url: None }, Clock::rehearsal(now)),
        _ => (arguments.place.clone(), Clock::System),
    };
    let outward = arguments.outside.open()?;
    let db = place.db().await?;
    let clock = match check_rehearsal(&db, clock, arguments.rehearsal.is_some()).await? {
        Ok(clock) => clock,
        Err(sentence) => {
            eprintln!("guatu: {sentence}");
            return Ok(ExitCode::from(REFUSED));
        }
    };
    let Opened { mut site, writer, uncopied } = open(db.clone(), &place.data, clock).await?;
    site.is_behind_tls = arguments.behind_tls;
    site.outward = Arc::new(outward);
    let listener = tokio::net::TcpListener::bind(arguments.listen).await.with_context(|| {
        format!("cannot listen on {} (another program may hold it; choose --listen)", arguments.listen)
    })?;
    announce(&site, listener.local_addr()?).await?;
    let closing = site.closing.clone();
    db.keep_reserve();
    let router = web::router(site.clone());
    let timer = tokio::spawn(crate::timers::run(site.clone()));
    // Apart from the clocks of orders: a slow mail server holds up no rung.
    let sender = tokio::spawn(outbox::run(site.clone()));
    let copier = tokio::spawn(copies::run(site.clone(), uncopied));
    let disk = db.clone();
    let serving = connections::serve(listener, router, connections::Patience::default(), async move {
        tokio::select! {
            () = stopped() => {}
            () = disk.failed() => {}
        }
        // Wall screens hold a stream open each; they would keep the server from ever ending.
        closing.send_replace(true);
    });
    tokio::select! {
        () = serving => {}
        () = async { db.failed().await; tokio::time::sleep(LAST_ANSWERS).await } => {}
    }
    for task in [timer, sender, copier] {
        task.abort();
        let _ = task.await;
    }
    anyhow::ensure!(
        !db.has_failed(),
        "the disk did not keep what was written; nothing was acknowledged after that. Look at the disk, then start again"
    );
    site.signer.sign_head(&db).await?;
    drop(site);
    writer.await?;
    db.close().await;
    Ok(ExitCode::SUCCESS)
}

/// A rehearsal stays one for ever, and a real ledger never becomes one: the clock to serve with, or why not.
pub async fn check_rehearsal(
    db: &Db,
    clock: Clock,
    is_wanted: bool,
) -> Result<std::result::Result<Clock, &'static str>> {
    let mut conn = db.writer().await?;
    let number = replay::head_number(&mut conn).await?;
    let marked = setting(&mut conn, "rehearsal").await?;
    match (is_wanted, marked) {
        (true, None) if number > 0 => {
            return Ok(Err("this folder holds a real ledger; a rehearsal needs a folder of its own"));
        }
        (false, Some(_)) => {
            return Ok(Err("this folder is a rehearsal for ever; serve it with --rehearsal DIR --now INSTANT"));
        }
        (true, None) => {
            set_setting(&mut conn, "rehearsal", &clock.now().to_string()).await?;
        }
        (true, Some(stood)) => {
            // The clock goes on from where it stood, never back.
            let stood: Timestamp = stood.parse()?;
            clock.advance(stood);
        }
        (false, None) => {}
    }
    Ok(Ok(clock))
}

async fn announce(site: &Site, address: SocketAddr) -> Result<()> {
    println!("Guatu 挂图  http://{address}");
    let is_empty = !session::is_anybody_home(&mut site.db.reader().await?).await?;
    if is_empty {
        let token = session::make_link(&site.db, &Purpose::FirstAdministrator, site.clock.machine()).await?;
        println!("First administrator (one time, 30 minutes):\n  http://{address}/welcome/{token}");
    }
    println!("Stop with Ctrl-C.");
    Ok(())
}

async fn stopped() {
    let mut terminated = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(signal) => signal,
        Err(_) => return std::future::pending().await,
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}

/// How to verify.
#[derive(Clone, Debug, clap::Args)]
pub struct Verification {
    #[command(flatten)]
    place: Place,
    /// A signed checkpoint kept outside: without one a book that was swapped as a whole cannot be told.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Sentences, or one object for a program.
    #[arg(long, value_enum, default_value_t = VerdictFormat::Text)]
    format: VerdictFormat,
}

/// How a verdict is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum VerdictFormat {
    /// Sentences.
    Text,
    /// `{"facts":…,"root":"…","checkpoints":…,"checkpoint_from_outside":…,"broken":null|"…"}`.
    Json,
}

/// `guatu verify`.
pub async fn verify(arguments: Verification) -> Result<ExitCode> {
    let place = arguments.place;
    let Some(db) = place.existing().await? else { return Ok(place.say_missing()) };
    let lost_guards = db.prepare().await?;
    let domain = Guatu::default();
    let mut conn = db.writer().await?;
    let origin = setting(&mut conn, "origin").await?.unwrap_or_default();
    let key = match Signer::read(&mut conn, &place.data, &origin).await {
        Ok(signer) => signer.map(|signer| signer.verifying_key()),
        Err(fault) => {
            eprintln!("guatu: {fault:#}");
            return Ok(ExitCode::from(CANNOT_VERIFY));
        }
    };
    let outside = match &arguments.checkpoint {
        None => None,
        Some(file) => {
            let Ok(note) = std::fs::read_to_string(file) else {
                eprintln!("guatu: there is no readable file {}", file.display());
                return Ok(ExitCode::from(NOT_FOUND));
            };
            let Some(opened) = key.as_ref().and_then(|key| Checkpoint::open(&note, key)) else {
                eprintln!("guatu: {} is not signed by this ledger's key, so it proves nothing here", file.display());
                return Ok(ExitCode::from(CANNOT_VERIFY));
            };
            Some(opened)
        }
    };
    let bar = Progress::default();
    let verdict =
        replay::verify_chain(&mut conn, key.as_ref(), outside.as_ref(), |done, all| bar.show("chain", done, all))
            .await?;
    let broken = match verdict.broken {
        Some(broken) => Some(broken),
        None => replay::verify_documents(&mut conn, &domain, |done, all| bar.show("papers", done, all)).await?,
    };
    let broken = match broken {
        Some(broken) => Some(broken),
        None => replay::verify_replay(&mut conn, &domain, |done, all| bar.show("replay", done, all)).await?,
    };
    let broken = broken.or((!lost_guards.is_empty()).then_some(Broken::Guards { lost: lost_guards }));
    let is_sound = broken.is_none();
    let sentence = broken.map(|broken| broken.sentence());
    let lines = match arguments.format {
        VerdictFormat::Json => {
            let verdict = serde_json::json!({
                "facts": verdict.checked,
                "root": verdict.root.to_string(),
                "checkpoints": verdict.checkpoints,
                "checkpoint_from_outside": outside.is_some(),
                "broken": sentence,
            });
            vec![verdict.to_string()]
        }
        VerdictFormat::Text => match sentence {
            Some(sentence) => {
                vec![format!("{} facts were sound before the first that is not", verdict.checked), sentence]
            }
            None => {
                let mut lines = vec![
                    format!("{} facts, root {}, {} checkpoints", verdict.checked, verdict.root, verdict.checkpoints),
                    "sound: chain, tree, checkpoints, papers and replay agree".to_owned(),
                ];
                if outside.is_none() {
                    lines.push(
                        "note: no checkpoint from outside was given, so a book swapped as a whole would look sound too"
                            .to_owned(),
                    );
                }
                lines
            }
        },
    };
    for line in lines {
        println!("{line}");
    }
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::from(BROKEN) })
}

/// Says on stderr how far a long walk is: a line at most each five seconds.
#[derive(Default)]
struct Progress {
    shown: std::cell::Cell<Option<std::time::Instant>>,
}

impl Progress {
    /// Between two lines.
    const PACE: std::time::Duration = std::time::Duration::from_secs(5);

    fn show(&self, what: &str, done: u64, all: u64) {
        let now = std::time::Instant::now();
        match self.shown.get() {
            None => self.shown.set(Some(now)),
            Some(last) if now.duration_since(last) >= Self::PACE => {
                eprintln!("{what}: {done} of {all} facts ({} %)", done * 100 / all.max(1));
                self.shown.set(Some(now));
            }
            Some(_) => {}
        }
    }
}

/// `guatu rebuild`.
pub async fn rebuild(place: Place) -> Result<ExitCode> {
    let Some(db) = place.existing().await? else { return Ok(place.say_missing()) };
    db.prepare().await?;
    let domain = Guatu::default();
    let bar = Progress::default();
    let mut conn = db.writer().await?;
    conn.spill().await?;
    conn.begin_write().await?;
    let number = replay::rebuild_beside_readers(&mut conn, &domain, |done, all| bar.show("replay", done, all)).await?;
    conn.commit().await?;
    println!("derived tables made again from {number} facts");
    Ok(ExitCode::SUCCESS)
}
