//! Why a value could not be encoded or decoded, and where in it.

use serde::de::{self, Unexpected};
use serde::ser;
use std::fmt;

/// Text of the input that an error message repeats, at most, in bytes.
const QUOTED_BYTES_MAX: usize = 80;

/// A value could not be encoded or decoded. Shows the place inside the value and what is wrong:
/// ``items[2]: missing field `price` ``.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    /// Outermost first: `items[2].price`, or empty.
    path: String,
    message: String,
    /// The type wants to borrow for `'static`; see [`super::intern`].
    wants_borrow: bool,
}

impl Error {
    /// An error with this text.
    #[must_use]
    pub fn custom(message: impl fmt::Display) -> Self {
        Self(Box::new(Inner {
            path: String::new(),
            message: message.to_string(),
            wants_borrow: false,
        }))
    }

    /// The place inside the value (`items[2].price`); empty if it is the value itself.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// What is wrong, without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    pub(super) fn wants_borrow(&self) -> bool {
        self.0.wants_borrow
    }

    /// The same error, seen from the sequence that holds the value.
    pub(super) fn in_element(self, index: usize) -> Self {
        self.within(&format!("[{index}]"))
    }

    /// The same error, seen from the struct, map or enum that holds the value under `name`.
    pub(super) fn in_field(self, name: &str) -> Self {
        let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        if !name.is_empty() && name.len() <= QUOTED_BYTES_MAX && name.chars().all(plain) {
            self.within(name)
        } else {
            self.within(&format!("[{:?}]", clip(name)))
        }
    }

    pub(super) fn within(mut self, segment: &str) -> Self {
        let path = &mut self.0.path;
        let dot = !path.is_empty() && !path.starts_with('[');
        *path = format!("{segment}{}{path}", if dot { "." } else { "" });
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.path.is_empty() {
            write!(f, "{}: ", self.0.path)?;
        }
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}

impl ser::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::custom(message)
    }
}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::custom(message)
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let mut error = Self::custom(format_args!(
            "invalid type: {}, expected {expected}",
            describe(unexpected)
        ));
        // What serde's `&str` and `&[u8]` say when they are not offered a borrow.
        let expected = expected.to_string();
        error.0.wants_borrow = expected.starts_with("a borrowed ");
        error
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::custom(format_args!(
            "invalid value: {}, expected {expected}",
            describe(unexpected)
        ))
    }
}

/// `unexpected` for people; a long text is cut, since errors are stored and logged.
fn describe(unexpected: Unexpected<'_>) -> String {
    match unexpected {
        Unexpected::Str(text) => format!("string {:?}", clip(text)),
        other => other.to_string(),
    }
}

fn clip(text: &str) -> String {
    if text.len() <= QUOTED_BYTES_MAX {
        return text.to_owned();
    }
    let end = (0..=QUOTED_BYTES_MAX)
        .rev()
        .find(|&i| text.is_char_boundary(i));
    format!("{}…", &text[..end.unwrap_or(0)])
}
