//! Interceptors: around attempts and before starts.

use crate::support::{
    Behave, Bench, Running, act, bench, call, elsewhere, options, output, reason,
};
use durable_runtime::interception::{ActivityInterceptor, Attempt, Ended, Next};
use durable_runtime::interception::{StartInterceptor, Starting};
use durable_runtime::operation::{ActivityError, Memo, SearchKey};
use durable_runtime::prelude::*;
use durable_runtime::registry::{ActivityContext, AttemptEnd};
use durable_runtime::{Error, Schedule, StartError, activity, codec};
use serde_json::json;
use std::sync::{Arc, Mutex};

type Log = Arc<Mutex<Vec<String>>>;

/// Says when it begins and ends.
#[derive(Debug)]
struct Says(&'static str, Log);

impl Says {
    fn say(&self, what: impl std::fmt::Display) {
        self.1.lock().unwrap().push(format!("{} {what}", self.0));
    }
}

impl ActivityInterceptor for Says {
    async fn execute(&self, attempt: Attempt<'_>, next: Next<'_>) -> Ended {
        let (number, input) = (attempt.context().attempt, attempt.input().unwrap());
        self.say(format!("{} {number} {input}", attempt.activity()));
        let ended = next.run(attempt).await;
        let output = ended
            .output()
            .map_or_else(String::new, |value| value.to_string());
        self.say(format!("{} {output}", ended.error().unwrap_or("ok")));
        ended
    }
}

fn said(log: &Log) -> Vec<String> {
    std::mem::take(&mut *log.lock().unwrap())
}

fn worker(bench: &Bench, interceptor: impl ActivityInterceptor) -> Running {
    Running::new(bench.prepare(&options()).intercept_activities(interceptor))
}

#[tokio::test]
async fn interceptors_stand_around_each_attempt_the_first_outside() {
    let log = Log::default();
    let bench = Bench::new(|_, attempt| match attempt {
        1 => Behave::Fail,
        2 => Behave::Panic,
        _ => Behave::Return,
    });
    bench.start("s", &[call("a")]).await;
    let worker = bench
        .prepare(&options())
        .intercept_activities(Says("out", log.clone()))
        .intercept_activities(Says("in", log.clone()));
    let worker = Running::new(worker);
    assert_eq!(output(&bench.end("s").await).unwrap(), ["a"]);
    worker.stop().await;
    assert_eq!(
        said(&log),
        [
            r#"out act 1 {"name":"a"}"#,
            r#"in act 1 {"name":"a"}"#,
            r#"in no a "no a""#,
            r#"out no a "no a""#,
            r#"out act 2 {"name":"a"}"#,
            r#"in act 2 {"name":"a"}"#,
            "in oh a ",
            "out oh a ",
            r#"out act 3 {"name":"a"}"#,
            r#"in act 3 {"name":"a"}"#,
            r#"in ok "a""#,
            r#"out ok "a""#,
        ]
    );
}

tokio::task_local! {
    static TENANT: String;
}

/// Sets up what the body finds.
#[derive(Debug)]
struct Prepares;

impl ActivityInterceptor for Prepares {
    async fn execute(&self, mut attempt: Attempt<'_>, next: Next<'_>) -> Ended {
        let key = attempt.context().idempotency_key.clone();
        attempt.headers_mut().insert("key".into(), key);
        TENANT.scope("acme".to_owned(), next.run(attempt)).await
    }
}

#[tokio::test]
async fn the_body_finds_what_an_interceptor_has_set_up() {
    let bench = bench();
    bench.start("s", &[call("a")]).await;
    let found = Log::default();
    let notes = found.clone();
    let body = Arc::new(move |context: ActivityContext, _: &[u8]| {
        let notes = notes.clone();
        Ok(Box::pin(async move {
            let own = activity::context().unwrap();
            assert_eq!(own.headers, context.headers);
            assert_eq!(own.headers["key"], own.idempotency_key);
            let tenant = TENANT.with(Clone::clone);
            notes.lock().unwrap().push(tenant);
            AttemptEnd::returned(codec::encode("done").unwrap())
        }) as _)
    });
    let registry = bench.registry().with_activity_fn("act", body);
    let worker = bench.prepare(&options()).registry(registry);
    let worker = Running::new(worker.intercept_activities(Prepares));
    assert_eq!(output(&bench.end("s").await).unwrap(), ["done"]);
    worker.stop().await;
    assert_eq!(said(&found), ["acme"]);
}

/// Refuses the first attempt, or all.
#[derive(Debug)]
struct Refuses {
    for_good: bool,
}

impl ActivityInterceptor for Refuses {
    async fn execute(&self, attempt: Attempt<'_>, next: Next<'_>) -> Ended {
        match attempt.context().attempt {
            _ if self.for_good => Ended::refused("closed").for_good(),
            1 => Ended::refused("not yet"),
            _ => next.run(attempt).await,
        }
    }
}

#[tokio::test]
async fn a_refusal_is_a_failed_attempt() {
    let bench = bench();
    bench.start("s", &[call("a")]).await;
    let gate = worker(&bench, Refuses { for_good: false });
    assert_eq!(output(&bench.end("s").await).unwrap(), ["a"]);
    gate.stop().await;
    // The body ran once, after the pause.
    assert_eq!(bench.seen(), [("a".to_owned(), 2, 1_000)]);

    bench.start("t", &[call("b")]).await;
    let gate = worker(&bench, Refuses { for_good: true });
    bench.end("t").await;
    gate.stop().await;
    assert_eq!(bench.names(), ["a"]);
    let steps = bench.steps("t").await;
    let answers: Vec<_> = steps
        .iter()
        .filter_map(|step| step.result.clone())
        .collect();
    let text = format!("{:?}", codec::to_json(&answers[0]).unwrap());
    assert!(text.contains("refused: closed"), "{text}");
    let error = output(&bench.end("t").await).unwrap_err();
    assert_eq!(error, "the activity panicked");
}

/// Takes no failure as one that passes.
#[derive(Debug)]
struct Impatient;

impl ActivityInterceptor for Impatient {
    async fn execute(&self, attempt: Attempt<'_>, next: Next<'_>) -> Ended {
        next.run(attempt).await.for_good()
    }
}

#[tokio::test]
async fn a_failure_is_made_one_for_good() {
    let bench = Bench::new(|name, _| match name {
        "a" => Behave::Return,
        "b" => Behave::Fail,
        _ => Behave::Panic,
    });
    bench.start("s", &[call("a"), call("b")]).await;
    bench.start("t", &[call("c")]).await;
    let worker = worker(&bench, Impatient);
    assert_eq!(output(&bench.end("s").await).unwrap_err(), "no b");
    assert_eq!(
        output(&bench.end("t").await).unwrap_err(),
        "the activity panicked"
    );
    worker.stop().await;
    assert_eq!(bench.names().len(), 3);
}

/// Panics around the body, before or after it.
#[derive(Debug)]
struct Panics {
    at_once: bool,
}

impl ActivityInterceptor for Panics {
    async fn execute(&self, attempt: Attempt<'_>, next: Next<'_>) -> Ended {
        let first = attempt.context().attempt == 1;
        assert!(!(first && self.at_once), "no");
        let ended = next.run(attempt).await;
        assert!(!first, "no, not after it either");
        ended
    }
}

#[tokio::test]
async fn a_panic_of_an_interceptor_is_one_of_the_attempt() {
    for (at_once, runs) in [(true, 1), (false, 2)] {
        let bench = bench();
        bench.start("s", &[call("a")]).await;
        let worker = worker(&bench, Panics { at_once });
        assert_eq!(output(&bench.end("s").await).unwrap(), ["a"]);
        worker.stop().await;
        assert_eq!(bench.names().len(), runs);
    }
}

/// Takes its time before the body, and notes when it is dropped.
#[derive(Debug)]
struct Slow(Log);

impl ActivityInterceptor for Slow {
    async fn execute(&self, attempt: Attempt<'_>, next: Next<'_>) -> Ended {
        struct Dropped<'a>(&'a Log);
        impl Drop for Dropped<'_> {
            fn drop(&mut self) {
                self.0.lock().unwrap().push("dropped".to_owned());
            }
        }
        let _dropped = Dropped(&self.0);
        if attempt.context().attempt == 1 {
            activity::sleep(Duration::from_secs(3_600)).await;
        }
        next.run(attempt).await
    }
}

