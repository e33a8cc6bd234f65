//! Lists, records, waiting for changes, closing.

use super::kit::{
    CHARGE, QUEUE, Worker, blocked, end, find, id, message, new_worker, owned, park, park_until,
    send, start, waiting,
};
use crate::id::{RunId, ScheduleId, Timestamp, WorkflowId};
use crate::store::{
    Attribute, Concurrency, End, Fairness, Fence, FenceError, IdPolicy, MemoValue, MessageKind,
    NewMessage, NewRun, Page, Parent, ParentClose, Phase, QueueChange, Queueing, RunFilter,
    RunRecord, RunState, Scheduled, Store, StoreError, Tags, Terms, Write, Written,
};
use std::time::Duration;

/// How long a test waits before it fails.
const PATIENCE: Duration = Duration::from_secs(10);

pub async fn an_unknown_run_has_nothing(store: &dyn Store) {
    let run = RunId(10);
    assert_eq!(store.find(&id(10)).await, Ok(None));
    assert_eq!(store.steps(run, 0, 9).await, Ok(vec![]));
    assert_eq!(store.latest_step(run).await, Ok(None));
    assert_eq!(store.attempts(run).await, Ok(vec![]));
    assert_eq!(store.inbox(run).await, Ok(vec![]));
    assert_eq!(store.workers().await, Ok(vec![]));
    let listing = store.list(RunFilter::default(), page(None, 9)).await;
    assert_eq!(listing.map(|l| (l.runs, l.next)), Ok((vec![], None)));
}

pub async fn a_record_brings_back_what_was_given(store: &dyn Store) {
    let odd = "Grüße 'an' \"alle\"; --\u{10FFFF}%_";
    let parent = Parent {
        run: RunId(-7),
        op: u64::MAX,
        close: ParentClose::Abandon,
        reports: true,
    };
    let terms = Terms {
        deadline: Some(Timestamp(7)),
        run_timeout: Some(std::time::Duration::MAX),
        run_deadline: Some(Timestamp(i64::MIN)),
        retry: Some(crate::operation::RetryPolicy::none()),
        failed: u32::MAX,
    };
    let scheduled = Scheduled {
        schedule: ScheduleId::new("nightly").expect("a valid id"),
        at: Timestamp(-7),
        last_result: Some(vec![0, 255]),
    };
    let mut tags = Tags::default();
    for value in [
        Attribute::Text(odd.into()),
        Attribute::Int(i64::MIN),
        Attribute::Float(-0.0),
        Attribute::Bool(true),
        Attribute::Time(Timestamp(-1)),
    ] {
        tags.attributes.insert(format!("{value} {odd}"), value);
    }
    tags.memo.insert(odd.into(), MemoValue((0..=255).collect()));
    let queueing = Queueing {
        priority: Some(5),
        fairness: Some(Fairness::new(odd, 0.001)),
        concurrency: Some(Concurrency::new(odd, u32::MAX)),
    };
    let new = NewRun {
        run: RunId(i64::MAX - 1),
        id: WorkflowId::new(odd).expect("a valid id"),
        workflow: odd.into(),
        queue: " ".to_owned(),
        input: (0..=255).collect(),
        created_at: Timestamp(-1),
        owner: None,
        due_at: Timestamp(i64::MAX),
        parent: Some(parent),
        ids: IdPolicy::default(),
        terms: terms.clone(),
        scheduled: Some(scheduled.clone()),
        tags: tags.clone(),
        queueing: queueing.clone(),
    };
    let expected = RunRecord {
        run: new.run,
        id: new.id.clone(),
        workflow: odd.into(),
        queue: " ".to_owned(),
        phase: Phase::Running,
        state: RunState::Waiting(Timestamp(i64::MAX)),
        paused: None,
        seq: 0,
        created_at: Timestamp(-1),
        finished_at: None,
        input: (0..=255).collect(),
        output: None,
        error: None,
        parent: Some(parent),
        terms,
        scheduled: Some(scheduled),
        tags,
        queueing,
        placed: false,
        published: None,
    };
    assert_eq!(store.start(new.clone()).await, Ok(Written::Started));
    assert_eq!(store.find(&new.id).await, Ok(Some(expected)));
}

