//! A binary with two activities of one name: every way into it is refused before anything runs.
//!
//! Called with `DURABLE_TEST_APP` it is the application, else the test.

use durable_runtime::engine::WorkerError;
use durable_runtime::prelude::*;
use durable_runtime::registry::{Registry, workflow};
use durable_runtime::store::{MemoryStore, Store};
use durable_runtime::{StartError, Worker, WorkerOptions};
use std::process::{Command, ExitCode};
use std::sync::Arc;

mod shop {
    use durable_runtime::prelude::*;

    #[activity]
    pub async fn charge(cents: u64) -> u64 {
        cents
    }
}

mod bank {
    use durable_runtime::prelude::*;

    #[activity]
    pub async fn charge(cents: u64) -> u64 {
        cents + 1
    }
}

#[workflow]
async fn pay(cents: u64) -> u64 {
    let first = shop::charge(cents).await.unwrap_or(0);
    bank::charge(first).await.unwrap_or(0)
}

#[workflow]
async fn nothing() -> u64 {
    7
}

const WORDS: [&str; 4] = [
    "two activities of this binary are called `charge` (",
    "two_of_one_name.rs:17 and ",
    "two_of_one_name.rs:26); ",
    "give one of them another name: #[activity(name = \"…\")]",
];

#[track_caller]
fn says_both(text: &str) {
    // The linker decides which of them comes first.
    let in_order = WORDS.iter().all(|part| text.contains(part));
    let swapped = text.contains(".rs:26 and ") && text.contains(".rs:17); ");
    let ends = text.contains(WORDS[0]) && text.contains(WORDS[3]);
    assert!(in_order || (swapped && ends), "{text}");
}

fn main() -> ExitCode {
    if std::env::var_os("DURABLE_TEST_APP").is_some() {
        return durable_runtime::main();
    }
    the_command_line_refuses();
    println!("test the_command_line_refuses ... ok");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(the_library_refuses());
    println!("test the_library_refuses ... ok");
    runtime.block_on(a_registry_of_ones_own_is_enough());
    println!("test a_registry_of_ones_own_is_enough ... ok");
    ExitCode::SUCCESS
}

fn the_command_line_refuses() {
    let folder = tempfile::tempdir().expect("a folder");
    for args in [
        &["worker"][..],
        &["start", "pay", "--id", "order-1", "--input", "5"],
        &["check"],
        &["list"],
    ] {
        let mut app = Command::new(std::env::current_exe().expect("this program"));
        app.current_dir(folder.path()).args(args);
        app.env("DURABLE_TEST_APP", "1").env_remove("DURABLE_STORE");
        let output = app.output().expect("it runs");
        assert_eq!(output.status.code(), Some(1), "{args:?}: {output:?}");
        says_both(&String::from_utf8_lossy(&output.stderr));
    }
    let left = std::fs::read_dir(folder.path())
        .expect("the folder")
        .count();
    assert_eq!(left, 0, "nothing was created");
}

async fn the_library_refuses() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let worker = Worker::new(store, WorkerOptions::default());
    let client = worker.client();
    let error = start_pay(&client, "order-1", 5).await;
    let error = error.expect_err("nobody could run it");
    assert!(matches!(error, StartError::Ambiguous(_)), "{error:?}");
    says_both(&error.to_string());
    let ended = worker.run(std::future::pending()).await;
    let error = ended.expect_err("it cannot tell what to run");
    assert!(matches!(error, WorkerError::Ambiguous(_)), "{error:?}");
    says_both(&error.to_string());
    // Also when the worker was tried first.
    assert!(start_pay(&client, "order-1", 5).await.is_err());
}

async fn a_registry_of_ones_own_is_enough() {
    let nothing = workflow("nothing").expect("linked");
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let worker = Worker::new(store, WorkerOptions::default());
    let worker = worker.registry(Registry::new().with_workflow(nothing));
    let client = worker.client();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let result = async {
        let handle = start_nothing(&client, "n").await.expect("it starts");
        let result = handle.result().await;
        drop(stop);
        result
    };
    let shutdown = async {
        let _ = stopped.await;
    };
    let (ended, result) = tokio::join!(worker.run(shutdown), result);
    assert_eq!((ended, result), (Ok(()), Ok(7)));
}
