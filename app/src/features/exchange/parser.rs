//! Reading a plan file in a child process of limited memory and time.
//!
//! A file from outside may be built to exhaust whoever reads it. The child is this same program under the verb
//! `parse-plan`: it limits its own memory and processor time before it reads the first byte, opens no file and no
//! connection, and hands the plan back through a pipe. When it dies, the file is refused with one sentence, and the
//! process that asked goes on.

use anyhow::{Context, Result};
use guatu_formats::plans::{self, Limits, Reading, SavedDates, parcel};
use rustix::process::{Resource, Rlimit, setrlimit};
use std::ffi::OsString;
use std::io::{Read, Write};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// The hidden verb of the child.
pub const VERB: &str = "parse-plan";

/// Address space of the child in bytes.
const MEMORY: u64 = 512 << 20;

/// Processor time of the child in seconds.
const CPU_SECONDS: u64 = 10;

/// Time by the clock after which the child is ended, longer than [`CPU_SECONDS`] for machines under load.
const PATIENCE: Duration = Duration::from_secs(60);

/// Children at a time, so that uploads cannot take the machine from the pages.
static PLACES: Semaphore = Semaphore::const_new(2);

/// What is said of a file whose child died.
const GAVE_UP: &str = "reading this file took more than 512 MB of memory or 10 seconds, so it was stopped; split the plan or export fewer fields";

/// What the child is told.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Name of the file, to word a refusal.
    #[arg(long)]
    name: Option<String>,
}

/// The child: reads a plan file from standard input and writes a parcel to standard output.
pub fn child(arguments: &Arguments) -> ExitCode {
    let limit = |most| Rlimit { current: Some(most), maximum: Some(most) };
    let is_limited = setrlimit(Resource::As, limit(MEMORY)).is_ok()
        && setrlimit(Resource::Cpu, limit(CPU_SECONDS)).is_ok()
        && setrlimit(Resource::Core, limit(0)).is_ok();
    if !is_limited {
        return ExitCode::FAILURE;
    }
    let mut bytes = Vec::new();
    if std::io::stdin().lock().read_to_end(&mut bytes).is_err() {
        return ExitCode::FAILURE;
    }
    let reading = read_here(arguments.name.as_deref(), &bytes);
    drop(bytes);
    match std::io::stdout().lock().write_all(&parcel::pack(&reading)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Reads a plan of any format in this process.
fn read_here(name: Option<&str>, bytes: &[u8]) -> Reading {
    let limits = Limits::default();
    let read = plans::unpack(bytes, &limits).and_then(|bytes| Ok((plans::detect(name, &bytes)?, bytes)));
    match read {
        Ok((format, bytes)) => plans::read(&bytes, format, &limits),
        Err(fault) => Reading { plan: None, saved: SavedDates::default(), diagnostics: vec![fault] },
    }
}

/// Reads a plan file in a child and waits for it. The reading carries no saved dates.
///
/// # Errors
/// Only when no child can be started; a file that cannot be read is a reading without a plan.
pub fn read(name: Option<&str>, bytes: Vec<u8>) -> Result<Reading> {
    // A test of pages runs inside the test harness, which has no such verb; the command line's tests use the child.
    if cfg!(test) {
        return Ok(read_here(name, &bytes));
    }
    let mut command = Command::new(std::env::current_exe().context("this program cannot find itself")?);
    command.arg(VERB).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    if let Some(name) = name.filter(|name| !name.contains('\0')) {
        let mut argument = OsString::from("--name=");
        argument.push(name);
        command.arg(argument);
    }
    let mut child = command.spawn().context("cannot start the reader of plan files")?;
    let (mut input, mut output) = match (child.stdin.take(), child.stdout.take()) {
        (Some(input), Some(output)) => (input, output),
        _ => anyhow::bail!("the reader of plan files has no pipes"),
    };
    // A child that refuses early closes its end; what it said decides, not the broken pipe.
    std::thread::spawn(move || drop(input.write_all(&bytes)));
    let (finished, waiting) = mpsc::channel();
    std::thread::spawn(move || {
        let mut answer = Vec::new();
        let is_whole = output.read_to_end(&mut answer).is_ok();
        drop(finished.send(is_whole.then_some(answer)));
    });
    let answer = waiting.recv_timeout(PATIENCE).ok().flatten();
    if answer.is_none() {
        child.kill().context("cannot end the reader of plan files")?;
    }
    let status = child.wait().context("the reader of plan files is lost")?;
    let reading = answer.filter(|_| status.success()).and_then(|answer| parcel::unpack(&answer));
    Ok(reading.unwrap_or_else(|| parcel::gave_up(GAVE_UP)))
}

/// Reads a plan file in a child, at most two at a time.
///
/// # Errors
/// As [`read`].
pub async fn read_in_turn(name: Option<String>, bytes: Vec<u8>) -> Result<Reading> {
    let _place = PLACES.acquire().await.context("places for readers are never closed")?;
    tokio::task::spawn_blocking(move || read(name.as_deref(), bytes)).await.context("the wait for the reader ended")?
}
