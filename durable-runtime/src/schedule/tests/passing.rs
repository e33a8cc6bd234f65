//! Outages, pauses, limits, back-fills and triggers: what the passing of time does.

use super::super::policy::{Overlap, Schedule};
use super::overlap::{Driven, end, started, workflow};
use crate::id::{Timestamp, WorkflowId};
use crate::store::{Phase, ScheduledEnd};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn an_outage_is_caught_up_with_within_the_window() {
    let schedule = Schedule::every(SECOND)
        .overlap(Overlap::AllowAll)
        .catch_up(SECOND * 10);
    let mut driven = Driven::new(schedule);
    let decision = driven.look(30, &[]);
    assert_eq!(started(&decision), (20..=30).collect::<Vec<_>>());
    assert_eq!(driven.state.counts.missed, 19);
}

#[test]
fn a_very_long_outage_is_passed_over() {
    let mut driven = Driven::new(Schedule::every(SECOND).catch_up(SECOND * 10));
    let decision = driven.look(100_000_000, &[]);
    assert_eq!(started(&decision), [99_999_990]);
    assert_eq!(driven.state.counts.missed, 10_000, "at least");
}

#[test]
fn the_default_policy_starts_one_after_an_outage() {
    let mut driven = Driven::with(Overlap::Skip);
    assert_eq!(started(&driven.look(3_600, &[])), [1]);
    // In portions, one transaction each.
    while driven.look(3_600, &[]).due_at == Some(Timestamp(3_600_000)) {}
    assert_eq!(driven.look(3_600, &[]).due_at, Some(Timestamp(3_601_000)));
    assert_eq!(driven.state.counts.skipped, 3_599);
}

#[test]
fn a_pause_leaves_its_times_out() {
    let mut driven = Driven::with(Overlap::BufferAll);
    driven.look(2, &[]);
    driven.state.pause("the printer is broken".to_owned());
    let paused = driven.look(5, &[1]);
    assert_eq!((started(&paused), paused.due_at), (vec![], None));
    driven.state.resume(String::new(), Timestamp(7_500));
    assert_eq!(started(&driven.look(8, &[])), [8]);
    assert_eq!(driven.state.counts.started, 2);
}

#[test]
fn a_failure_pauses_if_that_is_wanted() {
    let mut driven = Driven::new(Schedule::every(SECOND).pause_on_failure(true));
    driven.look(1, &[]);
    driven.look(2, &[1]);
    assert_eq!(driven.state.last_result, Some(1_i64.to_le_bytes().to_vec()));
    // Other ends do not.
    driven.hear(3, &[end(2, Phase::Cancelled)]);
    assert!(!driven.state.paused);
    let decision = driven.hear(4, &[end(3, Phase::Failed)]);
    assert_eq!((started(&decision), decision.due_at), (vec![], None));
    assert_eq!(
        driven.state.note,
        format!("{} failed: no paper", workflow(3))
    );
    assert_eq!(driven.state.recent[2].ended, Some(Phase::Failed));
    driven.state.resume(String::new(), Timestamp(4_000));
    driven.look(5, &[]);
    driven.hear(6, &[end(5, Phase::TimedOut)]);
    assert!(driven.state.paused);
    assert_eq!(
        driven.state.last_result,
        Some(1_i64.to_le_bytes().to_vec()),
        "the last that completed"
    );
}

#[test]
fn a_limit_counts_starts_by_time() {
    let mut driven = Driven::new(Schedule::every(SECOND).limit(2).overlap(Overlap::AllowAll));
    driven.state.trigger(None, Timestamp(500));
    let decision = driven.look(9, &[]);
    assert_eq!(decision.starts.len(), 3, "a trigger does not count");
    assert_eq!(decision.due_at, None);
    driven.schedule = driven.schedule.clone().limit(3);
    driven.state.cursor = Timestamp(9_000);
    assert_eq!(started(&driven.look(10, &[])), [10]);
}

