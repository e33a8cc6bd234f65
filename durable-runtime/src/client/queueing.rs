//! A start's turn in its queue.

use super::Start;
use crate::store::{Concurrency, Fairness};

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

    /// What it has in common with other starts of its queue, of which at most so many are to be under
    /// way at a time: it begins once fewer than `limit` are, and waits in line until then. A run is
    /// under way from its start to its end, also while it sleeps or waits, with all runs that go on
    /// in its place. A limit of 0 counts as 1. What is set for the queue
    /// ([`QueueHandle::per_key`](super::QueueHandle::per_key)) goes before the limit. Children do not
    /// have the key; those that this workflow waits for may name it all the same, and do not wait for
    /// this one.
    ///
    /// ```no_run
    /// # use durable_runtime::prelude::*;
    /// # #[workflow] async fn invoice(order: u32) -> Result<(), Error> { sleep(Duration::ZERO).await?; let _ = order; Ok(()) }
    /// # async fn run(client: Client, customer: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// // One at a time for each customer.
    /// start_invoice(&client, "invoice-42", 42).concurrency_key(customer, 1).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn concurrency_key(mut self, key: impl Into<String>, limit: u32) -> Self {
        self.queueing.concurrency = Some(Concurrency::new(key, limit));
        self
    }
}
