//! Every state with every event: the whole table of decisions as text, compared with the one
//! below. Pairs that are not listed are refused.

mod elsewhere;
mod events;
mod family;
mod paused;
mod queued;
mod signals;
mod terms;
mod text;
mod two;

use super::instance::{
    Action, Cancel, Decision, Doing, Event, Instance, Place, Policy, Tries, Underway, underway,
};
use super::options::OtherQueues;
use crate::codec;
use crate::frame::{Call, Checkpoint, Frame, Wait};
use crate::id::{RunId, Timestamp, WorkflowId};
use crate::machine::{Aside, Turn};
use crate::operation::{
    ActivityOptions, ActivityRequest, Answered, Request, Resolution, RetryPolicy,
};
use crate::store::{MessageKind, NewRun, Write};
use events::{events, mail};
use expect_test::expect_file;
use std::fmt::Write as _;
use std::time::Duration;
use text::{action_text, write_text};

const NOW: Timestamp = Timestamp(10_000);
/// Before anything was due that is due by now.
const SOONER: Timestamp = Timestamp(8_000);

fn policy() -> Policy {
    Policy {
        park_after: Duration::from_secs(60),
        keep_frames: false,
        other_queues: OtherQueues::Leave,
        draining: false,
        exact_retries: false,
        new_run: |_| RunId(2),
    }
}

/// Waits for these operations, numbered from `first`.
fn checkpoint(first: u64, requests: Vec<Request>) -> Checkpoint {
    let call = |(op, request)| {
        let answer = None;
        Wait::Call(Call {
            op,
            request,
            answer,
        })
    };
    let waits: Vec<_> = (first..).zip(requests).map(call).collect();
    Checkpoint {
        frame: Frame {
            workflow: "w".into(),
            label: "here".into(),
            fingerprint: 7,
            locals: Vec::new(),
            waits,
        },
        next_op: 9,
        cancelled: false,
        spawned: Vec::new(),
        published: std::collections::BTreeMap::new(),
    }
}

fn fires(due: i64) -> Request {
    let due = Timestamp(due);
    Request::Timer { due }
}

fn timer(due: i64) -> Checkpoint {
    checkpoint(1, vec![fires(due)])
}

fn activity(limit: Option<Duration>) -> Checkpoint {
    checkpoint(1, vec![calls(limit)])
}

fn calls(limit: Option<Duration>) -> Request {
    let retry = RetryPolicy {
        jitter: 0.0,
        max_attempts: Some(3),
        ..RetryPolicy::default()
    };
    Request::Activity(Box::new(ActivityRequest {
        name: "act".into(),
        args: Vec::new(),
        options: ActivityOptions {
            schedule_to_close: limit,
            retry,
            ..ActivityOptions::default()
        },
        begun: Timestamp(9_000),
    }))
}

fn instance(place: Place, doing: Doing) -> Instance {
    let mut instance = Instance::born(NewRun::new(
        RunId(1),
        WorkflowId::new("id").unwrap(),
        "w".into(),
        "q".into(),
        Vec::new(),
        Timestamp(0),
    ));
    instance.carry.clear();
    instance.seq = i64::from(!matches!(place, Place::Fresh(_)));
    instance.place = place;
    instance.doing = doing;
    instance
}

fn at(checkpoint: Checkpoint, doing: Doing) -> Instance {
    let begun = doing == Doing::Loaded;
    let ops = underway(&checkpoint, |op| Underway {
        begun,
        ..Underway::new(op)
    });
    let mut instance = instance(Place::At(checkpoint), doing);
    instance.ops = ops;
    instance
}

/// Attempts of these operations run.
fn running(checkpoint: Checkpoint, ops: &[u64]) -> Instance {
    let mut instance = at(checkpoint, Doing::Work);
    for own in &mut instance.ops {
        own.running = ops.contains(&own.op);
        own.begun = own.running;
    }
    instance
}

fn failed(failed: u32, next_at: i64) -> Tries {
    let next_at = Some(Timestamp(next_at));
    Tries { failed, next_at }
}

/// The turn that follows an attempt of operation 1, or its cancellation.
fn given(op: u64, answer: Resolution) -> Doing {
    Doing::Turn(vec![Answered { op, answer }])
}

fn returned() -> Resolution {
    Resolution::Returned(Vec::new())
}

