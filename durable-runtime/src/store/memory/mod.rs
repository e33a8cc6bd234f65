//! The reference store: readable beats fast.
//!
//! One lock around plain tables; each call holds it once, which makes it a transaction. Clones of
//! a handle share the tables, so several "processes" of a test can work on one store.

mod children;
mod delete;
mod ids;
mod inbox;
mod line;
mod pause;
mod places;
mod run;
mod schedules;
mod state;
mod task_line;
mod tasks;
mod writes;

use self::ids::Admission;
use self::run::{Place, Run};
use self::state::{Life, State, Worker};
use self::writes::Batch;
use super::changes::{Changes, Seen};
use super::limits;
use super::{
    AttemptRecord, Claim, ClaimedRun, Deleted, Expiry, Fence, FenceError, Heard, Listing, Message,
    NewMessage, NewRun, NewWorker, Page, RunFilter, RunRecord, RunState, Sent, StepRecord, Store,
    StoreError, Told, Unblock, Unfit, WorkerRecord, Write, Written,
};
use crate::id::{Incarnation, RunId, Timestamp, WorkflowId};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Keeps everything in memory and loses it with the process: for tests.
///
/// A clone is another handle to the same data, as another process would have one.
#[derive(Debug, Default)]
pub struct MemoryStore {
    shared: Arc<Shared>,
    /// The changes that [`Store::changed`] has reported on this handle.
    seen: Seen,
    closed: AtomicBool,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changes: Changes,
}

impl Clone for MemoryStore {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            seen: self.seen.another(),
            closed: AtomicBool::new(false),
        }
    }
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        if self.closed.load(Ordering::Acquire) {
            return Err(StoreError::Closed);
        }
        // A panic under the lock is a bug of ours; the tables may be half changed.
        let poisoned = |_: PoisonError<_>| StoreError::Bug("a call panicked".into());
        self.shared.state.lock().map_err(poisoned)
    }

    /// Tells those who wait for a change, if there was one.
    fn ring(&self, changed: bool) {
        if changed {
            self.shared.changes.happened(None);
        }
    }
}

/// Takes a run for a new owner.
fn own(state: &mut State, number: RunId, owner: Incarnation) -> Option<ClaimedRun> {
    state.put(number, Place::Owned(owner));
    state.runs.get(&number).map(Run::claimed)
}

fn start(state: &mut State, new: NewRun) -> Result<Written, StoreError> {
    if new.owner.is_some() {
        let text = format!("run {} is born owned outside a batch", new.run);
        return Err(StoreError::Bug(text));
    }
    match state.admit(&new) {
        Admission::Free => {}
        Admission::Taken(current) => state.free(current, new.created_at),
        Admission::Refused(answer) => return Ok(answer),
    }
    state.begin(Run::new(new, 0));
    Ok(Written::Started)
}

fn send(state: &mut State, id: &WorkflowId, message: NewMessage) -> Sent {
    match state.ids.get(id).copied() {
        Some(run) => state.send(run, message),
        None => Sent::NotFound,
    }
}

/// Whether somebody else may wait for a batch with these answers.
fn concerns_others(written: &[Written], tells: bool) -> bool {
    tells || written.contains(&Written::Parked) || written.contains(&Written::Started)
}

#[async_trait]
impl Store for MemoryStore {
    async fn register(&self, new: NewWorker) -> Result<(), StoreError> {
        limits::check_worker(&new)?;
        let mut state = self.state()?;
        if state.workers.contains_key(&new.worker) {
            let text = format!("worker {} is registered already", new.worker);
            return Err(StoreError::Bug(text));
        }
        let worker = Worker {
            beat: 0,
            lease_until: new.lease_until,
            life: Life::Alive,
            new,
        };
        state.workers.insert(worker.new.worker, worker);
        Ok(())
    }

    async fn commit(&self, fence: Fence, writes: Arc<[Write]>) -> Result<Vec<Written>, FenceError> {
        limits::check_writes(&writes)?;
        let mut state = self.state()?;
        let tells = writes.iter().any(|write| match write {
            Write::End(_) | Write::Task(_) => true,
            Write::Step(step) => !step.replies.is_empty() || state.settles_tasks(step),
            _ => false,
        });
        let written = Batch::commit(&mut state, fence, &writes)?;
        drop(state);
        self.ring(concerns_others(&written, tells));
        Ok(written)
    }

