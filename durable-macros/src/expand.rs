//! The table of contents: every stage, in order, with its barrier.

use crate::analysis::liveness::Liveness;
use crate::diag::{Diagnostics, compile_errors};
use crate::emit::fallback::{Kind, fallback};
use crate::ir::Shown;
use crate::lower::Layout;
use crate::normalize::Normalized;
use crate::syntax::{Input, args, by_ref, check, configured};
use crate::{analysis, emit, ir, lower, normalize};
use proc_macro2::TokenStream;

/// Expands `#[workflow]`.
pub(crate) fn workflow(args: TokenStream, item: &TokenStream) -> TokenStream {
    configured::unevaluated(&args, item).unwrap_or_else(|| evaluated_workflow(args, item))
}

/// The same, after rustc has evaluated what [`workflow`] has found to evaluate.
pub(crate) fn configured(item: TokenStream) -> TokenStream {
    let parts = configured::evaluated(item).expect("as it was written by `workflow`");
    evaluated_workflow(parts.0, &parts.1)
}

fn evaluated_workflow(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let machine = Input::workflow(item.clone()).and_then(|input| {
        let input = input.open_branches(&mut diagnostics).prepared();
        workflow_machine(args, input, diagnostics)
    });
    machine.unwrap_or_else(|error| fallback(Kind::Workflow, item, &error))
}

fn workflow_machine(
    args: TokenStream,
    mut input: Input,
    mut diagnostics: Diagnostics,
) -> syn::Result<TokenStream> {
    let args = args::workflow(args)?;
    diagnostics.check()?;
    check(&input, &mut diagnostics);
    args.fit(&input, &mut diagnostics);
    diagnostics.check()?;

    let mut plan = plan(&input)?;
    if by_ref::borrow(
        &mut input.body,
        &plan.layout.borrows_kept(&plan.normalized.body),
    ) {
        plan = self::plan(&input)?;
    }
    input.hands_on = plan.hands_on();
    if !input.hands_on && plan.normalized.body.shown != Shown::default() {
        plan = self::plan(&input)?;
    }
    plan.diagnostics.check()?;

    Ok(emit::workflow(
        &args,
        &input,
        &plan.normalized,
        &plan.liveness,
        &plan.layout,
    ))
}

/// What the passes make of a function.
struct Plan {
    normalized: Normalized,
    liveness: Liveness,
    layout: Layout,
    /// What cannot be saved.
    diagnostics: Diagnostics,
}

impl Plan {
    /// Whether another arm needs a borrow that was taken out of a `dbg!`. If not, a user's own macro may have that name.
    fn hands_on(&self) -> bool {
        let body = &self.normalized.body;
        let shown = &body.shown;
        let found = shown
            .lookups
            .iter()
            .flat_map(|id| &body.lookups[id.0].parts);
        let mut all = shown.borrows.clone();
        all.extend(found.map(|part| part.local));
        let mut arms = self.layout.arms.iter();
        shown.in_loops || arms.any(|head| !self.liveness.live_in[head.0].is_disjoint(&all))
    }
}

fn plan(input: &Input) -> syn::Result<Plan> {
    let mut diagnostics = Diagnostics::default();
    let mut normalized = normalize::normalize(input, &mut diagnostics);
    diagnostics.check()?;

    let body = &mut normalized.body;
    ir::validate(body, "normalize");
    analysis::cfg::prune(body);
    ir::validate(body, "prune");
    analysis::captures::find(body);
    analysis::lookups::find(body);
    analysis::again::find(body);

    let liveness = analysis::liveness::liveness(body);
    let layout = lower::layout(body, &liveness, &mut diagnostics);
    Ok(Plan {
        normalized,
        liveness,
        layout,
        diagnostics,
    })
}

/// Expands `#[activity]`.
pub(crate) fn activity(args: TokenStream, item: &TokenStream) -> TokenStream {
    let expanded = || {
        let args = args::activity(args)?;
        crate::activity::expand(&args, &Input::activity(item.clone(), args.plain())?)
    };
    expanded().unwrap_or_else(|error| fallback(Kind::Activity, item, &error))
}

/// Expands `#[activities]`.
pub(crate) fn activities(args: &TokenStream, item: TokenStream) -> TokenStream {
    crate::activity::expand_methods(args, item).unwrap_or_else(|error| compile_errors(&error))
}
