//! What this binary can run: every `#[workflow]` and `#[activity]` linked into it.

mod instances;

pub use crate::activity::ActivityContext;
pub(crate) use instances::nothing;
pub use instances::{Activities, Instance, InstanceType, Missing, instance, instance_type};

use crate::machine::{Cx, Entry, Finished, Local, Point};
use crate::operation::{ActivityOptions, Resolution, WorkflowOptions};
use instances::Instances;
use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// The future of a machine; see [`crate::machine::Machine`], which drives it.
pub type MachineFuture = Pin<Box<dyn Future<Output = Finished> + Send>>;

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
    /// The time-outs and retries written at the function.
    pub options: fn() -> WorkflowOptions,
    /// Makes the machine.
    pub run: fn(Cx, Entry) -> MachineFuture,
    /// Decodes an input and says what is wrong with it.
    pub check_input: fn(&[u8]) -> Result<(), crate::codec::Error>,
    /// Which `async` block of the function it is that runs by itself; none for the function. Both
    /// have the same tables.
    pub block: Option<u16>,
}

impl WorkflowDef {
    /// The suspend point of this label where a frame of its own may stand: that of a branch stands
    /// below another one.
    pub(crate) fn outermost(&self, label: &str) -> Option<usize> {
        let parent = self.block.map(|block| (Point::BLOCK, block));
        let stands = |p: &Point| p.label == label && p.parent == parent;
        self.points.iter().position(stands)
    }

    /// Whether a suspend point, by its number, stands in it, or in a branch of it.
    pub(crate) fn holds(&self, mut point: usize) -> bool {
        loop {
            match self.points[point].parent {
                None => return self.block.is_none(),
                Some((Point::BLOCK, block)) => return self.block == Some(block),
                Some((fork, _)) => point = usize::from(fork),
            }
        }
    }
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
    /// The pause before the next attempt, if the error chooses it.
    pub next_delay: Option<Duration>,
}

impl AttemptEnd {
    /// The end with an encoded value.
    #[must_use]
    pub fn returned(value: Vec<u8>) -> Self {
        Self {
            resolution: Resolution::Returned(value),
            retryable: false,
            error: None,
            next_delay: None,
        }
    }

    /// The end with an encoded error, and its text for people.
    #[must_use]
    pub fn failed(error: Vec<u8>, retryable: bool, text: String) -> Self {
        Self {
            resolution: Resolution::Failed(error),
            retryable,
            error: Some(text),
            next_delay: None,
        }
    }
}

/// Ends an attempt with an encoded value or error. `Err`: it does not decode.
pub type Given = fn(Result<&[u8], &[u8]>) -> Result<AttemptEnd, crate::codec::Error>;

/// An activity as compiled into this binary.
#[derive(Debug)]
pub struct ActivityDef {
    /// Persistent name.
    pub name: &'static str,
    /// Names of its parameters, in order.
    pub params: &'static [&'static str],
    /// Source file.
    pub file: &'static str,
    /// Line of the function.
    pub line: u32,
    /// The policy written at the function.
    pub options: fn() -> ActivityOptions,
    /// The type of which it is a method, if it is one.
    pub on: Option<fn() -> InstanceType>,
    /// Runs one attempt on encoded arguments, and on a value of that type. `Err`: the arguments do
    /// not decode.
    pub run: fn(&Instance, ActivityContext, &[u8]) -> Result<AttemptFuture, crate::codec::Error>,
    /// Ends an attempt with this output, a `Result` of the two type arguments of a call, as if the
    /// body had given it. `None` if it has another type.
    pub end: fn(Box<dyn Any>) -> Option<AttemptEnd>,
    /// The same with an encoded value or error. `Err`: it does not decode.
    pub given: Given,
    /// The type of the function that makes its calls: leads from there to this definition.
    pub of: fn() -> TypeId,
}

