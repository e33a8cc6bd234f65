//! What the commands show of a workflow: one word for its status, and stable JSON.
//!
//! Times are RFC 3339 in UTC and ids are text, so that no reader loses digits.

use super::time::{relative, rfc3339, span};
use crate::client::{Answer, Awaited, Description, Step, Summary};
use crate::id::Timestamp;
use crate::operation::{Request, SendRequest};
use crate::store::{
    AttemptOf, AttemptRecord, Attribute, MessageKind, Phase, Queueing, RunState, TaskRecord,
    TaskWait,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Where a workflow is, in a word and a few more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) word: String,
    pub(crate) detail: Option<String>,
}

impl Status {
    fn new(word: impl Into<String>, detail: Option<String>) -> Self {
        Self {
            word: word.into(),
            detail,
        }
    }

    pub(crate) fn of(description: &Description, now: Timestamp) -> Self {
        let summary = &description.summary;
        if summary.phase != Phase::Running {
            return Self::of_summary(summary, now);
        }
        if summary.paused.is_some() || matches!(summary.state, RunState::Blocked(_)) {
            return Self::of_summary(summary, now);
        }
        if let Some(last) = description.retrying() {
            let (attempt, next) = (last.attempt + 1, last.next_at);
            let when = if next > now {
                format!("attempt {attempt} {}", relative(next, now))
            } else {
                format!("attempt {attempt} now")
            };
            return Self::new("retrying", Some(when));
        }
        let waiting = description.waiting.iter();
        let timer = |request: &Request| match request {
            Request::Timer { due } => Some(*due),
            _ => None,
        };
        let dues = waiting.flat_map(|w| w.operations.iter().map(|own| timer(&own.request)));
        // It sleeps if all that it waits for are timers.
        match dues
            .collect::<Option<Vec<_>>>()
            .and_then(|all| all.into_iter().min())
        {
            Some(due) if due > now => {
                Self::new("sleeping", Some(format!("{} left", span(now.until(due)))))
            }
            _ => Self::of_summary(summary, now),
        }
    }

    /// Without a look at its checkpoint.
    pub(crate) fn of_summary(summary: &Summary, now: Timestamp) -> Self {
        if summary.phase != Phase::Running {
            return Self::new(summary.phase.to_string(), summary.error.clone());
        }
        match (&summary.paused, &summary.state) {
            (_, RunState::Blocked(_)) | (None, _) => {}
            // Until what is under way has ended.
            (Some(paused), RunState::Owned(_)) => {
                return Self::new("pausing", Some(paused.reason.clone()));
            }
            (Some(paused), _) => return Self::new("paused", Some(paused.reason.clone())),
        }
        match &summary.state {
            RunState::Owned(_) | RunState::Finished => Self::new("running", None),
            RunState::Waiting(at) if *at > now => {
                Self::new("delayed", Some(format!("{} left", span(now.until(*at)))))
            }
            RunState::Waiting(_) => Self::new("queued", None),
            RunState::Idle => Self::new("waiting", Some("for a message".to_owned())),
            RunState::Blocked(reason) => Self::new("blocked", Some(reason.clone())),
        }
    }
}

/// A workflow as JSON; the keys are stable.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    id: String,
    workflow: String,
    phase: Phase,
    status: String,
    status_detail: Option<String>,
    waiting_at: Option<String>,
    queue: String,
    run: String,
    worker: Option<String>,
    created_at: String,
    finished_at: Option<String>,
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_for: Option<String>,
    attributes: serde_json::Map<String, Value>,
    #[serde(flatten)]
    queueing: Queueing,
}

impl Row {
    pub(crate) fn new(summary: &Summary, status: Status, waiting_at: Option<String>) -> Self {
        let worker = match &summary.state {
            RunState::Owned(worker) => Some(worker.to_string()),
            _ => None,
        };
        Self {
            id: summary.id.to_string(),
            workflow: summary.workflow.clone(),
            phase: summary.phase,
            status: status.word,
            status_detail: status.detail,
            waiting_at,
            queue: summary.queue.clone(),
            run: summary.run.to_string(),
            worker,
            created_at: rfc3339(summary.created_at),
            finished_at: summary.finished_at.map(rfc3339),
            error: summary.error.clone(),
            paused_at: summary.paused.as_ref().map(|paused| rfc3339(paused.at)),
            schedule: summary.schedule.as_ref().map(ToString::to_string),
            scheduled_for: summary.scheduled_for.map(rfc3339),
            attributes: attributes_json(&summary.attributes),
            queueing: summary.queueing.clone(),
        }
    }
}

/// Attributes as JSON, by key.
pub(super) fn attributes_json(all: &BTreeMap<String, Attribute>) -> serde_json::Map<String, Value> {
    let pairs = all.iter();
    pairs
        .map(|(key, value)| (key.clone(), attribute_json(value)))
        .collect()
}

fn attribute_json(value: &Attribute) -> Value {
    match value {
        Attribute::Text(text) => json!(text),
        Attribute::Int(int) => json!(int),
        Attribute::Float(float) => json!(float),
        Attribute::Bool(bool) => json!(bool),
        Attribute::Time(at) => json!(rfc3339(*at)),
    }
}

/// What is awaited, in a few words: `activity charge`, `timer`.
pub(crate) fn request_words(request: &Request) -> String {
    match request {
        Request::Activity(call) => match &call.options.queue {
            Some(queue) => format!("activity {} on {queue}", call.name),
            None => format!("activity {}", call.name),
        },
        Request::Timer { .. } => "timer".to_owned(),
        Request::Signal { name } => format!("signal {name}"),
        Request::Update { name } => format!("update {name}"),
        Request::Start(start) => format!("start of {} ({})", start.id, start.workflow),
        Request::Child { id, .. } => format!("child {id}"),
        Request::Send(send) => format!("{} to {}", message_words(send), send.to),
        Request::Continue { workflow, .. } => format!("a new run of {workflow}"),
    }
}

