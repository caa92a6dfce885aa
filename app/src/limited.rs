//! Reading files from outside in a child process of limited memory and time.
//!
//! A file from outside may be built to exhaust whoever reads it. The child is this same program under a hidden verb: it
//! limits its own memory and processor time before it reads the first byte, opens no file and no connection, and hands what
//! it read back through a pipe. When it dies, the file is refused with one sentence, and the process that asked goes on.

use anyhow::{Context, Result};
use guatu_formats::plans::TEXT_BYTES;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Address space of a child in bytes.
const MEMORY_BYTES: u64 = 512 << 20;
/// Processor time of a child.
const CPU_SECONDS: u64 = 10;
/// Time by the clock after which a child is ended, longer than its processor time for machines under load.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a child may use, counted by what it may for a file that came over the network.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    times: u32,
}

/// For a file that came over the network: many may come, from anybody who has an account.
pub const UPLOADED: Allowance = Allowance { times: 1 };

/// For a file that somebody names on the command line of this machine, whose size is known. MS Project writes a plan of
/// 100,000 tasks with every field as 250 MB; somewhat more than twice that is read, 640 MB.
const MOST: Allowance = Allowance { times: 4 };

impl Allowance {
    /// The least that lets a file of so many bytes be read.
    ///
    /// # Errors
    /// The bytes that are read at most, when these are more.
    pub fn named(bytes: u64) -> Result<Allowance, usize> {
        let times = bytes.div_ceil(TEXT_BYTES as u64).max(1);
        let found = u32::try_from(times).ok().and_then(Allowance::of);
        found.ok_or(MOST.file_bytes())
    }

    /// As many times what an uploaded file may use, if nobody asks for more than there is.
    pub fn of(times: u32) -> Option<Allowance> {
        (1..=MOST.times).contains(&times).then_some(Allowance { times })
    }

    /// How many times what an uploaded file may use.
    pub fn times(self) -> u32 {
        self.times
    }

    /// Bytes of a text that are read, unpacked.
    pub fn file_bytes(self) -> usize {
        TEXT_BYTES * self.times as usize
    }

    fn memory_bytes(self) -> u64 {
        MEMORY_BYTES * u64::from(self.times)
    }

    fn cpu_seconds(self) -> u64 {
        CPU_SECONDS * u64::from(self.times)
    }

    /// What is said of a file whose child died.
    pub fn exceeded(self) -> String {
        let (megabytes, seconds) = (self.memory_bytes() >> 20, self.cpu_seconds());
        format!(
            "reading this file took more than {megabytes} MB of memory or {seconds} seconds, so it was stopped; split the plan or export fewer fields"
        )
    }
}

/// What a child reads.
#[derive(Debug)]
pub enum Input {
    /// Bytes that are here already.
    Bytes(Vec<u8>),
    /// A file that only the child reads, so that it is in memory once.
    File(File),
}

/// Children at a time, so that uploads cannot take the machine from the pages.
static PLACES: Semaphore = Semaphore::const_new(2);

/// The child: reads a file from standard input, and writes what `read` makes of it to standard output.
pub fn child(allowance: Allowance, read: impl FnOnce(Vec<u8>) -> Vec<u8>) -> ExitCode {
    let limit = |most| Rlimit { current: Some(most), maximum: Some(most) };
    let is_limited = setrlimit(Resource::As, limit(allowance.memory_bytes())).is_ok()
        && setrlimit(Resource::Cpu, limit(allowance.cpu_seconds())).is_ok()
        && setrlimit(Resource::Core, limit(0)).is_ok();
    if !is_limited {
        return ExitCode::FAILURE;
    }
    let mut bytes = Vec::new();
    // One byte more than is read, so that the reader itself says that it is too much.
    if std::io::stdin().lock().take(allowance.file_bytes() as u64 + 1).read_to_end(&mut bytes).is_err() {
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
pub fn ask(
    allowance: Allowance,
    verb: &str,
    arguments: impl IntoIterator<Item = OsString>,
    input: Input,
) -> Result<Option<Vec<u8>>> {
    let mut command = Command::new(std::env::current_exe().context("this program cannot find itself")?);
    command.arg(verb).args(arguments).env_clear().stdout(Stdio::piped()).stderr(Stdio::null());
    let bytes = match input {
        Input::Bytes(bytes) => {
            command.stdin(Stdio::piped());
            bytes
        }
        Input::File(file) => {
            command.stdin(file);
            Vec::new()
        }
    };
    let mut child = command.spawn().context("cannot start the reader of files")?;
    let mut output = child.stdout.take().context("the reader of files has no pipe")?;
    if let Some(mut input) = child.stdin.take() {
        // A child that refuses early closes its end; what it said decides, not the broken pipe.
        std::thread::spawn(move || drop(input.write_all(&bytes)));
    }
    let (finished, waiting) = mpsc::channel();
    std::thread::spawn(move || {
        let mut answer = Vec::new();
        let is_whole = output.read_to_end(&mut answer).is_ok();
        drop(finished.send(is_whole.then_some(answer)));
    });
    let answer = waiting.recv_timeout(PATIENCE * allowance.times).ok().flatten();
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
