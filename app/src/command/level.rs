//! `guatu level`: plan files in, their dates under scarce resources out.

use super::progress::Progress;
use super::{AnswerTo, Stopped, UNREADABLE, has_errors, read_plan};
use guatu_formats::levels;
use guatu_kernel::diagnose::Diagnostic;
use guatu_kernel::level::level;
use guatu_kernel::plan::Plan;
use guatu_kernel::pool::pooled;
use guatu_kernel::rcpsp::Effort;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "Examples:
  guatu level plan.json
  guatu level plan.json --schedules 5000 --seed 7 -o levelled.json
  guatu level east.json west.xer                    # one contractor: a resource of the same id is one pool
  cat plan.json | guatu level - | jq .resources";

/// What to level and how long to search.
#[derive(Clone, Debug, clap::Args)]
#[command(before_help = EXAMPLES)]
pub struct Arguments {
    /// Plan files: guatu-plan JSON, MS Project XML, P6 XML or XER, xlsx; `-` for standard input. Several share their resources.
    #[arg(required = true, value_name = "PLAN")]
    plans: Vec<PathBuf>,
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
    let mut read: Vec<Diagnostic> = Vec::new();
    let mut plans: Vec<(String, Plan)> = Vec::new();
    for path in &arguments.plans {
        let reading = read_plan(path)?;
        read.extend(reading.diagnostics);
        plans.extend(reading.plan.map(|plan| (name_of(path, &plans), plan)));
    }
    let is_whole = plans.len() == arguments.plans.len();
    let joined = if is_whole { pooled(&plans) } else { Err(Vec::new()) };
    let plan = match joined {
        Ok(plan) => plan,
        Err(faults) => {
            read.extend(faults);
            arguments.answer.write(&levels::refused(&read))?;
            return Err(Stopped::said(UNREADABLE));
        }
    };
    let effort = Effort { schedules: arguments.schedules, seed: arguments.seed };
    let mut progress = Progress::new("level");
    let levelled = level(&plan, effort, &mut |share| progress.tell(share));
    progress.end();
    arguments.answer.write(&levels::answer(&plan, &levelled, effort, &read))?;
    if has_errors(&read) || levelled.has_errors() { Err(Stopped::said(UNREADABLE)) } else { Ok(()) }
}

/// The name of a plan among others: of its file without the ending, with a number where another has it.
fn name_of(path: &Path, others: &[(String, Plan)]) -> String {
    let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or("plan").to_owned();
    let is_taken = |name: &str| others.iter().any(|(other, _)| other == name);
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    std::iter::once(name.clone()).chain(numbered).find(|name| !is_taken(name)).unwrap_or(name)
}
