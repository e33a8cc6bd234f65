//! Four ways to run one scenario, which give the same: straight through, with every workflow made
//! again from its bytes at every await, with a crash at every write, and with two workers.

use durable_runtime::testing::{TestEnv, crash_everywhere};
use std::fmt::Debug;

/// What the scenario gives, however it is run.
pub(crate) async fn in_four_modes<T: PartialEq + Debug>(
    scenario: impl AsyncFn(&TestEnv) -> T,
) -> T {
    // The first three: an undisturbed run, one without memory, and the crashes.
    crash_everywhere(&scenario).await;
    let alone = scenario(&TestEnv::new()).await;
    let two = TestEnv::new();
    two.start_worker();
    assert_eq!(scenario(&two).await, alone, "with two workers");
    alone
}
