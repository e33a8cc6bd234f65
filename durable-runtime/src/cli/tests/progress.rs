//! `show`: how far an activity has come, read from what is stored.

use super::*;
use crate::activity::Progress;
use crate::codec;
use crate::store::{Note, Write};
use std::collections::BTreeMap;

#[tokio::test]
async fn the_last_heartbeat_and_the_attempt_are_shown() {
    let world = World::new().await;
    let answers = vec![returned(&"r-42"), Resolution::Fired];
    let run = world.drive("waits", a_book(), answers).await;
    let handle = world.client.handle::<()>("waits").await.unwrap();
    let op = handle.describe().await.unwrap().waiting.unwrap().operations[0].op;
    world.fail(run, op, 1, "no connection").await;
    let details = BTreeMap::from([("file", 17), ("of", 40)]);
    let progress = Progress {
        beat_at: Some(at(40)),
        details: codec::encode(&details).unwrap(),
        ..Progress::default()
    };
    world
        .commit(Write::Note(Note {
            run,
            op,
            body: progress.encode(),
            consumed: Vec::new(),
        }))
        .await;
    let (_, text) = super::run(&world, &["show", "waits"]).await;
    let waiting: Vec<_> = text
        .lines()
        .skip_while(|line| !line.starts_with("Waiting"))
        .take_while(|line| !line.is_empty())
        .collect();
    expect![[r#"
        Waiting at charge
          durable-runtime/src/fixture.rs:47  charge(order.cents)
          for activity charge, since 57s ago
          attempt 1 failed: no connection
          attempt 2 begins in 1m
          heartbeat 20s ago: {"file":17,"of":40}"#]]
    .assert_eq(&waiting.join("\n"));
    let (_, text) = super::run(&world, &["show", "waits", "-o", "json"]).await;
    let shown: serde_json::Value = serde_json::from_str(&text).unwrap();
    let own = &shown["waiting"]["operations"][0];
    assert_eq!(own["attempt"], 2);
    assert_eq!(
        own["heartbeat"]["details"],
        serde_json::json!({"file": 17, "of": 40})
    );
    assert!(own["next_retry_at"].is_string(), "{own}");
}
