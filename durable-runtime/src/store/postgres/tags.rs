//! Attributes and notes: one blob that brings them back, and rows that attributes are found by.

use super::error::Outcome;
use super::rows::{encoded, plain};
use super::session::Columns;
use super::transact::Tx;
use crate::id::RunId;
use crate::store::{Attribute, TagChanges, Tags, limits};

/// The columns of a value: its kind, and one of three that holds it. Numbers are of one kind; what is
/// no number (NaN) is in none.
struct Value<'a> {
    kind: i16,
    int: Option<i64>,
    float: Option<f64>,
    bytes: Option<&'a [u8]>,
}

impl<'a> Value<'a> {
    fn of(value: &'a Attribute) -> Self {
        let none = Self {
            kind: 1,
            int: None,
            float: None,
            bytes: None,
        };
        let whole = |kind, int| Self {
            kind,
            int: Some(int),
            ..none
        };
        match value {
            Attribute::Text(text) => Self {
                kind: 0,
                bytes: Some(text.as_bytes()),
                ..none
            },
            Attribute::Int(int) => whole(1, *int),
            Attribute::Float(float) => Self {
                float: Some(*float).filter(|float| !float.is_nan()),
                ..none
            },
            Attribute::Bool(bool) => whole(2, i64::from(*bool)),
            Attribute::Time(at) => whole(3, at.0),
        }
    }
}

/// What new runs are found by, one row for each attribute.
pub(super) async fn insert<'a>(
    tx: &Tx,
    tags: impl Iterator<Item = (RunId, &'a Tags)>,
) -> Outcome<()> {
    let mut all = Vec::new();
    for (run, tags) in tags {
        for (key, value) in &tags.attributes {
            all.push((run, key.as_str(), value));
        }
    }
    add(tx, &all).await
}

async fn add(tx: &Tx, all: &[(RunId, &str, &Attribute)]) -> Outcome<()> {
    if all.is_empty() {
        return Ok(());
    }
    let (mut runs, mut keys, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
    let (mut ints, mut floats, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
    for (run, key, value) in all.iter().copied() {
        let value = Value::of(value);
        runs.push(run.0);
        keys.push(tx.name(key)?);
        kinds.push(value.kind);
        ints.push(value.int);
        floats.push(value.float);
        bytes.push(value.bytes);
    }
    tx.execute(
        "INSERT INTO @attribute(run,key,kind,int,float,bytes) SELECT * FROM unnest($1::bigint[],\
         $2::bigint[],$3::smallint[],$4::bigint[],$5::double precision[],$6::bytea[])",
        &[&runs, &keys, &kinds, &ints, &floats, &bytes],
    )
    .await?;
    Ok(())
}

/// Changes what is to be changed.
pub(super) async fn change(tx: &Tx, run: RunId, changes: &TagChanges) -> Outcome<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let sql = "SELECT tags FROM @workflow WHERE run=$1";
    let tags = tx
        .first(sql, &[&run.0], |row| plain::<Tags>(&mut Columns::of(row)))
        .await?;
    let mut tags = tags.unwrap_or_default();
    tags.apply(changes.clone());
    limits::check_tags(&tags)?;
    let sql = "UPDATE @workflow SET tags=$2 WHERE run=$1";
    tx.execute(sql, &[&run.0, &encoded(&tags)]).await?;
    let mut keys = Vec::with_capacity(changes.attributes.len());
    for key in changes.attributes.keys() {
        keys.push(tx.name(key)?);
    }
    let sql = "DELETE FROM @attribute WHERE run=$1 AND key=ANY($2)";
    tx.execute(sql, &[&run.0, &keys]).await?;
    let mut put = Vec::new();
    for (key, value) in &changes.attributes {
        put.extend(value.as_ref().map(|value| (run, key.as_str(), value)));
    }
    add(tx, &put).await
}
