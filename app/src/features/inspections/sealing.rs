//! What is sealed before a visit, and the proof, once it is opened, that an hour's seal held it.

use super::draw::{Drawing, draw};
use guatu_ledger::hash::{Hash, SALT_LEN, commitment, leaf_hash};
use guatu_ledger::tree::verify_inclusion;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Leaves of every hourly seal, plans or chance: their number tells nothing.
pub const LEAVES: usize = 64;

/// Why a place is inspected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// A leader sends inspectors.
    Directed {
        /// Why.
        reason: String,
    },
    /// It was drawn; the draw is sealed beside it.
    Drawn {
        /// Commitment to the draw, base64.
        drawing: String,
    },
}

/// One site of a route, as it is sealed: its JSON, in this order of fields, is what the seal commits to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Its id, and that of the inspection it becomes.
    pub id: String,
    /// The plan it is of.
    pub plan: String,
    /// Where in the plan, from zero.
    pub position: u32,
    /// The place.
    pub place: String,
    /// Who goes.
    pub inspectors: Vec<String>,
    /// Why.
    pub basis: Basis,
    /// Why again so soon; empty otherwise.
    pub again: String,
    /// Last day; then it is opened unvisited.
    pub until: Date,
    /// Who planned it.
    pub made_by: String,
    /// Days on the spot, of which one goes without saying.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub days: u32,
    /// Why more often or longer than the year allows; empty otherwise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub beyond: String,
}

/// A stop that changed hands while it was sealed: who was to go, who goes instead, and when each signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Succession {
    /// Who was to go.
    pub leaving: String,
    /// Who goes instead.
    pub coming: String,
    /// When whoever leaves signed.
    pub offered_at: String,
    /// When whoever comes signed.
    pub taken_at: String,
}

/// Who goes to a stop after it changed hands, in the order in which it did.
pub fn people(sealed: &[String], successions: &[Succession]) -> Vec<String> {
    let mut people = sealed.to_vec();
    for one in successions {
        for person in people.iter_mut().filter(|person| **person == one.leaving) {
            person.clone_from(&one.coming);
        }
    }
    people
}

fn one() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_one(days: &u32) -> bool {
    *days == 1
}

/// Something sealed, opened: with it anybody can check that the seal of an hour held it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening<T> {
    /// What was sealed.
    pub content: T,
    /// The salt, base64.
    pub salt: String,
    /// The hour of the seal.
    pub hour: String,
    /// Which of its leaves.
    pub leaf: u32,
    /// Hashes from the leaf to the root, base64.
    pub proof: Vec<String>,
}

/// Leaf of a seal: the hash of a salted commitment.
pub fn sealed_leaf(salt: &[u8; SALT_LEN], content: &str) -> Hash {
    leaf_hash(&commitment(salt, content.as_bytes()).0)
}

impl<T: Serialize> Opening<T> {
    /// Whether a root, base64, held it.
    pub fn is_proved_by(&self, root: &str) -> bool {
        let check = || {
            let salt = Hash::from_base64(&self.salt)?.0;
            let proof: Vec<Hash> = self.proof.iter().map(|hash| Hash::from_base64(hash)).collect::<Option<_>>()?;
            let leaf = sealed_leaf(&salt, &serde_json::to_string(&self.content).ok()?);
            Some(verify_inclusion(leaf, u64::from(self.leaf), LEAVES as u64, &proof, Hash::from_base64(root)?))
        };
        check().unwrap_or(false)
    }
}

impl Opening<Drawing> {
    /// The commitment that its stops name.
    pub fn commitment(&self) -> Option<String> {
        let salt = Hash::from_base64(&self.salt)?.0;
        Some(commitment(&salt, serde_json::to_string(&self.content).ok()?.as_bytes()).to_string())
    }

    /// Whether a stop is what was drawn: it names this draw, and the seed gives it at its position.
    pub fn gives(&self, stop: &Stop) -> bool {
        let is_named = matches!(&stop.basis, Basis::Drawn { drawing } if Some(drawing) == self.commitment().as_ref());
        let picks = draw(&self.content);
        let pick = picks.get(stop.position as usize);
        is_named && stop.plan == self.content.plan && pick.is_some_and(|pick| pick.place == stop.place && pick.inspectors == stop.inspectors)
    }
}
