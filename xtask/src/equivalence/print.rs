//! The text of generated programs: source files for rustc, and what people read.

use super::generate::Program;
use std::fmt::Write;

/// What every source file begins with.
const USES: &str = "use durable_tests::equivalence::vocabulary::*;
use durable_tests::{ask, equivalent, event, give_up, or_skip, or_stop, set, twice};
use std::cell::Cell;
use std::collections::BTreeMap;
";

/// Both copies, and the comparison.
pub(super) fn both(program: &Program) -> String {
    format!(
        "{USES}\nequivalent! {{\n    with [{}];\n{}}}\n",
        program.inputs.join(", "),
        program.code
    )
}

/// The plain copy alone.
pub(super) fn plain(program: &Program) -> String {
    format!(
        "{USES}use durable_tests::equivalence::ops::plain::*;\n\n{}",
        program.code
    )
}

/// The file that names all others.
pub(super) fn root(programs: &[&Program]) -> String {
    let mut text = String::from(
        "//! Written by `cargo xtask equivalence`.\n\
         #![allow(warnings, clippy::all, for_loops_over_fallibles)]\n\n",
    );
    for program in programs {
        let _ = writeln!(text, "mod {};", program.name);
    }
    text
}

/// A program as a test of `tests/tests/equivalence/regressions.rs` would have it.
pub(super) fn readable(program: &Program) -> String {
    let function = match syn::parse_str::<syn::File>(&program.code) {
        Ok(file) => prettyplease::unparse(&file),
        Err(_) => program.code.clone(),
    };
    let inside: String = function.lines().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "    {line}");
        text
    });
    format!(
        "equivalent! {{\n    with [{}];\n{inside}}}\n",
        program.inputs.join(", ")
    )
}
