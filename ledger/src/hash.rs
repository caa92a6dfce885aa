//! The one hash of the ledger, its text form, and the salted commitment to a payload.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use std::fmt;

/// A 32-byte hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The hash that stands before the first record.
    pub const ZERO: Hash = Hash([0; 32]);

    /// Parses standard base64 of exactly 32 bytes.
    pub fn from_base64(text: &str) -> Option<Hash> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Hash)
    }

    /// Reads a stored 32-byte value.
    pub fn from_slice(bytes: &[u8]) -> Option<Hash> {
        bytes.try_into().ok().map(Hash)
    }

    /// The first eight hexadecimal digits, enough for a person to compare two pages.
    pub fn short(&self) -> String {
        self.0[..4].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// Which hash a record uses. Named in every record so that another (SM3) can stand beside it later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// SHA-256 (FIPS 180-4), the hash of C2SP tlog-tiles.
    Sha256,
}

impl Algorithm {
    /// Its name in a record.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Sha256 => "sha256",
        }
    }

    /// The algorithm of a name.
    pub fn from_name(name: &str) -> Option<Algorithm> {
        (name == "sha256").then_some(Algorithm::Sha256)
    }
}

/// SHA-256 over the concatenation of parts.
pub fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    Hash(hasher.finalize().into())
}

/// RFC 6962 §2.1 leaf hash: SHA-256 of `0x00 ‖ record`.
pub fn leaf_hash(record: &[u8]) -> Hash {
    sha256(&[&[0], record])
}

/// RFC 6962 §2.1 node hash: SHA-256 of `0x01 ‖ left ‖ right`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], &left.0, &right.0])
}

/// Length of a commitment's salt in bytes.
pub const SALT_LEN: usize = 32;

/// Commitment to a payload: SHA-256 of `salt ‖ payload`.
///
/// The salt lives beside the payload and outside the record, so a payload that must be erased leaves a record from
/// which it cannot be guessed.
pub fn commitment(salt: &[u8; SALT_LEN], payload: &[u8]) -> Hash {
    sha256(&[salt, payload])
}
