//! What `docs/messages.md` says, of the workflows that stand there.

use super::*;
use durable_runtime::client::{ClientError, SignalError, UpdateError};
use durable_runtime::store::{Phase, RunState};
use durable_runtime::testing::TestEnv;

#[tokio::test]
async fn a_signal_with_an_id_counts_once_and_a_late_one_is_told_so() {
    let env = TestEnv::new();
    let start = start_expense(env.client(), "e", 5).with_signal(APPROVE, "ada".to_owned());
    let expense = start.id("mail-17").await.unwrap();
    let said = expense.result().await.unwrap().unwrap();
    assert_eq!(said, "5 cents approved by ada");
    let again = expense.signal(APPROVE, "ada".to_owned()).id("mail-17");
    again.await.unwrap();
    let late = expense.signal(APPROVE, "bob".to_owned()).await;
    let finished = matches!(late, Err(SignalError::Client(ClientError::Finished { .. })));
    assert!(finished, "{late:?}");
}

#[tokio::test]
async fn a_value_of_another_type_blocks_the_workflow_that_takes_it() {
    let env = TestEnv::new();
    let expense = start_expense(env.client(), "e", 5).await.unwrap();
    let other: Signal<u32> = Signal::new("approve");
    expense.signal(other, 7).await.unwrap();
    env.settle().await;
    let state = expense.describe().await.unwrap().summary.state;
    let RunState::Blocked(reason) = state else {
        panic!("{state:?}");
    };
    assert!(
        reason.contains("APPROVE") || reason.contains("recv"),
        "{reason}"
    );
}

#[tokio::test]
async fn updates_are_answered_refused_and_counted_once() {
    let env = TestEnv::new();
    let basket = start_basket(env.client(), "b", 10).await.unwrap();
    assert_eq!(basket.update(ADD, 7).await.unwrap(), 7);
    let refused = basket.update(ADD, 4).await;
    assert!(
        matches!(&refused, Err(UpdateError::Rejected(why)) if why == "that does not fit"),
        "{refused:?}"
    );
    for _ in 0..2 {
        assert_eq!(basket.update(ADD, 2).id("click-17").await.unwrap(), 9);
    }
    assert_eq!(basket.published(TOTAL).await.unwrap(), Some(9));
    let seen = basket.inspect().await.unwrap().unwrap();
    assert!(seen.locals.iter().any(|local| local.name == "total"));
    assert_eq!(basket.update(ADD, 1).await.unwrap(), 10);
    assert_eq!(basket.result().await.unwrap(), Ok(10));
    assert_eq!(basket.published(TOTAL).await.unwrap(), Some(10));
}

#[tokio::test]
async fn an_update_starts_what_does_not_run() {
    let env = TestEnv::new();
    for total in [3, 6] {
        let start = start_basket(env.client(), "b", 10).with_update(ADD, 3);
        let (_, pending) = start.await.unwrap();
        assert_eq!(pending.answer().await.unwrap(), total);
    }
}

#[tokio::test]
async fn a_request_is_accepted_before_it_is_answered() {
    let env = TestEnv::new();
    let parcel = start_parcel(env.client(), "p").await.unwrap();
    let send = parcel.update(SHIP, "Berlin".to_owned()).send();
    let mut pending = send.await.unwrap();
    pending.accepted().await.unwrap();
    assert_eq!(pending.answer().await.unwrap(), "label for Berlin");
}

#[tokio::test]
async fn who_is_never_taken_hears_so_at_the_end() {
    let env = TestEnv::new();
    let expense = start_expense(env.client(), "e", 5).await.unwrap();
    let pending = expense.update(ADD, 1).send().await.unwrap();
    expense.signal(APPROVE, "ada".to_owned()).await.unwrap();
    expense.result().await.unwrap().unwrap();
    let answer = pending.answer().await;
    let unanswered = matches!(
        answer,
        Err(UpdateError::Unanswered {
            phase: Phase::Completed,
            ..
        })
    );
    assert!(unanswered, "{answer:?}");
}

#[tokio::test]
async fn a_workflow_signals_another() {
    let env = TestEnv::new();
    let expense = start_expense(env.client(), "e", 5).await.unwrap();
    let approver = start_approver(env.client(), "a", "e".to_owned());
    approver.await.unwrap().result().await.unwrap().unwrap();
    let said = expense.result().await.unwrap().unwrap();
    assert_eq!(said, "5 cents approved by the machine");
}
