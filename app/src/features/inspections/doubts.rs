//! What reports say against each other: work without hands, hands without work, more work than those hands could do, floors cast
//! of materials that were not there, and what an inspection found otherwise. It is a reason to look, with its figures, and says nothing of anybody's guilt.

use super::draw::Doubts;
use crate::features::plan::store::Pace;
use crate::features::reports::store::{Done, Labour};
use jiff::civil::Date;
use std::collections::HashMap;

/// By which rule something is doubtful.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Work was done on a day without hands or machines.
    NoHands,
    /// Hands on days in a row, and no work done: people may be there to be counted.
    IdleHands,
    /// An inspection found less than was reported.
    Overruled,
    /// More of a work item was done than the hands there could do by the plan's own pace.
    TooFast,
    /// Work was cast while none of its materials was there, on that day and the day before.
    NoMaterials,
}

impl Rule {
    /// Its name in locale keys.
    pub fn name(self) -> &'static str {
        match self {
            Rule::NoHands => "no_hands",
            Rule::IdleHands => "idle_hands",
            Rule::Overruled => "overruled",
            Rule::TooFast => "too_fast",
            Rule::NoMaterials => "no_materials",
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
    /// The work item it is about, where it is about one.
    pub work: Option<WorkFigures>,
}

/// Figures of one work item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkFigures {
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// Done as reported, in thousandths of the unit.
    pub done_e3: i64,
    /// What the approved plan has a crew do in a day.
    pub pace_e3: i64,
    /// Crews that the hands there are, at least one.
    pub crews: u32,
    /// More than this is doubtful.
    pub most_e3: i64,
}

/// By project and activity the pace of the approved plan.
pub type Paces = HashMap<(String, String), Pace>;

/// What a day's report says of one work item, with what the plan would have of it. What is reported for a day may have been done since
/// the last report, so that many days count.
fn figures(day: &Labour, done: &Done, pace: &Pace, since_days: u32, rules: &Doubts) -> WorkFigures {
    let crews = day.hands.unwrap_or(0).div_ceil(rules.pace.crew_hands.max(1)).max(1);
    let days = i64::from(pace.days.max(1));
    let most_e3 = pace.total_e3.saturating_mul(i64::from(rules.pace.times)).saturating_mul(i64::from(crews)).saturating_mul(i64::from(since_days)) / days;
    // Of what counts in whole units the last of them was begun before, however long it took.
    let most_e3 = if pace.is_whole { (most_e3.max(1) as u64).div_ceil(1000).saturating_mul(1000) as i64 } else { most_e3 };
    WorkFigures { name: pace.name.clone(), unit: pace.unit.clone(), done_e3: done.done_e3, pace_e3: pace.total_e3 / days, crews, most_e3 }
}

/// Whether a report says that there is nothing of a material: what it does not say is not nothing.
fn has_none(day: &Labour, material: &str) -> bool {
    match (day.stock_e3.get(material), day.cover_days.get(material)) {
        (None, None) => false,
        (stock, cover) => stock.is_none_or(|stock| *stock == 0) && cover.is_none_or(|days| *days == 0),
    }
}

/// What is doubtful in reports that stand by building and day.
pub fn doubts(labour: &[Labour], paces: &Paces, rules: &Doubts) -> Vec<Doubt> {
    let mut found: Vec<Doubt> = Vec::new();
    let mut idle: Vec<&Labour> = Vec::new();
    for (at, day) in labour.iter().enumerate() {
        let doubt = |rule, days, works| Doubt { rule, building: day.building.clone(), report: day.report.clone(), on: day.on, days, hands: day.hands, works, work: None };
        if day.moved > 0 && day.hands.unwrap_or(0) == 0 && day.machines == 0 {
            found.push(doubt(Rule::NoHands, 1, day.moved));
        }
        if day.overruled > 0 {
            found.push(doubt(Rule::Overruled, 1, day.overruled));
        }
        let last = at.checked_sub(1).and_then(|last| labour.get(last)).filter(|last| last.building == day.building);
        let since_days = last.map_or(rules.window_days, |last| (day.on - last.on).get_days().unsigned_abs()).max(1);
        let lacks = |day: &Labour| !rules.cast.materials.is_empty() && rules.cast.materials.iter().all(|material| has_none(day, material));
        let yesterday = last.filter(|last| last.on.tomorrow().is_ok_and(|next| next == day.on));
        let is_bare = lacks(day) && yesterday.is_none_or(lacks);
        for done in &day.done {
            let Some(pace) = paces.get(&(done.project.clone(), done.activity.clone())) else { continue };
            let work = figures(day, done, pace, since_days, rules);
            if work.done_e3 > work.most_e3 {
                found.push(Doubt { work: Some(work.clone()), ..doubt(Rule::TooFast, since_days, 1) });
            }
            if is_bare && pace.stage.as_ref().is_some_and(|stage| rules.cast.stages.contains(stage)) {
                found.push(Doubt { work: Some(work), ..doubt(Rule::NoMaterials, if yesterday.is_some() { 2 } else { 1 }, 1) });
            }
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
