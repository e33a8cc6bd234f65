//! The middle of one incarnation: finds runs, gives each a task, and brings it its mail.
//!
//! One loop takes one event at a time and never waits for the store: errands that do are jobs
//! which come back as events.

mod errand;
mod mail;
mod schedules;
mod tasks;
mod work;

use self::errand::Errand;
use self::tasks::{Tasks, TasksEvent};
use super::committer::{Lost, Task};
use super::health::Health;
use super::instance::Instance;
use super::jobs::Found;
use super::life::{Life, Stage};
use super::link::Start;
use super::mailbox::Mailbox;
use super::run::{Left, Run};
use super::schedules::{Driven, Unreadable};
use crate::clock::Busy;
use crate::id::{RunId, Timestamp};
use crate::store::{ClaimedRun, Message, StoreError, Written};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinError, JoinSet};

/// How many runs of dead workers are taken over at once at most: one transaction.
const TAKE_OVER_MAX: usize = 500;
/// How long stopped attempts may take to let go in a shutdown; then the process leaves anyway, and
/// others take over what is left.
const STOP_WAIT: Duration = Duration::from_secs(5);

/// Everything that can happen to a worker.
#[derive(Debug)]
pub(super) enum WorkerEvent {
    /// A run's task is over.
    RunOver(RunId, Left),
    /// A look for due work is done; it held this many slots.
    Looked {
        found: Found,
        held: usize,
        busy: Busy,
    },
    /// A sweep is done; it held this many slots.
    Swept {
        runs: Vec<ClaimedRun>,
        held: usize,
        busy: Busy,
    },
    /// What is new of attempts for workflows of other queues.
    Tasks(TasksEvent),
    /// The schedules that were due have been driven.
    Scheduled(Driven, Busy),
    /// Blocked runs that this binary can resume were made claimable, if there were any.
    Unblocked { any: bool, busy: Busy },
    /// The mail is here.
    Mail(Vec<(RunId, i64, Vec<Message>)>, Vec<Busy>),
    /// Somebody else may have written, or it is time to look anyway.
    Changed,
    /// A parked run is due.
    Due(Busy),
    /// Activities with a limit may have room for more.
    Room,
    /// It is time to look for dead workers.
    SweepDue(Busy),
    /// Somebody wants mail and work to be looked for now.
    Poked(Vec<Busy>),
    /// A start from this process.
    Start(Box<Start>),
    /// A part of the shutdown has had its time.
    Late(Stage),
    /// The committer is over.
    CommitterOver(Result<(), Lost>),
    /// The worker is told to stop.
    Shutdown,
}

/// Why the loop ended.
pub(super) enum Over {
    /// It was told to.
    Shutdown,
    /// Its fence does not hold any more.
    Lost(Lost),
}

/// A run in memory.
struct Entry {
    mailbox: Arc<Mailbox>,
    /// Its messages up to this one are in its mailbox, or were there when it was loaded.
    known: i64,
    task: AbortHandle,
    /// A schedule waits for its end.
    scheduled: bool,
    /// Starts in line may wait for its end.
    placed: bool,
}

/// The state of the loop.
pub(super) struct Hub<'a> {
    life: Arc<Life>,
    stage: watch::Sender<Stage>,
    points: Arc<Vec<String>>,
    starts: &'a mut mpsc::Receiver<Start>,
    jobs: JoinSet<WorkerEvent>,
    runs: HashMap<RunId, Entry>,
    /// Slots held by claims and sweeps on their way.
    held: usize,
    looking: Errand,
    /// A look was wanted while errands held all the room that there was.
    look_later: bool,
    driving: Errand,
    fetching: Errand,
    tasks: Tasks,
    unreadable: Arc<Unreadable>,
    /// Pokes whose mail has not been fetched yet.
    poked: Vec<Busy>,
    /// When the next parked run is due, and who waits for that.
    due: Option<(Timestamp, AbortHandle)>,
}

impl<'a> Hub<'a> {
    pub(super) fn new(
        life: Arc<Life>,
        stage: watch::Sender<Stage>,
        starts: &'a mut mpsc::Receiver<Start>,
        committer: Task,
    ) -> Self {
        let mut jobs = JoinSet::new();
        jobs.spawn(async { WorkerEvent::CommitterOver(committer.run().await) });
        Self {
            points: Arc::new(life.registry.points()),
            tasks: Tasks::new(&life.registry),
            life,
            stage,
            starts,
            jobs,
            runs: HashMap::new(),
            held: 0,
            looking: Errand::Idle,
            look_later: false,
            driving: Errand::Idle,
            fetching: Errand::Idle,
            unreadable: Arc::default(),
            poked: Vec::new(),
            due: None,
        }
    }

