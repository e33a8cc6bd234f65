//! Queues from outside: what holds for their starts and activities, and how many wait.

use super::Client;
use crate::store::{QueueChange, QueueRecord, QueueSettings, Rate, StoreError, TaskQueue};
use std::time::Duration;

/// A queue by its name. What is set here holds for all workers at once, and is on disk when it
/// returns.
#[derive(Clone, Debug)]
#[must_use = "it does nothing by itself"]
pub struct QueueHandle {
    client: Client,
    name: String,
}

impl Client {
    /// The queue of this name; there need not be one yet.
    ///
    /// ```no_run
    /// # use durable_runtime::prelude::*;
    /// # async fn run(client: Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let gpu = client.queue("gpu");
    /// gpu.concurrency(10).await?;
    /// gpu.rate(100, Duration::from_secs(1)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn queue(&self, name: impl Into<String>) -> QueueHandle {
        QueueHandle {
            client: self.clone(),
            name: name.into(),
        }
    }

    /// All queues for which something is set, or which have runs that have not ended.
    ///
    /// # Errors
    /// When the store has failed.
    pub async fn queues(&self) -> Result<Vec<QueueRecord>, StoreError> {
        self.store().queues().await
    }

    /// All queues on which activities of workflows of other queues wait, or are carried out.
    ///
    /// # Errors
    /// When the store has failed.
    pub async fn task_queues(&self) -> Result<Vec<TaskQueue>, StoreError> {
        self.store().task_queues().await
    }
}

impl QueueHandle {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many of its runs may be under way at a time, at all workers together; `None` for any
    /// number. Others wait in line. A run has its place from its start to its end, also while it
    /// sleeps or waits, with all runs that go on in its place. Children that it waits for, in the
    /// same queue, share it.
    ///
    /// # Errors
    /// When the store has failed.
    pub async fn concurrency(
        &self,
        limit: impl Into<Option<u32>> + Send,
    ) -> Result<QueueSettings, StoreError> {
        let concurrency = Some(limit.into());
        self.change(QueueChange {
            concurrency,
            ..QueueChange::default()
        })
        .await
    }

    /// How many of each concurrency key may be under way at a time, whatever their starts say;
    /// `None` leaves that to them ([`Start::concurrency_key`](super::Start::concurrency_key)).
    ///
    /// # Errors
    /// When the store has failed.
    pub async fn per_key(
        &self,
        limit: impl Into<Option<u32>> + Send,
    ) -> Result<QueueSettings, StoreError> {
        let per_key = Some(limit.into());
        self.change(QueueChange {
            per_key,
            ..QueueChange::default()
        })
        .await
    }

    /// How many of its runs begin in each period, at all workers together; at most as many at once.
    ///
    /// # Errors
    /// When the store has failed.
    pub async fn rate(&self, count: u32, period: Duration) -> Result<QueueSettings, StoreError> {
        let rate = Some(Some(Rate::new(count, period)));
        self.change(QueueChange {
            rate,
            ..QueueChange::default()
        })
        .await
    }

    /// How many activities of workflows of other queues ([`ActivityCall::queue`]) its workers, all
    /// together, may carry out at a time; `None` for any number. Others wait in line, by priority,
    /// fairness and time. One has its place from when a worker takes it until its body has ended,
    /// its workflow does not wait for it any more, or its worker is declared dead.
    ///
    /// [`ActivityCall::queue`]: crate::operation::ActivityCall::queue
    ///
    /// # Errors
    /// When the store has failed.
    pub async fn activity_concurrency(
        &self,
        limit: impl Into<Option<u32>> + Send,
    ) -> Result<QueueSettings, StoreError> {
        let activity_concurrency = Some(limit.into());
        self.change(QueueChange {
            activity_concurrency,
            ..QueueChange::default()
        })
        .await
    }

    /// How many of those may have the same concurrency key, whatever their calls say; `None` leaves
    /// that to them ([`ActivityCall::concurrency_key`]).
    ///
    /// [`ActivityCall::concurrency_key`]: crate::operation::ActivityCall::concurrency_key
    ///
    /// # Errors
    /// When the store has failed.
    pub async fn activity_per_key(
        &self,
        limit: impl Into<Option<u32>> + Send,
    ) -> Result<QueueSettings, StoreError> {
        let activity_per_key = Some(limit.into());
        self.change(QueueChange {
            activity_per_key,
            ..QueueChange::default()
        })
        .await
    }

    /// How many attempts of those begin in each period, at all workers together; at most as many at
    /// once.
    ///
    /// # Errors
    /// When the store has failed.
    pub async fn activity_rate(
        &self,
        count: u32,
        period: Duration,
    ) -> Result<QueueSettings, StoreError> {
        let activity_rate = Some(Some(Rate::new(count, period)));
        self.change(QueueChange {
            activity_rate,
            ..QueueChange::default()
        })
        .await
    }

    /// Begins nothing new until it is resumed. What has begun goes on.
    ///
    /// # Errors
    /// When the store has failed.
    pub async fn pause(&self) -> Result<QueueSettings, StoreError> {
        let paused = Some(true);
        self.change(QueueChange {
            paused,
            ..QueueChange::default()
        })
        .await
    }

    /// Begins what waits.
    ///
    /// # Errors
    /// When the store has failed.
    pub async fn resume(&self) -> Result<QueueSettings, StoreError> {
        let paused = Some(false);
        self.change(QueueChange {
            paused,
            ..QueueChange::default()
        })
        .await
    }

    /// Changes several settings at once; answers what holds from then on.
    ///
    /// # Errors
    /// When the store has failed.
    pub async fn change(&self, change: QueueChange) -> Result<QueueSettings, StoreError> {
        let changed = self.client.store().change_queue(&self.name, change).await?;
        if let Some(link) = self.client.link() {
            link.poke();
        }
        Ok(changed)
    }
}
