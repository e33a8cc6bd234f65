//! Updates: answered once, in order, with what the workflow has become; and published values.

use crate::faulty::{Fault, FaultyStore, cut_at_each_call};
use crate::support::{Behave, Bench, act, bench, client, elsewhere, leased, on_sqlite};
use durable_runtime::client::UpdateError;
use durable_runtime::clock::Clock;
use durable_runtime::codec;
use durable_runtime::operation::Received;
use durable_runtime::prelude::*;
use durable_runtime::store::{Expiry, Kinds, Phase, RunState};
use std::collections::BTreeSet;

pub(crate) const ADD: Update<i64, i64> = Update::new("fetch_and_add");
pub(crate) const DONE: Update<(), i64> = Update::new("done");
const SHIP: Update<String, String> = Update::new("ship");
const TOTAL: Published<i64> = Published::new("total");
const SHIPPED: Published<Vec<String>> = Published::new("shipped");

/// Adds up what it is told; a negative number is refused before it is accepted.
#[workflow]
pub(crate) async fn counter() -> Result<i64, Cancelled> {
    let mut total = 0;
    loop {
        select! {
            add = ADD.recv() => {
                let add = add?;
                if *add.value() < 0 {
                    add.reject("it only goes up");
                } else {
                    let before = total;
                    total += add.value();
                    TOTAL.set(&total);
                    add.respond(&before);
                }
            }
            done = DONE.recv() => {
                done?.respond(&total);
                return Ok(total);
            }
        }
    }
}

/// Ships what it is told, one after the other; what it was told is kept while it works.
#[workflow]
async fn shipper(count: u32) -> Result<Vec<String>, Error> {
    let mut log = Vec::new();
    for _ in 0..count {
        let order = SHIP.recv().await?;
        order.accept();
        let line = act(order.value().clone()).await.map_err(Error::msg)?;
        log.push(line.clone());
        SHIPPED.set(&log);
        order.respond(&format!("shipped {line}"));
    }
    Ok(log)
}

/// Takes requests, answers the newest only, and goes on as a new run with the rest unread.
#[workflow]
pub(crate) async fn lazy(runs: u32) -> Result<u32, Error> {
    let first: Received<i64, i64> = ADD.recv().await?;
    first.respond(&i64::from(runs));
    if runs == 0 {
        return Ok(0);
    }
    continue_as_new(lazy(runs - 1)).await
}

/// Never answers.
#[workflow]
async fn mute() -> Result<(), Error> {
    let _asked = ADD.recv().await?;
    Ok(())
}

#[tokio::test]
async fn an_update_is_answered_with_what_was_before() {
    let bench = bench();
    let worker = bench.worker();
    let handle = start_counter(&client(&bench, &worker), "c").await.unwrap();
    assert_eq!(handle.update(ADD, 5).await.unwrap(), 0);
    assert_eq!(handle.update(ADD, 7).await.unwrap(), 5);
    let refused = handle.update(ADD, -1).await.unwrap_err();
    assert!(matches!(&refused, UpdateError::Rejected(why) if why == "it only goes up"));
    assert_eq!(
        refused.to_string(),
        "the update was rejected: it only goes up"
    );
    assert_eq!(handle.published(TOTAL).await.unwrap(), Some(12));
    assert_eq!(handle.update(DONE, ()).await.unwrap(), 12);
    assert_eq!(handle.result().await.unwrap(), Ok(12));
    assert_eq!(handle.published(TOTAL).await.unwrap(), Some(12));
    let late = handle.update(ADD, 1).await.unwrap_err();
    assert_eq!(
        late.to_string(),
        "workflow `c` has already ended (completed)"
    );
    worker.stop().await;
}

