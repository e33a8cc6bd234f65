//! How many arguments a variable is called with: what is called is no data, and has so many parameters.

use super::macros::{Arguments, arguments};
use super::scope::pattern_names;
use crate::names::unraw;
use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, Stmt};

/// How many parameters a variable of this name has that is bound just before these statements; `None`
/// if they do not call it.
pub(super) fn params(name: &str, rest: &[Stmt]) -> Option<usize> {
    let mut calls = Calls { name, params: None };
    for stmt in rest {
        calls.visit_stmt(stmt);
        let again = match stmt {
            Stmt::Local(local) => pattern_names(&local.pat),
            _ => Vec::new(),
        };
        if again.iter().any(|bound| unraw(bound) == name) {
            break;
        }
    }
    calls.params
}

struct Calls<'n> {
    name: &'n str,
    params: Option<usize>,
}

impl<'ast> Visit<'ast> for Calls<'_> {
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(path) = &*call.func
            && path.path.get_ident().is_some_and(|i| unraw(i) == self.name)
        {
            self.params.get_or_insert(call.args.len());
        }
        visit::visit_expr_call(self, call);
    }
    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        if let Arguments::Known { exprs, .. } = arguments(mac) {
            for expr in &exprs {
                let inside = params(self.name, &[Stmt::Expr(expr.clone(), None)]);
                self.params = self.params.or(inside);
            }
        }
    }
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
