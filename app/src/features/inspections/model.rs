//! Rules of inspections: what is sealed and opened, what is found, who may object and who answers.

use super::checklists;
use super::draw::{Drawing, RULES};
use super::planning::Allowed;
use super::known::{Act, Known, Person, Step, Unopened, may};
use super::sealing::{Opening, Stop, Succession};
use crate::features::orders::model::{Choice, Stage as OrderStage};
use crate::features::reports::model::Photo;
use crate::journal::domain::{Actor, Context, Draft};
use crate::refusals;
use jiff::{Timestamp, ToSpan};
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What seals and interests are filed under: they belong to no place.
const NOWHERE: &str = "-";

/// By which datum coordinates are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Datum {
    /// What satellites and browsers speak.
    #[default]
    Wgs84,
    /// What maps of the country show: off by some hundred metres.
    Gcj02,
}

/// Who says where somebody is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A person who typed it.
    #[default]
    Typed,
    /// The device.
    Device,
}

fn is_usual<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Where a phone says it is. It is shown as unverified: a phone can be told what to say, and a page cannot see that it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Latitude in millionths of a degree.
    pub latitude_e6: i64,
    /// Longitude in millionths of a degree.
    pub longitude_e6: i64,
    /// Accuracy as the phone says it, in metres.
    pub accuracy_m: Option<u32>,
    /// By which datum.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub datum: Datum,
    /// Who says so.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub source: Source,
}

impl Position {
    /// Whether there is such a place on earth.
    pub fn is_sound(&self) -> bool {
        self.latitude_e6.unsigned_abs() <= 90_000_000 && self.longitude_e6.unsigned_abs() <= 180_000_000
    }
}

/// What a phone says of the moment in which something was captured on it. The server's clock counts; the phone's is shown
/// beside it, with what is known of how wrong it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// What its clock said.
    pub phone_at: Timestamp,
    /// By how much its clock was behind the server's when the two last spoke, in seconds.
    pub behind_s: i64,
    /// By how much its clock was set back while the page was open, in seconds: seen by a clock that nobody can set. Set forward
    /// looks like sleep, in which that clock stands still.
    pub set_back_s: u32,
    /// Where it says it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

impl Moment {
    /// Whether the phone's clock went so wrong that its time is to be doubted, in something recorded at an instant.
    pub fn is_doubtful(&self, recorded_at: Timestamp) -> bool {
        let most_s = u64::from(RULES.phone_clock.value) * 60;
        let ahead_s = self.phone_at.as_second() - recorded_at.as_second();
        self.behind_s.unsigned_abs() > most_s || u64::from(self.set_back_s) > most_s || (ahead_s > 0 && ahead_s.unsigned_abs() > most_s)
    }
}

/// What an inspection comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing to put right.
    Sound,
    /// Something to put right.
    Defects,
    /// Much, or something grave.
    Grave,
}

impl Verdict {
    /// Every verdict with its name in forms and locale keys.
    pub const ALL: [(Verdict, &'static str); 3] = [(Verdict::Sound, "sound"), (Verdict::Defects, "defects"), (Verdict::Grave, "grave")];

    /// Its name.
    pub fn name(self) -> &'static str {
        Verdict::ALL.iter().find(|(one, _)| *one == self).map_or("", |(_, name)| name)
    }

    /// The verdict of a name.
    pub fn from_name(name: &str) -> Option<Verdict> {
        Verdict::ALL.iter().find(|(_, known)| *known == name).map(|(one, _)| *one)
    }
}

/// What is proposed to a leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consequence {
    /// To praise.
    Praise,
    /// To criticise in a circular.
    Criticise,
    /// To refer for accountability, to whoever may do that.
    Refer,
}

impl Consequence {
    /// Every consequence with its name in forms and locale keys.
    pub const ALL: [(Consequence, &'static str); 3] =
        [(Consequence::Praise, "praise"), (Consequence::Criticise, "criticise"), (Consequence::Refer, "refer")];

    /// Its name.
    pub fn name(self) -> &'static str {
        Consequence::ALL.iter().find(|(one, _)| *one == self).map_or("", |(_, name)| name)
    }

    /// The consequence of a name.
    pub fn from_name(name: &str) -> Option<Consequence> {
        Consequence::ALL.iter().find(|(_, known)| *known == name).map(|(one, _)| *one)
    }
}

/// Where an inspection stands, once it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Inspectors are there.
    Visiting,
    /// Its conclusion is written.
    Concluded,
    /// The target has it: the time for an objection runs.
    Delivered,
    /// The target objects: the time for an answer runs.
    Objected,
    /// That is answered.
    Answered,
    /// Nobody went in time.
    Lapsed,
}

