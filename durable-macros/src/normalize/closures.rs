//! Loops over an iterator that holds a closure: refused by their syntax.
//!
//! ```text
//! for cents in prices.into_iter().map(|p| p * 2) { charge(cents).await; }
//! ```
//!
//! By type it would be refused as well, but the twin and the machine each have the closure, their
//! types differ, and rustc would complain about that too.

use super::Builder;
use crate::diag::Code;
use crate::syntax::bare;
use syn::{Expr, ExprCall, Ident};

/// Lazy adaptors of std that take a closure.
const WITH_CLOSURE: [&str; 9] = [
    "map",
    "filter",
    "filter_map",
    "flat_map",
    "take_while",
    "skip_while",
    "map_while",
    "inspect",
    "scan",
];

/// Lazy adaptors that take none.
const WITHOUT: [&str; 11] = [
    "rev",
    "enumerate",
    "take",
    "skip",
    "step_by",
    "zip",
    "chain",
    "cloned",
    "copied",
    "peekable",
    "fuse",
];

/// Where iterators come from. `option.map(…)` and `array.map(…)` are none.
const SOURCES: [&str; 12] = [
    "into_iter",
    "iter",
    "iter_mut",
    "into_keys",
    "into_values",
    "keys",
    "values",
    "values_mut",
    "drain",
    "chars",
    "bytes",
    "lines",
];

/// Functions of std that make an iterator of a closure.
const GENERATORS: [&str; 3] = ["repeat_with", "from_fn", "successors"];

impl Builder<'_> {
    /// Refuses a loop that would have to save a closure.
    pub(super) fn refuse_closures(&mut self, source: &Expr) {
        if let Some((adaptor, name)) = after_closure(source) {
            self.diagnostics.report(
                adaptor,
                Code::Closure,
                &format!(
                    "where `{adaptor}()` is, after the closure of `{name}(…)`, cannot be saved at the `.await` inside this loop"
                ),
                "do the work of the one or the other inside the loop; or collect the items first: `for item in items.collect::<Vec<_>>()`, with `.cloned()` before it where they are borrows",
            );
        } else if let Some(name) = closure_call(source) {
            self.diagnostics.report(
                name,
                Code::Closure,
                &format!(
                    "the rest of this loop would have to be saved at the `.await` inside it, and the closure of `{name}(…)` cannot be"
                ),
                "collect the items first: `for item in items.collect::<Vec<_>>()`, with `.cloned()` before it where they are borrows; or do the work of the closure inside the loop",
            );
        }
    }
}

/// The name of the outermost adaptor with a closure in a chain of lazy adaptors over an iterator.
pub(super) fn closure_call(source: &Expr) -> Option<&Ident> {
    let mut found = None;
    let mut expr = source;
    loop {
        match expr {
            Expr::Paren(inner) => expr = &inner.expr,
            Expr::Group(inner) => expr = &inner.expr,
            Expr::Range(_) => return found,
            Expr::MethodCall(call) => {
                let name = call.method.to_string();
                if SOURCES.contains(&name.as_str()) {
                    return found;
                }
                let closure = call.args.iter().any(|a| matches!(a, Expr::Closure(_)));
                if closure && WITH_CLOSURE.contains(&name.as_str()) {
                    found = found.or(Some(&call.method));
                } else if !WITHOUT.contains(&name.as_str()) {
                    return None;
                }
                expr = &call.receiver;
            }
            Expr::Call(call) => return found.or(generator(call)),
            _ => return None,
        }
    }
}

/// The same where nothing else shows that the value is an iterator: what a call gives may as well be an
/// option, `find(&order).map(|found| found.price)`.
pub(super) fn held_closure(value: &Expr) -> Option<&Ident> {
    let name = closure_call(value)?;
    let mut expr = value;
    loop {
        match expr {
            Expr::Paren(inner) => expr = &inner.expr,
            Expr::Group(inner) => expr = &inner.expr,
            Expr::MethodCall(call) if SOURCES.iter().any(|s| call.method == s) => {
                return Some(name);
            }
            Expr::MethodCall(call) => expr = &call.receiver,
            Expr::Call(call) => return generator(call).and(Some(name)),
            _ => return Some(name),
        }
    }
}

