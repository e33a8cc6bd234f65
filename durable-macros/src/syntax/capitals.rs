//! Names in capitals that are variables. In a pattern such a name is a constant by convention, but
//! where a pattern cannot fail (`let MAX = …;`, a parameter, the item of a loop) it is bound.
//!
//! ```text
//! Input:   let MAX = limit().await;
//! Output:  let r#MAX = limit().await;
//! ```
//!
//! To rustc both are one name; to the passes a raw name in capitals is one that is bound. All other
//! names of patterns are written without `r#` where that is not needed, so that no name is written in
//! two ways.

use crate::names::unraw;
use proc_macro2::Ident;
use std::collections::BTreeSet;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, Pat, PatIdent};

/// Marks the names in capitals that these patterns or this code bind.
pub(super) fn mark<'p>(
    params: impl IntoIterator<Item = &'p mut Pat>,
    bodies: impl IntoIterator<Item = &'p mut Block>,
) {
    let (params, bodies): (Vec<_>, Vec<_>) =
        (params.into_iter().collect(), bodies.into_iter().collect());
    let mut bound = Bound(BTreeSet::new());
    for pat in &params {
        bound.names(pat);
    }
    for body in &bodies {
        bound.visit_block(body);
    }
    let mut mark = Mark(bound.0);
    for pat in params {
        mark.visit_pat_mut(pat);
    }
    for body in bodies {
        mark.visit_block_mut(body);
    }
}

/// Whether a name is that of a constant by convention, and not that of a variant or type.
fn in_capitals(name: &str) -> bool {
    name.starts_with(char::is_uppercase) && !name.contains(char::is_lowercase)
}

/// The names in capitals that patterns bind which cannot fail.
struct Bound(BTreeSet<String>);

impl Bound {
    fn names(&mut self, pat: &Pat) {
        struct Names<'n>(&'n mut BTreeSet<String>);
        impl<'ast> Visit<'ast> for Names<'_> {
            fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
                let name = unraw(&pat.ident);
                if in_capitals(&name) {
                    self.0.insert(name);
                }
                visit::visit_pat_ident(self, pat);
            }
            fn visit_expr(&mut self, _: &'ast Expr) {}
        }
        Names(&mut self.0).visit_pat(pat);
    }
}

impl<'ast> Visit<'ast> for Bound {
    fn visit_local(&mut self, local: &'ast syn::Local) {
        if (local.init.as_ref()).is_none_or(|init| init.diverge.is_none()) {
            self.names(&local.pat);
        }
        visit::visit_local(self, local);
    }
    fn visit_expr_for_loop(&mut self, expr: &'ast syn::ExprForLoop) {
        self.names(&expr.pat);
        visit::visit_expr_for_loop(self, expr);
    }
    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        closure.inputs.iter().for_each(|pat| self.names(pat));
        visit::visit_expr_closure(self, closure);
    }
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Whether a name needs no `r#` in any edition; `gen` is a keyword of 2024 that syn takes for a name.
fn may_be_bare(name: &str) -> bool {
    name != "gen" && syn::parse_str::<Ident>(name).is_ok()
}

/// Writes the names of patterns in one way each.
struct Mark(BTreeSet<String>);

impl VisitMut for Mark {
    fn visit_pat_ident_mut(&mut self, pat: &mut PatIdent) {
        let (name, span) = (unraw(&pat.ident), pat.ident.span());
        if self.0.contains(&name) {
            pat.ident = Ident::new_raw(&name, span);
        } else if pat.ident != name && may_be_bare(&name) {
            pat.ident = Ident::new(&name, span);
        }
        visit_mut::visit_pat_ident_mut(self, pat);
    }
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}
