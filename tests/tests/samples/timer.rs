//! A timer that messages move, and that shows when it is due.

use crate::modes::in_four_modes;
use durable_runtime::prelude::*;
use durable_runtime::store::Phase;
use durable_runtime::testing::TestEnv;
use std::time::SystemTime;

const MOVE: Signal<SystemTime> = Signal::new("move");
const DUE: Published<SystemTime> = Published::new("due");
const MINUTE: Duration = Duration::from_secs(60);

/// Waits until it is due, whenever that is by then.
#[workflow]
async fn timer(first: SystemTime) -> Result<SystemTime, Cancelled> {
    let mut due = first;
    loop {
        DUE.set(&due);
        select! {
            fired = sleep_until(due) => {
                fired?;
                return Ok(due);
            }
            moved = MOVE.recv() => due = moved?,
        }
    }
}

/// A timer of half an hour that is moved after ten minutes: when it ends, in minutes.
async fn moved_to(env: &TestEnv, minutes: u32) -> u64 {
    let began = SystemTime::from(env.now());
    let handle = start_timer(env.client(), "t", began + 30 * MINUTE)
        .await
        .unwrap();
    env.advance(10 * MINUTE).await;
    let due = began + minutes * MINUTE;
    handle.signal(MOVE, due).await.unwrap();
    env.settle().await;
    assert_eq!(handle.published(DUE).await.unwrap(), Some(due));
    assert_eq!(handle.result().await.unwrap(), Ok(due));
    let ended = handle.describe().await.unwrap().summary.finished_at;
    let took = SystemTime::from(ended.unwrap()).duration_since(began);
    took.unwrap().as_secs() / 60
}

#[tokio::test]
async fn a_timer_is_moved_and_stays_exact() {
    let ended = in_four_modes(async |env| moved_to(env, 45).await).await;
    assert_eq!(ended, 45);
}

#[tokio::test]
async fn a_timer_that_is_moved_into_the_past_ends_at_once() {
    let ended = in_four_modes(async |env| moved_to(env, 5).await).await;
    assert_eq!(ended, 10);
}

#[tokio::test]
async fn a_timer_is_cancelled_where_it_stands() {
    let (phase, ended) = in_four_modes(async |env| {
        let due = SystemTime::from(env.now()) + 30 * MINUTE;
        let handle = start_timer(env.client(), "t", due).await.unwrap();
        env.advance(10 * MINUTE).await;
        handle.cancel("not any more").await.unwrap();
        let outcome = handle.outcome().await.unwrap();
        (outcome.phase, env.elapsed())
    })
    .await;
    assert_eq!((phase, ended), (Phase::Cancelled, 10 * MINUTE));
}
