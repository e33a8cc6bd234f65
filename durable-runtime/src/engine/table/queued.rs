//! States and messages of activities that workers of other queues carry out.

use super::elsewhere::told;
use super::{NOW, SOONER, at, calls, checkpoint, failed};
use crate::activity::carried::{Carried, CarriedEnd};
use crate::activity::news::News;
use crate::engine::instance::{Cancel, Doing, Event, Instance, Recorded};
use crate::id::Timestamp;
use crate::operation::{CancellationType, Request};
use std::time::Duration;

fn carried(end: CarriedEnd) -> Event {
    let carried = Carried {
        end,
        beat_at: None,
        details: Vec::new(),
    };
    told(News::Carried(Box::new(carried)), Timestamp(NOW.0 - 1))
}

pub(super) fn events() -> Vec<(&'static str, Event)> {
    let began = Timestamp(9_900);
    vec![
        ("begun there", told(News::Begun, Timestamp(NOW.0 - 1))),
        ("lost there", carried(CarriedEnd::Lost)),
        (
            "to end elsewhere",
            carried(CarriedEnd::EndsElsewhere(began)),
        ),
    ]
}

/// A call for `gpu`, which is to be begun within half a second.
fn far(kind: CancellationType) -> Request {
    let Request::Activity(mut call) = calls(None) else {
        unreachable!("it is one");
    };
    call.options.queue = Some("gpu".into());
    call.options.cancellation = kind;
    call.options.schedule_to_start = Some(Duration::from_millis(500));
    Request::Activity(call)
}

/// One that was put there at `put_at`.
fn queued(put_at: i64, kind: CancellationType, doing: Doing) -> Instance {
    let mut instance = at(checkpoint(1, vec![far(kind)]), doing);
    instance.ops[0].progress.queued = Some(Timestamp(put_at));
    instance.ops[0].record = Recorded::Yes;
    instance
}

pub(super) fn states() -> Vec<(&'static str, Instance)> {
    let (tries, waits) = (CancellationType::Try, CancellationType::Wait);
    let far = at(checkpoint(1, vec![far(tries)]), Doing::Loaded);
    let mut second = far.clone();
    second.ops[0].tries = failed(1, NOW.0);
    let mut begun = queued(9_400, tries, Doing::Work);
    begun.ops[0].progress.begun = true;
    let mut cancelled = queued(9_900, waits, Doing::Loaded);
    (cancelled.cancel, cancelled.unread) = (Cancel::Requested(SOONER), vec![4]);
    let mut asked = cancelled.clone();
    asked.doing = Doing::Work;
    asked.ops[0].progress.cancelled = true;
    vec![
        ("for another queue: loaded", far),
        ("for another queue: the second attempt", second),
        (
            "on another queue: loaded",
            queued(9_900, tries, Doing::Loaded),
        ),
        ("on another queue", queued(9_900, tries, Doing::Work)),
        (
            "on another queue: loaded, too long",
            queued(9_400, tries, Doing::Loaded),
        ),
        ("on another queue: begun", begun),
        ("on another queue: cancelled and waited for", cancelled),
        ("on another queue: asked to stop", asked),
    ]
}
