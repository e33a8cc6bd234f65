//! Other systems with the same orders: programs of a workspace of their own, run by this one.

use anyhow::{Context, ensure};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Where they are, beside this crate's manifest.
const MANIFEST: &str = "peers/Cargo.toml";

/// Orders that have ended.
#[derive(Clone, Debug)]
pub(super) struct Done {
    /// From start to result, one for each order.
    pub(super) latencies: Vec<Duration>,
    /// All together.
    pub(super) took: Duration,
}

/// Another system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Peer {
    name: &'static str,
    postgres: bool,
}

/// The fastest first, as far as is known.
pub(super) const ALL: [Peer; 4] = [
    Peer {
        name: "durare",
        postgres: false,
    },
    Peer {
        name: "durare FULL",
        postgres: false,
    },
    Peer {
        name: "dbos",
        postgres: true,
    },
    Peer {
        name: "duroxide",
        postgres: false,
    },
];

impl Peer {
    pub(super) fn name(self) -> &'static str {
        self.name
    }
}

/// What became of a measurement.
#[derive(Debug)]
pub(super) enum Answer {
    /// It went on, with these settings.
    Done { done: Done, settings: String },
    /// It was not tried, for this reason.
    Skipped(&'static str),
}

/// The program that measures them.
#[derive(Debug)]
pub(super) struct Peers {
    program: PathBuf,
    postgres: Option<String>,
}

/// What it prints.
#[derive(Debug, Deserialize)]
struct Printed {
    settings: String,
    nanos: u64,
    latencies: Vec<u64>,
}

impl Peers {
    /// Builds it, which takes minutes for the first time.
    pub(super) fn build(postgres: Option<String>) -> anyhow::Result<Self> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let target = here.with_file_name("target").join("peers");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .args(["build", "--release", "--locked", "--manifest-path"])
            .arg(here.join(MANIFEST))
            .arg("--target-dir")
            .arg(&target)
            .status()
            .context("cannot run cargo build")?;
        ensure!(status.success(), "the peers cannot be built ({status})");
        let program = target
            .join("release/durable-peers")
            .with_extension(std::env::consts::EXE_EXTENSION);
        Ok(Self { program, postgres })
    }

    /// Places orders for so long, so many in flight.
    pub(super) fn orders(
        &self,
        peer: Peer,
        in_flight: usize,
        window: Duration,
        folder: &Path,
    ) -> anyhow::Result<Answer> {
        let mut command = Command::new(&self.program);
        command
            .arg(peer.name)
            .arg(in_flight.to_string())
            .arg(window.as_millis().to_string())
            .arg(folder);
        if peer.postgres {
            let Some(postgres) = &self.postgres else {
                let why = "it needs PostgreSQL, and there is no --postgres URL";
                return Ok(Answer::Skipped(why));
            };
            command.arg(postgres);
        }
        let output = command
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("cannot run {}", self.program.display()))?;
        ensure!(output.status.success(), "{} failed", peer.name);
        // Some of them log to where this goes.
        let last = output
            .stdout
            .trim_ascii()
            .rsplit(|&byte| byte == b'\n')
            .next();
        let printed: Printed = serde_json::from_slice(last.unwrap_or_default())
            .with_context(|| format!("{} printed something else", peer.name))?;
        ensure!(
            !printed.latencies.is_empty(),
            "{} ended no order",
            peer.name
        );
        let latencies = printed.latencies.into_iter().map(Duration::from_nanos);
        Ok(Answer::Done {
            done: Done {
                latencies: latencies.collect(),
                took: Duration::from_nanos(printed.nanos),
            },
            settings: printed.settings,
        })
    }
}
