//! Borrows that are made again after a resume: what they must hold, as bounds. Not public API.
//!
//! A borrow is never saved. It is made again from the place that it borrows and the operands on
//! the way, so both must be what they were. Operands by value are saved; whatever is mentioned by
//! name is *tied*: in the never-run twin the borrow holds it, and rustc refuses to change it.

pub(super) mod sealed {
    pub trait Sealed<'a> {}
}

/// A borrow that can be made again: it holds what it borrows for `'a`, and nothing else.
#[diagnostic::on_unimplemented(
    message = "a borrow of type `{Self}` cannot be made again after an `.await`",
    label = "would have to be made again after the `.await`",
    note = "clone what it borrows, or end its scope before the `.await`",
    note = "code: durable D04"
)]
pub trait Remade<'a>: sealed::Sealed<'a> {}

macro_rules! remade {
    ($([$($generics:tt)*] $borrow:ty;)*) => {$(
        impl<'a, $($generics)*> sealed::Sealed<'a> for $borrow {}
        impl<'a, $($generics)*> Remade<'a> for $borrow {}
    )*};
}

remade! {
    [T: ?Sized] &'a T;
    [T: ?Sized] &'a mut T;
    [T: Remade<'a>] Option<T>;
    [T: Remade<'a>, E: Remade<'a>] Result<T, E>;
    [A: Remade<'a>, B: Remade<'a>] (A, B);
    [A: Remade<'a>, B: Remade<'a>, C: Remade<'a>] (A, B, C);
}

/// In the twin: the borrow holds this variable as long as it lives.
pub fn tie<'a, R: Remade<'a>, K: ?Sized>(borrow: R, _: &'a K) -> R {
    borrow
}

/// The value of an operand, once more.
pub fn again<T: Clone>(operand: &T) -> T {
    operand.clone()
}
