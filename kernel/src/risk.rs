//! Risk: what the dates may become when durations are uncertain.
//!
//! Monte Carlo over the compiled network: every iteration draws the durations of all uncertain activities and makes a
//! forward pass. From the finishes come the probability that each mandated date is kept and its percentiles; from the
//! longest path of each iteration the criticality index (Van Slyke 1963); from the correlation of durations and
//! finishes the cruciality (Williams 1992) and the activities that move each date most. An iteration draws the same
//! numbers on any number of threads, so the answer is the same to the byte.
//!
//! An entry of a risk register is an event that happens in an iteration or not, to all its activities at once. Calendars may
//! differ from iteration to iteration: a [`Network`] for each weather that may come, taken in turn.
//!
//! Durations are drawn in units of the activity's calendar and rounded to the nearest; as late as possible is not heeded.

mod correlation;
mod sample;
mod simulate;

use std::collections::HashMap;

use correlation::{correlation, standardised};
use sample::{Lanes, Sampler};
use simulate::Model;

use crate::cpm::{backward, forward};
use crate::diagnose::{Diagnostic, Severity};
use crate::mandate::Limits;
use crate::network::{Goal, Network, Node, Role, VIRTUAL, traits};
use crate::plan::{Activity, Moment, Plan, Span};
use crate::schedule::{finish_moment, start_moment};

/// Iterations side by side.
const LANES: usize = 16;
/// First iterations from which correlations are computed, in whole blocks; their standard error is 0.03.
const CORRELATED: usize = 1024;
/// Activities named for each mandated date.
const MOVERS: usize = 3;

/// What activities share that moves their durations together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The place.
    Place,
    /// The kind of work: weather and bans on kinds of work.
    WorkKind,
    /// The first resource needed: a contractor's crews.
    Resource,
}

/// How to simulate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Simulation {
    /// Iterations.
    pub iterations: usize,
    /// Seed of all numbers.
    pub seed: u64,
    /// Threads; the answer does not depend on it.
    pub threads: usize,
    /// What is correlated and how strongly, 0 to 1.
    pub correlation: Option<(Group, f64)>,
}

/// An entry of a risk register: what may happen, and what it then adds.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// How probable it is, 0 to 1.
    pub probability: f64,
    /// What it adds to activities. When it happens mildly, it does so to all of them.
    pub impacts: Vec<Impact>,
}

/// What an event adds to the duration of an activity: triangular. Of what has begun only the share that remains is lengthened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Impact {
    /// Position of the activity in the plan.
    pub activity: usize,
    /// At least.
    pub low: Span,
    /// Most likely.
    pub likely: Span,
    /// At most.
    pub high: Span,
}

impl Impact {
    /// One that is always as bad.
    pub fn fixed(activity: usize, days: i64) -> Impact {
        let span = Span::days(days);
        Impact { activity, low: span, likely: span, high: span }
    }
}

/// Dates that a share of the iterations do not exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percentiles {
    /// First date that at least a tenth of the iterations do not exceed.
    pub p10: Moment,
    /// At least half.
    pub p50: Moment,
    /// At least 80 %.
    pub p80: Moment,
    /// At least 90 %.
    pub p90: Moment,
}

/// What may become of a mandated date.
#[derive(Clone, Debug, PartialEq)]
pub struct MilestoneRisk {
    /// Index in [`Plan::mandated`].
    pub mandate: usize,
    /// Index of the activity.
    pub activity: usize,
    /// The mandated date.
    pub finish_by: Moment,
    /// Share of the iterations that keep it.
    pub probability: f64,
    /// Dates.
    pub percentiles: Percentiles,
    /// The whole curve: of every hundredth of the iterations, from the first on, the date that it does not exceed.
    pub curve: Vec<Moment>,
    /// What moves it most, strongest first.
    pub movers: Vec<Mover>,
}

/// What moves a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The duration of an activity, by its index in the plan.
    Activity(usize),
    /// An event of the register, by its index.
    Event(usize),
}

/// How strongly something moves a date.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mover {
    /// What it is.
    pub cause: Cause,
    /// Correlation of the duration, or of the event's happening, with the date.
    pub correlation: f64,
    /// Days of the plan's calendar between the means of the date: when the duration is among its lowest and among its highest
    /// fifth, when the event does not happen and when it does.
    pub swing_days: f64,
}

/// Risk of an activity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ActivityRisk {
    /// Share of the iterations in which it lies on a longest path.
    pub criticality: f64,
    /// Absolute correlation of its duration with the project end; `None` when its duration is certain.
    pub cruciality: Option<f64>,
}