/// The states, by name.
fn states() -> Vec<(&'static str, Instance)> {
    let mut answered = activity(None);
    answered.call_mut(1).unwrap().answer = Some(returned());
    let fresh = |doing| instance(Place::Fresh(Vec::new()), doing);
    let mut born = fresh(Doing::Loaded);
    born.carry.push(Write::Start(NewRun::new(
        RunId(1),
        born.id.clone(),
        "w".into(),
        "q".into(),
        Vec::new(),
        Timestamp(0),
    )));
    let mut born_turn = born.clone();
    born_turn.doing = Doing::Turn(Vec::new());
    let mut healing = fresh(Doing::Heal);
    healing.code = failed(1, NOW.0);
    let mut retrying = at(activity(None), Doing::Work);
    retrying.ops[0].tries = failed(1, NOW.0);
    let mut last = running(activity(None), &[1]);
    last.ops[0].tries = failed(2, 9_500);
    let mut told = at(activity(None), given(1, Resolution::Cancelled));
    (told.cancel, told.unread) = (Cancel::Told, vec![4]);
    let mut cancelled = at(activity(None), Doing::Loaded);
    (cancelled.cancel, cancelled.unread) = (Cancel::Requested(SOONER), vec![4]);
    let mut asleep = at(timer(310_000), Doing::Loaded);
    (asleep.cancel, asleep.unread) = (Cancel::Requested(SOONER), vec![4]);
    let limited = Some(Duration::from_millis(1_500));
    vec![
        ("loaded, born here", born),
        ("loaded, fresh", fresh(Doing::Loaded)),
        ("loaded, timer in 5 s", at(timer(15_000), Doing::Loaded)),
        ("loaded, timer in 5 min", at(timer(310_000), Doing::Loaded)),
        ("loaded, timer that passed", at(timer(9_000), Doing::Loaded)),
        ("loaded, activity", at(activity(None), Doing::Loaded)),
        (
            "loaded, activity, out of time",
            at(activity(Some(Duration::ZERO)), Doing::Loaded),
        ),
        ("loaded, activity, cancelled", cancelled),
        ("loaded, timer in 5 min, cancelled", asleep),
        ("loaded, answered", at(answered.clone(), Doing::Loaded)),
        (
            "loaded, unfit",
            instance(Place::Unfit("here".into(), "no".into()), Doing::Loaded),
        ),
        ("turn, born here", born_turn),
        (
            "turn, with a result",
            at(activity(None), given(1, returned())),
        ),
        (
            "turn, with a kept answer",
            at(answered, given(1, returned())),
        ),
        ("turn, with a cancellation", told),
        ("attempt", running(activity(None), &[1])),
        ("attempt, the last", last),
        (
            "attempt, little time left",
            running(activity(limited), &[1]),
        ),
        ("wait for a timer", at(timer(10_000), Doing::Work)),
        ("wait for a retry", retrying),
        ("wait to heal", healing),
        ("park", at(timer(310_000), Doing::Park)),
        ("over", at(timer(310_000), Doing::Over)),
    ]
    .into_iter()
    .chain(two::states())
    .chain(family::states())
    .chain(signals::states())
    .chain(terms::states())
    .chain(paused::states())
    .chain(elsewhere::states())
    .chain(queued::states())
    .collect()
}

fn table(policy: Policy) -> String {
    let mut text = String::new();
    for (state, instance) in states() {
        writeln!(text, "{state}").unwrap();
        for (event_name, event) in events() {
            let mut instance = instance.clone();
            let before = instance.clone();
            match instance.decide(event, NOW, &policy) {
                Ok(Decision { writes, action }) => {
                    let mut parts: Vec<_> = writes.iter().map(write_text).collect();
                    parts.push(action_text(&action, &instance));
                    writeln!(text, "  {event_name}: {}", parts.join("; ")).unwrap();
                }
                Err(_) => assert_eq!(instance, before, "a refused event changes nothing"),
            }
        }
    }
    text
}

#[test]
fn at_work() {
    expect_file!["table_at_work.txt"].assert_eq(&table(policy()));
}

#[test]
fn in_a_shutdown() {
    let draining = Policy {
        draining: true,
        ..policy()
    };
    expect_file!["table_in_a_shutdown.txt"].assert_eq(&table(draining));
}

#[test]
fn messages_are_noted_once_and_a_repeated_cancel_is_absorbed() {
    let mut instance = running(activity(None), &[1]);
    let first = instance
        .decide(mail(Some(MessageKind::Cancel)), NOW, &policy())
        .unwrap();
    assert_eq!(first.action, Action::Turn);
    assert_eq!(instance.given()[0].answer, Resolution::Cancelled);
    let clean_up = checkpoint(2, vec![calls(None)]);
    let turned = Event::Turned(Turn::Suspended(clean_up), Aside::default());
    let next = instance.decide(turned, NOW, &policy()).unwrap();
    let begun = Action::Work {
        begin: vec![(2, 1)],
        until: None,
    };
    assert_eq!(next.action, begun, "what follows a cancel runs normally");
    // The same message, and another cancel.
    for ord in [9, 10] {
        let mut again = mail(Some(MessageKind::Cancel));
        if let Event::Mail { messages, .. } = &mut again {
            messages[0].ord = ord;
        }
        assert_eq!(
            instance.decide(again, NOW, &policy()).unwrap().action,
            Action::Continue
        );
    }
    assert_eq!(instance.unread, [10], "consumed by the next step");
}

#[test]
fn a_frame_that_is_too_large_blocks_and_keeps_the_answer() {
    let mut instance = at(activity(None), given(1, returned()));
    let mut large = checkpoint(2, vec![fires(11_000)]);
    let value = vec![0; codec::limits::FRAME_BYTES_MAX];
    large.frame.locals.push(crate::frame::SavedLocal {
        name: "x".into(),
        value,
    });
    let event = Event::Turned(Turn::Suspended(large), Aside::default());
    let decision = instance.decide(event, NOW, &policy()).unwrap();
    let texts: Vec<_> = decision.writes.iter().map(write_text).collect();
    assert!(
        texts[0].starts_with("Step 2 (#1 Returned, frame with the answer"),
        "{texts:?}"
    );
    assert!(texts[1].contains("are allowed"), "{texts:?}");
}
