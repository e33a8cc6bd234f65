//! The writes of an owner, applied under one fence, stage by stage.

use super::error::{Outcome, bug};
use super::plan::{Kind, Known, Stage, stages};
use super::rows::small;
use super::session::Columns;
use super::starting::{self, Start};
use super::transact::Tx;
use super::{
    attempts, children, ending, ids, inbox, line, notes, owner, parking, pause, places, stepping,
    tasks,
};
use crate::id::{Incarnation, RunId, WorkflowId};
use crate::store::{MessageKind, NewRun, NewStep, Write, Written};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// All names that a batch writes.
pub(super) fn names(writes: &[Write]) -> Vec<Cow<'_, str>> {
    let mut names = Vec::new();
    for write in writes {
        match write {
            Write::Start(new) => names.extend(starting::names(new)),
            Write::Step(step) => {
                names.push(Cow::Borrowed(&*step.label));
                let keys = step.tags.attributes.keys();
                names.extend(keys.map(|key| Cow::Borrowed(key.as_str())));
            }
            Write::Park(park) => {
                names.extend([Cow::Borrowed(&*park.queue), Cow::Borrowed(&*park.point)]);
            }
            Write::Task(task) => names.extend(tasks::names(task)),
            Write::Attempt(_) | Write::Note(_) | Write::End(_) => {}
        }
    }
    names
}

/// Applies `writes`, whose fence holds.
pub(super) async fn commit(tx: Tx, owner: Incarnation, writes: &[Write]) -> Outcome<Vec<Written>> {
    let mut batch = Batch {
        tx: &tx,
        owner,
        writes,
        written: vec![None; writes.len()],
        continued: BTreeMap::new(),
        skipped: BTreeSet::new(),
    };
    let known = Known::of(&tx, writes).await?;
    for stage in stages(writes, &known) {
        batch.apply(&stage).await?;
    }
    if let Some((id, _)) = batch.continued.first_key_value() {
        return Err(bug(format!("{id} was continued without a new run")).into());
    }
    let written: Option<Vec<_>> = batch.written.into_iter().collect();
    written.ok_or_else(|| bug("a write was not answered").into())
}

struct Batch<'a> {
    tx: &'a Tx,
    owner: Incarnation,
    writes: &'a [Write],
    written: Vec<Option<Written>>,
    /// Ids whose run was continued here, until the new run starts.
    continued: BTreeMap<WorkflowId, RunId>,
    /// Runs whose start was refused.
    skipped: BTreeSet<RunId>,
}

impl<'a> Batch<'a> {
    async fn apply(&mut self, stage: &Stage) -> Outcome<()> {
        let (mut refused, mut left) = (BTreeSet::new(), Vec::new());
        for at in stage.writes.iter().copied() {
            let write = &self.writes[at];
            let is_of_owner = stage.kind != Kind::Start && !write.is_of_task_worker();
            if is_of_owner && self.skipped.contains(&write.run()) {
                self.written[at] = Some(Written::Refused);
            } else {
                left.push(at);
            }
        }
        match stage.kind {
            Kind::Start => self.start(&left).await?,
            Kind::Step => self.step(&left).await?,
            Kind::Attempt => self.attempt(&left).await?,
            Kind::Note => self.note(&left).await?,
            Kind::Park => self.park(&left).await?,
            Kind::End => self.end(&left).await?,
            Kind::Task => self.task(&left).await?,
        }
        for at in left {
            let write = &self.writes[at];
            let is_of_owner = stage.kind != Kind::Start && !write.is_of_task_worker();
            if is_of_owner && self.written[at] == Some(Written::Refused) {
                refused.insert(write.run());
            }
        }
        ids::let_go(self.tx, &refused, self.owner).await
    }

