//! Reads a value back from bytes, straight into the type that asks.
//!
//! A type says what it wants (`deserialize_u64`), the bytes say what there is ([`Head`]). What
//! there is is shown to the type's visitor, and serde's own visitors accept whatever fits:
//! an integer of another width in range, an integer for a float. On top of that, `T` is read
//! where `Some(T)` was written and the other way round.

use super::access::{Elements, Entries, EnumDecoder, OneEntry, u8_seq};
use super::read::{Head, Reader};
use super::{Error, intern, tag};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, Unexpected, Visitor};

/// Reads one item that takes all of `item`; `json` if it was made from JSON.
///
/// The first attempt lends nothing, so no text is leaked. Only if the type insists on a
/// `'static` borrow, a second one lends it interned text.
pub(super) fn item<T: Deserialize<'static>>(item: &[u8], json: bool) -> Result<T, Error> {
    let mut first = Decoder::new(item, json, false);
    let error = match first.whole() {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    // Untagged enums swallow the error that says so: assume it when they have seen text, unless
    // that is input from outside, which is not to be kept for ever because it is wrong.
    if error.wants_borrow() || (first.buffered_text && !json) {
        Decoder::new(item, json, true).whole()
    } else {
        Err(error)
    }
}

macro_rules! integers {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
            self.integer(false, visitor)
        }
    )*};
}

/// Reads items for whoever asks.
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent facts, not states"
)]
pub(super) struct Decoder<'i> {
    pub(super) reader: Reader<'i>,
    /// Made from JSON: be lenient where JSON cannot say what is meant.
    json: bool,
    /// Lend interned text.
    lend: bool,
    /// The next item is the key of a map.
    key: bool,
    /// Text was given to a visitor that takes anything, as serde's own buffer does.
    buffered_text: bool,
}

impl<'i> Decoder<'i> {
    fn new(item: &'i [u8], json: bool, lend: bool) -> Self {
        Self {
            reader: Reader::new(item),
            json,
            lend,
            key: false,
            buffered_text: false,
        }
    }

    fn whole<T: Deserialize<'static>>(&mut self) -> Result<T, Error> {
        let value = T::deserialize(&mut *self)?;
        self.reader.end()?;
        Ok(value)
    }

    /// The next item for a type that has said what it wants, and it is not an `Option`.
    #[inline]
    fn wanted(&mut self) -> Result<Head<'i>, Error> {
        while self.reader.peek() == Some(tag::SOME) {
            self.reader.skip_tag();
        }
        self.reader.head()
    }

    /// Shows an item to a visitor as what it is.
    #[inline]
    fn show<V: Visitor<'static>>(&mut self, head: Head<'i>, visitor: V) -> Result<V::Value, Error> {
        match head {
            Head::U64(n) => visitor.visit_u64(n),
            Head::Str(text) | Head::UnitVariant(text) => visitor.visit_str(text),
            Head::Unit => visitor.visit_unit(),
            Head::None => visitor.visit_none(),
            Head::Some => {
                self.reader.enter()?;
                let value = visitor.visit_some(&mut *self)?;
                self.reader.leave();
                Ok(value)
            }
            Head::Bool(b) => visitor.visit_bool(b),
            Head::U128(n) => visitor.visit_u128(n),
            Head::I64(n) => visitor.visit_i64(n),
            Head::I128(n) => visitor.visit_i128(n),
            Head::F32(x) => visitor.visit_f32(x),
            Head::F64(x) => visitor.visit_f64(x),
            Head::Char(c) => visitor.visit_char(c),
            Head::Bytes(bytes) => visitor.visit_bytes(bytes),
            Head::U8Seq(bytes) => u8_seq(bytes, visitor),
            Head::Seq(count) => self.seq(count, visitor),
            Head::Map(count) => self.map(count, false, visitor),
            Head::Variant(name) => {
                self.reader.enter()?;
                let value = visitor.visit_map(OneEntry::new(self, name))?;
                self.reader.leave();
                Ok(value)
            }
        }
    }

    fn seq<V: Visitor<'static>>(&mut self, count: usize, visitor: V) -> Result<V::Value, Error> {
        self.reader.enter()?;
        let mut elements = Elements::new(self, count);
        let value = visitor.visit_seq(&mut elements)?;
        elements.all_read()?;
        self.reader.leave();
        Ok(value)
    }

    /// `pairs`: each entry is a sequence of two.
    fn map<V: Visitor<'static>>(
        &mut self,
        count: usize,
        pairs: bool,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.reader.enter()?;
        let mut entries = Entries::new(self, count, pairs);
        let value = visitor.visit_map(&mut entries)?;
        entries.all_read()?;
        self.reader.leave();
        Ok(value)
    }

    fn text<V: Visitor<'static>>(&mut self, text: &str, visitor: V) -> Result<V::Value, Error> {
        if self.lend {
            visitor.visit_borrowed_str(intern::text(text)?)
        } else {
            visitor.visit_str(text)
        }
    }

    fn binary<V: Visitor<'static>>(
        &mut self,
        head: Head<'i>,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match head {
            Head::U8Seq(bytes) => visitor.visit_bytes(bytes),
            // What an empty list of bytes looks like.
            Head::Seq(0) if self.lend => visitor.visit_borrowed_bytes(&[]),
            Head::Seq(0) => visitor.visit_bytes(&[]),
            head => self.show(head, visitor),
        }
    }

    /// `wide`: JSON has no numbers of that size, so they come as text.
    fn integer<V: Visitor<'static>>(&mut self, wide: bool, visitor: V) -> Result<V::Value, Error> {
        let head = self.wanted()?;
        if let Head::Str(text) = head
            && self.json
            && (self.key || wide)
            && let Some(n) = parse_integer(text)
        {
            return self.show(n, visitor);
        }
        self.show(head, visitor)
    }

    fn float<V: Visitor<'static>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        match self.wanted()? {
            Head::Str("NaN") if self.json => visitor.visit_f64(f64::NAN),
            Head::Str("inf") if self.json => visitor.visit_f64(f64::INFINITY),
            Head::Str("-inf") if self.json => visitor.visit_f64(f64::NEG_INFINITY),
            head => self.show(head, visitor),
        }
    }

    fn enumeration<V: Visitor<'static>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        let (name, payload) = match self.wanted()? {
            Head::UnitVariant(name) | Head::Str(name) => (name, false),
            Head::Variant(name) => (name, true),
            // How JSON writes it.
            Head::Map(1) => match self.reader.head()? {
                Head::Str(name) => (name, true),
                _ => return Err(Error::custom("the name of an enum variant must be text")),
            },
            head => return self.show(head, visitor),
        };
        self.reader.enter()?;
        let value = visitor.visit_enum(EnumDecoder {
            decoder: self,
            name,
            payload,
        })?;
        self.reader.leave();
        Ok(value)
    }

    /// Runs `read` on the key of a map.
    pub(super) fn as_key<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.key = true;
        let value = read(self);
        self.key = false;
        value
    }
}

