//! Notes about operations under way.

use super::kit::{Worker, end, note, park_until, send, step};
use crate::id::{RunId, Timestamp};
use crate::store::{
    AttemptOf, FenceError, MessageKind, NewMessage, NewStep, Note, Store, Told, Write, Written,
};

const RUN: RunId = RunId(10);

pub async fn a_note_takes_the_place_of_the_one_before(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 11]).await;
    for write in [
        note(10, 2, 7),
        note(10, 1, 8),
        note(11, 2, 9),
        note(10, 2, 10),
    ] {
        assert_eq!(worker.write(Write::Note(write)).await, Written::Done);
    }
    let expected = vec![(1, vec![8]), (2, vec![10])];
    assert_eq!(store.notes(RUN).await, Ok(expected.clone()));
    assert_eq!(store.notes(RunId(11)).await, Ok(vec![(2, vec![9])]));
    assert_eq!(store.notes(RunId(12)).await, Ok(vec![]));
    // A new owner is told of them.
    worker.write(Write::Park(park_until(10, 5))).await;
    let claimed = worker.claim(5).await;
    assert_eq!(claimed[0].notes, expected);
}

pub async fn a_step_removes_the_notes_of_what_it_settles(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 11]).await;
    for write in [note(10, 1, 7), note(10, 2, 8), note(11, 1, 9)] {
        worker.write(Write::Note(write)).await;
    }
    let settling = NewStep {
        settled: vec![
            AttemptOf::Activity { op: 1 },
            // Not an operation.
            AttemptOf::Workflow { seq: 2 },
        ],
        ..step(10, 1)
    };
    worker.write(Write::Step(settling)).await;
    assert_eq!(store.notes(RUN).await, Ok(vec![(2, vec![8])]));
    assert_eq!(worker.write(Write::End(end(10, 1))).await, Written::Done);
    assert_eq!(store.notes(RUN).await, Ok(vec![]), "the end removes them");
    assert_eq!(store.notes(RunId(11)).await, Ok(vec![(1, vec![9])]));
}

pub async fn a_note_removes_the_messages_that_it_consumes(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    send(store, 10, "a").await;
    send(store, 10, "b").await;
    let inbox = store.inbox(RUN).await.expect("readable");
    let consuming = Note {
        consumed: vec![inbox[0].ord],
        ..note(10, 1, 7)
    };
    let write = Write::Note(consuming.clone());
    assert_eq!(worker.write(write).await, Written::Done);
    assert_eq!(store.inbox(RUN).await, Ok(vec![inbox[1].clone()]));
    // It is not there any more: another history. Nothing of the batch stands.
    let again = vec![Write::Note(note(10, 1, 8)), Write::Note(consuming)];
    let again = worker.try_commit(again).await;
    assert_eq!(again, Err(FenceError::HistoryLost));
    assert_eq!(store.notes(RUN).await, Ok(vec![(1, vec![7])]));
}

pub async fn notes_of_strangers_are_refused(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    let mut other = Worker::register(store, 2).await;
    owner.starts(&[10]).await;
    owner.write(Write::Note(note(10, 1, 7))).await;
    for run in [10, 12] {
        let refused = other.write(Write::Note(note(run, 1, 8))).await;
        assert_eq!(refused, Written::Refused);
    }
    assert_eq!(store.notes(RUN).await, Ok(vec![(1, vec![7])]));
}

pub async fn a_heartbeat_that_nobody_has_read_makes_room_for_the_next(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 11]).await;
    let says = async |run: i64, msg: &str| {
        let message = NewMessage {
            msg: msg.into(),
            kind: MessageKind::Activity,
            name: "1".into(),
            payload: vec![1],
            sent_at: Timestamp(3),
            unread_max: None,
        };
        store.tell(RunId(run), message).await
    };
    let unread = async || {
        let inbox = store.inbox(RUN).await.expect("readable");
        let all = inbox.into_iter().map(|message| (message.msg, message.ord));
        all.collect::<Vec<_>>()
    };
    let own = |msg: &str, ord| (msg.to_owned(), ord);
    // Its owner may have read the first, and puts that down.
    assert_eq!(says(10, "beat/a/1/1/x").await, Ok(Told::Accepted));
    assert_eq!(says(10, "beat/a/1/1/y").await, Ok(Told::Accepted));
    assert_eq!(
        unread().await,
        [own("beat/a/1/1/x", 1), own("beat/a/1/1/y", 2)]
    );
    let consuming = Note {
        consumed: vec![1],
        ..note(10, 1, 7)
    };
    assert_eq!(worker.write(Write::Note(consuming)).await, Written::Done);
    let park = crate::store::Park {
        wakes: 2,
        ..park_until(10, 5)
    };
    assert_eq!(worker.write(Write::Park(park)).await, Written::Parked);
    // Other attempts, and all that is no heartbeat, stay as they are.
    for msg in ["beat/a/1/10/x", "beat/a/2/1/x", "activity/a/1/1"] {
        assert_eq!(says(10, msg).await, Ok(Told::Accepted));
    }
    assert_eq!(says(10, "beat/a/1/1/w").await, Ok(Told::Accepted));
    assert_eq!(says(10, "beat/a/1/1/z").await, Ok(Told::Accepted));
    assert_eq!(says(10, "beat/a/1/1/z").await, Ok(Told::Repeated));
    let expected = [
        own("beat/a/1/10/x", 3),
        own("beat/a/2/1/x", 4),
        own("activity/a/1/1", 5),
        own("beat/a/1/1/z", 7),
    ];
    assert_eq!(unread().await, expected);
    assert_eq!(store.inbox(RunId(11)).await, Ok(vec![]));
}
