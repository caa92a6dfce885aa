//! The key that signs ledger heads: kept in the data folder, readable by its owner only.

use crate::args;
use crate::db::Db;
use anyhow::{Context, Result};
use ed25519_dalek::{SigningKey, VerifyingKey};
use guatu_ledger::checkpoint::{Checkpoint, verifier_line};
use guatu_ledger::tree::Frontier;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Signs heads under the name of this ledger.
#[derive(Debug)]
pub struct Signer {
    key: SigningKey,
    origin: String,
}

impl Signer {
    /// Reads the key of a data folder, making one where there is none.
    pub fn open(folder: &Path, origin: &str) -> Result<Signer> {
        let file = folder.join("ledger.key");
        let seed: [u8; 32] = match std::fs::read(&file) {
            Ok(bytes) => bytes.try_into().ok().with_context(|| format!("{} must hold 32 bytes", file.display()))?,
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => {
                let mut seed = [0u8; 32];
                rand::fill(&mut seed);
                let mut opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file)?;
                opened.write_all(&seed)?;
                opened.sync_all()?;
                seed
            }
            Err(fault) => return Err(fault).with_context(|| format!("cannot read {}", file.display())),
        };
        Ok(Signer { key: SigningKey::from_bytes(&seed), origin: origin.to_owned() })
    }

    /// The key that checks its signatures.
    pub fn verifying_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    /// The line by which others know this ledger.
    pub fn verifier_line(&self) -> String {
        verifier_line(&self.origin, &self.key.verifying_key())
    }

    /// Signs the present head, if it has grown since the last checkpoint; returns the newest note.
    pub async fn sign_head(&self, db: &Db) -> Result<Option<String>> {
        let mut conn = db.writer().await?;
        conn.begin_write().await?;
        let signed = self.sign(&mut conn).await;
        if signed.is_ok() {
            conn.commit().await?
        } else {
            conn.rollback().await?
        }
        signed
    }

    async fn sign(&self, conn: &mut crate::db::Conn) -> Result<Option<String>> {
        let Some(row) = conn.row("SELECT frontier FROM ledger_head WHERE id = 1", &[]).await? else { return Ok(None) };
        let frontier =
            Frontier::from_bytes(&row.blob(0)?).context("the stored tree edge is damaged: run `guatu verify`")?;
        if let Some(row) = conn.row("SELECT note FROM checkpoint WHERE size = ?", args![frontier.size()]).await? {
            return Ok(Some(row.text(0)?));
        }
        let checkpoint = Checkpoint { origin: self.origin.clone(), size: frontier.size(), root: frontier.root() };
        let note = checkpoint.sign(&self.key);
        conn.execute("INSERT INTO checkpoint (size, note) VALUES (?, ?)", args![frontier.size(), &note]).await?;
        Ok(Some(note))
    }
}
