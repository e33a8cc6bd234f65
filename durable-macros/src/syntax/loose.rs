//! `async` blocks where only an operation can stand, and what to type instead.
//!
//! ```text
//! spawn(async { … })                                → spawn(part(…)), `part` a `#[workflow]`
//! join_all(items.into_iter().map(|x| async { … }))  → join_all(items.into_iter().map(part))
//! ```
//!
//! A branch of `join!` belongs to the await that joins it. What is spawned, and what there is any
//! number of, stands in the checkpoint by the name of a function.

use super::limit;
use crate::diag::{Code, Diagnostics};
use syn::visit::Visit;
use syn::{Expr, ExprAsync, ExprCall, ExprMethodCall, Token};

/// Refuses a call of a function that is given an `async` block.
pub(super) fn refuse_call(call: &ExprCall, diagnostics: &mut Diagnostics) -> bool {
    let Expr::Path(path) = &*call.func else {
        return false;
    };
    let Some(last) = path.path.segments.last() else {
        return false;
    };
    let name = last.ident.to_string();
    let foreign = name == "timeout" && !limit::is_ours(&path.path);
    !foreign && refuse(&name, call.args.iter(), diagnostics)
}

/// The same for a method: `set.spawn(async { … })`.
pub(super) fn refuse_method(call: &ExprMethodCall, diagnostics: &mut Diagnostics) -> bool {
    refuse(&call.method.to_string(), call.args.iter(), diagnostics)
}

fn refuse<'a>(
    name: &str,
    args: impl Iterator<Item = &'a Expr>,
    diagnostics: &mut Diagnostics,
) -> bool {
    let (what, help) = match name {
        "spawn" => (
            "and a checkpoint can hold only what a name leads back to",
            "make the block a `#[workflow] async fn part(…)`, and write `spawn(part(…))`",
        ),
        "join_all" | "try_join_all" => (
            "and a branch that is code must stand in the source once for each time it runs",
            "make the block a `#[workflow] async fn part(…)`, and give it an iterator of calls: `items.into_iter().map(part)`",
        ),
        "timeout" => (
            "and is not awaited where it is called",
            "write `timeout(limit, async { … }).await`, or make the call a branch of `join!` or `select!`",
        ),
        _ => return false,
    };
    let mut found = Found { code: None };
    args.for_each(|arg| found.visit_expr(arg));
    let Some(code) = found.code else {
        return false;
    };
    diagnostics.report(
        code,
        Code::Unsupported,
        &format!("`{name}` is given an `async` block here, {what}"),
        help,
    );
    true
}

/// The first `async` block, in closures too.
struct Found<'ast> {
    code: Option<&'ast Token![async]>,
}

impl<'ast> Visit<'ast> for Found<'ast> {
    fn visit_expr_async(&mut self, expr: &'ast ExprAsync) {
        self.code.get_or_insert(&expr.async_token);
    }
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
