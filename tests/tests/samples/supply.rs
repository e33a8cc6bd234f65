//! A child whose activity fails: its parent learns of which kind the failure was, and all its causes.

use crate::modes::{in_four_modes, on_each_store};
use durable_runtime::ErrorKind;
use durable_runtime::prelude::*;
use durable_runtime::testing::{Failure, TestEnv};

/// What a supplier wants for a part.
#[activity(start_to_close = "10s", retry(max_attempts = 1))]
async fn quote(part: &str) -> Result<u16, Error> {
    "x".parse().with_context(|| format!("the price of {part}"))
}

#[workflow]
async fn supply(part: String) -> Result<u16, Error> {
    let price = quote(&part).await;
    price.with_context(|| format!("no offer for {part}"))
}

/// Takes an offer, is told later of one that takes too long, and fails where there is none.
#[workflow]
async fn assemble(part: String) -> Result<String, Error> {
    let child = supply(part.clone()).spawn(format!("supply-{part}")).await?;
    let id = child.id().to_string();
    match child.await?.with_context(|| format!("child {id}")) {
        Ok(price) => Ok(format!("{part} for {price}")),
        Err(late) if late.kind() == ErrorKind::TimedOut => Ok(format!("later: {late:#}")),
        Err(error) => Err(error.context(format!("{part} is missing"))),
    }
}

/// How it ends: what it gives, or the kind of its error with all causes.
async fn assembled(env: &TestEnv) -> Result<String, (ErrorKind, String)> {
    let handle = start_assemble(env.client(), "a", "bolt".to_owned())
        .await
        .unwrap();
    let result = handle.result().await.unwrap();
    result.map_err(|error| (error.kind(), format!("{error:#}")))
}

#[tokio::test]
async fn a_parent_is_given_the_causes_of_what_failed_in_its_child() {
    let (kind, text) = in_four_modes(async |env| assembled(env).await)
        .await
        .unwrap_err();
    assert_eq!(kind, ErrorKind::Failed);
    assert_eq!(
        text,
        "bolt is missing: child supply-bolt: no offer for bolt: the price of bolt: invalid digit \
         found in string"
    );
}

#[tokio::test]
async fn a_parent_tells_a_time_out_in_its_child_from_a_failure() {
    let later = on_each_store(async |env| {
        env.fail(quote, 1, Failure::TimeOut);
        assembled(env).await
    })
    .await;
    assert_eq!(
        later.unwrap(),
        "later: child supply-bolt: no offer for bolt: the activity timed out: its last attempt ran \
         longer than start_to_close"
    );
}

#[tokio::test]
async fn a_parent_tells_a_panic_in_its_child_from_a_failure() {
    let (kind, text) = in_four_modes(async |env| {
        env.fail(quote, 1, Failure::Panic);
        assembled(env).await
    })
    .await
    .unwrap_err();
    assert_eq!(kind, ErrorKind::Panicked);
    let start = "bolt is missing: child supply-bolt: no offer for bolt: the activity panicked: ";
    assert!(text.starts_with(start), "{text}");
}

#[tokio::test]
async fn the_cancellation_of_a_child_is_told_in_the_error_of_its_parent() {
    let env = TestEnv::new();
    env.fail(quote, 1, Failure::TimeOut);
    let start = start_assemble(env.client(), "a", "bolt".to_owned());
    let parent = start.await.unwrap();
    env.advance(Duration::from_secs(3)).await;
    let child = env.client().handle::<Result<u16, Error>>("supply-bolt");
    child.await.unwrap().cancel("no more bolts").await.unwrap();
    let error = parent.result().await.unwrap().unwrap_err();
    assert!(error.is_cancelled(), "{error:?}");
    assert_eq!(
        format!("{error:#}"),
        "bolt is missing: child supply-bolt: no offer for bolt: the activity was cancelled: the \
         workflow was cancelled"
    );
    // It was the child: the parent itself has failed.
    let ended = parent.describe().await.unwrap().summary.phase;
    assert_eq!(ended, durable_runtime::store::Phase::Failed);
}
