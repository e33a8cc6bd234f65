//! When to start a process again: pure arithmetic.

use std::time::Duration;

/// How failures are repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    /// Delay after the first failure; each further one in a row doubles it.
    pub(super) first: Duration,
    /// The longest delay.
    pub(super) longest: Duration,
    /// A process that ran this long was well: its failures are forgotten.
    pub(super) stable: Duration,
    /// How many failures in a row are too many; 0 is without limit.
    pub(super) failures_max: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(60),
            stable: Duration::from_secs(60),
            failures_max: 10,
        }
    }
}

/// The failures of one process.
#[derive(Debug)]
pub(super) struct Backoff {
    policy: Policy,
    failures: u32,
}

impl Backoff {
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            policy,
            failures: 0,
        }
    }

    /// The process ended after it had run for `ran`: when to start it again, or `None` to give up.
    pub(super) fn ended(&mut self, ran: Duration) -> Option<Duration> {
        if ran >= self.policy.stable {
            self.failures = 0;
        }
        let doubled = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        let delay = self.policy.first.saturating_mul(doubled);
        self.failures = self.failures.saturating_add(1);
        if self.policy.failures_max != 0 && self.failures >= self.policy.failures_max {
            return None;
        }
        Some(delay.min(self.policy.longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(5);

    fn delays(failures_max: u32, runs: &[Duration]) -> Vec<Option<u64>> {
        let mut backoff = Backoff::new(Policy {
            failures_max,
            ..Policy::default()
        });
        let seconds = |delay: Duration| delay.as_secs();
        runs.iter()
            .map(|ran| backoff.ended(*ran).map(seconds))
            .collect()
    }

    #[test]
    fn delays_double_up_to_the_longest() {
        let delays = delays(0, &[QUICK; 8]);
        assert_eq!(delays, [1, 2, 4, 8, 16, 32, 60, 60].map(Some));
        let mut endless = Backoff::new(Policy {
            failures_max: 0,
            ..Policy::default()
        });
        assert!((0..100).all(|_| endless.ended(QUICK).is_some()));
    }

    #[test]
    fn a_stable_run_forgets_earlier_failures() {
        let stable = Policy::default().stable;
        let runs = [QUICK, QUICK, stable, QUICK];
        assert_eq!(delays(4, &runs), [Some(1), Some(2), Some(1), Some(2)]);
    }

    #[test]
    fn the_last_allowed_failure_gives_up() {
        assert_eq!(delays(3, &[QUICK; 3]), [Some(1), Some(2), None]);
        assert_eq!(delays(1, &[QUICK]), [None]);
    }
}
