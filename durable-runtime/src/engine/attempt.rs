//! One attempt of an activity or an act: a task of its own that can be stopped, panic or run out of time.

use super::activity;
use super::instance::Outcome;
use super::step::deadline;
use crate::clock::{Busy, Clock};
use crate::id::Timestamp;
use crate::machine::panic_message;
use crate::operation::{ActivityRequest, TimeoutKind};
use crate::registry::{ActivityContext, ActivityFn, AttemptEnd};
use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// How long is waited for a stopped body to let go of what it holds. A body stops at its next
/// await; one that blocks its thread is left behind after this.
const STOP_GRACE: Duration = Duration::from_secs(1);

/// An attempt in progress; stopped when dropped.
#[derive(Debug)]
pub(super) struct Attempt(JoinHandle<End>);

/// The end of an attempt.
#[derive(Debug)]
pub(super) struct End {
    pub(super) outcome: Outcome,
    /// Held until the run has taken note.
    pub(super) busy: Busy,
    /// Smaller than that of any attempt that ended later.
    pub(super) turn: u64,
}

impl End {
    /// An attempt ends now.
    pub(super) fn new(outcome: Outcome, busy: Busy) -> Self {
        static TURNS: AtomicU64 = AtomicU64::new(0);
        Self {
            outcome,
            busy,
            turn: TURNS.fetch_add(1, Ordering::Relaxed),
        }
    }
}

impl Attempt {
    /// Begins as soon as one of `permits` is free.
    pub(super) fn begin(
        body: ActivityFn,
        call: ActivityRequest,
        context: ActivityContext,
        clock: Arc<dyn Clock>,
        permits: Arc<Semaphore>,
    ) -> Self {
        let busy = clock.busy();
        Self::of(async move {
            let (outcome, busy) = attempt(body, call, context, clock, permits, busy).await;
            End::new(outcome, busy)
        })
    }

    /// One whose work is this.
    pub(super) fn of(work: impl Future<Output = End> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }

    /// Asks for the end; not to be asked again after that.
    pub(super) fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        let joined = std::task::ready!(Pin::new(&mut self.0).poll(cx));
        Poll::Ready(joined.unwrap_or_else(|error| {
            // The body is caught elsewhere; this is a panic in a destructor, or an abort.
            End::new(Outcome::Panicked(error.to_string()), Busy::default())
        }))
    }

    /// Tells it to stop.
    pub(super) fn abort(&self) {
        self.0.abort();
    }

    /// Stops it, and waits until it holds nothing any more.
    pub(super) async fn stop(mut self) {
        self.abort();
        // A body that does not stop in time cannot be helped; its result counts for nothing.
        let _ = tokio::time::timeout(STOP_GRACE, &mut self.0).await;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn attempt(
    body: ActivityFn,
    call: ActivityRequest,
    context: ActivityContext,
    clock: Arc<dyn Clock>,
    permits: Arc<Semaphore>,
    busy: Busy,
) -> (Outcome, Busy) {
    let (_permit, busy) = match permits.clone().try_acquire_owned() {
        Ok(permit) => (permit, busy),
        Err(_) => match wait_for_permit(&call, &*clock, permits, busy).await {
            Ok(begun) => begun,
            Err(busy) => return (Outcome::TimedOut(TimeoutKind::ScheduleToClose), busy),
        },
    };
    let limit = limit(&call, clock.now());
    let future = match caught(|| body(context.clone(), &call.args)) {
        Ok(Ok(future)) => future,
        Ok(Err(error)) => {
            return (
                Outcome::Unfit(format!("activity {}: {error}", call.name)),
                busy,
            );
        }
        Err(message) => return (Outcome::Panicked(message), busy),
    };
    let timer = limit.map(|(at, kind)| (clock.sleep_until(at), kind));
    let timeout = async move {
        match timer {
            Some((sleeping, kind)) => (Outcome::TimedOut(kind), sleeping.await),
            None => std::future::pending().await,
        }
    };
    let body = async {
        let (ended, busy) = activity::scope(context, clock, busy, unwinding(future)).await;
        (ended.map_or_else(Outcome::Panicked, Outcome::Ended), busy)
    };
    tokio::select! {
        biased;
        ended = body => ended,
        ended = timeout => ended,
    }
}

/// Waits in line; `Err` if the time for all attempts together is over before its turn.
async fn wait_for_permit(
    call: &ActivityRequest,
    clock: &dyn Clock,
    permits: Arc<Semaphore>,
    busy: Busy,
) -> Result<(tokio::sync::OwnedSemaphorePermit, Busy), Busy> {
    let deadline = deadline(call).map(|at| clock.sleep_until(at));
    drop(busy);
    let late = async {
        match deadline {
            Some(sleeping) => sleeping.await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        permit = permits.acquire_owned() => match permit {
            Ok(permit) => Ok((permit, clock.busy())),
            // Nobody closes it while attempts are made.
            Err(_) => std::future::pending().await,
        },
        busy = late => Err(busy),
    }
}

/// Until when an attempt that begins now may run, and which limit that is.
fn limit(call: &ActivityRequest, now: Timestamp) -> Option<(Timestamp, TimeoutKind)> {
    let one = call
        .options
        .start_to_close
        .map(|limit| (now.after(limit), TimeoutKind::StartToClose));
    let all = deadline(call).map(|at| (at, TimeoutKind::ScheduleToClose));
    // At the same instant the limit that forbids another attempt counts.
    [all, one].into_iter().flatten().min_by_key(|(at, _)| *at)
}

fn caught<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    let text = |panic: Box<dyn Any + Send>| panic_message(&*panic);
    catch_unwind(AssertUnwindSafe(call)).map_err(text)
}

/// Polls a future; a panic becomes its message.
async fn unwinding(
    mut future: std::pin::Pin<Box<dyn Future<Output = AttemptEnd> + Send>>,
) -> Result<AttemptEnd, String> {
    poll_fn(|cx| match caught(|| future.as_mut().poll(cx)) {
        Ok(poll) => poll.map(Ok),
        Err(message) => Poll::Ready(Err(message)),
    })
    .await
}
