//! The encoding of everything that is stored: exact, self-describing and evolvable.
//! (Placeholder while the real one is written: JSON.)

use serde::{Deserialize, Serialize};

/// A value could not be encoded or decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    message: String,
}

impl Error {
    /// An error with this text.
    pub fn custom(message: impl std::fmt::Display) -> Self {
        Self {
            message: message.to_string(),
        }
    }
}

/// Encodes a value.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).map_err(Error::custom)
}

/// Decodes a value.
pub fn decode<T: Deserialize<'static>>(bytes: &[u8]) -> Result<T, Error> {
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(Error::custom)?;
    T::deserialize(value).map_err(Error::custom)
}

/// The shape of a type (names of structs, fields and variants), asked from its `Deserialize`
/// without a value and without running other code of the user.
#[must_use]
pub fn shape<T: Deserialize<'static>>() -> String {
    std::any::type_name::<T>().to_owned()
}

/// Encoded bytes as JSON, for people.
pub fn to_json(bytes: &[u8]) -> Result<serde_json::Value, Error> {
    serde_json::from_slice(bytes).map_err(Error::custom)
}

/// JSON from people as encoded bytes.
pub fn from_json(value: &serde_json::Value) -> Result<Vec<u8>, Error> {
    encode(value)
}

/// Encodes named arguments as one map, in order.
#[derive(Debug, Default)]
pub struct ArgsBuilder {
    args: Vec<(&'static str, Vec<u8>)>,
    error: Option<Error>,
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
        match encode(value) {
            Ok(bytes) => self.args.push((name, bytes)),
            Err(e) => {
                self.error
                    .get_or_insert(Error::custom(format!("argument `{name}`: {e}")));
            }
        }
        self
    }

    /// The encoded map, or the first error.
    pub fn finish(self) -> Result<Vec<u8>, Error> {
        if let Some(e) = self.error {
            return Err(e);
        }
        let mut map = serde_json::Map::new();
        for (name, bytes) in self.args {
            map.insert(name.to_owned(), to_json(&bytes)?);
        }
        encode(&map)
    }
}

/// Named arguments, decoded one by one.
#[derive(Debug)]
pub struct Args {
    map: serde_json::Map<String, serde_json::Value>,
}

impl Args {
    /// Opens an encoded map of arguments.
    pub fn open(bytes: &[u8]) -> Result<Self, Error> {
        Ok(Self {
            map: serde_json::from_slice(bytes).map_err(Error::custom)?,
        })
    }

    /// Decodes the argument called `name`; an error names it.
    pub fn get<T: Deserialize<'static>>(&mut self, name: &'static str) -> Result<T, Error> {
        let value = self.map.remove(name).unwrap_or(serde_json::Value::Null);
        T::deserialize(value).map_err(|e| Error::custom(format!("argument `{name}`: {e}")))
    }
}

/// `#[serde(with = "durable_runtime::codec::bytes")]`: a `Vec<u8>` as a byte string instead of a
/// list of numbers.
pub mod bytes {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes a byte string.
    pub fn serialize<S: Serializer>(bytes: &Vec<u8>, serializer: S) -> Result<S::Ok, S::Error> {
        bytes.serialize(serializer)
    }

    /// Reads a byte string.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        Vec::deserialize(deserializer)
    }
}
