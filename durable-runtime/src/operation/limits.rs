//! Until when a call of an activity may take, and which limit that is.

use super::{ActivityRequest, TimeoutKind};
use crate::activity::Progress;
use crate::id::Timestamp;

impl ActivityRequest {
    /// When all attempts together have taken too long.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        let limit = self.options.schedule_to_close?;
        Some(self.begun.after(limit))
    }

    /// Until when an attempt that began at `began` may run.
    pub(crate) fn limit(&self, began: Timestamp) -> Option<(Timestamp, TimeoutKind)> {
        if self.options.transactional {
            // It is done or it is not: nobody stops it in the middle.
            return None;
        }
        let one = self.options.start_to_close;
        let one = one.map(|limit| (began.after(limit), TimeoutKind::StartToClose));
        let all = self.deadline().map(|at| (at, TimeoutKind::ScheduleToClose));
        // At the same instant the limit that forbids another attempt counts.
        all.into_iter().chain(one).min_by_key(|(at, _)| *at)
    }

    /// Until when an attempt that ends elsewhere may take. None for any other.
    pub(crate) fn limit_elsewhere(&self, known: &Progress) -> Option<(Timestamp, TimeoutKind)> {
        let began = known.elsewhere?;
        // One that was said before belongs to an earlier attempt.
        let spoke = known.beat_at.map_or(began, |at| at.max(began));
        let silent = self.options.heartbeat;
        let silent = silent.map(|limit| (spoke.after(limit), TimeoutKind::Heartbeat));
        let limits = self.limit(began).into_iter().chain(silent);
        limits.min_by_key(|(at, _)| *at)
    }
}
