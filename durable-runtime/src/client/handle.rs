//! One workflow, seen from outside.

use super::{
    Client, ClientError, Description, Inspection, Outcome, ResultError, Step, describe, inspect,
    steps,
};
use crate::Durable;
use crate::codec;
use crate::id::{RunId, WorkflowId};
use crate::payload::text;
use crate::store::{MessageKind, NewMessage, Phase, Sent};
use std::fmt;
use std::marker::PhantomData;

/// A workflow that was started; `R` is the whole return type of its function. Shows as its id.
pub struct Handle<R> {
    client: Client,
    id: WorkflowId,
    run: RunId,
    output: PhantomData<fn() -> R>,
}

impl<R> Clone for Handle<R> {
    fn clone(&self) -> Self {
        Self::new(self.client.clone(), self.id.clone(), self.run)
    }
}

impl<R> fmt::Display for Handle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.id, f)
    }
}

impl<R> fmt::Debug for Handle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("id", &self.id.as_str())
            .field("run", &format_args!("{}", self.run))
            .finish_non_exhaustive()
    }
}

impl<R> Handle<R> {
    pub(super) fn new(client: Client, id: WorkflowId, run: RunId) -> Self {
        Self {
            client,
            id,
            run,
            output: PhantomData,
        }
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The id that the application gave it.
    #[must_use]
    pub fn id(&self) -> &WorkflowId {
        &self.id
    }

    /// The run that was current when this handle was made.
    #[must_use]
    pub fn run(&self) -> RunId {
        self.run
    }

    /// Waits for the workflow to end and gives exactly what its function returned: for a function
    /// that returns `Result<T, E>` that is `Ok(Ok(value))` or `Ok(Err(error))`.
    ///
    /// That is the end of the [run](Self::run) of this handle, or of the last one that goes on in
    /// its place; not of what another start has begun under the same id. Everything else that a
    /// handle does concerns the current run of its id.
    ///
    /// Waits as long as it takes; bound it with `tokio::time::timeout`.
    pub async fn result(&self) -> Result<R, ResultError>
    where
        R: Durable,
    {
        let output = self.output(self.outcome().await?)?;
        codec::decode(&output).map_err(|source| ResultError::Decode {
            id: self.id.clone(),
            expected: std::any::type_name::<R>(),
            source,
        })
    }

    /// Waits like [`result`](Self::result) and gives the return value as JSON, without knowing its
    /// type.
    pub async fn result_json(&self) -> Result<serde_json::Value, ResultError> {
        let output = self.output(self.outcome().await?)?;
        codec::to_json(&output).map_err(|source| ResultError::Decode {
            id: self.id.clone(),
            expected: "JSON",
            source,
        })
    }

    /// Waits for the workflow to end and says how.
    pub async fn outcome(&self) -> Result<Outcome, ResultError> {
        let shared = &self.client.shared;
        let mut watch = shared.changes.watch();
        let mut run = self.run;
        loop {
            if let Some(link) = &shared.link
                && let Some(outcome) = link.ended(run).await
                && outcome.phase != Phase::Continued
            {
                return Ok(outcome);
            }
            // What has started later under the same id is no business of this handle.
            let mut found = shared.store.follow(run).await?;
            if found.is_none() {
                // It has been continued so long ago that it is not kept any more.
                found = shared.store.find(&self.id).await?;
            }
            let Some(record) = found else {
                return Err(ResultError::NotFound(self.id.clone()));
            };
            run = record.run;
            if !matches!(record.phase, Phase::Running | Phase::Continued) {
                return Ok(Outcome {
                    phase: record.phase,
                    output: record.output,
                    error: record.error.map(text::shown),
                });
            }
            watch.changed(&*shared.store).await;
        }
    }

    fn output(&self, outcome: Outcome) -> Result<Vec<u8>, ResultError> {
        let id = self.id.clone();
        let reason = outcome.error.unwrap_or_else(|| "no reason given".into());
        match (outcome.phase, outcome.output) {
            (Phase::TimedOut, _) => Err(ResultError::TimedOut { id, reason }),
            (Phase::Terminated, _) => Err(ResultError::Terminated { id, reason }),
            (_, Some(output)) => Ok(output),
            (_, None) => Err(ResultError::NoResult { id, reason }),
        }
    }

    /// Asks the workflow to stop: its current await ends with `Cancelled`, and what it awaits
    /// after that, to clean up, runs normally. One that is paused goes on for that. Durable when it
    /// returns; asking again changes nothing. Of this reason, as of all that are given here, the
    /// first 4 KiB are kept.
    pub async fn cancel(&self, reason: impl Into<String>) -> Result<(), ClientError> {
        self.send(MessageKind::Cancel, reason.into()).await
    }

    /// Ends the workflow from outside, without running any of its code; nothing is cleaned up.
    /// Durable when it returns; asking again changes nothing.
    pub async fn terminate(&self, reason: impl Into<String>) -> Result<(), ClientError> {
        self.send(MessageKind::Terminate, reason.into()).await
    }

    /// Lets the workflow rest, durably when it returns: it takes no further step and begins no
    /// activity until it is [resumed](Self::resume). What is under way ends, and its answer is kept;
    /// timers that are due meanwhile fire when it goes on, limits of its time count on and are
    /// applied then, and messages wait. It may still be cancelled, which ends the pause, and
    /// terminated. Pausing it again changes nothing, not even the reason.
    pub async fn pause(&self, reason: impl Into<String>) -> Result<(), ClientError> {
        self.send(MessageKind::Pause, reason.into()).await
    }

    /// Lets a workflow go on that was [paused](Self::pause), or that was set apart because workers
    /// died with it time and again. Another one is not changed.
    pub async fn resume(&self) -> Result<(), ClientError> {
        self.send(MessageKind::Resume, String::new()).await
    }

    async fn send(&self, kind: MessageKind, reason: String) -> Result<(), ClientError> {
        let message = NewMessage::steer(kind, reason, self.client.now());
        let sent = self.client.store().send(&self.id, message).await?;
        if let Some(link) = self.client.link() {
            link.poke();
        }
        match sent {
            Sent::Accepted(_) | Sent::Terminated(_) => Ok(()),
            Sent::Finished(Phase::Terminated) if kind == MessageKind::Terminate => Ok(()),
            Sent::Finished(phase) => Err(ClientError::Finished {
                id: self.id.clone(),
                phase,
            }),
            Sent::Full(_) => Err(self.client.full(self.id.clone())),
            Sent::NotFound => Err(ClientError::NotFound(self.id.clone())),
        }
    }

    /// Where the workflow is: its phase, the await at which it waits, and what went wrong lately.
    pub async fn describe(&self) -> Result<Description, ClientError> {
        describe::describe(&self.client, &self.id).await
    }

    /// The values of its local variables in the last checkpoint; `None` before the first await
    /// and after the end, and where a codec that is not here has encoded them. Asks none of its code, so it works while no worker runs.
    pub async fn inspect(&self) -> Result<Option<Inspection>, ClientError> {
        inspect::inspect(&self.client, &self.id).await
    }

    /// The awaits it has recorded after the one numbered `after` (0 for all), oldest first, at
    /// most `limit`.
    pub async fn steps(&self, after: i64, limit: usize) -> Result<Vec<Step>, ClientError> {
        steps::steps(&self.client, &self.id, after, limit).await
    }
}
