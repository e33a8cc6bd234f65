//! Which locals from outside each branch mentions.

use crate::ir::{BlockId, Body, BranchCode, LocalId, Locals, Terminator};
use std::ops::Range;

/// Notes the captures of all branches. Runs once blocks that are not reached are gone.
pub(crate) fn find(body: &mut Body) {
    let mut found = Vec::new();
    for (number, block) in body.blocks.iter().enumerate() {
        let Terminator::Fork(fork) = &block.terminator else {
            continue;
        };
        for (place, region) in fork.regions() {
            let inside = &body.regions[region.region.0].locals;
            let captures = captures(body, mentions(body, region.entry, inside), inside);
            found.push((number, place, captures));
        }
    }
    for (block, place, captures) in found {
        if let Terminator::Fork(fork) = &mut body.blocks[block].terminator
            && let BranchCode::Region(code) = &mut fork.branches[place].code
        {
            (code.captures, code.borrowed) = captures;
        }
    }
}

/// All captures, and those that are needed to make borrows again. A borrow itself is not taken
/// along.
fn captures(body: &Body, mentions: Locals, inside: &Range<usize>) -> (Locals, Locals) {
    let is_borrow = |local: &LocalId| body.locals[local.0].recipe.is_some();
    let (borrows, mut captures): (Locals, Locals) = mentions.into_iter().partition(is_borrow);
    let mut borrowed = body.with_inputs(borrows);
    borrowed.retain(|local| !is_borrow(local) && !inside.contains(&local.0));
    captures.extend(&borrowed);
    (captures, borrowed)
}

/// What the code that `entry` leads to mentions, branches inside it included, and does not bind.
fn mentions(body: &Body, entry: BlockId, inside: &Range<usize>) -> Locals {
    let mut found = Locals::new();
    for block in reached(body, entry) {
        let block = &body.blocks[block.0];
        for statement in &block.statements {
            let sets = [
                &statement.uses,
                &statement.assigns,
                &statement.maybe_assigns,
            ];
            found.extend(sets.into_iter().flatten());
            let mentions = statement.mentions.iter();
            found.extend(mentions.filter(|&&l| body.may_be_assigned(l)));
        }
        found.extend(block.terminator.uses());
    }
    found.retain(|local| !inside.contains(&local.0));
    found
}

/// All blocks that control may reach from `entry`.
fn reached(body: &Body, entry: BlockId) -> Vec<BlockId> {
    let mut seen = vec![false; body.blocks.len()];
    let (mut found, mut stack) = (Vec::new(), vec![entry]);
    while let Some(block) = stack.pop() {
        if std::mem::replace(&mut seen[block.0], true) {
            continue;
        }
        found.push(block);
        stack.extend(body.successors(&body.blocks[block.0]));
    }
    found
}
