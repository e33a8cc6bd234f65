//! Assignments that suspend, on either side.
//!
//! ```text
//! Input:   v[at().await] = price().await
//! Output:  suspend price() -> a; suspend at() -> b; v[b] = a
//! ```

use super::{Builder, operands, place};
use crate::diag::Code;
use syn::{Expr, ExprAssign, ExprBinary, UnOp};

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

    /// `place op= value`: whether Rust looks at the place first depends on its type, so neither may
    /// be able to change the other.
    pub(super) fn compound(&mut self, twin: &mut ExprBinary) -> Expr {
        let mut machine = twin.clone();
        if self.needs(&twin.left) {
            let left = [(*twin.left).clone()];
            let fixed = self.is_constant(&twin.right)
                || (place::is_field_path(&twin.right)
                    && place::root(&twin.right).is_some_and(|name| !self.changes(name, &left)));
            if !fixed || !is_place(&twin.left) || !std::mem::take(&mut self.held).is_empty() {
                self.diagnostics.report(
                    &twin.left,
                    Code::Order,
                    "whether this `.await` comes before or after the value depends on the types",
                    "bind the awaited value with `let` first, then assign",
                );
            }
            *machine.left = self.residual(&mut twin.left);
            return Expr::Binary(machine);
        }
        let right = [(*twin.right).clone()];
        let steady = place::indices(&twin.left)
            .is_some_and(|indices| indices.iter().all(|index| !self.changes(index, &right)));
        let held = std::mem::take(&mut self.held);
        if !steady {
            self.diagnostics.report(
                &twin.left,
                Code::Order,
                "whether this place is computed before or after the `.await` depends on its type",
                "bind the awaited value with `let` first, then assign",
            );
        }
        *machine.right = self.residual(&mut twin.right);
        operands::hold(&mut twin.right, &held);
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
