//! Both stores, given the same calls: what they answer must be equal.

use durable_runtime::id::{Incarnation, Timestamp};
use durable_runtime::store::{
    Fence, MemoryStore, NewWorker, QueueChange, QueueSettings, Store, Write, Written,
};

/// How long a lease is, unless a test says otherwise: longer than any of them.
pub(crate) const LONG: i64 = 1_000_000;

/// The two, with `N` workers on each, and one clock.
pub(crate) struct Pair<'a, const N: usize> {
    pub(crate) stores: [&'a dyn Store; 2],
    pub(crate) workers: [i64; N],
    pub(crate) beats: [[i64; N]; 2],
    born: i64,
    pub(crate) now: i64,
}

impl<'a, const N: usize> Pair<'a, N> {
    /// All workers are registered.
    pub(crate) async fn new(stores: [&'a dyn Store; 2]) -> Self {
        let mut pair = Self {
            stores,
            workers: [0; N],
            beats: [[0; N]; 2],
            born: 0,
            now: 10,
        };
        for worker in 0..N {
            pair.born(worker).await;
        }
        pair
    }

    /// A new worker in the place of an earlier one.
    pub(crate) async fn born(&mut self, worker: usize) {
        self.born += 1;
        self.workers[worker] = self.born;
        for (store, beats) in self.stores.iter().zip(&mut self.beats) {
            beats[worker] = 0;
            let new = NewWorker {
                worker: Incarnation(self.born),
                label: "worker".into(),
                points: vec![],
                lease_until: Timestamp(self.now + LONG),
            };
            store.register(new).await.expect("a new worker");
        }
    }

    pub(crate) fn fence(&self, store: usize, worker: usize) -> Fence {
        Fence {
            worker: Incarnation(self.workers[worker]),
            beat: self.beats[store][worker],
            lease_until: Timestamp(self.now + LONG),
        }
    }

    pub(crate) async fn write(&mut self, worker: usize, write: Write) -> Written {
        let mut answers = Vec::new();
        for at in 0..2 {
            let fence = self.fence(at, worker);
            let written = self.stores[at].commit(fence, [write.clone()].into()).await;
            self.beats[at][worker] += 1;
            answers.push(written.expect("the fence holds").remove(0));
        }
        assert_eq!(answers[0], answers[1]);
        answers.remove(0)
    }

    /// Changes what is set for a queue; answers all that is.
    pub(crate) async fn change(&self, queue: &str, change: QueueChange) -> QueueSettings {
        let mut answers = Vec::new();
        for store in self.stores {
            let settings = store.change_queue(queue, change).await;
            answers.push(settings.expect("a store"));
        }
        assert_eq!(answers[0], answers[1]);
        answers.remove(0)
    }
}

/// Opens a pair of stores for each seed, and plays on them: the one in memory, and each of the others.
pub(crate) async fn each_seed(seeds: u64, play: impl AsyncFn([&dyn Store; 2], u64)) {
    for seed in 1..=seeds {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let sqlite = super::open(&folder.path().join("orders.db")).await;
        play([&MemoryStore::new(), &sqlite], seed).await;
        #[cfg(all(unix, feature = "postgres"))]
        if postgres_for_tests::is_there() {
            let schema = postgres_for_tests::schema();
            let postgres = durable_runtime::store::open(&schema.url).await;
            let postgres = postgres.expect("a new schema");
            play([&MemoryStore::new(), &*postgres], seed).await;
        }
    }
}

/// What lets a queue's work begin again.
pub(crate) fn resumed() -> QueueChange {
    QueueChange {
        paused: Some(false),
        ..QueueChange::default()
    }
}
