//! `guatu targets`: a plan and what was done in, the period guarantee out.

use super::{AnswerTo, Stopped, UNREADABLE, has_errors, read_file, read_plan, tell};
use guatu_formats::plans;
use guatu_formats::targets::{ActualsFile, answer, read_actuals};
use guatu_kernel::plan::Moment;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  guatu targets plan.json --actuals actuals.json --data-date 2026-06-10
  guatu targets plan.json --data-date 2026-06-10 | jq '.items[].today'";

/// What to assess.
#[derive(Clone, Debug, clap::Args)]
#[command(before_help = EXAMPLES)]
pub struct Arguments {
    /// Plan file: guatu-plan JSON, MS Project XML, P6 XML or XER, xlsx; `-` for standard input.
    plan: PathBuf,
    /// guatu-actuals/1: quantities by day and grade, and promises. Without it, what the plan itself says is done.
    #[arg(long, value_name = "FILE")]
    actuals: Option<PathBuf>,
    /// Facts up to the day before are in; replaces the plan's.
    #[arg(long, value_name = "DATE")]
    data_date: Option<String>,
    #[command(flatten)]
    answer: AnswerTo,
}

/// Runs the verb.
pub fn run(arguments: &Arguments) -> Result<(), Stopped> {
    let reading = read_plan(&arguments.plan)?;
    let Some(mut plan) = reading.plan else {
        tell(&reading.diagnostics);
        return Err(Stopped::new(UNREADABLE, "the plan cannot be read"));
    };
    if let Some(text) = &arguments.data_date {
        let date = match plans::parse_moment(text) {
            Some(Moment::Day(date)) => date,
            _ => {
                return Err(Stopped::new(UNREADABLE, format!("--data-date: `{text}` is not a date; write 2026-12-31")));
            }
        };
        plan.data_date = Some(Moment::Day(date));
    }
    let Some(data_date) = plan.data_date.map(Moment::date) else {
        return Err(Stopped::new(UNREADABLE, "the plan has no data date; give one with --data-date 2026-12-31"));
    };
    let actuals = match &arguments.actuals {
        None => ActualsFile::default(),
        Some(file) => match read_actuals(&read_file(file)?, &plan) {
            Ok(actuals) => actuals,
            Err(faults) => {
                tell(&faults);
                return Err(Stopped::new(
                    UNREADABLE,
                    format!("{} cannot be read; nothing was computed", file.display()),
                ));
            }
        },
    };
    let answer = answer(&plan, &actuals, data_date, &reading.diagnostics);
    let is_wrong = has_errors(&reading.diagnostics)
        || answer["diagnostics"].as_array().is_some_and(|found| found.iter().any(|one| one["severity"] == "error"));
    arguments.answer.write(&answer)?;
    if is_wrong { Err(Stopped::said(UNREADABLE)) } else { Ok(()) }
}
