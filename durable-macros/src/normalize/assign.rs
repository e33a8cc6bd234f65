//! Assignments that suspend, on either side.
//!
//! ```text
//! Input:   v[at().await] = price().await
//! Output:  suspend price() -> a; suspend at() -> b; v[b] = a
//! ```

use super::places::Use;
use super::{Builder, operands, place};
use crate::diag::Code;
use crate::names;
use crate::syntax::bare;
use syn::spanned::Spanned;
use syn::{Expr, ExprAssign, ExprBinary, UnOp, parse_quote, parse_quote_spanned};

impl Builder<'_> {
    /// `place = value`: Rust computes the value first.
    pub(super) fn assign(&mut self, twin: &mut ExprAssign) -> Expr {
        let mut machine = twin.clone();
        if !self.needs(&twin.left) {
            *machine.right = self.residual(&mut twin.right);
        } else if is_place(&twin.left) {
            *machine.right = if self.is_constant(&twin.right) {
                (*twin.right).clone()
            } else {
                self.keep(&mut twin.right)
            };
            *machine.left = self.residual(&mut twin.left);
        } else {
            self.diagnostics.report(
                &twin.left,
                Code::Order,
                "an `.await` in a pattern that is assigned is not supported",
                "bind the awaited value with `let` before the assignment",
            );
        }
        Expr::Assign(machine)
    }

    /// `place op= value`: whether Rust computes the place first depends on the types. So the place may have
    /// no index, the value may be one for which the operator is surely a method, which takes the place
    /// first, or both must be of types for which the value comes first.
    pub(super) fn compound(&mut self, expr: &mut Expr) -> Expr {
        let Expr::Binary(twin) = &mut *expr else {
            unreachable!("only called for compound assignments")
        };
        let mut machine = twin.clone();
        if self.needs(&twin.left) {
            let left = [(*twin.left).clone()];
            let fixed = self.is_constant(&twin.right)
                || (place::is_field_path(&twin.right)
                    && place::root(&twin.right).is_some_and(|name| !self.changes(name, &left)));
            if !fixed || !is_place(&twin.left) || !self.held.is_empty() {
                return self.value_first(expr, machine);
            }
            *machine.left = self.residual(&mut twin.left);
            return Expr::Binary(machine);
        }
        let right = [(*twin.right).clone()];
        let steady = place::indices(&twin.left)
            .is_some_and(|indices| indices.iter().all(|index| !self.changes(index, &right)));
        let held = std::mem::take(&mut self.held);
        let (index, method) = (place::has_index(&twin.left), is_reference(&twin.right));
        if !steady || (index && !method) {
            return self.value_first(expr, machine);
        }
        if index {
            self.touch(&machine.left, Use::Changed);
        }
        *machine.right = self.residual(&mut twin.right);
        operands::hold(&mut twin.right, &held);
        Expr::Binary(machine)
    }

    /// The value is computed first, as Rust does for numbers; rustc checks in the twin that they are.
    ///
    /// ```text
    /// Input:   *totals.entry(key()).or_default() += price().await
    /// Output:  suspend price() -> a; *totals.entry(key()).or_default() += a
    /// Twin:    { let t = of(); *number(never_value(t), &mut *totals.entry(key()).or_default()) += seen(t, price()) }
    /// ```
    fn value_first(&mut self, expr: &mut Expr, mut machine: ExprBinary) -> Expr {
        let Expr::Binary(twin) = &mut *expr else {
            unreachable!("only called for compound assignments")
        };
        *machine.right = self.keep(&mut twin.right);
        if self.needs(&twin.left) {
            *machine.left = self.residual(&mut twin.left);
        }
        let (left, right) = (twin.left.clone(), twin.right.clone());
        let (rt, value) = (names::rt_at(left.span()), names::internal("value"));
        let of = names::rt();
        *twin.left = parse_quote_spanned! {left.span()=>
            *#rt::number(#rt::never_value(#value), &mut #left)
        };
        *twin.right = parse_quote!(#of::seen(#value, #right));
        *expr = parse_quote!({ let #value = #of::of(); #twin });
        Expr::Binary(machine)
    }
}

/// One place, and not a pattern of several.
fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Index(_) | Expr::Field(_) => true,
        Expr::Unary(unary) => matches!(unary.op, UnOp::Deref(_)),
        Expr::Paren(paren) => is_place(&paren.expr),
        Expr::Group(group) => is_place(&group.expr),
        _ => false,
    }
}

/// No operator of the language itself takes a reference.
fn is_reference(value: &Expr) -> bool {
    matches!(bare(value), Expr::Reference(_))
}
