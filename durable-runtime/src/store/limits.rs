//! How large the things may be that a store takes; checked before anything is written.

use crate::id::check_name;
use crate::propagation::Headers;
use crate::store::{
    Attribute, MemoValue, MessageKind, NewMessage, NewRun, NewWorker, ScheduleWrite, StoreError,
    TagChanges, Tags, TaskWrite, Write,
};

/// The largest input, output, result, frame, payload or error text, in bytes (16 MiB). One value
/// has to fit into memory several times over and is written twice by a database with a log.
pub const VALUE_BYTES_MAX: usize = 16 << 20;

/// The largest name (workflow, queue, label, suspend point, message id), in bytes.
pub const NAME_BYTES_MAX: usize = 4096;

/// How many search attributes come in one write: each is a row, found by an index.
pub const ATTRIBUTES_MAX: usize = 256;

/// How many headers a run may have; each is as long as a name at most.
pub const HEADERS_MAX: usize = 64;

/// The most that attributes, memos and headers of a run may have together, with their names, in
/// bytes (4 MiB). They are read whenever the run's row is.
pub const TAGS_BYTES_MAX: usize = 4 << 20;

fn within(what: &'static str, size: usize, limit: usize) -> Result<(), StoreError> {
    if size > limit {
        return Err(StoreError::TooLarge { what, size, limit });
    }
    Ok(())
}

fn name(what: &'static str, text: &str) -> Result<(), StoreError> {
    within(what, text.len(), NAME_BYTES_MAX)
}

/// A name that somebody gives, and others are to find.
fn given(what: &'static str, text: &str) -> Result<(), StoreError> {
    check_name(what, text)?;
    name(what, text)
}

fn value(what: &'static str, bytes: &[u8]) -> Result<(), StoreError> {
    within(what, bytes.len(), VALUE_BYTES_MAX)
}

fn optional(what: &'static str, bytes: Option<&[u8]>) -> Result<(), StoreError> {
    bytes.map_or(Ok(()), |bytes| value(what, bytes))
}

pub(crate) fn check_worker(worker: &NewWorker) -> Result<(), StoreError> {
    name("a worker's label", &worker.label)?;
    let points = worker.points.iter().map(String::len).sum();
    within(
        "the list of a worker's suspend points",
        points,
        VALUE_BYTES_MAX,
    )
}

pub(crate) fn check_run(run: &NewRun) -> Result<(), StoreError> {
    name("a workflow's name", &run.workflow)?;
    given("a queue's name", &run.queue)?;
    value("an input", &run.input)?;
    let last = run
        .scheduled
        .as_ref()
        .and_then(|by| by.last_result.as_deref());
    optional("a last result", last)?;
    if let Some(fairness) = &run.queueing.fairness {
        name("a fairness key", &fairness.key)?;
    }
    if let Some(concurrency) = &run.queueing.concurrency {
        name("a concurrency key", &concurrency.key)?;
    }
    let tags = &run.tags;
    headers(&tags.headers)?;
    within(
        "the list of attributes",
        tags.attributes.len(),
        ATTRIBUTES_MAX,
    )?;
    tags.attributes
        .iter()
        .try_for_each(|(key, own)| attribute(key, Some(own)))?;
    tags.memo
        .iter()
        .try_for_each(|(name, note)| memo(name, Some(note)))?;
    check_tags(tags)
}

/// All that is said about a run, together.
pub(crate) fn check_tags(tags: &Tags) -> Result<(), StoreError> {
    within(
        "the whole of a run's attributes, memos and headers",
        tags.size(),
        TAGS_BYTES_MAX,
    )
}

/// What a run that ends has published.
pub(crate) fn check_published(values: Option<&[u8]>) -> Result<(), StoreError> {
    optional("the whole of the published values", values)
}

pub(crate) fn check_queue(queue: &str) -> Result<(), StoreError> {
    given("a queue's name", queue)
}

fn headers(headers: &Headers) -> Result<(), StoreError> {
    within("the list of headers", headers.len(), HEADERS_MAX)?;
    headers.iter().try_for_each(|(key, header)| {
        name("the name of a header", key)?;
        name("a header", header)
    })
}

fn attribute(key: &str, own: Option<&Attribute>) -> Result<(), StoreError> {
    name("the key of an attribute", key)?;
    match own {
        Some(Attribute::Text(text)) => name("the text of an attribute", text),
        _ => Ok(()),
    }
}

fn memo(key: &str, note: Option<&MemoValue>) -> Result<(), StoreError> {
    name("the name of a memo", key)?;
    note.map_or(Ok(()), |note| value("a memo", &note.0))
}

pub(crate) fn check_message(message: &NewMessage) -> Result<(), StoreError> {
    name("a message id", &message.msg)?;
    match message.kind {
        MessageKind::Signal => given("a signal's name", &message.name)?,
        MessageKind::Update => given("an update's name", &message.name)?,
        _ => name("the name of a message", &message.name)?,
    }
    value("a message", &message.payload)
}

pub(crate) fn check_schedule(write: &ScheduleWrite) -> Result<(), StoreError> {
    if let Some(row) = &write.row {
        value("a schedule", &row.definition)?;
        value("a schedule's state", &row.state)?;
    }
    write.starts.iter().try_for_each(check_run)?;
    let mut messages = write.sends.iter().map(|(_, message)| message);
    messages.try_for_each(check_message)
}

pub(crate) fn check_writes(writes: &[Write]) -> Result<(), StoreError> {
    writes.iter().try_for_each(check_write)
}

fn check_task(write: &TaskWrite) -> Result<(), StoreError> {
    match write {
        TaskWrite::Put(task) => {
            given("a queue's name", &task.queue)?;
            name("an activity's name", &task.activity)?;
            value("a task", &task.body)
        }
        TaskWrite::Beat { details, .. } => value("the details of a heartbeat", details),
        TaskWrite::Cancel { message, .. }
        | TaskWrite::Begin { message, .. }
        | TaskWrite::Report { message, .. } => check_message(message),
        TaskWrite::Remove { .. } | TaskWrite::Return { .. } => Ok(()),
    }
}

fn check_write(write: &Write) -> Result<(), StoreError> {
    match write {
        Write::Start(run) => check_run(run),
        Write::Step(step) => {
            name("a suspend point's label", &step.label)?;
            optional("a result", step.result.as_deref())?;
            let replies = step.replies.iter();
            for reply in replies {
                value("an answer", &reply.payload)?;
            }
            let TagChanges {
                attributes,
                memo: notes,
            } = &step.tags;
            within("the list of attributes", attributes.len(), ATTRIBUTES_MAX)?;
            attributes
                .iter()
                .try_for_each(|(key, own)| attribute(key, own.as_ref()))?;
            notes
                .iter()
                .try_for_each(|(key, note)| memo(key, note.as_ref()))?;
            optional("a frame", step.frame.as_deref())
        }
        Write::Attempt(attempt) => value("an error", attempt.error.as_bytes()),
        Write::Note(note) => value("a note", &note.body),
        Write::Task(task) => check_task(task),
        Write::Park(park) => {
            name("a queue's name", &park.queue)?;
            name("a suspend point", &park.point)?;
            optional("a reason", park.blocked.as_deref().map(str::as_bytes))
        }
        Write::End(end) => {
            optional("an output", end.output.as_deref())?;
            check_published(end.published.as_deref())?;
            optional("an error", end.error.as_deref().map(str::as_bytes))
        }
    }
}
