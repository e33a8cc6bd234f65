//! Takes encoded bytes apart, item by item. Checks every length against what is there, so that
//! no input can make a reader allocate, and never panics.

use super::{Error, tag};
use crate::codec::limits::NESTING_MAX;
use crate::payload::envelope;

/// An item without what it contains.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Head<'i> {
    Unit,
    None,
    /// An item follows.
    Some,
    Bool(bool),
    U64(u64),
    /// Larger than any `u64`.
    U128(u128),
    I64(i64),
    /// Smaller than any `i64`.
    I128(i128),
    F32(f32),
    F64(f64),
    Char(char),
    Str(&'i str),
    Bytes(&'i [u8]),
    U8Seq(&'i [u8]),
    /// So many items follow.
    Seq(usize),
    /// So many pairs of items follow.
    Map(usize),
    UnitVariant(&'i str),
    /// An item follows.
    Variant(&'i str),
}

/// A position in encoded bytes, and how deep it is nested.
#[derive(Clone, Debug)]
pub(super) struct Reader<'i> {
    rest: &'i [u8],
    depth: u16,
}

impl<'i> Reader<'i> {
    /// At the first item of `item`, which has no format byte.
    pub(super) fn new(item: &'i [u8]) -> Self {
        Self {
            rest: item,
            depth: 0,
        }
    }

    /// At the first item of an encoded value, and whether that was made from JSON.
    pub(super) fn open(bytes: &'i [u8]) -> Result<(Self, bool), Error> {
        match bytes {
            [tag::FORMAT, item @ ..] => Ok((Self::new(item), false)),
            [tag::FORMAT_JSON, item @ ..] => Ok((Self::new(item), true)),
            [] => Err(Error::custom("there are no bytes")),
            [other, ..] => Err(envelope::reason(bytes).map_or_else(
                || {
                    Error::custom(format_args!(
                        "not an encoded value, or of a newer format (first byte 0x{other:02x})"
                    ))
                },
                Error::custom,
            )),
        }
    }

    /// What has not been read.
    pub(super) fn rest(&self) -> &'i [u8] {
        self.rest
    }

    /// Fails if anything is left.
    pub(super) fn end(&self) -> Result<(), Error> {
        match self.rest.len() {
            0 => Ok(()),
            n => Err(Error::custom(format_args!(
                "bytes are left over at the end: {n}"
            ))),
        }
    }

    /// Goes one level down; [`leave`](Self::leave) must follow unless there is an error.
    pub(super) fn enter(&mut self) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(too_deep());
        }
        Ok(())
    }

    /// Goes one level up.
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// The next item's tag, which stays unread.
    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Steps over a tag that [`peek`](Self::peek) has shown.
    pub(super) fn skip_tag(&mut self) {
        self.rest = self.rest.get(1..).unwrap_or_default();
    }

    /// Reads the next item, or the beginning of one that contains others.
    #[inline]
    pub(super) fn head(&mut self) -> Result<Head<'i>, Error> {
        let first = self.byte()?;
        Ok(match first {
            0x40..=0x7f => Head::U64(u64::from(first & 0x3f)),
            0x80..=0xbf => Head::Str(self.text(usize::from(first & 0x3f))?),
            tag::UNIT => Head::Unit,
            tag::NONE => Head::None,
            tag::SOME => Head::Some,
            tag::FALSE => Head::Bool(false),
            tag::TRUE => Head::Bool(true),
            tag::UINT => {
                let n = self.varint()?;
                u64::try_from(n).map_or(Head::U128(n), Head::U64)
            }
            tag::NEGATIVE => {
                let n = i128::try_from(self.varint()?);
                let n = !n.map_err(|_| Error::custom("an integer has more than 128 bits"))?;
                i64::try_from(n).map_or(Head::I128(n), Head::I64)
            }
            tag::F32 => Head::F32(f32::from_le_bytes(self.array()?)),
            tag::F64 => Head::F64(f64::from_le_bytes(self.array()?)),
            tag::CHAR => {
                let code = u32::try_from(self.varint()?).ok().and_then(char::from_u32);
                Head::Char(code.ok_or_else(|| Error::custom("not a Unicode character"))?)
            }
            tag::STR => {
                let len = self.count(1)?;
                Head::Str(self.text(len)?)
            }
            tag::BYTES => {
                let len = self.count(1)?;
                Head::Bytes(self.take(len)?)
            }
            tag::U8_SEQ => {
                let len = self.count(1)?;
                Head::U8Seq(self.take(len)?)
            }
            tag::SEQ => Head::Seq(self.count(1)?),
            tag::MAP => Head::Map(self.count(2)?),
            tag::UNIT_VARIANT => {
                let len = self.count(1)?;
                Head::UnitVariant(self.text(len)?)
            }
            tag::VARIANT => {
                let len = self.count(1)?;
                Head::Variant(self.text(len)?)
            }
            other => return Err(Error::custom(format_args!("unknown tag 0x{other:02x}"))),
        })
    }

    /// Steps over one item and all that it contains.
    pub(super) fn skip(&mut self) -> Result<(), Error> {
        let items = match self.head()? {
            Head::Some | Head::Variant(_) => 1,
            Head::Seq(count) => count,
            Head::Map(count) => count * 2,
            _ => return Ok(()),
        };
        self.enter()?;
        for _ in 0..items {
            self.skip()?;
        }
        self.leave();
        Ok(())
    }

    fn byte(&mut self) -> Result<u8, Error> {
        let (first, rest) = self.rest.split_first().ok_or_else(truncated)?;
        self.rest = rest;
        Ok(*first)
    }

    fn take(&mut self, len: usize) -> Result<&'i [u8], Error> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or_else(truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or_else(truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn text(&mut self, len: usize) -> Result<&'i str, Error> {
        std::str::from_utf8(self.take(len)?).map_err(|_| Error::custom("text is not UTF-8"))
    }

    /// A length: how many things of at least `size` bytes each follow.
    fn count(&mut self, size: usize) -> Result<usize, Error> {
        let count = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
        if count > self.rest.len() / size {
            return Err(truncated());
        }
        Ok(count)
    }

    #[inline]
    fn varint(&mut self) -> Result<u128, Error> {
        let first = self.byte()?;
        if first < 0x80 {
            return Ok(u128::from(first));
        }
        self.long_varint(first)
    }

    fn long_varint(&mut self, first: u8) -> Result<u128, Error> {
        let mut n = u128::from(first & 0x7f);
        let mut shift = 7;
        loop {
            let byte = self.byte()?;
            let bits = u128::from(byte & 0x7f);
            // Nothing may be shifted out, and nothing is written longer than it needs to be.
            if shift > 126 || (bits << shift) >> shift != bits {
                return Err(Error::custom("an integer has more than 128 bits"));
            }
            n |= bits << shift;
            if byte < 0x80 {
                return if byte == 0 {
                    Err(Error::custom("an integer is written with needless bytes"))
                } else {
                    Ok(n)
                };
            }
            shift += 7;
        }
    }
}

pub(super) fn too_deep() -> Error {
    Error::custom(format_args!("nested more than {NESTING_MAX} levels deep"))
}

fn truncated() -> Error {
    Error::custom("the bytes end too early")
}
