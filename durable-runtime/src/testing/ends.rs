//! Tells a test of the ends of workflows, before time can move on.

use crate::client::Outcome;
use crate::clock::{Busy, Clock, VirtualClock};
use crate::frame::Checkpoint;
use crate::id::{RunId, Timestamp};
use crate::store::{
    AttemptOf, Page, Phase, RunFilter, RunRecord, RunState, Store, StoreError, Write,
};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// So many panics of workflow code in a row are no accident: it would be tried again for ever.
const PANICS_MAX: u32 = 3;
/// So many failed attempts of one call are no accident either.
const ATTEMPTS_MAX: u32 = 1_000;

/// What is known of a workflow's end.
type News = Result<(Outcome, Busy), String>;

/// Looks after each write to the store whether somebody's wait is over.
#[derive(Debug)]
pub(super) struct Ends {
    store: Arc<dyn Store>,
    clock: VirtualClock,
    waiting: Mutex<Vec<(RunId, oneshot::Sender<News>)>>,
}

impl Ends {
    pub(super) fn new(store: Arc<dyn Store>, clock: VirtualClock) -> Self {
        let waiting = Mutex::default();
        Self {
            store,
            clock,
            waiting,
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<(RunId, oneshot::Sender<News>)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the end of a workflow; the clock stands still until the guard is dropped. `None`
    /// if the store does not know it. Until it is known whether it has ended already, `busy` is
    /// kept.
    pub(super) async fn ended(&self, run: RunId, busy: Busy) -> Option<News> {
        self.record(run).await.ok().flatten()?;
        let (answer, answered) = oneshot::channel();
        self.waiting().push((run, answer));
        self.look().await;
        drop(busy);
        answered.await.ok()
    }

    /// Looks whose wait is over.
    pub(super) async fn look(&self) {
        let runs: Vec<RunId> = {
            let mut waiting = self.waiting();
            waiting.retain(|(_, answer)| !answer.is_closed());
            waiting.iter().map(|(run, _)| *run).collect()
        };
        for run in runs {
            if let Ok(Some(outcome)) = self.outcome(run).await {
                self.tell(Some(run), || Ok((outcome.clone(), self.clock.busy())));
            }
        }
    }

    /// Looks for what will never come to a good end.
    pub(super) async fn look_for_trouble(&self, writes: &[Write]) {
        for write in writes {
            let Write::Attempt(failed) = write else {
                continue;
            };
            let what = match failed.of {
                AttemptOf::Workflow { .. } if failed.attempt >= PANICS_MAX => {
                    "the code of the workflow panics again and again"
                }
                AttemptOf::Activity { .. } if failed.attempt >= ATTEMPTS_MAX => {
                    "an activity has failed in a thousand attempts, and its policy has no limit"
                }
                _ => continue,
            };
            let standing = self.standing().await;
            let text = format!("{what}: {}\n{standing}", failed.error);
            self.tell(None, || Err(text.clone()));
        }
    }

    /// Tells those who wait for `run`, or all.
    fn tell(&self, run: Option<RunId>, news: impl Fn() -> News) {
        let (told, rest) = std::mem::take(&mut *self.waiting())
            .into_iter()
            .partition::<Vec<_>, _>(|(waits, _)| run.is_none_or(|run| run == *waits));
        self.waiting().extend(rest);
        for (_, answer) in told {
            // It may have stopped waiting.
            drop(answer.send(news()));
        }
    }

    /// How a run, or the last of those that have followed it, ended.
    async fn outcome(&self, run: RunId) -> Result<Option<Outcome>, StoreError> {
        let found = self.store.follow(run).await?;
        let over = |record: &RunRecord| !matches!(record.phase, Phase::Running | Phase::Continued);
        Ok(found.filter(over).map(|record| Outcome {
            phase: record.phase,
            output: record.output,
            error: record.error,
        }))
    }

    /// The row of a run.
    pub(super) async fn record(&self, run: RunId) -> Result<Option<RunRecord>, StoreError> {
        let before = Some(RunId(run.0.saturating_add(1)));
        let page = Page { before, limit: 1 };
        let listing = self.store.list(RunFilter::default(), page).await?;
        Ok(listing.runs.into_iter().find(|record| record.run == run))
    }

    /// All runs, oldest first.
    pub(super) async fn all(&self) -> Result<Vec<RunRecord>, StoreError> {
        let page = Page {
            before: None,
            limit: usize::MAX,
        };
        let mut runs = self.store.list(RunFilter::default(), page).await?.runs;
        runs.reverse();
        Ok(runs)
    }

    /// The latest checkpoint of a run that has not ended.
    pub(super) async fn checkpoint(&self, run: RunId) -> Option<Checkpoint> {
        let step = self.store.latest_step(run).await.ok().flatten()?;
        Checkpoint::decode(&step.frame?).ok()
    }

    /// Where each workflow stands that has not ended, for people.
    pub(super) async fn standing(&self) -> String {
        let mut text = String::new();
        for record in self.all().await.unwrap_or_default() {
            if record.phase != Phase::Running {
                continue;
            }
            let label = match self.store.latest_step(record.run).await {
                Ok(Some(step)) => format!("stands at the await `{}`", step.label),
                _ => "has not begun".to_owned(),
            };
            let state = match &record.state {
                RunState::Idle => ", waiting for a message".to_owned(),
                RunState::Blocked(reason) => format!(", blocked: {reason}"),
                RunState::Owned(_) => String::new(),
                RunState::Waiting(at) => format!(", due {}", self.due(*at)),
                RunState::Finished => continue,
            };
            // Writing to a string does not fail.
            let _ = writeln!(text, "  {} ({}) {label}{state}", record.id, record.workflow);
        }
        if text.is_empty() {
            text.push_str("  (no workflow is under way)\n");
        }
        text
    }

    fn due(&self, at: Timestamp) -> String {
        let left = self.clock.now().until(at);
        if left.is_zero() {
            "now".to_owned()
        } else {
            format!("in {left:?}")
        }
    }
}
