//! The application under attack: the order example, built like this program.

use anyhow::Context;
use std::path::PathBuf;
use std::process::Command;

const NAME: &str = "process-order";

/// Builds the example's binary with the profile of this program. It then lies beside it.
pub(super) fn build() -> anyhow::Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args([
        "build",
        "--quiet",
        "--package",
        "durable-examples",
        "--bin",
        NAME,
    ]);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    let status = build.status().context("cannot run cargo build")?;
    anyhow::ensure!(status.success(), "{NAME} cannot be built ({status})");
    let program = std::env::current_exe()
        .context("cannot find this program")?
        .with_file_name(NAME)
        .with_extension(std::env::consts::EXE_EXTENSION);
    anyhow::ensure!(program.exists(), "{} is missing", program.display());
    Ok(program)
}
