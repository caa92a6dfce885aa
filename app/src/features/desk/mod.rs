//! One's own desk: what waits for this person today, and nothing else.
//!
//! # Mechanism
//! Only reads, and computes nothing of its own. A site sees which buildings owe today's report, today's targets, what the
//! supervision engineer disputed, orders of its unit, problems and decisions it owns, and photographs it may allow; a
//! supervision engineer sees the reports that wait for a judgement. Each line leads to the page where it is done. Those who
//! build, supervise or inspect begin here; leaders and the supervision office begin at the wall.

pub mod pages;
#[cfg(test)]
mod tests;
