//! Signed heads of the ledger: C2SP tlog-checkpoint bodies in C2SP signed notes with Ed25519.
//!
//! Sources: <https://c2sp.org/tlog-checkpoint>, <https://c2sp.org/signed-note>.

use crate::hash::{Hash, sha256};
use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// A tree head: whose ledger, how many records, which root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Unique name of the ledger, e.g. `guatu.example/district`. Also the key name.
    pub origin: String,
    /// Number of records.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Hash,
}

/// The note signature type of Ed25519.
const ED25519: u8 = 1;

impl Checkpoint {
    /// The three lines that are signed.
    pub fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root)
    }

    /// Body, empty line, signature line.
    pub fn sign(&self, key: &SigningKey) -> String {
        let body = self.body();
        let mut signature = key_id(&self.origin, &key.verifying_key()).to_vec();
        signature.extend(key.sign(body.as_bytes()).to_bytes());
        format!("{body}\n\u{2014} {} {}\n", self.origin, STANDARD.encode(signature))
    }

    /// Reads a signed note and checks that this key signed it. `None` says that it did not, or that it is no checkpoint.
    pub fn open(note: &str, key: &VerifyingKey) -> Option<Checkpoint> {
        let (body, signatures) = note.split_once("\n\n")?;
        let mut lines = body.split('\n');
        let origin = lines.next().filter(|origin| !origin.is_empty())?.to_owned();
        let size_text = lines.next()?;
        let size: u64 = size_text.parse().ok()?;
        let root = Hash::from_base64(lines.next()?)?;
        let checkpoint = Checkpoint { origin, size, root };
        if size.to_string() != size_text || checkpoint.body() != format!("{body}\n") {
            return None;
        }
        let id = key_id(&checkpoint.origin, key);
        let is_signed = signatures.lines().any(|line| {
            let Some((name, encoded)) = line.strip_prefix("\u{2014} ").and_then(|line| line.split_once(' ')) else {
                return false;
            };
            let Ok(bytes) = STANDARD.decode(encoded) else { return false };
            let Some((found, signature)) = bytes.split_first_chunk::<4>() else { return false };
            name == checkpoint.origin
                && *found == id
                && Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify_strict(checkpoint.body().as_bytes(), &signature).is_ok())
        });
        is_signed.then_some(checkpoint)
    }
}

/// The verifier's line that others keep: `name+hash+key`.
pub fn verifier_line(origin: &str, key: &VerifyingKey) -> String {
    let id: String = key_id(origin, key).iter().map(|byte| format!("{byte:02x}")).collect();
    let mut material = vec![ED25519];
    material.extend(key.as_bytes());
    format!("{origin}+{id}+{}", STANDARD.encode(material))
}

/// First four bytes of SHA-256(name ‖ newline ‖ 0x01 ‖ public key).
fn key_id(origin: &str, key: &VerifyingKey) -> [u8; 4] {
    let digest = sha256(&[origin.as_bytes(), b"\n", &[ED25519], key.as_bytes()]);
    [digest.0[0], digest.0[1], digest.0[2], digest.0[3]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_notes_open_only_unchanged_and_under_their_key() {
        let key = SigningKey::from_bytes(&[3; 32]);
        let checkpoint = Checkpoint { origin: "guatu.example/d".into(), size: 42, root: sha256(&[b"x"]) };
        let note = checkpoint.sign(&key);
        assert_eq!(Checkpoint::open(&note, &key.verifying_key()), Some(checkpoint.clone()));
        assert_eq!(Checkpoint::open(&note, &SigningKey::from_bytes(&[4; 32]).verifying_key()), None);
        for (from, to) in [("42", "43"), ("42", "042"), ("guatu", "guata"), ("\n\n", "\n")] {
            assert_eq!(Checkpoint::open(&note.replacen(from, to, 1), &key.verifying_key()), None, "{from} -> {to}");
        }
        assert!(verifier_line("guatu.example/d", &key.verifying_key()).starts_with("guatu.example/d+"));
    }
}
