//! A batch that goes on where its last heartbeat was, by a client that the activity carries.

use durable_runtime::activity;
use durable_runtime::operation::ActivityError;
use durable_runtime::prelude::*;
use durable_runtime::testing::TestEnv;
use std::sync::{Arc, Mutex};

/// What the outside world has seen: where attempts began, and the tasks that were done.
#[derive(Clone, Debug, Default)]
struct Seen {
    began: Arc<Mutex<Vec<usize>>>,
    tasks: Arc<Mutex<Vec<usize>>>,
}

/// The way to the service that does the tasks.
struct Tasks {
    seen: Seen,
    /// How many an attempt gets done before the service fails.
    worth: usize,
}

#[activities]
impl Tasks {
    #[activity(
        start_to_close = "10m",
        heartbeat = "10s",
        retry(max_attempts = 5, initial = "1s")
    )]
    async fn perform(&self, count: usize) -> Result<usize, String> {
        let first = activity::heartbeat_details().unwrap_or(0);
        self.seen.began.lock().unwrap().push(first);
        for task in first..count {
            if task == first + self.worth {
                return Err("the service fails".to_owned());
            }
            activity::sleep(Duration::from_secs(1)).await;
            self.seen.tasks.lock().unwrap().push(task);
            activity::heartbeat(&(task + 1));
        }
        Ok(count)
    }
}

#[workflow]
async fn perform_all(count: usize) -> Result<usize, ActivityError<String>> {
    Tasks::perform(count).await
}

fn env(worth: usize) -> (TestEnv, Seen) {
    let (env, seen) = (TestEnv::new(), Seen::default());
    let seen_by = seen.clone();
    env.with(Tasks {
        seen: seen_by,
        worth,
    });
    (env, seen)
}

#[tokio::test]
async fn each_task_is_done_once_in_four_attempts() {
    let (env, seen) = env(6);
    let handle = start_perform_all(env.client(), "batch", 20).await.unwrap();
    assert_eq!(handle.result().await.unwrap(), Ok(20));
    assert_eq!(*seen.began.lock().unwrap(), [0, 6, 12, 18]);
    assert!(seen.tasks.lock().unwrap().iter().copied().eq(0..20));
    assert_eq!(env.log().calls(), ["Tasks.perform"; 4]);
}

#[tokio::test]
async fn a_killed_process_loses_what_was_not_on_record() {
    let (env, seen) = env(100);
    let handle = start_perform_all(env.client(), "killed", 20).await.unwrap();
    env.advance(Duration::from_millis(9_500)).await;
    env.restart_worker().await;
    assert_eq!(handle.result().await.unwrap(), Ok(20));
    // The first heartbeat was put down at once, and the newest eight seconds later.
    assert_eq!(*seen.began.lock().unwrap(), [0, 8]);
}

#[tokio::test]
async fn a_method_is_mocked_by_its_name() {
    let env = TestEnv::new();
    env.mock(Tasks::perform, |count: usize| Ok(count + 1));
    let handle = start_perform_all(env.client(), "mocked", 3).await.unwrap();
    assert_eq!(handle.result().await.unwrap(), Ok(4));
}

#[tokio::test]
#[should_panic(
    expected = "is a method of `samples::batch::Tasks`: give the test one by `env.with(…)`"
)]
async fn a_test_without_a_value_says_so() {
    let env = TestEnv::new();
    let handle = start_perform_all(env.client(), "nowhere", 3).await.unwrap();
    panic!("{}", handle.result().await.unwrap_err());
}

/// Asks each second, and says so, until there is an answer.
#[activity(start_to_close = "1h", heartbeat = "5s", retry(initial = "1s"))]
async fn poll(answers_at: u32) -> Result<u32, String> {
    let mut asked: u32 = activity::heartbeat_details().unwrap_or(0);
    while asked < answers_at {
        activity::sleep(Duration::from_secs(1)).await;
        asked += 1;
        activity::heartbeat(&asked);
    }
    Ok(asked)
}

/// Asks once; the pause between two attempts is the pause between two questions.
#[activity(retry(initial = "60s", factor = 1.0))]
async fn ask() -> Result<String, String> {
    Err("not yet".to_owned())
}

#[workflow]
async fn polls() -> Result<String, Error> {
    let answer = ask().await.map_err(Error::msg)?;
    let asked = poll(30).await.map_err(Error::msg)?;
    Ok(format!("{answer} after {asked}"))
}

#[tokio::test]
async fn polling_by_retries_and_by_heartbeats() {
    let env = TestEnv::new();
    let calls = std::sync::atomic::AtomicU32::new(0);
    env.mock(ask, move || {
        match calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            4 => Ok("yes".to_owned()),
            _ => Err("not yet".to_owned()),
        }
    });
    let handle = start_polls(env.client(), "polls").await.unwrap();
    env.advance(Duration::from_secs(240)).await;
    assert_eq!(
        env.log()
            .calls()
            .iter()
            .filter(|name| **name == "ask")
            .count(),
        5
    );
    // The one that asks each second loses its worker.
    env.advance(Duration::from_secs(10)).await;
    env.restart_worker().await;
    assert_eq!(handle.result().await.unwrap().unwrap(), "yes after 30");
    // At most four seconds of its thirty were asked again.
    assert!(env.elapsed() <= Duration::from_secs(240 + 30 + 5));
}