fn page(before: Option<i64>, limit: usize) -> Page {
    Page {
        before: before.map(RunId),
        limit,
    }
}

async fn listed(store: &dyn Store, filter: &RunFilter, page: Page) -> (Vec<i64>, Option<i64>) {
    let listing = store.list(filter.clone(), page).await.expect("readable");
    let runs = listing.runs.iter().map(|run| run.run.0).collect();
    (runs, listing.next.map(|run| run.0))
}

pub async fn a_list_has_pages_newest_first(store: &dyn Store) {
    for run in [12, 10, 14, 11, 13] {
        start(store, run).await;
    }
    let all = RunFilter::default();
    assert_eq!(
        listed(store, &all, page(None, 2)).await,
        (vec![14, 13], Some(13))
    );
    assert_eq!(
        listed(store, &all, page(Some(13), 2)).await,
        (vec![12, 11], Some(11))
    );
    assert_eq!(
        listed(store, &all, page(Some(11), 2)).await,
        (vec![10], None)
    );
    assert_eq!(store.count(all.clone()).await, Ok(5));
    // A page that is exactly full is the last.
    assert_eq!(
        listed(store, &all, page(None, 5)).await,
        (vec![14, 13, 12, 11, 10], None)
    );
    let first = store.list(all, page(None, 1)).await.expect("readable");
    assert_eq!(first.runs, [find(store, 14).await]);
}

pub async fn a_list_has_filters(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 11]).await;
    let failed = End {
        phase: Phase::Failed,
        ..end(10, 0)
    };
    worker.write(Write::End(failed)).await;
    worker.write(Write::End(end(11, 0))).await;
    let other = NewRun {
        workflow: "refund".into(),
        id: WorkflowId::new("refund-1%").expect("a valid id"),
        ..owned(12, worker.id())
    };
    worker.write(Write::Start(other)).await;
    worker.write(Write::Park(blocked(12, CHARGE, 7))).await;
    worker.starts(&[13]).await;

    let of = |filter: RunFilter| async move {
        let found = listed(store, &filter, page(None, 9)).await.0;
        let count = store.count(filter.clone()).await;
        assert_eq!(count, Ok(found.len() as u64), "{filter:?}");
        found
    };
    let all = RunFilter::default;
    let workflow = |name: &str| RunFilter {
        workflow: Some(name.into()),
        ..all()
    };
    let phase = |phase| RunFilter {
        phase: Some(phase),
        ..all()
    };
    let prefix = |prefix: &str| RunFilter {
        id_prefix: Some(prefix.into()),
        ..all()
    };
    assert_eq!(of(workflow("refund")).await, [12]);
    assert_eq!(of(workflow("order")).await, [13, 11, 10]);
    assert!(of(workflow("ord")).await.is_empty());
    assert_eq!(of(phase(Phase::Running)).await, [13, 12]);
    assert_eq!(of(phase(Phase::Failed)).await, [10]);
    assert_eq!(of(phase(Phase::Completed)).await, [11]);
    assert!(of(phase(Phase::Terminated)).await.is_empty());
    assert_eq!(of(prefix("order-1")).await, [13, 11, 10]);
    assert_eq!(of(prefix("refund-1%")).await, [12]);
    // Neither a pattern nor blind to case.
    assert!(of(prefix("%")).await.is_empty());
    assert!(of(prefix("Order")).await.is_empty());
    let blocked = RunFilter {
        blocked: true,
        ..all()
    };
    assert_eq!(of(blocked.clone()).await, [12]);
    let several = RunFilter {
        phase: Some(Phase::Failed),
        workflow: Some("order".into()),
        id_prefix: Some("order-1".into()),
        ..all()
    };
    assert_eq!(of(several.clone()).await, [10]);
    let none = RunFilter {
        blocked: true,
        ..several
    };
    assert!(of(none).await.is_empty());
}

