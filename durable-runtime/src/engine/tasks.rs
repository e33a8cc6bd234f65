//! Attempts for workflows of other queues: one task of this worker from its claim to its report.

use super::attempt::{Attempt, Surroundings};
use super::attempts::{Attempts, Beat, News};
use super::committer::CommitError;
use super::instance::Outcome;
use super::life::{Life, Stage};
use super::seen;
use super::step::token;
use crate::activity::carried::{Carried, CarriedEnd, Order};
use crate::activity::{Live, news};
use crate::clock::Busy;
use crate::codec;
use crate::id::WorkflowId;
use crate::operation::Resolution;
use crate::panics::unwinding;
use crate::payload::envelope;
use crate::registry::{ActivityContext, AttemptEnd};
use crate::store::{StoreError, Task, TaskOf, TaskWrite, Write, Written};
use std::sync::Arc;
use tokio::sync::watch;

/// What the workflow wants of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    GoOn,
    /// It is to stop, and is waited for.
    Stop,
    /// Nobody waits for it any more.
    Drop,
}

/// A task that this worker has claimed.
struct Carrier {
    life: Arc<Life>,
    of: TaskOf,
    id: WorkflowId,
}

/// What happens while its attempt runs.
enum Happens {
    Asked(Asked),
    News(News),
    /// The worker has to let go of it.
    Release,
}

/// How it left its worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// Its run was told, or does not wait for it, or it goes when the worker retires.
    Done,
    /// To workers that can read it.
    Returned,
}

/// Makes the attempt, and tells its run. Answers when this worker has nothing to do with it any more.
pub(super) async fn carry_out(
    life: Arc<Life>,
    task: Task,
    asked: watch::Receiver<Asked>,
    busy: Busy,
) -> (TaskOf, Left, Busy) {
    let (of, id) = (task.new.of, task.id.clone());
    let carrier = Carrier { life, of, id };
    let (end, busy) = match order(&task) {
        Todo::Make(order) => {
            let beat = task.beat.clone();
            match unwinding(carrier.make(*order, beat, asked, busy)).await {
                Ok(Some((outcome, beat, busy))) => (carried(outcome, beat), busy),
                Ok(None) => return (of, Left::Done, carrier.life.clock.busy()),
                Err(panic) => {
                    let reason = CarriedEnd::Unfit(format!("the engine panicked: {panic}"));
                    (ended(reason, task.beat), carrier.life.clock.busy())
                }
            }
        }
        Todo::Tell(end) => (ended(end, task.beat), busy),
        Todo::Return(reason) => {
            let TaskOf { run, op, .. } = of;
            tracing::warn!(%run, op, reason, "an activity of another queue cannot be read here");
            // If it is refused, it is not ours any more.
            let _ = carrier.write(TaskWrite::Return { of }).await;
            return (of, Left::Returned, busy);
        }
    };
    carrier.report(end).await;
    (of, Left::Done, busy)
}

/// Others may begin it, as if this worker had not claimed it.
pub(super) async fn give_back(life: Arc<Life>, task: Task) -> TaskOf {
    let (of, id) = (task.new.of, task.id);
    let carrier = Carrier { life, of, id };
    // If it is refused, it is not ours any more; if nobody answers, it is given back with the worker.
    let _ = carrier.write(TaskWrite::Return { of }).await;
    of
}

/// What is to be done with a task.
enum Todo {
    Make(Box<Order>),
    /// Nothing but this.
    Tell(CarriedEnd),
    /// Others may have the codec, or the key, that this worker lacks.
    Return(String),
}

fn order(task: &Task) -> Todo {
    let body = &task.new.body;
    let beat = task.beat.as_ref().map(|(_, details)| details);
    // Who cannot read its values has not the codecs to tell its run anything either.
    if let Some(reason) = beat
        .into_iter()
        .chain([body])
        .find_map(|v| envelope::reason(v))
    {
        return Todo::Return(reason);
    }
    if task.cancelled {
        return Todo::Tell(CarriedEnd::Cancelled);
    }
    if task.lost {
        return Todo::Tell(CarriedEnd::Lost);
    }
    codec::decode(body).map_or_else(
        |error| Todo::Tell(CarriedEnd::Unfit(format!("it cannot be read: {error}"))),
        |order| Todo::Make(Box::new(order)),
    )
}

fn ended(end: CarriedEnd, beat: Option<Beat>) -> Carried {
    let (beat_at, details) = beat.unzip();
    Carried {
        end,
        beat_at,
        details: details.unwrap_or_default(),
    }
}

fn carried(outcome: Outcome, beat: Option<Beat>) -> Carried {
    let end = match outcome {
        Outcome::Ended(AttemptEnd {
            resolution: Resolution::Returned(value),
            ..
        }) => return ended(CarriedEnd::Returned(value), None),
        Outcome::Ended(AttemptEnd {
            resolution: Resolution::Failed(error),
            retryable,
            error: text,
            next_delay,
        }) => CarriedEnd::Failed {
            error,
            retryable,
            text,
            next_delay,
        },
        Outcome::Cancelled => CarriedEnd::Cancelled,
        Outcome::EndsElsewhere { began } => CarriedEnd::EndsElsewhere(began),
        Outcome::Panicked(message) => CarriedEnd::Panicked(message),
        Outcome::Refused { reason, retryable } => CarriedEnd::Refused { reason, retryable },
        Outcome::TimedOut(kind) => CarriedEnd::TimedOut(kind),
        Outcome::Unfit(reason) => CarriedEnd::Unfit(reason),
        other @ (Outcome::Acted(_) | Outcome::Ended(_)) => {
            CarriedEnd::Unfit(format!("its body cannot end so: {other:?}"))
        }
    };
    ended(end, beat)
}

