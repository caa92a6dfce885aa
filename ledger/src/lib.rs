//! Pure records of an append-only, tamper-evident ledger: bytes, hashes, Merkle tree, checkpoints, verification.
//!
//! A record commits to its payload by a salted hash, names the hash of the record before it, and is a leaf of an
//! RFC 6962 tree whose heads are signed as C2SP checkpoints. The exact bytes are in `docs/spec/ledger.md`.
//! Nothing here reads a clock, a file or a database.

#![forbid(unsafe_code)]

pub mod checkpoint;
pub mod hash;
pub mod record;
pub mod tiles;
pub mod tree;
pub mod verify;
