//! Options of a start by a workflow.

use super::{SpawnChild, SpawnDetached};
use crate::Durable;
#[cfg(doc)]
use crate::client::Start;
#[cfg(doc)]
use crate::operation::WorkflowOptions;
use crate::operation::{Memo, RetryPolicy, SearchKey, SearchValue};
use crate::store::{Concurrency, Fairness, Reuse};
use std::time::Duration;

/// What may be said of the workflow that is started, with or without a handle.
macro_rules! start_options {
    ($([$($generics:tt)*] $type:ty;)*) => {$(
        impl<$($generics)*> $type {
            /// What to do if a workflow of this id has ended; see [`Start::reuse`].
            pub fn reuse(mut self, policy: Reuse) -> Self {
                self.start.ids.reuse = policy;
                self
            }

            /// Its priority, from 1, the first, to 5, the last; see [`Start::priority`]. The default
            /// is that of this workflow.
            pub fn priority(mut self, priority: u8) -> Self {
                self.start.queueing.priority = Some(priority);
                self
            }

            /// For whom it runs; see [`Start::fairness`]. The default is that of this workflow.
            pub fn fairness(mut self, key: impl Into<String>, weight: f64) -> Self {
                self.start.queueing.fairness = Some(Fairness::new(key, weight));
                self
            }

            /// What it has in common with others, and how many of those may be under way at a time;
            /// see [`Start::concurrency_key`].
            pub fn concurrency_key(mut self, key: impl Into<String>, limit: u32) -> Self {
                self.start.queueing.concurrency = Some(Concurrency::new(key, limit));
                self
            }

            /// Begins to run after this long; the start itself is on disk before this workflow goes
            /// on. See [`Start::delay`].
            pub fn delay(mut self, delay: Duration) -> Self {
                self.start.delay = Some(delay);
                self
            }

            /// Sets a search attribute; see [`Start::attribute`]. It has none of this workflow.
            pub fn attribute<T: SearchValue>(
                mut self,
                key: SearchKey<T>,
                value: impl Into<T>,
            ) -> Self {
                key.tag(&mut self.start.tags, value);
                self
            }

            /// Notes a value about it; see [`Start::memo`]. It has none of this workflow.
            pub fn memo<T: Durable>(mut self, memo: Memo<T>, value: &T) -> Self {
                // It is told of as an input that cannot be encoded.
                if let Err(error) = memo.tag(&mut self.start.tags, value) {
                    self.start.input = Err(error.to_string());
                }
                self
            }

            /// Lets this header go along; see [`Start::header`]. Those of this workflow do so too,
            /// unless they have this name.
            pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
                self.start.tags.headers.insert(name.into(), value.into());
                self
            }

            /// How long it may take, with all runs that go on in its place; see
            /// [`WorkflowOptions::execution_timeout`]. The default stands at its function.
            pub fn execution_timeout(mut self, limit: Duration) -> Self {
                self.start.options.execution_timeout = Some(limit);
                self
            }

            /// How long one run of it may take. The default stands at its function.
            pub fn run_timeout(mut self, limit: Duration) -> Self {
                self.start.options.run_timeout = Some(limit);
                self
            }

            /// How it is tried again if it fails. The default stands at its function.
            pub fn retry(mut self, policy: RetryPolicy) -> Self {
                self.start.options.retry = Some(policy);
                self
            }
        }
    )*};
}

start_options! {
    [R] SpawnChild<R>;
    [] SpawnDetached;
}
