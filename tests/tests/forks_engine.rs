//! Branches on a real worker: several activities and timers of one run under way at once.

#![allow(clippy::unused_async, reason = "activities of tests")]

use durable_runtime::prelude::*;

#[activity(retry(max_attempts = 1))]
async fn square(n: u64) -> Result<u64, String> {
    if n == 13 {
        Err("unlucky".to_owned())
    } else {
        Ok(n * n)
    }
}

#[workflow]
async fn squares(n: u64) -> Result<Vec<u64>, Error> {
    let mut out = Vec::new();
    let (a, b) = try_join!(
        async {
            for i in 0..n {
                out.push(square(i).await.map_err(Error::msg)?);
            }
            Ok::<_, Error>(n)
        },
        async {
            sleep(Duration::from_millis(1)).await?;
            square(n).await.map_err(Error::msg)
        },
    )?;
    out.extend([a, b]);
    Ok(out)
}

#[workflow]
async fn first(n: u64) -> Result<u64, Error> {
    let mut rounds = 0;
    select! {
        Ok(square) = async {
            rounds += 1;
            square(n).await.ok();
            square(n + 1).await
        } => Ok(square + rounds),
        _ = sleep(Duration::from_secs(3_600)) => Err(Error::msg("an hour has passed")),
    }
}

async fn worked<T, F: Future<Output = T>>(test: impl FnOnce(Client) -> F) -> T {
    let store = durable_runtime::store::open("memory://")
        .await
        .expect("a store");
    let worker = durable_runtime::Worker::new(store, durable_runtime::WorkerOptions::default());
    let client = worker.client();
    let run = tokio::spawn(worker.run(std::future::pending()));
    let out = test(client).await;
    run.abort();
    out
}

#[tokio::test]
async fn operations_of_branches_run_at_once() {
    worked(|client| async move {
        let handle = start_squares(&client, "a", 4).await.expect("started");
        let squares = handle.result().await.expect("a result").expect("squares");
        assert_eq!(squares, [0, 1, 4, 9, 4, 16]);

        let handle = start_squares(&client, "b", 13).await.expect("started");
        let error = handle
            .result()
            .await
            .expect("a result")
            .expect_err("13 fails");
        assert!(error.to_string().contains("unlucky"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_loser_is_given_up() {
    worked(|client| async move {
        let handle = start_first(&client, "a", 3).await.expect("started");
        assert_eq!(
            handle.result().await.expect("a result").expect("a square"),
            17
        );
    })
    .await;
}
