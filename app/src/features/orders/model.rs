//! Rules of orders: who drafts, approves, issues, signs, reports and closes; what moves a clock; which rung is due.

use super::budget::{Budget, Tick, Unit};
use super::known::{Act, Known, Person, Step, may};
use super::rules;
use crate::features::calendars::holidays::is_working_day;
use crate::features::reports::model::Photo;
use crate::journal::domain::{Actor, Context, Draft};
use crate::refusal::text;
use crate::refusals;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

/// Supporting units of an order at most: with more, nobody supports it.
pub const MOST_SUPPORTING: usize = 3;
/// Orders above a sub-order at most: an order under an order under an order is a plan.
pub const MOST_DEPTH: usize = 2;

/// Where an order comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A leader's instruction on a paper.
    Instruction,
    /// Minutes of a meeting.
    Minutes,
    /// A document from above.
    Document,
    /// An inspection.
    Inspection,
    /// A resident's or owner's complaint.
    Grievance,
    /// A problem of this site.
    Problem,
    /// A decision of a daily round.
    Decision,
    /// A mandated date that cannot be kept.
    Mandate,
    /// Promises of a building that were not kept.
    Promise,
    /// A finding of an unannounced inspection.
    Finding,
    /// A hazard that is not put right in time.
    Hazard,
    /// Risks of a place that nobody has looked at in time; its reference is the place.
    Risk,
    /// A duty that is not done in time.
    Duty,
    /// An item of an instruction that is recorded here.
    Item,
    /// A contingency plan that was set off.
    Contingency,
}

