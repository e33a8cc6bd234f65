//! Failures that a test injects into the attempts of an activity.

use super::mock;
use crate::Durable;
use crate::operation::Resolution;
use crate::registry::{ActivityDef, AttemptEnd};

/// How an attempt of an activity fails whose error is `E`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure<E> {
    /// It returns this error; the body does not run.
    Error(E),
    /// It panics; the body does not run.
    Panic,
    /// It hangs until it is out of time; the body does not run.
    TimeOut,
    /// The body runs to its end, and its answer gets lost: then it hangs until it is out of time.
    AnswerLost,
}

/// The same, for any activity.
#[derive(Clone, Debug)]
pub(super) enum Planned {
    Error {
        resolution: Resolution,
        retryable: bool,
        error: Option<String>,
    },
    Panic,
    TimeOut,
    AnswerLost,
}

impl Planned {
    pub(super) fn new<T: Durable, E: Durable>(
        def: &'static ActivityDef,
        failure: Failure<E>,
    ) -> Self {
        match failure {
            Failure::Error(error) => {
                let end = mock::ended(def, Err::<T, E>(error));
                Self::Error {
                    resolution: end.resolution,
                    retryable: end.retryable,
                    error: end.error,
                }
            }
            Failure::Panic => Self::Panic,
            Failure::TimeOut => Self::TimeOut,
            Failure::AnswerLost => Self::AnswerLost,
        }
    }
}

/// The failures of the first attempts of each call of one activity: so many of each, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Failures(Vec<(u32, Planned)>);

impl Failures {
    pub(super) fn then(&mut self, times: u32, failure: Planned) {
        self.0.push((times, failure));
    }

    /// How this attempt (1 is the first) fails, if it does.
    pub(super) fn of(&self, attempt: u32) -> Option<Planned> {
        let mut left = attempt;
        for (times, failure) in &self.0 {
            if left <= *times {
                return Some(failure.clone());
            }
            left -= times;
        }
        None
    }
}

/// The end of an attempt that returns an injected error.
pub(super) fn returned(
    resolution: Resolution,
    retryable: bool,
    error: Option<String>,
) -> AttemptEnd {
    AttemptEnd {
        resolution,
        retryable,
        error,
        next_delay: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_follow_one_another() {
        let mut failures = Failures::default();
        failures.then(2, Planned::Panic);
        failures.then(1, Planned::TimeOut);
        let kinds: Vec<_> = (1..=4)
            .map(|attempt| match failures.of(attempt) {
                Some(Planned::Panic) => "panic",
                Some(Planned::TimeOut) => "time-out",
                Some(_) => "other",
                None => "none",
            })
            .collect();
        assert_eq!(kinds, ["panic", "panic", "time-out", "none"]);
    }
}
