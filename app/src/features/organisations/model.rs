//! Rules of organisations.

use crate::journal::domain::{Context, Draft};
use crate::refusals;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// What kind of body it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Programme headquarters.
    Headquarters,
    /// A bureau of the district or city.
    Bureau,
    /// A sub-district office.
    SubDistrict,
    /// A court.
    Court,
    /// Police.
    Police,
    /// A bank, e.g. the keeper of a supervised account.
    Bank,
    /// A state-owned platform company.
    StatePlatform,
    /// The client of the works.
    Employer,
    /// A contractor.
    Contractor,
    /// A construction supervision firm.
    SupervisionFirm,
    /// A village or its collective.
    VillageCollective,
    /// Anything else.
    Other,
}

impl Kind {
    /// Every kind, for lists.
    pub const ALL: [(Kind, &'static str); 12] = [
        (Kind::Headquarters, "headquarters"),
        (Kind::Bureau, "bureau"),
        (Kind::SubDistrict, "sub_district"),
        (Kind::Court, "court"),
        (Kind::Police, "police"),
        (Kind::Bank, "bank"),
        (Kind::StatePlatform, "state_platform"),
        (Kind::Employer, "employer"),
        (Kind::Contractor, "contractor"),
        (Kind::SupervisionFirm, "supervision_firm"),
        (Kind::VillageCollective, "village_collective"),
        (Kind::Other, "other"),
    ];

    /// Its name in URLs and tables.
    pub fn name(self) -> &'static str {
        Kind::ALL.iter().find(|(kind, _)| *kind == self).map_or("other", |(_, name)| name)
    }

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }
}

/// An organisation to be registered with others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct New {
    /// Client-made id.
    pub id: String,
    /// Full name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// Organisations registered at once, at most.
pub const MOST_AT_ONCE: usize = 1_000;

/// What can be asked of organisations.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Register one.
    Register {
        /// Client-made id.
        id: String,
        /// Full name.
        name: String,
        /// What it is.
        kind: Kind,
    },
    /// Register several, all or none.
    RegisterAll {
        /// What is to be registered.
        organisations: Vec<New>,
    },
    /// Change its name.
    Rename {
        /// The organisation.
        organisation: String,
        /// Its new name.
        name: String,
        /// Why.
        reason: String,
    },
}

/// What happened to organisations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// One was registered.
    Registered {
        /// Full name.
        name: String,
        /// What it is.
        kind: Kind,
    },
    /// One was renamed.
    Renamed {
        /// Its name from then on.
        name: String,
        /// Why.
        reason: String,
    },
}

refusals! {
    /// A name is one to eighty characters.
    NameLength = "O-101" Rule name;
    /// Another organisation has that name.
    NameTaken { name } = "O-102" Rule name;
    /// The id is in use.
    IdTaken = "O-103" Conflict _;
    /// A change of name says why.
    NoReason = "O-104" Rule reason;
    /// None or too many at once.
    Count { most } = "O-105" Rule _;
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whether an id to be registered is in use.
    pub is_id_taken: bool,
    /// Names of other organisations.
    pub names: HashSet<String>,
}

/// Longest name in characters.
const MAX_NAME_CHARS: usize = 80;

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let draft = |fact, subject: &str| Draft { fact, subject: subject.to_owned(), place: "-".into(), occurred_on: context.today };
    if state.is_id_taken {
        return Err(Refused::IdTaken);
    }
    match command {
        Command::Register { id, name, kind } => {
            let name = usable(&state.names, name)?;
            Ok(vec![draft(Fact::Registered { name, kind: *kind }, id)])
        }
        Command::RegisterAll { organisations } => {
            if !(1..=MOST_AT_ONCE).contains(&organisations.len()) {
                return Err(Refused::Count { most: MOST_AT_ONCE.to_string() });
            }
            let mut names = state.names.clone();
            let mut drafts = Vec::new();
            for New { id, name, kind } in organisations {
                let name = usable(&names, name)?;
                names.insert(name.clone());
                drafts.push(draft(Fact::Registered { name, kind: *kind }, id));
            }
            Ok(drafts)
        }
        Command::Rename { organisation, name, reason } => {
            let name = usable(&state.names, name)?;
            let reason = reason.trim();
            if reason.is_empty() {
                return Err(Refused::NoReason);
            }
            Ok(vec![draft(Fact::Renamed { name, reason: reason.into() }, organisation)])
        }
    }
}

/// A name without spaces around it, when it is one and nobody else has it.
pub fn usable(taken: &HashSet<String>, name: &str) -> Result<String, Refused> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        return Err(Refused::NameLength);
    }
    if taken.contains(name) {
        return Err(Refused::NameTaken { name: name.into() });
    }
    Ok(name.into())
}
