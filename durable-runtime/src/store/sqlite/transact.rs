//! Work of applications in the writer's transaction, kept away from the store's own tables.
//!
//! ```text
//!  BEGIN ─ fence ─ owner? ─ done before? ─ SAVEPOINT work ─ the work ─ note ─ RELEASE
//!                                            └──── ROLLBACK TO work, if it gives nothing
//! ```
//!
//! Tables and triggers of an application can roll back the whole transaction, so there is nobody
//! else's call in it.

use super::db::Db;
use super::error::Outcome;
use super::{connect, fence, ids, notes, rows};
use crate::store::{Note, Recorded, StoreError, Transacted, Work};
use crate::transaction::{Sql, Transaction, TransactionError, Value};
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, ToSql, params_from_iter};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

pub(super) fn transact(
    db: &mut Db,
    recorded: Option<Recorded>,
    work: &Work,
) -> Outcome<Transacted> {
    if let Some((fence, record)) = recorded {
        fence::pass(db, fence)?;
        let sql = "SELECT 1 FROM workflow WHERE run=?1 AND owner=?2 AND phase=0";
        let owner = fence.worker;
        let owned = rows::first(&db.conn, sql, [record.run.0, owner.0], |_| Ok(()))?;
        if owned.is_none() {
            ids::let_go(db, record.run, owner)?;
            return Ok(Transacted::Refused);
        }
        if let Some(before) = notes::one(db, record.run, record.note)? {
            return Ok(Transacted::Done(before));
        }
    }
    db.run("SAVEPOINT work")?;
    let given = guarded(db, work)?;
    if db.conn.is_autocommit() {
        return rolled_back(db, recorded, given.is_some());
    }
    let Some(given) = given else {
        db.run("ROLLBACK TO work")?;
        db.run("RELEASE work")?;
        return Ok(Transacted::Undone);
    };
    db.run("RELEASE work")?;
    if let Some((_, record)) = recorded {
        let note = Note {
            run: record.run,
            op: record.note,
            body: given.clone(),
            consumed: Vec::new(),
        };
        notes::put(db, &note)?;
    }
    Ok(Transacted::Done(given))
}

/// An `ON CONFLICT ROLLBACK` of the application's, a trigger of it or a full disk has ended the
/// transaction, in which there was nothing but this call. It begins again with what the call does
/// besides the work.
fn rolled_back(db: &mut Db, recorded: Option<Recorded>, went_on: bool) -> Outcome<Transacted> {
    db.begin_again()?;
    if went_on {
        return Err(StoreError::RolledBack.into());
    }
    if let Some((fence, _)) = recorded {
        fence::pass(db, fence)?;
    }
    Ok(Transacted::Undone)
}

/// Does the work where it cannot do what it may not. One that panics gives nothing.
fn guarded(db: &mut Db, work: &Work) -> Outcome<Option<Vec<u8>>> {
    let denied = Denied::default();
    let answer = denied.clone();
    let decide = move |asked: AuthContext<'_>| answer.decide(&asked.action);
    db.conn.authorizer(Some(decide))?;
    let mut own = Guarded {
        conn: &db.conn,
        denied,
    };
    let given = catch_unwind(AssertUnwindSafe(|| work(&mut Transaction::new(&mut own))));
    db.conn
        .authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
    Ok(given.unwrap_or_else(|_| {
        tracing::error!("work in a transaction panicked");
        None
    }))
}

/// Why a statement was not allowed.
#[derive(Clone, Debug, Default)]
struct Denied(Arc<Mutex<Option<String>>>);

