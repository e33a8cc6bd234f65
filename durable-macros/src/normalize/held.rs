//! What a closure holds in the twin: all that it mentions.
//!
//! ```text
//! Input:   for w in words.iter().filter(|w| w.len() > least.len()) { …await… }
//! Twin:    for w in words.iter().filter(|w| { held(&least); w.len() > least.len() }) { …
//! ```
//!
//! A closure that is made again must find what it captures as it was. rustc sees to that as long as
//! the closure of the twin lives, but it captures less than what stands there: nothing for
//! `let _ = r;`, and of a `&'static str` only what it points to.

use super::macros::{Arguments, arguments};
use super::place::{is_field_path, root};
use super::recipe::bare;
use super::scope::pattern_names;
use super::{Builder, uses};
use crate::ir::{LocalId, Locals};
use crate::names::{self, unraw};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::BTreeSet;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, ExprClosure, Pat, Stmt, parse_quote, parse_quote_spanned};

impl Builder<'_> {
    /// What a closure captures, or may change.
    pub(super) fn captures(&self, closure: &Expr) -> Locals {
        let mentioned = uses::mentioned(closure, &self.scopes).into_iter();
        let mut captures = uses::of_expr(closure, &self.scopes);
        captures.extend(mentioned.filter(|&l| self.body.may_be_assigned(l)));
        captures
    }

    /// What the closure must hold: each capture, as far as the path of fields goes that it is
    /// mentioned with.
    pub(super) fn mentioned(&self, closure: &ExprClosure, captures: &Locals) -> Vec<Expr> {
        let mut found = Mentions::default();
        found.visit_expr_closure(closure);
        let mut held: Vec<Expr> = Vec::new();
        let mut whole = captures.clone();
        for path in found.paths {
            let Some(name) = root(&path).map(unraw) else {
                continue;
            };
            let local = self.scopes.resolve(&name);
            let Some(local) = local.filter(|l| captures.contains(l)) else {
                continue;
            };
            // Inside, the name may be that of another variable; and of a pair of a value and a
            // borrow both are needed.
            let unclear = found.bound.contains(&name) || found.whole.contains(&name);
            if unclear || self.is_mixed(local) {
                continue;
            }
            whole.remove(&local);
            if !held.contains(&path) {
                held.push(path);
            }
        }
        let names = whole.iter().map(|l| {
            let ident = &self.body.locals[l.0].ident;
            parse_quote!(#ident)
        });
        held.extend(names);
        held
    }

    fn is_mixed(&self, local: LocalId) -> bool {
        let recipe = self.body.recipe(local);
        recipe.is_some_and(|r| r.mixed.contains(&local))
    }

    /// In the twin: the closures at the end of a chain hold what they mention while the loop goes on. One that
    /// is `move` has captures that cannot change.
    pub(super) fn hold_in_tail(&self, chain: &mut Expr, length: usize) {
        if length == 0 {
            return;
        }
        if let Expr::MethodCall(call) = bare(chain) {
            for argument in &mut call.args {
                let argument = bare(argument);
                if matches!(argument, Expr::Closure(closure) if closure.capture.is_none()) {
                    self.hold_mentioned(argument, &self.captures(argument));
                }
            }
            self.hold_in_tail(&mut call.receiver, length - 1);
        }
    }

    /// In the twin: the closures in an operand that is evaluated after those in `later`, and not where it
    /// stands, hold what they mention. Answers the variable of one that may change meanwhile.
    pub(super) fn hold_until(&mut self, twin: &mut Expr, later: &[Expr]) -> Option<Ident> {
        match twin {
            Expr::Paren(inner) => self.hold_until(&mut inner.expr, later),
            Expr::Group(inner) => self.hold_until(&mut inner.expr, later),
            Expr::Reference(inner) => self.hold_until(&mut inner.expr, later),
            Expr::Tuple(tuple) => {
                let elems = tuple.elems.iter_mut();
                elems.filter_map(|e| self.hold_until(e, later)).last()
            }
            Expr::Closure(_) => {
                // What it has taken by value, rustc would let the others assign anew.
                let captures = self.captures(twin);
                self.hold_mentioned(twin, &captures);
                let names = captures.iter().map(|l| self.body.locals[l.0].ident.clone());
                let names: Vec<Ident> = names.collect();
                names.into_iter().find(|name| self.changes(name, later))
            }
            _ => None,
        }
    }

    fn hold_mentioned(&self, twin: &mut Expr, captures: &Locals) {
        let Expr::Closure(closure) = &*twin else {
            return;
        };
        let places = self.mentioned(closure, captures).into_iter();
        let places: Vec<Expr> = places
            .map(|place| parse_quote_spanned!(place.span()=> &#place))
            .collect();
        holding(twin, places.iter());
    }
}

/// Lets a closure hold what these references lead to.
pub(crate) fn holding<'e>(expr: &mut Expr, places: impl Iterator<Item = &'e Expr>) {
    let held: TokenStream = places
        .map(|place| {
            let span = place.span();
            let rt = names::rt_at(span);
            let held: Stmt = parse_quote_spanned!(span=> #rt::held(#place););
            quote!(#held)
        })
        .collect();
    if !held.is_empty() {
        hold(expr, &held);
    }
}

fn hold(expr: &mut Expr, held: &TokenStream) {
    match expr {
        Expr::Closure(closure) => {
            let body = &closure.body;
            closure.body = parse_quote!({ #held #body });
        }
        Expr::Paren(inner) => hold(&mut inner.expr, held),
        Expr::Group(inner) => hold(&mut inner.expr, held),
        Expr::Reference(reference) => hold(&mut reference.expr, held),
        _ => {}
    }
}

/// Paths of fields in the body of a closure, and the names that it binds.
#[derive(Default)]
struct Mentions {
    paths: Vec<Expr>,
    bound: BTreeSet<String>,
    /// Names in the text of macros.
    whole: BTreeSet<String>,
}

impl<'ast> Visit<'ast> for Mentions {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        if matches!(expr, Expr::Path(_) | Expr::Field(_)) && is_field_path(expr) {
            self.paths.push(expr.clone());
        } else {
            visit::visit_expr(self, expr);
        }
    }
    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        let (exprs, names) = match arguments(mac) {
            Arguments::Known { exprs, captures } => (exprs, captures),
            Arguments::Searched { names, fields } => (Vec::new(), [names, fields].concat()),
        };
        for expr in &exprs {
            self.visit_expr(expr);
        }
        self.whole.extend(names);
    }
    fn visit_pat(&mut self, pat: &'ast Pat) {
        self.bound.extend(pattern_names(pat).iter().map(unraw));
        visit::visit_pat(self, pat);
    }
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
