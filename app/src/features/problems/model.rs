//! Rules of problems: what opens one, who owns it, who may answer and who may close.

use crate::features::reports::model::WORDS;
use crate::journal::domain::{Actor, Context, Draft};
use crate::refusal::text;
use crate::refusals;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// An answer may promise an end this many days ahead at most: what takes longer is a plan.
const LONGEST_DAYS: i32 = 366;

/// What a problem is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The supervision engineer does not agree with a report.
    Disputed {
        /// The report.
        report: String,
    },
    /// An inspection found something else than a report said.
    Overruled {
        /// The report.
        report: String,
    },
    /// A report says that work went on at a building that a major hazard had stopped.
    Disregarded {
        /// The first such report.
        report: String,
        /// The hazard.
        hazard: String,
    },
    /// Something upstream blocks the work.
    Blocker {
        /// Kind, a hindrance of `rules/reports.toml`.
        kind: String,
        /// Who must decide upstream, in words.
        decider: String,
    },
}

impl Cause {
    /// Its name in tables and locale keys.
    pub fn name(&self) -> &'static str {
        match self {
            Cause::Disputed { .. } => "disputed",
            Cause::Overruled { .. } => "overruled",
            Cause::Disregarded { .. } => "disregarded",
            Cause::Blocker { .. } => "blocker",
        }
    }

    /// The report it is about.
    pub fn report(&self) -> Option<&str> {
        match self {
            Cause::Disputed { report } | Cause::Overruled { report } | Cause::Disregarded { report, .. } => Some(report),
            Cause::Blocker { .. } => None,
        }
    }

    /// Whether it ends when its report is judged again. That work went on in a stop is no less so when somebody confirms how much.
    pub fn ends_with_judgement(&self) -> bool {
        matches!(self, Cause::Disputed { .. } | Cause::Overruled { .. })
    }
}

/// What can be asked of problems.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Open a problem by hand: something blocks the work.
    Open {
        /// Client-made id.
        problem: String,
        /// The place.
        place: String,
        /// Kind of what blocks.
        kind: String,
        /// Who must decide upstream, in words.
        decider: String,
        /// What it is.
        content: String,
        /// The account that owns it.
        owner: String,
    },
    /// Open a problem because of a fact; only the reactions table asks this.
    Raise {
        /// What it is about; names a report.
        cause: Cause,
        /// What was said there.
        content: String,
        /// Who said it.
        by: String,
    },
    /// A report has been judged again: its problem ends; only the reactions table asks this.
    Settle {
        /// The report.
        report: String,
    },
    /// Hand a problem to somebody else.
    Hand {
        /// The problem.
        problem: String,
        /// The account that is to own it.
        owner: String,
        /// Why.
        reason: String,
    },
    /// Say what is being done, and by when.
    Answer {
        /// The problem.
        problem: String,
        /// What is being done.
        content: String,
        /// By when it ends.
        by: Date,
    },
    /// Close it.
    Close {
        /// The problem.
        problem: String,
        /// What came of it.
        outcome: String,
    },
}

/// What happened to problems.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are those of the commands, which are documented")]
pub enum Fact {
    /// A problem was opened. Nobody owns it when nobody could be found.
    Opened { cause: Cause, content: String, owner: Option<String>, raised_by: String },
    /// Somebody else owns it now.
    Handed { owner: String, reason: String },
    /// Its owner answered.
    Answered { content: String, by: Date },
    /// Somebody closed it.
    Closed { outcome: String },
    /// The report was judged again.
    Settled {},
}

refusals! {
    /// The id is in use.
    IdTaken = "Q-101" Conflict _;
    /// Only who works on a place opens problems there.
    MayNotOpen = "Q-102" Forbidden _;
    /// A word that is not in the list.
    UnknownKind = "Q-103" Rule hindrance;
    /// What it is must be said.
    NoRemark = "Q-104" Rule remark;
    /// The owner is nobody who may read the place.
    UnknownOwner = "Q-105" Rule assignee;
    /// Only its owner does this.
    NotYours = "Q-106" Forbidden _;
    /// An end before today, or in more than a year.
    DueOutside = "Q-107" Rule due;
    /// It has ended already.
    AlreadyClosed { date } = "Q-108" Conflict _;
    /// Nobody closes their own problem.
    OwnProblem = "Q-109" Conflict _;
    /// What is being done must be said.
    NoAnswer = "Q-110" Rule content;
    /// What came of it must be said.
    NoOutcome = "Q-111" Rule outcome;
    /// Why it is handed on must be said.
    NoReason = "Q-112" Rule reason;
}