/// Everything the simulation says.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskReport {
    /// Iterations made.
    pub iterations: usize,
    /// The project end; `None` when nothing has dates.
    pub finish: Option<Percentiles>,
    /// One entry for each mandated date with dates.
    pub milestones: Vec<MilestoneRisk>,
    /// By activity; `None` where it does not move.
    pub activities: Vec<Option<ActivityRisk>>,
    /// What was found, errors among it.
    pub diagnostics: Vec<Diagnostic>,
}

impl RiskReport {
    /// Whether any diagnostic is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|found| found.severity == Severity::Error)
    }
}

/// Simulates a plan. `progress` hears the share done, 0 to 1.
pub fn risk(plan: &Plan, simulation: Simulation, progress: &mut dyn FnMut(f64)) -> RiskReport {
    risk_of(plan, &Network::compile(plan), simulation, progress)
}

/// The same for a plan that is compiled already.
pub fn risk_of(plan: &Plan, network: &Network, simulation: Simulation, progress: &mut dyn FnMut(f64)) -> RiskReport {
    risk_among(plan, std::slice::from_ref(network), &[], simulation, progress)
}

/// The same with a risk register, and with the calendars of a plan as they may come: networks of the same activities and links,
/// of which the iterations take one after the other. A network of other activities than the first is left out.
pub fn risk_among(
    plan: &Plan,
    networks: &[Network],
    register: &[Event],
    simulation: Simulation,
    progress: &mut dyn FnMut(f64),
) -> RiskReport {
    let Some(network) = networks.first() else { return risk(plan, simulation, progress) };
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let names = simulation.correlation.map(|(group, _)| group);
    for name in plan.activities.iter().filter_map(|activity| name_of(activity, names?)) {
        let next = numbers.len();
        numbers.entry(name).or_insert(next);
    }
    let group_of = |activity: &Activity| numbers.get(name_of(activity, names?)?).copied();
    let strength = simulation.correlation.map_or(0.0, |(_, strength)| strength);
    let sampler = Sampler::new(plan, network, register, simulation.seed, strength, &group_of, numbers.len());
    let is_same = |other: &&Network| {
        other.nodes.len() == network.nodes.len()
            && other.nodes.iter().zip(&network.nodes).all(|(one, other)| one.activity == other.activity)
            && other.goals.len() == network.goals.len()
    };
    let models: Vec<Model<'_>> = networks.iter().filter(is_same).map(|one| Model::new(one, &sampler)).collect();
    let iterations = simulation.iterations.max(1);
    let tally = simulate(&models, network, iterations, simulation.threads.max(1), progress);
    let mut report = Report { plan, network, sampler: &sampler, events: register.len(), iterations, tally }.write();
    // What has no group varies alone: a strength that binds nothing together would go unnoticed.
    if let Some(group) = names.filter(|_| strength > 0.0 && numbers.is_empty()) {
        let what = match group {
            Group::Place => "place",
            Group::WorkKind => "work_kind",
            Group::Resource => "need",
        };
        let message =
            format!("nothing varies together: no activity has a {what}; give some one, or correlate by something else");
        report.diagnostics.push(Diagnostic::new("K-306", message, vec![what.to_owned()]));
    }
    report
}

fn name_of(activity: &Activity, group: Group) -> Option<&str> {
    match group {
        Group::Place => activity.place.as_deref(),
        Group::WorkKind => activity.work_kind.as_deref(),
        Group::Resource => activity.needs.first().map(|need| need.resource.as_str()),
    }
}

/// What the iterations leave behind.
#[derive(Clone, Debug, Default)]
struct Tally {
    /// End of the project by iteration, as a label.
    ends: Vec<i32>,
    /// Finish of each goal by iteration, as a label.
    goals: Vec<Vec<i32>>,
    /// Iterations that keep each goal.
    kept: Vec<usize>,
    /// Iterations in which each node is critical.
    critical: Vec<u32>,
    /// Spans of the uncertain activities and happening of the events in the first iterations: a run of them for each block.
    causes: Vec<Lanes<i32>>,
}

