//! Random values come back as they were. The seeds are fixed, so a failure repeats.

use crate::codec::{decode, encode, from_json, to_json};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// SplitMix64: small, and the same numbers everywhere.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }

    /// Small and large numbers are equally likely.
    fn number(&mut self) -> u128 {
        let n = u128::from(self.next()) << 64 | u128::from(self.next());
        n >> self.below(128)
    }

    fn text(&mut self) -> String {
        (0..self.below(70)).map(|_| self.character()).collect()
    }

    fn character(&mut self) -> char {
        let code = u32::try_from(self.number() & 0x1f_ffff).unwrap();
        char::from_u32(code).unwrap_or('x')
    }

    pub(super) fn bytes(&mut self, max: usize) -> Vec<u8> {
        (0..self.below(max))
            .map(|_| self.next().to_le_bytes()[0])
            .collect()
    }
}

/// One variant for each kind of item and each form of type.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Tree {
    Unit,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Wide(u128, i128),
    Floats { single: f32, double: f64 },
    Char(char),
    Text(String),
    Blob(#[serde(with = "crate::codec::bytes")] Vec<u8>),
    Octets(Vec<u8>),
    Option(Option<Option<Box<Tree>>>),
    Seq(Vec<Tree>),
    Map(BTreeMap<(u8, String), Tree>),
    Tagged(Tagged),
    Untagged(Untagged),
    Flat(Flat),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub(super) enum Tagged {
    One { tree: Option<u32>, name: String },
    Two(Flat),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Untagged {
    Number(u64),
    Text(String),
    Octets(Vec<u8>),
    Record { value: Box<Untagged> },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Flat {
    id: i64,
    #[serde(flatten)]
    rest: BTreeMap<String, Option<i16>>,
}

pub(super) fn tree(r: &mut Random, levels: usize) -> Tree {
    let kind = r.below(if levels == 0 { 13 } else { 16 });
    let n = r.number();
    match kind {
        0 => Tree::Unit,
        1 => Tree::Bool(n.is_multiple_of(2)),
        2 => Tree::Unsigned(u64::try_from(n >> 64).unwrap()),
        3 => {
            Tree::Signed(i64::try_from(n >> 65).unwrap() * if n.is_multiple_of(2) { 1 } else { -1 })
        }
        4 => Tree::Wide(n, r.number().cast_signed()),
        5 => Tree::Floats {
            single: f32::from_bits(u32::try_from(r.next() >> 32).unwrap()),
            double: f64::from_bits(r.next()),
        },
        6 => Tree::Char(r.character()),
        7 => Tree::Text(r.text()),
        8 => Tree::Blob(r.bytes(200)),
        9 => Tree::Octets(r.bytes(200)),
        10 => Tree::Untagged(untagged(r, 3)),
        11 => Tree::Flat(flat(r)),
        12 => Tree::Tagged(if n.is_multiple_of(2) {
            Tagged::Two(flat(r))
        } else {
            Tagged::One {
                tree: n.is_multiple_of(3).then_some(7),
                name: r.text(),
            }
        }),
        13 => Tree::Option(match n % 3 {
            0 => None,
            1 => Some(None),
            _ => Some(Some(Box::new(tree(r, levels - 1)))),
        }),
        14 => Tree::Seq((0..r.below(8)).map(|_| tree(r, levels - 1)).collect()),
        _ => Tree::Map(
            (0..r.below(8))
                .map(|key| ((u8::try_from(key).unwrap(), r.text()), tree(r, levels - 1)))
                .collect(),
        ),
    }
}

fn untagged(r: &mut Random, levels: usize) -> Untagged {
    match r.below(if levels == 0 { 3 } else { 4 }) {
        0 => Untagged::Number(r.next()),
        1 => Untagged::Text(r.text()),
        2 => Untagged::Octets(r.bytes(50)),
        _ => Untagged::Record {
            value: Box::new(untagged(r, levels - 1)),
        },
    }
}

fn flat(r: &mut Random) -> Flat {
    let value = |r: &mut Random| (r.below(3) > 0).then_some(-5);
    Flat {
        id: r.next().cast_signed(),
        rest: (0..r.below(4))
            .map(|n| (format!("key{n}"), value(r)))
            .collect(),
    }
}

#[test]
fn random_values_come_back() {
    let mut r = Random(1);
    for round in 0..3_000 {
        let tree = tree(&mut r, 4);
        let bytes = encode(&tree).unwrap();
        let back: Tree = decode(&bytes).unwrap_or_else(|e| panic!("round {round}: {e}\n{tree:?}"));
        // NaN is not equal to itself: compare the text, and the bits by their bytes.
        assert_eq!(format!("{back:?}"), format!("{tree:?}"), "round {round}");
        assert_eq!(encode(&back).unwrap(), bytes, "round {round}");
    }
}

#[test]
fn random_values_can_be_shown_and_what_is_shown_can_be_stored() {
    let mut r = Random(2);
    for round in 0..500 {
        let shown = to_json(&encode(&tree(&mut r, 4)).unwrap()).unwrap();
        let stored = from_json(&shown).unwrap();
        assert_eq!(to_json(&stored), Ok(shown), "round {round}");
    }
}
