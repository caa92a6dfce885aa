//! A measured work item: what it still needs by when, its windows, today's target, and what would restore a broken boundary.

use super::{Boundary, Broken, Capacity, PeriodKind, Programme, TOLERANCE, Window, WorkDays};
use crate::calendar::{day_after, day_before};
use crate::guarantee::Period;
use jiff::civil::Date;

/// How far a statement can be trusted. A higher grade overrules a lower one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Said by those who did it.
    Reported,
    /// Confirmed by the supervision engineer.
    Confirmed,
    /// Verified by inspection.
    Verified,
}

impl Grade {
    /// Its word in files and in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Grade::Reported => "reported",
            Grade::Confirmed => "confirmed",
            Grade::Verified => "verified",
        }
    }

    /// The grade of a word.
    pub fn from_name(name: &str) -> Option<Grade> {
        [Grade::Reported, Grade::Confirmed, Grade::Verified].into_iter().find(|grade| grade.name() == name)
    }
}

/// What was done on one day, as one grade says it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The day.
    pub on: Date,
    /// Quantity of that day.
    pub quantity: f64,
    /// Who says so.
    pub grade: Grade,
}

/// What was done, day by day at the best grade of each, cumulated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Actuals(Vec<(Date, f64)>);

impl Actuals {
    /// Cumulates measurements. Of one day the best grade counts; within a grade what was measured is added up.
    pub fn cumulate(measured: &[Measured]) -> Actuals {
        let mut all = measured.to_vec();
        all.sort_by_key(|one| (one.on, std::cmp::Reverse(one.grade)));
        let mut days: Vec<(Date, f64)> = Vec::new();
        let (mut total, mut best) = (0.0, None);
        for one in all {
            if days.last().is_none_or(|(on, _)| *on != one.on) {
                best = Some(one.grade);
                days.push((one.on, total));
            }
            if best == Some(one.grade) {
                total += one.quantity;
            }
            if let Some(last) = days.last_mut() {
                last.1 = total;
            }
        }
        Actuals(days)
    }

    /// From cumulative quantities by day, in order.
    pub fn from_cumulative(days: Vec<(Date, f64)>) -> Actuals {
        Actuals(days)
    }

    /// Done before a day.
    pub fn before(&self, day: Date) -> f64 {
        let count = self.0.partition_point(|(on, _)| *on < day);
        count.checked_sub(1).map_or(0.0, |at| self.0[at].1)
    }
}

/// A promise for a period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Commitment {
    /// The period.
    pub period: Period,
    /// Quantity promised within it.
    pub will: f64,
    /// The boundary as it was frozen, `A(start) + WILL`. It stays when an inspection later lowers `A`.
    pub cumulative: f64,
}

/// A work item of the plan: what the approved baseline holds and the forecast says.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// Total quantity.
    pub total: f64,
    /// Quantity of a full working day by the approved baseline. Raising it is a re-plan that somebody approves.
    pub rate: f64,
    /// Crews it is done with, for adding one.
    pub crews: u32,
    /// Whether only whole units count (floors).
    pub is_whole: bool,
    /// Working days of its calendar, from before the periods in question to after its latest finish.
    pub work: &'a WorkDays,
    /// First day on which it can be worked, as the forecast stands.
    pub starts: Date,
    /// Latest day on which it may end; `None` when no mandated date depends on it.
    pub late_finish: Option<Date>,
}

impl Item<'_> {
    /// `R(t)`: what must be done by the end of a day, or a mandated date is lost.
    pub fn required(&self, through: Date) -> f64 {
        match self.late_finish {
            Some(late) if through < late => {
                (self.total - self.rate * (self.work.through(late) - self.work.through(through))).max(0.0)
            }
            Some(_) => self.total,
            None => 0.0,
        }
    }
}

/// What would restore a broken boundary, computed.
#[derive(Clone, Debug, PartialEq)]
pub enum Restoration {
    /// So many days with an extra shift of half a day's output.
    ExtraShift {
        /// Days.
        days: u32,
    },
    /// Free days on which work is asked for, earliest first.
    WorkDays {
        /// The days.
        on: Vec<Date>,
    },
    /// So many crews more, through the day of the boundary.
    AddCrews {
        /// Crews.
        crews: u32,
    },
}

/// Output of an extra shift against that of the day. No source fixes it; a setting, shown as such.
pub const EXTRA_SHIFT_SHARE: f64 = 0.5;

/// Crews that could be added at most: beyond, the answer is not a crew but another plan.
pub(crate) const MAX_ADDED_CREWS: u32 = 99;

/// What is found of one work item on one day.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemFacts {
    /// Done before the data date.
    pub done: f64,
    /// The programme from the data date on.
    pub programme: Programme,
    /// Today's target.
    pub today: f64,
    /// Today's target in whole units, for items that count whole units only.
    pub today_whole: Option<f64>,
    /// The day on which the next whole unit can be finished, and is asked for while anything is: for items that count whole units.
    pub next_whole_on: Option<Date>,
    /// One window a kind of period, shortest first.
    pub windows: Vec<Window>,
    /// Kinds of period that end with the first boundary that cannot be kept.
    pub broken_periods: Vec<PeriodKind>,
    /// What would restore it.
    pub restorations: Vec<Restoration>,
}