impl SourceKind {
    /// Every kind with its name in tables, addresses and locale keys.
    pub const ALL: [(SourceKind, &'static str); 15] = [
        (SourceKind::Instruction, "instruction"),
        (SourceKind::Minutes, "minutes"),
        (SourceKind::Document, "document"),
        (SourceKind::Inspection, "inspection"),
        (SourceKind::Grievance, "grievance"),
        (SourceKind::Problem, "problem"),
        (SourceKind::Decision, "decision"),
        (SourceKind::Mandate, "mandate"),
        (SourceKind::Promise, "promise"),
        (SourceKind::Finding, "finding"),
        (SourceKind::Hazard, "hazard"),
        (SourceKind::Risk, "risk"),
        (SourceKind::Duty, "duty"),
        (SourceKind::Item, "item"),
        (SourceKind::Contingency, "contingency"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        SourceKind::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<SourceKind> {
        SourceKind::ALL.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    /// Whether its reference is the id of an object of this site, not the number of a paper.
    pub fn is_object(self) -> bool {
        !matches!(self, SourceKind::Instruction | SourceKind::Minutes | SourceKind::Document | SourceKind::Inspection | SourceKind::Grievance)
    }
}

/// Where an order comes from, and which one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Kind.
    pub kind: SourceKind,
    /// Id of the object, or number of the paper.
    pub reference: String,
}

/// By which rule an order is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// A preset of `rules/orders.toml`.
    pub preset: String,
    /// One of its limits.
    pub limit: String,
    /// A ladder of that file.
    pub ladder: String,
}

/// The numbers of a limit, frozen when an order is issued: what a preset says later changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// What the budget counts in.
    pub unit: Unit,
    /// How much of it.
    pub amount: u32,
    /// Most natural days by which the deadline is moved, once.
    pub extension_most_days: u32,
    /// Units left at least when a report comes back that was in time.
    pub rework_days: u32,
    /// Whether its slips are delivered at any hour.
    pub is_urgent: bool,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Drafted: nobody is bound.
    Drafted,
    /// A leader agrees.
    Approved,
    /// Issued: its clock runs.
    Issued,
    /// The lead unit has signed for it.
    Signed,
    /// Its clock stands still by decision.
    Paused,
    /// The lead unit has reported; its clock stands still.
    Reported,
    /// Closed by somebody else.
    Closed,
    /// Taken back.
    Withdrawn,
}

impl Stage {
    /// Every stage with its name in tables and locale keys.
    pub const ALL: [(Stage, &'static str); 8] = [
        (Stage::Drafted, "drafted"),
        (Stage::Approved, "approved"),
        (Stage::Issued, "issued"),
        (Stage::Signed, "signed"),
        (Stage::Paused, "paused"),
        (Stage::Reported, "reported"),
        (Stage::Closed, "closed"),
        (Stage::Withdrawn, "withdrawn"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Stage::ALL.iter().find(|(stage, _)| *stage == self).map_or("", |(_, name)| name)
    }

    /// The stage of a name.
    pub fn from_name(name: &str) -> Option<Stage> {
        Stage::ALL.iter().find(|(_, known)| *known == name).map(|(stage, _)| *stage)
    }

    /// Whether the lead unit is bound.
    pub fn is_open(self) -> bool {
        matches!(self, Stage::Issued | Stage::Signed | Stage::Paused | Stage::Reported)
    }
}

/// What can be asked of orders.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "`order` is the order everywhere; the other fields are documented")]
pub enum Command {
    /// Draft one.
    Draft {
        /// Client-made id.
        order: String,
        /// The place.
        place: String,
        /// Where it comes from.
        source: Source,
        /// What it is about, in a line.
        title: String,
        /// What is to be done.
        content: String,
        /// The organisation that answers for it.
        lead: String,
        /// Organisations that help.
        supporting: Vec<String>,
        /// By which rule.
        choice: Choice,
        /// The order it is a part of.
        parent: Option<String>,
    },
    /// Draft and issue what an inspector found, in the inspector's name; only an inspection asks this.
    Rectify {
        /// Id, made of the finding.
        order: String,
        /// The place.
        place: String,
        /// The finding.
        finding: String,
        /// What it is about, in a line.
        title: String,
        /// What is to be done.
        content: String,
        /// The organisation that puts it right.
        lead: String,
        /// By which rule.
        choice: Choice,
        /// The inspector.
        by: String,
    },
    /// Close it or send its report back, as somebody saw who looked again; only an inspection asks this.
    Judge {
        order: String,
        /// Whether it was done as reported.
        is_done: bool,
        /// What was seen.
        content: String,
        /// Photographs of it.
        photos: Vec<Photo>,
    },
    /// Agree to a draft.
    Approve { order: String },
    /// Issue it: its clock begins.
    Issue { order: String },
    /// Sign for it.
    Sign {
        order: String,
        /// The paper by which the unit did, when somebody else enters it.
        paper: String,
    },
    /// Say how it goes.
    Note {
        order: String,
        /// In words.
        content: String,
    },
    /// Press for it.
    Urge {
        order: String,
        /// In words.
        content: String,
    },
    /// Ask for another date.
    AskExtension {
        order: String,
        /// The date.
        until: Date,
        /// Why.
        reason: String,
        /// How far it is.
        progress: String,
    },
    /// Answer that.
    AnswerExtension {
        order: String,
        /// Whether the date moves.
        is_granted: bool,
        /// The date it moves to.
        until: Option<Date>,
        /// Why.
        reason: String,
    },
    /// Let its clock stand still.
    Pause {
        order: String,
        /// Why.
        reason: String,
    },
    /// Let it go on.
    Resume {
        order: String,
        /// Why.
        reason: String,
    },
    /// Report that it is done.
    Report {
        order: String,
        /// What was done.
        content: String,
        /// What shows it.
        evidence: String,
        /// Photographs that show it.
        photos: Vec<Photo>,
        /// The paper by which the unit did, when somebody else enters it.
        paper: String,
    },
    /// Send a report back.
    Return {
        order: String,
        /// What is missing.
        reason: String,
    },
    /// Close it.
    Close {
        order: String,
        /// What was looked at, and found.
        evidence: String,
        /// Photographs of it.
        photos: Vec<Photo>,
    },
    /// Look at it again after it was closed.
    LookBack {
        order: String,
        /// Whether it still stands as reported; otherwise it is opened again.
        is_sound: bool,
        /// What was found.
        finding: String,
        /// By which rule it is to be done again.
        choice: Option<Choice>,
    },
    /// Take it back.
    Withdraw {
        order: String,
        /// Why.
        reason: String,
    },
    /// A rung of its ladder is reached; only the timer asks this.
    Ring {
        order: String,
        /// The round of the order.
        round: u32,
        /// The rung.
        rung: String,
        /// When it was reached.
        reached_at: DateTime,
    },
    /// Its deadline is another than people were told, because the State Council has announced its holidays since; only the
    /// timer asks this.
    Redate {
        order: String,
        /// The day it is.
        due_on: Date,
    },
    /// Somebody has compared the machine's clock with another after it had jumped.
    TrustClock {
        /// What was compared.
        reason: String,
    },
}

impl Command {
    /// The order that exists before the command.
    pub fn order(&self) -> Option<&str> {
        match self {
            Command::Draft { .. } | Command::Rectify { .. } | Command::TrustClock { .. } => None,
            Command::Approve { order }
            | Command::Judge { order, .. }
            | Command::Issue { order }
            | Command::Sign { order, .. }
            | Command::Note { order, .. }
            | Command::Urge { order, .. }
            | Command::AskExtension { order, .. }
            | Command::AnswerExtension { order, .. }
            | Command::Pause { order, .. }
            | Command::Resume { order, .. }
            | Command::Report { order, .. }
            | Command::Return { order, .. }
            | Command::Close { order, .. }
            | Command::LookBack { order, .. }
            | Command::Withdraw { order, .. }
            | Command::Ring { order, .. }
            | Command::Redate { order, .. } => Some(order),
        }
    }
}

/// What happened to orders. `due_on` is the deadline as people were told it: the one that holds is computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are those of the commands, which are documented")]
pub enum Fact {
    /// One was drafted.
    Drafted {
        source: Source,
        title: String,
        content: String,
        lead: String,
        supporting: Vec<String>,
        choice: Choice,
        parent: Option<String>,
        /// In whose name, when a consequence of an inspection drafted it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// A leader agreed.
    Approved {},
    /// It was issued.
    Issued { terms: Terms, due_on: Date },
    /// The lead unit signed for it.
    Signed { paper: String },
    /// Somebody said how it goes.
    Noted { content: String },
    /// It was pressed for.
    Urged { content: String },
    /// The lead unit asked for another date.
    ExtensionAsked { until: Date, reason: String, progress: String },
    /// It got one.
    Extended { until: Date, reason: String },
    /// It did not.
    ExtensionRefused { reason: String },
    /// Its clock stands still.
    Paused { reason: String },
    /// Its clock goes on.
    Resumed { reason: String, due_on: Date },
    /// The lead unit reported that it is done.
    Reported {
        content: String,
        evidence: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        photos: Vec<Photo>,
        paper: String,
    },
    /// The report was sent back.
    Returned { reason: String, due_on: Date },
    /// It was closed.
    Closed {
        evidence: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        photos: Vec<Photo>,
    },
    /// It was looked at again, and stands.
    LookedBack { finding: String },
    /// It was looked at again, and does not stand: a new round begins. The old one keeps its dates.
    Reopened { finding: String, choice: Choice, terms: Terms, due_on: Date },
    /// It was taken back.
    Withdrawn { reason: String },
    /// A rung was reached.
    Rung { round: u32, rung: String, reached_at: DateTime },
    /// Its deadline moved because holidays were announced.
    Redated { due_on: Date },
    /// The machine's clock is right again.
    ClockTrusted { reason: String },
}

impl Fact {
    /// Where an order stands after it; `None` where that does not change.
    pub fn leads_to(&self) -> Option<Stage> {
        Some(match self {
            Fact::Drafted { .. } => Stage::Drafted,
            Fact::Approved {} => Stage::Approved,
            Fact::Issued { .. } | Fact::Reopened { .. } => Stage::Issued,
            Fact::Signed { .. } | Fact::Resumed { .. } | Fact::Returned { .. } => Stage::Signed,
            Fact::Paused { .. } => Stage::Paused,
            Fact::Reported { .. } => Stage::Reported,
            Fact::Closed { .. } => Stage::Closed,
            Fact::Withdrawn { .. } => Stage::Withdrawn,
            _ => return None,
        })
    }
}

refusals! {
    /// The id is in use.
    IdTaken = "S-101" Conflict _;
    /// Something that must be said is not.
    NoTitle = "S-102" Rule title;
    /// What is to be done must be said.
    NoContent = "S-103" Rule content;
    /// The lead unit is not registered.
    UnknownLead = "S-104" Rule lead;
    /// A supporting unit that is not there, stands twice, or leads.
    UnknownSupporting = "S-105" Rule supporting1;
    /// No such limit today.
    UnknownLimit = "S-106" Rule limit;
    /// No such ladder.
    UnknownLadder = "S-107" Rule ladder;
    /// Where it comes from is not there, or belongs to another place.
    UnknownSource = "S-108" Rule reference;
    /// The order it is to be a part of is not there, has ended, or is deep enough.
    UnknownParent = "S-109" Rule parent;
    /// It does not stand where that can be done.
    WrongStage { stage } = "S-110" Conflict _;
    /// Nobody approves their own draft.
    OwnDraft = "S-111" Conflict _;
    /// Only the lead unit does this, or whoever enters its paper.
    NotYours = "S-112" Forbidden _;
    /// Whoever enters what a unit did on paper names the paper.
    NoPaper = "S-113" Rule paper;
    /// Why must be said.
    NoReason = "S-114" Rule reason;
    /// How far it is must be said.
    NoProgress = "S-115" Rule progress;
    /// It has been prolonged, or that is asked for already.
    AlreadyAsked = "S-116" Conflict _;
    /// The deadline has passed.
    TooLate { date } = "S-117" Conflict _;
    /// Not later than the deadline, later than the rule allows, or a day off.
    UntilOutside { from, to } = "S-118" Rule until;
    /// Nobody asks for another date.
    NotAsked = "S-119" Conflict _;
    /// Whoever reported, and their unit, do not judge it.
    OwnReport = "S-120" Conflict _;
    /// What shows it must be said.
    NoEvidence = "S-121" Rule evidence;
    /// Parts of it are open.
    OpenParts { count } = "S-122" Conflict _;
    /// A part is due after the whole.
    AfterParent { date } = "S-123" Conflict _;
    /// What was found must be said.
    NoFinding = "S-124" Rule finding;
    /// That rung is not reached, or was before.
    NotReached = "S-125" Conflict _;
    /// The deadline is the one people know.
    SameDue = "S-126" Conflict _;
    /// What is said must be said.
    NoRemark = "S-127" Rule remark;
    /// What came of it must be said.
    NoOutcome = "S-128" Rule outcome;
    /// Who found it does not close it.
    OwnFinding = "S-129" Conflict _;
    /// What an inspector found is closed by another inspector, on the spot.
    ByReinspection = "S-130" Conflict _;
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whether the id is in use.
    pub is_id_taken: bool,
    /// Whether the lead unit is registered.
    pub is_lead_known: bool,
    /// Whether every supporting unit is registered.
    pub is_supporting_known: bool,
    /// Whether the source is there, at the place or under it.
    pub is_source_known: bool,
    /// The deadline of the order above, while its clock runs; `None` without one.
    pub parent_due: Option<Date>,
    /// Whether the order above is there, open and not too deep; true without one.
    pub is_parent_fit: bool,
    /// Parts of the order that are open.
    pub open_parts: usize,
    /// The order in question.
    pub order: Option<Known>,
    /// Who acts.
    pub person: Person,
    /// This instant, civil time in China.
    pub now: DateTime,
}

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let today = context.today;
    match command {
        Command::Draft { order, place, source, title, content, lead, supporting, choice, parent } => {
            if state.is_id_taken {
                return Err(Refused::IdTaken);
            }
            let (title, content) = (text(title, Refused::NoTitle)?, text(content, Refused::NoContent)?);
            if !state.is_lead_known {
                return Err(Refused::UnknownLead);
            }
            let is_twice = supporting.iter().enumerate().any(|(at, one)| one == lead || supporting[..at].contains(one));
            if is_twice || !state.is_supporting_known || supporting.len() > MOST_SUPPORTING {
                return Err(Refused::UnknownSupporting);
            }
            terms(choice, today)?;
            if !state.is_source_known || source.reference.trim().is_empty() {
                return Err(Refused::UnknownSource);
            }
            if !state.is_parent_fit {
                return Err(Refused::UnknownParent);
            }
            let source = Source { kind: source.kind, reference: source.reference.trim().to_owned() };
            let (lead, supporting, choice, parent) = (lead.clone(), supporting.clone(), choice.clone(), parent.clone());
            let fact = Fact::Drafted { source, title, content, lead, supporting, choice, parent, by: None };
            Ok(vec![Draft { fact, subject: order.clone(), place: place.clone(), occurred_on: today }])
        }
        Command::Rectify { order, place, finding, title, content, lead, choice, by } => {
            from_timer(context)?;
            if state.is_id_taken {
                return Err(Refused::IdTaken);
            }
            if !state.is_lead_known {
                return Err(Refused::UnknownLead);
            }
            let (terms, due_on) = begin(state, choice, today)?;
            let source = Source { kind: SourceKind::Finding, reference: finding.clone() };
            let (title, content) = (text(title, Refused::NoTitle)?, text(content, Refused::NoContent)?);
            let (lead, choice, by) = (lead.clone(), choice.clone(), Some(by.clone()));
            let drafted = Fact::Drafted { source, title, content, lead, supporting: Vec::new(), choice, parent: None, by };
            let draft = |fact| Draft { fact, subject: order.clone(), place: place.clone(), occurred_on: today };
            Ok(vec![draft(drafted), draft(Fact::Issued { terms, due_on })])
        }
        Command::TrustClock { reason } => {
            let fact = Fact::ClockTrusted { reason: text(reason, Refused::NoReason)? };
            Ok(vec![Draft { fact, subject: CLOCK.to_owned(), place: "-".to_owned(), occurred_on: today }])
        }
        _ => {
            let known = state.order.as_ref().ok_or(Refused::NotYours)?;
            let (fact, occurred_on) = step(state, known, command, context)?;
            Ok(vec![Draft { fact, subject: known.id.clone(), place: known.place.clone(), occurred_on }])
        }
    }
}

/// What facts about the machine's clock are about.
pub const CLOCK: &str = "clock";

/// What follows for an order that is there, and on which day.
fn step(state: &State, known: &Known, command: &Command, context: &Context) -> Result<(Fact, Date), Refused> {
    let (now, today) = (state.now, context.today);
    let ask = |act| may(act, known, &state.person, now);
    let paper = |paper: &str| {
        // What a person outside the unit enters stands on a paper of the unit.
        if paper.trim().is_empty() && !state.person.leads(known) { Err(Refused::NoPaper) } else { Ok(paper.trim().to_owned()) }
    };
    let fact = match command {
        Command::Approve { .. } => {
            ask(Act::Approve)?;
            Fact::Approved {}
        }
        Command::Issue { .. } => {
            ask(Act::Issue)?;
            let (terms, due_on) = begin(state, &known.choice, today)?;
            Fact::Issued { terms, due_on }
        }
        Command::Sign { paper: by, .. } => {
            ask(Act::Sign)?;
            Fact::Signed { paper: paper(by)? }
        }
        Command::Note { content, .. } => {
            ask(Act::Note)?;
            Fact::Noted { content: text(content, Refused::NoRemark)? }
        }
        Command::Urge { content, .. } => {
            ask(Act::Urge)?;
            Fact::Urged { content: text(content, Refused::NoRemark)? }
        }
        Command::AskExtension { until, reason, progress, .. } => {
            ask(Act::AskExtension)?;
            in_bounds(known, *until, None, now)?;
            Fact::ExtensionAsked { until: *until, reason: text(reason, Refused::NoReason)?, progress: text(progress, Refused::NoProgress)? }
        }
        Command::AnswerExtension { is_granted, until, reason, .. } => {
            ask(Act::AnswerExtension)?;
            let reason = text(reason, Refused::NoReason)?;
            match known.asked() {
                Some((asked, _)) if *is_granted => {
                    let until = until.unwrap_or(asked);
                    in_bounds(known, until, Some(asked), now)?;
                    if let Some(parent_due) = state.parent_due.filter(|due| until > *due) {
                        return Err(Refused::AfterParent { date: parent_due.to_string() });
                    }
                    Fact::Extended { until, reason }
                }
                _ => Fact::ExtensionRefused { reason },
            }
        }
        Command::Pause { reason, .. } => {
            ask(Act::Pause)?;
            Fact::Paused { reason: text(reason, Refused::NoReason)? }
        }
        Command::Resume { reason, .. } => {
            ask(Act::Resume)?;
            Fact::Resumed { reason: text(reason, Refused::NoReason)?, due_on: going_on(known, Fact::Resumed { reason: String::new(), due_on: today }, now) }
        }
        Command::Report { content, evidence, photos, paper: by, .. } => {
            ask(Act::Report)?;
            Fact::Reported { content: text(content, Refused::NoOutcome)?, evidence: text(evidence, Refused::NoEvidence)?, photos: photos.clone(), paper: paper(by)? }
        }
        Command::Return { reason, .. } => {
            ask(Act::Return)?;
            Fact::Returned { reason: text(reason, Refused::NoReason)?, due_on: going_on(known, Fact::Returned { reason: String::new(), due_on: today }, now) }
        }
        Command::Close { evidence, photos, .. } => {
            ask(Act::Close)?;
            if state.open_parts > 0 {
                return Err(Refused::OpenParts { count: state.open_parts.to_string() });
            }
            Fact::Closed { evidence: text(evidence, Refused::NoEvidence)?, photos: photos.clone() }
        }
        Command::LookBack { is_sound, finding, choice, .. } => {
            ask(Act::LookBack)?;
            let finding = text(finding, Refused::NoFinding)?;
            if *is_sound {
                Fact::LookedBack { finding }
            } else {
                let choice = choice.as_ref().unwrap_or(&known.choice);
                let (terms, due_on) = begin(state, choice, today)?;
                Fact::Reopened { finding, choice: choice.clone(), terms, due_on }
            }
        }
        Command::Withdraw { reason, .. } => {
            ask(Act::Withdraw)?;
            if state.open_parts > 0 {
                return Err(Refused::OpenParts { count: state.open_parts.to_string() });
            }
            Fact::Withdrawn { reason: text(reason, Refused::NoReason)? }
        }
        Command::Ring { round, rung, reached_at, .. } => {
            from_timer(context)?;
            // The first of those that are due: what downtime skipped is noted in the order in which it was reached.
            let due = known.due_rungs(now);
            match due.first() {
                Some((first, at)) if *round == known.round && first.id == *rung && at == reached_at => {}
                _ => return Err(Refused::NotReached),
            }
            return Ok((Fact::Rung { round: *round, rung: rung.clone(), reached_at: *reached_at }, reached_at.date()));
        }
        Command::Redate { due_on, .. } => {
            from_timer(context)?;
            if known.moved() != Some(*due_on) {
                return Err(Refused::SameDue);
            }
            Fact::Redated { due_on: *due_on }
        }
        Command::Judge { is_done, content, photos, .. } => {
            from_timer(context)?;
            if known.stage != Stage::Reported {
                return Err(Refused::WrongStage { stage: known.stage.name().to_owned() });
            }
            if *is_done && state.open_parts > 0 {
                return Err(Refused::OpenParts { count: state.open_parts.to_string() });
            }
            if *is_done {
                Fact::Closed { evidence: text(content, Refused::NoEvidence)?, photos: photos.clone() }
            } else {
                Fact::Returned { reason: text(content, Refused::NoReason)?, due_on: going_on(known, Fact::Returned { reason: String::new(), due_on: today }, now) }
            }
        }
        Command::Draft { .. } | Command::Rectify { .. } | Command::TrustClock { .. } => return Err(Refused::NotYours),
    };
    Ok((fact, today))
}

fn from_timer(context: &Context) -> Result<(), Refused> {
    if context.actor == Actor::System { Ok(()) } else { Err(Refused::NotYours) }
}

/// The numbers of a choice on a day.
fn terms(choice: &Choice, on: Date) -> Result<Terms, Refused> {
    let (preset, limit) = rules::limit(&choice.preset, &choice.limit, on).ok_or(Refused::UnknownLimit)?;
    rules::ladder(&choice.ladder).filter(|ladder| ladder.from <= on && ladder.to.is_none_or(|to| to >= on)).ok_or(Refused::UnknownLadder)?;
    let (unit, amount) = limit.budget(on);
    Ok(Terms { unit, amount, extension_most_days: preset.extension_most_days, rework_days: preset.rework_days, is_urgent: limit.is_urgent })
}

/// Terms of a clock that begins now, and the day on which it ends: not after the order it is a part of.
fn begin(state: &State, choice: &Choice, today: Date) -> Result<(Terms, Date), Refused> {
    let terms = terms(choice, today)?;
    if !state.is_parent_fit {
        return Err(Refused::UnknownParent);
    }
    let budget = Budget::of(terms.unit, terms.amount, [(state.now, Tick::Begin)]);
    let due_on = budget.due().map_or(today, |due| due.on());
    match state.parent_due {
        Some(parent_due) if due_on > parent_due => Err(Refused::AfterParent { date: parent_due.to_string() }),
        _ => Ok((terms, due_on)),
    }
}

/// The day on which a clock ends that goes on now with a fact.
fn going_on(known: &Known, fact: Fact, now: DateTime) -> Date {
    let mut known = known.clone();
    known.steps.push(Step { number: 0, round: known.round, at: now, by: String::new(), fact });
    known.budget(known.round).and_then(|budget| budget.due()).map_or(now.date(), |due| due.on())
}

/// A new deadline lies behind the old one and today, on a working day, within what the rule allows and what was asked for.
fn in_bounds(known: &Known, until: Date, asked: Option<Date>, now: DateTime) -> Result<(), Refused> {
    let (Some(due), Some(terms)) = (known.budget(known.round).and_then(|budget| budget.due()), known.terms(known.round)) else {
        return Err(Refused::NotAsked);
    };
    let last = rules::longest(&due, terms.extension_most_days).min(asked.unwrap_or(Date::MAX));
    if until <= due.on() || until <= now.date() || until > last || !is_working_day(until).is_worked() {
        return Err(Refused::UntilOutside { from: due.on().to_string(), to: last.to_string() });
    }
    Ok(())
}
