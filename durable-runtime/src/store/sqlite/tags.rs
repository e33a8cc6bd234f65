//! Attributes and notes: one blob that brings them back, and rows that attributes are found by.

use super::db::Db;
use super::error::Outcome;
use super::rows;
use crate::codec;
use crate::id::RunId;
use crate::store::{Attribute, Compare, Condition, Field, TagChanges, Tags, limits};
use rusqlite::params;
use rusqlite::types::Value;

/// The column `tags`; most runs have none.
pub(super) fn encoded(tags: &Tags) -> Option<Vec<u8>> {
    (!tags.is_empty()).then(|| codec::encode_plain(tags))
}

/// What runs are found by, one row for each attribute.
pub(super) fn insert(db: &mut Db, run: RunId, tags: &Tags) -> Outcome<()> {
    for (key, value) in &tags.attributes {
        put(db, run, key, value)?;
    }
    Ok(())
}

/// Changes what is to be changed.
pub(super) fn change(db: &mut Db, run: RunId, changes: &TagChanges) -> Outcome<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let mut tags = rows::first(
        &db.conn,
        "SELECT tags FROM workflow WHERE run=?1",
        [run.0],
        |row| rows::tags(row, 0),
    )?
    .unwrap_or_default();
    tags.apply(changes.clone());
    limits::check_tags(&tags)?;
    db.conn
        .prepare_cached("UPDATE workflow SET tags=?2 WHERE run=?1")?
        .execute(params![run.0, encoded(&tags)])?;
    for (key, value) in &changes.attributes {
        match value {
            Some(value) => put(db, run, key, value)?,
            None => {
                let key = db.names.intern(&db.conn, key)?;
                db.conn
                    .prepare_cached("DELETE FROM attribute WHERE run=?1 AND key=?2")?
                    .execute([run.0, key])?;
            }
        }
    }
    Ok(())
}

fn put(db: &mut Db, run: RunId, key: &str, value: &Attribute) -> Outcome<()> {
    let key = db.names.intern(&db.conn, key)?;
    let (kind, value) = column(value);
    db.conn
        .prepare_cached("INSERT OR REPLACE INTO attribute(run,key,kind,value) VALUES(?1,?2,?3,?4)")?
        .execute(params![run.0, key, kind, value])?;
    Ok(())
}

/// The columns `kind` and `value`. Numbers are of one kind; what is no number is NULL.
fn column(value: &Attribute) -> (i64, Value) {
    match value {
        Attribute::Text(text) => (0, Value::from(text.clone())),
        Attribute::Int(int) => (1, Value::from(*int)),
        Attribute::Float(float) if float.is_nan() => (1, Value::Null),
        Attribute::Float(float) => (1, Value::from(*float)),
        Attribute::Bool(bool) => (2, Value::from(i64::from(*bool))),
        Attribute::Time(at) => (3, Value::from(at.0)),
    }
}

/// A condition as SQL, with the run's row as `w`; what it mentions is added to `values`.
pub(super) fn sql(condition: &Condition, values: &mut Vec<Value>) -> String {
    match condition {
        Condition::All(all) => joined(all, " AND ", "1", values),
        Condition::Any(any) => joined(any, " OR ", "0", values),
        Condition::Not(one) => format!("NOT {}", sql(one, values)),
        Condition::Phase(phase) => {
            let number = *phase as i64;
            // The index's own condition with it: else `workflow_bad` is not used.
            let bad = if number >= 3 { " AND w.phase>=3" } else { "" };
            format!("(w.phase={number}{bad})")
        }
        Condition::Is(field, compare, with) => is(field, *compare, with, values),
    }
}

fn joined(all: &[Condition], by: &str, none: &str, values: &mut Vec<Value>) -> String {
    let all: Vec<_> = all.iter().map(|one| sql(one, values)).collect();
    if all.is_empty() {
        none.to_owned()
    } else {
        format!("({})", all.join(by))
    }
}

fn is(field: &Field, compare: Compare, with: &Attribute, values: &mut Vec<Value>) -> String {
    let (kind, value) = column(with);
    let (text, time) = (0, 3);
    let own = |wanted: i64, own: &str, values: &mut Vec<Value>| {
        if kind != wanted {
            return "0".to_owned();
        }
        // Never NULL, which `NOT` would keep.
        let holds = compared(own, compare, kind, value.clone(), values);
        format!("coalesce({holds},0)")
    };
    match field {
        Field::Id => own(text, "w.id", values),
        Field::Workflow => own(text, "(SELECT text FROM name WHERE n=w.kind)", values),
        Field::Queue => own(text, "(SELECT text FROM name WHERE n=w.queue)", values),
        Field::Started => own(time, "w.created_at", values),
        Field::Ended => own(time, "w.finished_at", values),
        Field::Attribute(key) => {
            values.push(Value::from(key.clone()));
            let key = values.len();
            let holds = compared("value", compare, kind, value, values);
            format!(
                "(w.run IN (SELECT run FROM attribute WHERE \
                 key=(SELECT n FROM name WHERE text=?{key}) AND kind={kind} AND {holds}))"
            )
        }
    }
}

/// A comparison with a value of the same kind.
fn compared(
    own: &str,
    compare: Compare,
    kind: i64,
    value: Value,
    values: &mut Vec<Value>,
) -> String {
    values.push(value);
    let n = values.len();
    let sign = match compare {
        Compare::Eq => "=",
        Compare::Lt => "<",
        Compare::Le => "<=",
        Compare::Gt => ">",
        Compare::Ge => ">=",
        Compare::StartsWith if kind == 0 => {
            return format!("substr({own},1,length(?{n}))=?{n}");
        }
        Compare::StartsWith => return format!("(?{n} IS NULL AND 0)"),
    };
    format!("{own}{sign}?{n}")
}
