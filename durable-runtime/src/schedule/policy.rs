//! A schedule as a value: its times, and what happens when runs overlap, are late or fail.

use super::Times;
use crate::id::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// How late a time may be noticed at most before it is missed, unless the schedule says otherwise.
const CATCH_UP: Duration = Duration::from_secs(365 * 86_400);

/// The shortest such window. A shorter one would miss times while everything is well.
const CATCH_UP_MIN: Duration = Duration::from_secs(10);

/// When a workflow is started, again and again, and under which policies.
///
/// ```
/// use durable_runtime::{Overlap, Schedule};
/// use std::time::Duration;
///
/// let nightly = Schedule::cron("0 2 * * *")
///     .zone("Europe/Berlin")
///     .jitter(Duration::from_secs(300))
///     .overlap(Overlap::BufferOne);
/// let quarters = Schedule::every(Duration::from_secs(900)).offset(Duration::from_secs(60));
/// # let _ = (nightly, quarters);
/// ```
///
/// Several expressions and intervals may be joined; a time that more than one of them names counts
/// once. What is wrong with a schedule is said when it is created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[must_use = "a schedule is a value; `on_schedule` and `update` use it"]
pub struct Schedule {
    pub(super) crons: Vec<String>,
    pub(super) intervals: Vec<Interval>,
    pub(super) zone: String,
    pub(super) from: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
    pub(super) jitter: Duration,
    pub(super) overlap: Overlap,
    pub(super) catch_up: Duration,
    pub(super) pause_on_failure: bool,
    pub(super) limit: Option<u64>,
}

/// Times at a fixed distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Interval {
    pub(super) every: Duration,
    pub(super) offset: Duration,
}

/// What happens at a time while the run of an earlier one has not ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// Nothing is started for it.
    #[default]
    Skip,
    /// It is started when the run has ended; only one start waits, others are skipped.
    BufferOne,
    /// It is started when all before it have ended, up to 1,000 waiting.
    BufferAll,
    /// The run is asked to stop, and when it has cleaned up the new one is started. Of several that
    /// wait the latest counts.
    CancelOther,
    /// The run is ended without its code, and then the new one is started.
    TerminateOther,
    /// It is started beside the others. Such a run is in nobody's way.
    AllowAll,
}

/// What is wrong with a schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSchedule {
    /// Not a cron expression.
    #[error(
        "`{expression}` is no cron expression: {why}; write minute, hour, day of the month, month \
         and day of the week, as in \"0 2 * * MON-FRI\", or @hourly, @daily, @weekly, @monthly"
    )]
    Cron {
        /// The text.
        expression: String,
        /// What is wrong with it.
        why: String,
    },
    /// No such time zone.
    #[error("there is no time zone `{0}`; write a name such as Europe/Berlin or UTC")]
    Zone(String),
    /// An interval is too short.
    #[error("an interval has at least one second")]
    Interval,
    /// There is no interval that an offset could belong to.
    #[error("an offset belongs to an interval: write `every` before it")]
    Offset,
    /// It names no times.
    #[error("it names no times: give it a cron expression or an interval")]
    Empty,
    /// All of its times have passed, or it names days that do not exist.
    #[error("it never comes: all of its times have passed, or there is no such day")]
    Never,
    /// The window is too short.
    #[error("the catch-up window has at least ten seconds")]
    CatchUp,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            crons: Vec::new(),
            intervals: Vec::new(),
            zone: "UTC".to_owned(),
            from: None,
            until: None,
            jitter: Duration::ZERO,
            overlap: Overlap::Skip,
            catch_up: CATCH_UP,
            pause_on_failure: false,
            limit: None,
        }
    }
}

impl From<&str> for Schedule {
    fn from(cron: &str) -> Self {
        Self::cron(cron)
    }
}

impl Schedule {
    /// At the times of a cron expression: minute, hour, day of the month, month and day of the
    /// week; with six fields the first are seconds. Names (`MON`, `JAN`), ranges, steps, `L`, `W`
    /// and `#` are understood, and `@hourly`, `@daily`, `@weekly`, `@monthly` and `@yearly`.
    ///
    /// Where clocks go forward, a fixed time in the hour that is left out comes at the end of the
    /// gap; where they go back, it comes once, the first time. An expression with a wild card (`*`
    /// or `*/15`) in its minutes or hours goes by elapsed time: it leaves out what is not there and
    /// comes again in the hour that is repeated.
    pub fn cron(expression: impl Into<String>) -> Self {
        Self::default().or_cron(expression)
    }

    /// Every so often, counted from the Unix epoch: `every(1 h)` is at each full hour UTC.
    pub fn every(interval: Duration) -> Self {
        Self::default().or_every(interval)
    }

    /// At the times of another cron expression as well.
    pub fn or_cron(mut self, expression: impl Into<String>) -> Self {
        self.crons.push(expression.into());
        self
    }

    /// At the times of another interval as well.
    pub fn or_every(mut self, interval: Duration) -> Self {
        self.intervals.push(Interval {
            every: interval,
            offset: Duration::ZERO,
        });
        self
    }

    /// Moves the times of the last interval by this much: every hour with an offset of five
    /// minutes is at five past.
    pub fn offset(mut self, offset: Duration) -> Self {
        match self.intervals.last_mut() {
            Some(last) => last.offset = offset,
            // No interval is that short: it is refused as an offset without one.
            None => self.intervals.push(Interval {
                every: Duration::ZERO,
                offset,
            }),
        }
        self
    }

