//! Backward liveness: which locals are still needed at each place.
//!
//! A local is *live* where some path leads to a use before a definition. The sets only grow, so
//! the worklist ends. What is live is initialised, because rustc has accepted the function: a use
//! that every path reaches without a value is its error, not ours.
//!
//! A borrow that is made again lives on its inputs: where it is live, they are
//! ([`Body::with_inputs`]).
//!
//! Approximation, in the safe direction: a use that is only suspected (a name in the arguments of
//! an unknown macro) counts as one; then too much is saved, or rustc refuses the program loudly.

use crate::ir::{Block, BlockId, Body, ExitId, Locals, Statement};

/// What is live where.
#[derive(Debug)]
pub(crate) struct Liveness {
    /// Where each block begins; what is defined on the edge into it included.
    pub(crate) live_in: Vec<Locals>,
}

/// Computes the fixpoint.
pub(crate) fn liveness(body: &Body) -> Liveness {
    let mut live_in = vec![Locals::new(); body.blocks.len()];
    let mut predecessors = vec![Vec::new(); body.blocks.len()];
    for (number, block) in body.blocks.iter().enumerate() {
        for target in body.successors(block) {
            predecessors[target.0].push(BlockId(number));
        }
    }
    // Later blocks first: in a graph without loops each is then visited once.
    let mut work: Vec<BlockId> = (0..body.blocks.len()).map(BlockId).collect();
    while let Some(number) = work.pop() {
        let block = &body.blocks[number.0];
        let mut live = before_terminator(body, block, &live_in);
        for statement in block.statements.iter().rev() {
            live = before(body, statement, live, &live_in);
        }
        if live != live_in[number.0] {
            live_in[number.0] = live;
            work.extend(&predecessors[number.0]);
        }
    }
    Liveness { live_in }
}

impl Liveness {
    /// Live after each statement of a block.
    pub(crate) fn after_statements(&self, body: &Body, block: &Block) -> Vec<Locals> {
        let mut sets = vec![before_terminator(body, block, &self.live_in)];
        for statement in block.statements.iter().rev() {
            let live = sets.last().cloned().unwrap_or_default();
            sets.push(before(body, statement, live, &self.live_in));
        }
        sets.pop();
        sets.reverse();
        sets
    }

    /// Live when control has gone along the edge from `block` to its `index`-th successor, less
    /// what the edge itself defines.
    pub(crate) fn across(&self, block: &Block, index: usize) -> Locals {
        let target = block.terminator.successors()[index];
        &self.live_in[target.0] - &block.terminator.defines_on(index)
    }
}

/// Live where a jump leaves a piece of code.
pub(crate) fn at_exit(body: &Body, exit: ExitId, live_in: &[Locals]) -> Locals {
    let exit = &body.exits[exit.0];
    let mut live = live_in[exit.target.0].clone();
    live.retain(|l| Some(*l) != exit.value && !exit.assigned.contains(l));
    live
}

/// Live before the terminator of a block, from what is live in its successors.
fn before_terminator(body: &Body, block: &Block, live_in: &[Locals]) -> Locals {
    let mut live = block.terminator.uses();
    live.extend(block.terminator.captures());
    for &exit in &block.exits {
        live.extend(at_exit(body, exit, live_in));
    }
    for (index, target) in block.terminator.successors().into_iter().enumerate() {
        live.extend(live_in[target.0].difference(&block.terminator.defines_on(index)));
    }
    body.with_inputs(live)
}

/// The transfer function of a statement.
fn before(body: &Body, statement: &Statement, mut live: Locals, live_in: &[Locals]) -> Locals {
    live.retain(|l| !statement.binds.contains(l) && !statement.assigns.contains(l));
    live.extend(&statement.uses);
    for &exit in &statement.exits {
        live.extend(at_exit(body, exit, live_in));
    }
    let mut live = body.with_inputs(live);
    // What says which alternative a borrow is made again from comes after the borrow itself.
    live.retain(|l| !statement.binds.contains(l) || statement.uses.contains(l));
    live
}
