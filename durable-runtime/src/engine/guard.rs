//! What a worker does over and over: a panic in it is said, and it is done again after a pause.

use crate::panics::unwinding;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The pause after the first panic; each further one in a row doubles it.
const PAUSE: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// How often in a row each of them has panicked.
#[derive(Debug, Default)]
pub(super) struct Guard(Mutex<BTreeMap<&'static str, u32>>);

impl Guard {
    /// Does it. After a panic it was as if there had been nothing to do: it says `nothing`, late.
    pub(super) async fn keep<T>(
        &self,
        what: &'static str,
        doing: impl Future<Output = T>,
        nothing: T,
    ) -> T {
        match unwinding(doing).await {
            Ok(done) => {
                self.count(|panics| panics.remove(what));
                done
            }
            Err(panic) => {
                let times = self.count(|panics| {
                    let times = panics.entry(what).or_default();
                    *times = times.saturating_add(1);
                    *times
                });
                let pause = PAUSE
                    .saturating_mul(1 << (times - 1).min(16))
                    .min(PAUSE_MAX);
                tracing::error!(
                    panic,
                    times,
                    ?pause,
                    "the engine panicked; cannot {what} for now"
                );
                tokio::time::sleep(pause).await;
                nothing
            }
        }
    }

    fn count<T>(&self, act: impl FnOnce(&mut BTreeMap<&'static str, u32>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
