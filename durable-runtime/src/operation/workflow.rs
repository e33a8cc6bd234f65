//! Calls of workflows: a workflow and its input, as a value.

use crate::client::{Client, Start};
use crate::codec;
use std::marker::PhantomData;

/// A call of a workflow whose function returns `R`; made by calling the function.
#[must_use = "a workflow does nothing unless it is started"]
pub struct WorkflowCall<R> {
    name: &'static str,
    input: Result<Vec<u8>, codec::Error>,
    output: PhantomData<fn() -> R>,
}

impl<R> std::fmt::Debug for WorkflowCall<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkflowCall")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<R> WorkflowCall<R> {
    /// Used by `#[workflow]`.
    #[doc(hidden)]
    pub fn new(name: &'static str, input: Result<Vec<u8>, codec::Error>) -> Self {
        Self {
            name,
            input,
            output: PhantomData,
        }
    }

    /// Starts the workflow under an id, as `start_<name>` does.
    pub fn start(self, client: &Client, id: impl Into<String>) -> Start<R> {
        crate::client::start(client, self.name, id.into(), self.input)
    }

    /// The workflow's persistent name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The encoded input: a map from parameter names to values.
    ///
    /// # Errors
    /// When an argument cannot be encoded.
    pub fn input(&self) -> Result<&[u8], codec::Error> {
        self.input.as_deref().map_err(Clone::clone)
    }
}
