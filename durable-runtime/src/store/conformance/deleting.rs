//! Ended runs that are deleted, by request or because they ended long ago.

use super::kit::{Worker, attempt, end, find, id, owned, start, step, waiting};
use crate::id::{RunId, Timestamp};
use crate::store::{
    Attribute, Compare, Condition, Deleted, End, Expiry, Field, Kinds, NewRun, Page, Parent,
    ParentClose, Phase, RunFilter, Store, Write, Written,
};

/// The runs on record, oldest first.
async fn all(store: &dyn Store) -> Vec<i64> {
    let page = Page {
        before: None,
        limit: 100,
    };
    let listing = store.list(RunFilter::default(), page).await;
    let runs = listing.expect("readable").runs;
    runs.iter().rev().map(|run| run.run.0).collect()
}

fn ended(run: i64, at: i64) -> Write {
    Write::End(End {
        at: Timestamp(at),
        ..end(run, 0)
    })
}

fn before(at: i64) -> Expiry {
    Expiry {
        before: Timestamp(at),
        of: Kinds::AllBut(vec![]),
        limit: 100,
    }
}

fn child(run: i64, parent: i64) -> NewRun {
    NewRun {
        parent: Some(Parent {
            run: RunId(parent),
            op: 1,
            close: ParentClose::Abandon,
            reports: true,
        }),
        ..waiting(run)
    }
}

pub async fn what_runs_is_not_deleted(store: &dyn Store) {
    start(store, 10).await;
    assert_eq!(store.delete(&id(10)).await, Ok(Deleted::Running));
    assert_eq!(store.delete(&id(11)).await, Ok(Deleted::NotFound));
    assert_eq!(store.expire(&before(i64::MAX)).await, Ok(0));
    assert_eq!(all(store).await, [10]);
}

pub async fn nothing_is_left_of_what_is_deleted(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let mut new = owned(10, worker.id());
    new.tags.attributes.insert("x".into(), Attribute::Int(1));
    let writes = vec![
        Write::Start(new),
        Write::Step(step(10, 1)),
        Write::Attempt(attempt(10, 1, 1)),
        ended(10, 5),
    ];
    worker.commit(writes).await;
    assert_eq!(store.delete(&id(10)).await, Ok(Deleted::Runs(1)));
    assert_eq!(store.find(&id(10)).await, Ok(None));
    assert_eq!(store.follow(RunId(10)).await, Ok(None));
    assert_eq!(store.steps(RunId(10), 0, 9).await, Ok(vec![]));
    assert_eq!(store.attempts(RunId(10)).await, Ok(vec![]));
    let is = Condition::Is(Field::Attribute("x".into()), Compare::Eq, Attribute::Int(1));
    let filter = RunFilter {
        condition: Some(is),
        ..RunFilter::default()
    };
    let page = Page {
        before: None,
        limit: 9,
    };
    assert_eq!(store.list(filter, page).await.expect("readable").runs, []);
    // Its id and its number are free.
    start(store, 10).await;
    assert_eq!(find(store, 10).await.phase, Phase::Running);
}

pub async fn all_runs_of_an_id_are_deleted_together(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 20]).await;
    let continued = Write::End(End {
        phase: Phase::Continued,
        ..end(10, 0)
    });
    let next = NewRun {
        id: id(10),
        ..owned(11, worker.id())
    };
    worker.commit(vec![continued, Write::Start(next)]).await;
    assert_eq!(store.delete(&id(10)).await, Ok(Deleted::Running));
    worker.write(ended(11, 5)).await;
    assert_eq!(store.delete(&id(10)).await, Ok(Deleted::Runs(2)));
    assert_eq!(all(store).await, [20]);
}

pub async fn children_go_with_their_parent_if_they_have_ended(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    for (run, parent) in [(11, 10), (12, 10), (13, 11)] {
        assert_eq!(store.start(child(run, parent)).await, Ok(Written::Started));
    }
    assert_eq!(worker.claim(100).await.len(), 3);
    worker
        .commit(vec![ended(11, 5), ended(13, 6), ended(10, 7)])
        .await;
    assert_eq!(store.delete(&id(10)).await, Ok(Deleted::Runs(3)));
    // One that runs goes on, and ends as ever.
    assert_eq!(all(store).await, [12]);
    assert_eq!(worker.write(ended(12, 9)).await, Written::Done);
    assert_eq!(store.delete(&id(12)).await, Ok(Deleted::Runs(1)));
}

pub async fn what_ended_long_ago_expires_in_portions(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 11, 12, 13, 14]).await;
    for (run, at) in [(10, 50), (11, 20), (12, 30), (13, 40)] {
        worker.write(ended(run, at)).await;
    }
    let two = Expiry {
        limit: 2,
        ..before(50)
    };
    assert_eq!(store.expire(&two).await, Ok(2));
    assert_eq!(all(store).await, [10, 13, 14], "those that ended first");
    assert_eq!(store.expire(&two).await, Ok(1));
    assert_eq!(store.expire(&two).await, Ok(0));
    assert_eq!(all(store).await, [10, 14]);
}

pub async fn workflows_expire_by_kind(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let refund = NewRun {
        workflow: "refund".into(),
        ..owned(11, worker.id())
    };
    worker.starts(&[10]).await;
    worker
        .commit(vec![Write::Start(refund), ended(10, 5), ended(11, 5)])
        .await;
    let of = |of: Kinds| Expiry { of, ..before(9) };
    let refunds = || Kinds::AllBut(vec!["order".into(), "unknown".into()]);
    assert_eq!(
        store.expire(&of(Kinds::Only("unknown".into()))).await,
        Ok(0)
    );
    assert_eq!(store.expire(&of(refunds())).await, Ok(1));
    assert_eq!(all(store).await, [10]);
    assert_eq!(store.expire(&of(refunds())).await, Ok(0));
    assert_eq!(store.expire(&of(Kinds::Only("order".into()))).await, Ok(1));
}

pub async fn a_child_stays_while_its_parent_runs(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    assert_eq!(store.start(child(11, 10)).await, Ok(Written::Started));
    worker.claim(100).await;
    worker.write(ended(11, 5)).await;
    // The parent may start it again, and is told that it was started.
    assert_eq!(store.expire(&before(9)).await, Ok(0));
    worker.write(ended(10, 20)).await;
    assert_eq!(store.expire(&before(9)).await, Ok(1));
    assert_eq!(all(store).await, [10]);
}