impl Stage {
    /// Every stage with its name in tables and locale keys.
    pub const ALL: [(Stage, &'static str); 6] = [
        (Stage::Visiting, "visiting"),
        (Stage::Concluded, "concluded"),
        (Stage::Delivered, "delivered"),
        (Stage::Objected, "objected"),
        (Stage::Answered, "answered"),
        (Stage::Lapsed, "lapsed"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Stage::ALL.iter().find(|(stage, _)| *stage == self).map_or("", |(_, name)| name)
    }

    /// The stage of a name.
    pub fn from_name(name: &str) -> Option<Stage> {
        Stage::ALL.iter().find(|(_, known)| *known == name).map(|(stage, _)| *stage)
    }
}

/// What can be asked of inspections.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "`inspection` is the inspection everywhere; the other fields are documented")]
pub enum Command {
    /// Commit to whatever has been planned, or to nothing; only the timer asks this, once an hour.
    Seal {
        /// The hour, `2026-11-23T09`.
        hour: String,
        /// Root of its leaves, base64.
        root: String,
    },
    /// An inspector has an interest in a project.
    Declare {
        /// The project.
        project: String,
    },
    /// Decide how often and how long a project is inspected in a year.
    PlanYear {
        /// The year.
        year: i16,
        /// Inspections of one project.
        visits: u32,
        /// Days of each.
        days: u32,
        /// Why, and by which paper.
        reason: String,
    },
    /// Open a sealed stop: an inspector is there.
    CheckIn {
        inspection: String,
        /// Where the phone says it is.
        position: Option<Position>,
        /// When it was, on a phone that had no signal.
        #[serde(skip_serializing_if = "Option::is_none")]
        moment: Option<Moment>,
    },
    /// Open a sealed stop to which nobody went; only the timer asks this.
    Lapse { inspection: String },
    /// Score a checklist; what has no points is not there.
    Score {
        inspection: String,
        /// The checklist.
        checklist: String,
        /// Points by item.
        points: BTreeMap<String, u32>,
        /// When it was, on a phone that had no signal.
        #[serde(skip_serializing_if = "Option::is_none")]
        moment: Option<Moment>,
    },
    /// Say what is wrong; it becomes an order at once.
    Find {
        inspection: String,
        /// Client-made id.
        finding: String,
        /// What is wrong, and what is to be done.
        content: String,
        /// How grave it is, of `rules/inspections.toml`.
        severity: String,
        /// The organisation that puts it right.
        lead: String,
        /// Photographs.
        photos: Vec<Photo>,
        /// When it was, on a phone that had no signal.
        #[serde(skip_serializing_if = "Option::is_none")]
        moment: Option<Moment>,
        /// When each of the photographs was taken on it, in their order.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        taken: Vec<Moment>,
    },
    /// Sign for what was done on the spot.
    Sign {
        inspection: String,
        /// SHA-256 of the picture of the signature, which is sealed and shown to nobody; absent where the person typed their
        /// own name at a desk, and the account stands for it.
        #[serde(skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
        /// When it was, on a phone that had no signal.
        #[serde(skip_serializing_if = "Option::is_none")]
        moment: Option<Moment>,
    },
    /// Say, as the inspected party, that what was done on the spot was shown to one.
    Acknowledge {
        inspection: String,
        /// What is to be said about it, if anything.
        content: String,
    },
    /// Write the conclusion.
    Conclude {
        inspection: String,
        /// What it comes to.
        verdict: Verdict,
        /// In words.
        content: String,
    },
    /// The target has the conclusion.
    Receive {
        inspection: String,
        /// The paper by which it did, when somebody else enters it.
        paper: String,
    },
    /// The target objects.
    Object {
        inspection: String,
        /// Why.
        content: String,
    },
    /// Answer that.
    Answer {
        inspection: String,
        /// Whether the conclusion stands.
        is_upheld: bool,
        /// Why.
        content: String,
    },
    /// Propose a consequence to a leader.
    Propose {
        inspection: String,
        /// Which.
        consequence: Consequence,
        /// Why.
        content: String,
    },
    /// Decide that.
    Settle {
        inspection: String,
        /// Whether it is approved.
        is_approved: bool,
        /// Why.
        reason: String,
    },
    /// Take a form that a program filled: all that it says, or nothing.
    Fill {
        inspection: String,
        /// SHA-256 of the form as it came, which is sealed and shown to nobody.
        form: String,
        /// What it says: scores and findings.
        acts: Vec<Command>,
    },
    /// See whether a finding was put right as reported.
    Reinspect {
        inspection: String,
        /// The finding.
        finding: String,
        /// Whether it was.
        is_done: bool,
        /// What was seen.
        content: String,
        /// Photographs.
        photos: Vec<Photo>,
    },
}

impl Command {
    /// The inspection it is about.
    pub fn inspection(&self) -> Option<&str> {
        match self {
            Command::Seal { .. } | Command::Declare { .. } | Command::PlanYear { .. } => None,
            Command::CheckIn { inspection, .. }
            | Command::Lapse { inspection }
            | Command::Score { inspection, .. }
            | Command::Find { inspection, .. }
            | Command::Sign { inspection, .. }
            | Command::Acknowledge { inspection, .. }
            | Command::Conclude { inspection, .. }
            | Command::Receive { inspection, .. }
            | Command::Object { inspection, .. }
            | Command::Answer { inspection, .. }
            | Command::Propose { inspection, .. }
            | Command::Settle { inspection, .. }
            | Command::Fill { inspection, .. }
            | Command::Reinspect { inspection, .. } => Some(inspection),
        }
    }
}

/// What happened in inspections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are those of the commands, which are documented")]
pub enum Fact {
    /// An hour was sealed, whether or not anything was planned in it.
    Sealed { hour: String, root: String },
    /// An inspector declared an interest.
    Declared { project: String },
    /// A year's inspections were planned; a later plan of it replaces an earlier one.
    YearPlanned { year: i16, visits: u32, days: u32, reason: String },
    /// A stop was opened by an inspector on the spot.
    Opened {
        opening: Opening<Stop>,
        position: Option<Position>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        moment: Option<Moment>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        successions: Vec<Succession>,
    },
    /// Another inspector was there too; the stop was open already when the phone had a signal again.
    Arrived { moment: Moment },
    /// A stop was opened because its last day is over.
    Lapsed {
        opening: Opening<Stop>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        successions: Vec<Succession>,
    },
    /// The draw of a plan was opened with its last stop.
    Drawn { opening: Opening<Drawing> },
    /// A checklist was scored; a later score replaces an earlier one.
    Scored {
        checklist: String,
        points: BTreeMap<String, u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        moment: Option<Moment>,
    },
    /// Something is wrong.
    Found {
        finding: String,
        content: String,
        severity: String,
        lead: String,
        choice: Choice,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        photos: Vec<Photo>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        moment: Option<Moment>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        taken: Vec<Moment>,
    },
    /// An inspector signed for what was done on the spot.
    Signed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        moment: Option<Moment>,
    },
    /// The inspected party said that it was shown what was done on the spot.
    Acknowledged {
        #[serde(default, skip_serializing_if = "String::is_empty")]
        content: String,
    },
    /// The conclusion was written.
    Concluded { verdict: Verdict, content: String },
    /// The target has it.
    Received { paper: String },
    /// The target objects.
    Objected { content: String },
    /// That was answered.
    Answered { is_upheld: bool, content: String },
    /// A consequence was proposed.
    Proposed { consequence: Consequence, content: String },
    /// It was decided.
    Settled { is_approved: bool, reason: String },
    /// A form that a program filled was taken; what it says follows as facts of its own.
    Filled { form: String },
    /// A finding was looked at again by somebody else.
    Reinspected {
        finding: String,
        order: String,
        is_done: bool,
        content: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        photos: Vec<Photo>,
    },
}

refusals! {
    /// No place, or one twice, or one that is not there.
    NoPlace = "V-101" Rule site1;
    /// Fewer inspectors than a team has.
    TooFewInspectors { least } = "V-102" Rule inspector1;
    /// Somebody who does not inspect at the place.
    NotAnInspector { place } = "V-103" Rule inspector1;
    /// Somebody with an interest in the project.
    HasInterest { place } = "V-104" Rule inspector1;
    /// Why must be said.
    NoReason = "V-105" Rule reason;
    /// Before today, or later than a plan may stay sealed.
    UntilOutside { from, to } = "V-106" Rule last_day;
    /// The place was visited a short time ago: why again must be said.
    Duplicate { place, date } = "V-107" Rule again;
    /// No project is active, or for none enough inspectors are free of interest.
    NothingToDraw = "V-108" Conflict _;
    /// Fewer than one place, or more than are drawn at once.
    CountOutside { most } = "V-109" Rule count;
    /// The hour is not this one, or has its seal.
    NotThisHour = "V-110" Conflict _;
    /// Only the timer does this.
    NotYours = "V-111" Forbidden _;
    /// The plan is not sealed yet.
    NotSealed { at } = "V-112" Conflict _;
    /// It does not stand where that can be done.
    WrongStage { stage } = "V-113" Conflict _;
    /// The id is in use.
    IdTaken = "V-114" Conflict _;
    /// No such checklist today, no such item, or more points than it has.
    UnknownItem { item } = "V-115" Rule checklist;
    /// More points than an item has.
    TooManyPoints { item, limit } = "V-151" Rule checklist;
    /// A photograph of a form that was filed without it.
    FiledWithout { name } = "V-152" Conflict _;
    /// Nothing is scored.
    NothingScored = "V-116" Rule checklist;
    /// What was found must be said.
    NoFinding = "V-117" Rule finding;
    /// No such severity.
    UnknownSeverity = "V-118" Rule severity;
    /// The organisation is not registered.
    UnknownLead = "V-119" Rule lead;
    /// The conclusion must be written.
    NoConclusion = "V-120" Rule conclusion;
    /// A conclusion stands on at least one checklist.
    NoScore = "V-121" Conflict _;
    /// Something was found, or nothing was.
    VerdictDiffers = "V-122" Rule verdict;
    /// Whoever enters what the target did on paper names the paper.
    NoPaper = "V-123" Rule paper;
    /// The time for an objection is over.
    TooLate { date } = "V-124" Conflict _;
    /// Whoever took part does not answer.
    TookPart = "V-125" Conflict _;
    /// Something waits for a decision already, or nothing does.
    NotProposed = "V-126" Conflict _;
    /// Somebody else looks again.
    OwnFinding = "V-127" Conflict _;
    /// Nothing is reported as put right.
    NotReported = "V-128" Conflict _;
    /// What the target says must be said.
    NoObjection = "V-129" Rule objection;
    /// The last day has not passed.
    NotOver = "V-130" Conflict _;
    /// The interest is declared.
    Declared = "V-131" Conflict _;
    /// The position is no latitude and longitude.
    BadPosition = "V-132" Rule position;
    /// There is no picture of a signature, or more than one.
    NoSignature = "V-133" Rule signature;
    /// Photographs that a submission names have not arrived whole.
    PieceMissing { count } = "V-134" Conflict _;
    /// What arrived is not what was announced.
    PieceDiffers = "V-135" Rule photos;
    /// Too much of one person's waits to be named by a submission.
    TooManyPieces { limit } = "V-136" Conflict _;
    /// One photograph, or a part of it, is larger than is taken.
    PieceTooLarge { limit } = "V-137" Rule photos;
    /// It is no submission of a phone.
    Unreadable = "V-138" Rule _;
    /// What came is no filled form.
    NotAForm { limit } = "V-139" Rule _;
    /// An answer that the form does not ask for, or that is none.
    OtherShape { name } = "V-140" Rule _;
    /// The place lies outside the inspection.
    PlaceOutside = "V-141" Rule _;
    /// A form in which nothing is scored and nothing found.
    NothingFilled = "V-142" Rule _;
    /// The year's inspections of the project have been: beyond that a reason is asked for.
    YearFull { place, year, count, most } = "V-143" Rule beyond;
    /// No day, or more than the year allows: beyond that a reason is asked for.
    TooLong { most } = "V-144" Rule visit_days;
    /// Neither this year nor the next.
    YearOutside { from, to } = "V-145" Rule plan_year;
    /// Nothing, or more than a year holds.
    AllowedOutside { visits, days } = "V-146" Rule visits;
    /// The person has signed.
    AlreadySigned = "V-147" Conflict _;
    /// Whoever signs by typing types their own name.
    OtherName = "V-148" Rule own_name;
    /// Whoever comes goes there already.
    GoesAlready { place } = "V-149" Rule coming;
    /// Nothing is sealed that this person could hand over or take.
    NothingInHand = "V-150" Conflict _;
    /// This leader has a sealed plan of the place: why again must be said.
    PlannedAlready { place } = "V-153" Rule again;
    /// Places could be drawn that were visited a short time ago, or of which whoever draws has a sealed plan.
    RepeatsInPool { places } = "V-154" Rule repeats;
    /// An objection waits for its answer.
    ObjectionOpen = "V-155" Conflict _;
    /// Points that are no whole number from zero.
    NotPoints { item } = "V-156" Rule checklist;
}

/// Inspections of one project that a year may allow, and days of each.
pub const MOST_ALLOWED: Allowed = Allowed { visits: 52, days: 30 };

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// This instant, civil time in China.
    pub now: DateTime,
    /// Whether the hour has its seal.
    pub is_hour_sealed: bool,
    /// Whether the interest is declared.
    pub is_declared: bool,
    /// The stop, while it is sealed.
    pub unopened: Option<Unopened>,
    /// The inspection, once it is open.
    pub known: Option<Known>,
    /// Who acts.
    pub person: Person,
    /// Whether the id of the finding is in use.
    pub is_id_taken: bool,
    /// Whether the organisation is registered.
    pub is_lead_known: bool,
    /// The order of the finding in question: its id, and where it stands.
    pub order: Option<(String, OrderStage)>,
}

