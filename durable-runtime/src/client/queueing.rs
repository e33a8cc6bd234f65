//! A start's turn in its queue.

use super::Start;
use crate::store::Fairness;

impl<R> Start<R> {
    /// Its priority, from 1, the first, to 5, the last; 3 by default. Whenever workers have less
    /// room than runs of their queue are due, those of a higher priority go first, at their start and
    /// after every wait. Children have it too, unless their start says otherwise.
    pub fn priority(mut self, priority: u8) -> Self {
        self.queueing.priority = Some(priority);
        self
    }

    /// For whom it runs, a tenant for example. While starts of several keys wait in a queue, they
    /// begin in turn, however many there are of each: within one priority, a key of weight 2 begins
    /// twice as many as one of weight 1. Starts without a key are as those of one key more, whose
    /// weight is 1. A weight below 0.001 counts as 0.001, one above 1000 as 1000. Children have it
    /// too, unless their start says otherwise.
    ///
    /// ```no_run
    /// # use durable_runtime::prelude::*;
    /// # #[workflow] async fn import(file: String) -> Result<(), Error> { sleep(Duration::ZERO).await?; let _ = file; Ok(()) }
    /// # async fn run(client: Client, tenant: &str, file: String) -> Result<(), Box<dyn std::error::Error>> {
    /// start_import(&client, format!("import {file}"), file).fairness(tenant, 1.0).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn fairness(mut self, key: impl Into<String>, weight: f64) -> Self {
        self.queueing.fairness = Some(Fairness::new(key, weight));
        self
    }
}