    async fn claim(&self, fence: Fence, claim: Claim) -> Result<Vec<ClaimedRun>, FenceError> {
        let mut state = self.state()?;
        state.check(fence)?;
        let fits = |state: &State, run: RunId| {
            waits_for(state, run, &claim.queue, &claim.points, &claim.unfit)
        };
        let in_line = state.in_line(&claim.queue, claim.now, fits);
        let open = state
            .due
            .range(..=(claim.now, RunId(i64::MAX)))
            .filter(|(_, run)| fits(&state, *run))
            .filter_map(|(_, run)| Some((state.runs.get(run)?.row.new.queueing.lane(), *run)));
        // In one lane, what has begun goes on before anything else begins.
        let mut due: Vec<_> = open.map(|(lane, run)| (lane, run, None)).collect();
        let starts = in_line.into_iter();
        due.extend(starts.map(|turn| (turn.had.lane, turn.run, Some(turn))));
        due.sort_by_key(|(lane, ..)| *lane);
        due.truncate(claim.limit);
        let turns: Vec<_> = due.iter().filter_map(|(.., turn)| turn.clone()).collect();
        state.place(&claim.queue, &turns, claim.now);
        let mut claimed = Vec::with_capacity(due.len());
        for (_, number, _) in due {
            if let Some(run) = state.runs.get_mut(&number) {
                run.row.claim_seq = run.last_seq();
            }
            claimed.extend(own(&mut state, number, fence.worker));
        }
        state.served(&claim.queue, &turns);
        state.beat(fence);
        Ok(claimed)
    }

    async fn mark_dead(&self, now: Timestamp) -> Result<Vec<Incarnation>, StoreError> {
        let mut state = self.state()?;
        let late = |w: &&mut Worker| w.life == Life::Alive && w.lease_until < now;
        for worker in state.workers.values_mut().filter(late) {
            worker.life = Life::Dead;
        }
        self.ring(state.lose_tasks());
        state.forget_workers(now);
        let mut owners: Vec<_> = state.owned.iter().map(|(owner, _)| *owner).collect();
        owners.dedup();
        owners.retain(|owner| state.is_dead(*owner));
        Ok(owners)
    }

    async fn take_over(
        &self,
        fence: Fence,
        from: Incarnation,
        limit: usize,
    ) -> Result<Vec<ClaimedRun>, FenceError> {
        let mut state = self.state()?;
        state.check(fence)?;
        if !state.is_dead(from) {
            return Err(StoreError::Bug(format!("worker {from} is alive")).into());
        }
        let crashed = state
            .workers
            .get(&from)
            .is_none_or(|w| w.life == Life::Dead);
        let runs: Vec<RunId> = state.owned_by(from).take(limit).collect();
        let mut taken = Vec::with_capacity(runs.len());
        for number in runs {
            if let Some(run) = state.runs.get_mut(&number) {
                run.strike(crashed);
            }
            taken.extend(own(&mut state, number, fence.worker));
        }
        state.beat(fence);
        Ok(taken)
    }

    async fn retire(&self, worker: Incarnation) -> Result<(), StoreError> {
        let mut state = self.state()?;
        if let Some(own) = state.workers.get_mut(&worker)
            && own.life == Life::Alive
        {
            own.life = Life::Retired;
            state.release_tasks(worker);
            self.ring(true);
        }
        Ok(())
    }

    async fn mail(
        &self,
        worker: Incarnation,
        known: &[(RunId, i64)],
    ) -> Result<Vec<(RunId, i64, Vec<Message>)>, StoreError> {
        let known: BTreeMap<_, _> = known.iter().copied().collect();
        let state = self.state()?;
        let runs = state.told(worker).filter_map(|run| state.runs.get(&run));
        let mut mail: Vec<_> = runs
            .map(|run| {
                let after = known.get(&run.row.new.run).copied();
                let unread = run.unread_after(after.unwrap_or(i64::MIN));
                (run.row.new.run, run.row.wakes, unread)
            })
            .filter(|(_, _, unread)| !unread.is_empty())
            .collect();
        mail.sort_unstable_by_key(|(run, ..)| *run);
        Ok(mail)
    }

