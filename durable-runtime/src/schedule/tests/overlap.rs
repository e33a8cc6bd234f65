//! Each overlap policy, with a run in the way.

use super::super::policy::{Overlap, Schedule};
use super::super::state::{Backfill, Cause, State};
use super::super::{advance, advance::Decision};
use super::{id, times};
use crate::id::{RunId, Timestamp, WorkflowId};
use crate::store::{MessageKind, Phase, ScheduledEnd};
use std::collections::BTreeSet;
use std::time::Duration;

/// A schedule of one-second steps from 0, driven by hand.
pub(super) struct Driven {
    pub(super) schedule: Schedule,
    pub(super) state: State,
    pub(super) taken: BTreeSet<WorkflowId>,
}

impl Driven {
    pub(super) fn new(schedule: Schedule) -> Self {
        Self {
            schedule,
            state: State::new(Timestamp(0)),
            taken: BTreeSet::new(),
        }
    }

    pub(super) fn with(overlap: Overlap) -> Self {
        Self::new(Schedule::every(Duration::from_secs(1)).overlap(overlap))
    }

    /// Looks at `second`, when these runs (by their seconds) have ended.
    pub(super) fn look(&mut self, second: i64, ended: &[i64]) -> Decision {
        let ends: Vec<_> = ended.iter().map(|n| end(*n, Phase::Completed)).collect();
        self.hear(second, &ends)
    }

    pub(super) fn hear(&mut self, second: i64, ends: &[ScheduledEnd]) -> Decision {
        let times = times(&self.schedule);
        let now = Timestamp(second * 1000);
        let state = self.state.clone();
        let decision = advance(
            &id(),
            (&self.schedule, &times),
            state,
            ends,
            &self.taken,
            now,
        );
        self.state = decision.state.clone();
        decision
    }
}

pub(super) fn end(second: i64, phase: Phase) -> ScheduledEnd {
    ScheduledEnd {
        run: RunId(second),
        id: workflow(second),
        started_at: Timestamp(second * 1000),
        ended_at: Timestamp(second * 1000 + 1),
        phase,
        output: Some(second.to_le_bytes().to_vec()),
        error: (phase == Phase::Failed).then(|| "no paper".to_owned()),
    }
}

pub(super) fn workflow(second: i64) -> WorkflowId {
    let time = jiff::Timestamp::from_second(second).expect("in range");
    WorkflowId::new(format!("nightly-{time}")).expect("a valid id")
}

/// The seconds of what was started.
pub(super) fn started(decision: &Decision) -> Vec<i64> {
    let seconds = |(id, at): &(WorkflowId, Timestamp)| {
        assert_eq!(*id, workflow(at.0 / 1000));
        at.0 / 1000
    };
    decision.starts.iter().map(seconds).collect()
}

fn due(decision: &Decision) -> Option<i64> {
    decision.due_at.map(|at| at.0 / 1000)
}

const NONE: [i64; 0] = [];

#[test]
fn skip_starts_nothing_while_a_run_is_at_work() {
    let mut driven = Driven::with(Overlap::Skip);
    assert_eq!(started(&driven.look(0, &[])), NONE);
    let first = driven.look(1, &[]);
    assert_eq!((started(&first), due(&first)), (vec![1], Some(2)));
    assert_eq!(started(&driven.look(3, &[])), NONE);
    assert_eq!(driven.state.counts.skipped, 2);
    assert_eq!(
        started(&driven.look(3, &[1])),
        NONE,
        "what was skipped stays so"
    );
    assert_eq!(started(&driven.look(4, &[])), [4]);
}

#[test]
fn buffer_one_keeps_one_start() {
    let mut driven = Driven::with(Overlap::BufferOne);
    assert_eq!(started(&driven.look(1, &[])), [1]);
    assert_eq!(started(&driven.look(4, &[])), NONE);
    assert_eq!(
        (driven.state.buffer.len(), driven.state.counts.skipped),
        (1, 2)
    );
    assert_eq!(started(&driven.look(4, &[1])), [2]);
    assert_eq!(started(&driven.look(5, &[2])), [5]);
}

#[test]
fn buffer_all_keeps_their_order() {
    let mut driven = Driven::with(Overlap::BufferAll);
    assert_eq!(started(&driven.look(1, &[])), [1]);
    assert_eq!(started(&driven.look(4, &[])), NONE);
    for second in 1..4 {
        assert_eq!(started(&driven.look(4, &[second])), [second + 1]);
    }
    assert_eq!(driven.state.counts.skipped, 0);
}

