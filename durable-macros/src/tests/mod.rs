//! Tests of the passes on source text, up to the plan and the generated code.

mod catalogue;
mod codes;
mod editions;
mod expansions;
mod frames;
mod graphs;
mod labels;
mod next_uses;
mod size;
mod validate;
mod words;

use crate::analysis::{captures, cfg, liveness::liveness};
use crate::diag::Diagnostics;
use crate::ir::{self, Body};
use crate::syntax::{Input, check};
use crate::{lower, normalize};
use proc_macro2::TokenStream;
use std::fmt::Write;

/// The graph of a function, or its errors.
fn try_lowered(source: &str) -> syn::Result<Body> {
    let tokens: TokenStream = source.parse().expect("tokens");
    let mut diagnostics = Diagnostics::default();
    let input = Input::workflow(tokens)?;
    let input = input.open_branches(&mut diagnostics).prepared();
    diagnostics.check()?;
    check(&input, &mut diagnostics);
    diagnostics.check()?;
    let mut body = normalize::normalize(&input, &mut diagnostics).body;
    diagnostics.check()?;
    ir::validate(&body, "normalize");
    cfg::prune(&mut body);
    ir::validate(&body, "prune");
    captures::find(&mut body);
    Ok(body)
}

fn lowered(source: &str) -> Body {
    match try_lowered(source) {
        Ok(body) => body,
        Err(error) => panic!("{source}: {error}"),
    }
}

/// The text of the errors of a function.
fn errors(source: &str) -> String {
    match try_lowered(source) {
        Ok(_) => String::new(),
        Err(errors) => errors.into_iter().map(|e| e.to_string() + "\n").collect(),
    }
}

/// `label: local, local` for each suspend point, then what only passes from arm to arm.
fn laid_out(source: &str) -> String {
    let body = lowered(source);
    let mut diagnostics = Diagnostics::default();
    let layout = lower::layout(&body, &liveness(&body), &mut diagnostics);
    diagnostics.check().expect("nothing is refused");
    let mut text = String::new();
    for plan in &layout.points {
        let names = plan.locals.iter().map(|&l| layout.saved[l].1.as_str());
        let names: Vec<_> = names.collect();
        let label = &body.points[plan.point.0].label;
        let _ = writeln!(text, "{label}: {}", names.join(", "));
    }
    if !layout.passed.is_empty() {
        let names = layout
            .passed
            .iter()
            .map(|l| body.locals[l.0].ident.to_string());
        let _ = writeln!(text, "passed: {}", names.collect::<Vec<_>>().join(", "));
    }
    text
}
