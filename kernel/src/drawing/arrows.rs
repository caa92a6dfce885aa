//! The arrow diagram of a plan on a time scale (activity on arrow): works are arrows between numbered events.
//!
//! Notation and rules are those of JGJ/T 121-2015, "Technical specification for network planning of engineering": one first
//! and one last event, numbers i < j along every arrow, no two works between the same two events, dummies that take no time
//! and no resource; on a time scale of earliest dates a solid line is as long as the work, and a wave is its free float.
//!
//! A plan knows four kinds of links with lags, an arrow diagram only "after". By the practice of the standard
//!
//! * a lag after a finish becomes an arrow of its own, *waiting*;
//! * a link that leaves or enters a work somewhere within it (start to start with a lag, finish to finish with a lag, a
//!   lead) cuts the work there: works that overlap are drawn in *parts*;
//! * a milestone is no arrow but an event.
//!
//! What cannot be said so is not drawn and listed as [`Untold`], so that whoever draws can say it in words.
//!
//! A work ends on a Friday and the next begins on Monday: that is no float. Where the days up to the next event are not
//! worked in its calendar the solid line goes on; a wave is time in which it could have gone on.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;

use super::web::Web;
use crate::calendar::{DAY_MINUTES, Unit, WorkCalendar, date_of, day_number};
use crate::compile::Reader;
use crate::measure::{self, Length, Original};
use crate::plan::{ActivityKind, Granularity, LagCalendar, Link, LinkKind, Moment, Plan};
use crate::schedule::Schedule;
use crate::shifts::fallback_calendar;
use crate::tie::Lag;

/// Links between works at most, those that links to summaries stand for counted one by one.
const MOST_JOINS: usize = 3_000;
/// Arrows at most: more cannot be told apart on any sheet.
const MOST_ARROWS: usize = 1_200;

/// What an arrow is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArrowKind {
    /// A work, or one part of it.
    Work {
        /// Position in [`Plan::activities`].
        activity: usize,
        /// Which part, from 0.
        part: usize,
        /// How many parts it is drawn in.
        parts: usize,
    },
    /// Time that must pass by a link's lag.
    Waiting {
        /// Position in [`Plan::links`].
        link: usize,
    },
    /// Only what waits for what.
    Dummy,
}

/// An arrow of the diagram. Positions are days from [`ArrowDiagram::first`].
#[derive(Clone, Debug, PartialEq)]
pub struct Arrow {
    /// What it is.
    pub kind: ArrowKind,
    /// Event it leaves.
    pub tail: usize,
    /// Event it arrives at.
    pub head: usize,
    /// Where it begins: the position of its tail.
    pub from_day: f64,
    /// Where its solid line ends and its wave begins; its tail's position for a dummy.
    pub solid_day: f64,
    /// Where it ends: the position of its head.
    pub to_day: f64,
    /// Whether it is on the critical path of the drawing: it leads to its last event without a wave.
    pub is_critical: bool,
}

impl Arrow {
    /// Days of its wave.
    pub fn wave_days(&self) -> f64 {
        self.to_day - self.solid_day
    }
}

/// An event: a node of the diagram.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Position in days from [`ArrowDiagram::first`].
    pub day: f64,
    /// Milestones that are this event: positions in [`Plan::activities`].
    pub milestones: Vec<usize>,
}

/// Something of the plan that the diagram does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Untold {
    /// An activity without dates: an error touches it.
    Undated {
        /// Position in [`Plan::activities`].
        activity: usize,
    },
    /// A hammock: its length follows from others.
    Hammock {
        /// Position in [`Plan::activities`].
        activity: usize,
    },
    /// A link that the dates go against: work done out of order, or a date that wins over logic.
    Against {
        /// Position in [`Plan::links`].
        link: usize,
    },
    /// A link between ends that arrows cannot join.
    Kind {
        /// Position in [`Plan::links`].
        link: usize,
    },
    /// A link to or from work that is not on this sheet.
    Outside {
        /// Position in [`Plan::links`].
        link: usize,
    },
}

/// An arrow diagram. Events and arrows refer to each other by their positions.
#[derive(Clone, Debug, PartialEq)]
pub struct ArrowDiagram {
    /// The day at position 0.
    pub first: Date,
    /// Events; every arrow goes to one that is not earlier.
    pub events: Vec<Event>,
    /// Arrows: works in the order of the plan, then waiting, then dummies.
    pub arrows: Vec<Arrow>,
    /// What it does not say.
    pub untold: Vec<Untold>,
}

