//! Rules of account-closing reviews: when an account is given, what it needs, who judges it.

use crate::features::reports::model::WORDS;
use crate::journal::domain::{Actor, Context, Draft};
use crate::refusal::text;
use crate::refusals;
use guatu_kernel::guarantee::{Period, PeriodKind};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Within {
    kind: String,
    within_days: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    period: Vec<Within>,
}

static RULES: LazyLock<File> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../rules/closings.toml")).expect("rules/closings.toml is part of the program and read by a test")
});

/// The day by which the account of a period is to be given.
pub fn due(period: &Period) -> Date {
    let days = RULES.period.iter().find(|one| one.kind == period.kind.name()).map_or(0, |one| one.within_days);
    period.to.saturating_add(days.days())
}

/// An account: of which project and period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Closing {
    /// The project.
    pub project: String,
    /// Kind of period.
    pub kind: String,
    /// Its first day.
    pub from: Date,
}

impl Closing {
    /// The period, when it is one.
    pub fn period(&self) -> Option<Period> {
        let period = PeriodKind::from_name(&self.kind)?.around(self.from);
        (period.from == self.from).then_some(period)
    }

    /// Its id among facts.
    pub fn id(&self) -> String {
        format!("{}#{}-{}", self.project, self.kind, self.from)
    }
}

/// Figures of a project in a period, in thousandths of crew-days of the approved plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Needed so that no mandated date is lost.
    pub should_e3: i64,
    /// Promised.
    pub will_e3: i64,
    /// Delivered.
    pub done_e3: i64,
    /// Of what was promised, delivered: more elsewhere does not make up for less here. What was taken back is owed again, and
    /// can make it less than nothing.
    pub kept_e3: i64,
    /// Of what was needed, delivered; likewise.
    pub met_e3: i64,
    /// Works with something needed, promised or delivered.
    pub works: u64,
}

impl Figures {
    /// What is missing of what was promised.
    pub fn short_e3(&self) -> i64 {
        self.will_e3 - self.kept_e3
    }

    /// What is missing of what was needed.
    pub fn behind_e3(&self) -> i64 {
        self.should_e3 - self.met_e3
    }

    /// Whether anything is missing.
    pub fn is_short(&self) -> bool {
        self.short_e3() > 0 || self.behind_e3() > 0
    }
}

/// What can be asked of accounts.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "`closing` is the same everywhere; the other fields are documented")]
pub enum Command {
    /// Give it.
    Give {
        closing: Closing,
        /// Figures of the period.
        figures: Figures,
        /// The ledger number they stand on.
        frozen_number: u64,
        /// Why something is missing: kinds of hindrance, of `rules/reports.toml`.
        reasons: Vec<String>,
        /// The same in words, and what is done about it.
        content: String,
    },
    /// Accept it.
    Accept { closing: Closing },
    /// Send it back.
    Return {
        closing: Closing,
        /// Why.
        reason: String,
    },
}

impl Command {
    /// The account it is about.
    pub fn closing(&self) -> &Closing {
        match self {
            Command::Give { closing, .. } | Command::Accept { closing } | Command::Return { closing, .. } => closing,
        }
    }
}

/// What happened to accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are those of the commands, which are documented")]
pub enum Fact {
    /// One was given.
    Given { kind: String, from: Date, to: Date, figures: Figures, frozen_number: u64, reasons: Vec<String>, content: String },
    /// It was accepted.
    Accepted {},
    /// It was sent back.
    Returned { reason: String },
}

refusals! {
    /// Not the first day of a period.
    NoPeriod = "Z-101" Rule _;
    /// The period is not over.
    NotOver { date } = "Z-102" Rule _;
    /// The project is not active, or was not then.
    NotActive = "Z-103" Rule _;
    /// No post at the project allows it.
    MayNot = "Z-104" Forbidden _;
    /// It is given and waits for a judgement.
    AlreadyGiven { date } = "Z-105" Conflict _;
    /// It is accepted.
    AlreadyAccepted { date } = "Z-106" Conflict _;
    /// A shortfall needs its reasons.
    NoReasons = "Z-107" Rule hindrance;
    /// A word that is not in the list.
    UnknownReason = "Z-108" Rule hindrance;
    /// What is done about it, or why it is sent back, must be said.
    NoContent = "Z-109" Rule content;
    /// Nothing waits for this person's judgement.
    NothingGiven = "Z-110" Conflict _;
}

