//! The client against a store in memory.

use super::*;
use crate::fixture::{Order, World, a_book, at, book, nap, returned, start_buy, start_nap};
use crate::id::RunId;
use crate::operation::{Request, Resolution, TimeoutKind};
use crate::store::{MemoryStore, NewRun, Page, Phase, RunFilter, RunState, StoreError, Written};
use crate::{Error, codec};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

type Bought = Result<String, Error>;

#[tokio::test]
async fn a_start_is_recorded_and_a_second_one_finds_it() {
    let world = World::new().await;
    let handle = start_buy(&world.client, "order-42", book()).await.unwrap();
    assert_eq!(handle.to_string(), "order-42");
    let Err(StartError::AlreadyStarted(again)) = start_buy(&world.client, "order-42", book()).await
    else {
        panic!("the second start must find the first")
    };
    assert_eq!(again.run(), handle.run());
    let record = world.store.find(handle.id()).await.unwrap().unwrap();
    assert_eq!(
        (record.run, record.workflow.as_str()),
        (handle.run(), "buy")
    );
    assert_eq!(record.queue, DEFAULT_QUEUE);
    assert_eq!(codec::to_json(&record.input).unwrap()["order"]["id"], "42");
}

#[tokio::test]
async fn an_id_of_another_workflow_is_refused_as_such() {
    let world = World::new().await;
    start_buy(&world.client, "x", book()).await.unwrap();
    let error = start_nap(&world.client, "x", "cat".into(), 1)
        .await
        .unwrap_err();
    assert!(matches!(&error, StartError::IdTaken { workflow, .. } if workflow == "buy"));
    assert_eq!(
        error.to_string(),
        "the id `x` is taken by a workflow of another kind, `buy`"
    );
}

/// Starts a stranger under the run id of each start before it, so many times.
#[derive(Debug)]
struct Clashes {
    store: MemoryStore,
    left: AtomicUsize,
}

#[async_trait::async_trait]
impl Link for Clashes {
    async fn start(&self, run: NewRun) -> Result<Written, StoreError> {
        let one_less = |left: usize| left.checked_sub(1);
        let left = self.left.fetch_update(Relaxed, Relaxed, one_less);
        if let Ok(left) = left {
            let stranger = NewRun {
                id: WorkflowId::new(format!("stranger {left}")).unwrap(),
                ..run.clone()
            };
            assert_eq!(self.store.start(stranger).await, Ok(Written::Started));
        }
        self.store.start(run).await
    }

    async fn ended(&self, _: RunId) -> Option<Outcome> {
        None
    }
}

#[tokio::test]
async fn a_run_id_that_is_taken_is_drawn_again() {
    let store = MemoryStore::new();
    let link = Arc::new(Clashes {
        store: store.clone(),
        left: AtomicUsize::new(3),
    });
    let client = Client::with_link(Arc::new(store.clone()), link.clone());
    let handle = start_buy(&client, "order-42", book()).await.unwrap();
    let record = store.find(handle.id()).await.unwrap().unwrap();
    assert_eq!(record.run, handle.run());
    for n in 1..=3 {
        let stranger = WorkflowId::new(format!("stranger {n}")).unwrap();
        let stranger = store.find(&stranger).await.unwrap().unwrap();
        assert!(stranger.run < record.run, "it was there first");
    }
    // A store that never has a free one is not asked for ever.
    link.left.store(usize::MAX, Relaxed);
    let error = start_buy(&client, "order-43", book()).await.unwrap_err();
    assert!(
        matches!(error, StartError::Store(StoreError::Bug(_))),
        "{error:?}"
    );
}

#[tokio::test]
async fn ids_and_sizes_are_checked_before_anything_is_written() {
    let world = World::new().await;
    for bad in ["", "a\nb", &"x".repeat(256)] {
        let error = start_buy(&world.client, bad, book()).await.unwrap_err();
        assert!(
            matches!(error, StartError::InvalidId(_)),
            "{bad:?}: {error:?}"
        );
    }
    let sized = |bytes: usize| Order {
        id: "x".repeat(bytes),
        ..book()
    };
    let overhead = crate::fixture::buy(sized(60_000)).input().unwrap().len() - 60_000;
    let fits = INPUT_BYTES_MAX - overhead - 8;
    start_buy(&world.client, "fits", sized(fits)).await.unwrap();
    let error = start_buy(&world.client, "large", sized(INPUT_BYTES_MAX))
        .await
        .unwrap_err();
    assert!(matches!(error, StartError::Input(_)), "{error:?}");
    let raw = vec![0; INPUT_BYTES_MAX + 1];
    let buy = crate::registry::workflow("buy").unwrap();
    let error = start::<()>(&world.client, buy, "large".into(), Ok(raw))
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        StartError::TooLarge {
            limit: INPUT_BYTES_MAX,
            ..
        }
    ));
    let unread = world.client.handle::<Bought>("large").await.unwrap_err();
    assert!(matches!(unread, ClientError::NotFound(_)));
}

