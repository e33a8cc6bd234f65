//! Sagas: what undoes the steps of a workflow, kept as data.

use super::{ActivityCall, ActivityRequest, Operation, Plan, Resolution, Shield, WorkflowCall};
use super::{PanicMessage, shield};
use crate::Durable;
use crate::codec;
use crate::error::Error;
use crate::id::Timestamp;
use crate::{registry, workflow};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The calls that undo what a workflow has done so far, newest last. It is data: it lives across
/// awaits, and can be lent to helper functions.
///
/// When a step fails, [`compensate`](Self::compensate) makes the calls, newest first, and goes on
/// when one of them fails. A cancellation does not reach them. Each is recorded like any other
/// activity: after a crash in the middle only those that remain are made.
///
/// ```standalone_crate
/// # use durable_runtime::prelude::*;
/// # #[activity(retry(max_attempts = 1))]
/// # async fn reserve(order: u32) -> Result<u32, Error> { Ok(order) }
/// # #[activity]
/// # async fn unreserve(reservation: u32) -> Result<(), Error> { Ok(()) }
/// # #[activity(retry(max_attempts = 1))]
/// # async fn charge(order: u32) -> Result<u32, Error> { Err(Error::msg("declined")) }
/// # #[activity]
/// # async fn refund(charge: u32) -> Result<(), Error> { Ok(()) }
/// #[workflow]
/// async fn buy(order: u32) -> Result<u32, SagaError> {
///     let mut saga = Saga::new();
///     match steps(order, &mut saga).await {
///         Ok(charge) => Ok(charge),
///         Err(error) => Err(saga.compensate(error).await),
///     }
/// }
///
/// #[workflow]
/// async fn steps(order: u32, saga: &mut Saga) -> Result<u32, Error> {
///     let reservation = reserve(order).await?;
///     saga.push(unreserve(reservation));
///     let charge = charge(order).await?;
///     saga.push(refund(charge));
///     Ok(charge)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = durable_runtime::store::open("memory://").await?;
/// # let worker = durable_runtime::Worker::new(store, Default::default());
/// # let client = worker.client();
/// # tokio::spawn(worker.run(std::future::pending()));
/// let handle = start_buy(&client, "order-42", 42).await?;
/// assert_eq!(handle.result().await?.unwrap_err().to_string(), "declined");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[must_use = "a saga undoes nothing unless it is compensated"]
pub struct Saga {
    undos: Vec<Undo>,
}

impl Saga {
    /// Nothing to undo.
    pub const fn new() -> Self {
        Self { undos: Vec::new() }
    }

    /// Adds the call of an activity or a workflow that undoes what has just been done.
    pub fn push(&mut self, undo: impl Into<Undo>) {
        self.undos.push(undo.into());
    }

    /// How many calls it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.undos.len()
    }

    /// Whether there is nothing to undo.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.undos.is_empty()
    }

    /// Undoes everything because of this error: await it for the error to return, which carries the
    /// cause and what could not be undone.
    pub fn compensate(self, cause: impl Into<Error>) -> Shield<WorkflowCall<SagaError>> {
        shield(compensate(cause.into(), self.undos))
    }
}

/// Makes the calls, newest first.
#[workflow(name = "durable.compensate")]
async fn compensate(cause: Error, undos: Vec<Undo>) -> SagaError {
    let mut rest = undos;
    let mut failed = Vec::new();
    while let Some(undo) = rest.pop() {
        let name = undo.name.clone();
        if let Err(error) = undo.await {
            failed.push(FailedUndo { name, error });
        }
    }
    SagaError { cause, failed }
}

/// Why a workflow failed whose steps were undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SagaError {
    /// The error of the step that failed.
    pub cause: Error,
    /// What could not be undone, newest first; nobody tries it again.
    pub failed: Vec<FailedUndo>,
}

/// An undo that failed for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedUndo {
    /// The persistent name of the activity or workflow.
    pub name: String,
    /// Why.
    pub error: String,
}

impl fmt::Display for FailedUndo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.error)
    }
}

impl fmt::Display for SagaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.cause)?;
        for (at, undo) in self.failed.iter().enumerate() {
            let before = if at == 0 { " (not undone: " } else { "; " };
            write!(f, "{before}{undo}")?;
        }
        if self.failed.is_empty() {
            return Ok(());
        }
        f.write_str(")")
    }
}

impl std::error::Error for SagaError {}

/// A call whose output counts for nothing: of an activity, or of a workflow that runs inline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[must_use = "an undo does nothing unless it is awaited in a workflow"]
pub struct Undo {
    name: String,
    call: Call,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Call {
    Activity(ActivityRequest),
    Workflow(#[serde(with = "codec::bytes")] Vec<u8>),
    /// Its arguments could not be encoded.
    Broken(String),
}

impl<T: Durable, E: Durable> From<ActivityCall<T, E>> for Undo {
    fn from(call: ActivityCall<T, E>) -> Self {
        let name = call.name().to_owned();
        let call = match call.into_request(Timestamp(0)) {
            Ok(request) => Call::Activity(request),
            Err(error) => Call::Broken(error.to_string()),
        };
        Self { name, call }
    }
}

impl<R: Durable> From<WorkflowCall<R>> for Undo {
    fn from(call: WorkflowCall<R>) -> Self {
        let (name, input) = call.into_parts();
        let call = match input {
            Ok(input) => Call::Workflow(input),
            Err(error) => Call::Broken(error.to_string()),
        };
        let name = name.to_owned();
        Self { name, call }
    }
}

impl Operation for Undo {
    type Output = Result<(), String>;

    fn begin(self, now: Timestamp) -> Result<Plan, codec::Error> {
        match self.call {
            Call::Activity(request) => Ok(Plan::Call(super::Request::Activity(Box::new(
                ActivityRequest {
                    begun: now,
                    ..request
                },
            )))),
            Call::Workflow(input) => {
                let def = registry::workflow(&self.name).ok_or_else(|| {
                    codec::Error::custom(format_args!(
                        "this binary has no workflow `{}`",
                        self.name
                    ))
                })?;
                Ok(Plan::Inline { def, input })
            }
            Call::Broken(error) => Err(codec::Error::custom(error)),
        }
    }

    fn complete(resolution: Resolution) -> Result<Self::Output, codec::Error> {
        Ok(match resolution {
            Resolution::Returned(_) => Ok(()),
            Resolution::Failed(error) => Err(text(&error)),
            Resolution::TimedOut(kind) => Err(kind.to_string()),
            Resolution::Panicked(message) => Err(PanicMessage(message).to_string()),
            Resolution::Cancelled => Err("it was cancelled".to_owned()),
            other => {
                return Err(codec::Error::custom(format_args!(
                    "an undo cannot end with {other:?}"
                )));
            }
        })
    }
}

/// What an encoded error says: its text, or else all of it as JSON.
fn text(error: &[u8]) -> String {
    let Ok(value) = codec::to_json(error) else {
        return "an error that cannot be read".to_owned();
    };
    let held = value.get("Err").unwrap_or(&value);
    let message = held.get("message").unwrap_or(held);
    message
        .as_str()
        .map_or_else(|| held.to_string(), str::to_owned)
}