/// Divides the blocks among threads; the parts join in the order of the iterations. Each block is of the model whose turn it is.
fn simulate(
    models: &[Model<'_>],
    network: &Network,
    iterations: usize,
    threads: usize,
    progress: &mut dyn FnMut(f64),
) -> Tally {
    let blocks = iterations.div_ceil(LANES);
    let share = blocks.div_ceil(threads).max(1);
    let part = |from: usize, progress: &mut dyn FnMut(f64)| {
        let to = (from + share).min(blocks);
        let mut tally = Tally {
            goals: vec![Vec::new(); network.goals.len()],
            kept: vec![0; network.goals.len()],
            ..Tally::default()
        };
        let mut block = models[0].block();
        for at in from..to {
            let model = &models[at % models.len()];
            let lanes = LANES.min(iterations - at * LANES);
            model.run(&mut block, at * LANES, lanes);
            tally.ends.extend_from_slice(&block.ends[..lanes]);
            for lane in 0..lanes {
                for goal in 0..network.goals.len() {
                    let (finish, is_kept) = model.goal(&block, goal, lane);
                    tally.goals[goal].push(finish);
                    tally.kept[goal] += usize::from(is_kept);
                }
            }
            if at * LANES < CORRELATED {
                tally.causes.extend_from_slice(&block.causes);
            }
            progress((at - from + 1) as f64 / (to - from) as f64);
        }
        tally.critical = block.critical;
        tally
    };
    let parts: Vec<Tally> = std::thread::scope(|scope| {
        let part = &part;
        let others: Vec<_> =
            (share..blocks).step_by(share).map(|from| scope.spawn(move || part(from, &mut |_| {}))).collect();
        let first = part(0, progress);
        let joined = others.into_iter().map(|thread| match thread.join() {
            Ok(tally) => tally,
            Err(fault) => std::panic::resume_unwind(fault),
        });
        std::iter::once(first).chain(joined).collect()
    });
    parts.into_iter().reduce(Tally::joined).unwrap_or_default()
}

impl Tally {
    fn joined(mut self, next: Tally) -> Tally {
        self.ends.extend(next.ends);
        self.causes.extend(next.causes);
        for (one, other) in self.goals.iter_mut().zip(next.goals) {
            one.extend(other);
        }
        for (one, other) in self.kept.iter_mut().zip(next.kept) {
            *one += other;
        }
        for (one, other) in self.critical.iter_mut().zip(next.critical) {
            *one += other;
        }
        self
    }
}

struct Report<'a> {
    plan: &'a Plan,
    network: &'a Network,
    sampler: &'a Sampler,
    /// How many events the register has.
    events: usize,
    iterations: usize,
    tally: Tally,
}

