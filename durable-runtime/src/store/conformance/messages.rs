//! Messages to runs in every state.

use super::kit::{
    CHARGE, Worker, blocked, end, find, id, message, owned, park, send, signal, start, state, step,
    terminate, waiting,
};
use super::stepping::continued;
use super::tags::incompressible;
use crate::id::{RunId, Timestamp, check_name};
use crate::store::{
    End, IdPolicy, MessageKind, NewMessage, NewRun, NewStep, OnConflict, Phase, QueueChange, Reuse,
    RunState, Sent, Store, StoreError, Told, UNREAD_BYTES_MAX, Write, Written,
};

const RUN: RunId = RunId(10);

pub async fn a_message_to_nobody_is_not_found(store: &dyn Store) {
    for message in [message("a"), terminate("b")] {
        assert_eq!(store.send(&id(10), message).await, Ok(Sent::NotFound));
    }
}

pub async fn a_message_to_an_owned_run_is_mail(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let mut other = Worker::register(store, 2).await;
    worker.starts(&[10, 11]).await;
    other.starts(&[20]).await;
    assert_eq!(store.mail(worker.id(), &[]).await, Ok(vec![]));
    send(store, 10, "a").await;
    send(store, 20, "b").await;
    send(store, 10, "c").await;
    assert_eq!(state(store, 10).await, RunState::Owned(worker.id()));
    let mail = store.mail(worker.id(), &[]).await.expect("readable");
    let [(run, wakes, messages)] = &mail[..] else {
        panic!("one of its runs has mail: {mail:?}");
    };
    assert_eq!(*run, RUN);
    assert_eq!(store.inbox(RUN).await.as_ref(), Ok(messages));
    let first = &messages[0];
    assert_eq!((first.msg.as_str(), first.kind), ("a", MessageKind::Cancel));
    assert_eq!(
        (&first.payload[..], first.sent_at),
        (&b"changed my mind"[..], Timestamp(20))
    );
    assert_eq!(messages[1].msg, "c");
    // The counter that came with the mail is good for a park.
    assert_eq!(
        worker.write(Write::Park(park(10, *wakes, 0))).await,
        Written::Parked
    );
    assert_eq!(store.mail(worker.id(), &[]).await, Ok(vec![]));
}

pub async fn a_message_to_a_finished_run_says_so(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    send(store, 10, "never read").await;
    worker.write(Write::End(end(10, 0))).await;
    for message in [message("never read"), message("b"), terminate("c")] {
        let sent = store.send(&id(10), message).await;
        assert_eq!(sent, Ok(Sent::Finished(Phase::Completed)));
    }
    assert_eq!(store.inbox(RUN).await, Ok(vec![]));
    assert_eq!(store.mail(worker.id(), &[]).await, Ok(vec![]));
}

pub async fn a_repeated_message_is_absorbed(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 11]).await;
    send(store, 10, "a").await;
    let inbox = store.inbox(RUN).await;
    send(store, 10, "a").await;
    assert_eq!(store.inbox(RUN).await, inbox);
    // An id is unique per run only.
    send(store, 11, "a").await;
    assert_eq!(store.inbox(RunId(11)).await.map(|inbox| inbox.len()), Ok(1));
}

pub async fn a_consumed_message_is_absorbed_too(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    send(store, 10, "a").await;
    let consuming = NewStep {
        consumed: vec![store.inbox(RUN).await.expect("readable")[0].ord],
        ..step(10, 1)
    };
    worker.write(Write::Step(consuming)).await;
    send(store, 10, "a").await;
    assert_eq!(store.inbox(RUN).await, Ok(vec![]));
}

pub async fn messages_keep_their_order(store: &dyn Store) {
    start(store, 10).await;
    for msg in ["c", "a", "b"] {
        send(store, 10, msg).await;
    }
    let inbox = store.inbox(RUN).await.expect("readable");
    let order: Vec<_> = inbox.iter().map(|message| message.msg.as_str()).collect();
    assert_eq!(order, ["c", "a", "b"]);
    assert!(inbox.is_sorted_by(|a, b| a.ord < b.ord), "{inbox:?}");
}

