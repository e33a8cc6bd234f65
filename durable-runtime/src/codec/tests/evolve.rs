//! What was stored is read by newer types, and what cannot be is an error that says where.

use crate::codec::{Args, ArgsBuilder, decode, encode};
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

fn reads<T>(old: impl Serialize, new: T)
where
    T: Deserialize<'static> + PartialEq + Debug,
{
    assert_eq!(decode::<T>(&encode(&old).unwrap()), Ok(new));
}

fn error<T: Deserialize<'static> + Debug>(old: impl Serialize) -> String {
    decode::<T>(&encode(&old).unwrap()).unwrap_err().to_string()
}

#[derive(Serialize)]
struct OldOrder {
    id: u32,
    left: String,
    items: Vec<OldItem>,
}
#[derive(Serialize)]
struct OldItem {
    sku: &'static str,
}
#[derive(Debug, PartialEq, Deserialize)]
struct Order {
    items: Vec<Item>,
    #[serde(default)]
    note: Option<String>,
    id: u64,
}
#[derive(Debug, PartialEq, Deserialize)]
struct Item {
    sku: String,
}

fn old_order() -> OldOrder {
    OldOrder {
        id: 7,
        left: "removed".into(),
        items: vec![OldItem { sku: "a" }, OldItem { sku: "b" }],
    }
}

#[test]
fn fields_may_be_added_removed_and_moved() {
    let items = ["a", "b"].map(|sku| Item { sku: sku.into() }).into();
    let note = None;
    reads(old_order(), Order { items, note, id: 7 });
}

#[test]
fn variants_go_by_name_and_may_get_data_with_defaults() {
    #[derive(Serialize)]
    enum Old {
        Card { number: u64 },
        Cash,
        Other(u8),
    }
    #[derive(Debug, PartialEq, Deserialize)]
    enum New {
        Other(u64),
        Cash {
            #[serde(default)]
            currency: Option<String>,
        },
        #[serde(rename = "Card")]
        Paid {
            number: u128,
        },
    }
    #[derive(Debug, Deserialize)]
    enum Old2 {
        Card,
        Cash,
    }
    let _ = (Old2::Card, Old2::Cash);
    reads(Old::Card { number: 1 }, New::Paid { number: 1 });
    reads(Old::Cash, New::Cash { currency: None });
    reads(Old::Other(9), New::Other(9));
    assert_eq!(
        error::<Old2>(Old::Other(9)),
        "unknown variant `Other`, expected `Card` or `Cash`"
    );
    assert_eq!(
        error::<Old2>(Old::Card { number: 1 }),
        "Card: invalid type: newtype variant, expected unit variant"
    );
}

#[test]
fn types_may_widen() {
    #[derive(Serialize)]
    struct Marker;
    #[derive(Debug, PartialEq, Deserialize)]
    struct Empty {
        #[serde(default)]
        later: u8,
    }
    reads(7_u8, 7_i64);
    reads(7_u8, 7_i128);
    reads(-7_i8, -7_i128);
    reads(7_u8, 7.0_f64);
    reads(0.5_f32, 0.5_f64);
    reads(vec![1_u8, 200], vec![1_u64, 200]);
    reads(vec![1_u8, 200], vec![Some(1_i32), Some(200)]);
    reads(vec![1_u8, 200], (1_u128, 200.0_f64));
    reads(7_u8, Some(7_u8));
    reads(7_u8, Some(Some(7_u8)));
    reads(Some(7_u8), 7_u8);
    reads((), Some(()));
    reads('x', "x".to_owned());
    reads(Marker, Empty { later: 0 });
}

#[test]
fn byte_strings_and_lists_of_bytes_read_each_other() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Blob(#[serde(with = "crate::codec::bytes")] Vec<u8>);
    for bytes in [vec![], vec![0], vec![1, 255, 3]] {
        reads(Blob(bytes.clone()), bytes.clone());
        reads(bytes.clone(), Blob(bytes.clone()));
        reads(Blob(bytes.clone()), Blob(bytes));
    }
}

