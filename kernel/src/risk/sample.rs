//! Durations drawn for many iterations at once, one iteration in each lane.
//!
//! Every iteration has its own stream of numbers and takes one for each uncertain activity, in the order of the plan:
//! an iteration draws the same durations whichever thread runs it.

use std::collections::HashMap;

use super::LANES;
use crate::calendar::{Unit, WorkCalendar};
use crate::chance::Chance;
use crate::measure::{exact_length, length};
use crate::network::{Network, Node, VIRTUAL};
use crate::plan::{Activity, Plan, Risk, Span};
use crate::risk::Event;

/// Numbers of one activity, a lane for each iteration.
pub(crate) type Lanes<T> = [T; LANES];

/// Points of a quantile table.
const POINTS: usize = 512;

/// How the remaining duration of an activity is drawn, in units of its calendar.
#[derive(Clone, Debug)]
enum Draw {
    /// Triangular by its inverse: below the mode, above it, and the probability at the mode.
    Triangular { low: f32, high: f32, rise: f32, fall: f32, at_mode: f32 },
    /// Quantiles in the middles of [`POINTS`] equal probabilities.
    Table(Vec<i32>),
    /// An event of its own that adds its impact.
    Event { probability: f32, planned: i32, impact: i32 },
    /// As planned; only events of the register lengthen it.
    Certain { planned: i32 },
}

/// One uncertain activity.
#[derive(Clone, Debug)]
pub(crate) struct Uncertain {
    /// Its node.
    pub(crate) node: usize,
    draw: Draw,
    /// Least units.
    least: i32,
    /// Units less span: one in a day plan.
    offset: i32,
    /// Index of its group, when it is correlated with others.
    group: Option<usize>,
    /// Events of the register that lengthen it, with the units that each adds.
    impacts: Vec<(usize, i32)>,
}

impl Uncertain {
    /// Whether its own duration is drawn.
    pub(crate) fn is_drawn(&self) -> bool {
        !matches!(self.draw, Draw::Certain { .. })
    }

    /// Whether an event of the register lengthens it.
    pub(crate) fn is_hit_by(&self, event: usize) -> bool {
        self.impacts.iter().any(|(one, _)| *one == event)
    }
}

/// What the activities of a block share.
pub(crate) struct Shared {
    /// Normal scores of the groups.
    scores: Vec<Lanes<f32>>,
    /// Which events of the register happen, as 0 or 1.
    pub(crate) events: Vec<Lanes<i32>>,
}

/// All uncertain activities of a network.
#[derive(Clone, Debug)]
pub(crate) struct Sampler {
    /// Ascending by node.
    pub(crate) uncertain: Vec<Uncertain>,
    groups: usize,
    /// Probabilities of the events of the register.
    events: Vec<f32>,
    /// Correlation of the durations within a group, as normal scores.
    correlation: f64,
    /// Normal scores of [`POINTS`] equal probabilities.
    scores: Vec<f32>,
    seed: u64,
}

/// Streams of numbers of the iterations of a block: xorshift with 128 bits (Marsaglia 2003), in lanes.
pub(crate) struct Streams {
    state: [Lanes<u32>; 4],
}

impl Streams {
    /// Streams of the iterations from a first one on.
    pub(crate) fn new(seed: u64, first: usize) -> Streams {
        let mut state = [[0; LANES]; 4];
        for (lane, at) in (first..first + LANES).enumerate() {
            let mut chance = Chance::stream(seed, at as u64);
            let (one, other) = (chance.bits(), chance.bits());
            for (word, bits) in
                [one as u32 | 1, (one >> 32) as u32, other as u32, (other >> 32) as u32].into_iter().enumerate()
            {
                state[word][lane] = bits;
            }
        }
        Streams { state }
    }

    /// One number in 0..1 for each lane.
    pub(crate) fn next(&mut self) -> Lanes<f32> {
        let [oldest, second, third, last] = &mut self.state;
        std::array::from_fn(|lane| {
            let mixed = oldest[lane] ^ (oldest[lane] << 11);
            (oldest[lane], second[lane], third[lane]) = (second[lane], third[lane], last[lane]);
            last[lane] = last[lane] ^ (last[lane] >> 19) ^ mixed ^ (mixed >> 8);
            // 23 bits and a half: exact in a float, never 0 and never 1.
            ((last[lane] >> 9) as i32 as f32 + 0.5) * (1.0 / (1u32 << 23) as f32)
        })
    }
}

