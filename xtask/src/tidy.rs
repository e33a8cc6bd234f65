//! `tidy`: rules of the repository that no compiler checks.

use anyhow::Context;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// A longer file is more than one idea.
const LINES_MAX: usize = 500;

/// Runs all checks and reports every violation.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask has a parent")?;
    let files = tracked(root)?;
    let mut wrong = Vec::new();
    guarantees(root, &files, &mut wrong)?;
    for path in &files {
        let Ok(text) = fs::read_to_string(root.join(path)) else {
            continue;
        };
        if path.extension().is_some_and(|e| e == "rs") {
            rust_file(path, &text, &mut wrong);
        }
        if path.extension().is_some_and(|e| e == "md") {
            document(root, path, &text, &mut wrong);
        }
        if path.file_name().is_some_and(|n| n == "Cargo.toml")
            && path.components().count() > 1
            && !text.contains("[lints]\nworkspace = true")
        {
            wrong.push(format!(
                "{}: does not inherit the workspace's lints",
                path.display()
            ));
        }
    }
    if wrong.is_empty() {
        println!("tidy: {} files, nothing to mend", files.len());
        return Ok(ExitCode::SUCCESS);
    }
    for line in &wrong {
        eprintln!("{line}");
    }
    eprintln!("tidy: {} to mend", wrong.len());
    Ok(ExitCode::FAILURE)
}

fn tracked(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let output = Command::new("git")
        .arg("ls-files")
        .current_dir(root)
        .output()?;
    let list = String::from_utf8(output.stdout)?;
    Ok(list
        .lines()
        .map(PathBuf::from)
        .filter(|p| root.join(p).exists())
        .collect())
}

fn rust_file(path: &Path, text: &str, wrong: &mut Vec<String>) {
    let lines = text.lines().count();
    if lines > LINES_MAX {
        wrong.push(format!(
            "{}: {lines} lines, more than {LINES_MAX}",
            path.display()
        ));
    }
    let ui_case = path.components().any(|c| c.as_os_str() == "ui");
    let documented = text
        .lines()
        .find(|l| !l.trim().is_empty())
        .is_some_and(|l| l.starts_with("//!") || l.starts_with("#![") || l.starts_with("// "));
    if !ui_case && !documented {
        wrong.push(format!(
            "{}: does not begin with a sentence on what it is",
            path.display()
        ));
    }
    // An encoder with a limit refuses values that are large together, however well each one fits.
    let ours = path.starts_with("durable-runtime/src") && !path.ends_with("tests.rs");
    if ours && !path.components().any(|c| c.as_os_str() == "tests") {
        for (n, line) in text.lines().enumerate() {
            if line.contains("codec::encode(") && line.contains(".expect(") {
                let at = path.display();
                wrong.push(format!(
                    "{at}:{}: expects to encode; see `encode_plain`",
                    n + 1
                ));
            }
        }
    }
    for marker in ["TODO", "FIXME", "XXX"] {
        let quoted = format!("\"{marker}\"");
        if text
            .lines()
            .any(|l| l.contains(marker) && !l.contains(&quoted))
        {
            wrong.push(format!("{}: contains {marker}", path.display()));
        }
    }
}

/// Every path that a document names in backquotes exists.
fn document(root: &Path, path: &Path, text: &str, wrong: &mut Vec<String>) {
    for quoted in text.split('`').skip(1).step_by(2) {
        let looks_like_path = quoted.contains('/')
            && !quoted.contains([' ', ':', '*', '<', '{', '…', '(', '=', ','])
            && [
                "durable-macros/",
                "durable-runtime/",
                "examples/",
                "tests/",
                "xtask/",
                "docs/",
            ]
            .iter()
            .any(|top| quoted.starts_with(top));
        if looks_like_path && !root.join(quoted).exists() {
            wrong.push(format!(
                "{}: names `{quoted}`, which does not exist",
                path.display()
            ));
        }
    }
}

/// Every test that backs a promise exists: those in the last column of the tables on these pages.
fn guarantees(root: &Path, files: &[PathBuf], wrong: &mut Vec<String>) -> anyhow::Result<()> {
    let code: String = files
        .iter()
        .filter(|p| p.extension().is_some_and(|e| e == "rs"))
        .filter_map(|p| fs::read_to_string(root.join(p)).ok())
        .collect();
    for page in ["docs/guarantees.md", "docs/coming-from-temporal.md"] {
        let text = fs::read_to_string(root.join(page))?;
        let rows = text.lines().filter_map(|line| line.strip_suffix('|'));
        let cells = rows.filter_map(|row| row.rsplit('|').next());
        for test in cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)) {
            if !code.contains(&format!("fn {test}(")) {
                wrong.push(format!("{page}: there is no test `{test}`"));
            }
        }
    }
    Ok(())
}
