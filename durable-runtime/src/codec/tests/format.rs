//! The bytes are a file format: fixed values keep their bytes, and the specification shows them.

use crate::codec::{decode, encode, from_json};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};

const SPECIFICATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/frame-format.md");

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Unit;
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Meters(f32);
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u64,
    items: Vec<String>,
    pay: Pay,
}
#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Pay {
    Cash,
    Card(u64),
    Split(u64, i64),
    Later { days: u8 },
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let space = if text.is_empty() { "" } else { " " };
        let _ = write!(text, "{space}{byte:02x}");
        text
    })
}

/// Encodes, checks that it decodes again, and writes a row of the specification.
fn row<T>(rows: &mut String, code: &str, value: T)
where
    T: Serialize + Deserialize<'static> + PartialEq + Debug,
{
    let bytes = encode(&value).unwrap();
    assert_eq!(decode(&bytes), Ok(value));
    let _ = writeln!(rows, "| `{code}` | `{}` |", hex(&bytes));
}

macro_rules! rows {
    ($rows:ident: $($value:expr;)*) => {$(
        row(&mut $rows, stringify!($value), $value);
    )*};
}

fn examples() -> String {
    let mut rows = String::new();
    rows! { rows:
        ();
        false;
        true;
        0;
        63;
        64;
        300_u16;
        u64::MAX;
        -1;
        i64::MIN;
        1_u128 << 64;
        i128::MIN;
        0.5_f32;
        -0.0_f64;
        'ß';
        "";
        "hi".to_owned();
        "x".repeat(64);
        None::<u8>;
        Some(1);
        Some(None::<u8>);
        Some(());
        Vec::<u8>::new();
        vec![1_u8, 255];
        vec![1_u16, 255];
        (1_u8, "hi".to_owned());
        BTreeMap::from([(7, true)]);
        Unit;
        Meters(0.5);
        Pay::Cash;
        Pay::Card(1);
        Pay::Split(1, -1);
        Pay::Later { days: 1 };
        Order { id: 42, items: vec!["a".to_owned()], pay: Pay::Cash };
    }
    rows
}

#[test]
fn the_specification_shows_what_is_written() {
    let page = std::fs::read_to_string(SPECIFICATION).unwrap();
    let (_, after) = page.split_once("| Value | Bytes |\n|---|---|\n").unwrap();
    let shown: String = after
        .split_inclusive('\n')
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert_eq!(shown, examples());
}

#[test]
fn a_value_from_json_has_a_first_byte_of_its_own() {
    let json = serde_json::json!({"a": [1, -1, null, "x"]});
    assert_eq!(
        hex(&from_json(&json).unwrap()),
        "d2 0e 01 81 61 0d 04 41 06 00 01 81 78"
    );
}

#[test]
fn the_specification_shows_the_tags() {
    use crate::codec::tag;
    let page = std::fs::read_to_string(SPECIFICATION).unwrap();
    for (tag, name) in [
        (tag::UNIT, "unit"),
        (tag::NONE, "none"),
        (tag::SOME, "some"),
        (tag::FALSE, "false"),
        (tag::TRUE, "true"),
        (tag::UINT, "unsigned"),
        (tag::NEGATIVE, "negative"),
        (tag::F32, "f32"),
        (tag::F64, "f64"),
        (tag::CHAR, "char"),
        (tag::STR, "text"),
        (tag::BYTES, "byte string"),
        (tag::U8_SEQ, "sequence of u8"),
        (tag::SEQ, "sequence"),
        (tag::MAP, "map"),
        (tag::UNIT_VARIANT, "variant without data"),
        (tag::VARIANT, "variant with data"),
    ] {
        let row = format!("\n| `{tag:02x}` | {name} |");
        assert!(page.contains(&row), "{row}");
    }
}
