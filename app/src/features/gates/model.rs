//! Rules of gates: what evidence names, who judges it, and when a gate is passed.

use crate::features::plan::binding;
use crate::features::reports::model::Photo;
use crate::journal::domain::{Context, Draft};
use crate::refusal::text;
use crate::refusals;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All of it.
pub const WHOLE_PERCENT: u32 = 100;

/// What is filed for a gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The paper, by name and number.
    pub document: String,
    /// Its day.
    pub on: Date,
    /// What else is to be said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remark: String,
    /// Measures of a gate that has some, in per cent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measures: BTreeMap<String, u32>,
    /// Photographs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<Photo>,
}

/// Where a gate of a place stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Evidence waits for a judgement.
    Filed,
    /// It is passed.
    Confirmed,
    /// Evidence was sent back.
    Returned,
    /// A confirmation was taken back.
    Withdrawn,
}

impl Standing {
    /// Every standing with its name in tables and locale keys.
    pub const ALL: [(Standing, &'static str); 4] = [
        (Standing::Filed, "filed"),
        (Standing::Confirmed, "confirmed"),
        (Standing::Returned, "returned"),
        (Standing::Withdrawn, "withdrawn"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Standing::ALL.iter().find(|(one, _)| *one == self).map_or("", |(_, name)| name)
    }

    /// The standing of a name.
    pub fn from_name(name: &str) -> Option<Standing> {
        Standing::ALL.iter().find(|(_, known)| *known == name).map(|(one, _)| *one)
    }
}

/// What can be asked of gates.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "`place` and `gate` are the same everywhere; the other fields are documented")]
pub enum Command {
    /// File evidence; what waited is replaced.
    File {
        place: String,
        gate: String,
        /// What is filed.
        evidence: Box<Evidence>,
    },
    /// Confirm it.
    Confirm { place: String, gate: String },
    /// Send it back.
    Return {
        place: String,
        gate: String,
        /// Why.
        reason: String,
    },
    /// Take a confirmation back.
    Withdraw {
        place: String,
        gate: String,
        /// Why.
        reason: String,
    },
}

impl Command {
    /// The place it is about.
    pub fn place(&self) -> &str {
        match self {
            Command::File { place, .. } | Command::Confirm { place, .. } | Command::Return { place, .. } | Command::Withdraw { place, .. } => place,
        }
    }

    /// The gate.
    pub fn gate(&self) -> &str {
        match self {
            Command::File { gate, .. } | Command::Confirm { gate, .. } | Command::Return { gate, .. } | Command::Withdraw { gate, .. } => gate,
        }
    }
}

/// What happened to gates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are those of the commands, which are documented")]
pub enum Fact {
    /// Evidence was filed.
    Filed { gate: String, evidence: Box<Evidence> },
    /// The gate is passed.
    Confirmed { gate: String },
    /// Evidence was sent back.
    Returned { gate: String, reason: String },
    /// A confirmation was taken back.
    Withdrawn { gate: String, reason: String },
}

refusals! {
    /// No such gate.
    UnknownGate = "M-101" Rule gate;
    /// Gates are of projects and what stands in them.
    NotASite = "M-102" Rule place;
    /// No post at the place allows it.
    MayNot = "M-103" Forbidden _;
    /// The paper must be named.
    NoDocument = "M-104" Rule document;
    /// A day that has not come.
    FutureDay { date } = "M-105" Rule on;
    /// Every measure must be given, and no other.
    MeasuresDiffer = "M-106" Rule measures;
    /// More than a hundred per cent.
    AboveWhole = "M-107" Rule measures;
    /// It is confirmed: withdraw it first.
    AlreadyConfirmed { date } = "M-108" Conflict _;
    /// Nothing waits for a judgement.
    NothingFiled = "M-109" Conflict _;
    /// Nobody judges what they filed.
    OwnEvidence = "M-110" Conflict _;
    /// Measures below a hundred per cent.
    NotWhole { measures } = "M-111" Conflict _;
    /// A reason is needed.
    NoReason = "M-112" Rule reason;
    /// Gates that come first are not confirmed.
    OthersFirst { gates } = "M-113" Conflict _;
    /// A day before the papers of a gate that comes first.
    BeforeOthers { gate, date } = "M-114" Rule on;
    /// A day before the plan begins.
    BeforePlan { date } = "M-115" Rule on;
}

/// A gate of a place as the rule sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Where it stands.
    pub standing: Standing,
    /// Who filed what.
    pub filed_by: String,
    /// What was filed.
    pub evidence: Evidence,
    /// When it was judged.
    pub judged_on: Option<Date>,
}

/// A gate that comes first, at the place or at one in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    /// The gate.
    pub gate: String,
    /// Where.
    pub place: String,
    /// The day of its paper, when it is confirmed there or above.
    pub confirmed: Option<Date>,
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Gates that come first.
    pub before: Vec<Before>,
    /// The day on which the plan of the place begins.
    pub begins_on: Option<Date>,
    /// Whether the place is a project or something in one.
    pub is_site: bool,
    /// Whether the person works there.
    pub may_file: bool,
    /// Whether the person judges there.
    pub may_judge: bool,
    /// What is known of the gate.
    pub known: Option<Known>,
}

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let (place, gate) = (command.place(), binding::gate(command.gate()).ok_or(Refused::UnknownGate)?);
    if !state.is_site {
        return Err(Refused::NotASite);
    }
    let id = gate.id.clone();
    let one = |fact, occurred_on| Ok(vec![Draft { fact, subject: format!("{place}#{}", gate.id), place: place.to_owned(), occurred_on }]);
    let known = state.known.as_ref();
    let is_confirmed = known.is_some_and(|known| known.standing == Standing::Confirmed);
    match command {
        Command::File { evidence, .. } => {
            allow(state.may_file)?;
            if let Some(known) = known.filter(|_| is_confirmed) {
                return Err(Refused::AlreadyConfirmed { date: known.judged_on.map_or_else(String::new, |on| on.to_string()) });
            }
            let document = evidence.document.trim().to_owned();
            if document.is_empty() {
                return Err(Refused::NoDocument);
            }
            if evidence.on > context.today {
                return Err(Refused::FutureDay { date: evidence.on.to_string() });
            }
            if evidence.measures.len() != gate.measures.len() || !gate.measures.iter().all(|measure| evidence.measures.contains_key(measure)) {
                return Err(Refused::MeasuresDiffer);
            }
            if evidence.measures.values().any(|percent| *percent > WHOLE_PERCENT) {
                return Err(Refused::AboveWhole);
            }
            in_turn(state, evidence.on)?;
            if let Some(begins_on) = state.begins_on.filter(|begins_on| evidence.on < *begins_on) {
                return Err(Refused::BeforePlan { date: begins_on.to_string() });
            }
            let evidence = Evidence { document, remark: evidence.remark.trim().to_owned(), ..(**evidence).clone() };
            let on = evidence.on;
            one(Fact::Filed { gate: id, evidence: Box::new(evidence) }, on)
        }
        Command::Confirm { .. } => {
            let known = judged(state, context)?;
            let short: Vec<String> =
                gate.measures.iter().filter(|measure| known.evidence.measures.get(*measure) != Some(&WHOLE_PERCENT)).map(|measure| format!("measure_{measure}")).collect();
            if !short.is_empty() {
                return Err(Refused::NotWhole { measures: short.join("\n") });
            }
            // What came first may have been withdrawn since, or this filed before there was a ladder.
            in_turn(state, known.evidence.on)?;
            one(Fact::Confirmed { gate: id }, context.today)
        }
        Command::Return { reason, .. } => {
            judged(state, context)?;
            one(Fact::Returned { gate: id, reason: text(reason, Refused::NoReason)? }, context.today)
        }
        Command::Withdraw { reason, .. } => {
            allow(state.may_judge)?;
            if !is_confirmed {
                return Err(Refused::NothingFiled);
            }
            one(Fact::Withdrawn { gate: id, reason: text(reason, Refused::NoReason)? }, context.today)
        }
    }
}

