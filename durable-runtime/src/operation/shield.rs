//! Operations that a cancellation does not reach.

use super::{Operation, Plan, Resolution, Spawn};
use crate::codec;
use crate::id::Timestamp;
use crate::registry::WorkflowDef;
use serde::{Deserialize, Serialize};

/// An operation that a cancellation does not reach; made by [`shield`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
#[must_use = "operations do nothing unless they are awaited in a workflow"]
pub struct Shield<O>(O);

/// Lets an operation, and all that an inline workflow awaits in it, run to its end while the
/// workflow is cancelled. The cancellation waits: whatever else the workflow awaits at that time, or
/// the next thing that it awaits, ends with it.
///
/// ```
/// # use durable_runtime::prelude::*;
/// # #[activity]
/// # async fn close_books(day: u32) -> Result<(), Error> { Ok(()) }
/// # #[activity]
/// # async fn send_report(day: u32) -> Result<(), Error> { Ok(()) }
/// /// Once begun, both happen.
/// #[workflow]
/// async fn close(day: u32) -> Result<(), Error> {
///     close_books(day).await?;
///     send_report(day).await?;
///     Ok(())
/// }
///
/// #[workflow]
/// async fn open(day: u32) -> Result<(), Error> {
///     sleep(Duration::from_secs(86_400)).await?;
///     shield(close(day)).await
/// }
/// ```
///
/// It does not outlive the wait for it: as the loser of a `select!` it ends like any other, and
/// [terminating](crate::client::Handle::terminate) the workflow ends it too.
pub fn shield<O>(operation: O) -> Shield<O> {
    Shield(operation)
}

impl<O: Operation> Operation for Shield<O> {
    type Output = O::Output;

    fn begin(self, now: Timestamp) -> Result<Plan, codec::Error> {
        Ok(Plan::Shield(Box::new(self.0.begin(now)?)))
    }

    fn complete(resolution: Resolution) -> Result<Self::Output, codec::Error> {
        O::complete(resolution)
    }

    fn inlines() -> Option<&'static WorkflowDef> {
        O::inlines()
    }
}

impl<O: Spawn> Spawn for Shield<O> {}