/// A work before it is drawn. Positions are values of the plan's axis.
struct Work {
    start: i32,
    /// Where its last unit ends.
    end: i32,
    /// Where its calendar could go on.
    ready: i32,
    calendar: usize,
    is_milestone: bool,
}

/// An end that a link joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Start,
    /// At a position within the work.
    Cut(i32),
    Finish,
}

/// A link as ends that arrows join, with the position at which waiting between them is over.
struct Join {
    link: usize,
    from: (usize, End),
    to: (usize, End),
    waits_until: Option<i32>,
}

/// Draws the activities for which `is_drawn` says so, at the early dates of a schedule; without events where there are none.
/// `None` where links are so many that no drawing can be read.
pub fn arrow_diagram(plan: &Plan, schedule: &Schedule, is_drawn: impl Fn(usize) -> bool) -> Option<ArrowDiagram> {
    let fallback = fallback_calendar();
    let mut reader = Reader::new(plan, &fallback);
    reader.read_hierarchy();
    let mut untold = Vec::new();
    let works = works(&mut reader, schedule, &is_drawn, &mut untold);
    let joins = joins(&mut reader, &works, &is_drawn, &mut untold);
    if joins.len() > MOST_JOINS {
        return None;
    }
    let drafting = Drafting { plan, works, joins, untold, web: Web::default(), cuts: BTreeMap::new() };
    Some(drafting.draw()).filter(|diagram| diagram.arrows.len() <= MOST_ARROWS)
}

fn works(
    reader: &mut Reader<'_>,
    schedule: &Schedule,
    is_drawn: &impl Fn(usize) -> bool,
    untold: &mut Vec<Untold>,
) -> BTreeMap<usize, Work> {
    let plan = reader.plan;
    let is_minute = plan.granularity == Granularity::Minute;
    let label = |moment: Moment, is_end: bool| {
        let day = day_number(moment.date());
        match (moment, is_minute) {
            (_, false) => day + i32::from(is_end),
            (Moment::Day(_), true) => (day + i32::from(is_end)) * DAY_MINUTES,
            (Moment::Instant(at), true) => {
                day * DAY_MINUTES + i32::from(at.time().hour()) * 60 + i32::from(at.time().minute())
            }
        }
    };
    let mut works = BTreeMap::new();
    for (at, activity) in plan.activities.iter().enumerate().filter(|(at, _)| is_drawn(*at)) {
        match activity.kind {
            ActivityKind::Summary => continue,
            ActivityKind::Hammock => {
                untold.push(Untold::Hammock { activity: at });
                continue;
            }
            _ => {}
        }
        let calendar = reader.shifts.of(activity, &mut Vec::new());
        let (Some(dates), Some((_, calendar))) = (schedule.activities.get(at).and_then(Option::as_ref), calendar)
        else {
            untold.push(Untold::Undated { activity: at });
            continue;
        };
        let compiled = &reader.shifts.compiled[calendar as usize];
        let start = label(dates.early_start, false);
        let end = label(dates.early_finish, true).max(start);
        let point = match activity.kind {
            ActivityKind::FinishMilestone => Some(end),
            ActivityKind::Milestone | ActivityKind::StartMilestone => Some(start),
            // Work of no length is done at once: an event.
            _ => (measure::length(activity.duration, compiled, &reader.shifts.compiled[0])
                .is_some_and(|length| length.units == 0))
            .then_some(start),
        };
        let (start, end) = point.map_or((start, end), |point| (point, point));
        let ready = compiled.start_label(compiled.ceil(end)).max(end);
        works.insert(at, Work { start, end, ready, calendar: calendar as usize, is_milestone: point.is_some() });
    }
    works
}

/// Position at which some units of a calendar after a position are over.
fn advance(calendar: &WorkCalendar, from: i32, units: i32) -> i32 {
    let length = match calendar.unit {
        Unit::Day | Unit::Minute => 1,
        Unit::WholeDay => DAY_MINUTES,
    };
    if units <= 0 { from } else { calendar.start_label(calendar.ceil(from) + units - 1) + length }
}

/// Position from which some units of a calendar lead to a position.
fn retreat(calendar: &WorkCalendar, to: i32, units: i32) -> i32 {
    if units <= 0 { to } else { calendar.start_label(calendar.ceil(to) - units) }
}

