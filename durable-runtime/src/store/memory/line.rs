//! The line before a queue, as plain records.

use super::run::{Place, Run};
use super::state::State;
use crate::id::{RunId, Timestamp};
use crate::store::{ARRIVALS_MAX, NewRun, Queueing};
use std::collections::BTreeMap;

/// How far a queue's line has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// The largest tag that has been claimed, by lane.
    served: BTreeMap<i64, i64>,
    /// The tag of the next start, by lane and key.
    fair: BTreeMap<(i64, String), i64>,
}

/// How a run waits that has not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    Open,
    /// It is not due yet.
    Late,
    /// In line, at this tag.
    Line(i64),
}

/// A start that may be claimed; in the order of their turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    pub(super) lane: i64,
    tag: i64,
    pub(super) run: RunId,
}

impl Line {
    /// The end of the line, for this one.
    fn tag(&mut self, queueing: &Queueing) -> i64 {
        let (lane, (key, stride)) = (queueing.lane(), queueing.turn());
        let served = self.served.get(&lane).copied().unwrap_or(0);
        let next = self.fair.entry((lane, key.to_owned())).or_insert(served);
        let tag = served.max(*next);
        *next = tag + stride;
        tag
    }
}

impl State {
    /// Whether this start may not begin at once where it is made.
    pub(super) fn stops(&self, new: &NewRun) -> bool {
        new.queueing.asks_for_a_line() || self.lines.contains_key(&new.queue)
    }

    /// Where a start waits.
    pub(super) fn gate(&mut self, new: &NewRun) -> Gate {
        if !self.stops(new) {
            return Gate::Open;
        }
        let line = self.lines.entry(new.queue.clone()).or_default();
        if new.due_at > new.created_at {
            return Gate::Late;
        }
        Gate::Line(line.tag(&new.queueing))
    }

    /// Lets starts join the line whose time has come.
    fn arrive(&mut self, queue: &str, now: Timestamp) {
        let late = self.waiting(queue).filter_map(|(gate, run)| {
            let due_at = run
                .row
                .place
                .ready()?
                .due_at
                .filter(|_| run.row.paused.is_none())?;
            (gate == Gate::Late && due_at <= now).then_some((due_at, run.row.new.run))
        });
        let mut due: Vec<_> = late.collect();
        due.sort_unstable();
        for (_, number) in due.into_iter().take(ARRIVALS_MAX) {
            let Some(run) = self.runs.get_mut(&number) else {
                continue;
            };
            let line = self.lines.entry(queue.to_owned()).or_default();
            let tag = line.tag(&run.row.new.queueing);
            if let Place::Ready(ready) = &mut run.row.place {
                ready.gate = Gate::Line(tag);
            }
        }
    }

    /// All that wait before a queue, in order, if it has a line.
    pub(super) fn in_line(&mut self, queue: &str, now: Timestamp) -> Vec<Turn> {
        if !self.lines.contains_key(queue) {
            return Vec::new();
        }
        self.arrive(queue, now);
        self.turns(queue)
    }

    fn turns(&self, queue: &str) -> Vec<Turn> {
        let turn = |(gate, run): (Gate, &Run)| {
            let Gate::Line(tag) = gate else { return None };
            let (lane, run) = (run.row.new.queueing.lane(), run.row.new.run);
            Some(Turn { lane, tag, run })
        };
        let mut turns: Vec<_> = self.waiting(queue).filter_map(turn).collect();
        turns.sort_unstable();
        turns
    }

    /// Notes whose turns are over; the last one takes the line with it.
    pub(super) fn served(&mut self, queue: &str, turns: &[Turn]) {
        let waits = self.waiting(queue).any(|(gate, _)| gate != Gate::Open);
        let Some(line) = self.lines.get_mut(queue) else {
            return;
        };
        for turn in turns {
            let served = line.served.entry(turn.lane).or_insert(turn.tag);
            *served = turn.tag.max(*served);
        }
        if !waits {
            self.lines.remove(queue);
        }
    }

    /// From when the first in line, or the first that is to join it, may be claimed.
    pub(super) fn line_due(&self, queue: &str, fits: impl Fn(RunId) -> bool) -> Option<Timestamp> {
        let due_at = |number: RunId| self.runs.get(&number)?.row.place.ready()?.due_at;
        let mut turns = self.turns(queue).into_iter();
        let first = turns.find(|turn| fits(turn.run));
        let late = |(gate, run): &(Gate, &Run)| *gate == Gate::Late && run.row.paused.is_none();
        let late = self.waiting(queue).filter(late);
        let late = late.filter_map(|(_, run)| due_at(run.row.new.run));
        first
            .and_then(|turn| due_at(turn.run))
            .into_iter()
            .chain(late)
            .min()
    }

    /// The runs that wait before a queue.
    fn waiting<'a>(&'a self, queue: &'a str) -> impl Iterator<Item = (Gate, &'a Run)> {
        self.runs.values().filter_map(move |run| {
            let ready = run.row.place.ready()?;
            (run.row.queue == queue).then_some((ready.gate, run))
        })
    }
}
