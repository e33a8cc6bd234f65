//! The first byte of every item: what kind of item it is. `docs/frame-format.md` is the
//! specification.

/// First byte of a value that a program encoded.
pub(super) const FORMAT: u8 = 0xd1;
/// First byte of a value made from JSON by [`super::from_json`]: the same items, read leniently.
pub(super) const FORMAT_JSON: u8 = 0xd2;

/// `()` and unit structs.
pub(super) const UNIT: u8 = 0x00;
/// `None`, and JSON's `null`.
pub(super) const NONE: u8 = 0x01;
/// `Some`; an item follows.
pub(super) const SOME: u8 = 0x02;
/// `false`.
pub(super) const FALSE: u8 = 0x03;
/// `true`.
pub(super) const TRUE: u8 = 0x04;
/// An integer `n >= 0`: varint `n`, up to 128 bits.
pub(super) const UINT: u8 = 0x05;
/// An integer `n < 0`: varint `-1 - n`, up to 127 bits.
pub(super) const NEGATIVE: u8 = 0x06;
/// 4 bytes, little-endian bits.
pub(super) const F32: u8 = 0x07;
/// 8 bytes, little-endian bits.
pub(super) const F64: u8 = 0x08;
/// Varint, a Unicode scalar value.
pub(super) const CHAR: u8 = 0x09;
/// Varint length, UTF-8.
pub(super) const STR: u8 = 0x0a;
/// Varint length, bytes: a byte string.
pub(super) const BYTES: u8 = 0x0b;
/// Varint count, bytes: a sequence whose elements all are `u8`.
pub(super) const U8_SEQ: u8 = 0x0c;
/// Varint count, items.
pub(super) const SEQ: u8 = 0x0d;
/// Varint count, then a key item and a value item for each entry. Structs are maps too.
pub(super) const MAP: u8 = 0x0e;
/// Varint length, name: an enum variant without data.
pub(super) const UNIT_VARIANT: u8 = 0x0f;
/// Varint length, name, item: an enum variant and its data (newtype: the item itself; tuple: a
/// sequence; struct: a map).
pub(super) const VARIANT: u8 = 0x10;

/// `0x40..=0x7f`: an integer from 0 to 63 in the tag itself.
pub(super) const SMALL_UINT: u8 = 0x40;
/// How many integers have a tag of their own.
pub(super) const SMALL_UINTS: u8 = 64;
/// `0x80..=0xbf`: text of 0 to 63 bytes, its length in the tag itself.
pub(super) const SHORT_STR: u8 = 0x80;
/// How many lengths of text have a tag of their own.
pub(super) const SHORT_STRS: u8 = 64;

/// Appends a variable-length integer: seven bits per byte, lowest first, the high bit set on all
/// but the last.
pub(super) fn put_varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n.to_le_bytes()[0] | 0x80);
        n >>= 7;
    }
    out.push(n.to_le_bytes()[0]);
}

/// [`put_varint`] for 128 bits; the bytes are the same where both can write them.
pub(super) fn put_varint_wide(out: &mut Vec<u8>, mut n: u128) {
    while n >= 0x80 {
        out.push(n.to_le_bytes()[0] | 0x80);
        n >>= 7;
    }
    out.push(n.to_le_bytes()[0]);
}

/// Appends text as an item.
pub(super) fn put_str(out: &mut Vec<u8>, text: &str) {
    match u8::try_from(text.len()) {
        Ok(len) if len < SHORT_STRS => out.push(SHORT_STR | len),
        _ => {
            out.push(STR);
            put_varint(out, text.len() as u64);
        }
    }
    out.extend_from_slice(text.as_bytes());
}

/// Appends an integer that is not negative, as an item.
pub(super) fn put_uint(out: &mut Vec<u8>, n: u64) {
    match u8::try_from(n) {
        Ok(n) if n < SMALL_UINTS => out.push(SMALL_UINT | n),
        _ => {
            out.push(UINT);
            put_varint(out, n);
        }
    }
}
