//! What an operator sets for a queue, and the arithmetic of rates.

use super::error::StoreError;
use crate::id::Timestamp;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What holds for a queue, at all workers together. By default nothing does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueueSettings {
    /// How many runs may be under way at a time; 0 counts as 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
    /// How many of each concurrency key, whatever their starts say; 0 counts as 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_key: Option<u32>,
    /// How many begin in a period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// How many activities of workflows of other queues may be carried out at a time; 0 counts as 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity_concurrency: Option<u32>,
    /// How many of each concurrency key, whatever their calls say; 0 counts as 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity_per_key: Option<u32>,
    /// How many of their attempts begin in a period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity_rate: Option<Rate>,
    /// Whether none begins.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
}

/// So many in each period, evenly: a bucket that holds `burst` starts and is filled with `count` in
/// each period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// How many; 0 counts as 1.
    pub count: u32,
    /// In which time.
    pub period: Duration,
    /// How many at once after a while without any; 0 counts as 1.
    pub burst: u32,
}

/// How far the clocks of workers may be apart without notice, in microseconds.
const CLOCKS_APART: i64 = 1_000_000;

/// What changes in the settings of a queue; `None` leaves things as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueChange {
    /// The new [`QueueSettings::concurrency`].
    pub concurrency: Option<Option<u32>>,
    /// The new [`QueueSettings::per_key`].
    pub per_key: Option<Option<u32>>,
    /// The new [`QueueSettings::rate`].
    pub rate: Option<Option<Rate>>,
    /// The new [`QueueSettings::activity_concurrency`].
    pub activity_concurrency: Option<Option<u32>>,
    /// The new [`QueueSettings::activity_per_key`].
    pub activity_per_key: Option<Option<u32>>,
    /// The new [`QueueSettings::activity_rate`].
    pub activity_rate: Option<Option<Rate>>,
    /// The new [`QueueSettings::paused`].
    pub paused: Option<bool>,
}

/// A queue, as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QueueRecord {
    /// Its name.
    pub name: String,
    /// What holds for it.
    #[serde(flatten)]
    pub settings: QueueSettings,
    /// How many starts have not begun.
    pub waiting: u64,
    /// How many runs have begun and not ended.
    pub running: u64,
}

/// The part of a [`Store`](super::Store) that keeps what is set for queues.
#[async_trait]
pub trait Queues {
    /// Changes the settings of a queue; they hold for all claims from then on, and on disk when it
    /// returns. Runs that have begun before count as under way.
    async fn change_queue(
        &self,
        queue: &str,
        change: QueueChange,
    ) -> Result<QueueSettings, StoreError>;

    /// All queues with settings or with runs that have not ended, by name.
    async fn queues(&self) -> Result<Vec<QueueRecord>, StoreError>;

    /// Whether a start on this queue has to wait in line.
    async fn has_line(&self, queue: &str) -> Result<bool, StoreError>;

    /// How many runs wait for a worker of this queue: due, not paused or blocked, and with nothing
    /// of their own concurrency key before them. Counted up to `at_most`, which bounds the work.
    async fn depth(&self, queue: &str, now: Timestamp, at_most: usize)
    -> Result<usize, StoreError>;
}

impl QueueChange {
    pub(crate) fn apply(self, old: QueueSettings) -> QueueSettings {
        QueueSettings {
            concurrency: self.concurrency.unwrap_or(old.concurrency),
            per_key: self.per_key.unwrap_or(old.per_key),
            rate: self.rate.unwrap_or(old.rate),
            activity_concurrency: self
                .activity_concurrency
                .unwrap_or(old.activity_concurrency),
            activity_per_key: self.activity_per_key.unwrap_or(old.activity_per_key),
            activity_rate: self.activity_rate.unwrap_or(old.activity_rate),
            paused: self.paused.unwrap_or(old.paused),
        }
    }
}

impl QueueSettings {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// What holds for its starts alone.
    pub(crate) fn of_starts(self) -> Self {
        Self {
            activity_concurrency: None,
            activity_per_key: None,
            activity_rate: None,
            ..self
        }
    }

    /// What holds for its activities, as if they were starts.
    pub(crate) fn of_activities(self) -> Self {
        Self {
            concurrency: self.activity_concurrency,
            per_key: self.activity_per_key,
            rate: self.activity_rate,
            paused: self.paused,
            ..Self::default()
        }
    }

