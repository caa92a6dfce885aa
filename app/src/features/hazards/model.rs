//! Rules of safety: who measures, grades and looks at risks, what a dangerous work passes through, and what a hazard needs until
//! it is closed. A major one stops work, and nobody who repaired it or asked to go on says that it may.

use super::rules::{self, Colour, HAZARDS, RISKS};
use crate::features::reports::model::Photo;
use crate::journal::domain::{Actor, Context, Draft};
use crate::refusal::text;
use crate::refusals;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A hazard is to be gone in so many days at most: what takes longer is a plan.
const LONGEST_DAYS: i32 = 366;

/// How grave a hazard is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Put right at once or soon.
    #[default]
    Ordinary,
    /// Stops work, is reported twice and listed.
    Major,
}

impl Grade {
    /// Every grade with its name in tables, forms and locale keys.
    pub const ALL: [(Grade, &'static str); 2] = [(Grade::Ordinary, "ordinary"), (Grade::Major, "major")];

    /// Its name.
    pub fn name(self) -> &'static str {
        Grade::ALL.iter().find(|(grade, _)| *grade == self).map_or("", |(_, name)| name)
    }

    /// The grade of a name.
    pub fn from_name(name: &str) -> Option<Grade> {
        Grade::ALL.iter().find(|(_, known)| *known == name).map(|(grade, _)| *grade)
    }
}

/// Where a hazard stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// To be put right.
    #[default]
    Open,
    /// Said to be put right.
    Repaired,
    /// Somebody else has seen that it is; work of a major one still stands.
    Rechecked,
    /// The site asks to go on.
    Asked,
    /// Work goes on.
    Resumed,
    /// It is over.
    Closed,
}

impl Stage {
    /// Every stage with its name in tables and locale keys.
    pub const ALL: [(Stage, &'static str); 6] = [
        (Stage::Open, "open"),
        (Stage::Repaired, "repaired"),
        (Stage::Rechecked, "rechecked"),
        (Stage::Asked, "asked"),
        (Stage::Resumed, "resumed"),
        (Stage::Closed, "closed"),
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

/// To whom a major hazard is reported: both, by law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// The regulator.
    Regulator,
    /// The workers' congress.
    Congress,
}

impl Recipient {
    /// Both, with their names in forms and locale keys.
    pub const ALL: [(Recipient, &'static str); 2] = [(Recipient::Regulator, "regulator"), (Recipient::Congress, "congress")];

    /// Its name.
    pub fn name(self) -> &'static str {
        Recipient::ALL.iter().find(|(one, _)| *one == self).map_or("", |(_, name)| name)
    }

    /// The recipient of a name.
    pub fn from_name(name: &str) -> Option<Recipient> {
        Recipient::ALL.iter().find(|(_, known)| *known == name).map(|(one, _)| *one)
    }
}

/// The five things that are settled for a hazard (五落实).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// What is done.
    pub measure: String,
    /// What it costs, in fen; needed of a major one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_fen: Option<i64>,
    /// The account of who answers for it.
    pub person: String,
    /// By when it is gone.
    pub due: Date,
    /// What is done if something happens meanwhile; needed of a major one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub contingency: String,
}

/// Who signs the plan of a dangerous work: two of two firms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Who is technically responsible at the builder's.
    Builder,
    /// The chief supervision engineer.
    Supervision,
}

/// What experts make of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It passes.
    Passed,
    /// It passes once it is amended.
    Amended,
    /// It does not: another plan is made, signed and argued.
    Failed,
}

