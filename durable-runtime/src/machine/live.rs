//! What a node waits for, as it is in memory.

use super::cx::{Blocked, Cx, Entry};
use super::node::NodeRef;
use crate::codec;
use crate::codec::limits::INLINE_DEPTH_MAX;
use crate::frame::{Call, Done, Frame, Wait};
use crate::machine::Point;
use crate::operation::{Answered, Plan, Resolution};
use crate::registry::{self, MachineFuture, WorkflowDef};

/// What a node waits for; see [`Wait`].
#[derive(Debug)]
pub(super) enum Live {
    /// An operation of the engine.
    Call {
        call: Call,
        /// The answer, once it has been delivered.
        given: Option<Resolution>,
    },
    /// A branch, whose future is a part of the node's own.
    Node(NodeRef),
    /// A function that is awaited.
    Inline(Inline),
    /// It has ended.
    Done(Done),
    /// Read from a stored frame, and not entered yet.
    Stored(Wait),
    /// An operation that begins when its branch is polled for the first time.
    Begun(Plan),
    /// A branch that is code and has not been entered.
    Fresh,
    /// Nothing: taken, or a branch that takes no part.
    Off,
}

/// A function that is awaited inside another: its node, and its future, which [`Cx::run`] polls.
pub(super) struct Inline {
    pub(super) node: NodeRef,
    pub(super) future: MachineFuture,
    /// It has been polled.
    pub(super) begun: bool,
}

impl std::fmt::Debug for Inline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Inline").field(&self.node).finish()
    }
}

/// Which function an awaited operation runs inline; `None` if only its name tells.
#[doc(hidden)]
pub type Inlines = fn() -> Option<&'static WorkflowDef>;

impl Live {
    /// What a plan comes to.
    pub(super) fn begin(cx: &Cx, plan: Plan) -> Result<Self, codec::Error> {
        match plan {
            Plan::Call(request) => Ok(Self::Call {
                call: Call {
                    op: cx.next_op(),
                    request,
                    answer: None,
                },
                given: None,
            }),
            Plan::Inline { def, input } => {
                let depth = cx.node().lock().depth + 1;
                if depth > INLINE_DEPTH_MAX {
                    return Err(codec::Error::custom(format_args!(
                        "`{}` is the {depth}th function inside another, and at most \
                         {INLINE_DEPTH_MAX} may be; does a recursion not end?",
                        def.name
                    )));
                }
                let node = NodeRef::new(def, depth);
                let future = (def.run)(cx.with_node(node.clone()), Entry::Fresh(input));
                Ok(Self::inline(node, future))
            }
        }
    }

    fn inline(node: NodeRef, future: MachineFuture) -> Self {
        Self::Inline(Inline {
            node,
            future,
            begun: false,
        })
    }

    pub(super) fn from_stored(wait: Wait) -> Self {
        match wait {
            Wait::Call(call) => Self::Call { call, given: None },
            Wait::Done(done) => Self::Done(done),
            Wait::Off => Self::Off,
            other => Self::Stored(other),
        }
    }

    /// Goes on with what was stored at an await whose operation runs these functions.
    pub(super) fn enter(self, cx: &Cx, inlines: Inlines) -> Result<Self, Blocked> {
        match self {
            Self::Stored(Wait::Frame(frame)) => resume(cx, *frame, inlines),
            Self::Stored(wait) => Err(Blocked {
                label: cx.node().lock().place(),
                local: None,
                error: format!("it waits for what this version does not know: {wait:?}"),
            }),
            other => Ok(other),
        }
    }

    pub(super) fn stored(&self) -> Wait {
        match self {
            Self::Call {
                given: Some(answer),
                ..
            } => Wait::Done(Done {
                answer: answer.clone(),
                locals: Vec::new(),
            }),
            Self::Call { call, .. } => Wait::Call(call.clone()),
            // One that has not reached its first suspend point has nothing to save.
            Self::Node(node) | Self::Inline(Inline { node, .. }) => node
                .lock()
                .frame()
                .map_or(Wait::Off, |frame| Wait::Frame(Box::new(frame))),
            Self::Done(done) => Wait::Done(done.clone()),
            Self::Stored(wait) => wait.clone(),
            Self::Begun(_) | Self::Fresh | Self::Off => Wait::Off,
        }
    }

    /// Hands an answer to the operation that waits for it.
    pub(super) fn deliver(&mut self, answered: &Answered) -> bool {
        match self {
            Self::Call { call, given } if call.op == answered.op => {
                *given = Some(answered.answer.clone());
                true
            }
            Self::Node(node) | Self::Inline(Inline { node, .. }) => node.lock().deliver(answered),
            Self::Call { .. }
            | Self::Done(_)
            | Self::Stored(_)
            | Self::Begun(_)
            | Self::Fresh
            | Self::Off => false,
        }
    }

    /// Whether there is an answer.
    pub(super) fn is_resolved(&self) -> bool {
        match self {
            Self::Call { given, .. } => given.is_some(),
            Self::Done(_) => true,
            Self::Node(_)
            | Self::Inline(_)
            | Self::Stored(_)
            | Self::Begun(_)
            | Self::Fresh
            | Self::Off => false,
        }
    }

    /// The answer, if there is one.
    pub(super) fn into_resolution(self) -> Option<Resolution> {
        match self {
            Self::Call { given, .. } => given,
            Self::Done(done) => Some(done.answer),
            Self::Node(_)
            | Self::Inline(_)
            | Self::Stored(_)
            | Self::Begun(_)
            | Self::Fresh
            | Self::Off => None,
        }
    }
}

/// A function that was awaited, where its frame left it.
fn resume(cx: &Cx, mut frame: Frame, inlines: Inlines) -> Result<Live, Blocked> {
    let blocked = |error: String| Blocked {
        label: format!("{}/{}", frame.workflow, frame.label),
        local: None,
        error,
    };
    let def = definition(&frame.workflow, inlines).map_err(blocked)?;
    let stands = |p: &Point| p.label == frame.label && p.parent.is_none();
    let point = def.points.iter().position(stands);
    let point = point.ok_or_else(|| {
        blocked(format!(
            "this binary has no suspend point of that name in `{}`",
            def.name
        ))
    })?;
    let node = NodeRef::new(def, cx.node().lock().depth + 1);
    node.lock().restore(&mut frame);
    let future = (def.run)(cx.with_node(node.clone()), Entry::Resume(point, frame));
    Ok(Live::inline(node, future))
}

/// The function called `name` that is awaited inline.
pub(super) fn definition(name: &str, inlines: Inlines) -> Result<&'static WorkflowDef, String> {
    if let Some(def) = inlines() {
        return if def.name == name {
            Ok(def)
        } else {
            Err(format!("what is awaited there is now `{}`", def.name))
        };
    }
    registry::workflow(name).ok_or_else(|| format!("this binary has no workflow `{name}`"))
}

/// Nothing runs inline at a suspend point that joins branches: each branch knows its own.
#[doc(hidden)]
#[must_use]
pub fn no_inline() -> Option<&'static WorkflowDef> {
    None
}
