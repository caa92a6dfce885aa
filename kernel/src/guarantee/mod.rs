//! The period guarantee: targets by day, week, ten days, month, quarter and year that guarantee each other.
//!
//! One measured work item of one building, cumulative quantity over time. `R(t)` is what must be done by the end of day
//! `t`, or a mandated date is lost; a promise is what its owner said would be done by the end of a period. Both are
//! *boundaries*: a day and a cumulative quantity. Weeks do not nest in ten-day periods or months, so nothing is rolled up
//! from weeks: every period is a window on one daily curve.
//!
//! **Feasible.** Let `C(d)` be the capacity from the data date through day `d` and `r_k` what boundary `k` still asks for.
//! All boundaries can be kept exactly when `r_k ≤ C(d_k)` for every `k`: full speed proves it, so all keepable boundaries
//! are keepable together.
//!
//! **Programme.** The least concave majorant `L` of the origin and the points `(C(d_k), r_k)`, on the axis of capacity and
//! not of days, flat after the last. Day `i` is asked for `L(C_i) − L(C_{i−1})`. Its peak utilisation is the least that any
//! programme can have (the majorant's first slope is the greatest `r_k ÷ C(d_k)`), and whoever keeps each day's target keeps
//! every boundary.
//!
//! **Broken.** The earliest boundary with `r_k > C(d_k)` is short by `r_k − C(d_k)` whatever is done. It is replaced by full
//! speed through its day and by the same quantity on the first day that can reach it, and no keepable boundary is lost.
//!
//! Quantities are in the unit of the work item, capacities in that unit a day. `kernel/src/guarantee/check.rs` says the same
//! by brute force. Source: the concave majorant as minimiser of the peak is the classical "string" argument of
//! production smoothing (Modigliani & Hohn, Econometrica 23, 1955).

pub mod check;
mod items;
mod period;
mod plan_items;
mod work_days;

pub(crate) use items::MAX_ADDED_CREWS;
pub use items::{Actuals, Commitment, Grade, Item, ItemFacts, Measured, Restoration, ahead, assess};
pub use period::{Period, PeriodKind, Window};
pub use plan_items::PlanItems;
pub use work_days::WorkDays;

use jiff::civil::Date;

/// Quantities closer than this are equal: a millionth of a floor is nobody's work.
pub const TOLERANCE: f64 = 1e-6;

/// What must be done by the end of a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Boundary {
    /// The day.
    pub on: Date,
    /// Quantity still asked for: the boundary less what is done.
    pub quantity: f64,
}

/// What can be done from the data date on: the working days of a calendar at a rate, not before the work can start.
#[derive(Clone, Copy, Debug)]
pub struct Capacity<'a> {
    work: &'a WorkDays,
    rate: f64,
    /// Working days before the first day that counts.
    base: f64,
}

impl<'a> Capacity<'a> {
    /// At `rate` a working day, from the data date on and not before the work can start.
    pub fn new(work: &'a WorkDays, rate: f64, data_date: Date, starts: Date) -> Capacity<'a> {
        Capacity { work, rate, base: work.before(data_date.max(starts)) }
    }

    /// Capacity through a day.
    pub fn through(&self, day: Date) -> f64 {
        self.rate * (self.work.through(day) - self.base).max(0.0)
    }

    /// First day through which the capacity reaches a quantity.
    pub fn reaching(&self, quantity: f64) -> Option<Date> {
        (self.rate > 0.0).then(|| self.work.reaching(self.base + quantity / self.rate)).flatten()
    }

    /// The same days at another rate.
    pub fn at_rate(self, rate: f64) -> Capacity<'a> {
        Capacity { rate, ..self }
    }

    /// A day's capacity.
    pub fn rate(&self) -> f64 {
        self.rate
    }
}

/// A boundary that cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Broken {
    /// Its day.
    pub on: Date,
    /// Quantity missing at its day at full speed.
    pub short: f64,
    /// First day on which the quantity can be there; `None` when the days covered never reach it.
    pub recovers_on: Option<Date>,
}

/// Targets that keep every boundary that can be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Programme {
    /// Corners of the majorant: capacity and quantity from the data date, the origin first, slopes falling.
    corners: Vec<(f64, f64)>,
    /// Greatest share of the capacity that a day is asked for, 0 to 1.
    pub utilisation: f64,
    /// What cannot be kept, earliest first.
    pub broken: Vec<Broken>,
}

impl Programme {
    /// Computes the programme. Asks the capacity a few times per boundary and never lists days, so that thousands of items
    /// cost little.
    pub fn compute(boundaries: &[Boundary], capacity: &Capacity<'_>) -> Programme {
        let mut due: Vec<Boundary> = boundaries.iter().copied().filter(|one| one.quantity > TOLERANCE).collect();
        due.sort_by(|one, other| one.on.cmp(&other.on).then(one.quantity.total_cmp(&other.quantity)));
        let mut points: Vec<(f64, f64)> = Vec::with_capacity(due.len() + 1);
        let mut broken: Vec<Broken> = Vec::new();
        for Boundary { on, quantity } in due {
            let possible = capacity.through(on);
            if quantity <= possible + TOLERANCE {
                points.push((possible, quantity.min(possible)));
                continue;
            }
            let recovers_on = capacity.reaching(quantity);
            broken.push(Broken { on, short: quantity - possible, recovers_on });
            // Full speed through its day, and on to its recovery; where there is none, through everything there is.
            let then = capacity.through(recovers_on.unwrap_or(capacity.work.last()));
            points.extend([(possible, possible), (then, quantity.min(then))]);
        }
        let corners = majorant(points);
        let utilisation = corners.get(1).map_or(0.0, |(capacity, quantity)| quantity / capacity);
        Programme { corners, utilisation, broken }
    }

    /// Cumulative target at a capacity from the data date: `L`.
    pub fn at(&self, capacity: f64) -> f64 {
        let after = self.corners.partition_point(|(corner, _)| *corner <= capacity);
        let Some(&(from, low)) = self.corners.get(after.wrapping_sub(1)) else { return 0.0 };
        match self.corners.get(after) {
            Some(&(to, high)) => low + (high - low) * (capacity - from) / (to - from),
            None => low,
        }
    }
}

/// Corners of the least concave majorant of the origin and the points, never falling. Points without capacity ask for
/// nothing that could be done and are left out.
fn majorant(mut points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    points.retain(|(capacity, quantity)| *capacity > TOLERANCE && *quantity > TOLERANCE);
    points.sort_by(|one, other| one.0.total_cmp(&other.0).then(other.1.total_cmp(&one.1)));
    let mut corners = vec![(0.0, 0.0)];
    for point in points {
        // What asks for no more than is asked already does not bend the programme down again.
        if corners.last().is_some_and(|last| point.1 <= last.1 || point.0 <= last.0) {
            continue;
        }
        while let [.., before, last] = corners[..]
            && (last.1 - before.1) * (point.0 - last.0) <= (point.1 - last.1) * (last.0 - before.0)
        {
            corners.pop();
        }
        corners.push(point);
    }
    corners
}

/// The cumulative target in whole units: plan in continuous work, finish whole floors. `done` may be part of a unit; the
/// answer counts whole units from the last one finished: `min(⌈done + L⌉, ⌊done + C⌋) − ⌊done⌋`.
pub fn whole_units(done: f64, target: f64, capacity: f64) -> f64 {
    let up = (done + target - TOLERANCE).ceil();
    let down = (done + capacity + TOLERANCE).floor();
    (up.min(down) - (done + TOLERANCE).floor()).max(0.0)
}
