//! Rules of instructions: what is recorded of one, who acknowledges it, how its items are owned and reported back.

use crate::features::reports::model::Photo;
use crate::journal::domain::{Actor, Context, Draft};
use crate::names::names_person;
use crate::refusal::text;
use crate::refusals;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Posts on a roster at most: the page that takes it has a field for each.
pub const MOST_SEATS: usize = 60;

/// What an instruction came as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A meeting.
    Meeting,
    /// A leader's note on a paper.
    Note,
    /// A paper from above.
    Document,
    /// What a leader said on the spot.
    Visit,
}

impl Kind {
    /// Every kind with its name in tables, forms and locale keys.
    pub const ALL: [(Kind, &'static str); 4] =
        [(Kind::Meeting, "meeting"), (Kind::Note, "note"), (Kind::Document, "document"), (Kind::Visit, "visit")];

    /// Its name.
    pub fn name(self) -> &'static str {
        Kind::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }
}

/// Whether a post that was due came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It came.
    Present,
    /// Another post stood in for it.
    Substitute {
        /// Which.
        post: String,
    },
    /// It did not come.
    Absent {
        /// Why.
        reason: String,
    },
}

impl Presence {
    /// Names of the three in forms and locale keys.
    pub const NAMES: [&'static str; 3] = ["present", "substitute", "absent"];

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Presence::Present => "present",
            Presence::Substitute { .. } => "substitute",
            Presence::Absent { .. } => "absent",
        }
    }

    /// From its name and what was written beside it.
    pub fn from_name(name: &str, note: &str) -> Option<Presence> {
        Some(match name {
            "present" => Presence::Present,
            "substitute" => Presence::Substitute { post: note.to_owned() },
            "absent" => Presence::Absent { reason: note.to_owned() },
            _ => return None,
        })
    }

    /// The post that stood in, or why nobody came.
    pub fn note(&self) -> &str {
        match self {
            Presence::Present => "",
            Presence::Substitute { post: note } | Presence::Absent { reason: note } => note,
        }
    }
}

/// A post that was due at a meeting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Its unit.
    pub unit: String,
    /// Which post.
    pub post: String,
    /// Whether it came.
    pub presence: Presence,
}

/// How a roster adds up: posts that were due, came, were stood in for, stayed away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Due.
    pub due: usize,
    /// Present.
    pub present: usize,
    /// Stood in for.
    pub substitute: usize,
    /// Absent.
    pub absent: usize,
}

impl Sums {
    /// Of a roster.
    pub fn of(roster: &[Seat]) -> Sums {
        let count = |name: &str| roster.iter().filter(|seat| seat.presence.name() == name).count();
        Sums { due: roster.len(), present: count("present"), substitute: count("substitute"), absent: count("absent") }
    }
}

/// An item by its number, counted from one.
pub type Number = u32;

/// The id of an item among the sources of orders.
pub fn item_id(instruction: &str, item: Number) -> String {
    format!("{instruction}-{item}")
}

/// The instruction and item of such an id.
pub fn item_of(id: &str) -> Option<(&str, Number)> {
    let (instruction, item) = id.rsplit_once('-')?;
    Some((instruction, item.parse().ok()?))
}

