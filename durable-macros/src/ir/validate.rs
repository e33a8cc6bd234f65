//! What must hold of every body; a violation is a bug of the stage before.

use super::{Body, Terminator};

/// Checks a body. Panics with the name of the stage that broke it.
pub(crate) fn validate(body: &Body, stage: &str) {
    for (number, block) in body.blocks.iter().enumerate() {
        for target in body.successors(block) {
            assert!(
                target.0 < body.blocks.len(),
                "internal error after {stage}: block {number} goes to a block that does not exist"
            );
            assert!(
                target.0 != 0,
                "internal error after {stage}: the entry has a predecessor"
            );
        }
        if let Terminator::Suspend { point, answer, .. } = &block.terminator {
            assert!(
                point.0 < body.points.len() && answer.0 < body.locals.len(),
                "internal error after {stage}: block {number} suspends at an unknown point"
            );
        }
    }
}
