//! Compiled calendars: working offset ↔ axis in constant or logarithmic time, for the whole axis and beyond it.
//!
//! The axis counts days since 1970-01-01 in a day plan and minutes since then in a minute plan. A calendar cuts it
//! into working *units*, numbered in order: a unit is a day in a day plan and in a whole-day calendar, a minute
//! elsewhere. An activity's position is the number of its first unit, so duration is addition, whatever is not worked.
//!
//! Only the days touched by exceptions and stops are tabulated; outside them the week repeats and is computed.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, date};

use crate::plan::{Band, Calendar, DayWork};

/// Minutes of a civil day.
pub(crate) const DAY_MINUTES: i32 = 1440;
/// First day of the axis, 1900-01-01.
pub(crate) const FIRST_DAY: i32 = -25_567;
/// First day past the axis, 2201-01-01.
pub(crate) const END_DAY: i32 = 84_371;
/// Nothing is computed past this position; far beyond the axis, far below overflow.
pub(crate) const FAR: i32 = 1 << 29;

/// How a calendar counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Axis of days; the label of a finish is its last day.
    Day,
    /// Axis of minutes, units of whole days; the label of a finish is the end of its last day.
    WholeDay,
    /// Axis of minutes, units of minutes; the label of a finish is the end of its last minute.
    Minute,
}

/// An interval in which nothing is done, in minutes since 1970, half-open.
pub(crate) type StopMinutes = (i64, i64);

/// Days since 1970-01-01. In seconds, because a difference in days of `jiff` takes the way of its spans, which is ten times as
/// long; the civil range (±9999 years) is under four million days.
pub(crate) fn day_number(on: Date) -> i32 {
    (on.duration_since(date(1970, 1, 1)).as_secs() / 86_400) as i32
}

/// Minutes from the start of day 0 to an instant.
pub(crate) fn minute_number(at: DateTime) -> i64 {
    i64::from(day_number(at.date())) * i64::from(DAY_MINUTES) + i64::from(at.hour()) * 60 + i64::from(at.minute())
}

/// The date of a day number, clamped to what a civil date can hold.
pub(crate) fn date_of(day: i32) -> Date {
    let days = i64::from(day.clamp(-4_000_000, 2_900_000));
    date(1970, 1, 1).saturating_add(SignedDuration::from_secs(days * 86_400))
}

/// The day after, or the last there is.
pub(crate) fn day_after(day: Date) -> Date {
    day.tomorrow().unwrap_or(day)
}

/// The day before, or the first there is.
pub(crate) fn day_before(day: Date) -> Date {
    day.yesterday().unwrap_or(day)
}

/// Monday is 0; 1970-01-01 was a Thursday.
fn weekday(day: i32) -> usize {
    (day + 3).rem_euclid(7) as usize
}

/// Working minutes of one day as disjoint ascending half-open bands within 0..1440.
type DayBands = Vec<(i32, i32)>;

/// A calendar ready for arithmetic.
#[derive(Clone, Debug)]
pub(crate) struct WorkCalendar {
    pub(crate) unit: Unit,
    /// What a `d` is in units, for printing floats and reading durations.
    pub(crate) units_per_day: i32,
    /// Minutes that a `d` means.
    pub(crate) minutes_per_day: i32,
    /// Days tabulated: `first_day..first_day + cumulative.len() - 1`.
    first_day: i32,
    /// Units before each tabulated day, counted from `first_day`; one entry more than days.
    cumulative: Vec<i32>,
    /// For day units: the day of each tabulated unit.
    day_of_unit: Vec<i32>,
    /// Prefix sums of the week as it repeats before the table and after it, from the weekday there.
    before: [i32; 8],
    after: [i32; 8],
    /// For minute units: the shape of each tabulated day and of each weekday.
    shapes: Vec<DayBands>,
    shape_of_day: Vec<u16>,
    shape_of_weekday: [u16; 7],
}