impl Report<'_> {
    fn write(self) -> RiskReport {
        let network = self.network;
        let mut diagnostics = network.diagnostics.clone();
        if self.sampler.uncertain.is_empty() {
            let message = "no activity has an uncertain duration; give some a risk".to_owned();
            diagnostics.push(Diagnostic::new("K-304", message, Vec::new()));
        }
        let ends = self.standard(&self.tally.ends);
        let mut cruciality: Vec<Option<f64>> = vec![None; network.nodes.len()];
        for (at, one) in self.sampler.uncertain.iter().enumerate().filter(|(_, one)| one.is_drawn()) {
            cruciality[one.node] = Some(correlation(&self.standard_cause(at), &ends).abs());
        }
        let activities = network.roles.iter().map(|role| match role {
            Role::Node(node) => Some(ActivityRisk {
                criticality: f64::from(self.tally.critical[*node as usize]) / self.iterations as f64,
                cruciality: cruciality[*node as usize],
            }),
            _ => None,
        });
        let finish_style = |label: i32| finish_moment(network, network.plan_calendar, label);
        let has_dates = network.nodes.iter().any(|node| node.activity != VIRTUAL);
        RiskReport {
            iterations: self.iterations,
            finish: has_dates.then(|| percentiles_of(quantiles(&self.tally.ends, finish_style))),
            milestones: self.milestones(),
            activities: activities.collect(),
            diagnostics,
        }
    }

    fn milestones(&self) -> Vec<MilestoneRisk> {
        let planned = backward(self.network, forward(self.network));
        let mut limits = Limits::new(self.network);
        let mut drawn = vec![usize::MAX; self.network.nodes.len()];
        for (at, one) in self.sampler.uncertain.iter().enumerate() {
            drawn[one.node] = at;
        }
        let mut milestones = Vec::new();
        for (at, goal) in self.network.goals.iter().enumerate() {
            let Some((probability, curve)) = self.outcome(at, goal) else { continue };
            let mut leading = Vec::new();
            limits.visit(self.network, &planned, goal, |index, _| {
                if drawn[index] != usize::MAX {
                    leading.push(drawn[index]);
                }
            });
            milestones.push(MilestoneRisk {
                mandate: goal.mandate as usize,
                activity: goal.activity as usize,
                finish_by: self.plan.mandated[goal.mandate as usize].finish_by,
                probability,
                percentiles: percentiles_of(|percent| curve[percent - 1]),
                curve,
                movers: self.movers(at, &leading),
            });
        }
        milestones
    }

    /// Probability and curve of a goal.
    fn outcome(&self, at: usize, goal: &Goal) -> Option<(f64, Vec<Moment>)> {
        let network = self.network;
        if let Some((node, _)) = goal.ends.first() {
            let node = &network.nodes[*node as usize];
            let probability = self.tally.kept[at] as f64 / self.iterations as f64;
            let quantile = quantiles(&self.tally.goals[at], |label| moment_of(network, node, label));
            return Some((probability, (1..=100).map(quantile).collect()));
        }
        // Finished: a fact.
        let Role::Done { finish, .. } = network.roles[goal.activity as usize] else { return None };
        let moment = finish_moment(network, network.plan_calendar, finish);
        Some((if finish <= goal.latest { 1.0 } else { 0.0 }, vec![moment; 100]))
    }

    /// First iterations that are correlated.
    fn correlated(&self) -> usize {
        self.iterations.min(CORRELATED) / LANES * LANES
    }

    /// Labels of the first iterations, standardised.
    fn standard(&self, labels: &[i32]) -> Vec<Lanes<f32>> {
        standardised(labels[..self.correlated().min(labels.len())].chunks_exact(LANES))
    }

    /// The same of a cause.
    fn standard_cause(&self, cause: usize) -> Vec<Lanes<f32>> {
        standardised(self.cause(cause).map(|block| block.as_slice()))
    }

    /// What a cause was in the first iterations: durations of an uncertain activity; behind all activities, 1 where an event
    /// happened.
    fn cause(&self, cause: usize) -> impl Iterator<Item = &Lanes<i32>> {
        let run = self.sampler.uncertain.len() + self.events;
        self.tally.causes.iter().skip(cause).step_by(run).take(self.correlated() / LANES)
    }

    /// What moves a goal most, of the uncertain activities that lead to it and of the events that hit one of them.
    fn movers(&self, goal: usize, leading: &[usize]) -> Vec<Mover> {
        let finishes = self.standard(&self.tally.goals[goal]);
        let uncertain = &self.sampler.uncertain;
        let is_led = |event: &usize| leading.iter().any(|one| uncertain[*one].is_hit_by(*event));
        let drawn = leading.iter().copied().filter(|one| uncertain[*one].is_drawn());
        let causes = drawn.chain((0..self.events).filter(is_led).map(|event| uncertain.len() + event));
        let mut found: Vec<(f64, usize)> =
            causes.map(|cause| (correlation(&self.standard_cause(cause), &finishes), cause)).collect();
        found.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()).then(a.1.cmp(&b.1)));
        found.truncate(MOVERS);
        found.retain(|(correlation, _)| *correlation != 0.0);
        let mover = |(correlation, cause): (f64, usize)| Mover {
            cause: match uncertain.get(cause) {
                Some(one) => Cause::Activity(self.network.nodes[one.node].activity as usize),
                None => Cause::Event(cause - uncertain.len()),
            },
            correlation,
            swing_days: self.swing_days(cause, &self.tally.goals[goal]),
        };
        found.into_iter().map(mover).collect()
    }

    /// Days of the plan's calendar between mean finishes: of the fifths of iterations with the least and the greatest durations,
    /// or of those without and with an event.
    fn swing_days(&self, cause: usize, labels: &[i32]) -> f64 {
        let calendar = &self.network.calendars[self.network.plan_calendar as usize];
        let values: Vec<i32> = self.cause(cause).flatten().copied().collect();
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by_key(|at| values[*at]);
        let fifth = (order.len() / 5).max(1);
        let (below, above) = if cause < self.sampler.uncertain.len() {
            (fifth, order.len() - fifth)
        } else {
            let without = order.partition_point(|at| values[*at] == 0);
            (without, without)
        };
        let mean = |of: &[usize]| {
            let sum: f64 = of.iter().map(|at| f64::from(calendar.ceil(labels[*at]))).sum();
            sum / of.len().max(1) as f64
        };
        let units = mean(&order[above..]) - mean(&order[..below]);
        (units / f64::from(calendar.units_per_day) * 10.0).round() / 10.0
    }
}

/// A finish label in the style of a node.
fn moment_of(network: &Network, node: &Node, label: i32) -> Moment {
    if node.has(traits::START_POINT) {
        start_moment(network, node.own, label)
    } else {
        finish_moment(network, node.own, label)
    }
}

/// The first moment that at least so many hundredths of the labels do not exceed.
fn quantiles(labels: &[i32], moment: impl Fn(i32) -> Moment) -> impl Fn(usize) -> Moment {
    let mut sorted = labels.to_vec();
    sorted.sort_unstable();
    move |percent| moment(sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1])
}

fn percentiles_of(at: impl Fn(usize) -> Moment) -> Percentiles {
    Percentiles { p10: at(10), p50: at(50), p80: at(80), p90: at(90) }
}
