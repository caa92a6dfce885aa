//! The wall chart: buildings by stages with lamps, bars with baseline, forecast, actual and front line.
//!
//! # Mechanism
//! Only reads. The board of a place is a matrix: its projects, parcels or buildings by the stages of the work, one lamp a
//! cell with the latest date that keeps every mandated date and the forecast or actual one. A lamp comes from the rule set
//! in `rules/lamps.toml` and opens why, who and since when: overdue, begun or finished since a day, and otherwise as of today
//! on the last fact about the project, since a forecast has no day that began it. Work forecast late is not called overdue;
//! both show the same lamp. Bars carry the progress front line, drawn on the approved plan at dates computed once in
//! `model.rs` for canvas and paper. The same page is the command room's wall with `?wall=1`: it fits its screen, turns pages
//! as `rules/screen.toml` says, and follows the ledger by server-sent events. Extra files: `matrix.rs` and `bars.rs` gather what the
//! two boards show, `paper.rs` prints them, `events.rs` tells the wall of new facts.

pub mod bars;
mod events;
mod matrix;
pub mod model;
pub mod pages;
mod paper;
#[cfg(test)]
mod tests;
