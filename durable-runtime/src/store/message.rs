//! Messages to runs: what is sent, what stands in an inbox, and what becomes of it.

use super::records::Phase;
use crate::id::{RunId, Timestamp};
use crate::reason::shortened;
use serde::{Deserialize, Serialize};

/// What a message asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum MessageKind {
    /// Stop cooperatively.
    Cancel = 0,
    /// End without running any code.
    Terminate = 1,
    /// A value for whoever waits for one of this name.
    Signal = 2,
    /// A child has ended; only stores send it.
    ChildEnded = 3,
    /// A request for whoever waits for one of this name, to be answered.
    Update = 4,
    /// Rest: take no further step until somebody resumes it. The owner of a run is told so; the
    /// run's row says it to everybody else.
    Pause = 5,
    /// Go on after a pause; see [`Pause`](Self::Pause).
    Resume = 6,
    /// What is new of an activity that ends elsewhere.
    Activity = 7,
}

impl MessageKind {
    /// Whether it is told to one run, and means nothing to another that goes on in its place.
    pub(crate) fn is_of_one_run(self) -> bool {
        matches!(self, Self::ChildEnded | Self::Activity)
    }

    /// Whether it concerns a run that has not begun. A signal or an update is for whoever waits for
    /// it: nobody does before the first await.
    pub(crate) fn wakes_fresh(self) -> bool {
        !matches!(self, Self::Signal | Self::Update)
    }

    /// Whether it waits for code that asks for one of its name.
    pub(crate) fn is_letter(self) -> bool {
        matches!(self, Self::Signal | Self::Update)
    }

    /// The id of one that steers a run, whoever sends it.
    pub(crate) fn steering(self) -> &'static str {
        match self {
            Self::Terminate => "terminate",
            Self::Pause => "pause",
            Self::Resume => "resume",
            _ => "cancel",
        }
    }

    /// Whether it asks a run to come to an end, after which it is not tried again.
    pub(crate) fn stops(self) -> bool {
        matches!(self, Self::Cancel | Self::Terminate)
    }

    /// Whether it only tells an owner what the run's row says.
    pub(crate) fn is_nudge(self) -> bool {
        matches!(self, Self::Pause | Self::Resume)
    }
}

/// How many unread signals and updates a workflow may have before a client or a worker sends it no
/// more, unless they are told otherwise.
pub const UNREAD_MAX: u32 = 10_000;

/// How many bytes the values of unread signals and updates of a workflow have together at most, where
/// there is a limit of how many there are (64 MiB): whoever gets the run reads all of them.
pub const UNREAD_BYTES_MAX: usize = 64 << 20;

/// How many runs before the current one of a workflow are asked whether they have had a message that
/// is sent again: those that it goes on for, or of its id, if a workflow has sent it.
pub const CHAIN_MAX: u32 = 100;

/// A message to a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// Unique per run; a repeated id is absorbed.
    pub msg: String,
    /// What it asks.
    pub kind: MessageKind,
    /// The name of the signal or update, or the number of the operation that started the child or is the
    /// activity; empty for other kinds.
    pub name: String,
    /// The encoded value of the signal or update, or a [`ChildEnd`](super::ChildEnd); for other kinds the reason,
    /// as UTF-8 text.
    pub payload: Vec<u8>,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// How many unread signals and updates its run may have before this one, of
    /// [`UNREAD_BYTES_MAX`] with it; `None`: any number, of any size.
    pub unread_max: Option<u32>,
}

impl NewMessage {
    /// A request to cancel, terminate, pause or resume a run, with as much of the reason as is kept. Each of the first two counts once in the
    /// life of a run, so its id is fixed; what a store does about the others it does by what is.
    pub(crate) fn steer(kind: MessageKind, reason: impl Into<String>, sent_at: Timestamp) -> Self {
        Self {
            msg: kind.steering().into(),
            kind,
            name: String::new(),
            payload: shortened(reason.into()).into_bytes(),
            sent_at,
            unread_max: None,
        }
    }

    /// Whether it counts once for all runs of a chain, and not once for each: its id is its own.
    pub(crate) fn is_of_the_chain(&self) -> bool {
        self.kind.is_letter() || self.kind.stops() && self.msg != self.kind.steering()
    }