impl WorkCalendar {
    /// Every day works (day axis), or every minute does (minute axis).
    pub(crate) fn continuous(is_minute_axis: bool) -> WorkCalendar {
        let week = std::array::from_fn(|_| DayWork::Bands(vec![Band { from_minute: 0, to_minute: 1440 }]));
        let calendar = Calendar { id: String::new(), name: None, week, minutes_per_day: 1440, exceptions: Vec::new() };
        let unit = if is_minute_axis { Unit::Minute } else { Unit::Day };
        WorkCalendar::build(&calendar, DayReader::new(&calendar, unit, &[]))
    }

    /// Compiles a calendar for an axis. `stops` are cut out of minutes; in a day plan a day with less than half its
    /// hours left does not work.
    pub(crate) fn compile(calendar: &Calendar, is_minute_axis: bool, stops: &[StopMinutes]) -> WorkCalendar {
        WorkCalendar::meet(calendar, &[], is_minute_axis, stops)
    }

    /// A calendar that works only when others work too: an activity with its resources. A day means what it means in
    /// the first.
    pub(crate) fn meet(
        calendar: &Calendar,
        others: &[&Calendar],
        is_minute_axis: bool,
        stops: &[StopMinutes],
    ) -> WorkCalendar {
        let unit = match (is_minute_axis, others.iter().chain([&calendar]).any(|one| has_bands(one))) {
            (false, _) => Unit::Day,
            (true, true) => Unit::Minute,
            (true, false) => Unit::WholeDay,
        };
        let mut reader = DayReader::new(calendar, unit, stops);
        reader.others = others.iter().map(|other| DayReader::new(other, unit, &[])).collect();
        WorkCalendar::build(calendar, reader)
    }

    fn build(calendar: &Calendar, mut reader: DayReader<'_>) -> WorkCalendar {
        let unit = reader.unit;
        let (first_day, end_day) = reader.irregular_days();
        // Bands may be carried over from the day before.
        reader.lay_out(first_day - 1, end_day);
        let mut built = WorkCalendar {
            unit,
            units_per_day: if unit == Unit::Minute { calendar.minutes_per_day.clamp(1, 1440) as i32 } else { 1 },
            minutes_per_day: calendar.minutes_per_day.clamp(1, 1440) as i32,
            first_day,
            cumulative: vec![0],
            day_of_unit: Vec::new(),
            before: [0; 8],
            after: [0; 8],
            shapes: Vec::new(),
            shape_of_day: Vec::new(),
            shape_of_weekday: [0; 7],
        };
        let mut total = 0;
        for day in first_day..end_day {
            let bands = reader.bands_of(day);
            let units = built.units_in(&bands);
            if unit == Unit::Minute {
                let shape = built.shape(bands);
                built.shape_of_day.push(shape);
            } else if units > 0 {
                built.day_of_unit.push(day);
            }
            total += units;
            built.cumulative.push(total);
        }
        for weekday in 0..7 {
            let bands = reader.usual_bands_of(weekday);
            built.shape_of_weekday[weekday] = built.shape(bands);
        }
        let week: [i32; 7] =
            std::array::from_fn(|weekday| built.units_in(&built.shapes[built.shape_of_weekday[weekday] as usize]));
        for k in 0..7 {
            built.before[k + 1] = built.before[k] + week[(weekday(first_day) + k) % 7];
            built.after[k + 1] = built.after[k] + week[(weekday(end_day) + k) % 7];
        }
        built
    }

    fn units_in(&self, bands: &[(i32, i32)]) -> i32 {
        let minutes: i32 = bands.iter().map(|(from, to)| to - from).sum();
        if self.unit == Unit::Minute { minutes } else { i32::from(minutes > 0) }
    }

    fn shape(&mut self, bands: DayBands) -> u16 {
        let known = self.shapes.iter().position(|shape| *shape == bands);
        let index = known.unwrap_or_else(|| {
            self.shapes.push(bands);
            self.shapes.len() - 1
        });
        // Shapes differ only by bands that stops and exceptions cut; past 65,535 of them the last is shared.
        index.min(usize::from(u16::MAX)) as u16
    }

    /// Whether some day of the axis works.
    pub(crate) fn ever_works(&self) -> bool {
        self.after[7] > 0 || self.cumulative.last().is_some_and(|total| *total > 0)
    }

