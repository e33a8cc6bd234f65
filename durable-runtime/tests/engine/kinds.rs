//! What a ready-made error knows of the end that it was made from, in whole workflows.

use crate::support::{Behave, Bench, act, bench, client, elsewhere, value};
use crate::{children, terms};
use durable_runtime::ErrorKind;
use durable_runtime::prelude::*;
use durable_runtime::store::Phase;

const GO: Signal<u32> = Signal::new("go");

/// Sends a signal, and stops if that fails.
#[workflow]
async fn tells(to: String) -> Result<(), Error> {
    external(to).signal(GO, 7).await?;
    Ok(())
}

/// Needs what its child gives, and passes on why it gives nothing.
#[workflow]
async fn needs(child: String) -> Result<u32, Error> {
    let minute = Duration::from_secs(60);
    let late = terms::late("timer".to_owned())
        .spawn(child)
        .run_timeout(minute);
    late.await?.await?
}

/// Undoes its step because of an end of this kind, and returns the error as its own.
#[workflow]
async fn undone(kind: String) -> Result<(), Error> {
    let mut saga = Saga::new();
    saga.push(act("undo 1".to_owned()));
    saga.push(act("undo 2".to_owned()));
    let hour = Duration::from_secs(3_600);
    let step = if kind == "late" {
        let slept = timeout(Duration::from_secs(1), sleep(hour)).await;
        slept.map(drop).context("step")
    } else {
        sleep(hour).await.context("step")
    };
    match step {
        Ok(()) => Ok(()),
        Err(error) => Err(saga.compensate(error).await.into()),
    }
}

/// The error of a workflow that was asked to stop before its first await.
async fn stopped(bench: &Bench, id: &str) -> Error {
    let found = elsewhere(bench).handle::<Result<(), Error>>(id).await;
    found.unwrap().cancel("enough").await.unwrap();
    let worker = bench.worker();
    let record = bench.end(id).await;
    worker.stop().await;
    assert_eq!(record.phase, Phase::Cancelled);
    // What it would be if it had ended well does not matter.
    value::<Result<u32, Error>>(&record).unwrap_err()
}

#[tokio::test]
async fn a_start_a_message_and_a_wait_that_are_cancelled_say_so() {
    let bench = bench();
    let client = elsewhere(&bench);
    let child = "child".to_owned();
    children::start_devoted(&client, "starts", child)
        .await
        .unwrap();
    let start = stopped(&bench, "starts").await;
    start_tells(&client, "tells", "starts".to_owned())
        .await
        .unwrap();
    let message = stopped(&bench, "tells").await;
    for error in [start, message] {
        assert!(error.is_cancelled(), "{error:?}");
        assert_eq!(format!("{error:#}"), "the workflow was cancelled");
    }
    // The wait for a child that was started.
    let worker = bench.worker();
    let client = crate::support::client(&bench, &worker);
    let start = children::start_devoted(&client, "w", "other".to_owned());
    let handle = start.await.unwrap();
    bench.until("other", |_| true).await;
    handle.cancel("enough").await.unwrap();
    let error = handle.result().await.unwrap().unwrap_err();
    assert!(error.is_cancelled(), "{error:?}");
    worker.stop().await;
}

#[tokio::test]
async fn a_child_that_took_too_long_is_a_time_out_of_its_parent() {
    let bench = bench();
    let worker = bench.worker();
    let start = start_needs(&client(&bench, &worker), "n", "child".to_owned());
    let error = start.await.unwrap().result().await.unwrap().unwrap_err();
    let text = "child timed out: this run took longer than its run_timeout";
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::TimedOut, text)
    );
    worker.stop().await;
}

#[tokio::test]
async fn a_saga_passes_on_why_it_was_undone() {
    for (kind, expected, cause) in [
        ("late", ErrorKind::TimedOut, "the deadline has elapsed"),
        ("asked", ErrorKind::Cancelled, "the workflow was cancelled"),
    ] {
        let bench = Bench::new(|name, _| match name {
            "undo 2" => Behave::FailForGood,
            _ => Behave::Return,
        });
        let start = start_undone(&elsewhere(&bench), "u", kind.to_owned());
        let handle = start.await.unwrap();
        let error = if kind == "late" {
            let worker = bench.worker();
            let error = handle.result().await.unwrap().unwrap_err();
            worker.stop().await;
            error
        } else {
            stopped(&bench, "u").await
        };
        assert_eq!(error.kind(), expected);
        assert_eq!(error.to_string(), "step (not undone: act: no undo 2)");
        assert!(error.causes().eq([cause]), "{error:?}");
        assert_eq!(bench.names(), ["undo 2", "undo 1"]);
    }
}
