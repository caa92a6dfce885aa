//! Rules of risk events: what an entry says, which works it touches, how it is assessed anew and closed.

use crate::journal::domain::{Actor, Context, Draft};
use crate::names::names_person;
use crate::refusal::text;
use crate::refusals;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Most working days that an event adds: more is a slip of the finger.
pub const MOST_DAYS: u32 = 1000;
/// Most works that an event names; for more there is the place.
pub const MOST_WORKS: usize = 100;

/// How probable an event is, and how many working days it then adds to each work it touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// How probable.
    pub probability_percent: u32,
    /// At least.
    pub low_days: u32,
    /// Most likely.
    pub likely_days: u32,
    /// At most.
    pub high_days: u32,
}

impl Assessment {
    /// Itself, when it can be drawn.
    fn sound(self) -> Result<Assessment, Refused> {
        // What is certain belongs into the plan, what is impossible nowhere.
        if !(1..=99).contains(&self.probability_percent) {
            return Err(Refused::UnfitProbability);
        }
        let is_ordered = self.low_days <= self.likely_days && self.likely_days <= self.high_days;
        if !is_ordered || !(1..=MOST_DAYS).contains(&self.high_days) {
            return Err(Refused::UnfitDays { most: MOST_DAYS.to_string() });
        }
        Ok(self)
    }
}

/// Which works an event touches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Works {
    /// All at a place and in it.
    Under {
        /// The place.
        place: String,
    },
    /// Some, by their ids in the plan.
    Named {
        /// Their ids.
        activities: Vec<String>,
    },
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// What may happen.
    pub name: String,
    /// How probable, and how bad.
    pub assessment: Assessment,
    /// To which works.
    pub works: Works,
    /// The unit that owns it.
    pub unit: String,
    /// The post that owns it there; empty where the unit does.
    pub post: String,
    /// First day on which it may happen.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

impl Terms {
    /// Whether it touches a work of which something is left: one that it names, or one at a place that is its own or in it, and
    /// that runs in its days.
    pub fn touches(&self, activity: &str, is_under: impl Fn(&str) -> bool, runs: Option<(Date, Date)>) -> bool {
        let is_its = match &self.works {
            Works::Under { place } => is_under(place),
            Works::Named { activities } => activities.iter().any(|one| one == activity),
        };
        is_its && runs.is_some_and(|(start, finish)| start <= self.to && self.from <= finish)
    }
}

/// How an event ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// It happened.
    Happened,
    /// It can no longer happen.
    Passed,
}

