//! Store URLs.

use super::sqlite::{SqliteOptions, SqliteStore};
use super::{MemoryStore, Store, StoreError};
use std::sync::Arc;

/// Opens the store that a URL names:
///
/// * `sqlite://orders.db`, `sqlite:///var/lib/orders.db`: a SQLite file, relative to the working
///   directory or absolute; created if there is none;
/// * `postgres://user:password@host/database` (or `postgresql://`), with the feature `postgres`: a
///   PostgreSQL database, in the schema `durable` or that of `?schema=`; its tables are created if there
///   are none;
/// * `memory://`: a new [`MemoryStore`] of this process, for tests.
///
/// # Errors
///
/// [`StoreError::Unusable`] if the URL names no store that this build knows; otherwise see
/// [`SqliteStore::open`] and `PostgresStore::open`.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    match url.split_once("://") {
        Some(("sqlite", "")) => Err(unusable(url, "it names no file")),
        Some(("sqlite", path)) => Ok(Arc::new(
            SqliteStore::open(path, SqliteOptions::default()).await?,
        )),
        Some(("memory", "")) => Ok(Arc::new(MemoryStore::new())),
        Some(("memory", _)) => Err(unusable(url, "a memory store has no name")),
        Some(("postgres" | "postgresql", _)) => postgres(url).await,
        Some((scheme, _)) => Err(unusable(url, &format!("there is no store \"{scheme}\""))),
        None => Err(unusable(url, "it has no scheme")),
    }
}

#[cfg(feature = "postgres")]
async fn postgres(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    Ok(Arc::new(super::PostgresStore::open(url).await?))
}

/// The URL is not in the text: it may have a password.
#[cfg(not(feature = "postgres"))]
#[expect(clippy::unused_async, reason = "as it is with the feature")]
async fn postgres(_url: &str) -> Result<Arc<dyn Store>, StoreError> {
    Err(StoreError::Unusable(
        "this program was built without PostgreSQL; build it with the feature `postgres` of \
         durable-runtime"
            .into(),
    ))
}

fn unusable(url: &str, why: &str) -> StoreError {
    StoreError::Unusable(format!(
        "\"{url}\": {why}; write sqlite://orders.db, sqlite:///var/lib/orders.db or postgres://host/database"
    ))
}
