//! One attempt of an activity or an act: a task of its own that can be stopped, panic or run out of time.

use super::attempts::Beat;
use super::gates::{Admitted, Entrance};
use super::heartbeat::{self, Beats};
use super::instance::Outcome;
use super::meters::Waiting;
use crate::activity::{self, Live};
use crate::clock::{Busy, Clock};
use crate::id::Timestamp;
use crate::interception::{ActivityInterceptors, How};
use crate::operation::{ActivityRequest, CancellationType, TimeoutKind};
use crate::registry::{ActivityContext, ActivityFn};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::task::JoinHandle;
use tracing::{Instrument as _, Span};

/// How long is waited for a stopped body to let go of what it holds. A body stops at its next
/// await; one that blocks its thread is left behind after this.
const STOP_GRACE: Duration = Duration::from_secs(1);

/// An attempt in progress; stopped when dropped.
#[derive(Debug)]
pub(super) struct Attempt {
    task: JoinHandle<End>,
    live: Arc<Live>,
    cancellation: CancellationType,
}

/// The end of an attempt.
#[derive(Debug)]
pub(super) struct End {
    pub(super) outcome: Outcome,
    /// Held until the run has taken note.
    pub(super) busy: Busy,
    /// When it ended; of one that could not even begin, long ago.
    pub(super) at: Timestamp,
    /// Smaller than that of any attempt that ended later.
    pub(super) turn: u64,
    /// Its last heartbeat, if that is not on record.
    pub(super) beat: Option<Beat>,
}

impl End {
    /// An attempt ends now.
    pub(super) fn now(outcome: Outcome, clock: &dyn Clock, busy: Busy) -> Self {
        let at = clock.now();
        Self {
            at,
            ..Self::at_once(outcome, busy)
        }
    }

    /// An attempt ends, whatever the time.
    pub(super) fn at_once(outcome: Outcome, busy: Busy) -> Self {
        static TURNS: AtomicU64 = AtomicU64::new(0);
        Self {
            outcome,
            busy,
            at: Timestamp(i64::MIN),
            turn: TURNS.fetch_add(1, Ordering::Relaxed),
            beat: None,
        }
    }
}

/// What an attempt needs of its worker.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entrance: Entrance,
    /// Where it says that a heartbeat is to be put down.
    pub(super) beats: Beats,
    /// That of the attempt.
    pub(super) span: Span,
    pub(super) interceptors: ActivityInterceptors,
    /// What measures it.
    pub(super) waiting: Waiting,
}

impl Attempt {
    /// Begins as soon as it is admitted. `context` is that of `live`.
    pub(super) fn begin(
        body: ActivityFn,
        call: Box<ActivityRequest>,
        (context, live): (ActivityContext, Arc<Live>),
        around: Surroundings,
    ) -> Self {
        let busy = around.clock.busy();
        let cancellation = call.options.cancellation;
        let of = live.clone();
        let span = around.span.clone();
        let clock = around.clock.clone();
        let work = async move {
            let (outcome, busy) = attempt(body, call, (context, &of), around, busy).await;
            End::now(outcome, &*clock, busy)
        };
        let task = tokio::spawn(work.instrument(span));
        Self {
            task,
            live,
            cancellation,
        }
    }

    /// One whose work is this.
    pub(super) fn of(work: impl Future<Output = End> + Send + 'static) -> Self {
        Self {
            task: tokio::spawn(work),
            live: Arc::default(),
            cancellation: CancellationType::Try,
        }
    }

