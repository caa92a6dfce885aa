//! An order as rules and pages see it: what it is, its facts in order, what follows from them; and who may do what with it.

use super::budget::{Budget, Tick};
use super::model::{Choice, Fact, Refused, SourceKind, Stage, Terms};
use super::rules::{self, Ladder, Rung};
use jiff::civil::{Date, DateTime};

/// A fact of an order as its clock and its page need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its number in the ledger.
    pub number: u64,
    /// The round of the order.
    pub round: u32,
    /// When it was recorded, civil time in China.
    pub at: DateTime,
    /// Who did it.
    pub by: String,
    /// What.
    pub fact: Fact,
}

/// An order as the rule sees it: what it is, and its facts in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: String,
    /// The place.
    pub place: String,
    /// Where it stands.
    pub stage: Stage,
    /// Its round, from one: each time it is opened again another begins.
    pub round: u32,
    /// The organisation that answers for it.
    pub lead: String,
    /// Organisations that help.
    pub supporting: Vec<String>,
    /// By which rule.
    pub choice: Choice,
    /// Its facts, oldest first.
    pub steps: Vec<Step>,
}

/// One round of an order: its terms and what happened in it.
impl Known {
    /// The numbers of a round's limit; `None` before it is issued.
    pub fn terms(&self, round: u32) -> Option<&Terms> {
        self.steps.iter().find_map(|step| match &step.fact {
            Fact::Issued { terms, .. } | Fact::Reopened { terms, .. } if step.round == round => Some(terms),
            _ => None,
        })
    }

    fn of(&self, round: u32) -> impl DoubleEndedIterator<Item = &Step> {
        self.steps.iter().filter(move |step| step.round == round)
    }

    /// The clock of a round; `None` before it is issued.
    pub fn budget(&self, round: u32) -> Option<Budget> {
        let terms = self.terms(round)?;
        let ticks = self.of(round).filter_map(|step| {
            let tick = match &step.fact {
                Fact::Issued { .. } | Fact::Reopened { .. } => Tick::Begin,
                Fact::Paused { .. } | Fact::Reported { .. } | Fact::Withdrawn { .. } => Tick::Stop,
                Fact::Resumed { .. } => Tick::GoOn { least: 0 },
                Fact::Returned { .. } => Tick::GoOn { least: terms.rework_days },
                Fact::Extended { until, .. } => Tick::Until(*until),
                _ => return None,
            };
            Some((step.at, tick))
        });
        Some(Budget::of(terms.unit, terms.amount, ticks))
    }

    /// The deadline of this round as people were told it last.
    pub fn told(&self) -> Option<Date> {
        self.of(self.round).rev().find_map(|step| match &step.fact {
            Fact::Issued { due_on, .. } | Fact::Reopened { due_on, .. } | Fact::Resumed { due_on, .. } | Fact::Returned { due_on, .. } | Fact::Redated { due_on } => Some(*due_on),
            Fact::Extended { until, .. } => Some(*until),
            _ => None,
        })
    }

    /// The minute of the deadline that a fact told, where hours are counted: the fact tells a day, the clock as it then was the rest.
    pub fn minute_due(&self, told: &Step, on: Date) -> Option<String> {
        let until_then = Known { steps: self.steps.iter().filter(|step| step.number <= told.number).cloned().collect(), ..self.clone() };
        let due = until_then.budget(told.round)?.due().filter(|due| !due.is_day && due.on() == on)?;
        Some(due.text())
    }

    /// The number by which people call it: that of the fact that drafted it.
    pub fn registered(&self) -> u64 {
        self.steps.first().map_or(0, |step| step.number)
    }

    /// Who drafted it.
    pub fn drafted_by(&self) -> &str {
        self.steps.first().map_or("", |step| match &step.fact {
            Fact::Drafted { by: Some(by), .. } => by.as_str(),
            _ => step.by.as_str(),
        })
    }

    /// Who did a step; what an inspection drafted and issued is the inspector's.
    pub fn asked_by<'a>(&'a self, step: &'a Step) -> &'a str {
        match &step.fact {
            Fact::Drafted { .. } | Fact::Issued { .. } if self.is_of_finding() => self.drafted_by(),
            _ => &step.by,
        }
    }

    /// Whether an inspector found what it puts right: another inspector sees on the spot whether it was, and nobody closes it at a
    /// desk.
    pub fn is_of_finding(&self) -> bool {
        self.steps.first().is_some_and(|step| matches!(&step.fact, Fact::Drafted { source, by: Some(_), .. } if source.kind == SourceKind::Finding))
    }

