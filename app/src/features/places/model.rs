//! Rules of places: what may stand under what, and that nothing is without an accountable official.

use crate::journal::domain::{Context, Draft};
use crate::refusals;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Level of a place in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The whole district.
    District,
    /// A zone of the district, optional.
    Zone,
    /// One project – one plan – one task force.
    Project,
    /// A contract package beside the parcels.
    ContractLot,
    /// A plot of land.
    Parcel,
    /// A building.
    Building,
    /// A supporting facility: school, road, substation, sewer, heating.
    Facility,
    /// A floor or unit.
    Floor,
}

impl Kind {
    /// Every kind, for lists.
    pub const ALL: [Kind; 8] = [
        Kind::District,
        Kind::Zone,
        Kind::Project,
        Kind::ContractLot,
        Kind::Parcel,
        Kind::Building,
        Kind::Facility,
        Kind::Floor,
    ];

    /// Its name in URLs and tables.
    pub fn name(self) -> &'static str {
        match self {
            Kind::District => "district",
            Kind::Zone => "zone",
            Kind::Project => "project",
            Kind::ContractLot => "contract_lot",
            Kind::Parcel => "parcel",
            Kind::Building => "building",
            Kind::Facility => "facility",
            Kind::Floor => "floor",
        }
    }

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether work is done there: a project and what stands in it, but not a single floor.
    pub fn is_site(self) -> bool {
        matches!(self, Kind::Project | Kind::Parcel | Kind::Building | Kind::Facility)
    }

    /// What may stand directly under it.
    pub fn children(self) -> &'static [Kind] {
        match self {
            Kind::District => &[Kind::Zone, Kind::Project, Kind::Facility],
            Kind::Zone => &[Kind::Project, Kind::Facility],
            Kind::Project => &[Kind::Parcel, Kind::ContractLot, Kind::Facility],
            Kind::Parcel => &[Kind::Building, Kind::Facility],
            Kind::Building => &[Kind::Floor],
            Kind::ContractLot | Kind::Facility | Kind::Floor => &[],
        }
    }
}

/// Headline counts and building figures. Absent means unknown, not zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Figures {
    /// Flats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flats: Option<u32>,
    /// Households.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub households: Option<u32>,
    /// Floor area in m².
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area_m2: Option<u32>,
    /// Storeys above ground.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floors_above: Option<u16>,
    /// Basement levels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floors_below: Option<u16>,
}

/// What a place is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    /// Name for people, unique among its siblings.
    pub name: String,
    /// Order among its siblings.
    pub ordinal: u32,
    /// Programme type of a project, from `rules/programmes.toml`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub programme: Option<String>,
    /// Organisation that owns the item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Counts.
    #[serde(default)]
    pub figures: Figures,
}

/// A place to be opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Opening {
    /// Client-made id.
    pub id: String,
    /// Where it stands; none for the root.
    pub parent: Option<String>,
    /// Its level.
    pub kind: Kind,
    /// What it is.
    pub attributes: Attributes,
    /// Account of its accountable official.
    pub official: Option<String>,
}

/// Places opened at once, at most: a district of buildings with their floors comes in several lists.
pub const MOST_AT_ONCE: usize = 2_000;

/// What can be asked of places.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Open a place.
    Open(Opening),
    /// Open several places, all or none: each under a place that is there or that stands before it.
    OpenAll {
        /// The place under which they all stand; none for the whole tree.
        under: Option<String>,
        /// The places, parents before children.
        openings: Vec<Opening>,
    },
    /// Change what a place is. Figures that are absent become unknown.
    Amend {
        /// The place.
        place: String,
        /// What it is from then on.
        attributes: Attributes,
        /// Why.
        reason: String,
        /// The fact that the form was filled over; `None` to overwrite whatever stands.
        seen_number: Option<u64>,
    },
    /// Name the accountable official; `None` ends the term and falls back to the one above.
    Appoint {
        /// The place.
        place: String,
        /// The account.
        official: Option<String>,
        /// First day of the term.
        from: Date,
    },
    /// Set the state of a programme (stopped, in full construction, delivered …).
    SetState {
        /// The project or building.
        place: String,
        /// A state of its programme type.
        state: String,
        /// First day of the state.
        since: Date,
    },
}

/// What happened to places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A place was opened.
    Opened {
        /// Where it stands.
        parent: Option<String>,
        /// Its level.
        kind: Kind,
        /// What it is.
        attributes: Attributes,
        /// Its accountable official.
        official: Option<String>,
    },
    /// A place was amended.
    Amended {
        /// What it is from then on.
        attributes: Attributes,
        /// Why.
        reason: String,
    },
    /// The accountable official changed.
    OfficialAppointed {
        /// The account; `None`: the one above.
        official: Option<String>,
        /// First day of the term.
        from: Date,
    },
    /// The programme state changed.
    StateSet {
        /// The state.
        state: String,
        /// First day of the state.
        since: Date,
    },
}

