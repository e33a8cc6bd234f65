//! Rates when the wall clock is set back.

use crate::support::{Bench, Running, bench, call, on_sqlite, options, start_script};
use durable_runtime::Client;
use durable_runtime::clock::{Busy, Clock, Sleeping, VirtualClock};
use durable_runtime::engine::{Worker, WorkerOptions};
use durable_runtime::id::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// How often a measurement is repeated that the virtual clock may spoil.
const TRIES: usize = 5;

/// Shows less than the clock behind it, once it is set back; sleeps take as long as they would.
#[derive(Debug)]
struct WallClock {
    behind: VirtualClock,
    by: AtomicI64,
}

impl WallClock {
    fn by(&self) -> i64 {
        self.by.load(Ordering::SeqCst)
    }
}

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.behind.now().0 - self.by())
    }
    fn sleep_until(&self, at: Timestamp) -> Sleeping {
        self.behind.sleep_until(Timestamp(at.0 + self.by()))
    }
    fn tick(&self, at: Timestamp) -> Sleeping {
        self.behind.tick(Timestamp(at.0 + self.by()))
    }
    fn busy(&self) -> Busy {
        self.behind.busy()
    }
}

/// Two that begin a second apart, a clock that is set back by a quarter of an hour, and two more: when
/// each began.
async fn set_back(bench: &Bench, options: &WorkerOptions, of_the_queue: bool) -> Vec<i64> {
    let clock = Arc::new(WallClock {
        behind: bench.clock.clone(),
        by: AtomicI64::new(0),
    });
    let client = Client::new(bench.store.clone()).clock(clock.clone());
    if of_the_queue {
        client.queue("default").rate(1, SECOND).await.unwrap();
    }
    let worker = Worker::new(bench.store.clone(), options.clone())
        .registry(bench.registry())
        .clock(clock.clone());
    let worker = Running::new(worker);
    for two in [["a", "b"], ["c", "d"]] {
        for name in two {
            let ops = vec![call(name)];
            start_script(&client, name, ops).await.unwrap();
        }
        for name in two {
            bench.end(name).await;
        }
        clock.by.store(900_000, Ordering::SeqCst);
    }
    worker.stop().await;
    let times: Vec<_> = bench.seen().into_iter().map(|(.., at)| at).collect();
    assert!(
        times.windows(2).all(|two| two[1] - two[0] >= 1_000),
        "{times:?}"
    );
    times
}

/// Whether nothing was late. The virtual clock goes on while nobody is at work, and so it may before a
/// look at the store, to a time that the worker had asked the clock for just when it was set back. A
/// worker that is late for any other reason is so at each try.
fn in_time(times: &[i64]) -> bool {
    times[3] < 10_000
}

#[tokio::test]
async fn a_clock_that_is_set_back_delays_no_start_of_a_queue() {
    for sqlite in [false, true] {
        let mut seen = Vec::new();
        for _ in 0..TRIES {
            let (bench, _folder) = match (bench(), sqlite) {
                (bench, false) => (bench, None),
                (bench, true) => {
                    let (bench, folder) = on_sqlite(bench).await;
                    (bench, Some(folder))
                }
            };
            seen.push(set_back(&bench, &options(), true).await);
            if seen.last().is_some_and(|times| in_time(times)) {
                break;
            }
        }
        assert!(seen.last().is_some_and(|times| in_time(times)), "{seen:?}");
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_delays_no_attempt_of_an_activity() {
    let times = set_back(&bench(), &options().rate("act", 1, SECOND), false).await;
    assert!(in_time(&times), "{times:?}");
}