pub async fn a_terminate_ends_a_waiting_run(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    start(store, 10).await;
    send(store, 10, "never read").await;
    let sent = store.send(&id(10), terminate("t")).await;
    assert_eq!(sent, Ok(Sent::Terminated(RUN)));
    let run = find(store, 10).await;
    assert_eq!(
        (run.phase, &run.state),
        (Phase::Terminated, &RunState::Finished)
    );
    assert_eq!(run.error.as_deref(), Some("changed my mind"));
    assert_eq!(
        (run.finished_at, run.output.as_ref()),
        (Some(Timestamp(20)), None)
    );
    assert!(worker.claim(1_000_000).await.is_empty());
    assert_eq!(store.inbox(RUN).await, Ok(vec![]));
    assert_eq!(
        store.send(&id(10), terminate("t")).await,
        Ok(Sent::Accepted(RUN))
    );
    let another = store.send(&id(10), terminate("u")).await;
    assert_eq!(another, Ok(Sent::Finished(Phase::Terminated)));
    assert_eq!(find(store, 10).await, run);
    assert_eq!(store.inbox(RUN).await, Ok(vec![]));
}

pub async fn a_terminate_ends_a_blocked_run(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    worker.write(Write::Step(step(10, 1))).await;
    worker.write(Write::Park(blocked(10, CHARGE, 7))).await;
    let mut silent = terminate("t");
    silent.payload.clear();
    assert_eq!(store.send(&id(10), silent).await, Ok(Sent::Terminated(RUN)));
    let run = find(store, 10).await;
    assert_eq!((run.phase, run.error), (Phase::Terminated, None));
    // The frame stays, for people.
    let latest = store.latest_step(RUN).await.expect("readable");
    assert!(latest.is_some_and(|step| step.frame.is_some()));
    let any = crate::store::Unblock {
        point: CHARGE.into(),
        fingerprint: None,
    };
    assert_eq!(store.unblock(&[any], Timestamp(30)).await, Ok(0));
}

pub async fn a_terminate_of_an_owned_run_is_mail(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    let sent = store.send(&id(10), terminate("t")).await;
    assert_eq!(sent, Ok(Sent::Accepted(RUN)));
    let run = find(store, 10).await;
    assert_eq!(
        (run.phase, run.state),
        (Phase::Running, RunState::Owned(worker.id()))
    );
    let mail = store.mail(worker.id(), &[]).await.expect("readable");
    assert_eq!(mail[0].2[0].kind, MessageKind::Terminate);
    // The owner learns of it before it can let go.
    let answer = worker.write(Write::Park(park(10, 0, 0))).await;
    assert!(matches!(answer, Written::Woken { .. }), "{answer:?}");
}

pub async fn a_run_takes_as_many_messages_as_it_may(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    let limited = |msg: &str| NewMessage {
        unread_max: Some(2),
        ..signal(msg, "approve", 1)
    };
    // Neither counts: it waits for no code.
    send(store, 10, "cancel").await;
    store
        .send(&id(10), limited("a"))
        .await
        .expect("there is room");
    assert_eq!(
        store.send(&id(10), limited("b")).await,
        Ok(Sent::Accepted(RUN))
    );
    let inbox = store.inbox(RUN).await.expect("readable");
    for refused in ["c", "d"] {
        assert_eq!(
            store.send(&id(10), limited(refused)).await,
            Ok(Sent::Full(RUN))
        );
    }
    let update = NewMessage {
        kind: MessageKind::Update,
        ..limited("u")
    };
    assert_eq!(store.send(&id(10), update).await, Ok(Sent::Full(RUN)));
    let full = store.start_or_send(waiting(10), limited("e")).await;
    let (written, sent) = full.expect("an answer");
    assert!(matches!(written, Written::Exists(_)), "{written:?}");
    assert_eq!(sent, Sent::Full(RUN));
    assert_eq!(store.inbox(RUN).await, Ok(inbox.clone()));
    // What is there already is not refused, nor is what carries no limit.
    assert_eq!(
        store.send(&id(10), limited("b")).await,
        Ok(Sent::Accepted(RUN))
    );
    assert_eq!(
        store.send(&id(10), message("stop")).await,
        Ok(Sent::Accepted(RUN))
    );
    // One that is read makes room for another one.
    let reading = NewStep {
        consumed: vec![inbox[1].ord],
        ..step(10, 1)
    };
    worker.write(Write::Step(reading)).await;
    assert_eq!(
        store.send(&id(10), limited("c")).await,
        Ok(Sent::Accepted(RUN))
    );
    assert_eq!(store.send(&id(10), limited("d")).await, Ok(Sent::Full(RUN)));
    let none = NewMessage {
        unread_max: Some(0),
        ..signal("z", "approve", 1)
    };
    start(store, 11).await;
    assert_eq!(store.send(&id(11), none).await, Ok(Sent::Full(RunId(11))));
}

