//! Reads single-mode instances of the project scheduling problem library PSPLIB (Kolisch & Sprecher 1997), `.sm`.
//!
//! The supersource and the supersink, which last nothing and need nothing, are left out.

use super::{Arc, Capacity, Job, Project};

/// Reads an instance; `None` when the text is not one.
pub fn read(text: &str) -> Option<Project> {
    let numbers = |line: &str| line.split_whitespace().map(str::parse).collect::<Result<Vec<u32>, _>>().ok();
    let table = |title: &'static str| {
        let rows = text.lines().skip_while(move |line| !line.starts_with(title)).skip(1);
        rows.skip_while(move |line| numbers(line).is_none_or(|row| row.is_empty()))
            .map_while(move |line| numbers(line).filter(|row| !row.is_empty()))
    };
    let precedence: Vec<Vec<u32>> = table("PRECEDENCE RELATIONS").collect();
    let requests: Vec<Vec<u32>> = table("REQUESTS/DURATIONS").collect();
    let capacities = table("RESOURCEAVAILABILITIES").next()?;
    let count = precedence.len();
    if requests.len() != count || count < 3 {
        return None;
    }
    let real = 1..count - 1;
    let jobs: Vec<Job> = real
        .clone()
        .map(|at| {
            let row = &requests[at];
            Some(Job { duration: *row.get(2)?, needs: row.get(3..3 + capacities.len())?.to_vec() })
        })
        .collect::<Option<_>>()?;
    let mut arcs = Vec::new();
    for at in real.clone() {
        for to in precedence[at].get(3..)? {
            let to = (*to as usize).checked_sub(1)?;
            if real.contains(&to) {
                arcs.push(Arc { from: at - 1, to: to - 1, gap: jobs[at - 1].duration as i32 });
            }
        }
    }
    let resources = capacities.into_iter().map(|units| Capacity { units, steps: Vec::new() }).collect();
    Project::new(jobs, arcs, resources).ok()
}