impl Sampler {
    /// Reads what is uncertain. `group_of` names the group of an activity, if it has one.
    pub(crate) fn new(
        plan: &Plan,
        network: &Network,
        register: &[Event],
        seed: u64,
        correlation: f64,
        group_of: &dyn Fn(&Activity) -> Option<usize>,
        groups: usize,
    ) -> Sampler {
        let mut uncertain = Vec::new();
        let mut impacts = impacts_of(register);
        for (index, node) in network.nodes.iter().enumerate().filter(|(_, node)| node.activity != VIRTUAL) {
            let activity = &plan.activities[node.activity as usize];
            let impacts = impacts.remove(&(node.activity as usize)).unwrap_or_default();
            if let Some(found) = uncertain_of(network, index, node, (activity, &impacts)) {
                let group = if correlation > 0.0 { group_of(activity) } else { None };
                uncertain.push(Uncertain { group, ..found });
            }
        }
        let events = register.iter().map(|event| event.probability.clamp(0.0, 1.0) as f32).collect();
        let scores = (0..POINTS).map(|at| normal_quantile((at as f64 + 0.5) / POINTS as f64) as f32).collect();
        Sampler { uncertain, groups, events, correlation: correlation.clamp(0.0, 1.0), scores, seed }
    }

    /// Streams of a block of iterations, with what its groups share.
    pub(crate) fn block(&self, first: usize) -> (Streams, Shared) {
        let mut streams = Streams::new(self.seed, first);
        let share = self.correlation.sqrt() as f32;
        let scores = (0..self.groups).map(|_| streams.next().map(|at| self.score(at) * share)).collect();
        let happens = |probability: &f32| streams.next().map(|at| i32::from(at < *probability));
        let events = self.events.iter().map(happens).collect();
        (streams, Shared { scores, events })
    }

    fn score(&self, at: f32) -> f32 {
        interpolated(&self.scores, at)
    }

    /// Spans of one activity in a block, before what events add.
    pub(crate) fn draw(&self, one: &Uncertain, streams: &mut Streams, shared: &Shared) -> Lanes<i32> {
        let mut at = streams.next();
        if let Some(group) = one.group {
            // Gaussian copula with one factor.
            let rest = (1.0 - self.correlation).sqrt() as f32;
            for (at, score) in at.iter_mut().zip(&shared.scores[group]) {
                *at = normal_share(score + rest * self.score(*at));
            }
        }
        let mut units = [0; LANES];
        match &one.draw {
            Draw::Triangular { low, high, rise, fall, at_mode } => {
                for lane in 0..LANES {
                    let below = low + (at[lane] * rise).sqrt();
                    let above = high - ((1.0 - at[lane]) * fall).sqrt();
                    let drawn = if at[lane] < *at_mode { below } else { above };
                    units[lane] = (drawn + 0.5) as i32;
                }
            }
            Draw::Table(table) => {
                for lane in 0..LANES {
                    units[lane] = table[((at[lane] * POINTS as f32) as usize).min(POINTS - 1)];
                }
            }
            Draw::Event { probability, planned, impact } => {
                for lane in 0..LANES {
                    units[lane] = planned + if at[lane] < *probability { *impact } else { 0 };
                }
            }
            Draw::Certain { planned } => units = [*planned; LANES],
        }
        for units in &mut units {
            *units = (*units).max(one.least) - one.offset;
        }
        units
    }

    /// Adds what the events of the register that happen in a block add to one activity.
    pub(crate) fn lengthen(&self, one: &Uncertain, spans: &mut Lanes<i32>, shared: &Shared) {
        for (event, units) in &one.impacts {
            for (span, happens) in spans.iter_mut().zip(&shared.events[*event]) {
                *span += happens * units;
            }
        }
    }
}