    fn end_day(&self) -> i32 {
        self.first_day + self.cumulative.len() as i32 - 1
    }

    /// Units of a day past either end of the axis in a calendar whose week is empty: such days all work, so that
    /// arithmetic is total; what lands there is outside the axis and reported.
    fn full_day(&self) -> i64 {
        if self.unit == Unit::Minute { i64::from(DAY_MINUTES) } else { 1 }
    }

    /// Units before a day.
    fn units_before_day(&self, day: i32) -> i32 {
        let index = day.wrapping_sub(self.first_day);
        if (0..self.cumulative.len() as i32).contains(&index) {
            return self.cumulative[index as usize];
        }
        let units = if index < 0 {
            self.periodic(&self.before, i64::from(index), i64::from(FIRST_DAY - self.first_day))
        } else {
            let end = self.end_day();
            let total = i64::from(self.cumulative[self.cumulative.len() - 1]);
            total + self.periodic(&self.after, i64::from(day) - i64::from(end), i64::from(END_DAY - end))
        };
        units.clamp(-i64::from(FAR) * 2, i64::from(FAR) * 2) as i32
    }

    /// Units in `days` days of the repeating week; in an empty week only days past `edge` count.
    fn periodic(&self, prefix: &[i32; 8], days: i64, edge: i64) -> i64 {
        if prefix[7] == 0 {
            let past = if days < 0 { (days - edge).min(0) } else { (days - edge).max(0) };
            return past * self.full_day();
        }
        days.div_euclid(7) * i64::from(prefix[7]) + i64::from(prefix[days.rem_euclid(7) as usize])
    }

    /// The day that holds a unit, and the units of that day before it.
    fn day_of(&self, unit: i32) -> (i32, i32) {
        let total = self.cumulative[self.cumulative.len() - 1];
        if (0..total).contains(&unit) {
            if self.unit != Unit::Minute {
                return (self.day_of_unit[unit as usize], 0);
            }
            let index = self.cumulative.partition_point(|before| *before <= unit) - 1;
            return (self.first_day + index as i32, unit - self.cumulative[index]);
        }
        let (prefix, from, rest, edge) = if unit < 0 {
            (&self.before, self.first_day, i64::from(unit), FIRST_DAY - self.first_day)
        } else {
            (&self.after, self.end_day(), i64::from(unit) - i64::from(total), END_DAY - self.end_day())
        };
        let (days, within) = if prefix[7] == 0 {
            (i64::from(edge) + rest.div_euclid(self.full_day()), rest.rem_euclid(self.full_day()) as i32)
        } else {
            let (week, rest) = (rest.div_euclid(i64::from(prefix[7])), rest.rem_euclid(i64::from(prefix[7])) as i32);
            let index = prefix.partition_point(|before| *before <= rest) - 1;
            (week * 7 + index as i64, rest - prefix[index])
        };
        let limit = i64::from(FAR) / i64::from(DAY_MINUTES);
        (i64::from(from).saturating_add(days).clamp(-limit, limit) as i32, within)
    }

    fn shape_at(&self, day: i32) -> &DayBands {
        let index = day.wrapping_sub(self.first_day);
        let shape = if (0..self.shape_of_day.len() as i32).contains(&index) {
            self.shape_of_day[index as usize]
        } else {
            self.shape_of_weekday[weekday(day)]
        };
        &self.shapes[shape as usize]
    }

    /// Number of units that begin before an axis value: the first position that starts at or after it.
    pub(crate) fn ceil(&self, at: i32) -> i32 {
        match self.unit {
            Unit::Day => self.units_before_day(at),
            Unit::WholeDay => {
                self.units_before_day(at.div_euclid(DAY_MINUTES) + i32::from(at.rem_euclid(DAY_MINUTES) > 0))
            }
            Unit::Minute => {
                let (day, minute) = (at.div_euclid(DAY_MINUTES), at.rem_euclid(DAY_MINUTES));
                let within: i32 = self.shape_at(day).iter().map(|(from, to)| (minute.min(*to) - from).max(0)).sum();
                self.units_before_day(day) + within
            }
        }
    }

