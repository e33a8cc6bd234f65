//! Branches: parts of one function that are under way at the same time, inside one suspend point
//! that joins them. Each is a machine of its own, with a node below that of its parent.

use super::cx::Cx;
use super::live::Live;
use super::node::NodeRef;
use crate::frame::{Done, Frame, Wait};

/// How a branch is entered.
#[doc(hidden)]
#[derive(Debug)]
pub enum BranchEntry {
    /// At its beginning.
    Fresh,
    /// At the suspend point with this label.
    Resume(Frame),
    /// It has ended.
    Done(Done),
    /// It takes no part.
    Off,
}

/// What the generated code calls.
#[doc(hidden)]
impl Cx {
    /// The suspend point has this many branches; none has begun.
    pub fn fork(&self, count: usize) {
        self.node().lock().waits = (0..count).map(|_| Live::Off).collect();
    }

    /// Enters a branch that is code: at its beginning if `fresh`, else where the checkpoint left
    /// it.
    #[must_use]
    pub fn branch(&self, index: usize, fresh: bool) -> (Self, BranchEntry) {
        let mut parent = self.node().lock();
        let child = NodeRef::new(parent.def, parent.depth + 1);
        let cx = self.with_node(child.clone());
        let before = std::mem::replace(&mut parent.waits[index], Live::Node(child.clone()));
        let entry = match before {
            Live::Stored(Wait::Frame(mut frame)) => {
                child.lock().restore(&mut frame);
                BranchEntry::Resume(*frame)
            }
            Live::Done(done) => {
                parent.waits[index] = Live::Done(done.clone());
                BranchEntry::Done(done)
            }
            Live::Off if fresh => BranchEntry::Fresh,
            other => {
                parent.waits[index] = other;
                BranchEntry::Off
            }
        };
        (cx, entry)
    }
}
