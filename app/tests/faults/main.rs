//! What must hold when something breaks: `docs/faults.md` says which fault is provoked where. Here the real program runs as a
//! child process, its clients send again what was not answered, and another process checks what stands afterwards.
//!
//! `FAULT_ROUNDS=20` runs twenty times as many rounds, for a night.

#![allow(clippy::unwrap_used, reason = "a test that cannot prepare its folder has failed")]

mod disk;
mod edits;
mod kills;
mod photographs;
mod postgres;
mod sending;
mod server;
mod stories;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Rounds of a fault: so many as every change runs, times what a night asks for.
fn rounds(of_a_change: usize) -> usize {
    let times = std::env::var("FAULT_ROUNDS").map_or(1, |times| times.parse().expect("FAULT_ROUNDS is a number"));
    of_a_change * times
}

/// Chance that is the same in every run, so that what fails fails again.
fn chance(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

fn pause(ms: u64) {
    std::thread::sleep(std::time::Duration::from_millis(ms));
}
