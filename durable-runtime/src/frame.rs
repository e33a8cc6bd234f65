//! The record that a workflow leaves at an await: everything another process needs to go on.
//!
//! A frame is self-describing and works by name: the workflow, the suspend point's label, each
//! saved local under its own name and encoded on its own, the operation that is awaited, and the
//! frames of branches that run inside. Bytes in, bytes out; nothing here knows user types.

mod stored;

use crate::codec;
use crate::codec::limits::FRAME_BYTES_MAX;
use crate::operation::{Request, Resolution};
use crate::payload::envelope;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use stored::Stored;

/// The first bytes of every stored frame: a magic word and the version of its layout.
const MAGIC: [u8; 4] = *b"DFR\x01";

/// A frame could not be encoded or decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The bytes do not begin as a frame does.
    #[error("these bytes are not a frame")]
    NotAFrame,
    /// A codec has encoded it; how, or why it cannot be decoded.
    #[error("the frame cannot be decoded: {0}")]
    Coded(String),
    /// The frame was written by a newer version of this library.
    #[error("the frame has layout {0}, this binary knows layout {ours}", ours = MAGIC[3])]
    Layout(u8),
    /// The frame is larger than [`FRAME_BYTES_MAX`].
    #[error("the frame has {0} bytes, and at most {FRAME_BYTES_MAX} are allowed")]
    TooLarge(usize),
    /// The contents do not encode or decode.
    #[error("the frame: {0}")]
    Codec(#[from] codec::Error),
}

/// One saved local: its name in the function and its encoded value ([`crate::codec`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedLocal {
    /// The local's stable name (`order`, `x#2`, `item.at`, `charge.arg0`).
    pub name: String,
    /// Its value, encoded by [`crate::codec::encode`].
    #[serde(with = "crate::codec::bytes")]
    pub value: Vec<u8>,
}

/// One function stopped at one suspend point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The function's persistent name.
    pub workflow: String,
    /// The label of the suspend point at which it stopped.
    pub label: String,
    /// Digest of the label, the names and the shapes of the saved locals, by the binary that
    /// wrote it. It informs; whether the locals decode decides.
    pub fingerprint: u64,
    /// The locals that are needed after this await.
    pub locals: Vec<SavedLocal>,
    /// What it waits for: one thing at a plain await, one for each branch (in source order) where
    /// several are joined.
    pub waits: Vec<Wait>,
}

/// One thing that a function waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// An operation of the engine: an activity, a timer.
    Call(Call),
    /// A branch, or a function that is awaited inline, stopped at a suspend point of its own.
    Frame(Box<Frame>),
    /// Several operations that are awaited as one value, until all have an answer.
    All(Vec<Wait>),
    /// The same, but until the first that fails.
    TryAll(Vec<Wait>),
    /// What is awaited, and operations that put an end to it: until one has an answer.
    Race(Vec<Wait>),
    /// This, which a cancellation does not reach.
    Shield(Box<Wait>),
    /// An operation that was started earlier and is listed in [`Checkpoint::spawned`].
    Spawned(u64),
    /// The first of several such operations to end; nothing if there are none.
    FirstOf(Vec<u64>),
    /// A branch or an operation that has ended.
    Done(Done),
    /// A branch of a `select!` that takes no part.
    Off,
}

/// An operation of the engine under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Its number in the run, never used twice.
    pub op: u64,
    /// What is to be done.
    pub request: Request,
    /// The answer, if it is known already: the code could not go on with it (a panic, a type that
    /// does not fit), and it is kept so that the operation is not carried out again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Resolution>,
}

/// The last state of a branch or an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// What it gave.
    pub answer: Resolution,
    /// Variables of the parent that a finished branch had in its care.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locals: Vec<SavedLocal>,
}

/// Everything that is stored at an await: the tree of frames, and what belongs to the run as a
/// whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The workflow's own frame, the root of the tree.
    pub frame: Frame,
    /// The number of the next operation.
    pub next_op: u64,
    /// Whether the code was told of a cancellation at an earlier await.
    pub cancelled: bool,
    /// Operations that were started and are not awaited where they were started, by number.
    /// Those that have ended stand in the order in which they did.
    pub spawned: Vec<(u64, Wait)>,
    /// Values that the workflow shows to others, by name, each encoded.
    pub published: BTreeMap<String, Vec<u8>>,
}

impl Frame {
    /// The encoded value of the local called `name`.
    #[must_use]
    pub fn local(&self, name: &str) -> Option<&[u8]> {
        self.locals
            .iter()
            .find(|l| l.name == name)
            .map(|l| l.value.as_slice())
    }

    /// A copy without what it waits for.
    pub(crate) fn without_waits(&self) -> Self {
        Self {
            workflow: self.workflow.clone(),
            label: self.label.clone(),
            fingerprint: self.fingerprint,
            locals: self.locals.clone(),
            waits: Vec::new(),
        }
    }

