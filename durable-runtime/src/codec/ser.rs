//! Writes a value as bytes, in one pass over it.

use super::{Error, read, tag};
use crate::codec::limits::NESTING_MAX;
use serde::Serialize;
use serde::ser;

/// Appends `value` as one item.
pub(super) fn put<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Result<(), Error> {
    value.serialize(&mut Encoder {
        out,
        depth: 0,
        raw_byte: RawByte::Off,
    })
}

/// Replaces the count that was written at `at` by `count`.
pub(super) fn set_count(out: &mut Vec<u8>, at: usize, written: usize, count: usize) {
    if written == count {
        return;
    }
    let (mut old, mut new) = (Vec::new(), Vec::new());
    tag::put_varint(&mut old, written as u64);
    tag::put_varint(&mut new, count as u64);
    out.splice(at..at + old.len(), new);
}

/// How a sequence learns that an element is a `u8`, without a second serializer.
#[derive(Clone, Copy, PartialEq)]
enum RawByte {
    /// Write items.
    Off,
    /// The next thing written may be a bare byte, if it is a `u8`.
    Wanted,
    /// It was.
    Written,
}

struct Encoder<'o> {
    out: &'o mut Vec<u8>,
    depth: u16,
    raw_byte: RawByte,
}

impl Encoder<'_> {
    #[inline]
    fn tag(&mut self, tag: u8) {
        self.raw_byte = RawByte::Off;
        self.out.push(tag);
    }

    fn enter(&mut self) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(read::too_deep());
        }
        Ok(())
    }

    fn name(&mut self, tag: u8, name: &str) {
        self.tag(tag);
        tag::put_varint(self.out, name.len() as u64);
        self.out.extend_from_slice(name.as_bytes());
    }

    fn blob(&mut self, tag: u8, bytes: &[u8]) {
        self.tag(tag);
        tag::put_varint(self.out, bytes.len() as u64);
        self.out.extend_from_slice(bytes);
    }
}

impl<'o> Encoder<'o> {
    fn list(&mut self, tag: u8, said: usize, levels: u16) -> Result<List<'_, 'o>, Error> {
        self.enter()?;
        let start = self.out.len();
        self.tag(tag);
        tag::put_varint(self.out, said as u64);
        let body = self.out.len();
        Ok(List {
            encoder: self,
            start,
            body,
            said,
            count: 0,
            bytes_only: tag == tag::SEQ,
            levels,
        })
    }
}

/// A sequence or map that is being written.
struct List<'e, 'o> {
    encoder: &'e mut Encoder<'o>,
    /// Where its tag is.
    start: usize,
    /// Where its first element is.
    body: usize,
    /// The count that is written in front; corrected at the end.
    said: usize,
    /// Elements so far.
    count: usize,
    /// All elements so far are bare bytes (of a sequence; vacuously true at first).
    bytes_only: bool,
    /// Nesting levels to give back at the end.
    levels: u16,
}

impl List<'_, '_> {
    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        if self.bytes_only {
            let at = self.encoder.out.len();
            self.encoder.raw_byte = RawByte::Wanted;
            let written = value.serialize(&mut *self.encoder);
            let raw = std::mem::replace(&mut self.encoder.raw_byte, RawByte::Off);
            written.map_err(|e| e.in_element(self.count))?;
            if raw != RawByte::Written {
                self.unpack(at);
            }
        } else {
            value
                .serialize(&mut *self.encoder)
                .map_err(|e| e.in_element(self.count))?;
        }
        self.count += 1;
        Ok(())
    }

    /// Turns the bare bytes before `end` into items: another kind of element came after them.
    fn unpack(&mut self, end: usize) {
        self.bytes_only = false;
        let bytes = self.encoder.out[self.body..end].to_vec();
        let mut items = Vec::with_capacity(bytes.len() * 3);
        for byte in bytes {
            tag::put_uint(&mut items, u64::from(byte));
        }
        self.encoder.out.splice(self.body..end, items);
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        tag::put_str(self.encoder.out, name);
        self.count += 1;
        value
            .serialize(&mut *self.encoder)
            .map_err(|e| e.in_field(name))
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "the result of every `end` of serde's traits"
    )]
    fn finish(self) -> Result<(), Error> {
        let out = &mut *self.encoder.out;
        if self.bytes_only && self.count > 0 {
            out[self.start] = tag::U8_SEQ;
        }
        set_count(out, self.start + 1, self.said, self.count);
        self.encoder.depth -= self.levels;
        Ok(())
    }
}

macro_rules! integers {
    ($($method:ident $put:ident $type:ty,)*) => {$(
        #[inline]
        fn $method(self, n: $type) -> Result<(), Error> {
            self.$put(n.into());
            Ok(())
        }
    )*};
}

