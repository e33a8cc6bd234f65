//! Applies a batch of an owner's writes, all or nothing.

use super::ids::Admission;
use super::line::{Gate, Line};
use super::run::{Frames, Kept, Place, Ready, Row, Run};
use super::state::State;
use super::tasks::Held;
use crate::id::{Incarnation, RunId, ScheduleId, WorkflowId};
use crate::store::{
    AttemptOf, AttemptRecord, End, Fence, FenceError, NewRun, NewStep, Note, Park, Phase,
    ScheduleRecord, StepRecord, StoreError, Write, Written, limits,
};
use std::collections::BTreeMap;

/// One transaction on the state: its writes, and how to take them back.
pub(super) struct Batch<'a> {
    state: &'a mut State,
    owner: Incarnation,
    /// What each touched run was before; `None` if it did not exist.
    before: BTreeMap<RunId, Option<Before>>,
    /// Ids whose run was continued here, until the new run starts.
    continued: BTreeMap<WorkflowId, RunId>,
    /// Runs whose start was refused.
    skipped: Vec<RunId>,
    /// All schedules before the first end here.
    schedules: Option<BTreeMap<ScheduleId, ScheduleRecord>>,
    /// All lines, of starts and of activities, before the first that changes them here.
    lines: Option<[BTreeMap<String, Line>; 2]>,
}

/// A run before the batch. Steps and attempts are only ever appended, so lengths are enough.
struct Before {
    row: Row,
    inbox: Vec<Kept>,
    steps: usize,
    attempts: usize,
    open: Vec<AttemptRecord>,
    notes: BTreeMap<u64, Vec<u8>>,
    tasks: BTreeMap<u64, Held>,
}

fn bug(text: String) -> FenceError {
    StoreError::Bug(text).into()
}

impl<'a> Batch<'a> {
    /// Applies `writes` under `fence`, or changes nothing.
    pub(super) fn commit(
        state: &'a mut State,
        fence: Fence,
        writes: &[Write],
    ) -> Result<Vec<Written>, FenceError> {
        state.check(fence)?;
        let mut batch = Batch {
            state,
            owner: fence.worker,
            before: BTreeMap::new(),
            continued: BTreeMap::new(),
            skipped: Vec::new(),
            schedules: None,
            lines: None,
        };
        match batch.apply_all(writes) {
            Ok(written) => {
                batch.state.beat(fence);
                Ok(written)
            }
            Err(error) => {
                batch.roll_back();
                Err(error)
            }
        }
    }

    fn apply_all(&mut self, writes: &[Write]) -> Result<Vec<Written>, FenceError> {
        let written = writes
            .iter()
            .cloned()
            .map(|write| self.apply(write))
            .collect::<Result<_, _>>()?;
        match self.continued.first_key_value() {
            Some((id, _)) => Err(bug(format!("{id} was continued without a new run"))),
            None => Ok(written),
        }
    }

    fn apply(&mut self, write: Write) -> Result<Written, FenceError> {
        let run = write.run();
        match &write {
            Write::Start(new) => return self.start(new.clone()),
            Write::Task(task) if !task.is_of_owner() => {
                self.remember(run);
                self.remember_lines();
                return Ok(self.state.task_of_worker(self.owner, task.clone()));
            }
            _ => {}
        }
        let owned = self
            .state
            .runs
            .get(&run)
            .is_some_and(|r| r.is_owned_by(self.owner));
        if self.skipped.contains(&run) {
            return Ok(Written::Refused);
        }
        if !owned {
            self.remember(run);
            self.state.let_go(run, self.owner);
            return Ok(Written::Refused);
        }
        self.remember(run);
        match write {
            Write::Start(_) => unreachable!("returned above"),
            Write::Step(step) => self.step(step),
            Write::Attempt(attempt) => Ok(self.attempt(attempt)),
            Write::Note(note) => self.note(note),
            Write::Task(task) => {
                self.remember_lines();
                Ok(self.state.task_of_owner(task))
            }
            Write::Park(park) => Ok(self.park(park)),
            Write::End(end) => self.end(end),
        }
    }

