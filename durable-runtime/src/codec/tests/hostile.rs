//! No input panics, exhausts the stack or makes the decoder allocate much more than it was given.

use super::random::{Random, Tree, tree};
use crate::codec::limits::NESTING_MAX;
use crate::codec::{Args, decode, encode, to_json};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Nest {
    Leaf(u8),
    List(Vec<Nest>),
}

/// Whatever comes out, nothing may panic.
fn try_everything(bytes: &[u8]) {
    let _ = decode::<Tree>(bytes);
    let _ = decode::<Value>(bytes);
    let _ = decode::<Nest>(bytes);
    let _ = decode::<Vec<String>>(bytes);
    let _ = decode::<BTreeMap<i8, Option<f32>>>(bytes);
    let _ = decode::<serde::de::IgnoredAny>(bytes);
    let _ = to_json(bytes);
    if let Ok(mut args) = Args::open(bytes) {
        let _ = args.get::<Tree>("a");
        let _ = args.finish();
    }
}

#[test]
fn random_bytes() {
    let mut r = Random(3);
    for _ in 0..20_000 {
        let mut bytes = vec![0xd1 + u8::try_from(r.below(2)).unwrap()];
        // Small bytes are tags; all others are mostly short text.
        bytes.extend(
            r.bytes(40)
                .iter()
                .map(|b| if b % 4 == 0 { *b } else { b % 0x12 }),
        );
        try_everything(&bytes);
    }
}

#[test]
fn mutated_values() {
    let mut r = Random(4);
    for _ in 0..3_000 {
        let mut bytes = encode(&tree(&mut r, 3)).unwrap();
        for _ in 0..=r.below(4) {
            let (at, byte) = (r.below(bytes.len()), r.next().to_le_bytes()[0]);
            match r.below(4) {
                0 => bytes[at] = byte,
                1 => bytes[at] ^= 1 << (byte % 8),
                2 => bytes.insert(at, byte),
                _ if bytes.len() > 1 => drop(bytes.remove(at)),
                _ => {}
            }
        }
        try_everything(&bytes);
    }
}

#[test]
fn every_truncation_and_every_addition_is_an_error() {
    let mut r = Random(5);
    for _ in 0..200 {
        let mut bytes = encode(&tree(&mut r, 2)).unwrap();
        for len in 0..bytes.len() {
            assert!(
                decode::<Tree>(&bytes[..len]).is_err(),
                "{len} of {bytes:02x?}"
            );
            assert!(to_json(&bytes[..len]).is_err(), "{len} of {bytes:02x?}");
        }
        bytes.push(0);
        let error = decode::<Tree>(&bytes).unwrap_err().to_string();
        assert_eq!(error, "bytes are left over at the end: 1");
    }
}

#[test]
fn lengths_that_lie_are_refused_before_anything_is_allocated() {
    // 2^63 elements, characters or entries; for an element of no size as well.
    let huge = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01];
    for tag in [0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10] {
        let bytes = [&[0xd1, tag], &huge[..], &[0; 20]].concat();
        try_everything(&bytes);
        let error = decode::<Vec<()>>(&bytes).unwrap_err().to_string();
        assert_eq!(error, "the bytes end too early", "tag {tag:02x}");
        assert!(decode::<Vec<[u64; 32]>>(&bytes).is_err());
    }
}

#[test]
fn damaged_items_are_named() {
    for (bytes, message) in [
        (&[][..], "there are no bytes"),
        (
            b"{}",
            "not an encoded value, or of a newer format (first byte 0x7b)",
        ),
        (&[0xd1], "the bytes end too early"),
        (&[0xd1, 0x11], "unknown tag 0x11"),
        (&[0xd1, 0xff], "unknown tag 0xff"),
        (&[0xd1, 0x81, 0xff], "text is not UTF-8"),
        (
            &[0xd1, 0x05, 0x80, 0x00],
            "an integer is written with needless bytes",
        ),
        (&[0xd1, 0x09, 0x80, 0xb0, 0x03], "not a Unicode character"),
    ] {
        assert_eq!(decode::<Value>(bytes).unwrap_err().to_string(), message);
    }
    let too_wide = [&[0xd1, 0x05], &[0xff; 18][..], &[0x04]].concat();
    let error = decode::<u128>(&too_wide).unwrap_err();
    assert_eq!(error.to_string(), "an integer has more than 128 bits");
    let below_minimum = [&[0xd1, 0x06], &[0xff; 18][..], &[0x03]].concat();
    let error = decode::<i128>(&below_minimum).unwrap_err();
    assert_eq!(error.to_string(), "an integer has more than 128 bits");
}

#[test]
fn nesting_is_limited_on_both_sides() {
    let nest = |levels| (0..levels).fold(Nest::Leaf(1), |inner, _| Nest::List(vec![inner]));
    let deepest = nest(NESTING_MAX);
    let bytes = encode(&deepest).unwrap();
    assert_eq!(
        decode::<Nest>(&bytes),
        Ok(deepest),
        "also through serde's buffer"
    );
    assert!(to_json(&bytes).is_ok());
    let error = encode(&nest(NESTING_MAX + 1)).unwrap_err();
    assert_eq!(error.message(), "nested more than 128 levels deep");

    for open in [
        &[0x0d, 0x01][..],
        &[0x02],
        &[0x0e, 0x01, 0x41],
        &[0x10, 0x01, b'a'],
    ] {
        let bytes = [&[0xd1], &open.repeat(200_000)[..], &[0x00]].concat();
        let error = decode::<serde::de::IgnoredAny>(&bytes).unwrap_err();
        assert_eq!(error.message(), "nested more than 128 levels deep");
        assert!(to_json(&bytes).is_err());
        try_everything(&bytes);
    }
}
