//! The ledger in the open: facts of an object, the chain, signed heads, and the tree as static files.
//!
//! # Mechanism
//! Only reads. Whoever may read a place reads its facts, in order, one id through the whole story. Whoever may audit sees
//! the newest facts of the whole ledger, the signed checkpoints and the line by which others know this ledger; anybody may
//! fetch checkpoint and tiles (C2SP tlog-tiles): they hold salted commitments, never payloads.

pub mod pages;
#[cfg(test)]
mod tests;
