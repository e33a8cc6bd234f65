//! Values that fit each for itself and not all together: nobody dies of them, and nothing is lost.

use crate::support::{Bench, Running, act, bench, client, elsewhere, is_blocked, on_sqlite};
use crate::support::{options, reason, value};
use durable_runtime::Schedule;
use durable_runtime::client::{ScheduleError, StartError};
use durable_runtime::clock::Clock;
use durable_runtime::id::WorkflowId;
use durable_runtime::operation::ChildError;
use durable_runtime::prelude::*;
use durable_runtime::registry::{Registry, workflow};
use durable_runtime::store::{MessageKind, NewMessage, Phase, Sent, StoreError};
use std::sync::Mutex;

const ONE: Published<String> = Published::new("one");
const OTHER: Published<String> = Published::new("other");
const A: Memo<String> = Memo::new("a");
const B: Memo<String> = Memo::new("b");
const C: Memo<String> = Memo::new("c");
const GO: Signal<()> = Signal::new("go");

/// More than half of what a value may have.
const LARGE: usize = 3 << 19;

fn large() -> String {
    "x".repeat(LARGE)
}

/// Publishes two large values, and ends in one of four ways.
#[workflow(run_timeout = "1h")]
async fn wordy(how: String) -> Result<(), Error> {
    ONE.set(&large());
    OTHER.set(&large());
    match how.as_str() {
        "completes" => {}
        "continues" => {
            sleep(Duration::from_secs(1)).await?;
            return continue_as_new(wordy("completes".to_owned())).await;
        }
        _ => GO.recv().await?,
    }
    Ok(())
}

/// As much as a value may have, nearly.
fn whole() -> String {
    "x".repeat((1 << 21) - 100)
}

/// Where the code says less.
static MENDED: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn is_mended(on: &String) -> bool {
    MENDED.lock().unwrap().contains(on)
}

fn mend(on: &str) {
    MENDED.lock().unwrap().push(on.to_owned());
}

/// Publishes so many large values in its last turn.
#[workflow]
async fn boastful(on: String, count: usize) -> Result<(), Error> {
    act("a".to_owned()).await.map_err(Error::msg)?;
    if !is_mended(&on) {
        for name in ["1", "2", "3", "4", "5", "6", "7", "8", "9"]
            .iter()
            .take(count)
        {
            Published::<String>::new(name).set(&whole());
        }
    }
    Ok(())
}

/// Notes more and more.
#[workflow]
async fn noting(on: String) -> Result<u32, Error> {
    A.set(&large());
    act("a".to_owned()).await.map_err(Error::msg)?;
    B.set(&large());
    act("b".to_owned()).await.map_err(Error::msg)?;
    if !is_mended(&on) {
        C.set(&large());
    }
    act("c".to_owned()).await.map_err(Error::msg)?;
    Ok(3)
}

/// Returns as much as it may, nearly.
#[workflow]
async fn bulky() -> Result<String, Error> {
    act("bulk".to_owned()).await.map_err(Error::msg)?;
    Ok(whole())
}

/// Says why its child ended.
#[workflow]
async fn parental(child: String) -> Result<ChildError, Error> {
    let child = wordy("waits".to_owned()).spawn(child).await?;
    match child.await {
        Ok(ended) => Err(Error::msg(format!("the child ended: {ended:?}"))),
        Err(error) => Ok(error),
    }
}

fn worker(bench: &Bench) -> Running {
    let own = ["wordy", "boastful", "noting", "bulky", "parental"];
    let own = own.map(|name| workflow(name).expect("it is linked"));
    let registry = own.into_iter();
    let registry = registry.fold(bench.registry(), Registry::with_workflow);
    Running::new(bench.prepare(&options()).registry(registry))
}

/// Waits until the workflow has come to an await.
async fn waits(bench: &Bench, id: &str) {
    let run = bench.until(id, |_| true).await.run;
    while bench.store.latest_step(run).await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
}