fn allow(is_allowed: bool) -> Result<(), Refused> {
    if is_allowed { Ok(()) } else { Err(Refused::MayNot) }
}

/// That the gates before are confirmed, and by papers that are not younger.
fn in_turn(state: &State, on: Date) -> Result<(), Refused> {
    let mut open: Vec<String> = Vec::new();
    for one in state.before.iter().filter(|one| one.confirmed.is_none()) {
        let named = format!("gate_{}", one.gate);
        if !open.contains(&named) {
            open.push(named);
        }
    }
    if !open.is_empty() {
        return Err(Refused::OthersFirst { gates: open.join("\n") });
    }
    match state.before.iter().max_by_key(|one| one.confirmed).and_then(|one| Some((one, one.confirmed?))) {
        Some((one, latest)) if on < latest => Err(Refused::BeforeOthers { gate: format!("gate_{}", one.gate), date: latest.to_string() }),
        _ => Ok(()),
    }
}

/// Evidence that waits, for somebody who did not file it.
fn judged<'a>(state: &'a State, context: &Context) -> Result<&'a Known, Refused> {
    allow(state.may_judge)?;
    let known = state.known.as_ref().filter(|known| known.standing == Standing::Filed).ok_or(Refused::NothingFiled)?;
    if context.actor.text() == known.filed_by { Err(Refused::OwnEvidence) } else { Ok(known) }
}
