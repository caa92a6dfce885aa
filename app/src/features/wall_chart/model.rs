//! From bars to lamps and boards, and since when a lamp accuses. Pure: what a lamp says follows from a bar, a date and a rule set.

use crate::features::plan::store::Bar;
use crate::features::rule_sets::model::LampRules;
use crate::features::targets::model::Grade;
use crate::journal::domain::{Context, Draft};
use crate::refusals;
pub use guatu_formats::charts::Lamp;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What can be asked of the wall.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Note which lamps of a project have begun or ceased to accuse since they were last noted.
    Note {
        /// The project.
        project: String,
    },
}

/// What happened on the wall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Lamps have changed: a forecast has no day of its own that began it, so the day on which it first accused is a fact.
    Noted {
        /// The project.
        project: String,
        /// Activities that are called something else than before, with the word.
        lit: Vec<(String, String)>,
        /// Activities that are not accused any more.
        cleared: Vec<String>,
    },
}

refusals! {
    /// The schedule does not follow from the newest facts yet.
    Unsettled = "W-101" Conflict _;
}

/// What the rule of noting sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whether the schedule follows from the newest facts.
    pub is_settled: bool,
    /// What is said of every bar now.
    pub lit: BTreeMap<String, Word>,
    /// What was noted, of bars that were accused.
    pub noted: BTreeMap<String, Word>,
}

/// Decides a command. Nothing new is no fact.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let Command::Note { project } = command;
    if !state.is_settled {
        return Err(Refused::Unsettled);
    }
    let accused = |activity: &String| state.lit.get(activity).filter(|word| word.accuses());
    let lit = state.lit.iter().filter(|(activity, word)| word.accuses() && state.noted.get(*activity) != Some(word));
    let lit: Vec<(String, String)> = lit.map(|(activity, word)| (activity.clone(), word.key().to_owned())).collect();
    let cleared: Vec<String> = state.noted.keys().filter(|activity| accused(activity).is_none()).cloned().collect();
    if lit.is_empty() && cleared.is_empty() {
        return Ok(Vec::new());
    }
    let fact = Fact::Noted { project: project.clone(), lit, cleared };
    Ok(vec![Draft { fact, subject: project.clone(), place: project.clone(), occurred_on: context.today }])
}

/// How the command room's screen is filled, as a setting.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Screen {
    /// Identifier.
    pub id: String,
    /// Where its numbers come from.
    pub source: String,
    /// Seconds that a page stays.
    pub turn_seconds: u32,
    /// Seconds that it stays after somebody has touched keyboard or pointer.
    pub pause_seconds: u32,
    /// Rows of a page where cells hold counts.
    pub rows_of_counts: usize,
    /// Rows of a page where cells hold dates.
    pub rows_of_dates: usize,
    /// Rows of a page of bars.
    pub rows_of_bars: usize,
}

/// The screen of the command room.
pub static SCREEN: LazyLock<Screen> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../rules/screen.toml")).expect("rules/screen.toml is part of the program and read by a test")
});

/// Pages of at most so many rows, of equal length but for one row: where a page begins, and where the next one does.
pub fn page_around(first: usize, total: usize, most: usize) -> std::ops::Range<usize> {
    let count = total.div_ceil(most.max(1)).max(1);
    let page = (first.min(total) * count).checked_div(total).unwrap_or(0).min(count - 1);
    // Multiplied before divided, so that every page is the same whichever row of it was asked for.
    let begins = |page: usize| (page * total).div_ceil(count);
    begins(page)..begins(page + 1)
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
    TooLate(Shortage),
    /// So it does, and that date has passed.
    Overdue(Shortage),
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

/// By how much a bar is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// Forecast finish.
    pub forecast: Date,
    /// Latest finish.
    pub latest: Date,
    /// Working days too late, rounded up.
    pub days: i64,
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
            Reason::TooLate(_) => "too_late",
            Reason::Overdue(_) => "overdue",
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
            Reason::TooLate(Shortage { forecast, latest, days }) | Reason::Overdue(Shortage { forecast, latest, days }) => {
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
    /// Since when, where the bar itself tells. A forecast has no such day: the wall notes the day on which it first accused.
    pub since: Option<Date>,
}

impl Verdict {
    /// What it is called.
    pub fn word(&self) -> Word {
        match self.reason {
            Reason::Overdue(_) => Word::Overdue,
            _ => Word::Lamp(self.lamp),
        }
    }
}

/// What a lamp is called: work forecast to be late is not overdue, though both call for the same haste.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Word {
    /// The latest date has passed.
    Overdue,
    /// The lamp's own word.
    Lamp(Lamp),
}

