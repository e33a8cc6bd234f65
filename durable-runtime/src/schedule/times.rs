//! The times of a schedule: what comes after an instant.

use super::cron::Expression;
use super::policy::{InvalidSchedule, Schedule};
use crate::hash::Fnv;
use crate::id::{ScheduleId, Timestamp};
use jiff::tz::TimeZone;
use std::time::Duration;

/// A time, and when it is started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    /// As the expression or interval says.
    pub(crate) time: Timestamp,
    /// With jitter.
    pub(crate) at: Timestamp,
}

/// The times of a schedule, ready to be counted.
#[derive(Debug)]
pub(crate) struct Times {
    crons: Vec<Expression>,
    intervals: Vec<Steps>,
    zone: TimeZone,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    jitter: i64,
}

/// An interval in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Steps {
    every: i64,
    offset: i64,
}

impl Times {
    pub(super) fn new(schedule: &Schedule) -> Result<Self, InvalidSchedule> {
        if schedule.crons.is_empty() && schedule.intervals.is_empty() {
            return Err(InvalidSchedule::Empty);
        }
        let zone = TimeZone::get(&schedule.zone)
            .map_err(|_| InvalidSchedule::Zone(schedule.zone.clone()))?;
        let steps = |interval: &super::policy::Interval| match interval.every.as_secs() {
            0 if !interval.offset.is_zero() => Err(InvalidSchedule::Offset),
            0 => Err(InvalidSchedule::Interval),
            _ => Ok(Steps {
                every: millis(interval.every),
                offset: millis(interval.offset),
            }),
        };
        Ok(Self {
            crons: schedule
                .crons
                .iter()
                .map(|text| Expression::new(text))
                .collect::<Result<_, _>>()?,
            intervals: schedule
                .intervals
                .iter()
                .map(steps)
                .collect::<Result<_, _>>()?,
            zone,
            from: schedule.from,
            until: schedule.until,
            jitter: millis(schedule.jitter),
        })
    }

    /// The first time after an instant.
    pub(crate) fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let before = |at: Timestamp| Timestamp(at.0.saturating_sub(1));
        let after = self.from.map_or(after, |from| after.max(before(from)));
        let crons = self.crons.iter().filter_map(|cron| self.cron(cron, after));
        let steps = self.intervals.iter().filter_map(|steps| steps.next(after));
        let next = crons.chain(steps).min()?;
        self.until.is_none_or(|until| next <= until).then_some(next)
    }

    /// The first time after an instant, and when this schedule starts for it.
    pub(crate) fn due(&self, id: &ScheduleId, after: Timestamp) -> Option<Due> {
        let time = self.next(after)?;
        Some(Due {
            time,
            at: self.jittered(id, time),
        })
    }

    fn jittered(&self, id: &ScheduleId, time: Timestamp) -> Timestamp {
        if self.jitter == 0 {
            return time;
        }
        let room = self.next(time).map_or(i64::MAX, |next| next.0 - time.0);
        let mut hash = Fnv::new();
        hash.text(id.as_str());
        hash.bytes(&time.0.to_le_bytes());
        let share = i64::try_from(mix(hash.finish()) >> 1).unwrap_or(0);
        Timestamp(time.0 + share % self.jitter.min(room).max(1))
    }

    /// Cron counts in whole seconds: what comes after the second that `after` is in.
    fn cron(&self, cron: &Expression, after: Timestamp) -> Option<Timestamp> {
        let second = jiff::Timestamp::from_second(after.0.div_euclid(1000)).ok()?;
        let next = cron.next(second, &self.zone)?;
        let next = Timestamp(next.as_millisecond());
        (next > after).then_some(next)
    }
}

impl Steps {
    fn next(self, after: Timestamp) -> Option<Timestamp> {
        let into = after.0.checked_sub(self.offset)?.rem_euclid(self.every);
        after.0.checked_add(self.every - into).map(Timestamp)
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Spreads a hash over all of its bits: neighbours in time differ in few of them.
fn mix(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
