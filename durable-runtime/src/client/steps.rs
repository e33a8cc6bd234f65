//! The recorded awaits of a workflow, each with what ended it.

use super::describe::{Location, unreadable};
use super::inspect::leaves;
use super::{Client, ClientError, coded};
use crate::codec;
use crate::frame::Checkpoint;
use crate::id::{Timestamp, WorkflowId};
use crate::operation::{Answered, Request, Resolution, TimeoutKind};
use crate::payload::envelope;
use crate::store::{AttemptOf, AttemptRecord, StepRecord};
use serde::Serialize;
use serde_json::Value;

/// One wait of a workflow, from one turn of its code to the next. Where several operations are
/// under way, each answer ends one wait and, unless it was the last, begins another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Number of the wait in this run, from 1.
    pub seq: i64,
    /// The stable label of the await.
    pub label: String,
    /// Where it stands in the source, if this binary has it.
    pub location: Option<Location>,
    /// What was awaited, in the order of the branches; nothing if the frame was dropped when the
    /// workflow ended.
    pub requests: Vec<Request>,
    /// When the wait began.
    pub started_at: Timestamp,
    /// How it ended; `None` while it lasts.
    pub end: Option<StepEnd>,
    /// Failed attempts of what ended it or was given up with it, and of what is still awaited;
    /// oldest first.
    pub attempts: Vec<AttemptRecord>,
}

/// How a wait ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepEnd {
    /// When.
    pub at: Timestamp,
    /// With which answers: one, but for a cancellation, which all that is under way is told in
    /// one turn, and for answers that the code could not take at first.
    pub answers: Vec<OperationEnd>,
}

/// The answer to one operation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OperationEnd {
    /// Its number in the run.
    pub op: u64,
    /// The labels that lead to it, as in [`Awaited`](super::Awaited); empty if the frame was
    /// dropped when the workflow ended.
    pub path: Vec<String>,
    /// What it was, likewise.
    pub request: Option<Request>,
    /// The answer.
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
    /// All answers that ended the wait together, whatever they are: they are coded, as said here,
    /// and cannot be decoded here.
    Coded(String),
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
    let attempts = coded::attempts(client.store().attempts(record.run).await?);
    let mut steps = Vec::with_capacity(records.len());
    let mut records = records.into_iter().peekable();
    while let Some(step) = records.next().filter(|_| steps.len() < limit) {
        // The last step of a finished run is its end, not a wait.
        if step.label.is_empty() {
            break;
        }
        let frame = |step: &StepRecord| {
            let decoded = step.frame.as_deref().map(|bytes| coded::plain(id, bytes));
            decoded.transpose().map(Option::flatten)
        };
        let (here, next) = (frame(&step)?, records.peek());
        let after = next.map(&frame).transpose()?.flatten();
        let end = match next {
            Some(next) => end(id, here.as_ref(), next)?,
            None => None,
        };
        let calls = here.as_ref().map(Checkpoint::calls).unwrap_or_default();
        let over = |op: u64| match &end {
            // Until the latest step all that is under way counts.
            None => next.is_none() && calls.iter().any(|call| call.op == op),
            Some(end) => {
                let given_up = || {
                    let waits = |at: &Checkpoint| at.call(op).is_some();
                    // Without the next frame nobody knows; see the ends of the others.
                    here.as_ref().is_some_and(waits) && after.as_ref().is_some_and(|at| !waits(at))
                };
                end.answers.iter().any(|ended| ended.op == op) || given_up()
            }
        };
        let own = attempts.iter().filter(|attempt| match attempt.of {
            AttemptOf::Activity { op } => over(op),
            AttemptOf::Workflow { seq } => seq == step.seq,
        });
        steps.push(Step {
            seq: step.seq,
            location: Location::of(&record.workflow, &step.label),
            requests: calls.iter().map(|call| call.request.clone()).collect(),
            started_at: step.at,
            attempts: own.cloned().collect(),
            end,
            label: step.label,
        });
    }
    Ok(steps)
}

fn end(
    id: &WorkflowId,
    here: Option<&Checkpoint>,
    next: &StepRecord,
) -> Result<Option<StepEnd>, ClientError> {
    let Some(bytes) = &next.result else {
        return Ok(None);
    };
    if let Some(reason) = envelope::reason(bytes) {
        let answers = vec![OperationEnd {
            op: 0,
            path: Vec::new(),
            request: None,
            answer: Answer::Coded(reason),
        }];
        return Ok(Some(StepEnd {
            at: next.at,
            answers,
        }));
    }
    let unreadable = |source| unreadable(id, "a recorded answer", source);
    let answered: Vec<Answered> = codec::decode(bytes).map_err(unreadable)?;
    let leaves = here.map(leaves).unwrap_or_default();
    let ended = |answered: Answered| {
        let leaf = leaves.iter().find(|(_, call)| call.op == answered.op);
        Ok(OperationEnd {
            op: answered.op,
            path: leaf.map(|(path, _)| path.clone()).unwrap_or_default(),
            request: leaf.map(|(_, call)| call.request.clone()),
            answer: answer(answered.answer).map_err(unreadable)?,
        })
    };
    let answers = answered.into_iter().map(ended);
    let answers = answers.collect::<Result<_, ClientError>>()?;
    Ok(Some(StepEnd {
        at: next.at,
        answers,
    }))
}

pub(super) fn answer(resolution: Resolution) -> Result<Answer, codec::Error> {
    Ok(match resolution {
        Resolution::Returned(value) => Answer::Returned(codec::to_json(&value)?),
        Resolution::Failed(error) => Answer::Failed(codec::to_json(&error)?),
        Resolution::TimedOut(kind) => Answer::TimedOut(kind),
        Resolution::Panicked(message) => Answer::Panicked(message),
        Resolution::Fired => Answer::Fired,
        Resolution::Cancelled => Answer::Cancelled,
        // Parts of a composite that have ended.
        Resolution::FirstFailure(failure) => answer(*failure)?,
        Resolution::Won { answer: won, .. } => answer(*won)?,
        Resolution::All(answers) => {
            let values = answers.into_iter().map(|each| Ok(value(answer(each)?)));
            Answer::Returned(values.collect::<Result<_, _>>()?)
        }
    })
}

/// An answer as one value, for people.
fn value(answer: Answer) -> Value {
    match answer {
        Answer::Returned(value) => value,
        other => Value::String(format!("{other:?}")),
    }
}