impl Outcome {
    /// Every outcome with its name in forms and locale keys.
    pub const ALL: [(Outcome, &'static str); 3] = [(Outcome::Passed, "passed"), (Outcome::Amended, "amended"), (Outcome::Failed, "failed")];

    /// The outcome of a name.
    pub fn from_name(name: &str) -> Option<Outcome> {
        Outcome::ALL.iter().find(|(_, known)| *known == name).map(|(one, _)| *one)
    }
}

/// What can be asked of safety.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "`place` and `hazard` are the same everywhere; the other fields are documented")]
pub enum Command {
    /// Say how much of something a building has.
    Measure {
        place: String,
        /// What, of `rules/risks.toml`.
        parameter: String,
        /// How much, in thousandths of its unit.
        value_e3: i64,
    },
    /// Grade a risk of a building otherwise than the catalogue; without a colour as the catalogue does.
    Regrade {
        place: String,
        /// The risk.
        risk: String,
        /// Its colour.
        colour: Option<Colour>,
        /// Why.
        reason: String,
    },
    /// Look at risks of a building.
    Check {
        place: String,
        /// Which.
        risks: Vec<String>,
        /// Whether all were under control.
        is_sound: bool,
        /// What was seen.
        content: String,
    },
    /// Sign the plan of a dangerous work.
    Sign {
        place: String,
        /// The work.
        danger: String,
        /// For which side.
        side: Side,
        /// The plan, by name and number.
        document: String,
    },
    /// Say what experts make of it.
    Argue {
        place: String,
        /// The work.
        danger: String,
        /// How many there were.
        experts: u32,
        /// What they make of it.
        outcome: Outcome,
        /// Their paper.
        document: String,
    },
    /// Say that those who do the work were told.
    Disclose {
        place: String,
        /// The work.
        danger: String,
        /// The paper they signed.
        document: String,
    },
    /// Accept a dangerous work: the next step may begin.
    Accept {
        place: String,
        /// The work.
        danger: String,
        /// The paper of acceptance.
        document: String,
    },
    /// Say that something is dangerous.
    Find {
        hazard: String,
        place: String,
        /// Kind, of `rules/hazards.toml`.
        kind: String,
        /// How grave.
        grade: Grade,
        /// What it is.
        content: String,
        /// What is settled for it.
        remedy: Box<Remedy>,
        /// Photographs as it was found.
        photos: Vec<Photo>,
    },
    /// Say that it is put right.
    Repair {
        hazard: String,
        /// What was done.
        content: String,
        /// Photographs as it is now.
        photos: Vec<Photo>,
    },
    /// See whether it is.
    Recheck {
        hazard: String,
        /// Whether it is.
        is_done: bool,
        /// What was seen.
        content: String,
        /// Photographs.
        photos: Vec<Photo>,
    },
    /// Say that a major one was reported.
    Report {
        hazard: String,
        /// To whom.
        recipient: Recipient,
        /// When.
        on: Date,
        /// By which paper.
        document: String,
    },
    /// Put a major one on the list that a higher office watches.
    List {
        hazard: String,
        /// By which paper.
        document: String,
    },
    /// Ask that work goes on.
    Ask {
        hazard: String,
        /// Why it may.
        content: String,
    },
    /// Review that.
    Review {
        hazard: String,
        /// Whether it may go on.
        is_fit: bool,
        /// What was seen.
        content: String,
    },
    /// Call an ordinary one major.
    Raise {
        hazard: String,
        /// Why.
        reason: String,
        /// What it costs, in fen.
        amount_fen: Option<i64>,
        /// What is done if something happens meanwhile.
        contingency: String,
        /// Photographs of what makes it major.
        photos: Vec<Photo>,
    },
    /// Call a major one ordinary.
    Lower {
        hazard: String,
        /// Why.
        reason: String,
    },
    /// Close a major one after work goes on.
    Close {
        hazard: String,
        /// What came of it.
        content: String,
    },
    /// Hear that a report says that work was done; only the reactions table asks this.
    Hear {
        /// The building.
        place: String,
        /// The report.
        report: String,
        /// The day it is about.
        on: Date,
        /// What was done some of: project and activity.
        works: Vec<(String, String)>,
    },
}

impl Command {
    /// The hazard it is about, of those that are there.
    pub fn hazard(&self) -> Option<&str> {
        match self {
            Command::Repair { hazard, .. }
            | Command::Recheck { hazard, .. }
            | Command::Report { hazard, .. }
            | Command::List { hazard, .. }
            | Command::Ask { hazard, .. }
            | Command::Review { hazard, .. }
            | Command::Raise { hazard, .. }
            | Command::Lower { hazard, .. }
            | Command::Close { hazard, .. } => Some(hazard),
            _ => None,
        }
    }

    /// The place it names.
    pub fn place(&self) -> Option<&str> {
        match self {
            Command::Measure { place, .. }
            | Command::Regrade { place, .. }
            | Command::Check { place, .. }
            | Command::Sign { place, .. }
            | Command::Argue { place, .. }
            | Command::Disclose { place, .. }
            | Command::Accept { place, .. }
            | Command::Hear { place, .. }
            | Command::Find { place, .. } => Some(place),
            _ => None,
        }
    }

    /// The dangerous work it is about.
    pub fn danger(&self) -> Option<&str> {
        match self {
            Command::Sign { danger, .. } | Command::Argue { danger, .. } | Command::Disclose { danger, .. } | Command::Accept { danger, .. } => Some(danger),
            _ => None,
        }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are those of the commands, which are documented")]
pub enum Fact {
    /// Something was measured.
    Measured { parameter: String, value_e3: i64 },
    /// A risk was graded otherwise, or as the catalogue does again.
    Regraded { risk: String, colour: Option<Colour>, reason: String },
    /// Risks were looked at.
    Checked { risks: Vec<String>, is_sound: bool, content: String },
    /// The plan of a dangerous work was signed for one side.
    Signed { danger: String, side: Side, document: String },
    /// Experts argued it.
    Argued { danger: String, experts: u32, outcome: Outcome, document: String },
    /// Those who do the work were told.
    Disclosed { danger: String, document: String },
    /// It was accepted.
    Accepted { danger: String, document: String },
    /// A hazard was found.
    Found {
        kind: String,
        grade: Grade,
        content: String,
        remedy: Box<Remedy>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        photos: Vec<Photo>,
    },
    /// An ordinary one is major from this day on.
    Raised { reason: String, amount_fen: i64, contingency: String, photos: Vec<Photo> },
    /// A major one is ordinary again.
    Lowered { reason: String },
    /// Work at the place stands still from this day on, as far as is known until a day.
    WorkStopped { until: Date },
    /// Somebody says that it is put right.
    Repaired {
        content: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        photos: Vec<Photo>,
    },
    /// Somebody else looked.
    Rechecked {
        is_done: bool,
        content: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        photos: Vec<Photo>,
    },
    /// It was reported.
    Reported { recipient: Recipient, on: Date, document: String },
    /// A higher office watches it.
    Listed { document: String },
    /// The site asks to go on.
    Asked { content: String },
    /// That was reviewed.
    Reviewed { is_fit: bool, content: String },
    /// Work goes on from this day.
    WorkResumed {},
    /// It is over.
    Closed { content: String },
    /// A report says that work went on at a building while it was to stand still. `hazard` says what the hazard is and
    /// `stopped_by` who stopped the work: what follows from this is told without looking them up.
    Disregarded { building: String, report: String, on: Date, hazard: String, stopped_by: String },
}

refusals! {
    /// The id is in use.
    IdTaken = "H-101" Conflict _;
    /// Hazards and risks are of projects and what stands in them.
    NotASite = "H-102" Rule about;
    /// No post at the place allows it.
    MayNot = "H-103" Forbidden _;
    /// A kind that is not in the list.
    UnknownKind = "H-104" Rule hazard_kind;
    /// What was seen or done must be said.
    NoContent = "H-105" Rule remark;
    /// What is done about it must be said.
    NoMeasure = "H-106" Rule measure;
    /// Nobody who may read the place answers for it.
    UnknownPerson = "H-107" Rule assignee;
    /// Gone before today, or in more than a year.
    DueOutside = "H-108" Rule due;
    /// A major hazard names its money.
    NoMoney = "H-109" Rule amount_yuan;
    /// A major hazard names what is done if something happens.
    NoContingency = "H-110" Rule contingency;
    /// It does not stand where that can be done.
    WrongStage { stage } = "H-111" Conflict _;
    /// Another person must do that.
    SamePerson = "H-112" Conflict _;
    /// Only a major hazard is reported, listed and reviewed.
    NotMajor = "H-113" Conflict _;
    /// It was reported there.
    AlreadyReported { date } = "H-114" Conflict recipient;
    /// A day before it was found, or that has not come.
    DayOutside = "H-115" Rule on;
    /// A paper must be named.
    NoDocument = "H-116" Rule document;
    /// Both reports must be there before it is closed.
    ReportsMissing = "H-117" Conflict _;
    /// Nothing that sites measure.
    UnknownParameter = "H-118" Rule parameter;
    /// Less than nothing, or more than any site has.
    ValueOutside { most } = "H-119" Rule value;
    /// A risk that is not in the list.
    UnknownRisk = "H-120" Rule risk;
    /// A reason is needed.
    NoReason = "H-121" Rule reason;
    /// Nothing was looked at that is on.
    NothingChecked = "H-122" Rule risks;
    /// No such dangerous work.
    UnknownDanger = "H-123" Rule danger;
    /// By what was measured it is none.
    NotDangerous = "H-124" Conflict _;
    /// Something else comes first.
    OutOfTurn = "H-125" Conflict _;
    /// Too few experts.
    TooFewExperts { least } = "H-126" Rule experts;
    /// It is listed already.
    AlreadyListed { date } = "H-127" Conflict _;
    /// A photograph shows it.
    PhotoNeeded = "H-128" Rule photos;
    /// What should be a quantity is none.
    UnreadableValue = "H-129" Rule value;
    /// It is major already.
    AlreadyMajor = "H-130" Conflict _;
    /// A kind that is major by the published list.
    MajorByList = "H-131" Conflict _;
}

/// A hazard as the rule sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The place.
    pub place: String,
    /// How grave.
    pub grade: Grade,
    /// Where it stands.
    pub stage: Stage,
    /// When it was found.
    pub found_on: Date,
    /// By when it is to be gone.
    pub due: Date,
    /// Since when it is major, and who called it so.
    pub major: Option<(Date, String)>,
    /// Whether its kind is major by the published list.
    pub is_major_kind: bool,
    /// Who put it right last.
    pub repaired_by: Option<String>,
    /// Who asked to go on last.
    pub asked_by: Option<String>,
    /// When it was reported, and to whom.
    pub reported: Vec<(Recipient, Date)>,
    /// When it was listed.
    pub listed_on: Option<Date>,
}

impl Known {
    /// To whom it has not been reported.
    pub fn unreported(&self) -> impl Iterator<Item = Recipient> {
        let is_major = self.grade == Grade::Major;
        Recipient::ALL.iter().map(|(one, _)| *one).filter(move |one| is_major && !self.reported.iter().any(|(to, _)| to == one))
    }

    /// Whether work at its place stands still because of it.
    pub fn stops_work(&self) -> bool {
        self.grade == Grade::Major && self.stage < Stage::Resumed
    }
}

/// Where a dangerous work stands: what has been done of its present plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// Who signed the plan, for each side.
    pub signed: Vec<(Side, String)>,
    /// Whether experts let it pass.
    pub is_argued: bool,
    /// Who told those who do the work.
    pub disclosed_by: Option<String>,
    /// When it was accepted.
    pub accepted_on: Option<Date>,
}

/// What a dangerous work needs next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needed {
    /// The signature of a side.
    Signature(Side),
    /// Experts.
    Experts,
    /// Those who do the work are told.
    Disclosure,
    /// Acceptance.
    Acceptance,
}

impl Needed {
    /// Its name in locale keys and forms.
    pub fn name(self) -> &'static str {
        match self {
            Needed::Signature(Side::Builder) => "sign_builder",
            Needed::Signature(Side::Supervision) => "sign_supervision",
            Needed::Experts => "argue",
            Needed::Disclosure => "disclose",
            Needed::Acceptance => "accept",
        }
    }
}

