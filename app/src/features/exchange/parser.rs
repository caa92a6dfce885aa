//! Reading a plan file in a child process of limited memory and time.

use crate::limited::{self, Allowance, Input, UPLOADED};
use anyhow::{Context, Result};
use guatu_formats::plans::{self, Limits, Reading, SavedDates, parcel};
use std::fs::File;
use std::process::ExitCode;

/// The hidden verb of the child.
pub const VERB: &str = "parse-plan";

/// What the child is told.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Name of the file, to word a refusal.
    #[arg(long)]
    name: Option<String>,
    /// How many times what an uploaded file may use.
    #[arg(long, default_value_t = 1)]
    times: u32,
}

/// The child: reads a plan file from standard input and writes a parcel to standard output.
pub fn child(arguments: &Arguments) -> ExitCode {
    let Some(allowance) = Allowance::of(arguments.times) else { return ExitCode::FAILURE };
    limited::child(allowance, |bytes| {
        let reading = read_here(allowance, arguments.name.as_deref(), &bytes);
        drop(bytes);
        parcel::pack(&reading)
    })
}

/// Reads a plan of any format in this process.
fn read_here(allowance: Allowance, name: Option<&str>, bytes: &[u8]) -> Reading {
    let limits = Limits { text_bytes: allowance.file_bytes(), ..Limits::default() };
    let read = plans::unpack(bytes, &limits).and_then(|bytes| Ok((plans::detect(name, &bytes)?, bytes)));
    match read {
        Ok((format, bytes)) => plans::read(&bytes, format, &limits),
        Err(fault) => Reading { plan: None, saved: SavedDates::default(), diagnostics: vec![fault] },
    }
}

/// Reads a plan file that was named on the command line. The reading carries no saved dates.
///
/// # Errors
/// Only when the file's size cannot be told or no child can be started; a file that cannot be read is a reading without a plan.
pub fn read_named(name: Option<&str>, file: File) -> Result<Reading> {
    let stated = file.metadata().context("cannot tell the size of the plan file")?;
    // What comes through a pipe has no size and is read like an upload.
    let bytes = if stated.is_file() { stated.len() } else { 0 };
    match Allowance::named(bytes) {
        Ok(allowance) => read_in_child(allowance, name, Input::File(file)),
        Err(most) => Ok(plans::too_large(bytes, most)),
    }
}

/// Reads a plan file in a child and waits for it.
fn read_in_child(allowance: Allowance, name: Option<&str>, input: Input) -> Result<Reading> {
    let name = name.filter(|name| !name.contains('\0')).map(|name| format!("--name={name}").into());
    let times = format!("--times={}", allowance.times()).into();
    let answer = limited::ask(allowance, VERB, name.into_iter().chain([times]), input)?;
    let reading = answer.and_then(|answer| parcel::unpack(&answer));
    Ok(reading.unwrap_or_else(|| parcel::gave_up(&allowance.exceeded())))
}

/// Reads a plan file that came over the network, at most two at a time. The reading carries no saved dates.
///
/// # Errors
/// Only when no child can be started; a file that cannot be read is a reading without a plan.
pub async fn read_in_turn(name: Option<String>, bytes: Vec<u8>) -> Result<Reading> {
    // A test of pages runs inside the test harness, which has no such verb; the command line's tests use the child.
    if cfg!(test) {
        return Ok(read_here(UPLOADED, name.as_deref(), &bytes));
    }
    limited::in_turn(move || read_in_child(UPLOADED, name.as_deref(), Input::Bytes(bytes))).await
}
