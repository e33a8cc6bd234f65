//! Activities that are methods of a value, and activities that block their thread.

use super::linked;
use crate::support::Running;
use crate::support::{bench, client, elsewhere, is_blocked, on_sqlite, options, reason};
use durable_runtime::activity;
use durable_runtime::operation::{ActivityCall, ActivityError};
use durable_runtime::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A client of a service, as a pool or an HTTP client is one.
pub(crate) struct Payments {
    currency: &'static str,
    charged: AtomicU32,
}

impl Payments {
    pub(crate) fn new(currency: &'static str) -> Self {
        let charged = AtomicU32::new(0);
        Self { currency, charged }
    }
}

#[activities]
impl Payments {
    const LIMIT: u32 = 1_000;

    /// Charges so much, at the second attempt.
    #[activity(retry(jitter = 0.0, non_retryable = |error: &String| error == "too much"))]
    async fn charge(&self, amount: u32, note: &str) -> Result<String, String> {
        self.checked(amount)?;
        if self.charged.fetch_add(amount, Ordering::SeqCst) == 0 {
            return Err("busy".to_owned());
        }
        Ok(format!("{amount} {} {note}", self.currency))
    }

    /// `Self` is a name for the type in a signature, too.
    #[durable_runtime::activity(name = "payments.file", blocking)]
    pub(crate) fn file(&self, Folder(folder): <Self as Files>::Folder) -> PathBuf {
        assert!(
            activity::context().is_some(),
            "the thread belongs to the attempt"
        );
        activity::heartbeat(&1_u8);
        folder.join(self.currency)
    }

    fn checked(&self, amount: u32) -> Result<(), String> {
        if self.charged.load(Ordering::SeqCst) + amount > Self::LIMIT {
            Err("too much".to_owned())
        } else {
            Ok(())
        }
    }
}

trait Files {
    type Folder;
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Folder(PathBuf);

impl Files for Payments {
    type Folder = Folder;
}

#[workflow]
async fn pays(amount: u32) -> Result<String, Error> {
    let note = "thanks".to_owned();
    let paid = Payments::charge(amount, &note).await.map_err(Error::msg)?;
    let file = Payments::file(Folder("/tmp".into())).await?;
    Ok(format!("{paid} {}", file.display()))
}

#[tokio::test]
async fn a_method_runs_on_the_value_that_the_worker_was_given() {
    let bench = bench();
    let worker = bench.prepare(&options()).registry(linked());
    let worker = Running::new(worker.with(Payments::new("EUR")));
    worker.ready().await;
    let client = client(&bench, &worker);
    let handle = start_pays(&client, "pays", 5).await.unwrap();
    assert_eq!(
        handle.result().await.unwrap().unwrap(),
        "5 EUR thanks /tmp/EUR"
    );
    // Both attempts saw one value.
    assert_eq!(bench.attempts("pays").await.len(), 1);
    let handle = start_pays(&client, "too much", 5_000).await.unwrap();
    let error = handle.result().await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "too much");
    assert_eq!(bench.attempts("too much").await.len(), 1);
    worker.stop().await;
}

#[tokio::test]
async fn a_worker_without_a_value_of_its_methods_does_not_begin() {
    let bench = bench();
    let worker = bench.prepare(&options()).registry(linked());
    let error = worker.run(std::future::pending()).await.unwrap_err();
    let (ty, text) = (std::any::type_name::<Payments>(), error.to_string());
    let expected = format!(
        "the activities `Payments.charge`, `payments.file` of this binary are methods of `{ty}`, \
         and the worker has no such value: give it one by `.with(…)`, or say by \
         `.without::<{ty}>()` that it runs none of them"
    );
    assert_eq!(text, expected);
    // Unless that is said to be right: then the call is blocked, and says why.
    let worker = bench.prepare(&options()).registry(linked());
    let worker = Running::new(worker.without::<Payments>());
    worker.ready().await;
    let client = client(&bench, &worker);
    start_pays(&client, "elsewhere", 5).await.unwrap();
    let record = bench.until("elsewhere", is_blocked).await;
    assert_eq!(
        reason(&record),
        "this worker has no activity `Payments.charge`"
    );
    worker.stop().await;
}

