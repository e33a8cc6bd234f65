//! A worker that stands still while it starts a child, and goes on when another has brought its workflow to
//! the end: by then the child may be over, and its id free.

use crate::faulty::{Fault, FaultyStore};
use crate::support::{Bench, bench, elsewhere, leased, script};
use durable_runtime::clock::{Clock, VirtualClock};
use durable_runtime::prelude::*;
use durable_runtime::store::{Page, Phase, RunFilter};

/// Has a child, and when that has ended another one of the same id.
#[workflow]
async fn twins() -> Result<(), Error> {
    for _ in 0..2 {
        let child = script(vec![]).spawn("twin").reuse(Reuse::Allow).await?;
        child.await?.map_err(Error::msg)?;
    }
    Ok(())
}

/// How the runs of children have ended.
async fn children(bench: &Bench) -> Vec<Phase> {
    let (before, limit) = (None, 10);
    let page = Page { before, limit };
    let all = bench.store.list(RunFilter::default(), page).await;
    let children = all.unwrap().runs.into_iter();
    let children = children.filter(|run| run.id.as_str() == "twin");
    children.map(|run| run.phase).collect()
}

#[tokio::test]
async fn who_stood_still_starts_no_child_again() {
    let mut starts = 0;
    for n in 0.. {
        let mut bench = bench();
        start_twins(&elsewhere(&bench), "twins").await.unwrap();
        let (store, frozen) = FaultyStore::at_work(&bench, n, Fault::Freeze);
        tokio::select! {
            _ = bench.end("twins") => {
                frozen.kill().await;
                break;
            }
            () = store.cut() => {}
        }
        let stood_still = children(&bench).await.len() < 2;
        // Its time stands still too, and elsewhere its lease is over.
        let later = bench.clock.now().after(leased().lease * 2);
        bench.clock = VirtualClock::new(later);
        let second = bench.worker_with(&leased());
        bench.end("twins").await;
        assert_eq!(children(&bench).await, [Phase::Completed; 2], "at call {n}");
        second.stop().await;

        store.heal();
        frozen.stop().await;
        assert_eq!(children(&bench).await, [Phase::Completed; 2], "at call {n}");
        starts += usize::from(stood_still && store.refused() > 0);
    }
    assert!(starts > 3, "it stood still before {starts} starts");
}
