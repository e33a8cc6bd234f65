//! `cargo xtask mutants`: breaks the compiler on purpose, and demands that a test says so.
//!
//! The tracked files are copied, one passage of the copy is replaced, and tests run until one
//! fails: cheap ones first. A mutation that no test catches is a gap in the tests.

mod table;

use anyhow::{Context, ensure};
use comfy_table::Table;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use table::{MUTATIONS, Mutation};

/// What runs against each mutation, cheapest first.
const CHECKS: &[(&str, &[&str])] = &[
    (
        "tests of the compiler",
        &["test", "--quiet", "--package", "durable-macros", "--lib"],
    ),
    (
        "random programs",
        &[
            "run",
            "--quiet",
            "--package",
            "xtask",
            "--",
            "equivalence",
            "--programs",
            "60",
        ],
    ),
    (
        "equivalence tests",
        &[
            "test",
            "--quiet",
            "--package",
            "durable-tests",
            "--test",
            "equivalence",
        ],
    ),
    (
        "compile errors",
        &[
            "test",
            "--quiet",
            "--package",
            "durable-tests",
            "--test",
            "ui",
        ],
    ),
];

/// Which mutations to try.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only mutations whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// Run every check against every mutation, not only until one catches it.
    #[arg(long)]
    all: bool,
    /// The checks pass without a mutation, as the gate has shown for this commit: do not try.
    #[arg(long)]
    passed: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask has a parent")?;
    let copy = root.join("target/mutants/tree");
    copied(root, &copy)?;
    for (name, check) in CHECKS.iter().filter(|_| !args.passed) {
        let done = cargo(&copy, check)?;
        ensure!(
            done.status.success(),
            "{name} fail without a mutation:\n{}",
            String::from_utf8_lossy(&done.stdout)
        );
    }
    let mut table = Table::new();
    table.set_header(["mutation", "caught by"]);
    let mut survived = 0;
    let wanted = |m: &&Mutation| args.only.as_ref().is_none_or(|part| m.name.contains(part));
    for mutation in MUTATIONS.iter().filter(wanted) {
        let caught = tried(&copy, mutation, args.all)?;
        println!("{}: {}", mutation.name, caught.join(", "));
        survived += usize::from(caught.is_empty());
        let by = if caught.is_empty() {
            "NOTHING".to_owned()
        } else {
            caught.join(", ")
        };
        table.add_row([mutation.name.to_owned(), by]);
    }
    println!("{table}\nmutants: {survived} survived");
    Ok(if survived == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The checks that fail with this mutation.
fn tried(copy: &Path, mutation: &Mutation, all: bool) -> anyhow::Result<Vec<&'static str>> {
    let file = copy.join(mutation.file);
    let before = fs::read_to_string(&file).with_context(|| mutation.file.to_owned())?;
    ensure!(
        before.matches(mutation.from).count() == 1,
        "{}: the passage of `{}` does not stand there exactly once; update xtask/src/mutants/table.rs",
        mutation.file,
        mutation.name
    );
    fs::write(&file, before.replacen(mutation.from, mutation.to, 1))?;
    let caught = checked(copy, mutation, all);
    fs::write(&file, before)?;
    caught
}

fn checked(copy: &Path, mutation: &Mutation, all: bool) -> anyhow::Result<Vec<&'static str>> {
    // A mutation that does not compile would be caught by everything, and shows nothing.
    let compiled = cargo(copy, &["check", "--quiet", "--package", "durable-runtime"])?;
    ensure!(
        compiled.status.success(),
        "`{}` does not compile:\n{}",
        mutation.name,
        String::from_utf8_lossy(&compiled.stderr)
    );
    let mut caught = Vec::new();
    for (name, check) in CHECKS {
        if !cargo(copy, check)?.status.success() {
            caught.push(*name);
            if !all {
                break;
            }
        }
    }
    Ok(caught)
}

fn cargo(copy: &Path, arguments: &[&str]) -> anyhow::Result<Output> {
    Command::new(env!("CARGO"))
        .args(arguments)
        .env("CARGO_TARGET_DIR", copy.with_file_name("build"))
        .env("RUST_BACKTRACE", "0")
        .current_dir(copy)
        .output()
        .context("cargo does not start")
}

/// Copies the tracked files as they are now; a file that has not changed keeps its time, so that
/// little is built again.
fn copied(root: &Path, copy: &Path) -> anyhow::Result<()> {
    let listed = Command::new("git")
        .arg("ls-files")
        .current_dir(root)
        .output()?;
    for path in String::from_utf8(listed.stdout)?.lines().map(PathBuf::from) {
        let (from, to) = (root.join(&path), copy.join(&path));
        let Ok(contents) = fs::read(&from) else {
            continue;
        };
        if fs::read(&to).is_ok_and(|old| old == contents) {
            continue;
        }
        fs::create_dir_all(to.parent().context("a file has a directory")?)?;
        fs::write(&to, contents)?;
    }
    Ok(())
}
