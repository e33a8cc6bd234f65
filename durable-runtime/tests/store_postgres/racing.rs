//! Calls that meet: each comes before or after the other one, whichever rows they share.

use crate::store_kit::{LATE, POINT, Worker, end, id, message, new_run, park};
use durable_runtime::id::{Incarnation, RunId, Timestamp};
use durable_runtime::store::{
    self, Claim, FenceError, IdPolicy, MessageKind, NewRun, OnConflict, Parent, ParentClose, Phase,
    Reuse, RunState, Store, Told, Write, Written,
};
use postgres_for_tests::{Schema, is_there, schema};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How often two calls are let loose on each other; they differ in how they interleave.
const ROUNDS: i64 = 40;

/// Each test with a store of its own, if there is a server.
fn with_store<F: Future<Output = ()>>(test: impl FnOnce(Arc<dyn Store>, Arc<Schema>) -> F) {
    if is_there() {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let schema = Arc::new(schema());
            let store = store::open(&schema.url).await.expect("a store");
            test(store, schema).await;
        });
    }
}

fn child(run: i64, parent: i64) -> NewRun {
    let parent = Parent {
        run: RunId(parent),
        op: 1,
        close: ParentClose::Cancel,
        reports: true,
    };
    NewRun {
        parent: Some(parent),
        ..new_run(run, None)
    }
}

async fn phase(store: &dyn Store, run: i64) -> Phase {
    let found = store.follow(RunId(run)).await.expect("readable");
    found.expect("it is on record").phase
}

#[test]
fn each_run_is_claimed_by_one_of_many_workers() {
    with_store(|store, _schema| async move {
        const RUNS: i64 = 300;
        for run in 1..=RUNS {
            assert_eq!(store.start(new_run(run, None)).await, Ok(Written::Started));
        }
        let claims = (1..=6).map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut worker = Worker::register(&*store, number).await;
                let mut mine = Vec::new();
                loop {
                    let claim = Claim {
                        queue: "main".into(),
                        points: vec!["order/".into(), POINT.into()],
                        unfit: vec![],
                        now: Timestamp(100),
                        limit: 7,
                    };
                    let claimed = worker.store.claim(worker.fence, claim).await;
                    worker.fence.beat += 1;
                    let claimed = claimed.expect("the fence holds");
                    if claimed.is_empty() {
                        // Those that others have just now are not waited for.
                        let points = ["order/".to_owned()];
                        let next = store.next_due("main", &points, &[], Timestamp(100)).await;
                        if next == Ok(None) {
                            return mine;
                        }
                    }
                    assert!(claimed.len() <= 7);
                    for claimed in claimed {
                        assert_eq!(claimed.run.state, RunState::Owned(Incarnation(number)));
                        mine.push(claimed.run.run);
                    }
                }
            })
        });
        let (mut all, mut count) = (BTreeSet::new(), 0);
        for mine in claims.collect::<Vec<_>>() {
            let mine = mine.await.expect("no panic");
            count += mine.len();
            all.extend(mine);
        }
        assert_eq!((all.len(), count), (300, 300));
    });
}

#[test]
fn a_message_that_meets_a_park_wakes_the_run() {
    with_store(|store, _schema| async move {
        let mut worker = Worker::register(&*store, 1).await;
        for run in 1..=ROUNDS {
            let start = Write::Start(new_run(run, Some(1)));
            assert_eq!(worker.write(start).await, Ok(Written::Started));
            let (told, parked) = tokio::join!(
                store.tell(RunId(run), message("a")),
                worker.write(Write::Park(park(run, 0, 0))),
            );
            assert_eq!(told, Ok(Told::Accepted));
            let state = store.find(&id(run)).await.expect("readable");
            let state = state.expect("it is there").state;
            match parked {
                Ok(Written::Parked) => assert_eq!(state, RunState::Waiting(Timestamp(5))),
                Ok(Written::Woken { wakes: 1 }) => {
                    assert_eq!(state, RunState::Owned(Incarnation(1)));
                }
                other => panic!("{other:?}"),
            }
        }
    });
}

#[test]
fn a_child_that_meets_the_end_of_its_parent_hears_of_it() {
    with_store(|store, _schema| async move {
        let mut worker = Worker::register(&*store, 1).await;
        for round in 0..ROUNDS {
            let (parent, new) = (10 * round + 1, 10 * round + 2);
            let start = Write::Start(new_run(parent, Some(1)));
            assert_eq!(worker.write(start).await, Ok(Written::Started));
            let (started, ended) = tokio::join!(
                store.start(child(new, parent)),
                worker.write(Write::End(end(parent, Phase::Completed, 0))),
            );
            assert_eq!(started, Ok(Written::Started));
            assert_eq!(ended, Ok(Written::Done));
            let inbox = store.inbox(RunId(new)).await.expect("readable");
            let kinds: Vec<_> = inbox.iter().map(|message| message.kind).collect();
            assert_eq!(kinds, [MessageKind::Cancel], "round {round}");
        }
    });
}

#[test]
fn a_message_that_meets_an_end_leaves_nothing_unread() {
    with_store(|store, _schema| async move {
        let mut worker = Worker::register(&*store, 1).await;
        for run in 1..=ROUNDS {
            let start = Write::Start(new_run(run, Some(1)));
            assert_eq!(worker.write(start).await, Ok(Written::Started));
            let (told, ended) = tokio::join!(
                store.tell(RunId(run), message("a")),
                worker.write(Write::End(end(run, Phase::Completed, 0))),
            );
            let finished = Told::Finished(Phase::Completed);
            assert!(
                told == Ok(Told::Accepted) || told == Ok(finished),
                "{told:?}"
            );
            assert_eq!(ended, Ok(Written::Done));
            assert_eq!(store.inbox(RunId(run)).await, Ok(vec![]), "run {run}");
        }
    });
}