/// Where an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It waits for a judgement.
    Given,
    /// It stands.
    Accepted,
    /// It is to be given again.
    Returned,
}

impl Stage {
    /// All, with their names in tables and locale keys.
    pub const ALL: [(Stage, &'static str); 3] = [(Stage::Given, "given"), (Stage::Accepted, "accepted"), (Stage::Returned, "returned")];

    /// Its name.
    pub fn name(self) -> &'static str {
        Stage::ALL.iter().find(|(one, _)| *one == self).map_or("", |(_, name)| name)
    }

    /// The one of a name.
    pub fn from_name(name: &str) -> Option<Stage> {
        Stage::ALL.iter().find(|(_, known)| *known == name).map(|(one, _)| *one)
    }
}

/// An account as the rule sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Where it stands.
    pub stage: Stage,
    /// Who gave it.
    pub given_by: String,
    /// When it came to that.
    pub on: Date,
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Since when the project is active.
    pub active_on: Option<Date>,
    /// The accountable official of the project.
    pub official: Option<String>,
    /// Whether the person may give it.
    pub may_give: bool,
    /// Whether the person governs the project.
    pub may_judge: bool,
    /// The account in question.
    pub known: Option<Known>,
}

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let closing = command.closing();
    let period = closing.period().ok_or(Refused::NoPeriod)?;
    let one = |fact| Ok(vec![Draft { fact, subject: closing.id(), place: closing.project.clone(), occurred_on: context.today }]);
    let is_system = context.actor == Actor::System;
    match command {
        Command::Give { figures, frozen_number, reasons, content, .. } => {
            if !state.may_give && !is_system {
                return Err(Refused::MayNot);
            }
            if period.to >= context.today {
                return Err(Refused::NotOver { date: period.to.to_string() });
            }
            if state.active_on.is_none_or(|since| since > period.to) {
                return Err(Refused::NotActive);
            }
            match &state.known {
                Some(Known { stage: Stage::Given, on, .. }) => return Err(Refused::AlreadyGiven { date: on.to_string() }),
                Some(Known { stage: Stage::Accepted, on, .. }) => return Err(Refused::AlreadyAccepted { date: on.to_string() }),
                Some(Known { stage: Stage::Returned, .. }) | None => {}
            }
            let content = content.trim().to_owned();
            if figures.is_short() {
                if reasons.is_empty() {
                    return Err(Refused::NoReasons);
                }
                if content.is_empty() {
                    return Err(Refused::NoContent);
                }
            }
            if reasons.iter().any(|reason| !WORDS.hindrances.contains(reason)) {
                return Err(Refused::UnknownReason);
            }
            let mut reasons = reasons.clone();
            reasons.sort();
            reasons.dedup();
            one(Fact::Given { kind: closing.kind.clone(), from: period.from, to: period.to, figures: *figures, frozen_number: *frozen_number, reasons, content })
        }
        Command::Accept { .. } => {
            judged(state, context)?;
            one(Fact::Accepted {})
        }
        Command::Return { reason, .. } => {
            judged(state, context)?;
            one(Fact::Returned { reason: text(reason, Refused::NoContent)? })
        }
    }
}

/// That somebody else judges, who governs the project.
fn judged(state: &State, context: &Context) -> Result<(), Refused> {
    if !state.may_judge && context.actor != Actor::System {
        return Err(Refused::MayNot);
    }
    let is_waiting = state.known.as_ref().is_some_and(|known| known.stage == Stage::Given && known.given_by != context.actor.text());
    if is_waiting { Ok(()) } else { Err(Refused::NothingGiven) }
}
