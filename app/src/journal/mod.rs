//! The write door. Every domain write is a fact, and every fact comes through [`Journal::submit`].
//!
//! One writer task takes waiting submissions together, decides each inside its own savepoint, and makes the whole
//! group durable with one commit: the cost of an fsync is shared, and a refusal undoes only itself. The head row is
//! replaced by compare-and-swap in the same transaction, so two nodes on one PostgreSQL cannot both append.

pub mod course;
pub mod domain;
pub mod replay;
#[cfg(test)]
mod tests;
mod writer;

use crate::clock::Clock;
use crate::db::Db;
use crate::refusal::Refusal;
use domain::{Domain, Permit};
use guatu_ledger::hash::Hash;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

/// Submissions that may wait before `submit` itself waits.
const QUEUE_LEN: usize = 1024;

/// A paper kept by the hash of its bytes, in the same transaction as the fact that names it.
#[derive(Clone, Debug)]
pub struct Document {
    /// Media type, `application/json`.
    pub media_type: &'static str,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Document {
    /// Hexadecimal SHA-256 of the bytes: the name under which it is kept.
    pub fn sha256(&self) -> String {
        sha256_hex(&self.bytes)
    }
}

/// Hexadecimal SHA-256: the name of a paper.
pub fn sha256_hex(bytes: &[u8]) -> String {
    guatu_ledger::hash::sha256(&[bytes]).0.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Something a person or a timer wants done.
#[derive(Debug)]
pub struct Submission<C> {
    /// Who asks.
    pub permit: Permit,
    /// Client-made id; the same id with the same command gives the same receipt, for ever.
    pub request_id: String,
    /// What is asked.
    pub command: C,
    /// Papers the command names by hash.
    pub documents: Vec<Document>,
}

/// Proof that a command became facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// First fact it made.
    pub first_number: u64,
    /// Last fact it made, consequences included.
    pub last_number: u64,
    /// Leaf hash of the last fact.
    pub hash: Hash,
    /// Whether this request had been done before.
    pub is_repeat: bool,
}

/// Why there is no receipt.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The rules say no.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// We failed; nothing was written.
    #[error("fault: {0:#}")]
    Fault(anyhow::Error),
}

/// A submission on its way to the writer, with the place to answer.
struct Waiting<C> {
    submission: Submission<C>,
    answer: oneshot::Sender<Result<Receipt, SubmitError>>,
}

/// Handle of the write door; cheap to clone.
pub struct Journal<D: Domain> {
    queue: mpsc::Sender<Waiting<D::Command>>,
    head: watch::Receiver<u64>,
}

impl<D: Domain> Clone for Journal<D> {
    fn clone(&self) -> Self {
        Journal { queue: self.queue.clone(), head: self.head.clone() }
    }
}

impl<D: Domain> Journal<D> {
    /// Starts the writer task. It ends when the last handle is dropped, after finishing what waits.
    pub async fn open(
        db: Db,
        clock: Clock,
        domain: Arc<D>,
    ) -> anyhow::Result<(Journal<D>, tokio::task::JoinHandle<()>)> {
        let number = replay::head_number(&mut db.reader().await?).await?;
        let (queue, waiting) = mpsc::channel(QUEUE_LEN);
        let (announce, head) = watch::channel(number);
        let task = tokio::spawn(writer::run(db, clock, domain, waiting, announce));
        Ok((Journal { queue, head }, task))
    }

    /// Decides a command and makes its facts durable. Returns after the commit.
    pub async fn submit(&self, submission: Submission<D::Command>) -> Result<Receipt, SubmitError> {
        let (answer, answered) = oneshot::channel();
        let stopped = || SubmitError::Fault(anyhow::anyhow!("the write door is closed"));
        self.queue.send(Waiting { submission, answer }).await.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }

    /// The number of the newest durable fact, and a way to wait for the next.
    pub fn head(&self) -> watch::Receiver<u64> {
        self.head.clone()
    }
}
