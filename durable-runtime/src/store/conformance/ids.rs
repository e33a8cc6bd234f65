//! Starts that find their id taken, and take it.

use super::kit::{Worker, end, find, id, numbers, owned, park, start, state, step, waiting};
use crate::id::{RunId, Timestamp};
use crate::store::{
    End, FenceError, IdPolicy, MessageKind, NewRun, OnConflict, Parent, ParentClose, Phase, Reuse,
    RunState, Store, StoreError, Write, Written,
};

const TERMINATE: IdPolicy = IdPolicy {
    conflict: OnConflict::TerminateExisting,
    reuse: Reuse::Reject,
};

/// A start of run `run` under the id of run 10.
fn again(run: i64, ids: IdPolicy) -> NewRun {
    NewRun {
        id: id(10),
        created_at: Timestamp(30),
        due_at: Timestamp(30),
        ids,
        ..waiting(run)
    }
}

async fn record(store: &dyn Store, run: i64) -> crate::store::RunRecord {
    let found = store.follow(RunId(run)).await.expect("readable");
    found.expect("it is on record")
}

pub async fn an_ended_id_is_used_again_if_the_policy_says_so(store: &dyn Store) {
    use Reuse::{Allow, IfFailed, Reject};
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    let mut last = 10;
    for (phase, reuse, taken) in [
        (Phase::Completed, Reject, false),
        (Phase::Completed, IfFailed, false),
        (Phase::Completed, Allow, true),
        (Phase::Failed, Reject, false),
        (Phase::Failed, IfFailed, true),
        (Phase::Failed, Allow, true),
        (Phase::Cancelled, IfFailed, true),
        (Phase::Terminated, IfFailed, true),
        (Phase::TimedOut, IfFailed, true),
    ] {
        let ended = End {
            phase,
            ..end(last, 0)
        };
        worker.write(Write::End(ended)).await;
        let before = find(store, 10).await;
        let ids = IdPolicy {
            reuse,
            ..IdPolicy::default()
        };
        let written = store.start(again(last + 1, ids)).await;
        if taken {
            assert_eq!(written, Ok(Written::Started), "{phase} {reuse:?}");
        } else {
            let exists = Written::Exists(Box::new(before.clone()));
            assert_eq!(written, Ok(exists), "{phase} {reuse:?}");
            let anyway = IdPolicy {
                reuse: Allow,
                ..ids
            };
            let written = store.start(again(last + 1, anyway)).await;
            assert_eq!(written, Ok(Written::Started));
        }
        // The old one stays as it was, and is not followed by the new one.
        assert_eq!(record(store, last).await, before);
        last += 1;
        assert_eq!(find(store, 10).await.run, RunId(last));
        assert_eq!(numbers(&worker.claim(100).await), [last]);
    }
}

pub async fn a_running_id_stays_taken_whatever_is_reused(store: &dyn Store) {
    start(store, 10).await;
    for conflict in [OnConflict::Fail, OnConflict::UseExisting] {
        let ids = IdPolicy {
            conflict,
            reuse: Reuse::Allow,
        };
        let answer = store.start(again(11, ids)).await;
        let current = Box::new(find(store, 10).await);
        assert_eq!(current.run, RunId(10));
        assert_eq!(answer, Ok(Written::Exists(current)));
    }
}

pub async fn an_id_is_taken_from_a_run_that_waits(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    worker.write(Write::Step(step(10, 1))).await;
    worker.write(Write::Park(park(10, 0, 1))).await;
    assert_eq!(
        store.start(again(11, TERMINATE)).await,
        Ok(Written::Started)
    );
    let old = record(store, 10).await;
    assert_eq!((old.phase, old.seq), (Phase::Terminated, 1));
    assert_eq!(old.finished_at, Some(Timestamp(30)));
    assert_eq!(old.error.as_deref(), Some("another start took its id"));
    assert_eq!(state(store, 10).await, RunState::Waiting(Timestamp(30)));
    assert_eq!(numbers(&worker.claim(100).await), [11]);
    assert_eq!(store.mail(worker.id(), &[]).await, Ok(vec![]));
}

