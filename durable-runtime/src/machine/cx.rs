//! The channel between a machine and whoever drives it.

use crate::codec;
use crate::frame::{Frame, SavedLocal};
use crate::id::Timestamp;
use crate::machine::support::{Answers, Awaits, Data};
use crate::operation::{Request, Resolution};
use crate::registry::WorkflowDef;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

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
}

/// Why this binary cannot go on with a workflow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct Blocked {
    /// The suspend point; empty before the first.
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

#[derive(Debug)]
struct Inner {
    def: &'static WorkflowDef,
    now: Timestamp,
    request: Option<Request>,
    resolution: Option<Resolution>,
    frame: Option<Frame>,
    blocked: Option<Blocked>,
    said: Vec<Said>,
    point: usize,
}

/// Shared by a machine and its driver; only one of them runs at a time.
#[derive(Clone, Debug)]
pub struct Cx(Arc<Mutex<Inner>>);

impl Cx {
    pub(super) fn new(def: &'static WorkflowDef) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            def,
            now: Timestamp::default(),
            request: None,
            resolution: None,
            frame: None,
            blocked: None,
            said: Vec::new(),
            point: usize::MAX,
        })))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn def(&self) -> &'static WorkflowDef {
        self.inner().def
    }

    pub(super) fn deliver(&self, resolution: Option<Resolution>, now: Timestamp) {
        let mut inner = self.inner();
        inner.resolution = resolution;
        inner.now = now;
    }

    pub(super) fn take_blocked(&self) -> Option<Blocked> {
        self.inner().blocked.take()
    }

    pub(super) fn take_frame(&self) -> Option<Frame> {
        self.inner().frame.take()
    }

    pub(super) fn take_said(&self) -> Vec<Said> {
        std::mem::take(&mut self.inner().said)
    }

    fn block(&self, local: Option<&str>, error: &codec::Error) {
        let mut inner = self.inner();
        let label = inner
            .def
            .points
            .get(inner.point)
            .map_or("", |p| p.label)
            .to_owned();
        inner.blocked = Some(Blocked {
            label,
            local: local.map(str::to_owned),
            error: error.to_string(),
        });
    }
}

/// What the generated code calls.
#[doc(hidden)]
impl Cx {
    /// Registers the operation of the next suspend point. If it cannot be encoded, the machine is
    /// blocked, and [`suspend`](Self::suspend) gives no frame.
    pub fn begin<O, T>(&self, _: Answers<O, T>, awaits: Awaits<O, T>, operation: O) {
        let now = self.inner().now;
        match (awaits.begin)(operation, now) {
            Ok(request) => self.inner().request = Some(request),
            Err(error) => self.block(None, &error),
        }
    }

    /// Opens the frame of suspend point `point`.
    #[must_use]
    pub fn frame(&self, point: usize) -> Saver {
        let mut inner = self.inner();
        inner.point = point;
        let def = inner.def;
        Saver {
            frame: Frame {
                workflow: def.name.to_owned(),
                label: def.points[point].label.to_owned(),
                fingerprint: 0,
                locals: Vec::with_capacity(def.points[point].locals.len()),
                request: inner.request.take(),
                answer: None,
                cancelled: false,
                children: Vec::new(),
            },
            failed: None,
        }
    }

    /// Hands the frame to the driver.
    pub fn suspend(&self, saver: Saver) {
        match saver.failed {
            Some((local, error)) => self.block(Some(&local), &error),
            None => {
                let mut inner = self.inner();
                if inner.blocked.is_none() {
                    inner.frame = Some(saver.frame);
                }
            }
        }
    }

    /// Notes at which suspend point a resumed machine waits.
    pub fn resumed(&self, point: usize) {
        self.inner().point = point;
    }

    /// Waits for the resolution. The only wait in a machine.
    pub async fn wait(&self) {
        poll_fn(|_| {
            let inner = self.inner();
            if inner.resolution.is_some() && inner.blocked.is_none() {
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
    pub fn complete<O, T>(&self, awaits: Answers<O, T>) -> T {
        let resolution = self.inner().resolution.take();
        let resolution = resolution.expect("a machine goes on when there is an answer");
        match (awaits.complete)(resolution) {
            Ok(output) => output,
            Err(error) => {
                self.block(Some("the awaited result"), &error);
                std::panic::resume_unwind(Box::new("the awaited result does not decode"))
            }
        }
    }

    /// Notes that the input or a local cannot be decoded.
    pub fn refuse(&self, local: &str, error: &codec::Error) {
        self.block(Some(local), error);
    }

    /// Waits for ever: the driver has all it asked for.
    pub async fn never<T>(&self) -> T {
        std::future::pending().await
    }

    /// [`Entry::Check`]: this local does not decode.
    pub fn problem(&self, local: u16, error: codec::Error) {
        self.inner().said.push(Said::Problem { local, error });
    }

    /// [`Entry::Describe`]: the type of this local.
    pub fn tell<T>(&self, local: u16, saved: Data<T>) {
        let (type_name, shape) = (std::any::type_name::<T>(), saved.shape());
        self.inner().said.push(Said::Type {
            local,
            type_name,
            shape,
        });
    }
}

/// Collects the locals of one frame.
#[doc(hidden)]
#[derive(Debug)]
pub struct Saver {
    frame: Frame,
    failed: Option<(String, codec::Error)>,
}

impl Saver {
    /// Encodes the local in `slot`.
    ///
    /// # Panics
    /// When the slot is empty: a bug in the macro, since a live local is initialised.
    pub fn put<T>(&mut self, name: &str, saved: Data<T>, slot: &Option<T>) {
        let value = slot.as_ref().expect("a live local is initialised");
        match saved.encode(value) {
            Ok(value) => self.frame.locals.push(SavedLocal {
                name: name.to_owned(),
                value,
            }),
            Err(error) => {
                self.failed.get_or_insert((name.to_owned(), error));
            }
        }
    }
}

/// Decodes the local called `name` from a frame.
#[doc(hidden)]
pub fn get<T>(frame: &Frame, name: &str, saved: Data<T>) -> Result<T, codec::Error> {
    match frame.local(name) {
        Some(bytes) => saved.decode(bytes),
        None => Err(codec::Error::custom("it is missing in the stored frame")),
    }
}
