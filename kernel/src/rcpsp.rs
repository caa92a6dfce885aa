//! Scheduling under scarce resources: the resource-constrained project scheduling problem (RCPSP/max without
//! maximal distances), activities that need renewable resources and start after one another.
//!
//! Notation: activity i lasts dᵢ and needs rᵢₖ units of resource k while it runs; an arc (i, j, g) says sⱼ ≥ sᵢ + g. A
//! link of any kind with any lag is such an arc once durations are fixed: FS gives g = dᵢ + lag, SS lag, FF
//! dᵢ − dⱼ + lag, SF lag − dⱼ. The makespan is to be least (Pritsker, Watters & Wolfe 1969; NP-hard).
//!
//! A *schedule* is counted for every pass that places all activities, each direction of a justification for itself
//! (Kolisch & Hartmann 2006); a pass that places a part counts for that part. Nothing else searches.

mod generation;
pub(crate) mod population;
mod profile;
pub mod psplib;

use generation::Generator;
use population::Population;
use profile::{LANES, MOST_UNITS};

/// An activity of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Periods it lasts.
    pub duration: u32,
    /// Units of each resource, in the order of the project's resources.
    pub needs: Vec<u32>,
}

/// A minimal distance between the starts of two activities, in periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arc {
    /// Earlier activity.
    pub from: usize,
    /// Later activity.
    pub to: usize,
    /// Periods from start to start; negative for a lead.
    pub gap: i32,
}

/// A renewable resource: its capacity from period 0 and from each later step on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Units from the beginning.
    pub units: u32,
    /// First period and units, ascending.
    pub steps: Vec<(u32, u32)>,
}

/// Why a project cannot be scheduled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unschedulable {
    /// An arc names an activity that does not exist.
    UnknownJob {
        /// Index of the arc.
        arc: usize,
    },
    /// Arcs run in a circle through this activity.
    Cycle {
        /// Index of the activity.
        job: usize,
    },
    /// An activity needs more of a resource than is left after its last step.
    Capacity {
        /// Index of the activity.
        job: usize,
        /// Index of the resource.
        resource: usize,
    },
    /// More than [`MOST_RESOURCES`] resources, or a length or amount beyond what is computed.
    TooLarge,
}

/// Most resources of a project.
pub const MOST_RESOURCES: usize = 16;
/// Longest sum of durations and gaps, in periods.
const MOST_PERIODS: u64 = 1 << 24;

/// A project whose activities compete for resources.
#[derive(Clone, Debug)]
pub struct Project {
    jobs: Vec<Job>,
    arcs: Vec<Arc>,
    resources: Vec<Capacity>,
    topological: Vec<u32>,
}

/// How long and from where to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Schedules to generate at most.
    pub schedules: u32,
    /// Seed of all choices.
    pub seed: u64,
}

/// The best schedule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Solution {
    /// First period of each activity.
    pub starts: Vec<i32>,
    /// Period after the last.
    pub makespan: i32,
    /// Schedules generated, parts of schedules added up and rounded up.
    pub schedules: u32,
    /// The makespan equals a lower bound: nothing shorter exists.
    pub is_optimal: bool,
}

impl Project {
    /// Reads a project and orders it.
    pub fn new(jobs: Vec<Job>, arcs: Vec<Arc>, resources: Vec<Capacity>) -> Result<Project, Unschedulable> {
        if let Some(arc) = arcs.iter().position(|arc| arc.from >= jobs.len() || arc.to >= jobs.len()) {
            return Err(Unschedulable::UnknownJob { arc });
        }
        let lengths = jobs.iter().map(|job| u64::from(job.duration));
        let gaps = arcs.iter().map(|arc| u64::from(arc.gap.unsigned_abs()));
        let steps = resources.iter().flat_map(|resource| &resource.steps).map(|step| u64::from(step.0));
        let is_within =
            lengths.chain(gaps).chain(steps).try_fold(0u64, u64::checked_add).is_some_and(|sum| sum < MOST_PERIODS);
        let units = resources.iter().flat_map(|r| r.steps.iter().map(|step| step.1).chain([r.units]));
        if !is_within || resources.len() > MOST_RESOURCES || units.into_iter().any(|units| units > MOST_UNITS) {
            return Err(Unschedulable::TooLarge);
        }
        for (job, one) in jobs.iter().enumerate() {
            for (resource, need) in one.needs.iter().enumerate() {
                let last = resources.get(resource).map_or(0, |r| r.steps.last().map_or(r.units, |step| step.1));
                if *need > last && one.duration > 0 {
                    return Err(Unschedulable::Capacity { job, resource });
                }
            }
        }
        let topological = topological(jobs.len(), &arcs)?;
        Ok(Project { jobs, arcs, resources, topological })
    }

