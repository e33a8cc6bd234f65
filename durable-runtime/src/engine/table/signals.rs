//! States that wait for signals.

use super::{NOW, SOONER, at, calls, checkpoint, fires, policy, running};
use crate::engine::instance::{Cancel, Doing, Event, Instance};
use crate::id::Timestamp;
use crate::operation::Request;
use crate::store::{Message, MessageKind};

fn waits(name: &str) -> Request {
    Request::Signal { name: name.into() }
}

fn sent(ord: i64, name: &str, at: i64) -> Message {
    Message {
        msg: format!("m{ord}"),
        ord,
        kind: MessageKind::Signal,
        name: name.into(),
        payload: Vec::new(),
        sent_at: Timestamp(at),
    }
}

/// The states, by name.
pub(super) fn states() -> Vec<(&'static str, Instance)> {
    let alone = || checkpoint(1, vec![waits("approve")]);
    let timed = |due| checkpoint(1, vec![waits("approve"), fires(due)]);
    let with = |mut instance: Instance, signals: &[Message]| {
        instance.letters.extend(signals.iter().cloned());
        instance
    };
    let mut cancelled = with(at(alone(), Doing::Loaded), &[sent(2, "approve", 9_000)]);
    (cancelled.cancel, cancelled.unread) = (Cancel::Requested(SOONER), vec![3]);
    let mut sooner = cancelled.clone();
    sooner.unread = vec![1];
    let mut late = with(
        at(timed(9_500), Doing::Loaded),
        &[sent(2, "approve", 9_600)],
    );
    (late.cancel, late.unread) = (Cancel::Requested(Timestamp(9_500)), vec![3]);
    let mut early = at(timed(9_500), Doing::Loaded);
    (early.cancel, early.unread) = (Cancel::Requested(Timestamp(9_499)), vec![3]);
    let mut beside_attempt = running(checkpoint(1, vec![fires(9_500), calls(None)]), &[2]);
    (beside_attempt.cancel, beside_attempt.unread) = (late.cancel, vec![3]);
    let mut turn = at(alone(), Doing::Loaded);
    turn.letters.push_back(sent(2, "approve", 9_000));
    turn.decide(Event::Begin, NOW, &policy())
        .expect("it begins");
    let beside = checkpoint(1, vec![waits("approve"), calls(None)]);
    let both = checkpoint(1, vec![waits("reject"), waits("approve"), waits("approve")]);
    let three = || {
        let all = vec![waits("approve"), fires(9_500), calls(None)];
        running(checkpoint(1, all), &[3])
    };
    vec![
        ("signals: loaded, none", at(alone(), Doing::Loaded)),
        ("signals: wait", at(alone(), Doing::Work)),
        (
            "signals: loaded, one of another name",
            with(at(alone(), Doing::Loaded), &[sent(2, "reject", 9_000)]),
        ),
        (
            "signals: loaded, two",
            with(
                at(both, Doing::Loaded),
                &[sent(2, "approve", 9_000), sent(3, "reject", 9_000)],
            ),
        ),
        (
            "signals: loaded, one from before the timer was due",
            with(
                at(timed(9_500), Doing::Loaded),
                &[sent(2, "approve", 9_499)],
            ),
        ),
        (
            "signals: loaded, one from after the timer was due",
            with(
                at(timed(9_500), Doing::Loaded),
                &[sent(2, "approve", 9_501)],
            ),
        ),
        ("signals: wait beside an attempt", running(beside, &[2])),
        (
            "signals: beside an attempt and a timer that passed, none",
            three(),
        ),
        (
            "signals: beside an attempt and a timer that passed, one from before",
            with(three(), &[sent(2, "approve", 9_499)]),
        ),
        (
            "signals: beside an attempt and a timer that passed, one from after",
            with(three(), &[sent(2, "approve", 9_501)]),
        ),
        ("signals: loaded, one before a cancellation", cancelled),
        ("signals: loaded, one after a cancellation", sooner),
        (
            "timers: loaded, due before a signal and a cancellation",
            late,
        ),
        ("timers: loaded, due after a cancellation", early),
        (
            "timers: due before a cancellation, beside an attempt",
            beside_attempt,
        ),
        ("signals: turn with one", turn),
        ("signals: park", at(timed(NOW.0 + 310_000), Doing::Park)),
    ]
}
