//! Operations that are under way while the workflow does something else.

use super::{
    ActivityCall, InBlock, JoinAll, Operation, Plan, Recv, Resolution, Sleep, Timeout, TryJoinAll,
    WorkflowCall,
};
use crate::Durable;
use crate::codec;
use crate::id::Timestamp;
use crate::machine::current;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// An operation that can be [spawned](spawn): its output can be stored without its type.
///
/// Do not implement it for operations of your own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be spawned",
    label = "a checkpoint that holds it could not be loaded: no name leads to its function",
    note = "spawn activities, timers, calls of workflows that are not generic and take no `&mut`, `async` blocks in such, and composites of these",
    note = "code: durable D18"
)]
pub trait Spawn: Operation {}

/// An operation that can be [spawned](spawn) and gives a `T`. The output is a parameter, since an
/// associated type would be asked for separately, and a mistake would be two errors.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be spawned",
    label = "a checkpoint that holds it could not be loaded: no name leads to its function",
    note = "spawn activities, timers, calls of workflows that are not generic and take no `&mut`, `async` blocks in such, and composites of these",
    note = "code: durable D18"
)]
pub trait SpawnAs<T>: Sized {
    /// Begins it.
    #[doc(hidden)]
    fn begins(self, now: Timestamp) -> Result<Plan, codec::Error>;
}

#[diagnostic::do_not_recommend]
impl<O: Spawn> SpawnAs<O::Output> for O {
    fn begins(self, now: Timestamp) -> Result<Plan, codec::Error> {
        self.begin(now)
    }
}

impl<T: Durable, E: Durable> Spawn for ActivityCall<T, E> {}
impl Spawn for Sleep {}
impl<T: Durable> Spawn for Recv<T> {}
impl<R: Durable> Spawn for WorkflowCall<R> {}
impl<R: Durable> Spawn for WorkflowCall<R, InBlock<'static>> {}
impl<O: Spawn> Spawn for Timeout<O> {}
impl<O: Spawn> Spawn for JoinAll<O> {}
impl<O, T, E> Spawn for TryJoinAll<O>
where
    O: Spawn + Operation<Output = Result<T, E>>,
    T: Durable,
    E: Durable,
{
}
impl<T: Durable> Spawn for JoinHandle<T> {}

/// Begins an operation at once, without waiting for it. Its handle is data: it can be kept in a
/// struct or a `Vec` over other awaits, and gives the output when it is awaited.
///
/// An operation whose handle is lost goes on, as in Tokio; what it gives stays in the checkpoint
/// until the run ends. When the workflow ends, whatever is still under way is cancelled.
///
/// ```
/// # use durable_runtime::prelude::*;
/// #[activity]
/// async fn double(n: u32) -> Result<u32, Error> {
///     Ok(2 * n)
/// }
///
/// #[workflow]
/// async fn overlapping(n: u32) -> Result<u32, Error> {
///     let handle = spawn(double(n));
///     sleep(Duration::from_secs(1)).await?;
///     Ok(handle.await?)
/// }
/// ```
///
/// # Panics
/// Outside of a workflow.
pub fn spawn<O: SpawnAs<T>, T>(operation: O) -> JoinHandle<T> {
    JoinHandle {
        op: current::spawn(|now| operation.begins(now)),
        output: PhantomData,
    }
}

/// An operation that was [spawned](spawn) and gives a `T`. Await it, or `&mut` it where another
/// branch may win and the operation is to go on.
///
/// It gives its output once. As in Tokio, to await it again is a mistake in the workflow's code and
/// panics there; in a `select!` in a loop, a precondition keeps a handle that is done out of it:
/// `x = &mut handle, if !done => …`.
#[derive(Serialize, Deserialize)]
#[serde(bound = "", transparent)]
#[must_use = "await it for its output; the operation goes on without it"]
pub struct JoinHandle<T> {
    op: u64,
    #[serde(skip)]
    output: PhantomData<fn() -> T>,
}

impl<T> std::fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("JoinHandle").field(&self.op).finish()
    }
}

impl<T> JoinHandle<T> {
    /// Cancels the operation: what it awaits ends with a cancellation, and its handle gives what
    /// comes of that. Does nothing if it has ended. The start of a workflow or a message to one that is
    /// aborted on its way says that it was cancelled, and may have been done all the same.
    ///
    /// # Panics
    /// Outside of a workflow.
    pub fn abort(&self) {
        current::abort(&[self.op]);
    }

    /// Whether the operation has ended.
    ///
    /// # Panics
    /// Outside of a workflow.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        current::has_ended(self.op)
    }
}

impl<T: Durable> Operation for JoinHandle<T> {
    type Output = T;

    fn begin(mut self, now: Timestamp) -> Result<Plan, codec::Error> {
        (&mut self).begin(now)
    }

