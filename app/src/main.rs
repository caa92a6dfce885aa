//! The one binary: the verbs of the command line.

mod bench;
mod clock;
mod command;
mod db;
mod demo;
mod features;
mod journal;
mod limited;
mod names;
mod refusal;
mod rehearsal;
mod serve;
mod signer;
#[cfg(test)]
mod testing;
mod timers;
mod web;
// A program has no library that tests beside it could call: those of the whole house are compiled into it.
#[cfg(test)]
#[path = "../tests/walkthroughs.rs"]
mod walkthroughs;

use clap::{Parser, Subcommand};
use features::exchange::parser;
use features::reports::sheet;
use std::path::PathBuf;
use std::process::ExitCode;
use web::{lists, marked};

/// What the help of the program begins with.
const EXAMPLES: &str = "Examples:
  guatu serve
  guatu schedule plan.xml --finish-by 120=2026-12-31 --format pdf -o plan.pdf
  guatu verify";

/// Guatu: from a mandated date to today's work on every building.
#[derive(Debug, Parser)]
#[command(name = "guatu", version, before_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Serve the pages.
    Serve(serve::Arguments),
    /// Make a demonstration district in an empty folder.
    Demo(demo::Arguments),
    /// Measure the write door in a folder that goes away.
    #[command(name = "bench-door", hide = true)]
    BenchDoor(bench::door::Arguments),
    /// Measure a day's facts in a folder that goes away.
    #[command(name = "bench-daily", hide = true)]
    BenchDaily(bench::daily::Arguments),
    /// Ask pages of a running server in an open loop.
    #[command(name = "bench-load", hide = true)]
    BenchLoad(bench::load::Arguments),
    /// Measure in a folder that goes away what finds the due among many orders and duties.
    #[command(name = "bench-supervision", hide = true)]
    BenchSupervision,
    /// Send a day's findings to a running server as a phone does.
    #[command(name = "bench-sync", hide = true)]
    BenchSync(bench::sync::Arguments),
    /// Recompute chain, tree, checkpoints and replay; name the first thing that is broken (exit 3).
    Verify(serve::Verification),
    /// Drop derived tables and make them again from facts.
    Rebuild(serve::Place),
    /// Compute the dates of a plan file.
    Schedule(command::schedule::Arguments),
    /// Compute the period guarantee of a plan file: today's target, and what each period needs and gets.
    Targets(command::targets::Arguments),
    /// Compute the chances of mandated dates.
    Risk(command::risk::Arguments),
    /// Find dates under scarce resources.
    Level(command::level::Arguments),
    /// Put a plan file forward as a draft of a project's plan.
    Import(command::import::Arguments),
    /// Write a version of a plan, or the empty Excel template.
    Export(command::export::Arguments),
    /// Make the pair of keys to which leads of corruption are sealed.
    #[command(name = "lead-key", subcommand)]
    LeadKey(command::leads::Key),
    /// Open sealed leads of corruption, where their secret key is.
    #[command(subcommand)]
    Leads(command::leads::Leads),
    /// Ask a running server whether it is ready: exit 0 or 1.
    Healthcheck(command::healthcheck::Arguments),
    /// Check this machine and this data folder, and say how to mend what is wrong.
    Doctor(command::doctor::Arguments),
    /// Read one plan file under limits; the other verbs and the server start it.
    #[command(name = parser::VERB, hide = true)]
    ParsePlan(parser::Arguments),
    /// Read one workbook of daily reports under limits; the server starts it.
    #[command(name = sheet::VERB, hide = true)]
    ParseReports,
    /// Read one workbook of a list under limits; the server starts it.
    #[command(name = lists::VERB, hide = true)]
    ParseList,
    /// Write a workbook with what was found in it marked, under limits; the server starts it.
    #[command(name = marked::VERB, hide = true)]
    MarkWorkbook,
}

/// Where data is kept when nothing says otherwise.
fn default_folder() -> PathBuf {
    PathBuf::from("data")
}

fn main() -> ExitCode {
    let verb = match Arguments::parse().verb {
        // Reads no data folder and needs no runtime; the limits of its memory would not leave room for one.
        Verb::ParsePlan(arguments) => return parser::child(&arguments),
        Verb::ParseReports => return sheet::child(),
        Verb::ParseList => return lists::child(),
        Verb::MarkWorkbook => return marked::child(),
        Verb::Schedule(arguments) => return command::end(command::schedule::run(&arguments)),
        Verb::Targets(arguments) => return command::end(command::targets::run(&arguments)),
        Verb::Risk(arguments) => return command::end(command::risk::run(&arguments)),
        Verb::Level(arguments) => return command::end(command::level::run(&arguments)),
        Verb::Healthcheck(arguments) => return command::end(command::healthcheck::run(&arguments)),
        Verb::LeadKey(key) => return command::end(command::leads::key(&key)),
        Verb::Leads(leads) => return command::end(command::leads::run(&leads)),
        verb => verb,
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(fault) => {
            eprintln!("guatu: cannot start: {fault}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(async {
        match verb {
            Verb::Serve(arguments) => serve::serve(arguments).await,
            Verb::BenchDoor(arguments) => bench::door::run(arguments).await,
            Verb::BenchDaily(arguments) => bench::daily::run(arguments).await,
            Verb::BenchLoad(arguments) => bench::load::run(arguments).await,
            Verb::BenchSupervision => bench::supervision::run().await,
            Verb::BenchSync(arguments) => bench::sync::run(arguments).await,
            Verb::Demo(arguments) => demo::run(arguments).await,
            Verb::Verify(place) => serve::verify(place).await,
            Verb::Rebuild(place) => serve::rebuild(place).await,
            Verb::Import(arguments) => Ok(command::end(command::import::run(arguments).await)),
            Verb::Export(arguments) => Ok(command::end(command::export::run(arguments).await)),
            Verb::Doctor(arguments) => command::doctor::run(arguments).await,
            Verb::ParsePlan(_)
            | Verb::ParseReports
            | Verb::ParseList
            | Verb::MarkWorkbook
            | Verb::Schedule(_)
            | Verb::Targets(_)
            | Verb::Risk(_)
            | Verb::Level(_)
            | Verb::LeadKey(_)
            | Verb::Leads(_)
            | Verb::Healthcheck(_) => Ok(ExitCode::SUCCESS),
        }
    });
    match outcome {
        Ok(code) => code,
        Err(fault) => {
            eprintln!("guatu: {fault:#}");
            ExitCode::FAILURE
        }
    }
}
