//! Supervision of real processes: small shell scripts.

use super::backoff::Policy;
use super::process::{Event, Order};
use super::{Plan, supervise};
use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;
use tokio::sync::mpsc;

const SIGTERM: i32 = 15;
const SIGKILL: i32 = 9;

/// A script that says "ready" and then waits for a signal.
const PATIENT: &str = "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
/// The same, deaf to requests.
const DEAF: &str = "trap '' TERM; echo ready; while :; do sleep 0.05; done";

struct Supervised {
    task: tokio::task::JoinHandle<Result<(), String>>,
    requests: mpsc::UnboundedSender<&'static str>,
    events: mpsc::UnboundedReceiver<Event>,
}

/// Two workers, so that their output is reported line by line.
fn start(script: &str, failures_max: u32, grace: Duration) -> Supervised {
    let plan = Plan {
        program: "/bin/sh".into(),
        args: vec!["-c".into(), script.into()],
        store: Some("sqlite://here.db".into()),
        processes: 2,
        grace,
        policy: Policy {
            first: Duration::from_millis(1),
            longest: Duration::from_millis(2),
            stable: Duration::from_secs(600),
            failures_max,
        },
    };
    run(plan)
}

fn run(plan: Plan) -> Supervised {
    let (reports, events) = mpsc::unbounded_channel();
    let (requests, inbox) = mpsc::unbounded_channel();
    let task = tokio::spawn(supervise(plan, inbox, reports));
    Supervised {
        task,
        requests,
        events,
    }
}

impl Supervised {
    async fn until(&mut self, count: usize, mut wanted: impl FnMut(&Event) -> bool) {
        let mut left = count;
        while left > 0 {
            let event = self.events.recv().await.expect("the events go on");
            left -= usize::from(wanted(&event));
        }
    }

    /// The outcome, and the events that have not been looked at yet.
    async fn end(mut self) -> (Result<(), String>, Vec<Event>) {
        let outcome = self.task.await.unwrap();
        let mut events = Vec::new();
        while let Some(event) = self.events.recv().await {
            events.push(event);
        }
        (outcome, events)
    }
}

fn says(event: &Event, wanted: &str) -> bool {
    matches!(event, Event::Line { text, .. } if text == wanted.as_bytes())
}

fn signals(events: &[Event]) -> Vec<Option<i32>> {
    let status = |event: &Event| match event {
        Event::Ended { status, .. } => Some(status.signal()),
        _ => None,
    };
    events.iter().filter_map(status).collect()
}

const LONG: Duration = Duration::from_secs(600);

#[tokio::test]
async fn workers_are_asked_once_to_stop_and_may_finish() {
    let mut supervised = start(PATIENT, 3, LONG);
    supervised.until(2, |event| says(event, "ready")).await;
    supervised.requests.send("SIGTERM").unwrap();
    let (outcome, events) = supervised.end().await;
    assert_eq!(outcome, Ok(()));
    assert_eq!(events.iter().filter(|event| says(event, "bye")).count(), 2);
    assert_eq!(signals(&events), [None, None]);
    let asked = Event::Stopping {
        name: "SIGTERM",
        order: Order::Drain,
    };
    assert!(events.contains(&asked));
}

#[tokio::test]
async fn a_deaf_worker_is_killed_after_the_grace_period() {
    let mut supervised = start(DEAF, 3, Duration::from_millis(1));
    supervised.until(2, |event| says(event, "ready")).await;
    supervised.requests.send("SIGTERM").unwrap();
    let (outcome, events) = supervised.end().await;
    assert_eq!(outcome, Ok(()));
    assert_eq!(signals(&events), [Some(SIGKILL); 2]);
}

#[tokio::test]
async fn a_second_request_kills_at_once() {
    let mut supervised = start(DEAF, 3, LONG);
    supervised.until(2, |event| says(event, "ready")).await;
    supervised.requests.send("SIGINT").unwrap();
    supervised
        .until(1, |event| {
            matches!(
                event,
                Event::Stopping {
                    order: Order::Drain,
                    ..
                }
            )
        })
        .await;
    supervised.requests.send("SIGINT").unwrap();
    let (outcome, events) = supervised.end().await;
    assert_eq!(outcome, Ok(()));
    assert_eq!(signals(&events), [Some(SIGKILL); 2]);
}