    /// The report that waits for judgement, or was accepted.
    pub fn reported(&self, round: u32) -> Option<&Step> {
        self.of(round).rev().find(|step| matches!(step.fact, Fact::Reported { .. }))
    }

    /// Whether the report that was accepted in a round was filed before the deadline as it was then; `None` while a round
    /// has not ended so.
    pub fn was_on_time(&self, round: u32) -> Option<bool> {
        self.of(round).rev().find(|step| matches!(step.fact, Fact::Closed { .. }))?;
        let filed = self.reported(round)?;
        let is_over = self.budget(round)?.is_over(filed.at);
        Some(!is_over)
    }

    /// The extension that was asked for and waits for an answer.
    pub fn asked(&self) -> Option<(Date, &Step)> {
        let last = self.of(self.round).rev().find(|step| {
            matches!(step.fact, Fact::ExtensionAsked { .. } | Fact::Extended { .. } | Fact::ExtensionRefused { .. })
        })?;
        match &last.fact {
            Fact::ExtensionAsked { until, .. } => Some((*until, last)),
            _ => None,
        }
    }

    /// Whether this round was prolonged.
    pub fn is_extended(&self) -> bool {
        self.of(self.round).any(|step| matches!(step.fact, Fact::Extended { .. }))
    }

    /// Whether a report of this round came back and no other has been filed since.
    pub fn is_returned(&self) -> bool {
        let last = self.of(self.round).rev().find(|step| matches!(step.fact, Fact::Reported { .. } | Fact::Returned { .. }));
        last.is_some_and(|step| matches!(step.fact, Fact::Returned { .. }))
    }

    fn returned_at(&self) -> Option<DateTime> {
        self.of(self.round).find(|step| matches!(step.fact, Fact::Returned { .. })).map(|step| step.at)
    }

    /// The ladder on which it stood in a round: opened again it may be given another.
    pub fn ladder(&self, round: u32) -> Option<&'static Ladder> {
        let chosen = self.steps.iter().find_map(|step| match &step.fact {
            Fact::Drafted { choice, .. } if round == 1 => Some(choice),
            Fact::Reopened { choice, .. } if step.round == round => Some(choice),
            _ => None,
        });
        rules::ladder(&chosen?.ladder)
    }

    /// Whether a rung of this round has been noted.
    pub fn has_rung(&self, wanted: &str) -> bool {
        self.of(self.round).any(|step| matches!(&step.fact, Fact::Rung { rung, .. } if rung == wanted))
    }

    /// Rungs that are not noted, each with when it is reached as far as the clock has run, in no order.
    fn rungs_ahead(&self) -> Vec<(&'static Rung, DateTime)> {
        if !self.stage.is_open() {
            return Vec::new();
        }
        let (Some(ladder), Some(budget)) = (self.ladder(self.round), self.budget(self.round)) else { return Vec::new() };
        let unnoted = ladder.rungs.iter().filter(|rung| !self.has_rung(&rung.id));
        unnoted.filter_map(|rung| Some((rung, rung.reached(&budget, self.returned_at())?))).collect()
    }

    /// Rungs that are reached by an instant and not noted, in the order in which they were reached.
    pub fn due_rungs(&self, now: DateTime) -> Vec<(&'static Rung, DateTime)> {
        let mut due = self.rungs_ahead();
        due.retain(|(_, at)| *at <= now);
        due.sort_by_key(|(_, at)| *at);
        due
    }

    /// When, without another fact, the timer next has something to note of it: now, where people were told another deadline.
    pub fn speaks_next(&self, now: DateTime) -> Option<DateTime> {
        let moved = self.moved().map(|_| now);
        self.rungs_ahead().into_iter().map(|(_, at)| at).chain(moved).min()
    }

    /// The day a running clock ends, when it is another than people were told. That of an order that has ended stands still.
    pub fn moved(&self) -> Option<Date> {
        let due = self.budget(self.round)?.due()?.on();
        (self.told() != Some(due)).then_some(due)
    }
}

/// Something a person does to an order that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the command of its name")]
pub enum Act {
    Approve,
    Issue,
    Sign,
    Report,
    Note,
    AskExtension,
    AnswerExtension,
    Urge,
    Pause,
    Resume,
    Close,
    Return,
    LookBack,
    Withdraw,
}

