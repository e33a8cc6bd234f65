//! `cargo xtask storm`: orders survive whatever happens to their worker processes.
//!
//! ```text
//!   customers ──orders──▶ store ◀── worker processes ──HTTP──▶ services ──▶ ledger
//!                                        ▲                                     │
//!                          chaos: KILL, STOP + CONT, TERM              audit ◀─┘ (and the store)
//! ```

mod app;
mod chaos;
mod crowd;
mod progress;

use anyhow::Context;
use chaos::Chaos;
use crowd::Crowd;
use durable_examples::audit::{self, Report};
use durable_examples::ledger::Ledger;
use durable_examples::scenario::{self, Scenario};
use durable_examples::services::{Services, World};
use durable_examples::supervisor::{Launch, Supervisor};
use durable_runtime::Client;
use fastrand::Rng;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Arguments of `cargo xtask storm`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// How long worker processes are attacked; orders come in all the time.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How many orders are placed.
    #[arg(long, default_value_t = 500)]
    orders: usize,
    /// How many worker processes there are.
    #[arg(long, default_value_t = 3)]
    workers: usize,
    /// Decides what goes wrong, and when; a random one if not given.
    #[arg(long)]
    seed: Option<u64>,
    /// After this long without a sign of life a worker's orders are taken over, in milliseconds.
    #[arg(long, default_value_t = 2_000)]
    lease_ms: u64,
}

/// How long the services take to answer, in milliseconds.
const LATENCY_MS: RangeInclusive<u64> = 5..=80;
/// How long orders may take to end once the attacks are over; whatever has not ended is stuck.
const CALM: Duration = Duration::from_secs(60);
/// How many findings are printed.
const FINDINGS_SHOWN: usize = 20;

/// Runs the storm. The last line it prints is the result.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let app = app::build()?;
    let seed = args.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    let folder = tempfile::Builder::new().prefix("storm-").tempdir()?;
    println!(
        "storm: {} orders, {} workers, {} s, seed {seed}",
        args.orders, args.workers, args.seconds
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let ended = runtime.block_on(storm(args, app, seed, folder.path()));
    if !matches!(&ended, Ok(ended) if ended.is_clean()) {
        println!(
            "to look into it: {} (again: --seed {seed})",
            folder.keep().display()
        );
    }
    let ended = ended?;
    ended.print();
    Ok(if ended.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// How the storm ended.
struct Ended {
    report: Report,
    trouble: Vec<String>,
}

impl Ended {
    fn is_clean(&self) -> bool {
        self.report.is_clean() && self.trouble.is_empty()
    }

    /// Findings first; the result is the last line.
    fn print(&self) {
        let report = &self.report;
        for finding in report.findings.iter().take(FINDINGS_SHOWN) {
            println!("  {finding}");
        }
        for trouble in self.trouble.iter().take(FINDINGS_SHOWN) {
            println!("  {trouble}");
        }
        println!(
            "audit: {} calls, {} effects, {} repeated calls recognised, {} late calls of frozen \
             workers, {} recorded steps",
            report.calls, report.applied, report.replayed, report.stragglers, report.steps
        );
        println!(
            "storm: {} orders, {} lost, {} doubled, {} stuck",
            report.orders,
            report.lost(),
            report.doubled(),
            report.stuck()
        );
    }
}

async fn storm(args: &Args, app: PathBuf, seed: u64, folder: &Path) -> anyhow::Result<Ended> {
    let mut rng = Rng::with_seed(seed);
    let scenarios = scenario::generate(&mut rng, args.orders);
    let ledger = folder.join("ledger.jsonl");
    let world = World::new(Ledger::create(&ledger)?, &scenarios, rng.fork(), LATENCY_MS);
    let services = Services::start(world).await?;
    let store = format!("sqlite://{}", folder.join("orders.db").display());
    let client = Client::connect(&store).await?;
    let launch = launch(args, app, &store, &services, folder);
    let (supervisor, events) = Supervisor::start(args.workers, &launch);

    let attacks = Duration::from_secs(args.seconds);
    let chaos = Chaos::new(Duration::from_millis(args.lease_ms));
    let (mut crowd, news) = Crowd::gather(&client, &scenarios, attacks);
    tokio::select! {
        () = crowd.all_ended() => {}
        () = tokio::time::sleep(attacks + CALM) => {}
        never = chaos.rage(&supervisor, &mut rng, attacks) => match never {},
        never = progress::report(&chaos, events, news) => match never {},
    }
    supervisor.finish().await;

    let report = judge(&client, &scenarios, &ledger, &chaos.frozen()).await?;
    Ok(Ended {
        report,
        trouble: crowd.trouble,
    })
}

/// How the workers are started.
fn launch(args: &Args, app: PathBuf, store: &str, services: &Services, folder: &Path) -> Launch {
    let lease = format!("{}ms", args.lease_ms);
    let variables = services.endpoints().variables();
    Launch {
        program: app,
        args: ["worker", "--store", store, "--lease", &lease]
            .map(OsString::from)
            .to_vec(),
        variables: variables
            .map(|(name, url)| (name.to_owned(), url.to_owned()))
            .to_vec(),
        logs: folder.to_owned(),
    }
}

async fn judge(
    client: &Client,
    scenarios: &[Scenario],
    ledger: &Path,
    frozen: &BTreeSet<u32>,
) -> anyhow::Result<Report> {
    let mut records = Vec::with_capacity(scenarios.len());
    for scenario in scenarios {
        records.push(audit::read(client, &scenario.order.id).await?);
    }
    let orders = scenarios.iter().zip(records.iter().map(Option::as_ref));
    let calls = Ledger::read(ledger).context("cannot read the ledger")?;
    Ok(audit::audit(orders, &calls, frozen))
}
