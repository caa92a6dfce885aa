//! Rules of promises: for which period, until when, and how much.

use crate::features::plan::amounts;
use crate::journal::domain::{Context, Draft};
use crate::refusals;
use guatu_kernel::guarantee::{self, PeriodKind, TOLERANCE};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::sync::LazyLock;

/// A promise for one work item, with what was needed and possible when it was made. Thousandths of its unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promised {
    /// The activity.
    pub activity: String,
    /// Promised within the period.
    pub will_e3: i64,
    /// Needed within the period.
    pub should_e3: i64,
    /// Possible within the period.
    pub can_e3: i64,
    /// Done before the period, at the best grade.
    pub start_e3: i64,
}

/// How good a figure is: who stands for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// The site says so.
    #[default]
    Reported,
    /// The supervision engineer measured something else; that counts.
    Disputed,
    /// The supervision engineer agrees.
    Confirmed,
    /// An inspection measured it.
    Verified,
}

impl Grade {
    /// Every grade with its name in tables and locale keys.
    pub const ALL: [(Grade, &'static str); 4] =
        [(Grade::Reported, "reported"), (Grade::Disputed, "disputed"), (Grade::Confirmed, "confirmed"), (Grade::Verified, "verified")];

    /// Its name in tables and locale keys.
    pub fn name(self) -> &'static str {
        Grade::ALL.iter().find(|(grade, _)| *grade == self).map_or("", |(_, name)| name)
    }

    /// The grade of a name.
    pub fn from_name(name: &str) -> Option<Grade> {
        Grade::ALL.iter().find(|(_, known)| *known == name).map(|(grade, _)| *grade)
    }
}

/// What can be asked of targets.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Promise work items of a building for a period.
    Promise {
        /// Client-made id.
        promise: String,
        /// The building.
        building: String,
        /// Kind of period.
        kind: String,
        /// Its first day.
        from: Date,
        /// What is promised.
        items: Vec<Promised>,
        /// Whether whoever promises far more than is possible has been asked, and means it.
        is_far: bool,
        /// The same of who promises something else than what stands for a longer or shorter period.
        is_apart: bool,
    },
    /// Freeze what periods of a project need and allow, once each, on their first day; only the timer asks this.
    Freeze {
        /// The project.
        project: String,
        /// The periods that hold today.
        periods: Vec<Period>,
    },
}

/// What a period needed when it began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Kind of period.
    pub kind: String,
    /// Its first day.
    pub from: Date,
    /// Work items of which it needs something, or of which something is promised for it.
    pub items: Vec<Needed>,
}

/// What a period needed of a work item when it began, in thousandths of its unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needed {
    /// The activity.
    pub activity: String,
    /// SHOULD: what keeps every mandated date.
    pub should_e3: i64,
    /// CAN: what the plan allows.
    pub can_e3: i64,
    /// Done before its first day.
    pub start_e3: i64,
}

/// What happened to targets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are those of the command, which are documented")]
pub enum Fact {
    /// Work items were promised for a period.
    Promised { project: String, kind: String, from: Date, to: Date, items: Vec<Promised> },
    /// Periods began: from here on what they need does not change, whatever is planned again.
    Frozen { project: String, periods: Vec<Period> },
}

refusals! {
    /// The id is in use.
    IdTaken = "E-101" Conflict _;
    /// Not a period of that kind.
    NoPeriod = "E-102" Rule kind;
    /// Its first day has passed: it is frozen.
    Begun { date } = "E-103" Rule kind;
    /// The building has no such measured work.
    UnknownWork { activity } = "E-104" Rule items;
    /// It is promised, and the period has begun.
    AlreadyPromised { work } = "E-105" Conflict items;
    /// Less than what is done already, or more than is left.
    OutOfBounds { work, done, left } = "E-106" Rule items;
    /// Later than the next one of its kind: nobody knows yet what it needs.
    TooFar { from } = "E-107" Rule kind;
    /// Part of what counts in whole units only.
    NotWhole { work } = "E-109" Rule items;
    /// The project has not begun.
    NotActive = "E-110" Rule building;
    /// No work goes on there by the state of the place.
    Stopped { date } = "E-111" Rule building;
    /// Far more than the plan allows: asked about once.
    FarMore { works } = "E-108" Rule far;
    /// Promises within longer periods come to more than is promised for these, or in the end to less: asked about once.
    Apart { works } = "E-112" Rule apart;
}

/// Measured work that can be promised; amounts in thousandths of its unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// The activity.
    pub activity: String,
    /// What people call it.
    pub name: String,
    /// All there is of it.
    pub total_e3: i64,
    /// Done before the period.
    pub start_e3: i64,
    /// Done in all.
    pub done_e3: i64,
    /// Whether only whole units count.
    pub is_whole: bool,
}

