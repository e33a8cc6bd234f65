//! Branches that give nothing, since they have no end of their own.
//!
//! ```text
//! async { loop { beat().await; } }      never ends by itself: its output is of type `!`
//! ```
//!
//! What a branch gives is kept while others run, so it has to be data, and rustc knows no data of
//! type `!`. As nothing is ever given, it may as well be `()`.

use crate::normalize::panics;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprLoop, Label, Lifetime, Stmt};

/// Whether control never reaches the end of a block, nor leaves it by `return` or `?`.
pub(crate) fn has_no_end(block: &Block) -> bool {
    let stays = match block.stmts.last() {
        Some(Stmt::Expr(Expr::Loop(looped), _)) => !is_broken(looped),
        Some(Stmt::Macro(mac)) => panics(&mac.mac),
        Some(Stmt::Expr(Expr::Macro(mac), _)) => panics(&mac.mac),
        _ => false,
    };
    let mut leaves = Leaves(false);
    leaves.visit_block(block);
    stays && !leaves.0
}

fn is_broken(looped: &ExprLoop) -> bool {
    let mut breaks = Breaks {
        label: looped.label.as_ref(),
        loops: 0,
        found: false,
    };
    breaks.visit_block(&looped.body);
    breaks.found
}

/// Looks for a `break` out of one loop. A label that is declared again inside is believed to be its.
struct Breaks<'a> {
    label: Option<&'a Label>,
    loops: usize,
    found: bool,
}

impl Breaks<'_> {
    fn inside(&mut self, walk: impl FnOnce(&mut Self)) {
        self.loops += 1;
        walk(self);
        self.loops -= 1;
    }

    fn is_it(&self, label: &Lifetime) -> bool {
        self.label.is_some_and(|own| own.name.ident == label.ident)
    }
}

impl<'ast> Visit<'ast> for Breaks<'_> {
    fn visit_expr_break(&mut self, expr: &'ast syn::ExprBreak) {
        self.found |= match &expr.label {
            Some(label) => self.is_it(label),
            None => self.loops == 0,
        };
        visit::visit_expr_break(self, expr);
    }
    fn visit_expr_loop(&mut self, expr: &'ast ExprLoop) {
        self.inside(|s| visit::visit_expr_loop(s, expr));
    }
    fn visit_expr_while(&mut self, expr: &'ast syn::ExprWhile) {
        self.inside(|s| visit::visit_expr_while(s, expr));
    }
    fn visit_expr_for_loop(&mut self, expr: &'ast syn::ExprForLoop) {
        self.inside(|s| visit::visit_expr_for_loop(s, expr));
    }
    // A macro could hold one.
    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        let text = mac.tokens.to_string();
        self.found |= text.contains("break");
    }
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Looks for what ends a branch early.
struct Leaves(bool);

impl<'ast> Visit<'ast> for Leaves {
    fn visit_expr_return(&mut self, _: &'ast syn::ExprReturn) {
        self.0 = true;
    }
    fn visit_expr_try(&mut self, _: &'ast syn::ExprTry) {
        self.0 = true;
    }
    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        let text = mac.tokens.to_string();
        self.0 |= text.contains("return") || text.contains('?');
    }
    fn visit_expr_block(&mut self, expr: &'ast syn::ExprBlock) {
        // The code of a branch inside ends that branch.
        if !expr.attrs.iter().any(super::fork::is_branch) {
            visit::visit_expr_block(self, expr);
        }
    }
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