/// How `#[workflow]` reports a function that can be started.
#[doc(hidden)]
#[derive(Debug)]
pub struct Linked(pub &'static WorkflowDef);

/// Leads from the generated function that makes calls to its definition.
#[doc(hidden)]
pub trait Defined {
    /// The function as compiled into this binary.
    const DEF: &'static WorkflowDef;
}

/// How `#[workflow]` reports an `async` block that runs by itself.
#[doc(hidden)]
#[derive(Debug)]
pub struct LinkedBlock(pub &'static WorkflowDef);

/// How `#[workflow]` reports the name of a function that has a definition for each of its callers, and
/// none that a name leads to: one that is generic, or changes what it is lent.
#[doc(hidden)]
#[derive(Debug)]
pub struct Unnamed(pub &'static str);

inventory::collect!(Linked);
inventory::collect!(Unnamed);
inventory::collect!(LinkedBlock);
inventory::collect!(ActivityDef);

/// Every workflow linked into this binary.
pub fn workflows() -> impl Iterator<Item = &'static WorkflowDef> {
    inventory::iter::<Linked>.into_iter().map(|linked| linked.0)
}

/// Every workflow of the application that is linked into this binary: those of this library, whose
/// names begin with `durable.`, run inside others only.
pub(crate) fn application() -> impl Iterator<Item = &'static WorkflowDef> {
    workflows().filter(|def| !def.name.starts_with("durable."))
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

/// The `async` block called `name`.
pub(crate) fn block(name: &str) -> Option<&'static WorkflowDef> {
    let mut blocks = inventory::iter::<LinkedBlock>.into_iter();
    blocks.find(|b| b.0.name == name).map(|b| b.0)
}

/// The name of an `async` block of a function, by its number.
pub(crate) fn block_name(def: &WorkflowDef, number: u16) -> &'static str {
    let mut blocks = inventory::iter::<LinkedBlock>.into_iter().map(|b| b.0);
    let of = |b: &&WorkflowDef| std::ptr::eq(b.points, def.points) && b.block == Some(number);
    blocks.find(of).map_or("async", |block| block.name)
}

/// Whether such a function is linked into this binary.
pub(crate) fn is_unnamed(name: &str) -> bool {
    let mut unnamed = inventory::iter::<Unnamed>.into_iter();
    unnamed.any(|unnamed| unnamed.0 == name)
}

/// What may run inside a workflow under that name.
pub(crate) fn inline(name: &str) -> Option<&'static WorkflowDef> {
    workflow(name).or_else(|| block(name))
}

/// The activity called `name`.
#[must_use]
pub fn activity(name: &str) -> Option<&'static ActivityDef> {
    activities().find(|a| a.name == name)
}

/// Runs one attempt of an activity on encoded arguments, as [`ActivityDef::run`] does.
pub type ActivityFn =
    Arc<dyn Fn(ActivityContext, &[u8]) -> Result<AttemptFuture, crate::codec::Error> + Send + Sync>;

/// Two functions of this binary bear one persistent name: a stored call would run whichever the
/// linker happened to put first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "two {kind} of this binary are called `{name}` ({} and {}); \
     give one of them another name: #[{attribute}(name = \"…\")]", .at[0], .at[1]
)]
pub struct Ambiguous {
    kind: &'static str,
    attribute: &'static str,
    name: String,
    at: [String; 2],
}

/// The workflows and activities that a worker runs. Cheap to clone.
#[derive(Clone, Default)]
pub struct Registry {
    workflows: Arc<BTreeMap<&'static str, &'static WorkflowDef>>,
    activities: Arc<BTreeMap<String, ActivityFn>>,
    instances: Instances,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry")
            .field("workflows", &self.workflows.keys())
            .field("activities", &self.activities.keys())
            .finish_non_exhaustive()
    }
}

impl Registry {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything linked into this binary.
    ///
    /// # Errors
    /// When two workflows or two activities bear the same name.
    pub fn linked() -> Result<Self, Ambiguous> {
        // What is linked does not change, and tests make many workers.
        static LINKED: LazyLock<Result<Registry, Ambiguous>> =
            LazyLock::new(|| Registry::unambiguous(workflows(), activities()));
        LINKED.clone()
    }

    fn unambiguous(
        workflows: impl Iterator<Item = &'static WorkflowDef>,
        activities: impl Iterator<Item = &'static ActivityDef>,
    ) -> Result<Self, Ambiguous> {
        let mut registry = Self::new();
        let mut first: BTreeMap<_, String> = BTreeMap::new();
        let mut seen = |kind, attribute, name: &str, at: String| {
            let before = first.insert((attribute, name.to_owned()), at.clone());
            before.map_or(Ok(()), |before| {
                Err(Ambiguous {
                    kind,
                    attribute,
                    name: name.to_owned(),
                    at: [before, at],
                })
            })
        };
        for def in workflows {
            let at = format!("{}:{}", def.file, def.line);
            seen("workflows", "workflow", def.name, at)?;
            registry = registry.with_workflow(def);
        }
        for def in activities {
            let at = format!("{}:{}", def.file, def.line);
            seen("activities", "activity", def.name, at)?;
            registry = registry.with_activity(def);
        }
        Ok(registry)
    }

