//! Every state with every event: the whole table of decisions as text, compared with the one
//! below. Pairs that are not listed are refused.

use super::instance::{
    Action, Cancel, Decision, Doing, Event, Instance, Outcome, Pause, Place, Policy,
};
use crate::codec;
use crate::frame::{Call, Checkpoint, Frame, Wait};
use crate::id::{RunId, Timestamp, WorkflowId};
use crate::machine::{Blocked, Finished, Turn};
use crate::operation::{
    ActivityOptions, ActivityRequest, Answered, Request, Resolution, RetryPolicy, TimeoutKind,
};
use crate::registry::AttemptEnd;
use crate::store::{Message, MessageKind, NewRun, Write};
use expect_test::expect_file;
use std::fmt::Write as _;
use std::time::Duration;

const NOW: Timestamp = Timestamp(10_000);

fn policy() -> Policy {
    Policy {
        park_after: Duration::from_secs(60),
        keep_frames: false,
        draining: false,
    }
}

fn checkpoint(request: Request) -> Checkpoint {
    let call = Call {
        op: 1,
        request,
        answer: None,
    };
    Checkpoint {
        frame: Frame {
            workflow: "w".into(),
            label: "here".into(),
            fingerprint: 7,
            locals: Vec::new(),
            waits: vec![Wait::Call(call)],
        },
        next_op: 2,
        cancelled: false,
        spawned: Vec::new(),
    }
}

fn timer(due: i64) -> Checkpoint {
    checkpoint(Request::Timer {
        due: Timestamp(due),
    })
}

