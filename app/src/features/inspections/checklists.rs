//! Checklists from `rules/checklists.toml`, and what scores come to by the rule of each.

use crate::features::orders::rules::Mark;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// By which rule scores are summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The standard for inspecting safety on sites.
    Jgj59,
    /// This product's: points got by points possible.
    Own,
}

/// One item.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Identifier; its name is `checklist_item.<id>`.
    pub id: String,
    /// Points it can get.
    pub points: u32,
    /// Whether without it the sub-table is worth nothing.
    #[serde(default)]
    pub is_guarantee: bool,
}

/// A sub-table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Identifier; its name is `checklist_table.<id>`.
    pub id: String,
    /// What it weighs among the sub-tables, together with those of its group.
    pub weight: u32,
    /// Sub-tables of one group share a weight, as scaffolds of several kinds do: the mean of those that the site has counts.
    pub group: Option<String>,
    /// Its items.
    pub items: Vec<Item>,
}

/// A checklist of one subject.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checklist {
    /// Identifier; its name is `checklist.<id>`.
    pub id: String,
    /// By which rule it is summed.
    pub rule: Rule,
    /// Where it comes from.
    pub source: String,
    /// What that stands on.
    pub mark: Mark,
    /// First day it holds.
    pub from: Date,
    /// Last day; absent while it does.
    pub to: Option<Date>,
    /// Its sub-tables.
    #[serde(rename = "table")]
    pub tables: Vec<Table>,
}

impl Checklist {
    /// Every item.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.tables.iter().flat_map(|table| &table.items)
    }

    /// Whether it holds on a day.
    pub fn holds(&self, on: Date) -> bool {
        self.from <= on && self.to.is_none_or(|to| to >= on)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Grades {
    jgj59_good_e1: u32,
    jgj59_fair_e1: u32,
    #[allow(dead_code, reason = "read by people")]
    jgj59_source: String,
    #[allow(dead_code, reason = "read by people")]
    jgj59_mark: Mark,
    own_good_e1: u32,
    own_fair_e1: u32,
    #[allow(dead_code, reason = "read by people")]
    own_source: String,
    #[allow(dead_code, reason = "read by people")]
    own_mark: Mark,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    grades: Grades,
    checklist: Vec<Checklist>,
}

static FILE: LazyLock<File> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../rules/checklists.toml")).expect("rules/checklists.toml is part of the program and tested")
});

/// Every checklist.
pub fn checklists() -> &'static [Checklist] {
    &FILE.checklist
}

/// The checklist of an id.
pub fn checklist(id: &str) -> Option<&'static Checklist> {
    checklists().iter().find(|one| one.id == id)
}

/// How good a checklist came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// Good.
    Good,
    /// Fair.
    Fair,
    /// Not so.
    Poor,
}

impl Grade {
    /// Its name in locale keys.
    pub fn name(self) -> &'static str {
        match self {
            Grade::Good => "good",
            Grade::Fair => "fair",
            Grade::Poor => "poor",
        }
    }
}

/// Why a sub-table is worth nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zero {
    /// A guarantee item got nothing.
    Item,
    /// Guarantee items sum under 40 of 60.
    Sum,
    /// No item got anything.
    Nothing,
}

/// What a sub-table came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableResult {
    /// The sub-table.
    pub id: &'static str,
    /// Out of a hundred, in tenths of a point.
    pub score_e1: u32,
    /// Why it is worth nothing.
    pub zero: Option<Zero>,
}

/// What a checklist came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Sub-tables that the site has.
    pub tables: Vec<TableResult>,
    /// Out of a hundred, in tenths of a point.
    pub total_e1: u32,
    /// How good that is.
    pub grade: Grade,
    /// Items that have points: without their number a score of one item looks like one of all.
    pub scored: u32,
    /// Items of the checklist.
    pub items: u32,
}

/// Sums points; `None` when nothing was scored. What has no points is not there: it leaves both sides of the fraction.
pub fn outcome(checklist: &'static Checklist, points: &BTreeMap<String, u32>) -> Option<Outcome> {
    let mut tables = Vec::new();
    // By group, or by itself: weight, scores and their number.
    let mut shares: BTreeMap<&str, (u64, u64, u64)> = BTreeMap::new();
    for table in &checklist.tables {
        let scored: Vec<(&Item, u32)> = table.items.iter().filter_map(|item| Some((item, *points.get(&item.id)?))).collect();
        let possible: u32 = scored.iter().map(|(item, _)| item.points).sum();
        if possible == 0 {
            continue;
        }
        let got: u32 = scored.iter().map(|(_, points)| points).sum();
        let guarantee = || scored.iter().filter(|(item, _)| item.is_guarantee);
        let (held, of): (u32, u32) = guarantee().fold((0, 0), |(held, of), (item, points)| (held + points, of + item.points));
        let zero = match checklist.rule {
            Rule::Own => None,
            Rule::Jgj59 if guarantee().any(|(_, points)| *points == 0) => Some(Zero::Item),
            // Under 40 of 60, in proportion where the site has not all of them.
            Rule::Jgj59 if held * 3 < of * 2 => Some(Zero::Sum),
            Rule::Jgj59 if got == 0 => Some(Zero::Nothing),
            Rule::Jgj59 => None,
        };
        let score_e1 = if zero.is_some() { 0 } else { rounded(u64::from(got) * 1000, u64::from(possible)) };
        let share = shares.entry(table.group.as_ref().unwrap_or(&table.id)).or_insert((u64::from(table.weight), 0, 0));
        share.1 += u64::from(score_e1);
        share.2 += 1;
        tables.push(TableResult { id: &table.id, score_e1, zero });
    }
    if tables.is_empty() {
        return None;
    }
    let sum = shares.values().map(|(weight, scores, count)| weight * u64::from(rounded(*scores, *count))).sum();
    let total_e1 = rounded(sum, shares.values().map(|(weight, ..)| weight).sum());
    let (good, fair) = match checklist.rule {
        Rule::Jgj59 => (FILE.grades.jgj59_good_e1, FILE.grades.jgj59_fair_e1),
        Rule::Own => (FILE.grades.own_good_e1, FILE.grades.own_fair_e1),
    };
    let has_zero = tables.iter().any(|table| table.zero.is_some());
    let grade = match total_e1 {
        _ if has_zero => Grade::Poor,
        total if total >= good => Grade::Good,
        total if total >= fair => Grade::Fair,
        _ => Grade::Poor,
    };
    let count = |counted: usize| u32::try_from(counted).unwrap_or(u32::MAX);
    let scored = count(checklist.items().filter(|item| points.contains_key(&item.id)).count());
    Some(Outcome { tables, total_e1, grade, scored, items: count(checklist.items().count()) })
}

fn rounded(part: u64, of: u64) -> u32 {
    u32::try_from((part * 2 + of) / (of * 2)).unwrap_or(u32::MAX)
}
