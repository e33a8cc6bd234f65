//! An expense whose decision is an activity: a person completes it from outside, by its token.

use crate::modes::{calls, in_four_modes, on_each_store};
use durable_runtime::activity::{self, ActivityToken};
use durable_runtime::client::CompletionError;
use durable_runtime::operation::{ActivityError, TimeoutKind};
use durable_runtime::prelude::*;
use durable_runtime::testing::TestEnv;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Mutex;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Verdict {
    Approved { by: String },
    Rejected { by: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum End {
    Paid { approved_by: String },
    NotPaid { rejected_by: String },
    TimedOut,
}

/// What lies on the desk of who decides: the last token for each expense.
static DESK: Mutex<BTreeMap<String, ActivityToken>> = Mutex::new(BTreeMap::new());

#[activity]
async fn file(name: String) -> String {
    format!("expense {name}")
}

#[activity(start_to_close = "10s", retry(max_attempts = 1))]
async fn judge(expense: &str) -> Result<Verdict, String> {
    let (expense, token) = (expense.to_owned(), activity::token());
    DESK.lock().unwrap().insert(expense, token);
    activity::ends_later().await
}

#[activity]
async fn reimburse(expense: &str) -> Result<(), String> {
    Err(format!("a test has paid {expense}"))
}

#[workflow]
async fn approval(name: String) -> Result<End, Error> {
    let expense = file(name).await?;
    match judge(&expense).await {
        Ok(Verdict::Approved { by }) => {
            reimburse(&expense).await.map_err(Error::msg)?;
            Ok(End::Paid { approved_by: by })
        }
        Ok(Verdict::Rejected { by }) => Ok(End::NotPaid { rejected_by: by }),
        Err(ActivityError::TimedOut(TimeoutKind::StartToClose)) => Ok(End::TimedOut),
        Err(other) => Err(Error::msg(format!("{other:?}"))),
    }
}

/// How the expense ends that is decided after that time, and whether the decision counted.
async fn decided(
    env: &TestEnv,
    name: &str,
    after: Duration,
    verdict: Verdict,
) -> (End, Result<(), CompletionError>) {
    env.mock(reimburse, |_: String| Ok(()));
    let handle = start_approval(env.client(), "e-1", name.to_owned())
        .await
        .unwrap();
    env.advance(after).await;
    let token = DESK.lock().unwrap()[&format!("expense {name}")];
    // As it was mailed.
    let token = token.to_string().parse().unwrap();
    let told = env.client().activity(token).complete(&verdict).await;
    if told.is_ok() {
        let again = env.client().activity(token).complete(&verdict).await;
        assert_eq!(again, Err(CompletionError::AlreadyCompleted(token)));
    }
    (handle.result().await.unwrap().unwrap(), told)
}

fn approved() -> Verdict {
    let by = "grace".to_owned();
    Verdict::Approved { by }
}

fn rejected() -> Verdict {
    let by = "ada".to_owned();
    Verdict::Rejected { by }
}

#[tokio::test]
async fn what_is_approved_is_paid() {
    let end = in_four_modes(async |env| {
        let (end, told) = decided(env, "a", Duration::from_secs(3), approved()).await;
        assert_eq!(told, Ok(()));
        (end, calls(env), env.elapsed().as_secs())
    })
    .await;
    let approved_by = "grace".to_owned();
    let done = vec!["file", "judge", "reimburse"];
    assert_eq!(end, (End::Paid { approved_by }, done, 3));
}

#[tokio::test]
async fn what_is_rejected_is_not() {
    let end = in_four_modes(async |env| {
        let (end, told) = decided(env, "b", Duration::from_secs(3), rejected()).await;
        assert_eq!(told, Ok(()));
        (end, calls(env))
    })
    .await;
    let rejected_by = "ada".to_owned();
    assert_eq!(end, (End::NotPaid { rejected_by }, vec!["file", "judge"]));
}

#[tokio::test]
async fn a_decision_that_comes_too_late_is_an_error() {
    let (end, done, told) = in_four_modes(async |env| {
        let (end, told) = decided(env, "c", Duration::from_secs(11), approved()).await;
        (end, calls(env), told.unwrap_err().to_string())
    })
    .await;
    assert_eq!((end, done), (End::TimedOut, vec!["file", "judge"]));
    let ended = "workflow `e-1` has ended (completed)";
    assert!(told.starts_with(ended), "{told}");
}

#[tokio::test]
async fn a_token_of_another_store_is_unknown() {
    for (name, elsewhere) in [
        ("d", TestEnv::new()),
        ("e", TestEnv::builder().sqlite().build()),
    ] {
        on_each_store(async |here| {
            let (_, told) = decided(here, name, Duration::from_secs(3), approved()).await;
            assert_eq!(told, Ok(()));
            let token = DESK.lock().unwrap()[&format!("expense {name}")];
            let activity = elsewhere.client().activity(token);
            let unknown = activity.complete(&approved()).await;
            assert_eq!(unknown, Err(CompletionError::Unknown(token)));
        })
        .await;
    }
}
