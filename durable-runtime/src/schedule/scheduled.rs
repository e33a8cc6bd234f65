//! What the code of a workflow can ask about the schedule that has started it.

use crate::store::Scheduled;
use std::cell::RefCell;

thread_local! {
    static CURRENT: RefCell<Option<Scheduled>> = const { RefCell::new(None) };
}

/// Puts back what was there before, also when the code panics.
struct Before(Option<Scheduled>);

impl Drop for Before {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Lets the code of a run go on that was started like this.
pub(crate) fn within<R>(by: Option<&Scheduled>, run: impl FnOnce() -> R) -> R {
    let _before = Before(CURRENT.replace(by.cloned()));
    run()
}

/// The schedule that has started this workflow, the time it was started for, and what the last run
/// of the schedule returned. `None` in a workflow that no schedule has started, and outside.
///
/// ```no_run
/// use durable_runtime::prelude::*;
///
/// #[workflow]
/// async fn totals(region: String) -> Result<String, Error> {
///     let day = durable_runtime::scheduled().map(|by| by.at);
///     sleep(Duration::from_secs(1)).await?;
///     Ok(format!("{region} at {day:?}"))
/// }
/// ```
#[must_use]
pub fn scheduled() -> Option<Scheduled> {
    CURRENT.with_borrow(Clone::clone)
}
