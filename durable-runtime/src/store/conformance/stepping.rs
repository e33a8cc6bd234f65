//! Steps, attempts and ends.

use super::kit::{
    Worker, attempt, end, find, id, message, owned, park, send, signal, start, state, step, waiting,
};
use crate::id::{RunId, Timestamp};
use crate::store::limits::VALUE_BYTES_MAX;
use crate::store::{
    AttemptOf, AttemptRecord, End, FenceError, MessageKind, NewMessage, NewRun, NewStep, Page,
    Phase, RunFilter, RunState, Sent, StepRecord, Store, StoreError, Write, Written,
};

const ALL: Page = Page {
    before: None,
    limit: 100,
};
const RUN: RunId = RunId(10);

fn recorded(step: NewStep) -> StepRecord {
    StepRecord {
        seq: step.seq,
        label: step.label,
        at: step.at,
        result: step.result,
        frame: step.frame,
    }
}

pub async fn steps_come_back_in_order(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 11]).await;
    assert_eq!(store.latest_step(RUN).await, Ok(None));
    worker
        .commit(vec![Write::Step(step(10, 1)), Write::Step(step(11, 1))])
        .await;
    worker
        .commit(vec![Write::Step(step(10, 2)), Write::Step(step(10, 3))])
        .await;
    let all: Vec<_> = (1..=3).map(|seq| recorded(step(10, seq))).collect();
    assert_eq!(store.steps(RUN, 0, 100).await.as_ref(), Ok(&all));
    assert_eq!(store.steps(RUN, 1, 1).await, Ok(vec![all[1].clone()]));
    assert_eq!(store.steps(RUN, 3, 100).await, Ok(vec![]));
    assert_eq!(store.latest_step(RUN).await, Ok(Some(all[2].clone())));
}

pub async fn attempts_come_back_once_in_order(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    let panicked = AttemptRecord {
        of: AttemptOf::Workflow { seq: 1 },
        ..attempt(10, 1, 1)
    };
    let all = vec![
        attempt(10, 0, 2),
        attempt(10, 1, 1),
        panicked,
        attempt(10, 1, 2),
    ];
    for attempt in &all {
        assert_eq!(
            worker.write(Write::Attempt(attempt.clone())).await,
            Written::Done
        );
    }
    let again = all.iter().rev().cloned().map(Write::Attempt).collect();
    assert_eq!(worker.commit(again).await, vec![Written::Done; all.len()]);
    assert_eq!(store.attempts(RUN).await, Ok(all));
}

pub async fn a_repeated_step_undoes_the_batch(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 11]).await;
    worker.write(Write::Step(step(10, 1))).await;
    send(store, 11, "a").await;
    let ord = store.inbox(RunId(11)).await.expect("readable")[0].ord;
    let consuming = NewStep {
        consumed: vec![ord],
        ..step(11, 1)
    };
    let before = (find(store, 10).await, find(store, 11).await);
    let writes = vec![
        Write::Start(owned(12, worker.id())),
        Write::Step(consuming),
        Write::Attempt(attempt(11, 1, 1)),
        Write::Park(park(11, 1, 1)),
        Write::Step(step(10, 1)),
    ];
    let answer = worker.try_commit(writes).await;
    assert!(
        matches!(answer, Err(FenceError::Store(StoreError::Bug(_)))),
        "{answer:?}"
    );
    assert_eq!((find(store, 10).await, find(store, 11).await), before);
    assert_eq!(store.find(&id(12)).await, Ok(None));
    assert_eq!(store.steps(RunId(11), 0, 9).await, Ok(vec![]));
    assert_eq!(store.attempts(RunId(11)).await, Ok(vec![]));
    assert_eq!(store.inbox(RunId(11)).await.map(|inbox| inbox.len()), Ok(1));
    // The beat did not move: the worker goes on.
    assert_eq!(worker.write(Write::Step(step(10, 2))).await, Written::Done);
}

