//! `cargo xtask equivalence`: random programs, as plain async Rust and as machines.
//!
//! ```text
//! seed ─▶ generate ─▶ print ─▶ rustc, some programs at a time ─▶ run ─▶ report
//!            ▲                     │
//!            └─────────────────────┴──────▶ refused, or outgrown: another in its place
//! ```
//!
//! Each program is compiled twice by `durable_tests::equivalent!` and rebuilt from stored bytes at
//! every await. Results and the order of calls must be equal.

mod batch;
mod generate;
mod print;
mod report;
mod scope;
mod shrink;
mod toolchain;
mod types;

use anyhow::{Context, ensure};
use batch::Outcome;
use generate::{Gen, Program};
use report::Report;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;
use toolchain::Toolchain;

/// Before the number of a program.
const PREFIX: &str = "program";

/// The diagnostics that may refuse a generated program.
const REFUSALS: &[&str] = &[
    "D03", "D04", "D05", "D06", "D08", "D09", "D11", "D15", "D16", "D17", "D19", "E0499", "E0506",
    "E0597",
];

/// More refused programs than compared ones test the diagnostics, not the machines.
const REFUSED_MAX: usize = 1;

/// After so many programs it is said how far a run is.
const ROUND: usize = 400;

/// A run of this many programs has everything in it.
const COMPLETE: usize = 500;

/// What to compare.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many programs are compared.
    #[arg(long, default_value_t = 200)]
    programs: usize,
    /// The same seed and the same compiler give the same programs.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Programs per binary.
    #[arg(long, default_value_t = 40)]
    batch: usize,
    /// Batches at the same time; one per core if not given.
    #[arg(long)]
    jobs: Option<usize>,
    /// Keep the sources in this directory.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Compare this one program of the seed, and print it.
    #[arg(long)]
    only: Option<usize>,
    /// So many programs may be refused in rustc's words instead of ours. Each is a defect: this
    /// number only ever goes down.
    #[arg(long, default_value_t = 0)]
    uncoded_max: usize,
    /// Print each refusal.
    #[arg(long)]
    refusals: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    ensure!(args.batch > 0, "--batch must be at least 1");
    let begun = Instant::now();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask has a parent")?;
    let tools = Toolchain::build(root)?;
    let scratch = tempfile::tempdir().context("a place for the sources")?;
    let dir = args.keep.as_deref().unwrap_or(scratch.path());
    let runner = Runner { args, tools, dir };
    let report = runner.all()?;
    println!("{}", report.table());
    println!("{}", report.refusal_line());
    println!("{}", report.panic_line());
    let seconds = begun.elapsed().as_secs_f64();
    if report.outgrown > 0 {
        let outgrown = report.outgrown;
        println!(
            "outgrown: {outgrown} programs whose plain function has no end or whose values have no bound"
        );
    }
    println!("seed {}, {seconds:.0} s", args.seed);
    let mut good = report.diverged == 0 && report.invalid == 0;
    for (code, &times) in &report.refused {
        let listed = code
            .as_deref()
            .map_or(times <= args.uncoded_max, |c| REFUSALS.contains(&c));
        if !listed {
            println!("refused for a reason that is not on the list: {code:?}");
            good = false;
        }
    }
    if args.programs >= COMPLETE && !report.missing().is_empty() {
        println!("not covered: {}", report.missing().join(", "));
        good = false;
    }
    if args.programs >= COMPLETE && report.too_many_panic() {
        println!("too many plain functions panic: what is behind the panic is not compared");
        good = false;
    }
    println!(
        "equivalence: {} programs, {} divergences",
        report.compared, report.diverged
    );
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Everything that batches share.
struct Runner<'r> {
    args: &'r Args,
    tools: Toolchain,
    dir: &'r Path,
}

impl Runner<'_> {
    /// Compares until enough programs were compared: a refused one is replaced by the next.
    fn all(&self) -> anyhow::Result<Report> {
        let mut report = Report::default();
        let wanted = if self.args.only.is_some() {
            1
        } else {
            self.args.programs
        };
        let mut next = self.args.only.unwrap_or(0);
        while report.compared < wanted {
            let missing = (wanted - report.compared).min(ROUND);
            let programs: Vec<_> = (next..next + missing).map(|n| self.program(n)).collect();
            next += missing;
            let batches: Vec<&[Program]> = programs.chunks(self.args.batch).collect();
            for (program, outcome) in programs.iter().zip(self.outcomes(&batches)?) {
                self.count(&mut report, program, outcome)?;
            }
            if self.args.only.is_some() {
                break;
            }
            eprintln!("{} programs compared", report.compared);
            ensure!(
                report.refusals() + report.invalid + report.outgrown
                    <= REFUSED_MAX * wanted.max(20),
                "the macro refuses more than it accepts: {}",
                report.refusal_line()
            );
        }
        Ok(report)
    }

    /// The program of this number.
    fn program(&self, number: usize) -> Program {
        let seed = (self.args.seed << 32) ^ number as u64;
        Gen::program(&format!("{PREFIX}{number}"), seed)
    }

    /// Runs batches, some at a time; outcomes in the order of the programs.
    fn outcomes(&self, batches: &[&[Program]]) -> anyhow::Result<Vec<Outcome>> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let jobs = self.args.jobs.unwrap_or(cores).max(1);
        let queue = Mutex::new(batches.iter().enumerate());
        let done = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| {
                    loop {
                        let taken = queue.lock().ok().and_then(|mut queue| queue.next());
                        let Some((at, programs)) = taken else { break };
                        let first = programs.first().map_or("", |p| p.name.as_str());
                        let result = batch::run(&self.tools, &self.dir.join(first), programs);
                        if let Ok(mut done) = done.lock() {
                            done.push((at, result));
                        }
                    }
                });
            }
        });
        let mut done = done.into_inner().ok().context("a batch panicked")?;
        done.sort_by_key(|(at, _)| *at);
        let mut outcomes = Vec::new();
        for (_, result) in done {
            outcomes.extend(result?);
        }
        Ok(outcomes)
    }

    fn count(
        &self,
        report: &mut Report,
        program: &Program,
        outcome: Outcome,
    ) -> anyhow::Result<()> {
        if self.args.only.is_some() {
            println!("{}", print::readable(program));
        }
        match outcome {
            Outcome::Equal(ended) => {
                report.compared += 1;
                report.ended(ended);
                report.cover(&program.coverage);
            }
            Outcome::Diverged(said) => {
                report.compared += 1;
                report.diverged += 1;
                report.cover(&program.coverage);
                report::show("divergence", program, &said);
                let dir = self.dir.join("smaller");
                let (smaller, said) = shrink::shrink(&self.tools, &dir, program, &said)?;
                report::show("made smaller", &smaller, &said);
            }
            Outcome::Outgrown => report.outgrown += 1,
            Outcome::Refused { code, text } => {
                if self.args.refusals || code.is_none() {
                    report::show("refused", program, &text);
                }
                *report.refused.entry(code).or_default() += 1;
            }
            Outcome::Invalid(text) => {
                report.invalid += 1;
                report::show(
                    "the generator is wrong: rustc refuses the plain function",
                    program,
                    &text,
                );
            }
        }
        Ok(())
    }
}
