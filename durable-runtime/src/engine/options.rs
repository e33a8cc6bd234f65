//! What a worker may be told.

use crate::client::DEFAULT_QUEUE;
use crate::store::UNREAD_MAX;
use std::time::Duration;

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
    /// How many workflows are claimed at once at most. Default: 100.
    pub claim_batch: usize,
    /// Whether the frames of ended workflows are kept for inspection. Default: no.
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
    /// How long work and messages stay unseen if the store gives no hint. Default: 100 ms.
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
            claim_batch: 100,
            keep_frames: false,
            payload_warn_bytes: 256 << 10,
            frame_warn_bytes: 512 << 10,
            retention: None,
            park_after: Duration::from_secs(1),
            poll_interval: Duration::from_millis(100),
            shutdown_grace: Duration::from_secs(10),
            unread_max: UNREAD_MAX,
            evict_always: false,
            exact_retries: false,
        }
    }
}
