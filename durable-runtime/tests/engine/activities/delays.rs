//! Pauses between attempts that the error chooses.

use super::worker;
use crate::support::{START, bench, client};
use durable_runtime::activity;
use durable_runtime::operation::ActivityError;
use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub(crate) enum Trouble {
    /// As HTTP's `Retry-After`.
    #[error("busy for {0} s")]
    Busy(u64),
    #[error("unknown")]
    Unknown,
    #[error("refused")]
    Refused,
}

impl Trouble {
    fn pause(&self) -> Option<Duration> {
        match self {
            Self::Busy(seconds) => Some(Duration::from_secs(*seconds)),
            Self::Unknown | Self::Refused => None,
        }
    }
}

/// Fails with these errors, one after the other.
#[activity(
    schedule_to_close = "1h",
    retry(
        jitter = 0.0,
        max_attempts = 4,
        next_delay = Trouble::pause,
        non_retryable = |error: &Trouble| *error == Trouble::Refused,
    )
)]
async fn overloaded(troubles: Vec<Trouble>) -> Result<u32, Trouble> {
    let attempt = activity::context().expect("in an attempt").attempt;
    let now = usize::try_from(attempt).expect("few") - 1;
    match troubles.into_iter().nth(now) {
        Some(trouble) => Err(trouble),
        None => Ok(attempt),
    }
}

#[workflow]
async fn asks_overloaded(troubles: Vec<Trouble>) -> Result<u32, ActivityError<Trouble>> {
    overloaded(troubles).await
}

/// How it ends, and how long after its start.
async fn asked(troubles: Vec<Trouble>) -> (Result<u32, ActivityError<Trouble>>, i64) {
    let bench = bench();
    let worker = worker(&bench);
    worker.ready().await;
    let handle = start_asks_overloaded(&client(&bench, &worker), "s", troubles).await;
    let result = handle.unwrap().result().await.unwrap();
    let record = bench.end("s").await;
    worker.stop().await;
    (result, record.finished_at.unwrap().0 - START.0)
}

#[tokio::test]
async fn an_error_chooses_the_pause_before_the_next_attempt() {
    let troubles = vec![Trouble::Busy(600), Trouble::Unknown, Trouble::Busy(0)];
    // The second pause is the policy's, of a second failure.
    assert_eq!(asked(troubles).await, (Ok(4), 600_000 + 2_000));
}

#[tokio::test]
async fn a_chosen_pause_leaves_the_limits_as_they_are() {
    let five = || (0..5).map(|_| Trouble::Busy(1)).collect();
    let busy = |seconds| Err(ActivityError::Failed(Trouble::Busy(seconds)));
    assert_eq!(asked(five()).await, (busy(1), 3_000), "max_attempts");
    let late = vec![Trouble::Busy(7_200)];
    assert_eq!(asked(late).await, (busy(7_200), 0), "schedule_to_close");
    let refused = Err(ActivityError::Failed(Trouble::Refused));
    assert_eq!(asked(vec![Trouble::Refused]).await, (refused, 0));
}
