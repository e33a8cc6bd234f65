//! The arguments of a call: one map from parameter name to value, encoded and decoded one
//! argument at a time, so that an error says which.

use super::read::{Head, Reader};
use super::{Error, checked_size, de, ser, tag};
use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Encodes named arguments as one map, in order.
#[derive(Debug)]
pub struct ArgsBuilder {
    bytes: Vec<u8>,
    count: usize,
    error: Option<Error>,
}

/// Where the count of arguments is: after the format and the tag.
const COUNT_AT: usize = 2;

impl Default for ArgsBuilder {
    fn default() -> Self {
        Self {
            bytes: vec![tag::FORMAT, tag::MAP, 0],
            count: 0,
            error: None,
        }
    }
}

impl ArgsBuilder {
    /// No arguments yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg<T: Serialize + ?Sized>(mut self, name: &'static str, value: &T) -> Self {
        if self.error.is_none() {
            tag::put_str(&mut self.bytes, name);
            self.count += 1;
            self.error = ser::put(&mut self.bytes, value)
                .err()
                .map(|e| about(name, &e));
        }
        self
    }

    /// The encoded map, or the first error.
    ///
    /// # Errors
    /// When an argument cannot be encoded, or all together are larger than
    /// [`PAYLOAD_BYTES_MAX`](crate::codec::limits::PAYLOAD_BYTES_MAX).
    pub fn finish(mut self) -> Result<Vec<u8>, Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        ser::set_count(&mut self.bytes, COUNT_AT, 0, self.count);
        checked_size(self.bytes)
    }
}

/// Named arguments, decoded one by one.
#[derive(Clone, Debug)]
pub struct Args {
    bytes: Vec<u8>,
    json: bool,
    given: Vec<Given>,
    asked: Vec<&'static str>,
}

#[derive(Clone, Debug)]
struct Given {
    name: String,
    item: Range<usize>,
}

impl Args {
    /// Opens an encoded map of arguments. Nothing at all (`()`, JSON's `null`) is an empty map.
    ///
    /// # Errors
    /// When the bytes are not an encoded map with text keys.
    pub fn open(bytes: &[u8]) -> Result<Self, Error> {
        let (mut reader, json) = Reader::open(bytes)?;
        let count = match reader.head()? {
            Head::Map(count) => count,
            Head::Unit | Head::None => 0,
            _ => return Err(Error::custom("arguments must be a map from name to value")),
        };
        let mut given = Vec::with_capacity(count.min(64));
        for _ in 0..count {
            let Head::Str(name) = reader.head()? else {
                return Err(Error::custom("the name of an argument must be text"));
            };
            let start = bytes.len() - reader.rest().len();
            reader.skip().map_err(|e| about(name, &e))?;
            let item = start..bytes.len() - reader.rest().len();
            given.push(Given {
                name: name.to_owned(),
                item,
            });
        }
        reader.end()?;
        Ok(Self {
            bytes: bytes.to_owned(),
            json,
            given,
            asked: Vec::new(),
        })
    }

    /// The names that were given, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.given.iter().map(|given| given.name.as_str())
    }

    /// Decodes the argument called `name`. One that was not given is `None` for an `Option`.
    ///
    /// # Errors
    /// When it is missing or does not fit the type; the error names it.
    pub fn get<T: Deserialize<'static>>(&mut self, name: &'static str) -> Result<T, Error> {
        self.asked.push(name);
        let value = match self.given.iter().find(|given| given.name == name) {
            Some(given) => de::item(&self.bytes[given.item.clone()], self.json),
            None => T::deserialize(Absent),
        };
        value.map_err(|e| about(name, &e))
    }

    /// Checks that every argument given was asked for: for input from people, whose typing
    /// mistakes would otherwise go unseen. Stored calls are not checked, since a parameter may
    /// have been removed.
    ///
    /// # Errors
    /// Names the first argument that nothing has asked for, and those that were.
    pub fn finish(&self) -> Result<(), Error> {
        let unknown = self
            .names()
            .find(|name| !self.asked.iter().any(|asked| asked == name));
        let Some(unknown) = unknown else {
            return Ok(());
        };
        if self.asked.is_empty() {
            return Err(Error::custom(format_args!(
                "unknown argument `{unknown}`: none is expected"
            )));
        }
        Err(Error::custom(format_args!(
            "unknown argument `{unknown}`: expected `{}`",
            self.asked.join("`, `")
        )))
    }
}

fn about(name: &str, error: &Error) -> Error {
    Error::custom(format_args!("argument `{name}`: {error}"))
}

/// Stands for an argument that was not given.
struct Absent;

impl<'de> Deserializer<'de> for Absent {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("missing"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_none()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
