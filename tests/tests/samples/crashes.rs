//! Workflows that are wrong on purpose: `crash_everywhere` must find each of them.

use durable_runtime::prelude::*;
use durable_runtime::testing::{Failure, TestEnv, crash_everywhere};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU32, Ordering};

#[activity]
async fn note(text: String) -> u32 {
    u32::try_from(text.len()).unwrap_or(0)
}

/// What a panic of `crash_everywhere` says.
async fn complaint<T: PartialEq + std::fmt::Debug>(
    scenario: impl AsyncFn(&TestEnv) -> T,
) -> String {
    let mut course = std::pin::pin!(AssertUnwindSafe(crash_everywhere(scenario)).0);
    let caught = std::future::poll_fn(|cx| {
        let poll = AssertUnwindSafe(|| course.as_mut().poll(cx));
        match std::panic::catch_unwind(poll) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => std::task::Poll::Ready(Err(panic)),
        }
    })
    .await;
    match caught {
        Ok(report) => panic!("nothing was found:\n{report}"),
        Err(panic) => match panic.downcast::<String>() {
            Ok(text) => *text,
            Err(panic) => (*panic.downcast::<&str>().expect("a message")).to_owned(),
        },
    }
}

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// Counts in memory that a crash does not take back.
#[workflow]
async fn counts_in_a_static() -> Result<u32, Error> {
    COUNTER.store(0, Ordering::SeqCst);
    for text in ["a", "b", "c"] {
        note(text.to_owned()).await?;
        COUNTER.fetch_add(1, Ordering::SeqCst);
    }
    Ok(COUNTER.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_counter_in_a_static_is_found() {
    let text = complaint(async |env| {
        let handle = start_counts_in_a_static(env.client(), "w").await.unwrap();
        handle.result().await.unwrap().unwrap()
    })
    .await;
    println!("{text}");
    assert!(
        text.contains("killed before the write of the await `note`"),
        "{text}"
    );
    assert!(
        text.contains("undisturbed, the scenario gives\n  3\n"),
        "{text}"
    );
    assert!(
        text.contains("in this run, the scenario gives\n  4\n"),
        "{text}"
    );
    assert!(
        text.contains("the worker is killed, another one goes on"),
        "{text}"
    );
}

static TURNS: AtomicU32 = AtomicU32::new(0);

/// Says something else each time its code runs.
#[workflow]
async fn says_how_often_it_ran() -> Result<(), Error> {
    TURNS.store(0, Ordering::SeqCst);
    note("begin".to_owned()).await?;
    let turn = TURNS.fetch_add(1, Ordering::SeqCst);
    note(format!("turn {turn}")).await?;
    Ok(())
}

#[tokio::test]
async fn another_call_is_found_when_the_result_is_the_same() {
    let text = complaint(async |env| {
        let handle = start_says_how_often_it_ran(env.client(), "w")
            .await
            .unwrap();
        handle.result().await.unwrap().unwrap();
    })
    .await;
    assert!(text.contains("the calls of activities differ"), "{text}");
    assert!(text.contains(r#"note {"text":"turn 0"}"#), "{text}");
    assert!(text.contains(r#"note {"text":"turn 1"}"#), "{text}");
}

static SEEN: AtomicU32 = AtomicU32::new(0);

#[workflow]
async fn once() -> Result<u32, Error> {
    Ok(note("once".to_owned()).await?)
}

#[tokio::test]
async fn a_scenario_that_is_not_repeatable_is_told_apart() {
    let text = complaint(async |env| {
        let handle = start_once(env.client(), "w").await.unwrap();
        handle.result().await.unwrap().unwrap();
        SEEN.fetch_add(1, Ordering::SeqCst)
    })
    .await;
    assert!(text.contains("two runs without any crash differ"), "{text}");
}

#[tokio::test]
async fn a_scenario_without_a_workflow_tests_nothing() {
    let text = complaint(async |_| 1).await;
    assert!(
        text.contains("no workflow of the scenario has come to an await"),
        "{text}"
    );
}

#[tokio::test]
async fn a_mock_that_counts_its_calls_is_found() {
    // Not the workflow is wrong here but its surroundings: a service that does not know the
    // idempotency key of a call that comes again.
    let text = complaint(async |env| {
        let calls = AtomicU32::new(0);
        env.mock(note, move |_: String| calls.fetch_add(1, Ordering::SeqCst));
        let handle = start_once(env.client(), "w").await.unwrap();
        handle.result().await.unwrap().unwrap()
    })
    .await;
    assert!(text.contains("(again)"), "{text}");
}

#[tokio::test]
async fn the_report_proves_what_was_done() {
    let report = crash_everywhere(async |env| {
        env.fail(note, 1, Failure::Panic);
        let handle = start_once(env.client(), "w").await.unwrap();
        handle.result().await.unwrap().unwrap()
    })
    .await;
    let text = report.to_string();
    println!("{text}");
    assert_eq!(report.awaits(), ["once/note"]);
    for line in [
        "killed before the write of the await `note` (step 1) of `w`",
        "killed after the write of the await `note` (step 1) of `w`",
        "killed before the write of the failure of attempt 1 of an activity of `w`",
        "killed before the write of the end of `w`",
        "killed after the write of the end of `w`",
        "killed before the write of the birth of a worker",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert_eq!(report.log().calls(), ["note", "note"]);
    assert!(
        report.repeats() >= 2,
        "the panic and the answer, each before it was written"
    );
}
