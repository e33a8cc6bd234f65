//! Errors as they are kept for people.

use crate::codec;
use serde_json::Value;

/// How much of an error is kept for people, in bytes; the error itself is kept whole, encoded.
const ERROR_BYTES_MAX: usize = 4096;

/// An error for people, cut to a length that is no burden.
pub(super) fn shortened(mut text: String) -> String {
    if text.len() > ERROR_BYTES_MAX {
        let cut = (0..=ERROR_BYTES_MAX)
            .rev()
            .find(|at| text.is_char_boundary(*at));
        text.truncate(cut.unwrap_or(0));
        text.push('…');
    }
    text
}

/// The error of a function's encoded return value, for people.
pub(super) fn error_text(output: &[u8]) -> String {
    match codec::to_json(output) {
        Ok(Value::Object(mut map)) => match map.remove("Err") {
            Some(Value::String(text)) => text,
            // The shape of `durable_runtime::Error` and of many others.
            Some(error) => match error.get("message").and_then(Value::as_str) {
                Some(message) => message.to_owned(),
                None => error.to_string(),
            },
            None => Value::Object(map).to_string(),
        },
        Ok(value) => value.to_string(),
        Err(error) => format!("(the error cannot be shown: {error})"),
    }
}