    async fn mail_of(
        &self,
        worker: Incarnation,
        run: RunId,
    ) -> Result<Option<(i64, Vec<Message>)>, StoreError> {
        let state = self.state()?;
        let found = state.runs.get(&run);
        let told = found.filter(|run| run.is_owned_by(worker) || run.row.evicted == Some(worker));
        Ok(told.map(|run| (run.row.wakes, run.unread())))
    }

    async fn unblock(&self, points: &[Unblock], now: Timestamp) -> Result<usize, StoreError> {
        let mut state = self.state()?;
        let fitting: Vec<RunId> = state
            .runs
            .iter()
            .filter(|(_, run)| points.iter().any(|point| run.is_blocked_at(point)))
            .map(|(number, _)| *number)
            .collect();
        for number in &fitting {
            state.wake(*number, now, true);
        }
        self.ring(!fitting.is_empty());
        Ok(fitting.len())
    }

    async fn next_due(
        &self,
        queue: &str,
        points: &[String],
        unfit: &[Unfit],
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let state = self.state()?;
        let fits = |run: RunId| waits_for(&state, run, queue, points, unfit);
        let open = state.due.iter().find(|(_, run)| fits(*run));
        let open = open.map(|(at, _)| *at);
        Ok(open
            .into_iter()
            .chain(state.line_due(queue, now, fits))
            .min())
    }

    async fn start(&self, new: NewRun) -> Result<Written, StoreError> {
        limits::check_run(&new)?;
        let written = start(&mut *self.state()?, new)?;
        self.ring(written == Written::Started);
        Ok(written)
    }

    async fn send(&self, id: &WorkflowId, message: NewMessage) -> Result<Sent, StoreError> {
        limits::check_message(&message)?;
        let sent = send(&mut *self.state()?, id, message);
        self.ring(matches!(sent, Sent::Accepted(_) | Sent::Terminated(_)));
        Ok(sent)
    }

    async fn tell(&self, run: RunId, message: NewMessage) -> Result<Told, StoreError> {
        limits::check_message(&message)?;
        let told = self.state()?.tell(run, message);
        self.ring(told == Told::Accepted);
        Ok(told)
    }

    async fn start_or_send(
        &self,
        run: NewRun,
        message: NewMessage,
    ) -> Result<(Written, Sent), StoreError> {
        limits::check_run(&run)?;
        limits::check_message(&message)?;
        let mut state = self.state()?;
        let (id, workflow) = (run.id.clone(), run.workflow.clone());
        let written = start(&mut state, run)?;
        let sent = match &written {
            Written::RunTaken => Sent::NotFound,
            Written::Exists(other) if other.workflow != workflow => Sent::NotFound,
            _ => send(&mut state, &id, message),
        };
        drop(state);
        self.ring(matches!(sent, Sent::Accepted(_) | Sent::Terminated(_)));
        Ok((written, sent))
    }

    async fn delete(&self, id: &WorkflowId) -> Result<Deleted, StoreError> {
        let deleted = self.state()?.delete(id);
        self.ring(matches!(deleted, Deleted::Runs(_)));
        Ok(deleted)
    }

    async fn expire(&self, expiry: &Expiry) -> Result<usize, StoreError> {
        let expired = self.state()?.expire(expiry);
        self.ring(expired > 0);
        Ok(expired)
    }

    async fn find(&self, id: &WorkflowId) -> Result<Option<RunRecord>, StoreError> {
        Ok(self.state()?.current(id).map(Run::record))
    }

    async fn follow(&self, run: RunId) -> Result<Option<RunRecord>, StoreError> {
        Ok(self.state()?.chain(run).last().map(Run::record))
    }

    async fn steps(
        &self,
        run: RunId,
        after: i64,
        limit: usize,
    ) -> Result<Vec<StepRecord>, StoreError> {
        let state = self.state()?;
        let Some(run) = state.runs.get(&run) else {
            return Ok(Vec::new());
        };
        let later = run.steps.iter().filter(|step| step.seq > after);
        Ok(later.take(limit).map(|step| run.view(step)).collect())
    }

