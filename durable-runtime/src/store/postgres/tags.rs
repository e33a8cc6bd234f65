//! Attributes and notes: one blob that brings them back, and rows that attributes are found by.

use super::error::Outcome;
use super::transact::Tx;
use super::unfinished;
use crate::id::RunId;
use crate::store::{Attribute, TagChanges, Tags};

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
    let (mut runs, mut keys, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
    let (mut ints, mut floats, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
    for (run, tags) in tags {
        for (key, value) in &tags.attributes {
            let value = Value::of(value);
            runs.push(run.0);
            keys.push(tx.name(key)?);
            kinds.push(value.kind);
            ints.push(value.int);
            floats.push(value.float);
            bytes.push(value.bytes);
        }
    }
    if runs.is_empty() {
        return Ok(());
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
#[expect(clippy::unused_async, reason = "it will write")]
pub(super) async fn change(_tx: &Tx, run: RunId, changes: &TagChanges) -> Outcome<()> {
    if changes.is_empty() {
        return Ok(());
    }
    // `sqlite/tags.rs`.
    Err(unfinished(&format!(
        "a change of the attributes of run {run}"
    )))
}
