//! Runs that operators let rest, in every state.

use super::kit::{
    CHARGE, FRESH, LEASE, QUEUE, Worker, blocked, end, find, id, message, numbers, park,
    park_until, send, signal, start, state, step, terminate, waiting,
};
use crate::id::{RunId, Timestamp};
use crate::store::{
    End, Message, MessageKind, NewMessage, NewStep, Park, Paused, Phase, RunFilter, RunState, Sent,
    Store, Unblock, Write, Written,
};

const RUN: RunId = RunId(10);

async fn steer(store: &dyn Store, kind: MessageKind, reason: &str, at: i64) -> Sent {
    let message = NewMessage::steer(kind, reason, Timestamp(at));
    store.send(&id(10), message).await.expect("a store")
}

async fn pause(store: &dyn Store, reason: &str) {
    let sent = steer(store, MessageKind::Pause, reason, 20).await;
    assert_eq!(sent, Sent::Accepted(RUN));
}

async fn resume(store: &dyn Store, at: i64) {
    let sent = steer(store, MessageKind::Resume, "", at).await;
    assert_eq!(sent, Sent::Accepted(RUN));
}

fn because(reason: &str) -> Paused {
    Paused {
        at: Timestamp(20),
        reason: reason.into(),
    }
}

/// What the owner of a run is told, with the counter.
async fn mail(worker: &Worker<'_>) -> (i64, Vec<Message>) {
    let mut mail = worker.store.mail(worker.id(), &[]).await.expect("readable");
    let (run, wakes, messages) = mail.pop().expect("there is mail");
    assert_eq!((run, mail.len()), (RUN, 0));
    (wakes, messages)
}

fn kinds(messages: &[Message]) -> Vec<MessageKind> {
    messages.iter().map(|message| message.kind).collect()
}

pub async fn a_paused_run_is_not_claimed(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    start(store, 10).await;
    start(store, 11).await;
    pause(store, "an outage").await;
    pause(store, "another reason").await;
    let found = find(store, 10).await;
    assert_eq!(found.paused, Some(because("an outage")), "the first stands");
    assert_eq!(found.state, RunState::Waiting(Timestamp(1)));
    let filter = RunFilter {
        paused: true,
        ..RunFilter::default()
    };
    let page = crate::store::Page {
        before: None,
        limit: 9,
    };
    let listed = store.list(filter, page).await.expect("readable");
    assert_eq!(listed.runs, [found]);
    assert_eq!(numbers(&worker.claim(1_000).await), [11]);
    let points = [FRESH.to_owned()];
    assert_eq!(
        store
            .next_due(QUEUE, &points, &[], Timestamp(1_000_000))
            .await,
        Ok(None)
    );
    for _ in 0..2 {
        resume(store, 30).await;
    }
    assert_eq!(
        store
            .next_due(QUEUE, &points, &[], Timestamp(1_000_000))
            .await,
        Ok(Some(Timestamp(1)))
    );
    let claimed = worker.claim(30).await;
    assert_eq!(numbers(&claimed), [10]);
    assert_eq!((&claimed[0].run.paused, claimed[0].inbox.len()), (&None, 0));
    assert!(worker.claim(1_000).await.is_empty(), "it is there once");
}

pub async fn an_owner_is_told_of_a_pause(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    worker.write(Write::Step(step(10, 1))).await;
    pause(store, "an outage").await;
    pause(store, "an outage").await;
    let found = find(store, 10).await;
    assert_eq!(found.paused, Some(because("an outage")));
    assert_eq!(found.state, RunState::Owned(worker.id()));
    let answer = worker.write(Write::Park(park(10, 0, 1))).await;
    assert_eq!(answer, Written::Woken { wakes: 1 });
    let (wakes, messages) = mail(&worker).await;
    assert_eq!(kinds(&messages), [MessageKind::Pause]);
    let due = Park {
        due_at: Some(Timestamp(25)),
        ..park(10, wakes, 1)
    };
    assert_eq!(worker.write(Write::Park(due)).await, Written::Parked);
    assert_eq!(store.inbox(RUN).await, Ok(vec![]));
    // A message waits with it.
    let sent = store.send(&id(10), signal("s", "approve", 1)).await;
    assert_eq!(sent, Ok(Sent::Accepted(RUN)));
    assert!(worker.claim(1_000).await.is_empty());
    assert_eq!(find(store, 10).await.paused, Some(because("an outage")));
    resume(store, 30).await;
    let claimed = worker.claim(30).await;
    assert_eq!(numbers(&claimed), [10]);
    assert_eq!(kinds(&claimed[0].inbox), [MessageKind::Signal]);
}

pub async fn a_pause_that_ends_in_time_leaves_no_trace(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    pause(store, "a mistake").await;
    resume(store, 21).await;
    let (wakes, messages) = mail(&worker).await;
    assert_eq!(kinds(&messages), [MessageKind::Pause, MessageKind::Resume]);
    let consuming = NewStep {
        consumed: vec![messages[0].ord],
        ..step(10, 1)
    };
    worker.write(Write::Step(consuming)).await;
    let due = Park {
        due_at: Some(Timestamp(25)),
        ..park(10, wakes, 1)
    };
    assert_eq!(worker.write(Write::Park(due)).await, Written::Parked);
    assert_eq!(find(store, 10).await.paused, None);
    let claimed = worker.claim(30).await;
    assert_eq!((numbers(&claimed), claimed[0].inbox.len()), (vec![10], 0));
}

