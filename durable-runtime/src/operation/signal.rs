//! Signals: values that others send to a workflow, kept in its inbox until it asks for them.

use super::{Cancelled, Operation, Plan, Request, Resolution};
use crate::Durable;
use crate::codec;
use crate::id::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::marker::PhantomData;

/// A kind of message to workflows: a name, and the type of the value that comes with it.
///
/// A signal is on disk when the sender hears of it. It waits in the inbox of the workflow, also
/// before anybody asks for it, and is taken once: signals of one name in the order in which they
/// were acknowledged. What the workflow has not taken when it ends is dropped.
///
/// ```
/// # use durable_runtime::prelude::*;
/// const APPROVE: Signal<String> = Signal::new("approve");
///
/// #[workflow]
/// async fn expense(amount: u32) -> Result<String, Error> {
///     select! {
///         by = APPROVE.recv() => Ok(format!("{amount} approved by {}", by?)),
///         _ = sleep(Duration::from_secs(10)) => Ok("nobody has approved".to_owned()),
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = durable_runtime::store::open("memory://").await?;
/// # let worker = durable_runtime::Worker::new(store, Default::default());
/// # let client = worker.client();
/// # tokio::spawn(worker.run(std::future::pending()));
/// let handle = start_expense(&client, "expense-1", 120).await?;
/// handle.signal(APPROVE, "ada".to_owned()).await?;
/// assert_eq!(handle.result().await??, "120 approved by ada");
/// # Ok(())
/// # }
/// ```
pub struct Signal<T> {
    name: &'static str,
    value: PhantomData<fn(T) -> T>,
}

super::named::named!(Signal, "A signal");

impl<T> Signal<T> {
    /// In a workflow: await it for the value of the next signal of this name. Cancelling the
    /// workflow ends the wait with [`Cancelled`]; the signals stay for whoever asks later.
    pub fn recv(&self) -> Recv<T> {
        Recv {
            name: Cow::Borrowed(self.name),
            value: PhantomData,
        }
    }
}

/// The next signal of a name; made by [`Signal::recv`].
#[derive(Serialize, Deserialize)]
#[serde(bound = "", transparent)]
#[must_use = "operations do nothing unless they are awaited in a workflow"]
pub struct Recv<T> {
    name: Cow<'static, str>,
    #[serde(skip)]
    value: PhantomData<fn() -> T>,
}

impl<T> Clone for Recv<T> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            value: PhantomData,
        }
    }
}

impl<T> std::fmt::Debug for Recv<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Recv").field(&self.name).finish()
    }
}

impl<T: Durable> Operation for Recv<T> {
    type Output = Result<T, Cancelled>;

    fn begin(self, _: Timestamp) -> Result<Plan, codec::Error> {
        let name = self.name.into_owned();
        Ok(Plan::Call(Request::Signal { name }))
    }

    fn complete(resolution: Resolution) -> Result<Self::Output, codec::Error> {
        match resolution {
            Resolution::Returned(value) => Ok(Ok(codec::decode(&value)?)),
            Resolution::Cancelled => Ok(Err(Cancelled)),
            other => Err(codec::Error::custom(format_args!(
                "a wait for a signal cannot end with {other:?}"
            ))),
        }
    }
}
