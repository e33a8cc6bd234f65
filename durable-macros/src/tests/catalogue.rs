//! Every code of an error has a case in `tests/ui`, and `docs/diagnostics.md` shows all of them.
//! `UPDATE_EXPECT=1 cargo test -p durable-macros` writes the page anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// What follows `before` and looks like a code: `D04`.
fn codes(text: &str, before: &str) -> BTreeSet<String> {
    let after = text.split(before).skip(1);
    let codes = after.filter_map(|rest| rest.get(..3));
    codes
        .filter(|c| c.starts_with('D') && c[1..].chars().all(|d| d.is_ascii_digit()))
        .map(str::to_owned)
        .collect()
}

/// The codes that the compiler and the traits of the runtime use.
fn known() -> BTreeSet<String> {
    let mut known = codes(&read(&root().join("durable-macros/src/diag.rs")), "=> \"");
    for file in [
        "machine/borrow.rs",
        "machine/lent.rs",
        "machine/mod.rs",
        "machine/saved.rs",
        "machine/source.rs",
        "operation/mod.rs",
    ] {
        let text = read(&root().join("durable-runtime/src").join(file));
        known.extend(codes(&text, "code: durable "));
    }
    known
}

/// The cases, by topic and name: source and what rustc says.
fn cases() -> Vec<(String, String, String)> {
    let mut cases = Vec::new();
    let folder = |path: &Path| {
        let entries = fs::read_dir(path).expect("tests/ui");
        let mut paths: Vec<_> = entries.map(|e| e.expect("an entry").path()).collect();
        paths.sort();
        paths
    };
    for topic in folder(&root().join("tests/ui")) {
        for source in folder(&topic) {
            if source.extension().is_some_and(|e| e == "rs") {
                let name = source
                    .strip_prefix(root().join("tests/ui"))
                    .expect("below it");
                let message = read(&source.with_extension("stderr"));
                cases.push((name.display().to_string(), read(&source), message));
            }
        }
    }
    cases
}

/// The source without the lines that every case has.
fn example(source: &str) -> String {
    let common = ["use durable_runtime::prelude::*;", "fn main() {}"];
    let lines: Vec<_> = source.lines().filter(|l| !common.contains(l)).collect();
    lines.join("\n").trim().to_owned()
}

/// The message up to what rustc adds about our sources.
fn message(stderr: &str) -> String {
    let ours = |l: &&str| !l.contains("note: required by") && !l.contains("help: the following");
    let lines: Vec<_> = stderr.lines().take_while(ours).collect();
    lines.join("\n")
}

#[test]
fn every_code_has_a_case_and_is_on_the_page() {
    let mut by_code: BTreeMap<String, Vec<(String, String, String)>> = BTreeMap::new();
    for case in cases() {
        for code in codes(&case.2, "code: durable ") {
            by_code.entry(code).or_default().push(case.clone());
        }
    }
    let shown: BTreeSet<_> = by_code.keys().cloned().collect();
    let missing: Vec<_> = known().difference(&shown).cloned().collect();
    assert!(missing.is_empty(), "no case in tests/ui has {missing:?}");

    let mut page = String::from(
        "# Errors of `#[workflow]` and `#[activity]`\n\nMade from `tests/ui` by a test of \
         durable-macros; do not edit. Each message says what is wrong, where, and what to write \
         instead.\n",
    );
    for (code, cases) in &by_code {
        let _ = write!(page, "\n## {code}\n");
        for (name, source, stderr) in cases {
            let _ = write!(
                page,
                "\n`tests/ui/{name}`:\n\n```rust,ignore\n{}\n```\n\n```text\n{}\n```\n",
                example(source),
                message(stderr).trim_end()
            );
        }
    }
    let path = root().join("docs/diagnostics.md");
    expect_test::expect_file![path].assert_eq(&page);
}
