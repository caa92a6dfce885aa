//! What a rule set is, which one holds on a day, and what one needs to be adopted.

use crate::journal::domain::{Context, Draft};
use crate::refusals;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// Longest name, in characters.
const NAME_CHARS: usize = 40;
/// A gap of more percentage points than there are says nothing, in tenths.
const MOST_POINTS_E1: i64 = 1000;
/// More days than a plan looks ahead.
const MOST_DAYS: i64 = 365;

/// By which numbers something turns yellow or red.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thresholds {
    /// Of a gap between planned-to-date and done.
    Gap(GapRules),
    /// Of a bar of the wall chart.
    Lamps(LampRules),
}

impl Thresholds {
    /// The kind's name in addresses, tables and locale keys.
    pub fn kind(&self) -> &'static str {
        match self {
            Thresholds::Gap(_) => "gap",
            Thresholds::Lamps(_) => "lamps",
        }
    }
}

/// Against what it is measured what is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// All work by the approved baseline: its S-curve.
    #[default]
    Curve,
    /// Of what is planned for the year, the share of months that have passed: 序时进度 as reports of districts use it.
    Months,
    /// Of what is planned for the year, the share of days that have passed.
    Days,
}

impl Measure {
    /// Every measure.
    pub const ALL: [Measure; 3] = [Measure::Curve, Measure::Months, Measure::Days];

    /// Its name in forms and locale keys.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Curve => "curve",
            Measure::Months => "months",
            Measure::Days => "days",
        }
    }

    /// The measure of a name.
    pub fn from_name(name: &str) -> Option<Measure> {
        Measure::ALL.into_iter().find(|measure| measure.name() == name)
    }
}

/// When a gap is a lamp of its own. Gaps are percentage points, never ratios.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GapRules {
    /// What a gap is taken from.
    #[serde(default)]
    pub measure: Measure,
    /// Behind by this many percentage points and more: at risk. In tenths.
    pub warn_points_e1: i64,
    /// Behind by more than this: late. In tenths.
    pub bad_points_e1: i64,
}

/// When a bar of the wall chart is looked at, and when it is at risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LampRules {
    /// Less float than this is at risk, in working days.
    pub warn_float_days: i64,
    /// Work that should begin within these days is looked at already.
    pub look_ahead_days: i64,
}

/// A rule set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    /// Identifier, kept beside whatever is frozen.
    pub id: String,
    /// What a district calls it; `None` for one the program brings, whose name is in the locale files.
    pub name: Option<String>,
    /// Where its numbers come from.
    pub source: String,
    /// First day it holds.
    pub from: Date,
    /// Its numbers.
    pub thresholds: Thresholds,
    /// The fact that adopted it; 0 for one the program brings.
    pub number: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GapRow {
    id: String,
    source: String,
    from: Date,
    #[serde(default)]
    measure: Measure,
    warn_points_e1: i64,
    bad_points_e1: i64,
}

#[derive(Deserialize)]
struct GapFile {
    gap: Vec<GapRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LampFile {
    id: String,
    source: String,
    from: Date,
    warn_float_days: i64,
    look_ahead_days: i64,
}

/// Rule sets that the program brings; of each kind the first is used until a district adopts another.
pub static SHIPPED: LazyLock<Vec<RuleSet>> = LazyLock::new(|| {
    let gaps: GapFile = toml::from_str(include_str!("../../../../rules/progress.toml"))
        .expect("rules/progress.toml is part of the program and read by a test");
    let lamps: LampFile = toml::from_str(include_str!("../../../../rules/lamps.toml"))
        .expect("rules/lamps.toml is part of the program and read by a test");
    let shipped = |id, source, from, thresholds| RuleSet { id, name: None, source, from, thresholds, number: 0 };
    let mut all: Vec<RuleSet> = Vec::new();
    for GapRow { id, source, from, measure, warn_points_e1, bad_points_e1 } in gaps.gap {
        all.push(shipped(id, source, from, Thresholds::Gap(GapRules { measure, warn_points_e1, bad_points_e1 })));
    }
    let LampFile { id, source, from, warn_float_days, look_ahead_days } = lamps;
    all.push(shipped(id, source, from, Thresholds::Lamps(LampRules { warn_float_days, look_ahead_days })));
    all
});

impl RuleSet {
    /// Its numbers, when it is one of gaps.
    pub fn gap(&self) -> Option<GapRules> {
        match self.thresholds {
            Thresholds::Gap(rules) => Some(rules),
            Thresholds::Lamps(_) => None,
        }
    }

