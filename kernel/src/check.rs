//! A slow, obvious checker: verifies a schedule by walking days and minutes one by one.
//!
//! It shares nothing with the fast path but the plan and the printed dates: no offsets, no tables, no compiled links.
//! Day plans are checked in full (work, links, early dates, floats of small plans), minute plans for work and for
//! links without lag. Meant for tests and audits, not for production paths: its cost grows with the calendar time covered.

mod resources;

pub use resources::{check_levelled, check_project};

use jiff::ToSpan;
use jiff::civil::Date;

use crate::explain::Driver;
use crate::plan::{
    Activity, ActivityKind, Calendar, ConstraintKind, DayWork, Granularity, LagCalendar, Link, LinkKind, Moment, Plan,
    Span,
};
use crate::schedule::{Dates, Schedule};

/// Longest walk in days before a calendar is taken to be without working days.
const LONGEST_WALK: usize = 4_000;
/// Plans up to this many activities have their floats tried out one by one.
const SMALL: usize = 12;

/// What is wrong with a schedule, as sentences; empty when nothing is.
pub fn check(plan: &Plan, schedule: &Schedule) -> Vec<String> {
    let walker = Walker::new(plan);
    let mut faults = Vec::new();
    for (at, (activity, dates)) in plan.activities.iter().zip(&schedule.activities).enumerate() {
        if let Some(dates) = dates {
            walker.check_order(activity, dates, &mut faults);
            walker.check_work(activity, dates, &mut faults);
            walker.check_breaks(activity, at, schedule, &mut faults);
        }
    }
    if walker.is_plain() && !schedule.has_errors() {
        walker.check_links(schedule, &mut faults);
        if plan.granularity == Granularity::Day {
            walker.check_early(schedule, &mut faults);
            if plan.activities.len() <= SMALL {
                walker.check_floats(schedule, &mut faults);
            }
        }
    }
    faults
}

struct Walker<'a> {
    plan: &'a Plan,
    /// Monday to Friday, eight hours: what a plan without any calendar is scheduled by.
    assumed: Calendar,
}

/// Start and finish day of an activity.
type Days = (Date, Date);

fn day_of(moment: Moment) -> Date {
    moment.date()
}

