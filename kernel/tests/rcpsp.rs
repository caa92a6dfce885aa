//! Projects under scarce resources: small ones against every order there is, random ones against the slow checker, and
//! the published instances where they are at hand.

use guatu_kernel::check::check_project;
use guatu_kernel::rcpsp::{Arc, Capacity, Effort, Job, Project, Solution, Unschedulable, psplib};
use proptest::prelude::*;

const EFFORT: Effort = Effort { schedules: 600, seed: 7 };

/// `duration needs…` for each activity, `a-b` or `a-b+gap` for arcs, capacities with `@period=units` steps.
fn project(jobs: &str, arcs: &str, capacities: &str) -> Project {
    let number = |text: &str| text.parse::<u32>().expect("a number in a test");
    let jobs: Vec<Job> = jobs
        .split(',')
        .map(|job| {
            let mut numbers = job.split_whitespace().map(number);
            Job { duration: numbers.next().expect("a duration"), needs: numbers.collect() }
        })
        .collect();
    let arcs = arcs
        .split_whitespace()
        .map(|arc| {
            let (from, rest) = arc.split_once('-').expect("from-to");
            let (to, gap) = rest.split_once('+').unwrap_or((rest, ""));
            let from = number(from) as usize;
            let gap = if gap.is_empty() { jobs[from].duration as i32 } else { gap.parse().expect("a gap") };
            Arc { from, to: number(to) as usize, gap }
        })
        .collect();
    let capacity = |text: &str| {
        let mut parts = text.split('@');
        let units = number(parts.next().expect("units"));
        let steps =
            parts.map(|step| step.split_once('=').map(|(from, to)| (number(from), number(to))).expect("a step"));
        Capacity { units, steps: steps.collect() }
    };
    Project::new(jobs, arcs, capacities.split_whitespace().map(capacity).collect()).expect("a sound project")
}

fn checked(project: &Project, effort: Effort) -> Solution {
    let found = project.search(effort);
    let faults = check_project(project, &found.starts, found.makespan);
    assert!(faults.is_empty(), "{faults:?}");
    assert!(found.makespan >= project.critical_path());
    assert!(found.schedules <= effort.schedules.max(1));
    found
}

/// The least makespan: every order, each activity at its first free period, period by period.
fn least_by_trying(project: &Project) -> i32 {
    fn units(resource: &Capacity, period: i32) -> u32 {
        resource.steps.iter().rev().find(|step| step.0 as i32 <= period).map_or(resource.units, |step| step.1)
    }
    fn place(project: &Project, starts: &mut Vec<Option<i32>>, best: &mut i32) {
        let jobs = project.jobs();
        let end = |starts: &[Option<i32>], job: usize| starts[job].map(|start| start + jobs[job].duration as i32);
        if starts.iter().all(Option::is_some) {
            *best = (*best).min((0..jobs.len()).filter_map(|job| end(starts, job)).max().unwrap_or(0));
            return;
        }
        for job in 0..jobs.len() {
            let before: Vec<&Arc> = project.arcs().iter().filter(|arc| arc.to == job).collect();
            if starts[job].is_some() || before.iter().any(|arc| starts[arc.from].is_none()) {
                continue;
            }
            let earliest = before.iter().filter_map(|arc| Some(starts[arc.from]? + arc.gap)).fold(0, i32::max);
            let has_room = |start: i32, starts: &[Option<i32>]| {
                (start..start + jobs[job].duration as i32).all(|period| {
                    project.resources().iter().enumerate().all(|(at, resource)| {
                        let runs = |other: &usize| {
                            starts[*other].is_some_and(|start| start <= period)
                                && end(starts, *other).is_some_and(|end| period < end)
                        };
                        let used: u32 = (0..jobs.len()).filter(runs).map(|other| jobs[other].needs[at]).sum();
                        used + jobs[job].needs[at] <= units(resource, period)
                    })
                })
            };
            let start = (earliest..).find(|start| has_room(*start, starts)).expect("room at last");
            starts[job] = Some(start);
            place(project, starts, best);
            starts[job] = None;
        }
    }
    let mut best = i32::MAX;
    place(project, &mut vec![None; project.jobs().len()], &mut best);
    best
}

#[test]
fn hand_instances_reach_their_optimum() {
    let cases = [
        // Two need the whole resource, one fits beside neither.
        ("3 2, 4 2, 2 1", "", "2", 9),
        // The textbook trap: the longest path first is wrong.
        ("2 1, 2 1, 4 2, 3 1", "0-3", "2", 9),
        // Two resources, work in two chains.
        ("3 1 0, 2 0 1, 4 1 1, 2 1 0, 1 0 1", "0-1 1-4 2-3", "1 1", 10),
        // A step gives the second crew from period 4 on.
        ("4 1, 4 1, 4 1", "", "1@4=2", 8),
        // A crew leaves: what needs two goes first.
        ("3 1, 3 2", "", "2@3=1@9=2", 6),
        // Start to start with a lag, and a lead.
        ("5 1, 2 1, 3 1", "0-1+2 1-2+-1", "2", 7),
        // Something of no length at the very end.
        ("2 1, 2 1, 0 0", "0-2 1-2", "1", 4),
    ];
    for (jobs, arcs, capacities, makespan) in cases {
        let project = project(jobs, arcs, capacities);
        let found = checked(&project, EFFORT);
        assert_eq!(least_by_trying(&project), makespan, "{jobs} | {arcs} | {capacities}");
        assert_eq!(found.makespan, makespan, "{jobs} | {arcs} | {capacities}");
    }
}

