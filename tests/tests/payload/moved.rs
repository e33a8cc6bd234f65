//! Values that somebody has changed or moved in the database: blocked with the reason, and good
//! again when they stand where they stood.

use crate::support::{Database, Running, TELL, codecs, key_a, start_wait, until};
use durable_runtime::client::Client;
use durable_runtime::store::RunState;

struct Scene {
    database: Database,
    client: Client,
    worker: Running,
}

/// Two workflows that wait for the same signal, parked, and another worker that will try them.
async fn scene() -> Scene {
    let database = Database::new();
    let codecs = codecs(key_a());
    let client = database.connect(&codecs).await;
    let worker = database.worker(&codecs).await;
    for id in ["one", "two"] {
        start_wait(&client, id, format!("secret of {id}"))
            .await
            .unwrap();
        until(&client, id, |state| *state == RunState::Idle).await;
    }
    worker.stop().await;
    let worker = database.worker(&codecs).await;
    Scene {
        database,
        client,
        worker,
    }
}

async fn tell(client: &Client, id: &str) {
    let handle = client.handle::<()>(id).await.unwrap();
    handle.signal(TELL, "go".to_owned()).await.unwrap();
}

/// Changes the database by `sql`, wakes `one`, and demands that it is blocked for this; then
/// undoes the change, and demands that it ends as it should.
async fn blocks(change: &str, what: &str, undo: &str) {
    let scene = scene().await;
    let database = &scene.database;
    assert_eq!(
        database.sql("CREATE TABLE kept AS SELECT run, seq, frame FROM step"),
        0
    );
    assert_eq!(
        database.sql("CREATE TABLE inputs AS SELECT run, input FROM workflow"),
        0
    );
    assert!(database.sql(change) > 0);
    tell(&scene.client, "one").await;
    tell(&scene.client, "two").await;
    let blocked = until(&scene.client, "one", |state| {
        matches!(state, RunState::Blocked(_))
    })
    .await;
    let RunState::Blocked(reason) = blocked else {
        unreachable!("it was waited for");
    };
    let expected =
        format!("{what} cannot be decoded: encrypted with key `a`, and does not decrypt");
    assert!(reason.contains(&expected), "{reason}");
    assert!(database.sql(undo) > 0);
    scene.worker.stop().await;
    let worker = database.worker(&codecs(key_a())).await;
    let one = scene
        .client
        .handle::<Result<String, durable_runtime::Error>>("one")
        .await
        .unwrap();
    assert_eq!(one.result().await.unwrap().unwrap(), "secret of one go");
    worker.stop().await;
}

const RUN_ONE: &str = "(SELECT run FROM workflow WHERE id='one')";
const RUN_TWO: &str = "(SELECT run FROM workflow WHERE id='two')";

fn restore() -> String {
    "UPDATE step SET frame=(SELECT frame FROM kept WHERE kept.run=step.run AND kept.seq=step.seq)"
        .to_owned()
}

#[tokio::test]
async fn a_frame_of_another_run() {
    let change = format!(
        "UPDATE step SET frame=(SELECT frame FROM kept WHERE run={RUN_TWO}) WHERE run={RUN_ONE}"
    );
    blocks(&change, "its checkpoint", &restore()).await;
}

#[tokio::test]
async fn a_value_of_another_column() {
    let change = format!(
        "UPDATE step SET frame=(SELECT input FROM inputs WHERE run={RUN_ONE}) WHERE run={RUN_ONE}"
    );
    blocks(&change, "its checkpoint", &restore()).await;
}

#[tokio::test]
async fn a_changed_bit() {
    let change = format!(
        "UPDATE step SET frame=CAST(substr(frame,1,length(frame)-1)|| \
         CASE WHEN substr(frame,-1)=x'00' THEN x'01' ELSE x'00' END AS BLOB) \
         WHERE run={RUN_ONE}"
    );
    blocks(&change, "its checkpoint", &restore()).await;
}

#[tokio::test]
async fn an_input_of_another_run() {
    let change = format!(
        "UPDATE workflow SET input=(SELECT input FROM inputs WHERE run={RUN_TWO}) WHERE run={RUN_ONE}"
    );
    let undo = "UPDATE workflow SET input=(SELECT input FROM inputs WHERE inputs.run=workflow.run)";
    blocks(&change, "its input", undo).await;
}
