//! States of runs that start others, wait for them, write to them, or go on as a new run.

use super::{NOW, SOONER, at, calls, checkpoint, fires, running};
use crate::codec;
use crate::engine::instance::{Cancel, Doing, Instance};
use crate::id::{RunId, Timestamp, WorkflowId};
use crate::operation::{ChildCancellation, Request, SendRequest, StartRequest, WorkflowOptions};
use crate::store::{ChildEnd, IdPolicy, Message, MessageKind, ParentClose, Phase, Queueing, Tags};

fn id() -> WorkflowId {
    WorkflowId::new("child").unwrap()
}

fn starts() -> Request {
    Request::Start(Box::new(StartRequest {
        id: id(),
        workflow: "w".into(),
        queue: None,
        input: Vec::new(),
        close: ParentClose::Cancel,
        reports: true,
        ids: IdPolicy::default(),
        options: WorkflowOptions::default(),
        queueing: Queueing::default(),
        delay: None,
        tags: Tags::default(),
    }))
}

fn sends() -> Request {
    Request::Send(SendRequest {
        to: id(),
        kind: MessageKind::Signal,
        name: "approve".into(),
        payload: Vec::new(),
    })
}

/// Waits for the child that operation `op` of run `parent` has started.
fn waits(parent: i64, op: u64) -> Request {
    Request::Child {
        id: id(),
        parent: RunId(parent),
        op,
        cancellation: ChildCancellation::Abandon,
    }
}

fn goes_on() -> Request {
    Request::Continue {
        workflow: "next".into(),
        input: vec![1],
    }
}

fn ended(ord: i64, op: u64, at: i64, phase: Phase) -> Message {
    let end = ChildEnd {
        phase,
        output: (phase == Phase::Completed).then(|| vec![7]),
        error: None,
        child: None,
    };
    Message {
        msg: format!("child/{op}"),
        ord,
        kind: MessageKind::ChildEnded,
        name: op.to_string(),
        payload: codec::encode(&end).unwrap(),
        sent_at: Timestamp(at),
    }
}

/// The states, by name.
pub(super) fn states() -> Vec<(&'static str, Instance)> {
    let with = |mut instance: Instance, letters: &[Message]| {
        instance.letters.extend(letters.iter().cloned());
        instance
    };
    let cancelled = |mut instance: Instance| {
        (instance.cancel, instance.unread) = (Cancel::Requested(SOONER), vec![4]);
        instance
    };
    let loaded = |requests| at(checkpoint(4, requests), Doing::Loaded);
    let done = |op| ended(2, op, 9_000, Phase::Completed);
    vec![
        ("family: loaded, a start", loaded(vec![starts()])),
        (
            "family: a start under way",
            running(checkpoint(4, vec![starts()]), &[4]),
        ),
        (
            "family: loaded, a message, cancelled",
            cancelled(loaded(vec![sends()])),
        ),
        (
            "family: a message under way, cancelled",
            cancelled(running(checkpoint(4, vec![sends()]), &[4])),
        ),
        (
            "family: a message under way beside an attempt, cancelled",
            cancelled(running(checkpoint(4, vec![sends(), calls(None)]), &[4, 5])),
        ),
        ("family: loaded, a child", loaded(vec![waits(1, 3)])),
        (
            "family: loaded, the end of another child",
            with(loaded(vec![waits(1, 3)]), &[done(2)]),
        ),
        (
            "family: loaded, the end of the child",
            with(loaded(vec![waits(1, 3)]), &[done(3)]),
        ),
        (
            "family: loaded, the child was terminated",
            with(
                loaded(vec![waits(1, 3)]),
                &[ended(2, 3, 9_000, Phase::Terminated)],
            ),
        ),
        (
            "family: loaded, the end of the child after the timer was due",
            with(loaded(vec![waits(1, 3), fires(8_999)]), &[done(3)]),
        ),
        (
            "family: loaded, the child of another run",
            loaded(vec![waits(2, 3)]),
        ),
        ("family: loaded, a new run", loaded(vec![goes_on()])),
        (
            "family: loaded, a new run, cancelled",
            cancelled(loaded(vec![goes_on(), fires(NOW.0 + 5_000)])),
        ),
    ]
}
