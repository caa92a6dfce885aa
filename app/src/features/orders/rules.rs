//! Limits and ladders from `rules/orders.toml`: by which rule an order is to be done, and what happens on the way when it is
//! not.

use super::budget::{Budget, Due, Unit};
use crate::features::calendars::holidays::{end_of_period, is_working_day};
use crate::web::locale::Language;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};
use serde::Deserialize;
use std::sync::LazyLock;

/// What a number stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Mark {
    /// A published rule.
    S,
    /// General usage.
    G,
    /// Chosen by this product.
    #[serde(rename = "setting")]
    Setting,
}

impl Mark {
    /// Its name in locale keys.
    pub fn name(self) -> &'static str {
        match self {
            Mark::S => "s",
            Mark::G => "g",
            Mark::Setting => "setting",
        }
    }
}

/// Office hours.
#[derive(Debug)]
pub struct Hours {
    /// First and last instant of each span of a working day, in order.
    pub spans: Vec<(Time, Time)>,
    /// What they stand on.
    pub mark: Mark,
}

/// When slips are delivered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Messages {
    /// First instant of a working day.
    pub from: Time,
    /// Last.
    pub to: Time,
    /// Where that comes from.
    pub source: String,
    /// What that stands on.
    pub mark: Mark,
}

/// A limit that an order can be given.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Identifier within its preset.
    pub id: String,
    natural_days: Option<u32>,
    working_days: Option<u32>,
    working_hours: Option<u32>,
    months: Option<u32>,
    /// Whether its slips are delivered at any hour.
    #[serde(default)]
    pub is_urgent: bool,
}

impl Limit {
    /// How much of what an order issued on a day gets. Months are counted to the day of the same number, in natural days.
    pub fn budget(&self, issued_on: Date) -> (Unit, u32) {
        match (self.natural_days, self.working_days, self.working_hours, self.months) {
            (Some(days), ..) => (Unit::NaturalDays, days),
            (_, Some(days), ..) => (Unit::WorkingDays, days),
            (_, _, Some(hours), _) => (Unit::WorkingHours, hours),
            (.., months) => {
                let end = issued_on.saturating_add(i64::from(months.unwrap_or(0)).months());
                (Unit::NaturalDays, u32::try_from((end - issued_on).get_days()).unwrap_or(0))
            }
        }
    }

    fn count(&self) -> usize {
        [self.natural_days, self.working_days, self.working_hours, self.months].iter().flatten().filter(|amount| **amount > 0).count()
    }
}

/// A rule that sets limits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Identifier; its name is `order_preset.<id>` in the locale files.
    pub id: String,
    /// By which paper.
    pub source: String,
    /// What its limits stand on.
    pub mark: Mark,
    /// First day it holds.
    pub from: Date,
    /// Last day; absent while it does.
    pub to: Option<Date>,
    /// Its limits.
    pub limits: Vec<Limit>,
    /// The ladder that goes with it.
    pub ladder: String,
    /// Most natural days by which a deadline is moved, once.
    pub extension_most_days: u32,
    /// What that stands on.
    pub extension_mark: Mark,
    /// Units left at least when a report comes back that was in time.
    pub rework_days: u32,
}

/// The paper that a rung stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// A reminder.
    Remind,
    /// A supervision letter.
    Urge,
    /// Circulated criticism.
    Criticise,
    /// A talk with whoever is responsible.
    Talk,
    /// A proposal to refer it for accountability; people do that.
    Refer,
}

impl Act {
    /// Its name in locale keys.
    pub fn name(self) -> &'static str {
        match self {
            Act::Remind => "remind",
            Act::Urge => "urge",
            Act::Criticise => "criticise",
            Act::Talk => "talk",
            Act::Refer => "refer",
        }
    }
}

/// Colour of a slip. Neither the colours of lamps nor those of risks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slip {
    /// Blue.
    Blue,
    /// Yellow.
    Yellow,
    /// Red.
    Red,
}

impl Slip {
    /// Its name in locale keys and classes.
    pub fn name(self) -> &'static str {
        match self {
            Slip::Blue => "blue",
            Slip::Yellow => "yellow",
            Slip::Red => "red",
        }
    }
}

/// A step of a ladder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rung {
    /// Identifier within its ladder.
    pub id: String,
    /// Its paper.
    pub act: Act,
    /// Colour of that paper, where colours are used.
    pub slip: Option<Slip>,
    day: Option<u32>,
    percent: Option<u32>,
    left: Option<u32>,
    over: Option<u32>,
    over_months: Option<u32>,
    #[serde(default)]
    returned: bool,
}