impl Encoder<'_> {
    #[inline]
    fn unsigned(&mut self, n: u64) {
        self.raw_byte = RawByte::Off;
        tag::put_uint(self.out, n);
    }

    #[inline]
    fn signed(&mut self, n: i64) {
        if let Ok(n) = u64::try_from(n) {
            self.unsigned(n);
        } else {
            self.tag(tag::NEGATIVE);
            tag::put_varint(self.out, (!n).cast_unsigned());
        }
    }

    fn wide_unsigned(&mut self, n: u128) {
        if let Ok(n) = u64::try_from(n) {
            self.unsigned(n);
        } else {
            self.tag(tag::UINT);
            tag::put_varint_wide(self.out, n);
        }
    }

    fn wide_signed(&mut self, n: i128) {
        if let Ok(n) = u128::try_from(n) {
            self.wide_unsigned(n);
        } else {
            self.tag(tag::NEGATIVE);
            tag::put_varint_wide(self.out, (!n).cast_unsigned());
        }
    }
}

impl<'e, 'o> ser::Serializer for &'e mut Encoder<'o> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = List<'e, 'o>;
    type SerializeTuple = List<'e, 'o>;
    type SerializeTupleStruct = List<'e, 'o>;
    type SerializeTupleVariant = List<'e, 'o>;
    type SerializeMap = List<'e, 'o>;
    type SerializeStruct = List<'e, 'o>;
    type SerializeStructVariant = List<'e, 'o>;

    integers! {
        serialize_i8 signed i8,
        serialize_i16 signed i16,
        serialize_i32 signed i32,
        serialize_i64 signed i64,
        serialize_i128 wide_signed i128,
        serialize_u16 unsigned u16,
        serialize_u32 unsigned u32,
        serialize_u64 unsigned u64,
        serialize_u128 wide_unsigned u128,
    }

    #[inline]
    fn serialize_u8(self, n: u8) -> Result<(), Error> {
        if self.raw_byte == RawByte::Wanted {
            self.raw_byte = RawByte::Written;
            self.out.push(n);
        } else {
            tag::put_uint(self.out, u64::from(n));
        }
        Ok(())
    }

    fn serialize_bool(self, b: bool) -> Result<(), Error> {
        self.tag(if b { tag::TRUE } else { tag::FALSE });
        Ok(())
    }

    fn serialize_f32(self, x: f32) -> Result<(), Error> {
        self.tag(tag::F32);
        self.out.extend_from_slice(&x.to_le_bytes());
        Ok(())
    }

    fn serialize_f64(self, x: f64) -> Result<(), Error> {
        self.tag(tag::F64);
        self.out.extend_from_slice(&x.to_le_bytes());
        Ok(())
    }

    fn serialize_char(self, c: char) -> Result<(), Error> {
        self.tag(tag::CHAR);
        tag::put_varint(self.out, u64::from(u32::from(c)));
        Ok(())
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Result<(), Error> {
        self.raw_byte = RawByte::Off;
        tag::put_str(self.out, text);
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Error> {
        self.blob(tag::BYTES, bytes);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.tag(tag::NONE);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        self.tag(tag::SOME);
        self.enter()?;
        value.serialize(&mut *self)?;
        self.depth -= 1;
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.tag(tag::UNIT);
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.name(tag::UNIT_VARIANT, variant);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.name(tag::VARIANT, variant);
        self.enter()?;
        value
            .serialize(&mut *self)
            .map_err(|e| e.in_field(variant))?;
        self.depth -= 1;
        Ok(())
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<List<'e, 'o>, Error> {
        self.list(tag::SEQ, len.unwrap_or(0), 1)
    }

    fn serialize_tuple(self, len: usize) -> Result<List<'e, 'o>, Error> {
        self.list(tag::SEQ, len, 1)
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<List<'e, 'o>, Error> {
        self.list(tag::SEQ, len, 1)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<List<'e, 'o>, Error> {
        self.name(tag::VARIANT, variant);
        self.enter()?;
        self.list(tag::SEQ, len, 2)
    }

    fn serialize_map(self, len: Option<usize>) -> Result<List<'e, 'o>, Error> {
        self.list(tag::MAP, len.unwrap_or(0), 1)
    }

    fn serialize_struct(self, _: &'static str, len: usize) -> Result<List<'e, 'o>, Error> {
        self.list(tag::MAP, len, 1)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<List<'e, 'o>, Error> {
        self.name(tag::VARIANT, variant);
        self.enter()?;
        self.list(tag::MAP, len, 2)
    }

    // Yes, although it is binary: serde's own buffer (flatten, tagged and untagged enums) says
    // so too, and a type must choose one form in all places.
    fn is_human_readable(&self) -> bool {
        true
    }
}

macro_rules! sequence {
    ($($trait:ident $method:ident),*) => {$(
        impl ser::$trait for List<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.element(value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish()
            }
        }
    )*};
}

sequence! {
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
}

impl ser::SerializeMap for List<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.count += 1;
        key.serialize(&mut *self.encoder)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(&mut *self.encoder)
    }

    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}

macro_rules! fields {
    ($($trait:ident),*) => {$(
        impl ser::$trait for List<'_, '_> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.field(name, value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish()
            }
        }
    )*};
}

fields!(SerializeStruct, SerializeStructVariant);
