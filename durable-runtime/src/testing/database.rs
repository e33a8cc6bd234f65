//! Where the workflows of a test are kept: in memory, in a SQLite file of its own, or wherever the
//! test says.

use crate::payload::Codecs;
use crate::store::{MemoryStore, SqliteOptions, SqliteStore, Store};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes the store of one environment.
pub(super) type Make = Arc<dyn Fn() -> Arc<dyn Store> + Send + Sync>;

/// What kind of store environments have.
#[derive(Clone, Default)]
pub(super) enum Kind {
    #[default]
    Memory,
    Sqlite,
    Own(Make),
}

/// The store of one environment.
#[derive(Debug)]
pub(super) struct Database {
    place: Place,
    codecs: Codecs,
}

#[derive(Debug)]
enum Place {
    Memory(MemoryStore),
    Sqlite(Folder),
    Own(Arc<dyn Store>),
}

impl Database {
    pub(super) fn new(kind: &Kind, codecs: Codecs) -> Self {
        let place = match kind {
            Kind::Memory => Place::Memory(MemoryStore::new()),
            Kind::Sqlite => Place::Sqlite(Folder::new()),
            Kind::Own(make) => Place::Own(make()),
        };
        Self { place, codecs }
    }

    /// A handle for a worker or a client: of its own, as another process would have one, unless
    /// the test has made the store.
    pub(super) fn handle(&self) -> Arc<dyn Store> {
        let store: Arc<dyn Store> = match &self.place {
            Place::Memory(store) => Arc::new(store.clone()),
            Place::Sqlite(folder) => Arc::new(folder.open()),
            Place::Own(store) => store.clone(),
        };
        self.codecs.over(store)
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "Memory",
            Self::Sqlite => "Sqlite",
            Self::Own(_) => "Own",
        })
    }
}

/// A folder for one SQLite file, removed when it is dropped.
#[derive(Debug)]
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let process = std::process::id();
        loop {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("durable-test-{process}-{number}");
            let path = std::env::temp_dir().join(name);
            match std::fs::create_dir(&path) {
                Ok(()) => return Self(path),
                // Left by an earlier process of that number.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => panic!("cannot make {}: {error}", path.display()),
            }
        }
    }

    /// Opens the file, without letting others have their turn meanwhile.
    fn open(&self) -> SqliteStore {
        let path = self.0.join("test.db");
        let opened = std::thread::scope(|scope| {
            let open = || {
                let runtime = tokio::runtime::Builder::new_current_thread().build()?;
                let opening = SqliteStore::open(&path, SqliteOptions::default());
                runtime.block_on(opening).map_err(std::io::Error::other)
            };
            scope.spawn(open).join()
        });
        match opened {
            Ok(Ok(store)) => store,
            Ok(Err(error)) => panic!("cannot open {}: {error}", path.display()),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed stays among the temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
