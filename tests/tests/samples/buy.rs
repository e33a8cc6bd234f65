//! One click buys: unless it is cancelled within five seconds.

use durable_runtime::prelude::*;
use durable_runtime::testing::{TestEnv, crash_everywhere};

pub(crate) const CANCEL: Signal<()> = Signal::new("cancel");

#[activity]
async fn check_out(item: String) -> Result<u32, Error> {
    Err(Error::msg(format!("a test has bought {item}")))
}

#[workflow]
pub(crate) async fn buy(item: String) -> Result<Option<u32>, Error> {
    match timeout(Duration::from_secs(5), CANCEL.recv()).await {
        Ok(cancelled) => {
            cancelled?;
            Ok(None)
        }
        Err(_) => Ok(Some(check_out(item).await?)),
    }
}

async fn cancelled_after(env: &TestEnv, millis: u64) -> Option<u32> {
    env.mock(check_out, async |_: String| Ok(42));
    let handle = start_buy(env.client(), "b-1", "tea".to_owned())
        .await
        .unwrap();
    env.advance(Duration::from_millis(millis)).await;
    let _ = handle.signal(CANCEL, ()).await;
    handle.result().await.unwrap().unwrap()
}

#[tokio::test]
async fn a_millisecond_decides() {
    let env = TestEnv::new();
    assert_eq!(cancelled_after(&env, 4_999).await, None);
    assert!(env.log().is_empty());

    let env = TestEnv::new();
    assert_eq!(cancelled_after(&env, 5_001).await, Some(42));
    assert_eq!(env.log().calls(), ["check_out"]);
}

#[tokio::test]
async fn both_survive_a_crash_at_every_await() {
    for millis in [4_999, 5_001] {
        crash_everywhere(async |env| cancelled_after(env, millis).await).await;
    }
}
