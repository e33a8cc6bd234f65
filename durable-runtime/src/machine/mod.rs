//! A workflow function in memory: the state machine that `#[workflow]` made, driven one turn at
//! a time.
//!
//! ```text
//!   input ──────start──▶ Machine ──turn──▶ Suspended(checkpoint)  ──store──▶ …
//!   checkpoint ─resume─▶ Machine ──turn(answers)──▶ Suspended(next) | Finished(output)
//! ```
//!
//! A turn is synchronous: it runs user code from one await to the next and never waits. The
//! machine is dropped freely between turns; a checkpoint is all that is needed to make it again.

mod aside;
mod attempt;
mod block;
mod borrow;
mod branch;
mod captured;
mod closure;
mod constants;
mod copied;
pub(crate) mod current;
mod cx;
mod describe;
mod found_loop;
mod give_back;
mod hashed;
mod kept;
mod lent;
mod limit;
mod live;
mod lookup;
pub(crate) mod meaning;
mod moved;
mod node;
mod number;
mod owners;
mod point;
mod rest;
mod run;
mod saved;
mod source;
mod spawned;
pub mod support;
mod value;
mod values;

pub use aside::Aside;
pub use branch::BranchEntry;
pub use cx::{Blocked, Cx, Entry, Finished};
pub use describe::{
    Description, LocalDescription, Problem, check, check_spawned, describe, fingerprint,
};
pub use point::{Local, Origin, Point};

use crate::frame::Checkpoint;
use crate::id::Timestamp;
use crate::operation::Answered;
use crate::registry::{MachineFuture, WorkflowDef};
use serde::{Deserialize, Serialize};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll, Waker};

/// What may live across an await: plain data. Implemented for every type with serde's two traits
/// that owns what it holds; string constants (`&'static str`) count as data.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored: it is not plain data",
    label = "inputs and results of workflows and activities are stored",
    note = "`#[derive(Serialize, Deserialize)]` on the type, with owned fields",
    note = "for an error of another crate use `durable_runtime::Error`, which keeps its message and its causes",
    note = "code: durable D03"
)]
pub trait Durable: Serialize + Deserialize<'static> + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + Deserialize<'static> + Send + 'static> Durable for T {}

/// How a turn ended.
#[derive(Debug)]
pub enum Turn {
    /// At the next await, or several. The checkpoint (with its requests) is to be stored before a
    /// new request begins.
    Suspended(Checkpoint),
    /// The function returned.
    Finished(Finished),
    /// This binary cannot go on with this workflow; nothing was lost.
    Blocked(Blocked),
    /// User code panicked with this message; make the machine again from the last frame.
    Panicked(String),
}

/// A workflow in memory.
pub struct Machine {
    cx: Cx,
    future: MachineFuture,
    /// The future has been polled.
    begun: bool,
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine")
            .field("workflow", &self.cx.def().name)
            .finish_non_exhaustive()
    }
}

impl Machine {
    /// A machine at its beginning; the first [`turn`](Self::turn) takes no answers.
    #[must_use]
    pub fn start(def: &'static WorkflowDef, input: Vec<u8>) -> Self {
        let cx = Cx::new(def);
        let future = (def.run)(cx.clone(), Entry::Fresh(input));
        Self::new(cx, future)
    }

    fn new(cx: Cx, future: MachineFuture) -> Self {
        let begun = false;
        Self { cx, future, begun }
    }

    /// A machine where `checkpoint` was made; the first turn takes the first answers.
    ///
    /// # Errors
    /// When this binary lacks the suspend point or a local does not decode.
    pub fn resume(def: &'static WorkflowDef, checkpoint: &Checkpoint) -> Result<Self, Blocked> {
        let mut frame = checkpoint.frame.clone();
        let Some(point) = def.outermost(&frame.label) else {
            return Err(Blocked {
                label: frame.label,
                local: None,
                error: format!(
                    "this binary has no suspend point of that name in `{}`",
                    def.name
                ),
            });
        };
        let cx = Cx::new(def);
        cx.restore(checkpoint, &mut frame);
        cx.set_resuming(true);
        let future = (def.run)(cx.clone(), Entry::Resume(point, frame));
        cx.restore_spawned(checkpoint)?;
        let mut machine = Self::new(cx, future);
        // The first poll of each function loads its locals and stops at its suspend point.
        let poll = machine.poll();
        machine.cx.set_resuming(false);
        match poll {
            Poll::Pending => match machine.cx.take_blocked() {
                Some(blocked) => Err(blocked),
                None => Ok(machine),
            },
            Poll::Ready(_) => unreachable!("a resumed machine waits for an answer"),
        }
    }

    /// Goes on with these answers, until all that runs waits again, or to the end. `now` is the
    /// clock that timers begun in this turn count from.
    pub fn turn(&mut self, answers: &[Answered], now: Timestamp) -> Turn {
        self.cx.deliver(answers, now);
        match catch_unwind(AssertUnwindSafe(|| self.poll())) {
            Err(panic) => match self.cx.take_blocked() {
                // Not the user's panic: see `Cx::complete`.
                Some(blocked) => Turn::Blocked(blocked),
                None => Turn::Panicked(panic_message(&*panic)),
            },
            Ok(Poll::Ready(finished)) => Turn::Finished(finished),
            Ok(Poll::Pending) => {
                if let Some(blocked) = self.cx.take_blocked() {
                    return Turn::Blocked(blocked);
                }
                match self.cx.checkpoint() {
                    Some(checkpoint) => Turn::Suspended(checkpoint),
                    None => unreachable!("a machine only waits at its suspend points"),
                }
            }
        }
    }

    /// What the code has said in its last turn, with all published values if it is `over`.
    pub fn take_aside(&mut self, over: bool) -> Aside {
        self.cx.take_aside(over)
    }

    /// Polls the workflow whenever something has come that it waits for.
    fn poll(&mut self) -> Poll<Finished> {
        let cx = self.cx.clone();
        current::with(&cx, || self.poll_here())
    }

    fn poll_here(&mut self) -> Poll<Finished> {
        loop {
            let woken = self.cx.run();
            if self.cx.is_blocked() || (self.begun && !woken) {
                return Poll::Pending;
            }
            self.begun = true;
            let mut context = Context::from_waker(Waker::noop());
            if let Poll::Ready(finished) = self.future.as_mut().poll(&mut context) {
                return Poll::Ready(finished);
            }
        }
    }
}

/// The text of a panic.
#[must_use]
pub fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    if let Some(text) = panic.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = panic.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic without a message".to_owned()
    }
}
