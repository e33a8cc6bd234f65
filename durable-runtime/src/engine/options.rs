//! What a worker may be told.

use crate::client::DEFAULT_QUEUE;
use crate::store::{Rate, UNREAD_MAX};
use std::collections::BTreeMap;
use std::time::Duration;

/// What becomes of activities of other queues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum OtherQueues {
    /// They are left to the workers of those queues.
    #[default]
    Leave,
    /// The worker of their workflow carries them out.
    #[cfg_attr(not(feature = "testing"), expect(dead_code, reason = "only in tests"))]
    CarryOut,
}

/// How a [`Worker`](super::Worker) works. The defaults suit one worker process per machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerOptions {
    /// The queue whose workflows it runs. Default: `default`.
    pub queue: String,
    /// How long it counts as alive without a commit; after that others take its workflows over.
    /// It renews at a third of this. Default: 15 s.
    pub lease: Duration,
    /// How many workflows are in memory at most; sleeping ones are not. Default: 10,000.
    pub max_running: usize,
    /// How many activities run at the same time at most. Default: 1,000.
    pub max_activities: usize,
    /// What holds for attempts of single activities, by name; see [`at_most`](Self::at_most) and
    /// [`rate`](Self::rate). Default: nothing.
    pub activities: BTreeMap<String, ActivityLimits>,
    /// How many workflows are claimed at once at most. Default: 100.
    pub claim_batch: usize,
    /// Whether the frames of ended workflows are kept for inspection. Of one that is terminated while
    /// no worker has it, the latest is kept in either case, and no other. Default: no.
    pub keep_frames: bool,
    /// Inputs, answers and return values of more bytes are warned about, once for each await of a
    /// workflow. The limit is
    /// [`PAYLOAD_BYTES_MAX`](crate::codec::limits::PAYLOAD_BYTES_MAX). Default: 256 KiB.
    pub payload_warn_bytes: usize,
    /// So are checkpoints of more bytes, with their largest variables. The limit is
    /// [`FRAME_BYTES_MAX`](crate::codec::limits::FRAME_BYTES_MAX). Default: 512 KiB.
    pub frame_warn_bytes: usize,
    /// How long ended workflows stay on record; then workers delete them, with their children that
    /// have ended, and their ids are free again. A workflow function may say otherwise:
    /// `#[workflow(retention = "30d")]`. Default: for ever.
    pub retention: Option<Duration>,
    /// A longer pause (a sleep, a back-off) is spent in the store instead of in memory.
    /// Default: 1 s.
    pub park_after: Duration,
    /// How long work and messages stay unseen if the store gives no hint. Default: 1 s.
    pub poll_interval: Duration,
    /// How long running activities may go on after a shutdown has begun; then they are stopped
    /// and will run again elsewhere. Default: 10 s.
    pub shutdown_grace: Duration,
    /// How many unread signals and updates a workflow may have before other workflows, on this
    /// worker, send it no more: [`SendError::Full`](crate::operation::SendError::Full).
    /// Default: [`UNREAD_MAX`].
    pub unread_max: u32,
    /// For tests: forget the machine at every await and rebuild it from the stored bytes.
    /// Default: no.
    pub evict_always: bool,
    /// For tests: retries come exactly when their policy says, without jitter. Default: no.
    pub exact_retries: bool,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            queue: DEFAULT_QUEUE.to_owned(),
            lease: Duration::from_secs(15),
            max_running: 10_000,
            max_activities: 1_000,
            activities: BTreeMap::new(),
            claim_batch: 100,
            keep_frames: false,
            payload_warn_bytes: 256 << 10,
            frame_warn_bytes: 512 << 10,
            retention: None,
            park_after: Duration::from_secs(1),
            poll_interval: Duration::from_secs(1),
            shutdown_grace: Duration::from_secs(10),
            unread_max: UNREAD_MAX,
            evict_always: false,
            exact_retries: false,
        }
    }
}

/// What holds for the attempts of one activity on one worker. Those that wait hold no slot of the
/// worker, and begin in the order in which they came. The wait counts into `schedule_to_start`
/// and `schedule_to_close`, and not into `start_to_close`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ActivityLimits {
    /// How many run at the same time; 0 counts as 1.
    pub at_most: Option<usize>,
    /// How many begin in a period.
    pub rate: Option<Rate>,
}

impl WorkerOptions {
    /// Runs at most so many attempts of this activity at the same time.
    #[must_use]
    pub fn at_most(mut self, activity: impl Into<String>, attempts: usize) -> Self {
        let limits = self.activities.entry(activity.into()).or_default();
        limits.at_most = Some(attempts);
        self
    }

    /// Begins at most so many attempts of this activity in each period, at most as many at once.
    ///
    /// ```
    /// # use durable_runtime::WorkerOptions;
    /// # use std::time::Duration;
    /// let options = WorkerOptions::default()
    ///     .at_most("charge", 4)
    ///     .rate("send_mail", 10, Duration::from_secs(1));
    /// ```
    #[must_use]
    pub fn rate(mut self, activity: impl Into<String>, count: u32, period: Duration) -> Self {
        let limits = self.activities.entry(activity.into()).or_default();
        limits.rate = Some(Rate::new(count, period));
        self
    }
}
