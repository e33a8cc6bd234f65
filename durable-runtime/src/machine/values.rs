//! Loops over the values of a map: the machine walks its pairs, since a value does not tell its key.
//! Not public API.
//!
//! ```text
//! for count in stock.values() { … }       twin: lent_values(stock.values())
//!                                         machine: valued(stock.iter())
//! ```

use super::borrow::Remade;
use super::hashed::Key;
use super::lent::{Lent, LentSealed};
use std::collections::{btree_map, hash_map};

/// The values of a map, of which the pairs can be walked.
#[diagnostic::on_unimplemented(
    message = "a loop over `{Self}` cannot be saved at the `.await` inside it",
    label = "this loop contains an `.await`, and where it is cannot be saved",
    note = "collect what it goes over into a `Vec` of its own items first (`.cloned().collect::<Vec<_>>()`)",
    note = "code: durable D15"
)]
pub trait LentValues: LentSealed {}

impl<K, V> LentValues for btree_map::Values<'_, K, V> {}
impl<K, V> LentValues for btree_map::ValuesMut<'_, K, V> {}
impl<K: Key, V> LentValues for hash_map::Values<'_, K, V> {}
impl<K: Key, V> LentValues for hash_map::ValuesMut<'_, K, V> {}
impl<K, V> LentSealed for hash_map::Values<'_, K, V> {}
impl<K, V> LentSealed for hash_map::ValuesMut<'_, K, V> {}

/// In the twin: a loop over these values can be saved at the awaits inside.
pub fn lent_values<'a, I: IntoIterator<IntoIter: LentValues> + Remade<'a>>(values: I) -> I {
    values
}

/// The values of these pairs.
#[derive(Debug)]
pub struct Valued<I>(I);

/// The values of these pairs, as a loop over them.
pub fn valued<I: Iterator>(pairs: I) -> Valued<I> {
    Valued(pairs)
}

impl<K, V, I: Iterator<Item = (K, V)>> Iterator for Valued<I> {
    type Item = V;

    fn next(&mut self) -> Option<V> {
        self.0.next().map(|(_, value)| value)
    }
}

impl<I> LentSealed for Valued<I> {}

impl<K, V, I: Lent<Item = (K, V)>> Lent for Valued<I> {
    type At = I::At;

    fn pull(self, at: &mut I::At) -> Option<V> {
        self.0.pull(at).map(|(_, value)| value)
    }

    fn current(self, at: &I::At) -> Option<V> {
        self.0.current(at).map(|(_, value)| value)
    }
}
