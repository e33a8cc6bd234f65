//! Encoded values as JSON for people, and JSON from people as encoded values.
//!
//! JSON cannot say everything, so [`to_json`] is for reading: what it gives is documented there,
//! and is accepted by [`from_json`] for the same type, but is not exact (`Some(None)` and `None`
//! look alike).

use super::read::{Head, Reader, too_deep};
use super::{Error, tag};
use crate::codec::limits::NESTING_MAX;
use serde_json::{Map, Number, Value};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Encoded bytes as JSON, for people.
///
/// | Value | JSON |
/// |---|---|
/// | integers of up to 64 bits, finite floats | the same number |
/// | larger integers | text of their decimal digits |
/// | NaN and infinities | `"NaN"`, `"inf"`, `"-inf"` |
/// | byte strings | text: `0x` and two hexadecimal digits for each byte |
/// | `()`, `None` | `null` |
/// | `Some(x)` | `x` |
/// | maps with text keys, structs | an object |
/// | other maps | an array of `[key, value]` |
/// | a variant without data, one with data | `"Name"`, `{"Name": data}` |
///
/// # Errors
/// When the bytes are not an encoded value.
pub fn to_json(bytes: &[u8]) -> Result<Value, Error> {
    let (mut reader, _) = Reader::open(bytes)?;
    let value = value(&mut reader)?;
    reader.end()?;
    Ok(value)
}

fn value(reader: &mut Reader<'_>) -> Result<Value, Error> {
    Ok(match reader.head()? {
        Head::Unit | Head::None => Value::Null,
        Head::Bool(b) => Value::Bool(b),
        Head::U64(n) => Value::from(n),
        Head::I64(n) => Value::from(n),
        Head::U128(n) => Value::from(n.to_string()),
        Head::I128(n) => Value::from(n.to_string()),
        Head::F32(x) => short_float(x),
        Head::F64(x) => float(x),
        Head::Char(c) => Value::from(c.to_string()),
        Head::Str(text) | Head::UnitVariant(text) => Value::from(text),
        Head::Bytes(bytes) => Value::from(hex(bytes)),
        Head::U8Seq(bytes) => Value::from(bytes),
        Head::Some => {
            reader.enter()?;
            let value = value(reader)?;
            reader.leave();
            value
        }
        Head::Variant(name) => {
            reader.enter()?;
            let payload = value(reader)?;
            reader.leave();
            Value::Object(Map::from_iter([(name.to_owned(), payload)]))
        }
        Head::Seq(count) => {
            reader.enter()?;
            let elements = (0..count)
                .map(|_| value(reader))
                .collect::<Result<_, _>>()?;
            reader.leave();
            Value::Array(elements)
        }
        Head::Map(count) => {
            reader.enter()?;
            let map = map(reader, count)?;
            reader.leave();
            map
        }
    })
}

/// An object if all keys are text and distinct, else an array of pairs.
fn map(reader: &mut Reader<'_>, count: usize) -> Result<Value, Error> {
    if !has_distinct_text_keys(reader.clone(), count)? {
        let pairs = (0..count).map(|_| Ok(Value::Array(vec![value(reader)?, value(reader)?])));
        return Ok(Value::Array(pairs.collect::<Result<_, Error>>()?));
    }
    let mut object = Map::new();
    for _ in 0..count {
        if let Head::Str(key) = reader.head()? {
            object.insert(key.to_owned(), value(reader)?);
        }
    }
    Ok(Value::Object(object))
}

fn has_distinct_text_keys(mut reader: Reader<'_>, count: usize) -> Result<bool, Error> {
    let mut seen = BTreeSet::new();
    for _ in 0..count {
        let Head::Str(key) = reader.head()? else {
            return Ok(false);
        };
        if !seen.insert(key) {
            return Ok(false);
        }
        reader.skip()?;
    }
    Ok(true)
}

fn float(x: f64) -> Value {
    Number::from_f64(x).map_or_else(|| Value::from(x.to_string()), Value::Number)
}

/// As few digits as identify the `f32`, not those of the `f64` next to it.
fn short_float(x: f32) -> Value {
    float(x.to_string().parse().unwrap_or(f64::from(x)))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 + 2 * bytes.len());
    text.push_str("0x");
    for byte in bytes {
        let _ = write!(text, "{byte:02x}"); // a String takes everything
    }
    text
}

/// JSON from people as encoded bytes.
///
/// The bytes say that they were made from JSON, so that [`super::decode`] is lenient: maps read
/// integer keys from text, integers of 128 bits and `"NaN"`, `"inf"`, `"-inf"` are read from text, and maps also
/// from an array of pairs.
///
/// # Errors
/// When the value nests deeper than [`NESTING_MAX`].
pub fn from_json(value: &Value) -> Result<Vec<u8>, Error> {
    let mut out = vec![tag::FORMAT_JSON];
    put(&mut out, value, 0)?;
    Ok(out)
}

fn put(out: &mut Vec<u8>, value: &Value, depth: u16) -> Result<(), Error> {
    if depth > NESTING_MAX {
        return Err(too_deep());
    }
    match value {
        Value::Null => out.push(tag::NONE),
        Value::Bool(b) => super::ser::put(out, b)?,
        Value::Number(n) => number(out, n)?,
        Value::String(text) => tag::put_str(out, text),
        Value::Array(elements) => {
            out.push(tag::SEQ);
            tag::put_varint(out, elements.len() as u64);
            for element in elements {
                put(out, element, depth + 1)?;
            }
        }
        Value::Object(entries) => {
            out.push(tag::MAP);
            tag::put_varint(out, entries.len() as u64);
            for (key, value) in entries {
                tag::put_str(out, key);
                put(out, value, depth + 1)?;
            }
        }
    }
    Ok(())
}

fn number(out: &mut Vec<u8>, n: &Number) -> Result<(), Error> {
    if let Some(n) = n.as_u128() {
        super::ser::put(out, &n)
    } else if let Some(n) = n.as_i128() {
        super::ser::put(out, &n)
    } else if let Some(x) = n.as_f64() {
        super::ser::put(out, &x)
    } else {
        Err(Error::custom(format_args!("the number {n} does not fit")))
    }
}
