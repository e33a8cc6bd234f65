//! A worker as a test has it: at work, stopped in good order, or killed.

use crate::support::Bench;
use durable_runtime::Client;
use durable_runtime::engine::{Health, Worker, WorkerError, WorkerLink};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A worker at work.
pub(crate) struct Running {
    pub(crate) link: WorkerLink,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), WorkerError>>,
}

impl Running {
    pub(crate) fn new(worker: Worker) -> Self {
        let link = worker.link();
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async {
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let task = tokio::spawn(worker.run(shutdown));
        Self {
            link,
            stop: Some(stop),
            task,
        }
    }

    /// Waits until it takes starts.
    pub(crate) async fn ready(&self) {
        let mut health = self.link.health();
        health
            .wait_for(|health| *health == Health::Well)
            .await
            .unwrap();
    }

    /// Tells it to stop, and waits until it has taken note.
    pub(crate) async fn stopping(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        let mut health = self.link.health();
        health
            .wait_for(|health| matches!(health, Health::Stopping | Health::Stopped))
            .await
            .unwrap();
    }

    /// Shuts it down in good order.
    pub(crate) async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).unwrap();
        }
        let ended = tokio::time::timeout(Duration::from_secs(20), &mut self.task).await;
        ended.expect("within 20 s").unwrap().unwrap();
    }

    /// Kills it: nothing of it runs when this returns.
    pub(crate) async fn kill(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }

    pub(crate) fn client(&self, bench: &Bench) -> Client {
        Client::with_link(bench.store.clone(), Arc::new(self.link.clone()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
