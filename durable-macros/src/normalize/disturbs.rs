//! What evaluating an expression may do to a variable, by its syntax.

use super::scope::Scopes;
use super::uses::{of_expr, of_macro};
use crate::ir::LocalId;
use crate::names::unraw;
use syn::visit::{self, Visit};
use syn::{Expr, Ident, Macro};

/// Methods of std that change what they are called on: refused in our own words.
const MUTATORS: &[&str] = &[
    "append",
    "clear",
    "drain",
    "entry",
    "extend",
    "fill",
    "get_mut",
    "insert",
    "iter_mut",
    "pop",
    "pop_back",
    "pop_front",
    "push",
    "push_back",
    "push_front",
    "push_str",
    "remove",
    "resize",
    "retain",
    "reverse",
    "set",
    "sort",
    "swap",
    "take",
    "truncate",
];

/// Whether a method of std of this name changes what it is called on.
pub(super) fn mutates(method: &Ident) -> bool {
    MUTATORS.iter().any(|name| method == name)
}

/// What evaluating an expression may do to a local, by its syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Disturbance {
    /// Nothing but read it.
    None,
    /// Call a method on it, or use it in a macro or a closure: rustc has to say.
    Unclear,
    /// Assign it or borrow it mutably.
    Changes,
}

/// Whether evaluating `expr` could change, move or mutably borrow `local`.
pub(super) fn disturbs(expr: &Expr, local: LocalId, scopes: &Scopes) -> Disturbance {
    struct Disturbs<'s> {
        local: LocalId,
        scopes: &'s Scopes,
        found: Disturbance,
    }
    impl Disturbs<'_> {
        fn root(&mut self, expr: &Expr, as_: Disturbance) {
            let root = super::place::root(expr);
            if root.is_some_and(|r| self.scopes.resolve(&unraw(r)) == Some(self.local)) {
                self.found = self.found.max(as_);
            }
        }
    }
    impl<'ast> Visit<'ast> for Disturbs<'_> {
        fn visit_expr(&mut self, expr: &'ast Expr) {
            match expr {
                Expr::Assign(e) => assigned(&e.left, &mut |place| {
                    self.root(place, Disturbance::Changes);
                }),
                Expr::Binary(e) if super::place::assigns(&e.op) => {
                    self.root(&e.left, Disturbance::Changes);
                }
                Expr::Reference(e) if e.mutability.is_some() => {
                    self.root(&e.expr, Disturbance::Changes);
                }
                Expr::MethodCall(e) => {
                    let changes = mutates(&e.method);
                    self.root(
                        &e.receiver,
                        if changes {
                            Disturbance::Changes
                        } else {
                            Disturbance::Unclear
                        },
                    );
                }
                Expr::Closure(_) if of_expr(expr, self.scopes).contains(&self.local) => {
                    self.found = self.found.max(Disturbance::Unclear);
                }
                _ => {}
            }
            visit::visit_expr(self, expr);
        }
        fn visit_macro(&mut self, mac: &'ast Macro) {
            if of_macro(mac, self.scopes).contains(&self.local) {
                self.found = self.found.max(Disturbance::Unclear);
            }
        }
        fn visit_item(&mut self, _: &'ast syn::Item) {}
    }
    let mut visitor = Disturbs {
        local,
        scopes,
        found: Disturbance::None,
    };
    visitor.visit_expr(expr);
    visitor.found
}

/// The places that the left side of an assignment names.
fn assigned(left: &Expr, each: &mut impl FnMut(&Expr)) {
    match left {
        Expr::Tuple(e) => e.elems.iter().for_each(|e| assigned(e, each)),
        Expr::Array(e) => e.elems.iter().for_each(|e| assigned(e, each)),
        Expr::Call(e) => e.args.iter().for_each(|e| assigned(e, each)),
        Expr::Struct(e) => e.fields.iter().for_each(|f| assigned(&f.expr, each)),
        Expr::Paren(e) => assigned(&e.expr, each),
        Expr::Group(e) => assigned(&e.expr, each),
        place => each(place),
    }
}

/// Whether one of the expressions changes a variable of this name, or borrows it mutably, as its
/// syntax shows.
pub(crate) fn changes_by_name(exprs: &[Expr], name: &str) -> bool {
    struct Changes<'n> {
        name: &'n str,
        yes: bool,
    }
    impl Changes<'_> {
        fn root(&mut self, expr: &Expr) {
            self.yes |= super::place::root(expr).is_some_and(|root| unraw(root) == self.name);
        }
    }
    impl<'ast> Visit<'ast> for Changes<'_> {
        fn visit_expr(&mut self, expr: &'ast Expr) {
            match expr {
                Expr::Assign(e) => assigned(&e.left, &mut |place| self.root(place)),
                Expr::Binary(e) if super::place::assigns(&e.op) => self.root(&e.left),
                Expr::Reference(e) if e.mutability.is_some() => self.root(&e.expr),
                Expr::MethodCall(e) if mutates(&e.method) => {
                    self.root(&e.receiver);
                }
                _ => {}
            }
            visit::visit_expr(self, expr);
        }
    }
    let mut changes = Changes { name, yes: false };
    for expr in exprs {
        changes.visit_expr(expr);
    }
    changes.yes
}
