//! The writes of an owner, applied one after the other under one fence.

use super::db::Db;
use super::ending::Ending;
use super::error::{Outcome, bug};
use super::line::Gate;
use super::{
    children, fence, ids, inbox, line, notes, pause, places, rows, schedules, tags, tasks,
};
use crate::id::{Incarnation, RunId, WorkflowId};
use crate::store::{
    AttemptOf, AttemptRecord, ChildEnd, End, Fence, FenceError, MessageKind, NewRun, NewStep, Note,
    Park, Phase, Reply, TaskWrite, Write, Written,
};
use rusqlite::{ErrorCode, params};
use std::collections::BTreeMap;

/// Applies `writes` under `fence`.
pub(super) fn commit(db: &mut Db, fence: Fence, writes: &[Write]) -> Outcome<Vec<Written>> {
    fence::pass(db, fence)?;
    let mut batch = Batch {
        db,
        owner: fence.worker,
        continued: BTreeMap::new(),
        skipped: Vec::new(),
        owned: None,
    };
    let written = writes
        .iter()
        .map(|write| batch.apply(write))
        .collect::<Outcome<_>>()?;
    match batch.continued.first_key_value() {
        Some((id, _)) => Err(bug(format!("{id} was continued without a new run")).into()),
        None => Ok(written),
    }
}

/// Inserts a run and, if it has no owner, its place in the queue; or says what is taken.
/// One that goes on in the place of another does not wait in line.
pub(super) fn insert_run(db: &mut Db, new: &NewRun, wakes: i64, goes_on: bool) -> Outcome<Written> {
    if !insert_row(db, new, wakes)? {
        let Some(current) = rows::current(&db.conn, &new.id)? else {
            return Ok(Written::RunTaken);
        };
        if !new.takes_id_from(&current) {
            return Ok(Written::Exists(Box::new(current)));
        }
        if ids::is_taken(db, new.run)? {
            return Ok(Written::RunTaken);
        }
        ids::free(db, &current, new.created_at)?;
        if !insert_row(db, new, wakes)? {
            return Err(bug(format!("{} is taken and free", new.id)).into());
        }
    }
    tags::insert(db, new.run, &new.tags)?;
    if new.owner.is_none() {
        let queue = db.names.intern(&db.conn, &new.queue)?;
        let point = format!("{}/", new.workflow);
        let point = db.names.intern(&db.conn, &point)?;
        let Gate {
            kind,
            tag,
            key,
            fair,
        } = if goes_on {
            Gate::default()
        } else {
            line::gate(db, queue, new)?
        };
        let lane = new.queueing.lane();
        db.conn
            .prepare_cached(
                "INSERT INTO ready(run,queue,lane,due_at,point,gate,tag,ckey,fkey) \
                 VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)",
            )?
            .execute(params![
                new.run.0,
                queue,
                lane,
                new.due_at.0,
                point,
                kind,
                tag,
                key,
                fair
            ])?;
        if key.is_some() {
            db.conn
                .prepare_cached("UPDATE workflow SET ckey=?2 WHERE run=?1")?
                .execute(params![new.run.0, key])?;
        }
        db.news.noteworthy();
    }
    Ok(Written::Started)
}

/// Whether its id and its number were free.
fn insert_row(db: &mut Db, new: &NewRun, wakes: i64) -> Outcome<bool> {
    let kind = db.names.intern(&db.conn, &new.workflow)?;
    let queue = db.names.intern(&db.conn, &new.queue)?;
    let owner = new.owner.map(|owner| owner.0);
    let claim_seq = if owner.is_some() { 0 } else { -1 };
    let (parent, scheduled) = (new.parent, new.scheduled.as_ref());
    let inserted = db
        .conn
        .prepare_cached(
            "INSERT INTO workflow(run,id,kind,queue,owner,wakes,claim_seq,created_at,input,\
             parent,parent_op,parent_close,reports,terms,schedule,schedule_at,last_result,tags,\
             lane,queueing) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,\
             ?19,?20) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            new.run.0,
            new.id.as_str(),
            kind,
            queue,
            owner,
            wakes,
            claim_seq,
            new.created_at.0,
            new.input,
            parent.map(|parent| parent.run.0),
            parent.map(|parent| parent.op.cast_signed()),
            parent.map(|parent| parent.close as i64),
            parent.map(|parent| parent.reports),
            rows::terms(&new.terms),
            scheduled.map(|by| by.schedule.as_str()),
            scheduled.map(|by| by.at.0),
            scheduled.and_then(|by| by.last_result.as_deref()),
            tags::encoded(&new.tags),
            new.queueing.lane(),
            rows::encoded_queueing(&new.queueing)
        ])?;
    Ok(inserted > 0)
}

