//! Hands out the parts of what contains others (elements, entries, the payload of a variant) and
//! notes where an error happened.

use super::Error;
use super::de::Decoder;
use super::read::{Head, Reader};
use serde::de::value::{MapDeserializer, StrDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};

/// The elements of a sequence.
pub(super) struct Elements<'d, 'i> {
    decoder: &'d mut Decoder<'i>,
    count: usize,
    done: usize,
}

impl<'d, 'i> Elements<'d, 'i> {
    pub(super) fn new(decoder: &'d mut Decoder<'i>, count: usize) -> Self {
        Self {
            decoder,
            count,
            done: 0,
        }
    }

    pub(super) fn all_read(&self) -> Result<(), Error> {
        all_read(self.done, self.count)
    }
}

impl SeqAccess<'static> for &mut Elements<'_, '_> {
    type Error = Error;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'static>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        if self.done == self.count {
            return Ok(None);
        }
        let index = self.done;
        self.done += 1;
        seed.deserialize(&mut *self.decoder)
            .map(Some)
            .map_err(|e| e.in_element(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.count - self.done)
    }
}

/// A type took fewer parts than there are; the rest would be lost.
fn all_read(done: usize, count: usize) -> Result<(), Error> {
    if done == count {
        Ok(())
    } else {
        Err(Error::custom(format_args!(
            "{count} elements, expected {done}"
        )))
    }
}

/// The entries of a map.
pub(super) struct Entries<'d, 'i> {
    decoder: &'d mut Decoder<'i>,
    /// At the key of the present entry, to name it in an error.
    key: Reader<'i>,
    count: usize,
    done: usize,
    pairs: bool,
}

impl<'d, 'i> Entries<'d, 'i> {
    pub(super) fn new(decoder: &'d mut Decoder<'i>, count: usize, pairs: bool) -> Self {
        Self {
            key: decoder.reader.clone(),
            decoder,
            count,
            done: 0,
            pairs,
        }
    }

    pub(super) fn all_read(&self) -> Result<(), Error> {
        all_read(self.done, self.count)
    }

    #[cold]
    fn name(&self, error: Error) -> Error {
        match self.key.clone().head() {
            Ok(Head::Str(name) | Head::UnitVariant(name)) => error.in_field(name),
            Ok(Head::U64(n)) => error.within(&format!("[{n}]")),
            Ok(Head::I64(n)) => error.within(&format!("[{n}]")),
            _ => error.within("[…]"),
        }
    }
}

impl MapAccess<'static> for &mut Entries<'_, '_> {
    type Error = Error;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'static>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        if self.done == self.count {
            return Ok(None);
        }
        self.done += 1;
        if self.pairs && self.decoder.reader.head()? != Head::Seq(2) {
            return Err(Error::custom("expected pairs of a key and a value"));
        }
        self.key = self.decoder.reader.clone();
        self.decoder
            .as_key(|decoder| seed.deserialize(decoder))
            .map(Some)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'static>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(&mut *self.decoder)
            .map_err(|e| self.name(e))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.count - self.done)
    }
}

/// A variant and its payload, as the map of one entry by which serde's buffer knows it.
pub(super) struct OneEntry<'d, 'i> {
    decoder: &'d mut Decoder<'i>,
    name: &'i str,
    key_read: bool,
}

impl<'d, 'i> OneEntry<'d, 'i> {
    pub(super) fn new(decoder: &'d mut Decoder<'i>, name: &'i str) -> Self {
        Self {
            decoder,
            name,
            key_read: false,
        }
    }
}

impl MapAccess<'static> for OneEntry<'_, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'static>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        if std::mem::replace(&mut self.key_read, true) {
            return Ok(None);
        }
        seed.deserialize(StrDeserializer::new(self.name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'static>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(&mut *self.decoder)
            .map_err(|e| e.in_field(self.name))
    }
}

/// An enum variant: its name, and whether a payload follows.
pub(super) struct EnumDecoder<'d, 'i> {
    pub(super) decoder: &'d mut Decoder<'i>,
    pub(super) name: &'i str,
    pub(super) payload: bool,
}

impl<'i> EnumDecoder<'_, 'i> {
    fn payload<T>(
        self,
        expected: &'static str,
        read: impl FnOnce(&mut Decoder<'i>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let value = if self.payload {
            read(self.decoder)
        } else {
            Err(Error::invalid_type(Unexpected::UnitVariant, &expected))
        };
        value.map_err(|e| e.in_field(self.name))
    }
}

impl EnumAccess<'static> for EnumDecoder<'_, '_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'static>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let variant = seed.deserialize(StrDeserializer::<Error>::new(self.name))?;
        Ok((variant, self))
    }
}

impl VariantAccess<'static> for EnumDecoder<'_, '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        if !self.payload {
            return Ok(());
        }
        match self.decoder.reader.head()? {
            Head::Unit | Head::None => Ok(()),
            _ => Err(
                Error::invalid_type(Unexpected::NewtypeVariant, &"unit variant")
                    .in_field(self.name),
            ),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'static>>(self, seed: T) -> Result<T::Value, Error> {
        self.payload("newtype variant", |decoder| seed.deserialize(decoder))
    }

    fn tuple_variant<V: Visitor<'static>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.payload("tuple variant", |decoder| {
            decoder.deserialize_tuple(len, visitor)
        })
    }

    fn struct_variant<V: Visitor<'static>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.payload {
            self.payload("struct variant", |d| {
                d.deserialize_struct("", fields, visitor)
            })
        } else {
            // A unit variant that has got fields since.
            let none = std::iter::empty::<(u8, u8)>();
            visitor
                .visit_map(MapDeserializer::new(none))
                .map_err(|e: Error| e.in_field(self.name))
        }
    }
}

/// Shows bytes as a sequence of `u8`.
pub(super) fn u8_seq<V: Visitor<'static>>(bytes: &[u8], visitor: V) -> Result<V::Value, Error> {
    let mut elements = Bytes {
        rest: bytes.iter(),
        count: bytes.len(),
    };
    let value = visitor.visit_seq(&mut elements)?;
    all_read(elements.count - elements.rest.len(), elements.count)?;
    Ok(value)
}

struct Bytes<'i> {
    rest: std::slice::Iter<'i, u8>,
    count: usize,
}

impl SeqAccess<'static> for &mut Bytes<'_> {
    type Error = Error;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'static>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(&byte) = self.rest.next() else {
            return Ok(None);
        };
        let value = seed.deserialize(Byte(byte));
        value
            .map(Some)
            .map_err(|e| e.in_element(self.count - self.rest.len() - 1))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// One `u8` of a byte sequence.
struct Byte(u8);

impl<'de> Deserializer<'de> for Byte {
    type Error = Error;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u8(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }

    // Yes, although it is binary: serde's own buffer (flatten, tagged and untagged enums) says
    // so too, and a type must choose one form in all places.
    fn is_human_readable(&self) -> bool {
        true
    }
}
