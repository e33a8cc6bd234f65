//! The line before a queue, as plain records.

use super::run::{Place, Run};
use super::state::State;
use crate::id::{RunId, Timestamp};
use crate::store::{ARRIVALS_MAX, Had, NewRun, Queueing};
use std::collections::BTreeMap;

/// How far a queue's line has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// The largest tag that has been claimed, by lane.
    served: BTreeMap<i64, i64>,
    /// Before which tag a key has no other turn, by lane: behind the last that it has had.
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
    /// The same, with a place of its parent's.
    Shares(i64),
    /// Others of its concurrency key come first.
    Key,
}

/// A start that may be claimed.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub(super) had: Had,
    pub(super) run: RunId,
    pub(super) shares: bool,
}

impl Line {
    /// The end of the line, for this one, where its key stands in line up to `last`.
    pub(super) fn tag(&self, queueing: &Queueing, last: Option<i64>) -> i64 {
        let (lane, (key, _)) = (queueing.lane(), queueing.turn());
        let had = self.fair.get(&(lane, key.to_owned()));
        let served = self.served.get(&lane);
        let all = [served.copied(), had.copied(), last];
        all.into_iter().flatten().max().unwrap_or(0)
    }

    /// Notes how far it has been served, and from where on the keys of these turns go on.
    pub(super) fn advance(&mut self, turns: impl IntoIterator<Item = Had>) {
        // Those that came back have had their turns before.
        for had in turns.into_iter().filter(|had| had.tag >= 0) {
            let served = self.served.entry(had.lane).or_default();
            *served = had.tag.max(*served);
            let next = self.fair.entry((had.lane, had.key)).or_default();
            *next = had.next.max(*next);
        }
        let served = &self.served;
        let ahead = |lane: &i64, next: i64| served.get(lane).is_none_or(|tag| next > *tag);
        self.fair.retain(|(lane, _), next| ahead(lane, *next));
    }
}

impl State {
    /// Whether this start may not begin at once where it is made.
    pub(super) fn stops(&self, new: &NewRun) -> bool {
        new.queueing.asks_for_a_line() || self.lines.contains_key(&new.queue)
    }

    /// Where a start waits, and the concurrency key that it needs.
    pub(super) fn gate(&mut self, new: &NewRun) -> (Gate, Option<String>) {
        if !self.stops(new) {
            return (Gate::Open, None);
        }
        self.lines.entry(new.queue.clone()).or_default();
        let key = new.queueing.concurrency.as_ref().map(|own| &*own.key);
        let key = key.filter(|key| !self.shares_key(new, key));
        // Others that are due and have not joined are before it.
        let before = self.late(&new.queue, new.created_at).next().is_some();
        let gate = if new.due_at > new.created_at || before {
            Gate::Late
        } else {
            self.joins(new, key)
        };
        (gate, key.map(str::to_owned))
    }

    /// Where it waits once it is due.
    fn joins(&mut self, new: &NewRun, key: Option<&str>) -> Gate {
        if let Some(key) = key {
            let limit = new.queueing.key_limit(self.settings(&new.queue).0.per_key);
            if self.behind(&new.queue, key).is_some() || self.of_key(&new.queue, key) >= limit {
                return Gate::Key;
            }
        }
        self.stands(new)
    }

    /// Its place in line.
    fn stands(&mut self, new: &NewRun) -> Gate {
        let shares = self.shares_place(new);
        let turns = self.turns(&new.queue).into_iter().map(|turn| turn.had);
        let last = new.queueing.behind(turns);
        let line = self.lines.entry(new.queue.clone()).or_default();
        let tag = line.tag(&new.queueing, last);
        if shares {
            Gate::Shares(tag)
        } else {
            Gate::Line(tag)
        }
    }