impl Chain {
    /// What comes next; `None` when it is accepted.
    pub fn next(&self, is_over: bool) -> Option<Needed> {
        let is_signed = |side| self.signed.iter().any(|(one, _)| *one == side);
        for side in [Side::Builder, Side::Supervision] {
            if !is_signed(side) {
                return Some(Needed::Signature(side));
            }
        }
        if is_over && !self.is_argued {
            return Some(Needed::Experts);
        }
        if self.disclosed_by.is_none() {
            return Some(Needed::Disclosure);
        }
        self.accepted_on.is_none().then_some(Needed::Acceptance)
    }

    /// The same chain after a fact.
    pub fn after(mut self, fact: &Fact, by: &str, on: Date) -> Chain {
        match fact {
            Fact::Signed { side, .. } => self.signed.push((*side, by.to_owned())),
            // Another plan begins at the beginning.
            Fact::Argued { outcome: Outcome::Failed, .. } => return Chain::default(),
            Fact::Argued { .. } => self.is_argued = true,
            Fact::Disclosed { .. } => self.disclosed_by = Some(by.to_owned()),
            Fact::Accepted { .. } => self.accepted_on = Some(on),
            _ => {}
        }
        self
    }
}

/// What a person may do at a place, as far as safety goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Posts {
    /// Works there: whoever reports.
    pub works: bool,
    /// Plans the works there.
    pub plans: bool,
    /// Supervises the works there.
    pub supervises: bool,
    /// Inspects, governs or approves there.
    pub oversees: bool,
    /// Governs there.
    pub governs: bool,
}

