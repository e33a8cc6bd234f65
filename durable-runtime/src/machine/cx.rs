//! The channel between a machine and whoever drives it.

use crate::codec::{self, Args};
use crate::frame::{Checkpoint, Frame, SavedLocal};
use crate::id::Timestamp;
use crate::machine::aside::Aside;
use crate::machine::live::{Inlines, Live};
use crate::machine::node::NodeRef;
use crate::machine::spawned::Spawned;
use crate::machine::support::{Answers, Awaits, Data, Param};
use crate::machine::{Point, describe};
use crate::operation::Answered;
use crate::registry::WorkflowDef;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

/// How a machine is entered.
#[derive(Debug)]
pub enum Entry {
    /// At the beginning, with the encoded input.
    Fresh(Vec<u8>),
    /// At the suspend point with this index.
    Resume(usize, Frame),
    /// Only decode the frame of this suspend point and report what does not fit. No user code.
    Check(usize, Frame),
    /// Only name the types of the saved locals. No user code.
    Describe,
}

/// What a function returned.
#[derive(Debug)]
pub struct Finished {
    /// The encoded return value, or why it cannot be encoded.
    pub output: Result<Vec<u8>, codec::Error>,
    /// Whether it is an `Err`.
    pub failed: bool,
    /// Whether that may be tried again, if the workflow is.
    pub retryable: bool,
    /// The pause before that, if the error has chosen one.
    pub next_delay: Option<Duration>,
}

impl Finished {
    /// Says of an error whether and when the workflow is tried again.
    #[must_use]
    pub fn judged(self, fatal: bool, next_delay: Option<Duration>) -> Self {
        Self {
            retryable: !fatal,
            next_delay,
            ..self
        }
    }
}

/// Why this binary cannot go on with a workflow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct Blocked {
    /// The suspend point; empty before the first. In a function that is awaited inline, after the
    /// name of that function (`helper/charge`).
    pub label: String,
    /// The local, if one is to blame.
    pub local: Option<String>,
    /// What is wrong.
    pub error: String,
}

impl Blocked {
    fn sentence(&self) -> String {
        let place = if self.label.is_empty() {
            "input".into()
        } else {
            format!("await {}", self.label)
        };
        match &self.local {
            Some(local) => format!("{place}, local {local}: {}", self.error),
            None => format!("{place}: {}", self.error),
        }
    }
}

/// What [`Entry::Check`] and [`Entry::Describe`] say about one local.
#[derive(Debug)]
pub(super) enum Said {
    Problem {
        local: u16,
        error: codec::Error,
    },
    Type {
        local: u16,
        type_name: &'static str,
        shape: String,
    },
}

/// What all nodes of one machine share.
#[derive(Debug)]
pub(super) struct Shared {
    now: Timestamp,
    next_op: u64,
    blocked: Option<Blocked>,
    /// The machine is being made again: it only loads what was stored.
    resuming: bool,
    said: Vec<Said>,
    /// What [`Entry::Check`] says about the suspend point.
    inlines: Vec<Inlines>,
    pub(super) spawned: Spawned,
    pub(super) stirred: bool,
    pub(super) aside: Aside,
}

/// The context of one function or branch; only it or its driver runs at a time.
#[derive(Clone, Debug)]
pub struct Cx {
    shared: Arc<Mutex<Shared>>,
    node: NodeRef,
}

impl Cx {
    /// The context of a new machine.
    pub(super) fn new(def: &'static WorkflowDef) -> Self {
        let shared = Shared {
            now: Timestamp::default(),
            next_op: 1,
            blocked: None,
            resuming: false,
            said: Vec::new(),
            inlines: Vec::new(),
            spawned: Spawned::default(),
            stirred: false,
            aside: Aside::default(),
        };
        Self {
            shared: Arc::new(Mutex::new(shared)),
            node: NodeRef::new(def, 0),
        }
    }

    /// Takes over what a stored checkpoint waited for, out of its frame.
    pub(super) fn restore(&self, checkpoint: &Checkpoint, frame: &mut Frame) {
        let mut shared = self.shared();
        shared.next_op = checkpoint.next_op;
        shared.aside.published.clone_from(&checkpoint.published);
        drop(shared);
        self.node.lock().restore(frame);
    }