    fn start(&mut self, new: NewRun) -> Result<Written, FenceError> {
        if new.owner.is_some_and(|owner| owner != self.owner) {
            return Err(bug(format!("run {} is born owned by another", new.run)));
        }
        if new.owner.is_some() && !self.continued.contains_key(&new.id) && self.state.stops(&new) {
            self.skipped.push(new.run);
            return Ok(Written::InLine);
        }
        self.remember_lines();
        match self.state.admit(&new) {
            Admission::Free => {}
            Admission::Taken(current) => {
                self.remember(current);
                for other in self.state.family(current) {
                    self.remember(other);
                }
                self.state.free(current, new.created_at);
            }
            Admission::Refused(answer) => {
                self.skipped.push(new.run);
                return Ok(answer);
            }
        }
        self.before.insert(new.run, None);
        let Some(old) = self.continued.remove(&new.id) else {
            self.state.begin(Run::new(new, 0));
            return Ok(Written::Started);
        };
        // Of the end of its parent the old one has been told.
        let mut run = Run::new(new, 0);
        self.hand_over(old, &mut run)?;
        self.state.insert(run);
        Ok(Written::Started)
    }

    /// Moves what nobody has read yet to the run that continues `old`.
    fn hand_over(&mut self, old: RunId, new: &mut Run) -> Result<(), FenceError> {
        new.row.before = Some(old);
        let old = self.run(old)?;
        new.row.wakes = old.row.wakes;
        (new.row.placed, new.row.key) = (old.row.placed, old.row.key.clone());
        old.row.next = Some(new.row.new.run);
        new.row.paused.clone_from(&old.row.paused);
        old.drop_nudges();
        let (mut unread, read): (Vec<_>, _) = std::mem::take(&mut old.inbox)
            .into_iter()
            .partition(|kept| kept.used_seq.is_none());
        // Children and activities belong to the run that began them.
        unread.retain(|kept| !kept.message.kind.is_of_one_run());
        (new.inbox, old.inbox) = (unread, read);
        Ok(())
    }

    fn step(&mut self, step: NewStep) -> Result<Written, FenceError> {
        let run = self.run(step.run)?;
        let mut later = run.steps.iter().rev().take_while(|old| old.seq >= step.seq);
        if later.any(|old| old.seq == step.seq) {
            let NewStep { run, seq, .. } = step;
            return Err(bug(format!("run {run} has a step {seq} already")));
        }
        for ord in step.consumed {
            let unread = run
                .inbox
                .iter_mut()
                .find(|kept| kept.message.ord == ord && kept.used_seq.is_none());
            // The worker has read a message that is not there: a restored backup.
            unread.ok_or(FenceError::HistoryLost)?.used_seq = Some(step.seq);
        }
        for reply in step.replies {
            let told = run.inbox.iter_mut().find(|kept| {
                let open = kept.reply.as_ref().is_none_or(|r| !r.stage.is_final());
                kept.message.msg == reply.msg && kept.used_seq.is_some() && open
            });
            if let Some(kept) = told {
                kept.reply = Some(reply);
            }
        }
        if !step.tags.is_empty() {
            run.row.new.tags.apply(step.tags);
            limits::check_tags(&run.row.new.tags)?;
        }
        run.open
            .retain(|attempt| !step.settled.contains(&attempt.of));
        let settled = |op: u64| step.settled.contains(&AttemptOf::Activity { op });
        run.notes.retain(|op, _| !settled(*op));
        let tasks = run.tasks.keys().copied();
        let tasks: Vec<_> = tasks.filter(|op| settled(*op)).collect();
        run.steps.push(StepRecord {
            seq: step.seq,
            label: step.label,
            at: step.at,
            result: step.result,
            frame: step.frame,
        });
        if !tasks.is_empty() {
            self.remember_lines();
        }
        for op in tasks {
            self.state.take_task((step.run, op));
        }
        Ok(Written::Done)
    }

    fn attempt(&mut self, attempt: AttemptRecord) -> Written {
        if let Some(run) = self.state.runs.get_mut(&attempt.run) {
            let key = |a: &AttemptRecord| (a.of, a.attempt);
            if !run.attempts.iter().any(|old| key(old) == key(&attempt)) {
                run.open.push(attempt.clone());
                run.attempts.push(attempt);
            }
        }
        Written::Done
    }

