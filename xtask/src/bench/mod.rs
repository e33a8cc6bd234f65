//! `bench`: orders per second and latency, beside the floor of bare SQLite in the same run.

mod floor;
mod report;
mod workload;

use anyhow::Context;
use durable_runtime::Client;
use durable_runtime::engine::{Worker, WorkerOptions};
use durable_runtime::store::sqlite::{SqliteOptions, SqliteStore};
use floor::Bytes;
use report::Row;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use workload::{Order, start_bench_order};

/// Arguments of `bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many orders each measurement runs with many in flight.
    #[arg(long, default_value_t = 20_000)]
    orders: usize,
    /// How many orders run one at a time.
    #[arg(long, default_value_t = 1_000)]
    single: usize,
    /// How many orders are in flight, for each measurement.
    #[arg(long, value_delimiter = ',', default_value = "1,16,256")]
    in_flight: Vec<usize>,
    /// The folder for the databases; they should be on the disk that you care about.
    /// Default: a temporary folder in `target`.
    #[arg(long)]
    folder: Option<PathBuf>,
}

/// Sizes as this project stores them for the workload; the floor writes the same.
const BYTES: Bytes = Bytes {
    input: 220,
    result: 160,
    frame: 420,
};

/// Measures and prints.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let parent = args
        .folder
        .clone()
        .unwrap_or_else(|| PathBuf::from("target"));
    std::fs::create_dir_all(&parent)?;
    let folder = tempfile::tempdir_in(parent)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let mut rows = Vec::new();
    for &in_flight in &args.in_flight {
        let orders = if in_flight == 1 {
            args.single
        } else {
            args.orders
        };
        let floor = floor::run(folder.path(), orders, in_flight, BYTES)?;
        let ours = runtime.block_on(durable(folder.path(), orders, in_flight))?;
        rows.push(Row {
            in_flight,
            orders,
            floor,
            ours,
        });
    }
    report::print(&rows);
    Ok(ExitCode::SUCCESS)
}

/// What this project does.
#[derive(Debug)]
struct Durable {
    /// Orders per second, from the first start to the last result.
    rate: f64,
    /// From start to result, one for each order.
    latencies: Vec<Duration>,
}

async fn durable(folder: &Path, orders: usize, in_flight: usize) -> anyhow::Result<Durable> {
    let path = folder.join(format!("durable-{in_flight}.db"));
    let store = Arc::new(SqliteStore::open(path, SqliteOptions::default()).await?);
    let worker = Worker::new(store.clone(), WorkerOptions::default());
    let client = Client::with_link(store, Arc::new(worker.link()));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let worker = tokio::spawn(worker.run(async {
        let _ = stopped.await;
    }));

    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let clients = (0..in_flight).map(|_| {
        let (client, next) = (client.clone(), next.clone());
        tokio::spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= orders {
                    return anyhow::Ok(latencies);
                }
                let order = Order::new(number);
                let start = Instant::now();
                let handle = start_bench_order(&client, order.id.clone(), order).await?;
                handle.result().await?.map_err(|e| anyhow::anyhow!("{e}"))?;
                latencies.push(start.elapsed());
            }
        })
    });
    let clients: Vec<_> = clients.collect();
    let mut latencies = Vec::with_capacity(orders);
    for client in clients {
        latencies.extend(client.await??);
    }
    let elapsed = began.elapsed();
    // The worker may have stopped by itself; its answer says why.
    let _ = stop.send(());
    worker.await?.context("the worker failed")?;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 orders")]
    let rate = orders as f64 / elapsed.as_secs_f64();
    Ok(Durable { rate, latencies })
}