#[tokio::test]
async fn a_time_out_counts_in_an_interceptor_and_drops_it() {
    let (bench, log) = (bench(), Log::default());
    bench.start("s", &[call("a")]).await;
    let worker = worker(&bench, Slow(log.clone()));
    assert_eq!(output(&bench.end("s").await).unwrap(), ["a"]);
    worker.stop().await;
    // A minute and the first pause.
    assert_eq!(bench.seen(), [("a".to_owned(), 2, 61_000)]);
    assert_eq!(said(&log), ["dropped", "dropped"]);
}

#[tokio::test]
async fn arguments_that_do_not_decode_block_behind_an_interceptor_too() {
    let (bench, log) = (bench(), Log::default());
    bench.start("s", &[call("a")]).await;
    let body = Arc::new(|_: ActivityContext, args: &[u8]| {
        let _: u64 = codec::Args::open(args)?.get("name")?;
        unreachable!("it is no number")
    });
    let registry = bench.registry().with_activity_fn("act", body);
    let worker = bench.prepare(&options()).registry(registry);
    let worker = Running::new(worker.intercept_activities(Says("i", log.clone())));
    let blocked = bench.until("s", crate::support::is_blocked).await;
    assert!(
        reason(&blocked).contains("activity act"),
        "{}",
        reason(&blocked)
    );
    worker.stop().await;
}

