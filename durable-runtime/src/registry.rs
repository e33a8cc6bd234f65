//! What this binary can run: every `#[workflow]` and `#[activity]` linked into it.

use crate::machine::{Cx, Entry, Finished, Local, Point};
use crate::operation::{ActivityOptions, Resolution};
use std::future::Future;
use std::pin::Pin;

/// A workflow as compiled into this binary.
#[derive(Debug)]
pub struct WorkflowDef {
    /// Persistent name.
    pub name: &'static str,
    /// Names of its parameters, in order; the input is a map from these to values.
    pub params: &'static [&'static str],
    /// Source file and line.
    pub file: &'static str,
    /// Line of the function.
    pub line: u32,
    /// Its suspend points.
    pub points: &'static [Point],
    /// The locals that are saved at some point.
    pub locals: &'static [Local],
    /// Edges between suspend points: `(from, to)`; see [`Point::ENTRY`] and [`Point::EXIT`].
    pub edges: &'static [(u16, u16)],
    /// Makes the machine.
    pub run: fn(Cx, Entry) -> Pin<Box<dyn Future<Output = Finished> + Send>>,
    /// Decodes an input and says what is wrong with it.
    pub check_input: fn(&[u8]) -> Result<(), crate::codec::Error>,
}

/// The future of one attempt of an activity: how it ended, and whether an error may be retried.
pub type AttemptFuture = Pin<Box<dyn Future<Output = AttemptEnd> + Send>>;

/// How one attempt ended (a panic or a time-out is seen by the caller).
#[derive(Debug)]
pub struct AttemptEnd {
    /// `Returned` or `Failed`.
    pub resolution: Resolution,
    /// False for a non-retryable error.
    pub retryable: bool,
    /// The error for people, if it failed.
    pub error: Option<String>,
}

/// An activity as compiled into this binary.
#[derive(Debug)]
pub struct ActivityDef {
    /// Persistent name.
    pub name: &'static str,
    /// Names of its parameters, in order.
    pub params: &'static [&'static str],
    /// The policy written at the function.
    pub options: fn() -> ActivityOptions,
    /// Runs one attempt on encoded arguments. `Err`: the arguments do not decode.
    pub run: fn(ActivityContext, &[u8]) -> Result<AttemptFuture, crate::codec::Error>,
}

/// What an activity's body may ask about the attempt it is in.
#[derive(Clone, Debug)]
pub struct ActivityContext {
    /// The same in every attempt of one call: `run/seq`.
    pub idempotency_key: String,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// The id of the workflow that called.
    pub workflow_id: String,
}

inventory::collect!(WorkflowDef);
inventory::collect!(ActivityDef);

/// Every workflow linked into this binary.
pub fn workflows() -> impl Iterator<Item = &'static WorkflowDef> {
    inventory::iter::<WorkflowDef>.into_iter()
}

/// Every activity linked into this binary.
pub fn activities() -> impl Iterator<Item = &'static ActivityDef> {
    inventory::iter::<ActivityDef>.into_iter()
}

/// The workflow called `name`.
#[must_use]
pub fn workflow(name: &str) -> Option<&'static WorkflowDef> {
    workflows().find(|w| w.name == name)
}

/// The activity called `name`.
#[must_use]
pub fn activity(name: &str) -> Option<&'static ActivityDef> {
    activities().find(|a| a.name == name)
}
