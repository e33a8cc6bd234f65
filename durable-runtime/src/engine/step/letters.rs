//! Letters: signals, updates and ends of children in the inbox, and which of them an operation that waits
//! is given.

use super::super::instance::{Decision, Instance, Place};
use crate::codec;
use crate::frame::Call;
use crate::id::{Timestamp, WorkflowId};
use crate::operation::{Answered, ChildError, Request, Resolution, received};
use crate::reason::shortened;
use crate::store::{ChildEnd, Message, MessageKind, Phase};
use std::collections::HashMap;

/// A letter for an operation that waits for one of its kind.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub(super) op: u64,
    /// Its place in [`Instance::letters`]; none if the operation waits in vain.
    pub(super) at: Option<usize>,
    /// When it was sent.
    pub(super) since: Timestamp,
    /// Its place in the inbox.
    pub(super) ord: i64,
    answer: Resolution,
}

/// What an operation waits for.
#[derive(PartialEq, Eq, Hash)]
enum Address<'a> {
    Signal(&'a str),
    Update(&'a str),
    /// The child that this operation started.
    Child(u64),
}

impl Instance {
    /// The first letter that something waits for. Letters are given in their order, each to
    /// whatever began to wait first. A wait for the child of another run ends now.
    pub(super) fn delivery(&self, now: Timestamp) -> Option<Delivery> {
        let Place::At(checkpoint) = &self.place else {
            return None;
        };
        let calls = checkpoint.calls();
        let open = || calls.iter().filter(|call| call.answer.is_none());
        if let Some(stray) = open().find_map(|call| self.stray(call)) {
            return Some(Delivery {
                since: now,
                ..stray
            });
        }
        if self.letters.is_empty() {
            return None;
        }
        let mut waiting = HashMap::new();
        for call in open() {
            let address = match &call.request {
                Request::Signal { name } => Address::Signal(name),
                Request::Update { name } => Address::Update(name),
                Request::Child { op, .. } => Address::Child(*op),
                _ => continue,
            };
            let first = waiting.entry(address).or_insert(*call);
            if call.op < first.op {
                *first = call;
            }
        }
        self.letters.iter().enumerate().find_map(|(at, letter)| {
            let address = match letter.kind {
                MessageKind::Update => Address::Update(&letter.name),
                MessageKind::ChildEnded => Address::Child(letter.name.parse().ok()?),
                _ => Address::Signal(&letter.name),
            };
            let call = waiting.get(&address)?;
            Some(Delivery {
                op: call.op,
                at: Some(at),
                since: letter.sent_at,
                ord: letter.ord,
                answer: self.answer(&call.request, letter),
            })
        })
    }

    /// The same, if it was sent before the request to cancel.
    pub(super) fn delivery_before_cancel(&self) -> Option<Delivery> {
        let cancel = self.unread.first().copied()?;
        let delivery = self.delivery(Timestamp(i64::MAX))?;
        (delivery.at.is_some() && delivery.ord < cancel).then_some(delivery)
    }

    /// Gives the code a letter.
    pub(super) fn deliver(&mut self, delivery: Delivery) -> Decision {
        self.hears(&delivery);
        let Delivery { op, at, answer, .. } = delivery;
        let letter = at.and_then(|at| self.letters.remove(at));
        self.taken.extend(letter);
        self.turn(vec![Answered { op, answer }])
    }

    /// What the code was given is in no step: it is given again.
    pub(super) fn put_back(&mut self) {
        for letter in std::mem::take(&mut self.taken) {
            let back = match letter.kind {
                MessageKind::Activity => &mut self.news,
                _ => &mut self.letters,
            };
            let at = back.partition_point(|own| own.ord < letter.ord);
            back.insert(at, letter);
        }
    }

    /// What an operation is given of a letter.
    fn answer(&self, request: &Request, letter: &Message) -> Resolution {
        match request {
            Request::Child { id, .. } => child_end(id, letter),
            Request::Update { .. } => {
                Resolution::Returned(received(self.run, &letter.msg, &letter.payload))
            }
            _ => Resolution::Returned(letter.payload.clone()),
        }
    }

    fn stray(&self, call: &Call) -> Option<Delivery> {
        let Request::Child { id, parent, .. } = &call.request else {
            return None;
        };
        (*parent != self.run).then(|| Delivery {
            op: call.op,
            at: None,
            since: Timestamp(0),
            ord: i64::MAX,
            answer: failed(&ChildError::NotOurs(id.clone())),
        })
    }
}

/// How a child ended, for who waits for it.
fn child_end(id: &WorkflowId, letter: &Message) -> Resolution {
    match codec::decode(&letter.payload) {
        Ok(ChildEnd {
            output: Some(output),
            ..
        }) => Resolution::Returned(output),
        Ok(ChildEnd {
            phase: Phase::TimedOut,
            error,
            ..
        }) => failed(&ChildError::TimedOut {
            id: id.clone(),
            reason: shortened(error.unwrap_or_default()),
        }),
        Ok(ChildEnd { error, .. }) => terminated(id, error),
        Err(error) => terminated(id, Some(format!("how it ended cannot be read: {error}"))),
    }
}

fn terminated(id: &WorkflowId, reason: Option<String>) -> Resolution {
    failed(&ChildError::Terminated {
        id: id.clone(),
        reason: reason.map_or_else(|| "no reason given".to_owned(), shortened),
    })
}

fn failed(error: &ChildError) -> Resolution {
    Resolution::Failed(codec::encode_plain(error))
}
