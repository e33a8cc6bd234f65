//! Every code of an error has a case in `tests/ui`, and `docs/diagnostics.md` shows all of them.
//! `UPDATE_EXPECT=1 cargo test -p durable-macros` writes the page anew.

use super::codes::{BY_RUSTC, MEANINGS, Meaning};
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

/// Messages that no program is known to cause; they stand behind checks that come earlier.
const NETS: [&str; 4] = [
    "what this place is indexed with may change before the `.await` after it",
    "an `.await` inside this kind of expression is not supported",
    "an `.await` in this kind of expression is not supported",
    "a borrow of type `",
];

/// What rustc says in crates of an edition before 2024 alone. The cases in `tests/ui` have that of the workspace, so
/// that it is said is tested in `tests/src/editions.rs`.
const BY_EDITION: [&str; 1] =
    ["code with an `.await` drops temporaries as in edition 2024, which is another order here"];

/// The sources that may hold messages.
fn sources() -> Vec<(String, String)> {
    let mut folders: Vec<PathBuf> = ["durable-macros/src", "durable-runtime/src"]
        .iter()
        .map(|folder| root().join(folder))
        .collect();
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.ends_with("tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                sources.push((path.display().to_string(), read(&path)));
            }
        }
    }
    sources.sort();
    sources
}

/// The codes that the compiler and the traits of the runtime use.
fn known() -> BTreeSet<String> {
    let mut known = codes(&read(&root().join("durable-macros/src/diag.rs")), "=> \"");
    for (_, text) in sources() {
        known.extend(codes(&text, "code: durable "));
    }
    known
}

/// The text literals right after `before` and what may stand between, as their fixed parts.
fn messages(text: &str, before: &str) -> Vec<Vec<String>> {
    let literal = |rest: &str| {
        let rest = rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == ',');
        let rest = rest.trim_start();
        let rest = rest.strip_prefix("&format!(").unwrap_or(rest).trim_start();
        let (literal, _) = rest.strip_prefix('"')?.split_once('"')?;
        Some(fixed_parts(literal))
    };
    let lines = text.lines().filter(|l| !l.trim_start().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join("\n");
    code.split(before).skip(1).filter_map(literal).collect()
}

/// `{name} is a borrow` without what differs.
fn fixed_parts(literal: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = literal;
    while let Some((part, after)) = rest.split_once('{') {
        parts.push(part.to_owned());
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    parts.push(rest.to_owned());
    parts
}

fn says(line: &str, parts: &[String]) -> bool {
    let mut rest = line;
    parts.iter().all(|part| {
        let found = rest.split_once(part.as_str());
        rest = found.map_or("", |(_, after)| after);
        found.is_some()
    })
}

#[test]
fn every_message_has_a_case() {
    let said: String = cases().into_iter().map(|case| case.2).collect();
    let mut missing = Vec::new();
    let mut seen = 0;
    for (path, text) in sources() {
        for before in ["Code::", "message = "] {
            for parts in messages(&text, before) {
                seen += 1;
                let net = NETS.iter().chain(&BY_EDITION).any(|net| *net == parts[0]);
                if !net && !said.lines().any(|line| says(line, &parts)) {
                    missing.push(format!("{path}: {}", parts.join("…")));
                }
            }
        }
    }
    assert!(seen > 30, "the messages are written in a new way: {seen}");
    let missing = missing.join("\n");
    assert!(missing.is_empty(), "no case in tests/ui says\n{missing}");
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

/// How a browser names the heading of a code.
fn anchor(meaning: &Meaning) -> String {
    let heading = format!("{}: {}", meaning.code, meaning.title).to_lowercase();
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The rustc code of a refusal that has none of ours. `once` holds mistakes that are none of our
/// rules, and `testing` those of tests.
fn code_of_rustc((name, _, stderr): &(String, String, String)) -> Option<String> {
    let apart = ["once/", "testing/"].iter().any(|at| name.starts_with(at));
    let ours = apart || stderr.contains("code: durable ");
    let code = stderr.strip_prefix("error[")?.get(..5)?;
    (!ours).then(|| code.to_owned())
}

/// The part of the page about rules that rustc keeps.
fn by_rustc() -> String {
    let cases = cases();
    let used: BTreeSet<_> = cases.iter().filter_map(code_of_rustc).collect();
    let explained: BTreeSet<_> = BY_RUSTC.iter().map(|m| m.code.to_owned()).collect();
    assert_eq!(
        explained, used,
        "the table of rustc's codes in tests/codes.rs"
    );
    let mut text = String::from(
        "\n## Rules that rustc keeps\n\nWhere only rustc can tell, the expansion asks it, and it \
         answers in its own words, on your code.\n\n| rustc | what | why | usually |\n|---|---|---|---|\n",
    );
    for m in BY_RUSTC {
        let (code, at) = (m.code, anchor(m));
        let _ = writeln!(
            text,
            "| [{code}](#{at}) | {} | {} | {} |",
            m.title, m.why, m.fix
        );
    }
    for m in BY_RUSTC {
        let _ = write!(text, "\n### {}: {}\n", m.code, m.title);
        for case in cases
            .iter()
            .filter(|c| code_of_rustc(c).as_deref() == Some(m.code))
        {
            write_case(&mut text, case);
        }
    }
    text
}

fn write_case(page: &mut String, (name, source, stderr): &(String, String, String)) {
    let _ = write!(
        page,
        "\n`tests/ui/{name}`:\n\n```rust,ignore\n{}\n```\n\n```text\n{}\n```\n",
        example(source),
        message(stderr).trim_end()
    );
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
         instead. A code is never used for something else: D13 was that of `let x;` before an `.await`, \
         which is compiled now.\n\n| code | what | why | usually |\n|---|---|---|---|\n",
    );
    let explained: BTreeSet<_> = MEANINGS.iter().map(|m| m.code.to_owned()).collect();
    assert_eq!(explained, known(), "the table of codes in tests/codes.rs");
    for m in MEANINGS {
        let (code, at) = (m.code, anchor(m));
        let _ = writeln!(
            page,
            "| [{code}](#{at}) | {} | {} | {} |",
            m.title, m.why, m.fix
        );
    }
    for (code, cases) in &by_code {
        let title = MEANINGS.iter().find(|m| m.code == code).map(|m| m.title);
        let _ = write!(page, "\n## {code}: {}\n", title.unwrap_or_default());
        for case in cases {
            write_case(&mut page, case);
        }
    }
    page.push_str(&by_rustc());
    let path = root().join("docs/diagnostics.md");
    expect_test::expect_file![path].assert_eq(&page);
}
