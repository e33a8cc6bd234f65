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

    /// Until when an attempt that goes on elsewhere may take. None for any other.
    pub(crate) fn limit_elsewhere(&self, known: &Progress) -> Option<(Timestamp, TimeoutKind)> {
        if let Some(put_at) = known.queued {
            return self.limit_queued(put_at, known.begun);
        }
        let began = known.elsewhere?;
        // One that was said before belongs to an earlier attempt.
        let spoke = known.beat_at.map_or(began, |at| at.max(began));
        let silent = self.options.heartbeat;
        let silent = silent.map(|limit| (spoke.after(limit), TimeoutKind::Heartbeat));
        let limits = self.limit(began).into_iter().chain(silent);
        limits.min_by_key(|(at, _)| *at)
    }

    /// The same for one that waits for a worker of another queue. The other limits are kept by that
    /// worker; if it dies, that is seen by its lease.
    fn limit_queued(&self, put_at: Timestamp, begun: bool) -> Option<(Timestamp, TimeoutKind)> {
        let all = self.deadline().map(|at| (at, TimeoutKind::ScheduleToClose));
        let start = self.options.schedule_to_start.filter(|_| !begun);
        let start = start.map(|limit| (put_at.after(limit), TimeoutKind::ScheduleToStart));
        all.into_iter().chain(start).min_by_key(|(at, _)| *at)
    }
}