pub async fn a_message_to_one_run_is_told_once(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let told = NewMessage {
        kind: MessageKind::Activity,
        name: "3".into(),
        ..message("a")
    };
    assert_eq!(store.tell(RUN, told.clone()).await, Ok(Told::NotFound));
    worker.starts(&[10, 11]).await;
    worker.write(Write::Step(step(10, 1))).await;
    let parked = Write::Park(park(10, 0, 1));
    assert_eq!(worker.write(parked).await, Written::Parked);
    assert_eq!(store.tell(RUN, told.clone()).await, Ok(Told::Accepted));
    assert_eq!(store.tell(RUN, told.clone()).await, Ok(Told::Repeated));
    // It wakes the run, as any message does.
    assert_eq!(state(store, 10).await, RunState::Waiting(Timestamp(20)));
    let claimed = worker.claim(20).await;
    let [got] = &claimed[0].inbox[..] else {
        panic!("one message: {claimed:?}");
    };
    assert_eq!((got.kind, got.name.as_str()), (told.kind, "3"));
    let taken = NewStep {
        consumed: vec![got.ord],
        ..step(10, 2)
    };
    worker.write(Write::Step(taken)).await;
    assert_eq!(store.tell(RUN, told.clone()).await, Ok(Told::Repeated));
    worker.write(Write::End(end(10, 2))).await;
    let finished = Ok(Told::Finished(Phase::Completed));
    assert_eq!(store.tell(RUN, told).await, finished);
}

pub async fn what_a_run_has_taken_is_not_taken_by_those_after_it(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    assert_eq!(
        store.send(&id(10), message("a")).await,
        Ok(Sent::Accepted(RUN))
    );
    let taken = NewStep {
        consumed: vec![store.inbox(RUN).await.unwrap()[0].ord],
        ..step(10, 2)
    };
    worker.write(Write::Step(taken)).await;
    for (old, new) in [(10, 11), (11, 12)] {
        let next = NewRun {
            id: id(10),
            ..owned(new, worker.id())
        };
        let written = worker
            .commit(vec![continued(old), Write::Start(next)])
            .await;
        assert_eq!(written, [Written::Done, Written::Started]);
    }
    let last = Ok(Sent::Accepted(RunId(12)));
    assert_eq!(store.send(&id(10), message("a")).await, last);
    assert_eq!(store.inbox(RunId(12)).await, Ok(vec![]));
    worker.write(Write::End(end(12, 0))).await;
    assert_eq!(store.send(&id(10), message("a")).await, last);
    let finished = Ok(Sent::Finished(Phase::Completed));
    assert_eq!(store.send(&id(10), message("b")).await, finished);
}