/// A lag as a calendar and a number of its units.
fn lag_of(
    reader: &Reader<'_>,
    link: &Link,
    from: usize,
    works: &BTreeMap<usize, Work>,
    to: usize,
) -> Option<(usize, i32)> {
    let plan = reader.plan;
    let base = |at: usize| {
        plan.activities[at].calendar.as_deref().and_then(|id| plan.calendars.iter().rposition(|one| one.id == id))
    };
    // Calendar 0 works around the clock, the plan's own follow in order.
    let own = |at: usize| base(at).map_or(reader.shifts.default.unwrap_or(0) as usize, |at| at + 1);
    let calendar = match plan.options.lag_calendar {
        LagCalendar::Predecessor => own(from),
        LagCalendar::Successor => own(to),
        LagCalendar::Project => reader.shifts.default.unwrap_or(0) as usize,
        LagCalendar::Elapsed => 0,
    };
    let compiled = &reader.shifts.compiled;
    let own = &compiled[works[&from].calendar];
    let length = measure::length(plan.activities[from].duration, own, &compiled[0])
        .unwrap_or(Length { units: 0, is_elapsed: false });
    match measure::lag(link.lag, compiled, calendar as u32, Original { length, calendar: own })? {
        Lag::None => Some((0, 0)),
        Lag::Elapsed(units) => Some((0, units)),
        Lag::Working { calendar, units } => Some((calendar as usize, units)),
    }
}

fn joins(
    reader: &mut Reader<'_>,
    works: &BTreeMap<usize, Work>,
    is_drawn: &impl Fn(usize) -> bool,
    untold: &mut Vec<Untold>,
) -> Vec<Join> {
    let plan = reader.plan;
    let (mut joins, mut seen) = (Vec::new(), BTreeSet::new());
    for (at, link) in plan.links.iter().enumerate() {
        let (Some(from), Some(to)) = reader.ends[at] else { continue };
        let (froms, tos) = (reader.leaves(from), reader.leaves(to));
        let inside = |leaves: &[u32]| leaves.iter().any(|leaf| is_drawn(*leaf as usize));
        match (inside(&froms), inside(&tos)) {
            (false, false) => continue,
            (true, true) => {}
            _ => {
                untold.push(Untold::Outside { link: at });
                continue;
            }
        }
        let (mut is_against, mut is_unsayable) = (false, false);
        for from in &froms {
            for to in &tos {
                let (from, to) = (*from as usize, *to as usize);
                let (Some(a), Some(b)) = (works.get(&from), works.get(&to)) else { continue };
                if from == to || !seen.insert((from, to, at)) || joins.len() > MOST_JOINS {
                    continue;
                }
                let said = lag_of(reader, link, from, works, to)
                    .and_then(|lag| said(&reader.shifts.compiled, link, lag, (from, a), (to, b)));
                match said {
                    None => is_unsayable = true,
                    Some((ends, waits_until)) => {
                        let position = |work: &Work, end: End| match end {
                            End::Start => work.start,
                            End::Cut(at) => at,
                            End::Finish => work.end,
                        };
                        let arrives = position(b, ends.1);
                        if position(a, ends.0) > arrives || waits_until.is_some_and(|until| until > arrives) {
                            is_against = true;
                        } else {
                            joins.push(Join { link: at, from: (from, ends.0), to: (to, ends.1), waits_until });
                        }
                    }
                }
            }
        }
        if is_against {
            untold.push(Untold::Against { link: at });
        }
        if is_unsayable {
            untold.push(Untold::Kind { link: at });
        }
    }
    joins
}

