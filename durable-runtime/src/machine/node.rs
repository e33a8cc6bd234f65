//! The live tree of a machine: one node for each function and branch that is stopped somewhere,
//! with what it waits for. Frames are made of it, and it is made of frames.

use crate::frame::{Call, Done, Frame, SavedLocal, Wait};
use crate::machine::Description;
use crate::operation::{Answered, Resolution};
use crate::registry::WorkflowDef;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One function or branch. Its future reads and writes it; so does whoever drives the machine,
/// never both at once.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) def: &'static WorkflowDef,
    pub(super) description: Option<Arc<Description>>,
    /// The suspend point at which it stands; none before the first.
    pub(super) point: Option<usize>,
    /// The locals saved there.
    pub(super) locals: Vec<SavedLocal>,
    pub(super) waits: Vec<Live>,
}

/// What a node waits for; see [`Wait`].
#[derive(Debug)]
pub(super) enum Live {
    /// An operation of the engine.
    Call {
        call: Call,
        /// The answer, once it has been delivered.
        given: Option<Resolution>,
    },
    /// A branch or function whose future polls the node itself.
    Node(NodeRef),
    /// It has ended.
    Done(Done),
    /// Read from a stored frame, and not entered yet.
    Stored(Wait),
    /// Nothing: taken, or a branch that takes no part.
    Off,
}

/// A node, shared by its future and the tree.
#[derive(Clone, Debug)]
pub(super) struct NodeRef(Arc<Mutex<Node>>);

impl NodeRef {
    pub(super) fn new(def: &'static WorkflowDef) -> Self {
        Self(Arc::new(Mutex::new(Node {
            def,
            description: None,
            point: None,
            locals: Vec::new(),
            waits: Vec::new(),
        })))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Node> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Node {
    /// The label of the place where it stands; empty before the first suspend point.
    pub(super) fn label(&self) -> &'static str {
        self.point.map_or("", |point| self.def.points[point].label)
    }

    /// Takes over what a stored frame waited for.
    pub(super) fn restore(&mut self, frame: &Frame) {
        self.locals.clone_from(&frame.locals);
        self.waits = frame.waits.iter().cloned().map(Live::from_stored).collect();
    }

    /// The frame at the suspend point where it stands; `None` before the first.
    pub(super) fn frame(&self) -> Option<Frame> {
        let point = self.point?;
        let fingerprints = self.description.as_ref().map(|d| &d.fingerprints);
        Some(Frame {
            workflow: self.def.name.to_owned(),
            label: self.def.points[point].label.to_owned(),
            fingerprint: fingerprints.map_or(0, |all| all[point]),
            locals: self.locals.clone(),
            waits: self.waits.iter().map(Live::stored).collect(),
        })
    }

    /// Hands an answer to the operation that waits for it, if it is in this part of the tree.
    pub(super) fn deliver(&mut self, answered: &Answered) -> bool {
        self.waits.iter_mut().any(|wait| wait.deliver(answered))
    }
}

impl Live {
    fn from_stored(wait: Wait) -> Self {
        match wait {
            Wait::Call(call) => Self::Call { call, given: None },
            Wait::Done(done) => Self::Done(done),
            Wait::Off => Self::Off,
            other => Self::Stored(other),
        }
    }

    fn stored(&self) -> Wait {
        match self {
            Self::Call { call, .. } => Wait::Call(call.clone()),
            // One that has not reached its first suspend point has nothing to save.
            Self::Node(node) => node
                .lock()
                .frame()
                .map_or(Wait::Off, |frame| Wait::Frame(Box::new(frame))),
            Self::Done(done) => Wait::Done(done.clone()),
            Self::Stored(wait) => wait.clone(),
            Self::Off => Wait::Off,
        }
    }

    fn deliver(&mut self, answered: &Answered) -> bool {
        match self {
            Self::Call { call, given } if call.op == answered.op => {
                *given = Some(answered.answer.clone());
                true
            }
            Self::Node(node) => node.lock().deliver(answered),
            Self::Call { .. } | Self::Done(_) | Self::Stored(_) | Self::Off => false,
        }
    }
}
