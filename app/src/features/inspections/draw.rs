//! The draw: which places are visited and by whom follows from a seed alone, so that anybody can draw again once it is opened.

use crate::features::orders::rules::Mark;
use guatu_ledger::hash::sha256;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// By which weights places are drawn.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// Of every project.
    pub base: u32,
    /// For each mandated date that is forecast late.
    pub late_date: u32,
    /// For each overdue order.
    pub overdue_order: u32,
    /// For each report that is disputed or was overruled, and open.
    pub dispute: u32,
    /// For each other open problem.
    pub problem: u32,
    /// Of each kind so many count at most.
    pub most_each: u32,
    /// One more for each so many days since the last visit.
    pub days_each: u32,
    /// Days since the last visit that count at most; a place never visited counts as that.
    pub days_most: u32,
    /// Places drawn at once at most.
    pub most_places: u32,
    /// Where that comes from.
    pub source: String,
    /// What that stands on.
    pub mark: Mark,
}

/// A number with its source.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sourced {
    /// The number, whatever it counts.
    #[serde(alias = "least", alias = "window_days", alias = "longest_days", alias = "natural_days", alias = "minutes")]
    pub value: u32,
    /// Where it comes from.
    pub source: String,
    /// What it stands on.
    pub mark: Mark,
}

/// How often and how long a project is inspected in a year that nobody has planned.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Yearly {
    /// Inspections of one project.
    pub visits: u32,
    /// Days of each.
    pub days: u32,
    /// Where that comes from.
    pub source: String,
    /// What that stands on.
    pub mark: Mark,
}

/// When more is done in a day than the hands there could do.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaceDoubt {
    /// So many times what the approved plan has a crew do in a day.
    pub times: u32,
    /// Hands that are one crew: more hands are more crews.
    pub crew_hands: u32,
    /// Where that comes from.
    pub source: String,
    /// What that stands on.
    pub mark: Mark,
}

/// When work was cast of which the materials were not there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CastDoubt {
    /// Stages whose work is cast.
    pub stages: Vec<String>,
    /// Materials of it, of `rules/reports.toml`: doubtful when all of them are nothing.
    pub materials: Vec<String>,
    /// Where that comes from.
    pub source: String,
    /// What that stands on.
    pub mark: Mark,
}

/// When reports stand against each other.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Doubts {
    /// Days that are looked at.
    pub window_days: u32,
    /// Days in a row with hands and without work.
    pub idle_days: u32,
    /// More done than the hands there could do.
    pub pace: PaceDoubt,
    /// Cast without materials.
    pub cast: CastDoubt,
    /// Where that comes from.
    pub source: String,
    /// What that stands on.
    pub mark: Mark,
}

/// How grave a finding is: by which limit it is put right.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Severity {
    /// Identifier; its name is `finding_severity.<id>` in the locale files.
    pub id: String,
    /// A preset of `rules/orders.toml`.
    pub preset: String,
    /// One of its limits.
    pub limit: String,
    /// A ladder of that file.
    pub ladder: String,
    /// Where that comes from.
    pub source: String,
    /// What that stands on.
    pub mark: Mark,
}

/// Everything in `rules/inspections.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Weights of the draw.
    pub draw: Weights,
    /// Inspectors at least.
    pub team: Sourced,
    /// Days within which another visit asks why.
    pub duplicate: Sourced,
    /// Days after which a sealed plan is opened at the latest.
    pub sealed: Sourced,
    /// What a year allows that nobody has planned.
    pub yearly: Yearly,
    /// Natural days in which the target may object.
    pub objection: Sourced,
    /// Natural days in which that is answered.
    pub answer: Sourced,
    /// Minutes by which the clock of a phone may go wrong before its time is doubted.
    pub phone_clock: Sourced,
    /// When reports stand against each other.
    pub doubt: Doubts,
    /// Severities, least first.
    pub severity: Vec<Severity>,
}

/// The rules of inspections.
pub static RULES: LazyLock<Rules> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../rules/inspections.toml")).expect("rules/inspections.toml is part of the program and tested")
});

