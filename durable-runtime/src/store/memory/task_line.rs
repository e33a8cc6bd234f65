//! The line of activities before a queue, as plain records.

use super::state::State;
use super::tasks::Held;
use crate::id::{RunId, Timestamp};
use crate::store::{ARRIVALS_MAX, Had, NewTask, QueueSettings, TaskWait};
use std::collections::BTreeSet;

/// How a task waits, or that it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// A worker carries it out.
    Carried,
    /// It joins the line in the next claim.
    Joins,
    /// In line, at this tag.
    Line(i64),
    /// Others of its concurrency key come first.
    Key,
    /// Its run rests.
    Rests,
    /// Only its run is to be told.
    Over,
}

/// The number of a task.
pub(super) type Number = (RunId, u64);

/// A queue, and a concurrency key of a task that has left its line.
pub(super) type Freed = BTreeSet<(String, String)>;

impl State {
    pub(super) fn of_queue<'a>(&'a self, queue: &'a str) -> impl Iterator<Item = &'a Held> {
        let runs = self.runs.values().flat_map(|run| run.tasks.values());
        runs.filter(move |own| own.new.queue == queue)
    }

    pub(super) fn held(&mut self, (run, op): Number) -> Option<&mut Held> {
        self.runs.get_mut(&run)?.tasks.get_mut(&op)
    }

    /// What holds for the activities of a queue, and how their bucket is filled.
    fn limits(&self, queue: &str) -> (QueueSettings, i64) {
        let settings = self.settings(queue).0.of_activities();
        (settings, self.filled.get(queue).copied().unwrap_or(0))
    }

    /// How a task waits that is put there.
    pub(super) fn stand(&mut self, new: &NewTask) -> Stand {
        let rests = self.runs.get(&new.of.run);
        if rests.is_some_and(|run| run.row.paused.is_some()) {
            return Stand::Rests;
        }
        if self
            .of_queue(&new.queue)
            .any(|own| own.stand == Stand::Joins)
        {
            // They are before it.
            return Stand::Joins;
        }
        self.joins_line(new)
    }

    fn joins_line(&mut self, new: &NewTask) -> Stand {
        if let Some(key) = new.queueing.key() {
            let limit = new.queueing.key_limit(self.limits(&new.queue).0.per_key);
            // Without a limit nobody is counted, but one that has a limit is not passed.
            let full = limit < u64::from(u32::MAX) && self.of_task_key(&new.queue, key) >= limit;
            if full || self.behind_task(&new.queue, key).is_some() {
                return Stand::Key;
            }
        }
        self.stands_in_line(new)
    }

    fn stands_in_line(&mut self, new: &NewTask) -> Stand {
        let turns = self.of_queue(&new.queue).filter_map(Held::turn);
        let last = new.queueing.behind(turns);
        let line = self.task_lines.entry(new.queue.clone()).or_default();
        Stand::Line(line.tag(&new.queueing, last))
    }

    fn of_task_key(&self, queue: &str, key: &str) -> u64 {
        let of = self.of_queue(queue).filter(|own| {
            let counts = matches!(own.stand, Stand::Carried | Stand::Line(_));
            counts && own.new.queueing.key() == Some(key)
        });
        of.count() as u64
    }

    /// The first that waits behind others of its concurrency key.
    fn behind_task(&self, queue: &str, key: &str) -> Option<Number> {
        let of = self.of_queue(queue);
        let of = of.filter(|own| own.stand == Stand::Key && own.new.queueing.key() == Some(key));
        let first = of.min_by_key(|own| {
            let new = &own.new;
            (new.queueing.lane(), new.put_at, new.of.run, new.of.op)
        });
        first.map(Held::number)
    }

    /// Others of these keys join the line, as many as may.
    pub(super) fn freed_tasks(&mut self, freed: Freed) {
        for (queue, key) in freed {
            while let Some(number) = self.behind_task(&queue, &key) {
                let Some(new) = self.held(number).map(|own| own.new.clone()) else {
                    return;
                };
                let limit = new.queueing.key_limit(self.limits(&queue).0.per_key);
                if self.of_task_key(&queue, &key) >= limit {
                    break;
                }
                let stand = self.stands_in_line(&new);
                self.set_stand(number, stand);
            }
        }
    }

    pub(super) fn set_stand(&mut self, number: Number, stand: Stand) {
        if let Some(own) = self.held(number) {
            own.stand = stand;
        }
    }

    /// All tasks that wait behind others of their keys, or may have some behind them: their runs.
    pub(super) fn runs_in_task_lines(&self) -> Vec<RunId> {
        let behind = self.runs.values().filter(|run| {
            let mut tasks = run.tasks.values();
            tasks.any(|own| own.stand == Stand::Key)
        });
        behind.map(|run| run.row.new.run).collect()
    }

