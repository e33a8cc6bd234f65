//! Values for people, and values from people.

#![expect(
    clippy::needless_pass_by_value,
    reason = "cases read better without borrows"
)]

use crate::codec::{Args, bytes, decode, encode, from_json, to_json};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::net::IpAddr;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Blob(#[serde(with = "bytes")] Vec<u8>);
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Pay {
    Cash,
    Card { number: u64 },
    Split(u8, String),
    Other(Option<u8>),
}

fn shows(value: impl Serialize, json: Value) {
    assert_eq!(to_json(&encode(&value).unwrap()), Ok(json));
}

#[test]
fn values_for_people() {
    shows((), Value::Null);
    shows(Option::<u8>::None, Value::Null);
    shows(Some(Some(1)), json!(1));
    shows(
        [u64::MAX, (1 << 53) + 1],
        json!([u64::MAX, 9_007_199_254_740_993_u64]),
    );
    shows([i64::MIN], json!([i64::MIN]));
    shows(u128::MAX, json!("340282366920938463463374607431768211455"));
    shows(i128::MIN, json!("-170141183460469231731687303715884105728"));
    shows(
        [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.1],
        json!(["NaN", "inf", "-inf", 0.1]),
    );
    shows([0.1_f32, f32::NAN], json!([0.1, "NaN"]));
    shows('x', json!("x"));
    shows(Blob(vec![0, 255, 16]), json!("0x00ff10"));
    shows(vec![0_u8, 255], json!([0, 255]));
    shows(
        [Pay::Cash, Pay::Card { number: 1 }],
        json!(["Cash", {"Card": {"number": 1}}]),
    );
    shows(
        [Pay::Split(1, "x".into()), Pay::Other(None)],
        json!([{"Split": [1, "x"]}, {"Other": null}]),
    );
    shows(
        BTreeMap::from([("b", 1), ("a", 2)]),
        json!({"a": 2, "b": 1}),
    );
    shows(
        BTreeMap::from([(1, "x"), (2, "y")]),
        json!([[1, "x"], [2, "y"]]),
    );
    shows(BTreeMap::from([((1, 2), true)]), json!([[[1, 2], true]]));
    shows(BTreeMap::<u8, u8>::new(), json!({}));
}

#[test]
fn json_that_is_stored_comes_back() {
    let value =
        json!({"a": [null, true, 1, -1, 1.5, u64::MAX, i64::MIN, "x", {}, []], "b": {"c": 1e300}});
    let bytes = from_json(&value).unwrap();
    assert_eq!(to_json(&bytes), Ok(value.clone()));
    assert_eq!(decode(&bytes), Ok(value));
}

fn reads<T>(json: Value, value: T)
where
    T: Deserialize<'static> + PartialEq + Debug,
{
    assert_eq!(decode::<T>(&from_json(&json).unwrap()), Ok(value), "{json}");
}

fn error<T: Deserialize<'static> + Debug>(json: Value) -> String {
    decode::<T>(&from_json(&json).unwrap())
        .unwrap_err()
        .to_string()
}

#[derive(Debug, PartialEq, Deserialize)]
struct Order {
    id: i32,
    price: f64,
    #[serde(default)]
    pay: Option<Pay>,
    from: Option<IpAddr>,
}

