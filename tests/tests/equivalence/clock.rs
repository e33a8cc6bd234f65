//! The time is read once, where the code stands, and kept as any other value.

use durable_runtime::now;
use durable_tests::equivalent;
use std::time::{Duration, SystemTime};

equivalent! {
    with [(1), (3)];
    async fn deadlines(rounds: u64) -> Vec<bool> {
        let began = now();
        let deadline = began + Duration::from_secs(act("seconds", 3_600_u64).await);
        let mut seen = vec![now() < deadline];
        for round in 0..rounds {
            let at: SystemTime = now() + Duration::from_secs(round);
            tick().await;
            seen.push(began <= at && at < deadline && now() >= began);
        }
        act("late", now() > deadline).await;
        seen.push(deadline.duration_since(began).ok() == Some(Duration::from_secs(3_600)));
        seen
    }
}
