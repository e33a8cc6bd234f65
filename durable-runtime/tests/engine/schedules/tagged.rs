//! What a schedule says about its runs: search attributes and memos.

use super::{id, minutely, start_punctual};
use crate::support::{Bench, bench, elsewhere, on_sqlite};
use durable_runtime::client::ScheduleError;
use durable_runtime::interception::{StartInterceptor, Starting};
use durable_runtime::prelude::*;
use durable_runtime::store::StoreError;

const TEAM: SearchKey<String> = SearchKey::new("team");
const CENTS: SearchKey<i64> = SearchKey::new("cents");
const NOTE: Memo<Vec<u32>> = Memo::new("note");

/// Adds an attribute and a header to each start.
#[derive(Debug)]
struct Signs;

impl StartInterceptor for Signs {
    fn start(&self, start: &mut Starting<'_>) -> Result<(), Error> {
        start.attribute(CENTS, 5);
        start.headers_mut().insert("from".into(), "here".into());
        Ok(())
    }
}

async fn each_run_has_what_its_schedule_says(bench: Bench) {
    let client = elsewhere(&bench).intercept_starts(Signs);
    let schedule = start_punctual(&client, "s", "a".to_owned())
        .attribute(TEAM, "ops")
        .memo(NOTE, &vec![1, 2])
        .on_schedule(minutely().limit(2))
        .await
        .unwrap();
    let worker = bench.worker();
    for minute in [1, 2] {
        bench.end(&id(minute)).await;
        let run = client.handle::<()>(id(minute)).await.unwrap();
        assert_eq!(run.memo(NOTE).await.unwrap(), Some(vec![1, 2]));
        assert!(run.describe().await.unwrap().summary.headers.is_empty());
    }
    let found = client.find(TEAM.eq("ops").and(CENTS.eq(5))).await.unwrap();
    let ids = found.workflows.iter().map(|run| run.id.to_string());
    assert_eq!(ids.collect::<Vec<_>>(), [id(2), id(1)]);
    let seen = schedule.describe().await.unwrap();
    assert_eq!(seen.memo["note"], serde_json::json!([1, 2]));
    assert_eq!(seen.attributes.len(), 2);
    worker.stop().await;
}

#[tokio::test]
async fn runs_of_a_schedule_have_its_attributes_and_memos() {
    each_run_has_what_its_schedule_says(bench()).await;
}

#[tokio::test]
async fn runs_of_a_schedule_have_its_attributes_and_memos_on_sqlite() {
    let (bench, _folder) = on_sqlite(bench()).await;
    each_run_has_what_its_schedule_says(bench).await;
}

/// Otherwise each of its starts would be refused, when nobody looks.
#[tokio::test]
async fn what_is_too_large_for_a_run_is_too_large_for_a_schedule() {
    let bench = bench();
    let client = elsewhere(&bench);
    let refused = start_punctual(&client, "s", "a".to_owned())
        .attribute(TEAM, "x".repeat(5_000))
        .on_schedule(minutely())
        .await;
    let large = matches!(
        refused,
        Err(ScheduleError::Store(StoreError::TooLarge { .. }))
    );
    assert!(large, "{refused:?}");
    let none = client.schedule("s").await;
    assert!(matches!(none, Err(ScheduleError::NotFound(_))), "{none:?}");
}
