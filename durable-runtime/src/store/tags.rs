//! What is said about a run beside its input: attributes that it is found by, and notes.

use crate::codec;
use crate::id::Timestamp;
use crate::propagation::Headers;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A value that runs are found by.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Attribute {
    /// Compared byte by byte.
    Text(String),
    /// Compared as a number, with floating-point numbers too.
    Int(i64),
    /// Compared as a number; one that is none (NaN) is equal to nothing.
    Float(f64),
    /// `false` is less than `true`.
    Bool(bool),
    /// A point in time.
    Time(Timestamp),
}

impl Attribute {
    /// How it compares with another one; values of different kinds do not, except for numbers.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(b)),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b),
            (Self::Int(a), Self::Float(b)) => int_with_float(*a, *b),
            (Self::Float(a), Self::Int(b)) => int_with_float(*b, *a).map(Ordering::reverse),
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::Time(a), Self::Time(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

/// Exact, where a conversion of the integer would round.
fn int_with_float(int: i64, float: f64) -> Option<Ordering> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        return None;
    }
    if float >= BEYOND {
        return Some(Ordering::Less);
    }
    if float < -BEYOND {
        return Some(Ordering::Greater);
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole, and within the limits"
    )]
    let whole = float.trunc() as i64;
    let rest = 0.0_f64.partial_cmp(&float.fract())?;
    Some(int.cmp(&whole).then(rest))
}

/// The same value, to the bit: records are compared in tests and kept in maps.
impl PartialEq for Attribute {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Int(_), Self::Float(_)) | (Self::Float(_), Self::Int(_)) => false,
            _ => self.compare(other) == Some(Ordering::Equal),
        }
    }
}

impl Eq for Attribute {}

impl std::fmt::Display for Attribute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Int(int) => int.fmt(f),
            Self::Float(float) => write!(f, "{float:?}"),
            Self::Bool(bool) => bool.fmt(f),
            Self::Time(at) => match jiff::Timestamp::from_millisecond(at.0) {
                Ok(at) => at.fmt(f),
                Err(_) => at.0.fmt(f),
            },
        }
    }
}

/// What is said about a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tags {
    /// What it is found by.
    pub attributes: BTreeMap<String, Attribute>,
    /// Encoded values that a store does not look into, by name.
    pub memo: BTreeMap<String, MemoValue>,
    /// What goes along to its activities and children.
    #[serde(skip_serializing_if = "Headers::is_empty")]
    pub headers: Box<Headers>,
}

/// An encoded value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemoValue(#[serde(with = "codec::bytes")] pub Vec<u8>);

/// What changes in [`Tags`]; `None` removes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagChanges {
    /// By key.
    pub attributes: BTreeMap<String, Option<Attribute>>,
    /// By name.
    pub memo: BTreeMap<String, Option<MemoValue>>,
}

impl Tags {
    pub(crate) fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.memo.is_empty() && self.headers.is_empty()
    }

    /// How many bytes it has, names included; numbers and the like count eight.
    pub(crate) fn size(&self) -> usize {
        let attributes = self.attributes.iter().map(|(key, value)| {
            let own = match value {
                Attribute::Text(text) => text.len(),
                _ => size_of::<i64>(),
            };
            key.len() + own
        });
        let memo = self
            .memo
            .iter()
            .map(|(name, note)| name.len() + note.0.len());
        let headers = self.headers.iter();
        let headers = headers.map(|(name, header)| name.len() + header.len());
        attributes.chain(memo).chain(headers).sum()
    }

    /// Changes what is to be changed.
    pub(crate) fn apply(&mut self, changes: TagChanges) {
        put(&mut self.attributes, changes.attributes);
        put(&mut self.memo, changes.memo);
    }
}

fn put<T>(map: &mut BTreeMap<String, T>, changes: BTreeMap<String, Option<T>>) {
    for (key, value) in changes {
        match value {
            Some(value) => drop(map.insert(key, value)),
            None => drop(map.remove(&key)),
        }
    }
}

impl TagChanges {
    pub(crate) fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.memo.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_compare_exactly_with_floating_point_numbers() {
        use Ordering::{Equal, Greater, Less};
        for (int, float, expected) in [
            (1, 1.0, Some(Equal)),
            (1, 1.5, Some(Less)),
            (-1, -1.5, Some(Greater)),
            (i64::MAX, 9_223_372_036_854_775_808.0, Some(Less)),
            (i64::MIN, -9_223_372_036_854_775_808.0, Some(Equal)),
            (
                9_007_199_254_740_993,
                9_007_199_254_740_992.0,
                Some(Greater),
            ),
            (0, f64::NEG_INFINITY, Some(Greater)),
            (0, f64::NAN, None),
        ] {
            let (int, float) = (Attribute::Int(int), Attribute::Float(float));
            assert_eq!(int.compare(&float), expected, "{int} {float}");
            let reversed = expected.map(Ordering::reverse);
            assert_eq!(float.compare(&int), reversed, "{float} {int}");
        }
    }
}