    /// All operations of the engine that it and its branches wait for.
    pub fn calls<'a>(&'a self, found: &mut Vec<&'a Call>) {
        for wait in &self.waits {
            wait.calls(found);
        }
    }

    /// The same, to be changed.
    pub fn calls_mut<'a>(&'a mut self, found: &mut Vec<&'a mut Call>) {
        for wait in &mut self.waits {
            wait.calls_mut(found);
        }
    }

    /// The frames of its branches and of functions that it awaits inline.
    #[must_use]
    pub fn children(&self) -> Vec<&Frame> {
        let mut found = Vec::new();
        for wait in &self.waits {
            wait.frames(&mut found);
        }
        found
    }
}

impl Wait {
    /// All operations of the engine in it.
    pub fn calls<'a>(&'a self, found: &mut Vec<&'a Call>) {
        match self {
            Self::Call(call) => found.push(call),
            Self::Frame(frame) => frame.calls(found),
            Self::All(waits) | Self::TryAll(waits) | Self::Race(waits) => {
                for wait in waits {
                    wait.calls(found);
                }
            }
            Self::Shield(wait) => wait.calls(found),
            Self::Spawned(_) | Self::FirstOf(_) | Self::Done(_) | Self::Off => {}
        }
    }

    fn calls_mut<'a>(&'a mut self, found: &mut Vec<&'a mut Call>) {
        match self {
            Self::Call(call) => found.push(call),
            Self::Frame(frame) => frame.calls_mut(found),
            Self::All(waits) | Self::TryAll(waits) | Self::Race(waits) => {
                for wait in waits {
                    wait.calls_mut(found);
                }
            }
            Self::Shield(wait) => wait.calls_mut(found),
            Self::Spawned(_) | Self::FirstOf(_) | Self::Done(_) | Self::Off => {}
        }
    }

    /// Those of the operations in it that a cancellation reaches.
    fn exposed<'a>(&'a self, found: &mut Vec<&'a Call>) {
        match self {
            Self::Call(call) => found.push(call),
            Self::Frame(frame) => frame.waits.iter().for_each(|wait| wait.exposed(found)),
            Self::All(waits) | Self::TryAll(waits) | Self::Race(waits) => {
                for wait in waits {
                    wait.exposed(found);
                }
            }
            Self::Shield(_) | Self::Spawned(_) | Self::FirstOf(_) | Self::Done(_) | Self::Off => {}
        }
    }

    /// The frames in it, without those inside them.
    pub fn frames<'a>(&'a self, found: &mut Vec<&'a Frame>) {
        match self {
            Self::Frame(frame) => found.push(frame),
            Self::All(waits) | Self::TryAll(waits) | Self::Race(waits) => {
                for wait in waits {
                    wait.frames(found);
                }
            }
            Self::Shield(wait) => wait.frames(found),
            Self::Call(_) | Self::Spawned(_) | Self::FirstOf(_) | Self::Done(_) | Self::Off => {}
        }
    }
}

impl Checkpoint {
    /// All operations of the engine under way, in the order of the tree.
    #[must_use]
    pub fn calls(&self) -> Vec<&Call> {
        let mut found = Vec::new();
        self.frame.calls(&mut found);
        for (_, wait) in &self.spawned {
            wait.calls(&mut found);
        }
        found
    }

    /// Those of them that a cancellation reaches.
    #[must_use]
    pub fn exposed_calls(&self) -> Vec<&Call> {
        let mut found = Vec::new();
        let spawned = self.spawned.iter().map(|(_, wait)| wait);
        for wait in self.frame.waits.iter().chain(spawned) {
            wait.exposed(&mut found);
        }
        found
    }

    /// The operation with this number.
    #[must_use]
    pub fn call(&self, op: u64) -> Option<&Call> {
        self.calls().into_iter().find(|call| call.op == op)
    }

    /// The same, to be changed.
    pub fn call_mut(&mut self, op: u64) -> Option<&mut Call> {
        let mut found = Vec::new();
        self.frame.calls_mut(&mut found);
        for (_, wait) in &mut self.spawned {
            wait.calls_mut(&mut found);
        }
        found.into_iter().find(|call| call.op == op)
    }

