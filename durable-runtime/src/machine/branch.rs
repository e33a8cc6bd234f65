//! Branches: parts of one function that are under way at the same time, inside one suspend point
//! that joins them. Each is a machine of its own, with a node below that of its parent.
//!
//! ```text
//!   fork ─ begin_at, start_branch ─▶ waits: [Begun, Fresh, Off]        in the arm
//!   leaf, branch (first poll)      ─▶ waits: [Call 1, Node, Off]       numbers in source order
//!   an answer, the end of a branch ─▶ waits: [Done, Node, Off]         what is stored meanwhile
//!   unfork                         ─▶ waits: []                        before the parent goes on
//! ```

use super::cx::{Cx, Saver};
use super::live::{Inlines, Live, too_deep};
use super::node::NodeRef;
use super::saved::{Answers, Awaits, Data};
use super::support::Ty;
use crate::codec;
use crate::codec::limits::INLINE_DEPTH_MAX;
use crate::frame::{Done, Frame, SavedLocal, Wait};
use crate::machine::Point;
use crate::operation::Resolution;
use crate::registry::WorkflowDef;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

/// How a branch is entered.
#[doc(hidden)]
#[derive(Debug)]
pub enum BranchEntry {
    /// At its beginning.
    Fresh,
    /// At the suspend point with this index.
    Resume(usize, Frame),
    /// It has ended.
    Done(Done),
    /// It takes no part, or this binary cannot go on with it.
    Off,
}

/// What the generated code calls where a function forks.
#[doc(hidden)]
impl Cx {
    /// The next suspend point has this many branches; none has begun.
    pub fn fork(&self, count: usize) {
        self.node().lock().waits = (0..count).map(|_| Live::Off).collect();
    }

    /// The branch is this operation. It is encoded now, and gets its number when it is first
    /// polled: in the order in which all branches begin.
    pub fn begin_at<O, T>(
        &self,
        index: usize,
        _: Answers<O, T>,
        awaits: Awaits<O, T>,
        operation: O,
    ) {
        match (awaits.begin)(operation, self.now()) {
            Ok(plan) => self.node().lock().waits[index] = Live::Begun(plan),
            Err(error) => self.block(None, &error),
        }
    }

    /// The branch is code, and takes part.
    pub fn start_branch(&self, index: usize) {
        self.node().lock().waits[index] = Live::Fresh;
    }

    /// Whether what is stored has as many branches as the code; else the machine is blocked.
    #[must_use]
    pub fn has_branches(&self, count: usize) -> bool {
        let found = self.node().lock().waits.len();
        if found != count {
            let error = format!("{found} branches are stored, and the code has {count}");
            self.block(None, &codec::Error::custom(error));
        }
        found == count
    }

    /// Whether the branch takes no part.
    #[must_use]
    pub fn is_off(&self, index: usize) -> bool {
        matches!(self.node().lock().waits[index], Live::Off)
    }