impl Posts {
    /// Whether any of them is held.
    pub fn any(self) -> bool {
        self.works || self.plans || self.judges() || self.governs
    }

    /// Whether what others did is looked at: by supervision, inspectors or leaders.
    pub fn judges(self) -> bool {
        self.supervises || self.oversees
    }
}

/// A hazard that had stopped work where a report says that some was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stopping {
    /// Its id.
    pub hazard: String,
    /// Its place.
    pub place: String,
    /// What it is.
    pub content: String,
    /// Who stopped the work.
    pub by: String,
    /// Since when.
    pub from: Date,
    /// Whether it is known of this building that work went on.
    pub is_told: bool,
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Hazards that had stopped work at the building of a report.
    pub stopping: Vec<Stopping>,
    /// Whether the id is in use.
    pub is_id_taken: bool,
    /// The place.
    pub place: String,
    /// Whether it is a project or something in one.
    pub is_site: bool,
    /// What the person may do there.
    pub posts: Posts,
    /// The hazard in question.
    pub hazard: Option<Known>,
    /// Whether whoever is to answer for it may read the place.
    pub is_person_known: bool,
    /// Risks that are on at the place, with their colours.
    pub on: Vec<(String, Colour)>,
    /// The measured value of the dangerous work in question, in thousandths.
    pub value_e3: Option<i64>,
    /// The dangerous work in question.
    pub chain: Chain,
}

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let draft = |fact, subject: &str, occurred_on| Draft { fact, subject: subject.to_owned(), place: state.place.clone(), occurred_on };
    let today = context.today;
    let posts = match context.actor {
        Actor::System => Posts { works: true, plans: true, supervises: true, oversees: true, governs: true },
        Actor::Account(_) => state.posts,
    };
    if !posts.any() {
        return Err(Refused::MayNot);
    }
    if command.place().is_some() && !state.is_site {
        return Err(Refused::NotASite);
    }
    if let Command::Hear { place, report, on, .. } = command {
        if context.actor != Actor::System {
            return Err(Refused::MayNot);
        }
        return Ok(disregarded(state, (place, report), *on, today));
    }
    let allow = |is_allowed: bool| if is_allowed { Ok(()) } else { Err(Refused::MayNot) };
    if let Some(danger) = command.danger() {
        let fact = danger_fact(state, command, context, posts)?;
        return Ok(vec![draft(fact, &format!("{}#{danger}", state.place), today)]);
    }
    match command {
        Command::Measure { place, parameter, value_e3 } => {
            let known = rules::parameter(parameter).ok_or(Refused::UnknownParameter)?;
            if !(0..=i64::from(known.most) * 1000).contains(value_e3) {
                return Err(Refused::ValueOutside { most: known.most.to_string() });
            }
            Ok(vec![draft(Fact::Measured { parameter: parameter.clone(), value_e3: *value_e3 }, place, today)])
        }
        Command::Regrade { place, risk, colour, reason } => {
            let known = rules::risk(risk).ok_or(Refused::UnknownRisk)?;
            let present = state.on.iter().find(|(on, _)| on == risk).map_or(known.colour(), |(_, colour)| *colour);
            // Whoever works under a risk may call it graver; that it is less is for whoever judges.
            allow(posts.judges() || colour.unwrap_or(known.colour()) <= present)?;
            let fact = Fact::Regraded { risk: risk.clone(), colour: *colour, reason: text(reason, Refused::NoReason)? };
            Ok(vec![draft(fact, &format!("{place}#{risk}"), today)])
        }
        Command::Check { place, risks, is_sound, content } => {
            if risks.is_empty() || !risks.iter().all(|risk| state.on.iter().any(|(on, _)| on == risk)) {
                return Err(Refused::NothingChecked);
            }
            let content = if *is_sound { content.trim().to_owned() } else { text(content, Refused::NoContent)? };
            let mut risks = risks.clone();
            risks.sort();
            risks.dedup();
            Ok(vec![draft(Fact::Checked { risks, is_sound: *is_sound, content }, place, today)])
        }
        Command::Find { hazard, kind, grade, content, remedy, photos, .. } => {
            if state.is_id_taken {
                return Err(Refused::IdTaken);
            }
            let known = rules::kind(kind).ok_or(Refused::UnknownKind)?;
            let grade = if known.is_major { Grade::Major } else { *grade };
            let remedy = settled(state, grade, remedy, today)?;
            let content = text(content, Refused::NoContent)?;
            if grade == Grade::Major && photos.is_empty() {
                return Err(Refused::PhotoNeeded);
            }
            let until = remedy.due;
            let found = Fact::Found { kind: kind.clone(), grade, content, remedy: Box::new(remedy), photos: photos.clone() };
            let mut drafts = vec![draft(found, hazard, today)];
            if grade == Grade::Major {
                drafts.push(draft(Fact::WorkStopped { until }, hazard, today));
            }
            Ok(drafts)
        }
        Command::Repair { hazard, content, photos } => {
            stands(state, &[Stage::Open])?;
            allow(posts.works)?;
            let content = text(content, Refused::NoContent)?;
            if photos.is_empty() {
                return Err(Refused::PhotoNeeded);
            }
            Ok(vec![draft(Fact::Repaired { content, photos: photos.clone() }, hazard, today)])
        }
        Command::Recheck { hazard, is_done, content, photos } => {
            let known = stands(state, &[Stage::Repaired])?;
            allow(posts.judges())?;
            others(context, [known.repaired_by.as_ref()])?;
            let content = text(content, Refused::NoContent)?;
            Ok(vec![draft(Fact::Rechecked { is_done: *is_done, content, photos: photos.clone() }, hazard, today)])
        }
        Command::Report { hazard, recipient, on, document } => {
            let known = major(state)?;
            if let Some((_, date)) = known.reported.iter().find(|(to, _)| to == recipient) {
                return Err(Refused::AlreadyReported { date: date.to_string() });
            }
            if *on < known.found_on || *on > today {
                return Err(Refused::DayOutside);
            }
            let document = text(document, Refused::NoDocument)?;
            Ok(vec![draft(Fact::Reported { recipient: *recipient, on: *on, document }, hazard, *on)])
        }
        Command::List { hazard, document } => {
            let known = major(state)?;
            allow(posts.governs)?;
            if let Some(on) = known.listed_on {
                return Err(Refused::AlreadyListed { date: on.to_string() });
            }
            Ok(vec![draft(Fact::Listed { document: text(document, Refused::NoDocument)? }, hazard, today)])
        }
        Command::Ask { hazard, content } => {
            major(state)?;
            stands(state, &[Stage::Rechecked])?;
            allow(posts.works)?;
            Ok(vec![draft(Fact::Asked { content: text(content, Refused::NoContent)? }, hazard, today)])
        }
        Command::Review { hazard, is_fit, content } => {
            major(state)?;
            let known = stands(state, &[Stage::Asked])?;
            allow(posts.judges())?;
            others(context, [known.repaired_by.as_ref(), known.asked_by.as_ref()])?;
            let reviewed = Fact::Reviewed { is_fit: *is_fit, content: text(content, Refused::NoContent)? };
            let mut drafts = vec![draft(reviewed, hazard, today)];
            if *is_fit {
                drafts.push(draft(Fact::WorkResumed {}, hazard, today));
            }
            Ok(drafts)
        }
        Command::Raise { hazard, reason, amount_fen, contingency, photos } => {
            let known = stands(state, &[Stage::Open, Stage::Repaired])?;
            if known.grade == Grade::Major {
                return Err(Refused::AlreadyMajor);
            }
            let reason = text(reason, Refused::NoReason)?;
            let amount_fen = amount_fen.filter(|amount_fen| *amount_fen > 0).ok_or(Refused::NoMoney)?;
            let contingency = text(contingency, Refused::NoContingency)?;
            if photos.is_empty() {
                return Err(Refused::PhotoNeeded);
            }
            let raised = Fact::Raised { reason, amount_fen, contingency, photos: photos.clone() };
            Ok(vec![draft(raised, hazard, today), draft(Fact::WorkStopped { until: known.due.max(today) }, hazard, today)])
        }
        Command::Lower { hazard, reason } => {
            major(state)?;
            // Once somebody else has seen it put right it goes the way of a major one to its end.
            let known = stands(state, &[Stage::Open, Stage::Repaired])?;
            if known.is_major_kind {
                return Err(Refused::MajorByList);
            }
            allow(posts.judges())?;
            others(context, [known.major.as_ref().map(|(_, by)| by), known.repaired_by.as_ref()])?;
            let lowered = Fact::Lowered { reason: text(reason, Refused::NoReason)? };
            Ok(vec![draft(lowered, hazard, today), draft(Fact::WorkResumed {}, hazard, today)])
        }
        Command::Close { hazard, content } => {
            major(state)?;
            let known = stands(state, &[Stage::Resumed])?;
            allow(posts.judges())?;
            others(context, [known.repaired_by.as_ref()])?;
            if known.unreported().next().is_some() {
                return Err(Refused::ReportsMissing);
            }
            Ok(vec![draft(Fact::Closed { content: text(content, Refused::NoContent)? }, hazard, today)])
        }
        Command::Sign { .. } | Command::Argue { .. } | Command::Disclose { .. } | Command::Accept { .. } => Err(Refused::UnknownDanger),
        Command::Hear { .. } => Err(Refused::MayNot),
    }
}