pub async fn a_message_is_consumed_once(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    send(store, 10, "a").await;
    let ord = store.inbox(RUN).await.expect("readable")[0].ord;
    let consuming = |seq| {
        Write::Step(NewStep {
            consumed: vec![ord],
            ..step(10, seq)
        })
    };
    assert_eq!(worker.write(consuming(1)).await, Written::Done);
    assert_eq!(store.inbox(RUN).await, Ok(vec![]));
    assert_eq!(store.mail(worker.id(), &[]).await, Ok(vec![]));
    // The worker remembers a message that is not there: another history.
    let again = worker.try_commit(vec![consuming(2)]).await;
    assert_eq!(again, Err(FenceError::HistoryLost));
    assert_eq!(
        store.latest_step(RUN).await.map(|s| s.map(|s| s.seq)),
        Ok(Some(1))
    );
}

pub async fn strangers_are_refused(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    let mut other = Worker::register(store, 2).await;
    owner.starts(&[10]).await;
    start(store, 11).await;
    let before = (find(store, 10).await, find(store, 11).await);
    for run in [10, 11, 12] {
        let writes = vec![
            Write::Step(step(run, 1)),
            Write::Attempt(attempt(run, 0, 1)),
            Write::Park(park(run, 0, 0)),
            Write::End(end(run, 0)),
        ];
        assert_eq!(other.commit(writes).await, vec![Written::Refused; 4]);
    }
    assert_eq!((find(store, 10).await, find(store, 11).await), before);
    assert_eq!(store.latest_step(RUN).await, Ok(None));
    assert_eq!(store.attempts(RUN).await, Ok(vec![]));
}

pub async fn values_have_a_limit(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    let framed = |size| {
        Write::Step(NewStep {
            frame: Some(vec![0; size]),
            ..step(10, 1)
        })
    };
    let too_large = StoreError::TooLarge {
        what: "a frame",
        size: VALUE_BYTES_MAX + 1,
        limit: VALUE_BYTES_MAX,
    };
    let answer = worker.try_commit(vec![framed(VALUE_BYTES_MAX + 1)]).await;
    assert_eq!(answer, Err(FenceError::Store(too_large)));
    assert_eq!(worker.write(framed(VALUE_BYTES_MAX)).await, Written::Done);
    let latest = store.latest_step(RUN).await.expect("readable");
    assert_eq!(
        latest.and_then(|s| s.frame).map(|f| f.len()),
        Some(VALUE_BYTES_MAX)
    );

    let mut large = message("a");
    large.payload = vec![0; VALUE_BYTES_MAX + 1];
    let answer = store.send(&id(10), large).await;
    assert!(
        matches!(answer, Err(StoreError::TooLarge { .. })),
        "{answer:?}"
    );
    let large = NewRun {
        input: vec![0; VALUE_BYTES_MAX + 1],
        owner: None,
        ..owned(11, worker.id())
    };
    let answer = store.start(large).await;
    assert!(
        matches!(answer, Err(StoreError::TooLarge { .. })),
        "{answer:?}"
    );
}

pub async fn frames_are_dropped_or_kept_at_the_end(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 11]).await;
    for (run, keep_frames) in [(10, false), (11, true)] {
        worker
            .commit(vec![Write::Step(step(run, 1)), Write::Step(step(run, 2))])
            .await;
        let end = End {
            keep_frames,
            ..end(run, 2)
        };
        assert_eq!(worker.write(Write::End(end)).await, Written::Done);
        let steps = store.steps(RunId(run), 0, 9).await.expect("readable");
        let frame = keep_frames.then(|| vec![4, 5, 6]);
        assert_eq!(steps.len(), 2);
        assert!(steps.iter().all(|step| step.frame == frame), "{steps:?}");
        // Results stay.
        assert_eq!(steps[1].result, Some(vec![3]));
    }
}

