//! Asks a type what it looks like: a deserializer that has no value, fails at once, and notes
//! what was asked of it.

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How far options, sequences, maps and newtypes are looked into.
const LEVELS_MAX: u8 = 4;

/// The shape of a type, asked from its `Deserialize` without a value: `struct Order{id,items}`,
/// `enum Pay{Card,Cash}`, `u64`, `str`, `option<struct Order{…}>`, `seq<u8>`, `map<str,…>`.
///
/// The same type gives the same text in every process; a different text means that the type has
/// changed, an equal one does not mean that it has not (fields are named, their types are not).
/// A `Deserialize` that panics is `unknown`.
#[must_use]
pub fn shape<T: Deserialize<'static>>() -> String {
    let mut notes = String::new();
    let recorder = Recorder {
        notes: &mut notes,
        level: 0,
    };
    // User code may run here; this function is used to describe, so it must always answer.
    let asked = catch_unwind(AssertUnwindSafe(|| T::deserialize(recorder).is_ok()));
    if asked.is_err() || notes.is_empty() {
        return "unknown".to_owned();
    }
    notes
}

/// What every request ends with.
#[derive(Debug)]
struct Asked;

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no value, only the question for its shape")
    }
}

impl std::error::Error for Asked {}

impl de::Error for Asked {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

struct Recorder<'n> {
    notes: &'n mut String,
    level: u8,
}

impl Recorder<'_> {
    fn note<V>(self, what: &str) -> Result<V, Asked> {
        self.notes.push_str(what);
        Err(Asked)
    }

    fn names<V>(self, kind: &str, name: &str, names: &[&str]) -> Result<V, Asked> {
        let _ = write!(self.notes, "{kind} {name}{{{}}}", names.join(",")); // a String takes all
        Err(Asked)
    }

    /// Notes `name<…>` with what `look` notes in between.
    fn inside<V>(
        self,
        name: &str,
        look: impl FnOnce(Recorder<'_>) -> Result<V, Asked>,
    ) -> Result<V, Asked> {
        self.notes.push_str(name);
        if self.level < LEVELS_MAX {
            self.notes.push('<');
            let _ = look(Recorder {
                notes: &mut *self.notes,
                level: self.level + 1,
            });
            self.notes.push('>');
        }
        Err(Asked)
    }
}

macro_rules! primitives {
    ($($method:ident $name:literal,)*) => {$(
        fn $method<V: Visitor<'static>>(self, _: V) -> Result<V::Value, Asked> {
            self.note($name)
        }
    )*};
}

impl Deserializer<'static> for Recorder<'_> {
    type Error = Asked;

    primitives! {
        deserialize_any "any",
        deserialize_bool "bool",
        deserialize_i8 "i8",
        deserialize_i16 "i16",
        deserialize_i32 "i32",
        deserialize_i64 "i64",
        deserialize_i128 "i128",
        deserialize_u8 "u8",
        deserialize_u16 "u16",
        deserialize_u32 "u32",
        deserialize_u64 "u64",
        deserialize_u128 "u128",
        deserialize_f32 "f32",
        deserialize_f64 "f64",
        deserialize_char "char",
        deserialize_str "str",
        deserialize_string "str",
        deserialize_bytes "bytes",
        deserialize_byte_buf "bytes",
        deserialize_unit "unit",
        deserialize_identifier "field",
        deserialize_ignored_any "ignored",
    }

    fn deserialize_option<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Asked> {
        self.inside("option", |inner| visitor.visit_some(inner))
    }

    fn deserialize_seq<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Asked> {
        self.inside("seq", |inner| visitor.visit_seq(inner))
    }

    fn deserialize_map<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Asked> {
        self.inside("map", |inner| visitor.visit_map(inner))
    }

    fn deserialize_unit_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        _: V,
    ) -> Result<V::Value, Asked> {
        self.names("struct", name, &[])
    }

    fn deserialize_newtype_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Asked> {
        let name = format!("newtype {name}");
        self.inside(&name, |inner| visitor.visit_newtype_struct(inner))
    }

    fn deserialize_tuple<V: Visitor<'static>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Asked> {
        // Only the first element: a tuple stops at the first that fails.
        self.inside(&format!("tuple{len}"), |inner| visitor.visit_seq(inner))
    }

    fn deserialize_tuple_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Asked> {
        let name = format!("struct {name}({len})");
        self.inside(&name, |inner| visitor.visit_seq(inner))
    }

    fn deserialize_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Asked> {
        self.names("struct", name, fields)
    }

    fn deserialize_enum<V: Visitor<'static>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Asked> {
        self.names("enum", name, variants)
    }

    // Yes, although it is binary: serde's own buffer (flatten, tagged and untagged enums) says
    // so too, and a type must choose one form in all places.
    fn is_human_readable(&self) -> bool {
        true
    }
}

impl SeqAccess<'static> for Recorder<'_> {
    type Error = Asked;

    fn next_element_seed<T: DeserializeSeed<'static>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Asked> {
        seed.deserialize(Recorder {
            notes: &mut *self.notes,
            level: self.level,
        })
        .map(Some)
    }
}

impl MapAccess<'static> for Recorder<'_> {
    type Error = Asked;

    fn next_key_seed<K: DeserializeSeed<'static>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Asked> {
        self.next_element_seed(seed)
    }

    fn next_value_seed<V: DeserializeSeed<'static>>(&mut self, seed: V) -> Result<V::Value, Asked> {
        seed.deserialize(Recorder {
            notes: &mut *self.notes,
            level: self.level,
        })
    }
}
