//! The table of contents: every stage, in order, with its barrier.

use crate::diag::{Diagnostics, compile_errors};
use crate::syntax::{Input, args, check};
use crate::{analysis, emit, ir, lower, normalize};
use proc_macro2::TokenStream;

/// Expands `#[workflow]`.
pub(crate) fn workflow(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let input = match Input::parse(item.clone(), "workflow") {
        Ok(input) => input.open_branches(&mut diagnostics).prepared(),
        Err(error) => return [compile_errors(&error), item].into_iter().collect(),
    };
    match workflow_machine(args, &input, diagnostics) {
        Ok(tokens) => tokens,
        Err(error) => emit::fallback(&input, &error),
    }
}

fn workflow_machine(
    args: TokenStream,
    input: &Input,
    mut diagnostics: Diagnostics,
) -> syn::Result<TokenStream> {
    let args = args::workflow(args)?;
    diagnostics.check()?;
    check(input, &mut diagnostics);
    diagnostics.check()?;

    let mut normalized = normalize::normalize(input, &mut diagnostics);
    diagnostics.check()?;

    let body = &mut normalized.body;
    ir::validate(body, "normalize");
    analysis::cfg::prune(body);
    ir::validate(body, "prune");
    analysis::captures::find(body);

    let liveness = analysis::liveness::liveness(body);
    let layout = lower::layout(body, &liveness, &mut diagnostics);
    diagnostics.check()?;

    Ok(emit::workflow(
        &args,
        input,
        &normalized,
        &liveness,
        &layout,
    ))
}

/// Expands `#[activity]`.
pub(crate) fn activity(args: TokenStream, item: TokenStream) -> TokenStream {
    let result = Input::parse(item.clone(), "activity")
        .and_then(|input| crate::activity::expand(&args::activity(args)?, &input));
    match result {
        Ok(tokens) => tokens,
        Err(error) => [compile_errors(&error), item].into_iter().collect(),
    }
}