    /// The bytes that are stored.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`], or [`FrameError::Codec`] when operations in operations nest too deep.
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        let mut bytes = MAGIC.to_vec();
        codec::encode_into(&mut bytes, &Stored::of(self))?;
        if bytes.len() > FRAME_BYTES_MAX {
            return Err(FrameError::TooLarge(bytes.len()));
        }
        Ok(bytes)
    }

    /// Reads stored bytes back. The locals stay encoded.
    ///
    /// # Errors
    /// [`FrameError::NotAFrame`], [`FrameError::Coded`] and [`FrameError::Layout`] by the first bytes, or
    /// [`FrameError::Codec`] when the contents are damaged.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        if let Some(reason) = envelope::reason(bytes) {
            return Err(FrameError::Coded(reason));
        }
        let (magic, contents) = bytes.split_first_chunk().ok_or(FrameError::NotAFrame)?;
        if magic[..3] != MAGIC[..3] {
            return Err(FrameError::NotAFrame);
        }
        if *magic != MAGIC {
            return Err(FrameError::Layout(magic[3]));
        }
        Ok(codec::decode::<Stored<'static>>(contents)?.into_checkpoint()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::limits::INLINE_DEPTH_MAX;
    use crate::operation::{ActivityOptions, ActivityRequest};

    fn checkpoint() -> Checkpoint {
        let local = |name: &str, value: u64| SavedLocal {
            name: name.into(),
            value: codec::encode(&value).unwrap(),
        };
        let timer = Call {
            op: 2,
            request: Request::Timer {
                due: crate::id::Timestamp(1_700_000_000_000),
            },
            answer: Some(Resolution::Returned(vec![1, 2])),
        };
        let child = Frame {
            workflow: "process_order".into(),
            label: "sleep".into(),
            fingerprint: u64::MAX,
            locals: vec![local("left", 3)],
            waits: vec![Wait::Call(timer)],
        };
        let call = Call {
            op: 1,
            request: Request::Activity(Box::new(ActivityRequest {
                name: "charge".into(),
                args: codec::ArgsBuilder::new()
                    .arg("order", "o-1")
                    .finish()
                    .unwrap(),
                options: ActivityOptions::default(),
                begun: crate::id::Timestamp(-1),
            })),
            answer: None,
        };
        let done = Done {
            answer: Resolution::Fired,
            locals: vec![local("^count", 5)],
        };
        Checkpoint {
            frame: Frame {
                workflow: "process_order".into(),
                label: "join".into(),
                fingerprint: 0x0123_4567_89ab_cdef,
                locals: vec![local("order", 42), local("x#2", 7)],
                waits: vec![
                    Wait::Race(vec![Wait::Call(call), Wait::Off]),
                    Wait::Frame(Box::new(child)),
                    Wait::Done(done),
                ],
            },
            next_op: 4,
            cancelled: true,
            spawned: vec![(3, Wait::TryAll(vec![Wait::FirstOf(vec![3])]))],
            published: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn a_checkpoint_comes_back_as_it_was() {
        let checkpoint = checkpoint();
        let bytes = checkpoint.encode().unwrap();
        assert_eq!(Checkpoint::decode(&bytes), Ok(checkpoint));
    }

    #[test]
    fn calls_are_found_in_the_whole_tree() {
        let mut checkpoint = checkpoint();
        let ops: Vec<u64> = checkpoint.calls().iter().map(|call| call.op).collect();
        assert_eq!(ops, [1, 2]);
        checkpoint.call_mut(2).unwrap().answer = None;
        assert_eq!(checkpoint.call(2).unwrap().answer, None);
        assert_eq!(checkpoint.call(3), None);
        assert_eq!(checkpoint.frame.children()[0].label, "sleep");
    }

    #[test]
    fn other_bytes_are_refused_by_their_beginning() {
        let good = checkpoint().encode().unwrap();
        assert_eq!(Checkpoint::decode(b""), Err(FrameError::NotAFrame));
        assert_eq!(
            Checkpoint::decode(b"{\"workflow\":1}"),
            Err(FrameError::NotAFrame)
        );
        let newer = [b"DFR\x02", &good[4..]].concat();
        assert_eq!(Checkpoint::decode(&newer), Err(FrameError::Layout(2)));
    }

    #[test]
    fn a_truncated_checkpoint_is_an_error_at_every_length() {
        let good = checkpoint().encode().unwrap();
        for len in 0..good.len() {
            assert!(Checkpoint::decode(&good[..len]).is_err(), "{len} bytes");
        }
    }

    fn nested(depth: usize) -> Checkpoint {
        let mut checkpoint = checkpoint();
        checkpoint.frame.waits = vec![Wait::Off];
        for _ in 0..depth {
            let mut outer = checkpoint.frame.clone();
            let inner = Wait::Frame(Box::new(checkpoint.frame));
            outer.waits = vec![Wait::Race(vec![Wait::All(vec![inner])])];
            checkpoint.frame = outer;
        }
        checkpoint
    }

    #[test]
    fn frames_nest_to_a_limit_and_cost_what_they_hold() {
        let size = |depth| nested(depth).encode().unwrap().len();
        assert_eq!(size(INLINE_DEPTH_MAX) - size(80), 2 * (size(90) - size(80)));
        let deepest = nested(INLINE_DEPTH_MAX);
        let bytes = deepest.encode().unwrap();
        assert_eq!(Checkpoint::decode(&bytes), Ok(deepest));
        let deeper = nested(INLINE_DEPTH_MAX + 1).encode().unwrap();
        let error = Checkpoint::decode(&deeper).unwrap_err();
        assert_eq!(error.to_string(), "the frame: frames nest too deep");
    }

    #[test]
    fn a_large_checkpoint_is_refused() {
        let mut checkpoint = checkpoint();
        for local in &mut checkpoint.frame.locals {
            local.value = vec![0; crate::codec::limits::PAYLOAD_BYTES_MAX];
        }
        assert!(matches!(checkpoint.encode(), Err(FrameError::TooLarge(n)) if n > FRAME_BYTES_MAX));
    }
}
