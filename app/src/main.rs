//! The one binary: the verbs of the command line.

mod clock;
mod db;
mod demo;
mod features;
mod journal;
mod refusal;
mod serve;
mod signer;
mod web;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Guatu: from a mandated date to today's work on every building.
#[derive(Debug, Parser)]
#[command(name = "guatu", version, after_help = "Examples:\n  guatu serve\n  guatu demo\n  guatu verify\n")]
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
    /// Recompute chain, tree, checkpoints and replay; name the first thing that is broken (exit 3).
    Verify(serve::Place),
    /// Drop derived tables and make them again from facts.
    Rebuild(serve::Place),
}

/// Where data is kept when nothing says otherwise.
fn default_folder() -> PathBuf {
    PathBuf::from("data")
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(fault) => {
            eprintln!("guatu: cannot start: {fault}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(async {
        match arguments.verb {
            Verb::Serve(arguments) => serve::serve(arguments).await,
            Verb::Demo(arguments) => demo::run(arguments).await,
            Verb::Verify(place) => serve::verify(place).await,
            Verb::Rebuild(place) => serve::rebuild(place).await,
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