/// The ends that say a link, and until when there is waiting between them.
fn said(
    calendars: &[WorkCalendar],
    link: &Link,
    (lag_calendar, units): (usize, i32),
    (_, a): (usize, &Work),
    (_, b): (usize, &Work),
) -> Option<((End, End), Option<i32>)> {
    let calendar = &calendars[lag_calendar];
    let within = |work: &Work, at: i32| {
        if at <= work.start {
            End::Start
        } else if at >= work.end {
            End::Finish
        } else {
            End::Cut(at)
        }
    };
    let after = match link.kind {
        LinkKind::FS | LinkKind::FF => a.end,
        LinkKind::SS | LinkKind::SF => a.start,
    };
    if units < 0 {
        let lead = |to: i32| retreat(calendar, to, -units);
        return match link.kind {
            LinkKind::FS if lead(a.end) > a.start => Some(((within(a, lead(a.end)), End::Start), None)),
            LinkKind::FF if lead(a.end) > a.start => Some(((within(a, lead(a.end)), End::Finish), None)),
            LinkKind::SS => match within(b, advance(calendar, b.start, -units)) {
                End::Finish => None,
                end => Some(((End::Start, end), None)),
            },
            _ => None,
        };
    }
    let over = match link.kind {
        // Days of a lag after a start are counted from the start itself.
        LinkKind::SS | LinkKind::SF if units > 0 => calendar.start_label(calendar.ceil(after) + units),
        _ => advance(calendar, after, units),
    };
    match link.kind {
        LinkKind::FS => Some(((End::Finish, End::Start), (units > 0).then_some(over))),
        LinkKind::SS | LinkKind::SF => {
            let arrives = if link.kind == LinkKind::SS { End::Start } else { End::Finish };
            match within(a, over) {
                End::Finish if over > a.end => Some(((End::Finish, arrives), Some(over))),
                end => Some(((end, arrives), None)),
            }
        }
        LinkKind::FF if units == 0 => Some(((End::Finish, End::Finish), None)),
        LinkKind::FF => {
            let cut = retreat(calendar, b.end, units);
            if cut > b.start {
                return Some(((End::Finish, within(b, cut)), None));
            }
            // Longer than the work itself: what is left passes before it begins.
            let left = units - (calendar.ceil(b.end) - calendar.ceil(b.start));
            let waits = (left > 0).then(|| advance(calendar, after, left).min(b.start.max(after)));
            Some(((End::Finish, End::Start), waits))
        }
    }
}

/// A diagram being drawn.
struct Drafting<'a> {
    plan: &'a Plan,
    works: BTreeMap<usize, Work>,
    joins: Vec<Join>,
    untold: Vec<Untold>,
    web: Web,
    /// Points of each work: its start, its cuts, its finish.
    cuts: BTreeMap<usize, Vec<(i32, usize)>>,
}

impl Drafting<'_> {
    fn draw(mut self) -> ArrowDiagram {
        let kinds = self.lay_down_works();
        let kinds = self.lay_down_joins(kinds);
        self.web.draw_together();
        self.finish(&kinds)
    }

    /// Every work with the parts it is cut into.
    fn lay_down_works(&mut self) -> Vec<ArrowKind> {
        let mut cuts: BTreeMap<usize, BTreeSet<i32>> = BTreeMap::new();
        for join in &self.joins {
            for (work, end) in [join.from, join.to] {
                if let End::Cut(at) = end {
                    cuts.entry(work).or_default().insert(at);
                }
            }
        }
        let mut kinds = Vec::new();
        for (activity, work) in &self.works {
            if work.is_milestone {
                let point = self.web.point(Some(work.start));
                self.cuts.insert(*activity, vec![(work.start, point), (work.end, point)]);
                continue;
            }
            let cuts: Vec<i32> = cuts.remove(activity).into_iter().flatten().collect();
            let parts = cuts.len() + 1;
            let mut points = vec![(work.start, self.web.point(Some(work.start)))];
            for (part, end) in cuts.iter().copied().map(Some).chain([None]).enumerate() {
                let (_, tail) = points[part];
                let head = match end {
                    Some(cut) => self.web.work(tail, cut, cut, Some(cut)),
                    None => self.web.work(tail, work.end, work.ready, None),
                };
                points.push((end.unwrap_or(work.end), head));
                kinds.push(ArrowKind::Work { activity: *activity, part, parts });
            }
            self.cuts.insert(*activity, points);
        }
        kinds
    }

    fn lay_down_joins(&mut self, mut kinds: Vec<ArrowKind>) -> Vec<ArrowKind> {
        // Equal waits of one link from one point are one arrow.
        let mut waits: HashMap<(usize, i32), usize> = HashMap::new();
        for join in &self.joins {
            let point = |(work, end): (usize, End)| {
                let points = &self.cuts[&work];
                match end {
                    End::Start => points[0].1,
                    End::Finish => points[points.len() - 1].1,
                    End::Cut(at) => points.iter().find(|(cut, _)| *cut == at).map_or(points[0].1, |(_, point)| *point),
                }
            };
            let (from, to) = (point(join.from), point(join.to));
            let leaves = match join.waits_until {
                None => from,
                Some(until) => *waits.entry((from, until)).or_insert_with(|| {
                    let (work, end) = join.from;
                    let starts = if end == End::Start { self.works[&work].start } else { self.works[&work].end };
                    let tail = self.web.point(Some(starts));
                    self.web.dummies.insert((from, tail));
                    kinds.push(ArrowKind::Waiting { link: join.link });
                    self.web.work(tail, until, until, None)
                }),
            };
            if leaves != to {
                self.web.dummies.insert((leaves, to));
            }
        }
        kinds
    }

    /// The drawn web as events and arrows.
    fn finish(self, kinds: &[ArrowKind]) -> ArrowDiagram {
        let Drafting { plan, works, untold, web, cuts, .. } = self;
        let positions = web.positions();
        let per_day = if plan.granularity == Granularity::Minute { DAY_MINUTES } else { 1 };
        let nodes = web.nodes();
        let zero = nodes.iter().map(|node| positions[*node]).min().unwrap_or(0).div_euclid(per_day) * per_day;
        let day = |position: i32| f64::from(position - zero) / f64::from(per_day);
        let mut ordered = nodes;
        let rank: HashMap<usize, usize> = web.order().into_iter().enumerate().map(|(at, node)| (node, at)).collect();
        ordered.sort_by_key(|node| (positions[*node], rank[node]));
        let index: HashMap<usize, usize> = ordered.iter().enumerate().map(|(at, node)| (*node, at)).collect();
        let mut events: Vec<Event> =
            ordered.iter().map(|node| Event { day: day(positions[*node]), milestones: Vec::new() }).collect();
        for (activity, _) in works.iter().filter(|(_, work)| work.is_milestone) {
            events[index[&web.node(cuts[activity][0].1)]].milestones.push(*activity);
        }
        let mut arrows: Vec<Arrow> = Vec::new();
        for (work, kind) in web.works.iter().zip(kinds) {
            let (tail, head) = (index[&work.tail], index[&work.head]);
            let (from_day, to_day) = (events[tail].day, events[head].day);
            let solid_day = day(work.ready).min(to_day).max(from_day);
            arrows.push(Arrow { kind: *kind, tail, head, from_day, solid_day, to_day, is_critical: false });
        }
        for (tail, head) in &web.dummies {
            let (tail, head) = (index[tail], index[head]);
            let (from_day, to_day) = (events[tail].day, events[head].day);
            arrows.push(Arrow {
                kind: ArrowKind::Dummy,
                tail,
                head,
                from_day,
                solid_day: from_day,
                to_day,
                is_critical: false,
            });
        }
        let mut diagram = ArrowDiagram { first: date_of(zero.div_euclid(per_day)), events, arrows, untold };
        diagram.mark_critical();
        diagram
    }
}

