//! Pure scheduling: calendars, networks, forward and backward passes, the backward plan and its concessions.
//!
//! No input or output, no clock, no unseeded chance: the same plan gives the same bytes, years later.

#![forbid(unsafe_code)]

pub mod diagnose;
pub mod plan;
