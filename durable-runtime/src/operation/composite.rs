//! Operations made of operations: several at once, or one with a limit. What they are made of has to
//! be an operation when they are awaited or spawned, and not before: a mistake is then one error.

use super::{Operation, Plan, Request, Resolution};
use crate::Durable;
use crate::codec;
use crate::id::Timestamp;
use crate::registry::WorkflowDef;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The time of a [`timeout`] was over before its operation had ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("the deadline has elapsed")]
pub struct Elapsed;

/// An operation with a limit; made by [`timeout`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[must_use = "operations do nothing unless they are awaited in a workflow"]
pub struct Timeout<O> {
    limit: Duration,
    operation: O,
}

/// Gives an operation this much time, counted from the await. If it is over first, the operation
/// is cancelled, its late answer is dropped, and the await gives [`Elapsed`].
///
/// Cancelling the workflow reaches the operation; the limit still holds for what an inline
/// workflow awaits after that.
///
/// ```
/// # use durable_runtime::prelude::*;
/// #[activity]
/// async fn ask(question: String) -> Result<String, Error> {
///     Ok(format!("{question}? yes"))
/// }
///
/// #[workflow]
/// async fn ask_in_time(question: String) -> Result<String, Error> {
///     let answer = timeout(Duration::from_secs(60), ask(question)).await??;
///     Ok(answer)
/// }
/// ```
pub fn timeout<O>(limit: Duration, operation: O) -> Timeout<O> {
    Timeout { limit, operation }
}

impl<O: Operation> Operation for Timeout<O> {
    type Output = Result<O::Output, Elapsed>;

    fn begin(self, now: Timestamp) -> Result<Plan, codec::Error> {
        let due = now.after(self.limit);
        let operation = self.operation.begin(now)?;
        Ok(Plan::Race(vec![
            operation,
            Plan::Call(Request::Timer { due }),
        ]))
    }

    fn complete(resolution: Resolution) -> Result<Self::Output, codec::Error> {
        match resolution {
            Resolution::Won { index: 0, answer } => Ok(Ok(O::complete(*answer)?)),
            Resolution::Won { .. } => Ok(Err(Elapsed)),
            other => Err(unexpected("a time-out", &other)),
        }
    }

    fn inlines() -> Option<&'static WorkflowDef> {
        O::inlines()
    }
}

/// Several operations at once; made by [`join_all`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[must_use = "operations do nothing unless they are awaited in a workflow"]
pub struct JoinAll<O>(Vec<O>);

/// Begins all operations, in order, and waits until all have ended. Gives their outputs in the
/// same order; none at all at once.
pub fn join_all<I>(operations: I) -> JoinAll<I::Item>
where
    I: IntoIterator,
{
    JoinAll(operations.into_iter().collect())
}

impl<O: Operation> Operation for JoinAll<O> {
    type Output = Vec<O::Output>;

    fn begin(self, now: Timestamp) -> Result<Plan, codec::Error> {
        Ok(Plan::All(begin_all(self.0, now)?))
    }

    fn complete(resolution: Resolution) -> Result<Self::Output, codec::Error> {
        match resolution {
            Resolution::All(answers) => answers.into_iter().map(O::complete).collect(),
            other => Err(unexpected("`join_all`", &other)),
        }
    }

    fn inlines() -> Option<&'static WorkflowDef> {
        O::inlines()
    }
}

/// Several operations at once that may fail; made by [`try_join_all`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[must_use = "operations do nothing unless they are awaited in a workflow"]
pub struct TryJoinAll<O>(Vec<O>);

/// Begins all operations, in order, and waits until all have returned a value or one has failed.
/// Gives the values in the same order, or the error that was seen first; what has not ended by
/// then is cancelled.
pub fn try_join_all<I>(operations: I) -> TryJoinAll<I::Item>
where
    I: IntoIterator,
{
    TryJoinAll(operations.into_iter().collect())
}

impl<O, T, E> Operation for TryJoinAll<O>
where
    O: Operation<Output = Result<T, E>>,
    T: Durable,
    E: Durable,
{
    type Output = Result<Vec<T>, E>;

    fn begin(self, now: Timestamp) -> Result<Plan, codec::Error> {
        Ok(Plan::TryAll(begin_all(self.0, now)?))
    }

    fn complete(resolution: Resolution) -> Result<Self::Output, codec::Error> {
        match resolution {
            Resolution::All(answers) => answers.into_iter().map(O::complete).collect(),
            Resolution::FirstFailure(answer) => match O::complete(*answer)? {
                Err(error) => Ok(Err(error)),
                Ok(_) => Err(codec::Error::custom(
                    "an operation gives a value where its answer is a failure",
                )),
            },
            other => Err(unexpected("`try_join_all`", &other)),
        }
    }

    fn inlines() -> Option<&'static WorkflowDef> {
        O::inlines()
    }
}

fn begin_all<O: Operation>(operations: Vec<O>, now: Timestamp) -> Result<Vec<Plan>, codec::Error> {
    operations.into_iter().map(|o| o.begin(now)).collect()
}

fn unexpected(what: &str, answer: &Resolution) -> codec::Error {
    codec::Error::custom(format_args!("{what} cannot end with {answer:?}"))
}
