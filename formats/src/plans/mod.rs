//! Plans of other programs: read into [`guatu_kernel::plan::Plan`] and written back.
//!
//! Five formats meet here. [`detect`] tells them apart by content, [`read`] gives a plan or says in one sentence per
//! finding why not. A refused file gives no plan at all, so that nothing half-read can change anything. What a format
//! holds and a plan does not is named in a warning; what the other program had computed comes back as [`SavedDates`],
//! aligned with the plan's activities, so that its dates and ours can be compared.

mod both;
pub mod codes;
mod detect;
mod finder;
pub(crate) mod findings;
pub mod json;
mod moment;
pub mod mspdi;
mod p6;
mod packed;
pub mod parcel;
pub mod sheet;
pub mod span;
mod text;
mod validate;
mod xml;

use guatu_kernel::diagnose::Diagnostic;
use guatu_kernel::plan::{Moment, Plan};
use jiff::civil::DateTime;

pub use detect::detect;
pub use packed::unpack;
pub use validate::{begins_formula, is_unsafe};

/// A format of plan files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// guatu-plan/1.
    GuatuJson,
    /// Microsoft Project XML (namespace `http://schemas.microsoft.com/project`).
    Mspdi,
    /// Primavera P6 XML (`APIBusinessObjects`).
    Pmxml,
    /// Primavera P6 XER tables.
    Xer,
    /// The Excel template of this crate.
    Xlsx,
}

/// Bytes of a text file that is read where nobody says otherwise: what unpacks in memory to a plan of 100,000 activities with
/// the fields that are read.
pub const TEXT_BYTES: usize = 160 << 20;

/// How much a reader accepts before it refuses the file.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a text file (JSON, XML, XER).
    pub text_bytes: usize,
    /// Bytes of a workbook as stored.
    pub packed_bytes: usize,
    /// Bytes of a workbook's parts after unpacking, counted while unpacking.
    pub unpacked_bytes: u64,
    /// Parts of a workbook.
    pub entries: usize,
    /// Rows of a sheet, its heading among them.
    pub rows: u32,
    /// Columns of a sheet.
    pub columns: u32,
    /// Nesting of XML elements.
    pub depth: usize,
    /// Attributes of one XML element.
    pub attributes: usize,
    /// Characters of an id or a name.
    pub name_chars: usize,
    /// The project to read where a P6 file holds several: its short name or object id. Absent: the largest.
    pub project: Option<String>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            text_bytes: TEXT_BYTES,
            packed_bytes: 40 << 20,
            unpacked_bytes: 200 << 20,
            entries: 1000,
            rows: 100_001,
            columns: 200,
            depth: 64,
            attributes: 256,
            name_chars: 500,
            project: None,
        }
    }
}

/// What a file gave.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The plan; absent exactly when a diagnostic of severity error exists.
    pub plan: Option<Plan>,
    /// Dates the file itself stored, aligned with `plan.activities`; empty without a plan.
    pub saved: SavedDates,
    /// Findings in the order met.
    pub diagnostics: Vec<Diagnostic>,
}

/// Dates computed by a program, one entry per activity of the plan they belong to, in the same order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SavedDates {
    /// Entry `i` belongs to `plan.activities[i]`.
    pub activities: Vec<SavedActivity>,
}

