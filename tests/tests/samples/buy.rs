//! One click buys: unless it is cancelled within five seconds.

use crate::modes::{calls, in_four_modes};
use durable_runtime::prelude::*;
use durable_runtime::testing::TestEnv;
use serde::{Deserialize, Serialize};

pub(crate) const CANCEL: Signal<()> = Signal::new("cancel");
const STATE: Published<State> = Published::new("state");

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Pending,
    Cancelled,
    Bought,
}

#[activity]
async fn check_out(item: String) -> Result<u32, Error> {
    Err(Error::msg(format!("a test has bought {item}")))
}

#[workflow]
pub(crate) async fn buy(item: String) -> Result<Option<u32>, Error> {
    STATE.set(&State::Pending);
    match timeout(Duration::from_secs(5), CANCEL.recv()).await {
        Ok(cancelled) => {
            cancelled?;
            STATE.set(&State::Cancelled);
            Ok(None)
        }
        Err(_) => {
            let receipt = check_out(item).await?;
            STATE.set(&State::Bought);
            Ok(Some(receipt))
        }
    }
}

/// The receipt, if there is one, and the states that were read: at the beginning, at the time of
/// the cancel, and at the end.
async fn cancelled_after(env: &TestEnv, millis: u64) -> (Option<u32>, [State; 3]) {
    env.mock(check_out, async |_: String| Ok(42));
    let item = "tea".to_owned();
    let handle = start_buy(env.client(), "b-1", item).await.unwrap();
    let state = async || handle.published(STATE).await.unwrap().unwrap();

    env.settle().await;
    let first = state().await;
    env.advance(Duration::from_millis(millis)).await;
    let then = state().await;
    // Too late is an error of its own, which the state says better.
    let _ = handle.signal(CANCEL, ()).await;
    let receipt = handle.result().await.unwrap().unwrap();
    (receipt, [first, then, state().await])
}

#[tokio::test]
async fn a_millisecond_before_the_time_is_up_it_can_be_cancelled() {
    let (receipt, states) = in_four_modes(async |env| {
        let bought = cancelled_after(env, 4_999).await;
        assert!(env.log().is_empty());
        bought
    })
    .await;
    assert_eq!(receipt, None);
    assert_eq!(states, [State::Pending, State::Pending, State::Cancelled]);
}

#[tokio::test]
async fn a_cancel_a_millisecond_later_changes_nothing() {
    let (receipt, states) = in_four_modes(async |env| {
        let bought = cancelled_after(env, 5_001).await;
        assert_eq!(calls(env), ["check_out"]);
        bought
    })
    .await;
    assert_eq!(receipt, Some(42));
    assert_eq!(states, [State::Pending, State::Bought, State::Bought]);
}
