//! Hears from the kernel that another process has rung, so that nobody has to look.
//!
//! ```text
//!  process A ── COMMIT ── ring: sets the times of the log ──▶ inotify ──▶ thread of process B
//!                                                                          │ Order::Told
//!                                                                          ▼
//!                                                            writer of B looks, and arms again
//! ```
//!
//! The writes themselves are no news: each is told before it is on disk, and long before it can
//! be seen. So whoever has committed rings, by a change that nothing else makes.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_NOW, utimensat};
use rustix::io::Errno;
use std::io::{PipeReader, PipeWriter, pipe};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Rings for all processes that have armed a watch on this log.
pub(super) fn ring(log: &Path) {
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: UTIME_NOW,
    };
    let times = Timestamps {
        last_access: now,
        last_modification: now,
    };
    // Whoever is not told looks in the end.
    let _ = utimensat(CWD, log, &times, AtFlags::empty());
}

/// A thread that waits for others to ring; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    inotify: Arc<OwnedFd>,
    /// It has been told something.
    works: Arc<AtomicBool>,
    /// Closed to end the thread.
    _open: PipeWriter,
}

impl Watch {
    /// Calls `told` whenever an armed watch has heard something, as long as it answers `true`.
    /// `None` where the system has no more watches or threads to give.
    pub(super) fn start(told: impl Fn() -> bool + Send + 'static) -> Option<Self> {
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
        let inotify = Arc::new(inotify);
        let works = Arc::new(AtomicBool::new(false));
        let (end, open) = pipe().ok()?;
        let thread = Thread {
            inotify: Arc::clone(&inotify),
            works: Arc::clone(&works),
            end,
        };
        std::thread::Builder::new()
            .name("durable-watch".into())
            .spawn(move || thread.listen(told))
            .ok()?;
        Some(Self {
            inotify,
            works,
            _open: open,
        })
    }

    /// Asks to be told when somebody rings next, once. Whether that is possible.
    pub(super) fn arm(&self, log: &Path) -> bool {
        let flags = WatchFlags::ATTRIB | WatchFlags::ONESHOT;
        inotify::add_watch(&self.inotify, log, flags).is_ok()
    }

    /// Whether it has been told something before, so that its silence can be relied on.
    pub(super) fn works(&self) -> bool {
        self.works.load(Ordering::Acquire)
    }
}

struct Thread {
    inotify: Arc<OwnedFd>,
    works: Arc<AtomicBool>,
    end: PipeReader,
}

impl Thread {
    fn listen(self, told: impl Fn() -> bool) {
        while let Ok(rung) = self.wait() {
            if rung {
                self.works.store(true, Ordering::Release);
            }
            if rung && !told() {
                return;
            }
        }
        self.works.store(false, Ordering::Release);
    }

    /// Waits for the next news, and takes what there is: whether somebody has rung. The error means
    /// that it is to end, or has to.
    fn wait(&self) -> Result<bool, Errno> {
        let mut both = [
            PollFd::new(&self.inotify, PollFlags::IN),
            PollFd::new(&self.end, PollFlags::IN),
        ];
        match poll(&mut both, None) {
            Ok(_) if both[1].revents().is_empty() => {}
            Ok(_) => return Err(Errno::CANCELED),
            Err(Errno::INTR) => return Ok(false),
            Err(error) => return Err(error),
        }
        let mut buffer = [MaybeUninit::uninit(); 512];
        let mut reader = inotify::Reader::new(&*self.inotify, &mut buffer);
        let mut rung = false;
        loop {
            match reader.next() {
                // The other kind tells of the end of a watch.
                Ok(event) => rung |= event.events().contains(ReadFlags::ATTRIB),
                Err(Errno::AGAIN) => return Ok(rung),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Watch, ring};
    use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn started() -> (Watch, Receiver<()>) {
        let (told, news): (Sender<()>, _) = channel();
        let watch = Watch::start(move || told.send(()).is_ok()).expect("a watch");
        (watch, news)
    }

    #[test]
    fn a_ring_is_heard_once_by_each_that_has_armed_its_watch_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("some.db-wal");
        let ((one, to_one), (other, to_other)) = (started(), started());
        assert!(!one.arm(&log), "there is none");
        std::fs::write(&log, "").expect("a log");
        ring(&log);
        assert!(one.arm(&log) && other.arm(&log));
        assert!(!one.works());
        ring(&log);
        ring(&log);
        to_one.recv_timeout(PATIENCE).expect("told");
        to_other.recv_timeout(PATIENCE).expect("told");
        assert!(one.works());
        // Each ring before this one has been heard, or will not be.
        assert!(one.arm(&log));
        ring(&log);
        to_one.recv_timeout(PATIENCE).expect("told");
        drop((one, other));
        for news in [to_one, to_other] {
            // The end of its thread, and no word before.
            assert_eq!(
                news.recv_timeout(PATIENCE),
                Err(RecvTimeoutError::Disconnected)
            );
        }
    }
}