fn message_words(send: &SendRequest) -> String {
    match send.kind {
        MessageKind::Signal => format!("signal {}", send.name),
        MessageKind::Cancel => "cancel".to_owned(),
        MessageKind::Terminate => "terminate".to_owned(),
        MessageKind::Update => format!("update {}", send.name),
        MessageKind::ChildEnded => "end of a child".to_owned(),
        MessageKind::Pause => "pause".to_owned(),
        MessageKind::Resume => "resume".to_owned(),
        MessageKind::Activity => "news of an activity".to_owned(),
    }
}

/// What is awaited, as JSON.
pub(crate) fn request_json(request: &Request) -> Value {
    match request {
        Request::Activity(call) => json!({
            "kind": "activity",
            "name": call.name,
            "args": crate::codec::to_json(&call.args).ok(),
            "begun_at": rfc3339(call.begun),
            "queue": call.options.queue,
        }),
        Request::Timer { due } => json!({ "kind": "timer", "due_at": rfc3339(*due) }),
        Request::Signal { name } => json!({ "kind": "signal", "name": name }),
        Request::Update { name } => json!({ "kind": "update", "name": name }),
        Request::Start(start) => json!({
            "kind": "start",
            "id": start.id,
            "workflow": start.workflow,
            "queue": start.queue,
            "input": crate::codec::to_json(&start.input).ok(),
            "parent_close": start.close,
        }),
        Request::Child { id, .. } => json!({ "kind": "child", "id": id }),
        Request::Send(send) => json!({
            "kind": "send",
            "to": send.to,
            "message": send.kind,
            "name": (send.kind == MessageKind::Signal).then_some(&send.name),
        }),
        Request::Continue { workflow, input } => json!({
            "kind": "continue",
            "workflow": workflow,
            "input": crate::codec::to_json(input).ok(),
        }),
    }
}

/// How an await ended: a word, and its value if it has one.
pub(crate) fn answer_words(answer: &Answer) -> (&'static str, Option<String>) {
    match answer {
        Answer::Returned(value) => ("returned", Some(value.to_string())),
        Answer::Failed(error) => ("failed", Some(error.to_string())),
        Answer::TimedOut(kind) => ("timed out", Some(kind.to_string())),
        Answer::Panicked(message) => ("panicked", Some(message.clone())),
        Answer::Fired => ("fired", None),
        Answer::Cancelled => ("cancelled", None),
        Answer::Coded(how) => ("", Some(format!("({how})"))),
    }
}

/// An await as JSON.
pub(crate) fn step_json(step: &Step) -> Value {
    json!({
        "seq": step.seq,
        "await": step.label,
        "location": step.location.map(|l| l.to_string()),
        "requests": step.requests.iter().map(request_json).collect::<Vec<_>>(),
        "started_at": rfc3339(step.started_at),
        "ended_at": step.end.as_ref().map(|end| rfc3339(end.at)),
        "answers": step.end.as_ref().map(|end| {
            end.answers.iter().map(|ended| json!({
                "op": ended.op,
                "path": ended.path,
                "request": ended.request.as_ref().map(request_json),
                "answer": ended.answer,
            })).collect::<Vec<_>>()
        }),
        "attempts": step.attempts.iter().map(attempt_json).collect::<Vec<_>>(),
    })
}

/// An operation under way as JSON.
pub(crate) fn awaited_json(own: &Awaited) -> Value {
    json!({
        "op": own.op,
        "path": own.path,
        "request": request_json(&own.request),
        "since": own.since.map(rfc3339),
        "attempts": own.attempts.iter().map(attempt_json).collect::<Vec<_>>(),
        "next_retry_at": own.next_retry().map(rfc3339),
        "attempt": own.attempt(),
        "heartbeat": own.heartbeat.as_ref().map(|beat| json!({
            "at": rfc3339(beat.at),
            "details": beat.details,
        })),
        "task": own.task.as_ref().map(task_json),
    })
}

/// An attempt for workers of another queue, as JSON.
fn task_json(task: &TaskRecord) -> Value {
    json!({
        "queue": task.queue,
        "attempt": task.attempt,
        "put_at": rfc3339(task.put_at),
        "worker": task.worker.map(|worker| worker.to_string()),
        "claimed_at": task.claimed_at.map(rfc3339),
        "beat_at": task.beat_at.map(rfc3339),
        "cancelled": task.cancelled,
        "waits_for": task.waits_for.as_ref().map(|waits| match waits {
            TaskWait::Turn => json!("turn"),
            TaskWait::Key(key) => json!({"key": key}),
            TaskWait::Concurrency(limit) => json!({"concurrency": limit}),
            TaskWait::Rate(at, _) => json!({"rate": rfc3339(*at)}),
            TaskWait::PausedQueue => json!("paused_queue"),
            TaskWait::PausedRun => json!("paused_run"),
        }),
    })
}

/// A failed attempt as JSON.
pub(crate) fn attempt_json(attempt: &AttemptRecord) -> Value {
    let (kind, op, seq) = match attempt.of {
        AttemptOf::Activity { op } => ("activity", Some(op), None),
        AttemptOf::Workflow { seq } => ("workflow", None, Some(seq)),
    };
    json!({
        "kind": kind,
        "op": op,
        "seq": seq,
        "attempt": attempt.attempt,
        "failed_at": rfc3339(attempt.at),
        "error": attempt.error,
        "next_at": rfc3339(attempt.next_at),
    })
}