#[tokio::test]
async fn a_repeated_request_counts_once_and_has_the_same_answer() {
    let bench = bench();
    let worker = bench.worker();
    let handle = start_counter(&client(&bench, &worker), "c").await.unwrap();
    for _ in 0..3 {
        assert_eq!(handle.update(ADD, 5).id("five").await.unwrap(), 0);
    }
    assert_eq!(handle.update(DONE, ()).id("done").await.unwrap(), 5);
    // Also after the end.
    assert_eq!(handle.update(ADD, 5).id("five").await.unwrap(), 0);
    assert_eq!(handle.update(DONE, ()).id("done").await.unwrap(), 5);
    worker.stop().await;
}

#[tokio::test]
async fn a_request_waits_for_a_worker_and_is_accepted_before_it_is_answered() {
    let bench = Bench::new(|name, _| match name {
        "slow" => Behave::Take(60_000),
        _ => Behave::Return,
    });
    let guard = bench.clock.busy();
    let handle = start_shipper(&elsewhere(&bench), "s", 2).await.unwrap();
    let mut slow = handle.update(SHIP, "slow".to_owned()).send().await.unwrap();
    let quick = handle
        .update(SHIP, "quick".to_owned())
        .send()
        .await
        .unwrap();
    let worker = bench.worker();
    slow.accepted().await.unwrap();
    assert_eq!(handle.published(SHIPPED).await.unwrap(), None);
    drop(guard);
    assert_eq!(slow.answer().await.unwrap(), "shipped slow");
    assert_eq!(quick.answer().await.unwrap(), "shipped quick");
    let shipped = handle.published(SHIPPED).await.unwrap().unwrap();
    assert_eq!(shipped, ["slow", "quick"]);
    worker.stop().await;
}

#[tokio::test]
async fn a_start_with_an_update_starts_or_asks() {
    let bench = bench();
    let worker = bench.worker();
    let client = client(&bench, &worker);
    for before in [0, 5] {
        let start = start_counter(&client, "c").with_update(ADD, 5);
        let (_, pending) = start.await.unwrap();
        assert_eq!(pending.answer().await.unwrap(), before);
    }
    worker.stop().await;
}

#[tokio::test]
async fn requests_are_handed_over_to_the_next_run() {
    let bench = bench();
    let handle = start_lazy(&elsewhere(&bench), "l", 2).await.unwrap();
    let mut pending = Vec::new();
    for n in 0..3 {
        pending.push(handle.update(ADD, n).send().await.unwrap());
    }
    let worker = bench.worker();
    for (pending, runs) in pending.into_iter().zip([2, 1, 0]) {
        assert_eq!(pending.answer().await.unwrap(), runs);
    }
    worker.stop().await;
}

#[tokio::test]
async fn a_workflow_that_ends_without_an_answer_says_so() {
    let bench = bench();
    let worker = bench.worker();
    let client = client(&bench, &worker);
    let handle = start_mute(&client, "m").await.unwrap();
    let unread = handle.update(DONE, ()).send().await.unwrap();
    let error = handle.update(ADD, 1).await.unwrap_err();
    let text = "workflow `m` has ended (completed) without an answer to the update";
    assert_eq!(error.to_string(), text);
    assert_eq!(unread.answer().await.unwrap_err().to_string(), text);
    worker.stop().await;
}

#[tokio::test]
async fn a_request_to_a_run_that_has_ended_does_not_wait_for_the_next_of_its_id() {
    let (sqlite, _folder) = on_sqlite(bench()).await;
    for bench in [bench(), sqlite] {
        let client = elsewhere(&bench);
        let handle = start_mute(&client, "m").await.unwrap();
        let pending = handle.update(ADD, 1).send().await.unwrap();
        handle.terminate("enough").await.unwrap();
        start_mute(&client, "m").reuse(Reuse::Allow).await.unwrap();
        let answer = tokio::time::timeout(Duration::from_secs(20), pending.answer());
        let error = answer.await.expect("it waits for nothing").unwrap_err();
        let text = "workflow `m` has ended (terminated) without an answer to the update";
        assert_eq!(error.to_string(), text);
    }
}

