//! Commits of other processes: how this one hears of them, and they of its own.
//!
//! SQLite tells nobody of a commit; it can be asked whether there was one, which takes some
//! microseconds. While a [`Watch`] works that is done when somebody has rung; otherwise at intervals.

use super::db::Db;
use super::watch::{Watch, ring};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How soon after having been told the next ring is listened for: beside a busy process this one
/// looks so often, instead of at each commit.
const REST: Duration = Duration::from_millis(3);

/// How long silence is relied on: a process may have died between its commit and its ring.
const SILENCE: Duration = Duration::from_secs(1);

/// A process in which nobody waits for others needs no watch.
#[derive(Debug)]
enum Started {
    NotYet,
    Not,
    As(Watch),
}

/// The other processes at the same database.
#[derive(Debug)]
pub(super) struct Neighbours {
    /// The write-ahead log: each process has it open, and its times mean nothing.
    log: PathBuf,
    /// How often to look without a watch that works.
    poll: Duration,
    watch: Started,
    /// Whether the watch will tell.
    armed: bool,
    /// Until when it is not armed again.
    rests: Option<Instant>,
    /// What `PRAGMA data_version` answered: it changes when another connection has committed.
    data_version: Option<i64>,
}

impl Neighbours {
    pub(super) fn new(db: &Db, poll: Duration) -> Self {
        Self {
            log: db.log(),
            poll,
            watch: Started::NotYet,
            armed: false,
            rests: None,
            data_version: db.data_version().ok(),
        }
    }

    /// Listens from now on, if it is time for that. Whether it has begun to: what was committed
    /// since the last look has to be looked for. What `start` gives calls [`told`](Self::told) from
    /// then on, by way of the thread that owns this.
    pub(super) fn listen(&mut self, start: impl FnOnce() -> Option<Watch>) -> bool {
        if matches!(self.watch, Started::NotYet) {
            self.watch = start().map_or(Started::Not, Started::As);
        }
        let Started::As(watch) = &self.watch else {
            return false;
        };
        let now = Instant::now();
        if self.armed || self.rests.is_some_and(|until| now < until) {
            return false;
        }
        self.armed = watch.arm(&self.log);
        // If that is not possible now, it may be later.
        self.rests = (!self.armed).then(|| now + SILENCE);
        if self.armed && !watch.works() {
            // It tells of this, or else of nothing.
            ring(&self.log);
        }
        self.armed
    }

    /// How long to wait for a ring before a look.
    pub(super) fn patience(&self) -> Duration {
        let works = matches!(&self.watch, Started::As(watch) if watch.works());
        match self.rests {
            _ if self.armed && works => SILENCE,
            Some(until) => until
                .saturating_duration_since(Instant::now())
                .min(self.poll),
            None => self.poll,
        }
    }

    /// Somebody has rung, and the watch is over.
    pub(super) fn told(&mut self) {
        self.armed = false;
        self.rests = Some(Instant::now() + REST);
    }

    /// Tells them of a commit that they may wait for.
    pub(super) fn tell(&self) {
        ring(&self.log);
    }

    /// Whether they have committed since the last look. Without an answer that may be: a hint too
    /// many does no harm.
    pub(super) fn have_committed(&mut self, db: Option<&Db>) -> bool {
        let version = db.and_then(|db| db.data_version().ok());
        if version.is_some() && version == self.data_version {
            return false;
        }
        self.data_version = version.or(self.data_version);
        true
    }

    /// The connection is another one: its log may be a new file.
    pub(super) fn reopened(&mut self) {
        self.armed = false;
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::super::SqliteOptions;
    use super::super::db::Db;
    use super::{Neighbours, REST, SILENCE, Watch};
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(30);
    const POLL: Duration = Duration::from_millis(10);

    fn opened() -> (tempfile::TempDir, Db) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("orders.db");
        let db = Db::open(&file, &SqliteOptions::default()).expect("a database");
        (folder, db)
    }

    /// Listens; what it is told comes out of the channel.
    fn listening(db: &Db) -> (Neighbours, Receiver<()>) {
        let mut neighbours = Neighbours::new(db, POLL);
        let (told, news) = channel();
        let begun = neighbours.listen(|| Watch::start(move || told.send(()).is_ok()));
        assert!(begun);
        (neighbours, news)
    }

    #[test]
    fn silence_is_relied_on_once_a_ring_was_heard() {
        let (_folder, db) = opened();
        let (mut neighbours, news) = listening(&db);
        news.recv_timeout(PATIENCE).expect("its own ring");
        neighbours.told();
        assert!(neighbours.patience() <= REST);
        while !neighbours.listen(|| None) {}
        assert_eq!(neighbours.patience(), SILENCE);
        // It does not listen twice.
        assert!(!neighbours.listen(|| None));
        Neighbours::new(&db, POLL).tell();
        news.recv_timeout(PATIENCE).expect("told");
    }

    #[test]
    fn without_a_watch_it_looks_at_intervals() {
        let (_folder, db) = opened();
        let mut neighbours = Neighbours::new(&db, POLL);
        assert!(!neighbours.listen(|| None));
        assert_eq!(neighbours.patience(), POLL);
        // Nor with one of a log that is not there.
        let mut elsewhere = Neighbours::new(&db, POLL);
        elsewhere.log = "nowhere/orders.db-wal".into();
        assert!(!elsewhere.listen(|| Watch::start(|| true)));
        assert_eq!(elsewhere.patience(), POLL);
    }

    #[test]
    fn only_commits_of_others_are_seen() {
        let (_folder, db) = opened();
        let other = rusqlite::Connection::open(db.conn.path().expect("a path")).expect("opened");
        let mut neighbours = Neighbours::new(&db, POLL);
        let write = "UPDATE worker SET beat = 0; CREATE TABLE IF NOT EXISTS other (a)";
        db.conn.execute_batch(write).expect("written");
        assert!(!neighbours.have_committed(Some(&db)));
        other.execute_batch("DROP TABLE other").expect("written");
        assert!(neighbours.have_committed(Some(&db)));
        assert!(!neighbours.have_committed(Some(&db)));
        assert!(neighbours.have_committed(None), "who knows");
    }
}
