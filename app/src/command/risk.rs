//! `guatu risk`: a plan file in, the chances of its dates out.

use super::progress::Progress;
use super::{AnswerTo, Stopped, UNREADABLE, has_errors, read_plan};
use clap::ValueEnum;
use guatu_formats::risks;
use guatu_kernel::risk::{Group, Simulation, risk};
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  guatu risk plan.json
  guatu risk plan.json --iterations 10000 --seed 7 -o risk.json
  guatu risk plan.json --correlate work-kind --correlation 0.5 | jq .milestones";

/// What to simulate and how often.
#[derive(Clone, Debug, clap::Args)]
#[command(before_help = EXAMPLES)]
pub struct Arguments {
    /// Plan file: guatu-plan JSON, MS Project XML, P6 XML or XER, xlsx; `-` for standard input.
    plan: PathBuf,
    /// Iterations; the same plan, seed and number give the same bytes on any machine's threads.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    iterations: u32,
    /// Seed of all numbers.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// What activities share that moves their durations together.
    #[arg(long, value_enum)]
    correlate: Option<Correlate>,
    /// How strongly, 0 to 1; with --correlate.
    #[arg(long, value_name = "R", default_value_t = 0.5, requires = "correlate")]
    correlation: f64,
    #[command(flatten)]
    answer: AnswerTo,
}

/// What correlated activities share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Correlate {
    /// The place.
    Place,
    /// The kind of work: weather, bans.
    WorkKind,
    /// The first resource: a contractor's crews.
    Resource,
}

/// Runs the verb.
pub fn run(arguments: &Arguments) -> Result<(), Stopped> {
    if !(0.0..=1.0).contains(&arguments.correlation) {
        return Err(Stopped::new(UNREADABLE, "--correlation: write a number from 0 to 1"));
    }
    let reading = read_plan(&arguments.plan)?;
    let Some(plan) = reading.plan else {
        arguments.answer.write(&risks::refused(&reading.diagnostics))?;
        return Err(Stopped::said(UNREADABLE));
    };
    let group = arguments.correlate.map(|correlate| match correlate {
        Correlate::Place => Group::Place,
        Correlate::WorkKind => Group::WorkKind,
        Correlate::Resource => Group::Resource,
    });
    let simulation = Simulation {
        iterations: arguments.iterations as usize,
        seed: arguments.seed,
        threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        correlation: group.map(|group| (group, arguments.correlation)),
    };
    let mut progress = Progress::new("risk");
    let report = risk(&plan, simulation, &mut |share| progress.tell(share));
    progress.end();
    arguments.answer.write(&risks::answer(&plan, &report, simulation, &reading.diagnostics))?;
    if has_errors(&reading.diagnostics) || report.has_errors() { Err(Stopped::said(UNREADABLE)) } else { Ok(()) }
}
