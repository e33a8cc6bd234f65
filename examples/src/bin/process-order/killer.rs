//! Kills the worker process in the middle of its work, at a different await each time.

use crate::story::Kills;
use durable_examples::ledger::{Action, Call};
use durable_examples::supervisor::{Signal, Supervisor};
use fastrand::Rng;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::{sleep, timeout};

/// A kill that is about to happen.
#[derive(Clone, Debug)]
pub(crate) struct Kill {
    /// The process.
    pub(crate) pid: u32,
    /// What it was doing.
    pub(crate) moment: Moment,
    /// For which order.
    pub(crate) order: String,
}

/// The awaits at which the worker is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Moment {
    /// A service has been asked and has not answered.
    During(Action),
    /// An order is in its cancellation window.
    InWindow,
}

/// One kill for each await of the workflow, those of the compensation included.
const MOMENTS: [Moment; 6] = [
    Moment::During(Action::Reserve),
    Moment::InWindow,
    Moment::During(Action::Charge),
    Moment::During(Action::SendPackage),
    Moment::During(Action::Unreserve),
    Moment::During(Action::Refund),
];

/// If the planned moment does not come within this time, any other will do.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// How long after a reservation the order certainly is in its window: longer than the service
/// takes to answer, shorter than the window.
const INTO_WINDOW: Duration = Duration::from_millis(400);
/// Between a worker's first sign of life and its death.
const LIFETIME_MS: std::ops::Range<u64> = 100..500;

/// Kills the worker `count` times, then waits for ever.
pub(crate) async fn run(
    workers: &Supervisor,
    mut calls: Receiver<Call>,
    mut rng: Rng,
    count: usize,
    kills: Kills,
) -> Infallible {
    let mut moments = MOMENTS;
    let mut last = 0;
    for number in 0..count {
        // The first round goes along the workflow, so that a few kills show the most; later ones
        // come as they like.
        if number > 0 && number % MOMENTS.len() == 0 {
            rng.shuffle(&mut moments);
        }
        // Let the new process do something first: a worker that is killed as soon as it starts
        // makes a dull story.
        next(&mut calls, |call| call.worker != last).await;
        sleep(Duration::from_millis(rng.u64(LIFETIME_MS))).await;
        let planned = moments[number % MOMENTS.len()];
        let came = timeout(PATIENCE, come(planned, &mut calls)).await;
        let (moment, order) = if let Ok(order) = came {
            (planned, order)
        } else {
            let call = next(&mut calls, |_| true).await;
            (Moment::During(call.action), call.order)
        };
        if let Some(pid) = workers.pid(0) {
            last = pid;
            // Told before it is done, so that it is heard before what it causes. Without a
            // narrator nobody hears of it; the process is dead all the same.
            let _ = kills.send(Kill { pid, moment, order });
            workers.signal(0, Signal::Kill);
        }
    }
    std::future::pending().await
}

/// Waits for the moment; answers the order.
async fn come(moment: Moment, calls: &mut Receiver<Call>) -> String {
    match moment {
        // The call has just arrived at the service; its answer is still to come.
        Moment::During(action) => next(calls, |call| call.action == action).await.order,
        Moment::InWindow => loop {
            let reserved = |call: &Call| call.action == Action::Reserve && call.status == 200;
            let order = next(calls, reserved).await.order;
            // Still nothing else was asked for it, so it has not been cancelled either.
            let leaves = next(calls, |call| call.order == order);
            if timeout(INTO_WINDOW, leaves).await.is_err() {
                return order;
            }
        },
    }
}

/// The next call from now on that is like this.
async fn next(calls: &mut Receiver<Call>, is: impl Fn(&Call) -> bool) -> Call {
    *calls = calls.resubscribe();
    loop {
        match calls.recv().await {
            Ok(call) if is(&call) => return call,
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            // The services live longer than this; once they are gone nothing will come.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