/// The hour of an instant, as seals are named.
pub fn hour_of(at: DateTime) -> String {
    at.strftime("%Y-%m-%dT%H").to_string()
}

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let today = context.today;
    let by_timer = || if context.actor == Actor::System { Ok(()) } else { Err(Refused::NotYours) };
    match command {
        Command::Seal { hour, root } => {
            by_timer()?;
            // An hour that has passed without a seal stays without: nothing is sealed afterwards.
            if *hour != hour_of(state.now) || state.is_hour_sealed {
                return Err(Refused::NotThisHour);
            }
            let fact = Fact::Sealed { hour: hour.clone(), root: root.clone() };
            Ok(vec![Draft { fact, subject: format!("seal-{hour}"), place: NOWHERE.to_owned(), occurred_on: today }])
        }
        Command::Declare { project } => {
            if state.is_declared {
                return Err(Refused::Declared);
            }
            let fact = Fact::Declared { project: project.clone() };
            Ok(vec![Draft { fact, subject: context.actor.text().to_owned(), place: project.clone(), occurred_on: today }])
        }
        Command::PlanYear { year, visits, days, reason } => {
            let (from, to) = (today.year(), today.year() + 1);
            if !(from..=to).contains(year) {
                return Err(Refused::YearOutside { from: from.to_string(), to: to.to_string() });
            }
            if !(1..=MOST_ALLOWED.visits).contains(visits) || !(1..=MOST_ALLOWED.days).contains(days) {
                return Err(Refused::AllowedOutside { visits: MOST_ALLOWED.visits.to_string(), days: MOST_ALLOWED.days.to_string() });
            }
            let fact = Fact::YearPlanned { year: *year, visits: *visits, days: *days, reason: text(reason, Refused::NoReason)? };
            Ok(vec![Draft { fact, subject: format!("inspections-{year}"), place: NOWHERE.to_owned(), occurred_on: today }])
        }
        Command::CheckIn { position, moment, .. } => {
            sound(position.iter(), moment.iter())?;
            if let Some(known) = &state.known {
                return arrived(state, known, moment.as_ref(), today);
            }
            let unopened = state.unopened.as_ref().ok_or(Refused::NotYours)?;
            if !state.person.may_inspect || !unopened.stop.inspectors.contains(&state.person.account) {
                return Err(Refused::NotYours);
            }
            if state.person.is_interested {
                return Err(Refused::HasInterest { place: unopened.stop.place.clone() });
            }
            let next_hour = state.now.saturating_add(1.hour()).strftime("%H:00").to_string();
            let opening = unopened.opening.clone().ok_or(Refused::NotSealed { at: next_hour })?;
            let successions = unopened.successions.clone();
            Ok(opened(unopened, Fact::Opened { opening, position: position.clone(), moment: moment.clone(), successions }, today))
        }
        Command::Lapse { .. } => {
            by_timer()?;
            let unopened = state.unopened.as_ref().ok_or(Refused::NotOver)?;
            let opening = unopened.opening.clone().filter(|opening| opening.content.until < today).ok_or(Refused::NotOver)?;
            Ok(opened(unopened, Fact::Lapsed { opening, successions: unopened.successions.clone() }, today))
        }
        _ => {
            let known = state.known.as_ref().ok_or(Refused::NotYours)?;
            let fact = step(state, known, command, context)?;
            let stop = known.stop();
            Ok(vec![Draft { fact, subject: stop.id.clone(), place: stop.place.clone(), occurred_on: today }])
        }
    }
}