    /// How many more may begin now, if so many are under way and the bucket is `filled` as it says.
    pub(crate) fn room(&self, running: u64, filled: i64, now: Timestamp) -> usize {
        if self.paused {
            return 0;
        }
        let free = self.concurrency.map_or(usize::MAX, |limit| {
            let free = u64::from(limit.max(1)).saturating_sub(running);
            usize::try_from(free).unwrap_or(usize::MAX)
        });
        free.min(self.rate.map_or(usize::MAX, |rate| rate.room(filled, now)))
    }

    /// From when one more may begin; `None` if that takes more than time.
    pub(crate) fn opens(&self, running: u64, filled: i64, now: Timestamp) -> Option<Timestamp> {
        let full = |limit: u32| running >= u64::from(limit.max(1));
        if self.paused || self.concurrency.is_some_and(full) {
            return None;
        }
        Some(
            self.rate
                .map_or(Timestamp(i64::MIN), |rate| rate.opens(filled, now)),
        )
    }
}

/// A bucket is described by when it will be full again, in microseconds since the epoch: all starts
/// so far, each moving that on by the time that brings one.
impl Rate {
    /// So many per period, as many at once.
    #[must_use]
    pub fn new(count: u32, period: Duration) -> Self {
        Self {
            count,
            period,
            burst: count,
        }
    }

    /// What brings one start.
    fn interval(self) -> i64 {
        let period = i64::try_from(self.period.as_micros()).unwrap_or(i64::MAX);
        (period / i64::from(self.count.max(1))).max(1)
    }

    fn whole(self) -> i64 {
        self.interval().saturating_mul(i64::from(self.burst.max(1)))
    }

    /// How many it holds now.
    pub(crate) fn room(self, filled: i64, now: Timestamp) -> usize {
        let now = now.0.saturating_mul(1000);
        let missing = filled.saturating_sub(now).max(0);
        let room = self.whole().saturating_sub(missing).max(0) / self.interval();
        usize::try_from(room).unwrap_or(usize::MAX)
    }

    /// When the bucket will be full after `count` more starts.
    pub(crate) fn take(self, filled: i64, now: Timestamp, count: usize) -> i64 {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let from = filled.max(now.0.saturating_mul(1000));
        from.saturating_add(self.interval().saturating_mul(count))
    }

    /// What to write instead of a state that no clock near `now` has written: one was ahead, or is set
    /// back. The bucket is empty then, and no more is missing than a whole one.
    pub(crate) fn emptied(self, filled: i64, now: Timestamp) -> Option<i64> {
        let now = now.0.saturating_mul(1000);
        let empty = now.saturating_add(self.whole());
        (filled > empty.saturating_add(CLOCKS_APART)).then_some(empty)
    }

    /// From when it holds one; at once where the state is to be written anew.
    pub(crate) fn opens(self, filled: i64, now: Timestamp) -> Timestamp {
        if self.emptied(filled, now).is_some() {
            return now;
        }
        self.holds_one(filled)
    }

    /// When one begins of which the bucket says `at`: no later than the next look allows, which puts right
    /// what a clock has written that was ahead.
    pub(crate) fn begins(self, at: Timestamp, now: Timestamp) -> Timestamp {
        let filled = at.0.saturating_mul(1000);
        let filled = filled.saturating_add(self.whole() - self.interval());
        let emptied = self.emptied(filled, now);
        emptied.map_or(at, |empty| self.holds_one(empty))
    }

