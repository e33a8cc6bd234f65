//! The task of one run in memory: asks its instance what to do, has it committed, and does it.

mod apart;
mod left;
mod seen;
mod wait;

pub(super) use self::left::Left;
use self::left::last;
use self::wait::Pause;
use super::acts::{self, Actor};
use super::attempt::{Attempt, Surroundings};
use super::attempts::Attempts;
use super::committer::CommitError;
use super::hung::Seat;
use super::instance::{Action, Doing, Event, Instance, Place};
use super::life::{Life, read};
use super::mailbox::Mailbox;
use super::meters::Tally;
use super::transact;
use crate::activity::{ActivityToken, Live};
use crate::clock::Busy;
use crate::frame::Checkpoint;
use crate::id::{RunId, Timestamp};
use crate::machine::{Aside, Blocked, Machine, Turn, fingerprint, panic_message};
use crate::operation::Request;
use crate::panics::unwinding;
use crate::registry::ActivityContext;
use crate::schedule;
use crate::store::{ClaimedRun, RunState, StoreError, Unfit, Write, Written};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::oneshot;

/// A run in memory.
#[derive(Debug)]
pub(super) struct Run {
    life: Arc<Life>,
    /// Among those whose turns are watched.
    seat: Seat,
    instance: Instance,
    machine: Option<Machine>,
    mailbox: Arc<Mailbox>,
    busy: Option<Busy>,
    attempts: Attempts,
    /// The earliest timer or pause, and its instant.
    pause: Option<(Timestamp, Pause)>,
    /// The last that it waited for was mail.
    read_mail: bool,
    /// Who waits for the start.
    starter: Option<oneshot::Sender<Result<Written, StoreError>>>,
    /// The store has refused writes of this run before, or the engine panicked in a step of it.
    refused: bool,
    /// What remains when the task is over.
    left: Left,
}

/// What follows a commit.
enum Next {
    Act,
    Tell(Box<Event>),
    Reload,
    Leave,
}

impl Run {
    /// A run that is about to begin, be claimed or taken over.
    pub(super) fn new(
        life: Arc<Life>,
        instance: Instance,
        mailbox: Arc<Mailbox>,
        busy: Busy,
        starter: Option<oneshot::Sender<Result<Written, StoreError>>>,
    ) -> Self {
        let (workflow, id) = (&instance.workflow, &instance.id);
        Self {
            seat: life.turns.enter(workflow, id, instance.run),
            life,
            instance,
            machine: None,
            mailbox,
            busy: Some(busy),
            attempts: Attempts::default(),
            pause: None,
            read_mail: false,
            starter,
            refused: false,
            left: Left::default(),
        }
    }

    /// Carries the run on until it ends, is parked, or its worker is lost.
    pub(super) async fn drive(mut self) -> (RunId, Left) {
        let mut event = Some(Event::Begin);
        while let Some(happened) = event {
            event = match unwinding(self.step(happened)).await {
                Ok(next) => next,
                Err(panic) => self.broke(&panic).await,
            };
        }
        discard(self.machine.take());
        self.left.busy = self.busy.take();
        (self.instance.run, self.left)
    }

    /// One decision, its commit and its action; `None` when the run is no longer in memory.
    async fn step(&mut self, event: Event) -> Option<Event> {
        let (now, policy) = (self.life.clock.now(), self.life.policy());
        let decision = match self.instance.decide(event, now, &policy) {
            Ok(decision) => decision,
            Err(error) => {
                tracing::error!(run = %self.instance.run, %error, "a bug in the engine");
                return self.reload().await;
            }
        };
        let instance = &self.instance;
        self.attempts.ask(|op| instance.is_asked_to_stop(op));
        let (keeps, given_up) = (|op| instance.runs(op), |op| instance.has_given_up(op));
        let background = &self.life.background;
        self.attempts.keep(keeps, given_up, background).await;
        match self.commit(decision.writes).await {
            Next::Act => self.act(decision.action).await,
            Next::Tell(event) => Some(*event),
            Next::Reload => self.reload().await,
            Next::Leave => None,
        }
    }

