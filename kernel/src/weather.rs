//! Weather drawn from history: sequences of days as they may come, by a moving-block bootstrap within calendar months.
//!
//! What a day was like is a small number with a meaning of the caller's. A drawn sequence is put together from blocks of days
//! that followed each other (Künsch 1989), each taken from the days of the same month of any year that is known, so that
//! spells keep their length and seasons their place. A month of which too few days are known is drawn from what is usual:
//! spells that make up the stated number of days.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::chance::Chance;

/// What days were like, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The first day.
    pub first: Date,
    /// Days from the first on.
    pub days: Vec<u8>,
}

/// What is usual where too little is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Usual {
    /// What such a day is like.
    pub kind: u8,
    /// Days of each month, January first.
    pub days: [f64; 12],
}

/// How sequences are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocks {
    /// Longest block of days taken together.
    pub days: usize,
    /// Days of a calendar month that must be known before it is drawn from history.
    pub least_known: usize,
    /// Length of a spell of what is usual.
    pub spell_days: usize,
}

/// Days of each calendar month that a record knows, January first.
pub fn known(record: &Record) -> [usize; 12] {
    let mut known = [0; 12];
    for day in record.first.series(1.day()).take(record.days.len()) {
        known[month_of(day)] += 1;
    }
    known
}

/// One sequence of days from a first one on: the n-th of a seed.
pub fn draw(
    record: &Record,
    usual: &[Usual],
    blocks: Blocks,
    (from, count): (Date, usize),
    seed: u64,
    n: u64,
) -> Vec<u8> {
    let mut chance = Chance::stream(seed, n);
    let mut places: [Vec<usize>; 12] = Default::default();
    for (at, day) in record.first.series(1.day()).take(record.days.len()).enumerate() {
        places[month_of(day)].push(at);
    }
    let mut drawn: Vec<u8> = Vec::with_capacity(count);
    while drawn.len() < count {
        let Ok(day) = from.checked_add((drawn.len() as i64).days()) else { break };
        let known = &places[month_of(day)];
        let room = count - drawn.len();
        if known.len() >= blocks.least_known.max(1) {
            let at = known[chance.below(known.len())];
            let source = record.first.checked_add((at as i64).days()).unwrap_or(day);
            // A block ends with its month, here and where it comes from: what follows is another season's.
            let length = blocks.days.max(1).min(rest_of_month(day)).min(rest_of_month(source));
            let length = length.min(room).min(record.days.len() - at);
            drawn.extend_from_slice(&record.days[at..at + length]);
        } else {
            let length = blocks.spell_days.max(1).min(room);
            let mut at = chance.unit();
            let mut kind = 0;
            for one in usual {
                let share = one.days[month_of(day)] / f64::from(day.days_in_month());
                if kind == 0 && at < share {
                    kind = one.kind;
                }
                at -= share;
            }
            drawn.extend(std::iter::repeat_n(kind, length));
        }
    }
    drawn
}

/// Days of a month from a day on.
fn rest_of_month(day: Date) -> usize {
    (day.days_in_month() - day.day() + 1) as usize
}

fn month_of(day: Date) -> usize {
    day.month() as usize - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const BLOCKS: Blocks = Blocks { days: 5, least_known: 20, spell_days: 3 };

    /// Two years in which January has alerts on two days of three and nothing else happens.
    fn record() -> Record {
        let first = date(2024, 1, 1);
        let days = first.series(1.day()).take(731);
        Record { first, days: days.map(|day| u8::from(day.month() == 1 && day.day() % 3 != 0)).collect() }
    }

    #[test]
    fn months_keep_their_weather_and_spells_their_length() {
        let record = record();
        let drawn: Vec<Vec<u8>> = (0..200).map(|n| draw(&record, &[], BLOCKS, (date(2026, 1, 1), 365), 7, n)).collect();
        assert!(drawn.iter().all(|days| days.len() == 365 && days[31..].iter().all(|kind| *kind == 0)));
        let mean =
            drawn.iter().map(|days| days[..31].iter().map(|kind| f64::from(*kind)).sum::<f64>()).sum::<f64>() / 200.0;
        assert!((20.0..21.5).contains(&mean), "21 of 31 days: {mean}");
        assert_ne!(drawn[0], drawn[1]);
        assert_eq!(drawn[3], draw(&record, &[], BLOCKS, (date(2026, 1, 1), 365), 7, 3), "the same seed, the same days");
    }

    #[test]
    fn what_is_unknown_is_drawn_from_what_is_usual() {
        let short = Record { first: date(2026, 3, 1), days: vec![2; 31] };
        assert_eq!(known(&short)[..4], [0, 0, 31, 0]);
        let usual = [Usual { kind: 1, days: [6.0; 12] }, Usual { kind: 3, days: [3.0; 12] }];
        let sums = (0..400).map(|n| draw(&short, &usual, BLOCKS, (date(2027, 3, 1), 61), 7, n)).fold(
            [0; 4],
            |mut sums, days| {
                assert!(days[..31].iter().all(|kind| *kind == 2), "March is known");
                days[31..].iter().for_each(|kind| sums[*kind as usize] += 1);
                sums
            },
        );
        let days = sums.map(|sum| f64::from(sum) / 400.0);
        assert!((days[1] - 6.0).abs() < 0.7 && (days[3] - 3.0).abs() < 0.5 && days[2] == 0.0, "{days:?}");
    }

    #[test]
    fn nothing_known_and_nothing_usual_is_fine_weather() {
        let none = Record { first: date(2026, 1, 1), days: Vec::new() };
        assert_eq!(draw(&none, &[], BLOCKS, (date(2026, 1, 1), 10), 1, 0), vec![0; 10]);
        assert!(draw(&record(), &[], BLOCKS, (date(2026, 1, 1), 0), 1, 0).is_empty());
    }
}
