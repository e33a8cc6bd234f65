//! What a file with workflows and activities usually needs: `use durable_runtime::prelude::*;`.

pub use crate::client::{Client, Handle, StartError};
pub use crate::error::{Context, Error};
pub use crate::operation::{
    ActivityError, Cancelled, Elapsed, JoinHandle, JoinSet, RetryPolicy, Signal, TimeoutKind,
    join_all, sleep, sleep_until, spawn, timeout, try_join_all,
};
pub use crate::{activity, join, select, try_join, workflow};
pub use std::time::Duration;
