//! Encodes what is about to be stored.

use crate::id::{RunId, WorkflowId};
use crate::payload::chain::Codecs;
use crate::payload::context::{Column, Place};
use crate::payload::text;
use crate::store::{
    AttemptOf, AttemptRecord, End, MemoValue, MessageKind, NewMessage, NewRun, NewStep, Note,
    Reply, ScheduleWrite, StoreError, TaskOf, TaskWrite, Write,
};

type Done = Result<(), StoreError>;

fn encode(codecs: &Codecs, place: &Place<'_>, bytes: &mut Vec<u8>) -> Done {
    *bytes = codecs
        .encode(place, bytes)
        .map_err(|error| refused(place, error))?;
    Ok(())
}

fn optional(codecs: &Codecs, place: &Place<'_>, bytes: Option<&mut Vec<u8>>) -> Done {
    bytes.map_or(Ok(()), |bytes| encode(codecs, place, bytes))
}

fn words(codecs: &Codecs, place: &Place<'_>, text: &mut String) -> Done {
    *text = text::encode(codecs, place, text).map_err(|error| refused(place, error))?;
    Ok(())
}

fn refused(place: &Place<'_>, error: impl std::fmt::Display) -> StoreError {
    StoreError::Codec(format!(
        "{} of `{}`: {error}",
        place.column.name(),
        place.workflow
    ))
}

/// The run that a write is about, if it does not say the id too.
pub(super) fn run_of(write: &Write) -> Option<RunId> {
    match write {
        Write::Step(step) => Some(step.run),
        Write::Attempt(attempt) => Some(attempt.run),
        Write::Note(note) => Some(note.run),
        Write::Task(task) => Some(task.run()),
        Write::End(end) => Some(end.run),
        Write::Start(_) | Write::Park(_) => None,
    }
}

/// A write about a run with this id.
pub(super) fn one(codecs: &Codecs, id: Option<&WorkflowId>, write: &mut Write) -> Done {
    match (write, id) {
        (Write::Start(new), _) => run(codecs, new),
        (Write::Step(step), Some(id)) => self::step(codecs, id, step),
        (Write::Attempt(attempt), Some(id)) => self::attempt(codecs, id, attempt),
        (Write::Note(note), Some(id)) => self::note(codecs, id, note),
        (Write::Task(task), Some(id)) => self::task(codecs, id, task),
        (Write::End(end), Some(id)) => self::end(codecs, id, end),
        // Why a run is blocked is for whoever has to help it.
        (Write::Park(_), _) => Ok(()),
        (_, None) => Err(StoreError::Bug("a value of a run without an id".into())),
    }
}

pub(super) fn run(codecs: &Codecs, new: &mut NewRun) -> Done {
    let (id, run) = (&new.id, new.run);
    encode(codecs, &Place::of(id, run, Column::Input), &mut new.input)?;
    if let Some(by) = &mut new.scheduled {
        let place = Place::of(id, run, Column::LastResult);
        optional(codecs, &place, by.last_result.as_mut())?;
    }
    for (name, MemoValue(bytes)) in &mut new.tags.memo {
        encode(codecs, &memo(id, run, name), bytes)?;
    }
    Ok(())
}

/// The place of a memo.
pub(super) fn memo<'a>(id: &'a WorkflowId, run: RunId, name: &str) -> Place<'a> {
    Place::of(id, run, Column::Memo).item(name)
}

fn step(codecs: &Codecs, id: &WorkflowId, step: &mut NewStep) -> Done {
    let place = |column| Place::of(id, step.run, column).item(step.seq.to_string());
    optional(codecs, &place(Column::Answers), step.result.as_mut())?;
    optional(codecs, &place(Column::Frame), step.frame.as_mut())?;
    for Reply { msg, payload, .. } in &mut step.replies {
        encode(codecs, &reply(id, msg), payload)?;
    }
    for (name, note) in &mut step.tags.memo {
        let bytes = note.as_mut().map(|MemoValue(bytes)| bytes);
        optional(codecs, &memo(id, step.run, name), bytes)?;
    }
    Ok(())
}

/// The place of an answer to an update. A run that goes on in another's place gives it too.
pub(super) fn reply<'a>(id: &'a WorkflowId, msg: &str) -> Place<'a> {
    Place::new(id.as_str(), None, Column::Reply).item(msg)
}