#[test]
fn values_from_people() {
    reads(json!(3), 3.0_f64);
    reads(json!(3), 3_i8);
    reads(json!(null), ());
    reads(json!(null), Option::<u8>::None);
    reads(json!(3), Some(Some(3_u8)));
    reads(json!("x"), 'x');
    reads(json!("NaN"), Some("NaN".to_owned()));
    reads(
        json!(["inf", "-inf", 1]),
        [f64::INFINITY, f64::NEG_INFINITY, 1.0],
    );
    assert!(
        decode::<f32>(&from_json(&json!("NaN")).unwrap())
            .unwrap()
            .is_nan()
    );
    reads(json!([1, 2]), (1_u8, 2_i64));
    reads(json!([1, 2]), Blob(vec![1, 2]));
    reads(json!([]), Blob(vec![]));
    reads(json!("127.0.0.1"), IpAddr::from([127, 0, 0, 1]));
    reads(json!("5"), 5_u128);
    reads(json!("-170141183460469231731687303715884105728"), i128::MIN);
    reads(
        json!({"1": "a", "2": "b"}),
        BTreeMap::from([(1_u64, "a".to_owned()), (2, "b".into())]),
    );
    reads(json!({"-1": 1}), BTreeMap::from([(-1_i8, 1)]));
    reads(json!({"true": 1}), BTreeMap::from([(true, 1)]));
    reads(json!({"Cash": 1}), BTreeMap::from([(Pay::Cash, 1)]));
    reads(
        json!([[1, "x"], [2, "y"]]),
        BTreeMap::from([(1, "x".to_owned()), (2, "y".into())]),
    );
    reads(json!([[[1, 2], true]]), BTreeMap::from([((1, 2), true)]));
    for pay in [json!("Cash"), json!({"Cash": null})] {
        reads(pay, Pay::Cash);
    }
    reads(json!({"Card": {"number": 1}}), Pay::Card { number: 1 });
    reads(json!({"Split": [1, "x"]}), Pay::Split(1, "x".into()));
    reads(json!({"Other": null}), Pay::Other(None));
    reads(
        json!({"id": 1, "price": 5, "pay": "Cash", "from": "::1", "more": [1]}),
        Order {
            id: 1,
            price: 5.0,
            pay: Some(Pay::Cash),
            from: "::1".parse().ok(),
        },
    );
}

#[test]
fn mistakes_of_people() {
    assert_eq!(error::<Order>(json!({"id": 1})), "missing field `price`");
    assert_eq!(
        error::<Order>(json!({"id": 1_u64 << 31, "price": 1})),
        "id: invalid value: integer `2147483648`, expected i32"
    );
    assert_eq!(
        error::<u8>(json!("5")),
        "invalid type: string \"5\", expected u8"
    );
    assert_eq!(
        error::<u8>(json!(1.5)),
        "invalid type: floating point `1.5`, expected u8"
    );
    assert_eq!(
        error::<Order>(json!([1, 2])),
        "invalid type: sequence, expected struct Order"
    );
    assert_eq!(
        error::<Pay>(json!("Crad")),
        "unknown variant `Crad`, expected one of `Cash`, `Card`, `Split`, `Other`"
    );
    assert_eq!(
        error::<BTreeMap<u8, u8>>(json!({"300": 1})),
        "invalid value: integer `300`, expected u8"
    );
    assert_eq!(
        error::<BTreeMap<u8, u8>>(json!([[1]])),
        "expected pairs of a key and a value"
    );
}

#[test]
fn machine_values_are_not_read_leniently() {
    let text_key = encode(&BTreeMap::from([("1", 1)])).unwrap();
    assert!(decode::<BTreeMap<u8, u8>>(&text_key).is_err());
    assert!(decode::<f64>(&encode("NaN").unwrap()).is_err());
    assert!(decode::<u128>(&encode("1").unwrap()).is_err());
    assert!(decode::<BTreeMap<u8, u8>>(&encode(&[(1, 2)]).unwrap()).is_err());
}

#[test]
fn arguments_from_people() {
    let input = json!({"pay": "Cash", "id": 3, "typo": 1});
    let mut args = Args::open(&from_json(&input).unwrap()).unwrap();
    assert_eq!(args.get("pay"), Ok(Pay::Cash));
    assert_eq!(args.get("id"), Ok(3.0_f64));
    assert!(args.finish().unwrap_err().to_string().contains("`typo`"));
    let nothing = Args::open(&from_json(&Value::Null).unwrap()).unwrap();
    assert_eq!(nothing.finish(), Ok(()));
    assert!(Args::open(&from_json(&json!([1])).unwrap()).is_err());
}

#[test]
fn json_that_nests_too_deep_is_refused() {
    let nest = |levels| (0..levels).fold(Value::Null, |inner, _| json!([inner]));
    assert_eq!(to_json(&from_json(&nest(128)).unwrap()), Ok(nest(128)));
    assert!(from_json(&nest(129)).is_err());
}
