//! Decisions as text.

use super::super::instance::{Action, Instance};
use crate::codec;
use crate::frame::Checkpoint;
use crate::operation::{Answered, Resolution};
use crate::store::{AttemptOf, TaskOf, TaskWrite, Write};

pub(super) fn write_text(write: &Write) -> String {
    match write {
        Write::Start(_) => "Start".into(),
        Write::Step(step) => {
            let result = step
                .result
                .as_ref()
                .map(|bytes| codec::decode::<Vec<Answered>>(bytes));
            let result = result.map_or("-".into(), |result| answers(&result.unwrap()));
            let frame = step
                .frame
                .as_ref()
                .map(|bytes| Checkpoint::decode(bytes).unwrap());
            let frame = frame.map_or("-", |checkpoint| {
                let calls = checkpoint.calls();
                let kept = calls.iter().filter(|call| call.answer.is_some()).count();
                match (kept, checkpoint.cancelled) {
                    (0, true) => "frame, told",
                    (0, false) => "frame",
                    (1, _) => "frame with the answer",
                    _ => "frame with the answers",
                }
            });
            let (seq, consumed) = (step.seq, &step.consumed);
            let settled = match step.settled.as_slice() {
                [] => String::new(),
                all => format!(
                    ", over: {}",
                    all.iter().map(tried).collect::<Vec<_>>().join(" ")
                ),
            };
            format!("Step {seq} ({result}, {frame}, {consumed:?}{settled})")
        }
        Write::Attempt(attempt) => format!(
            "Failed {}, try {} ({}, next at {})",
            tried(&attempt.of),
            attempt.attempt,
            attempt.error,
            attempt.next_at.0
        ),
        Write::Note(note) => format!("Note on #{}", note.op),
        Write::Task(TaskWrite::Put(task)) => {
            let TaskOf { op, attempt, .. } = task.of;
            format!("Put #{op} attempt {attempt} on {}", task.queue)
        }
        Write::Task(TaskWrite::Cancel { of, .. }) => format!("Cancel #{}", of.op),
        Write::Task(TaskWrite::Remove { op, .. }) => format!("Remove #{op}"),
        Write::Task(other) => unreachable!("an owner does not write {other:?}"),
        Write::Park(park) => {
            let due = park.due_at.map(|at| at.0);
            format!(
                "Park {} ({}, due {due:?}, {:?})",
                park.seq, park.point, park.blocked
            )
        }
        Write::End(end) => format!("End {} ({:?}, {:?})", end.seq, end.phase, end.error),
    }
}

fn tried(of: &AttemptOf) -> String {
    match of {
        AttemptOf::Activity { op } => format!("#{op}"),
        AttemptOf::Workflow { seq } => format!("code after {seq}"),
    }
}

fn answers(all: &[Answered]) -> String {
    let text = |answered: &Answered| format!("#{} {}", answered.op, name(&answered.answer));
    all.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn name(resolution: &Resolution) -> String {
    match resolution {
        Resolution::Returned(_) => "Returned".into(),
        Resolution::Failed(_) => "Failed".into(),
        Resolution::TimedOut(kind) => format!("TimedOut {kind:?}"),
        Resolution::Panicked(_) => "Panicked".into(),
        Resolution::Fired => "Fired".into(),
        other => format!("{other:?}"),
    }
}

pub(super) fn action_text(action: &Action, after: &Instance) -> String {
    let text = match action {
        Action::Turn if after.given().is_empty() => "Turn".into(),
        Action::Turn => format!("Turn with {}", answers(after.given())),
        Action::Work { begin, until } => {
            let begin = begin
                .iter()
                .map(|(op, attempt)| format!("begin #{op}.{attempt}"));
            let until = until.map(|at| format!("wait until {}", at.0));
            let parts: Vec<_> = begin.chain(until).collect();
            match parts.as_slice() {
                [] => "wait".to_owned(),
                parts => parts.join(", "),
            }
        }
        other => format!("{other:?}"),
    };
    let running = after.ops.iter().filter(|own| own.running);
    let running: Vec<_> = running.map(|own| format!("#{}", own.op)).collect();
    match running.as_slice() {
        [] => text,
        running => format!("{text} [{} runs]", running.join(" ")),
    }
}
