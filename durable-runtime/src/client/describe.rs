//! Where a workflow is, read from its rows; none of its code is asked.

use super::{Client, ClientError, Summary};
use crate::codec;
use crate::frame::{Checkpoint, Frame};
use crate::id::{Timestamp, WorkflowId};
use crate::operation::Request;
use crate::registry;
use crate::store::{AttemptRecord, MessageKind, Phase, RunRecord, StepRecord};
use serde::Serialize;
use serde_json::Value;

/// Everything that is known about where a workflow is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Description {
    /// Its row: id, workflow, phase, state, times.
    #[serde(flatten)]
    pub summary: Summary,
    /// What it was started with: its parameters by name.
    pub input: Value,
    /// What its function returned, if it has.
    pub output: Option<Value>,
    /// Number of awaits reached so far.
    pub steps: i64,
    /// The await at which it stands; `None` before the first one and after the end.
    pub waiting: Option<Waiting>,
    /// Failed attempts of what it is doing now, oldest first.
    pub attempts: Vec<AttemptRecord>,
    /// When the next attempt begins, if the last one failed.
    pub next_retry: Option<Timestamp>,
    /// A cancellation that the workflow has not been told of yet.
    pub cancel_requested: Option<PendingCancel>,
    /// Whether its code has been told of a cancellation and is cleaning up.
    pub cancelling: bool,
}

/// An await at which a workflow stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Number of the await in this run, from 1.
    pub seq: i64,
    /// Its stable label.
    pub label: String,
    /// Where it stands in the source, if this binary has it.
    pub location: Option<Location>,
    /// Since when.
    pub since: Timestamp,
    /// What is awaited.
    pub request: Option<Request>,
}

/// A place in the source of a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Location {
    /// Source file.
    pub file: &'static str,
    /// Line, from 1.
    pub line: u32,
    /// The awaited expression, as written.
    pub expression: &'static str,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl Location {
    /// Where the await called `label` of `workflow` stands in this binary's source.
    #[must_use]
    pub fn of(workflow: &str, label: &str) -> Option<Self> {
        let def = registry::workflow(workflow)?;
        let point = def.points.iter().find(|point| point.label == label)?;
        Some(Self {
            file: def.file,
            line: point.line,
            expression: point.source,
        })
    }
}

/// A cancellation on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PendingCancel {
    /// When it was requested.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// The local variables of a workflow in its last checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inspection {
    /// The function.
    pub workflow: String,
    /// The label of the await.
    pub label: String,
    /// The locals that are needed after it.
    pub locals: Vec<InspectedLocal>,
    /// The branches that run inside the await.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Inspection>,
}

/// A local variable and its value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InspectedLocal {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
}

pub(super) async fn describe(client: &Client, id: &WorkflowId) -> Result<Description, ClientError> {
    let record = client.record(id).await?;
    let input =
        codec::to_json(&record.input).map_err(|source| unreadable(id, "the input", source))?;
    let output = record.output.as_deref().map(codec::to_json).transpose();
    let output = output.map_err(|source| unreadable(id, "the result", source))?;
    let latest = client.store().latest_step(record.run).await?;
    let running = record.phase == Phase::Running;
    let steps = latest.as_ref().map_or(0, |step| {
        // The last step of a finished run is its end, not an await.
        step.seq - i64::from(step.label.is_empty())
    });
    let mut attempts = client.store().attempts(record.run).await?;
    let seq = latest.as_ref().map_or(0, |step| step.seq);
    attempts.retain(|attempt| running && attempt.seq == seq);
    let cancel_requested = if running {
        cancel_requested(client, &record).await?
    } else {
        None
    };
    let (waiting, cancelling) = match latest {
        Some(step) if running => standing(&record, step)?,
        _ => (None, false),
    };
    Ok(Description {
        next_retry: attempts.last().map(|attempt| attempt.next_at),
        input,
        output,
        summary: record.into(),
        steps,
        waiting,
        attempts,
        cancel_requested,
        cancelling,
    })
}

fn standing(record: &RunRecord, step: StepRecord) -> Result<(Option<Waiting>, bool), ClientError> {
    let (request, cancelling) = match &step.frame {
        Some(bytes) => {
            let checkpoint = checkpoint(&record.id, bytes)?;
            let request = checkpoint.calls().first().map(|call| call.request.clone());
            (request, checkpoint.cancelled)
        }
        None => (None, false),
    };
    let waiting = Waiting {
        seq: step.seq,
        location: Location::of(&record.workflow, &step.label),
        label: step.label,
        since: step.at,
        request,
    };
    Ok((Some(waiting), cancelling))
}

async fn cancel_requested(
    client: &Client,
    record: &RunRecord,
) -> Result<Option<PendingCancel>, ClientError> {
    let inbox = client.store().inbox(record.run).await?;
    let cancel = inbox.into_iter().find(|m| m.kind == MessageKind::Cancel);
    Ok(cancel.map(|message| PendingCancel {
        at: message.sent_at,
        reason: String::from_utf8_lossy(&message.payload).into_owned(),
    }))
}

pub(super) async fn inspect(
    client: &Client,
    id: &WorkflowId,
) -> Result<Option<Inspection>, ClientError> {
    let record = client.record(id).await?;
    if record.phase != Phase::Running {
        return Ok(None);
    }
    let latest = client.store().latest_step(record.run).await?;
    let Some(bytes) = latest.and_then(|step| step.frame) else {
        return Ok(None);
    };
    inspection(&checkpoint(id, &bytes)?.frame)
        .map(Some)
        .map_err(|source| unreadable(id, "a local in the last checkpoint", source))
}

fn inspection(frame: &Frame) -> Result<Inspection, codec::Error> {
    let local = |local: &crate::frame::SavedLocal| {
        Ok(InspectedLocal {
            value: codec::to_json(&local.value)?,
            name: local.name.clone(),
        })
    };
    Ok(Inspection {
        workflow: frame.workflow.clone(),
        label: frame.label.clone(),
        locals: frame.locals.iter().map(local).collect::<Result<_, _>>()?,
        children: frame
            .children()
            .into_iter()
            .map(inspection)
            .collect::<Result<_, _>>()?,
    })
}

/// Decodes a stored checkpoint.
pub(super) fn checkpoint(id: &WorkflowId, bytes: &[u8]) -> Result<Checkpoint, ClientError> {
    let checkpoint = Checkpoint::decode(bytes).map_err(codec::Error::custom);
    checkpoint.map_err(|source| unreadable(id, "a checkpoint", source))
}

pub(super) fn unreadable(id: &WorkflowId, what: &'static str, source: codec::Error) -> ClientError {
    ClientError::Unreadable {
        id: id.clone(),
        what,
        source,
    }
}
