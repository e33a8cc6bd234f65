//! A cancellation on its way to the children that are awaited.

use super::super::instance::{Cancel, Decision, Instance, Policy};
use super::letters::Delivery;
use crate::codec;
use crate::id::Timestamp;
use crate::store::{ChildEnd, MessageKind, Phase};

/// Whether a child is asked to stop. Asked again by another worker it hears of that once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::engine) enum Asking {
    /// It is not.
    #[default]
    No,
    /// It is to be.
    Wanted,
    /// That is on disk.
    Done,
}

impl Instance {
    /// Whether the children of these operations have to be asked to stop before anything else.
    pub(super) fn are_to_be_asked(&mut self, ops: &[u64]) -> bool {
        let mut any = false;
        for op in ops {
            if let Some(own) = self.underway_mut(*op)
                && own.child != Asking::Done
            {
                own.child = Asking::Wanted;
                any = true;
            }
        }
        any
    }

    /// Whether the child of this operation is to be asked to stop, and is not.
    pub(super) fn is_to_ask(&self, op: u64) -> bool {
        let own = self.underway(op);
        own.is_some_and(|own| own.child == Asking::Wanted && !own.running)
    }

    /// Whether a child that is awaited is to be asked to stop, and that is not on disk.
    pub(super) fn is_asking_children(&self) -> bool {
        let mut calls = self.awaited().into_iter();
        let own = |op| self.underway(op).map(|own| own.child);
        calls.any(|call| own(call.op) == Some(Asking::Wanted))
    }

    /// Whether a child that is awaited is to be asked to stop, and is not.
    pub(super) fn asks_children(&self) -> bool {
        let mut calls = self.awaited().into_iter();
        calls.any(|call| self.is_to_ask(call.op))
    }

    /// The request to the child of this operation is on disk, if it is one for a child.
    pub(super) fn has_asked(
        &mut self,
        op: u64,
        now: Timestamp,
        policy: &Policy,
    ) -> Option<Decision> {
        let own = self.underway_mut(op)?;
        if own.child != Asking::Wanted {
            return None;
        }
        own.child = Asking::Done;
        Some(self.proceed(now, policy, false))
    }

    /// The code is given the end of a child. One that was asked to stop and ended by that has
    /// brought the cancellation with it; what follows is cleaning up.
    pub(super) fn hears(&mut self, delivery: &Delivery) {
        let own = self.underway(delivery.op);
        let asked = own.is_some_and(|own| own.child != Asking::No);
        if self.cancel_sent().is_none() || !asked {
            return;
        }
        let letter = delivery.at.and_then(|at| self.letters.get(at));
        let Some(letter) = letter.filter(|letter| letter.kind == MessageKind::ChildEnded) else {
            return;
        };
        let end = codec::decode::<ChildEnd>(&letter.payload);
        if end.is_ok_and(|end| end.phase == Phase::Cancelled) {
            self.cancel = Cancel::Told;
        }
    }
}