/// Each case on both stores.
macro_rules! on_both {
    ($($case:ident => $memory:ident, $sqlite:ident;)*) => {$(
        #[tokio::test]
        async fn $memory() {
            $case(bench(), "memory").await;
        }

        #[tokio::test]
        async fn $sqlite() {
            let (bench, _folder) = on_sqlite(bench()).await;
            $case(bench, "sqlite").await;
        }
    )*};
}

on_both! {
    published_at_every_end => values_published_at_every_end_are_large,
        values_published_at_every_end_are_large_on_sqlite;
    too_much_published => who_publishes_too_much_is_blocked, who_publishes_too_much_is_blocked_on_sqlite;
    notes_at_the_start => notes_at_a_start_have_a_limit, notes_at_a_start_have_a_limit_on_sqlite;
    notes_in_a_step => who_notes_too_much_is_blocked, who_notes_too_much_is_blocked_on_sqlite;
    results_of_a_schedule => a_schedule_goes_on_after_a_large_result,
        a_schedule_goes_on_after_a_large_result_on_sqlite;
    inputs_of_a_schedule => a_schedule_has_what_a_start_has, a_schedule_has_what_a_start_has_on_sqlite;
    reasons_of_a_child => a_long_reason_reaches_the_parent, a_long_reason_reaches_the_parent_on_sqlite;
}

async fn published_at_every_end(bench: Bench, _: &str) {
    let worker = worker(&bench);
    let client = client(&bench, &worker);
    let hold = bench.clock.busy();
    for how in ["completes", "continues", "terminated", "timed out"] {
        let id = how.replace(' ', "-");
        start_wordy(&client, id, how.to_owned()).await.unwrap();
    }
    let terminated = client.handle::<()>("terminated").await.unwrap();
    waits(&bench, "terminated").await;
    terminated.terminate("enough").await.unwrap();
    drop(hold);
    for (id, phase) in [
        ("completes", Phase::Completed),
        ("continues", Phase::Completed),
        ("terminated", Phase::Terminated),
        ("timed-out", Phase::TimedOut),
    ] {
        assert_eq!(bench.end(id).await.phase, phase, "{id}");
        let handle = client.handle::<()>(id).await.unwrap();
        for name in [ONE, OTHER] {
            assert_eq!(handle.published(name).await.unwrap(), Some(large()), "{id}");
        }
    }
    worker.stop().await;
}

async fn too_much_published(bench: Bench, on: &str) {
    let on = format!("published, {on}");
    let first = worker(&bench);
    let client = client(&bench, &first);
    start_boastful(&client, "much", on.clone(), 9)
        .await
        .unwrap();
    start_boastful(&client, "some", on.clone(), 2)
        .await
        .unwrap();
    let blocked = bench.until("much", is_blocked).await;
    let why = reason(&blocked);
    assert!(why.contains("the published values has 1887"), "{why}");
    assert!(why.contains("the limit is 16777216"), "{why}");
    assert_eq!(bench.end("some").await.phase, Phase::Completed);
    first.stop().await;
    // Its code is mended; what its activity gave was kept.
    mend(&on);
    let second = worker(&bench);
    assert_eq!(bench.end("much").await.phase, Phase::Completed);
    assert_eq!(bench.names(), ["a", "a"]);
    second.stop().await;
}

async fn notes_at_the_start(bench: Bench, _: &str) {
    let worker = worker(&bench);
    let (near, far) = (client(&bench, &worker), elsewhere(&bench));
    for (client, id) in [(&near, "near"), (&far, "far")] {
        let two = |id: &str| {
            let start = start_wordy(client, id, "completes".to_owned());
            start.memo(A, &large()).memo(B, &large())
        };
        let refused = two(id).memo(C, &large()).await.unwrap_err();
        let expected = "the whole of a run's attributes, memos and headers has 4718610 bytes, the \
                        limit is 4194304";
        assert_eq!(refused.to_string(), expected);
        assert!(matches!(
            refused,
            StartError::Store(StoreError::TooLarge { .. })
        ));
        // Nothing was started, and two of them may be.
        let handle = two(id).await.unwrap();
        assert_eq!(bench.end(id).await.phase, Phase::Completed);
        assert_eq!(handle.memo(B).await.unwrap(), Some(large()));
    }
    worker.stop().await;
}