refusals! {
    /// The parent cannot hold such a place.
    WrongLevel { kind, parent } = "P-101" Rule kind;
    /// A sibling has that name.
    NameTaken { name } = "P-102" Rule name;
    /// A name is one to sixty characters.
    NameLength = "P-103" Rule name;
    /// The root of the tree has to name an official.
    NoOfficial = "P-104" Rule official;
    /// The id is in use.
    IdTaken = "P-105" Conflict _;
    /// No such programme type.
    UnknownProgramme { programme } = "P-106" Rule programme;
    /// The programme has no such state.
    UnknownState { state } = "P-107" Rule state;
    /// An amendment says why.
    NoReason = "P-108" Rule reason;
    /// A date lies after today.
    FutureDate { date } = "P-109" Rule from;
    /// More storeys than buildings have.
    TooManyFloors { above, below } = "P-110" Rule floors_above;
    /// Longer ago than programmes run.
    TooLongAgo { earliest } = "P-111" Rule from;
    /// Somebody changed it while the form was being filled.
    Changed { number } = "P-112" Conflict _;
    /// None or too many at once.
    Count { most } = "P-113" Rule _;
    /// Not a place under which these are opened.
    UnknownParent { parent } = "P-114" Rule parent;
    /// Several places are called so.
    SeveralParents { parent } = "P-115" Rule parent;
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whether the id to be opened is in use.
    pub is_id_taken: bool,
    /// The parent of the place opened or amended.
    pub parent_kind: Option<Kind>,
    /// Names of the siblings, without the place itself.
    pub sibling_names: Vec<String>,
    /// The place's kind.
    pub kind: Option<Kind>,
    /// The place's parent, to tell the root.
    pub is_root: bool,
    /// The fact that changed it last.
    pub changed_number: u64,
    /// Programme of the place or of the project above it.
    pub programme: Option<String>,
    /// Of several to be opened: the places under which they may stand.
    pub standing: Standing,
}

/// Places that stand, as far as opening others under them asks.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    kinds: HashMap<String, Kind>,
    names: HashMap<Option<String>, Vec<String>>,
}

impl Standing {
    /// Adds a place.
    pub fn add(&mut self, id: &str, parent: Option<&str>, kind: Kind, name: &str) {
        self.kinds.insert(id.to_owned(), kind);
        self.names.entry(parent.map(str::to_owned)).or_default().push(name.trim().to_owned());
    }

    /// What the rule sees of one place to be opened among these.
    ///
    /// # Errors
    /// [`Refused::UnknownParent`] when its parent does not stand.
    pub fn of(&self, opening: &Opening) -> Result<State, Refused> {
        let parent_kind = match &opening.parent {
            None => None,
            Some(parent) => {
                let kind = self.kinds.get(parent).ok_or_else(|| Refused::UnknownParent { parent: parent.clone() })?;
                Some(*kind)
            }
        };
        Ok(State {
            is_id_taken: self.kinds.contains_key(&opening.id),
            parent_kind,
            sibling_names: self.names.get(&opening.parent).cloned().unwrap_or_default(),
            ..State::default()
        })
    }
}

/// A programme type: its states in order, and which counts it is known by.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programme {
    /// Identifier; its name is `programme.<id>` in the locale files.
    pub id: String,
    /// States in the order they are passed.
    pub states: Vec<String>,
    /// Headline counts, most important first.
    pub counts: Vec<String>,
    /// Plan template its buildings usually take.
    pub template: String,
    /// Where this list comes from.
    pub source: String,
}

#[derive(Deserialize)]
struct ProgrammeFile {
    idle: Vec<String>,
    programme: Vec<Programme>,
}

static FILE: LazyLock<ProgrammeFile> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../rules/programmes.toml")).expect("rules/programmes.toml is part of the program and read by a test")
});

/// Programme types, from data with source.
pub static PROGRAMMES: LazyLock<&[Programme]> = LazyLock::new(|| &FILE.programme);

/// States in which no work goes on.
pub static IDLE: LazyLock<&[String]> = LazyLock::new(|| &FILE.idle);

/// The programme of an id.
pub fn programme(id: &str) -> Option<&'static Programme> {
    PROGRAMMES.iter().find(|programme| programme.id == id)
}

