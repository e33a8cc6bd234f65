//! Signals: which of those in the inbox an operation that waits is given.

use super::super::instance::{Decision, Instance, Place};
use crate::frame::Call;
use crate::id::Timestamp;
use crate::operation::{Answered, Request, Resolution};

/// A signal for an operation that waits for one of its name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delivery {
    op: u64,
    /// Its place in [`Instance::signals`].
    at: usize,
    pub(super) sent_at: Timestamp,
    ord: i64,
}

impl Instance {
    /// The first signal that something waits for. Signals of one name are given in their order,
    /// to whatever began to wait first.
    pub(super) fn delivery(&self) -> Option<Delivery> {
        let Place::At(checkpoint) = &self.place else {
            return None;
        };
        if self.signals.is_empty() {
            return None;
        }
        let calls = checkpoint.calls();
        let waits = |call: &&Call, name: &str| {
            call.answer.is_none()
                && matches!(&call.request, Request::Signal { name: own } if own == name)
        };
        self.signals.iter().enumerate().find_map(|(at, signal)| {
            let waiting = calls
                .iter()
                .copied()
                .filter(|call| waits(call, &signal.name));
            let op = waiting.map(|call| call.op).min()?;
            Some(Delivery {
                op,
                at,
                sent_at: signal.sent_at,
                ord: signal.ord,
            })
        })
    }

    /// The same, if it was sent before the request to cancel.
    pub(super) fn delivery_before_cancel(&self) -> Option<Delivery> {
        let cancel = self.unread.first().copied()?;
        self.delivery().filter(|delivery| delivery.ord < cancel)
    }

    /// Gives the code a signal.
    pub(super) fn deliver(&mut self, delivery: Delivery) -> Decision {
        let signal = self.signals.remove(delivery.at);
        let payload = signal.as_ref().map(|signal| signal.payload.clone());
        self.taken.extend(signal);
        self.turn(vec![Answered {
            op: delivery.op,
            answer: Resolution::Returned(payload.unwrap_or_default()),
        }])
    }

    /// What the code was given is in no step: it is given again.
    pub(super) fn put_back(&mut self) {
        for signal in std::mem::take(&mut self.taken) {
            let at = self.signals.partition_point(|own| own.ord < signal.ord);
            self.signals.insert(at, signal);
        }
    }
}
