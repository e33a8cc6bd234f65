//! A process that is cut at each of its calls to the store: that of the workflow, or that of the
//! activity.

use super::*;
use crate::faulty::{Fault, FaultyStore};
use crate::support::Running;
use durable_runtime::codec;
use durable_runtime::engine::Worker;
use durable_runtime::operation::Answered;
use durable_runtime::store::{StepRecord, Store};
use std::sync::Arc;

/// No worker needs more calls than this; a loop that does has hung.
const CALLS_MAX: usize = 100;

/// Who is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    Near,
    Gpu,
}

impl Cut {
    /// The worker that may be cut, on this store.
    fn begin(self, bench: &Bench, store: Arc<dyn Store>) -> Running {
        let (queue, registry) = match self {
            Self::Near => ("default", workflows()),
            Self::Gpu => ("gpu", activities(bench)),
        };
        let worker = Worker::new(store, mortal(queue)).registry(registry);
        Running::new(worker.clock(Arc::new(bench.clock.clone())))
    }

    /// The other one.
    fn beside(self, bench: &Bench) -> Running {
        match self {
            Self::Near => gpu(bench, &serving("gpu")),
            Self::Gpu => near(bench),
        }
    }
}

fn answers(steps: &[StepRecord]) -> Vec<Answered> {
    let results = steps.iter().filter_map(|step| step.result.as_ref());
    let decoded = results.map(|bytes| codec::decode::<Vec<Answered>>(bytes).unwrap());
    decoded.flatten().collect()
}

/// How many answers were on record at each cut.
async fn cut_everywhere(who: Cut, fault: Fault, sqlite: bool) -> Vec<usize> {
    let mut windows = Vec::new();
    for at in 0..CALLS_MAX {
        let [memory, on_disk] = benches(|_, _| Behave::Take(300)).await;
        let (bench, _folder) = if sqlite { on_disk } else { memory };
        let client = elsewhere(&bench);
        start_far(&client, "w", "a".to_owned()).await.unwrap();
        let beside = who.beside(&bench);
        let store = FaultyStore::new(bench.store.clone(), at, fault);
        let first = who.begin(&bench, store.clone());
        let record = tokio::select! {
            record = bench.end("w") => record,
            () = store.cut() => {
                first.kill().await;
                windows.push(answers(&bench.steps("w").await).len());
                bench.pass(mortal("gpu").lease * 2).await;
                let second = who.begin(&bench, bench.store.clone());
                let record = bench.end("w").await;
                second.stop().await;
                record
            }
        };
        beside.stop().await;
        if !store.fired() {
            return windows;
        }
        let context = format!("{who:?}, {fault:?} at call {at}");
        assert_eq!(value::<Acted>(&record), Ok("a".to_owned()), "{context}");
        let ops: Vec<_> = answers(&bench.steps("w").await)
            .iter()
            .map(|a| a.op)
            .collect();
        assert_eq!(ops, [1], "{context}: its answer counts once");
        is_clean(&bench, "w").await;
        // Whoever loses the workflow does not lose the activity.
        let (tried, failed) = (bench.names().len(), bench.attempts("w").await.len());
        match who {
            Cut::Near => assert_eq!((tried, failed), (1, 0), "{context}"),
            Cut::Gpu => {
                assert!(failed <= 1 && tried <= 2, "{context}: {:?}", bench.seen());
                // One that was reported is not made again.
                assert!(tried == 1 || failed == 1, "{context}: {:?}", bench.seen());
            }
        }
    }
    panic!("the run does not end");
}

#[tokio::test]
async fn a_cut_of_the_workflows_worker_repeats_nothing() {
    for sqlite in [false, true] {
        for fault in [Fault::CutBefore, Fault::CutAfter] {
            let windows = cut_everywhere(Cut::Near, fault, sqlite).await;
            assert!(windows.contains(&0), "{windows:?}");
        }
    }
}

#[tokio::test]
async fn a_cut_of_the_activitys_worker_repeats_what_was_not_reported() {
    for sqlite in [false, true] {
        for fault in [Fault::CutBefore, Fault::CutAfter] {
            let windows = cut_everywhere(Cut::Gpu, fault, sqlite).await;
            assert!(windows.contains(&0), "{windows:?}");
        }
    }
}

/// A store that cannot be reached for a moment costs time, and no attempt.
#[tokio::test]
async fn a_store_that_fails_for_a_moment_loses_nothing() {
    for who in [Cut::Near, Cut::Gpu] {
        for fault in [Fault::FailBefore, Fault::FailAfter] {
            for at in 0..CALLS_MAX {
                let bench = Bench::new(|_, _| Behave::Take(300));
                let client = elsewhere(&bench);
                start_far(&client, "w", "a".to_owned()).await.unwrap();
                let beside = who.beside(&bench);
                let store = FaultyStore::new(bench.store.clone(), at, fault);
                let first = who.begin(&bench, store.clone());
                let record = bench.end("w").await;
                let context = format!("{who:?}, {fault:?} at call {at}");
                assert_eq!(value::<Acted>(&record), Ok("a".to_owned()), "{context}");
                is_clean(&bench, "w").await;
                first.kill().await;
                beside.stop().await;
                if !store.fired() {
                    break;
                }
                assert!(at + 1 < CALLS_MAX, "the run does not end");
            }
        }
    }
}