/// What can be asked of instructions.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "`instruction` is the same everywhere; the other fields are documented")]
pub enum Command {
    /// Record one.
    Record {
        /// Client-made id.
        instruction: String,
        /// The place it is about.
        place: String,
        /// What it came as.
        kind: Kind,
        /// The post or body that gave it.
        source: String,
        /// Number of its paper; empty for none.
        reference: String,
        /// Its day.
        on: Date,
        /// What it is about, in a line.
        subject: String,
        /// Its text.
        content: String,
        /// Its pages as pictures.
        photos: Vec<Photo>,
    },
    /// Take the roster of a meeting; one that was taken before is replaced.
    TakeRoster {
        instruction: String,
        /// Posts that were due.
        roster: Vec<Seat>,
    },
    /// Convey it to units.
    Convey {
        instruction: String,
        /// To which.
        units: Vec<String>,
        /// By when they acknowledge it.
        due: Option<Date>,
    },
    /// Acknowledge it for a unit.
    Acknowledge {
        instruction: String,
        /// Which.
        unit: String,
        /// The paper by which the unit did, when somebody else enters it.
        paper: String,
    },
    /// Make an item of it.
    Assign {
        instruction: String,
        /// The place the item is about.
        place: String,
        /// What is to be done.
        content: String,
        /// The unit that owns it.
        unit: String,
        /// The post that owns it there; empty where the unit does.
        post: String,
        /// By when it is reported back.
        due: Date,
    },
    /// Take an item back.
    Drop {
        instruction: String,
        /// Which.
        item: Number,
        /// Why.
        reason: String,
    },
    /// Report an item back to the source.
    Report {
        instruction: String,
        /// Which.
        item: Number,
        /// What came of it.
        content: String,
        /// What shows it; its order does where there is one.
        evidence: String,
        /// The paper by which it is reported; empty for none.
        paper: String,
    },
    /// Take the whole back: it was recorded in error.
    Withdraw {
        instruction: String,
        /// Why.
        reason: String,
    },
}

impl Command {
    /// The instruction it is about.
    pub fn instruction(&self) -> &str {
        match self {
            Command::Record { instruction, .. }
            | Command::TakeRoster { instruction, .. }
            | Command::Convey { instruction, .. }
            | Command::Acknowledge { instruction, .. }
            | Command::Assign { instruction, .. }
            | Command::Drop { instruction, .. }
            | Command::Report { instruction, .. }
            | Command::Withdraw { instruction, .. } => instruction,
        }
    }
}

/// What happened to instructions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are those of the commands, which are documented")]
pub enum Fact {
    /// One was recorded.
    Recorded {
        kind: Kind,
        source: String,
        reference: String,
        on: Date,
        subject: String,
        content: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        photos: Vec<Photo>,
    },
    /// The roster of a meeting was taken.
    RosterTaken { roster: Vec<Seat> },
    /// It was conveyed.
    Conveyed { units: Vec<String>, due: Option<Date> },
    /// A unit acknowledged it.
    Acknowledged { unit: String, paper: String },
    /// It has an item.
    Assigned { item: Number, place: String, content: String, unit: String, post: String, due: Date },
    /// An item was taken back.
    Dropped { item: Number, reason: String },
    /// An item was reported back to the source.
    Reported { item: Number, content: String, evidence: String, paper: String },
    /// It was taken back.
    Withdrawn { reason: String },
}

