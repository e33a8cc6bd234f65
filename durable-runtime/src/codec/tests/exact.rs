//! What decodes is what was encoded: the values that other formats lose, and every form of type
//! that serde knows.

use crate::codec::{decode, encode};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, UNIX_EPOCH};

pub(super) fn same<T>(value: T)
where
    T: Serialize + Deserialize<'static> + PartialEq + Debug,
{
    let bytes = encode(&value).expect("encodes");
    assert_eq!(decode::<T>(&bytes), Ok(value), "{bytes:02x?}");
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Unit;
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Newtype(Option<u8>);
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Byte(u8);
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Tuple(u8, String, ());
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Point {
    x: i32,
    #[serde(rename = "why")]
    y: i32,
}
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum External {
    Unit,
    Newtype(Option<Option<u8>>),
    Tuple(u8, u8),
    Mixed(u8, String),
    #[serde(rename_all = "SCREAMING-KEBAB-CASE")]
    Struct {
        first_field: Vec<External>,
        next: Option<Box<External>>,
    },
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
enum Internal {
    Unit,
    Newtype(Point),
    Struct {
        a: Option<Option<u8>>,
        b: Vec<u8>,
        c: External,
        f: f32,
    },
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Unit,
    Newtype(u128),
    Tuple(Option<()>, i8),
    Struct { a: char },
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u64),
    Text(String),
    Pair(External, Option<Option<u8>>),
    Struct { inner: Box<Untagged> },
    Unit,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    id: u128,
    #[serde(flatten)]
    point: Point,
    #[serde(flatten)]
    maybe: Option<Inner>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    skipped: Vec<u8>,
    #[serde(flatten)]
    rest: BTreeMap<String, Adjacentish>,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Inner {
    payment: External,
    nested: Option<Option<i64>>,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Adjacentish(Vec<f64>);

/// The table of `reliability` research: the values that JSON, MessagePack, CBOR or postcard lose.
#[test]
fn values_that_other_formats_lose() {
    for bits in [
        0x7ff8_0000_0000_0000_u64, // NaN
        0xfff8_0000_dead_beef,     // negative NaN with a payload
        0x7ff0_0000_0000_0001,     // signalling NaN
        f64::INFINITY.to_bits(),
        f64::NEG_INFINITY.to_bits(),
        (-0.0_f64).to_bits(),
        1, // the smallest subnormal
    ] {
        let back: f64 = decode(&encode(&f64::from_bits(bits)).unwrap()).unwrap();
        assert_eq!(back.to_bits(), bits, "{bits:x}");
    }
    for bits in [0x7fc0_0000_u32, 0xffc0_beef, 0xff80_0000, 0x8000_0000, 1] {
        let back: f32 = decode(&encode(&f32::from_bits(bits)).unwrap()).unwrap();
        assert_eq!(back.to_bits(), bits, "{bits:x}");
    }
    same(BTreeMap::from([((1, 'a'), 1), ((2, 'b'), 2)]));
    same(BTreeMap::from([(Point { x: 1, y: 2 }, 1)]));
    same(HashMap::from([(Some(3), 1), (None, 2)]));
    same(BTreeMap::from([
        (External::Unit, 1),
        (External::Tuple(1, 2), 2),
    ]));
    same(BTreeMap::from([(vec![1_u8], 1), (vec![], 2)]));
    same([None, Some(None), Some(Some(1_u8))]);
    same([None, Some(())]);
    same([None, Some(None), Some(Some(None)), Some(Some(Some(())))]);
    same(vec![0_u8; 1000]);
    assert!(encode(&vec![200_u8; 1000]).unwrap().len() < 1010);
    assert!(encode(&[200_u8; 32]).unwrap().len() < 40);
}

#[test]
fn numbers() {
    for n in [
        0,
        1,
        62,
        63,
        64,
        127,
        128,
        255,
        256,
        16383,
        16384,
        1 << 53,
        u64::MAX,
    ] {
        same(n);
        same(n.cast_signed());
        same(n.cast_signed().wrapping_neg());
    }
    same([i8::MIN, -1, 0, i8::MAX]);
    same([i64::MIN, i64::MAX]);
    same([0, 1 << 63, 1 << 64, 1 << 126, 1 << 127, u128::MAX]);
    same([i128::MIN, i128::from(i64::MIN) - 1, -1, 0, i128::MAX]);
    same([f32::MIN, 0.1, f32::MAX]);
    same([f64::MIN, 0.1, f64::MAX, f64::EPSILON]);
}

#[test]
fn everything_that_is_not_a_number() {
    same(true);
    same(false);
    same(());
    same(['\0', 'a', 'ß', '\u{d7ff}', '\u{e000}', char::MAX]);
    for len in [0, 1, 63, 64, 65, 127, 128, 20_000] {
        same("é".repeat(len));
        same("x".repeat(len));
    }
    same((1, "two".to_owned(), '3', [4_u8], (5, ())));
    same((1_u8, 2_u8, "three".to_owned(), 250_u8));
    same(vec![(), (), ()]);
    same(Vec::<Vec<u8>>::from([vec![], vec![1], vec![2, 3]]));
    same(vec![Byte(0), Byte(255)]);
    same(vec![Some(1_u8), None]);
    same(BTreeSet::from(["b".to_owned(), "a".to_owned()]));
    same(Ok::<u8, String>(1));
    same(Err::<u8, String>("no".into()));
    same(Duration::new(u64::MAX, 999_999_999));
    same(UNIX_EPOCH + Duration::from_nanos(1));
    same::<IpAddr>("127.0.0.1".parse().unwrap());
    same::<SocketAddr>("[::1]:80".parse().unwrap());
    same(1_u8..=9);
    same(std::path::PathBuf::from("/tmp/x"));
    same(serde_json::json!({"a": [null, 1, -2.5, "x", {"b": true}]}));
}

#[test]
fn structs_and_enums() {
    same(Unit);
    same([Newtype(None), Newtype(Some(1))]);
    same(Tuple(1, "x".into(), ()));
    same(Point { x: i32::MIN, y: 7 });
    same(external());
    same(Adjacent::Unit);
    same(Adjacent::Newtype(u128::MAX));
    same([Adjacent::Tuple(None, -1), Adjacent::Tuple(Some(()), -1)]);
    same(Adjacent::Struct { a: 'x' });
    same(Internal::Unit);
    same(Internal::Newtype(Point { x: 1, y: 2 }));
    for a in [None, Some(None), Some(Some(9))] {
        for c in external() {
            let b = vec![1, 200];
            same(Internal::Struct { a, b, c, f: -0.1 });
        }
    }
    same([
        Untagged::Unit,
        Untagged::Number(1),
        Untagged::Text("1".into()),
    ]);
    for e in external() {
        same(Untagged::Pair(e, Some(None)));
    }
    let inner = Box::new(Untagged::Text("deep".into()));
    same(Untagged::Struct { inner });
}

fn external() -> Vec<External> {
    let leaf = External::Newtype(Some(None));
    vec![
        External::Unit,
        External::Newtype(None),
        leaf.clone(),
        External::Newtype(Some(Some(0))),
        External::Tuple(1, 255),
        External::Mixed(1, "x".into()),
        External::Struct {
            first_field: vec![leaf.clone(), External::Unit],
            next: Some(Box::new(leaf)),
        },
    ]
}

#[test]
fn flattened_structs() {
    for nested in [None, Some(None), Some(Some(-1))] {
        for payment in external() {
            same(Flat {
                id: u128::MAX, // not inside the flattened part
                point: Point { x: 1, y: 2 },
                maybe: Some(Inner { payment, nested }),
                skipped: vec![],
                rest: BTreeMap::from([("more".into(), Adjacentish(vec![0.5]))]),
            });
        }
    }
    let flat = Flat {
        id: 0,
        point: Point { x: 1, y: 2 },
        maybe: None,
        skipped: vec![1, 2],
        rest: BTreeMap::new(),
    };
    same(flat);
}

/// Where serde's buffer cannot hold a value, there is an error and never another value.
#[test]
fn what_serde_cannot_buffer_is_an_error() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Outer<T> {
        #[serde(flatten)]
        inner: Wide<T>,
    }
    #[derive(Debug, Serialize, Deserialize)]
    struct Wide<T> {
        n: T,
    }
    let outer = |n| Outer { inner: Wide { n } };
    for n in [7, u128::MAX] {
        let error = decode::<Outer<u128>>(&encode(&outer(n)).unwrap()).unwrap_err();
        assert!(error.to_string().contains("128"), "{error}");
    }
    let address = Outer {
        inner: Wide::<IpAddr> {
            n: "127.0.0.1".parse().unwrap(),
        },
    };
    let back = decode::<Outer<IpAddr>>(&encode(&address).unwrap()).unwrap();
    assert_eq!(
        back.inner.n, address.inner.n,
        "it has a form that the buffer holds"
    );
    assert!(
        crate::codec::encode_checked(&outer(u128::MAX)).is_err(),
        "found when encoding"
    );
    assert!(crate::codec::encode_checked(&address).is_ok());
}

#[test]
fn lengths_that_are_not_known_in_front_are_corrected() {
    struct Lying(usize, usize);
    impl Serialize for Lying {
        fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeSeq as _;
            let mut seq = s.serialize_seq(if self.0 == 0 { None } else { Some(self.0) })?;
            for n in 0..self.1 {
                seq.serialize_element(&(n as u64 * 1000))?;
            }
            seq.end()
        }
    }
    for said in [0, 1, 127, 128, 20_000] {
        for count in [0, 1, 127, 128, 20_000] {
            let bytes = encode(&Lying(said, count)).unwrap();
            let back: Vec<u64> = decode(&bytes).unwrap();
            assert_eq!(back.len(), count);
            assert_eq!(bytes, encode(&back).unwrap(), "one encoding for one value");
        }
    }
}

#[test]
fn large_values_are_refused_when_encoding() {
    let limit = crate::codec::limits::PAYLOAD_BYTES_MAX;
    assert!(encode("x".repeat(limit - 20).as_str()).is_ok());
    let error = encode("x".repeat(limit).as_str()).unwrap_err();
    assert!(error.to_string().contains("at most 2097152"), "{error}");
}
