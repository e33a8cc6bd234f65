//! Jumps out of user code: each placeholder becomes a jump of the machine.

use crate::ir::ExitId;
use crate::normalize;
use proc_macro2::TokenStream;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Pat, PatIdent, Stmt};

/// Replaces the placeholders in a piece of code by what `jump` makes of them and their value.
pub(super) struct Exits<'a> {
    pub(super) jump: &'a dyn Fn(ExitId, Option<&Expr>) -> TokenStream,
}

impl VisitMut for Exits<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        if let Expr::Call(call) = &*expr
            && let Expr::Path(path) = &*call.func
            && let Some(exit) = path.path.get_ident().and_then(normalize::exit)
        {
            *expr = Expr::Verbatim((self.jump)(exit, call.args.first()));
        }
    }
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

/// The names that patterns inside a piece of code bind.
#[derive(Default)]
pub(super) struct Bound(pub(super) Vec<String>);

impl Bound {
    pub(super) fn expr(mut self, expr: &Expr) -> Self {
        syn::visit::Visit::visit_expr(&mut self, expr);
        self
    }

    pub(super) fn stmt(mut self, stmt: &Stmt) -> Self {
        syn::visit::Visit::visit_stmt(&mut self, stmt);
        self
    }

    pub(super) fn pat(mut self, pat: &Pat) -> Self {
        syn::visit::Visit::visit_pat(&mut self, pat);
        self
    }
}

impl<'ast> syn::visit::Visit<'ast> for Bound {
    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        self.0.push(crate::names::unraw(&pat.ident));
        syn::visit::visit_pat_ident(self, pat);
    }
}
