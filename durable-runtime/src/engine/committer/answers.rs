//! What became of writes whose answer was lost, and how large writes are.

use super::{Lost, RETRY_FIRST, Task};
use crate::id::WorkflowId;
use crate::store::{NewRun, Park, RunState, StoreError, TaskWrite, Write, Written};
use std::future::Future;

impl Task {
    /// The answers to writes that were applied without one. Nothing else is committed meanwhile,
    /// and nobody else writes runs that this incarnation owns, so the row still shows them.
    pub(super) async fn find_out(
        &self,
        id: &WorkflowId,
        writes: &[Write],
    ) -> Result<Vec<Written>, Lost> {
        if writes.iter().all(Write::is_of_task_worker) {
            return self.find_out_of_tasks(writes).await;
        }
        let found = self.read(|| self.store.find(id)).await?;
        let Some(found) = found else {
            return match writes.split_first() {
                // Applied, and its id is free: its number was taken.
                Some((Write::Start(_), others)) => {
                    let refused = others.iter().map(|_| Written::Refused);
                    Ok(std::iter::once(Written::RunTaken).chain(refused).collect())
                }
                _ => Err(Lost::OtherHistory),
            };
        };
        // Another start has taken the id: what it was told is of no use any more.
        let is_start = |write: &Write| matches!(write, Write::Start(_));
        let first = writes.first().filter(|write| !is_start(write));
        let run = first.map(Write::run);
        if run.is_some_and(|run| run != found.run) && !writes.iter().any(is_start) {
            return Ok(writes.iter().map(|_| Written::Refused).collect());
        }
        let still_ours = found.state == RunState::Owned(self.worker);
        let exists = match writes.first() {
            Some(Write::Start(new)) if new.run != found.run => !self.is_there(new).await?,
            _ => false,
        };
        // It is the last of its id: it is not followed by the one that was to be its next try.
        let ended = |write: &Write| matches!(write, Write::End(end) if end.run == found.run);
        let not_followed = writes.iter().any(ended);
        let answer = |write: &Write| match write {
            Write::Start(_) if exists => Written::Exists(Box::new(found.clone())),
            _ if exists => Written::Refused,
            Write::Start(new) if not_followed && new.run != found.run => {
                Written::Exists(Box::new(found.clone()))
            }
            Write::Start(_) => Written::Started,
            Write::Park(Park { wakes, .. }) if still_ours => Written::Woken { wakes: *wakes },
            Write::Park(_) => Written::Parked,
            Write::End(_) if still_ours => Written::Refused,
            _ => Written::Done,
        };
        Ok(writes.iter().map(answer).collect())
    }

    /// Whether this run was started, though its id leads to another by now: it may have ended in the
    /// same batch, and others have gone on in its place.
    async fn is_there(&self, new: &NewRun) -> Result<bool, Lost> {
        let last = self.read(|| self.store.follow(new.run)).await?;
        Ok(last.is_some_and(|last| last.id == new.id))
    }

    /// The same of writes about tasks that this incarnation has: while it is alive, only the owners of
    /// their runs can have taken them away.
    async fn find_out_of_tasks(&self, writes: &[Write]) -> Result<Vec<Written>, Lost> {
        let ours = self.read(|| self.store.tasks_of(self.worker)).await?;
        let answer = |write: &Write| match write {
            Write::Task(TaskWrite::Begin { of, .. } | TaskWrite::Beat { of, .. })
                if !ours.iter().any(|(own, _)| own == of) =>
            {
                Written::Refused
            }
            // If it was refused, the task is over all the same.
            _ => Written::Done,
        };
        Ok(writes.iter().map(answer).collect())
    }

    async fn read<T, F>(&self, read: impl Fn() -> F) -> Result<T, Lost>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        loop {
            match read().await {
                Ok(found) => return Ok(found),
                Err(error) if error.is_transient() => tokio::time::sleep(RETRY_FIRST).await,
                Err(error) => return Err(Lost::Store(error)),
            }
        }
    }
}

/// About how many bytes of values the writes carry.
pub(super) fn size(writes: &[Write]) -> usize {
    let len = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
    let one = |write: &Write| match write {
        Write::Start(new) => new.input.len(),
        Write::Step(step) => len(&step.result) + len(&step.frame),
        Write::Attempt(attempt) => attempt.error.len(),
        Write::Note(note) => note.body.len(),
        Write::Task(task) => task.size(),
        Write::Park(park) => park.point.len(),
        Write::End(end) => len(&end.output),
    };
    writes.iter().map(one).sum()
}
