//! `&'static` data is lent interned text; owned text never is.

use super::exact::same;
use crate::codec::{decode, encode};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Step {
    name: &'static str,
    note: String,
    to: Option<&'static str>,
    raw: &'static [u8],
}

fn step() -> Step {
    Step {
        name: "first",
        note: "a note".into(),
        to: Some("second"),
        raw: b"\x00\xff",
    }
}

#[test]
fn constants_come_back() {
    same("one");
    same(Some("two"));
    same(["", "three"]);
    same(vec![
        step(),
        Step {
            raw: &[],
            to: None,
            ..step()
        },
    ]);
    same(Cow::<'static, str>::Borrowed("four"));
    same((String::from("five"), "six"));
}

#[test]
fn the_same_constant_is_the_same_memory() {
    let bytes = encode("a constant of this test").unwrap();
    let (a, b): (&str, &str) = (decode(&bytes).unwrap(), decode(&bytes).unwrap());
    assert_eq!(a.as_ptr(), b.as_ptr());
}

#[test]
fn constants_inside_buffered_types_come_back() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Number(u64),
        Name(&'static str),
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Internal {
        Named { name: &'static str },
    }
    same(vec![Untagged::Number(1), Untagged::Name("x")]);
    same(Internal::Named { name: "y" });
}

/// Reads text as `Visited` sees it: lent for ever or not.
#[derive(Debug, PartialEq)]
struct Lent(bool);

macro_rules! probe {
    ($name:ident, $ask:ident) => {
        #[derive(Debug, PartialEq)]
        struct $name(Lent);

        impl Deserialize<'static> for $name {
            fn deserialize<D: serde::Deserializer<'static>>(d: D) -> Result<Self, D::Error> {
                struct Visited;
                impl serde::de::Visitor<'static> for Visited {
                    type Value = Lent;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("text")
                    }
                    fn visit_str<E>(self, _: &str) -> Result<Lent, E> {
                        Ok(Lent(false))
                    }
                    fn visit_borrowed_str<E>(self, _: &'static str) -> Result<Lent, E> {
                        Ok(Lent(true))
                    }
                }
                d.$ask(Visited).map(Self)
            }
        }
    };
}
probe!(AsStr, deserialize_str);
probe!(AsString, deserialize_string);

#[test]
fn nothing_is_kept_unless_a_type_insists() {
    let bytes = encode("data").unwrap();
    assert_eq!(decode(&bytes), Ok(AsStr(Lent(false))));

    // Beside a constant: what asks for `str` is lent, what asks for `String` still is not.
    let bytes = encode(&("constant", "data", "data")).unwrap();
    let back: (&'static str, AsStr, AsString) = decode(&bytes).unwrap();
    assert_eq!(back, ("constant", AsStr(Lent(true)), AsString(Lent(false))));
}

#[test]
fn the_error_of_a_type_that_borrows_is_about_the_value() {
    let error = decode::<Step>(&encode(&("x", 1)).unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid type: sequence, expected struct Step"
    );
    let error = decode::<(&'static str, u8)>(&encode(&("x", 300)).unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "[1]: invalid value: integer `300`, expected u8"
    );
}