/// A check-in at a stop that is open: two who go without a signal both write down that they were there, and the second one's
/// word is not lost because the first had a signal sooner.
fn arrived(state: &State, known: &Known, moment: Option<&Moment>, today: Date) -> Result<Vec<Draft<Fact>>, Refused> {
    let (stop, person) = (known.stop(), &state.person);
    let is_there = |step: &Step| step.by == person.account && matches!(step.fact, Fact::Opened { .. } | Fact::Arrived { .. });
    let is_inspector = person.may_inspect && known.people().contains(&person.account);
    match moment {
        Some(moment) if is_inspector && known.stage == Stage::Visiting && !known.steps.iter().any(is_there) => {
            let fact = Fact::Arrived { moment: moment.clone() };
            Ok(vec![Draft { fact, subject: stop.id.clone(), place: stop.place.clone(), occurred_on: today }])
        }
        _ => Err(Refused::WrongStage { stage: known.stage.name().to_owned() }),
    }
}

/// Whether every position is one on earth.
fn sound<'a>(positions: impl Iterator<Item = &'a Position>, moments: impl Iterator<Item = &'a Moment>) -> Result<(), Refused> {
    let is_sound = positions.chain(moments.filter_map(|moment| moment.position.as_ref())).all(Position::is_sound);
    if is_sound { Ok(()) } else { Err(Refused::BadPosition) }
}