/// That work went on under hazards that had stopped it: once of each and a building, however long it goes on. Of the first day
/// nothing is said, since a report does not tell what was done before the hazard was found.
fn disregarded(state: &State, (building, report): (&str, &str), on: Date, today: Date) -> Vec<Draft<Fact>> {
    let news = state.stopping.iter().filter(|one| !one.is_told && one.from < on);
    let draft = |one: &Stopping| Draft {
        fact: Fact::Disregarded { building: building.to_owned(), report: report.to_owned(), on, hazard: one.content.clone(), stopped_by: one.by.clone() },
        subject: one.hazard.clone(),
        place: one.place.clone(),
        occurred_on: today,
    };
    news.map(draft).collect()
}

/// The fact of a step of a dangerous work, when it is that step's turn and the person's to take.
fn danger_fact(state: &State, command: &Command, context: &Context, posts: Posts) -> Result<Fact, Refused> {
    let danger = rules::danger(command.danger().unwrap_or_default()).ok_or(Refused::UnknownDanger)?;
    let value_e3 = state.value_e3.filter(|value_e3| danger.is_one(*value_e3)).ok_or(Refused::NotDangerous)?;
    let needed = state.chain.next(danger.is_over(value_e3)).ok_or(Refused::OutOfTurn)?;
    let id = || danger.id.clone();
    let (asked, is_allowed, fact) = match command {
        Command::Sign { side, document, .. } => {
            let is_allowed = if *side == Side::Builder { posts.works } else { posts.supervises };
            (Needed::Signature(*side), is_allowed, Fact::Signed { danger: id(), side: *side, document: text(document, Refused::NoDocument)? })
        }
        Command::Argue { experts, outcome, document, .. } => {
            let least = RISKS.experts.least;
            if *experts < least {
                return Err(Refused::TooFewExperts { least: least.to_string() });
            }
            let document = text(document, Refused::NoDocument)?;
            (Needed::Experts, posts.works, Fact::Argued { danger: id(), experts: *experts, outcome: *outcome, document })
        }
        Command::Disclose { document, .. } => (Needed::Disclosure, posts.works, Fact::Disclosed { danger: id(), document: text(document, Refused::NoDocument)? }),
        Command::Accept { document, .. } => (Needed::Acceptance, posts.supervises, Fact::Accepted { danger: id(), document: text(document, Refused::NoDocument)? }),
        _ => return Err(Refused::UnknownDanger),
    };
    if asked != needed {
        return Err(Refused::OutOfTurn);
    }
    if !is_allowed {
        return Err(Refused::MayNot);
    }
    // Two signatures are two people's; nobody accepts what they disclosed.
    match asked {
        Needed::Signature(_) => others(context, [state.chain.signed.first().map(|(_, by)| by), None])?,
        Needed::Acceptance => others(context, [state.chain.disclosed_by.as_ref()])?,
        Needed::Experts | Needed::Disclosure => {}
    }
    Ok(fact)
}

