//! Parts of what may be a borrow, of which a copy is kept over an await. Not public API.
//!
//! All of this is in the twin: rustc checks that the part can be copied, and that nothing changes
//! the copy, which would not change the original.

use std::ops::Deref;

/// A part that is kept by its value.
#[derive(Debug)]
pub struct KeptPart<T>(pub T);

impl<T: Copy> KeptPart<T> {
    /// It can be copied out of a borrow.
    #[must_use]
    pub fn copied(self) -> Self {
        self
    }
}

/// What cannot be copied.
pub trait NoCopy: Sized {
    /// The part.
    type Part;
    /// Nothing can be kept of it.
    #[must_use]
    fn copied(self) -> Self
    where
        Self::Part: PartOfABorrow;
}

impl<T> NoCopy for KeptPart<T> {
    type Part = T;
    fn copied(self) -> Self
    where
        T: PartOfABorrow,
    {
        self
    }
}

/// No type.
#[diagnostic::on_unimplemented(
    message = "this is read after the `.await`, and it may be in a borrow, which cannot be saved: `{Self}` would have to be copied, and cannot be",
    label = "this would have to be kept over the `.await`",
    note = "bind the awaited value with `let` before this expression, or clone this",
    note = "code: durable D04"
)]
pub trait PartOfABorrow {}

/// A copy that is kept over the await: nothing may change it.
#[derive(Debug)]
pub struct CopyOverTheAwait<T>(T);

impl<T> Deref for CopyOverTheAwait<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Copy> KeptPart<T> {
    /// It may be in a borrow, and then the original is elsewhere.
    #[must_use]
    pub fn in_place(self) -> CopyOverTheAwait<T> {
        CopyOverTheAwait(self.0)
    }
}

/// What is no copy.
pub trait InPlace {
    /// What is kept.
    type Kept;
    /// It is moved, so its original is gone.
    fn in_place(self) -> Self::Kept;
}

impl<T> InPlace for KeptPart<T> {
    type Kept = T;
    fn in_place(self) -> T {
        self.0
    }
}
