//! What a schedule does now: a function from what is known to what is to be written.
//!
//! ```text
//!   ends of runs ─▶ running, last result, pause on failure
//!   times passed ─▶ buffer ◀─ back-fills, triggers
//!                     │ overlap policy
//!                     ▼
//!                 starts, stops, and when to look again
//! ```

use super::state::{Backfill, Cause, Pending, State, Taken};
use super::{Overlap, Schedule, Times};
use crate::id::{ScheduleId, Timestamp, WorkflowId};
use crate::store::{MessageKind, Phase, ScheduledEnd};
use std::collections::{BTreeSet, VecDeque};

/// How many workflows are started in one transaction.
const STARTS_MAX: usize = 100;
/// How many times wait one by one; those behind them wait by where the cursor stands.
const BUFFER_MAX: usize = 1_000;
/// How many missed times are counted in one transaction; the rest is passed over.
const MISSED_MAX: usize = 10_000;

/// What to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) state: State,
    /// Workflows to start, each with its time.
    pub(crate) starts: Vec<(WorkflowId, Timestamp)>,
    /// Workflows to stop.
    pub(crate) stops: Vec<(WorkflowId, MessageKind)>,
    /// When to look again; `None`: when a run has ended or a person wants something.
    pub(crate) due_at: Option<Timestamp>,
}

/// Decides at `now` what comes next, once `ended` runs are told of. Workflows in `taken` exist
/// already, by whoever's hand.
pub(crate) fn advance(
    id: &ScheduleId,
    (schedule, times): (&Schedule, &Times),
    state: State,
    ended: &[ScheduledEnd],
    taken: &BTreeSet<WorkflowId>,
    now: Timestamp,
) -> Decision {
    let mut turn = Turn {
        id,
        schedule,
        times,
        taken,
        now,
        state,
        full: false,
        more: false,
        starts: Vec::new(),
        stops: Vec::new(),
    };
    for end in ended {
        turn.hear(end);
    }
    turn.pass_time();
    turn.back_fill();
    turn.empty_buffer();
    Decision {
        due_at: turn.due_at(),
        state: turn.state,
        starts: turn.starts,
        stops: turn.stops,
    }
}

struct Turn<'a> {
    id: &'a ScheduleId,
    schedule: &'a Schedule,
    times: &'a Times,
    taken: &'a BTreeSet<WorkflowId>,
    now: Timestamp,
    state: State,
    /// There are more times than fit into the buffer.
    full: bool,
    /// There is more to do at once, in another transaction.
    more: bool,
    starts: Vec<(WorkflowId, Timestamp)>,
    stops: Vec<(WorkflowId, MessageKind)>,
}

