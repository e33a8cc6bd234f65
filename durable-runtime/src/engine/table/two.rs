//! States with two operations under way.

use super::events::ended;
use super::{NOW, at, calls, checkpoint, failed, fires, given, policy, returned, running};
use crate::engine::instance::{Action, Cancel, Doing, Event, Instance};
use crate::frame::Checkpoint;
use crate::machine::{Aside, Turn};
use crate::operation::{Answered, Resolution};

/// Operation 2 is still awaited, beside a new one.
pub(super) fn goes_on() -> Checkpoint {
    let mut next = checkpoint(2, vec![calls(None)]);
    let more = checkpoint(4, vec![calls(None)]);
    next.frame.waits.extend(more.frame.waits);
    next
}

/// The states, by name.
pub(super) fn states() -> Vec<(&'static str, Instance)> {
    let both = || checkpoint(1, vec![calls(None), calls(None)]);
    let timed = |due| checkpoint(1, vec![calls(None), fires(due)]);
    let timers = checkpoint(1, vec![fires(310_000), fires(410_000)]);
    let mut pausing = running(both(), &[1]);
    pausing.ops[1].tries = failed(1, 30_000);
    let mut turn = running(both(), &[2]);
    turn.doing = given(1, returned());
    turn.ops[1].tries = failed(1, 9_500);
    let mut told = at(both(), Doing::Turn(Vec::new()));
    told.doing = Doing::Turn(
        [1, 2]
            .map(|op| {
                let answer = Resolution::Cancelled;
                Answered { op, answer }
            })
            .into(),
    );
    (told.cancel, told.unread) = (Cancel::Told, vec![4]);
    let mut kept = both();
    kept.call_mut(2).unwrap().answer = Some(returned());
    let mut healing = running(kept, &[1]);
    (healing.doing, healing.code) = (Doing::Heal, failed(1, 10_500));
    vec![
        ("two: loaded, activities", at(both(), Doing::Loaded)),
        ("two: loaded, timers", at(timers, Doing::Loaded)),
        (
            "two: loaded, activity and a timer that passed",
            at(timed(9_000), Doing::Loaded),
        ),
        ("two: attempts", running(both(), &[1, 2])),
        ("two: attempt and a timer", running(timed(15_000), &[1])),
        (
            "two: attempt and a timer that passed",
            running(timed(9_000), &[1]),
        ),
        ("two: attempt and a pause until a retry", pausing),
        ("two: turn of one, the other runs", turn),
        ("two: turn with cancellations", told),
        ("two: wait to heal, one runs, one is answered", healing),
    ]
}

#[test]
fn a_hundred_operations_begin_together_and_end_one_by_one() {
    let requests = |count| (0..count).map(|_| calls(None)).collect();
    let mut instance = at(checkpoint(1, requests(100)), Doing::Loaded);
    let begun = instance.decide(Event::Begin, NOW, &policy()).unwrap();
    let Action::Work { begin, until: None } = begun.action else {
        panic!("{begun:?}")
    };
    let all: Vec<_> = (1..=100).map(|op| (op, 1)).collect();
    assert_eq!(begin, all);
    for op in 1..100 {
        let ended = ended(op, returned(), false, None);
        let turn = instance.decide(ended, NOW, &policy()).unwrap();
        assert_eq!(turn.action, Action::Turn);
        let rest = checkpoint(op + 1, requests(100 - op));
        let turned = Event::Turned(Turn::Suspended(rest), Aside::default());
        let next = instance.decide(turned, NOW, &policy()).unwrap();
        let wait = Action::Work {
            begin: Vec::new(),
            until: None,
        };
        assert_eq!(next.action, wait, "nothing begins again");
        assert!(instance.runs(100) && !instance.runs(op));
    }
}
