//! New keys: values from before are read, new ones are encrypted with the newest, and a key that
//! is gone is named.

use crate::support::{Database, TELL, codecs, key_a, key_b_and_a, start_wait, until};
use durable_runtime::payload::{Codecs, Encryption, KeyRing};
use durable_runtime::store::RunState;

#[tokio::test]
async fn a_workflow_lives_through_a_rotation_and_a_crash() {
    let database = Database::new();
    // From before there were codecs, then with the first key, then with the second.
    let bare = database.connect(&Codecs::new()).await;
    start_wait(&bare, "w", "old".to_owned()).await.unwrap();
    let first = database.worker(&codecs(key_a())).await;
    let client = database.connect(&codecs(key_b_and_a())).await;
    let handle = client
        .handle::<Result<String, durable_runtime::Error>>("w")
        .await
        .unwrap();
    until(&client, "w", |state| *state == RunState::Idle).await;
    first.kill().await;
    let seen = bare
        .handle::<()>("w")
        .await
        .unwrap()
        .describe()
        .await
        .unwrap();
    assert_eq!(seen.input["secret"], "old");

    // The signal has the new key already when a worker comes that has it too.
    handle.signal(TELL, "new".to_owned()).await.unwrap();
    let second = database.worker(&codecs(key_b_and_a())).await;
    assert_eq!(handle.result().await.unwrap().unwrap(), "old new");
    second.stop().await;
    let seen = bare
        .handle::<()>("w")
        .await
        .unwrap()
        .describe()
        .await
        .unwrap();
    assert_eq!(seen.output.unwrap(), "(encrypted with key `b`)");
}

#[tokio::test]
async fn a_key_that_is_gone_is_named() {
    let database = Database::new();
    let old = database.connect(&codecs(key_a())).await;
    start_wait(&old, "w", "old".to_owned()).await.unwrap();
    let only_b = Codecs::new().with(Encryption::new(KeyRing::new("b", [2; 32])));
    let worker = database.worker(&only_b).await;
    let state = until(&old, "w", |state| matches!(state, RunState::Blocked(_))).await;
    let RunState::Blocked(reason) = state else {
        unreachable!("it was waited for");
    };
    let expected = "its input cannot be decoded: encrypted with key `a`, which is not in the key \
                    ring here (`b`)";
    assert!(reason.contains(expected), "{reason}");
    worker.stop().await;
}
