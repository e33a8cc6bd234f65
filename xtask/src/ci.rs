//! `cargo xtask ci`: the gate, as continuous integration runs it.

use anyhow::Context;
use std::path::Path;
use std::process::{Command, ExitCode};

/// Runs `.ci/run`.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let status = Command::new("bash")
        .arg(".ci/run")
        .current_dir(root)
        .status()
        .context("cannot run bash .ci/run")?;
    anyhow::ensure!(status.success(), "the gate is closed ({status})");
    Ok(ExitCode::SUCCESS)
}