refusals! {
    /// The id is in use.
    IdTaken = "J-201" Conflict _;
    /// Which post or body gave it must be said.
    NoSource = "J-202" Rule source_post;
    /// A source is a post or a body, not a person.
    SourceNamesSomebody = "J-203" Rule source_post;
    /// What it is about must be said.
    NoSubject = "J-204" Rule subject;
    /// Its text, or its pages, must be there.
    NoText = "J-205" Rule minutes;
    /// A day that has not come.
    FutureDay { date } = "J-206" Rule on;
    /// It was taken back.
    AlreadyWithdrawn { date } = "J-207" Conflict _;
    /// Only meetings have rosters.
    NoMeeting = "J-208" Conflict _;
    /// A roster names somebody, and not more than its page can hold.
    SeatsOutside { most } = "J-209" Rule roster;
    /// A seat lacks its unit, its post, who stood in, or why nobody came.
    SeatIncomplete { row } = "J-210" Rule roster;
    /// A seat stands on the roster already.
    SeatTwice { row } = "J-211" Rule roster;
    /// A roster is of posts, not of persons.
    SeatNamesSomebody { row } = "J-212" Rule roster;
    /// A unit that is not registered.
    UnknownUnit = "J-213" Rule units;
    /// Nobody to convey it to who has not been told.
    NobodyToTell = "J-214" Rule units;
    /// A day that has passed.
    PastDay { date } = "J-215" Rule due;
    /// It was not conveyed to that unit, or the unit has acknowledged it.
    NothingToAcknowledge = "J-216" Conflict _;
    /// Only the unit itself does this, or whoever enters its paper.
    NotYours = "J-217" Forbidden _;
    /// Whoever enters what a unit did on paper names the paper.
    NoPaper = "J-218" Rule paper;
    /// What is to be done must be said.
    NoContent = "J-219" Rule content;
    /// The unit that owns it is not registered.
    UnknownOwner = "J-220" Rule owner;
    /// An owner is a post, not a person.
    PostNamesSomebody = "J-221" Rule post;
    /// An item is about the instruction's place or one in it.
    PlaceOutside = "J-222" Rule about;
    /// No such item, or it was taken back.
    UnknownItem = "J-223" Rule item;
    /// It has been reported back.
    AlreadyReported { date } = "J-224" Conflict _;
    /// Its order is not closed.
    OrderOpen = "J-225" Conflict _;
    /// What came of it must be said.
    NoOutcome = "J-226" Rule outcome;
    /// Without an order, what shows it must be said.
    NoEvidence = "J-227" Rule evidence;
    /// Why must be said.
    NoReason = "J-228" Rule reason;
    /// Items of it are reported, or under order.
    StillBound = "J-229" Conflict _;
}

/// How the orders of an item stand together; those that were withdrawn are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordered {
    /// There is none.
    No,
    /// One is not closed.
    Open,
    /// All are closed.
    Closed,
}

/// Where an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing has been done with it.
    Open,
    /// Its order is under way.
    Ordered,
    /// Its order is closed: it waits to be reported back.
    Closed,
    /// It is reported back.
    Reported,
    /// It was taken back.
    Dropped,
}

impl Standing {
    /// Its name in locale keys.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Open => "open",
            Standing::Ordered => "ordered",
            Standing::Closed => "closed",
            Standing::Reported => "reported",
            Standing::Dropped => "dropped",
        }
    }
}

/// An item as the rule sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownItem {
    /// Its number.
    pub number: Number,
    /// The place it is about.
    pub place: String,
    /// The unit that owns it.
    pub unit: String,
    /// By when it is reported back.
    pub due: Date,
    /// When it was taken back.
    pub dropped_on: Option<Date>,
    /// When it was reported back, for good until an order of it is opened again.
    pub reported_on: Option<Date>,
    /// How its orders stand.
    pub ordered: Ordered,
}

impl KnownItem {
    /// Where it stands.
    pub fn standing(&self) -> Standing {
        match (self.dropped_on, self.reported_on, self.ordered) {
            (Some(_), ..) => Standing::Dropped,
            (None, Some(_), _) => Standing::Reported,
            (None, None, Ordered::Open) => Standing::Ordered,
            (None, None, Ordered::Closed) => Standing::Closed,
            (None, None, Ordered::No) => Standing::Open,
        }
    }

    /// Whether its day has passed and it is not reported back.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.due < today && !matches!(self.standing(), Standing::Reported | Standing::Dropped)
    }
}

/// Where an instruction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// It has no item yet.
    Received,
    /// Items of it are not reported back.
    Open,
    /// All of them are.
    Done,
    /// It was taken back.
    Withdrawn,
}

impl Stage {
    /// Its name in locale keys.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Received => "received",
            Stage::Open => "open",
            Stage::Done => "done",
            Stage::Withdrawn => "withdrawn",
        }
    }

    /// Of an instruction with some items.
    pub fn of<'a>(is_withdrawn: bool, items: impl Iterator<Item = &'a KnownItem>) -> Stage {
        let mut standings = items.map(KnownItem::standing).filter(|standing| *standing != Standing::Dropped).peekable();
        match (is_withdrawn, standings.peek().is_none()) {
            (true, _) => Stage::Withdrawn,
            (false, true) => Stage::Received,
            (false, false) if standings.all(|standing| standing == Standing::Reported) => Stage::Done,
            (false, false) => Stage::Open,
        }
    }
}

