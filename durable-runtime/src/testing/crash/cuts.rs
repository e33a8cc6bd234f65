//! Counts the writes of workers, and ends a worker's life at one of them.

use super::super::ends::Ends;
use super::super::life::Life;
use super::report::When;
use crate::frame::Checkpoint;
use crate::id::RunId;
use crate::store::{AttemptOf, Write};
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// What a write records, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct What {
    pub(super) text: String,
    /// The awaits that it records: `workflow/label`.
    pub(super) awaits: Vec<String>,
    /// A workflow waits for several things at a time.
    pub(super) concurrent: bool,
}

/// Where the crash is to come, and what has been written.
#[derive(Debug, Default)]
pub(in super::super) struct Cuts {
    plan: Plan,
    state: Mutex<State>,
    bell: Notify,
}

#[derive(Debug, Default)]
enum Plan {
    /// Nobody asks.
    #[default]
    Off,
    Count,
    Cut(usize, When),
}

#[derive(Debug, Default)]
struct State {
    writes: Vec<What>,
    fired: Option<What>,
    dead: Option<Arc<Life>>,
}

impl Cuts {
    pub(super) fn counting() -> Self {
        Self {
            plan: Plan::Count,
            ..Self::default()
        }
    }

    pub(super) fn at(number: usize, when: When) -> Self {
        Self {
            plan: Plan::Cut(number, when),
            ..Self::default()
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next write; if its turn has come, its worker's life ends and the answer says on which
    /// side of the write.
    pub(in super::super) async fn next(
        &self,
        life: &Arc<Life>,
        what: impl Future<Output = What>,
    ) -> Option<When> {
        if matches!(self.plan, Plan::Off) {
            return None;
        }
        let what = what.await;
        let mut state = self.state();
        let number = state.writes.len();
        state.writes.push(what.clone());
        let Plan::Cut(at, when) = self.plan else {
            return None;
        };
        if number != at {
            return None;
        }
        state.fired = Some(what);
        if when == When::Before {
            self.kill(&mut state, life);
        }
        Some(when)
    }

    /// The write after which the worker is to die has been made.
    pub(in super::super) fn made(&self, life: &Arc<Life>) {
        self.kill(&mut self.state(), life);
    }

    fn kill(&self, state: &mut State, life: &Arc<Life>) {
        life.end();
        state.dead = Some(life.clone());
        self.bell.notify_one();
    }

    /// Waits for the end of a life.
    pub(super) async fn dead(&self) -> Arc<Life> {
        loop {
            if let Some(life) = self.state().dead.take() {
                return life;
            }
            self.bell.notified().await;
        }
    }

    /// The write at which a worker has died, if one has.
    pub(super) fn fired(&self) -> Option<What> {
        self.state().fired.clone()
    }

    pub(super) fn writes(&self) -> Vec<What> {
        self.state().writes.clone()
    }
}

impl What {
    /// A write that records no await.
    pub(in super::super) fn other(text: impl Into<String>) -> Ready<Self> {
        ready(Self {
            text: text.into(),
            ..Self::default()
        })
    }

    /// One transaction of a worker.
    pub(in super::super) async fn commit(ends: &Ends, writes: Arc<[Write]>) -> Self {
        let mut all = Self::default();
        let mut texts: Vec<String> = Vec::new();
        for write in &*writes {
            let (id, workflow) = names(ends, write.run(), &writes).await;
            let text = match write {
                Write::Start(_) => "the start".to_owned(),
                Write::Step(step) if step.frame.is_none() => continue,
                Write::Step(step) => {
                    all.awaits.push(format!("{workflow}/{}", step.label));
                    all.concurrent |= several(step.frame.as_deref());
                    format!("the await `{}` (step {})", step.label, step.seq)
                }
                Write::Attempt(failed) => match failed.of {
                    AttemptOf::Activity { .. } => {
                        format!("the failure of attempt {} of an activity", failed.attempt)
                    }
                    AttemptOf::Workflow { .. } => "a panic".to_owned(),
                },
                Write::Task(_) => "an activity for another queue".to_owned(),
                Write::Note(_) => "a sign of life of an activity".to_owned(),
                Write::Park(park) if records_await(&writes, park.run) => continue,
                Write::Park(_) => "the parking".to_owned(),
                Write::End(_) => "the end".to_owned(),
            };
            texts.push(format!("{text} of `{id}`"));
        }
        all.text = if texts.is_empty() {
            "a sign of life".to_owned()
        } else {
            texts.join(" and ")
        };
        all
    }
}

/// Id and function of a run, which may be started by these very writes.
async fn names(ends: &Ends, run: RunId, writes: &[Write]) -> (String, String) {
    let born = writes.iter().find_map(|write| match write {
        Write::Start(new) if new.run == run => Some((new.id.to_string(), new.workflow.clone())),
        _ => None,
    });
    if let Some(names) = born {
        return names;
    }
    match ends.record(run).await {
        Ok(Some(record)) => (record.id.to_string(), record.workflow),
        _ => (run.to_string(), String::new()),
    }
}

/// Whether these writes record an await of this run.
fn records_await(writes: &[Write], run: RunId) -> bool {
    let of_run = |write: &Write| matches!(write, Write::Step(step) if step.run == run);
    writes.iter().any(of_run)
}

/// Whether several operations are under way in this frame.
fn several(frame: Option<&[u8]>) -> bool {
    let checkpoint = frame.and_then(|bytes| Checkpoint::decode(bytes).ok());
    checkpoint.is_some_and(|checkpoint| checkpoint.calls().len() > 1)
}
