//! The live tree of a machine: one node for each function and branch that is stopped somewhere,
//! with what it waits for. Frames are made of it, and it is made of frames.

use super::cx::{Cx, Finished};
use super::live::Live;
use crate::frame::{Frame, SavedLocal};
use crate::machine::Description;
use crate::operation::Answered;
use crate::operation::lent::{LentPlace, Place};
use crate::registry::WorkflowDef;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One function or branch. Its future reads and writes it; so does whoever drives the machine,
/// never both at once.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) def: &'static WorkflowDef,
    pub(super) description: Option<Arc<Description>>,
    /// How many functions and branches stand around it.
    pub(super) depth: usize,
    /// It is the workflow itself or one of its branches, and no function that is awaited.
    pub(super) outermost: bool,
    /// The suspend point at which it stands; none before the first.
    pub(super) point: Option<usize>,
    /// The locals saved there.
    pub(super) locals: Vec<SavedLocal>,
    pub(super) waits: Vec<Live>,
    /// What the function that it begins to await is lent.
    pub(super) lent: Vec<LentPlace>,
    /// What the function that it awaited gave back of what it was lent, until it has been written
    /// to its places.
    pub(super) given_back: Vec<Place>,
    /// Something that it waits for has come since its future was polled.
    pub(super) woken: bool,
    /// What an `async` block that runs by itself has given.
    pub(super) given: Option<Finished>,
}

/// A node, shared by its future and the tree.
#[derive(Clone, Debug)]
pub(super) struct NodeRef(Arc<Mutex<Node>>);

impl NodeRef {
    pub(super) fn new(def: &'static WorkflowDef, depth: usize) -> Self {
        Self(Arc::new(Mutex::new(Node {
            def,
            description: None,
            depth,
            outermost: depth == 0,
            point: None,
            locals: Vec::new(),
            waits: Vec::new(),
            lent: Vec::new(),
            given_back: Vec::new(),
            woken: false,
            given: None,
        })))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Node> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Node {
    /// The place where it stands, for people: the label of its suspend point, after the name of
    /// the function if that is not the workflow itself.
    pub(super) fn place(&self) -> String {
        let label = self.point.map(|point| self.def.points[point].label);
        match label {
            _ if self.outermost => label.unwrap_or_default().to_owned(),
            Some(label) => format!("{}/{label}", self.def.name),
            None => self.def.name.to_owned(),
        }
    }

    /// Takes over what a stored frame waited for.
    pub(super) fn restore(&mut self, frame: &mut Frame) {
        self.locals.clone_from(&frame.locals);
        let waits = std::mem::take(&mut frame.waits);
        self.waits = waits.into_iter().map(Live::from_stored).collect();
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
    pub(super) fn deliver(&mut self, cx: &Cx, answered: &Answered) -> bool {
        let found = self.waits.iter_mut().any(|wait| wait.deliver(cx, answered));
        self.woken |= found;
        found
    }
}
