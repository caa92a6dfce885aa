//! `guatu level`: a plan file in, its dates under scarce resources out.

use super::progress::Progress;
use super::{AnswerTo, Stopped, UNREADABLE, has_errors, read_plan};
use guatu_formats::levels;
use guatu_kernel::level::level;
use guatu_kernel::rcpsp::Effort;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  guatu level plan.json
  guatu level plan.json --schedules 5000 --seed 7 -o levelled.json
  cat plan.json | guatu level - | jq .resources";

/// What to level and how long to search.
#[derive(Clone, Debug, clap::Args)]
#[command(before_help = EXAMPLES)]
pub struct Arguments {
    /// Plan file: guatu-plan JSON, MS Project XML, P6 XML or XER, xlsx; `-` for standard input.
    plan: PathBuf,
    /// Schedules to try at most; the same plan, seed and number give the same bytes.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    schedules: u32,
    /// Seed of all choices.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    answer: AnswerTo,
}

/// Runs the verb.
pub fn run(arguments: &Arguments) -> Result<(), Stopped> {
    let reading = read_plan(&arguments.plan)?;
    let Some(plan) = reading.plan else {
        arguments.answer.write(&levels::refused(&reading.diagnostics))?;
        return Err(Stopped::said(UNREADABLE));
    };
    let effort = Effort { schedules: arguments.schedules, seed: arguments.seed };
    let mut progress = Progress::new("level");
    let levelled = level(&plan, effort, &mut |share| progress.tell(share));
    progress.end();
    arguments.answer.write(&levels::answer(&plan, &levelled, effort, &reading.diagnostics))?;
    if has_errors(&reading.diagnostics) || levelled.has_errors() { Err(Stopped::said(UNREADABLE)) } else { Ok(()) }
}
