//! Errors as they are kept for people.

use crate::codec;
use serde_json::Value;

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
