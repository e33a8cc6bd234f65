//! A batch that goes on where its last heartbeat was, by a client that the activity carries.

use crate::modes::{calls, in_four_modes, on_each_store};
use durable_runtime::activity;
use durable_runtime::operation::ActivityError;
use durable_runtime::prelude::*;
use durable_runtime::testing::TestEnv;
use std::sync::{Arc, Mutex};

/// What the outside world has seen: the attempts with the tasks at which they began, and the tasks
/// that were done.
#[derive(Clone, Debug, Default)]
struct Seen {
    began: Arc<Mutex<Vec<(u32, usize)>>>,
    tasks: Arc<Mutex<Vec<usize>>>,
}

/// The way to the service that does the tasks.
struct Tasks {
    seen: Seen,
    /// How many it does until it fails.
    good_for: usize,
    /// Whether it tells how far it has come.
    tells: bool,
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
        let attempt = activity::context().map_or(0, |context| context.attempt);
        self.seen.began.lock().unwrap().push((attempt, first));
        for task in first..count {
            if task > first && task % self.good_for == 0 {
                return Err("the service fails".to_owned());
            }
            activity::sleep(Duration::from_secs(1)).await;
            self.seen.tasks.lock().unwrap().push(task);
            if self.tells {
                activity::heartbeat(&(task + 1));
            }
        }
        Ok(count)
    }
}

#[workflow]
async fn perform_all(count: usize) -> Result<usize, ActivityError<String>> {
    Tasks::perform(count).await
}

fn tasks(env: &TestEnv, good_for: usize, tells: bool) -> Seen {
    let seen = Seen::default();
    env.with(Tasks {
        seen: seen.clone(),
        good_for,
        tells,
    });
    seen
}

type Performed = Result<usize, ActivityError<String>>;

async fn performed(env: &TestEnv) -> Performed {
    let handle = start_perform_all(env.client(), "batch", 20).await.unwrap();
    handle.result().await.unwrap()
}

impl Seen {
    /// Where each attempt began first; one that a crash has repeated goes on from its heartbeat.
    fn began(&self) -> Vec<usize> {
        let mut began = self.began.lock().unwrap().clone();
        began.dedup_by_key(|(attempt, _)| *attempt);
        began.into_iter().map(|(_, first)| first).collect()
    }
}

#[tokio::test]
async fn the_next_attempt_goes_on_where_the_last_heartbeat_was() {
    let (result, began, done) = in_four_modes(async |env| {
        let seen = tasks(env, 6, true);
        (performed(env).await, seen.began(), calls(env))
    })
    .await;
    assert_eq!((result, began), (Ok(20), vec![0, 6, 12, 18]));
    assert_eq!(done, ["Tasks.perform"; 4]);
}

#[tokio::test]
async fn each_task_is_done_once() {
    let done = in_four_modes(async |env| {
        let seen = tasks(env, 6, true);
        performed(env).await.unwrap();
        let mut done = seen.tasks.lock().unwrap().clone();
        // What was done and not on record when the process died is done again.
        done.sort_unstable();
        done.dedup();
        done
    })
    .await;
    assert!(done.into_iter().eq(0..20));
    // Without a death each is done once, in their order.
    let done = on_each_store(async |env| {
        let seen = tasks(env, 6, true);
        performed(env).await.unwrap();
        seen.tasks.lock().unwrap().clone()
    })
    .await;
    assert!(done.into_iter().eq(0..20));
}

#[tokio::test]
async fn without_heartbeats_five_attempts_are_not_enough() {
    let (result, began) = in_four_modes(async |env| {
        let seen = tasks(env, 6, false);
        (performed(env).await, seen.began())
    })
    .await;
    let failed = ActivityError::Failed("the service fails".to_owned());
    assert_eq!((result, began), (Err(failed), vec![0; 5]));
}

#[tokio::test]
async fn a_killed_process_loses_what_was_not_on_record() {
    let began = on_each_store(async |env| {
        let seen = tasks(env, 100, true);
        let handle = start_perform_all(env.client(), "killed", 20).await.unwrap();
        env.advance(Duration::from_millis(9_500)).await;
        env.restart_worker().await;
        assert_eq!(handle.result().await.unwrap(), Ok(20));
        seen.began.lock().unwrap().clone()
    })
    .await;
    // The first heartbeat was put down at once, and the newest eight seconds later.
    assert_eq!(began, [(1, 0), (1, 8)]);
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