impl Ending {
    /// All, with their names in tables, forms and locale keys.
    pub const ALL: [(Ending, &'static str); 2] = [(Ending::Happened, "happened"), (Ending::Passed, "passed")];

    /// Its name.
    pub fn name(self) -> &'static str {
        Ending::ALL[self as usize].1
    }

    /// By its name.
    pub fn from_name(name: &str) -> Option<Ending> {
        Ending::ALL.into_iter().find(|(_, known)| *known == name).map(|(ending, _)| ending)
    }
}

/// What can be asked of the register.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "`event` is the same everywhere; the other fields are documented")]
pub enum Command {
    /// Enter an event.
    Enter {
        /// Client-made id.
        event: String,
        /// The project.
        project: String,
        /// What it says.
        terms: Box<Terms>,
    },
    /// Assess it anew.
    Reassess {
        event: String,
        /// How it is seen now.
        assessment: Assessment,
        /// Why.
        reason: String,
    },
    /// Close it.
    Close {
        event: String,
        /// How it ended.
        ending: Ending,
        /// What happened, or why it cannot.
        reason: String,
    },
}

/// What happened to the register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are those of the commands, which are documented")]
pub enum Fact {
    /// An event was entered.
    Entered { terms: Box<Terms> },
    /// It was assessed anew.
    Reassessed { assessment: Assessment, reason: String },
    /// It was closed.
    Closed { ending: Ending, reason: String },
}

refusals! {
    /// The id is in use.
    IdTaken = "W-201" Conflict _;
    /// Registers are of projects.
    NotAProject = "W-202" Rule about;
    /// No post in the project allows it.
    MayNot = "W-203" Forbidden _;
    /// What may happen must be named.
    NoName = "W-204" Rule name;
    /// A probability is between impossible and certain.
    UnfitProbability = "W-205" Rule probability_percent;
    /// Days that are out of order or out of range.
    UnfitDays { most } = "W-206" Rule likely_days;
    /// The place is not in the project.
    OutsidePlace = "W-207" Rule about;
    /// A work that the approved plan does not have.
    UnknownWork { work } = "W-208" Rule works;
    /// More works than are named one by one.
    TooManyWorks { most } = "W-209" Rule works;
    /// The unit that owns it is not registered.
    UnknownUnit = "W-210" Rule owner;
    /// An owner is a post, not a person.
    PostNamesSomebody = "W-211" Rule post;
    /// It ends before it begins, or has ended.
    PeriodOutside { date } = "W-212" Rule to;
    /// It was closed.
    AlreadyClosed { date } = "W-213" Conflict _;
    /// Why must be said.
    NoReason = "W-214" Rule reason;
}

/// An event as the rule sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: String,
    /// When it was closed.
    pub closed_on: Option<Date>,
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The project of the command.
    pub project: String,
    /// Whether the id is in use.
    pub is_id_taken: bool,
    /// Whether the place is a project.
    pub is_project: bool,
    /// Whether the place whose works are touched is the project or in it.
    pub is_place_inside: bool,
    /// The first named work that the approved plan does not have.
    pub unknown_work: Option<String>,
    /// Whether the unit is registered.
    pub is_unit_known: bool,
    /// Names of people of this installation.
    pub names: Vec<String>,
    /// Whether who acts keeps the register.
    pub keeps: bool,
    /// The event.
    pub event: Option<Known>,
}

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    if !state.keeps && context.actor != Actor::System {
        return Err(Refused::MayNot);
    }
    let draft = |fact: Fact, subject: &str| Draft {
        fact,
        subject: subject.to_owned(),
        place: state.project.clone(),
        occurred_on: context.today,
    };
    if let Command::Enter { event, terms, .. } = command {
        if state.is_id_taken {
            return Err(Refused::IdTaken);
        }
        let terms = Box::new(entered(state, terms, context.today)?);
        return Ok(vec![draft(Fact::Entered { terms }, event)]);
    }
    let known = state.event.as_ref().ok_or(Refused::MayNot)?;
    if let Some(on) = known.closed_on {
        return Err(Refused::AlreadyClosed { date: on.to_string() });
    }
    let fact = match command {
        Command::Reassess { assessment, reason, .. } => {
            Fact::Reassessed { assessment: assessment.sound()?, reason: text(reason, Refused::NoReason)? }
        }
        Command::Close { ending, reason, .. } => {
            Fact::Closed { ending: *ending, reason: text(reason, Refused::NoReason)? }
        }
        Command::Enter { .. } => return Err(Refused::IdTaken),
    };
    Ok(vec![draft(fact, &known.id)])
}

/// An entry as it is kept.
fn entered(state: &State, terms: &Terms, today: Date) -> Result<Terms, Refused> {
    if !state.is_project {
        return Err(Refused::NotAProject);
    }
    let name = text(&terms.name, Refused::NoName)?;
    let assessment = terms.assessment.sound()?;
    match &terms.works {
        Works::Under { .. } if !state.is_place_inside => return Err(Refused::OutsidePlace),
        Works::Named { activities } if activities.len() > MOST_WORKS => {
            return Err(Refused::TooManyWorks { most: MOST_WORKS.to_string() });
        }
        Works::Under { .. } | Works::Named { .. } => {}
    }
    if let Some(work) = &state.unknown_work {
        return Err(Refused::UnknownWork { work: work.clone() });
    }
    if !state.is_unit_known {
        return Err(Refused::UnknownUnit);
    }
    let post = terms.post.trim().to_owned();
    if state.names.iter().any(|name| names_person(&post, name)) {
        return Err(Refused::PostNamesSomebody);
    }
    if terms.to < terms.from || terms.to < today {
        return Err(Refused::PeriodOutside { date: terms.from.max(today).to_string() });
    }
    Ok(Terms { name, assessment, post, ..terms.clone() })
}
