//! Brings the schema up to date, and refuses one that is not ours or newer.
//!
//! A migration is one transaction: it takes an advisory lock, so that of several processes one does it,
//! and locks `meta`, whose row every transaction reads first. So none of an older version is under way
//! while it changes tables, and none begins afterwards. A role that may not create anything can use a
//! schema that is up to date.

use super::error::{Fault, Outcome, bug};
use super::session::{Columns, Session};
use crate::store::StoreError;

/// What each schema version adds to the one before; the row `version` of `meta` counts them.
const MIGRATIONS: &[&str] = &[include_str!("migrations/0001_initial.sql")];

/// Marks a schema as ours (the row `application` of `meta`): "Durb".
const APPLICATION: i64 = 0x4475_7262;

/// The number that the advisory lock is taken by, beside the schema's own.
const LOCK: i32 = 0x4475_7262;

/// The version that the schema has now.
pub(super) const VERSION: &str = "SELECT value FROM @meta WHERE key='version'";

/// The schema version that this build writes.
fn schema_version() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Refuses to write if another process has brought the schema to a newer version meanwhile.
pub(super) fn is_current(found: Option<i64>) -> Outcome<()> {
    let own = schema_version();
    let Some(found) = found else {
        let text = "its schema has lost the row `version` of `meta`";
        return Err(StoreError::Unusable(text.into()).into());
    };
    if found > own {
        return Err(StoreError::Outdated { found, own }.into());
    }
    if found < own {
        let text = format!(
            "it has schema version {found} again, and this process writes {own}: restart it"
        );
        return Err(StoreError::Unusable(text).into());
    }
    Ok(())
}

/// Makes the tables if there are none, and brings those of an older version up to date.
pub(super) async fn migrate(conn: &Session, schema: &str) -> Outcome<()> {
    let encoding = "SELECT current_setting('server_encoding')";
    let encoding: Option<String> = conn
        .first(encoding, &[], |row| Columns::of(row).next())
        .await?;
    if encoding.as_deref() != Some("UTF8") {
        let text = format!(
            "the database has the encoding {}; create one with ENCODING 'UTF8'",
            encoding.unwrap_or_default()
        );
        return Err(StoreError::Unusable(text).into());
    }
    if found(conn, schema).await? == Some(schema_version()) {
        return Ok(());
    }
    conn.set_free(false);
    conn.batch("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
        .await?;
    let done = bring(conn, schema).await;
    let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = conn.batch(end).await;
    if ended.is_ok() {
        conn.set_free(true);
    }
    done.and(ended)
}

async fn bring(conn: &Session, schema: &str) -> Outcome<()> {
    let lock = "SELECT pg_advisory_xact_lock($1, hashtext($2))";
    conn.execute(lock, &[&LOCK, &schema]).await?;
    // Whoever had the lock may have done it.
    let version = found(conn, schema).await?;
    if version.is_none() && !exists(conn, schema).await? {
        conn.batch(&format!("CREATE SCHEMA {schema}")).await?;
    }
    conn.batch(&format!("SET LOCAL search_path TO {schema}"))
        .await?;
    if version.is_some() {
        conn.batch("LOCK TABLE @meta IN ACCESS EXCLUSIVE MODE")
            .await?;
    }
    let done = usize::try_from(version.unwrap_or(0)).map_err(|_| bug("a negative version"))?;
    for migration in MIGRATIONS.iter().skip(done) {
        conn.batch(migration).await?;
    }
    let sql = "INSERT INTO @meta(key,value) VALUES('application',$1),('version',$2) \
        ON CONFLICT(key) DO UPDATE SET value=excluded.value";
    conn.execute(sql, &[&APPLICATION, &schema_version()])
        .await?;
    Ok(())
}

async fn exists(conn: &Session, schema: &str) -> Outcome<bool> {
    let sql = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname=$1";
    conn.any(sql, &[&schema]).await
}

/// The version of the tables that are there. Refuses those of others, and newer ones.
async fn found(conn: &Session, schema: &str) -> Outcome<Option<i64>> {
    let sql = "SELECT c.relname='meta' AND c.relkind='r' FROM pg_catalog.pg_class c \
        JOIN pg_catalog.pg_namespace s ON s.oid=c.relnamespace WHERE s.nspname=$1 AND c.relkind<>'i'";
    let tables: Vec<bool> = conn
        .all(sql, &[&schema], |row| Columns::of(row).next())
        .await?;
    if tables.is_empty() {
        return Ok(None);
    }
    let foreign = || {
        let text = format!(
            "the schema \"{schema}\" holds something else; name another one with ?schema=…"
        );
        Fault::from(StoreError::Unusable(text))
    };
    if !tables.contains(&true) {
        return Err(foreign());
    }
    let columns = "SELECT 1 FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid=a.attrelid \
        JOIN pg_catalog.pg_namespace s ON s.oid=c.relnamespace WHERE s.nspname=$1 AND c.relname='meta' \
        AND a.attname='value' AND a.atttypid='pg_catalog.int8'::regtype";
    if !conn.any(columns, &[&schema]).await? {
        return Err(foreign());
    }
    let sql = "SELECT (SELECT value FROM @meta WHERE key='application'), \
        (SELECT value FROM @meta WHERE key='version')";
    let marks = conn
        .first(sql, &[], |row| {
            let mut row = Columns::of(row);
            Ok((row.next::<Option<i64>>()?, row.next::<Option<i64>>()?))
        })
        .await?;
    let Some((Some(APPLICATION), Some(version))) = marks else {
        return Err(foreign());
    };
    let newest = schema_version();
    if version > newest {
        let text = format!(
            "the schema \"{schema}\" has version {version}, this program knows up to {newest}; \
             use the newer program"
        );
        return Err(StoreError::Unusable(text).into());
    }
    Ok(Some(version))
}
