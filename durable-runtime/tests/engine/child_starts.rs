//! What a workflow says of those that it starts: when they begin, what they are found by.

use crate::children::cut;
use crate::faulty::Fault;
use crate::support::value;
use crate::support::{Bench, START, bench, call, client, elsewhere, leased, on_sqlite, script};
use durable_runtime::prelude::*;
use durable_runtime::store::Phase;
use serde_json::json;

const HOUR: Duration = Duration::from_secs(3_600);
const TEAM: SearchKey<String> = SearchKey::new("team");
const NOTE: Memo<Vec<u32>> = Memo::new("note");

/// Waits for a child that begins in an hour, and leaves another one alone.
#[workflow]
async fn sends_out() -> Result<usize, Error> {
    let child = script(vec![call("late")])
        .spawn("late")
        .delay(HOUR)
        .attribute(TEAM, "ops")
        .memo(NOTE, &vec![7])
        .header("tenant", "other")
        .await?;
    script(vec![call("apart")])
        .spawn_detached("apart")
        .attribute(TEAM, "ops")
        .memo(NOTE, &vec![8])
        .await?;
    let lines = child.await?.map_err(Error::msg)?;
    Ok(lines.len())
}

/// Gives its child a minute, in an hour.
#[workflow]
async fn has_time() -> Result<usize, Error> {
    let child = script(vec![call("late")]).spawn("late").delay(HOUR);
    let child = child.run_timeout(HOUR / 60).await?;
    Ok(child.await?.map_err(Error::msg)?.len())
}

#[tokio::test]
async fn the_limits_of_a_child_count_from_when_it_may_begin() {
    let bench = bench();
    let worker = bench.worker();
    let handle = start_has_time(&client(&bench, &worker), "h").await.unwrap();
    assert_eq!(handle.result().await.unwrap().unwrap(), 1);
    let child = bench.end("late").await;
    let began = START.after(HOUR);
    assert_eq!((child.created_at, child.finished_at), (START, Some(began)));
    assert_eq!(child.terms.run_deadline, Some(began.after(HOUR / 60)));
    worker.stop().await;
}

async fn each_cut(make: impl AsyncFn() -> (Bench, Box<dyn std::any::Any>)) {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        for n in 0.. {
            let (bench, _guard) = make().await;
            let client = elsewhere(&bench);
            let start = start_sends_out(&client, "s").header("tenant", "acme");
            start.header("trace", "1").await.unwrap();
            let at = format!("{fault:?} at call {n}");
            let Some(record) = cut(&bench, n, fault, "s").await else {
                assert!(n > 8, "only {n} calls were cut");
                break;
            };
            let lines: Result<usize, Error> = value(&record);
            assert_eq!(lines.unwrap(), 1, "{at}");
            // The other one is left alone, and may have been under way when the worker went.
            bench.pass(leased().lease * 2).await;
            let worker = bench.worker();
            bench.end("apart").await;
            worker.stop().await;
            check(&bench, &at).await;
        }
    }
}

/// What is on record of both.
async fn check(bench: &Bench, at: &str) {
    let client = elsewhere(bench);
    let found = client.find(TEAM.eq("ops")).await.unwrap().workflows;
    let mut ids: Vec<_> = found.iter().map(|run| run.id.as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["apart", "late"], "{at}");
    for (id, note, tenant) in [("late", 7, "other"), ("apart", 8, "acme")] {
        let run = client.handle::<()>(id).await.unwrap();
        assert_eq!(run.memo(NOTE).await.unwrap(), Some(vec![note]), "{at}");
        let summary = run.describe().await.unwrap().summary;
        let headers = json!({ "tenant": tenant, "trace": "1" });
        assert_eq!(json!(summary.headers), headers, "{at}");
        assert_eq!(summary.phase, Phase::Completed, "{at}");
        if id == "late" {
            let began = summary.created_at.after(HOUR);
            assert!(summary.finished_at.unwrap() >= began, "{at}");
        }
    }
}

#[tokio::test]
async fn a_child_begins_later_and_has_what_is_said_of_it_wherever_the_process_is_cut() {
    each_cut(async || (bench(), Box::new(()) as _)).await;
}

#[tokio::test]
async fn a_child_begins_later_and_has_what_is_said_of_it_wherever_it_is_cut_on_sqlite() {
    each_cut(async || {
        let (bench, folder) = on_sqlite(bench()).await;
        (bench, Box::new(folder) as _)
    })
    .await;
}