/// The opening of a stop, and of the draw with the last stop of a plan.
fn opened(unopened: &Unopened, fact: Fact, today: Date) -> Vec<Draft<Fact>> {
    let stop = &unopened.stop;
    let draft = |fact, subject: &str| Draft { fact, subject: subject.to_owned(), place: stop.place.clone(), occurred_on: today };
    let mut drafts = vec![draft(fact, &stop.id)];
    drafts.extend(unopened.drawing.clone().map(|opening| draft(Fact::Drawn { opening }, &stop.plan)));
    // A draw is of the whole district: it belongs to no place of it.
    for draft in drafts.iter_mut().skip(1) {
        draft.place = NOWHERE.to_owned();
    }
    drafts
}

/// What follows in an inspection that is open.
fn step(state: &State, known: &Known, command: &Command, context: &Context) -> Result<Fact, Refused> {
    let ask = |act| may(act, known, &state.person, state.now);
    Ok(match command {
        Command::Score { checklist, points, moment, .. } => {
            ask(Act::Score)?;
            sound(std::iter::empty(), moment.iter())?;
            let unknown = |item: &str| Refused::UnknownItem { item: item.to_owned() };
            let found = checklists::checklist(checklist).filter(|one| one.holds(context.today)).ok_or_else(|| unknown(checklist))?;
            for (id, points) in points {
                let item = found.items().find(|item| item.id == *id).ok_or_else(|| unknown(id))?;
                if *points > item.points {
                    return Err(Refused::TooManyPoints { item: format!("checklist_item.{id}"), limit: item.points.to_string() });
                }
            }
            if points.is_empty() {
                return Err(Refused::NothingScored);
            }
            Fact::Scored { checklist: checklist.clone(), points: points.clone(), moment: moment.clone() }
        }
        Command::Find { finding, content, severity, lead, photos, moment, taken, .. } => {
            ask(Act::Find)?;
            sound(std::iter::empty(), moment.iter().chain(taken))?;
            if state.is_id_taken {
                return Err(Refused::IdTaken);
            }
            let content = text(content, Refused::NoFinding)?;
            let rule = RULES.severity.iter().find(|one| one.id == *severity).ok_or(Refused::UnknownSeverity)?;
            if !state.is_lead_known {
                return Err(Refused::UnknownLead);
            }
            let choice = Choice { preset: rule.preset.clone(), limit: rule.limit.clone(), ladder: rule.ladder.clone() };
            Fact::Found { finding: finding.clone(), content, severity: severity.clone(), lead: lead.clone(), choice, photos: photos.clone(), moment: moment.clone(), taken: taken.clone() }
        }
        Command::Sign { signature, moment, .. } => {
            ask(Act::Sign)?;
            sound(std::iter::empty(), moment.iter())?;
            let signature = signature.as_ref().map(|signature| text(signature, Refused::NoSignature)).transpose()?;
            // A phone brings a picture: nobody types a name on the spot.
            if signature.is_none() && moment.is_some() {
                return Err(Refused::NoSignature);
            }
            if signature.is_none() && known.has_signed(&state.person, |fact| matches!(fact, Fact::Signed { .. })) {
                return Err(Refused::AlreadySigned);
            }
            Fact::Signed { signature, moment: moment.clone() }
        }
        Command::Acknowledge { content, .. } => {
            ask(Act::Acknowledge)?;
            Fact::Acknowledged { content: content.trim().to_owned() }
        }
        Command::Conclude { verdict, content, .. } => {
            ask(Act::Conclude)?;
            let content = text(content, Refused::NoConclusion)?;
            if known.scores().is_empty() {
                return Err(Refused::NoScore);
            }
            if (*verdict == Verdict::Sound) != known.findings().next().is_none() {
                return Err(Refused::VerdictDiffers);
            }
            Fact::Concluded { verdict: *verdict, content }
        }
        Command::Receive { paper, .. } => {
            ask(Act::Receive)?;
            if paper.trim().is_empty() && !state.person.is_target {
                return Err(Refused::NoPaper);
            }
            Fact::Received { paper: paper.trim().to_owned() }
        }
        Command::Object { content, .. } => {
            ask(Act::Object)?;
            Fact::Objected { content: text(content, Refused::NoObjection)? }
        }
        Command::Answer { is_upheld, content, .. } => {
            ask(Act::Answer)?;
            Fact::Answered { is_upheld: *is_upheld, content: text(content, Refused::NoReason)? }
        }
        Command::Propose { consequence, content, .. } => {
            ask(Act::Propose)?;
            Fact::Proposed { consequence: *consequence, content: text(content, Refused::NoReason)? }
        }
        Command::Settle { is_approved, reason, .. } => {
            ask(Act::Settle)?;
            Fact::Settled { is_approved: *is_approved, reason: text(reason, Refused::NoReason)? }
        }
        Command::Fill { form, acts, .. } => {
            ask(Act::Find)?;
            one_form(known, acts)?;
            Fact::Filled { form: form.clone() }
        }
        Command::Reinspect { finding, is_done, content, photos, .. } => {
            ask(Act::Reinspect)?;
            let (_, found) = known.findings().find(|(id, _)| id == finding).ok_or(Refused::NotReported)?;
            if found.by == state.person.account {
                return Err(Refused::OwnFinding);
            }
            let (order, stage) = state.order.as_ref().ok_or(Refused::NotReported)?;
            if *stage != OrderStage::Reported {
                return Err(Refused::NotReported);
            }
            let content = text(content, Refused::NoFinding)?;
            Fact::Reinspected { finding: finding.clone(), order: order.clone(), is_done: *is_done, content, photos: photos.clone() }
        }
        Command::Seal { .. } | Command::Declare { .. } | Command::PlanYear { .. } | Command::CheckIn { .. } | Command::Lapse { .. } => return Err(Refused::NotYours),
    })
}

/// Whether acts are what one form can say: scores and findings of one inspection, no finding twice.
fn one_form(known: &Known, acts: &[Command]) -> Result<(), Refused> {
    let mut findings = BTreeSet::new();
    let is_said = |act: &Command| match act {
        Command::Score { .. } => true,
        Command::Find { finding, .. } => findings.insert(finding.clone()),
        _ => false,
    };
    if acts.is_empty() {
        return Err(Refused::NothingFilled);
    }
    let id = known.stop().id.as_str();
    let is_whole = acts.iter().all(|act| act.inspection() == Some(id)) && acts.iter().all(is_said);
    if is_whole { Ok(()) } else { Err(Refused::OtherShape { name: id.to_owned() }) }
}

/// Words that say something, or why they must.
pub(super) fn text(words: &str, none: Refused) -> Result<String, Refused> {
    let words = words.trim();
    if words.is_empty() { Err(none) } else { Ok(words.to_owned()) }
}