    /// Starts whose time has come, and which have not joined the line: when, and who.
    fn late<'a>(
        &'a self,
        queue: &'a str,
        now: Timestamp,
    ) -> impl Iterator<Item = (Timestamp, RunId)> + 'a {
        self.waiting(queue).filter_map(move |(gate, run)| {
            let due_at = run
                .row
                .place
                .ready()?
                .due_at
                .filter(|_| run.row.paused.is_none())?;
            (gate == Gate::Late && due_at <= now).then_some((due_at, run.row.new.run))
        })
    }

    /// Lets starts join the line whose time has come.
    fn arrive(&mut self, queue: &str, now: Timestamp) {
        let mut due: Vec<_> = self.late(queue, now).collect();
        due.sort_unstable();
        for (_, number) in due.into_iter().take(ARRIVALS_MAX) {
            let Some(run) = self.runs.get(&number) else {
                continue;
            };
            let (new, key) = (run.row.new.clone(), run.row.key.clone());
            let gate = self.joins(&new, key.as_deref());
            self.set_gate(number, gate);
        }
    }

    pub(super) fn set_gate(&mut self, number: RunId, gate: Gate) {
        let place = self.runs.get(&number).map(|run| run.row.place.clone());
        if let Some(Place::Ready(mut ready)) = place {
            ready.gate = gate;
            self.put(number, Place::Ready(ready));
        }
    }

    /// One of this key has ended: those behind it join the line, as many as may.
    pub(super) fn freed(&mut self, queue: &str, key: &str) {
        let per_key = self.settings(queue).0.per_key;
        while let Some(number) = self.behind(queue, key) {
            let Some(run) = self.runs.get(&number) else {
                return;
            };
            let new = run.row.new.clone();
            if self.of_key(queue, key) >= new.queueing.key_limit(per_key) {
                return;
            }
            let gate = self.stands(&new);
            self.set_gate(number, gate);
        }
    }

    /// All that wait before a queue, in order, as far as there is room, if it has a line.
    pub(super) fn in_line(
        &mut self,
        queue: &str,
        now: Timestamp,
        fits: impl Fn(&Self, RunId) -> bool,
    ) -> Vec<Turn> {
        if !self.lines.contains_key(queue) {
            return Vec::new();
        }
        self.arrive(queue, now);
        if let Some((settings, filled)) = self.queues.get_mut(queue)
            && let Some(empty) = settings.rate.and_then(|rate| rate.emptied(*filled, now))
        {
            *filled = empty;
        }
        let (settings, filled) = self.settings(queue);
        let mut room = settings.room(self.taken(queue), filled, now);
        let mut turns = self.turns(queue);
        turns.retain(|turn| {
            let fits = fits(self, turn.run);
            let has_room = turn.shares || room > 0;
            room -= usize::from(fits && has_room && !turn.shares);
            fits && has_room
        });
        turns
    }

    fn turns(&self, queue: &str) -> Vec<Turn> {
        let turn = |(gate, run): (Gate, &Run)| {
            let (tag, shares) = match gate {
                Gate::Line(tag) => (tag, false),
                Gate::Shares(tag) => (tag, true),
                Gate::Open | Gate::Late | Gate::Key => return None,
            };
            Some(Turn {
                had: run.row.new.queueing.had(tag),
                run: run.row.new.run,
                shares,
            })
        };
        let mut turns: Vec<_> = self.waiting(queue).filter_map(turn).collect();
        turns.sort_unstable_by_key(|turn| (turn.had.lane, turn.had.tag, turn.run));
        turns
    }

    /// Gives those whose turn it is their places.
    pub(super) fn place(&mut self, queue: &str, turns: &[Turn], now: Timestamp) {
        for turn in turns {
            if let Some(run) = self.runs.get_mut(&turn.run) {
                run.row.placed = Some(turn.shares);
            }
        }
        let begun = turns.iter().filter(|turn| !turn.shares).count();
        if let Some((settings, filled)) = self.queues.get_mut(queue)
            && let Some(rate) = settings.rate
            && begun > 0
        {
            *filled = rate.take(*filled, now, begun);
        }
    }

    /// Notes whose turns are over; the last one takes the line with it.
    pub(super) fn served(&mut self, queue: &str, turns: &[Turn]) {
        let waits = self.waiting(queue).any(|(gate, _)| gate != Gate::Open);
        let stays = waits || !self.settings(queue).0.of_starts().is_default();
        let Some(line) = self.lines.get_mut(queue) else {
            return;
        };
        line.advance(turns.iter().map(|turn| turn.had.clone()));
        if !stays {
            self.lines.remove(queue);
        }
    }

    /// From when the first in line, or the first that is to join it, may be claimed.
    pub(super) fn line_due(
        &self,
        queue: &str,
        now: Timestamp,
        fits: impl Fn(RunId) -> bool,
    ) -> Option<Timestamp> {
        let due_at = |number: RunId| self.runs.get(&number)?.row.place.ready()?.due_at;
        let turns: Vec<_> = self.turns(queue);
        let first = |shares| {
            let first = turns
                .iter()
                .find(|turn| turn.shares == shares && fits(turn.run));
            due_at(first?.run)
        };
        let (settings, filled) = self.settings(queue);
        let opens = settings.opens(self.taken(queue), filled, now);
        let in_line = opens.and_then(|opens| Some(first(false)?.max(opens)));
        let late = |(gate, run): &(Gate, &Run)| *gate == Gate::Late && run.row.paused.is_none();
        let late = self.waiting(queue).filter(late);
        let late = late.filter_map(|(_, run)| due_at(run.row.new.run));
        in_line.into_iter().chain(first(true)).chain(late).min()
    }

    /// The runs that wait before a queue.
    pub(super) fn waiting<'a>(&'a self, queue: &'a str) -> impl Iterator<Item = (Gate, &'a Run)> {
        self.runs.values().filter_map(move |run| {
            let ready = run.row.place.ready()?;
            (run.row.queue == queue).then_some((ready.gate, run))
        })
    }
}