pub async fn every_end_is_for_ever(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let phases = [
        Phase::Completed,
        Phase::Failed,
        Phase::Cancelled,
        Phase::Terminated,
        Phase::TimedOut,
    ];
    for (run, phase) in (10..).zip(phases) {
        worker.starts(&[run]).await;
        worker.write(Write::Step(step(run, 1))).await;
        let end = End {
            phase,
            error: Some("why".into()),
            ..end(run, 1)
        };
        assert_eq!(worker.write(Write::End(end.clone())).await, Written::Done);
        let finished = find(store, run).await;
        assert_eq!(
            (finished.phase, &finished.state),
            (phase, &RunState::Finished)
        );
        assert_eq!(
            (finished.seq, finished.finished_at),
            (1, Some(Timestamp(50)))
        );
        assert_eq!(
            (&finished.output, &finished.error),
            (&Some(vec![8]), &Some("why".into()))
        );
        let other = End {
            phase: Phase::Failed,
            output: None,
            ..end
        };
        let late = vec![
            Write::End(other),
            Write::Step(step(run, 2)),
            Write::Park(park(run, 0, 1)),
            Write::Attempt(attempt(run, 1, 1)),
        ];
        assert_eq!(worker.commit(late).await, vec![Written::Refused; 4]);
        let sent = store.send(&id(run), message("late")).await;
        assert_eq!(sent, Ok(Sent::Finished(phase)));
        assert!(worker.claim(1_000).await.is_empty());
        assert_eq!(find(store, run).await, finished);
    }
}

pub async fn an_end_as_running_is_a_bug(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    let end = End {
        phase: Phase::Running,
        ..end(10, 0)
    };
    let answer = worker.try_commit(vec![Write::End(end)]).await;
    assert!(
        matches!(answer, Err(FenceError::Store(StoreError::Bug(_)))),
        "{answer:?}"
    );
    assert_eq!(state(store, 10).await, RunState::Owned(worker.id()));
}

pub(super) fn continued(run: i64) -> Write {
    Write::End(End {
        phase: Phase::Continued,
        ..end(run, 1)
    })
}

pub async fn a_continued_run_hands_over_its_messages(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    send(store, 10, "read").await;
    send(store, 10, "unread").await;
    let first = NewStep {
        consumed: vec![store.inbox(RUN).await.expect("readable")[0].ord],
        ..step(10, 1)
    };
    worker.write(Write::Step(first)).await;
    let next = NewRun {
        id: id(10),
        ..owned(11, worker.id())
    };
    let written = worker.commit(vec![continued(10), Write::Start(next)]).await;
    assert_eq!(written, [Written::Done, Written::Started]);

    let current = find(store, 10).await;
    assert_eq!((current.run, current.phase), (RunId(11), Phase::Running));
    assert_eq!(store.inbox(RUN).await, Ok(vec![]));
    let mail = store.mail(worker.id(), &[]).await.expect("readable");
    let [(run, wakes, messages)] = &mail[..] else {
        panic!("one run has mail: {mail:?}");
    };
    assert_eq!(
        (*run, messages.len(), messages[0].msg.as_str()),
        (RunId(11), 1, "unread")
    );
    // Later messages come later, and a park compares with the inherited counter.
    assert!(*wakes >= messages[0].ord);
    let ord = messages[0].ord;
    let sent = store.send(&id(10), message("later")).await;
    assert_eq!(sent, Ok(Sent::Accepted(RunId(11))));
    let inbox = store.inbox(RunId(11)).await.expect("readable");
    assert!(inbox[0].ord == ord && inbox[1].ord > ord, "{inbox:?}");
    let parked = worker.write(Write::Park(park(11, *wakes, 0))).await;
    assert!(matches!(parked, Written::Woken { .. }), "{parked:?}");
}

