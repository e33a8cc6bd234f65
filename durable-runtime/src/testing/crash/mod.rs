//! The same test again and again, with a crash at each write to the store.

mod compare;
mod cuts;
mod report;
mod run;

pub(super) use cuts::{Cuts, What};
pub use report::{CrashPoint, CrashReport, When};

use super::{TestEnv, TestEnvBuilder};
use compare::Outcome;
use report::Failed;
use run::{Mode, run};
use std::fmt::Debug;
use std::sync::Arc;

/// A scenario that writes more often than this does not end.
const WRITES_MAX: usize = 100_000;

/// Workflows that go on at the same time write in any order, so a write may hide behind another in
/// each run: then all are tried again, so often at most.
const ROUNDS_MAX: usize = 5;

/// Runs a scenario undisturbed, then once for each write of a worker to the store with that worker
/// killed just *before* the write, and once more just *after* it. Each time a new worker goes on
/// from the stored bytes. Demands that nobody can tell the difference afterwards:
///
/// * the scenario gives the same value,
/// * every workflow that it started ended in the same way,
/// * the outside world saw the same calls of activities, in the same order. A call whose answer was
///   not on record when the worker died may come again, with the same idempotency key: such
///   repeats are counted in the [report](CrashReport), anything else is a failure.
///
/// Every await of a workflow is a write, so it is killed at every await. (Where workflows go on at the
/// same time, the writes come in any order: while one of the awaits has had no crash, all writes are
/// tried again, up to five times, and the report has all of that.) Beside that the scenario
/// runs once with every workflow forgotten and made again from its bytes at every await, and once
/// with two workers that compete on one store.
///
/// The store is in memory; [`TestEnv::builder`] says otherwise, by
/// [`TestEnvBuilder::crash_everywhere`]. Each run has a [`TestEnv`] of its own: set mocks inside of
/// the scenario. All runs are in this process, so what a workflow keeps in a `static` outlives a
/// crash here, and would not elsewhere.
///
/// ```standalone_crate
/// use durable_runtime::prelude::*;
/// use durable_runtime::testing::crash_everywhere;
///
/// #[activity]
/// async fn square(n: u32) -> Result<u32, String> {
///     Ok(n * n)
/// }
///
/// #[workflow]
/// async fn sum_of_squares(n: u32) -> Result<u32, Error> {
///     let mut sum = 0;
///     for i in 1..=n {
///         sum += square(i).await.map_err(Error::msg)?;
///     }
///     Ok(sum)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let report = crash_everywhere(async |env| {
///     let handle = start_sum_of_squares(env.client(), "sum", 3).await.unwrap();
///     assert_eq!(handle.result().await.unwrap().unwrap(), 14);
/// })
/// .await;
/// assert_eq!(report.awaits(), ["sum_of_squares/square"]);
/// assert_eq!(report.log().calls(), ["square", "square", "square"]);
/// println!("{report}");
/// # }
/// ```
///
/// # Panics
/// When an outcome differs; the message names the write and shows both logs. Also when two
/// undisturbed runs differ (then the scenario itself is not repeatable), and when no workflow was
/// started.
pub async fn crash_everywhere<T, S>(scenario: S) -> CrashReport
where
    S: AsyncFn(&TestEnv) -> T,
    T: PartialEq + Debug,
{
    everywhere(&TestEnv::builder(), scenario).await
}

/// The same in surroundings that are made like this.
pub(super) async fn everywhere<T, S>(builder: &TestEnvBuilder, scenario: S) -> CrashReport
where
    S: AsyncFn(&TestEnv) -> T,
    T: PartialEq + Debug,
{
    let counted = async |mode| run(builder, &scenario, &Arc::new(Cuts::counting()), mode).await;
    let undisturbed = counted(Mode::Straight).await;
    for (mode, failed) in [
        (Mode::Straight, Failed::NotRepeatable),
        (Mode::Forgotten, Failed::Forgotten),
        (Mode::TwoWorkers, Failed::TwoWorkers),
    ] {
        demand(&undisturbed, &counted(mode).await, &failed);
    }

    let mut points = Vec::new();
    let (writes, most) = (undisturbed.writes.len(), builder.crashes);
    for when in [When::Before, When::After] {
        if writes > most {
            let some = spread(writes, most);
            points.extend(sweep(builder, &scenario, &undisturbed, when, some).await);
            continue;
        }
        for _ in 0..ROUNDS_MAX {
            points.extend(sweep(builder, &scenario, &undisturbed, when, 0..).await);
            if report::missed(&undisturbed.writes, &points, when).is_none() {
                break;
            }
        }
    }
    let report = CrashReport::new(points, undisturbed.log);
    if writes <= most {
        report.check(&undisturbed.writes);
    }
    report
}

/// So many of `all` numbers, evenly: the first and the last are among them.
fn spread(all: usize, many: usize) -> impl Iterator<Item = usize> {
    let gaps = many.saturating_sub(1).max(1);
    (0..many).map(move |number| number * (all - 1) / gaps)
}

/// A crash at each of these writes, one after the other.
async fn sweep<T, S>(
    builder: &TestEnvBuilder,
    scenario: &S,
    undisturbed: &Outcome<T>,
    when: When,
    writes: impl IntoIterator<Item = usize>,
) -> Vec<CrashPoint>
where
    S: AsyncFn(&TestEnv) -> T,
    T: PartialEq + Debug,
{
    let mut points = Vec::new();
    for at in writes {
        assert!(at < WRITES_MAX, "the scenario does not come to its end");
        let cuts = Arc::new(Cuts::at(at, when));
        let outcome = run(builder, scenario, &cuts, Mode::Straight).await;
        let Some(what) = cuts.fired() else {
            // It has ended before: all writes have had their crash.
            break;
        };
        let mut point = CrashPoint::new(when, what);
        point.repeated = demand(undisturbed, &outcome, &Failed::Crashed(&point));
        points.push(point);
    }
    points
}

/// Demands the same outcome; answers which calls were repeated.
fn demand<T: PartialEq + Debug>(
    undisturbed: &Outcome<T>,
    other: &Outcome<T>,
    failed: &Failed<'_>,
) -> Vec<String> {
    match undisturbed.difference(other) {
        Ok(repeated) => repeated,
        Err(difference) => panic!("{failed}:\n{difference}"),
    }
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn crashes_are_spread_from_the_first_write_to_the_last() {
        let some = |all, many| spread(all, many).collect::<Vec<_>>();
        assert_eq!(some(10, 4), [0, 3, 6, 9]);
        assert_eq!(some(101, 3), [0, 50, 100]);
        assert_eq!(some(5, 4), [0, 1, 2, 4]);
        assert_eq!(some(9, 1), [0]);
        assert!(some(9, 0).is_empty());
    }
}
