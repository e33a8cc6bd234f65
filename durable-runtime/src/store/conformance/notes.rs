//! Notes about operations under way.

use super::kit::{Worker, end, note, park_until, send, step};
use crate::id::RunId;
use crate::store::{AttemptOf, FenceError, NewStep, Note, Store, Write, Written};

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
