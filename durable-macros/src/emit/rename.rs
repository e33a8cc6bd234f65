//! Follows locals that wait under another name, through code that still calls them by their own.
//!
//! ```text
//! Input:   match x.max(2) { x if c => … }       (the outer x is needed later)
//! Output:  let kept = x; match kept.max(2) { x if c => … }
//! ```
//!
//! Scopes are honoured: a name that the code binds again is another local. A macro cannot be
//! looked into, so around it the local gets its own name back for the time of the call.

use super::scoped_names;
use crate::names::{internal, unraw};
use crate::normalize::macro_mentions;
use proc_macro2::Ident;
use syn::visit_mut::{self, VisitMut};
use syn::{Arm, Block, Expr, ExprClosure, ExprForLoop, ExprIf, ExprWhile, Pat, Stmt, parse_quote};

/// A local that waits, by the name that code has for it.
#[derive(Clone, Debug)]
pub(super) struct Renamed {
    pub(super) ident: Ident,
    pub(super) kept: Ident,
}

/// The expression with the locals under their new names.
pub(super) fn in_expr(expr: &Expr, renamed: &[Renamed]) -> Expr {
    let mut expr = expr.clone();
    if !renamed.is_empty() {
        Rename::new(renamed).visit_expr_mut(&mut expr);
    }
    expr
}

/// The statement with the locals under their new names.
pub(super) fn in_stmt(stmt: &Stmt, renamed: &[Renamed]) -> Stmt {
    let mut stmt = stmt.clone();
    if !renamed.is_empty() {
        Rename::new(renamed).visit_stmt_mut(&mut stmt);
    }
    stmt
}

/// The pattern of a `match` arm; its guard sees what it binds.
pub(super) fn in_pat(pat: &Pat, renamed: &[Renamed]) -> Pat {
    let mut pat = pat.clone();
    if !renamed.is_empty() {
        let mut rename = Rename::new(renamed);
        rename.hide(&pat);
        rename.visit_pat_mut(&mut pat);
    }
    pat
}

struct Rename<'a> {
    renamed: &'a [Renamed],
    /// Names bound inside the code, innermost last.
    hidden: Vec<String>,
}

impl<'a> Rename<'a> {
    fn new(renamed: &'a [Renamed]) -> Self {
        let hidden = Vec::new();
        Self { renamed, hidden }
    }

    fn find(&self, name: &str) -> Option<&'a Renamed> {
        let hidden = self.hidden.iter().any(|h| h == name);
        let mut found = self.renamed.iter().filter(|r| unraw(&r.ident) == name);
        found.next().filter(|_| !hidden)
    }

    fn hide(&mut self, pat: &Pat) {
        self.hidden.extend(scoped_names(pat));
    }

    fn scoped(&mut self, inside: impl FnOnce(&mut Self)) {
        let depth = self.hidden.len();
        inside(self);
        self.hidden.truncate(depth);
    }

    /// `{ let x = kept; let out = mac!(x); kept = x; out }`
    fn around_macro(&self, expr: &mut Expr) {
        let Expr::Macro(mac) = &*expr else { return };
        let mentions = macro_mentions(&mac.mac);
        let here: Vec<_> = self
            .renamed
            .iter()
            .filter(|r| {
                mentions.contains(&unraw(&r.ident)) && self.find(&unraw(&r.ident)).is_some()
            })
            .collect();
        if here.is_empty() {
            return;
        }
        let out = internal("out");
        let (idents, kept): (Vec<_>, Vec<_>) = here.iter().map(|r| (&r.ident, &r.kept)).unzip();
        *expr = parse_quote!({
            #(let mut #idents = #kept;)*
            let #out = #expr;
            #(#kept = #idents;)*
            #out
        });
    }
}

impl VisitMut for Rename<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if matches!(expr, Expr::Macro(_)) {
            self.around_macro(expr);
        } else {
            visit_mut::visit_expr_mut(self, expr);
        }
    }

    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        if let Stmt::Macro(mac) = stmt {
            let mut expr = Expr::Macro(syn::ExprMacro {
                attrs: mac.attrs.clone(),
                mac: mac.mac.clone(),
            });
            self.around_macro(&mut expr);
            if !matches!(expr, Expr::Macro(_)) {
                *stmt = Stmt::Expr(expr, mac.semi_token);
            }
        } else {
            visit_mut::visit_stmt_mut(self, stmt);
        }
    }

    fn visit_expr_path_mut(&mut self, path: &mut syn::ExprPath) {
        if path.qself.is_none()
            && let Some(ident) = path.path.get_ident()
            && let Some(renamed) = self.find(&unraw(ident))
        {
            path.path = renamed.kept.clone().into();
        }
    }

    fn visit_field_value_mut(&mut self, field: &mut syn::FieldValue) {
        let before = field.expr.clone();
        self.visit_expr_mut(&mut field.expr);
        if before != field.expr {
            field.colon_token.get_or_insert_with(Default::default);
        }
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        self.scoped(|s| visit_mut::visit_block_mut(s, block));
    }

    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        if let Some(init) = &mut local.init {
            self.visit_expr_mut(&mut init.expr);
            if let Some((_, diverge)) = &mut init.diverge {
                self.visit_expr_mut(diverge);
            }
        }
        self.hide(&local.pat);
    }

    fn visit_expr_let_mut(&mut self, expr: &mut syn::ExprLet) {
        self.visit_expr_mut(&mut expr.expr);
        self.hide(&expr.pat);
    }

    fn visit_expr_if_mut(&mut self, expr: &mut ExprIf) {
        self.scoped(|s| {
            s.visit_expr_mut(&mut expr.cond);
            s.visit_block_mut(&mut expr.then_branch);
        });
        if let Some((_, otherwise)) = &mut expr.else_branch {
            self.visit_expr_mut(otherwise);
        }
    }

    fn visit_expr_while_mut(&mut self, expr: &mut ExprWhile) {
        self.scoped(|s| {
            s.visit_expr_mut(&mut expr.cond);
            s.visit_block_mut(&mut expr.body);
        });
    }

    fn visit_expr_for_loop_mut(&mut self, expr: &mut ExprForLoop) {
        self.visit_expr_mut(&mut expr.expr);
        self.scoped(|s| {
            s.hide(&expr.pat);
            s.visit_block_mut(&mut expr.body);
        });
    }

    fn visit_arm_mut(&mut self, arm: &mut Arm) {
        self.scoped(|s| {
            s.hide(&arm.pat);
            s.visit_pat_mut(&mut arm.pat);
            s.visit_expr_mut(&mut arm.body);
        });
    }

    fn visit_expr_closure_mut(&mut self, closure: &mut ExprClosure) {
        self.scoped(|s| {
            for input in &closure.inputs {
                s.hide(input);
            }
            s.visit_expr_mut(&mut closure.body);
        });
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}