impl Denied {
    fn decide(&self, action: &AuthAction<'_>) -> Authorization {
        let Some(reason) = forbidden(action) else {
            return Authorization::Allow;
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
        Authorization::Deny
    }

    fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

fn forbidden(action: &AuthAction<'_>) -> Option<String> {
    let own = |table: &str| {
        connect::tables()
            .any(|own| own.eq_ignore_ascii_case(table))
            .then(|| format!("`{table}` is a table of the store; give yours another name"))
    };
    match *action {
        AuthAction::Transaction { .. } | AuthAction::Savepoint { .. } => Some(
            "the transaction is the store's, which ends it; return an error to undo all".to_owned(),
        ),
        AuthAction::Attach { .. } | AuthAction::Detach { .. } => {
            Some("no other database can be opened in the transaction of the store".to_owned())
        }
        AuthAction::Pragma { .. } => {
            Some("a pragma would change the store's own connection".to_owned())
        }
        AuthAction::CreateTempIndex { .. }
        | AuthAction::CreateTempTable { .. }
        | AuthAction::CreateTempTrigger { .. }
        | AuthAction::CreateTempView { .. }
        | AuthAction::Unknown { .. } => {
            Some("nothing temporary can be made on the store's own connection".to_owned())
        }
        AuthAction::CreateIndex { table_name, .. }
        | AuthAction::CreateTable { table_name }
        | AuthAction::CreateTrigger { table_name, .. }
        | AuthAction::CreateView {
            view_name: table_name,
        }
        | AuthAction::CreateVtable { table_name, .. }
        | AuthAction::Delete { table_name }
        | AuthAction::DropIndex { table_name, .. }
        | AuthAction::DropTable { table_name }
        | AuthAction::DropTrigger { table_name, .. }
        | AuthAction::DropVtable { table_name, .. }
        | AuthAction::Insert { table_name }
        | AuthAction::Read { table_name, .. }
        | AuthAction::Update { table_name, .. }
        | AuthAction::AlterTable { table_name, .. }
        | AuthAction::Analyze { table_name } => own(table_name),
        _ => None,
    }
}

/// The writer's connection, while its transaction is an application's.
struct Guarded<'a> {
    conn: &'a Connection,
    denied: Denied,
}

impl Guarded<'_> {
    fn run<T>(
        &self,
        sql: &str,
        run: impl FnOnce(&mut rusqlite::Statement<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, TransactionError> {
        if self.conn.is_autocommit() {
            return Err(TransactionError::Forbidden {
                sql: sql.to_owned(),
                what: StoreError::RolledBack.to_string(),
            });
        }
        // `INSERT OR ROLLBACK` would undo what others write in the same transaction.
        let part = |c: char| c.is_ascii_alphanumeric() || "_$".contains(c) || !c.is_ascii();
        let words = sql.split(|c| !part(c));
        if words
            .into_iter()
            .any(|word| word.eq_ignore_ascii_case("rollback"))
        {
            let what = "the transaction is the store's, so no statement may say `ROLLBACK`; pass \
                        text as a parameter";
            return Err(TransactionError::Forbidden {
                sql: sql.to_owned(),
                what: what.to_owned(),
            });
        }
        // Never from the cache: there are the store's own statements, which were asked for nothing.
        let done = self.conn.prepare(sql).and_then(|mut own| run(&mut own));
        done.map_err(|error| match self.denied.take() {
            Some(what) => TransactionError::Forbidden {
                sql: sql.to_owned(),
                what,
            },
            None => TransactionError::Sql {
                sql: sql.to_owned(),
                constraint: error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation),
                message: error.to_string(),
            },
        })
    }
}

impl Sql for Guarded<'_> {
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, TransactionError> {
        let changed = self.run(sql, |own| {
            if own.column_count() > 0 {
                // `RETURNING`: all of it has to be read to be done.
                let mut rows = own.query(params_from_iter(params))?;
                let mut count = 0;
                while rows.next()?.is_some() {
                    count += 1;
                }
                return Ok(count);
            }
            own.execute(params_from_iter(params))
        })?;
        Ok(changed as u64)
    }

    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Vec<Value>>, TransactionError> {
        self.run(sql, |own| {
            let width = own.column_count();
            let row = |row: &rusqlite::Row<'_>| {
                (0..width)
                    .map(|at| row.get_ref(at).map(Value::from))
                    .collect()
            };
            own.query_map(params_from_iter(params), row)?.collect()
        })
    }
}

impl From<ValueRef<'_>> for Value {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(own) => Self::Integer(own),
            ValueRef::Real(own) => Self::Real(own),
            ValueRef::Text(own) => Self::Text(String::from_utf8_lossy(own).into_owned()),
            ValueRef::Blob(own) => Self::Blob(own.to_vec()),
        }
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(own) => ValueRef::Integer(*own),
            Self::Real(own) => ValueRef::Real(*own),
            Self::Text(own) => ValueRef::Text(own.as_bytes()),
            Self::Blob(own) => ValueRef::Blob(own),
        }))
    }
}
