//! Rules of duties: who sets what is owed, who does it, and who excuses.

use super::recurrence::{Recurrence, due};
use super::rules;
use crate::features::reports::model::Photo;
use crate::journal::domain::{Actor, Context, Draft};
use crate::refusal::text;
use crate::refusals;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A rule may leave so many days to do what it asks.
const MOST_GRACE_DAYS: u32 = 92;
/// A rule begins at most so many days ahead.
const LONGEST_AHEAD_DAYS: i32 = 366;
/// The place of what concerns the whole installation.
const EVERYWHERE: &str = "-";
/// Duties that one occurrence raises at most.
pub const MOST_RAISED: usize = 2_000;

/// Where something is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Each {
    /// Once, at the place.
    Place,
    /// At each active project in it.
    Project,
}

impl Each {
    /// Both, with their names in forms and locale keys.
    pub const ALL: [(Each, &'static str); 2] = [(Each::Place, "place"), (Each::Project, "project")];

    /// Its name.
    pub fn name(self) -> &'static str {
        Each::ALL.iter().find(|(one, _)| *one == self).map_or("", |(_, name)| name)
    }

    /// The one of a name.
    pub fn from_name(name: &str) -> Option<Each> {
        Each::ALL.iter().find(|(_, known)| *known == name).map(|(one, _)| *one)
    }
}

/// What becomes of an occurrence on a day off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FreeDays {
    /// It is owed all the same.
    Keep,
    /// It is not owed.
    Skip,
    /// It is due on the next working day.
    Roll,
}

impl FreeDays {
    /// All, with their names in forms and locale keys.
    pub const ALL: [(FreeDays, &'static str); 3] = [(FreeDays::Keep, "keep"), (FreeDays::Skip, "skip"), (FreeDays::Roll, "roll")];

    /// Its name.
    pub fn name(self) -> &'static str {
        FreeDays::ALL.iter().find(|(one, _)| *one == self).map_or("", |(_, name)| name)
    }

    /// The one of a name.
    pub fn from_name(name: &str) -> Option<FreeDays> {
        FreeDays::ALL.iter().find(|(_, known)| *known == name).map(|(one, _)| *one)
    }
}

/// The fact that does a duty by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Heard {
    /// The minutes of a daily round.
    Minutes,
    /// An issued bulletin.
    Bulletin,
    /// A sent return.
    Return,
}

impl Heard {
    /// All, with their names in tables, forms and locale keys.
    pub const ALL: [(Heard, &'static str); 3] = [(Heard::Minutes, "minutes"), (Heard::Bulletin, "bulletin"), (Heard::Return, "return")];

    /// Its name.
    pub fn name(self) -> &'static str {
        Heard::ALL.iter().find(|(one, _)| *one == self).map_or("", |(_, name)| name)
    }

    /// The one of a name.
    pub fn from_name(name: &str) -> Option<Heard> {
        Heard::ALL.iter().find(|(_, known)| *known == name).map(|(one, _)| *one)
    }
}

/// Who owes something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The accountable official of the place, whoever that is.
    Official,
    /// One person.
    Person(String),
}

impl Owner {
    /// The person it names.
    pub fn account(&self) -> Option<&str> {
        match self {
            Owner::Official => None,
            Owner::Person(account) => Some(account),
        }
    }
}

/// What a rule says is owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// The slot of its institution.
    pub slot: String,
    /// What is to be done.
    pub name: String,
    /// The place.
    pub place: String,
    /// Where in it.
    pub each: Each,
    /// By whom.
    pub owner: Owner,
    /// How often, by RFC 5545.
    pub recurrence: String,
    /// What becomes of days off.
    pub free_days: FreeDays,
    /// The first day of the rule.
    pub from: Date,
    /// Days after an occurrence until it is due.
    pub grace_days: u32,
    /// The fact that does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heard: Option<Heard>,
    /// Whether a photograph is needed.
    #[serde(default)]
    pub needs_photo: bool,
}