    /// The time zone of the cron expressions, by its IANA name. The default is UTC.
    pub fn zone(mut self, name: impl Into<String>) -> Self {
        self.zone = name.into();
        self
    }

    /// Not before this instant.
    pub fn from(mut self, instant: impl Into<Timestamp>) -> Self {
        self.from = Some(instant.into());
        self
    }

    /// Not after this instant.
    pub fn until(mut self, instant: impl Into<Timestamp>) -> Self {
        self.until = Some(instant.into());
        self
    }

    /// Delays each start by up to this much, and never beyond the next time: many schedules at
    /// midnight do not start all at once. The delay follows from the schedule's id and the time,
    /// so every worker has the same. The time that the workflow is told has none.
    pub fn jitter(mut self, at_most: Duration) -> Self {
        self.jitter = at_most;
        self
    }

    /// What happens while an earlier run has not ended. The default is [`Overlap::Skip`].
    pub fn overlap(mut self, policy: Overlap) -> Self {
        self.overlap = policy;
        self
    }

    /// A time that nobody noticed for longer than this, because no worker ran, is missed and
    /// counted. The default is a year: an outage is caught up with, as far as the overlap policy
    /// starts anything. At least ten seconds.
    pub fn catch_up(mut self, window: Duration) -> Self {
        self.catch_up = window;
        self
    }

    /// Pauses the schedule when a workflow that it has started has failed or timed out, after all of
    /// its retries.
    pub fn pause_on_failure(mut self, pause: bool) -> Self {
        self.pause_on_failure = pause;
        self
    }

    /// Starts this many and then no more. Those that people trigger or back-fill do not count.
    pub fn limit(mut self, starts: u64) -> Self {
        self.limit = Some(starts);
        self
    }

    /// Without a limit again.
    pub fn unlimited(mut self) -> Self {
        self.limit = None;
        self
    }

    /// Without any times: others take their place.
    pub(crate) fn at_no_times(mut self) -> Self {
        self.crons.clear();
        self.intervals.clear();
        self
    }

    pub(crate) fn zone_name(&self) -> &str {
        &self.zone
    }

    /// What is not as it is by default, in a word and a few more.
    pub(crate) fn policies(&self) -> BTreeMap<&'static str, String> {
        let instant = |at: Timestamp| match jiff::Timestamp::from_millisecond(at.0) {
            Ok(at) => at.to_string(),
            Err(_) => at.0.to_string(),
        };
        let default = Self::default();
        let mut all = BTreeMap::from([("overlap", self.overlap.to_string())]);
        all.extend(self.from.map(|at| ("from", instant(at))));
        all.extend(self.until.map(|at| ("until", instant(at))));
        all.extend(self.limit.map(|limit| ("limit", limit.to_string())));
        if self.jitter != default.jitter {
            all.insert("jitter", words(self.jitter));
        }
        if self.catch_up != default.catch_up {
            all.insert("catch-up", words(self.catch_up));
        }
        if self.pause_on_failure {
            all.insert("failure", "pauses it".to_owned());
        }
        all
    }

    /// How many starts the limit leaves, after so many.
    pub(crate) fn starts_left(&self, spent: u64) -> usize {
        let left = self.limit.map(|limit| limit.saturating_sub(spent));
        left.map_or(usize::MAX, |left| {
            usize::try_from(left).unwrap_or(usize::MAX)
        })
    }

    /// Whether it has the same times as another one.
    pub(super) fn has_times_of(&self, other: &Self) -> bool {
        let times = |s: &Self| (s.crons.clone(), s.intervals.clone(), s.zone.clone());
        times(self) == times(other) && (self.from, self.until) == (other.from, other.until)
    }

    /// Its times, or what is wrong with it.
    pub(crate) fn times(&self) -> Result<Times, InvalidSchedule> {
        Times::new(self)
    }

    /// The same for a new one: it must come some day, and be caught up with.
    pub(crate) fn check(&self, now: Timestamp) -> Result<(), InvalidSchedule> {
        if self.catch_up < CATCH_UP_MIN {
            return Err(InvalidSchedule::CatchUp);
        }
        let times = self.times()?;
        times.next(now).ok_or(InvalidSchedule::Never).map(|_| ())
    }
}

/// A duration as people write it.
fn words(duration: Duration) -> String {
    let span = jiff::SignedDuration::try_from(duration).unwrap_or_default();
    format!("{span:#}")
}

impl std::fmt::Display for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut parts: Vec<String> = self.crons.clone();
        parts.extend(self.intervals.iter().map(ToString::to_string));
        f.write_str(&parts.join(" or "))?;
        if self.crons.is_empty() || self.zone == "UTC" {
            return Ok(());
        }
        write!(f, " ({})", self.zone)
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "every {}", words(self.every))?;
        if self.offset.is_zero() {
            return Ok(());
        }
        write!(f, " + {}", words(self.offset))
    }
}

impl std::fmt::Display for Overlap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Skip => "skip",
            Self::BufferOne => "buffer one",
            Self::BufferAll => "buffer all",
            Self::CancelOther => "cancel other",
            Self::TerminateOther => "terminate other",
            Self::AllowAll => "allow all",
        })
    }
}
