//! What the body of an activity may ask and say while it runs.
//!
//! ```
//! use durable_runtime::activity;
//! use durable_runtime::prelude::*;
//!
//! /// Goes on where the attempt before it has stopped, at most eight seconds before its end.
//! #[activity(start_to_close = "2h", heartbeat = "10s", cancellation = "wait")]
//! async fn copy(files: Vec<String>) -> Result<usize, String> {
//!     let cancelled = activity::cancellation();
//!     let done: usize = activity::heartbeat_details().unwrap_or(0);
//!     for (number, file) in files.iter().enumerate().skip(done) {
//!         if cancelled.is_cancelled() {
//!             println!("removing what was copied of {file}");
//!             cancelled.confirm().await;
//!         }
//!         println!("copying {file}");
//!         activity::heartbeat(&(number + 1));
//!     }
//!     Ok(files.len())
//! }
//! ```
//!
//! The functions here belong to the task that runs the body. Another task or thread is given the
//! [`ActivityContext`], which can do the same.

mod cancellation;
pub(crate) mod carried;
mod context;
mod live;
pub(crate) mod news;
mod progress;
mod token;
mod transact;

pub use cancellation::Cancellation;
pub use context::ActivityContext;
pub(crate) use live::{Live, SaidEnd};
pub use progress::Progress;
pub use token::{ActivityToken, InvalidToken};
pub(crate) use transact::Transacts;
#[doc(hidden)]
pub use transact::transactional;

use crate::Durable;
use crate::clock::{Busy, Clock, SystemClock};
use crate::id::Timestamp;
use serde::Serialize;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

tokio::task_local! {
    static CURRENT: Current;
}

#[derive(Clone, Debug)]
struct Current {
    context: ActivityContext,
    clock: Arc<dyn Clock>,
    /// The body's guard; empty while it sleeps on the clock.
    busy: Arc<Mutex<Option<Busy>>>,
}

/// The attempt that the current task is in; `None` outside of an activity, such as in a unit test
/// or in a task that the body has spawned.
#[must_use]
pub fn context() -> Option<ActivityContext> {
    CURRENT.try_with(|current| current.context.clone()).ok()
}

/// Says that the attempt is alive, and how far it has come. With `heartbeat = "10s"` at the
/// activity, an attempt that has said nothing for that long is stopped, recorded as failed
/// ([`TimeoutKind::Heartbeat`](crate::operation::TimeoutKind)) and repeated by the retry policy.
///
/// The next attempt, in whichever process, reads the details by [`heartbeat_details`]. They are
/// written down with every failure and when a worker stops in good order; while the body runs, the
/// first at once and then the newest at most every four fifths of the time-out (every 30 s
/// without one). So a killed process loses no more than that, and a heartbeat costs next to
/// nothing: say as many as you like.
///
/// Nothing happens outside of an activity.
///
/// # Panics
/// When the details cannot be encoded, or have more than
/// [`PAYLOAD_BYTES_MAX`](crate::codec::limits::PAYLOAD_BYTES_MAX) bytes.
pub fn heartbeat<T: Serialize>(details: &T) {
    if let Some(context) = context() {
        context.heartbeat(details);
    }
}

/// The details of the last [`heartbeat`] of this call, of this attempt or of the last one before it
/// that has said one. `None` if there is none, outside of an activity, and, with a warning in the
/// log, if they do not decode as a `T`: another version of the code has said them.
#[must_use]
pub fn heartbeat_details<T: Durable>() -> Option<T> {
    context()?.heartbeat_details()
}

/// Asks to be told when this attempt is to stop. Whoever does not ask is stopped at its next await;
/// whoever asks decides when, within the activity's time-outs, and may clean up before.
///
/// Outside of an activity it never comes.
#[must_use]
pub fn cancellation() -> Cancellation {
    context().map_or_else(
        || ActivityContext::nowhere(String::new(), 0).cancellation(),
        |context| context.cancellation(),
    )
}

/// The name of this attempt, for whoever ends it: a person who decides, a service that calls back.
/// Give it away before [`ends_later`].
///
/// Outside of an activity it names nothing.
#[must_use]
pub fn token() -> ActivityToken {
    context().map_or_else(
        || ActivityContext::nowhere(String::new(), 0).token(),
        |context| context.token(),
    )
}

