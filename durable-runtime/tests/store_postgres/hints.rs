//! What one process commits, another hears of.

use crate::store_kit::new_run;
use durable_runtime::store::{self, Store, Written};
use postgres_for_tests::{execute, is_there, schema};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Far longer than a hint takes.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn a_commit_elsewhere_is_heard_of_before_the_next_look() {
    if !is_there() {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let schema = schema();
        let url = format!("{}&application_name={}", schema.url, schema.name);
        let open = async || -> Arc<dyn Store> { store::open(&url).await.expect("a store") };
        let (here, there) = (open().await, open().await);
        for round in 0..2 {
            // Rings until the other one listens.
            let (mut run, began) = (100 * round, Instant::now());
            let heard = there.changed(None, PATIENCE);
            let mut heard = std::pin::pin!(heard);
            loop {
                run += 1;
                assert_eq!(here.start(new_run(run, None)).await, Ok(Written::Started));
                let pause = Duration::from_millis(100);
                if tokio::time::timeout(pause, &mut heard).await.is_ok() {
                    break;
                }
            }
            assert!(began.elapsed() < PATIENCE, "it has heard nothing");
            // A connection that was cut is made again.
            let all = format!(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
                 WHERE application_name='{}'",
                schema.name
            );
            execute(&all, &schema).await;
        }
    });
}
