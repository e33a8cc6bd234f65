//! Nothing of a secret is in the files of a database, wherever a workflow has it.

use crate::support::{
    ASK, Database, NOTED, SAID, TELL, codecs, key_a, start_confide, start_wait, there,
};
use durable_runtime::Schedule;
use durable_runtime::client::Answer;
use durable_runtime::payload::Codecs;
use durable_runtime::prelude::*;

const SECRET: &str = "the-combination-is-31415926535";

/// How often the secret stands in the files of the database.
fn found(database: &Database) -> usize {
    let files = std::fs::read_dir(database.folder()).unwrap();
    let files = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
    let count = |bytes: Vec<u8>| {
        bytes
            .windows(SECRET.len())
            .filter(|w| *w == SECRET.as_bytes())
            .count()
    };
    files.map(count).sum()
}

/// Runs a workflow that has the secret everywhere; answers how often it is found on disk.
async fn lived(codecs: &Codecs) -> usize {
    let database = Database::new();
    let worker = database.worker(codecs).await;
    let client = database.connect(codecs).await;
    let secret = || SECRET.to_owned();
    let handle = start_confide(&client, "w", secret())
        .memo(NOTED, &secret())
        .await
        .unwrap();
    handle.signal(TELL, secret()).await.unwrap();
    let answer = handle.update(ASK, secret()).await.unwrap();
    assert_eq!(answer, format!("{SECRET} {SECRET}"));
    let before = found(&database);
    let result = handle.result().await.unwrap().unwrap();
    assert_eq!(
        result,
        format!("{SECRET}, {SECRET}, cannot whisper {SECRET}")
    );
    assert_eq!(
        handle.published(SAID).await.unwrap().as_deref(),
        Some(SECRET)
    );
    assert_eq!(handle.memo(NOTED).await.unwrap().as_deref(), Some(SECRET));
    let steps = handle.steps(0, 100).await.unwrap();
    let failed = steps.iter().flat_map(|step| &step.attempts).next().unwrap();
    assert_eq!(failed.error, format!("cannot keep {SECRET}"));
    let child = client
        .handle::<Result<String, String>>("child")
        .await
        .unwrap();
    assert_eq!(
        child.result().await.unwrap(),
        Err(format!("cannot whisper {SECRET}"))
    );
    assert_eq!(
        child.describe().await.unwrap().summary.error.unwrap(),
        format!("cannot whisper {SECRET}")
    );

    let daily = start_wait(&client, "scheduled", secret());
    let daily = daily.on_schedule(Schedule::every(Duration::from_secs(86_400)));
    let schedule = daily.paused("later").await.unwrap();
    assert_eq!(schedule.describe().await.unwrap().input["secret"], SECRET);
    let after = found(&database);
    worker.stop().await;
    client.close().await.unwrap();
    before.max(after)
}

#[tokio::test]
async fn a_secret_is_nowhere_in_the_files() {
    // The scenario does write it: without codecs it is all over the place.
    assert!(lived(&Codecs::new()).await > 10);
    assert_eq!(lived(&codecs(key_a())).await, 0);
}

#[tokio::test]
async fn a_tool_without_the_keys_says_so_instead() {
    let database = Database::new();
    let worker = database.worker(&codecs(key_a())).await;
    let with = database.connect(&codecs(key_a())).await;
    start_confide(&with, "w", SECRET.to_owned()).await.unwrap();
    let child = async || with.handle::<Result<String, String>>("child").await.ok();
    let child = there(child).await;
    let _ = child.result().await.unwrap();
    let parent = with.handle::<()>("w").await.unwrap();
    let at_last = async || {
        let waiting = parent.describe().await.unwrap().waiting;
        waiting.filter(|waiting| waiting.label == "TELL")
    };
    there(at_last).await;
    worker.stop().await;

    let without = database.connect(&Codecs::new()).await;
    let handle = without.handle::<()>("child").await.unwrap();
    let seen = handle.describe().await.unwrap();
    assert_eq!(seen.input, "(encrypted with key `a`)");
    assert_eq!(seen.output.unwrap(), "(encrypted with key `a`)");
    assert_eq!(
        seen.summary.error.unwrap(),
        "(cannot be shown: encrypted with key `a`)"
    );
    let steps = handle.steps(0, 100).await.unwrap();
    let answers = &steps[0].end.as_ref().unwrap().answers;
    assert_eq!(
        answers[0].answer,
        Answer::Coded("encrypted with key `a`".into())
    );
    let error = handle.result().await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "encrypted with key `a`");
    let parent = without.handle::<()>("w").await.unwrap();
    assert!(parent.inspect().await.unwrap().is_none());
    assert_eq!(
        parent.describe().await.unwrap().waiting.unwrap().label,
        "TELL"
    );
}