#[tokio::test]
async fn a_crashed_worker_is_started_again_and_given_up_in_the_end() {
    let supervised = start("echo up >&2; kill -KILL $$", 3, LONG);
    let (outcome, events) = supervised.end().await;
    let reason = outcome.unwrap_err();
    assert!(reason.contains("failed too often in a row (3)"), "{reason}");
    assert!(reason.contains("signal: 9"), "{reason}");
    let started = |slot| {
        let of_slot =
            |event: &&Event| matches!(event, Event::Started { slot: s, .. } if *s == slot);
        events.iter().filter(of_slot).count()
    };
    // The one that gave up stopped the other, wherever that was.
    assert!(started(1) == 3 || started(2) == 3, "{events:?}");
    assert!(started(1) <= 3 && started(2) <= 3, "{events:?}");
    assert!(events.iter().any(|event| says(event, "up")));
}

#[tokio::test]
async fn a_wrong_command_line_is_not_tried_again() {
    let (outcome, events) = start("exit 2", 100, LONG).end().await;
    assert!(outcome.unwrap_err().contains("called wrongly"));
    assert!(
        !events
            .iter()
            .any(|event| matches!(event, Event::Restarting { .. }))
    );
}

#[tokio::test]
async fn a_program_that_is_missing_is_named() {
    let mut plan = plan_of("/nowhere/app");
    plan.processes = 1;
    let (outcome, _) = run(plan).end().await;
    assert!(
        outcome
            .unwrap_err()
            .starts_with("cannot run /nowhere/app: ")
    );
}

#[tokio::test]
async fn giving_up_lets_the_other_workers_finish() {
    let folder = tempfile::tempdir().unwrap();
    // Who comes first makes the folder and works; the other one fails once that one is ready.
    let script = format!(
        "if mkdir {lock} 2>/dev/null; then \
           trap 'echo bye; exit 0' TERM; touch {ready}; while :; do sleep 0.05; done; \
         else while [ ! -e {ready} ]; do sleep 0.01; done; exit 2; fi",
        lock = folder.path().join("lock").display(),
        ready = folder.path().join("ready").display(),
    );
    let (outcome, events) = start(&script, 3, LONG).end().await;
    assert!(outcome.is_err());
    assert!(events.iter().any(|event| says(event, "bye")));
}

#[tokio::test]
async fn workers_learn_which_store_to_use() {
    let script = "echo $DURABLE_STORE; exit 2";
    let (_, events) = start(script, 3, LONG).end().await;
    assert!(events.iter().any(|event| says(event, "sqlite://here.db")));
}

#[tokio::test]
async fn what_a_worker_started_is_asked_too() {
    // A wrapper that does not forward signals.
    let script = "sh -c 'trap \"echo bye; exit 0\" TERM; echo ready; \
                  while :; do sleep 0.05; done' & wait";
    let mut supervised = start(script, 3, LONG);
    supervised.until(2, |event| says(event, "ready")).await;
    supervised.requests.send("SIGTERM").unwrap();
    // Ends only when nobody is left who could write to the workers' output.
    let (outcome, events) = supervised.end().await;
    assert_eq!(outcome, Ok(()));
    assert_eq!(signals(&events), [Some(SIGTERM); 2]);
    assert_eq!(events.iter().filter(|event| says(event, "bye")).count(), 2);
}

fn plan_of(program: &str) -> Plan {
    let args = super::Args {
        processes: 2,
        grace: LONG,
        max_failures: 3,
        command: vec![program.into()],
    };
    super::plan(args, None)
}

#[test]
fn an_application_alone_is_run_as_a_worker() {
    assert_eq!(plan_of("./app").args, ["worker"]);
}
