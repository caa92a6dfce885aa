//! The time axis: years over months, or months over weeks, by the room a day has.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::Ink;
use super::svg::{Anchor, Canvas, GRID, number};

/// Ticks of the lower row closer than this many ems are not written.
const LABEL_EMS: f64 = 2.4;

/// Dates onto a width.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    first: Date,
    days: f64,
    left: f64,
    width: f64,
}

/// A labelled stretch of the axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) label: String,
}

impl Axis {
    /// From a first to a last day, inclusive, over a width.
    pub(super) fn new(first: Date, last: Date, left: f64, width: f64) -> Axis {
        let days = f64::from((last - first).get_days()).max(0.0) + 1.0;
        Axis { first, days, left, width }
    }

    /// Where a day begins.
    pub(super) fn start(&self, date: Date) -> f64 {
        self.left + self.width * f64::from((date - self.first).get_days()) / self.days
    }

    /// Where a day ends.
    pub(super) fn end(&self, date: Date) -> f64 {
        self.start(date) + self.width / self.days
    }

    /// Where it begins.
    pub(super) fn start_of_all(&self) -> f64 {
        self.left
    }

    /// Width of a day.
    pub(super) fn day(&self) -> f64 {
        self.width / self.days
    }

    /// Where a date stands, kept inside the axis.
    pub(super) fn kept(&self, x: f64) -> f64 {
        x.clamp(self.left, self.left + self.width)
    }

    /// Draws it over rows that begin and end at heights: stretches not worked as a tint, two rows of ticks with their names,
    /// the finer one's lines through all rows. Its rows of ticks come back, the coarser first.
    pub(super) fn draw(
        &self,
        canvas: &mut Canvas,
        closed: &[(Date, Date)],
        ink: Ink,
        size: f64,
        (axis_top, rows_top, end): (f64, f64, f64),
    ) -> [Vec<Tick>; 2] {
        let tint = if ink == Ink::Mono { "#efefef" } else { "#f3f1ea" };
        for (from, to) in closed {
            let (left, right) = (self.kept(self.start(*from)), self.kept(self.end(*to)));
            // Weekends on the scale of years would be a haze.
            if right - left >= size * 0.3 {
                canvas.rect(left, rows_top, right - left, end - rows_top, &format!(r#"class="closed" fill="{tint}""#));
            }
        }
        let rows = self.rows(size * 0.9);
        for (level, ticks) in rows.iter().enumerate() {
            let top = axis_top + size * 1.6 * level as f64;
            let below = if level == 0 { top + size * 1.6 } else { end };
            let lines: Vec<_> = ticks.iter().map(|tick| [(tick.from, top), (tick.from, below)]).collect();
            canvas.strokes(&lines, &format!(r#"stroke="{GRID}" stroke-width="{}""#, number(size * 0.035)));
            let (type_size, paint) =
                if level == 0 { (size, r#"class="tick" font-weight="700""#) } else { (size * 0.9, r#"class="tick""#) };
            for tick in ticks.iter().filter(|tick| !tick.label.is_empty()) {
                let middle = (tick.from + tick.to) / 2.0;
                canvas.text(middle, top + size * 1.18, type_size, Anchor::Middle, &tick.label, paint);
            }
        }
        rows
    }

    /// The two rows of the axis for type of a size: coarse above, fine below.
    pub(super) fn rows(&self, size: f64) -> [Vec<Tick>; 2] {
        let day = self.width / self.days;
        let month = |date: Date| date.first_of_month();
        let year = |date: Date| Date::constant(date.year(), 1, 1);
        if day * 7.0 >= LABEL_EMS * size {
            let months = self.ticks(month, 1.month(), |date| date.strftime("%Y-%m").to_string(), size * 4.2);
            let week = |date: Date| {
                if date.weekday() == Weekday::Monday {
                    date
                } else {
                    date.nth_weekday(-1, Weekday::Monday).unwrap_or(date)
                }
            };
            return [months, self.ticks(week, 7.days(), |date| date.day().to_string(), size * 1.3)];
        }
        let years = self.ticks(year, 1.year(), |date| date.year().to_string(), size * 2.4);
        if day * 30.0 >= size * 1.5 {
            return [years, self.ticks(month, 1.month(), |date| date.month().to_string(), size * 1.2)];
        }
        let quarter = |date: Date| Date::constant(date.year(), (date.month() - 1) / 3 * 3 + 1, 1);
        [years, self.ticks(quarter, 3.months(), |date| format!("Q{}", (date.month() + 2) / 3), size * 1.6)]
    }

    /// Stretches from `floor(first)` on by a step; labels only where they have room.
    fn ticks(
        &self,
        floor: impl Fn(Date) -> Date,
        step: jiff::Span,
        label: impl Fn(Date) -> String,
        room: f64,
    ) -> Vec<Tick> {
        let right = self.left + self.width;
        let mut ticks = Vec::new();
        let mut at = floor(self.first);
        while self.start(at) < right {
            let Ok(next) = at.checked_add(step) else { break };
            let (from, to) = (self.kept(self.start(at)), self.kept(self.start(next)));
            ticks.push(Tick { from, to, label: if to - from >= room { label(at) } else { String::new() } });
            at = next;
        }
        ticks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_finer_row_follows_from_the_room() {
        let labels = |last, width| {
            let axis = Axis::new(date(2026, 1, 1), last, 0.0, width);
            axis.rows(10.0)
                .map(|row| row.into_iter().map(|tick| tick.label).filter(|label| !label.is_empty()).collect::<Vec<_>>())
        };
        assert_eq!(labels(date(2026, 2, 28), 600.0)[0], ["2026-01", "2026-02"]);
        assert_eq!(labels(date(2026, 12, 31), 600.0)[1].len(), 12);
        assert_eq!(labels(date(2029, 12, 31), 600.0)[1][..2], ["Q1", "Q2"]);
    }

    #[test]
    fn a_day_has_a_beginning_and_an_end() {
        let axis = Axis::new(date(2026, 1, 1), date(2026, 1, 10), 100.0, 100.0);
        assert_eq!((axis.start(date(2026, 1, 1)), axis.end(date(2026, 1, 10))), (100.0, 200.0));
    }
}
