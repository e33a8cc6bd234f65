//! The kit's own promises: time, mocks, failures, and tests that would hang.

use durable_runtime::activity;
use durable_runtime::operation::ActivityError;
use durable_runtime::prelude::*;
use durable_runtime::testing::{Ended, Failure, TestEnv};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// As `std::io::Result` is.
mod fallible {
    pub(super) type Result<T> = std::result::Result<T, String>;
}

#[activity(name = "asked-by-another-name", retry(max_attempts = 3))]
async fn ask(question: &str, words: &[String], at: &Path, times: u32) -> fallible::Result<String> {
    Ok(format!("{question} {words:?} {} {times}", at.display()))
}

#[activity(retry(max_attempts = 2, non_retryable = |error: &String| error == "never"))]
async fn try_it() -> Result<u32, String> {
    Ok(1)
}

#[activity]
async fn without_a_result(n: u32) -> u32 {
    n
}

#[workflow]
async fn asks(question: String) -> Result<String, Error> {
    let words = vec!["a".to_owned()];
    ask(&question, &words, Path::new("/tmp"), 2)
        .await
        .map_err(Error::msg)
}

#[workflow]
async fn tries() -> Result<u32, ActivityError<String>> {
    try_it().await
}

#[workflow]
async fn plain(n: u32) -> Result<u32, Error> {
    Ok(without_a_result(n).await?)
}

#[activity(queue = "gpu")]
async fn render(scene: String) -> Result<String, String> {
    Ok(scene)
}

#[workflow]
async fn renders(scene: String) -> Result<(String, String), Error> {
    let first = render(scene.clone()).await.map_err(Error::msg)?;
    let again = render(scene).queue("slow").await.map_err(Error::msg)?;
    Ok((first, again))
}

#[workflow]
async fn nap(seconds: u64) -> Result<(), Error> {
    sleep(Duration::from_secs(seconds)).await?;
    Ok(())
}

const NEVER: Signal<u32> = Signal::new("never");

#[workflow]
async fn waits_for_ever() -> Result<u32, Error> {
    Ok(NEVER.recv().await?)
}

#[workflow]
async fn panics(text: String) -> Result<(), Error> {
    sleep(Duration::from_secs(1)).await?;
    assert!(text.is_empty(), "oh no, {text}");
    Ok(())
}

const ASK: Update<u32, u32> = Update::new("ask");

/// Answers so many requests; each takes an hour.
#[workflow]
async fn answers(requests: u32) -> Result<(), Cancelled> {
    for _ in 0..requests {
        let asked = ASK.recv().await?;
        sleep(Duration::from_secs(3_600)).await?;
        let answer = asked.value() + 1;
        asked.respond(&answer);
    }
    NEVER.recv().await.map(drop)
}

#[tokio::test]
async fn time_passes_while_requests_are_answered() {
    let env = TestEnv::new();
    let handle = start_answers(env.client(), "a", 3).await.unwrap();
    assert_eq!(handle.update(ASK, 1).await.unwrap(), 2);
    assert_eq!(env.elapsed(), Duration::from_secs(3_600));
    // Two at once: each waits while the other one looks for its answer.
    let (first, second) = tokio::join!(async { handle.update(ASK, 2).await }, async {
        handle.update(ASK, 3).await
    });
    assert_eq!((first.unwrap(), second.unwrap()), (3, 4));
    assert_eq!(env.elapsed(), 3 * Duration::from_secs(3_600));
}

#[tokio::test]
#[should_panic(expected = "the update will never be answered")]
async fn a_request_that_nobody_answers_is_told_at_once() {
    let env = TestEnv::new();
    let handle = start_answers(env.client(), "a", 0).await.unwrap();
    let _ = handle.update(ASK, 1).await;
}

/// A test's one worker carries out activities of all queues.
#[tokio::test]
async fn activities_of_other_queues_run_in_a_test_too() {
    let env = TestEnv::new();
    env.mock(render, |scene: String| Ok(format!("{scene}.png")));
    env.fail(render, 1, Failure::Error("out of memory".to_owned()));
    let handle = start_renders(env.client(), "renders", "hill".to_owned()).await;
    let both = handle.unwrap().result().await.unwrap().unwrap();
    assert_eq!(both, ("hill.png".to_owned(), "hill.png".to_owned()));
    // Each call fails once.
    assert_eq!(env.log().calls(), ["render"; 4]);
}

