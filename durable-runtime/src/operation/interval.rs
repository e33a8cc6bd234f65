//! Ticks at equal distances, however long what happens between them takes.

use super::timer::Sleep;
use crate::id::Timestamp;
use crate::machine::current;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Ticks of a period that do not drift; made by [`interval`]. It is data: it can be kept over awaits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    next: Timestamp,
    period: Duration,
}

/// In a workflow: ticks every `period` from now on, the first at once. The ticks stand at fixed
/// times: what is done between two of them does not move the next.
///
/// If several ticks are missed, because the work took longer or nobody ran the workflow, one comes
/// at once, and the next at its own time.
///
/// ```
/// # use durable_runtime::prelude::*;
/// # #[activity]
/// # async fn report(week: u32) -> Result<(), Error> { Ok(()) }
/// #[workflow]
/// async fn weekly(weeks: u32) -> Result<(), Error> {
///     let mut every = interval(Duration::from_secs(7 * 86_400));
///     for week in 0..weeks {
///         every.tick().await?;
///         report(week).await?;
///     }
///     Ok(())
/// }
/// ```
///
/// # Panics
/// When `period` is shorter than a millisecond, or outside of a workflow.
#[must_use]
pub fn interval(period: Duration) -> Interval {
    assert!(
        period >= Duration::from_millis(1),
        "an interval has a period of at least one millisecond"
    );
    Interval {
        next: current::now(),
        period,
    }
}

impl Interval {
    /// Await it for the next tick.
    ///
    /// # Panics
    /// Outside of a workflow.
    pub fn tick(&mut self) -> Sleep {
        let due = self.next;
        self.next = following(due, self.period, current::now());
        Sleep::Until(due)
    }
}

/// The tick after the one that is due: the first one in the future.
fn following(due: Timestamp, period: Duration, now: Timestamp) -> Timestamp {
    let missed = due.until(now).as_millis() / period.as_millis().max(1);
    let missed = u32::try_from(missed).unwrap_or(u32::MAX);
    due.after(period.saturating_mul(missed.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_stand_on_a_grid() {
        let next = |now| following(Timestamp(1_000), Duration::from_millis(100), Timestamp(now)).0;
        assert_eq!(next(1_000), 1_100);
        assert_eq!(next(1_040), 1_100);
        assert_eq!(next(1_099), 1_100);
        assert_eq!(next(1_100), 1_200);
        assert_eq!(next(1_250), 1_300);
        assert_eq!(next(9_999), 10_000);
        // The tick is awaited before it is due.
        assert_eq!(next(400), 1_100);
    }
}
