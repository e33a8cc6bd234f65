//! A checkpoint as it is stored: its frames in one list, each before those inside it, which it
//! names by their place in the list. So however deep functions await each other, the encoding
//! nests no deeper than one frame, and costs no more than their sizes together.

use super::{Call, Checkpoint, Done, Frame, SavedLocal, Wait};
use crate::codec::Error;
use crate::codec::limits::INLINE_DEPTH_MAX;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

#[derive(Serialize, Deserialize)]
pub(super) struct Stored<'a> {
    frames: Vec<StoredFrame<'a>>,
    next_op: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    cancelled: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    spawned: Vec<(u64, StoredWait<'a>)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    published: Vec<Published<'a>>,
}

/// A name and its encoded value.
#[derive(Serialize, Deserialize)]
struct Published<'a>(Cow<'a, str>, #[serde(with = "crate::codec::bytes")] Vec<u8>);

#[derive(Serialize, Deserialize)]
struct StoredFrame<'a> {
    workflow: Cow<'a, str>,
    label: Cow<'a, str>,
    fingerprint: u64,
    locals: Cow<'a, [SavedLocal]>,
    waits: Vec<StoredWait<'a>>,
}

#[derive(Serialize, Deserialize)]
enum StoredWait<'a> {
    Call(Cow<'a, Call>),
    /// The place of the frame in the list.
    Frame(usize),
    All(Vec<StoredWait<'a>>),
    TryAll(Vec<StoredWait<'a>>),
    Race(Vec<StoredWait<'a>>),
    Shield(Box<StoredWait<'a>>),
    Spawned(u64),
    FirstOf(Cow<'a, [u64]>),
    Done(Cow<'a, Done>),
    Off,
}

impl<'a> Stored<'a> {
    pub(super) fn of(checkpoint: &'a Checkpoint) -> Self {
        let mut frames = Vec::new();
        list(&checkpoint.frame, &mut frames);
        let spawned = checkpoint.spawned.iter();
        let spawned = spawned.map(|(op, wait)| (*op, stored(wait, &mut frames)));
        let published = checkpoint.published.iter();
        let published = published.map(|(name, value)| Published(name.into(), value.clone()));
        Self {
            published: published.collect(),
            spawned: spawned.collect(),
            next_op: checkpoint.next_op,
            cancelled: checkpoint.cancelled,
            frames,
        }
    }

    /// The tree again.
    pub(super) fn into_checkpoint(self) -> Result<Checkpoint, Error> {
        let mut frames = Frames(self.frames.iter().map(|_| None).collect());
        // Those inside come later in the list.
        for (at, stored) in self.frames.into_iter().enumerate().rev() {
            let mut depth = 0;
            let waits = stored.waits.into_iter();
            let waits: Result<_, _> = waits.map(|w| frames.wait(w, at, &mut depth)).collect();
            if depth > INLINE_DEPTH_MAX {
                return Err(Error::custom("frames nest too deep"));
            }
            let frame = Frame {
                workflow: stored.workflow.into_owned(),
                label: stored.label.into_owned(),
                fingerprint: stored.fingerprint,
                locals: stored.locals.into_owned(),
                waits: waits?,
            };
            frames.0[at] = Some((frame, depth + 1));
        }
        let root = frames.0.first_mut().and_then(Option::take);
        let (frame, _) = root.ok_or_else(|| Error::custom("there is no frame"))?;
        let spawned = self.spawned.into_iter();
        let spawned = spawned.map(|(op, wait)| Ok((op, frames.wait(wait, 0, &mut 0)?)));
        Ok(Checkpoint {
            frame,
            next_op: self.next_op,
            cancelled: self.cancelled,
            spawned: spawned.collect::<Result<_, Error>>()?,
            published: self
                .published
                .into_iter()
                .map(|Published(name, value)| (name.into_owned(), value))
                .collect(),
        })
    }
}

/// Adds a frame and those inside it; answers its place.
fn list<'a>(frame: &'a Frame, frames: &mut Vec<StoredFrame<'a>>) -> usize {
    let at = frames.len();
    frames.push(StoredFrame {
        workflow: Cow::Borrowed(&frame.workflow),
        label: Cow::Borrowed(&frame.label),
        fingerprint: frame.fingerprint,
        locals: Cow::Borrowed(&frame.locals),
        waits: Vec::new(),
    });
    frames[at].waits = all(&frame.waits, frames);
    at
}

fn all<'a>(waits: &'a [Wait], frames: &mut Vec<StoredFrame<'a>>) -> Vec<StoredWait<'a>> {
    waits.iter().map(|wait| stored(wait, frames)).collect()
}

fn stored<'a>(wait: &'a Wait, frames: &mut Vec<StoredFrame<'a>>) -> StoredWait<'a> {
    match wait {
        Wait::Call(call) => StoredWait::Call(Cow::Borrowed(call)),
        Wait::Frame(frame) => StoredWait::Frame(list(frame, frames)),
        Wait::All(waits) => StoredWait::All(all(waits, frames)),
        Wait::TryAll(waits) => StoredWait::TryAll(all(waits, frames)),
        Wait::Race(waits) => StoredWait::Race(all(waits, frames)),
        Wait::Shield(wait) => StoredWait::Shield(Box::new(stored(wait, frames))),
        Wait::Spawned(op) => StoredWait::Spawned(*op),
        Wait::FirstOf(ops) => StoredWait::FirstOf(Cow::Borrowed(ops)),
        Wait::Done(done) => StoredWait::Done(Cow::Borrowed(done)),
        Wait::Off => StoredWait::Off,
    }
}

/// The frames that are complete and not yet part of another, with how deep they nest.
struct Frames(Vec<Option<(Frame, usize)>>);

impl Frames {
    /// What the frame at `above` waits for; `depth` grows to that of the frames inside.
    fn wait(&mut self, wait: StoredWait, above: usize, depth: &mut usize) -> Result<Wait, Error> {
        let mut all = |waits: Vec<_>| -> Result<Vec<_>, Error> {
            let waits = waits.into_iter();
            waits.map(|wait| self.wait(wait, above, depth)).collect()
        };
        Ok(match wait {
            StoredWait::Call(call) => Wait::Call(call.into_owned()),
            StoredWait::Frame(at) => {
                let frame = self.0.get_mut(at).filter(|_| at > above);
                let frame = frame.and_then(Option::take);
                let (frame, inside) = frame.ok_or_else(|| {
                    Error::custom(format_args!("frame {at} is not one that {above} may hold"))
                })?;
                *depth = inside.max(*depth);
                Wait::Frame(Box::new(frame))
            }
            StoredWait::All(waits) => Wait::All(all(waits)?),
            StoredWait::TryAll(waits) => Wait::TryAll(all(waits)?),
            StoredWait::Race(waits) => Wait::Race(all(waits)?),
            StoredWait::Shield(wait) => Wait::Shield(Box::new(self.wait(*wait, above, depth)?)),
            StoredWait::Spawned(op) => Wait::Spawned(op),
            StoredWait::FirstOf(ops) => Wait::FirstOf(ops.into_owned()),
            StoredWait::Done(done) => Wait::Done(done.into_owned()),
            StoredWait::Off => Wait::Off,
        })
    }
}