impl ItemFacts {
    /// The first boundary that cannot be kept.
    pub fn first_impossible(&self) -> Option<&Broken> {
        self.programme.broken.first()
    }
}

/// Assesses an item on a data date: facts up to the day before are in.
pub fn assess(item: &Item<'_>, actuals: &Actuals, commitments: &[Commitment], data_date: Date) -> ItemFacts {
    let done = actuals.before(data_date);
    let capacity = Capacity::new(item.work, item.rate, data_date, item.starts);
    let periods = PeriodKind::ALL.map(|kind| kind.around(data_date));
    let mut boundaries: Vec<Boundary> = commitments
        .iter()
        .filter(|one| one.period.to >= data_date)
        .map(|one| Boundary { on: one.period.to, quantity: one.cumulative.min(item.total) - done })
        .collect();
    // Between the end of a period and the latest finish the requirement rises as fast as the capacity, so these few say all.
    let ends = periods.iter().map(|period| period.to).chain(item.late_finish.map(|late| late.max(data_date)));
    boundaries.extend(ends.map(|on| Boundary { on, quantity: item.required(on) - done }));
    let programme = Programme::compute(&boundaries, &capacity);
    let today = programme.at(capacity.through(data_date));
    let windows = periods
        .iter()
        .map(|period| window(item, actuals, commitments.iter().find(|one| one.period == *period), *period, data_date))
        .collect();
    let (broken_periods, restorations) = match programme.broken.first() {
        None => (Vec::new(), Vec::new()),
        Some(first) => (
            PeriodKind::ALL.into_iter().filter(|kind| kind.around(first.on).to == first.on).collect(),
            restorations(item, &capacity, first, data_date),
        ),
    };
    ItemFacts {
        done,
        today,
        next_whole_on: item.is_whole.then(|| capacity.reaching((done + TOLERANCE).floor() + 1.0 - done)).flatten(),
        today_whole: item.is_whole.then(|| super::whole_units(done, today, capacity.through(data_date))),
        programme,
        windows,
        broken_periods,
        restorations,
    }
}

fn window(item: &Item<'_>, actuals: &Actuals, promise: Option<&Commitment>, period: Period, data_date: Date) -> Window {
    let at_start = actuals.before(period.from);
    let day_after = day_after(period.to);
    let eve = day_before(period.from);
    let possible = Capacity::new(item.work, item.rate, period.from, item.starts).through(period.to);
    Window {
        period,
        should: (item.required(period.to) - at_start).max(0.0),
        can: possible.min((item.total - at_start).max(0.0)),
        will: promise.map(|promise| promise.will),
        done: actuals.before(day_after.min(data_date)) - at_start,
        requirement_debt: (item.required(eve) - at_start).max(0.0),
    }
}

/// What a period that has yet to begin would need and allow of an item, for whoever promises it beforehand: until it begins,
/// what is needed is taken to be done as far as that is possible.
pub fn ahead(item: &Item<'_>, done: f64, period: Period, data_date: Date) -> Window {
    let eve = day_before(period.from);
    let possible_before = Capacity::new(item.work, item.rate, data_date, item.starts).through(eve);
    let at_start = item.required(eve).min(done + possible_before).min(item.total).max(done);
    let possible = Capacity::new(item.work, item.rate, period.from, item.starts).through(period.to);
    Window {
        period,
        should: (item.required(period.to) - at_start).max(0.0),
        can: possible.min((item.total - at_start).max(0.0)),
        will: None,
        done: 0.0,
        requirement_debt: (item.required(eve) - at_start).max(0.0),
    }
}

/// What would make a boundary possible, each way computed on its own.
fn restorations(item: &Item<'_>, capacity: &Capacity<'_>, broken: &Broken, data_date: Date) -> Vec<Restoration> {
    let mut found = Vec::new();
    let from = data_date.max(item.starts);
    let working_days = capacity.through(broken.on) / item.rate.max(TOLERANCE);
    let extra = item.rate * EXTRA_SHIFT_SHARE;
    let days = (broken.short / extra - TOLERANCE).ceil();
    if extra > 0.0 && days <= working_days + TOLERANCE {
        found.push(Restoration::ExtraShift { days: days as u32 });
    }
    let wanted = (broken.short / item.rate.max(TOLERANCE) - TOLERANCE).ceil() as usize;
    // Saturdays first, then Sundays, then the rest, as the concessions of the plan have it; printed in order.
    let mut free: Vec<Date> = item.work.free_days(from, broken.on).collect();
    free.sort_by_key(|day| (policy(*day), *day));
    if item.rate > 0.0 && wanted > 0 && wanted <= free.len() {
        free.truncate(wanted);
        free.sort_unstable();
        found.push(Restoration::WorkDays { on: free });
    }
    if working_days > TOLERANCE {
        let per_crew = capacity.through(broken.on) / f64::from(item.crews.max(1));
        let crews = (broken.short / per_crew - TOLERANCE).ceil();
        if crews <= f64::from(MAX_ADDED_CREWS) {
            found.push(Restoration::AddCrews { crews: crews as u32 });
        }
    }
    found
}

fn policy(day: Date) -> u8 {
    match day.weekday() {
        jiff::civil::Weekday::Saturday => 0,
        jiff::civil::Weekday::Sunday => 1,
        _ => 2,
    }
}
