//! What follows from the facts of an inspection: where it stands, what was found, its clocks, and who may do what in it.

use super::draw::{Drawing, RULES};
use super::model::{Fact, Refused, Stage};
use super::sealing::{self, Opening, Stop, Succession};
use crate::features::orders::budget::{Budget, Tick, Unit};
use crate::journal::course;
use jiff::civil::DateTime;
use std::collections::BTreeMap;

/// A fact of an inspection as its page needs it.
pub type Step = course::Step<Fact>;

/// An inspection that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its plan with the proof.
    pub opening: Opening<Stop>,
    /// Where it stands.
    pub stage: Stage,
    /// Its facts, oldest first.
    pub steps: Vec<Step>,
}

impl Known {
    /// Its plan.
    pub fn stop(&self) -> &Stop {
        &self.opening.content
    }

    /// How it changed hands while it was sealed.
    pub fn successions(&self) -> &[Succession] {
        match self.steps.first().map(|step| &step.fact) {
            Some(Fact::Opened { successions, .. } | Fact::Lapsed { successions, .. }) => successions,
            _ => &[],
        }
    }

    /// Who goes.
    pub fn people(&self) -> Vec<String> {
        sealing::people(&self.stop().inspectors, self.successions())
    }

    /// The newest points of each checklist.
    pub fn scores(&self) -> BTreeMap<&str, &BTreeMap<String, u32>> {
        self.steps
            .iter()
            .filter_map(|step| match &step.fact {
                Fact::Scored { checklist, points, .. } => Some((checklist.as_str(), points)),
                _ => None,
            })
            .collect()
    }

    /// Its findings, oldest first, with who found each.
    pub fn findings(&self) -> impl Iterator<Item = (&str, &Step)> {
        self.steps.iter().filter_map(|step| match &step.fact {
            Fact::Found { finding, .. } => Some((finding.as_str(), step)),
            _ => None,
        })
    }

    fn last(&self, is: impl Fn(&Fact) -> bool) -> Option<&Step> {
        self.steps.iter().rev().find(|step| is(&step.fact))
    }

    /// The conclusion.
    pub fn concluded(&self) -> Option<&Step> {
        self.last(|fact| matches!(fact, Fact::Concluded { .. }))
    }

    /// The clock of the objection, once the target has the conclusion.
    pub fn objection_clock(&self) -> Option<Budget> {
        let received = self.last(|fact| matches!(fact, Fact::Received { .. }))?;
        Some(Budget::of(Unit::NaturalDays, RULES.objection.value, [(received.at, Tick::Begin)]))
    }

    /// The clock of its answer, once there is an objection; it stands still when it is answered.
    pub fn answer_clock(&self) -> Option<Budget> {
        let objected = self.last(|fact| matches!(fact, Fact::Objected { .. }))?;
        let answered = self.last(|fact| matches!(fact, Fact::Answered { .. })).map(|step| (step.at, Tick::Stop));
        Some(Budget::of(Unit::NaturalDays, RULES.answer.value, std::iter::once((objected.at, Tick::Begin)).chain(answered)))
    }

    /// The proposal that waits for a leader.
    pub fn proposed(&self) -> Option<&Step> {
        let last = self.last(|fact| matches!(fact, Fact::Proposed { .. } | Fact::Settled { .. }))?;
        matches!(last.fact, Fact::Proposed { .. }).then_some(last)
    }

    /// Whether a person has put their name under all that was scored and found so far, by facts of a kind.
    pub fn has_signed(&self, person: &Person, is: impl Fn(&Fact) -> bool) -> bool {
        let last = self.steps.iter().rposition(|step| step.by == person.account && is(&step.fact));
        let is_more = |step: &Step| matches!(step.fact, Fact::Scored { .. } | Fact::Found { .. });
        last.is_some_and(|last| !self.steps[last..].iter().any(is_more))
    }

    /// Whether somebody planned it, went there or wrote in it.
    pub fn took_part(&self, account: &str) -> bool {
        let stop = self.stop();
        let wrote = |step: &Step| step.by == account && !matches!(step.fact, Fact::Received { .. } | Fact::Settled { .. });
        let knew = |one: &Succession| one.leaving == account || one.coming == account;
        stop.made_by == account
            || stop.inspectors.iter().any(|one| one == account)
            || self.successions().iter().any(knew)
            || self.steps.iter().any(wrote)
    }
}

