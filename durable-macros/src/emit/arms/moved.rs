//! Variables that are moved before they are used, so that rustc says it once: in the twin.
//!
//! ```text
//! Input:   drop(order); op().await; use(order)
//! Output:  drop(order);
//!          (&&&ty).is_still_there();       uninhabited unless `Copy`: what follows is not looked at
//!          slot = Some(order);
//! ```
//!
//! Only what is sure counts: what a piece of code does whenever it runs, by its syntax. A move that
//! is not found here is reported twice.

use super::{Arms, Env};
use crate::emit::is_linked;
use crate::ir::{Code, LocalId, LocalKind, Statement, Terminator};
use crate::names::{self, internal, unraw};
use crate::normalize::{assigns, compares, macro_mentions, reads, standard};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::BTreeSet;
use syn::visit::{self, Visit};
use syn::{BinOp, Expr, Pat, Stmt, UnOp};

impl Arms<'_> {
    /// Before code that uses what has been moved.
    pub(super) fn still_there(&self, moves: &Moves, env: &Env) -> TokenStream {
        let used = env.moved.iter().filter(|local| {
            let ident = self.ident(**local);
            moves.used.contains(&unraw(ident)) && env.holds(**local, ident)
        });
        used.map(|local| self.is_still_there(*local, self.ident(*local)))
            .collect()
    }

    /// After code that moves.
    pub(super) fn moved(&self, moves: &Moves, env: &mut Env) {
        env.moved.retain(|local| {
            !moves
                .assigned
                .contains(&unraw(&self.body.locals[local.0].ident))
        });
        for name in moves.moved.difference(&moves.assigned) {
            if let Some(&local) = env.names.get(name)
                && env.holds(local, self.ident(local))
                && self.can_be_moved(local)
            {
                env.moved.insert(local);
            }
        }
    }

    /// Before a pattern that takes something out from under a `&`: what is not `Copy` is refused in the twin.
    pub(super) fn copied_out(&self, statement: &Statement) -> TokenStream {
        let Code::Let { pat, .. } = &statement.code else {
            return TokenStream::new();
        };
        let mut taken = TakenOut::default();
        taken.visit_pat(pat);
        let is_taken = |local: &&LocalId| {
            taken.names.contains(self.ident(**local)) && is_linked(self.body, self.layout, **local)
        };
        let taken = statement.binds.iter().filter(is_taken);
        taken
            .map(|local| self.is_still_there(*local, self.ident(*local)))
            .collect()
    }

    fn can_be_moved(&self, local: LocalId) -> bool {
        let kind = &self.body.locals[local.0].kind;
        matches!(kind, LocalKind::User | LocalKind::Deferred)
            && self.body.recipe(local).is_none()
            && !self.part.is_around(local)
    }

    /// A question about the type of a variable; what follows is reached if it is copied.
    pub(super) fn is_still_there(&self, local: LocalId, ident: &Ident) -> TokenStream {
        if is_linked(self.body, self.layout, local) {
            let ty = names::local_ty(local.0);
            return quote!((&&&#ty).is_still_there(););
        }
        // Never reached, so that rustc does not ask whether the variable has a value there.
        let (rt, ty) = (names::rt(), internal("moved"));
        quote! {{
            let #ty = #rt::of();
            if false {
                loop {}
                #rt::is(#ty, &#ident);
            }
            (&&&#ty).is_still_there();
        }}
    }
}

/// The variables, by name, that a piece of code moves or uses whenever it runs.
#[derive(Debug, Default)]
pub(super) struct Moves {
    moved: BTreeSet<String>,
    used: BTreeSet<String>,
    /// Perhaps given a new value.
    assigned: BTreeSet<String>,
}

impl Moves {
    /// What a statement moves.
    pub(super) fn of_code(code: &Code) -> Self {
        match code {
            Code::Let { pat, init, .. } => Self::of_let(pat, init),
            Code::Start { source, .. } => Self::of_value(source),
            Code::Stmt(stmt) => Self::of_stmt(stmt),
            Code::Param { .. } | Code::Taken(_) => Self::default(),
        }
    }

    /// What an expression moves whose value is taken.
    pub(super) fn of_value(expr: &Expr) -> Self {
        let mut moves = Self::default();
        moves.value(expr);
        moves.visit_expr(expr);
        moves
    }

    /// What an expression moves that is looked at where it stands.
    fn of_place(expr: &Expr) -> Self {
        let mut moves = Self::default();
        moves.place(expr);
        moves.visit_expr(expr);
        moves
    }

    fn of_let(pat: &Pat, init: &Expr) -> Self {
        if binds_whole(pat) {
            Self::of_value(init)
        } else {
            Self::of_place(init)
        }
    }

    fn of_stmt(stmt: &Stmt) -> Self {
        match stmt {
            Stmt::Expr(expr, _) => Self::of_place(expr),
            Stmt::Local(local) => {
                let init = local.init.as_ref();
                init.map(|init| Self::of_let(&local.pat, &init.expr))
                    .unwrap_or_default()
            }
            Stmt::Macro(mac) => {
                let mut moves = Self::default();
                moves.used.extend(reads(&mac.mac).unwrap_or_default());
                moves.visit_macro(&mac.mac);
                moves
            }
            Stmt::Item(_) => Self::default(),
        }
    }

    /// What the end of a block moves, before anything else happens.
    pub(super) fn of_end(terminator: &Terminator) -> Self {
        match terminator {
            Terminator::If { cond, .. } => Self::of_place(cond),
            Terminator::Match { scrutinee, .. } => Self::of_place(scrutinee),
            Terminator::LetElse { pat, init, .. } => Self::of_let(pat, init),
            Terminator::Suspend { operation, .. } => Self::of_value(operation),
            Terminator::Return {
                value: Some(value), ..
            } => Self::of_value(value),
            Terminator::Fork(fork) => fork.operations().fold(Self::default(), |mut all, expr| {
                all.value(expr);
                all.visit_expr(expr);
                all
            }),
            Terminator::Goto(_)
            | Terminator::Next { .. }
            | Terminator::Return { value: None, .. }
            | Terminator::Unreachable => Self::default(),
        }
    }

    fn value(&mut self, expr: &Expr) {
        match expr {
            Expr::Paren(e) => self.value(&e.expr),
            Expr::Group(e) => self.value(&e.expr),
            Expr::Path(path) if path.qself.is_none() => {
                if let Some(ident) = path.path.get_ident() {
                    self.moved.insert(unraw(ident));
                    self.used.insert(unraw(ident));
                }
            }
            _ => self.place(expr),
        }
    }

    fn values<'e>(&mut self, all: impl IntoIterator<Item = &'e Expr>) {
        all.into_iter().for_each(|expr| self.value(expr));
    }

    /// An expression in a place where a variable itself is not moved.
    fn place(&mut self, expr: &Expr) {
        match expr {
            Expr::Path(path) if path.qself.is_none() => {
                self.used.extend(path.path.get_ident().map(unraw));
            }
            Expr::Paren(e) => self.place(&e.expr),
            Expr::Group(e) => self.place(&e.expr),
            Expr::Call(e) if crate::normalize::exit_of(e).is_some() => {}
            Expr::Call(e) if standard::is_place(e) => e.args.iter().for_each(|e| self.place(e)),
            Expr::Call(e) => {
                self.place(&e.func);
                self.values(&e.args);
            }
            Expr::MethodCall(e) => {
                self.place(&e.receiver);
                self.values(&e.args);
            }
            Expr::Struct(e) => self.values(e.fields.iter().map(|field| &field.expr)),
            Expr::Tuple(e) => self.values(&e.elems),
            Expr::Array(e) => self.values(&e.elems),
            Expr::Reference(e) => self.place(&e.expr),
            Expr::Field(e) => self.place(&e.base),
            Expr::Index(e) => {
                self.place(&e.expr);
                self.value(&e.index);
            }
            Expr::Unary(e) if matches!(e.op, UnOp::Deref(_)) => self.place(&e.expr),
            Expr::Unary(e) => self.value(&e.expr),
            Expr::Binary(e) if matches!(e.op, BinOp::And(_) | BinOp::Or(_)) => self.place(&e.left),
            Expr::Binary(e) if compares(&e.op) => {
                self.place(&e.left);
                self.place(&e.right);
            }
            Expr::Binary(e) if assigns(&e.op) => {
                self.place(&e.left);
                self.value(&e.right);
            }
            Expr::Binary(e) => self.values([&*e.left, &*e.right]),
            Expr::Assign(e) if takes_whole(&e.left) => self.value(&e.right),
            Expr::Assign(e) => self.place(&e.right),
            Expr::Try(e) => self.value(&e.expr),
            Expr::Cast(e) => self.place(&e.expr),
            Expr::Let(e) => self.place(&e.expr),
            Expr::If(e) => self.place(&e.cond),
            Expr::While(e) => self.place(&e.cond),
            Expr::Match(e) => self.place(&e.expr),
            Expr::ForLoop(e) => self.value(&e.expr),
            Expr::Macro(e) => self.used.extend(reads(&e.mac).unwrap_or_default()),
            _ => {}
        }
    }
}

/// The names that are bound by value under a `&`.
#[derive(Default)]
struct TakenOut {
    under: bool,
    names: BTreeSet<Ident>,
}

impl<'ast> Visit<'ast> for TakenOut {
    fn visit_pat_reference(&mut self, pat: &'ast syn::PatReference) {
        let before = std::mem::replace(&mut self.under, true);
        visit::visit_pat_reference(self, pat);
        self.under = before;
    }
    fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
        if self.under && pat.by_ref.is_none() {
            self.names.insert(pat.ident.clone());
        }
        visit::visit_pat_ident(self, pat);
    }
    fn visit_expr(&mut self, _: &'ast Expr) {}
}

/// What may get a new value.
impl<'ast> Visit<'ast> for Moves {
    fn visit_expr_assign(&mut self, assign: &'ast syn::ExprAssign) {
        struct Names<'a>(&'a mut BTreeSet<String>);
        impl<'ast> Visit<'ast> for Names<'_> {
            fn visit_ident(&mut self, ident: &'ast Ident) {
                self.0.insert(unraw(ident));
            }
        }
        Names(&mut self.assigned).visit_expr(&assign.left);
        visit::visit_expr_assign(self, assign);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        if reads(mac).is_none() {
            self.assigned.extend(macro_mentions(mac));
        }
    }
}

/// Whether what is assigned is no pattern: `_ = text` moves nothing, `(a, _) = both` not all.
fn takes_whole(place: &Expr) -> bool {
    match place {
        Expr::Paren(inner) => takes_whole(&inner.expr),
        Expr::Group(inner) => takes_whole(&inner.expr),
        Expr::Infer(_) | Expr::Tuple(_) | Expr::Array(_) | Expr::Struct(_) | Expr::Call(_) => false,
        _ => true,
    }
}

/// Whether a pattern takes the whole value under one name.
fn binds_whole(pat: &Pat) -> bool {
    match pat {
        Pat::Ident(ident) => ident.by_ref.is_none() && ident.subpat.is_none(),
        Pat::Type(typed) => binds_whole(&typed.pat),
        _ => false,
    }
}
