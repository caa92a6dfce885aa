//! One project on one sheet: who answers for it, what it must reach by when, where it stands and what is in its way.
//!
//! # Mechanism
//! Only reads, and computes nothing of its own: every figure comes from the function that another page shows it by, so that
//! the sheet never says anything else than they do. Whoever may read the project may print it. Lists are cut to what one A4
//! sheet holds, and say how much is left out.
//!
//! Extra files: `gather.rs` (what a sheet shows), `print.rs` (the paper).

pub mod gather;
pub mod pages;
pub mod print;
#[cfg(test)]
mod tests;
