//! `guatu schedule`: a plan file in, its dates out.

use super::{Stopped, UNREADABLE, drawing, has_errors, read_plan, tell, write_result};
use clap::ValueEnum;
use guatu_formats::plans::{self, mspdi, sheet};
use guatu_formats::schedules;
use guatu_kernel::plan::{Granularity, Mandate, Moment, Plan};
use guatu_kernel::schedule;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  guatu schedule plan.json
  guatu schedule plan.xml --finish-by 120=2026-12-31 --format csv
  guatu schedule plan.xer --data-date 2026-11-22 --format pdf --paper a1 -o plan.pdf
  guatu schedule plan.json --format svg --drawing network --under B1 -o network.svg
  cat plan.json | guatu schedule - | jq .milestones";

/// What to schedule, and in which form to answer.
#[derive(Clone, Debug, clap::Args)]
#[command(before_help = EXAMPLES)]
pub struct Arguments {
    /// Plan file: guatu-plan JSON, MS Project XML, P6 XML or XER, xlsx; `-` for standard input.
    plan: PathBuf,
    /// Latest finish of an activity, inclusive; adds a mandated date or replaces the plan's.
    #[arg(long, value_name = "ACTIVITY=DATE")]
    finish_by: Vec<String>,
    /// Facts up to the day before are in; replaces the plan's.
    #[arg(long, value_name = "DATE")]
    data_date: Option<String>,
    /// Form of the answer.
    #[arg(long, value_enum, default_value = "json")]
    format: Format,
    /// File to write; without it, standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    drawing: drawing::Arguments,
}

/// Form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// guatu-schedule/1.
    Json,
    /// One line an activity.
    Csv,
    /// A workbook in the shape of the template.
    Xlsx,
    /// MS Project XML.
    Mspdi,
    /// A drawing for the screen.
    Svg,
    /// A drawing on paper.
    Pdf,
}

/// Runs the verb.
pub fn run(arguments: &Arguments) -> Result<(), Stopped> {
    let reading = read_plan(&arguments.plan)?;
    let is_json = arguments.format == Format::Json;
    if !is_json {
        tell(&reading.diagnostics);
    }
    let Some(mut plan) = reading.plan else {
        if is_json {
            write_json(&schedules::refused(&reading.diagnostics), arguments)?;
        }
        return Err(Stopped::said(UNREADABLE));
    };
    for text in &arguments.finish_by {
        mandate(&mut plan, text)?;
    }
    if let Some(text) = &arguments.data_date {
        plan.data_date = Some(moment(&plan, "--data-date", text)?);
    }
    let computed = schedule(&plan);
    if !is_json {
        tell(&computed.diagnostics);
    }
    let is_wrong = has_errors(&reading.diagnostics) || computed.has_errors();
    match arguments.format {
        Format::Json => write_json(&schedules::answer(&plan, &computed, &reading.diagnostics), arguments)?,
        Format::Csv => {
            write_result(schedules::csv(&plan, &reading.saved, &computed).as_bytes(), arguments.output.as_ref(), true)?
        }
        // A document with holes where the errors are would be taken for the plan.
        _ if is_wrong => {}
        Format::Mspdi => {
            let (text, lost) = mspdi::write(&plan, Some(&schedules::planned(&plan, &computed)));
            tell(&lost);
            write_result(text.as_bytes(), arguments.output.as_ref(), true)?;
        }
        Format::Xlsx => {
            let (bytes, lost) = sheet::write(&plan).map_err(|fault| Stopped::new(UNREADABLE, fault.message))?;
            tell(&lost);
            write_result(&bytes, arguments.output.as_ref(), false)?;
        }
        Format::Svg => {
            let text = drawing::svg(&arguments.drawing, &plan, &computed)?;
            write_result(text.as_bytes(), arguments.output.as_ref(), true)?;
        }
        Format::Pdf => {
            let bytes = drawing::pdf(&arguments.drawing, &plan, &computed)?;
            write_result(&bytes, arguments.output.as_ref(), false)?;
        }
    }
    if is_wrong { Err(Stopped::said(UNREADABLE)) } else { Ok(()) }
}

fn write_json(answer: &serde_json::Value, arguments: &Arguments) -> Result<(), Stopped> {
    let mut text = answer.to_string();
    text.push('\n');
    write_result(text.as_bytes(), arguments.output.as_ref(), true)
}

/// Adds `ACTIVITY=DATE` as a mandated date. The last `=` divides, because an id may hold one.
fn mandate(plan: &mut Plan, text: &str) -> Result<(), Stopped> {
    let (activity, date) = text.rsplit_once('=').ok_or_else(|| {
        Stopped::new(UNREADABLE, format!("--finish-by {text}: write ACTIVITY=DATE, e.g. 120=2026-12-31"))
    })?;
    let finish_by = moment(plan, "--finish-by", date)?;
    let found = plan.activities.iter().find(|one| one.id == activity);
    let Some(name) = found.map(|one| one.name.clone()) else {
        return Err(Stopped::new(UNREADABLE, format!("--finish-by: the plan has no activity `{activity}`")));
    };
    plan.mandated.retain(|one| one.activity != activity);
    plan.mandated.push(Mandate { activity: activity.to_owned(), finish_by, name: Some(name) });
    Ok(())
}

fn moment(plan: &Plan, option: &str, text: &str) -> Result<Moment, Stopped> {
    let wanted = match plan.granularity {
        Granularity::Day => "2026-12-31",
        Granularity::Minute => "2026-12-31 or 2026-12-31T17:00",
    };
    plans::parse_moment(text)
        .filter(|moment| plan.granularity == Granularity::Minute || matches!(moment, Moment::Day(_)))
        .ok_or_else(|| {
            Stopped::new(UNREADABLE, format!("{option}: `{text}` is not a date of this plan; write {wanted}"))
        })
}