    /// The number of a new operation.
    pub(super) fn next_op(&self) -> u64 {
        let mut shared = self.shared();
        let op = shared.next_op;
        shared.next_op += 1;
        op
    }

    /// The context of a branch.
    pub(super) fn with_node(&self, node: NodeRef) -> Self {
        Self {
            shared: self.shared.clone(),
            node,
        }
    }

    pub(super) fn node(&self) -> &NodeRef {
        &self.node
    }

    /// The clock of this turn.
    pub(super) fn now(&self) -> Timestamp {
        self.shared().now
    }

    /// Whether operations have been spawned or cancelled since it was last asked.
    pub(super) fn was_stirred(&self) -> bool {
        std::mem::take(&mut self.shared().stirred)
    }

    pub(super) fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn def(&self) -> &'static WorkflowDef {
        self.node.lock().def
    }

    /// Hands answers to the operations that wait for them. An answer that nothing waits for any
    /// more is dropped.
    pub(super) fn deliver(&self, answers: &[Answered], now: Timestamp) {
        self.shared().now = now;
        for answered in answers {
            if !self.node.lock().deliver(self, answered) {
                self.deliver_spawned(answered);
            }
        }
    }

    pub(super) fn take_blocked(&self) -> Option<Blocked> {
        self.shared().blocked.take()
    }

    /// The tree as it stands, to be stored.
    pub(super) fn checkpoint(&self) -> Option<Checkpoint> {
        let frame = self.node.lock().frame()?;
        let spawned = self.stored_spawned();
        let shared = self.shared();
        Some(Checkpoint {
            frame,
            next_op: shared.next_op,
            cancelled: false,
            spawned,
            published: shared.aside.published.clone(),
        })
    }

    pub(super) fn take_said(&self) -> Vec<Said> {
        std::mem::take(&mut self.shared().said)
    }

    pub(super) fn take_inlines(&self) -> Vec<Inlines> {
        std::mem::take(&mut self.shared().inlines)
    }

    pub(super) fn say(&self, said: Said) {
        self.shared().said.push(said);
    }

    /// Notes at which suspend point the machine stands.
    pub(super) fn stands_at(&self, point: usize) {
        let mut node = self.node.lock();
        node.point = Some(point);
        let def = node.def;
        node.description.get_or_insert_with(|| describe(def));
    }

    pub(super) fn block(&self, local: Option<&str>, error: &codec::Error) {
        let label = self.node.lock().place();
        self.block_with(Blocked {
            label,
            local: local.map(str::to_owned),
            error: error.to_string(),
        });
    }

    /// Notes why the machine cannot go on. The first reason stands.
    pub(super) fn block_with(&self, blocked: Blocked) {
        self.shared().blocked.get_or_insert(blocked);
    }

    pub(super) fn set_resuming(&self, resuming: bool) {
        self.shared().resuming = resuming;
    }

    pub(super) fn is_resuming(&self) -> bool {
        self.shared().resuming
    }

    pub(super) fn is_blocked(&self) -> bool {
        self.shared().blocked.is_some()
    }
}

/// What the generated code calls.
#[doc(hidden)]
impl Cx {
    /// Registers the operation of the next suspend point. If it cannot be encoded, the machine is
    /// blocked.
    // Calls of this and its like stand in every arm: inlined there, they would be most of what an
    // optimised build compiles.
    #[inline(never)]
    pub fn begin<O, T>(&self, _: Answers<O, T>, awaits: Awaits<O, T>, operation: O) {
        let now = self.shared().now;
        self.node.lock().lent = (awaits.lent)(&operation);
        match (awaits.begin)(operation, now).and_then(|plan| Live::begin(self, plan)) {
            Ok(live) => {
                let mut node = self.node.lock();
                node.woken = live.is_resolved(self);
                node.waits = vec![live];
            }
            Err(error) => self.block(None, &error),
        }
    }