    /// The activities.
    pub fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    /// The arcs.
    pub fn arcs(&self) -> &[Arc] {
        &self.arcs
    }

    /// The resources.
    pub fn resources(&self) -> &[Capacity] {
        &self.resources
    }

    /// Length of the longest path: the makespan if resources were plenty.
    pub fn critical_path(&self) -> i32 {
        let mut starts = vec![0; self.jobs.len()];
        let mut before: Vec<Vec<&Arc>> = vec![Vec::new(); self.jobs.len()];
        for arc in &self.arcs {
            before[arc.to].push(arc);
        }
        let mut end = 0;
        for &job in &self.topological {
            let job = job as usize;
            starts[job] = before[job].iter().fold(0, |at, arc| at.max(starts[arc.from] + arc.gap));
            end = end.max(starts[job] + self.jobs[job].duration as i32);
        }
        end
    }

    /// The greater of the longest path and, where capacities never change, the work of a resource over its capacity.
    fn lower_bound(&self) -> i32 {
        let work = |(at, resource): (usize, &Capacity)| {
            let jobs = self
                .jobs
                .iter()
                .map(|job| u64::from(job.duration) * u64::from(job.needs.get(at).copied().unwrap_or(0)));
            let most = resource.steps.iter().map(|step| step.1).fold(resource.units, u32::max);
            jobs.sum::<u64>().div_ceil(u64::from(most.max(1))) as i32
        };
        self.resources.iter().enumerate().map(work).fold(self.critical_path(), i32::max)
    }

    /// Capacities by period up to the last step.
    fn capacity_by_period(&self) -> Vec<Vec<u32>> {
        let last = self.resources.iter().flat_map(|r| r.steps.last()).map(|step| step.0).max().unwrap_or(0);
        let at = |resource: &Capacity, period: u32| {
            resource.steps.iter().rev().find(|step| step.0 <= period).map_or(resource.units, |step| step.1)
        };
        (0..=last).map(|period| self.resources.iter().map(|resource| at(resource, period)).collect()).collect()
    }

    /// Searches for a short schedule. The same project and effort give the same answer.
    pub fn search(&self, effort: Effort) -> Solution {
        if self.resources.len() <= LANES {
            Population::new(&mut Generator::<1>::new(self), self.lower_bound(), effort, &mut |_| {}).run()
        } else {
            Population::new(&mut Generator::<4>::new(self), self.lower_bound(), effort, &mut |_| {}).run()
        }
    }
}

/// Kahn's algorithm (1962).
fn topological(count: usize, arcs: &[Arc]) -> Result<Vec<u32>, Unschedulable> {
    let mut waiting = vec![0usize; count];
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); count];
    for arc in arcs {
        waiting[arc.to] += 1;
        after[arc.from].push(arc.to);
    }
    let mut order: Vec<u32> = (0..count).filter(|&job| waiting[job] == 0).map(|job| job as u32).collect();
    let mut at = 0;
    while at < order.len() {
        for &to in &after[order[at] as usize] {
            waiting[to] -= 1;
            if waiting[to] == 0 {
                order.push(to as u32);
            }
        }
        at += 1;
    }
    match waiting.iter().position(|waiting| *waiting > 0) {
        Some(job) => Err(Unschedulable::Cycle { job }),
        None => Ok(order),
    }
}