    /// Its numbers, when it is one of the wall's lamps.
    pub fn lamps(&self) -> Option<LampRules> {
        match self.thresholds {
            Thresholds::Lamps(rules) => Some(rules),
            Thresholds::Gap(_) => None,
        }
    }
}

/// The rule set of a kind that holds on a day: the one adopted last whose day has come, else the first that the program
/// brings.
fn holding<R>(adopted: &[RuleSet], on: Date, numbers: impl Fn(&RuleSet) -> Option<R>) -> (&RuleSet, R) {
    let held = adopted.iter().filter(|set| set.from <= on).filter_map(|set| Some((set, numbers(set)?)));
    let shipped = || SHIPPED.iter().find_map(|set| Some((set, numbers(set)?)));
    held.max_by_key(|(set, _)| (set.from, set.number)).or_else(shipped).expect("the program brings one of each kind, as a test reads")
}

/// The rule set of gaps that holds on a day, with its numbers.
pub fn gap_rules(adopted: &[RuleSet], on: Date) -> (&RuleSet, GapRules) {
    holding(adopted, on, RuleSet::gap)
}

/// The rule set of the wall's lamps that holds on a day, with its numbers.
pub fn lamp_rules(adopted: &[RuleSet], on: Date) -> (&RuleSet, LampRules) {
    holding(adopted, on, RuleSet::lamps)
}

/// What can be asked of rule sets.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Adopt a rule set.
    Adopt {
        /// Client-made id.
        rule_set: String,
        /// What it is called.
        name: String,
        /// Where its numbers come from.
        source: String,
        /// First day it holds.
        from: Date,
        /// Its numbers.
        thresholds: Thresholds,
        /// Why.
        reason: String,
    },
}

/// What happened to rule sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are those of the command, which are documented")]
pub enum Fact {
    /// A rule set was adopted.
    Adopted { name: String, source: String, from: Date, thresholds: Thresholds, reason: String },
}

refusals! {
    /// The id is in use.
    IdTaken = "U-101" Conflict _;
    /// A name of 1 to 40 characters.
    NameLength = "U-102" Rule name;
    /// Another rule set has that name.
    NameTaken { name } = "U-103" Conflict name;
    /// Where it comes from must be said.
    NoSource = "U-104" Rule source;
    /// What has been shown goes by the rule that held then: a new one holds from today at the earliest.
    BeginsInThePast { date } = "U-105" Rule from;
    /// The first number is not above the second, and both are within bounds.
    OutOfOrder { most } = "U-106" Rule thresholds;
    /// Why must be said.
    NoReason = "U-107" Rule reason;
}

/// What the rule sees.
#[derive(Clone, Copy, Debug, Default)]
pub struct State {
    /// Whether the id is in use.
    pub is_id_taken: bool,
    /// Whether another rule set has the name.
    pub is_name_taken: bool,
}

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let Command::Adopt { rule_set, name, source, from, thresholds, reason } = command;
    let name = name.trim();
    if state.is_id_taken {
        return Err(Refused::IdTaken);
    }
    if name.is_empty() || name.chars().count() > NAME_CHARS || name.chars().any(char::is_control) {
        return Err(Refused::NameLength);
    }
    if state.is_name_taken {
        return Err(Refused::NameTaken { name: name.to_owned() });
    }
    if source.trim().is_empty() {
        return Err(Refused::NoSource);
    }
    if *from < context.today {
        return Err(Refused::BeginsInThePast { date: context.today.to_string() });
    }
    let is_ordered = match *thresholds {
        Thresholds::Gap(GapRules { warn_points_e1, bad_points_e1, .. }) => 1 <= warn_points_e1 && warn_points_e1 <= bad_points_e1 && bad_points_e1 <= MOST_POINTS_E1,
        Thresholds::Lamps(LampRules { warn_float_days, look_ahead_days }) => {
            [warn_float_days, look_ahead_days].iter().all(|days| (0..=MOST_DAYS).contains(days))
        }
    };
    if !is_ordered {
        let most = if thresholds.kind() == "gap" { MOST_POINTS_E1 / 10 } else { MOST_DAYS };
        return Err(Refused::OutOfOrder { most: most.to_string() });
    }
    if reason.trim().is_empty() {
        return Err(Refused::NoReason);
    }
    let fact = Fact::Adopted { name: name.to_owned(), source: source.trim().into(), from: *from, thresholds: *thresholds, reason: reason.trim().into() };
    Ok(vec![Draft { fact, subject: rule_set.clone(), place: "-".into(), occurred_on: context.today }])
}
