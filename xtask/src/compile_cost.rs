//! `cargo xtask compile-cost`: what `#[workflow]` costs rustc, beside the plain `async fn`.
//!
//! The same function is checked twice by the same rustc, without cargo and with warm
//! dependencies: 50 locals and 200 awaits, with few and with all locals live, and 100 small ones.

use anyhow::{Context, ensure};
use comfy_table::Table;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

/// A large workflow may cost this many times its plain function. Many small ones cost more each:
/// their tables and their registration weigh as much as their code.
const RATIO_MAX: f64 = 6.0;

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Runs of each; the median counts.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Fail when a large workflow is over the limit (6).
    #[arg(long)]
    strict: bool,
    /// Keep the generated sources in this directory.
    #[arg(long)]
    keep: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    ensure!(args.runs > 0, "--runs must be at least 1");
    let scratch = tempfile::tempdir().context("a place for the sources")?;
    let dir = args.keep.as_deref().unwrap_or(scratch.path());
    fs::create_dir_all(dir)?;
    let runtime = built_runtime()?;
    let mut table = Table::new();
    table.set_header(["function", "plain", "#[workflow]", "ratio"]);
    let mut worst: f64 = 0.0;
    for (name, body, limited) in [
        ("50 locals × 200 awaits, few live", large(false), true),
        ("50 locals × 200 awaits, all live", large(true), true),
        ("100 × 8 locals, 10 awaits", small(100), false),
    ] {
        let plain = median(args.runs, dir, &runtime, &source(&body, ""))?;
        let workflow = median(args.runs, dir, &runtime, &source(&body, "#[workflow]"))?;
        let ratio = workflow.as_secs_f64() / plain.as_secs_f64();
        if limited {
            worst = worst.max(ratio);
        }
        let [plain, workflow] = [plain, workflow].map(|d| format!("{:.2} s", d.as_secs_f64()));
        table.add_row([name.to_owned(), plain, workflow, format!("{ratio:.1}")]);
    }
    println!(
        "rustc alone, metadata only, median of {} runs\n{table}",
        args.runs
    );
    if worst > RATIO_MAX {
        println!("over the limit of {RATIO_MAX}");
        if args.strict {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Functions, without their attribute: `@` stands for it.
fn large(all: bool) -> String {
    let mut code =
        String::from("@\npub async fn large(start: u64) -> u64 {\nlet mut total = start;\n");
    let begin = |code: &mut String, n: usize| {
        let (ty, call) = if n.is_multiple_of(2) {
            ("u64", "number(total)")
        } else {
            ("String", "text(total)")
        };
        let _ = writeln!(
            code,
            "let mut l{n}: {ty} = {call}.await.unwrap_or_default();"
        );
    };
    let again = |code: &mut String, n: usize| {
        let _ = match n % 2 {
            0 => writeln!(code, "l{n} += number(l{n}).await.unwrap_or_default();"),
            _ => writeln!(
                code,
                "l{n}.push_str(&text(total).await.unwrap_or_default());"
            ),
        };
    };
    let end = |code: &mut String, n: usize| {
        let value = if n.is_multiple_of(2) {
            format!("l{n}")
        } else {
            format!("l{n}.len() as u64")
        };
        let _ = writeln!(code, "total = total.wrapping_add({value});");
    };
    if all {
        (0..50).for_each(|n| begin(&mut code, n));
        (0..150).for_each(|n| again(&mut code, n % 50));
        (0..50).for_each(|n| end(&mut code, n));
    } else {
        for n in 0..50 {
            begin(&mut code, n);
            (0..3).for_each(|_| again(&mut code, n));
            end(&mut code, n);
        }
    }
    code + "total\n}\n"
}

fn small(count: usize) -> String {
    let mut code = String::new();
    for f in 0..count {
        let _ = writeln!(code, "@\npub async fn small{f}(start: u64) -> u64 {{");
        for n in 0..8 {
            let _ = writeln!(
                code,
                "let l{n} = number(start + {n}).await.unwrap_or_default();"
            );
        }
        let sum: Vec<_> = (0..8).map(|n| format!("l{n}")).collect();
        let _ = writeln!(
            code,
            "if start > 1 {{ let _ = text(l1).await; let _ = text(l2).await; }}"
        );
        let _ = writeln!(code, "{}\n}}", sum.join(" + "));
    }
    code
}

fn source(body: &str, attribute: &str) -> String {
    let activity = if attribute.is_empty() {
        ""
    } else {
        "#[activity]"
    };
    let error = if attribute.is_empty() { "()" } else { "String" };
    format!(
        "#![allow(unused, clippy::all)]\nuse durable_runtime::prelude::*;\n\
         {activity}\nasync fn number(n: u64) -> Result<u64, {error}> {{ Ok(n) }}\n\
         {activity}\nasync fn text(n: u64) -> Result<String, {error}> {{ Ok(n.to_string()) }}\n{}",
        body.replace('@', attribute)
    )
}

fn median(runs: usize, dir: &Path, runtime: &Runtime, source: &str) -> anyhow::Result<Duration> {
    let file = dir.join(if source.contains("#[workflow]") {
        "workflow.rs"
    } else {
        "plain.rs"
    });
    fs::write(&file, source)?;
    let mut times = Vec::new();
    for _ in 0..runs {
        let mut rustc = Command::new("rustc");
        rustc
            .args([
                "--edition",
                "2024",
                "--crate-type",
                "lib",
                "--emit",
                "metadata",
            ])
            .args(["--crate-name", "cost"])
            .arg("-L")
            .arg(format!("dependency={}", runtime.dependencies.display()))
            .arg("--extern")
            .arg(format!("durable_runtime={}", runtime.file.display()))
            .arg("--out-dir")
            .arg(dir)
            .arg(&file);
        let begun = Instant::now();
        let done = rustc.output().context("rustc does not start")?;
        times.push(begun.elapsed());
        ensure!(
            done.status.success(),
            "{}: {}",
            file.display(),
            String::from_utf8_lossy(&done.stderr)
        );
    }
    times.sort();
    Ok(times[times.len() / 2])
}

/// The checked runtime and the directory of what it depends on.
struct Runtime {
    file: PathBuf,
    dependencies: PathBuf,
}

fn built_runtime() -> anyhow::Result<Runtime> {
    let done = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--package", "durable-runtime", "--lib"])
        .args(["--message-format", "json"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .context("cargo does not start")?;
    ensure!(done.status.success(), "durable-runtime does not compile");
    let messages = String::from_utf8(done.stdout)?;
    let file = messages
        .split('"')
        .filter(|part| part.contains("libdurable_runtime-"))
        .map(PathBuf::from)
        .find(|path| path.extension().is_some_and(|e| e == "rmeta"))
        .context("cargo does not say where it put durable-runtime")?;
    let dependencies = file.parent().context("a file has a directory")?.to_owned();
    Ok(Runtime { file, dependencies })
}
