//! Slow checks of schedules under scarce resources: every arc and every period, one by one.

use crate::rcpsp::{Capacity, Project};

/// What is wrong with starts of a project's activities, as sentences; empty when nothing is.
pub fn check_project(project: &Project, starts: &[i32], makespan: i32) -> Vec<String> {
    let mut faults = Vec::new();
    let jobs = project.jobs();
    if starts.len() != jobs.len() {
        return vec![format!("{} starts for {} activities", starts.len(), jobs.len())];
    }
    let end = |job: usize| starts[job] + jobs[job].duration as i32;
    for (job, start) in starts.iter().enumerate() {
        if *start < 0 || end(job) > makespan {
            faults.push(format!("{job} runs from {start} to {}, outside 0 to {makespan}", end(job)));
        }
    }
    if (0..jobs.len()).map(end).max().unwrap_or(0) != makespan {
        faults.push(format!("nothing ends at the makespan {makespan}"));
    }
    for arc in project.arcs() {
        if starts[arc.to] < starts[arc.from] + arc.gap {
            faults.push(format!("{} starts at {}, less than {} after {}", arc.to, starts[arc.to], arc.gap, arc.from));
        }
    }
    for period in 0..makespan {
        for (at, resource) in project.resources().iter().enumerate() {
            let runs = |job: &usize| starts[*job] <= period && period < end(*job);
            let need = |job: usize| jobs[job].needs.get(at).copied().unwrap_or(0);
            let used: u32 = (0..jobs.len()).filter(runs).map(need).sum();
            let units = units_at(resource, period);
            if used > units {
                faults.push(format!("{used} of {units} units of resource {at} are used in period {period}"));
            }
        }
    }
    faults
}

fn units_at(resource: &Capacity, period: i32) -> u32 {
    let mut units = resource.units;
    for (from, to) in &resource.steps {
        if *from as i32 <= period {
            units = *to;
        }
    }
    units
}