    /// Axis value at which a unit begins.
    pub(crate) fn start_label(&self, unit: i32) -> i32 {
        let (day, within) = self.day_of(unit);
        match self.unit {
            Unit::Day => day,
            Unit::WholeDay => day * DAY_MINUTES,
            Unit::Minute => {
                let mut rest = within;
                for (from, to) in self.shape_at(day) {
                    if rest < to - from {
                        return day * DAY_MINUTES + from + rest;
                    }
                    rest -= to - from;
                }
                // Only in an empty week past the axis, where every minute counts.
                day * DAY_MINUTES + within
            }
        }
    }

    /// Axis values of the working time that begins with a unit and runs on without a break, at most some units of it:
    /// half-open, and the number of units in it.
    pub(crate) fn run(&self, unit: i32, most: i32) -> (i32, i32, i32) {
        let start = self.start_label(unit);
        match self.unit {
            Unit::Day => (start, start + 1, 1),
            Unit::WholeDay => (start, start + DAY_MINUTES, 1),
            Unit::Minute => {
                let (day, minute) = (start.div_euclid(DAY_MINUTES), start.rem_euclid(DAY_MINUTES));
                let band = self.shape_at(day).iter().find(|(from, to)| (*from..*to).contains(&minute));
                let length = band.map_or(1, |(_, to)| to - minute).min(most);
                (start, start + length, length)
            }
        }
    }

    /// Axis value of a finish position: its last day in a day plan, the end of the unit before it elsewhere.
    pub(crate) fn finish_label(&self, position: i32) -> i32 {
        match self.unit {
            Unit::Day => self.start_label(position),
            Unit::WholeDay => self.start_label(position - 1) + DAY_MINUTES,
            Unit::Minute => self.start_label(position - 1) + 1,
        }
    }

    /// Greatest position whose start label is not after an axis value.
    pub(crate) fn last_start(&self, at: i32) -> i32 {
        self.ceil(at + 1) - 1
    }

    /// Greatest position whose finish label is not after an axis value.
    pub(crate) fn last_finish(&self, at: i32) -> i32 {
        match self.unit {
            Unit::Day => self.ceil(at + 1) - 1,
            Unit::WholeDay => self.ceil(at - DAY_MINUTES + 1),
            Unit::Minute => self.ceil(at),
        }
    }
}

/// Whether a calendar of a minute plan is counted in bands; one of only `true` days is counted in whole days.
fn has_bands(calendar: &Calendar) -> bool {
    if calendar.week.iter().all(|day| *day == DayWork::Free) {
        return calendar.exceptions.iter().any(|exception| matches!(exception.work, DayWork::Bands(_)));
    }
    calendar.week.iter().any(|day| matches!(day, DayWork::Bands(_)))
}

/// Minutes after midnight that belong to bands of the day before: a date alone begins after them (contract rule 10).
pub(crate) fn carried_over_minutes(calendar: &Calendar, day: i32) -> i32 {
    let reader = DayReader::new(calendar, Unit::Minute, &[]);
    let ends = reader.own_bands(day - 1).into_iter().map(|(_, to)| to - DAY_MINUTES);
    ends.max().unwrap_or(0).clamp(0, DAY_MINUTES)
}

/// Share of a day's own hours that stops leave, 0 to 1; 0 on a free day.
pub(crate) fn day_fraction(calendar: &Calendar, stops: &[StopMinutes], day: i32) -> f64 {
    let own = DayReader::new(calendar, Unit::Day, &[]).own_bands(day);
    let minutes = |bands: &[(i32, i32)]| bands.iter().map(|(from, to)| to - from).sum::<i32>();
    let left = minutes(&cut(&own, i64::from(day) * i64::from(DAY_MINUTES), stops));
    if own.is_empty() { 0.0 } else { f64::from(left) / f64::from(minutes(&own)) }
}

/// Reads what a calendar says about one day.
struct DayReader<'a> {
    calendar: &'a Calendar,
    unit: Unit,
    usual: Vec<(i32, i32)>,
    stops: &'a [StopMinutes],
    /// Calendars that must work too.
    others: Vec<DayReader<'a>>,
    /// First of the days laid out, and the exception that holds on each, counted from 1; 0 for none.
    laid_from: i32,
    laid_out: Vec<u32>,
}