#[tokio::test]
async fn an_activity_without_a_mock_runs_its_own_body() {
    let env = TestEnv::new();
    let handle = start_asks(env.client(), "a", "who".to_owned())
        .await
        .unwrap();
    let answer = handle.result().await.unwrap().unwrap();
    assert_eq!(answer, r#"who ["a"] /tmp 2"#);
    assert_eq!(env.log()[0].activity, "asked-by-another-name");
}

#[tokio::test]
async fn a_mock_takes_owned_values_for_references() {
    let env = TestEnv::new();
    env.mock(
        ask,
        |question: String, words: Vec<String>, at: PathBuf, times: u32| {
            Ok(format!(
                "{}{}{}{}",
                question.len(),
                words.len(),
                at.display(),
                times
            ))
        },
    );
    let handle = start_asks(env.client(), "a", "who".to_owned())
        .await
        .unwrap();
    assert_eq!(handle.result().await.unwrap().unwrap(), "31/tmp2");
}

#[tokio::test]
async fn a_mock_may_be_async_know_its_attempt_and_take_time() {
    let env = TestEnv::new();
    env.mock(try_it, || async {
        activity::sleep(Duration::from_secs(20)).await;
        match activity::context().map(|context| context.attempt) {
            Some(2) => Ok(22),
            attempt => Err(format!("{attempt:?}")),
        }
    });
    let handle = start_tries(env.client(), "t").await.unwrap();
    assert_eq!(handle.result().await.unwrap(), Ok(22));
    assert_eq!(env.elapsed(), Duration::from_secs(20 + 1 + 20));
    assert_eq!(env.log()[0].ended, Ended::Failed("Some(1)".to_owned()));
    assert_eq!(env.log()[1].ended, Ended::Returned(22.into()));
}

#[tokio::test]
async fn the_activitys_own_policy_says_what_is_retried() {
    let env = TestEnv::new();
    env.mock(try_it, || Err("never".to_owned()));
    let handle = start_tries(env.client(), "t").await.unwrap();
    let failed = ActivityError::Failed("never".to_owned());
    assert_eq!(handle.result().await.unwrap(), Err(failed));
    assert_eq!(env.log().calls(), ["try_it"]);
}

#[tokio::test]
async fn an_activity_without_an_error_is_mocked_by_its_value() {
    let env = TestEnv::new();
    env.mock(without_a_result, |n: u32| n + 1);
    let handle = start_plain(env.client(), "p", 1).await.unwrap();
    assert_eq!(handle.result().await.unwrap().unwrap(), 2);
}

#[tokio::test]
async fn failures_follow_one_another() {
    let env = TestEnv::new();
    env.fail(ask, 1, Failure::Panic);
    env.fail(ask, 1, Failure::AnswerLost);
    let handle = start_asks(env.client(), "a", "who".to_owned())
        .await
        .unwrap();
    assert!(handle.result().await.unwrap().is_ok());
    let log = env.log();
    let ends: Vec<_> = log.iter().map(|called| &called.ended).collect();
    assert!(
        matches!(
            ends[..],
            [Ended::Panicked, Ended::Stopped, Ended::Returned(_)]
        ),
        "{log}"
    );
    let keys: Vec<_> = log.iter().map(|called| &called.idempotency_key).collect();
    assert!(
        keys[0] == keys[1] && keys[1] == keys[2],
        "one call has one key"
    );
}

#[tokio::test]
async fn time_stands_still_while_the_test_does_something() {
    let env = TestEnv::new();
    let handle = start_nap(env.client(), "n", 3_600).await.unwrap();
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert!(handle.describe().await.unwrap().waiting.is_some());
    assert_eq!(env.elapsed(), Duration::ZERO);

    env.advance(Duration::from_secs(3_599)).await;
    assert!(handle.describe().await.unwrap().waiting.is_some());
    env.advance(Duration::from_secs(1)).await;
    assert!(handle.describe().await.unwrap().waiting.is_none());
}

#[tokio::test]
async fn time_stands_still_again_when_a_result_is_there() {
    let env = TestEnv::new();
    let short = start_nap(env.client(), "short", 1).await.unwrap();
    let long = start_nap(env.client(), "long", 86_400).await.unwrap();
    short.result().await.unwrap().unwrap();
    assert_eq!(env.elapsed(), Duration::from_secs(1));
    long.result().await.unwrap().unwrap();
    assert_eq!(env.elapsed(), Duration::from_secs(86_400));
}

#[tokio::test]
async fn results_can_be_awaited_together() {
    let env = TestEnv::new();
    let short = start_nap(env.client(), "short", 1).await.unwrap();
    let long = start_nap(env.client(), "long", 86_400).await.unwrap();
    let (a, b) = tokio::join!(long.result(), short.result());
    assert!(a.unwrap().is_ok() && b.unwrap().is_ok());
}

#[tokio::test]
async fn two_worlds_know_nothing_of_each_other() {
    let (one, two) = (TestEnv::new(), TestEnv::new());
    one.mock(try_it, || Ok(10));
    two.mock(try_it, || Ok(20));
    let first = start_tries(one.client(), "t").await.unwrap();
    let second = start_tries(two.client(), "t").await.unwrap();
    one.advance(Duration::from_secs(5)).await;
    assert_eq!(
        (
            first.result().await.unwrap(),
            second.result().await.unwrap()
        ),
        (Ok(10), Ok(20))
    );
    assert_eq!(two.elapsed(), Duration::ZERO);
    assert_eq!((one.log().len(), two.log().len()), (1, 1));
}

#[tokio::test]
async fn a_century_takes_no_time() {
    let began = Instant::now();
    let env = TestEnv::new();
    let handle = start_nap(env.client(), "n", 100 * 365 * 86_400)
        .await
        .unwrap();
    handle.result().await.unwrap().unwrap();
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
#[should_panic(expected = "`NEVER")]
async fn a_wait_without_end_is_told_at_once() {
    let env = TestEnv::new();
    let handle = start_waits_for_ever(env.client(), "w").await.unwrap();
    let _ = handle.result().await;
}

#[tokio::test]
#[should_panic(expected = "the workflow will never end")]
async fn a_wait_without_a_worker_is_told_at_once() {
    let env = TestEnv::new();
    let handle = start_nap(env.client(), "n", 5).await.unwrap();
    env.kill_worker().await;
    let _ = handle.result().await;
}

#[tokio::test]
#[should_panic(expected = "oh no, ada")]
async fn code_that_panics_again_and_again_fails_the_test() {
    let env = TestEnv::new();
    let handle = start_panics(env.client(), "p", "ada".to_owned())
        .await
        .unwrap();
    let _ = handle.result().await;
}

#[tokio::test]
#[should_panic(expected = "is not the function of an `#[activity]`")]
async fn a_closure_around_an_activity_is_none() {
    let env = TestEnv::new();
    env.mock(|n: u32| without_a_result(n), |n: u32| n);
}