#[test]
fn nothing_is_longer_than_no_activities() {
    let empty = Project::new(Vec::new(), Vec::new(), Vec::new()).expect("nothing is sound");
    assert_eq!(empty.search(EFFORT).makespan, 0);
}

#[test]
fn unsound_projects_are_refused() {
    let job = |needs: u32| Job { duration: 2, needs: vec![needs] };
    let crew = || vec![Capacity { units: 3, steps: vec![(5, 1)] }];
    let arc = |from, to| Arc { from, to, gap: 2 };
    let refusal = |jobs, arcs| Project::new(jobs, arcs, crew()).expect_err("unsound");
    assert_eq!(refusal(vec![job(1)], vec![arc(0, 1)]), Unschedulable::UnknownJob { arc: 0 });
    assert_eq!(refusal(vec![job(1), job(1)], vec![arc(0, 1), arc(1, 0)]), Unschedulable::Cycle { job: 0 });
    assert_eq!(refusal(vec![job(2)], vec![]), Unschedulable::Capacity { job: 0, resource: 0 });
    let long = Job { duration: u32::MAX, needs: vec![0] };
    assert_eq!(refusal(vec![long], vec![]), Unschedulable::TooLarge);
}

#[test]
fn effort_is_kept_and_one_schedule_is_always_made() {
    let project = project("3 1, 2 1, 4 1, 1 1, 2 2, 3 1", "0-4 1-3", "2");
    for schedules in [0, 1, 2, 3, 10, 55] {
        checked(&project, Effort { schedules, seed: 1 });
    }
}

/// Jobs, arcs back to earlier ones with gaps, capacities with a step.
fn drawn(count: std::ops::Range<usize>) -> impl Strategy<Value = Project> {
    let job =
        (0u32..5, prop::collection::vec(0u32..4, 5), prop::collection::vec((0usize..9, -2i32..5, any::<bool>()), 0..3));
    (prop::collection::vec(job, count), prop::collection::vec((4u32..7, 0u32..12, 3u32..6), 5)).prop_map(
        |(draws, caps)| {
            let jobs: Vec<Job> =
                draws.iter().map(|(duration, needs, _)| Job { duration: *duration, needs: needs.clone() }).collect();
            let mut arcs = Vec::new();
            for (to, (_, _, before)) in draws.iter().enumerate().filter(|(to, _)| *to > 0) {
                for (from, gap, is_plain) in before {
                    let from = from % to;
                    arcs.push(Arc { from, to, gap: if *is_plain { jobs[from].duration as i32 } else { *gap } });
                }
            }
            let capacity = |(units, from, to): (u32, u32, u32)| {
                let steps = if from < 8 { vec![(from, 0), (from + 3, to)] } else { Vec::new() };
                Capacity { units, steps }
            };
            Project::new(jobs, arcs, caps.into_iter().map(capacity).collect()).expect("a sound project")
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::default() })]

    /// Small projects: feasible, and as short as the best of all orders.
    #[test]
    fn small_projects_reach_the_best_order(project in drawn(1..6)) {
        let found = checked(&project, EFFORT);
        prop_assert_eq!(found.makespan, least_by_trying(&project));
    }

    /// Any project: feasible, within the effort, the same twice, and never worse for more effort from the same seed
    /// than the first schedule of all.
    #[test]
    fn larger_projects_are_feasible(project in drawn(5..40), seed in any::<u64>()) {
        let effort = Effort { schedules: 120, seed };
        let found = checked(&project, effort);
        prop_assert_eq!(&found, &project.search(effort));
        let first = checked(&project, Effort { schedules: 1, seed });
        prop_assert!(found.makespan <= first.makespan);
    }
}

#[test]
fn published_instances() {
    let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/psplib"));
    let Ok(best) = std::fs::read_to_string(folder.join("best.csv")) else {
        println!("{} is not there; nothing to compare with", folder.display());
        return;
    };
    let mut above = 0;
    for line in best.lines().skip(1).step_by(40) {
        let cells: Vec<&str> = line.split(',').collect();
        let file = folder.join(cells[0]).join(format!("{}.sm", cells[1]));
        let text = std::fs::read_to_string(&file).expect("an instance for each line of best.csv");
        let project = psplib::read(&text).expect("a single-mode instance");
        let found = checked(&project, Effort { schedules: 300, seed: 7 });
        let least: i32 = cells[3].parse().expect("a makespan");
        assert!(found.makespan >= least || cells[4] != "1", "{}: shorter than the optimum", cells[1]);
        above += found.makespan - least;
    }
    println!("{above} periods above the best known in all");
}