#[tokio::test]
async fn a_request_is_answered_though_the_run_that_was_asked_is_not_kept() {
    let (sqlite, _folder) = on_sqlite(bench()).await;
    for bench in [bench(), sqlite] {
        let client = elsewhere(&bench);
        let handle = start_lazy(&client, "l", 1).await.unwrap();
        let taken = handle.update(ADD, 0).send().await.unwrap();
        let handed_on = handle.update(ADD, 1).send().await.unwrap();
        let worker = bench.worker();
        let last = bench.end("l").await;
        worker.stop().await;
        // The first run only.
        let first = Expiry {
            before: last.finished_at.unwrap().after(Duration::from_secs(1)),
            of: Kinds::AllBut(Vec::new()),
            limit: 1,
        };
        assert_eq!(bench.store.expire(&first).await, Ok(1));
        assert_eq!(bench.store.follow(handle.run()).await, Ok(None));
        assert_eq!(handed_on.answer().await.unwrap(), 0);
        let error = taken.answer().await.unwrap_err().to_string();
        let text = "the run of workflow `l` that was asked is not kept any more";
        assert_eq!(error, text);
    }
}

/// 1,000 updates from 8 clients: the right sum, and no two see the same value before.
#[tokio::test]
async fn a_thousand_updates_from_eight_clients() {
    let bench = bench();
    let worker = bench.worker();
    let handle = start_counter(&client(&bench, &worker), "c").await.unwrap();
    let client = |_| {
        let handle = handle.clone();
        tokio::spawn(async move {
            let mut seen = Vec::new();
            for _ in 0..125 {
                seen.push(handle.update(ADD, 3).await.unwrap());
            }
            seen
        })
    };
    let clients: Vec<_> = (0..8).map(client).collect();
    let mut seen = BTreeSet::new();
    for client in clients {
        seen.extend(client.await.unwrap());
    }
    assert_eq!(seen, (0..1_000).map(|n| 3 * n).collect());
    assert_eq!(handle.update(DONE, ()).await.unwrap(), 3_000);
    worker.stop().await;
}

/// Requests come while a worker runs that is cut at its `n`-th call to the store. `None` if it
/// ends before that.
async fn cut(bench: &Bench, n: usize, fault: Fault) -> Option<()> {
    let handle = start_counter(&elsewhere(bench), "c").await.unwrap();
    let (store, first) = FaultyStore::at_work(bench, n, fault);
    let asks = async {
        let mut answers = Vec::new();
        for n in 0..4 {
            answers.push(handle.update(ADD, 10).id(n.to_string()).await.unwrap());
        }
        answers.push(handle.update(DONE, ()).id("done").await.unwrap());
        answers
    };
    let replaced = async {
        store.cut().await;
        first.kill().await;
        drop(
            bench
                .clock
                .sleep_until(bench.clock.now().after(leased().lease * 2))
                .await,
        );
        let second = bench.worker_with(&leased());
        bench.end("c").await;
        second
    };
    let mut asks = std::pin::pin!(asks);
    let answers = tokio::select! {
        answers = &mut asks => answers,
        second = replaced => {
            let answers = asks.await;
            second.stop().await;
            answers
        }
    };
    assert_eq!(answers, [0, 10, 20, 30, 40], "{fault:?} at call {n}");
    let record = bench.end("c").await;
    let total: Result<i64, Cancelled> = codec::decode(&record.output.unwrap()).unwrap();
    assert_eq!(total, Ok(40), "{fault:?} at call {n}");
    assert_eq!(handle.published(TOTAL).await.unwrap(), Some(40));
    assert_eq!(
        (record.phase, record.state),
        (Phase::Completed, RunState::Finished)
    );
    store.fired().then_some(())
}

#[tokio::test]
async fn each_update_counts_once_wherever_the_process_is_cut() {
    cut_at_each_call(8, async |n, fault| cut(&bench(), n, fault).await).await;
}

#[tokio::test]
async fn each_update_counts_once_wherever_the_process_is_cut_on_sqlite() {
    cut_at_each_call(8, async |n, fault| {
        let (bench, _folder) = on_sqlite(bench()).await;
        cut(&bench, n, fault).await
    })
    .await;
}
