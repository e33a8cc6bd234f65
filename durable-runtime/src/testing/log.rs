//! What the outside world saw: every attempt of every activity, in order.

use super::mock::{self, Activity};
use serde_json::Value;
use std::fmt;
use std::ops::Deref;
use std::time::Duration;

/// The attempts of activities up to now, in the order in which they began. A slice of
/// [`Called`]; shows as one line for each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log(pub(super) Vec<Called>);

/// One attempt of an activity.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Called {
    /// The activity's persistent name.
    pub activity: &'static str,
    /// The id of the workflow that called it.
    pub workflow: String,
    /// The same in every attempt of one call.
    pub idempotency_key: String,
    /// 1 for the first attempt of a call.
    pub attempt: u32,
    /// When it began, on the test's clock.
    pub at: Duration,
    /// The arguments, by name.
    pub arguments: Value,
    /// How it ended.
    pub ended: Ended,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Ended {
    /// Not yet.
    Running,
    /// With this value.
    Returned(Value),
    /// With this error.
    Failed(String),
    /// With a panic.
    Panicked,
    /// It was stopped: out of time, cancelled, or its worker was killed.
    Stopped,
}

impl Log {
    /// The names of the activities, one for each attempt: what most assertions need.
    #[must_use]
    pub fn calls(&self) -> Vec<&'static str> {
        self.0.iter().map(|called| called.activity).collect()
    }

    /// The attempts of one activity.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "the name of a function")]
    pub fn of<A, F: Activity<A>>(&self, activity: F) -> Self {
        let name = mock::definition(&activity).name;
        self.filter(|called| called.activity == name)
    }

    /// The attempts that one workflow has made.
    #[must_use]
    pub fn of_workflow(&self, id: &str) -> Self {
        self.filter(|called| called.workflow == id)
    }

    /// Each attempt once, as a service sees it that recognises idempotency keys: a call whose answer
    /// was not on record when its worker died comes again, with the same key and number.
    #[must_use]
    pub fn without_repeats(&self) -> Self {
        let mut seen: Vec<Called> = Vec::new();
        for called in &self.0 {
            match seen.iter_mut().find(|earlier| earlier.is_same(called)) {
                // Only the last one's answer counts.
                Some(earlier) => earlier.ended = called.ended.clone(),
                None => seen.push(called.clone()),
            }
        }
        Self(seen)
    }

    fn filter(&self, is: impl Fn(&Called) -> bool) -> Self {
        Self(self.0.iter().filter(|called| is(called)).cloned().collect())
    }
}

impl Called {
    /// Whether this is the same attempt of the same call.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.idempotency_key == other.idempotency_key && self.attempt == other.attempt
    }
}

impl Deref for Log {
    type Target = [Called];

    fn deref(&self) -> &[Called] {
        &self.0
    }
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("  (no activity was called)\n");
        }
        self.0
            .iter()
            .try_for_each(|called| writeln!(f, "  {called}"))
    }
}

impl fmt::Display for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            activity,
            workflow,
            attempt,
            at,
            arguments,
            ended,
            idempotency_key: _,
        } = self;
        write!(f, "{}  {workflow}: {activity} {arguments}", time(*at))?;
        if *attempt > 1 {
            write!(f, ", attempt {attempt}")?;
        }
        write!(f, " → {ended}")
    }
}

/// Days, and the time of the day.
fn time(at: Duration) -> String {
    let (seconds, millis) = (at.as_secs(), at.subsec_millis());
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let (hours, minutes, seconds) = (hours % 24, minutes % 60, seconds % 60);
    let days = match days {
        0 => String::new(),
        days => format!("{days}d "),
    };
    format!("{days}{hours:02}:{minutes:02}:{seconds:02}.{millis:03}")
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running => f.write_str("still running"),
            Self::Returned(value) => write!(f, "{value}"),
            Self::Failed(error) => write!(f, "failed: {error}"),
            Self::Panicked => f.write_str("panicked"),
            Self::Stopped => f.write_str("stopped"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_as_people_read_them() {
        let shown = |millis| time(Duration::from_millis(millis));
        assert_eq!(shown(0), "00:00:00.000");
        assert_eq!(shown(1_805_030), "00:30:05.030");
        assert_eq!(shown(90 * 86_400_000 + 3_600_000), "90d 01:00:00.000");
    }
}
