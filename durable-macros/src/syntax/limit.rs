//! `timeout(limit, async { … })`: a fork of the block and its limit.
//!
//! ```text
//! timeout(d, async { b }).await         __durable_timeout(timeout(d, never()), #[__durable_branch] { b })
//! join!(timeout(d, async { b }), other) join!(async { timeout(d, async { b }).await }, other)
//! ```
//!
//! The user's own `timeout` is still called, over something that never ends. So its name must
//! lead to ours, and it is rustc that speaks about a limit of another type.

use crate::diag::{Code, Diagnostics};
use crate::names;
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Expr, ExprAsync, ExprAwait, ExprCall, Path, parse_quote_spanned};

/// A call of `timeout` over an `async` block, or over another such call.
pub(super) fn over_code(expr: &Expr) -> Option<&ExprCall> {
    let Expr::Call(call) = bare(expr) else {
        return None;
    };
    let Expr::Path(path) = &*call.func else {
        return None;
    };
    let code = |expr: &Expr| matches!(bare(expr), Expr::Async(_)) || over_code(expr).is_some();
    (is_ours(&path.path) && call.args.len() == 2 && code(&call.args[1])).then_some(call)
}

/// The same call where it is awaited.
pub(super) fn awaited(expr: &Expr) -> Option<&ExprCall> {
    match expr {
        Expr::Await(ExprAwait { base, .. }) => over_code(base),
        _ => None,
    }
}

/// The limit as an operation of its own, and the code.
pub(super) fn opened(call: &ExprCall) -> (Expr, Expr) {
    let span = call.func.span();
    let (rt, func, limit) = (names::rt_at(span), &call.func, &call.args[0]);
    let never = quote_spanned!(span=> #rt::never());
    let limit = parse_quote_spanned!(span=> #func(#limit, #never));
    (limit, bare(&call.args[1]).clone())
}

/// A call of `timeout` that is a branch is awaited in a block, as one that is a branch itself.
pub(super) fn in_a_block(call: &ExprCall) -> ExprAsync {
    let code = innermost(call);
    let (token, capture) = (code.async_token, code.capture);
    let mut block: ExprAsync = parse_quote_spanned!(call.span()=> async { #call.await });
    (block.async_token, block.capture) = (token, capture);
    block
}

/// Such a block computes the limit when it is entered, and the call where it stands: refuses what
/// could tell these apart.
pub(super) fn check_order(call: &ExprCall, diagnostics: &mut Diagnostics) {
    if !is_plain(&call.args[0]) {
        diagnostics.report(
            &call.args[0],
            Code::Order,
            "this limit would be computed when its branch begins, which is after all operands",
            "bind it with `let` before",
        );
    }
    if let Some(inner) = over_code(&call.args[1]) {
        check_order(inner, diagnostics);
    }
}

fn innermost(call: &ExprCall) -> &ExprAsync {
    match bare(&call.args[1]) {
        Expr::Async(code) => code,
        other => innermost(over_code(other).expect("found before")),
    }
}

/// The expression inside parentheses.
pub(crate) fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(inner) => bare(&inner.expr),
        Expr::Group(inner) => bare(&inner.expr),
        other => other,
    }
}

/// A call of `timeout` over anything.
pub(super) fn is_timeout(call: &ExprCall) -> bool {
    matches!(&*call.func, Expr::Path(path) if is_ours(&path.path)) && call.args.len() == 2
}

/// By its path; that the name leads there is proved by type.
pub(super) fn is_ours(path: &Path) -> bool {
    let names: Vec<_> = path.segments.iter().map(|s| s.ident.to_string()).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    matches!(
        *names.as_slice(),
        ["timeout"]
            | ["durable_runtime", "timeout"]
            | ["durable_runtime", "prelude" | "operation", "timeout"]
    )
}

/// Whether it does not matter when an expression is evaluated: variables, constants and the
/// constructors of `Duration`.
fn is_plain(expr: &Expr) -> bool {
    match bare(expr) {
        Expr::Lit(_) | Expr::Path(_) => true,
        Expr::Field(field) => is_plain(&field.base),
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else {
                return false;
            };
            let names: Vec<_> = path.path.segments.iter().map(|s| &s.ident).collect();
            let constructs = |last: &str| last == "new" || last.starts_with("from_");
            matches!(names.as_slice(), [.., of, last] if *of == "Duration" && constructs(&last.to_string()))
                && call.args.iter().all(is_plain)
        }
        _ => false,
    }
}
