//! Flow of crews over segments (flowshop of construction, line of balance): when each process may begin so that no crew
//! ever waits and no two processes meet on a segment.
//!
//! A *process* is one trade; its crew works the *segments* (floors, sections) in order without a break. Its *beats* are
//! the days it needs on each. The *step* K between two neighbours is the number of days from the start of one to the
//! start of the next. With beats a of the earlier and b of the later process on m segments
//!
//! > K = max over j of (a₁ + … + aⱼ) − (b₁ + … + bⱼ₋₁)
//!
//! which is the textbook rule "add up, shift by one place, subtract, take the greatest difference": on segment j the
//! later process must not begin before the earlier one has left it, and both run without a break. The whole takes
//!
//! > T = ΣK + Σ beats of the last process + Σ gaps − Σ overlaps
//!
//! where a *gap* (curing, handing over) keeps a process away from a segment longer, and an *overlap* lets it begin while
//! the one before is still there. Two special cases have formulas of their own, which the tests hold against the rule:
//! all beats t equal: T = (m + n − 1) t; beats that are multiples of K = their greatest common divisor, each process
//! with as many crews as multiples, n′ crews in all: T = (m + n′ − 1) K.
//!
//! Source: the textbooks of Chinese construction practice, which call the rule Pantkovsky's; Harris & Ioannou,
//! "Scheduling Projects with Repeating Activities", J. Constr. Eng. Manage. 124(4), 1998, find the same step as the
//! control point of two lines. Days are working days of one calendar, counted from 0.

/// A process of a flow: one crew that takes the segments in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Days on each segment; 0 where it has nothing to do, though its crew keeps its place in the order there.
    pub beats_days: Vec<u32>,
    /// Days between the process before leaving a segment and this one beginning there.
    pub gap_days: u32,
    /// Days by which it may begin on a segment before the process before has left it.
    pub overlap_days: u32,
}

impl Process {
    /// A process without gap or overlap.
    pub fn new(beats_days: impl Into<Vec<u32>>) -> Process {
        Process { beats_days: beats_days.into(), gap_days: 0, overlap_days: 0 }
    }
}

/// Why processes are no flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowFault {
    /// There is no process, or none has a segment.
    Empty,
    /// A process has another number of segments than the first.
    Segments {
        /// Its index.
        process: usize,
    },
    /// A process would begin before the one it follows: the overlap is longer than step and gap.
    Overlap {
        /// Its index.
        process: usize,
    },
    /// A beat is nothing where crews are to be multiplied, or the crews are too many to be meant.
    Beat {
        /// Index of the process.
        process: usize,
    },
}

/// Time of a crew on a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// Index of the process.
    pub process: usize,
    /// Crew of the process; 0 where it has one.
    pub crew: usize,
    /// Index of the segment.
    pub segment: usize,
    /// First day, counted from the start of the flow.
    pub start_day: i64,
    /// Day after the last.
    pub end_day: i64,
}

/// A flow, computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Days from the start of each process to the start of the next, by beats alone: n − 1 of them (of crews, where
    /// processes have several).
    pub steps_days: Vec<i64>,
    /// Days from the first start to the last finish.
    pub total_days: i64,
    /// Every stay, by process and segment.
    pub stays: Vec<Stay>,
}

/// The least days from the start of a process to the start of the next so that both run without a break and never meet.
pub fn step_days(before: &[u32], after: &[u32]) -> i64 {
    let (mut left, mut reached, mut step) = (0i64, 0i64, 0i64);
    for (a, b) in before.iter().zip(after) {
        left += i64::from(*a);
        step = step.max(left - reached);
        reached += i64::from(*b);
    }
    step
}

