//! Plan files in and out: imports with a dry run, exports for other programs, the Excel template.
//!
//! # Mechanism
//! A file is read in a child of limited memory ([`parser`]) and shown: what was found, how much of it, its first
//! activities. Only what was shown can then be imported, by who saw it (`web::shelf`); it becomes a draft through
//! `plan` under the request id that was made when it was shown, so that sending it twice makes one draft. A refused file changes nothing.
//!
//! Refusals: X-101 … X-104. This feature writes nothing itself and has no tables.

pub mod pages;
pub mod parser;
#[cfg(test)]
mod tests;

use crate::web::papers;
use anyhow::Result;
use guatu_formats::plans::{json, mspdi, sheet};
use guatu_formats::schedules;
use guatu_kernel::Schedule;
use guatu_kernel::diagnose::Diagnostic;
use guatu_kernel::plan::Plan;

/// A format that plans are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// MS Project XML.
    Mspdi,
    /// The Excel template, filled in.
    Xlsx,
    /// guatu-plan/1.
    Json,
}

impl Format {
    /// The format of an address's last part.
    pub fn from_name(name: &str) -> Option<Format> {
        match name {
            "mspdi" => Some(Format::Mspdi),
            "xlsx" => Some(Format::Xlsx),
            "json" => Some(Format::Json),
            _ => None,
        }
    }

    /// Ending of its files.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Mspdi => "xml",
            Format::Xlsx => "xlsx",
            Format::Json => "json",
        }
    }

    /// Media type of its files.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Mspdi => "application/xml",
            Format::Xlsx => papers::XLSX,
            Format::Json => "application/json",
        }
    }
}

/// A written plan.
#[derive(Debug)]
pub struct Written {
    /// The file.
    pub bytes: Vec<u8>,
    /// What the format has no home for.
    pub lost: Vec<Diagnostic>,
}

/// Writes a plan with the dates of its schedule.
///
/// # Errors
/// A plan with more rows than a workbook holds.
pub fn write(format: Format, plan: &Plan, schedule: &Schedule) -> Result<Written> {
    let dates = schedules::planned(plan, schedule);
    let (bytes, lost) = match format {
        Format::Mspdi => {
            let (text, lost) = mspdi::write(plan, Some(&dates));
            (text.into_bytes(), lost)
        }
        Format::Xlsx => sheet::write(plan).map_err(|fault| anyhow::anyhow!(fault.message))?,
        Format::Json => (json::write(plan).into_bytes(), Vec::new()),
    };
    Ok(Written { bytes, lost })
}

/// The name of a file's format for lists, by its ending.
pub fn format_of(file: &str) -> &'static str {
    let ending = file.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "xml" => "XML",
        "xer" => "XER",
        "xlsx" => "Excel",
        "json" => "JSON",
        _ => "?",
    }
}