impl<'a> Walker<'a> {
    fn new(plan: &'a Plan) -> Walker<'a> {
        let week = std::array::from_fn(|day| if day < 5 { DayWork::Usual } else { DayWork::Free });
        let assumed = Calendar { id: String::new(), name: None, week, minutes_per_day: 480, exceptions: Vec::new() };
        Walker { plan, assumed }
    }

    /// Whether the plan has only what the walker can schedule itself: no progress, summaries, stops, hard or late rules.
    fn is_plain(&self) -> bool {
        let plan = self.plan;
        let is_plain = |activity: &Activity| {
            activity.actual_start.is_none()
                && activity.actual_finish.is_none()
                && activity.parent.is_none()
                && activity.stops.is_empty()
                && !matches!(activity.kind, ActivityKind::Summary | ActivityKind::Hammock)
                && !activity.constraints.iter().any(|c| c.is_hard || c.kind == ConstraintKind::AsLateAsPossible)
                && !matches!(activity.duration, Span::Elapsed { .. })
        };
        plan.stops.is_empty() && !plan.calendars.is_empty() && plan.activities.iter().all(is_plain)
    }

    fn calendar(&self, activity: &Activity) -> Option<&Calendar> {
        self.named(activity.calendar.as_deref().or(self.plan.calendar.as_deref()))
    }

    fn named(&self, id: Option<&str>) -> Option<&Calendar> {
        match id {
            Some(id) => self.plan.calendars.iter().find(|calendar| calendar.id == id),
            None => self.plan.calendars.first().or(Some(&self.assumed)),
        }
    }

    fn works(&self, calendar: Option<&Calendar>, on: Date) -> bool {
        // Around the clock without a calendar.
        calendar.is_none_or(|calendar| {
            let exception = calendar.exceptions.iter().rev().find(|e| e.from <= on && on <= e.to);
            let work = exception.map_or(calendar.weekday(on.weekday()), |e| &e.work);
            match work {
                DayWork::Free => false,
                DayWork::Usual => true,
                DayWork::Bands(bands) => bands.iter().any(|band| band.from_minute < band.to_minute),
            }
        })
    }

    /// The `count`-th working day strictly after (or before, when negative) a day.
    fn step(&self, calendar: Option<&Calendar>, from: Date, count: i64) -> Date {
        let (mut day, mut left) = (from, count.abs());
        for _ in 0..LONGEST_WALK {
            if left == 0 {
                break;
            }
            day = day.saturating_add(count.signum().days());
            left -= i64::from(self.works(calendar, day));
        }
        day
    }

    fn at_or_after(&self, calendar: Option<&Calendar>, day: Date) -> Date {
        if self.works(calendar, day) { day } else { self.step(calendar, day, 1) }
    }

    fn at_or_before(&self, calendar: Option<&Calendar>, day: Date) -> Date {
        if self.works(calendar, day) { day } else { self.step(calendar, day, -1) }
    }

    /// Working days from one day to another, negative backwards.
    fn distance(&self, calendar: Option<&Calendar>, from: Date, to: Date) -> i64 {
        let (first, last, sign) = if from <= to { (from, to, 1) } else { (to, from, -1) };
        let (mut day, mut count) = (first, 0);
        while day < last {
            day = day.saturating_add(1.days());
            count += i64::from(self.works(calendar, day));
        }
        sign * count
    }

    fn days_of(&self, activity: &Activity) -> i64 {
        if activity.kind == ActivityKind::Task { self.units_of(activity, activity.duration) } else { 0 }
    }

    /// Days of a day plan or minutes of the other that a length of working time takes, rounded up.
    fn units_of(&self, activity: &Activity, span: Span) -> i64 {
        let Span::Working { days_e3, minutes } = span else { return 0 };
        let minutes_per_day = self.calendar(activity).map_or(480, |c| i64::from(c.minutes_per_day));
        let by = if self.plan.granularity == Granularity::Day { minutes_per_day * 1000 } else { 1000 };
        -(-(days_e3 * minutes_per_day + minutes * 1000)).div_euclid(by)
    }

    /// Breaks that the work comes to: after how many of its days or minutes, and how long.
    fn breaks_of(&self, activity: &Activity) -> Vec<(i64, i64)> {
        let breaks = activity.breaks.iter();
        let units = breaks.map(|one| (self.units_of(activity, one.after), self.units_of(activity, one.length)));
        units.filter(|(after, _)| *after < self.days_of(activity)).collect()
    }

    /// Days of work and breaks.
    fn length_of(&self, activity: &Activity) -> i64 {
        self.days_of(activity) + self.breaks_of(activity).iter().map(|(_, length)| length).sum::<i64>()
    }

    /// Every break begins and ends where walking from the start, work and breaks in turn, comes to it.
    fn check_breaks(&self, activity: &Activity, at: usize, schedule: &Schedule, faults: &mut Vec<String>) {
        let Some(dates) = self.unstarted(activity).then_some(schedule.activities[at].as_ref()).flatten() else {
            return;
        };
        let calendar = self.calendar(activity);
        let told: Vec<(Moment, Moment)> =
            schedule.breaks.iter().filter(|one| one.activity == at).map(|one| (one.from, one.to)).collect();
        let (Moment::Day(start), Granularity::Day) = (dates.early_start, self.plan.granularity) else {
            return self.check_break_minutes(activity, dates, &told, faults);
        };
        let (mut last, mut worked) = (self.step(calendar, start, -1), 0);
        let mut walked = Vec::new();
        for (after, length) in self.breaks_of(activity) {
            let before = self.step(calendar, last, after - worked);
            last = self.step(calendar, before, length);
            worked = after;
            walked.push((Moment::Day(self.step(calendar, before, 1)), Moment::Day(last)));
        }
        if walked != told {
            faults.push(format!("{} breaks off {told:?}, walked {walked:?}", activity.id));
        }
    }

    /// The same at minutes: what is worked before each break and within it.
    fn check_break_minutes(
        &self,
        activity: &Activity,
        dates: &Dates,
        told: &[(Moment, Moment)],
        faults: &mut Vec<String>,
    ) {
        let (Some(calendar), Moment::Instant(start)) = (self.calendar(activity), dates.early_start) else { return };
        let (mut at, mut worked) = (start, 0);
        let mut walked = Vec::new();
        for (from, to) in told {
            let (Moment::Instant(from), Moment::Instant(to)) = (from, to) else { return };
            worked += minutes_worked(calendar, at, *from);
            walked.push((worked, minutes_worked(calendar, *from, *to)));
            at = *to;
        }
        if walked != self.breaks_of(activity) {
            faults.push(format!("{} breaks off {walked:?}, not {:?}", activity.id, self.breaks_of(activity)));
        }
    }

    /// Whether it is work that has not begun, of working time, with nothing but its calendar to say when it is done.
    fn unstarted(&self, activity: &Activity) -> bool {
        let is_plain = activity.stops.is_empty() && self.plan.stops.is_empty();
        let is_task = activity.kind == ActivityKind::Task && matches!(activity.duration, Span::Working { .. });
        let is_begun = activity.actual_start.is_some() || activity.actual_finish.is_some();
        is_plain && is_task && !is_begun && activity.expected_finish.is_none()
    }

    fn check_order(&self, activity: &Activity, dates: &Dates, faults: &mut Vec<String>) {
        if day_of(dates.early_finish) < day_of(dates.early_start) && activity.kind == ActivityKind::Task {
            faults.push(format!("{} finishes before it starts", activity.id));
        }
        if let (Some(total), Some(free)) = (dates.total_float_days, dates.free_float_days)
            && (total.is_nan() || free < 0.0)
        {
            faults.push(format!("{} has a free float of {free}", activity.id));
        }
    }

    /// Unstarted work begins and ends on working days and takes its duration.
    fn check_work(&self, activity: &Activity, dates: &Dates, faults: &mut Vec<String>) {
        if !self.unstarted(activity) {
            return;
        }
        let calendar = self.calendar(activity);
        let (start, finish) = (dates.early_start, dates.early_finish);
        match (start, finish) {
            (Moment::Day(start), Moment::Day(finish)) if self.plan.granularity == Granularity::Day => {
                let wanted = self.length_of(activity).max(1);
                if !self.works(calendar, start) || !self.works(calendar, finish) {
                    faults.push(format!("{} is bounded by a day not worked", activity.id));
                } else if self.distance(calendar, start, finish) + 1 != wanted {
                    faults.push(format!(
                        "{} takes {} days, not {wanted}",
                        activity.id,
                        self.distance(calendar, start, finish) + 1
                    ));
                }
            }
            (Moment::Instant(start), Moment::Instant(finish)) => {
                let Some(calendar) = calendar else { return };
                let wanted = self.length_of(activity);
                let worked = minutes_worked(calendar, start, finish);
                if worked != wanted {
                    faults.push(format!("{} works {worked} minutes, not {wanted}", activity.id));
                }
            }
            _ => {}
        }
    }

    fn find(&self, id: &str) -> Option<usize> {
        self.plan.activities.iter().position(|activity| activity.id == id)
    }

    /// Whether a milestone stands at the beginning of its day.
    fn is_start_point(&self, activity: &Activity) -> bool {
        match activity.kind {
            ActivityKind::Milestone | ActivityKind::StartMilestone => true,
            ActivityKind::Task => self.days_of(activity) == 0,
            _ => false,
        }
    }

    /// The first day a link allows its successor's end, for the days of the predecessor.
    fn bound(&self, link: &Link, from: &Activity, to: &Activity, days: Days) -> Date {
        let counts_after = matches!(link.kind, LinkKind::FS | LinkKind::FF);
        let day = if counts_after { days.1 } else { days.0 };
        let calendar = match self.plan.options.lag_calendar {
            LagCalendar::Predecessor => self.calendar(from),
            LagCalendar::Successor => self.calendar(to),
            LagCalendar::Project => self.named(self.plan.calendar.as_deref()),
            LagCalendar::Elapsed => None,
        };
        let minutes_per_day = calendar.map_or(1440, |c| i64::from(c.minutes_per_day));
        let halves_up = |value: i64, by: i64| (2 * value + by).div_euclid(2 * by);
        let (calendar, count) = match link.lag {
            Span::Working { days_e3, minutes } => {
                (calendar, halves_up(days_e3 * minutes_per_day + minutes * 1000, minutes_per_day * 1000))
            }
            Span::Elapsed { minutes } => (None, halves_up(minutes, 1440)),
            Span::Percent { percent_e3 } => (calendar, halves_up(self.days_of(from) * percent_e3, 100_000)),
        };
        let lagged = match (count, counts_after) {
            (0, _) => day,
            (1.., true) => self.step(calendar, day, count),
            (_, true) => self.step(calendar, self.at_or_before(calendar, day), count),
            (_, false) => self.step(calendar, self.at_or_after(calendar, day), count),
        };
        let is_next_day = match link.kind {
            LinkKind::FS => !self.is_start_point(from) && to.kind != ActivityKind::FinishMilestone,
            LinkKind::FF => to.kind == ActivityKind::StartMilestone,
            LinkKind::SS | LinkKind::SF => false,
        };
        let reached = if is_next_day { lagged.saturating_add(1.days()) } else { lagged };
        self.at_or_after(self.calendar(to), reached)
    }

    fn check_links(&self, schedule: &Schedule, faults: &mut Vec<String>) {
        for link in &self.plan.links {
            let (Some(from), Some(to)) = (self.find(&link.from), self.find(&link.to)) else { continue };
            let (Some(source), Some(target)) = (&schedule.activities[from], &schedule.activities[to]) else { continue };
            let (a, b) = (&self.plan.activities[from], &self.plan.activities[to]);
            if self.plan.granularity == Granularity::Minute {
                if link.lag == Span::ZERO
                    && link.kind == LinkKind::FS
                    && instant(target.early_start) < instant(source.early_finish)
                {
                    faults.push(format!("{} starts before {} finishes", b.id, a.id));
                }
                continue;
            }
            let bound = self.bound(link, a, b, (day_of(source.early_start), day_of(source.early_finish)));
            let arrives_finish = matches!(link.kind, LinkKind::FF | LinkKind::SF);
            let end = day_of(if arrives_finish { target.early_finish } else { target.early_start });
            if end < bound {
                faults.push(format!("{} → {} {:?}: {end} is before {bound}", a.id, b.id, link.kind));
            }
        }
    }

    /// Days of an activity that starts no earlier than one day and finishes no earlier than another, with a delay.
    fn place(&self, activity: &Activity, start: Date, finish: Option<Date>, delay: i64) -> Days {
        let calendar = self.calendar(activity);
        let length = (self.length_of(activity) - 1).max(0);
        let mut start = self.at_or_after(calendar, start);
        if let Some(expected) = activity.expected_finish.filter(|_| self.days_of(activity) > 0) {
            let expected = self.at_or_before(calendar, day_of(expected));
            // A day that is over says nothing of how long it takes.
            if expected >= start {
                let finish = finish.map(|finish| self.at_or_after(calendar, finish));
                return (start, expected.max(finish.unwrap_or(start)));
            }
        }
        if let Some(finish) = finish {
            start = start.max(self.step(calendar, self.at_or_after(calendar, finish), -length));
        }
        start = self.step(calendar, start, delay);
        (start, self.step(calendar, start, length))
    }

    /// Early days of everything by repetition until nothing moves, one activity delayed by some working days.
    fn early(&self, delayed: Option<(usize, i64)>) -> Vec<Days> {
        let plan = self.plan;
        let mut days: Vec<Days> = plan.activities.iter().map(|a| self.place(a, self.floor(a), None, 0)).collect();
        for _ in 0..=plan.activities.len() {
            let before = days.clone();
            for (at, activity) in plan.activities.iter().enumerate() {
                let (mut start, mut finish): (Date, Option<Date>) = (self.floor(activity), None);
                for constraint in &activity.constraints {
                    let Some(on) = constraint.on.map(day_of) else { continue };
                    match constraint.kind {
                        ConstraintKind::StartNoEarlierThan | ConstraintKind::StartOn => start = start.max(on),
                        ConstraintKind::FinishNoEarlierThan | ConstraintKind::FinishOn => finish = finish.max(Some(on)),
                        _ => {}
                    }
                }
                for link in plan.links.iter().filter(|link| link.to == activity.id) {
                    let Some(from) = self.find(&link.from) else { continue };
                    let bound = self.bound(link, &plan.activities[from], activity, days[from]);
                    match link.kind {
                        LinkKind::FS | LinkKind::SS => start = start.max(bound),
                        LinkKind::FF | LinkKind::SF => finish = finish.max(Some(bound)),
                    }
                }
                let delay = delayed.filter(|(delayed, _)| *delayed == at).map_or(0, |(_, delay)| delay);
                days[at] = self.place(activity, start, finish, delay);
            }
            if days == before {
                break;
            }
        }
        days
    }

    fn floor(&self, activity: &Activity) -> Date {
        let has_incoming = self.plan.links.iter().any(|link| link.to == activity.id);
        let own = activity.start.filter(|_| !has_incoming).map(day_of);
        let start = own.unwrap_or(day_of(self.plan.start));
        self.plan.data_date.map_or(start, |data_date| start.max(day_of(data_date)))
    }

    fn check_early(&self, schedule: &Schedule, faults: &mut Vec<String>) {
        for ((activity, dates), days) in self.plan.activities.iter().zip(&schedule.activities).zip(self.early(None)) {
            let Some(dates) = dates else { continue };
            let got = (day_of(dates.early_start), day_of(dates.early_finish));
            if got != days {
                faults.push(format!("{} is {} to {}, walked {} to {}", activity.id, got.0, got.1, days.0, days.1));
            }
            if let Some(Driver::Link { from }) = dates.driver {
                self.check_driver(activity, from, schedule, faults);
            }
        }
    }

    /// A driving link ends exactly where its successor stands.
    fn check_driver(&self, activity: &Activity, from: usize, schedule: &Schedule, faults: &mut Vec<String>) {
        let source = &self.plan.activities[from];
        let (Some(before), Some(at)) = (&schedule.activities[from], self.find(&activity.id)) else { return };
        let Some(after) = &schedule.activities[at] else { return };
        let is_tight =
            self.plan.links.iter().filter(|link| link.from == source.id && link.to == activity.id).any(|link| {
                let bound =
                    self.bound(link, source, activity, (day_of(before.early_start), day_of(before.early_finish)));
                let is_finish = matches!(link.kind, LinkKind::FF | LinkKind::SF);
                bound == day_of(if is_finish { after.early_finish } else { after.early_start })
            });
        if !is_tight {
            faults.push(format!("{} is not held by {}", activity.id, source.id));
        }
    }

    /// Floats of small plans without mandated dates: the largest delay that breaks no bound, tried out.
    ///
    /// Only where every bound is met to begin with: late dates that lead to a broken one say what would have been
    /// needed, not what a delay would do.
    fn check_floats(&self, schedule: &Schedule, faults: &mut Vec<String>) {
        let plan = self.plan;
        // What lasts until a day does not move when it is delayed; its float says by how much it might end later.
        if !plan.mandated.is_empty() || plan.activities.iter().any(|one| one.expected_finish.is_some()) {
            return;
        }
        let is_late = |dates: &Dates| dates.total_float_days.is_some_and(|float| float < 0.0);
        if schedule.activities.iter().flatten().any(is_late) {
            return;
        }
        let before = self.early(None);
        let Some(end) = before.iter().map(|days| days.1).max() else { return };
        for (at, activity) in plan.activities.iter().enumerate() {
            let Some((total, free)) =
                schedule.activities[at].as_ref().and_then(|dates| dates.total_float_days.zip(dates.free_float_days))
            else {
                continue;
            };
            let holds = |delay: f64| self.keeps_bounds(&before, &self.early(Some((at, delay as i64))), end);
            if !holds(total) || holds(total + 1.0) {
                faults.push(format!("{}: the total float is not {total}", activity.id));
            }
            let has_successor = plan.links.iter().any(|link| link.from == activity.id);
            let moves_none = |delay: f64| {
                let after = self.early(Some((at, delay as i64)));
                let others = (0..before.len()).filter(|&other| other != at).all(|other| after[other] == before[other]);
                others && (has_successor || after[at].1 <= end)
            };
            if !moves_none(free) || (self.finish_leads_on(activity) && moves_none(free + 1.0)) {
                faults.push(format!("{}: the free float is not {free}", activity.id));
            }
        }
    }

    fn finish_leads_on(&self, activity: &Activity) -> bool {
        let leads = |link: &Link| link.from == activity.id && matches!(link.kind, LinkKind::FS | LinkKind::FF);
        self.plan.links.iter().any(leads)
    }

    /// Whether nothing that moved is past the project end, a deadline or a late bound.
    fn keeps_bounds(&self, before: &[Days], after: &[Days], end: Date) -> bool {
        before.iter().zip(after).zip(&self.plan.activities).all(|((before, days), activity)| {
            let is_kept = activity.constraints.iter().all(|constraint| match (constraint.kind, constraint.on) {
                (ConstraintKind::StartNoLaterThan | ConstraintKind::StartOn, Some(on)) => days.0 <= day_of(on),
                (ConstraintKind::FinishNoLaterThan | ConstraintKind::FinishOn, Some(on)) => days.1 <= day_of(on),
                _ => true,
            });
            let is_kept =
                is_kept && days.1 <= end && activity.deadline.is_none_or(|deadline| days.1 <= day_of(deadline));
            before == days || is_kept
        })
    }
}

/// A moment for comparing; a finish printed as a day is over when the day is.
fn instant(moment: Moment) -> jiff::civil::DateTime {
    match moment {
        Moment::Day(day) => day.at(0, 0, 0, 0),
        Moment::Instant(at) => at,
    }
}

/// Minutes worked from one instant to another, counted one by one.
fn minutes_worked(calendar: &Calendar, from: jiff::civil::DateTime, to: jiff::civil::DateTime) -> i64 {
    let (mut at, mut worked) = (from, 0);
    while at < to {
        worked += i64::from(works_at(calendar, at));
        at = at.saturating_add(1.minutes());
    }
    worked
}

/// Whether a minute is worked by the bands of its day or those carried over from the day before.
fn works_at(calendar: &Calendar, at: jiff::civil::DateTime) -> bool {
    let minute = i32::from(at.hour()) * 60 + i32::from(at.minute());
    let usual = calendar.week.iter().find_map(|work| match work {
        DayWork::Bands(bands) => Some(bands),
        _ => None,
    });
    let is_in = |day: Date, minute: i32| {
        let exception = calendar.exceptions.iter().rev().find(|e| e.from <= day && day <= e.to);
        let bands = match exception.map_or(calendar.weekday(day.weekday()), |e| &e.work) {
            DayWork::Free => None,
            DayWork::Usual => usual,
            DayWork::Bands(bands) => Some(bands),
        };
        bands.is_some_and(|bands| {
            bands.iter().any(|b| (i32::from(b.from_minute)..i32::from(b.to_minute)).contains(&minute))
        })
    };
    is_in(at.date(), minute) || at.date().yesterday().is_ok_and(|eve| is_in(eve, minute + 1440))
}