    async fn commit(&mut self, writes: Vec<Write>) -> Next {
        if writes.is_empty() {
            return Next::Act;
        }
        self.warn_of_large(&writes);
        let tally = Tally::of(&writes);
        let (due, outcome) = last(&writes);
        let answers =
            |write: &Write| matches!(write, Write::Step(step) if !step.replies.is_empty());
        let answers = writes.iter().any(answers);
        // A parent is told, or the next run waits to be claimed.
        let told = matches!(writes.last(), Some(Write::End(_))) && self.instance.parent.is_some()
            || matches!(writes.as_slice(), [_, .., Write::Start(_)]);
        if let Some(Write::Park(park)) = writes.last()
            && park.blocked.is_some()
        {
            // The code is further than what is on record.
            discard(self.machine.take());
            // Before anybody sees it: else this worker's own sweep might try it again.
            self.life.misfits.blocked(Unfit {
                point: park.point.clone(),
                fingerprint: park.fingerprint,
            });
        }
        let answer = self
            .life
            .committer
            .write(self.instance.id.clone(), writes)
            .await;
        let written = match answer {
            Ok(written) => written,
            Err(CommitError::Lost) => return Next::Leave,
            Err(CommitError::Refused(error)) => return self.was_refused(error),
        };
        let workflow = &self.instance.workflow;
        self.life.meters.written(workflow, &tally, &written);
        let mut next = Next::Act;
        for (n, answer) in written.into_iter().enumerate() {
            match answer {
                Written::Done => {}
                Written::Started => self.tell_starter(Ok(Written::Started)),
                // It was asked to stop meanwhile, and is not tried again.
                Written::Exists(_) if n > 0 => {}
                Written::Exists(_) | Written::RunTaken => {
                    self.tell_starter(Ok(answer));
                    return Next::Leave;
                }
                Written::InLine => {
                    // Without an answer the link goes to the store; so do starts from now on.
                    self.life.line.store(true, Ordering::Release);
                    self.starter = None;
                    return Next::Leave;
                }
                Written::Parked => {
                    self.left.due = due;
                    next = Next::Tell(Box::new(Event::Parked));
                }
                Written::Woken { wakes } => next = Next::Tell(Box::new(Event::Woken { wakes })),
                Written::Refused => return Next::Reload,
            }
        }
        self.left.outcome = outcome;
        if answers {
            self.life.watched.answered();
        }
        if told {
            // They may be here.
            self.life.pokes.poke(self.life.clock.busy());
        }
        next
    }

    fn tell_starter(&mut self, answer: Result<Written, StoreError>) {
        if let Some(starter) = self.starter.take() {
            // Whoever started it may have stopped waiting.
            let _ = starter.send(answer);
        }
    }

    async fn act(&mut self, action: Action) -> Option<Event> {
        match action {
            Action::Turn => {
                let (turn, aside) = self.turn().await;
                Some(Event::Turned(turn, aside))
            }
            Action::Work { begin, until } => {
                self.begin(&begin);
                self.pause_until(until);
                Some(self.wait().await)
            }
            Action::Continue => Some(self.wait().await),
            Action::ReadInbox => self.read_inbox().await,
            // The answer to a park is an event of its own; see `commit`.
            Action::Park | Action::Leave => None,
        }
    }

    /// Runs the code until all of it waits again.
    async fn turn(&mut self) -> (Turn, Aside) {
        let mut machine = match self.machine.take() {
            Some(machine) => machine,
            None => match self.build().await {
                Ok(machine) => machine,
                Err(turn) => return (turn, Aside::default()),
            },
        };
        self.measure_timers();
        let (given, now) = (self.instance.given(), self.life.clock.now());
        let by = self.instance.scheduled.as_ref();
        let turn = || {
            let _watched = self.seat.turn();
            schedule::within(by, || machine.turn(given, now))
        };
        let turn = self.step_span().in_scope(turn);
        let aside = machine.take_aside(matches!(turn, Turn::Finished(_)));
        if matches!(turn, Turn::Suspended(_)) && !self.life.options.evict_always {
            self.machine = Some(machine);
            return (turn, aside);
        }
        discard(Some(machine));
        (turn, aside)
    }

    /// Makes the machine from the input or the last frame. `Err`: the turn ends before it begins.
    async fn build(&mut self) -> Result<Machine, Turn> {
        let Some(def) = self.life.registry.workflow(&self.instance.workflow) else {
            let name = &self.instance.workflow;
            return Err(self.unfit(format!("this binary has no workflow `{name}`")));
        };
        let stored;
        let checkpoint = match &self.instance.place {
            Place::Fresh(input) => return Ok(Machine::start(def, input.clone())),
            Place::At(_) if self.life.options.evict_always => {
                stored = self.stored().await?;
                &stored
            }
            Place::At(checkpoint) => checkpoint,
            Place::Unfit(_, reason) => return Err(self.unfit(reason.clone())),
        };
        let frame = &checkpoint.frame;
        match catch_unwind(AssertUnwindSafe(|| Machine::resume(def, checkpoint))) {
            Ok(Ok(machine)) => Ok(machine),
            Ok(Err(blocked)) => {
                // With its own fingerprint it is damaged: others of its kind may be whole.
                if fingerprint(def, &frame.label) != Some(frame.fingerprint) {
                    self.life.misfits.unfit(Unfit {
                        point: format!("{}/{}", self.instance.workflow, frame.label),
                        fingerprint: frame.fingerprint,
                    });
                }
                Err(Turn::Blocked(blocked))
            }
            Err(panic) => Err(Turn::Panicked(panic_message(&*panic))),
        }
    }

    async fn stored(&mut self) -> Result<Checkpoint, Turn> {
        let (store, run) = (self.life.store.clone(), self.instance.run);
        let step = read(|| store.latest_step(run)).await;
        let bytes = step.ok().flatten().and_then(|step| step.frame);
        let bytes = bytes.ok_or_else(|| self.unfit("its frame cannot be read".into()))?;
        Checkpoint::decode(&bytes).map_err(|error| self.unfit(error.to_string()))
    }

