//! `if`, `match`, blocks, `break` and `continue`.

use super::borrowed_patterns::Ends;
use super::twin::probe;
use super::{Builder, Dest, Target, scope};
use crate::diag::Code;
use crate::ir::{BlockId, Local, Locals, Terminator};
use crate::names::unraw;
use syn::{
    BinOp, Block, Expr, ExprBlock, ExprBreak, ExprContinue, ExprIf, ExprMatch, Lifetime, Pat, UnOp,
};

impl Builder<'_> {
    /// `{ … }` or `'label: { … }`.
    pub(super) fn block_expr(&mut self, expr: &mut ExprBlock, dest: Dest) {
        let start = self.scope_start();
        let Some(label) = &expr.label else {
            return self.scope(&mut expr.block, dest);
        };
        let after = self.new_block();
        self.targets.push(Target {
            label: Some(unraw(&label.name.ident)),
            is_loop: false,
            break_to: after,
            continue_to: None,
            dest,
        });
        self.block(&mut expr.block, dest);
        self.targets.pop();
        self.end_scope(start, after);
    }

    /// A block that is an expression of its own.
    pub(super) fn scope(&mut self, block: &mut Block, dest: Dest) {
        let start = self.scope_start();
        self.block(block, dest);
        let made = &self.body.locals[start.locals..];
        if made.iter().any(Local::has_a_scope) {
            let after = self.new_block();
            self.end_scope(start, after);
        }
    }

    pub(super) fn if_expr(&mut self, expr: &mut ExprIf, dest: Dest) {
        let start = self.scope_start();
        let (then, otherwise, after) = (self.new_block(), self.new_block(), self.new_block());
        // What the condition binds is visible in the first branch only.
        self.scopes.push();
        let binds = self.cond(&mut expr.cond, then, otherwise);
        self.current = then;
        self.block(&mut expr.then_branch, dest);
        expr.then_branch
            .stmts
            .splice(0..0, binds.into_iter().map(probe));
        self.end_with(Terminator::Goto(after), otherwise);
        self.scopes.pop();
        match &mut expr.else_branch {
            Some((_, branch)) => self.expr_into(branch, dest),
            None => self.deliver_unit(dest),
        }
        self.end_scope(start, after);
    }

    /// Branches on a condition; answers what it binds in `then`.
    pub(super) fn cond(&mut self, cond: &mut Expr, then: BlockId, otherwise: BlockId) -> Locals {
        if self.needs(cond) || self.lends(cond) {
            match cond {
                Expr::Paren(inner) => return self.cond(&mut inner.expr, then, otherwise),
                Expr::Group(inner) => return self.cond(&mut inner.expr, then, otherwise),
                // `!` of a type of the user's is a method.
                Expr::Unary(unary) if matches!(unary.op, UnOp::Not(_)) && is_bool(&unary.expr) => {
                    return self.cond(&mut unary.expr, otherwise, then);
                }
                Expr::Binary(binary) if matches!(binary.op, BinOp::And(_)) => {
                    let middle = self.new_block();
                    let mut binds = self.cond(&mut binary.left, middle, otherwise);
                    self.current = middle;
                    binds.extend(self.cond(&mut binary.right, then, otherwise));
                    return binds;
                }
                Expr::Binary(binary) if matches!(binary.op, BinOp::Or(_)) => {
                    let middle = self.new_block();
                    self.cond(&mut binary.left, then, middle);
                    self.current = middle;
                    return self.cond(&mut binary.right, then, otherwise);
                }
                _ => {}
            }
        }
        let mut matched = None;
        let mut before = None;
        let cond = match cond {
            Expr::Let(twin) => {
                let mut machine = twin.clone();
                let value = self.residual(&mut twin.expr);
                let pats = [&*machine.pat];
                before = Some(self.scope_start());
                (*machine.expr, matched) = self.matched(pats, value, &mut twin.expr, Ends::Later);
                Expr::Let(machine)
            }
            other => self.residual(other),
        };
        let uses = self.uses_of(&cond);
        let single = match &cond {
            Expr::Let(cond) => Some((cond.clone(), self.root_of(&cond.expr))),
            _ => None,
        };
        let mut binds = Locals::new();
        for pat in let_patterns(&cond) {
            let bound = self.bind_fallible(pat, None);
            self.bind_matched(pat, &bound, matched);
            binds.extend(bound);
        }
        let terminator = Terminator::If {
            cond,
            binds: binds.clone(),
            uses,
            then,
            otherwise,
        };
        let at = self.current;
        self.end_with(terminator, then);
        if let Some(before) = before {
            self.end_unmatched(before, at, otherwise);
        }
        if let Some((cond, root)) = single {
            self.taken_by_let((&cond.expr, root), &cond.pat, &binds);
        }
        binds
    }

    pub(super) fn match_expr(&mut self, expr: &mut ExprMatch, dest: Dest) {
        let scrutinee = self.residual(&mut expr.expr);
        let pats = expr.arms.iter().map(|arm| &arm.pat);
        let before = self.scope_start();
        let (scrutinee, matched) = self.matched(pats, scrutinee, &mut expr.expr, Ends::Later);
        let start = self.scope_from(before);
        if expr.arms.iter().any(|arm| self.guard_awaits(&arm.pat)) {
            let matched = matched.filter(|matched| !matched.is_lookup());
            return self.guarded_match(expr, scrutinee, matched, dest);
        }
        let exits = std::mem::take(&mut self.pending);
        let uses = self.uses_of(&scrutinee);
        let after = self.new_block();
        let arms = expr.arms.iter_mut();
        let arms = arms.flat_map(|arm| self.arm_by_alternatives(arm, matched, dest, after));
        let arms: Vec<_> = arms.collect();
        self.taken_in(&scrutinee, &arms);
        self.pending = exits;
        self.end_with(
            Terminator::Match {
                scrutinee,
                uses,
                arms,
            },
            after,
        );
        self.scope_ended(start, after);
    }

    pub(super) fn break_expr(&mut self, expr: &mut ExprBreak) {
        let Some((to, dest)) = self
            .target(expr.label.as_ref())
            .map(|t| (t.break_to, t.dest))
        else {
            return self.unknown_target(expr);
        };
        match &mut expr.expr {
            Some(value) => self.expr_into(value, dest),
            None => self.deliver_unit(dest),
        }
        self.diverge(Terminator::Goto(to));
    }

    pub(super) fn continue_expr(&mut self, expr: &ExprContinue) {
        match self.target(expr.label.as_ref()).and_then(|t| t.continue_to) {
            Some(head) => self.diverge(Terminator::Goto(head)),
            None => self.unknown_target(expr),
        }
    }

    pub(super) fn target(&self, label: Option<&Lifetime>) -> Option<&Target> {
        let label = label.map(|l| unraw(&l.ident));
        self.targets.iter().rev().find(|t| match &label {
            Some(label) => t.label.as_ref() == Some(label),
            None => t.is_loop,
        })
    }

    fn unknown_target(&mut self, jump: &impl quote::ToTokens) {
        self.diagnostics.report(
            jump,
            Code::Unsupported,
            "this jump has no loop or block to go to",
            "jump to a loop or labelled block around it",
        );
    }
}

/// Whether an expression is a `bool` whatever the types in it are.
fn is_bool(expr: &Expr) -> bool {
    match expr {
        Expr::Binary(binary) => matches!(binary.op, BinOp::And(_) | BinOp::Or(_)),
        Expr::Unary(unary) => matches!(unary.op, UnOp::Not(_)) && is_bool(&unary.expr),
        Expr::Paren(inner) => is_bool(&inner.expr),
        Expr::Group(inner) => is_bool(&inner.expr),
        _ => false,
    }
}

/// The patterns of `let` in a condition, in order.
fn let_patterns(cond: &Expr) -> Vec<&Pat> {
    match cond {
        Expr::Let(expr) => vec![&expr.pat],
        Expr::Binary(binary) if matches!(binary.op, BinOp::And(_)) => {
            [let_patterns(&binary.left), let_patterns(&binary.right)].concat()
        }
        Expr::Paren(inner) => let_patterns(&inner.expr),
        Expr::Group(inner) => let_patterns(&inner.expr),
        _ => vec![],
    }
}

/// The first name of a pattern, for the name of a cursor.
pub(super) fn first_name(pat: &Pat) -> String {
    scope::pattern_names(pat)
        .first()
        .map_or_else(|| "for".to_owned(), unraw)
}
