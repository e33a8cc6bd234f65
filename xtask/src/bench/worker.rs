//! A worker process for the scenarios that kill it, watch it, or measure the way to it.

use super::workload::doomed;
use anyhow::Context;
use durable_runtime::engine::{Worker, WorkerOptions};
use durable_runtime::store::sqlite::{SqliteOptions, SqliteStore};
use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// Arguments of the hidden verb.
#[derive(Debug, clap::Args)]
pub(crate) struct WorkerArgs {
    #[arg(long)]
    database: PathBuf,
    #[arg(long)]
    lease_ms: u64,
}

/// Works until it is killed.
pub(crate) fn work(args: &WorkerArgs) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    doomed::begin();
    runtime.block_on(async {
        let store = SqliteStore::open(&args.database, SqliteOptions::default()).await?;
        println!("opened");
        let options = WorkerOptions {
            lease: Duration::from_millis(args.lease_ms),
            ..WorkerOptions::default()
        };
        let worker = Worker::new(Arc::new(store), options);
        worker.run(std::future::pending()).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Such a process. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts one, and returns when it has opened the database.
    pub(super) fn start(database: &Path, lease: Duration) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("cannot find this program")?;
        let mut child = Command::new(program)
            .arg("bench-worker")
            .arg("--database")
            .arg(database)
            .arg("--lease-ms")
            .arg(lease.as_millis().to_string())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start a worker process")?;
        let output = child.stdout.take().context("it has an output")?;
        let lines = BufReader::new(output).lines();
        let mut process = Self { child, lines };
        process.wait_for("opened")?;
        Ok(process)
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line that begins so; gives the rest of it.
    pub(super) fn wait_for(&mut self, begin: &str) -> anyhow::Result<String> {
        loop {
            let line = self
                .lines
                .next()
                .context("the worker process has ended")??;
            if let Some(rest) = line.strip_prefix(begin) {
                return Ok(rest.trim().to_owned());
            }
        }
    }
}

/// `SIGKILL`.
impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
