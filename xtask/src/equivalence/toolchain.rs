//! Finds what generated programs are linked with, and calls rustc.

use anyhow::{Context, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace, built: programs are compiled against it without cargo.
#[derive(Debug)]
pub(super) struct Toolchain {
    tests: PathBuf,
    runtime: PathBuf,
    dependencies: PathBuf,
}

/// One error of rustc.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    /// The source file that a user would look into, without its extension.
    pub(super) program: Option<String>,
    /// As rustc shows it.
    pub(super) text: String,
}

impl Toolchain {
    /// Builds the workspace's libraries.
    pub(super) fn build(root: &Path) -> anyhow::Result<Self> {
        let done = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "durable-tests", "--lib"])
            .args(["--message-format", "json"])
            .current_dir(root)
            .output()
            .context("cargo does not start")?;
        ensure!(
            done.status.success(),
            "durable-tests does not compile: run `cargo build -p durable-tests`"
        );
        let messages = String::from_utf8(done.stdout)?;
        let find = |name: &str| {
            messages
                .lines()
                .filter_map(|line| serde_json::from_str::<Value>(line).ok())
                .filter(|m| m["target"]["name"] == name && m["filenames"].is_array())
                .flat_map(|m| m["filenames"].as_array().cloned().unwrap_or_default())
                .filter_map(|file| file.as_str().map(PathBuf::from))
                .find(|file| file.extension().is_some_and(|e| e == "rlib"))
                .with_context(|| format!("cargo does not say where it put {name}"))
        };
        let runtime = find("durable_runtime")?;
        let dependencies = runtime
            .parent()
            .context("a file has a directory")?
            .to_owned();
        Ok(Self {
            tests: find("durable_tests")?,
            runtime,
            dependencies,
        })
    }

    /// Compiles `root` to a test binary, or only checks it; what rustc finds wrong.
    pub(super) fn compile(&self, root: &Path, binary: Option<&Path>) -> anyhow::Result<Vec<Fault>> {
        let mut rustc = Command::new("rustc");
        rustc
            .args(["--edition", "2024", "--test", "--crate-name", "programs"])
            .args(["--error-format", "json", "--cap-lints", "allow"])
            .args([
                "-C",
                "debuginfo=0",
                "-C",
                "opt-level=0",
                "-C",
                "codegen-units=4",
            ])
            .arg("-L")
            .arg(format!("dependency={}", self.dependencies.display()))
            .arg("--extern")
            .arg(format!("durable_tests={}", self.tests.display()))
            .arg("--extern")
            .arg(format!("durable_runtime={}", self.runtime.display()))
            .arg(root);
        match binary {
            Some(binary) => rustc.arg("-o").arg(binary),
            None => rustc
                .args(["--emit", "metadata", "-o"])
                .arg(root.with_extension("rmeta")),
        };
        let done = rustc.output().context("rustc does not start")?;
        if done.status.success() {
            return Ok(Vec::new());
        }
        let text = String::from_utf8_lossy(&done.stderr);
        let faults: Vec<Fault> = text
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|m| m["level"] == "error" && !m["spans"].as_array().is_none_or(Vec::is_empty))
            .map(|m| Fault {
                program: m["spans"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .find_map(program),
                text: m["rendered"].as_str().unwrap_or_default().to_owned(),
            })
            .collect();
        ensure!(!faults.is_empty(), "rustc fails: {text}");
        Ok(faults)
    }
}

/// The generated file to which a place leads, through the macros around it.
fn program(span: &Value) -> Option<String> {
    let file = Path::new(span["file_name"].as_str()?);
    let name = file.file_stem()?.to_str()?;
    let number = name.strip_prefix(super::PREFIX).unwrap_or_default();
    if !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '_') {
        return Some(name.to_owned());
    }
    program(&span["expansion"]["span"])
}
