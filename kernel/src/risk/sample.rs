//! Durations drawn for many iterations at once, one iteration in each lane.
//!
//! Every iteration has its own stream of numbers and takes one for each uncertain activity, in the order of the plan:
//! an iteration draws the same durations whichever thread runs it.

use super::LANES;
use crate::calendar::{Unit, WorkCalendar};
use crate::chance::Chance;
use crate::measure::length;
use crate::network::{Network, Node, VIRTUAL};
use crate::plan::{Activity, Plan, Risk, Span};

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
    /// An event that adds its impact.
    Event { probability: f32, planned: i32, impact: i32 },
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
}

/// All uncertain activities of a network.
#[derive(Clone, Debug)]
pub(crate) struct Sampler {
    /// Ascending by node.
    pub(crate) uncertain: Vec<Uncertain>,
    groups: usize,
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
        seed: u64,
        correlation: f64,
        group_of: &dyn Fn(&Activity) -> Option<usize>,
        groups: usize,
    ) -> Sampler {
        let mut uncertain = Vec::new();
        for (index, node) in network.nodes.iter().enumerate().filter(|(_, node)| node.activity != VIRTUAL) {
            let activity = &plan.activities[node.activity as usize];
            if let Some(found) = uncertain_of(network, index, node, activity) {
                let group = if correlation > 0.0 { group_of(activity) } else { None };
                uncertain.push(Uncertain { group, ..found });
            }
        }
        let scores = (0..POINTS).map(|at| normal_quantile((at as f64 + 0.5) / POINTS as f64) as f32).collect();
        Sampler { uncertain, groups, correlation: correlation.clamp(0.0, 1.0), scores, seed }
    }

    /// Streams of a block of iterations, with what its groups share.
    pub(crate) fn block(&self, first: usize) -> (Streams, Vec<Lanes<f32>>) {
        let mut streams = Streams::new(self.seed, first);
        let share = self.correlation.sqrt() as f32;
        let shared = (0..self.groups).map(|_| streams.next().map(|at| self.score(at) * share)).collect();
        (streams, shared)
    }

    fn score(&self, at: f32) -> f32 {
        interpolated(&self.scores, at)
    }

    /// Spans of one activity in a block.
    pub(crate) fn draw(&self, one: &Uncertain, streams: &mut Streams, shared: &[Lanes<f32>]) -> Lanes<i32> {
        let mut at = streams.next();
        if let Some(group) = one.group {
            // Gaussian copula with one factor.
            let rest = (1.0 - self.correlation).sqrt() as f32;
            for lane in 0..LANES {
                at[lane] = normal_share(shared[group][lane] + rest * self.score(at[lane]));
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
        }
        for units in &mut units {
            *units = (*units).max(one.least) - one.offset;
        }
        units
    }
}

/// A value between the middles of equal shares of a table.
fn interpolated(table: &[f32], at: f32) -> f32 {
    let place = (at * table.len() as f32 - 0.5).clamp(0.0, (table.len() - 1) as f32);
    let below = (place as usize).min(table.len() - 2);
    table[below] + (place - below as f32) * (table[below + 1] - table[below])
}

fn uncertain_of(network: &Network, index: usize, node: &Node, activity: &Activity) -> Option<Uncertain> {
    // Whose people name the day they will finish has no other duration to draw.
    let risk = activity.risk.as_ref().filter(|_| activity.expected_finish.is_none())?;
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
    let of = |span: Span| units(span, calendar, network).map(|units| f64::from(units) * left);
    let draw = match risk {
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
        Risk::Discrete { probability, impact } => Draw::Event {
            probability: probability.clamp(0.0, 1.0) as f32,
            planned,
            impact: units(*impact, calendar, network)?,
        },
    };
    Some(Uncertain { node: index, draw, least: offset, offset, group: None })
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
