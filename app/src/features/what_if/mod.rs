//! What if: another duration, another day of start, and at once what becomes of mandated dates and of today's targets.
//!
//! # Mechanism
//! Whoever may read a project may try changes on its approved plan: on the drawing with the pointer or the arrow keys, or in a
//! form. The changes stand in the address and nowhere else, so that nothing is kept, everything can be taken back, and what one
//! person tries another can look at. The kernel holds the plan and revises it change by change; floats, dates and targets come
//! from the functions by which the plan in force has them. To keep a trial is to put it forward with a reason: it becomes a
//! draft of the plan, which somebody else approves like any other.
//!
//! Extra file: `gather.rs` (what a trial does).

pub mod gather;
pub mod pages;
#[cfg(test)]
mod tests;