pub async fn a_cancel_ends_a_pause(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    start(store, 10).await;
    send(store, 10, "cancel").await;
    pause(store, "an outage").await;
    // It is absorbed as a message, and ends the pause all the same.
    send(store, 10, "cancel").await;
    assert_eq!(find(store, 10).await.paused, None);
    let claimed = worker.claim(30).await;
    assert_eq!(kinds(&claimed[0].inbox), [MessageKind::Cancel]);
    // One that is owned is told of both.
    pause(store, "an outage").await;
    let sent = store.send(&id(10), message("another")).await;
    assert_eq!(sent, Ok(Sent::Accepted(RUN)));
    let (_, messages) = mail(&worker).await;
    let expected = [
        MessageKind::Cancel,
        MessageKind::Pause,
        MessageKind::Resume,
        MessageKind::Cancel,
    ];
    assert_eq!(kinds(&messages), expected);
    assert!(messages.is_sorted_by_key(|message| message.ord));
    // To terminate it needs no pause to end.
    pause(store, "an outage").await;
    assert_eq!(
        store.send(&id(10), terminate("t")).await,
        Ok(Sent::Accepted(RUN))
    );
    let wakes = mail(&worker).await.0;
    worker.write(Write::Park(park(10, wakes, 0))).await;
    assert_eq!(
        store.send(&id(10), terminate("t")).await,
        Ok(Sent::Terminated(RUN))
    );
    let found = find(store, 10).await;
    assert_eq!((found.phase, found.paused), (Phase::Terminated, None));
}

pub async fn a_dead_workers_run_stays_paused(store: &dyn Store) {
    let mut first = Worker::register(store, 1).await;
    first.starts(&[10]).await;
    let mut second = Worker::register(store, 2).await;
    pause(store, "an outage").await;
    let late = Timestamp(LEASE.0 + 1);
    let fence = crate::store::Fence {
        lease_until: Timestamp(LEASE.0 * 2),
        ..second.fence
    };
    store.commit(fence, [].into()).await.expect("a beat");
    second.fence.beat += 1;
    assert_eq!(store.mark_dead(late).await, Ok(vec![first.id()]));
    let taken = second.take_over(first.id()).await;
    assert_eq!(taken[0].run.paused, Some(because("an outage")));
    assert_eq!(kinds(&taken[0].inbox), [MessageKind::Pause]);
    let answer = second
        .write(Write::Park(Park {
            due_at: Some(Timestamp(25)),
            ..park(10, taken[0].wakes, 0)
        }))
        .await;
    assert_eq!(answer, Written::Parked);
    assert!(second.claim(1_000).await.is_empty());
    resume(store, 30).await;
    assert_eq!(numbers(&second.claim(30).await), [10]);
}

pub async fn a_run_that_goes_on_stays_paused(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    pause(store, "an outage").await;
    let continued = End {
        phase: Phase::Continued,
        output: None,
        ..end(10, 0)
    };
    let next = crate::store::NewRun {
        id: id(10),
        ..waiting(11)
    };
    worker
        .commit(vec![Write::End(continued), Write::Start(next)])
        .await;
    let found = find(store, 10).await;
    assert_eq!(
        (found.run, found.paused),
        (RunId(11), Some(because("an outage")))
    );
    assert_eq!(store.inbox(RunId(11)).await, Ok(vec![]));
    assert!(worker.claim(1_000).await.is_empty());
    steer(store, MessageKind::Resume, "", 30).await;
    assert_eq!(numbers(&worker.claim(30).await), [11]);
}

pub async fn a_held_run_waits_for_somebody(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    let held = Park {
        held: true,
        ..blocked(10, CHARGE, 7)
    };
    let reason = RunState::Blocked(held.blocked.clone().unwrap_or_default());
    assert_eq!(worker.write(Write::Park(held)).await, Written::Parked);
    let any = Unblock {
        point: CHARGE.into(),
        fingerprint: None,
    };
    assert_eq!(store.unblock(&[any], Timestamp(30)).await, Ok(0));
    send(store, 10, "cancel").await;
    assert_eq!(state(store, 10).await, reason);
    // Both have to end.
    pause(store, "an outage").await;
    assert!(worker.claim(1_000).await.is_empty());
    resume(store, 40).await;
    assert_eq!(state(store, 10).await, RunState::Waiting(Timestamp(40)));
    let claimed = worker.claim(40).await;
    assert_eq!(numbers(&claimed), [10]);
    // What waits for a version of the code that fits it is no business of an operator.
    let wakes = claimed[0].wakes;
    let misfit = Park {
        wakes,
        ..blocked(10, CHARGE, 7)
    };
    worker.write(Write::Park(misfit)).await;
    resume(store, 50).await;
    assert_eq!(state(store, 10).await, reason);
}

pub async fn what_has_ended_takes_no_pause(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    assert_eq!(
        steer(store, MessageKind::Pause, "", 20).await,
        Sent::NotFound
    );
    worker.starts(&[10]).await;
    pause(store, "an outage").await;
    worker.write(Write::End(end(10, 0))).await;
    assert_eq!(find(store, 10).await.paused, None);
    for kind in [MessageKind::Pause, MessageKind::Resume] {
        let sent = steer(store, kind, "", 60).await;
        assert_eq!(sent, Sent::Finished(Phase::Completed));
    }
    assert_eq!(store.inbox(RUN).await, Ok(vec![]));
    worker.write(Write::Park(park_until(10, 30))).await;
}