impl Act {
    /// Every act with its name in addresses and locale keys, in the order in which a page offers them.
    pub const ALL: [(Act, &'static str); 14] = [
        (Act::Approve, "approve"),
        (Act::Issue, "issue"),
        (Act::Sign, "sign"),
        (Act::Report, "report"),
        (Act::Note, "note"),
        (Act::AskExtension, "ask"),
        (Act::AnswerExtension, "answer"),
        (Act::Close, "close"),
        (Act::Return, "return"),
        (Act::LookBack, "look_back"),
        (Act::Urge, "urge"),
        (Act::Pause, "pause"),
        (Act::Resume, "resume"),
        (Act::Withdraw, "withdraw"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Act::ALL.iter().find(|(act, _)| *act == self).map_or("", |(_, name)| name)
    }

    /// The act of a name.
    pub fn from_name(name: &str) -> Option<Act> {
        Act::ALL.iter().find(|(_, known)| *known == name).map(|(act, _)| *act)
    }
}

/// Who acts, as far as an order goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The account.
    pub account: String,
    /// The organisation the person belongs to.
    pub organisation: Option<String>,
    /// Whether the person governs the place: the supervision office and leaders.
    pub may_govern: bool,
    /// Whether the person approves at the place: leaders.
    pub may_approve: bool,
}

impl Person {
    /// Whether the person is of the unit that answers for an order. An order hangs on a unit, so whoever takes over a post
    /// there takes over its orders as they stand.
    pub fn leads(&self, known: &Known) -> bool {
        self.organisation.as_ref() == Some(&known.lead)
    }

    fn supports(&self, known: &Known) -> bool {
        self.organisation.as_ref().is_some_and(|organisation| known.supporting.contains(organisation))
    }
}

/// Whether a person may do something with an order as it stands.
pub fn may(act: Act, known: &Known, person: &Person, now: DateTime) -> Result<(), Refused> {
    let stages: &[Stage] = match act {
        Act::Approve => &[Stage::Drafted],
        Act::Issue => &[Stage::Approved],
        Act::Sign => &[Stage::Issued],
        Act::Report | Act::AskExtension | Act::Pause => &[Stage::Signed],
        Act::Note | Act::Urge | Act::AnswerExtension => &[Stage::Issued, Stage::Signed],
        Act::Resume => &[Stage::Paused],
        Act::Close | Act::Return => &[Stage::Reported],
        Act::LookBack => &[Stage::Closed],
        Act::Withdraw => &[Stage::Drafted, Stage::Approved, Stage::Issued, Stage::Signed, Stage::Paused],
    };
    let is_allowed = match act {
        Act::Approve => person.may_approve,
        Act::Sign | Act::Report => person.leads(known) || person.may_govern,
        Act::Note => person.leads(known) || person.supports(known),
        Act::AskExtension => person.leads(known),
        _ => person.may_govern,
    };
    if !is_allowed {
        return Err(Refused::NotYours);
    }
    if !stages.contains(&known.stage) {
        return Err(Refused::WrongStage { stage: known.stage.name().to_owned() });
    }
    match act {
        Act::Approve if known.drafted_by() == person.account => Err(Refused::OwnDraft),
        Act::AskExtension if known.is_extended() || known.asked().is_some() => Err(Refused::AlreadyAsked),
        Act::AskExtension | Act::Pause => not_over(known, now),
        Act::AnswerExtension if known.asked().is_none() => Err(Refused::NotAsked),
        Act::Close | Act::Return | Act::LookBack if person.leads(known) || known.reported(known.round).is_some_and(|step| step.by == person.account) => {
            Err(Refused::OwnReport)
        }
        Act::Close if known.is_of_finding() && known.drafted_by() == person.account => Err(Refused::OwnFinding),
        Act::Close if known.is_of_finding() => Err(Refused::ByReinspection),
        _ => Ok(()),
    }
}

fn not_over(known: &Known, now: DateTime) -> Result<(), Refused> {
    match known.budget(known.round) {
        Some(budget) if budget.is_over(now) => Err(Refused::TooLate { date: budget.last_due().map_or_else(String::new, |due| due.text()) }),
        _ => Ok(()),
    }
}

/// What this person's duty is with an order as it stands; everything else they may do is at their pleasure. What a unit does
/// on paper waits for the unit.
pub fn duty(known: &Known, person: &Person, now: DateTime) -> Option<Act> {
    let duties: &[Act] = if person.leads(known) { &[Act::Sign, Act::Report] } else { &[Act::Approve, Act::Issue, Act::AnswerExtension, Act::Close] };
    duties.iter().copied().find(|act| may(*act, known, person, now).is_ok())
}
