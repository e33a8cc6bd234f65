//! Stands between the engine and the activities: writes the log, injects failures, calls mocks.

use super::failure::{self, Failures, Planned};
use super::life::Life;
use super::log::{Called, Ended, Log};
use crate::activity;
use crate::clock::{Clock, VirtualClock};
use crate::codec;
use crate::id::Timestamp;
use crate::operation::Resolution;
use crate::registry::{
    Activities, ActivityContext, ActivityDef, ActivityFn, Ambiguous, AttemptEnd, AttemptFuture,
    Registry, WorkflowDef, activities, nothing,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Longer than any time-out; an attempt that sleeps for so long has none.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 86_400);

/// The activities of one test.
#[derive(Debug)]
pub(super) struct Acts {
    clock: VirtualClock,
    began: Timestamp,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The values whose methods are activities, and the bodies of these.
    instances: Registry,
    mocks: BTreeMap<&'static str, ActivityFn>,
    failures: BTreeMap<&'static str, Failures>,
    log: Vec<Called>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("mocks", &self.mocks.keys())
            .field("failures", &self.failures)
            .field("log", &self.log)
            .finish_non_exhaustive()
    }
}

impl Acts {
    pub(super) fn new(clock: VirtualClock) -> Self {
        Self {
            began: clock.now(),
            clock,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long the test has run, on its clock.
    pub(super) fn elapsed(&self) -> Duration {
        self.began.until(self.clock.now())
    }

    pub(super) fn mock(&self, def: &'static ActivityDef, body: ActivityFn) {
        self.state().mocks.insert(def.name, body);
    }

    pub(super) fn with<T: Activities>(&self, value: Arc<T>) {
        let mut state = self.state();
        let methods = activities().filter(|def| def.on.is_some());
        let known = methods.fold(state.instances.clone(), Registry::with_activity);
        state.instances = known.with(value);
    }

    /// The body that stands in the source.
    fn own_body(&self, def: &'static ActivityDef) -> Result<ActivityFn, codec::Error> {
        let Some(on) = def.on else {
            let nothing = nothing();
            return Ok(Arc::new(move |context, args| {
                (def.run)(&nothing, context, args)
            }));
        };
        let state = self.state();
        state.instances.activity(def.name).cloned().ok_or_else(|| {
            let (name, ty) = (def.name, on().name);
            codec::Error::custom(format_args!(
                "`{name}` is a method of `{ty}`: give the test one by `env.with(…)`, or mock it"
            ))
        })
    }

    pub(super) fn fail(&self, def: &'static ActivityDef, times: u32, failure: Planned) {
        let mut state = self.state();
        state
            .failures
            .entry(def.name)
            .or_default()
            .then(times, failure);
    }

    pub(super) fn log(&self) -> Log {
        Log(self.state().log.clone())
    }

    /// Everything that is linked into this binary, or `only` one workflow, for one worker.
    pub(super) fn registry(
        self: &Arc<Self>,
        life: &Arc<Life>,
        only: Option<&'static WorkflowDef>,
    ) -> Result<Registry, Ambiguous> {
        let registry = match only {
            None => Registry::linked()?,
            Some(workflow) => Registry::new().with_workflow(workflow),
        };
        Ok(activities().fold(registry, |registry, def| {
            let (acts, life) = (self.clone(), life.clone());
            let body = move |context: ActivityContext, args: &[u8]| {
                acts.clone().attempt(def, life.clone(), context, args)
            };
            registry.with_activity_fn(def.name, Arc::new(body))
        }))
    }

    fn attempt(
        self: Arc<Self>,
        def: &'static ActivityDef,
        life: Arc<Life>,
        context: ActivityContext,
        args: &[u8],
    ) -> Result<AttemptFuture, codec::Error> {
        if life.is_over() {
            return Ok(Box::pin(std::future::pending()));
        }
        let (mock, failure) = {
            let state = self.state();
            let failures = state.failures.get(def.name);
            let failure = failures.and_then(|failures| failures.of(context.attempt));
            (state.mocks.get(def.name).cloned(), failure)
        };
        let seen = self.begin(def, &context, args);
        let body = match mock {
            Some(mock) => mock(context, args)?,
            None => self.own_body(def)?(context, args)?,
        };
        Ok(Box::pin(async move {
            let end = perform(def, body, failure).await;
            life.goes_on().await;
            seen.ended(&end);
            end
        }))
    }

    fn begin(
        self: &Arc<Self>,
        def: &'static ActivityDef,
        context: &ActivityContext,
        args: &[u8],
    ) -> Seen {
        let called = Called {
            activity: def.name,
            workflow: context.workflow_id.clone(),
            idempotency_key: context.idempotency_key.clone(),
            attempt: context.attempt,
            at: self.elapsed(),
            arguments: shown(args),
            ended: Ended::Running,
        };
        let mut state = self.state();
        state.log.push(called);
        Seen {
            at: state.log.len() - 1,
            acts: self.clone(),
        }
    }
}

async fn perform(def: &ActivityDef, body: AttemptFuture, failure: Option<Planned>) -> AttemptEnd {
    match failure {
        None => return body.await,
        Some(Planned::Error {
            resolution,
            retryable,
            error,
        }) => return failure::returned(resolution, retryable, error),
        Some(Planned::Panic) => panic!("a panic that the test has injected"),
        Some(Planned::TimeOut) => {}
        Some(Planned::AnswerLost) => drop(body.await),
    }
    activity::sleep(FOREVER).await;
    panic!("`{}` was to run out of time, and has no time-out", def.name)
}

fn shown(bytes: &[u8]) -> Value {
    codec::to_json(bytes).unwrap_or_else(|error| Value::String(error.to_string()))
}

/// An attempt in the log that has not ended.
struct Seen {
    acts: Arc<Acts>,
    at: usize,
}

impl Seen {
    fn ended(&self, end: &AttemptEnd) {
        let ended = match (&end.resolution, &end.error) {
            (Resolution::Returned(value), _) => Ended::Returned(shown(value)),
            (_, Some(error)) => Ended::Failed(error.clone()),
            (other, None) => Ended::Failed(format!("{other:?}")),
        };
        self.set(ended);
    }

    fn set(&self, ended: Ended) {
        if let Some(called) = self.acts.state().log.get_mut(self.at)
            && called.ended == Ended::Running
        {
            called.ended = ended;
        }
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        self.set(if std::thread::panicking() {
            Ended::Panicked
        } else {
            Ended::Stopped
        });
    }
}
