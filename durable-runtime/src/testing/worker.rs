//! A worker of a test: it can be killed as a process is.

use super::life::Life;
use crate::engine::{Worker, WorkerLink};
use crate::store::Store;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// How often others get their turn until a killed worker's tasks have let go of everything. They
/// stop at their next await, so few suffice; one that blocks its thread is not waited for.
const TURNS_MAX: usize = 10_000;

/// A worker at work.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) life: Arc<Life>,
    task: JoinHandle<()>,
}

impl Running {
    /// Lets it run; it first takes over what dead workers have left.
    pub(super) fn new(worker: Worker, life: Arc<Life>) -> (Self, WorkerLink) {
        let link = worker.link();
        link.take_over();
        let task = tokio::spawn(async {
            if let Err(error) = worker.run(std::future::pending()).await {
                // Whoever waits for a workflow will be told that nobody works on it.
                tracing::error!(%error, "the worker of a test has ended");
            }
        });
        (Self { life, task }, link)
    }

    /// Kills it: nothing of it does anything any more, and others may have its workflows.
    pub(super) async fn kill(mut self, store: &dyn Store) {
        self.life.end();
        self.task.abort();
        // It is aborted, or was over.
        let _ = (&mut self.task).await;
        for _ in 0..TURNS_MAX {
            if Arc::strong_count(&self.life) == 1 {
                break;
            }
            tokio::task::yield_now().await;
        }
        for worker in self.life.incarnations() {
            let retired = store.retire(worker).await;
            retired.expect("the store of a test does not fail");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.life.end();
        self.task.abort();
    }
}