fn activity(limit: Option<Duration>) -> Checkpoint {
    let retry = RetryPolicy {
        jitter: 0.0,
        max_attempts: Some(3),
        ..RetryPolicy::default()
    };
    checkpoint(Request::Activity(ActivityRequest {
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
    let mut instance = Instance::born(NewRun {
        run: RunId(1),
        id: WorkflowId::new("id").unwrap(),
        workflow: "w".into(),
        queue: "q".into(),
        input: Vec::new(),
        created_at: Timestamp(0),
        owner: None,
        due_at: Timestamp(0),
    });
    instance.carry.clear();
    instance.seq = i64::from(!matches!(place, Place::Fresh(_)));
    instance.place = place;
    instance.doing = doing;
    instance
}

fn at(checkpoint: Checkpoint, doing: Doing) -> Instance {
    instance(Place::At(checkpoint), doing)
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
    born.carry.push(Write::Start(NewRun {
        run: RunId(1),
        id: born.id.clone(),
        workflow: "w".into(),
        queue: "q".into(),
        input: Vec::new(),
        created_at: Timestamp(0),
        owner: None,
        due_at: Timestamp(0),
    }));
    let mut born_turn = born.clone();
    born_turn.doing = Doing::Turn(None);
    let mut healing = fresh(Doing::Wait(Pause::Heal));
    (healing.failures, healing.resume_at) = (1, Some(NOW));
    let mut retrying = at(activity(None), Doing::Wait(Pause::Retry));
    (retrying.failures, retrying.resume_at) = (1, Some(NOW));
    let mut last = at(activity(None), Doing::Attempt);
    last.failures = 2;
    let mut told = at(activity(None), Doing::Turn(Some(Resolution::Cancelled)));
    (told.cancel, told.unread) = (Cancel::Told, vec![4]);
    let mut cancelled = at(activity(None), Doing::Loaded);
    (cancelled.cancel, cancelled.unread) = (Cancel::Requested, vec![4]);
    let mut asleep = at(timer(310_000), Doing::Loaded);
    (asleep.cancel, asleep.unread) = (Cancel::Requested, vec![4]);
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
            at(activity(None), Doing::Turn(Some(returned()))),
        ),
        (
            "turn, with a kept answer",
            at(answered, Doing::Turn(Some(returned()))),
        ),
        ("turn, with a cancellation", told),
        ("attempt", at(activity(None), Doing::Attempt)),
        ("attempt, the last", last),
        (
            "attempt, little time left",
            at(activity(limited), Doing::Attempt),
        ),
        (
            "wait for a timer",
            at(timer(10_000), Doing::Wait(Pause::Timer)),
        ),
        ("wait for a retry", retrying),
        ("wait to heal", healing),
        ("park", at(timer(310_000), Doing::Park)),
        ("over", at(timer(310_000), Doing::Over)),
    ]
}

fn mail(kind: Option<MessageKind>) -> Event {
    let message = |kind| Message {
        msg: "m".into(),
        ord: 9,
        kind,
        payload: b"because".to_vec(),
        sent_at: NOW,
    };
    Event::Mail {
        wakes: 2,
        messages: kind.map(message).into_iter().collect(),
    }
}

fn ended(resolution: Resolution, retryable: bool, error: Option<&str>) -> Event {
    let error = error.map(str::to_owned);
    Event::Attempted(Outcome::Ended(AttemptEnd {
        resolution,
        retryable,
        error,
    }))
}

fn finished(output: &Result<u8, &str>) -> Event {
    let encoded = codec::encode(output);
    Event::Turned(Turn::Finished(Finished {
        failed: output.is_err(),
        output: encoded,
    }))
}

/// The events, by name; made anew for each state.
fn events() -> Vec<(&'static str, Event)> {
    let failed = || Resolution::Failed(Vec::new());
    let blocked = Blocked {
        label: "here".into(),
        local: Some("x".into()),
        error: "no".into(),
    };
    vec![
        ("begin", Event::Begin),
        (
            "suspended at a timer",
            Event::Turned(Turn::Suspended(timer(11_000))),
        ),
        (
            "suspended at an activity",
            Event::Turned(Turn::Suspended(activity(None))),
        ),
        ("returned Ok", finished(&Ok(1))),
        ("returned Err", finished(&Err("bad"))),
        ("code panicked", Event::Turned(Turn::Panicked("oh".into()))),
        ("code blocked", Event::Turned(Turn::Blocked(blocked))),
        ("attempt returned", ended(returned(), false, None)),
        ("attempt failed", ended(failed(), true, Some("bad"))),
        (
            "attempt failed for good",
            ended(failed(), false, Some("bad")),
        ),
        (
            "attempt panicked",
            Event::Attempted(Outcome::Panicked("oh".into())),
        ),
        (
            "attempt too long",
            Event::Attempted(Outcome::TimedOut(TimeoutKind::StartToClose)),
        ),
        (
            "attempts too long",
            Event::Attempted(Outcome::TimedOut(TimeoutKind::ScheduleToClose)),
        ),
        (
            "attempt unfit",
            Event::Attempted(Outcome::Unfit("no".into())),
        ),
        ("due", Event::Due),
        ("no mail", mail(None)),
        ("cancel", mail(Some(MessageKind::Cancel))),
        ("terminate", mail(Some(MessageKind::Terminate))),
        ("parked", Event::Parked),
        ("woken", Event::Woken { wakes: 2 }),
        ("release", Event::Release),
    ]
}

fn write_text(write: &Write) -> String {
    match write {
        Write::Start(_) => "Start".into(),
        Write::Step(step) => {
            let result = step
                .result
                .as_ref()
                .map(|bytes| codec::decode::<Vec<Answered>>(bytes));
            let result = result.map_or("-".into(), |result| name(&result.unwrap()[0].answer));
            let frame = step
                .frame
                .as_ref()
                .map(|bytes| Checkpoint::decode(bytes).unwrap());
            let frame = frame.map_or("-", |checkpoint| {
                let answered = checkpoint.calls()[0].answer.is_some();
                match (answered, checkpoint.cancelled) {
                    (true, _) => "frame with the answer",
                    (false, true) => "frame, told",
                    (false, false) => "frame",
                }
            });
            let consumed = &step.consumed;
            let seq = step.seq;
            format!("Step {seq} ({result}, {frame}, {consumed:?})")
        }
        Write::Attempt(attempt) => format!(
            "Attempt {:?} {}.{} ({}, next at {})",
            attempt.kind, attempt.seq, attempt.attempt, attempt.error, attempt.next_at.0
        ),
        Write::Park(park) => {
            let due = park.due_at.map(|at| at.0);
            format!(
                "Park {} ({}, due {due:?}, {:?})",
                park.seq, park.point, park.blocked
            )
        }
        Write::End(end) => format!("End {} ({:?}, {:?})", end.seq, end.phase, end.error),
    }
}

fn name(resolution: &Resolution) -> String {
    match resolution {
        Resolution::Returned(_) => "Returned".into(),
        Resolution::Failed(_) => "Failed".into(),
        Resolution::TimedOut(kind) => format!("TimedOut {kind:?}"),
        Resolution::Panicked(_) => "Panicked".into(),
        Resolution::Fired => "Fired".into(),
        Resolution::Cancelled => "Cancelled".into(),
    }
}

fn action_text(action: &Action) -> String {
    match action {
        Action::Turn(None) => "Turn".into(),
        Action::Turn(Some(answer)) => format!("Turn with {}", name(answer)),
        Action::Wait(until) => format!("Wait until {}", until.0),
        other => format!("{other:?}"),
    }
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
                    parts.push(action_text(&action));
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
    let mut instance = at(activity(None), Doing::Attempt);
    let first = instance
        .decide(mail(Some(MessageKind::Cancel)), NOW, &policy())
        .unwrap();
    assert_eq!(first.action, Action::Turn(Some(Resolution::Cancelled)));
    let turned = Event::Turned(Turn::Suspended(activity(None)));
    let next = instance.decide(turned, NOW, &policy()).unwrap();
    assert_eq!(
        next.action,
        Action::Attempt(1),
        "what follows a cancel runs normally"
    );
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
    let mut instance = at(activity(None), Doing::Turn(Some(returned())));
    let mut large = timer(11_000);
    let value = vec![0; codec::limits::FRAME_BYTES_MAX];
    large.frame.locals.push(crate::frame::SavedLocal {
        name: "x".into(),
        value,
    });
    let event = Event::Turned(Turn::Suspended(large));
    let decision = instance.decide(event, NOW, &policy()).unwrap();
    let texts: Vec<_> = decision.writes.iter().map(write_text).collect();
    assert!(
        texts[0].starts_with("Step 2 (Returned, frame with the answer"),
        "{texts:?}"
    );
    assert!(texts[1].contains("are allowed"), "{texts:?}");
}
