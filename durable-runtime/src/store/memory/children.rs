//! What the end of a run does to its parent and its children.

use super::run::{Frames, Place};
use super::state::State;
use super::tasks::Held;
use crate::id::{RunId, Timestamp};
use crate::store::{ChildEnd, NewRun, PARENT_ENDED, ParentClose, Phase};
use std::collections::BTreeSet;

impl State {
    /// Ends a run for ever: messages that it will never read are dropped, its parent and its
    /// children hear of it.
    pub(super) fn finish(&mut self, run: RunId, phase: Phase, at: Timestamp) {
        self.end(run, phase, at, false);
        self.close(run, at);
    }

    /// Ends a run in whose place another one goes on: its parent hears of the end of that one, and
    /// that one reads its messages.
    pub(super) fn hand_on(&mut self, run: RunId, phase: Phase, at: Timestamp) {
        self.end(run, phase, at, true);
        self.close(run, at);
    }

    /// Tells the children of a run that has ended, each by its policy.
    fn close(&mut self, run: RunId, at: Timestamp) {
        // A list and no recursion: there may be many generations.
        let mut ended = vec![run];
        while let Some(parent) = ended.pop() {
            for (child, close, owned) in self.running_children(parent) {
                if close == ParentClose::Terminate && !owned {
                    if let Some(run) = self.runs.get_mut(&child) {
                        run.row.error = Some(PARENT_ENDED.into());
                        run.row.frames = Frames::Latest;
                    }
                    self.end(child, Phase::Terminated, at, false);
                    ended.push(child);
                } else if let Some(message) = close.message(at) {
                    self.put_message(child, message);
                }
            }
        }
    }

    /// Tells a child that has just been started if its parent has ended meanwhile.
    pub(super) fn orphan(&mut self, new: &NewRun) {
        let Some(parent) = new.parent else {
            return;
        };
        let ended = self
            .runs
            .get(&parent.run)
            .is_none_or(|run| run.row.phase != Phase::Running);
        if ended && let Some(message) = parent.close.message(new.created_at) {
            self.put_message(new.run, message);
        }
    }

    /// Every run that the end of `run` may change, beside itself.
    pub(super) fn family(&self, run: RunId) -> BTreeSet<RunId> {
        let parent = self.runs.get(&run).and_then(|run| run.row.new.parent);
        let mut found: BTreeSet<RunId> = parent.map(|parent| parent.run).into_iter().collect();
        let mut open = vec![run];
        while let Some(parent) = open.pop() {
            for (child, ..) in self.running_children(parent) {
                if found.insert(child) {
                    open.push(child);
                }
            }
        }
        found
    }

    fn end(&mut self, number: RunId, phase: Phase, at: Timestamp, followed: bool) {
        self.put(number, Place::Finished);
        let Some(run) = self.runs.get_mut(&number) else {
            return;
        };
        let row = &mut run.row;
        row.phase = phase;
        row.finished_at = Some(at);
        run.notes.clear();
        let tasks = std::mem::take(&mut run.tasks);
        self.freed_tasks(tasks.values().filter_map(Held::key).collect());
        let Some(run) = self.runs.get_mut(&number) else {
            return;
        };
        if followed {
            return;
        }
        run.drop_unread();
        let row = &run.row;
        let (queue, key) = (row.queue.clone(), row.key.clone());
        let parent = row.new.parent.filter(|parent| parent.reports);
        let end = ChildEnd {
            phase,
            output: row.output.clone(),
            error: row.error.clone(),
            child: Some((number, row.new.id.clone())),
        };
        self.tell_schedule(number, at);
        if let Some(key) = key {
            self.freed(&queue, &key);
        }
        let Some(parent) = parent else {
            return;
        };
        let runs = self.runs.get(&parent.run);
        if runs.is_some_and(|run| run.row.phase == Phase::Running) {
            self.put_message(parent.run, parent.report(&end, at));
        }
    }

    /// Number, policy, and whether somebody owns it.
    fn running_children(&self, parent: RunId) -> Vec<(RunId, ParentClose, bool)> {
        let all = (parent, RunId(i64::MIN))..=(parent, RunId(i64::MAX));
        let children = self.children.range(all);
        let running = children.filter_map(|(_, child)| {
            let row = &self.runs.get(child)?.row;
            let owned = matches!(row.place, Place::Owned(_));
            let running = row.phase == Phase::Running;
            running.then_some((*child, row.new.parent?.close, owned))
        });
        running.collect()
    }
}
