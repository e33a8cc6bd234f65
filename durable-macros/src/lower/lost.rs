//! Places that are lent by `&mut` in a branch that may be given up.
//!
//! ```text
//! select! { _ = async { helper(&mut state).await } => …, _ = sleep(limit) => … }
//! ```
//!
//! A plain future would have changed a part of `state` when it is dropped; here the caller's `state` is
//! as it was. If it outlives the branch, somebody could tell.

use super::Part;
use crate::ir::{Body, LocalId, Locals, PointId, Terminator};
use crate::syntax::fork::ForkKind;
use std::collections::BTreeSet;

/// The suspend points at which something from outside is lent that may be needed when the branch is
/// given up.
pub(super) fn lost(body: &Body, parts: &[Part]) -> BTreeSet<PointId> {
    let mut found = BTreeSet::new();
    for part in parts {
        for block in &part.blocks {
            let Terminator::Suspend { point, .. } = &body.blocks[block.0].terminator else {
                continue;
            };
            let lent: Locals = body.points[point.0].lent.clone();
            let mut lent = body.with_inputs(lent).into_iter();
            if lent.any(|local| may_be_lost(body, parts, part, local)) {
                found.insert(*point);
            }
        }
    }
    found
}

/// Whether a branch on the way from `part` to the machine that owns the local may be given up.
fn may_be_lost(body: &Body, parts: &[Part], part: &Part, local: LocalId) -> bool {
    let mut at = part;
    while !at.owns(body, local)
        && let Some(region) = at.region
    {
        // A block that runs by itself owns all that it mentions.
        let Some((fork, _)) = body.regions[region.0].joined else {
            return false;
        };
        let joins = |part: &&Part| part.forks.iter().any(|plan| plan.point == fork);
        let Some(around) = parts.iter().find(joins) else {
            return true;
        };
        let mut plans = around.forks.iter().filter(|plan| plan.point == fork);
        let all_end = plans.any(|plan| {
            matches!(&body.blocks[plan.block.0].terminator, Terminator::Fork(fork) if fork.kind == ForkKind::Join)
        });
        if !all_end {
            return true;
        }
        at = around;
    }
    false
}
