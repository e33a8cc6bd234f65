//! What is ready at once beside an attempt that runs: the first of it counts, and nobody is kept waiting
//! by those who come often.

use crate::faulty::FaultyStore;
use crate::support::{Behave, Bench, Running, START, act, options};
use durable_runtime::Client;
use durable_runtime::clock::{Busy, Clock, Sleeping, SystemClock, VirtualClock};
use durable_runtime::engine::{Worker, WorkerOptions};
use durable_runtime::id::Timestamp;
use durable_runtime::prelude::*;
use durable_runtime::store::{Phase, Store};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

const VOTE: Signal<i64> = Signal::new("vote");

/// Takes votes until the poll closes or somebody has counted: how many came, the last of them, and what
/// ended it.
#[workflow]
async fn ballot(closes: SystemTime) -> Result<(u64, i64, String), Error> {
    let mut counted = spawn(act("count".to_owned()));
    let mut closing = spawn(durable_runtime::operation::sleep_until(closes));
    let (mut votes, mut last) = (0, 0);
    loop {
        select! {
            vote = VOTE.recv() => {
                votes += 1;
                last = vote?;
            }
            closed = &mut closing => {
                closed?;
                return Ok((votes, last, "closed".to_owned()));
            }
            end = &mut counted => {
                let end = end.map_err(Error::msg)?;
                return Ok((votes, last, end));
            }
        }
    }
}

/// Shows more than the clock behind it after the machine has slept; who sleeps wakes up as late as it
/// does.
#[derive(Debug)]
struct Suspended {
    behind: VirtualClock,
    slept: AtomicI64,
}

impl Clock for Suspended {
    fn now(&self) -> Timestamp {
        Timestamp(self.behind.now().0 + self.slept.load(Ordering::SeqCst))
    }
    fn sleep_until(&self, at: Timestamp) -> Sleeping {
        let slept = self.slept.load(Ordering::SeqCst);
        self.behind.sleep_until(Timestamp(at.0 - slept))
    }
    fn tick(&self, at: Timestamp) -> Sleeping {
        let slept = self.slept.load(Ordering::SeqCst);
        self.behind.tick(Timestamp(at.0 - slept))
    }
    fn busy(&self) -> Busy {
        self.behind.busy()
    }
}

fn at(time: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(time.0.try_into().expect("after 1970"))
}

fn counting() -> Bench {
    Bench::new(|_, _| Behave::Take(3_600_000))
}

#[tokio::test]
async fn beside_an_attempt_a_letter_that_came_after_the_deadline_does_not_beat_it() {
    for (late, votes) in [(-1, 1), (1, 0)] {
        let bench = counting();
        let guard = bench.clock.busy();
        let clock = Arc::new(Suspended {
            behind: bench.clock.clone(),
            slept: AtomicI64::new(0),
        });
        let store = FaultyStore::counting(bench.store.clone());
        let worker = Worker::new(store.clone(), options())
            .registry(bench.registry())
            .clock(clock.clone());
        let worker = Running::new(worker);
        let client =
            Client::with_link(store.clone(), Arc::new(worker.link.clone())).clock(clock.clone());
        let closes = START.after(Duration::from_secs(60));
        let handle = start_ballot(&client, "b", at(closes)).await.unwrap();
        bench.attempted(1).await;
        clock.slept.store(60_000 + late, Ordering::SeqCst);
        handle.signal(VOTE, 1).await.unwrap();
        clock.slept.store(70_000, Ordering::SeqCst);
        // The worker has read it.
        store.watches(3).await;
        drop(guard);
        let (came, _, end) = handle.result().await.unwrap().unwrap();
        assert_eq!((came, end.as_str()), (votes, "closed"), "{late} ms late");
        worker.stop().await;
    }
}

/// Keeps unread votes in the inbox until the workflow has ended. Each says when it was sent at the
/// earliest.
async fn flood(store: &dyn Store, handle: &Handle<Result<(u64, i64, String), Error>>) {
    let voting = async {
        loop {
            if store.inbox(handle.run()).await.unwrap().len() > 100 {
                tokio::task::yield_now().await;
                continue;
            }
            for _ in 0..100 {
                let now = SystemClock.now().0;
                if handle.signal(VOTE, now).await.is_err() {
                    return;
                }
            }
        }
    };
    let voted = tokio::time::timeout(Duration::from_secs(20), voting).await;
    voted.expect("it ends within 20 s");
    let ended = handle.outcome().await.unwrap();
    assert_eq!(ended.phase, Phase::Completed);
}

fn on_the_wall(bench: &Bench, options: &WorkerOptions) -> (Running, Client) {
    let worker = bench.prepare(options).clock(Arc::new(SystemClock));
    let worker = Running::new(worker);
    let client = Client::with_link(bench.store.clone(), Arc::new(worker.link.clone()));
    (worker, client)
}

#[tokio::test]
async fn beside_an_attempt_a_flood_of_letters_does_not_hide_a_deadline() {
    let bench = counting();
    let (worker, client) = on_the_wall(&bench, &options());
    let closes = SystemClock.now().after(Duration::from_millis(400));
    let handle = start_ballot(&client, "b", at(closes)).await.unwrap();
    flood(&*bench.store, &handle).await;
    let (votes, last, end) = handle.result().await.unwrap().unwrap();
    assert_eq!(end, "closed");
    assert!(votes > 20, "only {votes} votes");
    assert!(last <= closes.0, "{} ms late", last - closes.0);
    worker.stop().await;
}

#[tokio::test]
async fn a_flood_of_letters_does_not_hide_the_end_of_an_attempt() {
    let bench = Bench::new(|_, _| Behave::Take(400));
    let (worker, client) = on_the_wall(&bench, &options());
    let closes = SystemClock.now().after(Duration::from_secs(3_600));
    let handle = start_ballot(&client, "b", at(closes)).await.unwrap();
    flood(&*bench.store, &handle).await;
    let (votes, _, end) = handle.result().await.unwrap().unwrap();
    assert_eq!(end, "count");
    assert!(votes > 20, "only {votes} votes");
    worker.stop().await;
}