/// A place that could be drawn, with the figures of that day that speak for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The place.
    pub place: String,
    /// Mandated dates that are forecast late.
    pub late_dates: u32,
    /// Overdue orders.
    pub overdue_orders: u32,
    /// Open disputes of reports.
    pub disputes: u32,
    /// Other open problems.
    pub problems: u32,
    /// When it was visited last; `None` for never.
    pub visited_on: Option<Date>,
    /// What all that weighs.
    pub weight: u32,
}

impl Candidate {
    /// The candidate without weight: it cannot be drawn.
    pub fn weightless(self) -> Candidate {
        Candidate { weight: 0, ..self }
    }

    /// The candidate with its weight on a day.
    pub fn weighed(mut self, weights: &Weights, on: Date) -> Candidate {
        let of = |count: u32, each: u32| count.min(weights.most_each) * each;
        let since = self.visited_on.map_or(i64::from(weights.days_most), |visited| i64::from((on - visited).get_days()));
        let since = u32::try_from(since.clamp(0, i64::from(weights.days_most))).unwrap_or(0);
        self.weight = weights.base
            + of(self.late_dates, weights.late_date)
            + of(self.overdue_orders, weights.overdue_order)
            + of(self.disputes, weights.dispute)
            + of(self.problems, weights.problem)
            + since / weights.days_each.max(1);
        self
    }
}

/// Somebody who could be drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Eligible {
    /// The account.
    pub account: String,
    /// Places at which this person inspects and has no interest.
    pub places: Vec<String>,
}

/// All that a draw follows from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawing {
    /// The plan it makes.
    pub plan: String,
    /// The seed, hexadecimal.
    pub seed: String,
    /// Places to be drawn.
    pub count: u32,
    /// Inspectors of each.
    pub team: u32,
    /// Places that could be.
    pub candidates: Vec<Candidate>,
    /// People who could be.
    pub inspectors: Vec<Eligible>,
}

/// One place and who goes there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// The place.
    pub place: String,
    /// Who goes.
    pub inspectors: Vec<String>,
}

/// Numbers that follow from a seed: SHA-256 of the seed and a counter.
struct Lots<'a> {
    seed: &'a str,
    drawn: u64,
}

impl Lots<'_> {
    /// A number below a bound, which is not zero.
    fn below(&mut self, bound: u64) -> u64 {
        let hash = sha256(&[self.seed.as_bytes(), b"\n", self.drawn.to_string().as_bytes()]);
        self.drawn += 1;
        let number = hash.0[..8].iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
        // Multiplied, not divided: no remainder favours small numbers.
        u64::try_from((u128::from(number) * u128::from(bound)) >> 64).unwrap_or(0)
    }
}

/// Draws: places by weight and without putting back, then for each the people who may go there, each as likely as the other.
/// A place for which too few people are free of interest cannot be drawn at all.
pub fn draw(drawing: &Drawing) -> Vec<Pick> {
    let mut lots = Lots { seed: &drawing.seed, drawn: 0 };
    let team = drawing.team as usize;
    let free = |place: &str| drawing.inspectors.iter().filter(|one| one.places.iter().any(|at| at == place)).collect::<Vec<_>>();
    let mut left: Vec<&Candidate> = drawing.candidates.iter().filter(|one| one.weight > 0 && free(&one.place).len() >= team).collect();
    let mut picks = Vec::new();
    while picks.len() < drawing.count as usize && !left.is_empty() {
        let mut lot = lots.below(left.iter().map(|one| u64::from(one.weight)).sum());
        let mut at = 0;
        while lot >= u64::from(left[at].weight) {
            lot -= u64::from(left[at].weight);
            at += 1;
        }
        let place = left.remove(at).place.clone();
        let mut people = free(&place);
        let inspectors = (0..team).map(|_| people.remove(lots.below(people.len() as u64) as usize).account.clone()).collect();
        picks.push(Pick { place, inspectors });
    }
    picks
}