    /// The branches are joined, unless this binary cannot go on.
    pub fn goes_on(&self) -> Poll<()> {
        if self.is_resuming() {
            // Code may only go on when what it waits for has been taken out of the store.
            let error = "what is stored would be enough to go on, and was not when it was stored";
            self.block(None, &codec::Error::custom(error));
        }
        if self.is_blocked() {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    }

    /// All branches have ended, or are given up: what still runs is dropped from the tree.
    pub fn unfork(&self) {
        self.node().lock().waits.clear();
    }

    /// A variable that branch `index` has in its care: as the branch left it, or else what the
    /// parent holds. `None` blocks the machine.
    #[must_use]
    pub fn cared_for<T>(
        &self,
        index: usize,
        name: &str,
        saved: Data<T>,
        held: Option<T>,
    ) -> Option<T> {
        let node = self.node().lock();
        let stored = match node.waits.get(index) {
            Some(Live::Stored(wait)) => {
                let place = node.point.map(|fork| (fork, index));
                let found = place.and_then(|place| variable(node.def, place, wait, name));
                // A suspend point that is gone is told when the branch is entered.
                let own = || match wait {
                    Wait::Frame(frame) => frame.local(name),
                    _ => None,
                };
                found.or_else(own).map(<[u8]>::to_vec)
            }
            Some(Live::Done(done)) => local(&done.locals, name).map(<[u8]>::to_vec),
            _ => None,
        };
        drop(node);
        let value = match stored {
            Some(bytes) => saved.decode(&bytes).map(Some),
            None => Ok(held),
        };
        match value {
            Ok(Some(value)) => return Some(value),
            Ok(None) => self.block(
                Some(name),
                &codec::Error::custom("it is missing in the stored frame of its branch"),
            ),
            Err(error) => self.block(Some(name), &error),
        }
        None
    }

    /// Saves a variable again that branches share: it may have changed inside.
    pub fn save_again<T>(&self, name: &str, saved: Data<T>, value: &T) {
        match saved.encode(value) {
            Ok(value) => {
                let mut node = self.node().lock();
                if let Some(local) = node.locals.iter_mut().find(|l| l.name == name) {
                    local.value = value;
                }
            }
            Err(error) => self.block(Some(name), &error),
        }
    }

    /// A branch that is one operation: waits for its answer.
    pub async fn leaf<O, T>(&self, index: usize, awaits: Answers<O, T>) -> T {
        poll_fn(|_| match self.poll_leaf(index, awaits.inlines()) {
            Some(answer) if !self.is_blocked() => match (awaits.complete)(answer) {
                Ok(output) => Poll::Ready(output),
                Err(error) => {
                    self.block(Some("the awaited result"), &error);
                    Poll::Pending
                }
            },
            _ => Poll::Pending,
        })
        .await
    }

    /// The answer to the operation of a branch, kept until the branches are joined.
    fn poll_leaf(&self, index: usize, inlines: Inlines) -> Option<Resolution> {
        let wait = std::mem::replace(&mut self.node().lock().waits[index], Live::Off);
        let wait = match wait {
            Live::Begun(plan) => match Live::begin(self, plan) {
                Ok(live) => live,
                Err(error) => {
                    self.block(None, &error);
                    return None;
                }
            },
            Live::Stored(_) => match wait.enter(self, inlines) {
                Ok(live) => live,
                Err(blocked) => {
                    self.block_with(blocked);
                    return None;
                }
            },
            Live::Node(_) | Live::Fresh | Live::Off => {
                self.misfit(index, "an operation");
                return None;
            }
            other => other,
        };
        let mut answer = None;
        let wait = if wait.is_resolved(self) {
            answer = wait.into_resolution(self);
            Live::Done(Done {
                answer: answer.clone()?,
                locals: Vec::new(),
            })
        } else {
            wait
        };
        self.node().lock().waits[index] = wait;
        answer
    }

    fn misfit(&self, index: usize, what: &str) {
        let error = format!("what is stored for branch {index} does not fit the code: {what}");
        self.block(None, &codec::Error::custom(error));
    }

    /// Enters a branch that is code: at its beginning, or where the checkpoint left it.
    #[must_use]
    pub fn branch(&self, index: usize) -> (Self, BranchEntry) {
        let mut parent = self.node().lock();
        let (def, fork) = (parent.def, parent.point);
        let depth = parent.depth + 1;
        let child = NodeRef::new(def, depth);
        child.lock().outermost = parent.outermost;
        let cx = self.with_node(child.clone());
        let before = std::mem::replace(&mut parent.waits[index], Live::Node(child.clone()));
        let entry = match before {
            Live::Fresh if depth > INLINE_DEPTH_MAX => {
                drop(parent);
                self.block(None, &too_deep("a branch of `", def.name, depth));
                BranchEntry::Off
            }
            Live::Fresh => BranchEntry::Fresh,
            Live::Stored(Wait::Frame(mut frame)) => {
                let inside = fork.and_then(|fork| u16::try_from(fork).ok());
                let inside = inside.zip(u16::try_from(index).ok());
                let point = def
                    .points
                    .iter()
                    .position(|p| p.label == frame.label && p.parent == inside)
                    .filter(|_| inside.is_some() && frame.workflow == def.name);
                match point {
                    Some(point) => {
                        child.lock().restore(&mut frame);
                        BranchEntry::Resume(point, *frame)
                    }
                    None => {
                        drop(parent);
                        let what = format!("no await of it is labelled `{}`", frame.label);
                        self.misfit(index, &what);
                        BranchEntry::Off
                    }
                }
            }
            Live::Done(done) => {
                parent.waits[index] = Live::Done(done.clone());
                BranchEntry::Done(done)
            }
            _ => {
                drop(parent);
                self.misfit(index, "code with awaits of its own");
                BranchEntry::Off
            }
        };
        (cx, entry)
    }

    /// Opens the last state of a branch.
    #[must_use]
    pub fn last(&self) -> Saver {
        Saver {
            locals: Vec::new(),
            failed: None,
        }
    }

    /// Branch `index` has ended with this output. It is kept until the branches are joined.
    pub fn ended<T>(&self, index: usize, saver: Saver, saved: Data<T>, output: &T) {
        let answer = match (saver.failed, saved.encode(output)) {
            (None, Ok(bytes)) => Resolution::Returned(bytes),
            (Some((local, error)), _) => return self.block(Some(&local), &error),
            (None, Err(error)) => return self.block(Some("the output of a branch"), &error),
        };
        let locals = saver.locals;
        self.node().lock().waits[index] = Live::Done(Done { answer, locals });
    }
}

/// The output of a branch that has ended.
///
/// # Errors
/// When it does not decode.
pub fn finished_branch<T>(done: &Done, saved: Data<T>) -> Result<T, codec::Error> {
    match &done.answer {
        Resolution::Returned(bytes) => saved.decode(bytes),
        other => Err(codec::Error::custom(format!(
            "a branch cannot end with {other:?}"
        ))),
    }
}

/// Polls a branch that has not ended. Whether it has now.
pub fn step<F: Future>(
    future: Pin<&mut F>,
    output: &mut Option<F::Output>,
    context: &mut Context<'_>,
) -> bool {
    if output.is_none()
        && let Poll::Ready(value) = future.poll(context)
    {
        *output = Some(value);
    }
    output.is_some()
}

fn local<'a>(locals: &'a [SavedLocal], name: &str) -> Option<&'a [u8]> {
    let found = locals.iter().find(|l| l.name == name);
    found.map(|l| l.value.as_slice())
}