/// An instruction as the rule sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: String,
    /// The place.
    pub place: String,
    /// What it came as.
    pub kind: Kind,
    /// When it was taken back.
    pub withdrawn_on: Option<Date>,
    /// Units it was conveyed to, and whether they have acknowledged it.
    pub units: Vec<(String, bool)>,
    /// Its items, by number.
    pub items: Vec<KnownItem>,
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whether the id is in use.
    pub is_id_taken: bool,
    /// Names of people of this installation.
    pub names: Vec<String>,
    /// Units the command names that are not registered.
    pub unknown_units: Vec<String>,
    /// Whether the place of an item is the instruction's or one in it.
    pub is_place_fit: bool,
    /// The instruction.
    pub instruction: Option<Known>,
    /// The unit of who acts.
    pub own_unit: Option<String>,
    /// Whether who acts governs the place.
    pub may_govern: bool,
}

impl State {
    fn names_somebody(&self, words: &str) -> bool {
        self.names.iter().any(|name| names_person(words, name))
    }
}

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let today = context.today;
    if let Command::Record { instruction, place, kind, source, reference, on, subject, content, photos } = command {
        if state.is_id_taken {
            return Err(Refused::IdTaken);
        }
        let source = text(source, Refused::NoSource)?;
        if state.names_somebody(&source) {
            return Err(Refused::SourceNamesSomebody);
        }
        let subject = text(subject, Refused::NoSubject)?;
        let content = content.trim().to_owned();
        if content.is_empty() && photos.is_empty() {
            return Err(Refused::NoText);
        }
        if *on > today {
            return Err(Refused::FutureDay { date: on.to_string() });
        }
        let (kind, on, reference, photos) = (*kind, *on, reference.trim().to_owned(), photos.clone());
        let fact = Fact::Recorded { kind, source, reference, on, subject, content, photos };
        return Ok(vec![Draft { fact, subject: instruction.clone(), place: place.clone(), occurred_on: on }]);
    }
    let known = state.instruction.as_ref().ok_or(Refused::NotYours)?;
    if let Some(on) = known.withdrawn_on {
        return Err(Refused::AlreadyWithdrawn { date: on.to_string() });
    }
    let fact = step(state, known, command, context)?;
    Ok(vec![Draft { fact, subject: known.id.clone(), place: known.place.clone(), occurred_on: today }])
}