impl Word {
    /// Every word, the worst first.
    pub const ALL: [Word; 6] = [
        Word::Overdue,
        Word::Lamp(Lamp::Bad),
        Word::Lamp(Lamp::Warn),
        Word::Lamp(Lamp::Good),
        Word::Lamp(Lamp::Done),
        Word::Lamp(Lamp::Idle),
    ];

    /// Whether it says that something is late or at risk.
    pub fn accuses(self) -> bool {
        matches!(self.lamp(), Lamp::Bad | Lamp::Warn)
    }

    /// The word of a locale key.
    pub fn from_key(key: &str) -> Option<Word> {
        Word::ALL.into_iter().find(|word| word.key() == key)
    }

    /// The lamp that shows it.
    pub fn lamp(self) -> Lamp {
        match self {
            Word::Overdue => Lamp::Bad,
            Word::Lamp(lamp) => lamp,
        }
    }

    /// Its locale key, `lamp.<key>` and `lamp_short.<key>`.
    pub fn key(self) -> &'static str {
        match self {
            Word::Overdue => "overdue",
            Word::Lamp(lamp) => lamp.name(),
        }
    }

    /// Its place in [`Word::ALL`].
    pub fn at(self) -> usize {
        Word::ALL.iter().position(|word| *word == self).unwrap_or(0)
    }
}

