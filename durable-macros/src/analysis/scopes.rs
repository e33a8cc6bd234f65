//! Where scopes end: an arm has no scopes of its own, so what one has bound would be dropped with the
//! arm, after code that stands behind the scope.
//!
//! ```text
//! Input:   { charge(1).await; let guard = lock(); } lock();
//! Blocks:  b1: let guard = lock(); goto b2      b2: lock();
//! Output:  b2 gets an arm of its own: `guard` ends with the one before it
//! ```
//!
//! A variable is in an arm if it is bound there, and if it is used there: then it is taken out of its slot.
//!
//! What goes on into another arm goes through a slot, and so does what it borrows from. A borrow that
//! nobody can make again would not survive that: where one may go on, the scope stays with its arm.

use super::liveness::Liveness;
use super::owned::may_borrow;
use crate::ir::{Block, BlockId, Body, Code, LocalId, Locals, ScopeEnd, Statement, Terminator};
use crate::normalize::makes_a_value;
use syn::visit::Visit;
use syn::{Expr, Pat, Stmt};

/// Marks where arms have to begin that scopes end in time.
pub(super) fn end(body: &Body, liveness: &Liveness, heads: &mut [bool]) {
    let before = single_predecessors(body);
    for (at, end) in body.scope_ends.iter().enumerate() {
        if heads[end.after.0] || !holds_something(body, end, &before, heads) {
            continue;
        }
        let kept = |local: &LocalId| {
            let live = liveness.live_in.iter().zip(&*heads);
            live.into_iter()
                .any(|(live, head)| *head && live.contains(local))
        };
        let mut goes_on = liveness.live_in[end.after.0].iter();
        if goes_on.any(|local| may_borrow(body, *local, &kept)) {
            continue;
        }
        // Nothing stands between this end and that of the scope around it, or another arm.
        let next = match &body.blocks[end.after.0] {
            Block {
                statements,
                terminator: Terminator::Goto(next),
                ..
            } if statements.is_empty() => Some(*next),
            _ => None,
        };
        let around = |next: BlockId| body.scope_ends[at..].iter().any(|end| end.after == next);
        if !next.is_some_and(|next| heads[next.0] || around(next)) {
            heads[end.after.0] = true;
        }
    }
}

/// The one block that leads to each, where there is one, and which of its edges does.
fn single_predecessors(body: &Body) -> Vec<Option<(BlockId, usize)>> {
    let mut before = vec![None; body.blocks.len()];
    for (number, block) in body.blocks.iter().enumerate() {
        for (edge, target) in block.terminator.successors().into_iter().enumerate() {
            before[target.0] = Some((BlockId(number), edge));
        }
    }
    before
}

/// Whether the arm that goes on behind a scope has a variable or a temporary of it.
fn holds_something(
    body: &Body,
    end: &ScopeEnd,
    before: &[Option<(BlockId, usize)>],
    heads: &[bool],
) -> bool {
    let inside =
        |local: &LocalId| body.locals[local.0].has_a_scope() && end.locals.contains(&local.0);
    let mut given = Locals::new();
    let mut at = end.after;
    while let Some((from, edge)) = before[at.0].filter(|_| !heads[at.0]) {
        let block = &body.blocks[from.0];
        if may_hold_temporaries(&block.terminator, edge) {
            return true;
        }
        // What is used was bound in this arm, or is taken into a variable of it.
        let bound = block.terminator.defines_on(edge);
        let used = &bound | &block.terminator.uses();
        if used.difference(&given).any(inside) {
            return true;
        }
        for statement in block.statements.iter().rev() {
            given.extend(gives(body, statement));
            if variables(statement).difference(&given).any(inside) {
                return true;
            }
        }
        if from == end.from {
            break;
        }
        at = from;
    }
    false
}

/// What a statement needs a variable for.
fn variables(statement: &Statement) -> Locals {
    let all = [
        &statement.binds,
        &statement.uses,
        &statement.assigns,
        &statement.maybe_assigns,
        &statement.mentions,
    ];
    all.into_iter().flatten().copied().collect()
}

/// The variable that a statement moves, or copies, as a whole.
fn gives(body: &Body, statement: &Statement) -> Option<LocalId> {
    let value = match &statement.code {
        Code::Let {
            pat: Pat::Ident(pat),
            init,
            otherwise: None,
            ..
        } if pat.by_ref.is_none() && pat.subpat.is_none() => init,
        Code::Stmt(Stmt::Expr(value, _)) => value,
        _ => return None,
    };
    let Expr::Path(path) = value else {
        return None;
    };
    let name = path.path.get_ident()?;
    let named = |local: &&LocalId| body.locals[local.0].ident == *name;
    statement.uses.iter().find(named).copied()
}

/// Whether what is matched makes values that end with the `match` or `if` only.
fn may_hold_temporaries(terminator: &Terminator, edge: usize) -> bool {
    match (terminator, edge) {
        (Terminator::Match { scrutinee, .. }, _) => makes_a_value(scrutinee),
        // Behind a condition that fails they have ended.
        (Terminator::If { cond, .. }, 0) => {
            let mut matched = Matched(false);
            matched.visit_expr(cond);
            matched.0
        }
        _ => false,
    }
}

/// Whether a value is made for what is matched by `let` in a condition.
struct Matched(bool);

impl<'ast> Visit<'ast> for Matched {
    fn visit_expr_let(&mut self, expr: &'ast syn::ExprLet) {
        self.0 |= makes_a_value(&expr.expr);
    }
}
