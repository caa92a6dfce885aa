//! Schedules PSPLIB instances and prints what came of it as CSV.
//!
//! `cargo run --release -q -p guatu-kernel --example psplib -- --schedules 5000 --seed 7 FILE.sm…`
//!
//! Counting of schedules: every pass that places all activities (generation, each direction of a justification) is one,
//! partial passes count for their part.

use std::process::ExitCode;
use std::time::Instant;

use guatu_kernel::rcpsp::{Effort, psplib};

fn main() -> ExitCode {
    let (mut effort, mut files) = (Effort { schedules: 5000, seed: 7 }, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|value| value.parse::<u64>().ok());
        match argument.as_str() {
            "--schedules" => match number().and_then(|value| u32::try_from(value).ok()) {
                Some(value) => effort.schedules = value,
                None => return usage(),
            },
            "--seed" => match number() {
                Some(value) => effort.seed = value,
                None => return usage(),
            },
            _ => files.push(argument),
        }
    }
    if files.is_empty() {
        return usage();
    }
    println!("instance,makespan,critical_path,schedules,milliseconds");
    for file in files {
        let Some(project) = std::fs::read_to_string(&file).ok().as_deref().and_then(psplib::read) else {
            eprintln!("psplib: {file} is not a single-mode PSPLIB instance");
            return ExitCode::from(2);
        };
        let begin = Instant::now();
        let found = project.search(effort);
        let milliseconds = begin.elapsed().as_secs_f64() * 1000.0;
        let path = std::path::Path::new(&file);
        let instance = path.file_stem().map_or_else(|| file.clone(), |stem| stem.to_string_lossy().into_owned());
        println!("{instance},{},{},{},{milliseconds:.3}", found.makespan, project.critical_path(), found.schedules);
    }
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!("psplib --schedules N --seed S FILE.sm…");
    ExitCode::from(2)
}