/// Waits for a change that was not there before.
async fn rings(store: &dyn Store) {
    let rang = tokio::time::timeout(PATIENCE, store.changed(None, PATIENCE * 10)).await;
    assert_eq!(rang, Ok(()), "nobody was told of a change");
}

pub async fn what_waits_in_a_queue_is_counted(store: &dyn Store) {
    let depth = async |queue: &str, now, at_most| {
        let depth = store.depth(queue, Timestamp(now), at_most).await;
        depth.expect("readable")
    };
    assert_eq!(depth(QUEUE, 5, 100).await, 0);
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 11, 12]).await;
    worker.write(Write::Park(park_until(10, 4))).await;
    worker.write(Write::Park(blocked(11, CHARGE, 7))).await;
    for run in 13..16 {
        start(store, run).await;
    }
    let elsewhere = NewRun {
        queue: "gpu".into(),
        ..waiting(16)
    };
    assert_eq!(store.start(elsewhere).await, Ok(Written::Started));
    let pause = NewMessage {
        kind: MessageKind::Pause,
        ..message("rest")
    };
    store.send(&id(15), pause).await.expect("it rests");
    // 13 and 14; 10 from its time on.
    assert_eq!(depth(QUEUE, 3, 100).await, 2);
    assert_eq!(depth(QUEUE, 4, 100).await, 3);
    assert_eq!(depth(QUEUE, 4, 2).await, 2);
    assert_eq!(depth("gpu", 4, 100).await, 1);
    // They form a line, and so does another start; two of one key do not both wait for a worker.
    let change = QueueChange {
        concurrency: Some(Some(1)),
        ..QueueChange::default()
    };
    store.change_queue(QUEUE, change).await.expect("settings");
    for run in 17..19 {
        let queueing = Queueing {
            concurrency: Some(Concurrency::new("jane", 1)),
            ..Queueing::default()
        };
        let new = NewRun {
            queueing,
            ..waiting(run)
        };
        assert_eq!(store.start(new).await, Ok(Written::Started));
    }
    // The one place is 12's: 10, which has recorded nothing, 13, 14 and the first of the key wait.
    assert_eq!(worker.claim(4).await, []);
    assert_eq!(depth(QUEUE, 4, 100).await, 4);
}

pub async fn changed_rings_for_a_start(store: &dyn Store) {
    // Before the call, and during it.
    start(store, 10).await;
    rings(store).await;
    tokio::join!(rings(store), start(store, 11));
}

pub async fn changed_rings_for_a_message(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    worker.write(Write::Park(park(10, 0, 0))).await;
    rings(store).await;
    tokio::join!(rings(store), send(store, 10, "a"));
}

pub async fn changed_returns_in_time(store: &dyn Store) {
    let in_time = tokio::time::timeout(PATIENCE, async {
        // A hint may come early, but not for ever.
        for _ in 0..10 {
            store.changed(None, Duration::from_millis(1)).await;
        }
    });
    assert_eq!(in_time.await, Ok(()));
}

pub async fn a_closed_store_says_so(store: &dyn Store) {
    start(store, 10).await;
    assert_eq!(store.close().await, Ok(()));
    assert_eq!(store.close().await, Ok(()));
    assert_eq!(store.find(&id(10)).await, Err(StoreError::Closed));
    assert_eq!(store.start(waiting(11)).await, Err(StoreError::Closed));
    assert_eq!(
        store.send(&id(10), message("a")).await,
        Err(StoreError::Closed)
    );
    assert_eq!(store.register(new_worker(1)).await, Err(StoreError::Closed));
    let fence = Fence {
        worker: crate::id::Incarnation(1),
        beat: 0,
        lease_until: Timestamp(1),
    };
    let commit = store.commit(fence, [].into()).await;
    assert_eq!(commit, Err(FenceError::Store(StoreError::Closed)));
}
