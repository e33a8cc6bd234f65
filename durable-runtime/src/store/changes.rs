//! Wakes those who wait for a commit: a counter that only grows, and a bell.

use crate::id::Incarnation;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Commits that may interest somebody else, shared by everybody who can make or await one.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    state: Mutex<State>,
    bell: Notify,
}

#[derive(Debug, Default)]
struct State {
    count: u64,
    /// The changes after this one are all of interest to anybody but [`Self::author`].
    alone_since: u64,
    /// The worker that made the latest change, if that is no news to it.
    author: Option<Incarnation>,
    /// Who waits: for whose changes it does not.
    waiting: Vec<Option<Incarnation>>,
}

/// What a transaction has done that others may wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum News {
    #[default]
    Nothing,
    /// This worker alone has let go of runs, or ended or answered something: it knows of that.
    Of(Incarnation),
    /// Anybody may wait for it.
    ForAll,
}

impl News {
    /// There is something that anybody may wait for.
    pub(crate) fn noteworthy(&mut self) {
        *self = Self::ForAll;
    }

    /// This worker has written something that all others may wait for.
    pub(crate) fn by(&mut self, worker: Incarnation) {
        *self = match *self {
            Self::Nothing => Self::Of(worker),
            Self::Of(other) if other == worker => Self::Of(worker),
            Self::Of(_) | Self::ForAll => Self::ForAll,
        };
    }
}

/// One who waits, until dropped.
struct Waiting<'a>(&'a Changes, Option<Incarnation>);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if let Some(at) = state.waiting.iter().position(|own| *own == self.1) {
            state.waiting.swap_remove(at);
        }
    }
}

impl Changes {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something was committed that another worker or client may wait for: any, or any but
    /// `author`, who knows of it.
    pub(crate) fn happened(&self, author: Option<Incarnation>) {
        let mut state = self.state();
        if author.is_none() || author != state.author {
            state.alone_since = state.count;
            state.author = author;
        }
        state.count += 1;
        let is_news = state
            .waiting
            .iter()
            .any(|own| author.is_none() || *own != author);
        drop(state);
        if is_news {
            self.bell.notify_waiters();
        }
    }

    /// Tells those who wait for what a committed transaction holds. Whether that is anything.
    pub(crate) fn tell(&self, news: News) -> bool {
        match news {
            News::Nothing => return false,
            News::Of(worker) => self.happened(Some(worker)),
            News::ForAll => self.happened(None),
        }
        true
    }

    /// Waits until something has happened since `seen` that is news to `own`, or for `at_most`;
    /// then `seen` is up to date. Several who wait at once are all told.
    pub(crate) async fn wait(&self, own: Option<Incarnation>, seen: &Seen, at_most: Duration) {
        self.state().waiting.push(own);
        let _waiting = Waiting(self, own);
        let seen = if own.is_some() {
            &seen.worker
        } else {
            &seen.others
        };
        // Another one that waits beside this one, and is told first, takes nothing away from it.
        let mut before = seen.load(Ordering::Acquire);
        let moved = async {
            loop {
                // Enlisted before the look at the counter, so that no ring falls in between.
                let mut rung = std::pin::pin!(self.bell.notified());
                rung.as_mut().enable();
                let is_news = self.is_news(own, &mut before);
                seen.fetch_max(before, Ordering::AcqRel);
                if is_news {
                    return;
                }
                rung.await;
            }
        };
        // Running out of time is an ordinary outcome.
        let _ = tokio::time::timeout(at_most, moved).await;
    }

    /// Whether something has happened since `seen` that is news to `own`; `seen` is up to date then.
    pub(crate) fn is_news(&self, own: Option<Incarnation>, seen: &mut u64) -> bool {
        let state = self.state();
        let before = std::mem::replace(seen, state.count);
        let of_own = own.is_some() && own == state.author && before >= state.alone_since;
        before != state.count && !of_own
    }
}

/// What was told on a handle: to its worker, and to clients beside it.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    worker: AtomicU64,
    others: AtomicU64,
}

impl Seen {
    /// Another handle, which has seen as much.
    pub(crate) fn another(&self) -> Self {
        let copy = |seen: &AtomicU64| AtomicU64::new(seen.load(Ordering::Acquire));
        Self {
            worker: copy(&self.worker),
            others: copy(&self.others),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Changes, News, Seen};
    use crate::id::Incarnation;
    use std::time::Duration;

    const A: Option<Incarnation> = Some(Incarnation(1));
    const B: Option<Incarnation> = Some(Incarnation(2));

    #[test]
    fn what_one_has_done_is_no_news_to_it_and_to_nobody_else_old() {
        let changes = Changes::default();
        let (mut seen, mut elsewhere) = (0, 0);
        changes.happened(A);
        changes.happened(A);
        assert!(!changes.is_news(A, &mut seen));
        assert!(changes.is_news(B, &mut elsewhere));
        assert!(!changes.is_news(B, &mut elsewhere), "it was told");
        changes.happened(A);
        assert!(changes.is_news(None, &mut elsewhere));
        // Between two of its own another one is not missed.
        changes.happened(B);
        changes.happened(A);
        assert!(changes.is_news(A, &mut seen));
        changes.happened(A);
        assert!(!changes.is_news(A, &mut seen));
        changes.happened(None);
        changes.happened(A);
        assert!(changes.is_news(A, &mut seen));
    }

    #[test]
    fn what_several_have_done_is_news_to_all() {
        let mut news = News::default();
        news.by(Incarnation(1));
        news.by(Incarnation(1));
        assert_eq!(news, News::Of(Incarnation(1)));
        news.by(Incarnation(2));
        assert_eq!(news, News::ForAll);
        let mut news = News::Of(Incarnation(1));
        news.noteworthy();
        news.by(Incarnation(1));
        assert_eq!(news, News::ForAll);
        let (changes, mut seen) = (Changes::default(), 0);
        assert!(!changes.tell(News::Nothing));
        assert!(!changes.is_news(B, &mut seen));
        assert!(changes.tell(News::Of(Incarnation(1))));
        assert!(!changes.is_news(A, &mut 0));
        assert!(changes.is_news(B, &mut seen));
        assert!(changes.tell(news));
        assert!(changes.is_news(A, &mut seen));
    }

    /// A worker and two clients of one process, on one handle.
    #[tokio::test]
    async fn who_waits_on_one_handle_takes_no_news_from_another() {
        let (changes, seen) = (Changes::default(), Seen::default());
        let long = Duration::from_secs(3_600);
        let wait = |own| changes.wait(own, &seen, long);
        let told = async { tokio::join!(wait(A), wait(None), wait(None)) };
        let both = async { tokio::join!(told, async { changes.happened(B) }) };
        let in_time = tokio::time::timeout(Duration::from_secs(20), both).await;
        in_time.expect("all three are told");
        changes.happened(B);
        wait(A).await;
        let client = tokio::time::timeout(Duration::from_secs(20), wait(None)).await;
        client.expect("the worker was told before");
        let again = tokio::time::timeout(Duration::ZERO, wait(None)).await;
        assert!(again.is_err(), "it was told");
    }
}
