//! When a failed attempt is repeated: arithmetic without a clock or chance.

use crate::id::Timestamp;
use crate::operation::RetryPolicy;
use std::time::Duration;

/// Without a limit of its own, a policy's delays stay below this many first delays.
const MAX_INTERVAL_FACTOR: u32 = 100;

/// The first pause after workflow code has panicked; doubled each time.
const HEAL_INITIAL: Duration = Duration::from_secs(1);
/// The longest pause after workflow code has panicked: a fixed deploy shows within a minute.
const HEAL_MAX: Duration = Duration::from_secs(60);

/// When the next attempt of an activity begins after `failures` of them (at least 1), the last at
/// `now`; `None` if there is none, because the policy's attempts are used up or it would begin
/// after `deadline`. A `chosen` pause takes the place of the policy's, as it is.
///
/// The same `seed` gives the same jitter.
pub(super) fn next_attempt(
    policy: &RetryPolicy,
    failures: u32,
    chosen: Option<Duration>,
    now: Timestamp,
    deadline: Option<Timestamp>,
    seed: u64,
) -> Option<Timestamp> {
    if policy.max_attempts.is_some_and(|max| failures >= max) {
        return None;
    }
    let at = now.after(chosen.unwrap_or_else(|| delay(policy, failures, seed)));
    if deadline.is_some_and(|deadline| at >= deadline) {
        return None;
    }
    Some(at)
}

/// When code that has panicked `panics` times in a row (at least 1) is given another try.
pub(super) fn next_heal(panics: u32, now: Timestamp) -> Timestamp {
    let doublings = panics.saturating_sub(1).min(16);
    now.after((HEAL_INITIAL * (1 << doublings)).min(HEAL_MAX))
}

fn delay(policy: &RetryPolicy, failures: u32, seed: u64) -> Duration {
    let max = policy
        .max_interval
        .unwrap_or_else(|| policy.initial.saturating_mul(MAX_INTERVAL_FACTOR));
    let exponent = i32::try_from(failures.saturating_sub(1)).unwrap_or(i32::MAX);
    let grown = policy.initial.as_secs_f64() * policy.factor.max(1.0).powi(exponent);
    let base = grown.min(max.as_secs_f64());
    let share = policy.jitter.clamp(0.0, 1.0) * spread(seed, failures);
    Duration::try_from_secs_f64(base * (1.0 + share)).unwrap_or(max)
}

/// A number in -1..=1 that looks random and depends on nothing else.
fn spread(seed: u64, failures: u32) -> f64 {
    // SplitMix64's mixing function.
    let mut z = seed.wrapping_add(u64::from(failures).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let top = u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or(0);
    f64::from(top) / f64::from(u32::MAX) * 2.0 - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact() -> RetryPolicy {
        RetryPolicy {
            jitter: 0.0,
            ..RetryPolicy::default()
        }
    }

    fn next(policy: &RetryPolicy, failures: u32) -> Option<i64> {
        next_attempt(policy, failures, None, Timestamp(0), None, 7).map(|at| at.0)
    }

    #[test]
    fn delays_double_up_to_a_hundred_first_delays() {
        let delays: Vec<_> = (1..=9).map(|n| next(&exact(), n).unwrap()).collect();
        let expected = [
            1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 100_000, 100_000,
        ];
        assert_eq!(delays, expected);
        assert_eq!(next(&exact(), u32::MAX), Some(100_000));
    }

    #[test]
    fn attempts_are_counted_with_the_first() {
        let policy = RetryPolicy {
            max_attempts: Some(3),
            ..exact()
        };
        assert_eq!(
            [1, 2, 3, 4].map(|n| next(&policy, n).is_some()),
            [true, true, false, false]
        );
        assert_eq!(next(&RetryPolicy::none(), 1), None);
    }

    #[test]
    fn nothing_begins_at_or_after_the_deadline() {
        let at = |deadline| {
            next_attempt(
                &exact(),
                1,
                None,
                Timestamp(500),
                Some(Timestamp(deadline)),
                0,
            )
            .map(|t| t.0)
        };
        assert_eq!(at(1_501), Some(1_500));
        assert_eq!(at(1_500), None);
        assert_eq!(at(0), None);
    }

    #[test]
    fn jitter_stays_in_its_share_and_depends_on_the_seed_alone() {
        let policy = RetryPolicy {
            jitter: 0.1,
            ..exact()
        };
        let at = |seed| {
            next_attempt(&policy, 1, None, Timestamp(0), None, seed)
                .unwrap()
                .0
        };
        let all: Vec<_> = (0..1_000).map(at).collect();
        assert!(all.iter().all(|at| (900..=1_100).contains(at)));
        assert!(all.iter().any(|at| *at < 920) && all.iter().any(|at| *at > 1_080));
        assert_eq!(at(3), at(3));
    }

    #[test]
    fn extreme_policies_do_not_overflow() {
        let policy = RetryPolicy {
            initial: Duration::MAX,
            factor: f64::MAX,
            max_interval: Some(Duration::MAX),
            max_attempts: None,
            jitter: 1.0,
        };
        for seed in 0..10 {
            assert!(
                next_attempt(&policy, 9, None, Timestamp(5), None, seed)
                    .unwrap()
                    .0
                    >= 5
            );
        }
    }

    #[test]
    fn broken_code_is_tried_again_at_least_once_a_minute() {
        let pauses: Vec<_> = (1..=8)
            .map(|n| next_heal(n, Timestamp(0)).0 / 1_000)
            .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(next_heal(u32::MAX, Timestamp(0)).0, 60_000);
    }
}
