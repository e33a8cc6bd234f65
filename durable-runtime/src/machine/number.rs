//! Compound assignments of which the value is computed before the place. Not public API.
//!
//! Rust does so exactly if both sides are of the language's own number types; else the operator is a
//! method, and its receiver comes first.

/// A number to which the language itself adds others.
#[diagnostic::on_unimplemented(
    message = "whether this place is computed before or after the `.await` depends on its type: for `{Self}` it is before",
    label = "this place would have to be kept over the `.await`",
    note = "bind the awaited value with `let` first, then assign: `let value = ….await; place += value;`",
    note = "code: durable D08"
)]
pub trait Number {
    /// What it is added to by the language itself.
    type Kind;
}

/// What the language itself adds to numbers.
#[diagnostic::on_unimplemented(
    message = "whether this place is computed before or after the `.await` depends on the type of the value: for `{R}` it is before",
    label = "this place would have to be kept over the `.await`",
    note = "bind the awaited value with `let` first, then assign: `let value = ….await; place += value;`",
    note = "code: durable D08"
)]
pub trait Takes<R> {}

/// The language's own numbers.
#[derive(Debug)]
pub struct Numbers;

#[diagnostic::do_not_recommend]
impl<R: sealed::Scalar> Takes<R> for Numbers {}

mod sealed {
    pub trait Scalar {}
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl sealed::Scalar for $number {}
        #[diagnostic::do_not_recommend]
        impl Number for $number {
            // Which numbers an operator takes together, it says itself.
            type Kind = Numbers;
        }
    )*};
}

numbers!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 bool);

/// In the twin: the place of such an assignment, which is given a value like this. Asked about the value only
/// if the place is that of a number.
pub fn number<L: Number<Kind: Takes<R>>, R>(_: R, place: &mut L) -> &mut L {
    place
}
