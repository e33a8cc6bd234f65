//! Where a workflow is, read from its rows; none of its code is asked.

use super::inspect::leaves;
use super::{Client, ClientError, Summary, coded};
use crate::activity::{ActivityToken, Progress};
use crate::codec;
use crate::frame::{Call, Checkpoint};
use crate::id::{RunId, Timestamp, WorkflowId};
use crate::operation::Request;
use crate::payload::envelope;
use crate::registry;
use crate::store::{
    AttemptOf, AttemptRecord, MessageKind, Phase, RunRecord, StepRecord, TaskRecord,
};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

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
    /// When the next attempt begins, if the last one failed; with several operations under way
    /// the earliest.
    pub next_retry: Option<Timestamp>,
    /// Signals and updates that it has not read.
    pub unread: usize,
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
    /// How the checkpoint is coded, if it cannot be decoded here: what is awaited is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coded: Option<String>,
    /// What is awaited: one operation at a plain await, several where branches are joined, in
    /// their order. An operation whose answer is known, though the code could not take it yet, is
    /// not listed.
    pub operations: Vec<Awaited>,
}

/// An operation that a workflow waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Awaited {
    /// Its number in the run.
    pub op: u64,
    /// The labels that lead to it: that of the workflow's own await, then those of the branches
    /// and inline functions inside. Empty for an operation that goes on in the background.
    pub path: Vec<String>,
    /// What is to be done.
    pub request: Request,
    /// Since when, if it is known: a timer among several operations does not say.
    pub since: Option<Timestamp>,
    /// Failed attempts, oldest first.
    pub attempts: Vec<AttemptRecord>,
    /// Its attempt, if that is ended from elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<Elsewhere>,
    /// Its attempt, if that is for workers of another queue: where it waits, and who has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskRecord>,
    /// The last heartbeat of an activity that is on record, of this attempt or of one before it:
    /// the first is put down at once, and then the newest every four fifths of the time-out (every
    /// 30 s without one).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heartbeat: Option<Heartbeat>,
}

/// What the body of an activity has said last; see [`activity::heartbeat`](crate::activity::heartbeat).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Heartbeat {
    /// When.
    pub at: Timestamp,
    /// How far it had come.
    pub details: Value,
}

/// An attempt of an activity that is ended from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Elsewhere {
    /// By whom knows this.
    pub token: ActivityToken,
    /// When it began.
    pub since: Timestamp,
    /// Whether it was asked to stop, and is waited for.
    pub cancelled: bool,
}

impl Awaited {
    /// When the next attempt begins, if the last one failed.
    #[must_use]
    pub fn next_retry(&self) -> Option<Timestamp> {
        self.attempts.last().map(|attempt| attempt.next_at)
    }

    /// The attempt of an activity that runs, or comes next; from 1.
    #[must_use]
    pub fn attempt(&self) -> Option<u32> {
        let failed = self.attempts.iter().map(|one| one.attempt).max();
        let attempt = failed.unwrap_or(0).saturating_add(1);
        matches!(self.request, Request::Activity(_)).then_some(attempt)
    }
}