/// Awaits one activity.
#[workflow]
async fn asks(name: String) -> Result<String, ActivityError<String>> {
    act(name).await
}

const GO: Signal<()> = Signal::new("go");
const NOTE: Memo<String> = Memo::new("note");
const TEAM: SearchKey<String> = SearchKey::new("team");

/// Lets nothing begin without a tenant, and notes whose it is.
#[derive(Debug)]
struct OfTenants(Log);

impl StartInterceptor for OfTenants {
    fn start(&self, start: &mut Starting<'_>) -> Result<(), Error> {
        let (workflow, id, queue) = (start.workflow(), start.id(), start.queue());
        let line = format!("{workflow} {id} {queue} {}", start.input()?);
        self.0.lock().unwrap().push(line);
        let Some(tenant) = start.headers().get("tenant").cloned() else {
            return Err(Error::msg("a start needs a tenant"));
        };
        assert_ne!(tenant, "evil", "no");
        start.headers_mut().insert("seen".into(), "yes".into());
        start.memo(NOTE, &format!("of {tenant}"))?;
        start.attribute(TEAM, tenant);
        Ok(())
    }
}

/// Comes after it.
#[derive(Debug)]
struct Second(Log);

impl StartInterceptor for Second {
    fn start(&self, start: &mut Starting<'_>) -> Result<(), Error> {
        let seen = start.headers().contains_key("seen");
        self.0.lock().unwrap().push(format!("second {seen}"));
        Ok(())
    }
}

#[tokio::test]
async fn a_start_is_looked_at_changed_or_refused() {
    let (bench, log) = (bench(), Log::default());
    let client = elsewhere(&bench)
        .intercept_starts(OfTenants(log.clone()))
        .intercept_starts(Second(log.clone()));
    let start = || start_asks(&client, "s", "a".to_owned());
    let refused = start().await.unwrap_err();
    assert!(matches!(refused, StartError::Refused(_)));
    assert_eq!(
        refused.to_string(),
        "the start was refused: a start needs a tenant"
    );
    let panicked = start().header("tenant", "evil").await.unwrap_err();
    assert!(
        panicked
            .to_string()
            .contains("an interceptor of starts panicked"),
        "{panicked}"
    );
    assert!(
        client.handle::<()>("s").await.is_err(),
        "nothing was started"
    );
    said(&log);

    let handle = start().header("tenant", "acme").queue("q").await.unwrap();
    assert_eq!(said(&log), [r#"asks s q {"name":"a"}"#, "second true"]);
    let summary = handle.describe().await.unwrap().summary;
    assert_eq!(
        json!(summary.headers),
        json!({"seen": "yes", "tenant": "acme"})
    );
    assert_eq!(handle.memo(NOTE).await.unwrap().as_deref(), Some("of acme"));
    assert_eq!(
        client.find(TEAM.eq("acme")).await.unwrap().workflows.len(),
        1
    );
    // With a signal, and on a schedule.
    let refused = start_asks(&client, "t", "a".into())
        .with_signal(GO, ())
        .await;
    assert!(
        matches!(refused, Err(StartError::Refused(_))),
        "{refused:?}"
    );
    let daily = start_asks(&client, "d", "a".into()).on_schedule(Schedule::cron("@daily"));
    let error = daily.await.unwrap_err().to_string();
    assert_eq!(error, "the start was refused: a start needs a tenant");
}