#[tokio::test]
async fn queue_and_delay_are_written() {
    let world = World::new().await;
    let before = world.client.now();
    let hour = Duration::from_secs(3600);
    let start = start_nap(&world.client, "later", "cat".into(), 1);
    let handle = start.queue("slow").delay(hour).await.unwrap();
    let summary = handle.describe().await.unwrap().summary;
    assert_eq!(summary.queue, "slow");
    let RunState::Waiting(due) = summary.state else {
        panic!("{:?}", summary.state)
    };
    assert!(due >= before.after(hour) && due <= world.client.now().after(hour));
}

#[tokio::test]
async fn results_come_back_exactly() {
    let world = World::new().await;
    let answers = vec![returned(&"r-42"), Resolution::Fired, returned(&"c-1999")];
    world.drive("good", a_book(), answers).await;
    let good = world.client.handle::<Bought>("good").await.unwrap();
    assert_eq!(good.result().await.unwrap(), Ok("r-42 c-1999".to_owned()));

    let late = vec![Resolution::TimedOut(TimeoutKind::ScheduleToClose)];
    world.drive("late", a_book(), late).await;
    let late = world.client.handle::<Bought>("late").await.unwrap();
    let error = late.result().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::TimedOut);

    let input = nap("cat".into(), 5).input().unwrap().to_vec();
    world
        .drive("cat", ("nap", input), vec![Resolution::Cancelled])
        .await;
    let cat = world.client.handle::<String>("cat").await.unwrap();
    assert_eq!(cat.result().await.unwrap(), "cat rested: false");
}

