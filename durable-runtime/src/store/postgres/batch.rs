//! The writes of an owner, applied under one fence, stage by stage.

use super::error::{Outcome, bug};
use super::line;
use super::plan::{Kind, Known, Stage, stages};
use super::starting::{self, Start};
use super::transact::Tx;
use super::{ids, stepping, unfinished};
use crate::id::{Incarnation, RunId};
use crate::store::{NewRun, NewStep, Write, Written};
use std::borrow::Cow;
use std::collections::BTreeSet;

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
            Write::Task(_) | Write::Attempt(_) | Write::Note(_) | Write::End(_) => {}
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
        skipped: BTreeSet::new(),
    };
    let known = Known::of(&tx, writes).await?;
    for stage in stages(writes, &known) {
        batch.apply(&stage).await?;
    }
    let written: Option<Vec<_>> = batch.written.into_iter().collect();
    written.ok_or_else(|| bug("a write was not answered").into())
}

struct Batch<'a> {
    tx: &'a Tx,
    owner: Incarnation,
    writes: &'a [Write],
    written: Vec<Option<Written>>,
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
            Kind::Attempt | Kind::Note | Kind::Task | Kind::Park | Kind::End => {
                return Err(unfinished("this kind of write"));
            }
        }
        for at in left {
            if stage.kind != Kind::Start && self.written[at] == Some(Written::Refused) {
                refused.insert(self.writes[at].run());
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
        let stopped = self.stopped(&starts).await?;
        let begin: Vec<_> = starts
            .into_iter()
            .filter(|(at, _)| !stopped.contains(at))
            .collect();
        let new = begin.iter().map(|(_, new)| Start {
            new,
            wakes: 0,
            goes_on: false,
        });
        let written = starting::insert(self.tx, &new.collect::<Vec<_>>()).await?;
        for at in stopped {
            self.skipped.insert(self.writes[at].run());
            self.written[at] = Some(Written::InLine);
        }
        for ((at, new), written) in begin.into_iter().zip(written) {
            if written != Written::Started {
                self.skipped.insert(new.run);
            }
            self.written[at] = Some(written);
        }
        Ok(())
    }

    /// Those of them that may not be born owned.
    async fn stopped(&self, starts: &[(usize, &NewRun)]) -> Outcome<BTreeSet<usize>> {
        let born_owned = || starts.iter().filter(|(_, new)| new.owner.is_some());
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

    /// The writes at these places, as what they are.
    fn of<T>(&self, at: &[usize], of: impl Fn(&'a Write) -> Option<&'a T>) -> Vec<(usize, &'a T)> {
        let writes = at
            .iter()
            .filter_map(|at| Some((*at, of(&self.writes[*at])?)));
        writes.collect()
    }
}