impl Rung {
    /// When an order first reached it, as far as its clock has run; a running clock says so of days ahead too. `returned_at`
    /// is when a report first came back.
    pub fn reached(&self, budget: &Budget, returned_at: Option<DateTime>) -> Option<DateTime> {
        let units = |count: Option<u32>| count.map(i64::from);
        if let Some(units) = units(self.day) {
            return budget.reaches_used(units);
        }
        if let Some(percent) = units(self.percent) {
            return budget.reaches_used((i64::from(budget.amount) * percent + 99) / 100);
        }
        if let Some(units) = units(self.left) {
            return budget.reaches_left(units);
        }
        if let Some(units) = units(self.over) {
            return budget.reaches_over(units);
        }
        if let Some(months) = units(self.over_months) {
            let at = budget.last_due()?.at.saturating_add(months.months());
            return (budget.here(at) == at).then_some(at);
        }
        returned_at.filter(|_| self.returned)
    }

    /// Whether it holds now. A deadline that is moved takes a colour back; the paper that was sent stays sent.
    pub fn holds(&self, budget: &Budget, is_returned: bool, now: DateTime) -> bool {
        let (left, used) = (budget.left(now), budget.used(now));
        let units = |count: Option<u32>| count.map(i64::from);
        units(self.day).is_some_and(|units| used >= units)
            || units(self.percent).is_some_and(|percent| used * 100 >= i64::from(budget.amount) * percent)
            || units(self.left).is_some_and(|units| left <= units && i64::from(budget.amount) > units)
            || units(self.over).is_some_and(|units| left <= -units)
            || units(self.over_months).is_some_and(|months| {
                budget.is_over(now) && budget.last_due().is_some_and(|due| budget.here(now) >= due.at.saturating_add(months.months()))
            })
            || (self.returned && is_returned)
    }

    /// When it is reached, in words; of an order in its own unit.
    pub fn condition(&self, language: Language, unit: Option<Unit>) -> String {
        let given = [("day", self.day), ("percent", self.percent), ("left", self.left), ("over", self.over), ("over_months", self.over_months)];
        match given.iter().find_map(|(name, count)| Some((name, (*count)?))) {
            Some((name, count)) => {
                let unit = unit.map_or("any", Unit::name);
                let amount = language.tf(&format!("order_unit.{unit}"), &[("count", count.to_string())]);
                language.tf(&format!("order_when.{name}"), &[("count", count.to_string()), ("amount", amount)])
            }
            None => language.t("order_when.returned"),
        }
    }

    fn count(&self) -> usize {
        let given = [self.day, self.percent, self.left, self.over, self.over_months];
        given.iter().flatten().count() + usize::from(self.returned)
    }
}

/// What happens on the way when an order is not done.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ladder {
    /// Identifier; its name is `order_ladder.<id>` in the locale files.
    pub id: String,
    /// By which paper.
    pub source: String,
    /// What it stands on.
    pub mark: Mark,
    /// First day it holds.
    pub from: Date,
    /// Last day; absent while it does.
    pub to: Option<Date>,
    /// Its rungs, lowest first.
    pub rungs: Vec<Rung>,
}

impl Ladder {
    /// The rung of an id.
    pub fn rung(&self, id: &str) -> Option<&Rung> {
        self.rungs.iter().find(|rung| rung.id == id)
    }

