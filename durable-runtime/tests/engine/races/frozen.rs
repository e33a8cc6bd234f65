//! A worker that stands still at any call to the store until another has brought everything to its end
//! in its place, and then goes on as if nothing had happened: what has ended stays as it is.

use super::{
    Course, calendar, contest, family, finale, letters, memory, orders, requests, stage, undo,
};
use crate::faulty::Fault;
use durable_runtime::Overlap;
use durable_runtime::store::Store;
use std::sync::Arc;

/// Tells a story in every order, at once and one after the other, with a worker that stands still at
/// each call to the store. How often it did; and what it would have written then was refused, often: most
/// of what is not is no write, but a claim.
async fn at_each_call<E: Copy>(
    arrivals: &[E],
    story: impl AsyncFn(Arc<dyn Store>, &[E], Course) -> bool,
) -> usize {
    let all = (1 << arrivals.len()) - 1;
    let mut frozen = 0;
    for order in orders(arrivals) {
        for rests in [0, all] {
            for cut in 0.. {
                let course = Course {
                    fault: Fault::Freeze,
                    ..Course::new(rests, cut)
                };
                if !story(memory(), &order, course).await {
                    break;
                }
                frozen += 1;
            }
        }
    }
    let refused = stage::refused();
    assert!(
        refused > frozen / 8,
        "only {refused} of {frozen} were refused"
    );
    frozen
}

#[tokio::test]
async fn who_stood_still_answers_no_request_again() {
    let frozen = at_each_call(&requests::TWICE, requests::story).await;
    assert!(frozen > 300, "only {frozen} calls stood still");
}

#[tokio::test]
async fn who_stood_still_closes_no_child_again() {
    let frozen = at_each_call(&family::CLOSES[..3], family::story).await;
    assert!(frozen > 80, "only {frozen} calls stood still");
}

#[tokio::test]
async fn who_stood_still_writes_no_letter_again() {
    let frozen = at_each_call(&letters::WRITTEN[1..], letters::story).await;
    assert!(frozen > 80, "only {frozen} calls stood still");
}

#[tokio::test]
async fn who_stood_still_undoes_nothing_again() {
    let frozen = at_each_call(&undo::LATE, undo::story).await;
    assert!(frozen > 300, "only {frozen} calls stood still");
}

#[tokio::test]
async fn who_stood_still_takes_nothing_twice() {
    let frozen = at_each_call(&contest::CANCELLED, contest::story).await;
    assert!(frozen > 80, "only {frozen} calls stood still");
}

#[tokio::test]
async fn who_stood_still_ends_nothing_again() {
    let frozen = at_each_call(&finale::ENDS, finale::story).await;
    assert!(frozen > 60, "only {frozen} calls stood still");
}

#[tokio::test]
async fn who_stood_still_starts_no_time_again() {
    let story = calendar::by(Overlap::BufferOne);
    let frozen = at_each_call(&calendar::DRIVEN, story).await;
    assert!(frozen > 80, "only {frozen} calls stood still");
}
