//! What reports say against each other: work without hands, hands without work, and what an inspection found otherwise. It is
//! a reason to look, with its figures, and says nothing of anybody's guilt.

use super::draw::Doubts;
use crate::features::reports::store::Labour;
use jiff::civil::Date;

/// By which rule something is doubtful.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Work was done on a day without hands or machines.
    NoHands,
    /// Hands on days in a row, and no work done: people may be there to be counted.
    IdleHands,
    /// An inspection found less than was reported.
    Overruled,
}

impl Rule {
    /// Its name in locale keys.
    pub fn name(self) -> &'static str {
        match self {
            Rule::NoHands => "no_hands",
            Rule::IdleHands => "idle_hands",
            Rule::Overruled => "overruled",
        }
    }
}

/// Something doubtful, with its figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The rule.
    pub rule: Rule,
    /// The building.
    pub building: String,
    /// The report of the last day it holds for.
    pub report: String,
    /// That day.
    pub on: Date,
    /// Days in a row.
    pub days: u32,
    /// Hands on that day.
    pub hands: Option<u32>,
    /// Work items that moved on that day as reported, or that were found otherwise.
    pub works: u32,
}

/// What is doubtful in reports that stand by building and day.
pub fn doubts(labour: &[Labour], rules: &Doubts) -> Vec<Doubt> {
    let mut found: Vec<Doubt> = Vec::new();
    let mut idle: Vec<&Labour> = Vec::new();
    for (at, day) in labour.iter().enumerate() {
        let doubt = |rule, days, works| Doubt { rule, building: day.building.clone(), report: day.report.clone(), on: day.on, days, hands: day.hands, works };
        if day.moved > 0 && day.hands.unwrap_or(0) == 0 && day.machines == 0 {
            found.push(doubt(Rule::NoHands, 1, day.moved));
        }
        if day.overruled > 0 {
            found.push(doubt(Rule::Overruled, 1, day.overruled));
        }
        // A day without a report, and another building, end a row.
        let goes_on = |last: &&Labour| last.building == day.building && last.on.tomorrow().is_ok_and(|next| next == day.on);
        if !idle.last().is_some_and(goes_on) {
            idle.clear();
        }
        if day.hands.unwrap_or(0) > 0 && day.moved == 0 {
            idle.push(day);
        } else {
            idle.clear();
        }
        let is_end = labour.get(at + 1).is_none_or(|next| next.building != day.building || next.moved > 0 || next.hands.unwrap_or(0) == 0 || day.on.tomorrow().is_ok_and(|tomorrow| tomorrow != next.on));
        let days = u32::try_from(idle.len()).unwrap_or(u32::MAX);
        if is_end && days >= rules.idle_days {
            found.push(doubt(Rule::IdleHands, days, 0));
        }
    }
    found.sort_by(|one, other| other.on.cmp(&one.on).then(one.rule.cmp(&other.rule)).then(one.building.cmp(&other.building)));
    found
}
