//! Any project under scarce resources: its schedule is found within the effort, the same twice, and passes the slow
//! checker.

#![no_main]

use guatu_kernel::check::check_project;
use guatu_kernel::rcpsp::{Arc, Capacity, Effort, Job, Project};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Draw {
    /// Duration, needs, arcs as from, to, gap.
    jobs: Vec<(u8, [u8; 5])>,
    arcs: Vec<(u8, u8, i8)>,
    /// Units, later steps as period, units.
    resources: Vec<(u8, Vec<(u8, u8)>)>,
    schedules: u8,
    seed: u64,
}

const MOST_JOBS: usize = 40;

fuzz_target!(|draw: Draw| {
    let count = draw.resources.len().min(5);
    let jobs: Vec<Job> = draw
        .jobs
        .iter()
        .take(MOST_JOBS)
        .map(|(duration, needs)| Job {
            duration: u32::from(*duration % 16),
            needs: needs[..count].iter().map(|need| u32::from(*need % 8)).collect(),
        })
        .collect();
    let arcs = draw
        .arcs
        .iter()
        .map(|(from, to, gap)| Arc { from: usize::from(*from), to: usize::from(*to), gap: i32::from(*gap) })
        .collect();
    let resources = draw
        .resources
        .iter()
        .take(count)
        .map(|(units, steps)| {
            let mut steps: Vec<(u32, u32)> =
                steps.iter().map(|(at, units)| (u32::from(*at), u32::from(*units))).collect();
            steps.sort_unstable();
            steps.dedup_by_key(|step| step.0);
            Capacity { units: u32::from(*units), steps }
        })
        .collect();
    let Ok(project) = Project::new(jobs, arcs, resources) else { return };
    let effort = Effort { schedules: u32::from(draw.schedules), seed: draw.seed };
    let found = project.search(effort);
    let faults = check_project(&project, &found.starts, found.makespan);
    assert!(faults.is_empty(), "{faults:?}");
    assert!(found.schedules <= effort.schedules.max(1) && found.makespan >= project.critical_path());
    assert_eq!(found, project.search(effort));
});
