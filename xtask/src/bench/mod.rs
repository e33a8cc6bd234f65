//! `bench`: what this project does beside the floor of bare SQLite, and beside others, in one run.
//!
//! ```text
//!   bench ──a process for each scenario──▶ floor, durable, peers; again and again ──▶ JSON
//!         ◀──────────────────────────────────────────────────────────────────────────
//!         ──▶ tables on the terminal, --json, docs/performance.md with plots
//! ```

mod figures;
mod floor;
mod machine;
mod outcome;
mod page;
mod peers;
mod plot;
mod progress;
mod scenarios;
mod setting;
mod show;
mod worker;
mod workload;

#[cfg(test)]
mod tests;

pub(crate) use worker::{WorkerArgs, work};

use anyhow::{Context, ensure};
use figures::Table;
use machine::Machine;
use outcome::Outcome;
use peers::Peers;
use progress::Progress;
use scenarios::{ALL, Scenario};
use serde::Serialize;
use setting::Setting;
use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Arguments of `bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only these, with commas between; default: all.
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = scenario)]
    scenario: Vec<&'static Scenario>,
    /// Measure other systems too, where they can do the same; builds them first.
    #[arg(long)]
    peers: bool,
    /// A PostgreSQL for those peers that need one; they make databases of their own there.
    #[arg(
        long,
        value_name = "URL",
        env = "DURABLE_BENCH_POSTGRES",
        requires = "peers"
    )]
    postgres: Option<String>,
    /// How often everything is measured [default: 5, or 2 with --quick].
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    runs: Option<u16>,
    /// Small sizes, to see that it works; takes less than a minute.
    #[arg(long)]
    quick: bool,
    /// Write all values of all runs into this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the tables and plots into `docs/performance.md`.
    #[arg(long)]
    write_docs: bool,
    /// The folder for the databases; it should be on the disk that you care about.
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
    /// Measures in this process and writes the outcome there: how `bench` calls itself.
    #[arg(long, hide = true)]
    outcome: Option<PathBuf>,
}

fn scenario(name: &str) -> Result<&'static Scenario, String> {
    let found = ALL.into_iter().find(|scenario| scenario.name == name);
    found.ok_or_else(|| {
        let names: Vec<_> = ALL.iter().map(|scenario| scenario.name).collect();
        format!("there are {}", names.join(", "))
    })
}

/// What `--json` holds.
#[derive(Debug, Serialize)]
struct Report {
    machine: Machine,
    outcomes: Vec<Outcome>,
}

/// Measures and prints.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    fs::create_dir_all(&args.folder)?;
    if let Some(file) = &args.outcome {
        let scenario = args.scenario.first().context("no scenario")?;
        let outcome = measure(scenario, args)?;
        fs::write(file, serde_json::to_vec(&outcome)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let machine = Machine::look(&args.folder)?;
    for line in machine.lines() {
        println!("{line}");
    }
    let chosen = if args.scenario.is_empty() {
        ALL.to_vec()
    } else {
        args.scenario.clone()
    };
    let mut outcomes = Vec::new();
    for scenario in chosen {
        let outcome = apart(scenario, args).with_context(|| scenario.name)?;
        print(scenario, &outcome);
        if args.write_docs {
            page::write(scenario, &outcome, &machine)?;
        }
        outcomes.push(outcome);
    }
    if let Some(file) = &args.json {
        let report = Report { machine, outcomes };
        fs::write(file, serde_json::to_string_pretty(&report)?)
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print(scenario: &Scenario, outcome: &Outcome) {
    println!("\n{} ({})", scenario.title, scenario.name);
    println!("{}", show::terminal(scenario.rows, &outcome.table));
    for remark in &outcome.table.remarks {
        println!("{remark}");
    }
    println!("{}", outcome.how());
    if outcome.quick {
        println!("Small sizes (--quick): the figures mean little.");
    }
}

impl Args {
    fn runs(&self) -> usize {
        let default = if self.quick { 2 } else { 5 };
        self.runs.map_or(default, usize::from)
    }
}

/// Measures in a process of its own, so that no scenario has the memory and the caches of another.
fn apart(scenario: &Scenario, args: &Args) -> anyhow::Result<Outcome> {
    let file = tempfile::NamedTempFile::new_in(&args.folder)?;
    let program = std::env::current_exe().context("cannot find this program")?;
    let mut command = Command::new(program);
    command
        .args(["bench", "--scenario", scenario.name, "--runs"])
        .arg(args.runs().to_string())
        .arg("--folder")
        .arg(&args.folder)
        .arg("--outcome")
        .arg(file.path());
    if args.quick {
        command.arg("--quick");
    }
    if args.peers {
        command.arg("--peers");
    }
    if let Some(postgres) = &args.postgres {
        command.arg("--postgres").arg(postgres);
    }
    let status = command.status().context("cannot run this program again")?;
    ensure!(status.success(), "it could not be measured ({status})");
    Ok(serde_json::from_slice(&fs::read(file.path())?)?)
}

/// Measures here and now.
fn measure(scenario: &Scenario, args: &Args) -> anyhow::Result<Outcome> {
    let peers = args
        .peers
        .then(|| Peers::build(args.postgres.clone()))
        .transpose()?;
    let setting = Setting {
        folder: Path::new(&args.folder).to_owned(),
        runs: args.runs(),
        quick: args.quick,
        peers,
        progress: Progress::new(scenario.name),
        runtime: tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?,
        run: Cell::new(0),
    };
    let mut table = Table::default();
    (scenario.measure)(&setting, &mut table)?;
    Ok(Outcome {
        scenario: scenario.name.to_owned(),
        runs: args.runs(),
        quick: args.quick,
        table,
    })
}
