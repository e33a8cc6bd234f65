//! A counter that answers requests.

use durable_runtime::prelude::*;
use durable_runtime::testing::{TestEnv, crash_everywhere};

const ADD: Update<i64, i64> = Update::new("fetch_and_add");
const HOUR: Duration = Duration::from_secs(3_600);

/// Counts up to a hundred; each request takes an hour.
#[workflow]
async fn count() -> Result<i64, Cancelled> {
    let mut total = 0;
    while total < 100 {
        let add = ADD.recv().await?;
        if *add.value() < 0 {
            add.reject("the counter only goes up");
            continue;
        }
        sleep(HOUR).await?;
        let before = total;
        total += add.value();
        add.respond(&before);
    }
    Ok(total)
}

async fn counted(env: &TestEnv) -> (i64, i64, i64) {
    let handle = start_count(env.client(), "c-1").await.unwrap();
    let first = handle.update(ADD, 7).await.unwrap();
    assert!(handle.update(ADD, -1).await.is_err());
    let second = handle.update(ADD, 93).await.unwrap();
    (first, second, handle.result().await.unwrap().unwrap())
}

#[tokio::test]
async fn each_request_hears_what_was_there_before() {
    let env = TestEnv::new();
    assert_eq!(counted(&env).await, (0, 7, 100));
    assert_eq!(env.elapsed(), 2 * HOUR);
}

#[tokio::test]
async fn it_survives_a_crash_at_every_await() {
    let report = crash_everywhere(counted).await;
    assert!(report.awaits().contains(&"count/sleep"), "{report}");
}

#[workflow]
async fn deaf() -> Result<(), Cancelled> {
    external("nobody").cancel("an await").await.ok();
    const NEVER: Signal<()> = Signal::new("never");
    NEVER.recv().await
}

#[tokio::test]
#[should_panic(expected = "the update will never be answered")]
async fn a_request_that_nobody_answers_is_told_at_once() {
    let env = TestEnv::new();
    let handle = start_deaf(env.client(), "d-1").await.unwrap();
    let _ = handle.update(ADD, 1).await;
}
