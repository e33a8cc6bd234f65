//! The recorded awaits of a workflow, each with what ended it.

use super::describe::{Location, checkpoint, unreadable};
use super::{Client, ClientError};
use crate::codec;
use crate::id::{Timestamp, WorkflowId};
use crate::operation::{Answered, Request, Resolution, TimeoutKind};
use crate::store::{AttemptRecord, StepRecord};
use serde::Serialize;
use serde_json::Value;

/// One await of a workflow, from its beginning to its end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Number of the await in this run, from 1.
    pub seq: i64,
    /// Its stable label.
    pub label: String,
    /// Where it stands in the source, if this binary has it.
    pub location: Option<Location>,
    /// What was awaited, unless the frame was dropped when the workflow ended.
    pub request: Option<Request>,
    /// When the workflow arrived at it.
    pub started_at: Timestamp,
    /// How it ended; `None` while it lasts.
    pub end: Option<StepEnd>,
    /// Failed attempts, oldest first.
    pub attempts: Vec<AttemptRecord>,
}

/// How an await ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepEnd {
    /// When.
    pub at: Timestamp,
    /// With what.
    pub answer: Answer,
}

/// The answer that ended an await, readable without its types.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The activity returned this value.
    Returned(Value),
    /// The activity failed with this error.
    Failed(Value),
    /// The activity ran out of time.
    TimedOut(TimeoutKind),
    /// The activity panicked with this message.
    Panicked(String),
    /// The timer fired.
    Fired,
    /// The workflow was cancelled meanwhile.
    Cancelled,
}

pub(super) async fn steps(
    client: &Client,
    id: &WorkflowId,
    after: i64,
    limit: usize,
) -> Result<Vec<Step>, ClientError> {
    let record = client.record(id).await?;
    // The answer to an await is recorded with the step after it.
    let wanted = limit.saturating_add(1);
    let records = client.store().steps(record.run, after, wanted).await?;
    let attempts = client.store().attempts(record.run).await?;
    let mut steps = Vec::with_capacity(records.len());
    let mut records = records.into_iter().peekable();
    while let Some(step) = records.next().filter(|_| steps.len() < limit) {
        // The last step of a finished run is its end, not an await.
        if step.label.is_empty() {
            break;
        }
        let end = match records.peek() {
            Some(next) => end(id, next)?,
            None => None,
        };
        let request = match &step.frame {
            Some(bytes) => {
                let checkpoint = checkpoint(id, bytes)?;
                checkpoint.calls().first().map(|call| call.request.clone())
            }
            None => None,
        };
        let failed = attempts.iter().filter(|a| a.seq == step.seq);
        steps.push(Step {
            seq: step.seq,
            location: Location::of(&record.workflow, &step.label),
            request,
            started_at: step.at,
            end,
            attempts: failed.cloned().collect(),
            label: step.label,
        });
    }
    Ok(steps)
}

fn end(id: &WorkflowId, next: &StepRecord) -> Result<Option<StepEnd>, ClientError> {
    let Some(bytes) = &next.result else {
        return Ok(None);
    };
    let unreadable = |source| unreadable(id, "a recorded answer", source);
    let answered: Vec<Answered> = codec::decode(bytes).map_err(unreadable)?;
    let answer = answered
        .into_iter()
        .next()
        .map(|answered| answer(answered.answer));
    let end = |answer| StepEnd {
        at: next.at,
        answer,
    };
    Ok(answer.transpose().map_err(unreadable)?.map(end))
}

fn answer(resolution: Resolution) -> Result<Answer, codec::Error> {
    Ok(match resolution {
        Resolution::Returned(value) => Answer::Returned(codec::to_json(&value)?),
        Resolution::Failed(error) => Answer::Failed(codec::to_json(&error)?),
        Resolution::TimedOut(kind) => Answer::TimedOut(kind),
        Resolution::Panicked(message) => Answer::Panicked(message),
        Resolution::Fired => Answer::Fired,
        Resolution::Cancelled => Answer::Cancelled,
    })
}
