//! Signals, and starts that bring one.

use super::kit::{Worker, end, find, id, signal, start, waiting};
use crate::id::RunId;
use crate::store::{MessageKind, NewRun, Phase, Sent, Store, Write, Written};

const RUN: RunId = RunId(10);

/// What the inbox holds: names and values.
async fn signals(store: &dyn Store, run: RunId) -> Vec<(String, Vec<u8>)> {
    let inbox = store.inbox(run).await.expect("readable").into_iter();
    inbox
        .map(|message| {
            assert_eq!(message.kind, MessageKind::Signal);
            (message.name, message.payload)
        })
        .collect()
}

pub async fn a_signal_keeps_its_name_and_value(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    for (msg, name, value) in [("a", "approve", 1), ("b", "reject", 2), ("c", "approve", 3)] {
        let sent = store.send(&id(10), signal(msg, name, value)).await;
        assert_eq!(sent, Ok(Sent::Accepted(RUN)));
    }
    let all = [("approve", 1), ("reject", 2), ("approve", 3)];
    let all = all.map(|(name, value)| (name.to_owned(), vec![value]));
    assert_eq!(signals(store, RUN).await, all);
    let mail = store.mail(worker.id(), &[]).await.expect("readable");
    assert_eq!(Ok(&mail[0].2), store.inbox(RUN).await.as_ref());
}

pub async fn a_start_brings_a_signal(store: &dyn Store) {
    let sent = store
        .start_or_send(waiting(10), signal("a", "approve", 1))
        .await;
    assert_eq!(sent, Ok((Written::Started, Sent::Accepted(RUN))));
    let mut worker = Worker::register(store, 1).await;
    let claimed = worker.claim(1).await;
    assert_eq!(claimed[0].inbox[0].name, "approve");
}

pub async fn a_signal_does_not_cut_a_delay_short_that_begins_with_it(store: &dyn Store) {
    let delayed = NewRun {
        due_at: crate::id::Timestamp(500),
        ..waiting(10)
    };
    let sent = store.start_or_send(delayed, signal("a", "x", 1)).await;
    assert_eq!(sent, Ok((Written::Started, Sent::Accepted(RUN))));
    let mut worker = Worker::register(store, 1).await;
    assert!(worker.claim(499).await.is_empty());
    assert_eq!(worker.claim(500).await.len(), 1);
}

pub async fn a_start_that_finds_a_run_only_sends(store: &dyn Store) {
    start(store, 10).await;
    let other = NewRun {
        run: RunId(11),
        ..waiting(10)
    };
    let (written, sent) = store
        .start_or_send(other, signal("a", "approve", 1))
        .await
        .expect("writable");
    assert!(matches!(written, Written::Exists(run) if run.run == RUN));
    assert_eq!(sent, Sent::Accepted(RUN));
    assert_eq!(signals(store, RUN).await.len(), 1);
    assert_eq!(signals(store, RunId(11)).await, []);
}

pub async fn a_start_that_finds_another_workflow_sends_it_nothing(store: &dyn Store) {
    start(store, 10).await;
    let other = NewRun {
        run: RunId(11),
        workflow: "other".into(),
        ..waiting(10)
    };
    let answer = store.start_or_send(other, signal("a", "approve", 1)).await;
    let found = Box::new(find(store, 10).await);
    assert_eq!(answer, Ok((Written::Exists(found), Sent::NotFound)));
    assert_eq!(signals(store, RUN).await, []);
}

pub async fn a_start_that_finds_a_finished_run_changes_nothing(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    worker.write(Write::End(end(10, 0))).await;
    let before = find(store, 10).await;
    let other = NewRun {
        run: RunId(11),
        ..waiting(10)
    };
    let sent = store.start_or_send(other, signal("a", "approve", 1)).await;
    let finished = Sent::Finished(Phase::Completed);
    assert_eq!(
        sent,
        Ok((Written::Exists(Box::new(before.clone())), finished))
    );
    assert_eq!(find(store, 10).await, before);
}

pub async fn a_start_with_a_taken_number_sends_nothing(store: &dyn Store) {
    start(store, 10).await;
    let other = NewRun {
        id: id(20),
        ..waiting(10)
    };
    let sent = store.start_or_send(other, signal("a", "approve", 1)).await;
    assert_eq!(sent, Ok((Written::RunTaken, Sent::NotFound)));
    assert_eq!(signals(store, RUN).await, []);
}