impl<'a> DayReader<'a> {
    fn new(calendar: &'a Calendar, unit: Unit, stops: &'a [StopMinutes]) -> DayReader<'a> {
        let written = calendar.week.iter().chain(calendar.exceptions.iter().map(|exception| &exception.work));
        let usual = written
            .filter_map(|work| match work {
                DayWork::Bands(bands) if !bands.is_empty() => Some(merged(bands)),
                _ => None,
            })
            .next()
            .unwrap_or_else(|| assumed_bands(calendar.minutes_per_day));
        DayReader { calendar, unit, usual, stops, others: Vec::new(), laid_from: 0, laid_out: Vec::new() }
    }

    /// Looks up the exceptions of a row of days once, the later winning, instead of for each day. However many overlap,
    /// each day is laid once.
    fn lay_out(&mut self, from: i32, end: i32) {
        let count = (end - from).max(0) as usize;
        (self.laid_from, self.laid_out) = (from, vec![0; count]);
        // From each day, a day not after the next one that nothing is laid on.
        let mut next: Vec<u32> = (0..=count as u32).collect();
        for (at, exception) in self.calendar.exceptions.iter().enumerate().rev() {
            let first = (day_number(exception.from).max(from) - from).max(0) as usize;
            let past = (day_number(exception.to).min(end - 1) - from + 1).max(0) as usize;
            let mut day = first.min(count);
            while day < past {
                if next[day] as usize == day {
                    self.laid_out[day] = at as u32 + 1;
                    next[day] = day as u32 + 1;
                }
                let further = next[day] as usize;
                next[day] = next[further];
                day = further;
            }
        }
        self.others.iter_mut().for_each(|other| other.lay_out(from, end));
    }

    /// Days that exceptions, stops and bands carried over midnight can touch, clamped to the axis.
    fn irregular_days(&self) -> (i32, i32) {
        let exceptions = self.calendar.exceptions.iter().map(|e| (day_number(e.from), day_number(e.to)));
        let day = |minute: i64| minute.div_euclid(i64::from(DAY_MINUTES)).clamp(-4_000_000, 4_000_000) as i32;
        let stops = self.stops.iter().map(|(from, to)| (day(*from) - 1, day(*to)));
        let days = exceptions.chain(stops).filter(|(from, to)| from <= to && *to >= FIRST_DAY && *from < END_DAY);
        let (from, to) = days.fold((i32::MAX, i32::MIN), |(from, to), day| (from.min(day.0), to.max(day.1)));
        let own = if from > to { (0, 0) } else { (from.max(FIRST_DAY), (to + 2).min(END_DAY)) };
        self.others
            .iter()
            .map(DayReader::irregular_days)
            .filter(|(from, to)| from < to)
            .fold(own, |sum, other| if sum.0 < sum.1 { (sum.0.min(other.0), sum.1.max(other.1)) } else { other })
    }

    fn work_of(&self, day: i32) -> &DayWork {
        let usual = &self.calendar.week[weekday(day)];
        if let Some(exception) = self.laid_out.get(day.wrapping_sub(self.laid_from) as usize) {
            return exception.checked_sub(1).map_or(usual, |at| &self.calendar.exceptions[at as usize].work);
        }
        let on = date_of(day);
        let exception = self.calendar.exceptions.iter().rev().find(|e| e.from <= on && on <= e.to);
        exception.map_or(usual, |e| &e.work)
    }

    fn bands_in(&self, work: &DayWork) -> Vec<(i32, i32)> {
        match work {
            DayWork::Free => Vec::new(),
            DayWork::Usual => self.usual.clone(),
            DayWork::Bands(bands) => merged(bands),
        }
    }

    /// Bands that begin on a day; they may end after midnight.
    fn own_bands(&self, day: i32) -> Vec<(i32, i32)> {
        self.bands_in(self.work_of(day))
    }

    /// What is worked within a day, by all calendars.
    fn bands_of(&self, day: i32) -> DayBands {
        self.others.iter().fold(self.bands_alone(day), |bands, other| overlap(&bands, &other.bands_alone(day)))
    }

    /// What is worked within a day: its own bands, in minutes together with those carried over from the day before.
    fn bands_alone(&self, day: i32) -> DayBands {
        let own = self.own_bands(day);
        let start = i64::from(day) * i64::from(DAY_MINUTES);
        if self.unit != Unit::Minute {
            let hours: i32 = own.iter().map(|(from, to)| to - from).sum();
            let left: i32 = cut(&own, start, self.stops).iter().map(|(from, to)| to - from).sum();
            return if hours > 0 && left * 2 >= hours { vec![(0, DAY_MINUTES)] } else { Vec::new() };
        }
        cut(&joined(own, self.own_bands(day - 1)), start, self.stops)
    }

    /// What a weekday is without exceptions and stops, by all calendars.
    fn usual_bands_of(&self, weekday: usize) -> DayBands {
        let others = self.others.iter().map(|other| other.usual_bands_alone(weekday));
        others.fold(self.usual_bands_alone(weekday), |bands, other| overlap(&bands, &other))
    }

    fn usual_bands_alone(&self, weekday: usize) -> DayBands {
        let own = self.bands_in(&self.calendar.week[weekday]);
        if self.unit != Unit::Minute {
            return if own.is_empty() { Vec::new() } else { vec![(0, DAY_MINUTES)] };
        }
        joined(own, self.bands_in(&self.calendar.week[(weekday + 6) % 7]))
    }
}