/// Events of a register by the activity that they lengthen.
fn impacts_of(register: &[Event]) -> HashMap<usize, Vec<(usize, Span)>> {
    let mut impacts: HashMap<usize, Vec<(usize, Span)>> = HashMap::new();
    for (event, entry) in register.iter().enumerate() {
        for (activity, impact) in &entry.impacts {
            impacts.entry(*activity).or_default().push((event, *impact));
        }
    }
    impacts
}

/// A value between the middles of equal shares of a table.
fn interpolated(table: &[f32], at: f32) -> f32 {
    let place = (at * table.len() as f32 - 0.5).clamp(0.0, (table.len() - 1) as f32);
    let below = (place as usize).min(table.len() - 2);
    table[below] + (place - below as f32) * (table[below + 1] - table[below])
}

fn uncertain_of(
    network: &Network,
    index: usize,
    node: &Node,
    (activity, impacts): (&Activity, &[(usize, Span)]),
) -> Option<Uncertain> {
    // Whose people name the day they will finish has no other duration to draw.
    if activity.expected_finish.is_some() || (activity.risk.is_none() && impacts.is_empty()) {
        return None;
    }
    let calendar = &network.calendars[node.calendar as usize];
    let is_day = calendar.unit == Unit::Day;
    let offset = i32::from(is_day);
    let planned = node.span + offset;
    if node.has(crate::network::traits::START_POINT) || planned <= 0 {
        return None;
    }
    // What has begun is as uncertain as the share that remains.
    let whole = units(activity.duration, calendar, network).unwrap_or(planned).max(1);
    let left = f64::from(planned) / f64::from(whole);
    // Not rounded: a tenth more than a day is no second day.
    let of = |span: Span| exact_length(span, calendar, &network.calendars[0]).map(|units| units * left);
    let draw = match activity.risk.as_ref() {
        None => Draw::Certain { planned },
        Some(Risk::Discrete { probability, impact }) => Draw::Event {
            probability: probability.clamp(0.0, 1.0) as f32,
            planned,
            impact: units(*impact, calendar, network)?,
        },
        Some(risk) => continuous(risk, &of)?,
    };
    let impacts = impacts.iter().filter_map(|(event, impact)| Some((*event, rounded(of(*impact)?)))).collect();
    Some(Uncertain { node: index, draw, least: offset, offset, group: None, impacts })
}

/// How a duration without an event of its own is drawn; `of` counts what is left of a span.
fn continuous(risk: &Risk, of: &dyn Fn(Span) -> Option<f64>) -> Option<Draw> {
    Some(match risk {
        Risk::Triangular { low, likely, high } => {
            let (low, likely, high) = ordered(of(*low)?, of(*likely)?, of(*high)?);
            let width = (high - low).max(1e-6);
            Draw::Triangular {
                low: low as f32,
                high: high as f32,
                rise: (width * (likely - low)) as f32,
                fall: (width * (high - likely)) as f32,
                at_mode: ((likely - low) / width) as f32,
            }
        }
        Risk::Pert { low, likely, high } => {
            let (low, likely, high) = ordered(of(*low)?, of(*likely)?, of(*high)?);
            Draw::Table(pert_table(low, likely, high))
        }
        Risk::Lognormal { p50, p90 } => {
            let (median, p90) = (of(*p50)?.max(1e-6), of(*p90)?);
            let ratio = (p90 / median).max(1.0);
            let quantile = |at: f64| median * ratio.powf(normal_quantile(at) / normal_quantile(0.9));
            Draw::Table((0..POINTS).map(|at| rounded(quantile((at as f64 + 0.5) / POINTS as f64))).collect())
        }
        Risk::Discrete { .. } => return None,
    })
}

fn units(span: Span, calendar: &WorkCalendar, network: &Network) -> Option<i32> {
    length(span, calendar, &network.calendars[0]).map(|length| length.units)
}

fn ordered(low: f64, likely: f64, high: f64) -> (f64, f64, f64) {
    (low.min(likely), likely, high.max(likely))
}

