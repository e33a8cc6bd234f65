//! The only way to the time: a [`Clock`], the system's or a virtual one for tests.
//!
//! A clock also knows who is at work. Whoever does something that takes no time of its own (a turn,
//! a commit, an attempt of an activity) holds a [`Busy`] guard meanwhile, and a fired sleep hands
//! one out. The system clock ignores them; [`VirtualClock`] moves on as soon as nobody holds one.

mod virtual_clock;

pub use virtual_clock::VirtualClock;

use crate::id::Timestamp;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A sleep in progress. It counts from the call that made it, even before it is polled.
pub type Sleeping = Pin<Box<dyn Future<Output = Busy> + Send>>;

/// Tells the time and waits for it.
pub trait Clock: std::fmt::Debug + Send + Sync + 'static {
    /// The current time.
    fn now(&self) -> Timestamp;

    /// Waits until `at`, never less. Whoever waited is busy until it drops the answer.
    fn sleep_until(&self, at: Timestamp) -> Sleeping;

    /// Like [`sleep_until`](Self::sleep_until), for housekeeping that is no reason for a virtual
    /// clock to move: it fires once time has passed `at` for another reason.
    fn tick(&self, at: Timestamp) -> Sleeping {
        self.sleep_until(at)
    }

    /// Somebody is at work until the answer is dropped.
    fn busy(&self) -> Busy {
        Busy::default()
    }

    /// How long it is since an instant of the clock's choice, as exactly as it can say: to measure
    /// with. It never goes back.
    fn elapsed(&self) -> Duration {
        Timestamp(0).until(self.now())
    }
}

/// Somebody is at work; a virtual clock stands still while one of these exists.
#[derive(Default)]
pub struct Busy(Option<Arc<dyn Release>>);

impl Busy {
    /// A guard that tells `owner` when it is dropped.
    fn new(owner: Arc<dyn Release>) -> Self {
        Self(Some(owner))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if let Some(owner) = self.0.take() {
            owner.release();
        }
    }
}

impl std::fmt::Debug for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Busy")
    }
}

/// Is told when a [`Busy`] guard is dropped.
trait Release: Send + Sync {
    fn release(self: Arc<Self>);
}

/// The longest single wait on the operating system's timer. The wall clock is read again after
/// each, so that a step of the wall clock or a suspended machine delays a timer by no more.
const NAP_MAX: Duration = Duration::from_secs(15);

/// The system's wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the file that reads the clock"
    )]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        let millis = since_epoch.unwrap_or(Duration::ZERO).as_millis();
        Timestamp(i64::try_from(millis).unwrap_or(i64::MAX))
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "this is the file that reads the clock"
    )]
    fn elapsed(&self) -> Duration {
        static FIRST: OnceLock<Instant> = OnceLock::new();
        FIRST.get_or_init(Instant::now).elapsed()
    }

    fn sleep_until(&self, at: Timestamp) -> Sleeping {
        let clock = *self;
        Box::pin(async move {
            loop {
                let left = clock.now().until(at);
                if left.is_zero() {
                    return Busy::default();
                }
                tokio::time::sleep(left.min(NAP_MAX)).await;
            }
        })
    }
}
