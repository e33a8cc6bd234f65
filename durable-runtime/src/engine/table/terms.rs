//! States of runs that have to end by a time, or are tried again.

use super::{NOW, activity, at, given, returned, running, timer};
use crate::engine::instance::{Cancel, Doing, Instance};
use crate::id::Timestamp;
use crate::operation::RetryPolicy;
use crate::store::Terms;

fn until(mut instance: Instance, at: i64) -> Instance {
    instance.terms.deadline = Some(Timestamp(at));
    instance
}

fn again(mut instance: Instance, failed: u32) -> Instance {
    let policy = RetryPolicy {
        max_attempts: Some(3),
        jitter: 0.0,
        ..RetryPolicy::default()
    };
    instance.terms = Terms {
        retry: Some(policy),
        failed,
        ..Terms::default()
    };
    instance.input = Some(vec![7]);
    instance
}

/// The states, by name.
pub(super) fn states() -> Vec<(&'static str, Instance)> {
    let turn = || at(activity(None), given(1, returned()));
    let mut run_only = at(timer(310_000), Doing::Loaded);
    run_only.terms.run_deadline = Some(NOW);
    let mut late = again(until(turn(), 0), 0);
    late.terms.deadline = Some(Timestamp(NOW.0 + 500));
    let mut cancelled = again(turn(), 0);
    cancelled.cancel = Cancel::Told;
    let mut terminated = again(turn(), 0);
    terminated.terminate = Some("enough".into());
    let mut timed_out = again(run_only.clone(), 1);
    timed_out.terms.run_deadline = Some(NOW);
    vec![
        (
            "terms: loaded, time is over",
            until(at(timer(310_000), Doing::Loaded), NOW.0),
        ),
        ("terms: loaded, the run's time is over", run_only),
        (
            "terms: loaded, time is over before the timer",
            until(at(timer(310_000), Doing::Loaded), 20_000),
        ),
        (
            "terms: loaded, time is over long after",
            until(at(timer(15_000), Doing::Loaded), 900_000),
        ),
        (
            "terms: an attempt, and its time is over",
            until(running(activity(None), &[1]), NOW.0),
        ),
        (
            "terms: an attempt, and time is over later",
            until(running(activity(None), &[1]), 30_000),
        ),
        ("terms: turn, tried again", again(turn(), 0)),
        ("terms: turn, tried for the last time", again(turn(), 2)),
        ("terms: turn, no time for another try", late),
        ("terms: turn, tried again unless it is cancelled", cancelled),
        (
            "terms: turn, tried again unless it is terminated",
            terminated,
        ),
        (
            "terms: loaded, the run's time is over, tried again",
            timed_out,
        ),
    ]
}
