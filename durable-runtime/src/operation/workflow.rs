//! Calls of workflows: a workflow and its input, as a value.

use super::{Operation, Plan, Resolution, WorkflowOptions};
use crate::Durable;
use crate::client::{Client, Start};
use crate::codec;
use crate::id::Timestamp;
use crate::registry::{self, Defined, WorkflowDef};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use std::borrow::Cow;
use std::marker::PhantomData;

/// A call of a workflow whose function returns `R`; made by calling the function.
///
/// Awaited in another workflow, the function runs inline, as a part of that run: its awaits are
/// saved in the same checkpoint, a panic in it is one of the run, and cancelling the run reaches
/// what it awaits. The call itself is data, and can be kept over other awaits.
///
/// A generic function has a type of its own in place of [`ByName`]: it can be awaited, and not be
/// started.
#[must_use = "a workflow does nothing unless it is started, or awaited in another workflow"]
pub struct WorkflowCall<R, F = ByName> {
    def: &'static WorkflowDef,
    input: Result<Vec<u8>, codec::Error>,
    types: PhantomData<fn() -> (R, F)>,
}

/// The function of a call is found by its name.
#[derive(Clone, Copy, Debug)]
pub struct ByName;

/// The function of a call is an `async` block of the workflow's own, which takes along what lives as
/// long as `'a`. In a generic workflow, or in one that changes what it is lent, it is found by a type
/// of its own, as that is.
#[derive(Clone, Copy, Debug)]
pub struct InBlock<'a, F = ByName>(PhantomData<&'a ()>, PhantomData<fn() -> F>);

/// How the function of a call is found.
#[doc(hidden)]
pub trait Found {
    /// The function that a stored name leads to.
    fn find(name: &str) -> Option<&'static WorkflowDef>;

    /// The function, where the type alone leads to it.
    #[must_use]
    fn by_type() -> Option<&'static WorkflowDef>;
}

impl Found for ByName {
    fn find(name: &str) -> Option<&'static WorkflowDef> {
        registry::workflow(name)
    }

    fn by_type() -> Option<&'static WorkflowDef> {
        None
    }
}

impl Found for InBlock<'_> {
    fn find(name: &str) -> Option<&'static WorkflowDef> {
        registry::block(name)
    }

    fn by_type() -> Option<&'static WorkflowDef> {
        None
    }
}

impl<F: Defined> Found for InBlock<'_, F> {
    fn find(name: &str) -> Option<&'static WorkflowDef> {
        F::find(name)
    }

    fn by_type() -> Option<&'static WorkflowDef> {
        F::by_type()
    }
}

impl<F: Defined> Found for F {
    fn find(name: &str) -> Option<&'static WorkflowDef> {
        (F::DEF.name == name).then_some(F::DEF)
    }

    fn by_type() -> Option<&'static WorkflowDef> {
        Some(F::DEF)
    }
}

impl<R, F> std::fmt::Debug for WorkflowCall<R, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkflowCall")
            .field("name", &self.def.name)
            .finish_non_exhaustive()
    }
}

/// A call as data.
#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    name: Cow<'a, str>,
    #[serde(with = "codec::bytes")]
    input: Vec<u8>,
}

impl<R, F> Serialize for WorkflowCall<R, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kept = Kept {
            name: Cow::Borrowed(self.def.name),
            input: self.input.clone().map_err(ser::Error::custom)?,
        };
        kept.serialize(serializer)
    }
}

impl<'de, R, F: Found> Deserialize<'de> for WorkflowCall<R, F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Kept { name, input } = Kept::deserialize(deserializer)?;
        let def = F::find(&name).ok_or_else(|| {
            de::Error::custom(format_args!("this binary has no workflow `{name}`"))
        })?;
        Ok(Self::new(def, Ok(input)))
    }
}

impl<R, F> WorkflowCall<R, F> {
    /// Used by `#[workflow]`.
    #[doc(hidden)]
    pub fn new(def: &'static WorkflowDef, input: Result<Vec<u8>, codec::Error>) -> Self {
        Self {
            def,
            input,
            types: PhantomData,
        }
    }

    /// The workflow's persistent name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.def.name
    }

    /// What is written at the function about its runs.
    pub(super) fn options(&self) -> WorkflowOptions {
        (self.def.options)()
    }

    /// The workflow's persistent name, and the encoded input.
    pub(super) fn into_parts(self) -> (&'static str, Result<Vec<u8>, codec::Error>) {
        (self.def.name, self.input)
    }

    /// The encoded input: a map from parameter names to values.
    ///
    /// # Errors
    /// When an argument cannot be encoded.
    pub fn input(&self) -> Result<&[u8], codec::Error> {
        self.input.as_deref().map_err(Clone::clone)
    }
}

impl<R> WorkflowCall<R> {
    /// Starts the workflow under an id, as `start_<name>` does.
    pub fn start(self, client: &Client, id: impl Into<String>) -> Start<R> {
        crate::client::start(client, self.def, id.into(), self.input)
    }
}

impl<R: Durable, F: Found> Operation for WorkflowCall<R, F> {
    type Output = R;

    fn begin(self, _: Timestamp) -> Result<Plan, codec::Error> {
        Ok(Plan::Inline {
            def: self.def,
            input: self.input?,
        })
    }

    fn complete(resolution: Resolution) -> Result<R, codec::Error> {
        match resolution {
            Resolution::Returned(output) | Resolution::Failed(output) => codec::decode(&output),
            other => Err(codec::Error::custom(format_args!(
                "a function cannot end with {other:?}"
            ))),
        }
    }

    fn inlines() -> Option<&'static WorkflowDef> {
        F::by_type()
    }
}
