//! Decodes what comes out of a store. What cannot be decoded comes with the reason instead.

use super::write::{beat, failed, letter, memo, noted, ordered, reply as reply_place};
use crate::codec;
use crate::id::{RunId, WorkflowId};
use crate::payload::chain::Codecs;
use crate::payload::context::{Column, Place};
use crate::payload::{envelope, text};
use crate::store::{
    AttemptRecord, ChildEnd, ClaimedRun, MemoValue, Message, MessageKind, Reply, RunRecord,
    ScheduleRecord, StepRecord, Task,
};

fn decode(codecs: &Codecs, place: &Place<'_>, bytes: &mut Vec<u8>) {
    match codecs.decode(place, bytes) {
        Ok(None) => {}
        Ok(Some(plain)) => *bytes = plain,
        Err(error) => *bytes = envelope::stuck(bytes, &error.to_string()),
    }
}

fn optional(codecs: &Codecs, place: &Place<'_>, bytes: Option<&mut Vec<u8>>) {
    if let Some(bytes) = bytes {
        decode(codecs, place, bytes);
    }
}

pub(super) fn run(codecs: &Codecs, record: &mut RunRecord) {
    let (id, run) = (&record.id, record.run);
    let place = |column| Place::of(id, run, column);
    decode(codecs, &place(Column::Input), &mut record.input);
    end(
        codecs,
        (id, run),
        record.output.as_mut(),
        record.error.as_mut(),
    );
    optional(codecs, &place(Column::Published), record.published.as_mut());
    if let Some(by) = &mut record.scheduled {
        optional(codecs, &place(Column::LastResult), by.last_result.as_mut());
    }
    for (name, MemoValue(bytes)) in &mut record.tags.memo {
        decode(codecs, &memo(id, run, name), bytes);
    }
}

/// How a run ended.
fn end(
    codecs: &Codecs,
    (id, run): (&WorkflowId, RunId),
    output: Option<&mut Vec<u8>>,
    error: Option<&mut String>,
) {
    optional(codecs, &Place::of(id, run, Column::Output), output);
    if let Some(error) = error {
        text::decode(codecs, &Place::of(id, run, Column::Error), error);
    }
}

pub(super) fn claimed(codecs: &Codecs, claimed: &mut ClaimedRun) {
    run(codecs, &mut claimed.run);
    let (id, run) = (&claimed.run.id, claimed.run.run);
    if let Some(latest) = &mut claimed.latest {
        step(codecs, (id, run), latest);
    }
    attempts(codecs, id, &mut claimed.attempts);
    notes(codecs, (id, run), &mut claimed.notes);
    messages(codecs, id, &mut claimed.inbox);
}

pub(super) fn step(codecs: &Codecs, (id, run): (&WorkflowId, RunId), step: &mut StepRecord) {
    let place = |column| Place::of(id, run, column).item(step.seq.to_string());
    optional(codecs, &place(Column::Answers), step.result.as_mut());
    optional(codecs, &place(Column::Frame), step.frame.as_mut());
}

pub(super) fn attempts(codecs: &Codecs, id: &WorkflowId, attempts: &mut [AttemptRecord]) {
    for attempt in attempts {
        let place = failed(id, attempt);
        text::decode(codecs, &place, &mut attempt.error);
    }
}

pub(super) fn notes(
    codecs: &Codecs,
    (id, run): (&WorkflowId, RunId),
    notes: &mut [(u64, Vec<u8>)],
) {
    for (op, body) in notes {
        decode(codecs, &noted(id, run, *op), body);
    }
}

pub(super) fn task(codecs: &Codecs, task: &mut Task) {
    let (id, of) = (&task.id, task.new.of);
    decode(codecs, &ordered(id, of), &mut task.new.body);
    let details = task.beat.as_mut().map(|(_, details)| details);
    optional(codecs, &beat(id, of), details);
}

pub(super) fn messages(codecs: &Codecs, id: &WorkflowId, messages: &mut [Message]) {
    for message in messages {
        if let Some(place) = letter(id, message.kind, &message.name, &message.msg) {
            decode(codecs, &place, &mut message.payload);
        } else if message.kind == MessageKind::ChildEnded {
            child_end(codecs, &mut message.payload);
        }
    }
}

/// What a parent is told of the end of its child: written by the store, around what the child's
/// owner has encoded.
fn child_end(codecs: &Codecs, payload: &mut Vec<u8>) {
    let Ok(mut told) = codec::decode::<ChildEnd>(payload) else {
        return;
    };
    let Some((run, id)) = told.child.clone() else {
        return;
    };
    end(
        codecs,
        (&id, run),
        told.output.as_mut(),
        told.error.as_mut(),
    );
    let stuck = told
        .output
        .as_ref()
        .filter(|bytes| envelope::is_coded(bytes));
    *payload = match stuck {
        Some(stuck) => stuck.clone(),
        None => codec::encode_plain(&told),
    };
}

pub(super) fn reply(codecs: &Codecs, id: &WorkflowId, reply: &mut Reply) {
    decode(codecs, &reply_place(id, &reply.msg), &mut reply.payload);
}

pub(super) fn schedule(codecs: &Codecs, record: &mut ScheduleRecord) {
    let place = |column| Place::new(record.id.as_str(), None, column);
    decode(
        codecs,
        &place(Column::ScheduleDefinition),
        &mut record.row.definition,
    );
    decode(codecs, &place(Column::ScheduleState), &mut record.row.state);
    for told in &mut record.ended {
        end(
            codecs,
            (&told.id, told.run),
            told.output.as_mut(),
            told.error.as_mut(),
        );
    }
}