    async fn latest_step(&self, run: RunId) -> Result<Option<StepRecord>, StoreError> {
        let state = self.state()?;
        let found = state.runs.get(&run);
        Ok(found.and_then(|run| Some(run.view(run.steps.last()?))))
    }

    async fn reply(&self, run: RunId, msg: &str) -> Result<Heard, StoreError> {
        let state = self.state()?;
        let chain = state.chain(run).chain(state.chain_before(run));
        let mut kept = chain.flat_map(|run| &run.inbox);
        let kept = kept.find(|kept| kept.message.msg == msg);
        Ok(match kept.map(|kept| kept.reply.clone()) {
            None => Heard::Unknown,
            Some(None) => Heard::Nothing,
            Some(Some(reply)) => Heard::Reply(reply),
        })
    }

    async fn inbox(&self, run: RunId) -> Result<Vec<Message>, StoreError> {
        let state = self.state()?;
        Ok(state.runs.get(&run).map_or_else(Vec::new, Run::unread))
    }

    async fn attempts(&self, run: RunId) -> Result<Vec<AttemptRecord>, StoreError> {
        let state = self.state()?;
        let found = state.runs.get(&run);
        Ok(found.map_or_else(Vec::new, |run| run.attempts.clone()))
    }

    async fn notes(&self, run: RunId) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let state = self.state()?;
        Ok(state.runs.get(&run).map_or_else(Vec::new, Run::all_notes))
    }

    async fn list(&self, filter: RunFilter, page: Page) -> Result<Listing, StoreError> {
        let state = self.state()?;
        let before = page.before.unwrap_or(RunId(i64::MAX));
        let mut fitting = state
            .runs
            .range(..before)
            .rev()
            .map(|(_, run)| run.record())
            .filter(|run| fits(&filter, run));
        let runs: Vec<RunRecord> = fitting.by_ref().take(page.limit).collect();
        let next = fitting.next().and(runs.last()).map(|last| last.run);
        Ok(Listing { runs, next })
    }

    async fn count(&self, filter: RunFilter) -> Result<u64, StoreError> {
        let state = self.state()?;
        let records = state.runs.values().map(Run::record);
        Ok(records.filter(|run| fits(&filter, run)).count() as u64)
    }

    async fn workers(&self) -> Result<Vec<WorkerRecord>, StoreError> {
        let state = self.state()?;
        let record = |worker: &Worker| WorkerRecord {
            worker: worker.new.worker,
            label: worker.new.label.clone(),
            alive: worker.life == Life::Alive,
            beat: worker.beat,
            lease_until: worker.lease_until,
            owned: state.owned_by(worker.new.worker).count() as u64,
        };
        let mut workers: Vec<_> = state.workers.values().map(record).collect();
        workers.sort_by_key(|worker| (!worker.alive, worker.worker));
        Ok(workers)
    }

    async fn changed(&self, own: Option<Incarnation>, at_most: Duration) {
        let changes = &self.shared.changes;
        changes.wait(own, &self.seen, at_most).await;
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.closed.store(true, Ordering::Release);
        Ok(())
    }
}

/// Whether a due run is in this queue, at one of these points, and of none of the unfit kinds.
fn waits_for(state: &State, run: RunId, queue: &str, points: &[String], unfit: &[Unfit]) -> bool {
    state
        .runs
        .get(&run)
        .is_some_and(|run| match &run.row.place {
            Place::Ready(ready) => {
                run.row.queue == queue
                    && run.row.paused.is_none()
                    && points.contains(&ready.point)
                    && !unfit.iter().any(|kind| ready.is_of(kind))
            }
            Place::Owned(_) | Place::Finished => false,
        })
}

fn fits(filter: &RunFilter, run: &RunRecord) -> bool {
    let RunFilter {
        workflow,
        phase,
        id_prefix,
        blocked,
        paused,
        condition,
    } = filter;
    workflow.as_ref().is_none_or(|name| *name == run.workflow)
        && phase.is_none_or(|phase| phase == run.phase)
        && id_prefix
            .as_ref()
            .is_none_or(|prefix| run.id.as_str().starts_with(prefix))
        && (!blocked || matches!(run.state, RunState::Blocked(_)))
        && (!paused || run.paused.is_some())
        && condition
            .as_ref()
            .is_none_or(|condition| condition.holds(run))
}
