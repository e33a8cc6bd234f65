//! Expressions that suspend: their parts are computed in the original's order, and what is left
//! is an expression without a suspend point.

use super::twin::{Wrapper, wrap};
use super::{Builder, Dest};
use crate::diag::Code;
use crate::ir::{LocalKind, Terminator};
use crate::syntax::fork::fork_kind;
use syn::spanned::Spanned;
use syn::{BinOp, Expr};

impl Builder<'_> {
    /// Computes an expression and sends its value to `dest`.
    pub(super) fn expr_into(&mut self, expr: &mut Expr, dest: Dest) {
        // A `return` ends the block even where nothing suspends: liveness is better for it.
        let is_return = matches!(expr, Expr::Return(_));
        if !is_return && !self.needs(expr) {
            return self.deliver(expr.clone(), dest);
        }
        let is_jump = matches!(expr, Expr::Return(_) | Expr::Break(_) | Expr::Continue(_));
        if !is_jump && !self.suspends(expr) {
            let value = self.with_exits(expr);
            return self.deliver(value, dest);
        }
        match expr {
            Expr::Paren(inner) => self.expr_into(&mut inner.expr, dest),
            Expr::Group(inner) => self.expr_into(&mut inner.expr, dest),
            Expr::Block(block) => self.block_expr(block, dest),
            Expr::Unsafe(block) => {
                self.body.has_unsafe = true;
                self.scope(&mut block.block, dest);
            }
            Expr::If(branch) => self.if_expr(branch, dest),
            Expr::Match(switch) => self.match_expr(switch, dest),
            Expr::Loop(looped) => self.loop_expr(looped, dest),
            Expr::While(looped) => {
                self.while_expr(looped);
                self.deliver_unit(dest);
            }
            Expr::ForLoop(looped) => {
                self.for_expr(looped);
                self.deliver_unit(dest);
            }
            Expr::Return(ret) => match &mut ret.expr {
                Some(value) => self.expr_into(value, Dest::Return),
                None => self.deliver_unit(Dest::Return),
            },
            Expr::Break(jump) => self.break_expr(jump),
            Expr::Continue(jump) => self.continue_expr(jump),
            Expr::Binary(binary) if is_lazy(&binary.op) && self.needs(&binary.right) => {
                self.lazy(expr, dest);
            }
            _ => {
                let value = self.residual(expr);
                self.deliver(value, dest);
            }
        }
    }

    /// Lowers what suspends in an expression and answers the rest of it. The original becomes its
    /// twin.
    pub(super) fn residual(&mut self, expr: &mut Expr) -> Expr {
        if !self.suspends(expr) {
            return self.with_exits(expr);
        }
        match expr {
            Expr::Await(_) => self.suspend(expr),
            _ if fork_kind(expr).is_some() => self.fork(expr),
            Expr::Paren(inner) => parenthesized(self.residual(&mut inner.expr)),
            Expr::Group(inner) => self.residual(&mut inner.expr),
            Expr::Block(_) | Expr::Unsafe(_) | Expr::If(_) | Expr::Match(_) | Expr::Loop(_) => {
                self.join(expr)
            }
            Expr::Binary(binary) if is_lazy(&binary.op) && self.needs(&binary.right) => {
                self.join(expr)
            }
            Expr::While(_)
            | Expr::ForLoop(_)
            | Expr::Return(_)
            | Expr::Break(_)
            | Expr::Continue(_) => {
                self.expr_into(expr, Dest::Discard);
                syn::parse_quote!(())
            }
            Expr::Assign(assign) => self.assign(assign),
            Expr::Binary(binary) if super::place::assigns(&binary.op) => self.compound(expr),
            Expr::Let(_) | Expr::Yield(_) | Expr::TryBlock(_) | Expr::Verbatim(_) => {
                self.diagnostics.report(
                    &*expr,
                    Code::Unsupported,
                    "an `.await` inside this kind of expression is not supported",
                    "bind the awaited value with `let` before it",
                );
                expr.clone()
            }
            _ => self.operands(expr),
        }
    }

    /// Control flow in the place of a value: each way puts its value into one temporary.
    fn join(&mut self, expr: &mut Expr) -> Expr {
        let serves = self.next_point();
        let temp = self.new_temp(LocalKind::Temp { serves }, expr.span());
        let (first, more) = (self.current, self.body.blocks.len());
        self.expr_into(expr, Dest::Into(temp));
        self.note_borrows(
            temp,
            [first.0].into_iter().chain(more..self.body.blocks.len()),
        );
        wrap(expr, Wrapper::Seen(temp));
        self.temp_expr(temp)
    }

    /// `left && right`, `left || right` where the right side suspends.
    fn lazy(&mut self, expr: &mut Expr, dest: Dest) {
        let Expr::Binary(binary) = expr else {
            unreachable!("only called for `&&` and `||`")
        };
        let and = matches!(binary.op, BinOp::And(_));
        let left = self.residual(&mut binary.left);
        let uses = self.uses_of(&left);
        let (right, short, after) = (self.new_block(), self.new_block(), self.new_block());
        let (then, otherwise) = if and { (right, short) } else { (short, right) };
        let binds = crate::ir::Locals::new();
        self.end_with(
            Terminator::If {
                cond: left,
                binds,
                uses,
                then,
                otherwise,
            },
            short,
        );
        let decided = if and {
            syn::parse_quote!(false)
        } else {
            syn::parse_quote!(true)
        };
        self.deliver(decided, dest);
        self.end_with(Terminator::Goto(after), right);
        self.expr_into(&mut binary.right, dest);
        self.end_with(Terminator::Goto(after), after);
    }
}

/// Keeps the parentheses that a struct literal needs where a block may follow it.
fn parenthesized(value: Expr) -> Expr {
    match value {
        Expr::Struct(_) | Expr::Binary(_) => syn::parse_quote!((#value)),
        other => other,
    }
}

fn is_lazy(op: &BinOp) -> bool {
    matches!(op, BinOp::And(_) | BinOp::Or(_))
}
