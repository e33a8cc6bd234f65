//! Commits of other processes: a hint beside the polling that finds them anyway.
//!
//! ```text
//!   a commit ──▶ changes ──▶ who waits here
//!      └─▶ rung ─▶ NOTIFY ═══ server ═══▶ heard ─▶ changes ─▶ who waits elsewhere
//! ```
//!
//! On a connection of its own and outside of every transaction: a commit that notifies waits for all
//! others that do. Both ways are paced, so that many commits are one hint. Behind a pooler that lends
//! out sessions nothing is heard, and nothing breaks.

use super::error::{Fault, Outcome};
use super::options::Options;
use crate::id::Incarnation;
use crate::store::StoreError;
use crate::store::changes::{Changes, News, Seen};
use std::future::poll_fn;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, NoTls, SimpleQueryMessage};

/// Between two hints, given or taken.
const PACE: Duration = Duration::from_millis(50);

/// How long to wait before the first other connection; each time twice as long.
const AGAIN: Duration = Duration::from_secs(1);
const AGAIN_MAX: Duration = Duration::from_secs(30);

/// Who rings, and who listens.
#[derive(Debug)]
pub(super) struct Bell {
    options: Arc<Options>,
    shared: Arc<Shared>,
    task: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Shared {
    changes: Changes,
    rung: Notify,
}

impl Drop for Bell {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Bell {
    pub(super) fn new(options: Arc<Options>) -> Self {
        Self {
            options,
            shared: Arc::default(),
            task: Mutex::default(),
        }
    }

    /// A transaction was committed here that holds this.
    pub(super) fn tell(&self, news: News) {
        if self.shared.changes.tell(news) {
            self.shared.rung.notify_one();
            self.start();
        }
    }

    /// As [`Changes::wait`], for commits of all processes.
    pub(super) async fn wait(&self, own: Option<Incarnation>, seen: &Seen, at_most: Duration) {
        self.start();
        self.shared.changes.wait(own, seen, at_most).await;
    }

    /// Has the connection made, if nobody is about it: a runtime that ended has ended that too.
    fn start(&self) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_none_or(JoinHandle::is_finished) {
            let (shared, options) = (Arc::clone(&self.shared), Arc::clone(&self.options));
            *task = Some(tokio::spawn(stay(shared, options)));
        }
    }

    /// Lets the connection go.
    pub(super) fn stop(&self) {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = &*task {
            task.abort();
        }
    }
}

/// Keeps a connection for as long as there is a store.
async fn stay(shared: Arc<Shared>, options: Arc<Options>) {
    let mut pause = AGAIN;
    loop {
        let mut listens = false;
        if let Err(fault) = listen(&shared, &options, &mut listens).await {
            let error = StoreError::from(fault);
            tracing::debug!(%error, "no hints of what other processes commit");
        }
        pause = if listens { AGAIN } else { pause };
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(AGAIN_MAX);
        if listens {
            // Nobody has listened meanwhile.
            shared.changes.happened(None);
        }
    }
}

/// Rings and listens until the connection ends.
async fn listen(shared: &Shared, options: &Options, listens: &mut bool) -> Outcome<()> {
    let (client, mut connection) = options.config.connect(NoTls).await?;
    let (heard, own) = (Arc::new(Notify::new()), Arc::new(AtomicI32::new(0)));
    let mut moved = {
        let (heard, own) = (Arc::clone(&heard), Arc::clone(&own));
        // It ends when the client is dropped, at the latest.
        tokio::spawn(async move {
            while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
                if let AsyncMessage::Notification(hint) = message
                    && hint.process_id() != own.load(Ordering::Acquire)
                {
                    heard.notify_one();
                }
            }
        })
    };
    let process = client.simple_query("SELECT pg_backend_pid()").await?;
    let process = process.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
        _ => None,
    });
    own.store(process.unwrap_or_default(), Ordering::Release);
    // The name of the schema needs no quotes.
    let channel = &options.schema;
    client.batch_execute(&format!("LISTEN {channel}")).await?;
    *listens = true;
    let ring = format!("NOTIFY {channel}");
    loop {
        tokio::select! {
            () = shared.rung.notified() => client.batch_execute(&ring).await?,
            () = heard.notified() => shared.changes.happened(None),
            _ = &mut moved => {
                let cut = StoreError::Unavailable("the connection has ended".into());
                return Err(Fault::from(cut));
            }
        }
        tokio::time::sleep(PACE).await;
    }
}
