//! How the expansion of `#[activity]` reports the end of an attempt. Not public API.

use crate::machine::support::Data;
use crate::operation::Resolution;
use crate::registry::AttemptEnd;
use std::any::TypeId;
use std::fmt::{Debug, Display};
use std::time::Duration;

/// The parts of a `Result`, also behind an alias.
pub trait ResultParts {
    /// The value's type.
    type Ok;
    /// The error's type.
    type Err;
}

impl<T, E> ResultParts for Result<T, E> {
    type Ok = T;
    type Err = E;
}

/// The type of a function, which nobody else has.
#[must_use]
pub fn type_of<F: 'static>(_: &F) -> TypeId {
    TypeId::of::<F>()
}

/// The body returned a value.
pub fn attempt_returned<T>(data: Data<T>, value: &T) -> AttemptEnd {
    match data.encode(value) {
        Ok(bytes) => AttemptEnd::returned(bytes),
        Err(error) => unencodable(&error),
    }
}

/// What an activity's attribute says of an error.
#[derive(Debug)]
pub struct Verdict {
    /// Another attempt may follow.
    pub retryable: bool,
    /// After this pause, if it is not that of the policy.
    pub next_delay: Option<Duration>,
    /// The error for people.
    pub text: String,
}

/// The body returned an error.
pub fn attempt_failed<E>(data: Data<E>, error: &E, verdict: Verdict) -> AttemptEnd {
    let Verdict {
        retryable,
        next_delay,
        text,
    } = verdict;
    match data.encode(error) {
        Ok(bytes) => AttemptEnd {
            next_delay,
            ..AttemptEnd::failed(bytes, retryable, text)
        },
        Err(error) => unencodable(&error),
    }
}

/// Decodes what an attempt is ended with from elsewhere.
///
/// # Errors
/// When it does not fit the type.
pub fn attempt_given<T, E>(
    value: Data<T>,
    error: Data<E>,
    given: Result<&[u8], &[u8]>,
) -> Result<Result<T, E>, crate::codec::Error> {
    Ok(match given {
        Ok(bytes) => Ok(value.decode(bytes)?),
        Err(bytes) => Err(error.decode(bytes)?),
    })
}

/// A result that cannot be stored is a bug in its `Serialize`; trying again will not help.
fn unencodable(error: &crate::codec::Error) -> AttemptEnd {
    let text = format!("the result cannot be encoded: {error}");
    AttemptEnd {
        resolution: Resolution::Panicked(text.clone()),
        ..AttemptEnd::failed(Vec::new(), false, text)
    }
}

/// Asks a predicate about an error; fixes the type of a closure's parameter.
pub fn test_error<E>(error: &E, predicate: impl FnOnce(&E) -> bool) -> bool {
    predicate(error)
}

/// Asks an error for the pause before the next attempt; fixes that type as well.
pub fn error_delay<E>(error: &E, choice: impl FnOnce(&E) -> Option<Duration>) -> Option<Duration> {
    choice(error)
}

/// An error as text for people, by method lookup: `Display` if there is one, else `Debug`, else
/// the name of its type.
#[derive(Debug)]
pub struct ErrorText<'a, E>(pub &'a E);

/// First choice.
pub trait ErrorAsDisplay {
    /// The text.
    fn text(&self) -> String;
}
impl<E: Display> ErrorAsDisplay for &ErrorText<'_, E> {
    fn text(&self) -> String {
        self.0.to_string()
    }
}

/// Second choice.
pub trait ErrorAsDebug {
    /// The text.
    fn text(&self) -> String;
}
impl<E: Debug> ErrorAsDebug for &&ErrorText<'_, E> {
    fn text(&self) -> String {
        format!("{:?}", self.0)
    }
}

/// Last choice.
pub trait ErrorAsNothing {
    /// The text.
    fn text(&self) -> String;
}
impl<E> ErrorAsNothing for ErrorText<'_, E> {
    fn text(&self) -> String {
        std::any::type_name::<E>().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Can be shown to nobody.
    struct Mute;

    #[derive(Debug)]
    struct Plain;

    #[test]
    #[expect(
        clippy::needless_borrow,
        reason = "as the macro writes it for any type"
    )]
    fn an_error_is_shown_as_people_read_it_if_it_can_be() {
        let error = "no answer".to_owned();
        assert_eq!((&&ErrorText(&error)).text(), "no answer");
        assert_eq!((&&ErrorText(&Plain)).text(), "Plain");
        assert!((&&ErrorText(&Mute)).text().ends_with("::Mute"));
    }
}