/// What is settled for a hazard of a grade.
fn settled(state: &State, grade: Grade, remedy: &Remedy, today: Date) -> Result<Remedy, Refused> {
    let measure = text(&remedy.measure, Refused::NoMeasure)?;
    if !state.is_person_known {
        return Err(Refused::UnknownPerson);
    }
    if !(0..=LONGEST_DAYS).contains(&(remedy.due - today).get_days()) {
        return Err(Refused::DueOutside);
    }
    let contingency = remedy.contingency.trim().to_owned();
    if remedy.amount_fen.is_some_and(|amount_fen| amount_fen < 0) || (grade == Grade::Major && remedy.amount_fen.is_none()) {
        return Err(Refused::NoMoney);
    }
    if grade == Grade::Major && contingency.is_empty() {
        return Err(Refused::NoContingency);
    }
    Ok(Remedy { measure, contingency, ..remedy.clone() })
}

fn stands<'a>(state: &'a State, stages: &[Stage]) -> Result<&'a Known, Refused> {
    let known = state.hazard.as_ref().ok_or(Refused::MayNot)?;
    if stages.contains(&known.stage) { Ok(known) } else { Err(Refused::WrongStage { stage: format!("hazard_stage.{}", known.stage.name()) }) }
}

fn major(state: &State) -> Result<&Known, Refused> {
    let known = state.hazard.as_ref().ok_or(Refused::MayNot)?;
    if known.grade != Grade::Major {
        return Err(Refused::NotMajor);
    }
    if known.stage == Stage::Closed {
        return Err(Refused::WrongStage { stage: format!("hazard_stage.{}", known.stage.name()) });
    }
    Ok(known)
}

/// That whoever acts is none of some people.
fn others<'a>(context: &Context, people: impl IntoIterator<Item = Option<&'a String>>) -> Result<(), Refused> {
    let me = context.actor.text();
    if people.into_iter().flatten().any(|person| person == me) { Err(Refused::SamePerson) } else { Ok(()) }
}

/// Days after which reports of a major hazard are late.
pub fn report_days() -> u32 {
    HAZARDS.reports.natural_days
}