    /// Notes at which suspend point a resumed machine waits, and goes on with what it waits for.
    pub fn resumed(&self, point: usize, inlines: &[&[Inlines]]) {
        self.stands_at(point);
        let mut node = self.node.lock();
        let def = node.def;
        let joins = |p: &Point| p.parent.is_some_and(|(fork, _)| usize::from(fork) == point);
        if def.points.iter().any(joins) {
            // Each branch goes on by itself.
            return;
        }
        let stored = std::mem::take(&mut node.waits);
        drop(node);
        let mut waits = Vec::with_capacity(stored.len());
        for live in stored {
            match live.enter(self, inlines[point][0]) {
                Ok(live) => waits.push(live),
                Err(blocked) => self.block_with(blocked),
            }
        }
        self.node.lock().waits = waits;
    }

    /// Waits for the answer to the operation. The only wait in a machine without branches.
    pub async fn wait(&self) {
        poll_fn(|_| {
            let node = self.node.lock();
            let answered = node.waits.first().map(|live| live.is_resolved(self));
            if answered == Some(true) && !self.is_blocked() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// The typed answer to the operation. If it does not decode, the machine is unwound without
    /// a panic being reported: an exit from every arm instead would cost rustc a quarter more.
    ///
    /// # Panics
    /// Without an answer: a bug in the macro.
    #[must_use]
    #[inline(never)]
    pub fn complete<O, T>(&self, awaits: Answers<O, T>) -> T {
        let answer = self.node.lock().waits.pop();
        let answer = answer.and_then(|live| live.into_resolution(self));
        let answer = answer.expect("a machine goes on when there is an answer");
        let opened = (awaits.open)(answer).and_then(|(answer, places)| {
            self.node.lock().given_back = places;
            (awaits.complete)(answer)
        });
        match opened {
            Ok(output) => output,
            Err(error) => self.unwind("the awaited result", &error),
        }
    }

    /// Blocks the machine for what does not decode, and leaves it.
    pub(super) fn unwind(&self, what: &str, error: &codec::Error) -> ! {
        self.block(Some(what), error);
        std::panic::resume_unwind(Box::new("an answer does not decode"))
    }

    /// Opens the encoded input; `None` blocks the machine.
    #[must_use]
    pub fn arguments(&self, input: &[u8]) -> Option<Args> {
        match Args::open(input) {
            Ok(args) => Some(args),
            Err(error) => {
                self.refuse("input", &error);
                None
            }
        }
    }

    /// Decodes a parameter into its slot; answers false if it does not fit, and the machine is
    /// blocked.
    #[inline(never)]
    pub fn input<T>(
        &self,
        args: &mut Option<Args>,
        name: &'static str,
        param: Param<T>,
        into: &mut Option<T>,
    ) -> bool {
        let Some(args) = args else { return false };
        match param.get(args, name) {
            Ok(value) => *into = Some(value),
            Err(error) => self.refuse(name, &error),
        }
        into.is_some()
    }

    /// Notes that the input or a local cannot be decoded.
    pub fn refuse(&self, local: &str, error: &codec::Error) {
        self.block(Some(local), error);
    }

    /// Waits for ever: the driver has all it asked for.
    pub async fn never<T>(&self) -> T {
        std::future::pending().await
    }

    /// [`Entry::Check`]: which functions run inline at this suspend point.
    pub fn checked(&self, point: usize, inlines: &[&[Inlines]]) {
        self.shared().inlines = inlines[point].to_vec();
    }
}

/// Collects the locals of one frame.
#[doc(hidden)]
#[derive(Debug)]
pub struct Saver {
    pub(super) locals: Vec<SavedLocal>,
    pub(super) failed: Option<(String, codec::Error)>,
}

impl Saver {
    /// Encodes a variable that a branch has in its care.
    pub fn put_ref<T>(&mut self, name: &str, saved: Data<T>, value: &T) {
        match saved.encode(value) {
            Ok(value) => self.locals.push(SavedLocal {
                name: name.to_owned(),
                value,
            }),
            Err(error) => {
                self.failed.get_or_insert((name.to_owned(), error));
            }
        }
    }
}