    /// Works until `shutdown` or until the fence is lost.
    pub(super) async fn run(
        mut self,
        mut shutdown: Pin<&mut (dyn Future<Output = ()> + Send)>,
        busy: Busy,
    ) -> Over {
        self.watch_store();
        self.sweep(busy);
        self.look();
        self.drive();
        self.fetch();
        self.serve();
        loop {
            let running = self.stage() == Stage::Run;
            let event = tokio::select! {
                biased;
                () = &mut shutdown, if running => WorkerEvent::Shutdown,
                Some(done) = self.jobs.join_next() => match done {
                    Ok(event) => event,
                    Err(error) if error.is_cancelled() => continue,
                    // A shutdown is not followed by another life.
                    Err(error) if !running => {
                        tracing::error!(%error, "a task of the engine failed in a shutdown");
                        return Over::Shutdown;
                    }
                    Err(error) => return Over::Lost(bug(&error)),
                },
                Some(start) = self.starts.recv() => WorkerEvent::Start(Box::new(start)),
                pokes = self.life.pokes.poked() => WorkerEvent::Poked(pokes),
                () = self.life.gates.moved() => WorkerEvent::Room,
            };
            if let Some(over) = self.handle(event) {
                return over;
            }
            let idle = self.runs.is_empty() && self.tasks.is_empty() && self.held == 0;
            if self.stage() > Stage::Run && idle {
                return Over::Shutdown;
            }
        }
    }

    fn handle(&mut self, event: WorkerEvent) -> Option<Over> {
        match event {
            WorkerEvent::RunOver(run, left) => self.run_over(run, left),
            WorkerEvent::Looked { found, held, busy } => self.looked(found, held, busy),
            WorkerEvent::Swept { runs, held, busy } => self.swept(runs, held, busy),
            WorkerEvent::Mail(mail, pokes) => self.deliver(mail, pokes),
            WorkerEvent::Tasks(event) => self.served(event),
            WorkerEvent::Changed => {
                self.watch_store();
                self.fetch();
                self.look();
                self.drive();
                self.serve();
            }
            WorkerEvent::Due(busy) => {
                self.due = None;
                // The look, or the one that is out, has a guard of its own.
                self.look();
                self.drive();
                self.claim_opened();
                drop(busy);
            }
            WorkerEvent::Scheduled(driven, busy) => self.driven(&driven, busy),
            WorkerEvent::Room => self.claim_tasks(),
            WorkerEvent::SweepDue(busy) => {
                self.unblock();
                self.claim_returned();
                self.sweep(busy);
            }
            WorkerEvent::Unblocked { any, busy } => {
                if any {
                    self.look();
                }
                drop(busy);
            }
            WorkerEvent::Poked(pokes) => {
                let limit = self.free().min(TAKE_OVER_MAX);
                if self.life.pokes.is_to_sweep() && limit > 0 && self.stage() == Stage::Run {
                    self.spawn_sweep(limit, self.life.clock.busy());
                }
                self.poked.extend(pokes);
                self.fetch();
                self.look();
                self.drive();
                self.serve();
            }
            WorkerEvent::Start(start) => self.start(*start),
            WorkerEvent::Shutdown => {
                self.stage.send_replace(Stage::Drain);
                self.life.health.set(Health::Stopping);
                let until = self
                    .life
                    .clock
                    .now()
                    .after(self.life.options.shutdown_grace);
                let sleeping = self.life.clock.sleep_until(until);
                self.jobs.spawn(async {
                    drop(sleeping.await);
                    WorkerEvent::Late(Stage::Drain)
                });
            }
            WorkerEvent::Late(Stage::Stop) => return Some(Over::Shutdown),
            WorkerEvent::Late(_) => {
                self.stage.send_replace(Stage::Stop);
                self.jobs.spawn(async {
                    tokio::time::sleep(STOP_WAIT).await;
                    WorkerEvent::Late(Stage::Stop)
                });
            }
            // The fence was lost while nothing was left to do with it.
            WorkerEvent::CommitterOver(_) if self.stage() > Stage::Run => {
                return Some(Over::Shutdown);
            }
            WorkerEvent::CommitterOver(over) => {
                let lost = over
                    .err()
                    .unwrap_or_else(|| Lost::Bug("the committer stopped".into()));
                return Some(Over::Lost(lost));
            }
        }
        None
    }

