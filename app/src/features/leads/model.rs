//! Rules of leads: which key they are sealed to, and that only the timer says that one left.

use super::envelope::PublicKey;
use crate::journal::domain::{Actor, Context, Draft};
use crate::refusals;
use serde::{Deserialize, Serialize};

/// The subject of every fact about the key.
pub const KEY: &str = "lead-key";

/// What can be asked of leads.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Put a recipient's key forward.
    PutKeyForward {
        /// Its base64.
        key: String,
    },
    /// Adopt it: somebody else, so that nobody alone decides who reads leads.
    AdoptKey {
        /// The one that was put forward.
        key: String,
    },
    /// Note that an envelope left; only the timer asks this.
    Leave {
        /// Hexadecimal SHA-256 of the envelope.
        envelope: String,
        /// Its size.
        bytes: u64,
    },
    /// Download an envelope.
    Fetch {
        /// Which.
        envelope: String,
    },
    /// Say, as its recipient, that it could be opened.
    Confirm {
        /// Which.
        envelope: String,
    },
    /// Remove it from the store.
    Remove {
        /// Which.
        envelope: String,
    },
}

impl Command {
    /// The envelope it is about, if any.
    pub fn envelope(&self) -> &str {
        match self {
            Command::Leave { envelope, .. }
            | Command::Fetch { envelope }
            | Command::Confirm { envelope }
            | Command::Remove { envelope } => envelope,
            Command::PutKeyForward { .. } | Command::AdoptKey { .. } => "",
        }
    }
}

/// What happened to leads. The subject of all but the first two is the envelope's hash; nothing else tells of a lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are those of the commands, which are documented")]
pub enum Fact {
    /// A key was put forward.
    KeyPutForward { key: String },
    /// It was adopted.
    KeyAdopted { key: String },
    /// An envelope left.
    Left { bytes: u64 },
    /// It was downloaded.
    Fetched {},
    /// Its recipient could open it.
    Confirmed {},
    /// It was removed from the store: that it left stays.
    Removed {},
}

refusals! {
    /// That is no key.
    BadKey = "E-201" Rule lead_key;
    /// Leads are sealed to it already.
    KeyInForce = "E-202" Rule lead_key;
    /// No such key is put forward.
    NotPutForward = "E-203" Conflict _;
    /// Whoever puts a key forward does not adopt it.
    OwnKey = "E-204" Rule _;
    /// Only the timer says so.
    MayNot = "E-205" Forbidden _;
    /// It was noted.
    HasLeft = "E-206" Conflict _;
    /// There is no key yet: nothing is taken.
    NoKey = "E-207" Rule _;
    /// Something must be said.
    NothingSaid = "E-208" Rule lead_text;
    /// More than an envelope holds.
    TooLarge { limit } = "E-209" Rule photos;
    /// A file that is no photograph.
    NoPicture = "E-210" Rule photos;
    /// Too much waits for the recipient.
    NoRoom = "E-211" Rule _;
    /// No envelope of that hash has left.
    UnknownReceipt = "E-212" Rule receipt_hash;
    /// Whoever has not downloaded it cannot have opened it.
    NotFetched = "E-213" Conflict _;
    /// Its recipient has said so.
    HasConfirmed = "E-214" Conflict _;
    /// Its recipient has not said that it could be opened.
    NotConfirmed = "E-215" Conflict _;
    /// It is not in the store any more.
    HasGone = "E-216" Conflict _;
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The key that leads are sealed to.
    pub key: Option<String>,
    /// The key that was put forward, and by whom.
    pub put_forward: Option<(String, String)>,
    /// Whether the envelope has left.
    pub has_left: bool,
    /// Whether it was ever downloaded.
    pub is_fetched: bool,
    /// Whether its recipient could open it.
    pub is_confirmed: bool,
    /// Whether it was removed.
    pub is_removed: bool,
}

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let (subject, fact) = match command {
        Command::PutKeyForward { key } => {
            let key = PublicKey::read(key).map_err(|_| Refused::BadKey)?.text();
            if state.key.as_ref() == Some(&key) {
                return Err(Refused::KeyInForce);
            }
            (KEY, Fact::KeyPutForward { key })
        }
        Command::AdoptKey { key } => {
            let by = state.put_forward.as_ref().filter(|(known, _)| known == key).map(|(_, by)| by);
            let by = by.ok_or(Refused::NotPutForward)?;
            if context.actor == Actor::Account(by.clone()) {
                return Err(Refused::OwnKey);
            }
            (KEY, Fact::KeyAdopted { key: key.clone() })
        }
        Command::Leave { envelope, bytes } => {
            if context.actor != Actor::System {
                return Err(Refused::MayNot);
            }
            if state.has_left {
                return Err(Refused::HasLeft);
            }
            (envelope.as_str(), Fact::Left { bytes: *bytes })
        }
        _ if state.is_removed => return Err(Refused::HasGone),
        Command::Fetch { envelope } => (envelope.as_str(), Fact::Fetched {}),
        Command::Confirm { .. } if !state.is_fetched => return Err(Refused::NotFetched),
        Command::Confirm { .. } if state.is_confirmed => return Err(Refused::HasConfirmed),
        Command::Confirm { envelope } => (envelope.as_str(), Fact::Confirmed {}),
        Command::Remove { .. } if !state.is_confirmed => return Err(Refused::NotConfirmed),
        Command::Remove { envelope } => (envelope.as_str(), Fact::Removed {}),
    };
    Ok(vec![Draft { fact, subject: subject.to_owned(), place: "-".into(), occurred_on: context.today }])
}