/// What can be asked of institutions and duties.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Write what an institution is.
    Write {
        /// Its slot.
        slot: String,
        /// What it is called; kept where the campaign names it.
        name: String,
        /// What it is for.
        purpose: String,
    },
    /// Set a rule.
    Set {
        /// Client-made id.
        id: String,
        /// What is owed.
        rule: Box<Owed>,
    },
    /// End a rule: nothing is raised by it from the next day on.
    End {
        /// The rule.
        rule: String,
        /// Why.
        reason: String,
    },
    /// Raise the duties of an occurrence; only the timer asks this.
    Raise {
        /// The rule.
        rule: String,
        /// The day of the occurrence.
        on: Date,
    },
    /// Do a duty.
    Do {
        /// The duty.
        duty: String,
        /// What was done.
        content: String,
        /// Photographs.
        photos: Vec<Photo>,
    },
    /// Excuse one.
    Excuse {
        /// The duty.
        duty: String,
        /// Why.
        reason: String,
    },
}

/// A duty as it is raised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raised {
    /// Its id.
    pub duty: String,
    /// The place.
    pub place: String,
    /// Who owes it on that day; nobody where nobody is accountable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are those of the commands, which are documented")]
pub enum Fact {
    /// An institution was written.
    Written { name: String, purpose: String },
    /// A rule was set.
    Set { rule: Box<Owed> },
    /// A rule ended.
    Ended { reason: String },
    /// An occurrence came, with the duties it raised and the day by which they are due.
    Raised { due: Date, duties: Vec<Raised> },
    /// A duty was done.
    Done { content: String, photos: Vec<Photo> },
    /// A duty was excused.
    Excused { reason: String },
}

refusals! {
    /// The id is in use.
    IdTaken = "Y-101" Conflict _;
    /// No such institution.
    UnknownSlot = "Y-102" Rule slot;
    /// It must be called something, and for something.
    NoName = "Y-103" Rule name;
    /// What it is for must be said.
    NoPurpose = "Y-104" Rule purpose;
    /// The institution is not written yet.
    NotWritten = "Y-105" Rule slot;
    /// The recurrence cannot be read, or never occurs.
    NoRecurrence = "Y-106" Rule recurrence;
    /// It begins before today, or in more than a year.
    FromOutside = "Y-107" Rule from;
    /// More days than a quarter.
    GraceOutside { limit } = "Y-108" Rule grace_days;
    /// The owner is nobody who may read the place.
    UnknownOwner = "Y-109" Rule assignee;
    /// It has ended already.
    AlreadyEnded { date } = "Y-110" Conflict _;
    /// A reason is needed.
    NoReason = "Y-111" Rule reason;
    /// The day is none of the rule's, or was raised before.
    NotAnOccurrence = "Y-112" Conflict _;
    /// It is done or excused already.
    AlreadySettled { date } = "Y-113" Conflict _;
    /// Only who owes it does it.
    NotYours = "Y-114" Forbidden _;
    /// What was done must be said.
    NoContent = "Y-115" Rule content;
    /// A photograph is needed.
    PhotoNeeded = "Y-116" Rule photos;
    /// Nobody excuses what they owe.
    OwnDuty = "Y-117" Conflict _;
}

/// A rule as the rule of rules sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRule {
    /// What it says.
    pub owed: Owed,
    /// When it ended.
    pub ended_on: Option<Date>,
    /// The newest day that was raised.
    pub last_on: Option<Date>,
    /// Where it is owed today, and by whom.
    pub places: Vec<(String, Option<String>)>,
}

