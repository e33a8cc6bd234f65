//! A workflow that waits for a signal, a timer, a completion from outside and a child at once,
//! and is cancelled: each counts once, in order, and nothing counts after the cancellation.

use super::{Course, DUE, Stage, in_every_order_on_sqlite, in_orders, orders, over};
use crate::support::{act, elsewhere, value};
use durable_runtime::activity::{self, ActivityToken};
use durable_runtime::client::{CompletionError, SignalError};
use durable_runtime::clock::Clock;
use durable_runtime::prelude::*;
use durable_runtime::store::{Phase, Store};
use std::cell::Cell;
use std::sync::Arc;

const GO: Signal<()> = Signal::new("go");

thread_local! {
    /// The token of the only attempt; a story has a thread for itself, worker and all.
    static TOKEN: Cell<Option<ActivityToken>> = const { Cell::new(None) };
}

/// Ends elsewhere.
#[activity]
async fn judged() -> String {
    TOKEN.set(Some(activity::token()));
    activity::ends_later().await
}

/// Waits until it may end.
#[workflow]
async fn second() -> Result<(), Cancelled> {
    GO.recv().await
}

/// Writes down what comes; cancelled, cleans up and fails.
#[workflow]
async fn contest() -> Result<Vec<String>, Error> {
    let mut log: Vec<String> = Vec::new();
    let child = second()
        .spawn("child")
        .parent_close(ParentClose::Abandon)
        .await?;
    let mut child = spawn(child);
    let mut judged = spawn(judged());
    let mut timer = spawn(sleep(Duration::from_secs(10)));
    let (mut signal, mut time, mut verdict, mut end) = (false, false, false, false);
    while !(signal && time && verdict && end) {
        let came: Result<&str, Error> = select! {
            came = GO.recv(), if !signal => {
                signal = true;
                came.map(|()| "signal").map_err(Error::from)
            }
            came = &mut timer, if !time => {
                time = true;
                came.map(|()| "timer").map_err(Error::from)
            }
            came = &mut judged, if !verdict => {
                verdict = true;
                came.map(|_| "verdict").map_err(Error::from)
            }
            came = &mut child, if !end => {
                end = true;
                came.map(|_| "child").map_err(Error::from)
            }
        };
        match came {
            Ok(came) => log.push(came.to_owned()),
            Err(_) => {
                log.push(act("clean-up".to_owned()).await.map_err(Error::msg)?);
                return Err(Error::msg(log.join(" ")));
            }
        }
    }
    Ok(log)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    Signal,
    Timer,
    Verdict,
    Child,
    Cancel,
}

use Arrival::{Cancel, Child, Signal as Go, Timer, Verdict};

const ARRIVALS: [Arrival; 5] = [Go, Timer, Verdict, Child, Cancel];
pub(super) const CANCELLED: [Arrival; 3] = [Timer, Child, Cancel];

impl Arrival {
    fn name(self) -> &'static str {
        match self {
            Go => "signal",
            Timer => "timer",
            Verdict => "verdict",
            Child => "child",
            Cancel => "cancel",
        }
    }

    /// It happens; the phase of the workflow if that has ended before.
    async fn happens(self, stage: &mut Stage) -> Option<Phase> {
        let client = elsewhere(&stage.bench);
        let handle = client.handle::<()>("c").await.unwrap();
        let sent = match self {
            Go => handle.signal(GO, ()).await.map(drop),
            Cancel => handle.cancel("enough").await.map_err(SignalError::from),
            Child => {
                let child = client.handle::<()>("child").await.unwrap();
                // The cancellation of its parent may have reached it.
                over(child.signal(GO, ()).await);
                Ok(())
            }
            Verdict => {
                let token = TOKEN.get().expect("it has begun");
                let verdict = client.activity(token).complete("guilty").await;
                return match verdict {
                    Ok(()) | Err(CompletionError::Over { .. }) => None,
                    Err(CompletionError::Ended { phase, .. }) => Some(phase),
                    Err(other) => panic!("{other}"),
                };
            }
            Timer => {
                stage.until_due().await;
                Ok(())
            }
        };
        over(sent)
    }
}

