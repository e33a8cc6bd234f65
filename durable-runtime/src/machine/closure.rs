//! Closures that are made again after a resume: what the twin asks of them. Not public API.
//!
//! A closure is never saved. It is made again from its own tokens, so it must hold nothing but
//! borrows of variables that are saved: all state is in those. And each copy of its tokens must
//! have the same types, so the twin lends it its signature.

use super::support::Ty;

/// A closure that can be called more than once, by its parameters `A` (a tuple) and its result.
/// Without `move` it then borrows all that it captures.
pub trait Again<A, R> {}

/// A closure with these parameters and this result.
pub trait Signed<A, R> {}

macro_rules! closures {
    ($($($param:ident)*;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<F, R, $($param),*> Again<($($param,)*), R> for F where F: FnMut($($param),*) -> R {}
        impl<F, R, $($param),*> Signed<($($param,)*), R> for F where F: FnOnce($($param),*) -> R {}
    )*};
}

closures! {
    ;
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E G;
    A B C D E G H;
    A B C D E G H I;
}

/// In the machine: the closure has the signature that it has in the twin.
pub fn signature<A, R, F: Signed<A, R>>(_: Ty<(A, R)>, _: &F) {}

/// In the twin, inside a closure: it holds this variable, whatever else it does with it.
pub fn held<T: ?Sized>(_: &T) {}

/// What a `move` closure may own: a copy of the closure must not have a state of its own.
#[diagnostic::on_unimplemented(
    message = "this `move` closure is needed after an `.await`, and it owns something that changes inside (`Cell`, `RefCell`, `Rc`)",
    label = "is made again after the `.await`, and two copies of it would share what changes",
    note = "write it without `move`, or write it again after the `.await`",
    note = "code: durable D17"
)]
pub trait Unchanging {
    /// In the twin: the closure owns nothing that changes inside.
    fn unchanging(&self) {}
}

#[diagnostic::do_not_recommend]
impl<F: Sync> Unchanging for F {}
