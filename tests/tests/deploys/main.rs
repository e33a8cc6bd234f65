//! Deploys: a workflow stands at an await, and new code meets its frame. It goes on where it fits
//! and is parked, with the reason, where it does not; never lost, never resumed wrongly.

mod bench;
mod versions;

use bench::{At, Bench};
use durable_runtime::store::{Phase, RunState};

#[tokio::test]
async fn a_field_with_a_default_may_be_added() {
    let bench = Bench::at_the_sleep("base", 7).await;
    let end = bench.run_with("field_with_default", At::Due).await;
    assert_eq!(end.output, "price 7 note none at 7");
}

#[tokio::test]
async fn code_around_the_await_may_change() {
    let bench = Bench::at_the_sleep("base", 7).await;
    let end = bench.run_with("other_code", At::Due).await;
    assert_eq!(end.output, "other 14");
}

#[tokio::test]
async fn an_await_may_be_inserted_before_and_after() {
    let bench = Bench::at_the_sleep("base", 7).await;
    let end = bench.run_with("more_awaits", At::Due).await;
    assert_eq!(end.output, "price 7 checked 8");
}

#[tokio::test]
async fn a_field_without_a_default_parks_with_the_local_and_the_await() {
    let bench = Bench::at_the_sleep("base", 7).await;
    let reason = bench.blocked_by("field_without_default").await;
    assert!(
        reason.contains("sleep") && reason.contains("left") && reason.contains("tax"),
        "{reason}"
    );
    // Nothing was lost: the old code goes on.
    let end = bench.run_with("base", At::Due).await;
    assert_eq!(end.output, "price 7 at 7");
}

#[tokio::test]
async fn a_renamed_local_parks() {
    let bench = Bench::at_the_sleep("base", 7).await;
    let reason = bench.blocked_by("renamed_local").await;
    assert!(
        reason.contains("remaining") && reason.contains("missing"),
        "{reason}"
    );
    let end = bench.run_with("base", At::Due).await;
    assert_eq!(end.output, "price 7 at 7");
}

#[tokio::test]
async fn a_changed_type_parks() {
    let bench = Bench::at_the_sleep("base", 7).await;
    let reason = bench.blocked_by("changed_type").await;
    assert!(reason.contains("left"), "{reason}");
}

#[tokio::test]
async fn a_worker_without_the_await_never_claims_it() {
    let bench = Bench::at_the_sleep("base", 7).await;
    bench.idle_with("await_removed").await;
    let run = bench.record().await;
    assert_eq!(run.phase, Phase::Running);
    assert!(matches!(run.state, RunState::Waiting(_)), "{:?}", run.state);
    let end = bench.run_with("base", At::Due).await;
    assert_eq!(end.output, "price 7 at 7");
}

/// `charge(x)` twice, and the new code has it three times: the old frame must not resume at the
/// wrong one, although every local would fit.
#[tokio::test]
async fn inserting_an_equal_await_never_resumes_at_the_wrong_one() {
    let bench = Bench::at_the_sleep("two_equal_sleeps", 7).await;
    bench.idle_with("three_equal_sleeps").await;
    assert_eq!(bench.record().await.phase, Phase::Running);
    let end = bench.run_with("two_equal_sleeps", At::Due).await;
    assert_eq!(end.output, "two 7");
}

#[tokio::test]
async fn a_frame_of_garbage_parks_and_does_not_stop_others() {
    let bench = Bench::at_the_sleep("base", 7).await;
    bench.corrupt_the_frame().await;
    let reason = bench.blocked_by("base").await;
    assert!(!reason.is_empty());
    let other = bench.start_another("other", 3).await;
    assert_eq!(other.output, "price 3 at 3");
    assert!(matches!(bench.record().await.state, RunState::Blocked(_)));
}

#[tokio::test]
async fn a_parked_workflow_goes_on_when_code_that_fits_arrives() {
    let bench = Bench::at_the_sleep("base", 7).await;
    bench.blocked_by("field_without_default").await;
    let end = bench.run_with("field_with_default", At::Due).await;
    assert_eq!(end.output, "price 7 note none at 7");
}

/// Both versions are at work, as in every rolling deploy.
#[tokio::test]
async fn an_old_worker_goes_on_with_what_a_new_one_has_blocked() {
    let bench = Bench::at_the_sleep("base", 7).await;
    let old = bench.waiting_with("base").await;
    let new = bench.blocking_with("field_without_default").await;
    let old = old.wake();
    assert_eq!(bench.end().await.output, "price 7 at 7");
    old.stop().await;
    new.stop().await;
}

#[tokio::test]
async fn a_new_worker_leaves_to_the_old_what_it_has_blocked_once() {
    let bench = Bench::at_the_sleep("base", 7).await;
    let new = bench.blocking_with("field_without_default").await;
    bench.unblock().await;
    bench.late_look().await;
    let run = bench.record().await;
    assert!(matches!(run.state, RunState::Waiting(_)), "{:?}", run.state);
    let end = bench.run_with("base", At::Due).await;
    assert_eq!(end.output, "price 7 at 7");
    new.stop().await;
}

/// A fingerprint that differs is no reason to leave a frame to others: it may fit.
#[tokio::test]
async fn a_new_worker_still_takes_what_fits_it() {
    let bench = Bench::at_the_sleep("base", 7).await;
    let old = bench.waiting_with("base").await;
    let end = bench.run_with("field_with_default", At::Due).await;
    assert_eq!(end.output, "price 7 note none at 7");
    old.wake().stop().await;
}

#[tokio::test]
async fn check_says_before_the_deploy_what_would_park() {
    let bench = Bench::at_the_sleep("base", 7).await;
    let frame = bench.frame().await;
    for (version, fits) in [
        ("base", true),
        ("field_with_default", true),
        ("more_awaits", true),
        ("field_without_default", false),
        ("renamed_local", false),
        ("changed_type", false),
        ("await_removed", false),
    ] {
        let problems = durable_runtime::machine::check(versions::named(version), &frame);
        assert_eq!(problems.is_empty(), fits, "{version}: {problems:?}");
    }
}
