//! How units do with their orders, as of an instant: counts, rates with numerator and denominator, and their rank.

use super::model::{Fact, Stage};
use super::store::Order;
use jiff::civil::DateTime;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A part of a whole that is not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Numerator.
    pub part: usize,
    /// Denominator, never zero.
    pub of: usize,
}

impl Rate {
    fn new(part: usize, of: usize) -> Option<Rate> {
        (of > 0).then_some(Rate { part, of })
    }

    /// Tenths of a per cent, rounded down: what is not whole is never printed as 100 %.
    pub fn percent_e1(self) -> usize {
        self.part * 1000 / self.of
    }

    /// As printed.
    pub fn text(self) -> String {
        format!("{}.{} %", self.percent_e1() / 10, self.percent_e1() % 10)
    }
}

/// The orders of one unit that leads, in counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// The organisation.
    pub unit: String,
    /// Issued on the day of the cut-off.
    pub today: usize,
    /// Issued so far, without those taken back.
    pub issued: usize,
    /// Of these, closed; one that was opened again is not.
    pub closed: usize,
    /// Of these, closed on a report that was filed before the deadline.
    pub on_time: usize,
    /// Open, and past their deadline.
    pub over: usize,
    /// Its rank, from one; `None` when none of its orders has been closed or fallen due.
    pub rank: Option<usize>,
}

impl Unit {
    /// Closed of those issued.
    pub fn closed_rate(&self) -> Option<Rate> {
        Rate::new(self.closed, self.issued)
    }

    /// Closed on time of those that are closed or past their deadline: what is not due yet counts for neither side.
    pub fn on_time_rate(&self) -> Option<Rate> {
        Rate::new(self.on_time, self.closed + self.over)
    }
}

/// Counts of every unit that leads an order.
pub fn of_units(orders: &[Order], now: DateTime) -> Vec<Unit> {
    let mut units: BTreeMap<&str, Unit> = BTreeMap::new();
    for order in orders {
        let known = &order.known;
        let Some(issued) = known.steps.iter().find(|step| matches!(step.fact, Fact::Issued { .. })) else { continue };
        if known.stage == Stage::Withdrawn || issued.at > now {
            continue;
        }
        let unit = units.entry(&known.lead).or_insert_with(|| Unit { unit: known.lead.clone(), ..Unit::default() });
        unit.issued += 1;
        unit.today += usize::from(issued.at.date() == now.date());
        if known.stage == Stage::Closed {
            unit.closed += 1;
            unit.on_time += usize::from(known.was_on_time(known.round) == Some(true));
        } else {
            unit.over += usize::from(known.budget(known.round).is_some_and(|budget| budget.is_over(now)));
        }
    }
    units.into_values().collect()
}

/// All units together.
pub fn whole(units: &[Unit]) -> Unit {
    let sum = |of: fn(&Unit) -> usize| units.iter().map(of).sum();
    Unit {
        unit: String::new(),
        today: sum(|unit| unit.today),
        issued: sum(|unit| unit.issued),
        closed: sum(|unit| unit.closed),
        on_time: sum(|unit| unit.on_time),
        over: sum(|unit| unit.over),
        rank: None,
    }
}

/// Ranks units: the higher rate on time first, then the higher rate closed; equals share a rank, and what has no rate has
/// none.
pub fn rank(units: &mut [Unit]) {
    let rate = |rate: Option<Rate>| rate.map(|rate| (rate.part, rate.of));
    // Compared as fractions, never as rounded.
    let compare = |one: Option<(usize, usize)>, other: Option<(usize, usize)>| match (one, other) {
        (Some((a, b)), Some((c, d))) => (c * b).cmp(&(a * d)),
        (one, other) => Reverse(one.is_some()).cmp(&Reverse(other.is_some())),
    };
    let order = |one: &Unit, other: &Unit| {
        compare(rate(one.on_time_rate()), rate(other.on_time_rate())).then_with(|| compare(rate(one.closed_rate()), rate(other.closed_rate())))
    };
    units.sort_by(|one, other| order(one, other).then_with(|| one.unit.cmp(&other.unit)));
    for at in 0..units.len() {
        units[at].rank = match units[at].on_time_rate() {
            None => None,
            Some(_) if at > 0 && order(&units[at - 1], &units[at]).is_eq() => units[at - 1].rank,
            Some(_) => Some(at + 1),
        };
    }
}