    /// Of a heartbeat: what the ids of all of its attempt begin with. The last says all, so those that are
    /// in the inbox of a run without an owner, where nobody has read them, go when another one comes.
    pub(crate) fn replaces(&self) -> Option<&str> {
        if self.kind != MessageKind::Activity || !self.msg.starts_with(Self::BEAT) {
            return None;
        }
        let (of, _) = self.msg.rsplit_once('/')?;
        self.msg.get(..=of.len())
    }

    /// With this begin the ids of heartbeats, and no others of activities.
    pub(crate) const BEAT: &str = "beat/";

    /// The id of a signal or update of this name to which its sender gives an id: apart from all other
    /// messages. In a name a slash would end it, so its length says where it ends.
    pub(crate) fn with_id(kind: &str, name: &str, id: &str) -> String {
        if name.contains('/') {
            format!("{kind}:{}/{name}/{id}", name.len())
        } else {
            format!("{kind}/{name}/{id}")
        }
    }

    /// The id of what operation `op` of a run sends. No other message has it, to whomever.
    pub(crate) fn of_operation(run: RunId, op: u64) -> String {
        format!("{run}/{op}")
    }

    /// Whether an operation of a run sends it. Then it counts once for all runs that its id has ever
    /// had: what sends it again means the one that had it.
    pub(crate) fn is_of_an_operation(&self) -> bool {
        let parts = self.msg.split_once('/').filter(|_| self.is_of_the_chain());
        parts.is_some_and(|(run, op)| {
            u64::from_str_radix(run, 16).is_ok() && op.parse::<u64>().is_ok()
        })
    }
}

/// A message in an inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub msg: String,
    /// Position in the inbox.
    pub ord: i64,
    /// What it asks.
    pub kind: MessageKind,
    /// The name of the signal or update, or the number of the operation that started the child or is the
    /// activity; empty for other kinds.
    pub name: String,
    /// The encoded value of the signal or update, or a [`ChildEnd`](super::ChildEnd); for other kinds the reason,
    /// as UTF-8 text.
    pub payload: Vec<u8>,
    /// When it was sent.
    pub sent_at: Timestamp,
}

/// What became of a message to one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It is in the inbox.
    Accepted,
    /// A message of this id was there already.
    Repeated,
    /// The run is finished.
    Finished(Phase),
    /// No such run.
    NotFound,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It is in the inbox (or was already, of this run or one before it).
    Accepted(RunId),
    /// Nobody owned the run, and it has been terminated.
    Terminated(RunId),
    /// The run has as many unread messages as it may have; nothing changed.
    Full(RunId),
    /// The run is finished.
    Finished(Phase),
    /// No such workflow.
    NotFound,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_name_and_an_id_are_told_apart() {
        // Stored: it stays.
        let stored = NewMessage::with_id("signal", "approve", "mail-17/b");
        assert_eq!(stored, "signal/approve/mail-17/b");
        let texts = ["", "a", "b", "/", "a/", "/a", "a/b", "1/a", "a/b/c", ":1/a"];
        let mut all = BTreeSet::new();
        for kind in ["signal", "update"] {
            for name in texts {
                for id in texts {
                    let fresh = all.insert(NewMessage::with_id(kind, name, id));
                    assert!(fresh, "{kind} {name} {id}");
                }
            }
        }
    }

    #[test]
    fn only_an_operation_sends_as_one() {
        let message = |msg: &str, kind| NewMessage {
            msg: msg.into(),
            ..NewMessage::steer(kind, "", Timestamp(0))
        };
        let own = NewMessage::of_operation(RunId(i64::MAX), u64::MAX);
        for kind in [
            MessageKind::Signal,
            MessageKind::Cancel,
            MessageKind::Terminate,
        ] {
            assert!(message(&own, kind).is_of_an_operation());
            for other in [
                kind.steering(),
                "signal/a/1",
                "update:3/a/b/1",
                "a1b2",
                "/",
                "a/",
            ] {
                assert!(!message(other, kind).is_of_an_operation(), "{other}");
            }
        }
        assert!(!message("7/3", MessageKind::ChildEnded).is_of_an_operation());
    }
}
