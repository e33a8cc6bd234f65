//! A counter that answers requests.

use crate::modes::{in_four_modes, on_each_store};
use durable_runtime::WorkerOptions;
use durable_runtime::client::UpdateError;
use durable_runtime::prelude::*;
use durable_runtime::testing::TestEnv;
use tokio::task::JoinSet as Tasks;

const ADD: Update<i64, i64> = Update::new("fetch_and_add");
const DONE: Update<(), i64> = Update::new("done");

#[workflow]
async fn count() -> Result<i64, Cancelled> {
    let mut sum = 0;
    loop {
        select! {
            add = ADD.recv() => {
                let add = add?;
                if *add.value() < 0 {
                    add.reject("the counter only goes up");
                } else {
                    let before = sum;
                    sum += add.value();
                    add.respond(&before);
                }
            }
            done = DONE.recv() => {
                done?.respond(&sum);
                return Ok(sum);
            }
        }
    }
}

#[tokio::test]
async fn each_request_hears_what_was_there_before() {
    let (answers, sum) = in_four_modes(async |env| {
        let handle = start_count(env.client(), "c-1").await.unwrap();
        let first = handle.update(ADD, 7).await.unwrap();
        let second = handle.update(ADD, 93).await.unwrap();
        let done = handle.update(DONE, ()).await.unwrap();
        ([first, second, done], handle.result().await.unwrap())
    })
    .await;
    assert_eq!((answers, sum), ([0, 7, 100], Ok(100)));
}

#[tokio::test]
async fn a_negative_number_is_refused_before_it_is_accepted_and_changes_nothing() {
    let (refusals, sum) = in_four_modes(async |env| {
        let handle = start_count(env.client(), "c-1").await.unwrap();
        handle.update(ADD, 7).await.unwrap();
        let mut pending = handle.update(ADD, -1).send().await.unwrap();
        let mut refusals = Vec::new();
        for refused in [pending.accepted().await, pending.answer().await.map(drop)] {
            match refused {
                Err(UpdateError::Rejected(reason)) => refusals.push(reason),
                other => panic!("{other:?}"),
            }
        }
        (refusals, handle.update(DONE, ()).await.unwrap())
    })
    .await;
    assert_eq!(refusals, ["the counter only goes up"; 2]);
    assert_eq!(sum, 7);
}

#[tokio::test]
async fn the_same_request_twice_adds_once() {
    let answers = in_four_modes(async |env| {
        let handle = start_count(env.client(), "c-1").await.unwrap();
        let first = handle.update(ADD, 7).id("request-1").await.unwrap();
        let again = handle.update(ADD, 7).id("request-1").await.unwrap();
        [first, again, handle.update(DONE, ()).await.unwrap()]
    })
    .await;
    assert_eq!(answers, [0, 0, 7]);
}

/// What clients were told that each add one so often, at the same time; and the sum.
async fn crowd(env: &TestEnv, clients: usize, each: usize) -> (Vec<i64>, i64) {
    let handle = start_count(env.client(), "c-1").await.unwrap();
    let mut tasks = Tasks::new();
    for _ in 0..clients {
        let handle = handle.clone();
        tasks.spawn(async move {
            let mut told = Vec::new();
            for _ in 0..each {
                told.push(handle.update(ADD, 1).await.unwrap());
            }
            told
        });
    }
    let mut told = tasks.join_all().await.concat();
    told.sort_unstable();
    (told, handle.update(DONE, ()).await.unwrap())
}

#[tokio::test]
async fn clients_that_ask_at_the_same_time_are_told_different_numbers() {
    let (told, sum) = in_four_modes(async |env| crowd(env, 3, 2).await).await;
    assert_eq!((told, sum), ((0..6).collect(), 6));
}

#[tokio::test]
async fn eight_clients_ask_a_thousand_times() {
    let expected = ((0..1_000).collect(), 1_000);
    let straight = on_each_store(async |env| crowd(env, 8, 125).await).await;
    assert_eq!(straight, expected);
    // Without memory, and with a worker that goes while they ask.
    let forgetful = WorkerOptions {
        evict_always: true,
        ..WorkerOptions::default()
    };
    let both = TestEnv::builder().sqlite().options(forgetful).workers(2);
    let env = both.build();
    let (answers, ()) = tokio::join!(crowd(&env, 8, 125), async {
        while env.client().handle::<()>("c-1").await.is_err() {
            tokio::task::yield_now().await;
        }
        env.kill_worker().await;
    });
    assert_eq!(answers, expected);
}
