//! A worker and its client in this process, and many things at the same time.

use anyhow::Context;
use durable_runtime::Client;
use durable_runtime::engine::{Worker, WorkerOptions};
use durable_runtime::store::sqlite::{SqliteOptions, SqliteStore};
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Does something beside a worker on this database.
pub(crate) async fn with_worker<T, F: Future<Output = anyhow::Result<T>>>(
    database: &Path,
    options: WorkerOptions,
    body: impl FnOnce(Client) -> F,
) -> anyhow::Result<T> {
    let store = Arc::new(SqliteStore::open(database, SqliteOptions::default()).await?);
    let worker = Worker::new(store.clone(), options);
    let client = Client::with_link(store, Arc::new(worker.link()));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let worker = tokio::spawn(worker.run(async {
        let _ = stopped.await;
    }));
    let done = body(client).await;
    // The worker may have stopped by itself; its answer says why.
    let _ = stop.send(());
    worker.await?.context("the worker failed")?;
    done
}

/// Does something for each number, a few at a time. Answers in no order.
pub(crate) async fn each<T, F>(
    many: usize,
    together: usize,
    task: impl Fn(usize) -> F + Clone + Send + 'static,
) -> anyhow::Result<Vec<T>>
where
    T: Send + 'static,
    F: Future<Output = anyhow::Result<T>> + Send + 'static,
{
    let next = Arc::new(AtomicUsize::new(0));
    let tasks = (0..together).map(|_| {
        let (next, task) = (next.clone(), task.clone());
        tokio::spawn(async move {
            let mut done = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= many {
                    return anyhow::Ok(done);
                }
                done.push(task(number).await?);
            }
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut all = Vec::with_capacity(many);
    for task in tasks {
        all.extend(task.await??);
    }
    Ok(all)
}