/// Turns the violation of a unique key into the rule that was broken.
fn unique(error: rusqlite::Error, rule: impl FnOnce() -> String) -> super::error::Fault {
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => bug(rule()).into(),
        _ => error.into(),
    }
}

struct Batch<'a> {
    db: &'a mut Db,
    owner: Incarnation,
    /// Ids whose run was continued here, until the new run starts.
    continued: BTreeMap<WorkflowId, RunId>,
    /// Runs whose start was refused.
    skipped: Vec<RunId>,
    /// The run that the write before has started, which the owner owns.
    owned: Option<RunId>,
}

impl Batch<'_> {
    fn apply(&mut self, write: &Write) -> Outcome<Written> {
        let run = write.run();
        let owned = self.owned.take();
        match write {
            Write::Start(new) => return self.start(new),
            Write::Task(task) if !task.is_of_owner() => {
                return tasks::of_worker(self.db, self.owner, task);
            }
            _ => {}
        }
        if self.skipped.contains(&run) {
            return Ok(Written::Refused);
        }
        let answer = match write {
            Write::Start(new) => self.start(new),
            Write::Step(step) => self.step(step, owned),
            Write::Attempt(attempt) => self.attempt(attempt),
            Write::Note(note) => self.note(note),
            Write::Task(task) => self.task(task),
            Write::Park(park) => self.park(park),
            Write::End(end) => self.end(end),
        }?;
        if answer == Written::Refused {
            ids::let_go(self.db, run, self.owner)?;
        }
        Ok(answer)
    }

    fn start(&mut self, new: &NewRun) -> Outcome<Written> {
        if new.owner.is_some_and(|owner| owner != self.owner) {
            return Err(bug(format!("run {} is born owned by another", new.run)).into());
        }
        let old = self.continued.get(&new.id).copied();
        if new.owner.is_some() && old.is_none() {
            let queue = self.db.names.intern(&self.db.conn, &new.queue)?;
            if line::stops(&self.db.conn, queue, new)? {
                self.skipped.push(new.run);
                return Ok(Written::InLine);
            }
        }
        let wakes = old.map_or(Ok(0), |old| self.wakes(old))?;
        let answer = insert_run(self.db, new, wakes, old.is_some())?;
        if answer != Written::Started {
            self.skipped.push(new.run);
            return Ok(answer);
        }
        if let Some(old) = old {
            self.continued.remove(&new.id);
            pause::inherit(self.db, old, new.run)?;
            inbox::drop_nudges(self.db, old)?;
            self.db
                .conn
                .prepare_cached(
                    "UPDATE inbox SET run=?2 WHERE run=?1 AND used_seq IS NULL \
                     AND kind NOT IN (?3,?4)",
                )?
                .execute([
                    old.0,
                    new.run.0,
                    MessageKind::ChildEnded as i64,
                    MessageKind::Activity as i64,
                ])?;
            // Children and activities belong to the run that began them.
            inbox::drop_unread(self.db, old)?;
            self.db
                .conn
                .prepare_cached("UPDATE workflow SET next=?2 WHERE run=?1")?
                .execute([old.0, new.run.0])?;
            places::inherit(self.db, old, new.run)?;
        } else {
            // The one that is continued has been told.
            children::orphan(self.db, new)?;
        }
        self.owned = new.owner.map(|_| new.run);
        Ok(Written::Started)
    }

    /// `owned`: the run that the write before has started.
    fn step(&mut self, step: &NewStep, owned: Option<RunId>) -> Outcome<Written> {
        // Asked for apart: an insert that selects keeps a copy of each page, in case it fails half way.
        if owned != Some(step.run) && self.owned_wakes(step.run)?.is_none() {
            return Ok(Written::Refused);
        }
        let label = self.db.names.intern(&self.db.conn, &step.label)?;
        self.db
            .conn
            .prepare_cached(
                "INSERT INTO step(run,seq,label,at,result,frame) VALUES(?1,?2,?3,?4,?5,?6)",
            )?
            .execute(params![
                step.run.0,
                step.seq,
                label,
                step.at.0,
                step.result,
                step.frame
            ])
            .map_err(|error| {
                unique(error, || {
                    format!("run {} has a step {} already", step.run, step.seq)
                })
            })?;
        for ord in &step.consumed {
            let consumed = self
                .db
                .conn
                .prepare_cached(
                    "UPDATE inbox SET used_seq=?3 WHERE run=?1 AND ord=?2 AND used_seq IS NULL",
                )?
                .execute([step.run.0, *ord, step.seq])?;
            if consumed != 1 {
                // The worker has read a message that is not there: a restored backup.
                return Err(FenceError::HistoryLost.into());
            }
        }
        tags::change(self.db, step.run, &step.tags)?;
        for reply in &step.replies {
            self.reply(step.run, reply)?;
        }
        for of in &step.settled {
            let (kind, number) = rows::tried(*of);
            self.db
                .conn
                .prepare_cached(
                    "UPDATE attempt SET settled=1 WHERE run=?1 AND kind=?2 AND number=?3",
                )?
                .execute([step.run.0, kind, number])?;
            if let AttemptOf::Activity { .. } = of {
                notes::settle(self.db, step.run, number)?;
                tasks::settle(self.db, step.run, number)?;
            }
        }
        Ok(Written::Done)
    }

    fn reply(&mut self, run: RunId, reply: &Reply) -> Outcome<()> {
        self.db
            .conn
            .prepare_cached(
                "UPDATE inbox SET stage=?3, reply=?4 WHERE run=?1 AND msg=?2 \
                 AND used_seq IS NOT NULL AND coalesce(stage,1)=1",
            )?
            .execute(params![run.0, reply.msg, reply.stage as i64, reply.payload])?;
        self.db.news.by(self.owner);
        Ok(())
    }

    fn attempt(&mut self, attempt: &AttemptRecord) -> Outcome<Written> {
        if self.owned_wakes(attempt.run)?.is_none() {
            return Ok(Written::Refused);
        }
        let (kind, number) = rows::tried(attempt.of);
        self.db
            .conn
            .prepare_cached(
                "INSERT INTO attempt(run,kind,number,attempt,at,error,next_at) \
                 VALUES(?1,?2,?3,?4,?5,?6,?7) ON CONFLICT(run,kind,number,attempt) DO NOTHING",
            )?
            .execute(params![
                attempt.run.0,
                kind,
                number,
                attempt.attempt,
                attempt.at.0,
                attempt.error,
                attempt.next_at.0
            ])?;
        Ok(Written::Done)
    }

    fn note(&mut self, note: &Note) -> Outcome<Written> {
        if self.owned_wakes(note.run)?.is_none() {
            return Ok(Written::Refused);
        }
        notes::put(self.db, note)?;
        Ok(Written::Done)
    }

    fn task(&mut self, task: &TaskWrite) -> Outcome<Written> {
        if self.owned_wakes(task.run())?.is_none() {
            return Ok(Written::Refused);
        }
        tasks::of_owner(self.db, task)
    }

    fn park(&mut self, park: &Park) -> Outcome<Written> {
        let queue = self.db.names.intern(&self.db.conn, &park.queue)?;
        let parked = self
            .db
            .conn
            .prepare_cached(
                "UPDATE workflow SET owner=NULL, seq=?4, queue=?5, claim_seq=-1, strikes=0 \
                 WHERE run=?1 AND owner=?2 AND phase=0 AND wakes=?3",
            )?
            .execute(params![
                park.run.0,
                self.owner.0,
                park.wakes,
                park.seq,
                queue
            ])?;
        if parked == 0 {
            return Ok(match self.owned_wakes(park.run)? {
                Some(wakes) => Written::Woken { wakes },
                None => Written::Refused,
            });
        }
        let point = self.db.names.intern(&self.db.conn, &park.point)?;
        let due_at = park.due_at.filter(|_| park.blocked.is_none());
        self.db
            .conn
            .prepare_cached(
                "INSERT INTO ready(run,queue,lane,due_at,point,fingerprint,blocked,held) \
                 SELECT run, ?2, iif(paused IS NULL,lane,-1-lane), ?3, ?4, ?5, ?6, ?7 \
                 FROM workflow WHERE run=?1",
            )?
            .execute(params![
                park.run.0,
                queue,
                due_at.map(|at| at.0),
                point,
                park.fingerprint.cast_signed(),
                park.blocked,
                park.held && park.blocked.is_some()
            ])?;
        inbox::drop_nudges(self.db, park.run)?;
        self.db.news.by(self.owner);
        Ok(Written::Parked)
    }

    fn end(&mut self, end: &End) -> Outcome<Written> {
        if end.phase == Phase::Running {
            return Err(bug(format!("run {} cannot end as running", end.run)).into());
        }
        let Some(ending) = Ending::of(&self.db.conn, end.run, self.owner)? else {
            return Ok(Written::Refused);
        };
        let stopped = ending.unread && end.followed && inbox::is_to_stop(self.db, end.run)?;
        let continued = end.is_followed(|| stopped);
        self.db
            .conn
            .prepare_cached(
                "UPDATE workflow SET phase=?2, output=?3, error=?4, owner=NULL, seq=?5, \
                 finished_at=?6, current=?7, published=?8 WHERE run=?1",
            )?
            .execute(params![
                end.run.0,
                end.phase as i64,
                end.output,
                end.error,
                end.seq,
                end.at.0,
                i64::from(!continued),
                end.published
            ])?;
        if !end.keep_frames {
            self.db
                .conn
                .prepare_cached("UPDATE step SET frame=NULL WHERE run=?1 AND frame IS NOT NULL")?
                .execute([end.run.0])?;
        }
        if ending.notes {
            notes::drop_all(self.db, end.run)?;
        }
        if ending.tasks {
            tasks::drop_all(self.db, end.run)?;
        }
        if continued {
            self.continued.insert(ending.id, end.run);
        } else {
            ending.place.freed(self.db)?;
            if ending.unread {
                inbox::drop_unread(self.db, end.run)?;
            }
            if ending.scheduled {
                schedules::told(self.db, end.run, end.at)?;
            }
            if let Some(parent) = ending.parent {
                let report = ChildEnd {
                    phase: end.phase,
                    output: end.output.clone(),
                    error: end.error.clone(),
                    child: Some((end.run, ending.id)),
                };
                children::report(self.db, parent, &report, end.at)?;
            }
        }
        if ending.children {
            children::close(self.db, end.run, end.at)?;
        }
        if ending.placed || ending.scheduled || continued {
            self.db.news.noteworthy();
        } else {
            self.db.news.by(self.owner);
        }
        Ok(Written::Done)
    }

    /// The wake counter of a run that the owner still owns.
    fn owned_wakes(&self, run: RunId) -> Outcome<Option<i64>> {
        rows::first(
            &self.db.conn,
            "SELECT wakes FROM workflow WHERE run=?1 AND owner=?2",
            [run.0, self.owner.0],
            |row| row.get(0),
        )
    }

    fn wakes(&self, run: RunId) -> Outcome<i64> {
        let sql = "SELECT wakes FROM workflow WHERE run=?1";
        let found = rows::first(&self.db.conn, sql, [run.0], |row| row.get(0))?;
        found.ok_or_else(|| bug(format!("run {run} vanished")).into())
    }
}
