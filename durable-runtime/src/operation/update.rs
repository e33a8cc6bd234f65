//! Updates: requests to a workflow that are answered.

use super::{Cancelled, Operation, Plan, Request, Resolution, Spawn};
use crate::Durable;
use crate::codec::{self, splice};
use crate::id::{RunId, Timestamp};
use crate::machine::current;
use crate::store::ReplyStage;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::marker::PhantomData;

/// A kind of request to workflows: a name, and the types of the request and of its answer.
///
/// A request is on disk before the sender waits. The workflow takes requests of one name in their
/// order, with [`recv`](Self::recv), and answers each with [`Received::respond`] or refuses it with
/// [`Received::reject`]. The answer is recorded together with what the workflow has become by then:
/// who reads it can rely on that. A request with an id counts once, however often it is sent, and
/// each sender is given the same answer.
///
/// ```
/// # use durable_runtime::prelude::*;
/// const ADD: Update<i64, i64> = Update::new("fetch_and_add");
///
/// #[workflow]
/// async fn counter() -> Result<i64, Cancelled> {
///     let mut total = 0;
///     while total < 10 {
///         let add = ADD.recv().await?;
///         if *add.value() < 0 {
///             add.reject("the counter only goes up");
///             continue;
///         }
///         let before = total;
///         total += add.value();
///         add.respond(&before);
///     }
///     Ok(total)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = durable_runtime::store::open("memory://").await?;
/// # let worker = durable_runtime::Worker::new(store, Default::default());
/// # let client = worker.client();
/// # tokio::spawn(worker.run(std::future::pending()));
/// let handle = start_counter(&client, "counter-1").await?;
/// assert_eq!(handle.update(ADD, 7).await?, 0);
/// assert!(handle.update(ADD, -1).await.is_err());
/// assert_eq!(handle.update(ADD, 5).await?, 7);
/// assert_eq!(handle.result().await??, 12);
/// # Ok(())
/// # }
/// ```
pub struct Update<Req, Resp> {
    name: &'static str,
    types: PhantomData<fn(Req) -> Resp>,
}

impl<Req, Resp> Update<Req, Resp> {
    /// An update of this name.
    ///
    /// ```compile_fail,E0080
    /// # use durable_runtime::prelude::*;
    /// const NAMELESS: Update<i64, i64> = Update::new("");
    /// ```
    ///
    /// # Panics
    /// If the name is empty or contains control characters; in a `const`, when it is compiled.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name: super::named::checked(name),
            types: PhantomData,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// In a workflow: await it for the next request of this name. Cancelling the workflow ends the
    /// wait with [`Cancelled`]; the requests stay for whoever asks later.
    pub fn recv(&self) -> RecvUpdate<Req, Resp> {
        RecvUpdate {
            name: Cow::Borrowed(self.name),
            types: PhantomData,
        }
    }
}

impl<Req, Resp> Clone for Update<Req, Resp> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Req, Resp> Copy for Update<Req, Resp> {}

impl<Req, Resp> std::fmt::Debug for Update<Req, Resp> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Update").field(&self.name).finish()
    }
}

/// The next request of a name; made by [`Update::recv`].
#[derive(Serialize, Deserialize)]
#[serde(bound = "", transparent)]
#[must_use = "operations do nothing unless they are awaited in a workflow"]
pub struct RecvUpdate<Req, Resp> {
    name: Cow<'static, str>,
    #[serde(skip)]
    types: PhantomData<fn(Req) -> Resp>,
}

impl<Req, Resp> Clone for RecvUpdate<Req, Resp> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            types: PhantomData,
        }
    }
}

impl<Req, Resp> std::fmt::Debug for RecvUpdate<Req, Resp> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RecvUpdate").field(&self.name).finish()
    }
}

impl<Req: Durable, Resp: Durable> Operation for RecvUpdate<Req, Resp> {
    type Output = Result<Received<Req, Resp>, Cancelled>;

    fn begin(self, _: Timestamp) -> Result<Plan, codec::Error> {
        let name = self.name.into_owned();
        Ok(Plan::Call(Request::Update { name }))
    }

    fn complete(resolution: Resolution) -> Result<Self::Output, codec::Error> {
        match resolution {
            Resolution::Returned(value) => Ok(Ok(codec::decode(&value)?)),
            Resolution::Cancelled => Ok(Err(Cancelled)),
            other => Err(codec::Error::custom(format_args!(
                "a wait for an update cannot end with {other:?}"
            ))),
        }
    }
}

impl<Req: Durable, Resp: Durable> Spawn for RecvUpdate<Req, Resp> {}

/// A request that a workflow has taken and is to answer. It is data: it can be kept over awaits and
/// answered later, by the run that has taken it. One that is dropped is never answered, and its
/// sender hears so when the workflow has ended.
#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "Req: Serialize", deserialize = "Req: Deserialize<'de>"))]
#[must_use = "the sender waits for an answer: `respond` or `reject`"]
pub struct Received<Req, Resp> {
    run: RunId,
    msg: String,
    value: Req,
    #[serde(skip)]
    answer: PhantomData<fn(Resp)>,
}

/// An encoded [`Received`], of the encoded request.
pub(crate) fn received(run: RunId, msg: &str, value: &[u8]) -> Vec<u8> {
    let run = codec::encode_plain(&run);
    let msg = codec::encode_plain(msg);
    splice::fields(&[("run", &run), ("msg", &msg), ("value", value)])
}

impl<Req, Resp> Received<Req, Resp> {
    /// What is requested.
    #[must_use]
    pub fn value(&self) -> &Req {
        &self.value
    }

    /// Tells the sender that the request will be carried out, as of the next await. A request that
    /// is answered or rejected at once need not be accepted before.
    ///
    /// # Panics
    /// Outside of a workflow.
    pub fn accept(&self) {
        current::reply(self.run, &self.msg, ReplyStage::Accepted, &());
    }

    /// Refuses the request: its sender is given the reason.
    ///
    /// # Panics
    /// Outside of a workflow.
    pub fn reject(self, reason: impl Into<String>) {
        current::reply(self.run, &self.msg, ReplyStage::Rejected, &reason.into());
    }
}

impl<Req, Resp: Durable> Received<Req, Resp> {
    /// Answers the request, as of the next await or the end.
    ///
    /// # Panics
    /// Outside of a workflow.
    pub fn respond(self, answer: &Resp) {
        current::reply(self.run, &self.msg, ReplyStage::Completed, answer);
    }
}

impl<Req: std::fmt::Debug, Resp> std::fmt::Debug for Received<Req, Resp> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Received").field(&self.value).finish()
    }
}
