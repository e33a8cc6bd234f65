//! What a node waits for, as it is in memory.

use super::cx::{Blocked, Cx, Entry};
use super::node::NodeRef;
use crate::codec;
use crate::codec::limits::INLINE_DEPTH_MAX;
use crate::frame::{Call, Done, Frame, Wait};
use crate::operation::{Answered, Plan, Request, Resolution};
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
    All(Vec<Live>),
    TryAll(Vec<Live>),
    Race(Vec<Live>),
    Shield(Box<Live>),
    Spawned(u64),
    FirstOf(Vec<u64>),
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
        let all = |plans: Vec<Plan>| {
            let plans = plans.into_iter();
            plans.map(|p| Self::begin(cx, p)).collect::<Result<_, _>>()
        };
        Ok(match plan {
            Plan::Call(request) => Self::call(cx, request),
            Plan::All(plans) => Self::All(all(plans)?),
            Plan::TryAll(plans) => Self::TryAll(all(plans)?),
            Plan::Race(plans) => Self::Race(all(plans)?),
            Plan::Shield(plan) => Self::Shield(Box::new(Self::begin(cx, *plan)?)),
            Plan::Spawned(op) => Self::Spawned(op),
            Plan::FirstOf(ops) => Self::FirstOf(ops),
            Plan::Inline { def, input } => {
                let depth = cx.node().lock().depth + 1;
                if depth > INLINE_DEPTH_MAX {
                    return Err(too_deep("`", def.name, depth));
                }
                let node = NodeRef::new(def, depth);
                let future = (def.run)(cx.with_node(node.clone()), Entry::Fresh(input));
                Self::inline(node, future)
            }
        })
    }

    fn call(cx: &Cx, request: Request) -> Self {
        Self::Call {
            call: Call {
                op: cx.next_op(),
                request,
                answer: None,
            },
            given: None,
        }
    }

    fn inline(node: NodeRef, future: MachineFuture) -> Self {
        Self::Inline(Inline {
            node,
            future,
            begun: false,
        })
    }

    pub(super) fn done(answer: Resolution) -> Self {
        Self::Done(Done {
            answer,
            locals: Vec::new(),
        })
    }

    pub(super) fn from_stored(wait: Wait) -> Self {
        match wait {
            Wait::Call(call) => Self::Call { call, given: None },
            Wait::Done(done) => Self::Done(done),
            Wait::Spawned(op) => Self::Spawned(op),
            Wait::FirstOf(ops) => Self::FirstOf(ops),
            Wait::Off => Self::Off,
            other => Self::Stored(other),
        }
    }

    /// Goes on with what was stored at an await whose operation runs these functions.
    pub(super) fn enter(self, cx: &Cx, inlines: Inlines) -> Result<Self, Blocked> {
        let Self::Stored(wait) = self else {
            return Ok(self);
        };
        let all = |waits: Vec<Wait>| -> Result<Vec<_>, Blocked> {
            let waits = waits.into_iter().map(Self::from_stored);
            waits.map(|live| live.enter(cx, inlines)).collect()
        };
        Ok(match wait {
            Wait::Frame(frame) => resume(cx, *frame, inlines)?,
            Wait::All(waits) => Self::All(all(waits)?),
            Wait::TryAll(waits) => Self::TryAll(all(waits)?),
            Wait::Race(waits) => Self::Race(all(waits)?),
            Wait::Shield(wait) => {
                let inside = Self::from_stored(*wait).enter(cx, inlines)?;
                Self::Shield(Box::new(inside))
            }
            other => Self::from_stored(other),
        })
    }

    pub(super) fn stored(&self) -> Wait {
        let all = |lives: &[Self]| lives.iter().map(Self::stored).collect();
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
            Self::All(lives) => Wait::All(all(lives)),
            Self::TryAll(lives) => Wait::TryAll(all(lives)),
            Self::Race(lives) => Wait::Race(all(lives)),
            Self::Shield(live) => Wait::Shield(Box::new(live.stored())),
            Self::Spawned(op) => Wait::Spawned(*op),
            Self::FirstOf(ops) => Wait::FirstOf(ops.clone()),
            Self::Done(done) => Wait::Done(done.clone()),
            Self::Stored(wait) => wait.clone(),
            Self::Begun(_) | Self::Fresh | Self::Off => Wait::Off,
        }
    }

    /// Hands an answer to the operation that waits for it.
    pub(super) fn deliver(&mut self, cx: &Cx, answered: &Answered) -> bool {
        match self {
            Self::Call { call, given } if call.op == answered.op => {
                *given = Some(answered.answer.clone());
                true
            }
            Self::Node(node) | Self::Inline(Inline { node, .. }) => {
                node.lock().deliver(cx, answered)
            }
            Self::All(lives) | Self::TryAll(lives) => {
                lives.iter_mut().any(|live| live.deliver(cx, answered))
            }
            Self::Race(lives) => {
                let found = lives.iter_mut().position(|l| l.deliver(cx, answered));
                if let Some(ends @ 1..) = found {
                    lives[ends].hold(cx);
                }
                found.is_some()
            }
            Self::Shield(live) => live.deliver(cx, answered),
            Self::Call { .. }
            | Self::Spawned(_)
            | Self::FirstOf(_)
            | Self::Done(_)
            | Self::Stored(_)
            | Self::Begun(_)
            | Self::Fresh
            | Self::Off => false,
        }
    }

    /// What puts an end to another operation was cancelled together with it. It still holds for
    /// what that one awaits to clean up, and begins again, for the same time, as a new operation.
    fn hold(&mut self, cx: &Cx) {
        if let Self::Call {
            call,
            given: Some(Resolution::Cancelled),
        } = self
        {
            *self = Self::call(cx, call.request.clone());
        }
    }

    /// Cancels whatever is under way in it.
    pub(super) fn cancel(&mut self) {
        match self {
            Self::Call { given, .. } => {
                given.get_or_insert(Resolution::Cancelled);
            }
            Self::Node(node) | Self::Inline(Inline { node, .. }) => {
                let mut node = node.lock();
                node.waits.iter_mut().for_each(Self::cancel);
                node.woken = true;
            }
            Self::All(lives) | Self::TryAll(lives) => lives.iter_mut().for_each(Self::cancel),
            Self::Race(lives) => lives.iter_mut().take(1).for_each(Self::cancel),
            // What is shielded goes on.
            _ => {}
        }
    }

    /// The parts of a composite.
    pub(super) fn parts(&mut self) -> &mut [Self] {
        match self {
            Self::All(lives) | Self::TryAll(lives) | Self::Race(lives) => lives,
            _ => &mut [],
        }
    }

    /// Whether there is an answer.
    pub(super) fn is_resolved(&self, cx: &Cx) -> bool {
        let resolved = |live: &Self| live.is_resolved(cx);
        match self {
            Self::Call { given, .. } => given.is_some(),
            Self::Done(_) => true,
            Self::All(lives) => lives.iter().all(resolved),
            Self::TryAll(lives) => {
                lives.iter().any(|live| live.is_failure(cx)) || lives.iter().all(resolved)
            }
            Self::Race(lives) => lives.iter().any(resolved),
            Self::Shield(live) => live.is_resolved(cx),
            Self::Spawned(op) => cx.has_ended(*op),
            Self::FirstOf(ops) => ops.is_empty() || ops.iter().any(|op| cx.has_ended(*op)),
            Self::Node(_)
            | Self::Inline(_)
            | Self::Stored(_)
            | Self::Begun(_)
            | Self::Fresh
            | Self::Off => false,
        }
    }

    /// Whether there is an answer, and it is a failure.
    fn is_failure(&self, cx: &Cx) -> bool {
        match self {
            Self::Call { given, .. } => given.as_ref().is_some_and(Resolution::is_failure),
            Self::Done(done) => done.answer.is_failure(),
            Self::TryAll(lives) => lives.iter().any(|live| live.is_failure(cx)),
            Self::Race(lives) => {
                self.is_resolved(cx) && !lives.first().is_some_and(|live| live.is_resolved(cx))
            }
            Self::Shield(live) => live.is_failure(cx),
            Self::Spawned(op) => cx.has_failed(*op),
            _ => false,
        }
    }

    /// The answer, if there is one.
    pub(super) fn into_resolution(self, cx: &Cx) -> Option<Resolution> {
        match self {
            Self::Call { given, .. } => given,
            Self::Done(done) => Some(done.answer),
            Self::All(lives) => all(lives, cx),
            Self::TryAll(mut lives) => match lives.iter().position(|live| live.is_failure(cx)) {
                Some(at) => {
                    let failure = lives.swap_remove(at).into_resolution(cx)?;
                    Some(Resolution::FirstFailure(Box::new(failure)))
                }
                None => all(lives, cx),
            },
            Self::Race(mut lives) => {
                let index = lives.iter().position(|live| live.is_resolved(cx))?;
                let answer = Box::new(lives.swap_remove(index).into_resolution(cx)?);
                Some(Resolution::Won { index, answer })
            }
            Self::Shield(live) => live.into_resolution(cx),
            Self::Spawned(op) => cx.take_ended(&[op]).map(|(_, answer)| answer),
            Self::FirstOf(ops) if ops.is_empty() => Some(Resolution::All(Vec::new())),
            Self::FirstOf(ops) => cx.take_ended(&ops).map(|(index, answer)| Resolution::Won {
                index,
                answer: Box::new(answer),
            }),
            Self::Node(_)
            | Self::Inline(_)
            | Self::Stored(_)
            | Self::Begun(_)
            | Self::Fresh
            | Self::Off => None,
        }
    }
}

