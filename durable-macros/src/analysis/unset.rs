//! Locals of `let x;` that would have to be kept before they have a value.
//!
//! ```text
//! let x;
//! pause().await;                 `x` is live here, as far as can be seen
//! if first!(x = 1) { … }         a macro may assign it, or may not
//! ```
//!
//! rustc knows better, but where the machine keeps it, it could only speak of code that nobody wrote.

use super::cfg::arm_heads;
use super::liveness::Liveness;
use crate::ir::{BlockId, Body, LocalId, LocalKind, Terminator};

/// Each such local.
pub(crate) fn unset(body: &Body, liveness: &Liveness) -> Vec<LocalId> {
    let heads = arm_heads(body, liveness);
    let mut found = Vec::new();
    for (number, block) in body.blocks.iter().enumerate() {
        for (at, statement) in block.statements.iter().enumerate() {
            let deferred = |l: &&LocalId| matches!(body.locals[l.0].kind, LocalKind::Deferred);
            for &local in statement.binds.iter().filter(deferred) {
                let search = Search {
                    body,
                    liveness,
                    heads: &heads,
                    local,
                };
                if search.is_kept_from(BlockId(number), at + 1) {
                    found.push(local);
                }
            }
        }
    }
    found
}

struct Search<'a> {
    body: &'a Body,
    liveness: &'a Liveness,
    heads: &'a [bool],
    local: LocalId,
}

impl Search<'_> {
    /// Whether some path leads from here to the end of an arm with nothing about the local on it,
    /// where it is live.
    fn is_kept_from(&self, block: BlockId, statement: usize) -> bool {
        let mut seen = vec![false; self.body.blocks.len()];
        let mut paths = vec![(block, statement)];
        while let Some((number, from)) = paths.pop() {
            let block = &self.body.blocks[number.0];
            let touched = block.statements[from..].iter().any(|s| {
                let sets = [&s.binds, &s.assigns, &s.uses, &s.maybe_assigns, &s.mentions];
                sets.into_iter().any(|set| set.contains(&self.local))
            });
            if touched || block.terminator.uses().contains(&self.local) {
                continue;
            }
            let fork = matches!(block.terminator, Terminator::Fork(_));
            if fork && block.terminator.captures().contains(&self.local) {
                return true;
            }
            for next in block.terminator.successors() {
                if !self.liveness.live_in[next.0].contains(&self.local) {
                    continue;
                }
                if self.heads[next.0] {
                    return true;
                }
                if !std::mem::replace(&mut seen[next.0], true) {
                    paths.push((next, 0));
                }
            }
        }
        false
    }
}