/// A stop that is still sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unopened {
    /// The stop, with the people who go now.
    pub stop: Stop,
    /// How it changed hands.
    pub successions: Vec<Succession>,
    /// As it was sealed, with its proof; `None` before the seal of its hour.
    pub opening: Option<Opening<Stop>>,
    /// The draw, when this is the last stop of its plan that is sealed.
    pub drawing: Option<Opening<Drawing>>,
}

/// Something a person does in an inspection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the command of its name")]
pub enum Act {
    CheckIn,
    Score,
    Find,
    Sign,
    Acknowledge,
    Conclude,
    Receive,
    Object,
    Answer,
    Propose,
    Settle,
    Reinspect,
}

impl Act {
    /// Every act with its name in addresses and locale keys, in the order in which a page offers them.
    pub const ALL: [(Act, &'static str); 12] = [
        (Act::CheckIn, "check_in"),
        (Act::Score, "score"),
        (Act::Find, "find"),
        (Act::Sign, "sign"),
        (Act::Acknowledge, "acknowledge"),
        (Act::Conclude, "conclude"),
        (Act::Receive, "receive"),
        (Act::Object, "object"),
        (Act::Answer, "answer"),
        (Act::Propose, "propose"),
        (Act::Settle, "settle"),
        (Act::Reinspect, "reinspect"),
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

/// Who acts, as far as an inspection goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The account.
    pub account: String,
    /// Whether the person inspects at the place.
    pub may_inspect: bool,
    /// Whether the person governs the place.
    pub may_govern: bool,
    /// Whether the person approves in the whole district: its chief. A leader of a part of it answers for what is inspected there.
    pub is_chief: bool,
    /// Whether the person reports from the place: who works there.
    pub may_report: bool,
    /// Whether the person, or the person's organisation, sits in the task force of the project, or declared an interest: such a
    /// person neither inspects there nor answers an objection. That gives no rights.
    pub is_interested: bool,
    /// Whether the person stands for the inspected party: works at the place by a post, and sits in its task force or is of a unit
    /// that does. Nobody comes to that by declaring an interest.
    pub is_target: bool,
}

/// Whether a person may do something in an inspection that is open.
pub fn may(act: Act, known: &Known, person: &Person, now: DateTime) -> Result<(), Refused> {
    let is_inspector = person.may_inspect && known.people().contains(&person.account);
    let (is_allowed, stages): (bool, &[Stage]) = match act {
        Act::CheckIn => (is_inspector, &[]),
        Act::Score | Act::Find | Act::Conclude => (is_inspector, &[Stage::Visiting]),
        Act::Sign => (is_inspector, &[Stage::Visiting, Stage::Concluded]),
        Act::Acknowledge => (person.is_target && person.may_report && !is_inspector, &[Stage::Visiting, Stage::Concluded]),
        Act::Receive => (person.is_target || person.may_govern, &[Stage::Concluded]),
        Act::Object => (person.is_target, &[Stage::Delivered]),
        Act::Answer => (person.may_govern, &[Stage::Objected]),
        Act::Propose => (is_inspector, &[Stage::Concluded, Stage::Delivered, Stage::Objected, Stage::Answered]),
        Act::Settle => (person.is_chief, &[Stage::Concluded, Stage::Delivered, Stage::Objected, Stage::Answered]),
        Act::Reinspect => (
            person.may_inspect && !person.is_interested,
            &[Stage::Visiting, Stage::Concluded, Stage::Delivered, Stage::Objected, Stage::Answered],
        ),
    };
    if !is_allowed {
        return Err(Refused::NotYours);
    }
    if !stages.contains(&known.stage) {
        return Err(Refused::WrongStage { stage: known.stage.name().to_owned() });
    }
    match act {
        Act::Object => match known.objection_clock() {
            Some(clock) if clock.is_over(now) => Err(Refused::TooLate { date: clock.last_due().map_or_else(String::new, |due| due.text()) }),
            _ => Ok(()),
        },
        Act::Acknowledge if known.has_signed(person, |fact| matches!(fact, Fact::Acknowledged { .. })) => Err(Refused::AlreadySigned),
        Act::Answer if known.took_part(&person.account) || person.is_interested || person.is_target => Err(Refused::TookPart),
        Act::Propose if known.proposed().is_some() => Err(Refused::NotProposed),
        Act::Settle => match known.proposed() {
            // What is to follow waits until it is certain what was found.
            Some(step) if step.by != person.account && known.stage == Stage::Objected => Err(Refused::ObjectionOpen),
            Some(step) if step.by != person.account => Ok(()),
            _ => Err(Refused::NotProposed),
        },
        Act::Reinspect if known.findings().next().is_none() => Err(Refused::NotReported),
        _ => Ok(()),
    }
}