fn all(lives: Vec<Live>, cx: &Cx) -> Option<Resolution> {
    let answers = lives.into_iter().map(|live| live.into_resolution(cx));
    answers.collect::<Option<_>>().map(Resolution::All)
}

/// A function that was awaited, where its frame left it.
fn resume(cx: &Cx, mut frame: Frame, inlines: Inlines) -> Result<Live, Blocked> {
    let blocked = |error: String| Blocked {
        label: format!("{}/{}", frame.workflow, frame.label),
        local: None,
        error,
    };
    let def = definition(&frame.workflow, inlines).map_err(blocked)?;
    let point = def.outermost(&frame.label);
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

/// What nests too deep for a checkpoint.
pub(super) fn too_deep(what: &str, name: &str, depth: usize) -> codec::Error {
    codec::Error::custom(format_args!(
        "{what}{name}` would be the {depth}th function inside another, and at most \
         {INLINE_DEPTH_MAX} may be; does a recursion not end?"
    ))
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
    registry::inline(name).ok_or_else(|| format!("this binary has no workflow `{name}`"))
}

/// Nothing runs inline at a suspend point that joins branches: each branch knows its own.
#[doc(hidden)]
#[must_use]
pub fn no_inline() -> Option<&'static WorkflowDef> {
    None
}