    /// Tasks of a run that rests leave the line, and join it anew when it goes on.
    pub(super) fn rest_tasks(&mut self, number: RunId, rests: bool) {
        let mut freed = Freed::new();
        let run = self.runs.get_mut(&number);
        for own in run.into_iter().flat_map(|run| run.tasks.values_mut()) {
            let to = match own.stand {
                Stand::Joins | Stand::Line(_) | Stand::Key if rests => Stand::Rests,
                Stand::Rests if !rests => Stand::Joins,
                other => other,
            };
            if to != own.stand && rests {
                freed.extend(own.key());
            }
            own.stand = to;
        }
        self.freed_tasks(freed);
    }

    /// Lets everybody who waits join anew, under other settings.
    pub(super) fn rearrange_tasks(&mut self, queue: &str) {
        for own in self
            .runs
            .values_mut()
            .flat_map(|run| run.tasks.values_mut())
        {
            let waits = matches!(own.stand, Stand::Line(_) | Stand::Key);
            if own.new.queue == queue && waits {
                own.stand = Stand::Joins;
            }
        }
        self.task_lines.remove(queue);
    }

    fn to_join(&self, queue: &str) -> Vec<Number> {
        let joins = self.of_queue(queue);
        let mut joins: Vec<_> = joins
            .filter(|own| own.stand == Stand::Joins)
            .map(|own| (own.new.put_at, own.number()))
            .collect();
        joins.sort_unstable();
        joins.into_iter().map(|(_, number)| number).collect()
    }

    fn carried(&self, queue: &str) -> u64 {
        let carried = self.of_queue(queue);
        let carried = carried.filter(|own| own.stand == Stand::Carried);
        carried.count() as u64
    }

    /// For how many more there is room, after those have joined the line that are to.
    pub(super) fn room_for_tasks(&mut self, queue: &str, now: Timestamp) -> usize {
        let (settings, filled) = self.limits(queue);
        if settings.paused {
            return 0;
        }
        for number in self.to_join(queue).into_iter().take(ARRIVALS_MAX) {
            let Some(new) = self.held(number).map(|own| own.new.clone()) else {
                continue;
            };
            let stand = self.joins_line(&new);
            self.set_stand(number, stand);
        }
        if let Some(empty) = settings.rate.and_then(|rate| rate.emptied(filled, now)) {
            self.filled.insert(queue.to_owned(), empty);
        }
        let (settings, filled) = self.limits(queue);
        settings.room(self.carried(queue), filled, now)
    }

    /// What a task waits for.
    pub(super) fn task_waits_for(&self, own: &Held) -> Option<TaskWait> {
        let queue = &own.new.queue;
        let (settings, filled) = self.limits(queue);
        Some(match own.stand {
            Stand::Carried | Stand::Over => return None,
            Stand::Rests => TaskWait::PausedRun,
            _ if settings.paused => TaskWait::PausedQueue,
            Stand::Key => TaskWait::Key(own.new.queueing.key().unwrap_or_default().to_owned()),
            Stand::Joins | Stand::Line(_) => {
                TaskWait::in_line(&settings, self.carried(queue), filled)
            }
        })
    }

    /// Those whose turns these were are carried out from now on.
    pub(super) fn served_tasks(&mut self, queue: &str, turns: Vec<Had>, now: Timestamp) {
        if turns.is_empty() {
            return;
        }
        let (settings, filled) = self.limits(queue);
        if let Some(rate) = settings.rate {
            let filled = rate.take(filled, now, turns.len());
            self.filled.insert(queue.to_owned(), filled);
        }
        let waits = |own: &Held| matches!(own.stand, Stand::Joins | Stand::Line(_) | Stand::Key);
        if !self.of_queue(queue).any(waits) {
            self.task_lines.remove(queue);
        } else if let Some(line) = self.task_lines.get_mut(queue) {
            line.advance(turns);
        }
    }

    /// From when there is room for one that `fits`, or one is to join the line.
    pub(super) fn tasks_open(
        &self,
        queue: &str,
        now: Timestamp,
        fits: impl Fn(&Held) -> bool,
    ) -> Option<Timestamp> {
        let (settings, filled) = self.limits(queue);
        if !settings.paused && !self.to_join(queue).is_empty() {
            return Some(now);
        }
        let opens = settings.opens(self.carried(queue), filled, now)?;
        let mut line = self.of_queue(queue);
        let any = line.any(|own| matches!(own.stand, Stand::Line(_)) && fits(own));
        any.then(|| opens.max(now))
    }
}