/// True if the worker was cut.
pub(super) async fn story(store: Arc<dyn Store>, order: &[Arrival], course: Course) -> bool {
    TOKEN.take();
    let start = async |client| drop(start_contest(&client, "c").await.unwrap());
    let mut stage = Stage::set(store, course, start).await;
    let faulty = stage.store.clone();
    let (mut told, mut sent_at) = (Vec::new(), None);
    for (n, arrival) in order.iter().enumerate() {
        if *arrival == Cancel {
            sent_at = Some(stage.bench.clock.now());
        }
        told.push((*arrival, arrival.happens(&mut stage).await));
        stage.arrived(course.rests_at(n)).await;
    }
    let at = format!("{order:?}, {course:?}");
    let (bench, [record, child]) = stage.end(["c", "child"], &at).await;
    let (log, clean) = match value::<Result<Vec<String>, Error>>(&record) {
        Ok(log) => (log, false),
        Err(error) => {
            let log = error.to_string();
            let mut log: Vec<_> = log.split(' ').map(str::to_owned).collect();
            assert_eq!(log.pop().as_deref(), Some("clean-up"), "X1 {at}");
            (log, true)
        }
    };
    let at = format!("{at}: {log:?}, {:?}", record.phase);
    let expected = if clean {
        Phase::Cancelled
    } else {
        Phase::Completed
    };
    assert_eq!(record.phase, expected, "X2 {at}");
    assert_eq!(clean, log.len() < 4, "X2 {at}");
    for (_, phase) in &told {
        assert!(
            phase.is_none_or(|phase| phase == record.phase),
            "S3 {at}: {told:?}"
        );
    }
    let cancelled = order.iter().position(|a| *a == Cancel).unwrap();
    let before = &order[..cancelled];
    let came = |arrival: Arrival| log.iter().any(|line| line == arrival.name());
    for (n, arrival) in before.iter().enumerate() {
        // What was due before the cancellation has come before it, also if both are seen late.
        let certain = matches!(arrival, Go | Verdict | Timer) || course.rests_after(n);
        assert!(
            came(*arrival) || !certain,
            "W2 {arrival:?} is missing in {at}"
        );
    }
    for line in &log {
        // Elsewhere time passes while a worker stands still.
        let by_itself = *line == Timer.name() && sent_at >= Some(DUE);
        assert!(
            by_itself || before.iter().any(|a| a.name() == line),
            "X1, W4 {line} in {at}"
        );
        assert_eq!(log.iter().filter(|l| *l == line).count(), 1, "W2 {at}");
    }
    // Both come through the inbox, which has an order.
    let letters = |arrival: &&Arrival| matches!(arrival, Go | Verdict);
    let sent: Vec<_> = before.iter().filter(letters).map(|a| a.name()).collect();
    let taken: Vec<_> = log.iter().filter(|l| sent.contains(&l.as_str())).collect();
    assert_eq!(taken, sent, "W2 {at}");
    // What was sent at the time that the timer is due at has come in time.
    let place_of = |name| log.iter().position(|line| line == name);
    for sent in before.iter().take_while(|a| **a != Timer).filter(letters) {
        let in_time = place_of("timer").is_none_or(|timer| place_of(sent.name()) < Some(timer));
        assert!(in_time, "W4 {sent:?} in {at}");
    }
    if course.is_calm(order.len()) {
        let all: Vec<_> = before.iter().map(|a| a.name()).collect();
        assert_eq!(log, all, "{at}");
    }
    assert_eq!(
        child.parent.map(|parent| parent.run),
        Some(record.run),
        "X4 {at}"
    );
    assert_eq!(bench.end("c").await, record, "S3 {at}");
    faulty.fired()
}

/// Those orders that begin with one of these.
async fn counts_once(first: &[Arrival]) {
    let mut orders = orders(&ARRIVALS);
    orders.retain(|order| first.contains(&order[0]));
    let cuts = in_orders(&orders, 5, story).await;
    assert!(cuts > first.len() * 400, "only {cuts} calls were cut");
}

#[tokio::test]
async fn each_counts_once_in_every_order_that_begins_with_a_signal() {
    counts_once(&[Go]).await;
}

#[tokio::test]
async fn each_counts_once_in_every_order_that_begins_with_an_answer() {
    counts_once(&[Verdict, Child]).await;
}

#[tokio::test]
async fn each_counts_once_in_every_order_that_begins_with_a_timer_or_a_cancellation() {
    counts_once(&[Timer, Cancel]).await;
}

#[tokio::test]
async fn each_counts_once_in_every_order_of_arrival_on_sqlite() {
    in_every_order_on_sqlite(&ARRIVALS, (24, 12), story).await;
}
