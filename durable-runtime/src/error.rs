//! The ready-made error of workflows and activities: any error, kept as plain data.

mod kinds;

use crate::operation::{ActivityError, Cancelled};
use serde::{Deserialize, Serialize};
use std::error::Error as StdError;
use std::fmt;

/// Any error as plain data: it can live across an `.await`, be stored as a result and come back.
///
/// `?` converts every [`std::error::Error`] into it and keeps the message, the messages of its
/// causes and what [kind](ErrorKind) of failure it was. Like `anyhow::Error` it therefore does
/// not implement [`std::error::Error`] itself; [`into_std`](Self::into_std) makes a boxed one.
///
/// ```
/// use durable_runtime::{Context, Error};
///
/// fn parse(text: &str) -> Result<u16, Error> {
///     Ok(text.parse::<u16>().with_context(|| format!("{text:?} is not a port"))?)
/// }
///
/// let error = parse("many").unwrap_err();
/// assert_eq!(error.to_string(), "\"many\" is not a port");
/// assert_eq!(format!("{error:#}"), "\"many\" is not a port: invalid digit found in string");
/// ```
///
/// `{}` shows the message, `{:#}` the message and all causes on one line, `{:?}` all of them on
/// lines of their own.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    causes: Vec<String>,
}

/// What kind of failure an [`Error`] was made from: the first in its chain of causes that says it. An
/// error of your own keeps the kind of what it wraps if it names that as its `#[source]`; one that is
/// `#[error(transparent)]` hides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Code returned an error.
    Failed,
    /// An activity, a child or a workflow whose result was awaited ran out of time, or the deadline
    /// of a time-out has elapsed.
    TimedOut,
    /// The workflow was cancelled, or a child whose error this was.
    Cancelled,
    /// An activity panicked.
    Panicked,
}

/// The longest chain of causes that is kept; a chain that never ends is a bug elsewhere.
const CAUSES_MAX: usize = 32;

impl Error {
    /// An error of kind [`ErrorKind::Failed`] with this text.
    pub fn msg(message: impl fmt::Display) -> Self {
        Self {
            kind: ErrorKind::Failed,
            message: message.to_string(),
            causes: Vec::new(),
        }
    }

    /// Puts a message in front; what the error said so far becomes its first cause.
    #[must_use]
    pub fn context(mut self, message: impl fmt::Display) -> Self {
        let cause = std::mem::replace(&mut self.message, message.to_string());
        self.causes.insert(0, cause);
        self
    }

    /// What kind of failure it was.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether it came from the cancellation of the workflow, or of a child whose error it was.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.kind == ErrorKind::Cancelled
    }

    /// Its own message, without causes.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The messages of its causes, nearest first.
    pub fn causes(&self) -> impl Iterator<Item = &str> {
        self.causes.iter().map(String::as_str)
    }

    /// The same error as a [`std::error::Error`], with its causes as sources.
    #[must_use]
    pub fn into_std(self) -> Box<dyn StdError + Send + Sync> {
        let kind = self.kind;
        let link = |source, message| {
            Some(Box::new(Link {
                kind,
                message,
                source,
            }))
        };
        let source = self.causes.into_iter().rev().fold(None, link);
        Box::new(Link {
            kind,
            message: self.message,
            source,
        })
    }

    fn of(error: &(dyn StdError + 'static)) -> Self {
        let mut kind = kinds::of(error);
        let mut causes = Vec::new();
        let mut at = error;
        loop {
            causes.extend(
                kinds::held(at)
                    .into_iter()
                    .flat_map(Self::causes)
                    .map(str::to_owned),
            );
            let Some(cause) = at.source().filter(|_| causes.len() < CAUSES_MAX) else {
                break;
            };
            kind = kind.or_else(|| kinds::of(cause));
            causes.push(cause.to_string());
            at = cause;
        }
        causes.truncate(CAUSES_MAX);
        Self {
            kind: kind.unwrap_or(ErrorKind::Failed),
            message: error.to_string(),
            causes,
        }
    }
}

impl<E: StdError + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Self::of(&error)
    }
}

impl From<ActivityError<Error>> for Error {
    fn from(error: ActivityError<Error>) -> Self {
        match error {
            ActivityError::Failed(error) => error,
            ActivityError::TimedOut(kind) => Self::of(&kind).context("the activity timed out"),
            ActivityError::Cancelled => Self::of(&Cancelled).context("the activity was cancelled"),
            ActivityError::Panicked(text) => Self::of(&text).context("the activity panicked"),
        }
    }
}

impl From<Error> for Box<dyn StdError + Send + Sync> {
    fn from(error: Error) -> Self {
        error.into_std()
    }
}

