//! Temporaries of what a `match` or an `if let` looks at: they end with it, and not before.
//!
//! ```text
//! Input:   match &count(&lock()) { n => { critical(n); op().await; } }
//! Blocks:  b1: match count(&lock()) { n.of => b2 }      b2: let n = &n.of; critical(n); suspend op()
//! ```
//!
//! The value that is borrowed is computed before the borrow is made. In a `let` of its own it would take with it
//! what it has borrowed, though the arm goes on up to its next await.

use super::recipe::Draft;
use super::{Builder, ScopeStart};
use crate::ir::{Arm, BlockId, Locals, Terminator};
use syn::visit::{self, Visit};
use syn::{Expr, Pat, parse_quote};

impl Builder<'_> {
    /// Computes those values of a borrow that hold temporaries, and all before them, where these live as long as
    /// the code that follows. Answers what is left to use.
    pub(super) fn hold_temporaries(&mut self, draft: &mut Draft) -> Option<Locals> {
        let holds = |(_, value): &(_, Expr)| holds_temporaries(value);
        let last = draft.keys.iter().rposition(holds)?;
        let held: Vec<_> = draft.keys.drain(..=last).collect();
        let mut left: Locals = held.iter().map(|(key, _)| *key).collect();
        left.extend(draft.inputs.iter().copied());
        for (key, value) in held {
            let ident = self.body.locals[key.0].ident.clone();
            let (uses, target) = (self.uses_of(&value), self.new_block());
            let pat = if draft.unique {
                parse_quote!(mut #ident)
            } else {
                parse_quote!(#ident)
            };
            let arm = Arm {
                pat,
                binds: Locals::from([key]),
                uses: Locals::new(),
                target,
            };
            self.end_with(
                Terminator::Match {
                    scrutinee: value,
                    uses,
                    arms: vec![arm],
                },
                target,
            );
        }
        for (key, value) in &draft.keys {
            left.remove(key);
            left.extend(self.uses_of(value));
        }
        Some(left)
    }

    /// Where the scope of what is matched begins: before its temporaries, if there are any.
    pub(super) fn scope_from(&self, before: ScopeStart) -> ScopeStart {
        if self.current == before.from {
            self.scope_start()
        } else {
            before
        }
    }

    /// Where a pattern does not match, the temporaries have ended.
    pub(super) fn end_unmatched(&mut self, before: ScopeStart, at: BlockId, otherwise: BlockId) {
        if at != before.from {
            self.scope_ended(before, otherwise);
        }
    }
}

/// Whether a value is computed from others without a name that it borrows, so that they outlive it.
pub(crate) fn holds_temporaries(value: &Expr) -> bool {
    match value {
        Expr::Path(_) | Expr::Lit(_) | Expr::Closure(_) => false,
        Expr::Call(call) => call.args.iter().any(holds_temporaries),
        Expr::MethodCall(call) => {
            makes_a_value(&call.receiver) || call.args.iter().any(holds_temporaries)
        }
        Expr::Paren(inner) => holds_temporaries(&inner.expr),
        Expr::Group(inner) => holds_temporaries(&inner.expr),
        Expr::Cast(inner) => holds_temporaries(&inner.expr),
        Expr::Tuple(tuple) => tuple.elems.iter().any(holds_temporaries),
        Expr::Array(array) => array.elems.iter().any(holds_temporaries),
        Expr::Struct(value) => value.fields.iter().any(|f| holds_temporaries(&f.expr)),
        other => makes_a_value(other),
    }
}

/// Whether an expression computes a value in its middle.
pub(crate) fn makes_a_value(expr: &Expr) -> bool {
    let mut made = Made(false);
    made.visit_expr(expr);
    made.0
}

struct Made(bool);

impl<'ast> Visit<'ast> for Made {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            Expr::Path(_)
            | Expr::Lit(_)
            | Expr::Field(_)
            | Expr::Reference(_)
            | Expr::Paren(_)
            | Expr::Group(_)
            | Expr::Try(_)
            | Expr::Tuple(_)
            | Expr::Unary(_)
            | Expr::Index(_)
            | Expr::Range(_)
            | Expr::Cast(_) => visit::visit_expr(self, expr),
            _ => self.0 = true,
        }
    }

    fn visit_pat(&mut self, _: &'ast Pat) {}
}
