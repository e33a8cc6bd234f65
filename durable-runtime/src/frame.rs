//! The record that a workflow leaves at an await: everything another process needs to go on.
//!
//! A frame is self-describing and works by name: the workflow, the suspend point's label, each
//! saved local under its own name and encoded on its own, the operation that is awaited, and the
//! frames of branches that run inside. Bytes in, bytes out; nothing here knows user types.

use crate::operation::{Request, Resolution};
use serde::{Deserialize, Serialize};

/// One saved local: its name in the function and its encoded value ([`crate::codec`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedLocal {
    /// The local's stable name (`order`, `x#2`, `item.at`, `charge.arg0`).
    pub name: String,
    /// Its value, encoded by [`crate::codec::encode`].
    #[serde(with = "crate::codec::bytes")]
    pub value: Vec<u8>,
}

/// A workflow stopped at one suspend point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// The workflow's persistent name.
    pub workflow: String,
    /// The label of the suspend point at which it stopped.
    pub label: String,
    /// Digest of the label, the names and the shapes of the saved locals, by the binary that
    /// wrote it. It informs; whether the locals decode decides.
    pub fingerprint: u64,
    /// The locals that are needed after this await.
    pub locals: Vec<SavedLocal>,
    /// What is awaited; `None` for a frame that only joins its children.
    pub request: Option<Request>,
    /// The answer, if it is known already: the code could not go on with it (a panic, a type that
    /// does not fit), and it is kept so that the operation is not carried out again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Resolution>,
    /// Whether the code was told of a cancellation at an earlier await.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancelled: bool,
    /// Frames of the branches that run inside this await, in source order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Frame>,
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
}
