//! An expense waits for a decision for ten seconds; a helper function does the waiting.

use durable_runtime::prelude::*;
use durable_runtime::testing::{TestEnv, crash_everywhere};
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

async fn decided(env: &TestEnv, after: Duration, signal: Signal<String>) -> Decision {
    // `create` does nothing outside, so its own body may run.
    env.mock(pay, |_: String| Ok(()));
    let handle = start_expense(env.client(), "e-1", 120).await.unwrap();
    env.advance(after).await;
    // Too late is an error of its own.
    let _ = handle.signal(signal, "grace".to_owned()).await;
    handle.result().await.unwrap().unwrap()
}

#[tokio::test]
async fn an_approved_expense_is_paid() {
    let env = TestEnv::new();
    let decision = decided(&env, Duration::from_secs(3), APPROVE).await;
    assert_eq!(
        decision,
        Decision::Approved {
            by: "grace".to_owned()
        }
    );
    assert_eq!(env.log().calls(), ["create", "pay"]);
    assert_eq!(env.log()[1].arguments["expense"], "e-120");
}

#[tokio::test]
async fn a_rejected_expense_is_not() {
    let env = TestEnv::new();
    let decision = decided(&env, Duration::from_secs(3), REJECT).await;
    assert_eq!(
        decision,
        Decision::Rejected {
            by: "grace".to_owned()
        }
    );
    assert_eq!(env.log().calls(), ["create"]);
}

#[tokio::test]
async fn ten_seconds_are_enough_for_a_decision() {
    let env = TestEnv::new();
    let decision = decided(&env, Duration::from_millis(10_001), APPROVE).await;
    assert_eq!(decision, Decision::TimedOut);
    assert_eq!(env.log().calls(), ["create"]);
}

#[tokio::test]
async fn every_decision_survives_a_crash_at_every_await() {
    for (after, signal) in [(3, APPROVE), (3, REJECT), (11, APPROVE)] {
        let report =
            crash_everywhere(async |env| decided(env, Duration::from_secs(after), signal).await)
                .await;
        assert!(report.awaits().contains(&"expense/decision"), "{report}");
    }
}
