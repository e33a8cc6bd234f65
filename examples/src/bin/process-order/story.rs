//! The course of the demonstration, from the first order to the verdict.

use crate::killer::{self, Kill};
use crate::narrator::{Narrator, Sources};
use crate::verdict::{self, Evidence};
use anyhow::Context;
use clap::Parser;
use durable_examples::audit::{self, OnRecord};
use durable_examples::customer::{self, News};
use durable_examples::ledger::Ledger;
use durable_examples::scenario::{self, Scenario};
use durable_examples::services::{Services, World};
use durable_examples::supervisor::{Launch, Supervisor};
use durable_runtime::Client;
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::task::JoinSet;

/// Orders that survive anything: kills the worker process while orders are under way, and proves
/// that nothing was lost and nothing was done twice.
///
/// With a subcommand this program is a worker, a client or an admin tool instead: `worker`,
/// `start`, `list`, `show`, `result`, `cancel`, … (each has its own `--help`).
#[derive(Debug, Parser)]
#[command(name = "process-order", version)]
struct Args {
    /// Decides when the worker is killed and how long answers take; a random one if not given.
    #[arg(long)]
    seed: Option<u64>,
    /// How often the worker process is killed.
    #[arg(long, default_value_t = 5)]
    kills: usize,
    /// A file of orders, in place of those that come with the example.
    #[arg(long, value_name = "FILE")]
    orders: Option<PathBuf>,
    /// Keep the database, the ledger and the worker's log.
    #[arg(long)]
    keep: bool,
}

/// The orders that come with the example.
const ORDERS: &str = include_str!("../../../data/orders.json");
/// Between one order and the next.
const PACE: Duration = Duration::from_millis(350);
/// For how long a worker that is silent counts as alive: short, so that the story goes on soon
/// after a kill.
const LEASE: &str = "1s";
/// How long the services take to answer, in milliseconds.
const LATENCY_MS: std::ops::RangeInclusive<u64> = 40..=160;
/// An order that has not ended by then is stuck.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long the worker may take to start.
const START: Duration = Duration::from_secs(20);
/// How often the store is asked whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Runs the demonstration.
pub(crate) fn main() -> ExitCode {
    let args = Args::parse();
    let told = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the async runtime")
        .and_then(|runtime| runtime.block_on(tell(&args)));
    match told {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            anstream::eprintln!("process-order: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn tell(args: &Args) -> anyhow::Result<bool> {
    let scenarios = match &args.orders {
        Some(file) => scenario::load(file)?,
        None => scenario::parse(ORDERS)?,
    };
    let seed = args.seed.unwrap_or_else(|| fastrand::u64(0..1_000_000));
    let folder = tempfile::Builder::new()
        .prefix("process-order-")
        .disable_cleanup(args.keep)
        .tempdir()
        .context("cannot make a temporary folder")?;
    verdict::prologue(scenarios.len(), args.kills, seed, folder.path());
    let clean = perform(args, &scenarios, seed, folder.path()).await?;
    if args.keep {
        verdict::kept(folder.path());
    }
    Ok(clean)
}

async fn perform(
    args: &Args,
    scenarios: &[Scenario],
    seed: u64,
    folder: &Path,
) -> anyhow::Result<bool> {
    let mut rng = Rng::with_seed(seed);
    let ledger = folder.join("ledger.jsonl");
    let world = World::new(
        Ledger::create(&ledger).context("cannot create the ledger")?,
        scenarios,
        rng.fork(),
        LATENCY_MS,
    );
    let services = Services::start(world)
        .await
        .context("cannot start the services")?;
    let store = format!("sqlite://{}", folder.join("orders.db").display());
    let client = Client::connect(&store).await?;
    let (workers, events) = Supervisor::start(1, &launch(&store, &services, folder)?);
    let (news, customers) = mpsc::unbounded_channel();
    let (kills, killed) = mpsc::unbounded_channel();
    let narrator = Narrator::start(Sources {
        calls: services.calls(),
        workers: events,
        customers,
        kills: killed,
    });

    until_ready(&client, folder).await?;
    let course = Course {
        client: &client,
        scenarios,
        news,
    };
    let trouble = tokio::select! {
        trouble = course.run() => trouble,
        never = killer::run(&workers, services.calls(), rng, args.kills, kills) => match never {},
    };
    workers.finish().await;
    let witnessed = narrator.finish().await;
    let records = records(&client, scenarios).await?;
    let calls = Ledger::read(&ledger).context("cannot read the ledger")?;
    let orders = scenarios.iter().map(|s| (s, records.get(&s.order.id)));
    let report = audit::audit(orders, &calls, &BTreeSet::new());
    Ok(verdict::pronounce(&Evidence {
        scenarios,
        records: &records,
        calls: &calls,
        report: &report,
        seen: &witnessed,
        trouble: &trouble,
        kills_wanted: args.kills,
    }))
}

/// The worker: this very program, started as `process-order worker`.
fn launch(store: &str, services: &Services, folder: &Path) -> anyhow::Result<Launch> {
    let variables = services.endpoints().variables();
    Ok(Launch {
        program: std::env::current_exe().context("cannot find this program")?,
        args: ["worker", "--store", store, "--lease", LEASE]
            .map(OsString::from)
            .to_vec(),
        variables: variables
            .map(|(name, url)| (name.to_owned(), url.to_owned()))
            .to_vec(),
        logs: folder.to_owned(),
    })
}

/// Waits until the worker is at work, so that the first order finds it there.
async fn until_ready(client: &Client, folder: &Path) -> anyhow::Result<()> {
    let deadline = Instant::now() + START;
    while !client.workers().await?.iter().any(|worker| worker.alive) {
        if Instant::now() >= deadline {
            let log = std::fs::read_to_string(folder.join("worker-1.log")).unwrap_or_default();
            anyhow::bail!("the worker does not start:\n{log}");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}

/// All the customers.
struct Course<'a> {
    client: &'a Client,
    scenarios: &'a [Scenario],
    news: UnboundedSender<News>,
}

impl Course<'_> {
    /// Lets every customer order, one after the other, and waits for all. Answers what went wrong
    /// for a customer.
    async fn run(self) -> Vec<String> {
        let mut customers = JoinSet::new();
        for scenario in self.scenarios {
            let (client, scenario) = (self.client.clone(), scenario.clone());
            let news = self.news.clone();
            customers.spawn(async move {
                let order = customer::order(&client, &scenario, &news);
                match tokio::time::timeout(PATIENCE, order).await {
                    Ok(done) => done,
                    Err(_) => anyhow::bail!("{} does not end", scenario.order.id),
                }
            });
            tokio::time::sleep(PACE).await;
        }
        let mut trouble = Vec::new();
        while let Some(customer) = customers.join_next().await {
            match customer {
                Ok(Ok(())) => {}
                Ok(Err(error)) => trouble.push(format!("{error:#}")),
                Err(panic) => trouble.push(panic.to_string()),
            }
        }
        trouble
    }
}

async fn records(
    client: &Client,
    scenarios: &[Scenario],
) -> anyhow::Result<BTreeMap<String, OnRecord>> {
    let mut records = BTreeMap::new();
    for scenario in scenarios {
        let id = &scenario.order.id;
        if let Some(record) = audit::read(client, id).await? {
            records.insert(id.clone(), record);
        }
    }
    Ok(records)
}

/// What the narrator needs to know about the kills.
pub(crate) type Kills = UnboundedSender<Kill>;
