//! Deleting runs that have ended.

use super::state::State;
use crate::id::{RunId, WorkflowId};
use crate::store::{Deleted, Expiry, Phase};

impl State {
    pub(super) fn delete(&mut self, id: &WorkflowId) -> Deleted {
        match self.current(id).map(|run| run.row.phase) {
            None => return Deleted::NotFound,
            Some(Phase::Running) => return Deleted::Running,
            Some(_) => {}
        }
        let all: Vec<RunId> = self.of_id(id).map(|run| run.row.new.run).collect();
        Deleted::Runs(all.into_iter().map(|run| self.forget(run)).sum())
    }

    pub(super) fn expire(&mut self, expiry: &Expiry) -> usize {
        let runs = |run: RunId| {
            let found = self.runs.get(&run);
            found.is_some_and(|run| run.row.phase == Phase::Running)
        };
        let expired = self.runs.iter().filter_map(|(number, run)| {
            let at = run.row.finished_at.filter(|at| *at < expiry.before)?;
            let of = expiry.of.contain(&run.row.new.workflow);
            let parent = run.row.new.parent;
            (of && !parent.is_some_and(|parent| runs(parent.run))).then_some((at, *number))
        });
        let mut expired: Vec<_> = expired.collect();
        expired.sort_unstable();
        expired.truncate(expiry.limit);
        for (_, run) in &expired {
            self.forget(*run);
        }
        expired.len()
    }

    /// Deletes a run that has ended, and its children that have; how many were there.
    fn forget(&mut self, run: RunId) -> usize {
        let mut count = 0;
        let mut open = vec![run];
        while let Some(number) = open.pop() {
            let ended = self.runs.get(&number);
            if ended.is_none_or(|run| run.row.phase == Phase::Running) {
                continue;
            }
            self.take(number);
            count += 1;
            let all = (number, RunId(i64::MIN))..=(number, RunId(i64::MAX));
            open.extend(self.children.range(all).map(|(_, child)| *child));
        }
        count
    }
}