#[test]
fn cancel_other_waits_for_the_end_of_what_it_stops() {
    for (policy, kind) in [
        (Overlap::CancelOther, MessageKind::Cancel),
        (Overlap::TerminateOther, MessageKind::Terminate),
    ] {
        let mut driven = Driven::with(policy);
        assert_eq!(started(&driven.look(1, &[])), [1]);
        let second = driven.look(2, &[]);
        assert_eq!(started(&second), NONE);
        assert_eq!(second.stops, [(workflow(1), kind)]);
        // It takes its time, and meanwhile a later one takes the place.
        assert_eq!(started(&driven.look(3, &[])), NONE);
        assert_eq!(driven.state.counts.skipped, 1);
        let ends = [end(1, Phase::Cancelled)];
        assert_eq!(started(&driven.hear(3, &ends)), [3]);
    }
}

#[test]
fn of_several_missed_times_cancel_other_starts_the_last() {
    let mut driven = Driven::with(Overlap::CancelOther);
    let decision = driven.look(5, &[]);
    assert_eq!(started(&decision), [5]);
    assert_eq!((decision.stops.len(), driven.state.counts.skipped), (0, 4));
}

#[test]
fn allow_all_starts_beside_what_is_at_work() {
    let mut driven = Driven::with(Overlap::AllowAll);
    assert_eq!(started(&driven.look(3, &[])), [1, 2, 3]);
    assert!(driven.state.running.is_empty());
    // In portions, one transaction each.
    let first = driven.look(253, &[]);
    assert_eq!((first.starts.len(), due(&first)), (100, Some(253)));
    assert_eq!(started(&driven.look(253, &[]))[0], 104);
    let last = driven.look(253, &[]);
    assert_eq!((last.starts.len(), due(&last)), (50, Some(254)));
}

#[test]
fn more_than_fits_into_the_buffer_waits_too() {
    let mut driven = Driven::with(Overlap::BufferAll);
    assert_eq!(started(&driven.look(3_000, &[])), [1]);
    let full = driven.look(3_000, &[]);
    assert_eq!((due(&full), driven.state.buffer.len()), (None, 1_000));
    for second in 1..3_000 {
        assert_eq!(started(&driven.look(3_000, &[second])), [second + 1]);
    }
    assert_eq!(
        driven.look(3_000, &[3_000]).due_at,
        Some(Timestamp(3_001_000))
    );
    assert_eq!(driven.state.counts.started, 3_000);
}

#[test]
fn what_was_started_by_other_hands_is_passed_over() {
    let mut driven = Driven::with(Overlap::Skip);
    driven.taken.insert(workflow(1));
    let decision = driven.look(2, &[]);
    assert_eq!(started(&decision), [2]);
    assert_eq!(driven.state.counts.repeated, 1);
    assert_eq!(driven.state.recent[0].cause, Cause::Time);
}

#[test]
fn what_somebody_asked_for_outlasts_later_times() {
    for policy in [Overlap::CancelOther, Overlap::TerminateOther] {
        let mut driven = Driven::with(policy);
        assert_eq!(started(&driven.look(10, &[])), [10]);
        driven.state.backfills.push_back(Backfill {
            cursor: Timestamp(1_999),
            until: Timestamp(4_000),
            overlap: Overlap::BufferAll,
        });
        assert_eq!(started(&driven.look(10, &[])), NONE);
        // The next time stops what runs, and goes before what waits.
        let next = driven.look(11, &[]);
        assert_eq!((started(&next), next.stops.len()), (vec![], 1));
        assert_eq!(started(&driven.look(11, &[10])), [11]);
        let waiting = driven
            .state
            .buffer
            .iter()
            .map(|pending| pending.time.0 / 1000);
        assert_eq!(waiting.collect::<Vec<_>>(), [2, 3, 4]);
        assert_eq!(started(&driven.look(11, &[11])), [2]);
        // Also if it comes in the turn in which one of those would be next.
        assert_eq!(started(&driven.look(12, &[2])), [12]);
        for second in [3, 4] {
            let before = if second == 3 { 12 } else { 3 };
            assert_eq!(started(&driven.look(12, &[before])), [second]);
        }
        let counts = &driven.state.counts;
        assert_eq!((counts.started, counts.skipped), (6, 9));
    }
}