/// Computes the flow of processes over their segments.
pub fn flow(processes: &[Process]) -> Result<Flow, FlowFault> {
    let segments = processes.first().map_or(0, |first| first.beats_days.len());
    if segments == 0 {
        return Err(FlowFault::Empty);
    }
    if let Some(process) = processes.iter().position(|one| one.beats_days.len() != segments) {
        return Err(FlowFault::Segments { process });
    }
    let pairs = processes.windows(2).map(|pair| step_days(&pair[0].beats_days, &pair[1].beats_days));
    let steps_days: Vec<i64> = pairs.collect();
    let (mut stays, mut start, mut total_days) = (Vec::with_capacity(processes.len() * segments), 0, 0);
    for (process, one) in processes.iter().enumerate() {
        if process > 0 {
            let apart = steps_days[process - 1] + i64::from(one.gap_days) - i64::from(one.overlap_days);
            if apart < 0 {
                return Err(FlowFault::Overlap { process });
            }
            start += apart;
        }
        let mut day = start;
        for (segment, beat) in one.beats_days.iter().enumerate() {
            let end_day = day + i64::from(*beat);
            stays.push(Stay { process, crew: 0, segment, start_day: day, end_day });
            day = end_day;
        }
        // An overlap may let the last process end before the one it follows.
        total_days = total_days.max(day);
    }
    Ok(Flow { steps_days, total_days, stays })
}

/// Crews of one process at most: beyond, its beat is a typing error.
const MOST_CREWS: u32 = 1_000;

/// Computes the accelerated flow of processes with one beat each on equal segments: the step is the greatest common
/// divisor of the beats, a process has as many crews as its beat has steps, and its crews take the segments in turn.
pub fn accelerated_flow(beats_days: &[u32], segments: usize) -> Result<Flow, FlowFault> {
    if beats_days.is_empty() || segments == 0 {
        return Err(FlowFault::Empty);
    }
    if let Some(process) = beats_days.iter().position(|beat| *beat == 0) {
        return Err(FlowFault::Beat { process });
    }
    let step = beats_days.iter().copied().fold(0, greatest_common_divisor);
    if let Some(process) = beats_days.iter().position(|beat| beat / step > MOST_CREWS) {
        return Err(FlowFault::Beat { process });
    }
    let (mut stays, mut crews_before) = (Vec::with_capacity(beats_days.len() * segments), 0);
    for (process, beat) in beats_days.iter().enumerate() {
        let crews = (beat / step) as usize;
        for segment in 0..segments {
            let start_day = (crews_before + segment) as i64 * i64::from(step);
            let end_day = start_day + i64::from(*beat);
            stays.push(Stay { process, crew: segment % crews, segment, start_day, end_day });
        }
        crews_before += crews;
    }
    let total_days = (segments + crews_before - 1) as i64 * i64::from(step);
    Ok(Flow { steps_days: vec![i64::from(step); crews_before - 1], total_days, stays })
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// Two stays that cannot both be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collision {
    /// Index of the earlier stay in the list.
    pub first: usize,
    /// Index of the later one.
    pub second: usize,
    /// What they meet on.
    pub on: Meeting,
    /// First day both are there.
    pub from_day: i64,
    /// Day after the last.
    pub to_day: i64,
}

/// What two stays meet on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// Two processes on one segment.
    Segment,
    /// One crew on two segments.
    Crew,
}

/// Every two stays that meet, of a flow or of any other plan of processes over segments: lines that cross in the
/// flowline diagram. Asks each pair, so that nothing of the rules above can hide a fault.
pub fn collisions(stays: &[Stay]) -> Vec<Collision> {
    let mut found = Vec::new();
    for (first, a) in stays.iter().enumerate() {
        for (at, b) in stays[first + 1..].iter().enumerate() {
            let (from_day, to_day) = (a.start_day.max(b.start_day), a.end_day.min(b.end_day));
            let is_one_crew = a.process == b.process && a.crew == b.crew;
            let on = match (a.segment == b.segment, is_one_crew) {
                (true, _) => Meeting::Segment,
                (false, true) => Meeting::Crew,
                (false, false) => continue,
            };
            if from_day < to_day {
                found.push(Collision { first, second: first + 1 + at, on, from_day, to_day });
            }
        }
    }
    found
}
