//! Whether code may take a variable away. Only what surely does not is allowed.

use crate::ir::{Code, Statement, Terminator};
use crate::names::unraw;
use crate::normalize::may_lend;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Expr, ExprClosure, ExprMethodCall, Macro};

/// Methods that are known not to take what they are called on, beside those that may lend.
const BORROW: &[&str] = &[
    "len",
    "is_empty",
    "iter",
    "iter_mut",
    "contains",
    "contains_key",
    "clone",
    "to_string",
    "to_owned",
    "to_vec",
    "keys",
    "values",
    "is_some",
    "is_none",
    "is_ok",
    "is_err",
    "chars",
    "lines",
    "starts_with",
    "ends_with",
    "push",
    "push_str",
    "insert",
    "clear",
    "remove",
    "pop",
    "extend",
    "sort",
    "binary_search",
    "capacity",
    "eq",
    "cmp",
];

/// Macros of std that borrow what they are given.
const FORMATS: &[&str] = &[
    "println",
    "print",
    "eprintln",
    "eprint",
    "format",
    "write",
    "writeln",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "panic",
];

/// Looks for uses that may move one of these variables.
pub(super) struct Moves {
    names: Vec<String>,
    /// A part that is used by value may not be a copy.
    parts: bool,
    /// What must not be changed.
    place: String,
    pub(super) found: bool,
}

impl Moves {
    pub(super) fn new(names: Vec<String>, parts: bool, place: &Expr) -> Self {
        let place = text(place);
        let found = false;
        Self {
            names,
            parts,
            place,
            found,
        }
    }

    pub(super) fn statement(&mut self, statement: &Statement) {
        match &statement.code {
            Code::Let {
                init, otherwise, ..
            } => {
                self.visit_expr(init);
                if let Some(otherwise) = otherwise {
                    self.visit_expr(otherwise);
                }
            }
            Code::Start { source, .. } => self.visit_expr(source),
            Code::Stmt(stmt) => self.visit_stmt(stmt),
            Code::Param { .. } | Code::Taken(_) => {}
        }
    }

    pub(super) fn terminator(&mut self, terminator: &Terminator) {
        match terminator {
            Terminator::If { cond, .. } => self.visit_expr(cond),
            Terminator::Match {
                scrutinee, arms, ..
            } => {
                self.visit_expr(scrutinee);
                for arm in arms {
                    self.visit_pat(&arm.pat);
                }
            }
            Terminator::LetElse { init, .. } => self.visit_expr(init),
            Terminator::Suspend { operation, .. } => self.visit_expr(operation),
            Terminator::Fork(fork) => {
                for operation in fork.operations() {
                    self.visit_expr(operation);
                }
            }
            Terminator::Next { tail, .. } => {
                if let Some(tail) = tail {
                    self.visit_expr(&tail.adaptors);
                }
            }
            Terminator::Return { value, .. } => {
                if let Some(value) = value {
                    self.visit_expr(value);
                }
            }
            Terminator::Goto(_) | Terminator::Unreachable => {}
        }
    }

    /// The place, or what leads to it, gets another value. A borrow would not allow that, so what
    /// was found is not one, or lives longer than the place.
    fn changed(&mut self, place: &Expr) {
        let changed = text(place);
        let rest = self.place.strip_prefix(&changed);
        self.found |= rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(" ."));
    }

    /// The place is not moved; what stands in its indices is evaluated.
    fn place(&mut self, place: &Expr) {
        match place {
            Expr::Path(_) => {}
            Expr::Field(field) => self.place(&field.base),
            Expr::Index(index) => {
                self.place(&index.expr);
                self.visit_expr(&index.index);
            }
            Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Deref(_)) => {
                self.place(&unary.expr);
            }
            Expr::Paren(inner) => self.place(&inner.expr),
            Expr::Group(inner) => self.place(&inner.expr),
            other => self.visit_expr(other),
        }
    }
}

impl<'ast> Visit<'ast> for Moves {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            Expr::Reference(reference) => {
                if reference.mutability.is_some() {
                    self.changed(&reference.expr);
                }
                self.place(&reference.expr);
            }
            Expr::Field(_) if !self.parts => self.place(expr),
            Expr::Index(_) => self.place(expr),
            Expr::Assign(assign) => {
                self.changed(&assign.left);
                self.place(&assign.left);
                self.visit_expr(&assign.right);
            }
            other => visit::visit_expr(self, other),
        }
    }
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        let ident = path.path.get_ident();
        self.found |= ident.is_some_and(|name| self.names.contains(&unraw(name)));
    }
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if may_lend(&call.method) || BORROW.iter().any(|name| call.method == name) {
            self.place(&call.receiver);
        } else {
            self.visit_expr(&call.receiver);
            // A method may take a field as well as the whole.
            if let Some(root) = root(&call.receiver) {
                self.found |= self.names.contains(&root);
            }
        }
        for arg in &call.args {
            self.visit_expr(arg);
        }
    }
    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        let parts = std::mem::replace(&mut self.parts, true);
        visit::visit_expr_closure(self, closure);
        self.parts = parts;
    }
    fn visit_macro(&mut self, mac: &'ast Macro) {
        let name = mac.path.segments.last().map(|s| unraw(&s.ident));
        if !name.is_some_and(|name| FORMATS.contains(&name.as_str())) {
            self.found |= mentions(mac.tokens.clone(), &self.names);
        }
    }
}

fn text(place: &Expr) -> String {
    place.to_token_stream().to_string()
}

fn root(place: &Expr) -> Option<String> {
    match place {
        Expr::Path(path) => path.path.get_ident().map(unraw),
        Expr::Field(field) => root(&field.base),
        Expr::Paren(inner) => root(&inner.expr),
        Expr::Group(inner) => root(&inner.expr),
        _ => None,
    }
}

fn mentions(tokens: TokenStream, names: &[String]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.contains(&unraw(&ident)),
        TokenTree::Group(group) => mentions(group.stream(), names),
        // A capture in a format string borrows.
        _ => false,
    })
}