/// What follows for an instruction that is there.
fn step(state: &State, known: &Known, command: &Command, context: &Context) -> Result<Fact, Refused> {
    let today = context.today;
    Ok(match command {
        Command::TakeRoster { roster, .. } => Fact::RosterTaken { roster: taken(state, known, roster)? },
        Command::Convey { units, due, .. } => {
            if !state.unknown_units.is_empty() {
                return Err(Refused::UnknownUnit);
            }
            let is_new = |unit: &&String| !known.units.iter().any(|(told, _)| told == *unit);
            let mut units: Vec<String> = units.iter().filter(is_new).cloned().collect();
            units.sort();
            units.dedup();
            if units.is_empty() {
                return Err(Refused::NobodyToTell);
            }
            if let Some(due) = due {
                not_past(*due, today)?;
            }
            Fact::Conveyed { units, due: *due }
        }
        Command::Acknowledge { unit, paper, .. } => {
            let is_own = state.own_unit.as_ref() == Some(unit) || context.actor == Actor::System;
            if !is_own && !state.may_govern {
                return Err(Refused::NotYours);
            }
            if !known.units.iter().any(|(told, is_acknowledged)| told == unit && !is_acknowledged) {
                return Err(Refused::NothingToAcknowledge);
            }
            let paper = if is_own { paper.trim().to_owned() } else { text(paper, Refused::NoPaper)? };
            Fact::Acknowledged { unit: unit.clone(), paper }
        }
        Command::Assign { place, content, unit, post, due, .. } => {
            if !state.is_place_fit {
                return Err(Refused::PlaceOutside);
            }
            let content = text(content, Refused::NoContent)?;
            if !state.unknown_units.is_empty() {
                return Err(Refused::UnknownOwner);
            }
            if state.names_somebody(post) {
                return Err(Refused::PostNamesSomebody);
            }
            not_past(*due, today)?;
            let item = known.items.iter().map(|item| item.number).max().unwrap_or(0) + 1;
            let (place, unit, post) = (place.clone(), unit.clone(), post.trim().to_owned());
            Fact::Assigned { item, place, content, unit, post, due: *due }
        }
        Command::Drop { item, reason, .. } => {
            free(known, *item)?;
            Fact::Dropped { item: *item, reason: text(reason, Refused::NoReason)? }
        }
        Command::Report { item, content, evidence, paper, .. } => {
            let found = free(known, *item)?;
            let content = text(content, Refused::NoOutcome)?;
            // What was looked at when its order was closed stands there.
            let evidence = match found.ordered {
                Ordered::Closed => evidence.trim().to_owned(),
                _ => text(evidence, Refused::NoEvidence)?,
            };
            Fact::Reported { item: *item, content, evidence, paper: paper.trim().to_owned() }
        }
        Command::Withdraw { reason, .. } => {
            let reason = text(reason, Refused::NoReason)?;
            let is_bound = |item: &KnownItem| item.reported_on.is_some() || item.ordered != Ordered::No;
            if known.items.iter().any(is_bound) {
                return Err(Refused::StillBound);
            }
            Fact::Withdrawn { reason }
        }
        Command::Record { .. } => return Err(Refused::NotYours),
    })
}

/// An item that is neither reported nor under an open order.
fn free(known: &Known, item: Number) -> Result<&KnownItem, Refused> {
    let found = known.items.iter().find(|one| one.number == item && one.dropped_on.is_none());
    let found = found.ok_or(Refused::UnknownItem)?;
    match (found.reported_on, found.ordered) {
        (Some(on), _) => Err(Refused::AlreadyReported { date: on.to_string() }),
        (None, Ordered::Open) => Err(Refused::OrderOpen),
        (None, _) => Ok(found),
    }
}

fn not_past(day: Date, today: Date) -> Result<(), Refused> {
    if day < today { Err(Refused::PastDay { date: today.to_string() }) } else { Ok(()) }
}

/// A roster as it is kept.
fn taken(state: &State, known: &Known, roster: &[Seat]) -> Result<Vec<Seat>, Refused> {
    if known.kind != Kind::Meeting {
        return Err(Refused::NoMeeting);
    }
    if roster.is_empty() || roster.len() > MOST_SEATS {
        return Err(Refused::SeatsOutside { most: MOST_SEATS.to_string() });
    }
    let mut taken: Vec<Seat> = Vec::new();
    for (at, seat) in roster.iter().enumerate() {
        let row = || (at + 1).to_string();
        let (post, note) = (seat.post.trim(), seat.presence.note().trim());
        let needs_note = seat.presence != Presence::Present;
        if post.is_empty() || (needs_note && note.is_empty()) || state.unknown_units.contains(&seat.unit) {
            return Err(Refused::SeatIncomplete { row: row() });
        }
        if state.names_somebody(post) || state.names_somebody(note) {
            return Err(Refused::SeatNamesSomebody { row: row() });
        }
        if taken.iter().any(|other| other.unit == seat.unit && other.post == post) {
            return Err(Refused::SeatTwice { row: row() });
        }
        let presence = match &seat.presence {
            Presence::Present => Presence::Present,
            Presence::Substitute { .. } => Presence::Substitute { post: note.to_owned() },
            Presence::Absent { .. } => Presence::Absent { reason: note.to_owned() },
        };
        taken.push(Seat { unit: seat.unit.clone(), post: post.to_owned(), presence });
    }
    Ok(taken)
}
