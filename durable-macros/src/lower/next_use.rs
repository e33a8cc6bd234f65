//! Where a saved local is used next: why it is saved. For people; nothing depends on it.
//!
//! ```text
//!   line 2   let total = op(1).await;
//!   line 3   other().await;               saves `total`, which is used next in line 4
//!   line 4   report(total).await
//! ```

use super::{Layout, PointPlan};
use crate::ir::{BlockId, Body, Code, Fork, LocalId, Locals, PointId, Statement, Terminator};
use crate::names::unraw;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::BTreeSet;

/// The line in which the local with the number `saved` is used next when a function goes on after
/// an await: the nearest one below the await among the first uses on all ways, or in a loop that
/// only comes round to them, the first one above.
///
/// A borrow that is made again counts as a use of what it borrows. Where the name cannot be found
/// in the code (a capture in a format string), the line is the one in which the statement begins.
pub(crate) fn next_use(body: &Body, layout: &Layout, plan: &PointPlan, saved: usize) -> usize {
    let after = body.points[plan.point.0].span.start().line;
    let mut from: Vec<BlockId> = plan.resume.into_iter().collect();
    if let Some(fork) = fork(body, plan.point) {
        from.extend(fork.regions().map(|(_, code)| code.entry));
    }
    // What a branch saves for the code around it may only be used there.
    if layout.cared_for.contains(&saved) {
        let parent = |point| layout.points[layout.point(point)?].parent;
        let around = std::iter::successors(plan.parent, |(point, _)| parent(*point));
        from.extend(around.filter_map(|(point, _)| Some(fork(body, point)?.resume)));
    }
    let lines = first_uses(body, from, layout.saved[saved].0);
    let below = lines.range(after..).next();
    below.or_else(|| lines.first()).copied().unwrap_or(after)
}

fn fork(body: &Body, point: PointId) -> Option<&Fork> {
    body.blocks
        .iter()
        .find_map(|block| match &block.terminator {
            Terminator::Fork(fork) if fork.point == point => Some(fork),
            _ => None,
        })
}

/// The lines of the first uses on every way from some blocks.
fn first_uses(body: &Body, from: Vec<BlockId>, local: LocalId) -> BTreeSet<usize> {
    let sought: Locals = (0..body.locals.len())
        .map(LocalId)
        .filter(|&l| l == local || body.with_inputs(Locals::from([l])).contains(&local))
        .collect();
    let mut lines = BTreeSet::new();
    let (mut seen, mut stack) = (BTreeSet::new(), from);
    while let Some(number) = stack.pop() {
        if !seen.insert(number) {
            continue;
        }
        let block = &body.blocks[number.0];
        // Ways out of the middle of a statement go where no later statement is met.
        stack.extend(block.all_exits().map(|exit| body.exits[exit.0].target));
        let met = block.statements.iter().find_map(|statement| {
            let used: Vec<_> = statement.uses.intersection(&sought).collect();
            if used.is_empty() {
                let ends = statement.assigns.contains(&local) || statement.binds.contains(&local);
                return ends.then_some(None);
            }
            Some(line(body, &used, &tokens(statement)))
        });
        let uses = block.terminator.uses();
        let used: Vec<_> = uses.intersection(&sought).collect();
        if let Some(met) = met {
            lines.extend(met);
        } else if used.is_empty() {
            let ways = block.terminator.successors().into_iter().enumerate();
            let open = ways.filter(|(n, _)| !block.terminator.defines_on(*n).contains(&local));
            stack.extend(open.map(|(_, target)| target));
        } else {
            lines.extend(line(body, &used, &end_tokens(body, &block.terminator)));
        }
    }
    lines
}

/// The line of the first mention of a local, or of the code.
fn line(body: &Body, locals: &[&LocalId], code: &TokenStream) -> Option<usize> {
    let names: Vec<_> = locals
        .iter()
        .map(|l| unraw(&body.locals[l.0].ident))
        .collect();
    let begins = code
        .clone()
        .into_iter()
        .next()
        .map(|t| t.span().start().line);
    mention(code, &names).or(begins)
}

fn mention(code: &TokenStream, names: &[String]) -> Option<usize> {
    code.clone().into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) => names
            .contains(&unraw(&ident))
            .then(|| ident.span().start().line),
        TokenTree::Group(group) => mention(&group.stream(), names),
        _ => None,
    })
}

fn tokens(statement: &Statement) -> TokenStream {
    match &statement.code {
        Code::Let {
            init, otherwise, ..
        } => [init.to_token_stream(), otherwise.to_token_stream()]
            .into_iter()
            .collect(),
        Code::Start { source, .. } => source.to_token_stream(),
        Code::Param { pat, .. } => pat.to_token_stream(),
        Code::Stmt(stmt) => stmt.to_token_stream(),
        Code::Taken(taken) => taken.part.to_token_stream(),
    }
}

fn end_tokens(body: &Body, terminator: &Terminator) -> TokenStream {
    match terminator {
        Terminator::If { cond, .. } => cond.to_token_stream(),
        Terminator::Match {
            scrutinee, arms, ..
        } => {
            let guards = arms.iter().map(|arm| arm.pat.to_token_stream());
            std::iter::once(scrutinee.to_token_stream())
                .chain(guards)
                .collect()
        }
        Terminator::LetElse { init, .. } => init.to_token_stream(),
        Terminator::Next { cursor, .. } => body.locals[cursor.0].ident.to_token_stream(),
        Terminator::Fork(fork) => fork.operations().map(ToTokens::to_token_stream).collect(),
        Terminator::Suspend { operation, .. } => operation.to_token_stream(),
        Terminator::Return { value, .. } => value.to_token_stream(),
        Terminator::Goto(_) | Terminator::Unreachable => TokenStream::new(),
    }
}