/// The lamp of a bar on a day.
pub fn verdict(bar: &Bar, today: Date, rules: &LampRules) -> Verdict {
    let say = |lamp, reason, since| Verdict { lamp, reason, since };
    // Of an earlier day only what was finished by then is.
    if let Some(on) = bar.actual_finish.filter(|on| *on <= today) {
        return say(Lamp::Done, Reason::Finished { on }, Some(on));
    }
    let Some((early_start, forecast)) = bar.early else {
        return say(Lamp::Warn, Reason::NoDates, None);
    };
    let float = bar.float_days_e3.unwrap_or(0);
    if float < 0 {
        let (_, latest) = bar.late.unwrap_or((early_start, forecast));
        let shortage = Shortage { forecast, latest, days: (-float + 999) / 1000 };
        return match latest.checked_add(1.day()).ok().filter(|day| *day <= today) {
            Some(day) => say(Lamp::Bad, Reason::Overdue(shortage), Some(day)),
            None => say(Lamp::Bad, Reason::TooLate(shortage), None),
        };
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

/// Where the progress front line leaves the data date at a bar: the first day of its approved plan that is not done. `None`
/// where it lies on the data date.
///
/// Drawn on the approved plan and not on the forecast, since a forecast already gives way to what has happened: its front
/// would always stand at the data date and show nothing. Finished work and work not yet due lie on the line, unless it was
/// finished before its planned finish.
pub fn front(bar: &Bar, data_date: Date) -> Option<Date> {
    if !matches!(bar.kind.as_str(), "task" | "hammock") {
        return None;
    }
    front_on(bar.baseline?, bar.actual_start, bar.actual_finish, bar.percent_e3, data_date)
}

/// [`front`] of work planned from a day to a day, inclusive.
pub fn front_on(
    (start, finish): (Date, Date),
    actual_start: Option<Date>,
    actual_finish: Option<Date>,
    percent_e3: u32,
    data_date: Date,
) -> Option<Date> {
    let after = finish.saturating_add(1.day());
    let front = match (actual_start, actual_finish) {
        (_, Some(_)) => Some(after).filter(|after| *after > data_date),
        // Begun early with nothing done is not ahead.
        (Some(_), None) if percent_e3 == 0 => Some(start).filter(|start| *start < data_date),
        (Some(_), None) => {
            let days = i64::from((after - start).get_days());
            Some(start.saturating_add((days * i64::from(percent_e3.min(100_000)) / 100_000).days()))
        }
        (None, None) => Some(start).filter(|start| *start < data_date),
    };
    front.filter(|front| *front != data_date)
}

/// [`front`] of many bars taken together: the last day by which their approved plans had no more due than is done. Work is
/// counted in planned days, so that a long stage counts for more than a short one.
pub fn front_of_all(bars: &[&Bar], data_date: Date) -> Option<Date> {
    let planned: Vec<(Date, i64, i64)> = bars
        .iter()
        .filter_map(|bar| {
            let (start, finish) = bar.baseline.filter(|_| matches!(bar.kind.as_str(), "task" | "hammock"))?;
            let days = i64::from((finish - start).get_days()) + 1;
            Some((start, days, days * i64::from(bar.percent_e3.min(100_000))))
        })
        .collect();
    let done: i64 = planned.iter().map(|(_, _, done)| done).sum();
    let due_by = |day: Date| -> i64 {
        planned.iter().map(|(start, days, _)| i64::from((day - *start).get_days()).clamp(0, *days) * 100_000).sum()
    };
    let last = planned.iter().map(|(start, days, _)| start.saturating_add(days.days())).max()?;
    if done >= due_by(last) {
        return Some(last).filter(|last| *last > data_date);
    }
    // As much was due as is done: nothing is early or late, though no work may be due for weeks around.
    if due_by(data_date) == done {
        return None;
    }
    let first = planned.iter().map(|(start, _, _)| *start).min()?;
    let (mut low, mut high) = (0, (last - first).get_days());
    while low < high {
        let middle = (low + high) / 2;
        if due_by(first.saturating_add(middle.days())) > done { high = middle } else { low = middle + 1 }
    }
    // The day before is the last by which no more was due.
    Some(first.saturating_add((low - 1).max(0).days())).filter(|front| *front != data_date)
}

/// A cell of the matrix: the worst lamp of the bars behind it, how many are finished, and the dates that matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Worst lamp.
    pub lamp: Lamp,
    /// What it is called.
    pub word: Word,
    /// Bars behind it.
    pub count: usize,
    /// Finished ones.
    pub done: usize,
    /// Ones forecast late or overdue.
    pub late: usize,
    /// Overdue ones.
    pub overdue: usize,
    /// Latest date that keeps every mandated date.
    pub latest: Option<Date>,
    /// Forecast or, when all are finished, actual finish.
    pub finish: Option<Date>,
    /// The bar, where there is exactly one: project and activity.
    pub bar: Option<(String, String)>,
    /// The lowest truth grade of what is said to be done; `None` where nothing has begun.
    pub grade: Option<Grade>,
}

/// The cell of some bars of one stage, each with what is said of it and who stands for that. `None` without bars.
pub fn cell(bars: &[(&Bar, Word, Option<Grade>)]) -> Option<Cell> {
    let count_of = |wanted: fn(Word) -> bool| bars.iter().filter(|(_, word, _)| wanted(*word)).count();
    // Finished ones say nothing about the rest.
    let unfinished = bars.iter().map(|(_, word, _)| *word).filter(|word| word.lamp() != Lamp::Done);
    let word = unfinished.min_by_key(|word| word.at()).unwrap_or(Word::Lamp(Lamp::Done));
    (!bars.is_empty()).then(|| Cell {
        lamp: word.lamp(),
        word,
        count: bars.len(),
        done: count_of(|word| word.lamp() == Lamp::Done),
        late: count_of(|word| word.lamp() == Lamp::Bad),
        overdue: count_of(|word| word == Word::Overdue),
        latest: bars.iter().filter_map(|(bar, ..)| bar.late).map(|(_, finish)| finish).max(),
        finish: bars.iter().filter_map(|(bar, ..)| bar.actual_finish.or(bar.early.map(|(_, finish)| finish))).max(),
        bar: match bars {
            [(bar, ..)] => Some((bar.project.clone(), bar.activity.clone())),
            _ => None,
        },
        grade: bars.iter().filter_map(|(.., grade)| *grade).min(),
    })
}
