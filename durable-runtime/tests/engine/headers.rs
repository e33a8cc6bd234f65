//! Headers go along with a workflow, spans are opened for what it does, and large values are
//! warned about.

use crate::support::{Bench, Running, act, bench, leased, options};
use durable_runtime::Client;
use durable_runtime::clock::Clock;
use durable_runtime::codec;
use durable_runtime::engine::{Worker, WorkerOptions};
use durable_runtime::prelude::*;
use durable_runtime::propagation::{Headers, Propagator};
use durable_runtime::registry::{ActivityContext, AttemptEnd};
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::format::FmtSpan;

/// Calls one activity.
#[workflow]
async fn fetch(name: String) -> Result<String, String> {
    act(name).await.map_err(|error| error.to_string())
}

/// Calls, has a child, sleeps for an hour, and does it again as another run.
#[workflow]
async fn errand(first: bool) -> Result<(), Error> {
    act("own".to_owned()).await.map_err(Error::msg)?;
    let child = fetch("child".to_owned()).spawn(format!("child-{first}"));
    child.await?.await?.map_err(Error::msg)?;
    sleep(Duration::from_secs(3_600)).await?;
    if first {
        return continue_as_new(errand(false)).await;
    }
    Ok(())
}

/// Says who has injected.
#[derive(Debug)]
struct By(&'static str);

impl Propagator for By {
    fn inject(&self, headers: &mut Headers) {
        headers.insert(format!("by-{}", self.0), "yes".to_owned());
    }
}

#[derive(Debug)]
struct Panics;

impl Propagator for Panics {
    fn inject(&self, headers: &mut Headers) {
        headers.clear();
        panic!("oh");
    }

    fn link(&self, _: &tracing::Span, _: &Headers) {
        panic!("no");
    }
}

type Seen = Arc<Mutex<Vec<(String, u32, Headers)>>>;

/// A worker that fails each first attempt, and notes the headers of all.
fn worker(bench: &Bench, options: WorkerOptions, seen: &Seen) -> Running {
    let seen = seen.clone();
    let body = Arc::new(move |context: ActivityContext, args: &[u8]| {
        let name: String = codec::Args::open(args)?.get("name")?;
        let (attempt, headers) = (context.attempt, (*context.headers).clone());
        seen.lock().unwrap().push((name.clone(), attempt, headers));
        Ok(Box::pin(async move {
            if attempt == 1 {
                let error = codec::encode("no").unwrap();
                return AttemptEnd::failed(error, true, "no".to_owned());
            }
            AttemptEnd::returned(codec::encode(&name).unwrap())
        }) as _)
    });
    let worker = Worker::new(bench.store.clone(), options)
        .registry(bench.registry().with_activity_fn("act", body))
        .clock(Arc::new(bench.clock.clone()))
        .propagator(By("worker"))
        .propagator(Panics);
    Running::new(worker)
}

fn client(bench: &Bench) -> Client {
    Client::new(bench.store.clone())
        .propagator(By("client"))
        .propagator(Panics)
        .clock(Arc::new(bench.clock.clone()))
}

#[tokio::test]
async fn headers_reach_every_attempt_child_and_run_through_a_crash() {
    let (bench, seen) = (bench(), Seen::default());
    let first = worker(&bench, leased(), &seen);
    let guard = bench.clock.busy();
    let start = start_errand(&client(&bench), "w", true).header("tenant", "acme");
    let handle = start.await.unwrap();
    drop(guard);
    // Killed while the workflow sleeps or works.
    while seen.lock().unwrap().len() < 3 {
        tokio::task::yield_now().await;
    }
    first.kill().await;
    bench.pass(leased().lease * 2).await;
    let second = worker(&bench, options(), &seen);
    handle.result().await.unwrap().unwrap();
    second.stop().await;

    let of = |all: &[&str]| -> Headers {
        let yes = all
            .iter()
            .map(|name| (format!("by-{name}"), "yes".to_owned()));
        yes.chain([("tenant".to_owned(), "acme".to_owned())])
            .collect()
    };
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    // Own and child, in two runs, with two attempts each at least.
    assert!(seen.len() >= 8, "{seen:?}");
    for (name, attempt, headers) in &seen {
        assert_eq!(*headers, of(&["client", "worker"]), "{name} {attempt}");
    }
    // What the worker knows of an attempt is not the workflow's.
    let client = client(&bench);
    for id in ["w", "child-true", "child-false"] {
        let kept = client
            .handle::<()>(id)
            .await
            .unwrap()
            .describe()
            .await
            .unwrap();
        assert_eq!(kept.summary.headers, of(&["client"]), "{id}");
    }
}

#[tokio::test]
async fn a_header_means_nothing_in_a_schedule() {
    let bench = bench();
    let start = start_fetch(&client(&bench), "s", "x".to_owned()).header("a", "b");
    let error = start
        .on_schedule(durable_runtime::Schedule::cron("@daily"))
        .await;
    assert!(error.unwrap_err().to_string().contains("a header"));
}

/// What is logged, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn spans_say_whose_they_are_and_large_values_are_warned_about() {
    const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_span_events(FmtSpan::NEW)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // With one subscriber alone, a place in the code that a test beside this one reaches first
    // would count as switched off for good.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _guard = tracing::subscriber::set_default(subscriber);

    let (bench, seen) = (bench(), Seen::default());
    let small = WorkerOptions {
        payload_warn_bytes: 8,
        ..options()
    };
    let worker = worker(&bench, small, &seen);
    worker.ready().await;
    let client = worker.client(&bench).clock(Arc::new(bench.clock.clone()));
    let start = start_fetch(&client, "w", "long enough".to_owned());
    let handle = start.header("traceparent", TRACE).await.unwrap();
    handle.result().await.unwrap().unwrap();
    worker.stop().await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let run = handle.run();
    let of = format!(r#"workflow="fetch" id=w run={run}"#);
    for (span, first) in [
        ("start", r#"workflow="fetch" id="w""#.to_owned()),
        ("workflow step", of.clone()),
        (
            "activity attempt",
            format!(r#"activity="act" attempt=1 {of}"#),
        ),
        (
            "activity attempt",
            format!(r#"activity="act" attempt=2 {of}"#),
        ),
    ] {
        let opened = format!("{span}{{{first}");
        let line = log.lines().find(|line| line.contains(&opened));
        let line = line.unwrap_or_else(|| panic!("{opened}\n{log}"));
        assert!(line.contains("INFO"), "{line}");
    }
    let warned: Vec<_> = log
        .lines()
        .filter(|line| line.contains("is large"))
        .collect();
    assert!(
        warned.iter().any(|line| line.contains("an input is large")),
        "{log}"
    );
    assert!(
        warned
            .iter()
            .any(|line| line.contains("a return value is large")),
        "{log}"
    );
    assert!(log.contains("a propagator panicked"), "{log}");
}