impl From<Error> for Box<dyn StdError> {
    fn from(error: Error) -> Self {
        error.into_std()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if f.alternate() {
            for cause in &self.causes {
                write!(f, ": {cause}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return f
                .debug_struct("Error")
                .field("kind", &self.kind)
                .field("message", &self.message)
                .field("causes", &self.causes)
                .finish();
        }
        f.write_str(&self.message)?;
        if !self.causes.is_empty() {
            f.write_str("\n\nCaused by:")?;
            for cause in &self.causes {
                write!(f, "\n    {cause}")?;
            }
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Link {
    /// That of the whole.
    kind: ErrorKind,
    message: String,
    source: Option<Box<Link>>,
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Link {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_deref()
            .map(|link| link as &(dyn StdError + 'static))
    }
}

/// Adds `.context(…)` to `Result` and `Option`.
pub trait Context<T>: Sized {
    /// Puts a message in front of the error.
    fn context(self, message: impl fmt::Display) -> Result<T, Error>;

    /// Puts a message in front of the error; the message is made only if there is one.
    fn with_context<M: fmt::Display>(self, message: impl FnOnce() -> M) -> Result<T, Error>;
}

impl<T, E: Into<Error>> Context<T> for Result<T, E> {
    fn context(self, message: impl fmt::Display) -> Result<T, Error> {
        self.map_err(|error| error.into().context(message))
    }

    fn with_context<M: fmt::Display>(self, message: impl FnOnce() -> M) -> Result<T, Error> {
        self.map_err(|error| error.into().context(message()))
    }
}

impl<T> Context<T> for Option<T> {
    fn context(self, message: impl fmt::Display) -> Result<T, Error> {
        self.ok_or_else(|| Error::msg(message))
    }

    fn with_context<M: fmt::Display>(self, message: impl FnOnce() -> M) -> Result<T, Error> {
        self.ok_or_else(|| Error::msg(message()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{PanicMessage, TimeoutKind};

    #[derive(Debug, thiserror::Error)]
    #[error("the card was declined")]
    struct Declined(#[source] std::num::ParseIntError);

    fn declined() -> Declined {
        Declined("x".parse::<u8>().unwrap_err())
    }

    fn ask<E>(error: E) -> Error
    where
        Error: From<E>,
    {
        (|| -> Result<(), Error> { Err(error)? })().unwrap_err()
    }

    #[test]
    fn keeps_the_message_and_the_causes_of_any_error() {
        let error = ask(declined());
        assert_eq!(error.kind(), ErrorKind::Failed);
        assert_eq!(error.to_string(), "the card was declined");
        assert_eq!(
            format!("{:#}", error.clone().context("order 42")),
            "order 42: the card was declined: invalid digit found in string"
        );
        assert_eq!(
            format!("{error:?}"),
            "the card was declined\n\nCaused by:\n    invalid digit found in string"
        );
    }

    #[test]
    fn tells_the_kinds_of_activity_errors_apart() {
        let cases: [(ActivityError<Declined>, ErrorKind, &str); 4] = [
            (
                ActivityError::Failed(declined()),
                ErrorKind::Failed,
                "the card was declined: invalid digit found in string",
            ),
            (
                ActivityError::TimedOut(TimeoutKind::StartToClose),
                ErrorKind::TimedOut,
                "the activity timed out: its last attempt ran longer than start_to_close",
            ),
            (
                ActivityError::Cancelled,
                ErrorKind::Cancelled,
                "the activity was cancelled: the workflow was cancelled",
            ),
            (
                ActivityError::Panicked(PanicMessage("index out of bounds".into())),
                ErrorKind::Panicked,
                "the activity panicked: index out of bounds",
            ),
        ];
        for (error, kind, text) in cases {
            let same: ActivityError<Error> = match &error {
                ActivityError::Failed(_) => ActivityError::Failed(ask(declined())),
                ActivityError::TimedOut(kind) => ActivityError::TimedOut(*kind),
                ActivityError::Cancelled => ActivityError::Cancelled,
                ActivityError::Panicked(text) => ActivityError::Panicked(text.clone()),
            };
            let error = ask(error);
            assert_eq!((error.kind(), format!("{error:#}").as_str()), (kind, text));
            assert_eq!(ask(same), error);
        }
        assert!(ask(Cancelled).is_cancelled());
    }

    #[test]
    fn survives_storage_and_keeps_its_kind_behind_context() {
        let error = ask(ActivityError::<Declined>::Cancelled).context("while reserving");
        let bytes = crate::codec::encode(&error).unwrap();
        let back: Error = crate::codec::decode(&bytes).unwrap();
        assert_eq!(back, error);
        assert!(back.is_cancelled());
    }

    #[test]
    fn becomes_a_standard_error_with_its_chain() {
        let boxed: Box<dyn StdError + Send + Sync> = ask(declined()).context("outer").into();
        let mut chain = vec![boxed.to_string()];
        let mut next = boxed.source();
        while let Some(cause) = next {
            chain.push(cause.to_string());
            next = cause.source();
        }
        assert_eq!(
            chain,
            [
                "outer",
                "the card was declined",
                "invalid digit found in string"
            ]
        );
    }

    #[test]
    fn options_and_results_take_context() {
        assert_eq!(
            None::<u8>.context("no stock").unwrap_err(),
            Error::msg("no stock")
        );
        let kept = Err::<(), _>(Error::msg("inner")).with_context(|| "outer");
        assert_eq!(format!("{:#}", kept.unwrap_err()), "outer: inner");
    }
}