    /// The highest rung that holds now.
    pub fn standing(&self, budget: &Budget, is_returned: bool, now: DateTime) -> Option<&Rung> {
        self.rungs.iter().rev().find(|rung| rung.holds(budget, is_returned, now))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHours {
    spans: Vec<(Time, Time)>,
    #[serde(rename = "source")]
    _source: String,
    mark: Mark,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    hours: RawHours,
    messages: Messages,
    preset: Vec<Preset>,
    ladder: Vec<Ladder>,
}

/// Reads rules, or says what is wrong with them.
fn read(text: &str) -> Result<File, String> {
    let file: File = toml::from_str(text).map_err(|fault| fault.to_string())?;
    for (at, preset) in file.preset.iter().enumerate() {
        let id = &preset.id;
        if file.preset[..at].iter().any(|other| other.id == *id) {
            return Err(format!("`{id}` stands twice"));
        }
        if !file.ladder.iter().any(|ladder| ladder.id == preset.ladder) {
            return Err(format!("`{id}` goes with no ladder"));
        }
        if let Some(limit) = preset.limits.iter().find(|limit| limit.count() != 1) {
            return Err(format!("`{id}`: `{}` is one amount of one unit", limit.id));
        }
    }
    for ladder in &file.ladder {
        if let Some(rung) = ladder.rungs.iter().find(|rung| rung.count() != 1) {
            return Err(format!("`{}`: `{}` is reached in one way", ladder.id, rung.id));
        }
    }
    if file.hours.spans.iter().any(|(opens, closes)| opens >= closes) || file.hours.spans.windows(2).any(|pair| pair[0].1 > pair[1].0) {
        return Err("office hours are spans in order".to_owned());
    }
    Ok(file)
}

static FILE: LazyLock<File> = LazyLock::new(|| {
    read(include_str!("../../../../rules/orders.toml")).expect("rules/orders.toml is part of the program and read by a test")
});

/// Office hours for limits in hours.
pub static HOURS: LazyLock<Hours> = LazyLock::new(|| Hours { spans: FILE.hours.spans.clone(), mark: FILE.hours.mark });

/// When slips are delivered.
pub fn messages() -> &'static Messages {
    &FILE.messages
}

/// Every preset.
pub fn presets() -> &'static [Preset] {
    &FILE.preset
}

/// Every ladder.
pub fn ladders() -> &'static [Ladder] {
    &FILE.ladder
}

/// The ladder of an id.
pub fn ladder(id: &str) -> Option<&'static Ladder> {
    FILE.ladder.iter().find(|ladder| ladder.id == id)
}

/// A preset that holds on a day and its limit, by their ids.
pub fn limit(preset: &str, limit: &str, on: Date) -> Option<(&'static Preset, &'static Limit)> {
    let preset = FILE.preset.iter().find(|one| one.id == preset && one.from <= on && one.to.is_none_or(|to| to >= on))?;
    Some((preset, preset.limits.iter().find(|one| one.id == limit)?))
}

/// When people may be told of something: at once when it is urgent, else in the hours of a working day.
pub fn told_at(at: DateTime, is_urgent: bool) -> DateTime {
    let hours = messages();
    let is_fit = is_working_day(at.date()).is_worked() && at.time() >= hours.from && at.time() <= hours.to;
    if is_urgent || is_fit {
        return at;
    }
    let first = if at.time() > hours.to { at.date().tomorrow().unwrap_or(at.date()) } else { at.date() };
    end_of_period(first).on.to_datetime(hours.from)
}

/// The latest deadline an extension may set.
pub fn longest(due: &Due, most_days: u32) -> Date {
    due.on().saturating_add(i64::from(most_days).days())
}

#[cfg(test)]
mod tests {
    use super::super::budget::{Budget, Tick, Unit};
    use super::{Rung, read};
    use jiff::civil::date;

    #[test]
    fn a_part_of_a_limit_is_reached_when_all_of_it_is_used() {
        let rung: Rung = toml::from_str("id = 'half'\nact = 'remind'\npercent = 50").unwrap();
        let begun = date(2026, 11, 2).at(9, 0, 0, 0);
        // Three days of five are more than half, two are not.
        for (amount, on) in [(4, date(2026, 11, 4)), (5, date(2026, 11, 5))] {
            let budget = Budget::of(Unit::NaturalDays, amount, [(begun, Tick::Begin)]);
            assert_eq!(rung.reached(&budget, None).map(|at| at.date()), Some(on), "{amount}");
            assert!(rung.holds(&budget, false, on.into()) && !rung.holds(&budget, false, on.yesterday().unwrap().into()));
        }
    }

    #[test]
    fn the_file_is_read_and_faults_are_named() {
        let text = include_str!("../../../../rules/orders.toml");
        assert!(read(text).is_ok());
        for (from, to, fault) in [
            ("id = \"petitions\"", "id = \"city\"", "stands twice"),
            ("natural_days = 20 }", "natural_days = 20, working_days = 3 }", "one amount of one unit"),
            ("ladder = \"p13710\"", "ladder = \"none\"", "goes with no ladder"),
            ("act = \"remind\", left = 1", "act = \"remind\", left = 1, over = 2", "reached in one way"),
            ("\"12:00\"", "\"08:00\"", "spans in order"),
        ] {
            let said = read(&text.replacen(from, to, 1)).err().unwrap_or_default();
            assert!(said.contains(fault), "{fault}: {said}");
        }
    }
}
