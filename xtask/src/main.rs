//! Project chores: `cargo xtask help`. One file (or folder) per verb.

mod bench;
mod ci;
mod compile_cost;
mod crowd;
mod equivalence;
mod frames;
mod local;
mod mutants;
mod process;
mod storm;
mod tidy;

use clap::Parser;
use std::process::ExitCode;

/// Project chores.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Verb {
    /// Measures speed, latency, memory and bytes beside the floor of bare SQLite, and peers.
    Bench(bench::Args),
    /// A worker process that `bench` starts.
    #[command(hide = true)]
    BenchWorker(bench::WorkerArgs),
    /// Runs what continuous integration runs.
    Ci,
    /// Measures what `#[workflow]` costs rustc, beside the plain `async fn`.
    CompileCost(compile_cost::Args),
    /// Runs thousands of updates, signals, children and timers in one process, and checks them.
    Crowd(crowd::Args),
    /// Compares random programs with their machines.
    Equivalence(equivalence::Args),
    /// Says how many bytes each example stores at each await.
    Frames(frames::Args),
    /// Breaks the compiler on purpose, and demands that a test says so.
    Mutants(mutants::Args),
    /// Kills, freezes and stops worker processes at random while orders run, then audits.
    Storm(storm::Args),
    /// Checks what no compiler checks: file lengths, module docs, paths in documents, leftovers.
    Tidy,
}

fn main() -> ExitCode {
    let done = match Verb::parse() {
        Verb::Bench(args) => bench::run(&args),
        Verb::BenchWorker(args) => bench::work(&args),
        Verb::Ci => ci::run(),
        Verb::CompileCost(args) => compile_cost::run(&args),
        Verb::Crowd(args) => crowd::run(&args),
        Verb::Equivalence(args) => equivalence::run(&args),
        Verb::Frames(args) => frames::run(&args),
        Verb::Mutants(args) => mutants::run(&args),
        Verb::Storm(args) => storm::run(&args),
        Verb::Tidy => tidy::run(),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