impl Work {
    /// What can be promised of it: at least what is done within the period, at most what was left when it began.
    fn bounds(&self) -> (i64, i64) {
        (self.done_e3 - self.start_e3, self.total_e3 - self.start_e3)
    }

    /// Whether an amount is one that counts: whole units where only these do, or all that is left, which finishes the last.
    fn is_counted(&self, amount_e3: i64) -> bool {
        !self.is_whole || amount_e3 % 1000 == 0 || amount_e3 == self.bounds().1
    }

    /// What is done within the period, in amounts that count: less is no promise, and so much was possible.
    fn least_e3(&self) -> i64 {
        let (done, left) = self.bounds();
        if self.is_whole { (done + 999).div_euclid(1000) * 1000 } else { done }.clamp(0, left.max(0))
    }

    /// The draft of a promise, which the rule takes as it is: what is needed, rounded up, but not more than is possible, rounded
    /// down; within what is done and what is left. Rounded to whole units where only these count, else to hundredths.
    pub fn proposal_e3(&self, should_e3: i64, can_e3: i64) -> i64 {
        let left = self.bounds().1;
        if should_e3.min(can_e3) >= left {
            return left;
        }
        let step = if self.is_whole { 1000 } else { 10 };
        let down = |amount: i64| amount.div_euclid(step) * step;
        let up = |amount: i64| down(amount + step - 1);
        up(should_e3).min(down(can_e3)).max(self.least_e3()).min(left)
    }
}

/// A promise that stands, in thousandths of its work's unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The activity.
    pub activity: String,
    /// For which period.
    pub period: guarantee::Period,
    /// Promised within it.
    pub will_e3: i64,
    /// Done before its first day, as far as that is known.
    pub start_e3: i64,
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whether the id is in use.
    pub is_id_taken: bool,
    /// The building's project.
    pub project: String,
    /// Whether the project has begun.
    pub is_active: bool,
    /// Since when no work goes on at the building by its state, where none does.
    pub idle_since: Option<Date>,
    /// Measured work of the building.
    pub works: Vec<Work>,
    /// Promises of the building's work that have not run out, in the order of their first days.
    pub standing: Vec<Standing>,
    /// Periods that were frozen already: kind and first day.
    pub frozen: Vec<(String, Date)>,
}

/// What `rules/targets.toml` says.
#[derive(Debug, Deserialize)]
pub struct Rules {
    /// Who promises more than this share of what is possible is asked whether it is meant.
    far_percent: i64,
    /// The share of a target that may be missing for being rounded, where nobody promised it.
    rounding_per_mille: u32,
    /// More additional crews than these are another plan, not a remedy.
    pub most_crews: u32,
}

/// `rules/targets.toml`.
pub static RULES: LazyLock<Rules> = LazyLock::new(|| toml::from_str(include_str!("../../../../rules/targets.toml")).expect("rules/targets.toml is part of the program and read by a test"));

