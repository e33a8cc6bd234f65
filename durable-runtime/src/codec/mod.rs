//! The encoding of everything that is stored: exact, self-describing and evolvable.
//!
//! ```text
//!            encode                        decode
//!   value ───────────▶ 0xd1 item ◀──────────────────────▶ value, maybe of a newer type
//!                          │ to_json
//!                          ▼
//!   JSON  ───────────▶ 0xd2 item           (from_json: the same items, read leniently)
//! ```
//!
//! *Exact*: what decodes is what was encoded, for NaN payloads, `Some(None)`, integers of 128
//! bits, maps with any keys. *Self-describing*: people can read it without the program
//! ([`to_json`]). *Evolvable*: struct fields, variants and arguments go by name, so a field may be
//! added with a default, removed or moved. `docs/frame-format.md` specifies the bytes.
//!
//! # What serde cannot do
//!
//! Inside `#[serde(flatten)]`, internally tagged and untagged types serde keeps values in a buffer
//! of its own, which has no 128-bit integers: an error when decoding, never a wrong value.
//! [`encode_checked`] finds it when encoding. That buffer also takes types with a form for people
//! (`IpAddr`, uuids) in that form, so the codec uses it everywhere.

mod access;
mod args;
pub mod bytes;
mod de;
mod error;
mod intern;
mod json;
pub mod limits;
mod read;
mod ser;
mod shape;
pub(crate) mod splice;
mod tag;
#[cfg(test)]
mod tests;

pub use args::{Args, ArgsBuilder};
pub use error::Error;
pub use json::{from_json, to_json};
pub use shape::shape;

use crate::codec::limits::PAYLOAD_BYTES_MAX;
use serde::{Deserialize, Serialize};

/// Encodes a value.
///
/// # Errors
/// When its `Serialize` fails, when it nests deeper than [`NESTING_MAX`], or when the bytes are
/// more than [`PAYLOAD_BYTES_MAX`].
///
/// [`NESTING_MAX`]: crate::codec::limits::NESTING_MAX
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(128);
    encode_into(&mut out, value)?;
    checked_size(out)
}

/// [`encode`], and makes sure that the bytes decode.
///
/// Costs a decode. It finds types whose `Serialize` and `Deserialize` do not fit each other before
/// their bytes are the only copy of a value.
///
/// # Errors
/// Those of [`encode`], and those of [`decode`].
pub fn encode_checked<T: Serialize + Deserialize<'static>>(value: &T) -> Result<Vec<u8>, Error> {
    let bytes = encode(value)?;
    decode::<T>(&bytes)?;
    Ok(bytes)
}

/// Decodes a value.
///
/// Fields and variants are found by name; an integer fits any number type that can hold it, and
/// `T` is read where `Some(T)` was written and the other way round. Types that hold `&'static str`
/// or `&'static [u8]` get text that is kept for the life of the process, each distinct text once
/// and [`INTERNED_BYTES_MAX`] in total; `String`s are never kept.
///
/// # Errors
/// When the bytes are damaged, or do not fit the type; the error says where.
///
/// [`INTERNED_BYTES_MAX`]: crate::codec::limits::INTERNED_BYTES_MAX
pub fn decode<T: Deserialize<'static>>(bytes: &[u8]) -> Result<T, Error> {
    let (reader, json) = read::Reader::open(bytes)?;
    de::item(reader.rest(), json)
}

/// A value of any size, of which no part can fail to be encoded.
pub(crate) fn encode_plain<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_into(&mut bytes, value).expect("plain data");
    bytes
}

/// Appends a value of any size.
pub(crate) fn encode_into<T: Serialize + ?Sized>(
    out: &mut Vec<u8>,
    value: &T,
) -> Result<(), Error> {
    out.push(tag::FORMAT);
    ser::put(out, value)
}

fn checked_size(bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
    if bytes.len() > PAYLOAD_BYTES_MAX {
        return Err(Error::custom(format_args!(
            "{} bytes when encoded, and at most {PAYLOAD_BYTES_MAX} are allowed; keep large data \
             elsewhere and pass a reference to it",
            bytes.len()
        )));
    }
    Ok(bytes)
}