impl Turn<'_> {
    fn hear(&mut self, end: &ScheduledEnd) {
        let state = &mut self.state;
        // What it has in its books is its own, whatever clocks said.
        if !state.knows(&end.id) && end.started_at < state.created_at {
            // A run of an earlier schedule of this id.
            return;
        }
        state.running.retain(|running| *running != end.id);
        let mut recent = state.recent.iter_mut();
        if let Some(start) = recent.find(|start| start.workflow == end.id) {
            start.ended = Some(end.phase);
        }
        match end.phase {
            Phase::Completed => state.last_result.clone_from(&end.output),
            Phase::Failed | Phase::TimedOut if self.schedule.pause_on_failure && !state.paused => {
                let why = end.error.as_deref().unwrap_or("no reason given");
                state.pause(format!("{} {}: {why}", end.id, end.phase));
            }
            _ => {}
        }
    }

    /// Takes note of the times that have come.
    fn pass_time(&mut self) {
        let mut missed = 0;
        while let Some(due) = self.awaited().filter(|due| due.at <= self.now) {
            if due.at.until(self.now) > self.schedule.catch_up {
                missed += 1;
                self.state.counts.missed += 1;
                self.state.cursor = due.time;
                if missed == MISSED_MAX {
                    self.skip_missed();
                    missed = 0;
                }
                continue;
            }
            if self.is_full() {
                return;
            }
            self.state.cursor = due.time;
            self.state.buffer.push_back(Pending {
                time: due.time,
                cause: Cause::Time,
                overlap: None,
            });
        }
    }

    /// Goes on where the catch-up window begins.
    fn skip_missed(&mut self) {
        let window = i64::try_from(self.schedule.catch_up.as_millis()).unwrap_or(i64::MAX);
        let before = Timestamp(self.now.0.saturating_sub(window).saturating_sub(1));
        self.state.cursor = self.state.cursor.max(before);
    }

    fn is_full(&mut self) -> bool {
        self.full |= self.state.buffer.len() >= BUFFER_MAX;
        self.full
    }

    /// Takes times of the past that somebody asked for.
    fn back_fill(&mut self) {
        while let Some(Backfill {
            cursor,
            until,
            overlap,
        }) = self.state.backfills.front().copied()
        {
            let next = self.times.next(cursor).filter(|next| *next <= until);
            let Some(time) = next else {
                self.state.backfills.pop_front();
                continue;
            };
            if self.is_full() {
                return;
            }
            if let Some(first) = self.state.backfills.front_mut() {
                first.cursor = time;
            }
            self.state.buffer.push_back(Pending {
                time,
                cause: Cause::Backfill,
                overlap: Some(overlap),
            });
        }
    }

    /// Starts what may be started.
    fn empty_buffer(&mut self) {
        let mut waiting = std::mem::take(&mut self.state.buffer);
        let mut kept = VecDeque::new();
        let mut chosen: Option<Pending> = None;
        while let Some(next) = waiting.pop_front() {
            let workflow = next.workflow(self.id);
            if self.taken.contains(&workflow) {
                self.state.counts.repeated += 1;
                continue;
            }
            if !self.allows(&next, chosen.as_ref()) {
                self.state.counts.skipped += 1;
                continue;
            }
            let overlap = self.overlap(&next);
            if overlap == Overlap::AllowAll {
                if self.starts.len() >= STARTS_MAX {
                    kept.push_back(next);
                    kept.append(&mut waiting);
                    self.more = true;
                    break;
                }
                self.start(&next, workflow);
                continue;
            }
            let running = !self.state.running.is_empty();
            if !running && chosen.is_none() {
                chosen = Some(next);
                continue;
            }
            self.overlapped(next, overlap, &mut chosen, &mut kept);
        }
        if let Some(chosen) = chosen {
            let workflow = chosen.workflow(self.id);
            self.state.running.push(workflow.clone());
            self.start(&chosen, workflow);
        }
        self.state.buffer = kept;
    }

    /// What becomes of a time while a run is in its way, or the choice of this turn.
    fn overlapped(
        &mut self,
        next: Pending,
        overlap: Overlap,
        chosen: &mut Option<Pending>,
        kept: &mut VecDeque<Pending>,
    ) {
        let counts = &mut self.state.counts;
        match overlap {
            Overlap::Skip | Overlap::AllowAll => counts.skipped += 1,
            Overlap::BufferOne => {
                let waits = kept.iter().any(|kept| {
                    kept.overlap.unwrap_or(self.schedule.overlap) == Overlap::BufferOne
                });
                if waits {
                    counts.skipped += 1;
                } else {
                    kept.push_back(next);
                }
            }
            Overlap::BufferAll => kept.push_back(next),
            Overlap::CancelOther | Overlap::TerminateOther => {
                // Of those that wait the latest counts, beside what somebody asked for and is to wait.
                let waited = kept.len();
                let default = self.schedule.overlap;
                kept.retain(|kept| kept.is_asked_to_wait(default));
                counts.skipped += (waited - kept.len()) as u64;
                if let Some(chosen) = chosen {
                    let before = std::mem::replace(chosen, next);
                    if before.is_asked_to_wait(default) {
                        kept.push_front(before);
                    } else {
                        self.state.counts.skipped += 1;
                    }
                    return;
                }
                kept.push_back(next);
                let kind = match overlap {
                    Overlap::CancelOther => MessageKind::Cancel,
                    _ => MessageKind::Terminate,
                };
                let running = self.state.running.iter();
                self.stops = running.map(|id| (id.clone(), kind)).collect();
            }
        }
    }

    fn start(&mut self, pending: &Pending, workflow: WorkflowId) {
        self.state.counts.started += 1;
        // The clock of who has created it may be ahead of this one.
        self.state.created_at = self.state.created_at.min(self.now);
        if pending.cause == Cause::Time {
            self.state.spent += 1;
        }
        self.state.remember(Taken {
            time: pending.time,
            started_at: self.now,
            workflow: workflow.clone(),
            cause: pending.cause,
            ended: None,
        });
        self.starts.push((workflow, pending.time));
    }

    /// Whether the pause and the limit let it start, beside what was chosen in this turn.
    fn allows(&self, pending: &Pending, chosen: Option<&Pending>) -> bool {
        let chosen = chosen.is_some_and(|chosen| chosen.cause == Cause::Time);
        let spent = self.state.spent + u64::from(chosen);
        pending.cause != Cause::Time || !self.state.paused && self.schedule.starts_left(spent) > 0
    }

    fn overlap(&self, pending: &Pending) -> Overlap {
        pending.overlap.unwrap_or(self.schedule.overlap)
    }

    /// The next time that it waits for, unless it is paused or at its limit.
    fn awaited(&self) -> Option<super::Due> {
        if self.state.paused || self.schedule.starts_left(self.state.spent) == 0 {
            return None;
        }
        self.times.due(self.id, self.state.cursor)
    }

    fn due_at(&self) -> Option<Timestamp> {
        // The end of a run makes room, where nothing else has.
        let room = self.state.buffer.len() < BUFFER_MAX;
        if self.more || self.full && room {
            return Some(self.now);
        }
        let next = self.awaited().map(|due| due.at);
        next.filter(|at| *at > self.now)
    }
}
