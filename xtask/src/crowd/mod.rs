//! `crowd`: much of one kind in one process. Each crowd is counted and checked when it is through.

pub(crate) mod sleepers;
pub(crate) mod workload;

use crate::local::{self, each};
use crate::process;
use anyhow::{Context, ensure};
use comfy_table::{CellAlignment, Table, presets};
use durable_runtime::Client;
use durable_runtime::engine::WorkerOptions;
use sleepers::{fall_asleep, lateness};
use std::collections::BTreeSet;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};
use workload::{ADD, NUMBER, start_crowd_counter, start_crowd_listener, start_crowd_parent};

/// What `--check` allows the process to take, with crowds that are small.
const RESIDENT_MAX: u64 = 128 << 20;

/// Arguments of `crowd`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// Updates to one workflow.
    #[arg(long, default_value_t = 1_000)]
    updates: usize,
    /// Signals to one workflow.
    #[arg(long, default_value_t = 10_000)]
    signals: usize,
    /// Children of one workflow.
    #[arg(long, default_value_t = 10_000)]
    children: usize,
    /// Workflows that sleep at the same time.
    #[arg(long, default_value_t = 100_000)]
    timers: usize,
    /// How many clients send at the same time.
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// The folder for the databases; they should be on the disk that you care about.
    /// Default: a temporary folder in `target`.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Small crowds, whatever else is said, and a limit to the memory that they may take.
    #[arg(long)]
    check: bool,
}

impl Args {
    /// Crowds that a gate has time for.
    fn small(&self) -> Self {
        Self {
            updates: 100,
            signals: 1_000,
            children: 500,
            timers: 1_000,
            ..self.clone()
        }
    }
}

/// One crowd that is through.
struct Row {
    what: &'static str,
    many: usize,
    took: Duration,
    resident: Option<u64>,
    checked: String,
}

/// Runs all crowds, one after another.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let small = args.small();
    let args = if args.check { &small } else { args };
    let parent = args
        .folder
        .clone()
        .unwrap_or_else(|| PathBuf::from("target"));
    std::fs::create_dir_all(&parent)?;
    let folder = tempfile::tempdir_in(parent)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let rows = runtime.block_on(async {
        let at = folder.path();
        anyhow::Ok([
            updates(at, args).await.context("updates")?,
            signals(at, args).await.context("signals")?,
            children(at, args).await.context("children")?,
            timers(at, args).await.context("timers")?,
        ])
    })?;
    print(&rows);
    if args.check {
        let most = rows.iter().filter_map(|row| row.resident).max();
        let most = most.unwrap_or(0);
        ensure!(
            most <= RESIDENT_MAX,
            "it took {} MiB, and {} are allowed",
            most >> 20,
            RESIDENT_MAX >> 20
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn print(rows: &[Row]) {
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    table.set_header([
        "crowd",
        "many",
        "seconds",
        "per second",
        "resident",
        "checked",
    ]);
    for row in rows {
        let seconds = row.took.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let rate = row.many as f64 / seconds;
        table.add_row([
            row.what.to_owned(),
            row.many.to_string(),
            format!("{seconds:.1}"),
            format!("{rate:.0}"),
            row.resident.map_or_else(
                || "unknown".to_owned(),
                |bytes| format!("{} MiB", bytes >> 20),
            ),
            row.checked.clone(),
        ]);
    }
    for index in 1..5 {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    println!(
        "one process, SQLite, WAL, synchronous=FULL; resident: at most, since the process began"
    );
    println!("{table}");
}

/// Runs a crowd beside a worker on a database of its own.
async fn with_worker<T, F: Future<Output = anyhow::Result<T>>>(
    folder: &Path,
    name: &str,
    crowd: impl FnOnce(Client) -> F,
) -> anyhow::Result<T> {
    let path = folder.join(format!("{name}.db"));
    local::with_worker(&path, WorkerOptions::default(), crowd).await
}

async fn updates(folder: &Path, args: &Args) -> anyhow::Result<Row> {
    let (many, clients) = (args.updates, args.clients);
    with_worker(folder, "updates", |client| async move {
        let handle = start_crowd_counter(&client, "counter", many).await?;
        let began = Instant::now();
        let asked = handle.clone();
        let before = each(many, clients, move |_| {
            let handle = asked.clone();
            async move { Ok(handle.update(ADD, 1).await?) }
        })
        .await?;
        let sum = handle.result().await??;
        let took = began.elapsed();
        let distinct: BTreeSet<u64> = before.iter().copied().collect();
        ensure!(sum == many as u64, "the sum of {many} updates is {sum}");
        ensure!(distinct.len() == many, "two updates saw the same sum");
        Ok(Row {
            what: "updates to one workflow",
            many,
            took,
            resident: process::peak(),
            checked: format!("sum {sum}, all answers distinct, {clients} clients"),
        })
    })
    .await
}

async fn signals(folder: &Path, args: &Args) -> anyhow::Result<Row> {
    let (many, clients) = (args.signals, args.clients);
    with_worker(folder, "signals", |client| async move {
        let handle = start_crowd_listener(&client, "listener", many).await?;
        let began = Instant::now();
        let sent = handle.clone();
        each(many, clients, move |number| {
            let handle = sent.clone();
            async move { Ok(handle.signal(NUMBER, number as u64).await?) }
        })
        .await?;
        let sum = handle.result().await??;
        let expected = (0..many as u64).sum::<u64>();
        ensure!(sum == expected, "the sum is {sum} and not {expected}");
        Ok(Row {
            what: "signals to one workflow",
            many,
            took: began.elapsed(),
            resident: process::peak(),
            checked: format!("sum {sum}, {clients} clients"),
        })
    })
    .await
}

async fn children(folder: &Path, args: &Args) -> anyhow::Result<Row> {
    let many = args.children;
    with_worker(folder, "children", |client| async move {
        let began = Instant::now();
        let handle = start_crowd_parent(&client, "parent", many as u64).await?;
        let sum = handle.result().await?;
        let sum = sum.map_err(|error| anyhow::anyhow!("{error}"))?;
        let expected = (0..many as u64).map(|n| n * n).sum::<u64>();
        ensure!(sum == expected, "the sum is {sum} and not {expected}");
        Ok(Row {
            what: "children of one workflow",
            many,
            took: began.elapsed(),
            resident: process::peak(),
            checked: format!("sum of squares {sum}"),
        })
    })
    .await
}

async fn timers(folder: &Path, args: &Args) -> anyhow::Result<Row> {
    let many = args.timers;
    with_worker(folder, "timers", |client| async move {
        // Late enough that all sleep at the same time.
        let wait = Duration::from_millis(5_000 + many as u64);
        let due = SystemTime::now() + wait;
        let began = Instant::now();
        let sleepers = fall_asleep(&client, many, due, |sleeper| sleeper).await?;
        let started = began.elapsed();
        ensure!(
            started < wait,
            "starting took {started:?}, and {wait:?} is too early for that"
        );
        let late = lateness(sleepers).await?;
        let took = began.elapsed().saturating_sub(wait);
        let (least, most) = (late.iter().min(), late.iter().max());
        let (least, most) = least.zip(most).context("no timer")?;
        Ok(Row {
            what: "timers due at once",
            many,
            took,
            resident: process::peak(),
            checked: format!(
                "none early, {} to {} ms late; started in {:.1} s",
                least.as_millis(),
                most.as_millis(),
                started.as_secs_f64()
            ),
        })
    })
    .await
}