/// A variable in the care of the branch at this place of a fork, or of a branch inside it: the
/// innermost has the last value. A function that is awaited there may have a variable of the same
/// name, in the care of a branch of its own.
fn variable<'a>(
    def: &WorkflowDef,
    (fork, index): (usize, usize),
    wait: &'a Wait,
    name: &str,
) -> Option<&'a [u8]> {
    match wait {
        Wait::Frame(frame) => {
            let of = |p: &Point, fork: usize, index: usize| {
                let parent = p.parent.map(|(f, i)| (usize::from(f), usize::from(i)));
                parent == Some((fork, index))
            };
            let stands = |p: &Point| p.label == frame.label && of(p, fork, index);
            let point = def.points.iter().position(stands)?;
            // All that a fork waits for are its branches, also one without a suspend point.
            let forks = |p: &Point| p.parent.is_some_and(|(f, _)| usize::from(f) == point);
            let branches = def.points.iter().any(forks).then_some(&frame.waits);
            let mut waits = branches.into_iter().flatten().enumerate();
            let inside = waits.find_map(|(index, wait)| variable(def, (point, index), wait, name));
            let cares = |l: &u16| def.locals[usize::from(*l)].name == name;
            let own = def.points[point].locals.iter().any(cares);
            inside.or_else(|| own.then(|| frame.local(name)).flatten())
        }
        Wait::Done(done) => local(&done.locals, name),
        _ => None,
    }
}

/// In the twin: what a branch that is code gives. Never runs.
///
/// # Panics
/// If it runs: a bug in the macro.
#[expect(
    clippy::must_use_candidate,
    reason = "as must-use as the user's own value"
)]
pub fn joined<T>(_: Ty<T>, _: impl FnOnce() -> T) -> T {
    unreachable!("the twin of a workflow never runs")
}

/// Gives a type to the end of a branch. Never runs.
///
/// # Panics
/// If it runs: a bug in the macro.
#[must_use]
pub fn never_value<T>(_: Ty<T>) -> T {
    unreachable!("only its type is asked for")
}

/// A variable that an `async move` branch takes, and that something else needs too, is copied.
#[diagnostic::on_unimplemented(
    message = "an `async move` branch takes this `{Self}`, and it is needed elsewhere too",
    label = "taken by a branch, and needed by another one or after the branches",
    note = "clone it into a variable of the branch's own with `let` before, or leave out `move`",
    note = "code: durable D16"
)]
pub trait TakenTwice: Sized {
    /// The copy.
    #[must_use]
    fn taken(value: &Self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Copy> TakenTwice for T {
    fn taken(value: &T) -> T {
        *value
    }
}
