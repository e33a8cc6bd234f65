//! An act that has come to a workflow is not done again to another one that has its id since.

use super::{Act, find};
use super::{start_acts, start_patient};
use crate::faulty::{Fault, FaultyStore, cut_at_each_call};
use crate::support::{Bench, Running, bench, elsewhere, leased, on_sqlite, options};
use durable_runtime::engine::WorkerOptions;
use durable_runtime::store::{Phase, Reuse};
use std::cell::Cell;

/// A worker for the other workflow, that lives through the cuts.
fn of_the_other(bench: &Bench) -> Running {
    bench.worker_with(&WorkerOptions {
        queue: "elsewhere".into(),
        ..options()
    })
}

/// Cuts the worker at its `n`-th call. If the act has come to the other workflow by then, that ends,
/// and its id is given to a new run. Counts in `between` when that was before the act was answered.
async fn cut(
    bench: &Bench,
    act: Act,
    owned: bool,
    (n, fault): (usize, Fault),
    between: &Cell<usize>,
) -> Option<()> {
    let client = elsewhere(bench);
    let other = start_patient(&client, "other").queue("elsewhere");
    let old = other.await.unwrap().run();
    let at_work = owned.then(|| of_the_other(bench));
    if owned {
        while bench.store.latest_step(old).await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
    }
    let handle = start_acts(&client, "acts", act).await.unwrap();
    let (store, first) = FaultyStore::at_work(bench, n, fault);
    let context = format!("{act:?}, {fault:?} at call {n}");
    tokio::select! {
        _ = bench.end("acts") => first.kill().await,
        () = store.cut() => {
            first.kill().await;
            let seen = find(bench, "other").await.unwrap();
            let unread = bench.store.inbox(old).await.unwrap();
            let had = seen.phase != Phase::Running || !unread.is_empty() && owned;
            let mut new = None;
            if had {
                let run = find(bench, "acts").await.unwrap().run;
                let steps = bench.store.steps(run, 0, 10).await.unwrap();
                between.set(between.get() + usize::from(steps.len() < 2));
                bench.end("other").await;
                let again = start_patient(&client, "other").queue("elsewhere").reuse(Reuse::Allow);
                new = Some(again.await.unwrap().run());
            }
            bench.pass(leased().lease * 2).await;
            let second = bench.worker_with(&leased());
            bench.end("acts").await;
            if let Some(new) = new {
                let other = find(bench, "other").await.unwrap();
                assert_eq!((other.run, other.phase), (new, Phase::Running), "{context}");
                assert_eq!(bench.store.inbox(new).await, Ok(Vec::new()), "{context}");
            }
            second.stop().await;
        }
    }
    assert_eq!(
        handle.result().await.unwrap(),
        Ok("Ok(())".to_owned()),
        "{context}"
    );
    let mut ended = bench.store.follow(old).await.unwrap().unwrap();
    // Its own worker may hear of it later than the act was answered.
    while owned && ended.phase == Phase::Running {
        tokio::task::yield_now().await;
        ended = bench.store.follow(old).await.unwrap().unwrap();
    }
    let expected = match act {
        _ if !owned && act != Act::Terminate => Phase::Running,
        Act::Cancel => Phase::Cancelled,
        Act::Terminate => Phase::Terminated,
        _ => Phase::Completed,
    };
    assert_eq!(ended.phase, expected, "{context}");
    if let Some(at_work) = at_work {
        at_work.stop().await;
    }
    store.fired().then_some(())
}

async fn each_cut<G>(act: Act, owned: bool, make: impl AsyncFn() -> (Bench, G)) {
    let between = Cell::new(0);
    cut_at_each_call(3, async |n, fault| {
        let (bench, _guard) = make().await;
        cut(&bench, act, owned, (n, fault), &between).await
    })
    .await;
    let came = owned || act == Act::Terminate;
    assert_eq!(between.get() > 0, came, "{act:?}: between act and answer");
}

#[tokio::test]
async fn a_message_counts_once_though_its_id_has_another_run_since() {
    for act in Act::MESSAGES {
        each_cut(act, true, async || (bench(), ())).await;
        each_cut(act, true, async || on_sqlite(bench()).await).await;
    }
}

#[tokio::test]
async fn a_termination_counts_once_where_nobody_runs_the_other_workflow() {
    each_cut(Act::Terminate, false, async || (bench(), ())).await;
    each_cut(Act::Terminate, false, async || on_sqlite(bench()).await).await;
}
