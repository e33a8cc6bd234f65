//! What activities on other queues have in common with all others: tokens, headers, codecs, pauses.

use super::*;
use crate::coded::behind;
use crate::support::{START, is_blocked, reason};
use durable_runtime::activity::{self, ActivityToken};
use durable_runtime::client::CompletionError;
use durable_runtime::engine::Worker;
use durable_runtime::store::{MessageKind, RunState, TaskClaim};
use std::sync::{Arc, Mutex};

static TOKENS: Mutex<Vec<(String, ActivityToken)>> = Mutex::new(Vec::new());

/// Works, and then waits for somebody.
#[activity(queue = "gpu", start_to_close = "2h")]
async fn asks(work: Duration) -> Result<String, String> {
    let workflow = activity::context().unwrap().workflow_id;
    TOKENS.lock().unwrap().push((workflow, activity::token()));
    activity::sleep(work).await;
    activity::ends_later().await
}

#[workflow]
async fn asked(work: Duration) -> Acted {
    asks(work).await
}

fn of_queue(bench: &Bench) -> Running {
    let asks = registry::activity("asks").unwrap();
    let registry = Registry::new().with_activity(asks);
    Running::new(bench.prepare(&serving("gpu")).registry(registry))
}

async fn token(workflow: &str) -> ActivityToken {
    let wait = async {
        loop {
            let found = TOKENS
                .lock()
                .unwrap()
                .iter()
                .find(|(of, _)| of == workflow)
                .cloned();
            if let Some((_, token)) = found {
                return token;
            }
            tokio::task::yield_now().await;
        }
    };
    let within = tokio::time::timeout(Duration::from_secs(20), wait);
    within.await.expect("within 20 s")
}

#[tokio::test]
async fn a_body_on_another_queue_may_end_elsewhere() {
    for (at, (bench, _folder)) in benches(|_, _| Behave::Return).await.into_iter().enumerate() {
        let id = format!("asked {at}");
        let near = near(&bench);
        let gpu = of_queue(&bench);
        let _guard = bench.clock.busy();
        let client = elsewhere(&bench);
        let handle = start_asked(&client, id.as_str(), Duration::ZERO)
            .await
            .unwrap();
        let token = token(&id).await;
        tasks(&bench, &id, <[_]>::is_empty).await;
        let waits = |state: &RunState| matches!(state, RunState::Waiting(_));
        bench.until(&id, |run| waits(&run.state)).await;
        client.activity(token).complete("yes").await.unwrap();
        assert_eq!(handle.result().await.unwrap(), Ok("yes".to_owned()));
        is_clean(&bench, &id).await;
        near.stop().await;
        gpu.stop().await;
    }
}

/// Whoever has the token of an attempt that runs there may be faster than its body.
#[tokio::test]
async fn the_first_end_of_an_attempt_counts() {
    for (at, (bench, _folder)) in benches(|_, _| Behave::Return).await.into_iter().enumerate() {
        let id = format!("faster {at}");
        let near = near(&bench);
        let gpu = of_queue(&bench);
        let guard = bench.clock.busy();
        let (client, hour) = (elsewhere(&bench), Duration::from_secs(3_600));
        let handle = start_asked(&client, id.as_str(), hour).await.unwrap();
        let token = token(&id).await;
        client.activity(token).complete("faster").await.unwrap();
        assert_eq!(handle.result().await.unwrap(), Ok("faster".to_owned()));
        let again = client.activity(token).complete("again").await;
        assert_eq!(again, Err(CompletionError::AlreadyCompleted(token)));
        is_clean(&bench, &id).await;
        // What its body would give, after an hour, counts for nothing; it is stopped before.
        gpu.stop().await;
        assert!(bench.clock.now().until(START.after(hour)) > Duration::ZERO);
        drop(guard);
        near.stop().await;
    }
}

/// Values are coded on their way there and back, and what is stored is not readable.
#[tokio::test]
async fn values_are_coded_on_both_sides() {
    for (bench, _folder) in benches(|_, _| Behave::Return).await {
        let bare = bench.store.clone();
        let store = behind(&bare, "a");
        let clock = Arc::new(bench.clock.clone());
        let near = Worker::new(store.clone(), serving("default"));
        let near = Running::new(near.registry(workflows()).clock(clock.clone()));
        let client = Client::new(store.clone()).clock(clock.clone());
        let handle = start_far(&client, "w", "a".to_owned()).await.unwrap();
        waiting(&bench, "w").await;
        // One without the codec cannot read it: its attempt fails, and another follows.
        let without = gpu(&bench, &serving("gpu"));
        let failed = async {
            while bench.attempts("w").await.is_empty() {
                tokio::task::yield_now().await;
            }
        };
        let within = tokio::time::timeout(Duration::from_secs(20), failed);
        let _ = within.await;
        without.stop().await;
        let gpu = Worker::new(store, serving("gpu")).registry(activities(&bench));
        let gpu = Running::new(gpu.clock(clock));
        assert_eq!(handle.result().await.unwrap(), Ok("a".to_owned()));
        assert_eq!(bench.names(), ["a"]);
        near.stop().await;
        gpu.stop().await;
    }
}

#[tokio::test]
async fn nothing_begins_for_a_workflow_that_is_paused() {
    for (bench, _folder) in benches(|_, _| Behave::Return).await {
        let near = near(&bench);
        let client = elsewhere(&bench);
        let handle = start_far(&client, "w", "a".to_owned()).await.unwrap();
        waiting(&bench, "w").await;
        bench.send("w", "p", MessageKind::Pause).await;
        let gpu = gpu(&bench, &serving("gpu"));
        gpu.ready().await;
        let claim = TaskClaim {
            queue: "gpu".to_owned(),
            activities: vec!["act".to_owned()],
            now: bench.clock.now(),
            limit: 1,
            but: vec![],
        };
        assert_eq!(bench.store.tasks_due(&claim).await, Ok(None));
        bench.send("w", "r", MessageKind::Resume).await;
        assert_eq!(handle.result().await.unwrap(), Ok("a".to_owned()));
        near.stop().await;
        gpu.stop().await;
    }
}

#[activity(transactional)]
fn booked(tx: &mut Transaction<'_>, seats: u32) -> Result<u32, String> {
    let _ = tx;
    seats.checked_sub(1).ok_or_else(|| "no seat".to_owned())
}

#[workflow]
async fn books_far() -> Result<u32, ActivityError<String>> {
    booked(1).queue("gpu").await
}

#[tokio::test]
async fn a_transactional_call_does_not_go_elsewhere() {
    for (bench, _folder) in benches(|_, _| Behave::Return).await {
        let near = near(&bench);
        start_books_far(&elsewhere(&bench), "w").await.unwrap();
        let record = bench.until("w", is_blocked).await;
        let expected = "activity booked runs in the store's transaction, at the worker of its \
                        workflow; leave out `.queue(…)`";
        assert!(reason(&record).contains(expected), "{}", reason(&record));
        near.stop().await;
    }
}
