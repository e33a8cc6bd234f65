//! `cargo xtask compile-cost`: what `#[workflow]` costs rustc, beside the plain `async fn`.
//!
//! The same functions are compiled in both forms by the same rustc, without cargo and with warm
//! dependencies. What a crate without any function costs is subtracted: it is the price of
//! starting rustc and loading the runtime, once per crate. `docs/compile-time.md` has the table.

mod compiler;
mod sources;

use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;
use compiler::{Compiler, Stage};
use sources::{AWAITS, Form, MANY, Program};
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// A large workflow may take `check` this many times as long as its plain function, all of rustc
/// counted. Only `--strict` asks, since times differ from machine to machine.
const RATIO_MAX: f64 = 6.0;

/// The lines of LLVM IR of one await of [`Program::Many`]. The gate asks: they are the same on
/// every machine with the pinned rustc, and stand for the time after the checks.
const LINES_MAX: usize = 250;

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Runs of each; the shortest counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    runs: u8,
    /// Fail when a large workflow takes more than 6 times as long to check as its plain function.
    #[arg(long)]
    strict: bool,
    /// Measure no time: fail when an await becomes more LLVM IR than it may.
    #[arg(long)]
    check: bool,
    /// The optimisation level of the macros themselves. Cargo's default is 0, in every profile.
    #[arg(long, default_value_t = 0)]
    macros: u8,
    /// Keep the generated sources in this directory.
    #[arg(long)]
    keep: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let scratch = tempfile::tempdir()?;
    let dir = args.keep.as_deref().unwrap_or(scratch.path());
    fs::create_dir_all(dir)?;
    let compiler = Compiler::new(dir, args.macros, !args.check)?;
    if args.check {
        let lines = lines_per_await(&compiler, Form::Workflow)?;
        println!("compile-cost: {lines} lines of LLVM IR per await, at most {LINES_MAX}");
        return Ok(code(lines <= LINES_MAX));
    }
    println!(
        "{}, macros at opt-level {}, shortest of {} runs\n",
        compiler::version()?,
        args.macros,
        args.runs
    );
    let worst = times(args, &compiler)?;
    println!();
    for form in [Form::Plain, Form::Workflow] {
        let lines = lines_per_await(&compiler, form)?;
        println!("{form:?}: {lines} lines of LLVM IR per await");
    }
    if worst > RATIO_MAX {
        println!("a large workflow is over the limit of {RATIO_MAX}");
    }
    Ok(code(!args.strict || worst <= RATIO_MAX))
}

fn code(fine: bool) -> ExitCode {
    if fine {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Prints the times of all programs; the worst ratio of those that are limited.
fn times(args: &Args, compiler: &Compiler) -> anyhow::Result<f64> {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header([
        "functions",
        "cargo",
        "plain",
        "`#[workflow]`",
        "ratio",
        "plain, each",
        "`#[workflow]`, each",
    ]);
    let mut worst: f64 = 0.0;
    for program in [Program::Many, Program::FewLive, Program::AllLive] {
        let (functions, limited) = match program {
            Program::Many => (MANY, false),
            _ => (1, true),
        };
        for stage in Stage::ALL {
            let [(plain, plain_more), (workflow, workflow_more)] =
                measured(args.runs, compiler, program, stage)?;
            let ratio = workflow.as_secs_f64() / plain.as_secs_f64();
            if limited && stage == Stage::Check {
                worst = worst.max(ratio);
            }
            let each = |more: Duration| {
                #[expect(clippy::cast_precision_loss, reason = "a hundred")]
                let functions = functions as f64;
                format!("{:.1} ms", more.as_secs_f64() * 1_000.0 / functions)
            };
            let seconds = |time: Duration| format!("{:.2} s", time.as_secs_f64());
            table.add_row([
                program.title().to_owned(),
                format!("`{}`", stage.title()),
                seconds(plain),
                seconds(workflow),
                format!("{ratio:.1}"),
                each(plain_more),
                each(workflow_more),
            ]);
        }
    }
    println!("{table}");
    Ok(worst)
}

/// For both forms how long the program takes, and how much longer than nothing. All are measured
/// by turns, so that what else the machine does falls on all.
fn measured(
    runs: u8,
    compiler: &Compiler,
    program: Program,
    stage: Stage,
) -> anyhow::Result<[(Duration, Duration); 2]> {
    let mut shortest = [[Duration::MAX; 2]; 2];
    for _ in 0..runs {
        for (form, times) in [Form::Plain, Form::Workflow].into_iter().zip(&mut shortest) {
            for (program, time) in [program, Program::Nothing].into_iter().zip(times) {
                *time = compiler.time(program, form, stage)?.min(*time);
            }
        }
    }
    Ok(shortest.map(|[full, nothing]| (full, full.saturating_sub(nothing))))
}

fn lines_per_await(compiler: &Compiler, form: Form) -> anyhow::Result<usize> {
    let full = compiler.lines(Program::Many, form)?;
    let nothing = compiler.lines(Program::Nothing, form)?;
    Ok((full - nothing) / (MANY * AWAITS))
}
