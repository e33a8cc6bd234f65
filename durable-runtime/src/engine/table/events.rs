//! The events, by name.

use super::{NOW, calls, checkpoint, elsewhere, fires, queued, returned, two};
use crate::codec;
use crate::engine::instance::{Event, Outcome};
use crate::machine::{Aside, Blocked, Finished, Turn};
use crate::operation::{Resolution, TimeoutKind};
use crate::registry::AttemptEnd;
use crate::store::{Message, MessageKind};

pub(super) fn mail(kind: Option<MessageKind>) -> Event {
    let message = |kind| Message {
        msg: "m".into(),
        ord: 9,
        kind,
        name: if kind == MessageKind::Signal {
            "approve".into()
        } else {
            String::new()
        },
        payload: b"because".to_vec(),
        sent_at: NOW,
    };
    Event::Mail {
        wakes: 2,
        messages: kind.map(message).into_iter().collect(),
        due: false,
    }
}

fn due_with(kind: MessageKind) -> Event {
    match mail(Some(kind)) {
        Event::Mail {
            wakes, messages, ..
        } => Event::Mail {
            wakes,
            messages,
            due: true,
        },
        other => other,
    }
}

pub(super) fn ended(
    op: u64,
    resolution: Resolution,
    retryable: bool,
    error: Option<&str>,
) -> Event {
    let error = error.map(str::to_owned);
    let end = AttemptEnd {
        resolution,
        retryable,
        error,
        next_delay: None,
    };
    Event::Attempted(op, Outcome::Ended(end))
}

fn finished(output: &Result<u8, &str>) -> Event {
    let encoded = codec::encode(output);
    Event::Turned(
        Turn::Finished(Finished {
            failed: output.is_err(),
            retryable: true,
            next_delay: None,
            output: encoded,
        }),
        Aside::default(),
    )
}

/// The events, by name; made anew for each state.
pub(super) fn events() -> Vec<(&'static str, Event)> {
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
            Event::Turned(
                Turn::Suspended(checkpoint(4, vec![fires(11_000)])),
                Aside::default(),
            ),
        ),
        (
            "suspended at an activity",
            Event::Turned(
                Turn::Suspended(checkpoint(4, vec![calls(None)])),
                Aside::default(),
            ),
        ),
        (
            "suspended, #2 goes on and #4 is new",
            Event::Turned(Turn::Suspended(two::goes_on()), Aside::default()),
        ),
        ("returned Ok", finished(&Ok(1))),
        ("returned Err", finished(&Err("bad"))),
        (
            "code panicked",
            Event::Turned(Turn::Panicked("oh".into()), Aside::default()),
        ),
        (
            "code blocked",
            Event::Turned(Turn::Blocked(blocked), Aside::default()),
        ),
        ("attempt returned", ended(1, returned(), false, None)),
        ("attempt failed", ended(1, failed(), true, Some("bad"))),
        (
            "attempt failed for good",
            ended(1, failed(), false, Some("bad")),
        ),
        (
            "attempt panicked",
            Event::Attempted(1, Outcome::Panicked("oh".into())),
        ),
        (
            "attempt too long",
            Event::Attempted(1, Outcome::TimedOut(TimeoutKind::StartToClose)),
        ),
        (
            "attempts too long",
            Event::Attempted(1, Outcome::TimedOut(TimeoutKind::ScheduleToClose)),
        ),
        (
            "attempt unfit",
            Event::Attempted(1, Outcome::Unfit("no".into())),
        ),
        ("attempt cancelled", Event::Attempted(1, Outcome::Cancelled)),
        ("beat", Event::Beat),
        ("due", Event::Due),
        ("no mail", mail(None)),
        ("cancel", mail(Some(MessageKind::Cancel))),
        ("terminate", mail(Some(MessageKind::Terminate))),
        ("signal", mail(Some(MessageKind::Signal))),
        ("signal, and due", due_with(MessageKind::Signal)),
        ("pause", mail(Some(MessageKind::Pause))),
        ("resume", mail(Some(MessageKind::Resume))),
        ("parked", Event::Parked),
        ("woken", Event::Woken { wakes: 2 }),
        ("release", Event::Release),
    ]
    .into_iter()
    .chain(elsewhere::events())
    .chain(queued::events())
    .collect()
}
