//! The time, on the clock of whoever runs the code.

use crate::activity;
use crate::clock::{Clock, SystemClock};
use crate::machine::current;
use std::time::SystemTime;

/// What time it is.
///
/// | in | |
/// |---|---|
/// | a workflow | the clock of its worker, as of the moment when the code went on: the same from one `.await` to the next |
/// | the body of an activity | the clock of its worker at this moment; in a task or thread that the body has spawned, the system's |
/// | other code | the system's clock |
///
/// A worker has the system's clock, unless a test has given it another one: in
/// `durable_runtime::testing` time jumps over sleeps, and `SystemTime::now()` does not go along.
/// Nothing is replayed, so what a workflow has read once stays in its locals and is not read again.
///
/// ```standalone_crate
/// use durable_runtime::prelude::*;
///
/// # #[activity]
/// # async fn send(to: &str) -> Result<(), Error> { drop(to.len()); Ok(()) }
/// #[workflow]
/// async fn remind(to: String, wait: Duration) -> Result<Duration, Error> {
///     let began = now();
///     send(&to).await?;
///     sleep_until(began + wait).await?; // however long the e-mail took
///     Ok(now().duration_since(began).unwrap_or_default())
/// }
/// # fn main() {}
/// ```
///
/// In milliseconds since 1970 it is [`Timestamp::from(now())`](crate::id::Timestamp).
#[must_use]
pub fn now() -> SystemTime {
    let at = current::time().or_else(activity::time);
    at.unwrap_or_else(|| SystemClock.now()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn outside_of_a_worker_it_is_the_systems() {
        let (before, at, after) = (SystemTime::now(), now(), SystemTime::now());
        // It is told in milliseconds.
        assert!(before < at + Duration::from_millis(1), "{before:?} {at:?}");
        assert!(at <= after, "{at:?} {after:?}");
    }
}