fn attempt(codecs: &Codecs, id: &WorkflowId, attempt: &mut AttemptRecord) -> Done {
    let place = failed(id, attempt);
    words(codecs, &place, &mut attempt.error)
}

/// The place of the error of an attempt.
pub(super) fn failed<'a>(id: &'a WorkflowId, attempt: &AttemptRecord) -> Place<'a> {
    let of = match attempt.of {
        AttemptOf::Activity { op } => format!("activity {op}"),
        AttemptOf::Workflow { seq } => format!("workflow {seq}"),
    };
    let item = format!("{of} attempt {}", attempt.attempt);
    Place::of(id, attempt.run, Column::AttemptError).item(item)
}

pub(super) fn note(codecs: &Codecs, id: &WorkflowId, note: &mut Note) -> Done {
    encode(codecs, &noted(id, note.run, note.op), &mut note.body)
}

/// The place of a note on an operation.
pub(super) fn noted(id: &WorkflowId, run: RunId, op: u64) -> Place<'_> {
    Place::of(id, run, Column::Note).item(op.to_string())
}

fn task(codecs: &Codecs, id: &WorkflowId, task: &mut TaskWrite) -> Done {
    match task {
        TaskWrite::Put(new) => encode(codecs, &ordered(id, new.of), &mut new.body),
        TaskWrite::Beat { of, details, .. } => encode(codecs, &beat(id, *of), details),
        TaskWrite::Cancel { message, .. }
        | TaskWrite::Begin { message, .. }
        | TaskWrite::Report { message, .. } => self::message(codecs, id, message),
        TaskWrite::Remove { .. } | TaskWrite::Return { .. } => Ok(()),
    }
}

/// The place of what is to be done in a task.
pub(super) fn ordered(id: &WorkflowId, of: TaskOf) -> Place<'_> {
    let item = format!("{} attempt {}", of.op, of.attempt);
    Place::of(id, of.run, Column::Task).item(item)
}

/// The place of the details of a heartbeat in a task.
pub(super) fn beat(id: &WorkflowId, of: TaskOf) -> Place<'_> {
    let item = format!("{} attempt {} heartbeat", of.op, of.attempt);
    Place::of(id, of.run, Column::Task).item(item)
}

fn end(codecs: &Codecs, id: &WorkflowId, end: &mut End) -> Done {
    let place = |column| Place::of(id, end.run, column);
    optional(codecs, &place(Column::Output), end.output.as_mut())?;
    optional(codecs, &place(Column::Published), end.published.as_mut())?;
    let error = &mut end.error;
    error
        .as_mut()
        .map_or(Ok(()), |error| words(codecs, &place(Column::Error), error))
}

pub(super) fn message(codecs: &Codecs, id: &WorkflowId, message: &mut NewMessage) -> Done {
    match letter(id, message.kind, &message.name, &message.msg) {
        Some(place) => encode(codecs, &place, &mut message.payload),
        None => Ok(()),
    }
}

/// The place of a message with a value. Stores read the others.
pub(super) fn letter<'a>(
    id: &'a WorkflowId,
    kind: MessageKind,
    name: &str,
    msg: &str,
) -> Option<Place<'a>> {
    let column = match kind {
        MessageKind::Signal => Column::Signal,
        MessageKind::Update => Column::Update,
        MessageKind::Activity => Column::Activity,
        MessageKind::Cancel
        | MessageKind::Terminate
        | MessageKind::ChildEnded
        | MessageKind::Pause
        | MessageKind::Resume => return None,
    };
    let item = format!("{} {name} {msg}", name.len());
    Some(Place::new(id.as_str(), None, column).item(item))
}

pub(super) fn schedule(codecs: &Codecs, write: &mut ScheduleWrite) -> Done {
    if let Some(row) = &mut write.row {
        let place = |column| Place::new(write.id.as_str(), None, column);
        encode(
            codecs,
            &place(Column::ScheduleDefinition),
            &mut row.definition,
        )?;
        encode(codecs, &place(Column::ScheduleState), &mut row.state)?;
    }
    write
        .starts
        .iter_mut()
        .try_for_each(|new| run(codecs, new))?;
    let sends = write.sends.iter_mut();
    sends
        .into_iter()
        .try_for_each(|(id, sent)| message(codecs, id, sent))
}
