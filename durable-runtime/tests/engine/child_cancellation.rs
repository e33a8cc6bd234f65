//! What a cancellation of a workflow does to the child that it awaits.

use crate::faulty::{Fault, FaultyStore};
use crate::support::{Behave, Bench, START, act, client, elsewhere, leased, on_sqlite, value};
use durable_runtime::clock::Clock;
use durable_runtime::prelude::*;
use durable_runtime::store::{Phase, RunRecord};

const GO: Signal<()> = Signal::new("go");
const MINUTE: Duration = Duration::from_secs(60);

/// Awaits a child that outlives it, and sleeps a minute after that.
#[workflow]
async fn waits_for(stubbornly: bool, kind: ChildCancellation) -> Result<(), String> {
    let child = if stubbornly {
        stubborn()
            .spawn("child")
            .parent_close(ParentClose::Abandon)
            .await
    } else {
        tidy()
            .spawn("child")
            .parent_close(ParentClose::Abandon)
            .await
    };
    let child = child.map_err(|error| error.to_string())?;
    let end = child.cancellation(kind).await;
    let slept = sleep(MINUTE).await;
    Err(format!("{end:?}, {slept:?}"))
}

/// Waits until it may go on, and cleans up for fifty seconds when it is cancelled.
#[workflow]
async fn tidy() -> Result<u32, String> {
    if GO.recv().await.is_ok() {
        return Ok(1);
    }
    act("clean-up".to_owned())
        .await
        .map_err(|e| e.to_string())?;
    Err("tidied".to_owned())
}

/// Returns a value when it is cancelled.
#[workflow]
async fn stubborn() -> Result<u32, String> {
    let went = GO.recv().await;
    Ok(if went.is_ok() { 1 } else { 7 })
}

/// Until the child waits, or has ended.
async fn waits(bench: &Bench) {
    let child = bench.until("child", |_| true).await.run;
    while bench.store.latest_step(child).await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
}

fn bench() -> Bench {
    Bench::new(|_, _| Behave::Take(50_000))
}

fn second(record: &RunRecord) -> i64 {
    (record.finished_at.expect("it has ended").0 - START.0) / 1_000
}

/// A parent that is cancelled after ten minutes: what it says, and when, and how its child ended.
async fn cancelled(stubbornly: bool, kind: ChildCancellation) -> (String, i64, Phase, i64) {
    let bench = bench();
    let worker = bench.worker();
    let client = client(&bench, &worker);
    let now = bench.clock.busy();
    let handle = start_waits_for(&client, "p", stubbornly, kind)
        .await
        .unwrap();
    let ten = bench.clock.sleep_until(START.after(10 * MINUTE));
    waits(&bench).await;
    drop(now);
    let now = ten.await;
    handle.cancel("not any more").await.unwrap();
    drop(now);
    let parent = bench.end("p").await;
    let said: Result<(), String> = value(&parent);
    assert_eq!(parent.phase, Phase::Cancelled);
    if kind == ChildCancellation::Abandon {
        let child = client.handle::<()>("child").await.unwrap();
        child.signal(GO, ()).await.unwrap();
    }
    let child = bench.end("child").await;
    worker.stop().await;
    (
        said.unwrap_err(),
        second(&parent),
        child.phase,
        second(&child),
    )
}

#[tokio::test]
async fn an_abandoned_child_goes_on() {
    let (said, at, child, ended) = cancelled(false, ChildCancellation::Abandon).await;
    assert_eq!((&*said, at), ("Err(Cancelled), Ok(())", 660));
    assert_eq!((child, ended), (Phase::Completed, 660));
}

#[tokio::test]
async fn a_child_is_asked_to_stop_and_not_waited_for() {
    let (said, at, child, ended) = cancelled(false, ChildCancellation::Request).await;
    assert_eq!((&*said, at), ("Err(Cancelled), Ok(())", 660));
    assert_eq!((child, ended), (Phase::Cancelled, 650));
}

#[tokio::test]
async fn a_child_is_asked_to_stop_and_waited_for() {
    let (said, at, child, ended) = cancelled(false, ChildCancellation::Wait).await;
    assert_eq!((&*said, at), ("Ok(Err(\"tidied\")), Ok(())", 710));
    assert_eq!((child, ended), (Phase::Cancelled, 650));
}

#[tokio::test]
async fn after_a_child_that_completes_the_next_await_hears_of_the_cancellation() {
    let (said, at, child, ended) = cancelled(true, ChildCancellation::Wait).await;
    assert_eq!((&*said, at), ("Ok(Ok(7)), Err(Cancelled)", 600));
    assert_eq!((child, ended), (Phase::Completed, 600));
}

/// The parent is cancelled when its child sleeps, by a worker that is cut at its `n`-th call.
async fn cut(bench: &Bench, n: usize, fault: Fault, kind: ChildCancellation) -> Option<()> {
    let client = elsewhere(bench);
    let now = bench.clock.busy();
    let handle = start_waits_for(&client, "p", false, kind).await.unwrap();
    let (store, first) = FaultyStore::at_work(bench, n, fault);
    let story = async {
        waits(bench).await;
        handle.cancel("not any more").await.unwrap();
        first.link.poke();
        drop(now);
        bench.end("p").await;
        bench.end("child").await;
    };
    tokio::select! {
        () = story => {}
        () = store.cut() => {
            first.kill().await;
            let over = bench.clock.now().after(leased().lease * 2);
            let now = bench.clock.sleep_until(over).await;
            let second = bench.worker_with(&leased());
            waits(bench).await;
            // Who has cancelled it does not know whether that has arrived.
            let _ = handle.cancel("not any more").await;
            second.link.poke();
            drop(now);
            bench.end("p").await;
            bench.end("child").await;
            second.stop().await;
        }
    }
    let context = format!("{kind:?}, {fault:?} at call {n}");
    let said: Result<(), String> = value(&bench.end("p").await);
    let expected = match kind {
        ChildCancellation::Wait => "Ok(Err(\"tidied\")), Ok(())",
        _ => "Err(Cancelled), Ok(())",
    };
    assert_eq!(said.unwrap_err(), expected, "{context}");
    assert_eq!(
        bench.end("child").await.phase,
        Phase::Cancelled,
        "{context}"
    );
    store.fired().then_some(())
}

#[tokio::test]
async fn a_child_is_asked_to_stop_wherever_the_process_is_cut() {
    for kind in [ChildCancellation::Request, ChildCancellation::Wait] {
        for fault in [Fault::CutBefore, Fault::CutAfter] {
            let mut cuts = 0;
            while cut(&bench(), cuts, fault, kind).await.is_some() {
                cuts += 1;
            }
            assert!(cuts > 10, "only {cuts} calls were cut");
        }
    }
}

#[tokio::test]
async fn a_child_is_asked_to_stop_wherever_the_process_is_cut_on_sqlite() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        for n in 0.. {
            let (bench, _folder) = on_sqlite(bench()).await;
            if cut(&bench, n, fault, ChildCancellation::Wait)
                .await
                .is_none()
            {
                assert!(n > 10, "only {n} calls were cut");
                break;
            }
        }
    }
}
