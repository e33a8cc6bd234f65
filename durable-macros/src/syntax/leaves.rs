//! Jumps that would leave a branch.

use crate::diag::{Code, Diagnostics};
use crate::names::unraw;
use syn::visit::{self, Visit};
use syn::{Block, Expr, Label, Lifetime};

/// Refuses each `break` and `continue` in the code of a branch that has no target inside.
pub(super) fn refuse(code: &Block, diagnostics: &mut Diagnostics) {
    let mut leaves = Leaves {
        diagnostics,
        loops: 0,
        labels: Vec::new(),
    };
    leaves.visit_block(code);
}

struct Leaves<'d> {
    diagnostics: &'d mut Diagnostics,
    loops: usize,
    labels: Vec<String>,
}

impl Leaves<'_> {
    fn jump(&mut self, jump: &dyn quote::ToTokens, label: Option<&Lifetime>) {
        let inside = match label {
            Some(label) => self.labels.contains(&unraw(&label.ident)),
            None => self.loops > 0,
        };
        if !inside {
            self.diagnostics.report(
                &jump.to_token_stream(),
                Code::Unsupported,
                "no jump leads out of an `async` block",
                "end the block with `return`, and jump when it has been joined",
            );
        }
    }

    fn inside(&mut self, label: Option<&Label>, is_loop: bool, walk: impl FnOnce(&mut Self)) {
        let count = self.labels.len();
        self.labels.extend(label.map(|l| unraw(&l.name.ident)));
        self.loops += usize::from(is_loop);
        walk(self);
        self.loops -= usize::from(is_loop);
        self.labels.truncate(count);
    }
}

impl<'ast> Visit<'ast> for Leaves<'_> {
    fn visit_expr_break(&mut self, expr: &'ast syn::ExprBreak) {
        self.jump(expr, expr.label.as_ref());
        visit::visit_expr_break(self, expr);
    }

    fn visit_expr_continue(&mut self, expr: &'ast syn::ExprContinue) {
        self.jump(expr, expr.label.as_ref());
    }

    fn visit_expr_loop(&mut self, expr: &'ast syn::ExprLoop) {
        self.inside(expr.label.as_ref(), true, |s| {
            visit::visit_expr_loop(s, expr);
        });
    }

    fn visit_expr_while(&mut self, expr: &'ast syn::ExprWhile) {
        self.inside(expr.label.as_ref(), true, |s| {
            visit::visit_expr_while(s, expr);
        });
    }

    fn visit_expr_for_loop(&mut self, expr: &'ast syn::ExprForLoop) {
        self.visit_expr(&expr.expr);
        self.inside(expr.label.as_ref(), true, |s| s.visit_block(&expr.body));
    }

    fn visit_expr_block(&mut self, expr: &'ast syn::ExprBlock) {
        // A branch inside is looked at by itself.
        if super::fork::branch_code(&Expr::Block(expr.clone())).is_none() {
            self.inside(expr.label.as_ref(), false, |s| {
                visit::visit_expr_block(s, expr);
            });
        }
    }

    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