/// To whole units, nearest: rounding up would make every activity half a unit longer than it is.
fn rounded(units: f64) -> i32 {
    (units + 0.5).floor().clamp(0.0, 1e8) as i32
}

/// Quantiles of the PERT distribution (Malcolm et al. 1959): a beta with α = 1 + 4 (mode − low) ÷ width, β the other way.
/// The density is summed over fine steps; where it passes each probability is the quantile.
fn pert_table(low: f64, likely: f64, high: f64) -> Vec<i32> {
    const STEPS: usize = 4096;
    let width = high - low;
    if width <= 0.0 {
        return vec![rounded(likely); POINTS];
    }
    let (rise, fall) = (4.0 * (likely - low) / width, 4.0 * (high - likely) / width);
    let density = |x: f64| x.powf(rise) * (1.0 - x).powf(fall);
    let weights: Vec<f64> = (0..STEPS).map(|at| density((at as f64 + 0.5) / STEPS as f64)).collect();
    let total: f64 = weights.iter().sum();
    let (mut table, mut passed, mut at) = (Vec::with_capacity(POINTS), 0.0, 0);
    for point in 0..POINTS {
        let wanted = (point as f64 + 0.5) / POINTS as f64 * total;
        while at + 1 < STEPS && passed + weights[at] < wanted {
            passed += weights[at];
            at += 1;
        }
        let within = if weights[at] > 0.0 { (wanted - passed) / weights[at] } else { 0.5 };
        table.push(rounded(low + width * (at as f64 + within) / STEPS as f64));
    }
    table
}

/// Inverse of the normal distribution by rational approximation (Acklam 2003; relative error under 1.2e−9).
pub(crate) fn normal_quantile(at: f64) -> f64 {
    const A: [f64; 6] = [
        -39.69683028665376,
        220.9460984245205,
        -275.9285104469687,
        138.357_751_867_269,
        -30.66479806614716,
        2.506628277459239,
    ];
    const B: [f64; 5] =
        [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572];
    const C: [f64; 6] = [
        -0.007784894002430293,
        -0.3223964580411365,
        -2.400758277161838,
        -2.549732539343734,
        4.374664141464968,
        2.938163982698783,
    ];
    const D: [f64; 4] = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];
    let polynomial = |factors: &[f64], x: f64| factors.iter().fold(0.0, |sum, factor| sum * x + factor);
    let tail = |share: f64| {
        let q = (-2.0 * share.ln()).sqrt();
        polynomial(&C, q) / (polynomial(&D, q) * q + 1.0)
    };
    match at {
        _ if at < 0.02425 => tail(at),
        _ if at > 1.0 - 0.02425 => -tail(1.0 - at),
        _ => {
            let q = at - 0.5;
            let r = q * q;
            polynomial(&A, r) * q / (polynomial(&B, r) * r + 1.0)
        }
    }
}

/// The normal distribution (Abramowitz & Stegun 1964, 26.2.17; error under 7.5e−8).
fn normal_share(score: f32) -> f32 {
    let x = score.abs();
    let t = 1.0 / (1.0 + 0.231_641_9 * x);
    let sum = t * (0.319_381_53 + t * (-0.356_563_78 + t * (1.781_477_9 + t * (-1.821_255_9 + t * 1.330_274_5))));
    let above = 0.398_942_3 * (-0.5 * x * x).exp() * sum;
    if score < 0.0 { above } else { 1.0 - above }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_tables_agree_with_printed_ones() {
        for (at, score) in [(0.5, 0.0), (0.9, 1.281_551_6), (0.975, 1.959_964), (0.001, -3.090_232_3)] {
            assert!((normal_quantile(at) - score).abs() < 1e-6, "{at}");
            assert!((f64::from(normal_share(score as f32)) - at).abs() < 1e-6, "{score}");
        }
    }

    #[test]
    fn pert_has_its_mean() {
        let table = pert_table(40.0, 50.0, 90.0);
        let mean = table.iter().map(|units| f64::from(*units)).sum::<f64>() / POINTS as f64;
        assert!((mean - (40.0 + 4.0 * 50.0 + 90.0) / 6.0).abs() < 0.05, "{mean}");
    }
}