fn parse_integer(text: &str) -> Option<Head<'static>> {
    let unsigned = text.parse().map(Head::U64);
    let signed = unsigned.or_else(|_| text.parse().map(Head::I64));
    let wide = signed.or_else(|_| text.parse().map(Head::U128));
    wide.or_else(|_| text.parse().map(Head::I128)).ok()
}

impl Deserializer<'static> for &mut Decoder<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.reader.head()? {
            Head::Str(text) => {
                self.buffered_text = true;
                self.text(text, visitor)
            }
            Head::Bytes(bytes) if self.lend => visitor.visit_borrowed_bytes(intern::bytes(bytes)?),
            head => self.show(head, visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        self.reader.skip()?;
        visitor.visit_unit()
    }

    fn deserialize_identifier<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        let head = self.reader.head()?;
        self.show(head, visitor)
    }

    fn deserialize_bool<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.wanted()? {
            Head::Str("true") if self.json && self.key => visitor.visit_bool(true),
            Head::Str("false") if self.json && self.key => visitor.visit_bool(false),
            head => self.show(head, visitor),
        }
    }

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    fn deserialize_i128<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        self.integer(true, visitor)
    }

    fn deserialize_u128<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        self.integer(true, visitor)
    }

    fn deserialize_f32<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        self.float(visitor)
    }

    fn deserialize_f64<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        self.float(visitor)
    }

    fn deserialize_char<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        let head = self.wanted()?;
        self.show(head, visitor)
    }

    fn deserialize_str<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.wanted()? {
            Head::Str(text) | Head::UnitVariant(text) => self.text(text, visitor),
            head => self.show(head, visitor),
        }
    }

    // `String` asks this way and is never lent anything.
    fn deserialize_string<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        let head = self.wanted()?;
        self.show(head, visitor)
    }

    fn deserialize_bytes<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.wanted()? {
            Head::Bytes(bytes) | Head::U8Seq(bytes) if self.lend => {
                visitor.visit_borrowed_bytes(intern::bytes(bytes)?)
            }
            head => self.binary(head, visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        let head = self.wanted()?;
        self.binary(head, visitor)
    }

    fn deserialize_option<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.reader.peek() {
            Some(tag::NONE) => {
                self.reader.skip_tag();
                visitor.visit_none()
            }
            Some(tag::SOME) => {
                self.reader.skip_tag();
                self.show(Head::Some, visitor)
            }
            // Written before the type became an `Option`, or by people.
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.wanted()? {
            // JSON's `null` is `None`.
            Head::Unit | Head::None => visitor.visit_unit(),
            head => self.show(head, visitor),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'static>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'static>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.wanted()? {
            Head::Bytes(bytes) => u8_seq(bytes, visitor),
            head => self.show(head, visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'static>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'static>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.wanted()? {
            // How `to_json` writes a map whose keys are not text.
            Head::Seq(count) if self.json => self.map(count, true, visitor),
            head => self.show(head, visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'static>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.wanted()? {
            // A unit struct that has got fields since.
            Head::Unit => self.map(0, false, visitor),
            // Never by position: after a change of the struct, values would change places.
            Head::Seq(_) | Head::U8Seq(_) => Err(Error::invalid_type(Unexpected::Seq, &visitor)),
            head => self.show(head, visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'static>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.enumeration(visitor)
    }

    // Yes, although it is binary: serde's own buffer (flatten, tagged and untagged enums) says
    // so too, and a type must choose one form in all places.
    fn is_human_readable(&self) -> bool {
        true
    }
}
