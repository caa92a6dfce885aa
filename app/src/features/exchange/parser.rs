//! Reading a plan file in a child process of limited memory and time.

use crate::limited;
use anyhow::Result;
use guatu_formats::plans::{self, Limits, Reading, SavedDates, parcel};
use std::ffi::OsString;
use std::process::ExitCode;

/// The hidden verb of the child.
pub const VERB: &str = "parse-plan";

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
    limited::child(|bytes| {
        let reading = read_here(arguments.name.as_deref(), &bytes);
        drop(bytes);
        parcel::pack(&reading)
    })
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
    let argument = name.filter(|name| !name.contains('\0')).map(|name| {
        let mut argument = OsString::from("--name=");
        argument.push(name);
        argument
    });
    let answer = limited::ask(VERB, argument, bytes)?;
    let reading = answer.and_then(|answer| parcel::unpack(&answer));
    Ok(reading.unwrap_or_else(|| parcel::gave_up(GAVE_UP)))
}

/// Reads a plan file in a child, at most two at a time.
///
/// # Errors
/// As [`read`].
pub async fn read_in_turn(name: Option<String>, bytes: Vec<u8>) -> Result<Reading> {
    limited::in_turn(move || read(name.as_deref(), bytes)).await
}
