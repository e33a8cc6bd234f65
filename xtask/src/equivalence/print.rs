//! The text of generated programs: source files for rustc, and what people read.

use super::generate::Program;
use std::fmt::Write;

/// What every source file begins with.
const USES: &str = "use durable_tests::equivalence::vocabulary::*;
use durable_tests::{ask, equivalent, equivalent_group, event, give_up, or_skip, or_stop, own_inside, set, twice};
use durable_tests::tracing::{self, debug, info};
use std::cell::Cell;
use std::collections::BTreeMap;
const few: u32 = 3;
";

/// Both copies, and the comparison.
pub(super) fn both(program: &Program) -> String {
    format!(
        "{USES}\n{}",
        comparison("in machines; ", program, &program.helpers, &program.code)
    )
}

/// The macro that compares, in this way, over these texts of a program.
fn comparison(way: &str, program: &Program, helpers: &str, code: &str) -> String {
    if helpers.is_empty() {
        let inputs = program.inputs.join(", ");
        return format!("equivalent! {{\n    {way}with [{inputs}];\n{code}}}\n");
    }
    let name = &program.name;
    let calls: Vec<String> = program
        .inputs
        .iter()
        .map(|i| format!("{name}{i}"))
        .collect();
    format!(
        "equivalent_group! {{\n    {way}group: {};\n{helpers}\n#[workflow]\npub(super) {}}}\n",
        calls.join(", "),
        code.trim_start()
    )
}

/// The plain copy alone.
pub(super) fn plain(program: &Program) -> String {
    format!(
        "{USES}use durable_tests::equivalence::ops::plain::*;\n\n{}{}",
        program.helpers.replace("#[workflow]\n", ""),
        program.code
    )
}

/// The file that names all others.
pub(super) fn root(programs: &[&Program]) -> String {
    let mut text = String::from(
        "//! Written by `cargo xtask equivalence`.\n\
         #![recursion_limit = \"1024\"]\n\
         #![allow(warnings, clippy::all, for_loops_over_fallibles)]\n\n",
    );
    for program in programs {
        let _ = writeln!(text, "mod {};", program.name);
    }
    text
}

/// A program as a test of `tests/tests/equivalence/regressions.rs` would have it.
pub(super) fn readable(program: &Program) -> String {
    comparison(
        "",
        program,
        &formatted(&program.helpers),
        &formatted(&program.code),
    )
}

/// A text of functions in lines that people can read.
fn formatted(text: &str) -> String {
    let functions = match syn::parse_str::<syn::File>(text) {
        Ok(file) => prettyplease::unparse(&file),
        Err(_) => text.to_owned(),
    };
    functions.lines().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "    {line}");
        text
    })
}
