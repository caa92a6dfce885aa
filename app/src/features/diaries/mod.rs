//! Diaries as papers: what a site did day by day (施工日志), and what its supervision engineer did (监理日志).
//!
//! # Mechanism
//! Only reads: nothing is written twice. A site's diary is made of its daily reports and of what they cannot say: work that a major
//! hazard had stopped, alerts in force, hazards that were found, orders that were signed for, problems that were opened. A
//! supervision engineer's is made of judgements of reports and of every other thing done in that post: hazards registered, work
//! stopped and let go on, looks and re-checks, gates confirmed or sent back. It stands above all features of which it speaks; the
//! facts of a place are read by their kinds from the ledger, so that another kind is a line in `gather.rs`.
//!
//! Refusal: R-139. Extra file: `gather.rs` (what happened at places on days).

mod gather;
pub mod pages;
#[cfg(test)]
mod tests;
