//! Owned iterators that are advanced by hand: saved as the items that are left. Not public API.
//!
//! ```text
//! let mut queue = orders.into_iter();
//! while let Some(order) = queue.next() { ship(order).await; }        saved: the orders that are left
//! ```
//!
//! Only where the variable is made by `into_iter()`: whether a type is one of these or plain data cannot be
//! asked at once.

use super::Durable;
use super::saved::{Data, rest_data};
use crate::codec;
use std::collections::vec_deque;
use std::iter::{Peekable, Rev};
use std::vec;

/// An iterator that is its items.
pub trait Rest: Sized {
    /// One of them.
    type Item: Durable;
    /// Encodes what is left, in order, as a list.
    ///
    /// # Errors
    /// When an item cannot be encoded.
    fn encode(&self) -> Result<Vec<u8>, codec::Error>;
    /// The iterator over these.
    fn over(items: Vec<Self::Item>) -> Self;
}

impl<T: Durable> Rest for vec::IntoIter<T> {
    type Item = T;
    fn encode(&self) -> Result<Vec<u8>, codec::Error> {
        codec::encode(self.as_slice())
    }
    fn over(items: Vec<T>) -> Self {
        items.into_iter()
    }
}

impl<T: Durable + Clone> Rest for Rev<vec::IntoIter<T>> {
    type Item = T;
    fn encode(&self) -> Result<Vec<u8>, codec::Error> {
        listed(self)
    }
    fn over(mut items: Vec<T>) -> Self {
        items.reverse();
        items.into_iter().rev()
    }
}

impl<T: Durable + Clone> Rest for vec_deque::IntoIter<T> {
    type Item = T;
    fn encode(&self) -> Result<Vec<u8>, codec::Error> {
        listed(self)
    }
    fn over(items: Vec<T>) -> Self {
        vec_deque::VecDeque::from(items).into_iter()
    }
}

impl<I: Rest + Iterator<Item = <I as Rest>::Item> + Clone> Rest for Peekable<I>
where
    <I as Rest>::Item: Clone,
{
    type Item = <I as Rest>::Item;
    fn encode(&self) -> Result<Vec<u8>, codec::Error> {
        listed(self)
    }
    fn over(items: Vec<<I as Rest>::Item>) -> Self {
        I::over(items).peekable()
    }
}

fn listed<I: Iterator<Item: Durable> + Clone>(iter: &I) -> Result<Vec<u8>, codec::Error> {
    codec::encode(&iter.clone().collect::<Vec<_>>())
}

/// Encodes and decodes such an iterator.
#[must_use]
pub fn rest<I: Rest>() -> Data<I> {
    rest_data(
        I::encode,
        |bytes| codec::decode(bytes).map(I::over),
        codec::shape::<Vec<I::Item>>,
    )
}