    fn unfit(&self, error: String) -> Turn {
        Turn::Blocked(Blocked {
            label: self.instance.label().to_owned(),
            local: None,
            error,
        })
    }

    /// Begins attempts of these operations.
    fn begin(&mut self, begin: &[(u64, u32)]) {
        if begin.is_empty() {
            return;
        }
        let calls = self.instance.calls();
        for &(op, attempt) in begin {
            let found = calls.binary_search_by_key(&op, |call| call.op);
            let request = found.ok().map(|at| &calls[at].request);
            if let Some(request) = request.filter(|request| request.is_for_store()) {
                let actor = Actor::new(&self.instance, op);
                let busy = self.life.clock.busy();
                let act = acts::act(self.life.clone(), actor, request.clone(), busy);
                self.attempts.begin(op, Attempt::of(act));
                continue;
            }
            let Some(Request::Activity(call)) = request else {
                let reason = format!("operation {op} is no activity");
                self.attempts.unfit(op, reason, self.life.clock.busy());
                continue;
            };
            let Some(body) = self.life.registry.activity(&call.name) else {
                let reason = format!("this worker has no activity `{}`", call.name);
                self.attempts.unfit(op, reason, self.life.clock.busy());
                continue;
            };
            let (clock, slots) = (self.life.clock.clone(), self.life.activities.clone());
            let details = self.instance.last_details(op);
            let live = Arc::new(Live::new(clock.clone(), details));
            let run = self.instance.run;
            let token = ActivityToken { run, op, attempt };
            let workflow = self.instance.id.as_str().to_owned();
            let context = ActivityContext::new(token, workflow, live.clone());
            let context = transact::within(context, call, &self.life, (self.instance.run, op));
            let (context, span) = self.seen_attempt(&call.name, context);
            let around = Surroundings {
                clock,
                entrance: self.life.gates.entrance(&call.name, slots),
                beats: self.attempts.beats(op),
                interceptors: self.life.interceptors.clone(),
                waiting: self.life.meters.waiting(&call.name),
                span,
            };
            let attempt = Attempt::begin(body.clone(), call.clone(), (context, live), around);
            self.attempts.begin(op, attempt);
        }
    }

    async fn read_inbox(&mut self) -> Option<Event> {
        let (store, worker) = (self.life.store.clone(), self.life.worker);
        let run = self.instance.run;
        let mail = match read(|| store.mail_of(worker, run)).await {
            Ok(mail) => mail,
            Err(error) => {
                tracing::error!(%error, "an inbox cannot be read");
                return None;
            }
        };
        // If the run is somebody else's by now, the next commit is refused and says so.
        let (wakes, messages) = mail.unwrap_or((self.instance.wakes, Vec::new()));
        let due = false;
        Some(Event::Mail {
            wakes,
            messages,
            due,
        })
    }

    /// Reads the run again after a refusal; if it is still ours, it goes on from there.
    async fn reload(&mut self) -> Option<Event> {
        discard(self.machine.take());
        let background = &self.life.background;
        self.attempts.keep(|_| false, |_| false, background).await;
        self.pause = None;
        let refusal = match &self.instance.place {
            Place::Unfit(_, reason) if self.refused => Some(reason.clone()),
            _ => None,
        };
        let claimed = match self.load().await {
            Ok(claimed) => claimed?,
            Err(error) => {
                tracing::error!(run = %self.instance.run, %error, "a run cannot be read again");
                return None;
            }
        };
        self.instance = Instance::load(claimed);
        if let Some(reason) = refusal {
            let label = self.instance.label().to_owned();
            self.instance.place = Place::Unfit(label, reason);
        }
        debug_assert_eq!(self.instance.doing, Doing::Loaded);
        Some(Event::Begin)
    }

    async fn load(&mut self) -> Result<Option<ClaimedRun>, StoreError> {
        let (store, run) = (self.life.store.clone(), self.instance.run);
        let id = self.instance.id.clone();
        let owned = RunState::Owned(self.life.worker);
        let found = read(|| store.find(&id)).await?;
        let Some(record) = found.filter(|found| found.run == run && found.state == owned) else {
            return Ok(None);
        };
        let worker = self.life.worker;
        let Some((wakes, inbox)) = read(|| store.mail_of(worker, run)).await? else {
            return Ok(None);
        };
        let latest = read(|| store.latest_step(run)).await?;
        let attempts = read(|| store.attempts(run)).await?;
        let notes = read(|| store.notes(run)).await?;
        Ok(Some(ClaimedRun {
            run: record,
            wakes,
            strikes: 0,
            latest,
            attempts,
            notes,
            inbox,
        }))
    }
}

/// Drops a machine; a panic in a user's destructor does not reach the engine.
fn discard(machine: Option<Machine>) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(machine))) {
        let message = panic_message(&*panic);
        tracing::error!(
            message,
            "a destructor panicked when a workflow left the memory"
        );
    }
}