    async fn start(&mut self, left: &[usize]) -> Outcome<()> {
        let starts: Vec<_> = self.of(left, |write| match write {
            Write::Start(new) => Some(new),
            _ => None,
        });
        for (_, new) in &starts {
            if new.owner.is_some_and(|owner| owner != self.owner) {
                return Err(bug(format!("run {} is born owned by another", new.run)).into());
            }
        }
        let mut goes_on = BTreeMap::new();
        for (at, new) in &starts {
            if let Some(old) = self.continued.remove(&new.id) {
                goes_on.insert(*at, old);
            }
        }
        let wakes = self.wakes(goes_on.values()).await?;
        let stopped = self.stopped(&starts, &goes_on).await?;
        for at in &stopped {
            self.skipped.insert(self.writes[*at].run());
            self.written[*at] = Some(Written::InLine);
        }
        let begin: Vec<_> = starts
            .into_iter()
            .filter(|(at, _)| !stopped.contains(at))
            .collect();
        let new: Vec<_> = begin
            .iter()
            .map(|(at, new)| {
                let old = goes_on.get(at);
                Start {
                    new,
                    wakes: old.and_then(|old| wakes.get(old)).copied().unwrap_or(0),
                    goes_on: old.is_some(),
                }
            })
            .collect();
        let written = starting::insert(self.tx, &new).await?;
        let mut others = Vec::new();
        for ((at, new), written) in begin.into_iter().zip(written) {
            match (goes_on.remove(&at), &written) {
                (Some(old), Written::Started) => follow(self.tx, old, new.run).await?,
                // The batch fails, unless a later start goes on.
                (Some(old), _) => drop(self.continued.insert(new.id.clone(), old)),
                (None, Written::Started) => others.push(new),
                (None, _) => {}
            }
            if written != Written::Started {
                self.skipped.insert(new.run);
            }
            self.written[at] = Some(written);
        }
        // One that is continued has been told.
        children::orphans(self.tx, Some(self.owner), &others).await
    }

    /// The counters of runs that others go on for.
    async fn wakes(&self, runs: impl Iterator<Item = &RunId>) -> Outcome<BTreeMap<RunId, i64>> {
        let runs: Vec<_> = runs.map(|run| run.0).collect();
        if runs.is_empty() {
            return Ok(BTreeMap::new());
        }
        let sql = "SELECT run, wakes FROM @workflow WHERE run=ANY($1)";
        let wakes = self
            .tx
            .all(sql, &[&runs], |row| {
                let mut row = Columns::of(row);
                Ok((RunId(row.next()?), row.next()?))
            })
            .await?;
        Ok(wakes.into_iter().collect())
    }

    /// Those of them that may not be born owned.
    async fn stopped(
        &self,
        starts: &[(usize, &NewRun)],
        goes_on: &BTreeMap<usize, RunId>,
    ) -> Outcome<BTreeSet<usize>> {
        let born_owned = || {
            let starts = starts.iter();
            starts.filter(|(at, new)| new.owner.is_some() && !goes_on.contains_key(at))
        };
        let mut queues = BTreeSet::new();
        for (_, new) in born_owned() {
            queues.insert(self.tx.name(&new.queue)?);
        }
        let lines = line::existing(self.tx, &queues).await?;
        let mut stopped = BTreeSet::new();
        for (at, new) in born_owned() {
            if new.queueing.asks_for_a_line() || lines.contains(&self.tx.name(&new.queue)?) {
                stopped.insert(*at);
            }
        }
        Ok(stopped)
    }

    async fn step(&mut self, left: &[usize]) -> Outcome<()> {
        let steps: Vec<(usize, &NewStep)> = self.of(left, |write| match write {
            Write::Step(step) => Some(step),
            _ => None,
        });
        let all: Vec<_> = steps.iter().map(|(_, step)| *step).collect();
        let appended = stepping::append(self.tx, self.owner, &all).await?;
        for (at, step) in steps {
            let done = appended.contains(&(step.run, step.seq));
            self.written[at] = Some(if done {
                Written::Done
            } else {
                Written::Refused
            });
        }
        Ok(())
    }

    async fn task(&mut self, left: &[usize]) -> Outcome<()> {
        let tasks = self.of(left, |write| match write {
            Write::Task(task) => Some(task),
            _ => None,
        });
        let (at, tasks): (Vec<_>, Vec<_>) = tasks.into_iter().unzip();
        let written = tasks::write(self.tx, self.owner, &tasks).await?;
        for (at, written) in at.into_iter().zip(written) {
            self.written[at] = Some(written);
        }
        Ok(())
    }

