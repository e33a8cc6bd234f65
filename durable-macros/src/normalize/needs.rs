//! What has to be lowered: code that suspends, and code that jumps to a lowered loop. All else
//! stays the user's own tokens.

use super::Builder;
use super::macros::{self, Arguments};
use crate::names::unraw;
use crate::syntax::fork::{fork_call, is_branch};
use syn::visit::{self, Visit};
use syn::{Expr, Lifetime};

impl Builder<'_> {
    /// Whether an expression contains an await or a jump out of itself to a lowered target.
    pub(super) fn needs(&self, expr: &Expr) -> bool {
        let mut needs = self.visitor();
        needs.visit_expr(expr);
        needs.yes
    }

    /// Whether an expression contains an await.
    pub(super) fn suspends(&self, expr: &Expr) -> bool {
        let mut needs = self.visitor();
        needs.visit_expr(expr);
        needs.suspends
    }

    pub(super) fn visitor(&self) -> Needs {
        Needs {
            in_loop: self.targets.iter().any(|t| t.is_loop),
            labels: self
                .targets
                .iter()
                .filter_map(|t| t.label.clone())
                .collect(),
            depth: 0,
            yes: false,
            suspends: false,
        }
    }
}

pub(super) struct Needs {
    /// An unlabelled jump at depth 0 goes to a lowered loop.
    in_loop: bool,
    /// Labels of lowered targets; one that is declared again inside hides it.
    labels: Vec<String>,
    /// Loops inside the expression around the current place.
    depth: usize,
    yes: bool,
    /// There is an await.
    suspends: bool,
}

impl Needs {
    fn jump(&mut self, label: Option<&Lifetime>) {
        self.yes |= self.leaves(label);
    }

    /// Whether a jump goes to a lowered target.
    pub(super) fn leaves(&self, label: Option<&Lifetime>) -> bool {
        match label {
            Some(label) => self.labels.contains(&unraw(&label.ident)),
            None => self.depth == 0 && self.in_loop,
        }
    }

    /// Whether the arguments of a macro hold a jump to a lowered target: to its label, or one
    /// without a label where the arguments can be read.
    pub(super) fn leaves_from(&self, mac: &syn::Macro) -> bool {
        let jumps = macros::jumps(mac.tokens.clone());
        let mut inside = Self {
            labels: self.labels.clone(),
            yes: jumps.iter().any(|label| self.labels.contains(label)),
            suspends: false,
            ..*self
        };
        if let Arguments::Known { exprs, .. } = macros::arguments(mac) {
            for expr in &exprs {
                inside.visit_expr(expr);
            }
        }
        inside.yes
    }

    pub(super) fn enter(&mut self, label: Option<&syn::Label>, is_loop: bool) -> Vec<String> {
        let hidden = label.map(|l| unraw(&l.name.ident));
        let labels = self.labels.clone();
        self.labels.retain(|l| Some(l) != hidden.as_ref());
        self.depth += usize::from(is_loop);
        labels
    }

    pub(super) fn leave(&mut self, labels: Vec<String>, is_loop: bool) {
        self.depth -= usize::from(is_loop);
        self.labels = labels;
    }

    fn inside(&mut self, label: Option<&syn::Label>, is_loop: bool, walk: impl FnOnce(&mut Self)) {
        let labels = self.enter(label, is_loop);
        walk(self);
        self.leave(labels, is_loop);
    }
}

impl<'ast> Visit<'ast> for Needs {
    fn visit_expr_await(&mut self, _: &'ast syn::ExprAwait) {
        self.yes = true;
        self.suspends = true;
    }
    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        visit::visit_expr_call(self, call);
        if fork_call(call).is_some() {
            self.yes = true;
            self.suspends = true;
        }
    }
    fn visit_expr_break(&mut self, expr: &'ast syn::ExprBreak) {
        self.jump(expr.label.as_ref());
        visit::visit_expr_break(self, expr);
    }
    fn visit_expr_continue(&mut self, expr: &'ast syn::ExprContinue) {
        self.jump(expr.label.as_ref());
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
        // No jump leaves a branch, and what it awaits is counted with its fork.
        if expr.attrs.iter().any(is_branch) {
            return;
        }
        self.inside(expr.label.as_ref(), false, |s| {
            visit::visit_expr_block(s, expr);
        });
    }
    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.yes |= self.leaves_from(mac);
    }
    // Their bodies run elsewhere; an await inside was refused before.
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    fn visit_expr_const(&mut self, _: &'ast syn::ExprConst) {}
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
