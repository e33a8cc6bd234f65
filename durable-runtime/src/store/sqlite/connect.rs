//! Opens connections: checks that the file is ours, brings its schema up to date, sets pragmas.

use super::error::{Outcome, bug};
use super::{SqliteOptions, upgrade};
use crate::store::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::io::ErrorKind;
use std::path::Path;

/// Marks a file as ours (`PRAGMA application_id`): "Durb".
pub(super) const APPLICATION_ID: i64 = 0x4475_7262;

/// The oldest SQLite without the defect that can corrupt a log which several connections write.
const SQLITE_VERSION_MIN: i32 = 3_051_003;

/// What each schema version adds to the one before; `PRAGMA user_version` counts them.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_initial.sql"),
    include_str!("migrations/0002_signals.sql"),
    include_str!("migrations/0003_children.sql"),
    include_str!("migrations/0004_updates.sql"),
    include_str!("migrations/0005_ids.sql"),
    include_str!("migrations/0006_terms.sql"),
    include_str!("migrations/0007_schedules.sql"),
    include_str!("migrations/0008_notes.sql"),
    include_str!("migrations/0009_tags.sql"),
    include_str!("migrations/0010_expiry.sql"),
    include_str!("migrations/0011_pause.sql"),
    include_str!("migrations/0012_lines.sql"),
    include_str!("migrations/0013_queues.sql"),
    include_str!("migrations/0014_chains.sql"),
    include_str!("migrations/0015_tasks.sql"),
    include_str!("migrations/0016_over.sql"),
    include_str!("migrations/0017_task_lines.sql"),
    include_str!("migrations/0018_mail.sql"),
    include_str!("migrations/0019_turns.sql"),
];

/// How many prepared statements a connection keeps; more than there are in this module.
const STATEMENTS_MAX: usize = 160;

/// The schema version that this build writes.
pub(super) fn schema_version() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The names of all tables that this build makes.
pub(super) fn tables() -> impl Iterator<Item = &'static str> {
    let tables = |migration: &'static &str| migration.split("CREATE TABLE ").skip(1);
    let name = |rest: &'static str| rest.split('(').next();
    MIGRATIONS.iter().flat_map(tables).filter_map(name)
}

/// Opens the connection that writes, creating or upgrading the file.
pub(super) fn writer(path: &Path, options: &SqliteOptions) -> Outcome<Connection> {
    if rusqlite::version_number() < SQLITE_VERSION_MIN {
        let text = format!("SQLite {} is older than 3.51.3", rusqlite::version());
        return Err(StoreError::Unusable(text).into());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn =
        Connection::open_with_flags(path, flags).map_err(|error| diagnose(path, &error))?;
    conn.busy_timeout(options.busy_timeout)?;
    prepare_once(&conn)?;
    // Nothing is written before the file is known to be ours.
    check(&conn, path)?;
    if conn.is_readonly("main")? {
        let text = format!("{} cannot be written", path.display());
        return Err(StoreError::ReadOnly(text).into());
    }
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    // 16 MiB. The rows that are written are the latest, and SQLite walks through the whole table of a
    // cache at each commit that has split a page.
    conn.pragma_update(None, "cache_size", -16_384)?;
    conn.pragma_update(None, "mmap_size", 0)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    let mode: String = conn.query_row("PRAGMA journal_mode=WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        let text = format!("{} cannot use a write-ahead log ({mode})", path.display());
        return Err(StoreError::Unusable(text).into());
    }
    migrate(&mut conn, path)?;
    // Set last: `checkpoint` decides when, and how much of the log stays on disk afterwards.
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    conn.pragma_update(None, "journal_size_limit", 64 << 20)?;
    Ok(conn)
}

/// Opens a connection that can only read.
pub(super) fn reader(path: &Path, options: &SqliteOptions) -> Outcome<Connection> {
    // Read-write, because a log may have to be recovered; `query_only` forbids the rest.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(options.busy_timeout)?;
    prepare_once(&conn)?;
    conn.pragma_update(None, "query_only", true)?;
    conn.pragma_update(None, "mmap_size", 0)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    Ok(conn)
}

/// Lets each statement be compiled once for the life of the connection. Without a stable plan SQLite
/// compiles a statement anew whenever other values are bound to it that might suit a partial index.
fn prepare_once(conn: &Connection) -> Outcome<()> {
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Refuses a file that is not ours or newer than this build. Returns its schema version.
fn check(conn: &Connection, path: &Path) -> Outcome<i64> {
    let number = |pragma| conn.query_row(pragma, [], |row| row.get::<_, i64>(0));
    let path = path.display();
    let (application, version) = (
        number("PRAGMA application_id")?,
        number("PRAGMA user_version")?,
    );
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    if application == 0 && version == 0 && tables == 0 {
        return Ok(0);
    }
    if application != APPLICATION_ID {
        let text = format!("{path} is a SQLite database of another application");
        return Err(StoreError::Unusable(text).into());
    }
    let newest = schema_version();
    if version > newest {
        let text = format!(
            "{path} has schema version {version}, this program knows up to {newest}; \
             use the newer program"
        );
        return Err(StoreError::Unusable(text).into());
    }
    Ok(version)
}

/// Brings the schema up to date in one transaction; another process may be doing the same.
fn migrate(conn: &mut Connection, path: &Path) -> Outcome<()> {
    if check(conn, path)? == schema_version() {
        return Ok(());
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = check(&tx, path)?;
    let done = usize::try_from(version).map_err(|_| bug("a negative schema version"))?;
    bring(&tx, done, MIGRATIONS.len())?;
    tx.commit()?;
    Ok(())
}

/// Brings the schema from one version to another.
fn bring(conn: &Connection, from: usize, to: usize) -> Outcome<()> {
    for (version, migration) in (1..).zip(MIGRATIONS).take(to).skip(from) {
        conn.execute_batch(migration)?;
        upgrade::to(version, conn)?;
    }
    conn.pragma_update(None, "application_id", APPLICATION_ID)?;
    let version = i64::try_from(to).unwrap_or(i64::MAX);
    conn.pragma_update(None, "user_version", version)?;
    Ok(())
}

/// A new file as an earlier version has left it.
#[cfg(test)]
pub(super) fn older(path: &Path, version: usize) -> Outcome<Connection> {
    let conn = Connection::open(path)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    bring(&conn, 0, version)?;
    Ok(conn)
}

/// Refuses to write if another process has brought the schema to a newer version meanwhile. It is in
/// the header of the file, which a transaction has read.
pub(super) fn is_current(conn: &Connection) -> Outcome<()> {
    let mut statement = conn.prepare_cached("PRAGMA user_version")?;
    let (found, own) = (statement.query_row([], |row| row.get(0))?, schema_version());
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

/// Says why a file could not be opened; SQLite's own text does not.
fn diagnose(path: &Path, error: &rusqlite::Error) -> StoreError {
    let cause = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path);
    let path = path.display();
    match cause {
        Err(cause) => match cause.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                StoreError::ReadOnly(format!("cannot open {path}: {cause}"))
            }
            _ => StoreError::Unusable(format!("cannot open {path}: {cause}")),
        },
        Ok(_) => StoreError::Unusable(format!("cannot open {path}: {error}")),
    }
}
