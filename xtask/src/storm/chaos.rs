//! What happens to the worker processes: they are killed, frozen past their lease, and asked to
//! stop, each on its own and at random times.

use durable_examples::supervisor::{Signal, Supervisor};
use fastrand::Rng;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a worker is left alone, in milliseconds: some die before they have done anything,
/// some get far.
const LEFT_ALONE_MS: std::ops::Range<u64> = 300..5_000;
/// How much longer than its lease a worker is frozen, in milliseconds.
const BEYOND_LEASE_MS: std::ops::Range<u64> = 200..2_000;

/// The attacks so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Attacks {
    /// SIGKILL.
    pub(super) killed: usize,
    /// SIGSTOP past the lease, then SIGCONT.
    pub(super) frozen: usize,
    /// SIGTERM.
    pub(super) terminated: usize,
}

/// The attacker.
pub(super) struct Chaos {
    lease: Duration,
    done: Mutex<(Attacks, BTreeSet<u32>)>,
}

impl Chaos {
    pub(super) fn new(lease: Duration) -> Self {
        Self {
            lease,
            done: Mutex::default(),
        }
    }

    /// Attacks all workers for `duration`, then leaves them alone for ever.
    pub(super) async fn rage(
        &self,
        workers: &Supervisor,
        rng: &mut Rng,
        duration: Duration,
    ) -> Infallible {
        let end = Instant::now() + duration;
        let rages = (0..workers.slots()).map(|slot| {
            let rng = rng.fork();
            Box::pin(self.rage_at(workers, slot, rng, end))
        });
        join_all(rages.collect()).await;
        std::future::pending().await
    }

    async fn rage_at(&self, workers: &Supervisor, slot: usize, mut rng: Rng, end: Instant) {
        loop {
            sleep(Duration::from_millis(rng.u64(LEFT_ALONE_MS))).await;
            if Instant::now() >= end {
                return;
            }
            let Some(pid) = workers.pid(slot) else {
                continue;
            };
            match rng.u32(0..10) {
                0..=5 => {
                    workers.signal(slot, Signal::Kill);
                    self.lock().0.killed += 1;
                }
                6..=7 => {
                    workers.signal(slot, Signal::Stop);
                    // Noted before it goes on: what it does then is a straggler's doing.
                    self.lock().1.insert(pid);
                    self.lock().0.frozen += 1;
                    let beyond = Duration::from_millis(rng.u64(BEYOND_LEASE_MS));
                    sleep(self.lease + beyond).await;
                    workers.signal(slot, Signal::Continue);
                }
                _ => {
                    workers.signal(slot, Signal::Terminate);
                    self.lock().0.terminated += 1;
                }
            }
        }
    }

    /// The attacks so far.
    pub(super) fn attacks(&self) -> Attacks {
        self.lock().0
    }

    /// The processes that were frozen past their lease.
    pub(super) fn frozen(&self) -> BTreeSet<u32> {
        self.lock().1.clone()
    }

    fn lock(&self) -> MutexGuard<'_, (Attacks, BTreeSet<u32>)> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs all to their end.
async fn join_all<F: Future<Output = ()> + Unpin>(mut futures: Vec<F>) {
    std::future::poll_fn(|cx| {
        futures.retain_mut(|future| std::pin::Pin::new(future).poll(cx).is_pending());
        if futures.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}
