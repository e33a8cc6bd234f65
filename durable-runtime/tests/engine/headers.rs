//! Headers go along with a workflow, spans are opened for what it does, and large values are
//! warned about.

use crate::support::{Bench, Running, act, bench, leased, options};
use durable_runtime::Client;
use durable_runtime::clock::Clock;
use durable_runtime::codec;
use durable_runtime::engine::{Worker, WorkerOptions};
use durable_runtime::prelude::*;
use durable_runtime::propagation::{Headers, Propagator, TRACEPARENT};
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

/// The name of a span, and the trace that it was linked to.
type Linked = (&'static str, Option<String>);

/// Says which spans were linked to which trace.
#[derive(Clone, Debug, Default)]
struct Links(Arc<Mutex<Vec<Linked>>>);

impl Propagator for Links {
    fn inject(&self, headers: &mut Headers) {
        headers.insert(TRACEPARENT.to_owned(), TRACE.to_owned());
    }

    fn link(&self, span: &tracing::Span, headers: &Headers) {
        let name = span.metadata().map_or("off", tracing::Metadata::name);
        let trace = headers.get(TRACEPARENT).cloned();
        self.0.lock().unwrap().push((name, trace));
    }
}

/// The client and the worker share nothing but the store: the trace goes through it.
#[tokio::test]
async fn a_trace_reaches_the_spans_of_another_process() {
    let log = Log::default();
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _guard = tracing::subscriber::set_default(log.clone().subscriber());
    let bench = bench();
    let client = Client::new(bench.store.clone())
        .propagator(Links::default())
        .clock(Arc::new(bench.clock.clone()));
    let handle = start_fetch(&client, "w", "x".to_owned()).await.unwrap();
    let links = Links::default();
    let body = bench.body();
    let worker = Worker::new(bench.store.clone(), options())
        .registry(bench.registry().with_activity_fn("act", body))
        .clock(Arc::new(bench.clock.clone()))
        .propagator(LinksOnly(links.clone()));
    let worker = Running::new(worker);
    handle.result().await.unwrap().unwrap();
    worker.stop().await;

    let linked = std::mem::take(&mut *links.0.lock().unwrap());
    for name in ["workflow step", "activity attempt"] {
        let expected = (name, Some(TRACE.to_owned()));
        assert!(linked.contains(&expected), "{name}: {linked:?}");
    }
    let log = log.text();
    for name in ["start", "workflow step", "activity attempt"] {
        let of_trace = |line: &&str| line.contains(name) && line.contains(TRACE);
        assert!(log.lines().any(|line| of_trace(&line)), "{name}\n{log}");
    }
}

/// Links, and adds nothing.
#[derive(Debug)]
struct LinksOnly(Links);

impl Propagator for LinksOnly {
    fn inject(&self, _: &mut Headers) {}

    fn link(&self, span: &tracing::Span, headers: &Headers) {
        self.0.link(span, headers);
    }
}

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// What is logged, as text.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Writes each new span, and each field that it gets later.
    pub(crate) fn subscriber(self) -> impl tracing::Subscriber + Send + Sync {
        tracing_subscriber::fmt()
            .with_span_events(FmtSpan::NEW | FmtSpan::CLOSE)
            .with_ansi(false)
            .with_writer(move || self.clone())
            .finish()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

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
    let log = Log::default();
    let subscriber = log.clone().subscriber();
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

    let log = log.text();
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
