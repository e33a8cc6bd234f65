//! Where scopes end: an arm has no scopes of its own, so what one has bound would be dropped with the
//! arm, after code that stands behind the scope.
//!
//! ```text
//! Input:   { charge(1).await; let guard = lock(); } lock();
//! Blocks:  b1: let guard = lock(); goto b2      b2: lock();
//! Output:  b2 gets an arm of its own: `guard` ends with the one before it
//! ```

use crate::ir::{Block, BlockId, Body, Code, LocalId, ScopeEnd, Statement, Terminator};
use syn::visit::Visit;
use syn::{Expr, Pat, Stmt};

/// Marks where arms have to begin that scopes end in time.
pub(super) fn end(body: &Body, heads: &mut [bool]) {
    let before = single_predecessors(body);
    for (at, end) in body.scope_ends.iter().enumerate() {
        if heads[end.after.0] || !holds_something(body, end, &before, heads) {
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
    let mut given = Vec::new();
    let mut at = end.after;
    while let Some((from, edge)) = before[at.0].filter(|_| !heads[at.0]) {
        let block = &body.blocks[from.0];
        if may_hold_temporaries(&block.terminator) {
            return true;
        }
        let stays = |local: &LocalId, given: &[String]| {
            let name = body.locals[local.0].ident.to_string();
            inside(local) && !given.contains(&name)
        };
        let bound = block.terminator.defines_on(edge);
        if bound.iter().any(|local| stays(local, &given)) {
            return true;
        }
        for statement in block.statements.iter().rev() {
            if statement.binds.iter().any(|local| stays(local, &given)) {
                return true;
            }
            given.extend(gives(statement));
        }
        if from == end.from {
            break;
        }
        at = from;
    }
    false
}

/// The variable that a statement moves, or copies, as a whole.
fn gives(statement: &Statement) -> Option<String> {
    let (Code::Let { init: value, .. } | Code::Stmt(Stmt::Expr(value, _))) = &statement.code else {
        return None;
    };
    match value {
        Expr::Path(path) => Some(path.path.get_ident()?.to_string()),
        _ => None,
    }
}

/// Whether what is matched makes values that end with the `match` or `if` only.
fn may_hold_temporaries(terminator: &Terminator) -> bool {
    let mut made = Made::default();
    match terminator {
        Terminator::Match { scrutinee, .. } => made.visit_expr(scrutinee),
        Terminator::If { cond, .. } => Matched(&mut made).visit_expr(cond),
        _ => {}
    }
    made.0
}

/// The values that are matched by `let` in a condition.
struct Matched<'a>(&'a mut Made);

impl<'ast> Visit<'ast> for Matched<'_> {
    fn visit_expr_let(&mut self, expr: &'ast syn::ExprLet) {
        self.0.visit_expr(&expr.expr);
    }
}

/// Whether an expression computes a value in its middle.
#[derive(Default)]
struct Made(bool);

impl<'ast> Visit<'ast> for Made {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            Expr::Path(_)
            | Expr::Lit(_)
            | Expr::Field(_)
            | Expr::Reference(_)
            | Expr::Paren(_)
            | Expr::Group(_)
            | Expr::Try(_)
            | Expr::Tuple(_)
            | Expr::Unary(_)
            | Expr::Cast(_) => syn::visit::visit_expr(self, expr),
            _ => self.0 = true,
        }
    }

    fn visit_pat(&mut self, _: &'ast Pat) {}
}
