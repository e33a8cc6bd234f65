//! What a piece of user code without a suspend point uses, and what it assigns.
//!
//! Names are resolved as rustc does: bindings inside the piece hide those outside. Nested items
//! are not entered, closures are (their captures are uses).

use super::macros::{Arguments, arguments};
use super::scope::{Scopes, pattern_names};
use crate::ir::{LocalId, Locals};
use crate::names::unraw;
use syn::visit::{self, Visit};
use syn::{Arm, Block, Expr, ExprClosure, ExprForLoop, ExprIf, ExprWhile, Ident, Macro, Pat, Stmt};

/// The locals that an expression uses.
pub(super) fn of_expr(expr: &Expr, scopes: &Scopes) -> Locals {
    let mut uses = Uses::new(scopes);
    uses.visit_expr(expr);
    uses.found
}

/// The locals that the guard and the constants of a pattern use.
pub(super) fn of_pat(pat: &Pat, scopes: &Scopes) -> Locals {
    let mut uses = Uses::new(scopes);
    uses.visit_pat(pat);
    uses.found
}

/// What a statement uses, and which local it assigns as a whole (`x = value;`).
pub(super) fn of_stmt(stmt: &Stmt, scopes: &Scopes) -> (Locals, Locals) {
    if let Stmt::Expr(Expr::Assign(assign), _) = stmt
        && let Some(local) = plain_local(&assign.left, scopes)
    {
        let uses = of_expr(&assign.right, scopes);
        let mut assigns = Locals::from([local]);
        if uses.contains(&local) {
            assigns.clear();
        }
        return (uses, assigns);
    }
    let mut uses = Uses::new(scopes);
    uses.visit_stmt(stmt);
    (uses.found, Locals::new())
}

/// The local that an expression is, if it is nothing but its name.
pub(super) fn plain_local(expr: &Expr, scopes: &Scopes) -> Option<LocalId> {
    match expr {
        Expr::Path(path) if path.qself.is_none() => scopes.resolve(&unraw(path.path.get_ident()?)),
        Expr::Paren(paren) => plain_local(&paren.expr, scopes),
        Expr::Group(group) => plain_local(&group.expr, scopes),
        _ => None,
    }
}

struct Uses<'s> {
    scopes: &'s Scopes,
    /// Names bound inside the piece, innermost last.
    hidden: Vec<String>,
    found: Locals,
}

impl<'s> Uses<'s> {
    fn new(scopes: &'s Scopes) -> Self {
        Self {
            scopes,
            hidden: Vec::new(),
            found: Locals::new(),
        }
    }

    fn name(&mut self, name: &str) {
        if !self.hidden.iter().any(|h| h == name)
            && let Some(local) = self.scopes.resolve(name)
        {
            self.found.insert(local);
        }
    }

    fn hide(&mut self, pat: &Pat) {
        self.hidden.extend(pattern_names(pat).iter().map(unraw));
    }

    fn scoped(&mut self, inside: impl FnOnce(&mut Self)) {
        let depth = self.hidden.len();
        inside(self);
        self.hidden.truncate(depth);
    }

    fn ident(&mut self, ident: &Ident) {
        self.name(&unraw(ident));
    }
}

impl<'ast> Visit<'ast> for Uses<'_> {
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        if path.qself.is_none()
            && let Some(ident) = path.path.get_ident()
        {
            self.ident(ident);
        }
    }

    fn visit_block(&mut self, block: &'ast Block) {
        self.scoped(|s| visit::visit_block(s, block));
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if let Some(init) = &local.init {
            self.visit_expr(&init.expr);
            if let Some((_, diverge)) = &init.diverge {
                self.visit_expr(diverge);
            }
        }
        self.visit_pat(&local.pat);
        self.hide(&local.pat);
    }

    // The names of a `let` in a condition are visible in what follows it; the enclosing `if`,
    // `while` or arm closes the scope.
    fn visit_expr_let(&mut self, expr: &'ast syn::ExprLet) {
        self.visit_expr(&expr.expr);
        self.visit_pat(&expr.pat);
        self.hide(&expr.pat);
    }

    fn visit_expr_if(&mut self, expr: &'ast ExprIf) {
        self.scoped(|s| {
            s.visit_expr(&expr.cond);
            s.visit_block(&expr.then_branch);
        });
        if let Some((_, otherwise)) = &expr.else_branch {
            self.visit_expr(otherwise);
        }
    }

    fn visit_expr_while(&mut self, expr: &'ast ExprWhile) {
        self.scoped(|s| {
            s.visit_expr(&expr.cond);
            s.visit_block(&expr.body);
        });
    }

    fn visit_expr_for_loop(&mut self, expr: &'ast ExprForLoop) {
        self.visit_expr(&expr.expr);
        self.scoped(|s| {
            s.visit_pat(&expr.pat);
            s.hide(&expr.pat);
            s.visit_block(&expr.body);
        });
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        self.scoped(|s| {
            s.hide(&arm.pat);
            s.visit_pat(&arm.pat);
            s.visit_expr(&arm.body);
        });
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.scoped(|s| {
            for input in &closure.inputs {
                s.hide(input);
            }
            s.visit_expr(&closure.body);
        });
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        match arguments(mac) {
            Arguments::Known { exprs, captures } => {
                for expr in &exprs {
                    // The expressions live in this function only.
                    Uses::visit_detached(self, expr);
                }
                captures.iter().for_each(|name| self.name(name));
            }
            Arguments::Searched(names) => names.iter().for_each(|name| self.name(name)),
        }
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

impl Uses<'_> {
    fn visit_detached(&mut self, expr: &Expr) {
        let mut inner = Uses {
            scopes: self.scopes,
            hidden: self.hidden.clone(),
            found: Locals::new(),
        };
        inner.visit_expr(expr);
        self.found.extend(inner.found);
    }
}

/// Whether evaluating `expr` could change, move or mutably borrow `local` (by syntax; a name in a
/// macro counts).
pub(super) fn disturbs(expr: &Expr, local: LocalId, scopes: &Scopes) -> bool {
    struct Disturbs<'s> {
        local: LocalId,
        scopes: &'s Scopes,
        yes: bool,
    }
    impl Disturbs<'_> {
        fn root(&mut self, expr: &Expr) {
            let root = super::place::root(expr);
            if root.is_some_and(|r| self.scopes.resolve(&unraw(r)) == Some(self.local)) {
                self.yes = true;
            }
        }
    }
    impl<'ast> Visit<'ast> for Disturbs<'_> {
        fn visit_expr(&mut self, expr: &'ast Expr) {
            match expr {
                Expr::Assign(e) => self.root(&e.left),
                Expr::Binary(e) if super::place::assigns(&e.op) => self.root(&e.left),
                Expr::Reference(e) if e.mutability.is_some() => self.root(&e.expr),
                Expr::MethodCall(e) => self.root(&e.receiver),
                Expr::Closure(_) => {
                    if of_expr(expr, self.scopes).contains(&self.local) {
                        self.yes = true;
                    }
                }
                _ => {}
            }
            visit::visit_expr(self, expr);
        }
        fn visit_macro(&mut self, mac: &'ast Macro) {
            let mut uses = Uses::new(self.scopes);
            uses.visit_macro(mac);
            self.yes |= uses.found.contains(&self.local);
        }
        fn visit_item(&mut self, _: &'ast syn::Item) {}
    }
    let mut visitor = Disturbs {
        local,
        scopes,
        yes: false,
    };
    visitor.visit_expr(expr);
    visitor.yes
}
