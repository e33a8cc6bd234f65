//! States of runs that rest.

use super::{
    NOW, SOONER, activity, at, calls, checkpoint, failed, given, instance, returned, running, timer,
};
use crate::engine::instance::{Cancel, Doing, Instance, Place};

fn paused(mut instance: Instance) -> Instance {
    instance.paused = true;
    instance.nudges = vec![5];
    instance
}

/// The states, by name.
pub(super) fn states() -> Vec<(&'static str, Instance)> {
    let both = || checkpoint(1, vec![calls(None), calls(None)]);
    let mut kept = activity(None);
    kept.call_mut(1).unwrap().answer = Some(returned());
    let mut retrying = at(activity(None), Doing::Loaded);
    retrying.ops[0].tries = failed(1, NOW.0 + 500);
    let mut limited = running(activity(None), &[1]);
    limited.terms.deadline = Some(NOW);
    let mut cancelled = at(timer(310_000), Doing::Loaded);
    (cancelled.cancel, cancelled.unread) = (Cancel::Requested(SOONER), vec![4]);
    let fresh = instance(Place::Fresh(Vec::new()), Doing::Loaded);
    let unfit = Place::Unfit("here".into(), "no".into());
    vec![
        ("paused: loaded, fresh", paused(fresh)),
        (
            "paused: loaded, timer in 5 min",
            paused(at(timer(310_000), Doing::Loaded)),
        ),
        (
            "paused: loaded, timer that passed",
            paused(at(timer(9_000), Doing::Loaded)),
        ),
        ("paused: loaded, retry", paused(retrying)),
        ("paused: loaded, answered", paused(at(kept, Doing::Loaded))),
        ("paused: loaded, cancelled", paused(cancelled)),
        (
            "paused: loaded, unfit",
            paused(instance(unfit, Doing::Loaded)),
        ),
        (
            "paused: turn, with a result",
            paused(at(activity(None), given(1, returned()))),
        ),
        ("paused: attempt", paused(running(activity(None), &[1]))),
        ("paused: attempt, and its time is over", paused(limited)),
        ("paused: attempts", paused(running(both(), &[1, 2]))),
        (
            "paused: attempt beside one that has not begun",
            paused(running(both(), &[2])),
        ),
        ("paused: park", paused(at(timer(310_000), Doing::Park))),
    ]
}
