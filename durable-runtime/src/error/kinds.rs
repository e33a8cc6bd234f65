//! Which error is of which kind.

use super::{Error, ErrorKind, Link};
use crate::client::ResultError;
use crate::operation::{
    Cancelled, ChildError, Elapsed, PanicMessage, SagaError, SendError, SpawnError, TimeoutKind,
};
use std::error::Error as StdError;

/// The kind that this error marks, whatever its causes are.
pub(super) fn of(error: &(dyn StdError + 'static)) -> Option<ErrorKind> {
    if let Some(link) = error.downcast_ref::<Link>() {
        Some(link.kind)
    } else if let Some(held) = held(error) {
        Some(held.kind())
    } else if error.is::<PanicMessage>() {
        Some(ErrorKind::Panicked)
    } else if is_time_out(error) {
        Some(ErrorKind::TimedOut)
    } else if is_cancellation(error) {
        Some(ErrorKind::Cancelled)
    } else {
        None
    }
}

/// The error that this one is made of, whose causes no `source` can show.
pub(super) fn held<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Error> {
    let saga = error.downcast_ref::<SagaError>()?;
    Some(&saga.cause)
}

fn is_time_out(error: &(dyn StdError + 'static)) -> bool {
    error.is::<TimeoutKind>()
        || error.is::<Elapsed>()
        || matches!(error.downcast_ref(), Some(ChildError::TimedOut { .. }))
        || matches!(error.downcast_ref(), Some(ResultError::TimedOut { .. }))
}

/// The texts of these say already that the workflow was cancelled: a source would repeat them.
fn is_cancellation(error: &(dyn StdError + 'static)) -> bool {
    error.is::<Cancelled>()
        || matches!(error.downcast_ref(), Some(ChildError::Cancelled))
        || matches!(error.downcast_ref(), Some(SpawnError::Cancelled))
        || matches!(error.downcast_ref(), Some(SendError::Cancelled))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::WorkflowId;
    use crate::operation::{ActivityError, FailedUndo};
    use crate::store::Phase;

    /// An error of a user, with any other as its cause.
    #[derive(Debug, thiserror::Error)]
    #[error("order 42")]
    struct Order(#[source] Box<dyn StdError + Send + Sync>);

    fn id() -> WorkflowId {
        WorkflowId::new("ship-42").unwrap()
    }

    /// Of its kind by itself, and as the cause of another.
    fn is_of_kind<E>(error: E, kind: ErrorKind, text: &str)
    where
        E: StdError + Send + Sync + 'static,
    {
        let alone = Error::of(&error);
        assert_eq!((alone.kind(), format!("{alone:#}").as_str()), (kind, text));
        let behind = Error::from(Order(Box::new(error)));
        assert_eq!(behind.kind(), kind, "{behind:?}");
        assert_eq!(format!("{behind:#}"), format!("order 42: {text}"));
        let again = Error::from(Order(behind.into_std()));
        assert_eq!(again.kind(), kind, "{again:?}");
    }

    #[test]
    fn what_children_starts_and_messages_say_of_a_cancellation_is_one() {
        let text = "the workflow was cancelled";
        is_of_kind(Cancelled, ErrorKind::Cancelled, text);
        is_of_kind(ChildError::Cancelled, ErrorKind::Cancelled, text);
        is_of_kind(SpawnError::Cancelled, ErrorKind::Cancelled, text);
        is_of_kind(SendError::Cancelled, ErrorKind::Cancelled, text);
    }

    #[test]
    fn a_child_or_a_workflow_that_took_too_long_has_timed_out() {
        let reason = "this run took longer than its run_timeout".to_owned();
        is_of_kind(
            ChildError::TimedOut {
                id: id(),
                reason: reason.clone(),
            },
            ErrorKind::TimedOut,
            "ship-42 timed out: this run took longer than its run_timeout",
        );
        is_of_kind(
            ResultError::TimedOut { id: id(), reason },
            ErrorKind::TimedOut,
            "workflow `ship-42` timed out: this run took longer than its run_timeout",
        );
        is_of_kind(Elapsed, ErrorKind::TimedOut, "the deadline has elapsed");
    }

    #[test]
    fn what_else_becomes_of_children_and_messages_is_a_failure() {
        let reason = "by hand".to_owned();
        let child = ChildError::Terminated { id: id(), reason };
        let phase = Phase::Cancelled;
        is_of_kind(child, ErrorKind::Failed, "ship-42 was terminated: by hand");
        is_of_kind(
            ChildError::NotOurs(id()),
            ErrorKind::Failed,
            "ship-42 was started by another run",
        );
        is_of_kind(
            SpawnError::AlreadyStarted(id()),
            ErrorKind::Failed,
            "ship-42 was started before",
        );
        is_of_kind(
            SendError::Finished { id: id(), phase },
            ErrorKind::Failed,
            "ship-42 is cancelled",
        );
        is_of_kind(
            SendError::Full(id()),
            ErrorKind::Failed,
            "ship-42 has too many unread messages",
        );
    }

    #[test]
    fn a_saga_that_was_undone_failed_as_its_step_did() {
        let cancelled: ActivityError<std::num::ParseIntError> = ActivityError::Cancelled;
        let cases = [
            (Error::from(cancelled), ErrorKind::Cancelled),
            (Error::from(Elapsed).context("flight"), ErrorKind::TimedOut),
            (Error::msg("sold out").context("boat"), ErrorKind::Failed),
        ];
        for (cause, kind) in cases {
            let text = format!("{cause:#}");
            let causes: Vec<String> = cause.causes().map(str::to_owned).collect();
            let undone = SagaError {
                cause,
                failed: Vec::new(),
            };
            is_of_kind(undone.clone(), kind, &text);
            let error = "closed".to_owned();
            let name = "give_back".to_owned();
            let failed = vec![FailedUndo { name, error }];
            let error = Error::from(SagaError { failed, ..undone });
            assert_eq!(error.kind(), kind);
            let message = error.message();
            assert!(
                message.ends_with(" (not undone: give_back: closed)"),
                "{error}"
            );
            assert!(error.causes().eq(&causes), "{error:?}");
            assert!(!causes.is_empty(), "each has a cause");
        }
    }
}
