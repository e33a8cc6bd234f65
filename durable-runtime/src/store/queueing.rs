//! What is said of a start's turn in its queue, and the arithmetic that follows from it.

use serde::{Deserialize, Serialize};

/// The priority of runs of which none is said.
const PRIORITY: u8 = 3;

/// How far a key of weight 1 is moved back by a start.
const STRIDE: i64 = 1 << 20;

/// How many starts that have become due join the line in one claim at most.
pub(crate) const ARRIVALS_MAX: usize = 500;

/// Before whom a run has its turn in its queue. What is not said is the default; for a child it is
/// what holds for the run that starts it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Queueing {
    /// From 1, the first, to 5, the last; 3 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u8>,
    /// For whom it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fairness: Option<Box<Fairness>>,
    /// With whom it shares a limit. Children do not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<Box<Concurrency>>,
}

/// For whom a run works: within one priority, keys have their turns by weight, however many starts
/// of each wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fairness {
    /// Whose it is. All starts without a key share the key "".
    pub key: String,
    /// How many turns it has while a key of weight 1 has one, in thousandths, from 1 to 1,000,000.
    pub weight: u32,
}

/// A key of which only so many runs are under way at a time, in one queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concurrency {
    /// What they have in common.
    pub key: String,
    /// This one begins once fewer than so many of its key are under way.
    pub limit: u32,
}

/// What is not a priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no priority: it goes from 1, the first, to 5, the last")]
pub struct InvalidPriority(pub u8);

impl Fairness {
    /// A key with a weight, which is brought within 0.001 and 1000; what is no number is 1.
    #[must_use]
    pub fn new(key: impl Into<String>, weight: f64) -> Box<Self> {
        let weight = if weight.is_nan() { 1.0 } else { weight };
        let thousandths = (weight * 1000.0).round().clamp(1.0, 1_000_000.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole and within the limits"
        )]
        let weight = thousandths as u32;
        let key = key.into();
        Box::new(Self { key, weight })
    }
}

impl Concurrency {
    /// A key with a limit; 0 counts as 1.
    #[must_use]
    pub fn new(key: impl Into<String>, limit: u32) -> Box<Self> {
        let (key, limit) = (key.into(), limit.max(1));
        Box::new(Self { key, limit })
    }
}

impl Queueing {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The priority that holds.
    #[must_use]
    pub fn priority(&self) -> u8 {
        self.priority.unwrap_or(PRIORITY)
    }

    /// Refuses what is no priority.
    pub(crate) fn check(&self) -> Result<(), InvalidPriority> {
        match self.priority() {
            1..=5 => Ok(()),
            other => Err(InvalidPriority(other)),
        }
    }

    /// With what `parent` says where this says nothing.
    #[must_use]
    pub(crate) fn within(self, parent: &Self) -> Self {
        Self {
            priority: self.priority.or(parent.priority),
            fairness: self.fairness.or_else(|| parent.fairness.clone()),
            concurrency: self.concurrency,
        }
    }

    /// The lane of its priority: 0 is served first, 4 last.
    pub(crate) fn lane(&self) -> i64 {
        i64::from(self.priority()) - 1
    }

    /// Whether its start has to join the line wherever there is none yet.
    pub(crate) fn asks_for_a_line(&self) -> bool {
        self.fairness.is_some() || self.concurrency.is_some()
    }

    /// How many of its key may be under way, itself included, where `per_key` is set for the queue.
    pub(crate) fn key_limit(&self, per_key: Option<u32>) -> u64 {
        let own = self.concurrency.as_ref().map(|own| own.limit);
        u64::from(per_key.or(own).unwrap_or(u32::MAX).max(1))
    }

    /// Its concurrency key.
    pub(crate) fn key(&self) -> Option<&str> {
        self.concurrency.as_ref().map(|own| &*own.key)
    }

    /// The same for a task, with what `run` says that calls where this says nothing. It has the
    /// concurrency key of its run, and not the limit: that one counts runs.
    pub(crate) fn of_call(self, run: &Self) -> Self {
        let key = run.concurrency.as_ref();
        let key = key.map(|own| Concurrency::new(own.key.clone(), u32::MAX));
        let own = self.within(run);
        Self {
            concurrency: own.concurrency.or(key),
            ..own
        }
    }

    /// Its key, and how far a start moves that back.
    pub(crate) fn turn(&self) -> (&str, i64) {
        match &self.fairness {
            None => ("", STRIDE),
            Some(own) => (&own.key, STRIDE * 1000 / i64::from(own.weight.max(1))),
        }
    }

    /// Where the last of these goes on that are of its key and lane, and have a turn to come.
    pub(crate) fn behind(&self, turns: impl Iterator<Item = Had>) -> Option<i64> {
        let of_key = |had: &Had| had.lane == self.lane() && had.key == self.turn().0;
        let turns = turns.filter(|had| had.tag >= 0 && of_key(had));
        turns.max_by_key(|had| had.tag).map(|had| had.next)
    }

    /// Its turn at this tag.
    pub(crate) fn had(&self, tag: i64) -> Had {
        let (key, stride) = self.turn();
        Had {
            lane: self.lane(),
            tag,
            key: key.to_owned(),
            next: tag + stride,
        }
    }
}

/// A turn in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Had {
    pub(crate) lane: i64,
    /// The turn, in the order of its lane; negative for one that was had before and came back.
    pub(crate) tag: i64,
    /// Whose it is.
    pub(crate) key: String,
    /// After it, its key has none before this one.
    pub(crate) next: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_brought_within_their_limits() {
        let weights = [
            (1.0, 1_000),
            (0.5, 500),
            (0.0, 1),
            (-3.0, 1),
            (1e9, 1_000_000),
            (f64::NAN, 1_000),
            (f64::INFINITY, 1_000_000),
        ];
        for (given, thousandths) in weights {
            assert_eq!(Fairness::new("a", given).weight, thousandths, "{given}");
        }
    }

    #[test]
    fn a_heavy_key_is_moved_back_less() {
        let turn = |weight| {
            let queueing = Queueing {
                fairness: Some(Fairness::new("a", weight)),
                ..Queueing::default()
            };
            queueing.turn().1
        };
        assert_eq!(turn(1.0), Queueing::default().turn().1);
        assert_eq!(turn(2.0), turn(1.0) / 2);
        assert_eq!(turn(0.001), turn(1.0) * 1000);
        assert!(turn(1000.0) > 1000);
    }

    #[test]
    fn priorities_are_lanes() {
        for (priority, lane) in [(None, 2), (Some(1), 0), (Some(3), 2), (Some(5), 4)] {
            let queueing = Queueing {
                priority,
                ..Queueing::default()
            };
            assert_eq!((queueing.check(), queueing.lane()), (Ok(()), lane));
        }
        for priority in [0, 6, u8::MAX] {
            let queueing = Queueing {
                priority: Some(priority),
                ..Queueing::default()
            };
            assert_eq!(queueing.check(), Err(InvalidPriority(priority)));
        }
    }
}
