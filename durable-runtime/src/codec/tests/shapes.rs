//! Shapes of types, asked without a value.

use crate::codec::shape;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its shape is asked")]
struct Order {
    id: u64,
    #[serde(rename = "items")]
    list: Vec<u8>,
}
#[derive(Deserialize)]
#[expect(dead_code, reason = "only its shape is asked")]
enum Pay {
    Card(u8),
    Cash,
}
#[derive(Deserialize)]
#[expect(dead_code, reason = "only its shape is asked")]
struct Tree(Vec<Tree>);
#[derive(Deserialize)]
#[expect(dead_code, reason = "only its shape is asked")]
struct Pair(Order, u8);
#[derive(Deserialize)]
struct Unit;
#[derive(Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its shape is asked")]
enum Untagged {
    A(u8),
}
struct Panics;
impl<'de> Deserialize<'de> for Panics {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("user code")
    }
}
struct Silent;
impl<'de> Deserialize<'de> for Silent {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Self)
    }
}

#[test]
fn shapes() {
    for (shape, expected) in [
        (shape::<Order>(), "struct Order{id,items}"),
        (shape::<Pay>(), "enum Pay{Card,Cash}"),
        (shape::<u64>(), "u64"),
        (shape::<i128>(), "i128"),
        (shape::<&'static str>(), "str"),
        (shape::<String>(), "str"),
        (shape::<()>(), "unit"),
        (shape::<Unit>(), "struct Unit{}"),
        (shape::<Box<Order>>(), "struct Order{id,items}"),
        (shape::<Vec<Order>>(), "seq<struct Order{id,items}>"),
        (shape::<Option<Option<u8>>>(), "option<option<u8>>"),
        (shape::<BTreeMap<String, Order>>(), "map<str>"),
        (shape::<(Order, u8)>(), "tuple2<struct Order{id,items}>"),
        (shape::<Pair>(), "struct Pair(2)<struct Order{id,items}>"),
        (
            shape::<Tree>(),
            "newtype Tree<seq<newtype Tree<seq<newtype Tree>>>>",
        ),
        (shape::<Untagged>(), "any"),
        (shape::<Panics>(), "unknown"),
        (shape::<Silent>(), "unknown"),
    ] {
        assert_eq!(shape, expected);
    }
}
