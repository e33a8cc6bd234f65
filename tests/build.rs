//! The code of the pages for users as one module each, so that it compiles or the build says where
//! it does not.
//!
//! The `rust` blocks of a page are one program: a later block may use what an earlier one defines.
//! A block of items is taken as it is. One of statements is the body of a function that is given a
//! `client`. What runs a page stands in `tests/docs/` under its name, and is a part of that module.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

const PAGES: [&str; 8] = [
    "activities",
    "children",
    "interceptors",
    "messages",
    "queues",
    "schedules",
    "starts",
    "time-and-cancellation",
];

fn main() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let mut modules = String::new();
    // A page gets or loses its tests.
    let runs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/docs");
    println!("cargo::rerun-if-changed={}", runs.display());
    for page in PAGES {
        let path = docs.join(page).with_extension("md");
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path).expect("the page is there");
        module(page, &text, &mut modules);
    }
    let out = env::var("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join("docs.rs"), modules).expect("it can be written");
}

fn module(page: &str, text: &str, modules: &mut String) {
    let blocks = blocks(text);
    assert!(!blocks.is_empty(), "docs/{page}.md has no code");
    let name = page.replace('-', "_");
    writeln!(modules, "mod {name} {{\nuse super::*;").expect("text");
    for (line, code) in blocks {
        writeln!(modules, "// docs/{page}.md:{line}").expect("text");
        if syn::parse_file(&code).is_ok() {
            modules.push_str(&code);
        } else {
            writeln!(
                modules,
                "async fn line_{line}(client: Client) -> Result<(), Box<dyn std::error::Error>> \
                 {{\n{code}\nOk(())\n}}"
            )
            .expect("text");
        }
    }
    let run = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/docs");
    let run = run.join(name).with_extension("rs");
    if run.exists() {
        let run = run.to_str().expect("the path is text");
        writeln!(modules, "#[path = {run:?}]\nmod run;").expect("text");
    }
    modules.push_str("}\n");
}

/// The blocks of Rust in a page, each with the line in which it begins.
fn blocks(text: &str) -> Vec<(usize, String)> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().zip(1..);
    while let Some((fence, at)) = lines.next() {
        if !fence.starts_with("```") {
            continue;
        }
        let inside = lines.by_ref().map(|(line, _)| line);
        let code: Vec<_> = inside.take_while(|line| !line.starts_with("```")).collect();
        if fence == "```rust" {
            blocks.push((at + 1, code.join("\n") + "\n"));
        }
    }
    blocks
}
