//! Verbs of the command line that work on plan files, and those that look at this machine.
//!
//! Results go to standard output, talk to standard error. A verb that ends without a result says why in one sentence
//! and with one of the exit codes below, which scripts rely on.

pub mod doctor;
mod drawing;
pub mod export;
pub mod healthcheck;
pub mod import;
pub mod leads;
pub mod level;
mod progress;
pub mod risk;
pub mod schedule;
pub mod targets;

use crate::features::exchange::parser;
use guatu_formats::plans::{Limits, Reading};
use guatu_kernel::diagnose::{Diagnostic, Severity};
use std::fs::File;
use std::io::{IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// We failed.
const FAILED: u8 = 1;
/// Wrong usage, or input that cannot be read.
const UNREADABLE: u8 = 2;
/// There is no such file or object.
const NOT_FOUND: u8 = 4;
/// The rules say no.
const REFUSED: u8 = 5;
/// Somebody was faster.
const CONFLICT: u8 = 6;
/// Nothing is wrong with what was asked: later it is done.
const TRY_AGAIN: u8 = 75;

/// Why a verb ends without a result.
#[derive(Debug)]
pub struct Stopped {
    code: u8,
    /// One sentence; absent when everything has been said already.
    sentence: Option<String>,
}

impl Stopped {
    fn new(code: u8, sentence: impl Into<String>) -> Stopped {
        Stopped { code, sentence: Some(sentence.into()) }
    }

    /// With nothing left to say.
    fn said(code: u8) -> Stopped {
        Stopped { code, sentence: None }
    }
}

impl From<anyhow::Error> for Stopped {
    fn from(fault: anyhow::Error) -> Self {
        Stopped::new(FAILED, format!("{fault:#}"))
    }
}

/// The exit code of a verb, with its last sentence on standard error.
pub fn end(outcome: Result<(), Stopped>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stopped { code, sentence }) => {
            if let Some(sentence) = sentence {
                eprintln!("guatu: {sentence}");
            }
            ExitCode::from(code)
        }
    }
}

/// Reads a plan file, or standard input for `-`, through the limited child.
fn read_plan(file: &Path) -> Result<Reading, Stopped> {
    let name = file.file_name().and_then(|name| name.to_str()).filter(|name| *name != "-");
    Ok(parser::read_named(name, open(file)?)?)
}

/// A file, or standard input for `-`.
fn open(file: &Path) -> Result<File, Stopped> {
    if file == Path::new("-") {
        return std::io::stdin().as_fd().try_clone_to_owned().map(File::from).map_err(|fault| unreadable(file, &fault));
    }
    let opened = File::open(file).and_then(|opened| match opened.metadata()?.is_dir() {
        true => Err(std::io::ErrorKind::IsADirectory.into()),
        false => Ok(opened),
    });
    opened.map_err(|fault| unreadable(file, &fault))
}

/// Why nothing can be read from a file.
fn unreadable(file: &Path, fault: &std::io::Error) -> Stopped {
    let shown = file.display();
    match fault.kind() {
        std::io::ErrorKind::NotFound => Stopped::new(NOT_FOUND, format!("there is no file {shown}")),
        _ => Stopped::new(UNREADABLE, format!("cannot read {shown}: {fault}")),
    }
}

/// The bytes of a file, or of standard input for `-`.
fn read_file(file: &Path) -> Result<Vec<u8>, Stopped> {
    // One byte more than any reader accepts, so that the reader itself says that it is too large.
    read_at_most(file, Limits::default().text_bytes as u64 + 1)
}

/// As many bytes of a file, or of standard input for `-`, as are asked for.
fn read_at_most(file: &Path, most: u64) -> Result<Vec<u8>, Stopped> {
    let mut bytes = Vec::new();
    open(file)?.take(most).read_to_end(&mut bytes).map_err(|fault| unreadable(file, &fault))?;
    Ok(bytes)
}

/// Where a verb that answers in JSON writes, and that it does.
#[derive(Clone, Debug, clap::Args)]
struct AnswerTo {
    /// Form of the answer.
    #[arg(long, value_enum, default_value = "json")]
    format: AnswerForm,
    /// File to write; without it, standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Form of an answer that has only one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum AnswerForm {
    /// One line of JSON that names its format.
    Json,
}

impl AnswerTo {
    fn write(&self, answer: &serde_json::Value) -> Result<(), Stopped> {
        match self.format {
            AnswerForm::Json => write_result(format!("{answer}\n").as_bytes(), self.output.as_ref(), true),
        }
    }
}

/// Writes a result to a file, or to standard output without one.
fn write_result(bytes: &[u8], output: Option<&PathBuf>, is_text: bool) -> Result<(), Stopped> {
    match output {
        Some(file) if file != Path::new("-") => std::fs::write(file, bytes)
            .map_err(|fault| Stopped::new(FAILED, format!("cannot write {}: {fault}", file.display()))),
        None if !is_text && std::io::stdout().is_terminal() => {
            Err(Stopped::new(UNREADABLE, "this format is not for a terminal; name a file with -o FILE"))
        }
        _ => match std::io::stdout().lock().write_all(bytes) {
            // A reader that has seen enough (`| head`) is no failure.
            Err(fault) if fault.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Stopped::new(FAILED, format!("cannot write the result: {fault}")))
            }
            _ => Ok(()),
        },
    }
}

/// One line a finding on standard error: `error F-110 line 7: …`.
fn tell(diagnostics: &[Diagnostic]) {
    let mut stream = std::io::stderr().lock();
    for one in diagnostics {
        let at = one.at.as_ref().or(one.activity.as_ref()).map(|at| format!(" {at}")).unwrap_or_default();
        // Nobody reads standard error: nothing more can be said.
        if writeln!(stream, "{} {}{at}: {}", one.severity, one.code, one.message).is_err() {
            return;
        }
    }
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|one| one.severity == Severity::Error)
}
