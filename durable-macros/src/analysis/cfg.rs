//! Shape of the graph: which blocks are reached, and from where.

use super::liveness::Liveness;
use super::scopes;
use crate::ir::{Block, BlockId, Body, LocalId, LocalKind, Locals, Terminator};
use std::collections::{BTreeMap, BTreeSet};

/// Removes blocks that control cannot reach (code after a `return`) and numbers the rest again,
/// in depth-first order.
pub(crate) fn prune(body: &mut Body) {
    let mut order = Vec::new();
    let mut seen = vec![false; body.blocks.len()];
    let mut stack: Vec<BlockId> = body.detached.iter().rev().map(|d| d.entry).collect();
    stack.push(BlockId(0));
    while let Some(block) = stack.pop() {
        if std::mem::replace(&mut seen[block.0], true) {
            continue;
        }
        order.push(block);
        stack.extend(body.successors(&body.blocks[block.0]).into_iter().rev());
    }
    for block in (0..body.blocks.len()).filter(|&b| !seen[b]) {
        let block = &body.blocks[block];
        let uses = block.statements.iter().flat_map(|s| &s.uses);
        for local in uses.copied().chain(block.terminator.uses()) {
            body.locals[local.0].typed_elsewhere = true;
        }
    }
    let mut number = vec![BlockId(usize::MAX); body.blocks.len()];
    for (new, old) in order.iter().enumerate() {
        number[old.0] = BlockId(new);
    }
    let mut old: Vec<Option<Block>> = body.blocks.drain(..).map(Some).collect();
    for block in order {
        let mut block = old[block.0].take().expect("each block is visited once");
        for target in block.terminator.successors_mut() {
            *target = number[target.0];
        }
        body.blocks.push(block);
    }
    for exit in &mut body.exits {
        exit.target = number[exit.target.0];
    }
    for detached in &mut body.detached {
        detached.entry = number[detached.entry.0];
    }
    let unreached = BlockId(usize::MAX);
    body.scope_ends.retain_mut(|end| {
        (end.from, end.after) = (number[end.from.0], number[end.after.0]);
        end.after != unreached && end.from != unreached
    });
    declared_elsewhere(body);
}

/// Marks locals of `let x;` that another block than that of the `let` has to do with: there nothing
/// shows the type that the `let` may give them. The same for what a macro may assign (`m = 7`) or
/// not (a field `m: 7`), also where a pattern of a loop or a branch binds it.
fn declared_elsewhere(body: &mut Body) {
    let mentions = body.blocks.iter().flat_map(|b| &b.statements);
    let mentions: Locals = mentions.flat_map(|s| &s.mentions).copied().collect();
    let deferred = |l: &LocalId| {
        let may_be = mentions.contains(l) && body.may_be_assigned(*l);
        may_be || matches!(body.locals[l.0].kind, LocalKind::Deferred)
    };
    let mut seen: BTreeMap<LocalId, BTreeSet<usize>> = BTreeMap::new();
    for (number, block) in body.blocks.iter().enumerate() {
        let mut terminator = block.terminator.uses();
        let edges = 0..block.terminator.successors().len();
        terminator.extend(edges.flat_map(|edge| block.terminator.defines_on(edge)));
        let exits = block.all_exits().flat_map(|e| &body.exits[e.0].assigned);
        let locals = block.statements.iter().flat_map(|s| {
            let read = s.binds.iter().chain(&s.uses).chain(&s.mentions);
            read.chain(&s.assigns).chain(&s.maybe_assigns)
        });
        for &local in locals
            .chain(&terminator)
            .chain(exits)
            .filter(|&l| deferred(l))
        {
            seen.entry(local).or_default().insert(number);
        }
    }
    for (local, blocks) in seen {
        body.locals[local.0].typed_elsewhere |= blocks.len() > 1;
    }
}

/// How many edges lead into each block.
pub(crate) fn predecessor_counts(body: &Body) -> Vec<usize> {
    let mut counts = vec![0; body.blocks.len()];
    for block in &body.blocks {
        for target in body.successors(block) {
            counts[target.0] += 1;
        }
    }
    counts
}

/// Blocks that get an arm of their own in the machine: the entries (of branches and blocks too), where control joins, and where
/// a suspended function goes on, or where a scope ends of which something is still there. All others stand inside the one block that leads to them.
pub(crate) fn arm_heads(body: &Body, liveness: &Liveness) -> Vec<bool> {
    let mut heads: Vec<bool> = predecessor_counts(body)
        .iter()
        .map(|&count| count > 1)
        .collect();
    heads[0] = true;
    for detached in &body.detached {
        heads[detached.entry.0] = true;
    }
    for block in &body.blocks {
        match &block.terminator {
            Terminator::Suspend { resume, .. } => heads[resume.0] = true,
            Terminator::Fork(fork) => {
                heads[fork.resume.0] = true;
                for (_, code) in fork.regions() {
                    heads[code.entry.0] = true;
                }
            }
            _ => {}
        }
        for exit in block.all_exits() {
            heads[body.exits[exit.0].target.0] = true;
        }
    }
    scopes::end(body, liveness, &mut heads);
    heads
}