/// Whether an expression is an iterator of std, as its last methods show.
pub(super) fn is_iterator(expr: &Expr) -> bool {
    let call = match bare(expr) {
        Expr::MethodCall(call) => call,
        other => return matches!(other, Expr::Range(_)),
    };
    let name = call.method.to_string();
    let name = name.as_str();
    SOURCES.contains(&name) || (WITHOUT.contains(&name) && is_iterator(&call.receiver))
}

/// Whether an expression is `items.into_iter()`, perhaps reversed or peekable.
pub(super) fn is_rest(expr: &Expr) -> bool {
    let Expr::MethodCall(call) = expr else {
        return false;
    };
    let range = matches!(bare(&call.receiver), Expr::Range(_));
    call.method == "into_iter" && !range
        || (call.method == "rev" || call.method == "peekable") && is_rest(&call.receiver)
}

/// An adaptor with a state of its own after a closure over something borrowed, and the adaptor of
/// that closure. Without it the loop could go on where it was.
fn after_closure(source: &Expr) -> Option<(&Ident, &Ident)> {
    let name = closure_call(source)?;
    let mut adaptor = None;
    let mut expr = source;
    loop {
        match expr {
            Expr::Paren(inner) => expr = &inner.expr,
            Expr::Group(inner) => expr = &inner.expr,
            Expr::MethodCall(call) => {
                if ["iter", "iter_mut", "chars", "bytes", "lines"]
                    .iter()
                    .any(|m| call.method == m)
                {
                    return Some((adaptor?, name));
                }
                if ["into_iter", "drain"].iter().any(|m| call.method == m) {
                    return None;
                }
                if adaptor.is_none() && call.method != *name {
                    adaptor = Some(&call.method);
                }
                if call.method == *name && adaptor.is_none() {
                    return None;
                }
                expr = &call.receiver;
            }
            _ => return None,
        }
    }
}

fn generator(call: &ExprCall) -> Option<&Ident> {
    let Expr::Path(function) = &*call.func else {
        return None;
    };
    let name = &function.path.segments.last()?.ident;
    let closure = call.args.iter().any(|a| matches!(a, Expr::Closure(_)));
    (closure && GENERATORS.iter().any(|g| name == g)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(source: &str) -> Option<String> {
        let source = syn::parse_str(source).expect("an expression");
        closure_call(&source).map(Ident::to_string)
    }

    #[test]
    fn only_lazy_closures_over_iterators() {
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(refused("v.into_iter().map(|x| x + 1)"), some("map"));
        assert_eq!(refused("(0..3).filter(|x| *x > 1).rev()"), some("filter"));
        assert_eq!(
            refused("v.iter().enumerate().map(|x| x).skip(1)"),
            some("map")
        );
        assert_eq!(
            refused("v.into_iter().map(|x| x).collect::<Vec<_>>()"),
            None
        );
        assert_eq!(refused("option.map(|x| x + 1)"), None);
        assert_eq!(refused("v.into_iter().next().map(|x| x + 1)"), None);
        assert_eq!(refused("v.into_iter().rev()"), None);
        assert_eq!(
            refused("std::iter::repeat_with(|| 1).take(2)"),
            some("repeat_with")
        );
        assert_eq!(refused("make(|| 1)"), None);
        let held = |source: &str| held_closure(&syn::parse_str(source).unwrap()).is_some();
        assert!(held("v.iter().map(|x| x)") && held("(0..3).map(|x| x)"));
        assert!(held("std::iter::repeat_with(|| 1).take(2)"));
        assert!(!held("find(1).map(|x| x)") && refused("find(1).map(|x| x)").is_some());
    }
}