#[test]
fn workers_that_take_ids_from_each_other_both_come_through() {
    with_store(|store, _schema| async move {
        let mut one = Worker::register(&*store, 1).await;
        let mut two = Worker::register(&*store, 2).await;
        let ids = IdPolicy {
            conflict: OnConflict::TerminateExisting,
            reuse: Reuse::Allow,
        };
        // Each waits for the other, until the server looks after a second what they wait for.
        for round in 0..3 {
            let first = 10 * round;
            for (worker, run, owner) in [(&mut one, first + 1, 1), (&mut two, first + 2, 2)] {
                let start = Write::Start(new_run(run, Some(owner)));
                assert_eq!(worker.write(start).await, Ok(Written::Started));
            }
            let taking = |run: i64, from: i64, owner| {
                Write::Start(NewRun {
                    id: id(from),
                    ids,
                    ..new_run(run, Some(owner))
                })
            };
            let (a, b) = tokio::join!(
                one.write(taking(first + 3, first + 2, 1)),
                two.write(taking(first + 4, first + 1, 2)),
            );
            assert_eq!((a, b), (Ok(Written::Started), Ok(Written::Started)));
            for run in [first + 1, first + 2] {
                assert_eq!(phase(&*store, run).await, Phase::Terminated);
            }
            for worker in [&one, &two] {
                let mail = store.mail(worker.fence.worker, &[]).await;
                assert_eq!(mail.expect("readable").len(), 1, "it is told of its loss");
            }
            // Both have heard of it.
            for (worker, run) in [(&mut one, first + 1), (&mut two, first + 2)] {
                let refused = worker.write(Write::Park(park(run, 0, 0))).await;
                assert_eq!(refused, Ok(Written::Refused));
            }
        }
    });
}

#[test]
fn an_id_that_two_starts_take_is_the_second_ones() {
    with_store(|store, _schema| async move {
        let ids = IdPolicy {
            conflict: OnConflict::TerminateExisting,
            reuse: Reuse::Allow,
        };
        for round in 0..ROUNDS {
            let first = 10 * round + 1;
            assert_eq!(
                store.start(new_run(first, None)).await,
                Ok(Written::Started)
            );
            let again = |run: i64| NewRun {
                id: id(first),
                ids,
                ..new_run(run, None)
            };
            let (a, b) =
                tokio::join!(store.start(again(first + 1)), store.start(again(first + 2)),);
            assert_eq!((a, b), (Ok(Written::Started), Ok(Written::Started)));
            let current = store.find(&id(first)).await.expect("readable");
            let current = current.expect("it is there").run.0;
            let other = 2 * first + 3 - current;
            assert_eq!(phase(&*store, first).await, Phase::Terminated);
            assert_eq!(phase(&*store, other).await, Phase::Terminated);
            assert_eq!(phase(&*store, current).await, Phase::Running);
        }
    });
}

#[test]
fn the_runs_of_a_dead_worker_go_to_one_heir_each() {
    with_store(|store, _schema| async move {
        let mut dead = Worker::register(&*store, 1).await;
        let starts = (1..=60).map(|run| Write::Start(new_run(run, Some(1))));
        dead.commit(starts.collect())
            .await
            .expect("the fence holds");
        let (declared, again) = tokio::join!(store.mark_dead(LATE), store.mark_dead(LATE));
        let both = [declared.expect("writable"), again.expect("writable")];
        assert!(both.contains(&vec![Incarnation(1)]), "{both:?}");
        let heirs = (2..6).map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let heir = Worker::register(&*store, number).await;
                let taken = store.take_over(heir.fence, Incarnation(1), 20).await;
                let taken = taken.expect("the fence holds");
                taken
                    .into_iter()
                    .map(|taken| taken.run.run)
                    .collect::<Vec<_>>()
            })
        });
        let mut all = Vec::<RunId>::new();
        for heir in heirs.collect::<Vec<_>>() {
            all.extend(heir.await.expect("no panic"));
        }
        let mut rest = Worker::register(&*store, 9).await;
        for _ in 0..4 {
            let taken = store.take_over(rest.fence, Incarnation(1), 20).await;
            rest.fence.beat += 1;
            let taken = taken.expect("the fence holds");
            all.extend(taken.into_iter().map(|taken| taken.run.run));
        }
        all.sort_unstable();
        assert_eq!(all, (1..=60).map(RunId).collect::<Vec<_>>());
        assert_eq!(dead.commit(vec![]).await, Err(FenceError::Dead));
    });
}

#[test]
fn a_child_and_its_parent_end_at_once() {
    with_store(|store, _schema| async move {
        let mut one = Worker::register(&*store, 1).await;
        let mut two = Worker::register(&*store, 2).await;
        for round in 0..ROUNDS {
            let (parent, new) = (10 * round + 1, 10 * round + 2);
            let start = Write::Start(new_run(parent, Some(1)));
            assert_eq!(one.write(start).await, Ok(Written::Started));
            let owned = NewRun {
                owner: Some(Incarnation(2)),
                ..child(new, parent)
            };
            assert_eq!(two.write(Write::Start(owned)).await, Ok(Written::Started));
            let (a, b) = tokio::join!(
                one.write(Write::End(end(parent, Phase::Completed, 0))),
                two.write(Write::End(end(new, Phase::Completed, 0))),
            );
            assert_eq!((a, b), (Ok(Written::Done), Ok(Written::Done)));
            for run in [parent, new] {
                assert_eq!(store.inbox(RunId(run)).await, Ok(vec![]), "round {round}");
            }
        }
    });
}