#[test]
fn a_trigger_starts_also_in_a_pause_and_each_has_an_id() {
    let mut driven = Driven::with(Overlap::AllowAll);
    driven.state.pause(String::new());
    driven.state.trigger(None, Timestamp(500));
    driven.state.trigger(None, Timestamp(500));
    let starts = driven.look(1, &[]).starts;
    let ids: Vec<_> = starts.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "nightly-1970-01-01T00:00:00.5Z-trigger-1",
            "nightly-1970-01-01T00:00:00.5Z-trigger-2"
        ]
    );
    // By the schedule's policy, or by another.
    let mut driven = Driven::with(Overlap::Skip);
    driven.look(1, &[]);
    driven.state.trigger(None, Timestamp(1_500));
    assert_eq!(driven.look(1, &[]).starts.len(), 0);
    driven
        .state
        .trigger(Some(Overlap::AllowAll), Timestamp(1_500));
    assert_eq!(driven.look(1, &[]).starts.len(), 1);
}

#[test]
fn a_back_fill_has_a_policy_of_its_own() {
    let mut driven = Driven::with(Overlap::Skip);
    driven.state.created_at = Timestamp(0);
    driven.state.cursor = Timestamp(100_000);
    driven.state.pause(String::new());
    let (from, until) = (Timestamp(10_000), Timestamp(12_500));
    driven.state.back_fill(from, until, Overlap::BufferAll);
    assert_eq!(started(&driven.look(100, &[])), [10]);
    assert_eq!(started(&driven.look(100, &[10])), [11]);
    driven
        .state
        .back_fill(Timestamp(20_000), Timestamp(21_000), Overlap::AllowAll);
    assert_eq!(
        started(&driven.look(100, &[])),
        [20, 21],
        "both ends are included"
    );
    assert_eq!(started(&driven.look(100, &[11])), [12]);
    assert!(driven.state.backfills.is_empty() && driven.state.buffer.is_empty());
}

#[test]
fn a_long_back_fill_comes_in_portions_and_ends() {
    let mut driven = Driven::with(Overlap::Skip);
    driven.state.cursor = Timestamp(10_000_000);
    driven
        .state
        .back_fill(Timestamp(1), Timestamp(5_000_000), Overlap::AllowAll);
    let mut all = Vec::new();
    loop {
        let decision = driven.look(10_000, &[]);
        all.extend(started(&decision));
        if decision.due_at != Some(Timestamp(10_000_000)) {
            break;
        }
    }
    assert_eq!(all, (1..=5_000).collect::<Vec<_>>());
}

#[test]
fn the_end_of_a_run_of_an_earlier_schedule_is_nothing_to_this_one() {
    let mut driven = Driven::new(Schedule::every(SECOND).pause_on_failure(true));
    driven.state.created_at = Timestamp(5_000);
    driven.hear(6, &[end(3, Phase::Failed)]);
    assert!(!driven.state.paused);
}

#[test]
fn the_ends_of_its_own_runs_are_heard_whatever_the_clocks_say() {
    // Created by a clock that is ahead, triggered and driven by one that is not.
    let mut driven = Driven::with(Overlap::Skip);
    (driven.state.created_at, driven.state.cursor) = (Timestamp(500_000), Timestamp(500_000));
    let trigger = |driven: &mut Driven, second: i64| {
        driven.state.trigger(None, Timestamp(second * 1000));
        driven.look(second, &[]).starts
    };
    let ended = |(id, _): &(WorkflowId, Timestamp), second| ScheduledEnd {
        id: id.clone(),
        ..end(second, Phase::Completed)
    };
    let first = trigger(&mut driven, 10);
    assert_eq!(driven.state.running, [first[0].0.clone()]);
    driven.hear(11, &[ended(&first[0], 10)]);
    assert_eq!(driven.state.running, []);
    // Gone on as a new run by a worker whose clock is behind.
    let second = trigger(&mut driven, 12);
    driven.hear(13, &[ended(&second[0], 7)]);
    assert_eq!(driven.state.running, []);
    assert_eq!(driven.state.last_result, ended(&second[0], 7).output);
    // None of the last starts any more, and not in the way.
    driven.schedule.overlap = Overlap::AllowAll;
    let third = trigger(&mut driven, 14);
    for second in 15..30 {
        assert_eq!(trigger(&mut driven, second).len(), 1);
    }
    driven.hear(30, &[ended(&third[0], 14)]);
    assert_eq!(driven.state.last_result, ended(&third[0], 14).output);
}