/// Longest name of a place in characters.
const MAX_NAME_CHARS: usize = 60;
/// Guards against mistyped figures: templates multiply by storeys, and no building has so many.
const MAX_FLOORS_ABOVE: u16 = 200;
const MAX_FLOORS_BELOW: u16 = 20;
/// An official is entered for so many years back at most, for the same reason.
const MAX_YEARS_BACK: i64 = 10;

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let (fact, place, occurred_on) = match command {
        Command::Open(opening) => (opened(state, opening)?, &opening.id, context.today),
        Command::OpenAll { openings, .. } => {
            if !(1..=MOST_AT_ONCE).contains(&openings.len()) {
                return Err(Refused::Count { most: MOST_AT_ONCE.to_string() });
            }
            if state.is_id_taken {
                return Err(Refused::IdTaken);
            }
            let mut standing = state.standing.clone();
            let mut drafts = Vec::new();
            for opening in openings {
                let Opening { id, parent, kind, attributes, .. } = opening;
                let fact = opened(&standing.of(opening)?, opening)?;
                standing.add(id, parent.as_deref(), *kind, &attributes.name);
                drafts.push(Draft { fact, subject: id.clone(), place: id.clone(), occurred_on: context.today });
            }
            return Ok(drafts);
        }
        Command::Amend { place, attributes, reason, seen_number } => {
            if seen_number.is_some_and(|seen| seen != state.changed_number) {
                return Err(Refused::Changed { number: state.changed_number.to_string() });
            }
            if reason.trim().is_empty() {
                return Err(Refused::NoReason);
            }
            check_attributes(state, attributes)?;
            (Fact::Amended { attributes: attributes.clone(), reason: reason.trim().into() }, place, context.today)
        }
        Command::Appoint { place, official, from } => {
            if *from > context.today {
                return Err(Refused::FutureDate { date: from.to_string() });
            }
            if official.is_none() && state.is_root {
                return Err(Refused::NoOfficial);
            }
            let earliest = context.today.checked_sub(MAX_YEARS_BACK.years()).unwrap_or(context.today);
            if *from < earliest {
                return Err(Refused::TooLongAgo { earliest: earliest.to_string() });
            }
            (Fact::OfficialAppointed { official: official.clone(), from: *from }, place, *from)
        }
        Command::SetState { place, state: wanted, since } => {
            if *since > context.today {
                return Err(Refused::FutureDate { date: since.to_string() });
            }
            let known = state.programme.as_deref().and_then(programme).is_some_and(|programme| programme.states.contains(wanted));
            if !known {
                return Err(Refused::UnknownState { state: wanted.clone() });
            }
            (Fact::StateSet { state: wanted.clone(), since: *since }, place, *since)
        }
    };
    Ok(vec![Draft { fact, subject: place.clone(), place: place.clone(), occurred_on }])
}

/// The fact of a place that may be opened.
///
/// # Errors
/// What stands against it.
pub fn opened(state: &State, opening: &Opening) -> Result<Fact, Refused> {
    let Opening { parent, kind, attributes, official, .. } = opening;
    if state.is_id_taken {
        return Err(Refused::IdTaken);
    }
    let fits = match state.parent_kind {
        None => *kind == Kind::District,
        Some(parent) => parent.children().contains(kind),
    };
    if !fits {
        let parent = state.parent_kind.map_or("-", Kind::name);
        return Err(Refused::WrongLevel { kind: kind.name().into(), parent: parent.into() });
    }
    if parent.is_none() && official.is_none() {
        return Err(Refused::NoOfficial);
    }
    check_attributes(state, attributes)?;
    Ok(Fact::Opened { parent: parent.clone(), kind: *kind, attributes: attributes.clone(), official: official.clone() })
}

fn check_attributes(state: &State, attributes: &Attributes) -> Result<(), Refused> {
    let name = attributes.name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        return Err(Refused::NameLength);
    }
    if state.sibling_names.iter().any(|sibling| sibling == name) {
        return Err(Refused::NameTaken { name: name.into() });
    }
    let Figures { floors_above, floors_below, .. } = attributes.figures;
    if floors_above.is_some_and(|floors| floors > MAX_FLOORS_ABOVE) || floors_below.is_some_and(|floors| floors > MAX_FLOORS_BELOW) {
        return Err(Refused::TooManyFloors { above: MAX_FLOORS_ABOVE.to_string(), below: MAX_FLOORS_BELOW.to_string() });
    }
    match &attributes.programme {
        Some(id) if programme(id).is_none() => Err(Refused::UnknownProgramme { programme: id.clone() }),
        _ => Ok(()),
    }
}