#[tokio::test]
async fn a_wrong_type_is_noticed_and_json_always_works() {
    let world = World::new().await;
    let input = nap("cat".into(), 5).input().unwrap().to_vec();
    world
        .drive("cat", ("nap", input), vec![Resolution::Fired])
        .await;
    let wrong = world.client.handle::<u32>("cat").await.unwrap();
    let error = wrong.result().await.unwrap_err();
    assert!(
        matches!(
            error,
            ResultError::Decode {
                expected: "u32",
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(
        wrong.result_json().await.unwrap(),
        json!("cat rested: true")
    );
}

#[tokio::test]
async fn many_who_wait_are_woken_by_one_watch() {
    let world = World::new().await;
    let run = world.drive("slow", a_book(), vec![]).await;
    let handle = world.client.handle::<Bought>("slow").await.unwrap();
    let waiting: Vec<_> = (0..200)
        .map(|_| {
            let handle = handle.clone();
            tokio::spawn(async move { handle.result().await })
        })
        .collect();
    // The one at the turn goes away; another one must take over.
    waiting[0].abort();
    tokio::task::yield_now().await;
    let output = codec::encode(&Bought::Ok("done".into())).unwrap();
    world
        .step(run, 2, None, Some(codec::encode(&returned(&"r")).unwrap()))
        .await;
    world
        .end(run, 2, Phase::Completed, Some(output), None)
        .await;
    for waiter in waiting.into_iter().skip(1) {
        let result = waiter.await.unwrap();
        assert_eq!(result.unwrap(), Ok("done".to_owned()));
    }
}

#[tokio::test]
async fn cancel_is_seen_until_it_is_delivered_and_counts_once() {
    let world = World::new().await;
    world.drive("order", a_book(), vec![]).await;
    let handle = world.client.handle::<Bought>("order").await.unwrap();
    assert_eq!(handle.describe().await.unwrap().cancel_requested, None);
    handle.cancel("the customer called").await.unwrap();
    handle.cancel("twice").await.unwrap();
    let pending = handle.describe().await.unwrap().cancel_requested.unwrap();
    assert_eq!(pending.reason, "the customer called");
    let inbox = world.store.inbox(handle.run()).await.unwrap();
    assert_eq!(inbox.len(), 1);
}

#[tokio::test]
async fn terminate_ends_a_run_without_an_owner_and_is_repeatable() {
    let world = World::new().await;
    let run = world.drive("order", a_book(), vec![]).await;
    world.park(run, Some(at(1800)), None).await;
    let handle = world.client.handle::<Bought>("order").await.unwrap();
    handle.terminate("wrong price").await.unwrap();
    handle.terminate("again").await.unwrap();
    let Err(ResultError::Terminated { reason, .. }) = handle.result().await else {
        panic!("a terminated workflow has no result")
    };
    assert_eq!(reason, "wrong price");
    let error = handle.cancel("too late").await.unwrap_err();
    assert!(matches!(
        error,
        ClientError::Finished {
            phase: Phase::Terminated,
            ..
        }
    ));
}

#[tokio::test]
async fn describe_says_where_it_waits_and_what_went_wrong() {
    let world = World::new().await;
    let answers = vec![returned(&"r-42"), Resolution::Fired];
    let run = world.drive("order", a_book(), answers).await;
    world.fail(run, 3, 1, "the bank is closed").await;
    let handle = world.client.handle::<Bought>("order").await.unwrap();
    let found = handle.describe().await.unwrap();
    let waiting = found.waiting.unwrap();
    assert_eq!(
        (waiting.seq, waiting.label.as_str(), waiting.since),
        (3, "charge", at(3))
    );
    let location = waiting.location.unwrap();
    assert!(location.file.ends_with("fixture.rs"), "{location}");
    assert!(
        location.expression.contains("charge"),
        "{}",
        location.expression
    );
    let request = &waiting.operations[0].request;
    assert!(matches!(request, Request::Activity(call) if call.name == "charge"));
    assert_eq!(found.attempts.len(), 1);
    assert_eq!(found.next_retry, Some(at(120)));
    assert_eq!(found.input["order"]["cents"], 1999);
    assert_eq!((found.steps, found.output), (3, None));
}

#[tokio::test]
async fn inspect_shows_the_locals_that_are_still_needed() {
    let world = World::new().await;
    world
        .drive("order", a_book(), vec![returned(&"r-42")])
        .await;
    let handle = world.client.handle::<Bought>("order").await.unwrap();
    let frame = handle.inspect().await.unwrap().unwrap();
    assert_eq!(frame.label, "sleep");
    let local = |name: &str| {
        frame
            .locals
            .iter()
            .find(|l| l.name == name)
            .map(|l| &l.value)
    };
    assert_eq!(local("reservation"), Some(&json!("r-42")));
    assert_eq!(local("order").unwrap()["items"], json!(["book", "lamp"]));

    let fresh = start_buy(&world.client, "fresh", book()).await.unwrap();
    assert_eq!(fresh.inspect().await.unwrap(), None);
}

#[tokio::test]
async fn steps_pair_each_await_with_its_answer_page_by_page() {
    let world = World::new().await;
    let answers = vec![returned(&"r-42"), Resolution::Fired, returned(&"c-1999")];
    world.drive("order", a_book(), answers).await;
    let handle = world.client.handle::<Bought>("order").await.unwrap();
    let steps = handle.steps(0, 10).await.unwrap();
    let seen: Vec<_> = steps
        .iter()
        .map(|step| {
            (
                step.seq,
                step.label.as_str(),
                &step.end.as_ref().unwrap().answers[0].answer,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (1, "reserve", &Answer::Returned(json!("r-42"))),
            (2, "sleep", &Answer::Fired),
            (3, "charge", &Answer::Returned(json!("c-1999"))),
        ]
    );
    let page = handle.steps(1, 1).await.unwrap();
    assert_eq!(page, steps[1..2]);
}

#[tokio::test]
async fn lists_go_page_by_page_newest_first() {
    let world = World::new().await;
    for id in ["a-1", "a-2", "b-1", "a-3"] {
        world.drive(id, a_book(), vec![]).await;
    }
    let filter = RunFilter {
        id_prefix: Some("a-".into()),
        ..RunFilter::default()
    };
    let mut page = Page {
        before: None,
        limit: 2,
    };
    let mut seen = Vec::new();
    loop {
        let found = world.client.list(filter.clone(), page).await.unwrap();
        seen.extend(found.workflows.into_iter().map(|w| w.id.to_string()));
        match found.next {
            Some(next) => page.before = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, ["a-3", "a-2", "a-1"]);
}

/// A worker in this process that has every run in memory until it is told how it ends.
#[derive(Debug)]
struct Beside {
    store: Arc<MemoryStore>,
    ends: tokio::sync::Mutex<tokio::sync::mpsc::Receiver<Outcome>>,
}

#[async_trait::async_trait]
impl Link for Beside {
    async fn start(&self, run: crate::store::NewRun) -> Result<Written, StoreError> {
        self.store.start(run).await
    }

    async fn ended(&self, _: crate::id::RunId) -> Option<Outcome> {
        self.ends.lock().await.recv().await
    }
}

#[tokio::test]
async fn a_client_beside_a_worker_hears_of_ends_without_reading() {
    let store = Arc::new(MemoryStore::new());
    let (ends, receiver) = tokio::sync::mpsc::channel(1);
    let link = Beside {
        store: store.clone(),
        ends: tokio::sync::Mutex::new(receiver),
    };
    let client = Client::with_link(store.clone(), Arc::new(link));
    let handle = start_nap(&client, "cat", "cat".into(), 1).await.unwrap();
    let outcome = Outcome {
        phase: Phase::Completed,
        output: Some(codec::encode("purr").unwrap()),
        error: None,
    };
    ends.send(outcome).await.unwrap();
    // The store still says that it runs.
    assert_eq!(handle.result().await.unwrap(), "purr");
}

#[tokio::test]
async fn a_closed_store_is_an_error_and_not_a_hang() {
    let world = World::new().await;
    world.drive("order", a_book(), vec![]).await;
    let handle = world.client.handle::<Bought>("order").await.unwrap();
    world.client.close().await.unwrap();
    let error = handle.result().await.unwrap_err();
    assert_eq!(error, ResultError::Store(StoreError::Closed));
}
