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
    /// Every lamp, in the order of their positions.
    pub const ALL: [Lamp; 5] = [Lamp::Done, Lamp::Idle, Lamp::Good, Lamp::Warn, Lamp::Bad];

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

/// Why a lamp shows what it shows. Holds figures, not sentences: a board judges thousands of bars and prints few reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is finished.
    Finished {
        /// Actual finish.
        on: Date,
    },
    /// The plan has errors where it stands.
    NoDates,
    /// The forecast lies after the latest date that keeps every mandated date.
    TooLate {
        /// Forecast finish.
        forecast: Date,
        /// Latest finish.
        latest: Date,
        /// Working days too late, rounded up.
        days: i64,
    },
    /// Later than planned, and little float is left.
    LittleFloat(Standing),
    /// Begun, and on time.
    Running(Standing),
    /// Not begun, near, and on time.
    DueSoon(Standing),
    /// Too far ahead to be looked at.
    NotYet {
        /// Forecast start.
        on: Date,
    },
}

/// How much room a bar has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Total float in whole working days.
    pub float_days: i64,
    /// Forecast finish.
    pub forecast: Date,
    /// Less float than this is at risk, in working days.
    pub warn_float_days: i64,
}

impl Reason {
    /// Key of the sentence, `lamp_reason.<key>`.
    pub fn key(self) -> &'static str {
        match self {
            Reason::Finished { .. } => "finished",
            Reason::NoDates => "no_dates",
            Reason::TooLate { .. } => "too_late",
            Reason::LittleFloat(_) => "little_float",
            Reason::Running(_) => "running",
            Reason::DueSoon(_) => "due_soon",
            Reason::NotYet { .. } => "not_yet",
        }
    }

    /// Parameters of the sentence.
    pub fn params(self) -> Vec<(&'static str, String)> {
        match self {
            Reason::NoDates => Vec::new(),
            Reason::Finished { on } | Reason::NotYet { on } => vec![("date", on.to_string())],
            Reason::TooLate { forecast, latest, days } => {
                vec![("forecast", forecast.to_string()), ("latest", latest.to_string()), ("days", days.to_string())]
            }
            Reason::LittleFloat(standing) | Reason::Running(standing) | Reason::DueSoon(standing) => vec![
                ("days", standing.float_days.to_string()),
                ("forecast", standing.forecast.to_string()),
                ("limit", standing.warn_float_days.to_string()),
            ],
        }
    }
}

/// What is said of a bar on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The lamp.
    pub lamp: Lamp,
    /// Why.
    pub reason: Reason,
    /// Since when, where the bar itself tells; otherwise since the plan last changed.
    pub since: Option<Date>,
}

/// The lamp of a bar on a day.
pub fn verdict(bar: &Bar, today: Date, rules: &RuleSet) -> Verdict {
    let say = |lamp, reason, since| Verdict { lamp, reason, since };
    if let Some(on) = bar.actual_finish {
        return say(Lamp::Done, Reason::Finished { on }, Some(on));
    }
    let Some((early_start, forecast)) = bar.early else {
        return say(Lamp::Warn, Reason::NoDates, None);
    };
    let float = bar.float_days_e3.unwrap_or(0);
    if float < 0 {
        let (_, latest) = bar.late.unwrap_or((early_start, forecast));
        let overdue_since = latest.checked_add(1.day()).ok().filter(|day| *day <= today);
        return say(Lamp::Bad, Reason::TooLate { forecast, latest, days: (-float + 999) / 1000 }, overdue_since);
    }
    let standing = Standing { float_days: float / 1000, forecast, warn_float_days: rules.warn_float_days };
    let is_near = bar.actual_start.is_some()
        || today.checked_add(rules.look_ahead_days.days()).is_ok_and(|horizon| early_start <= horizon);
    let is_slipped = bar.baseline.is_some_and(|(_, planned)| forecast > planned);
    if is_near && standing.float_days < rules.warn_float_days && is_slipped {
        return say(Lamp::Warn, Reason::LittleFloat(standing), None);
    }
    match bar.actual_start {
        Some(start) => say(Lamp::Good, Reason::Running(standing), Some(start)),
        None if is_near => say(Lamp::Good, Reason::DueSoon(standing), None),
        None => say(Lamp::Idle, Reason::NotYet { on: early_start }, None),
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

/// The cell of some bars of one stage, each with its lamp. `None` without bars.
pub fn cell(bars: &[(&Bar, Lamp)]) -> Option<Cell> {
    let count_of = |wanted: Lamp| bars.iter().filter(|(_, lamp)| *lamp == wanted).count();
    // Finished ones say nothing about the rest.
    let unfinished = bars.iter().map(|(_, lamp)| *lamp).filter(|lamp| *lamp != Lamp::Done);
    (!bars.is_empty()).then(|| Cell {
        lamp: unfinished.max().unwrap_or(Lamp::Done),
        count: bars.len(),
        done: count_of(Lamp::Done),
        late: count_of(Lamp::Bad),
        latest: bars.iter().filter_map(|(bar, _)| bar.late).map(|(_, finish)| finish).max(),
        finish: bars.iter().filter_map(|(bar, _)| bar.actual_finish.or(bar.early.map(|(_, finish)| finish))).max(),
        bar: match bars {
            [(bar, _)] => Some((bar.project.clone(), bar.activity.clone())),
            _ => None,
        },
    })
}
