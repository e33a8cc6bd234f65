//! One attempt of an activity, ended from elsewhere by its token.

use super::{Client, describe};
use crate::activity::carried::CarriedEnd;
use crate::activity::news::{self, News, end_message};
use crate::activity::{ActivityToken, Progress};
use crate::codec;
use crate::id::WorkflowId;
use crate::operation::{ActivityRequest, Request, TimeoutKind};
use crate::registry::{self, AttemptEnd};
use crate::store::{AttemptOf, Heard, Message, MessageKind, Phase, RunRecord, StoreError, Told};
use serde::Serialize;
use serde_json::Value;

/// An attempt of an activity that has said that it [ends later](crate::activity::ends_later), or
/// still runs. Made by [`Client::activity`]; the first of all that end it counts.
///
/// A value or an error is checked against the activity's own types where this program has the
/// activity linked; else the worker does that, and one that does not fit is a failed attempt.
#[derive(Clone, Debug)]
#[must_use = "it does nothing unless it is asked to"]
pub struct RemoteActivity {
    client: Client,
    token: ActivityToken,
}

/// Why an activity was not told anything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CompletionError {
    /// No workflow of this store has made this token, or it has been deleted since.
    #[error("no activity has the token `{0}`")]
    Unknown(ActivityToken),
    /// Another one was faster, or this one has done so before.
    #[error("the activity with the token `{0}` has been completed already")]
    AlreadyCompleted(ActivityToken),
    /// The attempt has ended without you.
    #[error("the attempt with the token `{token}` is over: {reason}")]
    Over {
        /// The attempt.
        token: ActivityToken,
        /// What has become of it: its time-out, or that nobody waits for it.
        reason: String,
    },
    /// Its workflow has ended.
    #[error("workflow `{id}` has ended ({phase}), and does not wait for its activities")]
    Ended {
        /// The workflow.
        id: WorkflowId,
        /// How it, or this run of it, ended.
        phase: Phase,
    },
    /// The activity gives another type.
    #[error("this does not fit what activity `{activity}` gives")]
    WrongType {
        /// The activity.
        activity: String,
        /// What does not fit.
        source: codec::Error,
    },
    /// The value cannot be encoded, or is too large.
    #[error("the value cannot be encoded")]
    Value(#[from] codec::Error),
    /// A record in the store cannot be read; it was written by a newer version or is damaged.
    #[error("what is on record of workflow `{id}` cannot be read: {reason}")]
    Unreadable {
        /// The workflow.
        id: WorkflowId,
        /// Why not.
        reason: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An attempt that can be ended.
struct Open {
    activity: String,
    cancelled: bool,
}

impl Client {
    /// The attempt of an activity with this token.
    pub fn activity(&self, token: ActivityToken) -> RemoteActivity {
        RemoteActivity {
            client: self.clone(),
            token,
        }
    }
}

impl RemoteActivity {
    /// Its token.
    #[must_use]
    pub fn token(&self) -> ActivityToken {
        self.token
    }

    /// Ends the attempt, and the call, with a value: for an activity that returns `Result<T, E>`
    /// a `T`. On disk when it returns.
    pub async fn complete<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), CompletionError> {
        self.end(News::Completed(codec::encode(value)?)).await
    }

    /// As [`complete`](Self::complete), with a value given as JSON.
    pub async fn complete_json(&self, value: &Value) -> Result<(), CompletionError> {
        self.end(News::Completed(codec::from_json(value)?)).await
    }

    /// Ends the attempt with an error: for an activity that returns `Result<T, E>` an `E`. Another
    /// attempt, with another token, follows by its retry policy. On disk when it returns.
    pub async fn fail<E: Serialize + ?Sized>(&self, error: &E) -> Result<(), CompletionError> {
        self.end(News::Failed(codec::encode(error)?)).await
    }

    /// As [`fail`](Self::fail), with an error given as JSON.
    pub async fn fail_json(&self, error: &Value) -> Result<(), CompletionError> {
        self.end(News::Failed(codec::from_json(error)?)).await
    }

    /// Ends the attempt, and the call, as cancelled, as
    /// [`Cancellation::confirm`](crate::activity::Cancellation::confirm) does.
    pub async fn cancelled(&self) -> Result<(), CompletionError> {
        self.end(News::Cancelled).await
    }

    /// Says that the attempt is alive, and how far it has come; see
    /// [`activity::heartbeat`](crate::activity::heartbeat). Each one is written down, so once in a
    /// third of the time-out is enough. Answers whether it is to stop, as
    /// [`is_cancelled`](Self::is_cancelled) does.
    pub async fn heartbeat<T: Serialize + ?Sized>(
        &self,
        details: &T,
    ) -> Result<bool, CompletionError> {
        self.beat(codec::encode(details)?).await
    }

    /// As [`heartbeat`](Self::heartbeat), with details given as JSON.
    pub async fn heartbeat_json(&self, details: &Value) -> Result<bool, CompletionError> {
        self.beat(codec::from_json(details)?).await
    }

    /// Whether it is to stop: its workflow was cancelled and waits for it, or nobody waits for it
    /// any more, be it cancelled, timed out, given up or ended with its workflow.
    pub async fn is_cancelled(&self) -> Result<bool, CompletionError> {
        match self.look().await {
            Ok(open) => Ok(open.cancelled),
            Err(CompletionError::Over { .. } | CompletionError::Ended { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    async fn end(&self, news: News) -> Result<(), CompletionError> {
        let given = match &news {
            News::Completed(value) => Some(Ok(value.as_slice())),
            News::Failed(error) => Some(Err(error.as_slice())),
            _ => None,
        };
        let open = self.look().await?;
        if let Some(given) = given {
            fits(&open.activity, given)?;
        }
        self.tell(news).await
    }

    async fn beat(&self, details: Vec<u8>) -> Result<bool, CompletionError> {
        let cancelled = match self.look().await {
            Ok(open) => open.cancelled,
            Err(CompletionError::Over { .. } | CompletionError::Ended { .. }) => return Ok(true),
            Err(error) => return Err(error),
        };
        match self.tell(News::Beat(details)).await {
            Ok(()) => Ok(cancelled),
            Err(CompletionError::Ended { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    async fn tell(&self, news: News) -> Result<(), CompletionError> {
        let (client, token) = (&self.client, self.token);
        let message = news.message(&token, client.now());
        let told = client.store().tell(token.run, message).await?;
        if let Some(link) = client.link() {
            link.poke();
        }
        match told {
            Told::Accepted => Ok(()),
            Told::Repeated => Err(CompletionError::AlreadyCompleted(token)),
            Told::Finished(phase) => Err(match client.store().follow(token.run).await? {
                Some(RunRecord { id, .. }) => CompletionError::Ended { id, phase },
                None => CompletionError::Unknown(token),
            }),
            Told::NotFound => Err(CompletionError::Unknown(token)),
        }
    }

    /// Whether the attempt can be ended, as far as it is on record.
    async fn look(&self) -> Result<Open, CompletionError> {
        loop {
            let record = self.run_of().await?;
            if let Some(open) = self.look_at(&record).await? {
                return Ok(open);
            }
            // A run that ends between two reads has no frame any more.
            if self.run_of().await? == record {
                return Err(CompletionError::Unknown(self.token));
            }
        }
    }

    /// The run of the attempt, which has not ended.
    async fn run_of(&self) -> Result<RunRecord, CompletionError> {
        let (store, token) = (self.client.store(), self.token);
        let run = token.run;
        let record = store.follow(run).await?;
        let record = record.ok_or(CompletionError::Unknown(token))?;
        if store.reply(run, &end_message(&token)).await? != Heard::Unknown {
            return Err(CompletionError::AlreadyCompleted(token));
        }
        let goes_on = record.run != run;
        if goes_on || record.phase != Phase::Running {
            let phase = if goes_on {
                Phase::Continued
            } else {
                record.phase
            };
            let id = record.id;
            return Err(CompletionError::Ended { id, phase });
        }
        Ok(record)
    }

    /// The same as [`look`](Self::look); none if the run is at no await.
    async fn look_at(&self, record: &RunRecord) -> Result<Option<Open>, CompletionError> {
        let (store, token) = (self.client.store(), self.token);
        let ActivityToken { run, op, attempt } = token;
        let unknown = || CompletionError::Unknown(token);
        let over = |reason: String| CompletionError::Over { token, reason };
        let attempts = store.attempts(run).await?;
        let own = attempts
            .iter()
            .filter(|one| one.of == AttemptOf::Activity { op });
        if let Some(ended) = own.clone().find(|one| one.attempt >= attempt) {
            return Err(over(ended.error.clone()));
        }
        let next = own.map(|one| one.attempt).max().unwrap_or(0) + 1;
        let step = store.latest_step(run).await?;
        let Some(frame) = step.and_then(|step| step.frame) else {
            return Ok(None);
        };
        let unreadable = |reason: String| CompletionError::Unreadable {
            id: record.id.clone(),
            reason,
        };
        let checkpoint = describe::checkpoint(&record.id, &frame);
        let checkpoint = checkpoint.map_err(|error| unreadable(error.to_string()))?;
        let calls = checkpoint.calls();
        let call = calls
            .iter()
            .find(|call| call.op == op && call.answer.is_none());
        let activity = match call.map(|call| &call.request) {
            Some(Request::Activity(activity)) if attempt == next => activity,
            None if op < checkpoint.next_op => {
                return Err(over("nobody waits for it any more".to_owned()));
            }
            _ => return Err(unknown()),
        };
        let noted = async || {
            let notes = store.notes(run).await?;
            let note = notes.iter().find(|(of, _)| *of == op);
            let known = note.map(|(_, body)| Progress::decode(body)).transpose();
            let known = known.map_err(|error| unreadable(error.to_string()))?;
            Ok::<_, CompletionError>(known.unwrap_or_default())
        };
        let mut known = noted().await?;
        if self.late(activity, &known).is_some() {
            // What it has said meanwhile is put down when a worker has its run. First the inbox: what
            // is taken out of it just now stands in the note.
            let inbox = store.inbox(run).await?;
            known = noted().await?;
            self.hears(&inbox, activity, &mut known);
        }
        if let Some(kind) = self.late(activity, &known) {
            return Err(over(kind.recorded()));
        }
        Ok(Some(Open {
            activity: activity.name.clone(),
            cancelled: known.cancelled,
        }))
    }

    /// Whether the attempt has taken too long. Its run sees to that when a worker has it.
    fn late(&self, activity: &ActivityRequest, known: &Progress) -> Option<TimeoutKind> {
        let (at, kind) = activity.limit_elsewhere(known)?;
        (at < self.client.now()).then_some(kind)
    }

    /// What its run will know when it has read these messages, each if it came in time.
    fn hears(&self, inbox: &[Message], activity: &ActivityRequest, known: &mut Progress) {
        let (now, op) = (self.client.now(), self.token.op.to_string());
        let own = inbox
            .iter()
            .filter(|message| message.kind == MessageKind::Activity && message.name == op);
        for message in own {
            let Ok(told) = codec::decode::<news::Told>(&message.payload) else {
                continue;
            };
            let at = message.sent_at.min(now);
            let limit = activity.limit_elsewhere(known);
            let beat = matches!(told.news, News::Beat(_));
            if told.attempt != self.token.attempt
                || !beat && limit.is_some_and(|(limit, _)| at > limit)
            {
                continue;
            }
            match told.news {
                News::Beat(details) => {
                    known.heard(known.beat_at.map_or(at, |beat| beat.max(at)), details);
                }
                News::Begun => known.begun = true,
                News::Carried(carried) => {
                    if let Some(beat_at) = carried.beat_at {
                        known.heard(beat_at.min(now), carried.details);
                    }
                    if let CarriedEnd::EndsElsewhere(began) = carried.end {
                        known.handed_on(began.min(now));
                    }
                }
                // Whoever asks has been told of its end.
                _ => {}
            }
        }
    }
}

/// Whether an activity can give this value, or fail with this error.
fn fits(activity: &str, given: Result<&[u8], &[u8]>) -> Result<(), CompletionError> {
    let Some(def) = registry::activity(activity) else {
        return Ok(());
    };
    match (def.given)(given) {
        Ok(AttemptEnd { .. }) => Ok(()),
        Err(source) => Err(CompletionError::WrongType {
            activity: activity.to_owned(),
            source,
        }),
    }
}