    /// Adds a workflow, or replaces the one of the same name.
    #[must_use]
    pub fn with_workflow(mut self, workflow: &'static WorkflowDef) -> Self {
        Arc::make_mut(&mut self.workflows).insert(workflow.name, workflow);
        self
    }

    /// Adds an activity, or replaces the one of the same name. A method has a body once there is a
    /// value of its type; see [`with`](Self::with).
    #[must_use]
    pub fn with_activity(mut self, activity: &'static ActivityDef) -> Self {
        let body = match activity.on {
            None => {
                let nothing = nothing();
                let run = move |context, args: &[u8]| (activity.run)(&nothing, context, args);
                Some(Arc::new(run) as ActivityFn)
            }
            Some(on) => self.instances.method(activity, on()),
        };
        match body {
            Some(body) => self.with_activity_fn(activity.name, body),
            None => self,
        }
    }

    /// Runs the activities that are methods of this type on this value.
    #[must_use]
    pub fn with<T: Activities>(mut self, value: Arc<T>) -> Self {
        let bodies = self.instances.value(value);
        bodies.into_iter().fold(self, |registry, (name, body)| {
            registry.with_activity_fn(name, body)
        })
    }

    /// Leaves the activities that are methods of this type to other workers. A workflow that calls
    /// one here is blocked, and says so, unless the call is for another queue.
    #[must_use]
    pub fn without<T: Activities>(mut self) -> Self {
        self.instances.without::<T>();
        self
    }

    /// Methods without a value, unless they were left out on purpose.
    #[must_use]
    pub fn missing(&self) -> Option<Missing> {
        self.instances
            .missing(|name| self.activities.contains_key(name))
    }

    /// Adds an activity, or replaces the body of the one called `name`, such as in a test.
    #[must_use]
    pub fn with_activity_fn(mut self, name: impl Into<String>, run: ActivityFn) -> Self {
        Arc::make_mut(&mut self.activities).insert(name.into(), run);
        self
    }

    /// All workflows, by name.
    pub fn workflows(&self) -> impl Iterator<Item = &'static WorkflowDef> + '_ {
        self.workflows.values().copied()
    }

    /// The workflow called `name`.
    #[must_use]
    pub fn workflow(&self, name: &str) -> Option<&'static WorkflowDef> {
        self.workflows.get(name).copied()
    }

    /// The names of all activities that have a body.
    pub fn activities(&self) -> impl Iterator<Item = &str> {
        self.activities.keys().map(String::as_str)
    }

    /// The body of the activity called `name`.
    #[must_use]
    pub fn activity(&self, name: &str) -> Option<&ActivityFn> {
        self.activities.get(name)
    }

    /// The suspend points that can be resumed: `workflow/label`, and `workflow/` for fresh runs.
    #[must_use]
    pub fn points(&self) -> Vec<String> {
        let of = |workflow: &&'static WorkflowDef| {
            let name = workflow.name;
            let labels = workflow.points.iter().map(|point| point.label);
            std::iter::once("")
                .chain(labels)
                .map(move |label| format!("{name}/{label}"))
        };
        self.workflows.values().flat_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_linked_is_found_by_name() {
        let registry = Registry::linked().expect("each name stands once");
        assert!(registry.workflow("buy").is_some());
        assert!(registry.activity("reserve").is_some());
    }

    #[test]
    fn two_functions_of_one_name_are_refused_with_both_places() {
        let buy = || workflow("buy").into_iter();
        let error = Registry::unambiguous(buy().chain(buy()), std::iter::empty());
        let error = error.expect_err("one name twice").to_string();
        assert!(
            error.starts_with("two workflows of this binary are called `buy` (durable-runtime/src")
        );
        assert_eq!(error.matches("fixture.rs:").count(), 2, "{error}");
        let reserve = || activity("reserve").into_iter();
        let error = Registry::unambiguous(std::iter::empty(), reserve().chain(reserve()));
        let error = error.expect_err("one name twice").to_string();
        assert!(error.starts_with("two activities of this binary are called `reserve` ("));
        assert!(error.ends_with("#[activity(name = \"…\")]"), "{error}");
    }

    #[test]
    fn a_workflow_and_an_activity_may_share_a_name() {
        let registry = Registry::unambiguous(workflow("buy").into_iter(), activities());
        assert!(registry.is_ok());
    }
}