/// Whether a target was missed: a promise by anything that counts, a target that nobody promised by more than rounding.
pub fn is_missed(target: f64, is_promised: bool, done: f64) -> bool {
    let rounding = if is_promised { 0.0 } else { target * f64::from(RULES.rounding_per_mille) / 1000.0 };
    // Of nothing, nothing is missed, however much a correction takes off the day.
    target > TOLERANCE && done + TOLERANCE.max(rounding) < target
}

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let (promise, building, kind, from, items, is_far, is_apart) = match command {
        Command::Promise { promise, building, kind, from, items, is_far, is_apart } => (promise, building, kind, from, items, *is_far, *is_apart),
        Command::Freeze { project, periods } => return Ok(freeze(state, project, periods, context)),
    };
    if state.is_id_taken {
        return Err(Refused::IdTaken);
    }
    let kind = PeriodKind::from_name(kind).ok_or(Refused::NoPeriod)?;
    let period = kind.around(*from);
    if period.from != *from || items.is_empty() {
        return Err(Refused::NoPeriod);
    }
    if period.from < context.today {
        return Err(Refused::Begun { date: period.from.to_string() });
    }
    let next = kind.around(context.today).to.saturating_add(1.days());
    if period.from > next {
        return Err(Refused::TooFar { from: next.to_string() });
    }
    if !state.is_active {
        return Err(Refused::NotActive);
    }
    if let Some(since) = state.idle_since.filter(|since| *since <= context.today) {
        return Err(Refused::Stopped { date: since.to_string() });
    }
    // Before it begins a promise can be thought over: the last word counts.
    let is_final = period.from == context.today;
    let (mut frozen, mut far, mut disagreements) = (Vec::new(), Vec::new(), Vec::new());
    for item in items {
        let work = state.works.iter().find(|work| work.activity == item.activity);
        let work = work.ok_or_else(|| Refused::UnknownWork { activity: item.activity.clone() })?;
        let Work { name, start_e3, .. } = work;
        let is_this = |one: &Standing| one.activity == item.activity && one.period == period;
        let is_promised = is_final && state.standing.iter().any(is_this);
        if is_promised || frozen.iter().any(|known: &Promised| known.activity == item.activity) {
            return Err(Refused::AlreadyPromised { work: name.clone() });
        }
        let (done, left) = work.bounds();
        if item.will_e3 < done || item.will_e3 > left {
            return Err(Refused::OutOfBounds { work: name.clone(), done: amounts::text(done.max(0)), left: amounts::text(left) });
        }
        if !work.is_counted(item.will_e3) {
            return Err(Refused::NotWhole { work: name.clone() });
        }
        // What is done already was possible.
        if item.will_e3 > work.least_e3() && item.will_e3 > item.can_e3 / 100 * RULES.far_percent {
            far.push(format!("{name} {} > {}", amounts::text(item.will_e3), amounts::text(item.can_e3)));
        }
        let own = Standing { activity: item.activity.clone(), period, will_e3: item.will_e3, start_e3: *start_e3 };
        let others = state.standing.iter().filter(|one| one.activity == item.activity && one.period != period);
        disagreements.extend(apart(work, &own, others, context.today));
        frozen.push(Promised { start_e3: *start_e3, ..item.clone() });
    }
    // One question names every work it is about.
    if !is_far && !far.is_empty() {
        return Err(Refused::FarMore { works: far.join("\n") });
    }
    if !is_apart && !disagreements.is_empty() {
        return Err(Refused::Apart { works: disagreements.join("\n") });
    }
    let fact = Fact::Promised { project: state.project.clone(), kind: kind.name().into(), from: period.from, to: period.to, items: frozen };
    Ok(vec![Draft { fact, subject: promise.clone(), place: building.clone(), occurred_on: context.today }])
}

/// How a promise disagrees with those for longer and shorter periods, as `the pit 2026-11-01–2026-11-30 54 < 55`: what is
/// promised for the longer one, and what the shorter ones within come to, for what is done in them is done in it. Of shorter
/// ones that have run out what was done counts, not what was promised.
fn apart<'a>(work: &Work, own: &'a Standing, others: impl Iterator<Item = &'a Standing>, today: Date) -> Option<String> {
    let mut all: Vec<&Standing> = others.chain([own]).filter(|one| one.period.to >= today).collect();
    all.sort_by_key(|one| one.period.from);
    let start = |one: &Standing| if one.period.from <= today { one.start_e3 } else { work.done_e3 };
    let is_within = |inner: &Standing, outer: &Standing| inner.period != outer.period && outer.period.from <= inner.period.from && inner.period.to <= outer.period.to;
    for outer in &all {
        for kind in PeriodKind::ALL {
            let inner: Vec<&Standing> = all.iter().copied().filter(|one| one.period.kind == kind && is_within(one, outer)).collect();
            let (Some(first), Some(last)) = (inner.first(), inner.last()) else { continue };
            if *outer != own && !inner.contains(&own) {
                continue;
            }
            let parts = (start(first) - start(outer)).max(0) + inner.iter().map(|one| one.will_e3).sum::<i64>();
            let is_known_to_the_end = first.period.from <= today
                && last.period.to == outer.period.to
                && inner.windows(2).all(|pair| pair[0].period.to.saturating_add(1.days()) == pair[1].period.from);
            let sign = match parts.cmp(&outer.will_e3) {
                Ordering::Greater => '<',
                Ordering::Less if is_known_to_the_end => '>',
                Ordering::Less | Ordering::Equal => continue,
            };
            let (from, to, whole) = (outer.period.from, outer.period.to, amounts::text(outer.will_e3));
            return Some(format!("{} {from}\u{2013}{to} {whole} {sign} {}", work.name, amounts::text(parts)));
        }
    }
    None
}

/// What is frozen already stays as it is; nothing new is no fact.
fn freeze(state: &State, project: &str, periods: &[Period], context: &Context) -> Vec<Draft<Fact>> {
    let is_new = |period: &&Period| !state.frozen.contains(&(period.kind.clone(), period.from));
    let periods: Vec<Period> = periods.iter().filter(is_new).cloned().collect();
    if periods.is_empty() {
        return Vec::new();
    }
    let fact = Fact::Frozen { project: project.to_owned(), periods };
    vec![Draft { fact, subject: project.to_owned(), place: project.to_owned(), occurred_on: context.today }]
}