    /// From when a bucket that is filled like this holds one.
    pub(crate) fn holds_one(self, filled: i64) -> Timestamp {
        let at = filled.saturating_sub(self.whole() - self.interval());
        Timestamp(at.div_euclid(1000) + i64::from(at.rem_euclid(1000) > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Takes all that there is, and answers how many that was.
    fn all(rate: Rate, filled: &mut i64, now: i64) -> usize {
        let room = rate.room(*filled, Timestamp(now));
        *filled = rate.take(*filled, Timestamp(now), room);
        room
    }

    #[test]
    fn a_limit_of_nothing_is_a_limit_of_one() {
        let settings = QueueSettings {
            concurrency: Some(0),
            ..QueueSettings::default()
        };
        assert_eq!(settings.room(0, 0, Timestamp(0)), 1);
        assert_eq!(settings.room(1, 0, Timestamp(0)), 0);
        assert!(settings.opens(0, 0, Timestamp(0)).is_some());
        assert_eq!(settings.opens(1, 0, Timestamp(0)), None);
    }

    #[test]
    fn a_bucket_is_filled_evenly() {
        let rate = Rate {
            burst: 4,
            ..Rate::new(10, SECOND)
        };
        let mut filled = 0;
        assert_eq!(all(rate, &mut filled, 5_000), 4);
        assert_eq!(all(rate, &mut filled, 5_000), 0);
        assert_eq!(rate.opens(filled, Timestamp(5_000)), Timestamp(5_100));
        assert_eq!(all(rate, &mut filled, 5_099), 0);
        assert_eq!(all(rate, &mut filled, 5_100), 1);
        assert_eq!(all(rate, &mut filled, 5_350), 2);
        assert_eq!(rate.opens(filled, Timestamp(5_350)), Timestamp(5_400));
        assert_eq!(all(rate, &mut filled, 9_000), 4);
    }

    #[test]
    fn no_period_sees_more_than_its_count_and_a_burst() {
        for (count, period) in [(1, 10), (7, 1_000), (3_000, 1_000), (5, 3)] {
            let rate = Rate::new(count, Duration::from_millis(period));
            let (mut filled, mut seen) = (0, Vec::new());
            for now in 0..3_000 {
                let room = all(rate, &mut filled, now);
                seen.extend(std::iter::repeat_n(now, room));
                let opens = rate.opens(filled, Timestamp(now));
                assert!(opens > Timestamp(now), "{rate:?} at {now}");
            }
            let period = i64::try_from(period).unwrap();
            for (first, from) in seen.iter().enumerate().step_by(13) {
                let within = seen[first..].iter().take_while(|at| **at < from + period);
                assert!(within.count() <= 2 * count as usize, "{rate:?} from {from}");
            }
            let fair = 3_000 * i64::from(count) / period;
            assert!(i64::try_from(seen.len()).unwrap() >= fair - 1, "{rate:?}");
        }
    }

    #[test]
    fn a_clock_that_is_set_back_empties_the_bucket_once() {
        let rate = Rate {
            burst: 4,
            ..Rate::new(10, SECOND)
        };
        let mut filled = 0;
        assert_eq!(all(rate, &mut filled, 3_600_000), 4);
        // A little is no step of the clock: it waits that much longer.
        assert_eq!(rate.emptied(filled, Timestamp(3_599_000)), None);
        let back = Timestamp(1_000);
        assert_eq!(rate.opens(filled, back), back);
        // Nobody is told to wait for an hour.
        let said = rate.holds_one(filled);
        assert_eq!(said, Timestamp(3_600_100));
        assert_eq!(rate.begins(said, Timestamp(3_600_000)), said);
        assert_eq!(rate.begins(said, back), Timestamp(1_100));
        filled = rate.emptied(filled, back).unwrap();
        assert_eq!(rate.emptied(filled, back), None);
        assert_eq!(all(rate, &mut filled, 1_000), 0);
        assert_eq!(rate.opens(filled, back), Timestamp(1_100));
        assert_eq!(all(rate, &mut filled, 1_250), 2);
        assert_eq!(all(rate, &mut filled, 9_000), 4);
    }

    #[test]
    fn extremes_do_not_overflow() {
        let rates = [
            Rate::new(0, Duration::ZERO),
            Rate::new(u32::MAX, Duration::ZERO),
            Rate::new(u32::MAX, Duration::MAX),
            Rate::new(1, Duration::MAX),
        ];
        for rate in rates {
            for now in [i64::MIN, -1, 0, i64::MAX] {
                let (now, filled) = (Timestamp(now), rate.take(0, Timestamp(now), usize::MAX));
                let _ = (
                    rate.room(filled, now),
                    rate.opens(filled, now),
                    rate.opens(i64::MIN, now),
                );
            }
        }
    }

    #[test]
    fn room_is_what_every_limit_leaves() {
        let settings = QueueSettings {
            concurrency: Some(3),
            rate: Some(Rate::new(2, SECOND)),
            ..QueueSettings::default()
        };
        let now = Timestamp(1_000);
        assert_eq!(settings.room(0, 0, now), 2);
        assert_eq!(settings.room(2, 0, now), 1);
        assert_eq!(settings.room(5, 0, now), 0);
        assert_eq!(settings.opens(3, 0, now), None);
        assert_eq!(settings.opens(2, 1_500_000, now), Some(Timestamp(1_000)));
        let paused = QueueSettings {
            paused: true,
            ..settings
        };
        assert_eq!((paused.room(0, 0, now), paused.opens(0, 0, now)), (0, None));
        assert_eq!(QueueSettings::default().room(9, 0, now), usize::MAX);
    }
}
