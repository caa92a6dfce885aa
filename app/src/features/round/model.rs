//! Rules of rounds: what a decision needs, who may end it, and one set of minutes a day.

use crate::journal::domain::{Actor, Context, Draft};
use crate::refusals;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A decision may be due this many days ahead at most: what takes longer is a plan, not a decision of a round.
const LONGEST_DAYS: i32 = 366;

/// What can be asked of rounds.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Record a decision.
    Decide {
        /// Client-made id.
        decision: String,
        /// The place it is about.
        place: String,
        /// What is to be done.
        content: String,
        /// The account that owns it.
        owner: String,
        /// By when.
        due: Date,
    },
    /// Say how a decision ended.
    Finish {
        /// The decision.
        decision: String,
        /// What came of it.
        outcome: String,
    },
    /// Say that the round of a place has been looked through.
    See {
        /// The place.
        place: String,
        /// The ledger number the page stood on.
        number: u64,
    },
    /// Freeze the minutes of today's round.
    Minute {
        /// Client-made id.
        minutes: String,
        /// The place.
        place: String,
        /// Who was there and what else was said.
        remark: String,
        /// Frozen figures, as JSON of [`super::gather::Figures`].
        figures: String,
        /// The ledger number they stand on.
        frozen_number: u64,
    },
}

/// What happened in rounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are those of the commands, which are documented")]
pub enum Fact {
    /// Something was decided.
    Decided { content: String, owner: String, due: Date },
    /// A decision ended.
    Finished { outcome: String },
    /// Somebody looked through a round.
    Seen { number: u64 },
    /// The minutes of a day were frozen.
    Minuted { remark: String, figures: String, frozen_number: u64 },
}

refusals! {
    /// The id is in use.
    IdTaken = "D-101" Conflict _;
    /// What is to be done must be said.
    NoText = "D-102" Rule content;
    /// Due before today, or in more than a year.
    DueOutside = "D-103" Rule due;
    /// The owner is nobody who may read the place.
    UnknownOwner = "D-104" Rule assignee;
    /// It has ended already.
    AlreadyDone { date } = "D-105" Conflict _;
    /// Only its owner, or who governs the place, says how it ended.
    NotYours = "D-106" Forbidden _;
    /// What came of it must be said.
    NoOutcome = "D-107" Rule outcome;
    /// The day has its minutes.
    DayTaken = "D-108" Conflict _;
}

/// A decision as the rule sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The place.
    pub place: String,
    /// Who owns it.
    pub owner: String,
    /// When it ended.
    pub done_on: Option<Date>,
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whether the id is in use.
    pub is_id_taken: bool,
    /// Whether the owner may read the place.
    pub is_owner_known: bool,
    /// Whether the person governs the place of the decision.
    pub may_govern: bool,
    /// The decision that is to end.
    pub decision: Option<Known>,
    /// The newest day of which the place has minutes.
    pub last_minuted: Option<Date>,
}

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let one = |fact, subject: &str, place: &str| {
        Ok(vec![Draft { fact, subject: subject.to_owned(), place: place.to_owned(), occurred_on: context.today }])
    };
    match command {
        Command::Decide { decision, place, content, owner, due } => {
            if state.is_id_taken {
                return Err(Refused::IdTaken);
            }
            if content.trim().is_empty() {
                return Err(Refused::NoText);
            }
            if !(0..=LONGEST_DAYS).contains(&(*due - context.today).get_days()) {
                return Err(Refused::DueOutside);
            }
            if !state.is_owner_known {
                return Err(Refused::UnknownOwner);
            }
            one(Fact::Decided { content: content.trim().into(), owner: owner.clone(), due: *due }, decision, place)
        }
        Command::Finish { decision, outcome } => {
            let Some(known) = &state.decision else { return Err(Refused::NotYours) };
            if let Some(on) = known.done_on {
                return Err(Refused::AlreadyDone { date: on.to_string() });
            }
            if context.actor != Actor::Account(known.owner.clone()) && !state.may_govern {
                return Err(Refused::NotYours);
            }
            if outcome.trim().is_empty() {
                return Err(Refused::NoOutcome);
            }
            one(Fact::Finished { outcome: outcome.trim().into() }, decision, &known.place)
        }
        Command::See { place, number } => one(Fact::Seen { number: *number }, place, place),
        Command::Minute { minutes, place, remark, figures, frozen_number } => {
            if state.is_id_taken {
                return Err(Refused::IdTaken);
            }
            if state.last_minuted == Some(context.today) {
                return Err(Refused::DayTaken);
            }
            let fact = Fact::Minuted { remark: remark.trim().into(), figures: figures.clone(), frozen_number: *frozen_number };
            one(fact, minutes, place)
        }
    }
}
