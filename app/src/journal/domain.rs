//! What the write door knows of the domain: decide, apply, react, settle. `features` implements it once.

use crate::db::Conn;
use crate::refusal::Refusal;
use anyhow::Result;
use jiff::{Timestamp, civil::Date};
use std::future::Future;

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person, by account id.
    Account(String),
    /// A timer or a consequence.
    System,
}

impl Actor {
    /// As written in a record.
    pub fn text(&self) -> &str {
        match self {
            Actor::Account(account) => account,
            Actor::System => "system",
        }
    }
}

/// The right to knock at the write door. Only `identity` makes one for a person, only timers, consequences and the
/// generator of demo data one for the system; what the holder may do is decided on the loaded rows, inside.
#[derive(Clone, Debug)]
pub struct Permit {
    actor: Actor,
}

impl Permit {
    /// For a person whose session has been checked.
    pub fn account(account: String) -> Permit {
        Permit { actor: Actor::Account(account) }
    }

    /// For the system itself.
    pub fn system() -> Permit {
        Permit { actor: Actor::System }
    }

    /// Who holds it.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
}

/// What a rule is told besides the state: who asks, and when.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who asks.
    pub actor: Actor,
    /// The instant of the write.
    pub now: Timestamp,
    /// The civil date in China at that instant.
    pub today: Date,
}

/// A fact as a rule proposes it, before it has a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft<F> {
    /// The fact.
    pub fact: F,
    /// The object it is about.
    pub subject: String,
    /// The place it belongs to; `-` for none.
    pub place: String,
    /// The day it happened.
    pub occurred_on: Date,
}

/// A fact in the ledger.
#[derive(Clone, Debug)]
pub struct Entry<F> {
    /// Its number.
    pub number: u64,
    /// The fact.
    pub fact: F,
    /// The object it is about.
    pub subject: String,
    /// The place it belongs to; `-` for none.
    pub place: String,
    /// Who did it.
    pub actor: String,
    /// The day it happened.
    pub occurred_on: Date,
    /// When it was written, as in the record.
    pub recorded_at: String,
}

/// What a rule answers: facts, or why not.
pub type Decision<F> = std::result::Result<Vec<Draft<F>>, Refusal>;

/// What [`Domain::settle`] recomputes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// What must be there with its fact.
    Now,
    /// Everything.
    Soon,
}

/// All features together, as the write door sees them.
pub trait Domain: Send + Sync + 'static {
    /// Every command of every feature.
    type Command: serde::Serialize + Send + Sync + 'static;
    /// Every fact of every feature.
    type Fact: Send + Sync + 'static;

    /// Loads what the rule needs, checks the right to do it, and decides.
    fn decide(
        &self,
        conn: &mut Conn,
        command: &Self::Command,
        context: &Context,
    ) -> impl Future<Output = Result<Decision<Self::Fact>>> + Send;

    /// Updates derived tables for one fact. Must depend on nothing but the fact and what earlier facts made.
    fn apply(&self, conn: &mut Conn, entry: &Entry<Self::Fact>) -> impl Future<Output = Result<()>> + Send;

    /// Recomputes what facts since the last call have touched (schedules). Called before a commit for what must be there
    /// with its fact, and when the door is idle, and after a replay, for everything.
    fn settle(&self, conn: &mut Conn, urgency: Urgency) -> impl Future<Output = Result<()>> + Send;

    /// Whether something waits for [`Urgency::Soon`].
    fn is_behind(&self, conn: &mut Conn) -> impl Future<Output = Result<bool>> + Send;

    /// Commands that must follow this fact in the same transaction.
    fn react(&self, entry: &Entry<Self::Fact>) -> Vec<Self::Command>;

    /// The paper a fact names by the hash of its bytes.
    fn document<'f>(&self, fact: &'f Self::Fact) -> Option<&'f str>;

    /// Kind with version, and payload, as kept in the ledger.
    fn encode(&self, fact: &Self::Fact) -> Result<(String, String)>;

    /// The fact of a kind and payload.
    fn decode(&self, kind: &str, payload: &str) -> Result<Self::Fact>;

    /// Definitions of all derived tables.
    fn tables(&self) -> Vec<&'static str>;
}
