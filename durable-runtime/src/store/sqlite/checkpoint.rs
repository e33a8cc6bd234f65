//! Moves the write-ahead log into the database file, mostly on a thread of its own.
//!
//! SQLite restarts the log at its beginning only when a writer finds it moved completely, and a
//! background pass alone never catches a busy writer. So the background thread moves the bulk in
//! several passes, and the writer adds one short pass between two transactions.

use super::error::Outcome;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// From how many pages of log on (4 KiB each) the background thread begins: 32 MiB.
const PAGES_MIN: i64 = 8_000;

/// From how many pages on the writer moves the log itself, however long it takes: 256 MiB.
const PAGES_MAX: i64 = 64_000;

/// How much the log must grow after a checkpoint that could not finish before the next one.
const PAGES_STEP: i64 = 2_000;

/// Passes of the background thread after which the rest is left to the writer.
const PASSES_MAX: usize = 12;

/// A pass this short has left little.
const PASS_SHORT: Duration = Duration::from_millis(2);

/// The background thread and its state.
#[derive(Debug)]
pub(super) struct Checkpoints {
    /// Wakes the thread; dropped to end it.
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    phase: Arc<Phase>,
    /// Pages of log from which the next checkpoint begins.
    next_at: i64,
}

/// Where a checkpoint is.
#[derive(Debug, Default)]
struct Phase {
    /// The thread is at work.
    running: AtomicBool,
    /// The thread has done its part; the writer's short pass is next.
    moved: AtomicBool,
}

impl Checkpoints {
    pub(super) fn start(path: &Path) -> Outcome<Self> {
        let conn = Connection::open(path)?;
        conn.pragma_update(None, "wal_autocheckpoint", 0)?;
        conn.pragma_update(None, "mmap_size", 0)?;
        // What it writes it syncs, as the writer does.
        conn.pragma_update(None, "synchronous", "FULL")?;
        let (wake, woken) = sync_channel(1);
        let phase = Arc::new(Phase::default());
        let of_thread = Arc::clone(&phase);
        let body = move || {
            while woken.recv().is_ok() {
                move_log(&conn);
                of_thread.moved.store(true, Ordering::Release);
                of_thread.running.store(false, Ordering::Release);
            }
        };
        let thread = std::thread::Builder::new()
            .name("durable-checkpoint".into())
            .spawn(body)
            .map_err(|error| crate::store::StoreError::Unavailable(error.to_string()))?;
        Ok(Self {
            wake: Some(wake),
            thread: Some(thread),
            phase,
            next_at: PAGES_MIN,
        })
    }

    /// What the writer does between two transactions. Never fails: a log that cannot be moved now
    /// (no space, a long reader) loses nothing and is tried again.
    pub(super) fn after_commit(&mut self, writer: &Connection) {
        if self.phase.moved.swap(false, Ordering::AcqRel) {
            let _ = pass(writer);
        }
        let Ok((pages, _)) = checkpoint(writer, "PRAGMA wal_checkpoint(NOOP)") else {
            return;
        };
        if pages < PAGES_MIN {
            // The log has been restarted.
            self.next_at = PAGES_MIN;
        } else if pages >= self.next_at && !self.phase.running.load(Ordering::Acquire) {
            // A reader can hold the log for long: no vain pass at every commit.
            self.next_at = pages + PAGES_STEP;
            if pages >= PAGES_MAX {
                let _ = pass(writer);
            } else if let Some(wake) = &self.wake {
                self.phase.running.store(true, Ordering::Release);
                // Neither full nor closed while the thread runs and rests.
                let _ = wake.try_send(());
            }
        }
    }

    /// Ends the thread and waits for it.
    pub(super) fn stop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            // A panic there was reported already, and the log stays intact without checkpoints.
            let _ = thread.join();
        }
    }
}

/// Moves the bulk: passes until one is short or leaves no less than the one before.
fn move_log(conn: &Connection) {
    let mut left = i64::MAX;
    for _ in 0..PASSES_MAX {
        let begun = Instant::now();
        let Ok((pages, moved)) = pass(conn) else {
            return;
        };
        let rest = pages - moved;
        if begun.elapsed() < PASS_SHORT || rest >= left {
            return;
        }
        left = rest;
    }
}

/// Moves what no reader and no writer holds. Returns the pages in the log, and those moved.
fn pass(conn: &Connection) -> rusqlite::Result<(i64, i64)> {
    checkpoint(conn, "PRAGMA wal_checkpoint(PASSIVE)")
}

fn checkpoint(conn: &Connection, pragma: &str) -> rusqlite::Result<(i64, i64)> {
    conn.prepare_cached(pragma)?
        .query_row([], |row| Ok((row.get(1)?, row.get(2)?)))
}