pub async fn what_a_workflow_has_sent_counts_once_for_an_id(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let sends = |op: u64| signal(&NewMessage::of_operation(RunId(77), op), "approve", 1);
    let ends = |op: u64| NewMessage {
        kind: MessageKind::Terminate,
        ..sends(op)
    };
    worker.starts(&[10]).await;
    accepted(store, 10, [sends(1), sends(2), signal("own", "approve", 1)]).await;
    let inbox = store.inbox(RUN).await.expect("readable");
    let taken = NewStep {
        consumed: vec![inbox[0].ord, inbox[2].ord],
        ..step(10, 1)
    };
    worker.write(Write::Step(taken)).await;
    accepted(store, 10, [ends(3)]).await;
    let terminated = End {
        phase: Phase::Terminated,
        output: None,
        ..end(10, 1)
    };
    worker.write(Write::End(terminated)).await;
    assert_eq!(store.inbox(RUN).await, Ok(vec![]));
    // What was taken, or has ended a run, is known; what was not read is as good as new.
    starts_again(store, 11).await;
    accepted(store, 11, [sends(1), ends(3)]).await;
    assert_eq!(store.inbox(RunId(11)).await, Ok(vec![]));
    accepted(store, 11, [sends(2), signal("own", "approve", 1)]).await;
    let inbox = store.inbox(RunId(11)).await.map(|inbox| inbox.len());
    assert_eq!(inbox, Ok(2));
    let ended = Ok(Sent::Terminated(RunId(11)));
    assert_eq!(store.send(&id(10), ends(4)).await, ended);
    starts_again(store, 12).await;
    accepted(store, 12, [sends(1), ends(3), ends(4)]).await;
    assert_eq!(store.inbox(RunId(12)).await, Ok(vec![]));
    assert_eq!(find(store, 10).await.phase, Phase::Running);
}

/// Gives the id of run 10 to another one.
async fn starts_again(store: &dyn Store, run: i64) {
    let ids = IdPolicy {
        reuse: Reuse::Allow,
        ..IdPolicy::default()
    };
    let id = id(10);
    let again = NewRun {
        id,
        ids,
        ..waiting(run)
    };
    assert_eq!(store.start(again).await, Ok(Written::Started));
}

async fn accepted<const N: usize>(store: &dyn Store, run: i64, messages: [NewMessage; N]) {
    for message in messages {
        let sent = store.send(&id(10), message).await;
        assert_eq!(sent, Ok(Sent::Accepted(RunId(run))));
    }
}

pub async fn a_message_to_one_run_does_not_follow_it(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    let told = NewMessage {
        kind: MessageKind::Activity,
        ..message("a")
    };
    assert_eq!(store.tell(RUN, told.clone()).await, Ok(Told::Accepted));
    let next = NewRun {
        id: id(10),
        ..owned(11, worker.id())
    };
    let written = worker.commit(vec![continued(10), Write::Start(next)]).await;
    assert_eq!(written, [Written::Done, Written::Started]);
    assert_eq!(store.inbox(RunId(11)).await, Ok(vec![]));
    let finished = Ok(Told::Finished(Phase::Continued));
    assert_eq!(store.tell(RUN, told).await, finished);
}

pub async fn names_that_nobody_could_find_are_refused(store: &dyn Store) {
    start(store, 10).await;
    for name in ["", "a\nb", "\u{1b}[2J", "\u{9b}"] {
        let invalid = |what| {
            let error = check_name(what, name).expect_err("it is no name");
            Some(StoreError::InvalidName(error))
        };
        let letter = signal("a", name, 1);
        let sent = store.send(&id(10), letter.clone()).await;
        assert_eq!(sent.err(), invalid("a signal's name"));
        let request = NewMessage {
            kind: MessageKind::Update,
            ..letter
        };
        let sent = store.send(&id(10), request).await;
        assert_eq!(sent.err(), invalid("an update's name"));
        let elsewhere = NewRun {
            queue: name.to_owned(),
            ..waiting(11)
        };
        let started = store.start(elsewhere).await;
        assert_eq!(started.err(), invalid("a queue's name"));
        let changed = store.change_queue(name, QueueChange::default()).await;
        assert_eq!(changed.err(), invalid("a queue's name"));
    }
    assert_eq!(store.find(&id(11)).await, Ok(None));
    assert_eq!(store.inbox(RUN).await, Ok(vec![]));
}