    fn complete(resolution: Resolution) -> Result<T, codec::Error> {
        output(resolution)
    }
}

impl<T: Durable> Operation for &mut JoinHandle<T> {
    type Output = T;

    fn begin(self, _: Timestamp) -> Result<Plan, codec::Error> {
        assert!(
            current::knows(self.op),
            "a `JoinHandle` was awaited again after it had given its output"
        );
        Ok(Plan::Spawned(self.op))
    }

    fn complete(resolution: Resolution) -> Result<T, codec::Error> {
        output(resolution)
    }
}

fn output<T: Durable>(resolution: Resolution) -> Result<T, codec::Error> {
    match resolution {
        Resolution::Returned(value) | Resolution::Failed(value) => codec::decode(&value),
        other => Err(codec::Error::custom(format_args!(
            "a spawned operation cannot end with {other:?}"
        ))),
    }
}

/// Spawned operations that give a `T`, to be joined in the order in which they end. It is data: it
/// can be kept over awaits, in a struct too.
///
/// ```
/// # use durable_runtime::prelude::*;
/// # #[activity]
/// # async fn fetch(page: u32) -> Result<u32, Error> {
/// #     Ok(page)
/// # }
/// /// At most four at a time.
/// #[workflow]
/// async fn fetch_all(pages: u32) -> Result<u32, Error> {
///     let mut next = 0..pages;
///     let mut set = JoinSet::new();
///     for page in next.by_ref().take(4) {
///         set.spawn(fetch(page));
///     }
///     let mut sum = 0;
///     while let Some(fetched) = set.join_next().await {
///         sum += fetched?;
///         if let Some(page) = next.next() {
///             set.spawn(fetch(page));
///         }
///     }
///     Ok(sum)
/// }
/// ```
#[derive(Serialize, Deserialize)]
#[serde(bound = "", transparent)]
pub struct JoinSet<T> {
    /// Those that have been joined stay until the next look: only the machine knows.
    ops: Vec<u64>,
    #[serde(skip)]
    output: PhantomData<fn() -> T>,
}

impl<T> std::fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("JoinSet").field(&self.ops).finish()
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> JoinSet<T> {
    /// An empty set.
    #[must_use]
    pub fn new() -> Self {
        Self {
            ops: Vec::new(),
            output: PhantomData,
        }
    }

    /// How many operations have not been joined.
    ///
    /// # Panics
    /// Outside of a workflow, if it is not empty.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ops.iter().filter(|op| current::knows(**op)).count()
    }

    /// Whether all operations have been joined.
    ///
    /// # Panics
    /// Outside of a workflow, if something was spawned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Cancels all operations, as [`JoinHandle::abort`] does. They are still to be joined.
    ///
    /// # Panics
    /// Outside of a workflow.
    pub fn abort_all(&mut self) {
        current::abort(&self.ops);
    }
}

impl<T: Durable> JoinSet<T> {
    /// Begins an operation at once, as [`spawn`] does.
    ///
    /// # Panics
    /// Outside of a workflow.
    pub fn spawn<O: Spawn + Operation<Output = T>>(&mut self, operation: O) {
        self.ops.push(spawn(operation).op);
    }

    /// Await it for the output of the operation that ended first and has not been joined; `None`
    /// if there is none left.
    pub fn join_next(&mut self) -> JoinNext<'_, T> {
        JoinNext(self)
    }
}

impl<T: Durable, O: Spawn + Operation<Output = T>> Extend<O> for JoinSet<T> {
    fn extend<I: IntoIterator<Item = O>>(&mut self, operations: I) {
        operations.into_iter().for_each(|o| self.spawn(o));
    }
}

impl<T: Durable, O: Spawn + Operation<Output = T>> FromIterator<O> for JoinSet<T> {
    fn from_iter<I: IntoIterator<Item = O>>(operations: I) -> Self {
        let mut set = Self::new();
        set.extend(operations);
        set
    }
}

/// The next operation of a [`JoinSet`] to end.
#[derive(Debug)]
#[must_use = "operations do nothing unless they are awaited in a workflow"]
pub struct JoinNext<'a, T>(&'a mut JoinSet<T>);

impl<T: Durable> Operation for JoinNext<'_, T> {
    type Output = Option<T>;

    fn begin(self, _: Timestamp) -> Result<Plan, codec::Error> {
        self.0.ops.retain(|op| current::knows(*op));
        Ok(Plan::FirstOf(self.0.ops.clone()))
    }

    fn complete(resolution: Resolution) -> Result<Option<T>, codec::Error> {
        match resolution {
            Resolution::Won { answer, .. } => output(*answer).map(Some),
            Resolution::All(none) if none.is_empty() => Ok(None),
            other => output(other).map(Some),
        }
    }
}