pub async fn a_failed_run_may_be_followed_too(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    store
        .send(&id(10), signal("s", "approve", 1))
        .await
        .expect("sent");
    let ended = End {
        phase: Phase::Failed,
        followed: true,
        ..end(10, 0)
    };
    let next = NewRun {
        id: id(10),
        ..waiting(11)
    };
    let writes = vec![Write::End(ended.clone()), Write::Start(next)];
    assert_eq!(
        worker.commit(writes).await,
        [Written::Done, Written::Started]
    );
    let failed = store
        .list(RunFilter::default(), ALL)
        .await
        .expect("readable");
    assert_eq!(failed.runs[1].phase, Phase::Failed);
    assert_eq!(failed.runs[1].output, ended.output);
    let last = store.follow(RunId(10)).await.expect("readable");
    assert_eq!(last.expect("on record"), find(store, 10).await);
    let unread = store.inbox(RunId(11)).await.expect("readable");
    assert_eq!(unread.len(), 1);
    // Without another run nothing of it is written.
    let again = End {
        run: RunId(11),
        ..ended
    };
    worker.claim(100).await;
    let answer = worker.try_commit(vec![Write::End(again)]).await;
    assert!(answer.is_err(), "{answer:?}");
}

fn to_stop(kind: MessageKind) -> NewMessage {
    NewMessage {
        kind,
        ..message("stop")
    }
}

pub async fn a_run_that_is_to_stop_is_not_tried_again(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 20, 30]).await;
    for (run, kind) in [(10, MessageKind::Cancel), (20, MessageKind::Terminate)] {
        let sent = store.send(&id(run), to_stop(kind)).await;
        assert_eq!(sent, Ok(Sent::Accepted(RunId(run))));
    }
    let tried = |run, phase| {
        let ended = End {
            phase,
            followed: true,
            ..end(run, 0)
        };
        let next = NewRun {
            id: id(run),
            due_at: Timestamp(900),
            ..waiting(run + 1)
        };
        vec![Write::End(ended), Write::Start(next)]
    };
    for (run, phase) in [(10, Phase::Failed), (20, Phase::TimedOut)] {
        let written = worker.commit(tried(run, phase)).await;
        let last = find(store, run).await;
        assert_eq!(
            written,
            [Written::Done, Written::Exists(Box::new(last.clone()))]
        );
        assert_eq!((last.run, last.phase), (RunId(run), phase));
        assert_eq!(store.inbox(RunId(run)).await, Ok(vec![]));
        assert_eq!(store.follow(RunId(run + 1)).await, Ok(None));
    }
    // What is on record as read does not count, nor does a message of another kind.
    store
        .send(&id(30), to_stop(MessageKind::Cancel))
        .await
        .expect("sent");
    let ord = store.inbox(RunId(30)).await.expect("readable")[0].ord;
    let read = NewStep {
        consumed: vec![ord],
        ..step(30, 1)
    };
    worker.write(Write::Step(read)).await;
    store
        .send(&id(30), signal("s", "approve", 1))
        .await
        .expect("sent");
    let written = worker.commit(tried(30, Phase::Failed)).await;
    assert_eq!(written, [Written::Done, Written::Started]);
}

/// One that goes on by its own code is told instead, and at once.
pub async fn a_continued_run_hands_over_that_it_is_to_stop(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 20]).await;
    for (run, kind) in [(10, MessageKind::Cancel), (20, MessageKind::Terminate)] {
        store.send(&id(run), to_stop(kind)).await.expect("sent");
        let next = NewRun {
            id: id(run),
            ..waiting(run + 1)
        };
        let written = worker
            .commit(vec![continued(run), Write::Start(next)])
            .await;
        assert_eq!(written, [Written::Done, Written::Started]);
        let claimed = worker.claim(1).await;
        assert_eq!(claimed[0].run.run, RunId(run + 1));
        assert_eq!(claimed[0].inbox[0].kind, kind);
    }
}

pub async fn a_continued_run_needs_a_successor(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    let answer = worker.try_commit(vec![continued(10)]).await;
    assert!(
        matches!(answer, Err(FenceError::Store(StoreError::Bug(_)))),
        "{answer:?}"
    );
    assert_eq!(state(store, 10).await, RunState::Owned(worker.id()));
}
