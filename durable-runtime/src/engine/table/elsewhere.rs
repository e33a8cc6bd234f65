//! States and messages of activities that end elsewhere.

use super::{NOW, SOONER, at, calls, checkpoint, failed, fires};
use crate::activity::ActivityToken;
use crate::activity::news::News;
use crate::codec;
use crate::engine::instance::{Cancel, Doing, Event, Instance, Outcome, Recorded};
use crate::id::{RunId, Timestamp};
use crate::operation::{CancellationType, Request};
use crate::store::{Message, NewMessage};

/// Mail with this news of the first attempt of operation 1.
pub(super) fn told(news: News, sent_at: Timestamp) -> Event {
    let token = ActivityToken {
        run: RunId(1),
        op: 1,
        attempt: 1,
    };
    let NewMessage {
        msg,
        kind,
        name,
        payload,
        sent_at,
        unread_max: _,
    } = news.message(&token, sent_at);
    let message = Message {
        msg,
        ord: 9,
        kind,
        name,
        payload,
        sent_at,
    };
    Event::Mail {
        wakes: 2,
        messages: vec![message],
        due: false,
    }
}

pub(super) fn events() -> Vec<(&'static str, Event)> {
    let began = Timestamp(9_900);
    let late = Timestamp(NOW.0 - 1);
    let value = || codec::encode(&1_u8).unwrap();
    vec![
        (
            "attempt ends elsewhere",
            Event::Attempted(1, Outcome::EndsElsewhere { began }),
        ),
        ("completed", told(News::Completed(value()), late)),
        ("failed elsewhere", told(News::Failed(value()), late)),
        ("confirmed", told(News::Cancelled, late)),
        ("heartbeat", told(News::Beat(value()), late)),
    ]
}

/// Operation 1 ends elsewhere and began at `began`.
fn elsewhere(began: i64, others: Vec<Request>, doing: Doing) -> Instance {
    let requests = [calls(None)].into_iter().chain(others).collect();
    let mut instance = at(checkpoint(1, requests), doing);
    instance.ops[0].progress.elsewhere = Some(Timestamp(began));
    instance.ops[0].record = Recorded::Yes;
    instance
}

pub(super) fn states() -> Vec<(&'static str, Instance)> {
    let mut second = elsewhere(9_500, vec![], Doing::Work);
    second.ops[0].tries = failed(1, 9_400);
    let mut cancelled = at(checkpoint(1, vec![waited_for()]), Doing::Loaded);
    cancelled.ops[0].progress.elsewhere = Some(Timestamp(9_500));
    (cancelled.cancel, cancelled.unread) = (Cancel::Requested(SOONER), vec![4]);
    let mut waits = cancelled.clone();
    waits.doing = Doing::Work;
    waits.ops[0].progress.cancelled = true;
    let beside = vec![fires(10_500)];
    vec![
        ("elsewhere: loaded", elsewhere(9_500, vec![], Doing::Loaded)),
        (
            "elsewhere: loaded, out of time",
            elsewhere(NOW.0 - 60_000, vec![], Doing::Loaded),
        ),
        (
            "elsewhere: little time left",
            elsewhere(NOW.0 - 59_500, vec![], Doing::Work),
        ),
        ("elsewhere: the second attempt", second),
        (
            "elsewhere: beside a timer",
            elsewhere(9_500, beside, Doing::Work),
        ),
        ("elsewhere: loaded, cancelled and waited for", cancelled),
        ("elsewhere: asked to stop", waits),
    ]
}

fn waited_for() -> Request {
    let Request::Activity(mut call) = calls(None) else {
        unreachable!("it is one");
    };
    call.options.cancellation = CancellationType::Wait;
    Request::Activity(call)
}
