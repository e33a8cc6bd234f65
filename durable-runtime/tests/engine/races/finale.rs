//! A workflow that would end in four ways at once: one wins, and everybody is told the same.

use super::{Course, Stage, in_every_order_on_sqlite, in_orders, orders, over, place};
use crate::support::elsewhere;
use durable_runtime::client::{SignalError, StartError};
use durable_runtime::prelude::*;
use durable_runtime::store::{Phase, Store};
use std::sync::Arc;

const GO: Signal<u32> = Signal::new("go");

/// Has ten seconds.
#[workflow(run_timeout = "10s")]
async fn finale() -> Result<u32, Cancelled> {
    GO.recv().await
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    Signal,
    Cancel,
    Terminate,
    TimeOut,
    /// Somebody starts the same id again.
    Start,
}

use Arrival::{Cancel, Signal as Go, Start, Terminate, TimeOut};

const ARRIVALS: [Arrival; 5] = [Go, Cancel, Terminate, TimeOut, Start];
pub(super) const ENDS: [Arrival; 3] = [Go, Cancel, TimeOut];

impl Arrival {
    /// How the workflow ends if this is what ends it.
    fn end(self) -> Option<Phase> {
        match self {
            Go => Some(Phase::Completed),
            Cancel => Some(Phase::Cancelled),
            Terminate => Some(Phase::Terminated),
            TimeOut => Some(Phase::TimedOut),
            Start => None,
        }
    }

    /// It happens; the phase of the workflow if that has ended before.
    async fn happens(self, stage: &mut Stage) -> Option<Phase> {
        let client = elsewhere(&stage.bench);
        let handle = client.handle::<()>("f").await.unwrap();
        let sent = match self {
            Go => handle.signal(GO, 7).await.map(drop),
            Cancel => handle.cancel("enough").await.map_err(SignalError::from),
            Terminate => handle.terminate("now").await.map_err(SignalError::from),
            TimeOut => {
                stage.until_due().await;
                Ok(())
            }
            Start => {
                let again = start_finale(&client, "f").await;
                let Err(StartError::AlreadyStarted(first)) = again else {
                    panic!("S2: {again:?}");
                };
                assert_eq!(first.run(), handle.run(), "S2");
                Ok(())
            }
        };
        over(sent)
    }
}

/// True if the worker was cut.
pub(super) async fn story(store: Arc<dyn Store>, order: &[Arrival], course: Course) -> bool {
    let start = async |client| drop(start_finale(&client, "f").await.unwrap());
    let mut stage = Stage::set(store, course, start).await;
    let faulty = stage.store.clone();
    // Two who wait from the beginning.
    let client = elsewhere(&stage.bench);
    let waiting = [0, 1].map(|_| {
        let client = client.clone();
        tokio::spawn(async move {
            let handle = client.handle::<Result<u32, Cancelled>>("f").await.unwrap();
            handle.outcome().await.unwrap()
        })
    });
    let mut told = Vec::new();
    for (n, arrival) in order.iter().enumerate() {
        told.push((*arrival, arrival.happens(&mut stage).await));
        stage.arrived(course.rests_at(n)).await;
    }
    let at = format!("{order:?}, {course:?}");
    let (bench, [record]) = stage.end(["f"], &at).await;
    let phase = record.phase;
    let at = format!("{at}: {phase:?}, {told:?}");
    // What came before the end.
    let in_time: Vec<_> = told.iter().filter(|(_, end)| end.is_none()).collect();
    let ways = in_time.iter().filter_map(|(arrival, _)| arrival.end());
    assert!(ways.clone().any(|way| way == phase), "X2 {at}");
    for (_, end) in &told {
        assert!(end.is_none_or(|end| end == phase), "S3 {at}");
    }
    if place(order, Go) < place(order, Cancel) {
        assert_ne!(phase, Phase::Cancelled, "X2 {at}");
    } else {
        assert_ne!(phase, Phase::Completed, "X1 {at}");
    }
    // The first that the worker, in good health, had time for has won.
    if let Some((n, first)) = order.iter().enumerate().find(|(_, a)| a.end().is_some())
        && course.rests_after(n)
    {
        assert_eq!(Some(phase), first.end(), "{at}");
    }
    for waiter in waiting {
        let outcome = waiter.await.unwrap();
        assert_eq!(outcome.phase, phase, "S3 {at}");
        assert_eq!(outcome.output, record.output, "S3 {at}");
    }
    assert_eq!(
        record.output.is_some(),
        matches!(phase, Phase::Completed | Phase::Cancelled)
    );
    assert_eq!(bench.end("f").await, record, "S3 {at}");
    faulty.fired()
}

/// Those orders that begin with one of these.
async fn one_wins(first: &[Arrival]) {
    let mut orders = orders(&ARRIVALS);
    orders.retain(|order| first.contains(&order[0]));
    let cuts = in_orders(&orders, 3, story).await;
    assert!(cuts > first.len() * 200, "only {cuts} calls were cut");
}

#[tokio::test]
async fn one_end_wins_in_every_order_that_begins_with_a_message_and_all_are_told_the_same() {
    one_wins(&[Go, Cancel]).await;
}

#[tokio::test]
async fn one_end_wins_in_every_other_order_and_all_are_told_the_same() {
    one_wins(&[Terminate, TimeOut, Start]).await;
}

#[tokio::test]
async fn one_end_wins_in_every_order_and_all_are_told_the_same_on_sqlite() {
    in_every_order_on_sqlite(&ARRIVALS, (12, 6), story).await;
}
