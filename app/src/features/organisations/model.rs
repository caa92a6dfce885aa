//! Rules of organisations.

use crate::journal::domain::{Context, Draft};
use crate::refusals;
use serde::{Deserialize, Serialize};

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
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whether the id to be registered is in use.
    pub is_id_taken: bool,
    /// Whether another organisation has the wanted name.
    pub is_name_taken: bool,
}

/// Longest name in characters.
const MAX_NAME_CHARS: usize = 80;

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let (Command::Register { id: subject, name, .. } | Command::Rename { organisation: subject, name, .. }) = command;
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        return Err(Refused::NameLength);
    }
    if state.is_id_taken {
        return Err(Refused::IdTaken);
    }
    if state.is_name_taken {
        return Err(Refused::NameTaken { name: name.into() });
    }
    let fact = match command {
        Command::Register { kind, .. } => Fact::Registered { name: name.into(), kind: *kind },
        Command::Rename { reason, .. } if reason.trim().is_empty() => return Err(Refused::NoReason),
        Command::Rename { reason, .. } => Fact::Renamed { name: name.into(), reason: reason.trim().into() },
    };
    Ok(vec![Draft { fact, subject: subject.clone(), place: "-".into(), occurred_on: context.today }])
}