#[test]
fn errors_say_where_and_what() {
    #[derive(Debug, Deserialize)]
    struct NewOrder {
        #[expect(dead_code, reason = "only decoded")]
        items: Vec<NewItem>,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only decoded")]
    struct NewItem {
        sku: String,
        price: u64,
    }
    assert_eq!(
        error::<NewOrder>(old_order()),
        "items[0]: missing field `price`"
    );
    assert_eq!(
        error::<u8>(300),
        "invalid value: integer `300`, expected u8"
    );
    assert_eq!(error::<u8>(-1), "invalid value: integer `-1`, expected u8");
    assert_eq!(
        error::<u8>(Option::<u8>::None),
        "invalid type: Option value, expected u8"
    );
    assert_eq!(
        error::<Vec<Result<u8, ()>>>([Ok(1), Err(2)]),
        "[1].Err: invalid type: integer `2`, expected unit"
    );
    let map = std::collections::BTreeMap::from([("a b", [1]), ("c", [2])]);
    assert_eq!(
        error::<std::collections::BTreeMap<String, [String; 1]>>(map),
        "[\"a b\"][0]: invalid type: integer `1`, expected a string"
    );
    assert_eq!(
        error::<Vec<(u8,)>>([(1, 2)]),
        "[0]: 2 elements, expected 1",
        "nothing is dropped in silence"
    );
    assert_eq!(
        error::<Order>((vec![OldItem { sku: "a" }], "note", 1)),
        "invalid type: sequence, expected struct Order",
        "never by position"
    );
    let long = error::<u8>("secret ".repeat(1000));
    assert!(long.len() < 200, "{long}");
}

#[test]
fn arguments_go_by_name() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Both {
        n: u8,
    }
    let bytes = ArgsBuilder::new()
        .arg("order", &old_order())
        .arg("n", &5)
        .finish()
        .unwrap();
    let mut args = Args::open(&bytes).unwrap();
    assert_eq!(args.names().collect::<Vec<_>>(), ["order", "n"]);
    assert_eq!(args.get::<u64>("n"), Ok(5));
    assert_eq!(args.get::<Order>("order").map(|o| o.id), Ok(7));
    assert_eq!(args.get::<Option<u8>>("new"), Ok(None));
    let message = |e: crate::codec::Error| e.to_string();
    assert_eq!(
        args.get::<u8>("gone").map_err(message),
        Err("argument `gone`: missing".into())
    );
    assert_eq!(
        args.get::<Vec<u8>>("order").map_err(message),
        Err("argument `order`: invalid type: map, expected a sequence".into())
    );
    assert_eq!(args.finish(), Ok(()));
    assert_eq!(
        decode::<Both>(&bytes).map(|b| b.n),
        Ok(5),
        "the map is an ordinary value"
    );
}

#[test]
fn arguments_that_nobody_asked_for_are_found() {
    let bytes = ArgsBuilder::new().arg("ordre", &1).finish().unwrap();
    let mut args = Args::open(&bytes).unwrap();
    assert_eq!(
        args.finish().unwrap_err().to_string(),
        "unknown argument `ordre`: none is expected"
    );
    assert_eq!(args.get::<Option<u8>>("order"), Ok(None));
    assert_eq!(args.get::<Option<u8>>("n"), Ok(None));
    assert_eq!(
        args.finish().unwrap_err().to_string(),
        "unknown argument `ordre`: expected `order`, `n`"
    );
}

#[test]
fn many_arguments_and_none() {
    const NAMES: [&str; 200] = ["x"; 200];
    let all = NAMES
        .iter()
        .fold(ArgsBuilder::new(), |b, name| b.arg(name, &[1, 2]));
    assert_eq!(
        Args::open(&all.finish().unwrap()).unwrap().names().count(),
        200
    );
    for none in [encode(&()), ArgsBuilder::new().finish()] {
        assert_eq!(Args::open(&none.unwrap()).unwrap().names().count(), 0);
    }
}

#[test]
fn an_argument_that_cannot_be_encoded_is_named() {
    struct Bad;
    impl Serialize for Bad {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no"))
        }
    }
    let built = ArgsBuilder::new()
        .arg("a", &1)
        .arg("b", &Bad)
        .arg("c", &Bad)
        .finish();
    assert_eq!(built.unwrap_err().to_string(), "argument `b`: no");
    let nested = encode(&std::collections::BTreeMap::from([("k", (1, Bad))]));
    assert!(nested.unwrap_err().to_string().contains("[1]"));
}
