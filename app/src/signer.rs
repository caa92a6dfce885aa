//! The key that signs ledger heads: kept in a data folder, readable by its owner only; its public half in the database.
//!
//! A ledger has one key. A folder without it, a second node's or a restored one, checks heads and signs none: a key made
//! there would sign under the same name and break every checkpoint that is checked with the other.

use crate::args;
use crate::db::{Conn, Db};
use crate::serve::{set_setting, setting};
use anyhow::{Context, Result, bail};
use ed25519_dalek::{SigningKey, VerifyingKey};
use guatu_ledger::checkpoint::{Checkpoint, verifier_line};
use guatu_ledger::tree::Frontier;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Name of the setting that holds the public key, in hexadecimal.
const PUBLIC_KEY: &str = "ledger_key";

/// Signs and checks heads under the name of this ledger.
#[derive(Debug)]
pub struct Signer {
    origin: String,
    public: VerifyingKey,
    /// Absent where the folder has not the key.
    key: Option<SigningKey>,
}

impl Signer {
    /// The signer of a ledger that is being served: a new ledger gets its key here. Inside the caller's transaction.
    ///
    /// # Errors
    /// The folder holds the key of another ledger.
    pub async fn open(conn: &mut Conn, folder: &Path, origin: &str) -> Result<Signer> {
        if let Some(signer) = Signer::read(conn, folder, origin).await? {
            if signer.key.is_none() {
                tracing::warn!(folder = %folder.display(), "this folder has not the key of its ledger: heads are checked here, not signed");
            }
            set_setting(conn, PUBLIC_KEY, &hex(&signer.public)).await?;
            return Ok(signer);
        }
        let mut seed = [0u8; 32];
        rand::fill(&mut seed);
        let file = folder.join("ledger.key");
        let mut opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file)?;
        opened.write_all(&seed)?;
        opened.sync_all()?;
        let key = SigningKey::from_bytes(&seed);
        set_setting(conn, PUBLIC_KEY, &hex(&key.verifying_key())).await?;
        Ok(Signer { origin: origin.to_owned(), public: key.verifying_key(), key: Some(key) })
    }

    /// The signer of a ledger as it stands; makes nothing. `None` for a ledger that has no key yet.
    ///
    /// # Errors
    /// The folder holds the key of another ledger.
    pub async fn read(conn: &mut Conn, folder: &Path, origin: &str) -> Result<Option<Signer>> {
        let file = folder.join("ledger.key");
        let key = match std::fs::read(&file) {
            Ok(bytes) => {
                let seed: [u8; 32] =
                    bytes.try_into().ok().with_context(|| format!("{} must hold 32 bytes", file.display()))?;
                Some(SigningKey::from_bytes(&seed))
            }
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => None,
            Err(fault) => return Err(fault).with_context(|| format!("cannot read {}", file.display())),
        };
        let stored = setting(conn, PUBLIC_KEY)
            .await?
            .map(|text| from_hex(&text).context("the stored key of the ledger is damaged"));
        let public = match (stored.transpose()?, &key) {
            (None, None) => return Ok(None),
            (None, Some(key)) => key.verifying_key(),
            (Some(public), None) => public,
            (Some(public), Some(key)) if public == key.verifying_key() => public,
            (Some(_), Some(_)) => bail!(
                "{} is the key of another ledger than the database holds; give the folder of this ledger, or move that file away",
                file.display()
            ),
        };
        Ok(Some(Signer { origin: origin.to_owned(), public, key }))
    }

    /// The key that checks its signatures.
    pub fn verifying_key(&self) -> VerifyingKey {
        self.public
    }

    /// Whether heads are signed here.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// The line by which others know this ledger.
    pub fn verifier_line(&self) -> String {
        verifier_line(&self.origin, &self.public)
    }

    /// Signs the present head, if it has grown since the last checkpoint; returns its note. Without the key nothing is signed.
    pub async fn sign_head(&self, db: &Db) -> Result<Option<String>> {
        let Some(key) = &self.key else { return Ok(None) };
        let mut conn = db.writer().await?;
        conn.begin_write().await?;
        let signed = self.sign(&mut conn, key).await;
        if signed.is_ok() {
            conn.commit().await?
        } else {
            conn.rollback().await?
        }
        signed
    }

    async fn sign(&self, conn: &mut Conn, key: &SigningKey) -> Result<Option<String>> {
        let Some(row) = conn.row("SELECT frontier FROM ledger_head WHERE id = 1", &[]).await? else { return Ok(None) };
        let frontier =
            Frontier::from_bytes(&row.blob(0)?).context("the stored tree edge is damaged: run `guatu verify`")?;
        if let Some(row) = conn.row("SELECT note FROM checkpoint WHERE size = ?", args![frontier.size()]).await? {
            return Ok(Some(row.text(0)?));
        }
        let checkpoint = Checkpoint { origin: self.origin.clone(), size: frontier.size(), root: frontier.root() };
        let note = checkpoint.sign(key);
        conn.execute("INSERT INTO checkpoint (size, note) VALUES (?, ?)", args![frontier.size(), &note]).await?;
        Ok(Some(note))
    }
}

fn hex(key: &VerifyingKey) -> String {
    key.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<VerifyingKey> {
    let bytes: Option<Vec<u8>> =
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect();
    VerifyingKey::from_bytes(&bytes?.try_into().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::Signer;
    use crate::on_both_databases;

    on_both_databases!(a_second_folder_checks_heads_and_signs_none, |site| async move {
        let site = site.with_cast().await;
        let note = site.site.signer.sign_head(&site.site.db).await.unwrap();
        assert!(note.is_some());
        let folder = tempfile::tempdir().unwrap();
        let mut conn = site.site.db.writer().await.unwrap();
        let second = Signer::open(&mut conn, folder.path(), "guatu.invalid/test").await.unwrap();
        assert_eq!((second.has_key(), second.verifying_key()), (false, site.site.signer.verifying_key()));
        assert!(!folder.path().join("ledger.key").exists(), "no key is made beside the ledger's own");
        std::fs::write(folder.path().join("ledger.key"), [7u8; 32]).unwrap();
        let foreign = Signer::open(&mut conn, folder.path(), "guatu.invalid/test").await;
        assert!(foreign.unwrap_err().to_string().contains("another ledger"));
        drop(conn);
        assert_eq!(second.sign_head(&site.site.db).await.unwrap(), None);
        site
    });
}