impl ArrowDiagram {
    /// Marks the critical path of the drawing: what leads to its last event without a wave (JGJ/T 121). Of part of a plan it
    /// is that part's own; of a whole plan with no bound from above it is what the schedule calls critical.
    fn mark_critical(&mut self) {
        let mut leads = vec![true; self.events.len()];
        self.arrows.iter().for_each(|arrow| leads[arrow.tail] = false);
        // Events stand in an order along all arrows, so one pass from the last sees every path.
        let mut by_tail: Vec<usize> = (0..self.arrows.len()).collect();
        by_tail.sort_by_key(|at| std::cmp::Reverse(self.arrows[*at].tail));
        for at in by_tail {
            let arrow = &mut self.arrows[at];
            arrow.is_critical = leads[arrow.head] && arrow.wave_days() == 0.0;
            leads[arrow.tail] |= arrow.is_critical;
        }
    }

    /// Free float of an arrow as the drawing says it, in days: its wave, and where only dummies go on from its head, the
    /// shortest wave of those too.
    pub fn float_days(&self, arrow: usize) -> f64 {
        let mut seen = vec![f64::NAN; self.events.len()];
        let one = &self.arrows[arrow];
        one.wave_days() + self.passed_on(one.head, &mut seen)
    }

    fn passed_on(&self, event: usize, seen: &mut [f64]) -> f64 {
        if seen[event].is_nan() {
            let outs: Vec<&Arrow> = self.arrows.iter().filter(|arrow| arrow.tail == event).collect();
            let is_over = outs.is_empty() || !self.events[event].milestones.is_empty();
            seen[event] = if is_over || outs.iter().any(|arrow| arrow.kind != ArrowKind::Dummy) {
                0.0
            } else {
                let found = outs.iter().map(|arrow| arrow.wave_days() + self.passed_on(arrow.head, seen));
                found.fold(f64::INFINITY, f64::min)
            };
        }
        seen[event]
    }
}
