//! How a command ends: exit codes, and errors that say what happened, why, and what to do next.

use super::plain::plain;
use crate::client::{ClientError, ResultError};
use crate::store::StoreError;
use std::error::Error as StdError;
use std::fmt::Write as _;
use std::io;
use std::process::ExitCode;

/// The exit codes of every command; scripts rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    Ok = 0,
    Error = 1,
    Usage = 2,
    NotFound = 4,
    Conflict = 5,
    WorkflowFailed = 6,
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A command could not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// What happened; then, line by line, why.
    pub(crate) message: Vec<String>,
    /// What to do next.
    pub(crate) hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: vec![message.into()],
            hint: None,
        }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub(crate) fn of(exit: Exit, error: &dyn StdError) -> Self {
        let mut failure = Self::new(exit, error.to_string());
        let mut next = error.source();
        while let Some(cause) = next {
            failure.message.push(cause.to_string());
            next = cause.source();
        }
        failure
    }

    pub(crate) fn because(mut self, cause: impl std::fmt::Display) -> Self {
        self.message.push(cause.to_string());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The reader of our output went away (`… | head`): no error to report.
    pub(crate) fn is_quiet(&self) -> bool {
        self.message.is_empty()
    }

    /// As shown on a terminal, with styles.
    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        let [first, causes @ ..] = self.message.as_slice() else {
            return text;
        };
        let error = super::style::ERROR;
        let _ = writeln!(text, "{error}error{error:#}: {}", shown(first));
        for cause in causes {
            let _ = writeln!(text, "  because: {}", shown(cause));
        }
        if let Some(hint) = &self.hint {
            let style = super::style::HINT;
            let _ = writeln!(text, "  {style}hint{style:#}: {}", shown(hint));
        }
        text
    }
}

/// It may have lines, and what comes from data must not look like one of ours.
fn shown(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(plain).collect();
    lines.join("\n    ")
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let mut failure = Self::of(Exit::Error, &error);
        if error.kind() == io::ErrorKind::BrokenPipe {
            failure.message.clear();
            failure.exit = Exit::Ok;
        }
        failure
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let hint = match &error {
            StoreError::Unusable(_) | StoreError::Unavailable(_) => Some(
                "name the database with --store URL or DURABLE_STORE, such as sqlite://orders.db",
            ),
            _ => None,
        };
        let exit = match error {
            StoreError::InvalidName(_) => Exit::Usage,
            _ => Exit::Error,
        };
        let failure = Self::of(exit, &error);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Store(error) => error.into(),
            ClientError::InvalidId(_) => Self::of(Exit::Usage, &error),
            ClientError::NotFound(_) => Self::of(Exit::NotFound, &error),
            ClientError::Finished { .. } | ClientError::Running(_) => {
                Self::of(Exit::Conflict, &error)
            }
            ClientError::Full { .. } => Self::of(Exit::Conflict, &error).hint(
                "nothing was sent; try again when it has read some, or see what it waits for",
            ),
            ClientError::Unreadable { .. } => Self::of(Exit::Error, &error)
                .hint("it may have been written by a newer version; try that version's binary"),
        }
    }
}

impl From<ResultError> for Failure {
    fn from(error: ResultError) -> Self {
        match error {
            ResultError::Store(error) => error.into(),
            ResultError::NotFound(_) => Self::of(Exit::NotFound, &error),
            ResultError::Terminated { .. }
            | ResultError::TimedOut { .. }
            | ResultError::NoResult { .. } => Self::of(Exit::WorkflowFailed, &error),
            ResultError::Decode { .. } => Self::of(Exit::Error, &error),
        }
    }
}