pub async fn an_owner_is_told_that_its_run_has_lost_its_id(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 20]).await;
    worker.write(Write::Step(step(10, 1))).await;
    let mut other = Worker::register(store, 2).await;
    let new = NewRun {
        owner: Some(other.id()),
        ..again(11, TERMINATE)
    };
    assert_eq!(other.write(Write::Start(new)).await, Written::Started);
    let old = record(store, 10).await;
    assert_eq!(old.phase, Phase::Terminated);
    assert_eq!((old.seq, old.state), (1, RunState::Finished));
    let mail = store.mail(worker.id(), &[]).await.expect("readable");
    let [(run, _, messages)] = &mail[..] else {
        panic!("{mail:?}")
    };
    assert_eq!(
        (*run, messages[0].kind),
        (RunId(10), MessageKind::Terminate)
    );
    // Whatever it still writes is refused, also in a batch with what is not.
    let writes = vec![
        Write::Step(step(10, 2)),
        Write::Park(park(10, 0, 2)),
        Write::End(end(10, 2)),
        Write::Step(step(20, 1)),
    ];
    let refused = Written::Refused;
    let written = worker.commit(writes).await;
    let expected = [&refused, &refused, &refused, &Written::Done].map(Clone::clone);
    assert_eq!(written, expected);
    let steps = store.steps(RunId(10), 0, 9).await.expect("readable");
    assert_eq!(steps.len(), 1);
    // Then it has heard of it.
    assert_eq!(store.mail(worker.id(), &[]).await, Ok(vec![]));
    assert_eq!(store.inbox(RunId(10)).await, Ok(vec![]));
    assert_eq!(state(store, 10).await, RunState::Owned(other.id()));
}

pub async fn the_family_of_a_replaced_run_hears_of_its_end(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[1]).await;
    let of = |run, op| Parent {
        run: RunId(run),
        op,
        close: ParentClose::Terminate,
        reports: true,
    };
    let child = |run, parent| NewRun {
        parent: Some(parent),
        ..waiting(run)
    };
    store.start(child(10, of(1, 3))).await.expect("started");
    store.start(child(20, of(10, 1))).await.expect("started");
    assert_eq!(
        store.start(again(11, TERMINATE)).await,
        Ok(Written::Started)
    );
    assert_eq!(find(store, 20).await.phase, Phase::Terminated);
    let told = store.inbox(RunId(1)).await.expect("readable");
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].kind, &*told[0].name),
        (MessageKind::ChildEnded, "3")
    );
}

pub async fn a_start_that_took_an_id_is_known_when_it_is_repeated(store: &dyn Store) {
    let all = IdPolicy {
        conflict: OnConflict::TerminateExisting,
        reuse: Reuse::Allow,
    };
    start(store, 10).await;
    assert_eq!(store.start(again(11, all)).await, Ok(Written::Started));
    let answer = store.start(again(11, all)).await;
    assert!(
        matches!(&answer, Ok(Written::Exists(run)) if run.run == RunId(11)),
        "{answer:?}"
    );
    // A child is known by the operation that started it, though its number is drawn anew.
    let parent = Parent {
        run: RunId(1),
        op: 2,
        close: ParentClose::Abandon,
        reports: true,
    };
    let child = |run| NewRun {
        parent: Some(parent),
        ..again(run, all)
    };
    assert_eq!(store.start(child(12)).await, Ok(Written::Started));
    let answer = store.start(child(13)).await;
    assert!(
        matches!(&answer, Ok(Written::Exists(run)) if run.run == RunId(12)),
        "{answer:?}"
    );
    assert_eq!(state(store, 10).await, RunState::Waiting(Timestamp(30)));
}

pub async fn a_taken_number_leaves_the_id_where_it_is(store: &dyn Store) {
    start(store, 10).await;
    start(store, 11).await;
    let before = find(store, 10).await;
    let answer = store.start(again(11, TERMINATE)).await;
    assert_eq!(answer, Ok(Written::RunTaken));
    assert_eq!(find(store, 10).await, before);
}

pub async fn a_batch_that_fails_gives_the_id_back(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let mut other = Worker::register(store, 2).await;
    other.starts(&[10]).await;
    worker.starts(&[20]).await;
    worker.write(Write::Step(step(20, 1))).await;
    let before = find(store, 10).await;
    let new = NewRun {
        owner: Some(worker.id()),
        ..again(11, TERMINATE)
    };
    let repeated = Write::Step(step(20, 1));
    let answer = worker.try_commit(vec![Write::Start(new), repeated]).await;
    let bug = matches!(answer, Err(FenceError::Store(StoreError::Bug(_))));
    assert!(bug, "{answer:?}");
    assert_eq!(find(store, 10).await, before);
    assert_eq!(store.mail(other.id(), &[]).await, Ok(vec![]));
    assert_eq!(other.write(Write::Step(step(10, 1))).await, Written::Done);
}

pub async fn a_continued_run_leads_to_its_last(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    for run in 10..13 {
        let ended = End {
            phase: Phase::Continued,
            output: None,
            ..end(run, 0)
        };
        let next = NewRun {
            id: id(10),
            ..owned(run + 1, worker.id())
        };
        worker
            .commit(vec![Write::End(ended), Write::Start(next)])
            .await;
    }
    for run in 10..14 {
        assert_eq!(record(store, run).await.run, RunId(13));
    }
    assert_eq!(store.follow(RunId(9)).await, Ok(None));
}
