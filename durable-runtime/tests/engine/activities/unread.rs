//! Heartbeats by token that no worker has read.

use super::elsewhere::{Decided, idle, start_beating, token};
use super::worker;
use crate::support::{Bench, Running, bench, client, elsewhere, on_sqlite, value};
use durable_runtime::activity::ActivityToken;
use durable_runtime::client::CompletionError;
use durable_runtime::clock::{Busy, Clock};
use durable_runtime::store::MessageKind;
use std::time::Duration;

/// An attempt that waits for somebody, who has a minute from one heartbeat to the next.
/// Time stands still while the guard lives.
async fn beats(bench: &Bench, id: &str) -> (ActivityToken, Running, Busy) {
    let worker = worker(bench);
    worker.ready().await;
    let guard = bench.clock.busy();
    start_beating(&client(bench, &worker), id).await.unwrap();
    let token = token(id, 1).await;
    idle(bench, id).await;
    (token, worker, guard)
}

/// Lets so much time pass, and no more.
async fn pass(bench: &Bench, guard: Busy, seconds: u64) -> Busy {
    let then = bench.clock.now().after(Duration::from_secs(seconds));
    let then = bench.clock.sleep_until(then);
    drop(guard);
    then.await
}

/// Five heartbeats, fifty seconds apart.
async fn keep_alive(bench: &Bench, mut guard: Busy, token: ActivityToken) -> Busy {
    let activity = elsewhere(bench).activity(token);
    for done in 1..=5_u32 {
        guard = pass(bench, guard, 50).await;
        assert_eq!(activity.heartbeat(&done).await, Ok(false), "number {done}");
    }
    guard
}

#[tokio::test]
async fn heartbeats_count_while_no_worker_is_there_to_read_them() {
    for sqlite in [false, true] {
        let (bench, _folder) = match (bench(), sqlite) {
            (bench, false) => (bench, None),
            (bench, true) => {
                let (bench, folder) = on_sqlite(bench).await;
                (bench, Some(folder))
            }
        };
        let id = format!("nobody reads, {sqlite}");
        let (token, first, guard) = beats(&bench, &id).await;
        first.stop().await;
        let guard = keep_alive(&bench, guard, token).await;
        let guard = pass(&bench, guard, 50).await;
        let activity = elsewhere(&bench).activity(token);
        activity.complete(&7_u32).await.unwrap();
        drop(pass(&bench, guard, 3_600).await);
        let second = worker(&bench);
        assert_eq!(value::<Decided>(&bench.end(&id).await), Ok(7));
        assert_eq!(bench.attempts(&id).await, vec![]);
        second.stop().await;
    }
}

#[tokio::test]
async fn heartbeats_count_while_their_workflow_rests() {
    let bench = bench();
    let (token, worker, guard) = beats(&bench, "rests").await;
    let handle = elsewhere(&bench).handle::<Decided>("rests").await.unwrap();
    handle.pause("a moment").await.unwrap();
    let guard = keep_alive(&bench, guard, token).await;
    handle.resume().await.unwrap();
    let guard = pass(&bench, guard, 50).await;
    let activity = elsewhere(&bench).activity(token);
    activity.complete(&7_u32).await.unwrap();
    drop(guard);
    assert_eq!(value::<Decided>(&bench.end("rests").await), Ok(7));
    assert_eq!(bench.attempts("rests").await, vec![]);
    worker.stop().await;
}

#[tokio::test]
async fn who_is_silent_for_too_long_is_late_whatever_was_said_before() {
    let bench = bench();
    let (token, first, guard) = beats(&bench, "silent").await;
    first.stop().await;
    let guard = keep_alive(&bench, guard, token).await;
    let guard = pass(&bench, guard, 61).await;
    let activity = elsewhere(&bench).activity(token);
    assert_eq!(activity.heartbeat(&6_u32).await, Ok(true));
    let refused = activity.complete(&7_u32).await;
    assert!(
        matches!(refused, Err(CompletionError::Over { .. })),
        "{refused:?}"
    );
    drop(guard);
    let second = worker(&bench);
    self::token("silent", 2).await;
    let attempts = bench.attempts("silent").await;
    assert_eq!(attempts[0].error, "timed out (Heartbeat)");
    second.stop().await;
}

#[tokio::test]
async fn heartbeats_that_nobody_reads_do_not_pile_up() {
    let bench = bench();
    let (token, worker, guard) = beats(&bench, "piles").await;
    let handle = elsewhere(&bench).handle::<Decided>("piles").await.unwrap();
    handle.pause("a moment").await.unwrap();
    let _guard = keep_alive(&bench, guard, token).await;
    let inbox = bench.store.inbox(handle.run()).await.unwrap();
    let beats = inbox
        .iter()
        .filter(|message| message.kind == MessageKind::Activity);
    assert_eq!(beats.count(), 1, "the last says all");
    worker.stop().await;
}
