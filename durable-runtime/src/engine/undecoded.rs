//! Values that no codec here could decode: what the run is blocked for.
//!
//! Nothing is carried on from such a value, or beside it: it would be lost, or be stored as what it
//! is not.

use crate::payload::envelope;
use crate::store::{ClaimedRun, Message};

/// Why a run cannot go on here with what is on record of it, if a value is undecoded.
pub(super) fn of(claimed: &ClaimedRun) -> Option<String> {
    let ClaimedRun {
        run,
        latest,
        notes,
        inbox,
        ..
    } = claimed;
    let latest = latest.as_ref().and_then(|step| step.frame.as_ref());
    let last = run
        .scheduled
        .as_ref()
        .and_then(|by| by.last_result.as_ref());
    let notes = notes.iter().map(|(_, body)| body);
    let memo = run.tags.memo.iter();
    let values = std::iter::once(("its input", &run.input))
        .chain(last.map(|bytes| ("the last result of its schedule", bytes)))
        .chain(latest.map(|bytes| ("its checkpoint", bytes)))
        .chain(notes.map(|bytes| ("how far an activity has come", bytes)))
        .chain(memo.map(|(_, value)| ("its memo", &value.0)));
    let mut reasons = values.filter_map(|(what, bytes)| reason(what, bytes));
    reasons.next().or_else(|| inbox.iter().find_map(message))
}

/// The same of a message.
pub(super) fn message(message: &Message) -> Option<String> {
    let reason = envelope::reason(&message.payload)?;
    Some(format!(
        "message `{}` cannot be decoded: {reason}",
        message.msg
    ))
}

fn reason(what: &str, bytes: &[u8]) -> Option<String> {
    let reason = envelope::reason(bytes)?;
    Some(format!("{what} cannot be decoded: {reason}"))
}
