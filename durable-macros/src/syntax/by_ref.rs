//! What `ref` binds and an await crosses: the place is borrowed first, so that it can be borrowed again.
//!
//! ```text
//! Input:   match order { Shape { ref name, size } => { op().await; use(name) } … }
//! Output:  match &order { &Shape { ref name, size } => … }
//! ```
//!
//! Both bind the same, but that `&order` holds all of `order` and nothing moves out of it. So only
//! patterns are changed without which the function is refused.

use crate::ir::Instead;
use crate::names::unraw;
use quote::quote_spanned;
use std::collections::BTreeSet;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, Pat};

/// Borrows what the patterns are matched with that bind one of these names by `ref`; whether there
/// are any.
pub(crate) fn borrow(body: &mut Block, names: &BTreeSet<String>) -> bool {
    let mut borrow = Borrow {
        names,
        found: false,
    };
    if !names.is_empty() {
        borrow.visit_block_mut(body);
    }
    borrow.found
}

/// The names that a pattern binds by `ref`.
pub(crate) fn names(pat: &Pat) -> BTreeSet<String> {
    let mut refs = Refs::default();
    refs.visit_pat(pat);
    refs.names
}

/// Where no place can be borrowed first: a parameter, an item of a loop.
pub(crate) fn instead() -> Instead {
    Instead {
        what: "is a borrow",
        why: String::new(),
        help: "leave out `ref`: what is bound by value is saved".to_owned(),
    }
}

struct Borrow<'n> {
    names: &'n BTreeSet<String>,
    found: bool,
}

impl Borrow<'_> {
    fn matched<'p>(&mut self, value: &mut Expr, pats: impl IntoIterator<Item = &'p mut Pat>) {
        let mut pats: Vec<_> = pats.into_iter().collect();
        let mut refs = Refs::default();
        for pat in &pats {
            refs.visit_pat(pat);
        }
        if refs.names.is_disjoint(self.names) {
            return;
        }
        self.found = true;
        let at = value.span();
        let unique = refs.unique.then(|| quote_spanned!(at=> mut));
        *value = syn::parse_quote_spanned!(at=> &#unique #value);
        for pat in &mut pats {
            under(pat, refs.unique);
        }
    }
}

/// Puts `&` around a pattern, inside of its type and its guard.
fn under(pat: &mut Pat, unique: bool) {
    match pat {
        Pat::Guard(guarded) => under(&mut guarded.pat, unique),
        Pat::Paren(inner) => under(&mut inner.pat, unique),
        // The alternatives stay so.
        Pat::Or(or) => {
            for case in &mut or.cases {
                under(case, unique);
            }
        }
        Pat::Wild(_) => {}
        _ => {
            let at = pat.span();
            let unique = unique.then(|| quote_spanned!(at=> mut));
            // `&mut x` would be another pattern.
            let by_value = matches!(pat, Pat::Ident(name) if name.by_ref.is_none());
            *pat = if by_value || matches!(pat, Pat::Range(_)) {
                syn::parse_quote_spanned!(at=> &#unique (#pat))
            } else {
                syn::parse_quote_spanned!(at=> &#unique #pat)
            };
        }
    }
}

impl VisitMut for Borrow<'_> {
    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        visit_mut::visit_local_mut(self, local);
        let Some(init) = &mut local.init else { return };
        match &mut local.pat {
            Pat::Type(typed) => {
                let mut refs = Refs::default();
                refs.visit_pat(&typed.pat);
                if !refs.names.is_disjoint(self.names) {
                    let (at, ty) = (typed.ty.span(), &typed.ty);
                    let unique = refs.unique.then(|| quote_spanned!(at=> mut));
                    typed.ty = syn::parse_quote_spanned!(at=> &#unique #ty);
                }
                self.matched(&mut init.expr, [&mut *typed.pat]);
            }
            pat => self.matched(&mut init.expr, [pat]),
        }
    }
    fn visit_expr_match_mut(&mut self, expr: &mut syn::ExprMatch) {
        visit_mut::visit_expr_match_mut(self, expr);
        let pats = expr.arms.iter_mut().map(|arm| &mut arm.pat);
        self.matched(&mut expr.expr, pats);
    }
    fn visit_expr_let_mut(&mut self, expr: &mut syn::ExprLet) {
        visit_mut::visit_expr_let_mut(self, expr);
        self.matched(&mut expr.expr, [&mut *expr.pat]);
    }
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
    fn visit_expr_closure_mut(&mut self, _: &mut syn::ExprClosure) {}
}

#[derive(Default)]
struct Refs {
    names: BTreeSet<String>,
    /// One of them by `ref mut`.
    unique: bool,
}

impl<'ast> Visit<'ast> for Refs {
    fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
        if pat.by_ref.is_some() {
            self.names.insert(unraw(&pat.ident));
            self.unique |= pat.mutability.is_some();
        }
        visit::visit_pat_ident(self, pat);
    }
    fn visit_expr(&mut self, _: &'ast Expr) {}
}
