//! A database in a folder, codecs with keys, and a workflow that has a secret everywhere.

use durable_runtime::activity::{heartbeat, heartbeat_details};
use durable_runtime::client::Client;
use durable_runtime::engine::WorkerOptions;
use durable_runtime::operation::{Memo, Published};
use durable_runtime::payload::{Codecs, Encryption, KeyRing, Zstd};
use durable_runtime::prelude::*;
use durable_runtime::store::RunState;
use durable_runtime::{Worker, WorkerLink};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) fn key_a() -> KeyRing {
    KeyRing::new("a", [1; 32])
}

/// `b` encrypts, `a` is from before.
pub(crate) fn key_b_and_a() -> KeyRing {
    KeyRing::new("b", [2; 32]).and("a", [1; 32])
}

pub(crate) fn codecs(keys: KeyRing) -> Codecs {
    Codecs::new()
        .with(Zstd::default().min_bytes(64))
        .with(Encryption::new(keys))
}

/// A database in a folder of its own.
pub(crate) struct Database {
    folder: TempDir,
}

impl Database {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("orders.db")
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A handle as another process would have it.
    pub(crate) async fn connect(&self, codecs: &Codecs) -> Client {
        let url = format!("sqlite://{}", self.path().display());
        Client::connect_with(&url, codecs).await.unwrap()
    }

    /// Changes it behind everybody's back.
    pub(crate) fn sql(&self, sql: &str) -> usize {
        let database = rusqlite::Connection::open(self.path()).unwrap();
        database.execute(sql, []).unwrap()
    }

    /// A worker at work.
    pub(crate) async fn worker(&self, codecs: &Codecs) -> Running {
        let url = format!("sqlite://{}", self.path().display());
        let store = durable_runtime::store::open(&url).await.unwrap();
        let options = WorkerOptions {
            lease: Duration::from_secs(1),
            keep_frames: true,
            ..WorkerOptions::default()
        };
        let worker = Worker::new(codecs.over(store), options);
        let link = worker.link();
        let (stop, stopped) = oneshot::channel();
        let work = worker.run(async {
            let _ = stopped.await;
        });
        let task = tokio::spawn(async { work.await.unwrap() });
        Running { link, stop, task }
    }
}

pub(crate) struct Running {
    #[expect(dead_code, reason = "keeps the way into the worker open")]
    link: WorkerLink,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }

    /// As `kill -9` does.
    pub(crate) async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

pub(crate) const TELL: Signal<String> = Signal::new("tell");
pub(crate) const ASK: Update<String, String> = Update::new("ask");
pub(crate) const SAID: Published<String> = Published::new("said");
pub(crate) const NOTED: Memo<String> = Memo::new("noted");

/// Fails with the secret, after it has noted it; then gives it back.
#[activity(retry(initial = "1ms"))]
async fn keep(secret: String) -> Result<String, String> {
    if heartbeat_details::<String>().is_none() {
        heartbeat(&secret);
        return Err(format!("cannot keep {secret}"));
    }
    Ok(secret)
}

/// Fails with the secret.
#[workflow]
async fn whisper(secret: String) -> Result<String, String> {
    let kept = keep(secret).await.map_err(|error| error.to_string())?;
    Err(format!("cannot whisper {kept}"))
}

/// Has a secret in every place where a value is stored.
#[workflow]
pub(crate) async fn confide(secret: String) -> Result<String, Error> {
    SAID.set(&secret);
    NOTED.set(&secret);
    let kept = keep(secret.clone()).await.map_err(Error::msg)?;
    let child = whisper(kept.clone()).spawn("child").await?;
    let whispered = child.await?.unwrap_err();
    let told = TELL.recv().await?;
    let asked = ASK.recv().await?;
    asked.respond(&format!("{told} {kept}"));
    // Held over an await, so that it is in the checkpoint.
    sleep(Duration::from_millis(1)).await?;
    Ok(format!("{kept}, {told}, {whispered}"))
}

/// Waits for something to be told, with a secret in hand.
#[workflow]
pub(crate) async fn wait(secret: String) -> Result<String, Error> {
    let told = TELL.recv().await?;
    Ok(format!("{secret} {told}"))
}

/// What is asked for again and again until it is there.
pub(crate) async fn there<T>(ask: impl AsyncFn() -> Option<T>) -> T {
    let wait = async {
        loop {
            if let Some(found) = ask().await {
                return found;
            }
            tokio::task::yield_now().await;
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(60), wait).await;
    found.expect("it is there within a minute")
}

/// Waits for a state of a workflow.
pub(crate) async fn until(client: &Client, id: &str, good: impl Fn(&RunState) -> bool) -> RunState {
    let handle = client.handle::<()>(id).await.unwrap();
    let state = async || Some(handle.describe().await.unwrap().summary.state);
    there(async || state().await.filter(&good)).await
}
