//! How a machine saves one local. Not public API.
//!
//! The bound on a local's type is asked for once, at the user's binding, and becomes a value; all
//! else takes the value. So a local that cannot be saved is one error, at the right place.

use super::Durable;
use super::support::Ty;
use crate::codec;
use std::fmt;

/// A local that is live across the `.await` on this line of the file is plain data.
#[diagnostic::on_unimplemented(
    message = "a value of type `{Self}` is still needed after the `.await` on line {LINE}, and it cannot be saved there",
    label = "would have to be saved at the `.await`",
    note = "if it is your data: `#[derive(Serialize, Deserialize)]` on its type, with owned fields",
    note = "anything else (a lock, a connection, a borrow): end its scope with a block `{{ … }}` before the `.await`, or make it again after it"
)]
pub trait SavedAcross<const LINE: u32>: Durable {}

#[diagnostic::do_not_recommend]
impl<T: Durable, const LINE: u32> SavedAcross<LINE> for T {}

/// Encodes and decodes the locals of one type.
pub struct Saved<T> {
    encode: fn(&T) -> Result<Vec<u8>, codec::Error>,
    decode: fn(&[u8]) -> Result<T, codec::Error>,
    shape: fn() -> String,
}

/// The proof that the type of a local is plain data.
#[must_use]
pub fn saved<const LINE: u32, T: SavedAcross<LINE>>(_: Ty<T>) -> Saved<T> {
    Saved {
        encode: codec::encode::<T>,
        decode: codec::decode::<T>,
        shape: codec::shape::<T>,
    }
}

impl<T> Saved<T> {
    pub(super) fn encode(self, value: &T) -> Result<Vec<u8>, codec::Error> {
        (self.encode)(value)
    }

    pub(super) fn decode(self, bytes: &[u8]) -> Result<T, codec::Error> {
        (self.decode)(bytes)
    }

    pub(super) fn shape(self) -> String {
        (self.shape)()
    }
}

impl<T> Clone for Saved<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Saved<T> {}
impl<T> fmt::Debug for Saved<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::any::type_name::<T>())
    }
}