pub async fn a_run_takes_as_many_bytes_as_it_may(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    worker.write(Write::Step(step(10, 1))).await;
    // What a codec adds to a value is less than the rest of a part, and than a bit.
    let (part, bit) = (UNREAD_BYTES_MAX / 8 - 1024, 16 * 1024);
    let bytes = incompressible(part + 4 * bit);
    let letter = |msg: &str, size: usize| NewMessage {
        payload: bytes[..size].to_vec(),
        unread_max: Some(100),
        ..signal(msg, "approve", 1)
    };
    let (accepted, full) = (Ok(Sent::Accepted(RUN)), Ok(Sent::Full(RUN)));
    for msg in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        assert_eq!(store.send(&id(10), letter(msg, part)).await, accepted);
    }
    assert_eq!(store.send(&id(10), letter("i", bit)).await, full);
    // What is there already, what asks for no limit, and what is no letter.
    assert_eq!(store.send(&id(10), letter("a", part)).await, accepted);
    assert_eq!(store.send(&id(10), message("cancel")).await, accepted);
    let anyway = NewMessage {
        unread_max: None,
        ..letter("j", 1)
    };
    assert_eq!(store.send(&id(10), anyway).await, accepted);
    // Read from the middle, and then from the front.
    let reads = |seq, ord| {
        Write::Step(NewStep {
            consumed: vec![ord],
            ..step(10, seq)
        })
    };
    worker.write(reads(2, 2)).await;
    assert_eq!(store.send(&id(10), letter("k", part + 4 * bit)).await, full);
    assert_eq!(store.send(&id(10), letter("k", part)).await, accepted);
    assert_eq!(store.send(&id(10), letter("l", bit)).await, full);
    worker.write(reads(3, 1)).await;
    assert_eq!(store.send(&id(10), letter("l", part)).await, accepted);
    assert_eq!(store.send(&id(10), letter("m", bit)).await, full);
}

pub async fn the_mail_of_one_run_is_all_of_its_own(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 11]).await;
    start(store, 12).await;
    assert_eq!(store.mail_of(worker.id(), RUN).await, Ok(Some((0, vec![]))));
    for (run, msg) in [(11, "a"), (10, "b"), (12, "c"), (10, "d")] {
        send(store, run, msg).await;
    }
    let inbox = store.inbox(RUN).await.expect("readable");
    assert_eq!(inbox.len(), 2);
    assert_eq!(store.mail_of(worker.id(), RUN).await, Ok(Some((2, inbox))));
    // Of others', and of none.
    for run in [12, 99] {
        assert_eq!(store.mail_of(worker.id(), RunId(run)).await, Ok(None));
    }
    let mail = store.mail(worker.id(), &[]).await.expect("readable");
    assert_eq!(
        mail.iter().map(|(run, ..)| run.0).collect::<Vec<_>>(),
        [10, 11]
    );
}

pub async fn a_terminated_run_keeps_its_latest_frame_alone(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 11]).await;
    for run in [10, 11] {
        for seq in 1..=3 {
            worker.write(Write::Step(step(run, seq))).await;
        }
    }
    worker.write(Write::Park(park(10, 0, 3))).await;
    let sent = store.send(&id(10), terminate("t")).await;
    assert_eq!(sent, Ok(Sent::Terminated(RUN)));
    let replacement = NewRun {
        id: id(11),
        ids: IdPolicy {
            conflict: OnConflict::TerminateExisting,
            ..IdPolicy::default()
        },
        ..waiting(12)
    };
    assert_eq!(store.start(replacement).await, Ok(Written::Started));
    for run in [10, 11] {
        let steps = store.steps(RunId(run), 0, 10).await.expect("readable");
        let frames = steps.iter().map(|step| step.frame.is_some());
        assert_eq!(frames.collect::<Vec<_>>(), [false, false, true], "{run}");
        let latest = store.latest_step(RunId(run)).await.expect("readable");
        assert_eq!(latest, steps.last().cloned());
    }
}
