//! The types, functions and macros that generated programs use: `cargo xtask equivalence`.

use super::ops::note;
pub use durable_runtime::Durable;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, DefaultHasher};

/// A hash map whose order depends on its contents only, so that both copies see the same.
pub type Hash<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

/// A hash set of that kind.
pub type HashedSet<T> = HashSet<T, BuildHasherDefault<DefaultHasher>>;

/// Plain data with parts of several kinds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "they mean nothing")]
pub struct Point {
    pub x: i64,
    pub y: u32,
    pub name: String,
}

/// Variants of every kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "they mean nothing")]
pub enum Shape {
    #[default]
    Dot,
    Circle(u32),
    Rect {
        w: u32,
        h: u32,
    },
    Named(String, Vec<u32>),
}

pub use Shape::{Circle, Dot};

/// What goes wrong in a generated program.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "they mean nothing")]
pub enum Fault {
    #[default]
    Empty,
    Text(String),
    Number(u32),
}

impl From<String> for Fault {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u32> for Fault {
    fn from(number: u32) -> Self {
        Self::Number(number)
    }
}

impl From<std::num::ParseIntError> for Fault {
    fn from(error: std::num::ParseIntError) -> Self {
        Self::Text(error.to_string())
    }
}

/// For `Box<dyn Area>` and `&dyn Area`.
#[allow(missing_docs, reason = "it means nothing")]
pub trait Area {
    fn area(&self) -> u32;
}

/// One area.
#[derive(Clone, Copy, Debug)]
pub struct Square(pub u32);

/// Another.
#[derive(Clone, Copy, Debug)]
pub struct Disc(pub u32);

impl Area for Square {
    fn area(&self) -> u32 {
        note("square", self.0.wrapping_mul(self.0))
    }
}

impl Area for Disc {
    fn area(&self) -> u32 {
        note("disc", self.0.wrapping_mul(3))
    }
}

/// What a box holds is decided before the call.
#[must_use]
pub fn area_of(area: Box<dyn Area>, more: u32) -> u32 {
    area.area() ^ more
}

/// A function that can be a value.
#[must_use]
pub fn double(n: u32) -> u32 {
    n.wrapping_mul(2)
}

/// Another one of the same type.
#[must_use]
pub fn triple(n: u32) -> u32 {
    n.wrapping_mul(3)
}

/// Gives the value back, whatever it is.
pub fn same<T>(value: T) -> T {
    value
}

/// Fails for every fourth number.
pub fn checked(n: u32) -> Result<u32, u32> {
    if n % 4 == 3 { Err(n) } else { Ok(n) }
}

/// Says when it is dropped.
#[derive(Debug)]
pub struct Loud(pub &'static str);

impl Drop for Loud {
    fn drop(&mut self) {
        note("drop", self.0);
    }
}

/// The value; what stands beside it is held until it is there.
pub fn beside<T>(value: T, _: &Loud) -> T {
    value
}

/// Borrows of borrows, which cannot be saved.
pub const STEPS: &[(&str, &[u32])] = &[("one", &[1]), ("none", &[]), ("more", &[2, 3, 4])];

/// Elements of a place that is no variable.
pub static WORDS: [&str; 3] = ["a", "bb", "ccc"];

/// An iterator whose `next` has an effect.
#[derive(Clone, Debug)]
pub struct Pulls(pub u32);

impl Iterator for Pulls {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let left = self.0.checked_sub(1)?;
        self.0 = note("pull", left);
        Some(left)
    }
}

/// Returns, out of sight.
#[macro_export]
macro_rules! give_up {
    ($value:expr) => {
        return $value
    };
}

/// Asks with `?`, out of sight.
#[macro_export]
macro_rules! ask {
    ($result:expr) => {
        $result?
    };
}

/// Skips the round where there is no value, out of sight.
#[macro_export]
macro_rules! or_skip {
    ($option:expr) => {
        match $option {
            Some(value) => value,
            None => continue,
        }
    };
}

/// Ends the loop where there is no value, out of sight.
#[macro_export]
macro_rules! or_stop {
    ($option:expr) => {
        match $option {
            Some(value) => value,
            None => break,
        }
    };
}

/// Assigns, out of sight.
#[macro_export]
macro_rules! set {
    ($place:ident = $value:expr) => {
        $place = $value
    };
}

/// Has names that are not locals.
#[macro_export]
macro_rules! event {
    ($($name:ident = $value:expr),*) => {
        { $(let _ = (stringify!($name), &$value);)* }
    };
}

/// Evaluates its argument twice.
#[macro_export]
macro_rules! twice {
    ($value:expr) => {
        ($value, $value)
    };
}

/// Binds a name that is also one outside.
#[macro_export]
macro_rules! own_inside {
    ($value:expr) => {{
        let inside = 10;
        $value ^ inside
    }};
}
