//! A workflow that ends by beginning anew.

use super::{Operation, Plan, Request, Resolution, WorkflowCall};
use crate::Durable;
use crate::codec;
use crate::id::Timestamp;
use std::marker::PhantomData;

/// Ends this run and begins a new one under the same id with this call's workflow and arguments, in
/// one transaction. What it awaits goes no further; messages that were not taken are handed over; the handle's
/// `result` is that of the last run.
///
/// A run may also go on for ever: nothing here grows with its age but the log of its steps. A new
/// run begins with an empty log.
///
/// ```
/// # use durable_runtime::prelude::*;
/// # #[activity]
/// # async fn bill(customer: u32, month: u32) -> Result<(), Error> { Ok(()) }
/// #[workflow]
/// async fn subscription(customer: u32, month: u32) -> Result<u32, Error> {
///     if month == 12 {
///         return Ok(month);
///     }
///     bill(customer, month).await?;
///     sleep(Duration::from_secs(30 * 86_400)).await?;
///     continue_as_new(subscription(customer, month + 1)).await
/// }
/// ```
///
/// Children that still run hear of the end of their parent, as their policies say. Awaited in a
/// branch or in a function that is awaited inline, it ends the whole run.
pub fn continue_as_new<R>(call: WorkflowCall<R>) -> ContinueAsNew<R> {
    let (workflow, input) = call.into_parts();
    ContinueAsNew {
        workflow,
        input,
        output: PhantomData,
    }
}

/// The end of a run by a new one; made by [`continue_as_new`].
#[must_use = "the run goes on until this is awaited"]
pub struct ContinueAsNew<R> {
    workflow: &'static str,
    input: Result<Vec<u8>, codec::Error>,
    output: PhantomData<fn() -> R>,
}

impl<R> std::fmt::Debug for ContinueAsNew<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ContinueAsNew")
            .field(&self.workflow)
            .finish()
    }
}

impl<R: Durable> Operation for ContinueAsNew<R> {
    type Output = R;

    fn begin(self, _: Timestamp) -> Result<Plan, codec::Error> {
        let input = self.input?;
        super::limited("the input", &input)?;
        Ok(Plan::Call(Request::Continue {
            workflow: self.workflow.to_owned(),
            input,
        }))
    }

    fn complete(resolution: Resolution) -> Result<R, codec::Error> {
        Err(codec::Error::custom(format_args!(
            "a run that goes on as a new one is not told {resolution:?}"
        )))
    }
}