/// Bands of a working day nobody gave hours for: from 08:00, with an hour's break at noon when longer than four hours.
fn assumed_bands(minutes_per_day: u32) -> Vec<(i32, i32)> {
    let minutes = minutes_per_day.clamp(1, 900) as i32;
    if minutes <= 240 { vec![(480, 480 + minutes)] } else { vec![(480, 720), (780, 780 + minutes - 240)] }
}

/// Bands in order and without overlaps; empty and reversed ones vanish.
fn merged(bands: &[Band]) -> Vec<(i32, i32)> {
    let limit = |minute: u16| i32::from(minute).min(2 * DAY_MINUTES);
    join(bands.iter().map(|band| (limit(band.from_minute), limit(band.to_minute))).collect())
}

fn join(mut bands: Vec<(i32, i32)>) -> Vec<(i32, i32)> {
    bands.retain(|(from, to)| from < to);
    bands.sort_unstable();
    let mut joined: Vec<(i32, i32)> = Vec::with_capacity(bands.len());
    for (from, to) in bands {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// A day's own bands with those of the day before that pass midnight, within 0..1440.
fn joined(own: Vec<(i32, i32)>, eve: Vec<(i32, i32)>) -> DayBands {
    let carried = eve.into_iter().map(|(from, to)| (from - DAY_MINUTES, to - DAY_MINUTES));
    let clip = |(from, to): (i32, i32)| (from.clamp(0, DAY_MINUTES), to.clamp(0, DAY_MINUTES));
    join(own.into_iter().chain(carried).map(clip).collect())
}

/// What lies in both.
fn overlap(these: &[(i32, i32)], those: &[(i32, i32)]) -> DayBands {
    let both = |a: &(i32, i32), b: &(i32, i32)| (a.0.max(b.0), a.1.min(b.1));
    let pairs = these.iter().flat_map(|a| those.iter().map(move |b| both(a, b)));
    pairs.filter(|(from, to)| from < to).collect()
}

/// Bands of the day that begins at minute `start` without what the stops take.
fn cut(bands: &[(i32, i32)], start: i64, stops: &[StopMinutes]) -> DayBands {
    let mut left = bands.to_vec();
    for (stop_from, stop_to) in stops {
        let from = (stop_from - start).clamp(0, i64::from(2 * DAY_MINUTES)) as i32;
        let to = (stop_to - start).clamp(0, i64::from(2 * DAY_MINUTES)) as i32;
        if from < to {
            left =
                left.iter().flat_map(|(a, b)| [(*a, from.min(*b)), (to.max(*a), *b)]).filter(|(a, b)| a < b).collect();
        }
    }
    left
}