impl Carrier {
    /// Makes the attempt. `None`: it was given up, or is left to others.
    async fn make(
        &self,
        order: Order,
        beat: Option<Beat>,
        mut asked: watch::Receiver<Asked>,
        busy: Busy,
    ) -> Option<(Outcome, Option<Beat>, Busy)> {
        let mut call = Box::new(order.request);
        let Some(body) = self.life.registry.activity(&call.name) else {
            let reason = format!("this worker has no activity `{}`", call.name);
            return Some((Outcome::Unfit(reason), beat, busy));
        };
        // The wait is over; the run, which counts it, is to know before the body begins.
        if call.options.schedule_to_start.take().is_some() {
            match self.begin().await {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some((Outcome::Unfit(error.to_string()), beat, busy)),
            }
        }
        let before = order.beat_at.map(|at| (at, order.details));
        let details = beat.clone().or(before).map(|(_, details)| details);
        let (clock, slots) = (self.life.clock.clone(), self.life.activities.clone());
        let live = Arc::new(Live::new(clock.clone(), details));
        let workflow = self.id.as_str().to_owned();
        let context = ActivityContext::new(token(self.of), workflow, live.clone());
        let origin = seen::Origin {
            workflow: &order.workflow,
            id: &self.id,
            run: self.of.run,
            headers: &order.headers,
        };
        let (context, span) = origin.attempt(&self.life.propagators, &call.name, context);
        let mut attempts = Attempts::default();
        let around = Surroundings {
            clock,
            entrance: self.life.gates.entrance(&call.name, slots),
            beats: attempts.beats(self.of.op),
            interceptors: self.life.interceptors.clone(),
            waiting: self.life.meters.waiting(&call.name),
            span,
        };
        let attempt = Attempt::begin(body.clone(), call, (context, live), around);
        attempts.begin(self.of.op, attempt);
        drop(busy);
        self.attend(&mut attempts, &mut asked, beat).await
    }

    /// `last`: the heartbeat on record.
    async fn attend(
        &self,
        attempts: &mut Attempts,
        asked: &mut watch::Receiver<Asked>,
        mut last: Option<Beat>,
    ) -> Option<(Outcome, Option<Beat>, Busy)> {
        let mut stage = self.life.stage.clone();
        let background = &self.life.background;
        loop {
            let happens = tokio::select! {
                biased;
                // An error means that the life is over; then nobody may write for it.
                changed = asked.changed() => match changed {
                    Ok(()) => Happens::Asked(*asked.borrow_and_update()),
                    Err(_) => return None,
                },
                _ = stage.wait_for(|stage| *stage >= Stage::Stop) => Happens::Release,
                (_, news) = attempts.news(None) => Happens::News(news),
            };
            match happens {
                Happens::Asked(Asked::GoOn) => {}
                Happens::Asked(Asked::Stop) => attempts.ask(|_| true),
                Happens::Asked(Asked::Drop) => {
                    attempts.keep(|_| false, |_| true, background).await;
                    return None;
                }
                Happens::News(News::Beat(busy)) => {
                    self.put_down(attempts, &mut last).await;
                    drop(busy);
                }
                Happens::News(News::Ended(end)) => {
                    // The record goes with the task: the next attempt finds it with the run.
                    return Some((end.outcome, end.beat.or(last), end.busy));
                }
                Happens::Release => {
                    self.put_down(attempts, &mut last).await;
                    attempts.keep(|_| false, |_| false, background).await;
                    return None;
                }
            }
        }
    }

    /// Puts the latest heartbeat on record.
    async fn put_down(&self, attempts: &Attempts, last: &mut Option<Beat>) {
        for (_, beat) in attempts.take_beats() {
            let (of, (at, details)) = (self.of, beat.clone());
            *last = Some(beat);
            // If nobody waits for it any more, that is heard of elsewhere.
            let _ = self.write(TaskWrite::Beat { of, at, details }).await;
        }
    }

    /// Whether the run waits for it, and is told that it has begun.
    async fn begin(&self) -> Result<bool, StoreError> {
        let (of, at) = (self.of, self.life.clock.now());
        let message = news::News::Begun.message(&token(of), at);
        self.write(TaskWrite::Begin { of, message }).await
    }

    async fn report(&self, carried: Carried) {
        let Err(error) = self.tell(carried).await else {
            return;
        };
        let reason = format!("how it ended cannot be stored: {error}");
        if let Err(error) = self.tell(ended(CarriedEnd::Unfit(reason), None)).await {
            let (run, op) = (self.of.run, self.of.op);
            tracing::error!(%run, op, %error, "the end of an activity cannot be told");
        }
    }

    async fn tell(&self, carried: Carried) -> Result<bool, StoreError> {
        let (of, at) = (self.of, self.life.clock.now());
        let message = news::News::Carried(Box::new(carried)).message(&token(of), at);
        self.write(TaskWrite::Report { of, message }).await
    }

    /// Whether this worker still has the task. `Err`: the store never will take this.
    async fn write(&self, write: TaskWrite) -> Result<bool, StoreError> {
        let writes = vec![Write::Task(write)];
        match self.life.committer.write(self.id.clone(), writes).await {
            Ok(written) => Ok(written == [Written::Done]),
            Err(CommitError::Lost) => Ok(false),
            Err(CommitError::Refused(error)) => Err(error),
        }
    }
}
