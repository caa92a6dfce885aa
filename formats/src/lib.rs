//! Outside formats and drawings: bytes in, values out, and back. No files, no clock, no network.

#![forbid(unsafe_code)]

pub mod charts;
pub mod conformance;
pub mod documents;
mod filled;
pub mod levels;
pub mod lists;
pub mod marked;
pub mod pdf;
pub mod plans;
pub mod registers;
pub mod reports;
pub mod risks;
pub mod schedules;
pub mod targets;
pub mod wide;
pub mod xforms;
