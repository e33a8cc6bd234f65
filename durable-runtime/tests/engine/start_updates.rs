//! Starts with an update: started or asked once, and answered the same however often it is said.

use crate::faulty::{Fault, FaultyStore, cut_at_each_call};
use crate::support::{Bench, bench, client, elsewhere, leased, on_sqlite, options, value};
use crate::updates::{ADD, DONE, start_counter, start_lazy};
use durable_runtime::client::{PendingUpdate, UpdateError};
use durable_runtime::prelude::*;
use durable_runtime::store::{Phase, RunState};
use std::sync::Arc;

/// The answer, which comes in time.
async fn answered<R: durable_runtime::Durable>(pending: PendingUpdate<R>) -> R {
    let answer = tokio::time::timeout(Duration::from_secs(20), pending.answer());
    answer.await.expect("within 20 s").unwrap()
}

/// Starts a counter or asks it, and gives the answer and the run.
async fn add(client: &Client, msg: &str, n: i64) -> (i64, String) {
    let start = start_counter(client, "c").with_update(ADD, n).id(msg);
    let (handle, pending) = start.await.unwrap();
    (answered(pending).await, handle.run().to_string())
}

#[tokio::test]
async fn a_repeated_start_with_an_update_has_the_same_answer_also_after_the_end() {
    let bench = bench();
    let worker = bench.worker();
    let client = client(&bench, &worker);
    let (before, run) = add(&client, "five", 5).await;
    assert_eq!(before, 0);
    assert_eq!(add(&client, "seven", 7).await, (5, run.clone()));
    assert_eq!(add(&client, "five", 5).await, (0, run.clone()));
    let ends = start_counter(&client, "c").with_update(DONE, ()).id("done");
    let (handle, pending) = ends.await.unwrap();
    assert_eq!(pending.answer().await.unwrap(), 12);
    assert_eq!(handle.result().await.unwrap(), Ok(12));
    bench.end("c").await;
    for _ in 0..2 {
        assert_eq!(add(&client, "five", 5).await, (0, run.clone()));
        assert_eq!(add(&elsewhere(&bench), "seven", 7).await, (5, run.clone()));
    }
    // What it has never had, an ended workflow does not take.
    let new = start_counter(&client, "c").with_update(ADD, 1).id("new");
    let late = new.await.map(drop).unwrap_err();
    assert!(matches!(&late, StartError::AlreadyStarted(of) if of.run() == handle.run()));
    worker.stop().await;
}

#[tokio::test]
async fn an_update_is_answered_the_same_by_the_runs_that_go_on() {
    let bench = bench();
    let worker = bench.worker();
    let client = client(&bench, &worker);
    let ask = async |msg: &str| {
        let start = start_lazy(&client, "l", 2).with_update(ADD, 1).id(msg);
        let (_, pending) = start.await.unwrap();
        answered(pending).await
    };
    // Each run answers one, and another goes on.
    assert_eq!(ask("first").await, 2);
    assert_eq!(ask("second").await, 1);
    assert_eq!(ask("first").await, 2);
    assert_eq!(ask("third").await, 0);
    assert_eq!(bench.end("l").await.phase, Phase::Completed);
    let last = client.handle::<Result<u32, Error>>("l").await.unwrap();
    for (msg, runs) in [("first", 2), ("second", 1), ("third", 0)] {
        assert_eq!(ask(msg).await, runs);
        assert_eq!(last.update(ADD, 1).id(msg).await.unwrap(), runs);
    }
    worker.stop().await;
}

#[tokio::test]
async fn what_is_refused_with_a_start_stays_refused() {
    let bench = bench();
    let worker = bench.worker();
    let client = client(&bench, &worker);
    for _ in 0..2 {
        let start = start_counter(&client, "c").with_update(ADD, -1).id("minus");
        let (_, pending) = start.await.unwrap();
        let refused = pending.answer().await.unwrap_err();
        assert!(matches!(&refused, UpdateError::Rejected(why) if why == "it only goes up"));
    }
    // It was started, and nothing was added.
    assert_eq!(add(&client, "five", 5).await.0, 0);
    let large: Update<String, i64> = Update::new("fetch_and_add");
    let start = start_counter(&client, "none").with_update(large, "x".repeat(3 << 20));
    let error = start.await.map(drop).unwrap_err();
    assert!(
        matches!(error, StartError::Update(UpdateError::Value(_))),
        "{error:?}"
    );
    let none = client.handle::<Result<i64, Cancelled>>("none").await;
    assert!(none.is_err(), "nothing was started");
    worker.stop().await;
}

#[tokio::test]
async fn a_workflow_of_another_kind_is_sent_nothing() {
    let bench = bench();
    let client = elsewhere(&bench);
    start_lazy(&client, "c", 0).await.unwrap();
    let error = start_counter(&client, "c").with_update(ADD, 5).await;
    let error = error.map(drop).unwrap_err().to_string();
    assert_eq!(
        error,
        "the id `c` is taken by a workflow of another kind, `lazy`"
    );
    // It waits for an update of just that name.
    let run = bench.until("c", |_| true).await.run;
    assert_eq!(bench.store.inbox(run).await, Ok(vec![]));
}

/// A client and a worker of one process, which is cut at its `n`-th call to the store; then both are
/// of another one, and the client says all of it again. `None` if it ends before that.
async fn cut(bench: &Bench, n: usize, fault: Fault) -> Option<()> {
    let (store, first) = FaultyStore::at_work(bench, n, fault);
    let asks = async |client: Client| {
        let mut answers = Vec::new();
        for n in 0..3 {
            answers.push(add(&client, &n.to_string(), 10).await.0);
        }
        let ends = start_counter(&client, "c").with_update(DONE, ()).id("done");
        answers.push(ends.await.unwrap().1.answer().await.unwrap());
        answers
    };
    let of_first = Client::new(store.clone()).clock(Arc::new(bench.clock.clone()));
    let answers = tokio::select! {
        answers = asks(of_first) => answers,
        () = store.cut() => {
            first.kill().await;
            bench.pass(leased().lease * 2).await;
            let second = bench.worker_with(&options());
            let answers = asks(elsewhere(bench)).await;
            second.stop().await;
            answers
        }
    };
    let at = format!("{fault:?} at call {n}");
    assert_eq!(answers, [0, 10, 20, 30], "{at}");
    let record = bench.end("c").await;
    assert_eq!(value::<Result<i64, Cancelled>>(&record), Ok(30), "{at}");
    assert_eq!(record.state, RunState::Finished, "{at}");
    // Said once more, long after.
    let again = elsewhere(bench);
    for (n, before) in [0, 10, 20].into_iter().enumerate() {
        assert_eq!(add(&again, &n.to_string(), 10).await.0, before, "{at}");
    }
    store.fired().then_some(())
}

#[tokio::test]
async fn a_start_with_an_update_counts_once_wherever_the_process_is_cut() {
    cut_at_each_call(8, async |n, fault| cut(&bench(), n, fault).await).await;
}

#[tokio::test]
async fn a_start_with_an_update_counts_once_wherever_the_process_is_cut_on_sqlite() {
    cut_at_each_call(8, async |n, fault| {
        let (bench, _folder) = on_sqlite(bench()).await;
        cut(&bench, n, fault).await
    })
    .await;
}