/// A problem as the rule sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: String,
    /// Who owns it.
    pub owner: Option<String>,
    /// Who raised it.
    pub raised_by: String,
    /// When it ended.
    pub closed_on: Option<Date>,
    /// Whether it ends when its report is judged again.
    pub ends_with_judgement: bool,
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whether the id is in use.
    pub is_id_taken: bool,
    /// The place of the problem.
    pub place: String,
    /// Whether the person works on the place.
    pub may_open: bool,
    /// Whether the person governs the place.
    pub may_govern: bool,
    /// Whether the named owner may read the place.
    pub is_owner_known: bool,
    /// To whom a problem of this place falls by itself.
    pub answerable: Option<String>,
    /// Problems that were ever opened about the report.
    pub of_report: Vec<Known>,
    /// The problem in question.
    pub problem: Option<Known>,
}

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let draft = |fact, subject: &str| Draft { fact, subject: subject.to_owned(), place: state.place.clone(), occurred_on: context.today };
    let is_me = |account: Option<&String>| account.is_some_and(|account| context.actor == Actor::Account(account.clone()));
    match command {
        Command::Open { problem, kind, decider, content, owner, .. } => {
            if state.is_id_taken {
                return Err(Refused::IdTaken);
            }
            if !state.may_open {
                return Err(Refused::MayNotOpen);
            }
            if !WORDS.hindrances.contains(kind) {
                return Err(Refused::UnknownKind);
            }
            if !state.is_owner_known {
                return Err(Refused::UnknownOwner);
            }
            let cause = Cause::Blocker { kind: kind.clone(), decider: decider.trim().into() };
            let raised_by = context.actor.text().to_owned();
            Ok(vec![draft(Fact::Opened { cause, content: text(content, Refused::NoRemark)?, owner: Some(owner.clone()), raised_by }, problem)])
        }
        Command::Raise { cause, content, by } => {
            from_reactions(context)?;
            let report = cause.report().unwrap_or_default();
            let id = match cause {
                Cause::Disregarded { hazard, .. } => format!("{hazard}-{}", state.place),
                _ => format!("{report}-{}", state.of_report.iter().filter(|known| known.ends_with_judgement).count() + 1),
            };
            let fact = Fact::Opened { cause: cause.clone(), content: content.clone(), owner: state.answerable.clone(), raised_by: by.clone() };
            Ok(vec![draft(fact, &id)])
        }
        Command::Settle { .. } => {
            from_reactions(context)?;
            let open = state.of_report.iter().filter(|known| known.closed_on.is_none() && known.ends_with_judgement);
            Ok(open.map(|known| draft(Fact::Settled {}, &known.id)).collect())
        }
        Command::Hand { owner, reason, .. } => {
            let known = open(state)?;
            if !is_me(known.owner.as_ref()) && !state.may_govern {
                return Err(Refused::NotYours);
            }
            if !state.is_owner_known || known.owner.as_ref() == Some(owner) {
                return Err(Refused::UnknownOwner);
            }
            Ok(vec![draft(Fact::Handed { owner: owner.clone(), reason: text(reason, Refused::NoReason)? }, &known.id)])
        }
        Command::Answer { content, by, .. } => {
            let known = open(state)?;
            if !is_me(known.owner.as_ref()) {
                return Err(Refused::NotYours);
            }
            if !(0..=LONGEST_DAYS).contains(&(*by - context.today).get_days()) {
                return Err(Refused::DueOutside);
            }
            Ok(vec![draft(Fact::Answered { content: text(content, Refused::NoAnswer)?, by: *by }, &known.id)])
        }
        Command::Close { outcome, .. } => {
            let known = open(state)?;
            if is_me(known.owner.as_ref()) {
                return Err(Refused::OwnProblem);
            }
            if !is_me(Some(&known.raised_by)) && !state.may_govern {
                return Err(Refused::NotYours);
            }
            Ok(vec![draft(Fact::Closed { outcome: text(outcome, Refused::NoOutcome)? }, &known.id)])
        }
    }
}

fn from_reactions(context: &Context) -> Result<(), Refused> {
    if context.actor == Actor::System { Ok(()) } else { Err(Refused::NotYours) }
}

fn open(state: &State) -> Result<&Known, Refused> {
    let known = state.problem.as_ref().ok_or(Refused::NotYours)?;
    match known.closed_on {
        Some(on) => Err(Refused::AlreadyClosed { date: on.to_string() }),
        None => Ok(known),
    }
}
