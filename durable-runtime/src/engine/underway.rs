//! What the engine knows about the operations that are under way: plain data.

use super::transact::result_of;
use crate::activity::Progress;
use crate::frame::Checkpoint;
use crate::id::Timestamp;
use crate::store::{AttemptOf, AttemptRecord};

/// One operation under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Underway {
    pub(super) op: u64,
    /// An attempt of it runs.
    pub(super) running: bool,
    /// An act of it may have been done: it has begun here, or may have before the run came here.
    pub(super) begun: bool,
    /// Attempts of it so far.
    pub(super) tries: Tries,
    /// How far it has come, as far as the run knows.
    pub(super) progress: Progress,
    /// Whether that is on record.
    pub(super) record: Recorded,
    /// Whether the child that it waits for is asked to stop, as far as this worker knows.
    pub(super) child: super::step::Asking,
    /// What it has given, if that was recorded in the transaction of its own effects.
    pub(super) done: Option<Vec<u8>>,
    /// Messages with heartbeats that stand in `progress` now; the next note consumes them.
    pub(super) heard: Vec<i64>,
}

/// Whether a note is in the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Recorded {
    /// There is nothing to put down.
    #[default]
    No,
    /// There is, or something newer than what is put down.
    NotYet,
    /// As it is.
    Yes,
}

/// How often something has failed so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tries {
    /// Recorded failures.
    pub(super) failed: u32,
    /// It is not tried again before this.
    pub(super) next_at: Option<Timestamp>,
}

impl Underway {
    /// One that has not begun.
    pub(super) fn new(op: u64) -> Self {
        Self {
            op,
            running: false,
            begun: false,
            tries: Tries::default(),
            progress: Progress::default(),
            record: Recorded::No,
            child: super::step::Asking::No,
            done: None,
            heard: Vec::new(),
        }
    }

    /// One of which a note may be on record.
    pub(super) fn noted(op: u64, notes: &[(u64, Vec<u8>)]) -> Self {
        let note = |number| notes.iter().find(|(of, _)| *of == number);
        let done = note(result_of(op)).map(|(_, value)| value.clone());
        let Some((_, body)) = note(op) else {
            return Self {
                done,
                ..Self::new(op)
            };
        };
        let progress = Progress::decode(body).unwrap_or_else(|error| {
            tracing::warn!(op, %error, "how far an activity has come cannot be read");
            Progress::default()
        });
        Self {
            progress,
            record: Recorded::Yes,
            done,
            ..Self::new(op)
        }
    }
}

impl Tries {
    /// Counts a failure; answers how many there are now.
    pub(super) fn fail(&mut self, next_at: Timestamp) -> u32 {
        self.failed = self.failed.saturating_add(1);
        self.next_at = Some(next_at);
        self.failed
    }

    pub(super) fn of(attempts: &[AttemptRecord], of: AttemptOf) -> Self {
        let own = attempts.iter().filter(|attempt| attempt.of == of);
        own.fold(Self::default(), |tries, attempt| Self {
            failed: tries.failed.max(attempt.attempt),
            next_at: tries.next_at.max(Some(attempt.next_at)),
        })
    }
}

/// The operations without an answer, each as `make` has it, by number.
pub(super) fn underway(
    checkpoint: &Checkpoint,
    mut make: impl FnMut(u64) -> Underway,
) -> Vec<Underway> {
    let calls = checkpoint.calls();
    let open = calls.iter().filter(|call| call.answer.is_none());
    let mut ops: Vec<_> = open.map(|call| make(call.op)).collect();
    ops.sort_unstable_by_key(|own| own.op);
    ops
}
