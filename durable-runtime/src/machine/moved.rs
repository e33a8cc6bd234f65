//! Where a variable has been moved, so that rustc says it once.
//!
//! A use after a move stands twice in an expansion: in the twin, where rustc reports it, and in the
//! machine, which also saves the variable. By method lookup the machine asks for the type of what
//! it has moved: a copy is still there, and anything else makes the code that follows unreachable,
//! which rustc then does not look at.
//!
//! ```text
//! (&&&ty).is_still_there();      `Copy`, or a `&mut` that is lent on: ()
//!                                else: an uninhabited type
//! ```

use super::support::Ty;
use std::convert::Infallible;

/// The answer for what is copied.
pub trait IsCopied {
    /// It is.
    fn is_still_there(&self) {}
}
impl<T: Copy> IsCopied for &&Ty<T> {}

/// The answer for what is lent on where it is given away.
pub trait IsLentOn {
    /// It may be.
    fn is_still_there(&self) {}
}
impl<T: ?Sized> IsLentOn for &Ty<&mut T> {}

/// The answer for everything else.
pub trait IsMoved: Sized {
    /// Never called: the twin has the error. Were it not an error there, this would be one.
    fn is_still_there(&self) -> Infallible {
        const {
            assert!(
                size_of::<Self>() > 0,
                "a variable is used here that was taken for moved; clone it where it is moved (code: durable D09)"
            );
        }
        unreachable!("it does not compile")
    }
}
impl<T> IsMoved for Ty<T> {}

#[cfg(test)]
mod tests {
    use super::super::support::{is, of};
    use super::*;

    #[test]
    #[allow(
        clippy::needless_borrow,
        reason = "the generated code does not know the type"
    )]
    fn what_is_copied_or_lent_on_is_still_there() {
        let (count, mut text) = (of(), String::new());
        is(count, &1);
        let () = (&&&count).is_still_there();
        let lent = of();
        is(lent, &&mut text);
        let () = (&&&lent).is_still_there();
    }
}
