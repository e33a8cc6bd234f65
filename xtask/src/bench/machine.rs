//! What the figures were measured on, as far as it tells.

use anyhow::Context;
use serde::Serialize;
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::figures::quantile;

/// The machine and what runs on it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Machine {
    cpu: String,
    cores: usize,
    memory: String,
    kernel: String,
    disk: String,
    sync: String,
    sqlite: String,
    rustc: String,
    commit: String,
    profile: String,
    load: String,
}

/// How often the disk is asked to sync.
const SYNCS: usize = 100;

impl Machine {
    /// Looks around; databases will lie in `folder`.
    pub(super) fn look(folder: &Path) -> anyhow::Result<Self> {
        let unknown = || "unknown".to_owned();
        Ok(Self {
            cpu: field("/proc/cpuinfo", "model name").unwrap_or_else(unknown),
            cores: std::thread::available_parallelism()?.get(),
            memory: memory().unwrap_or_else(unknown),
            kernel: line("/proc/sys/kernel/osrelease").unwrap_or_else(unknown),
            disk: disk(folder).unwrap_or_else(unknown),
            sync: sync(folder)?,
            sqlite: rusqlite::version().to_owned(),
            rustc: said("rustc", &["--version"]).unwrap_or_else(unknown),
            commit: commit().unwrap_or_else(unknown),
            profile: if cfg!(debug_assertions) {
                "debug"
            } else {
                "release"
            }
            .to_owned(),
            load: line("/proc/loadavg").unwrap_or_else(unknown),
        })
    }

    /// All of it, in a few lines.
    pub(super) fn lines(&self) -> [String; 3] {
        let idle = self.load.split(' ').next().unwrap_or_default();
        [
            format!(
                "{}, {} cores, {}, Linux {}; load average before: {idle}",
                self.cpu, self.cores, self.memory, self.kernel
            ),
            format!("{}; {}", self.disk, self.sync),
            format!(
                "SQLite {}, WAL, synchronous=FULL; {}, {}; commit {}",
                self.sqlite, self.rustc, self.profile, self.commit
            ),
        ]
    }
}

fn line(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.lines().next()?.trim().to_owned())
}

fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn memory() -> Option<String> {
    let total = field("/proc/meminfo", "MemTotal")?;
    let kibibytes: u64 = total.split_whitespace().next()?.parse().ok()?;
    Some(format!("{} GiB", kibibytes >> 20))
}

fn said(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

fn commit() -> Option<String> {
    let commit = said("git", &["rev-parse", "--short=10", "HEAD"])?;
    let changed = !said("git", &["status", "--porcelain"])?.is_empty();
    Some(commit + if changed { " with changes" } else { "" })
}

/// The device and the file system on which the folder lies.
fn disk(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some((words.next()?, words.next()?, words.next()?))
    });
    let (device, at, kind) = mounts
        .filter(|(_, at, _)| folder.starts_with(at))
        .max_by_key(|(_, at, _)| at.len())?;
    Some(format!("{kind} on {device} at {at}"))
}

/// How long the disk takes to write and sync a page.
fn sync(folder: &Path) -> anyhow::Result<String> {
    let mut file = tempfile::tempfile_in(folder).context("cannot write to the disk")?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let began = Instant::now();
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        times.push(began.elapsed());
    }
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    Ok(format!(
        "fdatasync of 4 KiB: p50 {:.2} ms, p99 {:.2} ms",
        millis(quantile(&times, 0.5)),
        millis(quantile(&times, 0.99))
    ))
}