async fn notes_in_a_step(bench: Bench, on: &str) {
    let first = worker(&bench);
    let client = client(&bench, &first);
    let handle = start_noting(&client, "s", on.to_owned()).await.unwrap();
    let blocked = bench.until("s", is_blocked).await;
    let why = reason(&blocked);
    let expected = "the whole of a run's attributes, memos and headers has 4718610 bytes, the \
                    limit is 4194304";
    assert!(why.starts_with("after await act"), "{why}");
    assert!(why.ends_with(expected), "{why}");
    assert_eq!(handle.memo(B).await.unwrap(), Some(large()));
    assert_eq!(handle.memo(C).await.unwrap(), None);
    // Others go on.
    start_wordy(&client, "other", "completes".to_owned())
        .await
        .unwrap();
    assert_eq!(bench.end("other").await.phase, Phase::Completed);
    first.stop().await;
    // Its code is mended; what its activities gave was kept.
    mend(on);
    let second = worker(&bench);
    let end = bench.end("s").await;
    assert_eq!(value::<Result<u32, String>>(&end), Ok(3));
    assert_eq!(bench.names(), ["a", "b", "c"]);
    second.stop().await;
}

async fn results_of_a_schedule(bench: Bench, _: &str) {
    let worker = worker(&bench);
    worker.ready().await;
    let client = client(&bench, &worker);
    let hold = bench.clock.busy();
    let every = Schedule::every(Duration::from_secs(60)).limit(3);
    let schedule = start_bulky(&client, "s").on_schedule(every).await.unwrap();
    drop(hold);
    bench.attempted(3).await;
    schedule.pause("enough").await.unwrap();
    schedule.trigger().await.unwrap();
    bench.attempted(4).await;
    let seen = schedule.describe().await.unwrap();
    assert_eq!(seen.summary.counts.started, 4);
    worker.stop().await;
}

async fn inputs_of_a_schedule(bench: Bench, _: &str) {
    let client = elsewhere(&bench);
    let every = || Schedule::every(Duration::from_secs(60)).limit(1);
    let start = |id: &str| start_wordy(&client, id, whole()).memo(A, &large());
    let schedule = start("s").on_schedule(every()).await.unwrap();
    schedule.pause("because").await.unwrap();
    schedule.resume("because").await.unwrap();
    assert_eq!(schedule.describe().await.unwrap().input["how"], whole());
    let more = start("t").memo(B, &large()).memo(C, &large());
    let refused = more.on_schedule(every()).await.unwrap_err();
    assert!(
        matches!(
            refused,
            ScheduleError::Store(StoreError::TooLarge {
                limit: 4_194_304,
                ..
            })
        ),
        "{refused}"
    );
}

async fn reasons_of_a_child(bench: Bench, _: &str) {
    let worker = worker(&bench);
    let client = client(&bench, &worker);
    let _hold = bench.clock.busy();
    let long = "y".repeat(3 << 20);
    let short = format!("{}…", "y".repeat(4096));
    for (id, sent_by_another_version) in [("one", false), ("two", true)] {
        let child = WorkflowId::new(format!("child-of-{id}")).unwrap();
        let parent = start_parental(&client, id, child.to_string());
        let parent = parent.await.unwrap();
        waits(&bench, child.as_str()).await;
        if sent_by_another_version {
            let message = NewMessage {
                msg: "terminate".to_owned(),
                kind: MessageKind::Terminate,
                name: String::new(),
                payload: long.clone().into_bytes(),
                sent_at: bench.clock.now(),
                unread_max: None,
            };
            let sent = bench.store.send(&child, message).await;
            assert!(matches!(sent, Ok(Sent::Accepted(_))), "{sent:?}");
        } else {
            let child = client.handle::<()>(child.as_str()).await.unwrap();
            child.terminate(long.clone()).await.unwrap();
        }
        let told = parent.result().await.unwrap().unwrap();
        let reason = short.clone();
        assert_eq!(told, ChildError::Terminated { id: child, reason });
    }
    worker.stop().await;
}
