//! From bars to lamps and boards. Pure: what a lamp says follows from a bar, a date and a rule set.

use crate::features::plan::store::Bar;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use std::sync::LazyLock;

/// The rule set that gives lamps.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// Identifier, printed beside the board.
    pub id: String,
    /// Where its numbers come from.
    pub source: String,
    /// First day it holds.
    pub from: Date,
    /// Less float than this is at risk, in working days.
    pub warn_float_days: i64,
    /// Work that should begin within these days is looked at already.
    pub look_ahead_days: i64,
}

/// The rule set in force.
pub static RULES: LazyLock<RuleSet> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../rules/lamps.toml")).expect("rules/lamps.toml is part of the program and read by a test")
});

/// A lamp, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lamp {
    /// Finished.
    Done,
    /// Not yet to be looked at.
    Idle,
    /// On time.
    Good,
    /// At risk.
    Warn,
    /// A mandated date is missed if nothing changes.
    Bad,
}

impl Lamp {
    /// Its class and locale key.
    pub fn name(self) -> &'static str {
        match self {
            Lamp::Done => "done",
            Lamp::Idle => "idle",
            Lamp::Good => "good",
            Lamp::Warn => "warn",
            Lamp::Bad => "bad",
        }
    }
}

/// Why a lamp shows what it shows: a sentence of the locale files, its parameters, and since when it is so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The lamp.
    pub lamp: Lamp,
    /// Key of the sentence, `lamp_reason.<key>`.
    pub reason: &'static str,
    /// Parameters of the sentence.
    pub params: Vec<(&'static str, String)>,
    /// Since when, where the bar itself tells; otherwise since the plan last changed.
    pub since: Option<Date>,
}

/// The lamp of a bar on a day.
pub fn verdict(bar: &Bar, today: Date, rules: &RuleSet) -> Verdict {
    let say = |lamp, reason, params, since| Verdict { lamp, reason, params, since };
    if let Some(finish) = bar.actual_finish {
        return say(Lamp::Done, "finished", vec![("date", finish.to_string())], Some(finish));
    }
    let Some((early_start, early_finish)) = bar.early else {
        return say(Lamp::Warn, "no_dates", Vec::new(), None);
    };
    let float = bar.float_days_e3.unwrap_or(0);
    if float < 0 {
        let (_, latest) = bar.late.unwrap_or((early_start, early_finish));
        let params = vec![
            ("forecast", early_finish.to_string()),
            ("latest", latest.to_string()),
            ("days", ((-float + 999) / 1000).to_string()),
        ];
        let overdue_since = latest.checked_add(1.day()).ok().filter(|day| *day <= today);
        return say(Lamp::Bad, "too_late", params, overdue_since);
    }
    let float_days = float / 1000;
    let is_near = bar.actual_start.is_some()
        || today.checked_add(rules.look_ahead_days.days()).is_ok_and(|horizon| early_start <= horizon);
    let baseline_finish = bar.baseline.map(|(_, finish)| finish);
    let params = vec![
        ("days", float_days.to_string()),
        ("forecast", early_finish.to_string()),
        ("limit", rules.warn_float_days.to_string()),
    ];
    if is_near && float_days < rules.warn_float_days && baseline_finish.is_some_and(|planned| early_finish > planned) {
        return say(Lamp::Warn, "little_float", params, None);
    }
    match bar.actual_start {
        Some(start) => say(Lamp::Good, "running", params, Some(start)),
        None if is_near => say(Lamp::Good, "due_soon", params, None),
        None => say(Lamp::Idle, "not_yet", vec![("date", early_start.to_string())], None),
    }
}

/// A cell of the matrix: the worst lamp of the bars behind it, how many are finished, and the dates that matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Worst lamp.
    pub lamp: Lamp,
    /// Bars behind it.
    pub count: usize,
    /// Finished ones.
    pub done: usize,
    /// Late ones.
    pub late: usize,
    /// Latest date that keeps every mandated date.
    pub latest: Option<Date>,
    /// Forecast or, when all are finished, actual finish.
    pub finish: Option<Date>,
    /// The bar, where there is exactly one: project and activity.
    pub bar: Option<(String, String)>,
}

/// The cell of some bars of one stage. `None` without bars.
pub fn cell(bars: &[&Bar], today: Date, rules: &RuleSet) -> Option<Cell> {
    let lamps: Vec<Lamp> = bars.iter().map(|bar| verdict(bar, today, rules).lamp).collect();
    let done = lamps.iter().filter(|lamp| **lamp == Lamp::Done).count();
    // Finished ones say nothing about the rest.
    let worst = lamps.iter().copied().filter(|lamp| *lamp != Lamp::Done).max().unwrap_or(Lamp::Done);
    (!bars.is_empty()).then(|| Cell {
        lamp: worst,
        count: bars.len(),
        done,
        late: lamps.iter().filter(|lamp| **lamp == Lamp::Bad).count(),
        latest: bars.iter().filter_map(|bar| bar.late).map(|(_, finish)| finish).max(),
        finish: bars.iter().filter_map(|bar| bar.actual_finish.or(bar.early.map(|(_, finish)| finish))).max(),
        bar: match bars {
            [bar] => Some((bar.project.clone(), bar.activity.clone())),
            _ => None,
        },
    })
}