/// What a file stores about one activity besides the plan. Instants are as written there, without rounding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SavedActivity {
    /// The number the other program knows it by (MSPDI `UID`, P6 object id).
    pub uid: String,
    /// Depth in the hierarchy, 1 at the top.
    pub outline_level: u32,
    /// Early start.
    pub early_start: Option<DateTime>,
    /// Early finish.
    pub early_finish: Option<DateTime>,
    /// Late start.
    pub late_start: Option<DateTime>,
    /// Late finish.
    pub late_finish: Option<DateTime>,
    /// Scheduled (or actual) start.
    pub start: Option<DateTime>,
    /// Scheduled (or actual) finish.
    pub finish: Option<DateTime>,
    /// Total float in working minutes.
    pub total_float_minutes: Option<f64>,
    /// Free float in working minutes.
    pub free_float_minutes: Option<f64>,
    /// Whether the program called it critical.
    pub is_critical: Option<bool>,
    /// Scheduled by hand: its dates do not follow logic.
    pub is_manual: bool,
    /// Takes part in scheduling.
    pub is_active: bool,
    /// Stands for work of another file.
    pub is_external: bool,
    /// Marked as a milestone, even with a duration.
    pub is_milestone: bool,
    /// Delay added by levelling, in elapsed minutes.
    pub levelling_delay_minutes: f64,
    /// Its work was spread over time by hand, and the file does not say how.
    pub has_lost_contour: bool,
}

/// Dates to write beside a plan, one entry per activity in the same order. In a day plan finishes are inclusive days.
#[derive(Clone, Debug, Default)]
pub struct PlannedDates {
    /// Entry `i` belongs to `plan.activities[i]`; a shorter list leaves the rest without dates.
    pub activities: Vec<PlannedActivity>,
}

/// Dates of one activity to write beside a plan.
#[derive(Clone, Debug, Default)]
pub struct PlannedActivity {
    /// Early start.
    pub start: Option<Moment>,
    /// Early finish.
    pub finish: Option<Moment>,
    /// Late start.
    pub late_start: Option<Moment>,
    /// Late finish.
    pub late_finish: Option<Moment>,
    /// Total float in working minutes.
    pub total_float_minutes: Option<i64>,
    /// Whether it is critical.
    pub is_critical: bool,
    /// Breaks within it: first and last instant or day of each.
    pub breaks: Vec<(Moment, Moment)>,
}

/// Reads a plan of a known format. Never panics, whatever the bytes; every refusal is a diagnostic.
pub fn read(bytes: &[u8], format: Format, limits: &Limits) -> Reading {
    let mut findings = findings::Findings::default();
    let most = if format == Format::Xlsx { limits.packed_bytes } else { limits.text_bytes };
    if bytes.len() > most {
        let message =
            format!("the file has more than {} MB, at most that is read; export fewer fields or split it", most >> 20);
        findings.error(codes::TOO_LARGE, "file", message);
        return refused(findings);
    }
    let outcome = match format {
        Format::GuatuJson => json::read(bytes, limits, &mut findings),
        Format::Mspdi => mspdi::read(bytes, limits, &mut findings),
        Format::Xer => p6::xer::read(bytes, limits, &mut findings),
        Format::Pmxml => p6::pmxml::read(bytes, limits, &mut findings),
        Format::Xlsx => sheet::read(bytes, limits, &mut findings),
    };
    let (mut plan, saved) = match outcome {
        Ok(found) => found,
        Err(fault) => {
            findings.push(fault);
            return refused(findings);
        }
    };
    text::tidy_names(&mut plan);
    validate::check(&plan, limits, &mut findings);
    if findings.has_errors() {
        return refused(findings);
    }
    Reading { plan: Some(plan), saved, diagnostics: findings.finish() }
}

/// The reading of a file that is known to be too large before it is read.
pub fn too_large(bytes: u64, most: usize) -> Reading {
    let mut findings = findings::Findings::default();
    let message = format!(
        "the file has {} MB, and at most {} MB are read; export fewer fields or split it",
        bytes.div_ceil(1 << 20),
        most >> 20
    );
    findings.error(codes::TOO_LARGE, "file", message);
    refused(findings)
}

/// A moment as plan files write it: `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM`, years 1900 to 2200.
pub fn parse_moment(text: &str) -> Option<Moment> {
    moment::parse(text).ok()
}

fn refused(findings: findings::Findings) -> Reading {
    Reading { plan: None, saved: SavedDates::default(), diagnostics: findings.finish() }
}

/// What a reader of one format gives: a plan with the dates saved beside it, or the fault that stopped it.
type Outcome = Result<(Plan, SavedDates), Diagnostic>;