    /// Asks for the end; not to be asked again after that.
    pub(super) fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        let joined = std::task::ready!(Pin::new(&mut self.task).poll(cx));
        Poll::Ready(joined.unwrap_or_else(|error| {
            // The body is caught elsewhere; this is a panic in a destructor, or an abort.
            End::at_once(Outcome::Panicked(error.to_string()), Busy::default())
        }))
    }

    /// What it and its body tell each other.
    pub(super) fn live(&self) -> &Live {
        &self.live
    }

    /// Whether it goes on when nobody awaits it any more; asks it to stop, if it is one that wants
    /// to be asked.
    pub(super) fn outlives(&self) -> bool {
        match self.cancellation {
            CancellationType::Abandon => true,
            CancellationType::Try | CancellationType::Wait => {
                self.live.cancel();
                self.live.listens()
            }
        }
    }

    /// Tells it to stop.
    pub(super) fn abort(&self) {
        self.live.cancel();
        self.live.close();
        self.task.abort();
    }

    /// Stops all of these, and waits until they hold nothing any more.
    pub(super) async fn stop(mut all: Vec<Self>) {
        all.iter().for_each(Self::abort);
        let stopped = async {
            for attempt in &mut all {
                let _ = (&mut attempt.task).await;
            }
        };
        // Bodies that do not stop in time cannot be helped; their results count for nothing.
        let _ = tokio::time::timeout(STOP_GRACE, stopped).await;
    }

    /// Waits for its end.
    pub(super) async fn over(mut self) {
        let _ = poll_fn(|cx| self.poll_ended(cx)).await;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.abort();
    }
}

async fn attempt(
    body: ActivityFn,
    call: Box<ActivityRequest>,
    (context, live): (ActivityContext, &Live),
    around: Surroundings,
    busy: Busy,
) -> (Outcome, Busy) {
    let Surroundings {
        clock,
        entrance,
        beats,
        waiting,
        interceptors,
        span: _,
    } = around;
    let (_admitted, busy) = match entrance.at_once() {
        Some(admitted) => (admitted, busy),
        None => match wait(&call, &*clock, entrance, busy).await {
            Ok(begun) => begun,
            Err((kind, busy)) => {
                waiting.gives_up();
                return (Outcome::TimedOut(kind), busy);
            }
        },
    };
    let measured = waiting.begins(context.attempt);
    let body = (body, interceptors);
    let ended = run(body, call, (context, live), (clock, beats), busy).await;
    measured.ends(&ended.0);
    ended
}

/// Runs the body, which has its slot, to its end or to a limit.
async fn run(
    (body, interceptors): (ActivityFn, ActivityInterceptors),
    call: Box<ActivityRequest>,
    (context, live): (ActivityContext, &Live),
    (clock, beats): (Arc<dyn Clock>, Beats),
    busy: Busy,
) -> (Outcome, Busy) {
    let limit = call.limit(clock.now());
    let timer = limit.map(|(at, kind)| (clock.sleep_until(at), kind));
    let timeout = async move {
        match timer {
            Some((sleeping, kind)) => (Outcome::TimedOut(kind), sleeping.await),
            None => std::future::pending().await,
        }
    };
    let heard = heartbeat::listen(live, &*clock, call.options.heartbeat, beats);
    let body = async {
        let clock = clock.clone();
        let run = interceptors.run(&call.name, &call.args, context.clone(), &body);
        let (ended, busy) = activity::scope(context, clock, busy, run).await;
        (ended.into(), busy)
    };
    let ended = tokio::select! {
        biased;
        ended = body => ended,
        ended = heard => ended,
        ended = timeout => ended,
    };
    live.close();
    ended
}

/// Waits in line; `Err` if a limit of time is reached before its turn.
async fn wait(
    call: &ActivityRequest,
    clock: &dyn Clock,
    entrance: Entrance,
    busy: Busy,
) -> Result<(Admitted, Busy), (TimeoutKind, Busy)> {
    let all = call.deadline().map(|at| (at, TimeoutKind::ScheduleToClose));
    let start = call.options.schedule_to_start;
    let start = start.map(|limit| (clock.now().after(limit), TimeoutKind::ScheduleToStart));
    let first = [all, start].into_iter().flatten().min_by_key(|(at, _)| *at);
    let sleeping = first.map(|(at, kind)| (clock.sleep_until(at), kind));
    let late = async {
        match sleeping {
            Some((sleeping, kind)) => (kind, sleeping.await),
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        admitted = entrance.wait(clock, busy) => Ok(admitted),
        late = late => Err(late),
    }
}

impl From<How> for Outcome {
    fn from(how: How) -> Self {
        match how {
            How::Ended(end) => Self::Ended(end),
            How::Panicked(message) => Self::Panicked(message),
            How::Refused(reason, retryable) => Self::Refused { reason, retryable },
            How::Unfit(reason) => Self::Unfit(reason),
        }
    }
}