/// Ends the body, but not the attempt: that is ended from elsewhere, by its [`token`], with
/// [`Client::activity`](crate::Client::activity) in any process, or `activity complete` on the
/// command line. Until then it needs no slot of a worker, and its workflow no memory.
///
/// ```
/// use durable_runtime::activity;
/// use durable_runtime::prelude::*;
///
/// #[activity(start_to_close = "7d")]
/// async fn decide(expense: String) -> Result<bool, String> {
///     println!("may {expense} be paid? durable activity complete {}", activity::token());
///     activity::ends_later().await
/// }
/// ```
///
/// Time-outs go on counting, over restarts too: `start_to_close` (one minute, unless the activity
/// says otherwise) from where the attempt began, `heartbeat` from there or from the last heartbeat,
/// whoever has said it. What it runs into ends the attempt, and another one, with a token of its
/// own, follows by the retry policy. So does one that is ended with an error.
///
/// What ends the attempt may come before this is called, and counts then; a body that is still
/// running is stopped. If the worker dies before it has put this down, the body runs once more with
/// the same token.
///
/// Outside of a worker it never returns.
pub async fn ends_later() -> ! {
    if let Some(context) = context() {
        context.ends_later();
    }
    std::future::pending().await
}

/// Waits on the worker's clock, which a test may have replaced by a virtual one. Outside of an
/// activity it is the system's clock.
///
/// Under a virtual clock a body should not wait in two branches at once: time moves on as soon as
/// one of them sleeps.
pub async fn sleep(duration: Duration) {
    let Ok(current) = CURRENT.try_with(Current::clone) else {
        drop(
            SystemClock
                .sleep_until(SystemClock.now().after(duration))
                .await,
        );
        return;
    };
    let sleeping = current
        .clock
        .sleep_until(current.clock.now().after(duration));
    let guard = current.swap(None);
    drop(guard);
    let busy = sleeping.await;
    current.swap(Some(busy));
}

/// The worker's clock, if the body of an attempt runs here.
pub(crate) fn time() -> Option<Timestamp> {
    CURRENT.try_with(|current| current.clock.now()).ok()
}

impl Current {
    fn swap(&self, busy: Option<Busy>) -> Option<Busy> {
        std::mem::replace(
            &mut *self.busy.lock().unwrap_or_else(PoisonError::into_inner),
            busy,
        )
    }
}

/// Runs a body that blocks on a thread of its own, where it may ask and say what any body may.
///
/// It is none of the runtime's blocking threads: there are 512 of those, on which stores read too, and a
/// body that hangs keeps its thread after its time-out. Nor does the end of the process wait for one.
#[doc(hidden)]
pub async fn blocking<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
    let (here, runtime) = (Here::now(), Handle::current());
    let (answer, answered) = oneshot::channel();
    let work = move || {
        let _in_runtime = runtime.enter();
        let outcome = catch_unwind(AssertUnwindSafe(|| here.run(body)));
        // Nobody waits if the attempt was given up.
        let _ = answer.send(outcome);
    };
    let thread = std::thread::Builder::new().name("durable-blocking".to_owned());
    if let Err(error) = thread.spawn(work) {
        panic!("there is no thread for a blocking activity: {error}");
    }
    match answered.await {
        Ok(Ok(output)) => output,
        Ok(Err(panic)) => resume_unwind(panic),
        Err(_) => unreachable!("it answers whatever the body does"),
    }
}

/// What the body of an attempt may ask, for another thread that does a part of it.
#[derive(Clone, Debug)]
struct Here(Option<Current>);

impl Here {
    fn now() -> Self {
        Self(CURRENT.try_with(Current::clone).ok())
    }

    fn run<T>(&self, body: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(current) => CURRENT.sync_scope(current.clone(), body),
            None => body(),
        }
    }
}

/// Runs what is within the body of an attempt, with the context as it is there.
pub(crate) async fn within<T>(context: ActivityContext, inner: impl Future<Output = T>) -> T {
    match CURRENT.try_with(Current::clone) {
        Ok(current) => CURRENT.scope(Current { context, ..current }, inner).await,
        Err(_) => inner.await,
    }
}

/// Runs the body of an attempt, which can ask for `context`, and gives the guard back.
pub(crate) async fn scope<T>(
    context: ActivityContext,
    clock: Arc<dyn Clock>,
    busy: Busy,
    body: impl Future<Output = T>,
) -> (T, Busy) {
    let busy = Arc::new(Mutex::new(Some(busy)));
    let current = Current {
        context,
        clock: clock.clone(),
        busy,
    };
    let output = CURRENT.scope(current.clone(), body).await;
    let busy = current.swap(None).unwrap_or_else(|| clock.busy());
    (output, busy)
}
