//! What people ask of a schedule: changes of its state, carried out by the next worker.

use super::state::{Backfill, Cause, Pending, State};
use super::{Overlap, Schedule};
use crate::id::Timestamp;

impl State {
    /// Nothing is started by time until it is resumed.
    pub(crate) fn pause(&mut self, note: String) {
        self.paused = true;
        self.note = note;
    }

    /// Goes on with the times from now on.
    pub(crate) fn resume(&mut self, note: String, now: Timestamp) {
        if self.paused {
            self.cursor = self.cursor.max(now);
        }
        self.paused = false;
        self.note = note;
    }

    /// Starts now, beside all times.
    pub(crate) fn trigger(&mut self, overlap: Option<Overlap>, now: Timestamp) {
        self.triggers += 1;
        self.buffer.push_back(Pending {
            time: now,
            cause: Cause::Trigger(self.triggers),
            overlap,
        });
    }

    /// Starts for the times from one instant to another, both included.
    pub(crate) fn back_fill(&mut self, from: Timestamp, until: Timestamp, overlap: Overlap) {
        self.backfills.push_back(Backfill {
            cursor: Timestamp(from.0.saturating_sub(1)),
            until,
            overlap,
        });
    }

    /// Goes by another schedule from now on. What has been missed by the old times is not caught up
    /// with by new ones.
    pub(crate) fn reschedule(&mut self, old: &Schedule, new: &Schedule, now: Timestamp) {
        if !new.has_times_of(old) {
            self.cursor = self.cursor.max(now);
        }
    }
}
