//! Loops over borrowed hash maps and sets: the keys that are left are saved, since the order is another
//! one after a load. Each item is found again by its key. Not public API.
//!
//! ```text
//! for (name, count) in &stock { order(name).await; }     saved: stock, name.at = ("tea", ["milk"])
//! ```

use super::Durable;
use super::borrow::Remade;
use super::borrow::sealed::Sealed;
use super::lent::{Lent, LentSealed};
use serde::{Deserialize, Serialize};
use std::collections::{VecDeque, hash_map, hash_set};

/// What a loop over a hash map saves of each item.
#[diagnostic::on_unimplemented(
    message = "a loop over a hash map or set with keys of type `{Self}` cannot be saved at the `.await` inside it",
    label = "the keys that are left would have to be cloned and saved at the `.await` in this loop",
    note = "derive `Clone`, `Serialize` and `Deserialize` on the type of the keys, or collect what it goes over into a `Vec` of its own items first (`.cloned().collect::<Vec<_>>()`)",
    note = "code: durable D15"
)]
pub trait Key: Durable + Clone + Eq {}

#[diagnostic::do_not_recommend]
impl<K: Durable + Clone + Eq> Key for K {}

/// Where such a loop is.
#[derive(Debug, Serialize, Deserialize)]
pub struct Keys<K> {
    /// That of the item at which it is; none before the first one and after the last.
    current: Option<K>,
    /// Those that come, in the order which the map had when the loop began; none before that.
    left: Option<VecDeque<K>>,
}

impl<K> Default for Keys<K> {
    fn default() -> Self {
        Self {
            current: None,
            left: None,
        }
    }
}

impl<K: Clone + Eq> Keys<K> {
    fn next<I: Iterator>(&mut self, items: I, key: impl Fn(&I::Item) -> &K) -> Option<I::Item> {
        if let Some(left) = &mut self.left {
            self.current = left.pop_front();
            return self.item(items, key);
        }
        // Not by key: the first item is at hand.
        let items: Vec<I::Item> = items.collect();
        let mut keys: VecDeque<K> = items.iter().map(|item| key(item).clone()).collect();
        self.current = keys.pop_front();
        self.left = Some(keys);
        items.into_iter().next()
    }

    fn item<I: Iterator>(&self, mut items: I, key: impl Fn(&I::Item) -> &K) -> Option<I::Item> {
        let current = self.current.as_ref()?;
        let item = items.find(|item| key(item) == current);
        Some(item.expect("what a loop goes over does not change"))
    }
}

macro_rules! hashed {
    ($([$($generics:tt)*] $iter:ty, $key:ty: |$item:pat_param| $found:expr;)*) => {$(
        impl<'a, $($generics)*> Sealed<'a> for $iter {}
        impl<'a, $($generics)*> Remade<'a> for $iter {}
        impl<'a, $($generics)*> LentSealed for $iter {}
        impl<'a, $($generics)*> Lent for $iter where $key: Key {
            type At = Keys<$key>;
            fn pull(self, at: &mut Self::At) -> Option<Self::Item> {
                at.next(self, |$item| $found)
            }
            fn current(self, at: &Self::At) -> Option<Self::Item> {
                at.item(self, |$item| $found)
            }
        }
    )*};
}

hashed! {
    [K, V] hash_map::Iter<'a, K, V>, K: |item| item.0;
    [K, V] hash_map::IterMut<'a, K, V>, K: |item| item.0;
    [K, V] hash_map::Keys<'a, K, V>, K: |item| *item;
    [T] hash_set::Iter<'a, T>, T: |item| *item;
}

// Which key a value has, they do not tell: a loop over them walks the pairs (`values`).
impl<'a, K, V> Sealed<'a> for hash_map::Values<'a, K, V> {}
impl<'a, K, V> Remade<'a> for hash_map::Values<'a, K, V> {}
impl<'a, K, V> Sealed<'a> for hash_map::ValuesMut<'a, K, V> {}
impl<'a, K, V> Remade<'a> for hash_map::ValuesMut<'a, K, V> {}
