//! Reading files from outside in a child process of limited memory and time.
//!
//! A file from outside may be built to exhaust whoever reads it. The child is this same program under a hidden verb: it
//! limits its own memory and processor time before it reads the first byte, opens no file and no connection, and hands what
//! it read back through a pipe. When it dies, the file is refused with one sentence, and the process that asked goes on.

use anyhow::{Context, Result};
use rustix::process::{Resource, Rlimit, setrlimit};
use std::ffi::OsString;
use std::io::{Read, Write};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Address space of the child in bytes.
const MEMORY: u64 = 512 << 20;

/// Processor time of the child in seconds.
const CPU_SECONDS: u64 = 10;

/// Time by the clock after which the child is ended, longer than [`CPU_SECONDS`] for machines under load.
const PATIENCE: Duration = Duration::from_secs(60);

/// Children at a time, so that uploads cannot take the machine from the pages.
static PLACES: Semaphore = Semaphore::const_new(2);

/// The child: reads a file from standard input, and writes what `read` makes of it to standard output.
pub fn child(read: impl FnOnce(Vec<u8>) -> Vec<u8>) -> ExitCode {
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
    match std::io::stdout().lock().write_all(&read(bytes)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Hands a file to a child under a verb and waits for its answer; `None` when it died.
///
/// # Errors
/// Only when no child can be started.
pub fn ask(verb: &str, argument: Option<OsString>, bytes: Vec<u8>) -> Result<Option<Vec<u8>>> {
    let mut command = Command::new(std::env::current_exe().context("this program cannot find itself")?);
    command.arg(verb).args(argument).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().context("cannot start the reader of files")?;
    let (mut input, mut output) = match (child.stdin.take(), child.stdout.take()) {
        (Some(input), Some(output)) => (input, output),
        _ => anyhow::bail!("the reader of files has no pipes"),
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
        child.kill().context("cannot end the reader of files")?;
    }
    let status = child.wait().context("the reader of files is lost")?;
    Ok(answer.filter(|_| status.success()))
}

/// Reads something that needs a child once one of the few places for them is free.
///
/// # Errors
/// As `read`.
pub async fn in_turn<T: Send + 'static>(read: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let _place = PLACES.acquire().await.context("places for readers are never closed")?;
    tokio::task::spawn_blocking(read).await.context("the wait for the reader ended")?
}