#[tokio::test]
async fn a_method_is_tested_on_a_value_of_its_own() {
    let payments = Arc::new(Payments::new("USD"));
    let call = || Payments::charge(7, "hello");
    let first: ActivityCall<String, String> = call();
    let failed = first.call_on(payments.clone()).await;
    assert_eq!(failed, Err(ActivityError::Failed("busy".to_owned())));
    let paid = call().call_on(payments.clone()).await;
    assert_eq!(paid.unwrap(), "7 USD hello");
    let nowhere = call().call().await.unwrap_err();
    assert!(format!("{nowhere:?}").contains("give it one by `call_on`"));
}

/// Reads a file as any other code does.
#[activity(blocking, retry(max_attempts = 2, jitter = 0.0))]
fn reads(path: &Path) -> Result<usize, String> {
    let text = std::fs::read(path).map_err(|error| error.kind().to_string())?;
    Ok(text.len())
}

/// Blocks its thread until it is told to stop, or fails.
#[activity(blocking, start_to_close = "5s", retry(max_attempts = 2, jitter = 0.0))]
fn stubborn(panics: bool) -> u32 {
    assert!(!panics, "oh no");
    let cancelled = activity::cancellation();
    while !cancelled.is_cancelled() {
        std::thread::yield_now();
    }
    LEFT.fetch_add(1, Ordering::SeqCst)
}

static LEFT: AtomicU32 = AtomicU32::new(0);

#[workflow]
async fn blocks(path: PathBuf) -> Result<usize, ActivityError<String>> {
    reads(&path).await
}

#[workflow]
async fn blocks_for_ever(
    panics: bool,
) -> Result<u32, ActivityError<durable_runtime::operation::Infallible>> {
    stubborn(panics).await
}

#[tokio::test]
async fn a_blocking_body_has_a_thread_of_its_own() {
    let bench = bench();
    let worker = bench.prepare(&options()).registry(linked());
    let worker = Running::new(worker.without::<Payments>());
    worker.ready().await;
    let client = client(&bench, &worker);
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let handle = start_blocks(&client, "reads", here).await.unwrap();
    assert!(handle.result().await.unwrap().unwrap() > 100);
    let handle = start_blocks(&client, "missing", "/no/such/file".into()).await;
    let failed = handle.unwrap().result().await.unwrap();
    let missing = Err(ActivityError::Failed("entity not found".to_owned()));
    assert_eq!(failed, missing);
    let handle = start_blocks_for_ever(&client, "panics", true)
        .await
        .unwrap();
    let panicked = handle.result().await.unwrap().unwrap_err();
    assert!(matches!(panicked, ActivityError::Panicked(text) if text.0 == "oh no"));
    // This runtime has one thread: others work beside the one that blocks.
    let stubborn = start_blocks_for_ever(&client, "stubborn", false)
        .await
        .unwrap();
    let handle = start_blocks(&client, "beside", "/no/such/file".into()).await;
    stubborn.cancel("enough").await.unwrap();
    assert_eq!(
        stubborn.result().await.unwrap(),
        Err(ActivityError::Cancelled)
    );
    drop(handle);
    while LEFT.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    worker.stop().await;
}

/// The store of a file reads on threads that the runtime lends out, of which this one has a single one.
#[test]
fn bodies_that_block_keep_no_thread_from_the_store() {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().max_blocking_threads(1).build();
    runtime.unwrap().block_on(async {
        let (bench, _folder) = on_sqlite(bench()).await;
        let worker = bench.prepare(&options()).registry(linked());
        let worker = Running::new(worker.without::<Payments>());
        let client = elsewhere(&bench);
        let mut all = Vec::new();
        for id in ["one", "two", "three"] {
            let started = start_blocks_for_ever(&client, id, false).await;
            all.push(started.unwrap());
        }
        for handle in all {
            handle.cancel("enough").await.unwrap();
            let ended = handle.result().await.unwrap();
            assert_eq!(ended, Err(ActivityError::Cancelled));
        }
        worker.stop().await;
    });
}
