//! An expense waits for a decision for ten seconds; a helper function does the waiting.

use crate::modes::{calls, in_four_modes};
use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

const APPROVE: Signal<String> = Signal::new("approve");
const REJECT: Signal<String> = Signal::new("reject");

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Decision {
    Approved { by: String },
    Rejected { by: String },
    TimedOut,
}

#[activity]
async fn create(amount: u32) -> String {
    format!("e-{amount}")
}

#[activity]
async fn pay(expense: &str) -> Result<(), Error> {
    Err(Error::msg(format!("a test has paid {expense}")))
}

#[workflow]
async fn decision() -> Result<Decision, Error> {
    select! {
        by = APPROVE.recv() => Ok(Decision::Approved { by: by? }),
        by = REJECT.recv() => Ok(Decision::Rejected { by: by? }),
        _ = sleep(Duration::from_secs(10)) => Ok(Decision::TimedOut),
    }
}

#[workflow]
async fn expense(amount: u32) -> Result<Decision, Error> {
    let id = create(amount).await?;
    let decision = decision().await?;
    if let Decision::Approved { .. } = decision {
        pay(&id).await?;
    }
    Ok(decision)
}

/// The decision that is taken when somebody signals after that time, and what was done.
async fn decided(after: Duration, signal: Signal<String>) -> (Decision, Vec<&'static str>) {
    in_four_modes(async |env| {
        // `create` does nothing outside, so its own body may run.
        env.mock(pay, |expense: String| {
            assert_eq!(expense, "e-120");
            Ok(())
        });
        let handle = start_expense(env.client(), "e-1", 120).await.unwrap();
        env.advance(after).await;
        // Too late is an error of its own.
        let _ = handle.signal(signal, "grace".to_owned()).await;
        (handle.result().await.unwrap().unwrap(), calls(env))
    })
    .await
}

#[tokio::test]
async fn an_approved_expense_is_paid() {
    let (decision, done) = decided(Duration::from_secs(3), APPROVE).await;
    let by = "grace".to_owned();
    assert_eq!(decision, Decision::Approved { by });
    assert_eq!(done, ["create", "pay"]);
}

#[tokio::test]
async fn a_rejected_expense_is_not() {
    let (decision, done) = decided(Duration::from_secs(3), REJECT).await;
    let by = "grace".to_owned();
    assert_eq!(decision, Decision::Rejected { by });
    assert_eq!(done, ["create"]);
}

#[tokio::test]
async fn ten_seconds_are_enough_for_a_decision() {
    let (decision, done) = decided(Duration::from_millis(10_001), APPROVE).await;
    assert_eq!(decision, Decision::TimedOut);
    assert_eq!(done, ["create"]);
}
