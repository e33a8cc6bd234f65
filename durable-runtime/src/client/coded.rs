//! What is shown of a value that a codec has encoded, by a tool that does not have the codec.

use super::ClientError;
use super::describe::checkpoint;
use crate::codec;
use crate::frame::Checkpoint;
use crate::id::WorkflowId;
use crate::payload::{envelope, text};
use crate::store::AttemptRecord;
use serde_json::Value;

/// A value as JSON; of one that is coded, how.
pub(super) fn json(bytes: &[u8]) -> Result<Value, codec::Error> {
    match envelope::reason(bytes) {
        Some(reason) => Ok(Value::String(format!("({reason})"))),
        None => codec::to_json(bytes),
    }
}

/// A checkpoint, unless it is coded.
pub(super) fn plain(id: &WorkflowId, bytes: &[u8]) -> Result<Option<Checkpoint>, ClientError> {
    if envelope::is_coded(bytes) {
        return Ok(None);
    }
    checkpoint(id, bytes).map(Some)
}

/// Failed attempts, each with an error that can be shown.
pub(super) fn attempts(mut attempts: Vec<AttemptRecord>) -> Vec<AttemptRecord> {
    for attempt in &mut attempts {
        attempt.error = text::shown(std::mem::take(&mut attempt.error));
    }
    attempts
}
