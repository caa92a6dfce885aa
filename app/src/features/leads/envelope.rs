//! The sealed envelope: HPKE (RFC 9180) in base mode to the recipient's key, around a text and photographs padded to few sizes.
//!
//! `docs/spec/leads.md` describes the same bytes. Nothing here keeps anything: bytes in, bytes out.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use guatu_ledger::hash::sha256;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};

/// What every envelope begins with; also the `info` of the encryption, so that a key for leads opens nothing else.
const MAGIC: &[u8] = b"guatu-lead/1\n";
/// Bytes of a key, of either half, and of what HPKE encapsulates.
const KEY_BYTES: usize = 32;
/// Bytes that authenticate a ciphertext.
const TAG_BYTES: usize = 16;
/// What an envelope takes beside its content.
const OVERHEAD_BYTES: usize = MAGIC.len() + KEY_BYTES + TAG_BYTES;
/// Bytes of an envelope: a text, one photograph, a few, as much as goes. Its size tells which of these, and no more.
pub const SIZES: [usize; 4] = [64 << 10, 1 << 20, 8 << 20, 32 << 20];
/// What a secret key in a file begins with.
const SECRET: &str = "guatu-lead-secret-key/1 ";
/// Letters of a fingerprint in one group, and groups: 128 bits are compared by eye.
const GROUP_CHARS: usize = 4;
const GROUPS: usize = 8;

/// Why an envelope cannot be closed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Bytes that are no key.
    #[error("this is no key for leads")]
    BadKey,
    /// More than the largest envelope holds.
    #[error("this is more than an envelope holds")]
    TooLarge,
    /// Another recipient's, damaged, or nothing of this kind.
    #[error("this envelope is for another key, or it is damaged")]
    Closed,
}

/// A recipient's public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; KEY_BYTES]);

/// Its secret half.
pub struct SecretKey(<X25519HkdfSha256 as Kem>::PrivateKey);

impl PublicKey {
    /// From its base64.
    ///
    /// # Errors
    /// Anything that is no key to which something can be sealed.
    pub fn read(text: &str) -> Result<PublicKey, Fault> {
        let bytes = BASE64_STANDARD.decode(text.trim()).map_err(|_| Fault::BadKey)?;
        let key = PublicKey(bytes.try_into().map_err(|_| Fault::BadKey)?);
        <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&key.0).map_err(|_| Fault::BadKey)?;
        Ok(key)
    }

    /// Its base64.
    pub fn text(&self) -> String {
        BASE64_STANDARD.encode(self.0)
    }

    /// By what people compare it.
    pub fn fingerprint(&self) -> String {
        let hash = sha256(&[&self.0]);
        let hex: Vec<String> = hash.0.chunks(GROUP_CHARS / 2).map(|two| two.iter().map(|byte| format!("{byte:02x}")).collect()).collect();
        hex[..GROUPS].join(" ")
    }
}

impl SecretKey {
    /// A fresh pair.
    pub fn generate() -> (SecretKey, PublicKey) {
        let (secret, public) = X25519HkdfSha256::gen_keypair();
        (SecretKey(secret), PublicKey(public.to_bytes().into()))
    }

    /// From the line of a file.
    ///
    /// # Errors
    /// Anything that is no secret key.
    pub fn read(line: &str) -> Result<SecretKey, Fault> {
        let text = line.trim().strip_prefix(SECRET).ok_or(Fault::BadKey)?;
        let bytes = BASE64_STANDARD.decode(text).map_err(|_| Fault::BadKey)?;
        <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&bytes).map(SecretKey).map_err(|_| Fault::BadKey)
    }

    /// The line of a file that keeps it.
    pub fn line(&self) -> String {
        format!("{SECRET}{}\n", BASE64_STANDARD.encode(self.0.to_bytes()))
    }
}

/// What somebody says, as bytes: each part with its length before it, the text first; an empty part ends them.
#[must_use]
pub fn content(text: &str, photos: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in std::iter::once(text.as_bytes()).chain(photos.iter().map(Vec::as_slice)) {
        bytes.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend(part);
    }
    bytes
}

/// Closes content in an envelope that only the holder of the key's secret half can open.
///
/// # Errors
/// More than the largest envelope holds, or a key to which nothing can be sealed.
pub fn seal(key: &PublicKey, mut content: Vec<u8>) -> Result<Vec<u8>, Fault> {
    // Four zero bytes at least, which end the parts.
    let needed = content.len() + OVERHEAD_BYTES + 4;
    let size = SIZES.into_iter().find(|size| *size >= needed).ok_or(Fault::TooLarge)?;
    content.resize(size - OVERHEAD_BYTES, 0);
    let key = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&key.0).map_err(|_| Fault::BadKey)?;
    let (encapsulated, ciphertext) =
        hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(&OpModeS::Base, &key, MAGIC, &content, &[])
            .map_err(|_| Fault::BadKey)?;
    Ok([MAGIC, &encapsulated.to_bytes(), &ciphertext].concat())
}

/// What an envelope holds: the text, and the photographs as they came.
///
/// # Errors
/// Another recipient's envelope, a damaged one, or something else.
pub fn open(key: &SecretKey, envelope: &[u8]) -> Result<(String, Vec<Vec<u8>>), Fault> {
    let rest = envelope.strip_prefix(MAGIC).ok_or(Fault::Closed)?;
    let (encapsulated, ciphertext) = rest.split_at_checked(KEY_BYTES).ok_or(Fault::Closed)?;
    let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(encapsulated).map_err(|_| Fault::Closed)?;
    let content = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &key.0,
        &encapsulated,
        MAGIC,
        ciphertext,
        &[],
    )
    .map_err(|_| Fault::Closed)?;
    let mut parts = parts(&content).ok_or(Fault::Closed)?;
    if parts.is_empty() {
        return Err(Fault::Closed);
    }
    let text = String::from_utf8(parts.remove(0)).map_err(|_| Fault::Closed)?;
    Ok((text, parts))
}

/// The parts of a padded content.
fn parts(mut rest: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    loop {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        if length == 0 {
            return Some(found);
        }
        let (part, after) = after.split_at_checked(length)?;
        found.push(part.to_vec());
        rest = after;
    }
}
