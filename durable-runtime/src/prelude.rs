//! What a file with workflows and activities usually needs: `use durable_runtime::prelude::*;`.

pub use crate::client::{Client, Handle, StartError};
pub use crate::error::{Context, Error};
pub use crate::now;
pub use crate::operation::{
    ActivityError, CancellationType, Cancelled, Child, ChildCancellation, ChildError, Elapsed,
    JoinHandle, JoinSet, Memo, Published, Received, RetryPolicy, Saga, SagaError, SearchKey,
    Signal, TimeoutKind, Update, continue_as_new, external, interval, join_all, shield, sleep,
    sleep_until, spawn, timeout, try_join_all,
};
pub use crate::store::{OnConflict, ParentClose, Reuse};
pub use crate::transaction::Transaction;
pub use crate::{activities, activity, join, select, try_join, workflow};
pub use std::time::Duration;