    fn stage(&self) -> Stage {
        *self.stage.borrow()
    }

    /// How many more runs fit into the memory.
    fn free(&self) -> usize {
        self.life
            .options
            .max_running
            .saturating_sub(self.runs.len() + self.held)
    }

    fn watch_store(&mut self) {
        let life = self.life.clone();
        self.jobs.spawn(async move {
            let changed = life
                .store
                .changed(Some(life.worker), life.options.poll_interval);
            life.guard.keep("wait for changes", changed, ()).await;
            WorkerEvent::Changed
        });
    }

    fn start(&mut self, start: Start) {
        let known = self.life.registry.workflow(&start.new.workflow).is_some();
        // Two processes can draw the same number; the store knows what to answer.
        let clash = self.runs.contains_key(&start.new.run);
        if !known || clash || self.free() == 0 || self.stage() > Stage::Run {
            // Dropping the answer tells the link to go to the store.
            return;
        }
        let mut new = start.new;
        new.owner = Some(self.life.worker);
        self.spawn(Instance::born(new), start.busy, Some(start.answer));
    }

    fn adopt(&mut self, runs: Vec<ClaimedRun>) {
        for claimed in runs {
            let busy = self.life.clock.busy();
            self.spawn(Instance::load(claimed), busy, None);
        }
    }

    fn spawn(
        &mut self,
        instance: Instance,
        busy: Busy,
        starter: Option<oneshot::Sender<Result<Written, StoreError>>>,
    ) {
        let (run, known) = (instance.run, instance.last_ord);
        let (scheduled, placed) = (instance.scheduled.is_some(), instance.placed);
        let mailbox = Arc::new(Mailbox::default());
        let run_itself = Run::new(self.life.clone(), instance, mailbox.clone(), busy, starter);
        // It is large: in a box it is moved once.
        let task = Box::pin(run_itself.drive());
        self.life.watched.enter(run);
        let task = self.jobs.spawn(async {
            let (run, left) = task.await;
            WorkerEvent::RunOver(run, left)
        });
        // A run that was parked can be claimed again before its task's end is known here. Its old
        // task has committed the park, so it writes nothing any more.
        if let Some(old) = self.runs.insert(
            run,
            Entry {
                mailbox,
                known,
                task,
                scheduled,
                placed,
            },
        ) {
            old.task.abort();
        }
        self.life.meters.owned(self.runs.len());
    }

    fn run_over(&mut self, run: RunId, left: Left) {
        // The end of an old task, while the run is in memory again?
        if self
            .runs
            .get(&run)
            .is_none_or(|entry| entry.task.is_finished())
        {
            let entry = self.runs.remove(&run).filter(|_| left.outcome.is_some());
            if let Some(entry) = entry {
                if entry.scheduled {
                    self.drive();
                }
                if entry.placed {
                    self.look();
                }
            }
            self.life.watched.leave(run, left.outcome.as_ref());
            self.life.meters.owned(self.runs.len());
        }
        if let Some(at) = left.due {
            self.wake_at(at);
        }
        if self.looking == Errand::Idle && self.free() == 1 {
            // There was no room before.
            self.look();
        }
        drop(left.busy);
    }

    /// Looks for work at `at`, unless that happens earlier.
    fn wake_at(&mut self, at: Timestamp) {
        match &self.due {
            Some((earlier, _)) if *earlier <= at => return,
            Some((_, waiting)) => waiting.abort(),
            None => {}
        }
        let sleeping = self.life.clock.sleep_until(at);
        let waiting = self.jobs.spawn(async { WorkerEvent::Due(sleeping.await) });
        self.due = Some((at, waiting));
    }
}

impl Drop for Hub<'_> {
    fn drop(&mut self) {
        self.life.watched.clear();
        self.life.meters.owned(0);
    }
}

fn bug(error: &JoinError) -> Lost {
    Lost::Bug(error.to_string())
}