    fn note(&mut self, note: Note) -> Result<Written, FenceError> {
        let run = self.run(note.run)?;
        for ord in note.consumed {
            let unread = run
                .inbox
                .iter()
                .position(|kept| kept.message.ord == ord && kept.used_seq.is_none());
            run.inbox.remove(unread.ok_or(FenceError::HistoryLost)?);
        }
        run.notes.insert(note.op, note.body);
        Ok(Written::Done)
    }

    fn park(&mut self, park: Park) -> Written {
        let Some(run) = self.state.runs.get_mut(&park.run) else {
            return Written::Refused;
        };
        let row = &mut run.row;
        if row.wakes != park.wakes {
            return Written::Woken { wakes: row.wakes };
        }
        row.seq = park.seq;
        row.queue = park.queue;
        row.claim_seq = -1;
        row.strikes = 0;
        let ready = Ready {
            point: park.point,
            fingerprint: park.fingerprint,
            due_at: park.due_at.filter(|_| park.blocked.is_none()),
            held: park.held && park.blocked.is_some(),
            blocked: park.blocked,
            gate: Gate::Open,
        };
        run.drop_nudges();
        self.state.put(park.run, Place::Ready(ready));
        Written::Parked
    }

    fn end(&mut self, end: End) -> Result<Written, FenceError> {
        let state = &self.state;
        self.schedules
            .get_or_insert_with(|| state.schedules.clone());
        for other in self.state.family(end.run) {
            self.remember(other);
        }
        self.remember_lines();
        let run = self.run(end.run)?;
        let followed = end.is_followed(|| run.is_to_stop());
        let row = &mut run.row;
        if end.phase == Phase::Running {
            return Err(bug(format!("run {} cannot end as running", end.run)));
        }
        row.seq = end.seq;
        row.output = end.output;
        row.error = end.error;
        row.frames = if end.keep_frames {
            Frames::All
        } else {
            Frames::Dropped
        };
        row.published = end.published;
        if followed {
            let id = row.new.id.clone();
            row.current = false;
            self.state.ids.remove(&id);
            self.continued.insert(id, end.run);
            self.state.hand_on(end.run, end.phase, end.at);
        } else {
            self.state.finish(end.run, end.phase, end.at);
        }
        Ok(Written::Done)
    }

    fn run(&mut self, run: RunId) -> Result<&mut Run, FenceError> {
        let found = self.state.runs.get_mut(&run);
        found.ok_or_else(|| bug(format!("run {run} vanished")))
    }

    /// Keeps what is needed to undo changes to `run`, once.
    fn remember(&mut self, run: RunId) {
        if self.before.contains_key(&run) {
            return;
        }
        let before = self.state.runs.get(&run).map(|r| Before {
            row: r.row.clone(),
            inbox: r.inbox.clone(),
            steps: r.steps.len(),
            attempts: r.attempts.len(),
            open: r.open.clone(),
            notes: r.notes.clone(),
            tasks: r.tasks.clone(),
        });
        self.before.insert(run, before);
    }

    /// The same for lines, and for all that an end may let into one.
    fn remember_lines(&mut self) {
        let lines = || [&self.state.lines, &self.state.task_lines].map(Clone::clone);
        self.lines.get_or_insert_with(lines);
        let tasks = self.state.runs_in_task_lines();
        for run in self.state.behind_keys().into_iter().chain(tasks) {
            self.remember(run);
        }
    }

    fn roll_back(self) {
        let mut old = Vec::new();
        if let Some(schedules) = self.schedules {
            self.state.schedules = schedules;
        }
        if let Some(lines) = self.lines {
            [self.state.lines, self.state.task_lines] = lines;
        }
        for (run, before) in self.before {
            let taken = self.state.take(run);
            old.extend(taken.zip(before).map(|(run, before)| before.of(run)));
        }
        // All ids are free again before the old runs take theirs back.
        for run in old {
            self.state.insert(run);
        }
    }
}

impl Before {
    /// The run as it was.
    fn of(self, mut run: Run) -> Run {
        run.row = self.row;
        run.inbox = self.inbox;
        run.steps.truncate(self.steps);
        run.attempts.truncate(self.attempts);
        run.open = self.open;
        run.notes = self.notes;
        run.tasks = self.tasks;
        run
    }
}
