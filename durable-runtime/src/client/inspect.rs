//! What a workflow holds and waits for in its last checkpoint, read without its types.

use super::describe::{Location, unreadable};
use super::steps::{Answer, answer};
use super::{Client, ClientError, coded};
use crate::codec;
use crate::frame::{Call, Checkpoint, Frame, SavedLocal, Wait};
use crate::id::WorkflowId;
use crate::store::Phase;
use serde::Serialize;
use serde_json::Value;

/// One function or branch of a workflow at its last checkpoint: its local variables, and what it
/// waits for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inspection {
    /// The function.
    pub workflow: String,
    /// The label of the await.
    pub label: String,
    /// Where it stands in the source, if this binary has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// The locals that are needed after it.
    pub locals: Vec<InspectedLocal>,
    /// What it waits for: one thing at a plain await, one for each branch where several are
    /// joined.
    pub waits: Vec<InspectedWait>,
    /// Operations that go on in the background, by number; only in the workflow's own frame.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spawned: Vec<(u64, InspectedWait)>,
}

/// A local variable and its value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InspectedLocal {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
}

/// One thing that a function waits for.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InspectedWait {
    /// The operation of this number: an activity, a timer.
    Operation(u64),
    /// A branch, or a function that is awaited inline.
    Frame(Box<Inspection>),
    /// All of these.
    All(Vec<InspectedWait>),
    /// The first of these.
    Race(Vec<InspectedWait>),
    /// The operation of this number, which was started earlier.
    Spawned(u64),
    /// A branch or an operation that has ended.
    Done(Answer),
    /// A branch that takes no part.
    Off,
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
    let Some(checkpoint) = coded::plain(id, &bytes)? else {
        return Ok(None);
    };
    inspection(&checkpoint)
        .map(Some)
        .map_err(|source| unreadable(id, "a local in the last checkpoint", source))
}

fn inspection(checkpoint: &Checkpoint) -> Result<Inspection, codec::Error> {
    let spawned = checkpoint
        .spawned
        .iter()
        .map(|(op, wait)| Ok((*op, inspected(wait)?)));
    Ok(Inspection {
        spawned: spawned.collect::<Result<_, _>>()?,
        ..frame(&checkpoint.frame)?
    })
}

fn frame(frame: &Frame) -> Result<Inspection, codec::Error> {
    let local = |local: &SavedLocal| {
        Ok(InspectedLocal {
            value: codec::to_json(&local.value)?,
            name: local.name.clone(),
        })
    };
    Ok(Inspection {
        location: Location::of(&frame.workflow, &frame.label),
        workflow: frame.workflow.clone(),
        label: frame.label.clone(),
        locals: frame.locals.iter().map(local).collect::<Result<_, _>>()?,
        waits: all(&frame.waits)?,
        spawned: Vec::new(),
    })
}

fn all(waits: &[Wait]) -> Result<Vec<InspectedWait>, codec::Error> {
    waits.iter().map(inspected).collect()
}

/// What never ends, as in the limit of a block, is not shown.
fn race(waits: &[Wait]) -> Result<InspectedWait, codec::Error> {
    let ends = waits
        .iter()
        .filter(|wait| !matches!(wait, Wait::Race(none) if none.is_empty()));
    let mut shown = ends.map(inspected).collect::<Result<Vec<_>, _>>()?;
    Ok(match shown.pop() {
        Some(limit) if shown.is_empty() && waits.len() > 1 => limit,
        last => {
            shown.extend(last);
            InspectedWait::Race(shown)
        }
    })
}

fn inspected(wait: &Wait) -> Result<InspectedWait, codec::Error> {
    Ok(match wait {
        Wait::Call(call) => InspectedWait::Operation(call.op),
        Wait::Frame(child) => InspectedWait::Frame(Box::new(frame(child)?)),
        Wait::All(waits) | Wait::TryAll(waits) => InspectedWait::All(all(waits)?),
        Wait::Race(waits) => race(waits)?,
        Wait::Shield(wait) => inspected(wait)?,
        Wait::Spawned(op) => InspectedWait::Spawned(*op),
        Wait::FirstOf(ops) => {
            InspectedWait::Race(ops.iter().copied().map(InspectedWait::Spawned).collect())
        }
        Wait::Done(done) => InspectedWait::Done(answer(done.answer.clone())?),
        Wait::Off => InspectedWait::Off,
    })
}

/// All operations that a checkpoint waits for, each with the labels that lead to it, the
/// workflow's own first.
pub(super) fn leaves(checkpoint: &Checkpoint) -> Vec<(Vec<String>, &Call)> {
    let mut found = Vec::new();
    let mut path = vec![checkpoint.frame.label.clone()];
    for wait in &checkpoint.frame.waits {
        leaf(wait, &mut path, &mut found);
    }
    path.clear();
    for (_, wait) in &checkpoint.spawned {
        leaf(wait, &mut path, &mut found);
    }
    found
}

fn leaf<'a>(wait: &'a Wait, path: &mut Vec<String>, found: &mut Vec<(Vec<String>, &'a Call)>) {
    match wait {
        Wait::Call(call) => found.push((path.clone(), call)),
        Wait::Frame(frame) => {
            path.push(frame.label.clone());
            frame.waits.iter().for_each(|wait| leaf(wait, path, found));
            path.pop();
        }
        Wait::All(waits) | Wait::TryAll(waits) | Wait::Race(waits) => {
            for wait in waits {
                leaf(wait, path, found);
            }
        }
        Wait::Shield(wait) => leaf(wait, path, found),
        Wait::Spawned(_) | Wait::FirstOf(_) | Wait::Done(_) | Wait::Off => {}
    }
}
