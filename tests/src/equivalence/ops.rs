//! What the functions under test call: the same names for both copies.

use super::log;
use serde::Serialize;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// Before the name of a call that is answered with its argument.
const ECHO: &str = "act ";
/// Before the name of a call that is answered with the size of its encoded argument.
const SIZE: &str = "send ";
/// What a timer is called in the log; its argument is when it fires.
pub(super) const TIMER: &str = "timer";
/// In milliseconds: longer than a second, so that the timers of tests win and lose.
const TAKES_MAX: u64 = 1_499;

/// What is answered to a call with this encoded argument, encoded.
pub(super) fn answer(name: &str, argument: Vec<u8>) -> Vec<u8> {
    if name.starts_with(SIZE) {
        log::encoded(&argument.len())
    } else {
        argument
    }
}

/// How long a call takes where the clock orders what is under way: as long for one function as for its copy, and
/// rarely as long as another.
pub(super) fn takes(name: &str, argument: &[u8]) -> Duration {
    let mut hasher = DefaultHasher::new();
    (name, argument).hash(&mut hasher);
    Duration::from_millis(1 + hasher.finish() % TAKES_MAX)
}

/// Logs at once, without an await, and gives the value back: shows when an expression is evaluated.
pub fn note<T: Serialize>(name: &str, value: T) -> T {
    log::push(&format!("note {name}"), &log::encoded(&value), false);
    value
}

#[doc(hidden)]
pub use tokio::select as tokio_select;

/// For the plain copy: async functions.
pub mod plain {
    use super::super::log::{self, encoded};
    use super::super::schedule::Pending;
    pub use super::super::spawned::{JoinHandle, JoinSet, join_all, spawn, try_join_all};
    pub use super::note;
    pub use crate::biased_select as select;
    use durable_runtime::operation::{Cancelled, Elapsed};
    use durable_runtime::{Durable, codec};
    use serde::Serialize;
    use std::pin::{Pin, pin};
    use std::task::Poll;
    use std::time::Duration;
    pub use tokio::{join, try_join};

    /// Gives the value back.
    pub async fn act<T: Durable>(name: &str, value: T) -> T {
        let bytes = encoded(&value);
        called(super::ECHO, name, &bytes).answered().await;
        codec::decode(&bytes).expect("a test's value can be decoded")
    }

    /// Gives the size of the encoded value.
    pub async fn send<T: Serialize + ?Sized>(name: &str, value: &T) -> usize {
        let bytes = encoded(value);
        called(super::SIZE, name, &bytes).answered().await;
        bytes.len()
    }

    /// Waits, and no more.
    pub async fn tick() {
        act("tick", ()).await;
    }

    fn called(prefix: &str, name: &str, argument: &[u8]) -> Pending {
        let name = format!("{prefix}{name}");
        let logged = log::push(&name, argument, true);
        Pending::new(logged, super::takes(&name, argument))
    }

    fn timer(length: Duration) -> Pending {
        let due = i64::try_from(length.as_millis()).expect("a short time");
        Pending::new(log::push(super::TIMER, &encoded(&due), true), length)
    }

    /// Waits for a timer.
    pub async fn sleep(length: Duration) -> Result<(), Cancelled> {
        timer(length).answered().await;
        Ok(())
    }

    /// As Tokio's: the future is asked before the timer.
    pub async fn timeout<F: Future>(limit: Duration, future: F) -> Result<F::Output, Elapsed> {
        let mut future = pin!(future);
        let mut begun = None;
        std::future::poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Ok(output));
            }
            if begun.get_or_insert_with(|| timer(limit)).is_answered() {
                return Poll::Ready(Err(Elapsed));
            }
            Poll::Pending
        })
        .await
    }

    /// A call of a function that is being defined.
    pub fn recurse<'a, F: Future + 'a>(call: F) -> Pin<Box<dyn Future<Output = F::Output> + 'a>> {
        Box::pin(call)
    }
}

/// For the durable copy: operations.
pub mod durable {
    use super::super::log::encoded;
    use super::super::world::{self, Bytes};
    pub use super::note;
    use durable_runtime::Durable;
    use durable_runtime::codec::{self, Error};
    use durable_runtime::id::Timestamp;
    use durable_runtime::operation::{Operation, Plan, Resolution};
    pub use durable_runtime::prelude::{
        JoinHandle, JoinSet, join_all, sleep, spawn, timeout, try_join_all,
    };
    pub use durable_runtime::{join, select, try_join};
    use serde::Serialize;
    use std::marker::PhantomData;

    /// A call that has not begun; it may borrow its argument until then.
    #[derive(Debug)]
    #[must_use]
    pub struct Call<A, T> {
        name: String,
        argument: A,
        output: PhantomData<fn() -> T>,
    }

    impl<A: Serialize, T: Durable> Operation for Call<A, T> {
        type Output = T;

        fn begin(self, now: Timestamp) -> Result<Plan, Error> {
            world::call(self.name, Bytes(encoded(&self.argument))).begin(now)
        }

        fn complete(resolution: Resolution) -> Result<T, Error> {
            let Bytes(answer) = world::answered(resolution)?;
            codec::decode(&answer)
        }
    }

    fn call<A, T>(prefix: &str, name: &str, argument: A) -> Call<A, T> {
        Call {
            name: format!("{prefix}{name}"),
            argument,
            output: PhantomData,
        }
    }

    /// Gives the value back.
    pub fn act<T: Durable>(name: &str, value: T) -> Call<T, T> {
        call(super::ECHO, name, value)
    }

    /// Gives the size of the encoded value.
    pub fn send<'a, T: Serialize + ?Sized>(name: &str, value: &'a T) -> Call<&'a T, usize> {
        call(super::SIZE, name, value)
    }

    /// Waits, and no more.
    pub fn tick() -> Call<(), ()> {
        act("tick", ())
    }

    /// A call of a function that is being defined.
    pub fn recurse<O>(call: O) -> O {
        call
    }
}
