//! Store URLs.

use super::sqlite::{SqliteOptions, SqliteStore};
use super::{MemoryStore, Store, StoreError};
use std::sync::Arc;

/// Opens the store that a URL names:
///
/// * `sqlite://orders.db`, `sqlite:///var/lib/orders.db`: a SQLite file, relative to the working
///   directory or absolute; created if there is none;
/// * `memory://`: a new [`MemoryStore`] of this process, for tests.
///
/// # Errors
///
/// [`StoreError::Unusable`] if the URL names no store that this build knows; otherwise see
/// [`SqliteStore::open`].
pub async fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    match url.split_once("://") {
        Some(("sqlite", "")) => Err(unusable(url, "it names no file")),
        Some(("sqlite", path)) => Ok(Arc::new(
            SqliteStore::open(path, SqliteOptions::default()).await?,
        )),
        Some(("memory", "")) => Ok(Arc::new(MemoryStore::new())),
        Some(("memory", _)) => Err(unusable(url, "a memory store has no name")),
        Some((scheme, _)) => Err(unusable(url, &format!("there is no store \"{scheme}\""))),
        None => Err(unusable(url, "it has no scheme")),
    }
}

fn unusable(url: &str, why: &str) -> StoreError {
    StoreError::Unusable(format!(
        "\"{url}\": {why}; write sqlite://orders.db or sqlite:///var/lib/orders.db"
    ))
}