    async fn attempt(&mut self, left: &[usize]) -> Outcome<()> {
        let attempts = self.of(left, |write| match write {
            Write::Attempt(attempt) => Some(attempt),
            _ => None,
        });
        let owned = self.owned(&attempts, |attempt| attempt.run).await?;
        if !owned.is_empty() {
            attempts::record(self.tx, &owned).await?;
        }
        Ok(())
    }

    async fn note(&mut self, left: &[usize]) -> Outcome<()> {
        let notes = self.of(left, |write| match write {
            Write::Note(note) => Some(note),
            _ => None,
        });
        let owned = self.owned(&notes, |note| note.run).await?;
        if !owned.is_empty() {
            notes::put(self.tx, &owned).await?;
        }
        Ok(())
    }

    /// Those of these writes whose runs the owner owns, which are done; the others are refused.
    async fn owned<T>(
        &mut self,
        writes: &[(usize, &'a T)],
        run: impl Fn(&T) -> RunId,
    ) -> Outcome<Vec<&'a T>> {
        let runs: Vec<_> = writes.iter().map(|(_, write)| run(write)).collect();
        let owned = owner::owned(self.tx, self.owner, &runs).await?;
        let mut done = Vec::new();
        for (at, write) in writes {
            let is_owned = owned.contains_key(&run(write));
            done.extend(is_owned.then_some(*write));
            self.written[*at] = Some(if is_owned {
                Written::Done
            } else {
                Written::Refused
            });
        }
        Ok(done)
    }

    async fn park(&mut self, left: &[usize]) -> Outcome<()> {
        let (at, parks): (Vec<_>, Vec<_>) = self
            .of(left, |write| match write {
                Write::Park(park) => Some(park),
                _ => None,
            })
            .into_iter()
            .unzip();
        let written = parking::park(self.tx, self.owner, &parks).await?;
        for (at, written) in at.into_iter().zip(written) {
            self.written[at] = Some(written);
        }
        Ok(())
    }

    async fn end(&mut self, left: &[usize]) -> Outcome<()> {
        let ends = self.of(left, |write| match write {
            Write::End(end) => Some(end),
            _ => None,
        });
        let all: Vec<_> = ends.iter().map(|(_, end)| *end).collect();
        let mut ended = ending::end(self.tx, self.owner, &all).await?;
        for (at, end) in ends {
            let Some(ended) = ended.remove(&end.run) else {
                self.written[at] = Some(Written::Refused);
                continue;
            };
            if ended.followed {
                self.continued.insert(ended.id, end.run);
            }
            self.written[at] = Some(Written::Done);
        }
        Ok(())
    }

    /// The writes at these places, as what they are.
    fn of<T>(&self, at: &[usize], of: impl Fn(&'a Write) -> Option<&'a T>) -> Vec<(usize, &'a T)> {
        let writes = at
            .iter()
            .filter_map(|at| Some((*at, of(&self.writes[*at])?)));
        writes.collect()
    }
}

/// Gives the run that goes on in the place of another what that one had.
async fn follow(tx: &Tx, old: RunId, new: RunId) -> Outcome<()> {
    pause::inherit(tx, old, new).await?;
    inbox::drop_nudges(tx, &[old.0]).await?;
    // Children and activities belong to the run that began them.
    let own = [MessageKind::ChildEnded, MessageKind::Activity].map(|kind| small(kind as u8));
    tx.execute(
        "UPDATE @inbox SET run=$2 WHERE run=$1 AND used_seq IS NULL AND kind<>ALL($3)",
        &[&old.0, &new.0, &&own[..]],
    )
    .await?;
    inbox::drop_unread(tx, &[old.0]).await?;
    let sql = "UPDATE @workflow SET next=$2 WHERE run=$1";
    tx.execute(sql, &[&old.0, &new.0]).await?;
    places::inherit(tx, old, new).await
}
