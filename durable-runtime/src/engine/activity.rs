//! What the body of an activity may ask while it runs.

use crate::clock::{Busy, Clock, SystemClock};
use crate::registry::ActivityContext;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

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

impl Current {
    fn swap(&self, busy: Option<Busy>) -> Option<Busy> {
        std::mem::replace(
            &mut *self.busy.lock().unwrap_or_else(PoisonError::into_inner),
            busy,
        )
    }
}

/// Runs the body of an attempt, which can ask for `context`, and gives the guard back.
pub(super) async fn scope<T>(
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
