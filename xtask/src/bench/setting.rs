//! Where a scenario measures, how often, and how much.

use super::figures::{Table, count};
use super::peers::{ALL, Answer, Done, Peers};
use super::progress::Progress;
use std::cell::Cell;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// What every scenario is given.
#[derive(Debug)]
pub(super) struct Setting {
    /// Databases lie in folders of their own below this one.
    pub(super) folder: PathBuf,
    pub(super) runs: usize,
    /// Small sizes: it works, and the figures mean little.
    pub(super) quick: bool,
    pub(super) peers: Option<Peers>,
    pub(super) progress: Progress,
    pub(super) runtime: Runtime,
    pub(super) run: Cell<usize>,
}

impl Setting {
    /// Does it as often as asked for.
    pub(super) fn each_run(
        &self,
        mut measure: impl FnMut() -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        for run in 1..=self.runs {
            self.run.set(run);
            self.progress.run(run, self.runs);
            measure()?;
        }
        Ok(())
    }

    /// Says which part of a run comes now.
    pub(super) fn part(&self, part: &str) {
        self.progress.part(self.run.get(), self.runs, part);
    }

    /// A size for real, or one for a quick look.
    pub(super) fn size<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }

    /// A place for a database that goes away with it.
    pub(super) fn place(&self) -> anyhow::Result<Place> {
        Ok(Place(tempfile::tempdir_in(&self.folder)?))
    }

    /// What other systems do with orders, so many in flight; none if nobody asked for them.
    pub(super) fn peers(
        &self,
        in_flight: usize,
        table: &mut Table,
    ) -> anyhow::Result<Vec<(String, Done)>> {
        let Some(peers) = &self.peers else {
            return Ok(Vec::new());
        };
        let window = self.size(Duration::from_secs(5), Duration::from_secs(1));
        let mut found = Vec::new();
        for peer in ALL {
            self.part(&format!("{}, {} in flight", peer.name(), count(in_flight)));
            match peers.orders(peer, in_flight, window, self.place()?.folder())? {
                Answer::Done { done, settings } => {
                    table.remark(&settings);
                    found.push((peer.name().to_owned(), done));
                }
                Answer::Skipped(why) => {
                    table.remark(&format!("{} was left out: {why}.", peer.name()));
                }
            }
        }
        Ok(found)
    }

    pub(super) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}

/// A folder with one database.
#[derive(Debug)]
pub(super) struct Place(TempDir);

impl Place {
    pub(super) fn folder(&self) -> &Path {
        self.0.path()
    }

    /// The database's file.
    pub(super) fn database(&self) -> PathBuf {
        self.0.path().join("bench.db")
    }

    /// The bytes of the database, with what was left in its log.
    pub(super) fn bytes(&self) -> anyhow::Result<u64> {
        let db = rusqlite::Connection::open(self.database())?;
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(std::fs::metadata(self.database())?.len())
    }
}