impl Description {
    /// The last failed attempt of what is tried again next.
    #[must_use]
    pub fn retrying(&self) -> Option<&AttemptRecord> {
        let mut last = BTreeMap::new();
        for attempt in &self.attempts {
            last.insert(attempt.of, attempt);
        }
        last.into_values().min_by_key(|attempt| attempt.next_at)
    }
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

pub(super) async fn describe(client: &Client, id: &WorkflowId) -> Result<Description, ClientError> {
    let record = client.record(id).await?;
    let input = coded::json(&record.input).map_err(|source| unreadable(id, "the input", source))?;
    let output = record.output.as_deref().map(coded::json).transpose();
    let output = output.map_err(|source| unreadable(id, "the result", source))?;
    let latest = client.store().latest_step(record.run).await?;
    let running = record.phase == Phase::Running;
    let steps = latest.as_ref().map_or(0, |step| {
        // The last step of a finished run is its end, not an await.
        step.seq - i64::from(step.label.is_empty())
    });
    let mut attempts = coded::attempts(client.store().attempts(record.run).await?);
    let seq = latest.as_ref().map_or(0, |step| step.seq);
    let inbox = if running {
        client.store().inbox(record.run).await?
    } else {
        Vec::new()
    };
    let cancel = inbox.iter().find(|m| m.kind == MessageKind::Cancel);
    let cancel_requested = cancel.map(|message| PendingCancel {
        at: message.sent_at,
        reason: String::from_utf8_lossy(&message.payload).into_owned(),
    });
    let (waiting, cancelling) = match latest {
        Some(step) if running => {
            let notes = client.store().notes(record.run).await?;
            let mut tasks = client.store().tasks(record.run).await?;
            for task in &mut tasks {
                let now = client.now();
                task.waits_for = task.waits_for.take().map(|waits| waits.at(now));
            }
            let known = (notes.as_slice(), tasks.as_slice());
            let (waiting, cancelling) = standing(&record, step, &attempts, known)?;
            (Some(waiting), cancelling)
        }
        _ => (None, false),
    };
    attempts.retain(|attempt| match attempt.of {
        AttemptOf::Workflow { seq: from } => running && from == seq,
        AttemptOf::Activity { op } => waiting
            .as_ref()
            .is_some_and(|waiting| waiting.operations.iter().any(|own| own.op == op)),
    });
    let mut description = Description {
        next_retry: None,
        input,
        output,
        summary: record.into(),
        steps,
        waiting,
        attempts,
        unread: inbox.iter().filter(|m| m.kind.is_letter()).count(),
        cancel_requested,
        cancelling,
    };
    description.next_retry = description.retrying().map(|attempt| attempt.next_at);
    Ok(description)
}

fn standing(
    record: &RunRecord,
    step: StepRecord,
    attempts: &[AttemptRecord],
    (notes, tasks): (&[(u64, Vec<u8>)], &[TaskRecord]),
) -> Result<(Waiting, bool), ClientError> {
    let checkpoint = step
        .frame
        .as_deref()
        .map(|bytes| coded::plain(&record.id, bytes));
    let checkpoint = checkpoint.transpose()?.flatten();
    let leaves = checkpoint.as_ref().map(leaves).unwrap_or_default();
    let alone = leaves.len() == 1;
    let awaited = |(path, call): (Vec<String>, &Call)| {
        let own = attempts
            .iter()
            .filter(|a| a.of == AttemptOf::Activity { op: call.op });
        let known = notes.iter().find(|(of, _)| *of == call.op);
        let known = known.and_then(|(_, note)| Progress::decode(note).ok());
        let mut awaited = Awaited {
            op: call.op,
            path,
            since: match &call.request {
                _ if alone => Some(step.at),
                Request::Activity(activity) => Some(activity.begun),
                _ => None,
            },
            request: call.request.clone(),
            heartbeat: known.as_ref().and_then(heartbeat),
            elsewhere: None,
            task: tasks.iter().find(|task| task.op == call.op).cloned(),
            attempts: own.cloned().collect(),
        };
        awaited.elsewhere = known.and_then(|known| elsewhere(record.run, &awaited, &known));
        awaited
    };
    let open = leaves.into_iter().filter(|(_, call)| call.answer.is_none());
    let waiting = Waiting {
        operations: open.map(awaited).collect(),
        coded: step.frame.as_deref().and_then(envelope::reason),
        seq: step.seq,
        location: Location::of(&record.workflow, &step.label),
        label: step.label,
        since: step.at,
    };
    Ok((
        waiting,
        checkpoint.is_some_and(|checkpoint| checkpoint.cancelled),
    ))
}

fn heartbeat(known: &Progress) -> Option<Heartbeat> {
    let details = coded::json(&known.details);
    Some(Heartbeat {
        at: known.beat_at?,
        details: details.unwrap_or_else(|error| Value::String(format!("({error})"))),
    })
}

fn elsewhere(run: RunId, own: &Awaited, known: &Progress) -> Option<Elsewhere> {
    let (op, attempt) = (own.op, own.attempt()?);
    Some(Elsewhere {
        token: ActivityToken { run, op, attempt },
        since: known.elsewhere?,
        cancelled: known.cancelled,
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