/// A duty as the rule sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownDuty {
    /// The place.
    pub place: String,
    /// Who owes it now.
    pub owner: Option<String>,
    /// Whether a photograph is needed.
    pub needs_photo: bool,
    /// When it was done or excused.
    pub settled_on: Option<Date>,
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whether the id is in use.
    pub is_id_taken: bool,
    /// Whether the slot's institution has a name.
    pub is_written: bool,
    /// Whether the named owner may read the place.
    pub is_owner_known: bool,
    /// The rule in question.
    pub rule: Option<KnownRule>,
    /// The duty in question.
    pub duty: Option<KnownDuty>,
}

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let one = |fact, subject: &str, place: &str, occurred_on| Ok(vec![Draft { fact, subject: subject.to_owned(), place: place.to_owned(), occurred_on }]);
    let today = context.today;
    match command {
        Command::Write { slot, name, purpose } => {
            if !rules::is_slot(slot) {
                return Err(Refused::UnknownSlot);
            }
            let name = if rules::is_named(slot) { String::new() } else { text(name, Refused::NoName)? };
            one(Fact::Written { name, purpose: text(purpose, Refused::NoPurpose)? }, slot, EVERYWHERE, today)
        }
        Command::Set { id, rule } => {
            if state.is_id_taken {
                return Err(Refused::IdTaken);
            }
            let rule = checked(state, rule, today)?;
            let place = rule.place.clone();
            one(Fact::Set { rule: Box::new(rule) }, id, &place, today)
        }
        Command::End { rule, reason } => {
            let known = state.rule.as_ref().ok_or(Refused::NotAnOccurrence)?;
            if let Some(on) = known.ended_on {
                return Err(Refused::AlreadyEnded { date: on.to_string() });
            }
            one(Fact::Ended { reason: text(reason, Refused::NoReason)? }, rule, &known.owed.place, today)
        }
        Command::Raise { rule, on } => {
            let known = state.rule.as_ref().ok_or(Refused::NotAnOccurrence)?;
            if context.actor != Actor::System || *on > today || !known.days(on.yesterday().unwrap_or(*on), *on).contains(on) {
                return Err(Refused::NotAnOccurrence);
            }
            let duties = known.places.iter().take(MOST_RAISED).map(|(place, owner)| Raised { duty: format!("{rule}-{on}-{place}"), place: place.clone(), owner: owner.clone() });
            let fact = Fact::Raised { due: due(*on, known.owed.grace_days, known.owed.free_days), duties: duties.collect() };
            one(fact, rule, &known.owed.place, *on)
        }
        Command::Do { duty, content, photos } => {
            let known = open(state)?;
            if context.actor != Actor::System && !is_owner(known, context) {
                return Err(Refused::NotYours);
            }
            let content = text(content, Refused::NoContent)?;
            if known.needs_photo && photos.is_empty() {
                return Err(Refused::PhotoNeeded);
            }
            one(Fact::Done { content, photos: photos.clone() }, duty, &known.place, today)
        }
        Command::Excuse { duty, reason } => {
            let known = open(state)?;
            if is_owner(known, context) {
                return Err(Refused::OwnDuty);
            }
            one(Fact::Excused { reason: text(reason, Refused::NoReason)? }, duty, &known.place, today)
        }
    }
}

impl KnownRule {
    /// Days after one and through another on which it raises duties that it has not raised.
    pub fn days(&self, after: Date, through: Date) -> Vec<Date> {
        let after = self.last_on.map_or(after, |last| last.max(after));
        let through = self.ended_on.map_or(through, |ended| ended.min(through));
        Recurrence::read(&self.owed.recurrence).map_or_else(Vec::new, |rule| rule.days(self.owed.from, after, through, self.owed.free_days))
    }
}

fn checked(state: &State, rule: &Owed, today: Date) -> Result<Owed, Refused> {
    if !rules::is_slot(&rule.slot) {
        return Err(Refused::UnknownSlot);
    }
    if !state.is_written {
        return Err(Refused::NotWritten);
    }
    let name = text(&rule.name, Refused::NoName)?;
    if !(0..=LONGEST_AHEAD_DAYS).contains(&(rule.from - today).get_days()) {
        return Err(Refused::FromOutside);
    }
    let recurrence = rule.recurrence.trim().to_ascii_uppercase();
    if !Recurrence::read(&recurrence).is_some_and(|read| read.begins(rule.from)) {
        return Err(Refused::NoRecurrence);
    }
    if rule.grace_days > MOST_GRACE_DAYS {
        return Err(Refused::GraceOutside { limit: MOST_GRACE_DAYS.to_string() });
    }
    if rule.owner.account().is_some() && !state.is_owner_known {
        return Err(Refused::UnknownOwner);
    }
    Ok(Owed { name, recurrence, ..rule.clone() })
}

fn is_owner(known: &KnownDuty, context: &Context) -> bool {
    known.owner.as_deref().is_some_and(|owner| owner == context.actor.text())
}

fn open(state: &State) -> Result<&KnownDuty, Refused> {
    let known = state.duty.as_ref().ok_or(Refused::NotYours)?;
    match known.settled_on {
        Some(on) => Err(Refused::AlreadySettled { date: on.to_string() }),
        None => Ok(known),
    }
}
